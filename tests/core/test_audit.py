"""The audit log: written with what happens, unchangeable, chained, and every damage to it is named."""
import threading
from datetime import timedelta

import peewee
import pytest

from grid321.core import access, audit, db
from grid321.core.audit import AuditEntry, AuditSeal
from grid321.core.errors import Invalid, TooMany


@pytest.fixture
def reader(division_tree, make_account):
    """An actor who may look."""
    return access.actor_of(make_account("core.county_admin", division_tree.county).id)


@pytest.fixture
def tamper(app):
    """Return ``tamper(sql)``: what somebody with the database file could do, the triggers taken away."""
    from grid321.core.migrate import no_longer_append_only

    def run(sql):
        for table in ("core_audit", "core_audit_seal"):
            no_longer_append_only(db.database.obj, table)
        with db.transaction():
            db.database.execute_sql(sql)

    return run


def write(count=5):
    """Write some entries and seal them."""
    for number in range(count):
        audit.event("export", None, {"rows": number})
    audit.seal()


def test_an_untouched_log_verifies_and_sealing_twice_changes_nothing(app):
    write()
    head = audit.head()
    assert head[0] == AuditEntry.select().count()
    assert audit.seal() == 0
    assert audit.verify([head]) == []
    assert audit.head() == head


@pytest.mark.parametrize("table", ["core_audit", "core_audit_seal"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_or_delete_an_entry(app, table, sql):
    write(2)
    column = "kind" if table == "core_audit" else "hash"
    with pytest.raises(peewee.PeeweeException, match="append-only"), db.transaction():
        db.database.execute_sql(sql.format(table, column, "'x'"))
    assert audit.verify() == []


@pytest.mark.parametrize(("sql", "told"), [
    ("UPDATE core_audit SET purpose = 'other' WHERE id = (SELECT MIN(id) + 2 FROM core_audit)", "was changed"),
    ("UPDATE core_audit SET actor_name = 'other' WHERE id = (SELECT MIN(id) FROM core_audit)", "was changed"),
    ("DELETE FROM core_audit WHERE id = (SELECT MIN(id) + 1 FROM core_audit)", "is missing"),
    ("DELETE FROM core_audit_seal WHERE position = 2", "is missing"),
    ("UPDATE core_audit_seal SET hash = '" + "a" * 64 + "' WHERE position = 3", "was changed")])
def test_every_damage_is_named(app, tamper, sql, told):
    write()
    tamper(sql)
    assert any(told in line for line in audit.verify())


def test_a_cut_tail_is_invisible_to_the_chain_and_visible_to_an_anchor(app, tamper):
    write()
    anchor = audit.head()
    tamper(f"DELETE FROM core_audit WHERE id = (SELECT entry_id FROM core_audit_seal WHERE position = {anchor[0]})")
    tamper(f"DELETE FROM core_audit_seal WHERE position = {anchor[0]}")
    assert audit.verify() == []
    position = anchor[0]
    assert audit.verify([anchor]) == [
        f"the tail is cut: the anchor at position {position} lies beyond the last seal {position - 1}"]


def test_a_chain_that_was_written_anew_differs_from_its_anchor(app, tamper):
    write()
    anchor = audit.head()
    tamper("UPDATE core_audit SET purpose = 'other' WHERE id = (SELECT MAX(id) FROM core_audit)")
    tamper("DELETE FROM core_audit_seal")
    audit.seal()
    assert audit.verify() == []
    assert any("anchor" in line for line in audit.verify([anchor]))


def test_sealing_in_several_threads_makes_one_chain(app):
    for number in range(40):
        audit.event("export", None, {"rows": number})
    count = AuditEntry.select().count()
    errors = []

    def seal():
        with app.app_context():
            try:
                while audit.seal(limit=5):
                    pass
            except Exception as error:
                errors.append(error)
            finally:
                db.close_thread()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert AuditSeal.select().count() == count
    assert audit.verify() == []


def test_a_look_at_personal_data_is_durable_before_anything_is_shown(reader, division_tree):
    entry = audit.read(reader, "core.person", 7, ["phone", "id_number"], "  核对 三类户 信息 ", division_id=division_tree.town.id)
    row = AuditEntry.get_by_id(entry)
    assert (row.kind, row.entity, row.record_id, row.fields) == ("reveal", "core.person", 7, "id_number,phone")
    assert row.purpose == "核对 三类户 信息"
    assert row.actor_id == reader.account_id


def test_a_look_inside_a_transaction_is_a_mistake_because_it_could_be_rolled_back(reader):
    with pytest.raises(RuntimeError, match="committed"), db.transaction():
        audit.read(reader, "core.person", 7, ["phone"], "a good reason")


@pytest.mark.parametrize("purpose", [None, "", "   ", "abc", "x" * 201])
def test_without_a_reason_nothing_is_shown_and_nothing_is_noted(reader, purpose):
    before = AuditEntry.select().count()
    with pytest.raises(Invalid) as caught:
        audit.read(reader, "core.person", 7, ["phone"], purpose)
    assert "purpose" in caught.value.errors
    assert AuditEntry.select().count() == before


def test_looks_are_limited_per_hour_for_each_account(reader, division_tree, make_account):
    for number in range(60):
        audit.read(reader, "core.person", number + 1, ["phone"], "a good reason")
    with pytest.raises(TooMany):
        audit.read(reader, "core.person", 61, ["phone"], "a good reason")
    other = access.actor_of(make_account("core.county_admin", division_tree.county).id)
    audit.read(other, "core.person", 61, ["phone"], "a good reason")
    with db.shift_clock(timedelta(hours=1, seconds=1)):
        audit.read(reader, "core.person", 61, ["phone"], "a good reason")


def test_an_event_of_a_rolled_back_transaction_is_not_kept(app):
    before = AuditEntry.select().count()
    with db.transaction(), pytest.raises(ValueError, match="rolled back"):
        _write_and_fail()
    assert AuditEntry.select().count() == before


def _write_and_fail():
    with db.transaction():
        audit.event("export", None, {})
        raise ValueError("rolled back")


def test_an_auditor_reads_the_log_of_his_division_only(client_for, division_tree, make_account):
    audit.event("export", None, {"mark": "in-town"}, division_id=division_tree.village.id)
    audit.event("export", None, {"mark": "elsewhere"}, division_id=division_tree.other_town.id)
    browser = client_for("core.auditor", division_tree.town)
    page = browser.get("/d/610902104/core/audit")
    assert page.status_code == 200
    assert "in-town" in page.text
    assert "elsewhere" not in page.text
    assert browser.get("/d/610902/core/audit").status_code == 403


def test_the_log_pages_through_without_losing_an_entry(client_for, division_tree):
    for number in range(60):
        audit.event("export", None, {"mark": f"n{number:03}"}, division_id=division_tree.town.id)
    browser = client_for("core.auditor", division_tree.town)
    first = browser.get("/d/610902104/core/audit?kind=export")
    following = first.text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = browser.get(following)
    seen = [f"n{number:03}" for number in range(60) if f"n{number:03}" in first.text + second.text]
    assert len(seen) == 60


def test_a_nonsense_page_mark_is_a_bad_request(client_for, division_tree):
    browser = client_for("core.auditor", division_tree.town)
    assert browser.get("/d/610902104/core/audit?before=٣").status_code == 400
