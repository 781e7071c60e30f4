"""A region's plugin for the core's own tests: it adds fields to matters and a clock to their handling, and prints a form."""
from grid321.core.api import Clock, Document, EntityExtension, Plugin, WorkflowExtension, hookimpl, working_days

from .models import MatterPlace, NoteTag
from .schemas import PlaceSchema, TagSchema

plugin = Plugin(key="region", label="Region", version="1.0.0", after=("matters",))


@hookimpl
def grid321_entities():
    return [EntityExtension("matters.matter", MatterPlace, PlaceSchema), EntityExtension("matters.note", NoteTag, TagSchema)]


@hookimpl
def grid321_workflows():
    return [WorkflowExtension("matters.handling", clocks=(
        ("open", Clock("visit", working_days(1), "First visit", "mark", "rule of the region")),))]


@hookimpl
def grid321_documents():
    return [Document("region.slip", "matters.matter", "Slip of the region", "region/slip.html")]
