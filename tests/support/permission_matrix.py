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

A role with ``~beside`` is the same role held by somebody else at the same place: a deputy who raised none of the suggestions
there, a clerk of a unit that handles none of the cases.
"""
from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from grid321.core import accounts
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser, make_account

from .permission_asker import AT_THE_GATE, Asker
from .permission_ground import PLACES, Ground, addresses, plugins, prepare

__all__ = ["CELLS", "CSV", "EVERYWHERE", "HEAD", "NOBODY", "NO_ROLE", "differences", "plugins", "prepare", "read", "roles",
           "routes", "walk", "write"]
CSV = Path(__file__).resolve().parents[1] / "core" / "permission_matrix.csv"
CELLS = ("own", "sibling", "other", "stray", "absent")
HEAD = ("method", "rule", "roles", *CELLS)
NOBODY, NO_ROLE, BESIDE = "anonymous", "no-role", "~beside"
DEPUTY = "core.deputy"
Answers = tuple[str, ...]
EVERYWHERE = frozenset({"/d/<code>/liaison_station/at/<plate>", "/d/<code>/liaison_station/at/<plate>/plan"})
"""Addresses that lead everybody on to where the record is by now: a plate on a door was engraved once, and a town may come to
another county."""


# -- walking ---------------------------------------------------------------------------------------------------------

def routes(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Every (method, rule) but HEAD and OPTIONS, in a fixed order."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule


def roles() -> list[str]:
    """Nobody, an account without role, every declared role, and again those that reach only what is one's own."""
    return [NOBODY, NO_ROLE, *sorted([*registry().roles, *(
        f"{role.key}{BESIDE}" for role in registry().roles.values() if role.department or role.key == DEPUTY)])]


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
    key, beside = role.removesuffix(BESIDE), int(role.endswith(BESIDE))
    known = registry().roles.get(key)
    unit = ground.units["own"][beside] if known is not None and known.department else None
    account = make_account(known.key if known is not None else None, ground.division("own", level_of(key)), unit)
    if key == DEPUTY:
        accounts.Account.update(person_id=ground.deputies["own"][beside]).where(accounts.Account.id == account.id).execute()
        account = accounts.get(account.id)
    return Browser.of_account(ground.app, account)


def walk(ground: Ground, role: str, only: str | None = None) -> dict[tuple[str, str], Answers]:
    """(method, rule) → the five answers that ``role`` gets; ``only`` walks one rule."""
    with Asker(ground.app, browser_of(ground, role)) as asker:
        walker = Walker(ground, role, asker)
        found = {(method, rule.rule): walker.answers(method, rule)
                 for method, rule in routes(ground.app) if only in (None, rule.rule)}
    assert not walker.telling, "the answer tells who exists:\n" + "\n".join(walker.telling)
    return found


class Walker:
    """One role on its way through the routes."""

    def __init__(self, ground: Ground, role: str, asker: Asker) -> None:
        self.ground, self.role, self.asker = ground, role, asker
        self.level = level_of(role.removesuffix(BESIDE))
        self.telling: list[str] = []

    def answers(self, method: str, rule: Rule) -> Answers:
        """The five answers. What is out of reach must read exactly like what does not exist."""
        asked = addresses(self.ground, rule, self.level)
        found = {place: self.asker.ask(method, asked.of[place]) for place in PLACES if place in asked.of}
        if found["own"][1] == AT_THE_GATE:  # which sees no record: for every record alike
            found |= {cell: found["own"] for cell in ("stray", "absent") if cell in asked.of}
        else:
            found |= {cell: self.asker.ask(method, asked.of[cell]) for cell in ("stray", "absent") if cell in asked.of}
            told = found.get("stray") != found.get("absent") and rule.rule not in EVERYWHERE
            if found["own"][0] == "open":
                told |= any(self.asker.ask(method, mixed) != self.asker.ask(method, none) for mixed, none in asked.mixed)
            if told:
                self.telling.append(f"{method} {rule.rule} as {self.role}: {found.get('stray')} {found.get('absent')}")
        return tuple(found[cell][0] if cell in found else "-" for cell in CELLS)


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
