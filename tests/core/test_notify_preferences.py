"""What a person chose holds: kinds, quiet hours, summaries; and mail goes to a confirmed address only."""
import re
from datetime import date, timedelta

import pytest
from support import receivers, stock

from grid321.core import channel_setup, crypto, db, notify, notify_preferences, settings
from grid321.core.channels import channels
from grid321.core.errors import Invalid
from grid321.core.notify_rows import SENT, SKIPPED, Delivery
from grid321.core.notify_texts import KINDS


@pytest.fixture
def plugin_modules():
    """The application carries the core and ``stock``."""
    return [stock]


@pytest.fixture
def post(app, division_tree, tmp_path):
    """The mail server of the county, configured and on."""
    node = division_tree.county
    for key, value in (("core.site_url", "https://grid.example.cn"), ("core.outgoing_private", "127.0.0.0/8")):
        settings.put(key, node, value, source="test", valid_from=date(2026, 1, 1))
    found = receivers.identity(tmp_path)
    with receivers.mail_server(found) as server:
        channel_setup.put(channels()["mail"], node, {
            "host": receivers.HERE, "port": server.port, "security": "starttls", "sender": "grid@example.cn",
            "user": receivers.USER, "password": receivers.PASSWORD, "ca": found.pem}, list(KINDS), active=True, language="zh",
            account_id=None)
        yield server


@pytest.fixture
def me(client_for, division_tree):
    """A browser of an account of the town."""
    return client_for(None, division_tree.town)


def confirmed(account, address="reader@example.cn"):
    uid = db.new_uid()
    notify_preferences.Mailbox.create(account_id=account.id, uid=uid, confirmed_at=db.now(),
                                      address=crypto.seal(address, "core_mailbox", "address", uid))


def choose(account, **changes):
    """Store choices as the page would."""
    form = {f"mail.{kind}": "1" for kind in KINDS} | {name: str(value) for name, value in changes.items() if value is not None}
    notify_preferences.save(account.id, notify_preferences.read(form, ["mail"]), ["mail"])


@pytest.fixture
def tell(division_tree):
    """Return ``tell(account, key)``."""
    def send(account, key="case.overdue", number="N-1"):
        with db.transaction():
            notify.send([account.id], key, {"number": number, "entity": "stock.thing", "day": "2026-03-15"}, "/me/inbox",
                        division_tree.town)
    return send


# ---------------------------------------------------------------- the address

def test_an_address_counts_after_the_mailed_code_was_typed(post, me, tell):
    assert me.get("/me/mail").status_code == 200
    assert me.post("/me/mail", {"address": "reader@example.cn"}).location == "/me/mail/confirm"
    tell(me.account)
    notify.deliver()
    [mail] = post.taken  # the code, and no message yet
    code = re.search(r"\b[0-9A-HJKMNP-TV-Z]{8}\b", mail.get_content())[0]
    assert "r***@example.cn" in me.get("/me/mail/confirm").text and "reader@" not in me.get("/me").text
    wrong = "0" * 8 if code != "0" * 8 else "1" * 8
    assert me.post("/me/mail/confirm", {"code": wrong}).status_code == 422
    assert me.post("/me/mail/confirm", {"code": f" {code[:4]}-{code[4:].lower()} "}).location == "/me?done=mail"
    assert notify_preferences.address_of(me.account.id) == "reader@example.cn"
    tell(me.account)
    notify.deliver()
    assert len(post.taken) == 2 and post.recipients[-1] == "reader@example.cn"
    assert me.post("/me/mail/remove").status_code == 303
    tell(me.account)
    notify.deliver()
    assert len(post.taken) == 2 and notify_preferences.address_of(me.account.id) is None


def test_neither_address_nor_code_stands_readable_in_the_database(post, me):
    me.post("/me/mail", {"address": "reader@example.cn"})
    code = re.search(r"\b[0-9A-HJKMNP-TV-Z]{8}\b", post.taken[0].get_content())[0]
    row = notify_preferences.mailbox(me.account.id)
    assert "reader" not in str(row.__data__) and code not in str(row.__data__)


def test_a_code_is_tried_five_times_and_lives_half_an_hour(post, me, tick):
    me.post("/me/mail", {"address": "reader@example.cn"})
    code = re.search(r"\b[0-9A-HJKMNP-TV-Z]{8}\b", post.taken[0].get_content())[0]
    assert [me.post("/me/mail/confirm", {"code": "x"}).status_code for _number in range(5)] == [422] * 5
    assert me.post("/me/mail/confirm", {"code": code}).status_code == 429
    me.post("/me/mail", {"address": "reader@example.cn"})
    newest = re.search(r"\b[0-9A-HJKMNP-TV-Z]{8}\b", post.taken[1].get_content())[0]
    assert newest != code and me.post("/me/mail/confirm", {"code": code}).status_code == 422
    tick(timedelta(minutes=31), sweep=False)
    with pytest.raises(Invalid):
        notify_preferences.confirm(me.actor, newest)
    assert notify_preferences.address_of(me.account.id) is None


def test_codes_are_mailed_five_times_an_hour(post, me):
    answers = [me.post("/me/mail", {"address": "reader@example.cn"}).status_code for _number in range(6)]
    assert answers == [303] * 5 + [429] and len(post.taken) == 5


@pytest.mark.parametrize("address", ["", "reader", "a@b", "a b@example.cn", "a@example.cn\nBcc: b@example.cn", "张@example.cn"])
def test_what_is_no_address_is_refused(post, me, address):
    answer = me.post("/me/mail", {"address": address})
    assert answer.status_code == 422 and post.taken == [] and notify_preferences.mailbox(me.account.id) is None


def test_a_mail_server_that_refuses_the_address_is_told_in_words(post, me):
    post.answers = {"RCPT": "550 no"}
    answer = me.post("/me/mail", {"address": "reader@example.cn"})
    assert answer.status_code == 422 and "收件人地址" in answer.text


def test_without_a_mail_channel_there_is_nothing_to_confirm(app, me):
    assert me.get("/me/mail").status_code == 422


# ---------------------------------------------------------------- choices

def test_the_page_keeps_what_was_chosen(post, me):
    page = me.get("/me/notifications").text
    assert "mail.overdue" in page and "sms.overdue" not in page  # only channels that are on
    answer = me.post("/me/notifications", {"mail.overdue": "1", "quiet_from": "22:00", "quiet_to": "07:00", "digest": "weekly",
                                           "hour": "9", "weekday": "4"})
    assert answer.status_code == 303
    row = notify_preferences.of([me.account.id])[me.account.id]
    assert (row.quiet_from, row.quiet_to, row.digest, row.hour, row.weekday) == (1320, 420, "weekly", 9, 4)
    assert "mail.arrived" in row.silent and "mail.overdue" not in row.silent
    assert "sms.arrived" in row.silent and "sms.overdue" not in row.silent  # what was not shown stays as it was
    assert 'value="22:00"' in me.get("/me/notifications").text


@pytest.mark.parametrize(("changes", "field"), [
    ({"quiet_from": "25:00", "quiet_to": "07:00"}, "quiet_from"), ({"quiet_from": "22:00", "quiet_to": ""}, "quiet_to"),
    ({"digest": "hourly"}, "digest"), ({"hour": "24"}, "hour"), ({"weekday": "7"}, "weekday"), ({"hour": "٣"}, "hour"),
    ({"sms.overdue": "1"}, "sms.overdue"), ({"mail.nonsense": "1"}, "mail.nonsense")])
def test_choices_that_make_no_sense_change_nothing(post, me, changes, field):
    form = {"quiet_from": "", "quiet_to": "", "digest": "once", "hour": "8", "weekday": "0", **changes}
    answer = me.post("/me/notifications", form)
    assert answer.status_code == 422 and f"f-{field}" in answer.text
    assert notify_preferences.Preference.select().count() == 0
    with pytest.raises(Invalid):
        notify_preferences.read(form, ["mail"])


def test_a_kind_that_was_switched_off_is_not_mailed(post, me, tell):
    confirmed(me.account)
    notify_preferences.save(me.account.id, notify_preferences.read({"mail.arrived": "1"}, ["mail"]), ["mail"])
    tell(me.account)
    tell(me.account, "case.arrived")
    notify.deliver()
    assert len(post.taken) == 1 and notify.unread_count(me.account.id) == 2


def test_a_message_of_the_night_is_mailed_in_the_morning(post, me, tell, tick):
    confirmed(me.account)
    choose(me.account, quiet_from="10:00", quiet_to="14:00")
    tick(date(2027, 3, 15), sweep=False)  # noon in China
    tell(me.account)
    assert notify.deliver() == 1 and post.taken == []
    tick(timedelta(hours=2, minutes=1), sweep=False)
    notify.deliver()
    assert len(post.taken) == 1


def test_overdue_passes_the_quiet_hours_when_the_county_says_so(post, me, tell, tick, division_tree):
    confirmed(me.account)
    choose(me.account, quiet_from="10:00", quiet_to="14:00", digest="daily")
    settings.put("core.notify_urgent_passes", division_tree.county, True, source="test", valid_from=date(2026, 1, 1))
    tick(date(2027, 3, 15), sweep=False)
    tell(me.account, "case.arrived")
    tell(me.account)
    notify.deliver()
    assert [mail["X-Grid321-Id"] for mail in post.taken] == [row.uid for row in Delivery.select().where(Delivery.digest == False)]  # noqa: E712


def test_a_summary_counts_and_links_what_is_unread(post, me, tell, tick):
    confirmed(me.account)
    choose(me.account, digest="daily", hour=18)
    tick(date(2027, 3, 15), sweep=False)
    for number in range(3):
        tell(me.account, "case.arrived", f"A-{number}")
    tell(me.account, number="O-1")
    while notify.deliver():
        pass
    assert post.taken == [] and Delivery.get().count == 4
    first = notify.inbox(me.account.id)[-1]
    notify.mark_read(me.account.id, [first.id])
    tick(timedelta(hours=6, minutes=1), sweep=False)
    notify.deliver()
    [mail] = post.taken
    text = mail.get_content()
    assert "3 条未读消息" in text and "转来 2" in text and "逾期 1" in text
    assert "A-0" not in text and "A-2" in text and "O-1" in text
    assert text.count("https://grid.example.cn/me/inbox/") == 3
    assert Delivery.get().state == SENT


def test_a_summary_of_nothing_unread_is_not_sent(post, me, tell, tick):
    confirmed(me.account)
    choose(me.account, digest="daily", hour=18)
    tick(date(2027, 3, 15), sweep=False)
    tell(me.account)
    notify.deliver()
    notify.mark_read(me.account.id)
    tick(timedelta(hours=7), sweep=False)
    notify.deliver()
    assert post.taken == [] and Delivery.get().state == SKIPPED


def test_what_comes_after_a_summary_was_taken_waits_for_the_next(post, me, tell, tick):
    confirmed(me.account)
    choose(me.account, digest="daily", hour=18)
    tick(date(2027, 3, 15), sweep=False)
    tell(me.account, number="A-1")
    notify.deliver()
    Delivery.update(tries=1).execute()  # a worker has just taken it
    tell(me.account, number="A-2")
    notify.deliver()
    assert [row.count for row in Delivery.select().order_by(Delivery.due_at)] == [1, 1]


def test_a_disabled_account_gets_nothing(post, me, tell):
    confirmed(me.account)
    type(me.account).update(disabled=True).where(type(me.account).id == me.account.id).execute()
    tell(me.account)
    notify.deliver()
    assert post.taken == [] and Delivery.select().count() == 0
