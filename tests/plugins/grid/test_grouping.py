"""Reports of one need are handled together: answered once, rated by each reporter, counted once at every level."""
from __future__ import annotations

from grid321.core import groups, reply_templates, statistics, verification
from grid321.core.registry import registry

from .conftest import ANSWER, NOT_SATISFIED, SATISFIED


def grouped(world):
    """Return (lead of the worker, member of the neighbour), grouped by the village secretary."""
    lead = world.report()
    member = world.report("neighbour", division=world.second_grid.code, text="3号楼的消防通道被杂物堵住，请清理。")
    groups.join(world.entity, member.id, lead.id, world.actors["secretary"], None, world.tree.county)
    return fresh(world, lead), fresh(world, member)


def fresh(world, case):
    return world.entity.model.get_by_id(case.id)


def village_bank(world):
    workflow = registry().workflow_of("grid.report")
    found = statistics.banks(world.entity, workflow, world.tree.county, statistics.this_month(), "holder_level")
    return next(bank for bank in found if bank.level == "village")


def sound(world):
    assert [fault for fault in verification.check_all() if not fault.startswith("search:")] == []


def test_one_answer_goes_to_every_reporter_and_the_need_is_solved_once(world):
    lead, member = grouped(world)
    world.step("secretary", lead, "solve_on_spot", ANSWER)
    member = fresh(world, member)
    assert (member.state, member.answer, member.outcome) == ("answered", ANSWER["text"], "solved")
    assert world.possible("neighbour", member) == {"rate", "object"}
    world.step("neighbour", member, "rate", SATISFIED)
    world.walk(fresh(world, lead), ("worker", "rate", SATISFIED), ("secretary", "write_off"))
    assert (fresh(world, lead).state, fresh(world, member).state) == ("closed", "closed")
    bank = village_bank(world)
    assert dict(+bank.flows) == {"collected": 2, "joined": 1, "solved": 1} and bank.balanced and bank.open == 0
    counted = statistics.stock(world.entity, world.tree.county, ["state", "rating", "solved_level"])
    assert (counted["state"]["closed"], counted["rating"]["satisfied"], counted["solved_level"]["village"]) == (1, 1, 1)
    sound(world)


def test_who_objects_goes_on_alone_and_is_handled_again(world):
    lead, member = grouped(world)
    world.step("secretary", lead, "solve_on_spot", ANSWER)
    world.step("neighbour", fresh(world, member), "object", NOT_SATISFIED)
    member = fresh(world, member)
    assert (member.state, member.bond, member.handled_again) == ("again", None, True) and member.due is not None
    assert fresh(world, lead).members == 0
    world.walk(fresh(world, lead), ("worker", "rate", SATISFIED), ("secretary", "write_off"))
    assert fresh(world, member).state == "again"
    assert dict(+village_bank(world).flows) == {"collected": 2, "joined": 1, "received": 1, "solved": 1}
    world.walk(fresh(world, member), ("secretary", "answer_again", ANSWER), ("neighbour", "rate", SATISFIED),
               ("secretary", "write_off"))
    assert village_bank(world).open == 0
    sound(world)


def test_a_grid_worker_groups_nothing_and_a_secretary_nothing_of_the_town(world):
    lead, member = grouped(world)
    assert not groups.may_group(world.entity, lead, world.actors["worker"])
    assert groups.may_group(world.entity, lead, world.actors["secretary"])
    at_town = world.at_town()
    assert not groups.may_group(world.entity, at_town, world.actors["secretary"])
    assert groups.may_group(world.entity, at_town, world.actors["officer"])
    assert member.bond == "member"


def test_the_answer_offers_the_templates_of_the_town_and_the_county(world):
    from grid321.core import records

    entity = registry().entity("core.reply_template")
    for who, place in (("officer", world.tree.town), ("county", world.tree.county)):
        records.create(entity, {"name": who, "entity": "grid.report", "kind": None, "department_id": None, "retired": False,
                                "text": "{编号}已办结。"}, world.actors[who], place)
    case = world.report()
    offers = reply_templates.offered(world.entity, case)
    assert [(one.name, one.text) for one in offers] == [(name, f"{case.number}已办结。") for name in ("officer", "county")]
    page = world.browser("secretary").get(f"/d/{world.tree.village.code}/grid/report/{case.id}/do/solve_on_spot")
    assert f"{case.number}已办结。" in page.text
