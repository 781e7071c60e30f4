"""Bring the browser libraries into the tree, or compare what is there with the lock.

    python tools/vendor.py            fetch with the npm client, copy the files named below, write the locks
    python tools/vendor.py --check    compare files and locks without a network; exit 1 and name each difference

The files are committed, so neither running nor testing the platform needs npm.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = "vendor.lock.json"
SPRITE = "icons.svg"


@dataclass(frozen=True)
class Package:
    """One npm package: `files` maps a path inside the package to the name it gets in `folder`."""

    name: str
    version: str
    folder: str
    files: dict[str, str]
    icons: tuple[str, ...] = ()


STATIC = "core/static/vendor"
TESTS = "tests/e2e/vendor"

#: The icons the platform and its plugins may name. The whole set weighs 229 KB compressed, these about 15.
ICONS = (
    "archive", "arrow-counterclockwise", "arrow-down", "arrow-left", "arrow-left-right", "arrow-right", "arrow-up",
    "arrow-up-circle",
    "bar-chart", "bell", "book", "bookmark", "box-arrow-in-right", "box-arrow-right", "building", "calendar-check",
    "calendar-range", "calendar3", "camera", "chat-dots", "chat-left-text", "check-circle",
    "check2", "check2-square", "chevron-down", "chevron-left",
    "chevron-right", "clipboard-check", "clock", "clock-history", "cloud-upload", "code-slash", "diagram-3", "dot",
    "download", "envelope", "exclamation-circle", "exclamation-triangle", "eye", "eye-slash", "file-earmark-spreadsheet",
    "file-earmark-text", "folder", "funnel", "gear", "geo-alt", "grid-3x3-gap", "hash", "hourglass-split", "house",
    "house-door", "inbox", "info-circle", "journal-check", "journal-text", "key", "layers", "list-task", "list-ul", "lock",
    "map", "megaphone", "paperclip", "pencil", "people", "person", "person-badge", "person-circle", "person-plus", "phone",
    "pin-map", "plus-circle", "plus-lg", "printer", "puzzle", "question-circle", "search", "send", "shield-check",
    "shield-lock", "sliders", "star", "table", "tag", "telephone", "toggle-off", "toggle-on", "toggles", "translate",
    "trash", "type", "upload", "x-circle", "x-lg",
)

PACKAGES = (
    Package("bootstrap", "5.3.9", STATIC, {"dist/css/bootstrap.min.css": "bootstrap.min.css"}),
    Package("htmx.org", "2.0.11", STATIC, {"dist/htmx.min.js": "htmx.min.js"}),
    Package("tom-select", "2.6.2", STATIC, {
        "dist/js/tom-select.base.min.js": "tom-select.base.min.js",
        "dist/css/tom-select.bootstrap5.min.css": "tom-select.bootstrap5.min.css",
    }),
    Package("leaflet", "1.9.4", STATIC, {
        "dist/leaflet.js": "leaflet/leaflet.js",
        "dist/leaflet.css": "leaflet/leaflet.css",
        **{f"dist/images/{name}.png": f"leaflet/images/{name}.png"
           for name in ("layers", "layers-2x", "marker-icon", "marker-icon-2x", "marker-shadow")},
    }),
    Package("bootstrap-icons", "1.13.2", STATIC, {}, ICONS),
    Package("axe-core", "4.14.1", TESTS, {"axe.min.js": "axe.min.js"}),
)


def fetch(package: Package, work: Path) -> tuple[Path, str]:
    """Fetch a package with the npm client; return its unpacked folder and the integrity the registry states.

    Raises RuntimeError with npm's own words when it cannot be had.
    """
    done = subprocess.run(
        ["npm", "pack", f"{package.name}@{package.version}", "--json", "--pack-destination", str(work)],
        capture_output=True, text=True, cwd=work, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"npm pack {package.name}@{package.version} failed: {done.stderr.strip()}")
    answer = json.loads(done.stdout)
    facts = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
    folder = work / package.name
    with tarfile.open(work / Path(facts["filename"]).name) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package", facts["integrity"]


def sprite(source: Path, names: tuple[str, ...]) -> bytes:
    """Return an SVG sprite of the icons `names`; raises RuntimeError for a name the set does not have."""
    symbols = []
    for name in names:
        file = source / "icons" / f"{name}.svg"
        if not file.exists():
            raise RuntimeError(f"bootstrap-icons has no icon {name!r}")
        body = re.search(r"<svg[^>]*>(.*)</svg>", file.read_text(encoding="utf-8"), re.DOTALL)
        assert body is not None
        inner = re.sub(r">\s+<", "><", body.group(1).strip())
        symbols.append(f'<symbol id="{name}" viewBox="0 0 16 16">{inner}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def place(package: Package, source: Path, integrity: str) -> dict[str, object]:
    """Copy the files of one package into the tree; return its entry for the lock."""
    target = ROOT / package.folder
    facts = json.loads((source / "package.json").read_text(encoding="utf-8"))
    written: dict[str, str] = {}

    def write(name: str, data: bytes) -> None:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(data)
        written[name] = hashlib.sha256(data).hexdigest()

    for inside, name in package.files.items():
        write(name, (source / inside).read_bytes())
    if package.icons:
        write(SPRITE, sprite(source, package.icons))
    licences = sorted(path for path in source.iterdir() if re.match(r"licen[cs]e", path.name, re.IGNORECASE))
    for path in licences[:1]:
        write(f"licences/{package.name}.txt", path.read_bytes())
    return {"version": package.version, "licence": facts["license"], "integrity": integrity, "files": written}


def update() -> None:
    """Fetch everything anew and write the locks."""
    locks: dict[str, dict[str, object]] = {}
    for folder in sorted({package.folder for package in PACKAGES}):
        shutil.rmtree(ROOT / folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as work:
        for package in PACKAGES:
            source, integrity = fetch(package, Path(work))
            locks.setdefault(package.folder, {})[package.name] = place(package, source, integrity)
            print(f"{package.name} {package.version}")
    for folder, lock in locks.items():
        text = json.dumps(lock, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        (ROOT / folder / LOCK).write_text(text, encoding="utf-8")


def differences(root: Path = ROOT) -> list[str]:
    """Return what differs between the files under `root`, their locks and PACKAGES; empty when all is as locked."""
    found = []
    for folder in sorted({package.folder for package in PACKAGES}):
        place_ = root / folder
        if not (place_ / LOCK).exists():
            found.append(f"{folder}/{LOCK} is absent; run python tools/vendor.py")
            continue
        lock = json.loads((place_ / LOCK).read_text(encoding="utf-8"))
        wanted = {package.name: package.version for package in PACKAGES if package.folder == folder}
        locked = {name: entry["version"] for name, entry in lock.items()}
        if wanted != locked:
            found.append(f"{folder}: the lock has {locked}, tools/vendor.py asks for {wanted}")
        hashes = {name: digest for entry in lock.values() for name, digest in entry["files"].items()}
        present = {path.relative_to(place_).as_posix(): path for path in place_.rglob("*")
                   if path.is_file() and path.name != LOCK}
        found += [f"{folder}/{name} is in the lock and not in the tree" for name in sorted(hashes.keys() - present)]
        found += [f"{folder}/{name} is in no lock" for name in sorted(present.keys() - hashes)]
        found += [f"{folder}/{name} differs from the lock" for name in sorted(hashes.keys() & present.keys())
                  if hashlib.sha256(present[name].read_bytes()).hexdigest() != hashes[name]]
    return found


def main(arguments: list[str] | None = None) -> int:
    """Update or check; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare only, without a network")
    if parser.parse_args(arguments).check:
        found = differences()
        print("\n".join(found) or "vendored files are as locked", file=sys.stderr if found else sys.stdout)
        return 1 if found else 0
    try:
        update()
    except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        print(f"vendor: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
