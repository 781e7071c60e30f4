"""Every table of the plugin: migrations look here. The tables themselves stand in the ``<area>_models`` modules."""
from __future__ import annotations

from . import evaluation_models, intake_models, life_models, supervision_models
from .matter_models import Matter
from .public_models import Publication

MODELS = (Matter, *life_models.MODELS, *supervision_models.MODELS,
          *evaluation_models.MODELS, *intake_models.MODELS, Publication)
