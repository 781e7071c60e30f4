"""Figures that follow by events: the page says when they are behind, verify says when they are wrong, a recount mends them."""
from datetime import timedelta

import pytest
from support.suggestion_world import FIXED

from grid321.core import outbox, search, verification
from grid321.plugins.suggestion_tracking import evaluation_counts, evaluation_verify
from grid321.plugins.suggestion_tracking.evaluation_models import Counted

from .suggestion_ground import plugin_modules, world

__all__ = ["plugin_modules", "world"]
LATE = '<div class="notice warn" role="status">'
"""How the page begins to say that the worker is late."""


def told():
    """What verify says of the rates."""
    return [text for text in verification.check_all() if text.startswith("rates")]


@pytest.fixture
def case(world):
    """A suggestion that one unit answered; the worker is through."""
    record = world.answered()
    while outbox.drain():
        pass
    return record


def test_what_was_counted_otherwise_is_told_by_verify_and_mended_by_a_recount(case):
    assert Counted.select().count() and told() == []
    Counted.update(marks="").where(Counted.key == f"suggestion:{case.id}").execute()
    Counted.delete().where(Counted.kind == "unit").execute()

    faults = told()
    assert len(faults) == 2 and all(case.number in text for text in faults)
    evaluation_counts.rebuild()
    assert told() == []


def test_while_events_wait_the_figures_are_behind_and_not_wrong(world, case, tick):
    world.handed(title="关于增设公交站点的建议")
    page = world.browser("office").get(f"/d/{world.tree.county.code}/suggestion_tracking/rates")
    assert told() == [] and evaluation_verify.behind() is None and LATE not in page.text
    tick(timedelta(minutes=5), sweep=False)

    late = world.browser("office").get(f"/d/{world.tree.county.code}/suggestion_tracking/rates")
    assert evaluation_verify.behind() is not None and LATE in late.text
    while outbox.drain():
        pass
    assert told() == [] and evaluation_verify.behind() is None


def test_a_last_day_that_went_by_waits_for_the_hourly_job(case, tick):
    tick(timedelta(days=200), sweep=False)
    assert told() == []
    evaluation_counts.sweep()
    assert told() == []


def test_words_typed_with_a_step_are_found_by_a_recount_whatever_their_order(case):
    assert list(FIXED) != sorted(FIXED), "the six fixings are several texts, not in the order of their names"
    assert [text for text in search.differences() if "suggestion_tracking.task" in text] == []
