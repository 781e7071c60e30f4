"""Pages of the year: steps and points of an appraisal, the paper and the steps of a ballot, voting, what is published."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import g, render_template, request, url_for

from grid321.core.api import (
    Entity,
    Invalid,
    Node,
    NotFound,
    Problem,
    current_actor,
    fetch,
    format_day,
    notices,
    qr_picture,
    require,
    signed_links,
    tree,
)
from grid321.core.api import gettext as _

from . import evaluation_appraisal as appraisal
from . import evaluation_ballot as ballots
from . import evaluation_chosen as chosen
from . import evaluation_rate_pages as rate_pages
from .evaluation_models import Appraisal, AppraisalResult, AppraisalScore, Ballot
from .evaluation_panels import unit_options

PLUGIN = "suggestion_tracking"


def record_of(entity: Entity, record_id: int, permission: str) -> tuple[Any, Node]:
    """The record and its division, when the actor may do ``permission`` there. Raises ``NotFound`` and ``Forbidden``."""
    record = fetch(entity, record_id, "view", g.node, current_actor())
    place = tree().get(record.division_id)
    if place is None:
        raise NotFound(_("There is no such record."))
    require(permission, place)
    return record, place


def step(entity: Entity, permission: str, work: Callable[..., Any], label: Any, told: Any) -> Callable[[int], Any]:
    """A page that asks once more, saying what follows (``told``), and then takes one step of a record and goes back to it."""
    def view(record_id: int) -> Any:
        record, place = record_of(entity, record_id, permission)
        back = f"/d/{g.node.code}/{PLUGIN}/{entity.name}/{record_id}"
        if request.method == "GET":
            return render_template("form.html", **confirmation(record, entity, label, told, back))
        work(record, current_actor(), place)
        return notices.go(back, "step")

    view.__name__ = f"{entity.name}_{work.__name__.strip('_')}"
    view.__doc__ = f"{work.__doc__}"
    return view


def confirmation(record: Any, entity: Entity, label: Any, told: Any, back: str) -> dict[str, Any]:
    """A form without fields: what is done to which record, and what follows from it."""
    return {"title": f"{label}: {getattr(record, entity.title)}", "intro": str(told), "fields": [], "errors": [],
            "submit_label": str(label), "cancel_url": back, "action": request.path, "secrets_notice": False, "draft": False,
            "multipart": False, "version": ""}


# ---------------------------------------------------------------- appraisal

def points_page(record_id: int) -> str:
    """What each unit got for each item: so far, or as it was fixed."""
    scheme, place = record_of(appraisal.APPRAISAL, record_id, appraisal.APPRAISAL.permission("view"))
    items = appraisal.items_of(scheme)
    may_give = scheme.state == "open" and current_actor().may(appraisal.SCORE.permission("create"), place) and not (
        appraisal.why_off(scheme, rate_pages.local_day()))
    found = fixed_points(scheme) if scheme.state == "closed" else appraisal.points_by_unit(scheme, place)
    given = {(row.item_id, row.department_id): row.id for row in AppraisalScore.select(
        AppraisalScore.id, AppraisalScore.item_id, AppraisalScore.department_id).where(
            AppraisalScore.appraisal_id == scheme.id)}
    base = f"/d/{g.node.code}/{PLUGIN}"
    rows = []
    for unit, name in rate_pages.unit_names(found).items():
        one = found[unit]
        cells: list[dict[str, Any]] = [{"text": name}]
        for entry in one.items:
            cells.append(_points_cell(entry, unit, base, given, may_give))
        cells += [{"text": f"{hundredths(one.points)} / {hundredths(one.reachable)}"},
                  {"text": appraisal.share_text(one.points, one.reachable)}]
        if scheme.state == "closed":
            cells.append({"text": one.rank or _("no place")})
        rows.append({"cells": cells})
    columns = [{"label": _("Unit")}, *({"label": f"{item.name} ({item.weight})", "figure": True} for item in items),
               {"label": _("Points"), "figure": True}, {"label": _("Share"), "figure": True}]
    if scheme.state == "closed":
        columns.append({"label": _("Place"), "figure": True})
    return render_template("table.html", title=_("Points by unit: %(name)s", name=scheme.name), intro=_(
        "An item that rests on too few cases, or has no points yet, is left out for that unit; its share is of the rest. Who is "
        "judged on less than half of the points has no place."), table={
            "caption": _("Points by unit"), "columns": columns, "rows": rows,
            "empty": _("No unit had a suggestion in this year.")},
        actions=[], crumbs=[(scheme.name, f"{base}/appraisal/{scheme.id}"), (_("Points by unit"), "")])


def _points_cell(entry: Mapping[str, Any], unit: int, base: str, given: Mapping[Any, int], may_give: bool) -> dict[str, Any]:
    text = hundredths(entry["points"]) if entry["points"] is not None else "–"
    if entry["source"] != "people":
        return {"text": f"{text} ({entry['top']}/{entry['bottom']})"}
    known = given.get((entry["item"], unit))
    if not may_give:
        return {"text": text}
    if known is not None:
        return {"text": text, "url": f"{base}/appraisal_score/{known}"}
    return {"text": _("Give points"), "url": f"{base}/appraisal_score/new?item={entry['item']}&department={unit}"}


def hundredths(n: int) -> str:
    """Hundredths of points as people read them: 1250 → 12.50."""
    return f"{n // 100}.{n % 100:02d}"


def fixed_points(scheme: Any) -> dict[int, appraisal.Points]:
    """The fixed result of a closed appraisal by unit."""
    rows = AppraisalResult.select().where(AppraisalResult.appraisal_id == scheme.id)
    return {row.department_id: appraisal.Points(row.department_id, row.points, row.reachable, row.items, row.rank)
            for row in rows}


# ---------------------------------------------------------------- ballot: the paper

def paper_page(record_id: int) -> Any:
    """Say what is voted on: units by ticking, questions one in a line."""
    ballot, place = record_of(ballots.BALLOT, record_id, f"{PLUGIN}.run_ballot")
    back = f"/d/{g.node.code}/{PLUGIN}/ballot/{record_id}"
    options = unit_options(place)
    subjects = ballots.subjects_of(ballot.id)
    if request.method == "GET":
        chosen_units = [str(subject.department_id) for subject in subjects if subject.department_id]
        questions = "\n".join(subject.label for subject in subjects if subject.department_id is None)
        return render_template("form.html", **_paper_form(options, chosen_units, questions, back))
    units, questions = request.form.getlist("units"), request.form.get("questions", "")
    try:
        known = {value for value, _label in options}
        if set(units) - known or len(questions) > 20_000:
            raise Invalid(_("The paper was not saved."), errors={"units": [_("Choose units of the list.")]})
        ballots.set_subjects(ballot, [int(unit) for unit in units], questions.splitlines(), current_actor(), place)
    except Invalid as problem:
        return render_template("form.html", **_paper_form(options, units, questions[:20_000], back, problem)), problem.status
    return notices.go(back, "saved")


def _paper_form(options: list[tuple[str, str]], units: list[str], questions: str, back: str,
                problem: Problem | None = None) -> dict[str, Any]:
    texts = [str(text) for found in problem.errors.values() for text in found] if problem is not None else []
    empty = {"help": "", "error": "", "required": False, "multiple": False, "maxlength": None, "inputmode": "", "options": None}
    fields = [{**empty, "name": "units", "label": _("Units"), "widget": "checks", "options": options, "value": units,
               "error": " ".join(texts)},
              {**empty, "name": "questions", "label": _("Questions"), "widget": "textarea", "value": questions, "rows": 5,
               "help": _("One in a line, to be answered with satisfied, basically satisfied, not satisfied or no opinion.")}]
    return {"title": _("What is voted on"), "fields": fields, "action": request.path, "cancel_url": back, "draft": False,
            "errors": [{"field": "units", "label": _("Units"), "message": text} for text in texts], "secrets_notice": False,
            "submit_label": _("Save"), "multipart": False, "version": "", "intro": ""}


def links_page(record_id: int) -> str:
    """Voting links for those who have not voted: shown once, one slip for each deputy. Earlier links end."""
    ballot, place = record_of(ballots.BALLOT, record_id, f"{PLUGIN}.run_ballot")
    if request.method == "GET":
        return render_template("form.html", **confirmation(
            ballot, ballots.BALLOT, _("Make voting links"),
            _("One link for each deputy who has not voted. Links that were made before end."),
            f"/d/{g.node.code}/{PLUGIN}/ballot/{record_id}"))
    slips = []
    for name, token in ballots.links(ballot, current_actor(), place):
        url = url_for("suggestion_tracking.vote_link", code=place.code, token=token, _external=True)
        slips.append({"name": name, "url": url, "picture": qr_picture(url, scale=3)})
    return render_template("suggestion_tracking/ballot_links.html", title=_("Voting links: %(title)s", title=ballot.title),
                           slips=slips, back_url=f"/d/{g.node.code}/{PLUGIN}/ballot/{record_id}",
                           until=format_day(ballot.ends_on) if ballot.ends_on else "")


# ---------------------------------------------------------------- ballot: voting

def vote_page(record_id: int) -> Any:
    """Vote with one's own account. Who may not vote here sees the same as for a ballot that does not exist."""
    ballot = fetch(ballots.BALLOT, record_id, "view", g.node, current_actor())
    voter = ballots.voter_of(ballot.id, current_actor().person_id)
    if voter is None:
        raise NotFound(_("There is no ballot in which you may vote."), ballot.title,
                       _("Deputies vote with the account of their own person."))
    place = tree().get(ballot.division_id) or g.node
    back = f"/d/{g.node.code}/{PLUGIN}/ballot/{record_id}"
    if request.method == "GET":
        return render_template("suggestion_tracking/vote.html", **_vote_form(ballot, {}, back))
    try:
        ballots.cast(voter, _typed(ballot.id), place)
    except Invalid as problem:
        return render_template("suggestion_tracking/vote.html", **_vote_form(ballot, request.form, back, problem)), problem.status
    return notices.go(back, "step")


def vote_link_page(token: str) -> Any:
    """Vote by a link for one use, without an account. A forged link and one of another ballot or place get the same answer."""
    voter = ballots.voter_by_link(token)
    ballot = Ballot.get_by_id(voter.ballot_id)
    place = tree().get(ballot.division_id)
    if place is None or not tree().covers(g.node, place):
        raise signed_links.invalid()
    if request.method == "GET":
        return render_template("suggestion_tracking/vote.html", **_vote_form(ballot, {}, ""))
    try:
        ballots.cast_by_link(token, _typed(ballot.id), place)
    except Invalid as problem:
        return render_template("suggestion_tracking/vote.html", **_vote_form(ballot, request.form, "", problem)), problem.status
    return render_template("suggestion_tracking/voted.html", title=_("Your vote was cast"), ballot_title=ballot.title)


def _typed(ballot_id: int) -> dict[int, str]:
    """The answers of the form by subject; names that are no subject of the ballot are refused by the service."""
    found: dict[int, str] = {}
    for name, value in request.form.items():
        number = name.removeprefix("subject_")
        if name != number and number.isascii() and number.isdigit() and len(number) <= 18:
            found[int(number)] = value
    return found


def _vote_form(ballot: Any, typed: Mapping[str, str], back: str, problem: Problem | None = None) -> dict[str, Any]:
    errors = problem.errors if problem is not None else {}
    options = [(code, str(label)) for code, label in ballots.ANSWERS]
    fields = [{"name": f"subject_{subject.id}", "label": subject.label, "widget": "radio", "options": options, "required": True,
               "value": typed.get(f"subject_{subject.id}", ""), "help": "", "multiple": False,
               "error": " ".join(str(text) for text in errors.get(f"subject_{subject.id}", ()))}
              for subject in ballots.subjects_of(ballot.id)]
    labels = {one["name"]: one["label"] for one in fields}
    summary = [{"field": name, "label": labels.get(name, ""), "message": str(text)} for name, texts in errors.items()
               for text in texts]
    return {"title": ballot.title, "fields": fields, "action": request.path, "cancel_url": back, "draft": False, "version": "",
            "secrets_notice": False, "submit_label": _("Cast the vote"), "multipart": False, "intro": ballot.description,
            "errors": summary}


# ---------------------------------------------------------------- what everybody may read

def year_page() -> str:
    """What a county or town published of a year: good suggestions and units, results of appraisals, counts of ballots."""
    node, year = g.node, rate_pages.asked_year()
    schemes = Appraisal.select().where((Appraisal.division_id == node.id) & (Appraisal.year == year)
                                       & Appraisal.published_on.is_null(False)).order_by(Appraisal.id)
    voted = Ballot.select().where((Ballot.division_id == node.id) & (Ballot.year == year)
                                  & Ballot.published_on.is_null(False)).order_by(Ballot.id)
    return render_template(
        "suggestion_tracking/year.html", title=_("Published for %(year)s", year=year), node=node, year=year,
        chosen=[{"kind": row.kind, "label": row.label, "number": row.suggestion_number, "reason": row.reason,
                 "by": row.decided_by, "on": format_day(row.decided_on)} for row in chosen.published(node, year)],
        appraisals=[_appraisal_view(scheme) for scheme in schemes],
        ballots=[{"title": ballot.title, "votes": ballot.votes, "voters": ballot.voters, "rows": ballots.result(ballot)}
                 for ballot in voted], answers=[(code, str(label)) for code, label in ballots.ANSWERS],
        earlier_url=f"/d/{node.code}/{PLUGIN}/year?year={year - 1}")


def _appraisal_view(scheme: Any) -> dict[str, Any]:
    found = fixed_points(scheme)
    names = rate_pages.unit_names(found)
    order = sorted(names, key=lambda unit: (found[unit].rank or 10**6, names[unit]))
    rows = [{"name": names[unit], "share": appraisal.share_text(found[unit].points, found[unit].reachable),
             "points": f"{hundredths(found[unit].points)} / {hundredths(found[unit].reachable)}",
             "rank": found[unit].rank or ""} for unit in order]
    return {"name": scheme.name, "basis": scheme.legal_basis, "until": format_day(scheme.valid_until), "rows": rows,
            "fixed": format_day(scheme.fixed_on)}
