"""The small tree that tests stand on: real codes of Ankang, two counties, so that there is something out of scope."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .tree import Node

ROWS = (
    ("6109", "安康市", "city", None),
    ("610902", "汉滨区", "county", "6109"),
    ("610902104", "五里镇", "town", "610902"),
    ("610902104200", "五里村", "village", "610902104"),
    ("610902104201", "刘营村", "village", "610902104"),
    ("610902105", "大同镇", "town", "610902"),
    ("610902105200", "大同村", "village", "610902105"),
    ("610921", "汉阴县", "county", "6109"),
    ("610921100", "城关镇", "town", "610921"),
    ("610921100200", "月河村", "village", "610921100"),
)
SINCE = date(2020, 1, 1)


@dataclass(frozen=True)
class DivisionTree:
    """The divisions of the small tree as nodes, read afresh at each use (a change of the tree makes new nodes).

    ``county`` holds ``town`` (``village``, ``second_village``) and ``other_town`` (``other_village``); ``other_county``
    stands beside it. ``node(code)`` finds any division.
    """

    @classmethod
    def plant(cls) -> DivisionTree:
        """Store the divisions and return the tree."""
        from . import db, snapshot
        from .divisions import Division

        with db.transaction():
            ids: dict[str, int] = {}
            for code, name, level, parent in ROWS:
                ids[code] = Division.create(code=code, name=name, level=level, parent=ids.get(parent or ""),
                                            valid_from=SINCE).id
            snapshot.bump(tree=True)
        return cls()

    def node(self, code: str) -> Node:
        """Return the division of that code. Raises ``KeyError``."""
        from . import snapshot

        found = snapshot.current().tree.by_code(code)
        if found is None:
            raise KeyError(code)
        return found

    def add(self, code: str, name: str, level: str, parent: Node, owner: str = "core") -> Node:
        """Store one more division below ``parent`` and return it; a plugin that contributes nodes is their ``owner``."""
        from . import db, snapshot
        from .divisions import Division

        with db.transaction():
            Division.create(code=code, name=name, level=level, parent=parent.id, owner=owner, valid_from=SINCE)
            snapshot.bump(tree=True)
        return self.node(code)

    @property
    def city(self) -> Node:
        """安康市, the root."""
        return self.node("6109")

    @property
    def county(self) -> Node:
        """汉滨区."""
        return self.node("610902")

    @property
    def town(self) -> Node:
        """五里镇."""
        return self.node("610902104")

    @property
    def village(self) -> Node:
        """五里村."""
        return self.node("610902104200")

    @property
    def second_village(self) -> Node:
        """刘营村, in the same town."""
        return self.node("610902104201")

    @property
    def other_town(self) -> Node:
        """大同镇."""
        return self.node("610902105")

    @property
    def other_village(self) -> Node:
        """大同村, in the other town."""
        return self.node("610902105200")

    @property
    def other_county(self) -> Node:
        """汉阴县."""
        return self.node("610921")
