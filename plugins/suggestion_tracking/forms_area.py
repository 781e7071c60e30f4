"""The forms on paper and as Word files (docs/forms.md)."""
from __future__ import annotations

from grid321.core.api import Setting
from grid321.core.api import lazy_gettext as _

from . import forms_bulletin, forms_ledgers, forms_matter, forms_suggestion, forms_supervision

DOCUMENTS = (*forms_matter.DOCUMENTS, *forms_suggestion.DOCUMENTS, *forms_supervision.DOCUMENTS, *forms_ledgers.DOCUMENTS,
             *forms_bulletin.DOCUMENTS)

SETTINGS = (
    Setting("suggestion_tracking.letter_copies", _("Copies of the reply letter go to"), "text", "",
            source=_("Printed below the letter; empty: nothing is printed")),
    Setting("suggestion_tracking.supervision_letterhead", _("Letterhead of supervision letters"), "text", "",
            source=_("Empty: the office of the standing committee of the division")),
)
