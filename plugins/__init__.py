"""The plugins that come with grid321, one folder each; they import ``grid321.core.api``, nothing else of the core."""

if __name__ != "grid321.plugins":
    raise ImportError("import grid321.plugins, not plugins: run `pip install -e .` in the project folder first")
