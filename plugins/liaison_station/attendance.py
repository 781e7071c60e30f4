"""Who is invited to an activity, answers, and was there. What counts about a person is the last word, whoever said it.

Every word is an entry in the ledger of that person's row; a word that says what is known already is none. The activity's row is
locked while a word is written, so that nobody is entered twice and nothing is noted after the write-up.
"""
from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import peewee

from grid321.core.api import (
    Actor,
    Conflict,
    Invalid,
    Node,
    NotFound,
    Refused,
    accounts_of,
    local_day,
    notify,
    people,
    records,
    registry,
    transaction,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .activity_choices import WITHDRAWN
from .activity_models import Activity, Attendance
from .activity_rules import DONE, active_mandate
from .deputy_models import Deputy
from .placement import deputies_of, in_office
from .station_checks import lock

KEY, ACTIVITY = "liaison_station.attendance", "liaison_station.activity"
OPEN = ("planned", "announced", "held", "entered")
INVITED = _l("You are invited to an activity of deputies on %(day)s (%(number)s).").message
CHANGED = _l("An activity to which you are invited was changed: it is on %(day)s (%(number)s).").message
DROPPED = _l("The activity on %(day)s (%(number)s) to which you were invited does not take place.").message
WITHDRAWN_TOLD = _l(
    "Your invitation to the activity on %(day)s (%(number)s) was withdrawn: your mandate rests or has ended.").message


@dataclass(frozen=True)
class Figures:
    """What the list of an activity says: rows, answers, who was there, and how many of these as deputies."""

    invited: int = 0
    comes: int = 0
    cannot: int = 0
    came: int = 0
    deputies: int = 0
    unsaid: int = 0


# ---------------------------------------------------------------- who is asked

def invite(activity_id: int, person_ids: Iterable[int], actor: Actor, *, role: str = "") -> int:
    """Put persons into the list of an activity; those who are there already stay as they are. Returns how many are new.

    Who holds an active mandate takes part as deputy, everybody else as ``role`` (by default ``other``). Those who are new are
    told at once where the activity is announced already. Raises ``Invalid`` for a deputy whose mandate is suspended or ended
    (``role`` empty), ``Conflict`` for an activity that was written up or dropped.
    """
    with transaction():
        activity = _locked(activity_id)
        known = {row[0] for row in Attendance.select(Attendance.person_id).where(Attendance.activity_id == activity_id).tuples()}
        new = [person for person in dict.fromkeys(person_ids) if person not in known]
        added = [_add(activity, actor, person_id=person, **_as_what(activity, person, role, strict=True)) for person in new]
        if activity.state == "announced":
            tell(activity, INVITED, [row.person_id for row in added])
    return len(added)


def invite_many(activity: Any, whom: str, actor: Actor, *, group_id: int | None = None, person_id: int | None = None,
                role: str = "") -> int:
    """Invite the deputies of the activity’s ``station``, those of a delegation or ``group``, or one ``person``; how many are new.

    Raises ``Invalid`` at the field that is missing, and when there is nobody to invite.
    """
    if whom == "station" and activity.station_id is None:
        raise _not_invited("whom", _("This activity belongs to no station. Choose a group or a person."))
    if whom != "station" and (group_id if whom == "group" else person_id) is None:
        raise _not_invited(whom, _("Choose whom to invite."))
    if whom == "person":
        return invite(activity.id, [person_id or 0], actor, role=role)
    if whom == "station":
        found = [deputy.person_id for deputy in deputies_of(activity.station_id, activity.day)]
    else:
        member = (Deputy.group_id == group_id) | (Deputy.delegation_id == group_id)
        found = [row[0] for row in Deputy.select(Deputy.person_id).where(member & in_office(activity.day)).order_by(
            Deputy.name).tuples()]
    if not found:
        raise _not_invited(whom, _("There is no deputy in office to invite."))
    return invite(activity.id, found, actor)


def _not_invited(field: str, text: str) -> Invalid:
    return Invalid(_("Nobody was invited."), errors={field: [text]})


def add_guest(activity_id: int, guest: str, role: str, actor: Actor) -> Attendance:
    """Put somebody into the list who is no person of the platform, by name and office. Raises ``Invalid`` for a second time."""
    with transaction():
        activity = _locked(activity_id)
        if Attendance.select().where((Attendance.activity_id == activity_id) & (Attendance.guest == guest)).exists():
            raise Invalid(_("The guest was not entered."), errors={"guest": [_("This guest is in the list already.")]})
        return _add(activity, actor, guest=guest, role=role)


def _as_what(activity: Any, person_id: int, role: str, *, strict: bool) -> dict[str, Any]:
    mandate = active_mandate(person_id, activity.station_id, activity.held_on or activity.day)
    if mandate is not None and role in ("", "deputy"):
        return {"deputy_id": mandate.id, "role": "deputy"}
    rests = not role and Deputy.select(Deputy.name, Deputy.status).where(Deputy.person_id == person_id).first()
    if strict and rests:
        raise _not_invited("person", _("The mandate of %(name)s rests or has ended: who is no active deputy is not invited as "
                                       "one. Name another part in which this person takes part.", name=rests.name))
    return {"role": role if role not in ("", "deputy") else "other"}


def _add(activity: Any, actor: Actor, **values: Any) -> Attendance:
    place = tree().get(activity.division_id)
    assert place is not None
    made: Attendance = records.create(registry().entity(KEY), {
        "activity_id": activity.id, "day": activity.held_on or activity.day, **values}, replace(actor, system=True), place)
    return made


def tell(activity: Any, text: str, person_ids: Collection[int] | None = None) -> int:
    """Notify those in the list who have an account (or ``person_ids`` of them); returns how many. Others are told as usual."""
    if person_ids is None:
        person_ids = [row[0] for row in Attendance.select(Attendance.person_id).where(
            (Attendance.activity_id == activity.id) & Attendance.person_id.is_null(False)).tuples()]
    place = tree().get(activity.division_id)
    assert place is not None
    return notify(accounts_of([one for one in person_ids if one is not None]).values(), text,
                  {"entity": ACTIVITY, "number": activity.number, "day": activity.day.isoformat()},
                  f"/d/{place.code}/liaison_station/invitations", place)


def answer(attendance_id: int, says: str, actor: Actor) -> Attendance:
    """``comes`` or ``cannot``, said by who is invited (``actor``) or entered by the officer. The last answer counts.

    Raises ``Refused`` once the day is past or the activity is not announced any more.
    """
    if says not in ("comes", "cannot"):
        raise Invalid(_("The answer was not saved."), errors={"answer": [_("Answer “comes” or “cannot come”.")]})
    with transaction():
        row = _row(attendance_id)
        activity = _locked(row.activity_id)
        if row.answer == WITHDRAWN[0]:
            raise Refused(_("This invitation was withdrawn: the mandate rests or has ended."), activity.number,
                          _("Tell the liaison officer if that is not so."), code="withdrawn")
        if activity.state not in ("planned", "announced") or activity.day < local_day():
            raise Refused(_("This activity waits for no answers any more."), activity.number,
                          _("Tell the liaison officer if something is to be corrected."), code="too_late")
        return _write(_row(attendance_id), actor, answer=says)


# ---------------------------------------------------------------- who was there

def say(attendance_id: int, came: bool | None, actor: Actor, *, how: str = "list") -> Attendance:
    """The last word about somebody in the list: was there, was not, or (None) nothing is known. Returns the row as it is then.

    Raises ``Refused`` before the day of the activity and ``Conflict`` after its write-up.
    """
    with transaction():
        activity = _locked(_row(attendance_id).activity_id)
        _not_before(activity)
        return _write(_row(attendance_id), actor, came=came, how=how if came is not None else "")


def scan(activity_id: int, person_id: int, actor: Actor) -> Attendance:
    """A person who stands there says so by the code: present, once, however often it is scanned. Who was not invited is added."""
    with transaction():
        activity = _locked(activity_id)
        _not_before(activity)
        row = _of_person(activity_id, person_id)
        if row is None:
            row = _add(activity, actor, person_id=person_id, **_as_what(activity, person_id, "", strict=False))
        return _write(row, actor, came=True, how="qr")


def presume(activity: Any, person_id: int, actor: Actor) -> None:
    """Note a person as present unless somebody said something about him or her: who led the activity."""
    row = _of_person(activity.id, person_id)
    if row is None:
        row = _add(activity, actor, person_id=person_id, **_as_what(activity, person_id, "", strict=False))
    if row.came is None:
        _write(row, actor, came=True, how="list")


def anybody_came(activity_id: int) -> bool:
    """True when somebody is noted as present."""
    return bool(Attendance.select(Attendance.id).where(
        (Attendance.activity_id == activity_id) & (Attendance.came == True)).exists())  # noqa: E712 - SQL


def follow_day(activity: Any, day: date) -> None:
    """The rows of an activity bear its day, by which they are counted."""
    Attendance.update(day=day).where((Attendance.activity_id == activity.id) & (Attendance.day != day)).execute()


def _write(row: Attendance, actor: Actor, **values: Any) -> Attendance:
    """Write a word into a row, with its ledger entry; nothing when it says what is known already."""
    if all(getattr(row, name) == value for name, value in values.items() if name != "how"):
        return row
    place = tree().get(row.division_id)
    assert place is not None
    written: Attendance = records.update(registry().entity(KEY), row.id, values, replace(actor, system=True), None, place)
    return written


def _of_person(activity_id: int, person_id: int) -> Attendance | None:
    found: Attendance | None = Attendance.get_or_none(
        (Attendance.activity_id == activity_id) & (Attendance.person_id == person_id))
    return found


def _row(attendance_id: int) -> Attendance:
    found: Attendance | None = Attendance.get_or_none(Attendance.id == attendance_id)
    if found is None:
        raise NotFound(_("There is nobody of that number in the list."), remedy=_("Load the page again."))
    return found


def _locked(activity_id: int) -> Activity:
    """The activity, its row held until the transaction ends. Raises ``Conflict`` once its list is closed."""
    lock(Activity, activity_id)
    found: Activity | None = Activity.get_or_none(Activity.id == activity_id)
    if found is None:
        raise NotFound(_("There is no such activity."))
    if found.state not in OPEN:
        raise Conflict(_("The list of this activity is closed."), found.number,
                       _("It was written up or dropped: who was there stays as it was recorded."), code="closed")
    return found


def _not_before(activity: Any) -> None:
    if activity.day > local_day():
        raise Refused(_("The activity has not taken place yet."), activity.number,
                      _("Who is present is recorded on its day."), code="not_yet")


def mandate_changed(deputy: Any, actor: Actor) -> None:
    """A mandate rests, ended or goes on: invitations to what is still to come are withdrawn, or stand again.

    Who takes part in spite of it is no deputy there. Called in the transaction that changes the mandate.
    """
    mine = (Attendance.deputy_id == deputy.id) | (
        (Attendance.person_id == deputy.person_id) & (Attendance.answer == WITHDRAWN[0]))
    for row in list(Attendance.select().join(Activity, on=(Activity.id == Attendance.activity_id)).where(
            mine & Attendance.came.is_null() & (Activity.day >= local_day()) & Activity.state.in_(("planned", "announced")))):
        _follow_mandate(row, deputy, actor)


def _follow_mandate(row: Attendance, deputy: Any, actor: Actor) -> None:
    activity = Activity.get_by_id(row.activity_id)
    mandate, withdrawn = active_mandate(deputy.person_id, activity.station_id, activity.day), row.answer == WITHDRAWN[0]
    if mandate is not None:
        _write(row, actor, deputy_id=mandate.id, role="deputy", answer="" if withdrawn else row.answer)
    elif not withdrawn:
        _write(row, actor, deputy_id=None, role="other", answer=WITHDRAWN[0])
    if activity.state == "announced" and withdrawn != (mandate is None):
        tell(activity, WITHDRAWN_TOLD if mandate is None else INVITED, [deputy.person_id])


def refuse_said(row: Any, actor: Actor, node: Node) -> None:
    """Before a row is deleted: only who was entered by mistake goes, not who was there or answered."""
    activity = Activity.get_or_none(Activity.id == row.activity_id)
    if row.came is not None or row.answer or (activity is not None and activity.state not in OPEN):
        raise Conflict(_("Something was said about this person: the row stays."), remedy=_("Correct in the list what is wrong."))


# ---------------------------------------------------------------- figures

def figures(activity_ids: Collection[int]) -> dict[int, Figures]:
    """The figures of activities by id, none for one without a list. One query."""
    def of(condition: Any) -> Any:
        return peewee.fn.SUM(peewee.Case(None, ((condition, 1),), 0))

    present = Attendance.came == True  # noqa: E712 - SQL
    query = Attendance.select(
        Attendance.activity_id, of(Attendance.answer != WITHDRAWN[0]), of(Attendance.answer == "comes"),
        of(Attendance.answer == "cannot"), of(present),
        of(present & Attendance.deputy_id.is_null(False)), of(Attendance.came.is_null())).where(
        Attendance.activity_id.in_(list(activity_ids) or [0])).group_by(Attendance.activity_id)
    return {row[0]: Figures(*(int(number) for number in row[1:])) for row in query.tuples()}


def turnout(condition: Any = None) -> tuple[int, int]:
    """(person-times, persons) of deputies present at activities that were held. One query.

    ``condition`` narrows it by columns of ``Attendance`` (place, day). Somebody with two mandates is one person.
    """
    query = Attendance.select(peewee.fn.COUNT(Attendance.id), peewee.fn.COUNT(Attendance.person_id.distinct())).join(
        Activity, on=(Activity.id == Attendance.activity_id)).where(
        (Attendance.came == True) & Attendance.deputy_id.is_null(False) & Activity.state.in_(DONE))  # noqa: E712 - SQL
    times, persons = (query if condition is None else query.where(condition)).tuples().get()
    return int(times), int(persons)


def names(rows: Iterable[Any]) -> dict[int, str]:
    """What each row of a list is called, by the row's id: the person's name, or the guest. One query."""
    rows = list(rows)
    known = dict(people.Person.select(people.Person.id, people.Person.name).where(
        people.Person.id.in_([row.person_id for row in rows if row.person_id] or [0])).tuples())
    return {row.id: known.get(row.person_id, "") if row.person_id else row.guest for row in rows}
