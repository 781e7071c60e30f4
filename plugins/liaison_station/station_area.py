"""Stations: what they are, who works there, rooms, papers on the wall, equipment, money, door plates."""
from __future__ import annotations
