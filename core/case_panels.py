"""What a record's page shows beside its facts: its group and parts, likely duplicates, links to other records."""
from __future__ import annotations

from typing import Any

from . import beside, conversions, db, duplicates, groups, links, lists, snapshot
from .actor import Actor
from .calendar import due_text
from .entity import Entity, Panel
from .faces import Face, face_of
from .i18n import gettext as _
from .tree import Node

LISTED = 30
"""Members of a group that its page names; of the others it says how many there are."""


def panels_for(slot: str, entity: Entity | None, record: Any, actor: Actor, node: Node) -> list[Panel]:
    """The panels of a record's page: duplicates before its timeline, group and links beside it."""
    if entity is None or record is None:
        return []
    face = face_of(entity)
    if slot == "detail.main":
        return _duplicates(face, record, actor, node)
    if slot == "detail.aside":
        return [*_group(face, record, actor, node), *_links(face, record, actor, node)]
    return []


# -- group -------------------------------------------------------------------------------------------------------------

def _group(face: Face, record: Any, actor: Actor, node: Node) -> list[Panel]:
    entity = face.entity
    if entity.grouping is None:
        return []
    lead = carrier(entity, record, actor) if record.parent_id is not None else None
    rows, total = ([], 0) if record.bond is not None else members(face, record, actor)
    alone = record.bond is None and record.closed_at is None
    here = face.url(node.code, record.id)
    may = groups.may_group(entity, record, actor)
    if not (record.bond or total or (may and alone)):
        return []
    leave_url = f"{here}/group/leave" if may and record.bond == groups.MEMBER and record.closed_at is None else ""
    turned = record.bond == groups.TURNED and conversions.may_undo(entity, record, actor)
    join_url = f"{here}/group" if may and alone and not record.members else ""
    return [Panel(_("Group"), "parts/group_panel.html", {
        "lead": shown(face, lead) if lead is not None else None, "bond": record.bond or "", "rows": rows, "total": total,
        "hidden": total - len(rows), "leave_url": leave_url, "join_url": join_url,
        "undo_url": f"{here}/conversion/undo" if turned else "",
        "split_url": f"{here}/split" if may and alone and "create" in entity.actions else ""}, order=20)]


def carrier(entity: Entity, record: Any, actor: Actor) -> Any:
    """The case that carries ``record`` if the actor may see it; None otherwise."""
    return links.visible(entity, [record.parent_id], actor).get(record.parent_id)


def members(face: Face, lead: Any, actor: Actor) -> tuple[list[dict[str, Any]], int]:
    """(what the actor may see of the cases that ``lead`` carries or carried to the end, how many there are). Two queries."""
    entity = face.entity
    if not beside.may_have(beside.CARRIED, entity, lead.id):
        return [], 0
    table = entity.model._meta.table_name
    ids = [row[0] for row in db.database.execute_sql(
        db.marked(f'SELECT id FROM "{table}" WHERE parent_id = ? ORDER BY id'), (lead.id,)).fetchall()]
    if not ids:
        return [], 0
    found = links.visible(entity, ids[:LISTED], actor)
    rows = []
    for one in (found[key] for key in sorted(found)):
        may = one.closed_at is None and one.bond == groups.MEMBER and groups.may_group(entity, one, actor)
        rows.append({**shown(face, one), "part": one.bond == groups.PART, "leave_url": f"{links.url_of(entity, one)}/group/leave"
                     if may else ""})
    return rows, len(ids)


def shown(face: Face, record: Any) -> dict[str, Any]:
    """A case as a line of a panel: number, title, address, state, due date."""
    cell = lists.state_cells(face).get(record.state)
    due = getattr(record, "due", None)
    return {"number": record.number, "title": links.title_of(face.entity, record), "url": links.url_of(face.entity, record),
            "state": cell["text"] if cell else record.state, "tone": cell["tone"] if cell else "info",
            "due": due_text(due)}


# -- duplicates --------------------------------------------------------------------------------------------------------

def _duplicates(face: Face, record: Any, actor: Actor, node: Node) -> list[Panel]:
    """The way to the comparison, which costs more than the rest of the page. While a case is new, when it helps most, the
    browser goes it by itself after the page has come."""
    if not duplicates.comparable(face.entity, record):
        return []
    new = face.workflow is not None and record.state == face.workflow.first
    if not new and not groups.may_group(face.entity, record, actor) and not actor.may_on(
            face.entity.permission("edit"), record):
        return []
    return [Panel(_("Possible duplicates"), "parts/duplicates_later.html", {
        "url": f"{face.url(node.code, record.id)}/duplicates", "load": new}, order=5)]


def compared(face: Face, record: Any, actor: Actor, node: Node) -> Panel | None:
    """The cases that may be the same matter as ``record``; None when nothing is alike."""
    entity = face.entity
    found = duplicates.find(entity, record, actor, node)
    if not found:
        return None
    here = face.url(node.code, record.id)
    may, may_edit = groups.may_group(entity, record, actor), actor.may_on(entity.permission("edit"), record)
    rows = []
    for one in found:
        other = one.record
        cell = lists.state_cells(face).get(other.state)
        fits = may and one.open and other.holder_id == record.holder_id and not record.members
        place = snapshot.current().tree.get(other.division_id)
        rows.append({"number": other.number, "title": title(face, other), "why": one.why, "id": other.id,
                     "url": face.url(place.code if place else node.code, other.id), "lead": one.group_id if fits else 0,
                     "state": cell["text"] if cell else other.state, "tone": cell["tone"] if cell else "info"})
    return Panel(_("Possible duplicates"), "parts/duplicates_panel.html", {
        "rows": rows, "group_url": f"{here}/group", "dismiss_url": f"{here}/duplicates" if may_edit else "",
        "version": record.version, "back": here}, order=5)


def title(face: Face, record: Any) -> str:
    """The title of a case, or its number."""
    column = face.title
    text = getattr(record, column.attribute, "") if column is not None and not column.personal else ""
    return str(text or record.number)


# -- links -------------------------------------------------------------------------------------------------------------

def _links(face: Face, record: Any, actor: Actor, node: Node) -> list[Panel]:
    entity = face.entity
    found = links.of(entity, record, actor)
    may = links.may_link(entity, record, actor) and entity.plugin != "core"
    if not (found or may):
        return []
    here = face.url(node.code, record.id)
    rows = [{"label": one.label, "title": one.title, "url": one.url, "entity": str(one.entity.label),
             "remove_url": f"{here}/link/{one.id}/remove" if may and one.kind != links.CONVERTED else ""} for one in found]
    return [Panel(_("Links"), "parts/links_panel.html", {
        "rows": rows, "add_url": f"{here}/link" if may else ""}, order=40)]
