"""Paging by the key of the last row: as fast on page 1,000 as on the first, and no row twice when others are added.

A cursor is an opaque text in the URL. It names its order, the value and id of the row it starts from, and the direction.
"""
from __future__ import annotations

import base64
import binascii
import datetime
from dataclasses import dataclass
from typing import Any

import orjson
import peewee

from .db import is_postgres
from .errors import BadRequest
from .field_base import bad_character
from .i18n import gettext as _

BIG = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Order:
    """An order of rows: a column and its direction, then the id, which makes it total. Empty values come last."""

    name: str
    stored: peewee.Field
    key: peewee.Field
    descending: bool

    @property
    def by_id(self) -> bool:
        """True when the column is the id itself."""
        return self.stored is self.key

    def clauses(self, backward: bool = False) -> list[Any]:
        """ORDER BY, or its exact mirror for the page before."""
        down = self.descending != backward
        identity = self.key.desc() if down else self.key.asc()
        if self.by_id:
            return [identity]
        if not self.stored.null:
            return [self.stored.desc() if down else self.stored.asc(), identity]
        nulls = "first" if backward else "last"
        return [self.stored.desc(nulls=nulls) if down else self.stored.asc(nulls=nulls), identity]

    def beyond(self, value: Any, identity: int, backward: bool = False) -> peewee.Expression:
        """The rows that come after the row (value, identity) in this order, or before it with `backward`."""
        down = self.descending != backward
        next_id = self.key < identity if down else self.key > identity
        if self.by_id:
            return next_id
        stored = self.stored
        if value is None:
            same = stored.is_null() & next_id
            return same | stored.is_null(False) if backward else same
        further = (stored < value) if down else (stored > value)
        found = further | ((stored == value) & next_id)
        return found | stored.is_null() if stored.null and not backward else found


def write(order: Order, value: Any, identity: int, backward: bool = False) -> str:
    """The cursor of a row. `value` is the raw value of the order's column."""
    if isinstance(value, datetime.datetime):
        value = value.isoformat(sep=" ", timespec="microseconds")
    elif isinstance(value, datetime.date):
        value = value.isoformat()
    body = orjson.dumps([order.name, None if order.by_id else value, identity, int(backward)])
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def read(text: str, order: Order) -> tuple[Any, int, bool]:
    """(value, id, backward) of a cursor made for this order. Raises BadRequest for anything else."""
    try:
        if len(text) > 2000 or not text.isascii():
            raise ValueError
        name, value, identity, backward = orjson.loads(
            base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if name != order.name or type(identity) is not int or not 0 <= identity <= BIG or backward not in (0, 1):
            raise ValueError
        return _checked(order, value), identity, bool(backward)
    except (ValueError, TypeError, binascii.Error):
        raise BadRequest(_("This page of the list cannot be found."),
                         _("The page mark (cursor) in the address is not valid for this order."),
                         _("Go back to the first page of the list."), code="bad_cursor") from None


def _checked(order: Order, value: Any) -> Any:
    """The value in the type that the database compares with its column."""
    stored = order.stored
    if order.by_id or value is None:
        if value is not None or not (order.by_id or stored.null):
            raise ValueError
        return None
    if isinstance(stored, peewee.IntegerField | peewee.BigIntegerField | peewee.AutoField):
        limit = BIG if isinstance(stored, peewee.BigIntegerField) else 2**31 - 1
        if type(value) is not int or abs(value) > limit:
            raise ValueError
        return value
    if not isinstance(value, str) or bad_character(value, True) is not None:
        raise ValueError
    if isinstance(stored, peewee.DateTimeField):
        moment = datetime.datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            raise ValueError
        return moment if is_postgres() else _same_text(value)
    if isinstance(stored, peewee.DateField):
        return datetime.date.fromisoformat(value)
    return value


def _same_text(value: str) -> peewee.Value:
    # SQLite compares the stored text, whose fraction may be absent: the cursor keeps it as it was read.
    return peewee.Value(value, converter=False)
