"""The grid plugin passes the conformance kit."""

import grid321.plugins.grid

from grid321.core.testing import PluginConformance


class TestConformance(PluginConformance):
    """The whole kit."""

    plugin = grid321.plugins.grid
