"""What the tests of the plugin share: an application with it, and the world of ``support.station_world``."""

import pytest

import grid321.plugins.liaison_station


@pytest.fixture
def plugin_modules():
    """The plugin alone: it needs no other."""
    return [grid321.plugins.liaison_station]
