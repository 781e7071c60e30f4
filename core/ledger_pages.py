"""``/d/<code>/core/ledger``: the state of the ledger, its newest entries, anchors to print, the export; the state as JSON."""
from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask, Response, g, render_template, request

from . import audit, chain_file, db, fields, forms, history, ledger, qr_codes, snapshot
from .access import current_actor, guarded
from .chain import EVERY
from .error_pages import problem_text
from .errors import BadRequest, NotFound, Problem
from .i18n import format_day, format_time
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .registry import registry
from .rest import answer, no_parameters
from .schemas import EntitySchema
from .tree import Node

PAGE, CHECKPOINTS = 50, 12
_OF_THE_CORE = {"core.switch": _l("Switch of a plugin"), "core.setting": _l("Setting"), "core.class": _l("Class"),
                "core.division": _l("Division")}


class ExportForm(EntitySchema):
    """Which entries, and what for."""

    purpose = fields.Text(_l("What for"), required=True, min=4, max=200, help=_l("It is kept in the audit log."))
    first = fields.Int(_l("First position"), min=1, max=2_000_000_000, help=_l("Leave it empty to begin with the first entry."))
    last = fields.Int(_l("Last position"), min=1, max=2_000_000_000, help=_l("Leave it empty to end with the newest entry."))


def register(app: Flask) -> None:
    """Add the pages; all need their permission at the division or above."""
    for path, name, view, permission, methods in (
            ("/d/<code>/core/ledger", "ledger", ledger_page, "core.audit.view", ["GET"]),
            ("/d/<code>/core/ledger/anchor", "ledger_anchor", anchor_page, "core.audit.view", ["GET"]),
            ("/d/<code>/core/ledger/export", "ledger_export", export_page, "core.ledger.export", ["GET", "POST"]),
            ("/api/v1/d/<code>/core/ledger", "api_ledger", state_api, "core.audit.view", ["GET"])):
        app.add_url_rule(path, f"core:{name}", guarded(view, permission, reach="covers"), methods=methods)


def _base() -> str:
    return f"/d/{g.node.code}/core/ledger"


def _crumbs(*rest: tuple[str, str]) -> list[tuple[str, str]]:
    return [(g.node.name, f"/d/{g.node.code}/"), *rest]


# ---------------------------------------------------------------- state

def ledger_page(code: str = "") -> str:
    """Position and last seal, checkpoints, and the newest entries below this division."""
    rows = _entries(request.args.get("before", ""))
    position, value = ledger.head()
    sealed = ledger.sealed_at(position)
    waiting = ledger.waiting()
    actions = [{"label": _("Print an anchor"), "url": f"{_base()}/anchor", "icon": "printer"}]
    if current_actor().may("core.ledger.export", g.node):
        actions.append({"label": _("Export"), "url": f"{_base()}/export", "icon": "download"})
    facts = [{"label": _("Entries sealed"), "text": f"{position:,}"},
             {"label": _("Time of the newest sealed entry"), "text": format_time(sealed) if sealed else "–"},
             {"label": _("Entries waiting for their seal"), "text": f"{waiting:,}"},
             {"label": _("Hash of the newest seal"), "text": " ".join(chain_file.groups(value)), "code": True},
             {"label": _("Name of this ledger"), "text": ledger.deployment() or "–", "code": True}]
    last = rows[-1].id if len(rows) == PAGE else None
    return render_template(
        "ledger.html", title=_("Ledger"), facts=facts, table=_table(rows), checkpoints=_checkpoints(), every=EVERY,
        crumbs=_crumbs((_("Ledger"), "")), page_actions=actions, next_url=f"{_base()}?before={last}" if last else None)


def state_api(code: str = "") -> Response:
    """The state of the ledger as JSON."""
    no_parameters()
    position, value = ledger.head()
    return answer({"position": position, "hash": value, "waiting": ledger.waiting(), "checkpoints": [
        {"position": row.position, "hash": row.hash, "at": row.at.isoformat(timespec="milliseconds") + "Z", "reason": row.reason}
        for row in ledger.checkpoints(CHECKPOINTS)]})


def _entries(before: str) -> list[Any]:
    tree, node = snapshot.current().tree, g.node
    query = ledger.LedgerEntry.select().order_by(ledger.LedgerEntry.id.desc()).limit(PAGE)
    if not tree.covers_all(node):
        inside = [place.id for place in tree.subtree(node, all_times=True)]
        query = query.where(ledger.LedgerEntry.division_id.in_(inside))
    if before:
        if not (before.isascii() and before.isdigit() and len(before) <= 18):
            raise BadRequest(_("This page of the list cannot be found."), "before", _("Go back to the first page."))
        query = query.where(ledger.LedgerEntry.id < int(before))
    return list(query)


def _table(rows: Iterable[Any]) -> dict[str, Any]:
    labels = (_("No."), _("When"), _("Record"), _("Step"), _("State before"), _("State after"), _("Division"))
    return {"caption": _("Newest entries"), "columns": [{"label": label} for label in labels],
            "empty": _("Nothing was recorded yet."), "rows": [{"cells": _cells(row)} for row in rows]}


def _cells(row: Any) -> list[dict[str, Any]]:
    place = snapshot.current().tree.get(row.division_id)
    known = registry()
    entity = known.entities.get(row.entity)
    step, before, after = history.words(known.workflow_of(row.entity), row.step, row.from_state, row.to_state)
    what = entity.label if entity else _OF_THE_CORE.get(row.entity, row.entity)
    texts = (row.id, format_time(row.at), f"{what} {row.record_id}", step, before, after, place.name if place is not None else "")
    return [{"text": text} for text in texts]


def _checkpoints() -> list[dict[str, Any]]:
    return [{"position": f"{row.position:,}", "at": format_time(row.at), "reason": _reason(row.reason),
             "short": chain_file.short(row.position, row.hash).partition(": ")[2],
             "url": f"{_base()}/anchor?position={row.position}"} for row in ledger.checkpoints(CHECKPOINTS)]


def _reason(text: str) -> str:
    """Why a checkpoint was written, in words: the close of a month of a division."""
    match text.split():
        case ["month", month, code]:
            place = snapshot.current().tree.by_code(code)
            return _("Close of %(month)s, %(place)s", month=month, place=place.name if place else code)
    return text


# ---------------------------------------------------------------- anchor

def anchor_page(code: str = "") -> str:
    """An anchor on paper: the newest seal, or that of a position, with its digits in groups and as a QR code."""
    text = request.args.get("position", "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadRequest(_("This page does not exist"), "position", _("Go back to the ledger."))
    position, value = (int(text), ledger.hash_at(int(text))) if text else ledger.head()
    if value is None or position == 0:
        raise NotFound(_("The ledger has no seal at this position."), text, _("Go back to the ledger."))
    written = f"{position}:{value}"
    sealed = ledger.sealed_at(position)
    return render_template(
        "ledger_anchor.html", title=_("Anchor of the ledger"), place=g.node.name, position=position, written=written,
        groups=chain_file.groups(value), short=chain_file.short(position, value), deployment=ledger.deployment(),
        sealed=format_time(sealed) if sealed else "", today=format_day(db.local_day()),
        picture=qr_codes.picture(written),
        crumbs=_crumbs((_("Ledger"), _base()), (_("Anchor"), "")))


# ---------------------------------------------------------------- export

def export_page(code: str = "") -> Any:
    """Ask which entries and what for; a POST answers with the file, piece by piece."""
    problem = None
    values: dict[str, str] = {}
    if request.method == "POST":
        try:
            return _export(forms.read_form((ExportForm,), request.form, node=g.node, actor=current_actor()))
        except Problem as found:
            problem, values = found, forms.typed_values(request.form)
    errors = {name: [str(text) for text in texts] for name, texts in (problem.errors if problem else {}).items()}
    summary = forms.error_list((ExportForm,), errors)
    if problem is not None and not summary:
        summary = [{"field": "", "label": "", "message": problem_text(problem)}]
    page = render_template(
        "form.html", title=_("Export the ledger"), errors=summary, action=request.path, cancel_url=_base(), version="",
        fields=forms.form_fields((ExportForm,), values, node=g.node, actor=current_actor(), errors=errors),
        submit_label=_("Export"), intro=_intro(g.node), secrets_notice=False,
        crumbs=_crumbs((_("Ledger"), _base()), (_("Export"), "")))
    return page, problem.status if problem else 200


def _intro(node: Node) -> str:
    text = _("A file that can be checked on any computer: grid321 ledger verify FILE --anchor POSITION:HASH. It holds codes and "
             "numbers, but nothing that people typed.")
    if not snapshot.current().tree.covers_all(node):
        text += " " + _("Of entries outside %(place)s it holds only the digest.", place=node.name)
    return text


def _export(data: dict[str, Any]) -> Response:
    node = g.node
    purpose = audit.check_purpose(data["purpose"])
    lines = ledger.export(data.get("first"), data.get("last"), node=node)
    audit.event("export", current_actor(), {"first": data.get("first"), "last": data.get("last")}, division_id=node.id,
                entity="core.ledger", purpose=purpose)
    name = f"ledger-{node.code}-{db.local_day():%Y%m%d}.jsonl.gz"
    return Response(_packed(lines), mimetype="application/gzip",
                    headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"})


def _packed(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines as a gzip archive, in pieces of some 64 KB. It runs after the request has given its connection back."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    waiting = bytearray()
    try:
        for line in lines:
            waiting += packer.compress(line)
            if len(waiting) > 65536:
                yield bytes(waiting)
                waiting.clear()
        yield bytes(waiting) + packer.flush()
    finally:
        if db.is_postgres():
            db.close_thread()
