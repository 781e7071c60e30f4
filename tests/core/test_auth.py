"""Logging in and out: what a stranger learns, when a session ends, and that other sites cannot act for anybody."""
import re
import threading
from datetime import timedelta

import peewee
import pyotp
import pytest
from argon2 import PasswordHasher

from grid321.core import access, accounts, audit, auth, crypto, db, limits, passwords, sessions, settings, totp
from grid321.core.accounts import Account
from grid321.core.dispatch import GuestFailure
from grid321.core.sessions import Session
from grid321.core.testing_browser import Browser

PASSWORD = "石榴树下三只猫咪睡午觉"
HOME = "/d/610902104/core/accounts"


@pytest.fixture(autouse=True)
def cheap_hashes():
    """Hash cheaply: these tests log in often."""
    before = list(passwords._hashers)
    passwords.use_hasher(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    yield
    passwords._hashers[:] = before


@pytest.fixture
def account(division_tree, make_account):
    """An administrator of a town with a password."""
    return make_account("core.county_admin", division_tree.town, password=PASSWORD)


@pytest.fixture
def browser(app):
    """A browser in which nobody is logged in."""
    return Browser(app)


def token_in(page):
    """The CSRF token of a page's first form."""
    return re.search(r'name="_csrf" value="([^"]+)"', page.text)[1]


def log_in(browser, username, password=PASSWORD, **more):
    """Load the login page and send it."""
    page = browser.get("/login")
    return browser.open("/login", method="POST", data={
        "_csrf": token_in(page), "username": username, "password": password, **more})


def cookie(browser, name=sessions.COOKIE):
    """The value of a cookie, None without one."""
    found = browser.client.get_cookie(name)
    return found.value if found else None


def fail(browser, username, times):
    """Fail to log in ``times`` times; returns the statuses."""
    return [log_in(browser, username, "wrong password").status_code for _ in range(times)]


# -- the way in ------------------------------------------------------------------------------------------------------

def test_who_is_not_logged_in_is_led_to_the_login_page_and_back(browser, account):
    answer = browser.get(HOME + "?q=wu")
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"])
    assert page.status_code == 200
    following = re.search(r'name="next" value="([^"]+)"', page.text)[1]
    answer = log_in(browser, account.username, next=following)
    assert (answer.status_code, answer.headers["Location"]) == (303, HOME + "?q=wu")
    assert browser.get(HOME).status_code == 200


def test_a_program_gets_401_as_problem_json_and_no_redirect(browser, division_tree):
    answer = browser.open("/api/v1/d/610902104/core/department")
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\\b", "javascript:x",
                                    "/login", "/logout", "/" + "a" * 2000, "/a\r\nSet-Cookie: x", ""])
def test_after_the_login_nobody_is_sent_to_another_site(target):
    assert auth.safe_next(target) == "/"


def test_the_session_is_new_hashed_and_closed_to_scripts_and_other_sites(browser, account):
    answer = log_in(browser, account.username)
    header = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("g321="))
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    first = cookie(browser)
    assert Session.get().token_hash == crypto.token_hash(first)
    log_in_again = log_in(browser, account.username) if browser.get("/login").status_code == 200 else None
    assert log_in_again is None  # who is logged in is sent on
    assert "no-store" in browser.get(HOME).headers["Cache-Control"]


def test_with_tls_the_cookie_is_bound_to_host_and_https(app, browser, account, monkeypatch):
    monkeypatch.setitem(app.config, "TLS", True)
    page = browser.get("/login", base_url="https://localhost")
    answer = browser.open("/login", method="POST", base_url="https://localhost", data={
        "_csrf": token_in(page), "username": account.username, "password": PASSWORD})
    header = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("__Host-g321="))
    assert "Secure" in header
    assert "Path=/" in header
    assert "Domain" not in header


def test_a_session_that_somebody_planted_before_the_login_is_not_used(browser, account):
    planted = sessions.start(account.id, pending=True)
    browser.client.set_cookie(sessions.COOKIE, planted)
    page = browser.get("/login")
    browser.open("/login", method="POST", data={"_csrf": token_in(page), "username": account.username, "password": PASSWORD})
    assert cookie(browser) != planted
    assert sessions.find(planted) is None


def test_logging_out_ends_the_session_in_the_database(browser, account):
    log_in(browser, account.username)
    held = cookie(browser)
    page = browser.get("/me")
    browser.open("/logout", method="POST", data={"_csrf": token_in(page)})
    assert sessions.find(held) is None
    assert browser.get(HOME).status_code == 303


# -- what a stranger learns ------------------------------------------------------------------------------------------

def test_an_unknown_name_a_wrong_password_and_a_disabled_account_look_the_same(app, account, division_tree, make_account):
    make_account("core.county_admin", division_tree.county)
    gone = make_account(None, division_tree.town, password=PASSWORD)
    accounts.disable(gone.id)
    empty = make_account(None, division_tree.town)
    answers = set()
    for username, password in ((account.username, "wrong password"), ("nobody-here", PASSWORD), (gone.username, PASSWORD),
                               (empty.username, PASSWORD), (empty.username, "")):
        page = log_in(Browser(app), username, password)
        text = re.sub(r'value="[^"]*"', "", page.text)  # the typed name and the token of the form
        answers.add((page.status_code, re.sub(r"\d\d:\d\d", "", text)))
    assert len(answers) == 1


def test_a_password_is_verified_for_unknown_names_too(browser, app, monkeypatch):
    seen = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda password, digest: (seen.append(digest), real(password, digest))[1])
    log_in(browser, "nobody-here")
    assert seen == [None]  # and matches() then works on a decoy: see passwords


def test_five_failures_shut_a_name_whether_it_exists_or_not(app, account):
    for username in (account.username, "nobody-here"):
        assert fail(Browser(app), username, 5) == [422] * 5
        locked = log_in(Browser(app), username, PASSWORD)
        assert locked.status_code == 429
    assert accounts.is_locked(account)


def test_after_fifteen_minutes_the_name_is_open_again(app, account):
    fail(Browser(app), account.username, 5)
    with db.shift_clock(timedelta(minutes=14)):
        assert log_in(Browser(app), account.username).status_code == 429
    with db.shift_clock(timedelta(minutes=15, seconds=1)):
        assert log_in(Browser(app), account.username).status_code == 303


def test_a_right_password_forgets_the_failures(app, account):
    for _round in range(3):
        fail(Browser(app), account.username, 4)
        assert log_in(Browser(app), account.username).status_code == 303


def test_the_administrator_unlocks(app, account):
    fail(Browser(app), account.username, 5)
    accounts.unlock(account.id)
    assert log_in(Browser(app), account.username).status_code == 303


def test_fifty_failures_shut_a_network_for_all_names(app, account, monkeypatch):
    monkeypatch.setattr(accounts, "TRIES_PER_NETWORK", 6)
    for number in range(6):
        fail(Browser(app), f"name-{number}", 1)
    assert log_in(Browser(app), account.username).status_code == 429


def test_right_logins_of_a_whole_office_do_not_shut_its_network(app, account, monkeypatch):
    monkeypatch.setattr(accounts, "TRIES_PER_NETWORK", 3)
    assert {log_in(Browser(app), account.username).status_code for _ in range(8)} == {303}


def test_eight_guesses_at_once_use_up_five_tries_not_one(app, account):
    results = []

    def guess():
        with app.app_context():
            results.append(log_in(Browser(app), account.username, "wrong password").status_code)
            db.close_thread()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [422] * 5 + [429] * 3


@pytest.mark.parametrize(("one", "other", "same"), [
    ("10.1.2.3", "10.1.2.3", True), ("10.1.2.3", "10.1.2.4", False), ("::ffff:10.1.2.3", "10.1.2.3", True),
    ("2001:db8::1", "2001:db8::ffff", True), ("2001:db8::1", "2001:db8:0:1::1", False), (None, "garbage", True)])
def test_what_counts_as_one_network(one, other, same):
    assert (auth.network(one) == auth.network(other)) is same


def test_a_password_typed_into_the_name_field_is_stored_nowhere(browser, app):
    log_in(browser, "my-secret-password-1", "")
    stored = [str(row.__data__) for row in (*limits.RateLimit.select(), *audit.AuditEntry.select())]
    assert not any("my-secret-password-1" in text for text in stored)


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "x" * 10_000, "' OR 1=1 --", "张三", "\u202eabc"])
def test_odd_names_are_wrong_names(browser, app, name):
    page = browser.get("/login")
    data = {"_csrf": token_in(page), "username": name.encode("utf-8", "surrogatepass"), "password": b"x"}
    assert browser.open("/login", method="POST", data=data).status_code == 422


# -- how long a session lives ----------------------------------------------------------------------------------------

def test_a_session_ends_half_an_hour_after_its_last_use(account):
    token = sessions.start(account.id)
    with db.shift_clock(timedelta(minutes=29)):
        assert sessions.find(token)  # and that was a use
    with db.shift_clock(timedelta(minutes=58)):
        assert sessions.find(token)
    with db.shift_clock(timedelta(minutes=89)):
        assert sessions.find(token) is None


def test_the_idle_time_is_a_setting_of_the_division(account, division_tree):
    token = sessions.start(account.id)
    settings.put("core.session_idle_minutes", division_tree.town, 5, source="test", valid_from=db.local_day())
    with db.shift_clock(timedelta(minutes=6)):
        assert sessions.find(token) is None


def test_a_session_ends_after_twelve_hours_however_busy_it_is(account):
    token = sessions.start(account.id)
    for minutes in range(20, 12 * 60, 20):
        with db.shift_clock(timedelta(minutes=minutes)):
            assert sessions.find(token)
    with db.shift_clock(timedelta(hours=12, seconds=1)):
        assert sessions.find(token) is None
        assert sessions.sweep() == 1


def test_the_last_use_is_written_at_most_once_a_minute(account):
    token = sessions.start(account.id)
    first = Session.get().last_seen_at
    with db.shift_clock(timedelta(seconds=59)):
        sessions.find(token)
    assert Session.get().last_seen_at == first
    with db.shift_clock(timedelta(seconds=61)):
        sessions.find(token)
    assert Session.get().last_seen_at > first


@pytest.mark.parametrize("error", [peewee.OperationalError("database or disk is full"), OSError(30, "read-only")])
def test_a_full_disk_does_not_keep_people_from_reading(browser, account, monkeypatch, error):
    log_in(browser, account.username)

    def full():
        raise error

    monkeypatch.setattr(sessions, "transaction", full)
    with db.shift_clock(timedelta(minutes=2)):
        assert browser.get(HOME).status_code == 200


def test_a_refusal_stands_even_when_it_cannot_be_noted(client_for, division_tree, monkeypatch):
    browser = client_for("core.staff", division_tree.town)

    def full():
        raise peewee.OperationalError("database or disk is full")

    monkeypatch.setattr(limits, "transaction", full)
    assert browser.get(HOME).status_code == 403


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é" * 43, "A" * 5000, "' OR '1'='1" + "A" * 32])
def test_a_token_that_is_none_finds_nothing(app, token):
    assert sessions.find(token) is None


def test_a_role_that_is_taken_away_counts_at_the_next_request(browser, account, division_tree, make_account):
    make_account("core.county_admin", division_tree.county)
    log_in(browser, account.username)
    assert browser.get(HOME).status_code == 200
    accounts.revoke(accounts.RoleGrant.get(accounts.RoleGrant.account_id == account.id).id)
    assert browser.get(HOME).status_code == 403


# -- other sites -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                                     {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_a_form_from_another_site_changes_nothing_even_with_a_right_token(client_for, division_tree, headers):
    browser = client_for("core.county_admin", division_tree.town)
    before = Account.get_by_id(browser.account.id).locale
    answer = browser.open("/me/preferences", method="POST", headers=headers, data={"_csrf": browser.csrf, "locale": "en"})
    assert answer.status_code == 403
    assert Account.get_by_id(browser.account.id).locale == before


@pytest.mark.parametrize("token", [None, "", "x" * 43, "é"])
def test_a_form_without_the_right_token_changes_nothing(client_for, division_tree, token):
    browser = client_for("core.county_admin", division_tree.town)
    data = {"locale": "en"} | ({"_csrf": token} if token is not None else {})
    assert browser.open("/me/preferences", method="POST", data=data).status_code == 403
    assert Account.get_by_id(browser.account.id).locale == ""


def test_the_token_of_one_session_does_not_serve_another(client_for, division_tree):
    one, other = (client_for("core.county_admin", division_tree.town) for _ in range(2))
    answer = one.open("/me/preferences", method="POST", data={"_csrf": other.csrf, "locale": "en"})
    assert answer.status_code == 403


def test_the_api_takes_the_token_in_a_header_only(client_for, division_tree):
    browser = client_for("core.county_admin", division_tree.county)
    path, body = "/api/v1/d/610902104/core/department", {"name": "党政办", "kind": "office"}
    assert browser.open(path, method="POST", json=body).status_code == 403
    assert browser.open(path, method="POST", json=body, headers={"X-CSRF-Token": browser.csrf}).status_code in {200, 201}


def test_the_login_form_itself_needs_its_token(browser, account):
    answer = browser.open("/login", method="POST", data={"username": account.username, "password": PASSWORD})
    assert answer.status_code == 403
    assert cookie(browser) is None


# -- one-time codes --------------------------------------------------------------------------------------------------

@pytest.fixture
def secret(account):
    """The secret of the account, which has one-time codes."""
    found = totp.new_secret()
    totp.enrol(account, found, code_of(found), access.actor_of(account.id))
    return found


def code_of(secret, ahead=0):
    """The code an app shows ``ahead`` half minutes from now."""
    seconds = int((db.now() - totp._EPOCH).total_seconds())
    return pyotp.TOTP(secret).generate_otp(seconds // totp.STEP + ahead)


def second_step(browser, code):
    """Send a code from the page that asks for it."""
    page = browser.get("/login")
    return browser.open("/login", method="POST", data={"_csrf": token_in(page), "code": code})


def test_with_one_time_codes_the_password_alone_opens_nothing(browser, account, secret):
    assert log_in(browser, account.username).status_code == 303
    assert browser.get(HOME).status_code == 303
    assert 'name="code"' in browser.get("/login").text
    assert second_step(browser, "000000").status_code == 422
    assert second_step(browser, code_of(secret, 1)).status_code == 303
    assert browser.get(HOME).status_code == 200


def test_a_code_works_once(app, account, secret):
    code = code_of(secret, 1)
    first, second = Browser(app), Browser(app)
    for one in (first, second):
        log_in(one, account.username)
    assert second_step(first, code).status_code == 303
    assert second_step(second, code).status_code == 422


def test_guessing_codes_shuts_the_account(app, account, secret):
    browser = Browser(app)
    log_in(browser, account.username)
    assert [second_step(browser, "000000").status_code for _ in range(4)] == [422] * 4
    assert second_step(browser, code_of(secret, 1)).status_code == 429


def test_the_time_between_password_and_code_is_five_minutes(browser, account, secret):
    log_in(browser, account.username)
    with db.shift_clock(timedelta(minutes=5, seconds=1)):
        assert 'name="code"' not in browser.get("/login").text


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34 5a"])
def test_what_is_no_code_matches_nothing(app, code):
    assert totp.matching_step(totp.new_secret(), code) is None


def test_the_secret_is_sealed_in_the_database(account, secret):
    stored = Account.get_by_id(account.id).totp_secret
    assert secret not in stored
    assert crypto.open_sealed(stored, "core_account", "totp_secret", account.uid) == secret


def test_where_codes_are_required_an_administrator_sees_nothing_else_first(client_for, division_tree):
    browser = client_for("core.county_admin", division_tree.town)
    plain = client_for("core.staff", division_tree.town)
    settings.put("core.totp_required", division_tree.town, True, source="test", valid_from=db.local_day())
    answer = browser.get(HOME)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me/totp")
    assert plain.get("/me").status_code == 200
    page = browser.get("/me/totp")
    sealed = re.search(r'name="secret" value="([^"]+)"', page.text)[1]
    typed = re.search(r"<code[^>]*>([A-Z2-7]+)</code>", page.text)[1]
    wrong = browser.post("/me/totp", {"secret": sealed, "code": "000000"})
    assert wrong.status_code == 422
    assert browser.post("/me/totp", {"secret": sealed, "code": code_of(typed)}).status_code == 303
    assert browser.get(HOME).status_code == 200


def test_a_secret_of_another_page_is_not_taken(client_for, division_tree):
    browser, other = (client_for("core.county_admin", division_tree.town) for _ in range(2))
    sealed = re.search(r'name="secret" value="([^"]+)"', other.get("/me/totp").text)[1]
    assert browser.post("/me/totp", {"secret": sealed, "code": "000000"}).status_code == 422
    assert Account.get_by_id(browser.account.id).totp_secret is None


# -- first password, own page ----------------------------------------------------------------------------------------

def test_who_got_a_first_password_must_change_it_before_anything_else(browser, division_tree, account):
    accounts.set_password(account.id, PASSWORD, must_change=True)
    log_in(browser, account.username)
    assert browser.get(HOME).headers["Location"] == "/me/password"
    page = browser.get("/me/password")
    answer = browser.open("/me/password", method="POST", data={
        "_csrf": token_in(page), "present": PASSWORD, "password": "another good one", "again": "another good one"})
    assert answer.status_code == 303
    assert browser.get(HOME).status_code == 200


@pytest.mark.parametrize(("typed", "field"), [
    ({"present": "wrong password"}, "present"), ({"again": "something else"}, "again"),
    ({"password": "short", "again": "short"}, "password"), ({"password": PASSWORD, "again": PASSWORD}, "password")])
def test_a_password_change_that_does_not_fit_changes_nothing(browser, account, typed, field):
    log_in(browser, account.username)
    page = browser.get("/me/password")
    data = {"present": PASSWORD, "password": "another good one", "again": "another good one", **typed}
    answer = browser.open("/me/password", method="POST", data={"_csrf": token_in(page), **data})
    assert answer.status_code == 422
    assert f"f-{field}-error" in answer.text
    assert passwords.matches(PASSWORD, Account.get_by_id(account.id).password_hash)


def test_a_changed_password_ends_the_other_sessions_and_renews_this_one(app, browser, account):
    other = Browser(app)
    log_in(browser, account.username)
    log_in(other, account.username)
    held = cookie(browser)
    page = browser.get("/me/password")
    browser.open("/me/password", method="POST", data={
        "_csrf": token_in(page), "present": PASSWORD, "password": "another good one", "again": "another good one"})
    assert cookie(browser) != held
    assert browser.get("/me").status_code == 200
    assert other.get("/me").status_code == 303


def test_the_page_of_the_account_shows_roles_tokens_and_sessions(client_for, division_tree):
    browser = client_for("core.county_admin", division_tree.town)
    made = browser.post("/me/tokens/new", {"label": "办公系统", "days": "30"})
    token = re.search(r"g321_[A-Za-z0-9_-]{43}", made.text)[0]
    page = browser.get("/me")
    assert page.status_code == 200
    assert "办公系统" in page.text
    assert token not in page.text
    revoke = re.search(r"/me/tokens/\d+/revoke", page.text)[0]
    assert browser.post(revoke).status_code == 303
    assert "办公系统" not in browser.get("/me").text


def test_a_session_on_a_lost_phone_is_ended_from_here_and_only_by_its_owner(client_for, division_tree, app):
    browser = client_for("core.county_admin", division_tree.town)
    lost = sessions.start(browser.account.id)
    stranger = client_for("core.county_admin", division_tree.town)
    row = Session.get(Session.token_hash == crypto.token_hash(lost))
    assert stranger.post(f"/me/sessions/{row.id}/end").status_code == 404
    assert browser.post(f"/me/sessions/{row.id}/end").status_code == 303
    assert sessions.find(lost) is None


def test_language_and_look_follow_the_account_into_another_browser(app, browser, account):
    log_in(browser, account.username)
    page = browser.get("/me")
    browser.open("/me/preferences", method="POST", data={"_csrf": token_in(page), "locale": "en", "theme": "elder"})
    other = Browser(app)
    log_in(other, account.username)
    text = other.get("/me").text
    assert 'lang="en"' in text
    assert 'data-theme="elder"' in text


# -- single sign-on --------------------------------------------------------------------------------------------------

class _Hooks:
    """A dispatcher whose identify hook answers as told."""

    def __init__(self, real, answer):
        self.real, self.answer = real, answer

    def has(self, hook):
        return hook == "identify" or self.real.has(hook)

    def first(self, hook, **arguments):
        if hook != "identify":
            return self.real.first(hook, **arguments)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def __getattr__(self, name):
        return getattr(self.real, name)


@pytest.fixture
def sign_on(app, monkeypatch):
    """Return ``sign_on(answer)``: a plugin identifies everybody as told."""
    platform = app.extensions["grid321"]

    def answer(what):
        monkeypatch.setattr(platform.plugins, "hooks", _Hooks(platform.hooks, what))

    return answer


def test_a_plugin_can_say_who_asks(browser, account, sign_on):
    sign_on(access.actor_of(account.id))
    assert browser.get(HOME).status_code == 200


def test_a_plugin_that_fails_to_say_who_asks_lets_nobody_in(client_for, division_tree, sign_on):
    browser = client_for("core.county_admin", division_tree.town)
    sign_on(GuestFailure("bad", "identify"))
    assert browser.get(HOME).status_code == 303
    assert browser.get("/login").status_code == 200


@pytest.mark.parametrize("answer", [access.SYSTEM, "admin", 1])
def test_a_plugin_cannot_make_anybody_the_machine(browser, division_tree, sign_on, answer):
    sign_on(answer)
    assert browser.get(HOME).status_code == 303


def test_single_sign_on_spares_no_request_the_proof_that_it_comes_from_a_page_of_this_site(browser, account, sign_on):
    sign_on(access.actor_of(account.id))
    answer = browser.open("/api/v1/d/610902104/core/department", method="POST", json={"name": "x", "kind": "office"})
    assert (answer.status_code, answer.json["code"]) == (403, "csrf")


@pytest.mark.parametrize(("agent", "name"), [
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36",
     "Chrome 108 (Linux)"),
    ("Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.198 Safari/537.36 QIHU 360SE",
     "360 (Windows)"),
    ("Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Version/4.0 Chrome/86.0 MicroMessenger/8.0.16", "WeChat 8 (Android)"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605.1.15 Version/16.0 Safari/604.1",
     "Safari 16 (iPhone)"),
    ("curl/8.5.0", "curl/8.5.0"), ("", "")])
def test_a_browser_is_named_as_its_owner_knows_it(agent, name):
    from grid321.core.me_pages import browser_name

    assert browser_name(agent) == name
