"""Whether a theme can be worn: its manifest, every token, the contrast of every pair, its templates, nothing remote.

Contrast is the ratio of WCAG 2.2 (relative luminance); text needs the theme's own ``contrast`` (4.5, or 7 for a theme
that promises more), the edges of controls and the focus ring need 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

from .themes import BLOCKS, Theme, ThemeError, lineage, read_theme, replaces_form

_COLOURS = ("ink", "ink-soft", "page", "surface", "sunk", "rule", "edge", "primary", "primary-dark", "on-primary", "primary-soft",
            "header", "on-header", "link", "focus", "ok", "ok-soft", "warn", "warn-soft", "bad", "bad-soft", "info", "info-soft",
            "muted", "muted-soft", "chart-1", "chart-2", "chart-3")
_SIZES = ("text", "text-small", "text-large", "heading", "tap", "radius", "space")
TOKENS = frozenset({*_COLOURS, *_SIZES, "font", "leading"})
#: (what is read, what it stands on): both must be told apart by somebody with weak eyes.
TEXT_PAIRS = (
    *((ink, ground) for ink in ("ink", "ink-soft", "link") for ground in ("page", "surface", "sunk")),
    ("on-primary", "primary"), ("on-primary", "primary-dark"), ("primary-dark", "primary-soft"), ("ink", "primary-soft"),
    ("link", "primary-soft"), ("ink-soft", "primary-soft"), ("on-header", "header"), ("header", "on-header"), ("surface", "bad"),
    *((tone, f"{tone}-soft") for tone in ("ok", "warn", "bad", "info", "muted")),
    *(("ink", f"{tone}-soft") for tone in ("ok", "warn", "bad", "info")),
    ("bad", "surface"), ("bad", "page"), ("primary-dark", "surface"),
)
SHAPE_PAIRS = (
    ("edge", "surface"), ("edge", "page"), ("focus", "page"), ("focus", "surface"), ("primary", "surface"),
    *((f"chart-{number}", ground) for number in (1, 2, 3) for ground in ("surface", "sunk")),
)
SHAPE_CONTRAST = 3.0
SMALLEST_TEXT, SMALLEST_TAP = 14, 44

_TOKEN = re.compile(r"--g-([a-z0-9-]+)\s*:\s*([^;]+);")
_COLOUR = re.compile(r"#([0-9a-fA-F]{6})")
_REMOTE = re.compile(r"""(?:https?:)?//[\w.-]+\.\w|@import""")
#: Namespaces are names, not addresses: nothing is fetched from them.
_NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink", "http://www.w3.org/1999/xhtml")
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\son[a-z]+\s*=|\sstyle\s*=|javascript:", re.IGNORECASE)


def check_folder(folder: Path, themes: Mapping[str, Theme], known: Mapping[str, Path]) -> list[str]:
    """Return what is wrong with the theme in `folder`, one sentence each with the file; empty when it can be worn.

    `themes` are those it may build on; `known` maps the names of templates that exist without themes to their files.
    """
    try:
        theme = read_theme(folder)
        parents = lineage(theme.id, {**themes, theme.id: theme})
    except ThemeError as error:
        return [str(error)]
    return [*check_tokens(theme, parents), *_check_templates(theme, parents, known), *_check_texts(theme)]


def tokens_of(parents: list[Theme]) -> dict[str, str]:
    """Return the tokens in force for a theme: its own over those of the themes it builds on (`parents`, nearest first)."""
    found: dict[str, str] = {}
    for theme in reversed(parents):
        path = theme.folder / "tokens.css"
        if path.exists():
            found.update({name: value.strip() for name, value in _TOKEN.findall(path.read_text(encoding="utf-8"))})
    return found


def check_tokens(theme: Theme, parents: list[Theme]) -> list[str]:
    """Return what is wrong with the tokens of a theme: absent, unknown, unreadable, too small, too little contrast."""
    tokens, where = tokens_of(parents), f"{theme.folder.name}/tokens.css"
    found = [f"{where}: --g-{name} is absent" for name in sorted(TOKENS - tokens.keys())]
    found += [f"{where}: --g-{name} is no token; known are those of themes/default" for name in sorted(tokens.keys() - TOKENS)]
    found += [f"{where}: --g-{name} is {tokens[name]!r}; write a colour as #rrggbb" for name in _COLOURS
              if name in tokens and not _COLOUR.fullmatch(tokens[name])]
    for name, least in (("text", SMALLEST_TEXT), ("text-small", SMALLEST_TEXT), ("tap", SMALLEST_TAP)):
        size = re.fullmatch(r"(\d+)px", tokens.get(name, ""))
        if name in tokens and (size is None or int(size.group(1)) < least):
            found.append(f"{where}: --g-{name} is {tokens[name]!r}; it must be at least {least}px")
    for pairs, least_ratio in ((TEXT_PAIRS, theme.contrast), (SHAPE_PAIRS, SHAPE_CONTRAST)):
        for front, ground in pairs:
            both = [_COLOUR.fullmatch(tokens.get(name, "")) for name in (front, ground)]
            if all(both):
                ratio = contrast(tokens[front], tokens[ground])
                if ratio < least_ratio:
                    found.append(f"{where}: --g-{front} on --g-{ground} has contrast {ratio:.2f}; it needs {least_ratio:g}")
    return found


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (#rrggbb), from 1 to 21, by the formula of WCAG 2.2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _check_templates(theme: Theme, parents: list[Theme], known: Mapping[str, Path]) -> list[str]:
    inherited = {name for parent in parents[1:] for name in _templates(parent)}
    found = []
    for name, path in _templates(theme).items():
        where = f"{theme.id}/templates/{name}"
        if name not in known and name not in inherited and not replaces_form(name):
            found.append(f"{where}: overrides nothing; there is no template of this name")
            continue
        try:
            tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        except TemplateSyntaxError as error:
            found.append(f"{where}: line {error.lineno}: {error.message}")
            continue
        extends = [node.template.value for node in tree.find_all(nodes.Extends) if isinstance(node.template, nodes.Const)]
        if name == "base.html" and "~base.html" not in extends:
            blocks = {block.name for block in tree.find_all(nodes.Block)}
            if absent := [block for block in BLOCKS if block not in blocks]:
                found.append(f"{where}: the blocks {', '.join(absent)} are absent; extend ~base.html or keep them")
    return found


def _check_texts(theme: Theme) -> Iterator[str]:
    for path in sorted(theme.folder.rglob("*")):
        if not path.is_file() or path.suffix not in {".html", ".css", ".js", ".svg"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for namespace in _NAMESPACES:
            text = text.replace(namespace, "")
        where = f"{theme.id}/{path.relative_to(theme.folder).as_posix()}"
        for number, line in enumerate(text.splitlines(), 1):
            if _REMOTE.search(line):
                yield f"{where}: line {number}: names another server; keep the file in the theme's static folder"
            if path.suffix in {".html", ".svg"} and _INLINE.search(line):
                yield f"{where}: line {number}: inline script or style; the platform's security policy forbids it"


def _templates(theme: Theme) -> dict[str, Path]:
    folder = theme.folder / "templates"
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.html"))}
