"""Pages of the tree for the county administrator: browse, search, history, and the dated changes with confirmation.

A change is rehearsed before it is confirmed: it really runs, inside a transaction that is rolled back, so that what the
confirmation says is what will happen, and every refusal comes before the button.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, g, redirect, render_template, request, url_for

from . import division_forms as forms
from . import division_import, people, snapshot
from .access import current_actor, guarded
from .db import transaction
from .division_files import FILES, Listing, read_zip, scope_code
from .division_forms import ACTIONS, LABELS, SUBMIT
from .divisions import CHANGE_KINDS, LEVEL_LABELS, DivisionAlias, DivisionChange, level_below
from .errors import BadRequest, Conflict, Invalid, NotFound, Problem, Refused
from .i18n import format_day, format_time
from .i18n import gettext as _
from .tree import Node

VIEW, EDIT, IMPORT = "core.division.view", "core.division.edit", "core.division.import"
BODY = 64 * 1024 * 1024
SHOWN = 50
ICONS = {"create": "plus-lg", "rename": "pencil", "move": "arrow-right", "merge": "box-arrow-in-right",
         "split": "diagram-3", "retire": "archive"}


class _Rollback(Exception):
    """Ends a rehearsal."""


def register(app: Flask) -> None:
    """Add the routes below /d/<code>/core/divisions."""
    app.add_url_rule("/d/<code>/core/divisions", "core:divisions", guarded(browse, VIEW))
    app.add_url_rule("/d/<code>/core/divisions/do/<kind>", "core:division_change",
                     guarded(change_page, EDIT, reach="covers"), methods=["GET", "POST"])
    app.add_url_rule("/d/<code>/core/divisions/import", "core:division_import",
                     guarded(import_page, IMPORT, reach="covers", body=BODY), methods=["GET", "POST"])


def _url(node: Node, **query: Any) -> str:
    return url_for("core:divisions", code=node.code, **query)


# -- browsing ------------------------------------------------------------------------------------------------------

def browse() -> str:
    """One division with what lies above and below it, its former codes and its history."""
    node, tree = g.node, snapshot.current().tree
    query = request.args.get("q", "").strip()[:80]
    all_times = request.args.get("ended") == "1"
    found = tree.search(query, node, SHOWN + 1) if query else []
    return render_template(
        "divisions.html", title=node.name, lede=_("%(level)s, code %(code)s", level=LEVEL_LABELS[node.level], code=node.code),
        crumbs=_crumbs(node), facts=[{"label": label, "text": text, "url": ""} for label, text in _facts(node)], query=query,
        results=[_row(one) for one in found[:SHOWN]], more_results=len(found) > SHOWN, all_times=all_times,
        children=[_row(child) for child in tree.children(node, all_times=all_times)],
        child_label=LEVEL_LABELS.get(level_below(node.level) or "", ""), page_actions=_actions(node), changes=_history(node),
        toggle_url=_url(node, **({} if all_times else {"ended": "1"})), base_url=_url(node), notices=_notices(),
        departments=_departments(node), departments_url=_list_url(node, "department"), posts=_posts(node),
        posts_url=_list_url(node, "post"))


def _list_url(node: Node, name: str, record_id: int | None = None) -> str:
    base = f"{request.script_root}/d/{node.code}/core/{name}/"
    return base if record_id is None else f"{base}{record_id}"


def _departments(node: Node) -> list[dict[str, str]] | None:
    if not current_actor().may("core.department.view", node):
        return None
    kinds = dict(people.DEPARTMENT_KINDS)
    return [{"name": one.name, "note": str(kinds.get(one.kind, one.kind)), "url": _list_url(node, "department", one.id)}
            for one in people.departments_of(node)]


def _posts(node: Node) -> list[dict[str, str]] | None:
    if not current_actor().may("core.post.view", node):
        return None
    from .references import labels
    from .registry import registry

    posts = people.posts_at(node)[:SHOWN]
    names, kinds = labels("person", [post.person_id for post in posts]), registry().posts
    return [{"who": names.get(post.person_id, ""), "kind": str(kinds[post.kind].label) if post.kind in kinds else post.kind,
             "from": format_day(post.from_day), "url": _list_url(node, "post", post.id)} for post in posts]


def _crumbs(node: Node) -> list[tuple[str, str | None]]:
    above = [(one.name, _url(one)) for one in snapshot.current().tree.ancestors(node)
             if current_actor().may_within(VIEW, one)]
    return [*above, (node.name, None)]


def _row(node: Node) -> dict[str, Any]:
    tree = snapshot.current().tree
    return {"code": node.code, "name": node.name, "level": str(LEVEL_LABELS[node.level]), "url": _url(node),
            "below": len(tree.children(node)), "valid": node.valid, "tier": node.tier or "",
            "place": tree.full_name(node) if node.parent_id else ""}


def _facts(node: Node) -> list[tuple[str, str]]:
    from .divisions import Division

    tree, row = snapshot.current().tree, Division.get_by_id(node.id)
    facts = [(_("Code"), node.code), (_("Level"), str(LEVEL_LABELS[node.level])), (_("Full name"), tree.full_name(node)),
             (_("Since"), format_day(row.valid_from))]
    if node.tier:
        facts.append((_("Tier"), node.tier))
    if row.valid_to:
        heir = tree.heir(node.id)
        facts.append((_("Ended"), format_day(row.valid_to)))
        if heir is not None and heir.id != node.id:
            facts.append((_("Continued by"), f"{heir.code} {heir.name}"))
    if row.missing_since:
        facts.append((_("Missing in the national list since"), format_day(row.missing_since)))
    old = [alias.code for alias in DivisionAlias.select().where(DivisionAlias.division == node.id).order_by(
        DivisionAlias.id)]
    if old:
        facts.append((_("Former codes"), "、".join(old)))
    return facts


def _actions(node: Node) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if _may_import(node):
        found.append({"label": _("Import divisions"), "url": url_for("core:division_import", code=node.code),
                      "icon": "cloud-upload", "primary": True})
    if node.owner == "core" and node.valid and current_actor().may(EDIT, node):
        found += [{"label": str(LABELS[kind]), "url": url_for("core:division_change", code=node.code, kind=kind),
                   "icon": ICONS[kind], "primary": False} for kind in ACTIONS if forms.possible(kind, node)]
    return found


def _may_import(node: Node) -> bool:
    return node.level in ("province", "city", "county") and node.valid and current_actor().may(IMPORT, node)


def _history(node: Node) -> list[dict[str, str]]:
    """The newest changes of this division, and of those that became part of it."""
    query = DivisionChange.select().where(DivisionChange.division == node.id).order_by(
        DivisionChange.day.desc(), DivisionChange.id.desc()).limit(SHOWN)
    changes = list(query)
    from .references import labels

    names = labels("account", [change.actor_id for change in changes])
    return [{"day": format_day(change.day), "entered": format_time(change.at), "who": names.get(change.actor_id, ""),
             "what": str(CHANGE_KINDS.get(change.kind, change.kind)), "reason": change.reason,
             "text": forms.told(change.kind, change.detail)} for change in changes]


def _notices() -> list[tuple[str, str]]:
    """What the last step did; the address carries only the number of the change."""
    number = request.args.get("done", "")
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        return []
    change = DivisionChange.get_or_none(DivisionChange.id == int(number), DivisionChange.division == g.node.id)
    if change is None:
        return []
    return [("ok", f"{CHANGE_KINDS[change.kind]}. {forms.told(change.kind, change.detail)}".strip())]


# -- changes -------------------------------------------------------------------------------------------------------

def change_page(kind: str) -> Any:
    """Form, confirmation, result of one change of the division in the address."""
    node = g.node
    if kind not in ACTIONS or not node.valid or node.owner != "core" or not forms.possible(kind, node):
        raise NotFound(_("There is nothing here."), remedy=_("Go back to the division and choose what to do."))
    if request.method == "GET":
        return _form(kind, node, forms.defaults(kind, node, request.args), {})
    values = forms.read(kind, request.form)
    confirmed = request.form.get("confirmed") == "1"
    try:
        wanted = forms.check(kind, node, values, current_actor())
        if not confirmed:
            detail = _rehearse(kind, node, wanted)
            return render_template(
                "division_confirm.html", title=_("%(what)s: %(name)s", what=LABELS[kind], name=node.name), kind=kind, node=node,
                crumbs=_change_crumbs(kind, node), lines=forms.consequences(kind, node, wanted, detail),
                hidden=[*forms.kept(values), ("confirmed", "1")], reason=wanted["reason"],
                submit_label=str(SUBMIT[kind]), cancel_url=_url(node), danger=kind in ("merge", "split", "retire"))
        change = forms.perform(kind, node, wanted, current_actor())
    except (Invalid, Conflict, Refused, NotFound) as problem:
        return _form(kind, node, values, problem), problem.status
    place = snapshot.current().tree.get(change.division_id)
    return redirect(_url(place or node, done=str(change.id)), 303)


def _rehearse(kind: str, node: Node, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Run the change and roll it back; returns what it would note down. Raises what the change raises."""
    detail: dict[str, Any] = {}
    try:
        with transaction():
            detail = dict(forms.perform(kind, node, wanted, current_actor()).detail)
            raise _Rollback
    except _Rollback:
        g.pop("_snapshot", None)
    return detail


def _form(kind: str, node: Node, values: Mapping[str, Any], problem: Problem | Mapping[str, Any]) -> str:
    errors = problem.errors if isinstance(problem, Problem) else {}
    fields = forms.fields(kind, node, values, errors, current_actor())
    return render_template(
        "division_form.html", title=_("%(what)s: %(name)s", what=LABELS[kind], name=node.name),
        crumbs=_change_crumbs(kind, node), fields=fields,
        errors=forms.error_list(problem, fields) if isinstance(problem, Problem) else [], intro=str(forms.INTRO[kind]),
        submit_label=_("Continue"), cancel_url=_url(node), draft=False, secrets_notice=False, parts=values.get("parts"),
        more_parts_url=url_for("core:division_change", code=node.code, kind=kind,
                               parts=str(min(len(values.get("parts") or ()) + 1, forms.MAX_PARTS)))
        if kind == "split" and len(values.get("parts") or ()) < forms.MAX_PARTS else None)


def _change_crumbs(kind: str, node: Node) -> list[tuple[str, str | None]]:
    return [*_crumbs(node)[:-1], (node.name, _url(node)), (str(LABELS[kind]), None)]


# -- import --------------------------------------------------------------------------------------------------------

def import_page() -> Any:
    """Upload the list, look at what would change, confirm."""
    node = g.node
    if not _may_import(node):
        raise NotFound(_("There is nothing here."), remedy=_("Divisions are imported at a county or above it."))
    if request.method == "GET":
        return _import_form(node)
    try:
        scope = _scope(node)
        if request.form.get("confirmed") == "1":
            listing = forms.unpack(request.form.get("list", ""), scope)
            done = division_import.apply(listing, current_actor(), fingerprint=request.form.get("plan", ""))
            return _result(node, done)
        listing = division_import.read(_uploaded(), scope)
    except (Invalid, Conflict, BadRequest) as problem:
        return _import_form(node, problem), problem.status
    return _preview(node, listing)


def _scope(node: Node) -> str:
    """The county or province to import: the division of the address, or a county below it. Raises Invalid."""
    wanted = request.form.get("scope", "").strip() or node.code
    if not wanted.startswith(node.code):
        text = _("The county must belong to %(name)s: its code begins with %(code)s.", name=node.name, code=node.code)
        raise Invalid(text, errors={"scope": [text]})
    return scope_code(province=wanted) if len(wanted) == 2 else scope_code(county=wanted)


def _uploaded() -> dict[str, bytes]:
    """The five files, sent one by one or together in a zip. Raises Invalid for anything else."""
    sent = [one for one in request.files.getlist("files") if one.filename]
    if len(sent) == 1 and str(sent[0].filename).lower().endswith(".zip"):
        return read_zip(sent[0].read())
    files = {str(one.filename).replace("\\", "/").rpartition("/")[2].lower(): one.read() for one in sent}
    unknown = sorted(set(files) - set(FILES))
    missing = sorted(set(FILES) - set(files))
    if unknown or missing:
        text = _("Missing: %(names)s", names=", ".join(missing)) if missing else _(
            "Unknown: %(names)s", names=", ".join(name[:40] for name in unknown))
        raise Invalid(_("These are not the files of a list of divisions."), text,
                      _("Choose the five CSV files together, or one zip that contains them."), errors={"files": [text]})
    return files


def _import_form(node: Node, problem: Problem | None = None) -> str:
    errors = forms.error_list(problem, []) if problem else []
    return render_template(
        "division_import.html", title=_("Import divisions: %(name)s", name=node.name), step="upload", errors=errors,
        crumbs=[*_crumbs(node)[:-1], (node.name, _url(node)), (_("Import"), None)], node=node, files=list(FILES),
        cancel_url=_url(node), scope=request.form.get("scope", "")[:24])


def _preview(node: Node, listing: Listing) -> str:
    found = division_import.plan(listing)
    return render_template(
        "division_import.html", title=_("Import divisions: preview"), step="preview", errors=[], node=node,
        crumbs=[*_crumbs(node)[:-1], (node.name, _url(node)), (_("Import"), None)], cancel_url=_url(node),
        summary=division_import.summary(found), tables=_tables(found), changes=found.changes, shown=SHOWN,
        hidden=[("confirmed", "1"), ("scope", listing.scope), ("plan", found.fingerprint()), ("list", forms.pack(listing))])


def _result(node: Node, done: division_import.Plan) -> str:
    return render_template(
        "division_import.html", title=_("Import divisions: done"), step="done", errors=[], node=node,
        crumbs=[*_crumbs(node)[:-1], (node.name, _url(node)), (_("Import"), None)], cancel_url=_url(node),
        summary=division_import.summary(done), tables=_tables(done), changes=done.changes, shown=SHOWN)


def _tables(found: division_import.Plan) -> list[dict[str, Any]]:
    """The first rows of each kind of difference."""
    tables = [
        (_("New"), "ok", [(row.code, row.name, str(LEVEL_LABELS[row.level])) for row in found.new]),
        (_("Renamed"), "info", [(row.code, row.name, _("until now: %(name)s", name=known.name))
                                for known, row in found.renamed]),
        (_("No longer in the list"), "warn", [(known.code, known.name, _hint(found, known)) for known in found.gone]),
        (_("Changed here, left as they are"), "muted", [(code, why, "") for code, why in found.kept])]
    return [{"label": label, "tone": tone, "count": len(rows), "rows": rows[:SHOWN]} for label, tone, rows in tables if rows]


def _hint(found: division_import.Plan, known: division_import.Known) -> str:
    code = found.hints.get(known.code)
    if code:
        return _("perhaps now %(code)s: merge it into that one after the import", code=code)
    return _("is only marked: retire it or merge it into another")

