"""Links between records of any plugins: on both sides, for who may see both, through a plugin's rest, with their trace."""
from __future__ import annotations

import pytest
from support import matters, proposals

from grid321.core import history, links, records, switches
from grid321.core.actor import SYSTEM
from grid321.core.errors import Conflict, Forbidden, Invalid, NotFound
from grid321.core.registry import registry


@pytest.fixture
def plugin_modules():
    return [matters, proposals]


@pytest.fixture
def pair(here, switch_on, raise_matter):
    """Return (matter of the village, proposal of the town): records of two plugins."""
    switch_on("proposals", here.tree.county)
    made = records.create(registry().entity("proposals.proposal"), {"heading": "修路灯"}, SYSTEM, here.tree.town)
    return raise_matter(), made


@pytest.fixture
def both(here, pair):
    """Return somebody of the county who sees matters and proposals."""
    return here.actor("proposals.officer", here.tree.county)


def add(here, pair, actor, kind="related"):
    matter, proposal = pair
    return links.add(here.entity, matter.id, registry().entity("proposals.proposal"), proposal.id, kind, actor, here.tree.county)


def seen(entity, record, actor):
    return [(one.record.id, one.kind, one.out) for one in links.of(entity, record, actor)]


def test_both_records_show_the_link_and_both_timelines_tell_of_it(here, pair, both):
    matter, proposal = pair
    target = registry().entity("proposals.proposal")
    link = add(here, pair, both, "cause")
    assert seen(here.entity, matter, both) == [(proposal.id, "cause", True)]
    assert seen(target, proposal, both) == [(matter.id, "cause", False)]
    links.remove(target, proposal.id, link, both, here.tree.county)
    assert seen(here.entity, matter, both) == []
    for entity, record, number in ((here.entity, matter, proposal.number), (target, proposal, matter.number)):
        assert [(one["step"], one["text"]) for one in history.timeline(entity, record.id)][1:] == [
            ("link", number), ("unlink", number)]


def test_it_is_shown_only_to_who_may_see_the_other_side(here, pair, both):
    add(here, pair, both)
    assert seen(here.entity, pair[0], here.village) == []
    with pytest.raises(NotFound):
        add(here, pair, here.village, "cause")


def test_it_survives_that_a_plugin_is_off(here, pair, both):
    add(here, pair, both)
    switches.turn("proposals", here.tree.town, False)
    assert seen(here.entity, pair[0], both) == []
    with pytest.raises(NotFound):
        add(here, pair, both, "cause")
    switches.turn("proposals", here.tree.town, True)
    assert len(seen(here.entity, pair[0], both)) == 1


def test_a_link_twice_to_itself_or_of_an_unknown_kind_is_refused(here, pair, both):
    add(here, pair, both)
    with pytest.raises(Conflict):
        add(here, pair, both)
    with pytest.raises(Invalid):
        add(here, pair, both, "converted")
    with pytest.raises(Invalid):
        links.add(here.entity, pair[0].id, here.entity, pair[0].id, "related", both, here.tree.county)
    with pytest.raises(Forbidden):
        add(here, pair, here.actor("matters.reader", here.tree.county), "cause")
    add(here, pair, both, "cause")


def test_links_of_a_deleted_record_go_with_it_and_the_other_side_says_so(here, raise_matter, both):
    note = records.create(here.note, {"code": "A1", "title": "笔记"}, here.village, here.tree.village)
    matter = raise_matter()
    links.add(here.entity, matter.id, here.note, note.id, "related", here.village, here.tree.village)
    records.delete(here.note, note.id, here.village, note.version, here.tree.village)
    assert links.RecordLink.select().count() == 0
    assert history.timeline(here.entity, matter.id)[-1]["step"] == "unlink"


def test_a_record_is_found_by_its_number_or_by_the_address_of_its_page(here, pair, both):
    matter, proposal = pair
    path = f"/d/610902/proposals/proposal/{proposal.id}"
    for text in (proposal.number, f" {proposal.number} ", f"https://x.example{path}?a=1#b", path, f"/api/v1{path}"):
        assert links.find(text, both)[1].id == proposal.id, text
    assert links.find(matter.number, here.village)[1].id == matter.id
    for text in ("", "MT-1", proposal.number, "/d/610902/nowhere/thing/1", "/d/610902/proposals/proposal/99999", "x" * 500):
        with pytest.raises(Invalid):
            links.find(text, here.village)


def test_the_page_adds_and_removes_and_keeps_what_was_typed(here, pair, client_for):
    matter, proposal = pair
    browser = client_for("proposals.officer", here.tree.county)
    at = f"/d/{here.tree.county.code}/matters/matter/{matter.id}"
    assert f"{at}/link" in browser.get(at).text
    wrong = browser.post(f"{at}/link", {"other": "PR-不存在", "kind": "related"})
    assert wrong.status_code == 422 and 'href="#f-other"' in wrong.text and "PR-不存在" in wrong.text
    assert browser.post(f"{at}/link", {"other": proposal.number, "kind": "follow_up"}).status_code == 303
    page = browser.get(at).text
    assert proposal.number in page and "后续事项" in page
    link = links.RecordLink.get()
    other = f"/d/{here.tree.town.code}/proposals/proposal/{proposal.id}"
    assert matter.number in browser.get(other).text
    assert browser.post(f"{other}/link/{link.id}/remove").status_code == 303
    assert links.RecordLink.select().count() == 0


def test_the_api_lists_adds_and_removes(here, pair, client_for):
    matter, proposal = pair
    browser = client_for("proposals.officer", here.tree.county)
    at = f"/d/{here.tree.county.code}/matters/matter/{matter.id}/links"
    made = browser.api("POST", at, {"entity": "proposals.proposal", "record": proposal.id, "kind": "related"})
    assert made.status_code == 201
    found = browser.api("GET", at).json["items"]
    assert [(one["id"], one["entity"], one["record"]) for one in found] == [(made.json["id"], "proposals.proposal", proposal.id)]
    assert browser.api("POST", at, {"entity": "nowhere.thing", "record": 1, "kind": "related"}).status_code == 404
    assert browser.api("POST", at, {"entity": "proposals.proposal"}).status_code == 422
    assert browser.api("DELETE", f"{at}/{made.json['id']}").status_code == 204
    assert browser.api("DELETE", f"{at}/{made.json['id']}").status_code == 404
    assert browser.api("GET", at).json["items"] == []
