"""Themes: who dresses a page, and where each template comes from.

A theme is a folder ``themes/<id>`` with ``theme.toml``, ``tokens.css`` and, if it wants, ``templates/`` and
``static/``. A template name is looked up in the theme, its parents, the plugin that owns the name (names that begin
with ``<plugin>/``), then the core; inside a template ``~name`` means the same name in the next layer down. A plugin's
folder serves only names that begin with its own key, so only themes can override another owner's template.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, g, has_request_context, request
from flask.templating import Environment as FlaskEnvironment
from jinja2 import BaseLoader, Template, TemplateNotFound, nodes

from .i18n import LANGUAGES, catalogue, current_language
from .templating import PlainTextGenerator, output_text, rewrite

THEME_COOKIE = "grid321_theme"
DEFAULT_THEME = "default"
#: The blocks and slots that themes and plugins may rely on; a change here is a change of the contract.
BLOCKS = ("title", "head", "header", "crumbs", "main", "aside", "footer", "scripts")
SLOTS = ("today", "detail.main", "detail.aside", "statistics")
_CORE = Path(__file__).parent
_SHIPPED = _CORE.parent / "themes"


@dataclass(frozen=True)
class Theme:
    """One theme: `names` per language, the id of the theme it builds on, and the contrast its text must reach."""

    id: str
    names: Mapping[str, str]
    folder: Path
    parent: str | None = None
    contrast: float = 4.5
    order: int = 100

    @property
    def label(self) -> str:
        """The theme's name in the language in use."""
        return self.names.get(current_language()) or self.names["zh"]


class ThemeError(ValueError):
    """A theme cannot be read; the message names the file and what to change."""


def read_theme(folder: Path) -> Theme:
    """Read ``theme.toml`` of one theme folder. Raises ThemeError naming file, key and remedy."""
    path = folder / "theme.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"{path}: cannot be read ({error}); see docs/themes.md") from None
    names = data.get("name")
    if not isinstance(names, dict) or not all(isinstance(names.get(key), str) for key in ("zh", "en")):
        raise ThemeError(f"{path}: [name] needs zh and en")
    if data.get("id") != folder.name:
        raise ThemeError(f"{path}: id is {data.get('id')!r}; it must be the name of the folder, {folder.name!r}")
    parent = data.get("parent")
    if parent is not None and not isinstance(parent, str):
        raise ThemeError(f"{path}: parent must be the id of a theme")
    contrast = data.get("contrast", 4.5)
    if not isinstance(contrast, (int, float)) or contrast < 4.5:
        raise ThemeError(f"{path}: contrast is {contrast!r}; it must be a number from 4.5")
    known = {"id", "name", "parent", "contrast", "order"}
    if unknown := sorted(data.keys() - known):
        raise ThemeError(f"{path}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")
    return Theme(folder.name, names, folder, parent, float(contrast), int(data.get("order", 100)))


def discover(*folders: Path) -> dict[str, Theme]:
    """Return every theme below `folders` (the shipped ones when none is named), in the order people see them.

    Raises ThemeError for one that cannot be read, or that builds on a theme that is not there or on itself.
    """
    found = [read_theme(path.parent) for folder in (folders or (_SHIPPED,))
             for path in sorted(folder.glob("*/theme.toml"))]
    themes = {theme.id: theme for theme in sorted(found, key=lambda theme: (theme.order, theme.id))}
    for theme in themes.values():
        lineage(theme.id, themes)
    return themes


def lineage(theme_id: str, themes: Mapping[str, Theme]) -> list[Theme]:
    """Return a theme and the themes it builds on, nearest first. Raises ThemeError for a gap or a circle."""
    found: list[Theme] = []
    wanted: str | None = theme_id
    while wanted is not None:
        if wanted not in themes:
            raise ThemeError(f"theme {theme_id!r} builds on {wanted!r}, which is not there")
        if themes[wanted] in found:
            raise ThemeError(f"theme {theme_id!r} builds on itself")
        found.append(themes[wanted])
        wanted = themes[wanted].parent
    return found


def known_templates(plugins: Mapping[str, Path] | None = None) -> dict[str, Path]:
    """Return the names of the templates that themes may override, with their files: the core's and the plugins'.

    `plugins` maps keys to folders; None takes those beside the core.
    """
    if plugins is None:
        plugins = {path.parent.name: path.parent for path in sorted((_CORE.parent / "plugins").glob("*/__init__.py"))}
    found = {path.relative_to(_CORE / "templates").as_posix(): path for path in (_CORE / "templates").rglob("*.html")}
    for key, folder in plugins.items():
        for path in (folder / "templates" / key).rglob("*.html"):
            found[path.relative_to(folder / "templates").as_posix()] = path
    return found


def replaces_form(name: str) -> bool:
    """True for ``<plugin>/forms/<name>.html`` and ``….docx``: in place of a form that is made of a sheet and has no file."""
    parts = name.split("/")
    return len(parts) == 3 and parts[1] == "forms" and name.endswith((".html", ".docx"))


class Wardrobe:
    """The themes and template folders of one application."""

    def __init__(self, themes: Mapping[str, Theme], plugins: Mapping[str, Path],
                 division_theme: Callable[[Any], str | None]) -> None:
        self.themes = dict(themes)
        self.plugins = dict(plugins)
        self.division_theme = division_theme
        self._found: dict[tuple[str, str, str], str] = {}
        self._lineages = {theme_id: lineage(theme_id, self.themes) for theme_id in self.themes}

    def lineage(self, theme_id: str) -> list[Theme]:
        """Return a theme and the themes it builds on, nearest first. KeyError for one that is not there."""
        return self._lineages[theme_id]

    def layers(self, theme_id: str, name: str) -> list[tuple[str, Path]]:
        """Return (layer, folder) in the order in which `name` is looked for under a theme."""
        layers = [(f"theme-{theme.id}", theme.folder / "templates") for theme in self.lineage(theme_id)]
        owner = name.partition("/")[0]
        if owner in self.plugins:
            return [*layers, (f"plugin-{owner}", self.plugins[owner] / "templates")]
        return [*layers, ("core", _CORE / "templates")]

    def resolve(self, theme_id: str, name: str, below: str = "") -> str:
        """Return ``layer:name`` of the first layer that has `name`, only layers under `below` when given.

        Raises TemplateNotFound.
        """
        key = (theme_id, name, below)
        found = self._found.get(key)
        if found is None:
            layers = self.layers(theme_id, name)
            if below:
                names = [layer for layer, _folder in layers]
                layers = layers[names.index(below) + 1:] if below in names else layers
            for layer, folder in layers:
                if (folder / name).is_file():
                    found = self._found[key] = f"{layer}:{name}"
                    break
            else:
                raise TemplateNotFound(name)
        return found

    def path(self, canonical: str) -> Path:
        """Return the file of a ``layer:name``."""
        layer, _colon, name = canonical.partition(":")
        kind, _dash, owner = layer.partition("-")
        if kind == "theme":
            return self.themes[owner].folder / "templates" / name
        return (self.plugins[owner] if kind == "plugin" else _CORE) / "templates" / name

    def choose(self, node: Any, cookie: str | None) -> Theme:
        """Return the theme a person chose, else the one of the division, else the default one."""
        if cookie in self.themes:
            return self.themes[str(cookie)]
        chosen = self.division_theme(node) if node is not None else None
        return self.themes.get(chosen or DEFAULT_THEME) or self.themes[DEFAULT_THEME]


class LayerLoader(BaseLoader):
    """Loads ``language|layer:name``, the form that names take after ThemedEnvironment has resolved them."""

    def __init__(self, wardrobe: Wardrobe) -> None:
        self.wardrobe = wardrobe

    def get_source(self, environment: Any, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Return source, file name and a test of freshness, as Jinja asks. Raises TemplateNotFound."""
        path = self.wardrobe.path(template.partition("|")[2])
        try:
            source = path.read_text(encoding="utf-8")
            changed = path.stat().st_mtime_ns
        except OSError:
            raise TemplateNotFound(template) from None

        def fresh() -> bool:
            try:
                return path.stat().st_mtime_ns == changed
            except OSError:
                return False

        return source, str(path), fresh

    def list_templates(self) -> list[str]:
        """Return the names of the core's and the plugins' templates."""
        return sorted(known_templates(self.wardrobe.plugins))


class ThemedEnvironment(FlaskEnvironment):
    """A Jinja environment whose template names go through the layers of the theme in use.

    Each template is compiled once per language, with the words of ``_("…")`` already in it: a page shows about sixty of
    them, and looking each up anew would cost a tenth of its time.
    """

    wardrobe: Wardrobe
    code_generator_class = PlainTextGenerator
    output_text = staticmethod(output_text)
    #: Global functions that answer the same for the same string as long as the application runs.
    constant: Mapping[str, Callable[[str], str]] = {}

    def join_path(self, template: str, parent: str) -> str:
        """Keep, for ``~name``, which layer asks: the name is then looked for below it."""
        if not template.startswith("~"):
            return template
        layer = parent.partition("|")[2].partition(":")[0]
        return f"{layer}~{template[1:]}"

    def _load_template(self, name: str, globals: Any) -> Template:
        # The one point that get_template, select_template, extends, include and import all pass.
        below, tilde, rest = name.partition("~")
        canonical = self.wardrobe.resolve(current_theme().id, rest if tilde else name, below if tilde else "")
        return super()._load_template(f"{current_language()}|{canonical}", globals)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        language = (name or "").partition("|")[0]
        return rewrite(tree, {**self.constant, "_": catalogue(language).gettext}) if language in LANGUAGES else tree


def init_app(app: Flask, plugins: Mapping[str, Path] | None = None,
             division_theme: Callable[[Any], str | None] = lambda node: None,
             themes: Mapping[str, Theme] | None = None) -> None:
    """Give `app` its themes. Call it before anything touches ``app.jinja_env``.

    `plugins` maps plugin keys to their folders; `division_theme(node)` returns the theme id set for a division.
    Raises ThemeError when a theme cannot be read.
    """
    wardrobe = Wardrobe(themes or discover(), plugins or {}, division_theme)

    class AppEnvironment(ThemedEnvironment):
        """The environment of this application: Flask makes it without arguments of ours."""

    AppEnvironment.wardrobe = wardrobe
    app.jinja_environment = AppEnvironment
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True,
                         "loader": LayerLoader(wardrobe)}
    if not isinstance(app.jinja_env, ThemedEnvironment):
        raise RuntimeError("themes.init_app must come before the first use of app.jinja_env")
    app.extensions["grid321_themes"] = wardrobe
    app.jinja_env.globals["themes"] = list(wardrobe.themes.values())


def wardrobe() -> Wardrobe:
    """Return the themes of the current application."""
    from flask import current_app

    found: Wardrobe = current_app.extensions["grid321_themes"]
    return found


def theme_for(node: Any, request_: Any) -> Theme:
    """Return the theme for a division (None for pages outside the tree) and a request (None outside one)."""
    return wardrobe().choose(node, request_.cookies.get(THEME_COOKIE) if request_ is not None else None)


def current_theme() -> Theme:
    """Return the theme of the page being rendered; the default theme outside a request."""
    if not has_request_context():
        return wardrobe().choose(None, None)
    found: Theme | None = g.get("theme")
    if found is None:
        found = g.theme = theme_for(g.get("node"), request)
    return found
