"""The forms of a station on paper and as Word files: the door plate and the boards on the wall."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Document, Node, class_label, format_day, qr, sheet
from grid321.core.api import gettext as say
from grid321.core.api import lazy_gettext as _

from . import station_papers, station_plates
from .station_choices import PAPERS, P

s = sheet
COLON = _(": ")
EDITION = _("Edition {{ one.edition }}, in force from {{ one.since }}")

PLATE = s.Sheet((
    s.Gap(2),
    s.Title(("{{ place }}", "{{ title }}")),
    s.Text("{{ texts.kind }}", "middle"),
    s.Gap(),
    s.Picture("code", 80),
    s.Text(_("Scan the code: reception days, who will be there, how to reach us"), "middle"),
    s.Text("{{ address }}", "middle"),
    s.Gap(),
    s.When("texts.address", (s.Text((_("Address"), COLON, "{{ texts.address }}"), "middle"),)),
    s.When("texts.phone", (s.Text((_("Telephone"), COLON, "{{ texts.phone }}"), "middle"),)),
    s.When("texts.hours", (s.Text((_("Opening hours"), COLON, "{{ texts.hours }}"), "middle"),))))

BOARDS = s.Sheet((
    s.Each("one in papers", (
        s.Title("{{ one.title }}"),
        s.Text("{{ title }}", "middle"),
        s.Body("one.text"),
        s.Text((EDITION, "{% if one.adopted_by %}　{{ one.adopted_by }}{% endif %}"), "right"),
        s.When("not loop.last", (s.Break(),)))),))

BOARD = s.Sheet((
    s.Each("one in papers", (
        s.Title("{{ one.title }}"),
        s.Body("one.text"),
        s.Text((EDITION, "{% if one.adopted_by %}　{{ one.adopted_by }}{% endif %}"), "right"))),))


def plate_values(record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """The code of a station's public address."""
    address = station_plates.address(record)
    return {"address": address, "code": qr(address, say("QR code of the public page of %(name)s", name=record.name))}


def boards_values(record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """The papers that hang in a station today."""
    return {"papers": [_words(paper) for paper in station_papers.in_force(record)]}


def board_values(record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """One edition of a paper."""
    return {"papers": [_words(record)]}


def _words(paper: Any) -> dict[str, Any]:
    return {"title": paper.title, "kind": class_label(PAPERS.key, paper.kind, paper.division_id), "text": paper.text,
            "edition": paper.edition, "since": format_day(paper.adopted_on), "adopted_by": paper.adopted_by}


DOCUMENTS = (
    Document(f"{P}door_plate", f"{P}station", _("Door plate"), sheet=PLATE, context=plate_values),
    Document(f"{P}wall_papers", f"{P}station", _("Wall boards"), sheet=BOARDS, context=boards_values,
             when=lambda record: bool(station_papers.in_force(record))),
    Document(f"{P}wall_board", f"{P}paper", _("Wall board"), sheet=BOARD, context=board_values),
)
