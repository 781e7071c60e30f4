"""Messages leave the house by real mail, HTTP and robots: whole, signed, once where all goes well, and never lost."""
import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from support import receivers, stock

from grid321.core import channel_setup, crypto, db, i18n, notify, notify_deliveries, notify_preferences, outgoing, settings
from grid321.core.actor import SYSTEM
from grid321.core.channels import channels, robots, sms, webhook
from grid321.core.channels import mail as mail_channel
from grid321.core.errors import Conflict, Invalid
from grid321.core.notify_rows import DEAD, SENT, SKIPPED, WAITING, Delivery, TargetState
from grid321.core.notify_texts import KINDS

SECRET = "sixteen random characters"
PHONE = "13912345678"


@pytest.fixture
def plugin_modules():
    """The application carries the core and ``stock``."""
    return [stock]


@pytest.fixture
def county(app, division_tree):
    """The county, with the address of the site and this machine as its intranet."""
    node = division_tree.county
    for key, value in (("core.site_url", "https://grid.example.cn"), ("core.outgoing_private", "127.0.0.0/8")):
        settings.put(key, node, value, source="test", valid_from=db.local_day())
    return node


@pytest.fixture
def put(county):
    """Return ``put(channel, kinds=…, **values)``: configure a channel for the county and switch it on."""
    def configure(which, /, *, node=None, kinds=tuple(KINDS), active=True, language="zh", **values):
        return channel_setup.put(channels()[which], node or county, values, list(kinds), active=active, language=language,
            account_id=None)
    return configure


@pytest.fixture
def identity(tmp_path):
    """A certificate for this machine."""
    return receivers.identity(tmp_path)


@pytest.fixture
def reader(make_account, division_tree):
    """Return ``reader(mail=…, phone=…)``: an account with a confirmed address and a telephone."""
    def make(mail="", phone="", locale=""):
        from grid321.core import people
        from grid321.core.accounts import Account

        account = make_account(None, division_tree.town)
        if mail:
            uid = db.new_uid()
            notify_preferences.Mailbox.create(account_id=account.id, uid=uid, confirmed_at=db.now(),
                                              address=crypto.seal(mail, "core_mailbox", "address", uid))
        person = people.create_person({"name": "赵钱孙", "phone": phone}, SYSTEM, division_tree.town) if phone else None
        Account.update(person_id=person.id if person else None, locale=locale).where(Account.id == account.id).execute()
        return account
    return make


@pytest.fixture
def tell(county, division_tree):
    """Return ``tell(*accounts, key=…)``: notify them of an overdue case of the town."""
    def send(*accounts, key="case.overdue", number="N-1"):
        with db.transaction():
            notify.send([account.id for account in accounts], key, {"entity": "stock.thing", "number": number,
                "day": "2026-03-15"},
                        "/d/610902104/stock/thing/1", division_tree.town)
    return send


def mail_values(server, found, security="starttls"):
    return {"host": receivers.HERE, "port": server.port, "security": security, "sender": "grid@example.cn",
            "user": receivers.USER, "password": receivers.PASSWORD, "ca": found.pem if found else ""}


def hook_values(server):
    return {"url": server.url, "secret": SECRET, "ca": ""}


def states():
    return [row.state for row in Delivery.select().order_by(Delivery.id)]


# ---------------------------------------------------------------- mail

def test_a_mail_goes_out_encrypted_with_password_and_says_number_and_link(put, reader, tell, identity):
    with receivers.mail_server(identity) as server:
        put("mail", **mail_values(server, identity))
        tell(reader(mail="reader@example.cn", locale="en"))
        notify.deliver()
    [mail] = server.taken
    assert server.recipients == ["reader@example.cn"] and server.encrypted == [True]
    row = Delivery.get()
    assert (row.state, row.error) == (SENT, "")
    assert mail["Message-ID"] == f"<{row.uid}@example.cn>" and mail["X-Grid321-Id"] == row.uid
    assert mail["Auto-Submitted"] == "auto-generated" and "N-1" in mail["Subject"]
    text = mail.get_content()
    assert "N-1" in text and "15 March 2026" in text and "https://grid.example.cn/me/inbox/" in text
    assert notify.deliver() == 0 and len(server.taken) == 1


def test_a_mail_speaks_the_language_of_its_reader(put, reader, tell, identity):
    with receivers.mail_server(identity) as server:
        put("mail", **mail_values(server, identity))
        tell(reader(mail="a@example.cn"), reader(mail="b@example.cn", locale="en"))
        notify.deliver()
    chinese, english = (mail.get_content() for mail in server.taken)
    assert "2026年3月15日" in chinese and "15 March 2026" in english


def test_a_mail_goes_out_over_tls_from_the_first_byte(put, reader, tell, identity):
    with receivers.mail_server(identity, direct=True) as server:
        put("mail", **mail_values(server, identity, "tls"))
        tell(reader(mail="reader@example.cn"))
        notify.deliver()
    assert states() == [SENT] and len(server.taken) == 1


def test_an_unencrypted_relay_of_the_intranet_takes_mail(put, reader, tell):
    with receivers.mail_server(None, auth=False) as server:
        put("mail", **{**mail_values(server, None, "plain"), "user": "", "password": ""})
        tell(reader(mail="reader@example.cn"))
        notify.deliver()
    assert states() == [SENT]


def test_a_server_without_starttls_gets_no_password(put, reader, tell, identity):
    with receivers.mail_server(None, auth=False) as server:
        put("mail", **mail_values(server, identity))
        tell(reader(mail="reader@example.cn"))
        notify.deliver()
    assert (states(), Delivery.get().error, server.taken) == ([WAITING], "smtp_starttls", [])


@pytest.mark.parametrize(("answers", "state", "error", "rests"), [
    ({"RCPT": "451 busy"}, WAITING, "smtp_later 451", False), ({"RCPT": "550 no such user"}, DEAD, "smtp_recipient 550", False),
    ({"DATA": "452 full"}, WAITING, "smtp_later 452", False), ({"DATA": "554 spam"}, DEAD, "smtp_refused 554", False),
    ({"DATA": "drop"}, WAITING, "dropped", False), ({"RCPT": "421 closing"}, WAITING, "smtp_later 421", False),
    ({"DATA": "hang"}, WAITING, "timeout", True)])
def test_what_a_mail_server_says_is_understood(put, reader, tell, identity, monkeypatch, answers, state, error, rests):
    monkeypatch.setattr(mail_channel, "SECONDS", 1.0)
    with receivers.mail_server(identity) as server:
        put("mail", **mail_values(server, identity))
        server.answers = answers
        tell(reader(mail="reader@example.cn"))
        notify.deliver()
    row = Delivery.get()
    assert (row.state, row.error) == (state, error)
    assert TargetState.select().where(TargetState.rest_until.is_null(False)).exists() is rests


def test_a_mail_that_was_refused_for_now_comes_later_with_the_same_id(put, reader, tell, identity, tick):
    with receivers.mail_server(identity) as server:
        put("mail", **mail_values(server, identity))
        server.answers = {"DATA": "drop-late"}  # taken, but the answer is lost
        tell(reader(mail="reader@example.cn"))
        notify.deliver()
        assert states() == [WAITING] and len(server.taken) == 1
        assert notify.deliver() == 0
        server.answers = {}
        tick(timedelta(minutes=1), sweep=False)
        notify.deliver()
    assert states() == [SENT]
    assert len({mail["Message-ID"] for mail in server.taken}) == 1 and len(server.taken) == 2


def test_a_wrong_password_rests_the_channel_and_not_the_message(put, reader, tell, identity, tick):
    with receivers.mail_server(identity) as server:
        put("mail", **{**mail_values(server, identity), "password": "wrong"})
        for _number in range(5):
            tell(reader(mail="reader@example.cn"))
        for _number in range(12):
            notify.deliver()
            tick(timedelta(hours=1), sweep=False)
        assert set(states()) == {WAITING}
        assert {row.error for row in Delivery.select() if row.error} == {"smtp_login 535"}
        assert max(row.tries for row in Delivery.select()) == 0
        put("mail", **mail_values(server, identity))
        notify.deliver()
    assert states() == [SENT] * 5 and TargetState.get().rest_until is None


def test_after_two_days_a_message_to_a_dead_server_is_a_dead_letter_that_can_be_sent_again(put, reader, tell, identity, tick):
    with receivers.mail_server(identity) as server:
        values = mail_values(server, identity)
    put("mail", **values)
    tell(reader(mail="reader@example.cn"))
    notify.deliver()
    assert Delivery.get().error == "connect"
    tick(timedelta(hours=49), sweep=False)
    notify.deliver()
    row = Delivery.get()
    assert (row.state, row.error) == (DEAD, "too_old")
    with receivers.mail_server(identity) as server:
        put("mail", **mail_values(server, identity))
        notify_deliveries.send_again(row.id)
        notify.deliver()
    assert Delivery.get().state == SENT and Delivery.get().uid == row.uid
    with pytest.raises(Conflict):
        notify_deliveries.send_again(row.id)


def test_only_a_confirmed_address_gets_mail(put, reader, tell, identity):
    with receivers.mail_server(identity) as server:
        put("mail", **mail_values(server, identity))
        account = reader()
        notify_preferences.begin(SYSTEM.__class__(account.id, None, "x", "x"), "reader@example.cn")
        tell(account)
        notify.deliver()
    assert server.taken == [] and states() == []


# ---------------------------------------------------------------- web hook

def test_a_web_hook_is_signed_and_says_no_more_than_kind_number_text_and_link(put, reader, tell):
    with receivers.http_server() as server:
        put("webhook", **hook_values(server))
        tell(reader(), reader())
        notify.deliver()
    [heard] = server.heard  # one post for all who are told
    assert webhook.verify(SECRET, heard.headers, heard.body)
    body = json.loads(heard.body)
    assert set(body) == {"id", "kind", "key", "number", "text", "url", "division", "at"}
    assert (body["kind"], body["number"], body["division"]) == ("overdue", "N-1", "610902104")
    assert body["url"] == "https://grid.example.cn/d/610902104/stock/thing/1"
    assert body["id"] == heard.headers["X-Grid321-Id"] == Delivery.get().uid


def test_a_signature_holds_for_this_body_this_secret_and_five_minutes(put, reader, tell):
    with receivers.http_server() as server:
        put("webhook", **hook_values(server))
        tell(reader())
        notify.deliver()
    [heard] = server.heard
    at = int(heard.headers["X-Grid321-Timestamp"])
    assert webhook.verify(SECRET, heard.headers, heard.body, at + 300) and webhook.verify(SECRET, heard.headers, heard.body,
        at - 300)
    assert not webhook.verify(SECRET, heard.headers, heard.body, at + 301)
    assert not webhook.verify(SECRET, heard.headers, heard.body + b" ", at)
    assert not webhook.verify(SECRET + "x", heard.headers, heard.body, at)
    for stamp in ("", "x", "١٢٣", str(at + 1)):
        assert not webhook.verify(SECRET, {**heard.headers, "X-Grid321-Timestamp": stamp}, heard.body, at)


@pytest.mark.parametrize(("status", "state", "error", "rests"), [
    (204, SENT, "", False), (302, WAITING, "redirect 302", True), (400, DEAD, "http 400", False), (401, WAITING,
        "http_access 401", True),
    (404, WAITING, "http_access 404", True), (408, WAITING, "http_busy 408", False), (422, DEAD, "http 422", False),
    (429, WAITING, "http_busy 429", True), (500, WAITING, "http_busy 500", False), (503, WAITING, "http_busy 503", True),
    (0, WAITING, "dropped", False)])
def test_what_a_web_hook_answers_is_understood(put, reader, tell, status, state, error, rests):
    with receivers.http_server() as server:
        put("webhook", **hook_values(server))
        server.answer = lambda heard: (status, b"")
        tell(reader())
        notify.deliver()
    row = Delivery.get()
    assert (row.state, row.error) == (state, error)
    assert TargetState.select().where(TargetState.rest_until.is_null(False)).exists() is rests


def test_a_message_that_always_fails_becomes_a_dead_letter_after_eight_tries(put, reader, tell, tick):
    with receivers.http_server() as server:
        put("webhook", **hook_values(server))
        server.answer = lambda heard: (500, b"")
        tell(reader())
        for _number in range(12):
            notify.deliver()
            tick(timedelta(hours=1), sweep=False)
    row = Delivery.get()
    assert (row.state, row.tries, row.error) == (DEAD, 8, "http_busy 500")
    assert len(server.heard) == 8 and len({json.loads(heard.body)["id"] for heard in server.heard}) == 1


def test_a_private_address_is_refused_unless_the_setting_allows_it(put, county):
    settings.put("core.outgoing_private", county, "", source="test", valid_from=db.local_day())
    with receivers.http_server() as server:
        with pytest.raises(Invalid) as problem:
            put("webhook", **hook_values(server))
        assert "url" in problem.value.errors and channel_setup.ChannelSetup.select().count() == 0
        settings.put("core.outgoing_private", county, "127.0.0.1", source="test", valid_from=db.local_day())
        assert put("webhook", **hook_values(server)).active


def test_an_address_that_lost_its_permission_is_not_asked_any_more(put, county, reader, tell):
    with receivers.http_server() as server:
        put("webhook", **hook_values(server))
        settings.put("core.outgoing_private", county, "", source="test", valid_from=db.local_day())
        tell(reader())
        notify.deliver()
    assert (server.heard, Delivery.get().error) == ([], "private")


# ---------------------------------------------------------------- robots

def robot(code, message="ok"):
    return lambda heard: (200, json.dumps({"errcode": code, "errmsg": message}).encode())


def test_a_wecom_robot_gets_text_by_its_key(put, reader, tell):
    with receivers.http_server() as server:
        put("wecom", url=server.url, key="693a91f6-7xxx")
        server.answer = robot(0)
        tell(reader(), reader())
        notify.deliver()
    [heard] = server.heard
    assert parse_qs(urlsplit(heard.path).query) == {"key": ["693a91f6-7xxx"]}
    body = json.loads(heard.body)
    assert body["msgtype"] == "text" and "N-1" in body["text"]["content"]
    assert body["text"]["content"].endswith("https://grid.example.cn/d/610902104/stock/thing/1")
    assert states() == [SENT]


def test_a_dingtalk_robot_gets_a_signed_text(put, reader, tell):
    secret = "SEC000000000000000000000"
    with receivers.http_server() as server:
        put("dingtalk", url=server.url, token="token&1", secret=secret)
        server.answer = robot(0)
        tell(reader())
        notify.deliver()
    [heard] = server.heard
    query = {name: values[0] for name, values in parse_qs(urlsplit(heard.path).query).items()}
    assert query["access_token"] == "token&1" and len(query["timestamp"]) == 13
    assert query["sign"] == robots.sign(secret, query["timestamp"])
    body = json.loads(heard.body)
    assert set(body) == {"msgtype", "text"} and body["msgtype"] == "text" and "N-1" in body["text"]["content"]


def test_the_sign_of_dingtalk_is_what_openssl_works_out():
    command = "printf '1577262236757\\nthis is secret' | openssl dgst -sha256 -hmac 'this is secret' -binary | base64"
    worked_out = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout.strip()
    assert robots.sign("this is secret", "1577262236757") == worked_out


@pytest.mark.parametrize(("key", "code", "state", "error"), [
    ("wecom", 93000, WAITING, "robot_key 93000"), ("wecom", 45009, WAITING, "robot_busy 45009"), ("wecom", 40058, DEAD,
        "robot 40058"),
    ("wecom", "0", WAITING, "answer"), ("dingtalk", 310000, WAITING, "robot_key 310000"), ("dingtalk", 130101, WAITING,
        "robot_busy 130101"),
    ("dingtalk", 400013, DEAD, "robot 400013")])
def test_the_errcode_of_a_robot_is_understood(put, reader, tell, key, code, state, error):
    with receivers.http_server() as server:
        put(key, url=server.url, **({"key": "k"} if key == "wecom" else {"token": "t", "secret": "SEC0"}))
        server.answer = robot(code, "robot 13912345678 not found")
        tell(reader())
        notify.deliver()
    assert (Delivery.get().state, Delivery.get().error) == (state, error)


# ---------------------------------------------------------------- text messages

def sms_values(server, **changes):
    return {"url": server.url, "method": "json", "template": sms.EXAMPLE, "user": "county", "secret": "key", "success": "code=0",
            "ca": "", **changes}


@pytest.mark.parametrize("method", ["json", "form", "get"])
def test_a_text_message_goes_to_the_persons_telephone_by_the_gateways_own_fields(put, reader, tell, method):
    with receivers.http_server() as server:
        put("sms", **sms_values(server, method=method))
        server.answer = lambda heard: (200, b'{"code": 0}')
        tell(reader(phone=PHONE))
        notify.deliver()
    [heard] = server.heard
    if method == "json":
        sent = json.loads(heard.body)
    else:
        text = heard.body.decode() if method == "form" else urlsplit(heard.path).query
        sent = {name: values[0] for name, values in parse_qs(text).items()}
    assert (sent["mobile"], sent["account"], sent["password"], sent["seq"]) == (PHONE, "county", "key", Delivery.get().uid)
    assert "N-1" in sent["content"] and "https://grid.example.cn/me/inbox/" in sent["content"]


@pytest.mark.parametrize("body", [b'{"code": 7}', b"not json", b"[]", b'{"result": {"code": 0}}'])
def test_a_gateway_that_says_no_is_asked_again(put, reader, tell, body):
    with receivers.http_server() as server:
        put("sms", **sms_values(server))
        server.answer = lambda heard: (200, body)
        tell(reader(phone=PHONE))
        notify.deliver()
    assert (Delivery.get().state, Delivery.get().error) == (WAITING, "gateway")


@pytest.mark.parametrize("template", ["mobile={phone}\ncontent={name}", "nonsense", "content={text}",
    "mobile={phone}\ncontent={text.__class__}"])
def test_a_request_template_with_an_unknown_name_is_refused(put, template):
    with receivers.http_server() as server, pytest.raises(Invalid) as problem:
        put("sms", **sms_values(server, template=template))
    assert "template" in problem.value.errors


def test_by_default_only_what_is_urgent_goes_to_the_telephone(put, reader, tell):
    with receivers.http_server() as server:
        put("sms", **sms_values(server, success=""))
        account = reader(phone=PHONE)
        tell(account, key="case.arrived")
        tell(account)
        notify.deliver()
    assert len(server.heard) == 1


# ---------------------------------------------------------------- each by itself

def test_a_hanging_channel_delays_no_other_and_doubles_nothing(put, reader, tell, identity, monkeypatch, tick):
    monkeypatch.setattr(outgoing, "WHOLE_SECONDS", 0.5)
    monkeypatch.setattr(mail_channel, "SECONDS", 0.5)
    with receivers.silent_server() as port, receivers.http_server() as server:
        put("mail", **{**mail_values(server, identity), "port": port})
        put("webhook", **hook_values(server))
        server.answer = lambda heard: (200, b"{}")
        for number in range(5):
            tell(reader(mail="reader@example.cn"), number=f"N-{number}")
        for _number in range(6):
            notify.deliver()
            tick(timedelta(minutes=20), sweep=False)
    assert len(server.heard) == 5
    hooks = [row.state for row in Delivery.select() if row.channel == "webhook"]
    mails = [row.state for row in Delivery.select() if row.channel == "mail"]
    assert hooks == [SENT] * 5 and mails == [WAITING] * 5


def test_the_way_of_one_county_does_not_hold_up_that_of_another(put, reader, division_tree, county):
    far = division_tree.node("610921")
    for key, value in (("core.site_url", "https://far.example.cn"), ("core.outgoing_private", "127.0.0.0/8")):
        settings.put(key, far, value, source="test", valid_from=db.local_day())
    with receivers.http_server() as broken, receivers.http_server() as good:
        put("webhook", **hook_values(broken))
        put("webhook", node=far, **hook_values(good))
        broken.answer = lambda heard: (503, b"")
        with db.transaction():
            for node in (county, far):
                notify.send([reader().id], "case.overdue", {"number": node.code}, "/me/inbox", node)
        notify.deliver()
    assert [row.state for row in Delivery.select().order_by(Delivery.division_id)] in ([WAITING, SENT], [SENT, WAITING])
    assert json.loads(good.heard[0].body)["url"].startswith("https://far.example.cn/")


def test_a_town_that_switched_its_channel_off_sends_nothing(put, reader, tell, division_tree):
    with receivers.http_server() as server:
        put("webhook", **hook_values(server))
        put("webhook", node=division_tree.town, active=False, **hook_values(server))
        tell(reader())
        notify.deliver()
    assert server.heard == [] and states() == []


def test_a_channel_that_is_switched_off_before_the_message_went_out_skips_it(put, reader, tell):
    with receivers.http_server() as server:
        put("webhook", **hook_values(server))
        server.answer = lambda heard: (500, b"")
        tell(reader())
        notify.deliver()
        put("webhook", active=False, **hook_values(server))
        Delivery.update(due_at=db.now()).execute()
        notify.deliver()
    assert (Delivery.get().state, Delivery.get().error) == (SKIPPED, "channel_off")


def test_kinds_that_a_county_did_not_choose_stay_in_the_house(put, reader, tell):
    with receivers.http_server() as server:
        put("webhook", kinds=("arrived",), **hook_values(server))
        tell(reader())
        tell(reader(), key="case.arrived")
        notify.deliver()
    assert [json.loads(heard.body)["key"] for heard in server.heard] == ["case.arrived"]


def test_several_workers_send_each_message_once(put, reader, tell, app):
    import threading

    with receivers.http_server() as server:
        put("webhook", **hook_values(server))
        for number in range(20):
            tell(reader(), number=f"N-{number}")

        def work():
            with app.app_context():
                while notify.deliver():
                    pass
                db.close_thread()

        workers = [threading.Thread(target=work) for _number in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert sorted(json.loads(heard.body)["number"] for heard in server.heard) == sorted(f"N-{number}" for number in range(20))
    assert states() == [SENT] * 20


# ---------------------------------------------------------------- secrets and personal data

def test_a_secret_is_sealed_and_never_carried_to_another_address(put, county):
    with receivers.http_server() as server, receivers.http_server() as thief:
        row = put("webhook", **hook_values(server))
        assert SECRET not in json.dumps(row.values) + json.dumps(row.secrets)
        kept = put("webhook", url=server.url, secret=None, ca="")
        assert channel_setup.opened(kept).secrets == {"secret": SECRET}
        with pytest.raises(Invalid) as problem:
            put("webhook", url=thief.url, secret=None, ca="")
        assert set(problem.value.errors) == {"secret"}
        assert channel_setup.ChannelSetup.get().values["url"] == server.url


def test_the_ledger_tells_of_a_channel_without_its_secrets(put, county):
    from grid321.core.ledger import LedgerEntry

    with receivers.http_server() as server:
        put("webhook", **hook_values(server))
        entry = LedgerEntry.get(LedgerEntry.entity == "core.channel")
    assert SECRET not in json.dumps(entry.__data__, default=str) and server.url not in json.dumps(entry.__data__, default=str)


def test_no_personal_data_and_no_title_leaves_by_any_channel(put, reader, tell, identity, division_tree, caplog, county):
    """Persons, telephones, identity numbers and titles stand in the database; none of it is in a byte that went out."""
    from random import Random

    from grid321.core import people
    from grid321.core.demo.names import Numbers
    from grid321.core.registry import registry

    title, name, mail = "王家坪三组路灯整夜不亮", "司马相如", "simaxiangru@example.cn"
    number = Numbers(Random(7)).id_number("m")
    person = people.create_person({"name": name, "phone": PHONE, "id_number": number}, SYSTEM, division_tree.town)
    account = reader(mail=mail)
    account.update(person_id=person.id).where(type(account).id == account.id).execute()
    caplog.set_level(logging.DEBUG, logger="grid321")
    with receivers.http_server() as hook, receivers.http_server() as gateway, receivers.mail_server(identity) as post:
        put("webhook", **hook_values(hook))
        put("wecom", url=hook.url, key="k")
        put("dingtalk", url=hook.url, token="t", secret="SEC1")
        put("sms", **sms_values(gateway, success=""))
        put("mail", **mail_values(post, identity))
        hook.answer = robot(0)
        keys = ("case.overdue", "case.arrived", "case.changed", f"{name} {PHONE} {title}")
        for key in keys:
            with db.transaction():
                notify.send([account.id], key, {"entity": title, "state": name, "step": PHONE, "division": name, "job": title,
                                                "plugin": number, "clock": name, "day": PHONE, "number": "N-7"},
                            "/d/610902104/stock/thing/1", division_tree.town)
        for _round in range(3):
            notify.deliver()
    assert len(hook.heard) == 3 * len(keys) and len(post.raw) == len(keys) and len(gateway.heard) == 1
    left = [heard.path.encode() + b"\n" + heard.body for heard in (*hook.heard, *gateway.heard)]
    left += post.raw + [part.encode() for mail in post.taken for part in (mail.get_content(), mail["Subject"])]
    telephones = b"".join(heard.body for heard in gateway.heard)
    assert telephones.count(PHONE.encode()) == 1  # where the gateway must send it to, and nowhere else
    assert json.loads(gateway.heard[0].body)["mobile"] == PHONE
    for secret in (title, name, number, PHONE):
        found = [part for part in left if secret.encode() in part or json.dumps(secret).encode()[1:-1] in part]
        assert [part for part in found if part not in [b"/hook\n" + heard.body for heard in gateway.heard]] == [], secret
    for secret in (title, name, number, PHONE, mail, SECRET, receivers.PASSWORD):
        assert secret not in said(caplog)
    assert all("N-7" in part.decode("utf-8", "replace") or b"base64" in part for part in left if b"/hook" in part)
    assert registry() is not None


def said(caplog):
    """What our own loggers wrote."""
    return "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("grid321"))


def test_a_failure_keeps_nothing_of_what_the_other_side_wrote(put, reader, tell, identity, caplog):
    caplog.set_level(logging.DEBUG, logger="grid321")
    with receivers.mail_server(identity) as server:
        put("mail", **mail_values(server, identity))
        server.answers = {"RCPT": "550 5.1.1 <reader@example.cn> unknown"}
        tell(reader(mail="reader@example.cn"))
        notify.deliver()
    assert "reader" not in Delivery.get().error and "reader@" not in said(caplog)


def test_a_divided_town_hands_its_channels_down_with_their_secrets(put, division_tree):
    from grid321.core.division_records import hand_down

    with receivers.http_server() as server:
        put("webhook", node=division_tree.town, **hook_values(server))
        with db.transaction():
            hand_down(division_tree.town.id, [division_tree.other_town.id], keep=False)
    row = channel_setup.ChannelSetup.get()
    assert row.division_id == division_tree.other_town.id and channel_setup.opened(row).secrets == {"secret": SECRET}


# ---------------------------------------------------------------- a worker dies

KILLED = """
import os, signal, sys
from grid321.core import notify_deliveries
from grid321.core.app import create_app
import {stock}

app = create_app({{"DATABASE": {database!r}, "PLUGINS": [{stock}], "HOME": {home!r}, "TESTING": True}})
with app.app_context():
    notify_deliveries._finish = lambda row, result: os.kill(os.getpid(), signal.SIGKILL)
    notify_deliveries.deliver()
"""


def test_a_worker_killed_between_sending_and_noting_sends_again_with_the_same_id(put, reader, tell, tick, app):
    with receivers.http_server() as server:
        put("webhook", **hook_values(server))
        tell(reader())
        config = app.extensions["grid321"].config
        address = db.database.obj.database
        url = address if "://" in address else f"sqlite:///{address}"
        db.close_thread()
        script = textwrap.dedent(KILLED).format(stock="support.stock", database=url, home=str(config.home))
        ended = subprocess.run([sys.executable, "-c", script.replace("import support.stock", "import support.stock, support")],
                               env={**os.environ, "PYTHONPATH": "tests"}, capture_output=True, text=True, check=False)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        assert len(server.heard) == 1
        row = Delivery.get()
        assert (row.state, row.tries) == (WAITING, 1)
        assert notify.deliver() == 0  # another worker still has it
        tick(notify_deliveries.LEASE + timedelta(seconds=1), sweep=False)
        notify.deliver()
    assert Delivery.get().state == SENT
    ids = [json.loads(heard.body)["id"] for heard in server.heard]
    assert len(ids) == 2 and set(ids) == {row.uid}


def test_a_message_whose_worker_always_dies_is_given_up(put, reader, tell, tick):
    with receivers.http_server() as server:
        put("webhook", **hook_values(server))
        tell(reader())
        notify_deliveries.plan()
        for _number in range(8):
            assert notify_deliveries._claim(Delivery.get().target) is not None
            tick(timedelta(minutes=5), sweep=False)
        notify.deliver()
    assert (Delivery.get().state, Delivery.get().error, server.heard) == (DEAD, "interrupted", [])


def test_words_for_every_reason_exist_in_both_languages():
    from grid321.core.channels.reasons import REASONS, text_of

    for language in ("zh", "en"):
        with i18n.use_language(language):
            assert all(len(text_of(f"{reason} 550")) > 5 for reason in REASONS)
            assert text_of("something else")
