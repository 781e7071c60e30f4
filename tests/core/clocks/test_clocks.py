"""Clocks of a deputy's suggestion: what starts, rests, reminds, runs out, is extended, and what follows after the limit."""
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grid321.core import (
    access,
    clock,
    clock_extensions,
    clock_sweep,
    db,
    desks,
    engine,
    ledger,
    notify,
    outbox,
)
from grid321.core.clock_rows import ClockExtension, Deadline, Escalation, midnight
from grid321.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from grid321.core.faces import face_of

pytestmark = pytest.mark.usefixtures("english")
MONDAY = date(2026, 3, 2)


def rows(case):
    """The clocks of a case by key; the newest of each."""
    return {row.clock: row for row in clock.of("replies.suggestion", case.id)}


def fresh(here, case):
    return here.entity.model.get_by_id(case.id)


def told(account_id):
    return [row.text_key for row in notify.Notification.select().where(notify.Notification.account_id == account_id)]


# ---------------------------------------------------------------- several at once, start events, lengths

def test_several_named_clocks_run_at_once_and_the_case_shows_the_earliest(assigned):
    case = assigned()
    dues = {key: row.due for key, row in rows(case).items() if row.state == clock.RUNNING}
    assert dues == {"return": date(2026, 3, 16), "reply": date(2026, 6, 2), "co_handler": date(2026, 5, 6),
                    "inspection_1": date(2026, 3, 17), "inspection_2": date(2026, 5, 6), "inspection_3": date(2026, 6, 2)}
    assert case.due == date(2026, 3, 16)


def test_every_clock_of_the_field_starts_where_the_county_sets_its_length(assigned, rule, step, here):
    for key, value in (("first_contact", "20 wd"), ("feedback", "3 d"), ("assign", "5 d"), ("co_handler_redo", "5 wd")):
        rule(key, value)
    case = assigned()
    assert set(rows(case)) == {"assign", "seen", "return", "reply", "co_handler", "first_contact", "feedback", "inspection_1",
                               "inspection_2", "inspection_3"}
    for key, actor in (("accept", here.clerk), ("reply", here.clerk)):
        case = step(case, key, actor)
    assert rows(case)["receipt"].length == "10 wd"
    case = step(case, "redo", here.office)
    assert {key for key, row in rows(case).items() if row.state == clock.RUNNING} == {"redo", "co_handler_redo"}


def test_a_setting_without_a_value_starts_no_clock(assigned, rule):
    rule("co_handler", None)
    assert {"first_contact", "feedback", "co_handler"} & set(rows(assigned())) == set()


@pytest.mark.parametrize(("chosen", "day"), [("hand_over", date(2026, 3, 2)), ("receipt", date(2026, 3, 9))])
def test_the_county_chooses_whether_a_limit_runs_from_the_hand_over_or_from_the_receipt(assigned, rule, step, here, tick, chosen,
                                                                                        day):
    rule("start", chosen)
    case = assigned()
    assert ("reply" in rows(case)) == (chosen == "hand_over")
    assert "inspection_1" in rows(case)  # has one start event only
    tick(date(2026, 3, 9), sweep=False)
    case = step(case, "receive", here.clerk)
    row = rows(case)["reply"]
    assert (row.started_on, row.event) == (day, chosen)


def test_the_clock_of_a_state_begins_with_the_entry_into_it(raised):
    assert rows(raised())["seen"].event == "entry"


def test_a_clock_in_hours_counts_real_time_over_a_weekend(raised, tick):
    case = raised(date(2026, 3, 6))  # a Friday
    row = rows(case)["seen"]
    assert row.due_at - row.started_at == timedelta(hours=24)
    assert row.due == date(2026, 3, 7)
    assert tick(timedelta(hours=23, minutes=58)) == 0
    assert tick(timedelta(minutes=3)) == 1
    assert rows(case)["seen"].fired_at is not None


@pytest.mark.parametrize(("move", "end"), [("next", date(2026, 7, 6)), ("stay", date(2026, 7, 4)),
                                           ("previous", date(2026, 7, 3))])
def test_an_end_on_a_day_off_moves_as_the_rule_says(assigned, rule, move, end):
    rule("day_off", move)
    row = rows(assigned(date(2026, 4, 4)))["reply"]  # 4 July 2026 is a Saturday
    assert (row.due, row.day_off) == (end, move)


def test_a_major_matter_has_the_limit_of_major_matters(assigned, rule):
    assert rows(assigned(major=True))["reply"].length == "3 m"  # the county has set none: the ordinary one holds
    rule("reply_major", "6 m")
    assert rows(assigned(major=True))["reply"].length == "6 m"
    assert rows(assigned())["reply"].length == "3 m"


def test_a_changed_length_holds_for_new_cases_and_each_row_keeps_its_source_and_valid_from(assigned, rule, here):
    before = assigned()
    rule("reply", "2 m", here.tree.town, date(2026, 2, 1))
    after = assigned()
    assert [rows(case)["reply"].length for case in (before, after)] == ["3 m", "2 m"]
    row = rows(after)["reply"]
    assert (row.source, row.valid_from, row.place_id, row.setting) == (
        "县规定", date(2026, 2, 1), here.tree.town.id, "core.clock_reply")
    assert "代表法" in rows(before)["reply"].source


def test_a_length_that_becomes_valid_later_is_not_used_before(assigned, rule):
    rule("reply", "2 m", since=date(2026, 3, 3))
    assert rows(assigned(date(2026, 3, 2)))["reply"].length == "3 m"
    assert rows(assigned(date(2026, 3, 3)))["reply"].length == "2 m"


@pytest.mark.parametrize(("how", "answer", "end"), [
    ("length", None, date(2026, 4, 2)), ("length", "10 d", date(2026, 3, 12)), ("decision", "20 wd", date(2026, 3, 30)),
    ("decision", None, None), ("until_zero", None, None)])
def test_the_second_handling_has_the_limit_of_its_rule(assigned, rule, step, here, how, answer, end):
    rule("redo_rule", how)
    case = assigned()
    for key in ("accept", "reply"):
        case = step(case, key, here.clerk)
    case = step(case, "redo", here.office, limit=answer)
    assert (rows(case)["redo"].due if end else rows(case).get("redo")) == end


@pytest.mark.parametrize("answer", ["soon", "-3 d", "99999 d", "10"])
def test_a_limit_that_cannot_be_read_is_refused_at_its_field(assigned, step, here, answer):
    case = assigned()
    for key in ("accept", "reply"):
        case = step(case, key, here.clerk)
    with pytest.raises(Invalid) as caught:
        step(case, "redo", here.office, limit=answer)
    assert list(caught.value.errors) == ["limit"]
    assert fresh(here, case).state == "answered"


def test_a_decision_may_name_the_last_day_but_no_past_one(here, assigned):
    from grid321.core.clock_plans import rule as rule_of

    redo = here.flow.clocks()["redo"][1]
    said = rule_of(redo, here.tree.town, MONDAY, None, {"limit": date(2026, 3, 8)})
    assert (str(said.length), said.day_off, said.source) == ("6 d", "stay", "Decision in this case")
    with pytest.raises(Invalid):
        rule_of(redo, here.tree.town, MONDAY, None, {"limit": date(2026, 3, 1)})


# ---------------------------------------------------------------- end events

def test_a_step_meets_its_clock_although_the_case_stays(assigned, step, here):
    case = step(assigned(), "accept", here.clerk)
    case = step(case, "co_opinion", here.clerk)
    assert rows(case)["co_handler"].state == clock.MET
    assert rows(case)["reply"].state == clock.RUNNING
    case = step(case, "inspect_1", here.office)
    assert rows(case)["inspection_1"].state == clock.MET
    assert case.due == date(2026, 5, 6)


def test_a_returned_suggestion_voids_the_clocks_of_that_unit_and_the_next_one_has_its_own(assigned, step, here, tick):
    case = assigned()
    case = step(case, "give_back", here.clerk, reason="不属我局职责")
    assert {rows(case)[key].state for key in ("reply", "co_handler", "inspection_1")} == {clock.CANCELLED}
    assert rows(case)["return"].state == clock.MET
    tick(date(2026, 3, 10), sweep=False)
    case = step(case, "assign", here.office, department_id=here.unit.id)
    assert rows(case)["reply"].due == date(2026, 6, 10)


def test_a_withdrawn_suggestion_ends_its_clocks_without_effect(assigned, step, here):
    case = step(assigned(), "withdraw", here.deputy)
    assert rows(case)["reply"].state == clock.CANCELLED
    assert fresh(here, case).due is None


# ---------------------------------------------------------------- over the limit

def test_returning_after_the_return_limit_is_refused(assigned, step, here, tick):
    case = assigned()
    tick(date(2026, 3, 16), sweep=False)  # the last day
    assert "give_back" in {one.key for one in engine.possible(here.entity, case, here.clerk)}
    tick(date(2026, 3, 17), sweep=False)
    assert "give_back" not in {one.key for one in engine.possible(here.entity, case, here.clerk)}
    with pytest.raises(Refused, match="16 March 2026") as caught:
        step(case, "give_back", here.clerk, reason="不属我局职责")
    assert caught.value.code == "too_late"
    assert (fresh(here, case).state, rows(case)["return"].state) == ("given", clock.RUNNING)


def test_a_limit_that_the_county_left_open_refuses_nothing(assigned, step, here, tick, rule):
    rule("return", None)
    case = assigned()
    tick(date(2026, 6, 1), sweep=False)
    assert step(case, "give_back", here.clerk, reason="不属我局职责").state == "raised"


# ---------------------------------------------------------------- extension

def ask(here, case, actor=None, key="reply", reason="需要专家论证", length=None):
    return clock_extensions.ask(here.entity, case.id, rows(case)[key].id, reason, length, actor or here.clerk, here.tree.county)


def decide(here, case, actor, grant=True, reason="", key="reply"):
    return clock_extensions.decide(here.entity, case.id, rows(case)[key].id, grant, reason, actor, here.tree.county)


def test_a_reply_of_three_months_is_extended_to_six_in_all_counted_from_the_start(assigned, step, here, tick):
    case = step(assigned(), "accept", here.clerk)
    tick(date(2026, 5, 20), sweep=False)
    ask(here, case)
    assert rows(case)["reply"].due == date(2026, 6, 2)  # until it is decided the date stays
    decide(here, case, here.office)
    row = rows(case)["reply"]
    assert (row.due, row.length, row.first_length, row.extension) == (date(2026, 9, 2), "6 m", "3 m", "granted")
    steps = [entry.step for entry in ledger.LedgerEntry.select().where(ledger.LedgerEntry.record_id == case.id)
             if entry.step.startswith("extension")]
    assert steps == ["extension_asked", "extension_granted"]


def test_a_shorter_extension_than_the_limit_may_be_asked_for(assigned, here):
    case = assigned()
    ask(here, case, length="4 m")
    decide(here, case, here.office)
    assert rows(case)["reply"].due == date(2026, 7, 2)


def test_the_date_of_the_case_follows_the_extension_and_its_version_grows(assigned, step, here, rule):
    for key in ("co_handler", "inspection_1", "inspection_2", "inspection_3"):
        rule(key, None)
    case = step(assigned(), "accept", here.clerk)
    ask(here, case)
    after = decide(here, case, here.office)
    assert (after.due, after.version) == (date(2026, 9, 2), case.version + 1)
    assert fresh(here, case).due == date(2026, 9, 2)


def test_an_extension_asked_after_the_end_is_refused(assigned, step, here, tick):
    case = step(assigned(), "accept", here.clerk)
    tick(date(2026, 6, 3), sweep=False)
    with pytest.raises(Refused, match="2 June 2026: an extension is asked for before the end") as caught:
        ask(here, case)
    assert caught.value.code == "too_late"
    assert ClockExtension.select().count() == 0


def test_an_extension_not_decided_by_the_end_is_not_approved_but_may_be_refused(assigned, here, tick):
    case = assigned()
    ask(here, case)
    tick(date(2026, 6, 3), sweep=False)
    with pytest.raises(Refused, match="before the extension was decided"):
        decide(here, case, here.office)
    decide(here, case, here.office, grant=False, reason="已超期")
    assert rows(case)["reply"].due == date(2026, 6, 2)


@pytest.mark.parametrize("grant", [True, False])
def test_an_extension_is_asked_for_once(assigned, here, grant):
    case = assigned()
    ask(here, case, length="4 m")
    with pytest.raises(Refused, match="already been asked for"):
        ask(here, case)
    decide(here, case, here.office, grant, "理由不充分")
    with pytest.raises(Refused, match="once only") as caught:
        ask(here, case)
    assert caught.value.code == "once"


def test_who_asked_does_not_approve_with_this_account_or_another_of_the_same_person(here, assigned, make_account):
    unit = here.actor("replies.both", here.tree.town, here.unit)
    boss = here.actor("replies.office", here.tree.town)
    case = assigned()
    ask(here, case, unit)
    with pytest.raises(Forbidden):  # the unit's head approves nothing of the office that holds the case
        decide(here, case, unit)
    ClockExtension.update(asked_by=boss.account_id).execute()
    with pytest.raises(Refused, match="yourself") as caught:
        decide(here, case, boss)
    assert caught.value.code == "same_person"
    ClockExtension.update(asked_by=0, asked_person=77).execute()
    with pytest.raises(Refused, match="yourself"):
        decide(here, case, replace(here.office, person_id=77))
    assert rows(case)["reply"].extension == "asked"


def test_an_extension_beyond_the_limit_is_refused_and_says_the_limit(assigned, here, rule):
    rule("reply_extended", "5 m")
    case = assigned()
    with pytest.raises(Refused, match="beyond the limit") as caught:
        ask(here, case, length="6 m")
    assert "5 months in all" in caught.value.detail
    assert "3 August 2026" in caught.value.detail  # 2 August is a Sunday
    ask(here, case, length="5 m")


@pytest.mark.parametrize(("length", "error"), [("2 m", Refused), ("soon", Invalid), ("-4 m", Invalid)])
def test_a_wrong_extension_is_refused(assigned, here, length, error):
    case = assigned()
    with pytest.raises(error):
        ask(here, case, length=length)
    assert (rows(case)["reply"].asked, rows(case)["reply"].extension) == (0, "")


def test_an_extension_needs_a_reason_and_so_does_its_refusal(assigned, here):
    case = assigned()
    with pytest.raises(Invalid):
        ask(here, case, reason="  ")
    ask(here, case)
    with pytest.raises(Invalid):
        decide(here, case, here.office, grant=False)


def test_only_the_unit_asks_and_only_the_office_decides(assigned, here):
    case = assigned()
    with pytest.raises(Forbidden):
        ask(here, case, here.office)
    ask(here, case)
    with pytest.raises(Forbidden):
        decide(here, case, here.deputy)


def test_a_clock_without_extension_and_a_county_without_limit_extend_nothing(assigned, here, rule):
    case = assigned()
    with pytest.raises(Refused, match="cannot be extended"):
        ask(here, case, key="co_handler")
    rule("reply_extended", None)
    with pytest.raises(Refused, match="cannot be extended here"):
        ask(here, case)


def test_a_clock_of_another_case_is_absent(assigned, here):
    one, other = assigned(), assigned()
    with pytest.raises(NotFound):
        clock_extensions.ask(here.entity, one.id, rows(other)["reply"].id, "需要专家论证", None, here.clerk, here.tree.county)


def test_both_sides_of_an_extension_are_told(assigned, here):
    case = assigned()
    outbox.drain()
    ask(here, case)
    outbox.drain()
    assert "clock.extension_asked" in told(here.office.account_id)
    decide(here, case, here.office)
    outbox.drain()
    assert "clock.extension_granted" in told(here.clerk.account_id)


def test_a_decision_and_a_step_at_the_same_moment_have_one_winner(assigned, here, step):
    case = assigned()
    ask(here, case)
    step(case, "accept", here.clerk)
    record = fresh(here, case)
    record.version = case.version  # what the slower one had read
    row = rows(case)["reply"]
    request = ClockExtension.get()
    Deadline.update(due=date(2026, 3, 1)).where(Deadline.id == row.id).execute()
    with pytest.raises(Conflict), db.transaction():
        clock_extensions._settle(here.entity, record, row, request, True, "", here.office)
    assert rows(case)["reply"].extension == "asked"


# ---------------------------------------------------------------- pauses

def paused(here, step, tick, case, begin):
    tick(begin, sweep=False)
    case = step(case, "ask_pause", here.clerk, reason="等待上级批复")
    return step(case, "confirm_pause", here.office)


def test_a_pause_is_asked_for_by_the_unit_and_confirmed_by_another_person(assigned, here, step, tick):
    case = step(assigned(), "accept", here.clerk)
    case = step(case, "ask_pause", here.clerk, reason="等待上级批复")
    assert rows(case)["reply"].state == clock.RUNNING  # it runs until somebody else confirms
    with pytest.raises(Forbidden):
        step(case, "confirm_pause", here.clerk)
    assert rows(step(case, "confirm_pause", here.office))["reply"].state == clock.PAUSED


def test_paused_days_do_not_count_and_the_last_day_moves(assigned, here, step, tick):
    case = step(assigned(), "accept", here.clerk)
    case = paused(here, step, tick, case, date(2026, 4, 1))
    assert (rows(case)["reply"].state, case.due) == (clock.PAUSED, date(2026, 3, 17))  # the first inspection does not rest
    tick(date(2026, 4, 11), sweep=False)
    case = step(case, "resume", here.office)
    assert rows(case)["reply"].due == date(2026, 6, 12)  # ten days later
    found = clock_extensions.find(here.entity, case.id, rows(case)["reply"].id)
    from grid321.core.clock_explain import explain, rested

    shown = explain(found, None)
    assert [one.day for one in shown.days if one.kind == "paused"] == [date(2026, 4, day) for day in range(2, 12)]
    assert (rested(found), shown.counted) == (10, 92)  # 31 + 30 + 31 days of the three months


def test_the_sweep_never_fires_a_paused_clock(assigned, here, step, tick):
    case = step(assigned(), "accept", here.clerk)
    case = paused(here, step, tick, case, date(2026, 5, 20))
    tick(date(2027, 1, 4))
    assert rows(case)["reply"].fired_at is None
    assert rows(case)["reply"].state == clock.PAUSED
    step(case, "resume", here.office)
    assert rows(case)["reply"].due == date(2027, 1, 18)  # 17 January 2027 is a Sunday


def test_resting_does_not_make_an_overdue_clock_good(assigned, here, step, tick):
    case = step(assigned(), "accept", here.clerk)
    case = paused(here, step, tick, case, date(2026, 7, 1))
    tick(date(2026, 8, 1), sweep=False)
    case = step(case, "resume", here.office)
    assert rows(case)["reply"].due == date(2026, 6, 2)


def test_two_pauses_and_an_extension_add_up(assigned, here, step, tick):
    case = step(assigned(), "accept", here.clerk)
    for begin, end in ((date(2026, 3, 10), date(2026, 3, 20)), (date(2026, 4, 1), date(2026, 4, 6))):
        case = paused(here, step, tick, case, begin)
        tick(end, sweep=False)
        case = step(case, "resume", here.office)
    ask(here, case)
    decide(here, case, here.office)
    assert rows(case)["reply"].due == date(2026, 9, 17)  # 2 September and fifteen days


def test_a_granted_extension_asks_its_guard_and_tells_what_follows(assigned, here, step, monkeypatch):
    from grid321.core.entity import Refusal

    case = step(assigned(), "accept", here.clerk)
    ask(here, case)
    told, open_ = [], [True]
    clock_, rule = clock_extensions._rule(here.entity, case, rows(case)["reply"])
    asked = replace(rule, guard=lambda case: Refusal("Not agreed", "no_consent") if open_[0] else None,
                    after=lambda case, length, actor: told.append((case.id, length, actor.account_id)))
    monkeypatch.setattr(clock_extensions, "_rule", lambda *args: (clock_, asked))
    with pytest.raises(Refused) as refusal:
        decide(here, case, here.office)
    assert refusal.value.code == "no_consent" and rows(case)["reply"].due == date(2026, 6, 2) and told == []
    open_[0] = False
    decide(here, case, here.office)
    assert rows(case)["reply"].due == date(2026, 9, 2) and told == [(case.id, "6 m", here.office.account_id)]


def test_the_limit_of_a_whole_follows_that_of_its_part_and_is_never_shortened(assigned, here, step):
    case = step(assigned(), "accept", here.clerk)
    clock_extensions.follow(here.entity, case, "reply", "2 m", here.office)
    clock_extensions.follow(here.entity, case, "no such clock", "9 m", here.office)
    assert rows(case)["reply"].due == date(2026, 6, 2)
    clock_extensions.follow(here.entity, case, "reply", "5 m", here.office)
    entry = (ledger.LedgerEntry.select().where(ledger.LedgerEntry.record_id == case.id)
             .order_by(ledger.LedgerEntry.id.desc()).get())
    assert rows(case)["reply"].due == date(2026, 8, 3)  # 2 August 2026 is a Sunday
    assert (entry.step, entry.facts["length"], entry.facts["before"]) == ("extension_granted", "5 m", "2026-06-02")


# ---------------------------------------------------------------- sweep: reminders, running out, consequences

def test_reminders_come_before_and_after_the_last_day_each_once(assigned, here, step, tick):
    case = step(assigned(), "accept", here.clerk)
    keys = []
    for day in (date(2026, 5, 18), date(2026, 5, 18), date(2026, 5, 30), date(2026, 6, 2), date(2026, 6, 3), date(2026, 6, 9),
                date(2026, 6, 20)):
        tick(day)
        clock.sweep()
        outbox.drain(1000)
        keys.append([row.text_key for row in notify.Notification.select().where(
            (notify.Notification.account_id == here.clerk.account_id) & notify.Notification.text_key.startswith("clock."))])
    assert [len(found) for found in keys] == [1, 1, 2, 2, 2, 3, 3]
    assert keys[-1] == ["clock.reminder", "clock.reminder", "clock.late"]
    overdue = ledger.LedgerEntry.select().where(
        (ledger.LedgerEntry.record_id == case.id) & (ledger.LedgerEntry.step == "overdue"))
    assert sorted(entry.facts["clock"] for entry in overdue) == [
        "co_handler", "inspection_1", "inspection_2", "inspection_3", "reply"]


def test_a_reminder_that_was_missed_is_not_sent_twice_when_the_sweep_comes_late(assigned, here, tick):
    assigned()
    tick(date(2026, 6, 1))
    outbox.drain(1000)
    assert told(here.clerk.account_id).count("clock.reminder") == 1


def test_an_overdue_reply_comes_under_supervision(assigned, here, tick, step, person):
    browser = person("replies.office", here.tree.county)
    case = step(assigned(), "accept", here.clerk)
    tick(date(2026, 6, 3))
    outbox.drain(1000)
    assert "clock.supervise" in told(here.watch.account_id)
    assert "case.overdue" in told(here.clerk.account_id)
    page = browser.get(f"/d/{here.tree.county.code}/replies/suggestion/{case.id}").text
    assert "Under supervision" in page
    listed = dict(desks.raised_rows(face_of(here.entity), here.tree.county, both_views(here), date(2026, 6, 3)))
    assert listed["supervised"]["number"] == case.number
    case = step(case, "reply", here.clerk)
    assert Escalation.select().where(Escalation.kind == "supervise", Escalation.open == True).count() == 0  # noqa: E712
    assert "Under supervision" not in browser.get(f"/d/{here.tree.county.code}/replies/suggestion/{case.id}").text


def both_views(here):
    """Somebody who supervises and may see suggestions."""
    return replace(here.watch, grants=(*here.watch.grants, *here.county.grants))


def test_what_is_sent_up_is_told_to_the_level_above_and_stands_in_its_list(assigned, here, tick):
    case = assigned()
    tick(date(2026, 3, 18))  # the first inspection is overdue
    outbox.drain(1000)
    assert "clock.above" in told(here.county.account_id)
    assert "clock.above" not in told(here.clerk.account_id)
    listed = list(desks.raised_rows(face_of(here.entity), here.tree.county, here.county, date(2026, 3, 18)))
    assert [(section, row["number"]) for section, row in listed] == [("above", case.number)]
    own = access.actor_of(here.office.account_id)
    assert list(desks.raised_rows(face_of(here.entity), here.tree.town, own, date(2026, 3, 18))) == []
    assert case.holder_id == here.tree.town.id  # only a meeting's record moves it up


def test_a_mark_only_shows(assigned, here, tick, rule):
    for key in ("inspection_1", "co_handler"):
        rule(key, None)
    case = assigned()
    outbox.drain(1000)
    before = notify.Notification.select().count()
    tick(date(2026, 3, 17))
    outbox.drain(1000)
    assert rows(case)["return"].fired_at is not None
    assert notify.Notification.select().count() == before


def test_a_clock_fires_once_whoever_sweeps(assigned, here, tick):
    assigned()
    tick(date(2026, 3, 17), sweep=False)
    due = list(Deadline.select().where(Deadline.next_at <= db.now()))
    assert [row.clock for row in due] == ["return"]
    with db.transaction():
        assert clock_sweep._fire(due[0], db.now())
    with db.transaction():
        assert not clock_sweep._fire(due[0], db.now())  # another worker had read the same row
    assert clock.sweep() == 0


def test_a_clock_that_ended_meanwhile_does_not_fire(assigned, here, step, tick):
    case = assigned()
    tick(date(2026, 3, 17), sweep=False)
    [row] = Deadline.select().where(Deadline.next_at <= db.now())
    step(case, "accept", here.clerk)
    with db.transaction():
        assert not clock_sweep._fire(row, db.now())


def test_the_sweep_goes_on_when_one_clock_cannot_be_fired(assigned, here, tick, monkeypatch):
    import peewee

    bad, good = assigned(), assigned()
    tick(date(2026, 3, 17), sweep=False)
    original = clock_sweep._fire

    def fire(row, moment):
        if row.record_id == bad.id:
            raise peewee.OperationalError("disk I/O error")
        return original(row, moment)

    monkeypatch.setattr(clock_sweep, "_fire", fire)
    assert clock.sweep() == 1
    assert rows(good)["return"].fired_at is not None
    monkeypatch.undo()
    assert clock.sweep() == 1


# ---------------------------------------------------------------- pure arithmetic

def test_redating_changes_what_the_calendar_changes_and_keeps_a_granted_length(assigned, here):
    from grid321.core import calendar
    from grid321.core.workflow import months

    case = assigned()
    row = rows(case)["reply"]
    days = calendar.at(here.tree.town)
    assert clock.redated(row, days, db.now()) == {}
    changed = clock.redated(row, days, db.now(), length=months(2), source="新规定", valid_from=date(2026, 3, 1))
    assert (changed["length"], changed["due"], changed["source"]) == ("2 m", date(2026, 5, 6), "新规定")
    ask(here, case)
    decide(here, case, here.office)
    assert clock.redated(rows(case)["reply"], days, db.now(), length=months(2), source="新规定") == {}


def test_the_next_moment_is_the_first_reminder_then_running_out_then_the_reminder_after(app):
    from grid321.core.clock_rows import next_moment

    due, remind = date(2026, 6, 2), (-3, 7)
    moments = []
    after = datetime(2026, 3, 2)
    while (after := next_moment(due, None, remind, after, fired=bool(len(moments) >= 2))) is not None:
        moments.append(after)
    assert moments == [datetime(2026, 5, 30), midnight(date(2026, 6, 3)), datetime(2026, 6, 9)]


events = st.lists(st.tuples(st.sampled_from(["pause", "resume", "extend", "sweep"]), st.integers(0, 40)), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=events, start=st.dates(date(2024, 1, 1), date(2026, 8, 1)), unit=st.sampled_from(["3 m", "15 wd", "40 d", "72 h"]))
def test_whatever_is_paused_and_extended_the_counted_days_are_the_length(here, assigned, step, rule, tick, events, start, unit):
    """Never before the start, never shorter; what is counted is the length; no clock fires twice."""
    from grid321.core import calendar
    from grid321.core.clock_explain import explain
    from grid321.core.clock_rows import read_length

    rule("reply", unit)
    rule("reply_extended", {"3 m": "6 m", "15 wd": "30 wd", "40 d": "80 d", "72 h": "144 h"}[unit])
    case = step(assigned(start), "accept", here.clerk)
    today, state = start, "accepted"
    for action, days in events:
        today += timedelta(days=days)
        tick(today, sweep=action == "sweep")
        if action == "pause" and state == "accepted":
            case = step(step(case, "ask_pause", here.clerk, reason="等待上级批复"), "confirm_pause", here.office)
            state = "paused"
        elif action == "resume" and state == "paused":
            case, state = step(case, "resume", here.office), "accepted"
        elif action == "extend":
            try:
                ask(here, case)
                case = decide(here, case, here.office)
            except Refused:
                pass
        row = rows(case)["reply"]
        assert row.due >= row.started_on
        assert (row.next_at is None) == (row.state == clock.PAUSED or (row.fired_at is not None and row.next_at is None))
    row = rows(case)["reply"]
    length = read_length(row.length)
    if row.state == clock.RUNNING and length.unit != "hour":
        shown = explain(row, None)
        raw = calendar.calendar_end(row.started_on, length)
        wanted = length.number if length.unit == "working_day" else (raw - row.started_on).days
        assert shown.counted == wanted
    fired = ledger.LedgerEntry.select().where((ledger.LedgerEntry.record_id == case.id) & (ledger.LedgerEntry.step == "overdue"))
    clocks = [entry.facts["clock"] for entry in fired]
    assert len(clocks) == len(set(clocks))
