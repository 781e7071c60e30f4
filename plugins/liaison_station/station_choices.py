"""Lists and values of stations that a county edits: kinds, papers on the wall, the staffing rule.

The strict rule of the published sources is the default. A county that does it otherwise sets its own value with its source; the
findings of a station name both.
"""
from __future__ import annotations

import re

from grid321.core.api import ClassScheme, Setting
from grid321.core.api import lazy_gettext as _

P = "liaison_station."
LEVELS = ("city", "county", "town", "village")
STAFF = (("head", _("Station head")), ("deputy_head", _("Deputy head of the station")), ("liaison", _("Liaison officer")))
WEEKDAYS = (("0", _("Each Monday")), ("1", _("Each Tuesday")), ("2", _("Each Wednesday")), ("3", _("Each Thursday")),
            ("4", _("Each Friday")), ("5", _("Each Saturday")), ("6", _("Each Sunday")))
STEPS = (("tablet_opened", _("The tablet was opened for rating")), ("tablet_closed", _("The tablet was closed")),
         ("slips_made", _("Slips for voters were made")))
"""What is noted in the history of a station beside changes of its fields."""
CONDITIONS = (("good", _("In good condition")), ("repair", _("Needs repair")), ("gone", _("No longer there")))
MONEY = (("budget", _("Budget")), ("grant", _("Grant")), ("spent", _("Spent")))
CLASSES_OF_STATIONS = (("one", _("Class I")), ("two", _("Class II")))
MODEL_STATIONS = (("city", _("Model station of the city")), ("province", _("Model station of the province")))

KINDS = ClassScheme(f"{P}kind", _("Kinds of stations"), (
    ("home", _("Deputies’ home")),
    ("central", _("Central liaison station")),
    ("station", _("Local liaison station")),
    ("office", _("Deputies’ office")),
    ("head", _("Head liaison station")),
    ("point", _("Liaison point")),
    ("industry", _("Liaison station of an industry")),
    ("park", _("Theme park of the people’s congress")),
), _("Kinds named by published articles on home, station and office [place]; the county edits this list"))

PAPERS = ClassScheme(f"{P}paper", _("Kinds of papers on the wall"), (
    ("duty", _("Duty")),
    ("system", _("Working system")),
    ("workflow", _("Flow of work")),
    ("other", _("Other paper on the wall")),
), _("Two duties and six systems hang on the wall; the sources name no titles [undefined]: the county gives them"))

CLASSES = (KINDS, PAPERS)

ONE_OF_EACH = _("Published staffing rule: one head, one deputy head, one or two liaison officers [place]")
WHO_LEADS = _("Published staffing rule: the head of a town’s station is the chair of its congress, that of a village’s station "
              "its Party secretary who is a deputy [place]")
HEAD_RULES = {"chair": _("the chair of the town’s congress"),
              "secretary_deputy": _("the village’s Party secretary, who is a deputy"), "deputy": _("a deputy"),
              "free": _("anybody")}
"""Who may be the head of a station, in words that end the sentence “The head is …”."""


def codes(text: str) -> str:
    """A list of codes as it is stored: ``a,b``. Raises ``ValueError`` in words for anything else."""
    found = [part.strip() for part in re.split(r"[,，、;；\s]+", text) if part.strip()]
    if any(not re.fullmatch(r"[a-z0-9_]{1,60}", one) for one in found):
        raise ValueError(_("Write codes of small letters, digits and underscores, separated by commas."))
    return ",".join(dict.fromkeys(found))


def _number(name: str, label: object, default: int) -> Setting:
    return Setting(f"{P}{name}", label, "int", default, ONE_OF_EACH, minimum=0, maximum=20)


SETTINGS = (
    Setting(f"{P}staffed_kinds", _("Kinds of stations for which the staffing rule holds"), "text",
            "home,central,station,office,head,industry",
            _("Working default: points and parks are looked after by the station above them"), check=codes),
    _number("staff_head", _("Heads of a station"), 1),
    _number("staff_deputy_head", _("Deputy heads of a station"), 1),
    _number("staff_liaison", _("Liaison officers of a station, at least"), 1),
    _number("staff_liaison_most", _("Liaison officers of a station, at most"), 2),
    Setting(f"{P}staff_party", _("That a full Party member is among deputy head and liaison officers is confirmed"), "flag", True,
            _("Published staffing rule: at least one full Party member among deputy head and liaison officers [place]. Only the "
              "confirmation is kept, no person’s membership")),
    Setting(f"{P}headed_kinds", _("Kinds of stations for which the rule of the head holds"), "text", "home,central,station",
            _("Working default: offices, industry stations and parks choose their head"), check=codes),
    Setting(f"{P}head_town", _("The head of a town’s station is"), "choice", "chair", WHO_LEADS,
            choices=tuple((key, HEAD_RULES[key]) for key in ("chair", "deputy", "free"))),
    Setting(f"{P}head_village", _("The head of a village’s station is"), "choice", "secretary_deputy", WHO_LEADS,
            choices=tuple((key, HEAD_RULES[key]) for key in ("secretary_deputy", "deputy", "free"))),
    Setting(f"{P}chair_posts", _("Posts that show who chairs the town’s congress"), "text", "station_congress_chair",
            _("Working default: the post that this plugin brings"), check=codes),
    Setting(f"{P}secretary_posts", _("Posts that show who is Party secretary of a village"), "text",
            "station_village_secretary,grid_village_secretary",
            _("Working default: the post that this plugin brings, and that of grids where they are on"), check=codes),
)
