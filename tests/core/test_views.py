"""The pages of records work without JavaScript, keep what was typed, and change nothing when they refuse."""
import re

import pytest


@pytest.fixture
def village(here, client_for):
    """Return an officer's browser and the address of the matters of his village."""
    return client_for("matters.officer", here.tree.village), f"/d/{here.tree.village.code}/matters/matter/"


def made(browser, base, **values):
    """Create a matter by its form and return its address."""
    sent = browser.post(base + "new", {"title": "路灯不亮", "kind": "light", **values})
    assert sent.status_code == 303, sent.text
    return sent.location


def version(page):
    """The version hidden in a form."""
    return re.search(r'name="_version" value="(\d+)"', page.text)[1]


def test_a_record_is_made_by_a_form_and_shown_with_its_history(village):
    browser, base = village
    assert 'enctype="multipart/form-data"' in browser.get(base + "new").text
    page = browser.get(made(browser, base, text="村口\r\n第二盏"))
    assert page.status_code == 200
    for wanted in ("路灯不亮", "MT-610902104", "Open", "Light", "村口\n第二盏", "/why/"):
        assert wanted in page.text
    assert "路灯不亮" in browser.get(base).text


def test_a_refused_form_says_where_and_keeps_what_was_typed(village, here):
    browser, base = village
    sent = browser.post(base + "new", {"title": "", "text": "打了很多字", "kind": "fire", "phone": "12", "colour": "red"})
    assert sent.status_code == 422
    assert "打了很多字" in sent.text
    for field in ("title", "kind", "phone"):
        assert f'href="#f-{field}"' in sent.text
    assert "colour" in sent.text
    assert here.entity.model.select().count() == 0


def test_a_form_without_its_token_changes_nothing(village, here):
    browser, base = village
    assert browser.post(base + "new", {"title": "x", "_csrf": "wrong"}).status_code == 403
    assert here.entity.model.select().count() == 0


def test_what_people_type_is_shown_as_text(village):
    browser, base = village
    page = browser.get(made(browser, base, title="<script>alert(1)</script>"))
    assert "<script>alert(1)" not in page.text
    assert "&lt;script&gt;" in page.text


def test_an_edit_shows_the_stored_values_and_writes_the_new_ones(village):
    browser, base = village
    path = made(browser, base, phone="13812345678")
    form = browser.get(path + "/edit")
    assert "路灯不亮" in form.text
    assert "12345678" not in form.text
    sent = browser.post(path + "/edit", {"title": "路灯修好", "kind": "light", "_version": version(form)})
    assert sent.status_code == 303
    page = browser.get(path)
    assert "路灯修好" in page.text
    assert "138****5678" in page.text


def test_an_edit_of_something_that_changed_meanwhile_keeps_what_was_typed(village):
    browser, base = village
    path = made(browser, base)
    form = browser.get(path + "/edit")
    browser.post(path + "/edit", {"title": "别人改的", "kind": "light", "_version": version(form)})
    sent = browser.post(path + "/edit", {"title": "我改的", "kind": "light", "_version": version(form)})
    assert sent.status_code == 412
    assert "我改的" in sent.text
    assert version(sent) == "2"
    assert "别人改的" in browser.get(path).text


@pytest.mark.parametrize("text", ["", "x", "1٢", "-1", "1" * 12])
def test_a_form_must_say_which_version_it_changes(village, text):
    browser, base = village
    path = made(browser, base)
    assert browser.post(path + "/edit", {"title": "x", "_version": text}).status_code == 400


def test_deleting_asks_first(here, client_for):
    browser = client_for("matters.officer", here.tree.village)
    base = f"/d/{here.tree.village.code}/matters/note/"
    path = browser.post(base + "new", {"code": "A1", "title": "记录"}).location
    form = browser.get(path + "/delete")
    assert form.status_code == 200
    assert browser.get(path).status_code == 200
    assert browser.post(path + "/delete", {"_version": "9"}).status_code == 412
    assert browser.post(path + "/delete", {"_version": version(form)}).status_code == 303
    assert browser.get(path).status_code == 404


def test_a_case_has_no_page_for_deleting(village):
    browser, base = village
    assert browser.get(made(browser, base) + "/delete").status_code == 404


def test_a_step_asks_what_it_needs_and_moves_the_matter(village, here, client_for):
    browser, base = village
    path = made(browser, base)
    assert "/do/send_up" in browser.get(path).text
    form = browser.get(path + "/do/send_up")
    assert 'name="record"' in form.text
    empty = browser.post(path + "/do/send_up", {"record": "", "_version": version(form)})
    assert empty.status_code == 422
    assert 'href="#f-record"' in empty.text
    sent = browser.post(path + "/do/send_up", {"record": "两委会议纪要", "_version": version(form)})
    assert sent.status_code == 303
    page = browser.get(path)
    assert "两委会议纪要" in page.text
    assert "/do/send_up" not in page.text
    town = client_for("matters.officer", here.tree.town)
    there = path.replace(here.tree.village.code, here.tree.town.code)
    form = town.get(there + "/do/hand_over")
    assert "综合治理办公室" in form.text
    assert town.post(there + "/do/hand_over", {"department": str(here.office.id), "_version": version(form)}).status_code == 303
    clerk = client_for("matters.clerk", here.tree.town, here.office)
    form = clerk.get(there + "/do/answer")
    assert clerk.post(there + "/do/answer", {"reason": "已修复", "_version": version(form)}).status_code == 303


def test_a_guard_says_at_the_field_why_it_refuses(here, village, client_for):
    browser, base = village
    path = made(browser, base)
    browser.post(path + "/do/send_up", {"record": "纪要", "_version": "1"})
    town = client_for("matters.officer", here.tree.town)
    there = path.replace(here.tree.village.code, here.tree.town.code)
    sent = town.post(there + "/do/send_down", {"reason": "不", "_version": "2"})
    assert sent.status_code == 422
    assert "Say more." in sent.text


def test_who_comes_too_late_sees_the_present_state_and_a_way_on(village, here, client_for):
    browser, base = village
    path = made(browser, base)
    browser.post(path + "/do/close", {"_version": "1"})
    late = browser.post(path + "/do/close", {"_version": "1"})
    assert late.status_code == 409
    assert "Closed" in late.text
    assert path in late.text


def test_a_step_that_is_not_ones_own_is_refused_before_the_form_is_filled_in(village):
    browser, base = village
    path = made(browser, base)
    assert browser.get(path + "/do/answer").status_code == 403
    assert browser.get(path + "/do/fly").status_code == 404


def test_one_step_for_many_gives_a_result_for_each(here, village):
    browser, base = village
    paths = [made(browser, base, title=f"第{number}件") for number in range(3)]
    ids = [path.rpartition("/")[2] for path in paths]
    browser.post(paths[0] + "/do/close", {"_version": "1"})
    page = browser.post(base + "bulk", {"transition": "close", "id": [*ids, "9999"]})
    assert page.status_code == 200
    assert page.text.count('class="tag ok"') == 2
    assert page.text.count('class="tag bad"') == 2
    assert here.entity.model.select().where(here.entity.model.state == "closed").count() == 3


def test_a_step_for_many_is_offered_only_where_a_row_stands_at_its_beginning(village):
    browser, base = village
    path = made(browser, base)
    button = 'name="transition" value="close"'
    assert button in browser.get(base).text
    browser.post(path + "/do/close", {"_version": "1"})
    page = browser.get(base).text
    assert path in page and button not in page


@pytest.mark.parametrize("data", [{"transition": "close"}, {"transition": "send_up", "id": "1"}, {"transition": "fly", "id": "1"},
                                  {"transition": "close", "id": "x"},
                                  {"transition": "close", "id": [str(n) for n in range(1, 200)]}])
def test_a_senseless_choice_for_many_is_refused(village, data):
    browser, base = village
    made(browser, base)
    assert browser.post(base + "bulk", data).status_code in {400, 422}


def test_a_comment_appears_and_an_empty_one_does_not(village):
    browser, base = village
    path = made(browser, base)
    assert browser.post(path + "/comment", {"text": "已联系供电所"}).status_code == 303
    assert "已联系供电所" in browser.get(path).text
    assert browser.post(path + "/comment", {"text": "  "}).status_code == 422
    assert browser.post(path + "/comment", {"text": "a\x00b"}).status_code == 422


def test_a_personal_value_is_shown_once_for_a_reason_and_the_look_is_recorded(village, here):
    from grid321.core.audit import AuditEntry

    browser, base = village
    path = made(browser, base, phone="13812345678")
    assert "13812345678" not in browser.get(path).text
    assert browser.get(path + "/reveal").status_code == 200
    refused = browser.post(path + "/reveal", {"purpose": ""})
    assert refused.status_code == 422
    assert "13812345678" not in refused.text
    assert AuditEntry.select().where(AuditEntry.kind == "reveal").count() == 0
    shown = browser.post(path + "/reveal", {"purpose": "回访群众"})
    assert "13812345678" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    entry = AuditEntry.get(AuditEntry.kind == "reveal")
    assert (entry.fields, entry.purpose) == ("phone", "回访群众")


def test_a_personal_value_stays_closed_for_who_may_only_look(here, village, client_for):
    browser, base = village
    path = made(browser, base, phone="13812345678")
    reader = client_for("matters.reader", here.tree.county)
    assert reader.get(path).status_code == 200
    assert reader.post(path + "/reveal", {"purpose": "好奇好奇"}).status_code == 403


def test_pages_for_paper_have_no_controls(village):
    browser, base = village
    path = made(browser, base)
    for address in (path + "/print", base + "print"):
        page = browser.get(address)
        assert page.status_code == 200
        assert "路灯不亮" in page.text
        assert "/do/" not in page.text


def test_a_report_that_a_phone_sends_twice_is_one_report(village, here):
    browser, base = village
    assert made(browser, base, client_id="phone-7") == made(browser, base, client_id="phone-7")
    assert here.entity.model.select().count() == 1
    assert browser.post(base + "new", {"title": "x", "client_id": "ü" * 80}).status_code == 422


@pytest.mark.parametrize("rest", ["0", "x", "1٢", "99999999999999999999", "7", "7/edit", "7/do/close", "7/attachment/7", "-1"])
def test_an_address_that_names_nothing_is_not_found(village, rest):
    browser, base = village
    assert browser.get(base + rest).status_code == 404


def test_where_the_plugin_is_off_no_page_exists(village, here):
    from grid321.core import switches

    browser, base = village
    path = made(browser, base)
    switches.turn("matters", here.tree.village, False)
    for address in (base, base + "new", path, path + "/edit", base + "print"):
        assert browser.get(address).status_code == 404
    assert browser.post(base + "bulk", {"transition": "close", "id": "1"}).status_code == 404
    assert "/matters/" not in browser.get("/me").text


def test_a_person_who_may_not_create_has_no_button_and_no_form(here, client_for):
    reader = client_for("matters.reader", here.tree.county)
    base = f"/d/{here.tree.village.code}/matters/matter/"
    assert f'href="{base}new"' not in reader.get(base).text
    assert reader.get(base + "new").status_code == 403
    assert reader.post(base + "new", {"title": "x"}).status_code == 403


def test_a_record_is_made_only_below_the_division_of_the_address_and_of_the_grant(village, here):
    browser, base = village
    for code in (here.tree.second_village.code, here.tree.town.code, "610921100200", "000"):
        sent = browser.post(base + "new", {"title": "x", "division": code})
        assert sent.status_code == 422
        assert 'href="#f-division"' in sent.text
    assert here.entity.model.select().count() == 0


@pytest.mark.parametrize("text", ["", "  ", "字" * 2001, "一个\u202e字"])
def test_a_refused_comment_shows_the_page_again_and_keeps_what_was_typed(village, text):
    browser, base = village
    path = made(browser, base)
    refused = browser.post(path + "/comment", {"text": text})
    assert refused.status_code == 422
    assert 'href="#f-comment"' in refused.text
    assert 'id="f-comment-error"' in refused.text
    assert f"{text}</textarea>" in refused.text
    assert "路灯不亮" in refused.text
    assert browser.post(path + "/comment", {"text": "这次好了"}).status_code == 303
    assert "这次好了" in browser.get(path).text


def test_what_was_done_is_said_once_on_the_next_page(village):
    browser, base = village
    path = made(browser, base)
    said = '<div class="notice ok" role="status">'
    assert said in browser.get(path).text
    assert said not in browser.get(path).text


def test_a_page_says_nothing_that_a_cookie_makes_up(village):
    browser, base = village
    browser.client.set_cookie("grid321_done", "<b>paid</b>")
    assert 'role="status">' not in browser.get(base).text  # the outbox's note is hidden
