"""The page behind the code on a station's door and the year's plan: what stands there, what never does, old and wrong plates."""
from __future__ import annotations

from datetime import date

import pytest
from support.faces_ground import COUNTY, here, nobody, reception
from support.station_world import SINCE, columns

from grid321.core import groups
from grid321.core.actor import SYSTEM
from grid321.core.division_changes import merge_divisions, move_division
from grid321.core.people import Person, create_person
from grid321.plugins.liaison_station import station_plates
from grid321.plugins.liaison_station.day_models import Opinion, Visit
from grid321.plugins.liaison_station.deputy_models import Contact, Deputy, Placement
from grid321.plugins.liaison_station.file_models import Year
from grid321.plugins.liaison_station.reception_models import Duty, Reception, Wish
from grid321.plugins.liaison_station.station_models import Station

__all__ = ["here", "nobody"]

PHONE, ID, VOTER = "13991550001", "610902198503010027", "吴秀兰"


def plate(world, station="wuli"):
    """The end of the address of a station's page."""
    return f"at/{world.stations[station].plate}"


def change(world, station, **values):
    """Change columns of a station."""
    Station.update(**values).where(Station.id == world.stations[station].id).execute()


def opinion(world, number, station="wuli", **values):
    """An opinion heard at a station, as it is stored."""
    where = columns(world.node(station))
    return Opinion.create(**{"number": f"YJ-{number}", "holder_id": where["division_id"], "kind": "roads", "title": "路灯",
                             "station_id": world.stations[station].id, "heard_on": date(2030, 12, 1), "state": "handling",
                             **where, **values})


def test_the_page_says_where_when_who_and_how(here, nobody):
    change(here, "wuli", phone="0915-3210266", hours="周一至周五 8:30—17:30", host="五里镇便民服务中心", klass="one",
           about="服务五里镇居民。")
    Deputy.update(card_phone="0915-3300364", card_text="每月十五日在站。").where(Deputy.id == here.deputies["zhang"].id).execute()
    reception(here, "wuli", "2031-02-15", who=("zhang",), place="二楼接待室")
    page = nobody.get(plate(here))

    assert page.status_code == 200
    for text in ("五里镇人大代表中心联络站", "中心联络站", "安康市汉滨区五里镇", "0915-3210266", "周一至周五 8:30—17:30",
                 "五里镇便民服务中心", "服务五里镇居民。", "2031年2月15日 星期六", "09:00–11:30", "二楼接待室", "张桂兰",
                 "陈志远", "站长", "0915-3300364", "每月十五日在站。", "拨打 0915-3210266", "/core/feedback", "/theme/elder"):
        assert text in page.text, text
    assert f"{station_plates.address(here.stations['wuli'])}/calendar.ics" in page.text
    assert "我要反映问题" not in page.text, "the plugin for matters is not there: one calls"


def test_the_calendar_named_on_the_page_is_there(here, nobody):
    reception(here, "wuli", "2031-02-15")
    assert nobody.get(f"{plate(here)}/calendar.ics").mimetype == "text/calendar"


def test_only_deputies_in_office_of_this_station_stand_there(here, nobody):
    Deputy.update(status="suspended", status_on=date(2030, 1, 1)).where(Deputy.id == here.deputies["chen"].id).execute()
    Placement.update(to_day=date(2030, 12, 31)).where(Placement.deputy_id == here.deputies["zhang"].id).execute()
    page = nobody.get(plate(here)).text

    assert not {"张桂兰", "陈志远", "何𠮷"} & {name for name in ("张桂兰", "陈志远", "何𠮷") if name in page}
    assert "暂未录入代表" in page and "何𠮷" in nobody.get(plate(here, "datong")).text


def test_many_deputies_are_folded_by_congress(here, nobody):
    where = columns(here.tree.county)
    for number in range(40):
        person = Person.create(name=f"代表{number:02d}", initials="", **where)
        deputy = Deputy.create(person_id=person.id, name=person.name, level="county" if number % 2 else "city", from_day=SINCE,
                               congress_id=here.congresses["county"].id, **where)
        Placement.create(deputy_id=deputy.id, person_id=person.id, station_id=here.stations["home"].id, from_day=SINCE,
                         level="county", **where)
    page = nobody.get(plate(here, "home")).text
    assert page.count("<details>") == 2 and "代表39" in page and "42" in page


def test_of_opinions_there_are_numbers_only_and_each_counts_once(here, nobody):
    unit = {"passed_to": "供电公司"}
    for number, values in enumerate(({"state": "closed"}, {"state": "closed"}, {"state": "ended"}, {},
                                     {"state": "closed", **unit}, {"state": "passed", **unit}, {"state": "withdrawn"},
                                     {"state": "closed", "bond": groups.TURNED})):
        opinion(here, number, text="村东头李家门口的路灯坏了", name=VOTER, **values)
    opinion(here, 99, "datong")
    answer = nobody.browser.get(f"/api/v1{COUNTY}/{plate(here)}").get_json()

    assert answer["opinions"] == {"heard": 7, "settled": 2, "passed": 2, "turned": 1, "open": 1, "unsolved": 1}
    page = nobody.get(plate(here)).text
    assert "本站听取意见" in page and "转交单位办理" in page
    assert "李家" not in page and "供电公司" not in page and VOTER not in page


def test_only_published_years_of_deputies_are_linked(here, nobody):
    def year(who, number, **values):
        deputy = here.deputies[who]
        where = columns(here.tree.county)
        return Year.create(**{"number": f"DA-{number}", "deputy_id": deputy.id, "person_id": deputy.person_id,
                              "name": deputy.name, "title": deputy.name, "holder_id": where["division_id"], "state": "open",
                              "year": 2030, **where, **values})

    shown = year("zhang", 1, state="published", published_on=date(2031, 1, 3), year=2030, figures={}, items=[])
    year("chen", 2, state="confirmed")
    page = nobody.get(plate(here)).text
    address = f"{COUNTY}/performance/{shown.id}"
    assert page.count("/performance/") == 1 and address in page and "2030年履职情况" in page
    assert nobody.browser.get(address).status_code == 200


# ---------------------------------------------------------------- what never stands there

def test_telephones_identity_numbers_wishes_and_residents_are_on_no_public_page(here, nobody):
    zhang = here.people["zhang"]
    made = create_person({"name": "某代表", "phone": PHONE, "id_number": ID}, SYSTEM, here.tree.county)
    Person.update(phone=made.phone, id_number=None, phone_tail="0001").where(Person.id == zhang.id).execute()
    case = reception(here, "wuli", "2031-02-15", who=("zhang", "chen"))
    where = columns(here.tree.town)
    Duty.update(state="excused", note="住院手术").where(Duty.deputy_id == here.deputies["chen"].id).execute()
    Wish.create(deputy_id=here.deputies["zhang"].id, person_id=zhang.id, kind="cannot", note="住院手术", **where)
    Visit.create(reception_id=case.id, station_id=here.stations["wuli"].id, came_on=date(2031, 1, 4), name=VOTER, phone=PHONE,
                 text=f"{VOTER}说村口的井盖坏了，电话{PHONE}", answer="已记下", **where)
    opinion(here, 1, text=f"{VOTER}家漏雨，身份证{ID}", name=VOTER, phone=PHONE, place="五里村三组12号", answer=f"已答复{VOTER}")
    Contact.create(deputy_id=here.deputies["zhang"].id, kind="voter", voter=VOTER, voter_phone=PHONE, place="五里村三组12号",
                   from_day=SINCE, **where)
    Deputy.update(status_text="住院手术").where(Deputy.id == here.deputies["zhang"].id).execute()
    Reception.update(summary=f"{VOTER}等三人到访").where(Reception.id == case.id).execute()

    for path in ("find", "find?view=map", "find?q=五里镇", "find?near=610902104", plate(here), f"{plate(here)}/plan?year=2031",
                 f"{plate(here)}/calendar.ics"):
        for base in (COUNTY, f"/api/v1{COUNTY}"):
            text = nobody.get(path, base).text
            for planted in (PHONE, PHONE[-6:], ID, VOTER, "三组12号", "住院", "井盖", "漏雨"):
                assert planted not in text, (base, path, planted)
    assert "陈志远" not in nobody.get("find?q=五里镇").text, "who is excused is not announced"


# ---------------------------------------------------------------- old and wrong plates

@pytest.mark.parametrize("word", ["zzzzzzzz", "test0002x", "%3Cb%3E", "x" * 300])
def test_a_plate_that_does_not_exist_gets_a_page_with_what_to_do(nobody, word):
    for rest in ("", "/plan"):
        page = nobody.get(f"at/{word}{rest}")
        assert page.status_code == 404 and "没有这个门牌的站点" in page.text and f"{COUNTY}/find" in page.text
        assert "<b>" not in page.text
    assert nobody.browser.get(f"/api/v1{COUNTY}/at/{word}").status_code == 404


def test_a_plate_is_read_in_capital_letters_too(here, nobody):
    assert nobody.get(plate(here).upper().replace("AT/", "at/")).status_code == 200


def test_a_closed_station_says_since_when_and_where_one_may_go(here, nobody):
    change(here, "liuying", closed_on=date(2030, 12, 31))
    page = nobody.get(plate(here, "liuying"))

    assert page.status_code == 410 and "本站已撤销" in page.text and "2030年12月31日" in page.text
    assert f"/{plate(here, 'wuli')}" in page.text and "find?near=610902104" in page.text
    assert "赵德发" not in page.text and "钱国强" not in page.text


def test_a_station_at_rest_or_not_opened_yet_says_so(here, nobody):
    change(here, "wuli", suspended_on=date(2031, 1, 1))
    change(here, "datong", opened_on=date(2031, 2, 1))
    assert "2031年1月1日起暂停接待" in nobody.get(plate(here)).text
    assert "2031年2月1日开放" in nobody.get(plate(here, "datong")).text


def test_after_counties_merged_the_old_plate_still_leads_there(here, nobody, switch_on):
    switch_on("liaison_station", here.tree.other_county)
    old = station_plates.path(here.stations["wuli"])
    merge_divisions([here.tree.county], here.tree.other_county, actor=SYSTEM, reason="撤县并区")

    for rest in ("", "/plan", "/calendar.ics"):
        moved = nobody.browser.get(old + rest)
        assert moved.status_code in (301, 302) and moved.headers["Location"].endswith(
            f"/d/610921/liaison_station/{plate(here)}{rest}"), rest
        assert "五里镇人大代表中心联络站" in nobody.browser.get(moved.headers["Location"]).text
    assert station_plates.path(Station.get_by_id(here.stations["wuli"].id)) == f"/d/610921/liaison_station/{plate(here)}"


def test_after_a_town_moved_to_another_county_the_old_plate_still_leads_there(here, nobody, switch_on):
    old = station_plates.path(here.stations["wuli"])
    move_division(here.tree.town, here.tree.other_county, actor=SYSTEM, reason="区划调整")
    assert nobody.browser.get(old).status_code == 404, "the other county does not use the plugin"
    switch_on("liaison_station", here.tree.other_county)

    moved = nobody.browser.get(f"{old}/plan")
    assert moved.status_code == 302 and moved.headers["Location"] == f"/d/610921/liaison_station/{plate(here)}/plan"
    assert nobody.browser.get(moved.headers["Location"]).status_code == 200


# ---------------------------------------------------------------- the plan of the year

def test_the_plan_of_the_year_has_every_posted_day_held_put_off_or_dropped(here, nobody):
    reception(here, "wuli", "2031-02-15", who=("zhang",))
    here.step("county", reception(here, "wuli", "2031-03-15"), "postpone", to_day="2031-03-20")
    here.step("county", reception(here, "wuli", "2031-04-15"), "drop", reason="换届")
    reception(here, "wuli", "2031-05-15", posted=False)
    page = nobody.get(f"{plate(here)}/plan").text

    assert "2031年2月15日" in page and "张桂兰" in page and "2031年3月20日" in page and "2031年3月15日" in page
    assert "取消" in page[page.index("2031年4月15日"):] and "2031年5月15日" not in page and "换届" not in page
    assert "共 3 个接待日" in page and "calendar.ics" in page


def test_a_year_without_a_posted_plan_says_so(here, nobody):
    for year in ("2029", "2101", "x", ""):
        page = nobody.get(f"{plate(here)}/plan?year={year}")
        assert page.status_code == 200 and "本年度接待计划尚未公布" in page.text


def test_the_numbers_of_queries_of_plate_and_plan_are_bound(here, nobody, caplog):
    for day in ("2031-02-15", "2031-03-15", "2031-04-15"):
        reception(here, "wuli", day, who=("zhang", "chen"))
    nobody.get(plate(here))
    for path, most in ((plate(here), 9), (f"{plate(here)}/plan", 4)):
        caplog.clear()
        with caplog.at_level("DEBUG", logger="peewee"):
            nobody.get(path)
        asked = [one for one in caplog.records if one.name == "peewee" and "liaison_station_" in one.getMessage()]
        assert len(asked) <= most, path
