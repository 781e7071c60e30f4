"""The records around suggestions. From these the core makes pages, API, export, print, search and statistics."""
from __future__ import annotations

from grid321.core.api import Counter, Entity
from grid321.core.api import lazy_gettext as _

from . import suggestion_checks as checks
from .life_models import Contact, Cosigner, Session, Suggestion, Task
from .suggestion_checks import WITH_UNITS
from .suggestion_fields import session_written
from .suggestion_life import shown_to
from .suggestion_records import create_contact, create_cosigner, delete_cosigner, keep_cosigners
from .suggestion_schemas import CONGRESS, ContactSchema, CosignerSchema, SessionSchema, SuggestionSchema, TaskSchema

P = "suggestion_tracking."

SESSION = Entity(
    P + "session", model=Session, schema=SessionSchema, label=_("Sessions"), columns=("name", "kind", "year", "opened_on",
                                                                                     "closed_on"),
    filters=("kind", "year"), search=("name",), sorts=("-year", "-id"), import_key="name", title="name", icon="calendar-check",
    menu="more", levels=CONGRESS, check=checks.check_session, after=session_written,
    delete=session_written,
    description=_("A session of the congress, or the time between two: suggestions belong to one of them."))

SUGGESTION = Entity(
    P + "suggestion", model=Suggestion, schema=SuggestionSchema, label=_("Suggestions"),
    columns=("number", "title", "deputy", "department_id", "state", "due"),
    filters=("session", "kind", "deputy", "way", "outcome", "rating", "is_key", "reference_only", "handled_again", "flagged"),
    search=("number", "title", "content", "proposal"), sorts=("-id", "due", "-handed_on"), import_key="number", title="title",
    actions=("create", "edit", "import", "export"), icon="file-earmark-text",
    counters=(Counter("state"), Counter("kind"), Counter("outcome,rating"), Counter("is_key,state")), levels=CONGRESS,
    check=checks.check_suggestion, update=checks.update_suggestion, after=keep_cosigners, shown_to=shown_to,
    beside=("send_back", "raise_again_told", "accepted_told", "enter_reply", "agree_longer", "without_card", *(
        f"{step}_{state}" for step, states in (("urge", WITH_UNITS), ("key", ("checked", *WITH_UNITS))) for state in states)),
    awaited=("close",), waits=(
        *((state, _("It is with the units. What each of them does stands under “Units”.")) for state in (*WITH_UNITS, "again")),
        ("answered", _("It waits for the deputy’s receipt card."))),
    description=_("A suggestion, criticism or opinion of a deputy: one matter each, with content, reasons and proposal."))

COSIGNER = Entity(
    P + "cosigner", model=Cosigner, schema=CosignerSchema, label=_("Signatures of deputies"),
    columns=("suggestion_number", "person", "signed_on"), filters=("person",), search=("suggestion_number",), sorts=("-id",),
    title="suggestion_number", actions=("create", "delete", "export"), icon="pencil", menu=None, levels=CONGRESS,
    check=checks.check_cosigner, create=create_cosigner, delete=delete_cosigner,
    description=_("Deputies who sign a suggestion together with the leading one."))

TASK = Entity(
    P + "task", model=Task, schema=TaskSchema, label=_("Tasks of units"),
    columns=("number", "title", "role", "department_id", "state", "due"),
    filters=("role", "outcome", "handled_again"), search=("number", "title", "suggestion_number"), sorts=("-id", "due"),
    title="title", actions=("create", "export"), icon="list-task",
    counters=(Counter("state"), Counter("role,state"), Counter("department_id,state")),
    beside=("change_plan", "ask_again"), awaited=("reply", "reply_again"), forward=("take_back",), waits=(
        ("answered", _("The unit has answered. The task is done when the suggestion ends.")),),
    levels=CONGRESS, check=checks.check_task,
    description=_("What one unit does for a suggestion: as lead, as co-handler or separately, each with its own limit."))

CONTACT = Entity(
    P + "contact", model=Contact, schema=ContactSchema, label=_("Meetings with deputies"),
    columns=("suggestion_number", "stage", "met_on", "department", "form", "who"),
    filters=("stage", "form", "department"), search=("suggestion_number", "who", "said"), sorts=("-id", "-met_on"),
    title="suggestion_number", actions=("create", "export"), icon="people", menu="more", levels=CONGRESS,
    check=checks.check_contact, create=create_contact,
    description=_("The three meetings of a unit with the deputy: who, when, where, in which form, and what the deputy said."))

ENTITIES = (SESSION, SUGGESTION, COSIGNER, TASK, CONTACT)
