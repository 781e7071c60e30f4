"""What residents do with their own matter while it is handled: add to it, withdraw it; and when that is over."""
import io
from datetime import timedelta

import pytest
from support.public_world import BASE, TEXT, answered, counts, hidden, matter, raised, step

from grid321.core import attachments, counters, signed_links, snapshot
from grid321.core.ledger import LedgerEntry
from grid321.core.notify import Notification
from grid321.plugins.suggestion_tracking.public_form import OWN

MORE = "昨晚又有一位老人在那里摔倒了。"


def token_of(record):
    """The end of the address of a resident's own matter."""
    return signed_links.create(OWN, "suggestion_tracking.matter", record.id, expires=timedelta(days=1), once=False)


def own(record):
    """The address of a resident's own matter."""
    return f"{BASE}/own/{token_of(record)}"


def picture():
    """A small photo."""
    from PIL import Image

    body = io.BytesIO()
    Image.new("RGB", (40, 30), "gray").save(body, "JPEG")
    body.seek(0)
    return (body, "路灯.jpg")


def now_of(record):
    """The matter as it is stored."""
    return matter().model.get_by_id(record.id)


def test_a_resident_adds_to_the_own_matter_and_the_desk_is_told(resident, here, make_account):
    desk = make_account("suggestion_tracking.village_officer", here.village)
    record = step(raised(here.village), "accept")
    path = own(record)
    page = resident.fill(f"{path}/supplement", {"text": MORE}, files=picture())
    stored = now_of(record)

    assert page.status_code == 303 and f"{path}/supplement" in resident.get(path).text
    assert stored.text.startswith(TEXT) and stored.text.endswith(MORE) and MORE in resident.get(path).text
    assert (stored.state, stored.due, stored.contact_phone) == (record.state, record.due, record.contact_phone)
    assert len(attachments.of(matter(), record.id)) == 1
    assert LedgerEntry.select().where((LedgerEntry.record_id == record.id) & (LedgerEntry.step == "supplemented")).count() == 1
    assert Notification.select().where((Notification.account_id == desk.id) & (Notification.text_key == "case.commented")).count()
    assert all(MORE not in str(row.__data__) for row in (*LedgerEntry.select(), *Notification.select()))


def test_a_resident_withdraws_the_own_matter_and_it_leaves_the_bank_as_withdrawn(resident, here):
    record = step(raised(here.village), "accept")
    path = own(record)
    page = resident.fill(f"{path}/withdraw", {"reason": "社区已经来修好了。"})

    assert page.status_code == 303 and now_of(record).state == "withdrawn"
    steps = [row.step for row in LedgerEntry.select().where(LedgerEntry.record_id == record.id).order_by(LedgerEntry.id)]
    assert steps[-2:] == ["withdraw", "withdrawn_by_link"]
    assert "/withdraw" not in resident.get(path).text
    counters.fold()
    assert counters.recount(matter(), snapshot.current().tree) == []


@pytest.mark.parametrize(("what", "typed"), [("supplement", {"text": MORE}), ("withdraw", {"reason": "不用办了。"})])
def test_once_it_is_answered_nothing_is_added_and_nothing_withdrawn(resident, here, what, typed):
    record = answered(here.village)
    page = resident.get(own(record))
    before = counts()
    refusal = resident.send(f"{own(record)}/{what}", {**hidden(page), **typed})

    assert f"/{what}" not in page.text and resident.get(f"{own(record)}/{what}").status_code == 422
    assert refusal.status_code == 422 and counts() == before and now_of(record).version == record.version


@pytest.mark.parametrize(("what", "typed", "field"), [
    ("supplement", {"text": ""}, "text"), ("supplement", {"text": "灯" * 2001}, "text"), ("withdraw", {"reason": ""}, "reason"),
    ("supplement", {"text": MORE, "state": "closed"}, ""), ("withdraw", {"reason": "不用办了。", "state": "closed"}, "")])
def test_what_does_not_fit_is_refused_and_the_words_are_kept(resident, here, what, typed, field):
    record = raised(here.village)
    before = counts()
    page = resident.fill(f"{own(record)}/{what}", typed)

    assert page.status_code == 422 and counts() == before and now_of(record).version == record.version
    assert f'id="f-{field}-error"' in page.text if field else "error-summary" in page.text or "state" in page.text


def test_a_program_called_a_photo_is_refused_with_what_may_be_sent(resident, here):
    record = raised(here.village)
    page = resident.fill(f"{own(record)}/supplement", {"text": MORE}, files=(io.BytesIO(b"MZ\x90\x00" * 50), "路灯.jpg"))

    assert page.status_code == 422 and "路灯.jpg" in page.text and "JPEG" in page.text and MORE in page.text
    assert now_of(record).text == TEXT and not attachments.of(matter(), record.id)


def test_what_is_added_has_an_end(resident, here):
    record = raised(here.village, text="灯" * 3990)
    page = resident.fill(f"{own(record)}/supplement", {"text": MORE})

    assert page.status_code == 422 and "0" in page.text and now_of(record).text == "灯" * 3990


def test_after_ten_times_a_day_it_waits(resident, here):
    record = raised(here.village)
    path = f"{own(record)}/supplement"
    answers = [resident.fill(path, {"text": f"补充{n}"}).status_code for n in range(11)]

    assert answers == [303] * 10 + [429] and "补充9" in now_of(record).text and "补充10" not in now_of(record).text


@pytest.mark.parametrize("what", ["supplement", "withdraw"])
def test_without_a_true_address_nobody_changes_a_matter(resident, here, what):
    record = raised(here.village)
    good = own(record)
    typed = {**hidden(resident.get(f"{good}/{what}")), "text": MORE, "reason": "不用办了。"}

    assert resident.send(f"{good[:-3]}AAA/{what}", typed).status_code == 404
    assert resident.send(f"{good}/{what}".replace("610902104200", "610902105200"), typed).status_code == 404
    assert now_of(record).version == record.version


def test_a_program_does_the_same(resident, here):
    record = raised(here.village)
    base = f"{BASE}/own/{token_of(record)}"

    assert resident.api("POST", f"{base}/supplement", {"text": MORE}).json["text"].endswith(MORE)
    assert resident.api("POST", f"{base}/withdraw", {"reason": "不用办了。"}).json["state"] == "withdrawn"
    assert resident.api("POST", f"{base}/supplement", {"text": MORE}).status_code == 422
