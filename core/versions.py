"""Versions of workflows: what was declared once is kept, published on purpose, and rebuilt when a release no longer has it.

``grid321 migrate`` stores every declared version. The newest one found when a workflow is installed for the first time is
published at once; later ones wait until an administrator publishes them. New cases begin under the newest published version,
running ones stay on theirs.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import peewee

from . import db, ledger
from .errors import NotFound
from .flow_extensions import as_far_as_they_fit
from .i18n import gettext as _
from .registry import Registry, held_where_on, platform, registry
from .version_content import content_of, digest, home_of, rebuilt
from .workflow import Workflow

INSTALLED, PUBLISHED = "installed", "published"
LEDGER = "core.workflow"
"""What the ledger calls a version; its record id is the row's."""


class WorkflowVersion(db.Table):
    """One declared version of a workflow as it was when it was installed (``content``: see ``version_content``)."""

    id = peewee.BigAutoField()
    key = peewee.CharField(max_length=80)
    version = peewee.IntegerField()
    entity = peewee.CharField(max_length=80)
    content = db.JSONField()
    hash = peewee.CharField(max_length=64)
    state = peewee.CharField(max_length=12, default=INSTALLED)
    installed_at = peewee.DateTimeField()
    published_at = peewee.DateTimeField(null=True)
    published_by = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_workflow_version"
        indexes = ((("key", "version"), True),)


@dataclass(frozen=True)
class Versions:
    """Which versions are stored and published, of one revision of the configuration. ``known`` is key → version → hash."""

    known: Mapping[str, Mapping[int, str]]
    published: Mapping[str, int]

    def stored(self, key: str, version: int) -> Workflow:
        """The version that no plugin declares any more, made again from its row with what region plugins add. ``KeyError``."""
        wanted = (key, version, self.known[key][version])
        cache: dict[Any, Workflow] = platform().cache.setdefault("versions", {})
        if wanted not in cache:
            cache[wanted] = _rebuild(registry(), key, version)
        return cache[wanted]

    def joint(self, workflow: Workflow) -> Workflow:
        """``workflow`` with the states and steps that only other stored or declared versions of it have."""
        declared = {version for key, version in registry().workflows if key == workflow.key}
        others = sorted((declared | set(self.known.get(workflow.key, ()))) - {workflow.version}, reverse=True)
        if not others:
            return workflow
        states, steps = {s.key: s for s in workflow.states}, {t.key: t for t in workflow.transitions}
        for version in others:
            other = registry().workflow_of(workflow.entity, version)
            assert other is not None
            states = {**{s.key: s for s in other.states}, **states}
            steps = {**{t.key: t for t in other.transitions}, **steps}
        own_states, own_steps = {s.key for s in workflow.states}, {t.key for t in workflow.transitions}
        return replace(workflow, states=(*workflow.states, *(s for s in states.values() if s.key not in own_states)),
                       transitions=(*workflow.transitions, *(t for t in steps.values() if t.key not in own_steps)))


def load() -> Versions:
    """What the database knows."""
    known: dict[str, dict[int, str]] = {}
    published: dict[str, int] = {}
    for key, version, found, state in db.database.execute_sql(
            "SELECT key, version, hash, state FROM core_workflow_version").fetchall():
        known.setdefault(key, {})[version] = found
        if state == PUBLISHED:
            published[key] = max(version, published.get(key, 0))
    return Versions(known, published)


def contents() -> dict[tuple[str, int], Any]:
    """The stored contents by key and version, for the check at start; nothing where the database cannot be read."""
    was_closed = db.database.is_closed()
    try:
        return {(row[0], row[1]): row[2] for row in WorkflowVersion.select(
            WorkflowVersion.key, WorkflowVersion.version, WorkflowVersion.content).tuples()}
    except peewee.PeeweeException:  # not migrated yet, or away: the server says so in its own words
        return {}
    finally:
        if was_closed and not db.database.is_closed():  # a server may fork after this
            getattr(db.database.obj, "manual_close", db.close_thread)()


def row_of(key: str, version: int) -> WorkflowVersion:
    """The stored version. Raises ``NotFound``."""
    found = WorkflowVersion.get_or_none((WorkflowVersion.key == key) & (WorkflowVersion.version == version))
    if found is None:
        raise NotFound(_("There is no version %(version)s of the workflow %(key)s.", version=version, key=key),
                       remedy=_("Run `grid321 migrate` when it came with a new release; `grid321 workflow list` shows them."))
    return found


def rows() -> list[WorkflowVersion]:
    """Every stored version, by key, newest first."""
    return list(WorkflowVersion.select().order_by(WorkflowVersion.key, WorkflowVersion.version.desc()))


def workflow_of(row: WorkflowVersion) -> Workflow:
    """The workflow of a stored version: as declared where a plugin declares it, otherwise rebuilt."""
    found = registry().workflows.get((row.key, row.version))
    return found if found is not None else _rebuild(registry(), row.key, row.version)


def _rebuild(known: Registry, key: str, version: int) -> Workflow:
    content = row_of(key, version).content
    plugin = known.plugins.all.get(key.partition(".")[0])
    homes = [home_of(plugin.module.__name__)] if plugin is not None and plugin.ok else []
    flow = rebuilt(content, ["grid321.core", *homes])
    return as_far_as_they_fit(flow, known.flow_extensions, held_where_on)[0]


def left_out(row: WorkflowVersion) -> list[str]:
    """The plugins whose extension does not fit this version, so that it holds there without it."""
    base = registry().bases.get((row.key, row.version)) or rebuilt(row.content, ())
    return as_far_as_they_fit(base, registry().flow_extensions, held_where_on)[1]


# ---------------------------------------------------------------- installing and publishing

def install(flows: Iterable[Workflow] | None = None) -> list[WorkflowVersion]:
    """Store every declared version that is not stored yet; returns the new ones. Called by ``grid321 migrate``.

    An unpublished version with other rules is replaced: no case relies on it. A published one is left as it is, and the plugin
    that declares it otherwise is set aside at start.
    """
    from . import snapshot

    added = []
    with db.transaction():
        stored = {(row.key, row.version): row for row in WorkflowVersion.select()}
        present = {key for key, _version in stored}
        declared = sorted(registry().bases.values() if flows is None else flows, key=lambda flow: (flow.key, -flow.version))
        for flow in declared:
            content, row = content_of(flow), stored.get((flow.key, flow.version))
            if row is None:
                row = _store(flow, content, publish=flow.key not in present)
                present.add(flow.key)
                added.append(row)
            elif row.content != content and (row.hash == digest(content) or row.state == INSTALLED):
                _replace(row, content)
        if added:
            snapshot.bump()
    return added


def _store(flow: Workflow, content: dict[str, Any], *, publish: bool) -> WorkflowVersion:
    moment = db.now()
    row = WorkflowVersion.create(
        key=flow.key, version=flow.version, entity=flow.entity, content=content, hash=digest(content), installed_at=moment,
        state=PUBLISHED if publish else INSTALLED, published_at=moment if publish else None)
    note(row, "install")
    if publish:
        note(row, "publish")
    return row


def _replace(row: WorkflowVersion, content: dict[str, Any]) -> None:
    """Take over corrected words; of an unpublished version also other rules, and then the ledger says so."""
    from . import snapshot

    changed, found = row.hash != digest(content), digest(content)
    row.hash = found
    WorkflowVersion.update(content=content, hash=found).where(WorkflowVersion.id == row.id).execute()
    if changed:
        note(row, "install")
    snapshot.bump()


def note(row: WorkflowVersion, step: str, account_id: int | None = None) -> None:
    """Write into the ledger what was done with a version, inside the present transaction."""
    ledger.append(LEDGER, row.id, step, account_id=account_id, version=row.version,
                  facts={"workflow": row.key, "version": row.version, "hash": row.hash})
