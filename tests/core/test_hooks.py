"""Each hook, shown by a plugin that uses it; and what happens to the others when one fails."""
from types import SimpleNamespace

import pytest
from flask import Blueprint
from support import matters

from grid321.core.api import (
    Actor,
    Delivery,
    Document,
    GatewayPost,
    Grant,
    Job,
    Panel,
    Plugin,
    Refusal,
    Tally,
    TextMessage,
    Transition,
    WorkflowExtension,
    guarded,
    hookimpl,
)
from grid321.core.errors import Refused


def guest(key="guest", **functions):
    """A plugin module ``key`` with these hook functions."""
    found = SimpleNamespace(plugin=Plugin(key, "Guest", "1.0.0"), __name__=key)
    for name, function in functions.items():
        function.__name__ = f"grid321_{name}"
        setattr(found, f"grid321_{name}", hookimpl(function))
    return found


@pytest.fixture
def stage(with_plugins):
    """Return ``stage(**hooks)``: matters and a guest with these hooks, both on in the county, and a matter's actors."""
    def build(**functions):
        from grid321.core import access, records, switches
        from grid321.core.registry import registry
        from grid321.core.testing_browser import Browser, make_account
        from grid321.core.testing_tree import DivisionTree

        app = with_plugins(matters, guest(**functions))
        tree = DivisionTree.plant()
        for key in ("matters", "guest"):
            switches.turn(key, tree.county, True)
        account = make_account("matters.officer", tree.village)
        entity = registry().entity("matters.matter")
        actor = access.actor_of(account.id)
        return SimpleNamespace(app=app, tree=tree, entity=entity, officer=actor, account=account, registry=registry(),
                               browser=Browser.of_account(app, account),
                               matter=lambda: records.create(entity, {"title": "路灯不亮"}, actor, tree.village))

    return build


def close(scene, matter):
    from grid321.core import engine

    return engine.perform(scene.entity, matter.id, "close", {}, scene.officer, None, scene.tree.county).record


def test_hook_entities(stage):
    assert {"matters.matter", "matters.note"} <= set(stage().registry.entities)


def test_hook_workflows(stage):
    def refuse_rain(case, data, actor):
        return Refusal("Not while it rains.")

    scene = stage(workflows=lambda: [WorkflowExtension("matters.handling", guards=(("close", refuse_rain),), transitions=(
        Transition("guest_close", "open", "closed", "Close at last", "guest.close", flow="solved"),))])
    with pytest.raises(Refused, match="rains"):
        close(scene, scene.matter())
    assert "guest_close" in {t.key for t in scene.registry.workflow_of("matters.matter").from_state("open")}


def test_a_guard_of_a_plugin_holds_only_where_it_is_on(stage):
    from grid321.core import switches

    scene = stage(workflows=lambda: [WorkflowExtension("matters.handling", guards=(
        ("close", lambda case, data, actor: Refusal("Not while it rains.")),))])
    with pytest.raises(Refused, match="rains"):
        close(scene, scene.matter())
    switches.turn("guest", scene.tree.county, False)
    assert close(scene, scene.matter()).state == "closed"


def test_hook_measures(stage):
    scene = stage(measures=lambda: [Tally("guest.count", "Matters by kind", "matters.matter", "kind", "Counted by kind")])
    assert scene.registry.owner_of("measure", "guest.count") == "guest"


def test_hook_documents(stage):
    scene = stage(documents=lambda: [Document("guest.slip", "matters.matter", "Slip", "guest/slip.html")])
    assert scene.registry.documents["guest.slip"].entity == "matters.matter"


def test_hook_blueprints(stage):
    def pages():
        blueprint = Blueprint("guest", "guest")
        blueprint.add_url_rule("/hello", "hello", guarded(lambda: "hello", "login", plugin="guest"))
        return [blueprint]

    scene = stage(blueprints=pages)
    town = scene.tree.town.code
    assert scene.browser.get(f"/d/{town}/guest/hello").text == "hello"
    from grid321.core import switches

    switches.turn("guest", scene.tree.county, False)
    assert scene.browser.get(f"/d/{town}/guest/hello").status_code == 404


def test_hook_commands(stage):
    import click

    scene = stage(commands=lambda: [click.Command("wave")])
    assert [(key, command.name) for key, command in scene.registry.commands] == [("guest", "wave")]


def test_hook_jobs(stage):
    scene = stage(jobs=lambda: [Job("guest.tidy", "Tidy", run=lambda context, args: None)])
    assert scene.registry.jobs["guest.tidy"].label == "Tidy"


def test_hook_identify(stage):
    def sso(request):
        if request.headers.get("X-Guest") != "yes":
            return None
        from grid321.core import snapshot

        county = snapshot.current().tree.by_code("610902")
        return Actor(None, None, "guest", "Guest", (Grant("matters.reader", county.id, None, frozenset({
            "matters.matter.view"})),), system=False) if county else None

    scene = stage(identify=sso)
    url = f"/api/v1/d/{scene.tree.county.code}/matters/matter"
    client = scene.app.test_client()
    assert client.get(url).status_code == 401
    answer = client.get(url, headers={"X-Guest": "yes"})
    assert answer.status_code in {200, 401}  # an Actor without account is nobody to the platform unless it says otherwise


def test_hook_scope(stage):
    def only_water(entity, action, actor):
        return [entity.model.kind == "water"] if entity.key == "matters.matter" else []

    scene = stage(scope=only_water)
    from grid321.core import records

    dry = scene.matter()
    wet = records.create(scene.entity, {"title": "水管漏水", "kind": "water"}, scene.officer, scene.tree.village)
    listed = scene.browser.get(f"/d/{scene.tree.village.code}/matters/matter/").text
    assert wet.number in listed
    assert dry.number not in listed
    assert scene.browser.get(f"/d/{scene.tree.village.code}/matters/matter/{dry.id}").status_code == 404


def test_hook_refuse(stage):
    scene = stage(refuse=lambda action, record: Refusal("Closed on Sundays.") if action == "close" else None)
    with pytest.raises(Refused, match="Sundays"):
        close(scene, scene.matter())


def test_hook_panels(stage):
    from grid321.core.registry import platform

    scene = stage(panels=lambda slot, record: [Panel("Weather", "guest/weather.html")] if slot == "detail.aside" else None)
    found = platform().hooks.all("panels", scene.tree.village, slot="detail.aside", entity=scene.entity, record=None, actor=None)
    assert [panel.title for panel in found] == ["Weather"]
    assert platform().hooks.all("panels", scene.tree.other_county, slot="detail.aside", entity=scene.entity, record=None,
                                actor=None) == []


def test_hook_route(stage):
    county = []
    scene = stage(route=lambda transition, record: county[0] if transition.key == "send_up" else None)
    county.append(scene.tree.county.id)
    from grid321.core import engine

    matter = scene.matter()
    after = engine.perform(scene.entity, matter.id, "send_up", {"record": "会议"}, scene.officer, None, scene.tree.county).record
    assert after.holder_id == scene.tree.county.id


def test_hook_workday(stage):
    from datetime import date

    from grid321.core import calendar

    scene = stage(workday=lambda day: False if day == date(2026, 3, 16) else None)
    here = calendar.at(scene.tree.village)
    assert not here.is_workday(date(2026, 3, 16))
    assert here.is_workday(date(2026, 3, 17))


def test_hook_changed(stage):
    from grid321.core import outbox

    seen = []
    scene = stage(changed=lambda event: seen.append((event.entity, event.action)))
    matter = scene.matter()
    assert seen == []
    close(scene, matter)
    while outbox.drain():
        pass
    assert seen == [("matters.matter", "create"), ("matters.matter", "close")]


def test_hook_deliver(stage):
    from grid321.core import db, notify

    sent = []

    def channel(message, recipient):
        sent.append((recipient, message.number))
        return Delivery("guest", True)

    scene = stage(deliver=channel)
    with db.transaction():
        notify.send([scene.account.id], "case.overdue", {"number": "MT-1", "entity": "matters.matter", "day": "2026-03-16"},
                    "/me/inbox", scene.tree.village)
    assert notify.deliver() > 0
    assert sent == [(scene.account.id, "MT-1")]
    assert notify.deliver() == 0


# ---------------------------------------------------------------- failing guests

def failing(**_arguments):
    raise SystemExit("a guest leaves")


def test_a_failing_refuse_refuses(stage):
    def refuse(action):
        raise ValueError("broken")

    scene = stage(refuse=refuse)
    with pytest.raises(Refused) as problem:
        scene.matter()
    assert problem.value.code == "plugin_failed"


def test_a_failing_scope_hides_everything(stage):
    def scope(entity):
        raise ValueError("broken")

    scene = stage(scope=scope)
    matter = scene.matter()
    listed = scene.browser.get(f"/d/{scene.tree.village.code}/matters/matter/")
    assert matter.number not in listed.text
    assert scene.browser.get(f"/d/{scene.tree.village.code}/matters/matter/{matter.id}").status_code == 404


def test_a_failing_route_falls_back_to_the_parent_and_the_entry_says_so(stage):
    def route(record):
        raise ValueError("broken")

    scene = stage(route=route)
    from grid321.core import engine
    from grid321.core.ledger import LedgerEntry

    matter = scene.matter()
    after = engine.perform(scene.entity, matter.id, "send_up", {"record": "会议"}, scene.officer, None, scene.tree.county)
    assert after.record.holder_id == scene.tree.town.id
    assert LedgerEntry.get_by_id(after.entry_id).facts["note"] == "route:guest"


def test_a_guest_that_exits_the_process_only_loses_its_own_panel(stage):
    from grid321.core.registry import platform

    def panels(slot):
        raise SystemExit(1)

    scene = stage(panels=panels)
    assert platform().hooks.all("panels", scene.tree.village, slot="today", entity=None, record=None, actor=None) == []
    assert platform().hooks.troubles() == {("guest", "panels"): 1}


@pytest.mark.parametrize("sql", ["COMMIT", "rollback", "  /**/ DROP TABLE core_person", "PRAGMA foreign_keys = 0",
                                 "ALTER TABLE core_person ADD COLUMN x int", "SELECT 1; DROP TABLE core_person",
                                 "(DROP TABLE core_person)"])
def test_a_guest_cannot_end_the_transaction_or_change_the_schema(stage, sql):
    from grid321.core import db
    from grid321.core.people import Person

    def refuse(action):
        db.database.execute_sql(sql)

    scene = stage(refuse=refuse)
    with pytest.raises(Refused):
        scene.matter()
    assert scene.entity.model.select().count() == 0
    assert Person.select().count() == 0


def test_a_guest_asks_for_the_rows_of_two_tables_together(stage):
    """On PostgreSQL such a question begins with a parenthesis."""
    from grid321.core.people import Department, Person
    from grid321.core.registry import platform

    asked = []

    def panels(slot):
        asked.append(list(Person.select(Person.id).union_all(Department.select(Department.id)).tuples()))
        return []

    scene = stage(panels=panels)
    platform().hooks.all("panels", scene.tree.village, slot="today", entity=None, record=None, actor=None)
    assert asked == [[]] and not platform().hooks.troubles()


def test_what_a_failing_observer_wrote_is_rolled_back_to_its_savepoint(stage):
    from grid321.core import outbox, records
    from grid321.core.actor import SYSTEM

    def changed(event):
        from grid321.core.records import Sequence

        Sequence.insert(key=f"seen-{event.id}", last=1).execute()
        raise ValueError("after writing")

    scene = stage(changed=changed)
    records.create(scene.entity, {"title": "路灯不亮"}, SYSTEM, scene.tree.village)
    outbox.drain()
    assert records.Sequence.select().where(records.Sequence.key.startswith("seen-")).count() == 0


def test_a_plugin_that_keeps_failing_is_rested(stage):
    from grid321.core import dispatch
    from grid321.core.registry import platform

    calls = []

    def panels(slot):
        calls.append(slot)
        raise ValueError("again")

    scene = stage(panels=panels)
    for _ in range(dispatch.TRIP_AFTER + 3):
        platform().hooks.all("panels", scene.tree.village, slot="today", entity=None, record=None, actor=None)
    assert len(calls) == dispatch.TRIP_AFTER


def test_a_hook_sees_a_record_that_it_cannot_change(stage):
    def refuse(action, record):
        if action == "close":
            record.state = "closed"

    scene = stage(refuse=refuse)
    with pytest.raises(Refused):
        close(scene, scene.matter())


def test_hook_sms(stage):
    """A gateway of the place signs and writes in its own way; the plugin of the region reads it."""
    import hashlib

    from grid321.core import channel_setup, intakes, settings
    from grid321.core.channels import intakes as ways
    from grid321.core.db import local_day
    from grid321.core.errors import NotFound, Unauthenticated

    secret = "the secret of the gateway"

    def sms(headers, query, body, secret, division):
        if query.get("sign") != hashlib.sha256(body + secret.encode()).hexdigest():
            return None
        phone, _space, text = body.decode("gb18030").partition(" ")
        return GatewayPost((TextMessage(query["seq"], phone, text),), answer="0")

    scene = stage(sms=sms)
    county, body = scene.tree.county, "13812345678 路灯不亮".encode("gb18030")
    sign = hashlib.sha256(body + secret.encode()).hexdigest()
    with pytest.raises(NotFound):
        intakes.text_messages(county, {}, {"sign": sign, "seq": "7"}, body)
    settings.put("core.site_url", county, "https://grid.example.cn", source="test", valid_from=local_day())
    channel_setup.put(ways()["sms_in"], county, {"secret": secret, "answer": False}, [], active=True, language="zh",
                      account_id=None)

    post, answers = intakes.text_messages(county, {}, {"sign": sign, "seq": "7"}, body)
    assert (post.messages, post.answer, answers) == ((TextMessage("7", "13812345678", "路灯不亮"),), "0", False)
    with pytest.raises(Unauthenticated):
        intakes.text_messages(county, {}, {"sign": "0" * 64, "seq": "7"}, body)
