"""The deputies' file: what they did, confirmed, published, rated by voters."""
from __future__ import annotations

from typing import Any

import click

from grid321.core.api import Actor, Api, Event, Node, Standing, gettext, guarded, inside, json_schema
from grid321.core.api import lazy_gettext as _

from . import file_board, file_deeds, file_pages, file_panels, file_phone, file_public, file_scores, file_tablet_pages
from .file_causes import KINDS, P
from .file_demo import demo
from .file_entities import DEED, ENTITIES, YEAR
from .file_measures import MEASURES
from .file_report import DOCUMENTS
from .file_roles import GRANTS, LINKS, PERMISSIONS, ROLES, SEE_ALL, SETTINGS, TABLET
from .file_schemas import Objection, Paper, Slips, Verdict
from .file_year import KEEP, LIFE, OWN, PUBLISH

__all__ = ["CLASSES", "COMMANDS", "DOCUMENTS", "ENTITIES", "GRANTS", "JOBS", "LINKS", "MEASURES", "PERMISSIONS",
           "ROLES", "SETTINGS", "WORKFLOWS", "demo"]

CLASSES = (KINDS,)
WORKFLOWS = (LIFE,)
PLUGIN = "liaison_station"
panels_for = file_panels.panels_for
OWN_ONLY: dict[str, Any] = {DEED.key: DEED.model, YEAR.key: YEAR.model}


def changed(event: Event) -> None:
    """Bring the deeds in line with what an event is about."""
    file_deeds.listen(event)


@click.command("recount-deeds")
def recount_deeds() -> None:
    """Bring the deeds in deputies' files in line with what they come from. Safe to be done again."""
    click.echo(gettext("%(count)s deeds were changed.", count=file_deeds.recount()))


def sweep() -> int:
    """The same once a day: what happened before the plugin was switched on comes into the files too. Done in one go."""
    file_deeds.recount()
    return 0


COMMANDS = (recount_deeds,)
JOBS = (Standing(f"{P}recount_deeds", _("Bring deputies’ files in line with what happened"), sweep, every=86400.0),)


def scope_of(entity: Any, action: str, actor: Actor, node: Node) -> Any:
    """A deputy sees the own file; who sees all sees it where that was granted."""
    model = OWN_ONLY.get(entity.key)
    if model is None or actor.system or actor.may(SEE_ALL, node):
        return None
    return inside(model, SEE_ALL, node, actor) | (model.person_id == (actor.person_id or 0))


def register(blueprint: Any) -> None:
    """Add the deputy's page, the officer's pages, and what voters see."""
    def add(rule: str, name: str, view: Any, permission: str, *methods: str, **options: Any) -> None:
        blueprint.add_url_rule(rule, name, guarded(view, permission, plugin=PLUGIN, **options), methods=methods or ("GET",))

    add("/my-file", "my_file", file_phone.page, OWN)
    add("/my-file/confirm", "my_file_confirm", file_pages.confirm_page, OWN, "POST")
    add("/my-file/answer", "my_file_answer", file_pages.answer_invitation_page, OWN, "POST")
    add("/files", "files", file_board.page, SEE_ALL)
    add("/scheme/<rid:record_id>/scores", "scores", file_scores.page, PUBLISH)
    add("/deed/<rid:record_id>/object", "deed_object", file_pages.object_page, OWN, "GET", "POST")
    add("/deed/<rid:record_id>/answer", "deed_answer", file_pages.answer_page, KEEP, "GET", "POST")
    add("/years/open", "years_open", file_pages.open_page, YEAR.permission("create"), "GET", "POST")
    add("/year/<rid:record_id>/links", "year_links", file_pages.links_page, PUBLISH, "GET", "POST")
    add("/year/<rid:record_id>/tablet", "year_tablet", file_pages.tablet_page, PUBLISH, "POST")
    add("/year/<rid:record_id>/paper", "year_paper", file_pages.paper_page, PUBLISH, "GET", "POST")
    add("/station/<rid:record_id>/tablet", "station_tablet_open", file_tablet_pages.open_page, TABLET, "POST")
    add("/station/<rid:record_id>/slips", "station_slips", file_tablet_pages.slips_page, TABLET, "GET", "POST")
    add("/station-tablet/<token>", "station_tablet", file_tablet_pages.start_page, "public")
    add("/station-tablet/<token>/<rid:year_id>", "station_tablet_year", file_tablet_pages.voice_page, "public", "GET", "POST")
    add("/performance", "performance", file_public.list_page, "public")
    add("/performance/<rid:year_id>", "performance_year", file_public.year_page, "public")
    add("/voice/<token>", "voice", file_public.voice_page, "public", "GET", "POST")
    add("/tablet/<token>", "tablet", file_public.tablet_page, "public", "GET", "POST")


def register_api(api: Api) -> None:
    """The same for programs; deeds, years and their steps are records and have their own."""
    api.operation("/my-file", file_pages.my_operation, _("What is due for the deputy who asks"), OWN)
    api.operation("/files", file_board.operation, _("How the deputies’ files stand"), SEE_ALL, query={
        "year": ({"type": "integer"}, _("The year, the present one by default"))})
    api.operation("/scheme/<rid:record_id>/scores", file_scores.operation, _("Points by a scheme that is on"), PUBLISH)
    api.operation("/year/<rid:record_id>/links", file_pages.links_operation, _("Make links for voters"), PUBLISH, "POST",
                  status="201", body=lambda: json_schema((Slips,)))
    api.operation("/year/<rid:record_id>/paper", file_pages.paper_operation, _("Enter paper slips"), PUBLISH, "POST",
                  body=lambda: json_schema((Paper,)))
    api.operation("/station/<rid:record_id>/tablet", file_tablet_pages.open_operation, _("Open the tablet of a station"), TABLET,
                  "POST", status="201")
    api.operation("/station/<rid:record_id>/slips", file_tablet_pages.slips_operation,
                  _("Make slips for the tablet of a station"), TABLET, "POST", status="201", body=lambda: json_schema((Slips,)))
    api.operation("/deed/<rid:record_id>/confirm", file_pages.confirm_operation, _("Confirm an entry of the own file"), OWN,
                  "POST")
    api.operation("/deed/<rid:record_id>/object", file_pages.object_operation, _("Object to an entry of the own file"), OWN,
                  "POST", body=lambda: json_schema((Objection,)))
    api.operation("/deed/<rid:record_id>/answer", file_pages.answer_operation, _("Answer or correct"), KEEP, "POST",
                  body=lambda: json_schema((Verdict,)))
