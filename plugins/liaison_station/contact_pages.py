"""The page of double contact: how many keep it, who does not, how many contacts took place; the same by REST."""
from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from flask import g, render_template, request

from grid321.core.api import BadRequest, json_answer, local_day, tree
from grid321.core.api import gettext as _

from .contact_figures import Figures, Side, figures
from .deputy_choices import MANDATES, WAYS, P

SEE = f"{P}contact.view"
MOST = 60


def page() -> Any:
    """Double contact at a division in a year."""
    year = _year()
    found = figures(g.node, date(year, 1, 1), date(year, 12, 31))
    this, base = local_day().year, f"/d/{g.node.code}/liaison_station"
    return render_template(
        "liaison_station/contacts.html", year=year, found=found, base=base,
        years=[{"label": str(one), "url": f"{base}/contacts?year={one}", "here": one == year}
               for one in (this, this - 1, this - 2)],
        ways=[(str(label), found.talks.get(way, 0)) for way, label in WAYS],
        sides=[_shown(found.members, base, _("Members of the standing committee who keep contact with deputies"),
                      _("Members without contact to a deputy")),
               _shown(found.voters, base, _("Deputies who keep contact with voters"),
                      _("Deputies without contact to a voter"))])


def _shown(side: Side, base: str, label: str, lacking: str) -> dict[str, Any]:
    levels = dict(MANDATES)
    return {"label": label, "lacking": lacking, "total": side.total, "kept": side.kept, "full": side.full,
            "count": len(side.without), "more": len(side.without) > MOST, "rows": [
                {"name": one.name, "level": str(levels[one.level]), "url": f"{base}/deputy/{one.id}"}
                for one in side.without[:MOST]], "places": _places(side)}


def _places(side: Side) -> list[dict[str, Any]]:
    """How many of those without contact are kept at each division, each opening its own page; in the order of the tree."""
    here, counts = tree(), Counter(one.division_id for one in side.without)
    found = [(place, count) for identifier, count in counts.items() if (place := here.get(identifier)) is not None]
    return [{"name": place.name, "count": count, "url": f"/d/{place.code}/liaison_station/contacts"}
            for place, count in sorted(found, key=lambda one: one[0].code) if place.id != g.node.id]


def operation() -> Any:
    """The figures of a year: totals, and the mandates without contact."""
    year = _year()
    return json_answer({"year": year, **_plain(figures(g.node, date(year, 1, 1), date(year, 12, 31)))})


def _plain(found: Figures) -> dict[str, Any]:
    sides = {name: {"total": side.total, "kept": side.kept, "full": side.full, "without": [one.id for one in side.without]}
             for name, side in (("members", found.members), ("voters", found.voters))}
    return {**sides, "reached": found.reached, "talks": found.talks, "made": found.made, "silent": found.silent}


def _year() -> int:
    """The year that the address asks for, this year by default. Raises ``BadRequest``."""
    text = request.args.get("year", "")
    if not text:
        return local_day().year
    if not text.isascii() or not text.isdecimal() or not 2000 <= int(text) <= 2200:
        raise BadRequest(_("This is not a year."), text[:20], _("Write it like 2026."), code="bad_parameter")
    return int(text)
