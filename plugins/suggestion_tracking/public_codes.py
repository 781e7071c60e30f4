"""What officers see of the public side on a matter or suggestion: whether it is published, and a new code for who lost theirs."""
from __future__ import annotations

from typing import Any

from flask import g, render_template, url_for

from grid321.core.api import (
    Actor,
    Forbidden,
    Node,
    Panel,
    current_actor,
    fetch,
    format_day,
    lookup,
    records,
    registry,
    signed_links,
    transaction,
    tree,
)
from grid321.core.api import gettext as _

from .public_form import MATTER, OWN, PLUGIN, receipt
from .public_models import Publication
from .public_publish import CONSENT

GIVE = f"{PLUGIN}.matter_rate_told"
"""Who may enter a rating that a resident told is trusted to check who asks for a code."""


def new_code_page(record_id: int) -> str:
    """Give a resident who lost it a new code; who did so stands in the ledger. The old code and the old links end."""
    entity, actor = registry().entity(MATTER), current_actor()
    record = fetch(entity, record_id, "view", g.node, actor)
    place = tree().get(record.division_id) or g.node
    if not actor.may(GIVE, place):
        raise Forbidden(_("You may not do this here"), place.name, _("Ask the officer of this division."))
    code = lookup.new_code()
    with transaction():
        signed_links.revoke(OWN, MATTER, record.id)
        lookup.keep(code, MATTER, record.id, record.number)
        records.note(entity, record, actor, place, "code_given")
    back = f"/d/{g.node.code}/{PLUGIN}/matter/{record.id}"
    return render_template("suggestion_tracking/raised.html", **{
        **receipt(record, code.text), "title": _("New look-up code"), "back_url": back})


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The public side of a matter or suggestion beside its facts, for those who publish or give out codes."""
    if slot == "detail.main" and entity is not None and entity.key == f"{PLUGIN}.publication":
        return [_seen_by_everybody(record, actor, node)]
    source = entity.name if entity is not None and entity.plugin == PLUGIN else ""
    if slot != "detail.aside" or source not in CONSENT:
        return None
    place = tree().get(record.division_id) or node
    may_publish = actor.may(f"{PLUGIN}.publication.create", place)
    may_give = source == "matter" and actor.may(GIVE, place)
    if not (may_publish or may_give):
        return None
    row = Publication.get_or_none((Publication.source == source) & (Publication.source_id == record.id))
    base = f"/d/{node.code}/{PLUGIN}"
    return [Panel(_("For everybody to read"), "suggestion_tracking/public_panel.html", {
        "agreed": getattr(record, CONSENT[source]), "hidden": row is not None and row.hidden,
        "published": format_day(row.published_on) if row is not None else "",
        "item_url": f"{base}/publication/{row.id}" if row is not None else "",
        "publish_url": url_for("suggestion_tracking.publish", code=node.code, source=source, record_id=record.id)
        if may_publish and row is None and getattr(record, CONSENT[source]) else "",
        "code_url": url_for("suggestion_tracking.new_code", code=node.code, record_id=record.id) if may_give else ""}, order=70)]


def _seen_by_everybody(item: Publication, actor: Actor, node: Node) -> Panel:
    """Where everybody reads a published item, and the matter or suggestion behind it."""
    entity = registry().entity(f"{PLUGIN}.{item.source}")
    original = entity.model.get_or_none(entity.model.id == item.source_id)
    seen = original is not None and actor.may_on(entity.permission("view"), original)
    return Panel(_("What everybody sees"), "suggestion_tracking/seen_panel.html", {
        "hidden": item.hidden, "source_label": str(entity.label),
        "public_url": "" if item.hidden else url_for("suggestion_tracking.published_item", code=node.code, item_id=item.id),
        "source_url": f"/d/{node.code}/{PLUGIN}/{item.source}/{item.source_id}" if seen else ""}, order=5)
