"""The contact card of a deputy (代表联系卡): what the deputy wants voters to read, and where to meet him or her."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Document, Node, local_day, sheet
from grid321.core.api import lazy_gettext as _

from .deputy_choices import ENDED, P
from .deputy_models import Placement
from .placement import open_on
from .station_models import Station

s = sheet
BETWEEN = _(": ")

CARD = s.Sheet((
    s.Title("{{ document.label }}"),
    s.Table((28, 56, 28, 56), (
        s.facts((_("Deputy"), "{{ title }}"), (_("Level of the congress"), "{{ texts.level }}")),
        s.facts((_("Electoral district"), "{{ texts.district or '—' }}"), (_("Work and post"), "{{ texts.job or '—' }}")),
        s.facts((_("Skills"), "{{ texts.skills or '—' }}"), (_("Telephone"), "{{ texts.card_phone or '—' }}")))),
    s.When("stations", (
        s.Heading(_("Where to meet the deputy")),
        s.Table((50, 76, 42), (
            s.heads(_("Station of deputies"), _("Address and opening hours"), _("Telephone of the office")),
            s.Each("one in stations", (s.Row((
                s.Cell("{{ one.name }}"), s.Cell("{{ one.address }}{% if one.hours %}（{{ one.hours }}）{% endif %}"),
                s.Cell("{{ one.phone or '—' }}")), whole=False),)))))),
    s.When("texts.card_text", (s.Body("texts.card_text", "plain"),))))


def card_values(record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """The stations at which the deputy is to be met today. One query; no number of the person."""
    here = (Placement.person_id == record.person_id) & open_on(local_day())
    rows = Station.select().join(Placement, on=(Placement.station_id == Station.id)).where(here).order_by(
        Placement.home.desc(), Placement.level, Station.id)
    return {"stations": [{"name": one.name, "address": one.address, "hours": one.hours, "phone": one.phone} for one in rows]}


DOCUMENTS = (Document(f"{P}contact_card", f"{P}deputy", _("Deputy’s contact card"), sheet=CARD, context=card_values,
                      when=lambda record: record.status != ENDED),)
