"""Calendars of stations and deputies, read back by an independent parser; reminders before a reception."""
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from grid321.core.notify import Notification
from grid321.core.testing_browser import Browser
from grid321.plugins.liaison_station import feeds, ics, reminders
from grid321.plugins.liaison_station.reception_models import Duty, Reception

TODAY = date(2031, 1, 5)
TYPED = st.text(st.characters(exclude_categories=("Cc", "Cs")) | st.just("\n"), max_size=200)


def events(text):
    """The events of a calendar, as the parser reads them."""
    return Calendar.from_ical(text).walk("VEVENT")


@settings(max_examples=300, deadline=None)
@given(TYPED, TYPED, st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.booleans())
def test_whatever_was_typed_is_read_back_as_it_was_and_no_line_is_too_long(summary, place, begin, cancelled):
    begin = begin.replace(microsecond=0)
    entry = ics.Entry("1@x", begin, begin + timedelta(hours=2), begin, summary, place, cancelled=cancelled)

    text = ics.calendar("五里镇联络站", [entry])

    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "") and text.endswith("END:VCALENDAR\r\n")
    (found,) = events(text)
    assert str(found["SUMMARY"]) == summary and str(found.get("LOCATION", "")) == place
    assert found.decoded("DTSTART") == (begin - timedelta(hours=8)).replace(tzinfo=UTC)
    assert str(found["STATUS"]) == ("CANCELLED" if cancelled else "CONFIRMED")
    assert str(Calendar.from_ical(text)["X-WR-CALNAME"]) == "五里镇联络站"


def test_control_characters_are_left_out():
    (found,) = events(ics.calendar("x", [ics.Entry("1@x", datetime(2031, 1, 1), datetime(2031, 1, 2), datetime(2031, 1, 1),
                                                  "a\x00b\x1bc\rd\r\ne\x85")]))

    assert str(found["SUMMARY"]) == "abc\nd\ne"


@pytest.fixture
def here(world, tick):
    """Two posted receptions and a planned one of 五里镇, one of them with 张桂兰 on duty, one postponed, one dropped."""
    tick(TODAY, sweep=False)

    def one(day, *steps, **changed):
        case = world.make("reception", {"station": world.stations["wuli"].id, "day": day, "kind": "reception", "mode": "offline",
                                        "from_minute": "09:00", "to_minute": "11:30", **changed})
        for key, answers in steps:
            case = world.step("county", case, key, **answers)
        return case

    world.first = one("2031-02-15", ("post", {}), theme="道路与出行")
    world.make("duty", {"reception": world.first.id, "deputy": world.deputies["zhang"].id})
    world.moved = one("2031-03-15", ("post", {}), ("postpone", {"to_day": "2031-03-20"}))
    world.gone = one("2031-04-15", ("post", {}), ("drop", {"reason": "换届"}))
    world.secret = one("2031-05-15")
    return world


def test_everybody_reads_the_calendar_of_a_station_by_its_plate(app, here):
    answer = Browser(app).get(f"/d/610902/liaison_station/at/{here.stations['wuli'].plate}/calendar.ics")

    assert answer.status_code == 200 and answer.mimetype == "text/calendar"
    found = {event.decoded("DTSTART"): event for event in events(answer.data)}
    assert set(found) == {datetime(2031, month, day, 1, tzinfo=UTC) for month, day in ((2, 15), (3, 20), (4, 15))}
    first, moved, gone = (found[key] for key in sorted(found))
    assert "五里镇" in str(first["SUMMARY"]) and "张桂兰" in str(first["DESCRIPTION"]) and "道路" in str(first["DESCRIPTION"])
    assert first.decoded("DTEND") - first.decoded("DTSTART") == timedelta(hours=2, minutes=30)
    assert "2031-03-15" in str(moved["DESCRIPTION"]) and int(moved["SEQUENCE"]) > int(first["SEQUENCE"])
    assert str(gone["STATUS"]) == "CANCELLED" and str(first["UID"]).startswith(here.first.uid)


def test_a_calendar_that_did_not_change_is_not_sent_again(app, here):
    address = f"/d/610902/liaison_station/at/{here.stations['wuli'].plate}/calendar.ics"
    mark = Browser(app).get(address).headers["ETag"]

    assert Browser(app).get(address, headers={"If-None-Match": mark}).status_code == 304


def test_a_plate_of_another_place_and_one_that_does_not_exist_get_the_same_answer(app, here):
    plate = here.stations["wuli"].plate
    for address in ("/d/610902/liaison_station/at/nothing1/calendar.ics",
                    f"/d/610902105/liaison_station/at/{plate}/calendar.ics"):
        assert Browser(app).get(address).status_code == 404


def test_a_deputy_subscribes_to_the_own_duties_by_a_link_that_a_new_one_ends(app, here):
    browser = here.browser("zhang")
    made = browser.api("POST", "/d/610902/liaison_station/my-calendar")
    assert made.status_code == 201, made.text
    path = "/d/" + made.json["url"].split("/d/", 1)[1]

    text = Browser(app).get(path)

    (found,) = events(text.data)
    assert str(found["UID"]).startswith(here.first.uid)
    browser.api("POST", "/d/610902/liaison_station/my-calendar")
    assert Browser(app).get(path).status_code == 404


def test_a_link_for_something_else_opens_no_calendar(app, here):
    from grid321.core import signed_links

    token = signed_links.create("liaison_station.voice", "core.person", here.people["zhang"].id, expires=timedelta(days=1))

    assert Browser(app).get(f"/d/610902/liaison_station/calendar/{token}.ics").status_code == 404


def test_the_page_of_the_own_calendar_shows_the_address_once(here):
    page = here.browser("zhang").post("/d/610902/liaison_station/my-calendar", {})

    assert page.status_code == 200 and ".ics" in page.text
    assert ".ics" not in here.browser("zhang").get("/d/610902/liaison_station/my-calendar").text


# ---------------------------------------------------------------- reminders

def test_who_is_on_duty_is_reminded_once_three_days_ahead(here, tick):
    assert reminders.run() == 0
    tick(date(2031, 2, 12), sweep=False)

    assert [reminders.run(), reminders.run()] == [1, 0]

    rows = list(Notification.select().where(Notification.text_key == reminders.TEXT))
    assert [row.account_id for row in rows] == [here.actors["zhang"].account_id]
    assert rows[0].link.endswith(f"/reception/{here.first.id}") and here.first.number in rows[0].text


def test_a_postponed_reception_is_reminded_of_again_and_an_excused_deputy_is_not(here, tick):
    tick(date(2031, 2, 12), sweep=False)
    reminders.run()
    here.step("county", here.first, "postpone", to_day="2031-02-26", reason="大雪")
    Duty.update(state="excused").execute()

    tick(date(2031, 2, 24), sweep=False)

    assert reminders.run() == 1 and Reception.get_by_id(here.first.id).reminded_on == date(2031, 2, 24)
    assert Notification.select().where(Notification.text_key == reminders.TEXT).count() == 1


def test_the_county_sets_how_many_days_ahead_it_reminds(here, tick):
    here.set("remind_days", 7)
    tick(date(2031, 2, 8), sweep=False)

    assert reminders.run() == 1


def test_a_calendar_of_a_station_takes_three_queries(here, caplog):
    caplog.set_level("DEBUG", "peewee")

    feeds.station_text(here.stations["wuli"])

    asked = [one for one in caplog.records if one.name == "peewee" and "liaison_station_" in one.getMessage()]
    assert len(asked) == 3


# ---------------------------------------------------------------- what calendars of telephones rely on

def event_of(app, here, case):
    """The event of a reception in the calendar of 五里镇, as the parser reads it now."""
    text = Browser(app).get(f"/d/610902/liaison_station/at/{here.stations['wuli'].plate}/calendar.ics").data
    return next(event for event in events(text) if str(event["UID"]).startswith(case.uid))


def test_a_postponement_keeps_the_uid_raises_the_sequence_and_moves_the_time_in_china(app, here):
    before = event_of(app, here, here.first)

    here.step("county", here.first, "postpone", to_day="2031-02-20")
    after = event_of(app, here, here.first)
    here.step("county", here.first, "postpone", to_day="2031-02-25")
    again = event_of(app, here, here.first)

    assert str(before["UID"]) == str(after["UID"]) == str(again["UID"])
    assert int(before["SEQUENCE"]) < int(after["SEQUENCE"]) < int(again["SEQUENCE"])
    moment = after.decoded("DTSTART")
    assert moment.utcoffset() is not None and moment.astimezone(ZoneInfo("Asia/Shanghai")) == datetime(
        2031, 2, 20, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert after.decoded("DTSTAMP") >= before.decoded("DTSTAMP")


def test_a_dropped_reception_stays_as_cancelled_with_its_uid_and_a_higher_sequence(app, here):
    before = event_of(app, here, here.first)

    here.step("county", here.first, "drop", reason="大雪封路")
    gone = event_of(app, here, here.first)

    assert str(gone["STATUS"]) == "CANCELLED" and str(gone["UID"]) == str(before["UID"])
    assert int(gone["SEQUENCE"]) > int(before["SEQUENCE"])


def test_rare_characters_of_names_and_places_survive_folding(app, here):
    from grid321.plugins.liaison_station.deputy_models import Deputy
    from grid321.plugins.liaison_station.station_models import Station

    name = "𠮷䶮㛃" * 20
    Deputy.update(name=name).where(Deputy.id == here.deputies["zhang"].id).execute()
    Station.update(address="㛃庄村𠮷祥路；2号,东\\侧").where(Station.id == here.stations["wuli"].id).execute()

    raw = Browser(app).get(f"/d/610902/liaison_station/at/{here.stations['wuli'].plate}/calendar.ics").data
    found = event_of(app, here, here.first)

    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert name in str(found["DESCRIPTION"]) and str(found["LOCATION"]) == "㛃庄村𠮷祥路；2号,东\\侧"


def test_the_calendar_holds_a_whole_year_of_receptions_and_no_deputy_who_is_excused(app, here):
    here.make("schedule", {"station": here.stations["wuli"].id, "title": "每周接待", "kind": "reception", "rrule": "每周三",
                           "from_day": "2031-01-01", "to_day": "2031-12-31", "on_holiday": "keep", "from_minute": "14:00",
                           "to_minute": "16:00", "mode": "offline", "wanted": 1})
    plan = here.make("plan", {"station": here.stations["wuli"].id, "year": 2031})
    here.step("county", plan, "post")
    row = Duty.select().where(Duty.reception_id.in_(Reception.select(Reception.id).where(
        Reception.plan_id == plan.id))).order_by(Duty.day).first()
    Duty.update(state="excused").where(Duty.id == row.id).execute()

    text = Browser(app).get(f"/d/610902/liaison_station/at/{here.stations['wuli'].plate}/calendar.ics").data

    found = {str(event["UID"]).split("@")[0]: event for event in events(text)}
    assert len(found) == 3 + 52
    case = Reception.get_by_id(row.reception_id)
    assert "DESCRIPTION" not in found[case.uid]


def test_a_leaked_address_ends_when_a_new_one_is_made_and_the_page_says_since_when_it_holds(app, here):
    browser, page = here.browser("zhang"), "/d/610902/liaison_station/my-calendar"
    old = "/d/" + browser.api("POST", page).json["url"].split("/d/", 1)[1]
    assert "2031年1月5日" in browser.get(page).text

    new = "/d/" + browser.api("POST", page).json["url"].split("/d/", 1)[1]

    assert Browser(app).get(old).status_code == 404 and Browser(app).get(new).status_code == 200


def test_an_address_of_a_deputy_shows_no_duty_of_anybody_else(app, here):
    here.make("duty", {"reception": here.moved.id, "deputy": here.deputies["chen"].id})
    made = here.browser("zhang").api("POST", "/d/610902/liaison_station/my-calendar").json["url"]

    found = events(Browser(app).get("/d/" + made.split("/d/", 1)[1]).data)

    assert [str(event["UID"]).split("@")[0] for event in found] == [here.first.uid]
