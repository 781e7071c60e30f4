"""Demo data: three reports of one need, two of them grouped and one that is shown as a possible duplicate; a link; templates."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from grid321.core.api import Actor, Node, groups, links, local_day, now, records, registry, shift_clock, transaction, tree

from .models import Report

TITLE = "文化广场东侧路灯不亮"
SAME_NEED = (
    (2.4, "文化广场东侧的路灯连续三个晚上不亮，老人散步看不清路。"),
    (1.6, "文化广场东边的路灯坏了，连续三个晚上不亮，散步的老人看不清路面。"),
    (0.3, "文化广场东侧路灯晚上不亮，老人散步看不清路，请尽快修好。"),
)
TEMPLATES = (
    ("county", "已办结（通用）", "您反映的“{标题}”（编号{编号}）已由{办理单位}办理完毕。如有不同意见，请在评价时写明。"),
    ("county", "暂不具备条件，说明原因",
     "您反映的“{标题}”（编号{编号}）收悉。经研究，目前暂不具备办理条件，原因是：。该问题仍留在问题库中，我们将继续跟踪。"),
    ("town", "路灯已修复", "{反映日期}您反映的{地点}路灯问题，已于{今天}修复并现场试亮。感谢您的监督。"),
)


def group_reports(accounts: dict[str, tuple[int, Node]]) -> None:
    """Report one need three times in the worker's village, group two of the reports, and link an earlier one."""
    entity, here = registry().entity("grid.report"), tree()
    grid, village = accounts["worker"][1], accounts["village"][1]
    others = [child for child in here.children(village) if child.id != grid.id] or [grid]
    present = now()
    made: list[Any] = []
    for (ago, text), place in zip(SAME_NEED, (grid, others[0], grid), strict=True):
        mine = place.id == grid.id
        with shift_clock(-timedelta(days=ago)), transaction():
            data = {"kind": "social", "ledger_class": None, "title": TITLE, "text": text, "place": "文化广场东侧",
                    "occurred_on": local_day(), "urgency": "normal", "reporter_phone": "", "lon": None, "lat": None,
                    "coordinates": None, "division_id": place.id}
            made.append(records.create(entity, data, _actor(accounts["worker"][0] if mine else None), place))
    secretary = _actor(accounts["village"][0])
    groups.join(entity, made[1].id, made[0].id, secretary, None, village)
    earlier = (Report.select().where((Report.village_id == village.id) & Report.closed_at.is_null(False)
                                     & (Report.created_at < present)).order_by(Report.id.desc()).first())
    if earlier is not None:
        links.add(entity, made[0].id, entity, earlier.id, "related", secretary, here.roots[0])


def write_templates(county: Node, accounts: dict[str, tuple[int, Node]]) -> None:
    """A few wordings for answers, of the county and of the town."""
    entity = registry().entity("core.reply_template")
    for level, name, text in TEMPLATES:
        place = county if level == "county" else accounts["town"][1]
        data = {"name": name, "entity": "grid.report", "kind": None, "department_id": None, "text": text, "retired": False,
                "division_id": place.id}
        records.create(entity, data, _actor(accounts[level][0]), place)


def _actor(account_id: int | None) -> Actor:
    return Actor(account_id, None, "demo", "demo", system=True)
