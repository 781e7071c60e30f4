"""``grid321 account``: make accounts, set passwords, give and take roles from the server's command line."""
from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from .context import platform_context

if TYPE_CHECKING:
    from grid321.core.accounts import Account
    from grid321.core.tree import Node

_division = click.option("--division", "code", required=True, metavar="CODE", help="Code of the division, for example 610902.")


@click.group()
def account() -> None:
    """Make accounts, set passwords, give and take roles."""


@account.command()
@click.argument("username")
@_division
@click.option("--role", "roles", multiple=True, metavar="KEY", help="Give it this role there, for example core.county_admin.")
@click.option("--person", type=click.IntRange(min=1), help="Id of the person whose account it is.")
@click.option("--password", help="First password; asked for without echo when left out and the terminal allows, "
                                 "otherwise one is made up and printed.")
def create(username: str, code: str, roles: tuple[str, ...], person: int | None, password: str | None) -> None:
    """Make the account USERNAME. Its password must be changed at the first login."""
    with platform_context():
        from grid321.core import accounts, db, passwords

        node = _node(code)
        first = password or _ask() or passwords.suggest()
        with db.transaction():
            made = accounts.create_account(username, first, node, person_id=person)
            for role in roles:
                accounts.grant(made.id, role, node)
        click.echo(f"Account {made.username} was made for {node.name}.")
        if not password:
            click.echo(f"First password: {first}")


@account.command("list")
@click.option("--division", "code", metavar="CODE", help="Only accounts whose home lies in this division.")
def list_(code: str | None) -> None:
    """Print user name, home, state and roles of every account."""
    with platform_context():
        from grid321.core import snapshot
        from grid321.core.accounts import Account, held, is_locked

        tree, query = snapshot.current().tree, Account.select().order_by(Account.username)
        if code:
            node = _node(code)
            query = query.where(getattr(Account, node.column) == node.id)
        for one in query:
            home = tree.get(one.division_id)
            state = "disabled" if one.disabled else "locked" if is_locked(one) else "in use"
            roles = ", ".join(f"{role}@{place.code if place else division}" for role, division in held(one.id)
                              for place in [tree.get(division)])
            click.echo(f"{one.username}\t{home.code if home else '-'}\t{state}\t{roles or '-'}")


@account.command()
@click.argument("username")
@click.argument("role")
@_division
@click.option("--department", type=click.IntRange(min=1), help="Id of the department within which the role is held.")
def grant(username: str, role: str, code: str, department: int | None) -> None:
    """Give USERNAME the role ROLE on a division and everything below it."""
    with platform_context():
        from grid321.core import accounts

        node = _node(code)
        accounts.grant(_account(username).id, role, node, department_id=department)
        click.echo(f"{username} now holds {role} on {node.name}.")


@account.command()
@click.argument("username")
@click.argument("role")
@_division
def revoke(username: str, role: str, code: str) -> None:
    """Take the role ROLE on a division away from USERNAME."""
    with platform_context():
        from grid321.core import accounts, db
        from grid321.core.accounts import RoleGrant, valid_on
        from grid321.core.errors import NotFound

        node, found = _node(code), _account(username)
        rows = list(RoleGrant.select().where(
            (RoleGrant.account_id == found.id) & (RoleGrant.role == role) & (RoleGrant.division_id == node.id)
            & valid_on(RoleGrant, db.local_day())))
        if not rows:
            raise NotFound(f"{username} does not hold {role} on {node.name}", "", "See `grid321 account list`.")
        with db.transaction():
            for row in rows:
                accounts.revoke(row.id)
        click.echo(f"{username} no longer holds {role} on {node.name}.")


@account.command()
@click.argument("username")
def unlock(username: str) -> None:
    """Forget the failed logins of USERNAME, and enable the account when it was disabled."""
    with platform_context():
        from grid321.core import accounts

        found = _account(username)
        accounts.unlock(found.id)
        if found.disabled:
            accounts.enable(found.id)
        click.echo(f"{username} can log in again.")


@account.command()
@click.argument("username")
def disable(username: str) -> None:
    """Nobody can use USERNAME any more; its sessions end."""
    with platform_context():
        from grid321.core import accounts

        accounts.disable(_account(username).id)
        click.echo(f"{username} was disabled.")


@account.command("password")
@click.argument("username")
@click.option("--password", help="The new password; asked for, or made up and printed, when left out.")
@click.option("--drop-codes", is_flag=True, help="Switch one-time codes off too (the phone is lost).")
def set_password(username: str, password: str | None, drop_codes: bool) -> None:
    """Set a new first password for USERNAME; it must be changed at the next login, and all its sessions end."""
    with platform_context():
        from grid321.core import accounts, passwords, totp
        from grid321.core.actor import SYSTEM

        found = _account(username)
        first = password or _ask() or passwords.suggest()
        accounts.set_password(found.id, first, must_change=True)
        if drop_codes:
            totp.remove(found, SYSTEM)
        click.echo(f"{username} has a new password.")
        if not password:
            click.echo(f"First password: {first}")


def _ask() -> str:
    """A password typed twice without echo; empty where nobody sits at the terminal or nothing was typed."""
    if not sys.stdin.isatty():
        return ""
    return str(click.prompt("Password (empty: one is made up)", default="", show_default=False, hide_input=True,
                            confirmation_prompt="Once more"))


def _node(code: str) -> Node:
    from grid321.core import snapshot
    from grid321.core.errors import NotFound

    found = snapshot.current().tree.by_code(code)
    if found is None:
        raise NotFound(f"There is no division with the code {code}", "",
                       "See `grid321 divisions list`; import divisions first with `grid321 divisions import`.")
    return found


def _account(username: str) -> Account:
    from grid321.core import accounts
    from grid321.core.errors import NotFound

    found = accounts.by_username(username)
    if found is None:
        raise NotFound(f"There is no account {username}", "", "See `grid321 account list`.")
    return found
