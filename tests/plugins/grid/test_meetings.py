"""Records of meetings: quorum, agenda, what a held record fixes, what it allows once, and its faces."""
from __future__ import annotations

from datetime import date, timedelta

import pytest

from grid321.core import errors

GOOD = {"chair": "王建国", "expected": 7, "present": 6, "attendees": "支部委员、村委委员共6人", "minutes": "逐件研究。"}
DEPARTMENT = {"department": None}


@pytest.fixture
def studied(world):
    """A matter before the two committees of 五里村."""
    return world.walk(world.report(), ("secretary", "accept"), ("secretary", "study"))


def prepared(world, case, decision="send_up", who="secretary", **said):
    """A meeting with the case on its agenda and a decision for it."""
    from grid321.core import meeting_records

    meeting = meeting_records.put_on_next(world.entity, case, world.actors[who])
    (item,) = meeting_records.items(meeting.id)
    values = {"decision": decision, "department_id": None, "limit_on": None, "note": "", **said}
    meeting_records.decide(meeting, {item.id: values}, world.actors[who])
    return meeting


def hold(world, meeting, who="secretary", **changes):
    from grid321.core import db, meeting_records

    data = {**GOOD, "met_on": db.local_day(), **changes}
    return meeting_records.hold(meeting.id, data, world.actors[who], None, world.tree.county)


@pytest.mark.parametrize(("changes", "field"), [
    ({"expected": None}, "expected"), ({"present": None}, "present"), ({"chair": ""}, "chair"), ({"met_on": None}, "met_on"),
    ({"attendees": ""}, "attendees"), ({"present": 8}, "present"), ({"expected": 8, "present": 4}, "present"),
    ({"met_on": date(2199, 1, 1)}, "met_on")])
def test_a_record_without_quorum_fields_or_quorum_is_refused_and_nothing_is_fixed(world, studied, changes, field):
    from grid321.core.meetings import Meeting

    meeting = prepared(world, studied)
    with pytest.raises(errors.Invalid) as refused:
        hold(world, meeting, **changes)
    assert list(refused.value.errors) == [field]
    assert (Meeting.get_by_id(meeting.id).status, Meeting.get_by_id(meeting.id).chair) == ("draft", "")


@pytest.mark.parametrize(("rule", "present", "holds"), [
    ("half", 4, False), ("half", 5, True), ("two_thirds", 5, False), ("two_thirds", 6, True), ("any", 1, True)])
def test_the_county_says_how_many_make_a_quorum(world, studied, rule, present, holds):
    from grid321.core import settings

    settings.put("core.meeting_quorum", world.tree.county, rule, source="区委文件", valid_from=date(2020, 1, 1), account_id=None)
    meeting = prepared(world, studied)
    if holds:
        assert hold(world, meeting, expected=8, present=present).status == "held"
    else:
        with pytest.raises(errors.Invalid):
            hold(world, meeting, expected=8, present=present)


def test_only_the_division_itself_holds_its_meeting(world, studied):
    meeting = prepared(world, studied)
    for who in ("officer", "county"):
        with pytest.raises(errors.Forbidden):
            hold(world, meeting, who)
    assert hold(world, meeting).status == "held"


def test_a_meeting_with_an_empty_agenda_or_an_undecided_matter_is_not_held(world, studied):
    from grid321.core import meeting_records, records

    secretary = world.actors["secretary"]
    empty = records.create(meeting_records.MEETING, {"kind": "village_committees"}, secretary, world.tree.village)
    with pytest.raises(errors.Invalid) as refused:
        hold(world, empty)
    assert list(refused.value.errors) == ["items"]
    meeting = prepared(world, studied, "")
    with pytest.raises(errors.Invalid) as refused:
        hold(world, meeting)
    assert studied.number in str(refused.value.errors)


def test_handing_over_is_decided_for_a_department_and_only_of_ones_own(world):
    case = world.at_town()
    for department in (None, world.bureau.id):
        meeting = prepared(world, case, "hand_over", "officer", department_id=department)
        with pytest.raises(errors.Invalid):
            hold(world, meeting, "officer")
    meeting = prepared(world, case, "hand_over", "officer", department_id=world.office.id, limit_on=date(2099, 12, 20))
    hold(world, meeting, "officer")
    with pytest.raises(errors.Refused) as refused:
        world.step("officer", case, "hand_over", {**world.hand(), "department": _another_office(world).id}, meet=False)
    assert refused.value.code == "no_meeting"


def _another_office(world):
    from grid321.core import snapshot
    from grid321.core.people import Department
    from grid321.core.tree import ancestor_columns

    return Department.create(name="水利工作站", kind="office", **ancestor_columns(snapshot.current().tree, world.tree.town))


def test_a_held_record_stays_as_it_is_and_a_correction_takes_its_place(world, studied):
    from grid321.core import meeting_decisions, meeting_records, records
    from grid321.core.meeting_records import MEETING

    secretary, county = world.actors["secretary"], world.tree.county
    meeting = hold(world, prepared(world, studied))
    (item,) = meeting_records.items(meeting.id)
    for attempt in (lambda: records.update(MEETING, meeting.id, {"chair": "别人"}, secretary, None, county),
                    lambda: records.delete(MEETING, meeting.id, secretary, None, county),
                    lambda: meeting_records.add(meeting, [(world.entity, studied.id)], secretary),
                    lambda: meeting_records.decide(meeting, {item.id: {"decision": "keep"}}, secretary),
                    lambda: meeting_records.take_off(meeting, item.id), lambda: hold(world, meeting)):
        with pytest.raises(errors.Conflict):
            attempt()
    correction = meeting_decisions.correct(meeting, secretary, county)
    assert world.possible("secretary", studied) >= {"send_up"}  # until the correction is held, the old record stands
    (copied,) = meeting_records.items(correction.id)
    meeting_records.decide(correction, {copied.id: {"decision": "handle_ourselves"}}, secretary)
    hold(world, correction)
    assert "send_up" not in world.possible("secretary", studied)
    assert "handle_ourselves" in world.possible("secretary", studied)
    with pytest.raises(errors.Conflict):
        meeting_decisions.correct(meeting, secretary, county)


def test_the_decisions_are_carried_out_in_one_go_with_a_result_for_each(world):
    from grid321.core import meeting_decisions, meeting_records

    secretary, county = world.actors["secretary"], world.tree.county
    up, kept, gone = (world.walk(world.report(), ("secretary", "accept"), ("secretary", "study")) for _n in range(3))
    meeting = prepared(world, up)
    meeting_records.add(meeting, [(world.entity, kept.id), (world.entity, gone.id)], secretary)
    items = {item.record_id: item.id for item in meeting_records.items(meeting.id)}
    base = {"department_id": None, "limit_on": None, "note": ""}
    meeting_records.decide(meeting, {items[kept.id]: {**base, "decision": "keep"},
                                     items[gone.id]: {**base, "decision": "send_up"}}, secretary)
    meeting = hold(world, meeting)
    world.step("worker", gone, "withdraw", {"reason": "反映人撤回。"})
    found = {result.record_id: result for result in meeting_decisions.carry_out(meeting, secretary, county)}
    assert set(found) == {up.id, gone.id}
    assert (found[up.id].ok, found[gone.id].ok) == (True, False)
    assert world.entity.model.get_by_id(up.id).state == "received"
    assert world.entity.model.get_by_id(kept.id).state == "studied"
    assert [result.record_id for result in meeting_decisions.carry_out(meeting, secretary, county)] == [gone.id]


def test_a_record_is_used_once_and_grows_old(world, studied, tick):
    case = studied
    world.meet(case, "send_up")
    tick(timedelta(days=46), sweep=False)
    assert "send_up" not in world.possible("secretary", case)
    with pytest.raises(errors.Refused) as refused:
        world.step("secretary", case, "send_up", meet=False)
    assert "46" in str(refused.value.detail) or "45" in str(refused.value.detail)
    world.meet(case, "send_up")
    case = world.step("officer", world.step("secretary", case, "send_up", meet=False), "return_to_village",
                      {"reason": "请先到现场核实。"})
    with pytest.raises(errors.Refused):
        world.step("secretary", case, "send_up", meet=False)


def test_a_county_may_ask_for_a_record_only_when_sending_up(world):
    from grid321.core import settings

    settings.put("core.meeting_gate", world.tree.county, "up", source="区委文件", valid_from=date(2020, 1, 1), account_id=None)
    case = world.step("officer", world.at_town(), "hand_over", world.hand(), meet=False)
    assert case.state == "handed"
    with pytest.raises(errors.Refused):
        world.step("officer", world.at_town(), "send_up_county", meet=False)


def test_the_agenda_proposes_the_open_matters_that_wait_and_no_others(world, studied):
    from grid321.core import meeting_records, records

    fresh = world.report()
    handled = world.walk(world.report(), ("secretary", "accept"))
    meeting = records.create(meeting_records.MEETING, {"kind": "village_committees"}, world.actors["secretary"],
                             world.tree.village)
    assert [record.id for _entity, record in meeting_records.proposals(meeting)] == [studied.id, handled.id]
    with pytest.raises(errors.Invalid):
        meeting_records.add(meeting, [(world.entity, world.at_town().id)], world.actors["secretary"])
    with pytest.raises(errors.Refused):
        meeting_records.put_on_next(world.entity, fresh, world.actors["secretary"])


@pytest.mark.parametrize(("kind", "status"), [("village_committees", 201), ("town_presidium", 422)])
def test_the_kind_of_a_meeting_fits_the_level_of_its_division(world, kind, status):
    browser = world.browser("secretary")
    answer = browser.api("POST", f"/d/{world.tree.village.code}/core/meeting", {"kind": kind})
    assert answer.status_code == status, answer.get_data(as_text=True)


def test_the_pages_prepare_hold_carry_out_and_print(world, studied):
    browser = world.browser("secretary")
    village = world.tree.village.code
    answer = browser.get(f"/d/{village}/grid/report/{studied.id}/do/send_up")
    assert answer.status_code == 422
    assert f"/grid/report/{studied.id}#agenda" in answer.get_data(as_text=True)
    assert browser.post(f"/d/{village}/grid/report/{studied.id}/agenda", {}).status_code == 303
    from grid321.core.meetings import Meeting, MeetingItem

    meeting, item = Meeting.select().get(), MeetingItem.select().get()
    here = f"/d/{village}/core/meeting/{meeting.id}"
    for path in (here, f"{here}/agenda", f"{here}/hold", f"{here}/minutes"):
        assert browser.get(path).status_code == 200, path
    assert browser.post(f"{here}/decisions", {f"decision-{item.id}": "close"}).status_code == 422
    assert browser.post(f"{here}/decisions", {f"decision-{item.id}": "send_up", f"note-{item.id}": "同意"}).status_code == 303
    short = browser.post(f"{here}/hold", {"_version": str(meeting.version), "met_on": "2026-01-05", "chair": "王"})
    assert short.status_code == 422
    today = Meeting.select().get().created_at.date().isoformat()
    full = {**{name: str(value) for name, value in GOOD.items()}, "_version": str(meeting.version), "met_on": today}
    assert browser.post(f"{here}/hold", full).status_code == 303
    assert browser.get(f"{here}/hold").status_code == 409
    page = browser.post(f"{here}/carry-out", {})
    assert page.status_code == 200
    assert world.entity.model.get_by_id(studied.id).state == "received"
    assert browser.post(f"{here}/correct", {}).status_code == 303
    assert world.browser("worker").get(here).status_code == 403


@pytest.mark.parametrize(("changes", "words"), [({"meeting": ("village_comittees",)}, "unknown kind of meeting"),
                                                ({"automatic": True}, "no meeting decides it")])
def test_a_workflow_that_names_an_unknown_meeting_stops_the_start_with_its_step(changes, words):
    from dataclasses import replace

    from grid321.core.meetings import KINDS
    from grid321.core.registry_checks import check_meetings
    from grid321.plugins.grid.workflow import HANDLING

    check_meetings("grid", HANDLING, {KINDS.key: KINDS})
    steps = tuple(replace(step, **changes) if step.key == "send_up" else step for step in HANDLING.transitions)
    with pytest.raises(errors.DeclarationError, match=f"'send_up'.*{words}"):
        check_meetings("grid", replace(HANDLING, transitions=steps), {KINDS.key: KINDS})


def test_the_minutes_of_a_held_meeting_are_found_by_a_word_of_them(world, studied):
    from grid321.core.verification import check_all

    meeting = hold(world, prepared(world, studied), minutes="护栏维修由镇应急管理办牵头。")
    page = world.browser("secretary").get(f"/d/{world.tree.village.code}/core/meeting/?q=护栏维修")
    assert meeting.number in page.get_data(as_text=True)
    assert [text for text in check_all() if "core.meeting" in text] == []
