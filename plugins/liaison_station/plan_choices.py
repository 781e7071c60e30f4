"""Lists and settings of receptions: kinds, modes, what a holiday does, how long ahead a postponement is posted, reminders."""
from __future__ import annotations

from grid321.core.api import Setting
from grid321.core.api import lazy_gettext as _

from .calendar_rules import KEEP, NEXT, SKIP
from .roster import CANNOT, LIKES

PLUGIN = "liaison_station"
P = f"{PLUGIN}."
RECEPTION, PLAN, DUTY, SCHEDULE, WISH, SWAP = (
    f"{P}{name}" for name in ("reception", "plan", "duty", "schedule", "wish", "swap"))
PUBLIC = ("posted", "postponed", "held")
"""States of a reception that everybody may know."""
COMING = ("posted", "postponed")

KINDS = (("reception", _("Reception day")), ("evening", _("Evening reception")), ("leaders", _("Leaders’ station day")))
MODES = (("offline", _("In person")), ("online", _("Online")), ("both", _("In person and online")))
ON_HOLIDAY = ((KEEP, _("It is held all the same")), (SKIP, _("It is left out")), (NEXT, _("It moves to the next working day")))
WISHES = ((CANNOT, _("Cannot come")), (LIKES, _("Would like to come")))
WEEKDAYS = (("0", _("Monday")), ("1", _("Tuesday")), ("2", _("Wednesday")), ("3", _("Thursday")), ("4", _("Friday")),
            ("5", _("Saturday")), ("6", _("Sunday")))
DUTY_STATES = (("planned", _("On the roster")), ("came", _("Was there")), ("excused", _("Excused")),
               ("absent", _("Was not there")))
DUTY_WAYS = (("turn", _("By turn")), ("wish", _("By own wish")), ("hand", _("Entered by hand")),
             ("swap", _("By a swap")))
SWAP_STATES = (("asked", _("Exchange asked for")), ("agreed", _("Agreed")), ("refused", _("Not agreed to")),
               ("withdrawn", _("Withdrawn")))

SETTINGS = (
    Setting(f"{P}postpone_days", _("A postponement is posted so many days ahead"), "int", 3,
            _("A postponement must be posted three days ahead (published station rules) [place]"), minimum=0, maximum=30),
    Setting(f"{P}limit_post_plan", _("A drafted yearly plan is posted within"), "length", "30 d",
            _("Working default [place]; the county sets its own")),
    Setting(f"{P}remind_days", _("Deputies and liaison officers are reminded so many days before a reception"), "int", 3,
            _("Working default [place]; the county sets its own"), minimum=1, maximum=14),
)
