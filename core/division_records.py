"""What hangs on a division, moved in bulk when the tree changes: scoped records, holders, grants, switches, settings.

Records carry their ancestors, one column per level, so a merge or move is one UPDATE per table and never touches the
rows below one by one. Rows of append-only tables (ledger, audit, the changes themselves) say what was true then: they
are never rewritten.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import peewee

from .db import LEVELS, SCOPE_COLUMNS, Case, Scoped, is_postgres, local_day, transaction
from .errors import Refused
from .i18n import gettext as _
from .tree import Node, Tree

Model = type[peewee.Model]


def scoped_models(extra: Iterable[Model] = ()) -> list[Model]:
    """Models of all scoped records: those of the declared entities, ``extra`` and the core's own (people, accounts)."""
    from .models import MODELS
    from .registry import registry

    own = (model for model in MODELS if issubclass(model, Scoped))
    return list(dict.fromkeys((*registry().scoped_models(), *extra, *own)))


def place(tree: Tree, node: Node) -> dict[str, int | None]:
    """The scope columns down to the level of ``node``: what every record in its subtree carries."""
    by_level = {tree.get(above).level: above for above in node.path}  # type: ignore[union-attr]
    return {f"{level}_id": by_level.get(level) for level in LEVELS[:node.depth + 1]}


def restamp_subtree(models: Sequence[Model], node: Node, columns: Mapping[str, int | None]) -> int:
    """Write the ancestors of ``node`` anew into all records of its subtree. Returns the number of rows."""
    count = 0
    for model in models:
        below = getattr(model, node.column) == node.id
        count += _update(model, columns, below)
        _find_anew(model, below)
    return count


def _find_anew(model: Model, condition: Any) -> None:
    """The search finds records by the divisions above them: write those of ``condition`` anew."""
    from . import search
    from .registry import registry

    for entity in registry().entities.values():
        if entity.model is model and search.fields_of(entity):
            search.restamp(entity, [row[0] for row in model.select(model.id).where(condition).tuples()])


def move_records(models: Sequence[Model], old: Node, new_id: int, columns: Mapping[str, int | None]) -> dict[str, int]:
    """Give everything below and at ``old`` to the division ``new_id`` of the same level.

    ``columns`` are the scope columns of the new division down to its level. A row that describes the division itself
    (unique by division) stays with it; cases that the old division held are held by the new one. Returns the number of
    rows by table.
    """
    moved = {}
    for model in models:
        below = getattr(model, old.column) == old.id
        if describes_division(model):
            below &= model.division_id != old.id
        else:
            _make_room(model, old.id, new_id)
        ids = [row[0] for row in model.select(model.id).where(below).tuples()]
        count = _update(model, columns, below)
        if not describes_division(model):
            _update(model, {"division_id": new_id}, model.division_id == old.id)
        for start in range(0, len(ids), 1000):
            _find_anew(model, model.id.in_(ids[start:start + 1000]))
        if issubclass(model, Case):
            _update(model, {"holder_id": new_id}, model.holder_id == old.id)
        if count:
            moved[model._meta.table_name] = count
    _move_references(old.id, new_id)
    return moved


def follow_holders(models: Sequence[Model], before: Node, after: Node, old: Tree,
                   new: Tree) -> dict[Model, list[tuple[int, int, int]]]:
    """After a division went from ``before`` to ``after`` (moved there, or merged into it): cases below it that a former
    ancestor held go to the new ancestor of the same level.

    Otherwise a town would hold cases of a village that it can no longer see. Returns, by model, (former holder, new
    holder, number of open cases): what left one bank and arrived at another.
    """
    moved: dict[Model, list[tuple[int, int, int]]] = {}
    for holder_id in set(before.path[:-1]) - set(after.path):
        former = old.get(holder_id)
        heir = new.at_level(after, former.level) if former else None
        if heir is None:
            continue
        for model in models:
            if issubclass(model, Case):
                held = (getattr(model, after.column) == after.id) & (model.holder_id == holder_id)
                count = model.select().where(held, model.closed_at.is_null(), model.bond.is_null()).count()
                if _update(model, {"holder_id": heir.id}, held) and count:
                    moved.setdefault(model, []).append((holder_id, heir.id, count))
                    _move_deadlines(model, after, holder_id, heir.id)
    return moved


def _move_deadlines(model: Model, below: Node, former_id: int, heir_id: int) -> None:
    """The clocks of cases that were handed on run for the new holder."""
    from .clock import Deadline
    from .registry import registry

    key = next((entity.key for entity in registry().entities.values() if entity.model is model), "")
    cases = model.select(model.id).where(
        getattr(model, below.column) == below.id, model.holder_id == heir_id)
    Deadline.update(division_id=heir_id).where(
        Deadline.entity == key, Deadline.division_id == former_id, Deadline.record_id.in_(cases)).execute()


def describes_division(model: Model) -> bool:
    """True when a row of ``model`` describes one division (``division_id`` alone is unique), as a grid's own record."""
    field = model._meta.fields.get("division_id")
    return field is not None and (field.unique or any(
        unique and tuple(columns) == ("division_id",) for columns, unique in _declared_indexes(model)))


def _declared_indexes(model: Model) -> list[tuple[tuple[str, ...], bool]]:
    return [(tuple(entry[0]), bool(entry[1])) for entry in model._meta.indexes or () if isinstance(entry, (tuple, list))]


def _update(model: Model, values: Mapping[str, Any], condition: Any) -> int:
    try:
        with transaction():
            return int(model.update(dict(values)).where(condition).execute())
    except peewee.IntegrityError:
        raise Refused(
            _("The divisions cannot be put together."),
            _("Both have entries in %(table)s of which a division may have only one.", table=model._meta.table_name),
            _("Remove one of the two entries first.")) from None


def _make_room(model: Model, old_id: int, new_id: int) -> None:
    """Settle in advance what would be twice: departments of one name, the same open post of one person."""
    from .people import Department, Post

    if model is Department:
        names = {row[0] for row in Department.select(Department.name).where(Department.division_id == new_id).tuples()}
        for department in list(Department.select().where(Department.division_id == old_id)):
            if department.name in names:
                name = _free_name(department.name, names)
                Department.update(name=name).where(Department.id == department.id).execute()
                names.add(name)
    elif model is Post:
        there = {(post.person_id, post.kind) for post in Post.select().where(
            Post.division_id == new_id, Post.to_day.is_null())}
        twice = [post.id for post in Post.select().where(Post.division_id == old_id, Post.to_day.is_null())
                 if (post.person_id, post.kind) in there]
        if twice:
            Post.update(to_day=local_day()).where(Post.id.in_(twice)).execute()


def _free_name(name: str, taken: set[str]) -> str:
    number = 2
    while (found := f"{name[:76]} {number}") in taken:
        number += 1
    return found


# -- tables of the core that point to a division -------------------------------------------------------------------

def referring_models() -> list[tuple[Model, str]]:
    """(model, column) of the core's other tables that point to a division and follow it when it is merged or split."""
    from .divisions import Division, DivisionAlias, DivisionChange
    from .models import MODELS

    own = (Division, DivisionAlias, DivisionChange)
    inherited = set(_inherited_models())
    found = []
    for model in MODELS:
        if model in own or model in inherited or issubclass(model, Scoped) or getattr(model, "append_only", False) \
                or getattr(model, "recounted", False):
            continue
        found += [(model, name) for name in ("division_id", "holder_id") if name in model._meta.combined]
    return found


def _inherited_models() -> tuple[Model, ...]:
    from .channel_setup import ChannelSetup
    from .notify_texts import MessageText
    from .settings import ClassItem, SettingValue
    from .switches import Switch

    return Switch, SettingValue, ClassItem, ChannelSetup, MessageText


def _move_references(old_id: int, new_id: int) -> None:
    for model, name in referring_models():
        column = getattr(model, name)
        key = model._meta.primary_key
        try:
            with transaction():
                model.update({name: new_id}).where(column == old_id).execute()
            continue
        except peewee.IntegrityError:
            pass  # the new division has some of these rows already
        for row in list(model.select(key).where(column == old_id).tuples()):
            try:
                with transaction():
                    model.update({name: new_id}).where(key == row[0]).execute()
            except peewee.IntegrityError:
                model.delete().where(key == row[0]).execute()


def hand_down(old_id: int, heirs: Iterable[int], *, keep: bool) -> None:
    """Copy switches, settings, classes, channels and texts of ``old_id`` to ``heirs``, where they have none of their own.

    So nothing is switched on or off, and no limit changes, because the tree was redrawn. Without ``keep`` the rows of
    the old division are removed.
    """
    heirs = list(heirs)
    for model in _inherited_models():
        rows = list(model.select().where(model.division_id == old_id).dicts())
        for row in rows:
            row.pop("id")
            for heir in heirs:
                model.insert(**{**row, "division_id": heir}).on_conflict_ignore().execute()
        if rows and not keep:
            model.delete().where(model.division_id == old_id).execute()


# -- questions -----------------------------------------------------------------------------------------------------

def open_cases(models: Sequence[Model], node: Node) -> dict[Model, int]:
    """Open cases at or below ``node`` or held by it, by model."""
    found = {}
    for model in models:
        if issubclass(model, Case):
            here = (getattr(model, node.column) == node.id) | (model.holder_id == node.id)
            count = model.select().where(model.closed_at.is_null(), here).count()
            if count:
                found[model] = count
    return found


def with_former_offices(models: Sequence[Model], node: Node) -> int:
    """Open cases below ``node`` that lie with an office of a division they no longer belong to: somebody hands them anew."""
    from .people import Department

    column = getattr(Department, node.column)
    elsewhere = Department.select(Department.id).where(
        Department.division_id.not_in(node.path), column.is_null() | (column != node.id))
    return sum(int(model.select().where(getattr(model, node.column) == node.id, model.closed_at.is_null(),
                                        model.department_id.in_(elsewhere)).count())
               for model in models if issubclass(model, Case))


def misplaced(models: Sequence[Model], tree: Tree, limit: int = 100) -> list[tuple[str, int]]:
    """(table, id) of records whose ancestor columns contradict the tree; ``grid321 verify`` reports them."""
    from .tree import ancestor_columns

    wrong: list[tuple[str, int]] = []
    for model in models:
        columns = [getattr(model, name) for name in ("division_id", *SCOPE_COLUMNS)]
        for division_id, *stored in model.select(*columns).distinct().tuples():
            node = tree.get(division_id)
            wanted = list(ancestor_columns(tree, node).values())[1:] if node else None
            if stored != wanted:
                rows = model.select(model.id).where(
                    model.division_id == division_id,
                    *(column.is_null() if value is None else column == value
                      for column, value in zip(columns[1:], stored, strict=True))).limit(limit - len(wrong)).tuples()
                wrong += [(model._meta.table_name, row[0]) for row in rows]
            if len(wrong) >= limit:
                return wrong
    return wrong


def lock_tree() -> None:
    """Let one change of the tree at a time proceed (on SQLite the write transaction itself does that)."""
    if is_postgres():
        from .db import database

        database.execute_sql("LOCK TABLE core_division IN SHARE ROW EXCLUSIVE MODE")
