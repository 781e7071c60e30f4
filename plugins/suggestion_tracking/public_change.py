"""What residents do with their own matter while it is being handled: add to it, or withdraw it. By the address of the own matter.

What is added stands below the text, with its day; what was said first stays as it was. Once the matter is answered the rating
is the place for what is still missing.
"""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, render_template, request, url_for

from grid321.core.api import (
    SYSTEM,
    EntitySchema,
    Invalid,
    LongText,
    Node,
    Problem,
    Refused,
    TooMany,
    attachments,
    desk_accounts,
    engine,
    format_day,
    forms,
    limits,
    local_day,
    notices,
    notify,
    records,
    registry,
    transaction,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import public_own
from .public_form import MATTER, file_field, with_remedy

ADDED_A_DAY = 10
LONGEST = 4000
"""The length of a matter's text, with all that was added."""


class Supplement(EntitySchema):
    """What the resident wants to add."""

    text = LongText(_l("What do you want to add?"), max=2000, required=True, min=2,
                    help=_l("It is written below your text, with today's date. Leave out names and numbers of other people."))


class Withdrawal(EntitySchema):
    """Why the resident withdraws."""

    reason = LongText(_l("Why do you withdraw it?"), max=1000, required=True, min=4,
                      help=_l("For example: it was settled otherwise."))


# ---------------------------------------------------------------- what is done

def supplement(record: Any, text: str, files: list[attachments.Clean]) -> Any:
    """Write what a resident adds below the text of the matter, with its photos, in one transaction; who holds it is told.

    Raises ``Refused`` once it is answered, ``Invalid`` when the whole becomes too long, ``TooMany`` after ten a day.
    """
    entity, place = registry().entity(MATTER), _place(record)
    _require_open(record)
    heading = _("Added by the resident on %(day)s:", day=format_day(local_day()))
    whole = f"{record.text}\n\n{heading}\n{text}"
    if len(whole) > LONGEST:
        left = max(0, LONGEST - len(record.text) - len(heading) - 3)
        raise Invalid(_("Some fields need your attention."), errors={"text": [
            _("With what you wrote before it is too long: %(count)s characters are left. Shorten it, or tell the rest by "
              "telephone.", count=left)]})
    if limits.take(f"supplement:{record.uid}", ADDED_A_DAY, timedelta(days=1)) > ADDED_A_DAY:
        raise TooMany(_("Too much was added today"), _("Nothing was saved. At most %(count)s times a day.", count=ADDED_A_DAY),
                      _("Add the rest tomorrow."), extra={"retry_after": 86400})
    with transaction():
        record = records.update(entity, record.id, {"text": whole}, SYSTEM, record.version, place)
        if files:
            attachments.add(entity, record, files, SYSTEM, place)
        records.note(entity, record, SYSTEM, place, "supplemented")
        _tell(entity, record, place)
    return record


def withdraw(record: Any, reason: str) -> Any:
    """Withdraw the matter in the resident's name. Raises ``Refused`` once it is answered, ``Conflict`` when it moved on."""
    entity, place = registry().entity(MATTER), _place(record)
    _require_open(record)
    with transaction():
        record = engine.perform(entity, record.id, "withdraw", {"reason": reason}, SYSTEM, record.version, place).record
        records.note(entity, record, SYSTEM, place, "withdrawn_by_link")
    return record


def _require_open(record: Any) -> None:
    if not public_own.may_change(record):
        raise Refused(_("The matter can no longer be changed."), record.number,
                      _("It was answered or closed. If you are not satisfied with the answer, rate it; otherwise raise a new "
                        "matter."),
                      code="not_open")


def _tell(entity: Any, record: Any, place: Node) -> None:
    """Tell whose desk it is on that something was added."""
    workflow = engine.workflow_for(entity, record)
    facts = {"holder_id": record.holder_id, "department_id": record.department_id, "reporter_id": record.reporter_id}
    link = f"/d/{place.code}/suggestion_tracking/matter/{record.id}"
    notify(desk_accounts(workflow, workflow.state(record.state), facts), "case.commented",
           {"entity": entity.key, "number": record.number}, link, place)


# ---------------------------------------------------------------- the pages

def supplement_page(token: str) -> Any:
    """Ask what is to be added, with photos, and write it."""
    record = public_own.owned(token)
    _require_open(record)
    if request.method == "GET":
        return _supplement_form(record, token, {})
    try:
        data = forms.read_form((Supplement,), request.form, node=g.node, actor=SYSTEM, spare=("files",))
        supplement(record, data["text"], attachments.cleaned(request.files.getlist("files")))
    except Problem as problem:
        if problem.status not in {413, 422, 429} or problem.code == "not_open":
            raise
        return _supplement_form(record, token, forms.typed_values(request.form), problem)
    return notices.go(_own(record, token), "saved")


def withdraw_page(token: str) -> Any:
    """Ask for the reason, which is the confirmation too, and withdraw the matter."""
    record = public_own.owned(token)
    _require_open(record)
    if request.method == "GET":
        return _withdraw_form(record, token, {})
    try:
        withdraw(record, forms.read_form((Withdrawal,), request.form, node=g.node, actor=SYSTEM)["reason"])
    except Invalid as problem:
        return _withdraw_form(record, token, forms.typed_values(request.form), problem)
    return notices.go(_own(record, token), "step")


def _own(record: Any, token: str) -> str:
    return url_for("suggestion_tracking.own", code=_place(record).code, token=token)


def _place(record: Any) -> Node:
    return tree().get(record.division_id) or g.node


def _supplement_form(record: Any, token: str, values: dict[str, str], problem: Problem | None = None) -> Any:
    errors = with_remedy(dict(problem.errors), problem) if problem else {}
    fields = forms.form_fields((Supplement,), values, node=g.node, actor=SYSTEM, errors=errors)
    fields.append(file_field(errors))
    shown = forms.error_list((Supplement,), {name: text for name, text in errors.items() if name != "files"})
    shown += [{"field": "files", "label": _("Photos"), "message": text} for text in errors.get("files", ())]
    if problem is not None and not shown:
        shown = [{"field": "", "label": "", "message": f"{problem.title} {problem.detail} {problem.remedy}"}]
    return _page(record, token, fields, shown, problem, title=_("Add to my matter"), submit_label=_("Add"), multipart=True,
                 intro=_("Whoever handles the matter reads it. The limits go on."),
                 action=url_for("suggestion_tracking.own_supplement", code=_place(record).code, token=token))


def _withdraw_form(record: Any, token: str, values: dict[str, str], problem: Problem | None = None) -> Any:
    errors = dict(problem.errors) if problem else {}
    fields = forms.form_fields((Withdrawal,), values, node=g.node, actor=SYSTEM, errors=errors)
    return _page(record, token, fields, forms.error_list((Withdrawal,), errors), problem, title=_("Withdraw my matter"),
                 submit_label=_("Withdraw"), danger=True,
                 intro=_("Nobody handles it any more then. This cannot be undone; you can raise a new matter at any time."),
                 action=url_for("suggestion_tracking.own_withdraw", code=_place(record).code, token=token))


def _page(record: Any, token: str, fields: list[dict[str, Any]], errors: list[dict[str, Any]], problem: Problem | None,
          **more: Any) -> Any:
    page = render_template("suggestion_tracking/own_form.html", number=record.number, matter_title=record.title, fields=fields,
                           errors=errors, draft=False, version="", cancel_url=_own(record, token), **more)
    return (page, problem.status) if problem is not None else page
