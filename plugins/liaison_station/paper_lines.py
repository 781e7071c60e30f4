"""What was written on the printed register of a reception day, entered line by line: each line once, whoever comes first.

The number of a line on the paper is its key (reception, line). Of two clerks who enter the same line at once the second one is
told what stands there; nothing of what that clerk sent is written then, and everything typed stays in the form.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grid321.core.api import Actor, Conflict, Invalid, Node, Problem, registry, transaction
from grid321.core.api import gettext as _

from . import register
from .day_choices import VISIT
from .day_models import Visit
from .reception_models import Reception
from .station_checks import lock

MOST = 200
"""Lines that a day's register may have on paper, further sheets included."""

Lines = Mapping[int, dict[str, Any]]
"""Checked values by column of ``VisitSchema``, by the number of the line on the paper."""


def entered(reception_id: int) -> dict[int, Visit]:
    """The lines of a day's paper that are entered, by their number. One query."""
    rows = Visit.select().where((Visit.reception_id == reception_id) & Visit.paper_line.is_null(False)).order_by(Visit.paper_line)
    return {one.paper_line: one for one in rows}


def next_free(reception_id: int, after: int = 0) -> int:
    """The first line after ``after`` that nobody has entered."""
    taken = entered(reception_id)
    return next((number for number in range(after + 1, MOST + 1) if number not in taken), MOST + 1)


def enter(reception: Reception, lines: Lines, actor: Actor, place: Node) -> list[Visit]:
    """Write lines of the paper into the register, all of them or none; returns those that are new.

    A line that comes again as it stands there (two presses of the button) is left as it is. Raises ``Conflict`` naming the lines
    that somebody entered otherwise, ``Invalid`` and what the register raises, with the number of the line in each field's name
    (``line_field``); nothing is written then.
    """
    made, taken = [], {}
    with transaction():
        lock(Reception, reception.id)  # of two clerks the second one sees what the first wrote
        there = entered(reception.id)
        for number, values in sorted(lines.items()):
            data = {"kind": "opinion", "station_id": reception.station_id, "reception_id": reception.id, **values}
            earlier = there.get(number)
            if earlier is None:
                made.append(_write(number, data, actor, place))
            elif not register.same_line(registry().entity(VISIT), earlier, data):
                taken[line_field(number, "text")] = [_(
                    "Line %(line)s was entered by somebody else meanwhile and stands above. If it is another line of the paper, "
                    "give it a number that is free.", line=number)]
        if taken:
            raise Conflict(_("Nothing was saved: a line was entered by somebody else."), errors=taken,
                           remedy=_("Look at the line above, then save the others."), code="line_entered")
    return made


def _write(number: int, data: dict[str, Any], actor: Actor, place: Node) -> Visit:
    if not 1 <= number <= MOST:
        raise Invalid(_("Some fields need your attention."), errors={
            line_field(number, "text"): [_("The paper has lines from 1 to %(most)s.", most=MOST)]})
    try:
        return register.note_visit({**data, "paper_line": number}, actor, place)
    except Problem as problem:
        fields = registry().entity(VISIT).schema().fields
        problem.errors = {line_field(number, name if name in fields else "text"): messages
                          for name, messages in (problem.errors or {"text": [_words(problem)]}).items()}
        raise


def _words(problem: Problem) -> str:
    return " ".join(str(text) for text in (problem.title, problem.detail, problem.remedy) if str(text))


def line_field(number: int, name: str) -> str:
    """The name of an input of a line."""
    return f"line{number}_{name}"
