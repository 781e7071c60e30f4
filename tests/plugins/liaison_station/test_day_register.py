"""The reception-day register: who came and what was said, once, as a draft until it is settled; personal data stay sealed."""

from datetime import date, timedelta

import pytest

from grid321.core import counters, db, engine, ledger, records, snapshot
from grid321.core.errors import Conflict, Forbidden, Invalid
from grid321.core.tree import ancestor_columns
from grid321.plugins.liaison_station import opinions, register
from grid321.plugins.liaison_station.day_models import Opinion, Visit
from grid321.plugins.liaison_station.reception_models import Duty, Reception

NAME, PHONE = "吴秀兰", "13909150001"
SAID = "村口的路灯坏了三盏，晚上出门看不见路。希望修好。"


@pytest.fixture
def reception(world):
    """A reception day of today at the village's station, with two deputies on duty."""
    return day_of(world, db.local_day())


def day_of(world, day, **more):
    """A reception day of the village's station."""
    place = ancestor_columns(snapshot.current().tree, world.node("wuli_village"))
    found = Reception.create(number=f"JD-{day}", state="posted", holder_id=place["division_id"], day=day, first_day=day,
                             station_id=world.stations["wuli_village"].id, from_minute=540, to_minute=660, **place, **more)
    for who in ("zhao", "zhang"):
        Duty.create(reception_id=found.id, station_id=found.station_id, deputy_id=world.deputies[who].id,
                    person_id=world.people[who].id, day=day, **place)
    return found


def line(world, reception, **changes):
    """The values of a line that somebody types at the desk."""
    return {"station_id": world.stations["wuli_village"].id, "reception_id": reception.id if reception else None,
            "deputy_id": world.deputies["zhao"].id, "kind": "opinion", "text": SAID, "name": NAME, "phone": PHONE, **changes}


def note(world, values, who="village_liaison", **more):
    """Write a line as somebody."""
    return register.note_visit(values, world.actors[who], world.node("wuli_village"), **more)


def test_a_line_is_a_draft_of_today_at_the_place_of_its_station(world, reception):
    visit = note(world, line(world, reception))

    assert (visit.result, visit.came_on, visit.persons, visit.mode) == ("draft", db.local_day(), 1, "offline")
    assert visit.division_id == world.tree.village.id
    assert register.totals(reception.id) == {"persons": 1, "lines": 1, "answered": 0, "opinion": 0, "draft": 1}


def test_name_and_telephone_are_sealed_and_stand_nowhere_else(world, reception):
    visit = note(world, line(world, reception, result="opinion"))
    case = Opinion.get_by_id(visit.opinion_id)

    assert NAME not in (visit.name or "") and PHONE not in (visit.phone or "")
    assert (records.opened(world.entity("opinion"), case, "name"), records.opened(world.entity("opinion"), case, "phone")) == (
        NAME, PHONE)
    assert case.name != visit.name, "each row is sealed for itself"
    written = [str(entry.__data__) for entry in ledger.LedgerEntry.select()]
    told = [row[0] for row in db.database.execute_sql("SELECT facts FROM core_outbox").fetchall()]
    assert not [text for text in [*written, *map(str, told)] if NAME in text or PHONE in text]


def test_a_line_sent_twice_under_its_mark_is_stored_once(world, reception):
    first = note(world, line(world, reception), mark="phone-1")
    second = note(world, line(world, reception), mark="phone-1")

    assert first.id == second.id
    assert Visit.select().count() == 1


def test_a_line_that_was_settled_before_it_came_again_is_not_stored_a_second_time(world, reception):
    first = note(world, line(world, reception), mark="phone-1")
    world.change(first, {"result": "answered", "answer": "今晚就修。"}, "village_liaison")
    again = note(world, line(world, reception), mark="phone-1")

    assert (again.id, again.result, Visit.select().count()) == (first.id, "answered", 1)


def test_another_line_under_a_used_mark_is_not_lost(world, reception):
    note(world, line(world, reception), mark="phone-1")
    other = note(world, line(world, reception, name="钱有福", text="想问医保怎么报销。", kind="question"), mark="phone-1")

    assert Visit.select().count() == 2
    assert other.kind == "question"


def test_what_becomes_an_opinion_becomes_one_at_once_and_only_once(world, reception):
    visit = note(world, line(world, reception, result="opinion", subject="roads"))
    case = Opinion.get_by_id(visit.opinion_id)

    assert (case.state, case.kind, case.text, case.heard_on) == ("reported", "roads", SAID, visit.came_on)
    assert (case.deputy_id, case.person_id) == (world.deputies["zhao"].id, world.people["zhao"].id)
    assert (case.holder_id, case.holder_level, case.visit_id) == (world.tree.village.id, "village", visit.id)
    assert case.title == "村口的路灯坏了三盏，晚上出门看不见路"
    assert opinions.raise_from(visit, world.actors["village_liaison"]).id == case.id
    assert counters.recount(world.entity("opinion"), snapshot.current().tree) == []
    assert counters.recount(world.entity("visit"), snapshot.current().tree) == []


def test_who_left_neither_name_nor_telephone_cannot_be_answered(world, reception):
    visit = note(world, line(world, reception, name="", phone="", result="opinion"))

    assert Opinion.get_by_id(visit.opinion_id).wants_answer is False


@pytest.mark.parametrize(("changes", "field"), [
    ({"text": ""}, "text"), ({"result": "answered"}, "answer"), ({"deputy_id": None}, "deputy")])
def test_a_settled_line_says_what_was_said_what_was_answered_and_who_heard_it(world, reception, changes, field):
    with pytest.raises(Invalid) as refused:
        note(world, line(world, reception, **{"result": "opinion", **changes}))

    assert list(refused.value.errors) == [field]
    assert Visit.select().count() == Opinion.select().count() == 0


def test_on_a_leaders_station_day_a_leader_may_have_heard_it(world):
    day = day_of(world, db.local_day(), kind="leaders")
    heard = {"deputy_id": None, "heard_by": "县委常委、组织部部长刘明", "result": "opinion"}
    visit = note(world, line(world, day, **heard))

    assert Opinion.get_by_id(visit.opinion_id).deputy_id is None
    with pytest.raises(Invalid):
        note(world, line(world, None, **heard))


def test_an_activity_raises_opinions_too(world):
    from grid321.plugins.liaison_station.activity_models import Activity

    place = ancestor_columns(snapshot.current().tree, world.tree.town)
    activity = Activity.create(number="HD-1", state="held", holder_id=world.tree.town.id, station_id=world.stations["wuli"].id,
                               kind="inspection", title="视察集镇排水", day=db.local_day(), held_on=db.local_day(), **place)
    case = opinions.raise_from(activity, world.actors["town"], kind="water", text=SAID, deputy_id=world.deputies["zhang"].id)
    below = opinions.raise_from(activity, world.actors["town"], text=SAID, division_id=world.tree.village.id, name=NAME)

    assert (case.activity_id, case.visit_id, case.holder_level, case.wants_answer) == (activity.id, None, "town", False)
    assert (below.holder_id, below.holder_level, below.wants_answer) == (world.tree.village.id, "village", True)


def test_nobody_came_to_a_reception_that_has_not_been(world):
    with pytest.raises(Invalid) as refused:
        note(world, line(world, day_of(world, db.local_day() + timedelta(days=3))))

    assert list(refused.value.errors) == ["reception"]


def test_a_line_of_another_day_does_not_stand_in_the_register_of_this_one(world, reception):
    with pytest.raises(Invalid) as refused:
        note(world, line(world, reception, came_on=db.local_day() - timedelta(days=1)))

    assert list(refused.value.errors) == ["came_on"]


def test_a_closed_day_takes_no_more_lines(world):
    closed = day_of(world, db.local_day(), closed_at=db.now())
    with pytest.raises(Invalid) as refused:
        note(world, line(world, closed))

    assert list(refused.value.errors) == ["reception"]


def test_the_register_of_a_station_is_written_where_the_station_is(world, reception):
    visit = register.note_visit(line(world, reception), world.actors["town"], world.tree.county)
    assert visit.division_id == world.tree.village.id
    with pytest.raises(Invalid) as refused:
        register.note_visit(line(world, None), world.actors["town"], world.tree.second_village)

    assert list(refused.value.errors) == ["division"]


def test_a_reception_of_another_station_is_refused(world, reception):
    with pytest.raises(Invalid) as refused:
        register.note_visit(line(world, reception, station_id=world.stations["wuli"].id), world.actors["town"], world.tree.town)

    assert list(refused.value.errors) == ["reception"]


def test_a_settled_line_becomes_no_draft_again_and_is_not_thrown_away(world, reception):
    entity, who = world.entity("visit"), world.actors["village_liaison"]
    visit = note(world, line(world, reception, result="answered", answer="当场答复：本周修好。"))
    with pytest.raises(Invalid):
        records.update(entity, visit.id, {"result": "draft"}, who, visit.version, world.tree.village)
    with pytest.raises(Conflict):
        records.delete(entity, visit.id, who, visit.version, world.tree.village)
    draft = note(world, line(world, reception, text="没说完", persons=2))
    assert world.fresh(reception).voters == 3
    records.delete(entity, draft.id, who, draft.version, world.tree.village)

    assert world.fresh(reception).voters == 1

    assert [row.id for row in Visit.select()] == [visit.id]


def test_a_line_that_became_an_opinion_stays_as_it_is(world, reception):
    visit = note(world, line(world, reception, result="opinion"))
    with pytest.raises(Conflict):
        records.update(world.entity("visit"), visit.id, {"text": "别的"}, world.actors["village_liaison"], visit.version,
                       world.tree.village)


def test_a_reader_and_the_officer_of_another_village_write_nothing(world, reception):
    for who in ("viewer", "other_town", "zhao"):
        with pytest.raises(Forbidden):
            note(world, line(world, reception), who)

    assert Visit.select().count() == 0


def test_the_summary_names_figures_and_subjects_and_nobody(world, reception):
    note(world, line(world, reception, result="opinion", subject="roads", persons=3))
    note(world, line(world, reception, result="answered", answer="已答复。", kind="question"))
    text = register.summary_of(reception)

    assert "4" in text and NAME not in text
    assert register.drafts(reception.id) == 0


def test_who_is_offered_as_having_heard_it_belongs_to_the_station_or_was_on_duty(world, reception):
    from grid321.plugins.liaison_station.day_fields import heard_here

    here = [name for _id, name in heard_here(world.tree.village).tuples()]
    world.deputies["sun"].status, world.deputies["sun"].status_on = "suspended", date(2025, 1, 1)
    world.deputies["sun"].save()
    after = [name for _id, name in heard_here(world.tree.village).tuples()]

    assert sorted(here) == ["孙玉珍", "张桂兰", "赵德发"]
    assert sorted(after) == ["张桂兰", "赵德发"]


def test_every_line_of_the_register_is_in_the_ledger(world, reception):
    visit = note(world, line(world, reception, result="opinion"))
    steps = [entry.step for entry in ledger.LedgerEntry.select().where(
        ledger.LedgerEntry.entity == "liaison_station.visit").order_by(ledger.LedgerEntry.id)]

    assert steps == ["create", "raised"]
    assert engine.workflow_for(world.entity("opinion"), Opinion.get_by_id(visit.opinion_id)).key == "liaison_station.opinion"
