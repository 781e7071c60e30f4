"""Half a year of reports for the demo, walked through the real workflow in the order of time, so that ledger, counters and
time limits are true. What happens to a report is drawn from the demo's fixed seed."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from grid321.core.api import (
    Actor,
    Node,
    Problem,
    engine,
    hold_meeting,
    now,
    records,
    registry,
    shift_clock,
    three_levels,
    tree,
)

from . import demo_texts as texts

MONTHS = 6
MEETS_ON = {"village": 4, "town": 2, "county": 0}
"""The weekday on which the meeting of a level is held in the demo: Friday, Wednesday, Monday."""
KINDS = {"village": "village_committees", "town": "town_presidium", "county": "county_directors"}
Turn = tuple[datetime, int, tuple[Any, ...]]
"""(when, order, what) of something that will be done."""
Step = tuple[float, str, str, dict[str, Any]]
"""(days after the step before, who, transition, answers)"""


class Walker:
    """Draws the life of one report after the other and performs it."""

    def __init__(self, context: Any, accounts: dict[str, tuple[int, Node]]) -> None:
        self.context = context
        self.rng = Random(context.rng.random())  # its own, so that what other plugins play changes nothing here
        self.county = context.county
        self.accounts = accounts
        self.offices: dict[int, dict[str, int]] = {}
        for (place, name), department in context.departments.items():
            self.offices.setdefault(place, {})[name] = department
        self.entity = registry().entity("grid.report")
        self.waiting: dict[int, list[tuple[Any, ...]]] = {}

    def actor(self, who: str, grid: Node) -> Actor:
        """Who takes a step at ``grid``: the demo's account where it holds the post there, else nobody in particular.

        The machine's permission opens every door; the ledger carries the account.
        """
        account, place = self.accounts[who]
        return Actor(account if place.id in grid.path else None, None, who, who, system=True)

    def raw(self, grid: Node, moment: datetime) -> tuple[dict[str, Any], texts.Matter]:
        """The columns of a new report at ``grid`` and the matter it was drawn from."""
        matter = self.rng.choice(texts.MATTERS)
        numbers = {"n": self.rng.randint(3, 68), "d": self.rng.randint(2, 6)}
        day = (moment + timedelta(hours=8)).date()
        text = matter.text.format(**numbers)
        title = matter.title.format(**numbers)
        return {"kind": matter.kind, "ledger_class": matter.ledger_class, "text": text,
                "title": title or three_levels.first_words(text), "place": matter.place.format(**numbers), "occurred_on": day,
                "reporter_phone": "", "lon": None, "lat": None, "coordinates": None, "division_id": grid.id,
                "urgency": "urgent" if matter.ledger_class == "safety" and self.rng.random() < 0.3 else "normal"}, matter

    # -- what happens

    def life(self, town: Node, matter: texts.Matter) -> Iterator[Step]:
        """The steps of one report until it is closed, kept or left where it got stuck."""
        chance = self.rng.random
        if chance() < 0.03:
            yield chance() * 2, "worker", "withdraw", {"reason": self.rng.choice(texts.REASONS_WITHDRAWN)}
            return
        yield chance() * 1.2, "village", "accept", {}
        if chance() < 0.55:
            yield 1 + chance() * 5, "village", "solve_on_spot", self.answer(matter)
            yield from self.ending("village", "village", matter, town)
            return
        yield 1 + chance() * 3, "village", "study", {}
        yield chance(), "village", "send_up", {}
        if chance() < 0.05:
            yield 1 + chance() * 2, "town", "return_to_village", {"reason": self.rng.choice(texts.REASONS_DOWN)}
            yield 1 + chance() * 4, "village", "solve_on_spot", self.answer(matter)
            yield from self.ending("village", "village", matter, town)
            return
        if chance() < 0.16:
            yield 0.5 + chance(), "town", "send_up_county", {}
            yield from self.upper("county", self.county, matter)
            return
        yield from self.upper("town", town, matter)

    def upper(self, level: str, place: Node, matter: texts.Matter) -> Iterator[Step]:
        """Town or county: answers itself, or hands to a department that answers or gives back once."""
        chance = self.rng.random
        if chance() < 0.15 or not self.offices.get(place.id):
            yield 2 + chance() * 6, level, "answer_directly", self.answer(matter)
            yield from self.ending(level, level, matter, place)
            return
        yield 0.5 + chance(), level, "hand_over", self.hand_over(place, matter.office)
        if chance() < 0.08:
            back = "give_back" if level == "town" else "give_back_county"
            yield 0.5 + chance(), "office", back, {"reason": self.rng.choice(texts.REASONS_BACK)}
            yield 1 + chance(), level, "hand_over", self.hand_over(place, "")
        yield 0.5 + chance() * 1.5, "office", "take_on", {}
        yield 2 + chance() * 14, "office", "answer", self.answer(matter)
        yield from self.ending(level, "office", matter, place)

    def ending(self, level: str, handler: str, matter: texts.Matter, place: Node) -> Iterator[Step]:
        """Rating, perhaps a second handling, writing off or keeping."""
        chance = self.rng.random
        mood = chance()
        solved = matter.outcome == "solved"
        if mood < 0.07:
            yield 1 + chance() * 4, "worker", "object", self.objection()
            if handler == "office":
                yield 1 + chance() * 2, level, "hand_over_again", self.hand_over(place, matter.office)
                yield 0.5 + chance(), "office", "take_on", {}
                yield 2 + chance() * 8, "office", "answer", self.answer(matter)
            else:
                yield 2 + chance() * 8, level, "answer_again", self.answer(matter)
            if chance() < 0.3:
                yield 1 + chance() * 3, "worker", "object_again", self.objection()
                if solved:
                    yield 2 + chance() * 4, level, "write_off_checked", {
                        "checked_by": "镇人大主席团", "found": self.rng.choice(texts.CHECKED)}
                else:
                    yield 2 + chance() * 4, level, "keep", {"reason": self.rng.choice(texts.KEPT)}
                return
        yield 0.5 + chance() * 6, "worker", "rate", {
            "result": "satisfied" if mood < 0.8 else "basically", "attitude": "satisfied" if mood < 0.9 else "basically",
            "words": self.rng.choice(texts.WORDS)}
        if solved:
            yield 0.5 + chance() * 3, level, "write_off", {}
        elif matter.outcome in {"explained", "reference"} and chance() < 0.6:
            yield 0.5 + chance() * 3, level, "close_unsolved", {"reason": "已向反映人说明情况，本期无法办理。"}
        else:
            yield 0.5 + chance() * 3, level, "keep", {"reason": self.rng.choice(texts.KEPT)}

    def needs_meeting(self, task: tuple[Any, ...]) -> bool:
        """True when the next step of a report waits for the meeting of its holder."""
        key = task[4][2]
        flow = registry().workflow_of(self.entity.key)
        return flow is not None and any(step.key == key and step.meeting for step in flow.transitions)

    def wait(self, moment: datetime, number: int, task: tuple[Any, ...]) -> list[Turn]:
        """Put a report before the next meeting of its holder; the first one that waits calls the meeting."""
        place = tree().get(self.entity.model.get_by_id(task[2]).holder_id)
        assert place is not None
        first = place.id not in self.waiting
        self.waiting.setdefault(place.id, []).append((number, task))
        if not first:
            return []
        days = (MEETS_ON[place.level] - (moment + timedelta(hours=8)).weekday()) % 7 or 7
        when = (moment + timedelta(days=days)).replace(hour=7, minute=0, second=0, microsecond=0)
        return [(when, -1000 - place.id, ("meeting", place.id))]

    # -- answers of the forms, as the schemas load them

    def answer(self, matter: texts.Matter) -> dict[str, Any]:
        """An answer with its outcome."""
        numbers = {"n": self.rng.randint(3, 68), "d": self.rng.randint(2, 6)}
        return {"text": matter.answer.format(**numbers), "outcome": matter.outcome, "way": None}

    def attendance(self, level: str) -> dict[str, Any]:
        """Who chaired a meeting, how many came, and what was said."""
        expected = self.rng.randint(7, 11)
        present = expected - self.rng.randint(0, 2)
        words = {"village": texts.DECISIONS, "town": texts.PRESIDIUM, "county": texts.DIRECTORS}[level]
        return {"chair": f"{self.rng.choice(texts.SURNAMES)}{self.rng.choice(texts.GIVEN)}", "expected": expected,
                "present": present, "attendees": f"应到{expected}人，实到{present}人。", "minutes": self.rng.choice(words)}

    def objection(self) -> dict[str, Any]:
        """Why the reporter is not satisfied."""
        return {"reason": self.rng.choice(texts.STILL_MISSING), "attitude": "basically"}

    def hand_over(self, place: Node, name: str) -> dict[str, Any]:
        """The department of that name at ``place``, or another one there."""
        offices = self.offices[place.id]
        chosen = offices.get(name) or self.rng.choice(sorted(offices.values()))
        way = self.rng.choices(("alone", "joint", "consultation", "reviewed"), (80, 8, 8, 4))[0]
        return {"department_id": chosen, "way": way, "note": self.rng.choice(texts.ASKED)}


def walk_reports(context: Any, villages: Sequence[tuple[Node, list[Node]]], accounts: dict[str, tuple[int, Node]],
                 count: int) -> None:
    """Put the lives of ``count`` reports over the last months on the demo's agenda, each step at its time, up to now."""
    walker = Walker(context, accounts)
    present = now()
    for number in range(count):
        village, grids = _place(walker, villages)
        mine = walker.accounts["worker"][1]
        born = _office_hours(walker, present - timedelta(days=walker.rng.random() * 30 * MONTHS))
        grid = mine if mine in grids and walker.rng.random() < 0.5 else walker.rng.choice(grids)
        _put(walker, (min(born, present), number, (grid, village, None, None, None)))


def _put(walker: Walker, turn: Turn) -> None:
    """Put a turn on the agenda; what follows from it is put there when it was done."""
    _moment, number, task = turn

    def do(moment: datetime) -> None:
        for following in _turn_of(walker, moment, number, task):
            _put(walker, following)

    walker.context.at(turn[0], do, number)


def _turn_of(walker: Walker, moment: datetime, number: int, task: tuple[Any, ...]) -> list[Turn]:
    """Do what is due at ``moment``: a step of a report, or a meeting. Returns what follows when."""
    if task[0] == "meeting":
        return _meet(walker, moment, task[1])
    if task[4] is not None and walker.needs_meeting(task):
        return walker.wait(moment, number, task)
    following = _perform(walker, moment, task)
    return [(following[0], number, following[1])] if following is not None else []


def _meet(walker: Walker, moment: datetime, place_id: int) -> list[Turn]:
    """Hold the meeting of a division about everything that waits for it, then carry out what it decided."""
    place = tree().get(place_id)
    assert place is not None
    waiting = walker.waiting.pop(place_id)
    with shift_clock(moment - now()):
        day = (moment + timedelta(hours=8)).date()
        chosen = [{"entity": walker.entity.key, "record_id": task[2], "decision": task[4][2],
                   "department_id": task[4][3].get("department_id"), "note": task[4][3].get("note", ""),
                   "limit_on": day + timedelta(days=20) if task[4][3] else None} for _number, task in waiting]
        actor = walker.actor(place.level, waiting[0][1][0])
        hold_meeting(place, KINDS[place.level], day, chosen, actor, **walker.attendance(place.level))
    found = []
    for minutes, (number, task) in enumerate(waiting, start=5):
        following = _perform(walker, moment + timedelta(minutes=minutes), task)
        if following is not None:
            found.append((following[0], number, following[1]))
    return found


def _place(walker: Walker, villages: Sequence[tuple[Node, list[Node]]]) -> tuple[Node, list[Node]]:
    """A village: every fourth time the one in which the demo's accounts work, so that they have something to do."""
    if walker.rng.random() < 0.25:
        shown = walker.accounts["village"][1]
        return next((pair for pair in villages if pair[0].id == shown.id), villages[0])
    return walker.rng.choice(list(villages))


def _office_hours(walker: Walker, moment: datetime) -> datetime:
    """The same day between 8 and 18 o'clock in China (naive UTC)."""
    start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return start + timedelta(minutes=walker.rng.randint(5, 595))


def _perform(walker: Walker, moment: datetime, task: tuple[Any, ...]) -> tuple[datetime, tuple[Any, ...]] | None:
    """Do one step at ``moment``; returns when the next one is due and what it is."""
    grid, village, record_id, steps, step = task
    with shift_clock(moment - now()):
        if record_id is None:
            values, matter = walker.raw(grid, moment)
            record = records.create(walker.entity, values, walker.actor("worker", grid), grid)
            town = tree().parent(village) or village
            record_id, steps = record.id, walker.life(town, matter)
        else:
            _days, who, key, answers = step
            try:
                engine.perform(walker.entity, record_id, key, answers, walker.actor(who, grid), None, walker.county)
            except Problem as problem:
                raise RuntimeError(f"demo: report {record_id}, step {key}: {problem.title} {problem.detail}") from problem
    following = next(steps, None)
    if following is None or walker.rng.random() < 0.03:  # some matters get stuck: they show what overdue looks like
        return None
    return _office_hours(walker, moment + timedelta(days=following[0])) if following[0] >= 1 else moment + timedelta(
        days=following[0] / 3), (grid, village, record_id, steps, following)
