"""Where matters are on, an opinion of a station becomes a matter: one need, counted once, with who heard it."""

import pytest

from grid321.core import conversions, counters, engine, snapshot, switches
from grid321.core.actor import SYSTEM
from grid321.core.errors import Forbidden
from grid321.core.registry import registry
from grid321.core.testing_browser import actor_for, make_account

from .opinion_ground import COLLATE, OPINION, flow, world
from .test_day_opinions import balance

__all__ = ["flow", "world"]
MATTER = "suggestion_tracking.matter"


@pytest.fixture
def plugin_modules():
    """Stations and matters."""
    from grid321.plugins import liaison_station, suggestion_tracking

    return [liaison_station, suggestion_tracking]


@pytest.fixture
def both(flow):
    """A town officer of opinions and matters, where both are on."""
    from grid321.core import accounts

    switches.turn("suggestion_tracking", flow.tree.county, True)
    account = make_account("liaison_station.town_officer", flow.tree.town)
    accounts.grant(account.id, "suggestion_tracking.town_officer", flow.tree.town, SYSTEM)
    flow.actors["both"] = actor_for(account)
    return flow


def turn(flow, case, who="both"):
    """Turn an opinion into a matter, with the draft as it is offered."""
    conversion = conversions.of_step(flow.entity, "become_matter")
    return conversions.convert(conversion, case.id, conversions.draft(conversion, case), flow.actors[who], case.version,
                               flow.tree.county)


def test_an_opinion_becomes_a_matter_with_who_heard_it_and_what_was_said(both):
    case, matter = turn(both, both.at_town())

    assert (case.state, case.bond) == ("to_matter", "turned")
    assert (matter.title, matter.text, matter.kind) == (case.title, case.text, "roads")
    assert (matter.deputy_id, matter.source, matter.origin_ref, matter.wants_answer) == (
        both.people["zhao"].id, "station", case.number, True)
    assert (matter.occurred_on, matter.division_id) == (case.heard_on, both.tree.village.id)


def test_the_need_is_counted_once_and_both_banks_balance(both):
    _case, matter = turn(both, both.at_town())
    counters.fold()
    flows = {kind: n for *_rest, kind, n in counters.flows(MATTER, [matter.holder_id], ["village"], "2026-11", "2026-11")}
    came, gone, still = balance(both, both.tree.town)

    assert flows == {"received": 1}, "received, not collected: it was collected as an opinion"
    assert (came, gone, still) == (1, 1, 0)
    for key in (OPINION, MATTER):
        assert counters.recount(registry().entity(key), snapshot.current().tree) == []


def test_a_subject_that_matters_do_not_know_is_left_to_who_reviews(both):
    case = both.step("village_liaison", both.opinion(), "accept", {**COLLATE, "kind": "dispute"})
    drafted = conversions.draft(conversions.of_step(both.entity, "become_matter"), case)

    assert "kind" not in drafted
    assert drafted["title"] == case.title


def test_who_may_not_make_matters_turns_no_opinion_into_one(both):
    case = both.at_town()
    with pytest.raises(Forbidden):
        turn(both, case, "town")

    assert both.entity.model.get_by_id(case.id).state == "received"


def test_it_is_undone_while_nothing_happened_to_the_matter(both):
    case, _matter = turn(both, both.at_town())
    case = conversions.undo(both.entity, case.id, both.actors["both"], case.version, both.tree.county)

    assert (case.state, case.closed_at) == ("received", None)
    assert balance(both, both.tree.town)[2] == 1


def test_where_matters_are_off_the_step_is_not_there(flow):
    case = flow.at_town()

    assert "become_matter" not in {step.key for step in engine.possible(flow.entity, case, SYSTEM)}


def test_a_deputy_of_the_county_who_heard_it_in_a_village_stays_with_it_when_the_form_is_sent(both):
    case = both.at_town(deputy_id=both.deputies["zhang"].id)
    page, url = both.browser("both"), f"/d/{both.tree.town.code}/liaison_station/opinion/{case.id}/convert/become_matter"
    form = page.get(url)
    sent = page.post(url, {"_version": str(case.version), "division": both.tree.village.code, "kind": "roads", "text": case.text,
                           "title": case.title, "source": "station"})

    assert form.status_code == 200 and f'name="division" value="{both.tree.village.code}" checked' in form.text
    assert sent.status_code == 303, sent.text[:600]
    assert registry().entity(MATTER).model.get().deputy_id == both.people["zhang"].id


def test_opinion_and_matter_show_each_other(both):
    case, matter = turn(both, both.at_town())
    page = both.browser("both")

    assert case.number in page.get(f"/d/{both.tree.town.code}/suggestion_tracking/matter/{matter.id}").text
    assert matter.number in page.get(f"/d/{both.tree.town.code}/liaison_station/opinion/{case.id}").text


def test_programs_carry_over_the_deputy_whom_the_village_could_not_choose_as_well(both):
    case = both.at_town(deputy_id=both.deputies["zhang"].id)
    made = both.browser("both").api(
        "POST", f"/d/{both.tree.town.code}/liaison_station/opinion/{case.id}/conversions/become_matter", {"kind": "roads"},
        If_Match=f'"{case.version}"')

    assert made.status_code == 201, made.text
    assert registry().entity(MATTER).model.get().deputy_id == both.people["zhang"].id
