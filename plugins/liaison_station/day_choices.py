"""Lists, values and settings of the reception day: subjects, ways, outcomes and ratings of opinions, lengths of their clocks.

Where the sources name a thing without explaining it, only the name stands here; a county fills in the rest.
"""
from __future__ import annotations

from grid321.core.api import ClassScheme, Setting, three_levels
from grid321.core.api import lazy_gettext as _

PLUGIN = "liaison_station"
P = f"{PLUGIN}."
STEM = f"{P}opinion_"
TELL = f"{P}tell_fed_back"
VISIT, OPINION = f"{P}visit", f"{P}opinion"
WORKING = _("Working default [place]; the county sets its own")

SUBJECTS = ClassScheme(f"{P}opinion", _("Subjects of opinions"), (
    ("roads", _("Roads and transport")),
    ("water", _("Water, power and heating")),
    ("housing", _("Housing and property management")),
    ("environment", _("Environment and sanitation")),
    ("farming", _("Farming and land")),
    ("education", _("Education")),
    ("health", _("Health and medical insurance")),
    ("welfare", _("Social security and care for the old")),
    ("safety", _("Public safety")),
    ("dispute", _("Disputes between neighbours")),
    ("government", _("Work style and government services")),
    ("other", _("Other")),
), WORKING)

WAYS = ClassScheme(f"{P}way", _("Ways of handling an opinion"), (
    ("alone", _("Handled alone")),
    ("joint", _("Joint consultation with departments")),
    ("mediation", _("Mediation by deputies")),
    ("passed", _("Passed on to a unit outside")),
    ("explained", _("Explained only")),
), WORKING)

OUTCOMES = ClassScheme(f"{P}outcome", _("Outcomes of opinions"), (
    ("A", _("A: solved or mostly solved")),
    ("B", _("B: being solved or planned")),
    ("C", _("C: cannot be solved now")),
    ("D", _("D: for reference")),
), WORKING)

RATINGS = ClassScheme(f"{P}rating", _("Ratings by voters"), (
    ("satisfied", _("Satisfied")),
    ("basically", _("Basically satisfied")),
    ("not", _("Not satisfied")),
), WORKING)

CLASSES = (SUBJECTS, WAYS, OUTCOMES, RATINGS)

KINDS = (("opinion", _("Opinion or request")), ("question", _("Question or advice")), ("thanks", _("Thanks")),
         ("other", _("Other")))
"""What somebody came with."""

RESULTS = (("draft", _("Kept as a draft")), ("answered", _("Answered at once")), ("opinion", _("Becomes an opinion")))
"""What became of a line of the register. An answer at once settles the line; as solved count only opinions that were handled."""

MODES = (("offline", _("In person")), ("online", _("Online or by telephone")))

SETTINGS = (
    *three_levels.limits(STEM),
    three_levels.limit(STEM, "feed_back", _("Time to tell deputy and voter the answer"), "5 wd"),
    three_levels.limit(STEM, "outside", _("Time for a unit outside to answer a passed-on opinion"), "1 m"),
    Setting(f"{P}solved_outcomes", _("Outcomes that count as solved"), "text", "A",
            _("“No money, no project” is not solved. Codes of outcomes, separated by commas.")),
    Setting(TELL, _("Send voters the link to rate by text message once they were told the answer"), "flag", True,
            _("Platform default: where the county has set up a gateway for text messages")),
    Setting(f"{P}rating_link_days", _("Days for which a voter’s link to rate an answer is good"), "int", 30,
            _("Platform default"), minimum=1, maximum=365),
)
