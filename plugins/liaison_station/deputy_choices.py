"""Lists and values of deputies that a county edits: which stations take which level, reasons, skills, ways of contact."""
from __future__ import annotations

from grid321.core.api import ClassScheme, Setting
from grid321.core.api import lazy_gettext as _

from .station_choices import codes

P = "liaison_station."

MANDATES = (
    ("national", _("National People’s Congress")), ("province", _("Provincial people’s congress")),
    ("city", _("City people’s congress")), ("county", _("County people’s congress")), ("town", _("Town people’s congress")),
)
"""Levels of a people's congress, highest first."""

POSTS = {level: f"core_deputy_{level}" for level, _label in MANDATES}
"""Level of a mandate → the core's post, by which every plugin knows the deputy."""

ACTIVE, SUSPENDED, ENDED = "active", "suspended", "ended"
STATUSES = ((ACTIVE, _("Active")), (SUSPENDED, _("Suspended")), (ENDED, _("Mandate ended")))
GROUPS = (("delegation", _("Delegation")), ("group", _("Group of deputies")))
CONTACTS = (("deputy", _("With a deputy")), ("voter", _("With a voter")))
WAYS = (("visit", _("Visit")), ("phone", _("By telephone")), ("meeting", _("Meeting")), ("message", _("By written message")))

REASONS = ClassScheme(f"{P}status_reason", _("Reasons why a mandate is suspended or ends"), (
    ("detained", _("Detained: under investigation, prosecution or trial for a crime")),
    ("sentenced", _("Serving a sentence without loss of political rights")),
    ("term_over", _("The term is over")),
    ("resigned", _("The resignation was accepted")),
    ("moved", _("Moved away from the area of the congress")),
    ("absent", _("Absent from two sessions without leave")),
    ("recalled", _("Recalled")),
    ("incapable", _("Lost the capacity to act")),
    ("rights_lost", _("Lost nationality or political rights")),
    ("died", _("Died")),
    ("other", _("Another reason, written beside")),
), _("Deputies Law: when the exercise of a mandate is suspended and when a mandate ends; the county edits the wording"))

SKILLS = ClassScheme(f"{P}skill", _("Skills of deputies"), (
    ("law", _("Law")), ("farming", _("Farming")), ("health", _("Health")), ("education", _("Education")),
    ("building", _("Building and planning")), ("environment", _("Environment")), ("business", _("Business and finance")),
    ("mediation", _("Mediation")), ("other", _("Other")),
), _("A working default: the county edits this list"))

CLASSES = (REASONS, SKILLS)

_RULE = _("Published placement: deputies of province, city and county belong to the home, those of city and county to the town’s "
          "station, those of the town to the village’s station [place]")
_DEFAULTS = {"national": "home", "province": "home", "city": "home,central", "county": "home,central", "town": "station"}
_LABELS = {
    "national": _("Kinds of stations that take deputies to the National People’s Congress"),
    "province": _("Kinds of stations that take deputies to the provincial congress"),
    "city": _("Kinds of stations that take deputies to the city’s congress"),
    "county": _("Kinds of stations that take deputies to the county’s congress"),
    "town": _("Kinds of stations that take deputies to the town’s congress"),
}

SETTINGS = (
    *(Setting(f"{P}stations_of_{level}", _LABELS[level], "text", _DEFAULTS[level], _RULE, check=codes) for level, _l in MANDATES),
    Setting(f"{P}contact_committee", _("Only members of the standing committee keep contact with deputies"), "flag", True,
            _("Double contact: members of the standing committee with deputies, deputies with voters [place]")),
)
