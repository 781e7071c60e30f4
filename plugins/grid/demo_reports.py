"""Half a year of reports for the demo, walked through the real workflow in the order of time, so that ledger, counters and
time limits are true. What happens to a report is drawn from the demo's fixed seed."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from grid321.core.api import Actor, Node, local_day, now, records, registry, three_levels, tree

from . import demo_texts as texts

MONTHS = 6
Step = tuple[float, str, str, dict[str, Any]]
"""(days after the step before, who, transition, answers)"""


class Walker:
    """Draws the life of one report after the other; the demo's stage performs it."""

    def __init__(self, context: Any, accounts: dict[str, tuple[int, Node]]) -> None:
        self.context = context
        self.rng = Random(context.rng.random())  # its own, so that what other plugins play changes nothing here
        self.county = context.county
        self.accounts = accounts
        self.offices: dict[int, dict[str, int]] = {}
        for (place, name), department in context.departments.items():
            self.offices.setdefault(place, {})[name] = department
        self.entity = registry().entity("grid.report")

    def actor(self, who: str, grid: Node) -> Actor:
        """Who takes a step at ``grid``: the demo's account where it holds the post there, else nobody in particular.

        The machine's permission opens every door; the ledger carries the account.
        """
        account, place = self.accounts[who]
        return Actor(account if place.id in grid.path else None, None, who, who, system=True)

    def raw(self, grid: Node) -> tuple[dict[str, Any], texts.Matter]:
        """The columns of a new report at ``grid`` and the matter it was drawn from."""
        matter = self.rng.choice(texts.MATTERS)
        numbers = {"n": self.rng.randint(3, 68), "d": self.rng.randint(2, 6)}
        day = local_day()
        text = matter.text.format(**numbers)
        title = matter.title.format(**numbers)
        return {"kind": matter.kind, "ledger_class": matter.ledger_class, "text": text,
                "title": title or three_levels.first_words(text), "place": matter.place.format(**numbers), "occurred_on": day,
                "reporter_phone": "", "lon": None, "lat": None, "coordinates": None, "division_id": grid.id,
                "urgency": "urgent" if matter.ledger_class == "safety" and self.rng.random() < 0.3 else "normal"}, matter

    def birth(self, grid: Node, village: Node) -> Callable[[], tuple[Any, Iterator[Step]]]:
        """Registers a report at ``grid`` when it is called, and gives its life."""

        def be_born() -> tuple[Any, Iterator[Step]]:
            values, matter = self.raw(grid)
            record = records.create(self.entity, values, self.actor("worker", grid), grid)
            return record, self.life(tree().parent(village) or village, matter)

        return be_born

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
    stage = context.stage("grid.report", walker.rng, walker.actor, walker.attendance)
    present = now()
    for number in range(count):
        village, grids = _place(walker, villages)
        mine = walker.accounts["worker"][1]
        born = stage.office_hours(present - timedelta(days=walker.rng.random() * 30 * MONTHS))
        grid = mine if mine in grids and walker.rng.random() < 0.5 else walker.rng.choice(grids)
        stage.begin(min(born, present), number, grid, walker.birth(grid, village))


def _place(walker: Walker, villages: Sequence[tuple[Node, list[Node]]]) -> tuple[Node, list[Node]]:
    """A village: every fourth time the one in which the demo's accounts work, so that they have something to do."""
    if walker.rng.random() < 0.25:
        shown = walker.accounts["village"][1]
        return next((pair for pair in villages if pair[0].id == shown.id), villages[0])
    return walker.rng.choice(list(villages))
