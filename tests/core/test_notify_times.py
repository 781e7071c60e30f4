"""Quiet hours and summaries are counted in China's time, over midnight and over the week."""
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid321.core.notify_times import DAILY, LOCAL, WEEKLY, Rhythm, after_quiet, due, is_quiet, next_digest

pytestmark = pytest.mark.once


def local(text):
    """A naive UTC moment from China's time."""
    return datetime.fromisoformat(text) - LOCAL


NIGHT = Rhythm(22 * 60, 7 * 60)
NOON = Rhythm(12 * 60, 13 * 60 + 30)


@pytest.mark.parametrize(("rhythm", "moment", "sent"), [
    (NIGHT, "2026-03-15T21:59", "2026-03-15T21:59"), (NIGHT, "2026-03-15T22:00", "2026-03-16T07:00"),
    (NIGHT, "2026-03-15T23:59", "2026-03-16T07:00"), (NIGHT, "2026-03-16T00:00", "2026-03-16T07:00"),
    (NIGHT, "2026-03-16T06:59", "2026-03-16T07:00"), (NIGHT, "2026-03-16T07:00", "2026-03-16T07:00"),
    (NIGHT, "2026-12-31T23:30", "2027-01-01T07:00"), (NIGHT, "2028-02-28T23:30", "2028-02-29T07:00"),
    (NOON, "2026-03-15T12:30", "2026-03-15T13:30"), (NOON, "2026-03-15T13:30", "2026-03-15T13:30"),
    (Rhythm(), "2026-03-15T23:00", "2026-03-15T23:00"), (Rhythm(480, 480), "2026-03-15T08:00", "2026-03-15T08:00"),
    (Rhythm(22 * 60, None), "2026-03-15T23:00", "2026-03-15T23:00"), (Rhythm(0, 1), "2026-03-15T00:00", "2026-03-15T00:01"),
    (Rhythm(22 * 60, 0), "2026-03-15T23:00", "2026-03-16T00:00")])
def test_a_message_of_the_quiet_hours_goes_out_when_they_end(rhythm, moment, sent):
    assert after_quiet(local(moment), rhythm) == local(sent)


@pytest.mark.parametrize(("digest", "hour", "weekday", "moment", "sent"), [
    (DAILY, 8, 0, "2026-03-15T07:59", "2026-03-15T08:00"), (DAILY, 8, 0, "2026-03-15T08:00", "2026-03-16T08:00"),
    (DAILY, 0, 0, "2026-03-15T23:59", "2026-03-16T00:00"), (DAILY, 23, 0, "2026-02-28T23:30", "2026-03-01T23:00"),
    (WEEKLY, 9, 0, "2026-03-15T10:00", "2026-03-16T09:00"), (WEEKLY, 9, 0, "2026-03-16T08:59", "2026-03-16T09:00"),
    (WEEKLY, 9, 0, "2026-03-16T09:00", "2026-03-23T09:00"), (WEEKLY, 9, 6, "2026-03-16T00:30", "2026-03-22T09:00")])
def test_a_summary_collects_until_its_hour(digest, hour, weekday, moment, sent):
    rhythm = Rhythm(digest=digest, hour=hour, weekday=weekday)
    assert next_digest(local(moment), rhythm) == local(sent)
    assert due(local(moment), rhythm) == (local(sent), True)


def test_a_summary_in_the_quiet_hours_waits_for_their_end():
    assert next_digest(local("2026-03-15T20:00"), Rhythm(22 * 60, 7 * 60, DAILY, 3)) == local("2026-03-16T07:00")


def test_what_is_urgent_goes_at_once():
    moment = local("2026-03-15T23:00")
    assert due(moment, Rhythm(22 * 60, 7 * 60, WEEKLY), urgent=True) == (moment, False)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.integers(0, 1439), st.integers(0, 1439),
       st.sampled_from((DAILY, WEEKLY)), st.integers(0, 23), st.integers(0, 6))
def test_nothing_is_sent_in_quiet_hours_nor_late(moment, begin, end, digest, hour, weekday):
    rhythm = Rhythm(begin, end, digest, hour, weekday)
    sent = after_quiet(moment, rhythm)
    assert not is_quiet(sent, rhythm) and moment <= sent < moment + timedelta(days=1)
    assert sent == moment or is_quiet(moment, rhythm)
    summary = next_digest(moment, rhythm)
    assert moment < summary <= moment + timedelta(days=8) and not is_quiet(summary, rhythm)
