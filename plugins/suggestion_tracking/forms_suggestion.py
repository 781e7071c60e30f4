"""Forms of suggestions and of the units that handle them: handling form, hand-over sheet (交办单), reply letter (答复函)."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Document, sheet
from grid321.core.api import lazy_gettext as _

from .forms_values import P, handling, of_task
from .suggestion_life import REPLIED

s = sheet
COLON = _(": ")
PRINTED = s.Foot(_("Printed from the system on {{ printed }}; the record in the system decides. Scan the code to open it (with "
                   "your account)."))
DATED = _("Date: ____ / __ / __")
NUMBERED = s.Line((_("Number"), COLON, "{{ number }}"), (_("Present state"), COLON, "{{ texts.state }}"))


def _long(label: Any, *parts: Any, tall: float = 20) -> sheet.Row:
    """A row with a long text, which may go over the end of a page."""
    return s.Row((s.head(label), s.Cell(parts, 3, top=True)), tall=tall, whole=False)


HANDLING = s.Sheet((
    s.Title(("{{ place }}", "{{ document.label }}")),
    NUMBERED,
    s.Table((32, 52, 32, 52), (
        s.facts((_("Session"), "{{ session or '—' }}"), (_("Subject of the suggestion"), "{{ texts.kind }}")),
        s.facts((_("Leading deputy"), "{{ texts.deputy }}"), (_("Delegation"), "{{ texts.delegation or '—' }}")),
        s.Row((s.head(_("Co-signers")), s.Cell("{{ deputies[1:]|join('、') or '—' }}", 3))),
        s.facts((_("Raised on"), "{{ texts.raised_on }}"), (_("Basis"), "{{ texts.basis }}")),
        s.Row((s.head(_("Title")), s.Cell("{{ title }}", 3))),
        _long(_("Content"), s.Text("{{ texts.content }}"),
              s.When("texts.reasons", (s.Text((_("Reasons"), COLON, "{{ texts.reasons }}")),)),
              s.When("texts.proposal", (s.Text((_("Proposal"), COLON, "{{ texts.proposal }}")),)), tall=45),
        s.facts((_("Agrees to publication"), "{{ texts.consent_publish }}"), (_("Wishes to be met"), "{{ texts.wish_contact }}")),
        s.When("texts.earlier_number", (s.facts((_("Raised before"), "{{ texts.earlier_number }}"),
                                                (_("Years before"), "{{ texts.repeated_years }}")),)),
        s.facts((_("Result of the check"), ("{{ texts.check_result or '—' }}",
                                            "{% if texts.excluded_reason %}（{{ texts.excluded_reason }}）{% endif %}")),
                (_("Handed over on"), "{{ texts.handed_on or '—' }}")),
        s.facts((_("Way of handling"), "{{ texts.way or '—' }}"), (_("Key suggestion"),
                "{{ texts.is_key }}{% if texts.key_leader %}（{{ texts.key_leader }}）{% endif %}")),
        s.facts((_("For reference only"), "{{ texts.reference_only }}"), (_("Handled again"), "{{ texts.handled_again }}")))),
    s.When("units", (
        s.Heading(_("Handling units")),
        s.Table((44, 18, 38, 38, 30), (
            s.heads(_("Unit"), _("Part of the unit"), _("Given on"), _("Limit or day of the answer"),
                    _("State")),
            s.Each("one in units", (s.Row((s.Cell("{{ one.department }}"), s.Cell("{{ one.role }}", align="middle"),
                                           s.Cell("{{ one.given_on }}"), s.Cell(
                                                  "{{ one.answered_on or one.due or one.limit_on }}"),
                                           s.Cell("{{ one.state }}"))),)))))),
    s.Each("one in fixings", (
        s.Heading((_("Six fixings"), COLON, "{{ one.department }}")),
        s.Table((32, 52, 32, 52), (
            s.Row((s.head(_("First leader who answers for it")), s.Cell("{{ one.first_leader or '—' }}", 3))),
            _long(_("Plan"), s.Text("{{ one.fix_plan }}"), tall=0),
            _long(_("Working rule"), s.Text("{{ one.fix_rule }}"), tall=0),
            s.facts((_("Leader in charge"), "{{ one.fix_leader }}"), (_("Person in charge"), "{{ one.fix_person }}")),
            _long(_("Requirement"), s.Text("{{ one.fix_requirement }}"), tall=0),
            s.Row((s.head(_("Time limit")), s.Cell("{{ one.fix_limit_on }}", 3))))))),
    s.When("contacts", (
        s.Heading(_("Meetings with the deputy")),
        s.Table((20, 38, 22, 32, 56), (
            s.heads(_("Stage"), _("Day on which they met"), _("Form of the meeting"), _("Who, where"),
                    _("What the deputy said")),
            s.Each("one in contacts", (s.Row((
                s.Cell("{{ one.stage }}"), s.Cell("{{ one.met_on }}"), s.Cell("{{ one.form }}"),
                s.Cell("{{ one.who }}{% if one.place %}\n{{ one.place }}{% endif %}"), s.Cell("{{ one.said }}")),
                whole=False),)))))),
    s.Heading(_("Reply and rating")),
    s.Table((32, 52, 32, 52), (
        s.facts((_("Outcome class"), "{{ texts.outcome or '—' }}"), (_("Day of the answer"), "{{ texts.answered_on or '—' }}")),
        _long(_("Reply"), s.Body("texts.answer", "plain"), s.Sign(_("Head of the unit (signature, seal):"), DATED)),
        s.When("promises", (s.Row((s.head(_("Promises")), s.Cell((s.Each("one in promises", (
            s.Text(_("{{ one.title }} (promised for {{ one.due_on }}; {{ one.state }})")),)),), 3)), whole=False),)),
        s.Row((s.head(_("Rating of the attitude")), s.Cell("{{ attitude_boxes }}", 3))),
        s.Row((s.head(_("Rating of the result")), s.Cell("{{ result_boxes }}", 3))),
        s.Row((s.head(_("Opinion of the office")), s.Cell((s.Sign(_("In charge (signature, seal):"), DATED),), 3)), tall=22))),
    PRINTED))

HAND_OVER = s.Sheet((
    s.Title(("{{ place }}", "{{ document.label }}")),
    NUMBERED,
    s.Text(_("To {{ unit }}:"), "to"),
    s.Text(_("Suggestion {{ suggestion.number }}, raised by {{ deputies|join(', ') }}, is handed over to your unit for handling "
             "({{ texts.role }}). Handle it as follows."), "body"),
    s.Table((32, 52, 32, 52), (
        s.facts((_("Session"), "{{ session or '—' }}"), (_("Subject of the suggestion"), "{{ suggestion.kind }}")),
        s.Row((s.head(_("Title")), s.Cell("{{ suggestion.title }}", 3))),
        _long(_("Content"), s.Text("{{ suggestion.content }}"),
              s.When("suggestion.reasons", (s.Text((_("Reasons"), COLON, "{{ suggestion.reasons }}")),)),
              s.When("suggestion.proposal", (s.Text((_("Proposal"), COLON, "{{ suggestion.proposal }}")),)), tall=40),
        s.facts((_("Agrees to publication"), "{{ suggestion.consent_publish }}"),
                (_("Wishes to be met"), "{{ suggestion.wish_contact }}")),
        s.facts((_("The reply is signed by"), "{{ suggestion.level_reply or '—' }}"), (_("Key suggestion"),
                "{{ suggestion.is_key }}{% if suggestion.key_leader %}（{{ suggestion.key_leader }}）{% endif %}")),
        s.facts((_("Part of the unit"), "{{ texts.role }}"), (_("Co-handling units"), "{{ co_units|join('、') or '—' }}")),
        s.facts((_("Handed over on"), "{{ texts.given_on or suggestion.handed_on }}"),
                (_("Own limit"), "{{ texts.limit_on or '—' }}")),
        s.Row((s.head(_("What is asked")), s.Cell("{{ texts.asked or '—' }}", 3)), tall=16, whole=False),
        s.When("clocks", (s.Row((s.head(_("Time limits")), s.Cell((s.Each("one in clocks", (
            s.Text(("{{ one.label }}", COLON, "{{ one.due }}{% if one.provisional %}（*）{% endif %}")),)),), 3))),)),
        _long(_("Rules of handling"),
              s.Text(_("1. Sign for receipt; a unit that cannot handle it returns it with reasons within the limit of return, "
                       "and never passes it on by itself.")),
              s.Text(_("2. Fix plan, working rule, leader in charge, person, requirement and time limit; the first leader "
                       "answers for it.")),
              s.Text(_("3. Meet the deputy before, during and after the handling and record it.")),
              s.Text(_("4. Reply in writing with an outcome class and hand over the receipt card with the reply.")), tall=0))),
    s.When("clocks|selectattr('provisional')|list", (
        s.Text(_("* provisional until the notice of working days of that year is known"), "note"),)),
    s.Sign(_("Handed over by (seal):"), DATED),
    s.Sign(_("Received by (signature):"), DATED),
    PRINTED))

REPLY = s.Sheet((
    s.Line((_("Class of the outcome"), COLON, "{{ texts.outcome }}"), "{{ texts.letter_number }}"),
    s.Line("（{{ publish }}）"),
    s.Title(_("Reply to suggestion {{ suggestion.number }} of {{ session or place }}")),
    s.Text(_("To deputy {{ deputies|join(', ') }}:"), "to"),
    s.Text(_("We received the suggestion “{{ suggestion.title }}” that you raised and reply as follows:"), "body"),
    s.Body("texts.answer"),
    s.Text(_("Thank you for your care for our work. Please give your opinion on the receipt card that comes with this letter."),
           "body", keep=True),
    s.Gap(2, keep=True),
    s.Signed("letterhead", "{{ texts.answered_on }}"),
    s.Text(_("(Contact: {{ texts.fix_person or '　　　　' }}　Telephone:　　　　　　)"), "aside"),
    s.When("copies", (s.Gap(), s.Text((_("Copies"), COLON, "{{ copies }}"), "note")))), s.LETTER, "{{ letterhead }}")

DOCUMENTS = (
    Document(f"{P}handling_form", f"{P}suggestion", _("Handling form of a suggestion"), sheet=HANDLING, context=handling),
    Document(f"{P}hand_over_sheet", f"{P}task", _("Hand-over sheet of a suggestion"), sheet=HAND_OVER, context=of_task),
    Document(f"{P}reply_letter", f"{P}task", _("Reply letter"), sheet=REPLY, context=of_task,
             when=lambda task: task.role != "co" and task.answer and task.state in REPLIED),
)
