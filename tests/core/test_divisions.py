"""Codes and names of divisions: what is accepted, and what the refusal says."""
import pytest

from grid321.core.divisions import check_code, check_name, level_of_code
from grid321.core.errors import Invalid
from grid321.core.i18n import use_language

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("code", "level"), [
    ("61", "province"), ("6109", "city"), ("610902", "county"), ("610902104", "town"), ("610902104200", "village"),
    ("610902104200001", "grid"), ("6109021042001", "grid")])
def test_the_length_of_a_code_says_its_level(code, level):
    assert level_of_code(code) == level


@pytest.mark.parametrize("code", [
    "", "6", "610", "61090", "6109021", "61090210", "6109021042", "6" * 25, "61090a", "６１０９０２", "٦١٠٩٠٢", "6109 2",
    "610902\n", "-10902", "6.1E+5", "²²", "61\x00902"])
def test_what_is_no_code_of_any_level_is_refused(code):
    with pytest.raises(Invalid) as refusal:
        level_of_code(code)
    assert refusal.value.errors["code"]
    assert refusal.value.remedy


@pytest.mark.parametrize(("code", "level", "parent"), [
    ("610903104", "town", "610902"), ("610902104", "village", "610902"), ("610902104200", "town", "610902")])
def test_a_code_of_another_division_or_level_is_refused(code, level, parent):
    with pytest.raises(Invalid):
        check_code(code, level, parent)


def test_the_code_of_a_grid_is_free_of_its_village():
    assert check_code("9990000000001", "grid", "610902104200") == "9990000000001"


@pytest.mark.parametrize("name", ["", "   ", "五\x00里", "五\n里", "长" * 81, "\ud800"])
def test_a_name_that_cannot_be_shown_is_refused(name):
    with pytest.raises(Invalid):
        check_name(name)


def test_a_name_is_kept_in_one_form():
    assert check_name("  五里镇 ") == "五里镇"
    assert check_name("Cafe\u0301") == "Café"
    assert check_name("𠮷㛃䶮村") == "𠮷㛃䶮村"


def test_a_refusal_speaks_chinese_and_english():
    texts = {}
    for language in ("zh", "en"):
        with use_language(language), pytest.raises(Invalid) as refusal:
            level_of_code("61x")
        texts[language] = str(refusal.value.title)
    assert texts["en"] == "This is not a division code."
    assert texts["zh"] != texts["en"]
