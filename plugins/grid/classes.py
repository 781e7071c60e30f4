"""Lists and values that a county edits: classes of matters, outcomes, ways of handling, clock lengths, tiers.

Where the sources name a thing without explaining it, only the name stands here; a county fills in the rest.
"""
from __future__ import annotations

from grid321.core.api import ClassScheme, Setting, three_levels
from grid321.core.api import lazy_gettext as _

PUBLISHED = _("Published practice of Lan county and Zhengzhou 2012-2024 [place]; the county sets its own")

LEDGER_CLASSES = ClassScheme("grid.ledger_class", _("Classes of ledger information"), (
    ("illegal_production", _("Illegal production")),
    ("illegal_trading", _("Illegal trading")),
    ("illegal_building", _("Illegal building")),
    ("petitions", _("Petitions and stability")),
    ("safety", _("Production safety")),
    ("land", _("Land requisition and demolition")),
    ("organisations", _("Grassroots organisations")),
    ("conduct", _("Party conduct")),
), PUBLISHED)

WAYS = ClassScheme("grid.way", _("Ways of handling (four measures)"), (
    ("alone", _("Handled alone")),
    ("joint", _("Joint enforcement")),
    ("consultation", _("Consultation")),
    ("reviewed", _("Sent up after review")),
), PUBLISHED)

OUTCOMES = ClassScheme("grid.outcome", _("Outcome classes"), (
    ("solved", _("Solved")),
    ("in_progress", _("In progress or planned")),
    ("explained", _("Explained: it cannot be done now")),
    ("reference", _("For reference")),
), _("Working default after the outcome classes A-D of deputies' suggestions [place]; the wording is county data"))

RATINGS = ClassScheme("grid.rating", _("Ratings"), (
    ("satisfied", _("Satisfied")),
    ("basically", _("Basically satisfied")),
    ("not", _("Not satisfied")),
), _("Receipt card (满意度回执卡) of deputies' suggestions, used for reports as well [place]"))

CLASSES = (LEDGER_CLASSES, WAYS, OUTCOMES, RATINGS)


SETTINGS = (
    *three_levels.limits("grid."),
    Setting("grid.solved_outcomes", _("Outcome classes that count as solved"), "text", "solved",
            _("“No money, no project” is not solved. Codes of outcome classes, separated by commas.")),
    Setting("grid.code_digits", _("Digits of a grid's number after the village code"), "int", 3,
            _("Working default: village code and 3 digits [place]"), minimum=1, maximum=6),
    Setting("grid.tier_town", _("Tier of towns and streets (0: none)"), "int", 1,
            _("Common numbering of tiers; places differ [place]"), minimum=0, maximum=5),
    Setting("grid.tier_village", _("Tier of villages and communities (0: none)"), "int", 2,
            _("Common numbering of tiers; places differ [place]"), minimum=0, maximum=5),
    Setting("grid.tier_grid", _("Tier of grids (0: none)"), "int", 3,
            _("Common numbering of tiers; places differ [place]"), minimum=0, maximum=5),
)
