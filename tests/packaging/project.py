"""What the packaging tests know about the project's folder: its configuration and its source files."""

import ast
import configparser
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@lru_cache
def config() -> configparser.ConfigParser:
    """Return setup.cfg."""
    parsed = configparser.ConfigParser()
    parsed.read(ROOT / "setup.cfg", encoding="utf-8")
    return parsed


def listing(section: str, option: str) -> list[str]:
    """Return the lines of a multi-line option without blanks and comments."""
    return [line.strip() for line in config()[section][option].split("\n") if line.strip() and not line.startswith("#")]


def folders() -> dict[str, Path]:
    """Return import name -> folder for the mapped top folders (grid321.core -> core …)."""
    pairs = (line.split("=") for line in listing("options", "package_dir"))
    return {name.strip(): ROOT / folder.strip() for name, folder in pairs}


def modules() -> dict[str, Path]:
    """Return import name -> file for every module of the distribution (migrations are data, not modules)."""
    found = {}
    for package in listing("options", "packages"):
        base, inside = next((name, package[len(name):]) for name in sorted(folders(), reverse=True)
                            if package == name or package.startswith(f"{name}."))
        folder = folders()[base].joinpath(*inside.strip(".").split(".")) if inside else folders()[base]
        for path in folder.glob("*.py"):
            found[package if path.stem == "__init__" else f"{package}.{path.stem}"] = path
    return found


def imports(name: str, path: Path, lines: set[int] | None = None) -> set[str]:
    """Return the absolute names a module imports, without those for type checkers only.

    ``lines`` restricts the answer to import statements that begin on one of these lines.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    skipped = {id(node) for guard in ast.walk(tree) if isinstance(guard, ast.If) and "TYPE_CHECKING" in ast.dump(guard.test)
               for node in ast.walk(guard)}
    found = set()
    for node in ast.walk(tree):
        if id(node) in skipped or (lines is not None and getattr(node, "lineno", 0) not in lines):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parent = package.split(".")[:len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parent, *([node.module] if node.module else [])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found
