"""The rates: what stands above and below the line, how they are rounded, who gets a rank. Pure rules, drawn by Hypothesis."""
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid321.core.i18n import use_language
from grid321.core.statistics import Percentage
from grid321.plugins.suggestion_tracking import evaluation_rates as rates

pytestmark = pytest.mark.once

MARKS = st.sets(st.sampled_from(sorted(rates.LETTERS))).map(lambda letters: "".join(sorted(letters)))
BAGS = st.dictionaries(MARKS, st.integers(0, 2000), max_size=30)


@given(BAGS)
def test_no_rate_is_above_one_hundred_per_cent_and_none_below_zero(bag):
    for rate in rates.RATES:
        found = rates.counted(rate, bag, 1)

        assert 0 <= found.top <= found.bottom <= sum(bag.values())
        assert found.value is None or 0 <= found.truncated <= found.value <= 100


@given(BAGS, BAGS)
def test_what_two_divisions_have_together_is_the_sum_of_both(one, other):
    for rate in rates.RATES:
        whole, left, right = (rates.counted(rate, bag, 1) for bag in (rates.joined((one, other)), one, other))

        assert (whole.top, whole.bottom) == (left.top + right.top, left.bottom + right.bottom)


@given(BAGS)
def test_a_row_that_is_left_out_changes_no_rate(bag):
    before = [rates.counted(rate, bag, 1) for rate in rates.RATES]

    assert [rates.counted(rate, {**bag, "": bag.get("", 0) + 7}, 1) for rate in rates.RATES] == before


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_printed_rate_is_within_half_a_hundredth_and_a_cut_one_below_by_less_than_a_hundredth(top, bottom):
    top = min(top, bottom)
    exact, found = Fraction(100 * top, bottom), Percentage(top, bottom, 1)

    assert abs(Fraction(found.value) - exact) <= Fraction(1, 200)
    assert 0 <= exact - Fraction(found.truncated) < Fraction(1, 100)


@pytest.mark.parametrize(("top", "bottom", "shown", "cut"), [
    (54, 93, "58.06 %", ""), (33, 93, "35.48 %", ""), (2, 93, "2.15 %", ""), (4, 93, "4.30 %", ""),
    (2, 3, "66.67 %", "66.66"), (1, 3, "33.33 %", ""), (5, 8, "62.50 %", ""), (1, 1, "100.00 %", ""), (0, 7, "0.00 %", "")])
def test_the_page_says_what_cutting_would_print_only_where_it_differs(app, top, bottom, shown, cut):
    found = Percentage(top, bottom, 1)
    with app.test_request_context():
        assert rates.shown(found) == shown
        assert (cut in rates.rounding_note(found)) if cut else rates.rounding_note(found) == ""


def test_too_few_cases_are_two_numbers_without_per_cent(app):
    with app.test_request_context(), use_language("en"):
        assert rates.shown(Percentage(3, 4, 5)) == "3 of 4"
        assert rates.shown(Percentage(0, 0, 5)) == "–"
        assert rates.rounding_note(Percentage(2, 3, 5)) == ""


@given(st.dictionaries(st.integers(1, 40), st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12), st.integers(1, 20))
def test_only_units_with_enough_cases_get_a_rank_and_a_better_share_never_a_worse_one(pairs, minimum):
    found = {unit: Percentage(min(pair), max(pair), minimum) for unit, pair in pairs.items()}
    places = rates.ranks(found)

    assert set(places) == {unit for unit, one in found.items() if one.bottom >= minimum}
    for unit in places:
        for other in places:
            mine, theirs = (Fraction(found[one].top, found[one].bottom) for one in (unit, other))
            assert (mine == theirs) == (places[unit] == places[other])
            if mine > theirs:
                assert places[unit] < places[other]


def test_equal_shares_share_a_rank_and_the_next_one_is_left_out():
    found = {1: Percentage(9, 10, 5), 2: Percentage(18, 20, 5), 3: Percentage(4, 5, 5), 4: Percentage(4, 4, 5)}

    assert rates.ranks(found) == {1: 1, 2: 1, 3: 3}


@given(st.integers(0, 500), st.integers(1, 500), st.integers(1, 1000))
def test_points_are_the_share_of_the_weight_to_the_hundredth(top, bottom, weight):
    top = min(top, bottom)

    assert abs(Fraction(rates.share(top, bottom, weight)) - Fraction(100 * weight * top, bottom)) <= Fraction(1, 2)


def test_every_rate_says_how_it_is_counted_in_both_languages(app):
    for language in ("zh", "en"):
        with app.test_request_context(), use_language(language):
            for rate in rates.RATES:
                assert str(rate.label) and "÷" in str(rate.formula) and str(rate.exclusions)
                assert rate.bottom < rate.top
