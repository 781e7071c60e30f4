"""The administrator's pages for what messages say, and for what became of those that left the house."""
from __future__ import annotations

from typing import Any

from flask import Flask, g, redirect, render_template, request
from werkzeug.wrappers import Response

from . import audit, db, notify_deliveries, notify_texts, snapshot
from .access import current_actor, guarded
from .accounts import Account
from .channel_pages import EDIT, VIEW, crumbs
from .channels import channels
from .channels.reasons import text_of
from .errors import BadRequest, Invalid, NotFound
from .i18n import LANGUAGES, format_time, use_language
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .me_pages import form_page
from .notify import Notification
from .notify_rows import DEAD, GUEST, SENT, SKIPPED, WAITING, Delivery, DeliveryItem
from .registry import registry
from .views import RecordId

PAGE = 50
STATES = {WAITING: (_l("Waits"), "info"), SENT: (_l("Sent"), "ok"), DEAD: (_l("Undelivered"), "bad"),
          SKIPPED: (_l("Not sent"), "muted")}


def register(app: Flask) -> None:
    """Add /d/<code>/core/messages… and /d/<code>/core/deliveries…."""
    app.url_map.converters.setdefault("rid", RecordId)
    for path, name, view, permission in (
            ("messages", "messages", texts_page, VIEW),
            ("messages/<text_key>/<language>", "message_text", text_page, {"GET": EDIT, "POST": EDIT}),
            ("deliveries", "deliveries", deliveries_page, VIEW),
            ("deliveries/<rid:delivery_id>/again", "delivery_again", send_again, {"POST": EDIT})):
        methods = ["GET"] if isinstance(permission, str) else list(permission)
        app.add_url_rule(f"/d/<code>/core/{path}", f"core:{name}", guarded(view, permission, reach="covers"), methods=methods)


def _here(path: str) -> str:
    return f"/d/{g.node.code}/core/{path}"


# ---------------------------------------------------------------- texts

def texts_page() -> str:
    """Every text in both languages, built in or the county's own."""
    may_edit, tree = current_actor().may(EDIT, g.node), snapshot.current().tree
    columns = [{"label": label} for label in (_("Event"), _("Language"), _("Text"), _("Set at"))]
    tables = []
    for kind in notify_texts.KINDS.values():
        rows = []
        for key, text in notify_texts.TEXTS.items():
            if text.kind != kind.key:
                continue
            for code, name in LANGUAGES.items():
                with use_language(code):
                    own = notify_texts.own_words(key, g.node)
                    words = own[0] if own is not None else notify_texts.default_words(key)
                place = tree.get(own[1]) if own is not None else None
                rows.append({"cells": [{"text": str(text.label)}, {"text": name}, {"text": words},
                                       {"text": place.name if place is not None else _("built in")}],
                             "actions": [{"label": _("Change"), "url": _here(f"messages/{key}/{code}")}] if may_edit else []})
        if rows:
            tables.append({"title": str(kind.label), "caption": str(kind.label), "columns": columns, "rows": rows,
                           "has_actions": may_edit, "empty": ""})
    return render_template(
        "table.html", title=_("Texts of messages at %(place)s", place=g.node.name), tables=tables,
        crumbs=crumbs((_("Texts of messages"), "")), notices=[("ok", _("Saved."))] if request.args.get("done") == "saved" else [],
        intro=_("Names in braces are filled in when a message is written. Nothing else of a matter can stand in a message: no "
                "name, no telephone number, no title."))


def text_page(text_key: str, language: str) -> Any:
    """Write one text anew, see how it looks, go back to the built-in one."""
    if text_key not in notify_texts.TEXTS or language not in LANGUAGES:
        raise NotFound(_("There is no such text."))
    node, text, problem, preview = g.node, notify_texts.TEXTS[text_key], None, ""
    with use_language(language):
        own = notify_texts.own_words(text_key, node)
        builtin = notify_texts.default_words(text_key)
    words = own[0] if own is not None else builtin
    if request.method == "POST":
        words = request.form.get("words", "")[:1000]
        try:
            if request.form.get("do") == "preview":
                preview = notify_texts.preview(text_key, language, notify_texts.check_words(text_key, words))
            else:
                _put(text_key, language, "" if request.form.get("do") == "reset" else words)
                return redirect(f"{_here('messages')}?done=saved", 303)
        except Invalid as found:
            problem = found
    shown = preview or (notify_texts.preview(text_key, language, words) if problem is None else "")
    return form_page(
        str(text.label), [{"name": "words", "label": _("Text (%(language)s)", language=LANGUAGES[language]), "required": True,
                           "maxlength": notify_texts.LONGEST, "value": words, "widget": "textarea", "rows": 3}], problem,
        template="message_text.html", submit_label=_("Save"), cancel_url=_here("messages"), action=request.path,
        crumbs=crumbs((_("Texts of messages"), _here("messages")), (str(text.label), "")), builtin=builtin, preview=shown,
        own_here=own is not None and own[1] == node.id,
        intro=_("Holds for %(place)s and everything below it that has no text of its own.", place=node.name),
        names=[{"name": f"{{{name}}}", "label": str(notify_texts.NAMES[name].label)} for name in text.names])


def _put(text_key: str, language: str, words: str) -> None:
    actor = current_actor()
    with db.transaction():
        notify_texts.put(text_key, language, g.node, words, actor.account_id)
        audit.event("setting", actor, {"key": f"message {text_key} {language}"}, division_id=g.node.id)


# ---------------------------------------------------------------- deliveries

def deliveries_page() -> str:
    """What left the house or should have: by default the dead letters."""
    state, channel = request.args.get("state", DEAD), request.args.get("channel", "")
    before = request.args.get("before", "")
    known = _channel_labels()
    check_filters(state, channel, before)
    rows = visible(state, channel, int(before) if before else None)
    shown = rows[:PAGE]
    may_edit = current_actor().may(EDIT, g.node)
    columns = [{"label": label} for label in (_("Message"), _("Channel"), _("Recipient"), _("State"), _("Tries"), _("Reason"),
                                              _("When"))]
    table = {"caption": _("Messages that left the house"), "columns": columns, "rows": _rows(shown, known, may_edit),
             "has_actions": may_edit, "empty": _("Nothing is undelivered.") if state == DEAD else _("No message fits.")}
    kept = f"state={state}&channel={channel}"
    return render_template(
        "table.html", title=_("Sent and undelivered at %(place)s", place=g.node.name), table=table,
        crumbs=crumbs((_("Sent and undelivered"), "")), notices=_notices(),
        next_url=f"{_here('deliveries')}?{kept}&before={shown[-1].id}" if len(rows) > PAGE else None,
        prev_url=f"{_here('deliveries')}?{kept}" if before else None,
        filters=[{"key": "state", "label": _("State"), "value": state,
                  "options": [(key, str(label)) for key, (label, _tone) in STATES.items()]},
                 {"key": "channel", "label": _("Channel"), "value": channel, "options": list(known.items())}])


def check_filters(state: str, channel: str, before: str) -> None:
    """Raise ``BadRequest`` for a state, channel or page that there is not."""
    wrong = {"state": state not in {*STATES, ""}, "channel": bool(channel) and channel not in _channel_labels(),
             "before": bool(before) and not (before.isascii() and before.isdigit() and len(before) <= 18)}
    if any(wrong.values()):
        raise BadRequest(_("This page of the list cannot be found."), next(name for name, bad in wrong.items() if bad),
                         _("Go back to the first page."), code="bad_parameter")


def _notices() -> list[tuple[str, str]]:
    return [("ok", _("The message is sent again."))] if request.args.get("done") == "again" else []


def _channel_labels() -> dict[str, str]:
    """Label of every way: our channels, and the plugins that bring one."""
    found = {key: str(channel.label) for key, channel in channels().items()}
    for loaded in registry().plugins.loaded():
        if loaded.manifest is not None and loaded.key != "core":
            found[f"{GUEST}{loaded.key}"] = str(loaded.manifest.label)
    return found


def visible(state: str, channel: str, before: int | None) -> list[Delivery]:
    """One page and one more of the deliveries at this division and below, newest first."""
    query = Delivery.select().order_by(Delivery.id.desc()).limit(PAGE + 1)
    if state:
        query = query.where(Delivery.state == state)
    if channel:
        query = query.where((Delivery.target >= f"{channel}:") & (Delivery.target < f"{channel};"))
    if before is not None:
        query = query.where(Delivery.id < before)
    tree = snapshot.current().tree
    if tree.covers_all(g.node):
        return list(query)
    below = [place.id for place in tree.subtree(g.node, all_times=True)]
    found: list[Delivery] = []
    for start in range(0, len(below), 500):
        found += list(query.where(Delivery.division_id.in_(below[start:start + 500])))
    return sorted(found, key=lambda row: row.id, reverse=True)[:PAGE + 1]


def _rows(shown: list[Delivery], known: dict[str, str], may_edit: bool) -> list[dict[str, Any]]:
    first = {delivery: (key, params) for delivery, key, params in DeliveryItem.select(
        DeliveryItem.delivery_id, Notification.text_key, Notification.params).join(
            Notification, on=(Notification.id == DeliveryItem.notification_id)).where(
                DeliveryItem.delivery_id.in_([row.id for row in shown] or [0])).order_by(DeliveryItem.id.desc()).tuples()}
    names = dict(Account.select(Account.id, Account.username).where(
        Account.id.in_([row.account_id for row in shown if row.account_id] or [0])).tuples())
    found = []
    for row in shown:
        key, params = first.get(row.id, ("", {}))
        kind = str(notify_texts.kind_of(key).label)
        label, tone = STATES[row.state]
        what = _("Summary of %(count)s messages", count=row.count) if row.digest else f"{kind} {params.get('number', '')}".strip()
        found.append({
            "cells": [{"text": what}, {"text": known.get(row.channel, row.channel)},
                      {"text": names.get(row.account_id, "") if row.account_id else _("the group")},
                      {"text": str(label), "tone": tone},
                      {"text": str(row.tries)}, {"text": text_of(row.error) if row.error else ""},
                      {"text": format_time(row.sent_at or row.created_at)}],
            "actions": [{"label": _("Send again"), "post": True, "url": _here(f"deliveries/{row.id}/again")}]
            if may_edit and row.state == DEAD else []})
    return found


def find(delivery_id: int) -> Delivery:
    """A delivery of this division or below. Raises ``NotFound``."""
    row = Delivery.get_or_none(Delivery.id == delivery_id)
    tree = snapshot.current().tree
    place = tree.get(row.division_id) if row is not None and row.division_id else None
    if row is None or not (tree.covers(g.node, place) if place is not None else tree.covers_all(g.node)):
        raise NotFound(_("There is no such message."), remedy=_("Go back to the list of messages."))
    return row


def send_again(delivery_id: int) -> Response:
    """Give one dead letter another round by its channel. Only for messages of this division and below."""
    find(delivery_id)
    notify_deliveries.send_again(delivery_id)
    return redirect(f"{_here('deliveries')}?done=again", 303)
