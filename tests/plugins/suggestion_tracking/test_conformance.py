"""The plugin passes the conformance kit: alone, and together with the grid plugin."""

import pytest
from support.plugin_examples import OF

import grid321.plugins.grid
import grid321.plugins.suggestion_tracking
from grid321.core.testing import PluginConformance

NEEDED = OF["suggestion_tracking"]


class TestAlone(PluginConformance):
    """The whole kit, with the core and nothing else: no plugin needs another."""

    plugin = grid321.plugins.suggestion_tracking
    examples = NEEDED.examples

    def prepare(self, world):
        """Deputies and a second unit in each congress."""
        NEEDED.prepare(world)


@pytest.mark.once  # alone it is checked on both databases; what grids add is no question of the database
class TestWithGrid(TestAlone):
    """The same beside grids, whose reports may become matters."""

    @pytest.fixture
    def plugin_modules(self):
        """Grids and this plugin."""
        return [grid321.plugins.grid, self.plugin]
