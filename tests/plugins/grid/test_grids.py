"""Grids: where they belong, how they are numbered, how they end, and who holds posts in them."""
from __future__ import annotations

import json

import pytest

from grid321.core import errors

SQUARE = {"type": "Polygon", "coordinates": [[[109.0, 32.0], [109.1, 32.0], [109.1, 32.1], [109.0, 32.1], [109.0, 32.0]]]}
NEW = {"name": "新网格", "kind": "basic"}


def square(west, south, side=0.1):
    """A GeoJSON square."""
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def secretary(world):
    """The browser of the village's secretary."""
    return world.browser("secretary")


def wrong(answer):
    """The fields that a refusal names."""
    return [error["field"] for error in answer.json["errors"]]


def api(world, place, *parts):
    return "/d/" + place.code + "/grid/grid" + "".join(f"/{part}" for part in parts)


def make(client, place, **fields):
    return client.api("POST", api(None, place), {"village": "610902104200", **NEW, **fields})


def test_a_new_grid_gets_the_next_number_of_its_village_and_a_node_in_the_tree(world, secretary):
    from grid321.core import snapshot

    answer = make(secretary, world.tree.village)
    assert answer.status_code == 201, answer.json
    assert answer.json["code"] == "610902104200003"
    node = snapshot.current().tree.by_code("610902104200003")
    assert (node.level, node.owner, node.parent_id, node.name) == ("grid", "grid", world.tree.village.id, "新网格")


def test_the_county_may_set_another_number_of_digits(world, secretary):
    from grid321.core import settings
    from grid321.core.db import local_day

    settings.put("grid.code_digits", world.tree.county, 2, source="区文件", valid_from=local_day())
    assert make(secretary, world.tree.village).json["code"] == "61090210420003"


def test_when_the_numbers_of_a_village_are_used_up_the_message_says_what_to_do(world, secretary):
    from grid321.core import settings
    from grid321.core.db import local_day

    settings.put("grid.code_digits", world.tree.county, 1, source="区文件", valid_from=local_day())
    for _number in range(7):
        assert make(secretary, world.tree.village).status_code == 201
    answer = make(secretary, world.tree.village)
    assert answer.status_code == 422
    assert answer.json["code"] == "refused"


@pytest.mark.parametrize("place", ["610902104", "610902", "610902104200001", "999"])
def test_a_grid_belongs_to_a_village_never_to_a_town_a_county_or_another_grid(world, place):
    officer = world.browser("county")
    answer = officer.api("POST", api(None, world.tree.county), {**NEW, "village": place})
    assert answer.status_code == 422
    assert "village" in wrong(answer)


def test_a_grid_needs_its_village(world, secretary):
    answer = secretary.api("POST", api(None, world.tree.village), NEW)
    assert answer.status_code == 422
    assert "village" in wrong(answer)


def test_a_secretary_makes_no_grid_in_another_village(world, secretary):
    answer = secretary.api("POST", api(None, world.tree.village), {**NEW, "village": world.tree.second_village.code})
    assert answer.status_code == 422
    assert secretary.api("POST", api(None, world.tree.second_village),
                         {**NEW, "village": world.tree.second_village.code}).status_code in {403, 404}


def test_a_dedicated_grid_says_of_what_and_a_basic_one_does_not(world, secretary):
    answer = make(secretary, world.tree.village, kind="dedicated")
    assert (answer.status_code, wrong(answer)) == (422, ["subject"])
    assert make(secretary, world.tree.village, kind="dedicated", subject="中心市场").status_code == 201
    answer = make(secretary, world.tree.village, kind="basic", subject="中心市场")
    assert (answer.status_code, wrong(answer)) == (422, ["subject"])


@pytest.mark.parametrize("boundary", [
    "POLYGON((0 0))", {"type": "Point", "coordinates": [109, 32]}, {"type": "Polygon", "coordinates": []},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}, [1, 2], 7, {"type": "Polygon", "coordinates": [[["x", 1]]]},
])
def test_a_boundary_that_is_none_is_refused_at_its_field(world, secretary, boundary):
    answer = make(secretary, world.tree.village, boundary=boundary)
    assert (answer.status_code, wrong(answer)) == (422, ["boundary"])


def test_the_boundary_is_shown_as_a_map_with_its_text(world, secretary):
    made = make(secretary, world.tree.village, boundary=SQUARE).json
    page = secretary.get(f"/d/{world.tree.village.code}/grid/grid/{made['id']}")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert 'class="map"' in text
    assert json.dumps(SQUARE["coordinates"][0][0])[1:6] in text


@pytest.mark.once
def test_grids_made_together_are_numbered_north_to_south_and_west_to_east():
    from grid321.plugins.grid.grids import in_order

    shapes = [("south", square(109.05, 32.0)), ("north east", square(109.3, 32.52)), ("north west", square(109.0, 32.5)),
              ("nowhere", None), ("middle", square(109.15, 32.3))]
    assert in_order(shapes) == ["north west", "north east", "middle", "south", "nowhere"]


def test_renaming_a_grid_renames_its_node_and_keeps_its_code(world, secretary):
    from grid321.core import snapshot

    made = make(secretary, world.tree.village).json
    answer = secretary.api("PATCH", api(None, world.tree.village, made["id"]), {"name": "西河路网格"},
                           If_Match=f'"{made["version"]}"')
    assert answer.status_code == 200, answer.json
    assert snapshot.current().tree.by_code(made["code"]).name == "西河路网格"


def test_a_grid_does_not_change_its_village_on_its_page(world):
    from grid321.core import records
    from grid321.core.registry import registry

    entity = registry().entity("grid.grid")
    row = entity.model.get(entity.model.code == world.grid.code)
    with pytest.raises(errors.Invalid) as refused:
        records.update(entity, row.id, {"village_id": world.tree.second_village.id}, world.actors["county"], None,
                       world.tree.county)
    assert "village" in refused.value.errors


def test_a_grid_without_reports_is_deleted_and_its_number_is_not_used_again(world):
    from grid321.core import snapshot

    officer = world.browser("officer")
    made = make(officer, world.tree.town).json
    answer = officer.api("DELETE", api(None, world.tree.town, made["id"]), If_Match=f'"{made["version"]}"')
    assert answer.status_code == 204
    assert not snapshot.current().tree.by_code(made["code"]).valid
    assert make(officer, world.tree.town).json["code"] == "610902104200004"


def test_a_grid_with_reports_is_retired_not_deleted_and_only_when_they_are_closed(world):
    from grid321.core import snapshot

    officer = world.browser("officer")
    case = world.report()
    row = officer.api("GET", api(None, world.tree.town) + "?q=" + world.grid.code).json["items"][0]
    answer = officer.api("DELETE", api(None, world.tree.town, row["id"]), If_Match=f'"{row["version"]}"')
    assert (answer.status_code, answer.json["code"]) == (422, "has_reports")
    retire = f"/d/{world.tree.town.code}/grid/grid/{row['id']}/retire"
    assert officer.post(retire, {"reason": "合并网格"}).status_code == 422
    assert snapshot.current().tree.get(world.grid.id).valid
    world.step("worker", case, "withdraw", {"reason": "重复上报"})
    assert officer.post(retire, {"reason": "合并网格"}).status_code == 303
    assert not snapshot.current().tree.get(world.grid.id).valid
    assert officer.get(f"/d/{world.tree.town.code}/grid/report/{case.id}").status_code == 200


def test_a_retired_grid_is_not_changed_any_more(world):
    from grid321.core import records
    from grid321.core.db import local_day
    from grid321.core.registry import registry

    entity = registry().entity("grid.grid")
    row = entity.model.get(entity.model.code == world.second_grid.code)
    records.update(entity, row.id, {"retired_on": local_day()}, world.actors["officer"], None, world.tree.county)
    with pytest.raises(errors.Problem):
        records.update(entity, row.id, {"name": "别名"}, world.actors["officer"], None, world.tree.county)


def person(world, name="李桂英"):
    """A person kept at the village."""
    from grid321.core import access, records
    from grid321.core.registry import registry

    return records.create(registry().entity("core.person"), {"name": name, "phone": "13909150001"}, access.SYSTEM,
                          world.tree.village)


def test_a_secretary_appoints_a_grid_head_who_can_report_at_once(world, secretary):
    from grid321.core import access, accounts
    from grid321.core.registry import registry

    someone = person(world)
    entity = registry().entity("grid.grid")
    row = entity.model.get(entity.model.code == world.grid.code)
    here = f"/d/{world.tree.village.code}/grid/grid/{row.id}"
    assert secretary.get(f"{here}/appoint").status_code == 200
    answer = secretary.post(f"{here}/appoint", {"person": str(someone.id), "kind": "grid_head", "from_day": ""})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    page = secretary.get(here).get_data(as_text=True)
    assert "李桂英" in page
    account = accounts.create_account("liguiying", None, world.tree.village, person_id=someone.id, must_change_password=False)
    assert access.actor_of(account.id).may("grid.report.create", world.grid)


def test_appointing_twice_says_so_and_ending_a_post_takes_its_rights(world, secretary):
    from grid321.core.people import posts_at
    from grid321.core.registry import registry

    someone = person(world)
    entity = registry().entity("grid.grid")
    row = entity.model.get(entity.model.code == world.grid.code)
    here = f"/d/{world.tree.village.code}/grid/grid/{row.id}"
    form = {"person": str(someone.id), "kind": "grid_worker", "from_day": ""}
    assert secretary.post(f"{here}/appoint", form).status_code == 303
    assert secretary.post(f"{here}/appoint", form).status_code == 409
    (post,) = posts_at(world.grid)
    assert secretary.post(f"{here}/posts/{post.id}/end").status_code == 303
    assert secretary.post(f"{here}/posts/999999/end").status_code == 404


def test_only_posts_of_grids_are_given_on_a_grid_and_only_by_who_may_appoint(world, secretary):
    from grid321.core.registry import registry

    someone = person(world)
    entity = registry().entity("grid.grid")
    row = entity.model.get(entity.model.code == world.grid.code)
    here = f"/d/{world.tree.village.code}/grid/grid/{row.id}"
    form = {"person": str(someone.id), "kind": "grid_county_officer", "from_day": ""}
    assert secretary.post(f"{here}/appoint", form).status_code == 422
    worker = world.browser("worker")
    assert worker.post(f"/d/{world.grid.code}/grid/grid/{row.id}/appoint", {**form, "kind": "grid_head"}).status_code == 403
    other = world.browser("other_secretary")
    assert other.post(f"/d/{world.tree.second_village.code}/grid/grid/{row.id}/appoint",
                      {**form, "kind": "grid_head"}).status_code == 404


def test_tiers_are_labels_that_a_county_sets(world):
    from grid321.core import settings
    from grid321.core.db import local_day
    from grid321.plugins.grid.grids import tier_figures, tier_of

    assert tier_figures(world.tree.county) == [("1", 2), ("2", 3), ("3", 2)]
    settings.put("grid.tier_town", world.tree.county, 0, source="区文件", valid_from=local_day())
    assert tier_of(world.tree.town) == ""
    assert tier_figures(world.tree.county) == [("2", 3), ("3", 2)]
    page = world.browser("county").get("/d/610902/grid/tiers")
    assert page.status_code == 200
    assert "五里镇" in page.get_data(as_text=True)
