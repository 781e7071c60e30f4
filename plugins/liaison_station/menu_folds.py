"""The folded parts of the menu: what is not needed each day, by what it is about."""
from __future__ import annotations

from grid321.core.api import lazy_gettext as _

RECEPTION_FOLD = _("Receptions and rosters")
DEPUTY_FOLD = _("Deputies and contact")
STATION_FOLD = _("Building up stations")
ACTIVITY_FOLD = _("Activities and results")
