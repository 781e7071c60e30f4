"""Full text: what contains the words is found, nothing else, by nobody who may not see it."""
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grid321.core import (
    access,
    db,
    engine,
    ledger,
    lists,
    records,
    search,
    search_find,
    search_pages,
    search_text,
    switches,
    verification,
)
from grid321.core.actor import SYSTEM
from grid321.core.registry import registry
from grid321.core.search import SearchText
from grid321.core.search_text import contains, grams, normalised, query, snippet

ALPHABET = "路灯不亮村口三号楼的𠮷野aAbB1２3ＷＬ-—，。 \n_é"
TEXTS = st.text(ALPHABET, max_size=40)


def gram_search(text, asked):
    """What the index does: every gram, or a gram for every beginning; then the comparison."""
    have = grams(text)
    return (set(asked.grams) <= have and all(any(gram.startswith(part) for gram in have) for part in asked.beginnings)
            and contains(text, asked))


# -- grams ---------------------------------------------------------------------------------------------------------------

@given(text=TEXTS, asked=st.text(ALPHABET, min_size=1, max_size=6))
@settings(max_examples=600)
@example("村口路灯三盏不亮", "路灯")
@example("3号楼", "3号")
@example("WL-610902104-202611-0042", "0042")
@example("𠮷野家", "𠮷野")
@example("ａ１", "A1")
def test_grams_never_miss_what_a_scan_finds(text, asked):
    whole, wanted = normalised(text), query(asked)
    assert gram_search(whole, wanted) == contains(whole, wanted)


@given(text=st.text(ALPHABET, min_size=8, max_size=40), start=st.integers(0, 30), length=st.integers(1, 8))
@settings(max_examples=600)
def test_every_piece_of_a_text_finds_it(text, start, length):
    whole = normalised(text)
    piece = whole[start % max(1, len(whole)):][:length].strip()
    wanted = query(piece)
    assert set(wanted.grams) <= grams(whole)
    assert contains(whole, wanted)


@pytest.mark.parametrize(("text", "found"), [
    ("路灯", {"路灯", "灯"}), ("a1号", {"a1号", "1号", "号"}), ("0042", {"004", "042", "42", "2"}), ("𠮷野", {"𠮷野", "野"}),
    ("路-灯", {"路", "灯"}), ("", set())])
def test_grams_of_small_texts(text, found):
    assert grams(text) == found


@pytest.mark.parametrize(("text", "expected"), [
    ("Ａ１２", "a12"), ("  路 \t\n灯 ", "路 灯"), ("ＷＬ－６１", "wl-61"), ("ﬁ", "fi"), ("𠮷", "𠮷"), ("", "")])
def test_width_case_and_blanks_do_not_count(text, expected):
    assert normalised(text) == expected


def test_a_snippet_marks_the_words_as_they_were_written():
    text = "昨天晚上村口到桥头的路灯有三盏不亮，学生晚自习回家看不清路，请尽快修ＬＥＤ灯。"
    assert ("路灯", True) in snippet(text, ("路灯",))
    assert ("ＬＥＤ", True) in snippet(text, ("led",))
    assert snippet(text, ("水管",)) is None
    assert "".join(piece for piece, _marked in snippet("路灯", ("路灯",))) == "路灯"


@given(text=TEXTS, asked=st.text(ALPHABET, min_size=1, max_size=4))
def test_a_snippet_is_a_piece_of_its_text(text, asked):
    pieces = snippet(text, query(asked).words)
    if pieces is not None:
        assert "".join(piece for piece, _marked in pieces).strip("…") in text
        assert any(marked for _piece, marked in pieces)


# -- the index in the database -------------------------------------------------------------------------------------------

def listed(here, text, actor=None, node=None):
    return {record.id for record in lists.selected(here.entity, {"q": text}, node or here.tree.county, actor or here.county)}


@given(texts=st.lists(st.text(ALPHABET, min_size=1, max_size=30), min_size=1, max_size=6),
       asked=st.text(ALPHABET.replace("\n", ""), min_size=1, max_size=5),
       most=st.sampled_from([0, 1, 2000]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_list_finds_what_a_scan_finds_rare_or_common(here, raise_matter, monkeypatch, texts, asked, most):
    monkeypatch.setattr(search_find, "MOST", most)
    monkeypatch.setattr(search_find, "_SAMPLE", 2 if most else 400)
    made = {raise_matter(f"事 {text}", by=here.county).id: normalised(f"事 {text}") for text in texts}
    wanted = query(asked)
    if not wanted.words:
        return
    numbers = {row.id: row.number for row in here.entity.model.select().where(here.entity.model.id.in_(list(made)))}
    scan = {record_id for record_id, text in made.items()
            if contains(f"{normalised(numbers[record_id])}\n{text}", wanted)}
    assert listed(here, asked) & set(made) == scan


@pytest.mark.parametrize("text", ["路灯", "灯不亮", "学生 路灯", "路", "𠮷", "𠮷野", "LED", "ｌｅｄ", "3号", "ed"])
def test_two_characters_one_character_and_rare_ones_are_found(here, raise_matter, text):
    matter = raise_matter("村口路灯不亮", by=here.village, text="学生在𠮷野家门口，3号楼的LED灯也坏了")
    raise_matter("水管漏水", by=here.village)
    assert listed(here, text) == {matter.id}


def test_words_must_all_stand_there(here, raise_matter):
    matter = raise_matter("村口路灯不亮", by=here.village)
    assert listed(here, "路灯 村口") == {matter.id}
    assert listed(here, "路灯 水管") == set()


def test_an_edit_is_found_anew_and_no_longer_as_it_was(here, raise_matter):
    matter = raise_matter("村口路灯不亮", by=here.village)
    records.update(here.entity, matter.id, {"title": "桥头护栏松动"}, here.village, None, here.tree.village)
    assert listed(here, "路灯") == set()
    assert listed(here, "护栏") == {matter.id}


def test_a_reply_is_found_and_after_its_erasure_not(here, raise_matter, step):
    matter = step(raise_matter(), "send_up", here.village, record="两委会会议决定上报")
    records.note(here.entity, matter, here.town, here.tree.town, "comment", "养护站下周来修")
    assert listed(here, "会议决定") == {matter.id}
    assert listed(here, "养护站") == {matter.id}
    entry = SearchText.get(SearchText.body.contains("养护站")).part
    assert ledger.erase_detail(entry)
    assert listed(here, "养护站") == set()
    assert ledger.verify() == []
    assert list(search.differences()) == []


def test_a_deleted_record_is_gone_and_what_was_rolled_back_was_never_there(here):
    note = registry().entity("matters.note")
    made = records.create(note, {"code": "N-1", "title": "临时材料"}, SYSTEM, here.tree.village)
    assert SearchText.select().where(SearchText.entity == note.key).count() == 1
    records.delete(note, made.id, SYSTEM, None, here.tree.village)
    assert SearchText.select().where(SearchText.entity == note.key).count() == 0
    with pytest.raises(RuntimeError, match="stop"), db.transaction():
        records.create(note, {"code": "N-2", "title": "临时材料"}, SYSTEM, here.tree.village)
        raise RuntimeError("stop")
    assert search_find.ask([note], "临时材料", here.tree.county, SYSTEM).ids == {}


def test_personal_fields_are_never_in_the_index(here, raise_matter):
    raise_matter("路灯不亮", by=here.village, phone="13812345678")
    person = registry().entity("core.person")
    records.create(person, {"name": "张伟", "phone": "13812345678", "id_number": "11010519491231002X"}, SYSTEM, here.tree.village)
    bodies = "\n".join(row.body for row in SearchText.select())
    assert "张伟" in bodies
    assert "1381" not in bodies
    assert "5678" not in bodies
    assert "491231" not in bodies
    assert "phone" not in "".join(name for entity in search.searchable() for name in search.fields_of(entity))


# -- who sees what -------------------------------------------------------------------------------------------------------

def boxed(text, node, actor):
    return {(entity.key, row["id"]) for entity, rows in search_pages.found(text, node, actor) for row in rows}


def test_nobody_finds_what_he_may_not_see_and_a_plugin_that_is_off_has_no_hits(here, raise_matter):
    mine = raise_matter("路灯不亮", by=here.village)
    other = raise_matter("路灯坏了", by=here.county, at=here.tree.other_village)
    key = here.entity.key
    assert boxed("路灯", here.tree.county, here.county) == {(key, mine.id), (key, other.id)}
    assert boxed("路灯", here.tree.village, here.village) == {(key, mine.id)}
    assert boxed("路灯", here.tree.county, here.village) == {(key, mine.id)}
    assert boxed("路灯", here.tree.county, access.ANONYMOUS) == set()
    assert listed(here, "路灯", here.village) == {mine.id}
    with db.transaction():
        switches.turn("matters", here.tree.county, False)
    assert boxed("路灯", here.tree.county, here.county) == set()


def test_a_department_finds_only_what_it_handles(here, raise_matter, step):
    given = step(step(raise_matter("路灯不亮"), "send_up", here.village, record="会议"), "hand_over", here.town,
                 department_id=here.office.id)
    raise_matter("路灯坏了", by=here.village)
    assert boxed("路灯", here.tree.town, here.clerk) == {(here.entity.key, given.id)}
    assert listed(here, "路灯", here.clerk) == {given.id}


@pytest.mark.parametrize("most", [2000, 0])
def test_the_exact_number_comes_first_then_the_newest(here, raise_matter, monkeypatch, most):
    monkeypatch.setattr(search_find, "MOST", most)
    old = raise_matter("第一件", by=here.village)
    made = [raise_matter(f"同{old.number}", by=here.village) for _at in range(8)]
    [(_entity, rows)] = search_pages.found("第一件", here.tree.county, here.county)
    assert [row["id"] for row in rows] == [old.id]
    [(_entity, rows)] = search_pages.found(old.number, here.tree.county, here.county)
    newest = [matter.id for matter in reversed(made)]
    assert [row["id"] for row in rows] == [old.id, *newest[:5]]


# -- keeping it right ----------------------------------------------------------------------------------------------------

def test_what_differs_is_told_by_verify_and_gone_after_a_rebuild(here, raise_matter, step):
    matter = step(raise_matter(), "send_up", here.village, record="两委会会议决定上报")
    raise_matter("水管漏水", by=here.village)
    assert list(search.differences()) == []
    SearchText.update(body="别的").where(SearchText.record_id == matter.id, SearchText.part == 0).execute()
    search.forget(here.entity, matter.id + 1)
    SearchText.create(entity="gone.thing", record_id=1, part=0, body="旧")
    told = list(search.differences())
    assert len(told) == 4, told
    assert {text for text in verification.check_all() if text.startswith("search")} == set(told)
    count = search.rebuild()
    assert count == SearchText.select().count()
    assert list(search.differences()) == []
    assert listed(here, "会议决定") == {matter.id}
    assert listed(here, "漏水") == {matter.id + 1}


def test_writing_while_the_index_is_rebuilt_neither_doubles_nor_loses(here, raise_matter, monkeypatch):
    raise_matter("村口路灯不亮", by=here.village)
    before = search.add_many

    def with_a_writer(entity, rows):
        done = before(entity, rows)
        if entity.key == here.entity.key:
            raise_matter("桥头路灯不亮", by=here.village)
        return done

    monkeypatch.setattr(search, "add_many", with_a_writer)
    search.rebuild()
    monkeypatch.undo()
    assert list(search.differences()) == []
    assert len(listed(here, "路灯")) >= 2


def test_records_that_move_in_the_tree_are_found_where_they_are_now(here, raise_matter):
    from grid321.core import division_changes, snapshot

    matter = raise_matter("村口路灯不亮", by=here.village)
    officer = here.actor("matters.officer", here.tree.other_village)
    assert listed(here, "路灯", officer) == set()
    division_changes.merge_divisions([here.tree.village], here.tree.other_village, actor=SYSTEM, reason="合村并居，群众会议通过")
    snapshot.forget()
    node = snapshot.current().tree.get(here.tree.other_village.id)
    assert listed(here, "路灯", officer, node) == {matter.id}
    assert boxed("路灯", node, officer) == {(here.entity.key, matter.id)}


def test_engine_and_index_use_the_words_of_a_step_but_not_its_codes(here, raise_matter, step):
    matter = step(raise_matter(), "send_up", here.village, record="两委会会议决定上报")
    outcome = engine.perform(here.entity, matter.id, "hand_over", {"department_id": here.office.id}, here.town, matter.version,
                             here.tree.county)
    assert SearchText.select().where(SearchText.part == outcome.entry_id).count() == 0


def test_grams_of_the_query_are_counted_not_guessed():
    asked = search_text.query("路灯 a1 0042")
    assert asked.words == ("路灯", "a1", "0042")
    assert asked.grams == ("路灯", "004", "042")
    assert asked.beginnings == ()
