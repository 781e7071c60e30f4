"""The number of a suggestion as a field of what hangs on it: checked when it is typed, shown as it is."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grid321.core.api import Text, current_frame, registry, scoped
from grid321.core.api import lazy_gettext as _

from .life_models import Suggestion, Task

KEY = "suggestion_tracking.suggestion"


class SuggestionNumber(Text):
    """A suggestion, named by its number (``JY-610902-202603-0001``). It must exist where the person may see it."""

    default_error_messages = {
        "unknown": _("There is no suggestion with this number that you may see. Copy the number from its page."),
    }

    def __init__(self, label: Any = None, **rest: Any) -> None:
        super().__init__(label, max=40, attribute="suggestion_number", **rest)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        number = super()._deserialize(value, attr, data, **kwargs).upper()
        if number and not known(number, current_frame().node, current_frame().actor):
            raise self.make_error("unknown")
        return number


def find(number: str, node: Any, actor: Any) -> Suggestion | None:
    """The suggestion of that number below ``node`` which ``actor`` may see, or None. One query."""
    query = Suggestion.select().where(Suggestion.number == number)
    found: Suggestion | None = scoped(query, registry().entity(KEY), "view", node, actor).first()
    return found


def known(number: str, node: Any, actor: Any) -> bool:
    """True when ``actor`` may see the suggestion of that number, or a unit's task for it: co-handlers see their task only."""
    if find(number, node, actor) is not None:
        return True
    entity = registry().entity(f"{KEY.partition('.')[0]}.task")
    query = Task.select(Task.id).where(Task.suggestion_number == number)
    return bool(actor.may_within(entity.permission("view"), node) and scoped(query, entity, "view", node, actor).exists())


def by_number(number: str) -> Suggestion | None:
    """The suggestion of that number, whoever asks (within a step); None without one."""
    found: Suggestion | None = Suggestion.get_or_none(Suggestion.number == number) if number else None
    return found
