"""How long the search box and a list with ``q`` take in 200,000 texts, and whether they miss anything.

    python benchmarks/search.py --database sqlite:////tmp/x/grid321.db --home /tmp/x [--reports 200000]

The database must be empty. Every report has a text of its own, put together from 4,000 invented two-character words whose
frequencies fall as those of real words do. Asked are frequent, middling, rare and absent words of two characters, pieces of
four, single characters and ends of numbers, by the accounts of the county, a town and a village. What is found is compared
with a scan of all texts.
"""
from __future__ import annotations

import argparse
import sys
import time
from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import generate
from county import SEED, World, application, build
from table import Line

REPORTS, MOST_MS, REPEATS = 200_000, 20.0, 3
CREATE_ROUNDS, CREATES = 20, 25
LEVELS = ("county", "town", "village")
KINDS = tuple(text[:2] for text in generate.TEXTS)
COMMON = "".join(chr(0x4E00 + 37 * at % 8000) for at in range(1200))


class Texts(Sequence[tuple[str, str | None, str, str]]):
    """A text of its own for every report: drawn anew from its number, so that nothing is kept."""

    def __init__(self, count: int) -> None:
        self.count = count
        rng = Random(SEED)
        self.words = list(dict.fromkeys(rng.choice(COMMON) + rng.choice(COMMON) for _at in range(4000)))
        self.weights = list(accumulate(1 / (at + 3) for at in range(len(self.words))))

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, at: Any) -> Any:
        rng = Random(at)
        words = [self.words[bisect(self.weights, rng.random() * self.weights[-1])] for _word in range(24)]
        kind = KINDS[at % len(KINDS)]
        sentence = "".join(words[:6]) + "，" + "".join(words[6:16]) + "。" + "".join(words[16:]) + "。"
        return (*kind, "".join(words[:4]), sentence)


def queries(texts: Texts) -> dict[str, list[str]]:
    """What is asked, by kind."""
    rng = Random(SEED + 1)
    words, last = texts.words, len(texts.words)
    pieces = [texts[rng.randrange(len(texts))][3] for _at in range(12)]
    return {
        "frequent words": words[:8], "middling words": words[60:600:60], "rare words": [*words[last - 300::30], "龘龘", "𠮷野"],
        "pieces of four": [piece[at:at + 4] for at, piece in enumerate(pieces)],
        "single characters": [words[0][0], words[200][0], words[last - 5][1], "龘"],
        "ends of numbers": [f"-202{6 - at % 2}{at % 9 + 1:02d}-{at * 7 + 1:04d}" for at in range(6)] + ["0042", "WL-6109"]}


def fill(url: str, home: str, reports: int, texts: Texts) -> World:
    """Make the county with reports of these texts; nothing but the reports themselves."""
    world = build(url, home, reports)
    with application(url, home).app_context():
        from grid321.core import db, snapshot

        tree, today = snapshot.current().tree, db.now()
        db.close_thread()
        if db.is_postgres():
            db.database.obj.close_all()
    before, generate.TEXTS = generate.TEXTS, texts  # type: ignore[assignment]
    try:
        maker = generate.Maker(tree, world.ids["county"], {world.ids["grid"]: 1}, world.ids["grid"], reports, today)
        loader = generate._loader(url)
        indexes = loader.drop_indexes(("grid_report",))
        loader.load("grid_report", generate.REPORT, (maker.report(*item) for item in maker.plan()))
        loader.load("core_sequence", ("key", "last"), maker.numbers.items())
        loader.finish(indexes)
    finally:
        generate.TEXTS = before
    return world


def lines(kind: str, url: str, home: str, reports: int = REPORTS) -> list[Line]:
    """The figures of one database, which is filled first."""
    texts = Texts(reports)
    world = fill(url, home, reports, texts)
    with application(url, home).app_context():
        from grid321.core import search

        started = time.monotonic()
        count = search.rebuild()
        built = time.monotonic() - started
        return [*_measured(kind, world, texts, count, built), _create_cost(kind, world)]


def _measured(kind: str, world: World, texts: Texts, count: int, built: float) -> Iterator[Line]:
    from grid321.core import access, faces, lists, search_pages, snapshot
    from grid321.core.accounts import Account
    from grid321.core.registry import registry

    face = faces.face_of(registry().entity("grid.report"))
    columns, tree = lists.listed_columns(face), snapshot.current().tree
    actors = {level: access.actor_of(Account.get(Account.username == f"desk.{level}").id) for level in LEVELS}
    nodes = {level: tree.by_code(world.codes[level]) for level in LEVELS}
    times: dict[tuple[str, str], list[float]] = {}
    slowest: dict[str, tuple[float, str]] = {}
    for what, asked in queries(texts).items():
        for level in LEVELS:
            node, actor = nodes[level], actors[level]
            for text in asked:
                for _repeat in range(REPEATS):
                    for face_kind, work in (
                            ("box", lambda text=text, node=node, actor=actor: search_pages.found(text, node, actor)),
                            ("list", lambda text=text, node=node, actor=actor: lists.read_page(
                                face, {"q": text}, node, actor, columns, size=20))):
                        started = time.perf_counter()
                        work()
                        took = (time.perf_counter() - started) * 1000
                        times.setdefault((face_kind, what), []).append(took)
                        slowest[face_kind] = max(slowest.get(face_kind, (0.0, "")), (took, f"{what}, {level}"))
    for face_kind, label in (("box", "Search box"), ("list", "List of 20 with q")):
        every = sorted(took for (kind_of, _what), found in times.items() if kind_of == face_kind for took in found)
        p95 = every[len(every) * 95 // 100]
        parts = ", ".join(f"{what} {sorted(found)[len(found) * 95 // 100]:.1f}" for (one, what), found in times.items()
                          if one == face_kind)
        worst, where = slowest[face_kind]
        yield Line(kind, f"{label} in {count:,} texts, p95", f"≤ {MOST_MS:.0f} ms", f"{p95:.1f} ms", "", "", p95 <= MOST_MS,
                   f"p50 {every[len(every) // 2]:.1f}; {parts}; slowest {worst:.1f} ({where})")
    missed, wrong, compared = _recall(face, texts, nodes, actors)
    yield Line(kind, f"Recall against a scan, {compared} searches", "1.000", f"{1 - missed:.3f}", "", "",
               missed == 0 and wrong == 0, f"{wrong} found that a scan does not find; the index was built in {built:.0f} s")


def _create_cost(kind: str, world: World) -> Line:
    """What the index adds to registering a matter (inside the process, without HTTP): rounds with and without it, in turns."""
    from grid321.core import records, schemas, search, snapshot
    from grid321.core.actor import SYSTEM
    from grid321.core.registry import registry

    entity, tree = registry().entity("grid.report"), snapshot.current().tree
    node = tree.by_code(world.codes["grid"])
    raw = {"kind": "social", "division": node.code, "place": "村口", "text": generate.TEXTS[6][3]}
    times: dict[bool, list[float]] = {True: [], False: []}
    index = search.index
    try:
        for turn in range(2 * CREATE_ROUNDS):
            indexed = turn % 2 == 0
            search.index = index if indexed else lambda *_arguments: None  # type: ignore[assignment]
            for _create in range(CREATES):
                data = schemas.load(entity.schema, raw, node=node, actor=SYSTEM)
                started = time.perf_counter()
                records.create(entity, data, SYSTEM, node)
                times[indexed].append(time.perf_counter() - started)
    finally:
        search.index = index
    with_it, without = (sorted(times[one])[len(times[one]) // 2] * 1000 for one in (True, False))
    return Line(kind, "What the index adds to a create", "in REST create", f"{with_it:.2f} ms", f"{without:.2f} ms (without)",
                f"{with_it / without - 1:.1%}", True, "inside the process, without HTTP; its limit is that of the REST create")


def _recall(face: Any, texts: Texts, nodes: dict[str, Any], actors: dict[str, Any]) -> tuple[float, int, int]:
    """The share of records that a scan finds and the list does not, how many it finds too much, and how many searches."""
    from grid321.core import lists
    from grid321.core.search import SearchText
    from grid321.core.search_text import normalised

    model, bodies = face.entity.model, {}
    for record_id, body in SearchText.select(SearchText.record_id, SearchText.body).where(
            SearchText.entity == face.entity.key).tuples().iterator():
        bodies[record_id] = bodies.get(record_id, "") + "\n" + body
    scope = {level: {row[0] for row in model.select(model.id).where(getattr(model, nodes[level].column) == nodes[level].id)
                     .tuples()} for level in LEVELS}
    missed = wanted = wrong = compared = 0
    for asked in queries(texts).values():
        for text in asked[:6]:
            words = normalised(text)
            scan = {record_id for record_id, body in bodies.items() if words in body}
            for level in LEVELS:
                query = lists.selected(face.entity, {"q": text}, nodes[level], actors[level])
                found = {row[0] for row in query.select(model.id).tuples()}
                true = scan & scope[level]
                missed += len(true - found)
                wrong += len(found - true)
                wanted += len(true)
                compared += 1
    return missed / max(1, wanted), wrong, compared


def main() -> int:
    """Measure on the database that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True, help="sqlite:////file.db or postgresql://… (empty)")
    parser.add_argument("--home", required=True, help="a folder of its own")
    parser.add_argument("--reports", type=int, default=REPORTS)
    given = parser.parse_args()
    Path(given.home).mkdir(parents=True, exist_ok=True)
    for line in lines("sqlite" if given.database.startswith("sqlite") else "postgres", given.database, given.home, given.reports):
        print(line.text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
