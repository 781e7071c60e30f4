"""What a list URL may ask: filters, search, order. Anything unknown is refused, so that a mistyped filter never widens a list."""
from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import peewee
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from . import crypto, search_find, snapshot
from .access import NOTHING
from .cursors import Order
from .errors import BadRequest
from .faces import Column, Face
from .field_base import bad_character, current_frame, framed
from .i18n import gettext as _
from .references import is_reference
from .tree import Node

MAX_VALUES = 50
MAX_QUERY = 100
#: Filters that every list knows beside those its entity declares.
ALWAYS = ("state", "division", "holder", "department", "reporter", "due", "created_at", "closed_at")
_RANGED = frozenset({"day", "due", "moment"})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SECRET = re.compile(r"[0-9Xx +()-]{7,25}")


@dataclass
class Asked:
    """What a URL asks of a list: conditions, the text of the search, the order, and the values as they were given."""

    conditions: list[Any] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)
    query: str = ""
    sort: str = "-id"


def parse(face: Face, args: Mapping[str, Any], node: Node, actor: Any, *, other: frozenset[str] = frozenset(),
          action: str = "view") -> Asked:
    """Read the parameters of a list URL.

    `other` names parameters that the caller reads itself (cursor, size); `action` is what the rows are wanted for. Raises
    BadRequest that names the parameter and what would be right.
    """
    asked = Asked(sort=face.default_sort)
    given = MultiDict(args)
    known = known_parameters(face)
    with framed(node, actor):
        for name in given:
            values = [value for value in given.getlist(name) if value != ""]
            if name in other or (not values and (name in known or name in {"q", "sort"})):
                continue
            if len(values) > MAX_VALUES or any(len(value) > 400 for value in values):
                raise _bad(name, _("Too many or too long values."))
            if name == "q":
                asked.query = _search_text(values[0])
            elif name == "sort":
                asked.sort = values[0]
            elif name in known:
                column, edge = known[name]
                asked.conditions.append(_condition(face, column, edge, name, values))
                asked.values[name] = values
            else:
                raise _bad(name, _("This list knows: %(names)s", names="、".join(sorted([*known, "q", "sort"]))))
    if asked.query:
        asked.conditions.append(search_condition(face, asked.query, node, actor, action))
    return asked


def known_parameters(face: Face) -> dict[str, tuple[Column, str]]:
    """Filter parameters of an entity: name → (column, edge), where edge is "", "from" or "to"."""
    found: dict[str, tuple[Column, str]] | None = face.cache.get("parameters")
    if found is None:
        found = {}
        for column in (*face.filters, *face.only(ALWAYS)):
            if column.kind in _RANGED:
                found[f"{column.key}_from"] = (column, "from")
                found[f"{column.key}_to"] = (column, "to")
            elif column.kind not in {"sealed", "geo", "long"}:
                found[column.key] = (column, "")
        face.cache["parameters"] = found
    return found


def order_of(face: Face, sort: str) -> Order:
    """The order named by `sort` (a column, `-` before it for descending). Raises BadRequest when it is not offered."""
    name = sort.removeprefix("-")
    column = face.column(name)
    offered = {wanted.lstrip("-") for wanted in face.sorts} | {"id"}
    if column is None or (name not in offered and column.key not in offered):
        raise _bad("sort", _("This list can be sorted by: %(names)s", names="、".join(sorted(offered))))
    descending = sort.startswith("-")
    return Order(("-" if descending else "") + column.key, column.stored, face.entity.model.id, descending)


def _condition(face: Face, column: Column, edge: str, name: str, values: list[str]) -> Any:
    if edge:
        return _edge(column, edge, name, values)
    if len(values) == 1 and values[0] == "me" and column.kind == "account":
        return column.stored == (current_frame().actor.account_id or 0)
    wanted = [_value(face, column, name, value) for value in values]
    if len(wanted) == 1:
        return column.stored == wanted[0]
    return column.stored.in_(wanted)


def _edge(column: Column, edge: str, name: str, values: list[str]) -> Any:
    if len(values) != 1 or not _DAY.fullmatch(values[0]):
        raise _bad(name, _("Write one day like 2026-03-15."))
    try:
        day = datetime.date.fromisoformat(values[0])
        if column.kind == "moment":  # a day in China as naive UTC
            start = datetime.datetime.combine(day, datetime.time()) - datetime.timedelta(hours=8)
            day_after = start + datetime.timedelta(days=1)
            return (column.stored >= start) if edge == "from" else (column.stored < day_after)
    except (ValueError, OverflowError):
        raise _bad(name, _("Write one day like 2026-03-15.")) from None
    return (column.stored >= day) if edge == "from" else (column.stored <= day)


def _value(face: Face, column: Column, name: str, text: str) -> Any:
    """One value of a filter in the type of its column."""
    if column.kind == "state":
        states = [] if face.workflow is None else [state.key for state in face.workflow.states]
        if text not in states:
            raise _bad(name, _("Choose one of: %(choices)s", choices="、".join(states)))
        return text
    if column.kind == "division":
        node = snapshot.current().tree.by_code(text)
        if node is None:
            raise _bad(name, _("There is no division with the code %(code)s.", code=text[:40]))
        return node.id
    if is_reference(column.kind) or (column.kind == "int" and column.field is None):
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise _bad(name, _("Write an id, as a whole number."))
        number = int(text)
        if not isinstance(column.stored, peewee.BigIntegerField | peewee.BigAutoField) and number > 2**31 - 1:
            raise _bad(name, _("Write an id, as a whole number."))
        return number
    if column.kind == "choice" and column.field is not None and getattr(column.field, "scheme", None):
        # Items that were withdrawn stay searchable.
        if bad_character(text, False) is not None or len(text) > 40:
            raise _bad(name, _("This is not a code."))
        return text
    if column.field is None:
        if bad_character(text, False) is not None:
            raise _bad(name, _("The text contains a character that cannot be searched."))
        return unicodedata.normalize("NFC", text)
    try:
        return column.field.deserialize(column.field.from_text(text))
    except ValidationError as problem:
        raise _bad(name, " ".join(str(message) for message in problem.messages)) from None


def _search_text(text: str) -> str:
    text = unicodedata.normalize("NFC", text).strip()
    if len(text) > MAX_QUERY:
        raise _bad("q", _("Search for at most %(max)s characters.", max=MAX_QUERY))
    if bad_character(text, False) is not None:
        raise _bad("q", _("The text contains a character that cannot be searched."))
    return text


def search_condition(face: Face, text: str, node: Node, actor: Any, action: str = "view") -> Any:
    """Rows that say `text`: those of that number, otherwise those of `said`. Raises BadRequest for a list without search."""
    exact = _exact_number(face, text)
    if exact is not None:
        return exact
    if not face.entity.search:
        raise _bad("q", _("This list has no search."))
    return said(face, text, node, actor, action)


def said(face: Face, text: str, node: Node, actor: Any, action: str = "view", known: search_find.Found | None = None) -> Any:
    """Rows in whose number, title or search fields, or in a reply to which, all words of `text` stand.

    Sealed columns are never read: a whole number is found by its keyed hash, four digits by the stored tail. `known` is what
    the index has told about all entities already.
    """
    model = face.entity.model
    condition = search_find.condition(face.entity, text, node, actor, action, known)
    for name in face.entity.search:
        column = face.column(name)
        if column is not None and column.personal:
            for other in _sealed_search(model, column.attribute, text):
                condition = other if condition is NOTHING else condition | other
    return condition


def _exact_number(face: Face, text: str) -> Any:
    """The condition for a whole case number, so that typing one costs an index look-up, not a walk; else None."""
    column = face.columns.get("number")
    if column is None or "number" not in face.entity.search or not (text.isascii() and "-" in text and text[-1].isdigit()):
        return None
    model = face.entity.model
    found = column.stored == text
    return found if model.select(model.id).where(found).exists() else None


def _sealed_search(model: Any, attribute: str, text: str) -> list[Any]:
    found = []
    blind = getattr(model, f"{attribute}_blind", None)
    tail = getattr(model, f"{attribute}_tail", None)
    if tail is not None and len(text) == 4 and text.isascii() and text.isdigit():
        found.append(tail == text)
    if blind is not None and _SECRET.fullmatch(text):
        found.append(blind == crypto.blind(text))
    return found


def _bad(name: str, remedy: str) -> BadRequest:
    shown = name[:60] if bad_character(name[:60], False) is None else "?"
    return BadRequest(_("The address of this list contains something unknown."),
                      _("Parameter: %(name)s", name=shown), remedy, code="bad_parameter",
                      extra={"parameter": shown})
