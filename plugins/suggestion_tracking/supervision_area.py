"""After the hand-over: commitments, letters, three lists, inspections, rounds, receipt cards."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Api, Event, Node, attachments, guarded, inside, json_schema
from grid321.core.api import lazy_gettext as _

from . import receipt_pages, suggestion_life, supervision_life, supervision_pages, supervision_panels
from .commitment_flow import FOLLOWING
from .inspection_flow import INSPECTING
from .letter_flow import LETTERS, LISTS
from .life_models import Suggestion
from .receipt_flow import RETURN
from .suggestion_roles import SEE_ALL
from .supervision_choices import CLASSES, SETTINGS
from .supervision_demo import demo
from .supervision_entities import ENTITIES
from .supervision_models import Commitment, Receipt
from .supervision_roles import GRANTS, LINKS, PERMISSIONS, POSTS, ROLES

__all__ = ["CLASSES", "ENTITIES", "GRANTS", "LINKS", "PERMISSIONS", "POSTS", "ROLES", "SETTINGS", "WORKFLOWS", "demo"]

WORKFLOWS = (FOLLOWING, INSPECTING, LETTERS, LISTS, RETURN)
PLUGIN = "suggestion_tracking"
OWN: dict[str, Any] = {f"{PLUGIN}.receipt": Receipt, f"{PLUGIN}.commitment": Commitment}
panels_for = supervision_panels.panels_for

suggestion_life.ON_HANDED.append(supervision_life.schedule_inspections)
suggestion_life.ON_REPLIED.append(supervision_life.keep_promise)
suggestion_life.ON_ANSWERED.append(supervision_life.send_cards)


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """A deputy sees the own receipt cards, and the promises made for the suggestions that he or she raised or signed."""
    if entity.key not in OWN or actor.system:
        return None
    model = OWN[entity.key]
    own = suggestion_life.own_suggestions(actor)
    mine = model.deputy_id == (actor.person_id or 0) if model is Receipt else model.suggestion_number.in_(
        Suggestion.select(Suggestion.number).where(Suggestion.id.in_(own)))
    return inside(model, SEE_ALL, node, actor) | mine


def changed(event: Event) -> None:
    """A suggestion that ended before it was answered is inspected no more."""
    if event.entity != suggestion_life.SUGGESTION or (event.facts or {}).get("to_state") not in {"withdrawn", "refused"}:
        return
    case = Suggestion.get_or_none(Suggestion.id == event.record_id)
    if case is not None and case.state in {"withdrawn", "refused"}:
        supervision_life.after_the_end(case)


def register(blueprint: Any) -> None:
    """Add the pages of receipt cards, rounds and the three lists."""
    def add(rule: str, name: str, view: Any, permission: str, *methods: str, **options: Any) -> None:
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin=PLUGIN, **options), methods=methods or ("GET",))

    enter, rounds = receipt_pages.ENTER, f"{PLUGIN}.round.edit"
    add("/receipt/<rid:record_id>/paper", "receipt_paper", receipt_pages.paper_page, enter, "GET", "POST",
        body=attachments.MAX_BODY)
    add("/receipt/<rid:record_id>/card-link", "receipt_link", receipt_pages.link_page, enter, "POST")
    add("/card/<token>", "receipt_by_link", receipt_pages.by_link_page, "public", "GET", "POST")
    add("/round/<rid:record_id>/fill", "round_fill", supervision_pages.fill_page, rounds, "GET", "POST")
    add("/round/<rid:record_id>/close", "round_close", supervision_pages.close_page, rounds, "GET", "POST")
    add("/supervision", "supervision", supervision_pages.overview_page, f"{PLUGIN}.commitment.view")
    add("/lists", "lists", supervision_pages.lists_page, f"{PLUGIN}.list_item.view")


def register_api(api: Api) -> None:
    """The same by REST; what a card on paper needs are its file and its step, which every record has."""
    rounds = f"{PLUGIN}.round.edit"
    api.operation("/receipt/<rid:record_id>/card-link", receipt_pages.link_operation, _("Make the link of a receipt card"),
                  receipt_pages.ENTER, "POST", status="201")
    api.operation("/round/<rid:record_id>/fill", supervision_pages.fill_operation, _("Put suggestions under a round"), rounds,
                  "POST", body=lambda: json_schema((supervision_pages.Fill,)))
    api.operation("/round/<rid:record_id>/close", supervision_pages.close_operation, _("Close a round"), rounds, "POST",
                  body=lambda: json_schema((supervision_pages.Close,)))
    api.operation("/lists", supervision_pages.lists_operation, _("The three lists"), f"{PLUGIN}.list_item.view")
