"""The administrator's pages for accounts: make one, give and take roles, unlock, reset the password, disable."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, g, redirect, render_template, request, url_for

from . import access, accounts, db, forms, limits, passwords, registry, snapshot, totp
from .access import current_actor, guarded, inside
from .accounts import Account, RoleGrant
from .errors import Forbidden, Invalid, NotFound, Problem
from .fields import Day, DepartmentRef, PersonRef, Text
from .i18n import format_day, format_time
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .me_pages import form_page, shown_errors
from .people import Person, Post
from .schemas import EntitySchema
from .tree import Node
from .views import RecordId, asked_text

PAGE = 50
VIEW = "core.account.view"


class AccountForm(EntitySchema):
    """What the page asks about a new account."""

    username = Text(_l("User name"), required=True, max=64, help=_l("3 to 64 small letters and digits, for example wulizhen01"))
    person = PersonRef(_l("Person"), help=_l("Whose account it is: the posts of this person then count as roles."))


class GrantForm(EntitySchema):
    """What the page asks about a role, besides the role itself."""

    department = DepartmentRef(_l("Department"), own=True, help=_l("Only for roles that are held within a department"))
    from_day = Day(_l("From"))
    to_day = Day(_l("To (last day)"))


def register(app: Flask) -> None:
    """Add the pages below /d/<code>/core/accounts."""
    app.url_map.converters.setdefault("rid", RecordId)

    def add(path: str, name: str, view: Callable[..., Any], permission: str, methods: str = "GET", *,
            reach: str = "meets") -> None:
        app.add_url_rule(f"/d/<code>/core/accounts{path}", f"core:{name}", guarded(view, permission, reach=reach),
                         methods=methods.split())

    add("", "accounts", account_list, VIEW)
    add("/new", "account_new", account_new, "core.account.create", "GET POST", reach="covers")
    add("/<rid:account_id>", "account", account_page, VIEW)
    add("/<rid:account_id>/grant", "account_grant", account_grant, "core.role_grant.create", "GET POST", reach="covers")
    add("/<rid:account_id>/revoke/<rid:grant_id>", "account_revoke", account_revoke, "core.role_grant.delete", "POST")
    add("/<rid:account_id>/do/<action>", "account_do", account_do, "core.account.edit", "POST")


def _url(endpoint: str, **values: Any) -> str:
    return url_for(f"core:{endpoint}", code=g.node.code, **values)


def _visible() -> Any:
    """Accounts whose home lies here, and those that hold a role or whose person holds a post here."""
    node, actor = g.node, current_actor()
    granted = RoleGrant.select(RoleGrant.account_id).where(inside(RoleGrant, VIEW, node, actor))
    posted = Post.select(Post.person_id).where(inside(Post, VIEW, node, actor))
    here = inside(Account, VIEW, node, actor) | Account.id.in_(granted) | Account.person_id.in_(posted)
    return Account.select().where(here)


def _account(account_id: int) -> Account:
    account = _visible().where(Account.id == account_id).first()
    if account is None:
        raise NotFound(_("There is no such account"), g.node.name, _("Go back to the list of accounts."))
    return account


# -- list ------------------------------------------------------------------------------------------------------------

def account_list(code: str = "") -> Any:
    """The accounts of this division, by user name."""
    query, after = asked_text("q", 64), asked_text("after", 64)
    found = _visible().order_by(Account.username)
    if query:
        low = accounts.normal_username(query)
        named = Person.select(Person.id).where(Person.name.contains(query))
        found = found.where(((Account.username >= low) & (Account.username < low + "\U0010ffff"))
                            | Account.person_id.in_(named))
    if after:
        found = found.where(Account.username > after)
    rows = list(found.limit(PAGE + 1))
    following = _url("accounts", q=query or None, after=rows[PAGE - 1].username) if len(rows) > PAGE else None
    rows = rows[:PAGE]
    actions = []
    if current_actor().may("core.account.create", g.node):
        actions.append({"label": _("New account"), "url": _url("account_new"), "icon": "person-plus", "primary": True})
    columns = [_("User name"), _("Person"), _("Roles"), _("State"), _("Last login")]
    return render_template(
        "list.html", entity=None, title=_("Accounts"), rows=_rows(rows, columns), query=query, next_url=following, filters=[],
        columns=[{"key": str(n), "label": label, "sort_url": None, "sorted": None} for n, label in enumerate(columns)],
        count_text=_("%(count)s accounts on this page", count=len(rows)), actions=actions, bulk=[], saved_views=[],
        prev_url=None, empty={"what": _("No account here"), "why": _("Nobody can log in for this division yet, "
                                                                    "or the search found nothing."), "label": "", "url": ""})


def _rows(found: list[Account], titles: list[str]) -> list[dict[str, Any]]:
    names = dict(Person.select(Person.id, Person.name).where(
        Person.id.in_([one.person_id for one in found if one.person_id])).tuples())
    locked = limits.used_up({one.id: accounts.login_key(one.username) for one in found}, accounts.TRIES_PER_ACCOUNT,
                            accounts.LOGIN_WINDOW)
    roles: dict[int, list[str]] = {}
    for grant in RoleGrant.select().where(RoleGrant.account_id.in_([one.id for one in found])
                                          & accounts.valid_on(RoleGrant, db.local_day())):
        roles.setdefault(grant.account_id, []).append(_role_label(grant.role))
    account_of = {one.person_id: one.id for one in found if one.person_id}
    for person_id, kind in Post.select(Post.person_id, Post.kind).where(
            Post.person_id.in_(list(account_of)) & accounts.valid_on(Post, db.local_day())).tuples():
        role = getattr(registry.registry().posts.get(kind), "role", None)
        if role:  # a post gives the role of its kind, without a grant
            roles.setdefault(account_of[person_id], []).append(_role_label(role))
    rows = []
    for one in found:
        label, tone = _state(one, one.id in locked)
        texts = [one.username, names.get(one.person_id, ""), "、".join(dict.fromkeys(roles.get(one.id, ()))), label,
                 format_time(one.last_login_at)]
        parts = [(text, "", "", title) for text, title in zip(texts, titles, strict=True)]
        parts[3] = (label, tone, "", titles[3])
        rows.append({"id": one.id, "url": _url("account", account_id=one.id), "parts": parts, "selected_value": None})
    return rows


def _state(account: Account, locked: bool) -> tuple[str, str]:
    if account.disabled:
        return _("disabled"), "muted"
    if locked:
        return _("locked"), "bad"
    if account.must_change_password:
        return _("first password"), "warn"
    return (_("in use"), "ok") if account.password_hash else (_("no password"), "muted")


def _role_label(key: str) -> str:
    role = registry.registry().roles.get(key)
    return str(role.label) if role is not None else key


# -- one account -----------------------------------------------------------------------------------------------------

def account_page(account_id: int, code: str = "", problem: Problem | None = None) -> Any:
    """One account: what it is, which roles it holds, what can be done."""
    account, actor = _account(account_id), current_actor()
    tree, locked = snapshot.current().tree, accounts.is_locked(account)
    person = Person.get_or_none(Person.id == account.person_id) if account.person_id else None
    home, (label, tone) = tree.get(account.division_id), _state(account, locked)
    facts = [(_("Person"), person.name if person else ""), (_("Belongs to"), tree.full_name(home) if home else ""),
             (_("One-time codes"), _("on") if account.totp_secret else _("off")),
             (_("Last login"), format_time(account.last_login_at)), (_("Created"), format_time(account.created_at))]
    page = render_template(
        "account.html", title=account.username, account=account, state={"label": label, "tone": tone},
        facts=facts, grants=_grants(account), posts=_posts(account), actions=_actions(account, locked),
        errors=shown_errors(problem, {}) if problem is not None else [],
        grant_url=_url("account_grant", account_id=account.id) if actor.may("core.role_grant.create", g.node) else "")
    return page, problem.status if problem is not None else 200


def _grants(account: Account) -> list[dict[str, Any]]:
    tree, actor, today = snapshot.current().tree, current_actor(), db.local_day()
    found = []
    for row in RoleGrant.select().where(RoleGrant.account_id == account.id).order_by(RoleGrant.id.desc()):
        place = tree.get(row.division_id)
        now = row.from_day <= today and (row.to_day is None or row.to_day >= today)
        removable = place is not None and (now or row.from_day > today) and actor.may("core.role_grant.delete", place)
        found.append({"label": _role_label(row.role), "place": tree.full_name(place) if place else "", "now": now,
                      "from": format_day(row.from_day), "to": format_day(row.to_day) if row.to_day else "",
                      "revoke_url": _url("account_revoke", account_id=account.id, grant_id=row.id) if removable else ""})
    return found


def _posts(account: Account) -> list[dict[str, Any]]:
    if account.person_id is None:
        return []
    tree, kinds = snapshot.current().tree, registry.registry().posts
    rows = Post.select().where((Post.person_id == account.person_id) & accounts.valid_on(Post, db.local_day()))
    return [{"label": str(kinds[row.kind].label) if row.kind in kinds else row.kind,
             "place": tree.full_name(place) if (place := tree.get(row.division_id)) else ""} for row in rows]


def _actions(account: Account, locked: bool) -> list[dict[str, str]]:
    try:
        accounts.require_manager(current_actor(), account)
    except Forbidden:
        return []
    wanted = [("unlock", _("Unlock"), locked), ("reset", _("Set a new first password"), not account.disabled),
              ("totp", _("Switch one-time codes off"), account.totp_secret is not None),
              ("disable", _("Disable the account"), not account.disabled), ("enable", _("Enable the account"), account.disabled)]
    return [{"key": key, "label": label, "url": _url("account_do", account_id=account.id, action=key)}
            for key, label, offered in wanted if offered]


def account_do(account_id: int, action: str, code: str = "") -> Any:
    """Unlock, reset the password, switch one-time codes off, disable or enable."""
    account, actor = _account(account_id), current_actor()
    if action == "reset":
        accounts.require_manager(actor, account)
        first = passwords.suggest()
        accounts.set_password(account.id, first, actor, must_change=True)
        return _first_password(account, first)
    doing = {"unlock": lambda: accounts.unlock(account.id, actor), "disable": lambda: accounts.disable(account.id, actor),
             "enable": lambda: accounts.enable(account.id, actor), "totp": lambda: totp.remove(account, actor)}.get(action)
    if doing is None:
        raise NotFound(_("There is nothing here"))
    try:
        doing()
    except Invalid as problem:
        return account_page(account_id, problem=problem)
    return redirect(_url("account", account_id=account.id), 303)


def _first_password(account: Account, first: str) -> Any:
    return render_template("account_password.html", title=_("First password of %(name)s", name=account.username),
                           account=account, password=first, next_url=_url("account", account_id=account.id))


# -- making and granting ---------------------------------------------------------------------------------------------

def account_new(code: str = "") -> Any:
    """Make an account whose home is this division; its first password is shown once."""
    problem, schemas, actor = None, (AccountForm,), current_actor()
    values = forms.typed_values(request.form) or {"person": request.args.get("person", "")[:19]}
    if request.method == "POST":
        try:
            data = forms.read_form(schemas, request.form, node=g.node, actor=actor)
            first = passwords.suggest()
            made = accounts.create_account(data["username"], first, g.node, actor, person_id=data.get("person_id"))
            return _first_password(made, first)
        except Problem as found:
            problem = found
    return form_page(_("New account"), forms.form_fields(schemas, values, node=g.node, actor=actor), problem,
                     intro=_("It belongs to %(place)s. The first password is shown on the next page.", place=g.node.name),
                     submit_label=_("Make the account"), cancel_url=_url("accounts"))


def account_grant(account_id: int, code: str = "") -> Any:
    """Give the account a role on this division."""
    account, actor, problem = _account(account_id), current_actor(), None
    schemas = (GrantForm,)
    if request.method == "POST":
        try:
            _grant(account, schemas)
            return redirect(_url("account", account_id=account.id), 303)
        except Problem as found:
            problem = found
    typed = request.form
    role = {"name": "role", "label": _("Role"), "widget": "select", "required": True, "options": offered_roles(g.node),
            "value": typed.get("role", "")}
    return form_page(_("Give %(name)s a role on %(place)s", name=account.username, place=g.node.name),
                     [role, *forms.form_fields(schemas, dict(typed), node=g.node, actor=actor)], problem,
                     intro=_("The role counts on %(place)s and everything below it.", place=g.node.name),
                     submit_label=_("Give the role"), cancel_url=_url("account", account_id=account.id))


def _grant(account: Account, schemas: forms.Schemas) -> None:
    actor = current_actor()
    typed = {name: value for name, value in request.form.items() if name != "role"}
    data = forms.read_form(schemas, typed, node=g.node, actor=actor)
    accounts.grant(account.id, request.form.get("role", ""), g.node, actor, department_id=data.get("department_id"),
                   from_day=data.get("from_day"), to_day=data.get("to_day"))


def offered_roles(node: Node) -> list[tuple[str, str]]:
    """(key, label) of the roles the present actor may grant at ``node``, of plugins that are on there."""
    known, actor, switches = registry.registry(), current_actor(), snapshot.current().switches
    found = []
    for role in known.roles.values():
        if role.levels and node.level not in role.levels:
            continue
        if not switches.is_on(known.owner_of("role", role.key), node):
            continue
        try:
            accounts.require_may_grant(actor, role.key, node)
        except Forbidden:
            continue
        found.append((role.key, str(role.label)))
    return found


def account_revoke(account_id: int, grant_id: int, code: str = "") -> Any:
    """Take a role away."""
    account, actor = _account(account_id), current_actor()
    row = RoleGrant.select().where((RoleGrant.id == grant_id) & (RoleGrant.account_id == account.id)
                                   & access.inside(RoleGrant, VIEW, g.node, actor)).first()
    if row is None:
        raise NotFound(_("There is no such role to take away"), account.username, _("Go back to the account."))
    try:
        accounts.revoke(row.id, actor)
    except Invalid as problem:
        return account_page(account_id, problem=problem)
    return redirect(_url("account", account_id=account.id), 303)
