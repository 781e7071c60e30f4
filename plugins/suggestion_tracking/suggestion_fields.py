"""The field by which a deputy is chosen: offered are those who hold a post of deputy, not everybody in the county."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar

from grid321.core.api import Node, PersonRef, RecordRef, changed, current_frame, local_day, memo, once, people, tree
from grid321.core.api import lazy_gettext as _

from .life_models import Session

DEPUTY_POSTS = {"county": "core_deputy_county", "town": "core_deputy_town"}
"""Level of a congress → the post of its deputies."""

MOST = 1000
_BETWEEN = re.compile(r"\s*[、,，;；\n]+\s*")


def deputies_at(division_id: int, *, fresh: bool = False) -> dict[int, str]:
    """The deputies of the congress of a county or town today: name by person id, in the order of their initials. One query.

    Within a transaction they are asked for once (a session brings hundreds of suggestions), unless ``fresh``.
    """
    kept = memo()
    key = f"deputies:{division_id}"
    if kept is None:
        return _read_deputies(division_id)
    if fresh or key not in kept:
        kept[key] = _read_deputies(division_id)
    found: dict[int, str] = kept[key]
    return found


def is_deputy(person_id: int, division_id: int) -> bool:
    """True for a deputy of the congress of a county or town today, also one appointed a moment ago."""
    return person_id in deputies_at(division_id) or person_id in deputies_at(division_id, fresh=True)


def named(division_id: int, names: str) -> tuple[list[int], list[str]]:
    """(ids of the deputies whose names are listed, names that nobody or several have). ``names`` as in 张三、李四; of several
    deputies of one name each is written with a number behind it, as in 张三(2): the second in the list of deputies.
    """
    by_name = _by_name(division_id)
    found, unknown = [], []
    for text in dict.fromkeys(part for part in _BETWEEN.split(names.strip()) if part):
        name, _bracket, number = unicodedata.normalize("NFKC", text).rstrip(")").partition("(")
        alike = by_name.get(name.strip(), [])
        place = int(number) - 1 if number.isdecimal() and len(number) < 4 else 0 if len(alike) == 1 and not number else -1
        if 0 <= place < len(alike):
            found.append(alike[place])
        else:
            unknown.append(text)
    return list(dict.fromkeys(found)), unknown


def names_of(division_id: int, person_ids: Iterable[int]) -> str:
    """The same the other way: the names of deputies as sheets and forms write them."""
    known, alike = deputies_at(division_id), _by_name(division_id)
    found = []
    for identifier in person_ids:
        name = known.get(identifier) or people.Person.get_by_id(identifier).name
        several = alike.get(name, [])
        found.append(f"{name}({several.index(identifier) + 1})" if len(several) > 1 and identifier in several else name)
    return "、".join(found)


def _by_name(division_id: int) -> dict[str, list[int]]:
    """The deputies of a congress by name; made once for what ``deputies_at`` read, not for each row of a sheet."""
    known, kept, key = deputies_at(division_id), memo(), f"deputies-by-name:{division_id}"
    if kept is not None and key in kept and kept[key][0] is known:
        made: dict[str, list[int]] = kept[key][1]
        return made
    found: dict[str, list[int]] = {}
    for identifier, name in known.items():
        found.setdefault(name, []).append(identifier)
    if kept is not None:
        kept[key] = known, found
    return found


def deputies_below(node: Node) -> dict[str, list[int]]:
    """The deputies of every congress in the subtree of ``node`` today: person ids by name. One query within a transaction."""
    return once(f"deputies-below:{node.id}", lambda: _read_below(node))


def _read_below(node: Node) -> dict[str, list[int]]:
    day, person, post = local_day(), people.Person, people.Post
    rows = (person.select(person.name, person.id).join(post, on=(post.person_id == person.id)).where(
        (getattr(post, node.column) == node.id) & post.kind.in_(list(DEPUTY_POSTS.values())) & (post.from_day <= day)
        & (post.to_day.is_null() | (post.to_day >= day))).distinct().tuples())
    found: dict[str, list[int]] = {}
    for name, identifier in rows:
        found.setdefault(name, []).append(identifier)
    return found


def sessions_at(division_id: int) -> dict[str, int]:
    """The sessions of a congress: id by name. One query within a transaction, unless it writes a session."""
    return once(f"sessions:{division_id}", lambda: dict(
        Session.select(Session.name, Session.id).where(Session.division_id == division_id).tuples()))


def is_session(session_id: int, division_id: int) -> bool:
    """True for a session of the congress of a county or town."""
    return session_id in sessions_at(division_id).values()


def session_written(record: Any, *_rest: Any) -> None:
    """A session was entered or changed, or is about to be deleted: this transaction asks for them anew each time."""
    changed(f"sessions:{record.division_id}")


def _read_deputies(division_id: int) -> dict[int, str]:
    node = tree().get(division_id)
    kind = DEPUTY_POSTS.get(node.level) if node is not None else None
    if kind is None:
        return {}
    day, person, post = local_day(), people.Person, people.Post
    rows = (person.select(person.id, person.name).join(post, on=(post.person_id == person.id)).where(
        (post.division_id == division_id) & (post.kind == kind) & (post.from_day <= day)
        & (post.to_day.is_null() | (post.to_day >= day))).order_by(person.initials, person.id).limit(MOST).tuples())
    return dict(rows)


class DeputyRef(PersonRef):
    """A person; offered are the deputies of the congress at which the form is filled in."""

    kind: ClassVar[str] = "person"

    def options(self) -> list[tuple[str, str]]:
        """The deputies of the congress of the division being looked at, at most 1,000."""
        return [(str(identifier), name) for identifier, name in deputies_at(current_frame().node.id).items()]


class LeadingDeputy(DeputyRef):
    """The deputy who leads a suggestion: the office chooses among all, a deputy is offered nobody else.

    In a sheet it is the name.
    """

    cell_kind: ClassVar[str] = "text"
    default_error_messages = {
        "name": _("No deputy, or more than one, to this congress is called {name}. Write it as the list of deputies has it; "
                  "of several deputies of one name write the first as {name}(1)."),
    }

    def from_cell(self, cell: Any) -> int | None:
        """A deputy's name, or the number of the person."""
        if not isinstance(cell, str) or not cell.strip() or cell.strip().isdecimal():
            return super().from_cell(cell)
        found, unknown = named(current_frame().node.id, cell)
        if not unknown and len(found) == 1:
            return found[0]
        below = deputies_below(current_frame().node).get(cell.strip(), [])  # a row of a town in a sheet of the county
        if len(below) != 1:
            raise self.make_error("name", name=cell.strip()[:40].replace("{", "("))
        return below[0]

    def to_cell(self, value: Any, record: Any = None) -> str:
        """The name as ``from_cell`` reads it."""
        return names_of(getattr(record, "division_id", None) or current_frame().node.id, [value]) if value else ""

    def options(self) -> list[tuple[str, str]]:
        """The deputies of the congress, or the present deputy alone."""
        actor = current_frame().actor
        found = super().options()
        if actor.system or actor.may("suggestion_tracking.register", current_frame().node):
            return found
        return [one for one in found if one[0] == str(actor.person_id)]


class SessionRef(RecordRef):
    """A session of the congress; in a sheet it is the name."""

    cell_kind: ClassVar[str] = "text"
    default_error_messages = {
        "name": _("There is no session of this name at this congress: {name}. Enter the session first, or correct the name."),
    }

    def from_cell(self, cell: Any) -> int | None:
        """The name of a session of the congress that is looked at."""
        if not isinstance(cell, str) or not cell.strip():
            return super().from_cell(cell)
        found = sessions_at(current_frame().node.id).get(cell.strip())
        if found is None:
            raise self.make_error("name", name=cell.strip()[:80].replace("{", "("))
        return found

    def to_cell(self, value: Any, record: Any = None) -> str:
        """The name."""
        return self.display(value, record) if value else ""
