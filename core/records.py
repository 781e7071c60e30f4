"""Writing records: create, change, delete. Each is one transaction with ledger entry, counters and outbox row.

A case (an entity with a workflow) is born here too: number, first state, holder, clocks.
"""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import peewee

from . import access, clock, counters, crypto, db, extensions, ledger, links, outbox, search, snapshot
from .actor import Actor
from .engine import ask_plugins, require_runnable
from .entity import Entity
from .errors import Conflict, Invalid, NotFound, StaleVersion
from .i18n import gettext as _
from .registry import registry
from .routing import bank
from .schemas import columns_of
from .tree import Node, ancestor_columns
from .workflow import Workflow


class Sequence(db.Table):
    """The last number given in a series (prefix, place, month)."""

    key = peewee.CharField(max_length=80, primary_key=True)
    last = peewee.BigIntegerField()

    class Meta:
        table_name = "core_sequence"


def create(entity: Entity, data: Mapping[str, Any], actor: Actor, node: Node, *, born: Mapping[str, Any] | None = None,
           flow: str | None = "collected") -> Any:
    """Create a record at the division named in ``data`` (``division_id``), or at ``node``; returns it.

    ``data`` are checked values by column. A case that comes out of another one is ``born`` with columns of its own (state,
    holder, number …) and is booked by another ``flow`` than collected, or by none. Raises ``Forbidden``, ``Invalid`` (wrong
    level, rules across fields, not unique) or ``Refused``; nothing is written then.
    """
    with db.transaction():
        return create_within(entity, data, actor, node, born=born, flow=flow)


def create_within(entity: Entity, data: Mapping[str, Any], actor: Actor, node: Node, *, born: Mapping[str, Any] | None = None,
                  flow: str | None = "collected") -> Any:
    """``create`` without a savepoint of its own, for a caller inside a transaction that lets every exception end it."""
    values, added = extensions.split(entity, data)
    place = _place(entity, values, snapshot.hold().tree.get(node.id) or node)
    access.require(entity.permission("create"), place, actor)
    _check(entity, values, None, place)
    ask_plugins("create", entity, Draft({**values, **added}), actor, place)
    workflow = registry().workflow_of(entity.key)
    if workflow is not None:
        require_runnable(workflow)
    moment = db.now()
    if entity.create is not None:
        record = entity.create(values, actor, place)
    else:
        record = _insert(entity, workflow, values, actor, place, moment, born or {})
    if added:
        home = extensions.place_of(entity, record, place)
        extensions.write(entity, record, extensions.differing(entity, record, added, home, new=True))
    record_created(entity, workflow, record, actor, place, moment, flow)
    if entity.after is not None:
        entity.after(record, values, actor, place)
    return record


def record_created(entity: Entity, workflow: Workflow | None, record: Any, actor: Actor, place: Node, moment: Any,
                   flow: str | None = "collected") -> None:
    """Book a new record: ledger entry, counters, clocks are running already, outbox row. Inside its transaction."""
    facts: dict[str, Any] = {}
    rows = counters.stock(entity, None, record.__data__, (), place.path) if entity.division else []
    tree = snapshot.current().tree
    holder = tree.get(record.holder_id) if workflow is not None else None
    if holder is not None:
        facts = {"holder": holder.code, "flows": [(holder.id, holder.level, flow)] if flow else []}
        rows += counters.flow(entity.key, holder, flow, counters.month_of(moment)) if flow else []
    entry = ledger.append(entity.key, record.id, "create", node=place, account_id=actor.account_id, version=record.version,
                          to_state=getattr(record, "state", None) if workflow else None, facts=facts or None, at=moment)
    counters.apply(rows)
    told = {**clock.case_facts(record), "entry": entry} if workflow is not None else {"entry": entry}
    outbox.add(entity.key, record.id, "create", node=place, account_id=actor.account_id, facts=told, at=moment)
    search.index(entity, record)


def _place(entity: Entity, values: dict[str, Any], node: Node) -> Node:
    if entity.division is None:
        return node
    tree = snapshot.current().tree
    named = values.pop("division_id", None) or (entity.home(values) if entity.home is not None else None)
    place = tree.get(named) or node
    if not place.valid or not tree.covers(node, place):
        raise Invalid(_("The record was not saved."), errors={"division": [_("Choose a division below %(place)s.",
                                                                             place=node.name)]})
    if entity.levels and place.level not in entity.levels:
        from .references import level_label

        wanted = ", ".join(level_label(level) for level in entity.levels)
        raise Invalid(_("The record was not saved."), place.name, errors={"division": [
            _("%(place)s is not of the right level: choose one of the level %(levels)s.", place=place.name, levels=wanted)]})
    return place


class Draft:
    """Values that are not a record yet, as a plugin's refusal sees them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__data__ = dict(values)


def _check(entity: Entity, values: dict[str, Any], record: Any, place: Node) -> None:
    errors = entity.check(values, record, place) if entity.check is not None else {}
    if errors:
        raise Invalid(_("The record was not saved."), errors=errors)


def _insert(entity: Entity, workflow: Workflow | None, values: dict[str, Any], actor: Actor, place: Node,
            moment: Any, given: Mapping[str, Any]) -> Any:
    model = entity.model
    uid = db.new_uid()
    row: dict[str, Any] = {"uid": uid, "created_at": moment, "updated_at": moment, "created_by": actor.account_id, "version": 1}
    row |= sealed(entity, values, uid)
    if entity.division is not None:
        row |= {"division_id": place.id, **ancestor_columns(snapshot.current().tree, place)}
    clocks = clock.Moved()
    if workflow is not None:
        holder, born = _born(entity, workflow, row, actor, place, moment)
        row |= {**born, **given}
        clocks = _first_clocks(entity, workflow, row, holder, moment)
        row["due"] = clocks.due
    row = db.filled(model, row)
    try:
        row["id"] = db.insert(model, row)
    except peewee.IntegrityError as error:
        raise not_unique(entity, error) from error
    clock.start(clocks, entity.key, row["id"])
    return model(__no_default__=1, **row)


def _first_clocks(entity: Entity, workflow: Workflow, row: Mapping[str, Any], holder: Node, moment: Any) -> clock.Moved:
    case = SimpleNamespace(**row)
    if row.get("parent_id") is None:
        return clock.born(workflow, holder, moment, case)
    at = snapshot.current().tree.get(row["holder_id"]) or holder
    return clock.anew(workflow, row["state"], row["parent_id"], entity.key, at, moment, case)


def _born(entity: Entity, workflow: Workflow, row: Mapping[str, Any], actor: Actor, place: Node,
          moment: Any) -> tuple[Node, dict[str, Any]]:
    holder = bank(workflow, place)
    if holder is None:
        raise Invalid(_("The matter was not registered."), errors={"division": [
            _("No level at or above %(place)s keeps such matters.", place=place.name)]})
    number = entity.number(place, moment) if entity.number else next_number(workflow.numbers or entity.name, place, moment)
    return holder, {"number": number, "state": workflow.first, "workflow_version": workflow.version, "holder_id": holder.id,
                    "reporter_id": row.get("reporter_id") or actor.account_id}


def next_number(prefix: str, place: Node, moment: Any) -> str:
    """The next number of a series: ``WL-610902104-202611-0001`` (prefix, town or higher, month in China, running)."""
    return next_numbers(prefix, place, moment, 1)[0]


def next_numbers(prefix: str, place: Node, moment: Any, count: int) -> list[str]:
    """The next ``count`` numbers of the same series, in order."""
    tree = snapshot.current().tree
    town = tree.at_level(place, "town") or place
    series = f"{prefix}-{town.code}-{counters.month_of(moment).replace('-', '')}"
    last = _next(series, count)
    return [f"{series}-{number:04d}" for number in range(last - count + 1, last + 1)]


def _next(series: str, count: int) -> int:
    """Take ``count`` numbers of a series; returns the last of them."""
    mark = "%s" if db.is_postgres() else "?"
    row = db.database.execute_sql(
        f"INSERT INTO core_sequence (key, last) VALUES ({mark}, {mark})"
        f" ON CONFLICT (key) DO UPDATE SET last = core_sequence.last + {mark} RETURNING last", [series, count, count]).fetchone()
    return int(row[0])


def sealed(entity: Entity, values: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """``values`` with personal fields encrypted and, where the model has ``<field>_blind``, their keyed hash beside them.

    A model with ``<field>_tail`` also keeps the last four characters, by which people look a telephone number up.
    """
    row = dict(values)
    table, columns = entity.model._meta.table_name, entity.model._meta.fields
    for name in entity.personal:
        if name not in row:
            continue
        value = row[name]
        row[name] = crypto.seal(value, table, name, uid) if value else None
        if f"{name}_blind" in columns:
            row[f"{name}_blind"] = crypto.blind(value) if value else None
        if f"{name}_tail" in columns:
            row[f"{name}_tail"] = value[-4:] if value else ""
    return row


def opened(entity: Entity, record: Any, name: str) -> str:
    """The text behind a sealed field of a record, for rules that compare it: not to be shown, kept or logged by the caller.

    Showing a personal value to a person goes through the page that asks for the reason. Empty for none and for a broken seal.
    """
    sealed_text = getattr(record, name)
    try:
        return crypto.open_sealed(sealed_text, entity.model._meta.table_name, name, record.uid) if sealed_text else ""
    except crypto.SealBroken:
        return ""


def masked(entity: Entity, record: Any, name: str) -> str:
    """What everybody sees of a sealed field of a record (张*, 139****0001), for forms with many records. Empty for none."""
    return crypto.mask(columns_of(entity.schema)[name].mask_kind, opened(entity, record, name))


def update(entity: Entity, record_id: int, data: Mapping[str, Any], actor: Actor, version: int | None, node: Node) -> Any:
    """Change the columns of ``data``; returns the record as it is now.

    Raises ``NotFound``, ``Forbidden``, ``StaleVersion`` (412), ``Conflict`` (409, a closed matter), ``Invalid`` or
    ``Refused``; nothing is written then. A case's state, holder and number change by transitions only.
    """
    with db.transaction():
        record = access.fetch(entity, record_id, "edit", node, actor)
        check_version(record, version)
        refuse_closed(entity, record)
        place = _where(entity, record, node)
        values, added = extensions.split(entity, data)
        if values.pop("division_id", place.id) not in (None, place.id):
            raise Invalid(_("The record was not saved."), errors={"division": [_("A record stays at its division.")]})
        _check(entity, values, record, place)
        ask_plugins("edit", entity, record, actor, place)
        row = entity.update(record, values, actor, place) if entity.update else sealed(entity, values, record.uid)
        added = extensions.differing(entity, record, added, place)
        changed = sorted([*added, *(name for name, value in row.items() if getattr(record, name, None) != value)])
        if not changed:
            return record
        before = dict(record.__data__)
        moment = db.now()
        _write(entity, record, {**row, "version": record.version + 1, "updated_at": moment})
        extensions.write(entity, record, added)
        ledger.append(entity.key, record.id, "edit", node=place, account_id=actor.account_id, version=record.version,
                      facts={"changed": changed}, detail=_replaced(entity, before, changed), at=moment)
        if entity.division:
            counters.apply(counters.stock(entity, before, record.__data__, place.path, place.path))
        outbox.add(entity.key, record.id, "edit", node=place, account_id=actor.account_id, facts={"changed": changed}, at=moment)
        search.index(entity, record, changed)
        if entity.after is not None:
            entity.after(record, {name: row[name] for name in changed if name in row}, actor, place)
    return record


def _replaced(entity: Entity, before: Mapping[str, Any], changed: Iterable[str]) -> dict[str, Any] | None:
    """What an edit replaced, for the timeline: no wording is lost. Personal values are left out."""
    shown = columns_of(entity.schema)
    kept = {name: before[name] for name in changed
            if name in shown and not shown[name].personal and name not in entity.personal and before.get(name) not in (None, "")}
    return {"before": kept} if kept else None


def _write(entity: Entity, record: Any, row: Mapping[str, Any]) -> None:
    model = entity.model
    try:
        done = model.update(dict(row)).where((model.id == record.id) & (model.version == record.version)).execute()
    except peewee.IntegrityError as error:
        raise not_unique(entity, error) from error
    if done != 1:
        raise Conflict(_("Somebody else changed this record at the same moment."), remedy=_("Load the page again."))
    for name, value in row.items():
        setattr(record, name, value)


def delete(entity: Entity, record_id: int, actor: Actor, version: int | None, node: Node) -> None:
    """Delete a record that is no case; its ledger entries stay. Raises as ``update`` does; a case is never deleted."""
    with db.transaction():
        record = access.fetch(entity, record_id, "delete", node, actor)
        check_version(record, version)
        if registry().workflow_of(entity.key) is not None:
            raise Conflict(_("A registered matter is never deleted."), remedy=_("Withdraw it with a reason instead."))
        refuse_closed(entity, record)
        place = _where(entity, record, node)
        ask_plugins("delete", entity, record, actor, place)
        if entity.delete is not None:
            entity.delete(record, actor, place)
        try:
            done = entity.model.delete().where((entity.model.id == record.id)
                                               & (entity.model.version == record.version)).execute()
        except peewee.IntegrityError as error:
            raise Conflict(_("Other records still point at this one."), remedy=_("Change or remove those first.")) from error
        if done != 1:
            raise Conflict(_("Somebody else changed this record at the same moment."), remedy=_("Load the page again."))
        extensions.remove(entity, record.id)
        links.forget(entity, record.id, actor)
        moment = db.now()
        ledger.append(entity.key, record.id, "delete", node=place, account_id=actor.account_id, version=record.version, at=moment)
        if entity.division:
            counters.apply(counters.stock(entity, record.__data__, None, place.path, ()))
        outbox.add(entity.key, record.id, "delete", node=place, account_id=actor.account_id, at=moment)
        search.forget(entity, record.id)


def check_version(record: Any, version: int | None) -> None:
    """Raise ``StaleVersion`` when ``version`` is given and is not the record's."""
    if version is not None and record.version != version:
        raise StaleVersion(_("Somebody changed this record after you opened it."),
                           _("You saw version %(seen)s; it is now version %(now)s.", seen=version, now=record.version),
                           _("Load the page again, then enter your change."), extra={"version": record.version})


def is_closed(entity: Entity, record: Any) -> bool:
    """True for a case in a final state, and for a record its entity calls closed: it stays as it is."""
    if entity.closed is not None and entity.closed(record):
        return True
    return entity.key in registry().newest and record.closed_at is not None


def refuse_closed(entity: Entity, record: Any) -> None:
    """Raise ``Conflict`` for a closed case or record."""
    if is_closed(entity, record):
        if entity.closed is not None and entity.closed(record):
            raise Conflict(_("This record is closed: it stays as it is."), getattr(record, "number", ""),
                           _("Correct it by a new record."), code="closed")
        raise Conflict(_("The matter is closed: its record stays as it is."), getattr(record, "number", ""),
                       _("Add a comment, or report the matter anew."), code="closed")


def _where(entity: Entity, record: Any, node: Node) -> Node:
    if entity.division is None:
        return node
    found = snapshot.current().tree.get(record.division_id)
    if found is None:
        raise NotFound(_("The division of this record no longer exists."))
    return found


def not_unique(entity: Entity, error: Exception) -> Invalid:
    """The database's refusal of a second equal value, as a message at its field where that can be told."""
    text = str(error)
    names = [name for name in entity.model._meta.fields
             if name not in {"id", "uid"} and (f".{name}" in text or f"({name})" in text)]
    field = names[0].removesuffix("_blind").removesuffix("_id") if names else entity.import_key or "record"
    return Invalid(_("The record was not saved: it exists already."), errors={
        field: [_("There is already a record with this value. Look it up instead of entering it again.")]})


def note(entity: Entity, record: Any, actor: Actor, node: Node, step: str, text: str = "",
         facts: Mapping[str, Any] | None = None) -> int:
    """Write a remark about a record into the ledger (comment, attachment, reveal): no change of the record itself."""
    with db.transaction():
        return note_within(entity, record, actor, node, step, text, facts)


def note_within(entity: Entity, record: Any, actor: Actor, node: Node, step: str, text: str = "",
                facts: Mapping[str, Any] | None = None) -> int:
    """``note`` without a savepoint of its own, as ``create_within``."""
    place = _where(entity, record, node)
    entry = ledger.append(entity.key, record.id, step, node=place, account_id=actor.account_id, version=record.version,
                          facts=facts, detail={"text": text} if text else None)
    outbox.add(entity.key, record.id, step, node=place, account_id=actor.account_id, facts={"entry": entry})
    search.reply(entity, record, entry, step, {"text": text})
    return entry


def history(entity: Entity, record_id: int) -> list[dict[str, Any]]:
    """The record's timeline, oldest first, in two queries.

    Each entry: ``at``, ``who``, ``step``, ``label``, ``from``, ``to`` (labels), ``text``, ``asked`` as (label, value) pairs.
    """
    from .history import timeline

    return timeline(entity, record_id)


def histories(entity: Entity, record_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """The timelines of several records by their ids, for pages that list them, in one query; none without ids."""
    from .history import timelines

    return timelines(entity, record_ids)

