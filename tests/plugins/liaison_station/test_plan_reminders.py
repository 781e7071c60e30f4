"""Reminders when the worker is killed: each reception is reminded of once, none is left out, and nobody is told twice."""
import os
import signal
from collections import Counter
from datetime import timedelta

import pytest
from support.running_worker import wait, workers

from grid321.core import db
from grid321.core.notify import Notification
from grid321.core.testing_browser import make_account
from grid321.plugins.liaison_station import reminders
from grid321.plugins.liaison_station.reception_models import Duty, Reception

MANY = 60


@pytest.fixture
def start(app):
    """Return ``start()``: a worker process on this test's database; all are ended afterwards."""
    with workers(app, "grid321.plugins.liaison_station") as begin:
        yield begin


@pytest.fixture
def waiting(world):
    """Sixty posted receptions of tomorrow, each with a deputy of its own on duty who has an account."""
    day = db.local_day() + timedelta(days=1)
    for number in range(MANY):
        account = make_account(None, world.tree.county)
        case = world.make("reception", {"station": world.stations["datong"].id, "day": day.isoformat(), "kind": "reception",
                                        "mode": "offline", "from_minute": "09:00", "to_minute": "11:30"})
        world.step("county", case, "post")
        person = type(world.people["zhang"]).create(name=f"代表{number}", **{
            name: getattr(case, name) for name in ("division_id", "province_id", "city_id", "county_id", "town_id")})
        account.person_id = person.id
        account.save()
        Duty.create(reception_id=case.id, station_id=case.station_id, deputy_id=number + 1000, person_id=person.id, day=day, **{
            name: getattr(case, name) for name in ("division_id", "province_id", "city_id", "county_id", "town_id")})
    return world


def told():
    """How often each account was reminded."""
    return Counter(row.account_id for row in Notification.select().where(Notification.text_key == reminders.TEXT))


def marked():
    """Receptions that are marked as reminded."""
    return Reception.select().where(Reception.reminded_on.is_null(False)).count()


def test_a_killed_worker_leaves_no_reception_half_reminded_and_the_next_one_reminds_of_the_rest_once(waiting, start):
    process = start()
    wait(lambda: marked() >= 3)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert sum(told().values()) == marked(), "mark and message are written together"

    start()
    wait(lambda: marked() == MANY)

    assert len(told()) == MANY and set(told().values()) == {1}


def test_a_reminder_that_fails_half_way_is_made_again_as_a_whole(waiting, monkeypatch):
    real, calls = reminders.notify, []

    def fails_once(*args):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("the mail room burns")
        return real(*args)

    monkeypatch.setattr(reminders, "notify", fails_once)
    with pytest.raises(RuntimeError):
        reminders.run()
    assert marked() == sum(told().values()) == 2

    assert reminders.run() == MANY - 2 and set(told().values()) == {1} and reminders.run() == 0
