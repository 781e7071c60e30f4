"""One's own messages, the state of channels and the messages that left the house, over REST."""
from __future__ import annotations

from typing import Any

from flask import Flask, Response, g, request

from . import channel_setup, message_pages, notify, notify_deliveries, notify_texts, snapshot
from .access import current_actor, guarded
from .channel_pages import EDIT, VIEW
from .channels import channels
from .channels.reasons import text_of
from .errors import BadRequest, Invalid
from .i18n import gettext as _
from .notify_pages import titles_of
from .notify_rows import DEAD, Delivery
from .rest import answer, read_body
from .views import RecordId

PAGE = 50


def register(app: Flask) -> None:
    """Add /api/v1/d/<code>/core/inbox…, channels and deliveries…."""
    app.url_map.converters.setdefault("rid", RecordId)
    base = "/api/v1/d/<code>/core"
    for rule, name, view, permission, method in (
            (f"{base}/inbox", "api_inbox", get_inbox, "login", "GET"),
            (f"{base}/inbox/read", "api_inbox_read", post_read, "login", "POST"),
            (f"{base}/channels", "api_channels", get_channels, VIEW, "GET"),
            (f"{base}/deliveries", "api_deliveries", get_deliveries, VIEW, "GET"),
            (f"{base}/deliveries/<rid:delivery_id>/again", "api_delivery_again", post_again, EDIT, "POST")):
        reach = "meets" if permission == "login" else "covers"
        app.add_url_rule(rule, f"core:{name}", guarded(view, permission, reach=reach), methods=[method])


def _asked(*known: str) -> dict[str, str]:
    """The parameters of the address. Raises ``BadRequest`` for an unknown one or a page that is none."""
    for name in request.args:
        if name not in (*known, "before"):
            raise BadRequest(_("The address contains an unknown parameter."), name[:80], code="bad_parameter")
    before = request.args.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) <= 18):
        raise BadRequest(_("This page of the list cannot be found."), "before", _("Go back to the first page."),
                         code="bad_parameter")
    return dict(request.args)


def _moment(value: Any) -> str | None:
    return value.isoformat(timespec="milliseconds") + "Z" if value is not None else None


def get_inbox() -> Response:
    """One's own messages of every division, newest first; titles as far as the caller may see the matter."""
    asked = _asked("kind", "unread")
    kind, before = asked.get("kind", ""), asked.get("before", "")
    if (kind and kind not in notify_texts.KINDS) or asked.get("unread", "") not in {"", "1"}:
        raise BadRequest(_("The request cannot be read."), "kind, unread",
                         _("Kinds: %(names)s; unread=1 leaves out what was read.", names=", ".join(notify_texts.KINDS)),
                         code="bad_parameter")
    account_id = current_actor().account_id or 0
    rows = notify.inbox(account_id, int(before) if before else None, PAGE + 1, kind=kind, unread=asked.get("unread") == "1")
    titles = titles_of(rows[:PAGE])
    following = rows[PAGE - 1].id if len(rows) > PAGE else None
    return answer({"unread": notify.unread_count(account_id), "before": following, "items": [
        {"id": row.id, "kind": notify_texts.kind_of(row.text_key).key, "text": row.text, "title": titles.get(row.id),
         "number": str(row.params.get("number", "")), "link": row.link, "at": _moment(row.created_at),
         "read_at": _moment(row.read_at)} for row in rows[:PAGE]]})


def post_read() -> Response:
    """Mark one's own messages read: those of ``ids``, or every one with ``all``."""
    body = read_body()
    ids = body.get("ids")
    good = isinstance(ids, list) and len(ids) <= 500 and all(type(one) is int and 0 < one < 2**63 for one in ids)
    if set(body) - {"ids", "all"} or (body.get("all") is not True and not good):
        raise Invalid(_("The body cannot be used."), "", _("Send {\"ids\": [1, 2]} or {\"all\": true}."),
                      errors={"ids": [_("Send a list of ids.")]})
    count = notify.mark_read(current_actor().account_id or 0, None if body.get("all") is True else ids)
    return answer({"marked": count})


def get_channels() -> Response:
    """Every channel with whether it is on here and where that is decided; never how it is configured."""
    _asked()
    tree, items = snapshot.current().tree, []
    for key, channel in channels().items():
        row = channel_setup.find(key, g.node)
        place = tree.get(row.division_id) if row is not None else None
        items.append({"key": key, "label": str(channel.label), "audience": channel.audience,
                      "on": row is not None and row.active, "set_at": place.code if place is not None else None,
                      "kinds": sorted(channel_setup.kinds_of(row)) if row is not None else []})
    return answer({"items": items})


def get_deliveries() -> Response:
    """Messages of this division and below that left the house or should have; by default the dead letters."""
    asked = _asked("state", "channel")
    state, channel, before = asked.get("state", DEAD), asked.get("channel", ""), asked.get("before", "")
    message_pages.check_filters(state, channel, before)
    rows = message_pages.visible(state, channel, int(before) if before else None)
    return answer({"before": rows[PAGE - 1].id if len(rows) > PAGE else None, "items": [_delivery(row) for row in rows[:PAGE]]})


def _delivery(row: Delivery) -> dict[str, Any]:
    return {"id": row.id, "message": row.uid, "channel": row.channel, "state": row.state, "tries": row.tries, "count": row.count,
            "error": row.error, "reason": text_of(row.error) if row.error else "", "at": _moment(row.created_at),
            "due_at": _moment(row.due_at), "sent_at": _moment(row.sent_at)}


def post_again(delivery_id: int) -> Response:
    """Give one dead letter another round by its channel."""
    message_pages.find(delivery_id)
    notify_deliveries.send_again(delivery_id)
    return answer(_delivery(Delivery.get_by_id(delivery_id)))
