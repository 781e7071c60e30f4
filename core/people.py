"""Departments, persons and posts. A person is not an account and not a post: one person can hold many posts over time.

Every write below is called by ``records`` inside its transaction (ledger entry, counters and outbox are written there);
``appoint`` and ``end_post`` are the short way for services, commands and plugins.
"""
from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import peewee

from . import crypto, identity
from .db import BlindField, Scoped, SealedField, local_day, new_uid, now, scope_indexes
from .errors import Conflict, Invalid, NotFound
from .i18n import format_day
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .plain_rows import by_id, insert_record, read
from .tree import Node, ancestor_columns

if TYPE_CHECKING:
    from .access import Actor

DEPARTMENT_KINDS = (("bureau", _l("Bureau")), ("office", _l("Office")), ("station", _l("Station")))
GENDERS = (("f", _l("Woman")), ("m", _l("Man")))

# Family names whose reading differs from the usual reading of the character.
_SURNAMES = {
    "万俟": "mq", "尉迟": "yc", "长孙": "zs", "单于": "cy", "单": "s", "仇": "q", "曾": "z", "解": "x", "查": "z",
    "区": "o", "朴": "p", "盖": "g", "缪": "m", "员": "y", "种": "c", "乐": "y", "覃": "q", "谌": "c", "召": "s",
    "折": "s", "句": "g", "秘": "b", "翟": "z", "冼": "x", "宓": "m", "卜": "b", "繁": "p", "隗": "w",
}

# Characters of names that pypinyin does not know: variants of a character that it knows.
_VARIANTS = str.maketrans({"𠮷": "吉"})


class Department(Scoped):
    """A unit that hangs on a division and receives work: a county bureau, a town office, a station."""

    name = peewee.CharField(max_length=80)
    short = peewee.CharField(max_length=20, default="")
    kind = peewee.CharField(max_length=10, default="office")
    leader_id = peewee.BigIntegerField(null=True)  # a person
    closed_on = peewee.DateField(null=True)  # from this day it receives no more work

    class Meta:
        table_name = "core_department"
        indexes = scope_indexes((("division_id", "name"), True))


class Person(Scoped):
    """Somebody the county works with. Telephone and identity number are sealed; ``division_id`` keeps the record."""

    name = peewee.CharField(max_length=60, index=True)
    initials = peewee.CharField(max_length=60, default="", index=True)
    gender = peewee.CharField(max_length=1, null=True)
    phone = SealedField(null=True)
    phone_blind = BlindField()
    phone_tail = peewee.CharField(max_length=4, default="", index=True)
    id_number = SealedField(null=True)
    id_number_blind = BlindField(unique=True)

    class Meta:
        table_name = "core_person"
        indexes = scope_indexes()


class Post(Scoped):
    """A person holds a post of a kind on a division, sometimes within a department, from one day to another."""

    person_id = peewee.BigIntegerField(index=True)
    kind = peewee.CharField(max_length=60)
    department_id = peewee.BigIntegerField(null=True)
    from_day = peewee.DateField()
    to_day = peewee.DateField(null=True)  # the last day, included

    class Meta:
        table_name = "core_post"
        indexes = scope_indexes((("division_id", "kind"), False))


# Two clerks who appoint the same person at once: the second insert fails here, whatever both have read before.
Post.add_index(Post.index(Post.person_id, Post.kind, Post.division_id, unique=True, name="core_post_open",
                          where=Post.to_day.is_null()))


def initials(name: str) -> str:
    """The first letters of the pinyin of a name, for search (张伟 -> zw); characters without a reading are left out."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # names are no phrases: 12 MB less in every worker
    from pypinyin import Style, lazy_pinyin

    name = unicodedata.normalize("NFC", name)
    head = next((name[:size] for size in (2, 1) if name[:size] in _SURNAMES), "")
    rest = lazy_pinyin(list(name[len(head):].translate(_VARIANTS)), style=Style.FIRST_LETTER, errors="ignore")
    spelled = "".join(rest)
    if name.isascii():  # a name written in Latin letters: the first letters of its words
        spelled = "".join(word[0] for word in name.split())
    return (_SURNAMES.get(head, "") + spelled).lower()[:60]


def create_person(data: Mapping[str, Any], actor: Actor, node: Node) -> Person:
    """Insert a person whose record is kept at ``node``. ``data``: name, gender, phone, id_number (plain text).

    Raises Invalid for a name, telephone or identity number that breaks its rule, Conflict when a person with this
    identity number exists already (anywhere in the deployment: one human being, one record).
    """
    uid = new_uid()
    values = _person_values(data, uid)
    _refuse_twin(values.get("id_number_blind"), None)
    values.setdefault("initials", "")
    made: Person = insert_record(Person, uid=uid, **values, **_columns(node), created_by=actor.account_id)
    return made


def update_person(person: Person, data: Mapping[str, Any], actor: Actor, node: Node) -> dict[str, Any]:
    """Return the columns that change. A personal field that is absent from ``data`` stays as it is.

    Raises Invalid and Conflict as ``create_person``.
    """
    values = _person_values(data, person.uid)
    _refuse_twin(values.get("id_number_blind"), person.id)
    return values


def _person_values(data: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """The columns made of what was typed: sealed values with their blind index and tail, initials of the name."""
    errors: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    if "name" in data:
        name = unicodedata.normalize("NFC", (data["name"] or "").strip())
        if not name or len(name) > 60:
            errors["name"] = [_("Write the name, at most 60 characters.")]
        values |= {"name": name, "initials": initials(name)}
    if "gender" in data:
        values["gender"] = data["gender"] or None
    rules = (("phone", identity.phone, _phone_message), ("id_number", identity.id_number, _id_message))
    for column, rule, message in rules:
        if column not in data:
            continue
        text = data[column] or ""
        try:
            text = rule(text) if text else ""
        except ValueError as problem:
            errors[column] = [message(str(problem))]
            continue
        values[column] = crypto.seal(text, "core_person", column, uid) if text else None
        values[f"{column}_blind"] = crypto.blind(text) if text else None
        if column == "phone":
            values["phone_tail"] = text[-4:]
    if errors:
        raise Invalid(_("The person was not saved."), _("Some fields do not fit."), _("Correct the marked fields."),
                      errors=errors)
    return values


def _phone_message(_problem: str) -> str:
    return _("This is not a telephone number. Enter 11 digits like 13800000000, or area code and number.")


def _id_message(problem: str) -> str:
    if problem == "birthday":
        return _("The birthday inside the identity number does not exist. Compare it with the card.")
    if problem == "checksum":
        return _("The last character of the identity number does not fit the others: a digit is mistyped. "
                 "Compare it with the card.")
    return _("An identity number has 18 characters: 17 digits and a digit or X. Compare it with the card.")


def _refuse_twin(blind: str | None, own_id: int | None) -> None:
    if not blind:
        return
    query = Person.select(Person.id).where(Person.id_number_blind == blind)
    if own_id is not None:
        query = query.where(Person.id != own_id)
    if query.exists():
        text = _("A person with this identity number is recorded already.")
        raise Conflict(text, _("Identity number"),
                       _("Search for the person by identity number; if the record lies in another division, ask the "
                         "county administrator."), errors={"id_number": [text]}, code="duplicate_person")


def find_by_id_number(text: str) -> Person | None:
    """The person with this identity number, found through the blind index, or None.

    Raises ValueError for a malformed number.
    """
    found: Person | None = Person.get_or_none(Person.id_number_blind == crypto.blind(identity.id_number(text)))
    return found


def _columns(node: Node) -> dict[str, int | None]:
    from . import snapshot

    return ancestor_columns(snapshot.current().tree, node)


# -- departments -----------------------------------------------------------------------------------------------------

def check_department(data: Mapping[str, Any], department: Department | None, node: Node) -> dict[str, list[str]]:
    """Errors across the fields of a department: its name is used once in a division, its leader exists."""
    errors: dict[str, list[str]] = {}
    division_id = department.division_id if department else node.id
    name = data.get("name")
    if name:
        twins = Department.select(Department.id).where(Department.division_id == division_id, Department.name == name)
        if department:
            twins = twins.where(Department.id != department.id)
        if twins.exists():
            errors["name"] = [_("This division has a department of that name already. Choose another name.")]
    return errors


def departments_of(node: Node, day: date | None = None) -> list[Department]:
    """The departments that hang on ``node`` and are open on ``day`` (default today), by name."""
    day = day or local_day()
    return list(Department.select().where(
        Department.division_id == node.id,
        Department.closed_on.is_null() | (Department.closed_on > day)).order_by(Department.name))


# -- posts -----------------------------------------------------------------------------------------------------------

def post_kind(key: str) -> Any:
    """The declared PostKind of that key. Raises Invalid when no plugin declares it."""
    from .registry import registry

    kind = registry().posts.get(key)
    if kind is None:
        raise Invalid(_("There is no such post."), _("Post: %(key)s", key=key), _("Choose one of the listed posts."),
                      errors={"kind": [_("There is no such post. Choose one of the listed posts.")]})
    return kind


def create_post(data: Mapping[str, Any], actor: Actor, node: Node) -> Post:
    """Appoint: insert a post at ``node``. ``data``: person_id, kind, from_day, to_day or None, department_id or None.

    Raises Invalid when the kind does not exist at this level of division or the days or the department do not fit,
    Conflict when the person holds the same post here on one of these days.
    """
    from . import snapshot

    values = {"person_id": data["person_id"], "kind": data["kind"], "department_id": data.get("department_id"),
              "from_day": data.get("from_day") or local_day(), "to_day": data.get("to_day")}
    _check_post(values, node, None)
    try:
        post: Post = insert_record(Post, **values, **_columns(node), created_by=actor.account_id)
    except peewee.IntegrityError:
        raise _already_held(None) from None
    snapshot.bump(content=False)
    return post


def update_post(post: Post, data: Mapping[str, Any], actor: Actor, node: Node) -> dict[str, Any]:
    """Return the changed columns: the days and the department. For the rest, end the post and appoint anew.

    Raises Invalid and Conflict as ``create_post``.
    """
    from . import snapshot

    fixed = [column for column in ("person_id", "kind") if column in data and data[column] != getattr(post, column)]
    if fixed:
        text = _("Person and kind of a post stay. End this post and appoint anew.")
        raise Invalid(text, errors={column: [text] for column in fixed})
    values = {column: data[column] if column in data else getattr(post, column)
              for column in ("person_id", "kind", "department_id", "from_day", "to_day")}
    values["from_day"] = values["from_day"] or post.from_day
    _check_post(values, snapshot.current().tree.get(post.division_id) or node, post.id)
    snapshot.bump(content=False)
    return {column: values[column] for column in ("department_id", "from_day", "to_day")}


def _check_post(values: Mapping[str, Any], node: Node, own_id: int | None) -> None:
    kind = post_kind(values["kind"])
    errors: dict[str, list[str]] = {}
    if kind.levels and node.level not in kind.levels:
        from .divisions import LEVEL_LABELS

        errors["kind"] = [_("%(post)s exists only at the level: %(levels)s. %(name)s is: %(level)s.", post=kind.label,
                            levels="、".join(str(LEVEL_LABELS[level]) for level in kind.levels), name=node.name,
                            level=LEVEL_LABELS[node.level])]
    if not node.valid:
        errors["kind"] = [_("%(name)s no longer exists. Appoint in the division that followed it.", name=node.name)]
    if values["to_day"] is not None and values["to_day"] < values["from_day"]:
        errors["to_day"] = [_("The last day lies before the first day.")]
    if by_id(Person, values["person_id"]) is None:
        errors["person_id"] = [_("There is no such person. Choose one from the list.")]
    department_id = values["department_id"]
    if kind.department and department_id is None:
        errors["department_id"] = [_("This post is held in a department. Choose the department.")]
    if department_id is not None and not Department.select().where(
            Department.id == department_id, Department.division_id == node.id).exists():
        errors["department_id"] = [
            _("The department does not belong to %(name)s. Choose one of its own.", name=node.name)]
    if errors:
        raise Invalid(_("The post was not saved."), next(iter(errors.values()))[0], _("Correct the marked fields."),
                      errors=errors)
    _refuse_overlap(values, node, own_id)


def _refuse_overlap(values: Mapping[str, Any], node: Node, own_id: int | None) -> None:
    first, last = values["from_day"], values["to_day"]
    for other in read(Post, "person_id = ? AND kind = ? AND division_id = ? ORDER BY id",
                      (values["person_id"], values["kind"], node.id)):
        if other.id != own_id and (other.to_day is None or other.to_day >= first) and (last is None or other.from_day <= last):
            raise _already_held(other)


def _already_held(other: Post | None) -> Conflict:
    since = format_day(other.from_day) if other else ""
    text = _("The person holds this post here already (since %(day)s).", day=since) if since else _(
        "The person holds this post here already.")
    return Conflict(text, remedy=_("End the other post first, or choose days that do not overlap."),
                    errors={"from_day": [text]}, code="post_overlap")


def appoint(person_id: int, kind: str, node: Node, actor: Actor, *, from_day: date | None = None,
            to_day: date | None = None, department_id: int | None = None) -> Post:
    """Give a person a post on ``node`` from ``from_day`` (default today), with ledger entry and new grants at once.

    Raises Invalid or Conflict as ``create_post``.
    """
    from . import records

    post: Post = records.create(_entity("core.post"), {
        "person_id": person_id, "kind": kind, "department_id": department_id,
        "from_day": from_day or local_day(), "to_day": to_day}, actor, node)
    return post


def end_post(post_id: int, actor: Actor, to_day: date | None = None) -> Post:
    """End a post with ``to_day`` as its last day (default today).

    Raises NotFound, or Invalid for a day before its start.
    """
    from . import records, snapshot

    post = Post.get_or_none(Post.id == post_id)
    if post is None:
        raise NotFound(_("There is no such post."))
    node = snapshot.current().tree.get(post.division_id)
    if node is None:
        raise NotFound(_("There is no such post."))
    data = {"to_day": to_day or local_day()}
    ended: Post = records.update(_entity("core.post"), post_id, data, actor, post.version, node)
    return ended


def _entity(key: str) -> Any:
    from .registry import registry

    return registry().entities[key]


def posts_of(person_id: int, day: date | None = None) -> list[Post]:
    """The posts a person holds on ``day`` (default today), oldest first."""
    day = day or local_day(now())
    return list(Post.select().where(
        Post.person_id == person_id, Post.from_day <= day,
        Post.to_day.is_null() | (Post.to_day >= day)).order_by(Post.from_day, Post.id))


def posts_of_many(person_ids: Iterable[int], day: date) -> dict[int, list[Post]]:
    """The posts of several persons on ``day`` by person, oldest first, in one query; who holds none is missing."""
    found: dict[int, list[Post]] = {}
    query = Post.select().where(Post.person_id.in_(sorted(set(person_ids)) or [0]), Post.from_day <= day,
                                Post.to_day.is_null() | (Post.to_day >= day))
    for post in query.order_by(Post.from_day, Post.id):
        found.setdefault(post.person_id, []).append(post)
    return found


def holders(node: Node, kind: str, day: date | None = None) -> list[Person]:
    """The persons who hold the post ``kind`` on ``node`` on ``day`` (default today), by name."""
    day = day or local_day(now())
    return list(Person.select().join(Post, on=Post.person_id == Person.id).where(
        Post.division_id == node.id, Post.kind == kind, Post.from_day <= day,
        Post.to_day.is_null() | (Post.to_day >= day)).order_by(Person.name))


def posts_at(node: Node, day: date | None = None) -> list[Post]:
    """The posts that are held right on ``node`` on ``day`` (default today), by kind and first day."""
    day = day or local_day(now())
    return list(Post.select().where(
        Post.division_id == node.id, Post.from_day <= day,
        Post.to_day.is_null() | (Post.to_day >= day)).order_by(Post.kind, Post.from_day, Post.id))
