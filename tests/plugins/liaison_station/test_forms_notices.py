"""The public notices of reception days: what is posted, put off and dropped, for everybody, and nothing that is only planned."""
import re
from datetime import timedelta

import peewee
import pytest

from grid321.core.testing_browser import Browser
from grid321.plugins.liaison_station.reception_models import Reception

from . import forms_ground as ground
from .forms_ground import DAY, base
from .opinion_ground import world
from .test_day_desk import reception_of

__all__ = ["world"]


@pytest.fixture
def anybody(app):
    """A browser without an account."""
    return Browser(app)


def days(text):
    """The names and days of the coming receptions on a page."""
    part = text.partition('id="n-days"')[2]
    return re.findall(r'class="name" href="[^"]*/at/(\w+)">.*?<strong>([^<]+)</strong>', part, re.DOTALL)


def test_everybody_reads_the_posted_days_of_a_place_with_who_will_be_there(world, anybody):
    reception_of(world, DAY + timedelta(days=5))
    reception_of(world, DAY + timedelta(days=2), station="liuying")
    reception_of(world, DAY + timedelta(days=9), state="planned")
    reception_of(world, DAY - timedelta(days=2))
    page = anybody.get(f"{base(world, 'county')}/notices")

    assert page.status_code == 200
    assert days(page.text) == [("test0005", "2026年11月22日 星期日 09:00–11:00"),
                               ("test0004", "2026年11月25日 星期三 09:00–11:00")]
    assert "赵德发" in page.text and "五里村人大代表联络站（一楼）" in page.text
    other = anybody.get(f"{base(world, 'other_town')}/notices")
    assert other.status_code == 200 and days(other.text) == [] and "class=\"panel empty\"" in other.text


def test_what_is_put_off_stands_above_with_both_days_and_the_reason(world, anybody):
    day = reception_of(world, DAY + timedelta(days=6))
    ground.put_off(world, day)
    gone = reception_of(world, DAY + timedelta(days=8), station="liuying")
    Reception.update(state="dropped", posted_on=DAY, dropped="人手不够（内部）").where(Reception.id == gone.id).execute()
    never = reception_of(world, DAY + timedelta(days=10))
    Reception.update(state="dropped").where(Reception.id == never.id).execute()
    text = anybody.get(f"{base(world, 'county')}/notices").text
    changes = re.sub(r"\s+", " ", text.partition('id="n-changes"')[2].partition('id="n-days"')[0])

    assert changes.count('class="name"') == 2
    assert "2026年12月3日" in changes and "2026年11月26日" in changes and "镇上当日召开人代会。" in changes
    assert "人手不够" not in text, "why it is dropped is written for the office"


def test_the_notices_of_one_station_hang_at_its_plate(world, anybody):
    reception_of(world, DAY + timedelta(days=5))
    reception_of(world, DAY + timedelta(days=2), station="liuying")
    page = anybody.get(f"{base(world, 'county')}/at/test0004/notices")

    assert page.status_code == 200 and [plate for plate, _day in days(page.text)] == ["test0004"]
    assert anybody.get(f"{base(world, 'county')}/at/nosuch/notices").status_code == 404
    assert anybody.get(f"{base(world, 'other_town')}/at/test0004/notices").status_code == 404


def test_many_days_come_in_pages_with_the_same_number_of_queries(world, anybody, monkeypatch):
    for number in range(1, 26):
        reception_of(world, DAY + timedelta(days=number))
    first = anybody.get(f"{base(world, 'county')}/notices")
    second = anybody.get(f"{base(world, 'county')}/notices?page=2")

    assert (len(days(first.text)), len(days(second.text))) == (20, 5)
    seen, plain = [], peewee.Database.execute_sql
    monkeypatch.setattr(peewee.Database, "execute_sql", lambda self, sql, *rest, **more: seen.append(sql) or plain(
        self, sql, *rest, **more))
    anybody.get(f"{base(world, 'county')}/notices?page=2")
    few = len(seen)
    seen.clear()
    anybody.get(f"{base(world, 'county')}/notices")
    assert 0 < len(seen) <= few + 2, seen  # what changed stands on the first page only


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=99999999", "q=1"])
def test_a_strange_page_is_refused_in_words(world, anybody, query):
    answer = anybody.get(f"{base(world, 'county')}/notices?{query}")

    assert answer.status_code == 400 and "公告第一页" in answer.text


def test_programs_read_the_same(world, anybody):
    day = reception_of(world, DAY + timedelta(days=6))
    ground.put_off(world, day)
    found = anybody.get(f"/api/v1{base(world, 'county')}/notices").get_json()

    assert [one["day"] for one in found["items"]] == ["2026-12-03"] and found["next"] is None
    assert found["changes"][0]["reason"] == "镇上当日召开人代会。" and found["changes"][0]["names"] == ["孙玉珍", "赵德发"]
