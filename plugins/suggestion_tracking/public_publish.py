"""Publishing: an officer releases a wording of a matter or suggestion whose owner agreed; everybody reads that wording only.

Nothing on a page for everybody is read from a matter or suggestion. The released wording is checked for what looks like
personal data and for the name and telephone number of who raised the matter. Deputies Law 2025 asks for the publication of
suggestions and their results; a resident's matter is published by consent (PIPL art. 13, 25).
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import (
    Actor,
    Choice,
    Day,
    Entity,
    EntitySchema,
    Flag,
    Invalid,
    LongText,
    Node,
    Text,
    ancestor_columns,
    gettext,
    local_day,
    now,
    personal_marks,
    records,
    registry,
    scoped,
    snapshot,
    transaction,
    tree,
)
from grid321.core.api import lazy_gettext as _

from .public_models import Publication

SOURCES = (("matter", _("Resident's matter")), ("suggestion", _("Deputy's suggestion")))
CONSENT = {"matter": "publish", "suggestion": "consent_publish"}
SCHEMES = {"matter": "suggestion_tracking.matter_class", "suggestion": "suggestion_tracking.subject"}


class PublicationSchema(EntitySchema):
    """What an officer releases."""

    source = Choice(_("Of what"), options=SOURCES, required=True)
    number = Text(_("Number"), max=40, required=True, help=_("The number of the matter or suggestion."))
    title = Text(_("Title"), max=120, required=True)
    text = LongText(_("What it is about"), max=4000, required=True,
                    help=_("Everybody reads this. No names, telephone numbers, house numbers or anything else about a person."))
    result = LongText(_("Result of the handling"), max=4000,
                      help=_("The result as everybody may read it; empty while it is handled."))
    outcome = Choice(_("Outcome class"), scheme="suggestion_tracking.outcome", read_only=True)
    published_on = Day(_("Published on"), read_only=True)
    hidden = Flag(_("No longer shown"), help=_("It stays on record, and nobody sees it any more."))


def source_entity(source: str) -> Entity:
    """The entity behind ``matter`` or ``suggestion``. Raises ``KeyError``."""
    return registry().entity(f"suggestion_tracking.{source}")


def find_source(source: str, number: str, node: Node, actor: Actor) -> Any:
    """The matter or suggestion of that number as far as ``actor`` sees it at ``node``; None when there is none."""
    entity = source_entity(source)
    return scoped(entity.model.select(), entity, "view", node, actor).where(entity.model.number == number).first()


def personal_data(texts: dict[str, str | None], source: str, record: Any) -> dict[str, list[str]]:
    """What looks like personal data in ``texts`` (by field), as error messages by field. The data are not repeated in them."""
    errors: dict[str, list[str]] = {}
    known = [] if source != "matter" or record is None else [
        records.opened(source_entity(source), record, name) for name in ("contact_name", "contact_phone")]
    for field, text in texts.items():
        found = personal_marks(text, names=known)
        for one in (one for one in found if one.kind != "name"):
            errors.setdefault(field, []).append(
                gettext("This contains what looks like %(what)s. Take it out: everybody would read it.", what=one.what))
            break
        if any(one.kind == "name" for one in found):
            errors.setdefault(field, []).append(
                gettext("This names who raised the matter. Take it out: everybody would read it."))
    return errors


def check(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """Rules across the fields: an item stays what it is about, and no personal data are published."""
    errors: dict[str, list[str]] = {}
    for name in ("source", "number") if record is not None else ():
        if name in data and data[name] != getattr(record, name):
            errors[name] = [gettext("A published item stays what it is about. Take it back and publish the other one.")]
    original = None
    if record is not None:
        model = source_entity(record.source).model
        original = model.get_or_none(model.id == record.source_id)
    texts = {name: data.get(name) for name in ("title", "text", "result")}
    source = record.source if record is not None else data.get("source", "")
    return errors | personal_data(texts, source, original)


def create(data: dict[str, Any], actor: Actor, node: Node) -> Publication:
    """Insert a published item; called by ``records.create`` inside its transaction.

    Raises ``Invalid`` when there is no such matter or suggestion here, when who raised it did not agree, when it was
    published already, and for personal data in the wording.
    """
    source, day = data["source"], local_day()
    original = find_source(source, data["number"], node, actor)
    if original is None:
        raise _invalid("number", gettext("There is no such matter or suggestion here. Check the number."))
    if not getattr(original, CONSENT[source]):
        raise _invalid("number", gettext("Who raised it did not agree to publication. Ask first, and note the answer there."))
    if Publication.select().where((Publication.source == source) & (Publication.source_id == original.id)).exists():
        raise _invalid("number", gettext("It is published already. Change the published item instead."))
    errors = personal_data({name: data.get(name) for name in ("title", "text", "result")}, source, original)
    if errors:
        raise Invalid(gettext("The item was not published."), errors=errors)
    moment, place = now(), tree().get(original.division_id) or node
    made: Publication = Publication.create(
        created_at=moment, updated_at=moment, created_by=actor.account_id, **ancestor_columns(snapshot().tree, place),
        source=source, source_id=original.id, number=original.number,
        kind=original.kind, title=data["title"], text=data["text"], result=data.get("result") or "",
        outcome=original.outcome, raised_at=original.created_at, published_on=day, hidden=bool(data.get("hidden")))
    _mark(made, original, actor, None if made.hidden else day)
    return made


def update(record: Publication, data: dict[str, Any], actor: Actor, node: Node) -> dict[str, Any]:
    """The columns that an edit writes; what was taken back or shown again is noted at its matter too."""
    model = source_entity(record.source).model
    original = model.get_or_none(model.id == record.source_id)
    row: dict[str, Any] = {name: data[name] for name in ("title", "text", "result", "hidden") if name in data}
    if original is not None:
        row["outcome"] = original.outcome
        if "hidden" in row and bool(row["hidden"]) != record.hidden:
            if not row["hidden"] and not getattr(original, CONSENT[record.source]):
                raise _invalid("hidden", gettext("Who raised it no longer agrees to publication."))
            _mark(record, original, actor, None if row["hidden"] else local_day())
    return row


def take_back(source: str, source_id: int, actor: Actor) -> bool:
    """Hide the published item of a matter or suggestion whose owner no longer agrees; True when there was one to hide."""
    with transaction():
        found = Publication.get_or_none((Publication.source == source) & (Publication.source_id == source_id)
                                        & (Publication.hidden == False))  # noqa: E712 - a column
        place = tree().get(found.division_id) if found is not None else None
        if place is None:
            return False
        records.update(registry().entity("suggestion_tracking.publication"), found.id, {"hidden": True}, actor, None, place)
    return True


def _mark(made: Publication, original: Any, actor: Actor, day: Any) -> None:
    entity = source_entity(made.source)
    entity.model.update(published_on=day).where(entity.model.id == original.id).execute()
    place = tree().get(original.division_id)
    if place is not None:
        records.note(entity, original, actor, place, "published" if day else "taken_back", facts={"publication": made.id})


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(gettext("The item was not published."), errors={field: [message]})


PUBLICATION = Entity(
    "suggestion_tracking.publication", model=Publication, schema=PublicationSchema, label=_("Published item"),
    columns=("number", "title", "source", "division_id", "outcome", "published_on", "hidden"),
    filters=("source", "outcome", "published_on", "hidden"), search=("number", "title", "text", "result"), title="title",
    actions=("create", "edit", "export"), icon="megaphone", create=create, update=update, check=check,
    description=_("What everybody reads of matters and suggestions: released by an officer, with the consent of who raised it."))
