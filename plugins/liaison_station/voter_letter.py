"""The letter to a voter with the answer to an opinion; with the code to rate it when a link was just made for it."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Document, Node, format_day, gettext, local_day, qr, sheet
from grid321.core.api import lazy_gettext as _

from .day_choices import OPINION, P
from .day_models import Opinion
from .station_models import Station

s = sheet

LETTER = s.Sheet((
    s.Title("{{ document.label }}"),
    s.Line((_("Number"), _(": "), "{{ number }}"), ""),
    s.Text(_("Dear voter:"), "to"),
    s.Text(_("On {{ texts.heard_on }} you told the deputies:"), "body"),
    s.Body("texts.text"),
    s.Text(_("This is the answer:"), "body"),
    s.Body("texts.answer"),
    s.When("texts.outcome", (s.Text((_("Outcome"), _(": "), "{{ texts.outcome }}"), "body"),)),
    s.Text(_("Please say whether you are satisfied. If you are not, the opinion is handled once more."), "body", keep=True),
    s.When("code", (
        s.Picture("code", 32),
        s.Text(_("Scan to read the answer and to rate it without an account. The code is for you alone and for one rating."),
               "middle"),
        s.Text("{{ link }}", "note"))),
    s.Sign("{{ station }}", "{{ today }}")))


def values(record: Opinion, node: Node, actor: Actor) -> dict[str, Any]:
    """Which station writes, and when."""
    station = Station.get_or_none(Station.id == record.station_id) if record.station_id else None
    return {"station": station.name if station is not None else node.name, "today": format_day(local_day())}


def with_link(address: str) -> dict[str, Any]:
    """What the letter carries beside when a link was just made for it: the address and its QR code."""
    return {"link": address, "code": qr(address, gettext("QR code of the link"))}


def has_answer(record: Opinion) -> bool:
    """True for an opinion that was answered."""
    return bool(record.answer)


ANSWER_LETTER = Document(f"{P}answer_letter", OPINION, _("Letter with the answer"), sheet=LETTER, context=values, when=has_answer)
DOCUMENTS = (ANSWER_LETTER,)
