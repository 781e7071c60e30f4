"""What was acknowledged survives: web processes and workers are killed with SIGKILL 50 times under load.

Clients register matters and bring them to their end over HTTP, with idempotency keys; workers run jobs, tell events and
sweep clocks meanwhile. Afterwards nothing acknowledged is lost and nothing, acknowledged or not, was done twice or by half.
"""
import threading
from collections import Counter
from datetime import timedelta

import pytest
from support import matters, stock, witness
from support.killable import WORKERS, Client, Site, generator_of, moment, wait_for
from support.stock_sheets import row, workbook
from support.witness.models import Told

from grid321.core import accounts, clock, counters, db, jobs, ledger, notify, outbox, tokens, transfer, verification
from grid321.core.access import actor_of
from grid321.core.ledger import LedgerEntry
from grid321.core.outbox import OutboxRow
from grid321.core.transfer_tables import ImportBatch

KILLS = 50
SEED = 20261122
CLIENTS = 4
OVERDUE = 60
STEPS = 12
ROWS = 600


@pytest.fixture
def plugin_modules():
    """The application carries matters with clocks, a plugin with jobs, and one that counts what it is told."""
    return [matters, stock, witness]


@pytest.fixture
def late(here, raise_matter):
    """Register matters long ago: their clocks have run out, and no worker has seen it yet."""
    with db.shift_clock(timedelta(days=-40)):
        return [raise_matter(f"路灯不亮 {number}").id for number in range(OVERDUE)]


@pytest.fixture
def keeper(here, switch_on, make_account):
    """Return one who may ask for jobs of the plugin ``stock``; all plugins are on in the county."""
    for key in ("stock", "witness"):
        switch_on(key, here.tree.county)
    return actor_of(make_account("stock.keeper", here.tree.town).id)


@pytest.fixture
def token(here):
    """Return an API token of an officer who registers matters and brings them up to the county."""
    account = accounts.create_account("sender", None, here.tree.county, must_change_password=False)
    for place in (here.tree.village, here.tree.town, here.tree.county):
        accounts.grant(account.id, "matters.officer", place)
    accounts.grant(account.id, "core.api", here.tree.county)
    return tokens.create(actor_of(account.id), "kills", 30)


@pytest.fixture
def site(app, here, late, keeper, token, tmp_path):
    """Serve the test's own database by real processes."""
    found = Site(["matters", "stock", "witness"], str(app.extensions["grid321"].config.home), tmp_path)
    db.close_thread()
    found.start()
    yield found
    found.end()


def ask_for_jobs(keeper, node, count):
    for _number in range(count):
        with db.transaction():
            jobs.enqueue("stock.slow", {"steps": STEPS}, keeper, node)


def import_things(keeper, node):
    """A confirmed import of many rows: the longest job, interrupted again and again."""
    batch = transfer.start(stock.THING, workbook([row(f"A{number}") for number in range(ROWS)], kinds={"amount": "int"}),
                           "x.xlsx", keeper, node)
    wait_for(lambda: ImportBatch.get_by_id(batch.id).state == "ready", "the list is checked")
    transfer.confirm(ImportBatch.get_by_id(batch.id), keeper)
    return batch.id


def acknowledgements(clients):
    """Steps that clients had an answer to; an answer that is none of the expected ends the test at once."""
    assert [client.wrong for client in clients] == [[]] * CLIENTS
    return sum(len(client.steps) for client in clients)


def background():
    """What the workers have done so far: steps of jobs and told events."""
    return stock.Remark.select().count() + stock.Thing.select().count() + Told.select().count()


def test_fifty_kills_under_load_lose_nothing_acknowledged_and_double_nothing(site, here, keeper, token, late):
    generator, stop = generator_of(SEED), threading.Event()
    ask_for_jobs(keeper, here.tree.town, 4)
    batch = import_things(keeper, here.tree.town)
    clients = [Client(site.port, "610902104200", token, stop) for _number in range(CLIENTS)]
    for client in clients:
        client.start()
    killed = Counter()
    try:
        while sum(killed.values()) < KILLS:
            acknowledged, done = acknowledgements(clients), background()
            ask_for_jobs(keeper, here.tree.town, 1)
            wait_for(lambda n=acknowledged: acknowledgements(clients) >= n + 3, "clients get answers")
            wait_for(lambda n=done: background() >= n + 3, "workers get on")
            kinds = [("web", site.kill_web), ("worker", site.kill_worker)]
            generator.shuffle(kinds)
            for kind, kill in kinds:
                moment(generator)
                kill(generator.choice)
                killed[kind] += 1
        wait_for(all_done, "the jobs end")
    finally:
        stop.set()
        for client in clients:
            client.join(60)
    wait_for(lambda: not OutboxRow.select().where(OutboxRow.state == outbox.PENDING).exists(), "the events are told")
    wait_for(lambda: not ledger_is_unsealed(), "the ledger is sealed")
    assert site.stop() == [0] * WORKERS
    assert sum(killed.values()) == KILLS and min(killed.values()) == KILLS // 2, killed
    assert [client.wrong for client in clients] == [[]] * CLIENTS
    assert_requests(clients, here, late)
    assert_jobs(batch, keeper)
    assert_events()
    assert_clocks(late)
    while counters.fold():
        pass
    assert list(verification.check_all()) == []


def all_done():
    """True when every job is over. One that was hit five times before it got on is given up; it is started again by hand."""
    runs = list(jobs.JobRun.select())
    for run in runs:
        if run.state == "failed":
            assert str(jobs.ATTEMPTS) in run.error and "%" not in run.error, run.error
            assert run.attempts > jobs.ATTEMPTS
            jobs.retry(run.id)
    return all(run.state == "done" for run in runs)


def ledger_is_unsealed():
    return ledger.LedgerSeal.select().count() < LedgerEntry.select().count()


def assert_requests(clients, here, late):
    """Acknowledged matters and steps are there, once each; at most the last one of each client went unanswered."""
    model = here.entity.model
    stored = dict(model.select(model.id, model.number).where(model.id.not_in(late)).tuples())
    acknowledged = {key: number for client in clients for key, number in client.created.items()}
    assert len(acknowledged) == sum(len(client.created) for client in clients)
    assert acknowledged.items() <= stored.items()
    assert len(set(stored.values())) == len(stored) <= len(acknowledged) + CLIENTS
    written = Counter(LedgerEntry.select(LedgerEntry.record_id, LedgerEntry.step, LedgerEntry.version).where(
        (LedgerEntry.entity == "matters.matter") & LedgerEntry.record_id.in_(list(stored))).tuples())
    assert set(written.values()) == {1}
    steps = [step for client in clients for step in client.steps]
    assert len(set(steps)) == len(steps) > KILLS
    assert set(steps) <= set(written)
    assert len(written) <= len(steps) + len(stored) + CLIENTS
    assert sum(client.repeated for client in clients) > 0  # kills did hit requests: some had to be asked for again


def assert_jobs(batch, keeper):
    """Every job ended well, each of its steps was done once, and its end was told once."""
    assert {run.state for run in jobs.JobRun.select()} == {"done"}
    slow = jobs.JobRun.select().where(jobs.JobRun.key == "stock.slow").count()
    assert Counter(remark.text for remark in stock.Remark.select()) == {f"step {n}": slow for n in range(STEPS)}
    found = ImportBatch.get_by_id(batch)
    assert (found.state, found.counts["created"]) == ("done", ROWS)
    assert stock.Thing.select().count() == ROWS
    told = notify.Notification.select().where((notify.Notification.account_id == keeper.account_id)
                                              & (notify.Notification.text_key == "job.done")).count()
    assert told == jobs.JobRun.select().count()


def assert_events():
    """Every event was told to the plugin once, with what the plugin wrote about it; none is lost or a dead letter."""
    assert {row.state for row in OutboxRow.select(OutboxRow.state)} == {"done"}
    assert Counter(row[0] for row in Told.select(Told.event_id).tuples()) == Counter(
        row[0] for row in OutboxRow.select(OutboxRow.id).tuples())


def assert_clocks(late):
    """Every clock that had run out was found once."""
    fired = clock.Deadline.select().where(clock.Deadline.record_id.in_(late) & clock.Deadline.fired_at.is_null(False))
    assert fired.count() == OVERDUE
    entries = Counter(LedgerEntry.select(LedgerEntry.record_id).where(
        (LedgerEntry.entity == "matters.matter") & (LedgerEntry.step == "overdue")).tuples())
    assert entries == {(record_id,): 1 for record_id in late}
    events = Counter(OutboxRow.select(OutboxRow.record_id).where(
        (OutboxRow.entity == "matters.matter") & (OutboxRow.action == "overdue")).tuples())
    assert events == entries
