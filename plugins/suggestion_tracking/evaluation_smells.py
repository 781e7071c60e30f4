"""Bad smells (推诿、拖延、答非所问、千篇一律): four plain rules that ask people to look. They flag, they never punish.

Pushed around: handed over at least so often. Dragged: no step for so many days while it is being handled. Talking past: fewer
shared terms of request and reply than set. Same text: so many other replies of the same unit are as alike as set, to requests
that are not. Each threshold is a setting. A case is judged anew by the event after each of its steps; only the days of a dragged
one pass without an event, and a standing job looks for those. No page computes anything.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import peewee

from grid321.core.api import (
    Counter,
    Entity,
    ancestor_columns,
    counters,
    is_on,
    local_day,
    now,
    registry,
    setting,
    steps_taken,
    transaction,
    tree,
)
from grid321.core.api import lazy_gettext as _

from . import evaluation_texts as texts
from .evaluation_models import ReplyPrint, Smell
from .evaluation_schemas import SmellSchema
from .life_models import Contact, Suggestion, Task
from .matter_models import Matter

PLUGIN = "suggestion_tracking"
MATTER, SUGGESTION = f"{PLUGIN}.matter", f"{PLUGIN}.suggestion"
MODELS: Mapping[str, Any] = {MATTER: Matter, SUGGESTION: Suggestion}
MOST_COMPARED = 60
WAITING = frozenset({"answered", "told", "rated", "kept", "evaluated", "followed"})
"""States in which no unit has to act: the reply is there, or a promise is followed for years."""

SMELL = Entity(
    f"{PLUGIN}.smell", model=Smell, schema=SmellSchema, label=_("Things to look at"),
    columns=("number", "title", "kind", "measured", "department", "since"),
    filters=("kind", "state", "department", "since"), sorts=("-id", "-since"), title="title",
    actions=("export",), icon="eye", menu="main", counters=(Counter("kind,state"),),
    description=_("Plain rules noticed something here. It may have a good reason: look, and ask. Nobody is marked down for it."))


@dataclass(frozen=True)
class Found:
    """What a rule found: the two numbers, the unit meant, and the number of the most alike case."""

    measured: int
    threshold: int
    department_id: int | None = None
    other: str = ""


@dataclass(frozen=True)
class Reply:
    """One reply: to which case, by which unit (``d<department>`` or ``h<division>``), what was asked and what was said."""

    record_id: int
    number: str
    unit: str
    department_id: int | None
    request: str
    text: str
    replied_on: date


def limit(name: str, division_id: int) -> int:
    """The threshold ``smell_<name>`` at a division."""
    return int(setting(f"{PLUGIN}.smell_{name}", division_id))


# ---------------------------------------------------------------- the four rules

def pushed(entity_key: str, record: Any) -> Found | None:
    """Passed on at least ``smell_transfers`` times: handed to a unit, or sent back (by a unit, to a level below)."""
    least = limit("transfers", record.division_id)
    if entity_key == SUGGESTION:
        sent_back = Task.select().where((Task.suggestion_id == record.id) & (Task.return_reason != "")).count()
        times = int(record.transfers) + int(sent_back)
    else:
        times = steps_taken(entity_key, record.id, _handing_steps(entity_key))
    return Found(times, least, unit_of(entity_key, record)) if times >= least else None


def _handing_steps(entity_key: str) -> list[str]:
    flow = registry().every_version_of(entity_key)
    return [step.key for step in flow.transitions if step.moves.kind in {"to_department", "down"}] if flow is not None else []


def dragged(entity_key: str, record: Any, today: date) -> Found | None:
    """No step for at least ``smell_idle_days`` days while the case is being handled."""
    least = limit("idle_days", record.division_id)
    if not is_handled(entity_key, record):
        return None
    idle = (today - last_step(entity_key, record)).days
    return Found(idle, least, unit_of(entity_key, record)) if idle >= least else None


def is_handled(entity_key: str, record: Any) -> bool:
    """True while somebody has to act on the case: it is open, not only waiting, and a suggestion was handed over."""
    if record.closed_at is not None or record.bond is not None or record.state in WAITING:
        return False
    return entity_key == MATTER or record.handed_on is not None


def last_step(entity_key: str, record: Any) -> date:
    """The day of the last step on a case; of a suggestion also of its units' parts and meetings with the deputy."""
    moments = [record.updated_at]
    if entity_key == SUGGESTION:
        for model in (Task, Contact):
            moments.append(model.select(peewee.fn.MAX(model.updated_at)).where(model.suggestion_id == record.id).scalar())
    known = [moment for moment in moments if moment is not None]
    return max(local_day(moment) for moment in known)


def unit_of(entity_key: str, record: Any) -> int | None:
    """The unit that has or had the case last."""
    return record.department_id or (record.unit_id if entity_key == MATTER else None)


def talking_past(replies: Iterable[Reply], division_id: int) -> Found | None:
    """The reply that shares the fewest terms with its request, when they are fewer than ``smell_shared_terms``."""
    least = limit("shared_terms", division_id)
    judged = [(found, reply) for reply in replies if (found := texts.talks_past(reply.request, reply.text, least)) is not None]
    if not judged:
        return None
    found, reply = min(judged, key=lambda pair: (pair[0], pair[1].unit))
    return Found(found, least, reply.department_id)


def same_text(entity_key: str, replies: Iterable[Reply], division_id: int) -> tuple[Found | None, set[int]]:
    """The reply with the most equals among the unit's replies of the last months, when they are ``smell_alike_count`` or more.

    Returns also the ids of the cases with those replies: each is judged anew, because it has one more equal now. Replies to
    requests that are alike themselves do not count: who is asked the same answers the same.
    """
    least, percent = limit("alike_count", division_id), limit("alike_percent", division_id)
    best: Found | None = None
    touched: set[int] = set()
    for reply in replies:
        equals = alike_replies(entity_key, reply, percent, division_id)
        touched |= {other.record_id for other, _percent in equals}
        if len(equals) >= least and (best is None or len(equals) > best.measured):
            closest = max(equals, key=lambda pair: (pair[1], pair[0].number))[0]
            best = Found(len(equals), least, reply.department_id, closest.number)
    return best, touched


def alike_replies(entity_key: str, reply: Reply, percent: int, division_id: int) -> list[tuple[Reply, int]]:
    """(reply, per cent alike) of the unit's other replies that are alike at least so much, to other requests."""
    own = texts.pairs(reply.text)
    if len(texts.core_of(reply.text).strip()) < limit("least_length", division_id):
        return []
    bands = texts.bands(own)
    since = reply.replied_on - timedelta(days=31 * limit("alike_months", division_id))
    near = ((ReplyPrint.band1 == bands[0]) | (ReplyPrint.band2 == bands[1]) | (ReplyPrint.band3 == bands[2])
            | (ReplyPrint.band4 == bands[3]))
    ids = [row[0] for row in ReplyPrint.select(ReplyPrint.record_id).where(
        (ReplyPrint.entity == entity_key) & (ReplyPrint.unit == reply.unit) & (ReplyPrint.record_id != reply.record_id)
        & (ReplyPrint.replied_on >= since) & near).order_by(ReplyPrint.id.desc()).limit(MOST_COMPARED).tuples()]
    asked = texts.pairs(reply.request)
    found = []
    for record in MODELS[entity_key].select().where(MODELS[entity_key].id.in_(ids or [0])):
        for other in replies_of(entity_key, record):
            score = texts.percent_alike(own, texts.pairs(other.text))
            if other.unit == reply.unit and score >= percent and texts.percent_alike(asked, texts.pairs(other.request)) < 50:
                found.append((other, score))
    return found


def replies_of(entity_key: str, record: Any) -> list[Reply]:
    """The replies to a case: of a matter its answer, of a suggestion the reply of each answering unit."""
    if entity_key == MATTER:
        if not record.answer or record.bond is not None:
            return []
        unit = f"d{record.unit_id}" if record.unit_id else f"h{record.holder_id}"
        return [Reply(record.id, record.number, unit, record.unit_id, f"{record.title}\n{record.text}", record.answer,
                      local_day(record.updated_at))]
    request = "\n".join((record.title, record.content, record.reasons, record.proposal))
    return [Reply(record.id, record.number, f"d{task.department_id}", task.department_id, request, task.answer,
                  task.answered_on or local_day(task.updated_at))
            for task in Task.select().where((Task.suggestion_id == record.id) & Task.role.in_(("lead", "separate"))
                                            & Task.answer.is_null(False) & (Task.answer != "")).order_by(Task.id)]


# ---------------------------------------------------------------- keeping what was found

def judge(entity_key: str, record_id: int, *, others: bool = True) -> dict[str, Found]:
    """Judge a case anew by all four rules and keep what was found; returns it by kind. One transaction.

    With ``others`` the cases with replies like this one's are judged too: they have one more equal now.
    """
    with transaction():
        record = MODELS[entity_key].get_or_none(MODELS[entity_key].id == record_id)
        if record is None:
            return {}
        replies = replies_of(entity_key, record)
        _keep_prints(entity_key, record_id, replies)
        same, touched = same_text(entity_key, replies, record.division_id)
        ruled = {"pushed": pushed(entity_key, record), "dragged": dragged(entity_key, record, local_day()),
                 "past": talking_past(replies, record.division_id), "same": same}
        found = {kind: one for kind, one in ruled.items() if one is not None}
        _keep(entity_key, record, found)
        for other_id in sorted(touched) if others else ():
            judge(entity_key, other_id, others=False)
    return found


def _keep_prints(entity_key: str, record_id: int, replies: Sequence[Reply]) -> None:
    mine = (ReplyPrint.entity == entity_key) & (ReplyPrint.record_id == record_id)
    wanted = {reply.unit: (reply.replied_on, *texts.bands(texts.pairs(reply.text))) for reply in replies}
    known = {row[0]: row[1:] for row in ReplyPrint.select(
        ReplyPrint.unit, ReplyPrint.replied_on, ReplyPrint.band1, ReplyPrint.band2, ReplyPrint.band3, ReplyPrint.band4
    ).where(mine).tuples()}
    if known == wanted:
        return
    ReplyPrint.delete().where(mine).execute()
    for unit, (day, one, two, three, four) in wanted.items():
        ReplyPrint.create(entity=entity_key, record_id=record_id, unit=unit, replied_on=day, band1=one, band2=two, band3=three,
                          band4=four)


def _keep(entity_key: str, record: Any, found: Mapping[str, Found]) -> None:
    """Write what is noticed now and end what is no longer; the case's own ``flagged`` follows, its version does not change."""
    known = {row.kind: row for row in Smell.select().where((Smell.entity == entity_key) & (Smell.record_id == record.id))}
    place = tree().get(record.division_id)
    if place is None:
        return
    rows: list[Any] = []
    today = local_day()
    for kind, one in found.items():
        row = known.get(kind)
        values = {"state": "open", "number": record.number, "title": record.title, "department_id": one.department_id,
                  "measured": one.measured, "threshold": one.threshold, "other": one.other, "over_on": None}
        if row is not None and row.state != "open":
            values["since"] = today
        rows += _write(entity_key, record, kind, row, values if row is not None else {**values, "since": today}, place)
    for kind, row in known.items():
        if kind not in found and row.state == "open":
            rows += _write(entity_key, record, kind, row, {"state": "over", "over_on": today}, place)
    counters.apply(rows)
    if bool(found) != bool(record.flagged):
        model = MODELS[entity_key]
        model.update(flagged=bool(found)).where(model.id == record.id).execute()


def _write(entity_key: str, record: Any, kind: str, row: Smell | None, values: Mapping[str, Any], place: Any) -> list[Any]:
    before = dict(row.__data__) if row is not None else None
    if row is None:
        row = Smell.create(entity=entity_key, record_id=record.id, kind=kind, **values, **ancestor_columns(tree(), place))
    elif any(getattr(row, name) != value for name, value in values.items()):
        Smell.update(**values, version=Smell.version + 1, updated_at=now()).where(Smell.id == row.id).execute()
    else:
        return []
    after = {**(before or {}), "kind": kind, **values}
    return list(counters.stock(SMELL, before, after, place.path if before else (), place.path))


# ---------------------------------------------------------------- what passes without an event

def sweep(most: int = 200) -> int:
    """Look for cases that stand still so long that they are dragged now; returns how many were newly found, at most ``most``.

    Only open cases without a step since the day in question are read; one that was found is not found again.
    """
    found, today = 0, local_day()
    for entity_key, model in MODELS.items():
        for record in _standing_still(entity_key, model):
            if not is_on(PLUGIN, record.division_id) or dragged(entity_key, record, today) is None:
                continue
            try:
                found += "dragged" in judge(entity_key, record.id)
            except peewee.IntegrityError:  # another worker found it at the same moment
                continue
            if found >= most:
                return found
    return found


def _standing_still(entity_key: str, model: Any) -> Iterator[Any]:
    """Open cases that were not changed since the shortest limit any county has, and are not found yet; in batches by id."""
    flow = registry().every_version_of(entity_key)
    if flow is None:
        return
    least = min((limit("idle_days", node.id) for node in tree() if node.level == "county" and node.valid), default=0)
    known = Smell.select(Smell.record_id).where(
        (Smell.entity == entity_key) & (Smell.kind == "dragged") & (Smell.state == "open"))
    states = [state.key for state in flow.states if not state.final and state.key not in WAITING]
    last = 0
    while True:
        batch = list(model.select().where(
            (model.id > last) & model.state.in_(states) & (model.updated_at < now() - timedelta(days=least))
            & model.bond.is_null() & model.id.not_in(known)).order_by(model.id).limit(500))
        yield from batch
        if len(batch) < 500:
            return
        last = batch[-1].id


def forget(days: int = 1500) -> int:
    """Remove the numbers of replies that no setting can ask for any more (48 months); returns how many."""
    with transaction():
        return int(ReplyPrint.delete().where(ReplyPrint.replied_on < local_day() - timedelta(days=days)).execute())
