"""A region's plugin that adds to wild workflows what the test has made up (``extensions``)."""
from grid321.core.api import Plugin, hookimpl

extensions = []

plugin = Plugin(key="wilder", label="Wilder", version="1.0.0", after=("wild",))


@hookimpl
def grid321_workflows():
    return list(extensions)
