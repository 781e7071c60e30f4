"""Forms on paper, what comes back written on them, and the public notices of receptions."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Api, Link, Node, Panel, guarded
from grid321.core.api import lazy_gettext as _

from . import (
    forms_archive,
    forms_opinion,
    forms_reception,
    forms_year,
    notices_pages,
    paper_opinion,
    paper_pages,
)
from .day_choices import OPINION, PLUGIN
from .day_models import Opinion
from .day_roles import DESK
from .forms_values import SETTINGS
from .plan_choices import COMING, RECEPTION

__all__ = ["DOCUMENTS", "LINKS", "SETTINGS"]

DOCUMENTS = (*forms_reception.DOCUMENTS, *forms_opinion.DOCUMENTS, *forms_year.DOCUMENTS, *forms_archive.DOCUMENTS)
LINKS = (Link(f"{PLUGIN}.paper_find", _("Enter a printed form"), "file-earmark-text", DESK),)


def panels_for(slot: str, entity: Any, record: Any, actor: Actor, node: Node) -> list[Panel] | None:
    """Beside a reception whose day has come, and an opinion at work: the page for what was written on its printed form."""
    if slot != "detail.aside" or record is None:
        return None
    url = f"/d/{node.code}/{PLUGIN}"
    if entity.key == RECEPTION and record.state in COMING and actor.may_on(DESK, record):
        return [Panel(_("The printed register came back?"), "liaison_station/paper_panel.html", {
            "url": f"{url}/day/{record.id}/paper"}, order=9)]
    # The view that a hook gets is no case: the guards of its steps ask what it is.
    if entity.key == OPINION and paper_opinion.open_parts(Opinion.get_by_id(record.id), actor):
        return [Panel(_("The printed handling form came back?"), "liaison_station/paper_panel.html", {
            "url": f"{url}/opinion/{record.id}/paper"}, order=9)]
    return None


def register(blueprint: Any) -> None:
    """Add the pages behind the codes of printed forms, and the public notices."""
    def add(rule: str, name: str, view: Any, permission: str, *methods: str) -> None:
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin=PLUGIN), methods=methods or ("GET",))

    add("/day/<rid:record_id>/paper", "paper_day", paper_pages.lines_page, DESK, "GET", "POST")
    add("/opinion/<rid:record_id>/paper", "paper_opinion", paper_opinion.paper_page, f"{OPINION}.view", "GET", "POST")
    add("/paper", "paper_find", paper_pages.find_page, DESK)
    add("/notices", "notices", notices_pages.notices_page, "public")
    add("/at/<plate>/notices", "plate_notices", notices_pages.station_page, "public")


def register_api(api: Api) -> None:
    """The notices for the county's own site or app."""
    api.operation("/notices", notices_pages.notices_operation, _("Receptions to come, put off or dropped, as posted"), "public",
                  query={"page": ({"type": "integer", "minimum": 1}, _("Page, from 1"))})
