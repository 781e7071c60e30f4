"""The desk of a reception day on a telephone, by forms only: who came, a line, drafts, the end of the day."""

import re
from datetime import timedelta

import pytest

from grid321.core import snapshot
from grid321.core.errors import Refused
from grid321.core.tree import ancestor_columns
from grid321.plugins.liaison_station import day_close
from grid321.plugins.liaison_station.day_models import Opinion, Visit
from grid321.plugins.liaison_station.reception_models import Duty, Reception

from .opinion_ground import DAY, world

__all__ = ["world"]
SAID = "村口的路灯坏了三盏，晚上出门看不见路。希望修好。"


def reception_of(world, day=DAY, state="posted", station="wuli_village"):
    """A reception day of a station, with two deputies on duty."""
    place = ancestor_columns(snapshot.current().tree, world.node(station))
    found = Reception.create(number=f"JD-{station}-{day}", state=state, holder_id=place["division_id"], day=day, first_day=day,
                             station_id=world.stations[station].id, from_minute=540, to_minute=660, **place)
    for who in ("zhao", "sun"):
        Duty.create(reception_id=found.id, station_id=found.station_id, deputy_id=world.deputies[who].id,
                    person_id=world.people[who].id, day=day, **place)
    return found


@pytest.fixture
def day(world):
    """Today's reception day of the village's station."""
    return reception_of(world)


@pytest.fixture
def desk(world):
    """The browser of the village's liaison officer."""
    return world.browser("village_liaison")


def url(day, rest=""):
    """The address of a day's desk."""
    code = snapshot.current().tree.get(day.division_id).code
    return f"/d/{code}/liaison_station/day/{day.id}{rest}"


def typed(world, page, **changes):
    """What somebody types into the form of a line; its mark is the page's."""
    mark = re.search(r'name="client_id" value="([^"]+)"', page.text)[1]
    return {"client_id": mark, "kind": "opinion", "text": SAID, "deputy": str(world.deputies["zhao"].id), "name": "吴秀兰",
            "phone": "13909150001", "persons": "1", "mode": "offline", "result": "opinion", "answer": "", "subject": "roads",
            "wants_answer": "1", **changes}


def test_today_s_one_reception_is_opened_at_once(world, day, desk):
    answer = desk.get(f"/d/{world.tree.village.code}/liaison_station/day")

    assert (answer.status_code, answer.headers["Location"]) == (303, url(day))


def test_several_days_are_listed_with_what_is_not_closed_yet(world, day):
    reception_of(world, DAY - timedelta(days=7))
    reception_of(world, DAY + timedelta(days=7), station="wuli")
    reception_of(world, DAY - timedelta(days=3), state="dropped")
    page = world.browser("town").get(f"/d/{world.tree.town.code}/liaison_station/day")

    assert page.status_code == 200
    assert len(re.findall(r'class="name" href="[^"]*/day/\d+"', page.text)) == 3


def test_a_line_is_registered_by_one_form_and_sent_twice_it_is_one(world, day, desk):
    values = typed(world, desk.get(url(day)))
    first, second = desk.post(url(day, "/line"), values), desk.post(url(day, "/line"), values)

    assert (first.status_code, second.status_code) == (303, 303)
    visit = Visit.get()
    assert (visit.reception_id, visit.came_on, visit.result, Visit.select().count()) == (day.id, DAY, "opinion", 1)
    case = Opinion.get()
    assert (case.id, case.kind, case.person_id) == (visit.opinion_id, "roads", world.people["zhao"].id)
    page = desk.get(url(day)).text
    assert case.number in page and "吴秀兰" not in page and "13909150001" not in page


def test_the_form_offers_those_on_duty_and_begins_with_who_came(world, day, desk):
    duty = Duty.get(Duty.deputy_id == world.deputies["sun"].id)
    assert desk.post(url(day, "/duty"), {"came": str(duty.id)}).status_code == 303
    page = desk.get(url(day)).text

    assert re.search(rf'name="deputy" value="{world.deputies["sun"].id}" checked', page)
    assert {row.deputy_id: row.state for row in Duty.select()} == {
        world.deputies["zhao"].id: "planned", world.deputies["sun"].id: "came"}


def test_who_was_ticked_by_mistake_is_taken_back(world, day, desk):
    ids = [duty.id for duty in Duty.select()]
    desk.post(url(day, "/duty"), {"came": str(ids[0])})
    desk.post(url(day, "/duty"), {"came": str(ids[1])})

    assert [duty.state for duty in Duty.select().order_by(Duty.id)] == ["planned", "came"]


def test_a_refused_line_keeps_what_was_typed_and_stores_nothing(world, day, desk):
    values = typed(world, desk.get(url(day)), result="answered")
    answer = desk.post(url(day, "/line"), values)

    assert answer.status_code == 422
    assert SAID in answer.text and 'href="#f-answer"' in answer.text
    assert values["client_id"] in answer.text
    assert Visit.select().count() == 0


def test_a_draft_is_finished_later_and_becomes_an_opinion(world, day, desk):
    desk.post(url(day, "/line"), typed(world, desk.get(url(day)), result="draft", text="路灯"))
    draft = Visit.get()
    form = desk.get(url(day, f"/line/{draft.id}"))
    values = typed(world, desk.get(url(day)), name="", phone="", _version=str(draft.version))
    values.pop("client_id")
    answer = desk.post(url(day, f"/line/{draft.id}"), values)

    assert form.status_code == 200 and "吴秀兰" not in form.text
    assert answer.status_code == 303
    case = Opinion.get()
    assert (Visit.get().result, case.text, case.wants_answer) == ("opinion", SAID, True)
    assert desk.get(url(day, f"/line/{draft.id}")).status_code == 404, "a settled line is no draft"


def test_a_draft_that_somebody_else_changed_meanwhile_is_not_overwritten(world, day, desk):
    desk.post(url(day, "/line"), typed(world, desk.get(url(day)), result="draft"))
    draft = Visit.get()
    world.change(draft, {"text": "别人改过了"}, "village_liaison")
    values = typed(world, desk.get(url(day)), _version=str(draft.version))
    values.pop("client_id")

    assert desk.post(url(day, f"/line/{draft.id}"), values).status_code == 412
    assert Visit.get().text == "别人改过了"


def test_a_draft_is_thrown_away(world, day, desk):
    desk.post(url(day, "/line"), typed(world, desk.get(url(day)), result="draft"))
    draft = Visit.get()
    answer = desk.post(url(day, f"/line/{draft.id}"), {"throw_away": "1", "_version": str(draft.version)})

    assert answer.status_code == 303
    assert Visit.select().count() == 0


def test_a_day_is_not_closed_while_drafts_are_left(world, day, desk):
    desk.post(url(day, "/line"), typed(world, desk.get(url(day)), result="draft"))
    answer = desk.post(url(day, "/close"), {"voters": "1", "summary": "接待一人。"})

    assert answer.status_code == 422
    assert (Reception.get().state, Reception.get().summary) == ("posted", "")
    with pytest.raises(Refused) as refused:
        world.step("village_liaison", day, "hold", voters=1, summary="接待一人。")
    assert refused.value.code == "drafts_left"


def test_a_day_is_closed_with_its_summary_and_says_who_was_there(world, day, desk):
    ids = [duty.id for duty in Duty.select().order_by(Duty.id)]
    desk.post(url(day, "/duty"), {"came": str(ids[0])})
    desk.post(url(day, "/line"), typed(world, desk.get(url(day)), persons="3"))
    page = desk.get(url(day)).text
    assert 'name="voters"' in page and 'value="3"' in page
    answer = desk.post(url(day, "/close"), {"voters": "3", "summary": "接待三人次，登记意见一件。"})

    assert answer.status_code == 303
    held = Reception.get()
    assert (held.state, held.voters, held.summary) == ("held", 3, "接待三人次，登记意见一件。")
    assert [duty.state for duty in Duty.select().order_by(Duty.id)] == ["came", "absent"]
    assert desk.get(url(day)).status_code == 200
    assert desk.post(url(day, "/line"), typed_again(world)).status_code == 422, "nothing is added to a closed day"
    assert Visit.select().count() == 1


def typed_again(world):
    """A line without a page of its own."""
    return {"kind": "question", "text": "还有一个问题", "deputy": str(world.deputies["zhao"].id), "result": "draft",
            "persons": "1", "mode": "offline", "client_id": "late-1"}


def test_the_register_counts_voters_when_nobody_says_otherwise(world, day):
    from grid321.plugins.liaison_station import register

    register.note_visit({"station_id": day.station_id, "reception_id": day.id, "deputy_id": world.deputies["zhao"].id,
                         "persons": 4, "kind": "thanks", "text": "送来锦旗", "result": "answered", "answer": "收下了。"},
                        world.actors["village_liaison"], world.tree.village)
    held = day_close.close(day, "接待四人次。", None, world.actors["village_liaison"], world.tree.village)

    assert held.voters == 4


def test_a_day_that_has_not_come_is_neither_ticked_nor_closed(world, desk):
    later = reception_of(world, DAY + timedelta(days=2))
    duty = Duty.get()

    assert desk.post(url(later, "/duty"), {"came": str(duty.id)}).status_code == 422
    assert desk.post(url(later, "/close"), {"voters": "0", "summary": "提前办结。"}).status_code == 422
    assert (Duty.get().state, Reception.get().state) == ("planned", "posted")
    assert "本" in desk.get(url(later)).text


def test_nobody_without_the_desk_sees_or_runs_a_day(world, day):
    for who, status in (("viewer", 403), ("zhao", 403), ("other_town", 403)):
        browser = world.browser(who)
        assert browser.get(url(day)).status_code in {status, 404}, who
        assert browser.post(url(day, "/close"), {"voters": "1", "summary": "不该成功"}).status_code in {status, 404}, who
    assert Reception.get().state == "posted"


def test_programs_and_telephones_send_a_line_with_its_mark(world, day, desk):
    body = {"station": day.station_id, "reception": day.id, "kind": "opinion", "text": SAID,
            "deputy": world.deputies["zhao"].id, "result": "opinion", "phone": "13909150001", "client_id": "offline-7"}
    path = f"/d/{world.tree.village.code}/liaison_station/visit"
    first, second = desk.api("POST", path, json=body), desk.api("POST", path, json=body)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["id"] == second.json["id"]
    assert Visit.select().count() == Opinion.select().count() == 1
    assert "13909150001" not in first.text
