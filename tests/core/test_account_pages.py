"""The administrator's pages for accounts, as a person uses them, and what they refuse."""
import re

import pytest

from grid321.core import accounts, db, passwords
from grid321.core.accounts import Account, RoleGrant
from grid321.core.testing_browser import Browser

TOWN, COUNTY = "/d/610902104/core/accounts", "/d/610902/core/accounts"


@pytest.fixture
def admin(client_for, division_tree):
    """A browser of the county's administrator."""
    return client_for("core.county_admin", division_tree.county)


@pytest.fixture
def town_admin(admin, client_for, division_tree):
    """A browser of a town's administrator."""
    return client_for("core.county_admin", division_tree.town)


def make(browser, username, path=TOWN):
    """Make an account on the pages; returns it and its first password."""
    page = browser.post(f"{path}/new", {"username": username, "person": ""})
    assert page.status_code == 200, page.text
    found = accounts.by_username(username)
    return found, re.search(r"data-first-password[^>]*>([^<]+)<|([a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4})", page.text)


def test_an_account_is_made_gets_a_role_and_its_owner_logs_in(app, admin):
    account, first = make(admin, "wulizhen01")
    first = first[1] or first[2]
    assert passwords.matches(first.strip(), account.password_hash)
    granted = admin.post(f"{TOWN}/{account.id}/grant", {"role": "core.staff", "department": "", "from_day": "", "to_day": ""})
    assert granted.status_code == 303, granted.text
    assert [role for role, _division in accounts.held(account.id)] == ["core.staff"]
    page = admin.get(granted.headers["Location"])
    assert page.status_code == 200
    assert "五里镇" in page.text
    owner = Browser(app)
    form = owner.get("/login")
    token = re.search(r'name="_csrf" value="([^"]+)"', form.text)[1]
    answer = owner.open("/login", method="POST", data={"_csrf": token, "username": "wulizhen01", "password": first.strip()})
    assert answer.status_code == 303
    assert owner.get("/d/610902104/").headers["Location"] == "/me/password"


def test_the_first_password_is_shown_once(admin):
    account, first = make(admin, "wulizhen01")
    text = (first[1] or first[2]).strip()
    assert text not in admin.get(f"{TOWN}/{account.id}").text
    assert text not in admin.get(TOWN).text


@pytest.mark.parametrize("username", ["", "a b", "张三", "x" * 65, "-x-"])
def test_a_user_name_that_does_not_fit_comes_back_with_a_message_at_the_field(admin, username):
    before = Account.select().count()
    page = admin.post(f"{TOWN}/new", {"username": username, "person": ""})
    assert page.status_code == 422
    assert "f-username" in page.text
    assert Account.select().count() == before


def test_a_taken_name_is_a_conflict_with_a_way_out(admin):
    make(admin, "wulizhen01")
    page = admin.post(f"{TOWN}/new", {"username": "WuLiZhen01", "person": ""})
    assert page.status_code == 409
    assert "wulizhen01" in page.text


def test_the_list_is_found_by_name_and_pages_without_losing_anybody(admin, division_tree):
    with db.transaction():
        for number in range(60):
            accounts.create_account(f"clerk-{number:02}", None, division_tree.town)
    first = admin.get(TOWN + "?q=clerk")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)[1].replace("&amp;", "&")
    second = admin.get(following)
    assert all(f"clerk-{number:02}" in first.text + second.text for number in range(60))
    assert "clerk-07" in admin.get(TOWN + "?q=clerk-07").text
    assert "clerk-08" not in admin.get(TOWN + "?q=clerk-07").text


def test_accounts_of_other_divisions_are_not_there(town_admin, division_tree, make_account):
    elsewhere = make_account("core.staff", division_tree.other_town)
    assert elsewhere.username not in town_admin.get(TOWN).text
    assert town_admin.get(f"{TOWN}/{elsewhere.id}").status_code == 404
    assert town_admin.get("/d/610902105/core/accounts").status_code == 403


def test_an_account_from_elsewhere_with_a_role_here_is_seen_here_but_not_managed(town_admin, division_tree, make_account):
    guest = make_account("core.staff", division_tree.other_town)
    accounts.grant(guest.id, "core.staff", division_tree.town)
    page = town_admin.get(f"{TOWN}/{guest.id}")
    assert page.status_code == 200
    for action in ("reset", "disable", "unlock", "totp"):
        assert f"/do/{action}" not in page.text
        assert town_admin.post(f"{TOWN}/{guest.id}/do/{action}").status_code == 403
    assert not Account.get_by_id(guest.id).disabled


def test_a_reset_gives_a_new_first_password_and_ends_the_sessions(admin, client_for, division_tree):
    clerk = client_for("core.staff", division_tree.town)
    assert clerk.get("/me").status_code == 200
    page = admin.post(f"{TOWN}/{clerk.account.id}/do/reset")
    assert page.status_code == 200
    assert re.search(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", page.text)
    assert clerk.get("/me").status_code == 303


def test_the_pages_refuse_to_remove_the_last_administrator(admin):
    page = admin.post(f"{COUNTY}/{admin.account.id}/do/disable")
    assert page.status_code == 422
    assert not Account.get_by_id(admin.account.id).disabled
    row = RoleGrant.get(RoleGrant.account_id == admin.account.id)
    assert admin.post(f"{COUNTY}/{admin.account.id}/revoke/{row.id}").status_code == 422
    assert RoleGrant.get_by_id(row.id).to_day is None


def test_a_town_administrator_is_not_offered_and_not_given_a_role_above(town_admin, division_tree):
    page = town_admin.get(f"{TOWN}/{town_admin.account.id}/grant")
    assert "core.county_admin" in page.text  # on his own town
    assert town_admin.get(f"{COUNTY}/{town_admin.account.id}/grant").status_code == 403
    answer = town_admin.post(f"{COUNTY}/{town_admin.account.id}/grant", {"role": "core.county_admin"})
    assert answer.status_code == 403


def test_an_unknown_role_is_refused_at_its_field(admin, division_tree, make_account):
    account = make_account(None, division_tree.town)
    page = admin.post(f"{TOWN}/{account.id}/grant", {"role": "root", "department": "", "from_day": "", "to_day": ""})
    assert page.status_code == 422
    assert accounts.held(account.id) == []


def test_an_unknown_action_is_not_there(admin, division_tree, make_account):
    account = make_account(None, division_tree.town)
    assert admin.post(f"{TOWN}/{account.id}/do/delete").status_code == 404


def test_a_grant_of_another_account_cannot_be_taken_away_through_this_one(admin, division_tree, make_account):
    one, other = (make_account("core.staff", division_tree.town) for _ in range(2))
    row = RoleGrant.get(RoleGrant.account_id == other.id)
    assert admin.post(f"{TOWN}/{one.id}/revoke/{row.id}").status_code == 404
    assert accounts.held(other.id)


def test_an_auditor_sees_accounts_and_changes_none(client_for, division_tree, make_account):
    account = make_account("core.staff", division_tree.town)
    browser = client_for("core.auditor", division_tree.town)
    page = browser.get(f"{TOWN}/{account.id}")
    assert page.status_code == 200
    assert "/do/" not in page.text
    assert browser.post(f"{TOWN}/{account.id}/do/disable").status_code == 403
    assert browser.get(f"{TOWN}/new").status_code == 403


def test_the_list_of_accounts_names_the_roles_that_posts_give(admin, here):
    from grid321.core import people, records
    from grid321.core.access import SYSTEM
    from grid321.core.registry import registry

    kind = next(kind for kind in registry().posts.values() if "village" in kind.levels and kind.role and not kind.department)
    person = records.create(registry().entity("core.person"), {"name": "张伟"}, SYSTEM, here.tree.village)
    people.appoint(person.id, kind.key, here.tree.village, SYSTEM)
    accounts.create_account("post.holder", None, here.tree.village, SYSTEM, person_id=person.id)
    page = admin.get(f"/d/{here.tree.village.code}/core/accounts").text
    assert f">{registry().roles[kind.role].label}<" in page
