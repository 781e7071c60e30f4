"""A plugin that writes one row for each event it is told: with it a test counts how often each was told."""
from grid321.core.api import Plugin, hookimpl

from .models import Told

plugin = Plugin(key="witness", label="Witness", version="1.0.0")


@hookimpl
def grid321_changed(event):
    Told.create(event_id=event.id, entity=event.entity, action=event.action)
