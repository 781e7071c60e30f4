"""Demo data of the day: who came to the receptions of the last months, what was said, and how far it has come.

The receptions are those of the plans (``plan_demo``). Each is played on its own day, as the desk does it, before that area would
hold it; opinions then go their way through the offices at their times.
"""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from grid321.core.api import Actor, Node, engine, local_day, now, records, registry, shift_clock, tree

from . import day_close, register, station_demo
from . import day_demo_texts as texts
from .day_choices import OPINION
from .day_models import Opinion, Visit
from .placement import deputies_of
from .plan_choices import DUTY, RECEPTION
from .reception_models import Duty, Reception
from .station_models import Station

DAYS, OTHERS = 150, 5
MINUTES = 12
"""Between two voters at a reception."""
Answers = dict[str, Any]
Step = tuple[float, str, str, Answers]


def demo(context: Any) -> None:
    """Put the receptions of the last months on the agenda, and a day that is open now. ``context`` is the core's demo context."""
    context.progress("Registers of reception days and opinions")
    teller = Teller(context)
    posted = datetime.combine(date(context.today.year - 1, 12, 20), time(1))
    context.at(posted, _at(teller.arrange), 950)  # after the plans of the year were posted
    context.at(_moment(context.today - timedelta(days=1), 1), _at(teller.yesterday), 7)
    context.after_all(teller.today)


def _moment(day: date, hour: int) -> datetime:
    """An hour of the day in UTC: ten o'clock in China is 2."""
    return datetime.combine(day, time(hour))


def _at(work: Any) -> Any:
    def do(moment: datetime) -> None:
        with shift_clock(moment - now()):
            work()

    return do


class Teller:
    """Draws who comes and what becomes of it."""

    def __init__(self, context: Any) -> None:
        self.context, self.rng = context, Random(context.rng.random())
        self.stage = context.stage(OPINION, self.rng, self.actor, self.attendance)
        self.count = 0
        self.offices: dict[int, dict[str, int]] = {}
        for (place, name), department in context.departments.items():
            self.offices.setdefault(place, {})[name] = department

    def actor(self, who: str, place: Node) -> Actor:
        """Who does it: the demo's liaison officer where he or she works, else nobody in particular; every door is open."""
        account = self.context.account_of("liaison")
        known = who in {"village", "town"} and account is not None and account[1].id in place.path
        return Actor(account[0] if known else None, None, who, who, system=True)

    def attendance(self, level: str) -> Answers:
        """Who chaired a meeting and how many came."""
        return {"chair": self.name(), "expected": 9, "present": 8, "attendees": "应到9人，实到8人。",
                "minutes": "逐件研究，明确责任单位和时限。"}

    def name(self) -> str:
        """An invented name."""
        return self.rng.choice(texts.FAMILY) + self.rng.choice(texts.GIVEN)

    # ------------------------------------------------------------ the days

    def arrange(self) -> None:
        """Put the receptions of the shown town and of some others on the agenda, those of the last months."""
        shown = self.context.node(station_demo.SHOWN_TOWN).id
        central = [one.id for one in station_demo.stations("central") if one.division_id != shown][:OTHERS]
        rows = Reception.select(Reception.id, Reception.day).where(
            ((Reception.town_id == shown) | Reception.station_id.in_(central)) & Reception.state.in_(day_close.OPEN)
            & (Reception.day >= self.context.today - timedelta(days=DAYS))).order_by(Reception.day, Reception.id)
        for case_id, day in list(rows.tuples()):
            self.context.at(_moment(day, 2), _at(lambda case_id=case_id: self.play(case_id)), 5)

    def play(self, case_id: int) -> None:
        """A reception day: voters come one after the other, then it is closed; put off, it is played on its new day."""
        case = Reception.get_by_id(case_id)
        if case.state not in day_close.OPEN:
            return
        if case.day > local_day():
            self.context.at(_moment(case.day, 2), _at(lambda: self.play(case_id)), 5)
            return
        for number in range(self.rng.choice((1, 2, 2, 3, 3, 4))):
            self.visitor(case, _moment(case.day, 2) + timedelta(minutes=MINUTES * (number + 1)))
        self.context.at(_moment(case.day, 3), _at(lambda: self.close(case_id)), 6)

    def visitor(self, case: Reception, moment: datetime) -> None:
        """Somebody comes: half of them with an opinion that goes on, the others are answered at once."""
        place = tree().get(case.division_id)
        assert place is not None
        self.count += 1
        if self.rng.random() < 0.55:
            self.stage.begin(moment, self.count, place, lambda: self.birth(case, place))
        else:
            kind, text, answer = self.rng.choice(texts.AT_ONCE)
            self.context.at(moment, _at(lambda: self.note(case, kind=kind, text=text, answer=answer, result="answered")), 5)

    def note(self, case: Reception, **values: Any) -> Visit:
        """Write a line of the register as the desk does."""
        duties = day_close.on_duty(case.id)
        heard = self.rng.choice(duties).deputy_id if duties else next(
            (one.id for one in deputies_of(case.station_id, case.day)), None)
        place = tree().get(case.division_id)
        assert place is not None
        return register.note_visit({
            "station_id": case.station_id, "reception_id": case.id, "deputy_id": heard, "name": self.name(),
            "phone": self.context.numbers.phone(), "persons": self.rng.choice((1, 1, 1, 1, 2, 2, 3)),
            "mode": "online" if case.mode == "online" else "offline", **values}, self.actor("village", place), place)

    def close(self, case_id: int) -> None:
        """The end of the day: most of those on duty came, the summary says what the register says."""
        case = Reception.get_by_id(case_id)
        if case.state not in day_close.OPEN or register.drafts(case.id):
            return
        place, duties = tree().get(case.division_id), day_close.on_duty(case.id)
        assert place is not None
        actor = self.actor("village", place)
        day_close.tick(case, {one.id for one in duties if one.id % 17}, actor, place)
        count = register.totals(case.id)
        day_close.close(Reception.get_by_id(case.id), texts.SUMMARY.format(**count), None, actor, place)

    def yesterday(self) -> None:
        """An evening in the shown town that was not closed: a draft is left for today."""
        case = self.extra("evening", 1245, 1305, 1)
        self.visitor(case, _moment(case.day, 13))
        self.context.at(_moment(case.day, 14), _at(lambda: self.note(case, text=texts.DRAFTS[0], result="draft")), 5)

    def today(self) -> None:
        """A reception day that goes on now: the desk is not empty, and one line is a draft."""
        case = self.extra("reception", 870, 1020, 2)
        kind, text, answer = texts.AT_ONCE[0]
        self.note(case, kind=kind, text=text, answer=answer, result="answered")
        raised = texts.OPINIONS[0]
        self.note(case, kind="opinion", text=raised.text.format(n=12, d=4), subject=raised.subject, result="opinion")
        self.note(case, kind="opinion", text=texts.DRAFTS[1], result="draft")

    def extra(self, kind: str, start: int, end: int, wanted: int) -> Reception:
        """A reception of the shown town's station on the present day, posted, with deputies who are free."""
        station: Station = station_demo.shown_station(self.context)
        place = tree().get(station.division_id)
        assert place is not None
        actor, day = self.actor("town", place), local_day()
        case: Reception = records.create(registry().entity(RECEPTION), {
            "station_id": station.id, "kind": kind, "day": day, "from_minute": start, "to_minute": end, "mode": "offline",
            "inside": True, "mobile": False, "room_id": None, "place": "", "link": "", "theme": ""}, actor, place)
        engine.perform(registry().entity(RECEPTION), case.id, "post", {}, actor, None, place)
        busy = Duty.select(Duty.person_id).where(Duty.day == day)
        free = [one for one in deputies_of(station.id, day) if one.person_id not in {row[0] for row in busy.tuples()}]
        for deputy in free[:wanted]:
            records.create(registry().entity(DUTY), {"reception_id": case.id, "deputy_id": deputy.id, "note": ""}, actor, place)
        found: Reception = Reception.get_by_id(case.id)
        return found

    # ------------------------------------------------------------ an opinion

    def birth(self, case: Reception, place: Node) -> tuple[Any, Iterator[Step]]:
        """Register an opinion at a reception; returns it with its life."""
        raised = self.rng.choice(texts.OPINIONS)
        numbers = {"n": self.rng.randint(3, 26), "d": self.rng.randint(2, 9)}
        visit = self.note(case, kind="opinion", text=raised.text.format(**numbers), subject=raised.subject, result="opinion",
                          wants_answer=self.rng.random() < 0.93)
        record = Opinion.get_by_id(visit.opinion_id)
        return record, self.life(raised, numbers, record, place)

    def life(self, raised: texts.Raised, numbers: dict[str, int], record: Opinion, place: Node) -> Iterator[Step]:
        """Collated, handled where it can be, told, rated, written off; or left where it got stuck."""
        chance, level = self.rng.random, place.level
        if level not in {"village", "town", "county"}:
            return
        key = {"village": "accept", "town": "accept_town", "county": "accept_county"}[level]
        yield 0.5 + chance() * 1.5, level, key, {"kind": raised.subject, "title": raised.title}
        answer = {"text": raised.answer.format(**numbers), "outcome": raised.outcome,
                  "way": "explained" if raised.outcome == "C" else self.rng.choice(("alone", "alone", "joint", "mediation"))}
        if chance() < 0.18:
            yield 1 + chance() * 2, level, "pass_on", {
                "passed_to": self.rng.choice(texts.OUTSIDE), "passed_on": None, "limit_on": None, "note": texts.ASKED}
            yield 5 + chance() * 15, level, "outside_answered", {**answer, "way": "passed"}
        elif level == "village" and (raised.outcome != "A" or chance() < 0.45):
            yield 1 + chance() * 3, level, "study", {}
            yield chance(), level, "send_up", {}
            level = "town"
            yield from self.by_office(raised, answer, tree().parent(place) or place)
        elif level == "village":
            yield 1 + chance() * 6, level, "solve_on_spot", answer
        else:
            yield from self.by_office(raised, answer, place)
        yield from self.ending(raised, numbers, record, level)

    def by_office(self, raised: texts.Raised, answer: Answers, place: Node) -> Iterator[Step]:
        """An office of the town (or a bureau of the county) does it; where there is none, the level answers itself."""
        chance, level = self.rng.random, place.level
        offices = self.offices.get(place.id)
        if not offices:
            yield 2 + chance() * 8, level, "answer_directly", answer
            return
        chosen = offices.get(raised.office) or self.rng.choice(sorted(offices.values()))
        yield 0.5 + chance(), level, "hand_over", {"department_id": chosen, "way": "alone", "note": texts.ASKED}
        yield 0.5 + chance() * 1.5, "office", "take_on", {}
        yield 2 + chance() * 14, "office", "answer", answer

    def ending(self, raised: texts.Raised, numbers: dict[str, int], record: Opinion, level: str) -> Iterator[Step]:
        """Told to deputy and voter, rated, once in a while handled again, written off or kept."""
        chance, mood = self.rng.random, self.rng.random()
        yield 0.3 + chance() * 3, level, "feed_back", self.told(record)
        if mood < 0.07:
            yield 1 + chance() * 4, level, "object", {"reason": self.rng.choice(texts.STILL), "attitude": "basically"}
            yield 2 + chance() * 6, level, "answer_again", {"text": raised.answer.format(**numbers), "outcome": raised.outcome,
                                                           "way": "explained" if raised.outcome == "C" else "joint"}
            yield 0.3 + chance(), level, "feed_back", self.told(record)
        if not record.wants_answer:
            yield 1 + chance() * 3, level, "go_on_unrated", {"reason": "反映人不要求答复。"}
        else:
            yield 0.5 + chance() * 6, level, "rate_told", {
                "result": "satisfied" if mood < 0.8 else "basically", "attitude": "satisfied" if mood < 0.92 else "basically",
                "words": ""}
        if raised.outcome == "A":
            yield 0.5 + chance() * 3, level, "write_off", {"evidence": raised.evidence.format(**numbers)}
        else:
            yield 0.5 + chance() * 3, level, "keep" if raised.outcome == "B" else "close_unsolved", {"reason": texts.NOT_NOW}

    def told(self, record: Opinion) -> Answers:
        """That voter and deputy were told, on the day of the step."""

        def today(day: date) -> date:
            return day

        return {"voter_on": today, "how": self.rng.choice(("phone", "phone", "visit")),
                "deputy_on": today if record.deputy_id else None, "note": ""}
