"""Whether anybody in a unit can act here with an account of his or her own; where nobody can, others enter its papers."""
from __future__ import annotations

from .accounts import Account, RoleGrant, valid_on
from .db import local_day
from .people import Post
from .registry import registry


def has_account(department_id: int | None, permission: str) -> bool:
    """True when an account that may be used holds ``permission`` within this unit today, by a role or by a post. Two queries.

    A disabled account, a grant that has ended and a post of somebody without account do not count.
    """
    if department_id is None:
        return False
    day = local_day()
    roles = [key for key, role in registry().roles.items() if permission in role.permissions]
    kinds = [key for key, post in registry().posts.items() if post.role in roles]
    usable = Account.select(Account.id).where(~Account.disabled)
    by_role = usable.join(RoleGrant, on=(RoleGrant.account_id == Account.id)).where(
        (RoleGrant.department_id == department_id) & RoleGrant.role.in_(roles or [""]) & valid_on(RoleGrant, day))
    by_post = usable.join(Post, on=(Post.person_id == Account.person_id)).where(
        (Post.department_id == department_id) & Post.kind.in_(kinds or [""]) & valid_on(Post, day))
    return by_role.exists() or by_post.exists()
