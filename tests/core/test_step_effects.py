"""What a step causes in its transaction, work that lies in no bank, and limits that a new case brings itself."""
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from support import matters
from support.redeclared import release, running

from grid321.core import banks, clock, db, engine, month_check, records, version_publishing
from grid321.core.actor import SYSTEM
from grid321.core.errors import Invalid, Refused
from grid321.core.ledger import LedgerEntry
from grid321.core.registry import registry
from grid321.core.workflow import Clock, State, Transition, Workflow


@pytest.fixture
def causing(here, monkeypatch):
    """Let every step of the matters call a function after it; returns the function that sets it."""
    flow = registry().newest["matters.matter"]

    def cause(work):
        changed = replace(flow, transitions=tuple(replace(step, after=work) for step in flow.transitions))
        monkeypatch.setattr(engine, "workflow_for", lambda entity, record: changed)

    return cause


def test_what_follows_from_a_step_sees_the_case_as_it_is_then_with_answers_and_actor(here, raise_matter, step, causing):
    told = []
    causing(lambda case, data, actor: told.append((case.id, case.version, case.holder_id, data["record"], actor.account_id)))

    matter = step(raise_matter(), "send_up", here.village, record="两委会议")

    assert told == [(matter.id, 2, here.tree.town.id, "两委会议", here.village.account_id)]


def test_a_refusal_of_what_follows_undoes_the_step(here, raise_matter, step, causing):
    def refuse(case, data, actor):
        raise Refused("The other case cannot move.")

    causing(refuse)
    matter = raise_matter()
    before = LedgerEntry.select().count()

    with pytest.raises(Refused):
        step(matter, "send_up", here.village, record="两委会议")

    now = here.entity.model.get_by_id(matter.id)
    assert (now.version, now.holder_id, LedgerEntry.select().count()) == (1, here.tree.village.id, before)


def test_work_without_a_bank_lies_where_it_was_made_and_is_in_no_bank(app, here):
    flow = replace(registry().newest["matters.matter"], version=2, levels=())
    with running(app, release(matters, flow)):
        version_publishing.publish(flow.key, 2, SYSTEM)
        entity = registry().entity("matters.matter")
        made = records.create(entity, {"title": "路灯", "kind": "light"}, here.resident, here.tree.village, flow=None)

        assert made.holder_id == made.division_id
        assert entity not in banks.entities_at(here.tree.county) and entity not in month_check.case_entities()
        assert not banks.has_bank(entity, here.tree.village)


PROMISE = Workflow("x.promise", "x.promise", 1, (
    State("open", "Open", clocks=(Clock("kept", None, "Kept", "notify", answer="due_on"),)), State("done", "Done", final=True)),
    (Transition("finish", "open", "done", "Finish", "x.do", flow="solved"),))


@pytest.mark.parametrize("days", [0, 1, 400])
def test_a_new_case_sets_its_limit_by_its_own_field(here, days):
    day = db.local_day() + timedelta(days=days)

    moved = clock.born(PROMISE, here.tree.village, db.now(), SimpleNamespace(due_on=day))

    assert moved.due == day and moved.plans[0].rule.length.number == days


def test_a_new_case_without_that_day_starts_no_limit_and_one_of_a_past_day_is_refused(here):
    assert clock.born(PROMISE, here.tree.village, db.now(), SimpleNamespace(due_on=None)).plans == []

    with pytest.raises(Invalid) as refused:
        clock.born(PROMISE, here.tree.village, db.now(), SimpleNamespace(due_on=date(2020, 1, 1)))
    assert refused.value.errors.keys() == {"due_on"}
