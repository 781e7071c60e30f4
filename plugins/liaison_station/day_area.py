"""The reception day: who came, what was said, opinions of voters from the register to their rating."""
from __future__ import annotations
