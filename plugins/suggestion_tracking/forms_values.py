"""What the forms of suggestions say beside the fields of their record: deputies, units with their six fixings, meetings.

A form shows no more than its reader may see: rows of other records pass the same scope as their lists.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from grid321.core.api import Actor, Node, people, registry, scoped, setting, snapshot, texts_of, tree
from grid321.core.api import gettext as _

from .life_models import Contact, Cosigner, Session, Suggestion, Task
from .supervision_models import Commitment

P = "suggestion_tracking."
MARKS = ("☐", "☑")


def seen(name: str, query: Any, node: Node, actor: Actor) -> list[Any]:
    """The records of an entity of this plugin that the actor may see, oldest first."""
    entity = registry().entity(P + name)
    return list(scoped(query, entity, "view", node, actor).order_by(entity.model.id))


def texts(name: str, rows: Iterable[Any], node: Node) -> list[dict[str, str]]:
    """The texts of the fields of some records of this plugin."""
    entity = registry().entity(P + name)
    return [texts_of(entity, row, node) for row in rows]


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """The names of persons by id. One query."""
    wanted = sorted(set(ids))
    person = people.Person
    return dict(person.select(person.id, person.name).where(person.id.in_(wanted or [0])).tuples())


def deputies(suggestion: Any) -> list[str]:
    """The deputies who signed a suggestion, the leading one first. Two queries."""
    cosigners = [row[0] for row in Cosigner.select(Cosigner.person_id).where(
        Cosigner.suggestion_id == suggestion.id).order_by(Cosigner.id).tuples()]
    names = names_of([suggestion.deputy_id, *cosigners])
    return [names[one] for one in dict.fromkeys((suggestion.deputy_id, *cosigners)) if one in names]


def session_name(suggestion: Any) -> str:
    """The session at which a suggestion was raised, as the county calls it; empty without one."""
    row = Session.select(Session.name).where(Session.id == suggestion.session_id).tuples().first()
    return str(row[0]) if row else ""


def place_of(record: Any) -> str:
    """The name of the county or town whose congress a record belongs to."""
    found = tree().get(record.division_id)
    return found.name if found is not None else ""


def boxes(scheme: str, chosen: str | None, division_id: int) -> str:
    """The items of a class as boxes to tick, the chosen one ticked: ☑满意　☐基本满意　☐不满意."""
    labels = snapshot().classes.labels(scheme, tree().get(division_id))
    return "　　".join(box(label, code == chosen) for code, label in labels.items())


def box(label: Any, ticked: bool) -> str:
    """A box to tick with its label, never torn apart at the end of a line."""
    return f"{MARKS[ticked]} {label}".replace(" ", "\N{NO-BREAK SPACE}")


# ---------------------------------------------------------------- of a suggestion

def handling(record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """The handling form of a suggestion: signers, session, units, six fixings, meetings with the deputy."""
    tasks = [task for task in seen("task", Task.select().where(Task.suggestion_id == record.id), node, actor)
             if task.state != "taken_back"]
    units = texts("task", tasks, node)
    contacts = texts("contact", seen("contact", Contact.select().where(Contact.suggestion_id == record.id), node, actor), node)
    promised = seen("commitment", Commitment.select().where(Commitment.suggestion_number == record.number), node, actor)
    return {
        "place": place_of(record), "session": session_name(record), "deputies": deputies(record), "units": units,
        "fixings": [one for one in units if one.get("fix_plan")], "contacts": contacts,
        "promises": texts("commitment", promised, node),
        "attitude_boxes": boxes(P + "rating", record.attitude, record.division_id),
        "result_boxes": boxes(P + "rating", record.rating, record.division_id)}


# ---------------------------------------------------------------- of a unit's task

def of_task(record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """The hand-over sheet and the reply letter of a task: the suggestion with its signers, the other units, who signs."""
    suggestion = Suggestion.get_by_id(record.suggestion_id)
    entity = registry().entity(P + "suggestion")
    others = [task for task in Task.select().where((Task.suggestion_id == suggestion.id) & (Task.state != "taken_back"))
              if task.id != record.id]
    said = texts_of(entity, suggestion, node)
    unit = unit_names([record.department_id, *(task.department_id for task in others)])
    place = place_of(record)
    return {
        "place": place, "suggestion": said, "session": session_name(suggestion), "deputies": deputies(suggestion),
        "unit": unit.get(record.department_id, ""), "co_units": [unit.get(task.department_id, "") for task in others
                                                                 if task.role == "co"],
        "letterhead": letterhead(suggestion, unit.get(record.department_id, ""), place),
        "publish": _("may be published") if suggestion.consent_publish else _("not to be published"),
        "copies": str(setting(P + "letter_copies", record.division_id) or ""),
        "answered_day": record.answered_on}


def unit_names(ids: Iterable[int | None]) -> dict[int, str]:
    """The names of departments by id. One query."""
    department = people.Department
    wanted = sorted({one for one in ids if one is not None})
    return dict(department.select(department.id, department.name).where(department.id.in_(wanted or [0])).tuples())


def letterhead(suggestion: Any, unit: str, place: str) -> str:
    """Whose letter a reply is: the unit's, or that of the government or its office where these sign."""
    names: Mapping[str | None, str] = {
        "government": _("People's government of %(place)s", place=place),
        "office": _("Office of the people's government of %(place)s", place=place)}
    return names.get(suggestion.level_reply, unit)
