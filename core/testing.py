"""A pytest plugin for plugin authors, found by entry point wherever grid321 is installed.

Fixtures: ``app`` (the application with every installed plugin), ``with_plugins(module, …)`` (an application with just
these), ``division_tree`` (two towns of one county, a second county), ``client_for(role, division)`` (a logged-in browser),
``make_account``, ``switch_on(plugin, division)``, ``tick(day)`` (move the clock and sweep), ``staged(build, …)`` (what
several tests stand on, built once). Each test gets a fresh migrated
database, on SQLite or, with ``--database postgres``, on the server that ``GRID321_TEST_POSTGRES`` names.
``PluginConformance`` is the kit of checks that every plugin passes.

Nothing of the platform is imported before a fixture is used: this module is loaded in every pytest run.
"""
from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from .testing_browser import Browser
    from .testing_databases import Databases
    from .testing_tree import DivisionTree

pytest.register_assert_rewrite("grid321.core.conformance")
LOCAL_NOON_UTC = time(4, 0)  # twelve o'clock in China


def __getattr__(name: str) -> Any:
    """Offer ``PluginConformance`` without importing the platform before it is asked for."""
    if name == "PluginConformance":
        from .conformance.kit import PluginConformance

        return PluginConformance
    raise AttributeError(name)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--database``."""
    from .testing_databases import KINDS

    parser.getgroup("grid321").addoption(
        "--database", choices=KINDS, default=os.environ.get("GRID321_TEST_DATABASE", "sqlite"),
        help="database of the tests: sqlite (default) or postgres (address in GRID321_TEST_POSTGRES)")


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that the processes of this run share; those started by pytest-xdist inherit it."""
    if not hasattr(config, "workerinput"):
        from .testing_databases import make_folder

        config.stash[_FOLDER] = make_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove that folder."""
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


_FOLDER = pytest.StashKey[Path]()


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Databases:
    """Return the maker of fresh databases for this process."""
    from .testing_databases import FOLDER, Databases

    os.environ["GRID321_UNSAFE_FAST"] = "1"
    try:
        return Databases(request.config.getoption("--database"), Path(os.environ[FOLDER]))
    except ValueError as problem:
        raise pytest.UsageError(str(problem)) from None


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """Return ``sqlite`` or ``postgres``."""
    return str(request.config.getoption("--database"))


@pytest.fixture
def with_plugins(_apps: Any) -> Callable[..., Flask]:
    """Return ``with_plugins(*modules, strict=True, **config)``: an application with the core and these plugins.

    The application has its own fresh, migrated database, and its context is pushed until the test ends. Without modules it
    is the bare core. One application at a time: a later call replaces the earlier one.
    """
    maker: Callable[..., Flask] = _apps.make
    return maker


@pytest.fixture
def _apps(databases: Databases) -> Iterator[Any]:
    """The maker of this test's applications."""
    from .testing_apps import Apps

    apps = Apps(databases)
    yield apps
    apps.close()


@pytest.fixture
def plugin_modules() -> list[ModuleType] | None:
    """Return the plugins of ``app``: None for every installed one. Override it to choose."""
    return None


@pytest.fixture
def app(with_plugins: Callable[..., Flask], plugin_modules: list[ModuleType] | None) -> Flask:
    """Return the application on a fresh database, its context pushed."""
    if plugin_modules is None:
        from .plugins import discover

        plugin_modules = [module for _name, module in discover() if isinstance(module, ModuleType)]
    return with_plugins(*plugin_modules)


@pytest.fixture
def staged(app: Flask, _apps: Any) -> Callable[..., Any]:
    """Return ``staged(build, *fixtures)``: what ``build(*fixtures)`` returned, with everything it stored in the database.

    ``build``, a function of a module, runs for the first test of a process that asks; the further tests get copies, of the
    database and of what was returned (dictionaries, lists, rows, ``SimpleNamespace``, dataclasses; the rest is shared).
    """
    def scene(build: Callable[..., Any], *fixtures: Any) -> Any:
        return _apps.stage(app, build, *fixtures)

    return scene


@pytest.fixture
def division_tree(app: Flask) -> DivisionTree:
    """Return a small tree that is stored in the database of ``app`` (see :class:`~grid321.core.testing_tree.DivisionTree`)."""
    from .testing_tree import DivisionTree

    return DivisionTree.plant()


def load(entity: Any, raw: dict[str, Any], division: Any, actor: Any) -> dict[str, Any]:
    """Return JSON values by field as a form or the API would read them: checked values by column.

    Raises ``Invalid`` with the fields that do not fit.
    """
    from . import schemas

    return schemas.load(entity.schema, raw, node=division, actor=actor)


@pytest.fixture
def switch_on(app: Flask) -> Callable[[str, Any], None]:
    """Return ``switch_on(plugin key, division)``."""
    from . import switches

    def turn(key: str, division: Any) -> None:
        switches.turn(key, division, True)

    return turn


@pytest.fixture
def make_account(app: Flask) -> Callable[..., Any]:
    """Return ``make_account(role, division, department=None, password=None)``, which returns the stored account."""
    from .testing_browser import make_account

    return make_account


@pytest.fixture
def client_for(app: Flask, division_tree: DivisionTree) -> Callable[..., Browser]:
    """Return ``client_for(role, division, department=None)``: a browser in which an account with that role is logged in.

    ``role`` is a role's key, None for an account without any role; ``division`` is a node or a code, by default the county.
    """
    from .testing_browser import Browser

    def client(role: str | None, division: Any = None, department: Any = None) -> Browser:
        return Browser.logged_in(app, role, division if division is not None else division_tree.county, department)

    return client


@pytest.fixture
def tick(app: Flask) -> Iterator[Callable[..., int]]:
    """Return ``tick(day, sweep=True)``: move the database's clock to noon of a day (or by a timedelta) and sweep the clocks.

    It returns how many clocks fired. The clock goes back when the test ends.
    """
    from . import clock, db

    with ExitStack() as stack:
        def move(to: date | timedelta, sweep: bool = True) -> int:
            now = db.now()
            target = now + to if isinstance(to, timedelta) else datetime.combine(to, LOCAL_NOON_UTC)
            shifted = db._clock_shift[-1] if db._clock_shift else timedelta()
            stack.enter_context(db.shift_clock(shifted + (target - now)))
            return clock.sweep() if sweep else 0

        yield move
