"""The command line: complete, quick to ask for help, clear when something is mistyped."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from grid321.core.cli import COMMANDS, main

pytestmark = pytest.mark.once


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert f"Usage: main {name}" in result.output
    command = main.get_command(click.Context(main), name)
    for inner in getattr(command, "commands", {}).values():
        assert inner.help, f"grid321 {name} {inner.name} has no description"


def test_help_lists_every_command_without_loading_the_platform():
    program = ("import sys\nfrom click.testing import CliRunner\nfrom grid321.core.cli import main\n"
               "print(CliRunner().invoke(main, ['--help']).output)\n"
               "print([name for name in ('flask', 'peewee', 'grid321.core.app') if name in sys.modules])")
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip().endswith("[]")
    for name in COMMANDS:
        assert f"\n  {name} " in result.stdout


def test_an_unknown_command_is_refused_with_its_name():
    result = CliRunner().invoke(main, ["servee"])
    assert result.exit_code == 2
    assert "servee" in result.output


def test_a_plugin_brings_its_command(monkeypatch):
    from grid321.core import cli

    monkeypatch.setattr(cli, "of_plugins", lambda: {"wave": click.Command("wave", callback=lambda: click.echo("hello"))})
    assert CliRunner().invoke(main, ["wave"]).output == "hello\n"


def test_a_command_of_a_plugin_stands_in_the_application(tmp_path, monkeypatch):
    from flask import current_app

    from grid321.core import cli

    monkeypatch.setenv("GRID321_HOME", str(tmp_path))
    monkeypatch.delenv("GRID321_DATABASE", raising=False)
    command = click.Command("wave", callback=lambda: click.echo(sorted(current_app.extensions)))
    monkeypatch.setattr(cli, "of_plugins", lambda: {"wave": command})

    assert "grid321" in CliRunner().invoke(main, ["wave"]).output


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version

    import grid321.core

    assert version("grid321") == grid321.core.__version__
    assert grid321.core.__version__ in CliRunner().invoke(main, ["--version"]).output


@pytest.mark.parametrize(("language", "word"), [("en_US.UTF-8", "grid321 migrate"), ("zh_CN.UTF-8", "数据库")])
def test_a_database_that_cannot_be_used_ends_a_command_with_a_sentence(tmp_path, monkeypatch, language, word):
    monkeypatch.setenv("GRID321_HOME", str(tmp_path))
    monkeypatch.delenv("GRID321_DATABASE", raising=False)
    monkeypatch.setenv("LC_ALL", language)
    result = CliRunner().invoke(main, ["verify"])
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert word in result.output
