"""The page of background jobs and ``grid321 jobs``: queue, progress, failures, workers, standing tasks, the warning."""
import subprocess
import sys
from datetime import timedelta

import pytest
from support import stock

from grid321.core import db, jobs, workers
from grid321.core.jobs import Executor, JobRun
from grid321.core.worker import Worker, tasks
from grid321.core.workers import WorkerRow


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
    yield access.actor_of(make_account("stock.keeper", division_tree.town).id)
    stock.failing.clear()


@pytest.fixture
def ask(keeper, division_tree):
    """Return ``ask(steps)``: a waiting job."""
    def enqueue(steps=4):
        with db.transaction():
            return jobs.enqueue("stock.slow", {"steps": steps}, keeper, division_tree.town)
    return enqueue


@pytest.fixture
def admin(client_for, division_tree):
    """Return a browser of the county's administrator."""
    return client_for("core.county_admin", division_tree.county)


@pytest.fixture
def _long_up(app, monkeypatch):
    """The site has been up for an hour."""
    monkeypatch.setattr(workers, "STARTED", db.now() - timedelta(hours=1))


PAGE = "/d/610902/core/jobs"


def test_an_administrator_sees_what_waits_what_failed_and_starts_it_again(ask, admin):
    stock.failing["job"] = 2
    failed = ask()
    Executor().run_due()
    waiting = ask()
    page = admin.get(PAGE).text
    assert "RuntimeError" in page and f"{PAGE}/{failed.id}/retry" in page and f"{PAGE}/{waiting.id}" in page
    stock.failing.clear()
    assert admin.post(f"{PAGE}/{failed.id}/retry").status_code == 303
    Executor().run_due()
    assert {run.state for run in JobRun.select()} == {"done"}
    assert stock.Remark.select().count() == 8


def test_a_running_job_shows_its_progress_and_who_has_it(ask, admin):
    worker = workers.begin(2)
    run = Executor(worker_id=workers.WorkerRow.get_by_id(worker).id)
    ask()
    taken = run.claim()
    jobs.Context(taken, taken.lease).progress(3, 4)
    page = admin.get(PAGE).text
    assert "75 % (3 / 4)" in page and "Ten steps (75 %)" in page
    assert JobRun.get_by_id(taken.id).worker_id == worker


def test_one_without_the_permission_sees_own_jobs_and_no_workers(ask, client_for, division_tree):
    ask()
    workers.begin(2)
    other = client_for("stock.keeper", division_tree.town)
    page = other.get("/d/610902104/core/jobs").text
    assert "Ten steps" not in page and WorkerRow.get().host not in page


@pytest.mark.usefixtures("_long_up")
def test_without_a_worker_for_a_minute_administrators_are_warned_and_nobody_else(admin, client_for, division_tree, tick):
    reader = client_for("core.staff", division_tree.county)

    def warned(browser=admin):
        return "grid321 worker" in browser.get("/d/610902/").text

    assert not warned()  # a new site of which nobody wants anything
    worker = workers.begin(2)
    assert not warned()
    tick(timedelta(seconds=59), sweep=False)
    assert not warned()
    tick(timedelta(seconds=2), sweep=False)
    assert warned() and not warned(reader)
    assert "grid321 worker" in admin.get(PAGE).text
    workers.beat(worker, {})
    assert not warned()
    workers.beat(worker, {}, ended=True)
    tick(timedelta(seconds=61), sweep=False)
    assert warned()


@pytest.mark.usefixtures("_long_up")
def test_where_no_worker_ever_was_the_oldest_waiting_job_counts(ask, admin, tick):
    ask()
    assert workers.nobody_since() is None
    tick(timedelta(seconds=61), sweep=False)
    assert workers.nobody_since() == JobRun.get().due_at


def test_a_site_that_has_just_started_does_not_complain_about_the_night(app, monkeypatch):
    monkeypatch.setattr(workers, "STARTED", db.now())
    worker = workers.begin(2)
    WorkerRow.update(seen_at=db.now() - timedelta(hours=9)).where(WorkerRow.id == worker).execute()
    assert workers.nobody_since() is None


def test_the_page_names_every_standing_task_with_its_last_run_and_failure(app, admin, monkeypatch):
    from grid321.core import limits

    def fails():
        raise RuntimeError("secret 13800000000")

    monkeypatch.setattr(limits, "sweep", fails)
    worker = Worker(app)
    worker._beat()
    worker.once()
    worker._beat()
    known = workers.house()
    assert set(known) == {task.name for task in tasks()}
    assert known["old limits"]["error"] == "RuntimeError" and known["old limits"]["failures"] > 0
    assert known["outbox"]["ran"] and known["outbox"]["failures"] == 0
    page = admin.get(PAGE).text
    assert "RuntimeError" in page and "13800000000" not in page
    assert all(str(task.label) for task in tasks())


def test_of_two_workers_the_latest_run_and_the_latest_failure_count(app):
    first, second = workers.begin(2), workers.begin(2)
    workers.beat(first, {"outbox": {"ran": "2026-01-02T00:00:00", "failed": "2026-01-01T00:00:00", "error": "A", "failures": 0}})
    workers.beat(second, {"outbox": {"ran": "2026-01-01T12:00:00", "failed": "2026-01-01T13:00:00", "error": "B", "failures": 3}})
    assert workers.house()["outbox"] == {"ran": "2026-01-02T00:00:00", "failed": "2026-01-01T13:00:00", "error": "B",
                                         "failures": 0}


def test_rows_of_workers_and_of_old_jobs_are_removed_after_their_time_and_failed_ones_only_on_demand(ask, app, tick):
    workers.begin(2)
    ask(1)
    Executor().run_due()
    stock.failing["job"] = 0
    ask(1)
    Executor().run_due()
    open_job = ask(1)
    tick(timedelta(days=91), sweep=False)
    assert workers.purge() == 1 and WorkerRow.select().count() == 0
    assert jobs.purge() == 1
    assert {run.state for run in JobRun.select()} == {"failed", "queued"}
    assert jobs.purge(failed=True) == 1
    assert [run.id for run in JobRun.select()] == [open_job.id]


# ---------------------------------------------------------------- grid321 jobs

@pytest.fixture
def cli(app):
    """Return ``cli(*words)``: run ``grid321 jobs`` in this process on this test's database; returns (exit code, output)."""
    from click.testing import CliRunner

    from grid321.core.commands.jobs import jobs as group

    def run(*words):
        result = CliRunner().invoke(group, [str(word) for word in words])
        return result.exit_code, result.output

    return run


@pytest.fixture
def _this_application(app, monkeypatch):
    """The commands get the application of the test instead of making one."""
    monkeypatch.setattr("grid321.core.app.create_app", lambda *_arguments: app)


@pytest.mark.usefixtures("_this_application")
def test_the_command_lists_shows_cancels_retries_and_purges(ask, cli):
    run = ask()
    assert f"{run.id}" in cli("list")[1] and "queued" in cli("list", "--state", "queued")[1]
    shown = cli("show", run.id)
    assert shown[0] == 0 and "stock.slow" in shown[1] and "610902104" in shown[1]
    assert cli("cancel", run.id) == (0, f"Job {run.id} is cancelled.\n")
    code, text = cli("cancel", run.id)
    assert code == 1 and text
    assert cli("retry", run.id)[0] == 0
    Executor().run_due()
    assert "done" in cli("show", run.id)[1]
    assert cli("purge")[1] == "0 jobs removed.\n"
    assert cli("purge", "--days", 0)[1] == "1 jobs removed.\n"
    code, text = cli("show", run.id)
    assert code == 1 and "jobs list" in text


@pytest.mark.usefixtures("_this_application")
def test_the_command_shows_the_house_with_and_without_a_worker(ask, cli):
    ask()
    text = cli("house")[1]
    assert "No worker is running" in text and "1 jobs wait" in text and "never ran" in text and "queue sqlite" in text
    worker = workers.begin(2)
    workers.beat(worker, {"outbox": {"ran": "2026-01-02T00:00:00", "failed": None, "error": "", "failures": 0}})
    assert f"process {WorkerRow.get_by_id(worker).pid}" in cli("house")[1]
    assert "ran 2026-01-02T00:00:00" in cli("house")[1]


@pytest.mark.once
def test_the_worker_says_how_many_threads_it_may_have():
    done = subprocess.run([sys.executable, "-c", "from grid321.core.cli import main; main()", "worker", "--threads", "0"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "1<=x<=32" in done.stderr


# ---------------------------------------------------------------- REST

API = "/d/610902/core"


def test_over_rest_jobs_are_listed_followed_started_again_and_cancelled(ask, admin, client_for, division_tree):
    stock.failing["job"] = 1
    run = ask()
    Executor().run_due()
    [item] = admin.api("GET", f"{API}/jobs?state=failed").get_json()["items"]
    assert (item["id"], item["key"], item["percent"], item["division"]) == (run.id, "stock.slow", 25, "610902104")
    assert "args" not in item and "RuntimeError" in item["error"]
    assert admin.api("GET", f"{API}/jobs?state=done").get_json()["items"] == []
    assert admin.api("GET", f"{API}/jobs?state=other").status_code == 400
    assert admin.api("GET", f"{API}/jobs?colour=red").status_code == 400
    stranger = client_for("stock.keeper", division_tree.town)
    assert stranger.api("GET", f"/d/610902104/core/jobs/{run.id}").status_code == 404
    assert stranger.api("GET", "/d/610902104/core/workers").status_code == 403
    assert admin.api("POST", f"{API}/jobs/{run.id}/retry").status_code == 202
    assert admin.api("POST", f"{API}/jobs/{run.id}/retry").status_code == 409
    assert admin.api("POST", f"{API}/jobs/{run.id}/cancel").get_json()["state"] == "cancelled"
    assert admin.api("GET", f"{API}/jobs/{run.id}").get_json()["finished_at"]


def test_over_rest_one_sees_the_workers_and_what_waits(ask, admin):
    ask()
    workers.begin(3)
    found = admin.api("GET", f"{API}/workers").get_json()
    assert [row["threads"] for row in found["workers"]] == [3]
    assert found["waiting"]["jobs"]["count"] == 1 and found["waiting"]["jobs"]["oldest"]
    assert {task["key"] for task in found["tasks"]} == {task.name for task in tasks()}
