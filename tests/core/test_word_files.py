"""Every form that is installed makes Word files that Word and WPS take; the rules notice each fault there can be."""
import io
import zipfile

import pytest
from support.docx_reader import Docx, W

from grid321.core import documents, docx_fill, sheet_docx
from grid321.core import sheet as s
from grid321.core.conformance.word_files import faults
from grid321.core.i18n import use_language
from grid321.core.registry import registry

pytestmark = pytest.mark.once


@pytest.fixture
def plugin_modules():
    """Every plugin that is installed, so that the forms of a later one are read too."""
    return


def letter(**values):
    """An official letter."""
    sheet = s.Sheet((s.Line("A", "{{ reference }}"), s.Title("{{ title }}"), s.Text("To you:", "to"), s.Body("text"),
                     s.Signed("office", "{{ day }}"), s.Text("(Contact)", "aside")), s.LETTER, "{{ office }}")
    return docx_fill.fill(sheet_docx.template(sheet, "Letter"), {"title": "Reply", "day": "2026年6月1日", **values})


def changed(content, name, old, new, **added):
    """A Word file with other words in one of its parts, and with parts that it should not have."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(made, "w") as after:
        for part in before.namelist():
            text = before.read(part)
            if part == name:
                assert old.encode() in text, f"{old} is not in {name}"
                text = text.replace(old.encode(), new.encode())
            after.writestr(part, text)
        for part, text in added.items():
            after.writestr(part, text)
    return made.getvalue()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_form_that_is_installed_makes_a_word_file_in_order(app, language):
    found = {}
    with app.test_request_context("/"), use_language(language):
        for document in registry().documents.values():
            if document.sheet is not None:
                found[document.key] = faults(docx_fill.fill(documents.shipped_template(document), {}))

    assert len(found) >= 15 and {key: wrong for key, wrong in found.items() if wrong} == {}


def test_python_docx_opens_what_was_made_and_finds_the_same_words():
    import docx

    made = letter(text="一、基本情况。\n二、打算。", office="汉滨区交通运输局", reference="汉交函〔2026〕3号")
    read = docx.Document(io.BytesIO(made))

    assert [one.text for one in read.paragraphs] == Docx(made).paragraphs
    assert read.core_properties.author == "" and read.core_properties.last_modified_by == ""
    saved = io.BytesIO()
    read.save(saved)
    assert Docx(saved.getvalue()).text == Docx(made).text and faults(saved.getvalue()) == []


DOCUMENT, STYLES, RELATIONS = "word/document.xml", "word/styles.xml", "word/_rels/document.xml.rels"


@pytest.mark.parametrize(("name", "old", "new", "word"), [
    (DOCUMENT, '<w:pStyle w:val="LetterTo"/><w:keepNext/>', '<w:keepNext/><w:pStyle w:val="LetterTo"/>', "order of the schema"),
    (DOCUMENT, "<w:titlePg/><w:docGrid", "<w:docGrid w:type='lines'/><w:titlePg/><w:docGrid", "order of the schema"),
    (DOCUMENT, '<w:pStyle w:val="LetterTo"/>', '<w:pstyle w:val="LetterTo"/>', "pPr holds pstyle"),
    (DOCUMENT, 'r:id="footer2"', 'r:id="footer9"', "no relation"),
    (DOCUMENT, "<w:sectPr>", "<w:p/><w:sectPr/><w:sectPr>", "section"),
    (RELATIONS, 'Target="footer2.xml"', 'Target="footer9.xml"', "not there"),
    (RELATIONS, 'Target="footer2.xml"', 'Target="http://x.example/" TargetMode="External"', "out of the file"),
    ("word/footer2.xml", " PAGE ", " INCLUDETEXT c:\\\\x ", "INCLUDETEXT"),
    (STYLES, 'w:eastAsia="仿宋_GB2312"', "", "Chinese"),
    (STYLES, 'w:eastAsia="zh-CN"', "", "zh-CN"),
    ("docProps/core.xml", "<dc:creator>", "<dc:creator>张三", "creator"),
    ("[Content_Types].xml", "wordprocessingml.document.main", "ms-word.document.macroEnabled.main", "macro"),
    ("[Content_Types].xml", "/word/footer2.xml", "/word/footer9.xml", "no part"),
    (STYLES, "</w:styles>", "", "cannot be read")])
def test_a_fault_in_a_word_file_is_noticed(name, old, new, word):
    found = faults(changed(letter(office="交通运输局", text="文"), name, old, new))

    assert any(word in one for one in found), found


def test_a_torn_table_and_a_hidden_program_are_noticed():
    sheet = s.Sheet((s.Table((1, 1), (s.heads("a", "b"), s.Row((s.Cell("1"), s.Cell("2"))))),))
    whole = docx_fill.fill(sheet_docx.template(sheet, "x"), {})
    cell = zipfile.ZipFile(io.BytesIO(whole)).read(DOCUMENT).decode().rpartition("<w:tc>")[2].partition("</w:tc>")[0]

    assert faults(whole) == []
    assert "word/document.xml: a row is not 2 columns wide" in faults(changed(whole, DOCUMENT, f"<w:tc>{cell}</w:tc>", ""))
    assert "word/document.xml: a cell does not end with a paragraph" in faults(changed(
        whole, DOCUMENT, f"<w:tc>{cell}</w:tc>", "<w:tc><w:tcPr/></w:tc>"))
    assert "word/vbaProject.bin has no content type" in faults(changed(whole, DOCUMENT, "x", "x", **{"word/vbaProject.bin": "x"}))


# ---------------------------------------------------------------- the letter of GB/T 9704-2012

def attributes(found, style, path):
    """The attributes of a property of a style."""
    one = next(one for one in found.part(STYLES).iter(f"{W}style") if one.get(f"{W}styleId") == style)
    return {key.removeprefix(W): value for key, value in one.find(path.replace("w:", W)).attrib.items()}


def test_a_line_of_a_letter_holds_28_characters_and_a_page_22_lines():
    found = Docx(letter(text="文", office="局"))
    width = (210 - 28 - 26) / 25.4 * 72

    each = 16 + int(attributes(found, "LetterBody", "w:rPr/w:spacing")["val"]) / 20
    assert 28 * each <= width < 28.5 * each
    pitch = int(attributes(found, "Normal", "w:pPr/w:spacing")["line"]) / 20
    assert 22 * pitch <= (297 - 37 - 35) / 25.4 * 72 < 23 * pitch
    title = attributes(found, "Title", "w:pPr/w:spacing")
    assert (int(title["before"]), int(title["after"])) == (2 * 579, 579), "two lines above the title, one below it"
    assert "widowControl" in found.raw(STYLES), "the last line of a paragraph may begin a page"
    assert attributes(found, "Footer", "w:rPr/w:rFonts")["ascii"] == "宋体" and found.style("Footer")[1] == 14


@pytest.mark.parametrize(("office", "side"), [
    ("汉滨区交通运输局", "center"), ("汉滨区农业农村和乡村振兴工作局", "center"),
    ("汉滨区人民代表大会常务委员会办公室", "right")])
def test_the_day_ends_four_characters_from_the_right_and_the_office_stands_above_it(office, side):
    found = Docx(letter(text="文", office=office))
    [name] = [one for one in found.body.iter(f"{W}p") if found.text_of(one) == office]
    [day] = [one for one in found.body.iter(f"{W}p") if found.text_of(one) == "2026年6月1日"]

    assert name.find(f"{W}pPr/{W}jc").get(f"{W}val") == side and name.find(f"{W}pPr/{W}keepNext") is not None
    indent = day.find(f"{W}pPr/{W}ind")
    assert (indent.get(f"{W}rightChars"), indent.get(f"{W}right")) == ("400", "1280")
    assert len(found.paragraphs) == len(Docx(letter(text="文", office="局")).paragraphs), "one of the two ways to set it"
