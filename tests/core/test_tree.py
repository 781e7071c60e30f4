"""The tree in memory: what covers what, which old code leads where."""
import time

import pytest

from grid321.core.tree import Tree, ancestor_columns, build_nodes

pytestmark = pytest.mark.once

ROWS = [
    (1, "61", "陕西省", "province", None, "core", None, None),
    (2, "6109", "安康市", "city", 1, "core", None, None),
    (3, "610902", "汉滨区", "county", 2, "core", None, None),
    (4, "610902104", "五里镇", "town", 3, "core", "1", None),
    (5, "610902104200", "五里村", "village", 4, "core", None, None),
    (6, "610902104200001", "五里村第一网格", "grid", 5, "grid", None, None),
    (7, "610902105", "大同镇", "town", 3, "core", None, None),
    (8, "610902103", "旧镇", "town", 3, "core", None, "2024-01-01"),
]


@pytest.fixture
def tree():
    """A county with two towns and one that was merged into 五里镇."""
    return Tree(build_nodes(reversed(ROWS)), [("610902103", 4), ("610902999", 7)], [(8, 4)])


def test_a_division_covers_itself_and_everything_below_it_and_nothing_else(tree):
    town, grid, other = tree.by_code("610902104"), tree.by_code("610902104200001"), tree.by_code("610902105")
    assert tree.covers(town, town)
    assert tree.covers(town, grid)
    assert not tree.covers(grid, town)
    assert not tree.covers(other, grid)


def test_the_ancestors_of_a_grid_are_read_from_the_root_down(tree):
    grid = tree.by_code("610902104200001")
    assert [node.name for node in tree.ancestors(grid)] == ["陕西省", "安康市", "汉滨区", "五里镇", "五里村"]
    assert tree.full_name(grid) == "陕西省安康市汉滨区五里镇五里村五里村第一网格"
    assert tree.parent(grid).code == "610902104200"
    assert tree.at_level(grid, "town").name == "五里镇"
    assert tree.at_level(tree.by_code("610902"), "village") is None


def test_an_old_code_leads_to_the_division_that_followed(tree):
    node, moved = tree.resolve("610902999")
    assert (node.name, moved) == ("大同镇", True)
    assert tree.resolve("610902105") == (tree.get(7), False)
    assert tree.resolve("999") == (None, False)


def test_a_valid_division_wins_over_an_old_code_that_is_used_again():
    tree = Tree(build_nodes([*ROWS, (9, "610902999", "新镇", "town", 3, "core", None, None)]), [("610902999", 7)])
    assert tree.by_code("610902999").name == "新镇"


def test_merged_divisions_are_listed_only_when_they_are_asked_for(tree):
    county = tree.by_code("610902")
    assert [node.name for node in tree.children(county)] == ["五里镇", "大同镇"]
    assert [node.name for node in tree.children(county, all_times=True)] == ["旧镇", "五里镇", "大同镇"]
    assert tree.get(8).valid is False
    assert tree.heir(8).name == "五里镇"
    assert tree.heir(7).name == "大同镇"


def test_the_whole_deployment_lies_in_the_county_when_nothing_stands_beside_it(tree):
    assert tree.covers_all(tree.by_code("610902"))
    assert tree.covers_all(tree.by_code("61"))
    assert not tree.covers_all(tree.by_code("610902104"))
    two = Tree(build_nodes([*ROWS, (9, "610921", "汉阴县", "county", 2, "core", None, None)]))
    assert two.covers_all(two.by_code("6109"))
    assert not two.covers_all(two.by_code("610902"))


def test_a_record_in_a_grid_carries_every_ancestor_and_one_in_a_town_none_below(tree):
    assert ancestor_columns(tree, tree.get(6)) == {
        "division_id": 6, "province_id": 1, "city_id": 2, "county_id": 3, "town_id": 4, "village_id": 5, "grid_id": 6}
    assert ancestor_columns(tree, tree.get(4)) == {
        "division_id": 4, "province_id": 1, "city_id": 2, "county_id": 3, "town_id": 4, "village_id": None,
        "grid_id": None}


def test_a_subtree_is_read_in_the_order_of_codes(tree):
    county = tree.by_code("610902")
    assert [node.id for node in tree.subtree(county)] == [3, 4, 5, 6, 7]
    assert [node.id for node in tree.subtree(county, "town")] == [4, 7]


def test_divisions_are_found_by_the_beginning_of_their_code_or_a_part_of_their_name(tree):
    assert [node.id for node in tree.search("五里")] == [4, 5, 6]
    assert [node.id for node in tree.search("610902104")] == [4, 5, 6]
    assert [node.id for node in tree.search("五里", within=tree.get(5))] == [5, 6]
    assert tree.search("  ") == []


def test_the_tree_of_a_whole_province_stays_small():
    rows = list(ROWS)
    for town in range(1300):
        rows.append((100 + town, f"62{town:07d}", f"镇{town}", "town", 3, "core", None, None))
        rows += [(10_000 + town * 16 + number, f"62{town:07d}{number:03d}", f"村{number}", "village", 100 + town, "core",
                  None, None) for number in range(16)]
    started = time.perf_counter()
    tree = Tree(build_nodes(rows))
    assert len(tree) == 22_108
    # Measured at 0.08 s; the limit only catches a change from linear to quadratic.
    assert time.perf_counter() - started < 5
    assert not hasattr(tree.get(4), "__dict__")


def test_a_place_is_named_with_what_tells_it_apart_where_it_is_seen_from(tree):
    grid = tree.get(6)
    assert tree.local_name(grid, tree.get(3)) == "五里镇 五里村 五里村第一网格"
    assert tree.local_name(grid, tree.get(5)) == "五里村第一网格"
    assert tree.local_name(grid, grid) == tree.local_name(grid, tree.get(7)) == tree.local_name(grid, None) == "五里村第一网格"
