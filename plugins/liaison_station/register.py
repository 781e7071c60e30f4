"""The reception-day register (登记表): a line for who came together, a draft until it is answered or becomes an opinion.

A line lives at the division of its station. One that was settled stays as it is; the day closes when no draft is left.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import fn

from grid321.core.api import (
    Actor,
    Conflict,
    Node,
    attachments,
    class_label,
    gettext,
    local_day,
    records,
    registry,
    sending,
    transaction,
)
from grid321.core.api import lazy_gettext as _

from . import opinions
from .day_choices import SUBJECTS, VISIT
from .day_models import Visit
from .reception_models import Reception
from .station_checks import lock, moved

SETTLED = ("answered", "opinion")
LEADERS = "leaders"
"""The kind of a reception at which leaders hear voters (领导驻站接待)."""
SHORTEST = 2
"""Characters of what was said or answered, at least, in a settled line."""


def note_visit(values: dict[str, Any], actor: Actor, node: Node, *, mark: str | None = None,
               files: Sequence[attachments.Clean] = ()) -> Visit:
    """Write a line of the register; returns it, with the opinion that it became.

    ``values`` are checked values by column of ``VisitSchema``; the line lives at the division of its station, below ``node``.
    ``mark`` (``client_id``) is what the browser or telephone sent it under: a line that comes again under its mark is stored
    once, also when somebody settled it meanwhile; another line under a used mark is a line of its own. Raises ``Forbidden``,
    ``Invalid``, ``Refused``; nothing is written then.
    """
    entity = registry().entity(VISIT)
    with transaction():
        earlier = sending.sent_before(entity, mark, actor)
        if earlier is not None and same_line(entity, earlier, values):
            return earlier
        return sending.create_once(entity, values, files, mark, actor, node)


def same_line(entity: Any, earlier: Visit, data: dict[str, Any]) -> bool:
    """True when ``data`` is the line that was stored, whatever became of it since: the same who and the same what was said."""
    who = all((data.get(name) or "") == records.opened(entity, earlier, name) for name in ("name", "phone"))
    return who and (data.get("text") or "") == earlier.text and data["station_id"] == earlier.station_id


# ---------------------------------------------------------------- rules across the fields

def check_visit(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """Rules across the fields of a line. Completes ``data``: the day on which somebody came, one person, in person.

    ``node`` is where the line lies; ``record`` is None for a new one. Returns what is wrong, by field.
    """
    def value(name: str) -> Any:
        return data[name] if name in data else getattr(record, name, None)

    for name, usual in (("persons", 1), ("mode", "offline"), ("kind", "opinion"), ("result", "draft"), ("subject", "")):
        if record is None or name in data:
            data[name] = data.get(name) or usual
    errors = moved(data, record)
    if value("reception_id"):
        lock(Reception, value("reception_id"))  # the day is not closed while a line is written, nor counted twice at once
    reception = Reception.get_or_none(Reception.id == value("reception_id")) if value("reception_id") else None
    if record is None or "came_on" in data:
        data["came_on"] = data.get("came_on") or (reception.day if reception is not None else local_day())
    if reception is not None:
        errors |= _check_reception(reception, value("station_id"), data.get("came_on"), new=record is None)
    if record is not None and record.reception_id and value("reception_id") != record.reception_id:
        errors["reception"] = [gettext("A line stays in the register of its day.")]
    if value("reception_id") and value("activity_id"):
        errors["reception"] = [gettext("A line belongs to a reception or to an activity, not to both.")]
    return errors | _check_result(value, record, leaders=reception is not None and reception.kind == LEADERS)


def _check_reception(reception: Reception, station_id: int | None, came_on: Any, *, new: bool) -> dict[str, list[str]]:
    if reception.station_id != station_id:
        return {"reception": [gettext("This reception day is another station’s. Choose one of this station.")]}
    if reception.closed_at is not None:
        return {"reception": [gettext("This reception day is closed. Enter what came later without the reception day.") if new
                              else gettext("This reception day is closed: its register stays as it is.")]}
    if reception.day > local_day():
        return {"reception": [gettext("This reception day has not come yet: nobody can have been there.")]}
    if came_on is not None and came_on != reception.day:
        return {"came_on": [gettext("The reception was on another day: leave the day empty, or leave the reception day out.")]}
    return {}


def _check_result(value: Any, record: Any, *, leaders: bool) -> dict[str, list[str]]:
    """What a settled line says: what was said, who heard it, and what was answered."""
    result = value("result")
    if record is not None and record.result in SETTLED and result != record.result:
        return {"result": [gettext("This line is settled: it becomes nothing else.")]}
    if result not in SETTLED:
        return {}
    errors: dict[str, list[str]] = {}
    if len(value("text") or "") < SHORTEST:
        errors["text"] = [gettext("Write down what was said, or keep the line as a draft.")]
    if result == "answered" and len(value("answer") or "") < SHORTEST:
        errors["answer"] = [gettext("Write down what was answered, or keep the line as a draft.")]
    if not value("deputy_id") and not (leaders and value("heard_by")):
        errors["deputy"] = [gettext("Write down which deputy heard it, or keep the line as a draft.")]
    return errors


# ---------------------------------------------------------------- what follows, what ends

def after_visit(record: Visit, values: dict[str, Any], actor: Actor, node: Node) -> None:
    """A line that becomes an opinion becomes one at once, and its day knows how many came, inside its transaction."""
    if record.result == "opinion" and record.opinion_id is None:
        opinions.raise_from(record, actor, kind=record.subject or "other")
    if "persons" in values or "reception_id" in values:
        _count(record.reception_id)


def delete_visit(record: Visit, actor: Actor, node: Node) -> None:
    """A draft may be thrown away. Raises ``Conflict`` for a settled line."""
    if record.result in SETTLED:
        raise Conflict(_("This line is settled: it stays in the register."), remedy=_("Only drafts are thrown away."))
    if record.reception_id is not None:
        lock(Reception, record.reception_id)
        _count(record.reception_id, without=record.id)


def _count(reception_id: int | None, without: int = 0) -> None:
    """Write on a reception how many came, by the register."""
    if reception_id is not None:
        came = Visit.select(fn.COALESCE(fn.SUM(Visit.persons), 0)).where(
            (Visit.reception_id == reception_id) & (Visit.id != without)).scalar()
        Reception.update(voters=int(came)).where(Reception.id == reception_id).execute()


def stays(record: Visit) -> bool:
    """True for a line that became an opinion: what is to be said further is said there."""
    return record.opinion_id is not None


# ---------------------------------------------------------------- the day

def lines(reception_id: int) -> list[Visit]:
    """The lines of a reception day, the newest first."""
    return list(Visit.select().where(Visit.reception_id == reception_id).order_by(Visit.id.desc()))


def drafts(reception_id: int) -> int:
    """How many lines of a reception day are drafts still."""
    return int(Visit.select().where((Visit.reception_id == reception_id) & (Visit.result == "draft")).count())


def totals(reception_id: int) -> dict[str, int]:
    """Of a reception day: persons who came, lines, answered at once, opinions, drafts. One query."""
    found = {"persons": 0, "lines": 0, "answered": 0, "opinion": 0, "draft": 0}
    for result, count, persons in Visit.select(Visit.result, fn.COUNT(Visit.id), fn.SUM(Visit.persons)).where(
            Visit.reception_id == reception_id).group_by(Visit.result).tuples():
        found[result] += count
        found["lines"] += count
        found["persons"] += persons or 0
    return found


def summary_of(reception: Reception) -> str:
    """The beginning of a day’s summary in words: how many came, what they spoke of, what became of it. No names."""
    count = totals(reception.id)
    subjects = [class_label(SUBJECTS.key, subject, reception.division_id) for subject, _n in Visit.select(
        Visit.subject, fn.COUNT(Visit.id).alias("n")).where(
            (Visit.reception_id == reception.id) & (Visit.subject != "")).group_by(Visit.subject).order_by(
                fn.COUNT(Visit.id).desc(), Visit.subject).limit(5).tuples()]
    text = gettext("%(persons)s voters received, %(lines)s lines: %(answered)s answered at once, "
                   "%(opinions)s opinions registered.",
                   persons=count["persons"], lines=count["lines"], answered=count["answered"], opinions=count["opinion"])
    return text + (gettext(" Subjects: %(subjects)s.", subjects=gettext(", ").join(subjects)) if subjects else "")
