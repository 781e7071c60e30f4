"""The year: an appraisal that is off without its legal basis, a secret ballot with one vote each, choices."""
import re
import threading
from datetime import date, timedelta

import pytest
from support import suggestion_world as sw

from grid321.core import counters, db, outbox, records
from grid321.core.errors import Conflict, Invalid, NotFound, Refused
from grid321.core.ledger import LedgerEntry
from grid321.core.outbox import OutboxRow
from grid321.core.people import Person, Post
from grid321.core.testing_browser import Browser, actor_for, make_account
from grid321.core.tree import ancestor_columns
from grid321.plugins.suggestion_tracking import evaluation_appraisal as appraisal
from grid321.plugins.suggestion_tracking import evaluation_ballot as ballots
from grid321.plugins.suggestion_tracking import evaluation_chosen as chosen
from grid321.plugins.suggestion_tracking.evaluation_models import (
    Appraisal,
    AppraisalResult,
    Ballot,
    BallotCount,
    BallotSubject,
    BallotVoter,
)

from .suggestion_ground import plugin_modules, world

__all__ = ["plugin_modules", "world"]

KEY = "suggestion_tracking."
BASE = "/d/610902/suggestion_tracking"
API = "/d/610902/suggestion_tracking"


def county(world):
    """The county as it is in the tree now."""
    from grid321.core import snapshot

    return snapshot.current().tree.get(world.tree.county.id)


# ---------------------------------------------------------------- appraisal

def scheme(world, **changes):
    """A scheme with its legal basis, one item by a rate and one by people."""
    made = world.make("appraisal", {
        "name": "代表建议办理考核", "year": db.local_day().year, "legal_basis": "县委办发〔2026〕5号",
        "valid_until": (db.local_day() + timedelta(days=200)).isoformat(), **changes})
    world.make("appraisal_item", {"appraisal": made.id, "name": "办复", "weight": 60, "source": "answered", "position": 1})
    world.make("appraisal_item", {"appraisal": made.id, "name": "面商质量", "weight": 40, "source": "people", "position": 2,
                                  "rule": "三次见面记录完整的得满分，缺一次扣十分。"})
    return made


def give(world, made, unit, points):
    """Points of people for the second item."""
    item = appraisal.items_of(made)[1]
    return world.make("appraisal_score", {"item": item.id, "department": world.units[unit].id, "points": points,
                                          "reason": "查阅见面记录。"})


def opened(world, **changes):
    """An open appraisal in which two units had suggestions, one of which answered."""
    world.set(KEY + "rate_minimum", 1)
    world.answered()
    world.handed("traffic")
    while outbox.drain():
        counters.fold()
    made = scheme(world, **changes)
    appraisal.open_(made, world.actors["office"], county(world))
    return made


@pytest.mark.parametrize(("changes", "field"), [
    ({"valid_until": None}, "valid_until"), ({"legal_basis": ""}, "legal_basis"), ({"valid_until": "2020-01-01"}, "valid_until")])
def test_a_basis_without_end_an_end_without_basis_and_a_past_end_are_refused(world, changes, field):
    with pytest.raises(Invalid) as refusal:
        scheme(world, **changes)

    assert field in refusal.value.errors


def test_without_a_legal_basis_the_appraisal_stays_off(world):
    made = scheme(world, legal_basis="", valid_until=None)

    with pytest.raises(Refused) as refusal:
        appraisal.open_(made, world.actors["office"], county(world))

    assert refusal.value.code == "appraisal_off"
    assert Appraisal.get_by_id(made.id).state == "draft"
    assert not appraisal.ranking_allowed(county(world), made.year)


def test_points_are_refused_before_it_is_open_and_after_its_basis_has_ended(world, tick):
    made = scheme(world)
    with pytest.raises(Invalid):
        give(world, made, "housing", 30)

    made = opened(world, name="另一次考核")
    give(world, made, "housing", 30)
    assert appraisal.ranking_allowed(county(world), made.year)
    tick(db.local_day() + timedelta(days=201))

    with pytest.raises(Invalid):
        give(world, made, "traffic", 30)
    with pytest.raises(Refused):
        appraisal.fix(Appraisal.get_by_id(made.id), world.actors["office"], county(world))
    assert not appraisal.ranking_allowed(county(world), made.year)


def test_points_above_the_weight_for_a_rate_and_a_second_time_are_refused(world):
    made = opened(world)
    with pytest.raises(Invalid) as refusal:
        give(world, made, "housing", 41)
    assert "points" in refusal.value.errors
    with pytest.raises(Invalid):
        world.make("appraisal_score", {"item": appraisal.items_of(made)[0].id, "department": world.units["housing"].id,
                                       "points": 3, "reason": "按比率计算的项目。"})
    give(world, made, "housing", 40)

    with pytest.raises((Invalid, Conflict)):
        give(world, made, "housing", 20)


def test_a_fixed_result_holds_points_shares_and_ranks_and_never_changes(world):
    made = opened(world)
    with pytest.raises(Refused) as refusal:
        appraisal.fix(made, world.actors["office"], county(world))
    assert "面商质量" in str(refusal.value.title), "whose points are missing is said"
    give(world, made, "housing", 30)
    give(world, made, "traffic", 35)

    assert appraisal.fix(Appraisal.get_by_id(made.id), world.actors["office"], county(world)) == 2
    fixed = {row.department_id: (row.points, row.reachable, row.rank) for row in AppraisalResult.select()}
    assert fixed == {world.units["housing"].id: (9000, 10000, 1), world.units["traffic"].id: (3500, 10000, 2)}
    with pytest.raises((Invalid, Conflict)):
        give(world, made, "water", 10)
    item = appraisal.items_of(made)[0]
    with pytest.raises(Invalid):
        records.update(world.entity("appraisal_item"), item.id, {"weight": 10}, world.actors["office"], None, county(world))


def test_who_is_judged_on_too_little_has_no_rank(world):
    made = opened(world)
    world.set(KEY + "rate_minimum", 5)
    give(world, made, "housing", 40)
    give(world, made, "traffic", 10)
    appraisal.fix(Appraisal.get_by_id(made.id), world.actors["office"], county(world))

    assert [(row.points, row.reachable, row.rank) for row in AppraisalResult.select().order_by(AppraisalResult.id)] == [
        (4000, 4000, None), (1000, 4000, None)], "40 of 100 points rest on enough"


# ---------------------------------------------------------------- ballot

@pytest.fixture
def ballot(world):
    """A ballot over two units and a question, open to five deputies; three votes are enough to count it out."""
    for number in range(2):
        person = Person.create(name=f"代表{number}", **ancestor_columns(sw.snapshot.current().tree, world.tree.county))
        Post.create(person_id=person.id, kind="core_deputy_county", from_day=date(2022, 1, 1),
                    **ancestor_columns(sw.snapshot.current().tree, world.tree.county))
        account = make_account(None, world.tree.county)
        account.person_id = person.id
        account.save()
        world.actors[f"more_{number}"] = actor_for(account)
    made = world.make("ballot", {"title": "建议办理工作测评", "year": 2026, "minimum": 3})
    office = world.actors["office"]
    ballots.set_subjects(made, [world.units["housing"].id, world.units["traffic"].id], ["对全年办理工作的总体评价"], office,
                         county(world))
    ballots.open_(made, office, county(world))
    return made


def paper(ballot, *answers):
    """A whole paper: one answer for all, or one each."""
    subjects = ballots.subjects_of(ballot.id)
    given = answers if len(answers) == len(subjects) else answers * len(subjects)
    return {subject.id: answer for subject, answer in zip(subjects, given, strict=True)}


def cast(world, ballot, who, *answers):
    """Vote as one of the deputies."""
    voter = ballots.voter_of(ballot.id, world.actors[who].person_id)
    ballots.cast(voter, paper(ballot, *answers), county(world))


def sums(ballot):
    """Every sum of a ballot that is not zero."""
    rows = BallotCount.select().where((BallotCount.ballot_id == ballot.id) & (BallotCount.n > 0))
    return {(row.subject_id, row.answer): row.n for row in rows}


def test_every_deputy_of_the_congress_may_vote_once_and_nobody_else(world, ballot):
    assert ballot.voters == 5 == BallotVoter.select().count()
    assert ballots.voter_of(ballot.id, world.people["townsman"].id) is None
    cast(world, ballot, "deputy", "satisfied")
    before = sums(ballot)

    with pytest.raises(Refused) as refusal:
        cast(world, ballot, "deputy", "not")

    assert refusal.value.code == "voted_already"
    assert sums(ballot) == before and Ballot.get_by_id(ballot.id).votes == 1


def test_of_many_votes_of_one_deputy_at_once_exactly_one_counts(app, world, ballot):
    voter = ballots.voter_of(ballot.id, world.actors["deputy"].person_id)
    answers, refused, cast_ = paper(ballot, "basically"), [], []

    def vote():
        with app.app_context():
            try:
                ballots.cast(voter, answers, county(world))
                cast_.append(1)
            except Refused as problem:
                refused.append(problem.code)
            finally:
                db.close_thread()

    threads = [threading.Thread(target=vote) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(cast_), refused) == (1, ["voted_already"] * 5)
    assert set(sums(ballot).values()) == {1}


@pytest.mark.parametrize("broken", ["missing", "unknown answer", "foreign subject"])
def test_a_paper_that_is_not_complete_is_refused_and_the_vote_not_used_up(world, ballot, broken):
    answers = paper(ballot, "satisfied")
    first = min(answers)
    if broken == "missing":
        del answers[first]
    elif broken == "unknown answer":
        answers[first] = "excellent"
    else:
        answers[10**9] = "satisfied"
    voter = ballots.voter_of(ballot.id, world.actors["deputy"].person_id)

    with pytest.raises(Invalid):
        ballots.cast(voter, answers, county(world))

    assert sums(ballot) == {} and not BallotVoter.get_by_id(voter.id).voted


def test_the_count_is_shown_only_after_the_close_and_with_enough_votes(world, ballot):
    cast(world, ballot, "deputy", "satisfied", "basically", "none")
    cast(world, ballot, "second", "satisfied", "not", "satisfied")
    with pytest.raises(Refused) as refusal:
        ballots.result(Ballot.get_by_id(ballot.id))
    assert refusal.value.code == "not_closed"
    two = Ballot.get_by_id(ballot.id)
    cast(world, ballot, "more_0", "basically", "not", "satisfied")
    ballots.close(Ballot.get_by_id(ballot.id), world.actors["office"], county(world))

    found = ballots.result(Ballot.get_by_id(ballot.id))
    assert [row["counts"] for row in found] == [
        {"satisfied": 2, "basically": 1, "not": 0, "none": 0}, {"satisfied": 0, "basically": 1, "not": 2, "none": 0},
        {"satisfied": 2, "basically": 0, "not": 0, "none": 1}]
    assert {sum(row["counts"].values()) for row in found} == {3} == {Ballot.get_by_id(ballot.id).votes}
    two.state = "closed"
    with pytest.raises(Refused) as refusal:
        ballots.result(two)
    assert refusal.value.code == "too_few_votes"


def test_nothing_in_the_database_says_who_voted_what(world, ballot):
    """Every table of the ballot, its ledger entries and its events: who and what never stand together, and no order tells."""
    for who, answer in (("deputy", "satisfied"), ("second", "not"), ("more_1", "none")):
        cast(world, ballot, who, answer)

    assert not {"person_id", "voter_id", "account_id", "created_at", "at"} & set(BallotCount._meta.fields)
    assert set(BallotVoter._meta.fields) == {"id", "ballot_id", "person_id", "voted"}
    assert BallotCount.select().count() == len(ballots.subjects_of(ballot.id)) * len(ballots.CODES), "sums, and not one paper"
    entries = list(LedgerEntry.select().where((LedgerEntry.entity == KEY + "ballot_vote") & (LedgerEntry.step == "vote")))
    assert [(entry.account_id, entry.facts, entry.detail_hash) for entry in entries] == [(None, None, None)] * 3
    told = list(OutboxRow.select().where((OutboxRow.entity == KEY + "ballot_vote") & (OutboxRow.action == "vote")))
    assert len(told) == 3
    assert all(row.account_id is None and set(row.facts or {}) <= {"entry"} for row in told)


def test_each_vote_writes_every_sum_so_that_no_row_stands_out(world, ballot, app):
    """On PostgreSQL a row keeps the number of the transaction that wrote it last: all sums carry that of the last vote."""
    cast(world, ballot, "deputy", "satisfied")
    cast(world, ballot, "second", "not", "none", "none")
    if db.is_postgres():
        writers = db.database.execute_sql("SELECT DISTINCT xmin::text FROM suggestion_tracking_ballot_count").fetchall()
        assert len(writers) == 1
    places = [row[0] for row in db.database.execute_sql(
        "SELECT id FROM suggestion_tracking_ballot_count ORDER BY id").fetchall()]
    assert places == sorted(places) and len(places) == 12


def test_a_link_is_for_one_vote_of_one_deputy_and_a_refused_paper_does_not_use_it_up(world, ballot):
    office = world.actors["office"]
    slips = ballots.links(ballot, office, county(world))
    assert len(slips) == 5
    token = slips[0][1]
    with pytest.raises(Invalid):
        ballots.cast_by_link(token, {}, county(world))
    ballots.cast_by_link(token, paper(ballot, "satisfied"), county(world))

    with pytest.raises(Refused) as refusal:
        ballots.cast_by_link(token, paper(ballot, "not"), county(world))
    assert refusal.value.code == "link_used"
    with pytest.raises(NotFound):
        ballots.cast_by_link("A" * 22, paper(ballot, "not"), county(world))
    assert Ballot.get_by_id(ballot.id).votes == 1


def test_new_links_end_the_earlier_ones_and_leave_out_who_voted(world, ballot):
    office = world.actors["office"]
    old = dict(ballots.links(ballot, office, county(world)))
    cast(world, ballot, "deputy", "satisfied")
    new = dict(ballots.links(ballot, office, county(world)))

    assert "李秀梅" in old and "李秀梅" not in new
    with pytest.raises(NotFound):
        ballots.cast_by_link(old["王建国"], paper(ballot, "not"), county(world))
    ballots.cast_by_link(new["王建国"], paper(ballot, "not"), county(world))
    with pytest.raises(Refused):
        cast(world, ballot, "second", "satisfied")


def test_after_the_close_and_after_the_last_day_no_vote_is_taken(world, ballot, tick):
    ballots.close(Ballot.get_by_id(ballot.id), world.actors["office"], county(world))
    with pytest.raises(Refused) as refusal:
        cast(world, ballot, "deputy", "satisfied")
    assert refusal.value.code == "not_open"

    late = world.make("ballot", {"title": "另一次测评", "year": 2026, "minimum": 3, "ends_on": db.local_day().isoformat()})
    ballots.set_subjects(late, [], ["总体评价"], world.actors["office"], county(world))
    ballots.open_(late, world.actors["office"], county(world))
    tick(db.local_day() + timedelta(days=1))
    with pytest.raises(Refused):
        cast(world, late, "deputy", "satisfied")
    assert sums(late) == {}


def test_an_open_ballot_can_neither_be_changed_nor_deleted(world, ballot):
    office = world.actors["office"]
    with pytest.raises(Conflict):
        records.update(ballots.BALLOT, ballot.id, {"minimum": 1}, office, None, county(world))
    with pytest.raises(Conflict):
        records.delete(ballots.BALLOT, ballot.id, office, None, county(world))
    with pytest.raises(Refused):
        ballots.set_subjects(Ballot.get_by_id(ballot.id), [], ["另一个问题"], office, county(world))
    assert BallotSubject.select().count() == 3


# ---------------------------------------------------------------- pages

def test_a_deputy_votes_on_the_page_once_and_sees_no_count_before_it_is_published(world, ballot):
    browser = world.browser("deputy")
    page = browser.get(f"{BASE}/ballot/{ballot.id}")
    assert f"{BASE}/ballot/{ballot.id}/vote" in page.text
    form = browser.get(f"{BASE}/ballot/{ballot.id}/vote")
    assert form.status_code == 200 and "data-draft" not in form.text, "no draft of a vote stays in the browser"
    names = re.findall(r'name="(subject_\d+)"', form.text)
    missing = browser.post(f"{BASE}/ballot/{ballot.id}/vote", {names[0]: "satisfied"})
    assert missing.status_code == 422

    answers = dict.fromkeys(names, "satisfied")
    assert browser.post(f"{BASE}/ballot/{ballot.id}/vote", answers).status_code == 303
    again = browser.post(f"{BASE}/ballot/{ballot.id}/vote", answers)
    assert again.status_code == 422
    ballots.close(Ballot.get_by_id(ballot.id), world.actors["office"], county(world))
    assert browser.api("GET", f"{API}/ballot/{ballot.id}/result").status_code == 404


def test_who_is_no_deputy_gets_no_paper(world, ballot):
    assert world.browser("office").get(f"{BASE}/ballot/{ballot.id}/vote").status_code in {403, 404}
    assert world.browser("townsman").get(f"{BASE}/ballot/{ballot.id}/vote").status_code in {403, 404}


def test_a_vote_over_rest_is_taken_once_and_leaves_no_stored_answer(world, ballot):
    from grid321.core.idempotency import IdempotentAnswer

    browser = world.browser("second")
    shown = browser.api("GET", f"{API}/ballot/{ballot.id}/paper").json
    assert shown["may_vote"] is True
    body = {"answers": {str(subject["id"]): "basically" for subject in shown["subjects"]}}
    headers = {"Idempotency-Key": "one-vote"}

    first = browser.api("POST", f"{API}/ballot/{ballot.id}/vote", body, headers=headers)
    second = browser.api("POST", f"{API}/ballot/{ballot.id}/vote", body, headers=headers)

    assert (first.status_code, second.status_code) == (201, 422)
    assert IdempotentAnswer.select().count() == 0, "a fingerprint of the body would tell the vote"
    assert browser.api("GET", f"{API}/ballot/{ballot.id}/paper").json["may_vote"] is False


def test_a_link_votes_without_an_account_and_a_forged_one_gets_nothing(app, world, ballot):
    token = ballots.links(ballot, world.actors["office"], county(world))[0][1]
    stranger = Browser(app)
    form = stranger.get(f"{BASE}/vote/{token}")
    assert form.status_code == 200
    csrf = re.search(r'name="_csrf" value="([^"]+)"', form.text)[1]
    answers = {"_csrf": csrf, **dict.fromkeys(re.findall(r'name="(subject_\d+)"', form.text), "not")}

    assert stranger.post(f"{BASE}/vote/{token}", answers).status_code == 200
    assert stranger.post(f"{BASE}/vote/{token}", answers).status_code == 410
    assert stranger.get(f"{BASE}/vote/{'x' * 22}").status_code == 404
    assert Ballot.get_by_id(ballot.id).votes == 1


def test_the_office_runs_the_ballot_on_its_page_up_to_the_published_count(app, world):
    browser = world.browser("office")
    made = world.make("ballot", {"title": "建议办理工作测评", "year": db.local_day().year, "minimum": 3})
    here = f"{BASE}/ballot/{made.id}"
    assert browser.post(f"{here}/open").status_code == 422, "nothing to vote on"
    assert browser.get(f"{here}/paper").status_code == 200
    assert browser.post(f"{here}/paper", {"units": str(world.units["housing"].id), "questions": "总体评价\n"}).status_code == 303
    assert browser.post(f"{here}/open").status_code == 303
    links = browser.post(f"{here}/links")
    assert links.status_code == 200 and links.text.count("/vote/") == 3
    for who in ("deputy", "second"):
        cast(world, made, who, "satisfied")
    third = ballots.voter_of(made.id, world.people["third"].id)
    ballots.cast(third, paper(made, "not"), county(world))
    assert browser.post(f"{here}/close").status_code == 303
    assert browser.post(f"{here}/publish").status_code == 303

    everybody = Browser(app).get(f"{BASE}/year")
    assert everybody.status_code == 200 and "住房和城乡建设局" in everybody.text and "建议办理工作测评" in everybody.text


def test_the_rates_stand_on_the_page_and_in_rest_with_formula_and_cut_off(world):
    world.answered()
    while outbox.drain():
        counters.fold()
    browser = world.browser("office")
    page = browser.get(f"{BASE}/rates")
    found = browser.api("GET", f"{API}/rates").json

    assert page.status_code == 200
    answered = next(one for one in found["rates"] if one["rate"] == "answered")
    assert (answered["n"], answered["of"], answered["small"], answered["percent"]) == (1, 1, True, None)
    assert answered["formula"] in page.text and answered["exclusions"] in page.text
    assert [unit["department"] for unit in found["units"]] == [world.units["housing"].id]
    assert found["units"][0]["place"] is None
    assert browser.get(f"{BASE}/rates?by=answered").status_code == 200
    assert browser.api("GET", f"{API}/rates?by=answered").json["ranked_by"] is None, "no legal basis, no ranking"
    for wrong in ("year=abc", "year=20260", "by=best"):
        assert browser.get(f"{BASE}/rates?{wrong}").status_code == 400


def test_units_are_ranked_where_a_legal_basis_covers_the_year(world):
    opened(world)
    found = world.browser("office").api("GET", f"{API}/rates?by=answered").json

    assert found["ranked_by"] == "answered"
    assert {unit["department"]: unit["place"] for unit in found["units"]} == {
        world.units["housing"].id: 1, world.units["traffic"].id: 2}


def test_an_appraisal_runs_on_its_page_from_opening_to_publication(app, world):
    world.set(KEY + "rate_minimum", 1)
    world.answered()
    while outbox.drain():
        counters.fold()
    browser, made = world.browser("office"), scheme(world)
    here = f"{BASE}/appraisal/{made.id}"
    assert browser.get(here).status_code == 200
    assert browser.post(f"{here}/open").status_code == 303
    assert "appraisal_score/new" in browser.get(f"{here}/points").text
    give(world, made, "housing", 40)
    assert browser.post(f"{here}/fix").status_code == 303
    assert browser.post(f"{here}/publish").status_code == 303
    points = browser.api("GET", f"{API}/appraisal/{made.id}/points").json

    assert [(unit["points"], unit["place"]) for unit in points["units"]] == [("100.00", 1)]
    assert "代表建议办理考核" in Browser(app).get(f"{BASE}/year").text


# ---------------------------------------------------------------- choices

def test_a_good_suggestion_is_one_that_was_handed_over_and_is_chosen_once_a_year(world):
    case, raw = world.answered(), {"year": 2026, "kind": "suggestion", "reason": "调研深入，办理见效快。",
                                   "decided_by": "县人大常委会主任会议", "decided_on": "2026-11-20"}
    made = world.make("chosen", {**raw, "suggestion": case.number})
    assert (made.label, made.department_id) == (case.title, None)

    for wrong in ({"suggestion": case.number}, {"suggestion": world.checked().number}, {"suggestion": ""},
                  {"kind": "unit"}):
        with pytest.raises(Invalid):
            world.make("chosen", {**raw, **wrong})
    unit = world.make("chosen", {**raw, "kind": "unit", "department": world.units["housing"].id})
    assert unit.label == "住房和城乡建设局"


def test_a_published_choice_stays_and_everybody_reads_it(app, world):
    case = world.answered()
    made = world.make("chosen", {"year": db.local_day().year, "kind": "suggestion", "suggestion": case.number,
                                 "reason": "调研深入。", "decided_by": "主任会议", "decided_on": "2026-11-20"})
    assert case.title not in Browser(app).get(f"{BASE}/year").text
    assert world.browser("office").post(f"{BASE}/chosen/{made.id}/publish").status_code == 303

    assert case.title in Browser(app).get(f"{BASE}/year").text
    with pytest.raises((Conflict, Invalid)):
        records.update(chosen.CHOSEN, made.id, {"reason": "换一个理由。"}, world.actors["office"], None, county(world))
    with pytest.raises(Refused):
        chosen.publish(type(made).get_by_id(made.id), world.actors["office"], county(world))


# ---------------------------------------------------------------- what the core lends

@pytest.mark.once
def test_the_operations_of_the_plugin_are_described_with_their_permission_and_the_whole_stays_valid(world):
    from openapi_spec_validator import OpenAPIV31SpecValidator

    described = world.browser("office").get("/api/v1/openapi.json").json
    base = "/api/v1/d/{code}/suggestion_tracking"
    vote = described["paths"][f"{base}/ballot/{{record_id}}/vote"]["post"]

    assert described["paths"][f"{base}/rates"]["get"]["x-permission"] == "suggestion_tracking.rates"
    assert vote["x-permission"] == "suggestion_tracking.vote" and vote["requestBody"]["required"] is True
    assert [error.message for error in OpenAPIV31SpecValidator(described).iter_errors()] == []


def test_a_reference_to_a_record_is_offered_by_its_title_and_refused_where_one_may_not_see_it(world):
    made = scheme(world)
    form = world.browser("office").get(f"{BASE}/appraisal_item/new?appraisal={made.id}")
    assert re.search(rf'<option value="{made.id}" selected>{made.name}|value="{made.id}" checked', form.text)

    with pytest.raises(Invalid) as refusal:
        world.make("appraisal_item", {"appraisal": made.id + 1, "name": "办结", "weight": 10, "source": "closed", "position": 3})
    assert "appraisal" in refusal.value.errors
    listed = world.browser("office").get(f"{BASE}/appraisal_item/")
    assert made.name in listed.text
