"""Changes of the tree: create, rename, move, merge, split, retire. Each is one dated DivisionChange with its reason.

Old codes stay aliases, so that links and printed papers still lead somewhere; records move with their division in the
same transaction, so that every record is found below exactly one valid division at every moment.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import peewee

from . import division_counts as counts
from . import division_records as hanging
from .db import now, transaction
from .divisions import (
    Division,
    DivisionAlias,
    DivisionChange,
    check_code,
    check_day,
    check_name,
    check_parent,
    check_reason,
    code_taken,
    level_of_code,
    valid_division,
)
from .errors import Conflict, Invalid, Refused
from .group_checks import settle
from .i18n import gettext as _
from .tree import Node, Tree, load_tree

if TYPE_CHECKING:
    from .actor import Actor


@dataclass(frozen=True)
class Part:
    """One of the divisions that a split makes: its code and name, and the codes of the children it takes over."""

    code: str
    name: str
    children: tuple[str, ...] = field(default=())


def create_division(parent: Division | Node | str | None, code: str, name: str, *, actor: Actor,
                    level: str | None = None, owner: str = "core", tier: str | None = None, day: date | None = None,
                    reason: str = "", source: str = "") -> Division:
    """Add a division below ``parent`` (a division, a node or a code; None for the root of a deployment).

    ``level`` follows from the code when it is None, ``owner`` is the plugin that contributes it. Raises Invalid, Conflict.
    """
    day = check_day(day)
    with transaction():
        above = valid_division(parent) if parent is not None else None
        level = level or level_of_code(code)
        check_parent(level, above)
        check_code(code, level, above.code if above else None)
        division = _insert(above, code, check_name(name), level, owner, tier, day, source)
        _write_down("create", division, day, reason or _("Created"), {"code": code, "name": division.name}, actor)
    return division


def rename_division(division: Division | Node | str, *, actor: Actor, reason: str, name: str | None = None,
                    code: str | None = None, with_descendants: bool = False, day: date | None = None) -> DivisionChange:
    """Give a division another name, another code, or both. The old code stays an alias.

    ``with_descendants`` replaces the beginning of the codes below as well (a town's new code runs on in its villages').
    Raises Invalid, Conflict (a new code is taken) or NotFound; then nothing changes.
    """
    day, reason = check_day(day), check_reason(reason)
    with transaction():
        hanging.lock_tree()
        found = valid_division(division)
        detail: dict[str, Any] = {"from": {"code": found.code, "name": found.name}}
        if name is not None:
            found.name = check_name(name)
        if code is not None and code != found.code:
            check_code(code, found.level, None)
            renamed = [(found, code)]
            if with_descendants:
                renamed += _codes_below(found, code)
            _recode(renamed, day)
            detail["codes"] = len(renamed)
        if (found.code, found.name) == tuple(detail["from"].values()):
            raise Invalid(_("Nothing would change."), found.name, _("Enter another name or another code."))
        detail["to"] = {"code": found.code, "name": found.name}
        _save(found)
        return _write_down("rename", found, day, reason, detail, actor)


def move_division(division: Division | Node | str, parent: Division | Node | str, *, actor: Actor, reason: str,
                  code: str | None = None, day: date | None = None,
                  models: Sequence[type[peewee.Model]] = ()) -> DivisionChange:
    """Hang a division with all it contains on another one of the level above. Its records follow at once.

    ``code``: its new code, when it gets one. ``models``: further scoped models than the declared ones. Raises Invalid
    when it cannot stand there, Conflict when it is there already or the code is taken.
    """
    day, reason = check_day(day), check_reason(reason)
    with transaction():
        hanging.lock_tree()
        found, above = valid_division(division), valid_division(parent)
        check_parent(found.level, above)
        if found.parent_id == above.id:
            raise Conflict(_("%(name)s belongs to %(parent)s already.", name=found.name, parent=above.name),
                           remedy=_("Choose another division."))
        old = load_tree()
        detail: dict[str, Any] = {"from": _told(old, found.parent_id), "to": _told(old, above.id)}
        found.parent_id = above.id
        if code is not None and code != found.code:
            check_code(code, found.level, None)
            detail["code"] = {"from": found.code, "to": code}
            _recode([(found, code)], day)
        _save(found)
        tree = load_tree()
        node, used = _node(tree, found.id), _models(models)
        detail["records"] = hanging.restamp_subtree(used, node, hanging.place(tree, node))
        before = _node(old, found.id)
        holders = hanging.follow_holders(used, before, node, old, tree)
        counts.moved(before, node)
        detail["with_former_offices"] = hanging.with_former_offices(used, node)
        change = _write_down("move", found, day, reason, detail, actor)
        counts.handed_on(holders, tree, old, change_id=change.id, account_id=actor.account_id)
        settle(used, actor)
        return change


def merge_divisions(sources: Iterable[Division | Node | str], target: Division | Node | str, *, actor: Actor,
                    reason: str, name: str | None = None, code: str | None = None, day: date | None = None,
                    models: Sequence[type[peewee.Model]] = ()) -> DivisionChange:
    """Merge divisions into ``target``, which keeps its identity; ``name`` and ``code`` rename it in the same change.

    Children, departments, posts, grants and records of the sources go to the target; the sources end on ``day`` and their
    codes become aliases. Raises Invalid when levels differ or nothing is left to merge, NotFound for one not valid.
    """
    day, reason = check_day(day), check_reason(reason)
    with transaction():
        hanging.lock_tree()
        into = valid_division(target)
        merged = list({found.id: found for found in map(valid_division, sources) if found.id != into.id}.values())
        _check_merge(merged, into)
        old = load_tree()
        used = _models(models)
        detail: dict[str, Any] = {"sources": [_told(old, one.id) for one in merged], "records": {}}
        for one in merged:
            _merge_one(old, one, into, day, used, detail["records"])
        if name is not None:
            into.name = check_name(name)
        if code is not None and code != into.code:
            check_code(code, into.level, None)
            _recode([(into, code)], day)
        _save(into)
        detail["target"] = {"code": into.code, "name": into.name}
        change = _write_down("merge", into, day, reason, detail, actor)
        for one in merged:
            _write_down("merge", one, day, reason, {"target": detail["target"], "change": change.id}, actor,
                        alone=False)
        tree = load_tree()
        for one in merged:
            before, after = _node(old, one.id), _node(tree, into.id)
            counts.merged(before, after, tree)
            holders = hanging.follow_holders(used, before, after, old, tree)
            counts.handed_on(holders, tree, old, change_id=change.id, account_id=actor.account_id)
        settle(used, actor)
        return change


def split_division(division: Division | Node | str, parts: Sequence[Part], *, actor: Actor, reason: str,
                   heir: str | None = None, day: date | None = None,
                   models: Sequence[type[peewee.Model]] = ()) -> DivisionChange:
    """Split a division into ``parts``. Each part takes the children it names with all their records.

    ``heir`` is the code of the part that gets everything else (records right at the division, unnamed children,
    departments, posts) and the old code as alias; the division ends. Without ``heir`` the division goes on with what no
    part took. Raises Invalid for wrong parts, Conflict for a code that is taken; then nothing changes.
    """
    day, reason = check_day(day), check_reason(reason)
    with transaction():
        hanging.lock_tree()
        found = valid_division(division)
        old = load_tree()
        node = _node(old, found.id)
        owners = _check_parts(old, node, parts, heir)
        parent = Division.get_or_none(Division.id == found.parent_id)
        made = {part.code: _insert(parent, check_code(part.code, found.level, None), check_name(part.name), found.level,
                                   found.owner, found.tier, day, found.source) for part in parts}
        heir_id = made[heir].id if heir else found.id
        for child in old.children(node, all_times=True):
            new_parent = made[owners[child.id]].id if child.id in owners else heir_id
            Division.update(parent=new_parent, updated_at=now()).where(Division.id == child.id).execute()
        if heir:
            _end(found, day, made[heir].id)
        tree = load_tree()
        used = _models(models)
        holders: dict[Any, list[tuple[int, int, int]]] = {}
        for child in old.children(node, all_times=True):
            moved = _node(tree, child.id)
            if moved.parent_id != child.parent_id:
                hanging.restamp_subtree(used, moved, hanging.place(tree, moved))
                counts.moved(child, moved)
                for model, flows in hanging.follow_holders(used, child, moved, old, tree).items():
                    holders.setdefault(model, []).extend(flows)
        detail: dict[str, Any] = {"parts": [{"code": part.code, "name": made[part.code].name,
                                             "children": len(part.children)} for part in parts], "heir": heir}
        hanging.hand_down(found.id, [one.id for one in made.values()], keep=heir is None)
        if heir:
            detail["records"] = hanging.move_records(used, node, heir_id, hanging.place(tree, _node(tree, heir_id)))
            _point_aliases(found, made[heir], day)
            counts.merged(node, _node(tree, heir_id), tree)
        change = _write_down("split", found, day, reason, detail, actor)
        for one in made.values():
            _write_down("create", one, day, reason, {"split_from": {"code": found.code, "name": found.name}}, actor,
                        alone=False)
        counts.handed_on(holders, tree, old, change_id=change.id, account_id=actor.account_id)
        settle(used, actor)
        return change


def retire_division(division: Division | Node | str, *, actor: Actor, reason: str, day: date | None = None,
                    models: Sequence[type[peewee.Model]] = ()) -> DivisionChange:
    """End a division that nothing follows. Its closed records stay below the division above; its posts end.

    Raises Refused while a valid division hangs on it or a case at, below or held by it is open (says how many, where).
    """
    day, reason = check_day(day), check_reason(reason)
    with transaction():
        hanging.lock_tree()
        found = valid_division(division)
        tree = load_tree()
        node = _node(tree, found.id)
        children = tree.children(node)
        if children:
            raise Refused(
                _("%(name)s cannot be retired.", name=found.name),
                _("%(count)s divisions belong to it: %(names)s", count=len(children),
                  names="、".join(child.name for child in children[:5]) + ("…" if len(children) > 5 else "")),
                _("Move, merge or retire them first."), code="has_children")
        _refuse_open_cases(_models(models), node)
        ended = _end_posts(found.id, day)
        _end(found, day)
        return _write_down("retire", found, day, reason, {"posts_ended": ended}, actor)


# -- steps ---------------------------------------------------------------------------------------------------------

def _merge_one(old: Tree, one: Division, into: Division, day: date, models: Sequence[type[peewee.Model]],
               moved: dict[str, int]) -> None:
    source, target = _node(old, one.id), _node(old, into.id)
    hanging.hand_down(one.id, [child.id for child in old.children(source)], keep=False)
    Division.update(parent=into.id, updated_at=now()).where(Division.parent == one.id).execute()
    _end(one, day, into.id)
    for table, count in hanging.move_records(models, source, into.id, hanging.place(old, target)).items():
        moved[table] = moved.get(table, 0) + count
    _point_aliases(one, into, day)


def _check_merge(merged: Sequence[Division], into: Division) -> None:
    if not merged:
        raise Invalid(_("There is nothing to merge."), into.name, _("Name at least one other division."),
                      errors={"sources": [_("Name at least one other division.")]})
    for one in merged:
        if one.level != into.level or one.owner != into.owner:
            text = _("%(name)s and %(other)s are not of the same level.", name=one.name, other=into.name)
            raise Invalid(text, remedy=_("Only divisions of one level can be merged."), errors={"sources": [text]})


def _check_parts(tree: Tree, node: Node, parts: Sequence[Part], heir: str | None) -> dict[int, str]:
    """Child id -> code of the part that takes it. Raises Invalid with the place."""
    codes = [part.code for part in parts]
    children = {child.code: child for child in tree.children(node)}
    owners: dict[int, str] = {}
    problem = ""
    if not parts or (heir and len(parts) < 2):
        problem = _("Name at least two parts, or one part and let the division itself go on.")
    elif len(set(codes)) < len(codes):
        problem = _("Two parts have the same code.")
    elif heir and heir not in codes:
        problem = _("%(code)s, which shall take over the rest, is none of the parts.", code=heir)
    for part in parts:
        for code in part.children:
            child = children.get(code)
            if child is None:
                problem = problem or _("%(code)s does not belong to %(name)s.", code=code, name=node.name)
            elif child.id in owners:
                problem = problem or _("%(code)s is given to two parts.", code=code)
            else:
                owners[child.id] = part.code
    if problem:
        raise Invalid(_("%(name)s cannot be split like this.", name=node.name), problem, _("Correct the parts."),
                      errors={"parts": [problem]})
    return owners


def _refuse_open_cases(models: Sequence[type[peewee.Model]], node: Node) -> None:
    from .registry import registry

    labels = {entity.model: str(entity.label) for entity in registry().entities.values()}
    found = hanging.open_cases(models, node)
    if found:
        total = sum(found.values())
        where = "、".join(f"{labels.get(model, model._meta.table_name)}: {count}" for model, count in found.items())
        raise Refused(
            _("%(name)s cannot be retired.", name=node.name),
            _("%(count)s cases are still open here (%(where)s).", count=total, where=where),
            _("Close them, or merge the division into the one that follows it: then they go there."),
            code="open_cases", extra={"open": total})


def _end_posts(division_id: int, day: date) -> int:
    from .people import Post

    return int(Post.update(to_day=day, updated_at=now()).where(
        Post.division_id == division_id, Post.to_day.is_null() | (Post.to_day > day)).execute())


def _codes_below(division: Division, code: str) -> list[tuple[Division, str]]:
    tree = load_tree()
    below = [node.id for node in tree.subtree(_node(tree, division.id)) if node.id != division.id
             and node.code.startswith(division.code)]
    size = len(division.code)
    return [(found, code + found.code[size:]) for found in Division.select().where(Division.id.in_(below))]


def _recode(renamed: Sequence[tuple[Division, str]], day: date) -> None:
    leaving = {found.id for found, _code in renamed}
    wanted = [code for _found, code in renamed]
    taken = [other.code for other in Division.select(Division.id, Division.code).where(
        Division.code.in_(wanted), Division.valid_to.is_null()) if other.id not in leaving]
    if taken:
        raise code_taken(taken[0])
    # Codes may be swapped among themselves: first step aside, then take the new ones.
    for found, _code in renamed:
        Division.update(code=f"~{found.id}").where(Division.id == found.id).execute()
    for found, code in renamed:
        DivisionAlias.create(code=found.code, division=found.id, since=day)
        Division.update(code=code, updated_at=now(), version=Division.version + 1).where(
            Division.id == found.id).execute()
        found.code = code


def _point_aliases(old: Division, new: Division, day: date) -> None:
    DivisionAlias.update(division=new.id).where(DivisionAlias.division == old.id).execute()
    DivisionAlias.create(code=old.code, division=new.id, since=day)


def _insert(parent: Division | None, code: str, name: str, level: str, owner: str, tier: str | None, day: date,
            source: str) -> Division:
    if Division.select().where(Division.code == code, Division.valid_to.is_null()).exists():
        raise code_taken(code)
    try:
        with transaction():
            created: Division = Division.create(code=code, name=name, level=level, parent=parent.id if parent else None,
                                                owner=owner, tier=tier, valid_from=day, source=source)
            return created
    except peewee.IntegrityError:
        raise code_taken(code) from None


def _end(division: Division, day: date, successor_id: int | None = None) -> None:
    Division.update(valid_to=day, successor_id=successor_id, missing_since=None, updated_at=now(),
                    version=Division.version + 1).where(Division.id == division.id).execute()


def _save(division: Division) -> None:
    Division.update(name=division.name, code=division.code, parent=division.parent_id, missing_since=None,
                    updated_at=now(), version=Division.version + 1).where(Division.id == division.id).execute()


def _write_down(kind: str, division: Division, day: date, reason: str, detail: dict[str, Any], actor: Actor, *,
                alone: bool = True) -> DivisionChange:
    """Write the dated change; with ``alone`` also the ledger entry and the new revision (once per change)."""
    from . import ledger, snapshot

    change: DivisionChange = DivisionChange.create(division=division.id, kind=kind, day=day, reason=reason,
                                                   detail=detail, actor_id=actor.account_id)
    if alone:
        ledger.append("core.division", division.id, kind, account_id=actor.account_id,
                      facts={"code": division.code, "name": division.name, "day": day.isoformat(), "change": change.id},
                      detail={"text": reason} if reason else None)
        snapshot.bump(tree=True)
    return change


def _models(extra: Sequence[type[peewee.Model]]) -> list[type[peewee.Model]]:
    return hanging.scoped_models(extra)


def _node(tree: Tree, division_id: int) -> Node:
    node = tree.get(division_id)
    assert node is not None
    return node


def _told(tree: Tree, division_id: int | None) -> dict[str, str] | None:
    node = tree.get(division_id)
    return {"code": node.code, "name": node.name} if node else None
