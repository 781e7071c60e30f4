"""The pages behind the codes of printed forms: the lines that were written on the register of a day, and where to find a form.

Made for a telephone first and without scripts: a few free lines at a time, everything that is known is filled in.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import g, redirect, render_template, request

from grid321.core.api import (
    Invalid,
    Problem,
    current_actor,
    fetch,
    format_day,
    forms,
    local_day,
    notices,
    registry,
    require,
    scoped,
    tree,
)
from grid321.core.api import gettext as _

from . import day_close, paper_lines, placement
from .day_choices import OPINION, PLUGIN, RESULTS
from .day_models import Opinion
from .day_roles import DESK
from .day_schemas import VisitSchema
from .forms_values import deputy_names, line_count, time_text
from .paper_lines import line_field
from .plan_choices import COMING, RECEPTION
from .reception_models import Reception
from .register import LEADERS
from .station_models import Station

BLOCK = 5
"""Free lines on one page: a telephone shows them without much turning, and what was typed is saved often."""
GIVEN = ("station", "reception", "came_on", "kind", "mode", "wants_answer")
"""Fields of a line that the paper does not ask."""
ASKED = ("name", "phone", "persons", "text", "answer")
"""What makes a line one that somebody has typed: the others have a usual value."""
ADDRESS = re.compile(r"/d/([0-9A-Za-z]{2,24})/liaison_station/(day|opinion)/([1-9][0-9]{0,17})/paper")


# ---------------------------------------------------------------- the register of a day

def lines_page(record_id: int) -> Any:
    """Enter what was written on the printed register of a day, some lines at a time."""
    reception, place = _reception(record_id)
    if request.method == "GET":
        return render_template("liaison_station/paper_day.html", **_context(reception, place, _wanted(reception)))
    numbers = _numbers()
    try:
        lines = _read(reception, place, numbers)
        paper_lines.enter(reception, lines, current_actor(), place)
    except Problem as problem:
        if problem.status not in {409, 422}:
            raise
        free = [number for number in numbers if number not in paper_lines.entered(reception.id)]
        context = _context(reception, place, free, forms.typed_values(request.form), problem)
        return render_template("liaison_station/paper_day.html", **context), problem.status
    return notices.go(_url(reception), "saved")


def _numbers() -> list[int]:
    """The numbers of the lines that the form has. Raises ``Invalid`` for anything else."""
    texts = request.form.get("lines", "").split(",")
    if not all(text.isascii() and text.isdigit() and len(text) <= 3 for text in texts) or len(texts) > 2 * BLOCK:
        raise Invalid(_("The form did not arrive whole."), remedy=_("Load the page again."))
    return sorted({int(text) for text in texts})


def _read(reception: Reception, place: Any, numbers: list[int]) -> dict[int, dict[str, Any]]:
    """The lines of the form in which something was typed, checked. Raises ``Invalid`` naming every wrong field."""
    without = _without(reception)
    found: dict[int, dict[str, Any]] = {}
    errors: dict[str, Any] = {}
    names = [one["name"] for one in _fields(reception, place, {})]
    for number in numbers:
        typed = {name: request.form.get(line_field(number, name), "") for name in names}
        if not any(typed[name].strip() for name in ASKED):
            continue
        try:
            found[number] = forms.read_form((VisitSchema,), typed, node=place, actor=current_actor(), without=without)
        except Invalid as problem:
            errors |= {line_field(number, name): messages for name, messages in problem.errors.items()}
    if errors:
        raise Invalid(_("Some fields need your attention."), errors=errors)
    if not found:
        first = line_field(numbers[0], "text")
        raise Invalid(_("Nothing is filled in."), errors={first: [_("Type at least one line of the paper.")]})
    return found


def _wanted(reception: Reception) -> list[int]:
    """The numbers of the free lines to show: from ``?from=`` on, otherwise from the first one that nobody has entered."""
    text = request.args.get("from", "1")
    first = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 1
    taken = paper_lines.entered(reception.id)
    last = max(line_count(reception.division_id), first + BLOCK - 1 if "from" in request.args else 0)
    free = [number for number in range(max(1, first), min(last, paper_lines.MOST) + 1) if number not in taken]
    return free[:BLOCK]


def _context(reception: Reception, place: Any, numbers: list[int], values: Mapping[str, str] | None = None,
             problem: Problem | None = None) -> dict[str, Any]:
    station = Station.get_by_id(reception.station_id)
    errors: dict[str, Any] = dict(problem.errors) if problem is not None else {}
    blocks: list[dict[str, Any]] = [
        {"number": number, "fields": _fields(reception, place, values or {}, number, errors)} for number in numbers]
    for block in blocks:
        typed = any(one["error"] or (one["key"] in ASKED and one["value"]) for one in block["fields"])
        block["open"] = typed or block is blocks[0]
    there, wanted = _entered(reception), line_count(reception.division_id)
    on_paper = [one for one in there if one["line"] <= wanted]
    return {
        "title": _("Enter the printed register"), "station": station, "day": format_day(reception.day),
        "number": reception.number, "time": time_text(reception), "blocks": blocks, "rows": there, "done": len(on_paper),
        "wanted": wanted,
        "lines": ",".join(str(number) for number in numbers), "action": _url(reception), "node": g.node,
        "closed": reception.state not in COMING, "coming": reception.day > local_day(), "errors": _shown(blocks, errors, problem),
        "day_url": f"/d/{g.node.code}/{PLUGIN}/day/{reception.id}",
        "more_url": f"{_url(reception)}?from={max([wanted, *(one['line'] for one in there)]) + 1}",
        "next_url": f"{_url(reception)}?from={numbers[-1] + 1}" if numbers and numbers[-1] < wanted else "",
        "begin": _url(reception)}


def _fields(reception: Reception, place: Any, values: Mapping[str, str], number: int = 0,
            errors: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The fields of a line, named for it; with the deputies of the station only, those on duty first."""
    own = {name: values.get(line_field(number, name), "") for name in VisitSchema().fields}
    if not values:
        own["result"] = "opinion"
    found = forms.form_fields((VisitSchema,), own, node=place, actor=current_actor(), without=_without(reception),
                              errors={name: (errors or {}).get(line_field(number, name)) or () for name in own})
    for one in found:
        if one["name"] == "deputy":
            one["options"] = _deputies(reception)
            one["value"] = one["value"] or (one["options"][0][0] if len(one["options"]) == 1 and not values else "")
        if one["name"] in {"text", "answer"}:
            one |= {"rows": 2, "help": ""}  # that no secrets are typed stands above all lines
        one["required"] = one["name"] in {"text", "deputy", "result"}  # of a line in which something was written
        if number:
            one["key"], one["name"] = one["name"], line_field(number, one["name"])
    return found


def _deputies(reception: Reception) -> list[tuple[str, str]]:
    """Who may have heard something on that day: those on duty, then the others who belong to the station."""
    duty = [one.deputy_id for one in day_close.on_duty(reception.id)]
    others = [one.id for one in placement.deputies_of(reception.station_id, reception.day)]
    names = deputy_names((*duty, *others))
    return [(str(one), names[one]) for one in dict.fromkeys((*duty, *others)) if one in names]


def _entered(reception: Reception) -> list[dict[str, Any]]:
    """The lines of the paper that are entered, as a clerk finds them there: number, what was said, who heard it, no names."""
    found, results = paper_lines.entered(reception.id), dict(RESULTS)
    names = deputy_names(one.deputy_id for one in found.values())
    here = f"/d/{g.node.code}/{PLUGIN}"
    return [{"line": number, "text": one.text or _("(nothing written yet)"),
             "deputy": names.get(one.deputy_id, "") or one.heard_by, "persons": one.persons,
             "result": str(results[one.result]), "draft": one.result == "draft",
             "url": f"{here}/day/{reception.id}/line/{one.id}" if one.result == "draft" else f"{here}/visit/{one.id}"}
            for number, one in found.items()]


def _shown(blocks: list[dict[str, Any]], errors: Mapping[str, Any], problem: Problem | None) -> list[dict[str, str]]:
    """The entries of the error summary: each with its line, and what was refused as a whole first."""
    labels = {one["name"]: _("Line %(line)s, %(label)s", line=block["number"], label=one["label"])
              for block in blocks for one in block["fields"]}
    found = [{"field": name if name in labels else "", "label": labels.get(name, ""), "message": str(message)}
             for name, messages in errors.items() for message in messages]
    if problem is not None and (problem.status == 409 or not found):
        texts = (problem.title, problem.detail, problem.remedy)
        found.insert(0, {"field": "", "label": "", "message": " ".join(str(text) for text in texts if str(text))})
    return found


def _without(reception: Reception) -> tuple[str, ...]:
    return GIVEN if reception.kind == LEADERS else (*GIVEN, "heard_by")


def _reception(record_id: int) -> tuple[Reception, Any]:
    """A reception whose day is run here, and its place. Raises ``NotFound`` or ``Forbidden``."""
    found: Reception = fetch(registry().entity(RECEPTION), record_id, "view", g.node, current_actor())
    place = tree().get(found.division_id)
    assert place is not None
    require(DESK, place)
    return found, place


def _url(reception: Reception) -> str:
    return f"/d/{g.node.code}/{PLUGIN}/day/{reception.id}/paper"


# ---------------------------------------------------------------- finding a form

def find_page() -> Any:
    """Find the page of a printed form by its number, or by the address that a scanner at a PC typed."""
    text, problem = request.args.get("form", "").strip()[:400], ""
    if text:
        target = _target(text)
        if target:
            return redirect(target, 303)
        problem = _("There is no form with this number here. Copy it from the upper edge of the paper, or scan the code.")
    context = {"title": _("Enter a printed form"), "text": text, "problem": problem, "action": request.path, "node": g.node}
    return render_template("liaison_station/paper_find.html", **context), 404 if problem else 200


def _target(text: str) -> str:
    """The address of the page for what was written on a form; empty for none that the actor may see."""
    address = ADDRESS.search(text)
    if address is not None:
        return address[0]
    actor = current_actor()
    kinds: tuple[tuple[str, Any, str], ...] = ((RECEPTION, Reception, "day"), (OPINION, Opinion, "opinion"))
    for key, model, name in kinds:
        entity = registry().entity(key)
        if not actor.may(entity.permission("view"), g.node):
            continue
        row = scoped(model.select(), entity, "view", g.node, actor).where(model.number == text.upper()).first()
        if row is not None:
            return f"/d/{g.node.code}/{PLUGIN}/{name}/{row.id}/paper"
    return ""
