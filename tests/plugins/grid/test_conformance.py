"""The grid plugin passes the conformance kit: alone, and beside another plugin."""

import pytest

import grid321.plugins.grid
from grid321.core.testing import PluginConformance

from ...support.bad_plugins import make


class TestAlone(PluginConformance):
    """The whole kit, with the core and nothing else."""

    plugin = grid321.plugins.grid


class TestBesideAnother(PluginConformance):
    """The same with a second plugin installed, one that brings an entity and a workflow of its own."""

    plugin = grid321.plugins.grid

    @pytest.fixture
    def plugin_modules(self, tmp_path_factory):
        """The grid and a plugin as ``grid321 new plugin`` writes it."""
        return [make(tmp_path_factory.mktemp("other")), self.plugin]
