"""What all fields share: where a value is read (the frame), text that is safe to store, translated errors."""
from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, missing

from grid321.core.i18n import lazy_gettext as _l


@dataclass(frozen=True)
class Frame:
    """Who enters a value, and at which node of the tree: references and class items depend on both."""

    node: Any
    actor: Any


_frame: ContextVar[Frame | None] = ContextVar("grid321_frame", default=None)


@contextmanager
def framed(node: Any, actor: Any) -> Iterator[Frame]:
    """Let fields resolve references and class items as `actor` sees them at `node`."""
    token = _frame.set(Frame(node, actor))
    try:
        yield _frame.get()  # type: ignore[misc]
    finally:
        _frame.reset(token)


def current_frame() -> Frame:
    """The frame of the running load or display. Raises RuntimeError outside `framed`."""
    found = _frame.get()
    if found is None:
        raise RuntimeError("fields that look at the tree need grid321.core.schemas.load or framed(node, actor)")
    return found


def frame_or_none() -> Frame | None:
    """The frame, or None where nothing set one."""
    return _frame.get()


def choice_items(scheme: str) -> list[tuple[str, str]]:
    """The (code, label) pairs of a class scheme that are open at the node of the frame."""
    from grid321.core import snapshot
    frame = frame_or_none()
    return list(snapshot.current().classes.labels(scheme, frame.node if frame else None).items())


def choice_label(scheme: str, code: str) -> str:
    """The label of a class item, also of one that is no longer offered; the code where there is none."""
    from grid321.core import snapshot
    frame = frame_or_none()
    return snapshot.current().classes.label(scheme, code, frame.node if frame else None)


#: Characters that turn the writing direction: they let a line show another text than it holds.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def bad_character(text: str, multiline: bool) -> str | None:
    """Return the first character of `text` that must not be stored, or None.

    Refused are control characters (tab and line feed pass when `multiline`), surrogates, noncharacters and
    the characters that turn the writing direction.
    """
    if text.isascii() and text.isprintable():
        return None
    for character in text:
        if character.isprintable() and character not in _BIDI:
            continue
        if multiline and character in "\n\t":
            continue
        point = ord(character)
        if unicodedata.category(character) in {"Cc", "Cs"} or character in _BIDI:
            return character
        if 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE:
            return character
    return None


class EntityField(fields.Field):
    """A field of an entity: a strict reader, a label, and what each face needs to show it.

    `label` and `help` are lazy texts; `widget` names the form part; a field that is not required may be null.
    `personal` values are masked on every face until they are revealed with a reason.
    `says_no`: an empty value says something, so that a record's page shows "No" or 0 instead of leaving the line out; unless
    declared, so does a number that people enter, and nothing else.
    Subclasses fill `_deserialize` (strict, JSON types only), `from_text`, `schema` and `display`.
    """

    widget: ClassVar[str] = "text"
    #: What a spreadsheet cell of it holds: text, code, id, phone, int, day, flag or choice.
    cell_kind: ClassVar[str] = "text"
    input_mode: ClassVar[str] = ""
    #: The value of an optional field that is left empty.
    blank: ClassVar[Any] = None
    #: What crypto.mask does with a personal value of this field.
    mask_kind: ClassVar[str] = "text"

    default_error_messages: dict[str, Any] = {
        "required": _l("Fill in this field."),
        "null": _l("Fill in this field: it cannot be empty."),
        "validator_failed": _l("This value is not allowed here."),
        "type": _l("This must be text. Send it as a JSON string."),
    }

    def __init__(self, label: Any = None, *, help: Any = None, required: bool = False, personal: bool = False,
                 default: Any = None, widget: str | None = None, attribute: str | None = None,
                 read_only: bool = False, says_no: bool | None = None, **rest: Any) -> None:
        rest.setdefault("allow_none", not required)
        metadata = dict(rest.pop("metadata", None) or {})
        super().__init__(required=required, attribute=attribute, dump_only=read_only, metadata=metadata, **rest)
        self.label = label if label is not None else metadata.get("label")
        self.help = help if help is not None else metadata.get("help", "")
        self.personal = personal
        #: Value a new form starts with (not what an absent field becomes).
        self.default = default
        self.widget_name = widget or type(self).widget
        self.says_no = says_no if says_no is not None else self.cell_kind == "int" and not read_only

    @property
    def column(self) -> str:
        """The name under which the loaded value is stored."""
        return self.attribute or self.name or ""

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """A ValidationError whose text is translated now."""
        return ValidationError(str(self.error_messages[key]).format(**kwargs))

    def deserialize(self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None,
                    **kwargs: Any) -> Any:
        """Read a JSON value strictly; null in an optional field becomes `blank`."""
        if value is None and self.allow_none:
            return self.blank
        return super().deserialize(value, attr, data, **kwargs)

    def from_text(self, text: str) -> Any:
        """Turn the text of a form input or URL filter into the JSON value; empty text is null.

        Raises marshmallow.ValidationError when no JSON value can be meant.
        """
        return text.strip() or None

    def from_cell(self, cell: Any) -> Any:
        """Turn a spreadsheet cell into the JSON value. Numbers are refused where a text is meant."""
        if cell is None:
            return None
        if isinstance(cell, str):
            return self.from_text(cell)
        raise self.make_error("cell")

    def to_cell(self, value: Any, record: Any = None) -> Any:
        """Turn a stored value into a cell that `from_cell` reads back."""
        return "" if value is None else str(value)

    def to_json(self, value: Any) -> Any:
        """Turn a stored value into the JSON value the API shows."""
        return value

    def to_text(self, value: Any) -> str:
        """Turn a stored value into the text of a form input."""
        return "" if value is None else str(value)

    def display(self, value: Any, record: Any = None) -> str:
        """Turn a stored value into what a person reads; `record` is the row it comes from, where that matters."""
        return "" if value is None else str(value)

    def options(self) -> list[tuple[str, str]] | None:
        """The choices a form offers as (value, label), or None for a free input."""
        return None

    def openapi(self) -> dict[str, Any]:
        """The JSON schema of the value in a request."""
        return self._described({"type": "string"})

    def _described(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Add title, description and nullability to a JSON schema."""
        if self.label is not None:
            schema["title"] = str(self.label)
        if self.help:
            schema["description"] = str(self.help)
        if self.allow_none:
            if isinstance(schema.get("type"), str):
                schema["type"] = [schema["type"], "null"]
            if "enum" in schema:
                schema["enum"] = [*schema["enum"], None]
        return schema

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return missing if value is missing else self.to_json(value)

    default_error_messages["cell"] = _l(
        "The cell holds a number or date where text is meant. Format the column as text and type the value again.")
