"""What the documents promise a plugin author: the twenty lines of README, and the plugin that ``grid321 new plugin`` writes."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from grid321.core import db
from grid321.core.commands.new import new

from ..support import notice


@pytest.fixture
def notices(with_plugins):
    """The application with the plugin of README, and a village in which it is on."""
    from grid321.core import switches
    from grid321.core.testing_tree import DivisionTree

    app = with_plugins(notice)
    db.database.create_tables([notice.Notice])
    tree = DivisionTree.plant()
    switches.turn("notice", tree.county, True)
    return app, tree.village


def test_the_plugin_of_the_readme_has_at_most_thirty_lines_and_works_in_the_browser_and_over_rest(notices):
    from grid321.core.testing_browser import Browser

    app, village = notices
    with open(notice.__file__, encoding="utf-8") as file:
        assert len([line for line in file if line.strip()]) <= 30
    editor = Browser.logged_in(app, "notice.editor", village)

    answer = editor.post(f"/d/{village.code}/notice/notice/new", {"title": "Water is off on Friday"})
    assert answer.status_code in (302, 303), answer.get_data(as_text=True)[:500]
    assert "Water is off on Friday" in editor.get(f"/d/{village.code}/notice/notice/").get_data(as_text=True)
    listed = editor.api("GET", f"/d/{village.code}/notice/notice")
    assert listed.status_code == 200
    assert "Water is off on Friday" in listed.get_data(as_text=True)


def generate(folder, *options):
    """Run ``grid321 new plugin`` and return its result."""
    return CliRunner().invoke(new, ["plugin", *options, "--into", str(folder)])


def test_a_new_plugin_passes_its_own_tests(tmp_path, database_kind):
    result = generate(tmp_path, "bridge", "--title", "Bridge", "--chinese", "便民桥")
    assert result.exit_code == 0, result.output
    project = tmp_path / "grid321_bridge"
    site = tmp_path / "site"
    installed = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
         "--target", str(site), str(project)], capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stderr
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--database", database_kind], cwd=project,
        env={**os.environ, "PYTHONPATH": str(site)}, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout[-3000:]
    assert "22 passed" in tested.stdout
    found = subprocess.run(
        [sys.executable, "-c", "from grid321.core.plugins import discover; print([name for name, _ in discover()])"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(site)}, capture_output=True, text=True, check=True)
    assert "'bridge'" in found.stdout


@pytest.mark.parametrize("name", ["Bridge", "bri-dge", "1bridge", "b", "core", "grid", "../x", "桥"])
def test_a_plugin_name_that_cannot_be_a_key_is_refused_with_the_rule(name, tmp_path):
    result = generate(tmp_path, name)
    assert result.exit_code == 2
    assert "small letters" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_never_overwritten(tmp_path):
    (tmp_path / "grid321_bridge").mkdir()
    result = generate(tmp_path, "bridge")
    assert result.exit_code == 1
    assert "exists already" in result.output
    assert list((tmp_path / "grid321_bridge").iterdir()) == []


def test_edited_words_are_compiled(tmp_path):
    generate(tmp_path, "bridge")
    words = next(tmp_path.rglob("messages.po"))
    words.write_text(words.read_text(encoding="utf-8").replace("愿望", "心愿"), encoding="utf-8")
    result = CliRunner().invoke(new, ["words", str(tmp_path)])
    assert result.exit_code == 0
    assert "心愿".encode() in words.with_suffix(".mo").read_bytes()
