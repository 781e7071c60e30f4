"""What everybody may see and do: the public form, look-up and rating, published items, Open311."""
from __future__ import annotations

from typing import Any

from grid321.core.api import SYSTEM, Event, Role, Setting, attachments, guarded
from grid321.core.api import lazy_gettext as _

from . import (
    open311,
    open311_post,
    public_api,
    public_change,
    public_codes,
    public_demo,
    public_desk,
    public_form,
    public_list,
    public_own,
    public_tell,
)
from .matter_roles import STEM
from .public_form import MATTER, PLUGIN
from .public_publish import PUBLICATION, source_entity, take_back

ENTITIES = (PUBLICATION,)
_SEE = (PUBLICATION.permission("view"),)
_RELEASE = (*_SEE, *(PUBLICATION.permission(action) for action in ("create", "edit", "export")))

ROLES = (
    Role(f"{PLUGIN}.village_officer", _("Village officer for matters"), _SEE, ("village",)),
    Role(f"{PLUGIN}.town_officer", _("Town officer for matters and suggestions"), _RELEASE, ("town",)),
    Role(f"{PLUGIN}.county_officer", _("County officer for matters and suggestions"), _RELEASE, ("county",)),
    Role(f"{PLUGIN}.viewer", _("Reader of matters and suggestions"), _SEE),
)

JOBS = (public_tell.JOB,)

SETTINGS = (
    Setting(public_tell.SETTING, _("Tell residents by text message or letter that there is an answer, with the link to rate it"),
            "flag", True, _("Platform default: who left a number, or wrote a letter, and wishes for an answer")),
    Setting(f"{PLUGIN}.public_per_hour", _("Matters that one network may send by the public form in an hour"), "int", 20,
            _("Platform default: a village office with one address sends more than a household"), minimum=1, maximum=10_000),
    Setting(f"{PLUGIN}.open311_type", _("Open311: when a client gets the number of a matter"), "choice", "realtime",
            _("Platform default"), choices=(("realtime", _("At once")), ("batch", _("Once it was taken up (by a token)")))),
)

panels_for = public_codes.panels_for
demo = public_demo.demo
register_api = public_api.register_api


def changed(event: Event) -> None:
    """Whoever waits for an answer is told of it; who no longer agrees to publication is no longer read: what is published is
    hidden after the change."""
    public_tell.plan(event)
    source = event.entity.partition(".")[2]
    if event.action != "edit" or event.entity not in {MATTER, f"{PLUGIN}.suggestion"}:
        return
    consent = "publish" if source == "matter" else "consent_publish"
    if consent not in (event.facts or {}).get("changed", ()):
        return
    model: Any = source_entity(source).model
    if model.select().where((model.id == event.record_id) & (getattr(model, consent) == False)).exists():  # noqa: E712
        take_back(source, event.record_id, SYSTEM)


def register(blueprint: Any) -> None:
    """Add the public pages, the feeds, Open311 and the officer's two pages."""
    def add(rule: str, name: str, view: Any, permission: str, *methods: str, **options: Any) -> None:
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin=PLUGIN, **options), methods=methods or ("GET",))

    add("/public", "entry", public_list.entry_page, "public")
    add("/raise", "raise", public_form.raise_page, "public", "GET", "POST", body=attachments.MAX_BODY)
    add("/lookup", "lookup", public_own.lookup_page, "public", "GET", "POST")
    add("/own/<token>", "own", public_own.own_page, "public")
    add("/own/<token>/rate", "ask_to_rate", public_own.ask_to_rate, "public", "POST")
    add("/own/<token>/supplement", "own_supplement", public_change.supplement_page, "public", "GET", "POST",
        body=attachments.MAX_BODY)
    add("/own/<token>/withdraw", "own_withdraw", public_change.withdraw_page, "public", "GET", "POST")
    add("/own/<token>/consent", "own_consent", public_own.consent, "public", "POST")
    add("/rate/<token>", "rate", public_own.rate_page, "public", "GET", "POST")
    add("/published", "published", public_list.list_page, "public")
    add("/published/<rid:item_id>", "published_item", public_list.item_page, "public")
    add("/published.rss", "published_rss", public_list.rss, "public", stateless=True)
    add("/published.atom", "published_atom", public_list.atom, "public", stateless=True)
    add("/matter/<rid:record_id>/code", "new_code", public_codes.new_code_page, f"{STEM}rate_told", "POST")
    add("/publish/<source>/<rid:record_id>", "publish", public_desk.publish_page, PUBLICATION.permission("create"), "GET", "POST")
    base = "/open311/v2"
    add("/open311/discovery.<ending>", "open311_discovery", open311.discovery, "public", stateless=True)
    add(f"{base}/services.<ending>", "open311_services", open311.services, "public", stateless=True)
    add(f"{base}/services/<service_code>.<ending>", "open311_definition", open311.service_definition, "public", stateless=True)
    add(f"{base}/requests.<ending>", "open311_requests", open311.requests, "public", stateless=True)
    add(f"{base}/requests.<ending>", "open311_post", open311_post.post_request, "public", "POST", stateless=True,
        body=attachments.MAX_BODY)
    add(f"{base}/requests/<service_request_id>.<ending>", "open311_request", open311.one_request, "public", stateless=True)
    add(f"{base}/tokens/<token_id>.<ending>", "open311_token", open311.token, "public", stateless=True)
