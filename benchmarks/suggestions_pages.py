"""Measures the pages of matters and suggestions beside the same pages on a small county and beside bare pages.

The servers (``servers.py``, as for the core's lists) take turns, round by round: the platform on the filled county, the
platform on a copy from before the filling, the bare application. A ratio is that of the pages per second. A search is timed in
this process, as the core's searches are.
"""
from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from search import Texts
from servers import Clients, Round, Server, request
from suggestions_fill import PLUGIN, County

from grid321.core import db, sessions
from grid321.core.demo.county import COUNTY

ROUNDS, SECONDS = 15, 0.28
PLATFORM = "grid321.core.app:create_app()"


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


@dataclass
class Turns:
    """A page on the filled county and on another server: pages per second of both, the ratio of the rounds, processor time."""

    rate: float
    other_rate: float
    ratio: float
    cpu: float
    other_cpu: float


def cookies(world: County) -> dict[str, dict[str, str]]:
    """What whoever is logged in sends with a request, by who it is: made before the copy, it holds on both databases."""
    return {who: {"Cookie": f"g321={sessions.start(browser.account.id)}"} if browser.account else {}
            for who, browser in world.browsers.items()}


def turns(world: County, small: str, home: str, known: dict[str, dict[str, str]], rounds: int = ROUNDS,
          seconds: float = SECONDS) -> dict[str, dict[str, Turns]]:
    """Each page beside the same page on the ``small`` database and, where there is one, beside the bare page."""
    db.close_thread()
    log, found = Path(home, "servers.log"), {}
    with ExitStack() as stack:
        def server(name: str, application: str, url: str, probe: str) -> Server:
            environment = {"GRID321_DATABASE": url, "GRID321_HOME": home}
            return stack.enter_context(Server(name, application, environment, probe, log))

        servers = {"big": server("platform", PLATFORM, world.url, "/health"),
                   "small": server("small", PLATFORM, small, "/health"),
                   "bare": server("bare", "suggestions_bare:create_app()", world.url, "/list")}
        clients = stack.enter_context(Clients())
        for page in PAGES:
            ours = request(page.address, known[page.who])
            work = {"big": ours, "small": ours} | ({"bare": request(page.bare)} if page.bare else {})
            for name, text in work.items():
                clients.run(servers[name], [[text]], min(0.3, seconds))
            order, slot = list(work), seconds * len(servers) / len(work)
            done = [{name: clients.run(servers[name], [[work[name]]], slot) for name in order[::-1 if number % 2 else 1]}
                    for number in range(rounds)]
            found[page.name] = {name: _against(done, name) for name in work if name != "big"}
    return found


def _against(done: list[dict[str, Round]], other: str) -> Turns:
    median = statistics.median
    return Turns(median(one["big"].rate for one in done), median(one[other].rate for one in done),
                 median(one["big"].rate / one[other].rate for one in done),
                 median(one["big"].cpu_ms for one in done), median(one[other].cpu_ms for one in done))


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
