"""Month end: what may be closed when, what is frozen, what a correction does, and that tampering is noticed."""
from __future__ import annotations

from datetime import date, timedelta

import pytest

from grid321.core import errors

OCTOBER, NOVEMBER, DECEMBER = "2026-10", "2026-11", "2026-12"


def close(world, place, month, who="county", below=False):
    from grid321.core import months

    return months.close(place, month, world.actors[who], below=below)


def own(row, key="grid.report"):
    """The terms that are not nothing, of a frozen month."""
    return {kind: n for kind, n in row.figures["own"][key].items() if n}


def banks_of(world, node, month):
    from grid321.core import statistics
    from grid321.core.registry import registry

    found = statistics.banks(world.entity, registry().workflow_of("grid.report"), node, month)
    return {bank.level: bank for bank in found}


def test_a_village_closes_before_its_town_and_the_town_before_the_county(autumn):
    tree = autumn.tree
    for place, who in ((tree.county, "county"), (tree.town, "officer")):
        with pytest.raises(errors.Refused) as refused:
            close(autumn, place, OCTOBER, who)
        assert refused.value.code == "unbalanced"
        assert any("五里村" in text for text in refused.value.errors["findings"])
    (village,) = close(autumn, tree.village, OCTOBER, "secretary")
    assert own(village) == {"collected": 3, "solved": 1, "sent_up": 1, "open": 1}
    (town,) = close(autumn, tree.town, OCTOBER, "officer")
    assert own(town) == {"received": 1, "open": 1}
    assert town.figures["below"]["grid.report"]["village"]["collected"] == 3
    (county,) = close(autumn, tree.county, OCTOBER)
    assert (own(county), county.figures["rows"]) == ({}, [village.id, town.id])


def test_a_county_closes_its_subtree_in_one_go_and_divisions_without_matters_need_not_close(autumn):
    rows = close(autumn, autumn.tree.county, OCTOBER, below=True)
    assert [row.level for row in rows] == ["village", "town", "county"]
    assert len({(row.position, row.head) for row in rows}) == 1
    rows = close(autumn, autumn.tree.county, NOVEMBER, below=True)
    by_level = {row.level: own(row) for row in rows}
    assert by_level == {"village": {"opening": 1, "collected": 1, "open": 2}, "town": {"opening": 1, "sent_up": 1},
                        "county": {"received": 1, "open": 1}}


def test_a_month_is_closed_once_in_order_and_only_when_it_is_over(autumn):
    from grid321.core.month_rows import MonthClose

    tree = autumn.tree
    for month, code in ((DECEMBER, "month_running"), ("2027-03", "month_running"), (NOVEMBER, "month_order")):
        with pytest.raises(errors.Conflict) as refused:
            close(autumn, tree.village, month, "secretary")
        assert refused.value.code == code
        assert MonthClose.select().count() == 0
    close(autumn, tree.village, OCTOBER, "secretary")
    with pytest.raises(errors.Conflict) as refused:
        close(autumn, tree.village, OCTOBER, "secretary")
    assert refused.value.code == "month_closed"
    with pytest.raises(errors.Invalid):
        close(autumn, autumn.grid, OCTOBER)
    with pytest.raises(errors.Forbidden):
        close(autumn, tree.village, NOVEMBER, "worker")
    assert MonthClose.select().count() == 1


@pytest.mark.parametrize(("moment", "over"), [("2026-11-30 15:59", False), ("2026-11-30 16:05", False),
                                              ("2026-11-30 16:11", True)])
def test_a_month_is_over_ten_minutes_after_midnight_in_china(world, moment, over):
    from datetime import datetime

    from grid321.core import db, months

    with db.shift_clock(datetime.fromisoformat(moment) - db.now()):
        assert months.is_over(NOVEMBER) is over


def test_a_broken_balance_is_listed_with_links_and_nothing_is_closed(autumn):
    from grid321.core import counters, months
    from grid321.core.month_rows import MonthClose

    counters.fold()
    village = autumn.tree.village
    counters.CounterRow.update(n=counters.CounterRow.n + 1).where(
        (counters.CounterRow.dimension == "flow.village") & (counters.CounterRow.division_id == village.id)
        & (counters.CounterRow.month == OCTOBER) & (counters.CounterRow.value == "collected")).execute()
    lost = autumn.entity.model.get_by_id(autumn.kept.id)
    autumn.entity.model.update(holder_id=autumn.tree.town.id).where(autumn.entity.model.id == lost.id).execute()
    found = months.check(village, OCTOBER).findings
    texts = " ".join(finding.text for finding in found)
    assert "collected" in texts and lost.number in texts
    assert any(finding.url.endswith(f"/grid/report/{lost.id}") for finding in found)
    with pytest.raises(errors.Refused):
        close(autumn, village, OCTOBER, "secretary")
    assert MonthClose.select().count() == 0


def test_a_frozen_month_is_read_from_its_row_and_never_counted_anew(autumn):
    from grid321.core import counters

    close(autumn, autumn.tree.county, OCTOBER, below=True)
    counters.fold()
    counters.CounterRow.update(n=99).where((counters.CounterRow.month == OCTOBER)
                                           & (counters.CounterRow.value == "collected")).execute()
    bank = banks_of(autumn, autumn.tree.county, OCTOBER)["village"]
    assert (bank.frozen, bank.flows["collected"], bank.open) == (True, 3, 1)
    assert not banks_of(autumn, autumn.tree.county, NOVEMBER)["village"].frozen


def test_a_correction_needs_two_people_is_booked_into_the_present_month_and_leaves_the_closed_one(autumn):
    from grid321.core import months, statistics

    village = autumn.tree.village
    wanted = {"from_kind": "solved", "to_kind": "closed", "n": 1, "reason": "回头看发现并未解决。"}
    with pytest.raises(errors.Conflict) as refused:
        months.propose(village, OCTOBER, autumn.entity, wanted, autumn.actors["secretary"])
    assert refused.value.code == "month_open"
    (row,) = close(autumn, village, OCTOBER, "secretary")
    for wrong, field in (({"to_kind": "received"}, "to_kind"), ({"to_kind": "solved"}, "to_kind"), ({"n": 2}, "n"),
                         ({"reason": " "}, "reason")):
        with pytest.raises(errors.Invalid) as refused:
            months.propose(village, OCTOBER, autumn.entity, {**wanted, **wrong}, autumn.actors["secretary"])
        assert list(refused.value.errors) == [field]
    proposed = months.propose(village, OCTOBER, autumn.entity, wanted, autumn.actors["secretary"])
    with pytest.raises(errors.Forbidden):
        months.decide(village, proposed.id, True, autumn.actors["secretary"])
    booked = months.decide(village, proposed.id, True, autumn.actors["officer"])
    assert booked.booked_month == DECEMBER
    with pytest.raises(errors.Conflict):
        months.decide(village, proposed.id, False, autumn.actors["officer"])
    assert own(type(row).get_by_id(row.id)) == own(row)
    december = banks_of(autumn, village, DECEMBER)["village"]
    assert (december.flows["correction.solved"], december.flows["correction.closed"]) == (-1, 1)
    assert december.balanced
    assert statistics.recount("grid.report") == []


def test_who_proposed_a_correction_does_not_approve_it(autumn):
    from grid321.core import months

    town = autumn.tree.town
    close(autumn, autumn.tree.county, OCTOBER, below=True)
    made = months.propose(town, OCTOBER, autumn.entity, {"from_kind": "received", "to_kind": "collected", "n": 1,
                                                         "reason": "系本级自行收集。"}, autumn.actors["officer"])
    with pytest.raises(errors.Refused) as refused:
        months.decide(town, made.id, True, autumn.actors["officer"])
    assert refused.value.code == "second_person"
    assert months.decide(town, made.id, False, autumn.actors["county"]).state == "rejected"


def test_of_two_who_close_a_month_at_once_one_wins_and_the_other_is_told(autumn, app):
    import contextvars
    import threading

    from grid321.core import db
    from grid321.core.month_rows import MonthClose

    barrier, results = threading.Barrier(2), []

    def clerk():
        with app.app_context():
            try:
                barrier.wait(timeout=30)
                close(autumn, autumn.tree.county, OCTOBER, below=True)
                results.append("closed")
            except errors.Conflict as problem:
                results.append(problem.code)
            finally:
                db.close_thread()

    threads = [threading.Thread(target=contextvars.Context().run, args=(clerk,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["closed", "month_closed"]
    assert MonthClose.select().count() == 3


def test_a_village_that_was_merged_away_is_counted_once_in_the_months_of_its_heir(autumn, tick):
    from grid321.core import division_changes, month_check, snapshot
    from grid321.core.actor import SYSTEM

    close(autumn, autumn.tree.county, OCTOBER, below=True)
    close(autumn, autumn.tree.village, NOVEMBER, "secretary")
    division_changes.merge_divisions([autumn.tree.village.code], autumn.tree.second_village.code, actor=SYSTEM, reason="并村")
    county = snapshot.current().tree.get(autumn.tree.county.id)
    close(autumn, county, NOVEMBER, below=True)
    tick(date(2027, 1, 5), sweep=False)
    rows = close(autumn, snapshot.current().tree.get(county.id), DECEMBER, below=True)
    assert list(month_check.verify()) == []
    totals = [type(rows[0]).get((type(rows[0]).division_id == county.id) & (type(rows[0]).month == month)).figures["below"][
        "grid.report"]["village"]["open"] for month in (NOVEMBER, DECEMBER)]
    assert totals == [2, 2]


def _figure(row):
    row.figures["own"]["grid.report"]["solved"] += 1
    type(row).update(figures=row.figures).where(type(row).id == row.id).execute()


def _gone(row):
    type(row).delete().where(type(row).id == row.id).execute()


def _head(row):
    type(row).update(head="0" * 64).where(type(row).id == row.id).execute()


def _late(row):
    """Book a step into the frozen month behind everybody's back, with its seal."""
    from grid321.core import db, ledger, snapshot

    node = snapshot.current().tree.get(row.division_id)
    with db.transaction():
        ledger.append("grid.report", 1, "create", node=node, facts={"flows": [(node.id, node.level, "collected")]},
                      at=db.now() - timedelta(days=45))
    ledger.seal_all()


@pytest.mark.parametrize("tamper", [_figure, _gone, _head, _late])
def test_verify_notices_a_frozen_month_that_was_tampered_with(autumn, tamper):
    from grid321.core import db, month_check
    from grid321.core.migrate import no_longer_append_only

    rows = close(autumn, autumn.tree.county, OCTOBER, below=True)
    assert list(month_check.verify()) == []
    with pytest.raises(Exception, match="append-only"):
        _gone(rows[0])
    no_longer_append_only(db.database.obj, "core_month_close")
    tamper(rows[0])
    assert [text for text in month_check.verify() if OCTOBER in text or "close" in text]


def test_verify_notices_a_held_record_that_was_changed(world):
    from grid321.core import month_check
    from grid321.core.meetings import Meeting

    world.at_town()
    assert list(month_check.verify()) == []
    Meeting.update(present=7).execute()
    assert len(list(month_check.verify())) == 1
