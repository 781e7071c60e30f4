"""Which clocks start, by which rule, and the rows they begin with. Nothing is asked of the database but the configuration."""
from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from . import calendar, db, snapshot
from .clock_rows import CANCELLED, PAUSED, RUNNING, next_moment
from .clock_rules import ENTRY, Clock, Length, parse_length
from .errors import Invalid
from .i18n import gettext as _
from .settings import Settings
from .tree import Node
from .workflow import Workflow


@dataclass(frozen=True)
class Rule:
    """The rule of a clock at a place on a day: its length, and where that comes from."""

    length: Length
    day_off: str
    setting: str
    source: str
    place_id: int | None
    valid_from: date | None


@dataclass(frozen=True)
class Plan:
    """A clock that is about to start: its rule, the event and the place, and when it ends."""

    clock: Clock
    node: Node
    event: str
    at: datetime
    rule: Rule
    end: calendar.Due
    end_at: datetime | None
    rests: bool = False


@dataclass
class Moved:
    """What a step does to the clocks of a case: the clocks that start, and the earliest last day of all that run then."""

    plans: list[Plan] = field(default_factory=list)
    dues: list[date] = field(default_factory=list)

    @property
    def due(self) -> date | None:
        """The first last day of the clocks that run after the step; None when none runs."""
        return min([*self.dues, *(item.end.day for item in self.plans if not item.rests)], default=None)


# ---------------------------------------------------------------- which clock, which rule

@dataclass(frozen=True)
class Index:
    """The clocks of a workflow by what touches them: the state that is entered, the step that is taken."""

    by_state: Mapping[str, list[tuple[str, Clock]]]
    by_step: Mapping[str, list[tuple[str, Clock]]]
    ending: frozenset[str]
    live: frozenset[str]
    known: Mapping[str, tuple[str, Clock]]


def index_of(workflow: Workflow) -> Index:
    """The clocks of a workflow by what touches them; made once for each workflow."""
    found: Index | None = workflow.__dict__.get("_clock_index")
    if found is None:
        by_state: dict[str, list[tuple[str, Clock]]] = {}
        by_step: dict[str, list[tuple[str, Clock]]] = {}
        states = {state.key for state in workflow.states}
        known = {key: (state.key, clock) for key, (state, clock) in workflow.clocks().items()}
        for home, clock in known.values():
            for event, key in (clock.starts or {ENTRY: home}).items():
                (by_state if key in states else by_step).setdefault(key, []).append((event, clock))
        ending = frozenset(key for _home, clock in known.values() for key in (*clock.ends, *clock.voids))
        live = frozenset(key for home, clock in known.values() for key in (*(clock.until or (home,)), *clock.pause))
        found = Index(by_state, by_step, ending, live, known)
        object.__setattr__(workflow, "_clock_index", found)
    return found


def rule(clock: Clock, node: Node, day: date, case: Any = None, data: Mapping[str, Any] | None = None,
         settings: Settings | None = None) -> Rule | None:
    """The rule of ``clock`` at ``node`` for a step on ``day``; None when the clock does not start (nothing is set).

    What a decision says (the step's answer ``clock.answer``) comes first, then the county's setting valid on ``day``, then
    the declaration. ``settings`` are the present ones, for who has them at hand.
    """
    settings = settings or snapshot.current().settings
    known = settings.all()
    day_off = str(settings.get("core.clock_day_off", node, day)) if "core.clock_day_off" in known else calendar.NEXT
    said = (data or {}).get(clock.answer) if clock.answer else None
    if said not in (None, ""):
        return _decided(said, day, day_off, clock)
    if clock.rule and clock.rule in known and settings.get(clock.rule, node, day) not in {None, "length"}:
        return None
    chosen = clock.choose(case) if clock.choose is not None else None
    for key in filter(None, (chosen, clock.setting)):
        if key in known:
            value, source, place_id, valid_from = settings.explain(key, node, day)
            if value is not None:
                return Rule(parse_length(str(value)), day_off, key, source, place_id, valid_from)
            if key == clock.setting:
                return None
    return Rule(clock.length, day_off, "", str(clock.source), None, None) if clock.length is not None else None


def _decided(said: Any, day: date, day_off: str, clock: Clock) -> Rule:
    """The rule that the step's answer sets: a last day, which does not move, or a length as text or days.

    Raises ``Invalid`` at the answer's field.
    """
    if isinstance(said, date):
        if said < day:
            raise _wrong(clock, _("The last day is past. Choose today or a later day."))
        return Rule(Length((said - day).days, "day"), calendar.STAY, "", _("Decision in this case"), None, day)
    try:
        length = Length(said, "day") if isinstance(said, int) else parse_length(str(said))
        if length.mistake:
            raise ValueError(length.mistake)
    except ValueError:
        raise _wrong(clock, _("Write a number and a unit, as in: 10 wd")) from None
    return Rule(length, day_off, "", _("Decision in this case"), None, day)


def _wrong(clock: Clock, message: str) -> Invalid:
    return Invalid(_("The limit “%(clock)s” cannot be set.", clock=clock.label), errors={clock.answer: [message]})


def plans_of(starting: Sequence[tuple[str, Clock]], state_key: str, node: Node, moment: datetime, case: Any,
          data: Mapping[str, Any] | None = None) -> list[Plan]:
    """The clocks of ``starting`` (event, clock) that start at ``node`` when a case enters ``state_key``, with their end.

    Left out are those of a plugin that is off there, of a start event that the county did not choose, and without a length.
    """
    found: list[Plan] = []
    if not starting:
        return found
    day, days, chosen = db.local_day(moment), None, None
    now = snapshot.current()  # asked for once: outside a request each look reads the revision
    for event, clock in starting:
        if clock.plugin and not now.switches.is_on(clock.plugin, node):
            continue
        if event != ENTRY and len(clock.starts) > 1:
            if chosen is None:
                chosen = now.settings.get("core.clock_start", node, day) if "core.clock_start" in now.settings.all() else ""
            if event != (chosen if chosen in clock.starts else next(iter(clock.starts))):
                continue
        holds = rule(clock, node, day, case, data, now.settings)
        if holds is None:
            continue
        if holds.length.unit == "hour":
            end_at = moment + timedelta(hours=holds.length.number)
            end = calendar.Due(db.local_day(end_at), False)
        else:
            days = days or now.calendar.at(node, calendar.plugin_days(node))
            end_at, end = None, days.due(day, holds.length, day_off=holds.day_off)
        found.append(Plan(clock, node, event, moment, holds, end, end_at, state_key in clock.pause))
    return found


# ---------------------------------------------------------------- a state is entered

def plan(workflow: Workflow, state_key: str, node: Node, moment: datetime, case: Any, without: Container[str] = ()) -> Moved:
    """The clocks that start when ``case`` enters a state at the division ``node``, but those of the keys ``without``.

    For a case whose clocks begin with it or begin anew: when it is born, leaves a group, comes under another version.
    """
    return Moved(plans_of([item for item in index_of(workflow).by_state.get(state_key, ()) if item[1].key not in without],
                          state_key, node, moment, case))


def born(workflow: Workflow, node: Node, moment: datetime, case: Any) -> Moved:
    """The clocks that start with a new case in its first state, at the division that holds it.

    Where a clock names an ``answer``, the case's own field of that name is the answer: who registers a promise with its day
    sets the limit by that.
    """
    return Moved(plans_of(index_of(workflow).by_state.get(workflow.first, ()), workflow.first, node, moment, case, vars(case)))


def on_entry(workflow: Workflow, state_key: str) -> list[Clock]:
    """The clocks that start with the entry into a state."""
    return [clock for _event, clock in index_of(workflow).by_state.get(state_key, ())]


def fate(workflow: Workflow, key: str, state_key: str) -> str:
    """What becomes of an open clock when its case is put into a state of ``workflow``: RUNNING, PAUSED or CANCELLED."""
    found = index_of(workflow).known.get(key)
    if found is None or workflow.state(state_key).final:
        return CANCELLED
    home, clock = found
    return PAUSED if state_key in clock.pause else RUNNING if state_key in (clock.until or (home,)) else CANCELLED


COLUMNS = ("entity", "record_id", "clock", "division_id", "event", "started_at", "started_on", "length", "day_off", "setting",
           "source", "place_id", "valid_from", "remind", "overdue", "due", "due_at", "provisional", "state", "next_at",
           "paused_at", "asked", "extension")


def start(moved: Moved, entity_key: str, record_id: int) -> None:
    """Write the rows of the clocks that start, inside the step's transaction, in one statement."""
    if moved.plans:
        values = rows(moved, entity_key, record_id)
        db.database.execute_sql(_insert(len(values), db.is_postgres()), [value for row in values for value in row])


@lru_cache(maxsize=64)
def _insert(count: int, postgres: bool) -> str:
    """One statement for all clocks of a step: each round trip costs as much as the row."""
    marks = "(" + ", ".join(["%s" if postgres else "?"] * len(COLUMNS)) + ")"
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    return f"INSERT INTO core_deadline ({names}) VALUES {', '.join([marks] * count)}"


def rows(moved: Moved, entity_key: str, record_id: int) -> list[tuple[Any, ...]]:
    """The rows (values in the order of ``COLUMNS``) of the clocks that start."""
    found = []
    for item in moved.plans:
        holds, end = item.rule, item.end
        begin = None if item.rests else next_moment(end.day, item.end_at, item.clock.remind, item.at)
        found.append((entity_key, record_id, item.clock.key, item.node.id, item.event, item.at, db.local_day(item.at),
                      str(holds.length), holds.day_off, holds.setting, holds.source, holds.place_id, holds.valid_from,
                      ",".join(map(str, item.clock.remind)), item.clock.overdue, end.day, item.end_at, end.provisional,
                      PAUSED if item.rests else RUNNING, begin, item.at if item.rests else None, 0, ""))
    return found
