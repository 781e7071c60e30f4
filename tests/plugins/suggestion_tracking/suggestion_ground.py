"""The ground of tests about suggestions: only this plugin, with deputies, units and the office."""

import pytest
from support import suggestion_world


@pytest.fixture
def plugin_modules():
    """Only this plugin: suggestions work alone."""
    from grid321.plugins import suggestion_tracking

    return [suggestion_tracking]


@pytest.fixture
def world(staged, division_tree):
    """Deputies, units, the office."""
    return staged(suggestion_world.build, division_tree)
