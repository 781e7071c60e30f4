"""Each check of the conformance kit passes a good plugin and catches a bad one: a check that cannot fail proves nothing."""

import importlib

import pytest

from grid321.core.conformance.world import World
from grid321.core.testing_tree import DivisionTree

from ..support.bad_plugins import DEFECTS, make

CHECKS = sorted({defect.check for defect in DEFECTS.values()} | {
    "flows.check_refused_without_permission", "flows.check_lost_race", "flows.check_clocks", "faces.check_off"})


def check_of(name: str):
    """Return the check function named ``module.function``."""
    module, _dot, function = name.partition(".")
    return getattr(importlib.import_module(f"grid321.core.conformance.{module}"), function)


@pytest.fixture
def problems(with_plugins, tmp_path):
    """Return ``problems(check, defect)``: what a check says of a plugin with that defect (None: of a good one)."""
    def run(name, defect=None, before=None):
        module = make(tmp_path, defect)
        check = check_of(name)
        if name.startswith(("declarations.", "words.")):
            return check(module)
        app = with_plugins(module)
        app.testing = False  # an error in a page is a page, as in a server
        world = World(app, module, DivisionTree.plant())
        if not name.startswith("storage."):
            world.furnish()
        if before is not None:
            before()
        return check(world)

    return run


@pytest.mark.parametrize("name", CHECKS)
def test_a_good_plugin_passes(name, problems):
    assert problems(name) == []


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_plugin_with_a_defect_is_caught(defect, problems):
    found = DEFECTS[defect]
    said = problems(found.check, found)
    assert any(found.says in problem for problem in said), said


def test_a_record_that_leaks_into_another_county_is_caught(problems, monkeypatch):
    from grid321.core import access

    said = problems("faces.check_faces", before=lambda: monkeypatch.setattr(access, "admits", lambda *rest: True))
    assert any("reaches a record" in problem for problem in said), said


def test_a_plugin_that_stays_after_it_was_switched_off_is_caught(problems, monkeypatch):
    from grid321.core.switches import Switches

    said = problems("faces.check_off", before=lambda: monkeypatch.setattr(Switches, "is_on", lambda *rest: True))
    assert any("off, but GET" in problem for problem in said), said


def test_a_step_that_anybody_may_take_is_caught(problems, monkeypatch):
    from grid321.core import engine

    said = problems("flows.check_refused_without_permission", before=lambda: monkeypatch.setattr(
        engine, "may", lambda *rest: True))
    assert any("was not refused to somebody" in problem for problem in said), said


def test_a_step_that_two_people_win_is_caught(problems, monkeypatch):
    from grid321.core import engine

    def careless(entity, record, values):
        entity.model.update(values).where(entity.model.id == record.id).execute()
        for name, value in values.items():
            setattr(record, name, value)

    def spoil():
        monkeypatch.setattr(engine, "_compare_and_set", careless)
        monkeypatch.setattr(engine, "_check_state", lambda *rest: None)

    said = problems("flows.check_lost_race", before=spoil)
    assert any("a second time" in problem for problem in said), said
    assert any("two clerks at once" in problem for problem in said), said


def test_a_clock_that_does_not_start_is_caught(problems, monkeypatch):
    from grid321.core import clock

    said = problems("flows.check_clocks", before=lambda: monkeypatch.setattr(clock, "start", lambda *rest: None))
    assert any("is running 0 times" in problem for problem in said), said


def test_a_clock_that_fires_again_is_caught(problems, monkeypatch):
    from grid321.core import clock, db

    def again(row):
        clock.Deadline.update(fired_at=db.now()).where(clock.Deadline.id == row.id).execute()
        return True

    def sweep(day=None, limit=500):
        day = day or db.local_day()
        return sum(again(row) for row in clock.Deadline.select().where(clock.Deadline.due < day))

    said = problems("flows.check_clocks", before=lambda: monkeypatch.setattr(clock, "sweep", sweep))
    assert any("fired twice" in problem for problem in said), said


def additions(with_plugins, before=lambda: None):
    """What the kit says of the region's plugin, which adds fields and a form to matters."""
    from grid321.core.conformance.additions import check_additions

    from ..support import matters, region

    app = with_plugins(matters, region)
    app.testing = False
    world = World(app, region, DivisionTree.plant())
    world.furnish()
    before()
    return check_additions(world)


def test_fields_and_forms_that_a_plugin_adds_to_others_pass(with_plugins):
    assert additions(with_plugins) == []


def test_fields_and_forms_that_stay_where_their_plugin_is_off_are_caught(with_plugins, monkeypatch):
    from grid321.core import documents, extensions

    def careless():
        monkeypatch.setattr(extensions, "_on", lambda entity, place: extensions.of(entity))
        monkeypatch.setattr(documents, "offered", lambda entity, *rest: documents.declared(documents.registry(), entity))

    said = additions(with_plugins, careless)
    assert "matters.matter: region__zone is shown where the plugin is off" in said
    assert "off, but region.slip answers 200" in said
