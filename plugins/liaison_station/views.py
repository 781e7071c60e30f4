"""The plugin's blueprints: pages below ``/d/<code>/liaison_station``, REST below ``/api/v1/d/<code>/liaison_station``.

Every area adds its own pages in ``register(blueprint)`` and its own operations in ``register_api(api)``.
"""
from __future__ import annotations

from flask import Blueprint

from grid321.core.api import Api

from .areas import AREAS

BLUEPRINT = Blueprint("liaison_station", __name__)
API = Api("liaison_station")
BLUEPRINTS = (BLUEPRINT, API)

for area in AREAS:
    for name, blueprint in (("register", BLUEPRINT), ("register_api", API)):
        add = getattr(area, name, None)
        if add is not None:
            add(blueprint)
