"""`grid321 verify` is silent when everything agrees and names what does not; each fault here was put in by hand."""
import pytest

from grid321.core import clock, counters, db, recipients, verification
from grid321.core.notify import Notification


@pytest.fixture
def walked(here, raise_matter, step):
    """Two matters, one of them closed."""
    step(raise_matter(), "close", here.village)
    return raise_matter()


def test_a_sound_database_has_no_faults(walked):
    assert list(verification.check_all()) == []


def spoil_state(model, matter):
    model.update(state="given").where(model.id == matter.id).execute()


def spoil_due(model, matter):
    model.update(due=None).where(model.id == matter.id).execute()


def spoil_place(model, matter):
    model.update(town_id=999_999).where(model.id == matter.id).execute()


def lose_record(model, matter):
    model.delete().where(model.id == matter.id).execute()


def spoil_counter(model, matter):
    counters.fold()
    counters.CounterRow.update(n=counters.CounterRow.n + 1).where(counters.CounterRow.dimension == "kind").execute()


def lose_deadline(model, matter):
    clock.Deadline.delete().execute()


@pytest.mark.parametrize(("spoil", "word"), [
    (spoil_state, "its ledger says"), (spoil_due, "its running clocks say"), (spoil_place, ""), (lose_record, "does not exist"),
    (spoil_counter, "counted"), (lose_deadline, "its running clocks say")])
def test_a_fault_is_named(here, walked, spoil, word):
    spoil(here.entity.model, walked)
    faults = list(verification.check_all())
    assert faults
    assert any(word in fault for fault in faults), faults


def test_a_wrong_counter_is_repaired_on_request(here, walked):
    spoil_counter(here.entity.model, walked)
    assert any("repaired" in fault for fault in verification.check_all(repair=True))
    assert list(verification.check_all()) == []


def told():
    from grid321.core import outbox

    while outbox.drain():
        pass
    return {(row.account_id, row.text_key) for row in Notification.select()}


def test_who_has_to_act_is_told_and_the_reporter_hears_of_the_end(here, raise_matter, step):
    matter = raise_matter()
    assert (here.village.account_id, "case.arrived") in told()
    matter = step(matter, "send_up", here.village, record="会议")
    matter = step(matter, "hand_over", here.town, department_id=here.office.id)
    assert {(here.town.account_id, "case.arrived"), (here.clerk.account_id, "case.arrived")} <= told()
    matter = step(matter, "answer", here.clerk, reason="已处理")
    assert (here.resident.account_id, "case.arrived") in told()
    matter = step(matter, "rate", here.resident, rating="good")
    step(matter, "close", here.town)
    assert (here.resident.account_id, "case.closed") in told()


def test_nobody_else_is_told(here, raise_matter):
    raise_matter()
    accounts = {account for account, _key in told()}
    assert accounts == {here.village.account_id}


def test_an_overdue_matter_is_told_to_its_holder(here, raise_matter, tick):
    from datetime import timedelta

    matter = raise_matter()
    tick(matter.due + timedelta(days=1))
    assert (here.village.account_id, "case.overdue") in told()


def test_holders_of_ended_posts_are_not_told(here, raise_matter):
    from grid321.core.accounts import RoleGrant

    RoleGrant.update(to_day=db.local_day().replace(year=2020)).where(RoleGrant.account_id == here.village.account_id).execute()
    assert here.village.account_id not in recipients.accounts_at(here.tree.village.id, None, ["matters.send_up"])
