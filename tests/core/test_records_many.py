"""Many records at once are in every book in which one record is: numbers, ledger, counters, events, search."""
from __future__ import annotations

from datetime import timedelta

import pytest
from support import station_world

import grid321.plugins.liaison_station
from grid321.core import counters, db, ledger, records, search, snapshot
from grid321.core.actor import ANONYMOUS, SYSTEM
from grid321.core.errors import Forbidden, Unauthenticated
from grid321.core.ledger import LedgerEntry
from grid321.core.outbox import OutboxRow
from grid321.core.records_many import create_many
from grid321.core.registry import registry


@pytest.fixture
def plugin_modules():
    """A plugin with cases and with plain records that need nothing else."""
    return [grid321.plugins.liaison_station]


@pytest.fixture
def world(staged, division_tree):
    """Stations and deputies."""
    return staged(station_world.build, division_tree)


def reception(world, station, days):
    """Columns of a reception so many days from today."""
    place, day = world.stations[station], db.local_day() + timedelta(days=days)
    return {"station_id": place.id, "division_id": place.division_id, "day": day, "first_day": day, "from_minute": 540,
            "to_minute": 600}


def test_many_cases_get_what_each_single_one_gets(world):
    entity = world.entity("reception")
    with db.transaction():
        one = records.create(entity, reception(world, "wuli", 1), SYSTEM, world.tree.town, flow=None)
        many = create_many(entity, [reception(world, name, day) for name, day in (("wuli", 2), ("datong", 3), ("wuli", 4))],
                           SYSTEM)

    numbers = [row.number for row in (one, *many)]
    assert [number[-4:] for number in numbers] == ["0001", "0002", "0001", "0003"] and len(set(numbers)) == 4
    assert [row.division_id for row in many] == [world.tree.town.id, world.tree.other_town.id, world.tree.town.id]
    assert [(row.day - db.local_day()).days for row in many] == [2, 3, 4] and {row.state for row in many} == {"planned"}
    entries = {row.record_id: row for row in LedgerEntry.select().where(LedgerEntry.entity == entity.key)}
    same = [(entries[row.id].step, entries[row.id].to_state, entries[row.id].version, entries[row.id].facts["flows"])
            for row in (one, *many)]
    assert len(set(map(str, same))) == 1
    told = {row.record_id: row for row in OutboxRow.select().where(OutboxRow.entity == entity.key)}
    assert all(told[row.id].facts["entry"] == entries[row.id].id and told[row.id].facts["number"] == row.number
               for row in many)
    assert set(told[one.id].facts) == set(told[many[0].id].facts)
    assert not counters.recount(entity, snapshot.current().tree)
    assert not [line for line in search.differences() if entity.key in line]
    ledger.seal_all()
    assert ledger.verify() == []


def test_the_next_single_one_goes_on_where_the_many_ended(world):
    entity = world.entity("reception")
    with db.transaction():
        create_many(entity, [reception(world, "wuli", day) for day in range(1, 6)], SYSTEM)

    assert records.create(entity, reception(world, "wuli", 9), SYSTEM, world.tree.town).number.endswith("0006")


def test_who_may_not_make_one_makes_none_of_many(world):
    entity = world.entity("reception")

    for actor in (ANONYMOUS, world.actors["viewer"]):
        with pytest.raises((Forbidden, Unauthenticated)), db.transaction():
            create_many(entity, [reception(world, "wuli", 2)], actor)

    assert not entity.model.select().exists()


def test_records_that_need_more_than_columns_are_refused(world):
    for name in ("visit", "plan"):
        with pytest.raises(ValueError, match="one by one"), db.transaction():
            create_many(registry().entity(f"liaison_station.{name}"), [], SYSTEM)


def test_outside_of_a_transaction_nothing_is_made(world):
    with pytest.raises(RuntimeError):
        create_many(world.entity("reception"), [reception(world, "wuli", 2)], SYSTEM)
