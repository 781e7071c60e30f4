"""The year in the demo: an appraisal that is off because no legal basis is recorded, a ballot that was counted out, choices."""
from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from grid321.core.api import SYSTEM, local_day, people, records

from . import evaluation_appraisal as appraisal
from . import evaluation_ballot as ballots
from . import evaluation_chosen as chosen
from .evaluation_models import Ballot, BallotVoter
from .life_models import Suggestion, Task

ITEMS = (("办复情况", 30, "answered", ""), ("按期办复", 20, "in_time", ""), ("办成情况", 30, "done", ""),
         ("面商质量", 20, "people", "办前、办中、办后见面记录完整并附代表意见的得满分，每缺一次扣五分。"))
MINIMUM = 10


def demo(context: Any) -> None:
    """Put the year at the end of the demo, when the suggestions have been handled."""
    rng = Random(context.rng.random())
    context.after_all(lambda: make(context.county, rng))


def make(county: Any, rng: Random) -> None:
    """Make the records of the year at the county; the ballot only where there are enough deputies."""
    year = local_day().year
    scheme = records.create(appraisal.APPRAISAL, {
        "name": "代表建议承办单位考核（草案）", "year": year, "description": "依据文件尚未登记，考核未启用。"}, SYSTEM, county)
    for position, (name, weight, source, rule) in enumerate(ITEMS, start=1):
        records.create(appraisal.ITEM, {"appraisal_id": scheme.id, "name": name, "weight": weight, "source": source, "rule": rule,
                                        "position": position}, SYSTEM, county)
    answered = (Task.county_id == county.id) & Task.answered_on.is_null(False)
    units = [row[0] for row in Task.select(Task.department_id).where(answered).distinct().order_by(
        Task.department_id).limit(6).tuples()]
    if units and len(ballots.deputies_at(county.id)) >= MINIMUM:
        vote(county, rng, units, year)
    choose(county, units, year)


def vote(county: Any, rng: Random, units: list[int], year: int) -> None:
    """A ballot over some units, with the votes of nearly all deputies, counted out and published."""
    made = records.create(ballots.BALLOT, {
        "title": "代表建议办理工作测评", "year": year, "minimum": MINIMUM,
        "description": "请对各承办单位一年来的办理工作作出评价。"}, SYSTEM, county)
    ballot = Ballot.get_by_id(made.id)
    ballots.set_subjects(ballot, units, ["对全年代表建议办理工作的总体评价"], SYSTEM, county)
    ballots.open_(ballot, SYSTEM, county)
    subjects = ballots.subjects_of(ballot.id)
    for voter in list(BallotVoter.select().where(BallotVoter.ballot_id == ballot.id))[1:]:
        answers = {subject.id: rng.choices(ballots.CODES, (60, 25, 8, 7))[0] for subject in subjects}
        ballots.cast(voter, answers, county)
    ballots.close(Ballot.get_by_id(ballot.id), SYSTEM, county)
    ballots.publish(Ballot.get_by_id(ballot.id), SYSTEM, county)


def choose(county: Any, units: list[int], year: int) -> None:
    """One good suggestion and one good unit, published."""
    case = Suggestion.select().where((Suggestion.division_id == county.id) & (Suggestion.outcome == "A")
                                     & (Suggestion.rating == "satisfied")).order_by(Suggestion.id).first()
    picked = [{"kind": "suggestion", "suggestion_number": case.number, "department_id": None,
               "reason": "选题贴近群众生活，调研扎实，办理见效快。"}] if case is not None else []
    unit = people.Department.get_or_none(people.Department.id == units[0]) if units else None
    if unit is not None:
        picked.append({"kind": "unit", "suggestion_number": "", "department_id": unit.id,
                       "reason": "主要负责人带头面商，承诺事项逐项落实。"})
    for values in picked:
        made = records.create(chosen.CHOSEN, {**values, "year": year, "decided_by": "县人大常委会主任会议",
                                              "decided_on": local_day() - timedelta(days=3)}, SYSTEM, county)
        chosen.publish(chosen.Chosen.get_by_id(made.id), SYSTEM, county)
