"""What deputies do with suggestions comes into their files by the events of that plugin, which neither knows the other."""
import pytest
from support import suggestion_world
from support.file_world import deeds, drained

import grid321.plugins.liaison_station
import grid321.plugins.suggestion_tracking
from grid321.core import db, links, records, switches
from grid321.core.actor import SYSTEM
from grid321.core.registry import registry
from grid321.core.tree import ancestor_columns
from grid321.plugins.liaison_station import file_deeds
from grid321.plugins.liaison_station.deputy_models import Deputy
from grid321.plugins.liaison_station.file_models import Deed


@pytest.fixture
def plugin_modules():
    """Both plugins."""
    return [grid321.plugins.liaison_station, grid321.plugins.suggestion_tracking]


@pytest.fixture
def both(staged, division_tree):
    """The world of suggestions, whose deputies have mandates here."""
    return staged(build, division_tree)


def build(tree):
    """Deputies of the suggestion world with a mandate each."""
    from datetime import date

    from grid321.core import snapshot

    found = suggestion_world.build(tree)
    switches.turn("liaison_station", tree.county, True)
    found.deputies = {}
    with db.transaction():
        for level, place, people in (("county", tree.county, ("deputy", "second", "third")), ("town", tree.town, ("townsman",))):
            here = ancestor_columns(snapshot.current().tree, place)
            for who in people:
                person = found.people[who]
                found.deputies[who] = Deputy.create(person_id=person.id, name=person.name, level=level, congress_id=place.id,
                                                    from_day=date(2022, 1, 1), **here)
    return found


def kinds(both, who, **more):
    """The kinds of deeds in a deputy's file."""
    return [kind for _day, kind, _title in deeds(both, who, **more)]


def test_a_suggestion_that_was_raised_signed_met_about_and_rated_stands_in_the_files(both):
    case = both.answered(cosigners="王建国")
    drained()

    assert kinds(both, "deputy") == ["suggestion", "met", "met", "met"]
    assert kinds(both, "second") == ["signed"]
    assert {title for _day, _kind, title in deeds(both, "deputy")} == {case.title}

    receipt = both.entity("receipt").model
    card = receipt.get((receipt.suggestion_number == case.number) & (receipt.deputy_id == both.people["deputy"].id))
    both.step("deputy", card, "give", attitude="satisfied", result="satisfied")
    drained()

    assert kinds(both, "deputy") == ["suggestion", "met", "met", "met", "rated"]
    assert list(file_deeds.faults()) == []


def test_a_suggestion_that_is_withdrawn_is_struck_for_all_who_signed_it(both):
    case = both.raised(cosigners="王建国、张桂兰")
    drained()
    assert [kinds(both, who) for who in ("deputy", "second", "third")] == [["suggestion"], ["signed"], ["signed"]]

    step = next(key for key in both.possible("deputy", case) if "withdraw" in key)
    both.step("deputy", case, step, reason="已经解决")
    drained()

    assert [kinds(both, who) for who in ("deputy", "second", "third")] == [[], [], []]
    assert list(file_deeds.faults()) == []


def test_a_signature_that_is_taken_back_is_struck(both):
    case = both.raised(cosigners="王建国、张桂兰")
    drained()
    entity = both.entity("cosigner")
    row = entity.model.get((entity.model.suggestion_id == case.id) & (entity.model.person_id == both.people["third"].id))

    records.delete(entity, row.id, SYSTEM, None, both.tree.county)
    drained()

    assert kinds(both, "third") == [] and kinds(both, "second") == ["signed"]


def test_events_that_waited_and_a_recount_give_the_same_file(both):
    both.answered(cosigners="王建国")
    assert file_deeds.recount() == 5

    drained()

    assert kinds(both, "deputy") == ["suggestion", "met", "met", "met"] and file_deeds.recount() == 0


def test_without_the_plugin_switched_on_nothing_is_written(both):
    switches.turn("liaison_station", both.tree.county, False)
    both.raised()
    drained()

    assert kinds(both, "deputy") == [] and list(file_deeds.faults()) == []

    switches.turn("liaison_station", both.tree.county, True)
    file_deeds.recount()
    assert kinds(both, "deputy") == ["suggestion"]


def matter_of(both):
    """A matter that a deputy heard."""
    return records.create(both.entity("matter"), {
        "kind": "water", "title": "自来水浑浊", "text": "水管老化，自来水浑浊。", "source": "visit",
        "occurred_on": db.local_day(), "deputy_id": both.people["deputy"].id}, SYSTEM, both.tree.village)


def test_a_matter_that_a_deputy_heard_stands_as_an_opinion(both):
    matter_of(both)
    drained()

    assert deeds(both, "deputy") == [(db.local_day().isoformat(), "opinion", "自来水浑浊")]


def test_a_matter_made_from_an_opinion_of_this_plugin_is_not_counted_a_second_time(both):
    matter = matter_of(both)
    opinion = registry().entity("liaison_station.opinion")
    heard = records.create(opinion, {"station_id": 1, "kind": "water", "title": "自来水浑浊", "text": "自来水浑浊。",
                                     "heard_on": db.local_day(), "deputy_id": both.deputies["deputy"].id,
                                     "person_id": both.people["deputy"].id}, SYSTEM, both.tree.village)
    with db.transaction():
        links.write(opinion, heard, both.entity("matter"), matter, links.CONVERTED, SYSTEM)
    drained()

    assert deeds(both, "deputy") == [(db.local_day().isoformat(), "opinion", "自来水浑浊")]
    assert [row.entity for row in Deed.select()] == ["liaison_station.opinion"] and list(file_deeds.faults()) == []
