"""Notifications: in the reader's language, without personal data, read by their owner only, carried on by channels."""
import pytest
from support import stock

from grid321.core import db, i18n, notify
from grid321.core.entity import Delivery
from grid321.core.notify import Notification
from grid321.core.notify_rows import Delivery as Delivery_


@pytest.fixture
def plugin_modules():
    """The application carries the core and ``stock``."""
    return [stock]


@pytest.fixture
def send(app, division_tree):
    """Return ``send(*accounts)``: tell them that a matter arrived."""
    def tell(*accounts):
        with db.transaction():
            return notify.send(accounts, "case.overdue", {"entity": "stock.thing", "number": "N-1", "day": "2026-03-15"},
                               "/d/610902/stock/thing/1", division_tree.county)
    return tell


def test_a_notification_is_read_in_the_language_of_the_reader(send):
    assert send(7, 7, 8) == 2
    [row] = notify.inbox(7)
    with i18n.use_language("en"):
        assert row.text == "Things N-1 is overdue: it was due on 15 March 2026."
    with i18n.use_language("zh"):
        assert "2026年3月15日" in row.text and "N-1" in row.text


@pytest.mark.parametrize("params", [{"name": "张三"}, {"phone": "13912345678"}])
def test_personal_data_are_refused(app, division_tree, params):
    with pytest.raises(ValueError, match="may not be filled in"):
        notify.send([1], "case.arrived", params, "/", division_tree.county)


@pytest.mark.parametrize("link", ["https://example.org/", "//example.org/", "javascript:alert(1)", ""])
def test_a_link_leads_into_this_site_only(app, division_tree, link):
    with pytest.raises(ValueError, match="not a path"):
        notify.send([1], "case.arrived", {}, link, division_tree.county)


def test_an_unknown_key_is_shown_as_it_is(app, division_tree):
    notify.send([1], "100 % of %(number)s", {"number": "5"}, "/", division_tree.county)
    assert notify.inbox(1)[0].text


def test_the_inbox_of_one_account_is_not_anothers(send, client_for, division_tree):
    mine, other = client_for(None, division_tree.town), client_for(None, division_tree.town)
    send(mine.account.id)
    page = mine.get("/me/inbox")
    assert page.status_code == 200 and "N-1" in page.text
    assert "N-1" not in other.get("/me/inbox").text
    row = notify.inbox(mine.account.id)[0]
    assert other.get(f"/me/inbox/{row.id}").status_code == 404
    assert notify.unread_count(mine.account.id) == 1
    answer = mine.get(f"/me/inbox/{row.id}")
    assert answer.status_code == 303 and answer.location == "/d/610902/stock/thing/1"
    assert notify.unread_count(mine.account.id) == 0


def test_all_are_marked_read_at_once(send, client_for, division_tree):
    mine = client_for(None, division_tree.town)
    send(mine.account.id)
    send(mine.account.id, 99)
    assert ">2<" in mine.get("/me/inbox").text
    assert mine.post("/me/inbox/read", {"all": "1"}).status_code == 303
    assert (notify.unread_count(mine.account.id), notify.unread_count(99)) == (0, 1)


def test_older_messages_are_on_the_next_page(send, client_for, division_tree):
    mine = client_for(None, division_tree.town)
    for _number in range(60):
        send(mine.account.id)
    page = mine.get("/me/inbox").text
    assert page.count("/me/inbox/") >= 50 and "before=" in page
    oldest_shown = notify.inbox(mine.account.id, limit=50)[-1].id
    assert mine.get(f"/me/inbox?before={oldest_shown}").text.count('name="id"') == 10
    assert mine.get("/me/inbox?before=x").status_code == 400


def channel(results, heard):
    def grid321_deliver(message, recipient):
        heard.append((message.text, message.number, recipient))
        result = results.pop(0)
        if isinstance(result, BaseException):
            raise result
        return result
    return grid321_deliver


@pytest.fixture
def with_channel(app, monkeypatch):
    """Return ``with_channel(result, …)``: a plugin's channel with these answers; what it hears is returned."""
    from grid321.core.dispatch import Implementation
    from grid321.core.registry import platform

    def put(*results):
        heard = []
        found = (Implementation("stock", channel(list(results), heard), ("message", "recipient")),)
        monkeypatch.setitem(platform().hooks.implementations, "deliver", found)
        return heard
    return put


def test_a_channel_is_offered_each_message_once(send, with_channel, switch_on, division_tree):
    switch_on("stock", division_tree.county)
    heard = with_channel(Delivery("sms", True))
    send(7)
    assert notify.deliver() > 0 and notify.deliver() == 0
    assert [(number, account) for _text, number, account in heard] == [("N-1", 7)]


def test_a_channel_that_fails_is_tried_again_later(send, with_channel, switch_on, division_tree, tick):
    from datetime import timedelta

    switch_on("stock", division_tree.county)
    heard = with_channel(RuntimeError(), Delivery("sms", False), Delivery("sms", True))
    send(7)
    for _number in range(4):
        notify.deliver()
        tick(timedelta(minutes=10), sweep=False)
    assert len(heard) == 3
    assert Delivery_.get().state == "sent"


def test_without_channels_messages_are_only_shown(send):
    send(7)
    assert notify.deliver() == 1 and notify.deliver() == 0
    assert Notification.get().planned is True
    assert Delivery_.select().count() == 0
