"""The forms of matters as Word files: what they say, what they hide, who gets them, what the longest and rarest texts do."""
import pytest
from support.docx_reader import Docx

from grid321.core.conformance.word_files import faults

from .matter_world import ANSWER, EVIDENCE, PHONE, plugin_modules, world

__all__ = ["plugin_modules", "world"]
BASE = "/d/610902104200/suggestion_tracking/matter"


def paper(world, who, case, form):
    """A form of a matter as a Word file, read back."""
    answer = world.browser(who).get(f"{BASE}/{case.id}/form/{form}.docx")
    assert answer.status_code == 200, answer.get_data(as_text=True)[:400]
    assert faults(answer.data) == []
    return Docx(answer.data).check()


def test_the_handling_form_tells_the_whole_way_from_the_door_to_the_write_off(world):
    case = world.walk(world.rated(), ("village", "write_off", EVIDENCE))
    found = paper(world, "village", case, "matter_form")
    page = world.browser("village").get(f"{BASE}/{case.id}/form/matter_form").get_data(as_text=True)

    facts, course, end = found.tables[:3]
    wanted = (case.number, case.title, case.text, ANSWER["text"], EVIDENCE["evidence"], "2026年11月20日", "☑\xa0满意", "已销号")
    assert [text for text in wanted if text not in found.text] == []
    assert [text for text in wanted if text not in page] == [], "page and Word file say the same"
    assert facts[0][1].startswith("五里镇") and course[0] == ["时间", "办理人", "步骤", "内容"] and len(course) >= 5
    assert end[-1][0] == "负责人意见" and "签字" in end[-1][1]


def test_who_raised_a_matter_is_masked_on_paper_as_on_the_screen(world):
    case = world.matter()
    found = paper(world, "village", case, "matter_form")

    assert PHONE not in found.text and "赵秀兰" not in found.text
    assert f"{PHONE[:3]}****{PHONE[-4:]}" in found.text, "enough to recognise it"


def test_the_hand_over_sheet_is_there_once_a_unit_has_the_matter_and_says_what_is_asked(world):
    case = world.at_county()
    address = f"{BASE}/{case.id}/form/matter_hand_over.docx"
    assert world.browser("county").get(address).status_code == 404, "nobody to hand it to yet"

    case = world.step("county", case, "hand_over_county", {**world.face_to_face(), "limit_on": "2026-12-15"})
    found = paper(world, "bureau", case, "matter_hand_over")
    assert [text for text in ("住房和城乡建设局：", case.title, case.text, "2026年12月15日", "2026年11月20日", "李建军",
                              "独立处理", "交办人（签字、盖章）", "接收人（签字）") if text not in found.text] == []
    assert world.browser("office").get(address).status_code in {403, 404}, "another unit does not get it"


def test_a_stranger_gets_no_form_of_a_matter(world):
    case = world.matter()

    for who in ("other_village", "other_town", "bureau"):
        assert world.browser(who).get(f"{BASE}/{case.id}/form/matter_form.docx").status_code in {403, 404}


@pytest.mark.parametrize("text", ["𠮷家村䶮娟家门前㛃湾" * 400, "🌧️" * 1900, "{{ 7*7 }} {% if %} </w:t> & <b>\n" * 90])
def test_the_longest_and_rarest_texts_stand_on_the_form_as_they_were_typed(world, text):
    case = world.matter(text=text[:4000], contact_name=None, contact_phone=None, wants_answer=False, title="𠮷䶮㛃")
    found = paper(world, "village", case, "matter_form")

    assert case.text in found.text and "𠮷䶮㛃" in found.text and "None" not in found.text
    assert found.text.count("反映人") == 2, "empty lines keep their names, to be filled in by hand"


def test_a_form_that_comes_back_on_paper_carries_the_code_of_its_record(world):
    case = world.walk(world.matter(), ("village", "accept"))
    found = paper(world, "village", case, "matter_form")

    pictures = [name for name in found.archive.namelist() if name.startswith("word/media/")]
    assert len(pictures) == 1 and found.archive.read(pictures[0]).startswith(b"\x89PNG")
    page = world.browser("village").get(f"{BASE}/{case.id}/form/matter_form").get_data(as_text=True)
    assert page.count('src="data:image/png;base64,') == 1
