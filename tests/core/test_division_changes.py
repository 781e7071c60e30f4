"""Dated changes of the tree: nothing is lost, old codes still lead somewhere, figures still balance."""
from collections import Counter as Bag
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grid321.core import (
    accounts,
    counters,
    db,
    division_changes,
    division_records,
    engine,
    people,
    records,
    snapshot,
    switches,
)
from grid321.core.actor import SYSTEM
from grid321.core.cli import main
from grid321.core.clock import Deadline
from grid321.core.db import local_day
from grid321.core.division_changes import (
    Part,
    create_division,
    merge_divisions,
    move_division,
    rename_division,
    retire_division,
    split_division,
)
from grid321.core.divisions import DivisionChange
from grid321.core.errors import Conflict, Invalid, NotFound, Refused
from grid321.core.ledger import LedgerEntry
from grid321.core.people import Department, Post
from grid321.core.registry import registry
from grid321.core.settings import SettingValue
from grid321.core.statistics import IN, OUT

WHY = {"actor": SYSTEM, "reason": "区政府批复〔2026〕1号"}


def tree():
    return snapshot.current().tree


def below(entity, node):
    """Ids of the records of an entity at and below a division, as a list page would find them."""
    return {row[0] for row in entity.model.select(entity.model.id).where(
        getattr(entity.model, node.column) == node.id).tuples()}


def sound():
    """What must hold after every change of the tree."""
    now = tree()
    models = division_records.scoped_models()
    assert division_records.misplaced(models, now) == []
    for entity in registry().entities.values():
        assert counters.recount(entity, now) == []
    for model in models:
        for level in ("city", "county", "town", "village", "grid"):
            column = getattr(model, f"{level}_id")
            everywhere = model.select().where(column.is_null(False)).count()
            found = sum(model.select().where(column == node.id).count() for node in now
                        if node.level == level and (node.valid or now.heir(node.id).id == node.id))
            assert found == everywhere, (model, level)
    balanced(now)


def balanced(now):
    """In every bank: what came in, less what went out, is what is open."""
    entity = registry().entity("matters.matter")
    flows = Bag()
    for place, level, _month, kind, n in counters.flows(entity.key, [node.id for node in now], ("village", "town", "county")):
        if now.get(place).level == level:
            flows[place] += n * ((kind in IN) - (kind in OUT))
    held = Bag(row[0] for row in entity.model.select(entity.model.holder_id).where(
        entity.model.closed_at.is_null()).tuples())
    assert +flows == held


# -- create --------------------------------------------------------------------------------------------------------

def test_a_new_village_stands_in_the_tree_at_once(here):
    create_division(here.tree.town, "610902104300", "新设村", actor=SYSTEM)
    assert tree().by_code("610902104300").path[:-1] == here.tree.town.path
    change = DivisionChange.select().order_by(DivisionChange.id.desc()).first()
    assert (change.kind, change.day) == ("create", local_day())


@pytest.mark.parametrize(("parent", "code", "level"), [
    ("610902", "610902104200", None), ("610902104", "610902105300", None), ("610902104", "610902104200001", "grid"),
    ("610902104200", "610902", None), (None, "610902104300", None)])
def test_a_division_in_the_wrong_place_is_refused(here, parent, code, level):
    with pytest.raises(Invalid):
        create_division(parent, code, "错位", actor=SYSTEM, level=level)


def test_a_code_that_is_taken_is_refused_by_the_name_of_its_owner(here):
    with pytest.raises(Conflict) as refusal:
        create_division(here.tree.town, "610902104200", "第二个", actor=SYSTEM)
    assert "五里村" in str(refusal.value.title)


# -- rename --------------------------------------------------------------------------------------------------------

def test_a_renamed_division_keeps_its_records_and_its_old_code_leads_to_it(here, raise_matter):
    matter = raise_matter()
    rename_division("610902104", name="五里街道", code="610902005", **WHY)
    node, moved = tree().resolve("610902104")
    assert (node.name, node.code, moved) == ("五里街道", "610902005", True)
    assert matter.id in below(here.entity, node)
    sound()


def test_the_codes_below_follow_when_they_are_asked_to(here):
    rename_division("610902104", code="610902005", with_descendants=True, **WHY)
    assert tree().by_code("610902005200").name == "五里村"
    assert tree().resolve("610902104200")[1] is True


def test_two_divisions_can_swap_their_codes_by_way_of_a_third(here):
    rename_division("610902104", code="610902999", **WHY)
    rename_division("610902105", code="610902104", **WHY)
    rename_division("610902999", code="610902105", **WHY)
    assert (tree().by_code("610902104").name, tree().by_code("610902105").name) == ("大同镇", "五里镇")


@pytest.mark.parametrize("wanted", [
    {}, {"name": "五里镇"}, {"name": " "}, {"code": "610902"}, {"code": "610902x05"}, {"code": "610902105"}])
def test_a_rename_that_does_not_fit_changes_nothing(here, wanted):
    with pytest.raises((Invalid, Conflict)):
        rename_division("610902104", **wanted, **WHY)
    assert tree().by_code("610902104").name == "五里镇"
    assert DivisionChange.select().count() == 0


@pytest.mark.parametrize("day", [timedelta(days=1), timedelta(days=400)])
def test_a_change_is_entered_when_it_takes_effect_and_not_before(here, day):
    with pytest.raises(Invalid):
        rename_division("610902104", name="五里街道", day=local_day() + day, **WHY)


@pytest.mark.parametrize("reason", ["", "  ", "长" * 401])
def test_a_change_without_a_reason_is_refused(here, reason):
    with pytest.raises(Invalid):
        retire_division("610902104201", actor=SYSTEM, reason=reason)


# -- move ----------------------------------------------------------------------------------------------------------

def test_a_village_that_moves_takes_its_records_people_and_open_matters_along(here, raise_matter, step):
    at_village, at_town = raise_matter(), step(raise_matter(), "send_up", here.village, record="两委会议")
    move_division(here.tree.village, here.tree.other_town, **WHY)
    new_town = tree().by_code("610902105")
    assert below(here.entity, new_town) == {at_village.id, at_town.id}
    held = here.entity.model.get_by_id(at_town.id)
    assert held.holder_id == new_town.id
    sound()


def test_the_clocks_of_a_matter_that_was_handed_on_run_for_the_new_town(here, raise_matter, step):
    matter = step(raise_matter(), "send_up", here.village, record="两委会议")
    Deadline.update(division_id=here.tree.town.id).where(Deadline.record_id == matter.id).execute()
    move_division(here.tree.village, here.tree.other_town, **WHY)
    assert [row.division_id for row in Deadline.select().where(Deadline.record_id == matter.id)] == [
        tree().by_code("610902105").id]


def test_the_change_says_how_many_matters_lie_with_offices_of_the_former_town(here, raise_matter, step):
    matter = step(raise_matter(), "send_up", here.village, record="两委会议")
    step(matter, "hand_over", here.town, department_id=here.office.id)
    assert move_division(here.tree.village, here.tree.other_town, **WHY).detail["with_former_offices"] == 1


def test_who_works_in_the_new_town_reaches_a_matter_that_the_old_town_held(here, raise_matter, step, actor_at):
    matter = step(raise_matter(), "send_up", here.village, record="两委会议")
    move_division(here.tree.village, here.tree.other_town, **WHY)
    engine.perform(here.entity, matter.id, "close", {}, actor_at("610902105"), None, here.tree.county)
    assert here.entity.model.get_by_id(matter.id).state == "closed"
    sound()


@pytest.fixture
def actor_at(make_account):
    from grid321.core import access

    return lambda code: access.actor_of(make_account("matters.officer", tree().by_code(code)).id)


@pytest.mark.parametrize(("what", "where"), [
    ("610902104200", "610902"), ("610902104", "610902105"), ("610902104200", "610902104200"), ("610902", "610902104")])
def test_a_move_to_the_wrong_level_is_refused(here, what, where):
    with pytest.raises(Invalid):
        move_division(what, where, **WHY)


def test_a_move_to_where_it_already_is_is_refused(here):
    with pytest.raises(Conflict):
        move_division("610902104200", "610902104", **WHY)


def test_a_town_can_move_to_another_county_with_everything_in_it(here, raise_matter):
    matter = raise_matter()
    move_division("610902104", "610921", code="610921300", **WHY)
    assert matter.id in below(here.entity, tree().by_code("610921"))
    assert matter.id not in below(here.entity, tree().by_code("610902"))
    assert tree().by_code("610902104").code == "610921300"
    sound()


# -- merge ---------------------------------------------------------------------------------------------------------

def test_merged_towns_become_one_with_the_records_of_both(here, raise_matter):
    first = raise_matter()
    merge_divisions(["610902104"], "610902105", name="五里大同镇", **WHY)
    node, moved = tree().resolve("610902104")
    assert (node.code, node.name, moved) == ("610902105", "五里大同镇", True)
    assert first.id in below(here.entity, node)
    assert [child.name for child in tree().children(node)] == ["五里村", "刘营村", "大同村"]
    sound()


def test_merged_villages_become_one_and_the_post_of_a_person_who_held_both_is_held_once(here):
    person = people.create_person({"name": "张伟"}, SYSTEM, here.tree.village)
    for village in (here.tree.village, here.tree.second_village):
        Post.create(person_id=person.id, kind="x", from_day=date(2026, 1, 1),
                    **snapshot_columns(village))
    merge_divisions(["610902104201"], "610902104200", **WHY)
    village = tree().by_code("610902104200")
    held = list(Post.select().where(Post.division_id == village.id))
    assert len(held) == 2
    assert sum(post.to_day is None for post in held) == 1


def snapshot_columns(node):
    from grid321.core.tree import ancestor_columns

    return ancestor_columns(tree(), node)


def test_a_village_that_is_merged_into_one_of_another_town_takes_the_matters_its_town_held_along(here, raise_matter, step):
    matter = step(raise_matter(), "send_up", here.village, record="两委会议")
    merge_divisions([here.tree.village], here.tree.other_village, **WHY)
    assert here.entity.model.get_by_id(matter.id).holder_id == here.tree.other_town.id
    strictly_sound(here)


def test_offices_of_one_name_stay_two_offices_after_a_merge(here):
    entity = registry().entity("core.department")
    records.create(entity, {"name": "综合治理办公室", "kind": "office"}, SYSTEM, here.tree.other_town)
    merge_divisions(["610902104"], "610902105", **WHY)
    town = tree().by_code("610902105")
    assert sorted(row.name for row in Department.select().where(Department.division_id == town.id)) == [
        "综合治理办公室", "综合治理办公室 2"]


def test_roles_on_a_merged_division_hold_on_the_one_it_became(here):
    merge_divisions(["610902104"], "610902105", **WHY)
    assert here.town.account_id is not None
    held = dict(accounts.held(here.town.account_id))
    assert held["matters.officer"] == tree().by_code("610902105").id


def test_a_merge_switches_nothing_on_or_off(here):
    switches.turn("matters", here.tree.town, False)
    merge_divisions(["610902104"], "610902105", **WHY)
    now = snapshot.current()
    assert not now.switches.is_on("matters", now.tree.by_code("610902104200"))
    assert now.switches.is_on("matters", now.tree.by_code("610902105200"))


def test_a_setting_of_a_merged_town_stays_with_its_villages(here):
    SettingValue.create(key="matters.village_days", division_id=here.tree.town.id, value="3 d", source="镇",
                        valid_from=date(2026, 1, 1))
    merge_divisions(["610902104"], "610902105", **WHY)
    now = snapshot.current()
    assert now.settings.get("matters.village_days", now.tree.by_code("610902104200")) == "3 d"
    assert now.settings.get("matters.village_days", now.tree.by_code("610902105200")) != "3 d"


@pytest.mark.parametrize(("sources", "target"), [
    ([], "610902104"), (["610902104"], "610902104"), (["610902104200"], "610902104"), (["610902"], "610902104")])
def test_a_merge_of_nothing_or_of_different_levels_is_refused(here, sources, target):
    with pytest.raises(Invalid):
        merge_divisions(sources, target, **WHY)


def test_a_merged_division_cannot_be_merged_again(here):
    merge_divisions(["610902104"], "610902105", **WHY)
    with pytest.raises(NotFound):
        merge_divisions(["610902104"], "610902105", **WHY)


# -- split ---------------------------------------------------------------------------------------------------------

def test_a_split_town_gives_each_part_its_villages_and_the_heir_everything_else(here, raise_matter, step):
    in_first = step(raise_matter(), "send_up", here.village, record="两委会议")
    in_second = raise_matter(at=here.tree.second_village, by=SYSTEM)
    at_town = raise_matter(at=here.tree.town, by=SYSTEM)
    split_division("610902104", [Part("610902300", "五里镇", ("610902104200",)),
                                 Part("610902301", "刘营镇", ("610902104201",))], heir="610902301", **WHY)
    five, liu = tree().by_code("610902300"), tree().by_code("610902301")
    assert below(here.entity, five) == {in_first.id}
    assert below(here.entity, liu) == {in_second.id, at_town.id}
    assert here.entity.model.get_by_id(in_first.id).holder_id == five.id
    assert tree().resolve("610902104")[0] is not None
    assert tree().by_code("610902104").code == "610902301"
    assert here.office.id in {row.id for row in Department.select().where(Department.division_id == liu.id)}
    sound()


def test_a_part_can_be_split_off_while_the_town_goes_on(here, raise_matter):
    matter = raise_matter()
    split_division("610902104", [Part("610902300", "开发区街道", ("610902104201",))], **WHY)
    town = tree().by_code("610902104")
    assert town.valid
    assert matter.id in below(here.entity, town)
    assert [child.name for child in tree().children(tree().by_code("610902300"))] == ["刘营村"]
    sound()


def test_the_parts_have_what_the_town_had_switched_on(here):
    switches.turn("matters", here.tree.county, False)
    switches.turn("matters", here.tree.town, True)
    split_division("610902104", [Part("610902300", "开发区街道", ("610902104201",))], **WHY)
    now = snapshot.current()
    assert now.switches.is_on("matters", now.tree.by_code("610902300"))
    assert now.switches.is_on("matters", now.tree.by_code("610902104"))


@pytest.mark.parametrize(("parts", "heir"), [
    ([], None),
    ([Part("610902300", "一")], "610902300"),
    ([Part("610902300", "一"), Part("610902300", "二")], None),
    ([Part("610902300", "一"), Part("610902301", "二")], "610902302"),
    ([Part("610902300", "一", ("610902105200",))], None),
    ([Part("610902300", "一", ("610902104200",)), Part("610902301", "二", ("610902104200",))], None),
    ([Part("610902105", "一")], None),
    ([Part("61090230", "一")], None),
    ([Part("610902300", "")], None)])
def test_a_split_that_does_not_add_up_is_refused_and_changes_nothing(here, parts, heir):
    before = len(tree())
    with pytest.raises((Invalid, Conflict)):
        split_division("610902104", parts, heir=heir, **WHY)
    assert len(tree()) == before
    assert DivisionChange.select().count() == 0


# -- retire --------------------------------------------------------------------------------------------------------

def test_a_division_with_open_matters_is_not_retired_and_the_refusal_says_how_many_and_where(here, raise_matter):
    raise_matter()
    raise_matter()
    with pytest.raises(Refused) as refusal:
        retire_division("610902104200", **WHY)
    assert "2" in str(refusal.value.detail)
    assert "Matter" in str(refusal.value.detail)
    assert tree().by_code("610902104200").valid


def test_a_division_with_others_below_it_is_not_retired(here):
    with pytest.raises(Refused):
        retire_division("610902104", **WHY)


def test_the_closed_matters_of_a_retired_village_are_found_in_its_town(here, raise_matter, step):
    matter = step(raise_matter(), "close", here.village)
    person = people.create_person({"name": "张伟"}, SYSTEM, here.tree.village)
    Post.create(person_id=person.id, kind="x", from_day=date(2026, 1, 1), **snapshot_columns(here.tree.village))
    change = retire_division("610902104200", **WHY)
    assert change.detail == {"posts_ended": 1}
    assert not tree().by_code("610902104200").valid
    assert matter.id in below(here.entity, tree().by_code("610902104"))


# -- all of them ---------------------------------------------------------------------------------------------------

def test_each_change_is_dated_reasoned_and_in_the_ledger(here):
    rename_division("610902104", name="五里街道", day=date(2026, 3, 1), **WHY)
    change = DivisionChange.get()
    assert (change.kind, change.day, change.reason) == ("rename", date(2026, 3, 1), WHY["reason"])
    entry = LedgerEntry.select().where(LedgerEntry.entity == "core.division").order_by(LedgerEntry.id.desc()).get()
    assert entry.step == "rename"
    assert entry.facts["change"] == change.id


def test_a_failure_in_the_middle_of_a_change_leaves_nothing_of_it(here, raise_matter, monkeypatch):
    matter = raise_matter()
    monkeypatch.setattr(division_changes.counts, "merged", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        merge_divisions(["610902104"], "610902105", **WHY)
    assert tree().by_code("610902104").valid
    assert matter.id in below(here.entity, tree().by_code("610902104"))
    monkeypatch.undo()
    sound()


def test_the_commands_rename_merge_split_and_retire(here, app, monkeypatch):
    monkeypatch.setattr("grid321.core.app.create_app", lambda: app)

    def run(*words):
        found = CliRunner().invoke(main, ["divisions", *words, "--reason", "批复"])
        assert found.exit_code == 0, found.output
        return found.output

    run("rename", "610902104201", "--name", "刘营社区")
    run("move", "610902105200", "610902104")
    run("merge", "610902104201", "610902104200")
    run("split", "610902104", "--part", "610902300=新镇:610902104200")
    run("retire", "610902105")
    assert tree().by_code("610902104200").parent_id == tree().by_code("610902300").id
    failed = CliRunner().invoke(main, ["divisions", "retire", "610902", "--reason", "x"])
    assert failed.exit_code == 1


# -- the law -------------------------------------------------------------------------------------------------------

STEPS = st.lists(st.tuples(st.sampled_from(["merge", "move", "split", "rename", "retire"]), st.integers(0, 999),
                           st.integers(0, 999)), min_size=1, max_size=8)


class _Enough(Exception):
    """Ends an example: what it wrote is rolled back."""


def disturb(kind, first, second, number):
    """One random change of the tree, or none where it does not fit."""
    now = tree()
    movable = sorted((node for node in now if node.valid and node.level in ("town", "village")), key=lambda node: node.code)
    one = movable[first % len(movable)]
    peers = [node for node in movable if node.level == one.level and node.id != one.id]
    other = peers[second % len(peers)] if peers else None
    new_code = f"610902{500 + number}" if one.level == "town" else f"610902104{500 + number}"
    if kind == "merge" and other:
        merge_divisions([one], other, **WHY)
    elif kind == "rename":
        rename_division(one, code=new_code, **WHY)
    elif kind == "move":
        parents = [node for node in now if node.valid and node.level == now.parent(one).level and node.id != one.parent_id]
        if parents:
            move_division(one, parents[second % len(parents)], **WHY)
    elif kind == "split":
        children = [child.code for child in now.children(one)]
        parts = [Part(new_code, "甲", tuple(children[::2])), Part(f"{new_code[:-3]}{800 + number}", "乙", tuple(children[3::2]))]
        split_division(one, parts, heir=parts[second % 2].code if second % 3 else None, **WHY)
    elif kind == "retire":
        retire_division(one, **WHY)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_merged_moved_split_and_renamed_every_record_is_found_and_the_figures_balance(
        here, raise_matter, step, steps):
    codes = {node.code for node in tree() if node.valid}
    try:
        with db.transaction():
            for place in (here.tree.village, here.tree.second_village, here.tree.other_village, here.tree.town):
                raise_matter(at=place, by=SYSTEM)
                step(raise_matter(at=place, by=SYSTEM), "send_up", SYSTEM, record="会议")
                if place.level == "village":
                    grid = here.tree.add(f"{place.code}001", "第一网格", "grid", place, "matters")
                    records.create(here.note, {"code": grid.code, "title": "台账"}, SYSTEM, grid)
            step(raise_matter(at=here.tree.other_village, by=SYSTEM), "close", SYSTEM)
            totals = {model: model.select().count() for model in division_records.scoped_models()}
            for number, (kind, first, second) in enumerate(steps):
                try:
                    disturb(kind, first, second, number)
                except (Refused, Conflict):
                    continue
                assert {model: model.select().count() for model in totals} == totals
                strictly_sound(here)
            for code in codes:
                node = tree().by_code(code)
                assert node is not None
            raise _Enough
    except _Enough:
        pass


@pytest.mark.parametrize(("module", "name", "instead"), [
    ("hanging", "restamp_subtree", 0), ("hanging", "follow_holders", {}), ("hanging", "move_records", {}),
    ("counts", "moved", None), ("counts", "merged", None), ("counts", "handed_on", None)])
def test_the_law_notices_each_step_that_is_left_out(here, raise_matter, step, monkeypatch, module, name, instead):
    step(raise_matter(), "send_up", here.village, record="会议")
    raise_matter(at=here.tree.other_village, by=SYSTEM)
    sound()
    monkeypatch.setattr(getattr(division_changes, module), name, lambda *args, **kwargs: instead)

    def change_it():
        move_division(here.tree.village, here.tree.other_town, **WHY)
        strictly_sound(here)
        merge_divisions([here.tree.other_village], here.tree.second_village, **WHY)
        strictly_sound(here)

    with pytest.raises(AssertionError):
        change_it()


def strictly_sound(here):
    """``sound``, and every holder of a matter stands on the line of its division."""
    sound()
    now = tree()
    for division_id, holder_id in here.entity.model.select(here.entity.model.division_id, here.entity.model.holder_id).tuples():
        assert holder_id in now.get(division_id).path
        assert now.get(holder_id).valid
