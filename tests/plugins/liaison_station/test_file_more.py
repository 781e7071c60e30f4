"""What comes into deputies' files from further plugins is said as data: here the reports of deputies who are grid workers."""
from datetime import timedelta

import pytest
from support import station_world
from support.file_world import deeds, drained, opinion, tell

import grid321.plugins.grid
import grid321.plugins.liaison_station
from grid321.core import db, records, switches
from grid321.core.actor import SYSTEM
from grid321.core.errors import Invalid
from grid321.core.registry import registry
from grid321.plugins.liaison_station import file_deeds, file_more

LINE = "other grid.report account=reporter_id day=occurred_on title=title unless=withdrawn"


@pytest.fixture
def plugin_modules():
    """Both plugins."""
    return [grid321.plugins.liaison_station, grid321.plugins.grid]


@pytest.fixture
def both(staged, division_tree):
    """The world of stations where the net of grids is on, too."""
    found = staged(station_world.build, division_tree)
    switches.turn("grid", division_tree.county, True)
    return found


def report(both, who="zhang", text="溪河路井盖松动。"):
    """A report that a deputy sent from a grid."""
    entity = registry().entity("grid.report")
    made = records.create(entity, {"kind": "social", "text": text, "title": text[:8], "occurred_on": db.local_day()},
                          SYSTEM, both.tree.village)
    entity.model.update(reporter_id=both.actors[who].account_id).where(entity.model.id == made.id).execute()
    return made


def test_reports_of_the_grid_stand_in_no_file_until_a_county_says_so(both):
    report(both)
    drained()
    assert deeds(both, "zhang") == []

    both.set("deed_causes", LINE)
    assert file_deeds.recount() == 1

    assert [(kind, title) for _day, kind, title in deeds(both, "zhang")] == [("other", "溪河路井盖松动。")]
    assert list(file_deeds.faults()) == [] and file_deeds.recount() == 0


def test_once_it_is_said_events_bring_them_and_undo_them(both):
    both.set("deed_causes", LINE)
    made = report(both)
    drained()
    assert len(deeds(both, "zhang")) == 1

    type(made).update(state="withdrawn").where(type(made).id == made.id).execute()
    tell(made, "grid.report", "withdraw")

    assert deeds(both, "zhang") == [] and len(deeds(both, "zhang", struck=True)) == 1


def test_what_one_county_adds_holds_in_that_county_only(both):
    both.set("deed_causes", LINE, both.tree.other_town)
    made = report(both)
    drained()
    tell(made, "grid.report")

    assert deeds(both, "zhang") == [] and file_deeds.recount() == 0


@pytest.mark.parametrize("text", [
    "training", "training course day=held_on", "training hanbin.course day=held_on", "training hanbin.course person=person_id",
    "training hanbin.course person=person_id deputy=deputy_id day=held_on", "training hanbin.course person=a day=b colour=c",
    "opinion liaison_station.opinion person=person_id day=heard_on", "other grid.report account=reporter_id day=nothing",
    f"{LINE}\n{LINE}"])
def test_a_line_that_says_nothing_is_refused_and_nothing_is_changed(both, text):
    with pytest.raises(Invalid) as refusal:
        both.set("deed_causes", text)

    assert refusal.value.errors["value"] and file_more.at(both.tree.county.id) == ()


def test_a_line_for_a_plugin_that_is_not_installed_waits_for_it(both):
    both.set("deed_causes", "training hanbin.course person=person_id day=held_on title=name state=held")

    tell(opinion(both, heard_on=db.local_day() - timedelta(days=1)), "opinion")

    assert [kind for _day, kind, _title in deeds(both, "zhang")] == ["opinion"] and list(file_deeds.faults()) == []
