"""Pages of the calendar: a year as twelve months, a day to edit, a year's notice typed or uploaded with a preview, download."""
from __future__ import annotations

import calendar as months_of_year
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from flask import Flask, Response, g, redirect, render_template, request

from . import calendar, calendar_edit, calendar_sheet, db, snapshot
from .access import current_actor, guarded
from .calendar import COUNTRY, DAY_OFF_ROW, HOLIDAY, HOLIDAY_ROW, MAKE_UP, MAKE_UP_ROW, WEEKEND, WORKDAY_ROW
from .calendar_edit import EDIT, KINDS, Row, may_edit, place_name
from .calendar_rows import CalendarDay, CalendarYear
from .errors import BadRequest, NotFound, Problem
from .fields import Choice, Text
from .forms import error_list, form_fields, read_form, typed_values
from .i18n import format_day
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .schemas import EntitySchema

VIEW, BODY = "core.calendar.view", 3 << 20
FORMATS = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}
NAMES = {"元旦": _l("New Year"), "春节": _l("Spring Festival"), "清明": _l("Qingming"), "清明节": _l("Qingming"),
         "劳动节": _l("Labour Day"), "端午": _l("Dragon Boat"), "端午节": _l("Dragon Boat"), "中秋": _l("Mid-Autumn"),
         "中秋节": _l("Mid-Autumn"), "国庆节": _l("National Day"), "国庆": _l("National Day")}
"""The names of the national holidays in the reader's language; any other name is shown as it was entered."""

WEEKDAYS = (_l("Mo"), _l("Tu"), _l("We"), _l("Th"), _l("Fr"), _l("Sa"), _l("Su"))


class DayForm(EntitySchema):
    """What one day is here."""

    scope = Choice(_l("Holds for"), options=(("place", _l("this division")), ("country", _l("the whole country"))), required=True)
    kind = Choice(_l("Kind of day"), options=tuple(KINDS.items()), required=True)
    name = Text(_l("Name"), max=calendar_edit.LONGEST_NAME, help=_l("As in: 春节"))
    source = Text(_l("Source"), required=True, max=calendar_edit.LONGEST_SOURCE,
                  help=_l("The document or decision it comes from."))


def register(app: Flask) -> None:
    """Add the routes below /d/<code>/core/calendar."""
    base = "/d/<code>/core/calendar"
    app.add_url_rule(base, "core:calendar", guarded(year_page, VIEW))
    app.add_url_rule(f"{base}/file", "core:calendar_file", guarded(download, VIEW))
    app.add_url_rule(f"{base}/day/<day>", "core:calendar_day", guarded(day_page, EDIT, reach="covers"), methods=["GET", "POST"])
    app.add_url_rule(f"{base}/day/<day>/remove", "core:calendar_remove", guarded(remove, EDIT, reach="covers"), methods=["POST"])
    app.add_url_rule(f"{base}/enter", "core:calendar_enter", guarded(enter_page, EDIT, reach="covers", body=BODY),
                     methods=["GET", "POST"])


def _base() -> str:
    return f"/d/{g.node.code}/core/calendar"


def _crumbs(*rest: tuple[str, str]) -> list[tuple[str, str]]:
    return [(g.node.name, f"/d/{g.node.code}/"), (_("Calendar of working days"), _base() if rest else ""), *rest]


def asked_year() -> int:
    """The year of the address, by default the present one. Raises ``BadRequest`` for what is no year."""
    text = request.args.get("year", "")
    if not text:
        return db.local_day().year
    years = calendar_edit.YEARS
    if not (text.isascii() and text.isdigit() and len(text) == 4 and int(text) in years):
        raise BadRequest(_("There is no such year here."), "year",
                         _("Write a year from %(first)s to %(last)s.", first=years[0], last=years[-1]))
    return int(text)


def name_of(text: str) -> str:
    """The name of a day in the reader's language."""
    return str(NAMES.get(text, text))


# ---------------------------------------------------------------- a year

def year_page() -> str:
    """A year as twelve months; each special day says in a word what it is."""
    year, days = asked_year(), calendar.at(g.node)
    may = current_actor().may(EDIT, g.node)
    actions = [{"label": _("Enter a year’s notice"), "url": f"{_base()}/enter?year={max(year, db.local_day().year + 1)}",
                "icon": "calendar-check", "primary": True},
               {"label": _("Re-dating"), "url": f"/d/{g.node.code}/core/redating", "icon": "clock-history"}] if may else []
    months = [_month(year, number, days, may) for number in range(1, 13)]
    provisional = year not in days.known
    return render_template(
        "calendar.html", title=_("Calendar of working days %(year)s", year=year), months=months, weekdays=WEEKDAYS,
        lede=g.node.name, provisional=provisional, page_actions=actions, crumbs=_crumbs(),
        workdays=sum(month["workdays"] for month in months), known_years=_known(year), years=[
            {"year": one, "url": f"{_base()}?year={one}", "now": one == year} for one in _years(year, days.known)],
        special=_special([day for month in months for day in month["special"]], days, may),
        files=[{"label": kind.upper(), "url": f"{_base()}/file?year={year}&format={kind}"} for kind in ("xlsx", "csv")])


def _years(year: int, known: frozenset[int]) -> list[int]:
    this = db.local_day().year
    return sorted({*known, year, this, this + 1})


def _month(year: int, number: int, days: calendar.Days, may: bool) -> dict[str, Any]:
    first, length = months_of_year.monthrange(year, number)
    cells: list[dict[str, Any] | None] = [None] * first
    special = []
    today = db.local_day()
    for at in range(1, length + 1):
        day = date(year, number, at)
        kind, entry = days.kind(day), days.entry(day)
        local = bool(entry and (entry.division_id != COUNTRY or entry.kind in (DAY_OFF_ROW, WORKDAY_ROW)))
        word = _("free") if kind == HOLIDAY else _("work") if kind == MAKE_UP or (entry and entry.kind == WORKDAY_ROW) else ""
        tone = "local" if local and word else {HOLIDAY: "holiday", MAKE_UP: "make-up", WEEKEND: "weekend"}.get(kind, "")
        if entry or kind == HOLIDAY:
            special.append(day)
        cells.append({"number": at, "word": word, "tone": tone, "name": name_of(entry.name) if entry else "",
                      "today": day == today, "url": f"{_base()}/day/{day.isoformat()}" if may else "",
                      "label": _("%(day)s: %(kind)s", day=format_day(day), kind=_kind_text(kind, local))})
    cells += [None] * (-len(cells) % 7)
    return {"label": _("%(year)s-%(month)s", year=year, month=f"{number:02d}"), "number": number, "special": special,
            "weeks": [cells[at:at + 7] for at in range(0, len(cells), 7)],
            "workdays": days.workdays_between(date(year, number, 1) - timedelta(days=1), date(year, number, length))}


def _kind_text(kind: str, local: bool) -> str:
    words = {HOLIDAY: KINDS[DAY_OFF_ROW if local else HOLIDAY_ROW], MAKE_UP: KINDS[WORKDAY_ROW if local else MAKE_UP_ROW],
             WEEKEND: _("weekend")}
    return str(words.get(kind, KINDS[WORKDAY_ROW] if local else _("working day")))


def _special(found: list[date], days: calendar.Days, may: bool) -> list[dict[str, Any]]:
    """The special days in order, neighbours that are alike as one span."""
    spans: list[list[date]] = []
    for day in found:
        before = spans[-1][-1] if spans else None
        if before is not None and day - before == timedelta(days=1) and days.entry(day) == days.entry(before):
            spans[-1].append(day)
        else:
            spans.append([day])
    return [_span(span[0], span[-1], days, may) for span in spans]


def _span(first: date, last: date, days: calendar.Days, may: bool) -> dict[str, Any]:
    entry = days.entry(first)
    place = snapshot.current().tree.get(entry.division_id) if entry else None
    day, weekday = format_day(first), str(WEEKDAYS[first.weekday()])
    if last != first:
        day, weekday = f"{day} – {format_day(last)}", f"{weekday} – {WEEKDAYS[last.weekday()]}"
    return {"day": day, "weekday": weekday, "kind": str(KINDS[entry.kind]) if entry else _("day off by a plugin"),
            "tone": "info" if entry and entry.kind in (MAKE_UP_ROW, WORKDAY_ROW) else "muted",
            "name": name_of(entry.name) if entry else "", "source": entry.source if entry else "",
            "where": place_name(place) if entry else "", "url": f"{_base()}/day/{first.isoformat()}" if may else ""}


def _known(year: int) -> list[dict[str, Any]]:
    """The years that are known here, with the document each comes from."""
    query = CalendarYear.select().where(CalendarYear.division_id.in_((COUNTRY, *g.node.path))).order_by(
        CalendarYear.year, CalendarYear.division_id)
    tree = snapshot.current().tree
    return [{"year": row.year, "where": place_name(tree.get(row.division_id)), "source": row.source,
             "entered": format_day(db.local_day(row.entered_at)), "url": f"{_base()}?year={row.year}"} for row in query]


def download() -> Response:
    """The days of a year as they hold here, as .xlsx or .csv; the file can be imported again."""
    year, kind = asked_year(), request.args.get("format", "xlsx")
    if kind not in FORMATS:
        raise BadRequest(_("There is no such format."), "format", _("Choose xlsx or csv."))
    days = calendar.at(g.node)
    rows = [(Row(day, entry.kind, entry.name), entry.source) for day in all_days(year) if (entry := days.entry(day)) is not None]
    content = calendar_sheet.write_csv(rows) if kind == "csv" else calendar_sheet.write_xlsx(rows)
    return Response(content, mimetype=FORMATS[kind], headers={
        "Content-Disposition": f"attachment; filename=calendar-{g.node.code}-{year}.{kind}"})


def all_days(year: int) -> list[date]:
    """Every day of a year, in order."""
    first = date(year, 1, 1).toordinal()
    return [date.fromordinal(first + at) for at in range(366 if months_of_year.isleap(year) else 365)]


# ---------------------------------------------------------------- a day

def day_page(day: str) -> Any:
    """Enter or change one day, for this division or, by who may, for the whole country."""
    when = _day(day)
    country = may_edit(current_actor(), None)
    without = () if country else ("scope",)
    rows = {row.division_id: row for row in CalendarDay.select().where(
        (CalendarDay.day == when) & CalendarDay.division_id.in_((COUNTRY, g.node.id)))}
    row = rows.get(g.node.id) or rows.get(COUNTRY)
    own = g.node.id in rows or (country and COUNTRY in rows)
    values = {"scope": "country" if country and (COUNTRY in rows and g.node.id not in rows) else "place",
              "kind": row.kind if row else DAY_OFF_ROW, "name": row.name if row else "", "source": row.source if row else ""}
    problem = None
    if request.method == "POST":
        try:
            data = read_form((DayForm,), request.form, node=g.node, actor=current_actor(), without=without)
            place = None if data.get("scope") == "country" else g.node
            asked = calendar_edit.put_day(place, when, data["kind"], data["name"] or "", data["source"], current_actor(), g.node)
            return redirect(f"/d/{g.node.code}/core/redating/{asked.id}", 303)
        except Problem as found:
            if found.status == 403:
                raise
            problem, values = found, typed_values(request.form)
    errors = {name: [str(text) for text in texts] for name, texts in (problem.errors if problem else {}).items()}
    fields = form_fields((DayForm,), values, node=g.node, actor=current_actor(), errors=errors, without=without)
    page = render_template(
        "calendar_day.html", title=format_day(when), fields=fields, errors=error_list((DayForm,), errors), version="",
        secrets_notice=False, cancel_url=f"{_base()}?year={when.year}", submit_label=_("Save and re-date open deadlines"),
        intro=_("%(day)s is a %(kind)s at %(place)s now. Open deadlines that rest on this day are worked out anew afterwards.",
                day=format_day(when), kind=_kind_text(calendar.at(g.node).kind(when), False), place=g.node.name),
        remove_url=f"{_base()}/day/{when.isoformat()}/remove" if own else "",
        remove_scope="place" if g.node.id in rows else "country", crumbs=_crumbs((format_day(when), "")))
    return page, problem.status if problem else 200


def _day(text: str) -> date:
    found: date | None = None
    with suppress(ValueError):
        found = date.fromisoformat(text)
    if found is None or found.year not in calendar_edit.YEARS or found.isoformat() != text:
        raise NotFound(_("There is no day %(day)s.", day=text[:20]), remedy=_("Choose one of the calendar."))
    return found


def remove(day: str) -> Any:
    """Take an entered day back."""
    place = None if request.form.get("scope") == "country" else g.node
    asked = calendar_edit.remove_day(place, _day(day), current_actor(), g.node)
    return redirect(f"/d/{g.node.code}/core/redating/{asked.id}", 303)


# ---------------------------------------------------------------- a notice

def enter_page() -> Any:
    """Type, paste or upload the days of a year's notice; look at what changes; confirm."""
    country = may_edit(current_actor(), None)
    form = request.form
    values = {"year": form.get("year", request.args.get("year", str(db.local_day().year + 1)))[:4], "days": form.get("days", ""),
              "source": form.get("source", ""), "scope": form.get("scope", "country" if country else "place")}
    if request.method == "GET":
        return _enter_form(values, country)
    try:
        year = int(values["year"]) if values["year"].isascii() and values["year"].isdigit() else 0
        place = None if values["scope"] == "country" else g.node
        file = request.files.get("file")
        rows = calendar_sheet.read_file(file.stream.read(BODY), file.filename) if file and file.filename else \
            calendar_sheet.read_lines(values["days"])
        calendar_edit.check(rows, year, values["source"])
        if form.get("confirmed") == "1":
            _plan, asked = calendar_edit.enter_year(place, year, rows, values["source"], current_actor(), g.node,
                                                    fingerprint=form.get("plan", ""))
            return redirect(f"/d/{g.node.code}/core/redating/{asked.id}" if asked else f"{_base()}?year={year}", 303)
        if not may_edit(current_actor(), place):
            calendar_edit.enter_year(place, year, rows, values["source"], current_actor(), g.node)  # says why it is refused
    except Problem as problem:
        if problem.status == 403:
            raise
        return _enter_form(values, country, problem), problem.status
    found = calendar_edit.plan(place, year, rows)
    return render_template(
        "calendar_enter.html", title=_("Notice for %(year)s: preview", year=year), step="preview", plan=found, errors=[],
        tables=_tables(found), source=values["source"], place=place_name(place), cancel_url=f"{_base()}?year={year}",
        lede="", page_actions=[], crumbs=_crumbs((_("Enter a year’s notice"), "")), statutory=calendar_edit.STATUTORY,
        hidden=[("confirmed", "1"), ("year", str(year)), ("scope", values["scope"]), ("source", values["source"]),
                ("plan", found.fingerprint()), ("days", calendar_sheet.to_lines(rows))])


def _enter_form(values: dict[str, str], country: bool, problem: Problem | None = None) -> str:
    errors = [{"field": f"f-{name}" if name in values else "f-days", "label": "", "message": str(text)}
              for name, texts in (problem.errors if problem else {}).items() for text in texts]
    if problem is not None and not errors:
        words = " ".join(str(part) for part in (problem.title, problem.remedy) if part)
        errors = [{"field": "f-days", "label": "", "message": words}]
    return render_template(
        "calendar_enter.html", title=_("Enter a year’s notice"), step="form", values=values, country=country, errors=errors,
        wrong={error["field"] for error in errors}, cancel_url=_base(), lede=g.node.name, page_actions=[],
        crumbs=_crumbs((_("Enter a year’s notice"), "")))


def _tables(plan: calendar_edit.Plan) -> list[dict[str, Any]]:
    def row(one: Row, note: str = "") -> tuple[str, str, str, str]:
        return format_day(one.day), str(WEEKDAYS[one.day.weekday()]), f"{KINDS[one.kind]} {name_of(one.name)}", note

    found = [(_("New"), "ok", [row(one) for one in plan.new]),
             (_("Changed"), "info", [row(one, _("until now: %(name)s", name=f"{KINDS[kind]} {name}"))
                                     for one, kind, name in plan.changed]),
             (_("Taken back"), "warn", [row(one) for one in plan.removed])]
    return [{"label": label, "tone": tone, "rows": rows} for label, tone, rows in found if rows]
