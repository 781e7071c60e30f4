"""The figures as lines of a table, on the terminal and in docs/performance.md."""
from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import apsw


@dataclass(frozen=True)
class Line:
    """One figure with its requirement and whether it was met."""

    database: str
    figure: str
    requirement: str
    ours: str
    theirs: str
    ratio: str
    met: bool
    note: str = ""

    @property
    def word(self) -> str:
        """How the figure stands to its requirement."""
        return "ok" if self.met else "NOT MET"

    def text(self) -> str:
        """The line on the terminal."""
        return (f"{self.database:8} {self.figure:58} {self.requirement:14} {self.ours:>18} {self.theirs:>26} "
                f"{self.ratio:>8}  {self.word:8} {self.note}")

    def markdown(self) -> str:
        """The line in the document."""
        return f"| {self.figure} | {self.requirement} | {self.ours} | {self.theirs} | {self.ratio} | {self.word} | {self.note} |"


@dataclass(frozen=True)
class Run:
    """What was run: sizes, rounds and their length in seconds, minutes it took, load of the machine before it."""

    small: int
    big: int
    rounds: int
    seconds: float
    minutes: float
    busy: float


METHOD = """# Performance

`make bench` generates one county twice (28 towns, 529 villages from the list of divisions, 3,000 grids, 1,300 grid
workers; once with {small:,} and once with {big:,} reports) on SQLite and on PostgreSQL, and measures the platform
beside a bare prototype in the same run. It writes this page. Absolute figures are those of one machine and hold for
nothing else; the ratios are what is required.

## How it is measured

- **The prototype** (`benchmarks/bare.py`) is Flask, peewee and Jinja on a copy of the same database: the same table and
  indexes, the same rows and columns, no plugins, accounts, permissions, languages or themes. It is written to be quick:
  names of divisions in memory, rows as tuples, orjson, connections that stay open, the same settings of the database,
  and on SQLite the same queue of writers on a lock file. Its create writes case, log, audit and rollups of six levels
  in one durable transaction.
- **Servers**: gunicorn with 2 workers × 4 threads for each, started by the same code. SQLite with
  `synchronous=FULL`; PostgreSQL a cluster of its own with `fsync` on.
- **Clients**: four processes with one kept-alive connection each, which send ready-made bytes and read the answer to
  its end (`benchmarks/client.py`, some 70 µs a request). The share of a processor they used stands in the notes; they
  share the machine with the servers.
- **Rounds**: the servers take turns, {rounds} rounds of {seconds} s (creates {longer} s) after a warm-up; a ratio is the
  median of the ratios within one round, so that other work on the machine meets both sides. CPU in the notes is what
  the workers used per request.
- **Lists** show 20 rows of 6 columns, without filter and with one state chosen, each level asked by the account that
  works there: county officer, town officer, village secretary, grid worker, with a session. The detail page goes
  round 200 reports; what may be the same matter as a new one is a request of its own that the browser sends after the
  page. REST uses an API token.
- **Create**: four writers in four villages; the platform checks the body against the schema, the permission and the
  scope, and writes case, number, ledger entry, clock, counters of six levels and outbox row in one durable transaction.
- **Statistics**: the county's counters, read as the platform reads them, against one row by an index, both as plain SQL
  in one process. Afterwards everything is counted anew from reports and ledger and compared.
- **Gate and dispatcher**: what the gate of one request (revision, address, switches, permission) takes beyond finding out
  who asks, and the hook calls of a detail page, with 50 plugins registered and on, ten of which answer them. The revision
  comes with the row of the session in one query; the note says what both take together.
- **Clocks** (`benchmarks/clocks.py`, `sweep.py`): a due date over 250 working days beside a walk from day to day; the job
  that re-dates 100,000 open clocks when the notice of a new year is entered, with report, ledger and progress; a step
  that starts five clocks beside one that starts none; a sweep among 1,000,000 open clocks beside one among 10,000, each
  with 1,000 that are due.
- **Ledger** (`benchmarks/ledger.py`): the whole chain of 1,000,000 entries in the database, and the exported file with
  nothing but the file and an anchor.
- **Search** (`benchmarks/search.py`): 200,000 reports with Chinese texts, words of two and more characters, rare and
  frequent ones, asked by a county, a town and a village in the search box and in the list, each page complete with its
  permissions; recall against a scan of all texts.
- **Matters and suggestions** (`benchmarks/suggestions.py`): 1,000,000 matters, 20,000 suggestions with 40,000 tasks,
  100,000 published items; 10,000 matters are drawn and the database makes the others from them with numbers of their
  own. 5,000 matters are open before and after. Clerk's desk and public list stand beside bare pages of Flask, peewee
  and Jinja with the same rows, columns, links and form (`benchmarks/suggestions_bare.py`), through the same servers
  in turns. The cost of more rows is that of the same page on a copy of the database from before the filling, by a
  server of its own in the same turns. Searches in the public list ask frequent, middling and rare words and are timed
  as those of the core. A session's 500 suggestions with 1,500 co-signers come in as a workbook by the real job; the
  month end of a county with 5,000 open matters closes every division.
- **Stations** (`benchmarks/stations.py`): 400 stations and 2,000 deputies come in as workbooks by the real import, preview
  and job; the job of the yearly plans makes days, receptions and roster, and how even the roster is gets counted anew from
  what is stored. Then the county has 6,000 stations with a posted year and two deputies on each roster; the finder stands
  beside a bare page that shows the same stations with the same three questions to the same tables
  (`benchmarks/stations_bare.py`), through the same servers in turns. The calendar is a whole request inside the process.
- **Start-up** is a new interpreter that makes the application, median of five. **RSS** is that of the biggest worker
  after all rounds.
"""


def write(path: Path, lines: Sequence[Line], run: Run) -> None:
    """Write the document: method, machine, a table for each database."""
    parts = [METHOD.format(big=run.big, small=run.small, rounds=run.rounds, seconds=run.seconds, longer=3 * run.seconds),
             "## Machine", "", machine(), "",
             f"Measured on {date.today()} in {run.minutes:.1f} minutes, data included; load average before it {run.busy:.1f}.",
             ""]
    for kind, title in (("sqlite", "SQLite"), ("postgres", "PostgreSQL")):
        found = [line for line in lines if line.database == kind]
        if not found:
            continue
        parts += [f"## {title}", "", "| Figure | Required | Platform | Prototype | Ratio | | Note |",
                  "|---|---|---|---|---|---|---|", *(line.markdown() for line in found), ""]
    path.write_text("\n".join(parts), encoding="utf-8")


def machine() -> str:
    """The class of machine: processors, memory, versions; nothing that names it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{os.cpu_count()} processor cores, {memory:.0f} GB of memory, {platform.system()} {platform.machine()}, "
            f"Python {platform.python_version()}, SQLite {apsw.sqlitelibversion()}.")
