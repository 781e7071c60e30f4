"""Permission and scope: what a grant reaches, what it does not, and that 403 and 404 do not tell who exists."""
import random
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask

from grid321.core import access, accounts, db, people, records, scope, snapshot
from grid321.core.access import ANONYMOUS, SYSTEM, Actor, Grant, admits, fetch, guarded, reach, require, scoped
from grid321.core.dispatch import GuestFailure
from grid321.core.errors import Forbidden, NotFound, Unauthenticated
from grid321.core.registry import platform, registry


@pytest.fixture
def matters(here, raise_matter):
    """One matter in each of three villages of the county, by name."""
    places = {"own": here.tree.village, "second": here.tree.second_village, "sibling": here.tree.other_village}
    return {name: raise_matter(name, by=SYSTEM, at=node) for name, node in places.items()}


def titles(here, node, actor, action="view"):
    """The titles that ``actor`` reaches below ``node``."""
    query = scoped(here.entity.model.select(), here.entity, action, node, actor)
    return {row.title for row in query}


def test_a_grant_reaches_its_division_and_what_lies_below(here, matters):
    assert titles(here, here.tree.county, here.town) == {"own", "second"}
    assert titles(here, here.tree.county, here.village) == {"own"}
    assert titles(here, here.tree.county, here.county) == {"own", "second", "sibling"}


def test_the_division_of_the_address_narrows_what_a_grant_reaches(here, matters):
    assert titles(here, here.tree.town, here.county) == {"own", "second"}
    assert titles(here, here.tree.second_village, here.county) == {"second"}
    assert titles(here, here.tree.other_town, here.town) == set()


def test_nobody_and_the_machine_are_the_two_ends(here, matters):
    assert titles(here, here.tree.county, ANONYMOUS) == set()
    assert titles(here, here.tree.city, SYSTEM) == {"own", "second", "sibling"}


def test_a_permission_for_one_action_is_none_for_another(here, matters):
    assert titles(here, here.tree.county, here.reader) == {"own", "second", "sibling"}
    assert titles(here, here.tree.county, here.reader, "edit") == set()


def test_grants_on_several_divisions_are_added_up_and_inner_ones_do_not_count_twice(here, matters):
    permissions = frozenset({"matters.matter.view"})
    places = (here.tree.village, here.tree.town, here.tree.other_village)
    actor = Actor(1, None, "x", "x", tuple(Grant("r", node.id, None, permissions) for node in places))
    assert titles(here, here.tree.county, actor) == {"own", "second", "sibling"}
    pairs = reach("matters.matter.view", here.tree.county, actor)
    assert [node.id for node, _department in pairs] == [here.tree.town.id, here.tree.other_village.id]


def test_a_grant_within_a_department_reaches_only_what_that_department_handles(here, matters):
    model = here.entity.model
    model.update(department_id=here.office.id).where(model.id == matters["second"].id).execute()
    assert titles(here, here.tree.county, here.clerk) == {"second"}
    assert fetch(here.entity, matters["second"].id, "view", here.tree.county, here.clerk).title == "second"
    with pytest.raises(NotFound):
        fetch(here.entity, matters["own"].id, "view", here.tree.county, here.clerk)


def test_a_grant_within_a_department_reaches_no_record_that_has_none(here):
    records.create(here.note, {"code": "N1", "title": "x"}, SYSTEM, here.tree.village)
    actor = Actor(1, None, "x", "x", (Grant("r", here.tree.town.id, here.office.id, frozenset({"matters.note.view"})),))
    assert list(scoped(here.note.model.select(), here.note, "view", here.tree.town, actor)) == []


def test_a_record_out_of_reach_answers_exactly_like_one_that_does_not_exist(here, matters):
    answers = []
    for number in (matters["sibling"].id, 999_999, 2**63, -1, 0):
        with pytest.raises(NotFound) as caught:
            fetch(here.entity, number, "view", here.tree.town, here.town)
        problem = caught.value
        answers.append((problem.status, problem.code, str(problem.title), str(problem.detail), str(problem.remedy)))
    assert len(set(answers)) == 1


def test_who_sees_a_record_but_may_not_change_it_is_told_so(here, matters):
    with pytest.raises(Forbidden):
        fetch(here.entity, matters["own"].id, "edit", here.tree.county, here.reader)
    with pytest.raises(NotFound):
        fetch(here.entity, matters["sibling"].id, "edit", here.tree.county, here.town)


def test_require_asks_for_the_permission_at_the_division_itself(here):
    require("matters.matter.view", here.tree.village, here.town)
    with pytest.raises(Forbidden):
        require("matters.matter.view", here.tree.county, here.town)
    with pytest.raises(Unauthenticated):
        require("matters.matter.view", here.tree.village, ANONYMOUS)


def test_the_three_questions_about_a_place(here, matters):
    assert here.town.may("matters.matter.view", here.tree.village)
    assert not here.town.may("matters.matter.view", here.tree.county)
    assert here.town.may_within("matters.matter.view", here.tree.county)
    assert not here.town.may_within("matters.matter.view", here.tree.other_town)
    assert here.town.may_on("matters.matter.view", matters["own"])
    assert not here.town.may_on("matters.matter.view", matters["sibling"])
    assert not ANONYMOUS.may_anywhere("matters.matter.view")


def test_records_above_the_county_stay_above_it(here):
    # With one county in the deployment its list has no predicate on the level; what is kept at the city must not leak in.
    office = registry().entity("core.department")
    records.create(office, {"name": "市级单位", "kind": "bureau"}, SYSTEM, here.tree.city)
    permissions = frozenset({"core.department.view"})
    actor = Actor(1, None, "x", "x", (Grant("r", here.tree.county.id, None, permissions),))
    names = {row.name for row in scoped(people.Department.select(), office, "view", here.tree.county, actor)}
    assert "市级单位" not in names


class _Hooks:
    """A dispatcher whose scope hook answers as told."""

    def __init__(self, answer):
        self.answer = answer

    def has(self, hook):
        return hook == "scope"

    def all(self, hook, **arguments):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_what_plugins_add_to_the_scope_only_narrows(here, matters, monkeypatch):
    model = here.entity.model
    monkeypatch.setattr(scope, "_hooks", lambda: _Hooks([model.title != "own"]))
    assert titles(here, here.tree.county, here.town) == {"second"}
    assert fetch(here.entity, matters["second"].id, "view", here.tree.county, here.town).title == "second"
    with pytest.raises(NotFound):
        fetch(here.entity, matters["own"].id, "view", here.tree.county, here.town)


def test_a_plugin_that_fails_to_answer_hides_everything(here, matters, monkeypatch):
    monkeypatch.setattr(scope, "_hooks", lambda: _Hooks(GuestFailure("bad", "scope")))
    assert titles(here, here.tree.county, here.county) == set()
    with pytest.raises(NotFound):
        fetch(here.entity, matters["own"].id, "view", here.tree.county, here.county)


def test_an_entity_outside_the_tree_needs_a_grant_at_the_division_or_above(here):
    from dataclasses import replace

    loose = replace(here.entity, division=None)
    model = here.entity.model
    assert "1 = 0" in str(scoped(model.select(), loose, "view", here.tree.county, here.town).sql())
    assert "1 = 0" not in str(scoped(model.select(), loose, "view", here.tree.town, here.town).sql())
    row = SimpleNamespace(id=1)
    assert not admits(loose, row, "view", here.tree.county, here.town)
    assert admits(loose, row, "view", here.tree.town, here.town)


# -- the law ---------------------------------------------------------------------------------------------------------

def test_what_a_query_reaches_is_what_the_actor_may_one_by_one(here, raise_matter):
    """300 random actors at random addresses: the conditions in SQL agree with the questions asked record by record."""
    nodes = list(snapshot.current().tree)
    model, chance = here.entity.model, random.Random(321)
    for number, node in enumerate(nodes):
        if node.level in {"village", "town", "county"}:
            matter = raise_matter(f"m{number}", by=SYSTEM, at=node)
            if chance.random() < 0.5:
                model.update(department_id=here.office.id).where(model.id == matter.id).execute()
    everything = list(model.select())
    permission, tree, seen = "matters.matter.view", snapshot.current().tree, set()
    for _attempt in range(300):
        grants = tuple(Grant("r", chance.choice(nodes).id, here.office.id if chance.random() < 0.3 else None,
                             frozenset({permission if chance.random() < 0.8 else "matters.matter.edit"}))
                       for _grant in range(chance.randint(0, 4)))
        actor, place = Actor(1, None, "x", "x", grants), chance.choice(nodes)
        expected = {row.title for row in everything
                    if actor.may_on(permission, row) and tree.covers(place, tree.get(row.division_id))}
        assert titles(here, place, actor) == expected, (grants, place.code)
        assert {row.title for row in everything if admits(here.entity, row, "view", place, actor)} == expected
        seen.add(len(expected))
    assert len(seen) > 3  # nothing, some and much were all tried


# -- marks -----------------------------------------------------------------------------------------------------------

def test_a_view_without_a_permission_cannot_be_marked():
    for nothing in ("", None, {}):
        with pytest.raises(ValueError, match="name a permission"):
            guarded(lambda: "", nothing)
    with pytest.raises(ValueError, match="meets or covers"):
        guarded(lambda: "", "login", reach="everywhere")


def _bare(app, *views):
    bare = Flask("bare", static_folder=None)
    bare.extensions["grid321"] = app.extensions["grid321"]
    for number, view in enumerate(views):
        bare.add_url_rule(f"/page{number}", f"core:page{number}", view)
    return bare


def test_an_application_with_an_unmarked_route_does_not_start(app):
    access.check_url_map(_bare(app, guarded(lambda: "", "login")))
    with pytest.raises(access.Unmarked, match="/page1"):
        access.check_url_map(_bare(app, guarded(lambda: "", "login"), lambda: ""))


def test_a_plugin_with_an_unmarked_route_is_set_aside_and_its_route_open_to_nobody(app, client_for, monkeypatch):
    failed = {}
    bare = _bare(app, lambda: "")
    bare.extensions["grid321_endpoint_owners"] = {"core:page0": "careless"}
    monkeypatch.setattr(platform().plugins, "fail", lambda key, message: failed.update({key: message}))
    access.check_url_map(bare, strict=False)
    assert "/page0" in failed["careless"]
    with pytest.raises(access.Unmarked):
        access.check_url_map(bare, strict=True)
    with app.test_request_context(), pytest.raises(NotFound):
        access.enforce(bare.view_functions["core:page0"], None)


def test_an_application_with_an_unknown_permission_does_not_start(app):
    with pytest.raises(access.Unmarked, match=r"core\.acount\.view"):
        access.check_url_map(_bare(app, guarded(lambda: "", {"GET": "core.acount.view"})))


def test_a_method_that_a_mark_does_not_name_is_allowed_to_nobody():
    mark = access.mark_of(guarded(lambda: "", {"GET": "core.account.view"}))
    assert mark.needs("GET") == mark.needs("HEAD") == "core.account.view"
    assert mark.needs("DELETE") is None


# -- cost and age ----------------------------------------------------------------------------------------------------

def test_finding_the_actor_costs_at_most_two_queries(app, division_tree, make_account, monkeypatch):
    from grid321.core import sessions, snapshot

    token = sessions.start(make_account("core.staff", division_tree.town).id)
    queries = []
    real = db.database.obj.execute_sql
    monkeypatch.setattr(db.database.obj, "execute_sql",
                        lambda sql, *rest, **more: (queries.append(sql), real(sql, *rest, **more))[1])
    with app.test_request_context():
        snapshot.current()
        for expected in (2, 1):
            queries.clear()
            assert access.actor_from(sessions.find(token).account).grants
            assert len(queries) <= expected, queries


def test_a_role_ends_for_a_cached_actor_when_its_last_day_is_over(division_tree, make_account):
    account = make_account(None, division_tree.town)
    accounts.grant(account.id, "core.staff", division_tree.town, to_day=db.local_day())
    assert access.actor_of(account.id).grants
    with db.shift_clock(timedelta(days=1)):
        assert access.actor_of(account.id).grants == ()


def test_the_cache_of_actors_belongs_to_the_application(app, division_tree, make_account):
    access.actor_of(make_account("core.staff", division_tree.town).id)
    assert platform().cache["actors"]


def test_only_a_view_for_everybody_looks_at_no_login():
    assert access.mark_of(guarded(lambda: "", "public", stateless=True)).stateless
    with pytest.raises(ValueError, match="public"):
        guarded(lambda: "", "core.account.view", stateless=True)
