"""Printable forms of the plugin."""
from __future__ import annotations

from grid321.core.api import Document
from grid321.core.api import lazy_gettext as _

SLIP = Document("grid.handling_slip", "grid.report", _("Handling slip of a grid report"), "grid/handling_slip.html")

DOCUMENTS = (SLIP,)
