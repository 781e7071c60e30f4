"""Fields of receptions: a recurrence rule, which people may also type in words, and a list of days."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from grid321.core.api import LongText, Text

from .calendar_rules import BadRule, normal, stored_days
from .plan_words import from_words, in_words


class Recurrence(Text):
    """A rule of RFC 5545, stored without ``RRULE:``; people may type usual words instead."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return normal(from_words(text) or text) if text else ""
        except BadRule as problem:
            raise ValidationError(str(problem)) from None

    def display(self, value: Any, record: Any = None) -> str:
        return in_words(value) if value else ""


class DayList(LongText):
    """Days, parted by blanks, commas or lines; stored in order as ISO days with a blank between them."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return stored_days(text)
        except BadRule as problem:
            raise ValidationError(str(problem)) from None
