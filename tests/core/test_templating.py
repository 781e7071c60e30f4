"""The compiled form of templates says exactly what plain Jinja would say."""

from __future__ import annotations

import pytest
from flask import Flask, render_template
from markupsafe import Markup

from grid321.core import assets, i18n, themes
from grid321.core.templating import output_text

pytestmark = pytest.mark.once
NASTY = """<script>"x"&'y'</script>"""


class Speaking:
    """An object that is shown by its words."""

    def __str__(self) -> str:
        return NASTY


@pytest.fixture
def render(tmp_path):
    """Return ``render(name, lang, **values)`` for templates written with ``files[name] = text``."""
    folder = tmp_path / "alpha" / "templates" / "alpha"
    folder.mkdir(parents=True)
    app = Flask("site", static_folder=None)
    themes.init_app(app, {"alpha": tmp_path / "alpha"})
    assets.init_app(app, {"alpha": tmp_path / "alpha"})
    i18n.init_app(app)

    def show(files: dict[str, str], lang: str = "zh", **values: object) -> str:
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        with app.test_request_context("/"), i18n.use_language(lang):
            return render_template("alpha/page.html", **values)

    return show


@pytest.mark.parametrize("value", [NASTY, Markup("<b>"), Speaking(), 3, None, 1.5, Markup("a") + "<", i18n.LazyText("<i>")])
def test_a_value_is_written_as_jinja_writes_it(value):
    plain = Flask("plain").jinja_env.from_string("{% autoescape true %}{{ value }}{% endautoescape %}")
    assert output_text(value) == plain.render(value=value)


def test_what_people_typed_is_escaped_everywhere_in_a_page(render):
    text = render({"page.html": "{% block a %}{{ v }}{% for x in [v] %}{{ x }}{% endfor %}{% endblock %}{% macro m(x) %}{{ x }}"
                                "{% endmacro %}{{ m(v) }}{% set s %}{{ v }}{% endset %}{{ s }}|{{ v ~ '<' }}|{{ v|upper }}"},
                  v=NASTY)
    assert "<script>" not in text
    assert "<SCRIPT>" not in text
    assert "&amp;lt;" not in text
    assert text.count("&lt;script&gt;") == 5


def test_markup_stays_markup(render):
    assert render({"page.html": "{% block a %}{{ v }}{% endblock %}"}, v=Markup("<b>")) == "<b>"


def test_constant_words_are_those_of_the_reader_s_language_and_escaped(render):
    files = {"page.html": "{% block a %}{{ _('Cancel') }}|{{ _('<b>') }}|{{ _('Cancel') ~ '!' }}|{{ m|default(_('Save')) }}"
                          "|{{ {'x': _('Save')}['x'] }}|{{ _('%(good)s of %(all)s done', good=1, all=2) }}{% endblock %}"}
    assert render(files) == "取消|&lt;b&gt;|取消!|保存|保存|共 2 件，已完成 1 件"
    assert render(files, "en") == "Cancel|&lt;b&gt;|Cancel!|Save|Save|1 of 2 done"


def test_blocks_can_be_nested_overridden_and_reach_what_they_override(render):
    base = "[{% block a %}a{% block b %}b{{ n }}{% endblock %}{% endblock %}|{{ self.b() }}]"
    page = "{% extends 'alpha/base.html' %}{% block b %}<{{ super() }}>{% endblock %}"
    assert render({"base.html": base, "page.html": page}, n=1) == "[a<b1>|<b1>]"


def test_a_scoped_block_sees_the_loop_and_a_variable_set_by_the_page(render):
    page = ("{% set live = true %}{% for x in xs %}{% block row scoped %}{% set y = x * 2 %}{{ y }}{{ loop.index }}{% endblock %}"
            "{% endfor %}{% block end %}{{ live }}{% endblock %}")
    assert render({"page.html": page}, xs=[5, 6]) == "101122True"


def test_a_page_can_tell_the_page_it_extends_something(render):
    base = "{% if live is defined %}live{% endif %}{% block a %}{% endblock %}"
    page = "{% extends 'alpha/base.html' %}{% set live = true %}{% block a %}!{% endblock %}"
    assert render({"base.html": base, "page.html": page}) == "live!"


def test_an_icon_and_an_address_are_put_in_as_markup_and_text(render):
    text = render({"page.html": "{{ icon('house') }}{{ icon(name) }}{{ asset('core/app.css') }}"}, name="gear")
    assert text.count("<svg") == 2
    assert "#gear" in text
    assert "/static/core/app.css?v=" in text
