"""Accounts: who may make them, which passwords are taken, who may hand on which role, and that an administrator remains."""
import threading
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from grid321.core import access, accounts, audit, db, passwords, people, records, sessions, snapshot
from grid321.core.access import SYSTEM
from grid321.core.accounts import Account, RoleGrant
from grid321.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from grid321.core.registry import registry

GOOD = "石榴树下三只猫咪睡午觉"


@pytest.fixture
def county_admin(division_tree, make_account):
    """The actor of an administrator of the county."""
    return access.actor_of(make_account("core.county_admin", division_tree.county).id)


@pytest.fixture
def town_admin(division_tree, make_account):
    """The actor of an administrator of one town."""
    return access.actor_of(make_account("core.county_admin", division_tree.town).id)


def test_an_account_is_made_with_its_home_and_its_ancestors(division_tree, county_admin):
    made = accounts.create_account("WuLi.01 ", GOOD, division_tree.town, county_admin)
    assert made.username == "wuli.01"
    assert (made.division_id, made.county_id) == (division_tree.town.id, division_tree.county.id)
    assert made.must_change_password
    assert passwords.matches(GOOD, accounts.get(made.id).password_hash)
    assert not passwords.matches(GOOD + "!", made.password_hash)
    assert GOOD not in made.password_hash


@pytest.mark.parametrize("name", ["", "ab", "a b c", "张三", "-abc", "abc-", "a" * 65, "a\x00bc", "<script>", "abc@"])
def test_a_user_name_that_does_not_fit_is_refused_with_the_rule(division_tree, name):
    with pytest.raises(Invalid) as caught:
        accounts.create_account(name, None, division_tree.town)
    assert "username" in caught.value.errors


@pytest.mark.parametrize("spelling", ["taken", "TAKEN", "ｔａｋｅｎ", " taken "])
def test_a_user_name_is_given_once_in_any_spelling(division_tree, spelling):
    accounts.create_account("taken", None, division_tree.town)
    with pytest.raises(Conflict):
        accounts.create_account(spelling, None, division_tree.town)
    assert Account.select().where(Account.username == "taken").count() == 1


@pytest.mark.parametrize("password", [
    "", "short", "123456789", "1234567890", "PASSWORD123", "Admin12345", "aaaaaaaaaaaa", "abcdefghijkl", "9876543210",
    "ababababab", "my-wulizhen-1", "nehziluw-2026", "tab\tinside-it", "x" * 257, "\ud800surrogate-half"])
def test_a_password_that_is_easy_to_guess_is_refused(password):
    with pytest.raises(Invalid) as caught:
        passwords.check(password, "wulizhen")
    assert caught.value.errors["password"]


@pytest.mark.parametrize("password", [GOOD, "correct horse battery", "Tr0ub4dor&3x", "１２３４五六七八九十"])
def test_a_long_password_is_taken_without_rules_of_composition(password):
    assert passwords.check(password, "wulizhen")


def test_a_password_typed_full_width_is_the_same_password(division_tree):
    made = accounts.create_account("wide", "Abcdefg-1379", division_tree.town)
    assert passwords.matches("Ａｂｃｄｅｆｇ－１３７９", made.password_hash)


def test_an_account_without_password_lets_nobody_in():
    assert not passwords.matches("", None)
    assert not passwords.matches("nobody has this password", None)


def test_suggested_passwords_pass_the_own_check_and_differ():
    found = {passwords.suggest() for _ in range(50)}
    assert len(found) == 50
    assert all(passwords.check(one) for one in found)


def test_a_digest_of_other_parameters_is_outdated():
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("x"))
    assert not passwords.is_outdated(passwords.make("x"))


def test_a_role_holds_between_its_days_only(division_tree, make_account):
    account = make_account(None, division_tree.town)
    today = db.local_day()
    accounts.grant(account.id, "core.staff", division_tree.town, from_day=today + timedelta(days=1),
                   to_day=today + timedelta(days=2))
    assert access.actor_of(account.id).grants == ()
    with db.shift_clock(timedelta(days=2)):
        assert [grant.role for grant in access.actor_of(account.id).grants] == ["core.staff"]
    with db.shift_clock(timedelta(days=3)):
        assert access.actor_of(account.id).grants == ()


def test_a_role_that_is_held_already_is_not_given_twice(division_tree, make_account):
    account = make_account("core.staff", division_tree.town)
    with pytest.raises(Conflict):
        accounts.grant(account.id, "core.staff", division_tree.town)
    accounts.grant(account.id, "core.staff", division_tree.other_town)
    assert len(access.actor_of(account.id).grants) == 2


def test_a_role_that_is_taken_away_is_gone_at_the_next_request_and_stays_in_the_history(division_tree, make_account):
    account = make_account(None, division_tree.town)
    yesterday = db.local_day() - timedelta(days=5)
    row = accounts.grant(account.id, "core.staff", division_tree.town, from_day=yesterday)
    accounts.grant(make_account(None, division_tree.county).id, "core.county_admin", division_tree.county)
    assert access.actor_of(account.id).grants
    accounts.revoke(row.id)
    assert access.actor_of(account.id).grants == ()
    assert RoleGrant.get_by_id(row.id).to_day == db.local_day() - timedelta(days=1)


def test_the_role_of_a_post_counts_while_the_post_is_held(here, make_account):
    person = records.create(registry().entity("core.person"), {"name": "李秘书"}, SYSTEM, here.tree.village)
    account = make_account(None, here.tree.village)
    Account.update(person_id=person.id).where(Account.id == account.id).execute()
    yesterday = db.local_day() - timedelta(days=1)
    post = people.appoint(person.id, "secretary", here.tree.village, SYSTEM, from_day=yesterday)
    actor = access.actor_of(account.id)
    assert [(grant.role, grant.division_id) for grant in actor.grants] == [("matters.officer", here.tree.village.id)]
    assert actor.name == "李秘书"
    people.end_post(post.id, SYSTEM, yesterday)
    assert access.actor_of(account.id).grants == ()


@pytest.mark.parametrize(("values", "field"), [
    ({"role_key": "core.nobody"}, "role"), ({"to_day": "before"}, "to_day"), ({"department_id": 999_999}, "department")])
def test_a_grant_that_does_not_fit_is_refused_at_its_field(division_tree, make_account, values, field):
    account = make_account(None, division_tree.town)
    if values.get("to_day") == "before":
        values = {"to_day": db.local_day() - timedelta(days=1)}
    values = {"role_key": "core.staff", **values}
    with pytest.raises(Invalid) as caught:
        accounts.grant(account.id, node=division_tree.town, **values)
    assert field in caught.value.errors
    assert RoleGrant.select().where(RoleGrant.account_id == account.id).count() == 0


def test_an_administrator_of_a_town_makes_accounts_there_and_nowhere_else(division_tree, town_admin):
    accounts.create_account("inside", None, division_tree.village, town_admin)
    for node in (division_tree.other_town, division_tree.county, division_tree.other_county):
        with pytest.raises(Forbidden):
            accounts.create_account("outside", None, node, town_admin)
    assert accounts.by_username("outside") is None


def test_nobody_hands_on_core_permissions_he_lacks(division_tree, make_account):
    auditor = access.actor_of(make_account("core.auditor", division_tree.county).id)
    other = make_account(None, division_tree.town)
    with pytest.raises(Forbidden):
        accounts.grant(other.id, "core.county_admin", division_tree.town, auditor)


def test_a_town_administrator_cannot_give_himself_the_county(division_tree, town_admin):
    with pytest.raises(Forbidden):
        accounts.grant(town_admin.account_id, "core.county_admin", division_tree.county, town_admin)


def test_a_town_administrator_cannot_take_over_an_account_that_rules_more(division_tree, make_account, town_admin):
    # The home lies in the town, the role above it: a reset password would be the county's.
    account = make_account(None, division_tree.village)
    accounts.grant(account.id, "core.county_admin", division_tree.county)
    for attempt in (lambda: accounts.set_password(account.id, GOOD, town_admin),
                    lambda: accounts.disable(account.id, town_admin), lambda: accounts.unlock(account.id, town_admin)):
        with pytest.raises(Forbidden):
            attempt()
    assert not accounts.get(account.id).disabled


def test_a_new_password_ends_every_session(division_tree, make_account, county_admin):
    account = make_account(None, division_tree.town)
    token = sessions.start(account.id)
    assert sessions.find(token)
    accounts.set_password(account.id, GOOD, county_admin, must_change=True)
    assert sessions.find(token) is None
    assert accounts.get(account.id).must_change_password


def test_a_disabled_account_is_out_at_once_and_can_come_back(division_tree, make_account, county_admin):
    account = make_account("core.staff", division_tree.town)
    token = sessions.start(account.id)
    accounts.disable(account.id, county_admin)
    assert sessions.find(token) is None
    with pytest.raises(NotFound):
        access.actor_of(account.id)
    accounts.enable(account.id, county_admin)
    assert access.actor_of(account.id).grants


def test_the_last_administrator_can_neither_be_disabled_nor_lose_the_role(division_tree, make_account):
    only = make_account("core.county_admin", division_tree.county)
    with pytest.raises(Refused):
        accounts.disable(only.id)
    row = RoleGrant.get(RoleGrant.account_id == only.id)
    with pytest.raises(Refused):
        accounts.revoke(row.id)
    assert not accounts.get(only.id).disabled
    assert access.actor_of(only.id).may("core.account.edit", division_tree.county)
    make_account("core.county_admin", division_tree.county)
    accounts.disable(only.id)
    assert accounts.get(only.id).disabled


def test_two_administrators_who_disable_each_other_at_once_leave_one(app, division_tree, make_account):
    pair = [make_account("core.county_admin", division_tree.county) for _ in range(2)]
    barrier, refused = threading.Barrier(2), []

    def disable(account):
        with app.app_context():
            barrier.wait()
            try:
                accounts.disable(account.id)
            except Refused:
                refused.append(account.id)
            finally:
                db.close_thread()

    threads = [threading.Thread(target=disable, args=(one,)) for one in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Account.select().where(Account.disabled == True).count() == 1  # noqa: E712


def test_every_change_is_audited_without_the_password(division_tree, county_admin, make_account):
    made = accounts.create_account("noted", GOOD, division_tree.town, county_admin)
    accounts.grant(made.id, "core.staff", division_tree.town, county_admin)
    accounts.set_password(made.id, GOOD + "2", county_admin)
    mine = audit.AuditEntry.actor_id == county_admin.account_id
    found = list(audit.AuditEntry.select().where(mine).order_by(audit.AuditEntry.id))
    assert [entry.kind for entry in found] == ["account_created", "role_granted", "password_reset"]
    assert all(GOOD not in str(entry.__data__) for entry in found)


def test_a_refused_account_leaves_no_trace(division_tree, town_admin):
    before = (Account.select().count(), audit.AuditEntry.select().count())
    with pytest.raises(Invalid):
        accounts.create_account("short", "short", division_tree.town, town_admin)
    assert (Account.select().count(), audit.AuditEntry.select().count()) == before


def test_a_role_change_is_seen_by_an_actor_that_is_cached(division_tree, make_account):
    account = make_account("core.staff", division_tree.town)
    first = access.actor_of(account.id)
    assert access.actor_of(account.id) is first
    accounts.grant(account.id, "core.leader", division_tree.county)
    assert {grant.role for grant in access.actor_of(account.id).grants} == {"core.staff", "core.leader"}
    assert snapshot.current().revision
