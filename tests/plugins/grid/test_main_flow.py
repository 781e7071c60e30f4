"""The main job from end to end over HTTP: import the divisions, switch on, appoint, report, climb, answer, rate, write off,
count. And in the town beside it, where the plugin is off, nothing of it exists."""
from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest

TOWN, OTHER_TOWN, COUNTY = "610902104", "610902107", "610902"  # 五里镇 and a town beside it in the real list
QUORUM = {"chair": "王建国", "expected": 7, "present": 6, "attendees": "支部委员、村委委员共6人", "minutes": "逐件研究。"}
REPORT = {"kind": "ledger", "ledger_class": "safety", "text": "3号楼消防通道被杂物堵住，无法通行。"}


@pytest.fixture
def plugin_modules() -> list[Any]:
    """Only this plugin."""
    from grid321.plugins import grid

    return [grid]


@pytest.fixture
def admin(app):
    """The county's real list imported, and the browser of its administrator."""
    from grid321.core import division_import
    from grid321.core.actor import SYSTEM
    from grid321.core.division_files import read_folder, scope_code
    from grid321.core.testing_browser import Browser

    folder = files("grid321.core") / "demo" / "divisions"
    division_import.apply(division_import.read(read_folder(folder), scope_code(COUNTY, None)), SYSTEM)
    return Browser.logged_in(app, "core.county_admin", COUNTY)


def created(answer):
    """The record of a 201."""
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.json


def person_with_account(app, admin, place, name, *posts):
    """A person made over REST with posts made over REST, and the browser of an account of that person."""
    from grid321.core import accounts
    from grid321.core.testing_browser import Browser
    from grid321.core.testing_browser import place as node_of

    someone = created(admin.api("POST", f"/d/{place}/core/person", {"name": name}))
    for kind, where, department in posts:
        created(admin.api("POST", f"/d/{place}/core/post", {
            "person": someone["id"], "kind": kind, "division": where, **({"department": department} if department else {})}))
    account = accounts.create_account(f"user{someone['id']}", None, node_of(place), person_id=someone["id"],
                                      must_change_password=False)
    return Browser.of_account(app, account)


class Case:
    """A case as its people move it over REST."""

    def __init__(self, place, record):
        self.place, self.record = place, record

    def do(self, client, step, status=200, **answers):
        here = f"/d/{self.place}/grid/report/{self.record['id']}"
        offered = client.api("GET", f"{here}/transitions")
        assert offered.status_code == 200
        answer = client.api("POST", f"{here}/transitions/{step}", answers, If_Match=f'"{self.record["version"]}"')
        assert answer.status_code == status, (step, answer.get_data(as_text=True))
        if status == 200:
            self.record = answer.json
        return answer


def meet(client, case, decision, **said):
    """Hold the meeting that decides about a case, over REST: onto the agenda, decide, hold."""
    from grid321.core import db

    agenda = client.api("POST", f"/d/{case.place}/core/agenda", {"entity": "grid.report", "record": case.record["id"]})
    assert agenda.status_code == 201, agenda.get_data(as_text=True)
    meeting = agenda.json
    here = f"/d/{case.place}/core/meeting/{meeting['id']}"
    item = meeting["items"][0]["id"]
    answer = client.api("PUT", f"{here}/items", {"items": [{"id": item, "decision": decision, **said}]})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    short = client.api("POST", f"{here}/hold", {"met_on": db.local_day().isoformat(), "chair": "王建国"})
    assert short.status_code == 422
    assert {error["field"] for error in short.json["errors"]} >= {"expected", "present"}
    held = client.api("POST", f"{here}/hold", {**QUORUM, "met_on": db.local_day().isoformat()})
    assert (held.status_code, held.json["status"]) == (200, "held"), held.get_data(as_text=True)


def figures(client, place):
    """(measure, item) → n of the statistics API."""
    answer = client.api("GET", f"/d/{place}/core/statistics")
    assert answer.status_code == 200
    return {(row["measure"], row.get("item", "")): row["n"] for row in answer.json["figures"]}


def test_from_the_import_of_the_divisions_to_writing_off_and_the_statistics_of_each_level(app, admin):
    from grid321.core import statistics
    from grid321.core.testing_browser import Browser

    assert admin.post(f"/d/{TOWN}/core/switches", {"plugin": "grid", "on": "1"}).status_code == 303
    office = created(admin.api("POST", f"/d/{TOWN}/core/department", {"name": "应急管理办", "kind": "office"}))
    officer = person_with_account(app, admin, TOWN, "张卫东", ("grid_town_officer", TOWN, None))
    village = _villages()[0].code
    secretary = person_with_account(app, admin, village, "王建国", ("grid_village_secretary", village, None))
    grid = created(secretary.api("POST", f"/d/{village}/grid/grid", {"village": village, "name": "第一网格", "kind": "basic"}))
    assert grid["code"] == f"{village}001"
    worker = person_with_account(app, admin, village, "刘春梅", ("grid_worker", grid["code"], None))
    clerk = person_with_account(app, admin, TOWN, "陈立", ("grid_department_clerk", TOWN, office["id"]))

    report = created(worker.api("POST", f"/d/{grid['code']}/grid/report", {**REPORT, "division": grid["code"]}))
    assert re.fullmatch(rf"WL-{TOWN}-\d{{6}}-0001", report["number"])
    case = Case(TOWN, report)
    case.place = village
    case.do(secretary, "study")
    assert case.do(secretary, "send_up", status=422).json["code"] == "no_meeting"
    meet(secretary, case, "send_up")
    case.do(secretary, "send_up")
    case.place = TOWN
    case.do(officer, "hand_over", status=422, department=office["id"], way="alone")
    meet(officer, case, "hand_over", department=office["id"], limit_on="2026-12-20")
    case.do(officer, "hand_over", department=office["id"], way="alone", status=200)
    case.do(clerk, "take_on")
    case.do(clerk, "answer", text="已清理并划线。", outcome="solved")
    case.place = grid["code"]
    case.do(worker, "rate", result="satisfied", attitude="satisfied")
    case.place = TOWN
    case.do(officer, "write_off")
    assert case.record["state"] == "closed"

    leader = Browser.logged_in(app, "grid.viewer", COUNTY)
    for client, place, levels in ((leader, COUNTY, {"village", "town", "county"}), (officer, TOWN, {"village", "town"}),
                                  (secretary, village, {"village"})):
        found = figures(client, place)
        assert found[("grid.solved_rate", "")] == 1
        assert {item.partition(".")[0] for measure, item in found if measure == "grid.funnel"} == levels
        assert found[("grid.funnel", "village.sent_up")] == 1
        assert client.get(f"/d/{place}/core/statistics").status_code == 200
    at_county = figures(leader, COUNTY)
    assert at_county[("grid.funnel", "village.collected")] == at_county[("grid.funnel", "village.sent_up")] == 1
    assert at_county[("grid.funnel", "town.received")] == at_county[("grid.funnel", "town.solved")] == 1
    assert at_county[("grid.funnel", "town.open")] == at_county[("grid.funnel", "village.open")] == 0
    assert statistics.recount("grid.report") == []


def _villages():
    from grid321.core import snapshot

    here = snapshot.current().tree
    return here.children(here.by_code(TOWN))


def test_in_the_town_where_the_plugin_is_off_nothing_of_it_exists(app, admin):
    assert admin.post(f"/d/{TOWN}/core/switches", {"plugin": "grid", "on": "1"}).status_code == 303
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("grid.") and "<code>" in rule.rule]
    assert len(rules) > 20
    for rule in rules:
        path = re.sub(r"<(\w+:)?code>", OTHER_TOWN, rule.rule)
        path = re.sub(r"<[^>]+>", "1", path)
        for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
            answer = admin.open(path, method=method, headers={"X-CSRF-Token": admin.csrf}, data={"_csrf": admin.csrf})
            assert answer.status_code == 404, (method, path, answer.status_code)
    page = admin.get(f"/d/{OTHER_TOWN}/")
    assert page.status_code == 200
    assert "/grid/" not in page.get_data(as_text=True)
    answer = admin.api("GET", f"/d/{OTHER_TOWN}/core/statistics")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.json["figures"] == []
    code = created(admin.api("POST", f"/d/{OTHER_TOWN}/core/person", {"name": "赵六"}))
    answer = admin.api("POST", f"/d/{OTHER_TOWN}/core/post", {"person": code["id"], "kind": "grid_town_officer"})
    assert answer.status_code == 422


def test_switching_off_hides_at_once_and_switching_on_brings_everything_back(app, admin):
    from grid321.core.testing_browser import Browser

    admin.post(f"/d/{TOWN}/core/switches", {"plugin": "grid", "on": "1"})
    village = _villages()[0].code
    secretary = Browser.logged_in(app, "grid.village_secretary", village)
    grid = created(secretary.api("POST", f"/d/{village}/grid/grid", {"village": village, "name": "第一网格", "kind": "basic"}))
    report = created(secretary.api("POST", f"/d/{village}/grid/report", {**REPORT, "division": grid["code"]}))
    here = f"/d/{village}/grid/report/{report['id']}"
    assert secretary.get(here).status_code == 200
    admin.post(f"/d/{TOWN}/core/switches", {"plugin": "grid", "on": "0"})
    assert secretary.get(here).status_code == 404
    assert secretary.api("GET", f"/d/{village}/grid/report").status_code == 404
    assert secretary.get(f"/d/{grid['code']}/").status_code == 404
    admin.post(f"/d/{TOWN}/core/switches", {"plugin": "grid", "on": "1"})
    assert secretary.get(here).status_code == 200
