"""A session's suggestions by sheet: 500 at once with their co-signers, errors by row, read back as exported, undone by batch."""
from collections import Counter as Bag

import pytest
from support import suggestion_world as sw
from support.stock_sheets import workbook

from grid321.core import accounts, db, export, records, transfer
from grid321.core.accounts import Account
from grid321.core.errors import Invalid
from grid321.core.jobs import Executor
from grid321.core.people import Person, Post
from grid321.core.transfer_tables import ImportBatch, all_rows, read_file
from grid321.core.tree import ancestor_columns
from grid321.plugins.suggestion_tracking.life_models import Cosigner, Session, Suggestion

SESSION = "第十九届人民代表大会第五次会议"
HEAD = ["number", "division", "session", "title", "kind", "content", "reasons", "proposal", "basis", "basis_text", "deputy",
        "cosigners", "delegation", "consent_publish", "wish_contact"]


@pytest.fixture
def plugin_modules():
    """Only this plugin."""
    from grid321.plugins import suggestion_tracking

    return [suggestion_tracking]


@pytest.fixture
def world(staged, division_tree):
    """Deputies, units, the office, a session."""
    found = staged(sw.build, division_tree)
    found.make("session", {"name": SESSION, "kind": "session", "year": 2026, "ordinal": 5, "term": 19})
    return found


def deputies(world, *names):
    """Appoint more deputies to the county's congress."""
    from grid321.core import snapshot

    county = world.tree.county
    places = ancestor_columns(snapshot.current().tree, county)
    found = []
    with db.transaction():
        for name in names:
            person = Person.create(name=name, **places)
            Post.create(person_id=person.id, kind="core_deputy_county", from_day="2022-01-01", **places)
            found.append(person)
    return found


def row(which=1, **changes):
    """A row as an office writes it."""
    raw = {"number": "", "division": "610902", "session": SESSION, "title": f"关于第{which}件事的建议", "kind": "building",
           "content": f"{sw.CONTENT}（第{which}件）", "reasons": "群众反映强烈。", "proposal": "请有关部门办理。",
           "basis": "visit", "basis_text": "走访选民。", "deputy": "林代表", "cosigners": "",
           "delegation": "五里代表团", "consent_publish": "是",
           "wish_contact": "是", **changes}
    return [raw[name] for name in HEAD]


def upload(world, rows):
    """Check a sheet as the office."""
    office = world.actors["office"]
    return transfer.start(world.entity("suggestion"), workbook(rows, head=HEAD), "x.xlsx", office, world.tree.county)


def confirmed(world, batch):
    """Import the good rows of a batch."""
    transfer.confirm(batch, world.actors["office"])
    Executor().run_due()
    return ImportBatch.get_by_id(batch.id)


def test_suggestions_of_a_session_come_in_with_names_of_deputies_and_co_signers(world):
    one, two, three = deputies(world, "林代表", "何𠮷", "欧阳㛃")
    batch = confirmed(world, upload(world, [row(1, cosigners="何𠮷、欧阳㛃"), row(2, deputy="何𠮷", cosigners="林代表")]))
    assert batch.counts["created"] == 2
    first, second = Suggestion.select().order_by(Suggestion.id)
    assert (first.deputy_id, first.cosigners, first.signers) == (one.id, "何𠮷、欧阳㛃", 3)
    assert (second.deputy_id, second.signers, second.state) == (two.id, 2, "raised")
    assert [(sign.suggestion_number, sign.person_id) for sign in Cosigner.select().order_by(Cosigner.id)] == [
        (first.number, two.id), (first.number, three.id), (second.number, one.id)]
    assert world.make("cosigner", {"suggestion_number": second.number, "person": three.id}).id
    assert world.fresh(second).cosigners == "林代表、欧阳㛃" and world.fresh(second).signers == 3


def test_what_is_wrong_in_a_row_is_said_in_that_row_and_the_others_come_in(world):
    deputies(world, "林代表", "双名", "双名")
    batch = upload(world, [
        row(1), row(2, deputy="不存在"), row(3, cosigners="林代表"), row(4, cosigners="双名"),
        row(5, cosigners="查无此人，双名(2)"), row(6, session="没有的会议"), row(7, content="太短"),
        row(8, division="610902104"), row(9, cosigners="双名(2)")])
    rows = list(all_rows(batch))
    assert [entry["k"] for entry in rows] == ["new", *["error"] * 7, "new"]
    wrong = [sorted(entry["e"]) for entry in rows[1:7]]
    assert wrong == [["deputy"], ["cosigners"], ["cosigners"], ["cosigners"], ["session"], ["content"]]
    assert "查无此人" in str(rows[4]["e"]) and Suggestion.select().count() == 0
    assert confirmed(world, batch).counts["created"] == 2


def test_an_exported_session_is_read_back_without_a_change_and_a_changed_name_changes_the_signatures(world):
    deputies(world, "林代表", "何吉", "双名", "双名")
    confirmed(world, upload(world, [row(1, cosigners="何吉、双名(2)"), row(2)]))
    office, county, entity = world.actors["office"], world.tree.county, world.entity("suggestion")
    file = export.ask(entity, {}, county, office, file_format="xlsx", purpose="人大会议汇编", revealed=False)
    batch = transfer.start(entity, b"".join(read_file(file)), "x.xlsx", office, county)
    assert batch.counts == {"same": 2}

    first = Suggestion.select().order_by(Suggestion.id).first()
    changed = confirmed(world, upload(world, [row(1, number=first.number, cosigners="双名(1)")]))
    assert changed.counts["updated"] == 1
    assert [sign.person_id for sign in Cosigner.select()] == [Person.get(Person.name == "双名").id]
    assert world.fresh(first).signers == 2
    transfer.undo(changed, office)
    Executor().run_due()
    assert world.fresh(first).cosigners == "何吉、双名(2)" and Cosigner.select().count() == 2


def test_an_import_is_undone_by_batch_but_not_what_was_handled_since(world):
    deputies(world, "林代表")
    batch = confirmed(world, upload(world, [row(1), row(2)]))
    first = Suggestion.select().order_by(Suggestion.id).first()
    world.step("office", first, "pass_check", **sw.CHECKED)
    transfer.undo(batch, world.actors["office"])
    Executor().run_due()
    states = [one.state for one in Suggestion.select().order_by(Suggestion.id)]
    assert states[1] == "withdrawn" and states[0] != "withdrawn"
    outcome = {entry["n"]: entry["o"] for entry in all_rows(ImportBatch.get_by_id(batch.id))}
    assert sorted(outcome.values()) == ["left", "undone"]


def test_who_may_not_register_for_others_may_not_import(world):
    from grid321.core.errors import Forbidden

    deputies(world, "林代表")
    with pytest.raises(Forbidden):
        transfer.start(world.entity("suggestion"), workbook([row(1)], head=HEAD), "x.xlsx", world.actors["deputy"],
                       world.tree.county)


def test_500_suggestions_with_co_signers_come_in_exactly(world):
    names = [f"代表{number:03d}" for number in range(80)]
    deputies(world, *names)
    rows = [row(number, deputy=names[number % 80], cosigners="、".join(names[(number + k) % 80] for k in range(1, 4)))
            for number in range(500)]
    content = workbook(rows, head=HEAD)
    batch = transfer.start(world.entity("suggestion"), content, "x.xlsx", world.actors["office"], world.tree.county)
    assert batch.counts == {"new": 500}
    done = confirmed(world, batch)
    assert done.counts["created"] == 500 and Suggestion.select().count() == 500 and Cosigner.select().count() == 1500


def test_a_block_of_suggestions_asks_once_who_the_deputies_are_which_accounts_and_which_sessions_they_have(world, monkeypatch):
    one, *_others = deputies(world, "林代表", "何吉", "欧阳", "白代表")
    accounts.create_account("lin", None, world.tree.county, person_id=one.id)
    seen, real = Bag(), type(db.database.obj).execute_sql

    def watch(self, sql, *rest, **options):
        for table in ("core_account", "core_person", "suggestion_tracking_session"):
            seen[table] += f'FROM "{table}"' in sql
        return real(self, sql, *rest, **options)

    def asked(rows):
        seen.clear()
        with monkeypatch.context() as patch:
            patch.setattr(type(db.database.obj), "execute_sql", watch)
            assert confirmed(world, upload(world, rows)).counts["created"] == len(rows)
        return dict(seen)

    few, names = asked([row(number) for number in range(2)]), ("林代表", "欧阳", "白代表")
    assert asked([row(number, deputy=names[number % 3], cosigners="何吉") for number in range(30)]) == few
    assert {case.deputy_id == one.id: case.reporter_id for case in Suggestion.select()} == {
        True: Account.get(Account.username == "lin").id, False: world.actors["office"].account_id}


def test_what_is_written_in_the_same_transaction_counts_for_the_next_suggestion(world):
    (one,) = deputies(world, "林代表")
    sessions, office = world.entity("session"), world.actors["office"]
    (session,) = Session.select()

    def raised(**more):
        values = {"title": "关于路灯的建议", "kind": "building", "content": sw.CONTENT, "reasons": "群众反映强烈。",
                  "proposal": "请有关部门办理。", "basis": "visit", "deputy_id": one.id, **more}
        return records.create(world.entity("suggestion"), values, office, world.tree.county)

    with db.transaction():
        assert raised(session_id=session.id).reporter_id == office.account_id
        made = accounts.create_account("lin", None, world.tree.county, person_id=one.id)
        other = records.create(sessions, {"name": "闭会期间", "kind": "between", "year": 2026}, office, world.tree.county)
        assert raised(session_id=other.id).reporter_id == made.id
        records.delete(sessions, other.id, office, None, world.tree.county)
        with pytest.raises(Invalid):
            raised(session_id=other.id)
        assert raised(session_id=session.id).session_id == session.id
