"""Mandates: the person is found or entered, the core's post begins and ends with the mandate, status has its consequences."""
from datetime import date, timedelta

import pytest

from grid321.core import db, people, records
from grid321.core.actor import SYSTEM
from grid321.core.errors import Conflict, Invalid, Refused
from grid321.core.people import Person, Post
from grid321.core.registry import registry
from grid321.plugins.liaison_station import deputy_life, placement
from grid321.plugins.liaison_station.deputy_models import Deputy, Placement

PHONE = "13800000001"


def number(body):
    """An identity number of somebody invented, with the right check character."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


ID = number("61090219800101001")
WRONG_ID = f"{ID[:-1]}{'1' if ID[-1] != '1' else '2'}"


def enter(world, who="county", **changes):
    """A mandate of the county's congress."""
    return world.make("deputy", {"name": "黄春明", "level": "county", "district": world.districts["c1"].id, **changes}, who)


def posts(person_id):
    """(kind, first day, last day) of the posts somebody holds or held."""
    return [(post.kind, post.from_day, post.to_day) for post in
            Post.select().where(Post.person_id == person_id).order_by(Post.from_day)]


def test_a_new_mandate_enters_the_person_and_gives_the_post_of_its_level(world):
    deputy = enter(world, phone=PHONE, id_number=ID, skills="法律、mediation")
    person = Person.get_by_id(deputy.person_id)
    entity = world.entity("deputy")
    assert (deputy.name, deputy.status, deputy.skills, deputy.congress_id) == ("黄春明", "active", "law,mediation",
                                                                             world.congresses["county"].id)
    assert posts(person.id) == [("core_deputy_county", deputy.from_day, None)] and deputy.from_day == date(2022, 1, 1)
    assert person in people.holders(world.tree.county, "core_deputy_county")
    assert person.phone != PHONE and person.phone_tail == "0001" and people.find_by_id_number(ID).id == person.id
    assert PHONE not in str(records.history(entity, deputy.id)) and ID not in str(Deputy.select().dicts().get())


def test_a_recorded_person_is_found_by_identity_number_by_telephone_or_by_a_name_nobody_else_has(world):
    first = enter(world, id_number=ID, phone=PHONE)
    town = {"level": "town", "district": None, "division": world.tree.town.code}
    assert enter(world, **town, id_number=ID).person_id == first.person_id
    again = world.make("deputy", {"name": "黄春明", "level": "city"})
    assert again.person_id == first.person_id and Person.select().where(Person.name == "黄春明").count() == 1
    other = enter(world, phone="13800000002")
    assert other.person_id != first.person_id
    world.make("congress", {"name": "省十四届", "level": "province", "number": 14, "from_day": "2023-01-01"})
    with pytest.raises(Invalid) as refused:
        world.make("deputy", {"name": "黄春明", "level": "province"})
    assert "name" in refused.value.errors
    with pytest.raises(Invalid) as refused:
        enter(world, name="黄春亮", id_number=ID)
    assert "id_number" in refused.value.errors
    assert Deputy.select().count() == 16


def test_a_post_that_was_held_before_the_mandate_was_entered_becomes_its_post(world):
    person = Person.create(name="罗敏", division_id=world.tree.county.id, county_id=world.tree.county.id,
                           city_id=world.tree.city.id)
    post = people.appoint(person.id, "core_deputy_county", world.tree.county, SYSTEM, from_day=date(2023, 5, 1))
    deputy = world.make("deputy", {"person": person.id, "level": "county"})
    assert (deputy.post_id, deputy.post_made) == (post.id, False) and len(posts(person.id)) == 1


def test_nobody_is_twice_a_deputy_to_one_congress(world):
    with pytest.raises(Invalid) as refused:
        world.make("deputy", {"person": world.people["zhang"].id, "level": "county"})
    assert "name" in refused.value.errors and Deputy.select().count() == 12
    with db.transaction(), pytest.raises(Conflict):  # another clerk, who looked before the first one wrote
        deputy_life.create_deputy({"person_id": world.people["zhang"].id, "level": "county"}, world.actors["county"],
                                  world.tree.county)


@pytest.mark.parametrize(("changes", "field"), [
    ({"name": ""}, "name"), ({"level": "town"}, "division"), ({"level": "province"}, "congress"),
    ({"district": "w1"}, "district"), ({"to_day": "2021-01-01", "from_day": "2022-01-01"}, "to_day"),
    ({"status": "suspended"}, "status_on"), ({"status": "ended", "status_on": "2026-01-01"}, "status_reason"),
    ({"status": "ended", "status_on": "2026-01-01", "status_reason": "other"}, "status_text"),
    ({"skills": "飞行"}, "skills"), ({"id_number": WRONG_ID}, "id_number"), ({"phone": "123"}, "phone")])
def test_what_does_not_fit_is_refused_at_its_field_and_nothing_is_stored(world, changes, field):
    if "district" in changes:
        changes = {"district": world.districts[changes["district"]].id}
    before = Person.select().count()
    with pytest.raises(Invalid) as refused:
        enter(world, **changes)
    assert field in refused.value.errors
    assert (Deputy.select().count(), Person.select().count()) == (12, before)


def test_a_suspended_deputy_has_no_post_and_no_duty_until_the_mandate_goes_on(world):
    told, zhang, today = [], world.deputies["zhang"], db.local_day()
    deputy_life.ON_STATUS.append(lambda deputy, actor: told.append((deputy.name, deputy.status)))
    try:
        since = today - timedelta(10)
        world.change(zhang, {"status": "suspended", "status_on": since.isoformat(), "status_reason": "detained"})
        assert posts(zhang.person_id) == [("core_deputy_county", date(2022, 1, 1), since - timedelta(1))]
        assert {one.name for one in placement.deputies_of(world.stations["wuli"].id)} == {"陈志远"}
        assert placement.coverage(world.tree.county) == placement.Coverage(11, 11)

        world.change(zhang, {"status": "active", "status_on": today.isoformat(), "status_reason": None})
        assert posts(zhang.person_id)[1:] == [("core_deputy_county", today, None)]
        assert {one.name for one in placement.deputies_of(world.stations["wuli"].id)} == {"陈志远", "张桂兰"}
    finally:
        deputy_life.ON_STATUS.pop()
    assert told == [("张桂兰", "suspended"), ("张桂兰", "active")]


def test_an_ended_mandate_ends_its_post_and_its_placements_and_says_why(world):
    chen, day = world.deputies["chen"], db.local_day() - timedelta(3)
    ended = world.change(chen, {"status": "ended", "status_on": day.isoformat(), "status_reason": "moved"})
    row = Placement.get_by_id(world.placements["chen"].id)
    assert ended.to_day == day == row.to_day and row.ended_why
    assert posts(chen.person_id) == [("core_deputy_county", date(2022, 1, 1), day)]
    assert [step["step"] for step in records.history(world.entity("deputy"), chen.id)] == ["edit"]

    again = world.change(chen, {"status": "active", "status_on": None})
    assert again.to_day is None and posts(chen.person_id) == [("core_deputy_county", date(2022, 1, 1), None)]


def test_other_changes_of_an_ended_mandate_leave_its_last_day(world):
    chen, day = world.deputies["chen"], db.local_day() - timedelta(3)
    world.change(chen, {"status": "ended", "status_on": day.isoformat(), "status_reason": "moved"})
    assert world.change(chen, {"job": "教师"}).to_day == day


def test_person_level_and_term_of_a_mandate_stay(world):
    li = world.deputies["li"]
    for raw, field in (({"person": world.people["wang"].id}, "person"), ({"level": "county"}, "level"),
                       ({"congress": world.congresses["county"].id}, "congress"), ({"name": "李秀"}, "name")):
        with pytest.raises(Invalid) as refused:
            world.change(li, raw)
        assert field in refused.value.errors
    assert world.fresh(li).version == 1


def test_a_telephone_typed_with_a_mandate_goes_to_the_person(world):
    li = world.deputies["li"]
    world.change(li, {"phone": PHONE})
    assert Person.get_by_id(li.person_id).phone_tail == "0001"


def test_a_mandate_entered_by_mistake_goes_with_its_post_and_person_but_not_one_that_was_used(world):
    entity, county, before = world.entity("deputy"), world.tree.county, Person.select().count()
    deputy = enter(world)
    records.delete(entity, deputy.id, world.actors["county"], None, county)
    assert Person.select().count() == before and posts(deputy.person_id) == []

    known = enter(world)
    world.make("deputy", {"person": known.person_id, "level": "city"})
    records.delete(entity, known.id, world.actors["county"], None, county)
    assert Person.get_by_id(known.person_id).name == "黄春明"  # the other mandate names the person
    with pytest.raises(Refused):
        records.delete(entity, world.deputies["li"].id, world.actors["county"], None, county)


def test_a_corrected_name_reaches_the_mandates(world):
    li = world.people["li"]
    records.update(registry().entity("core.person"), li.id, {"name": "李秀媚"}, SYSTEM, None, world.tree.county)
    deputy_life.renamed(li.id)
    assert world.fresh(world.deputies["li"]).name == "李秀媚"


def test_a_deputy_sees_the_own_mandate_only(world):
    assert "李秀梅" in world.browser("li").get(f"/d/{world.tree.county.code}/liaison_station/deputy/").text
    page = world.browser("zhang").get(f"/d/{world.tree.county.code}/liaison_station/deputy/")
    assert page.status_code == 200 and "张桂兰" in page.text and "李秀梅" not in page.text


def test_terms_of_one_congress_do_not_overlap_and_one_with_deputies_is_not_deleted(world):
    raw = {"name": "第二十届", "level": "county", "number": 20, "from_day": "2026-01-01"}
    with pytest.raises(Invalid) as refused:
        world.make("congress", raw)
    assert "from_day" in refused.value.errors
    world.change(world.congresses["county"], {"to_day": "2025-12-31"})
    later = world.make("congress", raw)
    assert enter(world).congress_id == later.id
    with pytest.raises(Refused):
        records.delete(world.entity("congress"), later.id, world.actors["county"], None, world.tree.county)
