"""Words and lengths of checklists and ratings that a county may set: items, when a station is rated again."""
from __future__ import annotations

from grid321.core.api import ClassScheme, Setting
from grid321.core.api import lazy_gettext as _

from .station_choices import KINDS, codes

P = "liaison_station."
WORKING = _("Working default [place]; the county sets its own")

KLASSES = (("one", _("Class I")), ("two", _("Class II")), ("none", _("No class")))
MODELS = (("province", _("Model station of the province")), ("city", _("Model station of the city")),
          ("none", _("No model station")))

HAVE = ClassScheme(f"{P}have", _("Ten haves of a station"), (
    ("premises", _("Premises")),
    ("organisation", _("Organisation")),
    ("equipment", _("Office equipment")),
    ("duties", _("Duties")),
    ("systems", _("Systems")),
    ("workflow", _("Workflow")),
    ("plan", _("Yearly plan")),
    ("performance", _("Display of deputies’ performance")),
    ("activities", _("Display of activities")),
    ("archive", _("Archive")),
), _("The ten haves (十有) [place: Yuzhou]; a county words, adds and drops items. One that it adds is attested by a person."))

SITING = ClassScheme(f"{P}siting", _("Siting rules of a station"), (
    ("siting_1", _("Siting rule 1")),
    ("siting_2", _("Siting rule 2")),
    ("siting_3", _("Siting rule 3")),
    ("siting_4", _("Siting rule 4")),
), _("Four siting rules are named by the sources and nowhere explained: the county writes their words here."))

CLASSES = (HAVE, SITING)

RERATE, ATTESTED, SHOWN, STILL = f"{P}rerate_months", f"{P}attested_months", f"{P}shown_days", f"{P}still_days"
RATED = f"{P}rated_kinds"
EVERY_KIND = ",".join(code for code, _label in KINDS.items)

SETTINGS = (
    Setting(RERATE, _("A station is rated again after (months)"), "int", 12, _("Re-rated yearly [place]"), minimum=1, maximum=60,
            optional=True),
    Setting(RATED, _("Kinds of stations that are rated each year"), "text", EVERY_KIND,
            _("The sources rate stations of towns, some places all [place]; codes with a comma between them"), check=codes),
    Setting(ATTESTED, _("What a person attested of a station holds for (months)"), "int", 12, WORKING, minimum=1, maximum=60),
    Setting(SHOWN, _("An activity counts as displayed for (days)"), "int", 90, WORKING, minimum=7, maximum=400),
    Setting(STILL, _("A station stands still after (days without reception or activity)"), "int", 60, WORKING, minimum=7,
            maximum=400),
)
