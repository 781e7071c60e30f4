"""A region's plugin for the core's own tests: it adds fields to matters and a clock to their handling, and prints a form."""
from grid321.core.api import (
    Clock,
    DivisionDocument,
    Document,
    EntityExtension,
    Plugin,
    WorkflowExtension,
    hookimpl,
    sheet,
    working_days,
)

from .models import MatterPlace, NoteTag
from .schemas import PlaceSchema, TagSchema

PAPER = sheet.Sheet((
    sheet.Title("{{ document.label }}"), sheet.Line("{{ number }}", "{{ texts.state }}"),
    sheet.Table((30, 130), (sheet.facts(("Title", "{{ title }}")), sheet.facts(("Telephone", "{{ texts.phone }}")),
                            sheet.facts(("Village", "{{ places.village }}")))),
    sheet.Text("{{ shown_at }} {{ hidden }}")))
COUNT = sheet.Sheet((sheet.Title("{{ place.name }}"), sheet.Text("{{ words|join(' ') }}")))

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
    return [
        Document("region.slip", "matters.matter", "Slip of the region", "region/slip.html"),
        Document("region.paper", "matters.matter", "Paper of the region", sheet=PAPER, when=lambda matter: matter.state != "done",
                 context=lambda record, node, actor: {"shown_at": node.name, "hidden": record}),
        DivisionDocument("region.count", "Count of the region", "core.month.view", COUNT,
                         lambda node, actor, year: {"words": [node.name, year]}, period="year")]
