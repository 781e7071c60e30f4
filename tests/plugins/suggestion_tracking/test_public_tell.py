"""A resident who left a number and wishes for an answer gets the link to rate it by message: once, sealed, and nobody else."""

import os
import queue
import signal
import subprocess
import sys
from datetime import timedelta

import orjson
import pytest
from support import receivers
from support.killable import address
from support.public_world import NAME, PHONE, TEXT, Resident, answered, matter, raised, step

from grid321.core import channel_setup, db, jobs, outbox, settings, signed_links
from grid321.core.audit import AuditEntry
from grid321.core.channels import channels
from grid321.core.job_runs import JobRun
from grid321.core.ledger import LedgerEntry
from grid321.plugins.suggestion_tracking import public_tell
from grid321.plugins.suggestion_tracking.public_own import RATE

WORKER = """
import sys
from grid321.core.app import create_app
from grid321.core.jobs import Executor
from grid321.plugins import suggestion_tracking
with create_app({"DATABASE": sys.argv[1], "HOME": sys.argv[2], "PLUGINS": [suggestion_tracking], "STRICT": True}).app_context():
    Executor().run_due()
"""
SITE = "https://grid.example.cn"
SATISFIED = {"result": "satisfied", "attitude": "basically", "words": "谢谢"}


@pytest.fixture
def here(app, division_tree, switch_on):
    """The county in which the plugin is on, with its address."""
    switch_on("suggestion_tracking", division_tree.county)
    for key, value in (("core.site_url", SITE), ("core.outgoing_private", "127.0.0.0/8")):
        settings.put(key, division_tree.county, value, source="test", valid_from=db.local_day())
    return division_tree


@pytest.fixture
def gateway(here):
    """The county's gateway for text messages."""
    with receivers.http_server() as server:
        channel_setup.put(channels()["sms"], here.county, {
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


def test_who_left_a_number_gets_the_link_and_rates_by_it_once(app, here, gateway):
    record = answered(here.village)
    work()
    [(phone, text)] = said(gateway)
    path = text.rpartition(SITE)[2]
    resident = Resident(app)

    assert phone == PHONE and record.number in text and "/rate/" in path
    assert TEXT[:6] not in text and NAME not in text and "路灯" not in text
    assert resident.fill(path, SATISFIED).status_code == 200 and matter().model.get_by_id(record.id).rating == "satisfied"
    assert resident.get(path).status_code == 410


def test_neither_number_nor_link_is_kept_anywhere(here, gateway):
    answered(here.village)
    work()
    [(_phone, text)] = said(gateway)
    token = text.rpartition("/")[2]
    kept = " ".join(str(row.__data__) for table in (JobRun, LedgerEntry, AuditEntry, outbox.OutboxRow, signed_links.SignedLink)
                    for row in table.select())

    assert PHONE not in kept and token not in kept
    assert LedgerEntry.select().where(LedgerEntry.step == "link_sent").count() == 1


@pytest.mark.parametrize("values", [{"wants_answer": False}, {"contact_phone": None}])
def test_who_wishes_for_no_answer_or_left_no_number_gets_nothing(here, gateway, values):
    answered(here.village, **values)
    work()

    assert said(gateway) == [] and signed_links.SignedLink.select().count() == 0


def test_each_answer_is_told_once_and_the_second_one_ends_the_first_link(app, here, gateway):
    record = answered(here.village)
    work()
    resident, first = Resident(app), said(gateway)[0][1].rpartition(SITE)[2]
    assert resident.fill(first, {"result": "not", "attitude": "satisfied", "words": "还有一盏不亮。"}).status_code == 200
    step(matter().model.get_by_id(record.id), "answer_again", text="第三盏也修好了。", outcome="A", way="alone")
    work()
    work()

    assert len(said(gateway)) == 2 and said(gateway)[1][1].rpartition(SITE)[2] != first


def killed_between_sending_and_noting(app, gateway):
    """Let a worker of its own send what is due, and SIGKILL it when the gateway has the message, before it can note that."""
    while outbox.drain():
        pass
    home, sending = str(app.extensions["grid321"].config.home), queue.SimpleQueue()

    def kill(heard):
        os.kill(sending.get(), signal.SIGKILL)
        return 200, b""

    gateway.answer = kill
    db.close_thread()
    with subprocess.Popen([sys.executable, "-c", WORKER, address(), home]) as worker:
        sending.put(worker.pid)
    gateway.answer = lambda heard: (200, b"")
    assert worker.returncode == -signal.SIGKILL


def test_a_worker_killed_before_noting_what_it_sent_sends_the_same_link_again_and_it_is_good(app, here, gateway, tick):
    record = answered(here.village)
    killed_between_sending_and_noting(app, gateway)
    assert not LedgerEntry.select().where(LedgerEntry.step == "link_sent").exists()
    tick(jobs.LEASE + timedelta(seconds=1), sweep=False)  # the killed worker loses the job
    work()
    [first, second] = [orjson.loads(heard.body) for heard in gateway.heard]
    path = second["text"].rpartition(SITE)[2]

    assert first == second and LedgerEntry.select().where(LedgerEntry.step == "link_sent").count() == 1
    assert signed_links.SignedLink.select().where(signed_links.SignedLink.purpose == RATE).count() == 1
    resident = Resident(app)
    assert resident.fill(path, SATISFIED).status_code == 200 and matter().model.get_by_id(record.id).rating == "satisfied"
    assert resident.get(path).status_code == 410


def test_what_was_noted_as_sent_is_not_sent_again_when_the_job_is_run_again(here, gateway):
    answered(here.village)
    work()
    [run] = list(JobRun.select())
    for _time in range(2):
        public_tell.run(None, run.args)

    assert len(said(gateway)) == 1 and LedgerEntry.select().where(LedgerEntry.step == "link_sent").count() == 1


def test_who_rated_by_the_first_message_finds_the_second_used(app, here, gateway, tick):
    answered(here.village)
    killed_between_sending_and_noting(app, gateway)
    path = said(gateway)[0][1].rpartition(SITE)[2]
    assert Resident(app).fill(path, SATISFIED).status_code == 200
    tick(jobs.LEASE + timedelta(seconds=1), sweep=False)
    work()

    assert len(said(gateway)) == 1, "rated, there is nothing to ask for any more"


def test_a_county_switches_it_off(here, gateway):
    settings.put(public_tell.SETTING, here.county, False, source="test", valid_from=db.local_day())
    answered(here.village)
    work()

    assert said(gateway) == []


def test_one_number_gets_five_messages_a_day(here, gateway):
    for _matter in range(6):
        answered(here.village)
    work()

    assert len(said(gateway)) == 5


def test_a_gateway_that_is_away_is_tried_again_later_and_then_given_up(here, gateway, tick):
    gateway.answer = lambda heard: (503, b"")
    record = answered(here.village)
    work()
    waits = JobRun.get(JobRun.state == "queued")
    answer = LedgerEntry.get(LedgerEntry.step == "solve_on_spot").id
    assert waits.due_at > db.now() and waits.args == {"matter_id": record.id, "tries": 2, "answer": answer}
    for _try in range(6):
        tick(public_tell.PATIENCE * 40, sweep=False)
        work()

    assert LedgerEntry.select().where(LedgerEntry.step == "link_failed").count() == 1
    assert not signed_links.SignedLink.select().where(
        (signed_links.SignedLink.purpose == RATE) & signed_links.SignedLink.revoked_at.is_null()).count()
    assert [run.state for run in JobRun.select().order_by(JobRun.id)] == ["done"] * 5 + ["failed"]
    assert PHONE not in JobRun.select().order_by(JobRun.id.desc()).first().error


def test_an_answer_that_was_rated_meanwhile_is_not_told(app, here, gateway):
    record = raised(here.village)
    record = step(record, "solve_on_spot", text="三盏路灯都换了。", outcome="A", way="alone")
    step(record, "rate_told", result="satisfied", attitude="satisfied", words="")
    work()

    assert said(gateway) == []
