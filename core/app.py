"""``create_app()``: load → register → validate → freeze → routes. The application carries its platform; nothing is global."""
from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin

from . import access, assets, core_plugin, crypto, db, gate, i18n, logs, notices, queue, snapshot, themes, versions
from .allowlist import permitted
from .config import Config, read
from .plugin_api import Api
from .plugins import Plugins, discover
from .registry import Platform, build
from .url_rules import LazyRule

PAGES = ("menu", "face_pages", "auth", "views", "rest", "openapi", "pages", "clock_pages", "rest_clocks", "admin_pages",
         "preset_pages", "calendar_pages", "calendar_api", "redating_pages", "version_pages", "transfer_pages", "job_pages",
         "job_api", "notify_pages", "channel_pages", "message_pages", "notify_api",
         "account_pages", "audit_pages", "division_pages", "statistics_pages", "search_pages", "ledger_pages", "case_pages",
         "rest_cases", "meeting_pages", "meeting_api", "bank_pages", "month_pages", "month_api", "document_pages", "document_api")
"""Modules with ``register(app)``; each adds its routes, every one marked with ``access.guarded``."""


class _NoSession(SessionInterface):
    """Flask's signed-cookie session is not used: logins live in a table (``sessions``)."""

    def open_session(self, app: Flask, request: Request) -> None:
        """Open none."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save none."""


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the application. ``config`` overrides the environment (keys: see ``config.read``).

    Plugins that cannot be loaded or declare nonsense are set aside and shown on the plugins page; with ``STRICT`` the first
    mistake raises ``DeclarationError``. Raises ``AffectedLibrary`` for a SQLite library that can corrupt the database and
    ``access.Unmarked`` for a route of the core without permission.
    """
    settings = read(config)
    if not settings.testing:
        logs.configure()
    queue.check(settings.queue)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    db.connect(settings.database)
    crypto.configure(settings.home / "keys.json")
    app = Flask("grid321", static_folder=None, template_folder=None, root_path=str(Path(__file__).parent))
    app.config.update(SECRET_KEY=crypto.signature("flask", "session"), MAX_CONTENT_LENGTH=settings.body_limit,
                      TESTING=settings.testing, SESSION_COOKIE_NAME="grid321_flask", TLS=settings.tls)
    app.session_interface = _NoSession()
    app.url_rule_class = LazyRule
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    plugins = Plugins(core_plugin, permitted(_modules(settings), settings.allowed))
    registry = build(plugins, strict=settings.strict, stored={} if settings.migrating else versions.contents())
    app.extensions["grid321"] = Platform(registry, plugins=plugins, config=settings)
    plugins.hooks.is_on = lambda plugin, node: snapshot.current().switches.is_on(plugin, node)
    _faces(app, plugins)
    return app


def _modules(settings: Config) -> list[tuple[str, Any]]:
    if settings.plugins is None:
        return discover()
    found: list[tuple[str, Any]] = []
    for item in settings.plugins:
        module = importlib.import_module(item) if isinstance(item, str) else item
        manifest = getattr(module, "plugin", None)
        found.append((getattr(manifest, "key", module.__name__.rpartition(".")[2]), module))
    return found


def _folder(module: ModuleType) -> Path:
    return Path(str(module.__file__)).parent


def _faces(app: Flask, plugins: Plugins) -> None:
    folders = {loaded.key: _folder(loaded.module) for loaded in plugins.loaded()
               if loaded.key != "core" and getattr(loaded.module, "__file__", None)}
    for key, folder in folders.items():
        i18n.add_catalogue(key, folder / "translations")
    themes.init_app(app, folders, division_theme=lambda node: snapshot.current().settings.get("core.theme", node))
    assets.init_app(app, folders)
    i18n.init_app(app)
    notices.init_app(app)
    gate.init_app(app)
    for name in PAGES:
        importlib.import_module(f"grid321.core.{name}").register(app)
    _blueprints(app)
    gate.freeze(app)
    access.check_url_map(app, strict=app.extensions["grid321"].config.strict)


def _blueprints(app: Flask) -> None:
    """Mount what plugins bring; a blueprint that does not fit sets its plugin aside before anything of it is reachable."""
    platform = app.extensions["grid321"]
    for key, blueprint in platform.registry.blueprints:
        name = getattr(blueprint, "name", "")
        if name != key and not name.startswith(f"{key}_"):
            platform.plugins.fail(key, f"blueprint {name!r}: its name must be {key!r} or begin with {key + '_'!r}")
            continue
        try:
            below = "/api/v1" if isinstance(blueprint, Api) else ""
            app.register_blueprint(blueprint, url_prefix=f"{below}/d/<code>/{key}")
        except Exception as error:
            if platform.config.strict:
                raise
            platform.plugins.fail(key, f"blueprint {name!r} cannot be mounted: {type(error).__name__}: {error}")
