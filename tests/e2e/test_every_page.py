"""Every page there is, found in the map of addresses: accessible, within its frame, within its policy, in every look.

The records come from the ground of the permission matrix, so a new page of the core or of a plugin is looked at without a line
here; one that shows nothing there fails the test until it is made in ``page_ground`` or named in ``ELSEWHERE``. The pages that
every record has (list, detail, forms …) share their templates: each is looked at in one theme, the kinds of records taking turns,
so that every such page is seen in every theme. A page of its own is looked at in the first look and in large print, and in half
of the cases in red.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import page_ground, permission_matrix
from support.permission_ground import Ground, addresses, prepare
from werkzeug.routing import Rule

LOOKS = (("default", "zh"), ("gov_red", "en"), ("elder", "zh"))
WIDTHS = (1280, 390)
LEVELS = ("town", "grid", "village", "county")
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT = """Array.from(document.querySelectorAll('.sheet-table'))
    .filter(one => one.scrollWidth > one.clientWidth).length"""
#: What the themes differ in: colours. The rest of axe's rules is asked once.
COLOURS = ("color-contrast",)
#: Pages of every kind of records on which its own fields stand; the others of such pages differ in nothing but a name.
OWN_FIELDS = frozenset({"list", "detail", "new", "edit", "form"})
#: Addresses that are not looked at, by what is asked of every kind of records or by endpoint, and why; none that is.
ELSEWHERE = {
    "export_file": "a download", "import_marked": "a download", "core:redating_file": "a download",
    "do": "a step of this state; each other step of a kind is a page here", "link": "what only the system writes is not linked",
    "core:home": "leads on", "core:language": "leads on", "core:theme": "leads on", "core:mail_confirm": "leads on",
    "core:totp_remove": "leads on", "core:inbox_open": "leads on",
    "core:workflow_move": "held at the whole deployment alone: see test_version_pages",
    "core:workflow_publish": "held at the whole deployment alone: see test_version_pages",
    "suggestion_tracking.open311_request": "no page",
}
#: Pages in another state than the one that the map leads to.
MORE = (("list, nothing found", "grid/report/?q=nothing"), ("list, filtered", "grid/report/?state=reported&q=a"),
        ("search", "core/search?q=a"),
        ("a step's form", "suggestion_tracking/matter/{suggestion_tracking.matter}/do/accept_town"))


@dataclass(frozen=True)
class Page:
    """A page to look at: its rule, its address, whether without an account, and whether every kind of records has it."""

    rule: str
    path: str
    public: bool
    shared: str


@pytest.fixture
def plugin_modules() -> list[Any]:
    """Every installed plugin."""
    return permission_matrix.plugins()


@pytest.fixture
def everything(app: Any, plugin_modules: list[Any]) -> tuple[Ground, Any]:
    """The county with a record of each kind, and an account that may do everything there."""
    from grid321.core import accounts, db, snapshot
    from grid321.core.registry import registry
    from grid321.core.testing_browser import make_account

    ground = prepare(app, plugin_modules)
    account = make_account("core.county_admin", ground.tree.county, None)
    with db.transaction():
        for role, level in itertools.product(registry().roles.values(), LEVELS):
            accounts.RoleGrant.create(
                account_id=account.id, role=role.key, division_id=ground.division("own", level).id, from_day=db.local_day(),
                department_id=ground.units["own"][0] if role.department else None)
        accounts.Account.update(person_id=ground.deputies["own"][0]).where(accounts.Account.id == account.id).execute()
        snapshot.bump()
    return ground, account


def pages(ground: Ground, account: Any, made: list[Page], missing: list[Rule]) -> Iterator[Page]:
    """Every page of the map and those in ``made``; addresses that answer with none are noted in ``missing``."""
    from grid321.core import sessions

    known, nobody = ground.app.test_client(), ground.app.test_client()
    known.set_cookie(sessions.COOKIE, sessions.start(account.id))
    for rule in sorted(ground.app.url_map.iter_rules(), key=lambda one: one.rule):
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(("/api/v1/", "/static/")):
            continue
        for level in LEVELS if "code" in rule.arguments else LEVELS[:1]:
            path = addresses(ground, rule, level).of["own"]
            public = nobody.get(path)
            answer = public if public.status_code == 200 else known.get(path)
            if answer.status_code == 200:
                break
        if answer.status_code != 200:
            missing.append(rule)
        elif answer.mimetype == "text/html":
            yield Page(rule.rule, path, answer is public, every_kind(rule))
    town = ground.division("own", "town").code
    for name, path in MORE:
        for key, identifier in ground.records["own"].items():
            path = path.replace(f"{{{key}}}", str(identifier))
        yield Page(name, f"/d/{town}/{path}", False, "")
    yield from made


def every_kind(rule: Rule) -> str:
    """What a page is that every kind of records has (list, detail …); empty for a page of its own."""
    owner, _colon, name = rule.endpoint.partition(":")
    return name if owner != "core" and "." in owner else ""


def share(found: list[Page], look: int) -> Iterator[tuple[Page, str]]:
    """The pages to look at in one look, and what axe is asked there: ``all`` its rules, the ``colours``, or nothing.

    Every page is seen in the first look and in large print, which is the widest; of the colours in between, every second one.
    """
    turn: dict[str, int] = {}
    for number, page in enumerate(found):
        if page.shared:
            turn[page.shared] = here = turn.get(page.shared, -1) + 1
            if here % len(LOOKS) == look and (here < len(LOOKS) or page.shared in OWN_FIELDS):
                yield page, "all" if here < len(LOOKS) else ""
        elif look == 0:
            yield page, "all"
        elif look == 2 or number % 2:
            yield page, "colours" if number % 4 == (1, 1, 2)[look] else ""


@pytest.mark.parametrize("look", range(len(LOOKS)), ids=[f"{theme}-{lang}" for theme, lang in LOOKS])
def test_every_page_is_accessible_and_fits(served, everything, plugin_modules, axe, look):
    ground, account = everything
    theme, lang = LOOKS[look]
    made = [Page(name, path, False, "") for name, path in page_ground.more(ground, plugin_modules, account)]
    missing: list[Rule] = []
    found = list(pages(ground, account, made, missing))
    known = {*ELSEWHERE, *(page.rule for page in made)}
    unseen = {every_kind(rule) if every_kind(rule) in known else rule.endpoint for rule in missing}
    assert unseen - {page.rule for page in made} == set(ELSEWHERE), "make what the address needs, or say where it is looked at"
    windows = {public: served.open(account=None if public else account, theme=theme, lang=lang) for public in (True, False)}
    faults: list[str] = []
    for page, rules in share(found, look):
        faults += [f"{page.rule}: {fault}" for fault in looked_at(windows[page.public], page, axe if rules else None,
                                                                   COLOURS if rules == "colours" else None)]
    assert faults == []


def looked_at(window: Any, page: Page, axe: Any, rules: tuple[str, ...] | None) -> Iterator[str]:
    """What is wrong with a page: with its answer, its width on a desk and on a phone, and what axe finds."""
    window.set_viewport_size({"width": WIDTHS[0], "height": 900})
    answer = window.goto(page.path, wait_until="domcontentloaded")
    if answer.status != 200:
        yield f"status {answer.status}"
    for width in WIDTHS:  # one page, as a window that is made narrower: loading it anew shows nothing else
        window.set_viewport_size({"width": width, "height": 844 if width < 600 else 900})
        wide, cut = window.evaluate(f"[{WIDER}, {CUT}]")
        if folder := os.environ.get("GRID321_SHOTS"):
            window.screenshot(path=Path(folder) / f"{re.sub(r'[^a-z0-9_]+', '-', page.rule)}-{width}.png", full_page=True)
        if wide > 0:
            yield f"{width} px: wider than the screen by {wide}"
        if cut and page.shared == "list":
            yield f"{width} px: the last columns of the list are cut off"
    if axe is not None:
        yield from axe(window, rules, "document" if page.shared else "main")
