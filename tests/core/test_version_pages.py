"""Pages, API and command of workflow versions: an administrator of the whole deployment decides, others only read."""
import pytest
from click.testing import CliRunner
from support import matters, redeclared
from support.matters.declarations import FLOW

from grid321.core import app as application
from grid321.core import switches, version_publishing, versions
from grid321.core.actor import SYSTEM

from .test_version_moves import KEY, renamed

ADMIN = "core.county_admin"


@pytest.fixture
def two(app, here, raise_matter):
    """Version 2 of the handling is installed; two matters run under version 1."""
    raise_matter("first")
    raise_matter("second")
    with redeclared.running(app, redeclared.release(matters, FLOW, renamed())):
        yield f"/d/{here.tree.city.code}/core/workflows"


@pytest.fixture
def admin(here, client_for):
    return client_for(ADMIN, here.tree.city)


def test_the_list_shows_versions_and_how_many_matters_run_under_each(two, admin):
    page = admin.get(two)
    assert page.status_code == 200
    assert "第 1 版" in page.text and "待发布" in page.text and "现行" in page.text
    assert f'{two}/{KEY}/2"' in page.text


def test_a_version_page_tells_what_differs_and_what_to_know_first(two, admin):
    page = admin.get(f"{two}/{KEY}/2")
    assert page.status_code == 200
    assert "新增状态“Heard”" in page.text and "删除状态“Open”" in page.text
    assert "有 2 件办件处于状态“Open”" in page.text.replace("第 1 版有 2 件", "有 2 件")
    assert admin.get(f"{two}/{KEY}/2?against=1").status_code == 200
    assert admin.get(f"{two}/{KEY}/2?against=x").status_code == 400
    assert admin.get(f"{two}/{KEY}/9").status_code == 404


def test_publishing_and_moving_in_the_browser(two, admin, here):
    assert admin.get(f"{two}/{KEY}/2/move").status_code == 409
    assert admin.get(f"{two}/{KEY}/2/publish").status_code == 200
    assert admin.post(f"{two}/{KEY}/2/publish").status_code == 303
    assert versions.row_of(KEY, 2).state == versions.PUBLISHED
    dry = admin.get(f"{two}/{KEY}/2/move")
    assert dry.status_code == 200 and "无处可去" in dry.text
    assert admin.post(f"{two}/{KEY}/2/move").status_code == 422, "a stranded case stops everything"
    assert admin.post(f"{two}/{KEY}/2/move", {"state.open": "nowhere"}).status_code == 422
    assert "无处可去" not in admin.get(f"{two}/{KEY}/2/move?state.open=heard").text
    assert here.entity.model.select().where(here.entity.model.workflow_version == 2).count() == 0
    assert admin.post(f"{two}/{KEY}/2/move", {"state.open": "heard"}).status_code == 303
    assert here.entity.model.select().where(here.entity.model.workflow_version == 2).count() == 2


def test_who_is_responsible_for_a_part_reads_but_does_not_change(two, here, client_for):
    part = client_for(ADMIN, here.tree.county)
    url = f"/d/{here.tree.county.code}/core/workflows"
    assert part.get(f"{url}/{KEY}/2").status_code == 200
    assert "/publish" not in part.get(f"{url}/{KEY}/2").text
    for path in ("publish", "move"):
        assert part.post(f"{url}/{KEY}/2/{path}").status_code == 403
        assert part.api("POST", f"{url}/{KEY}/2/{path}", {}).status_code == 403
    assert versions.row_of(KEY, 2).state == versions.INSTALLED
    assert client_for("matters.officer", here.tree.county).get(url).status_code == 403


def test_the_api_lists_compares_publishes_tries_and_moves(two, admin):
    assert [(row["version"], row["state"]) for row in admin.api("GET", two).json["items"] if row["key"] == KEY] == [
        (2, "installed"), (1, "published")]
    one = admin.api("GET", f"{two}/{KEY}/2").json
    assert one["against"] == 1 and any("Heard" in text for text in one["changes"]) and one["content"]["version"] == 2
    assert admin.api("POST", f"{two}/{KEY}/2/publish", {}).json["state"] == "published"
    assert admin.api("POST", f"{two}/{KEY}/2/publish", {}).status_code == 409
    dry = admin.api("POST", f"{two}/{KEY}/2/move", {"states": {"open": "heard"}}).json
    assert dry["states"] == [{"version": 1, "state": "open", "to": "heard", "count": 2}] and dry["stranded"] == []
    assert admin.api("POST", f"{two}/{KEY}/2/move", {"dry_run": False}).status_code == 422
    for body in ({"states": []}, {"from": "1"}, {"dry_run": 1}, {"what": 1}):
        assert admin.api("POST", f"{two}/{KEY}/2/move", body).status_code == 422
    done = admin.api("POST", f"{two}/{KEY}/2/move", {"states": {"open": "heard"}, "dry_run": False}).json
    assert done == {"moved": 2, "missed": []}


def test_a_matter_whose_version_cannot_run_says_so_on_its_page(app, here, client_for, raise_matter, monkeypatch):
    matter = raise_matter()
    monkeypatch.delattr("support.matters.declarations.with_reason")
    with redeclared.running(app, redeclared.release(matters, renamed())):
        switches.turn("matters", here.tree.county, True)
        officer = client_for("matters.officer", here.tree.village)
        page = officer.get(f"/d/{here.tree.village.code}/matters/matter/{matter.id}")
        assert page.status_code == 200
        assert "with_reason" in page.text and "Open" in page.text


@pytest.fixture
def run(app, monkeypatch):
    """Return ``run(*words)``: the command on the application of this test."""
    from grid321.core.commands.workflow import workflow

    monkeypatch.setattr(application, "create_app", lambda *args: app)
    monkeypatch.setenv("LANG", "en")
    monkeypatch.delenv("LC_ALL", raising=False)
    return lambda *words: CliRunner().invoke(workflow, list(words))


def test_the_command_lists_compares_checks_publishes_and_moves(two, run, here):
    assert f"{KEY}\t1\tpublished, in force\t2 open" in run("list").output
    assert "State “Heard” added" in run("diff", KEY, "1", "2").output
    assert '"matters.handling"' in run("show", KEY, "2").output
    checked = run("check", KEY, "2")
    assert checked.exit_code == 0 and "2 cases under version 1 are in the state “Open”" in checked.output
    assert run("migrate", KEY, "2").exit_code == 1
    assert run("publish", KEY, "2").exit_code == 0
    assert "STRANDED" in run("migrate", KEY, "2").output
    assert run("migrate", KEY, "2", "--yes").exit_code == 1
    assert run("migrate", KEY, "2", "--state", "open").exit_code == 2
    dry = run("migrate", KEY, "2", "--state", "open=heard")
    assert "2\tversion 1\topen → heard" in dry.output and "Nothing was changed" in dry.output
    assert "Moved 2 cases." in run("migrate", KEY, "2", "--state", "open=heard", "--yes").output
    assert "No case runs under another version." in run("migrate", KEY, "2").output


def test_a_published_version_is_not_offered_for_publishing_again(two, admin):
    version_publishing.publish(KEY, 2, SYSTEM)
    assert f"{KEY}/2/publish" not in admin.get(f"{two}/{KEY}/2").text
    assert f"{KEY}/2/move" in admin.get(f"{two}/{KEY}/2").text
