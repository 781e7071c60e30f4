"""Cases that another case carries: counted once, moved together, ended together, and never lost."""
from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial

import pytest
from support import matters

from grid321.core import clock, counters, db, engine, group_checks, groups, history, outbox, records, verification
from grid321.core.actor import SYSTEM
from grid321.core.errors import Conflict, Forbidden, NotFound, Problem, Refused, StaleVersion
from grid321.core.ledger import LedgerEntry
from grid321.core.notify import Notification


@pytest.fixture
def fresh(here):
    """Return ``fresh(case)``: the case as it is stored now."""
    return lambda case: here.entity.model.get_by_id(case.id)


@pytest.fixture
def join(here, fresh):
    """Return ``join(member, lead, by)``: group a case under a lead."""
    return lambda member, lead, by=None: groups.join(here.entity, member.id, lead.id, by or here.village, None, here.tree.county)


@pytest.fixture
def pair(raise_matter, join, fresh, make_account, here):
    """Return (lead, member), raised by two residents in one village."""
    other = here.actor("matters.resident", here.tree.village)
    lead, member = raise_matter("路灯不亮"), raise_matter("村口路灯坏了", by=other)
    join(member, lead)
    return fresh(lead), fresh(member)


def bank(here, node=None):
    """The flows of the banks at and below a division, and what is open by them."""
    found = counters.Bag()
    for _place, _level, _month, kind, n in counters.flows(here.entity.key, [(node or here.tree.county).id],
                                                        ("village", "town", "county")):
        found[kind] += n
    return +found


def sound(here):
    """Fail unless counters, ledger, clocks and groups agree."""
    assert list(verification.check_all()) == []


# -- joining ---------------------------------------------------------------------------------------------------------

def test_a_member_leaves_its_bank_without_being_solved_and_is_counted_with_its_lead(here, pair):
    lead, member = pair
    assert (member.parent_id, member.bond, lead.members) == (lead.id, "member", 1)
    assert bank(here) == {"collected": 2, "joined": 1}
    assert counters.open_after(0, bank(here)) == 1
    counted = counters.counts(here.entity.key, [here.tree.county.id], ["state"])
    assert {value: n for _place, _column, value, n in counted} == {"open": 1}
    sound(here)


def test_the_clocks_of_a_member_rest_and_start_anew_when_it_is_taken_out(here, pair, fresh):
    _lead, member = pair
    assert member.due is None
    assert [row.state for row in clock.of(here.entity.key, member.id)] == ["cancelled"]
    with db.shift_clock(timedelta(days=3)):
        groups.leave(here.entity, member.id, here.village, member.version, here.tree.county)
        today = db.local_day()
    alone = fresh(member)
    assert (alone.parent_id, alone.bond, alone.due) == (None, None, today + timedelta(days=7))
    assert bank(here) == {"collected": 2, "joined": 1, "received": 1}
    sound(here)


def test_members_follow_their_lead_and_only_the_lead_is_booked(here, pair, step, fresh):
    lead, member = pair
    step(lead, "send_up", here.village, record="两委会议纪要")
    lead, member = fresh(lead), fresh(member)
    assert (member.state, member.holder_id) == (lead.state, here.tree.town.id) and lead.holder_id == here.tree.town.id
    assert bank(here) == {"collected": 2, "joined": 1, "sent_up": 1, "received": 1}
    lead = step(lead, "hand_over", here.town, department_id=here.office.id)
    assert (fresh(member).state, fresh(member).department_id) == ("given", here.office.id)
    sound(here)


def test_a_member_ends_with_its_lead_and_no_second_flow_is_booked(here, pair, step, fresh):
    lead, member = pair
    step(lead, "close", here.village)
    assert fresh(member).state == "closed" and fresh(member).closed_at is not None
    assert fresh(lead).members == 0
    assert bank(here) == {"collected": 2, "joined": 1, "solved": 1}
    assert counters.open_after(0, bank(here)) == 0
    sound(here)


def test_every_reporter_rates_for_himself(here, pair, step, fresh):
    lead, member = pair
    step(lead, "send_up", here.village, record="纪要")
    step(fresh(lead), "hand_over", here.town, department_id=here.office.id)
    step(fresh(lead), "answer", here.clerk, reason="已修复")
    other = access_actor(member.reporter_id)
    assert [one.key for one in engine.possible(here.entity, fresh(member), other)] == ["rate"]
    step(fresh(member), "rate", other, rating="bad")
    assert (fresh(member).state, fresh(member).rating, fresh(lead).state) == ("rated", "bad", "answered")
    step(fresh(lead), "rate", here.resident, rating="good")
    assert (fresh(lead).rating, fresh(member).rating) == ("good", "bad")
    step(fresh(lead), "close", here.town)
    assert {fresh(lead).state, fresh(member).state} == {"closed"}
    sound(here)


def access_actor(account_id):
    from grid321.core import access

    return access.actor_of(account_id)


def test_a_withdrawn_lead_gives_its_members_back_to_the_bank(here, pair, step, fresh):
    lead, member = pair
    step(lead, "withdraw", here.resident)
    alone = fresh(member)
    assert (fresh(lead).state, alone.state, alone.bond, alone.parent_id) == ("withdrawn", "open", None, None)
    assert alone.due is not None
    assert bank(here) == {"collected": 2, "joined": 1, "withdrawn": 1, "received": 1}
    sound(here)


def test_a_member_that_is_withdrawn_leaves_the_group_without_a_second_flow(here, pair, step, fresh):
    lead, member = pair
    step(member, "withdraw", access_actor(member.reporter_id))
    assert (fresh(member).state, fresh(lead).members) == ("withdrawn", 0)
    assert bank(here) == {"collected": 2, "joined": 1}
    sound(here)


def test_a_member_takes_no_step_of_its_lead(here, pair, step):
    lead, member = pair
    assert [one.key for one in engine.possible(here.entity, member, here.village)] == []
    with pytest.raises(Conflict) as problem:
        step(member, "close", here.village)
    assert problem.value.code == "in_group"
    assert lead.number in str(problem.value.detail)


def test_where_the_lead_goes_down_to_another_village_a_member_stays_behind_in_the_bank(here, raise_matter, step, join, fresh):
    lead = step(raise_matter(), "send_up", here.village, record="纪要")
    far = raise_matter(at=here.tree.second_village, by=SYSTEM)
    far = engine.perform(here.entity, far.id, "send_up", {"record": "纪要"}, SYSTEM, None, here.tree.county).record
    join(far, lead, here.town)
    step(fresh(lead), "send_down", here.town, reason="退回村里")
    assert fresh(lead).holder_id == here.tree.village.id
    assert (fresh(far).holder_id, fresh(far).bond, fresh(far).state) == (here.tree.town.id, None, "open")
    assert fresh(far).due is not None and fresh(lead).members == 0
    sound(here)


def test_the_timelines_of_both_tell_it_in_words_and_reporters_are_told(here, pair, step, fresh):
    lead, member = pair
    step(lead, "close", here.village)
    mine = [(entry["step"], entry["text"]) for entry in history.timeline(here.entity, member.id)]
    assert mine == [("create", ""), ("join", lead.number), ("follow", lead.number)]
    assert [entry["step"] for entry in history.timeline(here.entity, lead.id)] == ["create", "gather", "close"]
    outbox.drain()
    told = {row.text_key for row in Notification.select().where(Notification.account_id == member.reporter_id)}
    assert told == {"case.joined", "case.closed"}


# -- refusals --------------------------------------------------------------------------------------------------------

def test_what_cannot_be_grouped_is_refused_and_nothing_changes(here, raise_matter, step, join, fresh):
    lead, member, third = raise_matter(), raise_matter(), raise_matter()
    away = step(raise_matter(), "send_up", here.village, record="纪要")
    closed = step(raise_matter(), "close", here.village)
    join(member, lead)
    before = LedgerEntry.select().count()
    wrong = ((lead, lead, "itself"), (member, third, "in_group"), (third, member, "lead_in_group"), (lead, third, "is_lead"),
             (third, closed, "closed"), (closed, third, "closed"))
    for one, other, code in wrong:
        with pytest.raises(Problem) as problem:
            join(one, other)
        assert problem.value.code == code
    with pytest.raises(Refused) as problem:
        join(third, away, here.county)
    assert problem.value.code == "other_bank"
    assert LedgerEntry.select().count() == before
    sound(here)


def test_one_may_only_group_what_one_may_edit_and_decide_about(here, raise_matter, join):
    lead, member = raise_matter(), raise_matter()
    for actor, problem in ((here.resident, Forbidden), (here.reader, Forbidden),
                           (here.actor("matters.officer", here.tree.second_village), NotFound)):
        with pytest.raises(problem):
            join(member, lead, actor)


def test_who_saw_an_older_version_is_told(here, raise_matter):
    lead, member = raise_matter(), raise_matter()
    with pytest.raises(StaleVersion):
        groups.join(here.entity, member.id, lead.id, here.village, member.version - 1, here.tree.county)


def test_who_saw_the_lead_without_its_new_member_does_not_step_it(here, raise_matter, join, step, fresh):
    lead, member = raise_matter(), raise_matter()
    join(member, lead)
    with pytest.raises(StaleVersion):
        step(lead, "close", here.village)
    assert fresh(member).state == fresh(lead).state == "open"


# -- races -----------------------------------------------------------------------------------------------------------

def at_once(app, *works):
    """Run works at the same moment, each in a thread with its own connection; returns how each ended."""
    import contextvars

    barrier, ends = threading.Barrier(len(works)), [""] * len(works)

    def run(place, work):
        with app.app_context():
            try:
                barrier.wait(timeout=20)
                work()
                ends[place] = "won"
            except (Conflict, StaleVersion, Refused):
                ends[place] = "lost"
            finally:
                db.close_thread()

    threads = [threading.Thread(target=contextvars.Context().run, args=(run, place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def test_grouping_while_the_member_or_the_lead_is_stepped_has_one_winner(app, here, raise_matter, fresh):
    for _round in range(6):
        lead, member = raise_matter(), raise_matter()
        for stepped in (member, lead):
            seen = fresh(stepped)
            ends = at_once(app, partial(groups.join, here.entity, member.id, lead.id, here.village, member.version,
                                        here.tree.county),
                           partial(engine.perform, here.entity, seen.id, "close", {}, here.village, seen.version,
                                   here.tree.county))
            assert sorted(ends) == ["lost", "won"]
            if fresh(member).bond is not None:
                break
    sound(here)


def test_two_who_group_two_cases_under_each_other_end_with_one_group(app, here, raise_matter, fresh):
    for _round in range(6):
        one, other = raise_matter(), raise_matter()
        ends = at_once(app, *(lambda a=a, b=b: groups.join(here.entity, a.id, b.id, here.village, None, here.tree.county)
                              for a, b in ((one, other), (other, one))))
        assert sorted(ends) == ["lost", "won"]
        assert sorted(bool(fresh(case).bond) for case in (one, other)) == [False, True]
    sound(here)


def test_a_member_that_leaves_while_the_lead_is_closed_is_either_closed_or_on_its_own(app, here, raise_matter, join, fresh):
    for _round in range(6):
        lead, member = raise_matter(), raise_matter()
        join(member, lead)
        lead, member = fresh(lead), fresh(member)
        at_once(app, partial(groups.leave, here.entity, member.id, here.village, member.version, here.tree.county),
                partial(engine.perform, here.entity, lead.id, "close", {}, here.village, lead.version, here.tree.county))
        now = fresh(member)
        assert (now.state, now.bond) in {("closed", "member"), ("open", None)}
    sound(here)


# -- parts -----------------------------------------------------------------------------------------------------------

def test_a_part_is_worked_on_by_itself_and_counted_nowhere(here, raise_matter, step, fresh):
    whole = raise_matter("道路塌陷并损坏水管")
    part = groups.split(here.entity, whole.id, {"title": "水管"}, here.village, whole.version, here.tree.county)
    assert (part.number, part.bond, part.parent_id, part.state) == (f"{whole.number}-1", "part", whole.id, "open")
    assert part.due == fresh(whole).due
    assert bank(here) == {"collected": 1}
    with pytest.raises(Refused) as problem:
        step(fresh(whole), "close", here.village)
    assert problem.value.code == "open_parts" and part.number in str(problem.value.detail)
    step(part, "send_up", here.village, record="纪要")
    assert bank(here) == {"collected": 1}
    step(fresh(part), "explain", here.town)
    step(fresh(whole), "close", here.village)
    assert bank(here) == {"collected": 1, "solved": 1}
    sound(here)


def test_parts_of_a_withdrawn_case_end_with_it(here, raise_matter, step, fresh):
    whole = raise_matter()
    part = groups.split(here.entity, whole.id, {"title": "水管"}, here.village, whole.version, here.tree.county)
    step(fresh(whole), "withdraw", here.resident)
    assert (fresh(part).state, fresh(part).due, fresh(whole).members) == ("withdrawn", None, 0)
    sound(here)


def test_a_part_is_neither_split_nor_grouped(here, raise_matter, join, fresh):
    whole, other = raise_matter(), raise_matter()
    part = groups.split(here.entity, whole.id, {"title": "水管"}, here.village, None, here.tree.county)
    with pytest.raises(Refused):
        groups.split(here.entity, part.id, {"title": "更小"}, here.village, None, here.tree.county)
    for one, lead in ((part, other), (other, part), (whole, other)):
        with pytest.raises(Refused):
            join(one, lead)
    join(other, fresh(whole))
    sound(here)


# -- what else moves cases -------------------------------------------------------------------------------------------

def test_merging_villages_keeps_a_group_of_both_and_a_move_of_one_takes_its_case_out(here, raise_matter, join, step, fresh):
    from grid321.core.division_changes import merge_divisions, move_division

    lead = step(raise_matter(), "send_up", here.village, record="纪要")
    far = raise_matter(at=here.tree.second_village, by=SYSTEM)
    far = engine.perform(here.entity, far.id, "send_up", {"record": "纪要"}, SYSTEM, None, here.tree.county).record
    join(far, lead, here.town)
    move_division(here.tree.second_village, here.tree.other_town, actor=SYSTEM, reason="区划调整", models=[matters.models.Matter])
    assert (fresh(far).bond, fresh(far).holder_id, fresh(lead).members) == (None, here.tree.other_town.id, 0)
    sound(here)
    one, other = raise_matter(), raise_matter()
    join(other, one)
    merge_divisions([here.tree.village], here.tree.second_village, actor=SYSTEM, reason="合并", models=[matters.models.Matter])
    assert fresh(other).bond == "member" and fresh(other).holder_id == fresh(one).holder_id
    sound(here)


def test_verify_finds_groups_that_somebody_bent(here, pair):
    lead, member = pair
    model = here.entity.model
    model.update(members=5).where(model.id == lead.id).execute()
    model.update(holder_id=here.tree.town.id).where(model.id == member.id).execute()
    found = group_checks.faults(here.entity)
    assert any("it says it carries 5, and carries 1" in text for text in found)
    assert any(member.number in text and "holder" in text for text in found)
    model.update(parent_id=None).where(model.id == member.id).execute()
    assert any("no case that could carry it" in text for text in group_checks.faults(here.entity))


def test_a_member_edited_or_commented_stays_a_member(here, pair, fresh):
    _lead, member = pair
    records.update(here.entity, member.id, {"title": "村口路灯"}, here.village, member.version, here.tree.county)
    assert fresh(member).bond == "member"
    sound(here)
