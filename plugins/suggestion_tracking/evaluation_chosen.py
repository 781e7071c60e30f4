"""Good suggestions and good units of a year (优秀建议、先进承办单位): chosen by a meeting, recorded with reasons, published."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Entity, Node, Refused, local_day, now, people, records, transaction
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .evaluation_models import Chosen
from .evaluation_schemas import ChosenSchema
from .suggestion_number import by_number

PLUGIN = "suggestion_tracking"
NO_CHOICE = frozenset({"withdrawn", "refused", "joined"})


def check_chosen(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """A good suggestion names one of this congress that was handed over; a good unit names the unit, each once a year."""
    def value(name: str) -> Any:
        return data[name] if name in data else getattr(record, name, None)

    errors: dict[str, list[str]] = {}
    if record is not None and record.published_on is not None:
        return {"reason": [_("It is published: it stays as it was.")]}
    number, unit = value("suggestion_number"), value("department_id")
    place_id = record.division_id if record is not None else node.id
    if value("kind") == "suggestion":
        data["department_id"] = None
        found = by_number(number) if number else None
        if found is None or found.division_id != place_id:
            errors["suggestion"] = [_("Enter the number of a suggestion of this congress.")]
        elif found.handed_on is None or found.state in NO_CHOICE:
            errors["suggestion"] = [_("This suggestion was not handed over, or it was withdrawn.")]
        else:
            data["label"] = found.title[:120]
    else:
        data["suggestion_number"] = ""
        found = people.Department.get_or_none(people.Department.id == unit) if unit else None
        if found is None:
            errors["department"] = [_("Choose the unit.")]
        else:
            data["label"] = found.name
    if not errors and _twin(record, place_id, value("year"), value("kind"), data.get("suggestion_number", number),
                            data.get("department_id", unit)):
        field = "suggestion" if value("kind") == "suggestion" else "department"
        errors[field] = [_("It is chosen for this year already.")]
    return errors


def _twin(record: Any, place_id: int, year: int, kind: str, number: str, unit: int | None) -> bool:
    same = (Chosen.division_id == place_id) & (Chosen.year == year) & (Chosen.kind == kind)
    same &= (Chosen.suggestion_number == number) if kind == "suggestion" else (Chosen.department_id == unit)
    return bool(Chosen.select(Chosen.id).where(same & (Chosen.id != (record.id if record is not None else 0))).exists())


CHOSEN = Entity(
    f"{PLUGIN}.chosen", model=Chosen, schema=ChosenSchema, label=_l("Good suggestions and good units"),
    columns=("label", "kind", "year", "decided_by", "decided_on", "published_on"), filters=("year", "kind", "published_on"),
    search=("label",), title="label", actions=("create", "edit", "delete", "export"), icon="star", levels=("county", "town"),
    menu="more", check=check_chosen, closed=lambda record: record.published_on is not None,
    steps=(("publish_chosen", _l("Published")),),
    description=_l("Chosen by a meeting and published with the reason. The system proposes nobody."))


def publish(record: Any, actor: Actor, node: Node) -> None:
    """Publish a choice. Raises ``Refused`` when it is published already."""
    with transaction():
        done = Chosen.update(published_on=local_day(), version=record.version + 1, updated_at=now()).where(
            (Chosen.id == record.id) & (Chosen.version == record.version) & Chosen.published_on.is_null()).execute()
        if done != 1:
            raise Refused(_("It is published already."), record.label, code="wrong_state")
        records.note(CHOSEN, record, actor, node, "publish_chosen")


def published(node: Node, year: int) -> list[Chosen]:
    """What was chosen in a year at a division and published: suggestions first."""
    return list(Chosen.select().where((Chosen.division_id == node.id) & (Chosen.year == year)
                                      & Chosen.published_on.is_null(False)).order_by(Chosen.kind, Chosen.id))
