"""The vendored browser libraries are the ones of the lock, and every icon that is named exists."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[2]
ICON = re.compile(r"""icon\(\s*['"]([a-z0-9-]+)['"]|icon\s*[=:]\s*['"]([a-z0-9-]+)['"]|['"]icon['"]\s*:\s*['"]([a-z0-9-]+)['"]""")


@pytest.fixture
def copy(tmp_path, tool):
    """A copy of the vendored files that a test may damage."""
    for folder in {package.folder for package in tool("vendor").PACKAGES}:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_the_vendored_files_are_as_locked(tool):
    assert tool("vendor").differences() == []


def test_a_changed_file_is_named(tool, copy):
    with (copy / "core/static/vendor/htmx.min.js").open("a") as file:
        file.write("//")
    assert tool("vendor").differences(copy) == ["core/static/vendor/htmx.min.js differs from the lock"]


def test_a_file_that_no_lock_knows_is_named(tool, copy):
    (copy / "core/static/vendor/extra.js").write_text("1")
    assert tool("vendor").differences(copy) == ["core/static/vendor/extra.js is in no lock"]


def test_a_missing_file_is_named(tool, copy):
    (copy / "core/static/vendor/icons.svg").unlink()
    assert tool("vendor").differences(copy) == ["core/static/vendor/icons.svg is in the lock and not in the tree"]


def test_every_library_names_its_version_and_licence_and_brings_the_licence_text():
    for lock in (ROOT / "core/static/vendor", ROOT / "tests/e2e/vendor"):
        for name, entry in json.loads((lock / "vendor.lock.json").read_text()).items():
            assert entry["version"]
            assert entry["licence"]
            assert any(file.startswith("licences/") for file in entry["files"]), name


def test_every_icon_that_is_named_is_in_the_sprite(tool):
    icons = set(tool("vendor").ICONS)
    named: dict[str, str] = {}
    for folder in ("core", "plugins", "themes"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".html"} and "scaffold" not in path.parts:
                for groups in ICON.findall(path.read_text(encoding="utf-8")):
                    named.setdefault(next(filter(None, groups)), path.relative_to(ROOT).as_posix())
    assert {name: where for name, where in named.items() if name not in icons} == {}


def test_our_styles_and_scripts_keep_to_what_old_browsers_know():
    css = re.compile(r":is\(|:where\(|:has\(|\binset:|aspect-ratio|accent-color|@layer|color-mix|oklch|\bdvh\b|^\s*&",
                     re.MULTILINE)
    script = re.compile(r"\?\?|\?\.[a-zA-Z(\[]|\.at\(|replaceAll|structuredClone|Object\.hasOwn|\s#[a-z]\w*\s*[=(;]|\{\s*\.\.\.")
    for pattern, names in ((css, "*.css"), (script, "*.js")):
        for path in [*(ROOT / "core/static").glob(names), *(ROOT / "themes").rglob(names)]:
            assert not pattern.search(path.read_text(encoding="utf-8")), path.name


def test_templates_have_no_inline_script_or_style_and_name_no_other_server():
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\son[a-z]+=\"|\sstyle=|javascript:|(src|href)=\"(https?:)?//",
                        re.IGNORECASE)
    for folder in ("core/templates", "plugins", "themes"):
        for path in (ROOT / folder).rglob("*.html"):
            assert not inline.search(path.read_text(encoding="utf-8")), path.name
