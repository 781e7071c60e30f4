"""Persons, departments and posts: who is recorded once, who may hold what where and when."""
from datetime import date, timedelta

import pytest

from grid321.core import access, crypto, db, people, records, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.db import local_day
from grid321.core.errors import Conflict, Invalid, NotFound, Refused
from grid321.core.people import Person, Post
from grid321.core.registry import registry

ID_NUMBER = "11010519491231002X"  # the example of GB 11643-1999
OTHER = "610902188001010015"


@pytest.fixture
def entity():
    """Return an entity of the core by its short name."""
    return lambda name: registry().entity(f"core.{name}")


@pytest.fixture
def person(here, entity):
    """Return ``person(name, **values)``: record somebody at the village."""
    return lambda name="张伟", at=None, **values: records.create(entity("person"), {"name": name, **values}, SYSTEM,
                                                                 at or here.tree.village)


# -- persons -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("name", "letters"), [
    ("张伟", "zw"), ("单雄信", "sxx"), ("尉迟恭", "ycg"), ("仇和", "qh"), ("欧阳娜娜", "oynn"), ("𠮷㛃䶮", "jjy"),
    ("Li Wei", "lw"), ("阿依古丽·买买提", "ayglmmt")])
def test_the_pinyin_initials_of_a_name_follow_its_reading_as_a_name(name, letters):
    assert people.initials(name) == letters


def test_a_person_is_found_by_initials_and_the_stored_numbers_are_sealed(person):
    found = person("李㛃", phone="154 0000 1234", id_number=ID_NUMBER.lower())
    stored = Person.get_by_id(found.id)
    assert (stored.name, stored.initials, stored.phone_tail) == ("李㛃", "lj", "1234")
    assert "1234" not in stored.phone
    assert "1949" not in stored.id_number
    assert crypto.open_sealed(stored.id_number, "core_person", "id_number", stored.uid) == ID_NUMBER
    assert crypto.open_sealed(stored.phone, "core_person", "phone", stored.uid) == "15400001234"
    assert people.find_by_id_number(ID_NUMBER).id == found.id


def test_a_person_is_recorded_once_whatever_the_division(person, here):
    person(id_number=ID_NUMBER)
    with pytest.raises(Conflict) as refusal:
        person("另一人", at=here.tree.other_village, id_number=ID_NUMBER)
    assert refusal.value.errors["id_number"]
    assert Person.select().count() == 1


def test_two_persons_without_identity_number_may_have_one_name(person):
    person("王芳")
    person("王芳")
    assert Person.select().where(Person.name == "王芳").count() == 2


@pytest.mark.parametrize("number", [
    "110105194912310021", "11010519491331002X", "11010519490229002X", "1101051949123100", "110105 1949 1231 002Z",
    "６１０９０２１９４９１２３１００２Ｘ", "x" * 18])
def test_an_identity_number_with_a_wrong_digit_is_refused_at_its_field(person, number):
    with pytest.raises(Invalid) as refusal:
        person(id_number=number)
    assert list(refusal.value.errors) == ["id_number"]
    assert Person.select().count() == 0


@pytest.mark.parametrize("phone", ["1", "12345678901", "154000012345", "abc", "23800000000"])
def test_a_telephone_that_is_none_is_refused_at_its_field(person, phone):
    with pytest.raises(Invalid) as refusal:
        person(phone=phone)
    assert list(refusal.value.errors) == ["phone"]


def test_a_changed_name_changes_the_initials_and_leaves_the_numbers_alone(person, entity, here):
    found = person("张伟", phone="15400001234", id_number=ID_NUMBER)
    before = Person.get_by_id(found.id)
    records.update(entity("person"), found.id, {"name": "李伟"}, SYSTEM, 1, here.tree.county)
    after = Person.get_by_id(found.id)
    assert (after.name, after.initials) == ("李伟", "lw")
    assert (after.phone, after.id_number) == (before.phone, before.id_number)


def test_an_identity_number_can_be_corrected_but_not_to_that_of_somebody_else(person, entity, here):
    person(id_number=ID_NUMBER)
    second = person("王芳")
    with pytest.raises(Conflict):
        records.update(entity("person"), second.id, {"id_number": ID_NUMBER}, SYSTEM, 1, here.tree.county)
    records.update(entity("person"), second.id, {"phone": "15400005678"}, SYSTEM, 1, here.tree.county)
    assert Person.get_by_id(second.id).phone_tail == "5678"


def test_a_person_who_held_a_post_is_not_deleted(person, entity, here):
    found = person()
    appointed(here, found)
    with pytest.raises(Refused):
        records.delete(entity("person"), found.id, SYSTEM, 1, here.tree.county)
    unknown = person("王芳")
    records.delete(entity("person"), unknown.id, SYSTEM, 1, here.tree.county)
    assert Person.get_or_none(Person.id == unknown.id) is None


# -- departments ---------------------------------------------------------------------------------------------------

def test_a_division_has_one_department_of_a_name(here, entity):
    with pytest.raises(Invalid):
        records.create(entity("department"), {"name": here.office.name, "kind": "office"}, SYSTEM, here.tree.town)
    records.create(entity("department"), {"name": here.office.name, "kind": "office"}, SYSTEM, here.tree.other_town)


def test_a_closed_department_receives_no_more_work(here, entity):
    assert [one.id for one in people.departments_of(here.tree.town)] == [here.office.id]
    records.update(entity("department"), here.office.id, {"closed_on": local_day()}, SYSTEM, None, here.tree.county)
    assert people.departments_of(here.tree.town) == []


def test_a_department_with_matters_is_closed_and_not_deleted(here, entity, raise_matter, step):
    matter = step(raise_matter(), "send_up", here.village, record="会议")
    step(matter, "hand_over", here.town, department_id=here.office.id)
    with pytest.raises(Refused):
        records.delete(entity("department"), here.office.id, SYSTEM, 1, here.tree.county)


# -- posts ---------------------------------------------------------------------------------------------------------

def kinds():
    """The first kinds of post the test plugin declares: one for villages, one in a department."""
    posts = registry().posts.values()
    village = next(kind for kind in posts if "village" in kind.levels and not kind.department)
    desk = next((kind for kind in posts if kind.department), None)
    return village, desk


def appointed(here, person, **values):
    return people.appoint(person.id, kinds()[0].key, values.pop("at", here.tree.village), SYSTEM, **values)


def test_a_post_gives_its_role_from_the_first_day_to_the_last(here, person, make_account, tick):
    from grid321.core import accounts

    found = person()
    account = accounts.create_account("post.holder", None, here.tree.village, SYSTEM, person_id=found.id)
    kind = kinds()[0]
    today = local_day()
    post = appointed(here, found, from_day=today, to_day=today + timedelta(days=10))
    assert (kind.role, here.tree.village.id) in accounts.held(account.id)
    assert any(grant.role == kind.role for grant in access.actor_of(account.id).grants)
    tick(today + timedelta(days=11), sweep=False)
    assert (kind.role, here.tree.village.id) not in accounts.held(account.id)
    assert people.posts_of(found.id) == []
    assert people.posts_of(found.id, today)[0].id == post.id


def test_who_holds_a_post_is_found_at_its_division(here, person):
    found = person("李㛃")
    appointed(here, found)
    assert [one.name for one in people.holders(here.tree.village, kinds()[0].key)] == ["李㛃"]
    assert people.holders(here.tree.second_village, kinds()[0].key) == []
    assert [post.person_id for post in people.posts_at(here.tree.village)] == [found.id]


def test_a_post_exists_only_at_its_level(here, person):
    kind = kinds()[0]
    level = next(node for node in (here.tree.county, here.tree.town, here.tree.city) if node.level not in kind.levels)
    with pytest.raises(Invalid) as refusal:
        people.appoint(person().id, kind.key, level, SYSTEM)
    assert "kind" in refusal.value.errors


def test_a_post_nobody_declares_is_refused(here, person):
    with pytest.raises(Invalid):
        people.appoint(person().id, "emperor", here.tree.village, SYSTEM)


@pytest.mark.parametrize(("first", "last"), [((0, None), (5, None)), ((0, 10), (10, 20)), ((5, None), (0, 5)), ((0, 3), (0, 3))])
def test_nobody_holds_the_same_post_twice_at_once(here, person, first, last):
    found, today = person(), local_day()

    def span(pair):
        return {"from_day": today + timedelta(days=pair[0]),
                "to_day": None if pair[1] is None else today + timedelta(days=pair[1])}

    appointed(here, found, **span(first))
    with pytest.raises(Conflict):
        appointed(here, found, **span(last))
    assert Post.select().count() == 1


def test_the_same_post_follows_itself_without_a_gap_and_another_person_may_hold_it_too(here, person):
    found, today = person(), local_day()
    appointed(here, found, from_day=today, to_day=today + timedelta(days=9))
    appointed(here, found, from_day=today + timedelta(days=10))
    appointed(here, person("王芳"), from_day=today)
    appointed(here, found, at=here.tree.second_village)
    assert Post.select().count() == 4


def test_a_post_ends_with_its_last_day_and_not_before_it_began(here, person):
    post = appointed(here, person(), from_day=date(2026, 1, 1))
    with pytest.raises(Invalid):
        people.end_post(post.id, SYSTEM, date(2025, 12, 31))
    assert people.end_post(post.id, SYSTEM, date(2026, 1, 31)).to_day == date(2026, 1, 31)
    with pytest.raises(NotFound):
        people.end_post(post.id + 1000, SYSTEM)


def test_the_person_of_a_post_does_not_change(here, person, entity):
    post, other = appointed(here, person()), person("王芳")
    with pytest.raises(Invalid):
        records.update(entity("post"), post.id, {"person_id": other.id}, SYSTEM, 1, here.tree.county)


def test_a_department_of_another_division_is_refused(here, person):
    with pytest.raises(Invalid) as refusal:
        appointed(here, person(), department_id=here.office.id)
    assert "department_id" in refusal.value.errors


def test_an_appointment_is_seen_by_every_process_at_its_next_request(here, person):
    before = snapshot.revision()
    appointed(here, person())
    assert snapshot.revision() != before


def test_the_list_of_posts_says_in_words_what_they_are(here, person, client_for):
    appointed(here, person("赵敏"))
    page = client_for("core.county_admin", here.tree.county).get(f"/d/{here.tree.village.code}/core/post/").text
    assert str(kinds()[0].label) in page
    assert f">{kinds()[0].key}<" not in page


def test_posts_of_a_long_transaction_leave_the_snapshot_it_holds_and_are_told_to_everybody_at_its_end(here, person, entity):
    holders = [person(f"网格员{number}") for number in range(3)]
    before = snapshot.revision()
    with db.transaction():
        held = snapshot.hold()
        for one in holders:
            records.create(entity("post"), {"person_id": one.id, "kind": "core_deputy_county"}, SYSTEM, here.tree.county)
            assert snapshot.hold().settings is held.settings and snapshot.hold().tree is held.tree
        assert snapshot.current().revision == snapshot.revision()[0] != before[0]
        snapshot.bump()
        assert snapshot.hold().settings is not held.settings
    assert snapshot.current().revision == snapshot.revision()[0] != before[0]


def test_a_post_that_was_taken_back_is_in_no_snapshot(here, person, entity):
    found = person()
    before = snapshot.revision()
    with pytest.raises(RuntimeError), db.transaction():
        snapshot.hold()
        records.create(entity("post"), {"person_id": found.id, "kind": "core_deputy_county"}, SYSTEM, here.tree.county)
        raise RuntimeError
    assert snapshot.revision() == before and snapshot.current().revision == before[0]
