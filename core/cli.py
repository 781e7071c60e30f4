"""The command ``grid321``: a group that loads a command's module only when that command is called.

``grid321 --help`` must answer at once, on a machine where the database is down too, so the names and the one-line
descriptions stand here and the modules (which import the platform) are loaded on use.
"""

import importlib
import sys
from typing import Any

import click

from . import __version__

# Command -> (module under grid321.core.commands, what --help says). A command's object has the command's name.
COMMANDS = {
    "account": ("account", "Make accounts, set passwords, give and take roles."),
    "calendar": ("calendar", "Show, import and export working days; re-date open deadlines."),
    "demo": ("demo", "Load the demo county into an empty database."),
    "divisions": ("divisions", "Import and show the administrative tree."),
    "form": ("form", "Take out, check and replace the Word templates of forms."),
    "hooks": ("hooks", "List the hooks and which plugin answers each."),
    "init": ("init", "Make a new installation: folders, keys, database, first administrator."),
    "jobs": ("jobs", "Show, retry and cancel background jobs."),
    "ledger": ("ledger", "Verify, anchor and export the ledger."),
    "migrate": ("migrate", "Bring the database up to this release."),
    "month": ("month", "Check, close and print the months of a division."),
    "new": ("new", "Start a plugin of your own."),
    "plugin": ("plugin", "List the plugins; switch one on or off for a division."),
    "preset": ("preset", "Show the sets of rules for limits; apply one to a division."),
    "search": ("search", "Make the full-text index anew."),
    "serve": ("serve", "Serve the site with gunicorn."),
    "theme": ("theme", "Check a theme."),
    "verify": ("verify", "Recount and compare everything that is counted."),
    "workflow": ("workflow", "Show versions of workflows; publish one; move running cases to it."),
    "worker": ("worker", "Run background jobs, the outbox and the clocks."),
}


class LazyGroup(click.Group):
    """A click group whose commands are imported when they are first used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands in alphabetical order, without importing one."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, or None when there is none of that name.

        Raises ImportError when the command's own module cannot be imported: that is a defect, not a typing error.
        """
        if cmd_name not in COMMANDS:
            found = of_plugins().get(cmd_name)
            if found is not None:
                from .commands.context import platform_context

                ctx.with_resource(platform_context())  # a plugin's command stands in the application, as its pages do
            return found
        module = importlib.import_module(f"grid321.core.commands.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__}.{cmd_name} is not a click command")
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a database that cannot be used ends it with a sentence instead of a traceback."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            text = of_the_database(error)
            if not text:
                raise
            raise click.ClickException(text) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table above, so that help imports nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(COMMANDS.items())])


def of_the_database(error: Exception) -> str:
    """What to say of a database that cannot be opened, read or written; empty for any other error."""
    peewee = sys.modules.get("peewee")
    if peewee is None or not isinstance(error, (peewee.OperationalError, peewee.InterfaceError, peewee.ProgrammingError)):
        return ""
    from .commands.context import terminal_language
    from .i18n import gettext as _
    from .i18n import use_language

    with use_language(terminal_language()):
        return _("The database cannot be used: %(reason)s. Check that it runs, that its disk has room and can be written, and "
                 "that `grid321 migrate` has run.", reason=str(error).strip().partition("\n")[0])


def of_plugins() -> dict[str, click.Command]:
    """Return the commands that plugins bring (hook ``commands``) by name; the core's own names win."""
    from .app import create_app

    registry = create_app({"MIGRATING": True}).extensions["grid321"].registry
    return {command.name: command for _plugin, command in registry.commands
            if isinstance(command, click.Command) and command.name}


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]},
             epilog="Installed plugins may bring commands of their own; `grid321 hooks` names them.")
@click.version_option(__version__, prog_name="grid321")
def main() -> None:
    """The village and community governance platform grid321."""
