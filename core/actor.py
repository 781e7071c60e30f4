"""Who acts: a person's grants, frozen for one request. Knows the tree, asks no database."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from . import snapshot
from .tree import Node, Tree


@dataclass(frozen=True, slots=True)
class Grant:
    """One role on one division and its subtree. With ``department_id`` it reaches only what that department handles.

    ``seat`` is set where an API token narrowed ``division_id``: the division whose matters the role decides as holder.
    """

    role: str
    division_id: int
    department_id: int | None
    permissions: frozenset[str]
    seat: int | None = None

    @property
    def held_on(self) -> int:
        """The division the role was given on: a token for one town does not make a county officer the town's officer."""
        return self.division_id if self.seat is None else self.seat


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who asks: an account with its grants, nobody (``ANONYMOUS``) or the machine itself (``SYSTEM``).

    ``token_id`` is set when an API token was used, ``reads_only`` for one that only reads. ``must_change_password`` and
    ``must_enrol`` hold the actor at that page until it is done. Two actors with the same grants are equal, so a grant
    costs nothing to compare.
    """

    account_id: int | None
    person_id: int | None
    username: str
    name: str
    grants: tuple[Grant, ...] = ()
    token_id: int | None = None
    must_change_password: bool = False
    must_enrol: bool = False
    system: bool = False
    reads_only: bool = False

    @property
    def known(self) -> bool:
        """True for a logged-in account and for the machine."""
        return self.system or self.account_id is not None

    def may(self, permission: str, node: Node) -> bool:
        """True when a grant with ``permission`` lies on ``node`` or above it."""
        if self.system:
            return True
        path = node.path
        return any(permission in grant.permissions and grant.division_id in path for grant in self.grants)

    def may_within(self, permission: str, node: Node) -> bool:
        """True when ``permission`` is held on ``node``, above it or anywhere below it: there may be records to see."""
        if self.system:
            return True
        tree = snapshot.current().tree
        return any(permission in grant.permissions and meets(tree, grant, node) for grant in self.grants)

    def may_anywhere(self, permission: str) -> bool:
        """True when ``permission`` is held on any division."""
        return self.system or any(permission in grant.permissions for grant in self.grants)

    def may_on(self, permission: str, record: Any) -> bool:
        """True when ``permission`` reaches ``record``: by its division, and its department where the grant has one."""
        if self.system:
            return True
        node = snapshot.current().tree.get(record.division_id)
        if node is None:
            return False
        department = getattr(record, "department_id", None)
        return any(permission in grant.permissions and grant.division_id in node.path
                   and grant.department_id in (None, department) for grant in self.grants)

    def limited(self, tree: Tree, division_id: int | None, permissions: frozenset[str] | None) -> Actor:
        """This actor with what an API token leaves: the subtree of ``division_id``, the listed ``permissions``."""
        kept = []
        for grant in self.grants:
            place = grant.division_id if division_id is None else _narrower(tree, grant.division_id, division_id)
            allowed = grant.permissions if permissions is None else grant.permissions & permissions
            if place is not None and allowed:
                kept.append(replace(grant, division_id=place, permissions=allowed, seat=grant.held_on))
        return replace(self, grants=tuple(kept))


def meets(tree: Tree, grant: Grant, node: Node) -> bool:
    """True when the grant's division and ``node`` lie on one line of the tree."""
    place = tree.get(grant.division_id)
    return place is not None and (grant.division_id in node.path or tree.covers(node, place))


def _narrower(tree: Tree, first: int, second: int) -> int | None:
    """The lower of two divisions on one line of the tree; None when they lie side by side or one is unknown."""
    one, other = tree.get(first), tree.get(second)
    if one is None or other is None:
        return None
    if tree.covers(one, other):
        return other.id
    return one.id if tree.covers(other, one) else None


ANONYMOUS = Actor(None, None, "", "")
"""Nobody: holds no permission at all."""

SYSTEM = Actor(None, None, "system", "system", system=True)
"""The machine itself (commands, jobs, clocks): every permission everywhere."""
