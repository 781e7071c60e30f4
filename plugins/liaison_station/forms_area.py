"""Forms on paper, public finder, plate page, ICS addresses, menus."""
from __future__ import annotations
