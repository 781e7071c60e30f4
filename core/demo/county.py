"""Makes the demo county: the divisions, departments and accounts of the core, then what each plugin adds.

Everything happens in one transaction, so a demo that was interrupted leaves an empty database and not half a county.
"""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

from grid321.core import counters, db, division_import, ledger, recipients, search, snapshot, switches
from grid321.core.actor import SYSTEM
from grid321.core.division_files import read_folder
from grid321.core.divisions import Division
from grid321.core.errors import Conflict
from grid321.core.i18n import gettext as _
from grid321.core.i18n import use_language
from grid321.core.notify import Notification
from grid321.core.outbox import PENDING, Event, OutboxRow
from grid321.core.people import Department
from grid321.core.registry import registry
from grid321.core.tree import Node, ancestor_columns

from .context import DemoContext

SEED = 321
PASSWORD = "demo-321-demo"
COUNTY = "610902"
OFF_TOWN = "610902132"  # 谭坝镇: Hanbin has 28 towns and streets and 27 town stations; here no plugin is on
MOST_UNREAD, UNREAD_DAYS = 4, timedelta(days=7)
LIST_DAY = division_import.LIST_DAY
FOLDER = Path(__file__).parent / "divisions"
BUREAUS = ("区委办公室", "区政府办公室", "住房和城乡建设局", "交通运输局", "水利局", "农业农村局", "民政局", "自然资源局",
           "应急管理局", "市场监督管理局", "生态环境分局", "教育体育局", "卫生健康局", "人力资源和社会保障局", "信访局",
           "城市管理执法局")
OFFICES = ("党政办", "规划建设办", "应急管理办", "综合执法办", "民政办", "农业农村办")


def is_empty() -> bool:
    """True while no division was ever stored: only then the demo may be loaded."""
    return not Division.select(Division.id).limit(1).exists()


def load(progress: Callable[[str], None] = lambda text: None) -> DemoContext:
    """Fill an empty database with the demo county; returns what was made (accounts and the password to print).

    Raises Conflict when the database has divisions already.
    """
    with db.transaction():
        if not is_empty():
            raise Conflict(_("The database is not empty; the demo was not loaded."),
                           remedy=_("Load the demo into a new database only."))
        context = DemoContext(Random(SEED), PASSWORD, COUNTY, OFF_TOWN, progress=progress)
        progress(_("Divisions"))
        division_import.apply(division_import.read(read_folder(FOLDER), COUNTY), SYSTEM, day=LIST_DAY)
        progress(_("Departments and accounts"))
        _departments(context)
        _accounts(context)
        for loaded in registry().plugins.loaded():
            manifest = loaded.manifest
            if manifest is not None and manifest.demo is not None:
                progress(str(manifest.label))
                switches.turn(manifest.key, context.county, True)
                switches.turn(manifest.key, context.node(OFF_TOWN), False)
                manifest.demo(context)
        progress(_("What happened in the last months"))
        with use_language("zh"):  # what is written into records by the way is Chinese, as the rest of the demo
            context.play()
        progress(_("Figures"))
        tree = snapshot.current().tree
        for entity in registry().entities.values():
            counters.recount(entity, tree, repair=True)
        search.rebuild()
        _tell_the_past()
        ledger.append("core.demo", context.county.id, "load", node=context.county, facts={"seed": SEED})
    return context


def _departments(context: DemoContext) -> None:
    """Bureaus of the county, offices of every town."""
    wanted: list[tuple[Node, str, str]] = [(context.county, bureau, "bureau") for bureau in BUREAUS]
    wanted += [(town, office, "office") for town in context.tree.children(context.county) for office in OFFICES]
    scope = ("division_id", *db.SCOPE_COLUMNS)
    context.insert(
        Department, ("uid", "version", "created_at", "updated_at", "created_by", *scope, "name", "short", "kind"),
        [(*context.base(), *ancestor_columns(context.tree, node).values(), name, name[:6], kind)
         for node, name, kind in wanted])
    query = Department.select(Department.division_id, Department.name, Department.id).tuples()
    context.departments.update({(division_id, name): key for division_id, name, key in query})


def _accounts(context: DemoContext) -> None:
    """The two accounts that need no plugin; the plugins add theirs."""
    county = context.county
    for username, label, role in (("admin", _("County administrator"), "core.county_admin"),
                                  ("leader", _("County leader"), "core.leader")):
        context.account(username, label, county, context.person(county), role=role)


def _tell_the_past() -> None:
    """Tell everybody what happened in the demo's half year at the time it happened, so that inboxes look lived in.

    Only the newest few messages of an account are unread, and nothing of it leaves the house.
    """
    present = db.now()
    for row in list(OutboxRow.select().where(OutboxRow.state == PENDING).order_by(OutboxRow.at, OutboxRow.id)):
        event = Event(row.id, row.entity, row.record_id, row.action, row.account_id, row.division_id, row.at,
                      dict(row.facts or {}))
        with db.shift_clock(row.at - present):
            recipients.tell(event)
        OutboxRow.update(marks=sorted({*(row.marks or ()), "core"})).where(OutboxRow.id == row.id).execute()
    Notification.update(planned=True, read_at=Notification.created_at).where(Notification.planned == False).execute()  # noqa: E712
    for (account_id,) in list(Notification.select(Notification.account_id).distinct().tuples()):
        newest = Notification.select(Notification.id).where(
            (Notification.account_id == account_id) & (Notification.created_at > present - UNREAD_DAYS)).order_by(
                Notification.created_at.desc()).limit(MOST_UNREAD).tuples()
        Notification.update(read_at=None).where(Notification.id.in_([row[0] for row in newest])).execute()
