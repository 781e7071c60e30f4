"""Fields of deputies: terms, districts and delegations by their names, divisions by their codes, several items of a list."""
from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, ClassVar

from grid321.core.api import (
    ClassScheme,
    Node,
    RecordRef,
    Text,
    changed,
    class_label,
    current_frame,
    once,
    registry,
    snapshot,
    tree,
)
from grid321.core.api import lazy_gettext as _

BETWEEN = re.compile(r"\s*[、,，;；\n]+\s*")
_kept: ContextVar[tuple[Any, dict[str, dict[int, str]]] | None] = ContextVar("liaison_station_names", default=None)


class NamedRef(RecordRef):
    """A record that a sheet names: ``五里选区``, or with its place before it, ``五里镇/第一选区``, where several are alike.

    Forms and REST use the id, as every reference does.
    """

    cell_kind: ClassVar[str] = "text"
    default_error_messages: dict[str, Any] = {
        "name": _("Nothing here is called {name}. Enter it first, or correct the name."),
        "several": _("Several are called {name}. Write the place before it, as in 五里镇/{name}."),
    }

    def from_cell(self, cell: Any) -> int | None:
        """A name, a name with its place, or an id."""
        if not isinstance(cell, str) or not cell.strip() or cell.strip().isdecimal():
            return super().from_cell(cell)
        found = by_name(self.kind.removeprefix("record:"), current_frame().node).get(cell.strip(), [])
        if len(found) != 1:
            raise self.make_error("several" if found else "name", name=cell.strip()[:80].replace("{", "("))
        return found[0]

    def to_cell(self, value: Any, record: Any = None) -> str:
        """The name with its place, as ``from_cell`` reads it."""
        return _names(self.kind.removeprefix("record:"), current_frame().node).get(value, "") if value else ""


def by_name(key: str, node: Node) -> dict[str, list[int]]:
    """Ids of the records of an entity at ``node`` or below, by name and by place and name. Asked once in a transaction."""
    found: dict[str, list[int]] = {}
    for identifier, name, place in _rows(key, node):
        found.setdefault(name, []).append(identifier)
        if place:
            found.setdefault(f"{place}/{name}", []).append(identifier)
    return found


def _names(key: str, node: Node) -> dict[int, str]:
    """Names with places by id; an export asks for each row, outside a transaction and within one frame: read once for it."""
    frame = current_frame()
    kept = _kept.get()
    if kept is None or kept[0] is not frame:
        kept = (frame, {})
        _kept.set(kept)
    if key not in kept[1]:
        kept[1][key] = {identifier: f"{place}/{name}" if place else name for identifier, name, place in _read(key, node)}
    return kept[1][key]


def _rows(key: str, node: Node) -> list[tuple[int, str, str]]:
    return once(f"named:{key}:{node.id}", lambda: _read(key, node))


def _read(key: str, node: Node) -> list[tuple[int, str, str]]:
    model, here = registry().entity(key).model, tree()
    rows = model.select(model.id, model.name, model.division_id).where(getattr(model, node.column) == node.id).tuples()
    return [(identifier, name, place.name if (place := here.get(division)) is not None else "")
            for identifier, name, division in rows]


def written(entity: str, division_id: int) -> None:
    """A record that sheets name was written: this transaction asks for the names anew."""
    here = tree()
    place = here.get(division_id)
    for above in place.path if place is not None else ():
        changed(f"named:{entity}:{above}")


class Divisions(Text):
    """Several divisions by their codes (``610902104、610902105``), at the node of the frame or below it."""

    default_error_messages: dict[str, Any] = {
        "unknown": _("There is no division with the code {code} in the area you are looking at. Check the code."),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        here, node = tree(), current_frame().node
        found = list(dict.fromkeys(part for part in BETWEEN.split(text) if part))
        for code in found:
            place = here.by_code(code)
            if place is None or not place.valid or not here.covers(node, place):
                raise self.make_error("unknown", code=code[:40].replace("{", "("))
        return "、".join(found)

    def display(self, value: Any, record: Any = None) -> str:
        """The names of the divisions; of one that is gone its code."""
        here = tree()
        return "、".join(place.name if (place := here.by_code(code)) is not None else code
                        for code in BETWEEN.split(value or "") if code)


class Items(Text):
    """Several items of a class scheme, by their labels or codes (``法律、农业``); stored as codes joined by commas."""

    default_error_messages: dict[str, Any] = {
        "item": _("“{value}” is not among the choices. Choose from: {choices}."),
    }

    def __init__(self, label: Any = None, *, scheme: ClassScheme, **rest: Any) -> None:
        super().__init__(label, max=200, **rest)
        self.scheme = scheme.key

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        labels = dict(snapshot().classes.labels(self.scheme, current_frame().node))
        words = {class_label(self.scheme, code): code for code in labels}  # a form shows these where the county has its own
        words |= {**{label: code for code, label in labels.items()}, **{code: code for code in labels}}
        found = []
        for part in (one for one in BETWEEN.split(text) if one):
            if part not in words:
                choices = "、".join(labels.values()).replace("{", "(")
                raise self.make_error("item", value=part[:40].replace("{", "("), choices=choices)
            found.append(words[part])
        return ",".join(dict.fromkeys(found))

    def display(self, value: Any, record: Any = None) -> str:
        """The labels."""
        place = getattr(record, "division_id", None)
        return "、".join(class_label(self.scheme, code, place) for code in (value or "").split(",") if code)

    def to_text(self, value: Any) -> str:
        """The labels, as a form takes them back."""
        return self.display(value)

    def to_cell(self, value: Any, record: Any = None) -> str:
        """The labels, as a sheet takes them back."""
        return self.display(value, record)
