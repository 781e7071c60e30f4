"""What supervision adds to pages: what follows a suggestion’s hand-over, and on each record its suggestion."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from grid321.core.api import Panel, class_label, format_day, local_day, registry, scoped, setting, tree
from grid321.core.api import gettext as _

from . import rounds, samples, suggestion_number
from . import supervision_choices as choices
from .preset_strip import strip
from .suggestion_life import unit_names
from .supervision_checks import names_of
from .supervision_forms import QUESTIONS, RATING
from .supervision_models import Commitment, Inspection, Letter, ListItem, Receipt

P = "suggestion_tracking."
HANDED = samples.POOLS["all"]
MOST = 60


def panels_for(slot: str, entity: Any, record: Any, actor: Any, node: Any) -> list[Panel] | None:
    """The panels for a slot, or None when supervision has nothing to add there."""
    if entity is None or record is None or entity.plugin != "suggestion_tracking":
        return None
    found = _PANELS.get((slot, entity.name))
    panels = found(record, actor, node) if found is not None else []
    if slot == "detail.aside" and entity.name in {"commitment", "inspection", "letter", "list_item", "receipt"}:
        panels = [*panels, *suggestion_panel(record, actor, node)]
    return panels or None


# ---------------------------------------------------------------- on a suggestion

def follow_up(record: Any, actor: Any, node: Any) -> list[Panel]:
    """Inspections, receipt cards, promises, letters and problems of a suggestion; at most five queries and the names."""
    if record.state not in HANDED:
        return []
    parts = [("inspection", Inspection, _("Inspections"), _inspection_text),
             ("receipt", Receipt, _("Receipt cards"), _receipt_text),
             ("commitment", Commitment, _("Promises"), _commitment_text),
             ("letter", Letter, _("Supervision letters"), _letter_text),
             ("list_item", ListItem, _("Problems of the three lists"), _item_text)]
    sections = []
    for name, model, title, text in parts:
        entity = registry().entity(f"{P}{name}")
        if not actor.may_within(entity.permission("view"), node):
            continue
        query = scoped(model.select().where(model.suggestion_number == record.number), entity, "view", node, actor)
        sections.append({"title": title, "rows": _rows(entity, list(query.order_by(model.id).limit(MOST)), text, node),
                         "buttons": _buttons(name, record, actor, node)})
    return [Panel(_("After the hand-over"), "suggestion_tracking/follow_up.html", {"sections": sections}, order=30)] \
        if sections else []


def _rows(entity: Any, found: list[Any], text: Callable[[Any, dict[int, str]], str], node: Any) -> list[dict[str, Any]]:
    flow = registry().workflow_of(entity.key)
    assert flow is not None
    today, names = local_day(), {}
    if entity.name == "receipt":
        names = names_of([row.deputy_id for row in found])
    elif entity.name != "inspection":
        names = unit_names([row.department_id for row in found])
    rows = []
    for row in found:
        state = flow.state(row.state)
        rows.append({"url": f"/d/{node.code}/suggestion_tracking/{entity.name}/{row.id}", "number": row.number,
                     "title": text(row, names), "state": str(state.label), "tone": state.tone,
                     "due": format_day(row.due) if row.due else "", "late": row.due is not None and row.due < today})
    return rows


def word(options: Any, code: str | None) -> str:
    """The label of a fixed choice."""
    return next((str(label) for key, label in options if key == code), code or "")


def _inspection_text(row: Any, names: dict[int, str]) -> str:
    kind, result = word(choices.KINDS, row.kind), word(choices.RESULTS, row.result)
    if row.state != "done":
        return kind
    return _("%(kind)s, %(day)s: %(result)s", kind=kind, day=format_day(row.inspected_on), result=result)


def _receipt_text(row: Any, names: dict[int, str]) -> str:
    name = names.get(row.deputy_id, "")
    if row.round > 1:
        name = _("%(name)s, after the second handling", name=name)
    if row.state != "returned":
        return name
    said = _("result: %(result)s", result=class_label(RATING, row.result, row.division_id))
    if row.attitude:
        said = _("attitude: %(attitude)s, %(rest)s", attitude=class_label(RATING, row.attitude, row.division_id), rest=said)
    return _("%(name)s: %(said)s", name=name, said=said)


def _commitment_text(row: Any, names: dict[int, str]) -> str:
    unit = names.get(row.department_id, "")
    return _("%(unit)s, by %(day)s: %(title)s", unit=unit, day=format_day(row.due_on), title=row.title)


def _letter_text(row: Any, names: dict[int, str]) -> str:
    return _("%(kind)s: %(title)s", kind=word(choices.LETTERS, row.kind), title=row.title)


def _item_text(row: Any, names: dict[int, str]) -> str:
    unit = names.get(row.department_id, "")
    return _("%(unit)s: %(title)s", unit=unit, title=row.title) if unit else row.title


def _buttons(name: str, record: Any, actor: Any, node: Any) -> list[dict[str, str]]:
    """The buttons that begin a new record about a suggestion, with what is known filled in."""
    if name == "receipt" or not actor.may_on(f"{P}{name}.create", record):
        return []
    known = {"suggestion": record.number, "division": _code(record)}
    labels = {"inspection": (_("Plan a look-back"), {"kind": "look_back", "title": record.title}),
              "commitment": (_("Add a promise"), {"department": record.department_id or ""}),
              "letter": (_("Write a supervision letter"), {"title": record.title}),
              "list_item": (_("Enter a problem"), {})}
    label, more = labels[name]
    return [{"label": label, "url": f"/d/{node.code}/suggestion_tracking/{name}/new?{urlencode({**known, **more})}"}]


def _code(record: Any) -> str:
    place = tree().get(record.division_id)
    return place.code if place is not None else ""


def preset_panel(record: Any, actor: Any, node: Any) -> list[Panel]:
    """The five marks of 13710, where the county works by that preset."""
    if record.state not in HANDED or setting("core.clock_preset", record.holder_id) != "shanxi_13710":
        return []
    return [Panel(_("13710"), "suggestion_tracking/preset_strip.html", {"rows": strip(record)}, order=12)]


# ---------------------------------------------------------------- on the records of supervision

def suggestion_panel(record: Any, actor: Any, node: Any) -> list[Panel]:
    """The suggestion to which a record belongs, with its state."""
    case = suggestion_number.find(record.suggestion_number, node, actor) if record.suggestion_number else None
    if case is None:
        return []
    flow = registry().workflow_of(suggestion_number.KEY, case.workflow_version)
    state = flow.state(case.state) if flow is not None else None
    return [Panel(_("Suggestion"), "suggestion_tracking/suggestion_link.html", {
        "number": case.number, "name": case.title, "url": f"/d/{node.code}/suggestion_tracking/suggestion/{case.id}",
        "state": str(state.label) if state else case.state, "tone": state.tone if state else "info"}, order=5)]


def card_panel(record: Any, actor: Any, node: Any) -> list[Panel]:
    """What the office does about a card that is still out: on paper, and by a link that is shown once."""
    if record.state != "issued" or not actor.may_on(f"{P}receipt_paper", record):
        return []
    here = f"/d/{node.code}/suggestion_tracking/receipt/{record.id}"
    return [Panel(_("Collect this card"), "suggestion_tracking/receipt_ways.html", {
        "paper_url": f"{here}/paper", "link_url": f"{here}/card-link"}, order=8)]


def answers_panel(record: Any, actor: Any, node: Any) -> list[Panel]:
    """The questions of an inspection with their answers; what may follow when something was not in order."""
    if not record.answers:
        return []
    known = {key for key, _label in choices.YES_NO}
    fields: dict[str, Any] = QUESTIONS[record.kind]._declared_fields
    rows = [(str(field.label), word(choices.YES_NO, said) if said in known else str(said))
            for name, field in fields.items() if (said := record.answers.get(name))]
    follow = []
    if record.result in {"to_improve", "not_in_order"}:
        about = {"suggestion": record.suggestion_number, "inspection_number": record.number, "division": _code(record)}
        for name, label, more in (("letter", _("Write a supervision slip"), {"cause": "inspection", "text": record.found[:300]}),
                                  ("list_item", _("Enter it in the list of problems"), {"problem": record.found[:300]})):
            if actor.may_on(f"{P}{name}.create", record):
                follow.append({"label": label,
                               "url": f"/d/{node.code}/suggestion_tracking/{name}/new?{urlencode({**about, **more})}"})
    return [Panel(_("Questions and answers"), "suggestion_tracking/answers.html", {"rows": rows, "buttons": follow}, order=4)]


def sample_panel(record: Any, actor: Any, node: Any) -> list[Panel]:
    """What was drawn, and whether seed and numbers give it again now."""
    entity = registry().entity(f"{P}inspection")
    checks = list(scoped(Inspection.select().where(Inspection.sample_id == record.id), entity, "view", node, actor)
                  .order_by(Inspection.id))
    flow = registry().workflow_of(entity.key)
    assert flow is not None
    drawn = {row.suggestion_number: row for row in checks}
    rows = [{"number": number, "title": drawn[number].title if number in drawn else "",
             "url": f"/d/{node.code}/suggestion_tracking/inspection/{drawn[number].id}" if number in drawn else "",
             "state": str(flow.state(drawn[number].state).label) if number in drawn else "",
             "tone": flow.state(drawn[number].state).tone if number in drawn else "muted"} for number in record.drawn]
    return [Panel(_("Drawn"), "suggestion_tracking/sample.html", {
        "rows": rows, "right": samples.is_reproducible(record), "seed": record.seed, "count": record.count}, order=4)]


def round_panel(record: Any, actor: Any, node: Any) -> list[Panel]:
    """The figures of a round and its buttons."""
    here = f"/d/{node.code}/suggestion_tracking/round/{record.id}"
    may = record.closed_on is None and actor.may_on(f"{P}round.edit", record)
    entity = registry().entity(f"{P}inspection")
    found = list(scoped(Inspection.select().where(Inspection.round_id == record.id), entity, "view", node, actor)
                 .order_by(Inspection.id).limit(2 * MOST))
    return [Panel(_("What the round brought"), "suggestion_tracking/round.html", {
        "figures": rounds.titles(record.figures if record.closed_on else rounds.figures(record)),
        "rows": _rows(entity, found, lambda row, names: row.title, node), "fill_url": f"{here}/fill" if may else "",
        "close_url": f"{here}/close" if may else ""}, order=4)]


_PANELS: dict[tuple[str, str], Callable[[Any, Any, Any], list[Panel]]] = {
    ("detail.main", "suggestion"): follow_up, ("detail.aside", "suggestion"): preset_panel,
    ("detail.aside", "receipt"): card_panel, ("detail.main", "inspection"): answers_panel,
    ("detail.main", "sample"): sample_panel, ("detail.main", "round"): round_panel,
}
