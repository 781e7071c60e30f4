"""The voter rates the answer to an opinion by a link that is for one rating, without an account; on paper as a QR code.

The link is made by who tells the voter, shown once and stored as a hash; a new one ends the one before. "Not satisfied" has the
opinion handled again, once; the second time the level that holds it checks the result.
"""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, render_template, request, url_for

from grid321.core.api import (
    SYSTEM,
    Choice,
    EntitySchema,
    Invalid,
    LongText,
    Problem,
    Refused,
    class_label,
    current_actor,
    engine,
    fetch,
    form_page,
    form_word,
    forms,
    json_answer,
    qr_picture,
    records,
    registry,
    require,
    setting,
    signed_links,
    transaction,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import voter_letter
from .day_choices import OPINION, OUTCOMES, PLUGIN, RATINGS, STEM, P
from .day_models import Opinion
from .opinion_workflow import RATED_FROM

PURPOSE = f"{P}rating"
GIVE = f"{STEM}feed_back"
SHORTEST = 4
"""Characters of what is still missing, at least."""


class RateForm(EntitySchema):
    """What the voter thinks of the result and of the attitude."""

    result = Choice(_l("Are you satisfied with the result?"), scheme=RATINGS.key, required=True)
    attitude = Choice(_l("Are you satisfied with how you were treated?"), scheme=RATINGS.key, required=True)
    words = LongText(_l("In your words"), max=1000, help=_l("If you are not satisfied with the result: what is still missing?"))


# ---------------------------------------------------------------- who tells the voter makes the link

def make_link(case: Opinion) -> str:
    """A new link to rate the answer; returns its address. The links given out before end.

    Raises ``Refused`` while there is no answer to rate, or when it was rated.
    """
    place = tree().get(case.division_id)
    assert place is not None
    if case.state not in RATED_FROM:
        raise Refused(_("There is nothing to rate now."), case.number, _("A voter rates an opinion once it is answered."),
                      code="not_answered")
    days = int(setting(f"{P}rating_link_days", case.division_id))
    with transaction():
        signed_links.revoke(PURPOSE, OPINION, case.id)
        token = signed_links.create(PURPOSE, OPINION, case.id, expires=timedelta(days=days))
        records.note(registry().entity(OPINION), case, current_actor(), place, "link_given")
    return url_for(f"{PLUGIN}.rate", code=place.code, token=token, _external=True)


def link_page(record_id: int) -> Any:
    """Make the link and show it, this once: on the screen with its code, on the letter to print, or in its Word file."""
    case = _officers_case(record_id)
    make = {"page": form_page, "word": form_word}.get(request.form.get("paper", ""))
    with transaction():  # no link is left behind when the paper cannot be made
        url = make_link(case)
        if make is not None:
            return make(registry().entity(OPINION), case, voter_letter.ANSWER_LETTER, voter_letter.with_link(url))
    return render_template("liaison_station/rate_link.html", title=_("Link to rate the answer"), url=url, code=qr_picture(url),
                           case=case, back=f"/d/{g.node.code}/{PLUGIN}/opinion/{case.id}",
                           days=setting(f"{P}rating_link_days", case.division_id))


def link_operation(record_id: int) -> Any:
    """Make the link; the answer is the only place where it can be read."""
    return json_answer({"url": make_link(_officers_case(record_id))}, 201)


def _officers_case(record_id: int) -> Opinion:
    """An opinion for who tells the voter where it lies. Raises ``NotFound`` or ``Forbidden``."""
    case: Opinion = fetch(registry().entity(OPINION), record_id, "view", g.node, current_actor())
    place = tree().get(case.division_id)
    assert place is not None
    require(GIVE, place)
    return case


# ---------------------------------------------------------------- behind the link

def rate_page(token: str) -> Any:
    """Ask for the rating, and record it: the link is used up with it."""
    case = _case_of(signed_links.find(token, PURPOSE))
    if request.method == "GET":
        return render_template("liaison_station/rate.html", **_form(case, {}))
    try:
        data = forms.read_form((RateForm,), request.form, node=g.node, actor=SYSTEM)
        rate(token, case, data)
    except Invalid as problem:
        context = _form(case, forms.typed_values(request.form), problem)
        return render_template("liaison_station/rate.html", **context), problem.status
    return render_template("liaison_station/rated.html", title=_("Thank you for your rating"), number=case.number,
                           again=data["result"] == "not")


def rate(token: str, case: Opinion, data: dict[str, Any]) -> None:
    """Record a rating by its link, in one transaction: of two that arrive at once, one is recorded.

    Raises ``Invalid`` when somebody is not satisfied and does not say with what, ``Refused`` for a link that was used,
    ``Conflict`` when the opinion moved on.
    """
    entity, place = registry().entity(OPINION), tree().get(case.division_id)
    assert place is not None
    key, answers = "rate", {name: data.get(name) for name in ("result", "attitude", "words")}
    if data["result"] == "not":
        if len(data.get("words") or "") < SHORTEST:
            raise Invalid(_("Some fields need your attention."), errors={"words": [_("Say what is still missing.")]})
        key = "object_again" if case.handled_again else "object"
        answers = {"reason": data["words"], "attitude": data["attitude"]}
    with transaction():
        signed_links.use(token, PURPOSE)
        engine.perform(entity, case.id, key, answers, SYSTEM, case.version, place)
        records.note(entity, case, SYSTEM, place, "rated_by_link")


def _form(case: Opinion, values: dict[str, str], problem: Problem | None = None) -> dict[str, Any]:
    errors = dict(problem.errors) if problem else {}
    outcome = class_label(OUTCOMES.key, case.outcome, case.division_id) if case.outcome else ""
    return {"title": _("Rate the answer"), "number": case.number, "answer": case.answer or "", "outcome": outcome,
            "fields": forms.form_fields((RateForm,), values, node=g.node, actor=SYSTEM, errors=errors),
            "errors": forms.error_list((RateForm,), errors), "submit_label": _("Send my rating"), "draft": False, "version": "",
            "intro": _("Only you have this link. It is for one rating."), "action": request.path, "cancel_url": "",
            "multipart": False, "secrets_notice": False}


def _case_of(link: Any) -> Opinion:
    """The opinion of a link, at this address only. Raises ``NotFound`` elsewhere, ``Refused`` when it was rated already."""
    case: Opinion | None = Opinion.get_or_none(Opinion.id == link.record_id) if link.entity == OPINION else None
    place = tree().get(case.division_id) if case is not None else None
    if case is None or place is None or not tree().covers(g.node, place):
        raise signed_links.invalid()
    if case.state not in RATED_FROM:
        raise Refused(_("This answer cannot be rated now."), case.number,
                      _("It was rated already, or it is handled again. The station tells you when there is an answer."),
                      code="not_answered", status=410)
    return case
