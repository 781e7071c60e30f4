"""Opinions: the rules across their fields, and how one is raised from a line of the register or from an activity."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Node, gettext, local_day, records, registry, three_levels, transaction, tree

from .day_choices import OPINION, VISIT
from .day_models import Opinion, Visit
from .deputy_models import Deputy
from .station_models import Station

TITLE = 24
"""Characters of a title that is taken from the text."""


def check_opinion(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """Rules across the fields of an opinion. Completes ``data``: title, day, who heard it, the level that holds it first.

    ``node`` is the place it concerns; ``record`` is None for a new one. Returns what is wrong, by field.
    """
    def value(name: str) -> Any:
        return data[name] if name in data else getattr(record, name, None)

    errors: dict[str, list[str]] = {}
    if record is None or "title" in data:
        data["title"] = data.get("title") or three_levels.first_words(value("text") or "", TITLE)
    if record is None or "heard_on" in data:
        data["heard_on"] = data.get("heard_on") or local_day()
    if record is None:
        data["holder_level"] = _first_level(node)
    if record is None or "station_id" in data:
        errors |= _check_station(value("station_id"), node)
    if record is None or "deputy_id" in data:
        deputy = Deputy.get_or_none(Deputy.id == value("deputy_id")) if value("deputy_id") else None
        data["person_id"] = deputy.person_id if deputy is not None else None
    if record is None and value("wants_answer") and not (value("phone") or value("name")):
        errors["phone"] = [gettext("An answer is wished for: write down whom to tell, by telephone or name, "
                                   "or leave the wish out.")]
    return errors


def _first_level(node: Node) -> str:
    """The lowest level at or above ``node`` that keeps a bank of opinions."""
    known = {level for level, _label in three_levels.LEVELS}
    return next((above.level for above in reversed((*tree().ancestors(node), node)) if above.level in known), "county")


def _check_station(station_id: int | None, node: Node) -> dict[str, list[str]]:
    station = Station.get_or_none(Station.id == station_id) if station_id else None
    home = tree().get(station.division_id) if station is not None else None
    if station is None or home is None or home.id in node.path or node.id in home.path:
        return {}
    return {"division": [gettext("%(place)s does not belong to the area of %(station)s. Choose a place of that area.",
                                 place=node.name, station=station.name)]}


def raise_from(source: Any, actor: Actor, *, kind: str = "other", text: str = "", title: str = "", place: str = "",
               name: str = "", phone: str = "", deputy_id: int | None = None, wants_answer: bool | None = None,
               division_id: int | None = None) -> Opinion:
    """Raise an opinion from ``source``: a line of the register (``Visit``) or an activity (``Activity``); returns it.

    From a line everything that is not given is taken: text, who came, who heard it, the day; raised before, the same opinion
    is returned. Of an activity ``text`` is needed. It lies at the division of the source unless ``division_id`` names another
    one below. Raises ``Forbidden``, ``Invalid`` or ``Refused`` as ``records.create`` does; nothing is written then.
    """
    is_visit = isinstance(source, Visit)
    if is_visit and source.opinion_id is not None:
        return Opinion.get_by_id(source.opinion_id)
    node = tree().get(division_id or source.division_id)
    assert node is not None
    values: dict[str, Any] = {
        "division_id": node.id, "station_id": source.station_id, "kind": kind, "text": text, "title": title, "place": place,
        "name": name, "phone": phone, "deputy_id": deputy_id,
        "heard_on": source.came_on if is_visit else source.held_on or source.day}
    if is_visit:
        values |= _from_visit(source, values)
        wants_answer = source.wants_answer if wants_answer is None else wants_answer
    known = bool(values["name"] or values["phone"])
    values["wants_answer"] = known if wants_answer is None else wants_answer and (known or not is_visit)
    values |= {"visit_id": source.id} if is_visit else {"activity_id": source.id}
    with transaction():
        made: Opinion = records.create(registry().entity(OPINION), values, actor, node)
        if is_visit:
            Visit.update(opinion_id=made.id).where(Visit.id == source.id).execute()
            source.opinion_id = made.id
            records.note(registry().entity(VISIT), source, actor, node, "raised", facts={"opinion": made.number})
    return made


def _from_visit(visit: Visit, given: dict[str, Any]) -> dict[str, Any]:
    """What a line of the register says, where the caller says nothing else."""
    entity = registry().entity(VISIT)
    return {"text": given["text"] or visit.text, "deputy_id": given["deputy_id"] or visit.deputy_id,
            "name": given["name"] or records.opened(entity, visit, "name"),
            "phone": given["phone"] or records.opened(entity, visit, "phone")}
