"""The plugin passes the conformance kit: alone, and beside the plugins it joins."""

import pytest
from support.plugin_examples import OF

import grid321.plugins.grid
import grid321.plugins.liaison_station
import grid321.plugins.suggestion_tracking
from grid321.core.testing import PluginConformance

NEEDED = OF["liaison_station"]
MATTER = "suggestion_tracking.matter"


class TestAlone(PluginConformance):
    """The whole kit, with the core and nothing else: no plugin needs another."""

    plugin = grid321.plugins.liaison_station
    examples = NEEDED.examples

    def prepare(self, world):
        """What the examples refer to."""
        NEEDED.prepare(world)


@pytest.mark.once  # alone it is checked on both databases; what the others add is no question of the database
class TestTogether(TestAlone):
    """The same beside grids and matters, all switched on: what is heard at a station may become a matter."""

    examples = {**NEEDED.examples, MATTER: OF["suggestion_tracking"].examples[MATTER]}
    along = ("grid", "suggestion_tracking")

    @pytest.fixture
    def plugin_modules(self):
        """Grids, matters and this plugin."""
        return [grid321.plugins.grid, grid321.plugins.suggestion_tracking, self.plugin]
