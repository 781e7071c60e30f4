"""Mandates: they begin, are suspended, go on and end, and the core's post with them, so that every plugin knows the deputy.

Everything here runs inside the transaction of the write that causes it. Other areas add functions to ``ON_STATUS``.
"""
from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import peewee

from grid321.core.api import (
    Actor,
    Conflict,
    Node,
    Refused,
    ancestor_columns,
    insert_record,
    local_day,
    people,
    records,
    registry,
    row_exists,
    tree,
)
from grid321.core.api import gettext as _

from . import deputy_people
from .deputy_checks import term_at
from .deputy_choices import ACTIVE, ENDED, POSTS, SUSPENDED, P
from .deputy_models import Congress, Contact, Deputy, Placement
from .deputy_people import machine

DEPUTY, PLACEMENT, CONTACT, POST = f"{P}deputy", f"{P}placement", f"{P}contact", "core.post"
SPAN = ("from_day", "to_day", "status", "status_on")
"""Columns of a mandate on which its core post depends."""

NAMING = ("deputy_id", "other_id", "other_deputy_id")
"""Columns that name a mandate: whose row it is, with whom contact is kept, who is asked to swap a duty."""

Observer = Callable[[Any, Actor], None]

ON_STATUS: list[Observer] = []
"""Called as (deputy, actor) in the transaction in which a mandate was suspended, went on or ended: duties and invitations go.

``deputy.status`` says which, ``deputy.status_on`` from which day (the first day of a suspension, the last day of a mandate that
ended). A function raises to undo the step."""


def create_deputy(data: dict[str, Any], actor: Actor, node: Node) -> Deputy:
    """Enter a mandate with its core post; the person is found or entered. ``data`` is what ``DeputySchema`` loads, checked.

    Raises ``Conflict`` when another clerk entered the same mandate at the same moment.
    """
    person, made = deputy_people.taken(data, actor, node)
    values = {name: value for name, value in data.items() if name not in (*deputy_people.TYPED, "division_id")}
    congress = Congress.get_by_id(values["congress_id"]) if values.get("congress_id") else term_at(node.id, data["level"])
    values |= {"person_id": person.id, "name": person.name, "congress_id": congress.id, "person_made": made,
               "from_day": values.get("from_day") or congress.from_day, "status": values.get("status") or ACTIVE}
    values = _with_end({**values, "to_day": values.get("to_day")}, None)
    values |= keep_post(Deputy(**values), None, actor, node)
    try:
        deputy: Deputy = insert_record(Deputy, **values, **ancestor_columns(tree(), node), created_by=actor.account_id)
    except peewee.IntegrityError:
        raise Conflict(_("This person is a deputy to this congress already."),
                       remedy=_("Load the list again; it was entered a moment ago."), code="deputy_twice") from None
    return deputy


def update_deputy(record: Deputy, data: dict[str, Any], actor: Actor, node: Node) -> dict[str, Any]:
    """The columns that change; the core post follows. Telephone and identity number go to the person."""
    if any(data.get(name) for name in ("phone", "id_number")):
        deputy_people.told(people.Person.get_by_id(record.person_id), data, actor)
    values = {name: value for name, value in data.items() if name not in (*deputy_people.TYPED, "person_id", "division_id")}
    for name in ("from_day", "congress_id", "status"):
        if name in values and not values[name]:
            values[name] = getattr(record, name)
    values = _with_end(values, record)
    if any(values.get(name, getattr(record, name)) != getattr(record, name) for name in SPAN):
        after = Deputy(**{**record.__data__, **values})
        values |= keep_post(after, record, actor, node)
    return values


def _with_end(values: dict[str, Any], record: Deputy | None) -> dict[str, Any]:
    """A mandate that ends has its last day; one that goes on after it was called ended has none, unless one is written."""
    was = record.status if record is not None else ACTIVE
    status = values.get("status", was)
    if status == ENDED and ("status" in values or "status_on" in values):
        return {**values, "to_day": values.get("status_on", record.status_on if record else None)}
    if was == ENDED and status != ENDED and record is not None and values.get("to_day") in (None, record.to_day):
        return {**values, "to_day": None}
    return values


# ---------------------------------------------------------------- the core's post

def keep_post(deputy: Deputy, before: Deputy | None, actor: Actor, node: Node) -> dict[str, Any]:
    """Make the core post what the mandate says; returns the columns of the mandate that change with it.

    It is held from the first to the last day of the mandate, ends on the day before a suspension and is given anew on the day on
    which the mandate goes on. A post that the person holds here already becomes that of the mandate.
    """
    post = people.Post.get_or_none(people.Post.id == deputy.post_id) if deputy.post_id else None
    last = deputy.to_day if deputy.status != SUSPENDED else _day_before(deputy.status_on)
    first = deputy.from_day
    if deputy.status == ACTIVE and before is not None and before.status == SUSPENDED:
        resumed = deputy.status_on or local_day()
        if post is None or (post.to_day is not None and post.to_day < resumed - timedelta(1)):
            post, first = None, resumed
        else:
            first = post.from_day
    elif post is not None and before is not None and before.from_day == deputy.from_day:
        first = post.from_day
    if last is not None and last < first:
        return _drop_post(deputy, post, actor, node)
    if post is None:
        return _given(deputy, first, last, actor, node)
    if (post.from_day, post.to_day) != (first, last):
        records.update(registry().entity(POST), post.id, {"from_day": first, "to_day": last}, machine(actor), None, node)
    return {}


def _given(deputy: Deputy, first: date, last: date | None, actor: Actor, node: Node) -> dict[str, Any]:
    kind, post = POSTS[deputy.level], people.Post
    held = None if deputy.person_made and not deputy.id else post.select(post.id, post.to_day).where(
        (post.person_id == deputy.person_id) & (post.kind == kind) & (post.division_id == node.id)
        & (post.to_day.is_null() | (post.to_day >= first))).order_by(post.id.desc()).first()  # who was entered now holds none
    if held is not None:
        if held.to_day != last:
            records.update(registry().entity(POST), held.id, {"to_day": last}, machine(actor), None, node)
        return {"post_id": held.id, "post_made": False}
    made = records.create_within(registry().entity(POST), {
        "person_id": deputy.person_id, "kind": kind, "from_day": first, "to_day": last}, machine(actor), node)
    return {"post_id": made.id, "post_made": True}


def _drop_post(deputy: Deputy, post: Any, actor: Actor, node: Node) -> dict[str, Any]:
    """A mandate that is suspended or over before it began gives no post."""
    if post is not None:
        records.delete(registry().entity(POST), post.id, machine(actor), None, node)
    return {"post_id": None, "post_made": False}


def _day_before(day: date | None) -> date | None:
    return day - timedelta(1) if day is not None else None


# ---------------------------------------------------------------- what follows

def status_written(record: Deputy, values: dict[str, Any], actor: Actor, node: Node) -> None:
    """After a mandate was written: when its status changed, end what ended with it and tell the other areas."""
    if "status" not in values or (record.version == 1 and record.status == ACTIVE):
        return
    if record.status == ENDED:
        _end_all(Placement, PLACEMENT, Placement.deputy_id == record.id, record.to_day or local_day(), actor,
                 {"ended_why": _("The mandate ended.")})
        _end_all(Contact, CONTACT, (Contact.deputy_id == record.id) | (Contact.other_id == record.id),
                 record.to_day or local_day(), actor, {})
    for observer in ON_STATUS:
        observer(record, actor)


def _end_all(model: Any, key: str, condition: Any, day: date, actor: Actor, more: dict[str, Any]) -> None:
    here = tree()
    for row in list(model.select().where(condition & (model.to_day.is_null() | (model.to_day > day)))):
        place = here.get(row.division_id)
        if place is not None:
            values = {"to_day": max(day, row.from_day), **more}
            records.update(registry().entity(key), row.id, values, machine(actor), None, place)


def delete_deputy(record: Deputy, actor: Actor, node: Node) -> None:
    """Take back a mandate that was entered by mistake, with the post and the person that came with it.

    Raises ``Refused`` when the deputy was placed, rostered or did anything: then the mandate ends.
    """
    from .models import MODELS

    for model, field in ((model, field) for model in MODELS for field in NAMING):
        if field in model._meta.fields and row_exists(model, field, record.id):
            raise Refused(_("%(name)s cannot be deleted.", name=record.name),
                          _("The deputy was placed into a station, was on duty, or keeps contact with somebody."),
                          _("Set the status to ended, with the day and the reason."), code="deputy_used")
    if record.post_id and record.post_made and people.Post.get_or_none(people.Post.id == record.post_id) is not None:
        records.delete(registry().entity(POST), record.post_id, machine(actor), None, node)
    if record.person_made:
        deputy_people.forget(record, actor)


def renamed(person_id: int) -> None:
    """A person's name was corrected: the mandates carry it for their lists."""
    person = people.Person.get_or_none(people.Person.id == person_id)
    if person is not None:
        Deputy.update(name=person.name).where((Deputy.person_id == person_id) & (Deputy.name != person.name)).execute()
