"""What was written on printed forms is entered by their code: everything known is there, each line counts once, none is lost."""
import re
from datetime import timedelta

import pytest

from grid321.plugins.liaison_station import paper_lines
from grid321.plugins.liaison_station.day_models import Opinion, Visit
from grid321.plugins.liaison_station.reception_models import Reception

from . import forms_ground as ground
from .forms_ground import DAY, SAID, base
from .opinion_ground import ANSWER, COLLATE, flow, world
from .test_day_at_once import together
from .test_day_desk import reception_of

__all__ = ["flow", "world"]


@pytest.fixture
def day(world):
    """Today's reception day of the village's station."""
    return reception_of(world)


@pytest.fixture
def clerk(world):
    """The browser of the village's liaison officer."""
    return world.browser("village_liaison")


def address(world, day, rest=""):
    """The page behind the code of a day's printed register."""
    return f"{base(world)}/day/{day.id}/paper{rest}"


def typed(world, numbers, **lines):
    """What a clerk types for some lines (``n3={...}``); the others of ``numbers`` stay as they are shown."""
    sent = {"lines": ",".join(str(number) for number in numbers)}
    for number in numbers:
        own = {"text": "", "deputy": "", "name": "", "phone": "", "persons": "", "result": "opinion", "answer": "", "subject": ""}
        if f"n{number}" in lines:
            own |= {"text": SAID, "deputy": str(world.deputies["zhao"].id), "name": "吴秀兰", "phone": "13909150001",
                    "persons": "2", **lines[f"n{number}"]}
        sent |= {f"line{number}_{name}": text for name, text in own.items()}
    return sent


# ---------------------------------------------------------------- the register

def test_the_page_knows_the_day_and_asks_only_what_is_on_the_paper(world, day, clerk):
    page = clerk.get(address(world, day))

    assert page.status_code == 200
    assert "五里村人大代表联络站" in page.text and "2026年11月20日" in page.text and "赵德发" in page.text
    names = set(re.findall(r'name="line1_(\w+)"', page.text))
    assert names == {"text", "deputy", "name", "phone", "persons", "result", "answer", "subject"}
    assert set(re.findall(r'name="line(\d+)_text"', page.text)) == {"1", "2", "3", "4", "5"}
    assert "林晓燕" not in page.text, "deputies of other stations are not offered"


def test_nobody_enters_it_without_an_account_or_for_another_village(app, world, day):
    from grid321.core.testing_browser import Browser

    answer = Browser(app).get(address(world, day))
    assert answer.status_code in {302, 303} and "login" in answer.headers["Location"]
    assert world.browser("other_town").get(address(world, day)).status_code in {403, 404}
    assert world.browser("viewer").get(address(world, day)).status_code == 403


def test_several_visitors_are_entered_at_once_and_empty_lines_stay_out(world, day, clerk):
    answer = clerk.post(address(world, day), typed(world, range(1, 6), n1={}, n3={
        "result": "answered", "answer": "当场说明了政策。", "persons": "1", "name": "欧阳𠮷䶮㛃"}))

    assert answer.status_code == 303
    assert ground.visits() == [(1, SAID), (3, SAID)]
    first, third = Visit.select().order_by(Visit.id)
    assert (first.reception_id, first.came_on, first.persons, first.result) == (day.id, DAY, 2, "opinion")
    assert (third.result, third.answer) == ("answered", "当场说明了政策。")
    assert (Opinion.select().count(), Reception.get().voters) == (1, 3)
    page = clerk.get(address(world, day)).text
    assert set(re.findall(r'name="line(\d+)_text"', page)) == {"2", "4", "5", "6", "7"}, "the next free lines"
    assert "第 1 行" in page and "吴秀兰" not in page and "13909150001" not in page


def test_the_same_lines_sent_twice_are_entered_once(world, day, clerk):
    sent = typed(world, range(1, 6), n1={}, n2={})
    first, second = clerk.post(address(world, day), sent), clerk.post(address(world, day), sent)

    assert (first.status_code, second.status_code) == (303, 303)
    assert ground.visits() == [(1, SAID), (2, SAID)] and Reception.get().voters == 4


def test_a_line_that_somebody_else_entered_is_shown_and_nothing_is_written_over_it(world, day, clerk):
    clerk.post(address(world, day), typed(world, range(1, 6), n2={"text": "自来水经常停。"}))
    answer = world.browser("liaison").post(address(world, day), typed(world, range(1, 6), n1={"text": "水渠堵了。"}, n2={}))

    assert answer.status_code == 409
    assert ground.visits() == [(2, "自来水经常停。")], "neither the second line nor the first one beside it"
    assert "自来水经常停。" in answer.text and "水渠堵了。" in answer.text and "第 2 行已由他人录入" in answer.text
    assert "line1_text" in answer.text and 'name="line2_text"' not in answer.text


def test_two_clerks_who_enter_one_line_at_the_same_moment_make_one_line(app, world, day):
    place, data = world.tree.village, {"text": SAID, "deputy_id": world.deputies["zhao"].id, "name": "吴秀兰",
                                       "phone": "13909150001", "persons": 2, "result": "opinion"}

    def enter(who, **changes):
        return lambda: len(paper_lines.enter(day, {7: {**data, **changes}}, world.actors[who], place))

    same = together(app, enter("village_liaison"), enter("liaison"))
    assert sorted(map(str, same)) == ["0", "1"], same
    other = together(app, *[enter(who, text=f"{who}听到的另一件事") for who in ("village_liaison", "liaison")])
    assert all(getattr(one, "status", 0) == 409 for one in other), other
    assert ground.visits() == [(7, SAID)] and Reception.get().voters == 2 and Opinion.select().count() == 1


@pytest.mark.parametrize(("changes", "field", "says"), [
    ({"text": ""}, "text", "反映内容"), ({"deputy": ""}, "deputy", "代表"), ({"persons": "0"}, "persons", "."),
    ({"phone": "12"}, "phone", "."), ({"result": "answered", "answer": ""}, "answer", "."),
    ({"subject": "nonsense"}, "subject", "."),
])
def test_a_line_that_cannot_be_entered_says_what_is_wrong_and_no_line_is_written(world, day, clerk, changes, field, says):
    answer = clerk.post(address(world, day), typed(world, range(1, 6), n1={}, n2=changes))

    assert answer.status_code == 422 and Visit.select().count() == 0
    summary = re.search(r'class="error-summary".*?</div>', answer.text, re.DOTALL)[0]
    assert f"#f-line2_{field}" in summary and re.search(says, summary), summary
    assert "第 2 行" in summary and 'value="吴秀兰"' in answer.text, "what was typed is kept"


@pytest.mark.parametrize("lines", ["", "x", "1,2,3,4,5,6,7,8,9,10,11", "9999"])
def test_a_form_that_did_not_arrive_whole_is_refused(world, day, clerk, lines):
    answer = clerk.post(address(world, day), {**typed(world, [1], n1={}), "lines": lines})

    assert answer.status_code == 422 and Visit.select().count() == 0


def test_an_empty_form_says_that_nothing_is_filled_in(world, day, clerk):
    answer = clerk.post(address(world, day), typed(world, range(1, 6)))

    assert answer.status_code == 422 and "至少录入一行" in answer.text


@pytest.mark.parametrize("number", [0, 201])
def test_there_is_no_line_of_another_number(world, day, clerk, number):
    answer = clerk.post(address(world, day), typed(world, [number], **{f"n{number}": {}}))

    assert answer.status_code == 422 and Visit.select().count() == 0


def test_before_its_day_and_after_it_was_closed_nothing_is_entered(world, clerk):
    ahead = reception_of(world, DAY + timedelta(days=3))
    over = reception_of(world, DAY - timedelta(days=3))
    Reception.update(state="held", closed_at=DAY).where(Reception.id == over.id).execute()

    for one, words in ((ahead, "接待当日起"), (over, "不再改动")):
        page = clerk.get(address(world, one))
        assert page.status_code == 200 and words in page.text and "line1_text" not in page.text
        assert clerk.post(address(world, one), typed(world, range(1, 6), n1={})).status_code in {409, 422}
    assert Visit.select().count() == 0


def test_a_second_sheet_goes_on_where_the_first_one_ends(world, day, clerk):
    world.set("paper_lines", 5)
    clerk.post(address(world, day), typed(world, range(1, 6), **{f"n{number}": {} for number in range(1, 6)}))
    page = clerk.get(address(world, day)).text
    assert "各行都已录入" in page and "line6_text" not in page
    further = re.search(r'href="([^"]+from=6)"', page)[1]
    assert 'name="line6_text"' in clerk.get(further).text
    assert clerk.post(address(world, day), typed(world, [6], n6={})).status_code == 303
    assert Visit.select().count() == 6 and Reception.get().voters == 12


def test_on_a_leaders_day_a_leader_may_have_heard_it(world, clerk):
    day = reception_of(world)
    Reception.update(kind="leaders").where(Reception.id == day.id).execute()
    sent = typed(world, [1], n1={"deputy": ""}) | {"line1_heard_by": "王县长"}

    assert clerk.post(address(world, day), sent).status_code == 303 and Visit.get().heard_by == "王县长"


# ---------------------------------------------------------------- finding a form

def test_a_form_is_found_by_its_number_or_by_the_address_that_a_scanner_types(world, day, clerk, flow):
    case, here = flow.opinion(), f"{base(world)}/paper"

    for text, target in ((day.number, address(world, day)), (case.number.lower(), f"{base(world)}/opinion/{case.id}/paper"),
                         (f"https://other.example{address(world, day)}", address(world, day))):
        if text == day.number:
            Reception.update(number=day.number.upper()).where(Reception.id == day.id).execute()
        answer = clerk.get(here, query_string={"form": f" {text} "})
        assert (answer.status_code, answer.headers.get("Location")) == (303, target), text
    wrong = clerk.get(here, query_string={"form": "YJ-0"})
    assert wrong.status_code == 404 and "没有这个编号" in wrong.text and 'value="YJ-0"' in wrong.text
    assert clerk.get(here).status_code == 200


# ---------------------------------------------------------------- the handling form of an opinion

def paper(world, case):
    """The page behind the code of an opinion's handling form."""
    return f"{base(world)}/opinion/{case.id}/paper"


def written(case, **parts):
    """What a clerk types; parts that were not written stay empty."""
    empty = {"answer_text": "", "answer_outcome": "", "answer_way": "", "told_voter_on": "", "told_how": "phone",
             "told_deputy_on": "", "told_note": "", "rated_result": "", "rated_attitude": "", "rated_words": ""}
    return {**empty, **parts, "_version": str(case.version)}


ALL = {"answer_text": ANSWER["text"], "answer_outcome": "A", "answer_way": "alone", "told_voter_on": "2026-11-20",
       "told_how": "visit", "told_deputy_on": "2026-11-20",
       "told_note": "代表到场看过。", "rated_result": "satisfied", "rated_attitude": "basically"}


def test_a_form_that_came_back_complete_is_entered_in_one_go(world, flow, clerk):
    case = flow.step("village_liaison", flow.opinion(), "accept", COLLATE)
    page = clerk.get(paper(world, case))
    assert page.status_code == 200 and "村口的路灯坏了三盏。希望修好。" in page.text and "13909150001" not in page.text
    answer = clerk.post(paper(world, case), written(case, **ALL))

    assert answer.status_code == 303, answer.text
    found = Opinion.get_by_id(case.id)
    assert (found.state, found.answer, found.outcome, found.rating, found.attitude) == (
        "rated", ANSWER["text"], "A", "satisfied", "basically")
    assert found.told_voter_on == found.told_deputy_on == DAY
    assert clerk.get(paper(world, found)).text.count('name="rated_result"') == 0, "what is entered is not asked again"


def test_parts_come_back_one_after_the_other(world, flow, clerk):
    case = flow.walk(flow.opinion(), ("village_liaison", "accept", COLLATE), (
        "village_liaison", "pass_on", {"passed_to": "供电所"}))
    result = {name: text for name, text in ALL.items() if name.startswith("answer")}
    assert clerk.post(paper(world, case), written(case, **result)).status_code == 303
    case = Opinion.get_by_id(case.id)
    assert (case.state, case.answer) == ("answered", ANSWER["text"])
    page = clerk.get(paper(world, case)).text
    assert 'name="answer_text"' not in page and ANSWER["text"] in page
    rest = {name: text for name, text in ALL.items() if not name.startswith("answer")}
    sent = {name: text for name, text in written(case, **rest).items() if not name.startswith("answer")}
    assert clerk.post(paper(world, case), sent).status_code == 303
    assert Opinion.get_by_id(case.id).state == "rated"


def test_who_is_not_satisfied_makes_it_be_handled_again_with_what_was_written(world, flow, clerk):
    case = flow.told()
    sent = {"rated_result": "not", "rated_attitude": "satisfied", "rated_words": "只修了一盏。", "_version": str(case.version)}

    missing = clerk.post(paper(world, case), {**sent, "rated_words": ""})
    assert missing.status_code == 422 and "#f-rated_words" in missing.text and Opinion.get_by_id(case.id).state == "told"
    assert clerk.post(paper(world, case), sent).status_code == 303
    assert (Opinion.get_by_id(case.id).state, Opinion.get_by_id(case.id).rating) == ("again", "not")


@pytest.mark.parametrize(("changes", "field"), [
    ({"answer_outcome": ""}, "answer_outcome"), ({"answer_text": "好"}, "answer_text"),
    ({"told_voter_on": "2026-11-25"}, "told_voter_on"),
    ({"rated_attitude": ""}, "rated_attitude"), ({"told_deputy_on": ""}, "told_deputy_on"),
    ({"answer_way": "explained"}, "answer_outcome"),
])
def test_a_form_with_a_fault_says_where_and_no_part_of_it_is_entered(world, flow, clerk, changes, field):
    case = flow.step("village_liaison", flow.opinion(), "accept", COLLATE)
    answer = clerk.post(paper(world, case), written(case, **{**ALL, **changes}))

    assert answer.status_code in {409, 422} and f"#f-{field}" in answer.text, answer.text
    found = Opinion.get_by_id(case.id)
    assert (found.state, found.answer, found.version) == ("handling", None, case.version)
    assert "代表到场看过。" in answer.text, "what was typed is kept"


def test_of_two_clerks_with_one_form_the_second_one_enters_nothing(world, flow, clerk):
    case = flow.step("village_liaison", flow.opinion(), "accept", COLLATE)
    sent = written(case, **ALL)
    first, second = clerk.post(paper(world, case), sent), world.browser("village_liaison").post(paper(world, case), sent)

    assert first.status_code == 303 and second.status_code in {409, 412, 422}
    assert Opinion.get_by_id(case.id).state == "rated"


def test_an_opinion_that_nobody_has_collated_says_what_is_missing(world, flow, clerk):
    case = flow.opinion()
    page = clerk.get(paper(world, case))

    assert page.status_code == 200 and "梳理" in page.text
    assert clerk.post(paper(world, case), written(case, **ALL)).status_code == 422
    assert world.browser("other_town").get(paper(world, case)).status_code in {403, 404}
