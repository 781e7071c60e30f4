"""The yearly appraisal of units (一考核): items and weights are data, and it is off until its legal basis is recorded.

The rules of 2026 forbid scoring and ranking without a basis (domain §9), so nothing is scored, fixed or ranked before the name of
the document that orders it and the last day on which it holds are recorded, nor after that day. Only outcomes can be items: the
rates, and what people give by a written rule. A fixed result stays as it is.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from grid321.core.api import (
    Actor,
    Conflict,
    Counter,
    Entity,
    Node,
    Refused,
    ancestor_columns,
    counters,
    format_day,
    local_day,
    now,
    people,
    records,
    setting,
    statistics,
    transaction,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import evaluation_counts as counts
from . import evaluation_rates as rates
from .evaluation_models import Appraisal, AppraisalItem, AppraisalResult, AppraisalScore
from .evaluation_schemas import AppraisalSchema, ItemSchema, ResultSchema, ScoreSchema

PLUGIN = "suggestion_tracking"


@dataclass
class Points:
    """What one unit got: hundredths of points, of how many, and how each item came about."""

    department_id: int
    points: int = 0
    reachable: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)
    rank: int | None = None


def check_appraisal(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """A basis has an end day that is not past when it is entered; an open scheme keeps its year and its basis."""
    errors: dict[str, list[str]] = {}
    basis = data.get("legal_basis", getattr(record, "legal_basis", ""))
    until = data.get("valid_until", getattr(record, "valid_until", None))
    if basis and until is None:
        errors["valid_until"] = [_("Enter the last day on which this basis holds. A basis without end is not accepted.")]
    if until is not None and not basis:
        errors["legal_basis"] = [_("Name the document that orders this appraisal, with its number.")]
    if "valid_until" in data and until is not None and until < local_day():
        errors["valid_until"] = [_("This day is past: the basis does not hold any more.")]
    if record is not None and record.state != "draft" and {"year", "legal_basis", "basis_on"} & set(data):
        changed = [name for name in ("year", "legal_basis", "basis_on") if name in data and data[name] != getattr(record, name)]
        errors |= {name: [_("The appraisal is open: this stays as it was when it was opened.")] for name in changed}
    return errors


def check_item(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """Items change while the scheme is prepared; where people give the points, the rule is written down."""
    scheme = Appraisal.get_or_none(Appraisal.id == data.get("appraisal_id", getattr(record, "appraisal_id", None)))
    errors: dict[str, list[str]] = {}
    if scheme is None or scheme.division_id != (record.division_id if record is not None else node.id):
        errors["appraisal"] = [_("Choose an appraisal of this county or town.")]
    elif scheme.state != "draft":
        errors["appraisal"] = [_("This appraisal is open or closed: its items stay as they are.")]
    source = data.get("source", getattr(record, "source", "people"))
    if source == "people" and not data.get("rule", getattr(record, "rule", "")):
        errors["rule"] = [_("Write when all points are given and when fewer: people give them by this rule.")]
    return errors


def check_score(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """Points are given in an open appraisal with a valid basis, for items that people judge, and not above the weight."""
    item = AppraisalItem.get_or_none(AppraisalItem.id == data.get("item_id", getattr(record, "item_id", None)))
    if item is None or item.division_id != (record.division_id if record is not None else node.id):
        return {"item": [_("Choose an item of an appraisal of this county or town.")]}
    errors: dict[str, list[str]] = {}
    scheme = Appraisal.get_by_id(item.appraisal_id)
    data["appraisal_id"] = scheme.id
    off = why_off(scheme, local_day())
    if off or scheme.state != "open":
        errors["item"] = [off or _("This appraisal is not open.")]
    if item.source != "people":
        errors["item"] = [_("The points of this item come from a rate: nobody enters them.")]
    points = data.get("points", getattr(record, "points", 0))
    if points is not None and points > item.weight:
        errors["points"] = [_("At most %(count)s points can be given here.", count=item.weight)]
    return errors


def delete_appraisal(record: Any, actor: Actor, node: Node) -> None:
    """Take a prepared scheme back with its items. Raises ``Refused`` once it was opened."""
    if record.state != "draft":
        raise Refused(_("An appraisal that was opened is never deleted."), record.name, code="wrong_state")
    AppraisalItem.delete().where(AppraisalItem.appraisal_id == record.id).execute()


STEPS = (("open_appraisal", _l("Appraisal opened")), ("fix_appraisal", _l("Result fixed")),
         ("publish_appraisal", _l("Result published")))
ACTIONS = ("create", "edit", "delete")
APPRAISAL = Entity(
    f"{PLUGIN}.appraisal", model=Appraisal, schema=AppraisalSchema, label=_l("Appraisals of units"),
    columns=("name", "year", "division", "state", "legal_basis", "valid_until", "published_on"), filters=("year", "state"),
    search=("name",), title="name", actions=ACTIONS, icon="clipboard-check", levels=("county", "town"), check=check_appraisal,
    delete=delete_appraisal, steps=STEPS, menu="more",
    closed=lambda record: record.state == "closed",
    description=_l("Off until a legal basis and an end day are recorded. Counts outcomes, never logins, photos or kilometres."))
ITEM = Entity(
    f"{PLUGIN}.appraisal_item", model=AppraisalItem, schema=ItemSchema, label=_l("Items of appraisals"),
    columns=("name", "appraisal", "position", "weight", "source"), filters=("appraisal", "source"), search=("name",),
    sorts=("position", "-id"), title="name", actions=ACTIONS, icon="list-ul", menu=None, levels=("county", "town"),
    check=check_item)
SCORE = Entity(
    f"{PLUGIN}.appraisal_score", model=AppraisalScore, schema=ScoreSchema, label=_l("Points given to units"),
    columns=("item", "department", "points", "reason"), filters=("appraisal", "item", "department"), title="id", actions=ACTIONS,
    icon="pencil", menu=None, levels=("county", "town"), check=check_score)
RESULT = Entity(
    f"{PLUGIN}.appraisal_result", model=AppraisalResult, schema=ResultSchema, label=_l("Results of appraisals"),
    columns=("appraisal", "department", "points", "reachable", "rank"), filters=("appraisal", "department"), title="id",
    actions=("export",), icon="star", menu=None, levels=("county", "town"), counters=(Counter("appraisal_id"),),
    closed=lambda record: True)


def why_off(scheme: Any, today: date) -> str:
    """Why nothing may be scored or ranked by this scheme today, in words; empty when it may."""
    if not scheme.legal_basis or scheme.valid_until is None:
        return _("This appraisal is off: no legal basis with an end day is recorded.")
    if scheme.valid_until < today:
        return _("This appraisal is off: its legal basis held until %(day)s.", day=format_day(scheme.valid_until))
    return ""


def ranking_allowed(node: Node, year: int) -> bool:
    """True when an appraisal of that year with a valid basis is open or was closed here: only then units are ranked."""
    schemes = Appraisal.select().where(
        (Appraisal.division_id == node.id) & (Appraisal.year == year) & (Appraisal.state != "draft"))
    return any(not why_off(scheme, local_day()) for scheme in schemes)


def items_of(scheme: Any) -> list[AppraisalItem]:
    """The items of a scheme in their order."""
    return list(AppraisalItem.select().where(AppraisalItem.appraisal_id == scheme.id).order_by(
        AppraisalItem.position, AppraisalItem.id))


# ---------------------------------------------------------------- points

def points_by_unit(scheme: Any, node: Node) -> dict[int, Points]:
    """What each unit has got so far: units that had a suggestion in the year, and those that people gave points.

    An item whose rate rests on too few cases, or for which no points were given yet, is left out for that unit.
    """
    minimum = int(setting(f"{PLUGIN}.rate_minimum", node.id))
    bags = counts.bags_by_unit(node, scheme.year)
    given = {(row.item_id, row.department_id): row for row in AppraisalScore.select().where(
        AppraisalScore.appraisal_id == scheme.id)}
    items = items_of(scheme)
    units = sorted({*bags, *(unit for _item, unit in given)})
    return {unit: _points_of(unit, items, rates.all_counted(bags.get(unit, {}), minimum, units=True), given) for unit in units}


def _points_of(unit: int, items: Iterable[Any], found: Mapping[str, statistics.Percentage],
               given: Mapping[tuple[int, int], Any]) -> Points:
    made = Points(unit)
    for item in items:
        entry: dict[str, Any] = {"item": item.id, "name": item.name, "weight": item.weight, "source": item.source}
        if item.source == "people":
            score = given.get((item.id, unit))
            entry["points"] = 100 * score.points if score is not None else None
        else:
            rate = found[item.source]
            entry |= {"top": rate.top, "bottom": rate.bottom}
            entry["points"] = None if rate.small else rates.share(rate.top, rate.bottom, item.weight)
        made.items.append(entry)
        if entry["points"] is not None:
            made.points += entry["points"]
            made.reachable += 100 * item.weight
    return made


def ranked(found: Mapping[int, Points], total: int) -> None:
    """Give ranks by the share of reachable points; a unit judged on less than half of ``total`` points gets none."""
    shares = {unit: statistics.Percentage(one.points, one.reachable, max(1, 50 * total)) for unit, one in found.items()}
    for unit, rank in rates.ranks(shares).items():
        found[unit].rank = rank


def share_text(points: int, reachable: int) -> str:
    """Points of reachable ones in per cent, rounded half up to two decimals; a dash without any."""
    if not reachable:
        return "–"
    return f"{(Decimal(100 * points) / reachable).quantize(Decimal('0.01'), ROUND_HALF_UP)} %"


# ---------------------------------------------------------------- steps

def open_(scheme: Any, actor: Actor, node: Node) -> None:
    """Open a prepared appraisal: from now on points can be given. Raises ``Refused`` without basis, end day or items."""
    _refuse(scheme, "draft", why_off(scheme, local_day()) or ("" if items_of(scheme) else _("It has no items yet.")))
    _move(scheme, actor, node, "open", "open_appraisal", opened_on=local_day())


def fix(scheme: Any, actor: Actor, node: Node) -> int:
    """Fix the result of an open appraisal with its ranks; returns how many units it covers.

    Raises ``Refused`` when the basis does not hold today or somebody's points are missing.
    """
    with transaction():
        found = points_by_unit(scheme, node)
        _refuse(scheme, "open", why_off(scheme, local_day()) or _missing(found))
        ranked(found, sum(item.weight for item in items_of(scheme)))
        _move(scheme, actor, node, "closed", "fix_appraisal", fixed_on=local_day())
        here = tree()
        for one in found.values():
            row = AppraisalResult.create(
                appraisal_id=scheme.id, department_id=one.department_id, points=one.points, reachable=one.reachable,
                rank=one.rank, items=one.items, created_by=actor.account_id, **ancestor_columns(here, node))
            counters.apply(counters.stock(RESULT, None, row.__data__, (), node.path))
    return len(found)


def _missing(found: Mapping[int, Points]) -> str:
    missing = [(one.department_id, entry["name"]) for one in found.values() for entry in one.items
               if entry["source"] == "people" and entry["points"] is None]
    if not found:
        return _("No unit had a suggestion in this year.")
    if not missing:
        return ""
    names = people.Department.select(people.Department.id, people.Department.name).where(
        people.Department.id == missing[0][0]).tuples().first()
    return _("Points are missing (%(count)s): the first is “%(item)s” of %(unit)s.", count=len(missing), item=missing[0][1],
             unit=names[1] if names else "")


def publish(scheme: Any, actor: Actor, node: Node) -> None:
    """Publish the fixed result. Raises ``Refused`` before it is fixed."""
    _refuse(scheme, "closed", _("It is published already.") if scheme.published_on is not None else "")
    _move(scheme, actor, node, "closed", "publish_appraisal", published_on=local_day())


def _refuse(scheme: Any, state: str, why: str) -> None:
    if scheme.state != state:
        raise Refused(_("This step is not possible now."), scheme.name, _("Load the page again to see its present state."),
                      code="wrong_state")
    if why:
        raise Refused(why, scheme.name, _("Complete it on the page of the appraisal, then try again."), code="appraisal_off")


def _move(scheme: Any, actor: Actor, node: Node, state: str, step: str, **values: Any) -> None:
    with transaction():
        done = Appraisal.update(state=state, version=scheme.version + 1, updated_at=now(), **values).where(
            (Appraisal.id == scheme.id) & (Appraisal.version == scheme.version)).execute()
        if done != 1:
            raise Conflict(_("Somebody else was faster."), scheme.name, _("Load the page again."))
        for name, value in {"state": state, "version": scheme.version + 1, **values}.items():
            setattr(scheme, name, value)
        records.note(APPRAISAL, scheme, actor, node, step)


ENTITIES = (APPRAISAL, ITEM, SCORE, RESULT)
