"""The hotline: registered while the caller speaks, with hints at similar matters, answered on the spot where that is possible."""

import re

import pytest

from grid321.core import ledger
from grid321.core.errors import Forbidden, Invalid
from grid321.plugins.suggestion_tracking import hotline
from grid321.plugins.suggestion_tracking.matter_models import Matter

from .matter_world import PHONE, plugin_modules, world

__all__ = ["plugin_modules", "world"]

TEXT = "村口的路灯坏了三盏，晚上出门看不见路。"
SOLVED = {"solved": "1", "answer": "已联系供电所，通话中恢复供电。", "outcome": "A", "way": "alone"}


@pytest.fixture
def ring(world, client_for):
    """Return ``ring(role, place, **fields)``: an officer of a place sends the form."""
    browsers = {}

    def send(role="village_officer", at="village", **fields):
        node = getattr(world.tree, at)
        browser = browsers.setdefault((role, at), client_for(f"suggestion_tracking.{role}", node))
        given = {"text": TEXT, "division": world.tree.village.code if at != "other_village" else node.code,
                 "contact_phone": PHONE, "contact_name": "赵秀兰", "kind": "roads", "urgency": "normal", "source": "hotline",
                 **fields}
        return browser.post(f"/d/{node.code}/suggestion_tracking/hotline", data=given)
    return send


def test_a_call_is_registered_with_four_answers(ring, world):
    answer = ring(client_id="call-1")
    assert answer.status_code == 303
    matter = Matter.get()
    assert (matter.source, matter.state, matter.wants_answer) == ("hotline", "reported", True)
    assert matter.division_id == world.tree.village.id and matter.title == TEXT[:-1] and PHONE not in str(matter.__data__)
    assert ring(client_id="call-1").status_code == 303
    assert Matter.select().count() == 1, "the button was pressed twice"
    assert [ring("county_officer", "county", client_id="call-2", **SOLVED).status_code for _twice in range(2)] == [303, 303]
    assert Matter.select().count() == 2


def test_a_caller_who_leaves_no_name_is_not_promised_an_answer(ring):
    assert ring(contact_phone="", contact_name="").status_code == 303
    assert Matter.get().wants_answer is False


@pytest.mark.parametrize(("role", "place", "level"), [("village_officer", "village", "village"), ("town_officer", "town", "town"),
                                                      ("county_officer", "county", "county")])
def test_what_is_solved_during_the_call_is_answered_and_told_by_the_level_that_took_it(ring, world, role, place, level):
    assert ring(role, place, **SOLVED).status_code == 303
    matter = Matter.get()
    assert (matter.state, matter.outcome, matter.holder_level) == ("told", "A", level)
    assert (matter.holder_id, matter.division_id) == (getattr(world.tree, place).id, world.tree.village.id)
    assert matter.feedback_resident_on is not None
    flows = [entry.facts["flows"] for entry in ledger.LedgerEntry.select()
             if (entry.entity, entry.step) == ("suggestion_tracking.matter", "create")]
    assert flows == [[[matter.holder_id, level, "collected"]]]


def test_a_call_solved_at_the_county_keeps_the_banks_in_balance(ring, world):
    from grid321.core import counters, snapshot
    from grid321.core.registry import registry

    ring("county_officer", "county", **SOLVED)
    ring("county_officer", "county")
    assert counters.recount(registry().entity("suggestion_tracking.matter"), snapshot.current().tree) == []


@pytest.mark.parametrize(("fields", "wrong"), [
    ({"text": ""}, "f-text"), ({"division": ""}, "f-division"), ({"contact_phone": "12"}, "f-contact_phone"),
    ({**SOLVED, "answer": ""}, "f-answer"), ({**SOLVED, "outcome": ""}, "f-outcome"), ({**SOLVED, "solved": ""}, "f-solved")])
def test_what_is_missing_is_named_and_what_was_typed_is_kept(ring, fields, wrong):
    answer = ring(**{**fields, "place": "老槐树下"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and f'href="#{wrong}"' in page and "老槐树下" in page
    assert Matter.select().count() == 0


def test_only_explaining_does_not_solve_and_nothing_is_registered_then(ring):
    answer = ring(**{**SOLVED, "way": "explained"})
    assert answer.status_code == 422 and "仅作解释" in answer.get_data(as_text=True) and Matter.select().count() == 0


def test_a_registrar_registers_but_has_no_way_to_answer(ring, world, client_for):
    page = client_for("suggestion_tracking.registrar", world.tree.village).get(
        f"/d/{world.tree.village.code}/suggestion_tracking/hotline").get_data(as_text=True)
    assert "f-solved" not in page and "f-text" in page
    assert ring("registrar", **SOLVED).status_code == 422 and Matter.select().count() == 0
    assert ring("viewer", "county").status_code == 403


def test_while_the_text_is_typed_similar_matters_near_by_are_shown(ring, world, client_for):
    ring(text="村口路灯坏了三盏，晚上看不见路")
    ring(at="other_village", text="村口路灯坏了三盏，晚上看不见路", role="village_officer")
    browser = client_for("suggestion_tracking.village_officer", world.tree.village)
    base = f"/d/{world.tree.village.code}/suggestion_tracking/hotline"

    def hints(text):
        return browser.post(f"{base}/hints", data={"text": text, "division": world.tree.village.code}).get_data(as_text=True)

    first = Matter.get_by_id(1)
    assert re.findall(r"WT-[\d-]+", hints(TEXT)) == [first.number] and "<html" not in hints(TEXT)
    assert first.number not in hints("自来水管爆裂，水漫到路上") and hints("路") == hints("x")
    without_script = browser.post(base, data={"text": TEXT, "division": world.tree.village.code, "look": "1"})
    page = without_script.get_data(as_text=True)
    assert without_script.status_code == 200 and first.number in page and TEXT in page and Matter.select().count() == 2


def test_hints_show_nothing_of_a_place_that_the_officer_does_not_see(ring, world, client_for):
    ring()
    browser = client_for("suggestion_tracking.village_officer", world.tree.other_village)
    page = browser.post(f"/d/{world.tree.other_village.code}/suggestion_tracking/hotline/hints",
                        data={"text": TEXT, "division": world.tree.village.code}).get_data(as_text=True)
    assert "WT-" not in page


def test_the_service_refuses_what_the_actor_may_not(world):
    reader = world.actors["reader"]
    with pytest.raises(Forbidden):
        hotline.take_call({"text": TEXT, "division_id": world.tree.village.id, "answer": None}, None, reader, world.tree.county)
    with pytest.raises(Invalid):
        hotline.take_call({"text": TEXT, "division_id": world.tree.village.id, "solved": True, "answer": None, "outcome": None},
                          None, world.actors["village"], world.tree.village)
    assert Matter.select().count() == 0
