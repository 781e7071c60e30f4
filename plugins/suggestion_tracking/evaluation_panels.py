"""What the evaluation adds to pages: what is noticed at a case, and the steps of an appraisal, a ballot, a choice."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Node, Panel, format_day, is_on, local_day, people, statistics
from grid321.core.api import gettext as _

from . import evaluation_appraisal as appraisal
from . import evaluation_ballot as ballots
from .evaluation_models import Smell
from .evaluation_schemas import SMELLS
from .evaluation_smells import MODELS, PLUGIN, SMELL

KINDS = dict(SMELLS)


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """The panels for a slot, or None."""
    if slot == "statistics" and actor.may(SMELL.permission("view"), node):
        rows = smell_counts(node)
        panel = Panel(_("Things to look at"), "suggestion_tracking/smells_panel.html", {"rows": rows}, order=70)
        return [panel] if rows else None
    if entity is None or record is None:
        return None
    if slot == "detail.main" and entity.key in MODELS and actor.may_on(SMELL.permission("view"), record):
        found = smells_of(entity.key, record.id)
        panel = Panel(_("Things to look at"), "suggestion_tracking/smell_panel.html", {"found": found}, order=20)
        return [panel] if found else None
    if slot == "detail.main" and entity.key in {SMELL.key, f"{PLUGIN}.counted"}:
        return [case_panel(entity.key, record, node)]
    makers = {appraisal.APPRAISAL.key: appraisal_panel, ballots.BALLOT.key: ballot_panel, f"{PLUGIN}.chosen": chosen_panel}
    maker = makers.get(entity.key)
    if slot != "detail.main" or maker is None:
        return None
    made = maker(record, actor, node)
    return [made] if made is not None else None


# ---------------------------------------------------------------- bad smells

def smell_text(kind: str, measured: int, threshold: int, other: str) -> str:
    """What a rule measured, in words with both numbers."""
    if kind == "pushed":
        return _("Handed over or sent back %(n)s times; noticed from %(least)s times.", n=measured, least=threshold)
    if kind == "dragged":
        return _("No step for %(n)s days; noticed from %(least)s days.", n=measured, least=threshold)
    if kind == "past":
        return _("The reply shares %(n)s terms with the request; noticed below %(least)s.", n=measured, least=threshold)
    return _("%(n)s other replies of the unit say nearly the same, most of all that to %(other)s; noticed from %(least)s.",
             n=measured, least=threshold, other=other)


def smells_of(entity_key: str, record_id: int) -> list[dict[str, Any]]:
    """What is noticed at a case now; one query on an index, nothing is computed."""
    rows = Smell.select(Smell.kind, Smell.measured, Smell.threshold, Smell.other, Smell.since).where(
        (Smell.entity == entity_key) & (Smell.record_id == record_id) & (Smell.state == "open")).order_by(Smell.id).tuples()
    return [{"label": str(KINDS[kind]), "text": smell_text(kind, measured, threshold, other), "since": format_day(since)}
            for kind, measured, threshold, other, since in rows]


def smell_counts(node: Node) -> list[dict[str, Any]]:
    """How many cases each rule notices now at a division, with the list behind; from counters only. Empty when none."""
    counted = statistics.stock(SMELL, node, ["kind,state"])["kind,state"]
    base = f"/d/{node.code}/{PLUGIN}/smell/?state=open&kind=" if is_on(PLUGIN, node.id) else ""
    rows = [{"kind": kind, "label": str(label), "n": counted.get(f"{kind}|open", 0), "url": base and base + kind}
            for kind, label in SMELLS]
    return rows if any(row["n"] for row in rows) else []


def case_panel(entity_key: str, record: Any, node: Node) -> Panel:
    """On a row that the system made: the way to the case it is about."""
    if entity_key == SMELL.key:
        name, case_id = record.entity.partition(".")[2], record.record_id
        text = smell_text(record.kind, record.measured, record.threshold, record.other)
    else:
        name, case_id = ("commitment", record.commitment_id) if record.commitment_id else ("suggestion", record.suggestion_id)
        text = ""
    return Panel(_("The case"), "suggestion_tracking/case_panel.html", {
        "url": f"/d/{node.code}/{PLUGIN}/{name}/{case_id}", "number": record.number, "case_title": record.title, "text": text},
        order=5)


# ---------------------------------------------------------------- steps of the year

def appraisal_panel(record: Any, actor: Actor, node: Node) -> Panel:
    """Items, points so far, why it is off, and the steps that are possible."""
    here = f"/d/{node.code}/{PLUGIN}/appraisal/{record.id}"
    may = actor.may(f"{PLUGIN}.run_appraisal", node)
    off = appraisal.why_off(record, local_day()) if record.state != "closed" else ""
    items = appraisal.items_of(record)
    steps = {"draft": ("open", _("Open the appraisal")), "open": ("fix", _("Fix the result"))}
    step = steps.get(record.state) if may and not off else None
    if record.state == "closed" and record.published_on is None and may:
        step = ("publish", _("Publish the result"))
    base = f"/d/{node.code}/{PLUGIN}"
    return Panel(_("Items and points"), "suggestion_tracking/appraisal_panel.html", {
        "off": off, "step": {"url": f"{here}/{step[0]}", "label": step[1]} if step else None,
        "items": [{"name": item.name, "weight": item.weight, "source": _source(item), "rule": item.rule,
                   "url": f"{base}/appraisal_item/{item.id}"} for item in items],
        "total": sum(item.weight for item in items), "points_url": f"{here}/points",
        "add_item": f"{base}/appraisal_item/new?appraisal={record.id}" if may and record.state == "draft" else "",
        "add_score": f"{here}/points" if may and record.state == "open" and not off else ""}, order=10)


def _source(item: Any) -> str:
    from .evaluation_schemas import SOURCES

    return str(dict(SOURCES)[item.source])


def ballot_panel(record: Any, actor: Actor, node: Node) -> Panel:
    """The paper, who may vote, the possible steps, and the count once it may be shown."""
    here = f"/d/{node.code}/{PLUGIN}/ballot/{record.id}"
    may = actor.may(f"{PLUGIN}.run_ballot", node)
    subjects = ballots.subjects_of(record.id)
    voter = ballots.voter_of(record.id, actor.person_id) if record.state == "open" else None
    shown = record.state == "closed" and record.votes >= record.minimum
    steps = []
    if may and record.state == "draft":
        steps = [("open", _("Open the ballot"))] if subjects else []
    elif may and record.state == "open":
        steps = [("links", _("Make voting links")), ("close", _("Close the ballot"))]
    elif may and shown and record.published_on is None:
        steps = [("publish", _("Publish the count"))]
    return Panel(_("The ballot"), "suggestion_tracking/ballot_panel.html", {
        "subjects": [subject.label for subject in subjects],
        "edit_url": f"{here}/paper" if may and record.state == "draft" else "",
        "steps": [{"url": f"{here}/{key}", "label": label, "key": key} for key, label in steps],
        "vote_url": f"{here}/vote" if voter is not None and not voter.voted else "",
        "voted": voter is not None and voter.voted, "result": ballots.result(record) if shown and (
            may or record.published_on is not None) else [], "answers": [(code, str(label)) for code, label in ballots.ANSWERS],
        "too_few": ballots.too_few(record) if record.state == "closed" and not shown else ""}, order=10)


def chosen_panel(record: Any, actor: Actor, node: Node) -> Panel | None:
    """The button to publish a choice."""
    if record.published_on is not None or not actor.may(f"{PLUGIN}.publish_year", node):
        return None
    return Panel(_("Publication"), "suggestion_tracking/chosen_panel.html", {
        "url": f"/d/{node.code}/{PLUGIN}/chosen/{record.id}/publish"}, order=10)


def unit_options(node: Node) -> list[tuple[str, str]]:
    """The units of a division and below that still receive work, in the order of the tree."""
    model = people.Department
    rows = model.select(model.id, model.name).where((getattr(model, node.column) == node.id) & (
        model.closed_on.is_null() | (model.closed_on > local_day()))).order_by(model.division_id, model.name).tuples()
    return [(str(unit), name) for unit, name in rows]
