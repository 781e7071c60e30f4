"""Many divisions at once, as the import of a county's codes makes them: the replays of whole counties stand on them."""

from __future__ import annotations

from typing import Any


def plant(tree: Any, rows: list[tuple[str, str, str, str]], owner: str = "core") -> list[Any]:
    """Store divisions (code, name, level, code of the one above) below what stands already; returns their nodes in order."""
    from grid321.core import db, snapshot
    from grid321.core.divisions import Division
    from grid321.core.testing_tree import SINCE

    ids = {row.code: row.id for row in Division.select(Division.id, Division.code)}
    with db.transaction():
        for code, name, level, parent in rows:
            ids[code] = Division.create(code=code, name=name, level=level, parent=ids[parent], owner=owner, valid_from=SINCE).id
        snapshot.bump(tree=True)
    return [tree.node(code) for code, *_rest in rows]
