"""How departments, persons and posts look to the generic faces: schemas and declarations."""
from __future__ import annotations

from typing import Any

from . import people
from .entity import Counter, Entity
from .errors import Refused
from .field_base import frame_or_none
from .fields import Choice, Day, DepartmentRef, DivisionRef, IdNumber, PersonRef, Phone, Text
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .people import Department, Person, Post
from .schemas import EntitySchema
from .tree import Node


class PostKindChoice(Choice):
    """The kinds of posts that the plugins declare; a form offers those of the level being looked at and below."""

    def __init__(self, label: Any = None, **rest: Any) -> None:
        super().__init__(label, options=(), **rest)

    def options(self) -> list[tuple[str, str]]:
        """Kinds whose level is that of the node or below, of the plugins that are on there."""
        from . import snapshot
        from .db import LEVELS
        from .registry import registry

        known, frame = registry(), frame_or_none()
        found = []
        for key, kind in known.posts.items():
            if frame is not None:
                now, owner = snapshot.current(), known.owner_of("post", key)
                lower = LEVELS[LEVELS.index(frame.node.level):]
                if not now.switches.on_below(owner, frame.node, now.tree) or not set(kind.levels or lower) & set(lower):
                    continue
            found.append((key, str(kind.label)))
        return found

    def display(self, value: Any, record: Any = None) -> str:
        """The label of a stored kind, the key itself when its plugin is gone."""
        from .registry import registry

        kind = registry().posts.get(value)
        return str(kind.label) if kind else str(value or "")

    def openapi(self) -> dict[str, Any]:
        """Any declared kind: which ones depends on the plugins and the division."""
        return self._described({"type": "string", "maxLength": 60})


class DepartmentSchema(EntitySchema):
    """Fields of a department."""

    name = Text(_l("Name"), required=True, max=80)
    short = Text(_l("Short name"), max=20, help=_l("For narrow columns; leave it empty to show the name."))
    kind = Choice(_l("Kind"), options=people.DEPARTMENT_KINDS, required=True)
    division = DivisionRef(_l("Division"), help=_l("Leave it empty for the division you are looking at."))
    leader = PersonRef(_l("Leader"))
    closed_on = Day(_l("Closed from"), help=_l("From this day it receives no more work."))


class PersonSchema(EntitySchema):
    """Fields of a person. Ethnic and religious labels are not collected (domain §9)."""

    name = Text(_l("Person’s name"), required=True, max=60)
    gender = Choice(_l("Gender"), options=people.GENDERS)
    phone = Phone(_l("Telephone"))
    id_number = IdNumber(_l("Identity number"))
    division = DivisionRef(_l("Division"), help=_l(
        "Where the record is kept. Leave it empty for the division you are looking at."))


class PostSchema(EntitySchema):
    """Fields of a post: who, what, where, from when to when."""

    person = PersonRef(_l("Person"), required=True)
    kind = PostKindChoice(_l("Post"), required=True)
    division = DivisionRef(_l("Division"), help=_l("Leave it empty for the division you are looking at."))
    department = DepartmentRef(_l("Department"))
    from_day = Day(_l("From"), help=_l("Leave it empty for today."))
    to_day = Day(_l("Last day"), help=_l("Leave it empty while the post is held."))


def delete_department(record: Department, actor: Any, node: Node) -> None:
    """Refuse to delete a department that people or cases refer to: it is closed instead."""
    from .db import Case
    from .division_records import scoped_models

    used = Post.select().where(Post.department_id == record.id).count()
    for model in scoped_models():
        if issubclass(model, Case):
            used += model.select().where(model.department_id == record.id).count()
    if used:
        raise Refused(_("%(name)s cannot be deleted.", name=record.name),
                      _("%(count)s posts and cases belong to it.", count=used),
                      _("Enter the day from which it is closed instead."))


def delete_person(record: Person, actor: Any, node: Node) -> None:
    """Refuse to delete a person who holds or held a post or has an account."""
    from .accounts import Account

    used = Post.select().where(Post.person_id == record.id).count()
    used += Account.select().where(Account.person_id == record.id).count()
    if used:
        raise Refused(_("%(name)s cannot be deleted.", name=record.name),
                      _("%(count)s posts and accounts belong to this person.", count=used),
                      _("End the posts; the record is kept for their history."))


def delete_post(record: Post, actor: Any, node: Node) -> None:
    """A post that was entered by mistake goes, and its grants with it, at once."""
    from . import snapshot

    snapshot.bump(content=False)


DEPARTMENT = Entity(
    "core.department", Department, DepartmentSchema, _l("Departments"),
    columns=("name", "short", "kind", "division", "leader"), filters=("kind", "division"), search=("name", "short"),
    sorts=("name", "-id"), title="name", icon="building", menu="people", check=people.check_department,
    delete=delete_department,
    description=_l("Units that receive work: bureaus of the county, offices and stations of towns."))

PERSON = Entity(
    "core.person", Person, PersonSchema, _l("People"),
    columns=("name", "gender", "division", "phone", "id_number"), filters=("gender", "division"),
    search=("name", "initials", "phone", "id_number"), sorts=("initials", "-id"), personal=("phone", "id_number"), title="name",
    icon="person", menu="people", create=people.create_person, update=people.update_person, delete=delete_person,
    description=_l("People the county works with. A person is found by name, pinyin initials or the last four digits of "
                   "the telephone."))

POST = Entity(
    "core.post", Post, PostSchema, _l("Posts"),
    columns=("person", "kind", "division", "department", "from_day", "to_day"),
    filters=("kind", "division", "from_day", "to_day"), sorts=("-from_day", "-id"), title="kind", icon="person-badge",
    menu="people", create=people.create_post, update=people.update_post, delete=delete_post,
    counters=(Counter("kind"),),
    description=_l("Who holds which post, where and from when to when. A post gives the rights of its role while it "
                   "is held."))

ENTITIES = (DEPARTMENT, PERSON, POST)
