"""Published items: who releases what, what is held back, search, feeds; personal data never."""
import re
from datetime import datetime
from types import SimpleNamespace
from xml.etree import ElementTree as Xml

import pytest
from support import suggestion_examples
from support.public_world import BASE, NAME, PHONE, answered, hidden, matter, raised

from grid321.core import outbox, records
from grid321.core.actor import SYSTEM
from grid321.core.errors import Invalid
from grid321.plugins.suggestion_tracking.public_models import Publication
from grid321.plugins.suggestion_tracking.public_publish import PUBLICATION

COUNTY = "/d/610902/suggestion_tracking"
ATOM = "{http://www.w3.org/2005/Atom}"


def publish(record, node, **values):
    """Release a wording of a matter."""
    return records.create(PUBLICATION, {"source": "matter", "number": record.number, "title": "村口路灯修好了",
                                        "text": "村口三盏路灯不亮。", "result": "已全部更换。", **values}, SYSTEM, node)


# ---------------------------------------------------------------- releasing

def test_an_officer_releases_a_wording_and_everybody_reads_that_wording_only(here, resident, client_for):
    record = answered(here.village, text="村东头李家门口的路灯坏了，李大爷摔过一跤。")
    officer = client_for("suggestion_tracking.town_officer", here.town)
    path = f"/d/{here.town.code}/suggestion_tracking/publish/matter/{record.id}"
    assert "李大爷" in officer.get(path).text, "the officer begins with the original"
    answer = officer.post(path, {"title": "村口路灯", "text": "村口路灯坏了，有人摔倒。", "result": "已更换灯泡。"})

    page = resident.get(f"{COUNTY}/published")
    item = resident.get(f"{COUNTY}/published/{Publication.get().id}")
    assert answer.status_code == 303 and matter().model.get_by_id(record.id).published_on is not None
    assert "村口路灯" in page.text and "李" not in page.text
    assert "已更换灯泡" in item.text and "李" not in item.text and record.number in item.text
    assert officer.get(path).status_code == 303, "what is published leads to its wording"


def test_without_consent_nothing_is_released(here, client_for):
    record = answered(here.village, publish=False)
    officer = client_for("suggestion_tracking.town_officer", here.town)
    answer = officer.post(f"/d/{here.town.code}/suggestion_tracking/publish/matter/{record.id}",
                          {"title": "路灯", "text": "路灯坏了三盏。", "result": ""})

    assert answer.status_code == 422 and Publication.select().count() == 0
    with pytest.raises(Invalid):
        publish(record, here.village)


@pytest.mark.parametrize(("field", "text"), [
    ("text", f"请打{PHONE}联系。"), ("result", "电话 138 1234 5678"), ("title", "１３８１２３４５６７８路灯"),
    ("text", f"{NAME}反映路灯坏了。"), ("text", "身份证61090219850101123X的老人"), ("result", "卡号6222020200112233445"),
    ("text", "写信给 zhao@example.cn 。")])
def test_what_looks_like_personal_data_is_not_released_and_not_repeated(here, field, text):
    record = answered(here.village)
    with pytest.raises(Invalid) as refusal:
        publish(record, here.village, **{field: text})

    assert list(refusal.value.errors) == [field] and Publication.select().count() == 0
    told = str(refusal.value.errors)
    assert PHONE not in told and NAME not in told and "610902" not in told and "6222" not in told


@pytest.mark.parametrize("text", [
    "编号WT-610902104-202611-0001的路灯", "花费120000元，2026年11月22日完成", "请打12345或0915-3212345"])
def test_numbers_that_name_no_person_may_be_published(here, text):
    assert publish(answered(here.village), here.village, text=text).text == text


def test_an_edit_is_checked_as_the_first_release_was(here, client_for):
    item = publish(answered(here.village), here.village)
    officer = client_for("suggestion_tracking.county_officer", here.county)
    path = f"/d/610902/suggestion_tracking/publication/{item.id}"
    refused = officer.api("PATCH", path, {"result": f"找{NAME}"}, If_Match='"1"')
    changed = officer.api("PATCH", path, {"result": "灯亮了。"}, If_Match='"1"')

    assert (refused.status_code, changed.status_code) == (422, 200)
    assert Publication.get_by_id(item.id).result == "灯亮了。"


def test_what_is_published_is_published_once(here):
    record = answered(here.village)
    publish(record, here.village)
    with pytest.raises(Invalid):
        publish(record, here.village)


@pytest.mark.parametrize("role", ["suggestion_tracking.village_officer", "suggestion_tracking.viewer"])
def test_who_may_not_release_does_not(here, client_for, role):
    record = answered(here.village)
    node = here.village if "village" in role else here.county
    answer = client_for(role, node).post(f"/d/{node.code}/suggestion_tracking/publish/matter/{record.id}",
                                         {"title": "路灯", "text": "路灯坏了三盏。"})

    assert answer.status_code == 403 and Publication.select().count() == 0


def test_taken_back_it_is_seen_nowhere_and_its_owner_is_told_so(here, resident, client_for):
    item = publish(answered(here.village), here.village)
    officer = client_for("suggestion_tracking.county_officer", here.county)
    officer.api("PATCH", f"/d/610902/suggestion_tracking/publication/{item.id}", {"hidden": True}, If_Match='"1"')

    assert resident.get(f"{COUNTY}/published/{item.id}").status_code == 404
    for path in ("published", "published?q=路灯", "published.rss", "published.atom", "open311/v2/requests.json", "public"):
        assert "村口路灯" not in resident.get(f"{COUNTY}/{path}").text, path
    assert matter().model.get().published_on is None


def test_consent_taken_back_in_the_matter_hides_what_was_published(here):
    record = answered(here.village)
    publish(record, here.village)
    records.update(matter(), record.id, {"publish": False}, SYSTEM, None, here.village)
    while outbox.drain(100):
        pass

    assert Publication.get().hidden


# ---------------------------------------------------------------- the list

def test_a_place_shows_what_lies_in_it(here, resident):
    publish(answered(here.village), here.village, title="五里村的路灯")
    publish(answered(here.other_village), here.other_village, title="大同村的水管")

    assert {"五里村的路灯", "大同村的水管"} <= titles(resident, f"{COUNTY}/published")
    assert titles(resident, f"{BASE}/published") == {"五里村的路灯"}
    assert resident.get(f"{BASE}/published/{Publication.get(Publication.title == '大同村的水管').id}").status_code == 404


def titles(resident, path):
    """The titles of a feed or list."""
    return set(re.findall(r"<h2><a[^>]*>([^<]+)</a>", resident.get(path).text))


def test_search_finds_words_of_title_text_and_result_and_narrows_by_kind(here, resident):
    publish(answered(here.village), here.village, title="路灯", text="村口三盏灯不亮。", result="换了灯泡。")
    publish(answered(here.village, kind="water"), here.village, title="水管", text="水压太低。", result="换了水泵。")

    for asked, found in (("q=灯泡", {"路灯"}), ("q=水压", {"水管"}), ("q=换了", {"路灯", "水管"}), ("kind=water", {"水管"}),
                         ("q=灯泡&kind=water", set()), ("q=李大爷", set()), ("source=suggestion", set())):
        assert titles(resident, f"{COUNTY}/published?{asked}") == found, asked


def test_search_never_reaches_what_was_not_released(here, resident):
    publish(answered(here.village, text="李大爷在门口摔了一跤，路灯坏了。", place="李家门口"), here.village)

    assert titles(resident, f"{COUNTY}/published?q=李大爷") == set()
    assert titles(resident, f"{COUNTY}/published?q={NAME}") == set()


def test_pages_go_on_and_back(here, resident):
    for n in range(23):
        publish(raised(here.village), here.village, title=f"第{n:02}件")
    first = resident.get(f"{COUNTY}/published")
    older = re.search(r'rel="next" href="([^"]+)"', first.text)[1].replace("&amp;", "&")
    second = resident.get(older)
    newer = re.search(r'rel="prev" href="([^"]+)"', second.text)[1].replace("&amp;", "&")

    assert len(titles(resident, f"{COUNTY}/published")) == 20 and len(titles(resident, older)) == 3
    assert 'rel="next"' not in second.text and 'rel="prev"' not in first.text
    assert titles(resident, newer) == titles(resident, f"{COUNTY}/published")


@pytest.mark.parametrize("asked", ["page=2", "before=abc", "after=-1", "kind=no-such", "source=report", "q=" + "长" * 81,
                                   "before=99999999999999999999", "q=%00"])
def test_a_strange_address_is_refused_in_words(resident, asked):
    page = resident.get(f"{COUNTY}/published?{asked}")

    assert page.status_code == 400 and "<h1>" in page.text


def test_html_in_a_released_wording_stays_text(here, resident):
    publish(answered(here.village), here.village, title="<b>路灯</b>", text="<script>alert(1)</script>")

    page = resident.get(f"{COUNTY}/published/{Publication.get().id}").text
    assert "<script>alert" not in page and "&lt;b&gt;路灯" in page


# ---------------------------------------------------------------- feeds

def test_the_rss_feed_is_well_formed_and_leads_to_the_items(here, resident):
    publish(answered(here.village), here.village, title="路灯 <1> & 𠮷")
    answer = resident.get(f"{COUNTY}/published.rss")
    root = Xml.fromstring(answer.data)

    assert answer.content_type == "application/rss+xml; charset=utf-8" and root.attrib["version"] == "2.0"
    item = root.find("channel/item")
    assert item.findtext("title") == "路灯 <1> & 𠮷"
    assert "已全部更换" in item.findtext("description")
    link = item.findtext("link")
    assert link == item.findtext("guid") and resident.get(link.partition("localhost")[2]).status_code == 200
    assert item.findtext("pubDate").endswith("+0800")


def test_the_atom_feed_has_what_the_standard_asks(here, resident):
    publish(answered(here.village), here.village)
    answer = resident.get(f"{COUNTY}/published.atom?q=路灯")
    root = Xml.fromstring(answer.data)

    assert answer.content_type == "application/atom+xml; charset=utf-8" and root.tag == f"{ATOM}feed"
    for name in ("title", "id", "updated"):
        assert root.findtext(f"{ATOM}{name}") and root.findtext(f"{ATOM}entry/{ATOM}{name}")
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "汉滨区"
    assert datetime.fromisoformat(root.findtext(f"{ATOM}entry/{ATOM}updated")).utcoffset() is not None


def test_a_reader_that_has_the_feed_is_told_so(here, resident):
    publish(answered(here.village), here.village)
    first = resident.get(f"{COUNTY}/published.atom")
    again = resident.get(f"{COUNTY}/published.atom", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304 and not again.data
    assert "public" in first.headers["Cache-Control"] and "Set-Cookie" not in first.headers


def test_the_feeds_carry_no_personal_data(here, resident):
    publish(answered(here.village), here.village)
    for path in ("published.rss", "published.atom"):
        text = resident.get(f"{COUNTY}/{path}").text
        assert NAME not in text and PHONE not in text and "老人出门" not in text


def test_the_panel_of_a_matter_says_whether_it_is_published(here, client_for):
    record = answered(here.village)
    officer = client_for("suggestion_tracking.town_officer", here.town)
    base = f"/d/{here.town.code}/suggestion_tracking"
    assert f"{base}/publish/matter/{record.id}" in officer.get(f"{base}/matter/{record.id}").text
    item = publish(record, here.village)

    page = officer.get(f"{base}/matter/{record.id}")
    assert f"{base}/publication/{item.id}" in page.text and hidden(page)


def test_a_deputys_suggestion_is_published_by_the_same_rules(here, resident, client_for):
    suggestion_examples.prepare(SimpleNamespace(tree=here))
    case = suggestion_examples.suggestion(node=here.town)
    officer = client_for("suggestion_tracking.town_officer", here.town)
    path = f"/d/{here.town.code}/suggestion_tracking/publish/suggestion/{case.id}"
    released = {"title": "关于增设路灯的建议", "text": "建议在村口增设二十盏路灯。", "result": ""}
    assert officer.post(path, released).status_code == 422, "the deputy did not agree"
    model = type(case)
    model.update(consent_publish=True).where(model.id == case.id).execute()

    assert "路灯" in officer.get(path).text and officer.post(path, released).status_code == 303
    assert titles(resident, f"{COUNTY}/published?source=suggestion&kind=") == {"关于增设路灯的建议"}
    assert model.get_by_id(case.id).published_on is not None
