"""The reception day: who came, what was said, opinions of voters from the register to their rating."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Api, Node, guarded, inside
from grid321.core.api import lazy_gettext as _

from . import voter_rating
from .day_choices import CLASSES, OPINION, PLUGIN, SETTINGS
from .day_entities import ENTITIES
from .day_models import Opinion
from .day_roles import GRANTS, PERMISSIONS, POSTS, ROLES, SEE_ALL
from .opinion_workflow import WORKFLOWS

__all__ = ["CLASSES", "ENTITIES", "GRANTS", "PERMISSIONS", "POSTS", "ROLES", "SETTINGS", "WORKFLOWS"]


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """A deputy sees the opinions that he or she heard; who works with opinions sees all of the place."""
    if entity.key != OPINION or actor.system:
        return None
    return inside(Opinion, SEE_ALL, node, actor) | (Opinion.person_id == (actor.person_id or 0))


def register(blueprint: Any) -> None:
    """Add the voter's rating."""
    def add(rule: str, name: str, view: Any, permission: str, *methods: str, **options: Any) -> None:
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin=PLUGIN, **options), methods=methods or ("GET",))

    add("/opinion/<rid:record_id>/rate-link", "rate_link", voter_rating.link_page, voter_rating.GIVE, "POST")
    add("/rate/<token>", "rate", voter_rating.rate_page, "public", "GET", "POST")


def register_api(api: Api) -> None:
    """The same for programs."""
    api.operation("/opinion/<rid:record_id>/rate-link", voter_rating.link_operation, _("Make the voter’s link to rate an answer"),
                  voter_rating.GIVE, "POST", status="201")
