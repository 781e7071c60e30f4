"""The checks that every plugin passes. Test classes of plugins derive from :class:`PluginConformance`.

Each check is a function that takes a :class:`~grid321.core.conformance.world.World` and returns what is wrong, one sentence
per mistake; so a plugin author reads a list, and each check is itself tested with a plugin that it must catch.
"""
