"""What stands in a deputy's file: each thing that happened once, whatever is told twice, late or in another order."""
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.file_world import DAY, activity, change, deeds, drained, opinion, reception, tell

from grid321.core import db, records
from grid321.core.actor import SYSTEM
from grid321.core.ledger import LedgerEntry
from grid321.plugins.liaison_station import file_deeds, file_life
from grid321.plugins.liaison_station.activity_models import Attendance
from grid321.plugins.liaison_station.file_models import Deed
from grid321.plugins.liaison_station.reception_models import Duty

ON = DAY.isoformat()
STATION = "五里镇人大代表中心联络站"


def settled():
    """What verify says once everything was told."""
    drained()
    return list(file_deeds.faults())


def duty_of(world, made, who):
    """The duty of a deputy at a reception."""
    return Duty.get((Duty.reception_id == made.id) & (Duty.deputy_id == world.deputies[who].id))


def test_who_came_to_a_reception_has_it_in_the_file_and_who_did_not_has_nothing(world):
    made = reception(world, zhang="came", chen="absent", li="excused")

    tell(made, "reception", "hold")

    assert deeds(world, "zhang") == [(ON, "reception", STATION)]
    assert deeds(world, "chen") == deeds(world, "li") == []
    assert settled() == []


def test_what_is_told_twice_stands_once(world):
    made = reception(world, zhang="came")

    tell(made, "reception", "hold", times=3)
    tell(duty_of(world, made, "zhang"), "duty", times=2)

    assert len(deeds(world, "zhang")) == 1
    assert LedgerEntry.select().where(LedgerEntry.entity == "liaison_station.deed").count() == 1


def test_a_reception_that_is_not_held_yet_is_no_deed_and_one_that_was_dropped_is_struck(world):
    made = reception(world, state="posted", zhang="came")
    tell(made, "reception", "post")
    assert deeds(world, "zhang") == []

    change(made, state="held")
    tell(made, "reception", "hold")
    change(made, state="dropped")
    tell(made, "reception", "drop")

    assert deeds(world, "zhang") == [] and len(deeds(world, "zhang", struck=True)) == 1
    assert settled() == []


def test_an_attendance_that_is_corrected_is_struck_and_comes_back_with_its_confirmation(world):
    made = activity(world, zhang=True, chen=True)
    tell(made, "activity", "hold")
    deed = Deed.get(Deed.deputy_id == world.deputies["zhang"].id)
    file_life.confirm([deed], world.actors["zhang"])
    there = Attendance.get((Attendance.activity_id == made.id) & (Attendance.deputy_id == world.deputies["zhang"].id))

    change(there, came=False)
    tell(there, "attendance")
    assert deeds(world, "zhang") == [] and len(deeds(world, "chen")) == 1

    change(there, came=True)
    tell(there, "attendance")
    assert [(row.state, row.was) for row in Deed.select().where(Deed.deputy_id == world.deputies["zhang"].id)] == [
        ("confirmed", "")]
    assert settled() == []


def test_an_inspection_among_the_activities_has_its_own_kind_and_follows_the_record(world):
    made = activity(world, zhang=True)
    tell(made, "activity")
    assert [kind for _day, kind, _title in deeds(world, "zhang")] == ["inspection"]

    change(made, kind="study")
    tell(made, "activity")

    assert [kind for _day, kind, _title in deeds(world, "zhang")] == ["training"] and settled() == []


def test_a_row_that_was_deleted_is_found_by_what_the_deed_remembers_of_it(world):
    made = activity(world, zhang=True)
    tell(made, "activity", "hold")
    there = Attendance.get(Attendance.activity_id == made.id)
    Attendance.delete().where(Attendance.id == there.id).execute()

    tell(there, "attendance", "delete")

    assert deeds(world, "zhang") == []


def test_an_opinion_stands_with_its_title_and_a_changed_day_is_to_be_confirmed_anew(world):
    made = opinion(world)
    tell(made, "opinion", "create")
    file_life.confirm(Deed.select(), world.actors["zhang"])

    change(made, heard_on=DAY - timedelta(days=1))
    tell(made, "opinion")

    (deed,) = Deed.select()
    assert (deed.day, deed.state, deed.title) == (DAY - timedelta(days=1), "noted", "溪河路路灯不亮")


def test_what_an_officer_struck_or_corrected_stays_although_the_cause_is_told_again(world):
    first, second = opinion(world), opinion(world, title="自来水浑浊")
    tell(first, "opinion")
    tell(second, "opinion")
    one, other = Deed.select().order_by(Deed.id)
    file_life.answer(one, {"verdict": "strike", "answer": "重复登记"}, world.actors["county"])
    file_life.answer(other, {"verdict": "correct", "answer": "日期有误", "day": date(2026, 3, 15)}, world.actors["county"])

    tell(first, "opinion")
    tell(second, "opinion")

    assert [(row.state, row.day) for row in Deed.select().order_by(Deed.id)] == [
        ("struck", DAY), ("corrected", date(2026, 3, 15))]
    assert settled() == []


def test_an_event_that_says_nothing_new_asks_nothing(world):
    made = opinion(world)

    tell(made, "opinion", "reminder")

    assert Deed.select().count() == 0


def test_the_recount_names_what_is_missing_and_what_stands_without_cause_and_mends_it(world):
    made, gone = reception(world, zhang="came"), opinion(world)
    tell(gone, "opinion")
    drained()
    change(gone, state="void")

    told = list(file_deeds.faults())
    assert len(told) == 2 and "missing" in told[0] and "undone" in told[1]
    assert str(made.id) in told[0]

    assert file_deeds.recount() == 2
    assert settled() == []
    assert file_deeds.recount() == 0


def test_a_record_that_is_gone_leaves_no_deed_behind(world):
    made = opinion(world)
    tell(made, "opinion")
    type(made).delete().where(type(made).id == made.id).execute()
    drained()

    assert ["gone" in text for text in file_deeds.faults()] == [True]
    tell(made, "opinion", "delete")
    assert settled() == [] and deeds(world, "zhang") == []


def test_a_mandate_that_is_recorded_later_brings_what_happened_before(world):
    made = reception(world, zhang="came")
    deputy = world.deputies["zhang"]
    with db.transaction():
        type(deputy).delete().where(type(deputy).id == deputy.id).execute()
    tell(made, "reception")
    assert Deed.select().count() == 0

    type(deputy).insert(deputy.__data__).execute()
    tell(deputy, "deputy", "create")

    assert deeds(world, "zhang") == [(ON, "reception", STATION)]


def test_a_mandate_that_was_entered_by_mistake_takes_its_deeds_along(world):
    made, deputy = reception(world, zhang="came"), world.deputies["zhang"]
    tell(made, "reception")
    type(deputy).delete().where(type(deputy).id == deputy.id).execute()

    tell(deputy, "deputy", "delete")

    assert deeds(world, "zhang") == [] and settled() == []


def test_the_deed_lies_where_the_file_of_the_deputy_does(world):
    made = reception(world, station="wuli_village", zhao="came")

    tell(made, "reception")

    (deed,) = Deed.select()
    assert deed.division_id == world.tree.town.id and deed.town_id == world.tree.town.id


MOVES = (("reception", {"state": "held"}), ("reception", {"state": "dropped"}), ("duty", {"state": "came"}),
         ("duty", {"state": "absent"}), ("tell", {}), ("tell duty", {}))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(MOVES), max_size=12))
def test_whatever_happens_and_is_told_in_whatever_order_the_last_word_of_the_records_counts(world, moves):
    made = reception(world, zhang="came", day=DAY - timedelta(days=Duty.select().count()))  # nobody has two duties in a day
    duty = duty_of(world, made, "zhang")
    for what, values in moves:
        if what.startswith("tell"):
            tell(duty if what.endswith("duty") else made, "duty" if what.endswith("duty") else "reception")
        else:
            change(made if what == "reception" else duty, **values)

    tell(made, "reception", times=2)

    state = (type(made).get_by_id(made.id).state, Duty.get_by_id(duty.id).state)
    standing = Deed.select().where((Deed.record_id == made.id) & (Deed.state != "struck")).count()
    assert standing == int(state == ("held", "came"))
    assert Deed.select().where(Deed.record_id == made.id).count() <= 1


# ---------------------------------------------------------------- the deputy and the officer

@pytest.fixture
def deed(world):
    """A deed in the file of a deputy who has an account."""
    tell(opinion(world), "opinion")
    return Deed.get()


def test_a_deputy_confirms_the_own_deed_and_nobody_elses(world, deed):
    from grid321.core.errors import NotFound

    with pytest.raises(NotFound):
        file_life.confirm([deed], world.actors["zhao"])
    assert file_life.confirm([deed], world.actors["zhang"]) == 1
    assert file_life.confirm([deed], world.actors["zhang"]) == 0

    assert Deed.get().state == "confirmed"
    steps = [entry["step"] for entry in records.history(world.entity("deed"), deed.id)]
    assert "deed_confirmed" in steps


def test_an_objection_has_a_reason_and_its_answer_leads_back_to_the_deputy(world, deed):
    file_life.object_to(deed, "那天我请假了", world.actors["zhang"])
    assert (Deed.get().state, Deed.get().objection) == ("objected", "那天我请假了")

    file_life.answer(Deed.get(), {"verdict": "keep", "answer": "签到表上有您的签名"}, world.actors["town"])

    assert (Deed.get().state, Deed.get().answer) == ("noted", "签到表上有您的签名")


@pytest.mark.parametrize(("data", "field"), [
    ({"verdict": "correct", "answer": "改"}, "title"), ({"verdict": "strike", "answer": "删", "title": "别的"}, "title")])
def test_an_answer_that_contradicts_itself_changes_nothing(world, deed, data, field):
    from grid321.core.errors import Invalid

    with pytest.raises(Invalid) as refusal:
        file_life.answer(deed, data, world.actors["county"])
    assert field in refusal.value.errors and Deed.get().state == "noted"


def test_an_answer_without_an_objection_is_refused(world, deed):
    from grid321.core.errors import Conflict

    with pytest.raises(Conflict):
        file_life.answer(deed, {"verdict": "keep", "answer": "无"}, world.actors["county"])


def test_a_deputy_sees_the_own_file_only_and_an_officer_all_of_the_place(world, deed):
    from grid321.core import access

    entity = world.entity("deed")
    seen = {who: access.scoped(Deed.select(), entity, "view", world.tree.county, world.actors[who]).count()
            for who in ("zhang", "zhao", "county", "town", "other_town")}

    assert seen == {"zhang": 1, "zhao": 0, "county": 1, "town": 0, "other_town": 0}


def test_a_deed_is_written_by_the_machine_with_counters_and_ledger(world, deed):
    assert records.history(world.entity("deed"), deed.id)[0]["step"] == "create"
    assert deed.created_by == SYSTEM.account_id
