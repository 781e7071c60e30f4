"""Import and export: bad files are refused with place and remedy, a good one is previewed, imported once, and undone."""
import io
import zipfile
from datetime import timedelta

import pytest
from support import stock
from support.stock_sheets import HEAD, row, workbook

from grid321.core import db, export, ledger, records, transfer, transfer_read, transfer_report, transfer_tables, xlsx
from grid321.core.audit import AuditEntry
from grid321.core.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from grid321.core.jobs import Executor, JobRun
from grid321.core.transfer_tables import ImportBatch, all_rows, read_file


@pytest.fixture
def plugin_modules():
    """The application carries the core and ``stock``."""
    return [stock]


@pytest.fixture
def actor_of(app, division_tree, switch_on, make_account):
    """Return ``actor_of(role, division)``; ``stock`` is on in the whole county."""
    from grid321.core import access

    switch_on("stock", division_tree.county)
    return lambda role="stock.keeper", division=None: access.actor_of(
        make_account(role, division or division_tree.town).id)


@pytest.fixture
def keeper(actor_of):
    """Return a keeper of the town."""
    return actor_of()


def upload(rows, actor, node, **options):
    return transfer.start(stock.THING, workbook(rows, kinds={"amount": "int"}, **options), "list.xlsx", actor, node)


def import_(rows, actor, node):
    batch = upload(rows, actor, node)
    transfer.confirm(batch, actor)
    Executor().run_due()
    return ImportBatch.get_by_id(batch.id)


def things():
    return {thing.code: thing for thing in stock.Thing.select()}


# ---------------------------------------------------------------- the way of a good file

def test_a_file_is_previewed_imported_and_undone(keeper, division_tree):
    batch = upload([row("A1"), row("A2", name="Rake", phone="13912345678")], keeper, division_tree.town)
    assert (batch.state, batch.counts) == ("ready", {"new": 2})
    assert things() == {}
    transfer.confirm(batch, keeper)
    Executor().run_due()
    batch = ImportBatch.get_by_id(batch.id)
    assert (batch.state, batch.counts["created"]) == ("done", 2)
    assert things()["A2"].division_id == division_tree.village.id
    assert JobRun.get_by_id(batch.job_id).state == "done"
    transfer.undo(batch, keeper)
    Executor().run_due()
    batch = ImportBatch.get_by_id(batch.id)
    assert (batch.state, batch.counts["undone"]) == ("undone", 2)
    assert things() == {}


def test_each_imported_row_has_its_ledger_entry_and_counter(keeper, division_tree):
    import_([row("A1"), row("A2", kind="book")], keeper, division_tree.town)
    from grid321.core import counters

    assert ledger.LedgerEntry.select().where(ledger.LedgerEntry.entity == "stock.thing").count() == 2
    counters.fold()
    found = {(column, value): n for _place, column, value, n in
             counters.counts("stock.thing", [division_tree.county.id], ["kind"])}
    assert found == {("kind", "tool"): 1, ("kind", "book"): 1}


def test_rows_are_new_changed_same_or_wrong(keeper, division_tree):
    import_([row("A1"), row("A2")], keeper, division_tree.town)
    batch = upload([row("A1"), row("A2", name="Big spade"), row("A3"), row("A4", kind="nonsense"), row("a5")],
                   keeper, division_tree.town)
    assert batch.counts == {"same": 1, "changed": 1, "new": 1, "error": 2}
    table = transfer_report.preview(stock.THING, batch, "changed")
    assert "Spade → Big spade" in [cell["text"] for cell in table["rows"][0]["cells"]]
    errors = transfer_report.preview(stock.THING, batch, "error")["rows"]
    assert "Kind" in errors[0]["error"] and "Code" in errors[1]["error"]


def test_rows_with_errors_are_left_out_and_the_others_imported(keeper, division_tree):
    batch = import_([row("A1"), row("A2", kind="nonsense"), row("A3", name="nothing")], keeper, division_tree.town)
    assert batch.counts == {"new": 1, "error": 2, "created": 1}
    assert set(things()) == {"A1"}


def test_a_changed_record_gets_its_old_values_back(keeper, division_tree):
    import_([row("A1", phone="13912345678", note="old")], keeper, division_tree.town)
    batch = import_([row("A1", name="Hoe", phone="13812345678", note="new")], keeper, division_tree.town)
    assert batch.counts["updated"] == 1
    thing = things()["A1"]
    assert (thing.name, thing.note) == ("Hoe", "new")
    transfer.undo(batch, keeper)
    Executor().run_due()
    thing = things()["A1"]
    assert (thing.name, thing.note) == ("Spade", "old")
    from grid321.core.faces import face_of, plain
    assert plain(stock.THING, face_of(stock.THING).columns["phone"], thing.phone, thing.uid) == "13912345678"


def test_undoing_leaves_what_somebody_changed_since_and_says_so(keeper, division_tree):
    batch = import_([row("A1"), row("A2")], keeper, division_tree.town)
    thing = things()["A1"]
    records.update(stock.THING, thing.id, {"name": "Mine"}, keeper, thing.version, division_tree.town)
    transfer.undo(batch, keeper)
    Executor().run_due()
    batch = ImportBatch.get_by_id(batch.id)
    assert batch.counts["left"] == 1 and batch.counts["undone"] == 1
    assert set(things()) == {"A1"}
    [left] = [r for r in all_rows(batch) if r["o"] == "left"]
    assert left["m"]


def test_a_long_file_is_checked_by_a_job(keeper, division_tree, monkeypatch):
    monkeypatch.setattr(transfer, "INLINE_ROWS", 100)
    batch = upload([row(f"A{number}") for number in range(130)], keeper, division_tree.town)
    assert batch.state == "uploaded" and batch.blocks == 3
    with pytest.raises(Conflict):
        transfer.confirm(batch, keeper)
    Executor().run_due()
    batch = ImportBatch.get_by_id(batch.id)
    assert (batch.state, batch.counts) == ("ready", {"new": 130})
    assert len(transfer_report.preview(stock.THING, batch, "new")["rows"]) == 50


def test_confirming_twice_imports_once(keeper, division_tree):
    batch = upload([row("A1")], keeper, division_tree.town)
    again = ImportBatch.get_by_id(batch.id)
    transfer.confirm(batch, keeper)
    with pytest.raises(Conflict):
        transfer.confirm(again, keeper)
    Executor().run_due()
    assert set(things()) == {"A1"}


def test_a_row_that_was_entered_after_the_preview_is_not_doubled(keeper, division_tree):
    batch = upload([row("A1"), row("A2")], keeper, division_tree.town)
    records.create(stock.THING, {"code": "A1", "name": "x", "kind": "tool", "note": ""}, keeper, division_tree.town)
    transfer.confirm(batch, keeper)
    Executor().run_due()
    batch = ImportBatch.get_by_id(batch.id)
    assert (batch.counts["created"], batch.counts["failed"]) == (1, 1)
    assert things()["A1"].name == "x"


def test_an_interrupted_import_goes_on_without_doubling(keeper, division_tree, monkeypatch):
    batch = upload([row(f"A{number}") for number in range(120)], keeper, division_tree.town)
    transfer.confirm(batch, keeper)
    whole = transfer._apply_block

    def dies(checker, number):
        whole(checker, number)
        if number == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(transfer, "_apply_block", dies)
    with pytest.raises(KeyboardInterrupt):
        Executor().run_due()
    assert len(things()) == 50  # the second block was rolled back with its marks
    monkeypatch.setattr(transfer, "_apply_block", whole)
    JobRun.update(lease_until=db.now() - timedelta(seconds=1)).execute()
    Executor().run_due()
    batch = ImportBatch.get_by_id(batch.id)
    assert len(things()) == 120 and batch.counts["created"] == 120


# ---------------------------------------------------------------- cells

def test_a_number_in_a_code_or_telephone_column_is_refused_with_the_remedy(keeper, division_tree):
    content = workbook([[123456, "Spade", "tool", 610902104200, 1, None, None, None, 13912345678]],
                       kinds=dict.fromkeys(("code", "division", "amount", "phone"), "int"))
    batch = transfer.start(stock.THING, content, "x.xlsx", keeper, division_tree.town)
    [found] = all_rows(batch)
    assert set(found["e"]) == {"code", "division", "phone"}
    assert "15" in found["e"]["phone"][0]
    assert batch.counts == {"error": 1}


def test_a_masked_value_stays_and_a_foreign_mask_is_refused(keeper, division_tree):
    import_([row("A1", phone="13912345678")], keeper, division_tree.town)
    batch = upload([row("A1", phone="139****5678"), row("A2", phone="139****5678")], keeper, division_tree.town)
    same, new = all_rows(batch)
    assert same["k"] == "same"
    assert new["k"] == "error" and "phone" in new["e"]


def test_labels_of_the_first_row_serve_when_the_hidden_row_was_deleted(keeper, division_tree):
    content = workbook([["A1", "Spade", "Tool", "610902104200"]], head=["Code *", "Name *", "Kind *", "Place"])
    assert transfer.start(stock.THING, content, "x.xlsx", keeper, division_tree.town).counts == {"new": 1}


def test_a_key_twice_in_a_file_is_an_error_at_the_second_row(keeper, division_tree):
    batch = upload([row("A1"), row("A1", name="Other")], keeper, division_tree.town)
    first, second = all_rows(batch)
    assert first["k"] == "new" and second["k"] == "error" and "2" in second["e"]["code"][0]


@pytest.mark.parametrize(("head", "says"), [
    (["code", "name", "kind", "colour"], "colour"), (["code", "name"], "Kind"), (["code", "name", "kind", "name"], "name"),
    (["第一列", "第二列"], "第一列")])
def test_wrong_columns_are_named(keeper, division_tree, head, says):
    with pytest.raises(Invalid) as caught:
        transfer.start(stock.THING, workbook([["A1", "x", "tool", "y"][:len(head)]], head=head), "x.xlsx", keeper,
                       division_tree.town)
    assert says in caught.value.detail and caught.value.remedy
    assert ImportBatch.select().count() == 0


def test_a_sheet_with_a_header_only_is_refused(keeper, division_tree):
    with pytest.raises(Invalid) as caught:
        transfer.start(stock.THING, workbook([]), "x.xlsx", keeper, division_tree.town)
    assert caught.value.code == "empty"


def test_the_marked_file_names_the_errors_and_can_be_corrected_and_uploaded_again(keeper, division_tree):
    batch = upload([row("A1"), row("A2", kind="nonsense")], keeper, division_tree.town)
    content = transfer_report.marked_file(stock.THING, batch, only_problems=True)
    sheet = xlsx.read(content)
    assert len(sheet) == 3 and sheet[1][-2:] == ["import.result", "import.message"]
    assert "Kind" in sheet[2][-1]
    again = transfer.start(stock.THING, content, "x.xlsx", keeper, division_tree.town)
    assert again.counts == {"error": 1}


def test_the_template_is_accepted_when_it_is_filled_in(keeper, division_tree):
    from grid321.core import transfer_sheet

    content = transfer_sheet.template(stock.THING, {"kind": [("tool", "Tool"), ("book", "Book")]})
    keys = [key for key in xlsx.read(content)[1] if key]
    assert keys == HEAD
    with pytest.raises(Invalid):
        transfer.start(stock.THING, content, "x.xlsx", keeper, division_tree.town)


# ---------------------------------------------------------------- who and where

def test_who_may_not_import_is_refused(actor_of, division_tree):
    with pytest.raises(Forbidden):
        upload([row("A1")], actor_of("stock.reader"), division_tree.town)


def test_rows_of_another_town_are_errors_whether_they_are_new_or_exist(actor_of, division_tree):
    import_([row("B1", division="610902105200")], actor_of(division=division_tree.county), division_tree.county)
    keeper = actor_of()
    batch = upload([row("B1"), row("B2", division="610902105200")], keeper, division_tree.town)
    assert batch.counts == {"error": 2}
    assert set(things()) == {"B1"}


def test_a_batch_of_another_town_is_not_found(actor_of, division_tree):
    other = actor_of(division=division_tree.other_town)
    batch = upload([row("A1", division="610902105200")], other, division_tree.other_town)
    with pytest.raises(NotFound):
        transfer.get(stock.THING, batch.id, division_tree.town, actor_of())


def test_what_was_uploaded_is_sealed_and_deleted_after_its_time(keeper, division_tree, tick):
    batch = upload([row("A1", phone="13912345678")], keeper, division_tree.town)
    stored = " ".join(str(value) for values in transfer_tables.ImportBlock.select().tuples() for value in values)
    assert "13912345678" not in stored and "13912345678" not in batch.preview
    assert "13912345678" not in str(transfer_report.preview(stock.THING, batch, "new"))
    tick(transfer_tables.KEEP_ROWS * 2, sweep=False)
    assert transfer_tables.purge() == 1
    assert not ImportBatch.get_by_id(batch.id).has_rows


# ---------------------------------------------------------------- export

def exported(actor, node, args=None, revealed=False, file_format="xlsx"):
    file = export.ask(stock.THING, args or {}, node, actor, file_format=file_format, purpose="monthly meeting",
                      revealed=revealed)
    if not file.parts:
        Executor().run_due()
        file = export.get(stock.THING, file.id, actor)
    return b"".join(read_file(file))


TEXTS = ["=1+1", "＝cmd|' /C calc'!A0", "+86", "-5", "@x", "\t=x", "%x", "|x", "a\n=b\n-c", "'=1", "'", "𠮷䶮㛃", "x_x0041_y",
         "  ="]


def test_what_was_exported_and_is_imported_again_changes_nothing(keeper, division_tree):
    for number, text in enumerate(TEXTS):
        records.create(stock.THING, {"code": f"00{number}", "name": text.strip().replace("\n", " ").replace("\t", " ") or "x",
                                     "kind": "book", "amount": number, "sound": bool(number % 2), "note": text.strip(),
                                     "phone": "13912345678", "division_id": division_tree.village.id}, keeper, division_tree.town)
    content = exported(keeper, division_tree.town)
    batch = transfer.start(stock.THING, content, "x.xlsx", keeper, division_tree.town)
    assert [(r["k"], r["e"]) for r in all_rows(batch)] == [("same", {})] * len(TEXTS)
    assert batch.counts == {"same": len(TEXTS)}


def test_a_text_longer_than_a_cell_is_left_as_it_is_by_an_import(keeper, division_tree):
    records.create(stock.THING, {"code": "A1", "name": "x", "kind": "book", "note": "字" * 30000}, keeper, division_tree.town)
    batch = transfer.start(stock.THING, exported(keeper, division_tree.town), "x.xlsx", keeper, division_tree.town)
    assert batch.counts == {"same": 1}


def test_formulas_leave_neutralised_in_both_formats(keeper, division_tree):
    records.create(stock.THING, {"code": "A1", "name": "=1+1", "kind": "book", "note": "a\n=HYPERLINK(1)"}, keeper,
                   division_tree.town)
    sheet = xlsx.read(exported(keeper, division_tree.town))
    assert "'=1+1" in sheet[2] and "a\n'=HYPERLINK(1)" in sheet[2]
    text = exported(keeper, division_tree.town, file_format="csv").decode("utf-8-sig")
    assert "'=1+1" in text and ",=1+1" not in text and "\n=HYPER" not in text


def test_codes_are_text_cells_with_their_zeros(keeper, division_tree):
    records.create(stock.THING, {"code": "007", "name": "x", "kind": "book", "note": ""}, keeper, division_tree.town)
    assert xlsx.read(exported(keeper, division_tree.town))[2][0] == "007"


def test_personal_data_leave_masked_unless_revealed_with_the_right(actor_of, division_tree):
    keeper, revealer = actor_of(), actor_of("stock.revealer")
    import_([row("A1", phone="13912345678")], keeper, division_tree.town)
    assert "139****5678" in xlsx.read(exported(keeper, division_tree.town))[2]
    with pytest.raises(Forbidden):
        exported(keeper, division_tree.town, revealed=True)
    assert "13912345678" in xlsx.read(exported(revealer, division_tree.town, revealed=True))[2]


def test_an_export_is_logged_with_its_purpose_and_refused_without(keeper, division_tree):
    with pytest.raises(Invalid):
        export.ask(stock.THING, {}, division_tree.town, keeper, file_format="xlsx", purpose=" ", revealed=False)
    exported(keeper, division_tree.town)
    [entry] = AuditEntry.select().where(AuditEntry.kind == "export")
    assert (entry.purpose, entry.detail["rows"], entry.actor_id) == ("monthly meeting", 0, keeper.account_id)


def test_exactly_the_filtered_list_of_ones_own_divisions_is_exported(actor_of, division_tree):
    import_([row("A1"), row("A2", kind="book"), row("B1", division="610902105200")], actor_of(division=division_tree.county),
            division_tree.county)
    sheet = xlsx.read(exported(actor_of(), division_tree.county, {"kind": "tool"}))
    assert [cells[0] for cells in sheet[2:]] == ["A1"]


def test_a_long_export_is_made_by_a_job_and_read_by_its_owner_only(actor_of, division_tree, monkeypatch):
    monkeypatch.setattr(export, "AT_ONCE", 1)
    keeper = actor_of()
    import_([row("A1"), row("A2")], keeper, division_tree.town)
    file = export.ask(stock.THING, {"kind": "tool"}, division_tree.town, keeper, file_format="csv", purpose="a meeting",
                      revealed=False)
    assert file.job_id and not file.parts
    Executor().run_due()
    file = export.get(stock.THING, file.id, keeper)
    assert b"".join(read_file(file)).decode("utf-8-sig").count("\n") == 3
    with pytest.raises(NotFound):
        export.get(stock.THING, file.id, actor_of())


def test_an_export_above_the_limit_is_refused(actor_of, division_tree, monkeypatch):
    from grid321.core.settings import Settings

    get = Settings.get
    monkeypatch.setattr(Settings, "get", lambda self, key, *rest: 1 if key == "core.export_rows" else get(self, key, *rest))
    keeper = actor_of()
    import_([row("A1"), row("A2")], keeper, division_tree.town)
    with pytest.raises(TooLarge):
        exported(keeper, division_tree.town)


# ---------------------------------------------------------------- pages and API

BASE = "/d/610902104/stock/thing/"


@pytest.fixture
def browser(actor_of, client_for, division_tree):
    """Return a browser of a keeper of the town."""
    return client_for("stock.keeper", division_tree.town)


def send(browser, content, name="list.xlsx"):
    return browser.post(BASE + "import", {"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def test_the_whole_way_in_the_browser(browser):
    assert "import/template" in browser.get(BASE + "import").text
    assert xlsx.read(browser.get(BASE + "import/template").data)[1][0] == "code"
    answer = send(browser, workbook([row("A1"), row("A2", kind="nonsense")]))
    assert answer.status_code == 303
    page = browser.get(answer.location)
    assert page.status_code == 200 and "nonsense" in page.text
    assert browser.get(answer.location + "/marked?only=problems").data[:2] == b"PK"
    assert browser.post(answer.location + "/confirm").status_code == 303
    assert 'id="progress"' in browser.get(answer.location).text
    Executor().run_due()
    assert "/undo" in browser.get(answer.location).text
    assert set(things()) == {"A1"}
    assert browser.post(answer.location + "/undo").status_code == 303
    Executor().run_due()
    assert things() == {}
    assert browser.get(answer.location).status_code == 200


def bomb(size=40_000_000):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * size)
    return target.getvalue()


def many_rows(count=200_000):
    """A workbook of so many rows, written by hand because that is faster."""
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>A{n}</t></is></c></row>' for n in range(1, count + 1))
    old = workbook([row("A1")])
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(old)) as parts, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in parts.infolist():
            body = parts.read(part)
            if "sheet1" in part.filename:
                start, end = body.index(b"<sheetData>") + 11, body.index(b"</sheetData>")
                body = body[:start] + cells.encode() + body[end:]
            new.writestr(part.filename, body)
    return target.getvalue()


BAD = {
    "a zip bomb": (bomb, 413), "no zip": (lambda: b"code,name\n1,2\n", 400), "an old or locked workbook": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), 400), "nothing": (lambda: b"", 400),
    "forty megabytes": (lambda: bytes(40_000_000), 413), "an empty sheet": (lambda: workbook([], head=[]), 422),
    "half a workbook": (lambda: workbook([row("A1")])[:-700], 400),
    "wrong columns": (lambda: workbook([["x"]], head=["colour"]), 422)}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_bad_file_is_refused_in_words_and_changes_nothing(browser, name, language):
    make, status = BAD[name]
    browser.client.set_cookie("grid321_lang", language)
    answer = send(browser, make())
    assert answer.status_code == status
    assert "error-summary" in answer.text and "Traceback" not in answer.text
    assert ImportBatch.select().count() == 0 and JobRun.select().count() == 0


@pytest.mark.parametrize(("language", "word"), [("zh", "行"), ("en", "rows")])
def test_two_hundred_thousand_rows_are_refused_in_words_by_the_job_that_reads_them(browser, language, word):
    browser.client.set_cookie("grid321_lang", language)
    answer = send(browser, many_rows())
    assert answer.status_code == 303
    Executor().run_due()
    page = browser.get(answer.location)
    assert page.status_code == 200 and "100000" in page.text and word in page.text and "Traceback" not in page.text
    assert ImportBatch.get().state == "refused" and parts() == 0 == transfer_tables.ImportBlock.select().count()


def test_an_upload_without_a_file_is_refused(browser):
    assert browser.post(BASE + "import", {}).status_code == 400


def test_the_whole_way_over_the_api(browser):
    kind = export.FORMATS["xlsx"]
    made = browser.open("/api/v1" + BASE + "imports", method="POST", data=workbook([row("A1")]), content_type=kind,
                        headers={"X-CSRF-Token": browser.csrf})
    assert made.status_code == 201 and made.json["counts"] == {"new": 1}
    path = made.json["url"].removeprefix("/api/v1")
    assert browser.api("POST", path + "/confirm").status_code == 202
    Executor().run_due()
    found = browser.api("GET", path).json
    assert (found["state"], found["job"]["state"]) == ("done", "done")
    assert browser.api("POST", path + "/confirm").status_code == 409
    assert browser.api("POST", path + "/undo").status_code == 202
    Executor().run_due()
    assert browser.api("GET", path).json["counts"]["undone"] == 1
    asked = browser.api("POST", BASE + "exports?kind=tool", {"purpose": "a meeting", "format": "csv"})
    assert asked.status_code == 201
    assert browser.get(asked.json["file"]).data.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("content", [b"", b"{}", b"PK\x03\x04", bomb()])
def test_a_bad_body_over_the_api_is_a_problem_in_json(browser, content):
    answer = browser.open("/api/v1" + BASE + "imports", method="POST", data=content, headers={"X-CSRF-Token": browser.csrf},
                          content_type=export.FORMATS["xlsx"])
    assert 400 <= answer.status_code < 500 and answer.mimetype == "application/problem+json"


def test_an_export_in_the_browser_asks_for_a_purpose_and_gives_a_file(browser, keeper, division_tree):
    import_([row("A1"), row("A2", kind="book")], keeper, division_tree.town)
    assert browser.get(BASE + "export?kind=tool").status_code == 200
    refused = browser.post(BASE + "export?kind=tool", {"format": "xlsx", "purpose": ""})
    assert refused.status_code == 422 and "error-summary" in refused.text
    answer = browser.post(BASE + "export?kind=tool", {"format": "xlsx", "purpose": "a meeting"})
    assert answer.status_code == 303
    page = browser.get(answer.location)
    assert f"{answer.location}/file" in page.text
    file = browser.get(answer.location + "/file")
    assert "attachment" in file.headers["Content-Disposition"] and file.headers["Cache-Control"] == "no-store"
    assert [cells[0] for cells in xlsx.read(file.data)[2:]] == ["A1"]


def test_where_the_plugin_is_off_there_is_no_import_and_no_export(browser, division_tree):
    from grid321.core import switches

    switches.turn("stock", division_tree.county, False)
    for path in ("import", "export", "import/template"):
        assert browser.get(BASE + path).status_code == 404




# ---------------------------------------------------------------- long files

@pytest.fixture
def large(monkeypatch):
    """Every file counts as a large one: a job reads it."""
    monkeypatch.setattr(transfer, "INLINE_BYTES", 0)
    monkeypatch.setattr(transfer_read, "AT_ONCE", 2)


def parts():
    return transfer_tables.ImportPart.select().count()


def test_a_large_file_is_read_checked_and_imported_by_jobs(large, keeper, division_tree):
    batch = upload([row(f"A{number}") for number in range(230)] + [row("A5")], keeper, division_tree.town)
    assert (batch.state, batch.rows, batch.blocks) == ("reading", 0, 0)
    assert parts() == 1
    assert "A229" not in "".join(part.body for part in transfer_tables.ImportPart.select())  # sealed
    Executor().run_due()
    batch = ImportBatch.get_by_id(batch.id)
    assert (batch.state, batch.rows, batch.blocks, batch.counts) == ("ready", 231, 5, {"new": 230, "error": 1})
    assert [r["n"] for r in all_rows(batch)] == list(range(2, 233))
    assert parts() == 0
    transfer.confirm(batch, keeper)
    Executor().run_due()
    assert len(things()) == 230


def test_reading_that_is_cut_off_goes_on_at_its_cursor(large, keeper, division_tree, tick, monkeypatch):
    batch = upload([row(f"A{number}") for number in range(500)], keeper, division_tree.town)

    def killed(_blocks):
        raise KeyboardInterrupt

    store, calls = transfer_read.add_blocks, []

    def twice(blocks):
        calls.append(len(blocks))
        return killed(blocks) if len(calls) == 3 else store(blocks)

    monkeypatch.setattr(transfer_read, "add_blocks", twice)
    with pytest.raises(KeyboardInterrupt):
        Executor().run_due()
    run = JobRun.get_by_id(batch.job_id)
    assert (run.state, run.cursor, run.done, run.total) == ("running", {"stored": 4}, 200, 500)
    tick(timedelta(minutes=2), sweep=False)
    Executor().run_due()
    batch = ImportBatch.get_by_id(batch.id)
    assert (batch.state, batch.blocks, batch.counts) == ("ready", 10, {"new": 500})
    assert calls == [2, 2, 2, 2, 2, 2]


@pytest.mark.parametrize(("ask", "ended", "step"), [(transfer.confirm, "done", "imported"), (transfer.undo, "undone", "undone")])
def test_who_is_killed_after_the_last_step_takes_it_once(keeper, division_tree, tick, monkeypatch, large, ask, ended, step):
    batch = upload([row(f"A{number}") for number in range(60)], keeper, division_tree.town)
    Executor().run_due()
    if ask is not transfer.confirm:
        transfer.confirm(ImportBatch.get_by_id(batch.id), keeper)
        Executor().run_due()
    ask(ImportBatch.get_by_id(batch.id), keeper)
    with monkeypatch.context() as patch:
        patch.setattr(Executor, "_finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            Executor().run_due()
    assert ImportBatch.get_by_id(batch.id).state == ended
    tick(timedelta(minutes=2), sweep=False)
    Executor().run_due()
    assert {run.state for run in JobRun.select()} == {"done"}
    assert [entry.detail["step"] for entry in AuditEntry.select().where(AuditEntry.kind == "import")].count(step) == 1


def interrupted(*_arguments, **_values):
    """What SIGKILL looks like to the database."""
    raise KeyboardInterrupt


def test_a_large_file_that_cannot_be_used_says_why_on_its_page(large, keeper, client_for, division_tree):
    browser = client_for("stock.keeper", division_tree.town)
    content = workbook([["A1", "x"]], head=["nonsense", "name"])
    from io import BytesIO

    answer = browser.post(f"/d/{division_tree.town.code}/stock/thing/import", {"file": (BytesIO(content), "x.xlsx")})
    assert answer.status_code == 303
    Executor().run_due()
    page = browser.get(answer.headers["Location"])
    assert "nonsense" in page.get_data(as_text=True)
    batch = ImportBatch.select().get()
    assert batch.state == "refused" and parts() == 0
    with pytest.raises(Conflict):
        transfer.confirm(batch, keeper)
    transfer.discard(batch)
    assert ImportBatch.get_by_id(batch.id).state == "discarded"


def test_what_is_no_workbook_is_refused_at_once_even_when_it_is_large(large, keeper, division_tree):
    from grid321.core.errors import BadRequest

    with pytest.raises(BadRequest):
        transfer.start(stock.THING, b"not a workbook", "x.xlsx", keeper, division_tree.town)
    assert ImportBatch.select().count() == 0 == parts()


def test_an_uploaded_file_that_nobody_reads_is_deleted_after_its_time(large, keeper, division_tree, tick):
    upload([row("A1")], keeper, division_tree.town)
    assert parts() == 1
    tick(timedelta(days=31), sweep=False)
    transfer_tables.purge()
    assert parts() == 0
