"""References that sheets write by name: a station, a term, a district, a deputy, a person."""
from __future__ import annotations

from contextvars import ContextVar
from typing import Any, ClassVar

from grid321.core.api import Node, PersonRef, RecordRef, changed, current_frame, find_person, once, registry, tree
from grid321.core.api import lazy_gettext as _

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


class NamedPerson(PersonRef):
    """A person whom a sheet names: ``张三``, or ``张三 13800000000`` where several are called so. Forms and REST use the id."""

    cell_kind: ClassVar[str] = "text"
    default_error_messages: dict[str, Any] = {
        "name": _("Nobody called {name} is recorded here. Enter the person first, or correct the name."),
    }

    def from_cell(self, cell: Any) -> int | None:
        """A name, a name with a telephone behind it, or an id."""
        if not isinstance(cell, str) or not cell.strip() or cell.strip().isdecimal():
            return super().from_cell(cell)
        name, _space, phone = cell.strip().rpartition(" ")
        if not phone.isdecimal():
            name, phone = cell.strip(), ""
        found = find_person(name.strip(), current_frame().node, phone=phone)
        if found is None:
            raise self.make_error("name", name=name[:80].replace("{", "("))
        return int(found.id)
