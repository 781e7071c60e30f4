"""The assistant of placement: what it proposes for any county, and that it does what it showed."""
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid321.core import db, snapshot
from grid321.core.errors import Conflict
from grid321.core.people import Person, Post
from grid321.core.tree import ancestor_columns
from grid321.plugins.liaison_station import placement, placement_assistant, placement_propose
from grid321.plugins.liaison_station.deputy_models import Deputy, District, Placement
from grid321.plugins.liaison_station.placement_propose import Candidate, Place, propose
from grid321.plugins.liaison_station.station_models import Station

COUNTY = (1, 2)
TOWNS = [(*COUNTY, 10 + number) for number in range(3)]
VILLAGES = [(*town, 100 * town[-1] + number) for town in TOWNS for number in range(3)]
LEVELS = {len(COUNTY): "county", len(TOWNS[0]): "town", len(VILLAGES[0]): "village"}


@st.composite
def counties(draw):
    """(candidates, stations, load) of a small county: homes, town and village stations, deputies with and without districts."""
    where = {"home": [COUNTY], "central": TOWNS, "station": VILLAGES}
    stations, load = [], {}
    for kind, paths in where.items():
        for path in draw(st.lists(st.sampled_from(paths), max_size=len(paths) + 1)):
            stations.append(Place(len(stations) + 1, f"{kind}{len(stations)}", kind, LEVELS[len(path)], path))
            load[len(stations)] = draw(st.integers(0, 3))
    rules = {"county": ("home", "central"), "town": ("station",), "city": ()}
    candidates = []
    for number in range(draw(st.integers(0, 12))):
        level = draw(st.sampled_from(sorted(rules)))
        paths = [COUNTY, *TOWNS, *VILLAGES] if level != "town" else [*TOWNS, *VILLAGES]
        candidates.append(Candidate(
            number + 1, draw(st.integers(1, 10)), f"代表{number}", level, rules[level],
            tuple(sorted(draw(st.sets(st.sampled_from(paths), min_size=1, max_size=3)))), draw(st.booleans()),
            frozenset()))
    return candidates, stations, load


@given(counties(), st.randoms())
def test_nobody_gets_two_homes_of_one_level_and_the_order_of_the_list_changes_nothing(county, random):
    candidates, stations, load = county
    found = propose(candidates, stations, load)
    homes = [(row.person_id, row.station.level) for row in found.rows]
    assert len(homes) == len(set(homes))
    shuffled, others = list(candidates), list(stations)
    random.shuffle(shuffled)
    random.shuffle(others)
    assert propose(shuffled, others, load) == found


@given(counties())
def test_a_deputy_goes_to_a_station_of_the_rule_that_covers_the_district_or_lies_in_it(county):
    candidates, stations, load = county
    by_id = {one.id: one for one in candidates}
    for row in propose(candidates, stations, load).rows:
        one = by_id[row.deputy_id]
        assert row.station.kind in one.kinds and (one.exact or row.among == 1)
        at = row.station.path
        assert any(at == path[:len(at)] or path == at[:len(path)] for path in one.places)


@given(counties())
def test_everybody_is_placed_as_the_rule_says_or_named_with_the_reason(county):
    candidates, stations, load = county
    found = propose(candidates, stations, load)
    named, homes = {row.deputy_id: row for row in found.nowhere}, {}
    for row in found.rows:
        homes.setdefault(row.person_id, set()).add(row.station.level)
    for one in candidates:
        if one.id not in named:
            assert one.kinds and homes[one.person_id]
        else:
            assert named[one.id].homeless == (one.person_id not in homes)
            assert named[one.id].why in {"no_rule", "no_station", "several"}


@given(counties())
def test_what_was_proposed_and_done_is_not_proposed_again(county):
    candidates, stations, load = county
    first = propose(candidates, stations, load)
    homes, then = {}, dict(load)
    for row in first.rows:
        homes.setdefault(row.person_id, set()).add(row.station.level)
        then[row.station.id] += 1
    placed = [Candidate(**{**vars(one), "homes": frozenset(homes.get(one.person_id, ()))}) for one in candidates]
    again = propose(placed, stations, then)
    assert again.rows == [] and again.nowhere == first.nowhere


@given(st.integers(0, 40), st.integers(1, 5))
def test_stations_of_one_district_get_deputies_evenly(number, count):
    stations = [Place(one, str(one), "station", "village", VILLAGES[one]) for one in range(count)]
    candidates = [Candidate(one, one, str(one), "town", ("station",), tuple(VILLAGES[:count]), True) for one in range(number)]
    found = propose(candidates, stations, {})
    assert len(found.rows) == number and placement_propose.spread(found.rows, {}, stations) <= 1


# -- on stored deputies ----------------------------------------------------------------------------------------------

@pytest.fixture
def bare(world):
    """The world before anybody was placed; deputies of county and city belong to the home and a town's station."""
    Placement.delete().execute()
    return world


def test_the_preview_places_by_level_and_says_who_is_nowhere_and_why(bare):
    county = bare.tree.county
    preview = placement_assistant.propose(county)
    placed = {(row.name, row.station.name) for row in preview.rows}
    assert ("张桂兰", "汉滨区人大代表之家") in placed and ("张桂兰", "五里镇人大代表中心联络站") in placed
    assert ("何𠮷", "大同镇人大代表中心联络站") in placed and ("钱国强", "刘营村人大代表联络站") in placed
    assert len(preview.rows) == 2 + 4 * 2 + 6 and Placement.select().count() == 0
    assert {(row.name, row.why, row.homeless) for row in preview.nowhere} == {
        ("李秀梅", "several", False), ("王建国", "several", False)}  # two towns' stations, and no district
    assert (preview.now, preview.then) == (placement.Coverage(0, 12), placement.Coverage(12, 12))
    assert placement_assistant.why(preview.nowhere[0])


def test_what_was_shown_is_done_once_and_full_coverage_follows(bare):
    county, office = bare.tree.county, bare.actors["county"]
    preview = placement_assistant.propose(county)
    done = placement_assistant.apply(county, preview.mark, office)
    assert (done.placed, done.left) == (16, []) and placement.coverage(county) == preview.then
    assert placement_assistant.propose(county).rows == []
    with pytest.raises(Conflict):
        placement_assistant.apply(county, preview.mark, office)
    assert Placement.select().count() == 16


def test_a_list_that_changed_since_it_was_looked_at_is_not_applied(bare):
    county, preview = bare.tree.county, placement_assistant.propose(bare.tree.county)
    bare.make("placement", {"deputy": bare.deputies["zhang"].id, "station": bare.stations["wuli"].id, "from_day": "2026-03-01"})
    with pytest.raises(Conflict):
        placement_assistant.apply(county, preview.mark, bare.actors["county"])
    assert Placement.select().count() == 1


def test_the_rule_is_data_and_a_level_without_a_rule_is_named(bare):
    bare.set("stations_of_county", "central")
    bare.set("stations_of_city", "park")
    preview = placement_assistant.propose(bare.tree.county)
    assert {row.station.kind for row in preview.rows if row.level == "county"} == {"central"}
    assert {(row.name, row.why, row.homeless) for row in preview.nowhere} == {
        ("李秀梅", "no_station", True), ("王建国", "no_station", True)}
    assert preview.then == placement.Coverage(10, 12)


def test_suspended_deputies_and_stations_at_rest_or_closed_take_no_part(bare):
    today = db.local_day()
    Deputy.update(status="suspended", status_on=today).where(Deputy.id == bare.deputies["zhao"].id).execute()
    Station.update(suspended_on=today).where(Station.id == bare.stations["liuying"].id).execute()
    Station.update(closed_on=today - timedelta(1)).where(Station.id == bare.stations["datong_village"].id).execute()
    preview = placement_assistant.propose(bare.tree.county)
    assert "赵德发" not in {row.name for row in preview.rows}
    assert {row.name for row in preview.nowhere if row.why == "no_station"} == {"钱国强", "周秋菊", "吴大山", "郑春花"}


def test_a_town_proposes_for_its_own_congress_and_stations(bare):
    preview = placement_assistant.propose(bare.tree.town)
    assert {row.name for row in preview.rows} == {"赵德发", "孙玉珍", "钱国强", "周秋菊"}
    done = placement_assistant.apply(bare.tree.town, preview.mark, bare.actors["town"])
    assert done.placed == 4


def test_without_a_district_the_place_of_the_persons_record_decides(bare):
    Deputy.update(district_id=None).where(Deputy.id == bare.deputies["zhao"].id).execute()
    assert "several" in {row.why for row in placement_assistant.propose(bare.tree.town).nowhere}
    village = ancestor_columns(snapshot.current().tree, bare.tree.second_village)
    Person.update(**village).where(Person.id == bare.people["zhao"].id).execute()
    preview = placement_assistant.propose(bare.tree.town)
    assert ("赵德发", "刘营村人大代表联络站") in {(row.name, row.station.name) for row in preview.rows}
    District.update(covers="610902104999").where(District.id == bare.districts["w1"].id).execute()
    assert "孙玉珍" in {row.name for row in placement_assistant.propose(bare.tree.town).nowhere}


def test_hundreds_of_deputies_are_placed_from_one_list(bare):
    columns = ancestor_columns(snapshot.current().tree, bare.tree.town)
    with db.transaction():
        for number in range(400):
            person = Person.create(name=f"代表{number}", **columns)
            post = Post.create(person_id=person.id, kind="core_deputy_town", from_day="2022-01-01", **columns)
            Deputy.create(person_id=person.id, name=person.name, level="town", congress_id=bare.congresses["wuli"].id,
                          district_id=bare.districts["w1" if number % 2 else "w2"].id, from_day="2022-01-01", post_id=post.id,
                          **columns)
    preview = placement_assistant.propose(bare.tree.town)
    done = placement_assistant.apply(bare.tree.town, preview.mark, bare.actors["town"])
    assert done.placed == 404 and preview.spread == 0 and placement.coverage(bare.tree.town).full
