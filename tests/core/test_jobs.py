"""Background jobs: taken once, done in steps, taken up where they were cut off, told when they are over."""
import threading
from datetime import timedelta

import pytest
from support import stock

from grid321.core import db, jobs, notify
from grid321.core.errors import Conflict, NotFound
from grid321.core.jobs import Executor, JobRun, LeaseLost


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
def slow(keeper, division_tree):
    """Return ``slow(steps)``: a waiting job that writes one remark a step."""
    def ask(steps=3):
        with db.transaction():
            return jobs.enqueue("stock.slow", {"steps": steps}, keeper, division_tree.town)
    return ask


def remarks():
    return [row[0] for row in stock.Remark.select(stock.Remark.text).order_by(stock.Remark.id).tuples()]


def test_a_job_runs_once_and_its_asker_is_told(slow, keeper):
    run = slow()
    assert Executor().run_due() == 1
    run = JobRun.get_by_id(run.id)
    assert (run.state, run.done, run.total, run.percent, run.lease) == ("done", 3, 3, 100, None)
    assert remarks() == ["step 0", "step 1", "step 2"]
    assert Executor().run_due() == 0
    [message] = notify.inbox(keeper.account_id)
    assert (message.text_key, message.params) == ("job.done", {"job": "stock.slow"})
    assert "Ten steps" in message.text and message.link.endswith(f"/core/jobs/{run.id}")


def test_a_job_of_a_transaction_that_was_rolled_back_never_existed(keeper, division_tree):
    def fails():
        with db.transaction():
            jobs.enqueue("stock.slow", {"steps": 1}, keeper, division_tree.town)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert JobRun.select().count() == 0


def test_an_unknown_job_cannot_be_asked_for(keeper, division_tree):
    with pytest.raises(NotFound):
        jobs.enqueue("stock.nothing", {}, keeper, division_tree.town)


def test_of_many_workers_one_takes_a_job(slow, app):
    for _number in range(5):
        slow(1)
    taken, gate = [], threading.Barrier(4)

    def work():
        with app.app_context():
            gate.wait()
            while (run := Executor().claim()) is not None:
                taken.append(run.id)
            db.close_thread()

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(row.id for row in JobRun.select())
    assert len(set(taken)) == 5


def test_a_job_of_a_silent_worker_goes_on_where_it_stopped(slow, division_tree, tick):
    run = slow(4)
    first = Executor().claim()
    context = jobs.Context(first, first.lease)
    with context.step(cursor=2, done=2):
        pass  # this worker did two steps and was killed
    assert Executor().claim() is None
    tick(timedelta(minutes=2), sweep=False)
    assert Executor().run_due() == 1
    assert remarks() == ["step 2", "step 3"]
    assert JobRun.get_by_id(run.id).attempts == 1  # it got on, so its interruptions are counted anew


def test_a_worker_that_lost_its_lease_writes_nothing(slow, tick, keeper, division_tree):
    slow(1)
    late = Executor().claim()
    tick(timedelta(minutes=2), sweep=False)
    assert Executor().run_due() == 1
    with pytest.raises(LeaseLost), jobs.Context(late, late.lease).step():
        raise AssertionError("the step must not begin")
    Executor()._finish(late.id, late.lease, state="failed", error="late")
    assert JobRun.get_by_id(late.id).state == "done"


def test_a_failing_job_says_so_without_personal_data_and_goes_on_after_a_retry(slow, keeper):
    stock.failing["job"] = 2
    run = slow(4)
    Executor().run_due()
    run = JobRun.get_by_id(run.id)
    assert run.state == "failed"
    assert "RuntimeError" in run.error and "13800000000" not in run.error
    assert len(remarks()) == 2
    assert notify.inbox(keeper.account_id)[0].text_key == "job.failed"
    stock.failing.clear()
    jobs.retry(run.id)
    Executor().run_due()
    assert remarks() == [f"step {number}" for number in range(4)]
    with pytest.raises(Conflict):
        jobs.retry(run.id)


def test_a_job_that_is_interrupted_again_and_again_is_given_up(slow, tick):
    run = slow(1)
    for _number in range(jobs.ATTEMPTS):
        assert Executor().claim() is not None
        tick(timedelta(minutes=2), sweep=False)
    Executor().run_due()
    run = JobRun.get_by_id(run.id)
    assert run.state == "failed" and "5" in run.error
    assert remarks() == []


def test_a_cancelled_job_stops_after_its_step(slow):
    run = slow(3)
    taken = Executor().claim()
    jobs.cancel(run.id)
    Executor().execute(taken)
    assert remarks() == []
    assert JobRun.get_by_id(run.id).state == "cancelled"


def test_a_stopping_worker_gives_its_job_back_unspoiled(slow):
    run = slow(3)
    executor = Executor()
    taken = executor.claim()
    executor.stop.set()
    executor.execute(taken)
    run = JobRun.get_by_id(run.id)
    assert (run.state, run.attempts) == ("queued", 0)


def test_a_job_of_a_plugin_that_was_switched_off_does_not_run(slow, division_tree):
    from grid321.core import switches

    run = slow(1)
    switches.turn("stock", division_tree.county, False)
    Executor().run_due()
    run = JobRun.get_by_id(run.id)
    assert run.state == "failed" and "stock" in run.error
    assert remarks() == []


def test_who_lost_the_right_since_is_refused_by_the_job(slow, keeper, make_account, division_tree):
    from grid321.core import accounts
    from grid321.core.accounts import RoleGrant

    make_account("core.county_admin", division_tree.county)
    run = slow(1)
    accounts.revoke(RoleGrant.get(RoleGrant.account_id == keeper.account_id).id)
    Executor().run_due()
    assert JobRun.get_by_id(run.id).state == "failed"
    assert remarks() == []


# ---------------------------------------------------------------- pages

def test_one_sees_ones_own_jobs_and_an_administrator_all(slow, client_for, division_tree):
    run = slow(1)
    Executor().run_due()
    admin = client_for("core.county_admin", division_tree.county)
    page = admin.get("/d/610902/core/jobs")
    assert page.status_code == 200 and f"/core/jobs/{run.id}" in page.text
    detail = admin.get(f"/d/610902/core/jobs/{run.id}")
    assert detail.status_code == 200 and "Ten steps" in detail.text
    other = client_for("stock.keeper", division_tree.town)
    assert f"/core/jobs/{run.id}" not in other.get("/d/610902104/core/jobs").text
    assert other.get(f"/d/610902104/core/jobs/{run.id}").status_code == 404


def test_a_failed_job_is_started_again_on_its_page(slow, client_for, division_tree):
    stock.failing["job"] = 0
    run = slow(1)
    Executor().run_due()
    stock.failing.clear()
    admin = client_for("core.county_admin", division_tree.county)
    assert "RuntimeError" in admin.get(f"/d/610902/core/jobs/{run.id}").text
    assert admin.post(f"/d/610902/core/jobs/{run.id}/retry").status_code == 303
    Executor().run_due()
    assert JobRun.get_by_id(run.id).state == "done"
    assert admin.post(f"/d/610902/core/jobs/{run.id}/cancel").status_code == 409


def test_a_running_job_shows_its_progress_as_a_fragment_and_reloads_the_page_when_it_is_over(slow, client_for, division_tree):
    run = slow(1)
    admin = client_for("core.county_admin", division_tree.county)
    asked = {"HX-Request": "true", "HX-Trigger": "progress"}
    fragment = admin.get(f"/d/610902/core/jobs/{run.id}", headers=asked)
    assert "<html" not in fragment.text and 'id="progress"' in fragment.text
    Executor().run_due()
    assert admin.get(f"/d/610902/core/jobs/{run.id}", headers=asked).headers["HX-Refresh"] == "true"
