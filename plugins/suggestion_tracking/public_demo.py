"""Demo of the public side: some of the matters and suggestions whose owners agreed are published with their results."""
from __future__ import annotations

from typing import Any

from grid321.core.api import SYSTEM, Invalid, Node, records, registry, tree

from .public_publish import CONSENT, PUBLICATION

MOST = 24
"""So many of each kind are published: enough for a second page and for a search that narrows."""


def demo(context: Any) -> None:
    """Publish at the end, when every matter has got as far as the demo takes it."""
    context.after_all(publish_some)


def publish_some(*_nothing: Any) -> None:
    """Publish the newest answered matters and suggestions whose owners agreed."""
    for source, consent in CONSENT.items():
        model = registry().entity(f"suggestion_tracking.{source}").model
        wanted = model.select().where((getattr(model, consent) == True) & model.answer.is_null(False))  # noqa: E712 - a column
        for record in reversed(list(wanted.order_by(model.id.desc()).limit(MOST))):
            place = tree().get(record.division_id)
            if place is not None:
                _publish(source, record, place)


def _publish(source: str, record: Any, place: Node) -> None:
    text = record.text if source == "matter" else record.content
    data = {"source": source, "number": record.number, "title": record.title, "text": text, "result": record.answer}
    try:
        records.create(PUBLICATION, data, SYSTEM, place)
    except Invalid:  # the demo's own texts name nobody; should one come to do so, it is not published either
        return
