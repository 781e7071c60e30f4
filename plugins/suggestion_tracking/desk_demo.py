"""Demo data of suggestions: invented deputies, a session and the time after it, suggestions and tasks in every state.

Everything walks through the real workflows at its own time on the demo's agenda, so that ledger, limits, inspections, receipt
cards and commitments are true.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from grid321.core.api import Actor, Node, Problem, engine, local_day, now, records, registry, shift_clock

from . import desk_demo_texts as texts
from .desk_demo_people import Cast, prepare
from .desk_demo_texts import Raised
from .life_models import Suggestion, Task
from .supervision_models import Commitment, Inspection, Receipt

P = "suggestion_tracking."
SESSION_AGO, LATE = 205, 120
"""Days since the session, and since the first suggestion between sessions."""
Step = tuple[float, Callable[[], None]]
"""Days after the step before, and what is done then."""

#: How far the suggestions of the session went, and those raised after it: the demo shows every state.
AT_THE_SESSION = ("satisfied", "followed", "satisfied", "again_good", "followed", "satisfied", "ended", "evaluated", "co_signed",
                  "satisfied")
AFTER_IT = ("raised", "to_change", "checked", "given", "accepted", "returned", "fixed", "met", "answered", "objected", "again",
            "separate", "refused", "withdrawn", "overdue")


def demo(context: Any) -> None:
    """Put the lives of the demo's suggestions on its agenda."""
    cast = prepare(context)
    stage = Stage(context, cast)
    start = now() - timedelta(days=SESSION_AGO)
    context.at(start, lambda moment: stage.open_sessions(moment), -1)
    for number, fate in enumerate(AT_THE_SESSION):
        stage.tell(start + timedelta(hours=2, minutes=7 * number), Tale(stage, texts.SUGGESTIONS[number], fate, number).steps())
    for number, fate in enumerate(AFTER_IT):
        what = texts.SUGGESTIONS[(number + len(AT_THE_SESSION)) % len(texts.SUGGESTIONS)]
        ago = LATE if fate in {"overdue", "objected", "again"} else 75 - 3 * number if fate != "raised" else 1
        tale = Tale(stage, what, fate, number + len(AT_THE_SESSION))
        stage.tell(now() - timedelta(days=ago, hours=3), tale.steps())


class Stage:
    """Who acts in the demo, and how a step of somebody is taken at its time."""

    def __init__(self, context: Any, cast: Cast) -> None:
        self.context, self.cast = context, cast
        self.rng = Random(context.rng.random())
        self.county: Node = context.county
        self.sessions: list[int] = []

    def open_sessions(self, moment: datetime) -> None:
        """The session of the congress, and the time between it and the next one."""
        with shift_clock(moment - now()):
            entity, day = registry().entity(P + "session"), local_day()
            for name, kind, number in (("第十九届人民代表大会第五次会议", "session", 5),
                                       ("第十九届人民代表大会闭会期间", "between", None)):
                values = {"name": name, "kind": kind, "year": day.year, "term": 19, "ordinal": number,
                          "opened_on": day - timedelta(days=1), "closed_on": day + timedelta(days=2) if number else None}
                self.sessions.append(records.create(entity, values, self.cast.officer, self.county).id)

    def tell(self, moment: datetime, steps: Iterator[Step]) -> None:
        """Put the next step of a tale on the agenda; the ones that follow are put there when it was done."""
        following = next(steps, None)
        if following is None:
            return
        days, work = following

        def do(at: datetime) -> None:
            with shift_clock(at - now()):
                try:
                    work()
                except Problem as problem:
                    raise RuntimeError(f"demo of suggestions: {problem.title} {problem.detail} {problem.errors}") from problem
            self.tell(at, steps)

        later = moment + timedelta(days=days)
        self.context.at(later if days < 1 else later.replace(hour=self.rng.randint(1, 8), minute=self.rng.randint(0, 59)), do)

    def take(self, entity: str, record_id: int, key: str, data: dict[str, Any], actor: Actor) -> Any:
        """Take one step."""
        return engine.perform(registry().entity(P + entity), record_id, key, data, actor, None, self.county).record


class Tale:
    """The life of one suggestion, as far as its fate says."""

    def __init__(self, stage: Stage, what: Raised, fate: str, number: int) -> None:
        self.stage, self.what, self.fate, self.number = stage, what, fate, number
        self.cast, self.rng = stage.cast, stage.rng
        self.deputy = self.cast.deputies[0 if number % 4 in {0, 3} else number % len(self.cast.deputies)]
        self.case: Any = None

    # -- the course of it

    def steps(self) -> Iterator[Step]:
        """Raised, checked, handed over, handled, answered, rated, concluded: until where its fate leaves it."""
        fate, office = self.fate, self.cast.officer
        yield 0, self.raise_it
        if fate in {"co_signed", "satisfied", "again"}:
            yield 0.05, self.sign_it
        if fate == "raised":
            return
        if fate == "to_change":
            yield 1, lambda: self.step("send_back", {"reason": "一件建议涉及两个事项，请分别提出。"}, office)
            return
        if fate == "refused":
            yield 1, lambda: self.step("exclude", {"excluded_reason": "level", "reason": texts.ABOVE}, office)
            return
        yield 1, lambda: self.step("pass_check", {"one_matter": "yes", "concrete": "yes", "within_powers": "yes", "note": ""},
                                   office)
        if fate == "withdrawn":
            yield 1, lambda: self.step("withdraw", {"reason": "所提问题已经解决，撤回建议。"}, self.as_deputy())
            return
        if fate != "checked":
            yield 1, self.hand_over
            yield from self.at_the_units()

    def at_the_units(self) -> Iterator[Step]:
        """What the units do, and what follows the answer."""
        fate = self.fate
        if fate == "given":
            return
        if fate == "returned":
            yield 2, lambda: self.task("lead", "give_back", {"reason": self.rng.choice(texts.RETURNS)})
            return
        yield 2, lambda: self.all_tasks("receive")
        yield 1, lambda: self.all_tasks("accept")
        if fate == "accepted":
            return
        yield 2, self.fix
        if fate == "fixed":
            return
        yield 5, lambda: self.meet("before", texts.BEFORE)
        yield 12, lambda: self.opinions()
        yield 6, lambda: self.meet("during", texts.DURING)
        if fate in {"met", "overdue"}:
            return
        yield 9, lambda: self.meet("after", texts.AFTER)
        yield 2, lambda: self.reply("reply", self.what.outcome)
        if fate not in {"answered", "separate"}:
            yield from self.after_the_answer()

    def after_the_answer(self) -> Iterator[Step]:
        """Receipt card, second handling, evaluation, promises, write-off."""
        fate, office = self.fate, self.cast.officer
        unhappy = fate in {"objected", "again", "again_good", "evaluated"}
        yield 5, lambda: self.card("not" if unhappy else self.rng.choice(("satisfied", "satisfied", "basically")))
        if fate == "objected":
            return
        if unhappy:
            yield 2, lambda: self.step("redo", {"reason": self.rng.choice(texts.DISSATISFIED), "limit": ""}, office)
            if fate == "again":
                return
            yield 14, lambda: self.opinions("give_opinion_again")
            yield 4, lambda: self.reply("reply_again", "A" if fate == "again_good" else self.what.outcome)
            yield 4, lambda: self.card("satisfied" if fate == "again_good" else "not")
            if fate == "evaluated":
                yield 6, lambda: self.step("evaluate", {"checked_by": "区人大代表工作委员会", "verdict": "diligent",
                                                        "found": texts.EVALUATED}, office)
                return
        if fate == "followed":
            yield 3, lambda: self.step("follow", {}, office)
            yield 20, lambda: self.progress()
        elif fate == "ended" or self.outcome() != "A":
            yield 3, lambda: self.conclude_unsolved()
        else:
            yield 3, lambda: self.step("close", {"evidence": "现场核查照片和代表回执。"}, office)

    # -- what is done

    def as_deputy(self) -> Actor:
        """The leading deputy."""
        return self.cast.as_deputy(self.deputy)

    def step(self, key: str, data: dict[str, Any], actor: Actor) -> None:
        """A step of the suggestion itself."""
        self.case = self.stage.take("suggestion", self.case.id, key, data, actor)

    def raise_it(self) -> None:
        """Raise the suggestion as the deputy."""
        what, day = self.what, local_day()
        values = {
            "division_id": self.stage.county.id, "title": what.title, "kind": what.subject, "content": what.content,
            "session_id": self.stage.sessions[0 if self.number < len(AT_THE_SESSION) else 1],
            "reasons": what.reasons, "proposal": what.proposal, "basis": "visit", "basis_text": "走访选民时多次听到反映。",
            "deputy_id": self.deputy, "delegation": "五里代表团",
            "raised_on": day, "consent_publish": self.number % 3 != 2, "wish_contact": True, "reference_only": False,
            "earlier_number": "", "repeated_years": 0}
        self.case = records.create(registry().entity(P + "suggestion"), values, self.as_deputy(), self.stage.county)

    def sign_it(self) -> None:
        """Two more deputies sign."""
        others = [one for one in self.cast.deputies if one != self.deputy]
        for person in self.rng.sample(others, 2):
            records.create(registry().entity(P + "cosigner"), {
                "suggestion_number": self.case.number, "person_id": person, "signed_on": local_day()}, self.as_deputy(),
                self.stage.county)

    def hand_over(self) -> None:
        """Hand over to the lead unit and its co-handling units, or to separate units."""
        units = [self.cast.units[name] for name in (self.what.lead, *self.what.others)]
        common = {"asked": "请认真研究，按时答复代表。", "limit_on": None, "is_major": False, "level_reply": "unit"}
        if self.fate == "separate" and len(units) > 1:
            names = {f"unit_{place}_id": unit for place, unit in enumerate([*units, None, None][:4], start=1)}
            self.step("assign_separate", {**common, **names}, self.cast.officer)
            return
        others = {f"co_{place}_id": unit for place, unit in enumerate([*units[1:], None, None, None][:3], start=1)}
        self.step("assign", {**common, **others, "department_id": units[0], "co_asked": "请提出会办意见。", "co_limit_on": None,
                             "joint_reply": False}, self.cast.officer)
        if self.fate in {"followed", "met"}:
            self.step("key_assigned", {"key_leader_id": self.cast.leader}, self.cast.officer)
        for kind, days in (("first", 15), ("second", 60), ("third", 91)):
            if self.rng.random() < 0.9:  # some are forgotten: the desk shows them as overdue
                self.stage.context.at(now() + timedelta(days=days), lambda moment, kind=kind: self.inspect(moment, kind))

    def inspect(self, moment: datetime, kind: str) -> None:
        """One of the three inspections, if it is still to be made."""
        with shift_clock(moment - now()):
            own = (Inspection.suggestion_number == self.case.number) & (Inspection.kind == kind)
            for one in list(Inspection.select().where(own & (Inspection.state == "scheduled"))):
                self.stage.take("inspection", one.id, f"record_{kind}", {
                    "inspected_on": local_day(), "inspected_by": "区人大督查组", "form": "on_site", "asked": "代表和经办人",
                    **texts.INSPECTED[kind], "found": self.rng.choice(texts.FOUND), "evidence": "台账、现场照片。",
                    "result": self.rng.choice(("in_order", "in_order", "to_improve"))}, self.cast.officer)

    def tasks(self) -> list[Any]:
        """The units' tasks as they are now."""
        return list(Task.select().where(Task.suggestion_id == self.case.id).order_by(Task.id))

    def task(self, role: str, key: str, data: dict[str, Any]) -> None:
        """A step of the tasks of one role (``lead`` stands for every unit that replies)."""
        for one in self.tasks():
            if (one.role == "co") == (role == "co"):
                self.stage.take("task", one.id, key, data, self.cast.as_unit(one.department_id))

    def all_tasks(self, key: str) -> None:
        """The same step of every unit."""
        for role in ("lead", "co"):
            self.task(role, key, {})

    def fix(self) -> None:
        """The six fixings of the units that reply."""
        leader = f"{self.rng.choice(texts.SURNAMES_OF_LEADERS)}局长"
        self.task("lead", "fix", {
            "first_leader": leader, "fix_plan": self.rng.choice(texts.PLANS), "fix_rule": self.rng.choice(texts.RULES),
            "fix_leader": f"{self.rng.choice(texts.SURNAMES_OF_LEADERS)}副局长", "fix_person": "业务股负责人",
            "fix_requirement": self.rng.choice(texts.REQUIREMENTS), "fix_limit_on": local_day() + timedelta(days=45)})

    def meet(self, stage: str, words: tuple[str, ...]) -> None:
        """One of the three meetings, of every unit that replies."""
        for one in self.tasks():
            if one.role != "co":
                records.create(registry().entity(P + "contact"), {
                    "suggestion_number": self.case.number, "department_id": one.department_id, "stage": stage,
                    "met_on": local_day(), "who": "分管负责人和经办人", "place": self.rng.choice(texts.EVENTS_PLACES),
                    "form": self.rng.choice(("visit", "site", "symposium")), "said": self.rng.choice(words),
                    "agrees_longer": False}, self.cast.as_unit(one.department_id), self.stage.county)

    def opinions(self, key: str = "give_opinion") -> None:
        """The opinions of the co-handling units."""
        self.task("co", key, {"text": self.rng.choice(texts.OPINIONS)})

    def reply(self, key: str, outcome: str) -> None:
        """The reply; one of class B carries its promise into the next year."""
        promise = self.what.promise if outcome == "B" and key == "reply" else ""
        text = self.what.answer if key == "reply" else f"{self.what.answer}\n{self.rng.choice(texts.AGAIN)}"
        letter = f"办字〔{local_day().year}〕{self.number + 1}号"
        self.task("lead", key, {"outcome": outcome, "text": text, "letter_number": letter,
                                "commitment": promise, "commitment_on": local_day() + timedelta(days=300) if promise else None})

    def card(self, result: str) -> None:
        """The leading deputy gives the receipt card back."""
        words = texts.DISSATISFIED if result == "not" else texts.SATISFIED
        for one in list(Receipt.select().where((Receipt.suggestion_number == self.case.number) & Receipt.leading
                                               & (Receipt.state == "issued"))):
            self.stage.take("receipt", one.id, "give", {
                "attitude": "basically" if result == "not" else "satisfied", "result": result,
                "text": self.rng.choice(words)}, self.cast.as_deputy(one.deputy_id))

    def progress(self) -> None:
        """The unit reports how far its promise is."""
        for one in list(Commitment.select().where(Commitment.suggestion_number == self.case.number)):
            self.stage.take("commitment", one.id, "report_progress", {"progress": "已完成方案设计，正在办理用地和招标手续。"},
                            self.cast.as_unit(one.department_id))

    def outcome(self) -> str:
        """The outcome class as it is recorded now."""
        return str(Suggestion.get_by_id(self.case.id).outcome) if self.case is not None else ""

    def conclude_unsolved(self) -> None:
        """Close it as not solved, or follow what its reply promised."""
        promised = Commitment.select().where((Commitment.suggestion_number == self.case.number)
                                             & (Commitment.state == "open")).exists()
        if promised:
            self.step("follow", {}, self.cast.officer)
        else:
            self.step("end", {"reason": "目前不具备办理条件，已向代表说明，条件成熟时再办。"}, self.cast.officer)
