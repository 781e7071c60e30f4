"""A case becomes a record of another plugin: with a trace on both sides, counted once, undone while nothing happened to it."""
from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support import matters, proposals

from grid321.core import conversions, counters, engine, groups, history, links, verification
from grid321.core.actor import SYSTEM
from grid321.core.entity import Conversion
from grid321.core.errors import Conflict, DeclarationError, Forbidden, Refused
from grid321.core.registry import build, registry


@pytest.fixture
def plugin_modules():
    return [matters, proposals]


@pytest.fixture
def officer(here, switch_on):
    """Return somebody of the county who may convert what the county holds, with the plugin on."""
    switch_on("proposals", here.tree.county)
    return here.actor("proposals.officer", here.tree.county)


@pytest.fixture
def at_county(here, raise_matter, fresh):
    """Return a matter that the county holds."""
    case = raise_matter("路灯不亮", text="村口三盏路灯坏了一个月。")
    for _level in range(2):
        engine.perform(here.entity, case.id, "send_up", {"record": "纪要"}, SYSTEM, None, here.tree.county)
    return fresh(case)


@pytest.fixture
def fresh(here):
    return lambda case: type(case).get_by_id(case.id)


def data_of(key, record):
    return conversions.draft(registry().conversions[("matters.matter", key)], record)


def convert(here, key, record, actor):
    conversion = conversions.of_step(here.entity, key)
    return conversions.convert(conversion, record.id, data_of(key, record), actor, record.version, here.tree.county)


def flows(entity, node):
    found = counters.Bag()
    for _place, _level, _month, kind, n in counters.flows(entity, [node.id], ("village", "town", "county")):
        found[kind] += n
    return +found


def sound():
    assert list(verification.check_all()) == []


@pytest.mark.parametrize(("wanted", "level"), [("county_id", "county"), ("town_id", "town"), ("village_id", "town"),
                                               (None, "town")])
def test_a_conversion_says_at_which_level_above_the_new_record_lives(here, officer, at_county, wanted, level):
    conversion = replace(conversions.of_step(here.entity, "propose"),
                         place=lambda case: None if wanted is None else getattr(case, wanted))
    assert conversions.place_of(conversion, at_county).level == level, "never below, never beside"


def test_a_matter_becomes_a_proposal_and_the_need_is_counted_once(here, officer, at_county, fresh):
    record, made = convert(here, "propose", at_county, officer)
    assert (fresh(record).state, fresh(record).bond) == ("turned", "turned")
    assert (made.heading, made.reasons) == ("路灯不亮", f"{record.number}\n村口三盏路灯坏了一个月。")
    before, after = flows("matters.matter", here.tree.county), flows("proposals.proposal", here.tree.county)
    assert (before["collected"], before["joined"], after) == (1, 1, {"received": 1})
    assert counters.open_after(0, before) == 0 and counters.open_after(0, after) == 1
    counted = {value: n for key in ("matters.matter", "proposals.proposal")
               for _place, column, value, n in counters.counts(key, [here.tree.county.id], ["state"])}
    assert counted == {"raised": 1}
    sound()


def test_both_timelines_and_both_pages_name_the_other_side(here, officer, at_county):
    record, made = convert(here, "propose", at_county, officer)
    target = registry().entity("proposals.proposal")
    assert [(one["step"], one["text"]) for one in history.timeline(here.entity, record.id)][-2:] == [
        ("propose", ""), ("link", made.number)]
    assert [(one["step"], one["text"]) for one in history.timeline(target, made.id)] == [
        ("create", ""), ("converted_from", record.number)]
    assert [one.record.id for one in links.of(here.entity, record, SYSTEM)] == [made.id]
    assert [one.record.id for one in links.of(target, made, SYSTEM)] == [record.id]
    link = links.of(target, made, SYSTEM)[0]
    with pytest.raises(Conflict):
        links.remove(target, made.id, link.id, SYSTEM, here.tree.county)


def test_it_is_undone_while_nothing_happened_to_the_proposal(here, officer, at_county, fresh):
    record, made = convert(here, "propose", at_county, officer)
    assert conversions.may_undo(here.entity, record, officer)
    with pytest.raises(Forbidden):
        conversions.undo(here.entity, record.id, here.reader, None, here.tree.county)
    conversions.undo(here.entity, record.id, officer, record.version, here.tree.county)
    again = fresh(record)
    assert (again.state, again.bond, again.closed_at) == ("open", None, None) and again.due is not None
    assert fresh(made).state == "withdrawn"
    assert counters.open_after(0, flows("matters.matter", here.tree.county)) == 1
    assert counters.open_after(0, flows("proposals.proposal", here.tree.county)) == 0
    assert links.of(here.entity, again, SYSTEM) == []
    sound()


def test_after_a_step_on_the_proposal_it_is_not_undone(here, officer, at_county, fresh):
    record, made = convert(here, "propose", at_county, officer)
    target = registry().entity("proposals.proposal")
    engine.perform(target, made.id, "answer", {"text": "已收到"}, SYSTEM, None, here.tree.county)
    assert not conversions.may_undo(here.entity, record, officer)
    with pytest.raises(Conflict) as problem:
        conversions.undo(here.entity, record.id, officer, None, here.tree.county)
    assert problem.value.code == "touched"
    assert fresh(record).state == "turned"


def test_a_record_without_workflow_is_made_and_taken_away_again(here, officer, at_county, fresh):
    record, made = convert(here, "muse", at_county, officer)
    assert made.heading == "路灯不亮"
    conversions.undo(here.entity, record.id, officer, None, here.tree.county)
    assert proposals.Idea.select().count() == 0
    assert fresh(record).state == "open"
    sound()


def test_a_lead_takes_its_group_along_and_an_undo_brings_it_back(here, officer, at_county, raise_matter, fresh):
    member = raise_matter("村口路灯不亮")
    for _level in range(2):
        engine.perform(here.entity, member.id, "send_up", {"record": "纪要"}, SYSTEM, None, here.tree.county)
    groups.join(here.entity, member.id, at_county.id, here.county, None, here.tree.county)
    record, _made = convert(here, "propose", fresh(at_county), officer)
    assert fresh(member).state == "turned"
    sound()
    conversions.undo(here.entity, record.id, officer, None, here.tree.county)
    assert (fresh(member).state, fresh(member).bond, fresh(record).members) == ("open", "member", 1)
    sound()


def test_the_step_alone_is_refused_and_so_is_a_place_where_the_other_plugin_is_off(here, officer, at_county, switch_on, fresh):
    from grid321.core import switches

    with pytest.raises(Conflict) as problem:
        engine.perform(here.entity, at_county.id, "propose", {}, SYSTEM, None, here.tree.county)
    assert problem.value.code == "conversion"
    switches.turn("proposals", here.tree.town, False)
    with pytest.raises(Refused) as problem:
        convert(here, "propose", at_county, SYSTEM)
    assert problem.value.code == "off_here"
    assert fresh(at_county).state == "open" and proposals.Proposal.select().count() == 0


def test_the_page_shows_what_is_carried_over_for_review_and_the_undo(here, officer, at_county, client_for):
    browser = client_for("proposals.officer", here.tree.county)
    at = f"/d/{here.tree.county.code}/matters/matter/{at_county.id}"
    assert f"{at}/do/propose" in browser.get(at).text
    moved = browser.get(f"{at}/do/propose")
    assert moved.status_code == 303 and moved.location == f"{at}/convert/propose"
    form = browser.get(moved.location)
    assert 'value="路灯不亮"' in form.text and at_county.number in form.text
    version = re.search(r'name="_version" value="(\d+)"', form.text)[1]
    empty = browser.post(moved.location, {"heading": "", "_version": version})
    assert empty.status_code == 422 and 'href="#f-heading"' in empty.text
    sent = browser.post(moved.location, {"heading": "修好路灯", "reasons": "三盏", "division": "", "_version": version})
    assert sent.status_code == 303, sent.text
    made = proposals.Proposal.get()
    assert made.heading == "修好路灯"
    assert at_county.number in browser.get(sent.location).text
    page = browser.get(at)
    assert made.number in page.text and f"{at}/conversion/undo" in page.text
    version = re.search(r'conversion/undo.*?name="_version" value="(\d+)"', page.text, re.S)[1]
    assert browser.post(f"{at}/conversion/undo", {"_version": version}).status_code == 303
    assert "/do/propose" in browser.get(at).text


def test_the_api_fills_what_is_left_out_and_undoes(here, officer, at_county, client_for):
    browser = client_for("proposals.officer", here.tree.county)
    at = f"/d/{here.tree.county.code}/matters/matter/{at_county.id}"
    made = browser.api("POST", f"{at}/conversions/propose", {"heading": "修好路灯"}, If_Match=f'"{at_county.version}"')
    assert made.status_code == 201, made.text
    assert made.json["heading"] == "修好路灯" and at_county.number in made.json["reasons"]
    found = browser.api("GET", f"{at}/links").json["items"]
    assert [one["kind"] for one in found] == ["converted"]
    record = browser.api("GET", at)
    undone = browser.api("DELETE", f"{at}/conversion", If_Match=record.headers["ETag"])
    assert undone.status_code == 200 and undone.json["state"] == "open"


def test_a_wrong_conversion_stops_the_start_with_its_name(app):
    import types

    def module(*conversion):
        found = types.ModuleType("wrong")
        found.plugin = replace(proposals.plugin, key="proposals")
        for name in ("grid321_entities",):
            setattr(found, name, getattr(proposals, name))
        found.grid321_workflows = proposals.hookimpl(lambda: [proposals.FLOW, proposals.TURNED, *conversion])
        found.grid321_workflows.__name__ = "grid321_workflows"
        return found

    from grid321.core import core_plugin
    from grid321.core.plugins import Plugins

    good = proposals.CONVERSIONS[0]
    for wrong, told in ((replace(good, step="close"), "flow='joined'"), (replace(good, step="nothing"), "such a step"),
                        (replace(good, fields={"colour": "title"}), "'colour'"),
                        (replace(good, fields={"heading": "phone"}), "'phone'")):
        assert isinstance(wrong, Conversion)
        with pytest.raises(DeclarationError, match=told):
            build(Plugins(core_plugin, [("matters", matters), ("proposals", module(wrong))]), strict=True)
