"""The administrator configures channels and texts, tries them, and sees what was not delivered; readers see their messages."""
import json
import re
from datetime import date

import pytest
from support import receivers, stock

from grid321.core import channel_setup, db, i18n, notify, notify_texts, settings
from grid321.core.channels import channels, intakes
from grid321.core.channels.sms import EXAMPLE
from grid321.core.errors import Invalid
from grid321.core.notify_rows import DEAD, SENT, Delivery
from grid321.core.notify_texts import KINDS, TEXTS

SECRET = "sixteen random characters"


@pytest.fixture
def plugin_modules():
    """The application carries the core and ``stock``."""
    return [stock]


@pytest.fixture
def county(app, division_tree):
    """The county, with the address of the site and this machine as its intranet."""
    for key, value in (("core.site_url", "https://grid.example.cn"), ("core.outgoing_private", "127.0.0.0/8")):
        settings.put(key, division_tree.county, value, source="test", valid_from=date(2026, 1, 1))
    return division_tree.county


@pytest.fixture
def admin(client_for, county):
    """The administrator's browser."""
    return client_for("core.county_admin", county)


@pytest.fixture
def hook():
    """A receiver of web hooks."""
    with receivers.http_server() as server:
        yield server


def form(server, **changes):
    return {"active": "1", "url": server.url, "secret": SECRET, "ca": "", "language": "zh"} | {
        f"kind_{key}": "1" for key in KINDS} | changes


BASE = "/d/610902/core"


def tell(node, *accounts, key="case.overdue"):
    with db.transaction():
        notify.send([account.id for account in accounts], key, {"number": "N-1", "entity": "stock.thing", "day": "2026-03-15"},
                    f"/d/{node.code}/stock/thing/1", node)


# ---------------------------------------------------------------- configuration

def test_every_channel_is_off_until_it_is_configured(admin):
    page = admin.get(f"{BASE}/channels").text
    assert all(str(channel.label) in page for channel in channels().values())
    assert channel_setup.any_active() is False and page.count("已关闭") == len(channels()) + len(intakes())


def test_a_channel_is_configured_and_its_secret_is_never_shown_again(admin, hook):
    assert admin.post(f"{BASE}/channels/webhook", form(hook)).location.endswith("/core/channels?done=saved")
    for path in ("channels", "channels/webhook", "channels/webhook/test"):
        assert SECRET not in admin.get(f"{BASE}/{path}").text
    page = admin.get(f"{BASE}/channels/webhook").text
    assert hook.url in page and "kind_job" in page
    assert admin.post(f"{BASE}/channels/webhook", form(hook, secret="", kind_job="")).status_code == 303
    row = channel_setup.ChannelSetup.get()
    assert channel_setup.opened(row).secrets == {"secret": SECRET} and "job" not in row.kinds
    refused = admin.post(f"{BASE}/channels/webhook", form(hook, secret="another secret of 30 chars", url="ftp://x"))
    assert refused.status_code == 422 and "another secret" not in refused.text


@pytest.mark.parametrize(("changes", "field"), [
    ({"url": "http://10.9.9.9/hook"}, "url"), ({"url": "http://169.254.169.254/latest"}, "url"), ({"url": "nonsense"}, "url"),
    ({"url": "https://user:word@example.org/"}, "url"), ({"secret": "short"}, "secret"), ({"secret": ""}, "secret"),
    ({"ca": "no certificate"}, "ca"), ({"language": "de"}, "language"), ({"nonsense": "1"}, "nonsense")])
def test_a_configuration_that_does_not_fit_changes_nothing(admin, hook, changes, field):
    answer = admin.post(f"{BASE}/channels/webhook", form(hook, **changes))
    assert answer.status_code == 422 and channel_setup.ChannelSetup.select().count() == 0
    assert f'href="#f-{field}"' in answer.text or field in answer.text


def test_a_private_address_names_the_setting_that_would_allow_it(admin, hook, county):
    settings.put("core.outgoing_private", county, "", source="test", valid_from=date(2026, 1, 1))
    answer = admin.post(f"{BASE}/channels/webhook", form(hook))
    assert answer.status_code == 422 and "允许发送消息的内网网段" in answer.text


@pytest.mark.parametrize(("key", "value"), [
    ("core.outgoing_private", "0.0.0.0/0"), ("core.outgoing_private", "gateway.example"), ("core.site_url", "example.org"),
    ("core.site_url", "https://example.org/?x=1")])
def test_a_setting_that_cannot_be_meant_is_refused(county, key, value):
    with pytest.raises(Invalid):
        settings.put(key, county, value, source="test", valid_from=date(2026, 1, 1))


def test_without_an_address_of_the_site_a_channel_cannot_be_switched_on(admin, hook, county):
    settings.put("core.site_url", county, "", source="test", valid_from=date(2026, 1, 1))
    assert "未设置本网站地址" in admin.get(f"{BASE}/channels").text
    assert admin.post(f"{BASE}/channels/webhook", form(hook)).status_code == 422
    assert admin.post(f"{BASE}/channels/webhook", form(hook, active="")).status_code == 303


def test_a_town_has_a_configuration_of_its_own_and_gives_it_up_again(admin, hook, client_for, division_tree):
    admin.post(f"{BASE}/channels/webhook", form(hook))
    town = client_for("core.county_admin", division_tree.town)
    own = f"/d/{division_tree.town.code}/core/channels"
    refused = town.post(f"{own}/webhook", form(hook, secret=""))  # the county's secret does not come down with a changed address
    assert refused.status_code == 422
    assert town.post(f"{own}/webhook", form(hook, active="")).status_code == 303
    assert channel_setup.active(division_tree.town) == [] and len(channel_setup.active(division_tree.other_town)) == 1
    assert town.post(f"{own}/webhook/inherit").status_code == 303
    assert len(channel_setup.active(division_tree.town)) == 1
    assert town.get(f"{BASE}/channels").status_code in {403, 404}
    assert town.post(f"{own}/webhook/inherit").status_code == 404


def test_who_only_sees_channels_changes_none(client_for, hook, county):
    auditor = client_for("core.auditor", county)
    assert auditor.get(f"{BASE}/channels").status_code == 200 and auditor.get(f"{BASE}/deliveries").status_code == 200
    for path in ("channels/webhook", "channels/webhook/test", "messages/case.overdue/zh", "channels/webhook/inherit"):
        assert auditor.post(f"{BASE}/{path}", form(hook)).status_code == 403


# ---------------------------------------------------------------- test message

def test_a_test_message_tells_what_came_of_it(admin, hook):
    admin.post(f"{BASE}/channels/webhook", form(hook))
    answer = admin.post(f"{BASE}/channels/webhook/test")
    assert "对方已接收" in answer.text
    assert json.loads(hook.heard[0].body)["kind"] == "test"
    hook.answer = lambda heard: (404, b"")
    answer = admin.post(f"{BASE}/channels/webhook/test")
    assert "测试消息未能送出" in answer.text and "404" in answer.text


def test_a_test_of_text_messages_goes_to_the_number_that_was_typed(admin, hook):
    admin.post(f"{BASE}/channels/sms", {"active": "1", "url": hook.url, "method": "json", "template": EXAMPLE, "user": "u",
                                        "secret": "s", "success": "", "ca": "", "kind_overdue": "1"})
    assert admin.post(f"{BASE}/channels/sms/test", {"address": "123"}).status_code == 422 and hook.heard == []
    assert "短信网关已接收" in admin.post(f"{BASE}/channels/sms/test", {"address": "13912345678"}).text
    assert json.loads(hook.heard[0].body)["mobile"] == "13912345678"


def test_test_messages_are_limited(admin, hook):
    admin.post(f"{BASE}/channels/webhook", form(hook))
    answers = [admin.post(f"{BASE}/channels/webhook/test").status_code for _number in range(21)]
    assert answers == [200] * 20 + [429]


# ---------------------------------------------------------------- undelivered

def test_a_dead_letter_shows_its_reason_and_is_sent_again_by_its_channel_only(admin, hook, make_account, division_tree):
    with receivers.http_server() as robot:
        admin.post(f"{BASE}/channels/webhook", form(hook))
        admin.post(f"{BASE}/channels/wecom", {"active": "1", "url": robot.url, "key": "k", "language": "zh", "kind_overdue": "1"})
        robot.answer = lambda heard: (200, b'{"errcode": 0}')
        hook.answer = lambda heard: (422, b"")
        tell(division_tree.town, make_account(None, division_tree.town))
        notify.deliver()
        page = admin.get(f"{BASE}/deliveries").text
        assert "N-1" in page and "422" in page and page.count("重新发送") >= 1
        [url] = re.findall(r"/core/deliveries/\d+/again", page)
        hook.answer = lambda heard: (200, b"")
        assert admin.post(f"/d/610902{url}").status_code == 303
        notify.deliver()
        assert len(robot.heard) == 1 and len(hook.heard) == 2
    assert {row.state for row in Delivery.select()} == {SENT}
    assert admin.post(f"/d/610902{url}").status_code == 409


def test_a_town_sees_the_messages_of_its_own_divisions_only(admin, hook, make_account, client_for, division_tree):
    admin.post(f"{BASE}/channels/webhook", form(hook))
    hook.answer = lambda heard: (422, b"")
    tell(division_tree.other_town, make_account(None, division_tree.town))
    notify.deliver()
    town = client_for("core.county_admin", division_tree.town)
    code = division_tree.town.code
    assert "N-1" not in town.get(f"/d/{code}/core/deliveries").text
    assert town.post(f"/d/{code}/core/deliveries/{Delivery.get().id}/again").status_code == 404
    assert Delivery.get().state == DEAD


@pytest.mark.parametrize("query", ["state=x", "channel=x", "before=x"])
def test_an_unknown_filter_is_refused(admin, query):
    assert admin.get(f"{BASE}/deliveries?{query}").status_code == 400
    assert admin.get(f"{BASE}/deliveries?state=&channel=mail&before=9").status_code == 200


# ---------------------------------------------------------------- texts

def test_a_text_of_the_county_takes_the_place_of_the_built_in_one(admin, division_tree):
    url = f"{BASE}/messages/case.overdue/zh"
    assert "{day}" in admin.get(url).text
    preview = admin.post(url, {"words": "请速办 {number}，期限 {day}", "do": "preview"})
    assert preview.status_code == 200 and "请速办 ZB-2026-0153，期限 2026年3月15日" in preview.text
    assert notify_texts.MessageText.select().count() == 0
    assert admin.post(url, {"words": "请速办 {number}，期限 {day}"}).status_code == 303
    params = {"number": "N-1", "entity": "stock.thing", "day": "2026-03-15"}
    with i18n.use_language("zh"):
        assert notify_texts.text_of("case.overdue", params, division_tree.town.id) == "请速办 N-1，期限 2026年3月15日"
        assert "N-1" in notify_texts.text_of("case.overdue", params, division_tree.node("610921").id)
    with i18n.use_language("en"):
        assert "overdue" in notify_texts.text_of("case.overdue", params, division_tree.town.id)
    assert "请速办" in admin.get(f"{BASE}/messages").text
    assert admin.post(url, {"words": "x", "do": "reset"}).status_code == 303 and notify_texts.MessageText.select().count() == 0


@pytest.mark.parametrize(("words", "said"), [
    ("{colour} {number}", "{colour}"), ("{name}", "{name}"), ("{number.__class__}", "{number.__class__}"), ("{}", "{}"),
    ("{number", "花括号"), ("number}", "花括号"), ("", "1"), ("x" * 201, "200"), ("电话 13912345678", "电话号码"),
    ("{step} {number}", "{step}")])
def test_a_text_with_an_unknown_name_is_refused_naming_it(admin, words, said):
    answer = admin.post(f"{BASE}/messages/case.overdue/zh", {"words": words, "do": "preview"} if not words else {"words": words})
    assert answer.status_code == 422 and notify_texts.MessageText.select().count() == 0
    assert said in answer.text


def test_values_are_not_read_for_names_again(app):
    assert notify_texts.fill("{number}", {"number": "{day}", "day": "2026-03-15"}) == "{day}"


def test_every_text_has_a_kind_known_names_and_both_languages():
    for key, text in TEXTS.items():
        assert text.kind in KINDS
        for language in ("zh", "en"):
            with i18n.use_language(language):
                words = notify_texts.default_words(key)
                assert set(re.findall(r"{(\w+)}", words)) <= set(text.names) <= set(notify_texts.NAMES), key
                assert "%(" not in words
                assert notify_texts.check_words(key, words) == words
    with i18n.use_language("zh"):
        assert [key for key in TEXTS if notify_texts.default_words(key).isascii()] == []


# ---------------------------------------------------------------- inbox

def test_the_inbox_shows_the_title_of_a_matter_to_whoever_may_see_it(with_plugins):
    from support import matters

    app = with_plugins(matters)
    from grid321.core import records, switches
    from grid321.core.actor import SYSTEM
    from grid321.core.registry import registry
    from grid321.core.testing_browser import Browser
    from grid321.core.testing_tree import DivisionTree

    tree = DivisionTree.plant()
    switches.turn("matters", tree.county, True)
    matter = records.create(registry().entity("matters.matter"), {"title": "路灯整夜不亮", "kind": "light"}, SYSTEM, tree.village)
    officer, stranger = Browser.logged_in(app, "matters.officer", tree.village), Browser.logged_in(app, None, tree.other_town)
    with db.transaction():
        notify.send([officer.account.id, stranger.account.id], "case.arrived",
                    {"entity": "matters.matter", "number": matter.number, "state": matter.state},
                    f"/d/{tree.village.code}/matters/matter/{matter.id}", tree.village)
    assert "路灯整夜不亮" in officer.get("/me/inbox").text
    page = stranger.get("/me/inbox").text
    assert matter.number in page and "路灯整夜不亮" not in page
    assert "路灯" not in str([row.__data__ for row in notify.Notification.select()])


def test_the_inbox_is_filtered_and_marked_read_in_bulk(client_for, division_tree):
    me = client_for(None, division_tree.town)
    for key in ("case.overdue", "case.arrived", "case.arrived"):
        tell(division_tree.town, me.account, key=key)
    assert me.get("/me/inbox?kind=arrived").text.count("name=\"id\"") == 2
    ids = [row.id for row in notify.inbox(me.account.id, kind="arrived")]
    assert me.post("/me/inbox/read", {"id": [str(row) for row in ids[:1]]}).location == "/me/inbox?read=1"
    assert notify.unread_count(me.account.id) == 2
    assert me.get("/me/inbox?kind=arrived&unread=1").text.count("name=\"id\"") == 1
    assert "没有符合条件的消息" in me.get("/me/inbox?kind=month").text
    assert me.post("/me/inbox/read", {"all": "1"}).location == "/me/inbox?read=2"
    assert notify.unread_count(me.account.id) == 0
    assert me.get("/me/inbox?kind=x").status_code == 400
    assert me.post("/me/inbox/read", {"id": "x"}).status_code == 400


def test_nobody_marks_the_messages_of_another_read(client_for, division_tree):
    me, other = client_for(None, division_tree.town), client_for(None, division_tree.town)
    tell(division_tree.town, other.account)
    me.post("/me/inbox/read", {"id": str(notify.inbox(other.account.id)[0].id)})
    assert notify.unread_count(other.account.id) == 1


# ---------------------------------------------------------------- REST

def test_programs_read_their_messages_and_mark_them_read(client_for, division_tree):
    me = client_for("core.staff", division_tree.town)
    tell(division_tree.town, me.account)
    tell(division_tree.town, me.account, key="case.arrived")
    found = me.api("GET", "/d/610902104/core/inbox?kind=overdue").get_json()
    assert found["unread"] == 2 and [item["number"] for item in found["items"]] == ["N-1"]
    marked = me.api("POST", "/d/610902104/core/inbox/read", {"ids": [found["items"][0]["id"]]})
    assert marked.get_json() == {"marked": 1} and notify.unread_count(me.account.id) == 1
    assert me.api("POST", "/d/610902104/core/inbox/read", {"all": True}).get_json() == {"marked": 1}
    for body in ({}, {"ids": "1"}, {"ids": [True]}, {"ids": [1], "x": 1}, {"all": 1}):
        assert me.api("POST", "/d/610902104/core/inbox/read", body).status_code == 422
    assert me.api("GET", "/d/610902104/core/inbox?kind=x").status_code == 400
    assert me.api("GET", "/d/610902104/core/inbox?x=1").status_code == 400


def test_programs_see_channels_and_send_dead_letters_again(admin, hook, make_account, division_tree):
    admin.post(f"{BASE}/channels/webhook", form(hook))
    listed = admin.api("GET", "/d/610902/core/channels")
    assert {item["key"]: item["on"] for item in listed.get_json()["items"]}["webhook"] is True
    assert SECRET not in listed.text and hook.url not in listed.text
    hook.answer = lambda heard: (422, b"")
    tell(division_tree.town, make_account(None, division_tree.town))
    notify.deliver()
    [item] = admin.api("GET", "/d/610902/core/deliveries").get_json()["items"]
    assert item["error"] == "http 422" and "422" in item["reason"]
    assert admin.api("POST", f"/d/610902/core/deliveries/{item['id']}/again", {}).get_json()["state"] == "waiting"
    assert admin.api("POST", f"/d/610902/core/deliveries/{item['id']}/again", {}).status_code == 409
    assert admin.api("POST", "/d/610902/core/deliveries/999/again", {}).status_code == 404
