"""The five steps of an opinion: registered, collated, handled on the level that can, told to deputy and voter, rated."""

from datetime import date, timedelta

import pytest

from grid321.core import clock, counters, engine, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.errors import Conflict, Forbidden, NotFound, Refused
from grid321.core.registry import registry
from grid321.core.testing_browser import actor_for, make_account
from grid321.plugins.liaison_station.opinion_workflow import HANDLING

from .opinion_ground import ANSWER, COLLATE, EVIDENCE, OBJECTION, OPINION, REASON, SATISFIED, TOLD, flow, world

__all__ = ["flow", "world"]


def balance(flow, node, month="2026-11"):
    """(what came into a bank in a month, what left it, what is open there): in - out = open."""
    counters.fold()
    flows = list(counters.flows(OPINION, [node.id], [node.level], month, month))
    came = sum(n for *_rest, kind, n in flows if kind in ("collected", "received"))
    gone = sum(n for *_rest, kind, n in flows if kind not in ("collected", "received"))
    model = flow.entity.model
    still = model.select().where((model.holder_id == node.id) & model.closed_at.is_null()).count()
    return came, gone, still


def test_an_opinion_goes_through_the_five_steps_and_is_written_off(flow):
    case = flow.told()
    assert (case.kind, case.title, case.state) == ("roads", "修好村口三盏路灯", "told")
    assert (case.told_voter_on, case.told_deputy_on) == (date(2026, 11, 20), date(2026, 11, 20))
    case = flow.walk(case, ("village_liaison", "rate_told", SATISFIED), ("village_liaison", "write_off", EVIDENCE))

    assert (case.state, case.solved_level, case.rating, case.rated_on) == ("closed", "village", "satisfied", date(2026, 11, 20))
    assert counters.recount(flow.entity, snapshot.current().tree) == []
    assert balance(flow, flow.tree.village) == (1, 1, 0)


def test_nobody_handles_what_the_station_has_not_collated(flow):
    case = flow.opinion()

    assert flow.possible("village_liaison", case) == {"accept", "withdraw"}
    with pytest.raises(Conflict):
        flow.step("village_liaison", case, "solve_on_spot", ANSWER)


@pytest.mark.parametrize(("station", "place", "who", "step", "state"), [
    ("wuli", "town", "town", "accept_town", "received"), ("home", "county", "county", "accept_county", "received_county")])
def test_a_station_of_a_town_or_county_collates_into_its_own_bank(flow, station, place, who, step, state):
    case = flow.opinion(who, station_id=flow.stations[station].id, division_id=getattr(flow.tree, place).id, deputy_id=None)

    assert flow.possible(who, case) == {step, "withdraw"}
    assert flow.step(who, case, step, COLLATE).state == state
    assert case.holder_level == place


def test_it_climbs_with_the_record_of_a_meeting_only_and_every_bank_balances(flow):
    case = flow.walk(flow.opinion(), ("village_liaison", "accept", COLLATE), ("village_liaison", "study"))
    with pytest.raises(Refused):
        flow.step("village_liaison", case, "send_up", meet=False)
    case = flow.walk(flow.opinion(), ("village_liaison", "accept", COLLATE), ("village_liaison", "study"),
                     ("village_liaison", "send_up"), ("town", "send_up_county"))

    assert (case.state, case.holder_level, case.holder_id) == ("received_county", "county", flow.tree.county.id)
    for place in (flow.tree.village, flow.tree.town, flow.tree.county):
        came, gone, still = balance(flow, place)
        assert came - gone == still


def test_a_department_answers_what_the_town_handed_to_it(flow):
    case = flow.step("town", flow.at_town(), "hand_over", {"department": flow.office.id, "way": "alone"})
    assert (case.state, case.department_id, case.unit_id) == ("handed", flow.office.id, flow.office.id)
    case = flow.walk(case, ("office", "take_on"), ("office", "answer", ANSWER))

    assert (case.state, case.outcome, case.answered_on) == ("answered", "A", date(2026, 11, 20))
    assert flow.possible("office", case) == set()


def test_a_department_returns_with_reasons_and_the_unit_stays_noted(flow):
    case = flow.step("town", flow.at_town(), "hand_over", {"department": flow.office.id, "way": "alone"})
    case = flow.step("office", case, "give_back", REASON)

    assert (case.state, case.unit_id) == ("received", flow.office.id)
    assert flow.possible("office", case) == set()


def test_a_unit_outside_gets_the_card_and_its_answer_is_entered_by_who_passed_it_on(flow):
    case = flow.step("village_liaison", flow.opinion(), "accept", COLLATE)
    case = flow.step("village_liaison", case, "pass_on", {"passed_to": "国网五里供电所（张工签收）", "note": "请修复路灯线路。"})
    assert (case.state, case.passed_to, case.passed_on, case.way) == (
        "passed", "国网五里供电所（张工签收）", date(2026, 11, 20), "passed")
    assert case.due == date(2026, 12, 21), "a month; the 20th is a Sunday"
    case = flow.step("village_liaison", case, "outside_answered", {**ANSWER, "way": "passed"})

    assert (case.state, case.way) == ("answered", "passed")


@pytest.mark.parametrize(("who", "begin", "step", "state"), [
    ("village_liaison", "opinion", "outside_returned", "handling"), ("town", "at_town", "outside_returned_town", "received")])
def test_what_a_unit_outside_returns_is_again_where_it_was(flow, who, begin, step, state):
    case = getattr(flow, begin)()
    case = flow.step(who, case, "accept", COLLATE) if case.state == "reported" else case
    case = flow.walk(case, (who, "pass_on", {"passed_to": "供电所"}), (who, step, REASON))

    assert case.state == state


def test_what_was_explained_only_is_not_solved(flow):
    case = flow.step("village_liaison", flow.opinion(), "accept", COLLATE)
    with pytest.raises(Refused) as refused:
        flow.step("village_liaison", case, "solve_on_spot", {**ANSWER, "way": "explained"})
    assert refused.value.code == "explained_only"
    case = flow.walk(case, ("village_liaison", "solve_on_spot", {**ANSWER, "way": "explained", "outcome": "C"}),
                     ("village_liaison", "feed_back", TOLD), ("village_liaison", "rate_told", SATISFIED))
    with pytest.raises(Refused):
        flow.step("village_liaison", case, "write_off", EVIDENCE)
    case = flow.step("village_liaison", case, "close_unsolved", REASON)

    assert (case.state, case.solved_level) == ("ended", None)
    assert balance(flow, flow.tree.village) == (1, 1, 0)


@pytest.mark.parametrize(("said", "field"), [
    ({"deputy_on": "2026-11-20", "how": "phone"}, "voter_on"), ({"voter_on": "2026-11-20", "how": "phone"}, "deputy_on")])
def test_both_the_voter_and_the_deputy_who_heard_it_are_told(flow, said, field):
    with pytest.raises(Refused) as refused:
        flow.step("village_liaison", flow.answered(), "feed_back", said)

    assert list(refused.value.errors) == [field]


def test_an_opinion_is_closed_neither_way_before_who_waits_for_the_answer_was_told(flow):
    case = flow.step("village_liaison", flow.answered(), "rate_told", SATISFIED)
    with pytest.raises(Refused) as refused:
        flow.step("village_liaison", case, "write_off", EVIDENCE)
    assert refused.value.code == "deputy_not_told"
    case = flow.walk(case, ("village_liaison", "feed_back_late", TOLD), ("village_liaison", "write_off", EVIDENCE))

    assert case.state == "closed"


def test_who_is_not_satisfied_has_it_handled_again_once_and_then_checked(flow):
    case = flow.walk(flow.told(), ("village_liaison", "object", OBJECTION), ("village_liaison", "answer_again", ANSWER))
    assert (case.state, case.handled_again, case.rating, case.told_voter_on) == ("answered", True, None, None)
    case = flow.step("village_liaison", case, "feed_back", TOLD)
    with pytest.raises(Refused):
        flow.step("village_liaison", case, "object", OBJECTION)
    case = flow.step("village_liaison", case, "object_again", OBJECTION)
    with pytest.raises(Refused):
        flow.step("village_liaison", case, "write_off", EVIDENCE)
    case = flow.step("town", case, "write_off_checked", {"checked_by": "镇人大主席团", "found": "已修好。", **EVIDENCE})

    assert (case.state, case.rating) == ("closed", "not")


def test_without_a_rating_it_goes_on_only_when_its_time_has_passed(flow, tick):
    case = flow.told()
    with pytest.raises(Refused):
        flow.step("village_liaison", case, "go_on_unrated", REASON)
    tick(timedelta(days=20))
    case = flow.step("village_liaison", flow.entity.model.get_by_id(case.id), "go_on_unrated", REASON)

    assert (case.state, case.rating) == ("rated", None)


def test_every_clock_names_its_source_and_a_setting_of_the_plugin(flow):
    settings = registry().settings
    for state, one in HANDLING.clocks().values():
        assert one.setting.startswith("liaison_station.opinion_limit_") and one.setting in settings, state.key
        assert str(one.source)


def test_a_county_sets_how_long_deputy_and_voter_wait_for_the_answer(flow, world):
    world.set("opinion_limit_feed_back", "2 wd")

    assert flow.answered().due == date(2026, 11, 24)
    assert clock.sweep() == 0


def test_a_deputy_sees_the_opinions_that_he_or_she_heard_and_no_others(flow, world):
    own, other = flow.opinion(), flow.opinion(deputy_id=world.deputies["sun"].id)
    browser = world.browser("zhao")
    here = f"/d/{world.tree.village.code}/liaison_station/opinion/"

    assert browser.get(f"{here}{own.id}").status_code == 200
    assert browser.get(f"{here}{other.id}").status_code == 404
    page = browser.get(here).text
    assert own.number in page and other.number not in page
    assert "13909150001" not in browser.get(f"{here}{own.id}").text


def test_an_officer_of_another_village_takes_no_step(flow, world):
    case = flow.opinion()
    stranger = actor_for(make_account("liaison_station.liaison", world.tree.second_village))
    flow.actors["stranger"] = stranger

    assert flow.possible("stranger", case) == set()
    with pytest.raises((Forbidden, NotFound)):
        flow.step("stranger", case, "accept", COLLATE)
    assert flow.entity.model.get_by_id(case.id).state == "reported"


def test_the_machine_takes_the_voters_step_only_with_a_rating(flow):
    case = flow.told()
    with pytest.raises(Refused):
        engine.perform(flow.entity, case.id, "rate", {}, SYSTEM, case.version, flow.tree.county)
    assert flow.entity.model.get_by_id(case.id).state == "told"
