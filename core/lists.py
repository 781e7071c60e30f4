"""Lists of an entity: a page of rows by a small constant number of queries, whatever the rows hold.

The same selection serves the page, the API, the export and the bulk actions.
"""
from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import peewee

from . import cursors, snapshot
from .access import scoped
from .calendar import Days
from .cursors import Order
from .db import local_day, plain_columns
from .entity import Entity
from .faces import Column, Face, day_of, face_of, masked, moment_of, raw_rows
from .filters import Asked, order_of, parse
from .i18n import current_language, format_day, format_time, ngettext
from .i18n import gettext as _
from .references import is_reference
from .tree import Node

SIZES = (20, 50, 100)
PAGING = frozenset({"after", "before", "size"})
DUE_SOON = datetime.timedelta(days=3)
Cell = dict[str, Any]
Part = tuple[str, str, str, str]
"""A cell of a row as the template shows it: (text, tone, url, label of its column)."""
EMPTY: Cell = {"text": "", "tone": "", "url": "", "icon": ""}


@dataclass
class Page:
    """Raw rows of one page with the cursors of its neighbours (None at the ends)."""

    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    asked: Asked
    order: Order
    after: str | None
    before: str | None


def selected(entity: Entity, args: Mapping[str, Any], node: Node, actor: Any, action: str = "view", *,
             other: frozenset[str] = PAGING) -> peewee.ModelSelect:
    """All records that a list URL selects for `actor` at `node`, unpaged and unordered.

    Raises BadRequest for an unknown parameter or value. Exports and bulk actions use it, so they see what the list shows.
    """
    face = face_of(entity)
    asked = parse(face, args, node, actor, other=other, action=action)
    order_of(face, asked.sort)
    return narrowed(entity, entity.model.select(), asked, node, actor, action)


def narrowed(entity: Entity, query: peewee.ModelSelect, asked: Asked, node: Node, actor: Any,
             action: str) -> peewee.ModelSelect:
    """`query` within the scope of the actor and the conditions asked for."""
    query = scoped(query, entity, action, node, actor)
    return query.where(*asked.conditions) if asked.conditions else query


def read_page(face: Face, args: Mapping[str, Any], node: Node, actor: Any, columns: tuple[Column, ...], *,
              size: int, other: frozenset[str] = PAGING) -> Page:
    """One page of rows with the stored values of `columns` (the id first), read by one query.

    `args` may hold the cursors `after` or `before`. Raises BadRequest for a cursor of another order.
    """
    entity = face.entity
    asked = parse(face, args, node, actor, other=other)
    order = order_of(face, asked.sort)
    wanted = plain_columns([entity.model.id, *(column.stored for column in columns), order.stored])
    query = narrowed(entity, entity.model.select(wanted), asked, node, actor, "view")
    backward, started = False, False
    text = args.get("after") or args.get("before")
    if text:
        value, identity, backward = cursors.read(text, order)
        query = query.where(order.beyond(value, identity, backward))
        started = True
    rows = raw_rows(query.order_by(*order.clauses(backward)).limit(size + 1))
    more = len(rows) > size
    rows = rows[:size]
    if backward:
        rows.reverse()
    after = before = None
    if rows and (more or backward):
        after = cursors.write(order, rows[-1][-1], rows[-1][0])
    if rows and started and (more or not backward):
        before = cursors.write(order, rows[0][-1], rows[0][0], True)
    return Page(columns, rows, asked, order, after, before)


# ---------------------------------------------------------------- cells

def listed_columns(face: Face) -> tuple[Column, ...]:
    """The columns to read for a list page: the listed ones, and the uid where a sealed one needs it."""
    if any(column.personal for column in face.listed) and "uid" in face.columns:
        return (*face.listed, face.columns["uid"])
    return face.listed


def page_rows(face: Face, page: Page, node: Node) -> list[dict[str, Any]]:
    """The rows of a page as the list template shows them: id, url and one part per listed column.

    A part is (text, tone, url, label of its column): templates unpack tuples far more cheaply than they look up keys.
    Labels of persons, departments and accounts are fetched once per kind.
    """
    makers = [cell_maker(face, column, [row[place] for row in page.rows], node, page)
              for place, column in enumerate(face.listed, start=1)]
    base = face.url(node.code)
    found = []
    for row in page.rows:
        parts = [maker(row[place], row) for place, maker in enumerate(makers, start=1)]
        found.append({"id": row[0], "url": f"{base}{row[0]}", "parts": parts})
    return found


def cell_maker(face: Face, column: Column, values: list[Any], node: Node,
               page: Page | None = None) -> Callable[[Any, tuple[Any, ...]], Part]:
    """What turns a stored value of a column into a part; `values` are all values of the page, for labels in one query."""
    kind, label = column.kind, str(column.label)
    if kind == "state":
        return _from_map(state_cells(face), label)
    if kind == "choice" and column.field is not None:
        return _from_map(_choice_cells(column, values, node), label)
    if kind == "due":
        today = local_day() if any(values) else None
        days = snapshot.current().calendar.at(None)
        return lambda raw, row: _part(_due(day_of(raw), today, days), label)
    text = _text_maker(face, column, values, node, page)
    return lambda raw, row: (text(raw, row), "", "", label)


def _text_maker(face: Face, column: Column, values: list[Any], node: Node,
                page: Page | None) -> Callable[[Any, tuple[Any, ...]], str]:
    """What turns a stored value into its text, for the kinds that have neither colour nor link."""
    kind = column.kind
    if kind == "division":
        tree = snapshot.current().tree
        return lambda raw, row: tree.local_name(place, node) if (place := tree.get(raw)) is not None else ""
    if is_reference(kind):
        from .references import labels
        names = labels(kind, values)
        return lambda raw, row: names.get(raw, "") if raw is not None else ""
    if kind == "day":
        return lambda raw, row: format_day(day_of(raw))
    if kind == "moment":
        return lambda raw, row: format_time(moment_of(raw))
    if kind == "sealed":
        return lambda raw, row: masked(face.entity, column, raw, _uid(face, row, page))
    if column.field is not None and kind in {"flag", "geo"}:
        schema_field = column.field
        return lambda raw, row: schema_field.display(_python(column, raw))
    return lambda raw, row: "" if raw is None else str(raw)


def _uid(face: Face, row: tuple[Any, ...], page: Page | None) -> str:
    if page is not None:
        for place, column in enumerate(page.columns, start=1):
            if column.key == "uid":
                return str(row[place])
    return ""


def _python(column: Column, raw: Any) -> Any:
    return column.stored.python_value(raw) if raw is not None else None


def _cell(text: str, tone: str = "", url: str = "", icon: str = "") -> Cell:
    return {"text": text, "tone": tone, "url": url, "icon": icon}


def _part(cell: Cell, label: str) -> Part:
    return cell["text"], cell["tone"], cell["url"], label


def _from_map(cells: Mapping[str, Cell], label: str) -> Callable[[Any, tuple[Any, ...]], Part]:
    parts = {key: _part(cell, label) for key, cell in cells.items()}
    return lambda raw, row: parts.get(raw) or (raw or "", "", "", label)


def state_cells(face: Face) -> dict[str, Cell]:
    """The cell of each state of the entity's workflow in the present language."""
    if face.workflow is None:
        return {}
    key = ("states", current_language())
    found: dict[str, Cell] | None = face.cache.get(key)
    if found is None:
        found = face.cache[key] = {state.key: _cell(str(state.label), state.tone) for state in face.workflow.states}
    return found


def _choice_cells(column: Column, values: list[Any], node: Node) -> dict[str, Cell]:
    """The cell of each code: the class items of the node, or how the field shows the codes of this page."""
    scheme = getattr(column.field, "scheme", None)
    if scheme:
        labels = snapshot.current().classes.labels(scheme, node, retired=True)
        return {code: _cell(label) for code, label in labels.items()}
    if column.field is None:
        return {}
    return {code: _cell(column.field.display(code)) for code in set(values) if code is not None}


def _due(due: datetime.date | None, today: datetime.date | None, days: Days) -> Cell:
    return due_cell(due, today, due is not None and days.is_provisional(due))


def due_cell(due: datetime.date | None, today: datetime.date | None, provisional: bool = False) -> Cell:
    """A due date with its traffic light in words: overdue by so many days, due today, due soon.

    One that is ``provisional`` (see ``is_provisional``) says so.
    """
    if due is None or today is None:
        return EMPTY
    text = _("%(day)s (provisional)", day=format_day(due)) if provisional else format_day(due)
    if due < today:
        late = (today - due).days
        return _cell(ngettext("%(day)s, overdue by %(num)s day", "%(day)s, overdue by %(num)s days", late, day=text), "bad")
    if due == today:
        return _cell(_("%(day)s, due today", day=text), "warn")
    if due - today <= DUE_SOON:
        left = (due - today).days
        return _cell(ngettext("%(day)s, %(num)s day left", "%(day)s, %(num)s days left", left, day=text), "warn")
    return _cell(text)


def is_provisional(due: datetime.date | None) -> bool:
    """True when a due date rests on a year whose notice of working days is not known yet."""
    return due is not None and snapshot.current().calendar.at(None).is_provisional(due)


# ---------------------------------------------------------------- addresses

def query_string(asked: Asked, **changes: str | None) -> str:
    """The query part of this list's address with some parameters changed or (None) removed, `?` included."""
    pairs: list[tuple[str, str]] = [(name, value) for name, values in asked.values.items() for value in values]
    if asked.query:
        pairs.append(("q", asked.query))
    if "sort" not in changes and asked.sort:
        pairs.append(("sort", asked.sort))
    pairs = [pair for pair in pairs if pair[0] not in changes]
    pairs += [(name, value) for name, value in changes.items() if value]
    return "?" + urlencode(pairs) if pairs else ""
