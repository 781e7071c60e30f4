"""Before a year is published: does anything in it look like personal data, or name a resident who came to the deputy?

What is found is refused with the place in the text, and not repeated. The rules of shapes are the core's (``personal_marks``);
the names are those that the deputy's own registers hold, opened for comparison only (PIPL art. 25: publication needs consent).
"""
from __future__ import annotations

from collections.abc import Iterator
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


@dataclass(frozen=True)
class Find:
    """Where something was found: in which text, in which line, from which character, and what it looks like."""

    text: str
    line: int
    column: int
    what: str

    def __str__(self) -> str:
        return _("%(text)s, line %(line)s, from character %(column)s: %(what)s", text=self.text, line=self.line,
                 column=self.column, what=self.what)


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
    """Everything in a year that must not be published, in the order of the page."""
    names = residents(case.person_id)
    return [Find(called, one.line, one.column, str(one.what)) for called, text in texts_of(case)
            for one in personal_marks(text, (*MARKS_OF_NUMBERS, *MARKS_OF_HOMES), names)]


def clean(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard of the check and of the publication: nothing was found."""
    found = finds(case)
    if not found:
        return None
    shown = [str(one) for one in found[:MOST]] + ([_("and %(count)s more", count=len(found) - MOST)] if len(found) > MOST else [])
    return Refusal(_("This year cannot be published: it holds what looks like personal data. %(finds)s",
                     finds=_("; ").join(shown)), "personal_data", "report",
                   _("Take it out of the report, or correct the entry. Then check again."))
