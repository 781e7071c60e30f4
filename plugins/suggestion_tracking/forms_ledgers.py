"""Ledgers and lists of a division: write-off ledger of suggestions (销号台账), ledger of promises, the three lists (三清单).

Each holds the records that its reader may see, in a fixed number of queries. What is more than a paper can hold is counted and
said, never cut off in silence.
"""
from __future__ import annotations

from datetime import date
from typing import Any

from grid321.core.api import Actor, DivisionDocument, Node, class_label, format_day, gettext, registry, scoped, sheet
from grid321.core.api import lazy_gettext as _

from .forms_values import P, names_of, unit_names
from .life_models import Suggestion, Task
from .supervision_models import Commitment, ListItem

s = sheet
MOST = 2000
ORDER = s.Cell("{{ loop.index }}", align="middle")
HEADED = s.Line("{{ asked }}{{ year_word }}", "{{ counted }}")
SIGNED = s.Sign(_("In charge (signature, seal):"), _("Printed on {{ printed }}"))
MORE = s.When("more", (s.Text("{{ more }}", "note"),))


def _rows(name: str, query: Any, node: Node, actor: Actor) -> tuple[list[Any], dict[str, Any]]:
    """The records that the actor may see, and what the paper says of their number."""
    entity = registry().entity(P + name)
    found = list(scoped(query, entity, "view", node, actor).order_by(entity.model.id).limit(MOST + 1))
    more = gettext("Only the first %(count)s are printed here; export the list for all of them.", count=MOST)
    return found[:MOST], {"more": more if len(found) > MOST else "", "counted": gettext(
        "%(count)s in all", count=min(len(found), MOST)), "year_word": gettext(" (year)")}


def _states(name: str) -> dict[str, str]:
    flow = registry().every_version_of(P + name)
    return {state.key: str(state.label) for state in flow.states} if flow is not None else {}


def _day(day: date | None) -> str:
    """A day in a narrow column: the year on its own line, so that no line ends within the day."""
    return format_day(day).replace("年", "年\n")


def _within(column: Any, year: str) -> Any:
    return column.between(date(int(year), 1, 1), date(int(year), 12, 31))


# ---------------------------------------------------------------- write-off ledger of suggestions

def suggestions(node: Node, actor: Actor, year: str) -> dict[str, Any]:
    """Every suggestion that was handed over in the year: who raised it, who handles it, what became of it. Six queries."""
    found, said = _rows("suggestion", Suggestion.select().where(_within(Suggestion.handed_on, year)), node, actor)
    tasks = Task.select(Task.suggestion_id, Task.department_id, Task.role).where(
        Task.suggestion_id.in_([one.id for one in found] or [0]) & (Task.state != "taken_back")).order_by(Task.id).tuples()
    units: dict[int, dict[bool, list[int]]] = {}
    for suggestion_id, unit, role in tasks:
        units.setdefault(suggestion_id, {}).setdefault(role == "co", []).append(unit)
    names = unit_names(unit for groups in units.values() for ids in groups.values() for unit in ids)
    people, states = names_of(one.deputy_id for one in found), _states("suggestion")
    promises = {row[0] for row in Commitment.select(Commitment.suggestion_number).where(
        Commitment.closed_at.is_null() & Commitment.suggestion_number.in_([one.number for one in found] or [""])).tuples()}

    def named(one: Any, co: bool) -> str:
        return "、".join(names.get(unit, "") for unit in units.get(one.id, {}).get(co, ()))

    return {**said, "rows": [{
        "number": one.number, "title": one.title, "deputy": people.get(one.deputy_id, ""), "lead": named(one, False),
        "co": named(one, True), "handed_on": _day(one.handed_on), "due": _day(one.due),
        "answered_on": _day(one.answered_on), "outcome": _class("outcome", one.outcome, one),
        "rating": _class("rating", one.rating, one), "state": states.get(one.state, one.state),
        "open_promises": gettext("promises open") if one.number in promises else "",
        "struck": one.outcome and one.state == "closed", "closed": _day(one.closed_at)} for one in found]}


def _class(scheme: str, code: str | None, one: Any) -> str:
    return class_label(P + scheme, code, one.division_id) if code else ""


LEDGER = s.Sheet((
    s.Title("{{ place.name }}{{ document.label }}"), HEADED,
    s.Table((11, 43, 46, 19, 35, 20, 25, 22, 15, 25), (
        s.heads(_("No."), _("Number"), _("Title"), _("Deputy"), _("Units (co-handling)"), _("Handed over on"),
               _("Day of the answer (limit)"), _("Outcome class"), _("Rating"), _("Present state")),
        s.Each("row in rows", (s.Row((
            ORDER, s.Cell("{{ row.number }}"), s.Cell("{{ row.title }}"), s.Cell("{{ row.deputy }}"),
            s.Cell("{{ row.lead }}{% if row.co %}\n（{{ row.co }}）{% endif %}"), s.Cell("{{ row.handed_on }}"),
            s.Cell("{{ row.answered_on or (row.due and '（' ~ row.due ~ '）') }}"), s.Cell("{{ row.outcome }}"),
            s.Cell("{{ row.rating }}"),
            s.Cell("{% if row.struck %}✓ {% endif %}{{ row.state }}{% if row.closed %}\n{{ row.closed }}{% endif %}"
                   "{% if row.open_promises %}\n{{ row.open_promises }}{% endif %}"))),)),
        s.When("not rows", (s.Row((s.Cell(_("No suggestion was handed over in this year."), 10, align="middle"),)),)))),
    MORE, SIGNED), s.WIDE)


# ---------------------------------------------------------------- promises

def promises(node: Node, actor: Actor, year: str) -> dict[str, Any]:
    """The promises made up to the end of the year that were still open in it: each year's paper carries on the earlier ones."""
    first, last = date(int(year), 1, 1), date(int(year), 12, 31)
    found, said = _rows("commitment", Commitment.select().where(
        (Commitment.promised_on <= last) & (Commitment.closed_at.is_null() | (Commitment.closed_at >= first))), node, actor)
    names, states = unit_names(one.department_id for one in found), _states("commitment")
    return {**said, "rows": [{
        "number": one.number, "suggestion": one.suggestion_number, "title": one.title, "unit": names.get(one.department_id, ""),
        "promised_on": _day(one.promised_on), "due_on": _day(one.due_on), "carried": one.carried,
        "progress": one.progress, "state": states.get(one.state, one.state),
        "done_on": _day(one.done_on)} for one in found]}


PROMISES = s.Sheet((
    s.Title("{{ place.name }}{{ document.label }}"), HEADED,
    s.Table((11, 43, 54, 34, 20, 20, 15, 42, 22), (
        s.heads(_("No."), _("Suggestion"), _("What is promised"), _("Unit"), _("Promised on"), _("Promised for"), _("Carried on"),
               _("How far it is"), _("State")),
        s.Each("row in rows", (s.Row((
            ORDER, s.Cell("{{ row.suggestion }}"), s.Cell("{{ row.title }}"), s.Cell("{{ row.unit }}"),
            s.Cell("{{ row.promised_on }}"), s.Cell("{{ row.due_on }}"), s.Cell("{{ row.carried }}", align="middle"),
            s.Cell("{{ row.progress }}"),
            s.Cell("{{ row.state }}{% if row.done_on %}\n{{ row.done_on }}{% endif %}")), whole=False),)),
        s.When("not rows", (s.Row((s.Cell(_("No promise was open in this year."), 9, align="middle"),)),)))),
    MORE, SIGNED), s.WIDE)


# ---------------------------------------------------------------- the three lists

def lists(node: Node, actor: Actor, year: str) -> dict[str, Any]:
    """The problems found in the year or still open in it: what is wrong, who answers for it, how it is put right."""
    first, last = date(int(year), 1, 1), date(int(year), 12, 31)
    found, said = _rows("list_item", ListItem.select().where(
        (ListItem.state != "dropped") & (ListItem.found_on <= last)
        & (ListItem.closed_at.is_null() | (ListItem.closed_at >= first))), node, actor)
    names, states = unit_names(one.department_id for one in found), _states("list_item")
    return {**said, "rows": [{
        "number": one.number, "suggestion": one.suggestion_number, "title": one.title, "problem": one.problem,
        "found_on": _day(one.found_on), "unit": names.get(one.department_id, ""), "duty": one.duty, "leader": one.leader,
        "person": one.person, "measure": one.measure, "limit_on": _day(one.limit_on or one.due), "result": one.result,
        "rectified": "\n".join(text for text in (_day(one.rectified_on), one.verified_by) if text),
        "state": states.get(one.state, one.state)} for one in found]}


def _list(title: Any, widths: tuple[float, ...], names: tuple[Any, ...], *values: str) -> tuple[Any, ...]:
    cells = tuple(s.Cell(f"{{{{ {value} }}}}") for value in values)
    return (s.Title(("{{ place.name }}", title)), HEADED, s.Table((11, *widths), (
        s.heads(_("No."), *names), s.Each("row in rows", (s.Row((ORDER, *cells), whole=False),)),
        s.When("not rows", (s.Row((s.Cell(_("No problem is on the list."), len(widths) + 1, align="middle"),)),)))), MORE, SIGNED)


LISTS = s.Sheet((
    *_list(_("List of problems"), (43, 43, 50, 67, 22, 25), (
        _("Number"), _("Suggestion"), _("Problem"), _("What is wrong"), _("Found on"), _("State")),
        "row.number", "row.suggestion", "row.title", "row.problem", "row.found_on", "row.state"),
    s.Break(),
    *_list(_("List of responsibilities"), (44, 52, 44, 62, 28, 28), (
        _("Number"), _("Problem"), _("Responsible unit"), _("Responsibility"), _("Leader in charge"), _("Person responsible")),
        "row.number", "row.title", "row.unit", "row.duty", "row.leader", "row.person"),
    s.Break(),
    *_list(_("List of rectifications"), (43, 44, 60, 22, 54, 27), (
        _("Number"), _("Problem"), _("Measure to put it right"), _("To be put right by"), _("What was done"),
        _("Put right on, confirmed by")),
        "row.number", "row.title", "row.measure", "row.limit_on", "row.result", "row.rectified")),
    s.WIDE)


DOCUMENTS = (
    DivisionDocument(f"{P}suggestion_ledger", _("Write-off ledger of suggestions"), f"{P}suggestion.view", LEDGER, suggestions,
                     "year"),
    DivisionDocument(f"{P}promise_ledger", _("Ledger of promises"), f"{P}commitment.view", PROMISES, promises, "year"),
    DivisionDocument(f"{P}three_lists", _("Three lists"), f"{P}list_item.view", LISTS, lists, "year"),
)
