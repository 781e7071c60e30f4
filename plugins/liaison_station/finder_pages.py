"""The public station finder, for everybody: as a list, as a map, and for programs."""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import g, render_template, request, url_for

from grid321.core.api import SYSTEM, BadRequest, Invalid, forms, json_answer, setting
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from . import finder, finder_map
from .finder import PAGE, Asked, Search
from .plan_choices import PLUGIN

KNOWN = frozenset({"q", "kind", "way", "near", "box", "page", "view"})
TEXT: dict[str, Any] = {"type": "string"}
PARAMETERS: dict[str, tuple[dict[str, Any], Any]] = {
    "q": ({**TEXT, "maxLength": 40}, _l("Name, village, street")), "kind": (TEXT, _l("Code of a class")),
    "way": ({**TEXT, "enum": ["evening", "online"]}, _l("Only stations with such receptions ahead")),
    "near": (TEXT, _l("Code of a division right below: its stations first, then by distance")),
    "box": (TEXT, _l("A part of the map: south,west,north,east")),
    "page": ({"type": "integer", "minimum": 1}, _l("Page, from 1"))}


def find_page() -> str:
    """The finder: search and list; with ``view=map`` the map above the list."""
    what, node = _asked(), g.node
    on_map = request.args.get("view") == "map"
    rows, more = finder.shown(what, node)
    root = f"{request.script_root}/d/{node.code}/{PLUGIN}"
    for row in rows:
        row["url"] = f"{root}/at/{row['plate']}"

    def link(plate: str = "", **changes: str) -> str:
        if plate:
            return f"{root}/at/{plate}"
        asked = {key: text for key, text in {"view": "map" if on_map else "", **what.query(), **changes}.items() if text}
        return f"{root}/find?{urlencode(asked)}" if asked else f"{root}/find"

    page = "liaison_station/find_map.html" if on_map else "liaison_station/find.html"
    return render_template(
        page, title=_("Find a liaison station"), place=node, all_url=link(**dict.fromkeys(what.query(), "")),
        fields=forms.form_fields((Search,), what.words, node=node, actor=SYSTEM), near=what.near,
        towns=finder.places(node), narrowed=bool(what.query()), rows=rows, on_map=on_map,
        map=finder_map.drawn(what, node, link) if on_map else None, list_url=link(view=""), map_url=link(view="map"),
        prev_url=link(page=str(what.page - 1)) if what.page > 1 else "", next_url=link(page=str(what.page + 1)) if more else "",
        phone=setting("core.feedback_phone", node.id))


def find_operation() -> Any:
    """A page of stations; ``next`` is the number of the next page."""
    what = _asked()
    rows, more = finder.shown(what, g.node)
    for row in rows:
        row["url"] = url_for(f"{PLUGIN}.plate", code=g.node.code, plate=row["plate"], _external=True)
    return json_answer({"items": rows, "per_page": PAGE, "next": what.page + 1 if more else None})


def _asked() -> Asked:
    """What this request asks for. Raises ``BadRequest``."""
    strange = set(request.args) - KNOWN
    try:
        if strange:
            raise Invalid(errors={name: ["?"] for name in sorted(strange)})
        return finder.asked(request.args, g.node)
    except Invalid as problem:
        raise BadRequest(_("This list cannot be shown."), ", ".join(str(name)[:40] for name in problem.errors),
                         _("Go to the list of stations and search anew.")) from None
