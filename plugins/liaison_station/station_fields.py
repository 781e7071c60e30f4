"""Fields that several areas need: a time of day, an amount of money, the station that something belongs to."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from grid321.core.api import EntityField
from grid321.core.api import lazy_gettext as _

from .named_fields import NamedRef

_TIME = re.compile(r"([0-9]{1,2})[:：]([0-9]{2})")
_AMOUNT = re.compile(r"([0-9]{1,11})(?:\.([0-9]{1,2}))?")
DAY_MINUTES = 24 * 60


def clock(minute: int | None) -> str:
    """A minute of the day as people read it: 510 is ``08:30``; empty for None."""
    return "" if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"


def yuan(fen: int | None) -> str:
    """An amount in fen as yuan: 123456 is ``1234.56``; empty for None."""
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"


class Minute(EntityField):
    """A time of day (local, no zone): JSON and forms ``"08:30"``, stored as the minute of the day; ``24:00`` is its end."""

    input_mode: ClassVar[str] = "text"
    default_error_messages: dict[str, Any] = {
        "type": _("This must be a time of day written like 08:30."),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None or int(found[2]) > 59 or int(found[1]) * 60 + int(found[2]) > DAY_MINUTES:
            raise self.make_error("type")
        return int(found[1]) * 60 + int(found[2])

    def to_json(self, value: Any) -> Any:
        """The time as ``"08:30"``."""
        return clock(value) or None

    def to_text(self, value: Any) -> str:
        """The time as a form shows it."""
        return clock(value) if isinstance(value, int) else str(value or "")

    def to_cell(self, value: Any, record: Any = None) -> str:
        """The time as text."""
        return clock(value)

    def display(self, value: Any, record: Any = None) -> str:
        """The time as people read it."""
        return clock(value)

    def openapi(self) -> dict[str, Any]:
        """A time of day as text."""
        return self._described({"type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2}$", "examples": ["08:30"]})


class Yuan(EntityField):
    """An amount of money: JSON and forms in yuan as text (``"1200.50"``, because a floating number is inexact), stored in fen."""

    input_mode: ClassVar[str] = "decimal"
    default_error_messages: dict[str, Any] = {
        "type": _("This must be an amount in yuan written like 1200 or 1200.50."),
        "zero": _("The amount must be more than nothing."),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        found = _AMOUNT.fullmatch(value.strip().replace(",", "")) if isinstance(value, str) and value.isascii() else None
        if found is None:
            raise self.make_error("type")
        fen = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
        if not fen:
            raise self.make_error("zero")
        return fen

    def from_cell(self, cell: Any) -> Any:
        """A number cell with at most two decimals, or text."""
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            return f"{cell:.2f}" if abs(cell * 100 - round(cell * 100)) < 1e-6 else str(cell)
        return super().from_cell(cell)

    def to_json(self, value: Any) -> Any:
        """The amount in yuan as text."""
        return yuan(value) or None

    def to_text(self, value: Any) -> str:
        """The amount as a form shows it."""
        return yuan(value) if isinstance(value, int) else str(value or "")

    def to_cell(self, value: Any, record: Any = None) -> str:
        """The amount as text."""
        return yuan(value)

    def display(self, value: Any, record: Any = None) -> str:
        """The amount as people read it."""
        return yuan(value)

    def openapi(self) -> dict[str, Any]:
        """An amount as text."""
        return self._described({"type": "string", "pattern": "^[0-9]{1,11}(\\.[0-9]{1,2})?$", "examples": ["1200.50"]})


class StationRef(NamedRef):
    """The station that something belongs to, stored in ``station_id``: one that may be seen below the present division."""

    def __init__(self, label: Any = None, **rest: Any) -> None:
        super().__init__(label if label is not None else _("Station of deputies"), entity="liaison_station.station", **rest)
