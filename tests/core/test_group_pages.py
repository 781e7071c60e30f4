"""Grouping and splitting on the pages and over the API: without JavaScript, with a result for each, refused in words."""
from __future__ import annotations

import re

import pytest

from grid321.core import groups


@pytest.fixture
def village(here, client_for):
    """Return the village officer's browser and the address of the matters of his village."""
    return client_for("matters.officer", here.tree.village), f"/d/{here.tree.village.code}/matters/matter/"


@pytest.fixture
def fresh(here):
    return lambda case: here.entity.model.get_by_id(case.id)


def test_rows_of_a_list_are_grouped_with_a_result_for_each(here, village, raise_matter, step, fresh):
    browser, base = village
    one, two, three = (raise_matter(f"路灯{number}") for number in range(3))
    closed = step(raise_matter("旧的"), "close", here.village)
    assert f'formaction="{base}group"' in browser.get(base).text
    ids = [str(case.id) for case in (three, two, one, closed)]
    asked = browser.post(f"{base}group", {"id": ids})
    assert asked.status_code == 200 and re.search(rf'value="{one.id}" checked', asked.text)
    done = browser.post(f"{base}group", {"id": ids, "lead": str(two.id)})
    assert done.status_code == 200
    assert [fresh(case).parent_id for case in (one, two, three, closed)] == [two.id, None, two.id, None]
    assert two.number in done.text and "已办结" in done.text
    assert browser.post(f"{base}group", {"id": ids[:1]}).status_code == 422
    assert browser.post(f"{base}group", {"id": ids, "lead": "x"}).status_code == 400


def test_the_page_of_a_matter_groups_by_number_and_takes_out_again(here, village, raise_matter, fresh):
    browser, base = village
    lead, member = raise_matter("路灯甲"), raise_matter("路灯乙")
    at = f"{base}{member.id}"
    form = browser.get(f"{at}/group")
    version = re.search(r'name="_version" value="(\d+)"', form.text)[1]
    wrong = browser.post(f"{at}/group", {"number": "MT-无", "_version": version})
    assert wrong.status_code == 422 and 'href="#f-number"' in wrong.text and "MT-无" in wrong.text
    assert browser.post(f"{at}/group", {"number": member.number, "_version": version}).status_code == 422
    assert browser.post(f"{at}/group", {"number": lead.number, "_version": version}).status_code == 303
    page = browser.get(at).text
    assert lead.number in page and "并案" in page and "/do/close" not in page
    shown = browser.get(f"{base}{lead.id}").text
    assert member.number in shown
    back = re.search(r'action="([^"]+/group/leave)"', shown)[1]
    assert browser.post(back, {"back": str(lead.id)}).location == f"{base}{lead.id}"
    assert fresh(member).bond is None
    stale = browser.post(f"{at}/group", {"number": lead.number, "_version": version})
    assert stale.status_code == 412 and fresh(member).bond is None


def test_a_part_is_split_off_by_a_form_filled_from_the_whole(here, village, raise_matter, fresh):
    browser, base = village
    whole = raise_matter("路面与水管", text="路面塌陷，水管也漏。", phone="13800000000")
    form = browser.get(f"{base}{whole.id}/split")
    assert "路面塌陷，水管也漏。" in form.text and "13800000000" not in form.text and 'name="phone"' not in form.text
    version = re.search(r'name="_version" value="(\d+)"', form.text)[1]
    assert browser.post(f"{base}{whole.id}/split", {"title": "", "_version": version}).status_code == 422
    sent = browser.post(f"{base}{whole.id}/split", {"title": "水管", "text": "水管漏。", "kind": "water", "_version": version})
    assert sent.status_code == 303
    page = browser.get(sent.location).text
    assert f"{whole.number}-1" in page and whole.number in page and "子项" in page
    assert fresh(whole).members == 1


def test_who_may_not_group_sees_no_button_and_gets_no_page(here, raise_matter, client_for):
    lead, member = raise_matter(), raise_matter()
    reader, base = client_for("matters.reader", here.tree.village), f"/d/{here.tree.village.code}/matters/matter/"
    assert "/group" not in reader.get(base).text and "/group" not in reader.get(f"{base}{member.id}").text
    for path, form in ((f"{base}{member.id}/group", {"number": lead.number, "_version": "1"}),
                       (f"{base}group", {"id": [str(lead.id), str(member.id)]}), (f"{base}{member.id}/group/leave", {})):
        assert reader.post(path, form).status_code == 403


def test_the_api_groups_shows_takes_out_and_splits(here, village, raise_matter, fresh):
    browser, base = village
    base = base.rstrip("/")
    lead, member = raise_matter("路灯甲"), raise_matter("路灯乙")
    at = f"{base}/{member.id}/group"
    assert browser.api("POST", at, {"lead": lead.id}).status_code == 428
    joined = browser.api("POST", at, {"lead": lead.id}, If_Match='"1"')
    assert joined.status_code == 200, joined.text
    shown = browser.api("GET", at).json
    assert (shown["bond"], shown["lead"]["number"]) == ("member", lead.number)
    items = browser.api("GET", f"{base}/{lead.id}/group").json["items"]
    assert [(one["id"], one["bond"]) for one in items] == [(member.id, "member")]
    again = browser.api("POST", at, {"lead": lead.id}, If_Match=joined.headers["ETag"])
    assert again.status_code == 422 and again.json["code"] == "in_group"
    refused = browser.api("POST", f"{base}/{member.id}/transitions/close", {}, If_Match=joined.headers["ETag"])
    assert refused.status_code in {403, 409}
    out = browser.api("DELETE", at, If_Match=joined.headers["ETag"])
    assert out.status_code == 200 and fresh(member).bond is None
    part = browser.api("POST", f"{base}/{lead.id}/parts", {"title": "一部分"}, If_Match=f'"{fresh(lead).version}"',
                       Idempotency_Key="part-1")
    assert part.status_code == 201 and part.json["number"] == f"{lead.number}-1"
    assert fresh(lead).members == 1
    assert browser.api("POST", at, {"lead": 0}, If_Match=out.headers["ETag"]).status_code == 422


def test_a_desk_does_not_show_a_member_to_who_handles_its_lead(here, raise_matter):
    from grid321.core import db, desks
    from grid321.core.faces import face_of

    def waiting():
        rows = desks.desk_rows(face_of(here.entity), here.tree.village, here.village, db.local_day())
        return sorted(row["title"] for _section, row in rows)

    lead, member = raise_matter("路灯甲"), raise_matter("路灯乙")
    assert waiting() == sorted(["路灯甲", "路灯乙"])
    groups.join(here.entity, member.id, lead.id, here.village, None, here.tree.village)
    assert waiting() == ["路灯甲"]
