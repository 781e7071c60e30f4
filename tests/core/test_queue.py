"""The queue of tickets: it is a hint, so losing, breaking or flooding it costs nothing but a moment."""
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import stock

from grid321.core import db, jobs, queue, queue_huey
from grid321.core.app import create_app
from grid321.core.jobs import Executor, JobRun
from grid321.core.registry import platform

SCRIPT = Path(__file__).resolve().parents[1] / "support" / "worker_process.py"


@pytest.fixture
def app(with_plugins, tmp_path):
    """The application carries the core and ``stock`` and has a queue of its own: test processes share a home."""
    return with_plugins(stock, QUEUE=f"sqlite:///{tmp_path}/queue.db")


@pytest.fixture(autouse=True)
def _awake(monkeypatch):
    """Every test begins with a queue that nobody has given up for the moment."""
    monkeypatch.setattr(queue, "_silent_until", 0.0)


@pytest.fixture
def ask(app, division_tree, switch_on, make_account):
    """Return ``ask()``: a waiting job of one step."""
    from grid321.core import access

    switch_on("stock", division_tree.county)
    stock.failing.clear()
    keeper = access.actor_of(make_account("stock.keeper", division_tree.town).id)

    def enqueue():
        with db.transaction():
            return jobs.enqueue("stock.slow", {"steps": 1}, keeper, division_tree.town)
    return enqueue


def work_off():
    """Take every ticket as a worker's thread does; return how many jobs were done by it."""
    found = queue.tickets()
    found.perform = Executor().run_ticket
    before = JobRun.select().where(JobRun.state == "done").count()
    while (ticket := found.dequeue()) is not None:
        found.execute(ticket)
    return JobRun.select().where(JobRun.state == "done").count() - before


def queue_file():
    return Path(platform().config.queue.removeprefix("sqlite:///"))


def test_a_ticket_follows_the_commit_and_none_a_rollback(ask):
    with pytest.raises(ZeroDivisionError), db.transaction():
        ask()
        assert queue.size() == 0
        raise ZeroDivisionError
    assert queue.size() == 0
    ask()
    assert queue.size() == 1
    assert work_off() == 1 and queue.size() == 0


def test_tickets_that_come_twice_or_late_do_a_job_once(ask):
    run = ask()
    for _number in range(3):
        queue.push(run.id)
    queue.push(987654321)
    assert queue.size() == 5
    assert work_off() == 1
    assert stock.Remark.select().count() == 1


@pytest.mark.parametrize("harm", ["removed", "emptied", "overwritten", "tables dropped"])
def test_a_lost_or_broken_file_costs_tickets_but_no_job(ask, harm):
    ask()
    ask()
    file = queue_file()
    if harm == "removed":
        file.unlink()
    elif harm == "emptied":
        file.write_bytes(b"")
    elif harm == "overwritten":
        file.write_bytes(os.urandom(40_000))
    else:
        with sqlite3.connect(file) as connection:
            connection.execute("DROP TABLE task")
        connection.close()
    assert work_off() == 0
    assert jobs.give_tickets() == 0
    assert queue.size() == 2
    assert work_off() == 2
    assert stat_mode(queue_file()) == 0o600


def stat_mode(path):
    return path.stat().st_mode & 0o777


def test_a_file_that_goes_while_a_worker_has_it_open_is_noticed(ask):
    found = queue.tickets()
    found.perform = Executor().run_ticket
    assert found.dequeue() is None and found.storage._conn is not None
    queue_file().unlink()
    ask()
    assert work_off() == 1


def test_due_jobs_get_tickets_only_while_the_queue_is_empty(ask):
    for _number in range(3):
        ask()
    queue.flush()
    for _number in range(5):
        jobs.give_tickets()
    assert queue.size() == 3


def test_tickets_nobody_takes_are_thrown_away(ask, monkeypatch):
    monkeypatch.setattr(queue, "MOST", 10)
    for number in range(25):
        queue.push(number + 1)
    assert queue.size() <= 10
    ask()
    jobs.give_tickets()
    while work_off():
        pass
    assert JobRun.select().where(JobRun.state == "queued").count() == 0


def test_what_somebody_writes_into_the_queue_is_never_run(ask, caplog):
    import pickle

    class Harm:
        def __reduce__(self):
            return os.mkdir, (str(queue_file().parent / "harm"),)

    found = queue.tickets()
    found.storage.enqueue(pickle.dumps(Harm()))
    with pytest.raises(UnicodeDecodeError):
        found.deserialize_task(found.storage.dequeue())
    assert not (queue_file().parent / "harm").exists()


def test_a_queue_that_cannot_be_reached_stops_no_request_and_no_job(ask, monkeypatch):
    queue.tickets()
    monkeypatch.setattr(queue_huey, "AWAY", 0.0)
    file = queue_file()
    file.unlink(missing_ok=True)
    shutil.rmtree(file, ignore_errors=True)
    file.mkdir()  # no database can be opened here
    run = ask()
    assert JobRun.get_by_id(run.id).state == "queued" and queue.size() is None
    found = queue.tickets()
    found.perform, found.waiting = Executor().run_ticket, lambda: [run.id for run in jobs.due(1, db.now())]
    found.execute(found.dequeue())
    assert JobRun.get_by_id(run.id).state == "done"


@pytest.mark.once
@pytest.mark.parametrize("address", ["mysql://host/queue", "queue.db", "http://:secret@host/1"])
def test_an_address_that_is_no_queue_is_refused_at_the_start_without_its_password(tmp_path, address):
    with pytest.raises(ValueError, match="redis://host") as refused:
        create_app({"HOME": tmp_path, "DATABASE": f"sqlite:///{tmp_path}/x.db", "QUEUE": address, "PLUGINS": []})
    assert "secret" not in str(refused.value)


# ---------------------------------------------------------------- Redis

@pytest.fixture
def redis(tmp_path):
    """A real Redis server on loopback; ``begin()`` and ``end()`` start and kill it. Its address is ``url``."""
    server = shutil.which("redis-server")
    assert server, "the tests need a Redis server: run tools/setup_test_machine"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    class Server:
        url = f"redis://127.0.0.1:{port}/3"
        process = None

        def begin(self):
            self.process = subprocess.Popen([server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly",
                                             "no", "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
            wait(lambda: _answers(port))

        def end(self):
            self.process.kill()
            self.process.wait()

    found = Server()
    found.begin()
    yield found
    found.end()


def _answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def wait(condition, seconds=60.0):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def on_redis(app, redis):
    """The application's queue is on the Redis server."""
    from dataclasses import replace

    carrier = platform()
    before = carrier.config
    carrier.config = replace(before, queue=redis.url)
    carrier.cache.pop("queue", None)
    yield
    carrier.config = before
    carrier.cache.pop("queue", None)


@pytest.fixture
def redis_worker(on_redis, redis):
    """Return ``start()``, which starts a worker process on this test's database and the Redis server."""
    running = []

    def start():
        name = db.database.obj.database
        url = name if db.is_postgres() else f"sqlite:///{name}"
        process = subprocess.Popen([sys.executable, str(SCRIPT), url, str(platform().config.home), "2"], text=True,
                                   stdout=subprocess.PIPE, env={**os.environ, "GRID321_QUEUE": redis.url})
        assert process.stdout.readline().strip() == "ready"
        running.append(process)

    yield start
    for process in running:
        process.send_signal(signal.SIGKILL)
        process.wait()


def test_with_redis_a_worker_takes_the_tickets_from_there(redis, redis_worker, ask):
    run = ask()
    assert queue.size() == 1
    redis_worker()
    wait(lambda: JobRun.get_by_id(run.id).state == "done")
    assert queue.size() == 0
    runs = [ask() for _number in range(10)]
    wait(lambda: JobRun.select().where((JobRun.state == "done") & JobRun.id.in_([run.id for run in runs])).count() == 10)
    assert stock.Remark.select().count() == 11


def test_without_redis_jobs_are_asked_for_and_done_all_the_same(redis, redis_worker, ask, monkeypatch):
    redis_worker()
    redis.end()
    run = ask()
    wait(lambda: JobRun.get_by_id(run.id).state == "done")
    redis.begin()
    monkeypatch.setattr(queue, "_silent_until", 0.0)
    again = ask()
    wait(lambda: JobRun.get_by_id(again.id).state == "done")
    assert stock.Remark.select().count() == 2
