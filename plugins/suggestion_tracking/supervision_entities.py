"""The records of supervision. From these the core makes pages, API, import, export, print and statistics."""
from __future__ import annotations

from grid321.core.api import Counter, Entity
from grid321.core.api import lazy_gettext as _

from .rounds import is_closed
from .samples import check_sample, create_sample
from .supervision_checks import check_commitment, check_inspection, check_letter, check_receipt, check_round
from .supervision_models import Commitment, Inspection, Letter, ListItem, Receipt, Round, Sample
from .supervision_schemas import (
    CommitmentSchema,
    InspectionSchema,
    LetterSchema,
    ListItemSchema,
    ReceiptSchema,
    RoundSchema,
    SampleSchema,
)

P = "suggestion_tracking."
LEVELS = ("county", "town")
WRITTEN = ("create", "edit", "export")

COMMITMENT = Entity(
    f"{P}commitment", Commitment, CommitmentSchema, _("Commitments"),
    columns=("number", "title", "department", "due_on", "carried", "state", "due"),
    filters=("state", "department", "due_on", "suggestion"), search=("number", "title", "suggestion_number"),
    sorts=("due_on", "-id", "due"), import_key="number", title="title", actions=("create", "edit", "import", "export"),
    icon="bookmark", menu=None, levels=LEVELS, check=check_commitment, counters=(Counter("state"),),
    beside=("note_kept", "carry_on"),
    description=_("What units promised in their replies, followed across years until it is done."))

INSPECTION = Entity(
    f"{P}inspection", Inspection, InspectionSchema, _("Inspections"),
    columns=("number", "kind", "title", "unit", "form", "result", "state", "due"),
    filters=("kind", "state", "result", "form", "unit", "suggestion"), search=("number", "title", "suggestion_number"),
    sorts=("-id", "due"), title="title", actions=WRITTEN, icon="eye", menu=None, levels=LEVELS, check=check_inspection,
    counters=(Counter("state"), Counter("kind,result")),
    description=_("The three inspections after the hand-over, look-backs, random checks and those of a round."))

SAMPLE = Entity(
    f"{P}sample", Sample, SampleSchema, _("Random samples"), columns=("title", "pool", "size", "count", "seed", "drawn_on"),
    filters=("pool", "year"), search=("title", "seed"), title="title", actions=("create", "export"), icon="hash",
    levels=LEVELS, check=check_sample, create=create_sample, menu=None,
    description=_("Suggestions chosen by lot for a check. The seed is stored, so that anybody can draw again."))

ROUND = Entity(
    f"{P}round", Round, RoundSchema, _("Supervision rounds"), columns=("title", "kind", "first_day", "led_by", "closed_on"),
    filters=("kind", "first_day"), search=("title",), sorts=("-first_day", "-id"), title="title", actions=WRITTEN,
    icon="calendar-check", levels=LEVELS, check=check_round, closed=is_closed, menu=None,
    description=_("Monthly and quarterly supervision: what is inspected, what was found, what follows."))

LETTER = Entity(
    f"{P}letter", Letter, LetterSchema, _("Supervision letters"),
    columns=("number", "kind", "title", "department_id", "cause", "state", "due"),
    filters=("kind", "cause", "state", "department_id", "suggestion"),
    search=("number", "title", "reference", "suggestion_number"),
    sorts=("-id", "due"), title="title", actions=WRITTEN, icon="envelope", menu=None, levels=LEVELS, check=check_letter,
    beside=("enter_answer",), counters=(Counter("state"),),
    description=_("Slips and letters that urge a unit, with the last day for its answer."))

LIST_ITEM = Entity(
    f"{P}list_item", ListItem, ListItemSchema, _("Problems of the three lists"),
    columns=("number", "title", "department_id", "leader", "limit_on", "state", "due"),
    filters=("state", "department_id", "found_on", "suggestion"), search=("number", "title", "suggestion_number"),
    sorts=("-id", "due"), import_key="number", title="title", actions=("create", "edit", "import", "export"), icon="list-task",
    levels=LEVELS, counters=(Counter("state"),), menu=None, beside=("enter_rectified",),
    description=_("Problems, who answers for them, how they are put right: entered once, shown as three lists."))

RECEIPT = Entity(
    f"{P}receipt", Receipt, ReceiptSchema, _("Receipt cards"),
    columns=("number", "title", "deputy", "round", "attitude", "result", "channel", "state", "due"),
    filters=("state", "result", "attitude", "channel", "deputy", "suggestion"), search=("number", "title", "suggestion_number"),
    sorts=("-id", "due"), title="title", actions=("create", "export"), icon="check2-square",
    menu=None, levels=LEVELS, check=check_receipt,
    counters=(Counter("state"), Counter("attitude,result")),
    description=_("How satisfied deputies are with attitude and result. Each gives a card back once for each round."))

ENTITIES = [COMMITMENT, INSPECTION, SAMPLE, ROUND, LETTER, LIST_ITEM, RECEIPT]
