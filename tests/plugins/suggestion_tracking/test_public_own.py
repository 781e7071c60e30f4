"""The resident's page: number and code, the steps, the rating by a link for one use, the consent; and whom it tells nothing."""
import re
import threading
from datetime import timedelta

import pytest
from support.public_world import (
    BASE,
    NAME,
    PHONE,
    TEXT,
    answered,
    counts,
    hidden,
    matter,
    number_and_code,
    raised,
    step,
)

from grid321.core import db, lookup, records, signed_links, snapshot, switches
from grid321.core.actor import SYSTEM
from grid321.core.errors import Problem
from grid321.core.ledger import LedgerEntry
from grid321.core.testing_browser import Browser
from grid321.plugins.suggestion_tracking import public_own, public_publish
from grid321.plugins.suggestion_tracking.public_form import OWN
from grid321.plugins.suggestion_tracking.public_models import Publication

LOOKUP = "/d/610902/suggestion_tracking/lookup"
SATISFIED = {"result": "satisfied", "attitude": "basically", "words": "谢谢"}
NOT = {"result": "not", "attitude": "satisfied", "words": "只修好两盏，还有一盏不亮。"}


@pytest.fixture
def case(here):
    """A matter that the village answered, with its code."""
    record = answered(here.village)
    code = lookup.new_code()
    lookup.keep(code, "suggestion_tracking.matter", record.id, record.number)
    record.code = code.text
    return record


def own_path(record, days=1):
    """The address of a resident's own matter."""
    token = signed_links.create(OWN, "suggestion_tracking.matter", record.id, expires=timedelta(days=days), once=False)
    place = snapshot.current().tree.get(record.division_id)
    return f"/d/{place.code}/suggestion_tracking/own/{token}"


def rate_path(resident, record):
    """The address of the rating that the resident asked for."""
    own = own_path(record)
    return resident.send(f"{own}/rate", hidden(resident.get(own))).headers["Location"]


# ---------------------------------------------------------------- number and code

def test_number_and_code_lead_to_the_own_matter(resident, case):
    answer = resident.fill(LOOKUP, {"number": case.number.lower(), "code": case.code.lower().replace("-", " ")})
    page = resident.get(answer.headers["Location"]).text

    assert answer.status_code == 303 and case.number in page and TEXT[:10] in page
    assert "三盏路灯都换了灯泡" in page


def _core(text):
    """What the page says, without the tokens of its form."""
    return re.sub(r'value="[^"]*"', "", text)


def test_every_pair_that_opens_nothing_gets_the_same_answer_to_the_letter(resident, case, here):
    silent = raised(here.village)  # it has no code at all
    pages = [resident.fill(LOOKUP, {"number": number, "code": code}) for number, code in (
        (case.number, "0000-0000"), ("WT-610902104-202611-9999", case.code), (silent.number, case.code), (case.number, "x"))]

    assert {page.status_code for page in pages} == {422}
    assert len({_core(page.text) for page in pages}) == 1
    assert len({tuple(name for name, _value in page.headers) for page in pages}) == 1
    assert all(case.title not in page.text for page in pages)


def test_after_five_tries_the_right_code_does_not_open_either(resident, case):
    for _try in range(5):
        assert resident.fill(LOOKUP, {"number": case.number, "code": "0000-0000"}).status_code == 422
    page = resident.fill(LOOKUP, {"number": case.number, "code": case.code})

    assert page.status_code == 429 and "15" in page.text and case.title not in page.text


def test_a_matter_where_the_plugin_was_switched_off_is_not_found(resident, case, here):
    switches.turn("suggestion_tracking", here.village, False)
    page = resident.fill(LOOKUP, {"number": case.number, "code": case.code})

    assert page.status_code == 422 and case.title not in page.text


def test_the_code_is_in_no_page_of_the_officers(here, case, client_for):
    officer = client_for("suggestion_tracking.village_officer", here.village)
    page = officer.get(f"{BASE}/matter/{case.id}").text

    assert case.number in page and case.code not in page


# ---------------------------------------------------------------- the own page

def test_the_own_page_shows_the_steps_and_nobody(resident, here, client_for):
    record = raised(here.village, text=f"{TEXT}")
    officer = client_for("suggestion_tracking.village_officer", here.village)
    officer.post(f"{BASE}/matter/{record.id}/comment", {"text": "内部：此人多次来访，态度不好"})
    record = step(matter().model.get_by_id(record.id), "accept")
    record = step(record, "solve_on_spot", text="三盏灯都换了。", outcome="A", way="alone")
    page = resident.get(own_path(record)).text

    assert "多次来访" not in page and NAME not in page and PHONE not in page and PHONE[-4:] not in page
    assert officer.account.username not in page
    assert "三盏灯都换了。" in page and page.count("<time>") == 3


@pytest.mark.parametrize("spoil", [lambda path: path[:-1], lambda path: path[:-4] + "AAAA", lambda path: path + "A",
                                   lambda path: f"{BASE}/own/../../lookup", lambda path: f"{BASE}/own/" + "A" * 22])
def test_a_forged_address_of_a_matter_opens_nothing(resident, case, spoil):
    page = resident.get(spoil(own_path(case)))

    assert page.status_code == 404 and case.title not in page.text and case.number not in page.text


def test_a_link_opens_its_matter_at_its_place_only(resident, case):
    elsewhere = own_path(case).replace("610902104200", "610902105200")

    assert resident.get(elsewhere).status_code == 404
    assert resident.get(own_path(case).replace("610902104200", "610902")).status_code == 200


def test_an_address_ends_after_its_time_and_says_what_to_do(resident, case, tick):
    path = own_path(case)
    tick(timedelta(days=2), sweep=False)
    page = resident.get(path)

    assert page.status_code == 410 and case.title not in page.text


# ---------------------------------------------------------------- rating

def test_a_resident_rates_once_by_the_link(resident, case):
    path = rate_path(resident, case)
    page = resident.fill(path, SATISFIED)
    record = matter().model.get_by_id(case.id)

    assert page.status_code == 200
    assert (record.state, record.rating, record.attitude) == ("rated", "satisfied", "basically")
    before = counts()
    again = resident.send(path, {**hidden(page), **SATISFIED, "result": "not"})
    assert again.status_code in (403, 410) and counts() == before
    assert resident.get(path).status_code == 410


def test_the_ledger_says_that_the_rating_came_by_a_link(resident, case):
    resident.fill(rate_path(resident, case), SATISFIED)

    steps = [row.step for row in LedgerEntry.select().where(LedgerEntry.record_id == case.id).order_by(LedgerEntry.id)]
    assert steps[-2:] == ["rate", "rated_by_link"]


def test_not_satisfied_sends_the_matter_back_once_and_then_to_a_check(resident, case):
    assert resident.fill(rate_path(resident, case), NOT).status_code == 200
    record = matter().model.get_by_id(case.id)
    assert (record.state, record.rating, record.handled_again) == ("again", "not", True)

    record = step(record, "answer_again", text="第三盏也修好了。", outcome="A", way="alone")
    assert resident.fill(rate_path(resident, record), NOT).status_code == 200
    record = matter().model.get_by_id(case.id)
    assert (record.state, record.rating) == ("rated", "not")
    assert not public_own.rating_steps(record), "there is no third time"


def test_not_satisfied_needs_a_reason_and_the_link_stays_good(resident, case):
    path = rate_path(resident, case)
    before = counts()
    page = resident.fill(path, {**NOT, "words": ""})

    assert page.status_code == 422 and counts() == before and 'id="f-words-error"' in page.text
    assert resident.fill(path, NOT).status_code == 200


@pytest.mark.parametrize("typed", [{"result": "perfect", "attitude": "satisfied"}, {"result": "satisfied"}, {"attitude": "not"},
                                   {**SATISFIED, "words": "好" * 1001}, {**SATISFIED, "rating": "not"}])
def test_a_rating_that_does_not_fit_is_refused_and_the_link_stays_good(resident, case, typed):
    path = rate_path(resident, case)
    before = counts()

    assert resident.fill(path, typed).status_code == 422 and counts() == before
    assert resident.get(path).status_code == 200


def test_an_earlier_link_ends_when_a_new_one_is_asked_for(resident, case):
    first = rate_path(resident, case)
    second = rate_path(resident, case)

    assert resident.get(first).status_code == 404 and resident.get(second).status_code == 200


def test_there_is_no_rating_before_the_answer_and_none_after_it_was_given(resident, here, case):
    early = raised(here.village)
    own = own_path(early)
    page = resident.get(own)

    assert "/rate" not in page.text
    assert resident.send(f"{own}/rate", hidden(page)).status_code == 422
    resident.fill(rate_path(resident, case), SATISFIED)
    assert "/rate" not in resident.get(own_path(case)).text


def test_the_link_of_one_matter_rates_no_other(resident, here, case):
    other = answered(here.second_village)
    path = rate_path(resident, other).replace(here.second_village.code, here.village.code)

    assert resident.get(path).status_code == 404
    assert {matter().model.get_by_id(one.id).state for one in (case, other)} == {"answered"}


def test_two_ratings_at_once_are_one(app, resident, case):
    token = rate_path(resident, case).rpartition("/")[2]
    outcomes = []
    ready = threading.Barrier(4)

    def rate():
        with app.test_request_context():
            from flask import g

            g.node = None
            ready.wait()
            try:
                public_own.rate(token, matter().model.get_by_id(case.id), dict(SATISFIED))
                outcomes.append("rated")
            except Problem as problem:
                outcomes.append(problem.code)
            finally:
                db.database.close()

    threads = [threading.Thread(target=rate) for _place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["link_used"] * 3 + ["rated"]
    assert LedgerEntry.select().where((LedgerEntry.record_id == case.id) & (LedgerEntry.step == "rate")).count() == 1


def test_officers_see_no_rating_link_and_cannot_make_one_without_the_resident(here, case, client_for, resident):
    token = rate_path(resident, case).rpartition("/")[2]
    officer = client_for("suggestion_tracking.county_officer", here.county)
    base = f"/d/{here.county.code}/suggestion_tracking/matter/{case.id}"
    seen = officer.get(base).text + officer.api("GET", f"/d/{here.county.code}/suggestion_tracking/matter/{case.id}").text
    stored = " ".join(str(row.__data__) for row in (*signed_links.SignedLink.select(), *LedgerEntry.select()))

    assert token not in seen and "/rate/" not in seen
    assert token not in stored


# ---------------------------------------------------------------- consent

def test_a_resident_takes_the_consent_back_and_it_is_no_longer_published(resident, case, here):
    records.create(public_publish.PUBLICATION, {
        "source": "matter", "number": case.number, "title": "路灯", "text": "路灯坏了三盏。"}, SYSTEM, here.village)
    own = own_path(case)
    assert "路灯坏了三盏" in resident.get("/d/610902/suggestion_tracking/published").text
    resident.send(f"{own}/consent", {**hidden(resident.get(own)), "publish": "0"})

    assert not matter().model.get_by_id(case.id).publish and Publication.get().hidden
    assert "路灯坏了三盏" not in resident.get("/d/610902/suggestion_tracking/published").text
    resident.send(f"{own}/consent", {**hidden(resident.get(own)), "publish": "1"})
    assert matter().model.get_by_id(case.id).publish and Publication.get().hidden, "an officer releases it anew"


# ---------------------------------------------------------------- a new code

def test_an_officer_gives_a_new_code_and_it_stands_in_the_ledger(here, case, client_for, resident):
    officer = client_for("suggestion_tracking.town_officer", here.town)
    old = own_path(case)
    page = officer.post(f"/d/{here.town.code}/suggestion_tracking/matter/{case.id}/code")
    number, code = number_and_code(page)

    assert number == case.number and lookup.find(number, code, "x") is not None
    assert lookup.find(number, case.code, "x") is None and resident.get(old).status_code == 404
    entry = LedgerEntry.select().order_by(LedgerEntry.id.desc()).first()
    assert (entry.step, entry.account_id) == ("code_given", officer.account.id)


@pytest.mark.parametrize(("role", "place"), [
    ("suggestion_tracking.registrar", "village"), ("suggestion_tracking.viewer", "county"),
    ("suggestion_tracking.town_officer", "other_town")])
def test_others_give_no_codes(here, case, client_for, role, place):
    node = getattr(here, place)
    page = client_for(role, node).post(f"/d/{node.code}/suggestion_tracking/matter/{case.id}/code")

    assert page.status_code in (403, 404) and lookup.find(case.number, case.code, "x") is not None


def test_nobody_is_asked_to_log_in(app, here):
    stranger = Browser(app)
    for path in ("public", "raise", "lookup", "published", "published.rss", "published.atom"):
        assert stranger.get(f"{BASE}/{path}").status_code == 200


def test_a_link_that_ended_leads_to_the_look_up_and_not_only_to_a_page_that_asks_for_an_account(resident, case, tick):
    path = own_path(case)
    for spoiled in (path[:-3] + "abc", f"{BASE}/rate/abcdefghijklmnopqrstuv"):
        page = resident.get(spoiled)
        assert page.status_code == 404 and "/suggestion_tracking/lookup" in page.text
    tick(timedelta(days=2), sweep=False)
    page = resident.get(path)
    assert page.status_code == 410 and "/suggestion_tracking/lookup" in page.text
