"""When days of the calendar change, open deadlines are dated anew: once each, provably, and each owner is told once."""
from datetime import date, datetime, timedelta

import pytest

from grid321.core import calendar_edit, calendar_sheet, db, history, jobs, ledger, notify, redating, settings
from grid321.core.actor import SYSTEM
from grid321.core.clock_rows import Deadline
from grid321.core.errors import Invalid
from grid321.core.jobs import Executor, JobRun
from grid321.core.ledger import LedgerEntry
from grid321.core.redating import Redated, Redating

NOTICE = calendar_sheet.read_lines("2027-01-01 至 2027-01-05 放假 元旦\n2027-01-09 上班 元旦")
SOURCE = "国务院办公厅关于2027年部分节假日安排的通知"


@pytest.fixture
def december():
    """It is Monday, 28 December 2026."""
    moment = datetime(2026, 12, 28, 4)
    with db.shift_clock(moment - db.now()):
        yield date(2026, 12, 28)


@pytest.fixture
def matters(december, here, raise_matter):
    """Five matters of the village, due after seven days: Monday, 4 January 2027, as far as is known."""
    found = [raise_matter() for _number in range(5)]
    assert {(row.due, bool(row.provisional)) for row in Deadline.select()} == {(date(2027, 1, 4), True)}
    return found


def enter(here, rows=NOTICE):
    return calendar_edit.enter_year(None, 2027, rows, SOURCE, SYSTEM, here.tree.city)[1]


def dates(matters):
    model = type(matters[0])
    return [(row.due, model.get_by_id(row.record_id).due, bool(row.provisional))
            for row in Deadline.select().order_by(Deadline.id)]


NEW = (date(2027, 1, 6), date(2027, 1, 6), False)
OLD = (date(2027, 1, 4), date(2027, 1, 4), True)


def test_a_new_notice_re_dates_open_deadlines_with_report_ledger_and_one_notice(here, matters, step):
    closed = step(matters[4], "close", here.village)
    asked = enter(here)
    assert dates(matters)[:4] == [OLD] * 4, "the worker does it, not the request"
    assert Executor().run_due() == 1
    assert dates(matters)[:4] == [NEW] * 4
    assert type(closed).get_by_id(closed.id).due is None
    lines = list(Redated.select().where(Redated.redating_id == asked.id).order_by(Redated.id))
    told = [(line.number, line.clock, line.old_due, line.new_due, line.old_provisional, line.new_provisional) for line in lines]
    assert told == [(matter.number, "handle", date(2027, 1, 4), date(2027, 1, 6), True, False) for matter in matters[:4]]
    entries = list(LedgerEntry.select().where(LedgerEntry.step == "redated").order_by(LedgerEntry.id))
    assert [(entry.record_id, entry.facts["clocks"]) for entry in entries] == [
        (matter.id, [{"clock": "handle", "from": "2027-01-04", "to": "2027-01-06", "provisional": False}])
        for matter in matters[:4]]
    assert all(entry.facts["redating"] == asked.id for entry in entries)
    assert ledger.verify() == []
    run = JobRun.get_by_id(asked.job_id)
    assert (run.state, run.done, run.total, run.result["changed"]) == ("done", 4, 4, 4)
    [message] = [one for one in notify.inbox(here.village.account_id) if one.text_key == "clock.redated"]
    assert message.params == {"count": 4}
    assert message.link.endswith(f"/core/redating/{asked.id}")
    assert [one for one in notify.inbox(here.town.account_id) if one.text_key == "clock.redated"] == []
    last = history.timeline(here.entity, matters[0].id)[-1]
    assert last["step"] == "redated"
    assert [label for label, _text in last["asked"]] == ["Handling"]


def test_a_case_that_was_re_dated_has_a_new_version(here, matters):
    before = matters[0].version
    enter(here)
    Executor().run_due()
    assert type(matters[0]).get_by_id(matters[0].id).version == before + 1, "a stale page or ETag must not pass for the present"


def test_doing_it_again_changes_and_tells_nothing(here, matters):
    enter(here)
    Executor().run_due()
    entries = LedgerEntry.select().where(LedgerEntry.step == "redated").count()
    told = len(notify.inbox(here.village.account_id))
    with db.transaction():
        again = redating.ask(redating.CALENDAR, here.tree.city, SYSTEM, reason="again", everywhere=True, since=date(2027, 1, 1))
    Executor().run_due()
    assert Redated.select().where(Redated.redating_id == again.id).count() == 0
    assert LedgerEntry.select().where(LedgerEntry.step == "redated").count() == entries
    assert len(notify.inbox(here.village.account_id)) == told


def test_a_job_that_dies_in_the_middle_goes_on_and_doubles_nothing(here, matters, tick, monkeypatch):
    monkeypatch.setattr(redating, "BATCH", 2)
    asked = enter(here)
    good, calls = redating._write_cases, []

    def dies(*args):
        calls.append(args)
        good(*args)
        if len(calls) == 2:
            raise KeyboardInterrupt  # as a kill does, it leaves the transaction without a commit

    monkeypatch.setattr(redating, "_write_cases", dies)
    with pytest.raises(KeyboardInterrupt):
        Executor().run_due()
    assert dates(matters) == [NEW] * 2 + [OLD] * 3, "the second batch is not there, not even half of it"
    assert Redated.select().count() == 2
    monkeypatch.setattr(redating, "_write_cases", good)
    tick(timedelta(minutes=5), sweep=False)  # the lease of the dead worker has run out
    Executor().run_due()
    assert JobRun.get_by_id(asked.job_id).state == "done"
    assert dates(matters) == [NEW] * 5
    assert Redated.select().count() == LedgerEntry.select().where(LedgerEntry.step == "redated").count() == 5
    [message] = [one for one in notify.inbox(here.village.account_id) if one.text_key == "clock.redated"]
    assert message.params == {"count": 5}


def test_a_clock_that_was_met_meanwhile_stays_as_it_is(here, matters, step, monkeypatch):
    enter(here)
    good = redating._write

    def late(row, work, ids):
        Deadline.update(state="met").where(Deadline.record_id == matters[0].id).execute()
        good(row, work, ids)

    monkeypatch.setattr(redating, "_write", late)
    Executor().run_due()
    assert dates(matters)[0][0] == date(2027, 1, 4)
    assert Redated.select().where(Redated.record_id == matters[0].id).count() == 0
    assert dates(matters)[1:] == [NEW] * 4


def test_days_of_a_county_re_date_that_county_alone(here, matters, raise_matter, switch_on, make_account):
    from grid321.core import access
    switch_on("matters", here.tree.other_county)
    officer = access.actor_of(make_account("matters.officer", here.tree.other_county).id)
    other = raise_matter(by=officer, at=here.tree.other_county)
    calendar_edit.put_day(here.tree.county, date(2027, 1, 4), "day_off", "县庆", "县政府公告", SYSTEM, here.tree.county)
    Executor().run_due()
    assert {row.due for row in Deadline.select().where(Deadline.record_id != other.id)} == {date(2027, 1, 5)}
    assert Deadline.get(Deadline.record_id == other.id).due == date(2027, 1, 4)
    assert Redating.get().division_id == here.tree.county.id


def test_a_changed_length_holds_for_new_cases_until_open_ones_are_re_dated_on_purpose(here, matters, raise_matter, december):
    key = "matters.village_days"
    settings.put(key, here.tree.town, "10 wd", source="镇规定", valid_from=december)
    assert dates(matters) == [OLD] * 5
    new = raise_matter()
    assert Deadline.get(Deadline.record_id == new.id).due == date(2027, 1, 11)
    found = redating.preview(here.tree.county, [key])
    assert (found.seen, found.changed, len(found.first)) == (6, 5, 5)
    assert dates(matters)[:5] == [OLD] * 5, "a preview writes nothing"
    with db.transaction():
        redating.ask(redating.LENGTHS, here.tree.county, SYSTEM, reason="镇规定", settings=[key])
    Executor().run_due()
    rows = list(Deadline.select().where(Deadline.record_id != new.id))
    assert {(row.due, row.length, row.source) for row in rows} == {(date(2027, 1, 11), "10 wd", "镇规定")}
    entry = LedgerEntry.select().where(LedgerEntry.step == "redated").first()
    assert entry.facts["clocks"][0] | {"provisional": True} == {
        "clock": "handle", "from": "2027-01-04", "to": "2027-01-11", "provisional": True, "length": "10 wd",
        "length_before": "7 d"}


@pytest.mark.parametrize("keys", [[], ["core.theme"], ["no.such"]])
def test_re_dating_on_purpose_needs_a_limit_to_follow(here, keys):
    with pytest.raises(Invalid):
        redating.ask(redating.LENGTHS, here.tree.county, SYSTEM, reason="x", settings=keys)
    assert (Redating.select().count(), JobRun.select().count()) == (0, 0)


def test_a_step_that_read_the_old_date_cannot_write_it_back(here, matters):
    """On PostgreSQL both may run at once: the new version of the case makes the slower compare-and-set fail."""
    from grid321.core import engine
    from grid321.core.errors import Conflict
    record = type(matters[0]).get_by_id(matters[0].id)
    enter(here)
    Executor().run_due()
    with pytest.raises(Conflict), db.transaction():
        engine._compare_and_set(here.entity, record, {"due": record.due, "version": record.version + 1})
    assert dates(matters)[0] == NEW


def test_a_stopping_worker_gives_the_job_back(here, matters):
    asked = enter(here)
    executor = Executor()
    run = executor.claim()
    executor.stop.set()
    executor.execute(run)
    assert JobRun.get_by_id(asked.job_id).state == jobs.QUEUED
    Executor().run_due()
    assert dates(matters) == [NEW] * 5
