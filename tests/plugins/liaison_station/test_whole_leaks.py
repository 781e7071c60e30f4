"""A resident's name, telephone and identity number go the way of a reception day; then every table is searched for them."""
from __future__ import annotations

from grid321.core import outbox
from grid321.core.jobs import Executor
from grid321.core.testing_browser import Browser
from grid321.plugins.liaison_station.day_models import Opinion
from grid321.plugins.liaison_station.reception_models import Reception

from .opinion_ground import ANSWER, COLLATE, TOLD, flow, world
from .test_day_at_once import line
from .test_day_desk import reception_of
from .test_whole_bad_input import everything

__all__ = ["flow", "world"]

NAME, PHONE, ID = "欧阳秋霜", "13909150077", "610902199001011235"  # invented
SAID = {"name": NAME, "phone": PHONE, "text": "村口的路灯坏了三盏。希望修好。"}


def found_in(secret: str) -> set[str]:
    """The tables in which a text stands in clear."""
    return {table for table, rows in everything().items() if any(secret in row for row in rows)}


def settled() -> None:
    """Tell and do everything that waits."""
    for _round in range(3):
        while outbox.drain():
            pass
        Executor().run_due()


def test_name_and_telephone_of_who_came_stand_in_no_table_in_clear(app, world, flow):
    day = reception_of(world)
    visit = line(world, day, "phone-7", result="opinion", subject="roads", **SAID)
    line(world, day, "phone-8", result="draft", **SAID)
    case = Opinion.get_by_id(visit.opinion_id)
    case = flow.walk(case, ("village_liaison", "accept", COLLATE), ("village_liaison", "solve_on_spot", ANSWER),
                     ("village_liaison", "feed_back", TOLD))
    browser = world.browser("village_liaison")
    pages = [browser.get(f"/d/610902104201/liaison_station/opinion/{case.id}").text,
             browser.get(f"/d/610902104201/liaison_station/day/{day.id}").text,
             browser.api("GET", "/d/610902104201/liaison_station/visit").text,
             browser.api("GET", "/d/610902104201/liaison_station/opinion").text]
    settled()

    assert found_in(NAME) == set() and found_in(PHONE) == set()
    assert not [page for page in pages if NAME in page or PHONE in page]
    nobody = Browser(app)
    for path in (f"at/{world.stations['wuli_village'].plate}", f"at/{world.stations['wuli_village'].plate}/calendar.ics", "find",
                 "performance"):
        answer = nobody.get(f"/d/610902/liaison_station/{path}")
        assert answer.status_code == 200 and NAME not in answer.text and PHONE not in answer.text
    assert Reception.get().voters == 4


def test_what_people_write_of_a_resident_in_words_stays_with_the_record(flow):
    """A number that somebody writes into the text of a step is in no entry of the ledger, no event, job or notification.

    It stands in the record, in what is searched by who may see the record, and in the ledger’s detail, which can be erased.
    """
    told = f"已电话告知{NAME}（{PHONE}，{ID}）。"
    case = flow.walk(flow.opinion(text=f"{NAME}，{PHONE}，{ID}：路灯坏了。", name=NAME, phone=PHONE),
                     ("village_liaison", "accept", COLLATE), ("village_liaison", "solve_on_spot", {**ANSWER, "text": told}),
                     ("village_liaison", "feed_back", {**TOLD, "note": told}))
    settled()

    for secret in (NAME, PHONE, ID):
        assert found_in(secret) <= {"liaison_station_opinion", "core_search", "core_ledger_detail"}, secret
    assert Opinion.get_by_id(case.id).answer == told
