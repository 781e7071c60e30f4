"""The life of a suggestion: raised with its rules, checked, handed over, met, answered; what is refused and with which words."""
from datetime import date, timedelta

import pytest
from support import suggestion_world as sw
from support.suggestion_world import CHECKED, FIXED, OPINION, REASON, REPLY

from grid321.core import clock, clock_extensions, db, records
from grid321.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from grid321.core.history import timeline
from grid321.core.outbox import OutboxRow

from .suggestion_ground import plugin_modules, world

__all__ = ["plugin_modules", "world"]


def errors_of(call):
    """The errors by field of what was refused."""
    with pytest.raises((Invalid, Refused, Conflict)) as refusal:
        call()
    return refusal.value


def deadline(record, key):
    """The newest clock of that key of a case."""
    return [row for row in clock.of(record_entity(record), record.id) if row.clock == key][-1]


def record_entity(record):
    """The key of the entity of a record."""
    from grid321.core.registry import registry

    return next(one.key for one in registry().entities.values() if one.model is type(record))


# -- raising ---------------------------------------------------------------------------------------------------------

def test_a_suggestion_keeps_every_field_of_what_the_deputy_says(world):
    session = world.make("session", {"name": "第十九届人民代表大会第五次会议", "kind": "session", "year": 2026, "ordinal": 5,
                                     "term": 19})
    case = world.raised(delegation="五里代表团", reference_only=False, repeated_years=2, session=session.id)

    assert (case.state, case.signers, case.delegation, case.repeated_years) == ("raised", 1, "五里代表团", 2)
    assert (case.deputy_id, case.session_id, case.raised_on) == (world.people["deputy"].id, session.id, db.local_day())
    assert case.reporter_id == world.actors["deputy"].account_id, "the deputy's own account, not that of the office"
    assert case.holder_id == world.tree.county.id and case.number.startswith("JY-610902-")


def test_a_suggestion_of_a_deputy_belongs_to_that_deputy_alone(world):
    browser = world.browser("deputy")
    raw = {**sw.RAISED, "division": "610902"}
    mine = browser.api("POST", "/d/610902/suggestion_tracking/suggestion", raw)
    of_another = browser.api("POST", "/d/610902/suggestion_tracking/suggestion",
                             {**raw, "deputy": world.people["second"].id})

    assert mine.status_code == 201 and mine.json["deputy"] == world.people["deputy"].id
    assert of_another.status_code == 422 and of_another.json["errors"][0]["field"] == "deputy"


@pytest.mark.once
@pytest.mark.parametrize(("changes", "field"), [
    ({"content": "路灯坏了"}, "content"), ({"reasons": None}, "reasons"), ({"proposal": ""}, "proposal"),
    ({"basis": "other", "basis_text": ""}, "basis_text"), ({"title": ""}, "title"), ({"kind": "no such subject"}, "kind"),
    ({"earlier_number": "JY-000000-202601-0001"}, "earlier_number"), ({"raised_on": "2090-01-01"}, "raised_on"),
    ({"content": "🌧️" * 6000}, "content"), ({"title": "两\u202e行"}, "title")])
def test_the_quality_gate_names_the_field_that_is_missing_or_wrong(world, changes, field):
    assert field in errors_of(lambda: world.raised(**changes)).errors
    assert world.entity("suggestion").model.select().count() == 0


def test_ten_thousand_characters_of_emoji_are_kept_as_they_are(world):
    text = "🌧" * 10_000

    assert world.fresh(world.raised(content=text)).content == text


def test_the_county_sets_how_much_the_gate_asks_for(world):
    world.set("suggestion_tracking.quality_parts", "none")
    world.set("suggestion_tracking.quality_least", 0)

    assert world.raised(content="修路。", reasons="", proposal="").state == "raised"


def test_who_is_no_deputy_of_that_congress_does_not_lead_a_suggestion(world):
    for who in ("townsman", "leader_person"):
        assert "deputy" in errors_of(lambda: world.raised(deputy=world.people[who].id)).errors  # noqa: B023
    town = world.make("suggestion", {**sw.RAISED, "deputy": world.people["townsman"].id, "division": "610902104"})
    assert town.holder_id == world.tree.town.id


def test_the_earlier_suggestion_is_found_by_its_number_and_its_years_are_counted_on(world):
    first = world.raised(repeated_years=1)
    second = world.raised(earlier_number=first.number)

    assert (second.earlier_id, second.repeated_years) == (first.id, 2)


def test_signatures_are_counted_and_end_with_the_check(world):
    case = world.raised()
    sign = lambda who: world.make("cosigner", {"suggestion_number": case.number, "person": world.people[who].id})  # noqa: E731
    one = sign("second")

    assert world.fresh(case).signers == 2
    assert "person" in errors_of(lambda: sign("second")).errors
    assert "person" in errors_of(lambda: sign("deputy")).errors
    assert "person" in errors_of(lambda: sign("townsman")).errors
    records.delete(world.entity("cosigner"), one.id, world.actors["office"], one.version, world.tree.county)
    assert world.fresh(case).signers == 1
    kept = sign("third")
    world.step("office", case, "pass_check", **CHECKED)
    assert "suggestion_number" in errors_of(lambda: sign("second")).errors
    errors_of(lambda: records.delete(world.entity("cosigner"), kept.id, world.actors["office"], kept.version, world.tree.county))
    assert world.fresh(case).signers == 2


# -- the check --------------------------------------------------------------------------------------------------------

@pytest.mark.once
@pytest.mark.parametrize("question", ["one_matter", "concrete", "within_powers"])
def test_a_suggestion_that_fails_a_question_does_not_pass(world, question):
    case = world.raised()
    refusal = errors_of(lambda: world.step("office", case, "pass_check", **{**CHECKED, question: "no"}))

    assert refusal.code == "check_failed" and question in refusal.errors
    assert world.fresh(case).state == "raised"


def test_returned_to_the_deputy_it_is_changed_and_raised_again_while_the_limit_rests(world, tick):
    world.set("core.clock_assign", "7 d")
    tick(date(2026, 3, 2), sweep=False)
    case = world.step("office", world.raised(), "send_back", reason="一事一议，请分开提出。")
    assert case.due is None and clock.of(record_entity(case), case.id)[-1].state == "paused"
    records.update(world.entity("suggestion"), case.id, {"title": "关于在溪河小学门口增设路灯的建议"}, world.actors["deputy"],
                   case.version, world.tree.county)
    tick(date(2026, 3, 12), sweep=False)
    case = world.step("deputy", case, "raise_again")

    assert case.state == "raised" and case.due == date(2026, 3, 19)


def test_what_is_no_suggestion_is_refused_with_its_kind_and_the_flow_is_closed(world):
    case = world.step("office", world.raised(), "exclude", excluded_reason="petition", reason="系转交个人来信。")

    assert (case.state, case.check_result, case.excluded_reason) == ("refused", "excluded", "petition")
    assert case.closed_at is not None
    told = list(OutboxRow.select().where(OutboxRow.action == "exclude"))
    assert told and "个人来信" not in str(told[0].__data__)


def test_the_wording_stays_after_the_check(world):
    case = world.checked()

    refusal = errors_of(lambda: records.update(world.entity("suggestion"), case.id, {"content": sw.CONTENT + "另"},
                                               world.actors["office"], case.version, world.tree.county))
    assert refusal.code == "wording_fixed"
    records.update(world.entity("suggestion"), case.id, {"delegation": "城关代表团"}, world.actors["office"], None,
                   world.tree.county)


def test_a_key_suggestion_has_a_leader(world):
    case = world.step("office", world.handed(), "key_assigned", key_leader=world.people["leader_person"].id)
    assert (case.is_key, case.key_leader_id) == (True, world.people["leader_person"].id)
    case = world.step("office", case, "urge_assigned", urged_by="陈志远副主任", words="九月底前必须亮灯。")
    case = world.step("office", case, "key_assigned")

    assert (case.is_key, case.key_leader_id, case.state) == (False, None, "assigned")


# -- handing over -----------------------------------------------------------------------------------------------------

def test_lead_and_co_handlers_get_tasks_with_limits_of_their_own(world, tick):
    tick(date(2026, 3, 2), sweep=False)
    case = world.handed("housing", "traffic", "water", answers={"co_limit_on": "2026-03-20", "co_asked": "管线交底"})
    lead, co = world.task(case, "housing"), world.task(case, "traffic")

    assert (lead.role, co.role, co.asked) == ("lead", "co", "管线交底")
    assert (case.state, case.way, case.transfers, case.department_id) == ("assigned", "lead", 1, world.units["housing"].id)
    assert case.due == date(2026, 6, 2), "three months by law"
    assert deadline(lead, "reply").due == date(2026, 6, 2) and lead.due == deadline(lead, "return").due
    assert deadline(lead, "return").due == date(2026, 3, 16), "ten working days"
    assert (deadline(co, "own").due, deadline(co, "co_handler").due) == (date(2026, 3, 20), date(2026, 5, 6))
    assert "reply" not in {row.clock for row in clock.of(record_entity(co), co.id)}


def test_a_broad_or_hard_suggestion_has_the_longer_limit(world, tick):
    world.set("core.clock_reply_major", "6 m")
    tick(date(2026, 3, 2), sweep=False)
    case = world.handed(answers={"is_major": True})

    assert case.due == date(2026, 9, 2) == deadline(world.task(case, "housing"), "reply").due


def test_no_unit_is_named_twice(world):
    case = world.checked()
    unit = world.units["housing"].id

    refusal = errors_of(lambda: world.step("office", case, "assign", department=unit, co_1=unit))
    assert refusal.code == "unit_twice" and "co_1" in refusal.errors
    assert world.entity("task").model.select().count() == 0


def test_more_units_are_added_later_in_a_role_that_fits(world):
    case = world.handed("housing")
    add = lambda unit, role: world.make("task", {  # noqa: E731
        "suggestion_number": case.number, "department": world.units[unit].id, "role": role, "asked": "会办"})

    assert add("traffic", "co").state == "given"
    assert "department" in errors_of(lambda: add("traffic", "co")).errors
    assert "role" in errors_of(lambda: add("water", "lead")).errors
    assert "role" in errors_of(lambda: add("water", "separate")).errors
    with pytest.raises(Forbidden):
        world.make("task", {"suggestion_number": case.number, "department": world.units["water"].id, "role": "co"}, "housing")


def test_a_unit_has_no_step_to_pass_its_task_on(world):
    case = world.handed("housing")
    task = world.task(case, "housing")

    assert world.possible("housing", task) == {"receive", "give_back"}
    task = world.step("housing", task, "receive")
    assert world.possible("housing", task) == {"accept", "give_back"}
    assert world.possible("traffic", task) == set()
    with pytest.raises((NotFound, Forbidden)):
        world.step("traffic", task, "accept")


# -- returning --------------------------------------------------------------------------------------------------------

def test_a_return_within_the_limit_is_decided_by_the_office(world):
    case = world.handed("housing", "traffic")
    task = world.step("housing", world.task(case, "housing"), "give_back", **REASON)
    assert (task.state, task.return_reason) == ("returned", REASON["reason"])
    task = world.step("office", task, "insist", reason="三定方案已明确。")

    assert task.state == "received" and "give_back" not in world.possible("housing", task)
    assert errors_of(lambda: world.step("housing", task, "give_back", **REASON)).code == "insisted"


def test_taken_back_from_the_lead_unit_it_is_handed_over_anew_with_a_new_limit(world, tick):
    tick(date(2026, 3, 2), sweep=False)
    case = world.handed("housing", "traffic")
    tick(date(2026, 3, 9), sweep=False)
    task = world.step("housing", world.task(case, "housing"), "give_back", **REASON)
    task = world.step("office", task, "take_back", reason="同意退办。")
    case = world.fresh(case)

    assert (task.state, case.state, case.department_id, case.way) == ("taken_back", "checked", None, None)
    assert world.task(case, "traffic").state == "given", "co-handlers keep their task"
    case = world.step("office", case, "assign", department=world.units["water"].id)
    assert (case.state, case.transfers, case.due) == ("assigned", 2, date(2026, 6, 9))


def test_a_return_after_the_limit_is_refused_with_the_day(world, tick):
    tick(date(2026, 3, 2), sweep=False)
    task = world.task(world.handed("housing"), "housing")
    tick(date(2026, 3, 17), sweep=False)

    refusal = errors_of(lambda: world.step("housing", task, "give_back", **REASON))
    assert refusal.code == "too_late" and "16" in str(refusal.title)
    assert world.fresh(task).state == "given"


def test_a_return_without_reasons_is_refused(world):
    task = world.task(world.handed("housing"), "housing")

    assert "reason" in errors_of(lambda: world.step("housing", task, "give_back")).errors


# -- fixing and meeting -----------------------------------------------------------------------------------------------

def test_the_suggestion_is_handled_when_every_replying_unit_accepted(world):
    case = world.separate("housing", "traffic")
    world.accept(case, "housing")
    assert world.fresh(case).state == "assigned"
    world.accept(case, "traffic")

    assert world.fresh(case).state == "handling"


@pytest.mark.once
@pytest.mark.parametrize("missing", [*FIXED, "fix_limit_on"])
def test_each_of_the_six_fixings_is_required(world, missing):
    case = world.handed("housing")
    world.accept(case, "housing")
    answers = {**FIXED, "fix_limit_on": db.local_day().isoformat()}
    answers.pop(missing)

    refusal = errors_of(lambda: world.step("housing", world.task(case, "housing"), "fix", **answers))
    assert set(refusal.errors) == {missing}


def test_the_time_limit_of_the_plan_lies_between_today_and_the_reply(world, tick):
    tick(date(2026, 3, 2), sweep=False)
    case = world.handed("housing")
    world.accept(case, "housing")

    assert errors_of(lambda: world.fix(case, "housing", fix_limit_on="2026-06-03")).code == "too_late"
    assert errors_of(lambda: world.fix(case, "housing", fix_limit_on="2026-03-01")).code == "past"
    task = world.fix(case, "housing", fix_limit_on="2026-06-02")
    assert (task.state, task.fix_leader, task.first_leader) == ("fixed", "吴强", "周明（局长）")


def test_without_the_three_meetings_no_reply(world):
    case = world.handed("housing")
    world.accept(case, "housing")
    task = world.fix(case, "housing")
    for stage in ("before", "during", "after"):
        refusal = errors_of(lambda: world.step("housing", task, "reply", **REPLY))
        assert refusal.code == "not_met"
        world.meet(case, "housing", stage)

    assert world.step("housing", task, "reply", **REPLY).state == "answered"


@pytest.mark.once
@pytest.mark.parametrize(("chosen", "held"), [("two", ("before", "during")), ("one", ("before",)), ("none", ())])
def test_the_county_sets_which_meetings_the_reply_needs(world, chosen, held):
    world.set("suggestion_tracking.meetings_before_reply", chosen)
    case = world.handed("housing")
    world.accept(case, "housing")
    task = world.fix(case, "housing")
    if held:
        errors_of(lambda: world.step("housing", task, "reply", **REPLY))
        world.meet(case, "housing", *held)

    assert world.step("housing", task, "reply", **REPLY).state == "answered"


def test_a_deputy_who_wishes_no_contact_is_not_met(world):
    case = world.handed("housing", wish_contact=False)
    world.accept(case, "housing")

    assert world.step("housing", world.fix(case, "housing"), "reply", **REPLY).state == "answered"


def test_a_meeting_meets_the_limit_of_the_first_contact_and_stands_on_the_task(world, tick):
    world.set("core.clock_first_contact", "3 d")
    tick(date(2026, 3, 2), sweep=False)
    case = world.handed("housing")
    task = world.task(case, "housing")
    assert deadline(task, "first_contact").state == "running"
    world.meet(case, "housing", "before")

    assert deadline(task, "first_contact").state == "met"
    assert any("met_given" in str(entry) or "见面" in str(entry) or "Met the deputy" in str(entry)
               for entry in timeline(world.entity("task"), task.id))


def test_a_meeting_says_who_when_where_in_which_form_and_what_the_deputy_said(world):
    case = world.handed("housing")
    for missing in ("met_on", "who", "place", "form", "said", "stage"):
        assert missing in errors_of(lambda: world.meet(case, "housing", "before", **{missing: None})).errors  # noqa: B023
    tomorrow = (db.local_day() + timedelta(days=1)).isoformat()
    assert "met_on" in errors_of(lambda: world.meet(case, "housing", "before", met_on=tomorrow)).errors
    assert "met_on" in errors_of(lambda: world.meet(case, "housing", "before", met_on="2020-01-01")).errors
    assert "department" in errors_of(lambda: world.meet(case, "housing", "before", department=world.units["water"].id)).errors


# -- replying ---------------------------------------------------------------------------------------------------------

def test_a_reply_without_outcome_class_is_refused_and_nothing_changes(world):
    case = world.handed("housing", wish_contact=False)
    world.accept(case, "housing")
    task = world.fix(case, "housing")

    refusal = errors_of(lambda: world.step("housing", task, "reply", text=REPLY["text"]))
    assert set(refusal.errors) == {"outcome"} and world.fresh(task).version == task.version


def test_the_lead_unit_waits_for_the_opinions_until_their_limit_has_passed(world, tick):
    tick(date(2026, 3, 2), sweep=False)
    case = world.handed("housing", "traffic", wish_contact=False)
    world.accept(case, "housing", "traffic")
    task = world.fix(case, "housing")
    refusal = errors_of(lambda: world.step("housing", task, "reply", **REPLY))
    assert refusal.code == "no_opinion" and "交通运输局" in str(refusal.title)
    assert errors_of(lambda: world.step("traffic", world.task(case, "traffic"), "fix", **FIXED,
                                        fix_limit_on="2026-03-05")).code == "co_handler"
    tick(date(2026, 5, 7), sweep=False)

    assert world.step("housing", task, "reply", **REPLY).state == "answered"
    assert world.fresh(case).state == "answered"


def test_an_opinion_is_given_by_a_co_handler_and_a_reply_by_who_replies(world):
    case = world.handed("housing", "traffic", wish_contact=False)
    world.accept(case, "housing", "traffic")

    assert errors_of(lambda: world.step("housing", world.task(case, "housing"), "give_opinion", **OPINION)).code == "replies"
    assert world.step("traffic", world.task(case, "traffic"), "give_opinion", **OPINION).state == "answered"
    assert world.fresh(case).state == "handling", "an opinion is no reply"


def test_the_whole_is_answered_when_each_separate_unit_replied_with_the_weakest_class(world):
    case = world.separate("housing", "traffic", wish_contact=False)
    world.accept(case, "housing", "traffic")
    for unit, outcome in (("housing", "A"), ("traffic", "B")):
        world.step(unit, world.fix(case, unit), "reply", **{**REPLY, "outcome": outcome})
    case = world.fresh(case)

    assert (case.state, case.outcome, case.answered_on) == ("answered", "B", db.local_day())
    assert "【住房和城乡建设局】" in case.answer and "【交通运输局】" in case.answer


def test_half_a_promise_is_refused(world):
    case = world.handed("housing", wish_contact=False)
    world.accept(case, "housing")
    task = world.fix(case, "housing")

    assert "commitment_on" in errors_of(lambda: world.step("housing", task, "reply", **REPLY, commitment="年底前完成")).errors
    assert "commitment" in errors_of(lambda: world.step("housing", task, "reply", **REPLY, commitment_on="2090-01-01")).errors
    assert "commitment_on" in errors_of(lambda: world.step(
        "housing", task, "reply", **REPLY, commitment="年底前完成", commitment_on="2020-01-01")).errors


def test_the_office_enters_a_reply_on_paper_for_units_without_account(world):
    case = world.step("office", world.handed("housing", "traffic", wish_contact=False), "accepted_told")
    assert world.task(case, "housing").state == "accepted"
    case = world.step("office", case, "enter_reply", **REPLY)

    assert (case.state, case.outcome, case.answer) == ("answered", "A", REPLY["text"])
    assert {world.task(case, unit).state for unit in ("housing", "traffic")} == {"answered"}


def test_observers_are_told_of_hand_over_reply_and_answer_in_the_same_transaction(world, monkeypatch):
    from grid321.plugins.suggestion_tracking import suggestion_life as life

    told = []
    for name in ("ON_HANDED", "ON_REPLIED", "ON_ANSWERED"):
        monkeypatch.setattr(life, name, [*getattr(life, name), lambda case, data, actor, name=name: told.append(
            (name, type(case).__name__, case.state))])
    world.answered()
    assert told == [("ON_HANDED", "Suggestion", "assigned"), ("ON_REPLIED", "Task", "answered"),
                    ("ON_ANSWERED", "Suggestion", "answered")]


# -- extension --------------------------------------------------------------------------------------------------------

def test_an_extension_needs_the_deputys_consent_and_moves_the_limit_of_the_whole(world, tick):
    tick(date(2026, 3, 2), sweep=False)
    case = world.handed("housing")
    world.accept(case, "housing")
    task = world.task(case, "housing")
    row, entity = deadline(task, "reply"), world.entity("task")
    clock_extensions.ask(entity, task.id, row.id, "需要跨年度施工。", "6 m", world.actors["housing"], world.tree.county)
    decide = lambda: clock_extensions.decide(entity, task.id, row.id, True, "", world.actors["office"], world.tree.county)  # noqa: E731

    assert errors_of(decide).code == "no_consent"
    world.meet(case, "housing", "during", agrees_longer=True, said="同意延期，但请先装学校门口。")
    assert world.fresh(case).agreed_longer_on == date(2026, 3, 2)
    decide()
    assert deadline(task, "reply").due == date(2026, 9, 2) == deadline(case, "reply").due == world.fresh(case).due


def test_the_deputy_agrees_to_a_longer_limit_on_the_page_of_the_suggestion(world):
    case = world.handed("housing")
    world.accept(case, "housing")
    case = world.step("deputy", case, "agree_longer", words="同意。")

    assert case.agreed_longer_on == db.local_day() and "agree_longer" not in world.possible("deputy", case)


# -- second handling, end ---------------------------------------------------------------------------------------------

def test_the_second_handling_sends_every_unit_back_to_work_and_ends_with_the_last_reply(world):
    from grid321.plugins.suggestion_tracking import suggestion_life as life

    case = world.answered("traffic")
    model = type(case)
    model.update(state="again", handled_again=True).where(model.id == case.id).execute()
    with db.transaction():
        for call in life.REDO:
            call(world.fresh(case), {}, world.actors["office"])
    assert {world.task(case, unit).state for unit in ("housing", "traffic")} == {"again"}
    assert errors_of(lambda: world.step("housing", world.task(case, "housing"), "reply_again", **REPLY)).code == "no_opinion"
    world.step("traffic", world.task(case, "traffic"), "give_opinion_again", **OPINION)
    task = world.step("housing", world.task(case, "housing"), "reply_again", **REPLY)

    assert task.handled_again and world.fresh(case).state == "answered"


def test_withdrawn_by_the_deputy_every_task_is_called_off(world):
    case = world.handed("housing", "traffic")
    case = world.step("deputy", case, "withdraw", reason="问题已经解决。")

    assert case.state == "withdrawn" and case.due is None
    assert {world.task(case, unit).state for unit in ("housing", "traffic")} == {"taken_back"}


def test_the_platform_takes_the_automatic_steps_and_nobody_else(world):
    from grid321.core import engine

    case = world.handed("housing")
    for step in ("all_accepted", "all_answered", "unassigned"):
        assert errors_of(lambda: world.step("machine", case, step)).code == "needs_task"  # noqa: B023
        with pytest.raises(Forbidden):
            engine.perform(world.entity("suggestion"), case.id, step, {"trigger": "x"}, world.actors["office"], None,
                           world.tree.county)


# -- who sees what ----------------------------------------------------------------------------------------------------

def test_a_deputy_sees_own_and_signed_suggestions_and_not_those_of_others(world):
    mine, signed, other = world.raised(), world.raised(), world.raised(deputy=world.people["second"].id)
    world.make("cosigner", {"suggestion_number": signed.number, "person": world.people["second"].id})
    browser = world.browser("second")
    rows = browser.api("GET", "/d/610902/suggestion_tracking/suggestion").json["items"]

    assert {row["number"] for row in rows} == {signed.number, other.number}
    assert browser.get(f"/d/610902/suggestion_tracking/suggestion/{mine.id}").status_code == 404
    assert browser.get(f"/d/610902/suggestion_tracking/suggestion/{signed.id}").status_code == 200
    everything = world.browser("reader").api("GET", "/d/610902/suggestion_tracking/suggestion").json["items"]
    assert len(everything) == 3


def test_a_unit_sees_its_own_tasks_only(world):
    case = world.handed("housing", "traffic")
    seen = world.browser("traffic").api("GET", "/d/610902/suggestion_tracking/task").json["items"]

    assert [row["suggestion_number"] for row in seen] == [case.number] and seen[0]["role"] == "co"
    assert world.browser("water").api("GET", "/d/610902/suggestion_tracking/task").json["items"] == []


# -- what comes between ------------------------------------------------------------------------------------------------

def test_an_extension_asked_for_after_the_last_day_is_refused_with_the_day(world, tick):
    case = world.handed("housing")
    world.accept(case, "housing")
    task = world.task(case, "housing")
    row, entity = deadline(task, "reply"), world.entity("task")
    tick(row.due + timedelta(days=1), sweep=False)
    refusal = errors_of(lambda: clock_extensions.ask(entity, task.id, row.id, "需要跨年度施工。", "6 m", world.actors["housing"],
                                                     world.tree.county))

    assert refusal.status == 422 and str(refusal.remedy)
    assert (deadline(task, "reply").due, world.fresh(task).version) == (row.due, task.version)


def test_switched_off_in_the_middle_nothing_moves_and_switched_on_again_it_goes_on(world):
    from grid321.core import switches

    case = world.handed("housing", "traffic")
    task = world.task(case, "housing")
    due = deadline(task, "reply").due
    switches.turn("suggestion_tracking", world.tree.county, False)
    unit, office = world.browser("housing"), world.browser("office")
    base = f"/d/{world.tree.county.code}/suggestion_tracking"

    assert unit.get(f"{base}/task/{task.id}").status_code == 404
    assert unit.api("POST", f"{base}/task/{task.id}/transitions/receive", {}, If_Match='"1"').status_code == 404
    assert office.get(f"{base}/suggestion/{case.id}").status_code == 404
    assert world.fresh(task).state == "given"
    switches.turn("suggestion_tracking", world.tree.county, True)
    assert world.step("housing", task, "receive").state == "received" and deadline(task, "reply").due == due
