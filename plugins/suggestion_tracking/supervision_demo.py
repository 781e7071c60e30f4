"""Demo data of supervision: a round of last month with its figures, one of this month, a sample, letters, problems of the lists.

The inspections, receipt cards and promises of the demo come with its suggestions; here stands what supervision adds by itself.
"""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from grid321.core.api import SYSTEM, engine, local_day, now, records, registry, shift_clock

from . import rounds, samples
from .life_models import Suggestion
from .supervision_models import Inspection

P = "suggestion_tracking."
RECORD = {"inspected_by": "县人大常委会代表工委", "form": "concentrated", "asked": "承办单位和代表",
          "papers": "yes", "agree": "yes"}
LETTERS = (
    ("slip", "no_contact", "关于尽快与代表见面的督办单",
     "交办已逾二十日，尚未与领衔代表见面。请三个工作日内上门听取意见，并报送见面记录。",
     "已于收到督办单次日上门与代表见面，代表对初步方案表示认可。"),
    ("letter", "overdue", "关于加快建议办理进度的督办函",
     "该建议已超过答复期限。请说明原因，提出办结时限，由主要负责同志签字后报县人大常委会。", ""),
)
PROBLEMS = (
    ("会办意见迟报", "会办单位未在期限内提出意见，影响主办单位答复。", "明确专人对接，按期报送会办意见",
     "已补报会办意见，并修订内部流转制度。"),
    ("答复函格式不规范", "答复函缺少办理结果类别和联系人。", "对照样式重新印发答复函", ""),
    ("承诺事项未列台账", "答复中承诺明年实施的事项没有登记。", "", ""),
)


def demo(context: Any) -> None:
    """Put what supervision did on the demo's agenda."""
    for days, work in ((40, _closed_round), (24, _letters), (18, _sample), (12, _problems), (6, _open_round)):
        context.at(now() - timedelta(days=days), _at(work, context.county), 5)


def _at(work: Any, county: Any) -> Any:
    def do(moment: datetime) -> None:
        with shift_clock(moment - now()):
            work(county)

    return do


def _make(name: str, values: dict[str, Any], county: Any) -> Any:
    return records.create(registry().entity(P + name), values, SYSTEM, county, flow=None)


def _step(name: str, case: Any, key: str, county: Any, **said: Any) -> Any:
    return engine.perform(registry().entity(P + name), case.id, key, said, SYSTEM, None, county).record


def _handled(county: Any, most: int, state: str | None = None) -> list[Any]:
    states = samples.HANDLING if state is None else (state,)
    return list(Suggestion.select().where((Suggestion.division_id == county.id) & Suggestion.state.in_(states)
                                          & Suggestion.department_id.is_null(False)).order_by(Suggestion.id).limit(most))


def _round(county: Any, title: str) -> Any:
    first = local_day().replace(day=1)
    made = _make("round", {"kind": "month", "first_day": first, "title": f"{first.year}年{first.month}月{title}",
                           "led_by": "县人大常委会副主任", "plan": "超期未答复、代表不满意和承诺到期未兑现的建议。"}, county)
    for what in ("overdue", "again", "promises"):
        rounds.fill(made, what, SYSTEM)
    return made


def _closed_round(county: Any) -> None:
    made = _round(county, "代表建议督查")
    for number, one in enumerate(Inspection.select().where(Inspection.round_id == made.id).order_by(Inspection.id)):
        good = number % 3 != 1
        _step("inspection", one, "record_check", county, **RECORD, met="yes" if good else "no", inspected_on=local_day(),
              found="办理档案齐全，进度与计划一致。" if good else "未与代表见面，办理方案没有时限。",
              evidence="查阅办理档案，走访现场，电话核实代表。", result="in_order" if good else "to_improve")
    summary = "本月督查总体平稳，个别单位见面不及时，已发督办单并列入问题清单。"
    rounds.close(type(made).get_by_id(made.id), summary, SYSTEM, None, county)


def _open_round(county: Any) -> None:
    _round(county, "代表建议督查")


def _sample(county: Any) -> None:
    if samples.candidates(county, "all", None):
        _make("sample", {"title": "第四季度随机抽查", "pool": "all", "year": None, "size": 3, "seed": "20261104"}, county)


def _letters(county: Any) -> None:
    for case, (kind, cause, title, text, answer) in zip(_handled(county, len(LETTERS)), LETTERS, strict=False):
        one = _make("letter", {"kind": kind, "cause": cause, "title": title, "text": text, "suggestion_number": case.number,
                               "signed_by": "代表工委主任", "inspection_number": "", "reference": ""}, county)
        one = _step("letter", one, "issue", county, department_id=case.department_id, limit_on=None)
        if answer:
            one = _step("letter", one, "answer", county, answer=answer, measures="")
            _step("letter", one, "accept", county, assessment="见面及时，记录完整。")


def _problems(county: Any) -> None:
    for case, (title, problem, measure, result) in zip(_handled(county, len(PROBLEMS)), PROBLEMS, strict=False):
        one = _make("list_item", {"title": title, "problem": problem, "found_on": local_day(), "suggestion_number": case.number,
                                  "inspection_number": ""}, county)
        if measure:
            one = _step("list_item", one, "assign", county, department_id=case.department_id, duty="对照责任逐项整改",
                        leader="分管副职", person="办公室主任", measure=measure, limit_on=None)
        if result:
            one = _step("list_item", one, "rectify", county, result=result)
            _step("list_item", one, "verify", county, checked_by="代表工委", found="资料已核实。")
