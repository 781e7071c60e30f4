"""Pages of the presets: which rules hold here, what another set would change, switching to it."""
from __future__ import annotations

from typing import Any

from flask import Flask, g, redirect, render_template, request

from . import db, preset_choice
from .access import current_actor, guarded
from .admin_pages import value_text
from .entity import Setting
from .errors import Problem
from .fields import Day
from .forms import error_list, form_fields, read_form, typed_values
from .i18n import format_day
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .preset_files import KEYS, Preset, all_presets
from .schemas import EntitySchema
from .snapshot import current


class ApplyForm(EntitySchema):
    """From which day the preset holds."""

    valid_from = Day(_l("Valid from"), required=True, help=_l("Clocks that start on this day or later follow the new rules."))


def register(app: Flask) -> None:
    """Add the routes below /d/<code>/core/presets."""
    app.add_url_rule("/d/<code>/core/presets", "core:presets", guarded(list_page, "core.setting.view", reach="covers"))
    app.add_url_rule("/d/<code>/core/presets/<preset>", "core:preset",
                     guarded(preset_page, {"GET": "core.setting.view", "POST": preset_choice.EDIT}, reach="covers"),
                     methods=["GET", "POST"])


def _base() -> str:
    return f"/d/{g.node.code}/core/presets"


def list_page() -> str:
    """All presets beside each other, the one that holds here marked."""
    used, since, place_id = preset_choice.chosen(g.node)
    place = current().tree.get(place_id)
    found = list(all_presets().values())
    rows = []
    for key in KEYS:
        declared = current().settings.declared(key)
        rows.append({"cells": [{"text": str(declared.label)}, *[
            {"text": _said(declared, preset.value(key))} if preset.value(key) is not None else
            {"text": "–"} for preset in found]]})
    columns = [{"label": _("Setting")}, *[{"label": preset.label} for preset in found]]
    choices = [{"url": f"{_base()}/{preset.key}", "cells": [
        {"text": preset.label}, {"text": _("applied here") if used is preset else "", "tone": "ok" if used is preset else ""},
        {"text": _changes(preset)}, {"text": preset.source}]} for preset in found]
    tables = [
        {"title": _("Choose"), "caption": _("Sets of rules"), "rows": choices,
         "columns": [{"label": text} for text in (_("Set of rules"), _("Here"), _("It would change"), _("Source"))]},
        {"title": _("Side by side (–: left open)"), "caption": _("What each set says"), "rows": rows, "columns": columns}]
    lede = "" if used is None else _("%(preset)s, by default", preset=used.label) if place is None else _(
        "%(preset)s, applied at %(place)s from %(day)s", preset=used.label, place=place.name, day=format_day(since))
    return render_template(
        "table.html", title=_("Sets of rules for limits at %(place)s", place=g.node.name), lede=lede, tables=tables,
        intro=_("A set carries the numbers of one law or place. What it leaves open stays without a value, and a clock without "
                "a length does not run. Each value can be changed in the settings afterwards."),
        crumbs=_crumbs(), page_actions=[{"label": _("Settings"), "url": f"/d/{g.node.code}/core/settings", "icon": "sliders"}])


def _crumbs(*rest: tuple[str, str]) -> list[tuple[str, str]]:
    return [(g.node.name, f"/d/{g.node.code}/"), (_("Sets of rules"), _base() if rest else ""), *rest]


def _said(declared: Setting, value: str | None) -> str:
    return _("open") if value is None else value_text(declared, value)


def _changes(preset: Preset) -> str:
    count = sum(not row.same for row in preset_choice.compare(preset, g.node))
    return _("%(count)s values", count=count) if count else _("no value")


def preset_page(preset: str) -> Any:
    """One preset beside what holds here; a POST applies it from a day on."""
    chosen = preset_choice.preset(preset)
    values, problem = {"valid_from": db.local_day().isoformat()}, None
    if request.method == "POST":
        try:
            data = read_form((ApplyForm,), request.form, node=g.node, actor=current_actor())
            preset_choice.apply(chosen.key, g.node, current_actor(), data["valid_from"])
            return redirect(_base(), 303)
        except Problem as found:
            if found.status == 403:
                raise
            problem, values = found, typed_values(request.form)
    errors = {name: [str(text) for text in texts] for name, texts in (problem.errors if problem else {}).items()}
    rows = [{"label": str(row.setting.label), "here": value_text(row.setting, row.here), "source": row.source,
             "said": _said(row.setting, row.said), "open": row.said is None, "same": row.same}
            for row in preset_choice.compare(chosen, g.node)]
    page = render_template(
        "preset.html", title=chosen.label, preset=chosen, rows=rows, changes=sum(not row["same"] for row in rows),
        since=format_day(chosen.since) if chosen.since else "", errors=error_list((ApplyForm,), errors), cancel_url=_base(),
        fields=form_fields((ApplyForm,), values, node=g.node, actor=current_actor(), errors=errors),
        may_apply=current_actor().may(preset_choice.EDIT, g.node), crumbs=_crumbs((chosen.label, "")))
    return page, problem.status if problem else 200
