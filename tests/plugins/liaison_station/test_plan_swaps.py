"""Swapping duties: asked, agreed, refused, withdrawn, entered by the station; the roster stays fair and nobody stands twice."""
from __future__ import annotations

from datetime import date

import pytest

from grid321.core.errors import Conflict, Invalid, NotFound
from grid321.core.notify import Notification
from grid321.plugins.liaison_station import plan_draw, swapping
from grid321.plugins.liaison_station.reception_models import Duty, Swap, Wish

TODAY = date(2031, 1, 5)


@pytest.fixture
def here(world, tick):
    """张桂兰 is on duty at 五里镇 on 15 January, 陈志远 on 15 February; nobody yet on 15 March."""
    tick(TODAY, sweep=False)
    world.cases, world.duties = [], []
    for day, who in (("2031-01-15", "zhang"), ("2031-02-15", "chen"), ("2031-03-15", None)):
        case = world.make("reception", {"station": world.stations["wuli"].id, "day": day, "kind": "reception", "mode": "offline",
                                        "from_minute": "09:00", "to_minute": "11:30"})
        world.cases.append(case)
        if who:
            world.duties.append(world.make("duty", {"reception": case.id, "deputy": world.deputies[who].id}))
    account = world.actors["zhang"]
    assert account.person_id == world.people["zhang"].id
    return world


def who_is_on():
    """The roster: person by day, of those who are on it."""
    return {row.day: row.person_id for row in Duty.select().where(Duty.state == "planned")}


def asked(world, back=True, who="zhang"):
    """张桂兰 asks 陈志远."""
    return swapping.ask(world.duties[0], world.deputies["chen"], world.duties[1] if back else None, "", world.actors[who])


@pytest.fixture
def chen(here):
    """The actor of 陈志远, who has no account in the world."""
    from grid321.core.testing_browser import actor_for, make_account

    account = make_account(None, here.tree.county)
    account.person_id = here.people["chen"].id
    account.save()
    here.actors["chen"] = actor_for(account)
    return here.actors["chen"]


def test_nothing_changes_before_the_other_one_agrees_and_both_rows_change_places_then(here, chen):
    zhang_id, chen_id = here.people["zhang"].id, here.people["chen"].id
    swap = asked(here)
    assert who_is_on() == {date(2031, 1, 15): zhang_id, date(2031, 2, 15): chen_id} and swap.state == "asked"

    swapping.answer(swap.id, True, chen)

    assert who_is_on() == {date(2031, 1, 15): chen_id, date(2031, 2, 15): zhang_id}
    assert {row.by for row in Duty.select()} == {"swap"} and here.fresh(swap).answered_on == TODAY
    assert here.fresh(swap).state == "agreed"


def test_the_one_who_is_asked_is_told_and_after_the_answer_who_asked_and_the_station(here, chen):
    swap = asked(here)
    told = [(row.account_id, row.text_key) for row in Notification.select().where(Notification.link.endswith("/my-duties"))]
    assert told == [(chen.account_id, swapping.ASKED)]

    swapping.answer(swap.id, True, chen)

    assert here.actors["zhang"].account_id in {row.account_id for row in Notification.select().where(
        Notification.text_key == swapping.AGREED)}


def test_a_duty_can_be_taken_over_without_anything_in_return(here, chen):
    swapping.answer(asked(here, back=False).id, True, chen)

    assert set(who_is_on().values()) == {here.people["chen"].id}


def test_who_refuses_leaves_the_roster_as_it_is_and_somebody_else_may_be_asked(here, chen):
    before = who_is_on()
    swap = asked(here)
    with pytest.raises(Conflict):
        asked(here)

    swapping.answer(swap.id, False, chen)

    assert who_is_on() == before and here.fresh(swap).state == "refused"
    assert asked(here).state == "asked"
    with pytest.raises(Conflict):
        swapping.answer(swap.id, True, chen)


def test_only_who_is_asked_answers_and_only_who_asked_withdraws(here, chen):
    swap = asked(here)
    for actor in (here.actors["zhang"], here.actors["li"], here.actors["county"]):
        with pytest.raises(NotFound):
            swapping.answer(swap.id, True, actor)
    with pytest.raises(NotFound):
        swapping.withdraw(swap.id, chen)

    assert swapping.withdraw(swap.id, here.actors["zhang"]).state == "withdrawn"


def test_who_may_not_act_by_then_is_not_swapped_in_and_nothing_changes(here, chen):
    swap, before = asked(here), who_is_on()
    here.change(here.deputies["zhang"], {"status": "suspended", "status_on": "2031-02-01", "status_reason": "detained"})

    with pytest.raises(Invalid) as refusal:
        swapping.answer(swap.id, True, chen)

    assert "other" in refusal.value.errors and who_is_on() == before and here.fresh(swap).state == "asked"


def test_a_deputy_of_another_station_and_oneself_are_not_asked(here):
    for who in ("he", "zhang"):
        with pytest.raises(Invalid):
            swapping.ask(here.duties[0], here.deputies[who], None, "", here.actors["zhang"])
    assert not Swap.select().exists()


def test_the_station_enters_what_was_agreed_by_word_of_mouth_at_once(here):
    swap = asked(here, who="liaison")

    assert swap.state == "agreed" and here.fresh(swap).noted
    assert who_is_on()[date(2031, 1, 15)] == here.people["chen"].id


def test_another_deputy_does_not_give_somebody_elses_duty_away(here):
    with pytest.raises(NotFound):
        swapping.coming_duty(here.duties[1].id, here.actors["zhang"])
    assert swapping.coming_duty(here.duties[1].id, here.actors["liaison"]).id == here.duties[1].id


def test_offers_are_free_deputies_of_the_station_with_what_they_can_give_in_return(here):
    found = swapping.offers(here.duties[0])

    assert [(one.name, [row.day for row in back]) for one, back in found] == [("陈志远", [date(2031, 2, 15)])]


def test_the_deputy_swaps_by_form_and_sees_it(here, chen):
    browser = here.browser("zhang")
    page = browser.get("/d/610902/liaison_station/my-duties")
    assert page.status_code == 200 and f"/duty/{here.duties[0].id}/swap" in page.text

    form = browser.get(f"/d/610902/liaison_station/duty/{here.duties[0].id}/swap")
    assert "陈志远" in form.text and f"?other={here.deputies['chen'].id}" in form.text
    form = browser.get(f"/d/610902/liaison_station/duty/{here.duties[0].id}/swap?other={here.deputies['chen'].id}")
    assert f'value="{here.deputies["chen"].id}.{here.duties[1].id}"' in form.text
    choice = f"{here.deputies['chen'].id}.{here.duties[1].id}"
    assert browser.post(f"/d/610902/liaison_station/duty/{here.duties[0].id}/swap", {"other": choice}).status_code == 303
    refused = browser.post(f"/d/610902/liaison_station/duty/{here.duties[0].id}/swap", {"other": choice})
    assert refused.status_code == 409

    assert "陈志远" in browser.get("/d/610902/liaison_station/my-duties").text
    theirs = here.browser("chen")
    assert "张桂兰" in theirs.get("/d/610902/liaison_station/my-duties").text
    answer = {"swap": Swap.get().id, "answer": "agree"}
    assert theirs.post("/d/610902/liaison_station/my-duties/answer", answer).status_code == 303
    assert who_is_on()[date(2031, 1, 15)] == here.people["chen"].id


def test_programs_swap_too(here, chen):
    made = here.browser("zhang").api("POST", f"/d/610902/liaison_station/duty/{here.duties[0].id}/swap",
                                     json={"other": here.deputies["chen"].id, "back": here.duties[1].id})
    assert made.status_code == 201, made.text
    mine = here.browser("zhang").api("GET", "/d/610902/liaison_station/my-duties").json
    assert [row["asked"] for row in mine["duties"]] == [True]
    assert here.browser("zhang").api("POST", f"/d/610902/liaison_station/swap/{made.json['id']}/withdraw").status_code == 200


def test_a_deputy_enters_and_takes_back_a_wish_on_the_own_page(here):
    browser, path = here.browser("zhang"), "/d/610902/liaison_station/my-duties"

    wrong = browser.post(path, {"kind": "cannot"})
    assert wrong.status_code == 422 and not Wish.select().exists()
    assert browser.post(path, {"kind": "cannot", "from_day": "2031-07-01", "to_day": "2031-08-31"}).status_code == 303
    assert "2031" in browser.get(path).text and Wish.get().person_id == here.people["zhang"].id
    assert here.browser("li").post(f"{path}/wish", {"wish": Wish.get().id}).status_code == 303 and Wish.select().exists()
    browser.post(f"{path}/wish", {"wish": Wish.get().id})
    assert not Wish.select().exists()


def test_the_fairness_of_the_roster_follows_a_swap(here, chen):
    before = plan_draw.standing(here.stations["wuli"].id, 2031)
    assert sorted(before.loads.values()) == [1, 1] and before.spread == 0

    swapping.answer(asked(here, back=False).id, True, chen)

    after = plan_draw.standing(here.stations["wuli"].id, 2031)
    assert sorted(after.loads.values()) == [0, 2] and after.spread == 2
