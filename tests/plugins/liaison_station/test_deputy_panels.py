"""What pages say of deputies: those of a station, where a deputy belongs, double contact with figures, suspended heads."""
from datetime import date

import pytest

from grid321.core.errors import Conflict, Invalid
from grid321.plugins.liaison_station import contact_figures, placement, station_rules
from grid321.plugins.liaison_station.deputy_models import Deputy, Placement

COUNTY = "/d/610902/liaison_station"
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def suspend(world, name, day="2026-03-01"):
    return world.change(world.deputies[name], {"status": "suspended", "status_on": day, "status_reason": "detained"})


def head_line(world, key, day=date(2026, 4, 1)):
    return next(one for one in station_rules.staffing(world.stations[key].id, day) if one.key == "head_is")


# ---------------------------------------------------------------- pages

def test_the_page_of_a_station_lists_its_deputies_and_says_who_is_suspended(world):
    page = world.browser("county").get(f"{COUNTY}/station/{world.stations['wuli'].id}").text
    assert "本站代表" in page and world.people["zhang"].name in page
    for name in ("zhang", "chen"):
        assert f"{COUNTY}/deputy/{world.deputies[name].id}" in page
    assert f"placement/new?station={world.stations['wuli'].id}" in page
    suspend(world, "chen")
    assert "暂停执行" in world.browser("county").get(f"{COUNTY}/station/{world.stations['wuli'].id}").text


def test_the_page_of_a_deputy_shows_stations_duties_and_the_other_mandates(world):
    li = world.deputies["li"]
    page = world.browser("county").get(f"{COUNTY}/deputy/{li.id}").text
    assert world.stations["home"].name in page and "即将到来的值班" in page and "所在站点" in page
    made = world.make("deputy", {"person": li.person_id, "level": "county"})
    assert f"{COUNTY}/deputy/{made.id}" in world.browser("county").get(f"{COUNTY}/deputy/{li.id}").text


def test_a_deputy_who_is_nowhere_is_shown_as_such(world):
    made = world.make("deputy", {"name": "余青", "level": "county"})
    assert "该代表还没有编入站点" in world.browser("county").get(f"{COUNTY}/deputy/{made.id}").text


# ---------------------------------------------------------------- double contact

@pytest.fixture
def contacts(world):
    """张 of the standing committee keeps contact with 陈 and a voter; 赵 with a voter; one conversation each, of 赵's none."""
    zhang, chen, zhao = (world.deputies[name] for name in ("zhang", "chen", "zhao"))
    world.change(zhang, {"committee": True})
    world.change(world.deputies["he"], {"committee": True})
    start = {"from_day": "2026-01-01"}
    made = [world.make("contact", {"deputy": zhang.id, "kind": "deputy", "other": chen.id, **start}),
            world.make("contact", {"deputy": zhang.id, "kind": "voter", "voter": "石玉兰", "place": "五里村", **start}),
            world.make("contact", {"deputy": zhao.id, "kind": "voter", "voter": "石玉梅", **start}, node=world.tree.town)]
    world.make("talk", {"contact": made[0].id, "day": "2026-02-01", "way": "visit"})
    world.make("talk", {"contact": made[1].id, "day": "2026-02-02", "way": "phone", "text": "路灯"})
    return made


def test_double_contact_is_counted_and_who_has_none_is_named(world, contacts):
    found = contact_figures.figures(world.tree.county, *YEAR)
    assert (found.members.total, found.members.kept) == (2, 1)
    assert [one.id for one in found.members.without] == [world.deputies["he"].id]
    assert (found.voters.total, found.voters.kept) == (12, 2) and not found.voters.full
    assert (found.reached, found.talks, found.made, found.silent) == (1, {"phone": 1, "visit": 1}, 2, 1)
    town = contact_figures.figures(world.tree.town, *YEAR)
    assert (town.voters.total, town.voters.kept, town.made) == (4, 1, 0)
    assert contact_figures.figures(world.tree.county, date(2025, 1, 1), date(2025, 12, 31)).made == 0


def test_somebody_with_two_mandates_keeps_contact_in_both_and_a_contact_that_ended_counts_no_more(world, contacts):
    world.make("deputy", {"person": world.deputies["zhao"].person_id, "level": "county"})
    found = contact_figures.figures(world.tree.county, *YEAR)
    assert (found.voters.total, found.voters.kept) == (13, 3)
    world.change(contacts[2], {"to_day": "2026-03-01"})
    assert contact_figures.figures(world.tree.county, *YEAR).voters.kept == 1


def test_the_page_of_double_contact_names_no_voter_and_leads_to_the_towns(world, contacts):
    page = world.browser("county").get(f"{COUNTY}/contacts?year=2026")
    assert page.status_code == 200 and world.deputies["he"].name in page.text and "石玉" not in page.text
    assert f"/d/{world.tree.town.code}/liaison_station/contacts" in page.text
    answer = world.browser("county").get("/api/v1/d/610902/liaison_station/contacts?year=2026").json
    assert answer["made"] == 2 and answer["members"]["without"] == [world.deputies["he"].id]
    assert world.browser("county").get(f"{COUNTY}/contacts?year=1").status_code == 400
    assert world.browser("zhang").get(f"{COUNTY}/contacts").status_code == 403


def test_a_deputys_page_shows_the_contacts_and_a_contacts_page_what_took_place(world, contacts):
    page = world.browser("county").get(f"{COUNTY}/deputy/{world.deputies['zhang'].id}").text
    assert "双联系" in page and world.deputies["chen"].name in page and "五里村" in page and "石玉兰" not in page
    assert world.deputies["zhang"].name in world.browser("county").get(f"{COUNTY}/deputy/{world.deputies['chen'].id}").text
    assert "路灯" in world.browser("county").get(f"{COUNTY}/contact/{contacts[1].id}").text
    own = world.browser("zhang").get(f"{COUNTY}/deputy/{world.deputies['zhang'].id}").text
    assert f"talk/new?contact={contacts[1].id}" in own


# ---------------------------------------------------------------- suspended, ended, two mandates

def test_a_suspended_deputy_does_not_count_as_head_and_the_finding_says_why(world):
    assert head_line(world, "wuli_village").ok or "暂停" not in head_line(world, "wuli_village").missing
    suspend(world, "zhao")
    line = head_line(world, "wuli_village")
    assert not line.ok and "2026年3月1日" in line.missing and "暂停" in line.missing and line.remedy
    assert "暂停" not in head_line(world, "wuli_village", date(2026, 2, 1)).missing
    world.change(world.fresh(world.deputies["zhao"]), {"status": "active", "status_on": "2026-05-01"})
    assert "暂停" not in head_line(world, "wuli_village", date(2026, 6, 1)).missing


def test_a_suspended_deputy_is_refused_as_a_new_head_and_nothing_is_written(world):
    suspend(world, "sun")
    staff = world.entity("staff").model
    head = staff.get((staff.station_id == world.stations["wuli_village"].id) & (staff.role == "head"))
    world.change(head, {"to_day": "2026-03-31"})
    before = staff.select().count()
    with pytest.raises(Invalid) as problem:
        world.make("staff", {"station": world.stations["wuli_village"].id, "person": world.people["sun"].id, "role": "head",
                             "from_day": "2026-04-01"})
    assert "暂停" in str(problem.value.errors["person"][0]) and staff.select().count() == before


def test_who_holds_two_mandates_of_which_one_is_suspended_may_still_act(world):
    world.make("deputy", {"person": world.deputies["zhao"].person_id, "level": "county"})
    suspend(world, "zhao")
    assert placement.suspended([world.deputies["zhao"].person_id], date(2026, 4, 1)) == {}


def test_two_mandates_of_a_person_share_one_home_at_each_level_and_end_with_their_own_mandate(world):
    zhao = world.deputies["zhao"]
    second = world.make("deputy", {"person": zhao.person_id, "level": "county"})
    other = world.stations["liuying"].id
    with pytest.raises(Conflict) as refused:
        world.make("placement", {"deputy": second.id, "station": other, "from_day": "2026-03-01"})
    assert world.stations["wuli_village"].name in str(refused.value.errors["station"][0])
    assert Placement.select().where(Placement.station_id == other, Placement.person_id == zhao.person_id).count() == 0
    home = world.make("placement", {"deputy": second.id, "station": world.stations["home"].id, "from_day": "2026-03-01"})
    world.change(zhao, {"status": "ended", "status_on": "2026-03-31", "status_reason": "resigned"})
    own = Placement.get(Placement.station_id == world.stations["wuli_village"].id, Placement.deputy_id == zhao.id)
    assert own.to_day == date(2026, 3, 31) and own.ended_why and world.fresh(home).to_day is None
    assert Deputy.get_by_id(second.id).status == "active"
    assert world.make("placement", {"deputy": second.id, "station": other, "from_day": "2026-04-01"}).home
