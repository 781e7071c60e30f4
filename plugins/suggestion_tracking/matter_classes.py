"""Lists and values of matters that a county edits: classes, channels' names, ways, outcomes, ratings, lengths of clocks.

Outcomes and ratings are those of deputies' suggestions too. Where the sources name a thing without explaining it, only the
name stands here; a county fills in the rest.
"""
from __future__ import annotations

from grid321.core.api import ClassScheme, Setting, three_levels
from grid321.core.api import lazy_gettext as _

WORKING = _("Working default [place]; the county sets its own")

MATTER_CLASSES = ClassScheme("suggestion_tracking.matter_class", _("Classes of matters"), (
    ("roads", _("Roads and transport")),
    ("water", _("Water, power and heating")),
    ("housing", _("Housing and property management")),
    ("environment", _("Environment and sanitation")),
    ("farming", _("Farming and land")),
    ("education", _("Education")),
    ("health", _("Health and medical insurance")),
    ("welfare", _("Social security and care for the old")),
    ("safety", _("Public safety")),
    ("order", _("Market and public order")),
    ("culture", _("Culture and sports")),
    ("government", _("Work style and government services")),
    ("other", _("Other")),
), WORKING)

WAYS = ClassScheme("suggestion_tracking.way", _("Ways of handling"), (
    ("alone", _("Handled alone")),
    ("joint", _("Handled jointly")),
    ("consultation", _("Consultation")),
    ("mediation", _("Mediation")),
    ("explained", _("Explained only")),
), WORKING)

OUTCOMES = ClassScheme("suggestion_tracking.outcome", _("Outcome classes"), (
    ("A", _("A: solved or mostly solved")),
    ("B", _("B: being solved or planned")),
    ("C", _("C: cannot be solved now")),
    ("D", _("D: for reference")),
), _("Common outcome classes A-D of deputies' suggestions [place]; the wording is county data"))

RATINGS = ClassScheme("suggestion_tracking.rating", _("Ratings"), (
    ("satisfied", _("Satisfied")),
    ("basically", _("Basically satisfied")),
    ("not", _("Not satisfied")),
), _("Receipt card (满意度回执卡) of deputies' suggestions [place]"))

CLASSES = (MATTER_CLASSES, WAYS, OUTCOMES, RATINGS)

SOURCES = (
    ("resident", _("Residents' page")),
    ("grid", _("Grid")),
    ("reception", _("Reception")),
    ("hotline", _("Deputies' hotline")),
    ("email", _("E-mail")),
    ("sms", _("Text message")),
    ("web_api", _("Other system")),
    ("station", _("Liaison station")),
    ("express", _("Express channel")),
)
"""The channels of domain §6. They are fixed, because each is a way into the system with rules of its own."""

SETTINGS = (
    *three_levels.limits("suggestion_tracking.matter_"),
    three_levels.limit("suggestion_tracking.matter_", "feed_back", _("Time to tell resident and deputy the answer"), "5 wd"),
    Setting("suggestion_tracking.solved_outcomes", _("Outcome classes that count as solved"), "text", "A",
            _("“No money, no project” is not solved. Codes of outcome classes, separated by commas.")),
)
