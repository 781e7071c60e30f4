"""Rows read by plain SQL are what peewee's own queries return."""
import datetime

import peewee
import pytest

from grid321.core import accounts, db, divisions, people, plain_rows, snapshot
from grid321.core.access import SYSTEM
from grid321.core.tree import ancestor_columns


def test_a_row_by_its_id_is_the_model_that_a_query_returns(here, raise_matter):
    model = here.entity.model
    matter = raise_matter("路灯坏了", by=SYSTEM, at=here.tree.village)
    model.update(due=datetime.date(2026, 11, 22), closed_at=db.now()).where(model.id == matter.id).execute()
    plain, usual = plain_rows.by_id(model, matter.id), model.get_by_id(matter.id)
    assert plain.__data__ == usual.__data__ and plain == usual
    assert {name: type(value) for name, value in plain.__data__.items()} == {
        name: type(value) for name, value in usual.__data__.items()}
    assert plain.due == datetime.date(2026, 11, 22) and plain.closed_at == usual.closed_at
    assert not plain.dirty_fields
    assert plain_rows.by_id(model, matter.id + 1) is None


def test_rows_for_a_condition_come_in_its_order(here, raise_matter):
    model = here.entity.model
    ids = [raise_matter(title, by=SYSTEM, at=here.tree.village).id for title in ("甲", "乙", "丙")]
    assert [row.id for row in plain_rows.read(model, "id IN (?, ?) ORDER BY id DESC", (ids[0], ids[2]))] == [ids[2], ids[0]]


@pytest.mark.parametrize("model", [accounts.Account, divisions.Division])
def test_every_kind_of_column_is_converted_alike(here, make_account, model):
    make_account(None, here.tree.county)
    some = list(model.select().limit(5))
    assert some and [plain_rows.by_id(model, usual.id).__data__ for usual in some] == [usual.__data__ for usual in some]


def test_a_column_without_conversion_of_its_own_is_taken_as_it_is():
    plain, converted = (peewee.IntegerField, peewee.BigIntegerField, peewee.CharField, peewee.TextField), (
        peewee.DateField, peewee.DateTimeField, peewee.BooleanField, peewee.DecimalField)
    assert not any(plain_rows._converts(kind()) for kind in plain) and all(plain_rows._converts(kind()) for kind in converted)


def test_a_row_is_inserted_as_the_models_own_function_does_with_its_defaults(here):
    made = plain_rows.insert_record(people.Person, name="张伟", **ancestor_columns(snapshot.current().tree, here.tree.village))
    stored = people.Person.get_by_id(made.id)
    assert (stored.name, stored.version, stored.uid, stored.initials) == ("张伟", 1, made.uid, "")
    assert plain_rows.row_exists(people.Person, "name", "张伟") and not plain_rows.row_exists(people.Person, "name", "张")
    assert not plain_rows.row_exists(people.Person, "name", "张伟", made.id)
