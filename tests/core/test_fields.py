"""Fields take what they mean and nothing that merely resembles it."""
import datetime
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from marshmallow import ValidationError

from grid321.core import identity
from grid321.core.errors import Invalid
from grid321.core.fields import Choice, Day, Flag, GeoJson, IdNumber, Int, LongText, Phone, Text
from grid321.core.i18n import use_language
from grid321.core.schemas import EntitySchema, columns_of, json_schema, load

pytestmark = pytest.mark.once
SQUARE = [[109.0, 32.0], [109.1, 32.0], [109.1, 32.1], [109.0, 32.1], [109.0, 32.0]]


class Everything(EntitySchema):
    name = Text("Name", required=True, max=10)
    text = LongText("Text", max=50)
    count = Int("Count", min=0, max=100)
    day = Day("Day")
    flag = Flag("Flag")
    kind = Choice("Kind", options=(("a", "A"), ("b", "B")))
    phone = Phone("Phone")
    number = IdNumber("Number")
    shape = GeoJson("Shape")


def read(**values):
    return load(Everything, {"name": "x", **values}, node=None, actor=None)


def refused(**values):
    with pytest.raises(Invalid) as problem:
        read(**values)
    return problem.value.errors


@given(st.one_of(st.floats(), st.booleans(), st.text(), st.none().map(lambda _n: [1]), st.integers(min_value=101),
                 st.integers(max_value=-1)))
def test_an_integer_is_a_json_integer_in_its_range_and_nothing_else(value):
    assert "count" in refused(count=value)


@given(st.integers(min_value=0, max_value=100))
def test_an_integer_in_its_range_is_taken_as_it_is(value):
    assert read(count=value)["count"] == value


@pytest.mark.parametrize("text", ["١٢", "１２", "1.0", "1e3", "0x10", "1_000", "--1", "99999999999", "²"])
def test_a_form_takes_only_ascii_digits_for_a_number(text):
    with pytest.raises(ValidationError):
        Int("n").from_text(text)


def test_no_integer_field_can_be_wider_than_its_column():
    with pytest.raises(ValueError, match="column"):
        Int("n", max=2**31)


@given(st.text(max_size=10))
def test_a_stored_text_is_normal_trimmed_and_free_of_control_characters(text):
    try:
        found = read(name=text)["name"]
    except Invalid:
        return
    assert found == unicodedata.normalize("NFC", found).strip()
    assert 1 <= len(found) <= 10
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in found)


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\nb", "a\u202eb", "a\ufffeb", "a\x85b", "a\ud800b"])
def test_a_line_of_text_with_a_character_that_hurts_is_refused(text):
    assert "name" in refused(name=text)


def test_several_lines_keep_their_breaks_as_line_feeds():
    assert read(text="第一行\r\n第二行\t完")["text"] == "第一行\n第二行\t完"


@pytest.mark.parametrize("name", ["𠮷野", "䶮", "㛃", "·阿卜杜"])
def test_names_with_rare_characters_are_kept(name):
    assert read(name=name)["name"] == name


@pytest.mark.parametrize("value", ["", "   ", None, 5, ["x"], {"a": 1}])
def test_a_required_text_cannot_be_empty_or_another_type(value):
    assert "name" in refused(name=value)


def test_an_optional_value_left_empty_becomes_its_blank():
    assert read(text=None, count=None, flag=None, kind=None) == {
        "name": "x", "text": "", "count": None, "flag": False, "kind": None}


@pytest.mark.parametrize("value", ["20260101", "2026-W01-1", "2026-02-30", "2026-1-1", "２026-01-01", 20260101,
                                   "2026-01-01T00:00", "0001-01-01"])
def test_a_day_is_a_real_calendar_day_in_one_form(value):
    assert "day" in refused(day=value)


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2200, 12, 31)))
def test_a_day_survives_json_cell_and_form(day):
    field = Day("d")
    for text in (day.isoformat(), field.from_cell(field.to_cell(day)), field.from_text(f"{day.year}年{day.month}月{day.day}日")):
        assert read(day=text)["day"] == day


def test_a_spreadsheet_date_is_a_day():
    assert Day("d").from_cell(datetime.datetime(2026, 3, 15, 0, 0)) == "2026-03-15"


@pytest.mark.parametrize("value", [0, 1, "true", "yes", 1.0])
def test_a_flag_is_true_or_false_only(value):
    assert "flag" in refused(flag=value)


@pytest.mark.parametrize("value", ["A", "c", "", "a ", 1, "{0}", "a{choices}"])
def test_a_choice_is_one_of_its_codes_and_the_message_lists_them(value):
    message = refused(kind=value)["kind"][0]
    assert value in ("", 1) or "a = A、b = B" in message


def test_a_cell_may_carry_the_label_of_a_choice():
    field = Choice("Kind", options=(("a", "甲"), ("b", "乙")))
    assert [field.from_cell("甲"), field.from_cell("b"), field.to_cell("b")] == ["a", "b", "乙"]


@pytest.mark.parametrize(("text", "stored"), [("138 0000-0000", "13800000000"), ("+86 13912345678", "13912345678"),
                                              ("0915-3212345", "09153212345")])
def test_a_telephone_number_is_stored_as_digits(text, stored):
    assert read(phone=text)["phone"] == stored


@pytest.mark.parametrize("text", ["12345", "23800000000", "1380000000", "138000000001", "١٣٨٠٠٠٠٠٠٠٠", "call me"])
def test_what_is_no_telephone_number_is_refused(text):
    assert "phone" in refused(phone=text)


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2026, 1, 1)), st.integers(0, 999))
def test_exactly_one_last_character_fits_an_identity_number(birthday, serial):
    body = f"610902{birthday:%Y%m%d}{serial:03d}"
    fitting = [c for c in "0123456789X" if _fits(body + c)]
    assert len(fitting) == 1
    assert read(number=(body + fitting[0]).lower())["number"] == body + fitting[0]


def _fits(number):
    try:
        return identity.id_number(number) == number
    except ValueError:
        return False


@pytest.mark.parametrize("value", ["610902199002301234", "6.10902E+17", "61090219900101123", "x" * 18])
def test_a_broken_identity_number_is_refused(value):
    assert "number" in refused(number=value)


def test_a_boundary_is_kept_and_its_altitude_dropped():
    ring = [[*point, 12.5] for point in SQUARE]
    assert read(shape={"type": "Polygon", "coordinates": [ring]})["shape"] == {"type": "Polygon", "coordinates": [SQUARE]}


@pytest.mark.parametrize("shape", [
    {"type": "Point", "coordinates": [109, 32]}, {"type": "Polygon"}, {"type": {}}, {"type": [], "coordinates": [1]},
    {"type": "Polygon", "coordinates": []},
    {"type": "Polygon", "coordinates": [SQUARE[:-1]]}, {"type": "Polygon", "coordinates": [SQUARE[:3]]},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]},
    {"type": "Polygon", "coordinates": [[[200, 0], [1, 0], [1, 1], [200, 0]]]},
    {"type": "Polygon", "coordinates": [[[True, 0], [1, 0], [1, 1], [True, 0]]]},
    {"type": "Polygon", "coordinates": [[[float("nan"), 0], [1, 0], [1, 1], [0, 0]]]},
    {"type": "Polygon", "coordinates": [SQUARE * 4000]}, {"type": "MultiPolygon", "coordinates": [SQUARE]}, "POLYGON", 5])
def test_what_is_no_closed_ring_on_earth_is_refused(shape):
    assert "shape" in refused(shape=shape)


def test_unknown_fields_are_refused_by_name_in_order():
    assert list(refused(zz=1, aa=2)) == ["aa", "zz"]


@pytest.mark.parametrize("raw", [None, [], "x", 5, [["name", "x"]]])
def test_a_body_that_is_no_object_is_refused(raw):
    with pytest.raises(Invalid):
        load(Everything, raw, node=None, actor=None)


def test_messages_are_translated_and_say_what_to_do():
    with use_language("zh"):
        chinese = refused(count="5")["count"][0]
    with use_language("en"):
        english = refused(count="5")["count"][0]
    assert "0-9" in english
    assert chinese != english


@example({"name": "李𠮷明"})
@given(st.dictionaries(st.sampled_from([*Everything._declared_fields, "other"]), st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8)))
def test_whatever_is_sent_is_read_or_refused_at_its_fields_and_never_breaks(raw):
    try:
        read, refused = load(Everything, raw, node=None, actor=None), {}
    except Invalid as problem:
        read, refused = {}, problem.errors
    assert bool(read) != bool(refused)
    assert set(refused) <= {*Everything._declared_fields, *raw} and set(read) <= set(columns_of(Everything))


def test_the_json_schema_names_required_fields_and_allows_no_others():
    schema = json_schema((Everything,))
    assert schema["required"] == ["name"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["count"] == {"type": ["integer", "null"], "minimum": 0, "maximum": 100, "title": "Count"}
