"""Demo data: half a year of matters, walked through the real handling at their times. Names, places and matters are invented."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from grid321.core.api import Actor, Node, groups, local_day, now, records, registry, tree

from . import matter_demo_texts as texts
from .desk_demo_people import SHOWN_TOWN, Cast, prepare

ENTITY = "suggestion_tracking.matter"
MATTERS, DAYS = 150, 170
SAME_NEED = ("菜市场门口每天早上摩托车乱停，赶集时人都过不去，请安排人管一管。",
             "菜市场门口早上摩托车乱停放，赶集时过不去人，请安排专人管理。")
Answers = dict[str, Any]
Step = tuple[float, str, str, Answers]


def demo(context: Any) -> None:
    """Put the lives of the demo's matters on its agenda, each step at its time, up to now."""
    teller = Teller(context, prepare(context))
    stage = context.stage(ENTITY, teller.rng, teller.actor, teller.attendance)
    present = now()
    for number in range(MATTERS):
        village = teller.village()
        born = stage.office_hours(present - timedelta(days=teller.rng.random() * DAYS))
        stage.begin(min(born, present), number, village, teller.birth(village))
    context.after_all(teller.group_one_need)


class Teller:
    """Draws what happens to each matter."""

    def __init__(self, context: Any, cast: Cast) -> None:
        self.context, self.cast = context, cast
        self.rng = Random(context.rng.random())
        self.villages = [child for town in context.towns for child in context.tree.children(town) if child.level == "village"]
        self.shown = [village for village in self.villages if village.code.startswith(SHOWN_TOWN)]
        self.offices: dict[int, dict[str, int]] = {}
        for (place, name), department in context.departments.items():
            self.offices.setdefault(place, {})[name] = department

    def village(self) -> Node:
        """A village: every third time one of the town in which the demo's accounts work."""
        return self.rng.choice(self.shown if self.rng.random() < 0.35 else self.villages)

    def actor(self, who: str, place: Node) -> Actor:
        """Who takes a step: the demo's account where it holds the post there, else nobody in particular.

        The machine's permission opens every door; the ledger carries the account.
        """
        if who == "bureau":
            return self.cast.as_unit(None)
        account = self.context.account_of(who)
        known = account is not None and account[1].id in place.path
        return Actor(account[0] if known else None, None, who, who, system=True)

    def birth(self, village: Node) -> Callable[[], tuple[Any, Iterator[Step]]]:
        """Registers a matter at ``village`` when it is called, and gives its life."""

        def be_born() -> tuple[Any, Iterator[Step]]:
            matter = self.rng.choice(texts.MATTERS)
            record = records.create(registry().entity(ENTITY), self.raw(matter), self.actor("village", village), village)
            return record, self.life(village, matter, record)

        return be_born

    def raw(self, matter: texts.Raised) -> Answers:
        """The columns of a new matter."""
        numbers = {"n": self.rng.randint(3, 68), "d": self.rng.randint(2, 6)}
        source = self.rng.choices([name for name, _weight in texts.SOURCES], [weight for _name, weight in texts.SOURCES])[0]
        heard = source in {"reception", "hotline", "station", "express"} and self.rng.random() < 0.7
        return {"kind": matter.kind, "title": matter.title, "text": matter.text.format(**numbers), "source": source,
                "place": matter.place.format(**numbers), "occurred_on": local_day(), "urgency": self.urgency(matter),
                "contact_name": self.rng.choice(texts.FAMILY) + self.rng.choice(texts.GIVEN),
                "contact_phone": self.context.numbers.phone(), "wants_answer": self.rng.random() < 0.92,
                "publish": self.rng.random() < 0.6, "deputy_id": self.rng.choice(self.cast.deputies) if heard else None,
                "lon": None, "lat": None, "coordinates": None, "origin_ref": None}

    def urgency(self, matter: texts.Raised) -> str:
        """Matters of safety are often urgent."""
        return "urgent" if matter.kind == "safety" and self.rng.random() < 0.5 else "normal"

    # -- what happens

    def life(self, village: Node, matter: texts.Raised, record: Any) -> Iterator[Step]:
        """The steps of one matter until it is closed, kept or left where it got stuck."""
        chance, town = self.rng.random, tree().parent(village) or village
        if chance() < 0.03:
            yield chance() * 2, "village", "withdraw", {"reason": self.rng.choice(texts.REASONS_WITHDRAWN)}
            return
        yield chance() * 1.2, "village", "accept", {}
        if chance() < 0.45 and matter.outcome == "A":
            yield 1 + chance() * 5, "village", "solve_on_spot", self.answer(matter)
            yield from self.ending("village", "village", matter, record, village)
            return
        yield 1 + chance() * 3, "village", "study", {}
        yield chance(), "village", "send_up", {}
        if chance() < 0.05:
            yield 1 + chance() * 2, "town", "return_to_village", {"reason": self.rng.choice(texts.REASONS_DOWN)}
            yield 1 + chance() * 4, "village", "solve_on_spot", self.answer(matter)
            yield from self.ending("village", "village", matter, record, village)
        elif chance() < 0.4:
            yield 0.5 + chance(), "town", "send_up_county", {}
            yield from self.county(matter, record)
        else:
            yield from self.town(town, matter, record)

    def town(self, town: Node, matter: texts.Raised, record: Any) -> Iterator[Step]:
        """The presidium gives it to an office, which answers or returns it once."""
        chance = self.rng.random
        yield 0.5 + chance(), "town", "hand_over", self.hand_over(town, matter.office)
        if chance() < 0.1:
            yield 0.5 + chance(), "office", "give_back", {"reason": self.rng.choice(texts.REASONS_BACK)}
            yield 1 + chance(), "town", "hand_over", self.hand_over(town, "")
        yield 0.5 + chance() * 1.5, "office", "take_on", {}
        yield 2 + chance() * 14, "office", "answer", self.answer(matter)
        yield from self.ending("town", "office", matter, record, town)

    def county(self, matter: texts.Raised, record: Any) -> Iterator[Step]:
        """The directors' meeting hands it to a bureau face to face, seldom after asking the city."""
        chance = self.rng.random
        if chance() < 0.06:
            yield 1 + chance(), "county", "ask_city", {"reason": texts.TO_CITY}
            yield 10 + chance() * 10, "county", "city_answered", {"text": texts.FROM_CITY}
        yield 0.5 + chance(), "county", "hand_over_county", self.face_to_face(matter.bureau)
        if chance() < 0.06:
            yield 0.5 + chance(), "bureau", "give_back_county", {"reason": self.rng.choice(texts.REASONS_BACK)}
            yield 1 + chance(), "county", "hand_over_county", self.face_to_face("")
        yield 0.5 + chance() * 1.5, "bureau", "take_on", {}
        yield 5 + chance() * 18, "bureau", "answer", self.answer(matter)
        yield from self.ending("county", "bureau", matter, record, self.context.county)

    def ending(self, level: str, handler: str, matter: texts.Raised, record: Any, place: Node) -> Iterator[Step]:
        """Feedback, rating, perhaps a second handling, writing off or keeping."""
        chance, mood = self.rng.random, self.rng.random()
        yield 0.3 + chance() * 3, level, "feed_back", self.told(record)
        if mood < 0.08:
            yield 1 + chance() * 4, level, "object", self.objection()
            yield from self.second(level, handler, matter, place)
            yield 0.3 + chance(), level, "feed_back", self.told(record)
            if chance() < 0.4:
                yield 1 + chance() * 3, level, "object_again", self.objection()
                if matter.outcome == "A":
                    yield 2 + chance() * 4, level, "write_off_checked", {
                        "checked_by": "镇人大主席团", "found": self.rng.choice(texts.CHECKED), "evidence": matter.evidence}
                else:
                    yield 2 + chance() * 4, level, "keep", {"reason": self.rng.choice(texts.KEPT)}
                return
        if not record.wants_answer:
            yield 1 + chance() * 3, level, "go_on_unrated", {"reason": "反映人不要求答复。"}
        else:
            yield 0.5 + chance() * 6, level, "rate_told", {
                "result": "satisfied" if mood < 0.78 else "basically", "attitude": "satisfied" if mood < 0.9 else "basically",
                "words": ""}
        if matter.outcome == "A":
            yield 0.5 + chance() * 3, level, "write_off", {"evidence": matter.evidence}
        elif matter.outcome in {"C", "D"} and chance() < 0.7:
            yield 0.5 + chance() * 3, level, "close_unsolved", {"reason": self.rng.choice(texts.NOT_NOW)}
        else:
            yield 0.5 + chance() * 3, level, "keep", {"reason": self.rng.choice(texts.KEPT)}

    def second(self, level: str, handler: str, matter: texts.Raised, place: Node) -> Iterator[Step]:
        """The second handling: by the level itself, or by the department again."""
        chance = self.rng.random
        if handler == level:
            yield 2 + chance() * 8, level, "answer_again", self.answer(matter)
            return
        if level == "county":
            yield 1 + chance() * 2, level, "hand_over_county_again", self.face_to_face(matter.bureau)
        else:
            yield 1 + chance() * 2, level, "hand_over_again", self.hand_over(place, matter.office)
        yield 0.5 + chance(), handler, "take_on", {}
        yield 2 + chance() * 8, handler, "answer", self.answer(matter)

    # -- answers of the forms, by column

    def answer(self, matter: texts.Raised) -> Answers:
        """An answer with its outcome class. What cannot be done now is explained only."""
        numbers = {"n": self.rng.randint(3, 68), "d": self.rng.randint(2, 6)}
        way = "explained" if matter.outcome in {"C", "D"} else self.rng.choice(("alone", "alone", "joint", "consultation"))
        return {"text": matter.answer.format(**numbers), "outcome": matter.outcome, "way": way}

    def told(self, record: Any) -> Answers:
        """That resident and deputy were told, on the day of the step."""

        def today(day: date) -> date:
            return day

        return {"resident_on": today, "how": self.rng.choice(("phone", "phone", "visit", "message")),
                "deputy_on": today if record.deputy_id else None, "note": ""}

    def objection(self) -> Answers:
        """Why the resident is not satisfied."""
        return {"reason": self.rng.choice(texts.STILL_MISSING), "attitude": "basically"}

    def hand_over(self, place: Node, name: str) -> Answers:
        """The department of that name at ``place``, or another one there."""
        offices = self.offices[place.id]
        chosen = offices.get(name) or self.rng.choice(sorted(offices.values()))
        return {"department_id": chosen, "way": self.rng.choice(("alone", "alone", "joint", "consultation")),
                "note": self.rng.choice(texts.ASKED)}

    def face_to_face(self, name: str) -> Answers:
        """The same of the county, on the day of the meeting."""
        return {**self.hand_over(self.context.county, name), "face_to_face_on": lambda day: day,
                "face_to_face_who": self.rng.choice(texts.TOOK_OVER)}

    def attendance(self, level: str) -> Answers:
        """Who chaired a meeting, how many came, and what was said."""
        expected = self.rng.randint(7, 11)
        present = expected - self.rng.randint(0, 2)
        words = {"village": texts.DECISIONS, "town": texts.PRESIDIUM, "county": texts.DIRECTORS}[level]
        return {"chair": self.rng.choice(texts.FAMILY) + self.rng.choice(texts.GIVEN), "expected": expected, "present": present,
                "attendees": f"应到{expected}人，实到{present}人。", "minutes": self.rng.choice(words)}

    def group_one_need(self) -> None:
        """Two residents of the shown village raise the same need; the village groups them."""
        entity, village = registry().entity(ENTITY), self.shown[0]
        account = self.context.account_of("village")
        place = account[1] if account is not None else village
        actor = self.actor("village", place)
        made = []
        for number, text in enumerate(SAME_NEED):
            raw = {**self.raw(texts.MATTERS[0]), "kind": "order", "title": "菜市场门口摩托车乱停", "text": text,
                   "place": "菜市场门口", "source": ("hotline", "reception")[number]}
            made.append(records.create(entity, raw, actor, place))
        groups.join(entity, made[1].id, made[0].id, actor, None, place)
