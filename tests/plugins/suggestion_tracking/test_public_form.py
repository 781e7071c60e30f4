"""A resident without account raises a matter: what is asked, what is refused and how, what comes back."""
import io
from datetime import date

import pytest
from PIL import Image
from support.public_world import BASE, NAME, PHONE, TEXT, counts, hidden, matter, number_and_code

from grid321.core import lookup, settings
from grid321.core.attachments import Attachment
from grid321.core.ledger import LedgerDetail, LedgerEntry
from grid321.core.outbox import OutboxRow


def photo(kind="JPEG", size=(60, 40)):
    """The bytes of a small picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, kind)
    return out.getvalue()


def test_a_text_is_enough_and_number_and_code_open_the_matter(resident, here):
    page = resident.fill(f"{BASE}/raise", {"text": TEXT})

    number, code = number_and_code(page)
    record = matter().model.get()
    assert page.status_code == 200 and record.number == number and record.state == "reported"
    assert (record.text, record.source, record.kind, record.division_id) == (TEXT, "resident", "other", here.village.id)
    assert lookup.find(number, code, "x") == ("suggestion_tracking.matter", record.id)
    assert (record.created_by, record.reporter_id) == (None, None)
    assert record.title and record.occurred_on is not None


def test_all_that_is_asked_is_kept_and_persons_are_sealed(resident):
    resident.fill(f"{BASE}/raise", {"text": TEXT, "place": "村口小卖部旁", "kind": "roads", "contact_phone": PHONE,
                                    "contact_name": NAME, "wants_answer": "1", "publish": "1"})

    record = matter().model.get()
    assert (record.place, record.kind, record.wants_answer, record.publish) == ("村口小卖部旁", "roads", True, True)
    assert PHONE not in str(record.__data__) and NAME not in str(record.__data__)
    told = " ".join(str(row.__data__) for table in (LedgerEntry, LedgerDetail, OutboxRow) for row in table.select())
    assert PHONE not in told and NAME not in told


def test_the_page_says_what_a_resident_must_know_before_typing(resident):
    page = resident.get(f"{BASE}/raise").text

    assert "国家秘密" in page or "state secrets" in page
    assert "/theme/elder" in page, "large print is one tap away"
    assert "/core/feedback" in page, "complaints and suggestions"
    assert 'type="tel"' in page and "autocomplete=\"tel\"" in page
    assert page.index('id="f-text"') < page.index('id="f-contact_phone"'), "the matter comes before the person"
    assert 'required' in page.split('id="f-text"')[1][:200] and "required" not in page.split('id="f-files"')[1][:120]


def test_in_the_county_one_chooses_the_town_first_and_in_the_town_the_village(resident, here):
    county = resident.get("/d/610902/suggestion_tracking/raise").text
    town = resident.get("/d/610902104/suggestion_tracking/raise").text

    assert "五里镇" in county and "/d/610902104/suggestion_tracking/raise" in county and "f-text" not in county
    assert "五里村" in town and "刘营村" in town and "大同村" not in town
    resident.fill("/d/610902104/suggestion_tracking/raise", {"text": TEXT, "division": here.second_village.code})
    assert matter().model.get().division_id == here.second_village.id


def test_who_does_not_know_the_village_leaves_it_to_the_town(resident, here):
    resident.fill("/d/610902104/suggestion_tracking/raise", {"text": TEXT})

    assert matter().model.get().division_id == here.town.id


def test_a_village_of_another_town_is_refused(resident):
    before = counts()
    page = resident.fill("/d/610902104/suggestion_tracking/raise", {"text": TEXT, "division": "610902105200"})

    assert page.status_code == 422 and counts() == before


def test_sent_twice_it_is_one_matter_with_one_code(resident):
    form = {**hidden(resident.get(f"{BASE}/raise")), "text": TEXT, "contact_phone": PHONE}
    first, second = resident.send(f"{BASE}/raise", form), resident.send(f"{BASE}/raise", form)

    assert number_and_code(first) == number_and_code(second)
    assert matter().model.select().count() == 1
    assert lookup.find(*number_and_code(second), "x") is not None


def test_photos_are_drawn_anew_and_belong_to_the_matter(resident):
    page = resident.fill(f"{BASE}/raise", {"text": TEXT},
                         files=[(io.BytesIO(photo()), "灯.jpg"), (io.BytesIO(photo("PNG")), "b.png")])

    assert page.status_code == 200
    assert sorted(row.media_type for row in Attachment.select()) == ["image/jpeg", "image/png"]


@pytest.mark.parametrize(("body", "name"), [
    (b"MZ\x90\x00\x03" + b"\x00" * 200, "合影.jpg"), (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "a.png"),
    (b"#!/bin/sh\nrm -rf /\n", "photo.jpeg"), (b"\xff\xd8\xff\xe0 not a picture", "x.jpg"), (b"", "empty.jpg")])
def test_a_program_that_is_called_a_photo_is_refused_and_the_text_is_kept(resident, body, name):
    before = counts()
    page = resident.fill(f"{BASE}/raise", {"text": TEXT, "place": "村口"}, files=[(io.BytesIO(body), name)])

    assert page.status_code == 422 and counts() == before
    assert name in page.text and TEXT in page.text and "村口" in page.text
    assert 'id="f-files-error"' in page.text


def test_an_attachment_of_30_megabytes_is_refused_with_what_to_do(resident):
    before = counts()
    page = resident.fill(f"{BASE}/raise", {"text": TEXT}, files=[(io.BytesIO(photo() + b"\x00" * 30_000_000), "大.jpg")])

    assert page.status_code == 413 and counts() == before
    assert "10" in page.text and TEXT in page.text


def test_a_body_that_is_larger_still_is_refused_before_it_is_read(resident):
    before = counts()
    page = resident.fill(f"{BASE}/raise", {"text": TEXT}, files=[(io.BytesIO(b"\x00" * 33_000_000), "大.jpg")])

    assert page.status_code == 413 and counts() == before


@pytest.mark.parametrize(("typed", "status"), [
    ("😀" * 10_000, 422), ("👨‍👩‍👧‍👦" * 2_500, 422), ("长" * 4_001, 422), ("灯\x00坏了。", 422), ("灯\u202e坏了，修好。", 422),
    ("", 422), ("   ", 422),
    ("灯", 422), ("😀" * 4_000, 200), ("𠮷䶮㛃村的路不平，请修。", 200)])
def test_what_does_not_fit_is_said_and_what_fits_is_kept(resident, typed, status):
    before = counts()
    page = resident.fill(f"{BASE}/raise", {"text": typed})

    assert page.status_code == status
    if status == 200:
        assert matter().model.get().text == typed
    else:
        assert counts() == before and 'id="f-text-error"' in page.text


def test_html_in_a_text_stays_text_on_every_page(resident):
    typed = "<script>alert(1)</script><img src=x onerror=alert(2)> 路灯坏了 {{ 7*7 }}"
    number, code = number_and_code(resident.fill(f"{BASE}/raise", {"text": typed, "place": "<b>村口</b>", "publish": "1"}))
    own = resident.open(resident.fill(f"{BASE}/lookup", {"number": number, "code": code}).headers["Location"], method="GET")

    assert "<script>alert" not in own.text and "&lt;script&gt;alert(1)" in own.text
    assert "<b>村口" not in own.text and "<img src=x" not in own.text
    assert "script-src 'self'" in own.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("field", "value"), [
    ("contact_phone", "12345"), ("contact_phone", "1389150001七"), ("contact_name", "赵" * 41), ("place", "路" * 121),
    ("kind", "no-such-class"), ("unknown_field", "x"), ("wants_answer", "perhaps"), ("state", "closed"), ("title", "越权")])
def test_a_wrong_field_is_named_and_nothing_is_stored(resident, field, value):
    before = counts()
    page = resident.fill(f"{BASE}/raise", {"text": TEXT, field: value})

    assert page.status_code == 422 and counts() == before and TEXT in page.text


def test_a_form_of_another_site_is_refused(resident):
    before = counts()
    form = {**hidden(resident.get(f"{BASE}/raise")), "text": TEXT}

    assert resident.send(f"{BASE}/raise", {**form, "_csrf": "forged"}).status_code == 403
    assert resident.open(f"{BASE}/raise", method="POST", data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert counts() == before


def test_one_network_sends_as_many_in_an_hour_as_the_county_allows(resident, here):
    settings.put("suggestion_tracking.public_per_hour", here.county, 2, source="test", valid_from=date(2026, 1, 1))
    for n in range(2):
        assert resident.fill(f"{BASE}/raise", {"text": f"{TEXT}{n}"}).status_code == 200
    before = counts()
    page = resident.fill(f"{BASE}/raise", {"text": TEXT})

    assert page.status_code == 429 and counts() == before and TEXT in page.text


def test_where_the_plugin_is_off_nothing_is_there(resident):
    for path in ("public", "raise", "lookup", "published", "published.rss", "open311/v2/services.json"):
        assert resident.get(f"/d/610921/suggestion_tracking/{path}").status_code == 404
