"""One deed for one thing, however many workers are told of it at the same moment, and however one of them ends."""
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support import deed_teller
from support.file_world import activity, deeds, opinion, reception, tell
from support.killable import address

from grid321.core import db
from grid321.core.ledger import LedgerEntry
from grid321.plugins.liaison_station import file_deeds
from grid321.plugins.liaison_station.file_models import Deed

DEED = "liaison_station.deed"


@pytest.fixture
def teller(app):
    """Start processes that tell the files of records; each waits until it is told to begin."""
    started = []

    def start(mode, entity, *records):
        home = str(app.extensions["grid321"].config.home)
        process = subprocess.Popen(
            [sys.executable, str(Path(deed_teller.__file__)), address(), home, mode, f"liaison_station.{entity}",
             *(str(record.id) for record in records)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def begin(process):
    """Let a process begin."""
    process.stdin.write("\n")
    process.stdin.flush()


def test_two_workers_that_are_told_the_same_at_once_note_one_deed(app, world, teller):
    made = [opinion(world, title=f"路灯不亮 {number}") for number in range(12)]
    made_at = reception(world, zhang="came", chen="came")
    db.close_thread()
    both = [teller("tell", "opinion", *made) for _worker in range(2)] + [teller("tell", "reception", made_at)]
    both.append(teller("tell", "reception", made_at))

    for process in both:
        begin(process)

    assert [process.stdout.readline() for process in both] == ["told\n"] * 4
    assert len(deeds(world, "zhang")) == 13 and len(deeds(world, "chen")) == 1
    assert Deed.select().count() == 14
    assert LedgerEntry.select().where(LedgerEntry.entity == DEED).count() == 14
    assert list(file_deeds.faults()) == []


def test_threads_that_follow_the_same_record_at_once_note_one_deed(app, world):
    made = activity(world, zhang=True)
    db.close_thread()
    barrier, failed = threading.Barrier(4), []

    def work():
        with app.app_context():
            try:
                barrier.wait(timeout=20)
                tell(made, "activity", "hold", times=2)
            except Exception as error:  # told by the assertion below
                failed.append(error)
            finally:
                db.close_thread()

    threads = [threading.Thread(target=work) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == [] and Deed.select().count() == 1


def test_a_worker_that_is_killed_while_it_writes_leaves_nothing_and_the_next_one_notes_the_deed_once(app, world, teller):
    made = opinion(world)
    db.close_thread()
    first = teller("stop", "opinion", made)
    begin(first)
    assert first.stdout.readline() == "written\n"
    first.send_signal(signal.SIGKILL)
    assert first.wait(30) == -signal.SIGKILL

    again = teller("tell", "opinion", made, made)
    begin(again)
    assert again.stdout.readline() == "told\n"

    assert len(deeds(world, "zhang")) == 1 and Deed.select().count() == 1
    assert LedgerEntry.select().where(LedgerEntry.entity == DEED).count() == 1
    assert list(file_deeds.faults()) == []
