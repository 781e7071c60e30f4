"""What pages need that no permission depends on: figures of a month, a closed month, requests for time, an export that ran.

The permission matrix asks for such addresses as absent; who looks at every page makes them here, in the own town and county.
"""
from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from grid321.core import (
    channel_setup,
    clock_extensions,
    counters,
    db,
    export,
    jobs,
    ledger,
    months,
    redating,
    settings,
    signed_links,
    snapshot,
)
from grid321.core.access import SYSTEM, actor_of
from grid321.core.channels import channels
from grid321.core.clock import Deadline
from grid321.core.conformance.world import World
from grid321.core.registry import registry

from .permission_ground import Ground
from .plugin_examples import OF

P, STATIONS = "suggestion_tracking.", "liaison_station."


def more(ground: Ground, modules: list[Any], account: Any) -> list[tuple[str, str]]:
    """(endpoint, or what every kind of records has, and address) of pages that need more than a record; that is made here."""
    town, county, actor = ground.division("own", "town"), ground.division("own", "county"), actor_of(account.id)
    plugin = next(module for module in modules if str(module.plugin.key) == P[:-1])
    world = World(ground.app, plugin, ground.tree, OF[P[:-1]].examples)
    here, above = f"/d/{town.code}", f"/d/{county.code}"
    tasks, month = f"{here}/suggestion_tracking/task", counters.month_of(db.now())
    bank = f"entity={P}matter&month={month}"
    asked, waiting = (_task(ground, world, town) for _one in range(2))
    clock_extensions.ask(registry().entity(P + "task"), waiting[0], waiting[1], "管线迁改需要跨年度施工。", None, SYSTEM, town)
    draft = world.create(registry().entity(P + "ballot"), town)
    file = export.ask(registry().entity(P + "matter"), MultiDict(), town, actor, file_format="xlsx", purpose="会议材料",
                      revealed=False)
    for key, value in (("core.site_url", "https://grid.example.cn"), ("core.outgoing_private", "127.0.0.0/8")):
        settings.put(key, county, value, source="test", valid_from=db.local_day())
    with db.transaction():
        for way, values, on in (("webhook", {"url": "https://example.cn/hook", "secret": "s" * 32, "ca": ""}, False),
                                ("mail", {"host": "127.0.0.1", "port": 587, "security": "starttls", "ca": "", "user": "",
                                          "sender": "grid@example.cn", "password": ""}, True)):
            channel_setup.put(channels()[way], county, values, [], active=on, language="zh", account_id=None)
        again = redating.ask(redating.CALENDAR, county, actor, reason="国务院办公厅通知", since=date(2026, 10, 1))
    closed = _closed_month(ground)
    for run_id in (file.job_id, again.job_id):
        if run_id is not None:
            jobs.Executor().run_ticket(run_id)
    ledger.seal_all()
    item = next(iter(snapshot.current().classes.labels("grid.ledger_class", county)))
    return [
        ("extend", f"{tasks}/{asked[0]}/extend/{asked[1]}"),
        ("extension", f"{tasks}/{waiting[0]}/extension/{waiting[1]}"),
        ("core:today", f"{here}/"),
        ("suggestion_tracking.ballot:edit", f"{here}/suggestion_tracking/ballot/{draft.id}/edit"),
        ("export_page", export.page_url(file, town)),
        ("core:bank_cases", f"{here}/core/bank/cases?{bank}&kind=open"),
        ("core:bank_print", f"{here}/core/bank/print?{bank}"),
        ("core:measure_cases", f"{here}/core/statistics/grid.funnel/cases?level=town&kind=received&month={month}"),
        ("core:class", f"{above}/core/classes/grid.ledger_class/{item}"),
        ("core:channel_test", f"{above}/core/channels/webhook/test"),
        ("core:mail", "/me/mail"),
        ("core:redating", f"{above}/core/redating/{again.id}"),
        ("core:ledger_anchor", f"{above}/core/ledger/anchor"),
        ("core:month_correct", f"{here}/core/month/{closed}/correct"),
        *_stations(ground, modules, town),
    ]


def _stations(ground: Ground, modules: list[Any], town: Any) -> list[tuple[str, str]]:
    """Pages of stations in another state: a scheme with its basis, an activity that is over, an answer rated by its link."""
    plugin = next(module for module in modules if str(module.plugin.key) == STATIONS[:-1])
    world, today = World(ground.app, plugin, ground.tree, OF[STATIONS[:-1]].examples), db.local_day()
    here = f"/d/{town.code}/{STATIONS[:-1]}"

    def made(name: str, **values: Any) -> int:
        entity = registry().entity(STATIONS + name)
        record = world.create(entity, town)
        entity.model.update(**values).where(entity.model.id == record.id).execute()
        return int(record.id)

    month = timedelta(days=30)
    scheme = made("scheme", basis="市人大常委会办公室文件", from_day=today - month, to_day=today + month)
    activity, opinion = made("activity", state="written"), made("opinion", state="answered")
    token = signed_links.create(STATIONS + "rating", STATIONS + "opinion", opinion, expires=timedelta(days=1))
    return [("liaison_station.scores", f"{here}/scheme/{scheme}/scores"),
            ("liaison_station.activity_said", f"{here}/activity/{activity}/said"),
            ("liaison_station.rate", f"{here}/rate/{token}")]


def _task(ground: Ground, world: World, town: Any) -> tuple[int, int]:
    """(id, id of the clock of the reply) of a new task of the unit to which things belong."""
    entity = registry().entity(P + "task")
    task = world.create(entity, town)
    entity.model.update(department_id=ground.units["own"][0]).where(entity.model.id == task.id).execute()
    reply = Deadline.get((Deadline.entity == entity.key) & (Deadline.record_id == task.id) & (Deadline.clock == "reply"))
    return int(task.id), int(reply.id)


def _closed_month(ground: Ground) -> str:
    """The present month, closed in the town as if it were over."""
    month = counters.month_of(db.now())
    with db.shift_clock(timedelta(days=40)):
        months.close(ground.division("own", "town"), month, SYSTEM, below=True)
    return month
