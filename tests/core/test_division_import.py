"""Importing the list of divisions: preview, apply, update, and every kind of broken file."""
import csv
import io
import shutil
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from grid321.core import division_changes, division_import, division_records, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.cli import main
from grid321.core.division_files import read_folder, read_zip, scope_code
from grid321.core.divisions import Division, DivisionChange
from grid321.core.errors import Conflict, Invalid
from grid321.core.i18n import use_language

DEMO = Path(division_import.__file__).parent / "demo" / "divisions"
COUNTY = "610902"


@pytest.fixture
def lists(tmp_path):
    """A folder with the five files of Hanbin that a test may spoil."""
    for path in DEMO.glob("*.csv"):
        shutil.copy(path, tmp_path)
    return tmp_path


def rows_of(folder, name):
    with (folder / name).open(encoding="utf8", newline="") as file:
        return list(csv.reader(file))


def write(folder, name, rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    (folder / name).write_text(out.getvalue(), encoding="utf8")


def change(folder, name, old, new):
    """Replace text in a file; it must occur."""
    path = folder / name
    text = path.read_text(encoding="utf8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf8")


def imported(folder, scope=COUNTY):
    return division_import.apply(division_import.read(read_folder(folder), scope), SYSTEM)


def planned(folder, scope=COUNTY):
    return division_import.plan(division_import.read(read_folder(folder), scope))


def test_the_28_towns_and_529_villages_of_hanbin_are_imported(app, lists):
    done = imported(lists)
    tree = snapshot.current().tree
    county = tree.by_code(COUNTY)
    assert done.counts()["new"] == 3 + 28 + 529
    assert len(tree.children(county)) == 28
    assert len(tree.subtree(county, "village")) == 529
    assert tree.full_name(tree.by_code("610902104")) == "陕西省安康市汉滨区五里镇"
    assert tree.by_code("610902104").parent_id == county.id


def test_a_preview_writes_nothing(app, lists):
    assert planned(lists).counts()["new"] == 560
    assert Division.select().count() == 0


def test_a_second_import_changes_nothing(app, lists):
    imported(lists)
    before = list(Division.select().order_by(Division.id).dicts())
    changes = DivisionChange.select().count()
    revision = snapshot.revision()
    again = imported(lists)
    assert again.changes == 0
    assert again.counts() == {"new": 0, "renamed": 0, "gone": 0, "same": 560, "kept": 0, "returned": 0}
    assert list(Division.select().order_by(Division.id).dicts()) == before
    assert DivisionChange.select().count() == changes
    assert snapshot.revision() == revision


def test_an_update_shows_what_is_new_renamed_and_gone_and_deletes_nothing(app, lists):
    imported(lists)
    villages = rows_of(lists, "villages.csv")
    gone = villages.pop()
    villages[1][1] = "改名后的社区居委会"
    villages.append(["610902104998", "新设村村民委员会", "610902104", "61", "6109", COUNTY])
    write(lists, "villages.csv", villages)
    found = planned(lists)
    assert [row.code for row in found.new] == ["610902104998"]
    assert [row.name for _known, row in found.renamed] == ["改名后的社区居委会"]
    assert [known.code for known in found.gone] == [gone[0]]
    imported(lists)
    tree = snapshot.current().tree
    assert tree.by_code(villages[1][0]).name == "改名后的社区居委会"
    assert tree.by_code(gone[0]).valid
    assert Division.get(Division.code == gone[0]).missing_since is not None
    assert imported(lists).changes == 0


def test_a_division_that_comes_back_to_the_list_is_no_longer_marked(app, lists):
    imported(lists)
    villages = rows_of(lists, "villages.csv")
    write(lists, "villages.csv", villages[:-1])
    imported(lists)
    write(lists, "villages.csv", villages)
    assert imported(lists).counts()["returned"] == 1
    assert Division.get(Division.code == villages[-1][0]).missing_since is None


def test_a_place_that_got_another_code_is_recognised_by_its_name(app, lists):
    imported(lists)
    villages = rows_of(lists, "villages.csv")
    old = villages[-1][0]
    villages[-1][0] = old[:9] + "997"
    write(lists, "villages.csv", villages)
    assert planned(lists).hints == {old: old[:9] + "997"}


def test_what_the_county_merged_renumbered_or_retired_is_not_undone_by_a_later_import(app, lists):
    imported(lists)
    tree = snapshot.current().tree
    town = tree.by_code("610902104")
    first, second, third, fourth = tree.children(town)[:4]
    with_reason = {"actor": SYSTEM, "reason": "区政府批复"}
    division_changes.merge_divisions([second], first, **with_reason)
    division_changes.rename_division(third, code="610902104990", **with_reason)
    division_changes.retire_division(fourth, **with_reason)
    again = imported(lists)
    assert again.changes == 0
    assert sorted(code for code, _why in again.kept) == sorted([second.code, third.code, fourth.code])
    assert not snapshot.current().tree.get(fourth.id).valid


def test_two_counties_share_their_province_and_city(app, lists):
    imported(lists)
    change(lists, "areas.csv", '610902,"汉滨区"', '610921,"汉阴县"')
    for name in ("streets.csv", "villages.csv"):
        change(lists, name, "610902", "610921")
    assert imported(lists, "610921").counts()["same"] == 2
    tree = snapshot.current().tree
    assert [node.code for node in tree.children(tree.by_code("6109"))] == ["610902", "610921"]
    assert not division_records.misplaced(division_records.scoped_models(), tree)


def test_a_deployment_that_begins_at_a_county_gets_no_divisions_above_it(app, lists):
    division_changes.create_division(None, COUNTY, "汉滨区", actor=SYSTEM)
    assert imported(lists).counts()["new"] == 28 + 529
    assert [node.code for node in snapshot.current().tree.roots] == [COUNTY]


def test_a_list_of_the_whole_country_is_narrowed_to_the_county(app, lists):
    streets = rows_of(lists, "streets.csv")
    write(lists, "streets.csv", [*streets, ["110101001", "东华门街道", "110101", "11", "1101"]])
    assert planned(lists).counts()["new"] == 560


def test_a_plan_that_was_confirmed_is_the_one_that_is_carried_out(app, lists):
    listing = division_import.read(read_folder(lists), COUNTY)
    fingerprint = division_import.plan(listing).fingerprint()
    imported(lists)
    with pytest.raises(Conflict):
        division_import.apply(listing, SYSTEM, fingerprint=fingerprint)


def spoil_bytes(name, old, new):
    def spoil(folder):
        path = folder / name
        body = path.read_bytes()
        assert old in body
        path.write_bytes(body.replace(old, new, 1))
    return spoil


def spoil_all(name, make):
    def spoil(folder):
        (folder / name).write_bytes(make((folder / name).read_bytes()))
    return spoil


FIRST = b'610902001,"\xe8\x80\x81\xe5\x9f\x8e\xe8\xa1\x97\xe9\x81\x93"'
BROKEN = {
    "a file that is missing": (lambda folder: (folder / "streets.csv").unlink(), "streets.csv", None),
    "an empty file": (spoil_all("streets.csv", lambda body: b""), "streets.csv", 1),
    "a missing heading": (spoil_all("streets.csv", lambda body: body.split(b"\n", 1)[1]), "streets.csv", 1),
    "a missing column": (spoil_bytes("villages.csv", b"streetCode", b"street"), "villages.csv", 1),
    "semicolons": (spoil_all("areas.csv", lambda body: body.replace(b",", b";")), "areas.csv", 1),
    "a line with one column too many": (spoil_bytes("streets.csv", FIRST, FIRST + b",x"), "streets.csv", 2),
    "a letter in a code": (spoil_bytes("streets.csv", b"610902001", b"61O902001"), "streets.csv", 2),
    "full-width digits": (spoil_bytes("streets.csv", b"610902001", "６１０９０２００１".encode()), "streets.csv", 2),
    "a code that a spreadsheet has rounded": (spoil_bytes("streets.csv", b"610902001", b"6.10902E+08"), "streets.csv", 2),
    "a code with a digit missing": (spoil_bytes("streets.csv", b"610902001", b"61090201"), "streets.csv", 2),
    "a duplicate code": (spoil_bytes("streets.csv", b"610902002", b"610902001"), "streets.csv", 3),
    "a code of another county": (spoil_bytes("streets.csv", b"610902001", b"610921001"), "streets.csv", 2),
    "a parent of another county": (spoil_bytes("streets.csv", FIRST + b",610902", FIRST + b",610921"), "streets.csv", 2),
    "a parent that is not listed": (spoil_bytes("streets.csv", FIRST, b'610902099,"x"'), "villages.csv", 2),
    "an empty name": (spoil_bytes("streets.csv", FIRST, b'610902001,""'), "streets.csv", 2),
    "a name that is too long": (spoil_bytes("streets.csv", FIRST, b'610902001,"' + "长".encode() * 81 + b'"'), "streets.csv", 2),
    "a line break in a name": (spoil_bytes("streets.csv", FIRST, b'610902001,"a\nb"'), "streets.csv", 3),
    "a NUL character": (spoil_bytes("streets.csv", b"610902002", b"61090200\0"), "streets.csv", 3),
    "an open quotation mark": (spoil_bytes("streets.csv", FIRST, b'610902001,"abc'), "streets.csv", None),
    "GBK": (spoil_all("streets.csv", lambda body: body.decode().encode("gbk")), "streets.csv", 2),
    "UTF-16": (spoil_all("streets.csv", lambda body: body.decode().encode("utf-16")), "streets.csv", None),
    "bytes that are no text": (spoil_bytes("streets.csv", FIRST, b"\xff\xff\xff"), "streets.csv", 2),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_list_is_refused_with_file_line_and_remedy_and_changes_nothing(app, lists, kind):
    spoil, file, line = BROKEN[kind]
    spoil(lists)
    with use_language("en"), pytest.raises(Invalid) as refusal:
        imported(lists)
    message = str(refusal.value.errors["files"][0])
    assert file in message
    if line is not None:
        assert f"line {line}:" in message
    assert str(refusal.value.remedy)
    assert Division.select().count() == 0


def test_the_message_about_a_gbk_file_names_the_encoding_in_both_languages(app, lists):
    BROKEN["GBK"][0](lists)
    for language, words in (("zh", "编码是 GBK"), ("en", "encoded in GBK")):
        with use_language(language), pytest.raises(Invalid) as refusal:
            imported(lists)
        assert words in str(refusal.value.errors["files"][0])


def test_all_mistakes_are_told_at_once_but_never_more_than_fifty(app, lists):
    villages = rows_of(lists, "villages.csv")
    write(lists, "villages.csv", [villages[0], *([row[0], "", *row[2:]] for row in villages[1:])])
    with pytest.raises(Invalid) as refusal:
        imported(lists)
    assert len(refusal.value.errors["files"]) == 50


def test_a_county_that_is_not_in_the_list_is_refused(app, lists):
    with pytest.raises(Invalid):
        imported(lists, "610929")


@pytest.mark.parametrize(("county", "province"), [
    (None, None), ("610902", "61"), ("6109", None), (None, "610902"), ("61090x", None), ("６１０９０２", None), ("", "")])
def test_the_scope_is_one_county_or_one_province(county, province):
    with pytest.raises(Invalid):
        scope_code(county, province)


def packed(files, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


def test_the_files_may_come_in_a_zip(app, lists):
    body = packed({f"package/dist/{name}": content for name, content in read_folder(lists).items()})
    assert read_zip(body) == read_folder(lists)


@pytest.mark.parametrize("body", [
    b"", b"PK\x03\x04 not a zip", packed({"streets.csv": b"x"}),
    packed({"streets.csv": b"0" * 60_000_000})], ids=["empty", "broken", "incomplete", "bomb"])
def test_a_zip_that_is_broken_incomplete_or_a_bomb_is_refused(body):
    with pytest.raises(Invalid):
        read_zip(body)


def test_the_command_shows_a_preview_and_changes_the_tree_only_with_apply(app, lists, monkeypatch):
    monkeypatch.setattr("grid321.core.app.create_app", lambda: app)
    run = CliRunner().invoke(main, ["divisions", "import", "--county", COUNTY, str(lists)])
    assert run.exit_code == 0, run.output
    assert "560 new" in run.output
    assert Division.select().count() == 0
    run = CliRunner().invoke(main, ["divisions", "import", "--county", COUNTY, str(lists), "--apply"])
    assert run.exit_code == 0, run.output
    assert Division.select().count() == 560
    run = CliRunner().invoke(main, ["divisions", "import", "--county", COUNTY, str(lists), "--apply"])
    assert "There is nothing to do" in run.output
    run = CliRunner().invoke(main, ["divisions", "list", COUNTY])
    assert "610902104  五里镇" in run.output


def test_the_command_says_what_is_wrong_and_ends_with_an_error(app, lists, monkeypatch):
    monkeypatch.setattr("grid321.core.app.create_app", lambda: app)
    BROKEN["a duplicate code"][0](lists)
    run = CliRunner().invoke(main, ["divisions", "import", "--county", COUNTY, str(lists), "--apply"], env={"LANG": "C"})
    assert run.exit_code == 1
    assert "streets.csv, line 3: The code 610902001 stands in line 2 already." in run.stderr
    assert Division.select().count() == 0
