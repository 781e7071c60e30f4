"""Every table of the plugin: migrations look here. The tables themselves stand in the ``<area>_models`` modules."""
from __future__ import annotations

from . import activity_models, checks_models, day_models, deputy_models, file_models, reception_models, station_models

MODELS = (*station_models.MODELS, *deputy_models.MODELS, *reception_models.MODELS, *day_models.MODELS,
          *activity_models.MODELS, *checks_models.MODELS, *file_models.MODELS)
