"""Text messages of a gateway: signed, each once, answered with number and code; forged, old and repeated posts change nothing."""

import time

import orjson
import pytest
from support import receivers

from grid321.core import channel_setup, db, intakes, lookup, records, settings
from grid321.core.channels import channels, webhook
from grid321.core.channels import intakes as ways
from grid321.core.registry import registry
from grid321.plugins.suggestion_tracking import intake_answers
from grid321.plugins.suggestion_tracking.intake_models import Incoming
from grid321.plugins.suggestion_tracking.matter_models import Matter

from .matter_world import PHONE, plugin_modules, world

__all__ = ["plugin_modules", "world"]
SECRET = "the secret of the gateway"


@pytest.fixture
def county(world):
    """The county with a gateway that posts messages."""
    for key, value in (("core.site_url", "https://grid.example.cn"), ("core.outgoing_private", "127.0.0.0/8")):
        settings.put(key, world.tree.county, value, source="test", valid_from=db.local_day())
    channel_setup.put(ways()["sms_in"], world.tree.county, {"secret": SECRET, "answer": True}, [], active=True, language="zh",
                      account_id=None)
    return world.tree.county


@pytest.fixture
def post(county, app):
    """Return ``post(*messages, …)``: what a gateway posts, signed; a program, so without cookies."""
    def send(*messages, secret=SECRET, at=None, body=None, node=None, **headers):
        raw = orjson.dumps({"messages": list(messages)}) if body is None else body
        stamp = str(int(at if at is not None else time.time()))
        given = {webhook.TIME_HEADER: stamp, webhook.SIGNATURE_HEADER: webhook.signature(secret, stamp, raw),
                 "Content-Type": "application/json", **headers}
        return app.test_client().post(f"/d/{(node or county).code}/suggestion_tracking/sms", data=raw, headers=given)
    return send


def message(number=1, text="五里村村口路灯坏了", sender=PHONE):
    """A message as a gateway posts it."""
    return {"id": str(number), "from": sender, "text": text}


def test_a_message_becomes_a_matter_once_however_often_it_is_posted(post, world):
    for _again in range(3):
        answer = post(message(), message(2, "大同镇的集市太吵", sender="+86 138 9150 0018"))
        assert (answer.status_code, answer.get_data(as_text=True)) == (200, "OK")
    first, second = Matter.select().order_by(Matter.id)
    entity = registry().entity("suggestion_tracking.matter")
    assert (first.source, first.division_id, second.division_id) == ("sms", world.tree.village.id, world.tree.other_town.id)
    assert [records.opened(entity, one, "contact_phone") for one in (first, second)] == [PHONE, "13891500018"]
    assert PHONE not in str(list(Incoming.select().dicts()))


def test_the_sender_gets_number_and_code_by_the_countys_gateway(post, county):
    with receivers.http_server() as gateway:
        channel_setup.put(channels()["sms"], county, {
            "url": f"http://127.0.0.1:{gateway.port}/send", "method": "json", "template": "to={phone}\ntext={text}", "user": "",
            "secret": "key of the gateway", "success": "", "ca": ""}, [], active=True, language="zh", account_id=None)
        post(message())
        assert intake_answers.run() == 1
        [heard] = gateway.heard
    said = orjson.loads(heard.body)
    matter = Matter.get()
    assert said["to"] == PHONE and matter.number in said["text"]
    code = said["text"].split("查询码")[1][:9]
    assert lookup.find(matter.number, code, "test") == ("suggestion_tracking.matter", matter.id)
    assert Incoming.get().answer is None


@pytest.mark.parametrize("changes", [
    {"secret": "another secret of sixteen"}, {"at": 1_000_000_000}, {"at": time.time() + 4000}, {"body": b"not json"},
    {"body": b'{"messages": [{"id": 1, "from": "x", "text": "y"}]}'}, {"body": b'{"messages": "x"}'},
    {webhook.SIGNATURE_HEADER: ""}, {webhook.SIGNATURE_HEADER: "v1=" + "é" * 3}])
def test_a_forged_old_or_strange_post_is_refused_alike_and_changes_nothing(post, changes):
    answer = post(message(), **changes)
    assert answer.status_code == 401 and Matter.select().count() == Incoming.select().count() == 0
    assert SECRET not in answer.get_data(as_text=True)


def test_many_wrong_signatures_shut_the_door_for_a_while(post, monkeypatch):
    monkeypatch.setattr(intakes, "MOST_REFUSED", 3)
    assert [post(message(), secret="wrong wrong wrong").status_code for _try in range(4)] == [401, 401, 401, 429]
    assert post(message()).status_code == 429 and Matter.select().count() == 0


def test_where_no_gateway_is_set_up_the_address_is_not_there(post, world):
    assert post(message(), node=world.tree.other_county).status_code == 404
    channel_setup.put(ways()["sms_in"], world.tree.county, {"secret": SECRET}, [], active=False, language="zh", account_id=None)
    assert post(message()).status_code == 404


@pytest.mark.parametrize(("text", "sender", "state", "reason"), [
    ("退订", PHONE, "ignored", "unsubscribe"), (" \u200b ", PHONE, "ignored", "empty"), ("路灯坏了", "10086", "registered", ""),
    ("<b>路灯</b>\u202e" + "😀" * 3000, PHONE, "registered", "")])
def test_what_is_no_matter_is_noted_and_strange_texts_are_kept_as_text(post, text, sender, state, reason):
    assert post(message(text=text, sender=sender)).status_code == 200
    row = Incoming.get()
    assert (row.state, row.reason) == (state, reason)
    if state == "registered":
        assert Matter.get().wants_answer is (sender == PHONE) and "\u202e" not in Matter.get().text


def test_a_sender_who_floods_is_set_aside(post):
    post(*(message(number, f"第{number}件事") for number in range(22)))
    assert Matter.select().count() == 20 and [row.reason for row in Incoming.select()].count("too_many") == 2


def test_a_post_larger_than_it_may_be_is_refused_before_it_is_read(post):
    assert post(body=b"x" * 300_000).status_code == 413
