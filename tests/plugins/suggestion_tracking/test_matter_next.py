"""What the page of a matter says about the next step, to each of the people around it, and where lists stand in the menu."""
import pytest

from grid321.core import menu, next_steps
from grid321.core.errors import DeclarationError
from grid321.core.faces import face_of
from grid321.core.registry import registry
from grid321.core.registry_checks import check_next_steps

from .matter_world import MatterWorld, plugin_modules, world

__all__ = ["MatterWorld", "plugin_modules", "world"]


def said(world, who, matter):
    """What the page of a matter says to somebody: (steps to take, steps beside, steps to come, who has it)."""
    found = next_steps.shown(face_of(world.entity), matter, world.tree.county, world.actors[who])
    return ([one["key"] for one in found["actions"]], {one["key"] for one in found["others"]},
            [one["label"] for one in found["later"]], found["waiting"])


def test_who_may_only_withdraw_is_told_who_has_the_matter(world):
    handed = world.walk(world.at_town(), ("town", "hand_over", world.hand()), ("office", "take_on"))
    steps, beside, later, waiting = said(world, "county", handed)
    assert (steps, later) == ([], [])
    assert "withdraw" in beside
    assert "村镇建设办" in waiting


def test_the_holder_is_offered_the_way_and_beside_it_what_ends_it(world):
    steps, beside, _later, waiting = said(world, "village", world.matter())
    assert steps[0] == "accept"
    assert not {"withdraw", "become_suggestion"} & set(steps)
    assert "withdraw" in beside
    assert waiting == ""


def test_a_step_that_needs_a_meeting_is_announced_with_the_reason(world):
    steps, _beside, later, _waiting = said(world, "county", world.at_county())
    assert steps[0] == "answer_directly"
    assert str(registry().workflow_of(world.entity.key).transition("hand_over_county").label) in later


def test_a_write_off_is_announced_while_it_lacks_something(world):
    steps, _beside, later, _waiting = said(world, "village", world.rated({"outcome": "B"}))
    assert "write_off" not in steps
    assert len(later) == 1


def test_whoever_waits_for_the_resident_is_told_so(world):
    told = world.walk(world.answered(), ("village", "feed_back", {"resident_on": "2026-11-20", "how": "phone"}))
    assert "rate_told" in said(world, "village", told)[0]
    assert said(world, "reader", told)[3] not in {"", said(world, "reader", world.matter())[3]}


def test_a_closed_matter_waits_for_nobody(world):
    gone = world.step("village", world.matter(), "withdraw", {"reason": "重复登记。"})
    assert said(world, "county", gone) == ([], set(), [], "")


def test_a_step_that_no_workflow_has_is_a_mistake_of_the_declaration(world):
    from dataclasses import replace

    flows = [registry().workflow_of(world.entity.key)]
    check_next_steps("suggestion_tracking", world.entity, flows)
    with pytest.raises(DeclarationError, match="no_such_step"):
        check_next_steps("suggestion_tracking", replace(world.entity, beside=("no_such_step",)), flows)


def test_the_menu_folds_what_is_seldom_needed_and_begins_with_the_desk(world, app):
    with app.test_request_context():
        items = [item for _label, group in menu.build(world.actors["county"], world.tree.county) for item in group]
    seldom = {item["url"].rstrip("/").rpartition("/")[2] for item in items if item["more"]}
    assert seldom == {"session", "contact", "appraisal", "ballot", "chosen"}
    assert [item["url"].rpartition("/")[2] for item in items if item["first"]] == ["desk", "dashboard"]
