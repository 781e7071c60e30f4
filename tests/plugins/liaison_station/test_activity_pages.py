"""The list of an activity, the code shown on its day, one’s own invitations and the page of what is missing, in a browser."""

import re
from datetime import timedelta

import pytest

from grid321.core import db
from grid321.plugins.liaison_station import activity_codes, attendance
from grid321.plugins.liaison_station.activity_models import Activity, Attendance


@pytest.fixture
def activity(world):
    """An announced activity of the town's station on this day; two deputies are invited."""
    made = world.make("activity", {
        "division": world.node("wuli").code, "station": world.stations["wuli"].id, "kind": "council", "title": "代表有约话路灯",
        "day": db.local_day().isoformat(), "from_minute": "09:00", "collective": True}, "town")
    attendance.invite(made.id, [world.people[who].id for who in ("zhang", "chen")], world.actors["town"])
    return world.step("town", made, "announce")


def row_of(world, activity, who):
    """The row of a person in the list."""
    return Attendance.get((Attendance.activity_id == activity.id) & (Attendance.person_id == world.people[who].id))


def page(world, name, station="wuli"):
    """The address of a page of the plugin at a station's division."""
    return f"/d/{world.node(station).code}/liaison_station/{name}"


def code_of(world, activity):
    """The path behind the code that the officer shows."""
    answer = world.browser("town").post(page(world, f"activity/{activity.id}/code"), data={})
    assert answer.status_code == 200
    return re.search(r"(/d/[0-9]+/liaison_station/come/[\w-]{22})", answer.text)[1]


def test_the_officer_ticks_the_list_in_one_go(world, activity):
    first, second = row_of(world, activity, "zhang"), row_of(world, activity, "chen")
    officer, url = world.browser("town"), page(world, f"activity/{activity.id}/people")

    shown = officer.get(url)
    answer = officer.post(url, data={f"came_{first.id}": "yes", f"was_{first.id}": "unknown",
                                     f"came_{second.id}": "no", f"was_{second.id}": "unknown"})

    assert (shown.status_code, answer.status_code) == (200, 303)
    assert (world.fresh(first).came, world.fresh(second).came) == (True, False)
    assert "张桂兰" in shown.text


def test_a_list_opened_earlier_does_not_undo_what_was_scanned_meanwhile(world, activity):
    row = row_of(world, activity, "zhang")
    attendance.scan(activity.id, world.people["zhang"].id, world.actors["zhang"])

    world.browser("town").post(page(world, f"activity/{activity.id}/people"),
                               data={f"came_{row.id}": "unknown", f"was_{row.id}": "unknown"})

    assert world.fresh(row).came is True


def test_a_deputy_scans_the_code_confirms_and_is_there_once(world, activity):
    url, deputy = code_of(world, activity), world.browser("zhang")

    looked = deputy.get(url)
    before = row_of(world, activity, "zhang").came
    answers = [deputy.post(url, data={}).status_code for _time in range(2)]

    assert (looked.status_code, before, answers) == (200, None, [200, 200])
    row = row_of(world, activity, "zhang")
    assert (row.came, row.how) == (True, "qr")
    assert Attendance.select().where(Attendance.activity_id == activity.id).count() == 2


def test_a_deputy_from_elsewhere_who_was_not_invited_scans_too(world, activity):
    answer = world.browser("zhao").post(code_of(world, activity), data={})

    assert answer.status_code == 200
    assert row_of(world, activity, "zhao").role == "deputy"


def test_nobody_without_an_account_is_let_in_by_the_code(app, world, activity):
    url = code_of(world, activity)

    answer = app.test_client().get(url)

    assert (answer.status_code, "/login" in answer.headers["Location"]) == (303, True)
    assert attendance.figures([activity.id])[activity.id].came == 0


def test_a_forged_code_and_one_of_another_place_are_not_valid(world, activity):
    url, deputy = code_of(world, activity), world.browser("zhang")

    forged = deputy.get(url[:-1] + ("A" if url[-1] != "A" else "B"))
    elsewhere = deputy.get(url.replace(world.node("wuli").code, world.tree.county.code, 1))

    assert (forged.status_code, elsewhere.status_code) == (404, 404)


def test_the_code_is_the_same_all_day_and_of_this_day_only(world, activity):
    first = code_of(world, activity)
    assert code_of(world, activity) == first
    Activity.update(day=db.local_day() + timedelta(days=1)).where(Activity.id == activity.id).execute()

    officer = world.browser("town").post(page(world, f"activity/{activity.id}/code"), data={})
    deputy = world.browser("zhang").post(first, data={})

    assert (officer.status_code, deputy.status_code) == (410, 410)
    assert row_of(world, activity, "zhang").came is None


def test_the_code_ends_with_the_day(world, activity, tick):
    url = code_of(world, activity)
    tick(db.local_day() + timedelta(days=1))

    assert world.browser("zhang").post(url, data={}).status_code == 410


def test_an_account_of_nobody_cannot_be_present(world, activity):
    answer = world.browser("viewer").post(code_of(world, activity), data={})

    assert answer.status_code == 422
    assert Attendance.select().where(Attendance.activity_id == activity.id).count() == 2
    assert activity_codes.PURPOSE == "liaison_station.attendance"


def test_a_deputy_answers_the_own_invitation_and_no_other(world, activity):
    deputy = world.browser("zhang")
    own, other = row_of(world, activity, "zhang"), row_of(world, activity, "chen")

    shown = deputy.get(page(world, "invitations"))
    answered = deputy.post(page(world, "invitations/answer"), data={"attendance": own.id, "answer": "cannot"})
    refused = [deputy.post(page(world, "invitations/answer"), data={"attendance": number, "answer": "comes"}).status_code
               for number in (other.id, 999_999, "x")]

    assert (shown.status_code, answered.status_code, refused) == (200, 303, [403, 403, 403])
    assert (world.fresh(own).answer, world.fresh(other).answer) == ("cannot", "")
    assert activity.title in shown.text


def test_an_invitation_waits_only_after_the_announcement(world):
    made = world.make("activity", {"division": world.node("wuli").code, "kind": "study", "title": "学习活动",
                                   "day": db.local_day().isoformat(), "collective": True}, "town")
    attendance.invite(made.id, [world.people["zhang"].id], world.actors["town"])

    assert "学习活动" not in world.browser("zhang").get(page(world, "invitations")).text


def test_deputies_of_the_station_are_invited_at_once_and_a_guest_by_name(world):
    made = world.make("activity", {"division": world.node("wuli").code, "station": world.stations["wuli"].id, "kind": "study",
                                   "title": "学习活动", "day": db.local_day().isoformat(), "collective": True}, "town")
    officer, here = world.browser("town"), page(world, f"activity/{made.id}")

    assert officer.get(f"{here}/invite").status_code == officer.get(f"{here}/guest").status_code == 200
    assert officer.post(f"{here}/invite", data={"whom": "station"}).status_code == 303
    assert officer.post(f"{here}/guest", data={"guest": "周明，住建局", "role": "department"}).status_code == 303
    assert officer.post(f"{here}/guest", data={"guest": "周明，住建局", "role": "leader"}).status_code == 422
    assert officer.post(f"{here}/invite", data={"whom": "person"}).status_code == 422
    assert officer.post(f"{here}/invite", data={"whom": "group"}).status_code == 422

    rows = Attendance.select().where(Attendance.activity_id == made.id)
    assert {row.person_id or row.guest for row in rows} == {
        world.people["zhang"].id, world.people["chen"].id, "周明，住建局"}


def test_only_who_runs_activities_opens_lists_and_codes(world, activity):
    for who in ("viewer", "zhang"):
        for name, method in (("people", "get"), ("invite", "get"), ("guest", "get"), ("code", "post")):
            call = getattr(world.browser(who), method)
            answer = call(page(world, f"activity/{activity.id}/{name}"), **({"data": {}} if method == "post" else {}))
            assert answer.status_code == 403, (who, name)
    assert world.browser("other_town").get(page(world, f"activity/{activity.id}/people", "datong")).status_code == 404


def test_the_page_of_an_activity_shows_figures_demands_results_and_theme(world, activity):
    attendance.say(row_of(world, activity, "zhang").id, True, world.actors["town"])
    world.step("town", activity, "hold", held_on=db.local_day().isoformat(), voters=9)
    world.make("result", {"activity": activity.id, "kind": "built", "title": "安装路灯", "fen": "32000", "quantity": "20",
                          "unit": "盏", "day": db.local_day().isoformat()}, "town", world.node("wuli"))

    shown = world.browser("town").get(page(world, f"activity/{activity.id}"))

    assert shown.status_code == 200
    for text in ("安装路灯", "32000.00", "20 盏", "活动记录", "其中代表"):
        assert text in shown.text


def test_programs_say_who_was_there_and_read_the_list(world, activity):
    row = row_of(world, activity, "chen")
    officer, path = world.browser("town"), page(world, f"activity/{activity.id}/people")

    said = officer.api("POST", path, json={"attendance": row.id, "came": "yes"})
    listed = officer.api("GET", path)
    wrong = officer.api("POST", path, json={"attendance": row.id + 1000, "came": "yes"})

    assert (said.status_code, said.json["came"], wrong.status_code) == (200, True, 422)
    assert {one["name"]: one["came"] for one in listed.json["items"]} == {"陈志远": "yes", "张桂兰": "unknown"}


def test_the_page_of_what_is_missing_names_station_rule_and_source(world):
    officer = world.browser("town")

    shown = officer.get(page(world, "rhythm"))
    later = officer.get(page(world, "rhythm") + "?month=2026-03")
    wrong = [officer.get(page(world, "rhythm") + f"?month={text}").status_code for text in ("2026-13", "march", "2026-3")]
    told = officer.api("GET", f"{page(world, 'rhythm')}?month=2026-03")

    assert (shown.status_code, later.status_code, wrong) == (200, 200, [400, 400, 400])
    assert "五里镇人大代表中心联络站" in later.text
    assert "一季一主题" in later.text
    assert "大同镇" not in later.text
    assert {one["station"] for one in told.json["items"]} == {
        world.stations[key].id for key in ("wuli", "wuli_village", "liuying")}


def test_what_residents_said_at_an_activity_becomes_an_opinion_of_its_station(world, activity):
    from grid321.plugins.liaison_station.day_models import Opinion

    officer, url = world.browser("town"), page(world, f"activity/{activity.id}/said")
    said = {"text": "村口的路灯坏了两个月，晚上看不见路。", "title": "", "place": "村口", "name": "", "phone": ""}
    early = officer.post(url, data={**said, "kind": "roads"})
    attendance.say(row_of(world, activity, "zhang").id, True, world.actors["town"])
    world.step("town", activity, "hold", held_on=db.local_day().isoformat())
    kind = next(code for code, _label in world.entity("opinion").schema().fields["kind"].options())

    shown = officer.get(url)
    sent = officer.post(url, data={**said, "kind": kind})
    empty = officer.post(url, data={**said, "kind": kind, "text": ""})

    assert (early.status_code, shown.status_code, sent.status_code, empty.status_code) == (422, 200, 303, 422)
    (made,) = Opinion.select()
    assert (made.activity_id, made.station_id, made.text) == (activity.id, world.stations["wuli"].id, said["text"])
    assert made.number in officer.get(page(world, f"activity/{activity.id}")).text
