"""Forms of an opinion: the handling form (意见办理表) that goes with it and comes back written on, and the card (转办卡)."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Document, Node, day_of, format_day, people, records, registry, sheet, tree
from grid321.core.api import lazy_gettext as _

from . import forms_values as v
from .day_choices import OPINION, OUTCOMES, RATINGS, P
from .day_models import Opinion
from .day_schemas import FeedBack, Objection, Rating
from .forms_values import COLON, DATED

s = sheet
NUMBERED = s.Line((_("Number"), COLON, "{{ number }}"), (_("Present state"), COLON, "{{ texts.state }}"))
ENTER_IT = s.Foot(_("What was written on this form is entered once: scan the code (with your account), or type the number "
                    "{{ number }} under “Enter a printed form”. No state secrets. Printed on {{ printed }}."))
PAIRS = (34, 50, 34, 50)


def _wide(label: Any, *parts: Any, tall: float = 0) -> sheet.Row:
    return s.Row((s.head(label), s.Cell(parts, 3, top=True)), tall=tall, whole=False)


_HEARD = (
    s.facts((_("Liaison station"), "{{ station.name or '—' }}"), (_("Heard on"), "{{ texts.heard_on }}")),
    s.facts((_("Name of the voter"), "{{ texts.name or '—' }}"), (_("Telephone"), "{{ texts.phone or '—' }}")),
    s.facts((_("Deputy who heard it"), "{{ texts.deputy or '—' }}"), (_("An answer is wished for"), "{{ texts.wants_answer }}")),
    s.facts((_("Subject of the opinion"), "{{ texts.kind }}"), (_("Place"), "{{ spot or '—' }}")),
    s.Row((s.head(_("Title")), s.Cell("{{ title }}", 3))),
    _wide(_("What was said"), s.Text("{{ texts.text }}"), tall=26),
)

HANDLING = s.Sheet((
    s.Title("{{ document.label }}"), NUMBERED,
    s.Table(PAIRS, (
        *_HEARD,
        s.facts((_("Handled by"), "{{ unit or texts.holder_level or '—' }}"), (_("To be done by"), "{{ limit or '—' }}")),
        s.Row((s.head(_("Collated by the station")), s.Cell((
            s.Sign(_("Station (signature, seal):"), DATED),), 3)), tall=15),
        _wide(_("Result of the unit"), s.Text("{{ texts.answer }}"),
              s.Sign(_("Unit (signature, seal):"), DATED), tall=40),
        s.Row((s.head(_("Outcome, by class")), s.Cell("{{ outcome_boxes }}", 3))),
        _wide(_("Word of the deputy who heard it"), s.Text("{{ deputy_word }}"),
              s.Sign(_("Deputy (signature):"), "{{ texts.told_deputy_on or dated }}"), tall=22),
        s.Row((s.head(_("Satisfaction with the result")), s.Cell("{{ result_boxes }}", 3)), tall=9),
        s.Row((s.head(_("Satisfaction with the attitude")), s.Cell("{{ attitude_boxes }}", 3)), tall=9),
        _wide(_("Word of the voter"), s.Text("{{ voter_word }}"),
              s.Sign(_("Voter (signature):"), "{{ texts.rated_on or dated }}"), tall=22))),
    ENTER_IT))

CARD = s.Sheet((
    s.Title("{{ document.label }}"), NUMBERED,
    s.Text(_("To {{ unit or '　　　　　　' }}:"), "to"),
    s.Text(_("The following opinion of a voter is passed on to you. Please handle it and give the result back to the station."),
           "body"),
    s.Gap(),
    s.Table(PAIRS, (
        *_HEARD,
        s.facts((_("Day it was passed on"), "{{ texts.passed_on or '—' }}"), (_("To be answered by"), "{{ limit or '—' }}")),
        s.facts((_("Station’s telephone"), "{{ station.phone or '—' }}"), (_("Way of handling"), "{{ texts.way or '—' }}")))),
    s.Sign(_("Passed on by (signature, seal):"), DATED),
    s.Sign(_("Taken over by (signature):"), DATED),
    s.Heading(_("Receipt: what came of it")),
    s.Table((34, 134), (
        s.Row((s.head(_("Result of the unit")), s.Cell((s.Text("{{ texts.answer }}"), s.Sign(
            _("Unit (signature, seal):"), DATED)), top=True)), tall=48, whole=False),)),
    ENTER_IT))


SAID: tuple[tuple[str, Any, str, str], ...] = (
    ("feed_back", FeedBack, "note", "deputy_word"), ("feed_back_late", FeedBack, "note", "deputy_word"),
    ("rate", Rating, "words", "voter_word"), ("rate_told", Rating, "words", "voter_word"),
    ("object", Objection, "reason", "voter_word"), ("object_again", Objection, "reason", "voter_word"))
"""Where the words of deputy and voter stand: step, its form, the field, the word’s name on paper."""


def values(record: Opinion, node: Node, actor: Actor) -> dict[str, Any]:
    """What both forms say beside the fields: station, unit, limits, boxes; words of deputy and voter from the timeline."""
    station, place = v.station_of(record), tree().get(record.division_id)
    spot = f"{place.name if place is not None else ''} {record.place}".strip()
    return {
        "station": v.station_values(station), "spot": spot, "unit": unit_of(record), "dated": str(DATED),
        "limit": format_day(record.limit_on or day_of(record.due)),
        "deputy_word": "", "voter_word": "",
        "outcome_boxes": v.class_boxes(OUTCOMES.key, record.outcome, record.division_id),
        "result_boxes": v.class_boxes(RATINGS.key, record.rating, record.division_id),
        "attitude_boxes": v.class_boxes(RATINGS.key, record.attitude, record.division_id),
        "record_code": v.entry_code("opinion", record), **words_of(record)}


def words_of(record: Opinion) -> dict[str, str]:
    """What deputy and voter said, as the steps noted it down; the last word of each counts. Two queries."""
    found: dict[str, str] = {}
    for entry in records.history(registry().entity(OPINION), record.id):
        for step, schema, field, name in SAID:
            if entry["step"] == step:
                label = str(schema().fields[field].label)
                said = [value for asked, value in entry["asked"] if str(asked) == label]
                found |= {name: said[-1]} if said else {}
    return found


def unit_of(record: Opinion) -> str:
    """The unit that has an opinion, or had it last: a department, or one outside of the platform; empty without any."""
    department = people.Department
    wanted = record.department_id or record.unit_id or 0
    row = department.select(department.name).where(department.id == wanted).tuples().first()
    return str(row[0]) if row else record.passed_to


def was_handed_on(record: Opinion) -> bool:
    """True for an opinion that a unit has or had."""
    return bool(record.passed_to or record.unit_id or record.department_id)


DOCUMENTS = (
    Document(f"{P}opinion_form", OPINION, _("Handling form of a voter’s opinion"), sheet=HANDLING, context=values),
    Document(f"{P}passed_card", OPINION, _("Card for a passed-on opinion"), sheet=CARD, context=values, when=was_handed_on),
)
