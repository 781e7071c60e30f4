"""Pages of the tree for the county administrator."""
from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Add the pages of the tree to the application."""
