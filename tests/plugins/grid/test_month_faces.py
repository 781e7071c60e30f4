"""Banks and month end as people and programs meet them: pages, REST, command, worker."""
from __future__ import annotations

from datetime import date

import pytest

from .test_months import OCTOBER, close

CORRECTION = {"from_kind": "solved", "to_kind": "closed", "n": 1, "reason": "回头看发现并未解决。"}


def test_every_figure_of_a_bank_leads_to_the_cases_it_counts(autumn):
    from grid321.core import banks

    for place in (autumn.tree.village, autumn.tree.town, autumn.tree.county):
        for month in (OCTOBER, "2026-11", "2026-12"):
            terms, _row = banks.own_terms(autumn.entity, place, month)
            found = banks.members(autumn.entity, place, month)
            for term in banks.TERMS:
                assert sum(one.belongs(term) for one in found) == terms[term], (place.name, month, term)


def test_the_pages_of_banks_and_months_open_and_close_a_month(autumn):
    village = autumn.tree.village.code
    browser = autumn.browser("secretary")
    base = f"/d/{village}/core"
    for path in ("/bank", f"/bank?month={OCTOBER}", f"/bank/cases?entity=grid.report&month={OCTOBER}&kind=collected",
                 f"/bank/print?entity=grid.report&month={OCTOBER}", "/month", f"/month/{OCTOBER}", f"/month/{OCTOBER}/bulletin"):
        answer = browser.get(base + path)
        assert answer.status_code == 200, path
    assert autumn.kept.number in browser.get(f"{base}/bank/print?entity=grid.report&month={OCTOBER}").get_data(as_text=True)
    for path in ("/bank?month=2026-13", "/bank?month=2027-01", "/month/oktober", "/month/2027-01/bulletin",
                 f"/bank/cases?entity=grid.report&month={OCTOBER}&kind=lost"):
        assert browser.get(base + path).status_code == 400, path
    assert browser.get(f"{base}/bank/cases?entity=grid.nothing&kind=open").status_code == 404
    assert browser.post(f"{base}/month/{OCTOBER}/close", {"below": ""}).status_code == 303
    again = browser.post(f"{base}/month/{OCTOBER}/close", {"below": ""})
    assert again.status_code == 409
    assert browser.get(f"/d/{autumn.tree.town.code}/core/month").status_code in {403, 404}
    assert autumn.browser("worker").get(f"{base}/month").status_code == 403


def test_what_is_against_a_close_stands_on_its_page_with_links_to_the_cases(autumn):
    base = f"/d/{autumn.tree.village.code}/core/month/{OCTOBER}"
    autumn.entity.model.update(holder_id=autumn.tree.town.id).where(autumn.entity.model.id == autumn.kept.id).execute()
    browser = autumn.browser("secretary")
    for answer, status in ((browser.get(base), 200), (browser.post(f"{base}/close", {"below": ""}), 422)):
        assert answer.status_code == status
        text = answer.get_data(as_text=True)
        assert f"/grid/report/{autumn.kept.id}" in text
        assert 'action="' + base + '/close"' not in text
    assert browser.api("GET", f"/d/{autumn.tree.village.code}/core/month/{OCTOBER}").json["closed"] is False


def test_a_month_is_closed_corrected_and_read_over_rest(autumn):
    from grid321.core import month_bulletin
    from grid321.core.actor import SYSTEM

    officer, county = autumn.browser("officer"), autumn.browser("county")
    town, top = f"/d/{autumn.tree.town.code}/core", f"/d/{autumn.tree.county.code}/core"
    open_month = officer.api("GET", f"{town}/month/{OCTOBER}").json
    assert (open_month["closed"], open_month["findings"], len(open_month["waiting"])) == (False, [], 1)
    refused = officer.api("POST", f"{town}/month/{OCTOBER}/close", {})
    assert (refused.status_code, refused.json["code"]) == (422, "unbalanced")
    assert refused.json["findings"][0]["url"].endswith("/core/month")
    made = county.api("POST", f"{top}/month/{OCTOBER}/close", {"below": True})
    assert (made.status_code, made.json["divisions"]) == (201, 3)
    assert officer.api("GET", f"{town}/month/{OCTOBER}").json["own"]["grid.report"]["received"] == 1
    assert officer.api("GET", f"{town}/month").json["next"] == "2026-11"
    bank = officer.api("GET", f"{town}/bank?month={OCTOBER}").json["banks"]["grid.report"]
    assert (bank["own"]["closed"], bank["own"]["balanced"], bank["below"][0]["collected"]) == (True, True, 3)
    wrong = officer.api("POST", f"{town}/month/{OCTOBER}/corrections", {**CORRECTION, "entity": "grid.report"})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "n")
    fine = {**CORRECTION, "entity": "grid.report", "from_kind": "received", "to_kind": "collected"}
    proposed = officer.api("POST", f"{town}/month/{OCTOBER}/corrections", fine)
    assert proposed.status_code == 201
    mine = officer.api("POST", f"{town}/correction/{proposed.json['id']}", {"approved": True})
    assert (mine.status_code, mine.json["code"]) == (422, "second_person")
    theirs = county.api("POST", f"{town}/correction/{proposed.json['id']}", {"approved": True})
    assert (theirs.status_code, theirs.json["booked_month"]) == (200, "2026-12")
    assert fine["reason"] in county.get(f"{town}/month/2026-12/bulletin").get_data(as_text=True)
    assert fine["reason"] in month_bulletin.as_text(month_bulletin.context(autumn.tree.town, "2026-12", SYSTEM))
    for body in ({"below": "yes"}, {"more": True}):
        assert county.api("POST", f"{top}/month/2026-11/close", body).status_code == 422


def test_the_command_checks_closes_and_prints(autumn, monkeypatch):
    from contextlib import nullcontext

    from click.testing import CliRunner

    from grid321.core.commands import month as command

    monkeypatch.setattr("grid321.core.commands.month.platform_context", nullcontext)
    code = autumn.tree.county.code

    def run(*words):
        return CliRunner().invoke(command.month, list(words))

    assert run("check", "--division", code, OCTOBER).exit_code == 1
    assert run("check", "--division", code, "--below", OCTOBER).exit_code == 0
    closed = run("close", "--division", code, "--below", OCTOBER)
    assert closed.exit_code == 0 and ":" in closed.output.splitlines()[-1]
    assert OCTOBER in run("list", "--division", code).output
    assert closed.output.splitlines()[-1] in run("list", "--division", code).output
    assert run("show", "--division", code, OCTOBER).exit_code == 0
    printed = run("print", "--division", code, OCTOBER).output
    assert closed.output.splitlines()[-1].partition(":")[2] in printed
    assert run("close", "--division", code, "october").exit_code == 2


def test_the_worker_closes_the_county_on_the_day_that_was_set_and_once(autumn, app):
    from grid321.core import month_jobs, settings
    from grid321.core.jobs import JobRun
    from grid321.core.month_rows import MonthClose
    from grid321.core.worker import Worker

    close(autumn, autumn.tree.county, OCTOBER, below=True)
    assert month_jobs.sweep() == 0
    settings.put("core.month_close_day", autumn.tree.county, 3, source="区委文件", valid_from=date(2020, 1, 1), account_id=None)
    assert (month_jobs.sweep(), month_jobs.sweep()) == (1, 0)
    Worker(app).once()
    assert JobRun.get(JobRun.key == month_jobs.KEY).state == "done"
    assert MonthClose.select().where(MonthClose.month == "2026-11").count() == 3
    assert month_jobs.sweep() == 0


def test_a_month_that_does_not_balance_fails_the_job_with_the_reason(autumn, app):
    from grid321.core import month_jobs, settings
    from grid321.core.jobs import JobRun
    from grid321.core.month_rows import MonthClose
    from grid321.core.worker import Worker

    close(autumn, autumn.tree.county, OCTOBER, below=True)
    settings.put("core.month_close_day", autumn.tree.county, 1, source="区委文件", valid_from=date(2020, 1, 1), account_id=None)
    autumn.entity.model.update(holder_id=autumn.tree.town.id).where(autumn.entity.model.id == autumn.kept.id).execute()
    assert month_jobs.sweep() == 1
    Worker(app).once()
    run = JobRun.get(JobRun.key == month_jobs.KEY)
    assert (run.state, bool(run.error)) == ("failed", True)
    assert MonthClose.select().where(MonthClose.month == "2026-11").count() == 0


@pytest.mark.parametrize("month", ["2026-10", "2026-11"])
def test_the_statistics_page_says_the_frozen_figures(autumn, month):
    close(autumn, autumn.tree.county, OCTOBER, below=True)
    answer = autumn.browser("county").api("GET", f"/d/{autumn.tree.county.code}/core/statistics?month={month}")
    figures = {row["item"]: row["n"] for row in answer.json["figures"] if row["measure"] == "grid.funnel"}
    assert figures["village.collected"] == (3 if month == OCTOBER else 1)
