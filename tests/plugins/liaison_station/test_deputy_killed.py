"""Deputies by sheet when the worker is killed: the import goes on where it stopped, and nobody comes in twice."""
import os
import signal

import pytest
from support.running_worker import wait, workers
from support.stock_sheets import workbook

from grid321.core import counters, ledger, snapshot, transfer
from grid321.core.jobs import Executor, JobRun
from grid321.core.people import Person, Post
from grid321.core.registry import registry
from grid321.core.transfer_tables import ImportBatch, all_rows
from grid321.plugins.liaison_station.deputy_models import Deputy

HEAD = ["uid", "division", "name", "phone", "level", "district"]
ROWS = 600


@pytest.fixture
def start(app):
    """Return ``start()``: a worker process on this test's database; all are ended afterwards."""
    with workers(app, "grid321.plugins.liaison_station") as begin:
        yield begin


def job_of(batch):
    return JobRun.get_by_id(ImportBatch.get_by_id(batch.id).job_id)


def kill_when(start, batch, done):
    """Start a worker and kill it once so many rows are through."""
    worker = start()
    wait(lambda: job_of(batch).done >= done)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert job_of(batch).state == "running" and job_of(batch).done < ROWS


def test_an_import_of_deputies_whose_workers_are_killed_brings_each_of_them_once_and_is_undone_so_too(world, start):
    office, county = world.actors["county"], world.tree.county
    counters.recount(registry().entity("liaison_station.deputy"), snapshot.current().tree, repair=True)
    people, posts, deputies = Person.select().count(), Post.select().count(), Deputy.select().count()
    rows = [["", "610902", f"代表{number:04d}", f"138{number:08d}", "县（市、区）人大", "五里选区"] for number in range(ROWS)]
    batch = transfer.start(world.entity("deputy"), workbook(rows, head=HEAD), "代表名册.xlsx", office, county)
    Executor().run_due()
    transfer.confirm(ImportBatch.get_by_id(batch.id), office)
    for done in (50, 200):
        kill_when(start, batch, done)
    worker = start()
    wait(lambda: job_of(batch).state == "done")
    done = ImportBatch.get_by_id(batch.id)
    assert done.counts["created"] == ROWS and {row["o"] for row in all_rows(done)} == {"created"}
    assert (Person.select().count(), Post.select().count(), Deputy.select().count()) == (
        people + ROWS, posts + ROWS, deputies + ROWS)
    made = ledger.LedgerEntry.select().where((ledger.LedgerEntry.entity == "liaison_station.deputy")
                                             & (ledger.LedgerEntry.step == "create"))
    assert len({entry.record_id for entry in made}) == made.count() == ROWS
    assert counters.recount(registry().entity("liaison_station.deputy"), snapshot.current().tree) == []
    worker.kill()
    worker.wait()

    transfer.undo(done, office)
    kill_when(start, batch, 100)
    start()
    wait(lambda: job_of(batch).state == "done")
    assert (Person.select().count(), Post.select().count(), Deputy.select().count()) == (people, posts, deputies)
    assert ledger.verify() == []
