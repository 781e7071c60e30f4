"""How deputies' files are counted, for the core's pages of figures. Numbers of a place, never of a person."""
from __future__ import annotations

from grid321.core.api import Part, Ratio, Tally
from grid321.core.api import lazy_gettext as _

from .file_causes import P

DEED, YEAR = f"{P}deed", f"{P}year"
MEASURES = (
    Tally(f"{P}deeds_by_kind", _("Deeds in deputies’ files by kind"), DEED, "kind", _("Number of entries of each kind"),
          _("Struck entries are counted too; the files leave them out")),
    Tally(f"{P}deeds_by_state", _("Deeds in deputies’ files by state"), DEED, "state", _("Number of entries in each state")),
    Ratio(f"{P}deeds_confirmed", _("Entries that the deputies confirmed"), DEED, Part("state", ("confirmed", "corrected")),
          Part("state", without=("struck",)), _("Confirmed or corrected entries ÷ entries that stand"), _("Struck entries")),
    Tally(f"{P}years_by_state", _("Years of deputies by state"), YEAR, "state", _("Number of years in each state")),
    Ratio(f"{P}years_published", _("Years that were published to the voters"), YEAR,
          Part("state", ("published", "rated", "closed")), Part("state"),
          _("Published years, whether still rated or filed ÷ years that were opened")),
)
