"""The generic pages of an entity: list, new, saved views. What concerns one record: `view_records`, `view_files`, `view_steps`.

`register` is called once: each entity of the registry gets its routes. An action that an entity does not declare has
no route at all.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, g, redirect, render_template, request
from markupsafe import Markup
from werkzeug.routing import BaseConverter

from . import attachments, extensions, forms, lists, notices, saved_views, sending, snapshot
from .access import current_actor, guarded
from .db import Case
from .entity import Entity
from .errors import BadRequest, Invalid
from .faces import Face, face_of
from .field_base import framed
from .filters import known_parameters
from .i18n import current_language
from .i18n import gettext as _
from .references import RECORD
from .themes import current_theme
from .tree import Node

Actor = Any
View = Callable[..., Any]
_KEPT = 2_000  # results kept for one entity


class RecordId(BaseConverter):
    """An id in a path: ASCII digits that fit a 64-bit column (werkzeug's own takes Arabic digits and any length)."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: Any) -> str:
        return str(int(value))


def register(app: Flask) -> None:
    """Add the routes of every entity of this application."""
    from . import view_files, view_records, view_steps

    app.url_map.converters.setdefault("rid", RecordId)
    for entity in app.extensions["grid321"].registry.entities.values():
        _routes(app, entity)
        view_records.register_entity(app, entity)
        view_files.register_entity(app, entity)
        view_steps.register_entity(app, entity)


def add_route(app: Flask, entity: Entity, name: str, rule: str, view: View, permission: str | Mapping[str, str], *,
              methods: tuple[str, ...] = ("GET",), **mark: Any) -> None:
    """Add one page of an entity below its path, guarded. `view` takes the entity first."""
    def page(**values: Any) -> Any:  # the gate took the code out of the address
        return view(entity, **values)

    page.__name__ = f"{entity.name}_{name}"
    app.add_url_rule(f"/d/<code>/{entity.plugin}/{entity.name}/{rule}", f"{entity.key}:{name}",
                     guarded(page, permission, entity.key, entity.plugin, **mark), methods=list(methods))


def _routes(app: Flask, entity: Entity) -> None:
    view = entity.permission("view")
    add_route(app, entity, "list", "", list_page, view)
    add_route(app, entity, "print_list", "print", print_list, view)
    add_route(app, entity, "save_view", "views", save_view, view, methods=("POST",))
    add_route(app, entity, "delete_view", "views/<rid:view_id>/delete", delete_view, view, methods=("POST",))
    if "create" in entity.actions:
        add_route(app, entity, "new", "new", new_page, entity.permission("create"), methods=("GET", "POST"),
                  body=attachments.MAX_BODY)


def asked_text(name: str, longest: int) -> str:
    """A text of the address to look something up by: control characters dropped, without outer blanks, cut at ``longest``."""
    return "".join(c for c in request.args.get(name, "") if c.isprintable()).strip()[:longest]


# ---------------------------------------------------------------- list

def list_page(entity: Entity) -> str:
    """The list of an entity at the division of the address."""
    face, node, actor = face_of(entity), g.node, current_actor()
    return render_template("list.html", **list_context(face, node, actor, page_size(request.args)))


def print_list(entity: Entity) -> str:
    """The same list without controls, up to 500 rows, for paper."""
    face, node, actor = face_of(entity), g.node, current_actor()
    context = list_context(face, node, actor, 500)
    return render_template("print.html", kind="list", **context)


def page_size(args: Mapping[str, str], default: int = 20) -> int:
    """The number of rows a URL asks for: 20, 50 or 100. Raises BadRequest otherwise."""
    text = args.get("size") or str(default)
    if text not in {str(size) for size in lists.SIZES}:
        raise BadRequest(_("The address of this list contains something unknown."), "size",
                         _("Choose one of: %(choices)s", choices="、".join(map(str, lists.SIZES))), code="bad_parameter")
    return int(text)


def list_context(face: Face, node: Node, actor: Actor, size: int) -> dict[str, Any]:
    """What the list template shows. Queries: rows, labels (one per kind of reference), saved views."""
    entity = face.entity
    page = lists.read_page(face, request.args, node, actor, lists.listed_columns(face), size=size)
    rows = lists.page_rows(face, page, node)
    base = face.url(node.code)
    paging = {"size": str(size) if size in lists.SIZES and size != lists.SIZES[0] else None}
    asked = page.asked
    return {
        "entity": entity, "title": str(entity.label), "columns": _columns(face, page, base, paging), "rows": rows,
        "filters": [], "filter_fields": filter_fields(face, node, actor, asked.values), "query": asked.query,
        "searchable": bool(entity.search), "sort": asked.sort, "base_url": base,
        "next_url": base + lists.query_string(asked, after=page.after, **paging) if page.after else None,
        "prev_url": base + lists.query_string(asked, before=page.before, **paging) if page.before else None,
        "count_text": _("%(count)s on this page", count=len(rows)),
        "actions": _actions(face, node, actor, lists.query_string(asked)), "bulk": _bulk(face, node, actor, page),
        "bulk_url": base + "bulk", "saved_views": saved_views.of(entity, node, actor), "save_view_url": base + "views",
        "active": bool(asked.values or asked.query), "empty": _empty(face, node, actor, asked, base),
        "current_query": lists.query_string(asked), "crumbs": crumbs(face, node), "filtered": bool(asked.values),
        "kept": [("sort", asked.sort)] if asked.sort != face.default_sort else [],
    }


def _columns(face: Face, page: lists.Page, base: str, paging: dict[str, str | None]) -> list[dict[str, Any]]:
    found = []
    offered = {name.lstrip("-") for name in face.sorts}
    for column in face.listed:
        sort_url = None
        here = page.order.name.lstrip("-") == column.key
        if column.key in offered:
            name = column.key if here and page.order.descending else f"-{column.key}"
            if not here:
                name = next((sort for sort in face.sorts if sort.lstrip("-") == column.key), column.key)
            sort_url = base + lists.query_string(page.asked, sort=name, **paging)
        found.append({"key": column.key, "label": str(column.label), "sort_url": sort_url,
                      "sorted": ("descending" if page.order.descending else "ascending") if here else ""})
    return found


def _asks_actor(column: Any) -> bool:
    """True for choices that a function gives: they may differ from actor to actor and from moment to moment."""
    field = column.field
    if column.kind.startswith(RECORD):
        return field is not None
    return column.kind == "choice" and not getattr(field, "scheme", None) and not getattr(field, "fixed", None)


def filter_fields(face: Face, node: Node, actor: Actor, values: dict[str, list[str]]) -> Markup:
    """The rendered inputs of the filters, kept while the configuration stays: they are a fifth of a list page's work."""
    if any(_asks_actor(column) for column, _edge in known_parameters(face).values()):
        return Markup(render_template("parts/filter_fields.html", filters=_filters(face, node, actor, values)))  # noqa: S704
    key = ("filters", node.id, current_language(), current_theme().id, tuple((name, *found) for name, found in values.items()))
    revision = snapshot.current().revision
    kept = face.cache.get(key)
    if kept is None or kept[0] != revision:
        if len(face.cache) >= _KEPT:
            face.cache.clear()
        made = render_template("parts/filter_fields.html", filters=_filters(face, node, actor, values))
        kept = face.cache[key] = (revision, Markup(made))  # noqa: S704 - a template of ours escaped every value
    return kept[1]


def _filters(face: Face, node: Node, actor: Actor, values: dict[str, list[str]]) -> list[dict[str, Any]]:
    """The filter inputs: those the entity declares, and any other that the address uses (so that it can be removed)."""
    declared = {column.key for column in face.filters} | ({"state"} if face.workflow else set())
    found = []
    for name, (column, edge) in known_parameters(face).items():
        if column.key not in declared and name not in values:
            continue
        label = str(column.label)
        if edge:
            label = _("%(label)s from", label=label) if edge == "from" else _("%(label)s until", label=label)
        options = None if edge else _filter_options(face, column, node, actor)
        found.append({"name": name, "key": name, "label": label, "widget": "date" if edge else "select" if options else "text",
                      "options": options or [], "value": values.get(name, [""])[0], "values": values.get(name, [])})
    return found


def _filter_options(face: Face, column: Any, node: Node, actor: Actor) -> list[tuple[str, str]]:
    """The choices of a filter, kept per division and language until the configuration changes."""
    if _asks_actor(column):
        return _make_options(face, column, node)
    key = ("options", column.key, node.id, current_language())
    revision = snapshot.current().revision
    kept = face.cache.get(key)
    if kept is None or kept[0] != revision:
        if len(face.cache) >= _KEPT:
            face.cache.clear()
        kept = face.cache[key] = (revision, _make_options(face, column, node))
    return kept[1]


def _make_options(face: Face, column: Any, node: Node) -> list[tuple[str, str]]:
    if column.kind == "state" and face.workflow is not None:
        return [(state.key, str(state.label)) for state in face.workflow.states]
    if column.kind == "division":
        children = snapshot.current().tree.children(node)
        return [(child.code, child.name) for child in children]
    if column.kind == "choice" and column.field is not None:
        scheme = getattr(column.field, "scheme", None)
        if scheme:
            labels = snapshot.current().classes.labels(scheme, node, retired=True).items()
            return [(code, label) for code, label in labels]
        if column.field.fixed:
            return [(code, str(label)) for code, label in column.field.fixed]
        with framed(node, current_actor()):
            return list(column.field.options())
    if column.kind.startswith(RECORD) and column.field is not None:
        with framed(node, current_actor()):
            return list(column.field.options())
    if column.kind == "flag":
        return [("1", _("Yes")), ("0", _("No"))]
    return []


def _actions(face: Face, node: Node, actor: Actor, query: str) -> list[dict[str, Any]]:
    entity = face.entity
    base = face.url(node.code)
    labels = (("create", "new", _("New"), "plus-lg", True), ("import", "import", _("Import"), "upload", False),
              ("export", "export", _("Export"), "download", False))
    found = []
    for action, part, label, icon, primary in labels:
        if action in entity.actions and actor.may_within(entity.permission(action), node):
            found.append({"key": action, "label": label, "icon": icon, "primary": primary,
                          "url": base + part + (query if action == "export" else "")})
    found.append({"key": "print", "label": _("Print"), "icon": "printer", "primary": False, "url": f"{base}print{query}"})
    return found


def _bulk(face: Face, node: Node, actor: Actor, page: lists.Page) -> list[dict[str, str]]:
    """What may be done with many rows of this page at once: a step only where a row stands at its beginning."""
    if face.workflow is None:
        return []
    places = [place for place, column in enumerate(face.listed, start=1) if column.kind == "state"]
    states = {row[place] for place in places for row in page.rows}
    found = [{"key": step.key, "label": str(step.label), "url": ""} for step in face.workflow.transitions
             if step.bulk and step.permission and actor.may_within(step.permission, node)
             and (not places or states & set(step.sources))]
    if face.entity.grouping is not None and actor.may_within(face.entity.permission("group"), node):
        found.append({"key": "group", "label": _("Group"), "url": face.url(node.code) + "group"})
    return found


def _empty(face: Face, node: Node, actor: Actor, asked: Any, base: str) -> dict[str, Any]:
    """What an empty list says: what is missing, why, and the next button."""
    if asked.values or asked.query:
        return {"what": _("Nothing found"), "why": _("No record fits these filters."), "label": _("Show all"), "url": base}
    entity = face.entity
    may = "create" in entity.actions and actor.may_within(entity.permission("create"), node)
    return {"what": _("Nothing here yet"),
            "why": " ".join(filter(None, (_("No record of this kind was entered for %(place)s.", place=node.name),
                                          str(entity.description)))),
            "label": _("New") if may else "", "url": f"{base}new" if may else ""}


# ---------------------------------------------------------------- saved views

def save_view(entity: Entity) -> Any:
    """Keep the filters of a list under a name, for this account only."""
    face, node = face_of(entity), g.node
    query = saved_views.save(face, node, current_actor(), request.form.get("name", ""), request.form.get("query", ""))
    return redirect(face.url(node.code) + query, 303)


def delete_view(entity: Entity, view_id: int) -> Any:
    """Forget a saved view of this account."""
    saved_views.delete(entity, current_actor(), view_id)
    return redirect(face_of(entity).url(g.node.code), 303)


# ---------------------------------------------------------------- new

def new_page(entity: Entity) -> Any:
    """The form of a new record, and what it sends."""
    face, node, actor = face_of(entity), g.node, current_actor()
    if request.method == "GET":
        values = forms.start_values(extensions.schemas_for_new(entity, request.args, node), request.args)
        return render_template("form.html", **new_context(face, node, actor, values))
    try:
        record = create(face, node, actor)
    except Invalid as problem:
        errors = forms.by_field(entity, problem.errors)
        context = new_context(face, node, actor, forms.typed_values(request.form), errors, problem)
        return render_template("form.html", **context), problem.status
    return notices.go(face.url(node.code, record.id), "sent" if face.workflow else "saved")


def create(face: Face, node: Node, actor: Actor) -> Any:
    """Read the form and its files and create the record with them, in one transaction, once for each sending."""
    entity = face.entity
    schemas = extensions.schemas_for_new(entity, request.form, node)
    spare = {column.key for column in extensions.columns(entity)}  # asked where the form was shown, unknown at the chosen place
    data = forms.read_form(schemas, request.form, node=node, actor=actor, spare=spare)
    mark = sending.mark_of(entity, request.form)
    files = attachments.cleaned(request.files.getlist("files"))
    return sending.create_once(entity, data, files, mark, actor, node)


def new_context(face: Face, node: Node, actor: Actor, values: Mapping[str, str],
                errors: Mapping[str, Any] | None = None, problem: Invalid | None = None) -> dict[str, Any]:
    """What the form template shows for a new record."""
    entity = face.entity
    schemas = extensions.schemas_for_new(entity, values, node)
    base = face.url(node.code)
    is_case = issubclass(entity.model, Case)
    fields = forms.form_fields(schemas, values, node=node, actor=actor, errors=errors)
    for field in fields:
        if not field["value"] and field["required"] and field["widget"] == "select" and len(field["options"]) == 1:
            field["value"] = field["options"][0][0]
    if is_case:
        fields.append(files_part((errors or {}).get("files")))
    return {
        "entity": entity, "title": _("New: %(label)s", label=str(entity.label)), "fields": fields,
        "errors": forms.error_list(schemas, errors or {}), "problem": problem, "action": f"{base}new",
        "submit_label": _("Save"), "cancel_url": base, "multipart": is_case, "intro": str(entity.description or ""),
        "draft_key": f"{entity.key}:{node.code}",
        "hidden": [("client_id", sending.form_mark(request.form))] if sending.takes_mark(entity) else [],
        "crumbs": crumbs(face, node, _("New")),
    }


def files_part(error: Any = None) -> dict[str, Any]:
    """The file input of a form: photos and papers, always optional."""
    return {"name": "files", "label": _("Photos or papers"), "widget": "file", "value": "", "options": None,
            "help": _("At most %(max)s files: photos, PDF, Word or Excel, up to 10 MB each.", max=attachments.MAX_FILES),
            "required": False, "error": " ".join(error or ()), "accept": ACCEPT, "multiple": True,
            "max_bytes": attachments.MAX_BYTES}


def crumbs(face: Face, node: Node, *rest: Any) -> list[tuple[str, str]]:
    """The way to a page: the division, the list, and what follows (a label, or a label with its address)."""
    found = [(node.name, f"/d/{node.code}/"), (str(face.entity.label), face.url(node.code) if rest else "")]
    return found + [part if isinstance(part, tuple) else (part, "") for part in rest]


#: What the file input offers.
ACCEPT = "image/jpeg,image/png,image/webp,.pdf,.docx,.xlsx"
