"""The judgement itself: what counts as equal, rounded, truncated and contradictory."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay import compare, published

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("printed", "counted", "verdict"), [
    ("54", Fraction(54), "equal"), ("54", Fraction(53), "contradictory"), ("50.00", Fraction(50), "equal"),
    ("12.5", Fraction(25, 2), "equal"), ("66.67", Fraction(200, 3), "rounded"), ("66.66", Fraction(200, 3), "truncated"),
    ("66.68", Fraction(200, 3), "contradictory"), ("35.48", Fraction(3300, 93), "rounded"),
    ("58.07", Fraction(5400, 93), "contradictory"), ("58.06", Fraction(5400, 93), "rounded"),
    ("0.13", Fraction(1, 8), "rounded"), ("0.12", Fraction(1, 8), "truncated"), ("67", Fraction(200, 3), "rounded"),
    ("0", Fraction(0), "equal"), ("100", Fraction(100), "equal"), ("99.99", Fraction(100), "contradictory")])
def test_a_printed_number_is_judged(printed, counted, verdict):
    assert compare.verdict_of(printed, counted) == verdict


@given(top=st.integers(0, 10**6), bottom=st.integers(1, 10**6), places=st.integers(0, 4))
def test_what_is_printed_by_a_rule_is_never_called_contradictory(top, bottom, places):
    exact = Fraction(100 * top, bottom)
    rounded = compare.as_printed(exact, places, ROUND_HALF_UP)
    cut = compare.as_printed(exact, places, ROUND_DOWN)

    assert abs(Fraction(rounded) - exact) <= Fraction(1, 2 * 10**places)
    assert 0 <= exact - Fraction(cut) < Fraction(1, 10**places)
    assert compare.verdict_of(f"{rounded:.{places}f}", exact) in {"equal", "rounded"}
    assert compare.verdict_of(f"{cut:.{places}f}", exact) in {"equal", "rounded", "truncated"}
    assert compare.verdict_of(f"{rounded + Decimal(1).scaleb(-places) * 2:.{places}f}", exact) == "contradictory"


@given(top=st.integers(0, 5000), bottom=st.integers(1, 5000))
def test_the_platform_rounds_as_the_judgement_does(top, bottom):
    from grid321.core.statistics import Percentage

    found = Percentage(top, bottom)
    assert found.value == compare.as_printed(Fraction(100 * top, bottom), 2, ROUND_HALF_UP)
    assert found.truncated == compare.as_printed(Fraction(100 * top, bottom), 2, ROUND_DOWN)


def test_a_share_that_was_moved_to_make_a_hundred_is_explained():
    why = compare.why_shares_differ(published.SHARES, published.SUGGESTIONS)

    assert list(why) == ["A"]
    assert "58.0645" in why["A"] and "+0.01" in why["A"] and "99.99" in why["A"]


def test_a_share_that_is_simply_wrong_is_not_explained_away():
    why = compare.why_shares_differ({"A": "61.00", "B": "50.00"}, {"A": 1, "B": 1})

    assert why == {"A": "1/2 is 50.0000 %"}
