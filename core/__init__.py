"""The core of grid321: what every plugin stands on.

Import it as ``grid321.core``; plugins import ``grid321.core.api`` and nothing else.
"""

if __name__ != "grid321.core":
    raise ImportError("import grid321.core, not core: run `pip install -e .` in the project folder first")

__version__ = "1.0.0"
