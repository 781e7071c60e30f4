"""Likely duplicates of a case: near in place and time, with a similar text. Found cheaply, explained, never decided here.

Candidates are the cases of the same village whose ids lie next to the case's own (ids follow time), so that the index
(village, id) answers and nothing is scanned, however many cases there are. What was found to be no duplicate stays so.
"""
from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from types import SimpleNamespace
from typing import Any

import peewee

from . import access, db, ledger, snapshot
from .actor import Actor
from .entity import Entity, Setting
from .errors import Invalid
from .groups import MEMBER, PART
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .i18n import ngettext
from .tree import Node, ancestor_columns

BEFORE, AFTER, SHOWN = 200, 50, 5
"""Cases compared before and after the case, and suggestions shown at most."""

_NOT_YET = 2**62
"""In place of the id of a case that has none: after all others."""

SETTINGS = (
    Setting("core.duplicate_days", _l("Days between two reports that may be duplicates"), "int", 30,
            _l("Working default; the county sets its own"), minimum=1, maximum=400),
    Setting("core.duplicate_percent", _l("How alike texts are that are shown as possible duplicates, in per cent"), "int", 35,
            _l("Working default; the county sets its own"), minimum=10, maximum=100),
)


class NoDuplicate(db.Table):
    """Two cases that somebody compared and found to be different matters; the smaller id stands first."""

    id = peewee.BigAutoField()
    entity = peewee.CharField(max_length=80)
    low_id = peewee.BigIntegerField()
    high_id = peewee.BigIntegerField()
    created_by = peewee.BigIntegerField(null=True)
    created_at = peewee.DateTimeField(default=db.now)

    class Meta:
        table_name = "core_no_duplicate"
        indexes = ((("entity", "low_id", "high_id"), True), (("entity", "high_id"), False))


@dataclass(frozen=True)
class Candidate:
    """A case that may be the same matter. ``group_id`` is the case to group with: itself, or the lead that carries it."""

    record: Any
    percent: int
    days: int
    same: str
    open: bool
    group_id: int

    @property
    def why(self) -> str:
        """The reason in words: same grid, 3 days apart, 82 % alike."""
        near = ngettext("%(num)s day apart", "%(num)s days apart", self.days) if self.days else _("on the same day")
        places = {"grid": _("same grid"), "village": _("same village or community"), "": _("same division")}
        return _(", ").join((places[self.same], near, _("%(percent)s %% alike", percent=self.percent)))


def grams(text: str) -> frozenset[str]:
    """The pairs of neighbouring signs of a text, without punctuation, blanks and case: what Chinese is compared by."""
    clean = "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())
    return frozenset(clean[at:at + 2] for at in range(len(clean) - 1)) or frozenset([clean] if clean else [])


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """How alike two texts are, from 0 to 1: the cosine between their sets of pairs."""
    return len(one & other) / sqrt(len(one) * len(other)) if one and other else 0.0


def comparable(entity: Entity, record: Any) -> bool:
    """True for an open case that nothing carries, of an entity whose texts are compared."""
    grouping = entity.grouping
    return grouping is not None and bool(grouping.alike) and record.closed_at is None and record.bond is None


def find(entity: Entity, record: Any, actor: Actor, node: Node) -> list[Candidate]:
    """Up to five likely duplicates of an open case that ``actor`` may see below ``node``, open ones first, then the most alike.

    Two queries; none for a case that is closed or carried, or whose texts are not compared.
    """
    if not comparable(entity, record):
        return []
    own = grams(_text(entity, record))
    place = snapshot.current().tree.get(record.division_id)
    settings = snapshot.current().settings
    days, percent = int(settings.get("core.duplicate_days", place)), int(settings.get("core.duplicate_percent", place))
    found: dict[int, Candidate] = {}
    apart = _found_different(entity, record.id)
    for other in _neighbours(entity, record, days, actor, node):
        score = round(100 * alike(own, grams(_text(entity, other))))
        target = other.parent_id if other.bond == MEMBER else other.id
        if score < percent or {other.id, target} & apart or target == record.id:
            continue
        same = "grid" if other.grid_id and other.grid_id == record.grid_id else "village" if other.village_id else ""
        found.setdefault(other.id, Candidate(other, score, abs((db.local_day(other.created_at) - db.local_day(
            record.created_at)).days), same, other.closed_at is None, target))
    ranked = sorted(found.values(), key=lambda one: (not one.open, -one.percent, one.days, one.record.id))
    return list({one.group_id: one for one in reversed(ranked)}.values())[::-1][:SHOWN]


def like(entity: Entity, texts: Mapping[str, Any], place: Node, actor: Actor, node: Node) -> list[Candidate]:
    """The same for a case at ``place`` that is only being typed: ``texts`` by column. While somebody is on the telephone."""
    columns = {f"{level}_id": None for level in ("village", "grid")} | ancestor_columns(snapshot.current().tree, place)
    draft = SimpleNamespace(**{**dict.fromkeys(entity.grouping.alike if entity.grouping else (), ""), **columns, **texts,
                               "id": _NOT_YET, "division_id": place.id, "created_at": db.now(), "closed_at": None, "bond": None})
    return find(entity, draft, actor, node)


def _neighbours(entity: Entity, record: Any, days: int, actor: Actor, node: Node) -> list[Any]:
    model = entity.model
    column = model.village_id if record.village_id else model.division_id
    here = column == (record.village_id or record.division_id)
    before = model.select(model.id).where(here & (model.id < record.id)).order_by(model.id.desc()).limit(BEFORE)
    after = model.select(model.id).where(here & (model.id > record.id)).order_by(model.id).limit(AFTER)
    parts = [peewee.Select([part.alias(name)], [peewee.SQL("id")]) for part, name in ((before, "before_"), (after, "after_"))]
    ids = parts[0].union_all(parts[1])  # one list: with two, joined by OR, PostgreSQL reads the whole table
    reach = timedelta(days=days)
    wanted = [*(model._meta.fields[name] for name in entity.grouping.alike),  # type: ignore[union-attr]
              *(model._meta.combined[name] for name in ("id", "number", "state", "created_at", "closed_at", "bond", "parent_id",
                                                        "division_id", "village_id", "grid_id", "holder_id"))]
    query = model.select(db.plain_columns(dict.fromkeys(wanted))).where(
        model.id.in_(ids) & (model.created_at >= record.created_at - reach)
        & (model.created_at <= record.created_at + reach) & (model.bond.is_null() | (model.bond != PART)))
    return list(access.scoped(query, entity, "view", node, actor))


def _text(entity: Entity, record: Any) -> str:
    words: list[str] = []
    for name in entity.grouping.alike:  # type: ignore[union-attr]
        text = str(getattr(record, name) or "").rstrip("…")
        if text and not any(text in known for known in words):
            words = [known for known in words if known not in text] + [text]
    return "\n".join(words)


def _found_different(entity: Entity, record_id: int) -> set[int]:
    rows = db.database.execute_sql(db.marked(
        "SELECT low_id, high_id FROM core_no_duplicate WHERE entity = ? AND (low_id = ? OR high_id = ?)"),
        (entity.key, record_id, record_id)).fetchall()
    return {one for row in rows for one in row} - {record_id}


def dismiss(entity: Entity, record_id: int, other_id: int, actor: Actor, node: Node) -> None:
    """Remember that two cases are different matters, so that neither is suggested for the other again.

    Raises ``NotFound``, ``Forbidden`` (one must be allowed to edit the first) or ``Invalid`` (a case and itself).
    """
    with db.transaction():
        record = access.fetch(entity, record_id, "edit", node, actor)
        other = access.fetch(entity, other_id, "view", node, actor)
        if record.id == other.id:
            raise Invalid(_("Name another matter."), errors={"other": [_("A matter is not compared with itself.")]})
        if other.id not in _found_different(entity, record.id):
            for apart in {other.id, other.parent_id if other.bond == MEMBER else other.id}:  # a member stands for its group
                low, high = sorted((record.id, apart))
                (NoDuplicate.insert(entity=entity.key, low_id=low, high_id=high, created_by=actor.account_id,
                                    created_at=db.now()).on_conflict_ignore().execute())
            place = snapshot.current().tree.get(record.division_id)
            ledger.append(entity.key, record.id, "no_duplicate", node=place, account_id=actor.account_id,
                          version=record.version, facts={"other": other.id, "number": other.number})
