"""No personal data in what is kept for ever or leaves the house: ledger facts, events, jobs, messages, the exported ledger.

Invented people are named, with telephone and identity number, in every field that people fill in, through every step.
"""
import random
from datetime import timedelta

import pytest

from grid321.core import (
    access,
    class_items,
    db,
    division_changes,
    engine,
    jobs,
    ledger,
    outbox,
    records,
    settings,
)
from grid321.core.audit import AuditEntry
from grid321.core.ledger import LedgerDetail, LedgerEntry
from grid321.core.notify import Notification
from grid321.core.outbox import OutboxRow
from grid321.core.registry import registry

NAMES = ("钱多多", "司马青云", "𠮷田秀子")
PHONE, IDENTITY = "13912345678", "11010519491231002X"
SAID = f"{NAMES[0]}（{PHONE}，{IDENTITY}）和{NAMES[1]}、{NAMES[2]}来反映"
ANSWERS = {
    "Answer": {"text": SAID, "outcome": "explained"}, "Reason": {"reason": SAID}, "KeepNote": {"reason": SAID},
    "Rating": {"result": "basically", "attitude": "satisfied", "words": SAID}, "AgainRating": {"reason": SAID, "attitude": "not"},
    "Evaluation": {"checked_by": NAMES[0], "found": SAID}}


def answers_of(world, step, case):
    found = {}
    for form in step.asks:
        if form.__name__ == "HandOver":
            found |= world.hand(world.office if case.holder_level == "town" else world.bureau) | {"note": SAID}
        else:
            found |= ANSWERS[form.__name__]
    return found


def walk_all_steps(world):
    """Random people take random steps, those not yet taken first, until every step was taken that anybody can take."""
    rng = random.Random(321)
    flow = registry().workflow_of("grid.report")
    taken, cases, shift = set(), [], timedelta()
    for _turn in range(400):
        wanted = {step.key for step in flow.transitions if not step.automatic} - taken
        if not wanted:
            break
        shift += timedelta(hours=7)
        with db.shift_clock(shift):
            if len(cases) < 4:
                cases.append(world.report(text=SAID, title=f"{NAMES[0]}反映路灯", place=f"{NAMES[1]}家", reporter_phone=PHONE))
            case = rng.choice(cases)
            offers = [(who, step) for who, actor in world.actors.items()
                      for step in engine.workflow_for(world.entity, case).from_state(case.state)
                      if not step.automatic and engine.may(step, case, actor)
                      and (step.guard is None or step.guard(case, {}, actor) is None)]
            if not offers:
                cases.remove(case)
                continue
            fresh = [offer for offer in offers if offer[1].key in wanted]
            who, step = rng.choice(fresh or [one for one in offers if one[1].key != "withdraw"] or offers)
            answers = answers_of(world, step, case)
            if step.meeting:
                world.meet(case, step.key, department_id=answers.get("department"), note=SAID)
            cases[cases.index(case)] = world.step(who, case, step.key, answers, meet=False)
            taken.add(step.key)
    return taken, flow


@pytest.fixture
def seeded(world):
    """Everything that people fill in names the invented people; returns the steps that were taken and the workflow."""
    county, actor = world.tree.county, access.SYSTEM
    person = registry().entity("core.person")
    made = records.create(person, {"name": NAMES[0], "phone": PHONE, "id_number": IDENTITY}, actor, county)
    records.update(person, made.id, {"name": NAMES[1]}, actor, None, county)
    settings.put("core.session_idle_minutes", county, 40, source=SAID[:100], valid_from=db.local_day())
    class_items.put("grid.outcome", "asked", county, {"label_zh": NAMES[0], "position": 5}, actor, new=True)
    division_changes.rename_division(world.tree.second_village, actor=actor, reason=SAID, name="新村")
    taken, flow = walk_all_steps(world)
    case = world.report(text=SAID)
    records.note(world.entity, case, world.actors["secretary"], county, "comment", SAID)
    records.update(world.entity, case.id, {"place": NAMES[2]}, world.actors["worker"], None, county)
    while outbox.drain():
        pass
    return taken, flow


def test_names_and_numbers_of_people_stand_beside_the_chain_never_in_it(seeded, tmp_path):
    from grid321.core import chain_file

    taken, flow = seeded
    assert len(taken) >= 0.8 * len([step for step in flow.transitions if not step.automatic]), taken
    beside = "\n".join(str(row.body) for row in LedgerDetail.select())
    assert all(word in beside for word in (*NAMES, PHONE))  # they were really said
    kept = {
        "ledger facts": [str(row.facts) for row in LedgerEntry.select()],
        "events": [str(row.facts) for row in OutboxRow.select()],
        "jobs": [str(row.args) + str(row.result) for row in jobs.JobRun.select()],
        "messages": [str(row.params) for row in Notification.select()], "audit": [str(row.detail) for row in AuditEntry.select()],
        "export": [b"".join(ledger.export()).decode()]}
    for place, texts in kept.items():
        for text in texts:
            found = [word for word in (*NAMES, PHONE, PHONE[-4:] + "'", IDENTITY) if word in text]
            assert not found, f"{place}: {text[:300]}"
    ledger.seal_all()
    anchor = ledger.head()
    assert LedgerDetail.select().count() > 20
    for row in list(LedgerDetail.select(LedgerDetail.entry_id).tuples()):
        assert ledger.erase_detail(row[0])
    assert ledger.verify([anchor]) == []
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b"".join(ledger.export()))
    assert chain_file.check(path, [anchor]).fault is None
