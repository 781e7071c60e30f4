"""Reception, register and opinions lead to each other; what earlier days left open is on the desk of the next."""

from datetime import timedelta

import pytest

from grid321.plugins.liaison_station import day_earlier, register
from grid321.plugins.liaison_station.day_models import Opinion, Visit
from grid321.plugins.liaison_station.reception_models import Reception

from .opinion_ground import COLLATE, DAY, flow, world
from .test_day_at_once import line
from .test_day_desk import reception_of, typed, url

__all__ = ["flow", "world"]


@pytest.fixture
def base(world):
    """The address of the plugin's pages at the village."""
    return f"/d/{world.tree.village.code}/liaison_station"


def settled(world, **changes):
    """A line that became an opinion, on today's reception day."""
    return line(world, reception_of(world), result="opinion", name="吴秀兰", **changes)


def test_a_reception_shows_its_register_with_what_became_of_each_line_and_leads_to_the_desk(world, base):
    visit = settled(world)
    case = Opinion.get_by_id(visit.opinion_id)
    page = world.browser("village_liaison").get(f"{base}/reception/{visit.reception_id}").text

    assert f'href="{base}/opinion/{case.id}"' in page and case.number in page and "已登记，待梳理" in page
    assert f'href="{base}/day/{visit.reception_id}"' in page
    assert "吴秀兰" not in page and "13909150001" not in page


def test_who_only_reads_is_not_sent_to_the_desk(world):
    visit = settled(world)
    page = world.browser("viewer").get(f"/d/{world.tree.county.code}/liaison_station/reception/{visit.reception_id}").text

    assert "当日接待登记" in page
    assert f"/day/{visit.reception_id}\"" not in page


def test_an_opinion_shows_where_it_was_heard_and_the_line_shows_what_it_became(world, base):
    visit = settled(world)
    case, day = Opinion.get_by_id(visit.opinion_id), Reception.get_by_id(visit.reception_id)
    browser = world.browser("village_liaison")
    opinion, record = browser.get(f"{base}/opinion/{case.id}").text, browser.get(f"{base}/visit/{visit.id}").text

    for address in (f"{base}/visit/{visit.id}", f"{base}/reception/{day.id}", f"{base}/station/{case.station_id}"):
        assert f'href="{address}"' in opinion, address
    assert "赵德发" in opinion
    assert f'href="{base}/opinion/{case.id}"' in record and f'href="{base}/reception/{day.id}"' in record


def test_the_deputy_who_heard_it_sees_the_opinion_and_no_way_into_what_others_wrote(world, base):
    visit = settled(world)
    page = world.browser("zhao").get(f"{base}/opinion/{visit.opinion_id}")

    assert page.status_code == 200
    assert f'href="{base}/visit/{visit.id}"' not in page.text, "the register is the station's"


def test_the_next_day_shows_drafts_and_open_opinions_of_earlier_days_and_not_its_own(world, flow, tick, base):
    before = reception_of(world)
    draft = line(world, before, text="合作社分红的事，材料没带齐")
    visit = line(world, before, result="opinion")
    values = {"station_id": world.stations["liuying"].id, "kind": "opinion", "text": "别站的草稿", "came_on": DAY}
    register.note_visit(values, world.actors["town"], world.tree.second_village)
    tick(DAY + timedelta(days=7), sweep=False)
    today = reception_of(world, DAY + timedelta(days=7))
    own = line(world, today, text="今天的事")
    page = world.browser("village_liaison").get(url(today)).text

    found = day_earlier.open_before(today)
    assert [one.visit or one.case for one in found] == [draft, Opinion.get_by_id(visit.opinion_id)]
    assert f'href="{base}/day/{before.id}/line/{draft.id}"' in page, "the draft is finished from here"
    assert f'href="{base}/opinion/{visit.opinion_id}"' in page
    assert f"/day/{before.id}/line/{own.id}" not in page


def test_what_is_settled_is_left_open_no_more(world, flow):
    visit = line(world, reception_of(world, DAY - timedelta(days=7)), result="opinion")
    today = reception_of(world)
    assert len(day_earlier.open_before(today)) == 1
    case = flow.step("village_liaison", Opinion.get_by_id(visit.opinion_id), "accept", COLLATE)
    flow.step("village_liaison", case, "withdraw", {"reason": "反映人撤回。"})

    assert day_earlier.open_before(today) == []


def test_a_draft_of_an_earlier_day_is_finished_on_the_next(world, tick):
    before = reception_of(world)
    draft = line(world, before, text="合作社分红的事")
    tick(DAY + timedelta(days=1), sweep=False)
    desk = world.browser("village_liaison")
    values = {**typed(world, desk.get(url(before))), "_version": str(Visit.get_by_id(draft.id).version), "name": "", "phone": ""}
    values.pop("client_id")

    assert desk.post(url(before, f"/line/{draft.id}"), {**values, "wants_answer": ""}).status_code == 303
    assert (Visit.get_by_id(draft.id).result, Opinion.get().heard_on) == ("opinion", DAY)


def test_an_online_evening_says_so_and_begins_with_online_voters(world):
    day = reception_of(world)
    Reception.update(kind="evening", mode="online", link="https://meeting.example.cn/wuli").execute()
    page = world.browser("village_liaison").get(url(day)).text

    assert "夜间接待" in page and 'href="https://meeting.example.cn/wuli"' in page
    assert 'name="mode" value="online" checked' in page
