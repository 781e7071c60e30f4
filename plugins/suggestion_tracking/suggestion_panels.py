"""What a clerk sees on the page of a suggestion: its units, meetings, signatures and remarks; on a task's page its suggestion."""
from __future__ import annotations

from typing import Any


def panels_for(slot: str, entity: Any, record: Any, actor: Any, node: Any) -> list[Any] | None:
    """The panels for a slot, or None when there is nothing to add there."""
    return None
