"""The records of matters. From this the core makes pages, API, import, export, print and statistics."""
from __future__ import annotations

from grid321.core.api import Counter, Entity, Grouping
from grid321.core.api import lazy_gettext as _

from .matter_models import Matter
from .matter_schemas import MatterSchema, check_matter

MATTER = Entity(
    "suggestion_tracking.matter", model=Matter, schema=MatterSchema, label=_("Residents' matters"),
    columns=("number", "title", "kind", "division", "state", "due"),
    filters=("kind", "source", "urgency", "outcome", "rating", "way", "holder_level", "solved_level", "deputy", "unit",
             "wants_answer", "publish", "flagged"),
    search=("number", "title", "text", "place"), sorts=("-id", "due", "-created_at"), import_key="number",
    personal=("contact_name", "contact_phone"), title="title", actions=("create", "edit", "import", "export"),
    icon="chat-left-text", levels=("grid", "village", "town", "county"), check=check_matter,
    counters=(Counter("state"), Counter("kind"), Counter("source"), Counter("rating,solved_level"),
              Counter("holder_level,state"), Counter("unit_id,state"), Counter("unit_id,rating")),
    beside=("take_back", "take_back_county"), awaited=("write_off",),
    grouping=Grouping(shared=("answer", "outcome", "way", "holder_level", "unit_id", "limit_on", "face_to_face_on",
                              "face_to_face_who", "evidence"), alike=("title", "text")),
    description=_("What residents raise: at a reception, by hotline, letter, message or on the web. No state secrets, and of "
                  "other people only what is needed."))

ENTITIES = (MATTER,)
