"""What a transaction remembers instead of asking again: until it is written, and never from a savepoint that was undone."""
import pytest

from grid321.core import accounts, db, records, references, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.field_base import Frame
from grid321.core.fields import PersonRef
from grid321.core.recipients import accounts_of
from grid321.core.registry import registry


class Undone(Exception):
    """Ends a savepoint."""


@pytest.fixture
def person(here):
    """Return somebody without an account."""
    return records.create(registry().entity("core.person"), {"name": "张伟"}, SYSTEM, here.tree.village).id


def asker(*answers):
    """Return a function that answers one after the other."""
    left = list(answers)
    return lambda: left.pop(0)


def test_a_transaction_asks_once_until_the_answer_is_written_and_outside_one_nothing_is_remembered(here):
    ask = asker(*"abcdefg")
    with db.transaction():
        assert [db.once("key", ask), db.once("key", ask), db.once("other", lambda: "z")] == ["a", "a", "z"]
        db.changed("key")
        assert [db.once("key", ask), db.once("key", ask), db.once("other", ask)] == ["b", "c", "z"]
    with db.transaction():
        assert [db.once("key", ask), db.once("key", ask)] == ["d", "d"]
    assert [db.once("key", ask), db.once("key", ask)] == ["e", "f"]


def test_a_savepoint_that_is_undone_takes_with_it_what_was_remembered_in_it(here):
    ask = asker(*"abcd")
    with db.transaction():
        db.once("kept", lambda: "before")
        with pytest.raises(Undone), db.transaction():
            assert db.once("inside", ask) == "a"
            db.changed("kept")
            assert db.once("kept", ask) == "b"
            raise Undone
        assert (db.once("kept", ask), db.once("inside", ask)) == ("before", "c")
        with db.transaction():
            assert db.once("lasting", ask) == "d"
        assert db.once("lasting", ask) == "d"


def test_what_a_failing_hook_remembered_goes_with_its_savepoint(here):
    with db.transaction():
        with pytest.raises(Undone), db.guest(savepoint=True):
            db.once("inside", lambda: "of the hook")
            raise Undone
        assert db.once("inside", lambda: "asked again") == "asked again"


def test_the_configuration_is_held_once_and_held_again_when_the_savepoint_with_the_lock_was_undone(here, queries):
    def held():
        return len([one for one in queries if "core_revision" in one])

    with db.transaction():
        with pytest.raises(Undone), db.transaction():
            snapshot.hold()
            snapshot.hold()
            raise Undone
        assert held() == 1
        found = snapshot.hold()
        assert (snapshot.hold() is found, held()) == (True, 2)


def test_a_change_of_the_configuration_is_seen_by_who_holds_it(here):
    with db.transaction():
        before = snapshot.hold()
        snapshot.bump()
        assert snapshot.hold() is not before and snapshot.hold().revision != before.revision


def test_an_account_that_is_made_or_disabled_is_the_answer_in_the_same_transaction(here, person, queries):
    with db.transaction():
        administrator = accounts.create_account("administrator", None, here.tree.county)
        accounts.grant(administrator.id, accounts.ADMINISTRATOR, here.tree.county)
    queries.clear()
    with db.transaction():
        assert accounts_of([person]) == {} == accounts_of([person])
        assert len([one for one in queries if "core_account" in one]) == 1
        with pytest.raises(Undone), db.transaction():
            accounts.create_account("undone", None, here.tree.village, person_id=person)
            assert accounts_of([person])
            raise Undone
        assert accounts_of([person]) == {}
        made = accounts.create_account("zhangwei", None, here.tree.village, person_id=person)
        assert accounts_of([person]) == {person: made.id}
        accounts.disable(made.id)
        assert accounts_of([person]) == {}


def test_what_the_rows_of_a_sheet_name_is_asked_for_at_once_and_for_this_actor_alone(here, person, queries):
    far = records.create(registry().entity("core.person"), {"name": "李娜"}, SYSTEM, here.tree.other_village).id
    field, town = PersonRef("Person"), Frame(here.tree.town, here.town)
    queries.clear()
    with db.transaction():
        references.ask_ahead(field, [person, person, far, None, "x", True, 2**70], town)
        references.ask_ahead(field, [person], town)
        assert references.allowed(field, person, town)
        assert len([one for one in queries if "core_person" in one]) == 1
        assert not references.allowed(field, far, town)
        assert not references.allowed(field, person, Frame(here.tree.town, here.actor("matters.reader", here.tree.other_village)))
