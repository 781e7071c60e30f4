"""Causes of deeds that a county or a region's plugin adds as data: which records of a further plugin stand in deputies' files.

They are lines of the setting ``liaison_station.deed_causes``: a region's preset or an office writes them without a program, as in
``training hanbin.course person=person_id day=held_on title=name state=held``. A line holds where the setting does. One whose
plugin is not installed brings nothing.
"""
from __future__ import annotations

from functools import lru_cache
from typing import Any

from grid321.core.api import Setting, gettext, registry, setting
from grid321.core.api import lazy_gettext as _

from .deputy_models import Deputy
from .file_causes import CAUSES, Cause, P, Who

KEY = f"{P}deed_causes"
HOLDERS = ("person", "deputy", "account")
WORDS = (*HOLDERS, "day", "title", "state", "unless")
MOST = 20


@lru_cache(maxsize=64)
def parsed(text: str) -> tuple[Cause, ...]:
    """The causes that a text of lines describes. Raises ``ValueError`` in words that a person reads."""
    found: list[Cause] = []
    for number, line in enumerate(filter(None, (part.strip() for part in text.replace(";", "\n").splitlines())), start=1):
        kind, *rest = line.split()
        values = dict(part.partition("=")[::2] for part in rest[1:])
        holders = [word for word in HOLDERS if values.get(word)]
        if not rest or "." not in rest[0] or set(values) - set(WORDS) or len(holders) != 1 or not values.get("day"):
            raise ValueError(gettext(
                "Line %(line)s: write a kind, the key of the records, person=column (or deputy=, account=) and day=column; "
                "title=, state= and unless= where they are needed.", line=number))
        one = Cause(kind, rest[0], Who(values[holders[0]], holders[0]), day=values["day"],
                    title=tuple(filter(None, [values.get("title", "")])), states=_list(values.get("state", "")),
                    unless=_list(values.get("unless", "")))
        if any((known.kind, known.entity) == (one.kind, one.entity) for known in (*CAUSES, *found)):
            raise ValueError(gettext(
                "Line %(line)s: %(entity)s is %(kind)s already.", line=number, entity=one.entity, kind=one.kind))
        found.append(one)
    if len(found) > MOST:
        raise ValueError(gettext("Write at most %(most)s lines.", most=MOST))
    return tuple(found)


def _list(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def check(text: str) -> str:
    """The text as it is stored. Raises ``ValueError``: a line that says nothing, or a column that records do not have."""
    for one in parsed(text):
        entity = registry().entities.get(one.entity)
        if entity is None:
            continue  # its plugin may come later
        columns = (one.who.column, one.day, *one.title, *(("state",) if one.states or one.unless else ()))
        lacking = [name for name in columns if name not in entity.model._meta.fields]
        if lacking:
            raise ValueError(gettext("%(entity)s has no column %(name)s.", entity=one.entity, name=lacking[0]))
    return text


def at(division_id: int | None) -> tuple[Cause, ...]:
    """What is added where a division lies."""
    return parsed(str(setting(KEY, division_id) or ""))


def causes() -> tuple[Cause, ...]:
    """Every cause: those of the plugin, and those that are added where deputies' files are kept. One query."""
    added: dict[tuple[str, str], Cause] = {}
    for (division_id,) in Deputy.select(Deputy.division_id).distinct().tuples():
        for one in at(division_id):
            added.setdefault((one.kind, one.entity), one)
    return (*CAUSES, *added.values())


def holds(cause: Cause, record: Any) -> bool:
    """True for a cause of the plugin, and for an added one at a division where it is added."""
    return any(cause is one for one in CAUSES) or cause in at(record.division_id)


SETTINGS = (Setting(KEY, _("Further records that stand in deputies’ files"), "text", "", _(
    "Empty: receptions, opinions, activities, contacts and suggestions. Each line: kind, records, person=, day=, title=, state="),
    check=check),)
