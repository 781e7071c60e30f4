"""Language: what is said, in which language, and how dates and numbers are written."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask

from grid321.core import i18n

pytestmark = pytest.mark.once


@pytest.fixture
def bare() -> Flask:
    """A Flask application that only knows languages."""
    app = Flask("bare", static_folder=None)
    i18n.init_app(app)
    app.add_url_rule("/word", "word", lambda: i18n.gettext("Cancel"))
    return app


def add_words(folder: Path, words: dict[str, str]) -> None:
    """Write a Chinese catalogue below `folder`."""
    catalog = Catalog(locale="zh")
    for message, text in words.items():
        catalog.add(message, text)
    target = folder / "zh" / "LC_MESSAGES"
    target.mkdir(parents=True)
    with (target / "messages.mo").open("wb") as file:
        write_mo(file, catalog)


@pytest.fixture
def plugin_words(tmp_path):
    """Return ``words({...})``: catalogues of a plugin for the length of one test."""
    def add(words: dict[str, str]) -> None:
        add_words(tmp_path / "translations", words)
        i18n.add_catalogue("a_test_plugin", tmp_path / "translations")

    yield add
    i18n._folders.pop("a_test_plugin", None)
    i18n._merged.clear()


def test_chinese_is_the_language_unless_another_is_chosen(bare):
    assert i18n.gettext("Cancel") == "取消"
    assert bare.test_client().get("/word").text == "取消"


def test_a_browser_that_asks_for_english_gets_english(bare):
    answer = bare.test_client().get("/word", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert answer.text == "Cancel"


@pytest.mark.parametrize("header", ["fr,de;q=0.8", "", "zh-TW,en;q=0.5", "en;q=x", "en;q=0.2,zh;q=0.9", "," * 5000])
def test_a_browser_that_does_not_prefer_english_gets_chinese(bare, header):
    assert bare.test_client().get("/word", headers={"Accept-Language": header}).text == "取消"


def test_the_choice_kept_in_the_cookie_beats_what_the_browser_asks_for(bare):
    client = bare.test_client()
    client.set_cookie(i18n.LANGUAGE_COOKIE, "en")
    assert client.get("/word", headers={"Accept-Language": "zh-CN"}).text == "Cancel"


def test_a_cookie_with_an_unknown_language_is_ignored(bare):
    client = bare.test_client()
    client.set_cookie(i18n.LANGUAGE_COOKIE, "../../etc")
    assert client.get("/word").text == "取消"


def test_a_label_declared_at_import_time_follows_the_language_of_the_reader():
    label = i18n.lazy_gettext("Cancel")
    with i18n.use_language("en"):
        assert str(label) == "Cancel"
    assert f"{label}!" == "取消!"
    assert label == i18n.lazy_gettext("Cancel")
    assert len({label, i18n.lazy_gettext("Cancel")}) == 1


def test_a_lazy_label_is_escaped_like_any_text(bare):
    with bare.test_request_context("/"):
        template = bare.jinja_env.from_string("{{ label }}|{{ _('Cancel') }}")
        assert template.render(label=i18n.LazyText("<b>")) == "&lt;b&gt;|取消"


def test_a_percent_sign_in_a_text_without_places_stays():
    assert i18n.gettext("100 % done") == "100 % done"


def test_places_in_a_text_are_filled():
    with i18n.use_language("en"):
        assert i18n.gettext("%(good)s of %(all)s done", good=2, all=3) == "2 of 3 done"


def test_the_words_of_a_plugin_are_found_and_cannot_replace_those_of_the_core(plugin_words):
    plugin_words({"A word of its own": "自己的词", "Cancel": "改写"})
    assert i18n.gettext("A word of its own") == "自己的词"
    assert i18n.gettext("Cancel") == "取消"


def test_a_plugin_without_translations_is_no_error(tmp_path):
    i18n.add_catalogue("a_test_plugin", tmp_path / "nothing")
    try:
        assert i18n.gettext("Cancel") == "取消"
    finally:
        i18n._folders.pop("a_test_plugin")
        i18n._merged.clear()


def test_an_unknown_language_is_refused_by_name():
    with pytest.raises(ValueError, match="'xx'"), i18n.use_language("xx"):
        pass


def test_days_are_written_as_the_country_writes_them():
    assert i18n.format_day(date(2026, 3, 15)) == "2026年3月15日"
    with i18n.use_language("en"):
        assert i18n.format_day(date(2026, 3, 15)) == "15 March 2026"
    assert i18n.format_day(None) == ""


def test_a_stored_moment_is_shown_in_the_time_of_shanghai():
    assert i18n.format_time(datetime(2026, 3, 15, 20, 5)) == "2026年3月16日 04:05"
    assert i18n.format_day(datetime(2026, 3, 15, 20, 5)) == "2026年3月16日"
    with i18n.use_language("en"):
        assert i18n.format_time(datetime(2026, 3, 15, 6, 5)) == "15 March 2026, 14:05"


def test_numbers_have_thousands_separators_and_the_decimals_asked_for():
    assert i18n.format_number(1234567) == "1,234,567"
    assert i18n.format_number(1234.5, 2) == "1,234.50"
    assert i18n.format_number(None) == "–"


def test_every_text_of_the_platform_is_translated_and_its_catalogue_fresh(tool):
    i18n_tool = tool("i18n")
    found = [fault for owner in i18n_tool.owners() for fault in i18n_tool.faults(owner)]
    assert found + i18n_tool.conflicts(list(i18n_tool.owners())) == []


def test_a_translation_with_other_places_is_a_fault(tool):
    i18n_tool = tool("i18n")
    template, stored = Catalog(), Catalog(locale="zh")
    template.add("%(good)s of %(all)s")
    stored.add("%(good)s of %(all)s", "共 %(all)s，好 %(god)s")
    message, known = next(iter(m for m in template if m.id)), next(iter(m for m in stored if m.id))
    assert "god" in i18n_tool.places_differ(message, known)
    known.string = "共 %(all)s，好 %(good)s"
    assert i18n_tool.places_differ(message, known) == ""


def catalogue_of(words: dict[str, str]) -> Catalog:
    """Return a Chinese catalogue with these words."""
    catalog = Catalog(locale="zh")
    for message, text in words.items():
        catalog.add(message, text)
    return catalog


@pytest.fixture
def three_owners(tool, monkeypatch):
    """Return ``conflicts`` of the tool over a core and two plugins, whose words the test gives."""
    i18n_tool = tool("i18n")
    said: dict[str, dict[str, str]] = {"core": {}, "one": {}, "two": {}}
    monkeypatch.setattr(i18n_tool, "owners", lambda: {owner: [] for owner in said})
    monkeypatch.setattr(i18n_tool, "read", lambda owner, language: catalogue_of(said[owner]))

    def find(names: list[str], **words: dict[str, str]) -> list[str]:
        said.update(words)
        return i18n_tool.conflicts(names)

    return find


def test_a_word_that_a_plugin_says_otherwise_than_the_core_is_a_fault(three_owners):
    found = three_owners(["core", "one", "two"], core={"Years": "年份"}, one={"Years": "年"}, two={"Years": "年份"})
    assert len(found) == 2 and "plugins/one: 'Years' is '年' here and '年份' in core" in found


def test_a_word_that_two_plugins_say_differently_is_a_fault_told_once(three_owners):
    found = three_owners(["core", "one", "two"], one={"Led by": "主持人", "Day": "日"}, two={"Led by": "带队领导", "Day": "日"})
    assert found == ["plugins/one: 'Led by' is '主持人' here and '带队领导' in two"]


@pytest.mark.parametrize(("owner", "line"), [
    ("one", "plugins/one: 'Led by' is '主持人' here and '带队领导' in two"),
    ("two", "plugins/two: 'Led by' is '带队领导' here and '主持人' in one"),
])
def test_a_plugin_checked_alone_is_compared_with_the_others(three_owners, owner, line):
    assert three_owners([owner], one={"Led by": "主持人"}, two={"Led by": "带队领导"}) == [line]


def test_the_same_word_in_every_plugin_is_no_fault(three_owners):
    assert three_owners(["core", "one", "two"], core={"Day": "日"}, one={"Day": "日"}, two={"Day": "日"}) == []
