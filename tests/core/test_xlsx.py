"""Workbooks: what was written is read back, formulas stay text, and no file of a stranger can hurt the reader."""
import io
import re
import zipfile
import zlib
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grid321.core import xlsx
from grid321.core.errors import Problem
from grid321.core.xlsx import Column, Limits, Writer, neutralise, plain

pytestmark = pytest.mark.once

CELL_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\ufffe\uffff"), max_size=300)


COLUMNS = (Column("a", "A"), Column("b", "B", "int"), Column("c", "C", "day"))


def book(rows):
    target = io.BytesIO()
    writer = Writer(target, COLUMNS, "Sheet")
    for row in rows:
        writer.row(row)
    writer.close()
    return target.getvalue()


def changed(content, change):
    """Return the workbook with each part passed through ``change(name, body)``."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)))
    return target.getvalue()


def refusal(content, limits=None):
    with pytest.raises(Problem) as caught:
        xlsx.read(content, limits or Limits())
    assert caught.value.title and caught.value.remedy
    return caught.value


@given(st.text())
@example("＝1")
@example("=\u0338x")
@example("\n=1")
@example("''=1\r\n'=2")
@example("\u3000＋1")
@settings(max_examples=1000, deadline=None)
def test_neutralising_is_undone_exactly_and_leaves_no_line_a_formula(text):
    import unicodedata

    safe = neutralise(text)
    assert plain(safe) == text
    for line in re.split(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", safe):
        for form in (line, unicodedata.normalize("NFKC", line)):
            assert not form.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "|", "%"))
    assert not safe.startswith(("\r", "\n"))


@given(st.lists(st.tuples(CELL_TEXT, st.one_of(st.none(), st.integers(-2**31, 2**31)),
                          st.one_of(st.none(), st.dates(date(1901, 1, 1), date(2200, 1, 1)))), min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_what_was_written_is_read_back(rows):
    found = xlsx.read(book([*rows, ("end", None, None)]))[2:]
    for (text, number, day), cells in zip(rows, found, strict=False):
        cells = [*cells, "", "", ""]
        assert plain(str(cells[0])) == text
        assert cells[1] == ("" if number is None else number)
        assert cells[2] == ("" if day is None else day)


def test_an_identity_number_stays_text():
    [cells] = xlsx.read(book([["610902199001011234"]]))[2:]
    assert cells[0] == "610902199001011234"


def test_a_text_above_the_limit_of_a_cell_is_cut_visibly():
    [cells] = xlsx.read(book([["x" * 40_000]]))[2:]
    assert len(cells[0]) <= xlsx.CELL_CHARACTERS and not cells[0].endswith("x")


def test_choices_and_notes_are_sheets_of_their_own_and_the_list_is_read():
    target = io.BytesIO()
    writer = Writer(target, [Column("k", "Kind", "choice", options=("=A", "B"))], "List: of [things]/*")
    writer.choices()
    writer.notes("Help", [("a", "=b")])
    writer.row(["B"])
    writer.close()
    assert xlsx.read(target.getvalue())[2] == ["B"]


# ---------------------------------------------------------------- strangers

def test_a_bomb_is_refused_before_it_is_opened():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(40_000_000))
    assert refusal(target.getvalue()).code == "zip_bomb"


def test_a_bomb_whose_directory_lies_is_refused():
    content = bytearray(changed(book([["x"]]), lambda name, body: bytes(5_000_000) if "sheet1" in name else body))
    size = (5_000_000).to_bytes(4, "little")
    while (place := content.find(size)) >= 0:
        content[place:place + 4] = (10).to_bytes(4, "little")
    assert refusal(bytes(content)).status in {400, 413}


def test_many_small_parts_are_refused():
    target = io.BytesIO(book([["x"]]))
    with zipfile.ZipFile(target, "a") as archive:
        for number in range(600):
            archive.writestr(f"xl/{number}.xml", "<x/>")
    assert refusal(target.getvalue()).code == "damaged"


@pytest.mark.parametrize(("old", "new", "code"), [
    (b'r="B3"', b'r="XFD1048576"', "too_many_rows"), (b'r="B3"', b'r="XFD3"', "too_large"),
    (b'r="B3"', b"\n r = 'XFD3'", "too_large"), (b'r="B3"', b'r="b99999999999999999999"', "too_many_rows"),
    (b'<row r="3"', b'<row r="1048576"', "too_many_rows"), (b'r="B3"', b'r="GR99999"', "too_many_rows")])
def test_a_cell_far_out_is_refused_before_it_is_laid_out(old, new, code):
    def move(name, body):
        assert "sheet1" not in name or old in body
        return body.replace(old, new) if "sheet1" in name else body

    assert refusal(changed(book([["x", 1]]), move)).code == code


def test_a_far_cell_is_found_wherever_the_stream_is_cut():
    filler = b"<x/>" * (xlsx._CHUNK // 4 - 60)
    for shift in range(0, 80, 7):
        content = changed(book([["x", 1]]), lambda name, body, shift=shift: body.replace(
            b"<sheetData>", b"<!--" + b"y" * shift + b"-->" + filler + b"<sheetData>").replace(
            b'r="B3"', b'r="XFD3"') if "sheet1" in name else body)
        assert refusal(content).code in {"too_large", "zip_bomb"}


def test_more_rows_than_allowed_are_refused():
    assert refusal(book([["x"]] * 30), Limits(rows=10)).code == "too_many_rows"


def test_a_file_of_another_kind_is_refused_in_words():
    assert refusal(b"").code == refusal(b"a,b\n").code == refusal(b"%PDF-1.7").code == "not_xlsx"
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)).code == "locked"
    assert refusal(bytes(2000), Limits(bytes=1000)).code == "too_large"


def test_a_zip_that_is_no_workbook_is_refused():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
        archive.writestr("[Content_Types].xml", "<x/>")
    assert refusal(target.getvalue()).code == "not_xlsx"


def test_an_encrypted_part_is_refused():
    content = bytearray(book([["x"]]))
    place = content.find(b"PK\x01\x02")
    content[place + 8] |= 1
    assert refusal(bytes(content)).code == "locked"


def test_an_empty_or_hidden_sheet_is_refused():
    target = io.BytesIO()
    import xlsxwriter

    with xlsxwriter.Workbook(target) as writer:
        writer.add_worksheet("空")
    assert refusal(target.getvalue()).code == "empty"


def read_or_status(content):
    """Return 0 when the file can be read, otherwise the status of the refusal."""
    try:
        xlsx.read(content)
    except Problem as problem:
        return problem.status
    return 0


WHOLE = book([["x", 1, date(2026, 3, 15)], ["=1", 2, None]])


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=40), st.booleans())
@settings(max_examples=600, deadline=None)
def test_no_damage_to_a_file_raises_anything_but_a_readable_refusal(place, junk, cut):
    content = WHOLE[:place] + junk + (b"" if cut else WHOLE[place + len(junk):])
    assert read_or_status(content) in {0, *range(400, 500)}


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=20))
@settings(max_examples=300, deadline=None)
def test_no_damage_inside_the_sheet_raises_anything_but_a_readable_refusal(place, junk):
    def spoil(name, body):
        at = place % max(1, len(body))
        return body[:at] + junk + body[at + len(junk):] if "sheet1" in name else body

    assert read_or_status(changed(WHOLE, spoil)) in {0, *range(400, 500)}


def test_a_part_that_inflates_without_end_is_cut_at_the_limit():
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    assert len(squeezed.compress(bytes(1 << 20)) + squeezed.flush()) < 2000
    content = changed(WHOLE, lambda name, body: body + b" " * 3_000_000 if "sheet1" in name else body)
    assert refusal(content, Limits(inflated=1 << 20, ratio=10_000)).code == "zip_bomb"
