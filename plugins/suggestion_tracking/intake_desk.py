"""What an officer does with what arrived: opens the matter it became, or looks after what was set aside and says so."""
from __future__ import annotations

from typing import Any

from flask import g, url_for

from grid321.core.api import (
    Actor,
    Conflict,
    Node,
    Panel,
    current_actor,
    fetch,
    notices,
    records,
    registry,
    transaction,
    tree,
)
from grid321.core.api import gettext as _

from .intake_entity import INCOMING, STATES
from .intake_models import Incoming

PLUGIN = "suggestion_tracking"
MATTER = f"{PLUGIN}.matter"
LOOK_AFTER = INCOMING.permission("reveal")
"""Who may read who wrote is trusted to say that a letter was looked after."""


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """What became of a letter or message, and what to do with it now."""
    if slot != "detail.main" or entity is None or entity.key != INCOMING.key:
        return None
    place = tree().get(record.division_id) or node
    matter = registry().entity(MATTER)
    seen = record.matter_id and matter.model.get_or_none(matter.model.id == record.matter_id)
    base = f"/d/{node.code}/{PLUGIN}"
    may = record.state == "aside" and actor.may(LOOK_AFTER, place)
    return [Panel(_("What this letter became"), "suggestion_tracking/incoming_panel.html", {
        "state": record.state, "label": str(dict(STATES)[record.state]), "way": record.way, "refused_files": record.refused_files,
        "matter_url": f"{base}/matter/{seen.id}" if seen and actor.may_on(f"{MATTER}.view", seen) else "",
        "register_url": f"{base}/hotline" if may and actor.may_within(f"{MATTER}.create", node) else "",
        "done_url": url_for("suggestion_tracking.incoming_done", code=node.code, record_id=record.id) if may else ""}, order=5)]


def done_page(record_id: int) -> Any:
    """Note that what was set aside was looked after by hand. Of two at once one passes; raises ``Conflict`` for the other."""
    actor = current_actor()
    record = fetch(INCOMING, record_id, "view", g.node, actor)
    place = tree().get(record.division_id) or g.node
    with transaction():
        changed = Incoming.update(state="done", version=Incoming.version + 1).where(
            (Incoming.id == record.id) & (Incoming.state == "aside")).execute()
        if changed != 1:
            raise Conflict(_("This was looked after already."), "", _("Open it again to see what became of it."))
        records.note(INCOMING, Incoming.get_by_id(record.id), actor, place, "dealt_with")
    return notices.go(f"/d/{g.node.code}/{PLUGIN}/incoming/{record.id}", "saved")
