"""The stage of a plugin's demo: lives of cases, step after step at their times, with the meetings that decide about them.

A life is an iterator of steps; what happens to a case is drawn by the plugin, the stage performs it in the order of time, so
that ledger, counters and time limits are true. A step that needs a meeting waits for the next one of who holds the case.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from grid321.core import engine, snapshot
from grid321.core.actor import Actor
from grid321.core.db import now, shift_clock
from grid321.core.errors import Problem
from grid321.core.meeting_decisions import record as hold_meeting
from grid321.core.registry import registry
from grid321.core.tree import Node

MEETS_ON = {"village": 4, "town": 2, "county": 0}
"""The weekday on which the meeting of a level is held in the demo: Friday, Wednesday, Monday."""
KINDS = {"village": "village_committees", "town": "town_presidium", "county": "county_directors"}
OFFICE_MINUTES = (5, 595)
"""Between 8 and 18 o'clock in China, in minutes after midnight (naive UTC)."""
Step = tuple[float, str, str, dict[str, Any]]
"""(days after the step before, who, transition, answers by column). An answer may be a function of the day of the step."""
Birth = Callable[[], tuple[Any, Iterator[Step]]]
"""Makes the record of a case, at the time shown by the clock, and returns it with its life."""


@dataclass(frozen=True)
class Life:
    """A case on the stage: a running number, where it is, its record and what is still to come."""

    number: int
    place: Node
    record_id: int
    steps: Iterator[Step]


class Stage:
    """Performs the lives of one entity's cases. ``actor(who, place)`` says who takes a step of a case at ``place``,
    ``attendance(level)`` what the record of a meeting says; one of ``stuck`` cases gets no further at each step."""

    def __init__(self, context: Any, entity_key: str, rng: Random, actor: Callable[[str, Node], Actor],
                 attendance: Callable[[str], dict[str, Any]], stuck: float = 0.03) -> None:
        self.context, self.rng, self.actor, self.attendance, self.stuck = context, rng, actor, attendance, stuck
        self.entity = registry().entity(entity_key)
        self.waiting: dict[int, list[tuple[Life, Step]]] = {}

    def begin(self, moment: datetime, number: int, place: Node, birth: Birth) -> None:
        """Put the birth of a case at ``place`` on the demo's agenda, and what follows from it."""

        def be_born(at: datetime) -> None:
            with shift_clock(at - now()):
                record, steps = birth()
            self._go_on(at, Life(number, place, record.id, steps))

        self.context.at(moment, be_born, number)

    def office_hours(self, moment: datetime) -> datetime:
        """The same day between 8 and 18 o'clock in China (naive UTC)."""
        start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return start + timedelta(minutes=self.rng.randint(*OFFICE_MINUTES))

    def _go_on(self, moment: datetime, life: Life) -> None:
        """Put the next step of a life on the agenda, unless it ends here or gets stuck."""
        step = next(life.steps, None)
        if step is None or self.rng.random() < self.stuck:  # some cases get stuck: they show what overdue looks like
            return
        days = step[0]
        when = self.office_hours(moment + timedelta(days=days)) if days >= 1 else moment + timedelta(days=days / 3)
        self.context.at(when, lambda at: self._turn(at, life, step), life.number)

    def _turn(self, moment: datetime, life: Life, step: Step) -> None:
        flow = registry().workflow_of(self.entity.key)
        if flow is not None and flow.transition(step[2]).meeting:
            self._wait(moment, life, step)
        else:
            self._perform(moment, life, step)

    def _wait(self, moment: datetime, life: Life, step: Step) -> None:
        """Put a case before the next meeting of its holder; the first one that waits calls the meeting."""
        place = snapshot.current().tree.get(self.entity.model.get_by_id(life.record_id).holder_id)
        assert place is not None
        first = place.id not in self.waiting
        self.waiting.setdefault(place.id, []).append((life, step))
        if first:
            days = (MEETS_ON[place.level] - (moment + timedelta(hours=8)).weekday()) % 7 or 7
            when = (moment + timedelta(days=days)).replace(hour=7, minute=0, second=0, microsecond=0)
            self.context.at(when, lambda at: self._meet(at, place), -1000 - place.id)

    def _meet(self, moment: datetime, place: Node) -> None:
        """Hold the meeting of a division about everything that waits for it, then carry out what it decided."""
        waiting = self.waiting.pop(place.id)
        with shift_clock(moment - now()):
            day = (moment + timedelta(hours=8)).date()
            chosen = [{"entity": self.entity.key, "record_id": life.record_id, "decision": key,
                       "department_id": answers.get("department_id"), "note": answers.get("note") or answers.get("reason", ""),
                       "limit_on": day + timedelta(days=20) if answers else None}
                      for life, (_days, _who, key, answers) in waiting]
            hold_meeting(place, KINDS[place.level], day, chosen, self.actor(place.level, waiting[0][0].place),
                         **self.attendance(place.level))
        for minutes, (life, step) in enumerate(waiting, start=5):
            self._perform(moment + timedelta(minutes=minutes), life, step)

    def _perform(self, moment: datetime, life: Life, step: Step) -> None:
        _days, who, key, answers = step
        county = self.context.county
        with shift_clock(moment - now()):
            said = {name: value((moment + timedelta(hours=8)).date()) if callable(value) else value
                    for name, value in answers.items()}
            try:
                engine.perform(self.entity, life.record_id, key, said, self.actor(who, life.place), None, county)
            except Problem as problem:
                raise RuntimeError(f"demo: {self.entity.key} {life.record_id}, step {key}: {problem.title} "
                                   f"{problem.detail}") from problem
        self._go_on(moment, life)
