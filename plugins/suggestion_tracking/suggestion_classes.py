"""Lists and values of suggestions that a county edits: subjects, what is no suggestion, the quality gate, the meetings."""
from __future__ import annotations

from grid321.core.api import ClassScheme, Setting
from grid321.core.api import lazy_gettext as _

WORKING = _("Working default [place]; the county sets its own")

SUBJECTS = ClassScheme("suggestion_tracking.subject", _("Subjects of suggestions"), (
    ("economy", _("Industry and economy")),
    ("finance", _("Finance and budget")),
    ("building", _("Town planning and building")),
    ("transport", _("Transport and post")),
    ("farming", _("Farming, forestry and water")),
    ("environment", _("Environment and resources")),
    ("education", _("Education and science")),
    ("health", _("Health and medical care")),
    ("welfare", _("Employment and social security")),
    ("culture", _("Culture, sports and tourism")),
    ("order", _("Public security and courts")),
    ("government", _("Government and grassroots work")),
    ("other", _("Other")),
), WORKING)

EXCLUDED = ClassScheme("suggestion_tracking.excluded", _("Kinds that are not taken as suggestions"), (
    ("personal", _("A personal matter of the deputy or of relatives")),
    ("petition", _("A petition of residents that is only passed on")),
    ("case", _("A single case before a court, a prosecutor or an arbitrator")),
    ("academic", _("An academic question or the promotion of a product")),
    ("business", _("The interest of a single firm")),
    ("empty", _("No concrete content")),
    ("level", _("Outside the powers of this county or town")),
    ("party", _("An internal matter of a Party or social organisation")),
    ("other", _("Another reason")),
), _("Common rules on handling deputies' suggestions; the county sets its own"))

CLASSES = (SUBJECTS, EXCLUDED)

SETTINGS = (
    Setting("suggestion_tracking.quality_least", _("Characters that the content of a suggestion has at least (0: not checked)"),
            "int", 50, _("Quality gate before the session: a working default [place]"), minimum=0, maximum=2000),
    Setting("suggestion_tracking.quality_parts", _("What a suggestion must contain beside its content"), "choice", "both",
            _("A suggestion states the matter, the reasons and a proposal [place]"),
            choices=(("both", _("Reasons and a proposal")), ("proposal", _("A proposal")), ("none", _("Nothing else")))),
    Setting("suggestion_tracking.meetings_before_reply", _("Meetings with the deputy that must be recorded before the reply"),
            "choice", "all", _("Three meetings (三见面): before, during and after the handling [place]"),
            choices=(("all", _("Before, during and after the handling")), ("two", _("Before and during the handling")),
                     ("one", _("Before the handling")), ("none", _("None")))),
)

STAGES_NEEDED = {"all": ("before", "during", "after"), "two": ("before", "during"), "one": ("before",), "none": ()}
"""Choice of the setting on meetings → the stages that must be recorded."""
