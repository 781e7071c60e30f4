"""Themes: where a template comes from, who chose the theme, and what a theme must keep."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask, g, render_template
from jinja2 import TemplateNotFound

from grid321.core import assets, theme_check, themes
from grid321.core.commands.theme import theme as theme_command

pytestmark = pytest.mark.once


def write(path: Path, text: str) -> Path:
    """Write a file, making its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def make_theme(folder: Path, theme_id: str, parent: str | None = "default", **files: str) -> Path:
    """Write a theme that builds on `parent`; `files` are texts by path with / written as __."""
    above = f'parent = "{parent}"\n' if parent else ""
    write(folder / theme_id / "theme.toml", f'id = "{theme_id}"\n{above}\n[name]\nzh = "试"\nen = "Trial"\n')
    for name, text in files.items():
        write(folder / theme_id / name.replace("__", "/").replace("_html", ".html").replace("_css", ".css"), text)
    return folder / theme_id


@pytest.fixture
def site(tmp_path):
    """Return ``site(theme, **files)``: an application with a theme `mine`, and two plugins `alpha` and `beta`."""
    def build(**files: str) -> Flask:
        make_theme(tmp_path / "themes", "mine", **files)
        write(tmp_path / "alpha/templates/alpha/page.html", "alpha's page")
        write(tmp_path / "alpha/templates/error.html", "alpha wants the error page")
        write(tmp_path / "alpha/templates/beta/page.html", "alpha wants beta's page")
        write(tmp_path / "beta/templates/beta/page.html", "beta's page{% block more %}{% endblock %}")
        app = Flask("site", static_folder=None)
        found = {**themes.discover(), "mine": themes.read_theme(tmp_path / "themes/mine")}
        folders = {"alpha": tmp_path / "alpha", "beta": tmp_path / "beta"}
        themes.init_app(app, folders, lambda node: node, found)
        app.add_url_rule("/<path:name>", "show", lambda name: render_template(name))
        return app

    return build


def show(app: Flask, name: str, theme: str = "mine") -> str:
    """Render a template under a theme as a request would."""
    client = app.test_client()
    client.set_cookie(themes.THEME_COOKIE, theme)
    return client.get(f"/{name}").text


def test_a_theme_overrides_a_template_of_a_plugin(site):
    app = site(templates__alpha__page_html="mine")
    assert show(app, "alpha/page.html") == "mine"
    assert show(app, "alpha/page.html", "default") == "alpha's page"


def test_a_tilde_reaches_the_same_name_in_the_next_layer_down(site):
    app = site(templates__beta__page_html="{% extends '~beta/page.html' %}{% block more %} and mine{% endblock %}")
    assert show(app, "beta/page.html") == "beta's page and mine"


def test_a_plugin_cannot_override_a_template_of_the_core_or_of_another_plugin(site):
    app = site()
    assert show(app, "beta/page.html") == "beta's page"
    with app.test_request_context("/"):
        assert app.extensions["grid321_themes"].resolve("default", "error.html") == "core:error.html"


def test_a_template_that_nobody_has_is_not_found(site):
    app = site()
    with app.test_request_context("/"), pytest.raises(TemplateNotFound):
        render_template("alpha/absent.html")


@pytest.mark.parametrize(("division", "cookie", "worn"), [
    (None, None, "default"), ("gov_red", None, "gov_red"), ("gov_red", "elder", "elder"), ("gone", None, "default"),
    ("gov_red", "gone", "gov_red"),
])
def test_a_person_s_choice_comes_before_the_division_s_and_unknown_ones_are_ignored(site, division, cookie, worn):
    app = site()
    headers = {"Cookie": f"{themes.THEME_COOKIE}={cookie}"} if cookie else {}
    with app.test_request_context("/", headers=headers):
        g.node = division
        assert themes.current_theme().id == worn


def test_all_three_shipped_themes_are_in_order():
    found = themes.discover()
    assert list(found) == ["default", "gov_red", "elder"]
    for theme in found.values():
        assert theme_check.check_folder(theme.folder, found, themes.known_templates()) == []


def test_the_elder_theme_keeps_its_promises():
    found = themes.discover()
    tokens = theme_check.tokens_of(themes.lineage("elder", found))
    assert (tokens["text"], tokens["tap"], tokens["leading"]) == ("22px", "60px", "1.75")
    assert found["elder"].contrast == 7


def test_contrast_is_that_of_the_guideline():
    assert theme_check.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme_check.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(("files", "complaint"), [
    ({"tokens_css": ":root { --g-ink: #aaaaaa; }"}, "--g-ink on --g-page has contrast"),
    ({"tokens_css": ":root { --g-ink: red; }"}, "write a colour as #rrggbb"),
    ({"tokens_css": ":root { --g-tap: 30px; }"}, "at least 44px"),
    ({"tokens_css": ":root { --g-inc: #000000; }"}, "--g-inc is no token"),
    ({"templates__nothing_html": "x"}, "overrides nothing"),
    ({"templates__list_html": "{% if %}"}, "line 1"),
    ({"templates__base_html": "{% block title %}{% endblock %}"}, "the blocks head"),
    ({"templates__list_html": "<p onclick=\"x()\">"}, "inline script or style"),
    ({"templates__list_html": "<p style=\"x\">"}, "inline script or style"),
    ({"templates__list_html": "<img src=\"https://example.org/a.png\">"}, "names another server"),
    ({"tokens_css": "@import 'other.css';"}, "names another server"),
])
def test_a_theme_that_breaks_a_rule_is_told_which_and_where(tmp_path, files, complaint):
    folder = make_theme(tmp_path, "mine", **files)
    found = theme_check.check_folder(folder, themes.discover(), themes.known_templates())
    assert any(complaint in mistake for mistake in found), found


def test_a_theme_may_extend_the_base_template_and_draw_svg(tmp_path):
    folder = make_theme(tmp_path, "mine", templates__base_html="{% extends '~base.html' %}<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>")
    assert theme_check.check_folder(folder, themes.discover(), themes.known_templates()) == []


@pytest.mark.parametrize(("text", "complaint"), [
    ("id = 'mine'", r"\[name\]"), ("id = 'other'\n[name]\nzh='a'\nen='b'", "name of the folder"), ("id =", "cannot be read"),
    ("id = 'mine'\nsize = 1\n[name]\nzh='a'\nen='b'", "unknown key 'size'"),
    ("id = 'mine'\ncontrast = 3\n[name]\nzh='a'\nen='b'", "contrast"),
])
def test_a_damaged_manifest_is_refused_by_file_and_key(tmp_path, text, complaint):
    write(tmp_path / "mine/theme.toml", text)
    with pytest.raises(themes.ThemeError, match=complaint):
        themes.read_theme(tmp_path / "mine")


def test_a_theme_that_builds_on_itself_is_refused(tmp_path):
    make_theme(tmp_path, "one", "two")
    make_theme(tmp_path, "two", "one")
    with pytest.raises(themes.ThemeError, match="itself"):
        themes.discover(tmp_path)


def test_the_command_names_each_mistake_and_fails(tmp_path):
    folder = make_theme(tmp_path, "mine", tokens_css=":root { --g-ink: #aaaaaa; }")
    result = CliRunner().invoke(theme_command, ["check", str(folder)])
    assert result.exit_code == 1
    assert "mine/tokens.css: --g-ink on --g-page has contrast" in result.output
    assert CliRunner().invoke(theme_command, ["check"]).exit_code == 0


# ---------------------------------------------------------------- static files

@pytest.fixture
def served(site):
    """The application with its static files."""
    app = site(static__seal_css="p{}")
    assets.init_app(app)
    app.add_url_rule("/static/<path:name>", "static", assets.send)
    return app


def test_a_static_file_is_kept_for_a_year_under_the_address_with_its_digest(served):
    with served.test_request_context("/"):
        address = served.jinja_env.globals["asset"]("core/app.css")
    answer = served.test_client().get(address, headers={"Accept-Encoding": "gzip"})
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.mimetype == "text/css"
    without = served.test_client().get("/static/core/app.css")
    assert without.headers["Cache-Control"] == "no-cache"
    again = served.test_client().get("/static/core/app.css", headers={"If-None-Match": without.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", [
    "core/../themes.py", "core/%2e%2e/themes.py", "core//app.css", "core/", "theme/mine/theme.toml", "plugin/alpha/secret.py",
    "core/..%5c..%5cthemes.py", "theme/mine/templates/list.html", "nothing", "core/absent.css",
])
def test_nothing_outside_the_static_folders_is_served(served, name):
    assert served.test_client().get(f"/static/{name}").status_code == 404


def test_a_theme_serves_its_tokens_and_its_static_folder(served):
    client = served.test_client()
    assert client.get("/static/theme/default/tokens.css").status_code == 200
    assert client.get("/static/theme/mine/static/seal.css").text == "p{}"


def test_an_icon_that_is_not_in_the_set_is_a_dot(served):
    with served.test_request_context("/"):
        assert '#house"' in served.jinja_env.globals["icon"]("house")
        assert '#dot"' in served.jinja_env.globals["icon"]('x"><script>')
