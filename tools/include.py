"""Put pieces of tested files into the documents, or with ``--check`` only compare. A test runs the comparison.

A document says ``<!-- include: PATH -->`` … ``<!-- /include -->``; what stands between is replaced by the file in a code
fence. ``PATH`` is a file of the project, or ``new-plugin/FILE`` for a file that ``grid321 new plugin bridge`` writes.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "README.zh-CN.md", "docs/plugin-guide.md")
MARK = re.compile(r"(<!-- include: (\S+) -->\n)(.*?)(<!-- /include -->)", re.DOTALL)
LANGUAGES = {".py": "python", ".toml": "toml", ".md": "markdown", ".sh": "sh"}


def source(path: str) -> str:
    """Return the text that a mark names. Raises ``FileNotFoundError`` or ``KeyError`` for one that does not exist."""
    if path.startswith("new-plugin/"):
        from grid321.core.commands.new import render

        return render("bridge")[path.removeprefix("new-plugin/")].decode()
    return (ROOT / path).read_text(encoding="utf-8")


def filled(text: str) -> str:
    """Return a document with every marked place filled."""
    def fence(found: re.Match[str]) -> str:
        path = found[2]
        return f"{found[1]}```{LANGUAGES.get(Path(path).suffix, '')}\n{source(path).rstrip()}\n```\n{found[4]}"

    return MARK.sub(fence, text)


def main() -> int:
    """Fill the documents; with ``--check`` return 1 when one is old."""
    old = []
    for name in DOCUMENTS:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        if filled(text) != text:
            old.append(name)
            if "--check" not in sys.argv[1:]:
                path.write_text(filled(text), encoding="utf-8")
    if "--check" in sys.argv[1:] and old:
        print(f"old: {', '.join(old)}: run python tools/include.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
