"""The outbox: every plugin sees every event, a failing one makes no other see it twice, what nobody takes is shown."""
from datetime import timedelta

import pytest
from support import stock

from grid321.core import db, outbox, records
from grid321.core.outbox import OutboxRow


@pytest.fixture
def plugin_modules():
    """The application carries the core and ``stock``."""
    return [stock]


@pytest.fixture(autouse=True)
def clean():
    """Forget what the observer of ``stock`` saw."""
    stock.seen.clear()
    stock.failing.clear()
    yield
    stock.seen.clear()
    stock.failing.clear()


@pytest.fixture
def write(app, division_tree, switch_on):
    """Return ``write()``: enter a remark, which makes one event; ``stock`` is on in the county."""
    from grid321.core.actor import SYSTEM

    switch_on("stock", division_tree.county)
    return lambda: records.create(stock.REMARK, {"text": "x"}, SYSTEM, division_tree.village)


def rest_no_plugin():
    """Let the dispatcher forget failures, as after its rest."""
    from grid321.core.registry import platform

    platform().hooks._failures.clear()


def test_an_event_is_told_once(write):
    remark = write()
    assert outbox.drain() == 1
    assert stock.seen == [("stock.remark", remark.id, "create")]
    assert outbox.drain() == 0
    assert OutboxRow.get().state == "done"


def test_what_was_rolled_back_is_never_told(write):
    def fails():
        with db.transaction():
            write()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert outbox.drain() == 0 and stock.seen == []


def test_a_failing_plugin_is_tried_again_and_no_other_sees_the_event_twice(write, tick, monkeypatch):
    from grid321.core import recipients

    told = []
    monkeypatch.setattr(recipients, "tell", lambda event: told.append(event.record_id))
    remark = write()
    stock.failing["changed"] = True
    outbox.drain()
    row = OutboxRow.get()
    assert (row.state, row.marks, row.tries) == ("pending", ["core"], 1)
    assert row.error == "stock: SystemExit"
    assert outbox.drain() == 0  # not before its time
    stock.failing.clear()
    tick(timedelta(minutes=1), sweep=False)
    assert outbox.drain() == 1
    assert told == [remark.id] and len(stock.seen) == 1
    assert OutboxRow.get().state == "done"


def test_after_many_tries_an_event_is_a_dead_letter_that_can_be_sent_again(write, tick, client_for, division_tree):
    write()
    stock.failing["changed"] = True
    for _number in range(outbox.TRIES):
        tick(timedelta(hours=2), sweep=False)
        rest_no_plugin()
        assert outbox.drain() == 1
    [row] = outbox.dead()
    assert row.state == "dead"
    tick(timedelta(days=1), sweep=False)
    assert outbox.drain() == 0
    admin = client_for("core.county_admin", division_tree.county)
    assert "stock: SystemExit" in admin.get("/d/610902/core/jobs").text
    stock.failing.clear()
    rest_no_plugin()
    assert admin.post(f"/d/610902/core/events/{row.id}/again").status_code == 303
    assert outbox.drain() == 1
    assert len(stock.seen) == 1 and outbox.dead() == []
    assert admin.post(f"/d/610902/core/events/{row.id}/again").status_code == 409


def test_a_worker_that_died_while_telling_leaves_the_event_to_another(write, tick):
    write()
    assert len(outbox._claim(10, "a worker that is killed now")) == 1
    assert outbox.drain() == 0
    tick(outbox.LEASE * 2, sweep=False)
    assert outbox.drain() == 1
    assert len(stock.seen) == 1


def test_an_event_that_kills_its_worker_again_and_again_is_given_up(write, tick):
    write()
    for _number in range(outbox.TRIES):
        outbox._claim(10, db.new_uid())
        tick(outbox.LEASE * 2, sweep=False)
    outbox.drain()
    assert OutboxRow.get().state == "dead"
    assert stock.seen == []


def test_a_worker_that_lost_its_claim_tells_nothing(write, tick):
    from grid321.core.registry import platform

    write()
    [late] = outbox._claim(10, "late")
    tick(outbox.LEASE * 2, sweep=False)
    outbox.drain()
    outbox._tell(late, "late", platform().hooks)
    assert len(stock.seen) == 1


def test_a_plugin_that_is_off_there_does_not_see_the_event(write, division_tree):
    from grid321.core import switches

    write()
    switches.turn("stock", division_tree.county, False)
    assert outbox.drain() == 1
    assert stock.seen == [] and OutboxRow.get().state == "done"


def test_what_an_observer_wrote_before_it_failed_is_gone(write, monkeypatch, division_tree):
    def grid321_changed(event):
        OutboxRow.update(error="written by a guest").execute()
        raise RuntimeError

    from grid321.core.registry import platform

    hooks = platform().hooks
    changed = tuple(i if i.plugin != "stock" else type(i)("stock", grid321_changed, ("event",))
                    for i in hooks.implementations["changed"])
    monkeypatch.setitem(hooks.implementations, "changed", changed)
    write()
    outbox.drain()
    assert OutboxRow.get().error == "stock: RuntimeError"


def test_without_observers_events_are_passed_by(with_plugins, monkeypatch):
    from grid321.core.actor import SYSTEM
    from grid321.core.registry import platform
    from grid321.core.testing_tree import DivisionTree

    with_plugins(stock)
    tree = DivisionTree.plant()
    monkeypatch.setitem(platform().hooks.implementations, "changed", ())
    for _number in range(3):
        records.create(stock.REMARK, {"text": "x"}, SYSTEM, tree.village)
    assert outbox.drain(limit=2) == 2 and outbox.drain(limit=2) == 1 and outbox.drain(limit=2) == 0
