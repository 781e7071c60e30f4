"""Invitations on paper: who has no account answers and says “I am here” by the own slip; times and amounts by REST; guests."""

from datetime import timedelta

import pytest

from grid321.core import db
from grid321.core.testing_browser import Browser
from grid321.plugins.liaison_station import activity_slips, attendance
from grid321.plugins.liaison_station.activity_models import Attendance


def planned(world, day, state="announce"):
    """An activity of the town's station to which three deputies are invited."""
    made = world.make("activity", {
        "division": world.node("wuli").code, "station": world.stations["wuli"].id, "kind": "station", "title": "走访溪河社区",
        "day": day.isoformat(), "from_minute": "09:00", "to_minute": "11:30", "collective": True}, "town")
    attendance.invite(made.id, [world.people[who].id for who in ("zhang", "chen", "he")], world.actors["town"])
    return world.step("town", made, state)


@pytest.fixture
def nobody(app, world):
    """The browser of somebody who is not logged in."""
    return Browser(app)


@pytest.fixture
def coming(world):
    """An activity in nine days."""
    return planned(world, db.local_day() + timedelta(days=9))


def path_of(activity, name):
    """The address on the slip of a person, without the site."""
    (url,) = [one["url"] for one in activity_slips.slips(activity) if one["name"] == name]
    return "/d/" + url.split("/d/", 1)[1]


def row_of(world, activity, who):
    """What the list says of a person."""
    return Attendance.get((Attendance.activity_id == activity.id) & (Attendance.person_id == world.people[who].id))


def say(browser, path, answer):
    """Press a button of the slip's page."""
    import re

    token = re.search(r'name="_csrf" value="([^"]*)"', browser.get(path).text)
    return browser.open(path, method="POST", data={"_csrf": token[1] if token else "", "answer": answer},
                        headers={"Sec-Fetch-Site": "same-origin"})


def test_the_slips_of_an_activity_name_each_person_with_a_link_of_the_own_and_are_the_same_again(app, world, coming):
    office = world.browser("town")
    path = f"/d/{world.node('wuli').code}/liaison_station/activity/{coming.id}/slips"

    first, second = office.post(path), office.post(path)

    assert first.status_code == 200 and first.text.count("<li") >= 3
    for name in ("张桂兰", "陈志远", "何𠮷"):
        assert name in first.text
    with app.test_request_context("/"):
        assert len({one["url"] for one in activity_slips.slips(coming)}) == 3
        assert all(one["url"] in second.text for one in activity_slips.slips(coming))


def test_a_deputy_without_account_answers_by_the_slip_and_only_for_himself(app, world, coming, nobody):
    with app.test_request_context("/"):
        path = path_of(coming, "陈志远")

    assert say(nobody, path, "comes").status_code == 303

    assert [row_of(world, coming, who).answer for who in ("chen", "zhang", "he")] == ["comes", "", ""]
    assert "陈志远" in nobody.get(path).text and "张桂兰" not in nobody.get(path).text


def test_i_am_here_counts_once_on_the_day_and_not_before(app, world, coming, nobody, tick):
    with app.test_request_context("/"):
        path = path_of(coming, "陈志远")
    assert say(nobody, path, "here").status_code == 422
    assert row_of(world, coming, "chen").came is None

    tick(coming.day, sweep=False)
    for _time in range(2):
        say(nobody, path, "here")

    row = row_of(world, coming, "chen")
    assert (row.came, row.how) == (True, "qr")
    assert attendance.figures([coming.id])[coming.id].deputies == 1


def test_a_forged_slip_and_one_of_another_division_are_not_found(app, world, coming, nobody):
    with app.test_request_context("/"):
        path = path_of(coming, "陈志远")

    assert nobody.get(path[:-3] + "xyz").status_code == 404
    assert nobody.get(path.replace(world.node("wuli").code, world.node("datong").code)).status_code == 404


def test_after_its_day_no_slips_are_printed_and_old_ones_say_so(app, world, coming, nobody, tick):
    with app.test_request_context("/"):
        path = path_of(coming, "陈志远")
    tick(coming.day + timedelta(days=2), sweep=False)

    assert nobody.get(path).status_code == 410
    office = world.browser("town")
    assert office.post(f"/d/{world.node('wuli').code}/liaison_station/activity/{coming.id}/slips").status_code == 422


def test_times_are_read_by_rest_as_they_are_written(world, coming):
    found = world.browser("town").api("GET", f"/d/{world.node('wuli').code}/liaison_station/activity/{coming.id}").json

    assert (found["from_minute"], found["to_minute"]) == ("09:00", "11:30")


def test_programs_add_guests_and_answer_for_who_asks(world, coming):
    base = f"/d/{world.node('wuli').code}/liaison_station"
    office, deputy = world.browser("town"), world.browser("zhang")
    made = office.api("POST", f"{base}/activity/{coming.id}/guest", {"guest": "李伟（住建局）", "role": "department"})
    assert made.status_code == 200 and Attendance.get_by_id(made.json["id"]).guest == "李伟（住建局）"

    home = "/d/610902/liaison_station"
    (mine,) = deputy.api("GET", f"{home}/invitations").json["items"]
    done = deputy.api("POST", f"{home}/invitations", {"attendance": mine["id"], "answer": "comes"})
    assert done.status_code == 200 and row_of(world, coming, "zhang").answer == "comes"
    other = row_of(world, coming, "chen").id
    assert deputy.api("POST", f"{home}/invitations", {"attendance": other, "answer": "comes"}).status_code == 403


def test_all_others_were_there_is_one_press_and_leaves_what_was_said(world):
    held = planned(world, db.local_day())
    attendance.say(row_of(world, held, "he").id, False, world.actors["town"])
    rows = {who: row_of(world, held, who) for who in ("zhang", "chen", "he")}
    form = {f"{word}_{row.id}": {None: "unknown", False: "no", True: "yes"}[row.came] for row in rows.values()
            for word in ("was", "came")}

    world.browser("town").post(f"/d/{world.node('wuli').code}/liaison_station/activity/{held.id}/people",
                               {**form, "others": "came"})

    assert [world.fresh(rows[who]).came for who in ("zhang", "chen", "he")] == [True, True, False]
