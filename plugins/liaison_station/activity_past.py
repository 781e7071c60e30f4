"""Activities of earlier years, a line for each as the book of a station has them: by hand or by sheet, undone until confirmed.

A line becomes an activity in state ``entered`` with its attendance and result. It counts at once; an officer confirms it, many
together if he or she likes. Until then deleting the line (or undoing the import) takes the activity back.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grid321.core.api import Actor, Conflict, Node, ancestor_columns, engine, format_day, local_day, records, registry, tree
from grid321.core.api import gettext as _

from . import attendance
from .activity_models import Activity, PastActivity
from .deputy_fields import BETWEEN
from .deputy_models import Deputy
from .placement import deputies_of, in_office
from .station_models import Station
from .station_records import machine_for
from .station_rules import is_open

P = "liaison_station."
RESULT = {"result": "title", "result_kind": "kind", "fen": "fen", "quantity": "quantity", "unit": "unit"}
"""Columns of a line that make its result."""


def check_past(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """The station worked on that day, the deputies are known and were in office, the line stands in no book twice."""
    if record is not None:
        return {}  # nobody may change a line: the activity that came of it is corrected
    station, day = Station.get_or_none(Station.id == data["station_id"]), data["day"]
    place = tree().get(station.division_id) if station is not None else None
    if station is None or place is None or not is_open(station, day):
        return {"station": [_("The station does not work on %(day)s: it is not open yet, at rest or closed.",
                              day=format_day(day))]}
    errors: dict[str, list[str]] = {}
    unknown = [name for name, found in _named(data["deputies"], station.id, day, place) if found is None]
    if unknown:
        errors["deputies"] = [_("On %(day)s nobody of this name was a deputy here, or several were: %(names)s. Correct the name, "
                                "or enter the deputy first.", day=format_day(day), names="、".join(unknown))]
    twin = (PastActivity.station_id == station.id) & (PastActivity.day == day) & (PastActivity.title == data["title"])
    if PastActivity.select(PastActivity.id).where(twin).exists():
        errors["title"] = [_("This activity is entered already.")]
    if any(data.get(name) for name in RESULT) and not (data.get("result") and data.get("result_kind")):
        errors["result"] = [_("A result needs its name and its kind.")]
    if bool(data.get("quantity")) != bool(data.get("unit")):
        errors["unit"] = [_("A quantity needs its unit, and a unit its quantity: 20 and lamps.")]
    return errors


def _named(text: str, station_id: int, day: Any, place: Node) -> Sequence[tuple[str, Deputy | None]]:
    """Each name with its mandate on that day: of the station's deputies, else the only one of the county. Two queries."""
    here = {deputy.name: deputy for deputy in deputies_of(station_id, day)}
    names = list(dict.fromkeys(name for name in BETWEEN.split(text) if name))
    others: dict[str, dict[int, Deputy]] = {}
    missing = [name for name in names if name not in here]
    if missing:
        for deputy in Deputy.select().where(
                Deputy.name.in_(missing) & in_office(day) & (Deputy.county_id == ancestor_columns(tree(), place)["county_id"])
        ).order_by(Deputy.id):
            others.setdefault(deputy.name, {}).setdefault(deputy.person_id, deputy)
    return [(name, here.get(name) or (next(iter(others[name].values())) if len(others.get(name, {})) == 1 else None))
            for name in names]


def create_past(values: dict[str, Any], actor: Actor, node: Node) -> PastActivity:
    """Enter a line with the activity, the attendance and the result that it tells, at the division of its station."""
    machine, day, minutes = machine_for(actor), values["day"], values.get("minutes") or ""
    deputies = [found for _name, found in _named(values["deputies"], values["station_id"], day, node) if found is not None]
    alone = deputies[0].person_id if len(deputies) == 1 else None
    activity = records.create(registry().entity(attendance.ACTIVITY), {
        "station_id": values["station_id"], "kind": values["kind"], "title": values["title"], "day": day, "themed": False,
        "collective": alone is None, "leader_id": alone, "place": values.get("place") or "", "units": values.get("units") or "",
        "study": values.get("study") or "", "from_minute": None, "to_minute": None, "room_id": None}, machine, node)
    for deputy in deputies:
        records.create(registry().entity(attendance.KEY), {
            "activity_id": activity.id, "day": day, "person_id": deputy.person_id, "deputy_id": deputy.id, "role": "deputy",
            "came": True, "how": "list"}, machine, node)
    engine.perform(registry().entity(attendance.ACTIVITY), activity.id, "enter",
                   {"held_on": day, "voters": values.get("voters") or 0, "minutes": minutes}, machine, None, node)
    if values.get("result"):
        records.create(registry().entity(f"{P}result"), {
            "activity_id": activity.id, "day": day, "text": "",
            **{column: values.get(name) for name, column in RESULT.items()},
            "quantity": values.get("quantity") or "", "unit": values.get("unit") or ""}, machine, node)
    written = {name: value for name, value in values.items() if value is not None and name != "division_id"}
    made: PastActivity = PastActivity.create(activity_id=activity.id, **written, **ancestor_columns(tree(), node),
                                             created_by=actor.account_id)
    return made


def delete_past(record: PastActivity, actor: Actor, node: Node) -> None:
    """Take a line back: its activity is dropped. Raises ``Conflict`` once somebody confirmed the activity."""
    activity = Activity.get_or_none(Activity.id == record.activity_id)
    if activity is None or activity.state == "dropped":
        return
    if activity.state != "entered":
        raise Conflict(_("The activity is confirmed: the line stays."), activity.number,
                       _("Note a correction in a comment on the activity."), code="confirmed")
    engine.perform(registry().entity(attendance.ACTIVITY), activity.id, "strike",
                   {"reason": _("The line of the book was taken back on %(day)s.", day=format_day(local_day()))},
                   machine_for(actor), None, node)
