"""The deputies' file: what each did, the year, publication, rating by voters."""
from __future__ import annotations
