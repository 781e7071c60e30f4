"""The deputy's page, the officer's pages and what voters see, in a browser without JavaScript."""
import re
from datetime import timedelta

import pytest
from support.file_world import DAY, activity, change, opinion, reception, tell
from support.public_world import Resident, hidden
from support.station_world import PLUGIN

from grid321.core import db, records
from grid321.plugins.liaison_station import file_rating
from grid321.plugins.liaison_station.file_models import Deed, Voice, Year

HERE = f"/d/610902/{PLUGIN}"
ID = "610902199001011235"  # invented, with the right check character


@pytest.fixture
def year(world):
    """The year of a county deputy with a reception and an opinion."""
    tell(reception(world, zhang="came"), "reception")
    tell(opinion(world, name="王小梅"), "opinion")
    return records.create(world.entity("year"), {"deputy_id": world.deputies["zhang"].id, "year": DAY.year},
                          world.actors["county"], world.tree.county, flow=None)


@pytest.fixture
def published(world, year):
    """The same, published."""
    world.step("zhang", year, "confirm")
    world.step("county", year, "check")
    return world.step("county", year, "publish")


@pytest.fixture
def voter(app):
    """A browser in which nobody is logged in."""
    return Resident(app)


# ---------------------------------------------------------------- the deputy

def test_the_page_of_a_deputy_shows_what_is_due_and_nothing_of_others(world, year):
    soon = db.local_day() + timedelta(days=3)
    reception(world, state="posted", day=soon, zhang="planned")
    made = activity(world, state="announced", held_on=None, zhang=None)
    change(made, day=soon)

    text = world.browser("zhang").get(f"{HERE}/my-file").get_data(as_text=True)

    for words in ("五里镇人大代表中心联络站", "09:00–11:00", "视察农村饮水安全", "溪河路路灯不亮", str(DAY.year)):
        assert words in text
    other = world.browser("zhao").get(f"{HERE}/my-file").get_data(as_text=True)
    assert "溪河路" not in other and "视察" not in other and "王小梅" not in text


def test_a_deputy_confirms_what_is_ticked_and_objects_to_the_rest(world, year):
    first, second = Deed.select().order_by(Deed.id)
    browser = world.browser("zhang")

    assert browser.post(f"{HERE}/my-file/confirm", {"deed": str(first.id)}).status_code == 303
    assert browser.post(f"{HERE}/deed/{second.id}/object", {"reason": ""}).status_code == 422
    assert browser.post(f"{HERE}/deed/{second.id}/object", {"reason": "那天我没有去"}).status_code == 303

    assert [row.state for row in Deed.select().order_by(Deed.id)] == ["confirmed", "objected"]


def test_nobody_confirms_or_objects_for_somebody_else(world, year):
    deed = Deed.select().order_by(Deed.id).first()
    other = world.browser("zhao")

    assert other.post(f"{HERE}/my-file/confirm", {"deed": str(deed.id)}).status_code == 404
    assert other.post(f"{HERE}/deed/{deed.id}/object", {"reason": "不对"}).status_code == 404
    assert world.browser("county").get(f"{HERE}/my-file").status_code == 403
    assert Deed.get_by_id(deed.id).state == "noted"


def test_the_same_is_there_for_programs(world, year):
    answer = world.browser("zhang").api("GET", f"{HERE}/my-file")

    assert answer.status_code == 200 and len(answer.json["noted"]) == 2 and answer.json["years"][0]["year"] == DAY.year


# ---------------------------------------------------------------- the officer

def test_an_officer_answers_an_objection_on_its_page(world, year):
    deed = Deed.select().order_by(Deed.id).first()
    world.browser("zhang").post(f"{HERE}/deed/{deed.id}/object", {"reason": "日期不对"})
    officer = world.browser("county")
    page = officer.get(f"{HERE}/deed/{deed.id}/answer").get_data(as_text=True)
    assert "日期不对" in page

    answer = officer.post(f"{HERE}/deed/{deed.id}/answer", {"verdict": "correct", "answer": "已更正", "day": "2026-03-15"})

    assert answer.status_code == 303 and Deed.get_by_id(deed.id).state == "corrected"
    assert world.browser("viewer").get(f"{HERE}/deed/{deed.id}/answer").status_code == 403


def test_the_page_of_a_year_shows_its_entries_and_what_the_check_would_find(world, year):
    world.change(year, {"report": f"帮助{ID}办理低保"}, "zhang")
    world.step("zhang", year, "confirm")

    text = world.browser("county").get(f"{HERE}/year/{year.id}").get_data(as_text=True)

    assert "溪河路路灯不亮" in text and "身份证号码" in text
    refused = world.browser("county").post(f"{HERE}/year/{year.id}/do/check", {"_version": str(world.fresh(year).version)})
    assert refused.status_code == 422 and "身份证号码" in refused.get_data(as_text=True)
    assert world.fresh(year).state == "confirmed"


def test_the_files_of_a_year_are_opened_from_a_page(world, year):
    officer = world.browser("county")

    assert officer.get(f"{HERE}/years/open").status_code == 200
    assert officer.post(f"{HERE}/years/open", {"year": str(DAY.year + 50)}).status_code == 422
    assert officer.post(f"{HERE}/years/open", {"year": str(DAY.year)}).status_code == 303
    assert Year.select().count() == len(world.deputies)


def test_links_are_shown_once_and_paper_is_entered(world, published):
    officer = world.browser("county")
    slips = officer.post(f"{HERE}/year/{published.id}/links", {"count": "3"}).get_data(as_text=True)
    assert len(set(re.findall(r"/voice/([\w-]{22})", slips))) == 3

    assert officer.post(f"{HERE}/year/{published.id}/paper", {
        "satisfied": "12", "fair": "1", "dissatisfied": "0", "unsure": "0"}).status_code == 303
    assert file_rating.counted(published.id) == 13
    assert officer.post(f"{HERE}/year/{published.id}/paper", {
        "satisfied": "-1", "fair": "1", "dissatisfied": "0", "unsure": "0"}).status_code == 422
    assert world.browser("liaison").post(f"{HERE}/year/{published.id}/links", {"count": "3"}).status_code in {403, 404}


def test_an_entry_leads_to_what_it_comes_from(world, year):
    deed = Deed.get(Deed.kind == "opinion")

    text = world.browser("county").get(f"{HERE}/deed/{deed.id}").get_data(as_text=True)

    assert f"{HERE}/opinion/{deed.record_id}" in text and f"{HERE}/deed/{deed.id}/answer" in text


def test_programs_confirm_object_answer_and_enter_paper_as_people_do(world, published):
    """The year is published: entries stay, and paper may be entered."""
    tell(opinion(world, title="自来水浑浊", heard_on=DAY.replace(year=DAY.year - 1)), "opinion")
    deed = Deed.get(Deed.title == "自来水浑浊")
    mine, officer = world.browser("zhang"), world.browser("county")

    assert mine.api("POST", f"{HERE}/deed/{deed.id}/confirm").json["state"] == "confirmed"
    assert mine.api("POST", f"{HERE}/deed/{deed.id}/object", {"reason": "不是我听取的"}).json["state"] == "objected"
    assert world.browser("zhao").api("POST", f"{HERE}/deed/{deed.id}/object", {"reason": "不对"}).status_code == 404
    answered = officer.api("POST", f"{HERE}/deed/{deed.id}/answer", {"verdict": "strike", "answer": "登记有误"})
    assert answered.json["state"] == "struck"
    assert mine.api("POST", f"{HERE}/deed/{deed.id}/object", {"reason": "不对"}).status_code == 409
    counted = officer.api("POST", f"{HERE}/year/{published.id}/paper", {
        "satisfied": 3, "fair": 0, "dissatisfied": 0, "unsure": 0})
    assert counted.json == {"id": published.id, "state": "published"} and file_rating.counted(published.id) == 3


# ---------------------------------------------------------------- voters

def test_everybody_reads_what_was_published_and_nothing_before(world, voter, year):
    assert voter.get(f"{HERE}/performance/{year.id}").status_code == 404
    assert "张桂兰" not in voter.get(f"{HERE}/performance").get_data(as_text=True)
    world.step("zhang", year, "confirm")
    world.step("county", year, "check")
    world.step("county", year, "publish")
    change(Deed.get(Deed.kind == "opinion"), title="后来改的题目")

    assert "张桂兰" in voter.get(f"{HERE}/performance").get_data(as_text=True)
    text = voter.get(f"{HERE}/performance/{year.id}").get_data(as_text=True)
    assert "溪河路路灯不亮" in text and "后来改的题目" not in text
    assert voter.get(f"/d/610902105/{PLUGIN}/performance/{year.id}").status_code == 404


def test_a_voter_rates_by_a_link_once_and_sees_no_count_yet(world, voter, published):
    (token,) = file_rating.make_links(published, 1, world.actors["county"], world.tree.county)
    url = f"{HERE}/voice/{token}"
    assert voter.get(url).status_code == 200

    form = hidden(voter.get(url))
    assert voter.send(url, {**form, "answer": ""}).status_code == 422
    assert voter.send(url, {**form, "answer": "satisfied"}).status_code == 200
    assert voter.send(url, {**form, "answer": "satisfied"}).status_code == 410
    assert voter.get(f"{HERE}/voice/{'x' * 22}").status_code == 404
    assert file_rating.counted(published.id) == 1


def test_the_tablet_comes_back_to_its_start_after_every_voice(world, voter, published):
    page = world.browser("county").post(f"{HERE}/year/{published.id}/tablet", {}).get_data(as_text=True)
    token = re.search(r"/tablet/([\w-]{22})", page)[1]
    url = f"{HERE}/tablet/{token}"
    for answer in ("satisfied", "fair"):
        sent = {**hidden(voter.get(url)), "answer": answer}
        done = voter.send(url, sent)
        assert (done.status_code, done.headers["Location"]) == (303, f"{url}?thanks=1")
        assert voter.send(url, sent).status_code == 410, "a double tap counts once"
    assert {(row.way, row.answer): row.n for row in Voice.select() if row.n} == {
        ("tablet", "satisfied"): 1, ("tablet", "fair"): 1}

    world.browser("county").post(f"{HERE}/year/{published.id}/tablet", {"close": "1"})
    assert voter.get(url).status_code == 404


def test_the_count_is_on_the_public_page_after_the_end(world, voter, published):
    file_rating.enter_paper(published, {"satisfied": 137, "fair": 2, "dissatisfied": 1, "unsure": 0}, world.actors["county"],
                            world.tree.county)
    assert "137" not in voter.get(f"{HERE}/performance/{published.id}").get_data(as_text=True)

    world.step("county", published, "end_rating")

    assert "137" in voter.get(f"{HERE}/performance/{published.id}").get_data(as_text=True)
