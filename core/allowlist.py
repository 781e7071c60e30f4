"""Which plugins may be loaded: all that are installed, or an allow-list by name and, where given, by hash of their code."""
from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def code_hash(module: Any) -> str:
    """SHA-256 over the names and contents of the Python files of a plugin's package, in sorted order."""
    file = Path(str(module.__file__))
    folder = file.parent
    files = sorted(folder.rglob("*.py")) if file.name == "__init__.py" else [file]
    found = hashlib.sha256()
    for path in files:
        found.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def permitted(modules: Iterable[tuple[str, Any]], allowed: Iterable[str] | None) -> list[tuple[str, Any]]:
    """The modules that the allow-list lets in. One whose hash differs is replaced by an error that the plugins page shows."""
    if allowed is None:
        return list(modules)
    wanted = {name: hashed for name, _equals, hashed in (entry.partition("=") for entry in allowed)}
    found = []
    for name, module in modules:
        if name not in wanted:
            continue
        if wanted[name] and (isinstance(module, BaseException) or code_hash(module) != wanted[name]):
            module = ImportError("its code does not have the hash of the allow-list; compare with `grid321 plugin hash`")
        found.append((name, module))
    return found
