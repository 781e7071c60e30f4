"""Divisions: the stored tree, the names it had before, the dated changes that made it, and the rules of codes.

Codes are the national statistical codes (GB/T 2260 and GB/T 10114, National Bureau of Statistics): 2 digits for a
province, 4 city, 6 county, 9 township or street, 12 village or community. Below a village a plugin may contribute
grids; their code is free (13 to 24 digits), the working default is the village code and three digits.
"""
from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import peewee

from .db import LEVELS, JSONField, Record, Table, local_day, now
from .errors import Conflict, Invalid, NotFound
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .tree import Node

CODE_LENGTHS = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12}
GRID_CODE_LENGTH = (13, 24)
NAME_LENGTH = 80
REASON_LENGTH = 400
LEVEL_LABELS = {"province": _l("Province"), "city": _l("City"), "county": _l("County"),
                "town": _l("Town or street"), "village": _l("Village or community"), "grid": _l("Grid")}
CHANGE_KINDS = {"create": _l("Created"), "rename": _l("Renamed"), "move": _l("Moved"), "merge": _l("Merged"),
                "split": _l("Split"), "retire": _l("Retired"), "import": _l("Imported")}


class Division(Record):
    """A node of the tree. Its code is unique among the valid ones; a merged, split or retired one keeps its row."""

    code = peewee.CharField(max_length=24, index=True)
    name = peewee.CharField(max_length=NAME_LENGTH)
    level = peewee.CharField(max_length=10)
    parent = peewee.ForeignKeyField("self", null=True, lazy_load=False, on_delete="RESTRICT")
    owner = peewee.CharField(max_length=40, default="core")
    tier = peewee.CharField(max_length=40, null=True)
    source = peewee.CharField(max_length=60, default="")  # the list it was imported from, empty when made by hand
    valid_from = peewee.DateField()
    valid_to = peewee.DateField(null=True)  # the first day on which it no longer exists
    successor_id = peewee.BigIntegerField(null=True)  # what it was merged into, or the part that took over the rest
    missing_since = peewee.DateField(null=True)  # the newest imported list no longer has it: somebody should decide

    class Meta:
        table_name = "core_division"


Division.add_index(Division.index(Division.code, unique=True, name="core_division_valid_code",
                                  where=Division.valid_to.is_null()))


class DivisionAlias(Table):
    """A code under which a division was known, or the code of one that was merged into it."""

    id = peewee.BigAutoField()
    code = peewee.CharField(max_length=24, index=True)
    division = peewee.ForeignKeyField(Division, lazy_load=False, on_delete="RESTRICT")
    since = peewee.DateField()  # the day from which the code is an old one

    class Meta:
        table_name = "core_division_alias"


class DivisionChange(Table):
    """One dated change of the tree with its reason. Rows are written once and never changed."""

    append_only = True

    id = peewee.BigAutoField()
    division = peewee.ForeignKeyField(Division, null=True, lazy_load=False, on_delete="RESTRICT")
    kind = peewee.CharField(max_length=10)
    day = peewee.DateField()
    reason = peewee.CharField(max_length=REASON_LENGTH)
    detail = JSONField(default=dict)
    actor_id = peewee.BigIntegerField(null=True)
    at = peewee.DateTimeField(default=now)

    class Meta:
        table_name = "core_division_change"


def level_below(level: str | None) -> str | None:
    """The level right below, None below a grid; below nothing stands the province."""
    depth = 0 if level is None else LEVELS.index(level) + 1
    return LEVELS[depth] if depth < len(LEVELS) else None


def level_of_code(code: str) -> str:
    """The level that a code of this length has.

    Raises Invalid when the code has other characters than the digits 0-9 or a length that no level has.
    """
    if not (code.isascii() and code.isdigit()):
        raise Invalid(_("This is not a division code."), _("Code: %(code)s", code=shown(code)),
                      _("Use the digits 0-9 only, without spaces or full-width digits."),
                      errors={"code": [_("Digits 0-9 only.")]})
    for level, length in CODE_LENGTHS.items():
        if len(code) == length:
            return level
    if GRID_CODE_LENGTH[0] <= len(code) <= GRID_CODE_LENGTH[1]:
        return "grid"
    raise Invalid(
        _("No level has codes of %(count)s digits.", count=len(code)), _("Code: %(code)s", code=shown(code)),
        _("Province 2, city 4, county 6, town 9, village 12 digits; grids 13 to 24."),
        errors={"code": [_("Province 2, city 4, county 6, town 9, village 12 digits; grids 13 to 24.")]})


def check_code(code: str, level: str, parent_code: str | None) -> str:
    """Return ``code`` when it is a code of ``level`` below a division with ``parent_code``.

    A code of the five national levels begins with the code of its parent (at creation; after a move it may differ).
    A county, a city or a province may be the root of a deployment: then ``parent_code`` is None.
    Raises Invalid with the place and the remedy otherwise.
    """
    found = level_of_code(code)
    if found != level:
        raise Invalid(
            _("The code belongs to another level."),
            _("%(code)s is the code of: %(found)s; expected: %(level)s.", code=code, found=LEVEL_LABELS[found],
              level=LEVEL_LABELS[level]),
            _("Check the code, or choose the right division above."), errors={"code": [_("Wrong number of digits.")]})
    if parent_code is not None and level != "grid" and not code.startswith(parent_code):
        raise Invalid(
            _("The code does not belong to this division."),
            _("%(code)s does not begin with %(parent)s.", code=code, parent=parent_code),
            _("Choose the division above to which the code belongs, or correct the code."),
            errors={"code": [_("Must begin with %(parent)s.", parent=parent_code)]})
    return code


def check_name(name: str) -> str:
    """Return the name in NFC without outer blanks.

    Raises Invalid when it is empty, too long or has control characters.
    """
    problem = name_problem(name)
    if problem:
        raise Invalid(_("This is not a name for a division."), problem,
                      _("Write the official name, at most %(count)s characters.", count=NAME_LENGTH),
                      errors={"name": [problem]})
    return unicodedata.normalize("NFC", name.strip())


def name_problem(name: str) -> str:
    """Say what is wrong with a division's name, or an empty text."""
    text = unicodedata.normalize("NFC", name.strip())
    if not text:
        return _("The name is empty.")
    if len(text) > NAME_LENGTH:
        return _("The name has %(found)s characters; at most %(count)s are allowed.", found=len(text),
                 count=NAME_LENGTH)
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        return _("The name contains characters that cannot be shown.")
    return ""


def check_parent(level: str, parent: Division | None) -> None:
    """Refuse a parent of the wrong level: each level hangs on the one right above, a grid always on a village.

    Raises Invalid. A province, city or county without parent is the root of a deployment.
    """
    if parent is None:
        if level in ("province", "city", "county"):
            return
        wanted = LEVELS[LEVELS.index(level) - 1]
        raise Invalid(_("The division above is missing."), LEVEL_LABELS[level],
                      _("Choose a division of the level: %(level)s.", level=LEVEL_LABELS[wanted]),
                      errors={"parent": [_("Required.")]})
    if level_below(parent.level) != level:
        wanted = LEVELS[max(LEVELS.index(level) - 1, 0)]
        raise Invalid(
            _("This division cannot stand there."),
            _("%(level)s below %(parent)s (%(above)s).", level=LEVEL_LABELS[level], parent=parent.name,
              above=LEVEL_LABELS[parent.level]),
            _("Choose a division of the level: %(level)s.", level=LEVEL_LABELS[wanted]),
            errors={"parent": [_("Wrong level.")]})


def shown(text: Any) -> str:
    """A text that somebody typed, made safe and short for an error message."""
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(text))
    return clean if len(clean) <= 40 else clean[:40] + "…"


def valid_division(wanted: Division | Node | str) -> Division:
    """The row of a valid division, found by row, node or code. Raises NotFound for one that ended or never was."""
    condition = Division.code == wanted if isinstance(wanted, str) else Division.id == wanted.id
    found: Division | None = Division.get_or_none(condition, Division.valid_to.is_null())
    if found is None:
        code = wanted if isinstance(wanted, str) else wanted.code
        raise NotFound(_("There is no valid division %(code)s.", code=code[:40]),
                       remedy=_("It may have been merged or renamed: look for it in the tree."))
    return found


def check_day(day: date | None) -> date:
    """The day of a change: today when it is None. Raises Invalid for a day in the future."""
    today = local_day()
    if day is None:
        return today
    if day > today:
        raise Invalid(_("The day lies in the future."), day.isoformat(),
                      _("A change of the tree is entered on the day it takes effect."),
                      errors={"day": [_("Enter today or an earlier day.")]})
    return day


def check_reason(reason: str) -> str:
    """The trimmed reason of a change. Raises Invalid when it is empty or longer than REASON_LENGTH."""
    text = reason.strip()
    if not text or len(text) > REASON_LENGTH:
        message = _("Give the reason, with the document that orders it, in at most %(count)s characters.",
                    count=REASON_LENGTH)
        raise Invalid(_("The reason is missing."), errors={"reason": [message]}, remedy=message)
    return text


def code_taken(code: str) -> Conflict:
    """The error for a code that a valid division has; it names that division."""
    other = Division.get_or_none(Division.code == code, Division.valid_to.is_null())
    text = _("The code %(code)s is taken by %(name)s.", code=code, name=other.name if other else code)
    return Conflict(text, remedy=_("Use another code, or rename the other division first."),
                    errors={"code": [text]}, code="code_taken")
