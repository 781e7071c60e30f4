"""Month end: the balance of every bank is checked, its figures are frozen with the ledger's head, and stay as they are.

A division closes a month when everything below it has; a county may close its subtree in one go, lowest level first. What
turns out to be wrong later is corrected in the present month, on the word of two people, and told in the next bulletin.
"""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import peewee

from . import counters, db, ledger, snapshot
from .actor import Actor
from .counters import IN, OUT
from .entity import Entity, Setting
from .errors import Conflict, Forbidden, Invalid, NotFound, Refused
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .month_books import BLOCK, Books, case_entities, next_month
from .month_check import Finding, bank_levels, findings, summed
from .month_rows import APPROVED, PROPOSED, REJECTED, MonthClose, MonthCorrection
from .tree import Node

CLOSE, CORRECT, APPROVE, VIEW = (f"core.month.{what}" for what in ("close", "correct", "approve", "view"))
REST = timedelta(minutes=10)
"""A month may be closed this long after its end: what was begun in its last seconds is written by then."""

SETTINGS = (
    Setting("core.month_close_day", _l("Day of the month on which the month before is closed by itself (0: never)"), "int", 0,
            _l("Platform default: a person closes it"), minimum=0, maximum=28),
)


@dataclass(frozen=True)
class Check:
    """What closing a month would do: the divisions it freezes, and what keeps it from being closed."""

    month: str
    divisions: tuple[Node, ...]
    findings: tuple[Finding, ...]
    books: Books = field(repr=False, compare=False)


def last_closed(node: Node) -> str | None:
    """The newest month that a division closed, None when it never did."""
    return MonthClose.select(peewee.fn.MAX(MonthClose.month)).where(MonthClose.division_id == node.id).scalar() or None


def next_to_close(node: Node) -> str | None:
    """The month that a division closes next: after the last closed one, else that of its first booking; None without any."""
    last = last_closed(node)
    return next_month(last) if last is not None else first_booked([node]).get(node.id)


def last_closed_of(nodes: Iterable[Node]) -> dict[int, str]:
    """The newest month that each division closed, of those that did. One query."""
    wanted = {node.id for node in nodes}
    query = MonthClose.select(MonthClose.division_id, peewee.fn.MAX(MonthClose.month)).group_by(MonthClose.division_id)
    return {division_id: month for division_id, month in query.tuples() if division_id in wanted}


def first_booked(nodes: Iterable[Node], begun: Collection[int] = ()) -> dict[int, str]:
    """The first month in which a step was booked at the own bank of each division that has one. One query for each level.

    Of divisions in ``begun``, which closed a month already, it may be a month that one merged into them closed itself.
    """
    found: dict[int, str] = {}
    by_level: dict[str, list[int]] = {}
    nodes = list(nodes)
    for node in nodes:
        by_level.setdefault(node.level, []).append(node.id)
    for table in (counters.CounterRow, counters.CounterDelta):
        for level, ids in by_level.items():
            query = (table.select(table.division_id, peewee.fn.MIN(table.month))
                     .where(table.division_id.in_(ids) & (table.dimension == f"flow.{level}") & (table.n != 0))
                     .group_by(table.division_id).tuples())
            for division_id, month in query:
                found[division_id] = min(month, found.get(division_id, month))
    return {**found, **_of_heirs([node for node in nodes if node.id not in begun], found)}


def _of_heirs(nodes: Iterable[Node], found: Mapping[int, str]) -> dict[int, str]:
    """The same for divisions that others were merged into: months that those closed themselves are not theirs to close."""
    tree = snapshot.current().tree
    merged = {heir.id for one in tree if not one.valid and (heir := tree.heir(one.id)) is not None}
    heirs = [node for node in nodes if node.id in merged and node.id in found]
    if not heirs:
        return {}
    books, first = Books(), {}
    for node in heirs:
        month, last = found[node.id], counters.month_of(db.now())
        while month < last and not any(n for entity in case_entities() if books.keeps(entity, node)
                                       for n in books.terms(entity, node, month).values()):
            month = next_month(month)
        first[node.id] = month
    return first


def waiting_below(node: Node, month: str) -> list[Node]:
    """The divisions below that had something to count by ``month`` and did not close it, lowest level first."""
    return list(_waiting_below(node, month))


def _waiting_below(node: Node, month: str) -> dict[Node, str]:
    """The same with the month that each of them closes next. A few queries, whatever the number of divisions."""
    levels = bank_levels()
    below = [one for one in snapshot.current().tree.subtree(node) if one.valid and one.level in levels and one.id != node.id]
    closed = {row[0] for row in MonthClose.select(MonthClose.division_id).where(MonthClose.month == month).tuples()}
    last = last_closed_of(below)
    first = first_booked(below, last)
    found = [one for one in below if one.id not in closed and first.get(one.id, "9999-99") <= month]
    return {one: next_month(last[one.id]) if one.id in last else first[one.id]
            for one in sorted(found, key=lambda one: (-one.depth, one.code))}


def check(node: Node, month: str, *, below: bool = False) -> Check:
    """What closing ``month`` at ``node`` (with ``below``: and of everything below it) would freeze, and what is against it.

    Raises ``Conflict`` (409) when the month is running, lies ahead, was closed already, or another one comes first, and
    ``Invalid`` for a division without bank. What breaks the balance is no error here but a finding.
    """
    _refuse_month(node, month)
    waiting = _waiting_below(node, month)
    tree = snapshot.current().tree
    found: list[Finding] = []
    if below:
        for one, first in waiting.items():
            if first < month:
                found.append(Finding(_("%(place)s did not close %(month)s yet.", place=one.name, month=first), one.id,
                                     f"/d/{one.code}/core/month"))
    else:
        found += [Finding(_("%(place)s did not close the month yet.", place=tree.local_name(one, node)), one.id,
                          f"/d/{one.code}/core/month") for one in waiting]
    divisions = (*(waiting if below else ()), node)
    books = Books(divisions, month, first_booked(divisions, last_closed_of(divisions)))
    for one in divisions:
        found += findings(one, month, books)
    return Check(month, divisions, tuple(found), books)


def is_over(month: str) -> bool:
    """True when a month has ended in China, ten minutes ago at least."""
    return month < counters.month_of(db.now() - REST)


def _refuse_month(node: Node, month: str) -> None:
    if node.level not in bank_levels():
        raise Invalid(_("%(place)s keeps no bank of its own.", place=node.name), "",
                      _("Close the month at a county, a town or a village."), errors={"division": [_("No bank at this level.")]})
    if not is_over(month):
        raise Conflict(_("%(month)s is not over yet.", month=month), "",
                       _("A month is closed after its last day."), code="month_running")
    last = last_closed(node)
    if last is not None and month <= last:
        raise Conflict(_("%(place)s has closed %(month)s already.", place=node.name, month=month), "",
                       _("A closed month stays as it is. What was wrong is corrected in the present month."), code="month_closed")
    first = next_to_close(node)
    if first is not None and first < month:
        raise Conflict(_("Another month comes first."), _("%(place)s did not close %(month)s yet.", place=node.name, month=first),
                       _("Close the months one after the other: %(month)s first.", month=first), code="month_order")


def close(node: Node, month: str, actor: Actor, *, below: bool = False) -> list[MonthClose]:
    """Close ``month`` at ``node``; with ``below`` everything below it that did not, lowest level first. One transaction.

    The ledger is sealed, and its position and head are frozen with the figures. Raises as ``check`` does, ``Forbidden``
    without the permission, and ``Refused`` (422, code ``unbalanced``, the findings as errors) when something is against
    it; nothing is changed then.
    """
    if not actor.may(CLOSE, node):
        raise Forbidden(_("You may not do this here"), node.name)
    with db.transaction():
        if db.is_postgres():  # whoever writes the ledger finishes first, and two who close wait for each other
            db.database.execute_sql("LOCK TABLE core_ledger IN SHARE ROW EXCLUSIVE MODE")
        plan = check(node, month, below=below)
        if plan.findings:
            raise Refused(_("%(month)s was not closed: something is against it.", month=month), node.name,
                          _("Settle what is listed, then close the month."), code="unbalanced",
                          errors={"findings": [finding.text for finding in plan.findings]},
                          extra={"findings": [{"text": finding.text, "url": finding.url} for finding in plan.findings]})
        position, head = ledger.checkpoint(f"month {month} {node.code}")
        moment = db.now()
        return [_freeze(one, month, plan.books, actor, (position, head), moment) for one in plan.divisions]


def _freeze(node: Node, month: str, books: Books, actor: Actor, anchor: tuple[int, str], moment: Any) -> MonthClose:
    own = {entity.key: books.terms(entity, node, month) for entity in books.entities if books.keeps(entity, node)}
    places = {key: books.places(node, month) for key in own}
    rows, below = _below(node, month)
    figures = {"own": own, "below": below, "places": places, "rows": rows}
    made = MonthClose.create(division_id=node.id, level=node.level, month=month, figures=figures, position=anchor[0],
                             head=anchor[1], closed_at=moment, account_id=actor.account_id)
    ledger.append("core.month", made.id, "close", node=node, account_id=actor.account_id, at=moment,
                  facts={"month": month, "figures": figures, "position": anchor[0], "head": anchor[1]})
    return made


def _below(node: Node, month: str) -> tuple[list[int], dict[str, dict[str, dict[str, int]]]]:
    """The closes below a division and the sums of their own terms, by entity and level."""
    levels = bank_levels()
    ids = {one.id for one in snapshot.current().tree.subtree(node, all_times=True) if one.id != node.id and one.level in levels}
    if not ids:
        return [], {}
    some = MonthClose.division_id.in_(sorted(ids)) if len(ids) < BLOCK else peewee.SQL("1 = 1")
    query = MonthClose.select(MonthClose.id, MonthClose.division_id, MonthClose.level, MonthClose.figures).where(
        (MonthClose.month == month) & some)
    rows = [row for row in query.order_by(MonthClose.id) if row.division_id in ids]
    return [row.id for row in rows], summed(rows)


# ---------------------------------------------------------------- corrections

def propose(node: Node, month: str, entity: Entity, values: Mapping[str, Any], actor: Actor) -> MonthCorrection:
    """Propose that ``n`` cases that a closed month counts as ``from_kind`` count as ``to_kind``, for a ``reason``.

    Both kinds stand on the same side of the balance, so it holds whatever is corrected. Raises ``Forbidden``, ``Conflict``
    when the month is not closed, ``Invalid`` naming what does not fit.
    """
    if not actor.may(CORRECT, node):
        raise Forbidden(_("You may not do this here"), node.name)
    row = MonthClose.get_or_none((MonthClose.division_id == node.id) & (MonthClose.month == month))
    if row is None:
        raise Conflict(_("%(month)s is not closed at %(place)s.", month=month, place=node.name), "",
                       _("Only what a closed month says is corrected; until then the matters themselves are put right."),
                       code="month_open")
    before, after, n = values["from_kind"], values["to_kind"], values["n"]
    errors: dict[str, list[str]] = {}
    if before == after or not ({before, after} <= set(IN) or {before, after} <= set(OUT)):
        errors["to_kind"] = [_("Choose another kind on the same side of the balance: both come in, or both go out.")]
    said = row.figures["own"].get(entity.key, {}).get(before, 0)
    done = (MonthCorrection.select(peewee.fn.SUM(MonthCorrection.n)).where(
        (MonthCorrection.division_id == node.id) & (MonthCorrection.month == month) & (MonthCorrection.entity == entity.key)
        & (MonthCorrection.from_kind == before) & (MonthCorrection.state != REJECTED)).scalar() or 0)
    if not 1 <= n <= said - done:
        errors["n"] = [_("The closed month counts %(count)s of them that are not corrected yet.", count=max(0, said - done))]
    if len(values["reason"].strip()) < 4:
        errors["reason"] = [_("Say why the closed figure is wrong.")]
    if errors:
        raise Invalid(_("The correction was not proposed."), errors=errors)
    with db.transaction():
        moment = db.now()
        made: MonthCorrection = MonthCorrection.create(
            division_id=node.id, entity=entity.key, month=month, from_kind=before, to_kind=after, n=n,
            reason=values["reason"].strip(), proposed_by=actor.account_id, proposed_at=moment)
        ledger.append("core.month", row.id, "propose", node=node, account_id=actor.account_id, at=moment,
                      facts={"correction": made.id, "month": month}, detail={"text": made.reason})
    return made


def correction(node: Node, correction_id: int) -> MonthCorrection:
    """A correction of a month of ``node``. Raises ``NotFound``."""
    row = MonthCorrection.get_or_none((MonthCorrection.id == correction_id) & (MonthCorrection.division_id == node.id))
    if row is None:
        raise NotFound(_("There is no such correction."))
    return row


def decide(node: Node, correction_id: int, approved: bool, actor: Actor) -> MonthCorrection:
    """Approve a proposed correction, which books it into the present month, or reject it.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` when it was decided, ``Refused`` (``second_person``) to whoever
    proposed it.
    """
    with db.transaction():
        row = correction(node, correction_id)
        if not actor.may(APPROVE, node):
            raise Forbidden(_("You may not do this here"), node.name)
        if actor.account_id is None or actor.account_id == row.proposed_by:
            raise Refused(_("A second person decides about a correction."), _("You proposed this one yourself."),
                          _("Ask somebody else who may approve corrections."), code="second_person")
        moment = db.now()
        month = counters.month_of(moment)
        values = {"state": APPROVED if approved else REJECTED, "decided_by": actor.account_id, "decided_at": moment,
                  "booked_month": month if approved else None}
        mine = (MonthCorrection.id == row.id) & (MonthCorrection.state == PROPOSED)
        if MonthCorrection.update(values).where(mine).execute() != 1:
            raise Conflict(_("This correction was decided already."), remedy=_("Load the page again."))
        if approved:
            flows = [(node.id, node.level, counters.CORRECTION + row.from_kind, -row.n),
                     (node.id, node.level, counters.CORRECTION + row.to_kind, row.n)]
            entry = ledger.append(row.entity, 0, "correct", node=node, account_id=actor.account_id, at=moment,
                                  facts={"flows": flows, "month": row.month, "correction": row.id})
            MonthCorrection.update(entry_id=entry).where(MonthCorrection.id == row.id).execute()
            counters.apply([line for _place, _level, kind, n in flows
                            for line in counters.flow(row.entity, node, kind, month, n)])
        else:
            ledger.append("core.month", 0, "reject", node=node, account_id=actor.account_id, at=moment,
                          facts={"correction": row.id})
    return MonthCorrection.get_by_id(row.id)

