"""``grid321 account``: what an administrator does on the server, where nobody is logged in."""
import re

import pytest
from click.testing import CliRunner

from grid321.core import accounts, passwords
from grid321.core.accounts import Account
from grid321.core.cli import main

GOOD = "石榴树下三只猫咪睡午觉"


@pytest.fixture
def run(app, division_tree, monkeypatch):
    """Return ``run(*words)``: the command's exit code and everything it printed, in English."""
    monkeypatch.setattr("grid321.core.app.create_app", lambda: app)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")

    def command(*words):
        found = CliRunner().invoke(main, ["account", *words])
        assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
        return found.exit_code, found.output

    return command


def test_the_first_administrator_is_made_with_a_password_that_is_printed_once(run):
    code, output = run("create", "admin-hb", "--division", "610902", "--role", "core.county_admin")
    assert code == 0
    first = re.search(r"First password: (\S+)", output)[1]
    made = accounts.by_username("admin-hb")
    assert made.must_change_password
    assert passwords.matches(first, made.password_hash)
    assert accounts.held(made.id)[0][0] == "core.county_admin"


def test_a_password_that_was_given_is_not_printed(run):
    _code, output = run("create", "admin-hb", "--division", "610902", "--password", GOOD)
    assert GOOD not in output


@pytest.mark.parametrize(("words", "told"), [
    (("create", "admin", "--division", "999"), "no division"), (("create", "A B", "--division", "610902"), "user name"),
    (("create", "admin", "--division", "610902", "--role", "core.nothing"), "no role"),
    (("create", "admin", "--division", "610902", "--password", "short"), "at least 10"),
    (("grant", "nobody", "core.staff", "--division", "610902"), "no account"),
    (("unlock", "nobody"), "no account")])
def test_what_does_not_fit_ends_with_a_sentence_and_changes_nothing(run, words, told):
    code, output = run(*words)
    assert code == 1
    assert told in output
    assert Account.select().count() == 0


def test_a_role_is_given_listed_and_taken_away(run):
    run("create", "admin-hb", "--division", "610902", "--role", "core.county_admin")
    run("create", "wuli-01", "--division", "610902104")
    assert run("grant", "wuli-01", "core.staff", "--division", "610902104")[0] == 0
    assert "core.staff@610902104" in run("list", "--division", "610902104")[1]
    assert "admin-hb" not in run("list", "--division", "610902104")[1]
    assert run("revoke", "wuli-01", "core.staff", "--division", "610902104")[0] == 0
    assert run("revoke", "wuli-01", "core.staff", "--division", "610902104")[0] == 1
    assert accounts.held(accounts.by_username("wuli-01").id) == []


def test_a_locked_out_administrator_is_let_in_again(run):
    run("create", "admin-hb", "--division", "610902", "--role", "core.county_admin")
    run("create", "admin-two", "--division", "610902", "--role", "core.county_admin")
    assert run("disable", "admin-hb")[0] == 0
    assert run("disable", "admin-two")[0] == 1  # the last one
    assert run("unlock", "admin-hb")[0] == 0
    assert not accounts.by_username("admin-hb").disabled
    output = run("password", "admin-hb")[1]
    first = re.search(r"First password: (\S+)", output)[1]
    assert passwords.matches(first, accounts.by_username("admin-hb").password_hash)
