"""Import and export of cases and of the core's own records: what is exported is read back, a case is never deleted."""
import pytest
from support.stock_sheets import workbook

from grid321.core import access, export, records, transfer
from grid321.core.actor import SYSTEM
from grid321.core.errors import Invalid
from grid321.core.jobs import Executor
from grid321.core.registry import registry
from grid321.core.transfer_tables import ImportBatch, all_rows, read_file

HEAD = ["number", "title", "kind", "division"]


def again(entity, actor, node):
    """The batch of a record list that was exported and uploaded again."""
    file = export.ask(entity, {}, node, actor, file_format="xlsx", purpose="a meeting", revealed=False)
    return transfer.start(entity, b"".join(read_file(file)), "x.xlsx", actor, node)


def undone(batch, actor):
    transfer.undo(batch, actor)
    Executor().run_due()
    return ImportBatch.get_by_id(batch.id)


@pytest.fixture
def imported(here):
    """Return a finished import of two matters by the officer of the town."""
    content = workbook([["", "路灯不亮", "light", "610902104200"], ["", "路不平", "road", "610902104200"]], head=HEAD)
    batch = transfer.start(here.entity, content, "x.xlsx", here.town, here.tree.town)
    assert batch.counts == {"new": 2}
    transfer.confirm(batch, here.town)
    Executor().run_due()
    return ImportBatch.get_by_id(batch.id)


def test_imported_matters_are_born_like_any_other(here, imported):
    matters = list(here.entity.model.select().order_by(here.entity.model.id))
    assert [m.number[-4:] for m in matters] == ["0001", "0002"]
    assert {(m.state, m.holder_id) for m in matters} == {("open", here.tree.village.id)}
    assert all(m.due is not None for m in matters)


def test_a_matter_is_found_again_by_its_number_and_changed(here, imported):
    matter = here.entity.model.get()
    content = workbook([[matter.number, "路灯修好了", "light", "610902104200"]], head=HEAD)
    batch = transfer.start(here.entity, content, "x.xlsx", here.town, here.tree.town)
    assert batch.counts == {"changed": 1}
    transfer.confirm(batch, here.town)
    Executor().run_due()
    assert here.entity.model.get_by_id(matter.id).title == "路灯修好了"


def test_an_unknown_number_is_an_error_and_not_a_new_matter(here):
    content = workbook([["MT-610902104-202611-9999", "x", "light", "610902104200"]], head=HEAD)
    [row] = all_rows(transfer.start(here.entity, content, "x.xlsx", here.town, here.tree.town))
    assert row["k"] == "error" and "number" in row["e"]


def test_a_number_out_of_reach_is_answered_like_one_that_never_was(here, raise_matter):
    foreign = raise_matter(by=here.actor("matters.officer", here.tree.other_town), at=here.tree.other_village)
    content = workbook([[number, "x", "light", "610902104200"] for number in (foreign.number, "MT-610902105-202611-9999")],
                       head=HEAD)
    there, nowhere = all_rows(transfer.start(here.entity, content, "x.xlsx", here.town, here.tree.county))
    assert there["e"] == nowhere["e"] != {}


def test_undoing_withdraws_matters_and_deletes_none(here, imported, step):
    first = here.entity.model.select().order_by(here.entity.model.id).first()
    step(first, "send_up", here.village, record="两委会议")
    batch = undone(imported, here.town)
    found = {m.id: m.state for m in here.entity.model.select()}
    assert len(found) == 2 and found[first.id] == "open"
    left = [row["m"] for row in all_rows(batch) if row["o"] == "left"]
    assert left and all(left)


def test_the_export_of_matters_is_read_back_as_the_same(here, imported):
    assert again(here.entity, here.town, here.tree.town).counts == {"same": 2}


def test_departments_persons_and_posts_are_read_back_as_the_same(here, make_account):
    known = registry()
    admin = access.actor_of(make_account("core.county_admin", here.tree.county).id)
    person = records.create(known.entity("core.person"), {
        "name": "欧阳䶮", "gender": None, "phone": "13912345678", "id_number": "11010519491231002X"}, SYSTEM, here.tree.village)
    records.create(known.entity("core.post"), {
        "person_id": person.id, "kind": "secretary", "department_id": None, "from_day": None, "to_day": None}, SYSTEM,
        here.tree.village)
    for key in ("core.department", "core.person", "core.post"):
        batch = again(known.entity(key), admin, here.tree.county)
        assert (key, batch.counts) == (key, {"same": 1})


def test_a_personal_number_of_a_new_person_is_sealed_by_the_import(here, make_account):
    admin = access.actor_of(make_account("core.county_admin", here.tree.county).id)
    entity = registry().entity("core.person")
    content = workbook([["", "张三", "139 1234 5678", "11010519491231002x", "610902104200"]],
                       head=["uid", "name", "phone", "id_number", "division"])
    batch = transfer.start(entity, content, "x.xlsx", admin, here.tree.county)
    transfer.confirm(batch, admin)
    Executor().run_due()
    person = entity.model.get()
    assert "13912345678" not in person.phone and "11010519491231002X" not in person.id_number
    assert undone(ImportBatch.get_by_id(batch.id), admin).counts["undone"] == 1
    assert entity.model.select().count() == 0


def test_a_file_without_the_key_column_is_refused(here):
    with pytest.raises(Invalid):
        transfer.start(here.entity, workbook([["x", "light"]], head=["title", "kind"]), "x.xlsx", here.town, here.tree.town)
