"""What a plugin's ``demo`` function gets: the demo county, invented people, and bulk writing."""
from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from grid321.core import accounts, bulk, clock, crypto, db, people, snapshot
from grid321.core import months as month_end
from grid321.core.actor import SYSTEM, Actor
from grid321.core.divisions import Division
from grid321.core.people import Person, Post
from grid321.core.tree import Node, Tree, ancestor_columns

from .names import Numbers, name

FIRST = -10_000_000
"""The order of what happens before everything else of the same moment: sweeps of the clocks, month ends."""
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
    ``departments`` maps (division id, name) to the department's id. What happened in the demo's past is put on the agenda
    (``at``), so that the stories of all plugins are played in the order of time, with the sweeps and month ends between them.
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
    agenda: list[tuple[datetime, int, int, Callable[[datetime], None]]] = field(default_factory=list)
    at_the_end: list[Callable[[], None]] = field(default_factory=list)
    _by_name: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    _counted: Iterator[int] = field(default_factory=itertools.count)

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
        self._by_name[username] = (int(account.id), node.id, person_id)  # asked for thousands of times while the past is played
        return int(account.id)

    def account_of(self, username: str) -> tuple[int, Node] | None:
        """(id, division) of an account of the demo that was made already, None when there is none of that name."""
        found = self._by_name.get(username)
        place = self.tree.get(found[1]) if found is not None else None
        return (found[0], place) if found is not None and place is not None else None

    def person_of(self, username: str) -> int | None:
        """The person behind an account of the demo that was made already, None when there is none of that name."""
        found = self._by_name.get(username)
        return found[2] if found is not None else None

    # -- the demo's past

    def at(self, moment: datetime, work: Callable[[datetime], None], order: int = 0) -> None:
        """Do ``work(moment)`` when the demo's past comes to ``moment`` (naive UTC), if that is not in the future.

        Among what happens at the same moment the lower ``order`` comes first. ``work`` shifts the clock itself
        (``shift_clock(moment - now())``) and may put what follows on the agenda.
        """
        heapq.heappush(self.agenda, (moment, order, next(self._counted), work))

    def stage(self, entity_key: str, rng: Random, actor: Callable[[str, Node], Actor],
              attendance: Callable[[str], dict[str, Any]], stuck: float = 0.03) -> Any:
        """A stage (``stage.Stage``) on which the lives of an entity's cases are performed, with the meetings they need."""
        from .stage import Stage

        return Stage(self, entity_key, rng, actor, attendance, stuck)

    def after_all(self, work: Callable[[], None]) -> None:
        """Do ``work()`` when the whole past has been played."""
        self.at_the_end.append(work)

    def play(self) -> None:
        """Play the past up to now: what is on the agenda, a sweep of the clocks every evening, a month end every month."""
        present = db.now()
        if self.agenda:
            begin = min(moment for moment, *_rest in self.agenda)
            for day in range((present - begin).days + 1):
                self.at(begin.replace(hour=16, minute=20) + timedelta(days=day), self.sweep, FIRST - 1)
            for moment, month in _month_ends(begin, present):
                self.at(moment, lambda at, closed=month: self._close(at, closed), FIRST)  # type: ignore[misc]
        while self.agenda:
            moment, _order, _number, work = heapq.heappop(self.agenda)
            if moment <= present:
                work(moment)
        for end in self.at_the_end:
            end()

    def _close(self, moment: datetime, month: str) -> None:
        with db.shift_clock(moment - db.now()):
            if month_end.first_booked(self.tree.subtree(self.county)):
                month_end.close(self.county, month, SYSTEM, below=True)

    def sweep(self, moment: datetime) -> None:
        """Fire the clocks that have run out by ``moment`` of the demo's past, at that moment."""
        with db.shift_clock(moment - db.now()):
            while clock.sweep():
                pass

    def grant(self, username: str, role: str, node: Node, department_id: int | None = None) -> None:
        """Give an account of the demo a role of a plugin on ``node`` (its administrator looks after the plugin's records)."""
        account = accounts.Account.get(accounts.Account.username == username)
        accounts.grant(account.id, role, node, self.actor, department_id=department_id)


def _month_ends(begin: datetime, present: datetime) -> list[tuple[datetime, str]]:
    """When the county closed each month since ``begin``: on the third of the next one, and which month it was."""
    found: list[tuple[datetime, str]] = []
    month = date(begin.year, begin.month, 1)
    while True:
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        moment = datetime(following.year, following.month, 3, 2, 30)
        if moment > present:
            return found
        found.append((moment, f"{month.year:04d}-{month.month:02d}"))
        month = following
