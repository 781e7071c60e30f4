"""Switching: nearest ancestor wins, default off, off means gone everywhere at once, in every worker."""
import pytest

from grid321.core import snapshot, switches
from grid321.core.errors import NotFound, Refused


def on(node):
    return snapshot.current().switches.is_on("matters", node)


def test_a_plugin_is_off_until_somebody_switches_it_on(app, division_tree):
    assert not on(division_tree.county)


def test_the_nearest_ancestor_decides(app, division_tree):
    switches.turn("matters", division_tree.county, True)
    switches.turn("matters", division_tree.town, False)
    assert on(division_tree.other_village)
    assert not on(division_tree.village)
    switches.turn("matters", division_tree.village, True)
    assert on(division_tree.village)
    assert not on(division_tree.second_village)
    assert not on(division_tree.other_county)


def test_an_order_for_a_county_replaces_what_its_towns_said(app, division_tree):
    switches.turn("matters", division_tree.town, False)
    switches.turn("matters", division_tree.county, True)
    assert on(division_tree.town)


def test_off_means_gone_everywhere_at_once(app, division_tree, client_for):
    switches.turn("matters", division_tree.town, True)
    browser = client_for("matters.officer", division_tree.county)
    for path in ("matters/matter/", "matters/matter/new", "matters/note/"):
        assert browser.get(f"/d/{division_tree.town.code}/{path}").status_code == 200, path
        assert browser.get(f"/d/{division_tree.other_town.code}/{path}").status_code == 404, path
        assert browser.get(f"/d/{division_tree.county.code}/{path}").status_code == 404, path
    api = f"/api/v1/d/{division_tree.town.code}/matters/matter"
    assert browser.get(api).status_code == 200
    switches.turn("matters", division_tree.town, False)
    assert browser.get(api).status_code == 404
    assert browser.get(f"/d/{division_tree.town.code}/matters/matter/").status_code == 404


def test_another_process_sees_the_switch_at_its_next_request(app, division_tree):
    """A second application on the same database stands for another worker: it has its own snapshot."""
    from support import matters

    from grid321.core import db
    from grid321.core.app import create_app

    url = app.extensions["grid321"].config.database if db.is_postgres() else f"sqlite:///{db.database.obj.database}"
    if db.is_postgres():
        url = db.database.obj.database
    home = str(app.extensions["grid321"].config.home)
    other = create_app({"DATABASE": url, "HOME": home, "PLUGINS": [matters], "TESTING": True})
    with other.app_context():
        assert not on(division_tree.town)
    with app.app_context():
        switches.turn("matters", division_tree.town, True)
    with other.app_context():
        assert on(division_tree.town)


def test_an_unknown_plugin_cannot_be_switched(app, division_tree):
    with pytest.raises(NotFound, match="ghost"):
        switches.turn("ghost", division_tree.town, True)
    with pytest.raises(NotFound):
        switches.turn("core", division_tree.town, False)


def test_dependencies_and_dependants_are_checked_and_named(with_plugins):
    from types import SimpleNamespace

    from grid321.core.api import Plugin
    from grid321.core.testing_tree import DivisionTree

    base = SimpleNamespace(plugin=Plugin("base", "Base", "1.0.0"), __name__="base")
    upper = SimpleNamespace(plugin=Plugin("upper", "Upper", "1.0.0", requires={"base": ">=1"}), __name__="upper")
    with_plugins(base, upper)
    tree = DivisionTree.plant()
    with pytest.raises(Refused, match="upper") as problem:
        switches.turn("upper", tree.town, True)
    assert "base" in str(problem.value.detail)
    switches.turn("base", tree.county, True)
    switches.turn("upper", tree.town, True)
    with pytest.raises(Refused) as problem:
        switches.turn("base", tree.county, False)
    assert "upper" in str(problem.value.detail)
    switches.turn("upper", tree.town, False)
    switches.turn("base", tree.county, False)


def test_switching_is_in_the_ledger(app, division_tree):
    from grid321.core.ledger import LedgerEntry

    switches.turn("matters", division_tree.town, True)
    entry = LedgerEntry.get(LedgerEntry.entity == "core.switch")
    assert (entry.step, entry.facts) == ("on", {"plugin": "matters", "division": "610902104"})


def test_a_rolled_back_switch_leaves_no_trace_in_any_cache(app, division_tree):
    from grid321.core import db

    with pytest.raises(ValueError, match="no"), db.transaction():
        switches.turn("matters", division_tree.town, True)
        assert on(division_tree.town)
        raise ValueError("no")
    assert not on(division_tree.town)
