"""What looks like personal data in a text that everybody is about to read, and where it stands."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid321.core.personal_marks import HOME, NUMBERS, marks

ID = "610902199001011235"  # invented, with the right check character
EVERYTHING = (*NUMBERS, *HOME)


def kinds(text, wanted=EVERYTHING, names=()):
    """The kinds that are found in a text."""
    return [one.kind for one in marks(text, wanted, names)]


@pytest.mark.parametrize(("text", "kind"), [
    (f"身份证{ID}的居民", "identity"),
    ("证号 610902 19900101 1235", "identity"),
    ("证号６１０９０２１９９００１０１１２３５", "identity"),
    ("证号610902\u200b199001011235", "identity"),
    ("证号6109 0219 9001 0112 35", "identity"),
    ("证号６１０９０２　１９９００１０１　１２３５", "identity"),
    ("证号610902-1990-0101-1235", "identity"),
    ("老证号610902900101123", "identity"),
    ("老证号610902 900101 123", "identity"),
    ("电话13912345678", "mobile"),
    ("电话139 1234 5678", "mobile"),
    ("电话+86-139-1234-5678", "mobile"),
    ("电话139.1234.5678", "mobile"), ("电话139—1234—5678", "mobile"), ("电话139·1234·5678", "mobile"),
    ("电话139 123 45678", "mobile"), ("电话1 3 9 1 2 3 4 5 6 7 8", "mobile"), ("电话一三九一二三四五六七八", "mobile"),
    ("证号610902.19900101.1235", "identity"), ("证号610902—19900101—1235", "identity"), ("电话0915–3212345", "landline"),
    ("卡号6222021234567890123", "card"),
    ("卡号 4111 1111 1111 1111", "card"),
    ("信箱 some.one@example.cn", "mail"),
    ("电话0915-3212345", "landline"),
    ("电话(0915)3212345", "landline"),
    ("家住溪河路12号", "house"),
    ("家住溪河路12-3号", "house"),
    ("住阳光小区3号楼2单元", "house"),
    ("住三单元", "house"),
    ("住501室", "house"),
])
def test_what_looks_like_personal_data_is_found(text, kind):
    assert kinds(text) == [kind]


@pytest.mark.parametrize("text", [
    "", "接待选民23人次，办结18件。", "汉住建函〔2026〕12号", "2026-11-01 2026-11-02 2026-11-03", "2022 2023 2024 2025",
    "5月12号接待日", "国道316号线", "第3号建议", "投入资金1234567.50元", "编号 JY-610902-202611-0001", "流水号610902991301123",
    "安装路灯120盏", "共132.5000万元", "2026—2027年", "投入1350.2000.3000", "二〇二六年一三五号"])
def test_what_a_report_needs_to_say_is_not_found(text):
    assert kinds(text) == []


def test_a_number_with_a_wrong_check_character_is_no_identity_number_but_still_too_long_to_be_published():
    assert kinds(ID[:-1] + "7") == ["card"]


def test_a_find_says_line_and_column_and_repeats_nothing():
    (found,) = marks(f"第一行。\n请联系{ID}。")

    assert (found.line, found.column, found.length) == (2, 4, 18)
    assert ID not in repr(found)


def test_names_are_found_as_they_are_also_with_characters_between_that_nobody_sees():
    assert kinds("感谢王\u200b小梅的意见", names=["王小梅", "李"]) == ["name"]
    assert kinds("感谢李的意见", names=["李"]) == []


def test_homes_are_looked_for_only_where_they_are_asked_for():
    assert kinds("家住溪河路12号，电话0915-3212345", NUMBERS) == []


@given(st.text(alphabet="接待选民\n 路，", max_size=60), st.text(alphabet="群众意见\n。", max_size=60))
def test_an_identity_number_is_found_wherever_it_stands_and_its_place_is_right(before, after):
    text = before + ID + after

    (found,) = [one for one in marks(text) if one.kind == "identity"]

    line = text.split("\n")[found.line - 1]
    assert line[found.column - 1:found.column - 1 + found.length] == ID
