"""Reply templates: offered where they fit, filled from the case, kept in versions, and never sent by themselves."""
from __future__ import annotations

import re

import pytest
from support import matters, proposals

from grid321.core import db, engine, records, reply_templates
from grid321.core.actor import SYSTEM
from grid321.core.errors import Invalid
from grid321.core.registry import registry


@pytest.fixture
def plugin_modules():
    return [matters, proposals]


@pytest.fixture
def case(here, switch_on):
    """Return a proposal that the town holds."""
    switch_on("proposals", here.tree.county)
    return records.create(registry().entity("proposals.proposal"), {"heading": "修路灯"}, SYSTEM, here.tree.town)


@pytest.fixture
def template(here, case):
    """Return ``template(name, text, at, **values)``: write one."""
    def write(name, text="已办结。", at=None, **values):
        data = {"name": name, "entity": "proposals.proposal", "kind": None, "department_id": None, "text": text, "retired": False,
                **values}
        return records.create(registry().entity("core.reply_template"), data, SYSTEM, at or here.tree.county)
    return write


def names(case):
    return [one.name for one in reply_templates.offered(registry().entity("proposals.proposal"), case)]


def test_it_is_filled_from_the_case_in_both_languages_of_names(here, case, template):
    template("甲", "{编号}|{number}|{所在地}|{办理单位}|{今天}|{ 反映日期 }")
    text = reply_templates.offered(registry().entity("proposals.proposal"), case)[0].text
    number, again, place, holder, today, reported = text.split("|")
    assert number == again == case.number and place == holder == here.tree.town.name and today == reported and "年" in today


@pytest.mark.parametrize("text", ["您好，{姓名}", "{}", "{电话}{number}", "{{number}}", "{number", "number}", "{编号}}"])
def test_an_unknown_name_or_a_lone_brace_is_refused_with_the_names_that_exist(template, text):
    with pytest.raises(Invalid) as problem:
        template("坏", text)
    words = " ".join(problem.value.errors["text"])
    assert "{编号}" in words or "{number}" in words
    assert reply_templates.ReplyTemplate.select().count() == 0


def test_it_is_offered_at_its_division_and_below_to_its_department_and_kind_only(here, case, template):
    other = records.create(registry().entity("core.department"), {"name": "别的办", "kind": "office"}, SYSTEM, here.tree.town)
    template("县")
    template("镇", at=here.tree.town)
    template("别镇", at=here.tree.other_town)
    template("本办", department_id=here.office.id)
    template("别办", department_id=other.id)
    template("别类", kind="road")
    template("旧", retired=True)
    template("别的事", entity="matters.matter")
    assert names(case) == ["镇", "县"]
    case.department_id = here.office.id
    assert names(case) == ["镇", "本办", "县"]


def test_every_wording_is_kept_with_its_version(here, template):
    made = template("甲", "第一稿")
    entity = registry().entity("core.reply_template")
    records.update(entity, made.id, {"text": "第二稿"}, SYSTEM, made.version, here.tree.county)
    records.update(entity, made.id, {"name": "乙"}, SYSTEM, None, here.tree.county)
    rows = reply_templates.ReplyText.select().order_by(reply_templates.ReplyText.version)
    assert [(row.version, row.text) for row in rows] == [(1, "第一稿"), (2, "第二稿")]


def test_the_form_of_the_answer_offers_it_fills_it_by_the_address_and_sends_nothing(here, case, template, client_for):
    made = template("已修复", "{编号}已修复。")
    browser = client_for("proposals.officer", here.tree.town)
    at = f"/d/{here.tree.town.code}/proposals/proposal/{case.id}/do/answer"
    form = browser.get(at).text
    assert "已修复" in form and f'value="{made.id}"' in form and "<textarea" in form
    filled = browser.get(f"{at}?template={made.id}").text
    assert f">{case.number}已修复。</textarea>" in filled
    assert f">{case.number}已修复。</textarea>" not in browser.get(f"{at}?template=99").text
    assert proposals.Proposal.get_by_id(case.id).state == "raised"
    version = re.search(r'name="_version" value="(\d+)"', filled)[1]
    assert browser.post(at, {"text": f"{case.number}已修复，请验收。", "_version": version}).status_code == 303
    assert proposals.Proposal.get_by_id(case.id).state == "answered"


def test_a_step_without_such_a_field_offers_none(here, case, template, client_for):
    template("已修复")
    browser = client_for("proposals.officer", here.tree.town)
    assert "reply-template" not in browser.get(f"/d/{here.tree.town.code}/proposals/proposal/{case.id}/do/close").text


def test_the_api_gives_them_filled_and_keeps_them_as_any_record(here, case, template, client_for):
    template("甲", "{编号}")
    browser = client_for("proposals.officer", here.tree.town)
    found = browser.api("GET", f"/d/{here.tree.town.code}/proposals/proposal/{case.id}/replies").json["items"]
    assert [(one["name"], one["text"], one["version"]) for one in found] == [("甲", case.number, 1)]
    admin = client_for("core.county_admin", here.tree.county)
    made = admin.api("POST", f"/d/{here.tree.county.code}/core/reply_template", {
        "name": "乙", "entity": "proposals.proposal", "text": "{标题}"})
    assert made.status_code == 201, made.text
    assert names(case) == ["甲", "乙"] or names(case) == ["乙", "甲"]
    bad = admin.api("PATCH", f"/d/{here.tree.county.code}/core/reply_template/{made.json['id']}", {"text": "{电话}"},
                    If_Match=made.headers["ETag"])
    assert bad.status_code == 422 and "{电话}" in bad.text


def test_offering_costs_one_query(here, case, template, monkeypatch):
    for number in range(5):
        template(f"模板{number}")
    queries = []
    real = type(db.database.obj).execute_sql
    monkeypatch.setattr(type(db.database.obj), "execute_sql",
                        lambda self, sql, *rest, **more: (queries.append(sql), real(self, sql, *rest, **more))[1])
    assert len(names(case)) == 5
    assert len([sql for sql in queries if "core_reply_template" in sql]) == 1


def test_a_step_with_a_template_is_an_ordinary_step(case, here):
    engine.perform(registry().entity("proposals.proposal"), case.id, "answer", {"text": "好"}, SYSTEM, None, here.tree.county)
    assert proposals.Proposal.get_by_id(case.id).state == "answered"
