"""The year over REST: rates, points, ballots, what is noticed. Votes are never stored with a key for repeating.

An Idempotency-Key would keep a fingerprint of the body beside the account, from which the vote could be guessed; so the operation
for voting takes none, and a vote that is sent twice is refused the second time.
"""
from __future__ import annotations

from typing import Any

from flask import g

from grid321.core.api import Api, Invalid, NotFound, current_actor, fetch, json_answer, json_body, tree
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import evaluation_appraisal as appraisal
from . import evaluation_ballot as ballots
from . import evaluation_chosen as chosen
from . import evaluation_pages as pages
from . import evaluation_rate_pages as rate_pages
from .evaluation_panels import smell_counts
from .evaluation_smells import SMELL

PLUGIN = "suggestion_tracking"
YEAR = {"year": ({"type": "integer", "minimum": 2000, "maximum": 2100}, _l("The present year by default"))}


def register_api(api: Api) -> None:
    """Add the operations."""
    by = {"by": ({"type": "string", "enum": list(rate_pages.rates.BY_KEY)}, _l("Rank units by this rate, where ranking is on"))}
    api.operation("/rates", rate_pages.api, _l("Rates of suggestions with their formulas, by unit and division"),
                  f"{PLUGIN}.rates", reach="covers", query={**YEAR, **by})
    api.operation("/smells", smells, _l("How many cases each rule of bad smells notices now"), SMELL.permission("view"),
                  reach="covers")
    api.operation("/appraisal/<rid:record_id>/points", points, _l("Points of an appraisal by unit"),
                  appraisal.APPRAISAL.permission("view"))
    api.operation("/ballot/<rid:record_id>/paper", paper, _l("What is voted on, and whether the caller may vote"),
                  ballots.BALLOT.permission("view"))
    api.operation("/ballot/<rid:record_id>/paper", set_paper, _l("Say what is voted on"), f"{PLUGIN}.run_ballot", "PUT",
                  body=_paper_schema)
    api.operation("/ballot/<rid:record_id>/vote", vote, _l("Cast one's own vote"), f"{PLUGIN}.vote", "POST", status="201",
                  body=_vote_schema)
    api.operation("/ballot/<rid:record_id>/result", count, _l("The count of a closed ballot"), ballots.BALLOT.permission("view"))
    for entity, permission, works in (
            (appraisal.APPRAISAL, f"{PLUGIN}.run_appraisal", (
                ("open", appraisal.open_, _l("Open an appraisal")), ("fix", appraisal.fix, _l("Fix the result of an appraisal")),
                ("publish", appraisal.publish, _l("Publish the result of an appraisal")))),
            (ballots.BALLOT, f"{PLUGIN}.run_ballot", (
                ("open", ballots.open_, _l("Open a ballot")), ("close", ballots.close, _l("Close a ballot")),
                ("publish", ballots.publish, _l("Publish the count of a ballot")))),
            (chosen.CHOSEN, f"{PLUGIN}.publish_year", (("publish", chosen.publish, _l("Publish a choice")),))):
        for name, work, label in works:
            api.operation(f"/{entity.name}/<rid:record_id>/{name}", _step(entity, permission, work), label, permission, "POST")


def _step(entity: Any, permission: str, work: Any) -> Any:
    def view(record_id: int) -> Any:
        record, place = pages.record_of(entity, record_id, permission)
        if json_body(empty=True):
            raise Invalid(_("Nothing is asked here."), errors={"": [_("Send no body, or an empty object.")]})
        work(record, current_actor(), place)
        return json_answer({"id": record_id, "state": getattr(record, "state", None), "version": record.version})

    view.__name__ = f"{entity.name}_{work.__name__.strip('_')}"
    return view


def smells() -> Any:
    """What the rules notice now, from counters."""
    return json_answer({"division": g.node.code, "items": [
        {"kind": row["kind"], "label": row["label"], "n": row["n"]} for row in smell_counts(g.node)]})


def points(record_id: int) -> Any:
    """Points by unit, so far or as they were fixed."""
    scheme, place = pages.record_of(appraisal.APPRAISAL, record_id, appraisal.APPRAISAL.permission("view"))
    found = pages.fixed_points(scheme) if scheme.state == "closed" else appraisal.points_by_unit(scheme, place)
    return json_answer({"state": scheme.state, "off": appraisal.why_off(scheme, rate_pages.local_day()) or None, "units": [
        {"department": one.department_id, "points": pages.hundredths(one.points), "reachable": pages.hundredths(one.reachable),
         "place": one.rank, "items": one.items} for one in found.values()]})


def paper(record_id: int) -> Any:
    """The subjects of a ballot and its answers."""
    ballot = fetch(ballots.BALLOT, record_id, "view", g.node, current_actor())
    voter = ballots.voter_of(ballot.id, current_actor().person_id)
    return json_answer({"state": ballot.state, "may_vote": voter is not None and not voter.voted and ballot.state == "open",
                        "answers": list(ballots.CODES), "subjects": [
        {"id": subject.id, "label": subject.label, "department": subject.department_id}
        for subject in ballots.subjects_of(ballot.id)]})


def _paper_schema() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": {
        "departments": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}, "maxItems": 200},
        "questions": {"type": "array", "items": {"type": "string", "maxLength": 120}, "maxItems": 200}}}


def set_paper(record_id: int) -> Any:
    """Say what is voted on: departments by id and questions in words."""
    ballot, place = pages.record_of(ballots.BALLOT, record_id, f"{PLUGIN}.run_ballot")
    raw = json_body()
    units, questions = raw.pop("departments", []), raw.pop("questions", [])
    known = {int(value) for value, _label in pages.unit_options(place)}
    if raw or not isinstance(units, list) or not isinstance(questions, list) or any(
            type(unit) is not int or unit not in known for unit in units) or any(
            not isinstance(text, str) or len(text) > 120 or not text.isprintable() for text in questions):
        raise Invalid(_("The paper was not saved."), errors={"departments": [
            _("Send departments of this division as ids, and questions as texts of at most 120 characters.")]})
    return json_answer({"subjects": ballots.set_subjects(ballot, units, questions, current_actor(), place)})


def _vote_schema() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": ["answers"], "properties": {"answers": {
        "type": "object", "description": _("Id of each subject → answer"),
        "additionalProperties": {"type": "string", "enum": list(ballots.CODES)}}}}


def vote(record_id: int) -> Any:
    """Cast the caller's own vote: ``{"answers": {"12": "satisfied"}}``. A second vote answers 422."""
    ballot = fetch(ballots.BALLOT, record_id, "view", g.node, current_actor())
    voter = ballots.voter_of(ballot.id, current_actor().person_id)
    if voter is None:
        raise NotFound(_("There is no ballot in which you may vote."), ballot.title,
                       _("Deputies vote with the account of their own person."))
    answers = json_body().get("answers")
    if not isinstance(answers, dict) or not all(key.isascii() and key.isdigit() and len(key) <= 18 and isinstance(value, str)
                                                for key, value in answers.items()):
        raise Invalid(_("The vote was not cast: the paper is not complete."), errors={"answers": [
            _("Send an object with the id of each subject and its answer.")]})
    ballots.cast(voter, {int(key): value for key, value in answers.items()}, tree().get(ballot.division_id) or g.node)
    return json_answer({"cast": True}, 201)


def count(record_id: int) -> Any:
    """The count of a closed ballot with enough votes: for who runs it, for others once it is published."""
    ballot = fetch(ballots.BALLOT, record_id, "view", g.node, current_actor())
    place = tree().get(ballot.division_id) or g.node
    if ballot.published_on is None and not current_actor().may(f"{PLUGIN}.run_ballot", place):
        raise NotFound(_("The count of this ballot is not published."), ballot.title, _("It appears here once it is."))
    return json_answer({"votes": ballot.votes, "voters": ballot.voters, "subjects": ballots.result(ballot)})
