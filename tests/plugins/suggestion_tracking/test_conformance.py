"""The plugin passes the conformance kit: alone, and together with the grid plugin."""

import pytest
from support import evaluation_examples, public_examples, suggestion_examples, supervision_examples

import grid321.plugins.grid
import grid321.plugins.suggestion_tracking
from grid321.core.testing import PluginConformance

MATTER = {"deputy": None, "origin_ref": None}
MATTERS = [MATTER, {**MATTER, "division": "610902104", "wants_answer": False,
                    "deputy": lambda number: suggestion_examples.second_deputy()}, {**MATTER, "division": "610902"}]
"""Matters begin in a village, a town or a county, and take other ways from there."""

EXAMPLES = {"suggestion_tracking.matter": MATTERS, **suggestion_examples.EXAMPLES, **supervision_examples.EXAMPLES,
            **public_examples.EXAMPLES, **evaluation_examples.EXAMPLES}


class TestAlone(PluginConformance):
    """The whole kit, with the core and nothing else: no plugin needs another."""

    plugin = grid321.plugins.suggestion_tracking
    examples = EXAMPLES

    def prepare(self, world):
        """Deputies and a second unit in each congress."""
        suggestion_examples.prepare(world)
        supervision_examples.prepare(world)


@pytest.mark.once  # alone it is checked on both databases; what grids add is no question of the database
class TestWithGrid(TestAlone):
    """The same beside grids, whose reports may become matters."""

    @pytest.fixture
    def plugin_modules(self):
        """Grids and this plugin."""
        return [grid321.plugins.grid, self.plugin]
