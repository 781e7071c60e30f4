"""Applications for tests: one per set of plugins and process, each test on a fresh database."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import ModuleType
from typing import Any

from argon2 import PasswordHasher
from flask import Flask

from . import db, passwords
from .testing_databases import Databases

_built: dict[tuple[Any, ...], Flask] = {}


class Apps:
    """Makes the applications of one test and cleans up after it."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self._stack = ExitStack()
        self._url = ""
        passwords.use_hasher(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))  # cheap: the tests guess none

    def make(self, *modules: ModuleType, strict: bool = True, **config: Any) -> Flask:
        """Return an application with the core and ``modules`` on a fresh migrated database, its context pushed."""
        self.close()
        names = [f"{m.__name__}:{getattr(m, '__file__', None) or id(m)}" for m in modules]
        template = self.databases.template(names, lambda url: self._migrate(url, modules))
        url = self._copy(template)
        app = self._app(url, modules, strict, config)
        self._stack.enter_context(app.app_context())
        return app

    def stage(self, app: Flask, build: Callable[..., Any], *arguments: Any) -> Any:
        """Return what ``build(*arguments)`` returns and have in the database what it stores; it runs once in a process."""
        from . import snapshot, testing_stages

        key = testing_stages.key(app, build)
        found = testing_stages.find(key)
        if found is None:
            value = build(*arguments)
            self.databases.close()
            testing_stages.keep(key, self.databases.fresh(self._url), value)
            return value
        url, value = found
        self.databases.close()
        db.connect(self._copy(url))
        snapshot.forget()
        return value

    def _copy(self, template: str) -> str:
        """Return the address of a copy that goes when the test ends."""
        url = self.databases.fresh(template)
        self._stack.callback(self.databases.remove, url)
        self._stack.callback(self.databases.close)
        self._url = url
        return url

    def close(self) -> None:
        """Pop the context and remove the database."""
        self._stack.close()

    def _migrate(self, url: str, modules: tuple[ModuleType, ...]) -> None:
        from . import migrate

        app = self._app(url, modules, False, {"MIGRATING": True})
        with app.app_context():
            migrate.upgrade()

    def _app(self, url: str, modules: tuple[ModuleType, ...], strict: bool, config: dict[str, Any]) -> Flask:
        from .app import create_app

        self.databases.close()
        key = (tuple(id(module) for module in modules), strict, tuple(sorted(config.items())))
        app = _built.get(key)
        if app is None:
            app = _built[key] = create_app({
                "DATABASE": url, "PLUGINS": list(modules), "STRICT": strict, "TESTING": True,
                "HOME": str(self.databases.folder / "home"), **config})
        else:
            db.connect(url)
            with app.app_context():
                from . import snapshot

                snapshot.forget()
        return app
