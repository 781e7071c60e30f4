"""Links that stand for one permission: stored hashed, for one purpose, until a day, used once by exactly one."""
import threading
from datetime import timedelta

import pytest

from grid321.core import crypto, db, signed_links
from grid321.core.errors import NotFound, Refused

RATE = "matters.rate"


@pytest.fixture
def link(app):
    """A link to rate record 7."""
    return signed_links.create(RATE, "matters.matter", 7, expires=timedelta(days=30))


def test_a_link_carries_128_bits_and_the_database_only_their_hash(link):
    row = signed_links.SignedLink.get()

    assert len(link) == 22 and row.token_hash == crypto.token_hash(link)
    assert link not in str(row.__data__)
    assert signed_links.create(RATE, "matters.matter", 7, expires=timedelta(days=30)) != link


def test_the_same_sending_gets_the_same_link_and_every_other_another_one(app):
    make = lambda seed, record=7: signed_links.create(RATE, "matters.matter", record, expires=timedelta(days=30), seed=seed)  # noqa: E731
    first = make("answer 1")
    signed_links.revoke(RATE, "matters.matter", 7)

    assert make("answer 1") == first and signed_links.SignedLink.select().count() == 1
    assert len(first) == 22 and signed_links.find(first, RATE).record_id == 7, "withdrawn, and good again"
    assert len({first, make("answer 2"), make("answer 1", 8)}) == 3
    signed_links.use(first, RATE)
    assert make("answer 1") == first
    with pytest.raises(Refused):
        signed_links.use(first, RATE)


def test_who_knows_what_a_link_was_sent_for_cannot_work_it_out_without_the_key_of_the_home(app):
    make = lambda: signed_links.create(RATE, "matters.matter", 7, expires=timedelta(days=30), seed="answer 1")  # noqa: E731
    own, ring = make(), crypto.keyring()
    crypto.use(crypto.Keyring.generate())
    try:
        assert make() != own
    finally:
        crypto.use(ring)


def test_a_link_opens_the_record_it_was_made_for(link):
    found = signed_links.find(link, RATE)

    assert (found.entity, found.record_id, found.used_at) == ("matters.matter", 7, None)


@pytest.mark.parametrize("spoil", [
    lambda link: link[:-1] + ("A" if link[-1] != "A" else "B"), lambda link: link[:-1], lambda link: link + "A", lambda link: "",
    lambda link: link.swapcase(), lambda link: "A" * 22, lambda link: "链接" * 11, lambda link: "\x00" * 22,
    lambda link: "' OR 1=1 --"])
def test_a_forged_link_opens_nothing_and_uses_nothing_up(link, spoil):
    with pytest.raises(NotFound) as refusal:
        signed_links.use(spoil(link), RATE)

    assert refusal.value.code == "link_invalid" and str(refusal.value.remedy)
    assert signed_links.find(link, RATE).used_at is None


def test_a_link_for_another_purpose_is_as_good_as_a_forged_one(link):
    with pytest.raises(NotFound) as other:
        signed_links.use(link, "matters.vote")
    with pytest.raises(NotFound) as forged:
        signed_links.use("A" * 22, "matters.vote")

    assert [str(part) for part in (other.value.title, other.value.detail)] == [
        str(part) for part in (forged.value.title, forged.value.detail)]


def test_a_link_for_one_use_is_used_once(link):
    assert signed_links.use(link, RATE).record_id == 7

    with pytest.raises(Refused) as refusal:
        signed_links.use(link, RATE)
    assert (refusal.value.status, refusal.value.code) == (410, "link_used")


def test_a_link_for_many_uses_stays_open(app):
    link = signed_links.create(RATE, "matters.matter", 7, expires=timedelta(days=1), once=False)

    assert signed_links.use(link, RATE).id == signed_links.use(link, RATE).id


def test_a_step_that_fails_gives_the_link_back(link):
    with pytest.raises(RuntimeError), db.transaction():
        signed_links.use(link, RATE)
        raise RuntimeError

    assert signed_links.use(link, RATE).record_id == 7


def test_of_many_that_use_a_link_at_once_one_passes(app, link):
    outcomes = []
    ready = threading.Barrier(6)

    def use():
        with app.app_context():
            ready.wait()
            try:
                outcomes.append(signed_links.use(link, RATE).record_id)
            except Refused:
                outcomes.append("used")
            finally:
                db.database.close()

    threads = [threading.Thread(target=use) for _place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, outcomes)) == ["7", *["used"] * 5]


def test_a_link_ends_on_its_day_and_says_so_to_who_holds_it(link, tick):
    tick(timedelta(days=30, minutes=1), sweep=False)

    with pytest.raises(Refused) as refusal:
        signed_links.find(link, RATE)
    assert (refusal.value.status, refusal.value.code) == (410, "link_ended")


def test_a_revoked_link_is_as_good_as_a_forged_one_and_others_stay(link):
    other = signed_links.create(RATE, "matters.matter", 8, expires=timedelta(days=1))

    assert signed_links.revoke(RATE, "matters.matter", 7) == 1
    with pytest.raises(NotFound):
        signed_links.find(link, RATE)
    assert signed_links.find(other, RATE).record_id == 8


def test_old_links_are_swept_long_after_they_ended(link, tick):
    tick(timedelta(days=400), sweep=False)
    assert signed_links.sweep() == 0

    tick(timedelta(days=31), sweep=False)
    assert signed_links.sweep() == 1


def test_links_that_only_opened_a_page_are_swept_after_a_week(link, tick):
    signed_links.create("matters.own", "matters.matter", 7, expires=timedelta(minutes=30), once=False)

    tick(timedelta(days=6), sweep=False)
    assert signed_links.sweep() == 0
    tick(timedelta(days=2), sweep=False)
    assert signed_links.sweep() == 1 and signed_links.find(link, RATE).record_id == 7
