"""The records of activities. From these the core makes pages, API, export, print and statistics."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Counter, Entity, Node
from grid321.core.api import lazy_gettext as _

from . import activity_rooms, attendance
from .activity_choices import LEVELS
from .activity_models import Activity, Attendance, PastActivity, Result, Theme
from .activity_past import check_past, create_past, delete_past
from .activity_rules import check_activity, check_result, check_theme
from .activity_schemas import ActivitySchema, AttendanceSchema, PastSchema, ResultSchema, ThemeSchema
from .menu_folds import ACTIVITY_FOLD
from .station_records import home_of_station

P = "liaison_station."


def after_activity(record: Any, values: dict[str, Any], actor: Actor, node: Node) -> None:
    """The list follows the day of its activity; who is invited already hears of another day, time or place."""
    if values.keys() & activity_rooms.PARTS:
        activity_rooms.follow(record, actor)
    if "day" in values:
        attendance.follow_day(record, record.day)
    if record.state == "announced" and values.keys() & {"day", "from_minute", "place"}:
        attendance.tell(record, attendance.CHANGED)


THEME = Entity(
    f"{P}theme", Theme, ThemeSchema, _("Themes of quarters"), columns=("year", "quarter", "title", "division_id"),
    filters=("year", "quarter"), search=("title",), sorts=("-year", "-quarter", "-id"), title="title",
    actions=("create", "edit", "export"), icon="bookmark", menu="more", fold=ACTIVITY_FOLD, levels=LEVELS, check=check_theme,
    description=_("What the activities of a quarter are about, set by county or town."))

ACTIVITY = Entity(
    f"{P}activity", Activity, ActivitySchema, _("Activities"), columns=("number", "title", "kind", "station", "day", "state"),
    filters=("kind", "state", "station", "day", "collective", "themed"), search=("number", "title"), sorts=("-day", "-id"),
    title="title", actions=("create", "edit", "export"), icon="people", levels=LEVELS, check=check_activity, after=after_activity,
    counters=(Counter("state"), Counter("kind,state")),
    description=_("What deputies do beside receptions: planned, announced, held and written up."))

ATTENDANCE = Entity(
    f"{P}attendance", Attendance, AttendanceSchema, _("Attendance"),
    columns=("activity", "person", "guest", "role", "answer", "came"),
    filters=("activity", "person", "role", "answer", "came", "day"), search=("guest",), title="guest",
    actions=("delete", "export"), icon="check2-square", menu=None, levels=LEVELS, delete=attendance.refuse_said,
    description=_("Who was invited to activities, what they answered and who was there."))

PAST = Entity(
    f"{P}past", PastActivity, PastSchema, _("Activities of earlier books"), columns=("day", "title", "station", "activity"),
    filters=("station", "day"), search=("title",), sorts=("-day", "-id"), title="title",
    actions=("create", "delete", "import", "export"), icon="archive", menu="more", fold=ACTIVITY_FOLD, levels=LEVELS,
    home=home_of_station, check=check_past, create=create_past, delete=delete_past,
    description=_("Activities of earlier years from the books of the stations: each line becomes an activity with its "
                  "attendance. Until it is confirmed there, it can be taken back here."))

RESULT = Entity(
    f"{P}result", Result, ResultSchema, _("Results"), columns=("title", "kind", "fen", "quantity", "unit", "station", "day"),
    filters=("kind", "activity", "station", "day"), search=("title",), sorts=("-day", "-id"), title="title",
    actions=("create", "edit", "delete", "export"), icon="check2", menu="more", fold=ACTIVITY_FOLD, levels=LEVELS,
    check=check_result,
    counters=(Counter("kind"),), description=_("What activities and stations reached, with money and quantities."))

ENTITIES = (THEME, ACTIVITY, ATTENDANCE, RESULT, PAST)
