"""Sheets: one description of a form, a page and a Word file from it; what people typed stays what they typed."""
import contextlib
import io
import re
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.docx_reader import Docx, W

from grid321.core import docx_fill, sheet_docx, sheet_html
from grid321.core import sheet as s
from grid321.core.errors import Problem
from grid321.core.i18n import use_language

pytestmark = pytest.mark.once

SHEET = s.Sheet((
    s.Title("{{ title }}"), s.Line("No. {{ number }}", "{{ state }}"),
    s.Table((20, 60, 20, 60), (
        s.facts(("Name", "{{ name }}"), ("Place", "{{ place }}")),
        s.Row((s.head("Text"), s.Cell("{{ text }}", 3, top=True)), tall=30, whole=False),
        s.When("files", (s.Row((s.head("Files"), s.Cell("{{ files|join(', ') }}", 3))),)),
        s.Row((s.head("Reply"), s.Cell((s.Each("one in said", (s.Text("{{ one }}"),)),), 3))))),
    s.Table((10, 150), (s.heads("No.", "Step"),
                        s.Each("one in steps", (s.Row((s.Cell("{{ loop.index }}"), s.Cell("{{ one }}"))),)),
                        s.When("not steps", (s.Row((s.Cell("none", 2),)),)))),
    s.Body("answer"), s.Sign("Signed:", "____"), s.Text("small", "note")))
LETTER = s.Sheet((s.Line("Class A", "12"), s.Title("Reply"), s.Text("To you:", "to"), s.Body("answer"), s.Gap(2, keep=True),
                  s.Text("{{ office }}", "right", keep=True), s.Text("{{ day }}", "right")), s.LETTER, "{{ office }}")


def made(sheet=SHEET, **values):
    """The Word file of a sheet."""
    return Docx(docx_fill.fill(sheet_docx.template(sheet, "A form"), values)).check()


def test_values_loops_and_conditions_reach_the_word_file():
    found = made(title="Slip", number="7", state="open", name="Li", place="Xihe", text="two\nlines", files=["a.pdf", "b.pdf"],
                 said=["yes", "no"], steps=["heard", "sent up"], answer="first\n\nsecond")

    facts, steps = found.tables
    assert facts == [["Name", "Li", "Place", "Xihe"], ["Text", "two\nlines"], ["Files", "a.pdf, b.pdf"], ["Reply", "yes\nno"]]
    assert steps == [["No.", "Step"], ["1", "heard"], ["2", "sent up"]]
    assert found.paragraphs[:2] == ["Slip", "No. 7\topen"]
    assert [text for text in found.paragraphs if text in {"first", "second", ""}].count("first") == 1
    assert found.paragraphs[-2:] == ["Signed:　　　　____", "small"]


def test_without_values_the_form_is_empty_and_still_opens():
    found = made()

    assert found.tables[0][-1] == ["Reply", ""], "a loop over nothing leaves a cell with an empty paragraph"
    assert found.tables[1] == [["No.", "Step"], ["none"]]


@pytest.mark.parametrize("typed", [
    "{{ 7 * 7 }}", "{% for one in steps %}x{% endfor %}", "{{ ''.__class__.__mro__ }}", "{_{ number }_}", "{%p if 1 %}",
    "{{r x }}", "<w:p><w:r><w:t>x</w:t></w:r></w:p>", "</w:t></w:r></w:p>", "a & b < c > d \"e\" 'f' ]]>", "&lt;b&gt;",
    "<!-- -->", "<script>x", "{# a #}", "\\n \\1 %s {0}", "=1+1", "𠮷 䶮 㛃 张𠮷梅", "“引号”——破折号…", "🌧️ e\u0301 \u200d"])
def test_what_people_typed_stands_there_as_they_typed_it(typed):
    found = made(text=typed, steps=[typed], answer=typed, title=typed)

    assert found.tables[0][1] == ["Text", typed]
    assert found.tables[1][1] == ["1", typed]
    assert found.paragraphs[0] == typed and typed in found.paragraphs[-5:]


@settings(max_examples=25)
@given(st.text(max_size=60))
def test_any_text_survives_but_for_what_xml_cannot_hold(typed):
    found = made(text=typed, title="x")

    kept = docx_fill.plain(typed)
    assert found.tables[0][1][1].rstrip("\n") == kept.rstrip("\n")
    assert [c for c in typed if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF] == [c for c in kept if c.isprintable()]


def test_an_official_letter_has_the_paper_of_the_standard():
    found = made(LETTER, office="汉滨区住房和城乡建设局", answer="一、基本情况。\n二、打算。", day="2026年11月22日")

    assert found.margins() == [210, 297, 37, 26, 35, 28], "text area 156 x 225 mm"
    grid = found.section.find(f"{W}docGrid")
    assert (grid.get(f"{W}type"), grid.get(f"{W}linePitch")) == ("lines", "579"), "22 lines of 28.95 points"
    assert found.style("LetterBody") == ("仿宋_GB2312", None) and found.style("Normal") == ("仿宋_GB2312", 16)
    assert found.style("Title") == ("方正小标宋简体", 22) and found.style("Letterhead")[0] == "方正小标宋简体"
    assert found.head == "汉滨区住房和城乡建设局"
    assert 'w:val="thickThinSmallGap"' in found.raw("word/header1.xml") and "FF0000" in found.raw("word/header1.xml")
    assert 'w:val="thinThickSmallGap"' in found.raw("word/footer1.xml"), "the second red line at the foot of the first page"
    assert found.section.find(f"{W}titlePg") is not None and "PAGE" not in found.raw("word/footer1.xml")
    assert " PAGE " in found.raw("word/footer2.xml") and " PAGE " in found.raw("word/footer3.xml")
    assert 'w:altName w:val="仿宋"' in found.raw("word/fontTable.xml"), "where the font is not installed, the next best"


@pytest.mark.parametrize(("name", "size"), [
    ("住建局", 72), ("汉滨区农业农村和乡村振兴局", 52), ("汉滨区人民代表大会常务委员会代表工作委员会", 40)])
def test_a_long_letterhead_is_set_smaller_instead_of_broken(name, size):
    head = made(LETTER, office=name).raw("word/header1.xml")

    assert re.findall(r'<w:sz w:val="(\d+)"/>', head) == [str(size)]


def test_a_signature_stays_with_the_text_above_it():
    found = made(LETTER, office="住建局", answer="文", day="2026年11月22日")
    kept = [found.text_of(one) for one in found.body.iter(f"{W}p") if one.find(f"{W}pPr/{W}keepNext") is not None]

    assert kept == ["", "", "住建局"]


def test_a_ledger_lies_and_repeats_its_heads():
    found = made(s.Sheet((s.Table((1, 2), (s.heads("a", "b"), s.Each("x in rows", (s.Row((s.Cell("{{ x }}"), s.Cell(""))),)))),),
                         s.WIDE), rows=list(range(300)))

    assert found.margins()[:2] == [297, 210]
    first = found.body.find(f"{W}tbl/{W}tr")
    assert first.find(f"{W}trPr/{W}tblHeader") is not None and first.find(f"{W}trPr/{W}cantSplit") is not None
    assert len(found.tables[0]) == 301


def test_a_picture_stands_where_a_value_holds_one_and_nothing_where_not():
    sheet = s.Sheet((s.Text("before"), s.Picture("code", 30), s.Text("after")))
    with_code, without = made(sheet, code=docx_fill.qr("https://county.example/x", "QR code")), made(sheet)

    [name] = [one for one in with_code.archive.namelist() if one.startswith("word/media/")]
    assert with_code.archive.read(name).startswith(b"\x89PNG")
    assert without.paragraphs == ["before", "after"] and not [one for one in without.archive.namelist() if "media" in one]


def test_the_page_says_what_the_word_file_says(app):
    app.jinja_env.filters["lines"] = docx_fill.lines
    source = re.sub(r"\{% extends .*?%\}", "", sheet_html.source(SHEET)).replace("{{ super() }}", "")
    page = app.jinja_env.from_string(source).render(
        title="<b>Slip</b>", number="7", name="{{ 7*7 }}", files=["a.pdf"], said=["yes"], steps=["heard"], answer="one\ntwo")

    assert "&lt;b&gt;Slip&lt;/b&gt;" in page and "{{ 7*7 }}" in page and "49" not in page
    assert page.count("<tr") == 6 and '<th scope="col">' in page and 'colspan="3"' in page and "style=" not in page
    assert [text for text in ("a.pdf", "yes", "heard", ">one<", ">two<", "Signed:") if text not in page] == []


# ---------------------------------------------------------------- templates that a county made

def template(body, name="word/document.xml", **files):
    """A .docx whose body a county wrote."""
    out = io.BytesIO()
    shipped = io.BytesIO(sheet_docx.template(s.Sheet((s.Text("BODY"),)), "x"))
    with zipfile.ZipFile(shipped) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.namelist():
            new.writestr(item, old.read(item).decode().replace("BODY", body) if item.endswith(".xml") else old.read(item))
        for other, content in files.items():
            new.writestr(other, content)
    return out.getvalue()


@pytest.mark.parametrize("body", [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{% for x in range(10**9) %}{% endfor %}", "{% include '/etc/passwd' %}",
    "{{ number|nosuchfilter }}", "{% if %}", "{{ 1 / 0 }}",
    "{{ 'x' * 10000 }}", "{{ [1] * 10000 }}", "{{ 9 ** 9 ** 9 }}", "{{ '%9000d' % 1 }}", "{{ number.center(10000) }}",
    "{{ number|center(10000) }}", "{{ '{:>9000}'.format(1) }}", "{{ '%9000d'|format(1) }}", "{{ number|safe }}"])
def test_a_template_that_reaches_out_or_does_not_work_is_refused(body):
    with pytest.raises(Problem) as refusal:
        docx_fill.fill(template(body), {"number": "7"})

    assert refusal.value.code == "bad_template" and "form check" in str(refusal.value.remedy)
    assert body in str(refusal.value.detail), "the paragraph in which it went wrong"


@pytest.mark.parametrize("body", ["{{ number.__init__.__globals__ }}", "{{ self._TemplateReference__context }}", "{{ cycler }}",
                                  "{{ '{0.__class__}'.format(number) }}"])
def test_a_template_sees_nothing_behind_its_values(body):
    shown = ""
    with contextlib.suppress(Problem):
        shown = Docx(docx_fill.fill(template(body), {"number": "7"})).text

    assert shown == ""


def test_a_template_gets_plain_values_and_no_record():
    class Record:
        """Something that could be told to delete itself."""

        def __str__(self):
            return "record"

        def delete_instance(self):
            raise AssertionError

    found = Docx(docx_fill.fill(template("{{ record }} {{ record.delete_instance }} {{ gone.deeper }}|"), {"record": Record()}))
    assert found.paragraphs == ["record  |"]


@pytest.mark.parametrize(("content", "word"), [
    (b"no zip at all", "docx"), (template("x", **{"word/vbaProject.bin": b"x"}), "macro"), (b"PK" + b"x" * 6_000_000, "5 MB")])
def test_what_is_no_word_file_or_carries_a_program_is_refused(content, word):
    with use_language("en"), pytest.raises(Problem) as refusal:
        docx_fill.fill(content, {})

    assert refusal.value.code == "bad_template" and word in str(refusal.value.detail)


EXTERNAL = ('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="http://x.example/" '
            'TargetMode="External"/></Relationships>')


@pytest.mark.parametrize(("files", "word"), [
    ({"word/_rels/settings.xml.rels": EXTERNAL.format("attachedTemplate")}, "settings.xml.rels"),
    ({"word/_rels/header9.xml.rels": EXTERNAL.format("image")}, "header9"),
    ({"word/extra.xml": '<x><w:instrText xml:space="preserve"> DDEAUTO c:\\\\x "y" </w:instrText></x>'}, "DDEAUTO")])
def test_a_template_that_loads_something_from_outside_is_refused(files, word):
    with use_language("en"), pytest.raises(Problem) as refusal:
        docx_fill.guard(template("x", **files))

    assert refusal.value.code == "bad_template" and word in str(refusal.value.detail) and "remove" in str(refusal.value.detail)
    docx_fill.guard(template("x", **{"word/_rels/footnotes.xml.rels": EXTERNAL.format("hyperlink")}))


def test_the_names_that_a_template_uses_are_known():
    assert docx_fill.names_in(template("{{ number }} {% for x in steps %}{{ x.at }}{% endfor %}")) == {"number", "steps"}


def test_docxtpl_is_loaded_when_a_file_is_made_and_told_about_when_it_is_absent(monkeypatch):
    code = ("import sys, grid321.core.app, grid321.core.document_pages, grid321.core.sheet_docx; "
            "sys.exit(any(name.split('.')[0] in {'docxtpl', 'docx', 'lxml'} for name in sys.modules))")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

    docx_fill._filler.cache_clear()
    monkeypatch.setitem(sys.modules, "docxtpl", None)
    with pytest.raises(Problem) as refusal:
        docx_fill.fill(template("x"), {})
    assert (refusal.value.status, refusal.value.code) == (501, "no_docx") and "grid321[docx]" in str(refusal.value.remedy)
    monkeypatch.undo()
    docx_fill._filler.cache_clear()
