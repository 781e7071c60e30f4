"""What the kit of checks needs to make records of supervision, where it cannot guess."""
from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

from PIL import Image

from grid321.core import attachments, settings, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.registry import registry

from .suggestion_examples import P, handed, lead_deputy, raised

KINDS = ("first", "second", "third", "look_back", "random")
LATER = "2030-06-30"


def prepare(world: Any) -> None:
    """Let the county set no limit for receipt cards: then the kit may go on without a card."""
    settings.put("core.clock_receipt", world.tree.county, None, source="conformance kit", valid_from=date(2020, 1, 1))


def lead(number: int) -> int:
    """The id of the deputy who leads the suggestions made for the kit."""
    return lead_deputy()


def drawable(number: int) -> str:
    """A state of which there is a suggestion to draw from."""
    handed(number)
    return "all"


def scanned(number: int) -> str:
    """A day of signing; every card that waits has its scan then."""
    entity = registry().entity(P + "receipt")
    out = BytesIO()
    Image.new("RGB", (4, 3), "white").save(out, "PNG")
    for card in list(entity.model.select().where(entity.model.state == "issued")):
        place = snapshot.current().tree.get(card.division_id)
        if place is not None and not attachments.of(entity, card.id):
            attachments.add(entity, card, [attachments.Clean("scan.png", "image/png", out.getvalue())], SYSTEM, place)
    return "2026-11-01"


EXAMPLES: dict[str, Any] = {
    P + "commitment": {"suggestion": raised, "first_due_on": None, "due_on": LATER},
    P + "inspection": [{"kind": kind, "suggestion": raised, "planned_on": None} for kind in KINDS],
    P + "letter": {"suggestion": raised},
    P + "list_item": {"suggestion": raised},
    P + "receipt": {"suggestion": raised, "deputy": lead},
    P + "round": {"kind": "month", "first_day": lambda number: date(2000 + number // 12 % 100, number % 12 + 1, 1).isoformat()},
    P + "sample": {"pool": drawable, "year": None, "seed": None},
    P + "commitment_following.carry_on": {"due_on": LATER[:3] + "1-06-30"},
    P + "letter_handling.issue": {"limit_on": None},
    P + "letter_handling.not_enough": {"limit_on": None},
    P + "list_handling.assign": {"limit_on": None},
    P + "list_handling.send_back": {"limit_on": None},
    P + "receipt_return.enter_paper": {"signed_on": scanned},
}
"""Values by entity and by step, where the kit cannot guess."""
