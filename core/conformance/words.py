"""Every text that a plugin marks for translation, in its code and its templates, has Chinese words."""
from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from types import ModuleType

from jinja2 import Environment
from jinja2.ext import extract_from_ast

from grid321.core import i18n

from .declarations import folder_of, sources

MARKS = ("_", "_l", "gettext", "lazy_gettext")
_PLACE = re.compile(r"%\(\w+\)[sd]")
_WORD = re.compile(r"[A-Za-z]{2,}")


def marked(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield (file and line, text) of every constant text inside ``_()`` and its sisters."""
    for path in sources(module):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield f"{path.name}:{node.lineno}", first.value
    folder = folder_of(module)
    for path in sorted((folder / "templates").rglob("*.html")) if folder is not None else ():
        tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        for line, _function, text in extract_from_ast(tree, MARKS):
            if isinstance(text, str):
                yield f"{path.name}:{line}", text


def check_marked(module: ModuleType) -> list[str]:
    """Texts that read the same in Chinese: they were never translated."""
    folder = folder_of(module)
    if folder is not None:
        i18n.add_catalogue(module.plugin.key, folder / "translations")
    with i18n.use_language("zh"):
        return [f"{where}: {text!r} has no Chinese translation" for where, text in dict.fromkeys(marked(module))
                if i18n.gettext(text) == text and _WORD.search(_PLACE.sub("", text))]
