"""Lists and values of activities that a county edits: kinds and what each demands, results, the rhythm that is expected.

The rhythm is that of published articles; a county sets its own numbers with their source, 0 for what it does not ask.
"""
from __future__ import annotations

import re

from grid321.core.api import ClassScheme, Setting
from grid321.core.api import lazy_gettext as _

from .station_choices import codes

P = "liaison_station."
LEVELS = ("city", "county", "town", "village")
ROLES = (("deputy", _("Deputy")), ("leader", _("Leader")), ("department", _("Department")),
         ("grid", _("Grid worker or grid head")), ("other", _("Somebody else")))
ANSWERS = (("comes", _("Comes")), ("cannot", _("Cannot come")))
WITHDRAWN = ("withdrawn", _("Invitation withdrawn"))
"""What stands where an answer would: the mandate rests or has ended."""
WAYS = (("list", _("By the officer’s list")), ("qr", _("By the code shown there")))
WHOM = (("station", _("All deputies of the station")), ("group", _("A delegation or group of deputies")),
        ("person", _("One person")))
PRESENCE = (("yes", _("Was there")), ("no", _("Was not there")), ("unknown", _("Not known")))

KINDS = ClassScheme(f"{P}activity", _("Kinds of activities"), (
    ("sit_in", _("Sit-in at the station")),
    ("consultation", _("Joint consultation with departments")),
    ("go_out", _("Go-out")),
    ("inspection", _("Inspection by deputies")),
    ("unannounced", _("Unannounced check")),
    ("follow_up", _("Follow-up visit")),
    ("study", _("Study")),
    ("council", _("Deputies’ appointment council")),
    ("mediation", _("Mediation by deputies")),
    ("leaders_day", _("Leaders’ station day")),
    ("four_meetings", _("Four meetings")),
    ("theme", _("Activity on the theme of the quarter")),
    ("station", _("Monthly activity of the station")),
    ("group", _("Quarterly activity of a group of deputies")),
), _("Kinds named by published articles: sit-in, joint consultation, go-out, appointment council, mediation, four meetings "
     "[place]"))

RESULTS = ClassScheme(f"{P}result", _("Kinds of results"), (
    ("solved", _("Problem solved")),
    ("built", _("Built or repaired")),
    ("money", _("Money brought in")),
    ("helped", _("People helped")),
    ("advice", _("Advice to government or court")),
    ("rule", _("Rule made or changed")),
    ("other", _("Other")),
), _("Working default: no source gives a list; the county edits it"))

CLASSES = (KINDS, RESULTS)

DEMANDS = {"minutes": _("minutes"), "departments": _("the departments that took part"), "study": _("what was studied before"),
           "result": _("a result with money or quantity, or in words"), "theme": _("the theme of the quarter"),
           "agenda": _("time and place in the announcement")}
"""What an activity of a kind must have before it counts as written up (``agenda``: before it is announced)."""

DEFAULT_DEMANDS = ("sit_in: agenda; consultation: agenda minutes departments; go_out: study minutes; "
                   "inspection: study minutes departments; unannounced: minutes; follow_up: minutes result; study: study; "
                   "council: agenda minutes; mediation: minutes result; leaders_day: agenda minutes; four_meetings: minutes; "
                   "theme: study minutes theme; station: minutes; group: study minutes")
_ONE = re.compile(r"([a-z0-9_]{1,40})\s*[:：]\s*([a-z ]*)")


def parse_demands(text: str) -> dict[str, tuple[str, ...]]:
    """What each kind demands, from ``kind: word word; kind: word``. Raises ``ValueError`` in words for anything else."""
    found: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (piece.strip() for piece in re.split(r"[;；\n]", text))):
        one = _ONE.fullmatch(part)
        if one is None:
            raise ValueError(_("Write each kind with what it demands, as in: council: agenda minutes; study: study"))
        words = tuple(dict.fromkeys(one[2].split()))
        unknown = [word for word in words if word not in DEMANDS]
        if unknown:
            raise ValueError(_("“%(word)s” can not be demanded. Choose from: %(words)s.", word=unknown[0],
                               words=", ".join(DEMANDS)))
        found[one[1]] = words
    return found


def demands_text(text: str) -> str:
    """The demands as they are stored. Raises ``ValueError`` as ``parse_demands``."""
    return "; ".join(f"{kind}: {' '.join(words)}".rstrip() for kind, words in parse_demands(text).items())


THEME_MONTH = _("A theme each quarter, an activity each month (一季一主题、一月一活动) [place]")
WORKING = _("Working default [place]; the county sets its own")


def _times(name: str, label: object, default: int, source: object) -> Setting:
    return Setting(f"{P}rhythm_{name}", label, "int", default, source, minimum=0, maximum=31)


SETTINGS = (
    Setting(f"{P}activity_demands", _("What each kind of activity demands before it is written up"), "text", DEFAULT_DEMANDS,
            _("Working default after published articles: study before activity, consultation with departments, results named "
              "[place]"), check=demands_text),
    Setting(f"{P}limit_write_up", _("An activity is written up within"), "length", "7 d", WORKING),
    Setting(f"{P}rhythm_kinds", _("Kinds of stations whose rhythm is watched"), "text", "home,central,station",
            _("Working default: points, offices, industry stations and parks have no rhythm of their own in the sources"),
            check=codes),
    _times("theme", _("Themes of a quarter, at the station’s division or above"), 1, THEME_MONTH),
    _times("month", _("Activities of a station in a month, at least"), 1, THEME_MONTH),
    _times("group", _("Group activities of a station in a quarter, at least"), 1,
           _("Deputies of a group act together once a quarter [place]")),
    _times("council", _("Appointment councils of a station in a month, at least"), 1,
           _("Deputies’ appointment council (代表有约), each month [place]")),
)
