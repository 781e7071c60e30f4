"""The timeline of a record: its ledger entries in words."""
from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

import orjson

from . import db, extensions, references, snapshot
from .calendar import due_text
from .entity import Entity
from .i18n import format_day
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .registry import registry
from .schemas import columns_of
from .workflow import Workflow

STEPS: Mapping[str, Any] = {
    "create": _l("Registered"), "edit": _l("Changed"), "delete": _l("Deleted"), "comment": _l("Commented"),
    "attach": _l("File attached"), "detach": _l("File removed"), "reveal": _l("Personal data revealed"),
    "overdue": _l("Overdue"), "import": _l("Imported"), "undo_import": _l("Import undone"), "merge": _l("Merged"),
    "move": _l("Moved"), "on": _l("Switched on"), "off": _l("Switched off"), "redated": _l("Date worked out anew"),
    "redate": _l("Open deadlines worked out anew"), "enter_year": _l("Notice of a year entered"), "set_day": _l("Day entered"),
    "remove_day": _l("Day taken back"), "set": _l("Changed"), "put": _l("Changed"),
    "version": _l("Moved to another version of the workflow"), "rename": _l("Renamed"), "split": _l("Split"),
    "retire": _l("Ended"),
    "agenda": _l("Put on the agenda of a meeting"), "hold": _l("Meeting held"),
    "close": _l("Month closed"), "correct": _l("Correction of a closed month"), "division_change": _l("Moved with its division"),
    "join": _l("Joined to another matter"), "leave": _l("On its own again, in the bank"), "follow": _l("Went with its group"),
    "gather": _l("Carries another matter"), "ungather": _l("No longer carries another matter"),
    "part_ended": _l("A part was closed"), "link": _l("Linked"), "unlink": _l("Link removed"),
    "no_duplicate": _l("Found to be no duplicate"), "converted_from": _l("Made from another record"),
    "conversion_undone": _l("Conversion undone"), "extension_asked": _l("Extension of a time limit asked for"),
    "extension_granted": _l("Extension approved"), "extension_refused": _l("Extension refused"),
    "published": _l("Published"), "taken_back": _l("Publication taken back"), "consent_given": _l("Publication agreed to"),
    "consent_taken_back": _l("Consent to publication taken back"), "code_given": _l("New look-up code given out"),
    "dealt_with": _l("Looked after by hand"),
    "signed": _l("Co-signers entered"),
    "receipt_sent": _l("Number and code sent to who wrote"), "receipt_failed": _l("Number and code could not be sent"),
    "link_sent": _l("Message with the link to rate it was sent"),
    "link_failed": _l("Message with the link to rate it did not get through"),
    "supplemented": _l("Added to by who raised it"), "withdrawn_by_link": _l("Withdrawn by who raised it"),
    "rated_by_link": _l("Rated by who raised it, through a link for one use"),
}

OF_CLOCKS = frozenset({"overdue", "extension_asked", "extension_granted", "extension_refused"})


def timeline(entity: Entity, record_id: int) -> list[dict[str, Any]]:
    """Entries oldest first: at, who, step, label, from, to, text, asked, note. One query, labels from the registry."""
    return timelines(entity, [record_id])[record_id]


def timelines(entity: Entity, record_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """The same of several records, by their ids. One query; none without ids."""
    found: dict[int, list[dict[str, Any]]] = {record_id: [] for record_id in record_ids}
    if not found:
        return found
    mark = "%s" if db.is_postgres() else "?"
    statement = _ENTRIES.format(mark=mark, marks=", ".join([mark] * len(found)))
    rows = db.database.execute_sql(statement, (entity.key, *found)).fetchall()
    flow = registry().every_version_of(entity.key)
    references.know("account", {row[6]: row[9] or row[8] for row in rows if row[8]})
    for row in rows:
        found[row[11]].append(_entry(entity, flow, row[:11]))
    return found


# Plain SQL: every detail page asks this, and building the query costs more than running it.
_ENTRIES = """
SELECT e.id, e.at, e.step, e.from_state, e.to_state, e.facts, e.account_id, d.body, a.username, p.name, e.division_id, e.record_id
FROM core_ledger e LEFT JOIN core_ledger_detail d ON d.entry_id = e.id
LEFT JOIN core_account a ON a.id = e.account_id LEFT JOIN core_person p ON p.id = a.person_id
WHERE e.entity = {mark} AND e.record_id IN ({marks}) ORDER BY e.id"""


def _entry(entity: Entity, flow: Workflow | None, row: tuple[Any, ...]) -> dict[str, Any]:
    entry_id, stored_at, step, before, after, facts, account_id, body, username, name, division_id = row
    at = stored_at if isinstance(stored_at, datetime) else datetime.fromisoformat(stored_at)
    asked = orjson.loads(body) if body else {}
    text = str(asked.pop("text", "") or "")
    who = name or username or (_("System") if account_id is None else _("Account %(id)s", id=account_id))
    found = {"id": entry_id, "at": at, "who": who, "step": step, "label": _label(flow, step, entity),
             "from": _state(flow, before), "to": _state(flow, after), "text": text, "asked": _asked(entity, flow, step, asked),
             "tone": "bad" if step == "overdue" else ""}
    told = orjson.loads(facts) if facts else {}
    if told.get("number") and step in STEPS:  # the other matter that this one was put to, taken from or followed
        found["text"] = told["number"]
        found["label"] += _(": %(step)s", step=_label(flow, told["step"])) if told.get("step") else ""
    if step in OF_CLOCKS:
        found["asked"] = _of_clock(flow, told)
    if step == "redated":
        found["asked"] = [(_clock(flow, one["clock"]), f"{format_day(date.fromisoformat(one['from']))} → "
                           f"{due_text(date.fromisoformat(one['to']), one['provisional'])}") for one in told.get("clocks", ())]
    changed = told.get("changed")
    if changed:
        place = snapshot.current().tree.get(division_id)
        known = {column: field for schema in extensions.schemas_at(entity, place) for column, field in columns_of(schema).items()}
        labels = [str(known[c].label) for c in changed if c in known]
        found["text"] = ", ".join(labels)
        found["asked"] = [(_("%(label)s before", label=known[c].label), _shown(known[c], value))
                          for c, value in asked.get("before", {}).items() if c in known]
    return found


def _of_clock(flow: Workflow | None, told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Which time limit a step was about, and its last day then."""
    if not told.get("clock"):
        return []
    return [(_("Deadline"), _clock(flow, told["clock"]))] + (
        [(_("Due"), format_day(date.fromisoformat(told["due"])))] if told.get("due") else [])


def _clock(flow: Workflow | None, key: str) -> str:
    known = flow.clocks().get(key) if flow is not None else None
    return str(known[1].label) if known is not None else key


def words(flow: Workflow | None, step: str, before: str | None, after: str | None) -> tuple[str, str, str]:
    """The step, the state before and the state after it in the reader's language; keys that nobody declares stay keys."""
    return _label(flow, step), _state(flow, before), _state(flow, after)


def _label(flow: Workflow | None, step: str, entity: Entity | None = None) -> str:
    if flow is not None:
        try:
            return str(flow.transition(step).label)
        except KeyError:
            pass
    own = dict(entity.steps) if entity is not None else {}
    return str(own.get(step) or STEPS.get(step, step))


def _state(flow: Workflow | None, key: str | None) -> str:
    if flow is None or key is None:
        return ""
    try:
        return str(flow.state(key).label)
    except KeyError:
        return key


def _asked(entity: Entity, flow: Workflow | None, step: str, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    if flow is None or not values:
        return []
    try:
        schemas = flow.transition(step).asks
    except KeyError:
        return []
    fields = {column: field for schema in schemas for column, field in columns_of(schema).items()}
    found = []
    for column, field in fields.items():  # in the order of the form; the stored answers are sorted by name
        value = values.get(column)
        if value in (None, "", []):
            continue
        found.append((str(field.label), _shown(field, value)))
    return found


def _shown(field: Any, value: Any) -> str:
    kind = getattr(field, "kind", "")
    if kind == "division":
        node = snapshot.current().tree.get(value)
        return node.name if node is not None else str(value)
    if kind:
        from .references import labels

        return labels(kind, [value]).get(value, str(value))
    if getattr(field, "cell_kind", "") == "day" and isinstance(value, str):
        value = date.fromisoformat(value)
    return str(field.display(value))
