"""The ways in for officers and machines: hotline, e-mail, text messages, sheets of a session."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Link, Role, Setting, Standing, guarded
from grid321.core.api import lazy_gettext as _

from . import hotline, intake_answers, intake_desk, intake_mail, intake_sms
from .intake_entity import ENTITIES, INCOMING
from .intake_register import MATTER, PLUGIN

__all__ = ["ENTITIES", "JOBS", "LINKS", "ROLES", "SETTINGS", "panels_for", "register"]

_SEE = (INCOMING.permission("view"), INCOMING.permission("reveal"))
_IMPORT = f"{PLUGIN}.suggestion.import"

ROLES = (
    Role(f"{PLUGIN}.town_officer", _("Town officer for matters and suggestions"), (*_SEE, _IMPORT), ("town",)),
    Role(f"{PLUGIN}.county_officer", _("County officer for matters and suggestions"), (*_SEE, _IMPORT), ("county",)),
)

SETTINGS = (
    Setting(f"{PLUGIN}.intake_by_place", _("A letter that names one village or town in full goes there at once"), "flag", True,
            _("Platform default: the lowest level that can handles it; off, every letter waits at the county")),
)

LINKS = (Link(f"{PLUGIN}.hotline", _("Hotline: a call"), "telephone", f"{MATTER}.create", "quick"),)

JOBS = (
    Standing(f"{PLUGIN}.intake_mail", _("Read the mailboxes"), intake_mail.run, 5.0),
    Standing(f"{PLUGIN}.intake_answers", _("Send number and look-up code to who wrote"), intake_answers.run, 2.0),
)

panels_for = intake_desk.panels_for


def register(blueprint: Any) -> None:
    """Add the hotline's form and the address that gateways post to."""
    def add(rule: str, name: str, view: Any, permission: str, *methods: str, **options: Any) -> None:
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin=PLUGIN, **options), methods=methods or ("GET",))

    add("/hotline", "hotline", hotline.page, f"{MATTER}.create", "GET", "POST")
    add("/hotline/hints", "hotline_hints", hotline.hints, f"{MATTER}.create", "POST")
    add("/incoming/<rid:record_id>/done", "incoming_done", intake_desk.done_page, intake_desk.LOOK_AFTER, "POST")
    add("/sms", "sms", intake_sms.post, "public", "POST", stateless=True, body=intake_sms.MOST_BODY)
