"""The year of many stations: choosing a rule with its days, posting drafts by a job, gaps and who steps in."""
from __future__ import annotations

from datetime import date

import pytest

from grid321.core import jobs, records
from grid321.core.errors import Conflict
from grid321.plugins.liaison_station import plan_gaps, plan_make, plan_post
from grid321.plugins.liaison_station.reception_models import Duty, Plan, Reception, Schedule
from grid321.plugins.liaison_station.station_models import Room

TODAY = date(2031, 1, 5)
BASE = "/d/610902/liaison_station"


@pytest.fixture(autouse=True)
def in_january(world, tick):
    """It is 5 January 2031."""
    tick(TODAY, sweep=False)


def rule(world, station, **changed):
    """The 15th of January to March."""
    return world.make("schedule", {
        "title": "代表接待日", "kind": "reception", "rrule": "每月15日", "from_day": "2031-01-01", "to_day": "2031-03-31",
        "on_holiday": "keep", "from_minute": "09:00", "to_minute": "11:30", "mode": "offline", "inside": True, "wanted": 1,
        "station": world.stations[station].id, **changed})


def drafted(world, *stations):
    """Plans of 2031 for some stations, as drafts."""
    for station in stations:
        rule(world, station)
    plan_make.ask(2031, world.actors["county"], world.tree.county)
    jobs.Executor().run_due()


def posted(world):
    """Let the drafts be posted; the job as it ended."""
    run = plan_post.ask(2031, world.actors["county"], world.tree.county)
    jobs.Executor().run_due()
    return jobs.JobRun.get_by_id(run.id)


# ---------------------------------------------------------------- posting many

def test_every_drafted_plan_is_posted_with_its_receptions_and_the_job_says_how_many(world):
    drafted(world, "home", "wuli", "datong")

    job = posted(world)

    assert (job.state, job.total, job.done) == ("done", 3, 3), job.error
    assert (job.result["posted"], job.result["refused"]) == (3, 0)
    assert {row.state for row in Reception.select()} == {"posted"} and Reception.select().count() == 9
    with pytest.raises(Conflict):
        plan_post.ask(2031, world.actors["county"], world.tree.county)


def test_a_plan_whose_room_is_taken_is_left_with_the_reason_and_stops_no_other(world):
    room = Room.create(station_id=world.stations["wuli"].id, name="接待室", division_id=world.tree.town.id,
                       county_id=world.tree.county.id, town_id=world.tree.town.id)
    rule(world, "wuli", room=room.id)
    drafted(world, "home", "datong")
    booking = world.make("booking", {"room": room.id, "day": "2031-02-15", "from_minute": "09:00", "to_minute": "10:00",
                                     "purpose": "党员大会"})

    job = posted(world)

    assert (job.result["posted"], job.result["refused"]) == (2, 1)
    left = Plan.get(Plan.station_id == world.stations["wuli"].id)
    assert left.state == "drafted" and left.refused
    assert {row.state for row in Reception.select().where(Reception.plan_id == left.id)} == {"planned"}, "nothing is half posted"
    page = world.browser("county").get(f"{BASE}/plans?year=2031")
    assert page.status_code == 200 and left.refused[:10] in page.text

    records.delete(world.entity("booking"), booking.id, world.actors["county"], None, world.tree.county)
    assert posted(world).result["posted"] == 1 and world.fresh(left).refused == ""


def test_a_posting_that_was_interrupted_goes_on_and_counts_what_was_done_before(world, monkeypatch):
    drafted(world, "home", "wuli", "datong")
    real, calls = plan_post._post, []

    def dies(*args):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(plan_post, "_post", dies)
    run = plan_post.ask(2031, world.actors["county"], world.tree.county)
    with pytest.raises(KeyboardInterrupt):
        jobs.Executor().run_due()
    assert Plan.select().where(Plan.state == "posted").count() == 1

    jobs.JobRun.update(state="queued", lease=None, lease_until=None).where(jobs.JobRun.id == run.id).execute()
    jobs.Executor().run_due()

    job = jobs.JobRun.get_by_id(run.id)
    assert (job.state, job.result["posted"], job.done, job.total) == ("done", 3, 3, 3), job.error


def test_the_page_of_a_year_names_every_station_and_what_is_to_be_done(world):
    drafted(world, "wuli")
    rule(world, "home")

    items = {row["name"]: row for row in world.browser("county").api("GET", f"{BASE}/plans?year=2031").json["items"]}

    assert {name: row["state"] for name, row in items.items()} == {
        world.stations[key].name: {"wuli": "drafted", "home": "no_plan"}.get(key, "no_rule") for key in world.stations}
    assert items[world.stations["wuli"].name]["days"] == 3
    page = world.browser("county").get(f"{BASE}/plans?year=2031&state=no_plan")
    assert world.stations["home"].name in page.text and "五里村人大代表联络站" not in page.text


def test_a_form_asks_for_the_posting_and_leads_to_its_progress(world):
    drafted(world, "wuli")

    answer = world.browser("county").post(f"{BASE}/plans/post", {"year": "2031"})

    assert answer.status_code == 303 and "/core/jobs/" in answer.location
    jobs.Executor().run_due()
    again = world.browser("county").post(f"{BASE}/plans/post", {"year": "2031"})
    assert again.status_code == 409
    assert world.browser("viewer").post(f"{BASE}/plans/post", {"year": "2031"}).status_code == 403


# ---------------------------------------------------------------- gaps

def test_a_gap_is_shown_with_its_reason_and_filled_by_whose_turn_it_is(world):
    drafted(world, "wuli")
    zhang = world.deputies["zhang"]
    mine = Duty.select().where(Duty.deputy_id == zhang.id).count()
    assert plan_gaps.coming(world.tree.county, world.actors["county"]) == []

    world.change(zhang, {"status": "suspended", "status_on": "2031-01-10", "status_reason": "detained"})

    found = plan_gaps.coming(world.tree.county, world.actors["county"])
    near = list(Duty.select().where((Duty.deputy_id == zhang.id) & (Duty.day <= date(2031, 3, 8))))
    assert mine and {row.id for row in found} == {row.reception_id for row in near}
    free = plan_gaps.stand_ins(found)
    assert {one.name for one, _load in free[found[0].id]} == {"陈志远"}

    browser = world.browser("county")
    page = browser.get(f"{BASE}/gaps")
    assert "张桂兰" in page.text and "陈志远" in page.text
    sent = {"reception": found[0].id, "deputy": world.deputies["chen"].id}
    assert browser.post(f"{BASE}/gaps", sent).status_code == 303
    assert browser.post(f"{BASE}/gaps", sent).status_code == 422
    assert plan_gaps.missing([found[0]]) == {}


def test_who_said_no_is_on_duty_elsewhere_or_is_excused_there_is_not_offered(world):
    rule(world, "wuli", wanted=2)
    plan_make.ask(2031, world.actors["county"], world.tree.county)
    jobs.Executor().run_due()
    first = Reception.select().order_by(Reception.day).first()
    chen = world.deputies["chen"]
    row = Duty.get((Duty.reception_id == first.id) & (Duty.deputy_id == chen.id))
    Duty.delete().where(Duty.reception_id == first.id).execute()
    assert {one.name for one, _n in plan_gaps.stand_ins([first])[first.id]} == {"张桂兰", "陈志远"}

    world.make("wish", {"deputy": chen.id, "kind": "cannot", "from_day": first.day.isoformat(), "to_day": first.day.isoformat()})
    assert {one.name for one, _n in plan_gaps.stand_ins([first])[first.id]} == {"张桂兰"}
    Duty.create(**{**row.__data__, "id": None, "deputy_id": world.deputies["zhang"].id, "state": "excused", "uid": "x" * 26,
                   "person_id": world.people["zhang"].id})
    assert plan_gaps.stand_ins([first])[first.id] == []


# ---------------------------------------------------------------- choosing a rule

@pytest.mark.parametrize(("asked", "rrule", "count"), [
    ("how=days&numbers=15", "FREQ=MONTHLY;BYMONTHDAY=15", 12), ("how=days&numbers=10、25", "FREQ=MONTHLY;BYMONTHDAY=10,25", 24),
    ("how=week&weekdays=WE", "FREQ=WEEKLY;BYDAY=WE", 53), ("how=nth&place=2&weekday=FR", "FREQ=MONTHLY;BYDAY=2FR", 12),
    ("how=workday", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", 12),
    ("how=typed&typed=每月最后一个周五", "FREQ=MONTHLY;BYDAY=-1FR", 12),
    ("how=days&numbers=15&every=3", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15", 4),
])
def test_what_is_chosen_is_a_rule_whose_days_are_shown_before_it_is_entered(world, asked, rrule, count):
    found = world.browser("county").api("GET", f"{BASE}/rule?from_day=2031-01-01&to_day=2031-12-31&on_holiday=keep&{asked}").json

    assert (found["ok"], found["rule"], found["count"]) == (True, rrule, count), found["problem"]
    page = world.browser("county").get(f"{BASE}/rule?from_day=2031-01-01&to_day=2031-12-31&{asked}")
    assert page.status_code == 200 and "schedule/new?rrule=" in page.text and not Schedule.select().exists()


@pytest.mark.parametrize(("asked", "word"), [
    ("how=days&numbers=15&to_day=", "永无截止|never ends"), ("how=days&numbers=40", "."), ("how=days&numbers=", "."),
    ("how=typed&typed=有空", "."), ("how=days&numbers=15&left_out=2031-02-30", "2031-02-30"),
    ("how=days&numbers=15&from_day=xx", "2026-01-01"), ("how=days&numbers=15&to_day=2030-01-01", "."),
    ("how=days&numbers=15&to_day=2099-01-01", "10"),
    ("how=typed&typed=FREQ=DAILY&from_day=2031-01-01&to_day=2033-01-01", "400"),
])
def test_what_cannot_be_used_is_said_in_words_in_place_of_the_days(world, asked, word):
    import re

    found = world.browser("county").api("GET", f"{BASE}/rule?{asked}").json

    assert found["ok"] is False and re.search(word, found["problem"]) and found["days"] == []
    assert world.browser("county").get(f"{BASE}/rule?{asked}").status_code == 200


def test_the_page_of_a_rule_says_it_in_words_with_exceptions_and_its_next_days(world):
    found = rule(world, "wuli", left_out="2031-02-15", added="2031-02-18")

    page = world.browser("county").get(f"{BASE}/schedule/{found.id}").text

    assert "每月15日" in page and "2031年2月18日" in page and "停止接待" in page


def test_pages_of_a_plan_and_a_reception_name_the_rule_and_who_is_on_duty(world):
    drafted(world, "wuli")
    plan, case = Plan.get(), Reception.select().order_by(Reception.day).first()

    assert "每月15日" in world.browser("county").get(f"{BASE}/plan/{plan.id}").text
    page = world.browser("liaison").get(f"/d/610902104/liaison_station/reception/{case.id}").text
    assert "每月15日" in page
    assert f"/duty/{Duty.get(Duty.reception_id == case.id).id}/swap" in page
    assert "/swap\"" not in world.browser("viewer").get(f"{BASE}/reception/{case.id}").text
