"""Keep the message catalogues: extract, add translations, compile, check.

    python tools/i18n.py extract [OWNER]            collect the strings of the sources into the .po files
    python tools/i18n.py add OWNER < words.json     add Chinese translations, {"msgid": "中文"}
    python tools/i18n.py missing [OWNER]            print the untranslated strings as JSON to fill in
    python tools/i18n.py compile [OWNER]            write the .mo files
    python tools/i18n.py check [OWNER]              fail when anything is untranslated, stale or damaged

OWNER is `core` (with the themes) or the key of a plugin; without it every owner is meant. A sentence with a plural is
added as {"singular": {"plural": "…", "zh": "…"}}. Several people may run this at once: a lock serialises them.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("zh", "en")
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "N_": None}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("templates/**.html", "jinja2")]
#: Scaffolds are sources of other packages; migrations and generated text carry no words for people.
SKIPPED = {"scaffold", "migrations", "translations", "static", "__pycache__"}
#: A fixed date keeps a catalogue unchanged when nothing in it changed.
DATE = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = re.compile(r"%\((\w+)\)[sd]|%[sd]")


def owners() -> dict[str, list[Path]]:
    """Return owner → source folders; the first one holds its `translations` folder."""
    found = {"core": [ROOT / "core", ROOT / "themes"]}
    for folder in sorted((ROOT / "plugins").glob("*/__init__.py")):
        found[folder.parent.name] = [folder.parent]
    return found


def po_path(owner: str, language: str) -> Path:
    """Return where the catalogue of `owner` in `language` is kept."""
    return owners()[owner][0] / "translations" / language / "LC_MESSAGES" / "messages.po"


def read(owner: str, language: str) -> Catalog:
    """Return the stored catalogue, or an empty one."""
    path = po_path(owner, language)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
    else:
        catalog = Catalog(locale=language)
    catalog.fuzzy = False
    catalog.project, catalog.version = "grid321", "1"
    catalog.copyright_holder = "the grid321 authors"
    catalog.header_comment = "# Translations of grid321. Written by tools/i18n.py."
    catalog.creation_date = catalog.revision_date = DATE
    catalog.last_translator = catalog.language_team = "grid321"
    catalog.msgid_bugs_address = ""
    return catalog


def extracted(owner: str) -> Catalog:
    """Return the strings found in the sources of `owner`, with the files they are in."""
    template = Catalog()
    for folder in owners()[owner]:
        if not folder.is_dir():
            continue
        for name, _line, message, comments, context in extract_from_dir(
            folder, METHODS, keywords=KEYWORDS, comment_tags=("NOTE:",), strip_comment_tags=True,
            directory_filter=lambda path: Path(path).name not in SKIPPED,
        ):
            place = (folder / name).relative_to(ROOT).as_posix()
            template.add(message, None, [(place, None)], auto_comments=comments, context=context)
    return template


def merge(catalog: Catalog, template: Catalog) -> Catalog:
    """Return `catalog` with exactly the strings of `template`, keeping the translations it has."""
    fresh = read_po(io.BytesIO(b""), locale=catalog.locale)
    for name in ("fuzzy", "project", "version", "copyright_holder", "header_comment", "creation_date",
                 "revision_date", "last_translator", "language_team", "msgid_bugs_address"):
        setattr(fresh, name, getattr(catalog, name))
    for message in sorted(template, key=lambda item: str(item.id)):
        if not message.id:
            continue
        known = catalog.get(singular(message))
        string = known.string if known is not None else ""
        fresh.add(message.id, shaped(message, string, fresh), sorted(set(message.locations)),
                  auto_comments=message.auto_comments)
    return fresh


def shaped(message: Message, string: object, catalog: Catalog) -> object:
    """Return a translation in the shape the message needs: one string, or one per plural form."""
    text = string[0] if isinstance(string, (tuple, list)) else string
    return (text,) * catalog.num_plurals if message.pluralizable else text


def singular(message: Message) -> str:
    """Return the id of a message, the singular when it has a plural."""
    return message.id[0] if isinstance(message.id, (tuple, list)) else message.id


def identity(template: Catalog, catalog: Catalog) -> Catalog:
    """Return the English catalogue: each string is its own translation."""
    fresh = merge(catalog, template)
    for message in fresh:
        if message.id:
            message.string = tuple(message.id) if message.pluralizable else message.id
    return fresh


def po_bytes(catalog: Catalog) -> bytes:
    """Return the .po text, without line numbers so that a shifted line is no change."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110, include_lineno=False, ignore_obsolete=True, sort_output=True)
    return buffer.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    """Return the compiled catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def words(compiled: bytes) -> dict[str, object]:
    """Return what a compiled catalogue says, without its header, which names the Babel that wrote it."""
    return {str(message.id): message.string for message in read_mo(io.BytesIO(compiled)) if message.id}


def save(owner: str, language: str, catalog: Catalog) -> None:
    """Write .po and .mo when they differ from what is stored."""
    path = po_path(owner, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    for target, data in ((path, po_bytes(catalog)), (path.with_suffix(".mo"), mo_bytes(catalog))):
        if not target.exists() or target.read_bytes() != data:
            target.write_bytes(data)


@contextmanager
def locked() -> Iterator[None]:
    """Let one process at a time change the catalogues of this tree."""
    name = "grid321-i18n-" + re.sub(r"\W+", "-", str(ROOT)) + ".lock"
    with (Path(tempfile.gettempdir()) / name).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def command_extract(names: list[str]) -> int:
    """Bring every catalogue of the named owners up to date with the sources."""
    for owner in names:
        template = extracted(owner)
        save(owner, "zh", merge(read(owner, "zh"), template))
        save(owner, "en", identity(template, read(owner, "en")))
        print(f"{owner}: {len(template)} strings, {len(missing(read(owner, 'zh')))} without Chinese")
    return 0


def command_add(owner: str, words: dict[str, object]) -> int:
    """Add Chinese translations to the catalogue of `owner`, their English as it is, and compile both."""
    catalog, english = read(owner, "zh"), read(owner, "en")
    for key, value in words.items():
        plural, text = (value["plural"], value["zh"]) if isinstance(value, dict) else (None, value)
        if not isinstance(text, str) or not text:
            print(f"{owner}: no Chinese for {key!r}", file=sys.stderr)
            return 2
        present = catalog.get(key)
        if present is not None:
            present.string = shaped(present, text, catalog)
            present.flags.discard("fuzzy")
        else:
            catalog.add((key, plural) if plural else key, (text,) if plural else text)
        english.add((key, plural) if plural else key, (key, plural) if plural else key)
    save(owner, "zh", catalog)
    save(owner, "en", english)
    print(f"{owner}: {len(words)} added, {len(catalog)} in all")
    return 0


def missing(catalog: Catalog) -> list[Message]:
    """Return the messages without a translation."""
    return [message for message in catalog
            if message.id and not (all(message.string) if message.pluralizable else message.string)]


def command_missing(names: list[str]) -> int:
    """Print, per owner, the strings of the sources that have no Chinese, ready to be filled in."""
    for owner in names:
        catalog = merge(read(owner, "zh"), extracted(owner))
        empty = {singular(message): {"plural": message.id[1], "zh": ""} if message.pluralizable else ""
                 for message in missing(catalog)}
        print(f"# {owner}: {len(empty)}", file=sys.stderr)
        print(json.dumps(empty, ensure_ascii=False, indent=1))
    return 0


def command_compile(names: list[str]) -> int:
    """Write the .mo files of what the .po files hold."""
    for owner in names:
        for language in LANGUAGES:
            if po_path(owner, language).exists():
                save(owner, language, read(owner, language))
    return 0


def faults(owner: str) -> list[str]:
    """Return what is wrong with the catalogues of `owner`, one line each."""
    template = extracted(owner)
    found = []
    for language in LANGUAGES:
        path = po_path(owner, language)
        name = path.relative_to(ROOT).as_posix()
        if not path.exists():
            if any(message.id for message in template):
                found.append(f"{name}: is absent; run tools/i18n.py extract {owner}")
            continue
        catalog = read(owner, language)
        for message in template:
            if not message.id:
                continue
            known = catalog.get(singular(message))
            if known is None or not known.string or (known.pluralizable and not all(known.string)):
                found.append(f"{name}: not translated: {singular(message)!r}")
            elif known.fuzzy:
                found.append(f"{name}: fuzzy: {singular(message)!r}")
            elif problem := places_differ(message, known):
                found.append(f"{name}: {problem}")
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or words(compiled.read_bytes()) != words(mo_bytes(catalog)):
            found.append(f"{name}: its .mo is not fresh; run tools/i18n.py compile {owner}")
    return found


def places_differ(message: Message, known: Message) -> str:
    """Return a complaint when a translation has other placeholders than its source, else an empty string."""
    sources = message.id if message.pluralizable else (message.id,)
    allowed = {match.group() for source in sources for match in PLACE.finditer(source)}
    for text in known.string if known.pluralizable else (known.string,):
        used = {match.group() for match in PLACE.finditer(text)}
        if used != allowed and not (message.pluralizable and used <= allowed):
            return f"placeholders of {singular(message)!r} are {sorted(allowed)}, translated {sorted(used)}"
    return ""


def conflicts(names: list[str]) -> list[str]:
    """Return plugin strings whose Chinese differs from the core's, which would win silently, or from another plugin's,
    where the one loaded last would win. One line each."""
    said = {owner: {singular(message): message.string for message in read(owner, "zh") if message.id} for owner in owners()}
    found = []
    for owner in sorted(set(names) - {"core"}):
        # Two plugins are compared once: by the one that is not asked about, or comes later.
        others = [other for other in said if other != owner and (other not in names or other == "core" or other > owner)]
        found += [f"plugins/{owner}: {key!r} is {text!r} here and {said[other][key]!r} in {other}"
                  for key, text in said[owner].items() for other in others if said[other].get(key, text) != text]
    return found


def command_check(names: list[str]) -> int:
    """Print every fault; return 1 when there is one."""
    found = [line for owner in names for line in faults(owner)] + conflicts(names)
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("extract", "add", "missing", "compile", "check"))
    parser.add_argument("owner", nargs="?", choices=sorted(owners()))
    options = parser.parse_args(arguments)
    names = [options.owner] if options.owner else list(owners())
    with locked():
        if options.command == "add":
            if not options.owner:
                parser.error("add needs an OWNER")
            return command_add(options.owner, json.load(sys.stdin))
        commands = {"extract": command_extract, "missing": command_missing,
                    "compile": command_compile, "check": command_check}
        return commands[options.command](names)


if __name__ == "__main__":
    sys.exit(main())
