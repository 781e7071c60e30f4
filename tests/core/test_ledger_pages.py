"""The administration's pages of the ledger, their API, and the search over the API."""
import gzip
import re

import pytest

from grid321.core import accounts, chain_file, ledger, records
from grid321.core.actor import SYSTEM
from grid321.core.audit import AuditEntry
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser, make_account


@pytest.fixture
def browser(app, here):
    account = make_account("core.county_admin", here.tree.county)
    return Browser.of_account(app, account)


@pytest.fixture
def base(here):
    return f"/d/{here.tree.county.code}/core/ledger"


def test_the_page_shows_state_checkpoints_and_entries(browser, base, raise_matter, here):
    raise_matter(by=here.village)
    position, value = ledger.checkpoint("month 2026-10 " + here.tree.county.code)
    page = browser.get(base)
    assert page.status_code == 200
    assert " ".join(chain_file.groups(value)) in page.text
    assert f"{position:,}" in page.text
    assert "2026-10 月结" in page.text
    assert "登记" in page.text


def test_the_printed_anchor_is_one_that_the_check_takes(browser, base, raise_matter, here, tmp_path):
    raise_matter(by=here.village)
    ledger.seal_all()
    page = browser.get(f"{base}/anchor").text
    position, value = ledger.head()
    short = chain_file.short(position, value)
    assert short in page
    assert "data:image/svg+xml" in page
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(ledger.export()))
    assert chain_file.check(path, [chain_file.parse_anchor(short)]).fault is None


@pytest.mark.parametrize(("query", "status"), [("?position=999999", 404), ("?position=x", 400), ("?position=0", 404)])
def test_an_anchor_of_no_position_is_refused(browser, base, query, status, raise_matter, here):
    raise_matter(by=here.village)
    ledger.seal_all()
    assert browser.get(f"{base}/anchor{query}").status_code == status


def test_an_export_is_noted_with_its_purpose_and_whole(browser, base, raise_matter, here, tmp_path):
    raise_matter("路灯不亮", by=here.village)
    ledger.seal_all()
    answer = browser.post(f"{base}/export", {"purpose": "送审计局核验", "first": "", "last": ""})
    assert answer.status_code == 200
    path = tmp_path / "ledger.jsonl.gz"
    path.write_bytes(answer.data)
    assert chain_file.check(path, [ledger.head()]).fault is None
    assert "路灯" not in gzip.decompress(answer.data).decode()
    entry = AuditEntry.select().where(AuditEntry.entity == "core.ledger").get()
    assert entry.purpose == "送审计局核验"


@pytest.mark.parametrize("form", [{"purpose": ""}, {"purpose": "核验一次", "first": "5", "last": "2"},
                                  {"purpose": "核验一次", "first": "999999"}, {"purpose": "核验一次", "first": "x"}])
def test_an_export_that_cannot_be_is_refused_and_not_noted(browser, base, form):
    answer = browser.post(f"{base}/export", form)
    assert answer.status_code in (409, 422)
    assert AuditEntry.select().where(AuditEntry.entity == "core.ledger").count() == 0


def test_the_state_and_the_search_are_in_the_api(browser, base, raise_matter, here):
    matter = raise_matter("村口路灯不亮", by=here.village)
    accounts.grant(browser.account.id, "matters.officer", here.tree.county)
    ledger.seal_all()
    state = browser.get(f"/api/v1{base}").json
    assert (state["position"], state["hash"]) == ledger.head()
    found = browser.get(f"/api/v1/d/{here.tree.county.code}/core/search?q=路灯").json["items"]
    assert [(item["id"], item["number"]) for item in found] == [(matter.id, matter.number)]
    assert browser.get(found[0]["url"]).status_code == 200
    for query in ("", "?q=", "?q=x&colour=red"):
        assert browser.get(f"/api/v1/d/{here.tree.county.code}/core/search{query}").status_code == 400


def test_the_search_page_marks_the_words_and_shows_the_reply_they_stand_in(browser, raise_matter, here, step):
    accounts.grant(browser.account.id, "matters.officer", here.tree.county)
    step(raise_matter("路灯不亮"), "send_up", here.village, record="两委会会议决定上报，请镇里处理")
    page = browser.get(f"/d/{here.tree.county.code}/core/search?q=会议决定").text
    assert re.search(r"两委会<mark>会议决定</mark>上报", page)
    assert "<mark>路灯</mark>不亮" in browser.get(f"/d/{here.tree.county.code}/core/search?q=路灯").text


def test_a_text_with_markup_is_text_in_a_snippet(browser, here):
    accounts.grant(browser.account.id, "matters.officer", here.tree.county)
    note = registry().entity("matters.note")
    records.create(note, {"code": "N-1", "title": "<script>路灯</script>"}, SYSTEM, here.tree.village)
    page = browser.get(f"/d/{here.tree.county.code}/core/search?q=路灯").text
    assert "<script>路灯" not in page
    assert "&lt;script&gt;<mark>路灯</mark>" in page
