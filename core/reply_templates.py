"""Reply templates (答复模板): wordings that a division, or one department of it, prepares for its answers.

A template fills a field of a step's form; a person reads it, changes it and sends it. It never sends anything by itself.
Every wording is kept with its version. Names in braces are filled from the case: ``{number}`` or, in Chinese, ``{编号}``.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import peewee

from . import db, snapshot
from .calendar import due_text
from .entity import Entity
from .faces import face_of
from .fields import Choice, DepartmentRef, DivisionRef, Flag, LongText, Text
from .i18n import format_day
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .registry import registry
from .schemas import EntitySchema, fields_of
from .tree import Node
from .workflow import Transition

OFFERED = 30
_NAME = re.compile(r"\{([^{}\n]{0,40})\}")


class ReplyTemplate(db.Scoped):
    """The present wording of a template. ``kind`` limits it to cases whose column ``kind`` has this code."""

    name = peewee.CharField(max_length=80)
    entity = peewee.CharField(max_length=80)
    kind = peewee.CharField(max_length=40, null=True)
    department_id = peewee.BigIntegerField(null=True)
    text = peewee.TextField()
    retired = peewee.BooleanField(default=False)

    class Meta:
        table_name = "core_reply_template"
        indexes = db.scope_indexes((("division_id", "entity"), False))


class ReplyText(db.Table):
    """One wording of a template, kept as it was from the moment it was written."""

    append_only = True

    id = peewee.BigAutoField()
    template_id = peewee.BigIntegerField()
    version = peewee.IntegerField()
    text = peewee.TextField()
    created_at = peewee.DateTimeField()
    created_by = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_reply_text"
        indexes = ((("template_id", "version"), True),)


# -- what may be filled in ---------------------------------------------------------------------------------------------

def _place_name(division_id: int | None) -> str:
    node = snapshot.current().tree.get(division_id)
    return node.name if node is not None else ""


def _kind_of(entity: Entity, record: Any) -> str:
    column = face_of(entity).columns.get("kind")
    value = getattr(record, "kind", None)
    return column.field.display(value, record) if column is not None and column.field is not None and value else ""


NAMES: Mapping[str, tuple[str, Any, Callable[[Entity, Any], str]]] = {
    "number": ("编号", _l("Number of the matter"), lambda entity, record: str(record.number)),
    "title": ("标题", _l("Its title"), lambda entity, record: str(getattr(record, "title", "") or "")),
    "kind": ("类别", _l("Its kind"), _kind_of),
    "place": ("地点", _l("Where it is, as the report says it"), lambda entity, record: str(
        getattr(record, "place", "") or "") or _place_name(record.division_id)),
    "division": ("所在地", _l("The division it belongs to"), lambda entity, record: _place_name(record.division_id)),
    "holder": ("办理单位", _l("The division that handles it"), lambda entity, record: _place_name(record.holder_id)),
    "reported": ("反映日期", _l("The day on which it was reported"), lambda entity, record: format_day(
        db.local_day(record.created_at))),
    "due": ("办理期限", _l("Its due date"), lambda entity, record: due_text(record.due)),
    "day": ("今天", _l("Today"), lambda entity, record: format_day(db.local_day())),
}
"""Name → Chinese name, what it is, its text of a case. Nothing personal: what a template fills in may be read aloud."""

_BY_NAME = {name: key for key, (chinese, _what, _fill) in NAMES.items() for name in (key, chinese)}


def mistakes(text: str) -> list[str]:
    """What is wrong with the names in a wording, as sentences for its writer; an empty list when it can be filled."""
    unknown = [name for name in dict.fromkeys(_NAME.findall(text)) if name.strip() not in _BY_NAME]
    found = [_("There is no field {%(name)s}. Use one of: %(names)s", name=name, names=allowed()) for name in unknown]
    if not found and set("{}") & set(_NAME.sub("", text)):
        found.append(_("A brace stands alone. Write names in one pair of braces, like %(example)s.", example="{number}"))
    return found


def allowed() -> str:
    """The names a wording may use, as people write them."""
    return "、".join(f"{{{chinese}}} {{{key}}}" for key, (chinese, _what, _fill) in NAMES.items())


def fill(text: str, entity: Entity, record: Any) -> str:
    """The wording with the names filled in from a case; a name that it does not know stays as it is."""
    def one(match: re.Match[str]) -> str:
        key = _BY_NAME.get(match[1].strip())
        return NAMES[key][2](entity, record) if key is not None else match[0]

    return _NAME.sub(one, text)


# -- offering them -----------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Offer:
    """A template as the form of a step offers it, filled in for its case."""

    id: int
    name: str
    text: str
    version: int


def field_of(step: Transition) -> str | None:
    """The field of a step's form that templates fill, None when it has none."""
    return next((name for schema in step.asks for name, field in fields_of(schema).items() if getattr(field, "templates", False)),
                None)


def offered(entity: Entity, record: Any) -> list[Offer]:
    """The templates for answering a case, filled in: of its holder and the divisions above, of its department, of its kind.

    The nearest come first. One query; who may take the step may use them.
    """
    tree = snapshot.current().tree
    holder = tree.get(record.holder_id)
    if holder is None:
        return []
    model = ReplyTemplate
    kind = getattr(record, "kind", None)
    query = model.select().where(
        model.division_id.in_(holder.path) & (model.entity == entity.key) & (model.retired == False)  # noqa: E712 - SQL
        & (model.kind.is_null() | (model.kind == kind))
        & (model.department_id.is_null() | (model.department_id == record.department_id)))
    rows = sorted(query, key=lambda row: (-_depth(tree.get(row.division_id)), row.department_id is None, row.kind is None,
                                          row.name, row.id))
    return [Offer(row.id, row.name, fill(row.text, entity, record), row.version) for row in rows[:OFFERED]]


def _depth(node: Node | None) -> int:
    return node.depth if node is not None else -1


# -- keeping them ------------------------------------------------------------------------------------------------------

class EntityChoice(Choice):
    """The kinds of cases whose steps ask for a text that a template can fill."""

    def __init__(self, label: Any = None, **rest: Any) -> None:
        super().__init__(label, options=(), **rest)

    def options(self) -> list[tuple[str, str]]:
        """Entities with such a step, by label."""
        return [(entity.key, str(entity.label)) for entity in registry().entities.values() if _fits(entity)]

    def display(self, value: Any, record: Any = None) -> str:
        """The label of the entity, its key when its plugin is gone."""
        entity = registry().entities.get(value)
        return str(entity.label) if entity is not None else str(value or "")

    def openapi(self) -> dict[str, Any]:
        """Any such entity: which ones depends on the plugins."""
        return self._described({"type": "string", "maxLength": 80})


def _fits(entity: Entity) -> bool:
    workflow = registry().workflow_of(entity.key)
    return workflow is not None and any(field_of(step) for step in workflow.transitions)


class ReplyTemplateSchema(EntitySchema):
    """Fields of a template."""

    name = Text(_l("Name"), required=True, max=80, help=_l("What it is called in the list: “Street lamp repaired”."))
    entity = EntityChoice(_l("For the answer to"), required=True)
    kind = Text(_l("Only for this kind"), max=40, pattern="[a-z0-9_-]{1,40}", pattern_help=_l(
        "Write the code of the kind, in small letters."), help=_l("Code of the kind of matter; left empty, for all kinds."))
    division = DivisionRef(_l("Division"), help=_l(
        "It is offered here and below. Leave it empty for the division you are looking at."))
    department = DepartmentRef(_l("Only for this department"))
    text = LongText(_l("Wording"), max=4000, required=True, help=_l(
        "Names in braces are filled from the matter: {number} {title} {kind} {place} {division} {holder} {reported} {due} {day}"))
    retired = Flag(_l("No longer offered"))


def check_template(data: dict[str, Any], record: Any, node: Any) -> dict[str, list[str]]:
    """Names in the wording must be known."""
    wrong = mistakes(data.get("text", "") or "")
    return {"text": wrong} if wrong else {}


def create_template(data: dict[str, Any], actor: Any, node: Node) -> ReplyTemplate:
    """Insert a template with its first wording."""
    from .tree import ancestor_columns

    moment = db.now()
    data = {**data, "kind": data.get("kind") or None}
    row = {**data, **ancestor_columns(snapshot.current().tree, node), "created_at": moment, "updated_at": moment,
           "created_by": actor.account_id, "retired": bool(data.get("retired"))}
    row = db.filled(ReplyTemplate, row)
    row["id"] = db.insert(ReplyTemplate, row)
    _keep(row["id"], 1, row["text"], actor, moment)
    return ReplyTemplate(__no_default__=1, **row)


def update_template(record: ReplyTemplate, data: dict[str, Any], actor: Any, node: Node) -> dict[str, Any]:
    """Keep a changed wording as a version of its own."""
    data = {**data, **({"kind": data["kind"] or None} if "kind" in data else {})}
    if data.get("text", record.text) != record.text:
        _keep(record.id, record.version + 1, data["text"], actor, db.now())
    return data


def _keep(template_id: int, version: int, text: str, actor: Any, moment: Any) -> None:
    db.insert(ReplyText, {"template_id": template_id, "version": version, "text": text, "created_at": moment,
                          "created_by": actor.account_id})


REPLY_TEMPLATE = Entity(
    "core.reply_template", ReplyTemplate, ReplyTemplateSchema, _l("Reply templates"),
    columns=("name", "entity", "kind", "department", "division", "retired"), filters=("entity", "retired", "division"),
    search=("name", "text"), sorts=("name", "-id"), title="name", icon="journal-text", menu="people",
    create=create_template, update=update_template, check=check_template,
    description=_l("Wordings for answers. They fill the form of the answer; a person reads, changes and sends it."))
