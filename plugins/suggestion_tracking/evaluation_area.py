"""The year: appraisal of units, the ballot, good suggestions and units, rates and bad smells."""
from __future__ import annotations
