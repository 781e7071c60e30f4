"""The forms of the platform itself: the bulletin of a month (通报) and the write-off ledger (销号制台账)."""
from __future__ import annotations

from typing import Any

from . import month_bulletin
from . import statistics as st
from .actor import Actor
from .bank_pages import ledger_values
from .banks import TERMS, entities_at, has_bank
from .entity import DivisionDocument
from .i18n import format_day
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .month_pages import corrections
from .months import VIEW
from .sheet import WIDE, Cell, Each, Gap, Heading, Line, Row, Sheet, Sign, Table, Text, Title, When, head
from .statistics_view import month_label
from .tree import Node

_COUNTS = tuple(range(len(TERMS)))
_KINDS = tuple(head(f"{{{{ kinds[{place}] }}}}") for place in _COUNTS)
_ANCHOR = When("anchor_text", (Text("{{ anchor_text }}", "note"),),
               (Text(_l("The month is not closed: these figures may still change and carry no anchor."), "note"),))
_SIGN = Sign(_l("In charge (signature, seal):"), (_l("Printed on"), " {{ printed }}"))


def _figures(first: Any, name: str, loop: str, row: str, mark: str = "") -> Table:
    """A table with a row for each item of ``loop`` and a column for each term of the balance law."""
    cells = tuple(Cell(f"{{{{ {row}.cells[{place}]|number }}}}", align="right") for place in _COUNTS)
    return Table((34, *(21 for _one in TERMS)), (
        Row((head(first), *_KINDS), head=True),
        Each(loop, (Row((Cell(f"{{{{ {row}.{name} }}}}{mark}"), *cells)),))))


BULLETIN = DivisionDocument(
    "core.bulletin", _l("Bulletin on the matters of the month"), VIEW,
    Sheet((
        Title("{{ place.name }}{{ document.label }}"),
        Line("{{ period }}", ("{% if provisional %}", _l("PROVISIONAL"), ": {% endif %}{{ state }}")),
        Each("table in tables", (
            Heading(("{{ table.label }}", _l(": by level"))),
            _figures(_l("Level"), "label", "level in table.levels", "level"),
            When("table.has_below", (
                When("table.below", (
                    Heading(("{{ table.label }}", _l(": banks of the divisions below, in the order of the tree"))),
                    _figures(_l("Division"), "name", "row in table.below", "row", "{% if not row.closed %} *{% endif %}"),)),
                Text("{{ table.note }}", "note"))))),
        When("corrections", (
            Heading(_l("Corrections of closed months")),
            Table((26, 70, 90, 75), (
                Row((head(_l("Month")), head(_l("What is corrected")), head(_l("Reason")), head(_l("Proposed by, approved by"))),
                    head=True),
                Each("one in corrections", (Row((Cell("{{ one.month }}"), Cell("{{ one.what }}"), Cell("{{ one.reason }}"),
                                                 Cell("{{ one.proposed }}\n{{ one.decided }}"))),)))))),
        Text((_l("Formula"), ": {{ formula }}"), "note"),
        Text((_l("Cut-off"), ": {{ cutoff }}{% if closed_text %} · {{ closed_text }}{% endif %}"), "note"),
        _ANCHOR, _SIGN), WIDE),
    lambda node, actor, month: bulletin_values(node, month, actor))


def bulletin_values(node: Node, month: str, actor: Actor) -> dict[str, Any]:
    """What the bulletin of a month says, with the corrections that were booked in it."""
    said = month_bulletin.context(node, month, actor)
    for table in said["tables"]:
        firm = all(row["closed"] for row in table["below"])
        silent = _("%(count)s divisions below had nothing in their bank.", count=table["silent"]) if table["silent"] else ""
        table["note"] = " ".join(text for text in (silent, "" if firm else _("* not closed yet, provisional")) if text)
    booked = [{**one, "what": _("%(label)s: %(count)s counted as “%(before)s” count as “%(after)s”", label=one["entity"],
                                count=one["n"], before=one["from"], after=one["to"])} for one in corrections(node, booked=month)]
    closed = _("closed on %(day)s", day=said["closed_at"]) if said["closed_at"] else ""
    return {**said, "corrections": booked, "closed_text": closed, "anchor_text": anchor_text(said["anchor"])}


def anchor_text(row: Any) -> str:
    """The ledger's position and head that a closed month carries; empty for an open one."""
    return "" if row is None else _("Ledger position %(position)s, head %(head)s", position=row.position, head=row.head)


LEDGER = DivisionDocument(
    "core.write_off_ledger", _l("Write-off ledger"), VIEW,
    Sheet((
        Title("{{ place.name }}{{ document.label }}"),
        Each("bank in banks", (
            When("not loop.first", (Gap(),)),
            Line("{{ period }} · {{ bank.label }}", "{{ bank.state }}"),
            Table((11, 49, 62, 43, 44, 52), (
                Row(tuple(map(head, (_l("No."), _l("Number"), _l("Matter"), _l("Came into the bank"), _l("Handled by, due"),
                                     _l("What became of it")))), head=True),
                Each("row in bank.rows", (Row((
                    Cell("{{ loop.index }}", align="middle"), Cell("{{ row.number }}"), Cell("{{ row.title }}"),
                    Cell("{{ row.came }}"), Cell("{{ row['with'] }}{% if row.due %}\n{{ row.due }}{% endif %}"),
                    Cell("{% if row.struck %}✓ {% endif %}{{ row.end }}"))),)),
                When("not bank.rows", (Row((Cell(_l("Nothing lay in the bank in this month."), 6, align="middle"),)),)))),
            When("bank.hidden", (Text("{{ bank.hidden }}", "note"),)),
            Text("{{ bank.balance }}", "note"),
            When("bank.anchor", (Text("{{ bank.anchor }}", "note"),)))),
        Text((_l("Formula"), ": {{ formula }}"), "note"), _SIGN), WIDE),
    lambda node, actor, month: write_off_values(node, month, [
        entity for entity in entities_at(node) if has_bank(entity, node) and actor.may(entity.permission("view"), node)]),
    when=lambda node: any(has_bank(entity, node) for entity in entities_at(node)))


def write_off_values(node: Node, month: str, entities: list[Any]) -> dict[str, Any]:
    """What the write-off ledgers of a division say of a month: a bank for each of ``entities``."""
    banks = []
    for entity in entities:
        one = ledger_values(entity, node, month)
        banks.append({**one, "anchor": anchor_text(one["anchor"]), "hidden": _(
            "%(count)s more matters are not shown to you.", count=one["hidden"]) if one["hidden"] else "",
            "balance": _(", ").join(f"{cell['label']} {cell['text']}" for cell in one["cells"])})
    return {"banks": banks, "place": node, "period": month_label(month), "formula": str(st.Funnel("", "", "").formula)}


def ledger_page(node: Node, month: str, entities: list[Any]) -> dict[str, Any]:
    """What the page of the ledger of chosen banks gets."""
    return {"number": "", "title": str(LEDGER.label), "printed": format_day(st.db.local_day()),
            **write_off_values(node, month, entities)}


DOCUMENTS = (BULLETIN, LEDGER)
