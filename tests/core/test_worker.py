"""The worker as a process: killed in the middle of an import nothing is lost or doubled; one failing task stops no other."""
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from support import stock
from support.running_worker import workers
from support.stock_sheets import row, workbook

from grid321.core import counters, db, jobs, ledger, outbox, transfer, worker_huey
from grid321.core.commands import serve
from grid321.core.jobs import JobRun
from grid321.core.transfer_tables import ImportBatch
from grid321.core.worker import Task, Worker, _isolated, tasks

ROWS = 1500


@pytest.fixture
def plugin_modules():
    """The application carries the core and ``stock``."""
    return [stock]


@pytest.fixture
def keeper(app, division_tree, switch_on, make_account):
    """Return the actor of a keeper of the town, where ``stock`` is on."""
    from grid321.core import access

    switch_on("stock", division_tree.county)
    stock.failing.clear()
    return access.actor_of(make_account("stock.keeper", division_tree.town).id)


@pytest.fixture
def start(app):
    """Return ``start(lease)``: start a worker process on this test's database; all are ended afterwards."""
    with workers(app) as begin:
        yield begin


def confirmed(keeper, node, rows=ROWS):
    """A confirmed import of so many rows; its job waits."""
    content = workbook([row(f"A{number}") for number in range(rows)], kinds={"amount": "int"})
    batch = transfer.start(stock.THING, content, "x.xlsx", keeper, node)
    if batch.state == "uploaded":
        jobs.Executor().run_due()
        batch = ImportBatch.get_by_id(batch.id)
    transfer.confirm(batch, keeper)
    return batch


def wait(condition, seconds=60.0):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def job_of(batch):
    return JobRun.get_by_id(batch.job_id)


def assert_whole(batch, rows=ROWS):
    """Every row was entered exactly once, with one ledger entry, one event and its count."""
    batch = ImportBatch.get_by_id(batch.id)
    assert (batch.state, batch.counts["created"]) == ("done", rows)
    assert stock.Thing.select().count() == rows
    assert ledger.LedgerEntry.select().where(ledger.LedgerEntry.entity == "stock.thing").count() == rows
    assert outbox.OutboxRow.select().where(outbox.OutboxRow.entity == "stock.thing").count() == rows
    while counters.fold():
        pass
    county = stock.Thing.select().first().county_id
    assert list(counters.counts("stock.thing", [county], ["kind"])) == [(county, "kind", "tool", rows)]
    assert ledger.verify() == []


def test_an_import_whose_workers_are_killed_is_done_once(keeper, division_tree, start):
    batch = confirmed(keeper, division_tree.town)
    for part in (0.1, 0.4):
        worker = start()
        wait(lambda part=part: job_of(batch).done > ROWS * part)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        assert job_of(batch).state == "running"
    start()
    wait(lambda: job_of(batch).state == "done")
    assert_whole(batch)


def test_two_workers_share_the_work_and_double_nothing(keeper, division_tree, start):
    batches = [confirmed(keeper, division_tree.town, 100)]
    first, second = start(), start()
    with db.transaction():
        for _number in range(10):
            jobs.enqueue("stock.slow", {"steps": 3}, keeper, division_tree.town)
    wait(lambda: all(run.state == "done" for run in JobRun.select()))
    assert stock.Remark.select().count() == 30
    assert_whole(batches[0], 100)
    assert first.poll() is None and second.poll() is None


def test_a_worker_that_is_asked_to_end_gives_its_job_back_and_ends_cleanly(keeper, division_tree, start):
    batch = confirmed(keeper, division_tree.town)
    worker = start(lease=60)
    wait(lambda: job_of(batch).done > 0)
    worker.terminate()
    assert worker.wait(60) == 0
    run = job_of(batch)
    assert (run.state, run.lease, run.attempts) == ("queued", None, 0)
    start()
    wait(lambda: job_of(batch).state == "done")
    assert_whole(batch)


def test_a_worker_notices_new_work_by_itself(keeper, division_tree, start):
    start()
    with db.transaction():
        run = jobs.enqueue("stock.slow", {"steps": 1}, keeper, division_tree.town)
    wait(lambda: JobRun.get_by_id(run.id).state == "done")
    wait(lambda: not outbox.OutboxRow.select().where(outbox.OutboxRow.state == "pending").exists())


def test_no_pause_of_a_worker_is_longer_than_the_two_seconds_in_which_work_begins():
    quick = {task.name for task in tasks() if task.every < worker_huey.TICK}
    assert {"outbox", "notifications", "jobs"} <= quick  # at every tick
    until_the_house_runs = worker_huey.TICK + worker_huey.HOUSE_POLL
    assert until_the_house_runs + worker_huey.JOB_POLL < 2.0  # a job whose ticket was lost


def test_a_failing_task_waits_longer_and_stops_no_other(app):
    def fails():
        raise RuntimeError

    task = Task("broken", fails, 1.0)
    pauses = []
    for _number in range(8):
        assert _isolated(task) == 0
        pauses.append(round(task.next_at - time.monotonic()))
    assert pauses == sorted(pauses) and pauses[0] == 2 and pauses[-1] == 60
    task.run = lambda: 0
    _isolated(task)
    assert task.failures == 0


def test_once_does_everything_that_is_due(app, keeper, division_tree):
    confirmed(keeper, division_tree.town, 10)
    assert Worker(app).once() > 10
    assert stock.Thing.select().count() == 10
    assert not outbox.OutboxRow.select().where(outbox.OutboxRow.state == "pending").exists()
    assert ledger.LedgerSeal.select().count() == ledger.LedgerEntry.select().count()


# ---------------------------------------------------------------- serve

@pytest.mark.once
def test_gunicorn_gets_no_control_socket_and_threads():
    options = serve.gunicorn_options("127.0.0.1:1", 2, 4)
    assert "--no-control-socket" in options
    assert options[options.index("--worker-class") + 1] == "gthread"


@pytest.mark.once
def test_the_supervisor_restarts_a_worker_and_ends_with_the_web_server(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "PAUSES", (0.1,))
    mark = tmp_path / "starts"
    web = [sys.executable, "-c",
           f"import time\nwhile open({str(mark)!r}, 'a+').tell() < 3: time.sleep(0.05)\nraise SystemExit(3)"]
    helper = [sys.executable, "-c", f"open({str(mark)!r}, 'a').write('x')"]
    assert serve.Supervisor(web, helper, say=lambda _text: None).run() == 3
    assert mark.read_text() >= "xxx"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(tmp_path):
    return {**os.environ, "GRID321_HOME": str(tmp_path), "GRID321_DATABASE": f"sqlite:///{tmp_path}/site.db",
            "GRID321_PLUGINS": ""}


def grid321(*arguments, **options):
    return [sys.executable, "-c", "from grid321.core.cli import main; main()", *arguments]


@pytest.mark.once
def test_serve_refuses_while_migrations_are_pending(tmp_path):
    done = subprocess.run(grid321("serve"), env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "grid321 migrate" in done.stderr


@pytest.mark.once
def test_serve_answers_and_ends_both_processes(tmp_path):
    env, port = environment(tmp_path), free_port()
    subprocess.run(grid321("migrate"), env=env, check=True, capture_output=True, timeout=60)
    server = subprocess.Popen(grid321("serve", "--bind", f"127.0.0.1:{port}", "--workers", "1"), env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        def answers():
            try:
                return urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).status == 200
            except OSError:
                return False
        wait(answers, 30)
        children = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True, check=False).stdout.split()
        assert len(children) == 2
        server.terminate()
        output = server.communicate(timeout=40)[0]
        assert server.returncode == 0, output
        assert f"http://127.0.0.1:{port}" in output
        assert not any(Path(f"/proc/{child}").exists() for child in children)
    finally:
        if server.poll() is None:
            server.kill()


