"""``grid321 new plugin NAME``: an external plugin of one's own, whose tests pass from the first minute."""
from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template

import click

from .. import __version__
from ..i18n import gettext as _
from ..i18n import use_language
from .context import terminal_language

SCAFFOLD = Path(__file__).resolve().parent.parent / "scaffold" / "plugin"
KEY = re.compile(r"[a-z][a-z0-9_]{1,30}")
TAKEN = {"core", "grid", "grid321"}


@click.group()
def new() -> None:
    """Start something of your own."""


@new.command("plugin")
@click.argument("name")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), default=Path(), show_default="this folder",
              help="The folder in which the project folder grid321_NAME is made.")
@click.option("--title", default="", help="What it is called in English (default: the name).")
@click.option("--chinese", default="", help="What it is called in Chinese.")
def plugin(name: str, into: Path, title: str, chinese: str) -> None:
    """Write a plugin NAME with manifest, entity, workflow, migration, words and tests.

    NAME is the plugin's key: small letters, digits and _, beginning with a letter.
    """
    if not KEY.fullmatch(name) or name in TAKEN:
        with use_language(terminal_language()):
            raise click.BadParameter(_(
                "%(name)s: use 2 to 31 small letters, digits and _, beginning with a letter; %(taken)s are taken",
                name=repr(name), taken=", ".join(sorted(TAKEN))), param_hint="NAME")
    target = into / f"grid321_{name}"
    if target.exists():
        with use_language(terminal_language()):
            raise click.ClickException(_("%(target)s exists already: choose another name or folder, or remove it",
                                         target=target))
    for path, content in render(name, title, chinese).items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    with use_language(terminal_language()):
        click.echo(_("Made %(target)s. Next:", target=target))
    click.echo(f"  cd {target}\n"
               "  pip install -e '.[test]'\n"
               "  pytest\n"
               f"  grid321 migrate && grid321 plugin on {name} --division CODE")


@new.command("words")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def words(folder: Path) -> None:
    """Compile every messages.po below FOLDER, after you edited it."""
    found = sorted(folder.rglob("messages.po"))
    if not found:
        with use_language(terminal_language()):
            raise click.ClickException(_("There is no messages.po below %(folder)s: name the folder of your plugin",
                                         folder=folder))
    for path in found:
        path.with_suffix(".mo").write_bytes(compiled(path.read_text(encoding="utf-8")))
        click.echo(path.with_suffix(".mo"))


def render(name: str, title: str = "", chinese: str = "") -> dict[str, bytes]:
    """Return the files of a new plugin: path below its project folder -> content."""
    values = _values(name, title, chinese)
    files = {}
    for source in _templates():
        inside = source.relative_to(SCAFFOLD).as_posix().removesuffix(".tmpl")
        if inside.startswith("package/"):
            inside = f"grid321_{name}/{inside.removeprefix('package/')}"
        text = Template(source.read_text(encoding="utf-8")).substitute(values)
        files[inside] = text.encode()
        if inside.endswith(".po"):
            files[inside.removesuffix(".po") + ".mo"] = compiled(text)
    return files


def _templates() -> Iterator[Path]:
    return (path for path in sorted(SCAFFOLD.rglob("*.tmpl")))


def _values(name: str, title: str, chinese: str) -> Mapping[str, str]:
    from ..plugins import API_VERSION

    release, api = int(__version__.partition(".")[0]), int(API_VERSION.partition(".")[0])
    title = title or name.replace("_", " ").capitalize()
    return {"name": name, "title": title, "lower": title.lower(), "chinese": chinese or f"插件{name}",
            "prefix": name[:3].upper(), "release": f"{release}.0", "next_release": str(release + 1),
            "api": API_VERSION, "next_api": str(api + 1)}


def compiled(text: str) -> bytes:
    """Return the text of a ``.po`` file in the form that is read at run time (``.mo``)."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    out = io.BytesIO()
    write_mo(out, read_po(io.BytesIO(text.encode())))
    return out.getvalue()
