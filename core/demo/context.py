"""What a plugin's ``demo`` function gets: the demo county, invented people, and bulk writing."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any

from grid321.core import accounts, bulk, clock, crypto, db, people, snapshot
from grid321.core.actor import SYSTEM, Actor
from grid321.core.divisions import Division
from grid321.core.people import Person, Post
from grid321.core.tree import Node, Tree, ancestor_columns

from .names import Numbers, name

_BASE = ("uid", "version", "created_at", "updated_at", "created_by")
_SCOPE = ("division_id", *db.SCOPE_COLUMNS)


@dataclass(frozen=True)
class DemoAccount:
    """One line of what is printed at the end."""

    username: str
    label: str
    place: str


@dataclass
class DemoContext:
    """The demo county while it is being made, inside one transaction.

    ``rng`` is seeded, ``county_code`` and ``off_code`` name the county and the one town in which every plugin is off;
    ``departments`` maps (division id, name) to the department's id.
    """

    rng: Random
    password: str
    county_code: str
    off_code: str
    actor: Actor = SYSTEM
    today: date = field(default_factory=db.local_day)
    departments: dict[tuple[int, str], int] = field(default_factory=dict)
    accounts: list[DemoAccount] = field(default_factory=list)
    progress: Callable[[str], None] = lambda text: None
    numbers: Numbers = field(init=False)

    def __post_init__(self) -> None:
        self.numbers = Numbers(self.rng)

    @property
    def tree(self) -> Tree:
        """The divisions as they are now."""
        return snapshot.current().tree

    @property
    def county(self) -> Node:
        """The demo county."""
        return self.node(self.county_code)

    @property
    def towns(self) -> tuple[Node, ...]:
        """The towns that take part: all but the one in which the plugins are off."""
        return tuple(town for town in self.tree.children(self.county) if town.code != self.off_code)

    def node(self, code: str) -> Node:
        """The division of that code. Raises KeyError."""
        found = self.tree.by_code(code)
        if found is None:
            raise KeyError(code)
        return found

    def scope(self, node: Node) -> dict[str, int | None]:
        """The scope columns of a record at ``node``."""
        return ancestor_columns(self.tree, node)

    def insert(self, model: type[Any], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows past the ORM; a column that is not named gets the default of its field."""
        fields = [field for field in model._meta.sorted_fields
                  if field.column_name not in columns and field.default is not None]
        names = (*columns, *(field.column_name for field in fields))
        bulk.insert_rows(model, names, [
            (*row, *(field.db_value(field.default() if callable(field.default) else field.default) for field in fields))
            for row in rows])

    def base(self) -> tuple[Any, ...]:
        """Values of the first columns of every record (``uid version created_at updated_at created_by``)."""
        moment = db.now()
        return db.new_uid(), 1, moment, moment, self.actor.account_id

    def divisions(self, wanted: Sequence[tuple[Node, str, str]], *, level: str, owner: str,
                  tier: str | None = None) -> list[Node]:
        """Add nodes (parent, code, name) to the tree and return them, in one new revision."""
        columns = (*_BASE, "code", "name", "level", "parent_id", "owner", "tier", "source", "valid_from")
        self.insert(Division, columns, [(*self.base(), code, title, level, parent.id, owner, tier, "demo", self.today)
                                        for parent, code, title in wanted])
        snapshot.bump(tree=True)
        tree = self.tree
        return [node for _parent, code, _title in wanted if (node := tree.by_code(code)) is not None]

    def people(self, wanted: Sequence[tuple[Node, str | None]]) -> list[int]:
        """Invent persons whose records are kept at the given divisions (division, gender or None); their ids in order."""
        rows, uids = [], []
        tree = self.tree
        for node, gender in wanted:
            sex = gender or self.rng.choice("fm")
            row = self._person(tree, node, sex, name(self.rng, sex))
            uids.append(row[0])
            rows.append(row)
        columns = (*_BASE, *_SCOPE, "name", "initials", "gender", "phone", "phone_blind", "phone_tail", "id_number",
                   "id_number_blind")
        self.insert(Person, columns, rows)
        ids: dict[str, int] = {}
        for start in range(0, len(uids), 500):
            ids |= dict(Person.select(Person.uid, Person.id).where(Person.uid.in_(uids[start:start + 500])).tuples())
        return [ids[uid] for uid in uids]

    def person(self, node: Node, title: str | None = None, gender: str | None = None) -> int:
        """Invent one person, with a name of your own if you like; returns the id."""
        found = self.people([(node, gender)])[0]
        if title is not None:
            Person.update(name=title, initials=people.initials(title)).where(Person.id == found).execute()
        return found

    def _person(self, tree: Tree, node: Node, sex: str, title: str) -> tuple[Any, ...]:
        base = self.base()
        uid, phone, number = base[0], self.numbers.phone(), self.numbers.id_number(sex)
        return (*base, *ancestor_columns(tree, node).values(), title, people.initials(title), sex,
                crypto.seal(phone, "core_person", "phone", uid), crypto.blind(phone), phone[-4:],
                crypto.seal(number, "core_person", "id_number", uid), crypto.blind(number))

    def posts(self, wanted: Iterable[tuple[int, str, Node, date, int | None]]) -> None:
        """Appoint many: (person id, kind, division, first day, department id or None)."""
        tree = self.tree
        self.insert(Post, (*_BASE, *_SCOPE, "person_id", "kind", "from_day", "department_id"),
                    [(*self.base(), *ancestor_columns(tree, node).values(), person_id, kind, day, department_id)
                     for person_id, kind, node, day, department_id in wanted])
        snapshot.bump()

    def account(self, username: str, label: str, node: Node, person_id: int, *, role: str | None = None,
                department_id: int | None = None) -> int:
        """Make an account with the demo password; ``role`` is granted on ``node``, other rights come from posts.

        Returns the account's id; the account is printed at the end with its ``label``.
        """
        account = accounts.create_account(username, self.password, node, self.actor, person_id=person_id,
                                          must_change_password=False)
        if role is not None:
            accounts.grant(account.id, role, node, self.actor, department_id=department_id)
        self.accounts.append(DemoAccount(username, label, self.tree.full_name(node)))
        return int(account.id)

    def sweep(self, moment: datetime) -> None:
        """Fire the clocks that have run out by ``moment`` of the demo's past, at that moment."""
        with db.shift_clock(moment - db.now()):
            while clock.sweep():
                pass

    def grant(self, username: str, role: str, node: Node) -> None:
        """Give an account of the demo a role of a plugin on ``node`` (its administrator looks after the plugin's records)."""
        account = accounts.Account.get(accounts.Account.username == username)
        accounts.grant(account.id, role, node, self.actor)
