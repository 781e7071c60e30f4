"""Forms of a year: plan at the door (年度接待计划), summary (年度工作情况汇总表), books (代表履职登记簿, 接待登记簿)."""
from __future__ import annotations

from datetime import date
from typing import Any

import peewee

from grid321.core.api import Actor, DivisionDocument, Document, Node, class_label, format_day, format_number, gettext, sheet, tree
from grid321.core.api import lazy_gettext as _

from . import forms_values as v
from .activity_models import Activity
from .board_pages import BOARD
from .checks_choices import P
from .day_choices import KINDS, RATINGS, RESULTS, SUBJECTS
from .day_models import Opinion, Visit
from .deputy_models import Deputy
from .file_causes import KINDS as DEEDS
from .file_models import Deed, Year
from .file_schemas import STATES
from .forms_values import IN_CHARGE, MORE, ORDER
from .plan_choices import KINDS as RECEPTIONS
from .plan_choices import MODES, PLAN
from .plan_fields import in_words
from .reception_models import Plan, Reception, Schedule
from .station_figures import BY_KEY, Span, Table
from .station_models import Station

s = sheet
LEAST_BY_PLACE = 60
"""A summary of more stations than these has a line for each division instead."""

SUMMED = ("held", "postponed", "activities", "attendances", "persons", "visitors", "opinions", "settled", "passed", "unsolved",
          "open")


# ---------------------------------------------------------------- the plan at the door

def plan_values(record: Plan, node: Node, actor: Actor) -> dict[str, Any]:
    """The receptions of a plan in order, with who is on duty; the rule in words."""
    station = v.station_of(record)
    rows = v.rows_of("reception", Reception.select().where((Reception.plan_id == record.id) & (Reception.state != "dropped")),
                     node, actor, Reception.day, Reception.from_minute)
    rosters, modes, kinds = v.rosters((row.id for row in rows), node, actor), dict(MODES), dict(RECEPTIONS)
    ids = sorted({row.schedule_id for row in rows if row.schedule_id})
    return {
        "station": v.station_values(station), "posted": format_day(record.posted_on),
        "rules": [f"{one.title}：{in_words(one.rrule)}" for one in Schedule.select().where(Schedule.id.in_(ids or [0]))],
        "rows": [{"day": v.short_day(row.day), "weekday": v.weekday(row.day), "time": v.time_text(row),
                  "people": rosters.get(row.id, ""), "kind": str(kinds[row.kind]),
                  "mode": str(modes[row.mode]) if row.mode != "offline" else "",
                  "theme": row.theme, "where": row.place or (station.address if station is not None else ""),
                  "moved": gettext("put off from %(day)s", day=format_day(row.first_day)) if row.postponed else ""}
                 for row in rows]}


def _plan(page: Any) -> sheet.Sheet:
    return s.Sheet((
        s.Title(("{{ station.name }}\n{{ texts.year }}", _("Plan of receptions of the year"))),
        s.Each("rule in rules", (s.Text("{{ rule }}", "middle"),)),
        s.When("station.address", (s.Text(
            "{{ station.address }}{% if station.phone %}　{{ station.phone }}{% endif %}", "middle"),)),
        s.Table((14, 40, 30, 22, 62), (
            s.heads(_("No."), _("Day"), _("Time"), _("Kind"), _("Deputies who receive")),
            s.Each("row in rows", (s.Row((
                ORDER, s.Cell("{{ row.day }} {{ row.weekday }}", align="middle"), s.Cell("{{ row.time }}", align="middle"),
                s.Cell("{{ row.kind }}{% if row.mode %}\n{{ row.mode }}{% endif %}", align="middle"),
                s.Cell("{{ row.people }}{% if row.theme %}\n{{ row.theme }}{% endif %}"
                       "{% if row.moved %}\n（{{ row.moved }}）{% endif %}"
                       "{% if row.where and row.where != station.address %}\n{{ row.where }}{% endif %}"))),)),
            s.When("not rows", (s.Row((s.Cell(_("This plan has no reception days."), 5, align="middle"),)),)))),
        MORE,
        s.Text(_("A postponement is posted here ahead of the day."), "note"),
        s.Signed("station.name", "{{ posted or printed }}")), page)


# ---------------------------------------------------------------- the yearly summary

def summary_values(node: Node, actor: Actor, year: str) -> dict[str, Any]:
    """The figures of the year by station, or by division where there are many; in all; opinions by subject and by rating."""
    first, last = date(int(year), 1, 1), date(int(year), 12, 31)
    table = Table(node, Span(first, last), SUMMED)
    lines = table.by_station()
    by_place = len(lines) > LEAST_BY_PLACE
    lines = table.by_place() if by_place else lines
    whole = table.whole()
    heard = Opinion.heard_on.between(first, last) & (getattr(Opinion, node.column) == node.id)
    return {
        "heads": [str(BY_KEY[key].label) for key in SUMMED], "year_word": gettext(" (year)"),
        "rows": [{"label": line.label, "cells": [line.amounts[key] for key in SUMMED]} for line in lines],
        "whole": [whole[key] for key in SUMMED], "what": gettext("Division") if by_place else gettext("Liaison station"),
        "subjects": _counted(SUBJECTS.key, Opinion.kind, heard, node),
        "ratings": _counted(RATINGS.key, Opinion.rating, heard, node),
        "activities": _counted(f"{P}activity", Activity.kind, Activity.held_on.between(first, last) & (
            getattr(Activity, node.column) == node.id), node)}


def _counted(scheme: str, column: Any, condition: Any, node: Node) -> str:
    """How many records have each item of a class, most first: 道路交通 12、供水 3."""
    count = peewee.fn.COUNT(column.model.id)
    rows = column.model.select(column, count).where(condition & column.is_null(False) & (column != "")).group_by(column).order_by(
        count.desc(), column).tuples()
    return "、".join(f"{class_label(scheme, code, node.id)} {format_number(n)}" for code, n in rows)


_AMOUNTS = tuple(s.Cell(f"{{{{ row.cells[{place}]|number }}}}", align="right") for place in range(len(SUMMED)))
_WHOLE = tuple(s.Cell(f"{{{{ (whole[{place}] or 0)|number }}}}", align="right") for place in range(len(SUMMED)))

SUMMARY = s.Sheet((
    s.Title("{{ place.name }}{{ document.label }}"),
    s.Line("{{ asked }}{{ year_word }}", (_("Printed on"), " {{ printed }}")),
    s.Table((48, *(19.4 for _one in SUMMED)), (
        s.Row((s.head("{{ what }}"), *(s.head(f"{{{{ heads[{place}] }}}}") for place in range(len(SUMMED)))), head=True),
        s.Each("row in rows", (s.Row((s.Cell("{{ row.label }}"), *_AMOUNTS)),)),
        s.Row((s.head(_("In all")), *_WHOLE)))),
    s.Table((48, 213), (
        s.Row((s.head(_("Opinions by subject")), s.Cell("{{ subjects or '—' }}"))),
        s.Row((s.head(_("Ratings by voters")), s.Cell("{{ ratings or '—' }}"))),
        s.Row((s.head(_("Activities by kind")), s.Cell("{{ activities or '—' }}"))),
        s.Row((s.head(_("Main work, remarks")), s.Cell("")), tall=24))),
    s.Text(_("A person counts once in each line and once in the sum, so the column of persons may add up to more than its sum. "
             "How each figure is counted stands on the page “Figures of stations”."), "note"),
    IN_CHARGE), s.WIDE)


# ---------------------------------------------------------------- books

def reception_book(node: Node, actor: Actor, year: str) -> dict[str, Any]:
    """Every line of the registers of a year at and below a division. Names and telephones masked."""
    return _book(Visit.came_on.between(date(int(year), 1, 1), date(int(year), 12, 31)), node, actor)


def plan_book(record: Plan, node: Node, actor: Actor) -> dict[str, Any]:
    """The reception register of the station of a plan in its year."""
    span = Visit.came_on.between(date(record.year, 1, 1), date(record.year, 12, 31))
    station = v.station_of(record)
    return {**_book((Visit.station_id == record.station_id) & span, node, actor), "asked": str(record.year),
            "place": {"name": station.name if station is not None else ""}}


def _book(condition: Any, node: Node, actor: Actor) -> dict[str, Any]:
    found, said = v.held_back(v.rows_of("visit", Visit.select().where(condition), node, actor, Visit.came_on, Visit.id))
    names = dict(Station.select(Station.id, Station.name).where(
        Station.id.in_(sorted({one.station_id for one in found}) or [0])).tuples())
    lines = v.line_values(found, dict(KINDS), dict(RESULTS))
    return {**said, "year_word": gettext(" (year)"), "persons": sum(one.persons for one in found),
            "rows": [{**line, "station": names.get(one.station_id, "")} for one, line in zip(found, lines, strict=True)]}


BOOK = s.Sheet((
    s.Title("{{ place.name }}{{ document.label }}"),
    s.Line("{{ asked }}{{ year_word }}", ("{{ counted }}，", _("voters: {{ persons }}"))),
    s.Table((11, 21, 36, 21, 29, 11, 62, 21, 49), (
        s.heads(_("No."), _("Day"), _("Liaison station"), _("Name of the voter"), _("Telephone"), _("Persons in this line"),
                _("What was said"), _("Deputy who heard it"), _("What became of it")),
        s.Each("row in rows", (s.Row((
            ORDER, s.Cell("{{ row.day }}"), s.Cell("{{ row.station }}"), s.Cell("{{ row.name }}"), s.Cell("{{ row.phone }}"),
            s.Cell("{{ row.persons }}", align="middle"), s.Cell("{{ row.text }}"), s.Cell("{{ row.deputy }}"),
            s.Cell("{{ row.result }}{% if row.answer %}：{{ row.answer }}{% endif %}"
                   "{% if row.opinion %}\n{{ row.opinion }}{% endif %}"))),)),
        s.When("not rows", (s.Row((s.Cell(_("Nobody was received in this year."), 9, align="middle"),)),)))),
    MORE, IN_CHARGE), s.WIDE)


def performance_book(node: Node, actor: Actor, year: str) -> dict[str, Any]:
    """Every deed of a year in the files of deputies at and below a division, by deputy. A deputy sees the own ones."""
    query = Deed.select().where((Deed.year == int(year)) & (Deed.state != "struck"))
    found, said = v.held_back(v.rows_of("deed", query, node, actor, Deed.deputy_id, Deed.day, Deed.id))
    names = v.deputy_names(one.deputy_id for one in found)
    return {**said, "year_word": gettext(" (year)"), "rows": _deeds(found, names)}


def year_book(record: Year, node: Node, actor: Actor) -> dict[str, Any]:
    """The deeds of one deputy in one year, as the file has them now."""
    query = Deed.select().where((Deed.deputy_id == record.deputy_id) & (Deed.year == record.year) & (Deed.state != "struck"))
    found, said = v.held_back(v.rows_of("deed", query, node, actor, Deed.day, Deed.id))
    deputy, where = Deputy.get_or_none(Deputy.id == record.deputy_id), tree().get(record.division_id)
    told = v.told_deputies([deputy] if deputy is not None else [])
    return {**said, "asked": str(record.year), "year_word": gettext(" (year)"),
            "rows": _deeds(found, {record.deputy_id: record.name}),
            "place": {"name": where.name if where is not None else ""}, "deputy": told[0] if told else None}


def _deeds(found: list[Deed], names: dict[int, str]) -> list[dict[str, Any]]:
    states = dict(STATES)
    return [{"deputy": names.get(one.deputy_id, ""), "day": v.narrow_day(one.day), "title": one.title,
             "kind": class_label(DEEDS.key, one.kind, one.division_id), "state": str(states.get(one.state, one.state)),
             "note": "\n".join(text for text in (one.objection, one.answer) if text)} for one in found]


def _performance(*before: Any) -> sheet.Sheet:
    return s.Sheet((
        s.Title("{{ place.name }}{{ document.label }}"),
        s.Line("{{ asked }}{{ year_word }}", "{{ counted }}"), *before,
        s.Table((11, 28, 24, 40, 90, 28, 40), (
            s.heads(_("No."), _("Deputy"), _("Day"), _("Kind"), _("What the deputy did"), _("Confirmed by the deputy"),
                    _("Objection, answer")),
            s.Each("row in rows", (s.Row((
                ORDER, s.Cell("{{ row.deputy }}"), s.Cell("{{ row.day }}"), s.Cell("{{ row.kind }}"), s.Cell("{{ row.title }}"),
                s.Cell("{{ row.state }}"), s.Cell("{{ row.note }}"))),)),
            s.When("not rows", (s.Row((s.Cell(_("Nothing was noted in this year."), 7, align="middle"),)),)))),
        MORE, IN_CHARGE), s.WIDE)


_WHOSE = s.When("deputy", (s.Line(("{{ deputy.name }}　{{ deputy.level }}",
                                   "{% if deputy.district %}　{{ deputy.district }}{% endif %}"
                                   "{% if deputy.job %}　{{ deputy.job }}{% endif %}")),))

DOCUMENTS = (
    Document(f"{P}yearly_plan", PLAN, _("Plan of receptions of the year"), sheet=_plan(s.FORM), context=plan_values),
    Document(f"{P}yearly_plan_board", PLAN, _("Plan of receptions of the year (large, A3)"), sheet=_plan(s.BOARD),
             context=lambda record, node, actor: plan_values(record, node, actor)),
    Document(f"{P}plan_book", PLAN, _("Reception book"), sheet=BOOK, context=plan_book),
    Document(f"{P}year_book", f"{P}year", _("Performance book of deputies"), sheet=_performance(_WHOSE), context=year_book),
    DivisionDocument(f"{P}yearly_summary", _("Yearly summary of deputies’ contact with voters"), BOARD, SUMMARY,
                     summary_values, "year"),
    DivisionDocument(f"{P}performance_book", _("Performance book of deputies"), f"{P}deed.view", _performance(),
                     performance_book, "year"),
    DivisionDocument(f"{P}reception_book", _("Reception book"), f"{P}visit.view", BOOK, reception_book, "year"),
)
