"""Who was at an activity: one row for each person, the last word counts, the figures equal a recount."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grid321.core import db, records
from grid321.core.errors import Conflict, Invalid, Refused
from grid321.plugins.liaison_station import attendance
from grid321.plugins.liaison_station.activity_models import Activity, Attendance

WHO = ("zhang", "chen", "zhao", "li", "liaison")
WORDS = st.lists(st.one_of(
    st.tuples(st.just("scan"), st.sampled_from(WHO)),
    st.tuples(st.sampled_from(["tick", "strike", "forget", "invite", "comes", "cannot"]), st.sampled_from(WHO))), max_size=30)


@pytest.fixture
def held(world):
    """An activity of the town's station on this day, that may be recorded."""
    return make(world)


def make(world, **changes):
    """An activity of the town's station."""
    return world.make("activity", {
        "division": world.node("wuli").code, "station": world.stations["wuli"].id, "kind": "station", "title": "走访溪河社区",
        "day": db.local_day().isoformat(), "collective": True, **changes}, "town")


def row_of(world, activity, who):
    """The row of a person, or None."""
    return Attendance.get_or_none((Attendance.activity_id == activity.id) & (Attendance.person_id == world.people[who].id))


def recount(activity):
    """The figures, counted one by one."""
    rows = list(Attendance.select().where(Attendance.activity_id == activity.id))
    return attendance.Figures(
        len(rows), sum(row.answer == "comes" for row in rows), sum(row.answer == "cannot" for row in rows),
        sum(row.came is True for row in rows), sum(row.came is True and row.deputy_id is not None for row in rows),
        sum(row.came is None for row in rows))


def do(world, activity, said, expected):
    """One word as somebody says it, and what is true after it."""
    word, who = said
    actor, person = world.actors["town"], world.people[who].id
    row, (came, answer) = row_of(world, activity, who), expected.get(who, (None, ""))
    if word == "scan":
        attendance.scan(activity.id, person, actor)
        expected[who] = (True, answer)
    elif word == "invite":
        attendance.invite(activity.id, [person], actor)
        expected.setdefault(who, (None, ""))
    elif row is not None and word in ("comes", "cannot"):
        attendance.answer(row.id, word, actor)
        expected[who] = (came, word)
    elif row is not None:
        value = {"tick": True, "strike": False, "forget": None}[word]
        attendance.say(row.id, value, actor)
        expected[who] = (value, answer)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS)
def test_whatever_is_scanned_ticked_and_corrected_the_last_word_counts(world, words):
    activity, expected = make(world), {}

    for said in words:
        do(world, activity, said, expected)

    rows = {row.person_id: (row.came, row.answer) for row in Attendance.select().where(Attendance.activity_id == activity.id)}
    assert rows == {world.people[who].id: found for who, found in expected.items()}
    assert attendance.figures([activity.id]).get(activity.id, attendance.Figures()) == recount(activity)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, min_size=1, max_size=3))
def test_persons_and_person_times_of_many_activities_equal_a_recount(world, lists):
    made = []
    for words in lists:
        activity, expected = make(world), {}
        for said in words:
            do(world, activity, said, expected)
        made.append(activity)
        if any(came for came, _answer in expected.values()):
            world.step("town", activity, "hold", held_on=db.local_day().isoformat())
    mine = Attendance.activity_id.in_([activity.id for activity in made])

    rows = [row for row in Attendance.select().where(mine) if row.came and row.deputy_id is not None
            and Activity.get_by_id(row.activity_id).state == "held"]

    assert attendance.turnout(mine) == (len(rows), len({row.person_id for row in rows}))


def test_somebody_who_is_scanned_twice_is_there_once_with_one_entry(world, held):
    for _time in range(3):
        attendance.scan(held.id, world.people["zhang"].id, world.actors["zhang"])

    row = row_of(world, held, "zhang")
    assert (row.came, row.how, row.role, row.deputy_id) == (True, "qr", "deputy", world.deputies["zhang"].id)
    steps = [entry["step"] for entry in records.history(world.entity("attendance"), row.id)]
    assert steps == ["create", "edit"]


def test_two_mandates_are_one_person(world, held):
    person = world.people["zhang"]
    again = world.deputies["zhao"]
    again.person_id = person.id
    again.save()

    attendance.invite(held.id, [person.id], world.actors["town"])
    attendance.scan(held.id, person.id, world.actors["zhang"])

    assert Attendance.select().where(Attendance.activity_id == held.id).count() == 1
    assert row_of(world, held, "zhang").deputy_id == world.deputies["zhang"].id


def test_who_is_no_deputy_is_there_without_a_mandate_and_not_counted_as_deputy(world, held):
    attendance.scan(held.id, world.people["liaison"].id, world.actors["liaison"])

    assert row_of(world, held, "liaison").role == "other"
    figures = attendance.figures([held.id])[held.id]
    assert (figures.came, figures.deputies) == (1, 0)


def test_a_suspended_deputy_is_not_invited_but_may_take_part_as_somebody_else(world, held):
    deputy = world.deputies["chen"]
    deputy.status, deputy.status_on = "suspended", db.local_day()
    deputy.save()

    with pytest.raises(Invalid) as refusal:
        attendance.invite(held.id, [world.people["chen"].id], world.actors["town"])
    attendance.invite(held.id, [world.people["chen"].id], world.actors["town"], role="grid")

    assert "陈志远" in str(refusal.value.errors["person"])
    row = row_of(world, held, "chen")
    assert (row.role, row.deputy_id) == ("grid", None)


def test_nobody_is_present_before_the_day(world):
    activity = make(world, day=(db.local_day() + timedelta(days=1)).isoformat())
    attendance.invite(activity.id, [world.people["zhang"].id], world.actors["town"])

    with pytest.raises(Refused):
        attendance.scan(activity.id, world.people["zhang"].id, world.actors["zhang"])
    with pytest.raises(Refused):
        attendance.say(row_of(world, activity, "zhang").id, True, world.actors["town"])

    assert row_of(world, activity, "zhang").came is None


def test_after_the_write_up_the_list_stays(world, held):
    attendance.scan(held.id, world.people["zhang"].id, world.actors["zhang"])
    world.step("town", held, "hold", held_on=db.local_day().isoformat())
    world.step("town", held, "write_up", minutes="走访十七户。")

    with pytest.raises(Conflict):
        attendance.say(row_of(world, held, "zhang").id, False, world.actors["town"])
    with pytest.raises(Conflict):
        attendance.scan(held.id, world.people["chen"].id, world.actors["town"])

    assert row_of(world, held, "zhang").came is True


def test_an_answer_comes_before_the_day_is_past(world):
    activity = make(world, day=(db.local_day() - timedelta(days=2)).isoformat())
    attendance.invite(activity.id, [world.people["zhang"].id], world.actors["town"])
    row = row_of(world, activity, "zhang")

    with pytest.raises(Refused):
        attendance.answer(row.id, "comes", world.actors["zhang"])
    with pytest.raises(Invalid):
        attendance.answer(row.id, "perhaps", world.actors["zhang"])


def test_a_guest_is_in_the_list_once(world, held):
    attendance.add_guest(held.id, "周明，住建局", "department", world.actors["town"])

    with pytest.raises(Invalid):
        attendance.add_guest(held.id, "周明，住建局", "leader", world.actors["town"])

    assert [attendance.names([row])[row.id] for row in Attendance.select()] == ["周明，住建局"]


def test_only_who_was_entered_by_mistake_is_taken_out_of_the_list(world, held):
    attendance.invite(held.id, [world.people["zhang"].id, world.people["chen"].id], world.actors["town"])
    there, mistake = row_of(world, held, "zhang"), row_of(world, held, "chen")
    attendance.say(there.id, True, world.actors["town"])

    records.delete(world.entity("attendance"), mistake.id, world.actors["town"], None, world.node("wuli"))
    with pytest.raises(Conflict):
        records.delete(world.entity("attendance"), there.id, world.actors["town"], None, world.node("wuli"))

    assert [row.person_id for row in Attendance.select()] == [world.people["zhang"].id]


def test_a_deputy_sees_the_own_row_and_the_officer_all(world, held):
    from grid321.core.access import scoped

    attendance.invite(held.id, [world.people[who].id for who in ("zhang", "chen", "li")], world.actors["town"])

    def seen(who):
        query = scoped(Attendance.select(), world.entity("attendance"), "view", world.tree.county, world.actors[who])
        return {row.person_id for row in query}

    assert seen("zhang") == {world.people["zhang"].id}
    assert len(seen("town")) == len(seen("viewer")) == 3
    assert seen("other_town") == set()


def test_what_is_said_about_nobody_is_refused(world):
    for call in (lambda: attendance.say(999, True, world.actors["town"]), lambda: attendance.scan(999, 1, world.actors["town"])):
        with pytest.raises(Exception, match=r".") as refusal:
            call()
        assert refusal.value.status == 404


def test_the_figures_of_an_activity_without_a_list_are_none(world, held):
    assert attendance.figures([held.id]) == {}
    assert attendance.turnout() == (0, 0)
    assert attendance.names([SimpleNamespace(id=1, person_id=None, guest="客人")]) == {1: "客人"}
