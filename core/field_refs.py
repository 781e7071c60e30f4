"""References to divisions, persons, departments and accounts: scoped, so that nobody can point outside his area.

In the API and in forms a division is its code and the others are their id; in the database all are ids.
What may be chosen and how an id is shown is decided in `core/references.py`.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from grid321.core.field_base import EntityField, current_frame
from grid321.core.i18n import lazy_gettext as _l

_CODE = re.compile(r"[0-9A-Za-z]{1,32}")
_ID = re.compile(r"[0-9]{1,18}")
BIG_MAX = 2**63 - 1


class Ref(EntityField):
    """A reference stored as an id in the column `<name>_id`."""

    widget: ClassVar[str] = "select"
    #: Which table of `core/references.py` resolves it.
    kind: ClassVar[str] = ""

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        if self.attribute is None:
            self.attribute = field_name if field_name.endswith("_id") else f"{field_name}_id"

    def options(self) -> list[tuple[str, str]]:
        """What may be chosen at the node of the frame, the most likely first (at most 500)."""
        from grid321.core import references
        return references.options(self, current_frame())

    def display(self, value: Any, record: Any = None) -> str:
        if value is None:
            return ""
        from grid321.core import references
        return references.labels(self.kind, [value]).get(value, "")

    def to_cell(self, value: Any, record: Any = None) -> str:
        return self.to_text(value)


class DivisionRef(Ref):
    """A division inside the subtree being looked at and inside what the actor has been granted.

    `level` (a level or several) narrows which divisions may be named; None allows every level.
    """

    kind: ClassVar[str] = "division"
    cell_kind: ClassVar[str] = "code"

    default_error_messages: dict[str, Any] = {
        "type": _l("This must be the code of a division, as text: \"610902104\"."),
        "unknown": _l("There is no division with the code {code} in the area you are looking at. Check the code."),
        "level": _l("{name} is not of the level asked for here ({levels})."),
    }

    def __init__(self, label: Any = None, *, level: str | tuple[str, ...] | None = None, **rest: Any) -> None:
        super().__init__(label, **rest)
        self.levels = (level,) if isinstance(level, str) else tuple(level or ())

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not isinstance(value, str):
            raise self.make_error("type")
        if not _CODE.fullmatch(value):
            raise self.make_error("type")
        from grid321.core import references
        node = references.division(value, current_frame())
        if node is None:
            raise self.make_error("unknown", code=value)
        if self.levels and node.level not in self.levels:
            from grid321.core.references import level_label
            raise self.make_error("level", name=node.name.replace("{", "("),
                                  levels="、".join(level_label(level) for level in self.levels))
        return int(node.id)

    def to_json(self, value: Any) -> Any:
        if value is None:
            return None
        from grid321.core import snapshot
        node = snapshot.current().tree.get(value)
        return node.code if node else None

    def to_text(self, value: Any) -> str:
        return self.to_json(value) or ""

    def openapi(self) -> dict[str, Any]:
        return self._described({"type": "string", "pattern": "^[0-9A-Za-z]{1,32}$", "examples": ["610902104"]})


class _IdRef(Ref):
    """A reference by id."""

    cell_kind: ClassVar[str] = "int"

    default_error_messages: dict[str, Any] = {
        "type": _l("This must be an id, as a whole number."),
        "unknown": _l("There is nothing with the id {id} that you may choose here. Choose from the list."),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int or not 1 <= value <= BIG_MAX:
            raise self.make_error("type")
        from grid321.core import references
        if not references.allowed(self, value, current_frame()):
            raise self.make_error("unknown", id=value)
        return value

    def from_text(self, text: str) -> int | None:
        text = text.strip()
        if not text:
            return None
        if not _ID.fullmatch(text):
            raise self.make_error("type")
        return int(text)

    def from_cell(self, cell: Any) -> int | None:
        if isinstance(cell, float) and cell.is_integer() and 0 < cell < 2**53:
            return int(cell)
        return cell if type(cell) is int else super().from_cell(cell)

    def openapi(self) -> dict[str, Any]:
        return self._described({"type": "integer", "format": "int64", "minimum": 1, "maximum": BIG_MAX})


class PersonRef(_IdRef):
    """A person who holds or held a post inside the subtree being looked at."""

    kind: ClassVar[str] = "person"


class DepartmentRef(_IdRef):
    """A department that hangs on a division of the subtree being looked at; with `own`, on the node itself."""

    kind: ClassVar[str] = "department"

    def __init__(self, label: Any = None, *, own: bool = False, **rest: Any) -> None:
        super().__init__(label, **rest)
        self.own = own


class AccountRef(_IdRef):
    """An account that has a grant inside the subtree being looked at."""

    kind: ClassVar[str] = "account"


class RecordRef(_IdRef):
    """A record of an entity that the actor may see below the node being looked at (the session of a suggestion).

    Shown is the entity's title field. The newest 500 are offered; any other one that may be seen can be named by its id.
    """

    def __init__(self, label: Any = None, *, entity: str, **rest: Any) -> None:
        super().__init__(label, **rest)
        self.kind = f"record:{entity}"  # type: ignore[misc]
