"""The door for plugins: everything public of the core, in one import. What is not here is not promised.

``API_VERSION`` changes apart from the release: a plugin says in its manifest which range it was written for.
"""
from __future__ import annotations

from typing import Any

from . import (
    attachments,
    conversions,
    counters,
    desks,
    duplicates,
    engine,
    forms,
    groups,
    intakes,
    letters,
    limits,
    links,
    lookup,
    mail_read,
    notices,
    people,
    records,
    sending,
    sheet,
    signed_links,
    statistics,
    three_levels,
)
from . import months as month_end
from . import statistics_view as figures
from .access import current_actor, fetch, guarded, inside, require, scoped
from .actor import ANONYMOUS, SYSTEM, Actor, Grant
from .bulk import insert_filled
from .calendar import at as calendar_at
from .channel_setup import site_url
from .clock import within
from .clock_extensions import follow as follow_extension
from .clock_rows import last_days, longer_asked
from .crypto import open_sealed, seal
from .db import (
    BlindField,
    Case,
    JSONField,
    Record,
    Scoped,
    SealedField,
    Table,
    after_commit,
    case_indexes,
    changed,
    local_day,
    locked,
    memo,
    new_uid,
    now,
    once,
    scope_indexes,
    shift_clock,
    transaction,
)
from .division_changes import create_division, rename_division, retire_division
from .documents import form_page, form_word, texts_of
from .docx_fill import qr
from .entity import (
    ClassScheme,
    Conversion,
    Counter,
    Delivery,
    DivisionDocument,
    Document,
    Entity,
    EntityExtension,
    GatewayPost,
    Grouping,
    Job,
    Label,
    Link,
    Panel,
    Plugin,
    PostKind,
    Refusal,
    Role,
    Setting,
    Standing,
    TextMessage,
)
from .errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Refused,
    StaleVersion,
    TooLarge,
    TooMany,
    Unauthenticated,
)
from .faces import day_of, moment_of, raw_rows
from .fields import (
    COORDINATES,
    AccountRef,
    Choice,
    Day,
    Degrees,
    DepartmentRef,
    DivisionRef,
    EntityField,
    Flag,
    GeoJson,
    IdNumber,
    Int,
    LongText,
    PersonRef,
    Phone,
    RecordRef,
    Text,
    current_frame,
)
from .hooks import hookimpl
from .i18n import DEFAULT_LANGUAGE, format_day, format_number, format_time, gettext, lazy_gettext, ngettext, use_language
from .jobs import enqueue
from .json_bodies import answer as json_answer
from .json_bodies import read_body as json_body
from .ledger import since as in_state_since
from .ledger import taken as steps_taken
from .meeting_decisions import record as hold_meeting
from .notify import send as notify
from .outbox import Event
from .outbox import waiting as events_waiting
from .outgoing import Failure
from .people_find import find_person, person_in_use
from .personal_marks import HOME as MARKS_OF_HOMES
from .personal_marks import NUMBERS as MARKS_OF_NUMBERS
from .personal_marks import marks as personal_marks
from .plain_rows import insert_record, row_exists
from .plugin_api import Api
from .plugins import API_VERSION
from .qr_codes import picture as qr_picture
from .recipients import accounts_of, desk_accounts, people_of
from .records_many import create_many
from .registry import registry
from .schemas import EntitySchema, json_schema, load_many
from .search_find import condition as text_condition
from .snapshot import bump as configuration_changed
from .snapshot import current as snapshot
from .statistics import Funnel, Overdue, Part, Ratio, Tally
from .tokens import actor_of as actor_of_token
from .tree import Node, Tree, ancestor_columns
from .unit_accounts import has_account
from .workbooks import workbook
from .workflow import (
    Clock,
    Extension,
    Length,
    Move,
    State,
    Transition,
    Workflow,
    WorkflowExtension,
    days,
    down,
    from_department,
    hours,
    months,
    stay,
    to_department,
    up,
    working_days,
)


def tree() -> Tree:
    """The administrative tree of the present snapshot."""
    return snapshot().tree


def setting(key: str, division_id: int | None = None) -> Any:
    """The value of a setting at a division (None: the declared default). ``KeyError`` for an undeclared key."""
    now_ = snapshot()
    return now_.settings.get(key, now_.tree.get(division_id))


def is_on(plugin: str, division_id: int) -> bool:
    """True when ``plugin`` is switched on at a division."""
    now_ = snapshot()
    node = now_.tree.get(division_id)
    return node is not None and now_.switches.is_on(plugin, node)


def class_label(scheme: str, code: str | None, division_id: int | None = None) -> str:
    """The label of a class item at a division in the present language; the code itself when it is unknown."""
    now_ = snapshot()
    return now_.classes.label(scheme, code, now_.tree.get(division_id))


__all__ = [
    "ANONYMOUS",
    "API_VERSION",
    "COORDINATES",
    "DEFAULT_LANGUAGE",
    "MARKS_OF_HOMES",
    "MARKS_OF_NUMBERS",
    "SYSTEM",
    "AccountRef",
    "Actor",
    "Api",
    "BadRequest",
    "BlindField",
    "Case",
    "Choice",
    "ClassScheme",
    "Clock",
    "Conflict",
    "Conversion",
    "Counter",
    "Day",
    "Degrees",
    "Delivery",
    "DepartmentRef",
    "DivisionDocument",
    "DivisionRef",
    "Document",
    "Entity",
    "EntityExtension",
    "EntityField",
    "EntitySchema",
    "Event",
    "Extension",
    "Failure",
    "Flag",
    "Forbidden",
    "Funnel",
    "GatewayPost",
    "GeoJson",
    "Grant",
    "Grouping",
    "IdNumber",
    "Int",
    "Invalid",
    "JSONField",
    "Job",
    "Label",
    "Length",
    "Link",
    "LongText",
    "Move",
    "Node",
    "NotFound",
    "Overdue",
    "Panel",
    "Part",
    "PersonRef",
    "Phone",
    "Plugin",
    "PostKind",
    "Problem",
    "Ratio",
    "Record",
    "RecordRef",
    "Refusal",
    "Refused",
    "Role",
    "Scoped",
    "SealedField",
    "Setting",
    "StaleVersion",
    "Standing",
    "State",
    "Table",
    "Tally",
    "Text",
    "TextMessage",
    "TooLarge",
    "TooMany",
    "Transition",
    "Tree",
    "Unauthenticated",
    "Workflow",
    "WorkflowExtension",
    "accounts_of",
    "actor_of_token",
    "after_commit",
    "ancestor_columns",
    "attachments",
    "calendar_at",
    "case_indexes",
    "changed",
    "class_label",
    "configuration_changed",
    "conversions",
    "counters",
    "create_division",
    "create_many",
    "current_actor",
    "current_frame",
    "day_of",
    "days",
    "desk_accounts",
    "desks",
    "down",
    "duplicates",
    "engine",
    "enqueue",
    "events_waiting",
    "fetch",
    "figures",
    "find_person",
    "follow_extension",
    "form_page",
    "form_word",
    "format_day",
    "format_number",
    "format_time",
    "forms",
    "from_department",
    "gettext",
    "groups",
    "guarded",
    "has_account",
    "hold_meeting",
    "hookimpl",
    "hours",
    "in_state_since",
    "insert_filled",
    "insert_record",
    "inside",
    "intakes",
    "is_on",
    "json_answer",
    "json_body",
    "json_schema",
    "last_days",
    "lazy_gettext",
    "letters",
    "limits",
    "links",
    "load_many",
    "local_day",
    "locked",
    "longer_asked",
    "lookup",
    "mail_read",
    "memo",
    "moment_of",
    "month_end",
    "months",
    "new_uid",
    "ngettext",
    "notices",
    "notify",
    "now",
    "once",
    "open_sealed",
    "people",
    "people_of",
    "person_in_use",
    "personal_marks",
    "qr",
    "qr_picture",
    "raw_rows",
    "records",
    "registry",
    "rename_division",
    "require",
    "retire_division",
    "row_exists",
    "scope_indexes",
    "scoped",
    "seal",
    "sending",
    "setting",
    "sheet",
    "shift_clock",
    "signed_links",
    "site_url",
    "snapshot",
    "statistics",
    "stay",
    "steps_taken",
    "text_condition",
    "texts_of",
    "three_levels",
    "to_department",
    "transaction",
    "tree",
    "up",
    "use_language",
    "within",
    "workbook",
    "working_days",
]
