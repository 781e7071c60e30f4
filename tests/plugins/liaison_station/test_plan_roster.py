"""The roster: fair, respecting wishes, never at two stations on one day, and the same again with the same seed."""
from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grid321.plugins.liaison_station.roster import CANNOT, CLASH, LIKES, NOT_GIVEN, SHORT, Member, Slot, WishFor, draw

pytestmark = pytest.mark.once
FIRST = date(2026, 1, 1)
SINCE = date(2022, 1, 1)


def monthly(station, wanted=2, months=12):
    """Receptions of a station on the 15th of each month."""
    return [Slot((station, month), station, date(2026, month, 15), wanted) for month in range(1, months + 1)]


def people(station, ids):
    """Deputies of a station; their mandate has the number of the person and a thousand."""
    return [Member(station, 1000 + person, person, SINCE) for person in ids]


def loads(drawn, station=None):
    """Duties by person."""
    return Counter(one.person_id for one in drawn.duties if station in (None, one.slot.station_id))


@st.composite
def worlds(draw_, stations=3):
    """Up to three stations that share people, with receptions on few days, so that they clash, and wishes."""
    slots, members = [], []
    for station in range(1, draw_(st.integers(1, stations)) + 1):
        days = draw_(st.lists(st.integers(0, 9), max_size=7))
        slots += [Slot((station, number), station, FIRST + timedelta(days=day), draw_(st.integers(1, 3)))
                  for number, day in enumerate(days)]
        for person in draw_(st.sets(st.integers(1, 8), max_size=6)):
            first = FIRST + timedelta(days=draw_(st.integers(-9, 3)))
            last = draw_(st.one_of(st.none(), st.integers(0, 12).map(lambda days, first=first: first + timedelta(days=days))))
            members.append(Member(station, 100 * station + person, person, first, last, draw_(st.integers(0, 3))))
    wishes = [WishFor(*row) for row in draw_(st.lists(st.tuples(
        st.integers(1, 8), st.sampled_from((CANNOT, LIKES)),
        st.one_of(st.none(), st.integers(0, 5).map(lambda day: FIRST + timedelta(days=day))),
        st.one_of(st.none(), st.integers(5, 9).map(lambda day: FIRST + timedelta(days=day))),
        st.one_of(st.none(), st.integers(0, 6))), max_size=6))]
    return slots, members, wishes


def possible(members, wishes, person, slot):
    """Whether somebody may be on duty, said as plainly as the rule."""
    there = any(one.station_id == slot.station_id and one.person_id == person and one.from_day <= slot.day
                and (one.to_day is None or slot.day <= one.to_day) for one in members)
    return there and not any(one.person_id == person and one.kind == CANNOT and one.covers(slot.day) for one in wishes)


@settings(max_examples=300, deadline=None)
@given(worlds(), st.text("0123456789abcdef", min_size=1, max_size=8))
def test_nobody_is_drawn_who_cannot_and_nobody_twice_on_a_day(world, seed):
    slots, members, wishes = world

    drawn = draw(slots, members, wishes, seed)

    assert all(possible(members, wishes, one.person_id, one.slot) for one in drawn.duties)
    assert max(Counter((one.person_id, one.slot.day) for one in drawn.duties).values(), default=0) <= 1
    assert all(count <= slot.wanted for slot, count in Counter(one.slot for one in drawn.duties).items())


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_a_reception_is_short_only_when_all_others_cannot_or_are_on_duty_and_that_is_said(world):
    slots, members, wishes = world

    drawn = draw(slots, members, wishes, "seed")

    on = defaultdict(set)
    for one in drawn.duties:
        on[one.slot].add(one.person_id)
    busy = {(one.person_id, one.slot.day) for one in drawn.duties}
    everybody = {one.person_id for one in members}
    short = Counter((one.station_id, one.day) for one in drawn.unmet if one.code == SHORT)
    told = {(one.station_id, one.day, one.person_id) for one in drawn.unmet if one.code == CLASH}
    expected = Counter((slot.station_id, slot.day) for slot in slots if len(on[slot]) < slot.wanted)
    assert short == expected
    for slot in slots:
        if len(on[slot]) < slot.wanted:
            for person in everybody - on[slot]:
                if possible(members, wishes, person, slot):
                    assert (person, slot.day) in busy
                    elsewhere = any(one.person_id == person and one.slot.day == slot.day
                                    and one.slot.station_id != slot.station_id for one in drawn.duties)
                    assert not elsewhere or (slot.station_id, slot.day, person) in told


@settings(max_examples=200, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_same_seed_draws_the_same_whatever_the_order_of_rows(world, random):
    slots, members, wishes = world
    first = draw(slots, members, wishes, "2026")
    for rows in (slots, members, wishes):
        random.shuffle(rows)

    assert draw(slots, members, wishes, "2026") == first


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 12), st.integers(1, 30), st.integers(1, 4), st.text("abc", min_size=1))
def test_without_wishes_nobody_has_two_duties_more_than_another(crowd, receptions, wanted, seed):
    slots = [Slot(number, 1, FIRST + timedelta(days=7 * number), min(wanted, crowd)) for number in range(receptions)]

    drawn = draw(slots, people(1, range(1, crowd + 1)), [], seed)

    found = [loads(drawn)[person] for person in range(1, crowd + 1)]
    assert max(found) - min(found) <= 1 and drawn.spread == {1: max(found) - min(found)}
    assert sum(found) == receptions * min(wanted, crowd) and not drawn.unmet


@settings(max_examples=150, deadline=None)
@given(st.integers(2, 4), st.integers(1, 5), st.data())
def test_no_distribution_that_the_wishes_allow_is_more_even(crowd, receptions, data):
    slots = [Slot(number, 1, FIRST + timedelta(days=number), data.draw(st.integers(1, 2))) for number in range(receptions)]
    wishes = [WishFor(person, CANNOT, slot.day, slot.day) for person in range(1, crowd + 1) for slot in slots
              if data.draw(st.booleans())]
    members = people(1, range(1, crowd + 1))

    drawn = draw(slots, members, wishes, "seed")

    choices = []
    for slot in slots:
        able = [person for person in range(1, crowd + 1) if possible(members, wishes, person, slot)]
        choices.append(list(combinations(able, min(slot.wanted, len(able)))))
    best = min(sum(n * n for n in Counter(person for part in way for person in part).values()) for way in product(*choices))
    assert sum(n * n for n in loads(drawn).values()) == best


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_a_day_that_somebody_would_like_is_given_or_it_is_said_that_it_was_not(world):
    slots, members, wishes = world

    drawn = draw(slots, members, wishes, "seed")

    liking = defaultdict(list)
    for wish in wishes:
        if wish.kind == LIKES:
            liking[wish.person_id].append(wish)
    told = {(one.station_id, one.person_id) for one in drawn.unmet if one.code == NOT_GIVEN}
    stations = {slot.station_id for slot in slots}
    for station, person in {(one.station_id, one.person_id) for one in members if one.station_id in stations}:
        given_ = any(one.slot.station_id == station and one.person_id == person
                     and any(wish.covers(one.slot.day) for wish in liking[person]) for one in drawn.duties)
        assert ((station, person) in told) == (bool(liking[person]) and not given_)


def test_who_likes_march_gets_march_and_no_more_duties_than_the_others():
    wishes = [WishFor(5, LIKES, date(2026, 3, 1), date(2026, 3, 31))]

    for seed in "abcdefgh":
        drawn = draw(monthly(1, 1), people(1, range(1, 7)), wishes, seed)

        assert [one.by for one in drawn.duties if one.person_id == 5 and one.slot.day.month == 3] == ["wish"]
        assert set(loads(drawn).values()) == {2} and not drawn.unmet


def test_who_cannot_in_the_second_half_serves_in_the_first():
    wishes = [WishFor(1, CANNOT, date(2026, 7, 1), date(2026, 12, 31))]

    drawn = draw(monthly(1, 1), people(1, (1, 2)), wishes, "x")

    assert loads(drawn) == {1: 6, 2: 6}


def test_a_person_of_two_stations_that_receive_on_one_day_is_at_one_of_them_and_the_other_finds_somebody_else():
    drawn = draw(monthly(1, 1) + monthly(2, 1), people(1, (1, 2)) + people(2, (1,)), [], "x")

    assert loads(drawn, 2) == {1: 12} and loads(drawn, 1) == {2: 12} and not drawn.unmet


def test_where_two_stations_have_nobody_but_the_same_person_the_clash_is_shown_with_the_other_station():
    drawn = draw(monthly(1, 1, months=1) + monthly(2, 1, months=1), people(1, (1,)) + people(2, (1,)), [], "x")

    assert loads(drawn) == {1: 1}
    short, clash = drawn.unmet
    assert short.code == SHORT and short.missing == 1 and short.day == date(2026, 1, 15)
    assert clash.code == CLASH and clash.person_id == 1 and {clash.station_id, clash.other_id} == {1, 2}


def test_duties_that_stand_already_are_kept_free():
    drawn = draw(monthly(1, 1, months=1), people(1, (1, 2)), [], "x", {(1, date(2026, 1, 15)): 9})

    assert loads(drawn) == {2: 1}


def test_a_county_of_400_stations_and_2000_deputies_is_drawn_with_a_spread_of_one():
    slots = [slot for station in range(1, 401) for slot in monthly(station)]
    members = [member for station in range(1, 401) for member in people(station, range(station * 5, station * 5 + 5))]

    drawn = draw(slots, members, [], "county")

    assert len(drawn.duties) == 400 * 12 * 2 and set(drawn.spread.values()) == {1} and not drawn.unmet


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 9), st.integers(1, 14), st.integers(1, 3)), min_size=1, max_size=5), st.data())
def test_stations_of_their_own_people_have_a_spread_of_one_whatever_days_people_like(sizes, data):
    slots, members, wishes = [], [], []
    for station, (crowd, receptions, wanted) in enumerate(sizes, start=1):
        slots += [Slot((station, number), station, FIRST + timedelta(days=9 * number), min(wanted, crowd))
                  for number in range(receptions)]
        crew = people(station, range(100 * station, 100 * station + crowd))
        members += crew
        wishes += [WishFor(one.person_id, LIKES, weekday=data.draw(st.integers(0, 6)))
                   for one in crew if data.draw(st.booleans())]

    drawn = draw(slots, members, wishes, data.draw(st.text("abc", min_size=1, max_size=3)))

    assert max(drawn.spread.values()) <= 1 and not [one for one in drawn.unmet if one.code == SHORT]
    for station, (crowd, _receptions, _wanted) in enumerate(sizes, start=1):
        found = [loads(drawn, station)[person] for person in range(100 * station, 100 * station + crowd)]
        assert max(found) - min(found) == drawn.spread[station], "the figure is the one that can be counted"


@settings(max_examples=50, deadline=None)
@given(st.integers(3, 8), st.integers(2, 12), st.data())
def test_who_cannot_on_some_days_still_serves_as_often_as_the_others_where_the_other_days_allow_it(crowd, receptions, data):
    slots = [Slot(number, 1, FIRST + timedelta(days=number), 1) for number in range(receptions * crowd)]
    away = data.draw(st.integers(0, crowd - 1))  # this many people cannot in the first part, when the others are enough
    wishes = [WishFor(person, CANNOT, FIRST, FIRST + timedelta(days=receptions - 1)) for person in range(1, away + 1)]

    drawn = draw(slots, people(1, range(1, crowd + 1)), wishes, "seed")

    assert drawn.spread == {1: 0} and not drawn.unmet


@settings(max_examples=50, deadline=None)
@given(worlds(), st.text("ab", min_size=1, max_size=4), st.text("ab", min_size=1, max_size=4))
def test_another_seed_changes_who_but_not_how_fair(world, first, second):
    slots, members, wishes = world
    one, two = draw(slots, members, wishes, first), draw(slots, members, wishes, second)

    assert one == draw(slots, members, wishes, first)
    if len({slot.station_id for slot in slots}) <= 1:
        assert one.spread == two.spread or sum(n * n for n in loads(one).values()) == sum(n * n for n in loads(two).values())
