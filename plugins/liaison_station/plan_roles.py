"""Who plans receptions, posts and postpones them. A deputy sees the receptions of the place and enters the own wishes."""
from __future__ import annotations

from dataclasses import replace

from grid321.core.api import lazy_gettext as _

from .plan_choices import P
from .station_roles import COUNTY, LIAISON, TOWN, VIEWER, may

MAKE, RUN, ALL_WISHES, OWN = f"{P}plan_make", f"{P}reception_run", f"{P}wish_all", f"{P}duty_own"
SEE = may("schedule.view", "plan.view", "reception.view", "duty.view", "postponement.view")
WISHES = (*may("wish.view,create,edit,delete", "swap.view"), ALL_WISHES)
KEEP = (*may("schedule.create,edit,delete,export", "plan.create,export", "reception.create,edit,export",
             "duty.create,edit,delete,export", "postponement.export", "wish.export", "swap.export"), MAKE, RUN)

ROLES = (
    replace(COUNTY, permissions=(*SEE, *WISHES, *KEEP)),
    replace(TOWN, permissions=(*SEE, *WISHES, *KEEP)),
    replace(LIAISON, permissions=(*SEE, *WISHES, *KEEP)),
    replace(VIEWER, permissions=SEE),
)
GRANTS = {"core.deputy": (*SEE, *may("wish.view,create,edit,delete", "swap.view"), OWN)}

PERMISSIONS = (
    (MAKE, _("Make yearly plans of receptions and draw their rosters")),
    (RUN, _("Post, postpone, hold and drop receptions")),
    (OWN, _("See one’s own reception days and change places with other deputies")),
    (ALL_WISHES, _("See and enter the wishes of every deputy")),
)
