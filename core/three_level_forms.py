"""The forms of the steps of three-level handling. A plugin derives those that name lists of its own (outcomes, ways, ratings)."""
from __future__ import annotations

from .fields import Choice, Day, DepartmentRef, LongText, Text
from .i18n import lazy_gettext as _
from .schemas import EntitySchema

NO_SECRETS = _("No state secrets and no data about others that are not needed.")
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
