"""Every table of the core, for migrations, the drift test, merges of divisions and the generator of the first migration."""
from __future__ import annotations

from importlib import import_module
from types import ModuleType

from . import db

MODULES = ("snapshot", "switches", "settings", "divisions", "people", "accounts", "sessions", "tokens", "limits", "chain",
           "audit", "ledger", "records", "clock_rows", "counters", "outbox", "notify_texts", "notify_preferences",
           "channel_setup", "notify", "notify_rows", "job_runs", "workers", "transfer_tables", "attachments",
           "idempotency", "saved_views", "search", "calendar_rows", "redating", "versions", "meetings", "month_rows", "links",
           "duplicates", "reply_templates", "lookup", "signed_links", "intakes")


def tables(module: ModuleType) -> list[type[db.Table]]:
    """The tables that ``module`` itself defines, in the order in which they stand there."""
    return [item for item in vars(module).values()
            if isinstance(item, type) and issubclass(item, db.Table) and item.__module__ == module.__name__]


MODELS: tuple[type[db.Table], ...] = tuple(
    table for name in MODULES for table in tables(import_module(f"grid321.core.{name}")))
