"""Pages of the county administrator: plugins and switches, settings, lists of classes."""
from __future__ import annotations

from functools import cache
from typing import Any

from flask import Flask, g, redirect, render_template, request

from . import audit, class_items, db, fields, forms, settings, snapshot, switches
from .access import current_actor, guarded
from .entity import Plugin, Setting
from .error_pages import problem_text
from .errors import BadRequest, NotFound, Problem
from .i18n import format_day
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .registry import platform, registry
from .schemas import EntitySchema
from .tree import Node


def register(app: Flask) -> None:
    """Add the routes. What changes a division needs the permission at that division or above."""
    pages = (
        ("switches", "switches", switches_page, {"GET": "core.switch.view", "POST": "core.switch.edit"}),
        ("switches/<plugin>/off", "switch_off", confirm_off, "core.switch.edit"),
        ("plugins", "plugins", plugins_page, "core.switch.view"),
        ("settings", "settings", settings_page, "core.setting.view"),
        ("settings/<key>", "setting", setting_page, "core.setting.edit"),
        ("classes", "classes", classes_page, "core.class.view"),
        ("classes/<scheme>/new", "new_class", new_class, "core.class.edit"),
        ("classes/<scheme>/<item>", "class", edit_class, "core.class.edit"))
    posts = {"switches", "setting", "new_class", "class"}
    for path, name, view, permission in pages:
        methods = ["GET", "POST"] if name in posts else ["GET"]
        app.add_url_rule(f"/d/<code>/core/{path}", f"core:{name}", guarded(view, permission, reach="covers"),
                         methods=methods)


def _crumbs(*rest: tuple[str, str]) -> list[tuple[str, str]]:
    return [(g.node.name, f"/d/{g.node.code}/"), *rest]


def _base() -> str:
    return f"/d/{g.node.code}/core"


# ---------------------------------------------------------------- plugins

def switches_page() -> Any:
    """Which plugins are on here; a POST switches one."""
    if request.method == "POST":
        return _turn()
    now = snapshot.current()
    found = [_switch(manifest, now) for manifest in _switchable()]
    return render_template("switches.html", title=_("Plugins at %(place)s", place=g.node.name), plugins=found,
                           crumbs=_crumbs((_("Plugins"), "")),
                           page_actions=[{"label": _("Installed plugins"), "url": f"{_base()}/plugins", "icon": "puzzle"}])


def _switchable() -> list[Plugin]:
    return [loaded.manifest for loaded in registry().plugins.loaded()
            if loaded.manifest is not None and loaded.key not in registry().always_on]


def _switch(manifest: Plugin, now: snapshot.Snapshot) -> dict[str, Any]:
    node, key = g.node, manifest.key
    on = now.switches.is_on(key, node)
    rows = now.switches.rows(key)
    setter = next((now.tree.get(place) for place in reversed(node.path) if place in rows), None)
    below = [{"name": place.name, "url": f"/d/{place.code}/core/switches", "on": state}
             for place, state in ((now.tree.get(place), state) for place, state in rows.items())
             if place is not None and place.id != node.id and now.tree.covers(node, place) and state != on]
    url = f"{_base()}/switches" if current_actor().may("core.switch.edit", node) else ""
    actions = []
    if url:
        actions = [{"label": _("Switch off"), "url": f"{url}/{key}/off", "on": "0", "confirm": True} if on else
                   {"label": _("Switch on"), "url": url, "on": "1", "confirm": False}]
        if not on and below:
            actions.append({"label": _("Switch off below"), "url": f"{url}/{key}/off", "on": "0", "confirm": True})
    return {"key": key, "label": str(manifest.label), "description": str(manifest.description), "on": on, "icon": manifest.icon,
            "note": _("at %(place)s", place=setter.name) if setter is not None else _("nowhere above: off"),
            "requires": list(manifest.requires), "dependents": [other.key for other in _switchable() if key in other.requires],
            "url": url, "blocked": "", "below": below[:30], "actions": actions}


def _turn() -> Any:
    plugin, wanted = request.form.get("plugin", ""), request.form.get("on", "")
    if wanted not in {"0", "1"}:
        raise BadRequest(_("The form cannot be read."), "on", _("Load the page again."))
    node, actor = g.node, current_actor()
    switches.turn(plugin, node, wanted == "1", actor)
    return redirect(f"{_base()}/switches", 303)


def confirm_off(plugin: str) -> Any:
    """Say what switching off means before it is done."""
    manifest = next((found for found in _switchable() if found.key == plugin), None)
    if manifest is None:
        raise NotFound(_("There is no such plugin."))
    url = f"{_base()}/switches"
    return render_template(
        "form.html", title=_("Switch off: %(label)s", label=str(manifest.label)), fields=[], errors=[], action=url,
        submit_label=_("Switch off"), cancel_url=url, version="", danger=True, secrets_notice=False,
        hidden=[("plugin", plugin), ("on", "0")], crumbs=_crumbs((_("Plugins"), url), (_("Switch off"), "")),
        intro=_("At %(place)s and everywhere below it, the pages, menus, jobs and figures of this plugin disappear at once. "
                "Its data stays and comes back when it is switched on again.", place=g.node.name))


def plugins_page() -> str:
    """What is installed on this server, and what was set aside and why."""
    found = []
    for loaded in registry().plugins.all.values():
        manifest = loaded.manifest
        troubles = [f"{hook}: {count}" for (key, hook), count in platform().hooks.troubles().items() if key == loaded.key]
        state = {"label": _("works"), "tone": "ok"} if loaded.ok else {"label": _("set aside"), "tone": "bad"}
        if loaded.ok and troubles:
            state = {"label": _("fails at times"), "tone": "warn"}
        facts = [{"label": _("Needs"), "text": ", ".join(manifest.requires) or _("nothing")}] if manifest else []
        if troubles:
            facts.append({"label": _("Failures in a row"), "text": ", ".join(troubles)})
        found.append({"key": loaded.key, "label": str(manifest.label) if manifest else loaded.key, "state": state,
                      "version": manifest.version if manifest else "", "facts": facts, "error": loaded.error,
                      "description": str(manifest.description) if manifest else "", "icon": manifest.icon if manifest else "",
                      "remedy": _("Tell whoever maintains this plugin; the rest of the site works.") if loaded.error else ""})
    return render_template("plugins.html", title=_("Installed plugins"), plugins=found,
                           crumbs=_crumbs((_("Plugins"), f"{_base()}/switches"), (_("Installed plugins"), "")))


# ---------------------------------------------------------------- settings

def settings_page() -> str:
    """Every setting with its value here, where it is set, since when, and its source."""
    now, node = snapshot.current(), g.node
    may_edit = current_actor().may("core.setting.edit", node)
    groups: dict[str, list[dict[str, Any]]] = {}
    for key, declared in sorted(now.settings.all().items()):
        owner = key.partition(".")[0]
        if not now.switches.is_on(owner, node):
            continue
        value, source, place_id, since = now.settings.explain(key, node)
        place = now.tree.get(place_id)
        groups.setdefault(owner, []).append({
            "key": key, "label": str(declared.label), "value": value_text(declared, value), "source": source,
            "where": place.name if place is not None else "", "valid_from": format_day(since) if since else "",
            "edit_url": f"{_base()}/settings/{key}" if may_edit else ""})
    shown = [{"label": str(manifest.label) if (manifest := registry().plugins.get(owner)) else owner, "settings": rows}
             for owner, rows in groups.items()]
    return render_template("settings.html", title=_("Settings at %(place)s", place=node.name), groups=shown,
                           crumbs=_crumbs((_("Settings"), "")))


def value_text(declared: Setting, value: Any) -> str:
    """A setting's value as people read it."""
    if value is None:
        return _("not set")
    if declared.kind == "flag":
        return _("Yes") if value else _("No")
    if declared.kind == "choice":
        return next((str(label) for code, label in declared.choices if code == value), str(value))
    if declared.kind == "length":
        from .clock_explain import length_text
        return length_text(str(value))
    return str(value)


@cache
def _setting_schema(key: str, kind: str, choices: tuple[tuple[str, Any], ...], low: int | None, high: int | None,
                    optional: bool) -> type[EntitySchema]:
    """The form of one setting: its value in the field of its kind, where it comes from, from which day."""
    value: fields.EntityField
    if kind == "int":
        value = fields.Int(_l("Value"), required=True, min=low if low is not None else fields.INT_MIN,
                           max=high if high is not None else fields.INT_MAX)
    elif kind == "flag":
        value = fields.Flag(_l("Value"))
    elif kind == "day":
        value = fields.Day(_l("Value"), required=True)
    elif kind == "choice":
        value = fields.Choice(_l("Value"), options=choices, required=not optional)
    elif kind == "length":
        value = fields.Text(_l("Value"), required=not optional, max=20, help=_l(
            "A number and its unit: 10 wd (working days), 7 d (days), 3 m (months), 24 h (hours). Leave it empty where no rule "
            "sets a limit: that clock does not run then.") if optional else _l(
            "A number and its unit: 10 wd (working days), 7 d (days), 3 m (months), 24 h (hours)."))
    else:
        value = fields.LongText(_l("Value"), max=2000)
    parts = {"value": value,
             "source": fields.Text(_l("Source"), required=True, max=400, help=_l("The document or decision it comes from.")),
             "valid_from": fields.Day(_l("Valid from"), required=True)}
    return type("SettingForm", (EntitySchema,), parts)


def setting_page(key: str) -> Any:
    """Change one setting for this division and everything below it, from a day on."""
    now, node, actor = snapshot.current(), g.node, current_actor()
    declared = now.settings.all().get(key)
    if declared is None or not now.switches.is_on(key.partition(".")[0], node):
        raise NotFound(_("There is no such setting."))
    schema = _setting_schema(key, declared.kind, declared.choices, declared.minimum, declared.maximum,
                             declared.optional)
    value, source, _place, _since = now.settings.explain(key, node)
    back = f"{_base()}/settings"
    values = {"value": ("1" if value else "") if declared.kind == "flag" else "" if value is None else str(value),
              "source": source, "valid_from": db.local_day().isoformat()}
    problem = None
    if request.method == "POST":
        try:
            data = forms.read_form((schema,), request.form, node=node, actor=actor)
            _put(declared, data, node, actor)
            return redirect(back, 303)
        except Problem as found:
            problem, values = found, forms.typed_values(request.form)
    return _small_form(schema, values, problem, title=str(declared.label), back=back, section=_("Settings"),
                       intro=_("Holds for %(place)s and everything below it that says nothing else.", place=node.name))


def _put(declared: Setting, data: dict[str, Any], node: Node, actor: Any) -> None:
    value = data["value"]
    if declared.kind == "day":
        value = value.isoformat()
    with db.transaction():
        settings.put(declared.key, node, value, source=data["source"], valid_from=data["valid_from"],
                     account_id=actor.account_id)
        audit.event("setting", actor, {"key": declared.key}, division_id=node.id)


def _small_form(schema: type[EntitySchema], values: dict[str, str], problem: Problem | None, *, title: str, back: str,
                section: str, intro: str = "") -> Any:
    errors = {name: [str(text) for text in texts] for name, texts in (problem.errors if problem else {}).items()}
    summary = forms.error_list((schema,), errors)
    if problem is not None and not summary:
        summary = [{"field": "", "label": "", "message": problem_text(problem)}]
    parts = forms.form_fields((schema,), values, node=g.node, actor=current_actor(), errors=errors)
    page = render_template("form.html", title=title, fields=parts, errors=summary, action=request.path, cancel_url=back,
                           submit_label=_("Save"), version="", intro=intro, secrets_notice=False,
                           crumbs=_crumbs((section, back), (title, "")))
    return page, problem.status if problem else 200


# ---------------------------------------------------------------- classes

class ClassForm(EntitySchema):
    """Words and place of a class in its list."""

    label_zh = fields.Text(_l("Name in Chinese"), required=True, max=80)
    label_en = fields.Text(_l("Name in English"), max=120)
    position = fields.Int(_l("Position in the list"), required=True, min=0, max=10_000, default=100)
    retired = fields.Flag(_l("No longer offered"))


class NewClassForm(ClassForm):
    """A class that the list does not have yet."""

    code = fields.Text(_l("Code"), required=True, max=40, help=_l("Small letters, digits, hyphens; it never changes."))


def classes_page() -> str:
    """The lists of classes as they hold here."""
    now, node = snapshot.current(), g.node
    may_edit = current_actor().may("core.class.edit", node)
    shown = []
    for key, scheme in sorted(now.classes.schemes().items()):
        if now.switches.is_on(key.partition(".")[0], node):
            url = f"{_base()}/classes/{key}"
            items = [{**item, "edit_url": f"{url}/{item['code']}" if may_edit else ""} for item in class_items.listed(key, node)]
            shown.append({"key": key, "label": str(scheme.label), "source": str(scheme.source), "items": items,
                          "add_url": f"{url}/new" if may_edit else ""})
    return render_template("classes.html", title=_("Lists of classes at %(place)s", place=node.name), schemes=shown,
                           crumbs=_crumbs((_("Lists of classes"), "")))


def new_class(scheme: str) -> Any:
    """Add a class for this division and everything below it."""
    return _class_page(scheme, None)


def edit_class(scheme: str, item: str) -> Any:
    """Change a class for this division and everything below it."""
    return _class_page(scheme, item)


def _class_page(scheme: str, code: str | None) -> Any:
    now, node, actor = snapshot.current(), g.node, current_actor()
    if scheme not in now.classes.schemes() or not now.switches.is_on(scheme.partition(".")[0], node):
        raise NotFound(_("There is no such list of classes."))
    schema: type[EntitySchema] = NewClassForm if code is None else ClassForm
    back = f"{_base()}/classes"
    if code is None:
        values = forms.start_values((schema,), {})
    else:
        stored = class_items.values_of(scheme, code, node)
        values = {name: ("1" if value else "") if name == "retired" else str(value) for name, value in stored.items()}
    problem = None
    if request.method == "POST":
        try:
            data = forms.read_form((schema,), request.form, node=node, actor=actor)
            class_items.put(scheme, code if code is not None else data["code"], node, data, actor, new=code is None)
            return redirect(back, 303)
        except Problem as found:
            if found.status == 404:
                raise
            problem, values = found, forms.typed_values(request.form)
    title = _("Add a class") if code is None else values.get("label_zh", code)
    return _small_form(schema, values, problem, title=title, back=back, section=_("Lists of classes"),
                       intro=_("Holds for %(place)s and everything below it.", place=node.name))
