"""The ground of the public pages: it is 5 January 2031, stations have posted receptions, and somebody without account looks."""
from __future__ import annotations

from datetime import date

import pytest

from grid321.core.testing_browser import Browser

TODAY = date(2031, 1, 5)
COUNTY = "/d/610902/liaison_station"


def reception(world, station, day, *, posted=True, who=(), **changes):
    """A reception of a station, posted unless it is only planned, with the deputies ``who`` on its roster."""
    values = {"station": world.stations[station].id, "day": day, "kind": "reception", "mode": "offline", "from_minute": "09:00",
              "to_minute": "11:30", **changes}
    case = world.make("reception", values)
    for one in who:
        world.make("duty", {"reception": case.id, "deputy": world.deputies[one].id})
    return world.step("county", case, "post") if posted else case


class Nobody:
    """A browser in which nobody is logged in."""

    def __init__(self, app):
        self.browser = Browser(app)

    def get(self, path, base=COUNTY):
        """The answer for a page of the plugin."""
        return self.browser.get(f"{base}/{path}")

    def names(self, query=""):
        """The names of the stations that the finder lists, in its order."""
        answer = self.browser.get(f"/api/v1{COUNTY}/find{query}")
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.get_json()["items"]]


@pytest.fixture
def here(world, tick):
    """The world on that day."""
    tick(TODAY, sweep=False)
    return world


@pytest.fixture
def nobody(app, here):
    """Somebody without account."""
    return Nobody(app)
