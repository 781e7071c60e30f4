"""The administrative tree in memory: immutable, made once for each revision, asked many times a request.

One tree carries everything: scope of access, escalation, statistics, switching of plugins (domain §2). A node that was
merged, split or retired stays in the tree with ``valid`` false, so that old records and links still find a place.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .db import LEVELS, SCOPE_COLUMNS, database

_COLUMN = dict(zip(LEVELS, SCOPE_COLUMNS, strict=True))
_DEPTH = {level: depth for depth, level in enumerate(LEVELS)}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One division: its place in the tree and what a page needs to name it."""

    id: int
    code: str
    name: str
    level: str
    parent_id: int | None
    path: tuple[int, ...]  # ids from the root to this node
    owner: str  # "core", or the key of the plugin that contributes the node
    tier: str | None
    valid: bool

    @property
    def column(self) -> str:
        """The scope column that holds this node's id in scoped records (``town_id`` for a town)."""
        return _COLUMN[self.level]

    @property
    def depth(self) -> int:
        """0 for a province … 5 for a grid."""
        return _DEPTH[self.level]


class Tree:
    """All divisions by id and by code, with the aliases under which old codes still resolve."""

    __slots__ = ("_aliases", "_children", "_codes", "_nodes", "_roots", "_spine", "_successors")

    def __init__(self, nodes: Iterable[Node], aliases: Iterable[tuple[str, int]] = (),
                 successors: Iterable[tuple[int, int]] = ()) -> None:
        """Build from nodes whose parents come before them, (old code, division id) pairs, oldest alias first, and
        (division id, id of the one that took over) pairs."""
        self._nodes = {node.id: node for node in nodes}
        self._codes: dict[str, Node] = {}
        self._children: dict[int, list[Node]] = {}
        self._roots: list[Node] = []
        for node in self._nodes.values():
            if node.valid or node.code not in self._codes:
                self._codes[node.code] = node
            if node.parent_id is None:
                self._roots.append(node)
            else:
                self._children.setdefault(node.parent_id, []).append(node)
        self._aliases = dict(aliases)
        self._successors = dict(successors)
        self._spine = self._find_spine()

    def _find_spine(self) -> frozenset[int]:
        """Ids of the nodes above which everything hangs on one string: each of them covers the whole deployment."""
        spine = []
        level = self._roots
        while len(level) == 1:
            spine.append(level[0].id)
            level = self._children.get(level[0].id, [])
        return frozenset(spine)

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    @property
    def roots(self) -> tuple[Node, ...]:
        """The valid nodes without parent, by code."""
        return tuple(sorted((node for node in self._roots if node.valid), key=lambda node: node.code))

    def get(self, division_id: int | None) -> Node | None:
        """The node of that id, valid or not, or None."""
        return self._nodes.get(division_id) if division_id is not None else None

    def heir(self, division_id: int | None) -> Node | None:
        """The node to which the things of a division belong today: itself, or the last of those that took over."""
        seen: set[int] = set()
        while division_id in self._successors and division_id not in seen:
            seen.add(division_id)
            division_id = self._successors[division_id]
        return self.get(division_id)

    def by_code(self, code: str) -> Node | None:
        """The node of that code or of that old code, or None. A valid division wins over an alias of another."""
        return self.resolve(code)[0]

    def resolve(self, code: str) -> tuple[Node | None, bool]:
        """The node of that code, and whether the code is an old one (then the caller redirects to ``node.code``)."""
        node = self._codes.get(code)
        if node is not None and node.valid:
            return node, False
        target = self._nodes.get(self._aliases.get(code, 0))
        if target is not None:
            return target, True
        return node, False

    def parent(self, node: Node) -> Node | None:
        """The node above, or None at the root."""
        return self.get(node.parent_id)

    def children(self, node: Node, *, all_times: bool = False) -> tuple[Node, ...]:
        """The nodes right below, by code; with ``all_times`` the merged and retired ones too."""
        found = self._children.get(node.id, ())
        return tuple(sorted((child for child in found if all_times or child.valid), key=lambda child: child.code))

    def ancestors(self, node: Node) -> tuple[Node, ...]:
        """The nodes above, from the root down, without the node itself."""
        return tuple(self._nodes[above] for above in node.path[:-1])

    def at_level(self, node: Node, level: str) -> Node | None:
        """The ancestor-or-self of that level, or None when the node lies above it."""
        return next((self._nodes[above] for above in node.path if self._nodes[above].level == level), None)

    def covers(self, ancestor: Node, node: Node) -> bool:
        """True when ``node`` is ``ancestor`` or lies below it."""
        depth = len(ancestor.path)
        return len(node.path) >= depth and node.path[depth - 1] == ancestor.id

    def covers_all(self, node: Node) -> bool:
        """True when the whole deployment lies in ``node``: nothing stands beside it or beside an ancestor of it."""
        return node.id in self._spine

    def subtree(self, node: Node, level: str | None = None, *, all_times: bool = False) -> list[Node]:
        """The node and everything below it in reading order; with ``level`` only the nodes of that level."""
        found: list[Node] = []
        waiting = [node]
        while waiting:
            here = waiting.pop()
            if level is None or here.level == level:
                found.append(here)
            if level is None or here.level != level:
                waiting.extend(reversed(self.children(here, all_times=all_times)))
        return found

    def full_name(self, node: Node) -> str:
        """The names from the root to the node in one word, as Chinese addresses read."""
        return "".join(self._nodes[above].name for above in node.path)

    def local_name(self, node: Node, seen_from: Node | None) -> str:
        """The name as people say it at ``seen_from``: with the names between, because every village has a first grid.

        “五里镇 五里社区居委会 第一网格” seen from the county, “第一网格” from the village; the bare name from beside or below.
        """
        if seen_from is None or node.id == seen_from.id or not self.covers(seen_from, node):
            return node.name
        return " ".join(self._nodes[below].name for below in node.path[len(seen_from.path):])

    def search(self, text: str, within: Node | None = None, limit: int = 20) -> list[Node]:
        """Valid nodes whose code begins with ``text`` or whose name contains it: at most ``limit``, highest first."""
        text = text.strip()
        if not text:
            return []
        found = [node for node in self._nodes.values()
                 if node.valid and (node.code.startswith(text) or text in node.name)
                 and (within is None or self.covers(within, node))]
        return sorted(found, key=lambda node: (len(node.code), node.code))[:limit]


def load_tree() -> Tree:
    """Read the divisions and aliases from the database (two queries)."""
    rows = database.execute_sql(
        "SELECT id, code, name, level, parent_id, owner, tier, valid_to, successor_id FROM core_division").fetchall()
    aliases = database.execute_sql("SELECT code, division_id FROM core_division_alias ORDER BY id").fetchall()
    return Tree(build_nodes(rows), aliases, ((row[0], row[8]) for row in rows if row[8] is not None))


def build_nodes(rows: Iterable[tuple[Any, ...]]) -> list[Node]:
    """Make nodes, parents first, from rows (id, code, name, level, parent id, owner, tier, valid to, …)."""
    by_depth: list[list[tuple[Any, ...]]] = [[] for _ in LEVELS]
    for row in rows:
        by_depth[_DEPTH[row[3]]].append(row)
    paths: dict[int, tuple[int, ...]] = {}
    names = {level: level for level in LEVELS}  # one string object for each level and owner, not one per row
    owners: dict[str, str] = {}
    nodes = []
    for level_rows in by_depth:
        for key, code, name, level, parent_id, owner, tier, valid_to, *_rest in level_rows:
            path = (*paths[parent_id], key) if parent_id is not None else (key,)
            paths[key] = path
            nodes.append(Node(key, code, name, names[level], parent_id, path, owners.setdefault(owner, owner),
                              tier or None, valid_to is None))
    return nodes


def ancestor_columns(tree: Tree, node: Node) -> dict[str, int | None]:
    """The scope columns of a record at ``node``: ``division_id`` and one column per level, None below its level."""
    columns: dict[str, int | None] = dict.fromkeys(SCOPE_COLUMNS)
    for above in node.path:
        columns[_COLUMN[tree._nodes[above].level]] = above
    return {"division_id": node.id, **columns}
