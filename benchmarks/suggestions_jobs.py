"""The long works of suggestions and matters: a session's suggestions from a workbook, and the month end of a county."""
from __future__ import annotations

import io
import time
from collections import Counter as Bag
from typing import Any

from suggestions_fill import PLUGIN, SUGGESTION, TEXT, County

from grid321.core import months, records, transfer, xlsx
from grid321.core.access import actor_of
from grid321.core.actor import SYSTEM
from grid321.core.db import local_day, transaction
from grid321.core.demo.county import COUNTY
from grid321.core.jobs import Executor
from grid321.core.people import Person
from grid321.core.registry import registry
from grid321.core.schemas import load
from grid321.core.transfer_tables import ImportBatch

HEAD = ("number", "division", "session", "title", "kind", "content", "reasons", "proposal", "basis", "basis_text", "deputy",
        "cosigners", "delegation", "consent_publish", "wish_contact")
SESSION, COSIGNERS = "第十九届人民代表大会第五次会议", 3


def import_session(world: County, count: int) -> tuple[float, float, int]:
    """Seconds of checking a workbook of ``count`` suggestions as its sender waits, of the job that imports them, and how many
    signatures came in."""
    officer = actor_of(world.browsers["officer"].account.id)
    entity = registry().entity(SUGGESTION)
    session = registry().entity(f"{PLUGIN}.session")
    with transaction():
        records.create(session, load(session.schema, {"name": SESSION, "kind": "session", "year": local_day().year},
                                     node=world.county, actor=SYSTEM), SYSTEM, world.county)
    content = workbook(world, count)
    cosigner: Any = registry().entity(f"{PLUGIN}.cosigner").model
    before = cosigner.select().count()
    started = time.monotonic()
    batch = transfer.start(entity, content, "session.xlsx", officer, world.county)
    checked = time.monotonic() - started
    if batch.counts != {transfer.NEW: count}:
        raise RuntimeError(f"the workbook was read as {batch.counts}")
    started = time.monotonic()
    transfer.confirm(batch, officer)
    Executor().run_due()
    imported = time.monotonic() - started
    done = ImportBatch.get_by_id(batch.id)
    signed = cosigner.select().count() - before
    if done.counts.get(transfer.CREATED) != count or signed != count * COSIGNERS:
        raise RuntimeError(f"imported were {done.counts} with {signed} signatures")
    return checked, imported, signed


def workbook(world: County, count: int) -> bytes:
    """A session's suggestions as the office writes them, each with three co-signers."""
    known = [row[0] for row in Person.select(Person.name).where(Person.id.in_(world.deputies)).tuples()]
    times = Bag(known)
    names = [name for name in known if times[name] == 1]  # two of one name would have to be told apart
    target = io.BytesIO()
    writer = xlsx.Writer(target, [xlsx.Column(key, key, "text") for key in HEAD], "Sheet", keys=False)
    for at in range(count):
        signers = [names[(at + more) % len(names)] for more in range(1 + COSIGNERS)]
        writer.row(["", COUNTY, SESSION, f"关于第{at + 1}件事的建议", "building", f"{TEXT}{TEXT}（第{at + 1}件）",
                    "群众反映强烈。", "请有关部门办理。", "visit", "走访选民。", signers[0],
                    "、".join(signers[1:]), "五里代表团", "是", "是"])
    writer.close()
    return target.getvalue()


def close_month(world: County, month: str) -> tuple[float, int]:
    """Seconds and number of divisions of closing ``month`` in the whole county."""
    started = time.monotonic()
    made = months.close(world.county, month, SYSTEM, below=True)
    return time.monotonic() - started, len(made)
