"""Who confirms, keeps, publishes and reads deputies' files."""
from __future__ import annotations

from dataclasses import replace

from grid321.core.api import Link, Setting
from grid321.core.api import lazy_gettext as _

from . import file_more
from .file_year import KEEP, OWN, PUBLISH
from .menu_folds import DEPUTY_FOLD
from .station_roles import COUNTY, LIAISON, TOWN, VIEWER, P, may

SEE_ALL, TABLET = f"{P}file_all", f"{P}file_tablet"
SEE = may("deed.view", "year.view")
READ = (*SEE, SEE_ALL)
LOOK = (*READ, *may("deputy.view"))
OFFICE = (*READ, *may("deed.create,export", "year.create,edit,export", "scheme.view,create,edit,delete,export"), KEEP, PUBLISH,
          TABLET)

ROLES = (
    replace(COUNTY, permissions=OFFICE),
    replace(TOWN, permissions=OFFICE),
    replace(LIAISON, permissions=(*READ, *may("deed.create"), KEEP, TABLET)),
    replace(VIEWER, permissions=READ),
)

GRANTS = {"core.deputy": (*SEE, *may("year.edit"), OWN), "core.leader": LOOK, "core.supervisor": LOOK}

PERMISSIONS = (
    (SEE_ALL, _("See the files of all deputies, not only one’s own")),
    (OWN, _("Confirm one’s own file as a deputy, or object")),
    (KEEP, _("Answer deputies’ objections, correct entries, enter what is confirmed on paper")),
    (TABLET, _("Open the tablet of a station on which voters rate its deputies, and print slips for it")),
    (PUBLISH, _("Check, publish and close deputies’ years, and run their rating by voters")),
)

SETTINGS = (
    *file_more.SETTINGS,
    Setting(f"{P}rating_length", _("Voters rate a published year for"), "length", "30 d",
            _("A working default: the law names no length")),
    Setting(f"{P}rating_least", _("Least number of voices with which a rating is shown"), "int", 10,
            _("A working default: fewer might tell who said what"), minimum=3, maximum=1000),
)

LINKS = (
    Link(f"{P}my_file", _("My duties as a deputy"), "person-badge", OWN, "main", first=True),
    Link(f"{P}my_file", _("My duties as a deputy"), "person-badge", OWN, "quick"),
    Link(f"{P}files", _("Deputies’ files"), "journal-check", SEE_ALL, "more", fold=DEPUTY_FOLD),
)
