"""A real Chromium against the served application. Every page is watched: nothing may break the security policy.

Needs Debian's ``chromium`` (or ``GRID321_CHROMIUM``) with CJK fonts; no browser is downloaded.
"""

from __future__ import annotations

import contextvars
import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

CHROMIUM = os.environ.get("GRID321_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync",
             "--host-resolver-rules=MAP *.grid321.test 127.0.0.1"]
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
PHONE, DESK = 390, 1280
expect.set_options(timeout=10_000)

# Needs a browser that `make old-browser` fetches first; a test that is skipped fails the run.
collect_ignore = [] if os.environ.get("GRID321_CHROMIUM86") else ["test_chromium86.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is here: it drives a browser, and once is enough, whatever the database."""
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.once)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return one browser for the session."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def plugin_modules() -> list[Any]:
    """The application of these tests carries the core and the grids."""
    from grid321.plugins import grid

    return [grid]


@dataclass
class Served:
    """The application on a free port, with browsers on it."""

    app: Any
    url: str
    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def open(self, *, account: Any = None, width: int = DESK, theme: str = "default", lang: str = "zh",
             script: bool = True) -> Page:
        """Return a new window; with `account`, somebody is logged in there. Faults of its pages are collected."""
        from grid321.core import i18n, sessions, themes

        context = self.chromium.new_context(
            viewport={"width": width, "height": 844 if width < 600 else 900}, locale="zh-CN", timezone_id="Asia/Shanghai",
            java_script_enabled=script, base_url=self.url, accept_downloads=True)
        cookies = {themes.THEME_COOKIE: theme, i18n.LANGUAGE_COOKIE: lang}
        if account is not None:
            cookies[sessions.COOKIE] = sessions.start(account.id)
        context.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in cookies.items()])
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: self._note(page, message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._note(page, str(error)))
        return page

    def _note(self, page: Page, text: str) -> None:
        # The browser logs an answer of status 4xx as an error; tests of refusals ask for exactly that.
        # On a plain-HTTP intranet it says that one header protects secure origins only.
        if "Failed to load resource" not in text and "Cross-Origin-Opener-Policy header has been ignored" not in text:
            self.faults.append(f"{page.url}: {text}")

    def close(self) -> None:
        """Close every window."""
        for context in self.contexts:
            context.close()


@pytest.fixture
def served(app: Any, chromium: Browser) -> Iterator[Served]:
    """Return the application on a free loopback port; no page of it may have broken policy or script."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    def isolated(environ: Any, start: Any) -> Any:
        return contextvars.Context().run(app.wsgi_app, environ, start)

    server = make_server("127.0.0.1", 0, isolated, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site = Served(app, f"http://127.0.0.1:{server.server_port}", chromium)
    yield site
    site.close()
    server.shutdown()
    thread.join(5)
    assert site.faults == []


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """Return ``axe(page)``: what axe-core finds serious or critical on the page, one line each; with ``rules`` only by those,
    with ``where`` only in that element."""
    def run(page: Page, rules: tuple[str, ...] | None = None, where: str = "document") -> list[str]:
        # Through the debugger, because the page's own policy rightly forbids a foreign script.
        if page.evaluate("typeof axe") == "undefined":
            session = page.context.new_cdp_session(page)
            session.send("Runtime.evaluate", {"expression": AXE})
            session.detach()
        found = page.evaluate("""([rules, where]) => axe.run(where === 'document' ? document : where,
                              {resultTypes: ['violations'], ...(rules ? {runOnly: rules} : {})})""", [rules, where])
        return [f"{one['impact']} {one['id']}: {node['target']} {node['failureSummary'][:200]}"
                for one in found["violations"] if one["impact"] in {"serious", "critical"} for node in one["nodes"]]

    return run


@dataclass
class County:
    """A county in use: the accounts of the flow by what they are, and reports in several states."""

    tree: Any
    grid: Any
    office: Any
    accounts: dict[str, Any]
    reports: dict[str, Any]


GRIDS = ("第一网格", "第二网格")
REPORT = {"kind": "ledger", "ledger_class": "safety", "place": "3号楼西侧", "reporter_phone": "13800138000"}
TEXTS = ("3号楼消防通道被杂物堵住。请尽快清理。", "三组河堤护栏损坏，孩子放学经过有危险。",
         "李家湾自建房超高一层，存在安全隐患。", "强降雨后通村路塌方两处，车辆无法通行。")
BOUNDARY = {"type": "Polygon",
            "coordinates": [[[109.0, 32.7], [109.02, 32.7], [109.025, 32.715], [109.005, 32.72], [109.0, 32.7]]]}
QUORUM = {"chair": "王建国", "expected": 7, "present": 6, "attendees": "支部委员、村委委员共6人"}


@pytest.fixture
def county(staged: Any, division_tree: Any, switch_on: Any, make_account: Any) -> County:
    """Return a county whose town 五里镇 uses the grids, with people and matters at every station of the way."""
    found: County = staged(county_in_use, division_tree, switch_on, make_account)
    return found


def county_in_use(division_tree: Any, switch_on: Any, make_account: Any) -> County:
    """Return a county whose town 五里镇 uses the grids, with people and matters at every station of the way."""
    from grid321.core import access, records
    from grid321.core.registry import registry

    switch_on("grid", division_tree.county)
    known = registry()
    office = records.create(known.entity("core.department"), {"name": "应急管理办", "kind": "office"}, access.SYSTEM,
                            division_tree.town)
    grids = [records.create(known.entity("grid.grid"), {
        "village_id": division_tree.village.id, "name": name, "kind": "basic", "subject": "", "households": 80, "people": 260,
        "boundary": BOUNDARY, "coordinates": "cgcs2000"}, access.SYSTEM, division_tree.village) for name in GRIDS]
    place = division_tree.node(grids[0].code)
    accounts = {who: make_account(role, where, department, "correct-horse-battery") for who, role, where, department in (
        ("admin", "core.county_admin", division_tree.county, None), ("worker", "grid.worker", place, None),
        ("secretary", "grid.village_secretary", division_tree.village, None),
        ("officer", "grid.town_officer", division_tree.town, None),
        ("county", "grid.county_officer", division_tree.county, None),
        ("clerk", "grid.department_clerk", division_tree.town, office))}
    found = County(division_tree, grids[0], office, accounts, {})
    steps = {"new": (), "handling": (("secretary", "accept", {}),),
             "received": (("secretary", "accept", {}), ("secretary", "study", {}), ("secretary", "send_up", {})),
             "answered": (("secretary", "solve_on_spot", {"text": "已现场处理。", "outcome": "solved"}),)}
    for text, (name, path) in zip(TEXTS, steps.items(), strict=True):
        found.reports[name] = _walk(found, text, place, path)
    return found


def _walk(county: County, text: str, place: Any, steps: Any) -> Any:
    from grid321.core import access, db, engine, meeting_decisions, records, schemas, snapshot
    from grid321.core.registry import registry

    entity = registry().entity("grid.report")
    actor = access.actor_of(county.accounts["worker"].id)
    data = schemas.load(entity.schema, {**REPORT, "text": text, "division": place.code}, node=place, actor=actor)
    case = records.create(entity, data, actor, place)
    for who, key, answers in steps:
        actor = access.actor_of(county.accounts[who].id)
        transition = engine.workflow_for(entity, case).transition(key)
        asks = transition.asks
        if transition.meeting:
            item = {"entity": entity.key, "record_id": case.id, "decision": key}
            meeting_decisions.record(snapshot.current().tree.get(case.holder_id), transition.meeting[0], db.local_day(), [item],
                                     **QUORUM)
        data = schemas.load_many(asks, answers, node=county.tree.county, actor=actor) if asks else {}
        case = engine.perform(entity, case.id, key, data, actor, case.version, county.tree.county).record
    return case
