"""Write ``docs/hooks.md`` from ``core/hooks.py``; with ``--check`` only compare. A test runs the comparison."""

import inspect
import sys
from pathlib import Path

from grid321.core import hooks

PAGE = Path(__file__).resolve().parent.parent / "docs" / "hooks.md"
INTRODUCTION = """\
# Hooks

Written by `tools/hooks_doc.py` from `core/hooks.py`; do not edit.

A plugin implements a hook by a function of the same name, marked `@hookimpl`, in its `__init__.py`; it may leave out
arguments it does not use. Records arrive as read-only views. A plugin that is switched off for the division at hand is
not called, and a plugin that fails loses only its own share, except at deciding hooks, where a failure denies.
"""


def _rules(name: str) -> list[str]:
    """Return the sentences that hold for this hook, from the tables in ``core/hooks.py``."""
    rules = ["Called once, at start-up." if name in hooks.STARTUP else "Called while the site runs."]
    if name in hooks.FIRST:
        rules.append("The first answer that is not None counts.")
    if name in hooks.CLOSED:
        rules.append("It decides: a failure denies.")
    return rules


def _entry(name: str) -> str:
    """Return the section of one hook: signature, rules, description, the test that shows it."""
    function = getattr(hooks, f"{hooks.PROJECT}_{name}")
    arguments = ", ".join(inspect.signature(function).parameters)
    text = " ".join((inspect.getdoc(function) or "").split()).replace("``", "`")
    return (f"## {name}\n\n```python\n@hookimpl\ndef {hooks.PROJECT}_{name}({arguments}): ...\n```\n\n{text}\n\n"
            f"{' '.join(_rules(name))} Shown by `test_hook_{name}`.\n")


def render() -> str:
    """Return the whole page."""
    return "\n".join([INTRODUCTION, *(_entry(name) for name in (*hooks.STARTUP, *hooks.RUNTIME))])


def main() -> int:
    """Write the page; with ``--check`` return 1 when the one on disk differs."""
    if "--check" in sys.argv[1:]:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == render()
        print("docs/hooks.md is up to date" if same else "docs/hooks.md is old: run python tools/hooks_doc.py")
        return 0 if same else 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
