"""Pages of the tablet of a station: the liaison officer opens it and prints slips, voters choose a deputy and rate the year."""
from __future__ import annotations

from typing import Any

from flask import g, redirect, render_template, request, url_for

from grid321.core.api import (
    SYSTEM,
    Actor,
    Invalid,
    Node,
    NotFound,
    Panel,
    Refused,
    TooMany,
    class_label,
    current_actor,
    day_of,
    fetch,
    format_day,
    forms,
    json_answer,
    json_body,
    load_many,
    local_day,
    notices,
    qr_picture,
    registry,
    require,
    tree,
)
from grid321.core.api import gettext as _

from . import file_public, file_tablet
from .file_causes import KINDS
from .file_forms import form_of
from .file_pages import PLUGIN
from .file_roles import TABLET
from .file_schemas import Slips, SlipVoice
from .file_tablet import OPEN_FOR, SLIP_DAYS, STATION

SHOWN = 12
"""Titles of deeds on the page on which a voter rates."""


def panel(station: Any, actor: Actor, node: Node) -> Panel | None:
    """On the page of a station, for who may open its tablet: how many years are rated, and what to do."""
    if not actor.may_on(TABLET, station):
        return None
    here = f"/d/{node.code}/{PLUGIN}/station/{station.id}"
    return Panel(_("Rating by voters"), "liaison_station/station_rating_panel.html", {
        "n": len(file_tablet.rated_here(station.id)), "tablet_url": f"{here}/tablet", "slips_url": f"{here}/slips"}, order=40)


def _station(record_id: int) -> tuple[Any, Node, str]:
    station = fetch(registry().entity(STATION), record_id, "view", g.node, current_actor())
    place = tree().get(station.division_id)
    if place is None:
        raise NotFound(_("There is no such record."))
    require(TABLET, place)
    return station, place, f"/d/{g.node.code}/{PLUGIN}/station/{record_id}"


def open_page(record_id: int) -> Any:
    """Open the tablet of a station for rating, or close it (``close``); the address for the device is shown once."""
    station, place, back = _station(record_id)
    if request.form.get("close"):
        file_tablet.close_tablet(station, current_actor(), place)
        return notices.go(back, "saved")
    url = _address(file_tablet.open_tablet(station, current_actor(), place), place)
    return render_template("liaison_station/tablet_opened.html", title=_("The tablet is open"), url=url, name=station.name,
                           picture=qr_picture(url), back_url=back, back_label=_("Back to the station"),
                           hours=int(OPEN_FOR.total_seconds()) // 3600)


def open_operation(record_id: int) -> Any:
    """Open the tablet of a station by REST; the answer is the only place where its address can be read."""
    station, place, _back = _station(record_id)
    return json_answer({"url": _address(file_tablet.open_tablet(station, current_actor(), place), place)}, 201)


def _address(token: str, place: Node) -> str:
    return url_for(f"{PLUGIN}.station_tablet", code=place.code, token=token, _external=True)


def slips_page(record_id: int) -> Any:
    """Make slips with a number each and show them, this once, to be cut apart."""
    station, place, back = _station(record_id)
    title = _("Slips for voters: %(name)s", name=station.name)
    intro = _("Each slip is for one voice on the tablet of this station, and nothing tells who had which.")
    if request.method == "GET":
        start = forms.start_values((Slips,), request.args)
        return render_template("form.html", **form_of(Slips, title, start, back, _("Make the slips"), intro))
    try:
        data = forms.read_form((Slips,), request.form, node=g.node, actor=current_actor())
        numbers = file_tablet.make_slips(station, data["count"], current_actor(), place)
    except Invalid as problem:
        return render_template("form.html", **form_of(Slips, title, forms.typed_values(request.form), back, _("Make the slips"),
                                                      intro, problem)), problem.status
    return render_template("liaison_station/tablet_slips.html", title=title, back_url=back, name=station.name, numbers=numbers,
                           days=SLIP_DAYS)


def slips_operation(record_id: int) -> Any:
    """Make slips by REST; the answer is the only place where their numbers can be read."""
    station, place, _back = _station(record_id)
    data = load_many((Slips,), json_body(), node=g.node, actor=current_actor())
    return json_answer({"numbers": file_tablet.make_slips(station, data["count"], current_actor(), place)}, 201)


# ---------------------------------------------------------------- the voter at the tablet

def start_page(token: str) -> str:
    """The first page of the tablet: whose year is rated here. Every voice leads back to it."""
    station = file_tablet.station_of(token, g.node)
    here = url_for(f"{PLUGIN}.station_tablet", code=g.node.code, token=token)
    rows = [{"url": f"{here}/{year.id}", "name": year.name, "year": year.year, "where": _congress(year)}
            for year in file_tablet.rated_here(station.id)]
    return render_template("liaison_station/station_tablet.html", title=_("Whose work do you rate?"), name=station.name,
                           rows=rows, thanks=request.args.get("thanks") == "1", day=format_day(local_day()))


def voice_page(token: str, year_id: int) -> Any:
    """Rate the year of one deputy with the number of a slip."""
    station = file_tablet.station_of(token, g.node)
    here = url_for(f"{PLUGIN}.station_tablet", code=g.node.code, token=token)
    try:
        case = file_tablet.year_of(station, year_id)
    except Refused:  # the rating ended while the voter read
        return redirect(here, 303)
    if request.method == "GET":
        return render_template("liaison_station/voice.html", **_form(case, here, {}))
    typed = forms.typed_values(request.form)
    try:
        file_tablet.voice(token, year_id, request.form.get("number", ""), request.form.get("answer", ""), g.node)
    except (Invalid, TooMany) as problem:
        return render_template("liaison_station/voice.html", **_form(case, here, typed, problem)), problem.status
    return redirect(f"{here}?thanks=1", 303)


def _form(case: Any, back: str, typed: Any, problem: Invalid | TooMany | None = None) -> dict[str, Any]:
    errors = dict(problem.errors) if problem is not None else {}
    shown = forms.error_list((SlipVoice,), errors)
    if problem is not None and not shown:
        shown = [{"field": "", "label": "", "message": f"{problem.title} {problem.remedy}"}]
    public = file_public.published(case)
    deeds = [{"title": title, "day": format_day(day_of(day)), "kind": class_label(KINDS.key, kind, case.division_id)}
             for day, kind, title in (case.items or ())[-SHOWN:]]
    return {"title": _("Rate the work of %(name)s in %(year)s", name=case.name, year=case.year), "figures": public["figures"],
            "items": deeds, "report": public["report"], "tablet": True, "errors": shown, "draft": False,
            "fields": forms.form_fields((SlipVoice,), dict(typed), node=g.node, actor=SYSTEM, errors=errors),
            "submit_label": _("Send my rating"), "cancel_url": back, "secrets_notice": False, "action": request.path,
            "version": "", "intro": _("Nobody learns what you answered. One voice for each slip.")}


def _congress(year: Any) -> str:
    place = tree().get(year.division_id)
    return place.name if place is not None else ""
