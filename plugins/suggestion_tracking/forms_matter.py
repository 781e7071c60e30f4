"""Forms of matters: handling form and hand-over sheet (面对面交办单). Who raised one is masked on paper as on the screen."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Document, Node, sheet
from grid321.core.api import lazy_gettext as _

from .forms_suggestion import COLON, DATED, NUMBERED, PRINTED
from .forms_values import P, boxes

s = sheet
WHERE = ("{% for one in ('town', 'village', 'grid') %}{{ places[one] or '' }}{% endfor %}"
         "{% if texts.place %} {{ texts.place }}{% endif %}")


def of_matter(record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """Rating boxes of a matter, and its steps without files and reveals."""
    return {"attitude_boxes": boxes(P + "rating", record.attitude, record.division_id),
            "result_boxes": boxes(P + "rating", record.rating, record.division_id)}


_STEPS = s.Table((47, 20, 30, 71), (
    s.heads(_("Time"), _("By"), _("Step taken"), _("Content")),
    s.Each("one in timeline|rejectattr('step', 'in', ['attach', 'detach', 'reveal'])", (s.Row((
        s.Cell("{{ one.at }}"), s.Cell("{{ one.who }}"), s.Cell("{{ one.label }}"),
        s.Cell((s.When("one.text", (s.Text("{{ one.text }}"),)), s.Each("pair in one.asked or []", (
            s.Text(("{{ pair[0] }}", COLON, "{{ pair[1] }}")),)),
            s.When("not one.text and not one.asked", (s.Text("{{ one.to or '' }}"),))))), whole=False),))))

HANDLING = s.Sheet((
    s.Title("{{ document.label }}"), NUMBERED,
    s.Table((34, 50, 34, 50), (
        s.Row((s.head(_("Place")), s.Cell(WHERE, 3))),
        s.facts((_("Class"), "{{ texts.kind }}"), (_("How it came in"), "{{ texts.source }}")),
        s.facts((_("Raised by"), "{{ texts.contact_name or '—' }}"), (_("Telephone"), "{{ texts.contact_phone or '—' }}")),
        s.facts((_("Registered on"), "{{ texts.created_at }}"), (_("Urgency"), "{{ texts.urgency }}")),
        s.facts((_("Deputy who heard it"), "{{ texts.deputy or '—' }}"),
                (_("An answer is wished for"), "{{ texts.wants_answer }}")),
        s.Row((s.head(_("Matter")), s.Cell("{{ title }}", 3))),
        s.Row((s.head(_("What was said")), s.Cell("{{ texts.text }}", 3, top=True)), tall=22, whole=False))),
    s.Heading(_("Course of handling")), _STEPS,
    s.Heading(_("Answer, rating, write-off")),
    s.Table((34, 50, 34, 50), (
        s.facts((_("Handled by"), "{{ texts.department or texts.unit or texts.holder }}"),
                (_("Way of handling"), "{{ texts.way or '—' }}")),
        s.Row((s.head(_("Answer")), s.Cell((s.Body("texts.answer", "plain"), s.Sign(_("Handled by (signature):"), DATED)), 3,
                                           top=True)), tall=22, whole=False),
        s.When("texts.face_to_face_on", (s.facts((_("Handed over face to face on"), "{{ texts.face_to_face_on }}"),
                                                 (_("Who took it over face to face"), "{{ texts.face_to_face_who }}")),)),
        s.facts((_("Outcome class"), "{{ texts.outcome or '—' }}"),
                (_("To be done by"), "{{ texts.limit_on or texts.due or '—' }}")),
        s.facts((_("Resident told on"), "{{ texts.feedback_resident_on or '—' }}"),
                (_("Deputy told on"), "{{ texts.feedback_deputy_on or '—' }}")),
        s.Row((s.head(_("Rating of the attitude")), s.Cell("{{ attitude_boxes }}", 3))),
        s.Row((s.head(_("Rating of the result")), s.Cell("{{ result_boxes }}", 3))),
        s.Row((s.head(_("Evidence")), s.Cell("{{ texts.evidence or '' }}", 3)), tall=12, whole=False),
        s.Row((s.head(_("Opinion of the person in charge")), s.Cell((s.Sign(_("In charge (signature, seal):"), DATED),), 3)),
              tall=18))),
    PRINTED))

HAND_OVER = s.Sheet((
    s.Title("{{ document.label }}"), NUMBERED,
    s.Text(_("To {{ texts.department or texts.unit }}:"), "to"),
    s.Text(_("The following matter is handed over to your unit. Answer it within the limit, tell the one who raised it, and give "
             "the answer back."), "body"),
    s.Table((34, 50, 34, 50), (
        s.Row((s.head(_("Place")), s.Cell(WHERE, 3))),
        s.facts((_("Class"), "{{ texts.kind }}"), (_("Way of handling"), "{{ texts.way or '—' }}")),
        s.Row((s.head(_("Matter")), s.Cell("{{ title }}", 3))),
        s.Row((s.head(_("What was said")), s.Cell("{{ texts.text }}", 3, top=True)), tall=36, whole=False),
        s.facts((_("To be done by"), "{{ texts.limit_on or texts.due or '—' }}"), (_("Urgency"), "{{ texts.urgency }}")),
        s.When("clocks", (s.Row((s.head(_("Time limits")), s.Cell((s.Each("one in clocks", (
            s.Text(("{{ one.label }}", COLON, "{{ one.due }}")),)),), 3))),)),
        s.facts((_("Handed over face to face on"), "{{ texts.face_to_face_on or '' }}"),
                (_("Who took it over face to face"), "{{ texts.face_to_face_who or '' }}")))),
    s.Sign(_("Handed over by (signature, seal):"), DATED),
    s.Sign(_("Taken over by (signature):"), DATED),
    PRINTED))

DOCUMENTS = (
    Document(f"{P}matter_form", f"{P}matter", _("Handling form of a matter"), sheet=HANDLING, context=of_matter),
    Document(f"{P}matter_hand_over", f"{P}matter", _("Hand-over sheet of a matter"), sheet=HAND_OVER,
             when=lambda matter: bool(matter.department_id or matter.unit_id)),
)
