"""Saved views: filters of a list that an account keeps under a name."""
from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import parse_qsl

import peewee
from werkzeug.datastructures import MultiDict

from . import db, lists
from .entity import Entity
from .errors import Invalid, NotFound
from .faces import Face
from .field_base import bad_character
from .filters import order_of, parse
from .i18n import gettext as _
from .tree import Node

MAX_VIEWS = 20
MAX_NAME = 40


class SavedView(db.Table):
    """The filters of one list under a name, for one account."""

    id = peewee.BigAutoField()
    account_id = peewee.BigIntegerField()
    entity = peewee.CharField(max_length=80)
    name = peewee.CharField(max_length=MAX_NAME)
    query = peewee.TextField()

    class Meta:
        table_name = "core_saved_view"
        indexes = ((("account_id", "entity", "name"), True),)


def of(entity: Entity, node: Node, actor: Any) -> list[dict[str, Any]]:
    """The account's saved views of an entity, by name, with their address at `node`. One query."""
    if actor.account_id is None:
        return []
    base = f"/d/{node.code}/{entity.plugin}/{entity.name}/"
    sql = "SELECT id, name, query FROM core_saved_view WHERE account_id = ? AND entity = ? ORDER BY name"
    rows = db.database.execute_sql(sql.replace("?", "%s") if db.is_postgres() else sql,
                                   (actor.account_id, entity.key)).fetchall()
    return [{"id": identifier, "label": name, "url": base + query, "delete_url": f"{base}views/{identifier}/delete"}
            for identifier, name, query in rows]


def save(face: Face, node: Node, actor: Any, name: str, query: str) -> str:
    """Keep a list's query (`?state=…`) under a name; the same name again replaces it. Returns the clean query.

    Raises Invalid for a bad name or too many views, BadRequest for a query this list does not know.
    """
    clean_name = _clean_name(name)
    pairs = parse_qsl(query.lstrip("?")[:4000], keep_blank_values=False, max_num_fields=100)
    args = MultiDict([pair for pair in pairs if pair[0] not in lists.PAGING])
    asked = parse(face, args, node, actor)
    order_of(face, asked.sort)
    clean = lists.query_string(asked)
    with db.transaction():
        mine = (SavedView.account_id == actor.account_id) & (SavedView.entity == face.entity.key)
        others = SavedView.select().where(mine & (SavedView.name != clean_name)).count()
        if others >= MAX_VIEWS:
            raise Invalid(_("The view was not saved."), "", _("Delete a view you no longer need first."),
                          errors={"name": [_("You have %(max)s views already.", max=MAX_VIEWS)]})
        (SavedView.insert(account_id=actor.account_id, entity=face.entity.key, name=clean_name, query=clean)
         .on_conflict(conflict_target=(SavedView.account_id, SavedView.entity, SavedView.name),
                      update={SavedView.query: clean}).execute())
    return clean


def _clean_name(name: str) -> str:
    clean = unicodedata.normalize("NFC", name).strip()
    if not clean or len(clean) > MAX_NAME or bad_character(clean, False) is not None:
        raise Invalid(_("The view was not saved."), "", _("Give it a name of at most %(max)s characters.", max=MAX_NAME),
                      errors={"name": [_("Give it a name of at most %(max)s characters.", max=MAX_NAME)]})
    return clean


def delete(entity: Entity, actor: Any, view_id: int) -> None:
    """Forget a saved view of this account. Raises NotFound."""
    with db.transaction():
        gone = SavedView.delete().where((SavedView.id == view_id) & (SavedView.account_id == actor.account_id)
                                        & (SavedView.entity == entity.key)).execute()
    if not gone:
        raise NotFound(_("There is no such view."))
