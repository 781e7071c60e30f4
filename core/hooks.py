"""The hooks: few and orthogonal. This file is the source of ``docs/hooks.md``.

Every call goes through the platform's dispatcher, which isolates the plugins from each other. A plugin that is switched
off for the division at hand is not called.
"""
from __future__ import annotations

from typing import Any

import pluggy

PROJECT = "grid321"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def grid321_entities() -> list[Any]:  # type: ignore[empty-body]
    """At start-up: the ``Entity`` and ``EntityExtension`` declarations of the plugin."""


@hookspec
def grid321_workflows() -> list[Any]:  # type: ignore[empty-body]
    """At start-up: the ``Workflow`` and ``WorkflowExtension`` declarations of the plugin."""


@hookspec
def grid321_measures() -> list[Any]:  # type: ignore[empty-body]
    """At start-up: the statistics of the plugin, each with formula, denominator and cut-off."""


@hookspec
def grid321_documents() -> list[Any]:  # type: ignore[empty-body]
    """At start-up: the printable forms (``Document``) of the plugin."""


@hookspec
def grid321_blueprints() -> list[Any]:  # type: ignore[empty-body]
    """At start-up: Flask blueprints for what the generic pages cannot say. The blueprint's name is the plugin's key or
    begins with it and ``_``; it is mounted below ``/d/<code>/<plugin>`` behind the gate, and each view is marked with
    ``guarded``."""


@hookspec
def grid321_commands() -> list[Any]:  # type: ignore[empty-body]
    """At start-up: click commands that appear as ``grid321 <name>``."""


@hookspec
def grid321_jobs() -> list[Any]:  # type: ignore[empty-body]
    """At start-up: the background work of the plugin: ``Job``, which somebody asks for, and ``Standing``, which every worker
    looks for again and again."""


@hookspec
def grid321_identify(request: Any) -> Any:
    """Who asks? An ``Actor`` for a single sign-on, or None. The first answer counts; a failure denies."""


@hookspec
def grid321_scope(entity: Any, action: str, actor: Any, division: Any) -> Any:
    """Expressions over the entity's model that narrow what the actor may reach by ``action`` (``view``, ``comment``, ``edit``
    and so on); all are AND-ed, so an extension only narrows. A failure hides everything."""


@hookspec
def grid321_refuse(action: str, entity: Any, record: Any, actor: Any, division: Any) -> Any:
    """A ``Refusal`` when the step must not happen now, or None. ``action`` is ``create``, ``edit``, ``delete`` or the
    key of a transition. The first refusal counts; a failure refuses."""


@hookspec
def grid321_panels(slot: str, entity: Any, record: Any, actor: Any, division: Any) -> Any:
    """``Panel`` objects for a slot of a page: ``detail.main``, ``detail.aside``, ``today``, ``statistics``."""


@hookspec
def grid321_route(workflow: Any, transition: Any, record: Any, division: Any) -> Any:
    """The id of the division that receives a case which is sent up, or None for the parent. The first answer counts."""


@hookspec
def grid321_workday(day: Any, division: Any) -> Any:
    """True or False when this day is or is not a working day here, None to leave it to the calendar. The answer is kept until
    the configuration changes; a plugin whose days changed calls ``configuration_changed()``, and ``grid321 calendar redate``
    dates open deadlines anew."""


@hookspec
def grid321_changed(event: Any) -> Any:
    """Something happened and is durable: ``event`` carries entity, record, transition, actor, division and time. Delivered
    at least once, after commit, retried when it fails."""


@hookspec
def grid321_deliver(message: Any, recipient: Any, division: Any) -> Any:
    """Carry a notification to a person (``recipient``, an account's id) by a channel of the plugin: a ``Delivery``, or None
    when there is nothing to do. ``message`` holds what may leave the house: ``text``, ``url``, ``number``, ``at``, and an ``id``
    that stays the same when it is tried again."""


@hookspec
def grid321_sms(headers: Any, query: Any, body: Any, secret: Any, division: Any) -> Any:
    """A gateway posted text messages in a form of its own: a ``GatewayPost`` when this plugin knows the form and the signature
    made with ``secret`` is right and fresh, None otherwise. ``headers`` and ``query`` map names to texts, ``body`` are bytes.
    The first answer counts; without one the post is refused."""


STARTUP = ("entities", "workflows", "measures", "documents", "blueprints", "commands", "jobs")
FIRST = ("identify", "refuse", "route", "workday", "sms")
CLOSED = ("identify", "scope", "refuse")
RUNTIME = ("identify", "scope", "refuse", "panels", "route", "workday", "changed", "deliver", "sms")
