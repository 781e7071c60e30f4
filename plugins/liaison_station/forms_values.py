"""What the forms of stations say beside the fields of their record. Every list passes the scope of its reader."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask import has_request_context, request

from grid321.core.api import (
    Actor,
    Node,
    Setting,
    class_label,
    format_day,
    gettext,
    qr,
    records,
    registry,
    scoped,
    setting,
    sheet,
    site_url,
    snapshot,
    tree,
)
from grid321.core.api import lazy_gettext as _

from .day_choices import SUBJECTS, VISIT
from .day_models import Opinion, Visit
from .deputy_choices import MANDATES
from .deputy_models import Deputy, District
from .plan_choices import DUTY, WEEKDAYS, P
from .reception_models import Duty
from .station_fields import clock
from .station_models import Station

s = sheet
PLUGIN = "liaison_station"
COLON = _(": ")
DATED = _("Date: ____ / __ / __")
PRINTED = s.Text(_("Printed from the system on {{ printed }}; the record in the system decides."), "note")
ORDER = s.Cell("{{ loop.index }}", align="middle")
MORE = s.When("more", (s.Text("{{ more }}", "note"),))
IN_CHARGE = s.Sign(_("In charge (signature, seal):"), _("Printed on {{ printed }}"))
MOST = 2000
LINES = f"{P}paper_lines"
SETTINGS = (
    Setting(LINES, _("Lines of the printed register of a reception day"), "int", 15,
            _("Working default [place]; the county sets its own"), minimum=5, maximum=100),
)
TICKED, EMPTY = "☑", "☐"


def rows_of(name: str, query: Any, node: Node, actor: Actor, *order: Any) -> list[Any]:
    """The records of an entity of this plugin that the actor may see, at most one more than a paper holds.

    Empty where the actor may see none of that kind.
    """
    entity = registry().entity(P + name)
    if not actor.may(entity.permission("view"), node):
        return []
    return list(scoped(query, entity, "view", node, actor).order_by(*(order or (entity.model.id,))).limit(MOST + 1))


def held_back(rows: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """The rows that a paper prints, and what it says of the others."""
    more = gettext("Only the first %(count)s are printed here; export the list for all of them.", count=MOST)
    return rows[:MOST], {"more": more if len(rows) > MOST else "",
                         "counted": gettext("%(count)s lines in all", count=min(len(rows), MOST))}


def weekday(day: date) -> str:
    """The name of a day of the week."""
    return str(dict(WEEKDAYS)[str(day.weekday())])


def day_text(day: date) -> str:
    """A day with its day of the week: 2026年11月20日（星期五）."""
    return gettext("%(day)s (%(weekday)s)", day=format_day(day), weekday=weekday(day))


def short_day(day: date) -> str:
    """A day whose year is known: 11月20日."""
    return gettext("%(month)s/%(day)s", month=day.month, day=day.day)


def narrow_day(day: date | None) -> str:
    """A day in a narrow column: the year on a line of its own, so that no line ends within the day."""
    return format_day(day).replace("年", "年\n")


def time_text(record: Any) -> str:
    """From when to when: 09:00–11:30."""
    return f"{clock(record.from_minute)}–{clock(record.to_minute)}"


def box(label: Any, ticked: bool = False) -> str:
    """A box to tick with its label, never torn apart at the end of a line."""
    return f"{TICKED if ticked else EMPTY} {label}".replace(" ", "\N{NO-BREAK SPACE}")


def boxes(choices: Iterable[tuple[str, Any]], chosen: str | None) -> str:
    """Choices as boxes to tick, the chosen one ticked: ☑ 满意　☐ 基本满意."""
    return "　".join(box(label, key == chosen) for key, label in choices)


def class_boxes(scheme: str, chosen: str | None, division_id: int) -> str:
    """The items of a class as boxes to tick."""
    return boxes(snapshot().classes.labels(scheme, tree().get(division_id)).items(), chosen)


def address(path: str, division_id: int) -> str:
    """An address for a code on paper: of the site as its setting says it, otherwise as it is asked for now."""
    base = site_url(division_id) or (request.url_root if has_request_context() else "")
    return base.rstrip("/") + path


def code_of(path: str, division_id: int, label: str) -> Any:
    """The QR code of an address on paper."""
    return qr(address(path, division_id), label)


def entry_path(name: str, record: Any) -> str:
    """The path at which somebody enters what was written on the printed form of a reception or an opinion."""
    place = tree().get(record.division_id)
    assert place is not None
    return f"/d/{place.code}/{PLUGIN}/{name}/{record.id}/paper"


def entry_code(name: str, record: Any) -> Any:
    """The code of the page for what was written on a printed form."""
    return code_of(entry_path(name, record), record.division_id, gettext("QR code to enter what was written on this form"))


def line_count(division_id: int) -> int:
    """How many lines the printed register of a day has."""
    return int(setting(LINES, division_id))


# ---------------------------------------------------------------- stations and deputies

def station_values(station: Station | None) -> dict[str, Any]:
    """A station as forms speak of it."""
    if station is None:
        return {"name": "", "address": "", "phone": "", "hours": ""}
    return {"name": station.name, "address": station.address, "phone": station.phone, "hours": station.hours}


def station_of(record: Any) -> Station | None:
    """The station of a record; None for one that belongs to none."""
    found: Station | None = Station.get_or_none(Station.id == record.station_id) if record.station_id else None
    return found


def deputy_names(ids: Iterable[int | None]) -> dict[int, str]:
    """The names of mandates by id. One query."""
    wanted = sorted({one for one in ids if one is not None})
    return dict(Deputy.select(Deputy.id, Deputy.name).where(Deputy.id.in_(wanted or [0])).tuples())


def told_deputies(deputies: Iterable[Deputy]) -> list[dict[str, str]]:
    """Deputies as a notice names them: name, congress, electoral district, work. One query."""
    found = list(deputies)
    districts = dict(District.select(District.id, District.name).where(
        District.id.in_([one.district_id for one in found if one.district_id] or [0])).tuples())
    levels = dict(MANDATES)
    return [{"name": one.name, "level": str(levels.get(one.level, one.level)), "job": one.job,
             "district": districts.get(one.district_id, "")} for one in found]


def rosters(reception_ids: Iterable[int], node: Node, actor: Actor) -> dict[int, str]:
    """Who is or was on duty at receptions, by reception, as names in a row; nobody for who may not see the roster."""
    ids = sorted(set(reception_ids))
    if not actor.may(f"{DUTY}.view", node):
        return {}
    found: dict[int, list[str]] = {}
    for reception, name, state in Duty.select(Duty.reception_id, Deputy.name, Duty.state).join(
            Deputy, on=(Deputy.id == Duty.deputy_id)).where(Duty.reception_id.in_(ids or [0]) & Duty.state.in_(
                ("planned", "came", "absent"))).order_by(Duty.id).tuples():
        found.setdefault(reception, []).append(gettext("%(name)s (not there)", name=name) if state == "absent" else name)
    return {reception: "、".join(names) for reception, names in found.items()}


# ---------------------------------------------------------------- lines of the register

def line_values(visits: Iterable[Visit], kinds: Mapping[str, Any], results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lines of a register: who came (masked), what was said, who heard it, what became of it. Two queries."""
    found, entity = list(visits), registry().entity(VISIT)
    names = deputy_names(one.deputy_id for one in found)
    numbers = dict(Opinion.select(Opinion.id, Opinion.number).where(
        Opinion.id.in_([one.opinion_id for one in found if one.opinion_id] or [0])).tuples())
    return [{
        "name": records.masked(entity, one, "name"), "phone": records.masked(entity, one, "phone"), "persons": one.persons,
        "day": narrow_day(one.came_on), "kind": str(kinds.get(one.kind, one.kind)), "text": one.text, "answer": one.answer,
        "deputy": names.get(one.deputy_id, "") or one.heard_by, "result": str(results.get(one.result, one.result)),
        "subject": class_label(SUBJECTS.key, one.subject, one.division_id) if one.subject else "",
        "opinion": numbers.get(one.opinion_id, "")} for one in found]
