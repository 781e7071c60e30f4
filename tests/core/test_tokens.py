"""API tokens: shown once, limited, refused with a remedy when they no longer work."""
from datetime import timedelta

import pytest

from grid321.core import access, accounts, audit, db, tokens
from grid321.core.errors import Forbidden, Invalid, NotFound, Unauthenticated
from grid321.core.tokens import ApiToken

PATH = "/api/v1/d/610902104/core/department"


@pytest.fixture
def owner(division_tree, make_account):
    """An account that may make tokens, with its actor."""
    account = make_account("core.county_admin", division_tree.county)
    return access.actor_of(account.id)


@pytest.fixture
def call(app):
    """Return ``call(token, path)``: a GET with that token."""
    from grid321.core.testing_browser import Browser

    def get(token, path=PATH, scheme="Bearer"):
        return Browser(app).open(path, headers={"Authorization": f"{scheme} {token}"})

    return get


def test_a_token_works_is_stored_hashed_and_notes_its_use(owner, call):
    token = tokens.create(owner, "OA system", 30)
    assert len(token) == len("g321_") + 43
    row = ApiToken.get()
    assert token not in str(row.__data__)
    assert call(token).status_code == 200
    assert ApiToken.get().last_used_at is not None


def test_an_expired_token_is_answered_with_401_and_what_to_do(owner, call):
    token = tokens.create(owner, "OA", 1)
    with db.shift_clock(timedelta(days=1, minutes=1)):
        answer = call(token)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "token_expired"
    assert "/me" in str(answer.json)


@pytest.mark.parametrize("token", ["", "g321_", "g321_" + "A" * 43, "x" * 5000, "g321_" + "é" * 43, "Bearer"])
def test_a_token_that_is_not_one_gets_one_and_the_same_answer(owner, call, token):
    answer = call(token.encode("utf-8").decode("latin-1"))
    assert answer.status_code == 401
    assert answer.json["code"] == "token_invalid"


def test_a_revoked_token_answers_like_one_that_never_was(owner, call):
    token = tokens.create(owner, "OA", 30)
    tokens.revoke(ApiToken.get().id, owner)
    gone, never = call(token), call("g321_" + "A" * 43)
    assert (gone.status_code, gone.json["title"], gone.json["detail"]) == (
        401, never.json["title"], never.json["detail"])


def test_a_disabled_account_takes_its_tokens_along(owner, call, division_tree, make_account):
    token = tokens.create(owner, "OA", 30)
    make_account("core.county_admin", division_tree.county)
    accounts.disable(owner.account_id)
    assert call(token).status_code == 401


def test_another_scheme_is_refused_and_not_taken_for_nobody(owner, call):
    assert call("dXNlcjpwYXNz", scheme="Basic").status_code == 401


def test_a_token_for_one_division_reaches_nothing_beside_it(owner, call, division_tree):
    token = tokens.create(owner, "OA", 30, node=division_tree.other_town)
    assert call(token).status_code == 403
    assert call(token, "/api/v1/d/610902105/core/department").status_code == 200


def test_a_token_for_some_permissions_has_no_others(owner, call):
    token = tokens.create(owner, "OA", 30, permissions=["core.department.view"])
    assert call(token).status_code == 200
    assert call(token, "/api/v1/d/610902104/core/person").status_code == 403


def test_a_token_is_no_way_into_the_pages(owner, call):
    token = tokens.create(owner, "OA", 30)
    answer = call(token, "/d/610902104/core/accounts")
    assert answer.status_code == 303
    assert "/login" in answer.headers["Location"]


def test_a_token_cannot_make_another_token(owner, division_tree):
    token = tokens.create(owner, "OA", 30)
    token_id, identity, division_id, permissions = tokens.identify(tokens.read(token))
    actor = tokens.narrowed(access.actor_from(identity), token_id, division_id, permissions)
    with pytest.raises(Forbidden):
        tokens.create(actor, "child", 30)


def test_a_token_dies_with_the_role_it_uses(division_tree, make_account, call):
    account = make_account("core.county_admin", division_tree.town)
    make_account("core.county_admin", division_tree.county)
    token = tokens.create(access.actor_of(account.id), "OA", 30)
    assert call(token).status_code == 200
    accounts.revoke(accounts.RoleGrant.get(accounts.RoleGrant.account_id == account.id).id)
    assert call(token).status_code == 403


@pytest.mark.parametrize(("label", "days", "permissions", "field"), [
    ("", 30, None, "label"), ("x" * 81, 30, None, "label"), ("a\nb", 30, None, "label"), ("OA", 0, None, "days"),
    ("OA", 367, None, "days"), ("OA", 30, [], "permissions"), ("OA", 30, ["core.no.such"], "permissions")])
def test_a_token_that_does_not_fit_is_refused_at_its_field(owner, label, days, permissions, field):
    with pytest.raises(Invalid) as caught:
        tokens.create(owner, label, days, permissions=permissions)
    assert field in caught.value.errors
    assert ApiToken.select().count() == 0


def test_without_the_permission_nobody_makes_a_token(division_tree, make_account):
    leader = access.actor_of(make_account("core.leader", division_tree.county).id)
    with pytest.raises(Forbidden):
        tokens.create(leader, "OA", 30)


def test_nobody_revokes_the_token_of_another(owner, division_tree, make_account):
    tokens.create(owner, "OA", 30)
    other = access.actor_of(make_account("core.county_admin", division_tree.county).id)
    with pytest.raises(NotFound):
        tokens.revoke(ApiToken.get().id, other)
    assert ApiToken.get().revoked_at is None


def test_twenty_tokens_are_enough(owner):
    for number in range(tokens.MOST_TOKENS):
        tokens.create(owner, f"OA {number}", 30)
    with pytest.raises(Invalid):
        tokens.create(owner, "one more", 30)


def test_making_and_revoking_are_audited(owner):
    tokens.create(owner, "OA", 30)
    tokens.revoke(ApiToken.get().id, owner)
    kinds = [entry.kind for entry in audit.AuditEntry.select().where(
        audit.AuditEntry.actor_id == owner.account_id).order_by(audit.AuditEntry.id)]
    assert kinds == ["token_created", "token_revoked"]


def test_a_token_shown_elsewhere_than_in_the_header_acts_as_its_account(owner):
    token = tokens.create(owner, "Open311", 30)
    actor = tokens.actor_of(f" {token} ")

    assert (actor.account_id, actor.token_id) == (owner.account_id, ApiToken.get().id)
    for wrong in ("", "xyz", token[:-1], token + "A"):
        with pytest.raises(Unauthenticated):
            tokens.actor_of(wrong)


def test_an_account_that_must_first_change_its_password_acts_through_no_token(owner):
    token = tokens.create(owner, "Open311", 30)
    accounts.Account.update(must_change_password=True, version=99).where(accounts.Account.id == owner.account_id).execute()

    with pytest.raises(Forbidden):
        tokens.actor_of(token)
