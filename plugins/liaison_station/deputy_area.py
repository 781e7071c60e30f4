"""Deputies: congresses, electoral districts, delegations, mandates, placement into stations, double contact."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Api, Event, Job, Link, Node, guarded, inside, json_schema
from grid321.core.api import lazy_gettext as _

from . import contact_pages, deputy_life, deputy_panels, placement, placement_assistant, placement_pages, station_rules
from .deputy_card import DOCUMENTS
from .deputy_choices import CLASSES, SETTINGS, P
from .deputy_demo import demo
from .deputy_entities import ENTITIES
from .deputy_models import Contact, Deputy, Talk
from .deputy_roles import GRANTS, PERMISSIONS, ROLES
from .menu_folds import DEPUTY_FOLD

__all__ = ["CLASSES", "DOCUMENTS", "ENTITIES", "GRANTS", "JOBS", "LINKS", "PERMISSIONS", "ROLES", "SETTINGS", "demo"]

SEE_ALL = f"{P}placement.view"
"""Who sees placements works with deputies of the place; a deputy, who does not, sees what is the own."""

LINKS = (Link(f"{P}placing", _("Place deputies"), "pin-map", placement_pages.PLACE, "more", fold=DEPUTY_FOLD),
         Link(f"{P}contacts", _("Figures of double contact"), "arrow-left-right", SEE_ALL, "more", fold=DEPUTY_FOLD))
JOBS = (Job(placement_assistant.JOB, _("Place deputies into stations"), placement_assistant.run, placement_pages.PLACE),)

station_rules.OBJECTIONS.append(placement.suspended)

OWN: dict[str, Any] = {f"{P}deputy": Deputy, f"{P}contact": Contact, f"{P}talk": Talk}


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """A deputy sees the own mandates, contacts and conversations; whoever works with deputies sees those of the place."""
    model = OWN.get(entity.key)
    if model is None or actor.system:
        return None
    mine = Deputy.select(Deputy.id).where(Deputy.person_id == (actor.person_id or 0))
    return inside(model, SEE_ALL, node, actor) | (model.id.in_(mine) if model is Deputy else model.deputy_id.in_(mine))


def changed(event: Event) -> None:
    """A person's name was corrected: the lists of mandates follow."""
    if event.entity == "core.person" and event.action == "edit" and "name" in (event.facts or {}).get("changed", ()):
        deputy_life.renamed(event.record_id)


panels_for = deputy_panels.panels_for


def register(blueprint: Any) -> None:
    """Add the pages of the assistant and of double contact."""
    blueprint.add_url_rule("/placing", "placing", guarded(
        placement_pages.page, placement_pages.PLACE, plugin="liaison_station", reach="covers"), methods=("GET", "POST"))
    blueprint.add_url_rule("/contacts", "contacts", guarded(contact_pages.page, SEE_ALL, plugin="liaison_station"))


def register_api(api: Api) -> None:
    """The assistant and the figures of double contact by REST."""
    may = placement_pages.PLACE
    api.operation("/contacts", contact_pages.operation, _("Figures of double contact"), SEE_ALL)
    api.operation("/placing", placement_pages.look, _("Propose home stations for deputies"), may, reach="covers")
    api.operation("/placing", placement_pages.do, _("Apply a proposal"), may, "POST", reach="covers",
                  body=lambda: json_schema((placement_pages.Apply,)))
