"""Checks of a plugin's pages and API: who sees what, where, and that a plugin that is off does not exist."""
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from werkzeug.routing import BuildError

from grid321.core import access, documents, jobs, switches
from grid321.core.actor import SYSTEM
from grid321.core.entity import Entity, Role
from grid321.core.errors import Problem
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser, make_account
from grid321.core.tree import Node

from . import word_files
from .world import World

HIDDEN = (403, 404)


def addresses(entity: Entity, node: Node, record_id: int) -> Iterator[tuple[str, str, bool]]:
    """Yield (action, path, about one record) for the faces that answer a GET."""
    page = f"/d/{node.code}/{entity.plugin}/{entity.name}"
    program = f"/api/v1/d/{node.code}/{entity.plugin}/{entity.name}"
    yield "view", f"{page}/", False
    yield "view", f"{page}/{record_id}", True
    yield "view", f"{page}/print", False
    yield "view", f"{page}/{record_id}/print", True
    yield "view", program, False
    yield "view", f"{program}/{record_id}", True
    for document in documents.offered(entity, node, entity.model.get_or_none(entity.model.id == record_id)):
        yield "view", f"{page}/{record_id}/form/{document.name}", True
    if "create" in entity.actions:
        yield "create", f"{page}/new", False
    if "edit" in entity.actions:
        yield "edit", f"{page}/{record_id}/edit", True
    if "import" in entity.actions:
        yield "import", f"{page}/import", False


def check_faces(world: World) -> list[str]:
    """Each face of each entity answers a role that has the permission, in its scope, and nobody else."""
    found = []
    for entity in world.entities:
        record = world.create(entity)
        home = world.place(record.division_id) if entity.division else world.home(entity)
        for role in (*world.manifest.roles, None):
            found += _check_role(world, entity, record, home, role)
        found += [*_check_nobody(world, entity, record, home), *_check_words(world, entity, record, home)]
    return found


def _check_words(world: World, entity: Entity, record: Any, home: Node) -> Iterator[str]:
    """The Word files of a record are in order for Word and WPS."""
    fresh = entity.model.get_or_none(entity.model.id == record.id)
    for role in world.manifest.roles:
        at = _place_for(world, role, home)
        if at is None or role.department or entity.permission("view") not in role.permissions:
            continue
        for document in documents.offered(entity, at, fresh):
            if documents.has_word(document, at):
                path = f"/d/{at.code}/{entity.plugin}/{entity.name}/{record.id}/form/{document.name}.docx"
                answer = world.browser(role.key, at).get(path)
                if answer.status_code == 200:
                    yield from (f"the Word file of {document.key}: {fault}" for fault in word_files.faults(answer.data))
                elif answer.status_code != 501:  # docxtpl is not installed
                    yield f"the Word file of {document.key} answers {answer.status_code}"
        return


def _check_role(world: World, entity: Entity, record: Any, home: Node, role: Role | None) -> list[str]:
    at = _place_for(world, role, home)
    if at is None or (role is not None and role.department):
        return []  # a role within a department sees what that department handles: the engine's checks cover it
    who = f"role {role.key}" if role else "an account without role"
    held = role.permissions if role else ()
    browser = world.browser(role.key if role else None, at)
    found = []
    for action, path, _single in addresses(entity, at, record.id):
        status = browser.get(path).status_code
        allowed = entity.permission(action) in held
        if allowed and status != 200:
            found.append(f"{who} may {action} {entity.key}, but {_short(path)} answers {status}")
        if not allowed and status not in HIDDEN:
            found.append(f"{who} may not {action} {entity.key}, but {_short(path)} answers {status}")
    return found + _check_outside(world, entity, record, role, home)


def _check_outside(world: World, entity: Entity, record: Any, role: Role | None, home: Node) -> list[str]:
    """The same role in another county sees nothing of the record, in lists neither."""
    if role is None or entity.division is None:
        return []
    at = _twin(world, role)
    if at is None:
        return []
    browser = world.browser(role.key, at)
    found = []
    for node in (home, world.tree.city):
        for _action, path, single in addresses(entity, node, record.id):
            answer = browser.get(path)
            if single and answer.status_code not in HIDDEN:
                found.append(f"role {role.key} in {at.name} reaches a record of {home.name}: {_short(path)} "
                             f"answers {answer.status_code}")
            elif answer.status_code == 200 and path.startswith("/api/") and _listed(answer.get_data(), record.id):
                found.append(f"role {role.key} in {at.name} finds a record of {home.name} in the list {_short(path)}")
    return found


def _listed(body: bytes, record_id: int) -> bool:
    answer = json.loads(body)
    rows = answer.get("items") or answer.get("data") or [] if isinstance(answer, dict) else answer
    return any(isinstance(row, dict) and row.get("id") == record_id for row in rows)


def _check_nobody(world: World, entity: Entity, record: Any, home: Node) -> list[str]:
    browser = Browser(world.app)
    found = []
    for action, path, _single in addresses(entity, home, record.id):
        answer = browser.get(path)
        to_login = answer.status_code in (302, 303) and "/login" in answer.headers.get("Location", "")
        if not to_login and answer.status_code != 401:
            found.append(f"{action} {entity.key} without login: {_short(path)} answers {answer.status_code}")
    return found


def _place_for(world: World, role: Role | None, home: Node) -> Node | None:
    """Return the highest division on the way to ``home`` on which the role may be held."""
    if role is None or not role.levels:
        return world.tree.county
    return next((node for above in home.path if (node := world.place(above)).level in role.levels), None)


def _twin(world: World, role: Role) -> Node | None:
    """Return a division of the other county on which the role may be held."""
    from grid321.core import snapshot

    below = snapshot.current().tree.subtree(world.tree.other_county)
    return next((node for node in below if not role.levels or node.level in role.levels), None)


def _short(path: str) -> str:
    return "/" + "/".join(path.strip("/").split("/")[-4:])


def check_off(world: World) -> list[str]:
    """Switched off for a town, the plugin is gone there at once: pages, API, menu, jobs; elsewhere and in store it stays."""
    found = []
    town, elsewhere = world.tree.town, world.tree.other_town
    browser = _everything(world)
    records = {entity.key: world.create(entity) for entity in world.entities}
    before = {entity.key: entity.model.select().count() for entity in world.entities}
    for entity in world.entities:
        if browser.get(f"/d/{town.code}/{entity.plugin}/{entity.name}/").status_code != 200:
            found.append(f"{entity.key}: the list does not answer while the plugin is on")
    switches.turn(world.key, town, False)
    try:
        for method, path in _routes(world, town, records):
            answer = browser.post(path) if method == "POST" else browser.open(
                path, method=method, headers={"X-CSRF-Token": browser.csrf})
            if answer.status_code != 404:
                found.append(f"off, but {method} {path} answers {answer.status_code}")
        start = browser.get(f"/d/{town.code}/", follow_redirects=True)
        if f"/d/{town.code}/{world.key}/" in start.get_data(as_text=True):
            found.append("off, but the start page links to it")
        found += _check_jobs(world, town)
        for entity in world.entities:
            if browser.get(f"/d/{elsewhere.code}/{entity.plugin}/{entity.name}/").status_code != 200:
                found.append(f"{entity.key} is gone in a town where the plugin is on")
            if entity.model.select().count() != before[entity.key]:
                found.append(f"{entity.key}: switching off changed the stored records")
    finally:
        switches.turn(world.key, town, True)
    return found


def _everything(world: World) -> Browser:
    """Return a browser of somebody with every role that can be held in the county."""
    from grid321.core import accounts

    account = make_account("core.county_admin", world.tree.county)
    for role in world.manifest.roles:
        if not role.department:
            at = _place_for(world, role, world.tree.village)
            if at is not None:
                accounts.grant(account.id, role.key, at)
    everything = [role for role in registry().roles.values() if role.key.startswith("core.") and not role.levels]
    for role in everything:
        if role.key != "core.county_admin" and not role.department:
            accounts.grant(account.id, role.key, world.tree.county)
    return Browser.of_account(world.app, accounts.get(account.id))


def _routes(world: World, node: Node, records: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (method, path at ``node``) for every route of the plugin."""
    adapter = world.app.url_map.bind("localhost")
    for rule in world.app.url_map.iter_rules():
        mark = access.mark_of(world.app.view_functions[rule.endpoint])
        if mark is None or mark.plugin != world.key or "code" not in rule.arguments:
            continue
        record = records.get(rule.endpoint.partition(":")[0])
        values = {name: node.code if name == "code" else getattr(record, "id", 1) if name.endswith("id") else "1"
                  for name in rule.arguments}
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            try:
                yield method, adapter.build(rule.endpoint, values, method=method)
            except BuildError:  # a converter that takes neither: try a number
                yield method, adapter.build(rule.endpoint, {**values, **dict.fromkeys(
                    rule.arguments - {"code"}, 1)}, method=method)


def _check_jobs(world: World, node: Node) -> list[str]:
    found = []
    for key in registry().jobs:
        if key.startswith(f"{world.key}."):
            try:
                jobs.enqueue(key, {}, SYSTEM, node)
            except Problem:
                continue
            found.append(f"off, but the job {key} was taken")
    return found
