"""A pytest plugin for plugin authors."""
