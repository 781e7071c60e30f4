"""Statistics: rates with their formula, the balance of every level, months, what is visible where, and what it costs to read."""
from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest


@pytest.fixture
def measures(here, monkeypatch):
    """Declare measures of the test plugin for one test, as a plugin's hook would."""
    from grid321.core import statistics as st
    from grid321.core.registry import platform

    declared = {
        "matters.solved": st.Ratio("matters.solved", "Solved rate", "matters.matter", st.Part("state", ("closed",)),
                                   st.Part("state", without=("withdrawn",)), "closed / all", "without withdrawn", minimum=4),
        "matters.funnel": st.Funnel("matters.funnel", "Banks", "matters.matter"),
        "matters.kind": st.Tally("matters.kind", "By kind", "matters.matter", "kind", "number of each kind"),
        "matters.state": st.Tally("matters.state", "By state", "matters.matter", "state", "number in each state"),
        "matters.late": st.Overdue("matters.late", "Overdue", "matters.matter", "open and late"),
    }
    found = platform()
    from dataclasses import replace
    from types import MappingProxyType

    monkeypatch.setattr(found, "registry", replace(found.registry, measures=MappingProxyType(declared)))
    return declared


def figures(browser, place, **query):
    """(measure, item) → row of the statistics API."""
    text = "&".join(f"{name}={value}" for name, value in query.items())
    answer = browser.api("GET", f"/d/{place.code}/core/statistics" + (f"?{text}" if text else ""))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return {(row["measure"], row.get("item", "")): row for row in answer.json["figures"]}


@pytest.fixture
def reader(app, here, make_account):
    """A browser that may see matters and statistics of the county."""
    from grid321.core import accounts
    from grid321.core.testing_browser import Browser

    account = make_account("matters.reader", here.tree.county)
    accounts.grant(account.id, "core.leader", here.tree.county)
    return Browser.of_account(app, accounts.get(account.id))


@pytest.mark.once
def test_a_published_percentage_is_recomputed_and_both_roundings_are_known():
    from grid321.core.statistics import Percentage

    found = Percentage(54, 93)
    assert (found.value, found.truncated) == (Decimal("58.06"), Decimal("58.06"))
    assert [Percentage(n, 93).value for n in (33, 2, 4)] == [Decimal("35.48"), Decimal("2.15"), Decimal("4.30")]
    assert (Percentage(2, 3).value, Percentage(2, 3).truncated) == (Decimal("66.67"), Decimal("66.66"))
    assert Percentage(1, 8).value == Decimal("12.50")
    assert Percentage(0, 0).value is None


@pytest.mark.once
@pytest.mark.parametrize(("bottom", "small"), [(0, True), (19, True), (20, False), (1000, False)])
def test_a_small_denominator_is_marked(bottom, small):
    from grid321.core.statistics import Percentage

    assert Percentage(0, bottom).small is small


@pytest.mark.once
@pytest.mark.parametrize(("last", "count", "months"), [
    ("2026-03", 3, ["2026-01", "2026-02", "2026-03"]), ("2026-01", 2, ["2025-12", "2026-01"]),
    ("2026-12", 1, ["2026-12"]), ("2025-02", 14, ["2024-01", *[f"2024-{n:02d}" for n in range(2, 13)], "2025-01", "2025-02"])])
def test_months_are_counted_back_over_the_year(last, count, months):
    from grid321.core.statistics import months_back

    assert months_back(last, count) == months


@pytest.mark.once
def test_a_month_begins_at_midnight_in_china():
    from datetime import datetime

    from grid321.core.statistics_view import month_span

    assert month_span("2026-03") == (datetime(2026, 2, 28, 16), datetime(2026, 3, 31, 16))


def test_the_rate_counts_what_its_formula_says(measures, raise_matter, step, here, reader):
    for _number in range(3):
        step(raise_matter(), "close", here.village)
    step(raise_matter(), "withdraw", here.resident)
    step(raise_matter(), "explain", here.village)
    raise_matter()
    row = figures(reader, here.tree.county)[("matters.solved", "")]
    assert (row["n"], row["of"], row["percent"]) == (3, 5, "60.00")
    assert (row["formula"], row["exclusions"]) == ("closed / all", "without withdrawn")


def test_below_the_minimum_no_percentage_is_given(measures, raise_matter, step, here, reader):
    step(raise_matter(), "close", here.village)
    row = figures(reader, here.tree.county)[("matters.solved", "")]
    assert (row["n"], row["of"], row["small"], row["percent"]) == (1, 1, True, None)
    page = reader.get(f"/d/{here.tree.county.code}/core/statistics").get_data(as_text=True)
    assert "100.00 %" not in page


def test_opening_and_open_follow_the_months(measures, raise_matter, step, here, tick):
    from grid321.core import statistics as st

    first = st.this_month()
    kept, gone = raise_matter(), raise_matter()
    step(gone, "close", here.village)
    tick(timedelta(days=35), sweep=False)
    second = st.this_month()
    assert second > first
    step(raise_matter(), "send_up", here.village, record="纪要")
    banks = {bank.level: bank for bank in st.banks(here.entity, here.flow, here.tree.county, second)}
    village, town = banks["village"], banks["town"]
    assert (village.opening, village.flows["collected"], village.flows["sent_up"], village.open) == (1, 1, 1, 1)
    assert (town.opening, town.flows["received"], town.open) == (0, 1, 1)
    before = {bank.level: bank for bank in st.banks(here.entity, here.flow, here.tree.county, first)}
    assert (before["village"].opening, before["village"].flows["solved"], before["village"].open) == (0, 1, 1)
    assert kept.state == "open"
    assert all(bank.balanced for bank in (*banks.values(), *before.values()))


def test_a_division_shows_the_banks_at_and_below_its_level_only(measures, raise_matter, here):
    from grid321.core import statistics as st

    raise_matter()
    month = st.this_month()
    for node, levels in ((here.tree.county, ["village", "town", "county"]), (here.tree.town, ["village", "town"]),
                         (here.tree.village, ["village"])):
        assert [bank.level for bank in st.banks(here.entity, here.flow, node, month)] == levels
    (other,) = st.banks(here.entity, here.flow, here.tree.second_village, month)
    assert (other.flows["collected"], other.open) == (0, 0)


def test_where_the_plugin_is_off_nothing_is_counted_not_even_above(measures, raise_matter, here):
    from grid321.core import statistics as st
    from grid321.core import switches

    raise_matter()
    raise_matter(at=here.tree.other_village, by=here.county)
    assert st.stock(here.entity, here.tree.county, ["state"])["state"]["open"] == 2
    switches.turn("matters", here.tree.other_town, False)
    assert st.stock(here.entity, here.tree.county, ["state"])["state"]["open"] == 1
    assert +st.stock(here.entity, here.tree.other_town, ["state"])["state"] == {}
    switches.turn("matters", here.tree.other_village, True)
    assert st.stock(here.entity, here.tree.county, ["state"])["state"]["open"] == 2
    switches.turn("matters", here.tree.county, False)
    switches.turn("matters", here.tree.town, True)
    assert st.stock(here.entity, here.tree.county, ["state"])["state"]["open"] == 1


def test_overdue_counts_open_matters_whose_clock_ran_out(measures, raise_matter, step, here, tick):
    from grid321.core import statistics as st

    step(raise_matter(), "close", here.village)
    raise_matter()
    late = measures["matters.late"]
    assert st.overdue(late, here.entity, here.flow, here.tree.county) == 0
    tick(timedelta(days=9), sweep=False)
    assert st.overdue(late, here.entity, here.flow, here.tree.county) == 1
    assert st.overdue(late, here.entity, here.flow, here.tree.other_town) == 0


def test_the_page_names_formula_cut_off_and_leads_to_the_cases(measures, raise_matter, step, here, reader):
    for _number in range(5):
        step(raise_matter(), "close", here.village)
    page = reader.get(f"/d/{here.tree.county.code}/core/statistics").get_data(as_text=True)
    assert "closed / all" in page
    assert "without withdrawn" in page
    assert f'href="/d/{here.tree.county.code}/matters/matter/?state=closed"' in page
    listed = reader.api("GET", f"/d/{here.tree.county.code}/matters/matter?state=closed").json
    assert len(listed["items"]) == 5


def test_divisions_stand_in_the_order_of_the_tree_whatever_their_figures(measures, raise_matter, step, here, reader):
    from grid321.core import statistics_view as view
    from grid321.core.actor import SYSTEM

    for _number in range(3):
        step(raise_matter(at=here.tree.other_village, by=SYSTEM), "close", SYSTEM)
    raise_matter()
    shown = view.Shown(here.tree.county, "2026-11")
    table = view.by_child_view(shown, [measures["matters.solved"]])
    codes = [row["code"] for row in table["rows"]]
    assert codes == sorted(codes)
    assert [row["cells"][1]["small"] for row in table["rows"]] == [True, True]


def test_a_number_of_the_flow_leads_to_its_cases(measures, raise_matter, step, here, reader):
    from grid321.core.statistics import this_month

    case = step(raise_matter("送上去的"), "send_up", here.village, record="纪要")
    raise_matter("留下的")
    here_ = f"/d/{here.tree.county.code}/core/statistics/matters.funnel/cases"
    for level, kind, expected in (("village", "sent_up", 1), ("town", "received", 1), ("county", "received", 0),
                                  ("village", "collected", 2), ("village", "solved", 0)):
        page = reader.get(f"{here_}?level={level}&kind={kind}&month={this_month()}")
        assert page.status_code == 200
        assert len(re.findall(r'href="/d/610902/matters/matter/\d+"', page.get_data(as_text=True))) == expected, (level, kind)
    assert case.number in reader.get(f"{here_}?level=village&kind=sent_up&month={this_month()}").get_data(as_text=True)


@pytest.mark.parametrize("query", ["month=2026-13", "month=gestern", "month=2999-01", "month=2026-1", "month=%00"])
def test_a_month_that_is_none_is_refused_with_what_to_write(measures, here, reader, query):
    answer = reader.api("GET", f"/d/{here.tree.county.code}/core/statistics?{query}")
    assert answer.status_code == 400
    assert answer.json["remedy"]


@pytest.mark.parametrize("query", ["", "level=grid&kind=sent_up", "level=town&kind=gone", "level=town&kind=solved&after=x"])
def test_an_unknown_list_of_steps_is_refused(measures, here, reader, query):
    assert reader.get(f"/d/{here.tree.county.code}/core/statistics/matters.funnel/cases?{query}").status_code == 400


def test_a_measure_nobody_declared_does_not_exist(measures, here, reader):
    assert reader.get(f"/d/{here.tree.county.code}/core/statistics/matters.nothing").status_code == 404


def test_statistics_of_records_one_may_not_see_are_not_shown(measures, raise_matter, here, app, client_for):
    raise_matter()
    assert figures(client_for("core.leader", here.tree.county), here.tree.county) == {}
    blind = client_for("matters.reader", here.tree.county)
    assert blind.api("GET", f"/d/{here.tree.county.code}/core/statistics").status_code == 403


def test_the_table_for_spreadsheets_holds_the_figures_with_their_formula(measures, raise_matter, here, reader):
    raise_matter()
    answer = reader.get(f"/d/{here.tree.county.code}/core/statistics.csv")
    assert answer.mimetype == "text/csv"
    lines = answer.get_data(as_text=True).splitlines()
    assert lines[0].startswith("\ufeff")
    assert any("closed / all" in line for line in lines)


def test_the_statistics_of_a_county_read_maintained_rows_only(measures, raise_matter, here, monkeypatch):
    from grid321.core import db
    from grid321.core import statistics as st

    raise_matter()
    asked = []
    original = db.database.execute_sql

    def watch(sql, *args, **kwargs):
        asked.append(sql)
        return original(sql, *args, **kwargs)

    monkeypatch.setattr(db.database.obj, "execute_sql", watch)
    st.stock(here.entity, here.tree.county, ["state", "kind"])
    st.banks(here.entity, here.flow, here.tree.county, st.this_month())
    reads = [sql for sql in asked if "core_revision" not in sql and "clock_timestamp" not in sql]
    assert len(reads) == 2
    assert all("core_counter" in sql and "matters_matter" not in sql for sql in reads)


@pytest.mark.parametrize(("name", "changes", "word"), [
    ("Tally", {"column": "title"}, "does not count title"), ("Tally", {"entity": "matters.none"}, "no entity"),
    ("Tally", {"formula": ""}, "formula"), ("Funnel", {"entity": "matters.note"}, "no workflow"),
    ("Funnel", {"level_column": "kind2"}, "kind2,state")])
def test_a_measure_that_cannot_be_counted_is_named_at_the_start(here, name, changes, word):
    from grid321.core import statistics as st
    from grid321.core.registry import registry

    given = {"key": "matters.x", "label": "X", "entity": "matters.matter", "formula": "f"}
    if name == "Tally":
        given["column"] = "kind"
    measure = getattr(st, name)(**{**given, **changes})
    known = registry()
    assert word in st.check_measure(measure, known.entities, known.newest)
    assert st.check_measure(object(), known.entities, known.newest)
