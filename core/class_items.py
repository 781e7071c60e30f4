"""A county's changes to class schemes: a new class, other words for one, a class no longer offered."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import audit, db, ledger, snapshot
from .errors import Conflict, Invalid, NotFound
from .i18n import gettext as _
from .settings import ClassItem
from .tree import Node

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def listed(scheme: str, node: Node) -> list[dict[str, Any]]:
    """The classes of a scheme at a division, those no longer offered too: code, label, retired, where it was changed.

    Raises NotFound for an unknown scheme.
    """
    now = snapshot.current()
    declared = now.classes.schemes().get(scheme)
    if declared is None:
        raise NotFound(_("There is no such list of classes."))
    offered = now.classes.labels(scheme, node)
    places = {row.code: row for row in ClassItem.select().where(
        (ClassItem.scheme == scheme) & ClassItem.division_id.in_(node.path)).order_by(ClassItem.id)}
    found = []
    for code, label in now.classes.labels(scheme, node, retired=True).items():
        row = places.get(code)
        place = now.tree.get(row.division_id) if row is not None else None
        found.append({"code": code, "label": label, "retired": code not in offered,
                      "where": _("changed at %(place)s", place=place.name) if place is not None else ""})
    return found


def values_of(scheme: str, code: str, node: Node) -> dict[str, Any]:
    """What a form shows of a class at a division. Raises NotFound."""
    now = snapshot.current()
    if scheme not in now.classes.schemes() or code not in now.classes.labels(scheme, node, retired=True):
        raise NotFound(_("There is no such class."))
    rows = {row.division_id: row for row in ClassItem.select().where(
        (ClassItem.scheme == scheme) & (ClassItem.code == code) & ClassItem.division_id.in_(node.path))}
    row = next((rows[place] for place in reversed(node.path) if place in rows), None)
    if row is not None:
        return {"label_zh": row.label_zh, "label_en": row.label_en, "position": row.position, "retired": row.retired}
    items = now.classes.schemes()[scheme].items
    position = next(number * 10 for number, item in enumerate(items) if item[0] == code)
    label = next(label for key, label in items if key == code)
    from .i18n import use_language
    with use_language("zh"):
        chinese = str(label)
    with use_language("en"):
        english = str(label)
    return {"label_zh": chinese, "label_en": english, "position": position, "retired": False}


def put(scheme: str, code: str, node: Node, data: Mapping[str, Any], actor: Any, *, new: bool = False) -> None:
    """Write a class for `node` and its subtree: label_zh, label_en, position, retired.

    Raises NotFound for an unknown scheme, Invalid for a malformed code, Conflict when a new code is taken.
    """
    now = snapshot.current()
    if scheme not in now.classes.schemes():
        raise NotFound(_("There is no such list of classes."))
    if not _CODE.fullmatch(code):
        message = _("Use small letters, digits, hyphens and underscores, at most 40.")
        raise Invalid(_("The class was not saved."), message, errors={"code": [message]})
    known = code in now.classes.labels(scheme, node, retired=True)
    if new and known:
        message = _("This code is taken. Choose another one.")
        raise Conflict(_("The class was not saved."), message, errors={"code": [message]})
    if not new and not known:
        raise NotFound(_("There is no such class."))
    row = {"label_zh": data["label_zh"], "label_en": data.get("label_en") or "", "position": data.get("position") or 100,
           "retired": bool(data.get("retired"))}
    with db.transaction():
        (ClassItem.insert(scheme=scheme, code=code, division_id=node.id, **row)
         .on_conflict(conflict_target=(ClassItem.scheme, ClassItem.code, ClassItem.division_id),
                      update={getattr(ClassItem, name): value for name, value in row.items()}).execute())
        ledger.append("core.class", node.id, "put", node=node, account_id=actor.account_id,
                      facts={"scheme": scheme, "code": code, "position": row["position"], "retired": row["retired"]},
                      detail={"label_zh": row["label_zh"], "label_en": row["label_en"]})
        audit.event("class", actor, {"scheme": scheme, "code": code}, division_id=node.id)
        snapshot.bump()
