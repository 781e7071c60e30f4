"""The records of the reception day. From these the core makes pages, API, export, print and statistics."""
from __future__ import annotations

from grid321.core.api import Counter, Entity, Grouping
from grid321.core.api import lazy_gettext as _

from . import opinions, register
from .day_choices import OPINION, VISIT
from .day_models import Opinion, Visit
from .day_schemas import LEVELS, OpinionSchema, VisitSchema
from .menu_folds import RECEPTION_FOLD
from .station_choices import LEVELS as STATIONS
from .station_records import home_of_station

VISITS = Entity(
    VISIT, model=Visit, schema=VisitSchema, label=_("Reception register"),
    columns=("came_on", "station", "kind", "text", "deputy", "result"),
    filters=("station", "reception", "deputy", "kind", "result", "mode", "subject", "came_on"),
    search=("text",), sorts=("-id", "-came_on"), personal=("name", "phone"), title="text", icon="journal-text", menu="more",
    fold=RECEPTION_FOLD,
    actions=("create", "edit", "delete", "export"), check=register.check_visit, home=home_of_station,
    levels=STATIONS, after=register.after_visit,
    delete=register.delete_visit, closed=register.stays, counters=(Counter("result"), Counter("kind"), Counter("mode")),
    steps=(("raised", _("Became an opinion")),),
    description=_("One line for who came together. No state secrets, and of other people only what is needed."))

OPINIONS = Entity(
    OPINION, model=Opinion, schema=OpinionSchema, label=_("Voters’ opinions"),
    columns=("number", "title", "kind", "station", "state", "due"),
    filters=("kind", "station", "deputy", "outcome", "rating", "way", "holder_level", "solved_level", "unit", "wants_answer"),
    search=("number", "title", "text", "place"), sorts=("-id", "due", "-created_at"), personal=("name", "phone"), title="title",
    actions=("create", "edit", "export"), icon="chat-left-text", levels=LEVELS, check=opinions.check_opinion,
    home=home_of_station,
    counters=(Counter("state"), Counter("kind"), Counter("way,state"), Counter("rating,solved_level"),
              Counter("holder_level,state"), Counter("outcome")),
    beside=("take_back", "take_back_county"), awaited=("write_off",),
    grouping=Grouping(shared=("answer", "outcome", "way", "holder_level", "unit_id", "limit_on", "passed_to", "passed_on",
                              "answered_on", "evidence"), alike=("title", "text")),
    steps=(("rated_by_link", _("Rated by the voter’s link")), ("link_given", _("Link to rate given out")),
           ("link_sent", _("Link to rate sent by message")), ("link_failed", _("The link to rate could not be sent"))),
    description=_("What voters say at receptions and activities, from the register to the rating."))

ENTITIES = (VISITS, OPINIONS)
