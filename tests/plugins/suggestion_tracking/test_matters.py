"""Matters on three levels: who takes which step, what a write-off needs, and that nothing personal leaves."""

import json
from datetime import date

import pytest

from grid321.core.errors import Conflict, Invalid, Refused

from .matter_world import (
    ANSWER,
    EVIDENCE,
    OBJECTION,
    PHONE,
    REASON,
    SATISFIED,
    TOLD,
    plugin_modules,
    world,
)

__all__ = ["plugin_modules", "world"]


def refusal(world, who, case, key, answers=None):
    """The code of the refusal of a step."""
    with pytest.raises(Refused) as caught:
        world.step(who, case, key, answers)
    assert world.entity.model.get_by_id(case.id).state == case.state, "nothing changed"
    return caught.value.code


# ---------------------------------------------------------------- the way up and the way out

def test_a_matter_goes_over_three_levels_and_is_written_off_with_evidence(world):
    case = world.at_county()
    assert (case.state, case.holder_level) == ("received_county", "county")
    case = world.step("county", case, "hand_over_county", world.face_to_face())
    assert (case.department_id, case.unit_id) == (world.bureau.id, world.bureau.id)
    assert (case.face_to_face_on, case.face_to_face_who[:3]) == (date(2026, 11, 20), "住建局")
    case = world.walk(case, ("bureau", "take_on"), ("bureau", "answer", ANSWER), ("county", "feed_back", TOLD),
                      ("county", "rate_told", SATISFIED), ("county", "write_off", EVIDENCE))
    assert (case.state, case.solved_level, case.outcome, case.evidence) == ("closed", "county", "A", EVIDENCE["evidence"])
    assert case.feedback_resident_on == date(2026, 11, 20)
    assert case.number.startswith("WT-610902104-202611-")


@pytest.mark.parametrize(("case", "who", "step"), [("matter", "village", "send_up"), ("at_town", "town", "hand_over"),
                                                   ("at_town", "town", "send_up_county"),
                                                   ("at_county", "county", "hand_over_county"),
                                                   ("at_county", "county", "ask_city")])
def test_nothing_goes_up_or_over_without_the_record_of_the_meeting(world, case, who, step):
    found = getattr(world, case)()
    if case == "matter":
        found = world.step("village", found, "accept")
    answers = {"hand_over": world.hand(), "hand_over_county": world.face_to_face(), "ask_city": REASON}.get(step)
    with pytest.raises(Refused) as caught:
        world.step(who, found, step, answers, meet=False)
    assert caught.value.code == "no_meeting"
    assert "会议记录" in str(caught.value.title)


def test_the_county_hands_over_face_to_face_or_not_at_all(world):
    case = world.at_county()
    assert "hand_over" not in {step.key for step in _workflow(world, case).from_state(case.state)}
    with pytest.raises(Invalid) as caught:
        world.step("county", case, "hand_over_county", world.hand(world.bureau))
    assert set(caught.value.errors) == {"face_to_face_on", "face_to_face_who"}
    with pytest.raises(Invalid):
        world.step("county", case, "hand_over_county", {**world.face_to_face(), "face_to_face_on": "2026-11-21"})


def test_the_record_of_the_directors_meeting_fills_in_the_face_to_face_hand_over(world):
    from grid321.core import meeting_decisions

    case = world.at_county()
    meeting = world.meet(case, "hand_over_county", department_id=world.bureau.id)
    results = meeting_decisions.carry_out(meeting, world.actors["county"], world.tree.county)
    assert [(result.ok, result.message) for result in results] == [(True, "已交办")]
    case = world.entity.model.get_by_id(case.id)
    assert (case.state, case.face_to_face_on, case.face_to_face_who) == ("handed", meeting.met_on, meeting.attendees)


def test_a_town_or_county_begins_with_what_was_raised_there(world):
    town = world.register("town", {"kind": "water", "text": "集镇自来水浑浊。", "division": world.tree.town.code,
                                   "source": "hotline", "contact_phone": PHONE, "wants_answer": True})
    assert (town.holder_level, world.possible("town", town) & {"accept", "accept_town", "accept_county"}) == \
        ("town", {"accept_town"})
    assert world.step("town", town, "accept_town").state == "received"
    county = world.register("county", {"kind": "roads", "text": "县道塌方。", "division": world.tree.county.code})
    assert (county.holder_level, county.source) == ("county", "reception")
    assert world.step("county", county, "accept_county").state == "received_county"


def test_the_county_asks_the_city_and_goes_on_with_its_answer(world):
    case = world.step("county", world.at_county(), "ask_city", {"reason": "跨县区道路，请市级联动。"})
    assert (case.state, case.holder_id) == ("asked_city", world.tree.county.id)
    case = world.step("county", case, "city_answered", {"text": "市交通局已列入计划。"})
    assert case.state == "received_county"


def test_a_department_returns_with_reasons_and_cannot_pass_on(world):
    case = world.step("town", world.at_town(), "hand_over", world.hand())
    assert world.possible("office", case) == {"take_on", "give_back"}
    case = world.step("office", case, "give_back", REASON)
    assert (case.state, case.unit_id) == ("received", world.office.id)
    assert world.possible("office", case) == set()


def test_another_town_or_village_sees_nothing_to_do(world):
    case = world.at_town()
    assert world.possible("other_town", case) == world.possible("village", case) - {"withdraw", "become_suggestion"} == set()


# ---------------------------------------------------------------- what is solved

@pytest.mark.parametrize(("outcome", "way", "code"), [
    ("B", "alone", "not_solved"), ("C", "alone", "not_solved"), ("D", "alone", "not_solved"), ("C", "explained", "not_solved"),
    ("D", "explained", "not_solved")])
def test_what_is_not_solved_is_never_written_off(world, outcome, way, code):
    case = world.rated({"outcome": outcome, "way": way})
    assert refusal(world, "village", case, "write_off", EVIDENCE) == code
    assert "close_unsolved" in world.possible("village", case)
    case = world.step("village", case, "close_unsolved", {"reason": "资金未落实，本期不能办理。"})
    assert (case.state, case.solved_level) == ("ended", None)


def test_an_explanation_gets_no_outcome_class_that_counts_as_solved(world):
    assert refusal(world, "village", world.matter(), "solve_on_spot", {**ANSWER, "way": "explained"}) == "explained_only"


def test_an_explanation_stays_unsolved_when_the_county_counts_its_class_as_solved_later(world):
    from grid321.core import settings

    case = world.rated({"outcome": "C", "way": "explained"})
    settings.put("suggestion_tracking.solved_outcomes", world.tree.county, "A,C", source="县人大常委会办法",
                 valid_from=date(2020, 1, 1))
    assert world.step("village", world.rated({"outcome": "C", "way": "alone"}), "write_off", EVIDENCE).state == "closed"
    assert refusal(world, "village", case, "write_off", EVIDENCE) == "explained_only"


@pytest.mark.parametrize("evidence", [None, "", "   ", "无"])
def test_a_write_off_needs_evidence(world, evidence):
    case = world.rated()
    with pytest.raises(Invalid) as caught:
        world.step("village", case, "write_off", {} if evidence is None else {"evidence": evidence})
    assert set(caught.value.errors) == {"evidence"}
    assert world.entity.model.get_by_id(case.id).state == "rated"


def test_an_answer_without_outcome_class_is_refused(world):
    with pytest.raises(Invalid) as caught:
        world.step("village", world.matter(), "solve_on_spot", {"text": "已经修好了。"})
    assert set(caught.value.errors) == {"outcome"}


# ---------------------------------------------------------------- feedback and rating

def test_who_wishes_for_an_answer_is_told_before_the_write_off(world):
    case = world.answered()
    assert refusal(world, "village", case, "feed_back", {"how": "phone"}) == "resident_not_told"
    case = world.step("village", case, "feed_back", TOLD)
    assert (case.state, case.feedback_resident_on) == ("told", date(2026, 11, 20))


def test_the_deputy_who_heard_it_is_told_too(world):
    from grid321.core.people import Person
    from grid321.core.snapshot import current
    from grid321.core.tree import ancestor_columns

    deputy = Person.create(name="周立新", initials="zlx", **ancestor_columns(current().tree, world.tree.county))
    case = world.answered(deputy=deputy.id)
    assert refusal(world, "village", case, "feed_back", TOLD) == "deputy_not_told"
    case = world.step("village", case, "rate_told", SATISFIED)  # the resident knows the answer, the deputy does not
    assert refusal(world, "village", case, "write_off", EVIDENCE) == "deputy_not_told"
    case = world.step("village", case, "feed_back_late", {"how": "visit", "deputy_on": "2026-11-20"})
    assert world.step("village", case, "write_off", EVIDENCE).feedback_deputy_on == date(2026, 11, 20)


def test_who_does_not_wait_for_an_answer_need_not_be_told(world):
    case = world.answered(wants_answer=False)
    case = world.step("village", case, "go_on_unrated", {"reason": "反映人不要求答复。"})
    assert world.step("village", case, "write_off", EVIDENCE).state == "closed"


def test_a_matter_goes_on_without_rating_only_when_the_time_to_rate_has_passed(world, tick):
    case = world.step("village", world.answered(), "feed_back", TOLD)
    assert case.due == date(2026, 12, 4)
    assert refusal(world, "village", case, "go_on_unrated", {"reason": "联系不上反映人。"}) == "rating_open"
    tick(date(2026, 12, 5), sweep=False)
    case = world.step("village", case, "go_on_unrated", {"reason": "联系不上反映人。"})
    assert (case.state, case.rating) == ("rated", None)


def test_a_late_feedback_does_not_let_a_matter_go_on_unrated(world, tick):
    case = world.answered()
    tick(date(2026, 12, 20), sweep=False)  # the time to tell the resident has passed, the time to rate has not begun
    assert refusal(world, "village", case, "go_on_unrated", {"reason": "联系不上反映人。"}) == "rating_open"


def test_feeding_back_is_offered_first_and_not_again_when_everybody_was_told(world):
    from grid321.core import engine

    case = world.answered()
    assert engine.possible(world.entity, case, world.actors["village"])[0].key == "feed_back"
    case = world.walk(case, ("village", "feed_back", TOLD), ("village", "rate_told", SATISFIED))
    assert "feed_back_late" not in world.possible("village", case)


def test_who_typed_a_matter_does_not_rate_its_answer(world):
    case = world.step("village", world.answered(), "feed_back", TOLD)
    assert "rate" not in world.possible("registrar", case) | world.possible("village", case)
    own = world.step("village", world.step("village", world.matter("informant"), "solve_on_spot", ANSWER), "feed_back", TOLD)
    assert {"rate", "object"} <= world.possible("informant", own)


def test_a_matter_is_handled_again_once_and_then_checked(world):
    case = world.step("village", world.step("village", world.matter("informant"), "solve_on_spot", ANSWER), "feed_back", TOLD)
    case = world.step("informant", case, "object", OBJECTION)
    assert (case.state, case.handled_again) == ("again", True)
    case = world.walk(case, ("village", "answer_again", ANSWER), ("village", "feed_back", TOLD))
    assert refusal(world, "informant", case, "object", OBJECTION) == "handled_again"
    case = world.step("informant", case, "object_again", OBJECTION)
    assert refusal(world, "village", case, "write_off", EVIDENCE) == "not_satisfied"
    case = world.step("town", case, "write_off_checked", {"checked_by": "镇人大主席团", "found": "现场已核实。", **EVIDENCE})
    assert (case.state, case.rating) == ("closed", "not")


def test_a_new_answer_is_told_anew(world):
    case = world.walk(world.answered(), ("village", "feed_back", TOLD))
    case = world.entity.model.get_by_id(case.id)
    from grid321.core.actor import SYSTEM

    world.actors["machine"] = SYSTEM
    case = world.walk(case, ("machine", "object", OBJECTION), ("village", "answer_again", ANSWER))
    assert case.feedback_resident_on is None


# ---------------------------------------------------------------- registering

def test_the_same_slip_of_a_channel_is_not_registered_twice(world):
    world.matter(source="hotline", origin_ref="12345-2026-0817")
    with pytest.raises((Invalid, Conflict)):
        world.matter(source="hotline", origin_ref="12345-2026-0817")
    world.matter(source="email", origin_ref="12345-2026-0817")
    assert world.matter(origin_ref="").origin_ref is None
    assert world.matter(origin_ref="").origin_ref is None, "no number is no number, not an equal one"


def test_what_is_left_open_costs_no_time(world):
    case = world.matter(text="水管漏水。已经三天了。", source=None)
    assert (case.title, case.occurred_on, case.urgency, case.source, case.holder_level) == \
        ("水管漏水", date(2026, 11, 20), "normal", "reception", "village")


def test_a_hotline_slip_says_whom_to_tell(world):
    with pytest.raises(Invalid) as caught:
        world.matter(source="hotline", contact_phone=None, contact_name=None)
    assert set(caught.value.errors) == {"contact_phone"}
    assert world.matter(source="hotline", contact_phone=None, contact_name=None, wants_answer=False).id


def test_name_and_telephone_are_sealed_and_leave_no_trace(world):
    from grid321.core.db import database

    case = world.rated()
    case = world.step("village", case, "write_off", EVIDENCE)
    for table in ("suggestion_tracking_matter", "core_ledger", "core_outbox", "core_message", "core_search"):
        if not database.table_exists(table):
            continue
        rows = json.dumps(database.execute_sql(f"SELECT * FROM {table}").fetchall(), default=str, ensure_ascii=False)
        assert PHONE not in rows, table
        assert "赵秀兰" not in rows, table
    page = world.browser("town").get(f"/d/610902104/suggestion_tracking/matter/{case.id}").text
    assert PHONE not in page
    assert "赵秀兰" not in page


# ---------------------------------------------------------------- groups and what becomes of a matter

def test_members_of_a_group_follow_their_lead_and_are_told_one_by_one(world):
    from grid321.core import groups

    lead, member = world.matter(), world.matter("informant", text="村口三盏路灯不亮。")
    groups.join(world.entity, member.id, lead.id, world.actors["village"], None, world.tree.county)
    lead = world.step("village", world.entity.model.get_by_id(lead.id), "solve_on_spot", ANSWER)
    member = world.entity.model.get_by_id(member.id)
    assert (member.state, member.answer, member.outcome) == ("answered", lead.answer, "A")
    lead = world.step("village", lead, "feed_back", TOLD)
    assert world.entity.model.get_by_id(member.id).feedback_resident_on is None
    assert world.step("village", member, "feed_back", TOLD).feedback_resident_on == date(2026, 11, 20)


def test_every_bank_balances_and_the_month_closes(world, tick):
    from grid321.core import counters, months, snapshot
    from grid321.core.actor import SYSTEM

    world.step("village", world.rated(), "write_off", EVIDENCE)
    world.step("village", world.matter(), "withdraw", {"reason": "反映人来电撤回。"})
    up = world.at_county()
    tick(date(2026, 12, 3), sweep=False)
    closed = months.close(world.tree.county, "2026-11", SYSTEM, below=True)
    assert {node.division_id for node in closed} >= {world.tree.village.id, world.tree.town.id, world.tree.county.id}
    world.walk(up, ("county", "hand_over_county", world.face_to_face()), ("bureau", "give_back_county", REASON),
               ("county", "return_to_town", REASON))
    assert counters.recount(world.entity, snapshot.current().tree) == []


def test_a_matter_that_nobody_pursues_is_withdrawn_with_its_reason(world):
    case = world.step("village", world.matter(), "withdraw", {"reason": "反映人来电撤回。"})
    assert case.state == "withdrawn"


def _workflow(world, case):
    from grid321.core import engine

    return engine.workflow_for(world.entity, case)
