"""Activities from plan to write-up: what each step asks, who is told, what a kind demands."""

from datetime import timedelta

import pytest

from grid321.core import db, notify
from grid321.core.errors import Conflict, Invalid, Refused
from grid321.plugins.liaison_station import attendance
from grid321.plugins.liaison_station.activity_choices import DEFAULT_DEMANDS, demands_text
from grid321.plugins.liaison_station.activity_models import Attendance

KIND = "station"


def planned(world, **changes):
    """An activity of the town's station, today at nine."""
    raw = {"division": world.node("wuli").code, "station": world.stations["wuli"].id, "kind": KIND, "title": "走访溪河社区",
           "day": db.local_day().isoformat(), "from_minute": "09:00", "to_minute": "11:30", "collective": True, **changes}
    return world.make("activity", raw, "town")


def ids(world, *who):
    """Ids of persons."""
    return [world.people[one].id for one in who]


def listed(world, activity, who):
    """The row of a person in the list of an activity."""
    return Attendance.get((Attendance.activity_id == activity.id) & (Attendance.person_id == world.people[who].id))


def test_an_activity_is_planned_announced_held_and_written_up(world):
    activity = planned(world)
    attendance.invite(activity.id, ids(world, "zhang", "chen"), world.actors["town"])
    activity = world.step("town", activity, "announce")
    attendance.say(listed(world, activity, "zhang").id, True, world.actors["town"])

    activity = world.step("town", activity, "hold", held_on=db.local_day().isoformat(), voters=17)
    activity = world.step("town", activity, "write_up", minutes="走访十七户，收集路灯问题三件。")

    assert (activity.state, activity.voters, activity.held_on, activity.announced_on) == (
        "written", 17, db.local_day(), db.local_day())


def test_who_is_invited_hears_of_it_when_it_is_announced_and_not_before(world):
    activity = planned(world)
    attendance.invite(activity.id, ids(world, "zhang", "chen"), world.actors["town"])
    account = world.actors["zhang"].account_id
    before = notify.inbox(account)

    world.step("town", activity, "announce")

    assert before == []
    (told,) = notify.inbox(account)
    assert activity.number in told.text
    assert activity.title not in told.text


def test_who_is_invited_later_is_told_at_once_and_nobody_twice(world):
    activity = world.step("town", planned(world), "announce")
    attendance.invite(activity.id, ids(world, "zhang"), world.actors["town"])
    again = attendance.invite(activity.id, ids(world, "zhang"), world.actors["town"])

    assert again == 0
    assert len(notify.inbox(world.actors["zhang"].account_id)) == 1


def test_an_activity_whose_day_changes_tells_who_is_invited_and_its_list_follows(world):
    activity = planned(world)
    attendance.invite(activity.id, ids(world, "zhang"), world.actors["town"])
    activity = world.step("town", activity, "announce")
    later = db.local_day() + timedelta(days=3)

    world.change(activity, {"day": later.isoformat()}, "town")

    assert listed(world, activity, "zhang").day == later
    assert len(notify.inbox(world.actors["zhang"].account_id)) == 2


def test_a_dropped_activity_names_its_reason_and_tells_who_was_invited(world):
    activity = planned(world)
    attendance.invite(activity.id, ids(world, "zhang"), world.actors["town"])
    activity = world.step("town", world.step("town", activity, "announce"), "drop", reason="暴雨红色预警。")

    assert activity.state == "dropped"
    assert len(notify.inbox(world.actors["zhang"].account_id)) == 2
    with pytest.raises(Conflict):
        attendance.invite(activity.id, ids(world, "chen"), world.actors["town"])


def test_an_activity_in_the_past_cannot_be_announced_but_entered_as_held(world):
    past = db.local_day() - timedelta(days=20)
    activity = planned(world, day=past.isoformat(), leader=world.people["zhang"].id)

    with pytest.raises(Refused):
        world.step("town", activity, "announce")
    activity = world.step("town", activity, "hold", held_on=past.isoformat())

    assert activity.state == "held"
    assert listed(world, activity, "zhang").came is True
    assert listed(world, activity, "zhang").day == past


def test_nothing_is_held_before_its_day_nor_without_anybody(world):
    tomorrow = planned(world, day=(db.local_day() + timedelta(days=1)).isoformat(), leader=world.people["zhang"].id)
    alone = planned(world)

    for activity in (tomorrow, alone):
        with pytest.raises(Refused):
            world.step("town", activity, "hold", held_on=db.local_day().isoformat())
        assert world.fresh(activity).state == "planned"


def test_who_leads_an_activity_was_there_unless_the_list_says_otherwise(world):
    activity = planned(world, leader=world.people["zhang"].id)
    attendance.invite(activity.id, ids(world, "zhang", "chen"), world.actors["town"])
    attendance.say(listed(world, activity, "zhang").id, False, world.actors["town"])

    world.step("town", activity, "hold", held_on=db.local_day().isoformat())

    assert listed(world, activity, "zhang").came is False


def test_minutes_departments_and_study_are_asked_of_the_kinds_that_demand_them(world):
    activity = planned(world, kind="inspection", leader=world.people["zhang"].id)
    activity = world.step("town", activity, "hold", held_on=db.local_day().isoformat())

    for answers, field in (({}, "study"), ({"study": "学习道路交通安全法"}, "minutes"),
                           ({"study": "学习道路交通安全法", "minutes": "查看三处路口。"}, "units")):
        with pytest.raises(Refused) as refusal:
            world.step("town", activity, "write_up", **answers)
        assert set(refusal.value.errors) == {field}
    activity = world.step("town", activity, "write_up", study="学习道路交通安全法", minutes="查看三处路口。",
                          units="公安分局、住建局")

    assert activity.state == "written"


def test_a_department_in_the_list_that_came_is_a_department_that_took_part(world):
    activity = planned(world, kind="consultation", leader=world.people["zhang"].id)
    row = attendance.add_guest(activity.id, "周明，住建局", "department", world.actors["town"])
    attendance.say(row.id, True, world.actors["town"])
    activity = world.step("town", activity, "hold", held_on=db.local_day().isoformat())

    assert world.step("town", activity, "write_up", minutes="会诊路灯问题。").state == "written"


def test_a_mediation_is_written_up_only_with_its_result(world):
    activity = planned(world, kind="mediation", leader=world.people["zhang"].id)
    activity = world.step("town", activity, "hold", held_on=db.local_day().isoformat())
    before = world.possible("town", activity)
    world.make("result", {"activity": activity.id, "kind": "solved", "title": "邻里排水纠纷和解",
                          "day": db.local_day().isoformat()}, "town", world.node("wuli"))

    assert "write_up" not in before
    assert world.step("town", activity, "write_up", minutes="双方签订协议。").state == "written"


def test_a_consultation_is_announced_with_time_and_place(world):
    activity = planned(world, kind="consultation", from_minute=None, to_minute=None)

    with pytest.raises(Refused) as refusal:
        world.step("town", activity, "announce")

    assert refusal.value.code == "no_agenda"


def test_a_county_says_what_its_kinds_demand_and_mistakes_are_named(world):
    world.set("activity_demands", "station: study")
    activity = world.step("town", planned(world, leader=world.people["zhang"].id), "hold", held_on=db.local_day().isoformat())

    with pytest.raises(Refused) as refusal:
        world.step("town", activity, "write_up", minutes="有记录，没有学习。")

    assert set(refusal.value.errors) == {"study"}
    assert demands_text(DEFAULT_DEMANDS) == DEFAULT_DEMANDS
    for wrong in ("council", "council: photos", "council minutes"):
        with pytest.raises(ValueError, match=r".+"):
            demands_text(wrong)


def test_an_activity_of_one_deputy_names_a_deputy_in_office(world):
    for leader in (None, world.people["liaison"].id):
        with pytest.raises(Invalid) as refusal:
            planned(world, collective=False, leader=leader)
        assert "leader" in refusal.value.errors

    assert planned(world, collective=False, leader=world.people["zhang"].id).collective is False


@pytest.mark.parametrize(("changes", "field"), [
    ({"from_minute": "11:00", "to_minute": "09:00"}, "to_minute"),
    ({"from_minute": None, "to_minute": "09:00"}, "to_minute"),
    ({"day": "2021-12-31"}, "station"),
    ({"themed": True}, "themed"),
    ({"division": "610902"}, "division"),
])
def test_what_does_not_fit_an_activity_is_refused_at_its_field(world, changes, field):
    with pytest.raises(Invalid) as refusal:
        planned(world, **changes)

    assert field in refusal.value.errors


def test_an_activity_on_the_theme_is_linked_with_that_of_the_nearest_division_above(world):
    today = db.local_day()
    quarter = {"year": today.year, "quarter": (today.month + 2) // 3}
    county = world.make("theme", {"division": world.tree.county.code, "title": "乡村道路安全", **quarter}, "county")
    first = planned(world, themed=True)
    here = {"division": world.node("wuli").code, **quarter}
    town = world.make("theme", {"title": "校园周边交通", **here}, "town", world.node("wuli"))
    second = planned(world, themed=True)

    assert (first.theme_id, second.theme_id) == (county.id, town.id)
    with pytest.raises(Invalid) as refusal:
        world.make("theme", {"title": "另一个主题", **here}, "town", world.node("wuli"))
    assert "quarter" in refusal.value.errors


def test_what_was_held_stays_where_and_when_it_was(world):
    activity = world.step("town", planned(world, leader=world.people["zhang"].id), "hold", held_on=db.local_day().isoformat())

    with pytest.raises(Invalid) as refusal:
        world.change(activity, {"day": (db.local_day() - timedelta(days=1)).isoformat(), "kind": "council"}, "town")

    assert {"day", "kind"} <= set(refusal.value.errors)


def test_a_result_has_money_in_fen_and_a_quantity_with_its_unit(world):
    activity = world.step("town", planned(world, leader=world.people["zhang"].id), "hold", held_on=db.local_day().isoformat())
    raw = {"activity": activity.id, "kind": "built", "title": "安装路灯", "day": db.local_day().isoformat()}

    made = world.make("result", {**raw, "fen": "32000.50", "quantity": "20", "unit": "盏"}, "town", world.node("wuli"))

    assert (made.fen, made.quantity, made.unit, made.station_id) == (3200050, "20", "盏", world.stations["wuli"].id)
    for wrong, field in (({"quantity": "20"}, "unit"), ({"unit": "盏"}, "unit"), ({"activity": None}, "activity")):
        with pytest.raises(Invalid) as refusal:
            world.make("result", {**raw, **wrong}, "town", world.node("wuli"))
        assert field in refusal.value.errors


def test_results_come_after_the_activity(world):
    activity = planned(world)

    with pytest.raises(Invalid) as refusal:
        world.make("result", {"activity": activity.id, "kind": "built", "title": "安装路灯", "day": db.local_day().isoformat()},
                   "town", world.node("wuli"))

    assert "activity" in refusal.value.errors


def test_officers_of_another_town_and_deputies_cannot_run_an_activity(world):
    activity = planned(world)

    assert world.possible("town", activity) >= {"announce", "drop"}
    for who in ("other_town", "viewer", "zhang"):
        assert world.possible(who, activity) == set()
