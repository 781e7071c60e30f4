"""After the feedback the voter gets the link to rate by message or letter, once; the deputy who heard it is told what happens."""

from datetime import timedelta
from urllib.parse import urlsplit

import orjson
import pytest
from support import receivers
from support.public_world import Resident

from grid321.core import channel_setup, db, jobs, notify, outbox, settings, signed_links
from grid321.core.audit import AuditEntry
from grid321.core.channels import channels
from grid321.core.job_runs import JobRun
from grid321.core.ledger import LedgerEntry
from grid321.core.testing_browser import Browser

from .opinion_ground import DAY, OBJECTION, REASON, SATISFIED, TOLD, flow, world

__all__ = ["flow", "world"]
SITE, PHONE = "https://grid.example.cn", "13909150001"


@pytest.fixture
def gateway(flow):
    """The county's gateway for text messages."""
    for key, value in (("core.site_url", SITE), ("core.outgoing_private", "127.0.0.0/8")):
        settings.put(key, flow.tree.county, value, source="test", valid_from=db.local_day())
    with receivers.http_server() as server:
        channel_setup.put(channels()["sms"], flow.tree.county, {
            "url": f"http://127.0.0.1:{server.port}/send", "method": "json", "template": "to={phone}\ntext={text}", "user": "",
            "secret": "key of the gateway", "success": "", "ca": ""}, [], active=True, language="zh", account_id=None)
        yield server


def work():
    """What the worker does: events are told, jobs that are due are run."""
    while outbox.drain():
        pass
    return jobs.Executor().run_due()


def said(gateway):
    """(number, text) of each message that the gateway got."""
    return [(one["to"], one["text"]) for one in (orjson.loads(heard.body) for heard in gateway.heard)]


def notices(flow, who="zhao"):
    """What the deputy finds in the inbox, the oldest first."""
    return [one.text for one in reversed(notify.inbox(flow.actors[who].account_id))]


def test_a_voter_who_was_told_gets_the_link_once_and_rates_by_it(app, flow, gateway):
    case = flow.told()
    work()
    work()
    [(phone, text)] = said(gateway)
    path = text.rpartition(SITE)[2]
    voter = Resident(app)

    assert phone == PHONE and case.number in text and "/rate/" in path
    assert "路灯" not in text and "吴秀兰" not in text
    answer = voter.fill(path, {"result": "satisfied", "attitude": "satisfied", "words": ""})
    assert answer.status_code == 200, answer.text[:400]
    assert flow.entity.model.get_by_id(case.id).rating == "satisfied"
    assert voter.get(path).status_code == 410


def test_neither_number_nor_link_is_kept_anywhere(flow, gateway):
    flow.told()
    work()
    token = said(gateway)[0][1].rpartition("/")[2]
    kept = " ".join(str(row.__data__) for table in (JobRun, LedgerEntry, AuditEntry, outbox.OutboxRow, signed_links.SignedLink,
                                                    notify.Notification) for row in table.select())

    assert PHONE not in kept and token not in kept
    assert LedgerEntry.select().where(LedgerEntry.step == "link_sent").count() == 1


def test_who_was_given_a_link_at_the_station_gets_no_second_one_that_would_end_it(flow, gateway):
    case = flow.answered()
    page = flow.browser("village_liaison").post(f"/d/{flow.tree.village.code}/liaison_station/opinion/{case.id}/rate-link", {})
    assert page.status_code == 200
    flow.step("village_liaison", case, "feed_back", TOLD)
    work()

    assert said(gateway) == []
    assert signed_links.SignedLink.select().where(signed_links.SignedLink.revoked_at.is_null()).count() == 1


@pytest.mark.parametrize(("what", "changes"), [("no number", {"phone": ""}), ("no answer wished for", {"wants_answer": False})])
def test_nobody_is_written_to_who_did_not_ask_for_it(flow, gateway, what, changes):
    told = {**TOLD, **({"voter_on": None} if "wants_answer" in changes else {})}
    flow.step("village_liaison", flow.answered(**changes), "feed_back", told)
    work()

    assert said(gateway) == [], what


def test_a_county_may_switch_the_messages_off(flow, gateway):
    settings.put("liaison_station.tell_fed_back", flow.tree.county, False, source="test", valid_from=DAY)
    flow.told()
    work()

    assert said(gateway) == []


def test_a_gateway_that_is_away_is_asked_again_with_the_same_link(flow, gateway, tick):
    gateway.answer = lambda heard: (503, b"")
    flow.told()
    work()
    links = signed_links.SignedLink.select().count()
    gateway.answer = lambda heard: (200, b"")
    tick(timedelta(minutes=30), sweep=False)
    work()

    assert len(said(gateway)) == 2
    assert len({text for _phone, text in said(gateway)}) == 1, "the same link"
    assert (links, signed_links.SignedLink.select().where(signed_links.SignedLink.revoked_at.is_null()).count()) == (1, 1)
    assert LedgerEntry.select().where(LedgerEntry.step == "link_sent").count() == 1


def test_the_letter_carries_the_answer_and_a_code_that_rates(app, flow):
    case = flow.told()
    page = flow.browser("village_liaison").post(
        f"/d/{flow.tree.village.code}/liaison_station/opinion/{case.id}/rate-link", {"paper": "page"})
    start = page.text.index("/rate/")
    address = page.text[page.text.rindex(">", 0, start) + 1:page.text.index("<", start)].strip()

    assert page.status_code == 200
    assert "三盏路灯已全部修好并试亮。" in page.text and "data:image" in page.text
    assert "吴秀兰" not in page.text and PHONE not in page.text
    assert Browser(app).get(urlsplit(address).path).status_code == 200
    word = flow.browser("village_liaison").post(
        f"/d/{flow.tree.village.code}/liaison_station/opinion/{case.id}/rate-link", {"paper": "word"})
    assert word.status_code == 200 and word.data[:2] == b"PK"


def test_the_deputy_is_told_when_it_is_answered_rated_and_settled(flow):
    case = flow.walk(flow.told(), ("village_liaison", "rate_told", SATISFIED),
                     ("village_liaison", "write_off", {"evidence": "三盏灯全部点亮，村监委会查看。"}))
    work()

    assert notices(flow) == [f"您听取的意见 {case.number} 已有答复。", f"选民已对您听取的意见 {case.number} 的答复作出评价。",
                             f"您听取的意见 {case.number} 已办结。"]
    assert flow.browser("zhao").get(f"/d/{flow.tree.village.code}/liaison_station/opinion/{case.id}").status_code == 200


def test_the_deputy_is_told_when_a_unit_gives_it_back_and_when_the_voter_objects(flow):
    case = flow.walk(flow.at_town(), ("town", "hand_over", {"department": flow.office.id, "way": "alone"}),
                     ("office", "give_back", REASON))
    work()
    assert notices(flow) == [f"您听取的意见 {case.number} 被退回，继续办理。"]
    other = flow.step("village_liaison", flow.told(text="二组水管漏水。请修。"), "object", OBJECTION)
    work()
    assert notices(flow)[-1] == f"选民已对您听取的意见 {other.number} 的答复作出评价。"


def test_the_deputy_is_told_when_it_is_overdue(flow, tick):
    case = flow.at_town()
    tick(case.due + timedelta(days=1))
    work()

    assert f"您听取的意见 {case.number} 已超期。" in notices(flow)
