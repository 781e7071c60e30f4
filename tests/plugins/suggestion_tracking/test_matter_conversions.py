"""One need, one count: a grid report becomes a matter, a matter becomes a suggestion, and each leaves its bank as joined."""

from datetime import date, timedelta

import pytest

from grid321.core import accounts, conversions, counters, engine, records, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.errors import Forbidden
from grid321.core.people import Person, Post
from grid321.core.registry import registry
from grid321.core.testing_browser import actor_for
from grid321.core.tree import ancestor_columns

from .matter_world import ANSWER, MATTER, people_around


@pytest.fixture
def plugin_modules():
    """Grids and this plugin."""
    from grid321.plugins import grid, suggestion_tracking

    return [grid, suggestion_tracking]


@pytest.fixture
def world(staged, division_tree, switch_on, make_account, tick):
    """The people around matters in a county where grids are on too, and a deputy of the county."""
    tick(date(2026, 11, 20), sweep=False)
    return staged(with_grids_and_deputy, division_tree, switch_on, make_account)


def with_grids_and_deputy(division_tree, switch_on, make_account):
    """Switch both plugins on and appoint everybody."""
    switch_on("grid", division_tree.county)
    found = people_around(division_tree, switch_on, make_account)
    scope = ancestor_columns(snapshot.current().tree, division_tree.county)
    found.deputy = Person.create(name="周立新", initials="zlx", **scope)
    Post.create(person_id=found.deputy.id, kind="core_deputy_county", from_day=date(2026, 1, 1) - timedelta(days=300), **scope)
    snapshot.bump()
    both = make_account("suggestion_tracking.town_officer", division_tree.town)
    accounts.grant(both.id, "grid.town_officer", division_tree.town, SYSTEM)
    found.actors["both"] = actor_for(both)
    return found


def flows(entity_key, node, month="2026-11"):
    """What a bank booked in a month, by kind."""
    counters.fold()
    found = {}
    for _place, _level, _month, kind, n in counters.flows(entity_key, [node.id], [node.level], month, month):
        found[kind] = found.get(kind, 0) + n
    return found


TEXT = "村口路灯坏了三盏，晚上出门看不见路，老人和放学的孩子摔倒过多次，周边住户反映强烈，恳请尽快修复并建立长效管护机制。"
SAID = {"kind": "building", "basis": "meeting", "content": TEXT * 2, "reasons": TEXT, "proposal": TEXT, "delegation": ""}


def reported(world):
    """A report of the village's grid."""
    return records.create(registry().entity("grid.report"), {
        "kind": "social", "text": "3号楼消防通道被杂物堵住。", "title": "消防通道被堵", "place": "3号楼", "urgency": "urgent",
        "ledger_class": None}, SYSTEM, world.tree.village)


def turn(world, key, record, who, **more):
    """Turn a record into what a conversion makes of it, with the draft as a person reviewed it."""
    entity = registry().entity(key)
    step = "become_suggestion" if key == "suggestion_tracking.matter" else "become_matter"
    conversion = conversions.of_step(entity, step)
    data = {**conversions.draft(conversion, record), **more}
    return conversions.convert(conversion, record.id, data, world.actors[who], record.version, world.tree.county)


def test_a_matter_becomes_a_suggestion_of_the_deputy_who_heard_it_and_counts_once(world):
    case = world.at_town(deputy=world.deputy.id)
    before = flows("suggestion_tracking.matter", world.tree.town)
    case, made = turn(world, "suggestion_tracking.matter", case, "county", **SAID)
    assert (case.state, case.bond, case.closed_at is None) == ("turned", "turned", False)
    assert (made.deputy_id, made.title, made.division_id) == (world.deputy.id, case.title, world.tree.county.id)
    assert case.number in made.basis_text
    booked = flows("suggestion_tracking.matter", world.tree.town)
    assert booked.get("joined", 0) == before.get("joined", 0) + 1
    assert "solved" not in booked
    assert counters.recount(world.entity, snapshot.current().tree) == []


def test_a_village_does_not_turn_a_matter_into_a_suggestion(world):
    case = world.matter()
    assert "become_suggestion" not in world.possible("village", case)
    with pytest.raises(Forbidden):
        turn(world, "suggestion_tracking.matter", case, "village", deputy_id=world.deputy.id, **SAID)
    assert world.entity.model.get_by_id(case.id).state == "reported"


def test_a_town_hands_a_matter_up_to_the_congress_of_the_county_deputy_who_heard_it(world, client_for):
    case = world.at_town(deputy=world.deputy.id)
    town = client_for("suggestion_tracking.town_officer", world.tree.town)
    here = f"/d/{world.tree.town.code}/suggestion_tracking/matter/{case.id}"
    page = town.get(f"{here}/convert/become_suggestion")
    typed = {"title": case.title, **SAID, "deputy": str(world.deputy.id), "_version": str(case.version)}
    answer = town.post(f"{here}/convert/become_suggestion", typed)

    assert page.status_code == 200 and f'name="deputy" value="{world.deputy.id}" checked' in page.text
    assert 'name="division"' not in page.text
    assert (answer.status_code, answer.headers["Location"].partition("?")[0].partition("#")[0]) == (303, here)
    made = registry().entity("suggestion_tracking.suggestion").model.get()
    assert (made.deputy_id, made.division_id, made.state) == (world.deputy.id, world.tree.county.id, "raised")
    assert made.created_by == town.account.id
    assert world.entity.model.get_by_id(case.id).state == "turned"
    assert town.get(f"/d/{world.tree.county.code}/suggestion_tracking/suggestion/{made.id}").status_code in {403, 404}
    shown = town.get(here).text
    assert made.number in shown and f"suggestion/{made.id}" not in shown
    assert counters.recount(world.entity, snapshot.current().tree) == []


def hand_up(world, client_for, case, **more):
    """A town officer turns a matter into a suggestion over REST; returns the answer."""
    town = client_for("suggestion_tracking.town_officer", world.tree.town)
    return town.api("POST", f"/d/{world.tree.town.code}/suggestion_tracking/matter/{case.id}/conversions/become_suggestion",
                    json={**SAID, **more}, If_Match=f'"{case.version}"')


def test_a_town_hands_up_in_no_other_deputys_name(world, client_for):
    scope = ancestor_columns(snapshot.current().tree, world.tree.county)
    other = Person.create(name="钱志强", initials="qzq", **scope)
    Post.create(person_id=other.id, kind="core_deputy_county", from_day=date(2026, 1, 1), **scope)
    snapshot.bump()
    case = world.at_town(deputy=world.deputy.id)
    answer = hand_up(world, client_for, case, deputy=other.id)

    assert answer.status_code == 422 and [one["field"] for one in answer.json["errors"]] == ["deputy"]
    assert world.entity.model.get_by_id(case.id).state == "received"


def test_a_town_hands_up_to_no_other_town(world, client_for):
    answer = hand_up(world, client_for, world.at_town(deputy=world.deputy.id), division=world.tree.other_town.code)
    made = registry().entity("suggestion_tracking.suggestion").model.get()

    assert answer.status_code == 201 and made.division_id == world.tree.county.id


def test_a_town_raises_nothing_at_the_county_without_a_matter(world, client_for):
    town = client_for("suggestion_tracking.town_officer", world.tree.town)
    answer = town.api("POST", f"/d/{world.tree.county.code}/suggestion_tracking/suggestion",
                      json={"title": "路灯", **SAID, "deputy": world.deputy.id})

    assert answer.status_code == 403
    assert registry().entity("suggestion_tracking.suggestion").model.select().count() == 0


def test_a_conversion_is_undone_while_nothing_happened_to_the_suggestion(world):
    case, _made = turn(world, "suggestion_tracking.matter", world.at_town(deputy=world.deputy.id), "county", **SAID)
    case = conversions.undo(world.entity, case.id, world.actors["county"], case.version, world.tree.county)
    assert (case.state, case.closed_at) == ("received", None)
    assert counters.recount(world.entity, snapshot.current().tree) == []


def test_a_report_of_a_grid_becomes_a_matter_and_goes_its_way(world):
    report = reported(world)
    report, matter = turn(world, "grid.report", report, "both", kind="safety")
    assert (report.state, report.bond) == ("to_matter", "turned")
    assert (matter.source, matter.origin_ref, matter.title, matter.urgency) == ("grid", report.number, "消防通道被堵", "urgent")
    assert matter.number.startswith("WT-")
    matter = world.step("village", matter, "solve_on_spot", ANSWER)
    assert matter.state == "answered"
    assert flows("grid.report", world.tree.village) == {"collected": 1, "joined": 1}
    assert flows("suggestion_tracking.matter", world.tree.village) == {"received": 1}


def test_where_matters_are_switched_off_a_report_offers_no_such_step(world):
    from grid321.core import switches

    entity, report = registry().entity("grid.report"), reported(world)
    assert "become_matter" in {step.key for step in engine.possible(entity, report, SYSTEM)}
    switches.turn("suggestion_tracking", world.tree.county, False)
    assert "become_matter" not in {step.key for step in engine.possible(entity, report, SYSTEM)}


def test_the_same_report_is_no_second_matter(world):
    from grid321.core.errors import Conflict, Invalid

    world.register("registrar", {**MATTER, "division": world.tree.village.code, "source": "grid", "origin_ref": "WL-1"})
    with pytest.raises((Invalid, Conflict)):
        world.register("registrar", {**MATTER, "division": world.tree.village.code, "source": "grid", "origin_ref": "WL-1"})
