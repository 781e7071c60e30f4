"""How long it takes to seal, verify, export and check a ledger of a million entries.

    python benchmarks/ledger.py --database sqlite:////tmp/x/ledger.db --home /tmp/x [--entries 1000000]

The database must be empty. Every third entry has a typed text beside it. The requirement is that of issue 3: verifying a
ledger of 1,000,000 entries takes 15 s at most, in the database and in the exported file.
"""
from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from county import application
from generate import LEDGER, _loader
from table import Line

from grid321.core import chain_file, db, ledger, migrate
from grid321.core.commands.ledger import _write

ENTRIES, MOST_SECONDS = 1_000_000, 15.0
STEPS = (("create", None, "reported"), ("accept", "reported", "handling"), ("answer", "handling", "answered"),
         ("rate", "answered", "rated"), ("write_off", "rated", "closed"))
WORDS = "路面塌陷处已经围挡，当天联系养护站，预计三天修好，修好后再回访一次。"


def _entries(count: int, start: int) -> Iterator[tuple[Any, ...]]:
    moment = datetime(2026, 1, 1)
    for number in range(count):
        step, before, after = STEPS[number % 5]
        facts = f'{{"flows":[[{number % 529},"village","collected"]],"holder":"610902{number % 529:06d}"}}'
        hashed = chain_file.digest(("0" * 32 + _text(number)).encode()) if number % 3 == 0 else None
        yield (str(moment + timedelta(seconds=20 * number, milliseconds=number % 1000)), "grid.report", number // 5 + 1, step,
               before, after, number % 5 + 1, number % 1300 + 1, number % 3000 + 1, facts, hashed)


def _text(number: int) -> str:
    return f'{{"text":"{WORDS}（{number}）"}}'


def fill(url: str, home: str, entries: int) -> None:
    """Migrate an empty database and write the entries and texts past the platform."""
    with application(url, home).app_context():
        migrate.upgrade()
        start = db.database.execute_sql("SELECT coalesce(max(id), 0) FROM core_ledger").fetchone()[0]
        db.close_thread()
        if db.is_postgres():
            db.database.obj.close_all()
    loader = _loader(url)
    loader.load("core_ledger", (*LEDGER, "detail_hash"), _entries(entries, start))
    loader.load("core_ledger_detail", ("entry_id", "salt", "body"),
                ((start + number + 1, "0" * 32, _text(number)) for number in range(0, entries, 3)))
    if hasattr(loader.connection, "commit"):
        loader.connection.commit()
        loader.connection.autocommit = True
        loader.connection.execute("VACUUM ANALYZE")
        loader.connection.close()
    else:
        loader.finish(())


def lines(kind: str, url: str, home: str, entries: int = ENTRIES) -> list[Line]:
    """The figures of one database, which is filled first."""
    fill(url, home, entries)
    least = MOST_SECONDS * entries / ENTRIES
    times: dict[str, float] = {}
    with application(url, home).app_context():
        def timed(name: str, work: Any) -> Any:
            started = time.monotonic()
            found = work()
            times[name] = time.monotonic() - started
            return found

        timed("seal", ledger.seal_all)
        anchor = ledger.head()
        faults = timed("verify", lambda: ledger.verify([anchor]))
        file = Path(home, "ledger.jsonl.gz")
        timed("export", lambda: _write(file, ledger.export()))
        checked = timed("check", lambda: chain_file.check(file, [anchor]))
        size = file.stat().st_size
    whole = not faults and checked.fault is None
    note = f"sealing took {times['seal']:.1f} s, exporting {times['export']:.1f} s, the file has {size / 1e6:.0f} MB"
    return [
        Line(kind, f"Verify a ledger of {entries:,} entries", f"≤ {least:g} s", f"{times['verify']:.1f} s", "", "",
             whole and times["verify"] <= least, note),
        Line(kind, f"Verify an exported file of {entries:,} entries", f"≤ {least:g} s", f"{times['check']:.1f} s", "", "",
             whole and times["check"] <= least, "file and anchor only")]


def main() -> int:
    """Measure on the database that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True, help="sqlite:////file.db or postgresql://… (empty)")
    parser.add_argument("--home", required=True, help="a folder of its own")
    parser.add_argument("--entries", type=int, default=ENTRIES)
    given = parser.parse_args()
    Path(given.home).mkdir(parents=True, exist_ok=True)
    for line in lines("sqlite" if given.database.startswith("sqlite") else "postgres", given.database, given.home, given.entries):
        print(line.text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
