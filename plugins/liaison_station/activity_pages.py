"""Pages of activities beside those of their records: the list of who is invited and came, the code, one’s own invitations."""
from __future__ import annotations

from typing import Any

from flask import g, render_template, request

from grid321.core.api import (
    Conflict,
    EntitySchema,
    Forbidden,
    Invalid,
    Problem,
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

from . import activity_codes, attendance, opinions
from .activity_choices import ANSWERS, KINDS, PRESENCE, ROLES, WAYS, WITHDRAWN
from .activity_models import Activity, Attendance
from .activity_roles import RUN
from .activity_rules import DONE
from .activity_schemas import Guest, Invite, OwnAnswer, Said, Word
from .station_fields import clock
from .station_models import Room, Station

SAID = {"yes": True, "no": False, "unknown": None}
MOST = 100
SAID_BEFORE = (*ANSWERS, WITHDRAWN)
"""Answers, and what stands where one would when the invitation was withdrawn."""


def word(options: Any, code: str) -> str:
    """The label of a fixed choice."""
    return next((str(label) for key, label in options if key == code), code)


# ---------------------------------------------------------------- the list of an activity

def people_page(record_id: int) -> Any:
    """The list of an activity: answers and who was there, ticked by the officer. All that was changed is written or nothing."""
    activity = activity_here(record_id)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            save_list(activity, request.form)
            return notices.go(f"{_url(activity)}/people", "saved")
        except (Conflict, Invalid, Refused) as refused:
            problem = refused
    page = render_template(
        "liaison_station/activity_people.html", title=_("Who is invited and was there"), activity=activity,
        rows=list_rows(activity),
        figures=attendance.figures([activity.id]).get(activity.id, attendance.Figures()), day=format_day(activity.day),
        said=[(code, str(label)) for code, label in PRESENCE], answers=[("", _("No answer")), *(
            (code, str(label)) for code, label in ANSWERS)], open=activity.state in attendance.OPEN,
        today=activity.day <= local_day(), waits=activity.state in ("planned", "announced") and activity.day >= local_day(),
        code_url=f"{_url(activity)}/code" if activity.day == local_day() and activity.state in attendance.OPEN else "",
        slips=activity.day >= local_day(), back=_url(activity), error=f"{problem.title} {problem.remedy}" if problem else "")
    return page, problem.status if problem else 200


def save_list(activity: Any, form: Any) -> None:
    """Write what was ticked: fields ``came_<row>`` (yes, no, unknown) and ``answer_<row>`` of rows of this list.

    ``was_<row>`` and ``said_<row>`` are what the page showed: a field left as it was says nothing, so that a page opened earlier
    does not undo what was scanned meanwhile. With ``others=came`` everybody of whom nothing is said was there as well.
    """
    actor, others = current_actor(), form.get("others") == "came"
    with transaction():
        for row in Attendance.select().where(Attendance.activity_id == activity.id).order_by(Attendance.id):
            came, says = form.get(f"came_{row.id}"), form.get(f"answer_{row.id}", "")
            if others and came == form.get(f"was_{row.id}") == "unknown" and row.answer != WITHDRAWN[0]:
                came = "yes"
            if came in SAID and came != form.get(f"was_{row.id}"):
                attendance.say(row.id, SAID[came], actor)
            if says and says != form.get(f"said_{row.id}"):
                attendance.answer(row.id, says, actor)


def list_rows(activity: Any) -> list[dict[str, Any]]:
    """The rows of a list, deputies first, by name. Two queries."""
    found = list(Attendance.select().where(Attendance.activity_id == activity.id))
    names = attendance.names(found)
    order = [code for code, _label in ROLES]
    found.sort(key=lambda row: (order.index(row.role) if row.role in order else len(order), names[row.id], row.id))
    came = {value: code for code, value in SAID.items()}
    return [{"id": row.id, "name": names[row.id], "role": word(ROLES, row.role), "answer": row.answer,
             "answered": word(SAID_BEFORE, row.answer) if row.answer else "", "came": came[row.came], "present": row.came,
             "how": word(WAYS, row.how) if row.how else "", "person": row.person_id, "guest": row.guest} for row in found]


def invite_page(record_id: int) -> Any:
    """Put deputies of the station, of a group, or one person into the list."""
    activity = activity_here(record_id)
    return _form(activity, Invite, _("Invite"), lambda data: attendance.invite_many(
        activity, data["whom"], current_actor(), group_id=data.get("group_id"), person_id=data.get("person_id"),
        role=data.get("role") or ""))


def guest_page(record_id: int) -> Any:
    """Put somebody of an office or village into the list by name."""
    activity = activity_here(record_id)
    return _form(activity, Guest, _("Add a guest"), lambda data: attendance.add_guest(
        activity.id, data["guest"], data["role"], current_actor()))


def said_page(record_id: int) -> Any:
    """Register what a resident said at an activity that was held, as an opinion to be handled."""
    activity = activity_here(record_id)
    if activity.state not in DONE:
        return _refused(Refused(_("Opinions are registered after the activity."), activity.number,
                                _("Record first that it was held.")), _url(activity))

    def work(data: dict[str, Any]) -> None:
        given: dict[str, Any] = {name: data.get(name) or "" for name in ("kind", "text", "title", "place", "name", "phone")}
        opinions.raise_from(activity, current_actor(), **given)

    return _form(activity, Said, _("Register what a resident said"), work, _url(activity), secrets=True)


def _form(activity: Any, schema: type[EntitySchema], title: str, work: Any, back: str = "", *, secrets: bool = False) -> Any:
    """The small form of an activity and what it sends: shown again with its errors, or ``back`` (by default the list)."""
    back = back or f"{_url(activity)}/people"
    values, problem = forms.start_values((schema,), request.args), None
    if request.method == "POST":
        values = forms.typed_values(request.form)
        try:
            work(forms.read_form((schema,), request.form, node=g.node, actor=current_actor()))
            return notices.go(back, "saved")
        except (Conflict, Invalid, Refused) as refused:
            problem = refused
    errors = dict(problem.errors) if problem else {}
    shown = forms.error_list((schema,), errors)
    if problem is not None and not shown:
        shown = [{"field": "", "label": "", "message": f"{problem.title} {problem.remedy}"}]
    page = render_template(
        "form.html", title=title, intro=activity.title, errors=shown, action=request.path, cancel_url=back,
        fields=forms.form_fields((schema,), values, node=g.node, actor=current_actor(), errors=errors), submit_label=title,
        multipart=False, version="", secrets_notice=secrets)
    return page, problem.status if problem else 200


# ---------------------------------------------------------------- the code

def code_page(record_id: int) -> Any:
    """Show the code of this day, to be scanned from the screen or from paper."""
    activity = activity_here(record_id)
    try:
        url = activity_codes.make(activity)
    except Refused as problem:
        return _refused(problem, f"{_url(activity)}/people")
    return render_template("liaison_station/activity_code.html", title=_("I am here"), activity=activity, url=url,
                           day=format_day(activity.day), picture=qr_picture(url, 8), back=f"{_url(activity)}/people")


def come_page(token: str) -> Any:
    """Behind the code: who is logged in confirms to be there. Nothing is written before that."""
    try:
        if request.method == "GET":
            activity, done = activity_codes.activity_of(token, g.node), False
        else:
            activity, done = activity_codes.come(token, current_actor(), g.node), True
    except (Conflict, Refused) as problem:
        return _refused(problem, "/")
    return render_template("liaison_station/activity_come.html", title=activity.title, day=format_day(activity.day), done=done,
                           name=current_actor().name, action=request.path, where=where_of(activity))


# ---------------------------------------------------------------- one’s own invitations

def invitations_page() -> Any:
    """What the reader is invited to from today on, with the answers; newest first below, what is past."""
    today, rows = local_day(), own_invitations()
    return render_template("liaison_station/invitations.html", title=_("My invitations"), action=f"{request.path}/answer",
                           coming=[row for row in rows if row["last"] >= today and row["open"]],
                           past=[row for row in rows if row["last"] < today or not row["open"]])


def own_invitations() -> list[dict[str, Any]]:
    """The rows of the reader with their announced activities, the next day first. One query."""
    person_id = current_actor().person_id or 0
    both = Attendance.select(Attendance, Activity).join(Activity, on=(Activity.id == Attendance.activity_id), attr="about")
    query = both.where(
        (Attendance.person_id == person_id) & Activity.announced_on.is_null(False)).order_by(Activity.day.desc()).limit(MOST)
    return [{"id": row.id, "title": row.about.title, "kind": class_label(KINDS.key, row.about.kind, row.about.division_id),
             "last": row.about.day, "day": format_day(row.about.day), "time": clock(row.about.from_minute),
             "where": where_of(row.about), "answer": row.answer, "answered": word(SAID_BEFORE, row.answer) if row.answer else "",
             "came": row.came, "open": row.about.state == "announced" and row.answer != WITHDRAWN[0],
             "dropped": row.about.state == "dropped"} for row in query]


def answer_page() -> Any:
    """Answer one’s own invitation: field ``attendance`` and ``answer``. Raises ``Forbidden`` for that of somebody else."""
    back = request.path.removesuffix("/answer")
    number = request.form.get("attendance", "")
    known = number.isascii() and number.isdigit() and len(number) < 19
    try:
        answer_own(int(number) if known else 0, request.form.get("answer", ""))
    except (Conflict, Invalid, Refused) as problem:
        return _refused(problem, back)
    return notices.go(back, "saved")


def answer_own(attendance_id: int, says: str) -> Attendance:
    """The reader answers. Raises ``Forbidden`` for an invitation that is not the reader’s, also when there is none."""
    actor = current_actor()
    mine = Attendance.select(Attendance.id).where(
        (Attendance.id == attendance_id) & (Attendance.person_id == (actor.person_id or 0))).exists()
    if not mine:
        raise Forbidden(_("This is no invitation of yours."), remedy=_("Open “My invitations” and answer there."))
    return attendance.answer(attendance_id, says, actor)


# ---------------------------------------------------------------- by REST

def people_operation(record_id: int) -> Any:
    """The list of an activity."""
    return json_answer({"items": list_rows(activity_here(record_id))})


def say_operation(record_id: int) -> Any:
    """The last word about somebody in the list."""
    activity = activity_here(record_id)
    sent = load_many((Word,), json_body(), node=g.node, actor=current_actor())
    if not Attendance.select(Attendance.id).where((Attendance.id == sent["attendance"]) & (
            Attendance.activity_id == activity.id)).exists():
        raise Invalid(_("Nothing was recorded."), errors={"attendance": [_("This row is not in the list of this activity.")]})
    row = attendance.say(sent["attendance"], SAID[sent["came"]], current_actor())
    return json_answer({"id": row.id, "came": row.came, "how": row.how})


def invite_operation(record_id: int) -> Any:
    """Put deputies of the station, of a group, or one person into the list."""
    activity = activity_here(record_id)
    data = load_many((Invite,), json_body(), node=g.node, actor=current_actor())
    return json_answer({"invited": attendance.invite_many(
        activity, data["whom"], current_actor(), group_id=data.get("group_id"), person_id=data.get("person_id"),
        role=data.get("role") or "")})


def guest_operation(record_id: int) -> Any:
    """Put somebody of an office or village into the list by name."""
    activity = activity_here(record_id)
    data = load_many((Guest,), json_body(), node=g.node, actor=current_actor())
    return json_answer({"id": attendance.add_guest(activity.id, data["guest"], data["role"], current_actor()).id})


def invitations_operation() -> Any:
    """What the reader is or was invited to."""
    return json_answer({"items": own_invitations()})


def answer_operation() -> Any:
    """Answer one’s own invitation."""
    data = load_many((OwnAnswer,), json_body(), node=g.node, actor=current_actor())
    row = answer_own(data["attendance"], data["answer"])
    return json_answer({"id": row.id, "answer": row.answer})


# ---------------------------------------------------------------- shared

def activity_here(record_id: int) -> Any:
    """An activity for who runs activities where it lies. Raises ``NotFound`` or ``Forbidden``."""
    activity = fetch(registry().entity(attendance.ACTIVITY), record_id, "view", g.node, current_actor())
    place = tree().get(activity.division_id)
    assert place is not None
    require(RUN, place)
    return activity


def where_of(activity: Any) -> str:
    """The place of an activity in words: as it was typed, else the station with its room."""
    if activity.place or activity.station_id is None:
        return str(activity.place)
    station = Station.get_or_none(Station.id == activity.station_id)
    room = Room.get_or_none(Room.id == activity.room_id) if activity.room_id is not None else None
    return " ".join(one.name for one in (station, room) if one is not None)


def _refused(problem: Problem, back: str) -> Any:
    return render_template("error.html", status=problem.status, title=str(problem.title), detail=str(problem.detail), errors=[],
                           remedy=str(problem.remedy), state_now="", retry_url=back), problem.status


def _url(activity: Any) -> str:
    return f"/d/{g.node.code}/liaison_station/activity/{activity.id}"
