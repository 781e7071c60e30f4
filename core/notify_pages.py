"""One's own messages, which of them come by which channel and when, and the address of one's mailbox."""
from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask, redirect, render_template, request
from werkzeug.wrappers import Response

from . import access, accounts, channel_setup, db, notify, notify_preferences, notify_texts, snapshot
from .access import LOGIN, current_actor, guarded
from .channels import Message, channels
from .channels.reasons import problem_text
from .entity import Entity
from .errors import BadRequest, Invalid, NotFound, Refused
from .faces import face_of
from .i18n import current_language, format_day, format_time, local_time
from .i18n import gettext as _
from .me_pages import form_page
from .notify import Notification
from .outgoing import Failure
from .registry import registry
from .tree import Node
from .view_records import title_of
from .views import RecordId

PAGE = 50
DAYS = 7
"""Messages of the last days stand under their day, older ones under their month."""
_LINK = re.compile(r"/d/([0-9]{2,24})/([a-z0-9_]+)/([a-z0-9_]+)/([0-9]{1,18})")


def register(app: Flask) -> None:
    """Add /me/inbox…, /me/notifications and /me/mail…."""
    app.url_map.converters.setdefault("rid", RecordId)

    def add(path: str, name: str, view: Callable[..., Any], methods: str = "GET") -> None:
        app.add_url_rule(path, f"core:{name}", guarded(view, LOGIN), methods=methods.split())

    add("/me/inbox", "inbox", inbox_page)
    add("/me/inbox/read", "inbox_read", mark_read, "POST")
    add("/me/inbox/<rid:message_id>", "inbox_open", open_message)
    add("/me/notifications", "notifications", preferences_page, "GET POST")
    add("/me/mail", "mail", mail_page, "GET POST")
    add("/me/mail/confirm", "mail_confirm", confirm_page, "GET POST")
    add("/me/mail/remove", "mail_remove", remove_mail, "POST")


# ---------------------------------------------------------------- inbox

def inbox_page() -> str:
    """One's own notifications, newest first, by day; kind and "unread" narrow them."""
    account_id = current_actor().account_id or 0
    before, kind, unread = _number("before"), request.args.get("kind", ""), request.args.get("unread", "") == "1"
    if kind and kind not in notify_texts.KINDS:
        raise BadRequest(_("This page of the list cannot be found."), "kind", _("Go back to the first page."),
                         code="bad_parameter")
    rows = notify.inbox(account_id, before, PAGE + 1, kind=kind, unread=unread)
    shown = rows[:PAGE]
    kept = "".join(f"&{name}={value}" for name, value in (("kind", kind), ("unread", "1" if unread else "")) if value)
    return render_template(
        "inbox.html", title=_("Messages"), days=_by_day(shown), filtered=bool(kind or unread),
        total=notify.unread_count(account_id), notices=_notices(),
        next_url=f"/me/inbox?before={shown[-1].id}{kept}" if len(rows) > PAGE else None,
        prev_url=f"/me/inbox?{kept[1:]}".rstrip("?") if before else None,
        filters=[{"key": "kind", "label": _("Kind"), "value": kind,
                  "options": [(key, str(one.label)) for key, one in notify_texts.KINDS.items()]},
                 {"key": "unread", "label": _("Read or not"), "value": "1" if unread else "",
                  "options": [("1", _("Unread only"))]}])


def _notices() -> list[tuple[str, str]]:
    done = request.args.get("read", "")
    if done.isascii() and done.isdigit() and len(done) <= 6:
        return [("ok", _("Marked as read: %(count)s.", count=int(done)))]
    return []


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadRequest(_("This page of the list cannot be found."), name, _("Go back to the first page."), code="bad_parameter")
    return int(text) if text else None


def _by_day(rows: Sequence[Notification]) -> list[dict[str, Any]]:
    """The rows under the day they are of, older ones under their month."""
    titles, today = titles_of(rows), db.local_day()
    groups: list[dict[str, Any]] = []
    for row in rows:
        day = db.local_day(row.created_at)
        recent = (today - day).days < DAYS
        label = notify_texts.format_month(day)
        if recent:
            word = {0: _("Today"), 1: _("Yesterday")}.get((today - day).days)
            label = f"{word} · {format_day(day)}" if word else format_day(day)
        if not groups or groups[-1]["label"] != label:
            groups.append({"label": label, "rows": []})
        kind = notify_texts.kind_of(row.text_key)
        groups[-1]["rows"].append({
            "id": row.id, "text": row.text, "title": titles.get(row.id, ""), "unread": row.read_at is None,
            "at": f"{local_time(row.created_at):%H:%M}" if recent else format_time(row.created_at),
            "url": f"/me/inbox/{row.id}", "kind": str(kind.label),
            "tone": "bad" if kind.urgent else "warn" if kind.key == "due_soon" else "muted"})
    return groups


def titles_of(rows: Sequence[Notification]) -> dict[int, str]:
    """Notification id → title of what it is about, as far as the reader may see that now. Looked up when it is read.

    One query for each entity and county; a record out of reach is left out like one that is gone.
    """
    tree, actor = snapshot.current().tree, current_actor()
    wanted: dict[tuple[str, int], dict[int, list[int]]] = {}
    for row in rows:
        found = _LINK.fullmatch(row.link)
        node = tree.by_code(found[1]) if found else None
        if found is not None and node is not None and f"{found[2]}.{found[3]}" in registry().entities:
            place = tree.at_level(node, "county") or node
            wanted.setdefault((f"{found[2]}.{found[3]}", place.id), {}).setdefault(int(found[4]), []).append(row.id)
    titles: dict[int, str] = {}
    for (key, place_id), records in wanted.items():
        county = tree.get(place_id)
        if county is not None:
            for record_id, title in _titles(registry().entities[key], list(records), county, actor):
                titles.update(dict.fromkeys(records[record_id], title))
    return titles


def _titles(entity: Entity, ids: Sequence[int], node: Node, actor: Any) -> list[tuple[int, str]]:
    face, model = face_of(entity), entity.model
    if face.title is None or face.title.personal:
        return []
    query = access.scoped(model.select().where(model.id.in_(list(ids))), entity, "view", node, actor)
    return [(record.id, title) for record in query if (title := title_of(face, record)) != getattr(record, "number", None)]


def open_message(message_id: int) -> Response:
    """Mark one's own notification read and go to what it is about."""
    account_id = current_actor().account_id or 0
    row = Notification.get_or_none((Notification.id == message_id) & (Notification.account_id == account_id))
    if row is None:
        raise NotFound(_("There is no such message."), remedy=_("Go back to your messages."))
    notify.mark_read(account_id, [row.id])
    return redirect(request.script_root + (row.link or "/me/inbox"), 303)


def mark_read() -> Response:
    """Mark the ticked messages read, or with ``all`` every one."""
    ids = None
    if not request.form.get("all"):
        texts = request.form.getlist("id")[:500]
        if not all(text.isascii() and text.isdigit() and len(text) <= 18 for text in texts):
            raise BadRequest(_("The form cannot be read."), "id", _("Load the page again."))
        ids = [int(text) for text in texts]
    count = notify.mark_read(current_actor().account_id or 0, ids)
    return redirect(f"/me/inbox?read={count}", 303)


# ---------------------------------------------------------------- preferences

def _home() -> Node | None:
    account = accounts.get(current_actor().account_id or 0)
    return snapshot.current().tree.get(account.division_id)


def offered() -> list[str]:
    """The personal channels that are on where the account is at home."""
    personal = notify_preferences.personal_channels()
    return [row.channel for row in channel_setup.active(_home()) if row.channel in personal]


def preferences_page() -> Any:
    """Which kinds come by which channel, quiet hours, summaries."""
    account_id, problem = current_actor().account_id, None
    if account_id is None:
        raise NotFound(_("There is nothing here"))
    shown = offered()
    row = notify_preferences.of([account_id])[account_id]
    silent, texts = set(row.silent), {
        "quiet_from": _clock(row.quiet_from), "quiet_to": _clock(row.quiet_to), "digest": row.digest, "hour": str(row.hour),
        "weekday": str(row.weekday)}
    if request.method == "POST":
        try:
            notify_preferences.save(account_id, notify_preferences.read(request.form, shown), shown)
            return redirect("/me?done=saved", 303)
        except Invalid as found:
            problem = found
            texts |= {name: request.form.get(name, "") for name in texts}
            silent = {f"{channel}.{kind}" for channel in shown for kind in notify_texts.KINDS
                      if f"{channel}.{kind}" not in request.form}
    errors = {name: " ".join(str(text) for text in found) for name, found in (problem.errors if problem else {}).items()}
    page = render_template(
        "me_notifications.html", title=_("How messages reach you"), texts=texts, errors=errors,
        summary=[{"field": name, "label": "", "message": text} for name, text in errors.items()],
        channels=[{"key": key, "label": str(channels()[key].label), "address": _reached(key, account_id)} for key in shown],
        kinds=[{"key": kind.key, "label": str(kind.label), "about": str(kind.about), "urgent": kind.urgent,
                "on": {key: f"{key}.{kind.key}" not in silent for key in shown}} for kind in notify_texts.KINDS.values()],
        digests=[("once", _("At once")), ("daily", _("Every day, as a summary")), ("weekly", _("Every week, as a summary"))],
        weekdays=list(enumerate((_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
                                 _("Sunday")))),
        urgent_passes=bool(snapshot.current().settings.get("core.notify_urgent_passes", _home())))
    return page, problem.status if problem else 200


def _clock(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"


def _reached(key: str, account_id: int) -> str:
    """The masked address a channel would use; empty when there is none."""
    from . import crypto

    try:
        if key == "mail":
            return notify_preferences.masked(notify_preferences.address_of(account_id))
        return crypto.mask("phone", channel_setup.phone_of(account_id))
    except crypto.SealBroken:
        return ""


# ---------------------------------------------------------------- mailbox

def mail_page() -> Any:
    """Type the address of one's mailbox; a code is mailed to it."""
    actor, problem = current_actor(), None
    if actor.account_id is None:
        raise NotFound(_("There is nothing here"))
    setup = channel_setup.find("mail", _home())
    if setup is None or not setup.active:
        raise Refused(_("No mail is sent here."), _("The channel “E-mail” is not switched on at your division."),
                      _("Ask your administrator to configure it."))
    if request.method == "POST":
        try:
            address, code = notify_preferences.begin(actor, request.form.get("address", ""))
            _mail_code(setup, address, code)
            return redirect("/me/mail/confirm", 303)
        except Invalid as found:
            problem = found
    return form_page(
        _("Your e-mail address"), [{"name": "address", "label": _("E-mail address"), "required": True, "maxlength": 200,
                                    "value": "", "autocomplete": "email", "inputmode": "email", "widget": "email"}], problem,
        intro=_("A code is mailed to this address. It is kept encrypted and used for nothing but messages of this site."),
        submit_label=_("Mail the code"), cancel_url="/me")


def _mail_code(setup: channel_setup.ChannelSetup, address: str, code: str) -> None:
    site = channel_setup.site_url(setup.division_id)
    message = Message(id=db.new_uid(), key="code", text=_("Your code is %(code)s. It is valid for 30 minutes.", code=code),
                      link="/me/mail/confirm", number="", at=db.now(), url=f"{site}/me/mail/confirm" if site else "",
                      kind="code", channel="mail", place=setup.id, language=current_language())
    try:
        channel_setup.transmit(channels()["mail"], channel_setup.opened(setup), message, address)
    except Failure as failure:
        text = problem_text(failure)
        raise Invalid(_("The code could not be mailed."), text, errors={"address": [text]}) from None


def confirm_page() -> Any:
    """Type the code that was mailed."""
    actor, problem = current_actor(), None
    pending = notify_preferences.pending_of(actor.account_id or 0)
    if request.method == "POST":
        try:
            notify_preferences.confirm(actor, request.form.get("code", "")[:40])
            return redirect("/me?done=mail", 303)
        except Invalid as found:
            problem = found
    elif not pending:
        return redirect("/me/mail", 303)
    return form_page(
        _("Confirm your e-mail address"), [{"name": "code", "label": _("Code"), "required": True, "maxlength": 20, "value": "",
                                            "autocomplete": "one-time-code", "help": _("8 characters out of the mail")}], problem,
        intro=_("The code was mailed to %(address)s. It is valid for 30 minutes.", address=pending) if pending else "",
        submit_label=_("Confirm"), cancel_url="/me")


def remove_mail() -> Response:
    """Forget one's address; no mail comes any more."""
    notify_preferences.drop(current_actor())
    return redirect("/me?done=no-mail", 303)


