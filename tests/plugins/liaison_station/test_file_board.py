"""How files stand for who looks after them, points where a county orders them, the deputy's day, the year on paper."""
from datetime import date, timedelta

import pytest
from support.file_world import DAY, activity, change, columns, opinion, reception, tell
from support.station_world import PLUGIN

from grid321.core import db, records
from grid321.plugins.liaison_station import file_board, file_life, file_phone, file_scores
from grid321.plugins.liaison_station.activity_models import Attendance
from grid321.plugins.liaison_station.file_models import Deed, Scheme
from grid321.plugins.liaison_station.reception_models import Swap

HERE = f"/d/610902/{PLUGIN}"
TODAY = date(2026, 11, 23)


def year_of(world, who, year=DAY.year):
    """The open file of a deputy's year."""
    deputy = world.deputies[who]
    place = world.tree.county if deputy.division_id == world.tree.county.id else world.tree.town
    return records.create(world.entity("year"), {"deputy_id": deputy.id, "year": year}, world.actors["county"], place, flow=None)


def board(world, who="county", node=None):
    """How the files stand at a place, on an invented day."""
    return file_board.board(node or world.tree.county, world.actors[who], DAY.year, TODAY)


# ---------------------------------------------------------------- the officer's view

def test_the_board_counts_and_lists_who_has_not_confirmed_who_objects_and_who_has_no_entry(world):
    tell(opinion(world, heard_on=date(2026, 8, 3)), "opinion")
    tell(reception(world, chen="came"), "reception")  # in March: not in this half of the year
    year_of(world, "chen")
    world.step("zhang", year_of(world, "zhang"), "confirm")
    file_life.object_to(Deed.get(Deed.deputy_id == world.deputies["chen"].id), "那天我没有去",
                        _as(world, "chen"))

    found = board(world)

    assert (found["states"]["open"], found["states"]["confirmed"], found["objected"]) == (1, 1, 1)
    assert [one["title"] for one in found["unconfirmed"]] == [world.deputies["chen"].name]
    assert [(one["title"], one["said"]) for one in found["objections"]] == [(world.deputies["chen"].name, "那天我没有去")]
    silent = [one["title"] for one in found["silent"]]
    assert world.deputies["zhang"].name not in silent and world.deputies["chen"].name in silent and silent == sorted(silent)
    assert found["quiet"] == found["in_office"] - 1 == len(world.deputies) - 1
    assert found["without"] == len(world.deputies) - 2
    assert (found["first"], found["last"]) == (date(2026, 7, 1), date(2026, 12, 31))


def _as(world, who):
    from dataclasses import replace

    return replace(world.actors["zhang"], person_id=world.people[who].id)


def test_a_town_sees_its_own_files_only_and_the_county_every_division_in_the_order_of_the_tree(world):
    town = board(world, "town", world.tree.town)
    assert town["in_office"] == sum(one.division_id == world.tree.town.id for one in world.deputies.values())
    assert [row["name"] for row in town["parts"]] == [world.tree.town.name]

    rows = board(world)["parts"]
    assert [row["name"] for row in rows] == [world.tree.county.name, world.tree.town.name, world.tree.other_town.name]
    assert sum(row["deputies"] for row in rows) == len(world.deputies)


def test_whoever_left_office_or_is_suspended_is_not_called_silent(world):
    before = board(world)["quiet"]
    change(world.deputies["zhang"], status="suspended", status_on=date(2026, 1, 1))
    change(world.deputies["chen"], to_day=date(2026, 5, 1))

    assert board(world)["quiet"] == before - 2


@pytest.mark.parametrize("year", ["1999", "2300", "x", "-1"])
def test_a_year_without_files_is_refused(world, year):
    assert world.browser("county").get(f"{HERE}/files?year={year}").status_code == 400


def test_the_board_is_a_page_and_a_call_of_programs_and_closed_to_deputies(world):
    year_of(world, "chen")
    page = world.browser("county").get(f"{HERE}/files?year={DAY.year}").get_data(as_text=True)
    assert world.deputies["chen"].name in page
    answer = world.browser("county").api("GET", f"{HERE}/files?year={DAY.year}")
    assert answer.json["states"]["open"] == 1 and answer.json["lists"]["unconfirmed"][0]["name"] == world.deputies["chen"].name
    assert world.browser("zhang").get(f"{HERE}/files").status_code == 403


def test_the_board_asks_as_often_for_many_files_as_for_few(world, monkeypatch):
    asked, execute = [], db.database.obj.execute_sql
    monkeypatch.setattr(db.database.obj, "execute_sql", lambda *said, **more: asked.append(said[0]) or execute(*said, **more))
    counts = []
    for who in ("zhang", "chen", "he"):
        year_of(world, who)
        tell(opinion(world, who=who), "opinion")
        file_life.object_to(Deed.get(Deed.deputy_id == world.deputies[who].id), "不对", _as(world, who))
        asked.clear()
        board(world)
        counts.append(len([text for text in asked if "liaison_station" in text]))
    assert counts[0] == counts[-1] <= 13


# ---------------------------------------------------------------- points

@pytest.fixture
def scheme(world):
    """A scheme without basis."""
    return world.make("scheme", {"title": "代表履职积分", "items": "reception 2 3\nopinion 1.5 5"})


def on(world, scheme):
    """The scheme with a basis for this year."""
    today = db.local_day()
    return world.change(scheme, {"basis": "汉人大发〔2026〕3号", "from_day": today.replace(month=1, day=1).isoformat(),
                                 "to_day": (today + timedelta(days=30)).isoformat()})


def test_a_scheme_without_basis_shows_points_to_nobody(world, scheme):
    county = world.browser("county")
    for answer in (county.get(f"{HERE}/scheme/{scheme.id}/scores"), county.api("GET", f"{HERE}/scheme/{scheme.id}/scores")):
        assert answer.status_code == 422
    assert "/scores" not in county.get(f"{HERE}/scheme/{scheme.id}").get_data(as_text=True)
    assert file_scores.own(world.people["zhang"].id) == []


def test_a_scheme_that_is_on_shows_points_by_name_with_their_figures(world, scheme):
    today = db.local_day()
    for number in range(2):
        tell(reception(world, zhang="came", day=today - timedelta(days=number)), "reception")
    tell(opinion(world, heard_on=today), "opinion")
    tell(opinion(world, who="chen", heard_on=today.replace(year=today.year - 1)), "opinion")
    scheme = on(world, scheme)

    rows = file_scores.points(scheme, world.tree.county, world.actors["county"])

    assert [row["name"] for row in rows] == sorted(row["name"] for row in rows)
    by_name = {row["name"]: row for row in rows}
    assert by_name[world.deputies["zhang"].name]["figures"] == {"reception": 2, "opinion": 1}
    assert str(by_name[world.deputies["zhang"].name]["points"]) == "4.5", "two receptions are capped at 3"
    assert by_name[world.deputies["chen"].name]["points"] == 0
    page = world.browser("county").get(f"{HERE}/scheme/{scheme.id}/scores").get_data(as_text=True)
    assert "4.5" in page and "汉人大发〔2026〕3号" in page
    mine = world.browser("zhang").get(f"{HERE}/my-file").get_data(as_text=True)
    assert "4.5" in mine and world.browser("zhao").get(f"{HERE}/my-file").get_data(as_text=True).count("代表履职积分") == 1


def test_what_a_deputy_objects_to_gives_no_points_and_the_end_ends_them(world, scheme):
    tell(opinion(world, heard_on=db.local_day()), "opinion")
    scheme = on(world, scheme)
    file_life.object_to(Deed.get(), "不是我", world.actors["zhang"])
    assert file_scores.own(world.people["zhang"].id)[0]["points"] == "0"

    change(scheme, to_day=db.local_day() - timedelta(days=1))

    assert file_scores.own(world.people["zhang"].id) == []
    assert world.browser("county").get(f"{HERE}/scheme/{scheme.id}/scores").status_code == 422
    assert Scheme.get().basis


# ---------------------------------------------------------------- the deputy's day

@pytest.fixture
def busy(world):
    """A deputy with a duty today, an invitation and an entry to confirm."""
    today = db.local_day()
    reception(world, state="posted", day=today, zhang="planned")
    made = activity(world, state="announced", held_on=None, zhang=None)
    change(made, day=today + timedelta(days=3))
    tell(opinion(world, heard_on=today), "opinion")
    return made


def test_everything_that_waits_for_a_deputy_stands_on_one_page_once(world, busy):
    page = world.browser("zhang").get(f"{HERE}/my-file").get_data(as_text=True)

    waiting = world.browser("zhang").api("GET", f"{HERE}/my-file").json
    assert {key: len(rows) for key, rows in waiting.items() if rows} == {
        "duties": 1, "invitations": 1, "noted": 1, "opinions": 1}
    places = [page.index(words) for words in ("五里镇人大代表中心联络站", "视察农村饮水安全", "溪河路路灯不亮")]
    assert "今天" in page and places == sorted(places)


def test_who_asks_to_change_places_stands_on_the_page(world, busy):
    duty = reception(world, state="posted", day=db.local_day() + timedelta(days=9), chen="planned")
    Swap.create(reception_id=duty.id, station_id=duty.station_id, day=duty.day, deputy_id=world.deputies["chen"].id,
                person_id=world.people["chen"].id, other_deputy_id=world.deputies["zhang"].id,
                other_person_id=world.people["zhang"].id, **columns(duty.division_id))

    assert len(world.browser("zhang").api("GET", f"{HERE}/my-file").json["asked"]) == 1
    page = world.browser("zhang").get(f"{HERE}/my-file").get_data(as_text=True)
    assert f"{world.deputies['chen'].name} · 五里镇人大代表中心联络站" in page
    assert world.deputies["chen"].name not in world.browser("zhao").get(f"{HERE}/my-file").get_data(as_text=True)


def test_an_invitation_is_answered_on_the_page_and_goes_from_it(world, busy):
    row = Attendance.get(Attendance.activity_id == busy.id)
    browser = world.browser("zhang")

    assert world.browser("zhao").post(f"{HERE}/my-file/answer", {"attendance": str(row.id), "answer": "comes"}).status_code == 403
    assert browser.post(f"{HERE}/my-file/answer", {"attendance": str(row.id), "answer": "comes"}).status_code == 303

    assert Attendance.get_by_id(row.id).answer == "comes"
    assert "视察农村饮水安全" not in browser.get(f"{HERE}/my-file").get_data(as_text=True)


def test_the_first_page_of_the_day_says_the_same_in_one_panel_and_nothing_to_others(world, busy):
    panel = file_phone.panel(world.actors["zhang"], world.tree.county)
    assert [line["n"] for line in panel.context["lines"]] == [1, 1, 1, 1]
    page = world.browser("zhang").get("/d/610902/").get_data(as_text=True)
    assert f"{HERE}/my-file#noted" in page

    assert file_phone.panel(world.actors["zhao"], world.tree.county) is None
    assert file_phone.panel(world.actors["county"], world.tree.county) is None


# ---------------------------------------------------------------- on paper

def test_the_report_on_paper_shows_the_file_as_a_draft_and_then_what_was_published(world):
    tell(opinion(world), "opinion")
    year = year_of(world, "zhang")
    world.change(year, {"report": "一年来接待选民二十三人次。"}, "zhang")
    page = f"{HERE}/year/{year.id}/form/year_report"
    draft = world.browser("zhang").get(page).get_data(as_text=True)
    assert "草稿" in draft and "溪河路路灯不亮" in draft and "一年来接待选民二十三人次。" in draft

    world.step("zhang", world.fresh(year), "confirm")
    world.step("county", world.fresh(year), "check")
    world.step("county", world.fresh(year), "publish")
    tell(opinion(world, title="自来水浑浊"), "opinion")

    text = world.browser("zhang").get(page).get_data(as_text=True)
    assert "草稿" not in text and "溪河路路灯不亮" in text and "自来水浑浊" not in text
    word = world.browser("county").get(f"{page}.docx")
    assert word.status_code == 200 and word.data[:2] == b"PK"
    assert world.browser("zhao").get(page).status_code == 404


def test_the_figures_of_files_stand_on_the_page_of_figures(world):
    tell(opinion(world), "opinion")
    from grid321.core import counters
    from grid321.core.registry import registry

    counters.recount(registry().entity("liaison_station.deed"), _tree(), repair=True)
    page = world.browser("county").get("/d/610902/core/statistics")

    assert page.status_code == 200 and "履职记录（按类别）" in page.get_data(as_text=True)


def _tree():
    from grid321.core import snapshot

    return snapshot.current().tree
