"""A field that only this plugin needs: degrees of longitude or latitude."""
from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from grid321.core.api import EntityField
from grid321.core.api import lazy_gettext as _

COORDINATES = (("cgcs2000", "CGCS2000"), ("wgs84", "WGS84"), ("gcj02", "GCJ-02"))


class Degrees(EntityField):
    """Degrees of longitude (``limit`` 180) or latitude (``limit`` 90) as a finite JSON number."""

    input_mode = "decimal"
    default_error_messages = {
        "type": _("This must be a number of degrees such as 109.0293."),
        "range": _("The number must lie between {min} and {max}."),
    }

    def __init__(self, label: Any = None, *, limit: int = 180, **rest: Any) -> None:
        super().__init__(label, **rest)
        self.limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        if type(value) not in (int, float) or not math.isfinite(value):
            raise self.make_error("type")
        if abs(value) > self.limit:
            raise self.make_error("range", min=-self.limit, max=self.limit)
        return round(float(value), 7)

    def from_text(self, text: str) -> float | None:
        """Read ``109.0293``; empty is none."""
        text = text.strip()
        if not text:
            return None
        if len(text) > 20 or not text.isascii() or not set(text) <= set("0123456789.-"):
            raise self.make_error("type")
        try:
            return float(text)
        except ValueError:
            raise self.make_error("type") from None

    def from_cell(self, cell: Any) -> Any:
        """A number cell is a number; text is read like a form input."""
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            return cell
        return super().from_cell(cell)

    def to_cell(self, value: Any, record: Any = None) -> Any:
        """A number cell."""
        return "" if value is None else value

    def openapi(self) -> dict[str, Any]:
        """A JSON number within the limit."""
        return self._described({"type": "number", "minimum": -self.limit, "maximum": self.limit})
