"""Forms as Word files: who gets them, where a county's, a theme's or the shipped template is used, REST, the command."""
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from support import matters, region
from support.docx_reader import Docx

from grid321.core import documents, switches
from grid321.core.api import DivisionDocument, Plugin, hookimpl, sheet
from grid321.core.errors import DeclarationError
from grid321.core.registry import platform, registry
from grid321.core.testing_browser import Browser


@pytest.fixture
def plugin_modules():
    """A region's plugin that declares forms of matters and of divisions."""
    return [matters, region]


@pytest.fixture
def paper(here, switch_on, raise_matter, client_for):
    """A matter, an officer's browser, its page and the address of its form."""
    switch_on("region", here.tree.village)
    record = raise_matter("𠮷家村 {{ 7*7 }} <b>", by=here.county, phone="13812345678")
    page = f"/d/{here.tree.village.code}/matters/matter/{record.id}"
    return SimpleNamespace(record=record, browser=client_for("matters.officer", here.tree.village), page=page,
                           form=f"{page}/form/paper", word=f"{page}/form/paper.docx")


@pytest.fixture
def home(app):
    """The folder of the home in which a county puts templates, empty before and after."""
    import shutil

    folder = Path(platform().config.home) / "forms"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def word(browser, address):
    """The Word file at an address, read back."""
    answer = browser.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    assert answer.mimetype.endswith("wordprocessingml.document")
    return Docx(answer.data).check()


def put(folder, text, name="region/forms/paper.docx"):
    """Put a county's template in place: the shipped one with other words."""
    from grid321.core import sheet_docx

    made = folder / name
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_bytes(sheet_docx.template(sheet.Sheet((sheet.Text(text),)), "x"))
    return made


def test_a_form_is_a_page_and_a_word_file_with_the_same_words_and_masked_personal_values(paper, here):
    page, found = paper.browser.get(paper.form).get_data(as_text=True), word(paper.browser, paper.word)

    assert found.tables == [[["Title", "𠮷家村 {{ 7*7 }} <b>"], ["Telephone", "138****5678"],
                             ["Village", here.tree.village.name]]]
    assert found.paragraphs[:2] == ["Paper of the region", f"{paper.record.number}\tOpen"]
    assert [text for text in ("𠮷家村 {{ 7*7 }} &lt;b&gt;", "Paper of the region", paper.word) if text not in page] == []
    assert "13812345678" not in page + found.text + "".join(map(str, found.archive.namelist()))
    answer = paper.browser.get(paper.word)
    assert answer.headers["Content-Disposition"].startswith("attachment") and "no-store" in answer.headers["Cache-Control"]
    assert paper.record.number in answer.headers["Content-Disposition"]


def test_a_form_of_its_own_template_has_no_word_file(paper):
    slip = f"{paper.page}/form/slip"
    assert "docx" not in paper.browser.get(slip).get_data(as_text=True)
    assert paper.browser.get(f"{slip}.docx").status_code == 404


def test_a_word_file_is_for_whom_the_record_is(paper, here, client_for, app):
    for browser in (client_for("matters.officer", here.tree.other_village), client_for(None, here.tree.village)):
        assert browser.get(paper.word).status_code in {403, 404}
        assert browser.get("/api/v1" + paper.word).status_code in {403, 404}
    assert Browser(app).get(paper.word).status_code in {302, 303}
    switches.turn("region", here.tree.village, False)
    assert paper.browser.get(paper.word).status_code == 404 and "form/paper" not in paper.browser.get(paper.page).text


def test_a_record_offers_only_the_forms_that_it_has(paper, here):
    assert paper.form in paper.browser.get(paper.page).text
    type(paper.record).update(state="done").where(type(paper.record).id == paper.record.id).execute()

    assert paper.form not in paper.browser.get(paper.page).text
    assert paper.browser.get(paper.form).status_code == 404 and paper.browser.get(paper.word).status_code == 404


# ---------------------------------------------------------------- forms of a division

def test_forms_of_a_division_are_listed_and_made_for_a_year(paper, here, client_for):
    switches.turn("region", here.tree.county, True)
    browser, base = client_for("core.county_admin", here.tree.county), f"/d/{here.tree.county.code}/region/form/count"
    listed = browser.get(f"/d/{here.tree.county.code}/core/forms?month=2026-03")

    assert listed.status_code == 200 and f"{base}?year=2026" in listed.text
    assert word(browser, f"{base}.docx?year=2026").paragraphs == [here.tree.county.name, f"{here.tree.county.name} 2026"]
    assert f"{here.tree.county.name} 2026" in browser.get(f"{base}?year=2026").text
    for wrong in ("?year=99", "?year=2026x", "?year=", "?year=9999"):
        assert browser.get(f"{base}.docx{wrong}").status_code == 400
    assert paper.browser.get(f"{base}.docx").status_code in {403, 404}


def test_forms_over_rest(paper, here, client_for):
    listed = paper.browser.api("GET", f"{paper.page}/forms")
    found = {one["name"]: one["file"] for one in listed.json["items"]}

    assert found == {"slip": None, "paper": f"/api/v1{paper.word}"}
    assert word(paper.browser, found["paper"]).paragraphs[0] == "Paper of the region"
    assert paper.browser.api("GET", f"{paper.page}/forms?x=1").status_code == 400
    switches.turn("region", here.tree.county, True)
    browser = client_for("core.county_admin", here.tree.county)
    ours = next(one for one in browser.api("GET", f"/d/{here.tree.county.code}/core/forms").json["items"]
                if one["name"] == "region.count")
    assert ours["period"] == "year" and word(browser, ours["file"] + "?year=2026").text.endswith("2026")
    assert browser.get(ours["file"] + "?month=2026-01").status_code == 400
    paths = browser.get("/api/v1/openapi.json").json["paths"]
    assert "/api/v1/d/{code}/region/form/count.docx" in paths and "/api/v1/d/{code}/matters/matter/{id}/form/{form}.docx" in paths


def test_the_bulletin_and_the_write_off_ledger_are_word_files_too(paper, here, client_for):
    from grid321.core import statistics

    browser, month = client_for("core.county_admin", here.tree.county), statistics.this_month()
    base = f"/d/{here.tree.county.code}/core"
    bulletin = word(browser, f"{base}/form/bulletin.docx?month={month}")
    page = browser.get(f"{base}/month/{month}/bulletin").get_data(as_text=True)

    assert bulletin.paragraphs[0].startswith(here.tree.county.name) and bulletin.margins()[:2] == [297, 210]
    assert f"form/bulletin.docx?month={month}" in page
    signed = "　"
    assert [text for text in bulletin.paragraphs if text.replace("\t", "</span><span>") not in page and signed not in text] == []
    officer = client_for("matters.officer", here.tree.village)
    assert officer.get(f"{base}/form/bulletin.docx").status_code in {403, 404}


# ---------------------------------------------------------------- templates in place of the shipped one

def test_the_template_of_the_nearest_division_is_used(paper, here, home):
    assert word(paper.browser, paper.word).paragraphs[0] == "Paper of the region"
    put(home, "site {{ number }}")
    assert word(paper.browser, paper.word).paragraphs == [f"site {paper.record.number}"]
    put(home / here.tree.county.code, "county {{ title }}")
    put(home / here.tree.other_village.code, "other village")
    assert word(paper.browser, paper.word).paragraphs == ["county 𠮷家村 {{ 7*7 }} <b>"]
    nearest = put(home / here.tree.village.code, "village {{ places.village }} {{ texts.phone }} {{ record.id }}{{ entity }}")
    assert word(paper.browser, paper.word).paragraphs == [f"village {here.tree.village.name} 138****5678 "], "no record"
    nearest.unlink()
    assert word(paper.browser, paper.word).paragraphs[0].startswith("county"), "no restart is needed"


def test_a_broken_template_is_said_and_the_page_stays(paper, home, here):
    put(home / here.tree.county.code, "Dear {% if %} reader")

    answer = paper.browser.get(paper.word)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500 and "Traceback" not in text and str(home) not in text
    assert [one for one in (f"forms/{here.tree.county.code}/region/forms/paper.docx", "Dear {% if %} reader", "form check")
            if one not in text] == [], "which file, where in it, and what to do"
    assert paper.browser.get(paper.form).status_code == 200


def test_a_theme_may_replace_page_and_word_file(paper, app, tmp_path):
    from dataclasses import replace

    wardrobe = app.extensions["grid321_themes"]
    put(tmp_path / "templates", "themed {{ number }}")
    (tmp_path / "templates/region/forms/paper.html").write_text(
        "{% extends 'document.html' %}{% block sheet %}themed page {{ number }}{% endblock %}")
    before = wardrobe.themes["default"]
    try:
        wardrobe.themes["default"] = replace(before, folder=tmp_path)
        wardrobe._lineages["default"] = [wardrobe.themes["default"]]
        assert word(paper.browser, paper.word).paragraphs == [f"themed {paper.record.number}"]
        assert f"themed page {paper.record.number}" in paper.browser.get(paper.form).get_data(as_text=True)
    finally:
        wardrobe.themes["default"] = before
        wardrobe._lineages["default"] = [before]


def test_the_command_takes_a_template_out_checks_it_and_puts_it_in_place(paper, here, home, tmp_path, monkeypatch):
    import contextlib

    from grid321.core.commands import form

    monkeypatch.setattr(form, "platform_context", contextlib.nullcontext)
    run = CliRunner().invoke
    file = tmp_path / "paper.docx"

    assert run(form.form, ["export", "region.paper", str(file)]).exit_code == 0
    assert run(form.form, ["export", "region.paper", str(file)]).exit_code == 1, "it never overwrites"
    assert run(form.form, ["check", str(file), "--as", "region.paper"]).output.strip() == "in order"
    put(tmp_path, "{{ number }} {{ salary }}", "wrong.docx")
    wrong = run(form.form, ["check", str(tmp_path / "wrong.docx"), "--as", "region.paper"])
    assert wrong.exit_code == 1 and "'salary'" in wrong.output and "'number'" not in wrong.output
    assert run(form.form, ["install", str(tmp_path / "wrong.docx"), "--as", "region.paper"]).exit_code == 1
    assert not home.exists() or not list(home.rglob("*.docx"))
    done = run(form.form, ["install", str(file), "--as", "region.paper", "--division", here.tree.town.code])
    assert done.exit_code == 0 and documents.put_in_place(registry().documents["region.paper"]) == [Path(done.output.strip())]
    assert "region.paper" in run(form.form, ["list"]).output and str(home) in run(form.form, ["list"]).output
    assert word(paper.browser, paper.word).paragraphs[0] == "Paper of the region"


# ---------------------------------------------------------------- declarations

@pytest.mark.parametrize(("document", "words"), [
    (DivisionDocument("other.x", "X", "other.nothing", sheet.Sheet(()), lambda node, actor, period: {}), "permission"),
    (DivisionDocument("other.x", "X", "core.month.view", sheet.Sheet(()), lambda node, actor, period: {}, "week"), "period"),
    (documents.Document("other.x", "matters.matter", "X"), "sheet or a template"),
    (documents.Document("other.x", "matters.matter", "X", sheet="a.docx"), "not a Sheet")])
def test_a_form_that_says_nonsense_stops_the_start(with_plugins, document, words):
    other = SimpleNamespace(plugin=Plugin("other", "Other", "1.0.0"), __name__="other")

    def declared():
        return [document]

    declared.__name__ = "grid321_documents"
    other.grid321_documents = hookimpl(declared)
    with pytest.raises(DeclarationError, match=words):
        with_plugins(matters, other)
