"""An exported ledger is checked anywhere with the file and a printed anchor, and every single damage is named where it is."""
import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grid321.core import chain_file, db, ledger
from grid321.core.chain_file import check

OUTSIDE = '''
import gzip, hashlib, json, sys

def sha(data):
    return hashlib.sha256(data).hexdigest()

name, anchor = sys.argv[1:]
at, digits = anchor.split(":")
lines = (gzip.open if name.endswith(".gz") else open)(name, "rb").read().splitlines()
head = json.loads(lines[0])
position, before, seen = head["first"] - 1, head["before"], False
for line in lines[1:-1]:
    entry = json.loads(line)
    if "position" in entry:
        content = line[:-75] + b"}"                       # without ,"hash":"<64 digits>"}
        assert entry["position"] == position + 1, ("missing or reordered", position + 1)
        digests = [sha(content)]
    else:
        digests = entry.get("left_out", [])
    for digest in digests:
        position, before = position + 1, sha((before + digest).encode())
        seen = seen or position == int(at) and before.startswith(digits)
    assert "hash" not in entry or before == entry["hash"], ("changed", position)
assert seen and position == head["last"], "cut, or the anchor differs"
print("whole", position)
'''


@pytest.fixture
def entries(app, division_tree):
    """Forty entries, some with typed texts, some in the village and some in the town; returns the anchor."""
    with db.transaction():
        for number in range(40):
            node = division_tree.village if number % 2 else division_tree.town
            ledger.append("matters.matter", number, "create", node=node, facts={"n": number, "flows": [[1, "village"]]},
                          detail={"text": f"第{number}件，张伟来问"} if number % 3 == 0 else None)
    ledger.seal_all()
    return ledger.head()


def written(path, **options):
    path.write_bytes(b"".join(ledger.export(**options)))
    return path


@pytest.fixture
def exported(entries, tmp_path):
    return written(tmp_path / "ledger.jsonl"), entries


def run(*words, folder, **environment):
    """``grid321 …`` in a process that knows nothing: no home, no database, no settings, an empty folder."""
    command = [str(Path(sys.executable).parent / "grid321"), *map(str, words)]
    bare = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=bare, check=False)


# -- whole files ---------------------------------------------------------------------------------------------------------

def test_a_whole_file_is_whole_and_names_its_head(exported):
    path, anchor = exported
    found = check(path, [anchor])
    assert found.fault is None
    assert (found.position, found.hash) == anchor
    assert found.entries == anchor[0]


def test_typed_texts_are_not_in_the_file_unless_they_are_asked_for(exported, tmp_path):
    path, anchor = exported
    assert "张伟" not in path.read_text()
    asked = written(tmp_path / "texts.jsonl", texts=True)
    assert "张伟" in asked.read_text()
    assert check(asked, [anchor]).fault is None


def test_a_changed_text_is_named_by_its_entry(entries, tmp_path):
    path = written(tmp_path / "texts.jsonl", texts=True)
    path.write_text(path.read_text().replace("第3件，张伟", "第3件，李强"))
    lines = path.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if "李强" in line)
    fault = check(path, [entries]).fault
    assert (fault.kind, fault.line) == ("text", at + 1)


def test_after_a_text_was_erased_an_export_with_texts_is_whole(entries, tmp_path):
    first = ledger.LedgerDetail.select(ledger.LedgerDetail.entry_id).order_by(ledger.LedgerDetail.entry_id).scalar()
    ledger.erase_detail(first)
    assert check(written(tmp_path / "texts.jsonl", texts=True), [entries]).fault is None


def test_an_export_of_one_division_shows_nothing_of_the_others_and_is_whole(entries, tmp_path, division_tree):
    path = written(tmp_path / "village.jsonl", node=division_tree.village)
    found = check(path, [entries])
    assert found.fault is None
    assert found.entries == 20
    assert found.left_out == entries[0] - 20
    assert f'"division_id":{division_tree.town.id}' not in path.read_text()


def test_a_part_is_whole_with_the_anchor_before_it_or_when_a_part_is_meant(entries, tmp_path):
    before = ledger.LedgerSeal.get_by_id(10).hash
    path = written(tmp_path / "part.jsonl", first=11, last=30)
    assert check(path, [(10, before), (30, ledger.LedgerSeal.get_by_id(30).hash)]).fault is None
    assert check(path, part=True).fault is None
    assert check(path).fault.kind == "head"
    assert check(path, [(10, "0" * 64)], part=True).fault.kind == "anchor"
    assert check(path, [(3, "0" * 64)], part=True).fault.kind == "head"


def test_an_outsiders_thirty_lines_agree_and_disagree_with_us(exported, entries, tmp_path, division_tree):
    path, (position, value) = exported
    files = [path, written(tmp_path / "village.jsonl", node=division_tree.village), written(tmp_path / "texts.jsonl", texts=True)]
    for file in files:
        found = subprocess.run([sys.executable, "-c", OUTSIDE, str(file), f"{position}:{value}"], capture_output=True, text=True,
                               check=False)
        assert found.stdout == f"whole {position}\n", found.stderr
    path.write_text(path.read_text().replace('"n":7', '"n":8'))
    found = subprocess.run([sys.executable, "-c", OUTSIDE, str(path), f"{position}:{value}"], capture_output=True, text=True,
                           check=False)
    assert found.returncode == 1


def test_the_document_shows_the_same_lines_for_outsiders(exported):
    text = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
    assert OUTSIDE.strip() in text


# -- damage ----------------------------------------------------------------------------------------------------------

def spoilt(lines, damage, at, other):
    """The lines with one damage, and the positions at which it may be told (entry n stands in line n, after the head)."""
    last = len(lines) - 2
    at = 1 + at % last
    if damage == "byte":
        line = lines[at]
        place = other % (len(line) - 1)
        return [*lines[:at], line[:place] + bytes([line[place] ^ 1]) + line[place + 1:], *lines[at + 1:]], {at}
    if damage == "delete":
        return [*lines[:at], *lines[at + 1:]], {at}
    if damage == "repeat":
        place = at + 1 + other % (last - at + 1)
        return [*lines[:place], lines[at], *lines[place:]], {at}
    if damage == "swap":
        second = 1 + (at - 1 + 1 + other % (last - 1)) % last
        low, high = sorted((at, second))
        return [*lines[:low], lines[high], *lines[low + 1:high], lines[low], *lines[high + 1:]], {low}
    if damage == "cut":
        return lines[:at], {at}
    return [*lines[:at], lines[at][:other % len(lines[at])]], {at}


@given(damage=st.sampled_from(["byte", "delete", "repeat", "swap", "cut", "half a line"]), at=st.integers(0, 10_000),
       other=st.integers(0, 10_000))
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_single_damage_is_told_and_where_it_is(exported, tmp_path, damage, at, other):
    path, anchor = exported
    lines = path.read_bytes().splitlines(keepends=True)
    wrong, places = spoilt(lines, damage, at, other)
    broken = tmp_path / "broken.jsonl"
    broken.write_bytes(b"".join(wrong))
    found = check(broken, [anchor])
    assert found.fault is not None
    assert found.fault.position in places, found.fault


@given(at=st.integers(0, 100_000), bit=st.integers(0, 7))
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_changed_bit_of_the_whole_file_is_told_head_and_end_included(exported, tmp_path, at, bit):
    path, anchor = exported
    whole = bytearray(path.read_bytes())
    whole[at % len(whole)] ^= 1 << bit
    broken = tmp_path / "broken.jsonl"
    broken.write_bytes(whole)
    try:
        fault = check(broken, [anchor]).fault
    except chain_file.Unusable:  # it is not even taken for a ledger
        fault = chain_file.Unusable
    assert fault is not None


@pytest.mark.parametrize(("change", "kind", "position"), [
    (lambda lines: lines[1:], "head", 1),
    (lambda lines: [lines[0], *lines[5:]], "missing", 1),
    (lambda lines: [lines[0], *lines[2:], lines[1]], "reordered", 1),
    (lambda lines: [*lines[:-1]], "tail", None),
    (lambda lines: [*lines, lines[-2]], "file", None),
    (lambda lines: [*lines[:4], b"\x00\xff rubbish\n", *lines[4:]], "garbage", 4),
    (lambda lines: [*lines[:4], b"{}\n", *lines[4:]], "garbage", 4)])
def test_cut_heads_cut_tails_and_rubbish_are_named(exported, change, kind, position):
    path, anchor = exported
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    fault = check(path, [anchor]).fault
    assert fault.kind == kind
    assert fault.position == (position or anchor[0] + 1)


def test_a_chain_written_anew_as_a_whole_shows_only_against_the_anchor(exported):
    path, anchor = exported
    lines = path.read_bytes().splitlines(keepends=True)
    head = chain_file.orjson.loads(lines[0])
    made, before = [], head["before"]
    for line in lines[1:-1]:
        content = chain_file._split(line)[0].replace(b'"n":7', b'"n":8')
        entry_digest = chain_file.digest(content)
        before = chain_file.linked(before, entry_digest)
        made.append((content, entry_digest, before, None))
    top = {name: value for name, value in head.items() if name not in ("grid321", "format", "hash")} | {"head": before}
    path.write_bytes(b"".join(chain_file.lines(top, made)))
    assert check(path).fault is None
    assert check(path, [anchor]).fault.kind == "anchor"


def test_a_tail_that_was_cut_before_the_export_shows_against_the_anchor(entries, tmp_path):
    path = written(tmp_path / "short.jsonl", last=entries[0] - 5)
    fault = check(path, [entries]).fault
    assert fault.kind == "tail"
    assert str(entries[0]) in fault.text


# -- the command, in an environment that knows nothing ------------------------------------------------------------------

def test_the_command_needs_only_the_file_and_the_anchor_in_the_form_of_the_paper(exported, tmp_path):
    path, (position, value) = exported
    packed = tmp_path / "ledger.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for file, anchor in ((path, f"{position}:{value}"), (packed, chain_file.short(position, value))):
        found = run("ledger", "verify", file, "--anchor", anchor, folder=tmp_path)
        assert found.returncode == 0, found.stderr
        assert "whole" in found.stdout
    assert sorted(os.listdir(tmp_path)) == ["ledger.jsonl", "ledger.jsonl.gz"]  # nothing was made on the way


@pytest.mark.parametrize(("content", "code", "word"), [
    (b"", 2, "no exported ledger"), (b"\x89PNG\r\n\x1a\n" * 50, 2, "no exported ledger"), (b"[1, 2]\n", 2, "no exported ledger"),
    (b"\x1f\x8bgarbage that is no archive", 2, "damaged"), (b'{"grid321":"ledger","format":99}\n', 2, "format 99")])
def test_rubbish_is_called_rubbish_without_a_traceback(tmp_path, content, code, word):
    path = tmp_path / "rubbish"
    path.write_bytes(content)
    found = run("ledger", "verify", path, folder=tmp_path)
    assert found.returncode == code
    assert word in found.stderr
    assert "Traceback" not in found.stderr


def test_a_cut_archive_a_missing_file_and_a_mistyped_anchor_end_with_a_sentence(exported, tmp_path):
    path, (position, value) = exported
    packed = tmp_path / "cut.gz"
    packed.write_bytes(gzip.compress(path.read_bytes())[:-200])
    found = run("ledger", "verify", packed, folder=tmp_path)
    assert found.returncode == 1
    assert "cut off" in found.stderr
    assert run("ledger", "verify", tmp_path / "absent", folder=tmp_path).returncode == 2
    for anchor in ("12", f"{position}:xyz", f"{position}:{value[:10]}", "一:" + value):
        found = run("ledger", "verify", path, "--anchor", anchor, folder=tmp_path)
        assert found.returncode == 2
        assert "Traceback" not in found.stderr
    found = run("ledger", "verify", path, "--anchor", f"{position}:{value[::-1]}", folder=tmp_path)
    assert found.returncode == 1
    assert "anchor" in found.stderr
