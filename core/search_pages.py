"""The search box: one question to everything an actor may see at a division, as a page and over the API."""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, render_template, request

from . import lists, snapshot
from .access import current_actor, guarded, scoped
from .entity import Entity
from .errors import BadRequest
from .faces import Face, face_of, raw_rows
from .filters import said
from .i18n import gettext as _
from .registry import registry
from .rest import answer, path_of
from .search import fields_of
from .search_find import Found, ask, snippets
from .tree import Node
from .views import asked_text

MAX_QUERY = 80
PER_GROUP = 6
Row = dict[str, Any]


def register(app: Flask) -> None:
    """Add the page and its API address."""
    app.add_url_rule("/d/<code>/core/search", "core:search", guarded(search, "core.search.use"))
    app.add_url_rule("/api/v1/d/<code>/core/search", "core:api_search", guarded(search_api, "core.search.use"))


def search(code: str = "") -> str:
    """One box: number, words, last four digits of a telephone, pinyin initials, name or code of a division."""
    node, actor = g.node, current_actor()
    text = asked_text("q", MAX_QUERY)
    groups = [*_shown(text, node, actor), *_divisions(text, node, actor)] if text else []
    return render_template("search.html", title=_("Search"), query=text, search_text=text, groups=groups,
                           crumbs=[(node.name, f"/d/{node.code}/"), (_("Search"), "")])


def search_api(code: str = "") -> Response:
    """What the page shows, as JSON; divisions have an address of their own."""
    node, actor = g.node, current_actor()
    unknown = sorted(set(request.args) - {"q"})
    if unknown:
        raise BadRequest(_("The address contains an unknown parameter."), unknown[0][:60], _("The search knows: q"),
                         code="bad_parameter", extra={"parameter": unknown[0][:60]})
    text = asked_text("q", MAX_QUERY)
    if not text:
        raise BadRequest(_("There is nothing to search for."), "q", _("Send the words as q."), code="bad_parameter",
                         extra={"parameter": "q"})
    items = []
    for entity, rows in found(text, node, actor):
        items += [{"entity": entity.key, "id": row["id"], "number": row["number"], "title": row["title"],
                   "state": row["state_key"], "division": row["division"],
                   "snippet": "".join(piece for piece, _marked in row["snippet"] or ()),
                   "url": path_of(face_of(entity), node.code, row["id"])} for row in rows[:PER_GROUP - 1]]
    return answer({"items": items})


def found(text: str, node: Node, actor: Any) -> list[tuple[Entity, list[Row]]]:
    """The records that say ``text`` below ``node``, at most six of each kind: the exact number first, then the newest.

    Only kinds whose plugin is on at ``node`` and records within the actor's scope. The index is asked once, and then each
    kind of which it names records (each kind, where the text is common).
    """
    on = snapshot.current().switches.is_on
    entities = [entity for entity in registry().entities.values()
                if entity.search and on(entity.plugin, node) and actor.may_within(entity.permission("view"), node)]
    known = ask(entities, text, node, actor) if entities else None
    groups = []
    for entity in entities:
        assert known is not None
        if known.ids is None or known.ids.get(entity.key) or entity.personal:
            rows = _rows(face_of(entity), text, node, actor, known)
            if rows:
                groups.append((entity, rows))
    return groups


def _rows(face: Face, text: str, node: Node, actor: Any, known: Found) -> list[Row]:
    entity, model = face.entity, face.entity.model
    title = face.title if face.title is not None and not face.title.personal else None
    names = fields_of(entity)
    columns = [model.id, title.stored if title else model.id, getattr(model, "number", model.id),
               getattr(model, "state", model.id), getattr(model, "division_id", model.id),
               *(model._meta.fields[name] for name in names)]
    query = scoped(model.select(*columns), entity, "view", node, actor)
    stored = raw_rows(query.where(said(face, text, node, actor, known=known)).order_by(model.id.desc()).limit(PER_GROUP))
    if stored and hasattr(model, "number") and text.isascii() and "-" in text:  # like a whole number: that one comes first
        exact = raw_rows(query.where(model.number == text.upper()).limit(1))
        stored = [*exact, *(row for row in stored if row[0] not in {one[0] for one in exact})][:PER_GROUP]
    pieces = snippets(entity, known.asked, {row[0]: [str(value or "") for value in row[5:]] for row in stored})
    tree, states = snapshot.current().tree, lists.state_cells(face)
    named = lists.cell_maker(face, title, [row[1] for row in stored], node) if title else None
    rows = []
    for identifier, name, number, state, division_id, *_texts in stored:
        place = tree.get(division_id) if entity.division else None
        cell = states.get(state)
        numbered = hasattr(model, "number")
        piece = pieces.get(identifier)
        words = "".join(part for part, _marked in piece or ())
        rows.append({
            "id": identifier, "title": named(name, ())[0] if named else str(name), "number": number if numbered else "",
            "url": face.url(node.code, identifier),
            "state": {"label": cell["text"], "tone": cell["tone"]} if cell else None, "state_key": state if cell else None,
            "where": tree.local_name(place, node) if place else "", "division": place.code if place else None,
            "snippet": None if piece is None or (numbered and words == number) else piece})
    return rows


def _shown(text: str, node: Node, actor: Any) -> list[dict[str, Any]]:
    """The groups of the page."""
    groups = []
    for entity, rows in found(text, node, actor):
        face = face_of(entity)
        more = face.url(node.code) + "?" + urlencode({"q": text}) if len(rows) > PER_GROUP - 1 else None
        shown = rows[:PER_GROUP - 1]
        for row in shown:  # where the words stand in the title, the title itself is marked
            if row["snippet"] and "".join(piece for piece, _marked in row["snippet"]) == row["title"]:
                row["marked"], row["snippet"] = row["snippet"], None
        groups.append({"label": str(entity.label), "rows": shown, "more_url": more, "count": len(shown)})
    return groups


def _divisions(text: str, node: Node, actor: Any) -> list[dict[str, Any]]:
    if not actor.may_within("core.division.view", node):
        return []
    tree = snapshot.current().tree
    places = [{"title": place.name, "number": place.code, "url": f"/d/{place.code}/", "state": None,
               "where": tree.full_name(place)} for place in tree.search(text, node, PER_GROUP)]
    return [{"label": _("Divisions"), "rows": places, "more_url": None, "count": len(places)}] if places else []
