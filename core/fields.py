"""The fields of entities. Strict at the boundary: a value of the wrong kind is refused, never bent into shape.

marshmallow's own fields take 1.9 or Arabic digits for an integer and NUL in a text; these do not.
References (DivisionRef, PersonRef, DepartmentRef, AccountRef) and GeoJson live in their own modules and are
re-exported here, so that a schema needs one import.
"""
from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from grid321.core import identity
from grid321.core.field_base import (
    EntityField,
    Frame,
    bad_character,
    choice_items,
    choice_label,
    current_frame,
    frame_or_none,
    framed,
)
from grid321.core.i18n import gettext as _
from grid321.core.i18n import lazy_gettext as _l

__all__ = [
    "COORDINATES", "AccountRef", "Choice", "Day", "Degrees", "DepartmentRef", "DivisionRef", "EntityField", "Flag", "Frame",
    "GeoJson", "IdNumber", "Int", "LongText", "PersonRef", "Phone", "RecordRef", "Text", "current_frame", "frame_or_none",
    "framed",
]

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
_DIGITS = re.compile(r"-?[0-9]{1,10}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CHINESE_DAY = re.compile(r"([0-9]{4})[年/.]([0-9]{1,2})[月/.]([0-9]{1,2})日?")


class Text(EntityField):
    """One line of text: trimmed, NFC, 1 to `max` characters when required, without control characters.

    `pattern` is an optional regular expression the whole text must match; `pattern_help` says it in words.
    """

    multiline: ClassVar[bool] = False
    blank: ClassVar[Any] = ""

    default_error_messages: dict[str, Any] = {
        "too_long": _l("The text has {length} characters; at most {max} fit here. Shorten it."),
        "too_short": _l("The text has {length} characters; at least {min} are needed."),
        "character": _l("The text contains the character U+{point} that cannot be stored. Delete it."),
        "pattern": _l("The text does not have the expected form. {help}"),
    }

    def __init__(self, label: Any = None, *, max: int = 200, min: int = 0, pattern: str | None = None,
                 pattern_help: Any = "", **rest: Any) -> None:
        super().__init__(label, **rest)
        self.max, self.min = max, min
        self.pattern = re.compile(pattern) if pattern else None
        self.pattern_help = pattern_help

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("type")
        if len(value) > 4 * self.max + 64:
            raise self.make_error("too_long", length=len(value), max=self.max)
        bad = bad_character(value.replace("\r\n", "\n") if self.multiline else value.strip(), self.multiline)
        if bad is not None:
            raise self.make_error("character", point=f"{ord(bad):04X}")
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
        if not text:
            if self.required:
                raise self.make_error("required")
            return ""
        if len(text) > self.max:
            raise self.make_error("too_long", length=len(text), max=self.max)
        if len(text) < self.min:
            raise self.make_error("too_short", length=len(text), min=self.min)
        if self.pattern is not None and not self.pattern.fullmatch(text):
            raise self.make_error("pattern", help=self.pattern_help)
        return text

    def from_text(self, text: str) -> str | None:
        return text if text.strip() else None

    def openapi(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "maxLength": self.max}
        if self.required:
            schema["minLength"] = max(self.min, 1)
        if self.pattern is not None:
            schema["pattern"] = f"^(?:{self.pattern.pattern})$"
        return self._described(schema)


class LongText(Text):
    """Text of several lines; CRLF becomes LF. With ``templates`` the form of a step offers reply templates for it."""

    widget: ClassVar[str] = "textarea"
    multiline: ClassVar[bool] = True

    def __init__(self, label: Any = None, *, max: int = 4000, templates: bool = False, **rest: Any) -> None:
        super().__init__(label, max=max, **rest)
        self.templates = templates


class Int(EntityField):
    """A whole number between `min` and `max` (at widest 32 bits). JSON numbers only: no 1.0, no true, no "5"."""

    widget: ClassVar[str] = "number"
    cell_kind: ClassVar[str] = "int"
    input_mode: ClassVar[str] = "numeric"

    default_error_messages: dict[str, Any] = {
        "type": _l("This must be a whole number written with the digits 0-9."),
        "range": _l("The number must lie between {min} and {max}."),
    }

    def __init__(self, label: Any = None, *, min: int = INT_MIN, max: int = INT_MAX, **rest: Any) -> None:
        super().__init__(label, **rest)
        if not INT_MIN <= min <= max <= INT_MAX:
            raise ValueError(f"Int limits {min}..{max} do not fit the column")
        self.min, self.max = min, max

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int:
            raise self.make_error("type")
        if not self.min <= value <= self.max:
            raise self.make_error("range", min=self.min, max=self.max)
        return value

    def from_text(self, text: str) -> int | None:
        text = text.strip()
        if not text:
            return None
        if not _DIGITS.fullmatch(text):
            raise self.make_error("type")
        return int(text)

    def from_cell(self, cell: Any) -> int | None:
        if isinstance(cell, bool):
            raise self.make_error("type")
        if isinstance(cell, int):
            return cell
        if isinstance(cell, float):  # spreadsheets know only floating numbers
            if not cell.is_integer() or abs(cell) > INT_MAX:
                raise self.make_error("type")
            return int(cell)
        return super().from_cell(cell)

    def to_cell(self, value: Any, record: Any = None) -> Any:
        return "" if value is None else value

    def openapi(self) -> dict[str, Any]:
        return self._described({"type": "integer", "minimum": self.min, "maximum": self.max})


class Day(EntityField):
    """A calendar day, in JSON as "2026-03-15". `past` refuses days after today (database clock, China time)."""

    widget: ClassVar[str] = "date"
    cell_kind: ClassVar[str] = "day"

    default_error_messages: dict[str, Any] = {
        "type": _l("This must be a day written like 2026-03-15."),
        "range": _l("The day must lie between {min} and {max}."),
        "future": _l("The day lies in the future. Enter today or an earlier day."),
    }

    def __init__(self, label: Any = None, *, min: datetime.date = datetime.date(1900, 1, 1),
                 max: datetime.date = datetime.date(2200, 12, 31), past: bool = False, **rest: Any) -> None:
        super().__init__(label, **rest)
        self.min, self.max, self.past = min, max, past

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None,
                     **kwargs: Any) -> datetime.date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise self.make_error("type")
        try:
            day = datetime.date.fromisoformat(value)
        except ValueError:
            raise self.make_error("type") from None
        if not self.min <= day <= self.max:
            raise self.make_error("range", min=self.min.isoformat(), max=self.max.isoformat())
        if self.past:
            from grid321.core.db import local_day
            if day > local_day():
                raise self.make_error("future")
        return day

    def from_text(self, text: str) -> str | None:
        text = text.strip()
        chinese = _CHINESE_DAY.fullmatch(text)
        if chinese:
            year, month, day = chinese.groups()
            return f"{year}-{month:0>2}-{day:0>2}"
        return text or None

    def from_cell(self, cell: Any) -> str | None:
        if isinstance(cell, datetime.datetime):
            cell = cell.date()
        if isinstance(cell, datetime.date):
            return cell.isoformat()
        return super().from_cell(cell)

    def to_json(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime.date) else value

    def to_text(self, value: Any) -> str:
        return value.isoformat() if isinstance(value, datetime.date) else str(value or "")

    def to_cell(self, value: Any, record: Any = None) -> str:
        return self.to_text(value)

    def display(self, value: Any, record: Any = None) -> str:
        if not value:
            return ""
        from grid321.core.i18n import format_day
        return format_day(value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value))

    def openapi(self) -> dict[str, Any]:
        return self._described({"type": "string", "format": "date"})


class Flag(EntityField):
    """Yes or no. JSON true and false only."""

    widget: ClassVar[str] = "checkbox"
    cell_kind: ClassVar[str] = "flag"
    blank: ClassVar[Any] = False
    _words: ClassVar[dict[str, bool]] = {"1": True, "true": True, "on": True, "yes": True, "是": True,
                                         "0": False, "false": False, "off": False, "no": False, "否": False}

    default_error_messages: dict[str, Any] = {"type": _l("This must be yes or no (JSON: true or false).")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("type")
        return value

    def from_text(self, text: str) -> bool | None:
        text = text.strip().lower()
        if not text:
            return None
        if text not in self._words:
            raise self.make_error("type")
        return self._words[text]

    def from_cell(self, cell: Any) -> bool | None:
        return cell if isinstance(cell, bool) else super().from_cell(cell)

    def to_json(self, value: Any) -> Any:
        return None if value is None else bool(value)

    def to_text(self, value: Any) -> str:
        return "1" if value else ""

    def to_cell(self, value: Any, record: Any = None) -> str:
        return "" if value is None else ("是" if value else "否")

    def display(self, value: Any, record: Any = None) -> str:
        return "" if value is None else (_("Yes") if value else _("No"))

    def options(self) -> list[tuple[str, str]] | None:
        return [("1", _("Yes")), ("0", _("No"))]

    def openapi(self) -> dict[str, Any]:
        return self._described({"type": "boolean"})


class Choice(EntityField):
    """One code out of a list: fixed `options` ((code, label), …) or the class items of `scheme`.

    Class items are county data: they are read from the snapshot for the node of the frame when a value is
    loaded; labels of stored codes are found even after the item was withdrawn.
    """

    widget: ClassVar[str] = "select"
    cell_kind: ClassVar[str] = "choice"

    default_error_messages: dict[str, Any] = {
        "type": _l("This must be the code of a choice, as text."),
        "choice": _l("“{value}” is not among the choices. Choose one of: {choices}."),
    }

    def __init__(self, label: Any = None, *, scheme: str | None = None,
                 options: Iterable[tuple[str, Any]] | None = None, **rest: Any) -> None:
        super().__init__(label, **rest)
        if (scheme is None) == (options is None):
            raise ValueError("a Choice needs either a class scheme or options")
        self.scheme = scheme
        self.fixed = tuple(options) if options is not None else None

    def options(self) -> list[tuple[str, str]]:
        """The choices open at the node of the frame."""
        if self.fixed is not None:
            return [(code, str(label)) for code, label in self.fixed]
        return choice_items(self.scheme or "")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("type")
        options = self.options()
        if all(value != code for code, _label in options):
            shown = value[:40] if bad_character(value[:40], False) is None else "?"
            offered = "、".join(code if label == code else f"{code} = {label}" for code, label in options[:20])
            raise self.make_error("choice", value=shown.replace("{", "(").replace("}", ")"),
                                  choices=offered.replace("{", "(").replace("}", ")"))
        return value

    def from_cell(self, cell: Any) -> Any:
        """A cell may carry the code or the label."""
        text = super().from_cell(cell)
        if text is None:
            return None
        for code, label in self.options():
            if text in (code, label):
                return code
        return text

    def to_cell(self, value: Any, record: Any = None) -> str:
        return self.display(value)

    def display(self, value: Any, record: Any = None) -> str:
        if value in (None, ""):
            return ""
        if self.fixed is not None:
            for code, label in self.fixed:
                if code == value:
                    return str(label)
            return str(value)
        return choice_label(self.scheme or "", value)

    def openapi(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string"}
        if self.fixed is not None:
            schema["enum"] = [code for code, _label in self.fixed]
        else:
            schema["maxLength"] = 40
            schema["x-classes"] = self.scheme
        return self._described(schema)


class Phone(Text):
    """A telephone number of mainland China, stored as digits; personal."""

    widget: ClassVar[str] = "tel"
    cell_kind: ClassVar[str] = "phone"
    input_mode: ClassVar[str] = "tel"
    mask_kind: ClassVar[str] = "phone"

    default_error_messages: dict[str, Any] = {
        "phone": _l("This is not a telephone number. Enter 11 digits like 13800000000, or area code and number.")}

    def __init__(self, label: Any = None, **rest: Any) -> None:
        rest.setdefault("personal", True)
        super().__init__(label, max=20, **rest)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            return text
        try:
            return identity.phone(text)
        except ValueError:
            raise self.make_error("phone") from None


class IdNumber(Text):
    """An 18-character identity number with a right check character (GB 11643-1999); personal."""

    mask_kind: ClassVar[str] = "id_number"
    cell_kind: ClassVar[str] = "id"

    default_error_messages: dict[str, Any] = {
        "shape": _l("An identity number has 18 characters: 17 digits and a digit or X. Compare it with the card."),
        "birthday": _l("The birthday inside the identity number does not exist. Compare it with the card."),
        "checksum": _l("The last character of the identity number does not fit the others: "
                       "a digit is mistyped. Compare it with the card."),
    }

    def __init__(self, label: Any = None, **rest: Any) -> None:
        rest.setdefault("personal", True)
        super().__init__(label, max=30, **rest)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            return text
        try:
            return identity.id_number(text)
        except ValueError as problem:
            raise self.make_error(str(problem)) from None


from grid321.core.field_geo import COORDINATES, Degrees, GeoJson  # noqa: E402
from grid321.core.field_refs import AccountRef, DepartmentRef, DivisionRef, PersonRef, RecordRef  # noqa: E402
