"""What the close of a month is checked against: ledger, maintained figures and the cases themselves must say the same.

``verify`` walks every frozen month again: its figures must be what the ledger books up to the recorded position, and nothing
may have been booked into it later.
"""
from __future__ import annotations

from collections import Counter as Bag
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from . import counters, db
from .counters import FLOW_KINDS, IN, open_after
from .entity import Entity
from .faces import face_of
from .i18n import gettext as _
from .ledger import LedgerDetail, LedgerEntry, LedgerSeal
from .meetings import HELD, Meeting, MeetingItem
from .month_books import Books, case_entities, is_open, terms_of
from .month_rows import MonthClose, terms_by_level
from .registry import registry
from .tree import Node

MOST_CASES = 20


@dataclass(frozen=True)
class Finding:
    """Something that keeps a month from being closed: a sentence, the division, and the page where it can be settled."""

    text: str
    division_id: int
    url: str


def bank_levels() -> frozenset[str]:
    """The levels at which some workflow keeps banks."""
    return frozenset(level for entity in case_entities()
                     for level in registry().workflow_of(entity.key).levels)  # type: ignore[union-attr]


def findings(node: Node, month: str, books: Books) -> list[Finding]:
    """What breaks the balance of the division's own banks in ``month``; nothing when all three witnesses agree."""
    found: list[Finding] = []
    page = f"/d/{node.code}/core/bank?month={month}"
    for entity in books.entities:
        if not books.keeps(entity, node):
            continue
        terms = books.terms(entity, node, month)
        if min(n for kind, n in terms.items() if not kind.startswith(counters.CORRECTION)) < 0:
            found.append(Finding(_("%(place)s: a figure of the balance is negative.", place=node.name), node.id, page))
        kept = books.maintained(entity, node, month)
        counted = books.of_all_places(entity, node, month)
        if kept != counted:
            kinds = "、".join(sorted(kind for kind in {*kept, *counted} if kept.get(kind, 0) != counted.get(kind, 0)))
            found.append(Finding(_("%(place)s: the maintained figures differ from the ledger (%(kinds)s). The administrator "
                                   "of the system runs `grid321 verify --repair`.", place=node.name, kinds=kinds), node.id, page))
        found += _open_findings(entity, node, books, page)
        found += _opening_findings(entity, node, month, terms, books, page)
    return found


def _open_findings(entity: Entity, node: Node, books: Books, page: str) -> list[Finding]:
    booked, held = books.open_by_ledger(entity, node), books.open_cases(entity, node)
    if booked == held:
        return []
    found = [Finding(_("%(place)s: the ledger books %(booked)s open matters, the bank holds %(held)s.", place=node.name,
                       booked=booked, held=held), node.id, page)]
    for record_id, number, there in suspects(entity, books.places(node), node.level)[:MOST_CASES]:
        text = _("%(number)s is held here, and the ledger does not say so.", number=number) if there else _(
            "%(number)s: the ledger says it is held here, and it is not.", number=number)
        found.append(Finding(text, node.id, face_of(entity).url(node.code, record_id)))
    return found


def suspects(entity: Entity, places: Iterable[int], level: str) -> list[tuple[int, str, bool]]:
    """Cases of which the ledger and their own row disagree whether they lie in a bank: (id, number, held by its row)."""
    inside: Bag[int] = Bag()
    wanted = set(places)
    query = LedgerEntry.select(LedgerEntry.record_id, LedgerEntry.facts).where(LedgerEntry.entity == entity.key)
    for record_id, facts in query.tuples().iterator():
        for place, at, kind, *_times in (facts or {}).get("flows", ()):
            if place in wanted and at == level and kind in FLOW_KINDS:
                inside[record_id] += 1 if kind in IN else -1
    model = entity.model
    held = {row[0] for row in model.select(model.id).where(model.holder_id.in_(sorted(wanted)) & is_open(model)).tuples()}
    by_ledger = {record_id for record_id, n in inside.items() if n > 0}
    wrong = sorted(held ^ by_ledger)
    numbers = dict(model.select(model.id, model.number).where(model.id.in_(wrong[:500] or [0])).tuples())
    return [(record_id, numbers.get(record_id, str(record_id)), record_id in held) for record_id in wrong[:500]]


def _opening_findings(entity: Entity, node: Node, month: str, terms: Mapping[str, int], books: Books,
                      page: str) -> list[Finding]:
    before = before_month(month)
    rows = books.closed(before)
    if node.id not in rows:
        return []
    frozen = sum(rows[place]["own"].get(entity.key, {}).get("open", 0) for place in books.places(node) if place in rows)
    if frozen == terms["opening"]:
        return []
    return [Finding(_("%(place)s: %(month)s was closed with %(frozen)s open, and this month opens with %(opening)s. Something "
                      "was booked into a closed month.", place=node.name, month=before, frozen=frozen, opening=terms["opening"]),
                    node.id, page)]


def before_month(month: str) -> str:
    """The month before ``YYYY-MM``."""
    year, number = int(month[:4]), int(month[5:7])
    return f"{year - (number == 1):04d}-{(number - 2) % 12 + 1:02d}"


# ---------------------------------------------------------------- verification

def verify() -> Iterator[str]:
    """Every fault of frozen months and held meetings as a sentence, for ``grid321 verify``."""
    rows = list(MonthClose.select().order_by(MonthClose.position, MonthClose.id))
    by_id = {row.id: row for row in rows}
    told = {record_id: facts or {} for record_id, facts in LedgerEntry.select(LedgerEntry.record_id, LedgerEntry.facts).where(
        (LedgerEntry.entity == "core.month") & (LedgerEntry.step == "close")).tuples()}
    for record_id in sorted(set(told) - set(by_id)):
        yield f"month: the ledger knows the close {record_id}, which does not exist"
    for row in rows:
        where = f"month {row.month} of division {row.division_id}"
        facts = told.get(row.id)
        if facts is None:
            yield f"{where}: the ledger knows nothing of its close"
        elif {"month": row.month, "figures": row.figures, "position": row.position, "head": row.head} != {
                key: facts.get(key) for key in ("month", "figures", "position", "head")}:
            yield f"{where}: its frozen figures or its anchor differ from what the ledger wrote when it was closed"
        sealed = LedgerSeal.select(LedgerSeal.hash).where(LedgerSeal.position == row.position).scalar()
        if sealed is not None and sealed != row.head:
            yield f"{where}: the ledger's head at position {row.position} is not the one it was closed with"
        if summed([by_id[one] for one in row.figures["rows"] if one in by_id]) != row.figures["below"]:
            yield f"{where}: the figures of the levels below are not the sum of their closed months"
    for key in sorted({key for row in rows for key in row.figures["own"]}):
        yield from _verify_entity(key, [row for row in rows if key in row.figures["own"]])
    yield from _verify_meetings()


def summed(rows: Iterable[MonthClose]) -> dict[str, dict[str, dict[str, int]]]:
    """Own terms of closed months added up: entity → level → term → n."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for row in rows:
        for key, terms in row.figures["own"].items():
            into = found.setdefault(key, {}).setdefault(row.level, {})
            for kind, n in terms.items():
                into[kind] = into.get(kind, 0) + n
    return found


def _verify_entity(key: str, rows: list[MonthClose]) -> Iterator[str]:
    """Recount in the order of the chain: each frozen month at its position, and all of them again at the end."""
    month = "to_char(e.at + interval '8 hours', 'YYYY-MM')" if db.is_postgres() else "strftime('%Y-%m', e.at, '+8 hours')"
    mark = "%s" if db.is_postgres() else "?"
    cursor = db.database.execute_sql(
        f"SELECT s.position, {month}, e.facts FROM core_ledger_seal s JOIN core_ledger e ON e.id = s.entry_id"
        f" WHERE e.entity = {mark} AND e.facts IS NOT NULL ORDER BY s.position", (key,))
    booked: dict[tuple[int, str], dict[str, Bag[str]]] = {}
    waiting = list(reversed(rows))
    for position, at, facts in cursor:
        while waiting and waiting[-1].position < position:
            yield from _compare(key, waiting.pop(), booked, "the ledger up to its position")
        for place, level, kind, *times in LedgerEntry.facts.python_value(facts).get("flows", ()):
            booked.setdefault((place, level), {}).setdefault(at, Bag())[kind] += times[0] if times else 1
    for row in reversed(waiting):
        yield from _compare(key, row, booked, "the ledger up to its position")
    for row in rows:
        yield from _compare(key, row, booked, "the ledger now: something was booked into a closed month")


def _compare(key: str, row: MonthClose, booked: Mapping[tuple[int, str], Mapping[str, Bag[str]]], what: str) -> Iterator[str]:
    opening, flows = 0, Bag[str]()
    for place in row.figures["places"].get(key, [row.division_id]):
        for at, kinds in booked.get((place, row.level), {}).items():
            if at < row.month:
                opening = open_after(opening, kinds)
            elif at == row.month:
                flows.update(kinds)
    counted = terms_of(opening, flows)
    frozen = terms_by_level(row, key).get(row.level, {})
    if counted != frozen:
        wrong = ", ".join(f"{kind} {frozen.get(kind, 0)}, counted {counted.get(kind, 0)}" for kind in (*counted, *frozen)
                          if counted.get(kind, 0) != frozen.get(kind, 0))
        yield f"month {row.month} of division {row.division_id}, {key}: frozen {wrong} from {what}"


def _verify_meetings() -> Iterator[str]:
    """A held record says what was written beside its ledger entry when it was held, unless that text was erased."""
    from .meeting_records import content

    agenda: dict[int, list[MeetingItem]] = {}
    for item in MeetingItem.select().order_by(MeetingItem.meeting_id, MeetingItem.position, MeetingItem.id).iterator():
        agenda.setdefault(item.meeting_id, []).append(item)
    query = (LedgerEntry.select(LedgerEntry.record_id, LedgerDetail.body)
             .join(LedgerDetail, on=(LedgerDetail.entry_id == LedgerEntry.id))
             .where((LedgerEntry.entity == "core.meeting") & (LedgerEntry.step == "hold")).tuples())
    told = dict(query)
    for meeting in Meeting.select().where(Meeting.status == HELD).iterator():
        if meeting.id in told and content(meeting, agenda.get(meeting.id, [])) != told[meeting.id]:
            yield f"meeting {meeting.number}: its held record was changed"
