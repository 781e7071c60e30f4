"""Fixtures of the tests of clocks: a town's office, a unit, a deputy, a county above, and suggestions on their way."""
from datetime import date
from types import SimpleNamespace

import pytest
from support import replies

from grid321.core import access, engine, records
from grid321.core import settings as stored
from grid321.core.actor import SYSTEM
from grid321.core.i18n import use_language
from grid321.core.registry import registry

MONDAY = date(2026, 3, 2)
"""The day of the hand-over: ten working days later is 16 March, three months later 2 June 2026."""


@pytest.fixture
def plugin_modules():
    return [replies]


@pytest.fixture
def english():
    with use_language("en"):
        yield


@pytest.fixture
def here(staged, division_tree, switch_on, make_account, tick):
    tick(date(2024, 1, 1), sweep=False)  # accounts hold their roles from the day on which they are made
    return staged(people_of_replies, division_tree, switch_on, make_account)


def people_of_replies(division_tree, switch_on, make_account):
    switch_on("replies", division_tree.county)
    known = registry()
    unit = records.create(known.entity("core.department"), {"name": "水利局", "kind": "office"}, SYSTEM, division_tree.town)

    def actor(role, division, department=None):
        return access.actor_of(make_account(role, division, department).id)

    return SimpleNamespace(
        entity=known.entity("replies.suggestion"), flow=known.workflow_of("replies.suggestion"), tree=division_tree, unit=unit,
        office=actor("replies.office", division_tree.town), clerk=actor("replies.unit", division_tree.town, unit),
        head=actor("replies.both", division_tree.town, unit), deputy=actor("replies.deputy", division_tree.town),
        county=actor("replies.office", division_tree.county), watch=actor("core.supervisor", division_tree.county), actor=actor)


@pytest.fixture
def raised(here, tick):
    """Return ``raised(day, **values)``: a suggestion that is raised on a day."""
    def make(day=MONDAY, **values):
        tick(day, sweep=False)
        return records.create(here.entity, {"title": "修桥", **values}, here.deputy, here.tree.town)

    return make


@pytest.fixture
def step(here):
    """Return ``step(case, key, actor, **answers)``: take a step and return the case as it is then."""
    def take(case, key, actor, **answers):
        return engine.perform(here.entity, case.id, key, answers, actor, case.version, here.tree.county).record

    return take


@pytest.fixture
def assigned(here, raised, step):
    """Return ``assigned(day, **values)``: a suggestion that was handed to the unit on a day."""
    return lambda day=MONDAY, **values: step(raised(day, **values), "assign", here.office, department_id=here.unit.id)


@pytest.fixture
def rule(here):
    """Return ``rule(key, value, at, since)``: a county's own setting ``core.clock_<key>``."""
    def put(key, value, at=None, since=date(2020, 1, 1)):
        stored.put(f"core.clock_{key}", at or here.tree.county, value, source="县规定", valid_from=since, account_id=None)

    return put


class Person:
    """Somebody who logs in anew for each request: the tests jump over months, and no session lives that long."""

    def __init__(self, app, account):
        self.app, self.account = app, account

    def get(self, path):
        """The page in English."""
        return self._browser().get(path, headers={"Accept-Language": "en"})

    def post(self, path, data):
        """Send a form."""
        return self._browser().post(path, data)

    def api(self, *request, **headers):
        """A request of a program."""
        return self._browser().api(*request, **headers)

    def _browser(self):
        from grid321.core.testing_browser import Browser

        return Browser.of_account(self.app, self.account)


@pytest.fixture
def person(app, here, make_account):
    """Return ``person(role, division, department)``."""
    return lambda role, division, department=None: Person(app, make_account(role, division, department))
