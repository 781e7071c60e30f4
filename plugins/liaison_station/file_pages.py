"""Pages of the deputies' file for who is logged in: a deputy confirms and objects, an officer answers and runs the rating."""
from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for

from grid321.core.api import (
    Conflict,
    EntitySchema,
    Int,
    Invalid,
    Node,
    NotFound,
    Refused,
    class_label,
    current_actor,
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
    transaction,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import activity_pages, file_life, file_phone, file_rating, file_year
from .file_causes import KINDS
from .file_deeds import DEED
from .file_forms import form_of, refused
from .file_models import Deed, Voice
from .file_rating import YEAR
from .file_schemas import Objection, Paper, Slips, Verdict

PLUGIN = "liaison_station"
MOST = 200


class OfYear(EntitySchema):
    """Of which year the files are opened."""

    year = Int(_l("Year"), required=True, min=2000, max=2200, default=lambda: local_day().year)


def record_of(entity_key: str, record_id: int, permission: str) -> tuple[Any, Node]:
    """A record and its division, when ``permission`` is held there. Raises ``NotFound`` and ``Forbidden``."""
    record = fetch(registry().entity(entity_key), record_id, "view", g.node, current_actor())
    place = tree().get(record.division_id)
    if place is None:
        raise NotFound(_("There is no such record."))
    require(permission, place)
    return record, place


def back_to(entity_key: str, record_id: int) -> str:
    """The address of a record's page."""
    return f"/d/{g.node.code}/{PLUGIN}/{entity_key.partition('.')[2]}/{record_id}"


# ---------------------------------------------------------------- the deputy

def confirm_page() -> Any:
    """Confirm the entries that were ticked on the own page; all of them, or none when one is not one's own."""
    ids = [int(text) for text in request.form.getlist("deed") if text.isascii() and text.isdigit() and len(text) <= 18][:MOST]
    if not ids:
        raise Invalid(_("Nothing was confirmed."), _("No entry was ticked."), _("Tick the entries that are right."))
    found = list(Deed.select().where(Deed.id.in_(ids)).order_by(Deed.day, Deed.id))
    if len(found) != len(set(ids)):
        raise NotFound(_("There is no such entry in your file."), remedy=_("Load the page again."))
    file_life.confirm(found, current_actor())
    return notices.go(f"/d/{g.node.code}/{PLUGIN}/my-file", "saved")


def answer_invitation_page() -> Any:
    """Answer an invitation on the own page (``attendance``, ``answer``). Raises ``Forbidden`` for that of somebody else."""
    back, number = f"/d/{g.node.code}/{PLUGIN}/my-file", request.form.get("attendance", "")
    try:
        activity_pages.answer_own(int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0,
                                  request.form.get("answer", ""))
    except (Conflict, Invalid, Refused) as problem:
        return refused(problem, back)
    return notices.go(back, "saved")


def object_page(record_id: int) -> Any:
    """Say what is wrong with an entry of the own file."""
    deed = fetch(registry().entity(DEED), record_id, "view", g.node, current_actor())
    back, title = f"/d/{g.node.code}/{PLUGIN}/my-file", _("What is wrong with this entry?")
    intro = told(deed)
    if request.method == "GET":
        return render_template("form.html", **form_of(Objection, title, {}, back, _("Send the objection"), intro))
    try:
        data = forms.read_form((Objection,), request.form, node=g.node, actor=current_actor())
        file_life.object_to(deed, data["reason"], current_actor())
    except (Invalid, Conflict) as problem:
        return render_template("form.html", **form_of(Objection, title, forms.typed_values(request.form), back,
                                                      _("Send the objection"), intro, problem)), problem.status
    return notices.go(back, "saved")


def told(deed: Any) -> str:
    """A deed in one line."""
    return _("%(day)s · %(kind)s · %(title)s", day=format_day(deed.day), title=deed.title,
             kind=class_label(KINDS.key, deed.kind, deed.division_id))


# ---------------------------------------------------------------- the officer

def answer_page(record_id: int) -> Any:
    """Answer an objection, or correct or strike an entry of one's own accord."""
    deed, _place = record_of(DEED, record_id, file_year.KEEP)
    back = back_to(DEED, record_id)
    title = _("Answer the objection") if deed.state == "objected" else _("Correct the entry")
    intro = told(deed) + (_(" — the deputy says: %(reason)s", reason=deed.objection) if deed.state == "objected" else "")
    if request.method == "GET":
        return render_template("form.html", **form_of(Verdict, title, {}, back, _("Save"), intro))
    try:
        data = forms.read_form((Verdict,), request.form, node=g.node, actor=current_actor())
        file_life.answer(deed, data, current_actor())
    except (Invalid, Conflict) as problem:
        return render_template("form.html", **form_of(Verdict, title, forms.typed_values(request.form), back, _("Save"), intro,
                                                      problem)), problem.status
    return notices.go(back, "saved")


def open_page() -> Any:
    """Open the files of a year for all deputies here who have none."""
    back, title = f"/d/{g.node.code}/{PLUGIN}/year/", _("Open the files of a year")
    intro = _("For every deputy here whose mandate covers the year and who has no file of it yet.")
    if request.method == "GET":
        start = forms.start_values((OfYear,), request.args)
        return render_template("form.html", **form_of(OfYear, title, start, back, _("Open the files"), intro))
    try:
        data = forms.read_form((OfYear,), request.form, node=g.node, actor=current_actor())
        if data["year"] > local_day().year:
            raise Invalid(_("No files were opened."), errors={"year": [_("This year has not begun.")]})
        file_year.open_years(g.node, data["year"], current_actor())
    except Invalid as problem:
        return render_template("form.html", **form_of(OfYear, title, forms.typed_values(request.form), back, _("Open the files"),
                                                      intro, problem)), problem.status
    return notices.go(back, "saved")


def links_page(record_id: int) -> Any:
    """Make links for one voice each and show them, this once, as slips to cut apart."""
    case, place = record_of(YEAR, record_id, file_year.PUBLISH)
    back, title = back_to(YEAR, record_id), _("Links for voters: %(name)s, %(year)s", name=case.name, year=case.year)
    intro = _("Each link is for one voice, and nothing tells who had which.")
    if request.method == "GET":
        start = forms.start_values((Slips,), request.args)
        return render_template("form.html", **form_of(Slips, title, start, back, _("Make the links"), intro))
    try:
        data = forms.read_form((Slips,), request.form, node=g.node, actor=current_actor())
        tokens = file_rating.make_links(case, data["count"], current_actor(), place)
    except (Invalid, Refused) as problem:
        return render_template("form.html", **form_of(Slips, title, forms.typed_values(request.form), back, _("Make the links"),
                                                      intro, problem)), problem.status
    return render_template("liaison_station/voice_slips.html", title=title, back_url=back, name=case.name, year=case.year,
                           slips=[{"url": url, "picture": qr_picture(url, scale=3)} for url in _voice_urls(tokens, place)],
                           until=format_day(case.due) if case.due else "")


def links_operation(record_id: int) -> Any:
    """Make links by REST; the answer is the only place where they can be read."""
    case, place = record_of(YEAR, record_id, file_year.PUBLISH)
    data = load_many((Slips,), json_body(), node=g.node, actor=current_actor())
    tokens = file_rating.make_links(case, data["count"], current_actor(), place)
    return json_answer({"urls": _voice_urls(tokens, place)}, 201)


def _voice_urls(tokens: list[str], place: Node) -> list[str]:
    return [url_for(f"{PLUGIN}.voice", code=place.code, token=token, _external=True) for token in tokens]


def tablet_page(record_id: int) -> Any:
    """Open the tablet of a station for rating, or close it (``close``). Opened, this browser goes to the page of the voters."""
    case, place = record_of(YEAR, record_id, file_year.PUBLISH)
    if request.form.get("close"):
        file_rating.close_tablet(case, current_actor(), place)
        return notices.go(back_to(YEAR, record_id), "saved")
    token = file_rating.open_tablet(case, current_actor(), place)
    url = url_for(f"{PLUGIN}.tablet", code=place.code, token=token, _external=True)
    return render_template("liaison_station/tablet_opened.html", title=_("The tablet is open"), url=url, name=case.name,
                           picture=qr_picture(url), back_url=back_to(YEAR, record_id), back_label=_("Back to the year"), hours=12)


def paper_page(record_id: int) -> Any:
    """Enter what was counted on paper slips, in all."""
    case, place = record_of(YEAR, record_id, file_year.PUBLISH)
    back, title = back_to(YEAR, record_id), _("Paper slips: %(name)s, %(year)s", name=case.name, year=case.year)
    intro = _("In all: what is entered here takes the place of what was entered before.")
    if request.method == "GET":
        start = {row.answer: str(row.n) for row in Voice.select().where((Voice.year_id == case.id) & (Voice.way == "paper"))}
        return render_template("form.html", **form_of(Paper, title, start, back, _("Save"), intro))
    try:
        data = forms.read_form((Paper,), request.form, node=g.node, actor=current_actor())
        with transaction():
            file_rating.enter_paper(case, data, current_actor(), place)
    except (Invalid, Refused) as problem:
        return render_template("form.html", **form_of(Paper, title, forms.typed_values(request.form), back, _("Save"), intro,
                                                      problem)), problem.status
    return notices.go(back, "saved")


def my_operation() -> Any:
    """What is due for the deputy who asks, as JSON."""
    return json_answer(file_phone.as_json())


def confirm_operation(record_id: int) -> Any:
    """Confirm an entry of the own file."""
    deed = fetch(registry().entity(DEED), record_id, "view", g.node, current_actor())
    file_life.confirm([deed], current_actor())
    return _state_of(record_id)


def object_operation(record_id: int) -> Any:
    """Object to an entry of the own file."""
    deed = fetch(registry().entity(DEED), record_id, "view", g.node, current_actor())
    data = load_many((Objection,), json_body(), node=g.node, actor=current_actor())
    file_life.object_to(deed, data["reason"], current_actor())
    return _state_of(record_id)


def answer_operation(record_id: int) -> Any:
    """Answer an objection, or correct or strike an entry."""
    deed, _place = record_of(DEED, record_id, file_year.KEEP)
    data = load_many((Verdict,), json_body(), node=g.node, actor=current_actor())
    file_life.answer(deed, data, current_actor())
    return _state_of(record_id)


def paper_operation(record_id: int) -> Any:
    """Enter what was counted on paper slips; nothing of the count is answered."""
    case, place = record_of(YEAR, record_id, file_year.PUBLISH)
    file_rating.enter_paper(case, load_many((Paper,), json_body(), node=g.node, actor=current_actor()), current_actor(), place)
    return json_answer({"id": case.id, "state": case.state})


def _state_of(record_id: int) -> Any:
    deed = Deed.get_by_id(record_id)
    return json_answer({"id": deed.id, "state": deed.state, "version": deed.version})
