"""Pages of receipt cards: a paper card entered with its scan in one go, the link for a deputy, and the page behind that link."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, render_template, request, url_for

from grid321.core.api import (
    SYSTEM,
    Conflict,
    Invalid,
    Problem,
    Refused,
    attachments,
    current_actor,
    engine,
    fetch,
    form_page,
    form_word,
    forms,
    json_answer,
    notices,
    records,
    registry,
    require,
    setting,
    signed_links,
    transaction,
    tree,
)
from grid321.core.api import gettext as _

from . import suggestion_number
from .forms_supervision import RECEIPT_CARD, with_link
from .receipt_flow import KEY
from .supervision_checks import names_of
from .supervision_forms import Card, PaperCard
from .supervision_models import Receipt

PURPOSE = KEY
ENTER = "suggestion_tracking.receipt_paper"
SCANS = "image/jpeg,image/png,image/webp,application/pdf"


# ---------------------------------------------------------------- a card on paper

def paper_page(record_id: int) -> Any:
    """Enter what a card on paper says, with its scan: both are there or neither."""
    card = _officers_card(record_id)
    if request.method == "GET":
        return render_template("form.html", **_paper_form(card, forms.start_values((PaperCard,), request.args)))
    try:
        data = forms.read_form((PaperCard,), request.form, node=g.node, actor=current_actor())
        enter_paper(card, data, attachments.cleaned(request.files.getlist("files")))
    except (Invalid, Refused) as problem:
        return render_template("form.html", **_paper_form(card, forms.typed_values(request.form), problem)), problem.status
    return notices.go(_url(card), "saved")


def enter_paper(card: Any, data: dict[str, Any], files: list[Any]) -> Any:
    """Add the scan and take the step, in one transaction; returns the card.

    Raises ``Refused`` without a scan, ``Conflict`` for a card that came back already.
    """
    entity, actor = registry().entity(KEY), current_actor()
    with transaction():
        if files:
            attachments.add(entity, card, files, actor, g.node)
        return engine.perform(entity, card.id, "enter_paper", data, actor, card.version, g.node).record


def _paper_form(card: Any, values: dict[str, str], problem: Problem | None = None) -> dict[str, Any]:
    errors = dict(problem.errors) if problem else {}
    fields = forms.form_fields((PaperCard,), values, node=g.node, actor=current_actor(), errors=errors)
    fields.append({"name": "files", "label": _("Scan of the card"), "help": _("A photo or PDF of the signed card."),
                   "widget": "file", "value": "", "options": None, "required": True, "multiple": True, "accept": SCANS,
                   "error": " ".join(errors.get("files", ())), "maxlength": None, "inputmode": ""})
    shown = forms.error_list((PaperCard,), errors)
    if problem is not None and not shown:
        shown = [{"field": "files" if problem.code == "no_scan" else "", "label": "",
                  "message": f"{problem.title} {problem.remedy}"}]
    return {"title": _("Enter the paper card"), "fields": fields, "errors": shown, "action": request.path, "multipart": True,
            "cancel_url": _url(card), "submit_label": _("Enter the card"), "version": "", "draft": False, "secrets_notice": False,
            "intro": _("%(name)s on “%(title)s”", name=names_of([card.deputy_id]).get(card.deputy_id, ""), title=card.title)}


# ---------------------------------------------------------------- the link for a deputy

def make_link(card: Any) -> str:
    """A new link for a card, which ends an earlier one; returns its address. The link is shown once and stored as a hash.

    Raises ``Conflict`` for a card that came back already.
    """
    place = tree().get(card.division_id)
    assert place is not None
    if card.state != "issued":
        raise Conflict(_("This card came back already."), card.number, _("Each deputy gives a card back once for each round."),
                       code="card_returned")
    days = int(setting("suggestion_tracking.receipt_link_days", card.division_id))
    entity = registry().entity(KEY)
    with transaction():
        signed_links.revoke(PURPOSE, KEY, card.id)
        token = signed_links.create(PURPOSE, KEY, card.id, expires=timedelta(days=days))
        records.note(entity, card, current_actor(), place, "comment", _("A link for this card was given out."))
    return url_for("suggestion_tracking.receipt_by_link", code=place.code, token=token, _external=True)


def link_page(record_id: int) -> Any:
    """Make the link of a card and show it, this once: on the screen, on the card to print, or in its Word file."""
    card = _officers_card(record_id)
    make = {"page": form_page, "word": form_word}.get(request.form.get("paper", ""))
    try:
        with transaction():  # no link is left behind when the paper cannot be made
            url = make_link(card)
            if make is not None:
                return make(registry().entity(KEY), card, RECEIPT_CARD, with_link(url))
    except Conflict as problem:
        return render_template("error.html", status=409, title=str(problem.title), detail=str(problem.detail), errors=[],
                               remedy=str(problem.remedy), state_now="", retry_url=_url(card)), 409
    return render_template("suggestion_tracking/receipt_link.html", title=_("Link for the receipt card"), url=url,
                           code=with_link(url)["code"], back=_url(card), suggestion=card.title,
                           name=names_of([card.deputy_id]).get(card.deputy_id, ""),
                           days=setting("suggestion_tracking.receipt_link_days", card.division_id))


def link_operation(record_id: int) -> Any:
    """Make the link of a card; the answer is the only place where it can be read."""
    return json_answer({"url": make_link(_officers_card(record_id))}, 201)


# ---------------------------------------------------------------- behind the link

def by_link_page(token: str) -> Any:
    """Ask the deputy who holds the link, and record the card: the link is used up with it."""
    card = _card_of(signed_links.find(token, PURPOSE))
    if request.method == "GET":
        return render_template("form.html", **_link_form(card, token, {}))
    try:
        data = forms.read_form((Card,), request.form, node=g.node, actor=SYSTEM)
        give_by_link(token, card, data)
    except (Invalid, Refused) as problem:
        if problem.status != 422:
            raise
        return render_template("form.html", **_link_form(card, token, forms.typed_values(request.form), problem)), problem.status
    return render_template("suggestion_tracking/receipt_thanks.html", title=_("Thank you: your receipt card was received"),
                           number=card.number, again=data["result"] == "not")


def give_by_link(token: str, card: Any, data: dict[str, Any]) -> None:
    """Use the link up and take the card’s step, in one transaction: of two that arrive at once one is recorded."""
    place = tree().get(card.division_id)
    assert place is not None
    with transaction():
        signed_links.use(token, PURPOSE)
        engine.perform(registry().entity(KEY), card.id, "came_by_link", data, SYSTEM, card.version, place)


def _link_form(card: Any, token: str, values: dict[str, str], problem: Problem | None = None) -> dict[str, Any]:
    suggestion = suggestion_number.by_number(card.suggestion_number)
    errors = dict(problem.errors) if problem else {}
    return {"title": _("Receipt card"), "fields": forms.form_fields((Card,), values, node=g.node, actor=SYSTEM, errors=errors),
            "errors": forms.error_list((Card,), errors), "action": request.path, "cancel_url": "", "version": "", "draft": False,
            "submit_label": _("Give the card back"), "multipart": False, "secrets_notice": False,
            "intro": _("Your suggestion “%(title)s” (%(number)s) was answered. This link is for you alone and for one card.",
                       title=card.title, number=suggestion.number if suggestion is not None else card.suggestion_number)}


def _card_of(link: Any) -> Receipt:
    """The card of a link. Raises ``NotFound`` for one of another place."""
    card: Receipt | None = Receipt.get_or_none(Receipt.id == link.record_id) if link.entity == KEY else None
    place = tree().get(card.division_id) if card is not None else None
    if card is None or place is None or not tree().covers(g.node, place):
        raise signed_links.invalid()
    if card.state != "issued":
        raise Refused(_("This card came back already."), card.number, _("Each deputy gives a card back once for each round."),
                      code="card_returned", status=410)
    return card


def _officers_card(record_id: int) -> Any:
    """A card for who enters cards on paper where it lies. Raises ``NotFound`` or ``Forbidden``."""
    card = fetch(registry().entity(KEY), record_id, "view", g.node, current_actor())
    place = tree().get(card.holder_id)
    assert place is not None
    require(ENTER, place)
    return card


def _url(card: Any) -> str:
    return f"/d/{g.node.code}/suggestion_tracking/receipt/{card.id}"
