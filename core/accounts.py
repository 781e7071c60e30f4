"""Accounts and the roles they hold on divisions. A person is not an account: a resident has none, an API program may.

An account has a home division: who may manage accounts there may manage it, unless it holds a role elsewhere that this
manager does not cover. Every change raises the account's version, so that no worker keeps an old picture of it.
"""
from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from typing import Any

import peewee

from . import audit, db, limits, passwords, snapshot
from .actor import SYSTEM, Actor
from .db import Scoped, SealedField, now, scope_indexes, transaction
from .errors import Conflict, Forbidden, Invalid, NotFound, Refused
from .i18n import LANGUAGES, format_day
from .i18n import gettext as _
from .tree import Node, ancestor_columns

ADMINISTRATOR = "core.county_admin"
LOGIN_WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT = 5
TRIES_PER_NETWORK = 50
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]")
_ADMINISTRATORS_LOCK = 321_002
KEPT = "accounts-of-persons"
"""Where a transaction remembers who logs in with which account (``recipients``)."""


class Account(Scoped):
    """A login. ``division_id`` is its home; ``locale`` and ``theme`` are its owner's choice, empty for the default."""

    username = peewee.CharField(max_length=64, unique=True)
    person_id = peewee.BigIntegerField(null=True, index=True)
    password_hash = peewee.TextField(null=True)
    password_at = peewee.DateTimeField(null=True)
    must_change_password = peewee.BooleanField(default=False)
    disabled = peewee.BooleanField(default=False)
    totp_secret = SealedField(null=True)
    totp_step = peewee.BigIntegerField(null=True)  # the last time step a code was used for: a code works once
    locale = peewee.CharField(max_length=10, default="")
    theme = peewee.CharField(max_length=40, default="")
    last_login_at = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "core_account"
        indexes = scope_indexes()


class RoleGrant(Scoped):
    """An account holds a role on a division and its subtree, from one day to another (both included)."""

    account_id = peewee.BigIntegerField()
    role = peewee.CharField(max_length=80)
    department_id = peewee.BigIntegerField(null=True)
    from_day = peewee.DateField()
    to_day = peewee.DateField(null=True)

    class Meta:
        table_name = "core_role_grant"
        indexes = scope_indexes((("account_id", "id"), False), (("role", "id"), False))


def normal_username(text: str | None) -> str:
    """The one form of a user name: NFKC, lower case, without outer blanks. It may still be invalid."""
    return unicodedata.normalize("NFKC", text or "").strip().lower()[:200]


def check_username(text: str | None) -> str:
    """The normal form of a new user name. Raises ``Invalid`` (field ``username``) when it does not fit."""
    name = normal_username(text)
    if not _USERNAME.fullmatch(name):
        message = _("Use 3 to 64 small letters, digits, dots, hyphens and underscores, "
                    "with a letter or digit at both ends.")
        raise Invalid(_("This user name does not fit"), message, errors={"username": [message]})
    return name


def get(account_id: int) -> Account:
    """The account of that id. Raises ``NotFound``."""
    account = Account.get_or_none(Account.id == account_id)
    if account is None:
        raise NotFound(_("There is no such account"))
    return account


def by_username(username: str | None) -> Account | None:
    """The account of that user name in any spelling, or None."""
    return Account.get_or_none(Account.username == normal_username(username))


# -- accounts --------------------------------------------------------------------------------------------------------

def create_account(username: str, password: str | None, node: Node, actor: Actor = SYSTEM, *,
                   person_id: int | None = None, must_change_password: bool = True) -> Account:
    """Make an account whose home is ``node``. Without ``password`` nobody can log in to it until one is set.

    Raises ``Forbidden`` when ``actor`` may not create accounts there, or not for this person, ``Invalid`` for a user name
    or password that does not fit, ``Conflict`` when the name is taken.
    """
    _may(actor, "core.account.create", node)
    _require_own_person(actor, person_id)
    name = check_username(username)
    digest = None
    if password is not None:
        digest = passwords.make(passwords.check(password, name))
    with transaction():
        tree = snapshot.hold().tree
        if Account.select(Account.id).where(Account.username == name).exists():
            _refuse_taken(name)
        try:
            with transaction():
                account = Account.create(
                    username=name, person_id=person_id, password_hash=digest, password_at=now() if digest else None,
                    must_change_password=must_change_password and digest is not None, created_by=actor.account_id,
                    **ancestor_columns(tree, tree.get(node.id) or node))
        except peewee.IntegrityError:
            _refuse_taken(name)
        db.changed(KEPT)
        audit.event("account_created", actor, {"account": account.id}, division_id=node.id)
    return account


def _require_own_person(actor: Actor, person_id: int | None) -> None:
    """An account has the rights of its person's posts: who does not manage all their divisions would gain them by it."""
    from .people import Post

    tree = snapshot.current().tree
    open_posts = Post.to_day.is_null() | (Post.to_day >= db.local_day())
    rows = Post.select(Post.division_id).where((Post.person_id == person_id) & open_posts).tuples() if person_id else ()
    for (place,) in rows:
        node = tree.get(place)
        if not actor.system and (node is None or not actor.may("core.account.create", node)):
            raise Forbidden(_("You may not make an account for this person"),
                            _("The person holds a post at a division that is not yours to manage."),
                            _("Ask an administrator of the level above."))


def _refuse_taken(name: str) -> None:
    message = _("The user name %(name)s is taken.", name=name)
    raise Conflict(message, "", _("Choose another name, for example with the name of the place."),
                   errors={"username": [message]})


def set_password(account_id: int, password: str, actor: Actor = SYSTEM, *, must_change: bool = False) -> None:
    """Give an account a new password and end all its sessions. Raises ``Invalid`` for a password that does not fit.

    The owner may set his own; anybody else must be allowed to manage the account (``Forbidden`` otherwise) and normally
    passes ``must_change``.
    """
    account = get(account_id)
    own = actor.account_id == account_id
    if not own:
        require_manager(actor, account)
    digest = passwords.make(passwords.check(password, account.username))
    with transaction():
        _change(account, password_hash=digest, password_at=now(), must_change_password=must_change)
        end_sessions(account_id)
        limits.forget(login_key(account.username))
        audit.event("password_set" if own else "password_reset", actor, {"account": account_id},
                    division_id=account.division_id)


def rehash(account: Account, password: str) -> None:
    """Store the password that was just verified with today's parameters; nothing else changes."""
    with transaction():
        Account.update(password_hash=passwords.make(password)).where(
            (Account.id == account.id) & (Account.password_hash == account.password_hash)).execute()


def end_sessions(account_id: int, keep: int | None = None) -> int:
    """End all sessions of an account except ``keep``; returns how many ended."""
    from .sessions import Session

    with transaction():
        query = Session.delete().where(Session.account_id == account_id)
        return int((query.where(Session.id != keep) if keep is not None else query).execute())


def disable(account_id: int, actor: Actor = SYSTEM) -> None:
    """Nobody can use the account from now on: sessions end, API tokens stop. Its records keep its name.

    Raises ``Forbidden``, and ``Refused`` for the last administrator.
    """
    account = get(account_id)
    require_manager(actor, account)
    with transaction():
        _change(account, disabled=True)
        end_sessions(account_id)
        require_an_administrator()
        audit.event("account_disabled", actor, {"account": account_id}, division_id=account.division_id)


def enable(account_id: int, actor: Actor = SYSTEM) -> None:
    """Let a disabled account be used again. Raises ``Forbidden``."""
    account = get(account_id)
    require_manager(actor, account)
    with transaction():
        _change(account, disabled=False)
        audit.event("account_enabled", actor, {"account": account_id}, division_id=account.division_id)


def unlock(account_id: int, actor: Actor = SYSTEM) -> None:
    """Forget the failed logins of an account. Raises ``Forbidden``."""
    account = get(account_id)
    require_manager(actor, account)
    with transaction():
        limits.forget(login_key(account.username))
        audit.event("account_unlocked", actor, {"account": account_id}, division_id=account.division_id)


def is_locked(account: Account) -> bool:
    """True while too many failed logins keep the account shut."""
    return limits.used(login_key(account.username), LOGIN_WINDOW)[0] >= TRIES_PER_ACCOUNT


def login_key(username: str) -> str:
    """The key under which failed logins of a user name are counted, the same for names that do not exist."""
    return f"login:{normal_username(username)}"


def set_preference(account_id: int, *, locale: str | None = None, theme: str | None = None) -> None:
    """Keep the language or theme its owner chose. Raises ``Invalid`` for an unknown language."""
    values: dict[str, Any] = {}
    if locale is not None:
        if locale and locale not in LANGUAGES:
            raise Invalid(_("This language is not available"))
        values["locale"] = locale
    if theme is not None:
        values["theme"] = theme[:40]
    with transaction():
        _change(get(account_id), **values)


def _change(account: Account, **values: Any) -> None:
    # Version + 1 in the statement itself: two administrators at once both take effect.
    Account.update(version=Account.version + 1, updated_at=now(), **values).where(Account.id == account.id).execute()
    db.changed(KEPT)


def require_manager(actor: Actor, account: Account) -> None:
    """Raise ``Forbidden`` unless ``actor`` may manage ``account``: its home and every division it holds a role on."""
    tree = snapshot.current().tree
    places = {account.division_id, *(division for _role, division in held(account.id))}
    for place in places:
        node = tree.get(place)
        if not actor.system and (node is None or not actor.may("core.account.edit", node)):
            raise Forbidden(_("You may not change this account"),
                            _("It belongs to, or holds a role on, a division that is not yours to manage."),
                            _("Ask an administrator of the level above."))


# -- roles -----------------------------------------------------------------------------------------------------------

def grant(account_id: int, role_key: str, node: Node, actor: Actor = SYSTEM, *, department_id: int | None = None,
          from_day: date | None = None, to_day: date | None = None) -> RoleGrant:
    """Give an account a role on ``node`` and its subtree, from ``from_day`` (today) to ``to_day`` (both included).

    Raises ``Forbidden`` when ``actor`` may not grant this role there (nobody hands on core permissions he lacks),
    ``Invalid`` for a role, place, department or dates that do not fit together, ``Conflict`` for a role held already.
    """
    from .registry import registry

    role = registry().roles.get(role_key)
    if role is None:
        raise Invalid(_("There is no role %(role)s", role=role_key),
                      errors={"role": [_("Choose a role from the list.")]})
    require_may_grant(actor, role_key, node)
    start = from_day or db.local_day()
    _check_place(role, node, department_id, start, to_day)
    with transaction():
        tree = snapshot.hold().tree
        account = get(account_id)
        _lock(account)
        same = RoleGrant.select().where(
            (RoleGrant.account_id == account_id) & (RoleGrant.role == role_key) & (RoleGrant.division_id == node.id)
            & (RoleGrant.to_day.is_null() | (RoleGrant.to_day >= start)))
        if any(other.department_id == department_id and (to_day is None or other.from_day <= to_day)
               for other in list(same)):  # read to the end: an open read would keep this connection at an old state
            raise Conflict(_("This account holds the role there already"), node.name)
        made = RoleGrant.create(account_id=account_id, role=role_key, department_id=department_id, from_day=start,
                                to_day=to_day, created_by=actor.account_id,
                                **ancestor_columns(tree, tree.get(node.id) or node))
        _changed_roles(account)
        audit.event("role_granted", actor, {"account": account_id, "role": role_key, "grant": made.id,
                                            "department": department_id}, division_id=node.id)
    return made


def require_may_grant(actor: Actor, role_key: str, node: Node, permission: str = "core.role_grant.create") -> None:
    """Raise ``Forbidden`` unless ``actor`` may grant ``role_key`` at ``node``."""
    from .registry import registry

    _may(actor, permission, node)
    role = registry().roles.get(role_key)
    wanted = role.permissions if role is not None else ()
    if any(name.startswith("core.") and not actor.may(name, node) for name in wanted):
        raise Forbidden(_("You may not grant this role"),
                        _("It allows more than your own roles on %(place)s.", place=node.name),
                        _("Ask an administrator who holds it."))


def _check_place(role: Any, node: Node, department_id: int | None, start: date, end: date | None) -> None:
    from .people import Department

    errors: dict[str, list[str]] = {}
    if not node.valid:
        errors["division"] = [_("%(place)s does not exist any more.", place=node.name)]
    if role.levels and node.level not in role.levels:
        errors["division"] = [_("This role is not meant for a division of this level.")]
    if end is not None and end < start:
        errors["to_day"] = [_("The last day lies before the first day, %(day)s.", day=format_day(start))]
    if role.department and department_id is None:
        errors["department"] = [_("This role is held within a department: choose one.")]
    if department_id is not None and not Department.select(Department.id).where(
            (Department.id == department_id) & (Department.division_id == node.id)).exists():
        errors["department"] = [_("This department does not belong to %(place)s.", place=node.name)]
    if errors:
        raise Invalid(_("The role was not granted"), " ".join(text for texts in errors.values() for text in texts),
                      errors=errors)


def revoke(grant_id: int, actor: Actor = SYSTEM) -> None:
    """Take a role away at once; the row stays as history, ending yesterday (or is removed when it never began).

    Raises ``NotFound``, ``Forbidden``, and ``Refused`` when no administrator would be left.
    """
    row = RoleGrant.get_or_none(RoleGrant.id == grant_id)
    node = snapshot.current().tree.get(row.division_id) if row else None
    if row is None or node is None:
        raise NotFound(_("There is no such role to take away"))
    require_may_grant(actor, row.role, node, "core.role_grant.delete")
    with transaction():
        yesterday = db.local_day() - timedelta(days=1)
        if row.from_day > yesterday:
            RoleGrant.delete().where(RoleGrant.id == grant_id).execute()
        else:
            RoleGrant.update(to_day=yesterday, updated_at=now(), version=RoleGrant.version + 1).where(
                (RoleGrant.id == grant_id) & (RoleGrant.to_day.is_null() | (RoleGrant.to_day > yesterday))).execute()
        require_an_administrator()
        _changed_roles(get(row.account_id))
        audit.event("role_revoked", actor, {"account": row.account_id, "role": row.role, "grant": grant_id},
                    division_id=row.division_id)


def _changed_roles(account: Account) -> None:
    _change(account)
    snapshot.bump()


def held(account_id: int, day: date | None = None) -> list[tuple[str, int]]:
    """(role, division id) pairs an account holds on ``day`` (today): granted ones and those of its person's posts."""
    day = day or db.local_day()
    rows = RoleGrant.select(RoleGrant.role, RoleGrant.division_id).where(
        (RoleGrant.account_id == account_id) & valid_on(RoleGrant, day)).tuples()
    return [*rows, *_roles_of_posts(account_id, day)]


def _roles_of_posts(account_id: int, day: date) -> list[tuple[str, int]]:
    from .people import Post
    from .registry import registry

    kinds = registry().posts
    rows = (Post.select(Post.kind, Post.division_id).join(Account, on=Account.person_id == Post.person_id)
            .where((Account.id == account_id) & valid_on(Post, day)).tuples())
    return [(kinds[kind].role or "", division) for kind, division in rows if kind in kinds and kinds[kind].role]


def valid_on(model: Any, day: date) -> Any:
    """The condition that a row with ``from_day`` and ``to_day`` counts on ``day``."""
    return (model.from_day <= day) & (model.to_day.is_null() | (model.to_day >= day))


def require_an_administrator() -> None:
    """Raise ``Refused`` when no usable account holds the administrator's role any more.

    Call it after the change, inside its transaction: it queues with others who do the same, so that two administrators
    cannot disable each other.
    """
    if db.is_postgres():
        db.database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_ADMINISTRATORS_LOCK,))
    left = (Account.select(Account.id).join(RoleGrant, on=RoleGrant.account_id == Account.id)
            .where((RoleGrant.role == ADMINISTRATOR) & valid_on(RoleGrant, db.local_day())
                   & (Account.disabled == False)))  # noqa: E712 - peewee builds SQL from ==
    if not left.exists():
        raise Refused(_("The last administrator cannot be removed"),
                      _("Nobody could manage accounts afterwards."), _("Make another administrator first."))


def _lock(account: Account) -> None:
    if db.is_postgres():
        Account.select(Account.id).where(Account.id == account.id).for_update().execute()


def _may(actor: Actor, permission: str, node: Node) -> None:
    if not actor.may(permission, node):
        raise Forbidden(_("You may not do this here"), node.name, _("Ask the administrator of this division."))
