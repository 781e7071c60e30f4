"""Forms on paper, what comes back written on them, and the public notices of receptions."""
from __future__ import annotations

from . import forms_archive, forms_opinion, forms_reception, forms_year
from .forms_values import SETTINGS

__all__ = ["DOCUMENTS", "SETTINGS"]

DOCUMENTS = (*forms_reception.DOCUMENTS, *forms_opinion.DOCUMENTS, *forms_year.DOCUMENTS, *forms_archive.DOCUMENTS)
