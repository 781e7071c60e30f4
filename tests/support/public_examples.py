"""What the kit of checks needs to publish something: a matter whose owner agreed, at the division where the item is made."""
from __future__ import annotations

from typing import Any

from grid321.core import records
from grid321.core.actor import SYSTEM
from grid321.core.field_base import current_frame
from grid321.core.registry import registry


def agreed(number: int) -> str:
    """The number of a new matter that may be published, registered where the kit makes its record."""
    node = current_frame().node
    data = {"text": f"路灯坏了，第{number}次。", "kind": "roads", "source": "resident", "publish": True}
    return str(records.create(registry().entity("suggestion_tracking.matter"), data, SYSTEM, node).number)


EXAMPLES: dict[str, Any] = {
    "suggestion_tracking.publication": {"source": "matter", "number": agreed, "text": "路灯坏了。", "hidden": None}}
"""Values by entity, where the kit cannot guess."""
