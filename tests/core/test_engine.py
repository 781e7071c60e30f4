"""A matter's life: who may take which step, where it goes, and that nothing happens twice or by halves."""
import threading

import pytest

from grid321.core import clock, counters, db, engine, ledger, records
from grid321.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused, StaleVersion
from grid321.core.ledger import LedgerEntry
from grid321.core.outbox import OutboxRow


def test_a_matter_is_born_in_the_bank_of_its_village_with_number_clock_entry_and_outbox_row(here, raise_matter):
    matter = raise_matter()
    assert (matter.state, matter.version, matter.holder_id) == ("open", 1, here.tree.village.id)
    assert matter.number.startswith("MT-610902104-") and matter.number.endswith("-0001")
    assert [d.clock for d in clock.of("matters.matter", matter.id)] == ["handle"]
    assert matter.due == clock.of("matters.matter", matter.id)[0].due
    assert LedgerEntry.select().where(LedgerEntry.entity == "matters.matter").count() == 1
    assert OutboxRow.select().where(OutboxRow.entity == "matters.matter").count() == 1
    assert (matter.county_id, matter.town_id, matter.village_id) == (here.tree.county.id, here.tree.town.id,
                                                                      here.tree.village.id)


def test_numbers_of_one_town_and_month_run_without_a_gap(raise_matter):
    assert [raise_matter().number[-4:] for _ in range(3)] == ["0001", "0002", "0003"]


def test_the_whole_way_from_the_door_to_the_write_off(here, raise_matter, step):
    matter = raise_matter()
    matter = step(matter, "send_up", here.village, record="两委会议 11月3日")
    assert matter.holder_id == here.tree.town.id
    matter = step(matter, "hand_over", here.town, department_id=here.office.id)
    assert (matter.state, matter.department_id) == ("given", here.office.id)
    matter = step(matter, "answer", here.clerk, reason="已更换灯头")
    matter = step(matter, "rate", here.resident, rating="good")
    assert matter.rating == "good"
    matter = step(matter, "close", here.town)
    assert (matter.state, matter.due) == ("closed", None)
    assert matter.closed_at is not None
    steps = [entry["step"] for entry in records.history(here.entity, matter.id)]
    assert steps == ["create", "send_up", "hand_over", "answer", "rate", "close"]
    assert ledger.verify() == []


def test_a_step_of_the_holder_is_refused_to_everybody_else(here, raise_matter, step):
    matter = raise_matter()
    for stranger in (here.town, here.county, here.resident, here.reader):
        with pytest.raises(Forbidden):
            step(matter, "send_up", stranger, record="会议")
    assert here.entity.model.get_by_id(matter.id).version == 1


def test_only_the_reporter_rates(here, raise_matter, step):
    matter = step(raise_matter(), "hand_over", here.village, department_id=None) if False else raise_matter()
    matter = step(matter, "send_up", here.village, record="会议")
    matter = step(matter, "hand_over", here.town, department_id=here.office.id)
    matter = step(matter, "answer", here.clerk, reason="已处理")
    other = here.actor("matters.resident", here.tree.village)
    for actor in (here.clerk, here.town, other):
        with pytest.raises(Forbidden):
            step(matter, "rate", actor, rating="good")


def test_a_matter_outside_the_scope_is_not_found(here, raise_matter, step):
    matter = raise_matter()
    stranger = here.actor("matters.officer", here.tree.other_town)
    with pytest.raises(NotFound):
        step(matter, "send_up", stranger, record="会议")


def test_a_step_from_a_wrong_state_tells_the_present_state(here, raise_matter, step):
    matter = step(raise_matter(), "close", here.village)
    with pytest.raises(Conflict) as problem:
        step(matter, "close", here.village)
    assert problem.value.extra["state"] == "closed"


def test_an_unknown_step_is_not_found(here, raise_matter, step):
    with pytest.raises(NotFound):
        step(raise_matter(), "fly", here.village)


def test_a_stale_version_is_refused_and_changes_nothing(here, raise_matter):
    matter = raise_matter()
    with pytest.raises(StaleVersion):
        engine.perform(here.entity, matter.id, "close", {}, here.village, 7, here.tree.county)
    assert here.entity.model.get_by_id(matter.id).state == "open"


def test_a_guard_refuses_with_the_field_and_the_remedy(here, raise_matter, step):
    matter = step(raise_matter(), "send_up", here.village, record="会议")
    with pytest.raises(Refused) as problem:
        step(matter, "send_down", here.town, reason="不")
    assert problem.value.errors == {"reason": ["Say more."]}
    assert here.entity.model.get_by_id(matter.id).holder_id == here.tree.town.id


def test_a_matter_sent_down_returns_to_the_village_it_came_from(here, raise_matter, step):
    matter = step(raise_matter(), "send_up", here.village, record="会议")
    matter = step(matter, "send_down", here.town, reason="村里能办")
    assert matter.holder_id == here.tree.village.id
    with pytest.raises(Forbidden):
        step(matter, "send_down", here.town, reason="再退一次")


def test_nothing_is_sent_above_the_highest_bank(here, raise_matter, step):
    matter = step(raise_matter(), "send_up", here.village, record="会议")
    matter = step(matter, "send_up", here.town, record="主席团会议")
    with pytest.raises(Refused) as problem:
        step(matter, "send_up", here.county, record="主任会议")
    assert problem.value.code == "no_level_above"
    assert "send_up" not in {t.key for t in engine.possible(here.entity, matter, here.county)}


def test_a_matter_is_not_sent_where_the_plugin_is_off(here, raise_matter, step):
    from grid321.core import switches

    switches.turn("matters", here.tree.county, False)
    switches.turn("matters", here.tree.town, True)
    matter = step(raise_matter(), "send_up", here.village, record="会议")
    with pytest.raises(Refused) as problem:
        step(matter, "send_up", here.town, record="主席团会议")
    assert problem.value.code == "off_above"


def test_a_department_of_another_division_cannot_receive(here, raise_matter, step):
    matter = raise_matter()
    with pytest.raises(Refused) as problem:
        step(matter, "hand_over", here.village, department_id=here.office.id)
    assert problem.value.code == "no_department"


def test_leaving_a_state_meets_its_clock_and_starts_the_next(here, raise_matter, step):
    matter = step(raise_matter(), "send_up", here.village, record="会议")
    matter = step(matter, "hand_over", here.town, department_id=here.office.id)
    rows = {row.clock: row.state for row in clock.of("matters.matter", matter.id)}
    assert rows == {"handle": clock.MET, "reply": clock.RUNNING}
    assert matter.due == next(r.due for r in clock.of("matters.matter", matter.id) if r.state == clock.RUNNING)


def test_an_overdue_clock_fires_once_whoever_sweeps(here, raise_matter, tick):
    matter = raise_matter()
    assert tick(matter.due) == 0
    from datetime import timedelta
    assert tick(matter.due + timedelta(days=1)) == 1
    assert clock.sweep() == 0
    assert [e["step"] for e in records.history(here.entity, matter.id)] == ["create", "overdue"]


def test_of_many_clerks_who_take_one_step_exactly_one_wins(here, raise_matter, app):
    matter = raise_matter()
    won, lost, other = [], [], []
    gate = threading.Barrier(6)

    def clerk():
        with app.app_context():
            gate.wait()
            try:
                engine.perform(here.entity, matter.id, "close", {}, here.village, None, here.tree.county)
                won.append(1)
            except Conflict as problem:
                lost.append(problem.extra["state"])
            except Exception as error:  # a loser must be told, not broken
                other.append(error)
            finally:
                db.close_thread()

    threads = [threading.Thread(target=clerk) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), lost, other) == (1, ["closed"] * 5, [])
    assert LedgerEntry.select().where(LedgerEntry.step == "close").count() == 1
    assert counters.recount(here.entity, _tree()) == []


def _tree():
    from grid321.core import snapshot

    return snapshot.current().tree


def test_the_offered_steps_are_those_that_would_be_taken(here, raise_matter, step):
    matter = raise_matter()
    assert [t.key for t in engine.possible(here.entity, matter, here.village)] == ["send_up", "hand_over", "close", "explain"]
    assert [t.key for t in engine.possible(here.entity, matter, here.resident)] == ["withdraw"]
    assert engine.possible(here.entity, matter, here.reader) == []


def test_a_personal_field_is_stored_sealed_and_found_by_its_blind_index(here, raise_matter):
    from grid321.core import crypto

    matter = here.entity.model.get_by_id(raise_matter(phone="13800000321").id)
    assert "13800000321" not in str(matter.__data__)
    assert matter.phone_blind == crypto.blind("13800000321")
    assert crypto.open_sealed(matter.phone, "matters_matter", "phone", matter.uid) == "13800000321"


def test_an_edit_books_the_changed_columns_and_moves_the_counts(here, raise_matter):
    matter = raise_matter()
    after = records.update(here.entity, matter.id, {"kind": "road"}, here.village, 1, here.tree.county)
    assert (after.version, after.kind) == (2, "road")
    found = {(column, value): n for _place, column, value, n in counters.counts("matters.matter", [here.tree.county.id],
                                                                                 ["kind", "kind,state"])}
    assert found == {("kind", "road"): 1, ("kind,state", "road|open"): 1}
    with pytest.raises(StaleVersion):
        records.update(here.entity, matter.id, {"kind": "water"}, here.village, 1, here.tree.county)


def test_an_edit_keeps_what_it_replaced_but_no_personal_value(here, raise_matter):
    matter = raise_matter(text="第一次的说法", phone="13800000321")
    records.update(here.entity, matter.id, {"text": "改过的说法", "phone": "13900000321"}, here.village, 1, here.tree.county)
    entry = records.history(here.entity, matter.id)[-1]
    assert [value for _label, value in entry["asked"]] == ["第一次的说法"]
    assert "13800000321" not in str(entry)


def test_an_edit_that_changes_nothing_writes_nothing(here, raise_matter):
    matter = raise_matter()
    assert records.update(here.entity, matter.id, {"kind": "light"}, here.village, 1, here.tree.county).version == 1


def test_a_registered_matter_is_never_deleted(here, raise_matter):
    from grid321.core.actor import SYSTEM

    with pytest.raises(Conflict):
        records.delete(here.entity, raise_matter().id, SYSTEM, None, here.tree.county)


def test_a_plain_record_is_created_changed_and_deleted(here):
    note = records.create(here.note, {"code": "A1", "title": "会议室"}, here.village, here.tree.village)
    with pytest.raises(Invalid) as problem:
        records.create(here.note, {"code": "A1", "title": "另一间"}, here.village, here.tree.village)
    assert "code" in problem.value.errors
    records.delete(here.note, note.id, here.village, 1, here.tree.village)
    assert here.note.model.select().count() == 0
    assert [e["step"] for e in records.history(here.note, note.id)] == ["create", "delete"]


def test_a_failure_in_the_middle_of_a_step_leaves_nothing_of_it(here, raise_matter, step, monkeypatch):
    from grid321.core import outbox

    matter = raise_matter()
    before = LedgerEntry.select().count()

    def fail(*_args, **_options):
        raise RuntimeError("power cut")

    monkeypatch.setattr(outbox, "add", fail)
    with pytest.raises(RuntimeError):
        step(matter, "close", here.village)
    monkeypatch.undo()
    assert here.entity.model.get_by_id(matter.id).state == "open"
    assert LedgerEntry.select().count() == before
    assert counters.recount(here.entity, _tree()) == []


def test_a_case_of_a_version_that_is_gone_says_what_to_install(here, raise_matter, step):
    matter = raise_matter()
    here.entity.model.update(workflow_version=9).execute()
    with pytest.raises(Conflict, match="9"):
        step(matter, "close", here.village)
