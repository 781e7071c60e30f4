"""The handling of a report: who may take which step, where the matter goes, and what is refused."""
from __future__ import annotations

from datetime import timedelta

import pytest

from grid321.core import errors

ANSWER = {"text": "已现场处理，问题解决。", "outcome": "solved"}
REASON = {"reason": "不属于本单位职责。"}
SATISFIED = {"result": "satisfied", "attitude": "satisfied"}
NOT_SATISFIED = {"reason": "只修了一半。", "attitude": "basically"}


def test_a_report_begins_in_the_bank_of_its_village_with_a_number_of_its_town(world):
    case = world.report()
    assert case.state == "reported"
    assert case.holder_id == world.tree.village.id
    assert case.reporter_id == world.actors["worker"].account_id
    prefix, town, month, number = case.number.split("-")
    assert (prefix, town, number) == ("WL", "610902104", "0001")
    assert len(month) == 6
    assert world.report().number.endswith("-0002")


def test_a_village_handles_a_matter_on_the_spot_and_writes_it_off_after_a_good_rating(world):
    case = world.walk(world.report(), ("secretary", "accept"), ("secretary", "solve_on_spot", ANSWER),
                      ("worker", "rate", SATISFIED), ("secretary", "write_off"))
    assert (case.state, case.outcome, case.rating, case.solved_level) == ("closed", "solved", "satisfied", "village")
    assert case.closed_at is not None
    assert case.due is None


def test_a_matter_climbs_with_the_record_of_the_meeting_and_comes_back_answered(world):
    case = world.at_town()
    assert (case.state, case.holder_id, case.holder_level) == ("received", world.tree.town.id, "town")
    case = world.step("officer", case, "hand_over", world.hand())
    assert (case.state, case.department_id, case.way) == ("handed", world.office.id, "alone")
    case = world.walk(case, ("office", "take_on"), ("office", "answer", ANSWER), ("worker", "rate", SATISFIED),
                      ("officer", "write_off"))
    assert (case.state, case.solved_level, case.department_id) == ("closed", "town", world.office.id)


def test_the_town_sends_up_to_the_county_which_hands_it_to_a_bureau(world):
    case = world.at_county()
    assert (case.state, case.holder_id, case.holder_level) == ("received_county", world.tree.county.id, "county")
    case = world.walk(case, ("county", "hand_over", world.hand(world.bureau)), ("bureau", "take_on"),
                      ("bureau", "answer", ANSWER), ("worker", "rate", SATISFIED), ("county", "write_off"))
    assert (case.state, case.solved_level) == ("closed", "county")


def test_nothing_goes_up_and_to_no_department_without_the_record_of_a_meeting(world):
    studied = world.walk(world.report(), ("secretary", "study"))
    for who, case, step in (("secretary", studied, "send_up"), ("officer", world.at_town(), "send_up_county"),
                            ("officer", world.at_town(), "hand_over"), ("county", world.at_county(), "hand_over")):
        answers = world.hand(world.bureau if who == "county" else world.office) if step == "hand_over" else None
        assert step not in world.possible(who, case)
        with pytest.raises(errors.Refused) as refused:
            world.step(who, case, step, answers, meet=False)
        assert refused.value.code == "no_meeting"
        assert refused.value.extra["url"].endswith(f"/grid/report/{case.id}#agenda")
        assert world.entity.model.get_by_id(case.id).version == case.version
        world.meet(case, step, department_id=answers and answers["department"])
        assert step in world.possible(who, case)


def test_the_two_committees_may_decide_that_the_village_does_it(world):
    case = world.walk(world.report(), ("secretary", "study"), ("secretary", "handle_ourselves"))
    assert (case.state, case.holder_id) == ("handling", world.tree.village.id)


def test_town_and_county_return_a_matter_with_reasons_to_where_it_came_from(world):
    case = world.step("officer", world.at_town(), "return_to_village", REASON)
    assert (case.state, case.holder_id, case.holder_level) == ("handling", world.tree.village.id, "village")
    case = world.step("county", world.at_county(), "return_to_town", REASON)
    assert (case.state, case.holder_id, case.holder_level) == ("received", world.tree.town.id, "town")


def test_a_department_returns_a_matter_to_its_holder_and_cannot_pass_it_on(world):
    for handed, who, state in ((world.step("officer", world.at_town(), "hand_over", world.hand()), "office", "received"),
                               (world.step("county", world.at_county(), "hand_over", world.hand(world.bureau)), "bureau",
                                "received_county")):
        assert world.possible(who, handed) == {"take_on", "give_back" if who == "office" else "give_back_county"}
        with pytest.raises(errors.Forbidden):
            world.step("worker", handed, "give_back", REASON)
        back = world.step(who, handed, "give_back" if who == "office" else "give_back_county", REASON)
        assert back.state == state
        desk = "officer" if who == "office" else "county"
        assert "hand_over" not in world.possible(desk, back)  # the record of the meeting was used
        world.meet(back, "hand_over", department_id=handed.department_id)
        assert "hand_over" in world.possible(desk, back)


def test_the_holder_takes_a_matter_back_from_a_department(world):
    case = world.walk(world.at_town(), ("officer", "hand_over", world.hand()), ("office", "take_on"),
                      ("officer", "take_back", REASON))
    assert case.state == "received"
    case = world.walk(world.at_county(), ("county", "hand_over", world.hand(world.bureau)),
                      ("county", "take_back_county", REASON))
    assert case.state == "received_county"


def test_a_matter_is_handed_only_to_a_department_of_the_level_that_holds_it(world):
    case = world.at_town()
    with pytest.raises(errors.Problem):
        world.step("officer", case, "hand_over", world.hand(world.bureau))
    assert world.entity.model.get_by_id(case.id).state == "received"


def test_not_satisfied_is_handled_again_once_and_then_checked(world):
    case = world.walk(world.answered(), ("worker", "object", NOT_SATISFIED))
    assert (case.state, case.handled_again, case.rating) == ("again", True, "not")
    case = world.step("secretary", case, "answer_again", ANSWER)
    with pytest.raises(errors.Refused) as twice:
        world.step("worker", case, "object", NOT_SATISFIED)
    assert twice.value.code == "handled_again"
    case = world.step("worker", case, "object_again", NOT_SATISFIED)
    assert (case.state, case.rating) == ("rated", "not")
    with pytest.raises(errors.Refused):
        world.step("secretary", case, "write_off")
    case = world.step("officer", case, "write_off_checked", {"checked_by": "镇人大主席团", "found": "现场核实已解决。"})
    assert case.state == "closed"


def test_the_second_no_needs_a_first_one(world):
    with pytest.raises(errors.Refused):
        world.step("worker", world.answered(), "object_again", NOT_SATISFIED)


def test_a_town_hands_a_rejected_answer_to_the_department_again(world):
    case = world.walk(world.at_town(), ("officer", "hand_over", world.hand()), ("office", "take_on"),
                      ("office", "answer", ANSWER), ("worker", "object", NOT_SATISFIED),
                      ("officer", "hand_over_again", world.hand()), ("office", "take_on"), ("office", "answer", ANSWER),
                      ("worker", "rate", SATISFIED), ("officer", "write_off"))
    assert case.state == "closed"


@pytest.mark.parametrize("outcome", ["in_progress", "explained", "reference"])
def test_what_is_only_explained_is_not_written_off_as_solved(world, outcome):
    case = world.step("worker", world.answered(outcome), "rate", SATISFIED)
    with pytest.raises(errors.Refused):
        world.step("secretary", case, "write_off")
    assert world.possible("secretary", case) == {"keep", "close_unsolved"}
    kept = world.step("secretary", case, "keep", {"reason": "等待项目资金。"})
    assert (kept.state, kept.closed_at) == ("kept", None)
    resumed = world.step("secretary", kept, "resume")
    assert resumed.state == "handling"


def test_a_matter_closed_as_not_solved_is_never_counted_as_solved(world):
    case = world.walk(world.answered("explained"), ("worker", "rate", SATISFIED),
                      ("secretary", "close_unsolved", {"reason": "今年没有此项资金。"}))
    assert (case.state, case.solved_level) == ("ended", None)


def test_a_solved_matter_is_neither_kept_nor_closed_as_unsolved(world):
    case = world.step("worker", world.answered(), "rate", SATISFIED)
    for key in ("keep", "close_unsolved"):
        with pytest.raises(errors.Refused):
            world.step("secretary", case, key, {"reason": "没有理由的理由"})


def test_a_county_may_count_other_outcomes_as_solved(world):
    from grid321.core import settings
    from grid321.core.db import local_day

    settings.put("grid.solved_outcomes", world.tree.county, "solved, reference", source="区文件", valid_from=local_day())
    case = world.walk(world.answered("reference"), ("worker", "rate", SATISFIED), ("secretary", "write_off"))
    assert case.state == "closed"


def test_kept_matters_are_taken_up_again_where_they_are_held(world):
    explained = {**ANSWER, "outcome": "explained"}
    at_town = world.walk(world.at_town(), ("officer", "answer_directly", explained), ("worker", "rate", SATISFIED),
                         ("officer", "keep", {"reason": "列入明年计划。"}), ("officer", "resume_town"))
    assert at_town.state == "received"
    at_county = world.walk(world.at_county(), ("county", "answer_directly", explained), ("worker", "rate", SATISFIED),
                           ("county", "keep", {"reason": "列入明年计划。"}), ("county", "resume_county"))
    assert at_county.state == "received_county"


def test_only_the_reporter_rates_and_withdraws(world):
    case = world.answered()
    for who in ("neighbour", "secretary", "officer", "county"):
        with pytest.raises((errors.Forbidden, errors.NotFound)):
            world.step(who, case, "rate", SATISFIED)
    fresh = world.report()
    for who in ("neighbour", "secretary", "officer"):
        with pytest.raises((errors.Forbidden, errors.NotFound)):
            world.step(who, fresh, "withdraw", REASON)
    gone = world.step("worker", fresh, "withdraw", REASON)
    assert (gone.state, gone.holder_id) == ("withdrawn", world.tree.village.id)


def test_a_rating_told_by_telephone_is_entered_by_the_level_above_not_by_the_village(world):
    case = world.answered()
    with pytest.raises(errors.Forbidden):
        world.step("secretary", case, "rate_told", SATISFIED)
    assert world.step("clerk", case, "rate_told", SATISFIED).state == "rated"


def test_the_reporter_may_withdraw_while_a_department_works_but_not_after_the_answer(world):
    case = world.walk(world.at_town(), ("officer", "hand_over", world.hand()), ("office", "take_on"))
    assert world.step("worker", case, "withdraw", REASON).state == "withdrawn"
    with pytest.raises(errors.Conflict):
        world.step("worker", world.answered(), "withdraw", REASON)


def test_another_village_town_or_department_cannot_act(world):
    case = world.report()
    for who in ("other_secretary", "other_officer", "office", "worker", "officer", "county"):
        with pytest.raises((errors.Forbidden, errors.NotFound)):
            world.step(who, case, "accept")
    handed = world.step("officer", world.at_town(), "hand_over", world.hand())
    for who in ("bureau", "secretary", "other_officer"):
        with pytest.raises((errors.Forbidden, errors.NotFound)):
            world.step(who, handed, "take_on")


def test_a_village_sees_what_it_sent_up_but_a_neighbouring_village_does_not(world):
    from grid321.core import access

    case = world.at_town()
    assert access.fetch(world.entity, case.id, "view", world.tree.village, world.actors["secretary"]).id == case.id
    with pytest.raises(errors.NotFound):
        access.fetch(world.entity, case.id, "view", world.tree.county, world.actors["other_secretary"])


def test_a_step_on_an_old_version_changes_nothing(world):
    case = world.report()
    world.step("secretary", case, "accept")
    with pytest.raises((errors.StaleVersion, errors.Conflict)) as lost:
        world.step("secretary", case, "accept")
    assert lost.value.extra["state"] == "handling"


def test_the_village_and_town_clocks_follow_the_settings_of_the_county(world):
    from grid321.core import settings
    from grid321.core.clock import of
    from grid321.core.db import local_day

    today = local_day()
    settings.put("grid.limit_village", world.tree.county, "3 d", source="区文件", valid_from=today)
    case = world.step("secretary", world.report(), "accept")
    assert case.due == today + timedelta(days=3)
    found = {row.clock: (row.state, row.length, row.source) for row in of("grid.report", case.id)}
    assert found["accept"][0] == "met"
    assert found["village"] == ("running", "3 d", "区文件")


def test_the_default_limits_say_that_no_law_fixes_them(world):
    from grid321.core.clock import of

    case = world.report()
    (row,) = of("grid.report", case.id)
    assert "[place]" in row.source or "［地方］" in row.source
    assert (row.length, row.clock) == ("1 wd", "accept")


def test_a_clock_that_ran_out_fires_once(world, tick):
    world.report()
    assert tick(timedelta(days=30)) == 1
    assert tick(timedelta(days=1)) == 0


def test_every_step_of_the_workflow_is_declared_with_who_may_take_it(app):
    from grid321.plugins.grid.roles import ROLES
    from grid321.plugins.grid.workflow import HANDLING

    granted = {permission for role in ROLES for permission in role.permissions}
    assert {step.permission for step in HANDLING.transitions} <= granted
    assert {clock.overdue for _state, clock in HANDLING.clocks().values()} <= {"notify", "mark"}
