"""Lists show each record once, in order, to whom may see it, by a constant number of queries."""
import base64
import datetime
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grid321.core import cursors, lists, references
from grid321.core.errors import BadRequest
from grid321.core.faces import face_of


@pytest.fixture
def many(here):
    """Insert 60 notes in two villages with equal and empty values in every sorted column."""
    from grid321.core import db, snapshot
    from grid321.core.tree import ancestor_columns

    model = here.note.model
    rows = []
    for index in range(60):
        node = (here.tree.village, here.tree.second_village)[index % 2]
        rows.append({"code": f"N{index:03d}", "title": f"记录{index}", "amount": None if index % 7 == 0 else index % 5,
                     "day": None if index % 3 else datetime.date(2026, 1, 1 + index % 4),
                     **ancestor_columns(snapshot.current().tree, node)})
    with db.transaction():
        for row in rows:
            model.create(**row)
    return rows


def walk(face, node, actor, size, edge="after", **args):
    """Follow the cursors to the end and return the ids in order, with the last page."""
    ids, cursor, page = [], None, None
    for _turn in range(200):
        page = lists.read_page(face, {**args, **({edge: cursor} if cursor else {})}, node, actor, face.listed, size=size)
        found = [row[0] for row in page.rows]
        ids = ids + found if edge == "after" else found + ids
        cursor = getattr(page, edge)
        if cursor is None:
            return ids, page
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("sort", ["-id", "id", "code", "-code", "amount", "-amount"])
def test_the_pages_together_are_the_whole_list_once_in_order(here, many, sort):
    face = face_of(here.note)
    whole, _page = walk(face, here.tree.town, here.town, 100, sort=sort)
    assert len(whole) == 60

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.integers(1, 61))
    def in_pages_of(size):
        assert walk(face, here.tree.town, here.town, size, sort=sort)[0] == whole

    in_pages_of()


@pytest.mark.parametrize("sort", ["-id", "amount", "-amount", "code"])
def test_going_back_shows_the_same_pages_in_reverse(here, many, sort):
    face = face_of(here.note)
    whole, last = walk(face, here.tree.town, here.town, 7, sort=sort)
    back, first = walk(face, here.tree.town, here.town, 7, "before", sort=sort, before=last.before)
    assert back == whole[:-len(last.rows)]
    assert first.before is None


def test_a_record_that_is_added_between_two_pages_moves_nothing(here, many):
    face = face_of(here.note)
    first = lists.read_page(face, {}, here.tree.town, here.town, face.listed, size=10)
    from grid321.core import records
    records.create(here.note, {"code": "NEW", "title": "新"}, here.village, here.tree.village)
    second = lists.read_page(face, {"after": first.after}, here.tree.town, here.town, face.listed, size=10)
    assert not {row[0] for row in first.rows} & {row[0] for row in second.rows}
    assert second.rows[0][0] == first.rows[-1][0] - 1


@pytest.mark.parametrize("text", ["x", "", "ä", "A" * 3000, base64.urlsafe_b64encode(b'["-id",null,"5",0]').decode(),
                                  base64.urlsafe_b64encode(b'["code",null,5,0]').decode(),
                                  base64.urlsafe_b64encode(b'["-id",null,99999999999999999999,0]').decode(),
                                  base64.urlsafe_b64encode(b'["-id",null,5,7]').decode(),
                                  base64.urlsafe_b64encode(b'["-id","\\u0000",5,0]').decode(),
                                  base64.urlsafe_b64encode(b'[1,2,3]').decode()])
def test_a_page_mark_that_was_not_made_for_this_list_is_refused(here, text):
    face = face_of(here.note)
    order = SimpleNamespace(name="-id", by_id=True, stored=here.note.model.id, key=here.note.model.id)
    with pytest.raises(BadRequest):
        cursors.read(text, order)
    if text:
        with pytest.raises(BadRequest):
            lists.read_page(face, {"after": text}, here.tree.town, here.town, face.listed, size=10)


@pytest.mark.parametrize(("sort", "value"), [("amount", '"5"'), ("amount", "5000000000"), ("amount", "1.5"), ("code", "5"),
                                             ("code", '"a\\u0000"'), ("code", "null")])
def test_the_value_inside_a_page_mark_must_fit_its_column(here, sort, value):
    text = base64.urlsafe_b64encode(f'["{sort}",{value},5,0]'.encode()).decode()
    face = face_of(here.note)
    with pytest.raises(BadRequest):
        lists.read_page(face, {"after": text, "sort": sort}, here.tree.town, here.town, face.listed, size=10)


@pytest.mark.parametrize("args", [{"colour": "red"}, {"state": "flying"}, {"due_from": "tomorrow"}, {"due_from": "2026-02-30"},
                                  {"division": "999999"}, {"sort": "phone"}, {"sort": "--id"}, {"q": "a\x00b"}, {"q": "x" * 101},
                                  {"phone": "13800000000"}, {"holder": "x"}, {"reporter": "1٢"}, {"department": "9" * 30},
                                  {"due_to": ["2026-01-01", "2026-01-02"]}, {"kind": "a" * 50}])
def test_what_a_list_does_not_know_is_refused_and_named(here, args):
    with pytest.raises(BadRequest) as problem:
        lists.selected(here.entity, args, here.tree.town, here.town)
    assert problem.value.extra["parameter"] == next(iter(args))


def test_filters_search_and_scope_narrow_together(here, raise_matter):
    mine = raise_matter("路灯不亮", by=here.village)
    raise_matter("水管漏水", by=here.village, kind="water")
    elsewhere = raise_matter("路灯坏了", by=here.county, at=here.tree.other_village)

    def found(actor, node, **args):
        return {record.id for record in lists.selected(here.entity, args, node, actor)}

    assert found(here.town, here.tree.town, q="路灯") == {mine.id}
    assert found(here.county, here.tree.county, q="路灯") == {mine.id, elsewhere.id}
    assert found(here.county, here.tree.town, q="路灯") == {mine.id}
    assert found(here.town, here.tree.county, q="路灯") == {mine.id}
    assert found(here.county, here.tree.county, kind="water", q="路灯") == set()
    assert len(found(here.county, here.tree.county, kind=["water", "light"])) == 3
    assert found(here.county, here.tree.county, due_to="2020-01-01") == set()
    assert found(here.village, here.tree.village, reporter="me") == {mine.id, mine.id + 1}


@pytest.mark.parametrize("text", ["%", "_", "\\", "%%"])
def test_signs_of_the_database_mean_themselves_in_a_search(here, raise_matter, text):
    raise_matter("普通", by=here.village)
    special = raise_matter(f"折{text}扣", by=here.village)
    found = [record.id for record in lists.selected(here.entity, {"q": text}, here.tree.town, here.town)]
    assert found == [special.id]


def test_a_day_of_entry_is_a_day_in_china(here, raise_matter, tick):
    tick(datetime.timedelta(0), sweep=False)
    record = raise_matter(by=here.village)
    from grid321.core.db import local_day
    day = local_day(record.created_at)
    before = day - datetime.timedelta(days=1)

    def count(**args):
        return lists.selected(here.entity, {k: v.isoformat() for k, v in args.items()}, here.tree.town, here.town).count()

    assert count(created_at_from=day, created_at_to=day) == 1
    assert count(created_at_to=before) == 0


def test_a_list_page_asks_the_same_number_of_questions_for_one_row_and_for_twenty(app, here, raise_matter, client_for):
    browser = client_for("matters.officer", here.tree.town)
    path = f"/d/{here.tree.town.code}/matters/matter/"
    raise_matter(by=here.village)
    browser.get(path)
    one = questions(app, browser, path)
    for _turn in range(19):
        raise_matter(by=here.village)
    twenty = questions(app, browser, path)
    assert browser.get(path).text.count("MT-") >= 20
    assert one == twenty
    assert twenty <= 8  # two of them are the clock on PostgreSQL


def questions(app, browser, path):
    """Count the statements of one request."""
    from grid321.core.db import database

    count = 0
    original = database.obj.execute_sql

    def counted(*args, **kwargs):
        nonlocal count
        count += 1
        return original(*args, **kwargs)

    database.obj.execute_sql = counted
    try:
        assert browser.get(path).status_code == 200
    finally:
        del database.obj.execute_sql
    return count


def test_names_of_many_ids_are_one_question_and_unknown_ids_are_left_out(here):
    names = references.labels("department", [here.office.id, here.office.id, None, 999_999])
    assert names == {here.office.id: "综合治理办公室"}
    assert references.labels("division", [here.tree.town.id])[here.tree.town.id] == "五里镇"
    assert references.labels("person", []) == {}


def test_a_due_date_says_in_words_how_urgent_it_is():
    day = datetime.date(2026, 3, 15)
    cells = [lists.due_cell(day + datetime.timedelta(days=n), day) for n in (-2, 0, 2, 9)]
    assert [cell["tone"] for cell in cells] == ["bad", "warn", "warn", ""]
    assert all(cell["text"] for cell in cells)
    assert lists.due_cell(None, day)["text"] == ""


def test_a_saved_view_keeps_its_filters_and_belongs_to_one_account(here, raise_matter, client_for):
    browser, other = client_for("matters.officer", here.tree.town), client_for("matters.officer", here.tree.town)
    base = f"/d/{here.tree.town.code}/matters/matter/"
    saved = browser.post(base + "views", {"name": "路灯", "query": "?kind=light&after=abc"})
    assert saved.status_code == 303
    assert saved.location.endswith("?kind=light&sort=-id")
    assert "路灯" in browser.get(base).text
    assert "views/" not in other.get(base).text
    assert browser.post(base + "views", {"name": "x", "query": "?colour=red"}).status_code == 400
    assert browser.post(base + "views", {"name": " ", "query": ""}).status_code == 422
    from grid321.core.saved_views import SavedView
    view = SavedView.get()
    assert other.post(f"{base}views/{view.id}/delete").status_code == 404
    assert browser.post(f"{base}views/{view.id}/delete").status_code == 303
