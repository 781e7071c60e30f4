"""The ledger: append-only, hash-chained, and whole after a text was erased; every kind of tampering is named."""
import pytest

from grid321.core import db, ledger
from grid321.core.ledger import FIRST, LedgerDetail, LedgerEntry, LedgerSeal


@pytest.fixture(autouse=True)
def _from_an_empty_ledger(app):
    """Installing writes entries of its own: take them away, so that positions and ids begin with 1."""
    from grid321.core.chain import Checkpoint
    from grid321.core.migrate import append_only, no_longer_append_only

    tables = ("core_ledger", "core_ledger_seal", "core_checkpoint")
    for table in tables:
        no_longer_append_only(db.database.obj, table)
    for model in (LedgerDetail, LedgerSeal, LedgerEntry, Checkpoint):
        model.delete().execute()
    if db.is_postgres():
        db.database.execute_sql("ALTER SEQUENCE core_ledger_id_seq RESTART")
    else:
        db.database.execute_sql("DELETE FROM sqlite_sequence WHERE name = 'core_ledger'") if db.database.table_exists(
            "sqlite_sequence") else None
    for table in tables:
        append_only(db.database.obj, table)


def write(number=5):
    with db.transaction():
        return [ledger.append("matters.matter", n, "create", facts={"n": n}, detail={"text": f"第{n}件"}) for n in range(number)]


def tamper(sql):
    """Change a table that refuses changes, as somebody with the database's own password could."""
    for table in ("core_ledger", "core_ledger_seal"):
        if db.is_postgres():
            db.database.execute_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        else:
            for verb in ("update", "delete"):
                db.database.execute_sql(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
    db.database.execute_sql(sql)


def test_a_whole_chain_verifies_and_its_head_is_the_anchor(app):
    write()
    assert ledger.verify() == []
    position, head = ledger.head()
    assert position == 5
    assert head != FIRST
    assert ledger.verify([(position, head)]) == []


@pytest.mark.parametrize("table", ["core_ledger", "core_ledger_seal"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET {} = 7", "DELETE FROM {}"])
def test_the_database_itself_refuses_changes(app, table, verb):
    write()
    ledger.seal_all()
    column = "record_id" if table == "core_ledger" else "entry_id"
    with pytest.raises(Exception, match="append-only"):
        db.database.execute_sql(verb.format(table, column))


@pytest.mark.parametrize(("sql", "word"), [
    ("UPDATE core_ledger SET record_id = 99 WHERE id = 3", "changed"),
    ("UPDATE core_ledger SET at = '2020-01-01 00:00:00' WHERE id = 3", "changed"),
    ("UPDATE core_ledger SET facts = '{\"n\":9}' WHERE id = 3", "changed"),
    ("DELETE FROM core_ledger WHERE id = 3", "missing"),
    ("DELETE FROM core_ledger_seal WHERE position = 3", "missing"),
    ("UPDATE core_ledger_detail SET body = '{\"text\":\"其他\"}' WHERE entry_id = 3", "text was changed"),
])
def test_tampering_is_named(app, sql, word):
    write()
    ledger.seal_all()
    tamper(sql)
    faults = ledger.verify()
    assert any(word in fault and "3" in fault for fault in faults), faults


def test_reordered_entries_are_named(app):
    write()
    ledger.seal_all()
    tamper("UPDATE core_ledger_seal SET entry_id = entry_id + 100 WHERE position IN (2, 3)")
    db.database.execute_sql("UPDATE core_ledger_seal SET entry_id = 3 WHERE position = 2")
    db.database.execute_sql("UPDATE core_ledger_seal SET entry_id = 2 WHERE position = 3")
    assert any("reordered" in fault for fault in ledger.verify())


def test_a_cut_and_a_rebuilt_tail_are_seen_only_with_an_anchor_kept_outside(app):
    write()
    ledger.seal_all()
    anchor = ledger.head()
    tamper("DELETE FROM core_ledger_seal WHERE position > 3")
    db.database.execute_sql("DELETE FROM core_ledger_detail WHERE entry_id > 3")
    db.database.execute_sql("DELETE FROM core_ledger WHERE id > 3")
    assert ledger.verify() == []  # the chain alone cannot tell
    assert any("tail is cut" in fault for fault in ledger.verify([anchor]))
    write(2)
    assert any("differs from the anchor" in fault for fault in ledger.verify([anchor]))


def test_erasing_a_text_by_law_leaves_the_chain_whole(app):
    ids = write()
    ledger.seal_all()
    anchor = ledger.head()
    assert ledger.erase_detail(ids[2])
    assert not ledger.erase_detail(ids[2])
    assert LedgerDetail.select().count() == 4
    assert ledger.verify([anchor]) == []


def test_an_entry_outside_a_transaction_is_refused(app):
    with pytest.raises(RuntimeError, match="transaction"):
        ledger.append("matters.matter", 1, "create")


def test_an_entry_of_a_step_that_failed_is_not_there(app):
    with pytest.raises(ValueError, match="stop"), db.transaction():
        ledger.append("matters.matter", 1, "create")
        raise ValueError("stop")
    assert LedgerEntry.select().count() == 0


def test_sealing_twice_seals_once(app):
    write()
    assert ledger.seal() == 5
    assert ledger.seal() == 0
    assert LedgerSeal.select().count() == 5
