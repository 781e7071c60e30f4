"""What voters see of deputies' years, and where they rate them: published years, the page of a link, the tablet of a station.

Every page reads what was frozen with the publication, and nothing of the file behind it.
"""
from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request, url_for

from grid321.core.api import (
    SYSTEM,
    Invalid,
    Node,
    NotFound,
    class_label,
    day_of,
    format_day,
    forms,
    is_on,
    signed_links,
    tree,
)
from grid321.core.api import gettext as _

from . import file_rating
from .file_causes import KINDS
from .file_models import Year
from .file_schemas import ANSWERS, VoiceForm

PLUGIN = "liaison_station"
PUBLIC = ("published", "rated", "closed")
PAGE = 50


def list_page() -> str:
    """The published years of the deputies here, newest first."""
    before = request.args.get("before", "")
    query = Year.select(Year.id, Year.name, Year.year, Year.published_on, Year.division_id).where(_below(g.node))
    if before.isascii() and before.isdigit() and len(before) <= 18:
        query = query.where(Year.id < int(before))
    rows = list(query.order_by(Year.id.desc()).limit(PAGE + 1))
    here = url_for(f"{PLUGIN}.performance", code=g.node.code)
    shown = [{"name": row.name, "year": row.year, "day": format_day(row.published_on), "where": _place_name(row.division_id),
              "url": f"{here}/{row.id}"} for row in rows[:PAGE]]
    return render_template("liaison_station/performance_list.html", title=_("What deputies did"), place=g.node, rows=shown,
                           next_url=f"{here}?before={rows[PAGE - 1].id}" if len(rows) > PAGE else "")


def year_page(year_id: int) -> str:
    """A published year: figures, items, report, and the voices once they may be shown."""
    case = Year.get_or_none((Year.id == year_id) & _below(g.node))
    if case is None or not is_on(PLUGIN, case.division_id):
        raise NotFound(_("There is no such published year."), "", _("It may have been taken back to be corrected."))
    return render_template("liaison_station/performance.html", title=_("%(name)s, %(year)s", name=case.name, year=case.year),
                           **published(case), list_url=url_for(f"{PLUGIN}.performance", code=g.node.code))


def published(case: Any) -> dict[str, Any]:
    """What everybody reads of a year."""
    counts, why = file_rating.result(case)
    place = case.division_id
    return {"name": case.name, "year": case.year, "report": case.report, "reported_at": case.reported_at,
            "where": _place_name(place), "day": format_day(case.published_on),
            "figures": [{"label": class_label(KINDS.key, kind, place), "n": n} for kind, n in (case.figures or {}).items()],
            "items": [{"day": format_day(day_of(day)), "kind": class_label(KINDS.key, kind, place), "title": title}
                      for day, kind, title in case.items or ()],
            "voices": [{"label": str(label), "n": counts[code]} for code, label in ANSWERS] if counts is not None else [],
            "why": why}


def voice_page(token: str) -> Any:
    """Rate the year of a link, once, without an account."""
    case = file_rating.year_of(signed_links.find(token, file_rating.LINK), g.node)
    if request.method == "GET":
        return render_template("liaison_station/voice.html", **_form(case, ""))
    try:
        file_rating.voice_by_link(token, request.form.get("answer", ""), g.node)
    except Invalid as problem:
        return render_template("liaison_station/voice.html", **_form(case, "", problem)), problem.status
    return render_template("liaison_station/voice_thanks.html", title=_("Thank you for your rating"),
                           year_url=url_for(f"{PLUGIN}.performance_year", code=g.node.code, year_id=case.id))


def tablet_page(token: str) -> Any:
    """The start page of a tablet at the station: every voice leads back to it. It ends with the officer's closing it."""
    case = file_rating.year_of(signed_links.find(token, file_rating.TABLET), g.node)
    here = url_for(f"{PLUGIN}.tablet", code=g.node.code, token=token)
    if request.method == "GET":
        thanks = request.args.get("thanks") == "1"
        return render_template("liaison_station/voice.html", **_form(case, file_rating.ticket(case)), thanks=thanks, tablet=True)
    try:
        file_rating.voice_by_tablet(token, request.form.get("ticket", ""), request.form.get("answer", ""), g.node)
    except Invalid as problem:
        context = _form(case, request.form.get("ticket", ""), problem)
        return render_template("liaison_station/voice.html", **context, tablet=True), problem.status
    return redirect(f"{here}?thanks=1", 303)


def _form(case: Any, ticket: str, problem: Invalid | None = None) -> dict[str, Any]:
    errors = dict(problem.errors) if problem is not None else {}
    return {"title": _("Rate the work of %(name)s in %(year)s", name=case.name, year=case.year), **{
        key: value for key, value in published(case).items() if key in {"figures", "report", "where"}},
            "fields": forms.form_fields((VoiceForm,), {}, node=g.node, actor=SYSTEM, errors=errors),
            "errors": forms.error_list((VoiceForm,), errors), "submit_label": _("Send my rating"), "draft": False,
            "cancel_url": "", "intro": _("Nobody learns what you answered. One voice for each link."), "secrets_notice": False,
            "action": request.path, "version": "", "hidden": [("ticket", ticket)] if ticket else [],
            "year_url": url_for(f"{PLUGIN}.performance_year", code=g.node.code, year_id=case.id)}


def _below(node: Node) -> Any:
    column = getattr(Year, node.column)
    return Year.state.in_(PUBLIC) & Year.published_on.is_null(False) & (column == node.id)


def _place_name(division_id: int) -> str:
    place = tree().get(division_id)
    return place.name if place is not None else ""
