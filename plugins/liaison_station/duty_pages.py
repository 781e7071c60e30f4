"""The deputy's own reception days: duties, swaps asked for and to answer, wishes, the calendar to subscribe to. Phone first."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import g, redirect, render_template, request

from grid321.core.api import (
    BadRequest,
    EntitySchema,
    Int,
    NotFound,
    Problem,
    Text,
    current_actor,
    format_day,
    forms,
    json_answer,
    json_body,
    load_many,
    local_day,
    notices,
    records,
    registry,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import feeds, plan_draw, swapping
from .deputy_models import Deputy
from .plan_choices import KINDS, PLUGIN, WEEKDAYS, WISH, WISHES, P
from .plan_schemas import WishSchema
from .reception_models import Duty, Reception, Swap, Wish
from .station_fields import clock
from .station_models import Station

MOST = 60
LABELS, DAYS, WANTED = dict(KINDS), dict(WEEKDAYS), dict(WISHES)


class Question(EntitySchema):
    """Who is asked to take a duty, and which one is given in return."""

    other = Int(_l("Deputy"), required=True, min=1, help=_l("The number of the mandate."))
    back = Int(_l("Duty in return"), min=1, help=_l("Left empty, the duty is taken over."))
    note = Text(_l("Remark"), max=200)


def my_page() -> Any:
    """The page of one's own reception days; a wish may be entered on it."""
    values: dict[str, str] = {"kind": "cannot"}
    problem, person = None, current_actor().person_id or 0
    if request.method == "POST":
        values = forms.typed_values(request.form)
        try:
            data = forms.read_form((WishSchema,), request.form, node=g.node, actor=current_actor(), without=("deputy",))
            records.create(registry().entity(WISH), data, current_actor(), g.node)
            return notices.go(request.path, "saved")
        except Problem as refused:
            if refused.status not in {409, 422}:
                raise
            problem = refused
    errors = dict(problem.errors) if problem else {}
    shown = forms.error_list((WishSchema,), errors) if problem else []
    page = render_template(
        "liaison_station/my_duties.html", title=_("My reception days"), here=request.path, errors=shown,
        duties=own_duties(person),
        to_me=questions(Swap.other_person_id == person, True), mine=questions(Swap.person_id == person, False),
        wishes=own_wishes(person), link=feeds.link_since(person), base=f"/d/{g.node.code}/{PLUGIN}",
        may_wish=current_actor().may_within(f"{P}wish.create", g.node),
        fields=forms.form_fields((WishSchema,), values, node=g.node, actor=current_actor(), errors=errors, without=("deputy",)))
    return page, problem.status if problem else 200


def own_duties(person_id: int) -> list[dict[str, Any]]:
    """The coming duties of a person, the next one first. Three queries."""
    rows = list(Duty.select(Duty, Reception).join(Reception, on=(Reception.id == Duty.reception_id), attr="case").where(
        (Duty.person_id == person_id) & (Duty.day >= local_day()) & (Duty.state == "planned") & Reception.closed_at.is_null()
    ).order_by(Duty.day, Duty.id).limit(MOST))
    names = _stations(row.station_id for row in rows)
    waiting = Swap.select().where((Swap.person_id == person_id) & (Swap.state == "asked"))
    asked = {(row.reception_id, row.deputy_id) for row in waiting}
    return [{"id": row.id, "day": format_day(row.day), "weekday": str(DAYS[str(row.day.weekday())]), "time": _time(row.case),
             "kind": str(LABELS.get(row.case.kind, row.case.kind)), "station": names.get(row.station_id, ""),
             "place": row.case.place, "link": row.case.link, "draft": row.case.state == "planned",
             "asked": (row.reception_id, row.deputy_id) in asked,
             "url": f"/d/{g.node.code}/{PLUGIN}/reception/{row.reception_id}"}
            for row in rows]


def questions(condition: Any, to_me: bool) -> list[dict[str, Any]]:
    """Open questions for a swap, and those of the last days that were answered. Three queries."""
    rows = list(Swap.select().where(condition & (Swap.day >= local_day())).order_by(Swap.id.desc()).limit(MOST))
    names = _stations(row.station_id for row in rows)
    who = dict(Deputy.select(Deputy.id, Deputy.name).where(
        Deputy.id.in_([row.deputy_id if to_me else row.other_deputy_id for row in rows] or [0])).tuples())
    states = {"asked": _("Waits for an answer"), "agreed": _("Agreed"), "refused": _("Not agreed to"),
              "withdrawn": _("Withdrawn")}
    return [{"id": row.id, "open": row.state == "asked", "state": states[row.state], "name": who.get(
        row.deputy_id if to_me else row.other_deputy_id, ""), "day": format_day(row.day), "note": row.note,
        "station": names.get(row.station_id, ""), "other": format_day(row.other_day) if row.other_day else ""}
        for row in rows if not to_me or row.state == "asked"]


def own_wishes(person_id: int) -> list[dict[str, Any]]:
    """The wishes of a person that are not over. One query."""
    rows = Wish.select().where((Wish.person_id == person_id) & (Wish.to_day.is_null() | (Wish.to_day >= local_day()))).order_by(
        Wish.id)
    return [{"id": row.id, "kind": str(WANTED.get(row.kind, row.kind)), "text": wish_text(row), "note": row.note} for row in rows]


def wish_text(wish: Any) -> str:
    """The days of a wish in words: each Wednesday, from 1 July to 31 August."""
    parts = [_("each %(day)s", day=DAYS[wish.weekday])] if wish.weekday else []
    if wish.from_day and wish.to_day:
        parts.append(_("from %(first)s to %(last)s", first=format_day(wish.from_day), last=format_day(wish.to_day)))
    elif wish.from_day or wish.to_day:
        parts.append(_("from %(day)s on", day=format_day(wish.from_day)) if wish.from_day else _(
            "until %(day)s", day=format_day(wish.to_day)))
    return "，".join(parts)


def answer_page() -> Any:
    """Answer a question for a swap, or withdraw one's own: fields ``swap`` and ``answer`` (agree, refuse, withdraw)."""
    back = request.path.removesuffix("/answer")
    try:
        _answered(_number(request.form.get("swap", "")), request.form.get("answer", ""))
    except Problem as refused:
        return _refused(refused, back)
    return notices.go(back, "saved")


def _answered(swap_id: int, word: str) -> Swap:
    if word == "withdraw":
        return swapping.withdraw(swap_id, current_actor())
    if word not in ("agree", "refuse"):
        raise BadRequest(_("This is no answer."), word[:20], _("Answer agree, refuse or withdraw."), code="bad_parameter")
    return swapping.answer(swap_id, word == "agree", current_actor())


def swap_page(record_id: int) -> Any:
    """Choose who is asked to take a duty, and what is given in return; for the station: enter what was agreed."""
    actor, problem = current_actor(), None
    duty = swapping.coming_duty(record_id, actor)
    own = duty.person_id == actor.person_id
    back = f"/d/{g.node.code}/{PLUGIN}/my-duties" if own else f"/d/{g.node.code}/{PLUGIN}/reception/{duty.reception_id}"
    if request.method == "POST":
        try:
            other, _dot, given = request.form.get("other", "").partition(".")
            ask(duty, _number(other), _number(given) if given else None, request.form.get("note", ""))
            return notices.go(back, "saved")
        except Problem as refused:
            if refused.status not in {409, 422}:
                raise
            problem = refused
    case = Reception.get_by_id(duty.reception_id)
    found = {one.id: (one, given) for one, given in swapping.offers(duty)}
    chosen = found.get(_number(request.values.get("other", "").partition(".")[0]))
    year = plan_draw.standing(duty.station_id, duty.day.year).loads
    page = render_template(
        "liaison_station/swap.html", title=_("Ask somebody to take this duty") if own else _("Enter a swap that was agreed"),
        own=own, day=format_day(duty.day), time=_time(case), station=_stations([duty.station_id]).get(duty.station_id, ""),
        name=Deputy.get_by_id(duty.deputy_id).name, here=request.path, back=back, problem=problem,
        rows=sorted(({"id": one.id, "name": one.name, "load": year.get(one.name)} for one, _given in found.values()),
                    key=lambda row: (row["load"] or 0, row["id"])),
        chosen={"id": chosen[0].id, "name": chosen[0].name, "back": [
            {"value": f"{chosen[0].id}.{row.id}", "day": format_day(row.day)} for row in chosen[1]]} if chosen else None,
        note=request.form.get("note", ""),
        lines=[str(line) for lines in problem.errors.values() for line in lines] if problem else [])
    return page, problem.status if problem else 200


def ask(duty: Duty, other_id: int, back_id: int | None, note: str) -> Swap:
    """Ask by the numbers that were sent. Raises ``NotFound`` for a deputy or duty that is not there, and as ``swapping.ask``."""
    other = Deputy.get_or_none(Deputy.id == other_id)
    given = Duty.get_or_none(Duty.id == back_id) if back_id is not None else None
    if other is None or (back_id is not None and given is None):
        raise NotFound(_("There is no such deputy or duty."), remedy=_("Load the page again and choose one of the list."))
    return swapping.ask(duty, other, given, note, current_actor())


def delete_wish_page() -> Any:
    """Take back one's own wish: field ``wish``."""
    back = request.path.removesuffix("/wish")
    wish_id, person = _number(request.form.get("wish", "")), current_actor().person_id or 0
    if not Wish.select(Wish.id).where((Wish.id == wish_id) & (Wish.person_id == person)).exists():
        return redirect(back, 303)
    records.delete(registry().entity(WISH), wish_id, current_actor(), None, g.node)
    return notices.go(back, "deleted")


# ---------------------------------------------------------------- by REST

def my_operation() -> Any:
    """One's own coming duties, and the questions for a swap that wait for an answer."""
    person = current_actor().person_id or 0
    return json_answer({"duties": own_duties(person), "asked": questions(Swap.other_person_id == person, True)})


def swap_operation(record_id: int) -> Any:
    """Ask a deputy to take a duty."""
    duty = swapping.coming_duty(record_id, current_actor())
    data = load_many((Question,), json_body(), node=g.node, actor=current_actor())
    return _told(ask(duty, data["other"], data.get("back"), data.get("note") or ""), 201)


def agree_operation(record_id: int) -> Any:
    """Agree to a swap: the duties change hands."""
    return _told(_answered(record_id, "agree"))


def refuse_operation(record_id: int) -> Any:
    """Refuse a swap."""
    return _told(_answered(record_id, "refuse"))


def withdraw_operation(record_id: int) -> Any:
    """Withdraw one's own question."""
    return _told(_answered(record_id, "withdraw"))


def _told(swap: Swap, status: int = 200) -> Any:
    return json_answer({"id": swap.id, "state": swap.state, "reception": swap.reception_id, "day": swap.day.isoformat()}, status)


def _stations(ids: Iterable[int]) -> dict[int, str]:
    return dict(Station.select(Station.id, Station.name).where(Station.id.in_(sorted(set(ids)) or [0])).tuples())


def _time(case: Any) -> str:
    return f"{clock(case.from_minute)}–{clock(case.to_minute)}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _refused(problem: Problem, back: str) -> Any:
    lines = " ".join(str(line) for lines in problem.errors.values() for line in lines)
    return render_template("error.html", status=problem.status, title=str(problem.title), detail=lines or str(problem.detail),
                           errors=[], remedy=str(problem.remedy), state_now="", retry_url=back), problem.status
