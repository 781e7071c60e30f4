"""Before a year is published: does anything in it look like personal data, or name a resident who came to the deputy?

Numbers and names are refused, addresses are a warning: an officer looks at them and says why they may stay. What is found is
shown by its place in the text and never repeated. The rules of shapes are the core's (``personal_marks``); the names are those
that the deputy's own registers hold, opened for comparison only (PIPL art. 25: publication needs consent).
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grid321.core.api import (
    MARKS_OF_HOMES,
    MARKS_OF_NUMBERS,
    Refusal,
    format_day,
    personal_marks,
    records,
    registry,
)
from grid321.core.api import gettext as _

from .day_models import Opinion, Visit
from .deputy_models import Contact, Deputy
from .file_causes import P
from .file_life import alive

MOST = 5
"""Finds that one refusal names."""
WARNED = ("house",)
"""What may rightly stand in a report (the address of a station): an officer decides."""
BESIDE, COVER = 8, "■"
"""Characters shown on each side of a find, and what stands for the characters of the find itself."""


@dataclass(frozen=True)
class Find:
    """Where something was found: in which text, in which line, from which character, what it looks like, and the words beside it.

    ``grave`` is never published; something else is a warning. ``around`` holds nothing of what was found.
    """

    text: str
    line: int
    column: int
    what: str
    around: str
    grave: bool = True

    def __str__(self) -> str:
        return _("%(text)s, line %(line)s, from character %(column)s (%(around)s): %(what)s", text=self.text, line=self.line,
                 column=self.column, what=self.what, around=self.around)


def residents(person_id: int) -> list[str]:
    """Names and telephone numbers of residents in the registers of a deputy. To be compared with only: never shown or stored."""
    mandates = Deputy.select(Deputy.id).where(Deputy.person_id == person_id)
    sources: tuple[tuple[str, Any, Any, tuple[str, str]], ...] = (
        ("opinion", Opinion, (Opinion.person_id == person_id) | Opinion.deputy_id.in_(mandates), ("name", "phone")),
        ("visit", Visit, Visit.deputy_id.in_(mandates), ("name", "phone")),
        ("contact", Contact, Contact.deputy_id.in_(mandates), ("voter", "voter_phone")))
    found: set[str] = set()
    for key, model, condition, names in sources:
        entity = registry().entity(f"{P}{key}")
        for row in model.select().where(condition):
            found |= {records.opened(entity, row, name) for name in names if getattr(row, name)}
    return sorted(found - {""})


def texts_of(case: Any) -> Iterator[tuple[str, str]]:
    """(what it is called, text) of everything that voters would read of a year."""
    yield _("Report to the voters"), case.report
    yield _("Reported at"), case.reported_at
    for deed in alive(case.deputy_id, case.year):
        yield _("Entry of %(day)s", day=format_day(deed.day)), deed.title


def finds(case: Any) -> list[Find]:
    """Everything in a year that must not be published or has to be looked at, in the order of the page."""
    names, found = residents(case.person_id), []
    for called, text in texts_of(case):
        marks = personal_marks(text, (*MARKS_OF_NUMBERS, *MARKS_OF_HOMES), names)
        found += [Find(called, one.line, one.column, str(one.what), _around(text, one, marks), one.kind not in WARNED)
                  for one in marks]
    return found


def _around(text: str, mark: Any, marks: Iterable[Any]) -> str:
    """The words beside a find in its line; every find of the line is covered."""
    line = list(text.split("\n")[mark.line - 1])
    for one in marks:
        if one.line == mark.line:
            line[one.column - 1:one.column - 1 + one.length] = COVER * one.length
    first, last = mark.column - 1 - BESIDE, mark.column - 1 + mark.length + BESIDE
    return f"{'…' if first > 0 else ''}{''.join(line[max(first, 0):last]).strip()}{'…' if last < len(line) else ''}"


def _told(found: Sequence[Find]) -> str:
    shown = [str(one) for one in found[:MOST]] + ([_("and %(count)s more", count=len(found) - MOST)] if len(found) > MOST else [])
    return _("; ").join(shown)


def no_data(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard of the publication: nothing was found but addresses, which an officer has looked at."""
    grave = [one for one in finds(case) if one.grave]
    if not grave:
        return None
    return Refusal(_("This year cannot be published: it holds what looks like personal data. %(finds)s", finds=_told(grave)),
                   "personal_data", "report", _("Take it out of the report, or correct the entry. Then check again."))


def clean(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard of the check: nothing was found."""
    refusal, found = no_data(case, data, actor), finds(case)
    if refusal is not None or not found:
        return refusal
    return Refusal(_("What looks like addresses has to be looked at first. %(finds)s", finds=_told(found)), "addresses", "report",
                   _("Take them out, or choose “Checked: the addresses may stay” and say why."))


def only_addresses(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard of the check by an officer: there are addresses, and nothing else."""
    return no_data(case, data, actor) or (None if finds(case) else Refusal(
        _("No addresses were found."), "no_addresses", remedy=_("Choose “Check for personal data”."), for_good=True))
