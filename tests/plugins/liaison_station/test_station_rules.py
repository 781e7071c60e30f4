"""The staffing rule of stations: what is there, what is missing, why, who may mend it; who may head a station."""
import threading
from datetime import date, timedelta

import pytest
from support.station_world import SINCE, columns

from grid321.core import db, people
from grid321.core.db import local_day
from grid321.core.errors import Invalid, NotFound, Problem, Refused
from grid321.core.people import Person, Post
from grid321.plugins.liaison_station import station_records, station_rules
from grid321.plugins.liaison_station.station_models import Staff


def findings(world, station, day=None):
    """What the rule finds at a station, by key."""
    return {one.key: one for one in station_rules.staffing(world.stations[station].id, day)}


def post(world, who, kind, node, from_day=SINCE, to_day=None):
    """Give one of the people a post of the core."""
    return Post.create(person_id=world.people[who].id, kind=kind, from_day=from_day, to_day=to_day, **columns(node))


def person(world, name, node):
    """Somebody without any post."""
    world.people[name] = Person.create(name=name, initials="x", **columns(node))
    return world.people[name]


def enter(world, station, who, role, by="county", **more):
    """Enter who works at a station, from today unless said otherwise."""
    return world.make("staff", {"station": world.stations[station].id, "person": world.people[who].id, "role": role,
                                "from_day": local_day().isoformat(), **more}, by,
                      world.tree.town if by == "town" else None)


def leave(world, station, role):
    """Everybody of a post leaves a station yesterday."""
    for row in Staff.select().where((Staff.station_id == world.stations[station].id) & (Staff.role == role)):
        world.change(row, {"to_day": (local_day() - timedelta(days=1)).isoformat()})


# ---------------------------------------------------------------- findings

def test_the_findings_say_what_is_there_what_is_missing_why_and_who_may_mend_it(world):
    found = findings(world, "wuli_village")

    assert found["head"].ok and found["head"].there == "赵德发" and found["head"].remedy == ""
    assert not found["deputy_head"].ok and found["deputy_head"].missing == "还差1名"
    assert "应有1" in found["deputy_head"].why and "来源" in found["deputy_head"].why
    assert "五里镇" in found["deputy_head"].remedy and "汉滨区" in found["deputy_head"].remedy
    assert found["liaison"].ok and "1–2" in found["liaison"].why


def test_a_third_liaison_officer_is_one_too_many(world):
    for name in ("甲", "乙"):
        person(world, name, world.tree.village)
        enter(world, "wuli_village", name, "liaison")

    assert findings(world, "wuli_village")["liaison"].missing == "多出1名"


def test_a_county_that_loosens_the_rule_is_named_with_its_source(world):
    world.set("staff_deputy_head", 0)

    found = findings(world, "wuli_village")["deputy_head"]

    assert found.ok and "县办法" in found.why


def test_the_rule_of_a_day_is_asked_of_the_staff_of_that_day(world):
    leave(world, "wuli_village", "liaison")

    assert not findings(world, "wuli_village")["liaison"].ok
    assert findings(world, "wuli_village", local_day() - timedelta(days=2))["liaison"].ok


def test_kinds_without_staff_of_their_own_have_one_line_that_says_so(world):
    point = world.change(world.stations["liuying"], {"kind": "point"})

    only = station_rules.staffing(point.id)

    assert [(one.key, one.ok) for one in only] == [("kind", True)] and "联络点" in only[0].there


def test_a_station_that_does_not_exist_has_no_findings(world):
    with pytest.raises(NotFound):
        station_rules.staffing(10**9)


def test_the_head_of_a_station_is_found_by_day(world):
    station = world.stations["wuli_village"].id

    assert station_rules.head_of(station).name == "赵德发"
    assert station_rules.head_of(station, SINCE - timedelta(days=1)) is None


def test_the_kinds_of_stations_are_read_with_the_words_of_the_county(world):
    assert list(station_rules.kinds(world.tree.county.id))[:3] == ["home", "central", "station"]
    assert station_rules.kinds(world.tree.county.id)["home"] == "代表之家"


# ---------------------------------------------------------------- who heads a station

def test_a_head_of_a_village_station_who_is_no_deputy_is_refused_with_the_reason_and_its_source(world):
    leave(world, "wuli_village", "head")
    person(world, "何书记", world.tree.village)
    post(world, "何书记", "station_village_secretary", world.tree.village)

    with pytest.raises(Invalid) as refusal:
        enter(world, "wuli_village", "何书记", "head")

    assert refusal.value.errors.keys() == {"person"}
    text = refusal.value.errors["person"][0]
    assert "不是人大代表" in text and "来源" in text and "五里村人大代表联络站" in text
    assert station_rules.head_of(world.stations["wuli_village"].id) is None


def test_a_deputy_who_is_not_the_secretary_is_refused_and_both_lacks_are_named_at_once(world):
    leave(world, "wuli_village", "head")
    person(world, "外人", world.tree.village)

    with pytest.raises(Invalid) as deputy:
        enter(world, "wuli_village", "sun", "head")
    with pytest.raises(Invalid) as stranger:
        enter(world, "wuli_village", "外人", "head")

    assert "五里村" in deputy.value.errors["person"][0] and "不是人大代表" not in deputy.value.errors["person"][0]
    assert "不是人大代表、" in stranger.value.errors["person"][0]


@pytest.mark.parametrize("kind", ["station_village_secretary", "grid_village_secretary"])
def test_the_secretary_who_is_a_deputy_heads_the_village_station(world, kind):
    leave(world, "wuli_village", "head")
    post(world, "sun", kind, world.tree.village)

    enter(world, "wuli_village", "sun", "head")

    assert findings(world, "wuli_village")["head_is"].ok


def test_the_secretary_of_another_village_does_not_head_this_one(world):
    leave(world, "wuli_village", "head")
    post(world, "sun", "station_village_secretary", world.tree.second_village)

    with pytest.raises(Invalid):
        enter(world, "wuli_village", "sun", "head")


def test_the_chair_of_the_congress_heads_the_towns_station_and_nobody_else(world):
    leave(world, "wuli", "head")
    post(world, "zhang", "station_congress_chair", world.tree.town)

    with pytest.raises(Invalid) as refusal:
        enter(world, "wuli", "chen", "head")
    enter(world, "wuli", "zhang", "head", "town")

    assert "主席" in refusal.value.errors["person"][0]
    assert findings(world, "wuli")["head_is"].ok


def test_a_mandate_that_has_ended_makes_nobody_a_head(world):
    leave(world, "wuli_village", "head")
    post(world, "sun", "station_village_secretary", world.tree.village)
    Post.update(to_day=local_day() - timedelta(days=1)).where(
        (Post.person_id == world.people["sun"].id) & (Post.kind == "core_deputy_town")).execute()

    with pytest.raises(Invalid):
        enter(world, "wuli_village", "sun", "head")


def test_a_county_may_loosen_who_heads_and_the_finding_names_its_source(world):
    leave(world, "wuli_village", "head")
    world.set("head_village", "deputy")

    enter(world, "wuli_village", "sun", "head")

    found = findings(world, "wuli_village")["head_is"]
    assert found.ok and "县办法" in found.why


def test_a_head_who_loses_the_mandate_is_found_and_the_remedy_named(world):
    world.set("head_village", "deputy")
    people.end_post(world.deputies["zhao"].post_id, world.actors["county"].__class__(None, None, "", "", system=True),
                    local_day() - timedelta(days=1))

    found = findings(world, "wuli_village")["head_is"]

    assert not found.ok and found.missing == "此人不是人大代表" and found.remedy


def test_offices_and_the_county_home_choose_their_head(world):
    leave(world, "home", "head")
    person(world, "主任", world.tree.county)

    enter(world, "home", "主任", "head")

    assert findings(world, "home")["head_is"].ok


# ---------------------------------------------------------------- entering staff

def test_a_station_has_one_head_at_a_time(world):
    post(world, "sun", "station_village_secretary", world.tree.village)

    with pytest.raises(Invalid) as refusal:
        enter(world, "wuli_village", "sun", "head")

    assert "赵德发" in refusal.value.errors["role"][0]


def test_a_county_with_two_heads_a_station_takes_a_second_and_no_third(world):
    world.set("staff_head", 2)
    world.set("head_village", "deputy")
    enter(world, "wuli_village", "sun", "head")

    with pytest.raises(Invalid) as refusal:
        enter(world, "wuli_village", "qian", "head")

    assert refusal.value.errors.keys() == {"role"} and findings(world, "wuli_village")["head"].ok


def test_of_two_heads_entered_at_the_same_moment_one_is_taken(app, world):
    leave(world, "wuli_village", "head")
    world.set("head_village", "deputy")
    results, barrier = [], threading.Barrier(2)

    def try_to_enter(who):
        with app.app_context():
            try:
                barrier.wait(20)
                results.append(enter(world, "wuli_village", who, "head").id)
            except Problem as problem:
                results.append(problem.status)
            finally:
                db.close_thread()

    threads = [threading.Thread(target=try_to_enter, args=(who,)) for who in ("zhao", "sun")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    today = Staff.select().where((Staff.station_id == world.stations["wuli_village"].id) & (Staff.role == "head")
                                 & Staff.to_day.is_null())
    assert len(results) == 2 and results.count(422) == 1 and today.count() == 1


def test_nobody_is_entered_twice_in_the_same_post(world):
    with pytest.raises(Invalid) as refusal:
        enter(world, "wuli_village", "liaison", "liaison")

    assert refusal.value.errors.keys() == {"person"}


def test_the_last_day_lies_after_the_first_and_stays(world):
    row = Staff.get((Staff.station_id == world.stations["wuli_village"].id) & (Staff.role == "liaison"))

    with pytest.raises(Invalid) as early:
        world.change(row, {"to_day": (SINCE - timedelta(days=1)).isoformat()})
    world.change(row, {"to_day": local_day().isoformat()})
    with pytest.raises(Invalid) as again:
        world.change(row, {"to_day": None})
    with pytest.raises(Invalid) as other:
        world.change(row, {"person": world.people["sun"].id})

    assert [one.value.errors.keys() for one in (early, again, other)] == [{"to_day"}, {"to_day"}, {"person"}]


def test_a_closed_station_takes_nobody(world):
    world.change(world.stations["liuying"], {"closed_on": local_day().isoformat()})

    with pytest.raises(Invalid) as refusal:
        enter(world, "liuying", "liaison", "liaison")

    assert refusal.value.errors.keys() == {"station"}


def liaison_posts(world, who):
    """The open posts of a liaison officer."""
    return list(Post.select().where((Post.person_id == world.people[who].id) & (Post.kind == "station_liaison")
                                    & Post.to_day.is_null()))


def test_a_liaison_officer_gets_the_post_that_gives_the_role_and_loses_it_at_the_end(world):
    person(world, "刘联络", world.tree.village)

    row = enter(world, "wuli_village", "刘联络", "liaison", "town")
    held = liaison_posts(world, "刘联络")
    world.change(row, {"to_day": local_day().isoformat()}, "town")

    assert [one.division_id for one in held] == [world.tree.village.id]
    assert liaison_posts(world, "刘联络") == []


def test_who_serves_two_stations_of_a_village_keeps_the_post_until_the_second_ends(world):
    person(world, "刘联络", world.tree.village)
    world.stations["office"] = world.make("station", {
        "division": world.tree.village.code, "name": "产业园代表工作室", "kind": "office", "opened_on": "2024-01-01"})
    first, second = (enter(world, station, "刘联络", "liaison") for station in ("wuli_village", "office"))

    world.change(first, {"to_day": local_day().isoformat()})
    between = liaison_posts(world, "刘联络")
    world.change(second, {"to_day": local_day().isoformat()})

    assert len(between) == 1 and liaison_posts(world, "刘联络") == []


def test_a_mistaken_entry_is_taken_back_on_its_day_with_the_post(world):
    from grid321.core import records

    person(world, "刘联络", world.tree.village)
    row = enter(world, "wuli_village", "刘联络", "liaison")

    records.delete(world.entity("staff"), row.id, world.actors["county"], row.version, world.tree.county)

    assert not Staff.select().where(Staff.id == row.id).exists() and liaison_posts(world, "刘联络") == []


def test_a_liaison_officer_enters_no_staff(world):
    assert world.browser("village_liaison").api("POST", f"/d/{world.tree.village.code}/liaison_station/staff", {
        "station": world.stations["wuli_village"].id, "person": world.people["liaison"].id, "role": "deputy_head",
        "from_day": "2026-01-01"}).status_code == 403


# ---------------------------------------------------------------- the Party member among them

def confirm(world, station, day=None, by="town"):
    """Confirm the rule for a station."""
    return station_records.confirm_party(world.stations[station], day or local_day(), world.actors[by], world.tree.county)


def test_the_confirmation_is_missing_until_the_county_or_town_gives_it(world):
    before = findings(world, "wuli_village")["party"]

    confirm(world, "wuli_village")

    after = findings(world, "wuli_village")["party"]
    assert not before.ok and "确认" in before.remedy and after.ok


def test_who_comes_after_the_confirmation_makes_a_new_one_necessary(world):
    confirm(world, "wuli_village", local_day() - timedelta(days=10))
    person(world, "新副站长", world.tree.village)
    enter(world, "wuli_village", "新副站长", "deputy_head")

    assert not findings(world, "wuli_village")["party"].ok
    with pytest.raises(Invalid):
        confirm(world, "wuli_village", local_day() - timedelta(days=1))
    confirm(world, "wuli_village")
    assert findings(world, "wuli_village")["party"].ok


def test_a_station_with_neither_deputy_head_nor_officers_has_nothing_to_confirm(world):
    with pytest.raises(Refused):
        confirm(world, "datong_village", by="county")

    assert not findings(world, "datong_village")["party"].ok


def test_a_county_that_does_not_ask_for_it_has_no_such_line(world):
    world.set("staff_party", False)

    assert "party" not in findings(world, "wuli_village")


def test_the_page_confirms_and_shows_a_future_day_with_its_error(world):
    browser, station = world.browser("town"), world.stations["wuli_village"]
    url = f"/d/{world.tree.town.code}/liaison_station/station/{station.id}/confirm-party"
    assert browser.get(url).status_code == 200

    late = browser.post(url, {"confirmed_on": (local_day() + timedelta(days=2)).isoformat()})
    done = browser.post(url, {"confirmed_on": local_day().isoformat()})

    assert late.status_code == 422 and done.status_code == 303
    assert world.fresh(station).party_confirmed_on == local_day()
    assert world.browser("village_liaison").get(url).status_code in {403, 404}


def test_by_rest_the_findings_of_a_day_and_the_confirmation(world):
    browser, station = world.browser("town"), world.stations["wuli_village"]
    base = f"/d/{world.tree.town.code}/liaison_station/station/{station.id}"

    asked = browser.api("GET", f"{base}/staffing?day=2023-05-01")
    wrong = browser.api("GET", f"{base}/staffing?day=2023-02-30")
    confirmed = browser.api("POST", f"{base}/confirm-party", {"confirmed_on": local_day().isoformat()})

    assert asked.status_code == 200 and asked.json["day"] == "2023-05-01"
    assert {"key", "ok", "label", "there", "missing", "why", "remedy"} == set(asked.json["findings"][0])
    assert wrong.status_code == 400 and confirmed.status_code == 200
    assert date.fromisoformat(confirmed.json["party_confirmed_on"]) == local_day()
