"""The forms of three-level handling. A plugin derives those that name lists of its own (outcomes, ways, ratings).

``complete`` fills in what somebody who registers a matter left open.
"""
from __future__ import annotations

from typing import Any

from .db import local_day
from .fields import Choice, Day, DepartmentRef, LongText, Text
from .i18n import gettext
from .i18n import lazy_gettext as _
from .schemas import EntitySchema

NO_SECRETS = _("No state secrets and no data about others that are not needed.")
URGENCY = (("normal", _("Normal")), ("urgent", _("Urgent")))
NOTHING: tuple[tuple[str, str], ...] = ()
"""The choices of a field whose list the plugin names: it declares the field again with its own ``scheme``."""


class Reason(EntitySchema):
    """Why a matter is returned, taken back or withdrawn."""

    reason = LongText(_("Reason"), max=1000, required=True, min=4)


class AnswerForm(EntitySchema):
    """The answer with its outcome class."""

    text = LongText(_("Answer"), max=4000, required=True, min=4, help=NO_SECRETS, templates=True)
    outcome = Choice(_("Outcome"), options=NOTHING, required=True)
    way = Choice(_("Way of handling"), options=NOTHING)


class HandOverForm(EntitySchema):
    """To which department, in which way, and what is asked of it."""

    department = DepartmentRef(_("Department that handles it"), required=True)
    way = Choice(_("Way of handling"), options=NOTHING, required=True)
    limit_on = Day(_("To be done by"), help=_("The day that the meeting set; the time limits of the county run beside it."))
    note = LongText(_("What is asked"), max=1000)


class RatingForm(EntitySchema):
    """What the one who raised it thinks of the attitude and of the result."""

    result = Choice(_("Rating of the result"), options=(("satisfied", _("Satisfied")), ("basically", _("Basically satisfied"))),
                    required=True)
    attitude = Choice(_("Rating of the attitude"), options=NOTHING, required=True)
    words = LongText(_("In your words"), max=1000)


class ObjectionForm(EntitySchema):
    """Why the one who raised it is not satisfied."""

    reason = LongText(_("What is still missing"), max=1000, required=True, min=4)
    attitude = Choice(_("Rating of the attitude"), options=NOTHING, required=True)


class Evaluation(EntitySchema):
    """Who checked a result that was rejected, and what they found."""

    checked_by = Text(_("Checked by"), max=80, required=True)
    found = LongText(_("What the check found"), max=2000, required=True, min=4)


class KeepNote(EntitySchema):
    """Why a matter stays in the bank and what has to happen first."""

    reason = LongText(_("What has to happen first"), max=1000, required=True, min=4)


def complete(data: dict[str, Any], record: Any) -> dict[str, list[str]]:
    """Complete ``data`` of a matter: a title from the first words of its text, today, normal urgency. A field left empty
    costs no time. ``record`` is what is stored, None for a new one. Returns what is wrong with its position, by field.
    """
    def value(name: str) -> Any:
        return data[name] if name in data else getattr(record, name, None)

    if record is None or "title" in data:
        data["title"] = data.get("title") or first_words(value("text") or "")
    if record is None or "occurred_on" in data:
        data["occurred_on"] = data.get("occurred_on") or local_day()
    if record is None or "urgency" in data:
        data["urgency"] = data.get("urgency") or "normal"
    errors: dict[str, list[str]] = {}
    given = [name for name in ("lon", "lat") if value(name) is not None]
    if len(given) == 1:
        missing = "lat" if given == ["lon"] else "lon"
        errors[missing] = [gettext("A position needs longitude and latitude. Fill in both or neither.")]
    if given and not value("coordinates"):
        errors["coordinates"] = [gettext("Choose the coordinate system of the position.")]
    return errors


def first_words(text: str, length: int = 24) -> str:
    """The beginning of a text as a title: its first line up to the first full stop, at most ``length`` characters."""
    line = text.strip().split("\n", 1)[0]
    end = min((at for mark in "。！？；" if (at := line.find(mark)) > 0), default=len(line))
    return line[:end] if end <= length else line[:length - 1] + "…"
