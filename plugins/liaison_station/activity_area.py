"""Activities: themes, invitations, attendance, minutes, results, the monthly rhythm."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Api, Node, guarded, inside, json_schema
from grid321.core.api import lazy_gettext as _

from . import activity_pages, activity_panels, activity_slips, attendance, deputy_life, rhythm_pages
from .activity_choices import CLASSES, SETTINGS
from .activity_demo import demo
from .activity_entities import ENTITIES
from .activity_models import Attendance
from .activity_roles import ALL, ATTEND, GRANTS, LINKS, PERMISSIONS, ROLES, RUN
from .activity_schemas import Guest, Invite, OwnAnswer, Word
from .activity_workflow import LIFE
from .attendance import KEY

__all__ = ["CLASSES", "ENTITIES", "GRANTS", "LINKS", "PERMISSIONS", "ROLES", "SETTINGS", "WORKFLOWS", "demo"]

WORKFLOWS = (LIFE,)
PLUGIN = "liaison_station"
deputy_life.ON_STATUS.append(attendance.mandate_changed)
LOGIN = "login"
"""Pages of one’s own: whoever is invited or stands there, also somebody whose posts lie elsewhere in the tree."""

panels_for = activity_panels.panels_for


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """Of the lists of activities a deputy sees the own rows; who runs or reads activities sees all of them."""
    if entity.key != KEY or actor.system:
        return None
    return inside(Attendance, ALL, node, actor) | (Attendance.person_id == (actor.person_id or 0))


def register(blueprint: Any) -> None:
    """Add the pages of lists, codes, invitations and of what is missing."""
    def add(rule: str, name: str, view: Any, permission: str, *methods: str) -> None:
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin=PLUGIN), methods=methods or ("GET",))

    one = "/activity/<rid:record_id>"
    add(f"{one}/people", "activity_people", activity_pages.people_page, RUN, "GET", "POST")
    add(f"{one}/invite", "activity_invite", activity_pages.invite_page, RUN, "GET", "POST")
    add(f"{one}/guest", "activity_guest", activity_pages.guest_page, RUN, "GET", "POST")
    add(f"{one}/code", "activity_code", activity_pages.code_page, RUN, "POST")
    add(f"{one}/slips", "activity_slips", activity_slips.slips_page, RUN, "POST")
    add(f"{one}/said", "activity_said", activity_pages.said_page, RUN, "GET", "POST")
    add("/come/<token>", "come", activity_pages.come_page, LOGIN, "GET", "POST")
    add("/invited/<token>", "invited", activity_slips.invited_page, "public", "GET", "POST")
    add("/invitations", "invitations", activity_pages.invitations_page, LOGIN)
    add("/invitations/answer", "invitation_answer", activity_pages.answer_page, LOGIN, "POST")
    add("/rhythm", "rhythm", rhythm_pages.rhythm_page, RUN)


def register_api(api: Api) -> None:
    """The same by REST."""
    one = "/activity/<rid:record_id>"
    api.operation(f"{one}/people", activity_pages.people_operation, _("Who is invited to an activity and was there"), RUN)
    api.operation(f"{one}/people", activity_pages.say_operation, _("Say who was there"), RUN, "POST",
                  body=lambda: json_schema((Word,)))
    api.operation(f"{one}/invite", activity_pages.invite_operation, _("Invite to an activity"), RUN, "POST",
                  body=lambda: json_schema((Invite,)))
    api.operation(f"{one}/guest", activity_pages.guest_operation, _("Add a guest"), RUN, "POST",
                  body=lambda: json_schema((Guest,)))
    api.operation("/invitations", activity_pages.invitations_operation, _("My invitations"), ATTEND)
    api.operation("/invitations", activity_pages.answer_operation, _("Answer one’s own invitation"), ATTEND, "POST",
                  body=lambda: json_schema((OwnAnswer,)))
    api.operation("/rhythm", rhythm_pages.rhythm_operation, _("What stations lack in a month"), RUN, query={
        "month": ({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}, _("The month, the present one by default"))})
