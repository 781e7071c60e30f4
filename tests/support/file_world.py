"""Rows of receptions, opinions and activities made by hand, as the other areas leave them, and short ways to tell of them.

The tests of the deputies' file stand on what those records say, not on how they came about.
"""
from __future__ import annotations

from datetime import date
from typing import Any

from grid321.core import db, outbox, snapshot
from grid321.core.outbox import Event
from grid321.core.tree import ancestor_columns

DAY = date(2026, 3, 16)
KEY = "liaison_station."


def columns(division_id: int) -> dict[str, Any]:
    """The columns of a row at a division."""
    here = snapshot.current().tree
    return ancestor_columns(here, here.get(division_id))


def case(division_id: int, number: str, state: str) -> dict[str, Any]:
    """The columns that every case has."""
    return {**columns(division_id), "number": number, "state": state, "holder_id": division_id}


def reception(world: Any, station: str = "wuli", state: str = "held", day: date = DAY, **came: str) -> Any:
    """A reception of a station with duties: names of deputies with the state of each one's duty."""
    from grid321.plugins.liaison_station.reception_models import Duty, Reception

    place = world.stations[station]
    made = Reception.create(station_id=place.id, day=day, first_day=day, from_minute=540, to_minute=660,
                            **case(place.division_id, f"JD-{Reception.select().count() + 1}", state))
    for who, duty in came.items():
        deputy = world.deputies[who]
        Duty.create(reception_id=made.id, station_id=place.id, deputy_id=deputy.id, person_id=deputy.person_id, day=day,
                    state=duty, **columns(place.division_id))
    return made


def opinion(world: Any, who: str = "zhang", title: str = "溪河路路灯不亮", state: str = "answered", heard_on: date = DAY,
            **more: Any) -> Any:
    """An opinion that a deputy heard; ``name`` and ``phone`` are sealed."""
    from grid321.core.crypto import seal
    from grid321.plugins.liaison_station.day_models import Opinion

    place, deputy, uid = world.stations["wuli"], world.deputies[who], db.new_uid()
    secret = {key: seal(more.pop(key), "liaison_station_opinion", key, uid) for key in ("name", "phone") if key in more}
    columns_of = case(place.division_id, f"YJ-{Opinion.select().count() + 1}", state)
    return Opinion.create(uid=uid, station_id=place.id, deputy_id=deputy.id, person_id=deputy.person_id, kind="road", title=title,
                          heard_on=heard_on, **secret, **columns_of, **more)


def activity(world: Any, state: str = "held", held_on: date | None = DAY, **came: bool) -> Any:
    """An activity with the attendance of deputies by name."""
    from grid321.plugins.liaison_station.activity_models import Activity, Attendance

    place = world.stations["wuli"]
    made = Activity.create(station_id=place.id, kind="inspection", title="视察农村饮水安全", day=DAY, held_on=held_on,
                           **case(place.division_id, f"HD-{Activity.select().count() + 1}", state))
    for who, there in came.items():
        deputy = world.deputies[who]
        Attendance.create(activity_id=made.id, deputy_id=deputy.id, person_id=deputy.person_id, role="deputy", came=there,
                          day=DAY, **columns(place.division_id))
    return made


def change(record: Any, **values: Any) -> None:
    """Change columns of a row as another area would, without telling anybody."""
    type(record).update(**values).where(type(record).id == record.id).execute()


def tell(record: Any, name: str, action: str = "edit", times: int = 1) -> None:
    """Tell the file of a record, as the outbox does: at least once."""
    from grid321.plugins.liaison_station import file_deeds

    for _time in range(times):
        with db.transaction():
            file_deeds.listen(Event(1, name if "." in name else KEY + name, record.id, action, None,
                                    getattr(record, "division_id", None), db.now(), {}))


def deeds(world: Any, who: str, *, struck: bool = False) -> list[tuple[str, str, str]]:
    """(day, kind, title) of the deeds in a deputy's file that stand; with ``struck`` of those that do not."""
    from grid321.plugins.liaison_station.file_models import Deed

    rows = Deed.select().where(Deed.deputy_id == world.deputies[who].id).order_by(Deed.day, Deed.id)
    return [(row.day.isoformat(), row.kind, row.title) for row in rows if (row.state == "struck") is struck]


def drained() -> None:
    """Tell the plugins everything that waits."""
    while outbox.drain():
        pass
