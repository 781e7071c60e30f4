"""Configuration of an installation: environment variables ``GRID321_…``, overridden by what ``create_app`` is given.

``GRID321_HOME`` is the folder of the installation (database, keys, files; default ``./instance``), ``GRID321_DATABASE`` the
database address, ``GRID321_PLUGINS`` an allow-list of plugin names separated by commas, each optionally ``name=sha256``,
``GRID321_QUEUE`` the queue of the background jobs (see ``queue``).
"""
from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Config:
    """What an installation is told. ``plugins``: modules to use instead of the installed ones, or None."""

    home: Path
    database: str
    queue: str
    plugins: tuple[Any, ...] | None = None
    allowed: tuple[str, ...] | None = None
    strict: bool = False
    migrating: bool = False
    testing: bool = False
    tls: bool = False
    body_limit: int = 2 * 1024 * 1024


def read(given: Mapping[str, Any] | None = None) -> Config:
    """The configuration from the environment and ``given`` (keys as in the environment without the prefix)."""
    known = {"HOME", "DATABASE", "PLUGINS", "ALLOWED", "STRICT", "MIGRATING", "TESTING", "TLS", "BODY_LIMIT", "QUEUE"}
    values = {key: os.environ[f"GRID321_{key}"] for key in known if f"GRID321_{key}" in os.environ}
    allowed = values.pop("PLUGINS", None)  # in the environment it is the allow-list
    values = {**values, **dict(given or {})}
    home = Path(values.get("HOME") or "instance").absolute()
    plugins = values.get("PLUGINS")
    names = values.get("ALLOWED", allowed)
    return Config(
        home=home, database=str(values.get("DATABASE") or f"sqlite:///{home / 'grid321.db'}"),
        queue=str(values.get("QUEUE") or f"sqlite:///{home / 'queue.db'}"),
        plugins=None if plugins is None else tuple(plugins),
        allowed=None if names is None else tuple(part.strip() for part in str(names).split(",") if part.strip()),
        strict=_flag(values.get("STRICT")), migrating=_flag(values.get("MIGRATING")), testing=_flag(values.get("TESTING")),
        tls=_flag(values.get("TLS")), body_limit=int(values.get("BODY_LIMIT") or 2 * 1024 * 1024))


def _flag(value: Any) -> bool:
    return str(value).lower() in {"1", "true", "yes", "on"}
