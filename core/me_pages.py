"""``/me``: what belongs to the one who is logged in: password, one-time codes, language, look, API tokens, sessions."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask, g, redirect, render_template, request, url_for

from . import accounts, auth, channel_setup, crypto, limits, notify_preferences, passwords, sessions, snapshot, tokens, totp
from .access import LOGIN, current_actor, guarded
from .errors import Invalid, NotFound, Problem, TooMany
from .i18n import LANGUAGES, format_time
from .i18n import gettext as _
from .themes import current_theme, wardrobe
from .views import RecordId


def register(app: Flask) -> None:
    """Add the pages below /me."""
    app.url_map.converters.setdefault("rid", RecordId)

    def add(path: str, name: str, view: Callable[..., Any], methods: str = "GET", *, unfinished: bool = False) -> None:
        marked = guarded(view, LOGIN, unfinished=unfinished)
        app.add_url_rule(path, f"core:{name}", marked, methods=methods.split())

    add("/me", "me", me)
    add("/me/password", "password", password, "GET POST", unfinished=True)
    add("/me/preferences", "preferences", preferences, "POST")
    add("/me/totp", "totp", totp_page, "GET POST", unfinished=True)
    add("/me/totp/remove", "totp_remove", totp_remove, "GET POST")
    add("/me/tokens/new", "token_new", token_new, "GET POST")
    add("/me/tokens/<rid:token_id>/revoke", "token_revoke", token_revoke, "POST")
    add("/me/sessions/<rid:session_id>/end", "session_end", session_end, "POST")
    add("/me/sessions/end-others", "sessions_end", sessions_end, "POST")


def me() -> Any:
    """The page itself."""
    actor, login = current_actor(), auth.current_login()
    if actor.account_id is None:
        raise NotFound(_("There is nothing here"))
    account = accounts.get(actor.account_id)
    return render_template(
        "me.html", title=_("My account"), account=account, facts=_facts(account),
        has_totp=account.totp_secret is not None, languages=list(LANGUAGES.items()), themes_offered=_themes(),
        locale=account.locale, chosen_theme=current_theme().id,
        tokens=[_token(row) for row in tokens.of_account(account.id)],
        may_make_tokens=actor.may_anywhere("core.api.use"),
        sessions=[_session(row, login) for row in sessions.of_account(account.id)],
        mail=_mail(account), notices=_notices(request.args.get("done")))


def _mail(account: accounts.Account) -> dict[str, Any]:
    setup = channel_setup.find("mail", snapshot.current().tree.get(account.division_id))
    try:
        address = notify_preferences.masked(notify_preferences.address_of(account.id))
    except crypto.SealBroken:
        address = ""
    return {"address": address, "pending": notify_preferences.pending_of(account.id), "on": setup is not None and setup.active}


def _notices(done: str | None) -> list[tuple[str, str]]:
    texts = {"password": _("Your password was changed. All other sessions have ended."),
             "totp": _("One-time codes are switched on."), "no-totp": _("One-time codes are switched off."),
             "saved": _("Saved."), "revoked": _("The token no longer works."), "mail": _("Your e-mail address is confirmed."),
             "no-mail": _("Your e-mail address was removed."), "ended": _("The session has ended.")}
    return [("ok", texts[done])] if done in texts else []


def _facts(account: accounts.Account) -> list[dict[str, Any]]:
    actor, tree = current_actor(), snapshot.current().tree
    from .registry import registry

    roles = registry().roles
    held = []
    for grant in actor.grants:
        place = tree.get(grant.division_id)
        held.append(f"{roles[grant.role].label} · {tree.full_name(place) if place else ''}")
    return [{"label": _("User name"), "text": account.username}, {"label": _("Person’s name"), "text": actor.name},
            {"label": _("Roles"), "text": "\n".join(held) or _("none yet: ask your administrator")},
            {"label": _("Last login"), "text": format_time(account.last_login_at)}]


def _themes() -> list[tuple[str, str]]:
    return [(theme.id, theme.label) for theme in wardrobe().themes.values()]


def _token(row: tokens.ApiToken) -> dict[str, Any]:
    place = snapshot.current().tree.get(row.division_id)
    return {"label": row.label, "id": row.id, "expires": format_time(row.expires_at),
            "expired": row.expires_at <= tokens.now(), "last": format_time(row.last_used_at) or _("never used"),
            "place": place.name if place else "", "revoke_url": url_for("core:token_revoke", token_id=row.id)}


def _session(row: sessions.Session, login: sessions.Login | None) -> dict[str, Any]:
    return {"agent": browser_name(row.agent) or _("unknown browser"), "network": row.network,
            "began": format_time(row.created_at),
            "last": format_time(row.last_seen_at), "this": login is not None and login.session_id == row.id,
            "end_url": url_for("core:session_end", session_id=row.id)}


#: What browsers call themselves, the special before the general: nearly all claim to be Chrome and Safari too.
_BROWSERS = (("MicroMessenger", "WeChat"), ("QIHU", "360"), ("360SE", "360"), ("Qaxbrowser", "Qianxin"),
             ("UCBrowser", "UC"), ("MQQBrowser", "QQ"), ("HuaweiBrowser", "Huawei"), ("MiuiBrowser", "Mi"),
             ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Version", "Safari"))
_SYSTEMS = (("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
            ("Mac OS", "Mac"), ("Linux", "Linux"))


def browser_name(agent: str) -> str:
    """Browser, its version and the system out of a User-Agent, as people know them; the text itself where nothing is known."""
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    for mark, name in _BROWSERS:
        found = re.search(rf"{mark}\w*(?:/(\d+))?", agent)
        if found:
            return " ".join(filter(None, (name, found.group(1), f"({system})" if system else "")))
    return agent


def _done(what: str) -> Any:
    return redirect(url_for("core:me", done=what), 303)


def _own_account() -> accounts.Account:
    account_id = current_actor().account_id
    if account_id is None:  # a single sign-on without an account of ours
        raise NotFound(_("There is nothing here"))
    return accounts.get(account_id)


def shown_errors(problem: Problem, labels: dict[str, Any]) -> list[dict[str, str]]:
    """The errors of a problem as the summary of a form lists them."""
    found = [{"field": name, "label": str(labels.get(name, "")), "message": str(text)}
             for name, texts in problem.errors.items() for text in texts]
    whole = f"{problem.title} {problem.detail} {problem.remedy}".strip()
    return found or [{"field": "", "label": "", "message": whole}]


def form_page(title: str, fields: list[dict[str, Any]], problem: Problem | None = None, *, template: str = "form.html",
              **context: Any) -> Any:
    """A form with the messages of ``problem`` at its fields; status 200, or that of the problem."""
    errors = shown_errors(problem, {one["name"]: one["label"] for one in fields}) if problem is not None else []
    for one in fields:
        one["error"] = next((error["message"] for error in errors if error["field"] == one["name"]), None)
    context = {"entity": None, "draft": False, "secrets_notice": False, **context}
    page = render_template(template, title=title, fields=fields, errors=errors, **context)
    return page, problem.status if problem is not None else 200


# -- password --------------------------------------------------------------------------------------------------------

def password() -> Any:
    """Change one's own password: the present one, then the new one twice."""
    account, problem = _own_account(), None
    if request.method == "POST":
        try:
            _change_password(account)
        except Invalid as found:
            problem = found
        else:
            return auth.log_in(accounts.get(account.id), url_for("core:me", done="password"))
    must = current_actor().must_change_password
    return form_page(_("Change the password"), [
        _secret("present", _("Present password"), "current-password"),
        _secret("password", _("New password"), "new-password",
                _("At least %(count)s characters. Several words in a row are easy to keep in mind.",
                  count=passwords.SHORTEST)),
        _secret("again", _("New password once more"), "new-password")], problem,
        intro=_("Your administrator set this password. Choose one that only you know.") if must else "",
        submit_label=_("Change the password"), cancel_url=None if must else url_for("core:me"))


def _secret(name: str, label: str, autocomplete: str, help_text: str = "") -> dict[str, Any]:
    return {"name": name, "label": label, "widget": "password", "required": True, "maxlength": passwords.LONGEST,
            "value": "", "autocomplete": autocomplete, "help": help_text}


def _change_password(account: accounts.Account) -> None:
    _confirm(account, request.form.get("present", ""))
    new = request.form.get("password", "")
    if new != request.form.get("again", ""):
        raise Invalid(_("The password was not changed"),
                      errors={"again": [_("This is not the same as the new password.")]})
    if passwords.matches(new, account.password_hash):
        raise Invalid(_("The password was not changed"), errors={"password": [_("This is your present password.")]})
    accounts.set_password(account.id, new, current_actor())


def _confirm(account: accounts.Account, present: str) -> None:
    """The present password, with the same limit as logging in: a borrowed screen must not be a place to guess."""
    key = accounts.login_key(account.username)
    if limits.take(key, accounts.TRIES_PER_ACCOUNT, accounts.LOGIN_WINDOW) > accounts.TRIES_PER_ACCOUNT:
        raise TooMany(_("Too many wrong passwords"), "", _("Wait 15 minutes, or ask your administrator."))
    if not passwords.matches(present, account.password_hash):
        raise Invalid(_("The password was not changed"), errors={"present": [_("This is not your present password.")]})
    limits.forget(key)


def preferences() -> Any:
    """Keep language and look with the account, and use them in this browser at once."""
    account = _own_account()
    locale, theme = request.form.get("locale", ""), request.form.get("theme", "")
    if theme and theme not in wardrobe().themes:
        raise Invalid(_("There is no such theme"))
    accounts.set_preference(account.id, locale=locale, theme=theme)
    response = _done("saved")
    auth.remember(response, locale, theme)
    return response


# -- one-time codes --------------------------------------------------------------------------------------------------

def totp_page() -> Any:
    """Switch one-time codes on: scan the picture, type the first code."""
    account, problem = _own_account(), None
    if account.totp_secret is not None:
        return redirect(url_for("core:me"), 303)
    bound = f"{account.uid}|{g.login.session_id if g.login is not None else 0}"
    secret = totp.new_secret()
    if request.method == "POST":
        try:
            secret = crypto.open_sealed(request.form.get("secret", ""), "form", "totp", bound)
            totp.enrol(account, secret, request.form.get("code", "")[:20], current_actor())
            return _done("totp")
        except crypto.SealBroken:
            problem = Invalid(_("This page was too old"), "", _("Scan the new picture and type its code."))
        except Invalid as found:
            problem = found
    return form_page(
        _("Switch one-time codes on"), [_code_field()], problem, template="me_totp.html",
        picture=totp.picture(secret, account.username), secret=secret,
        hidden=[("secret", crypto.seal(secret, "form", "totp", bound))], submit_label=_("Switch on"),
        intro=_("Administrators of this platform log in with a one-time code.") if current_actor().must_enrol else "",
        cancel_url=None if current_actor().must_enrol else url_for("core:me"))


def _code_field() -> dict[str, Any]:
    return {"name": "code", "label": _("One-time code"), "required": True, "maxlength": 7, "value": "",
            "inputmode": "numeric", "autocomplete": "one-time-code", "help": _("Six digits from the app")}


def totp_remove() -> Any:
    """Switch one-time codes off, with a last code."""
    account, problem = _own_account(), None
    if account.totp_secret is None:
        return redirect(url_for("core:me"), 303)
    if request.method == "POST":
        key = accounts.login_key(account.username)
        if limits.take(key, accounts.TRIES_PER_ACCOUNT, accounts.LOGIN_WINDOW) > accounts.TRIES_PER_ACCOUNT:
            raise TooMany(_("Too many wrong codes"), "", _("Wait 15 minutes, or ask your administrator."))
        if totp.spend(account.id, request.form.get("code", "")[:20]):
            limits.forget(key)
            totp.remove(account, current_actor())
            return _done("no-totp")
        message = _("This code is wrong or was used already. Wait for the next one.")
        problem = Invalid(message, errors={"code": [message]})
    return form_page(_("Switch one-time codes off"), [_code_field()], problem, submit_label=_("Switch off"),
                     cancel_url=url_for("core:me"))


# -- tokens and sessions ---------------------------------------------------------------------------------------------

def token_new() -> Any:
    """Make an API token; the answer to the form is the only page that ever shows it."""
    _own_account()
    problem, token = None, ""
    if request.method == "POST":
        try:
            token = _make_token()
        except Invalid as found:
            problem = found
    if token:
        return render_template("me_token.html", title=_("Your new API token"), token=token)
    form = request.form
    return form_page(_("Make an API token"), [
        {"name": "label", "label": _("Which program uses it?"), "required": True, "maxlength": 80,
         "value": form.get("label", "")},
        {"name": "days", "label": _("Valid for how many days?"), "required": True, "maxlength": 3, "widget": "int",
         "value": form.get("days", "90"), "help": _("1 to %(count)s", count=tokens.LONGEST_DAYS)},
        {"name": "division", "label": _("Only for this division (code)"), "maxlength": 24,
         "value": form.get("division", ""), "help": _("Empty: everywhere you have a role")},
        {"name": "readonly", "label": _("The program only reads"), "widget": "flag", "value": form.get("readonly")}],
        problem, submit_label=_("Make the token"), cancel_url=url_for("core:me"))


def _make_token() -> str:
    actor, form, node = current_actor(), request.form, None
    days = form.get("days", "").strip()
    if not (days.isascii() and days.isdigit() and len(days) <= 4):
        raise Invalid(_("The token was not made"), errors={"days": [_("Write a whole number.")]})
    if code := form.get("division", "").strip():
        node = snapshot.current().tree.by_code(code)
        if node is None:
            raise Invalid(_("The token was not made"), errors={"division": [_("There is no division with this code.")]})
    permissions = None
    if form.get("readonly"):
        permissions = sorted({name for grant in actor.grants for name in grant.permissions
                              if name.endswith(".view") or name == "core.api.use"})
    return tokens.create(actor, form.get("label", ""), int(days), node=node, permissions=permissions)


def token_revoke(token_id: int) -> Any:
    """Stop one of one's own tokens."""
    _own_account()
    tokens.revoke(token_id, current_actor())
    return _done("revoked")


def session_end(session_id: int) -> Any:
    """End one of one's own sessions, perhaps on a lost phone."""
    account = _own_account()
    if not sessions.end(session_id, account.id):
        raise NotFound(_("There is no such session"), "", _("It has probably ended already."))
    return _done("ended")


def sessions_end() -> Any:
    """End all sessions but this one."""
    login = auth.current_login()
    accounts.end_sessions(_own_account().id, keep=login.session_id if login else None)
    return _done("ended")

