"""A resident's own matter: found by number and code, its steps, its answer, the rating by a link for one use, the consent.

Nothing about who handles it is shown, and nothing about who raised it: a number and a code may be lost. The rating link
comes into being when the matter is answered and the resident asks for it; it is stored as a hash, so the unit that handled the
matter can neither see nor make one.
"""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Response, g, redirect, render_template, request, url_for

from grid321.core.api import (
    SYSTEM,
    Choice,
    EntitySchema,
    Invalid,
    LongText,
    NotFound,
    Problem,
    Refused,
    Text,
    class_label,
    engine,
    format_day,
    format_time,
    forms,
    is_on,
    limits,
    lookup,
    notices,
    records,
    registry,
    signed_links,
    transaction,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import public_publish
from .public_form import MATTER, OWN, PLUGIN

LOOKED_UP = timedelta(minutes=30)
RATE, RATE_DAYS = f"{PLUGIN}.rate", 30
RATINGS = (("satisfied", _l("Satisfied")), ("basically", _l("Basically satisfied")), ("not", _l("Not satisfied")))


class LookupForm(EntitySchema):
    """Number and code."""

    number = Text(_l("Number"), max=60, required=True, help=_l("For example WT-610902104-202611-0001."))
    code = Text(_l("Look-up code"), max=20, required=True, help=_l("Eight letters and digits, such as 7K3F-9QXT."))


class RateForm(EntitySchema):
    """What the resident thinks of the result and of the attitude."""

    result = Choice(_l("Are you satisfied with the result?"), options=RATINGS, required=True)
    attitude = Choice(_l("Are you satisfied with how you were treated?"), options=RATINGS, required=True)
    words = LongText(_l("In your words"), max=1000, help=_l("If you are not satisfied with the result: what is still missing?"))


# ---------------------------------------------------------------- number and code

def lookup_page() -> Any:
    """Ask for number and code; the right pair leads to the matter. Every other pair gets one and the same answer."""
    if request.method == "GET":
        return render_template("suggestion_tracking/lookup.html", **_lookup_form(dict(request.args)))
    try:
        data = forms.read_form((LookupForm,), request.form, node=g.node, actor=SYSTEM)
        url = opened(data["number"], data["code"])
    except Problem as problem:
        if problem.status not in {422, 429}:
            raise
        context = _lookup_form(forms.typed_values(request.form), problem)
        return render_template("suggestion_tracking/lookup.html", **context), problem.status
    return redirect(url, 303)


def opened(number: str, code: str) -> str:
    """The address of the matter that number and code open, good for half an hour. Raises as ``found`` does."""
    record = found(number, code)
    place = tree().get(record.division_id) or g.node
    token = signed_links.create(OWN, MATTER, record.id, expires=LOOKED_UP, once=False)
    return url_for("suggestion_tracking.own", code=place.code, token=token)


def found(number: str, code: str) -> Any:
    """The matter that number and code open together.

    Raises ``Invalid`` with the same words for a wrong code, an unknown number and a matter where the plugin is off, and
    ``TooMany`` after five tries within a quarter of an hour.
    """
    pair = lookup.find(number, code, limits.network(request.remote_addr))
    record = _matter(pair[1]) if pair is not None and pair[0] == MATTER else None
    place = tree().get(record.division_id) if record is not None else None
    if record is None or place is None or not is_on(PLUGIN, place.id):
        raise Invalid(_("Nothing was found"), errors={"number": [
            _("There is no matter with this number and this code. Check both, letter by letter.")]})
    return record


def _lookup_form(values: dict[str, str], problem: Problem | None = None) -> dict[str, Any]:
    errors = dict(problem.errors) if problem else {}
    fields = forms.form_fields((LookupForm,), {"number": values.get("number", "")[:60]}, node=g.node, actor=SYSTEM, errors=errors)
    fields[1]["autocomplete"] = "off"
    shown = forms.error_list((LookupForm,), errors)
    if problem is not None and not shown:
        shown = [{"field": "", "label": "", "message": f"{problem.title}{_('. ')}{problem.detail} {problem.remedy}"}]
    return {"title": _("Look up my matter"), "fields": fields, "errors": shown, "submit_label": _("Look up"), "draft": False,
            "intro": _("Both stand on the page that you saw after sending. Capital and small letters are the same."),
            "secrets_notice": False, "action": url_for("suggestion_tracking.lookup", code=g.node.code), "cancel_url": ""}


# ---------------------------------------------------------------- the own matter

def own_page(token: str) -> Any:
    """The steps and the answer of the own matter, and what the resident can do now."""
    with _way_out():
        record = owned(token)
    here = tree().get(record.division_id) or g.node
    base = url_for("suggestion_tracking.own", code=here.code, token=token)
    states = {state.key: state for state in engine.workflow_for(registry().entity(MATTER), record).states}
    state = states.get(record.state)
    return render_template(
        "suggestion_tracking/own.html", title=record.title, number=record.number, text=record.text, place_text=record.place,
        where=here.name, state=state, steps=steps_of(record), answer=record.answer or "",
        outcome=class_label("suggestion_tracking.outcome", record.outcome, record.division_id) if record.outcome else "",
        due=format_day(record.due) if record.due else "", raised=format_time(record.created_at),
        closed=record.closed_at is not None,
        change_url=base if may_change(record) else "",
        rate_url=f"{base}/rate" if rating_steps(record) else "", consent_url=f"{base}/consent", publish=record.publish,
        published=record.published_on is not None)


def steps_of(record: Any) -> list[dict[str, str]]:
    """When which step was taken, oldest first: steps of the workflow only, without names, remarks and what was typed."""
    entity = registry().entity(MATTER)
    flow = engine.workflow_for(entity, record)
    known = {step.key for step in flow.transitions} | {"create"}
    return [{"at": format_time(entry["at"]), "label": str(entry["label"]), "to": str(entry["to"] or "")}
            for entry in records.history(entity, record.id) if entry["step"] in known]


def ask_to_rate(token: str) -> Response:
    """Give the resident a link for one rating and go there; an earlier one that was not used ends."""
    record = owned(token)
    place = tree().get(record.division_id) or g.node
    if not rating_steps(record):
        raise Refused(_("There is nothing to rate now."), record.number, _("You can rate the matter once it is answered."))
    with transaction():
        signed_links.revoke(RATE, MATTER, record.id)
        link = signed_links.create(RATE, MATTER, record.id, expires=timedelta(days=RATE_DAYS))
    return redirect(url_for("suggestion_tracking.rate", code=place.code, token=link), 303)  # type: ignore[return-value]


def consent(token: str) -> Response:
    """Agree to publication, or take the agreement back: then what was published is hidden at once (PIPL art. 15)."""
    record = owned(token)
    place = tree().get(record.division_id) or g.node
    agreed = request.form.get("publish") == "1"
    entity = registry().entity(MATTER)
    if agreed != record.publish:
        with transaction():
            entity.model.update(publish=agreed).where(entity.model.id == record.id).execute()
            records.note(entity, record, SYSTEM, place, "consent_given" if agreed else "consent_taken_back")
            if not agreed:
                public_publish.take_back("matter", record.id, SYSTEM)
    return notices.go(url_for("suggestion_tracking.own", code=place.code, token=token), "saved")


# ---------------------------------------------------------------- rating

def rating_steps(record: Any) -> dict[str, Any]:
    """The steps by which the resident rates the matter now, by key: ``rate`` and ``object`` or ``object_again``; often none."""
    steps = engine.possible(registry().entity(MATTER), record, SYSTEM)
    return {step.key: step for step in steps if step.key in {"rate", "object", "object_again"}}


def may_change(record: Any) -> bool:
    """True while the matter is with somebody who handles it: the resident can add to it and withdraw it."""
    return any(step.key == "withdraw" for step in engine.possible(registry().entity(MATTER), record, SYSTEM))


def rate_page(token: str) -> Any:
    """Ask for the rating, and record it: the link is used up with it."""
    with _way_out():
        record = at_home(signed_links.find(token, RATE))
    if request.method == "GET":
        return render_template("suggestion_tracking/rate.html", **_rate_form(record, token, {}))
    try:
        data = forms.read_form((RateForm,), request.form, node=g.node, actor=SYSTEM)
        rate(token, record, data)
    except Invalid as problem:
        context = _rate_form(record, token, forms.typed_values(request.form), problem)
        return render_template("suggestion_tracking/rate.html", **context), problem.status
    return render_template("suggestion_tracking/rated.html", title=_("Thank you for your rating"), number=record.number,
                           again=data["result"] == "not", lookup_url=url_for("suggestion_tracking.lookup", code=g.node.code))


def rate(token: str, record: Any, data: dict[str, Any]) -> None:
    """Record a rating by its link, in one transaction: of two that arrive at once, one is recorded.

    "Not satisfied" sends the matter back to be handled again, once; the second time the level that holds it checks the
    result. Raises ``Invalid`` without a reason, ``Refused`` for a link that was used, ``Conflict`` when the matter moved on.
    """
    entity = registry().entity(MATTER)
    place = tree().get(record.division_id) or g.node
    with transaction():
        signed_links.use(token, RATE)
        steps = rating_steps(record)
        if data["result"] == "not":
            key = "object" if "object" in steps else "object_again"
            if len(data.get("words") or "") < 4:
                raise Invalid(_("Some fields need your attention."), errors={"words": [_("Say what is still missing.")]})
            answers = {"reason": data["words"], "attitude": data["attitude"]}
        else:
            key, answers = "rate", {name: data.get(name) for name in ("result", "attitude", "words")}
        engine.perform(entity, record.id, key, answers, SYSTEM, record.version, place)
        records.note(entity, record, SYSTEM, place, "rated_by_link")


def _rate_form(record: Any, token: str, values: dict[str, str], problem: Problem | None = None) -> dict[str, Any]:
    errors = dict(problem.errors) if problem else {}
    fields = forms.form_fields((RateForm,), values, node=g.node, actor=SYSTEM, errors=errors)
    outcome = class_label("suggestion_tracking.outcome", record.outcome, record.division_id)
    return {"title": _("Rate the answer"), "number": record.number, "answer": record.answer or "", "fields": fields,
            "matter_title": record.title, "outcome": outcome,
            "errors": forms.error_list((RateForm,), errors), "submit_label": _("Send my rating"), "draft": False,
            "intro": _("Only you have this link. It is for one rating."),
            "action": url_for("suggestion_tracking.rate", code=g.node.code, token=token), "cancel_url": ""}


# ---------------------------------------------------------------- who may see it

@contextmanager
def _way_out() -> Iterator[None]:
    """Whoever has a link that ended, was used or is broken is led to the look-up: the start page would ask for an account."""
    try:
        yield
    except (NotFound, Refused) as problem:
        problem.extra.update(url=url_for("suggestion_tracking.lookup", code=g.node.code), url_label=_("Look up my matter"))
        raise


def _matter(record_id: int) -> Any:
    model = registry().entity(MATTER).model
    return model.get_or_none(model.id == record_id)


def owned(token: str) -> Any:
    """The matter that the link opens. Raises ``NotFound`` or ``Refused`` as ``signed_links.find`` does."""
    return at_home(signed_links.find(token, OWN))


def at_home(link: Any) -> Any:
    """The matter of a link, at this address only. Raises ``NotFound`` elsewhere."""
    record = _matter(link.record_id) if link.entity == MATTER else None
    place = tree().get(record.division_id) if record is not None else None
    if record is None or place is None or not tree().covers(g.node, place):
        raise signed_links.invalid()
    return record
