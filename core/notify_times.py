"""When a message may go out: quiet hours and summaries, in China's time (UTC+8 all year). Pure arithmetic."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LOCAL = timedelta(hours=8)
DAY = timedelta(days=1)
AT_ONCE, DAILY, WEEKLY = "once", "daily", "weekly"


@dataclass(frozen=True)
class Rhythm:
    """How a reader wants messages. Quiet hours in minutes after midnight, local; equal or None: there are none.

    ``hour`` and ``weekday`` (0 is Monday) say when a summary goes out.
    """

    quiet_from: int | None = None
    quiet_to: int | None = None
    digest: str = AT_ONCE
    hour: int = 8
    weekday: int = 0


def is_quiet(moment: datetime, rhythm: Rhythm) -> bool:
    """True when ``moment`` (naive UTC) lies in the quiet hours. Their first minute belongs to them, their last does not."""
    begin, end = rhythm.quiet_from, rhythm.quiet_to
    if begin is None or end is None or begin == end:
        return False
    local = moment + LOCAL
    minute = local.hour * 60 + local.minute
    return begin <= minute < end if begin < end else minute >= begin or minute < end


def after_quiet(moment: datetime, rhythm: Rhythm) -> datetime:
    """``moment`` itself, or the end of the quiet hours it lies in (naive UTC)."""
    if not is_quiet(moment, rhythm):
        return moment
    local = moment + LOCAL
    end = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=rhythm.quiet_to or 0)
    return (end if end > local else end + DAY) - LOCAL


def next_digest(moment: datetime, rhythm: Rhythm) -> datetime:
    """When the summary goes out that a message of ``moment`` belongs to: always later than ``moment``, never in quiet hours."""
    local = moment + LOCAL
    at = local.replace(hour=rhythm.hour, minute=0, second=0, microsecond=0)
    if rhythm.digest == WEEKLY:
        at += DAY * ((rhythm.weekday - local.weekday()) % 7)
    if at <= local:
        at += DAY * (7 if rhythm.digest == WEEKLY else 1)
    return after_quiet(at - LOCAL, rhythm)


def due(moment: datetime, rhythm: Rhythm, *, urgent: bool = False) -> tuple[datetime, bool]:
    """(when a message of ``moment`` goes out, whether as part of a summary). ``urgent`` ones go at once."""
    if urgent:
        return moment, False
    if rhythm.digest == AT_ONCE:
        return after_quiet(moment, rhythm), False
    return next_digest(moment, rhythm), True
