"""The ground of the public pages: the county uses the plugin, and nobody is logged in."""
import pytest
from support.public_world import Resident


@pytest.fixture
def here(app, division_tree, switch_on):
    """The county in which the plugin is on."""
    switch_on("suggestion_tracking", division_tree.county)
    return division_tree


@pytest.fixture
def resident(app, here):
    """A browser in which nobody is logged in."""
    return Resident(app)
