"""A city's report on 93 suggestions: A 54, B 33, C 2, D 4, printed as 58.07, 35.48, 2.15 and 4.30 %.

Each of the 93 is raised by a deputy, checked and handed over by the office, accepted, fixed and answered by a unit, all through
REST; then the platform's own figures are compared with the printed ones. The table in docs/dashboards.md is what comes out.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from support import suggestion_world

from replay.compare import compared, why_shares_differ
from replay.published import SHARES, SUGGESTIONS, SUGGESTIONS_TOTAL
from replay.rest import Program

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "dashboards.md"
UNITS = ("housing", "traffic", "water")


@pytest.fixture
def plugin_modules():
    """Only this plugin: it works alone."""
    from grid321.plugins import suggestion_tracking

    return [suggestion_tracking]


@pytest.fixture
def programs(division_tree):
    """A program for each of the people who act, and the ids of the units."""
    world = suggestion_world.build(division_tree)
    who = ("deputy", "second", "office", "reader", *UNITS)
    return {name: Program(world.browser(name), division_tree.county.code) for name in who}, {
        name: unit.id for name, unit in world.units.items()}


def answer_one(programs, units, number, outcome):
    """One suggestion from the deputy's desk to the reply of the unit; every eighth deputy wishes to be met."""
    from grid321.core.db import local_day

    deputy, unit, office = programs["deputy" if number % 2 else "second"], UNITS[number % 3], programs["office"]
    today, met = local_day().isoformat(), number % 8 == 0
    case = deputy.create("suggestion", **{**suggestion_world.RAISED, "title": f"关于第{number}件民生事项的建议",
                                          "wish_contact": met})
    case = office.step("suggestion", case, "pass_check", **suggestion_world.CHECKED)
    case = office.step("suggestion", case, "assign", department=units[unit])
    clerk = programs[unit]
    (task,) = clerk.rows("task", f"q={case['number']}")
    for key in ("receive", "accept"):
        task = clerk.step("task", task, key)
    task = clerk.step("task", task, "fix", **suggestion_world.FIXED,
                      fix_limit_on=(local_day() + timedelta(days=30)).isoformat())
    for stage in ("before", "during", "after") if met else ():
        clerk.create("contact", suggestion_number=case["number"], stage=stage, met_on=today, who="经办人", place="代表联络站",
                     form="visit", said="代表介绍了情况。")
    task = clerk.read("task", task)
    return clerk.step("task", task, "reply", outcome=outcome, text="已经研究办理，现将办理情况答复如下。")


def judged(tallies):
    """Every printed number of the report beside what the platform counts."""
    tally = next(one for one in tallies if one["measure"] == "suggestion_tracking.suggestion_by_outcome")
    rows = {row["label"][0]: row for row in tally["rows"]}
    counted = {name: row["n"] for name, row in rows.items()}
    why = why_shares_differ(SHARES, counted)
    found = [compared("suggestions", SUGGESTIONS_TOTAL, tally["total"])]
    found += [compared(f"class {name}", str(SUGGESTIONS[name]), counted[name]) for name in SUGGESTIONS]
    found += [compared(f"share of class {name}", SHARES[name], Fraction(100 * counted[name], tally["total"]),
                       rows[name]["percent"], why.get(name, "")) for name in SHARES]
    return found


def test_the_report_is_rebuilt_from_single_cases_and_each_printed_number_judged(programs):
    programs, units = programs
    wanted = [name for name, n in SUGGESTIONS.items() for _number in range(n)]
    for number, outcome in enumerate(wanted):
        assert answer_one(programs, units, number, outcome)["state"] == "answered"

    found = judged(programs["reader"].ask("GET", "suggestion_tracking/dashboard")["tallies"])

    assert [one.verdict for one in found[:5]] == ["equal"] * 5
    assert [(one.what, one.printed, one.shown, one.verdict) for one in found[5:]] == [
        ("share of class A", "58.07", "58.06", "contradictory"), ("share of class B", "35.48", "35.48", "rounded"),
        ("share of class C", "2.15", "2.15", "rounded"), ("share of class D", "4.30", "4.30", "rounded")]
    document = DOCUMENT.read_text(encoding="utf-8")
    assert all(one.line() in document for one in found), "\n".join(one.line() for one in found)
