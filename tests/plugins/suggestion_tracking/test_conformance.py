"""The plugin passes the conformance kit: alone, and together with the grid plugin."""

import pytest

import grid321.plugins.grid
import grid321.plugins.suggestion_tracking
from grid321.core.testing import PluginConformance


class TestAlone(PluginConformance):
    """The whole kit, with the core and nothing else: no plugin needs another."""

    plugin = grid321.plugins.suggestion_tracking


class TestWithGrid(PluginConformance):
    """The same beside grids, whose reports may become matters."""

    plugin = grid321.plugins.suggestion_tracking

    @pytest.fixture
    def plugin_modules(self):
        """Grids and this plugin."""
        return [grid321.plugins.grid, self.plugin]
