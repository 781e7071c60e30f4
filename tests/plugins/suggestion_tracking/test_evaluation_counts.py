"""From real steps to rates and bad smells: what counts, what is left out, what is noticed, and that counters equal a recount."""
from datetime import timedelta

import pytest
from support.suggestion_world import REPLY

from grid321.core import counters, db, outbox, snapshot
from grid321.core.statistics import recount
from grid321.plugins.suggestion_tracking import evaluation_counts as counts
from grid321.plugins.suggestion_tracking import evaluation_rates as rates
from grid321.plugins.suggestion_tracking import evaluation_smells as smells
from grid321.plugins.suggestion_tracking.evaluation_models import Counted, ReplyPrint, Smell
from grid321.plugins.suggestion_tracking.life_models import Suggestion

from .suggestion_ground import plugin_modules, world

__all__ = ["plugin_modules", "world"]

KEY = "suggestion_tracking."
EMPTY_WORDS = "您提出的建议收悉，我局高度重视，认真研究，下一步将加大力度，切实做好相关工作，感谢您的关心支持。"


def told():
    """Tell the plugins everything that happened, as the worker does."""
    while outbox.drain():
        counters.fold()


def of_county(world, unit=None):
    """The rates of the county, or of a unit, as (top, bottom) by key."""
    told()
    county = snapshot.current().tree.get(world.tree.county.id)
    year = db.local_day().year
    bags = counts.bags(county, year) if unit is None else counts.bags_by_unit(county, year).get(world.units[unit].id, {})
    return {key: (one.top, one.bottom) for key, one in rates.all_counted(bags, 1, units=unit is not None).items()}


def no_drift():
    """The maintained counters are what a recount finds."""
    counters.fold()
    return recount(KEY + "counted") == [] and recount(KEY + "smell") == []


def test_a_suggestion_counts_from_the_hand_over_on_and_each_step_shows_in_its_rate(world):
    case = world.checked()
    assert of_county(world)["answered"] == (0, 0), "before the hand-over nothing is due"

    case = world.handed("housing")
    assert of_county(world)["answered"] == (0, 1)
    world.accept(case, "housing")
    world.fix(case, "housing")
    world.meet(case, "housing")
    world.step("housing", world.task(case, "housing"), "reply", **REPLY)

    found = of_county(world)
    assert {key: found[key] for key in ("answered", "in_time", "done", "met", "closed", "satisfied")} == {
        "answered": (1, 1), "in_time": (1, 1), "done": (1, 1), "met": (1, 1), "closed": (0, 1), "satisfied": (0, 0)}
    assert of_county(world, "housing")["done"] == (1, 1)
    assert no_drift()


@pytest.mark.parametrize(("outcome", "done"), [("A", (1, 1)), ("B", (0, 1)), ("C", (0, 1)), ("D", (0, 1))])
def test_only_outcome_classes_of_the_county_count_as_done(world, outcome, done):
    world.answered(outcome=outcome)

    assert of_county(world)["done"] == done


def test_what_is_for_reference_withdrawn_or_not_taken_is_left_out_with_its_reason(world):
    world.handed("housing", reference_only=True)
    gone = world.handed("traffic")
    world.step("office", gone, "withdraw_told", reason="代表来电撤回。")

    assert of_county(world)["answered"] == (0, 0)
    assert {row.left_out for row in Counted.select().where(Counted.kind == "suggestion")} == {"reference", "withdrawn"}
    assert no_drift()


def test_each_replying_unit_counts_for_itself_and_a_co_handling_one_not_at_all(world):
    case = world.handed("housing", "traffic")
    assert of_county(world, "housing")["answered"] == (0, 1)
    assert of_county(world, "traffic")["answered"] == (0, 0)

    other = world.separate("traffic", "water")
    assert of_county(world, "traffic")["answered"] == (0, 1)
    assert of_county(world, "water")["answered"] == (0, 1)
    assert of_county(world)["answered"] == (0, 2), f"{case.number} and {other.number} once each"


def test_a_deputy_who_wished_no_meeting_is_not_in_the_met_rate(world):
    world.answered(wish_contact=False)

    assert of_county(world)["met"] == (0, 0)
    assert of_county(world)["answered"] == (1, 1)


def test_a_last_day_that_goes_by_turns_the_in_time_rate_without_any_step(world, tick):
    case = world.handed("housing")
    assert of_county(world)["in_time"] == (0, 0), "it still has time"

    tick(db.local_day() + timedelta(days=400))
    counts.sweep()

    county = snapshot.current().tree.get(world.tree.county.id)
    counters.fold()
    found = rates.all_counted(counts.bags(county, case.handed_on.year), 1)
    assert (found["in_time"].top, found["in_time"].bottom) == (0, 1)
    assert counts.sweep() == 0, "it is counted once"


def test_the_same_event_told_twice_and_a_rebuild_change_nothing(world):
    case = world.answered()
    told()
    before = [row.__data__ for row in Counted.select().order_by(Counted.key)]

    assert counts.refresh([case.id]) == 0
    assert counts.rebuild() == 0
    assert [row.__data__ for row in Counted.select().order_by(Counted.key)] == before


def test_a_rebuild_finds_what_was_lost(world):
    world.answered()
    told()
    Counted.delete().execute()
    counters.CounterRow.delete().where(counters.CounterRow.entity == KEY + "counted").execute()

    assert counts.rebuild() == 2, "the suggestion and the part of its unit"
    assert of_county(world)["answered"] == (1, 1)


# ---------------------------------------------------------------- bad smells

def noticed(case):
    """What is noticed at a suggestion now: kind → measured."""
    told()
    return {row.kind: row.measured for row in Smell.select().where((Smell.record_id == case.id) & (Smell.state == "open"))}


def replied(world, unit, text, **changes):
    """A suggestion that a unit replied to with these words."""
    case = world.handed(unit, **changes)
    world.accept(case, unit)
    world.fix(case, unit)
    world.meet(case, unit)
    world.step(unit, world.task(case, unit), "reply", **{**REPLY, "text": text})
    return case


def test_a_reply_about_the_matter_is_not_noticed_and_set_phrases_are(world):
    assert noticed(replied(world, "housing", REPLY["text"])) == {}

    bad = replied(world, "traffic", EMPTY_WORDS)
    assert noticed(bad) == {"past": 0}
    assert world.fresh(bad).flagged is True
    assert no_drift()


def test_three_nearly_equal_replies_of_a_unit_to_different_requests_are_noticed_at_all_three(world):
    lamps = replied(world, "housing", EMPTY_WORDS + "一")
    canal = replied(world, "housing", EMPTY_WORDS + "二", title="关于清淤西干渠的建议", content="西干渠长八公里，淤积严重，" * 6,
                    reasons="春灌时下游三个村接不到水。", proposal="由水利部门组织清淤。")
    assert "same" not in noticed(canal), "two are not yet everywhere"

    school = replied(world, "housing", EMPTY_WORDS + "三", title="关于扩建第二小学的建议", content="第二小学班额超过六十人，" * 6,
                     reasons="新建小区儿童入学难。", proposal="由教育部门扩建教学楼。")
    assert [noticed(case).get("same") for case in (lamps, canal, school)] == [2, 2, 2]
    assert ReplyPrint.select().count() == 3


def test_the_same_answer_to_the_same_request_and_of_another_unit_is_not_noticed(world):
    for _number in range(3):
        same = replied(world, "housing", EMPTY_WORDS)
    other = replied(world, "traffic", EMPTY_WORDS, title="关于清淤西干渠的建议", content="西干渠长八公里，淤积严重，" * 6,
                    reasons="春灌时接不到水。", proposal="由水利部门组织清淤。")

    assert "same" not in noticed(same)
    assert "same" not in noticed(other)


def test_what_goes_from_unit_to_unit_is_noticed_at_the_threshold_of_the_county(world):
    world.set(KEY + "smell_transfers", 2)
    case = world.handed("housing")
    world.step("housing", world.task(case, "housing"), "give_back", reason="不属于我局职责，请另行交办。")

    assert noticed(case) == {"pushed": 2}, "handed over once and sent back once"


def test_a_case_that_stands_still_is_noticed_by_the_sweep_and_no_longer_after_the_next_step(world, tick):
    case = world.handed("housing")
    told()
    assert smells.sweep() == 0

    tick(db.local_day() + timedelta(days=31))
    assert smells.sweep() == 1
    assert smells.sweep() == 0, "found once"
    assert noticed(case) == {"dragged": 31}
    world.accept(case, "housing")

    assert noticed(case) == {}
    assert Smell.get(Smell.record_id == case.id).state == "over"
    assert world.fresh(case).flagged is False
    assert no_drift()


def test_an_answered_suggestion_is_never_dragged_however_long_its_card_takes(world, tick):
    world.answered()
    told()
    tick(db.local_day() + timedelta(days=300))

    assert smells.sweep() == 0


def test_being_noticed_changes_no_version_so_nobody_loses_a_race(world):
    case = replied(world, "traffic", EMPTY_WORDS)
    before = world.fresh(case).version
    told()

    assert world.fresh(case).version == before
    assert Suggestion.get_by_id(case.id).flagged is True
