"""Receipt cards: who gives one back, how often, in which ways; second handling once, then evaluation."""
import io
import re
from datetime import date, timedelta

import pytest
from PIL import Image
from support.supervision_world import REPLY, Supervised

from grid321.core import db, engine, signed_links
from grid321.core.clock_rows import Deadline
from grid321.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from grid321.core.ledger import LedgerDetail, LedgerEntry
from grid321.core.testing_browser import Browser

SATISFIED = {"result": "satisfied", "attitude": "satisfied"}


@pytest.fixture
def world(staged, app, division_tree, switch_on):
    """The county with the plugin on and its people."""
    switch_on("suggestion_tracking", division_tree.county)
    return staged(Supervised, app, division_tree)


def scan():
    """A small picture as a browser sends it."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "JPEG")
    return io.BytesIO(out.getvalue()), "回执卡.jpg"


# ---------------------------------------------------------------- cards go out with the answer

def test_every_deputy_who_signed_gets_a_card_with_the_answer_and_its_limit_runs(world):
    case = world.answered()

    cards = world.rows("receipt", suggestion_number=case.number)
    assert {(card.deputy_id, card.leading, card.round, card.state) for card in cards} == {
        (world.people["deputy"].id, True, 1, "issued"), (world.people["cosigner"].id, False, 1, "issued")}
    assert all(card.reporter_id for card in cards)
    clocks = list(Deadline.select().where((Deadline.entity == "suggestion_tracking.receipt") & (Deadline.clock == "receipt")))
    assert len(clocks) == 2 and {row.setting for row in clocks} == {"core.clock_receipt"}


def test_before_the_answer_there_is_no_card(world):
    case = world.handed()

    assert world.rows("receipt", suggestion_number=case.number) == []


# ---------------------------------------------------------------- by account

@pytest.mark.parametrize(("attitude", "result", "state"), [
    ("satisfied", "satisfied", "rated"), ("basically", "basically", "rated"), ("not", "satisfied", "rated"),
    ("satisfied", "not", "objected"), ("not", "not", "objected")])
def test_the_result_decides_whether_it_is_handled_again_and_the_attitude_is_counted(world, attitude, result, state):
    case = world.give(world.answered(), result, attitude)

    assert (case.state, case.rating, case.attitude) == (state, result, attitude)
    card = world.card(case)
    assert (card.state, card.channel, card.returned_on) == ("returned", "account", db.local_day())


def test_where_the_county_says_so_the_attitude_decides_too(world):
    world.put("suggestion_tracking.dissatisfied_by", "either")

    assert world.give(world.answered(), "satisfied", "not").state == "objected"


def test_a_card_gives_back_once_and_nothing_changes_the_second_time(world):
    case = world.give(world.answered(), "satisfied")

    with pytest.raises(Conflict):
        world.give(case, "not")

    assert world.fresh("suggestion", case).rating == "satisfied" and world.card(case).result == "satisfied"


@pytest.mark.parametrize("who", ["cosigner", "other_deputy"])
def test_a_card_of_another_deputy_is_refused(world, who):
    case = world.answered()

    with pytest.raises((Refused, Forbidden, NotFound)):
        world.step("receipt", who, world.card(case), "give", **SATISFIED)

    assert world.card(case).state == "issued" and world.fresh("suggestion", case).state == "answered"


def test_a_deputy_who_did_not_sign_gets_no_card(world):
    case = world.answered()

    with pytest.raises(Invalid) as refused:
        world.make("receipt", suggestion=case.number, deputy=world.people["other_deputy"].id)

    assert "deputy" in refused.value.errors


def test_a_cosigners_card_is_recorded_and_moves_nothing(world):
    case = world.give(world.answered(), "not", who="cosigner")

    assert case.state == "answered" and case.rating is None and world.card(case, "cosigner").result == "not"


def test_a_deputy_sees_the_own_cards_only_and_a_unit_none(world):
    case = world.answered()
    own, others = world.card(case), world.card(case, "cosigner")
    base = f"/d/{world.tree.county.code}/suggestion_tracking/receipt"

    browser = world.browser("deputy")
    assert browser.get(f"{base}/{own.id}").status_code == 200
    assert browser.get(f"{base}/{others.id}").status_code == 404
    assert own.number in browser.get(f"{base}/").text and others.number not in browser.get(f"{base}/").text
    assert world.browser("clerk").get(f"{base}/{own.id}").status_code in {403, 404}


def test_the_attitude_is_asked_for_where_the_countys_card_has_two_parts(world):
    world.put("core.receipt_parts", "attitude_result")
    case = world.answered()

    with pytest.raises(Refused) as refused:
        world.step("receipt", "deputy", world.card(case), "give", result="satisfied")
    assert refused.value.errors.keys() == {"attitude"}

    world.put("core.receipt_parts", "result")
    assert world.step("receipt", "deputy", world.card(case), "give", result="satisfied").state == "returned"


# ---------------------------------------------------------------- on paper

def test_a_paper_card_is_entered_with_its_scan_in_one_go_and_both_days_are_kept(world):
    case = world.answered()
    card = world.card(case)
    page = f"/d/{world.tree.county.code}/suggestion_tracking/receipt/{card.id}/paper"

    sent = world.browser("officer").post(page, {**SATISFIED, "signed_on": (db.local_day() - timedelta(days=3)).isoformat(),
                                                "text": "", "files": scan()}, content_type="multipart/form-data")

    card = world.fresh("receipt", card)
    assert sent.status_code == 303, sent.text
    assert (card.state, card.channel) == ("returned", "paper")
    assert card.signed_on == db.local_day() - timedelta(days=3) and card.returned_on == db.local_day()
    assert world.fresh("suggestion", case).state == "rated"


def test_a_paper_card_without_its_scan_is_refused_and_says_so(world):
    case = world.answered()
    card = world.card(case)
    page = f"/d/{world.tree.county.code}/suggestion_tracking/receipt/{card.id}/paper"

    sent = world.browser("officer").post(page, {**SATISFIED, "signed_on": db.local_day().isoformat(), "text": ""})

    assert sent.status_code == 422 and "扫描件" in sent.text
    assert world.fresh("receipt", card).state == "issued"


def test_who_may_not_enter_paper_cards_does_not_reach_the_page(world):
    card = world.card(world.answered())
    page = f"/d/{world.tree.county.code}/suggestion_tracking/receipt/{card.id}/paper"

    assert {world.browser(who).get(page).status_code for who in ("clerk", "deputy", "viewer")} <= {403, 404}


# ---------------------------------------------------------------- by link

def link_of(world, card):
    """The path of a new link, as the officer sees it once."""
    page = world.browser("officer").post(f"/d/{world.tree.county.code}/suggestion_tracking/receipt/{card.id}/card-link")
    assert page.status_code == 200
    return re.search(r'href="https?://[^/"]+(/d/[^"]+/card/[A-Za-z0-9_-]{22})"', page.text)[1]


def visitor(world):
    """A browser in which nobody is logged in."""
    return Browser(world.app)


def page(browser, path):
    """Load a public form; returns its token."""
    found = re.search(r'name="_csrf" value="([^"]*)"', browser.get(path).text)
    return found[1] if found else ""


def send(browser, path, csrf, data):
    """Send a public form."""
    return browser.open(path, method="POST", data={"_csrf": csrf, **data}, headers={"Sec-Fetch-Site": "same-origin"})


def test_by_a_signed_link_a_deputy_without_account_gives_the_card_back_once(world):
    case = world.answered()
    path = link_of(world, world.card(case))

    browsers = [visitor(world), visitor(world)]
    loaded = [page(browser, path) for browser in browsers]

    first = send(browsers[0], path, loaded[0], {**SATISFIED, "text": ""})
    second = send(browsers[1], path, loaded[1], {**SATISFIED, "result": "not", "text": ""})

    assert (first.status_code, second.status_code) == (200, 410)
    assert visitor(world).get(path).status_code == 410
    assert world.card(case).channel == "link" and world.fresh("suggestion", case).state == "rated"


def test_a_forged_link_and_that_of_a_new_link_are_not_valid_and_leak_nothing(world):
    case = world.answered()
    old = link_of(world, world.card(case))
    link_of(world, world.card(case))
    forged = f"/d/{world.tree.county.code}/suggestion_tracking/card/{'A' * 22}"

    answers = [visitor(world).get(path) for path in (old, forged)]

    assert [one.status_code for one in answers] == [404, 404]
    assert all(case.title not in one.text for one in answers)


def test_a_wrong_answer_behind_the_link_does_not_use_it_up(world):
    case = world.answered()
    path = link_of(world, world.card(case))

    browser = visitor(world)
    csrf = page(browser, path)

    assert send(browser, path, csrf, {"attitude": "satisfied", "text": ""}).status_code == 422
    assert send(browser, path, csrf, {**SATISFIED, "text": ""}).status_code == 200


def test_the_link_of_a_card_that_came_back_otherwise_is_over(world):
    case = world.answered()
    path = link_of(world, world.card(case))
    world.give(case, "satisfied")

    assert visitor(world).get(path).status_code == 410


def test_the_link_ends_after_the_days_that_the_county_set(world, tick):
    world.put("suggestion_tracking.receipt_link_days", 5)
    path = link_of(world, world.card(world.answered()))

    tick(timedelta(days=6), sweep=False)

    assert visitor(world).get(path).status_code == 410


def test_neither_the_link_nor_its_token_is_stored_or_told(world):
    path = link_of(world, world.card(world.answered()))
    token = path.rpartition("/")[2]

    told = " ".join(str(row.__data__) for table in (LedgerEntry, LedgerDetail, signed_links.SignedLink) for row in table.select())
    assert token not in told


# ---------------------------------------------------------------- again, once; then evaluation

def test_not_satisfied_is_handled_again_once_and_the_units_work_again(world):
    case = world.give(world.answered(), "not")
    case = world.step("suggestion", "officer", case, "redo", reason="没有说明由谁管护。")

    assert (case.state, case.handled_again, case.rating) == ("again", True, None)
    assert [task.state for task in world.rows("task", suggestion_number=case.number)] == ["again"]
    assert Deadline.select().where((Deadline.entity == "suggestion_tracking.suggestion") & (Deadline.clock == "redo")
                                   & (Deadline.state == "running")).count() == 1


def test_the_second_answer_brings_new_cards_and_the_first_keep_what_they_said(world):
    case = world.step("suggestion", "officer", world.give(world.answered(), "not"), "redo", reason="没有说明由谁管护。")
    case = world.step("suggestion", "officer", case, "enter_reply", outcome="A", text=REPLY)

    assert case.state == "answered" and world.card(case).result == "not" and world.card(case, number=2).state == "issued"
    assert world.give(case, "satisfied", number=2).state == "rated"


def test_a_second_handling_after_the_second_not_satisfied_is_refused_in_words(world):
    case = world.twice_rejected()
    assert case.state == "evaluating"

    with pytest.raises(Refused) as refused:
        world.step("suggestion", "officer", case, "redo", reason="再办理一次。")

    assert refused.value.code == "handled_again" and world.fresh("suggestion", case).version == case.version
    assert "redo" not in {step.key for step in engine.possible(world.entity("suggestion"), case, world.actor("officer"))}


def test_after_the_second_not_satisfied_the_result_is_evaluated_and_may_be_written_off(world):
    case = world.step("suggestion", "officer", world.twice_rejected(), "evaluate", checked_by="县人大常委会代表工委",
                      found="路灯已更换，代表要求的第二路段不在本建议范围。", verdict="diligent")
    assert case.state == "evaluated" and case.rating == "not"

    case = world.step("suggestion", "officer", case, "close", evidence="现场照片与验收单。")
    assert case.state == "closed" and {task.state for task in world.rows("task", suggestion_number=case.number)} == {"done"}


def test_a_late_card_of_the_first_round_moves_nothing(world):
    case = world.give(world.answered(), "not")
    case = world.step("suggestion", "officer", case, "redo", reason="没有说明由谁管护。")
    case = world.step("suggestion", "officer", case, "enter_reply", outcome="A", text=REPLY)

    case = world.give(case, "not", who="cosigner", number=1)

    assert case.state == "answered"


@pytest.mark.parametrize(("rule", "limit", "due"), [
    ("length", "", date(2027, 1, 8)), ("decision", "20 d", date(2026, 12, 28)), ("until_zero", "", None)])
def test_the_limit_of_the_second_handling_follows_the_countys_rule(world, tick, rule, limit, due):
    world.put("core.clock_redo_rule", rule)
    case = world.give(world.answered(), "not")
    tick(date(2026, 12, 8), sweep=False)

    case = world.step("suggestion", "officer", case, "redo", reason="没有说明由谁管护。", limit=limit)

    found = Deadline.get_or_none((Deadline.entity == "suggestion_tracking.suggestion") & (Deadline.clock == "redo"))
    assert (found.due if found else None) == due


def test_where_the_limit_is_decided_in_each_case_it_must_be_decided(world):
    world.put("core.clock_redo_rule", "decision")
    case = world.give(world.answered(), "not")

    with pytest.raises(Refused) as refused:
        world.step("suggestion", "officer", case, "redo", reason="没有说明由谁管护。")

    assert refused.value.errors.keys() == {"limit"}


# ---------------------------------------------------------------- without a card

def test_without_a_card_it_goes_on_only_after_the_cards_limit(world, tick):
    case = world.answered()
    with pytest.raises(Refused) as refused:
        world.step("suggestion", "officer", case, "without_card", reason="两次电话未取得联系。")
    assert refused.value.code == "card_running"

    tick(timedelta(days=30), sweep=False)
    case = world.step("suggestion", "officer", case, "without_card", reason="两次电话未取得联系。")
    assert case.state == "rated" and case.rating is None
    assert (world.card(case).state, world.card(case, "cosigner").state) == ("lapsed", "issued")


def test_once_a_suggestion_is_concluded_no_card_is_waited_for(world):
    case = world.step("suggestion", "officer", world.give(world.answered(), "satisfied"), "close", evidence="验收单。")

    assert {card.state for card in world.rows("receipt", suggestion_number=case.number)} == {"returned", "lapsed"}


# ---------------------------------------------------------------- REST

def test_by_rest_a_card_is_given_back_and_a_link_made(world):
    case = world.answered()
    own, others = world.card(case), world.card(case, "cosigner")
    base = f"/d/{world.tree.county.code}/suggestion_tracking/receipt"

    made = world.browser("officer").api("POST", f"{base}/{others.id}/card-link", {})
    given = world.browser("deputy").api("POST", f"{base}/{own.id}/transitions/give", SATISFIED, If_Match=f'"{own.version}"')
    again = world.browser("deputy").api("POST", f"{base}/{own.id}/transitions/give", SATISFIED, If_Match=f'"{own.version}"')

    assert made.status_code == 201, made.text
    assert "/card/" in made.json["url"]
    assert given.status_code == 200 and given.json["state"] == "returned" and again.status_code == 409
