"""The two kinds of records of the plugin. From these the core makes pages, API, import, export, print and statistics."""
from __future__ import annotations

from grid321.core.api import Counter, Entity, Grouping
from grid321.core.api import lazy_gettext as _

from .grids import create_grid, delete_grid, update_grid
from .models import Grid, Report
from .schemas import GridSchema, ReportSchema, check_grid, check_report

GRID = Entity(
    "grid.grid", model=Grid, schema=GridSchema, label=_("Grids"),
    columns=("name", "code", "village", "kind", "subject", "households", "people"),
    filters=("kind", "village", "retired_on"), search=("code", "name", "subject"), sorts=("code", "name", "-id"),
    import_key="code", title="name", icon="grid-3x3-gap", create=create_grid, update=update_grid, delete=delete_grid,
    check=check_grid, description=_("A grid belongs to one village or community; its code is given by the system."))

REPORT = Entity(
    "grid.report", model=Report, schema=ReportSchema, label=_("Reports"),
    columns=("number", "title", "kind", "division", "state", "due"),
    filters=("kind", "ledger_class", "urgency", "outcome", "rating", "way", "holder_level", "solved_level"),
    search=("number", "title", "text", "place"), sorts=("-id", "due", "-created_at"), import_key="number",
    personal=("reporter_phone",), title="title", actions=("create", "edit", "import", "export"), icon="chat-left-text",
    counters=(Counter("state"), Counter("kind,ledger_class"), Counter("rating,solved_level"), Counter("holder_level,state")),
    levels=("grid", "village"), check=check_report,
    beside=("take_back", "take_back_county"), awaited=("write_off",),
    grouping=Grouping(shared=("answer", "outcome", "way", "holder_level"), alike=("title", "text")),
    description=_("What you see or hear in the grid. No state secrets, and of other people only what is needed."))

ENTITIES = [GRID, REPORT]
