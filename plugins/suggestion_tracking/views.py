"""The plugin's blueprint, mounted below ``/d/<code>/suggestion_tracking``; every area adds its own pages to it."""
from __future__ import annotations

from flask import Blueprint

from .areas import AREAS

BLUEPRINT = Blueprint("suggestion_tracking", __name__)
BLUEPRINTS = (BLUEPRINT,)

for area in AREAS:
    add_pages = getattr(area, "register", None)
    if add_pages is not None:
        add_pages(BLUEPRINT)
