"""Words and lengths of supervision that a county may set: ratings' parts, forms of inspections, limits, questions."""
from __future__ import annotations

from grid321.core.api import ClassScheme, Setting
from grid321.core.api import lazy_gettext as _

KEY = "suggestion_tracking"
WORKING = _("Working default [place]; the county sets its own")

KINDS = (("first", _("First inspection")), ("second", _("Second inspection")), ("third", _("Third inspection")),
         ("look_back", _("Look-back")), ("random", _("Random check")), ("round", _("Inspection of a round")))
RESULTS = (("in_order", _("In order")), ("to_improve", _("To be improved")), ("not_in_order", _("Not in order")))
YES_NO = (("yes", _("Yes")), ("partly", _("Partly")), ("no", _("No")), ("not_asked", _("Does not apply")))
LETTERS = (("slip", _("Supervision slip")), ("letter", _("Supervision letter")))
PERIODS = (("month", _("Monthly round")), ("quarter", _("Quarterly round")))
CHANNELS = (("account", _("The deputy’s account")), ("paper", _("Paper card")), ("link", _("Signed link")))
POOLS = (("handling", _("Being handled")), ("answered", _("Answered and not concluded")), ("ended", _("Concluded")),
         ("all", _("All that were handed over")))
THREE = ("first", "second", "third")

FORMS = ClassScheme(f"{KEY}.inspection_form", _("Forms of inspections"), (
    ("ordinary", _("By the papers")),
    ("key", _("Key inspection")),
    ("concentrated", _("Concentrated inspection")),
    ("on_site", _("On site")),
    ("face_to_face", _("Face to face")),
    ("telephone", _("By telephone")),
    ("interview", _("Back-to-back interview")),
), _("Forms of supervision (重点、集中、实地、面对面、电话、背靠背) [place]"))

CAUSES = ClassScheme(f"{KEY}.letter_cause", _("Causes of supervision letters"), (
    ("overdue", _("Limit has run out")),
    ("no_contact", _("The deputy was not met")),
    ("commitment", _("Promise not kept")),
    ("not_satisfied", _("The deputy is not satisfied")),
    ("inspection", _("Found by an inspection")),
    ("other", _("Other")),
), WORKING)

CLASSES = (FORMS, CAUSES)

SETTINGS = (
    Setting(f"{KEY}.limit_letter", _("A supervision letter is answered within"), "length", "10 wd", WORKING),
    Setting(f"{KEY}.limit_rectify", _("A problem of the lists is put right within"), "length", "1 m", WORKING),
    Setting(f"{KEY}.limit_look_back", _("A look-back is made within"), "length", "3 m", WORKING),
    Setting(f"{KEY}.limit_check", _("A random or round check is made within"), "length", "1 m", WORKING),
    Setting(f"{KEY}.limit_progress", _("A unit reports on a promise at least every"), "length", "3 m", WORKING, optional=True),
    Setting(f"{KEY}.limit_evaluate", _("A result rejected twice is evaluated within"), "length", "1 m", WORKING),
    Setting(f"{KEY}.dissatisfied_by", _("A suggestion is handled again when the deputy is not satisfied with"), "choice",
            "result", WORKING, choices=(("result", _("the result")), ("either", _("the result or the attitude")))),
    Setting(f"{KEY}.receipt_link_days", _("The link of a receipt card is valid for (days)"), "int", 30, WORKING, minimum=1,
            maximum=180),
)
