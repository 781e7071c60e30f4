"""How a receipt card comes back (满意度回执卡): each deputy once a round, by account, on paper with the scan, or by link."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grid321.core.api import (
    SYSTEM,
    Clock,
    Refusal,
    State,
    Transition,
    Workflow,
    attachments,
    engine,
    local_day,
    registry,
    setting,
    tree,
)
from grid321.core.api import lazy_gettext as _

from . import suggestion_number
from .supervision_forms import Card, PaperCard, Reason

P = "suggestion_tracking."
KEY = f"{P}receipt"


def own_card(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a deputy gives back the own card and nobody else's, and says all that the county asks for."""
    own = case.deputy_id == actor.person_id is not None or case.reporter_id == actor.account_id is not None
    if not own:
        return Refusal(_("This receipt card is another deputy’s."), "not_yours",
                       remedy=_("Your own cards are on your start page."))
    return complete(case, data, actor)


def with_scan(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: what a paper card says is entered with its scan, which lies with the card."""
    if not attachments.of(registry().entity(KEY), case.id):
        return Refusal(_("The scan of the card is missing."), "no_scan", remedy=_("Add the scan as a file, then enter the card."))
    return complete(case, data, actor)


def by_its_link(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: the platform itself enters what came by a signed link."""
    return complete(case, data, actor) if data else Refusal(_("A link brings the deputy’s answers."), "no_answers")


def complete(case: Any, data: Mapping[str, Any], actor: Any) -> Refusal | None:
    """Guard: the attitude is rated where the county’s card asks for it (setting ``core.receipt_parts``)."""
    if not data or data.get("attitude") or setting("core.receipt_parts", case.holder_id) != "attitude_result":
        return None
    return Refusal(_("The card also asks for the attitude."), "no_attitude", field="attitude",
                   remedy=_("Choose how satisfied the deputy is with the attitude of the unit."))


def by_account(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a card given back in the deputy’s account."""
    return _returned(data, "account")


def on_paper(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a card on paper: the day it claims, and the day it was recorded."""
    return {**_returned(data, "paper"), "signed_on": data["signed_on"]}


def by_link(case: Any, data: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of a card that came by a signed link."""
    return _returned(data, "link")


def _returned(data: Mapping[str, Any], channel: str) -> dict[str, Any]:
    return {"attitude": data.get("attitude") or None, "result": data["result"], "text": data.get("text") or "",
            "channel": channel, "returned_on": local_day()}


def take_to_suggestion(case: Any, data: Mapping[str, Any], actor: Any) -> None:
    """After the leading deputy’s card came back: the suggestion moves on, within the same transaction.

    A card of an earlier round, of a co-signer, or of a suggestion that has moved on meanwhile is recorded and counted; it
    moves nothing.
    """
    suggestion = suggestion_number.by_number(case.suggestion_number)
    if suggestion is None or not case.leading or suggestion.state != "answered" or case.round != round_of(suggestion):
        return
    bad = dissatisfied(case)
    key = ("receipt_bad_again" if suggestion.handled_again else "receipt_bad") if bad else "receipt_good"
    node = tree().get(suggestion.holder_id)
    assert node is not None
    engine.perform(registry().entity(suggestion_number.KEY), suggestion.id, key,
                   {"rating": case.result, "attitude": case.attitude, "remarks": case.text}, SYSTEM, None, node)


def round_of(suggestion: Any) -> int:
    """Which round of cards a suggestion is in: 1, or 2 after the second handling."""
    return 2 if suggestion.handled_again else 1


def dissatisfied(card: Any) -> bool:
    """True when a card sends its suggestion back: by the result, or (setting ``dissatisfied_by``) by the attitude too."""
    if card.result == "not":
        return True
    return bool(card.attitude == "not" and setting(f"{P}dissatisfied_by", card.holder_id) == "either")


RETURN = Workflow(
    f"{P}receipt_return", KEY, 1, numbers="HZ", levels=(), label=_("Return of a receipt card"),
    states=(
        State("issued", _("To be given back"), desk="reporter", clocks=(
            Clock("receipt", None, _("The receipt card comes back"), "mark", setting="core.clock_receipt", remind=(-3, 3)),)),
        State("returned", _("Given back"), final=True, tone="ok"),
        State("lapsed", _("Not given back"), final=True, tone="muted"),
    ),
    transitions=(
        Transition("give", "issued", "returned", _("Give the card back"), f"{P}receipt_give", by="scope", asks=(Card,),
                   guard=own_card, sets=by_account, after=take_to_suggestion, flow="solved", tone="ok"),
        Transition("enter_paper", "issued", "returned", _("Enter the paper card"), f"{P}receipt_paper", asks=(PaperCard,),
                   guard=with_scan, sets=on_paper, after=take_to_suggestion, flow="solved", tone="ok"),
        Transition("came_by_link", "issued", "returned", _("Came by its link"), asks=(Card,), guard=by_its_link, sets=by_link,
                   after=take_to_suggestion, automatic=True, flow="solved"),
        Transition("lapse", "issued", "lapsed", _("Note as not given back"), f"{P}receipt_paper", asks=(Reason,),
                   flow="withdrawn", tone="warn"),
    ))
