"""Measures the pages of matters and suggestions: beside bare pages through the same servers, and for growth in this process.

Through the servers (``servers.py``, as for the core's lists) the platform and the bare application take turns, round by round: a
ratio is that of the pages per second. A search is timed in this process, as the core's searches are. What a page costs with more
rows is the processor time of a request, taken in this process before and after the filling.
"""
from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from search import Texts
from servers import Clients, Server, request
from suggestions_fill import PLUGIN, County

from grid321.core import db, sessions
from grid321.core.demo.county import COUNTY

ROUNDS, SECONDS, REPEATS = 7, 0.8, 40


@dataclass(frozen=True)
class Page:
    """A page: its name, who opens it, its address, and the bare page beside it."""

    name: str
    who: str
    path: str
    bare: str = ""

    @property
    def address(self) -> str:
        """Where it is."""
        return f"/d/{COUNTY}/{PLUGIN}/{self.path}"


PAGES = (Page("Clerk's desk, county", "officer", "desk", "/desk/officer"),
         Page("Clerk's desk, a bureau", "clerk", "desk", "/desk/clerk"),
         Page("Leader's dashboard", "leader", "dashboard"),
         Page("Public list", "resident", "published", "/list"),
         Page("Public list, one class", "resident", "published?kind=water", "/list?kind=water"))
WORDS = Texts(1).words
SEARCHED = {"frequent": WORDS[:8], "middling": WORDS[60:600:60], "rare": WORDS[-300::30]}


def costs(world: County, repeats: int = REPEATS) -> dict[str, float]:
    """Milliseconds of processor time of each page, the median of many; on PostgreSQL without the database server's."""
    found: dict[str, list[float]] = {page.name: [] for page in PAGES}
    for repeat in range(-min(5, repeats), repeats):
        for page in PAGES:
            started = time.process_time()
            answer = world.browsers[page.who].get(page.address)
            if answer.status_code != 200:
                raise RuntimeError(f"{page.name}: {answer.status_code}")
            if repeat >= 0:
                found[page.name].append(1000 * (time.process_time() - started))
    return {name: statistics.median(times) for name, times in found.items()}


@dataclass
class Beside:
    """A page beside the bare one: pages per second of both, their ratio, milliseconds of processor time of both."""

    rate: float
    bare_rate: float
    ratio: float
    cpu: float
    bare_cpu: float


def beside(world: County, home: str, rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, Beside]:
    """Each page that has a bare one, measured through servers that take turns."""
    environment = {"GRID321_DATABASE": world.url, "GRID321_HOME": home}
    cookies = {who: f"g321={sessions.start(browser.account.id)}" for who, browser in world.browsers.items() if browser.account}
    db.close_thread()
    log, found = Path(home, "servers.log"), {}
    with ExitStack() as stack:
        platform = stack.enter_context(Server("platform", "grid321.core.app:create_app()", environment, "/health", log))
        bare = stack.enter_context(Server("bare", "suggestions_bare:create_app()", environment, "/list", log))
        clients = stack.enter_context(Clients())
        for page in PAGES:
            if page.bare:
                cookie = {"Cookie": cookies[page.who]} if page.who in cookies else {}
                found[page.name] = _turns(clients, (platform, request(page.address, cookie)), (bare, request(page.bare)),
                                          rounds, seconds)
    return found


def _turns(clients: Clients, ours: tuple[Server, str], bare: tuple[Server, str], rounds: int, seconds: float) -> Beside:
    for server, text in (ours, bare):
        clients.run(server, [[text]], min(0.3, seconds))
    done = [tuple(clients.run(server, [[text]], seconds) for server, text in (ours, bare)) for _round in range(rounds)]
    median = statistics.median
    return Beside(median(one.rate for one, _other in done), median(other.rate for _one, other in done),
                  median(one.rate / other.rate for one, other in done),
                  median(one.cpu_ms for one, _other in done), median(other.cpu_ms for _one, other in done))


def searches(world: County, repeats: int = 5) -> dict[str, list[float]]:
    """Milliseconds of each search in the public list, by how frequent its word is."""
    found: dict[str, list[float]] = {kind: [] for kind in SEARCHED}
    for repeat in range(-1, repeats):
        for kind, words in SEARCHED.items():
            for word in words:
                started = time.perf_counter()
                answer = world.browsers["resident"].get(f"/d/{COUNTY}/{PLUGIN}/published?q={quote(word)}")
                if answer.status_code != 200:
                    raise RuntimeError(f"{word}: {answer.status_code}")
                if repeat >= 0:
                    found[kind].append(1000 * (time.perf_counter() - started))
    return found
