"""The voter rates by a link of one's own: once, without an account, and nobody else learns anything."""

from datetime import date, timedelta

import pytest
from support.public_world import Resident, hidden

from grid321.core import records, signed_links
from grid321.core.errors import Refused
from grid321.plugins.liaison_station import voter_rating
from grid321.plugins.liaison_station.day_models import Opinion

from .opinion_ground import flow, world

__all__ = ["flow", "world"]
GOOD = {"result": "satisfied", "attitude": "basically", "words": "来得很快。"}
BAD = {"result": "not", "attitude": "satisfied", "words": "还有一盏没修。"}


@pytest.fixture
def voter(flow, app):
    """A browser in which nobody is logged in."""
    return Resident(app)


def link_of(world, case, who="village_liaison"):
    """The path of the link that an officer makes."""
    answer = world.browser(who).api("POST", f"/d/{world.tree.village.code}/liaison_station/opinion/{case.id}/rate-link")
    assert answer.status_code == 201, answer.text
    url = answer.json["url"]
    return url[url.index("/d/"):]


def fresh(case):
    """The opinion as it is stored now."""
    return Opinion.get_by_id(case.id)


def test_a_voter_rates_by_the_link_once(world, flow, voter):
    case = flow.told()
    path = link_of(world, case)
    page = voter.get(path)
    typed = {**hidden(page), **GOOD}
    answer = voter.send(path, typed)
    again = voter.send(path, {**typed, "result": "basically"})

    assert page.status_code == 200 and "三盏路灯已全部修好" in page.text and "吴秀兰" not in page.text
    assert answer.status_code == 200
    assert (fresh(case).state, fresh(case).rating, fresh(case).attitude) == ("rated", "satisfied", "basically")
    assert again.status_code == 410
    assert fresh(case).rating == "satisfied"
    steps = [entry["step"] for entry in records.history(flow.entity, case.id)]
    assert steps[-2:] == ["rate", "rated_by_link"]


def test_who_is_not_satisfied_says_what_is_missing_and_it_is_handled_again(world, flow, voter):
    case = flow.told()
    path = link_of(world, case)
    silent = voter.fill(path, {**BAD, "words": ""})

    assert (silent.status_code, fresh(case).state) == (422, "told")
    assert voter.fill(path, BAD).status_code == 200
    assert (fresh(case).state, fresh(case).handled_again, fresh(case).rating) == ("again", True, "not")


def test_a_new_link_ends_the_one_before_and_a_forged_one_opens_nothing(world, flow, voter):
    case = flow.told()
    old = link_of(world, case)
    new = link_of(world, case)

    assert voter.get(old).status_code == 404
    assert voter.get(new[:-2] + "xx").status_code == 404
    assert voter.get(new).status_code == 200


def test_a_link_ends_on_its_day(world, flow, voter, tick):
    path = link_of(world, flow.told())
    tick(timedelta(days=31), sweep=False)

    assert voter.get(path).status_code == 410


def test_a_link_of_another_opinion_or_purpose_is_none(world, flow, voter):
    case = flow.told()
    token = signed_links.create("liaison_station.other", "liaison_station.opinion", case.id, expires=timedelta(days=1))

    assert voter.get(f"/d/{world.tree.village.code}/liaison_station/rate/{token}").status_code == 404


def test_there_is_no_link_before_there_is_an_answer(world, flow):
    case = flow.opinion()
    answer = world.browser("village_liaison").api("POST",
                                                  f"/d/{world.tree.village.code}/liaison_station/opinion/{case.id}/rate-link")
    with pytest.raises(Refused):
        voter_rating.make_link(case)

    assert answer.status_code == 422


def test_a_reader_makes_no_link(world, flow):
    case = flow.told()
    answer = world.browser("viewer").api("POST", f"/d/{world.tree.village.code}/liaison_station/opinion/{case.id}/rate-link")

    assert answer.status_code == 403


def test_after_a_rating_by_telephone_the_link_rates_nothing(world, flow, voter):
    case = flow.told()
    path = link_of(world, case)
    typed = {**hidden(voter.get(path)), **GOOD}
    flow.step("village_liaison", case, "rate_told", {"result": "basically", "attitude": "satisfied"})

    assert voter.send(path, typed).status_code == 410
    assert (fresh(case).rating, fresh(case).rated_on) == ("basically", date(2026, 11, 20))
