"""Pages of a clock: why its date is what it is, asking for an extension, deciding on one."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import Flask, g, render_template, request

from . import calendar, clock_extensions, fields, forms, notices, snapshot
from .access import current_actor, fetch
from .clock_explain import Day, Explanation, declared, explain, length_text, light, now_ends, rested
from .clock_panel import DAY_KINDS, DAY_OFF, EVENTS, LIGHTS
from .clock_rows import Deadline, pauses
from .clock_rules import Clock
from .db import local_day, now
from .entity import Entity
from .error_pages import problem_text
from .errors import Conflict, Forbidden, Invalid, Problem, Refused
from .faces import Face, face_of
from .i18n import format_day, format_time
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .pages import WEEKDAYS
from .schemas import EntitySchema
from .statistics_pages import month_label
from .view_records import title_of
from .view_steps import clash_page
from .views import RecordId, add_route, crumbs

MARKS = {calendar.WEEKEND: _l("wknd"), calendar.HOLIDAY: _l("hol."), calendar.MAKE_UP: _l("work"), calendar.PAUSED: _l("rest"),
         "moved": _l("moves")}
"""What stands below the number of a day that is not simply counted."""

SHORT_WEEKDAYS = (_l("Mo"), _l("Tu"), _l("We"), _l("Th"), _l("Fr"), _l("Sa"), _l("Su"))
TONES = {calendar.WEEKEND: "muted", calendar.HOLIDAY: "muted", calendar.MAKE_UP: "info", calendar.PAUSED: "warn"}
OPEN_TABLE = 31
"""A table of more days is folded away under the calendar."""


def register(app: Flask) -> None:
    """Add the pages of the clocks of every entity with a workflow."""
    app.url_map.converters.setdefault("rid", RecordId)
    known = app.extensions["grid321"].registry
    for entity in known.entities.values():
        if entity.key in known.newest:
            view, both = entity.permission("view"), ("GET", "POST")
            add_route(app, entity, "why", "<rid:id>/why/<rid:deadline_id>", why_page, view)
            add_route(app, entity, "extend", "<rid:id>/extend/<rid:deadline_id>", extend_page, view, methods=both)
            add_route(app, entity, "extension", "<rid:id>/extension/<rid:deadline_id>", decide_page, view, methods=both)


# ---------------------------------------------------------------- why this date

def why_page(entity: Entity, id: int, deadline_id: int) -> str:
    """The rule of a clock, where it comes from, and each day from its start to its end."""
    face, node = face_of(entity), g.node
    record = fetch(entity, id, "view", node, current_actor())
    row = clock_extensions.find(entity, record.id, deadline_id)
    clock = declared(entity, record).get(row.clock)
    found = explain(row, clock)
    here = face.url(node.code, record.id)
    label = str(clock.label) if clock else row.clock
    title = _("Why is %(clock)s still open?", clock=label) if row.state == "paused" else _("Why %(day)s?", day=_last(row))
    return render_template(
        "why.html", title=title, lede=_sentence(found), back_url=here, provisional=row.provisional and row.ended_at is None,
        facts=_facts(found, record, here, label), months=_months(found), legend=_legend(found), weekdays=SHORT_WEEKDAYS,
        days=_lines(found), folded=len(found.days) > OPEN_TABLE, cut=found.cut, pauses=_pauses(row),
        requests=_requests(row), crumbs=crumbs(face, node, (str(getattr(record, "number", record.id)), here), label))


def _last(row: Deadline) -> str:
    return format_time(row.due_at) if row.due_at is not None else format_day(row.due)


def _sentence(found: Explanation) -> str:
    """The calculation in one sentence."""
    row = found.row
    text = _("%(length)s from %(start)s", length=length_text(row.length), start=format_day(row.started_on))
    rests = rested(row)
    if rests:
        text += _(", %(count)s paused days not counted", count=rests)
    if row.state == "paused":
        return text + _(": it stands still; %(count)s days are counted so far.", count=found.counted)
    if found.moved:
        return text + _(": that is %(raw)s, a day off, so it ends on %(end)s.", raw=format_day(found.raw_end),
                        end=format_day(row.due))
    return text + _(": it ends on %(end)s.", end=_last(row))


def _facts(found: Explanation, record: Any, here: str, label: str) -> list[dict[str, Any]]:
    row, now_ = found.row, snapshot.current()
    word, tone = LIGHTS[light(row, now(), local_day())]
    place = now_.tree.get(row.place_id)
    setting = now_.settings.all().get(row.setting)
    length = length_text(row.length)
    if row.first_length:
        length = _("%(length)s in all, from the start (before the extension: %(first)s)", length=length,
                   first=length_text(row.first_length))
    facts = [
        (_("Matter"), str(getattr(record, "number", record.id)), here, ""), (_("Deadline"), label, "", ""),
        (_("State of the clock"), str(word), "", tone), (_("Starts with"), str(EVENTS.get(row.event, row.event)), "", ""),
        (_("Day of the event, not counted"), format_day(row.started_on), "", ""), (_("Length"), length, "", ""),
        (_("On a day off"), "" if row.length.endswith((" wd", " h")) else str(DAY_OFF.get(row.day_off, "")), "", ""),
        (_("Rule comes from"), row.source or _("Platform default"), "", ""),
        (_("Setting"), str(setting.label) if setting else "", "", ""), (_("Set by"), place.name if place else "", "", ""),
        (_("Valid from"), format_day(row.valid_from), "", ""),
        (_("Version of the workflow"), str(getattr(record, "workflow_version", "")), "", ""),
        (_("Met on"), format_time(row.ended_at) if row.state == "met" else "", "", ""), (_("Due"), _due_fact(row), "", "")]
    return [{"label": name, "text": text, "url": url, "tone": tone} for name, text, url, tone in facts if text]


def _due_fact(row: Deadline) -> str:
    if row.state == "paused":
        return _("open while it rests; if it went on today: %(day)s", day=format_day(now_ends(row)))
    return _last(row)


def _mark(one: Day, found: Explanation) -> str:
    if not one.counts and one.kind != calendar.PAUSED and not found.row.length.endswith(" wd"):
        return "moved"
    return one.kind if one.kind in MARKS and (one.kind == calendar.MAKE_UP or not one.counts) else ""


def _months(found: Explanation) -> list[dict[str, Any]]:
    """Each month as weeks of cells: number of the day, its look, what stands below it."""
    return [{"title": month_label(f"{first:%Y-%m}"), "weeks": [[_cell(one, found) for one in week] for week in weeks]}
            for first, weeks in found.months()]


def _look(one: Day, found: Explanation) -> str:
    """How a day looks: by what it is and whether it counts. Calendar lengths count weekends and holidays too."""
    mark = _mark(one, found)
    if mark in {calendar.PAUSED, "moved"}:
        return mark
    if mark == calendar.MAKE_UP:
        return "makeup"
    off = one.kind in {calendar.WEEKEND, calendar.HOLIDAY}
    return "off" if not one.counts else "counted free" if off else "counted"


def _cell(one: Day | None, found: Explanation) -> dict[str, str]:
    if one is None:
        return {"look": "none", "day": "", "below": ""}
    mark = _mark(one, found) or (one.kind if one.kind == calendar.HOLIDAY else "")
    words = [str(MARKS[mark])] if mark else []
    if one.counts:
        words.append(str(one.count))
    last = " last" if one.day == found.row.due and found.row.state != "paused" else ""
    return {"look": _look(one, found) + last, "day": str(one.day.day), "below": " ".join(words)}


def _legend(found: Explanation) -> list[dict[str, str]]:
    """What the looks mean, with how many days there are of each; only what occurs."""
    counts = Counter((_mark(one, found) or one.kind, one.counts) for one in found.days)
    words = {
        ("counted", True): _("working day, counted"), (calendar.MAKE_UP, True): _("make-up workday, counted"),
        (calendar.WEEKEND, True): _("weekend, counted"), (calendar.HOLIDAY, True): _("holiday, counted"),
        (calendar.WEEKEND, False): _("weekend, not counted"), (calendar.HOLIDAY, False): _("holiday, not counted"),
        (calendar.PAUSED, False): _("paused, not counted"), ("moved", False): _("added because the end fell on a day off")}
    looks = {"counted": "counted", calendar.MAKE_UP: "makeup", calendar.PAUSED: "paused", "moved": "moved"}
    return [{"word": word, "look": looks.get(key[0], "counted free" if key[1] else "off"), "count": str(counts[key]),
             "mark": "" if key == (calendar.WEEKEND, True) else str(MARKS.get(key[0], ""))}
            for key, word in words.items() if counts[key]]


def _lines(found: Explanation) -> list[dict[str, Any]]:
    """The same days as a plain table."""
    lines = []
    for one in found.days:
        moved = _mark(one, found) == "moved"
        label = str(DAY_KINDS.get(one.kind, one.kind))
        lines.append({"day": format_day(one.day), "weekday": str(WEEKDAYS[one.day.weekday()]), "label": label,
                      "name": one.name, "source": one.source, "provisional": one.provisional, "counted": one.counts,
                      "number": one.count if one.counts else None, "tone": "warn" if moved else TONES.get(one.kind, "")})
    return lines


def _pauses(row: Deadline) -> list[dict[str, str]]:
    found = [{"from": format_time(begin), "to": format_time(end)} for begin, end in pauses(row)]
    if row.paused_at is not None and row.state == "paused":
        found.append({"from": format_time(row.paused_at), "to": ""})
    return found


def _requests(row: Deadline) -> list[dict[str, Any]]:
    if not row.asked:
        return []
    words = {"asked": (_("waits for a decision"), "warn"), "granted": (_("approved"), "ok"), "refused": (_("refused"), "bad")}
    found = []
    for one in clock_extensions.requests(row):
        word, tone = words[one["state"]]
        found.append({**one, "word": word, "tone": tone, "length": length_text(one["length"]),
                      "asked_at": format_time(one["asked_at"]), "decided_at": format_time(one["decided_at"])})
    return found


# ---------------------------------------------------------------- extensions

def extend_page(entity: Entity, id: int, deadline_id: int) -> Any:
    """Ask for an extension with a reason."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, "view", node, actor)
    row = clock_extensions.find(entity, record.id, deadline_id)
    clock = declared(entity, record).get(row.clock)
    if request.method == "GET" and not clock_extensions.may_ask(clock, row, record, actor):
        raise _refused_ask(clock, row)
    schema = _ask_schema(clock, row)
    intro = _("“%(clock)s” ends on %(day)s. Somebody else decides; until then the date stays.",
              clock=clock.label if clock else row.clock, day=_last(row))
    return _form(face, record, row, schema, intro, _("Ask for an extension"), lambda data: clock_extensions.ask(
        entity, id, deadline_id, data["reason"], data["length"], actor, node))


def _refused_ask(clock: Clock | None, row: Deadline) -> Problem:
    """What ``ask`` would raise, before a person fills in a form in vain."""
    objection = clock_extensions.objection(clock, row)
    if objection is None:
        return Forbidden(_("You may not ask for an extension here."), "", _("The unit that handles the matter asks."))
    return Conflict(objection[1], "", objection[2], code=objection[0])


def _ask_schema(clock: Clock | None, row: Deadline) -> type[EntitySchema]:
    offered = clock_extensions.choices(clock.extension, row) if clock is not None and clock.extension is not None else []
    options = tuple((str(length), _("%(length)s in all: until %(day)s", length=length_text(str(length)), day=format_day(end)))
                    for length, end in offered)
    return type("AskForm", (EntitySchema,), {
        "length": fields.Choice(_l("How long"), options=options, required=True,
                                help=_l("The whole time, counted from the original start.")),
        "reason": fields.LongText(_l("Reason"), required=True, max=1000, min=2)})


class DecideForm(EntitySchema):
    """Approval or refusal."""

    decision = fields.Choice(_l("Decision on the extension"), options=(("grant", _l("Approve")), ("refuse", _l("Refuse"))),
                             required=True)
    reason = fields.LongText(_l("Reason"), max=1000, help=_l("A refusal says why."))


def decide_page(entity: Entity, id: int, deadline_id: int) -> Any:
    """Approve or refuse the extension that waits."""
    face, node, actor = face_of(entity), g.node, current_actor()
    record = fetch(entity, id, "view", node, actor)
    row = clock_extensions.find(entity, record.id, deadline_id)
    clock = declared(entity, record).get(row.clock)
    if request.method == "GET" and not clock_extensions.may_decide(clock, row, record, actor):
        raise Forbidden(_("You may not decide on this extension."), "",
                        _("It waits for another person, or it was decided already. Load the matter again."))
    asked = [one for one in clock_extensions.requests(row) if one["state"] == "asked"]
    intro = ""
    if asked:
        one = asked[-1]
        end = clock_extensions.end_of(row, clock_extensions.read_length(one["length"]))
        intro = _("%(who)s asks to extend “%(clock)s” from %(day)s to %(end)s (%(length)s in all). Reason: %(reason)s",
                  who=one["asked_by"], clock=clock.label if clock else row.clock, day=_last(row), end=format_day(end),
                  length=length_text(one["length"]), reason=one["reason"])
    return _form(face, record, row, DecideForm, intro, _("Decide on the extension"), lambda data: clock_extensions.decide(
        entity, id, deadline_id, data["decision"] == "grant", data["reason"] or "", actor, node))


def _form(face: Face, record: Any, row: Deadline, schema: type[EntitySchema], intro: str, title: str, work: Any) -> Any:
    """Show a form about a clock, or do what it sends and lead back to the case."""
    node, actor = g.node, current_actor()
    here = face.url(node.code, record.id)
    values: Mapping[str, str] = forms.start_values((schema,), request.args)
    problem: Problem | None = None
    if request.method == "POST":
        values = forms.typed_values(request.form)
        try:
            work(forms.read_form((schema,), request.form, node=node, actor=actor))
            return notices.go(here, "step")
        except (Invalid, Refused) as found:
            problem = found
        except Conflict as found:
            return clash_page(face, record.id, found, node, actor)
    errors = {name: [str(text) for text in texts] for name, texts in (problem.errors if problem else {}).items()}
    summary = forms.error_list((schema,), errors)
    if problem is not None and not summary:
        summary = [{"field": "", "label": "", "message": problem_text(problem)}]
    page = render_template(
        "form.html", entity=face.entity, record=record, title=title, intro=intro, errors=summary, submit_label=title,
        fields=forms.form_fields((schema,), values, node=node, actor=actor, errors=errors), cancel_url=here, version="",
        crumbs=crumbs(face, node, (title_of(face, record), here), title))
    return page, problem.status if problem else 200

