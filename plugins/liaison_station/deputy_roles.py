"""Who keeps the list of deputies, places them into stations and sees their contacts."""
from __future__ import annotations

from .station_roles import COUNTY, LIAISON, TOWN, VIEWER

ROLES = (COUNTY, TOWN, LIAISON, VIEWER)
