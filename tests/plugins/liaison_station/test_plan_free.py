"""Coming duties of who is suspended, whose mandate ends or who leaves the station: freed at once, and seen as gaps."""
from __future__ import annotations

from datetime import date

import pytest

from grid321.core import records
from grid321.core.errors import Invalid
from grid321.core.ledger import LedgerEntry
from grid321.plugins.liaison_station import placement_write
from grid321.plugins.liaison_station.reception_models import Duty

TODAY = date(2031, 1, 5)


@pytest.fixture
def here(world, tick):
    """张桂兰 is on duty at 五里镇 on four days to come, and was on one that is past."""
    tick(date(2031, 1, 2), sweep=False)
    world.cases = []
    for day in ("2031-01-03", "2031-01-15", "2031-02-15", "2031-03-15", "2031-04-15"):
        case = world.make("reception", {"station": world.stations["wuli"].id, "day": day, "kind": "reception", "mode": "offline",
                                        "from_minute": "09:00", "to_minute": "11:30"})
        world.make("duty", {"reception": case.id, "deputy": world.deputies["zhang"].id})
        world.cases.append(world.step("county", case, "post"))
    tick(TODAY, sweep=False)
    return world


def states():
    """The roster's states in order of day."""
    return [row.state for row in Duty.select().order_by(Duty.day)]


def test_a_suspended_deputys_coming_duties_from_that_day_on_are_free_with_the_reason_in_the_row(here):
    here.change(here.deputies["zhang"], {"status": "suspended", "status_on": "2031-02-01", "status_reason": "detained"})

    assert states() == ["planned", "planned", "excused", "excused", "excused"]
    notes = {row.note for row in Duty.select().where(Duty.state == "excused")}
    assert len(notes) == 1 and notes.pop()
    assert LedgerEntry.select().where((LedgerEntry.entity == "liaison_station.duty") & (LedgerEntry.step == "edit")).count() == 3


def test_an_ended_mandates_duties_after_its_last_day_are_free(here):
    here.change(here.deputies["zhang"], {"status": "ended", "status_on": "2031-03-15", "status_reason": "moved"})

    assert states() == ["planned", "planned", "planned", "planned", "excused"]


def test_a_placement_that_moves_frees_the_duties_of_the_old_station_from_that_day_on(here):
    placement_write.move(here.placements["zhang"], here.stations["datong"].id, here.actors["county"], here.tree.county,
                         date(2031, 2, 15))

    assert states() == ["planned", "planned", "excused", "excused", "excused"]


def test_a_placement_that_is_taken_back_frees_every_coming_duty(here):
    records.delete(here.entity("placement"), here.placements["zhang"].id, here.actors["county"], None, here.tree.county)

    assert states() == ["planned", "excused", "excused", "excused", "excused"]


def test_who_belongs_there_by_another_placement_stays_on_the_roster(here):
    old = here.placements["zhang"]
    here.change(old, {"to_day": "2031-02-01", "ended_why": "更正"})
    assert states() == ["planned", "planned", "excused", "excused", "excused"]

    again = here.make("placement", {"deputy": old.deputy_id, "station": old.station_id, "home": True, "from_day": "2031-02-02"})
    assert here.change(again, {"to_day": "2031-12-31"}).to_day == date(2031, 12, 31)
    assert states() == ["planned", "planned", "excused", "excused", "excused"], "what is freed is filled by a person"


def test_when_the_duties_cannot_be_freed_the_mandate_is_not_suspended_either(here, monkeypatch):
    from grid321.plugins.liaison_station import deputy_life

    def stop(deputy, actor):
        raise RuntimeError("stop")

    monkeypatch.setattr(deputy_life, "ON_STATUS", [*deputy_life.ON_STATUS, stop])
    with pytest.raises(RuntimeError):
        here.change(here.deputies["zhang"], {"status": "suspended", "status_on": "2031-02-01", "status_reason": "detained"})

    assert states() == ["planned"] * 5 and here.fresh(here.deputies["zhang"]).status == "active"


@pytest.mark.parametrize("field", ["closed_on", "suspended_on"])
def test_a_station_does_not_close_or_rest_over_receptions_that_are_still_to_come(world, tick, field):
    tick(date(2031, 1, 5), sweep=False)
    station = world.stations["wuli"]
    made = [world.make("reception", {"station": station.id, "day": day, "kind": "reception", "mode": "offline",
                                     "from_minute": "09:00", "to_minute": "11:30"}) for day in ("2031-02-10", "2031-03-10")]
    world.step("county", made[0], "post")

    with pytest.raises(Invalid) as refusal:
        world.change(station, {field: "2031-02-10"})
    text = " ".join(refusal.value.errors[field])
    assert "2" in text and "2031" in text and getattr(world.fresh(station), field) is None

    assert world.change(station, {field: "2031-03-11"}).version > station.version
    for case in made:
        world.step("county", case, "drop", reason="撤站")
    assert getattr(world.change(station, {field: "2031-02-10"}), field) == date(2031, 2, 10)
