"""Starting texts of papers on the wall: two duties and six systems in neutral words, which a county reads, changes and adopts.

They come from ``forms/starting_papers.toml`` and claim no source: domain §5 says that six systems and two duties hang on the
wall, and names no titles.
"""
from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "forms" / "starting_papers.toml"


@dataclass(frozen=True)
class Starter:
    """One starting text: the kind of paper (an item of scheme ``liaison_station.paper``), its title and its text."""

    kind: str
    title: str
    text: str


@cache
def starters() -> tuple[Starter, ...]:
    """The starting texts in the order of the file."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Starter(one["kind"], one["title"], one["text"].strip()) for one in content["paper"])
