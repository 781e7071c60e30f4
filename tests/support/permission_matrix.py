"""Walks every route as every role, inside and outside of what the role reaches, and notes how it is answered.

What is answered is compared with ``tests/core/permission_matrix.csv``, which people have read; ``tools/permission_matrix.py``
writes that file. Nothing here looks at the marks of the views: a forgotten mark must show as a difference.

The cells of a line, each by the same role that is held on one division:

own      the address of that division, a record inside it
sibling  the address of a division of the same level beside it, a record there
other    the same in another county
stray    the address of the own division, the record of the sibling
absent   the address of the own division, a record that does not exist

An answer is ``open`` (the request passed; it may still be refused for its content), ``forbidden`` (403), ``absent`` (404) or
``login`` (401, or led to the login page). A route without a record has no ``stray`` and ``absent``: ``-``.
"""
from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from grid321.core import accounts, attachments, db, documents, sessions, snapshot
from grid321.core.access import SYSTEM
from grid321.core.clock import Deadline
from grid321.core.conformance.world import World
from grid321.core.db import Case
from grid321.core.entity import Entity
from grid321.core.jobs import JobRun
from grid321.core.links import RecordLink
from grid321.core.notify_rows import Delivery
from grid321.core.people import Department
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser, make_account
from grid321.core.testing_tree import DivisionTree
from grid321.core.transfer_tables import ImportBatch
from grid321.core.tree import Node

CSV = Path(__file__).resolve().parents[1] / "core" / "permission_matrix.csv"
CELLS = ("own", "sibling", "other", "stray", "absent")
PLACES = ("own", "sibling", "other")
HEAD = ("method", "rule", "roles", *CELLS)
NOBODY, NO_ROLE = "anonymous", "no-role"
ABSENT_ID = 987_654_321
RECORD_NAMES = {"id", "record_id", "account_id"}
INNER_NAMES = {"correction_id", "delivery_id", "batch_id", "run_id", "file_id", "post_id", "grant_id", "deadline_id", "clock_id"}
TEXTS = {"language": "en", "way": "webhook", "text_key": "case.overdue",
         "theme_id": "default", "filename": "core/app.css", "action": "unlock", "plugin": "grid",
         "scheme": "grid.ledger_class", "item": "1", "kind": "rename", "day": "2026-01-01",
         "month": "2026-01", "version": "2", "preset": "henan_2017",
         "ending": "json", "service_code": "roads", "service_request_id": "0" * 32, "token": "A" * 22,
         "source": "matter"}
Line = tuple[str, str, str]
Answers = tuple[str, ...]


@dataclass
class Ground:
    """A county with the same records in two towns and in another county.

    ``records[place]`` holds ids by entity key; ``inner[place]`` ids of what hangs on them (files, imports, jobs, clocks)
    by entity key and name.
    """

    app: Flask
    tree: DivisionTree
    grids: dict[str, Node]
    records: dict[str, dict[str, int]]
    inner: dict[str, dict[tuple[str, str], int]]
    offices: dict[str, int]

    def division(self, place: str, level: str) -> Node:
        """The division of that level at a place; for a county the place beside it is the other county."""
        tree = snapshot.current().tree
        found = tree.at_level(self.grids["other" if place == "sibling" and level in {"county", "city"} else place], level)
        assert found is not None
        return found


PLUGINS = ("grid321.plugins.grid",)
"""The plugins whose answers are approved. ``suggestion_tracking`` is not among them yet: its routes are checked for marks."""


def plugins() -> list[ModuleType]:
    """The modules of the plugins that are walked."""
    from grid321.core.plugins import discover

    return [module for _name, module in discover() if isinstance(module, ModuleType) and module.__name__ in PLUGINS]


def prepare(app: Flask, modules: Iterable[ModuleType]) -> Ground:
    """Plant the tree and make one record of every entity, an account with a role and what hangs on them at each place."""
    tree = DivisionTree.plant()
    worlds = [World(app, module, tree, EXAMPLES) for module in modules]
    for world in worlds:
        world.furnish()
    villages = {"own": tree.village, "sibling": tree.other_village, "other": tree.node("610921100200")}
    ground = Ground(app, tree, {}, {place: {} for place in PLACES}, {place: {} for place in PLACES}, {})
    numbers = itertools.count(1)
    for place, village in villages.items():
        made = _create(worlds, registry().entity("grid.grid"), village, numbers)
        found = snapshot.current().tree.get(made.division_id)
        assert found is not None
        ground.grids[place] = found
        ground.offices[place] = int(Department.get(Department.division_id == found.path[-3]).id)
        _furnish(ground, place, registry().entity("grid.grid"), made)
    for place, grid in ground.grids.items():
        for entity in registry().entities.values():
            if entity.key not in ground.records[place]:
                _furnish(ground, place, entity, _create(worlds, entity, grid, numbers))
        _account(ground, place, grid)
    return ground


EXAMPLES: dict[str, dict[str, Any]] = {"core.post": {"kind": "grid_worker", "department": None, "to_day": None}}
"""Values where the generic examples do not fit at a grid."""


def _create(worlds: list[World], entity: Entity, node: Node, numbers: Iterator[int]) -> Any:
    world = next((one for one in worlds if one.key == entity.plugin), worlds[0])
    world.numbers = numbers
    tree = snapshot.current().tree  # a meeting is not held by a grid: the nearest level above that may have such a record
    fitting = [place for place in map(tree.get, reversed(node.path)) if place and place.level in (entity.levels or (node.level,))]
    return world.create(entity, fitting[0] if fitting else node)


def _furnish(ground: Ground, place: str, entity: Entity, record: Any) -> None:
    """Note a record and give it a file, an import, an export and a job; a case is handed to the town's office."""
    grid, inner = ground.grids[place], ground.inner[place]
    ground.records[place][entity.key] = int(record.id)
    if issubclass(entity.model, Case):
        entity.model.update(department_id=ground.offices[place]).where(entity.model.id == record.id).execute()
        clock = int(Deadline.get((Deadline.entity == entity.key) & (Deadline.record_id == record.id)).id)
        inner[entity.key, "deadline_id"] = inner[entity.key, "clock_id"] = clock
    inner[entity.key, "other_id"] = int(record.id)
    inner[entity.key, "link_id"] = int(RecordLink.create(from_entity=entity.key, from_id=record.id, to_entity=entity.key,
                                                         to_id=record.id, kind="related").id)
    picture = attachments.Clean("note.txt", "text/plain", b"example")
    inner[entity.key, "file_id"] = attachments.add(entity, record, [picture], SYSTEM, grid)[0]
    inner[entity.key, "batch_id"] = int(ImportBatch.create(
        entity=entity.key, division_id=grid.id, file_name="x.xlsx", file_hash="0" * 64, columns=[]).id)
    inner["core", "delivery_id"] = int(Delivery.create(
        slot=db.new_uid(), target="webhook:1", division_id=grid.id, state="dead").id)
    inner["core", "run_id"] = int(JobRun.create(key="core.import", division_id=grid.id).id)


def _account(ground: Ground, place: str, grid: Node) -> None:
    account = make_account("core.staff", grid)
    ground.records[place]["core.account"] = account.id
    held = accounts.RoleGrant.get(accounts.RoleGrant.account_id == account.id)
    ground.inner[place]["core", "grant_id"] = int(held.id)
    ground.inner[place]["grid", "post_id"] = ground.records[place]["core.post"]


# -- walking ---------------------------------------------------------------------------------------------------------

def routes(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Every (method, rule) but HEAD and OPTIONS, in a fixed order."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


def roles() -> list[str]:
    """Nobody, an account without role, and every declared role."""
    return [NOBODY, NO_ROLE, *sorted(registry().roles)]


def level_of(role: str) -> str:
    """The level at which a role is tried: the lowest it is meant for, a town for one that is meant for any."""
    known = registry().roles.get(role)
    levels = known.levels if known is not None else ()
    return next((level for level in ("grid", "village", "town", "county") if level in levels), "town")


def browser_of(ground: Ground, role: str) -> Browser:
    """A browser in which an account with ``role`` on its own division is logged in."""
    if role == NOBODY:  # with the token of the login form, so that not only the check for forged requests stops it
        browser = Browser(ground.app)
        found = re.search(r'name="_csrf" value="([^"]+)"', browser.get("/login").text)
        assert found is not None
        browser.csrf = found[1]
        return browser
    node = ground.division("own", level_of(role))
    known = registry().roles.get(role)
    department = ground.offices["own"] if known is not None and known.department else None
    account = make_account(known.key if known is not None else None, node, department)
    return Browser.of_account(ground.app, account)


def walk(ground: Ground, role: str, only: str | None = None) -> dict[tuple[str, str], Answers]:
    """(method, rule) → the five answers that ``role`` gets; ``only`` walks one rule."""
    walker = Walker(ground, role)
    found = {(method, rule.rule): walker.answers(method, rule)
             for method, rule in routes(ground.app) if only in (None, rule.rule)}
    assert not walker.telling, "the answer tells who exists:\n" + "\n".join(walker.telling)
    return found


class Walker:
    """One role on its way through the routes."""

    def __init__(self, ground: Ground, role: str) -> None:
        self.ground, self.role, self.level = ground, role, level_of(role)
        self.browser = browser_of(ground, role)
        found = self.browser.client.get_cookie(sessions.COOKIE)
        self.token = found.value if found is not None else ""
        self.telling: list[str] = []

    def answers(self, method: str, rule: Rule) -> Answers:
        """The five answers. What is out of reach must read exactly like what does not exist."""
        texts: dict[str, str] = {}
        cells = tuple(self._cell(method, rule, cell, texts) for cell in CELLS)
        if cells[3] != cells[4] or texts.get("stray") != texts.get("absent"):
            self.telling.append(f"{method} {rule.rule} as {self.role}")
        return cells

    def _cell(self, method: str, rule: Rule, cell: str, texts: dict[str, str]) -> str:
        values = _place(self.ground, self.level, rule, cell)
        if values is None:
            return "-"
        if self.token:  # logging out and the like must not change who walks on
            self.browser.client.set_cookie(sessions.COOKIE, self.token)
        response = _send(self.browser, method, rule, values)
        texts[cell] = re.sub(r"[0-9]+", "0", response.text if response.status_code == 404 else "")
        return _answer(response)


def _place(ground: Ground, level: str, rule: Rule, cell: str) -> dict[str, Any] | None:
    """The values of the address for one cell, None for a cell that the route does not have."""
    if "code" not in rule.arguments and cell in PLACES[1:]:
        return None
    recorded = bool((RECORD_NAMES | INNER_NAMES) & rule.arguments)
    if cell in CELLS[3:] and not (recorded and "code" in rule.arguments):
        return None
    place = {"stray": "own", "absent": "own"}.get(cell, cell)
    records = {"stray": "sibling"}.get(cell, place)
    if cell == "stray" and level in {"county", "city"}:
        records = "other"
    return _values(ground, rule, ground.division(place, level), records, exists=cell != "absent")


def _values(ground: Ground, rule: Rule, node: Node, records: str, *, exists: bool) -> dict[str, Any]:
    owner = rule.endpoint.partition(":")[0] if ":" in rule.endpoint else rule.endpoint.partition(".")[0]
    records_here, inner = ground.records[records], ground.inner[records]
    values: dict[str, Any] = {}
    for name in rule.arguments:
        if name == "code":
            values[name] = node.code
        elif name in TEXTS:
            values[name] = TEXTS[name]
        elif not name.endswith("id"):
            values[name] = _text(rule, name)
        elif not exists:
            values[name] = ABSENT_ID
        elif (owner, name) in inner:
            values[name] = inner[owner, name]
        elif name in RECORD_NAMES:
            values[name] = records_here[{"core": "core.account", "grid": "grid.grid",
                                         "suggestion_tracking": "suggestion_tracking.matter"}.get(owner, owner)]
        else:
            values[name] = ABSENT_ID
    return values


def _text(rule: Rule, name: str) -> str:
    if name == "form":  # one that a record has from its beginning
        found = documents.declared(registry(), registry().entity(rule.endpoint.rpartition(":")[0]))
        return next((one.name for one in found if one.when is None), found[-1].name)
    if "workflow" in rule.endpoint and name in {"key", "version"}:
        return {"key": "grid.handling", "version": "2"}[name]
    if name == "measure":
        return next(iter(registry().measures))
    workflow = registry().workflow_of(rule.endpoint.rpartition(":")[0])
    if workflow is not None:
        return str(workflow.transitions[0].key)
    return "core.session_idle_minutes"


def _send(browser: Browser, method: str, rule: Rule, values: dict[str, Any]) -> TestResponse:
    """Send the request inside a transaction that is rolled back: every request finds the same world."""
    _domain, path = rule.build(values)  # type: ignore[misc]
    headers = {"X-CSRF-Token": browser.csrf, "Sec-Fetch-Site": "same-origin", "If-Match": '"1"'}
    options: dict[str, Any] = {"method": method, "headers": headers}
    if method != "GET":
        body = {"text": "x"} if path.endswith("/comments") else {}
        options |= {"json": body} if path.startswith("/api/") else {"data": {"_csrf": browser.csrf}}
    with db.database.atomic() as change:
        try:
            return browser.open(path, **options)
        finally:
            change.rollback()


def _answer(response: TestResponse) -> str:
    status = response.status_code
    if status >= 500:
        return f"error {status}"
    if status == 401 or (status in {302, 303} and response.headers["Location"].startswith("/login")):
        return "login"
    return {403: "forbidden", 404: "absent"}.get(status, "open")


# -- the file --------------------------------------------------------------------------------------------------------

def read(path: Path = CSV) -> dict[tuple[str, str], dict[str, Answers]]:
    """(method, rule) → role → answers, as people have approved them."""
    found: dict[tuple[str, str], dict[str, Answers]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            line = found.setdefault((row["method"], row["rule"]), {})
            for role in row["roles"].split():
                assert role not in line, f"{row['method']} {row['rule']}: {role} stands there twice"
                line[role] = tuple(row[cell] for cell in CELLS)
    return found


def write(answers: dict[str, dict[tuple[str, str], Answers]], path: Path = CSV) -> int:
    """Write role → (method, rule) → answers, roles with equal answers on one line; returns the number of lines."""
    lines: dict[tuple[str, str], dict[Answers, list[str]]] = {}
    for role, found in answers.items():
        for key, cells in found.items():
            if any(cell.startswith("error") for cell in cells):
                raise ValueError(f"{' '.join(key)} as {role}: {' '.join(cells)}")
            lines.setdefault(key, {}).setdefault(cells, []).append(role)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for (method, rule), groups in sorted(lines.items(), key=lambda item: (item[0][1], item[0][0])):
            for cells, together in sorted(groups.items(), key=lambda item: item[1]):
                writer.writerow((method, rule, " ".join(together), *cells))
                count += 1
    return count


def differences(found: dict[str, dict[tuple[str, str], Answers]],
                approved: dict[tuple[str, str], dict[str, Answers]]) -> list[str]:
    """Each cell that is answered otherwise than approved, each route without a line, each line without a route."""
    lines = []
    for role, answers in found.items():
        for key, cells in answers.items():
            wanted = approved.get(key, {}).get(role)
            if wanted != cells:
                lines.append(f"{' '.join(key)} as {role}: {' '.join(cells)}, approved: {' '.join(wanted or ['nothing'])}")
    walked = {key for answers in found.values() for key in answers}
    return lines + [f"{' '.join(key)}: there is no such route any more" for key in sorted(set(approved) - walked)]
