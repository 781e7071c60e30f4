"""The timeline of a record: its ledger entries in words."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import peewee

from . import snapshot
from .accounts import Account
from .entity import Entity
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .ledger import LedgerDetail, LedgerEntry
from .people import Person
from .registry import registry
from .schemas import columns_of
from .workflow import Workflow

STEPS: Mapping[str, Any] = {
    "create": _l("Registered"), "edit": _l("Changed"), "delete": _l("Deleted"), "comment": _l("Commented"),
    "attach": _l("File attached"), "detach": _l("File removed"), "reveal": _l("Personal data revealed"),
    "overdue": _l("Overdue"), "import": _l("Imported"), "undo_import": _l("Import undone"), "merge": _l("Merged"),
    "move": _l("Moved"),
}


def timeline(entity: Entity, record_id: int) -> list[dict[str, Any]]:
    """Entries oldest first: at, who, step, label, from, to, text, asked, note. One query, labels from the registry."""
    query = (LedgerEntry.select(LedgerEntry.id, LedgerEntry.at, LedgerEntry.step, LedgerEntry.from_state,
                                LedgerEntry.to_state, LedgerEntry.facts, LedgerEntry.account_id, LedgerDetail.body,
                                Account.username, Person.name)
             .join(LedgerDetail, peewee.JOIN.LEFT_OUTER, on=(LedgerDetail.entry_id == LedgerEntry.id))
             .switch(LedgerEntry).join(Account, peewee.JOIN.LEFT_OUTER, on=(Account.id == LedgerEntry.account_id))
             .join(Person, peewee.JOIN.LEFT_OUTER, on=(Person.id == Account.person_id))
             .where((LedgerEntry.entity == entity.key) & (LedgerEntry.record_id == record_id)).order_by(LedgerEntry.id))
    flow = registry().workflow_of(entity.key)
    return [_entry(entity, flow, row) for row in query.tuples()]


def _entry(entity: Entity, flow: Workflow | None, row: tuple[Any, ...]) -> dict[str, Any]:
    entry_id, at, step, before, after, facts, account_id, body, username, name = row
    asked = dict(body or {})
    text = str(asked.pop("text", "") or "")
    who = name or username or (_("System") if account_id is None else _("Account %(id)s", id=account_id))
    found = {"id": entry_id, "at": at, "who": who, "step": step, "label": _label(flow, step), "from": _state(flow, before),
             "to": _state(flow, after), "text": text, "asked": _asked(entity, flow, step, asked),
             "tone": "bad" if step == "overdue" else ""}
    changed = (facts or {}).get("changed")
    if changed:
        known = columns_of(entity.schema)
        labels = [str(known[c].label) for c in changed if c in known]
        found["text"] = ", ".join(labels)
    return found


def _label(flow: Workflow | None, step: str) -> str:
    if flow is not None:
        try:
            return str(flow.transition(step).label)
        except KeyError:
            pass
    return str(STEPS.get(step, step))


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
    for column, value in values.items():
        field = fields.get(column)
        if field is None or value in (None, "", []):
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
