"""Statistics: measures that say how they are counted, read from maintained rows only, and the balance of every level.

A measure is declared by a plugin with its formula, what it excludes and its cut-off; the page prints all three. Stock
(how many cases are in which state now) and flow (what each level's bank did, month by month) come from ``counters``; only
``Overdue`` depends on today and is counted on an index. A percentage over fewer cases than ``minimum`` is shown as two
numbers and takes no part in any order (domain §6).
"""
from __future__ import annotations

from collections import Counter as Bag
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from . import counters, db, month_rows, snapshot
from .entity import Entity, Label
from .i18n import lazy_gettext as _l
from .registry import registry
from .tree import Node
from .workflow import Workflow

MINIMUM = 20
"""Working default: below this count a percentage is no ground for a comparison; a measure may name another."""
CENT = Decimal("0.01")
ROUNDING = _l("rounded half up to two decimals")
NOW = _l("All records up to now")
LIVE_LIMIT = 10_000
IN, OUT = counters.IN, counters.OUT


@dataclass(frozen=True)
class Part:
    """The records of which ``column`` has one of ``values`` (all values when empty) and none of ``without``."""

    column: str = "state"
    values: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def holds(self, value: str) -> bool:
        """True when a counted value belongs to this part."""
        return value not in self.without and (not self.values or value in self.values)


@dataclass(frozen=True)
class Tally:
    """Number of records per value of a counted column; ``skip_empty`` leaves out those without value."""

    key: str
    label: Label
    entity: str
    column: str
    formula: Label
    exclusions: Label = ""
    cutoff: Label = NOW
    skip_empty: bool = False


@dataclass(frozen=True)
class Ratio:
    """``top`` divided by ``bottom``, both counts of the same entity; ``minimum`` is the smallest denominator that is compared."""

    key: str
    label: Label
    entity: str
    top: Part
    bottom: Part
    formula: Label
    exclusions: Label = ""
    cutoff: Label = NOW
    minimum: int = MINIMUM


@dataclass(frozen=True)
class Overdue:
    """Open cases whose earliest running clock has run out, in none of the states ``without``; counted live on an index."""

    key: str
    label: Label
    entity: str
    formula: Label
    exclusions: Label = ""
    without: tuple[str, ...] = ()
    cutoff: Label = _l("Today, by the database's clock")


@dataclass(frozen=True)
class Funnel:
    """What came into each level's bank, what left it and what is open: the balance law, level by level and month by month.

    ``level_column`` names the column with the level that holds a case; with the counter ``<level column>,state`` the open
    cases are counted a second time, independently of the booked steps.
    """

    key: str
    label: Label
    entity: str
    formula: Label = _l("opening + collected + received = solved + closed unsolved + withdrawn + joined to another + sent up "
                        "+ sent down + open")
    exclusions: Label = ""
    cutoff: Label = _l("End of the month, or now for the present month")
    level_column: str = ""


Measure = Tally | Ratio | Overdue | Funnel


@dataclass(frozen=True)
class Percentage:
    """A ratio as it is shown: two numbers and, when ``small`` is false, a percentage with its rounding."""

    top: int
    bottom: int
    minimum: int = MINIMUM

    @property
    def small(self) -> bool:
        """True when the denominator is too small to be compared."""
        return self.bottom < self.minimum

    @property
    def value(self) -> Decimal | None:
        """Per cent, rounded half up to two decimals; None without denominator."""
        return percent(self.top, self.bottom) if self.bottom else None

    @property
    def truncated(self) -> Decimal | None:
        """Per cent cut after two decimals: published reports often print this one (54/93: 58.06, not 58.07)."""
        return (Decimal(100 * self.top) / self.bottom).quantize(CENT, ROUND_DOWN) if self.bottom else None


def percent(top: int, bottom: int) -> Decimal:
    """``top`` of ``bottom`` in per cent, rounded half up to two decimals. ``bottom`` must not be 0."""
    return (Decimal(100 * top) / bottom).quantize(CENT, ROUND_HALF_UP)


@dataclass
class Bank:
    """One level's bank in one month; ``frozen`` when the month is closed and the figures are those of its close."""

    level: str
    opening: int = 0
    flows: Bag[str] = field(default_factory=Bag)
    counted_open: int | None = None
    frozen: bool = False

    @property
    def open(self) -> int:
        """What is open at the end by the booked steps."""
        return counters.open_after(self.opening, self.flows)

    @property
    def balanced(self) -> bool:
        """True when nothing is negative and the open cases, where they were counted, are as many as the steps say."""
        parts = (self.opening, self.open, *(self.flows[kind] for kind in counters.FLOW_KINDS))
        return min(parts) >= 0 and self.counted_open in (None, self.open)


def shown_measures(node: Node, actor: Any) -> list[Measure]:
    """The measures of plugins that are on at or below ``node`` and whose records ``actor`` may see there, in declared order."""
    now, known = snapshot.current(), registry()
    found = []
    for measure in known.measures.values():
        entity = known.entities.get(measure.entity)
        if entity is None or not now.switches.on_below(entity.plugin, node, now.tree):
            continue
        if actor.may(entity.permission("view"), node):
            found.append(measure)
    return found


def visible(plugin: str, node: Node) -> dict[int, int]:
    """Division ids whose counts, multiplied by +1 or -1 and added, give what is visible of ``plugin`` at ``node``.

    A subtree in which the plugin is off is taken out, one in which it is on again is put back.
    """
    now = snapshot.current()
    signs = {node.id: 1} if now.switches.is_on(plugin, node) else {}
    for division_id, on in now.switches.rows(plugin).items():
        place = now.tree.get(division_id)
        if place is None or place.id == node.id or not now.tree.covers(node, place):
            continue
        above = now.tree.parent(place)
        if above is not None and now.switches.is_on(plugin, above) != on:
            signs[place.id] = 1 if on else -1
    return signs


def source_of(entity: Entity, column: str) -> tuple[str, int]:
    """(counted dimension, place in it) that holds ``column``: ``kind`` is the first part of the dimension ``kind,state``.

    The place is -1 for the dimension as a whole. Raises ``KeyError`` when the entity does not count the column.
    """
    dimensions = counters.columns_of(entity)
    if column in dimensions:
        return column, -1
    for dimension in dimensions:
        parts = dimension.split(",")
        if column in parts:
            return dimension, parts.index(column)
    raise KeyError(f"{entity.key} does not count {column}")


def stock(entity: Entity, node: Node, columns: Iterable[str]) -> dict[str, Bag[str]]:
    """Counts per value of each column in the visible part of ``node``: column → value → n. One range read."""
    return stock_by_child(entity, [node], columns)[node.id]


def stock_by_child(entity: Entity, children: Sequence[Node], columns: Iterable[str]) -> dict[int, dict[str, Bag[str]]]:
    """Counts of several divisions in one read: division id → column → value → n. Those with the plugin off stay empty."""
    wanted = {column: source_of(entity, column) for column in columns}
    readers: dict[str, list[tuple[str, int]]] = {}
    for column, (dimension, place) in wanted.items():
        readers.setdefault(dimension, []).append((column, place))
    owners: dict[int, list[tuple[int, int]]] = {}
    for child in children:
        for place, sign in visible(entity.plugin, child).items():
            owners.setdefault(place, []).append((child.id, sign))
    found: dict[int, dict[str, Bag[str]]] = {child.id: {column: Bag() for column in wanted} for child in children}
    for place, dimension, value, n in counters.counts(entity.key, sorted(owners), sorted(readers)):
        for column, index in readers[dimension]:
            part = value if index < 0 else value.split("|")[index]
            for child_id, sign in owners[place]:
                bag = found[child_id][column]
                bag[part] = bag.get(part, 0) + sign * n  # three times as fast as Counter's own += for a new key
    return found


def amount(bag: Mapping[str, int], part: Part) -> int:
    """How many of the counted records belong to ``part``."""
    return sum(n for value, n in bag.items() if part.holds(value))


def ratio(measure: Ratio, counted: Mapping[str, Mapping[str, int]]) -> Percentage:
    """The ratio of ``measure`` from counts that hold its two columns."""
    return Percentage(amount(counted[measure.top.column], measure.top),
                      amount(counted[measure.bottom.column], measure.bottom), measure.minimum)


def banks(entity: Entity, workflow: Workflow, node: Node, month: str, level_column: str = "") -> list[Bank]:
    """The banks of the levels at and below ``node`` in ``month`` (``YYYY-MM``), lowest level first.

    A closed month is read as it was frozen. For the present month the open cases are also counted from the stock (see
    ``Funnel.level_column``).
    """
    if month < this_month() and (row := month_rows.frozen(node.id, [month]).get(month)) is not None:
        return frozen_banks(row, entity, workflow, node)
    levels = [level for level in workflow.levels if db.LEVELS.index(level) >= node.depth]
    found = {level: Bank(level) for level in levels}
    signs = visible(entity.plugin, node)
    for place, level, booked, kind, n in counters.flows(entity.key, sorted(signs), levels, last_month=month):
        n *= signs[place]
        bank = found[level]
        if booked == month:
            bank.flows[kind] += n
        else:
            bank.opening = counters.open_after(bank.opening, {kind: n})
    if level_column and month == this_month():
        for level, n in _open_now(entity, workflow, signs, level_column).items():
            if level in found:
                found[level].counted_open = n
    return [found[level] for level in levels]


def frozen_banks(row: month_rows.MonthClose, entity: Entity, workflow: Workflow, node: Node) -> list[Bank]:
    """The banks of a closed month, as they were frozen with it."""
    terms = month_rows.terms_by_level(row, entity.key)
    found = []
    for level in (one for one in workflow.levels if db.LEVELS.index(one) >= node.depth):
        kept = terms.get(level, {})
        flows = Bag({kind: n for kind, n in kept.items() if kind not in {"opening", "open"}})
        found.append(Bank(level, kept.get("opening", 0), flows, kept.get("open", 0), frozen=True))
    return found


def _open_now(entity: Entity, workflow: Workflow, signs: Mapping[int, int], level_column: str) -> dict[str, int]:
    found = dict.fromkeys(workflow.levels, 0)
    known = registry().every_version_of(entity.key) or workflow
    final = {state.key for state in known.states if state.final}
    for place, _column, value, n in counters.counts(entity.key, sorted(signs), [f"{level_column},state"]):
        level, _sep, state = value.partition("|")
        if state not in final:
            found[level] = found.get(level, 0) + signs[place] * n
    return found


def trend(entity: Entity, workflow: Workflow, node: Node, months: Sequence[str]) -> dict[str, Bag[str]]:
    """Booked steps at and below ``node`` per month: month → kind → n, every month of ``months`` present."""
    found: dict[str, Bag[str]] = {month: Bag() for month in months}
    if not months:
        return found
    signs = visible(entity.plugin, node)
    for place, _level, month, kind, n in counters.flows(entity.key, sorted(signs), workflow.levels, months[0], months[-1]):
        if month in found:
            found[month][kind] += signs[place] * n
    for month, row in month_rows.frozen(node.id, months).items():
        kept = Bag[str]()
        for bank in frozen_banks(row, entity, workflow, node):
            kept.update(bank.flows)
        found[month] = kept
    return found


def overdue(measure: Overdue, entity: Entity, workflow: Workflow, node: Node, today: date | None = None) -> int:
    """Number of open cases that are overdue today, at most ``LIVE_LIMIT``: read from the index (level, due)."""
    states = _open_states(registry().every_version_of(entity.key) or workflow, measure.without)
    day, total = today or db.local_day(), 0
    for place, sign in visible(entity.plugin, node).items():
        found = snapshot.current().tree.get(place)
        assert found is not None
        counted = db.database.execute_sql(_late_sql(entity, found.column, len(states), LIVE_LIMIT), [place, day, *states])
        total += sign * int(counted.fetchone()[0])
    return max(0, min(total, LIVE_LIMIT))


def overdue_by_child(measure: Overdue, entity: Entity, workflow: Workflow, children: Sequence[Node], most: int = 999,
                     today: date | None = None) -> dict[int, int]:
    """Number of open cases that are overdue today in each of ``children``, by division id; of each at most ``most``.

    One statement for those of a level, by the index (level, due); those where the plugin is off in part are asked one by one.
    """
    day = today or db.local_day()
    states = _open_states(registry().every_version_of(entity.key) or workflow, measure.without)
    found: dict[int, int] = {}
    asked: dict[str, list[int]] = {}
    for child in children:
        if visible(entity.plugin, child) == {child.id: 1}:
            asked.setdefault(child.column, []).append(child.id)
        else:
            found[child.id] = min(most, overdue(measure, entity, workflow, child, day))
    for column, ids in asked.items():  # one selection for all: PostgreSQL plans it once
        late = _late_sql(entity, column, len(states), most, "child.id")
        places = ", ".join([f"({identifier})" for identifier in ids])
        found.update(db.database.execute_sql(f"WITH child(id) AS (VALUES {places}) SELECT id, ({late}) FROM child",
                                             [day, *states]).fetchall())
    return found


def _open_states(workflow: Workflow, without: Sequence[str]) -> list[str]:
    return [state.key for state in workflow.states if not state.final and state.key not in without]


def this_month() -> str:
    """The present month in China, ``YYYY-MM``."""
    return counters.month_of(db.now())


def months_back(last: str, count: int) -> list[str]:
    """``count`` months ending with ``last`` (``YYYY-MM``), oldest first."""
    year, month = int(last[:4]), int(last[5:7])
    number = year * 12 + month - 1
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(number - count + 1, number + 1)]


def recount(entity_key: str, *, repair: bool = False) -> list[tuple[Any, ...]]:
    """Count an entity's records and ledger anew and compare with the maintained rows; see ``counters.recount``."""
    return counters.recount(registry().entity(entity_key), snapshot.current().tree, repair=repair)


def check_measure(measure: Any, entities: Mapping[str, Entity], workflows: Mapping[str, Workflow]) -> str:
    """What is wrong with a declared measure as a sentence, or an empty text. Called when the platform starts."""
    if not isinstance(measure, Tally | Ratio | Overdue | Funnel):
        return f"{measure!r} is no Tally, Ratio, Overdue or Funnel"
    entity = entities.get(measure.entity)
    if entity is None:
        return f"there is no entity {measure.entity!r}"
    if not str(measure.formula):
        return "a measure says how it is counted: set formula"
    wanted: tuple[str, ...] = ()
    if isinstance(measure, Tally):
        wanted = (measure.column,)
    elif isinstance(measure, Ratio):
        wanted = (measure.top.column, measure.bottom.column)
    for column in wanted:
        try:
            source_of(entity, column)
        except KeyError as error:
            return f"{error.args[0]}: add Counter({column!r}) to the entity"
    if isinstance(measure, Funnel) and measure.level_column:
        pair = f"{measure.level_column},state"
        if pair not in counters.columns_of(entity):
            return f"{entity.key} does not count {pair}: add Counter({pair!r}) to the entity"
    if isinstance(measure, Funnel | Overdue) and measure.entity not in workflows:
        return f"{measure.entity} has no workflow"
    return ""


def _late_sql(entity: Entity, column: str, states: int, most: int, place: str = "?") -> str:
    """The statement that counts at most ``most`` overdue cases of a ``place``: values are its id, the day, the states.

    Built by hand, ten times as fast.
    """
    marks = ", ".join("?" * states)
    return db.marked(f"SELECT count(*) FROM (SELECT 1 FROM {entity.model._meta.table_name} WHERE {column} = {place} AND due < ?"
                     f" AND state IN ({marks}) LIMIT {most:d}) AS late")
