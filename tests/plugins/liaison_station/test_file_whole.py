"""From what people do in the other areas, by their own services, to the deputy's file: through the outbox and nothing else."""
import pytest
from support.file_world import deeds, drained

from grid321.core import db, outbox
from grid321.plugins.liaison_station import attendance, day_close, file_deeds, opinions
from grid321.plugins.liaison_station.activity_models import Attendance
from grid321.plugins.liaison_station.reception_models import Duty

EVENING = {"kind": "evening", "from_minute": "19:00", "to_minute": "20:30", "mode": "offline"}


def kinds(world, who):
    """The kinds of deeds that stand in a deputy's file."""
    return [kind for _day, kind, _title in deeds(world, who)]


def test_a_reception_day_that_was_held_stands_in_the_files_of_those_who_came(world):
    case = world.make("reception", {**EVENING, "day": db.local_day().isoformat(), "station": world.stations["wuli"].id})
    for who in ("zhang", "chen"):
        world.make("duty", {"reception": case.id, "deputy": world.deputies[who].id}, node=world.tree.town)
    case = world.step("county", case, "post")
    mine = Duty.get((Duty.reception_id == case.id) & (Duty.deputy_id == world.deputies["zhang"].id))
    day_close.tick(case, {mine.id}, world.actors["county"], world.tree.county)
    drained()
    assert kinds(world, "zhang") == [], "a day is a deed once it was held"

    day_close.close(world.fresh(case), "接待选民三人次。", 3, world.actors["county"], world.tree.county)
    drained()

    assert (kinds(world, "zhang"), kinds(world, "chen")) == (["reception"], [])
    assert list(file_deeds.faults()) == []


def test_an_opinion_that_a_deputy_heard_stands_in_the_file_as_it_was_raised(world):
    made = world.make("opinion", {"station": world.stations["wuli"].id, "deputy": world.deputies["zhang"].id, "kind": "other",
                                  "text": "溪河路路灯不亮。", "wants_answer": False}, node=world.tree.town)
    drained()

    assert [title for _day, _kind, title in deeds(world, "zhang")] == [made.title]
    assert opinions.OPINION == "liaison_station.opinion"


def test_an_activity_stands_in_the_files_of_those_who_came_and_follows_the_last_word(world):
    case = world.make("activity", {"station": world.stations["wuli"].id, "kind": "go_out", "title": "视察农村饮水安全",
                                   "day": db.local_day().isoformat()}, node=world.tree.town)
    attendance.invite(case.id, [world.people["zhang"].id], world.actors["county"])
    row = Attendance.get(Attendance.activity_id == case.id)
    case = world.step("county", case, "announce")
    attendance.say(row.id, True, world.actors["county"])
    world.step("county", case, "hold", held_on=db.local_day().isoformat(), voters=5)
    drained()
    assert kinds(world, "zhang") == ["activity"]

    attendance.say(row.id, False, world.actors["county"])
    drained()

    assert kinds(world, "zhang") == [] and list(file_deeds.faults()) == []


@pytest.mark.parametrize(("what", "deed"), [("inspection", "inspection"), ("unannounced", "inspection"), ("study", "training")])
def test_inspections_and_trainings_stand_in_the_file_as_such(world, what, deed):
    more = {"study": "学习代表法"} if what == "study" else {}
    case = world.make("activity", {"station": world.stations["wuli"].id, "kind": what, "title": "视察学习",
                                   "day": db.local_day().isoformat(), **more}, node=world.tree.town)
    attendance.invite(case.id, [world.people["zhang"].id], world.actors["county"])
    case = world.step("county", case, "announce")
    attendance.say(Attendance.get(Attendance.activity_id == case.id).id, True, world.actors["county"])
    world.step("county", case, "hold", held_on=db.local_day().isoformat(), voters=0)
    drained()

    assert kinds(world, "zhang") == [deed] and list(file_deeds.faults()) == []


def test_a_contact_with_a_voter_stands_in_the_file_without_the_voter(world):
    contact = world.make("contact", {"kind": "voter", "deputy": world.deputies["zhang"].id, "voter": "王小梅",
                                     "from_day": "2026-01-01"}, "county")
    world.make("talk", {"contact": contact.id, "day": db.local_day().isoformat(), "way": "visit", "text": "谈路灯"}, "county")
    drained()

    ((_day, kind, title),) = deeds(world, "zhang")
    assert kind == "contact" and "王小梅" not in title and "谈路灯" not in title
    assert title == "联系选民或代表"


def test_no_event_is_left_over_as_a_dead_letter(world):
    world.make("reception", {**EVENING, "day": db.local_day().isoformat(), "station": world.stations["wuli"].id})
    drained()

    assert outbox.dead() == []
