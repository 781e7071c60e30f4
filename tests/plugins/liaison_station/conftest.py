"""What the tests of the plugin share: an application with it, and the world of ``support.station_world``."""

import pytest
from support import station_world
from support.watched_queries import queries

import grid321.plugins.liaison_station
from grid321.core.i18n import use_language

__all__ = ["queries"]


@pytest.fixture
def plugin_modules():
    """The plugin alone: it needs no other."""
    return [grid321.plugins.liaison_station]


@pytest.fixture
def world(staged, division_tree):
    """Stations, deputies and who works there (``station_world``), each test with a fresh copy."""
    return staged(station_world.build, division_tree)


@pytest.fixture
def english():
    """Messages in their source language, whichever catalogues other tests have loaded."""
    with use_language("en"):
        yield
