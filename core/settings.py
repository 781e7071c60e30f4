"""Typed settings, inherited down the tree, each with source and valid-from; and classes, which are lists a county edits."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import peewee

from . import db
from .entity import ClassScheme, Setting
from .errors import Invalid, NotFound
from .i18n import current_language
from .i18n import gettext as _
from .tree import Node
from .workflow import Length, parse_length


class SettingValue(db.Table):
    """One value of a setting at a division, valid from a day, with where it comes from."""

    id = peewee.BigAutoField()
    key = peewee.CharField(max_length=80)
    division_id = peewee.BigIntegerField()
    value = db.JSONField(null=True)
    source = peewee.TextField(default="")
    valid_from = peewee.DateField()
    changed_at = peewee.DateTimeField(default=db.now)
    changed_by = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_setting"
        indexes = ((("key", "division_id", "valid_from"), True),)


class ClassItem(db.Table):
    """A county's change to a class scheme: a new item, other words for one, or an item retired."""

    id = peewee.BigAutoField()
    scheme = peewee.CharField(max_length=80)
    code = peewee.CharField(max_length=40)
    division_id = peewee.BigIntegerField()
    label_zh = peewee.CharField(max_length=80)
    label_en = peewee.CharField(max_length=120, default="")
    position = peewee.IntegerField(default=100)
    retired = peewee.BooleanField(default=False)

    class Meta:
        table_name = "core_class_item"
        indexes = ((("scheme", "code", "division_id"), True),)


class Settings:
    """The values of one revision: ``get(key, node)`` finds the nearest ancestor's value valid on a day."""

    __slots__ = ("_declared", "_rows")

    def __init__(self, declared: Mapping[str, Setting], rows: Iterable[tuple[str, int, Any, date, str]]) -> None:
        self._declared = dict(declared)
        self._rows: dict[str, dict[int, list[tuple[date, Any, str]]]] = {}
        for key, division_id, value, valid_from, source in rows:
            self._rows.setdefault(key, {}).setdefault(division_id, []).append((valid_from, value, source))
        for places in self._rows.values():
            for values in places.values():
                values.sort(key=lambda row: row[0], reverse=True)

    def declared(self, key: str) -> Setting:
        """The declaration of ``key``; ``KeyError`` when nothing declares it."""
        return self._declared[key]

    def get(self, key: str, node: Node | None = None, day: date | None = None) -> Any:
        """The value at ``node`` (None: the declared default) valid on ``day`` (None: today, from the database clock)."""
        found = self._nearest(key, node, day)
        return found[1] if found is not None else self._declared[key].default

    def explain(self, key: str, node: Node | None = None, day: date | None = None) -> tuple[Any, str, int | None, date | None]:
        """(value, source, division id that sets it or None for the default, valid from)."""
        declared, found = self._declared[key], self._nearest(key, node, day)
        if found is None:
            return declared.default, str(declared.source), None, None
        division_id, value, source, valid_from = found
        return value, source, division_id, valid_from

    def _nearest(self, key: str, node: Node | None, day: date | None) -> tuple[int, Any, str, date] | None:
        """(division id, value, source, valid from) of the nearest ancestor that sets it; None for the default, which has its
        source translated only for whoever asks for it."""
        places = self._rows.get(key)
        if places and node is not None:
            day = day or db.local_day()
            for division_id in reversed(node.path):
                for valid_from, value, source in places.get(division_id, ()):
                    if valid_from <= day:
                        return division_id, value, source, valid_from
        return None

    def length(self, key: str, node: Node | None = None, day: date | None = None) -> Length | None:
        """A setting of kind ``length`` as a ``Length``; None when it has no value here."""
        value = self.get(key, node, day)
        return value if value is None or isinstance(value, Length) else parse_length(value)

    def all(self) -> Mapping[str, Setting]:
        """Every declared setting by key."""
        return self._declared


class Classes:
    """Class schemes of one revision with the counties' changes."""

    __slots__ = ("_cache", "_declared", "_rows")

    def __init__(self, declared: Mapping[str, ClassScheme], rows: Iterable[Mapping[str, Any]]) -> None:
        self._declared = dict(declared)
        self._rows: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
        for row in rows:
            self._rows.setdefault((row["scheme"], row["division_id"]), []).append(row)
        self._cache: dict[tuple[str, int | None, str, bool], dict[str, str]] = {}

    def schemes(self) -> Mapping[str, ClassScheme]:
        """Every declared scheme by key."""
        return self._declared

    def labels(self, scheme: str, node: Node | None, *, retired: bool = False) -> Mapping[str, str]:
        """code → label in the present language at ``node``, in order; ``retired`` adds items no longer offered.

        Raises ``KeyError`` for an unknown scheme.
        """
        declared = self._declared[scheme]
        place = node.id if node is not None and self._rows else None
        key = (scheme, place, current_language(), retired)
        if key not in self._cache:
            found: dict[str, tuple[int, str]] = {code: (number * 10, str(label))
                                                 for number, (code, label) in enumerate(declared.items)}
            for division_id in node.path if node is not None else ():
                for row in self._rows.get((scheme, division_id), ()):
                    if row["retired"] and not retired:
                        found.pop(row["code"], None)
                    else:
                        label = row["label_zh"] if key[2] == "zh" else row["label_en"] or row["label_zh"]
                        found[row["code"]] = (row["position"], label)
            self._cache[key] = {code: label for code, (_n, label) in sorted(found.items(), key=lambda i: i[1][0])}
        return self._cache[key]

    def label(self, scheme: str, code: str | None, node: Node | None) -> str:
        """The label of one code; the code itself when no label is known."""
        return self.labels(scheme, node, retired=True).get(code or "", code or "")


def put(key: str, node: Node, value: Any, *, source: str, valid_from: date, account_id: int | None = None) -> None:
    """Set ``key`` for ``node`` and its subtree from a day. Raises ``NotFound`` or ``Invalid``; changes nothing then."""
    from . import ledger, snapshot

    declared = snapshot.current().settings.all().get(key)
    if declared is None:
        raise NotFound(_("There is no setting %(key)s.", key=key))
    value = check_value(declared, value)
    if not source.strip():
        raise Invalid(_("The setting was not changed."), errors={"source": [_("Say where this value comes from.")]})
    typed = declared.kind == "text" and value is not None  # what people type stands beside the chain
    with db.transaction():
        (SettingValue.insert(key=key, division_id=node.id, value=value, source=source.strip(), valid_from=valid_from,
                             changed_by=account_id, changed_at=db.now())
         .on_conflict(conflict_target=(SettingValue.key, SettingValue.division_id, SettingValue.valid_from),
                      update={SettingValue.value: value, SettingValue.source: source.strip()}).execute())
        ledger.append("core.setting", node.id, "set", node=node, account_id=account_id,
                      facts={"key": key, "valid_from": valid_from.isoformat()} | ({} if typed else {"value": value}),
                      detail={"source": source} | ({"value": value} if typed else {}))
        snapshot.bump()


def check_value(declared: Setting, value: Any) -> Any:
    """The value as it is stored. Raises ``Invalid`` naming what fits."""
    try:
        return _converted(declared, value)
    except (TypeError, ValueError) as error:
        raise Invalid(_("The setting was not changed."), str(declared.label), errors={"value": [str(error)]}) from None


def _converted(declared: Setting, value: Any) -> Any:
    text = value.strip() if isinstance(value, str) else value
    if declared.optional and text in (None, ""):
        return None
    if declared.kind == "int":
        if isinstance(text, bool) or not (isinstance(text, int) or (isinstance(text, str) and text.isascii()
                                                                    and text.lstrip("-").isdigit())):
            raise ValueError(_("Write a whole number."))
        number = int(text)
        low, high = declared.minimum, declared.maximum
        if (low is not None and number < low) or (high is not None and number > high) or abs(number) > 2**31 - 1:
            raise ValueError(_("Write a number from %(low)s to %(high)s.", low=low if low is not None else "-", high=high or "-"))
        return number
    if declared.kind == "flag":
        if text in (True, False):
            return text
        raise ValueError(_("Choose yes or no."))
    if not isinstance(text, str):
        raise ValueError(_("Write it as text."))
    if declared.kind == "day":
        return date.fromisoformat(text).isoformat()
    if declared.kind == "length":
        try:
            return str(parse_length(text))
        except ValueError:
            raise ValueError(_("Write a whole number that is not negative, a space and a unit, as in: 10 wd (working days), 7 d "
                               "(days), 3 m (months), 24 h (hours).")) from None
    if declared.kind == "choice" and text not in {code for code, _label in declared.choices}:
        raise ValueError(_("Choose one of the list."))
    if len(text) > 2000 or "\x00" in text:
        raise ValueError(_("Write a text of at most 2000 characters."))
    return declared.check(text) if declared.check is not None else text
