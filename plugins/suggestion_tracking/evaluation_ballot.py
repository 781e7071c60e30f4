"""The secret ballot of all deputies at the session (一测评).

Who voted stands in ``BallotVoter``, as yes or no, without a time. What was voted is added to the sums of ``BallotCount`` and
exists nowhere else: there is no paper, no order, no link from one to the other. Each vote writes *every* sum of its ballot in
one statement, so that not even the version of a row shows which answers the last voter gave. The ledger notes that a vote was
cast, not whose. A count is shown after the ballot is closed, and only when enough votes were cast.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import peewee

from grid321.core.api import (
    SYSTEM,
    Actor,
    Conflict,
    Entity,
    Invalid,
    Node,
    Refused,
    local_day,
    now,
    people,
    records,
    signed_links,
    transaction,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .evaluation_models import Ballot, BallotCount, BallotSubject, BallotVoter
from .evaluation_schemas import BallotSchema
from .suggestion_fields import deputies_at

PLUGIN = "suggestion_tracking"
VOTE = f"{PLUGIN}.ballot_vote"
ANSWERS = (("satisfied", _l("Satisfied")), ("basically", _l("Basically satisfied")), ("not", _l("Not satisfied")),
           ("none", _l("No opinion")))
CODES = tuple(code for code, _label in ANSWERS)
MOST_SUBJECTS = 200
LINK_DAYS = 30


def check_ballot(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """The last day of a ballot is not past. It changes only while it is prepared: afterwards its record is closed."""
    errors: dict[str, list[str]] = {}
    if data.get("ends_on") is not None and data["ends_on"] < local_day():
        errors["ends_on"] = [_("This day is past. Choose today or a later day.")]
    return errors


def delete_ballot(record: Any, actor: Actor, node: Node) -> None:
    """Take a prepared ballot back with its subjects."""
    BallotSubject.delete().where(BallotSubject.ballot_id == record.id).execute()


STEPS = (("set_ballot_subjects", _l("What is voted on was entered")), ("open_ballot", _l("Ballot opened")),
         ("give_out_links", _l("Voting links were made")),
         ("close_ballot", _l("Ballot closed")), ("publish_ballot", _l("Count published")))

BALLOT = Entity(
    f"{PLUGIN}.ballot", model=Ballot, schema=BallotSchema, label=_l("Ballots of deputies"),
    columns=("title", "year", "division", "state", "voters", "votes", "published_on"), filters=("year", "state"),
    search=("title",), title="title", actions=("create", "edit", "delete"), icon="check2-square", levels=("county", "town"),
    menu="more", check=check_ballot, delete=delete_ballot, closed=lambda record: record.state != "draft", steps=STEPS,
    description=_l("Secret: who voted is kept apart from what was voted. The count is shown after the ballot is closed."))


# Votes are noted in the ledger under a key of their own, so that hundreds of them do not bury the steps of the ballot. It has no
# pages and is no entity of the plugin.
VOTES = Entity(f"{PLUGIN}.ballot_vote", model=Ballot, schema=BallotSchema, label=_l("Votes"))


def subjects_of(ballot_id: int) -> list[BallotSubject]:
    """What is voted on, in its order."""
    return list(BallotSubject.select().where(BallotSubject.ballot_id == ballot_id).order_by(BallotSubject.position))


def set_subjects(ballot: Any, departments: Sequence[int], questions: Iterable[str], actor: Actor, node: Node) -> int:
    """Say what is voted on: units first, then questions in words; returns how many. Raises ``Refused`` once it is open."""
    names = dict(people.Department.select(people.Department.id, people.Department.name).where(
        people.Department.id.in_(list(departments) or [0])).tuples())
    found: list[tuple[int | None, str]] = [(unit, names[unit]) for unit in dict.fromkeys(departments) if unit in names]
    found += [(None, text.strip()[:120]) for text in questions if text.strip()]
    if not found or len(found) > MOST_SUBJECTS:
        raise Invalid(_("The paper was not saved."), ballot.title, errors={"units": [
            _("Choose between 1 and %(count)s units or questions.", count=MOST_SUBJECTS)]})
    with transaction():
        _step(ballot, "draft", actor, node, "set_ballot_subjects")
        BallotSubject.delete().where(BallotSubject.ballot_id == ballot.id).execute()
        for position, (unit, label) in enumerate(found, start=1):
            BallotSubject.create(ballot_id=ballot.id, position=position, department_id=unit, label=label[:120])
    return len(found)


def open_(ballot: Any, actor: Actor, node: Node) -> int:
    """Open a prepared ballot for today's deputies of the division; returns how many may vote.

    Raises ``Refused`` without subjects, after the last day, or when the deputies are fewer than the least number of votes.
    """
    deputies = deputies_at(node.id)
    subjects = subjects_of(ballot.id)
    why = ""
    if not subjects:
        why = _("Nothing to vote on is entered yet.")
    elif len(deputies) < ballot.minimum:
        why = _("Only %(count)s deputies are recorded here, fewer than the least number of votes.", count=len(deputies))
    elif ballot.ends_on is not None and ballot.ends_on < local_day():
        why = _("The last day of this ballot is past.")
    if why:
        raise Refused(why, ballot.title, _("Complete the ballot, then open it."), code="not_ready")
    with transaction():
        _step(ballot, "draft", actor, node, "open_ballot", state="open", opened_at=now(), voters=len(deputies))
        for person_id in sorted(deputies):
            BallotVoter.create(ballot_id=ballot.id, person_id=person_id)
        for subject in subjects:
            for code in CODES:
                BallotCount.create(ballot_id=ballot.id, subject_id=subject.id, answer=code)
    return len(deputies)


def close(ballot: Any, actor: Actor, node: Node) -> None:
    """Close an open ballot: no vote is taken any more, and links that were not used end."""
    with transaction():
        _step(ballot, "open", actor, node, "close_ballot", state="closed", ended_at=now())
        for (voter_id,) in BallotVoter.select(BallotVoter.id).where(
                (BallotVoter.ballot_id == ballot.id) & (BallotVoter.voted == False)).tuples():  # noqa: E712
            signed_links.revoke(VOTE, BALLOT.key, voter_id)


def publish(ballot: Any, actor: Actor, node: Node) -> None:
    """Publish the count. Raises ``Refused`` before the close, and when fewer votes were cast than the least number."""
    if ballot.state == "closed" and ballot.votes < ballot.minimum:
        raise Refused(_("The count of this ballot is not shown."), too_few(ballot), code="too_few_votes")
    if ballot.published_on is not None:
        raise Refused(_("It is published already."), ballot.title, code="wrong_state")
    _step(ballot, "closed", actor, node, "publish_ballot", published_on=local_day())


def _step(ballot: Any, source: str, actor: Actor, node: Node, step: str, **values: Any) -> None:
    if ballot.state != source:
        raise Refused(_("This step is not possible now."), ballot.title, _("Load the page again to see its present state."),
                      code="wrong_state")
    with transaction():
        # Votes raise ``votes`` without a new version, so only another clerk's step is in the way here.
        done = Ballot.update(version=ballot.version + 1, updated_at=now(), **values).where(
            (Ballot.id == ballot.id) & (Ballot.version == ballot.version) & (Ballot.state == source)).execute()
        if done != 1:
            raise Conflict(_("Somebody else was faster."), ballot.title, _("Load the page again."))
        for name, value in {"version": ballot.version + 1, **values}.items():
            setattr(ballot, name, value)
        records.note(BALLOT, ballot, actor, node, step)


# ---------------------------------------------------------------- voting

def voter_of(ballot_id: int, person_id: int | None) -> BallotVoter | None:
    """The row of a person who may vote in a ballot, or None."""
    if person_id is None:
        return None
    found: BallotVoter | None = BallotVoter.get_or_none((BallotVoter.ballot_id == ballot_id)
                                                        & (BallotVoter.person_id == person_id))
    return found


def checked_answers(ballot_id: int, given: Mapping[int, str]) -> dict[int, str]:
    """One answer for each subject of a ballot. Raises ``Invalid`` naming each subject without one, or with an unknown one."""
    errors: dict[str, list[str]] = {}
    subjects = subjects_of(ballot_id)
    for subject in subjects:
        if given.get(subject.id) not in CODES:
            errors[f"subject_{subject.id}"] = [_("Choose one answer. “No opinion” is one too.")]
    if set(given) - {subject.id for subject in subjects}:
        errors["answers"] = [_("The paper holds something that is not voted on.")]
    if errors:
        raise Invalid(_("The vote was not cast: the paper is not complete."), errors=errors)
    return {subject.id: given[subject.id] for subject in subjects}


def waiting_for(person_id: int | None) -> list[Any]:
    """The ballots that are open and in which a person has not voted yet. One query."""
    owed = BallotVoter.select(BallotVoter.ballot_id).where((BallotVoter.person_id == (person_id or 0)) & ~BallotVoter.voted)
    return list(Ballot.select().where((Ballot.state == "open") & Ballot.id.in_(owed)
                                      & (Ballot.ends_on.is_null() | (Ballot.ends_on >= local_day()))).order_by(Ballot.id))


def cast(voter: Any, given: Mapping[int, str], node: Node) -> None:
    """Cast the vote of a voter: mark that it was cast, raise the sums, note in the ledger that a vote was cast. One transaction.

    Raises ``Refused`` for a second vote and for a ballot that is not open (both change nothing), ``Invalid`` for an incomplete
    paper.
    """
    answers = checked_answers(voter.ballot_id, given)
    with transaction():
        # This row is locked first: votes follow one another, and none is counted after the close.
        taken = Ballot.update(votes=Ballot.votes + 1).where(
            (Ballot.id == voter.ballot_id) & (Ballot.state == "open")
            & (Ballot.ends_on.is_null() | (Ballot.ends_on >= local_day()))).execute()
        if taken != 1:
            raise Refused(_("This ballot is not open."), "", _("Votes are taken from its opening until its last day."),
                          code="not_open")
        marked = BallotVoter.update(voted=True).where(
            (BallotVoter.id == voter.id) & (BallotVoter.voted == False)).execute()  # noqa: E712
        if marked != 1:
            raise Refused(_("You have voted already."), "", _("One deputy has one vote, and it cannot be changed."),
                          code="voted_already")
        chosen = [(BallotCount.subject_id == subject) & (BallotCount.answer == code) for subject, code in answers.items()]
        raised = peewee.Case(None, [(condition, 1) for condition in chosen], 0)
        BallotCount.update(n=BallotCount.n + raised).where(BallotCount.ballot_id == voter.ballot_id).execute()
        records.note(VOTES, Ballot.get_by_id(voter.ballot_id), SYSTEM, node, "vote")


def voter_by_link(token: str, *, use: bool = False) -> BallotVoter:
    """The voter of a link; with ``use`` the link is used up. Raises ``NotFound`` and ``Refused`` as ``signed_links`` does."""
    link = (signed_links.use if use else signed_links.find)(token, VOTE)
    found: BallotVoter = BallotVoter.get_by_id(link.record_id)
    return found


def cast_by_link(token: str, given: Mapping[int, str], node: Node) -> None:
    """Cast the vote of a link for one use. When the vote is refused, the link stays as it was."""
    with transaction():
        cast(voter_by_link(token, use=True), given, node)


def links(ballot: Any, actor: Actor, node: Node) -> list[tuple[str, str]]:
    """(name, token) for every deputy who has not voted, made anew: earlier links end. Nobody can see them a second time.

    Raises ``Refused`` for a ballot that is not open.
    """
    if ballot.state != "open":
        raise Refused(_("This ballot is not open."), ballot.title, _("Links are given out while it is open."), code="not_open")
    until = ballot.ends_on or local_day() + timedelta(days=LINK_DAYS)
    ends = datetime.combine(until, time()) + timedelta(hours=16)  # midnight in China after the last day, as UTC
    with transaction():
        waiting = dict(BallotVoter.select(BallotVoter.person_id, BallotVoter.id).where(
            (BallotVoter.ballot_id == ballot.id) & (BallotVoter.voted == False)).tuples())  # noqa: E712
        names = people.Person.select(people.Person.id, people.Person.name).where(
            people.Person.id.in_(list(waiting) or [0])).order_by(people.Person.initials, people.Person.id).tuples()
        found = []
        for person_id, name in names:
            signed_links.revoke(VOTE, BALLOT.key, waiting[person_id])
            found.append((name, signed_links.create(VOTE, BALLOT.key, waiting[person_id], expires=ends)))
        records.note(BALLOT, ballot, actor, node, "give_out_links", facts={"count": len(found)})
    return found


# ---------------------------------------------------------------- the count

def too_few(ballot: Any) -> str:
    """Why the count of a closed ballot is not shown."""
    return _("%(votes)s votes were cast; at least %(minimum)s are needed, because fewer might tell who voted how.",
             votes=ballot.votes, minimum=ballot.minimum)


def result(ballot: Any) -> list[dict[str, Any]]:
    """The count by subject: label, department, and for each answer how often it was given.

    Raises ``Refused`` while the ballot is open and when fewer votes were cast than its least number.
    """
    if ballot.state != "closed":
        raise Refused(_("The count of this ballot is not shown yet."), ballot.title, _("It is shown after the ballot is closed."),
                      code="not_closed")
    if ballot.votes < ballot.minimum:
        raise Refused(_("The count of this ballot is not shown."), too_few(ballot), code="too_few_votes")
    sums: dict[int, dict[str, int]] = {}
    for subject_id, code, n in BallotCount.select(BallotCount.subject_id, BallotCount.answer, BallotCount.n).where(
            BallotCount.ballot_id == ballot.id).tuples():
        sums.setdefault(subject_id, {})[code] = n
    return [{"subject": subject.id, "label": subject.label, "department": subject.department_id,
             "counts": {code: sums.get(subject.id, {}).get(code, 0) for code in CODES}} for subject in subjects_of(ballot.id)]
