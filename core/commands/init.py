"""``grid321 init``: a new installation: folder, keys, database, first administrator."""
from __future__ import annotations

import click


@click.command()
@click.option("--province", required=True, help="Two-digit code of the province, e.g. 61.")
@click.option("--name", required=True, help="Name of the province, e.g. 陕西省.")
@click.option("--username", default="admin", show_default=True, help="Login of the first administrator.")
@click.password_option(help="Password of the first administrator.")
def init(province: str, name: str, username: str, password: str) -> None:
    """Make folder, keys and database, the root of the tree and an administrator, who then imports the divisions."""
    from grid321.core import accounts, division_changes, migrate, snapshot
    from grid321.core.actor import SYSTEM
    from grid321.core.app import create_app
    from grid321.core.errors import Problem

    app = create_app({"MIGRATING": True})
    with app.app_context():
        migrate.upgrade()
        try:
            root = snapshot.current().tree.by_code(province)
            if root is None:
                division_changes.create_division(None, province, name, actor=SYSTEM, reason="grid321 init")
                root = snapshot.current().tree.by_code(province)
            assert root is not None
            account = accounts.create_account(username, password, root, must_change_password=False)
            accounts.grant(account.id, accounts.ADMINISTRATOR, root)
        except Problem as problem:
            raise click.ClickException(f"{problem.title} {problem.detail} {problem.remedy} {problem.errors or ''}") from None
        click.echo(f"Ready in {app.extensions['grid321'].config.home}. Log in as {username!r}; then `grid321 divisions import`.")
