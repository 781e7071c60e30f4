"""The records of plans and receptions. From these the core makes pages, API, export, print and statistics."""
from __future__ import annotations

from grid321.core.api import Counter, Entity
from grid321.core.api import lazy_gettext as _

from . import plan_checks as checks
from . import plan_make
from . import plan_records as written
from .menu_folds import RECEPTION_FOLD
from .plan_choices import DUTY, PLAN, RECEPTION, SCHEDULE, SWAP, WISH, P
from .plan_schemas import DutySchema, PlanSchema, PostponementSchema, ReceptionSchema, ScheduleSchema, SwapSchema, WishSchema
from .reception_models import Duty, Plan, Postponement, Reception, Schedule, Swap, Wish
from .station_choices import LEVELS
from .station_records import home_of_station

KEPT = ("create", "edit", "delete", "export")


ENTITIES = (
    Entity(
        SCHEDULE, Schedule, ScheduleSchema, _("Rules of receptions"),
        columns=("title", "station", "kind", "rrule", "from_minute", "to_day"), filters=("station", "kind", "mode", "to_day"),
        search=("title", "place"), sorts=("-id", "title"), title="title", actions=KEPT, icon="calendar-check", menu="more",
        fold=RECEPTION_FOLD,
        check=checks.check_schedule, home=home_of_station, levels=LEVELS, delete=written.delete_schedule,
        description=_("On which days, at what time, where and with how many deputies a station receives.")),
    Entity(
        PLAN, Plan, PlanSchema, _("Yearly plans of receptions"),
        columns=("number", "station", "year", "spread", "posted_on", "state"), filters=("year", "station", "state"),
        search=("number",), title="number", actions=("create", "export"), icon="calendar-check", menu="more", fold=RECEPTION_FOLD,
        check=plan_make.check, after=plan_make.fill, home=home_of_station, levels=LEVELS, counters=(Counter("state"),),
        news=False, beside=("redraw",),
        description=_("The receptions of a station in a year: drafted, then posted at the door.")),
    Entity(
        RECEPTION, Reception, ReceptionSchema, _("Receptions"),
        columns=("day", "from_minute", "station", "kind", "mode", "voters", "state"),
        filters=("state", "day", "station", "kind", "mode", "plan"), search=("number", "theme", "place"),
        sorts=("day", "-day", "-id"), title="number", actions=("create", "edit", "export"), icon="people",
        check=checks.check_reception, home=home_of_station, levels=LEVELS, beside=("postpone", "drop"), awaited=("hold",),
        steps=(("reminded", _("Reminded of the day")),),
        counters=(Counter("state"), Counter("kind"), Counter("mode")), news=False,
        description=_("Reception days of stations, from the plan to what was done there.")),
    Entity(
        DUTY, Duty, DutySchema, _("Duty roster"), columns=("day", "reception", "deputy", "state", "by"),
        filters=("day", "deputy", "reception", "state"), sorts=("day", "-day", "-id"), title="day", actions=KEPT, icon="people",
        menu="more", fold=RECEPTION_FOLD, check=checks.check_duty, home=written.home_of_duty, levels=LEVELS,
        delete=written.delete_duty,
        description=_("Which deputy is on duty at which reception.")),
    Entity(
        WISH, Wish, WishSchema, _("Wishes for receptions"), columns=("deputy", "kind", "from_day", "to_day", "weekday"),
        filters=("deputy", "kind"), sorts=("-id",), title="kind", actions=KEPT, icon="chat-left-text", menu="more",
        fold=RECEPTION_FOLD,
        check=checks.check_wish, create=written.create_wish, levels=LEVELS,
        description=_("When deputies cannot or would like to receive; the roster heeds it.")),
    Entity(
        SWAP, Swap, SwapSchema, _("Swaps of duties"), columns=("day", "deputy", "other_deputy", "other_day", "state"),
        filters=("state", "station", "deputy", "day"), sorts=("-id", "day"), title="day", actions=("export",),
        icon="arrow-left-right", menu="more", fold=RECEPTION_FOLD,
        description=_("Deputies who asked each other to change places on the roster.")),
    Entity(
        f"{P}postponement", Postponement, PostponementSchema, _("Postponements"),
        columns=("reception", "from_day", "to_day", "told_on", "days", "late"), filters=("station", "late", "told_on"),
        sorts=("-id",), title="from_day", actions=("export",), icon="clock-history", menu=None, levels=LEVELS,
        counters=(Counter("late"),),
        description=_("Receptions that were put off, how many days ahead that was posted, and why.")),
)
