"""How replies are compared: what is left out, when a reply talks past its request, when two replies are the same."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grid321.plugins.suggestion_tracking import evaluation_texts as texts

pytestmark = pytest.mark.once

REQUEST = ("关于整治城关镇老旧小区停车难的建议。府前小区建于九十年代，没有规划停车位，居民车辆占用消防通道，"
           "建议把废弃锅炉房改成停车场，并在小区门口划定夜间临时停车位。")
TO_THE_POINT = ("王某代表：您提出的《关于整治城关镇老旧小区停车难的建议》收悉，现答复如下：我局已现场查看，"
                "废弃锅炉房拆除方案已定，年底前建成停车场42个车位；小区门口夜间临时停车位已划定。")
PHRASES_ONLY = ("王某代表：您提出的《关于整治城关镇老旧小区停车难的建议》收悉，现答复如下：我局高度重视，认真研究，"
                "下一步将进一步加强领导，加大力度，切实做好相关工作。感谢您对我们工作的关心支持。")
ANOTHER_MATTER = "李某代表：经研究，我县今年已安排水利资金三百万元，用于渠道清淤和泵站维修，预计汛期前完工。"
SIGNS = st.text(alphabet="停车场小区锅炉房消防通道路灯学校医院水渠田地垃圾桶公交站牌，。？ \n", max_size=120)


@pytest.mark.parametrize(("reply", "flagged"), [
    (TO_THE_POINT, False), (PHRASES_ONLY, True), (ANOTHER_MATTER, True), ("", False), ("   \n", False), (REQUEST, False)])
def test_a_reply_talks_past_when_only_set_phrases_and_the_quoted_title_are_shared(reply, flagged):
    assert (texts.talks_past(REQUEST, reply, 3) is not None) is flagged


def test_the_quoted_title_and_the_salutation_do_not_count_as_answering():
    assert texts.shared(REQUEST, "王某代表：您提出的《关于整治城关镇老旧小区停车难的建议》收悉。") == 0
    assert texts.shared(REQUEST, "关于整治城关镇老旧小区停车难一事") > 5


def test_a_request_in_a_few_words_is_not_judged():
    assert texts.talks_past("路灯坏了", "已经换好，请放心。", 3) is None


def test_words_in_latin_letters_count_as_words():
    request = "The street lamps near Wuli primary school have been broken since winter; children walk home in the dark."

    assert texts.talks_past(request, "Twelve lamps at the primary school were replaced.", 3) is None
    assert texts.talks_past(request, "We attach great importance to your valuable opinion.", 3) == 0


@given(SIGNS, SIGNS)
def test_shared_terms_are_the_same_from_both_sides_and_never_more_than_either_has(one, other):
    assert texts.shared(one, other) == texts.shared(other, one) <= min(len(texts.terms(one)), len(texts.terms(other)))
    assert texts.shared(one, one) == len(texts.terms(one))


@given(SIGNS, SIGNS)
def test_similarity_is_symmetric_bounded_and_whole_only_for_equal_sets(one, other):
    left, right = texts.pairs(one), texts.pairs(other)
    score = texts.percent_alike(left, right)

    assert score == texts.percent_alike(right, left)
    assert 0 <= score <= 100
    assert (score == 100) == (left == right and bool(left))
    assert score == 0 if not left & right else score >= 0


@given(SIGNS)
def test_width_blanks_punctuation_and_numbers_do_not_make_two_replies_different(text):
    changed = text.replace("，", ",").replace("。", " 。\r\n") + " 2026 "

    assert texts.pairs(changed) == texts.pairs(text)
    assert texts.bands(texts.pairs(changed)) == texts.bands(texts.pairs(text))


def test_a_letter_with_another_title_and_number_is_the_same_letter():
    first = "《关于修路的建议》收悉。我局已列入2026年计划，将于6月底前完成设计，年内开工建设，由分管局长负责。"
    second = "《关于建桥的建议》收悉。我局已列入2027年计划，将于9月底前完成设计，年内开工建设，由分管局长负责。"

    assert texts.percent_alike(texts.pairs(first), texts.pairs(second)) == 100


@settings(max_examples=5)
@given(st.integers(0, 400))
def test_letters_that_share_nine_tenths_of_their_pairs_nearly_always_meet_in_a_band(seed):
    """The promise is a probability of 0.99; here the misses of a fixed family of letters are counted, far below the bound."""
    meets = 0
    for number in range(20):
        base = frozenset(f"{seed}-{number}-{at}" for at in range(95))
        one, other = base | {f"x{at}" for at in range(5)}, base | {f"y{at}" for at in range(5)}
        meets += any(left == right for left, right in zip(texts.bands(one), texts.bands(other), strict=True))

    assert meets >= 17


def test_letters_without_a_pair_in_common_do_not_meet():
    one, other = texts.bands(texts.pairs(TO_THE_POINT)), texts.bands(texts.pairs("完全没有关系水渠泵站"))

    assert all(left != right for left, right in zip(one, other, strict=True))


@pytest.mark.parametrize("text", ["🌧️" * 5000, "<script>alert(1)</script>", "\u3000", "𠮷野家" * 2000, "《" * 300 + "》" * 300])
def test_odd_texts_are_compared_without_harm(text):
    assert texts.talks_past(REQUEST, text, 3) is None or texts.talks_past(REQUEST, text, 3) < 3
    assert len(texts.bands(texts.pairs(text))) == 4
