"""The records behind a figure: every number of the statistics and the board leads here, and the list adds up to that number."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import g, render_template, request

from grid321.core.api import (
    Actor,
    BadRequest,
    Label,
    Node,
    NotFound,
    current_actor,
    format_day,
    format_number,
    json_answer,
    local_day,
    registry,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .activity_models import Activity, Attendance
from .day_choices import KINDS as VISIT_KINDS
from .day_models import Opinion, Visit
from .deputy_choices import MANDATES, P
from .deputy_models import Deputy
from .figure_sources import GAPS, LATE_NOTICES, NEXT_PLAN, OVERDUE, QUIET, UNCLOSED, Narrow, Source, Span
from .reception_models import Duty, Postponement, Reception
from .station_figures import BY_KEY, Figure
from .station_models import Station
from .station_rules import names_of

PLUGIN, PAGE = "liaison_station", 50
VALUES = ("kind", "klass", "model", "level", "mode", "state", "collective")
"""Columns of records by which a list may be narrowed, each of the figures that have it."""
_TODAY = _l("Today")

WAITING: tuple[Figure, ...] = (
    Figure("gaps", "now", _l("Receptions of the next 30 days with too few deputies"),
           _l("Receptions with fewer deputies on duty than their rule wants"), (GAPS,), cutoff=_TODAY),
    Figure("unclosed", "now", _l("Reception days that nobody closed"),
           _l("Reception days of this year before today that were neither held nor dropped"), (UNCLOSED,), cutoff=_TODAY),
    Figure("late_notices", "now", _l("Postponed too late in 30 days"),
           _l("Postponements posted with less notice than the rule asks, in the last 30 days"), (LATE_NOTICES,), cutoff=_TODAY),
    Figure("overdue", "now", _l("Opinions overdue"), _l("Open opinions whose time limit has passed"), (OVERDUE,), cutoff=_TODAY),
    Figure("quiet", "now", _l("Stations without a reception for a month"),
           _l("Stations open for a month in which no reception was held for 31 days"), (QUIET,),
           _l("Without suspended stations"), _TODAY),
    Figure("next_plan", "now", _l("Stations whose plan of next year is not posted"),
           _l("Stations open today without a posted yearly plan for the next year"), (NEXT_PLAN,), cutoff=_TODAY),
)
"""What waits or stands still today; on the board only."""
LISTED: Mapping[str, Figure] = {**{key: one for key, one in BY_KEY.items() if not one.computed},
                                **{one.key: one for one in WAITING}}


def base_of(node: Node) -> str:
    """The address of the plugin at a division."""
    return f"/d/{node.code}/{PLUGIN}"


def asked_span() -> Span:
    """The days the address asks for (``from``, ``to``): this year until today without. Raises ``BadRequest``."""
    today = local_day()
    days = {}
    for name, usual in (("from", date(today.year, 1, 1)), ("to", today)):
        text = request.args.get(name, "")
        try:
            days[name] = date.fromisoformat(text) if text else usual
        except ValueError:
            raise BadRequest(_("This is not a day."), name, _("Write it like 2026-03-15."), code="bad_parameter") from None
    if days["to"] < days["from"]:
        raise BadRequest(_("The last day lies before the first day."), "to", _("Exchange them."), code="bad_parameter")
    return Span(days["from"], days["to"])


def records_url(node: Node, key: str, span: Span | None = None, **narrow: Any) -> str:
    """The address of the list behind a figure; ``narrow`` as ``asked_narrow`` reads it."""
    asked = {} if span is None else {"from": span.first.isoformat(), "to": span.last.isoformat()}
    asked |= {name: value for name, value in narrow.items() if value not in (None, "")}
    return f"{base_of(node)}/figures/{key}" + (f"?{urlencode(asked)}" if asked else "")


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadRequest(_("This is not a number."), name, code="bad_parameter")
    return int(text) if text else None


def asked_narrow(figure: Figure, node: Node) -> Narrow:
    """What the address narrows the list to: ``station``, ``place`` (code), ``own``, ``person`` and columns of the records."""
    place = None
    if code := request.args.get("place", ""):
        place = tree().by_code(code)
        if place is None or not tree().covers(node, place):
            raise BadRequest(_("This division does not lie here."), "place", code="bad_parameter")
    columns = set.intersection(*(set(source.columns) for source in figure.sources))
    return Narrow(_number("station"), place, request.args.get("own") == "1", _number("person"),
                  tuple((name, request.args[name][:40]) for name in sorted(columns) if name in request.args))


def asked_figure(key: str) -> tuple[Figure, Span]:
    """The figure of an address and its span: until today, the year so far, for what waits today. Raises ``NotFound``."""
    figure = LISTED.get(key)
    if figure is None:
        raise NotFound(_("There is no such figure."))
    today = local_day()
    return figure, Span(date(today.year, 1, 1), today) if figure.group == "now" else asked_span()


# ---------------------------------------------------------------- rows

def rows_of(figure: Figure, node: Node, span: Span, narrow: Narrow, actor: Actor, limit: int = PAGE, offset: int = 0,
            latest: bool = True) -> list[dict[str, Any]]:
    """Rows of the list, source after source: words, address (for whoever may see the record), station, day, what each counts."""
    if figure.persons:
        return _persons(figure, node, span, narrow, limit, offset)
    found: list[Any] = []
    for source in figure.sources:
        if len(found) >= limit:
            break
        count = source.count(node, span, narrow) if len(figure.sources) > 1 else offset + limit
        if offset >= count:
            offset -= count
            continue
        found += [(source, one) for one in source.records(node, span, narrow, limit - len(found), offset, latest)]
        offset = 0
    return _written(found, node, actor)


def total_of(figure: Figure, node: Node, span: Span, narrow: Narrow) -> tuple[int, int]:
    """(the figure, how many rows its list has)."""
    if figure.persons:
        n = len(_times(figure, node, span, narrow))
        return n, n
    return (sum(source.total(node, span, narrow) for source in figure.sources),
            sum(source.count(node, span, narrow) for source in figure.sources))


def _times(figure: Figure, node: Node, span: Span, narrow: Narrow) -> dict[int, int]:
    times: dict[int, int] = {}
    for source in figure.sources:
        for person, n in source.persons(node, span, narrow).items():
            times[person] = times.get(person, 0) + n
    return times


def _persons(figure: Figure, node: Node, span: Span, narrow: Narrow, limit: int, offset: int) -> list[dict[str, Any]]:
    times = _times(figure, node, span, narrow)
    names = names_of(times)
    wanted = sorted(times, key=lambda one: (names.get(one, ""), one))[offset:offset + limit]
    more = {"station": narrow.station, "place": narrow.place.code if narrow.place else None, "own": 1 if narrow.own else None}
    return [{"label": names.get(one, "–"), "url": records_url(node, "attendances", span, person=one, **more), "station": "",
             "day": "", "n": times[one], "note": ""} for one in wanted]


def _written(found: Sequence[tuple[Source, Any]], node: Node, actor: Actor) -> list[dict[str, Any]]:
    people = names_of(one.person_id for _source, one in found if isinstance(one, (Duty, Attendance)))
    held = {row[0]: row[1:] for row in Activity.select(Activity.id, Activity.station_id, Activity.held_on).where(
        Activity.id.in_([one.activity_id for _source, one in found if isinstance(one, Attendance)] or [0])).tuples()}
    at = [held[one.activity_id][0] if isinstance(one, Attendance) else getattr(one, "station_id", None) for _source, one in found]
    stations = dict(Station.select(Station.id, Station.name).where(Station.id.in_([one for one in at if one] or [0])).tuples())
    rows = []
    for (source, one), station in zip(found, at, strict=True):
        name, record_id, label, note = _words(one, people)
        entity = registry().entity(P + name)
        may = actor.may_within(entity.permission("view"), node)
        day = held[one.activity_id][1] if isinstance(one, Attendance) else (
            getattr(one, source.day.name) if source.day is not None else None)
        rows.append({"label": label if may else _hidden(one, label), "note": note, "station": stations.get(station, ""),
                     "url": f"{base_of(node)}/{name}/{record_id}" if may else "", "n": int(one.counted or 0),
                     "day": format_day(day) if day is not None else _place(one)})
    return rows


def _hidden(one: Any, label: str) -> str:
    """What somebody reads who may count opinions and not read them."""
    return one.number if isinstance(one, Opinion) else label


def _place(one: Any) -> str:
    place = tree().get(one.division_id)
    return place.name if place is not None else ""


def _words(one: Any, people: Mapping[int, str]) -> tuple[str, int, str, str]:
    """(name of the entity that is opened, its id, what the row says, what is added in small letters)."""
    if isinstance(one, Duty):
        return "reception", one.reception_id, people.get(one.person_id, "–"), ""
    if isinstance(one, Attendance):
        return "activity", one.activity_id, people.get(one.person_id, "–"), ""
    if isinstance(one, Postponement):
        return "reception", one.reception_id, _("from %(first)s to %(last)s", first=format_day(one.from_day),
                                                last=format_day(one.to_day)), one.reason
    if isinstance(one, Reception):
        return "reception", one.id, " ".join(filter(None, (one.number, one.theme))), _state("reception", one.state)
    if isinstance(one, Opinion):
        return "opinion", one.id, f"{one.number} {one.title}", _state("opinion", one.state)
    if isinstance(one, Activity):
        return "activity", one.id, one.title, one.number
    if isinstance(one, Visit):
        return "visit", one.id, _choice(VISIT_KINDS, one.kind), ""
    if isinstance(one, Deputy):
        return "deputy", one.id, one.name, _choice(MANDATES, one.level)
    return "station", one.id, one.name, ""


def _choice(options: Sequence[tuple[str, Label]], code: str) -> str:
    return next((str(label) for key, label in options if key == code), code)


def _state(name: str, key: str) -> str:
    flow = registry().workflow_of(P + name)
    return str(flow.state(key).label) if flow is not None else ""


# ---------------------------------------------------------------- the page, the same by REST

def records_page(key: str) -> str:
    """The list behind a figure, fifty rows at a time."""
    node, (figure, span) = g.node, asked_figure(key)
    narrow, page = asked_narrow(figure, node), max(1, _number("page") or 1)
    total, count = total_of(figure, node, span, narrow)
    rows = rows_of(figure, node, span, narrow, current_actor(), PAGE, (page - 1) * PAGE, latest=figure.group != "now")
    back = f"{base_of(node)}/board" if figure.group == "now" else f"{base_of(node)}/figures?" + urlencode(
        {"from": span.first.isoformat(), "to": span.last.isoformat(), "show": figure.group})
    start, now = (page - 1) * PAGE, figure.group == "now"
    return render_template(
        "liaison_station/figure_records.html", title=str(figure.label), node=node, total=total, figure=figure, back_url=back,
        now=now, narrowed=_narrowed(narrow), rows=[{**row, "n": format_number(row["n"])} for row in rows],
        period="" if now else _("%(first)s to %(last)s", first=format_day(span.first), last=format_day(span.last)),
        at_place=figure.stock, persons=figure.persons,
        count_text=_("%(first)s–%(last)s of %(count)s", first=start + 1, last=start + len(rows), count=count),
        prev_url=_page_url(page - 1) if page > 1 else "", next_url=_page_url(page + 1) if page * PAGE < count else "")


def _page_url(page: int) -> str:
    asked = {**request.args.to_dict(), "page": page}
    return f"{request.script_root}{request.path}?{urlencode(asked)}"


def _narrowed(narrow: Narrow) -> str:
    """What the list is narrowed to, in words."""
    parts = []
    if narrow.station:
        found = Station.get_or_none(Station.id == narrow.station)
        parts.append(found.name if found is not None else str(narrow.station))
    if narrow.station == 0:
        parts.append(_("Of no station"))
    if narrow.place is not None:
        parts.append(narrow.place.name)
    if narrow.own:
        parts.append(_("of the division itself"))
    if narrow.person is not None:
        parts += names_of([narrow.person]).values()
    return "、".join(parts)


def records_operation(key: str) -> Any:
    """The list behind a figure for programs: what it adds up to, how many rows, the rows of a page."""
    figure, span = asked_figure(key)
    narrow, page = asked_narrow(figure, g.node), max(1, _number("page") or 1)
    total, count = total_of(figure, g.node, span, narrow)
    rows = rows_of(figure, g.node, span, narrow, current_actor(), PAGE, (page - 1) * PAGE, latest=figure.group != "now")
    return json_answer({"figure": figure.key, "total": total, "rows_in_all": count, "rows": [
        {name: row[name] for name in ("label", "note", "station", "day", "n", "url")} for row in rows]})
