"""The administrator's pages for message channels: which are on, how each is configured, a test message."""
from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from typing import Any

from flask import Flask, g, redirect, render_template, request
from werkzeug.wrappers import Response

from . import audit, channel_setup, db, fields, forms, identity, limits, notify_texts, snapshot
from . import intakes as intake_rows
from .access import current_actor, guarded
from .channel_setup import ChannelSetup
from .channels import ARRIVES, PERSON, Channel, Message, channels, intakes
from .channels.mail import ADDRESS
from .channels.reasons import problem_text, text_of
from .error_pages import problem_text as refused_text
from .errors import Invalid, NotFound, Problem, TooMany
from .i18n import LANGUAGES, format_time, use_language
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .me_pages import form_page
from .notify_rows import DEAD, Delivery, TargetState
from .outgoing import Failure
from .schemas import EntitySchema

VIEW, EDIT = "core.channel.view", "core.channel.edit"
TESTS_PER_HOUR = 20


def register(app: Flask) -> None:
    """Add /d/<code>/core/channels…."""
    both = {"GET": EDIT, "POST": EDIT}
    for path, name, view, permission in (
            ("", "channels", channels_page, VIEW), ("/<way>", "channel", channel_page, both),
            ("/<way>/test", "channel_test", test_page, both), ("/<way>/inherit", "channel_inherit", inherit, {"POST": EDIT})):
        methods = ["GET"] if isinstance(permission, str) else list(permission)
        app.add_url_rule(f"/d/<code>/core/channels{path}", f"core:{name}", guarded(view, permission, reach="covers"),
                         methods=methods)


def base() -> str:
    """The address of the list of channels at the division of this request."""
    return f"/d/{g.node.code}/core/channels"


def crumbs(*rest: tuple[str, str]) -> list[tuple[str, str]]:
    """The way to a page below the list of channels."""
    return [(g.node.name, f"/d/{g.node.code}/"), (_("Message channels"), base()), *rest]


# ---------------------------------------------------------------- list

def channels_page() -> str:
    """Every channel: on or off here, where that is decided, how it does."""
    may_edit = current_actor().may(EDIT, g.node)
    shown = [_card(channel, may_edit) for channel in channels().values()]
    arrives = [_card(channel, may_edit) for channel in intakes().values()]
    actions = [{"label": _("Texts of messages"), "url": f"/d/{g.node.code}/core/messages", "icon": "chat-left-text"},
               {"label": _("Sent and undelivered"), "url": f"/d/{g.node.code}/core/deliveries", "icon": "send"}]
    return render_template("channels.html", title=_("Message channels at %(place)s", place=g.node.name), channels=shown,
                           arrives=arrives,
                           crumbs=[*crumbs()[:1], (_("Message channels"), "")], page_actions=actions,
                           site=channel_setup.site_url(g.node.id), may_edit=may_edit, notices=_notices(),
                           settings_url=f"/d/{g.node.code}/core/settings/core.site_url")


def _notices() -> list[tuple[str, str]]:
    texts = {"saved": _("The channel was saved."), "inherited": _("What holds above holds here again.")}
    done = request.args.get("done", "")
    return [("ok", texts[done])] if done in texts else []


def _card(channel: Channel, may_edit: bool) -> dict[str, Any]:
    tree = snapshot.current().tree
    row = channel_setup.find(channel.key, g.node)
    place = tree.get(row.division_id) if row is not None else None
    on = row is not None and row.active
    facts = [{"label": _("Set"), "text": _("at %(place)s", place=place.name) if place is not None else _("nowhere: off")}]
    if row is not None and on and channel.audience == ARRIVES:
        facts += _arriving(row)
    elif row is not None and on:
        kinds = [str(kind.label) for key, kind in notify_texts.KINDS.items() if key in channel_setup.kinds_of(row)]
        facts.append({"label": _("Carries"), "text": "、".join(kinds) or _("nothing: no kind is chosen")})
        facts += _doing(row)
    url = f"{base()}/{channel.key}"
    actions = []
    if may_edit:
        own = row is not None and row.division_id == g.node.id
        actions.append({"label": _("Change") if own else _("Configure here"), "url": url, "post": False})
        if row is not None and channel.test is not None:
            actions.append({"label": _("Try it"), "url": f"{url}/test", "post": False})
        elif row is not None and channel.audience != ARRIVES:
            actions.append({"label": _("Send a test message"), "url": f"{url}/test", "post": False})
        if own:
            actions.append({"label": _("Use what holds above"), "url": f"{url}/inherit", "post": True})
    return {"key": channel.key, "label": str(channel.label), "about": str(channel.about), "on": on, "facts": facts,
            "actions": actions}


def _doing(row: ChannelSetup) -> list[dict[str, str]]:
    """When it last worked, whether it rests and why, how much waits or was given up."""
    target = f"{row.channel}:{row.id}"
    state = TargetState.get_or_none(TargetState.target == target)
    found = []
    if state is not None and state.last_ok_at is not None:
        found.append({"label": _("Last message"), "text": format_time(state.last_ok_at)})
    if state is not None and state.rest_until is not None and state.rest_until > db.now():
        found.append({"label": _("Cannot be reached"), "text": _("%(reason)s Next try: %(time)s.", reason=text_of(state.error),
                                                                 time=format_time(state.rest_until))})
    dead = Delivery.select().where((Delivery.state == DEAD) & (Delivery.target == target)).count()
    if dead:
        found.append({"label": _("Undelivered"), "text": str(dead)})
    return found


def _arriving(row: ChannelSetup) -> list[dict[str, str]]:
    """When a mailbox was read last, and why it cannot be read now."""
    state = intake_rows.state_of(row.id)
    found = []
    if state is not None and state.last_ok_at is not None:
        found.append({"label": _("Last read"), "text": format_time(state.last_ok_at)})
    if state is not None and state.error:
        found.append({"label": _("Cannot be reached"), "text": _("%(reason)s Next try: %(time)s.", reason=text_of(state.error),
                                                                 time=format_time(state.next_at))})
    return found


def _channel(key: str) -> Channel:
    found = {**channels(), **intakes()}.get(key)
    if found is None:
        raise NotFound(_("There is no such channel."))
    return found


# ---------------------------------------------------------------- configuration

class Beginning(EntitySchema):
    """On or off."""

    active = fields.Flag(_l("Switched on"))


@cache
def _ending(audience: str) -> type[EntitySchema]:
    """The kinds it carries; of a group also the language it is written in (a person has one of his own)."""
    parts: dict[str, Any] = {}
    if audience == ARRIVES:
        return type("Ending", (EntitySchema,), parts)
    if audience != PERSON:
        parts["language"] = fields.Choice(_l("Language"), options=tuple(LANGUAGES.items()), required=True, default="zh")
    for key, kind in notify_texts.KINDS.items():
        parts[f"kind_{key}"] = fields.Flag(_l("Carries: %(kind)s", kind=kind.label))
    return type("Ending", (EntitySchema,), parts)


def channel_page(way: str) -> Any:
    """Configure one channel for this division and everything below it."""
    channel, node, actor, problem = _channel(way), g.node, current_actor(), None
    schemas = (Beginning, channel.form, _ending(channel.audience))
    own = ChannelSetup.get_or_none((ChannelSetup.channel == way) & (ChannelSetup.division_id == node.id))
    values = _values(channel, own, schemas)
    if request.method == "POST":
        try:
            data = forms.read_form(schemas, request.form, node=node, actor=actor, stored=own is not None,
                                   personal=channel.secrets)
            _save(channel, data)
            return redirect(f"{base()}?done=saved", 303)
        except Problem as found:
            problem = found
            values = {name: text for name, text in forms.typed_values(request.form).items() if name not in channel.secrets}
    errors = {name: [str(text) for text in texts] for name, texts in (problem.errors if problem else {}).items()}
    summary = forms.error_list(schemas, errors)
    if problem is not None and not summary:
        summary = [{"field": "", "label": "", "message": refused_text(problem)}]
    parts = forms.form_fields(schemas, values, node=node, actor=actor, errors=errors, stored=own is not None,
                              personal=channel.secrets)
    for part in parts:
        part["autocomplete"] = "off" if part["name"] in channel.secrets else None
    page = render_template(
        "form.html", title=str(channel.label), fields=parts, errors=summary, action=request.path, cancel_url=base(), draft=False,
        submit_label=_("Save"), version="", secrets_notice=False, crumbs=crumbs((str(channel.label), "")),
        intro=_("Holds for %(place)s and everything below it that has no configuration of its own. Passwords and keys are kept "
                "encrypted and never shown again.", place=node.name))
    return page, problem.status if problem else 200


def _values(channel: Channel, own: ChannelSetup | None, schemas: tuple[Any, ...]) -> dict[str, str]:
    values = forms.start_values(schemas, {})
    kinds = set(notify_texts.KINDS) if own is None else channel_setup.kinds_of(own)
    values |= {f"kind_{key}": "1" for key in kinds}
    if own is not None:
        values |= {name: "" if value is None else str(value) for name, value in own.values.items()}
        values |= {"active": "1" if own.active else "", "language": own.language}
    return values


def _save(channel: Channel, data: dict[str, Any]) -> None:
    node, actor = g.node, current_actor()
    kinds = [key for key in notify_texts.KINDS if data.pop(f"kind_{key}", False)]
    active, language = bool(data.pop("active", False)), str(data.pop("language", None) or "zh")
    with db.transaction():
        channel_setup.put(channel, node, data, kinds, active=active, language=language, account_id=actor.account_id)
        audit.event("channel", actor, {"channel": channel.key, "active": active}, division_id=node.id)


def inherit(way: str) -> Response:
    """Give up the configuration of this division."""
    channel, actor = _channel(way), current_actor()
    with db.transaction():
        channel_setup.remove(channel, g.node, actor.account_id)
        audit.event("channel", actor, {"channel": channel.key, "inherit": True}, division_id=g.node.id)
    return redirect(f"{base()}?done=inherited", 303)


# ---------------------------------------------------------------- test message

def test_page(way: str) -> Any:
    """Send one test message at once and say what came of it."""
    channel, problem, result = _channel(way), None, None
    row = channel_setup.find(way, g.node)
    if row is None:
        raise NotFound(_("This channel is not configured."), g.node.name, _("Configure it first."))
    if request.method == "POST":
        try:
            result = _test(channel, row, request.form.get("address", "").strip())
        except Invalid as found:
            problem = found
    if channel.audience == ARRIVES:
        if channel.test is None:
            raise NotFound(_("There is nothing here."))
        return form_page(_("Try it: %(channel)s", channel=str(channel.label)), [], problem, template="channel_test.html",
                         result=result, intro=_("Nothing is taken or marked."), submit_label=_("Try it"), cancel_url=base(),
                         crumbs=crumbs((_("Try it"), "")), action=request.path)
    wanted = []
    if channel.audience == PERSON:
        mail = channel.key == "mail"
        wanted = [{"name": "address", "label": _("E-mail address") if mail else _("Telephone number"), "required": True,
                   "maxlength": 200, "value": request.form.get("address", ""), "widget": "email" if mail else "tel",
                   "help": _("Only for this test; it is not kept.")}]
    return form_page(
        _("Test message: %(channel)s", channel=str(channel.label)), wanted, problem, template="channel_test.html", result=result,
        intro=_("The message goes out at once. It holds nothing but a sentence and the address of this site."),
        submit_label=_("Send a test message"), cancel_url=base(), crumbs=crumbs((_("Test message"), "")), action=request.path)


def _test(channel: Channel, row: ChannelSetup, address: str) -> dict[str, str]:
    actor = current_actor()
    if channel.test is not None:
        return _try(channel, row)
    _check_address(channel, address)
    if limits.take(f"channel-test:{actor.account_id}", TESTS_PER_HOUR, timedelta(hours=1)) > TESTS_PER_HOUR:
        raise TooMany(_("Too many test messages"), "", _("Wait an hour."))
    site = channel_setup.site_url(row.division_id)
    with use_language(row.language):
        text = _("This is a test message of the grid platform.")
    message = Message(id=db.new_uid(), key="test", text=text, link="/", number="TEST", at=db.now(),
                      url=f"{site}/" if site else "", kind="test", channel=channel.key, place=row.id, division=g.node.code,
                      language=row.language)
    audit.event("channel_test", actor, {"channel": channel.key}, division_id=g.node.id)
    try:
        channel_setup.transmit(channel, channel_setup.opened(row), message, address)
    except Failure as failure:
        return {"tone": "bad", "what": _("The test message did not get through."), "why": problem_text(failure)}
    what = {"mail": _("The mail server took the message."), "sms": _("The gateway took the message.")}.get(
        channel.key, _("The other side took the message."))
    return {"tone": "ok", "what": what, "why": _("Look whether it arrives; its number is %(id)s.", id=message.id)}


def _try(channel: Channel, row: ChannelSetup) -> dict[str, str]:
    """Try a way by which something arrives, and say what came of it."""
    actor = current_actor()
    if limits.take(f"channel-test:{actor.account_id}", TESTS_PER_HOUR, timedelta(hours=1)) > TESTS_PER_HOUR:
        raise TooMany(_("Too many test messages"), "", _("Wait an hour."))
    audit.event("channel_test", actor, {"channel": channel.key}, division_id=g.node.id)
    assert channel.test is not None
    try:
        setup = channel_setup.opened(row)
        db.close_thread()  # the network may keep us waiting
        return {"tone": "ok", "what": _("It works."), "why": channel.test(setup)}
    except Failure as failure:
        return {"tone": "bad", "what": _("It does not work."), "why": problem_text(failure)}


def _check_address(channel: Channel, address: str) -> None:
    if channel.audience != PERSON:
        return
    good = re.fullmatch(ADDRESS, address) if channel.key == "mail" else address
    if channel.key != "mail":
        try:
            identity.phone(address)
        except ValueError:
            good = None
    if not good:
        text = _("Write an address as in grid@example.gov.cn.") if channel.key == "mail" else _("This is not a telephone number.")
        raise Invalid(_("No message was sent."), text, errors={"address": [text]})
