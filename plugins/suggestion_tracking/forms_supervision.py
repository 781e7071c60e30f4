"""Forms of supervision: receipt card, supervision letter (督办函) and slip (督办单), the record of an inspection."""
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from grid321.core.api import Actor, Document, Node, gettext, qr, setting, sheet
from grid321.core.api import lazy_gettext as _

from . import suggestion_number
from .forms_suggestion import COLON, DATED, NUMBERED, PRINTED
from .forms_values import P, box, boxes, place_of, session_name, texts, unit_names
from .suggestion_life import replying, tasks_of
from .supervision_choices import RESULTS
from .supervision_forms import QUESTIONS

s = sheet


def _of_suggestion(number: str, node: Node) -> dict[str, Any]:
    """Texts of the suggestion that another record names by its number; empty ones where it names none."""
    found = suggestion_number.by_number(number) if number else None
    if found is None:
        return {"suggestion": {}, "session": "", "units": []}
    units = unit_names(task.department_id for task in replying(tasks_of(found)))
    return {"suggestion": texts("suggestion", [found], node)[0], "session": session_name(found), "units": list(units.values())}


def of_receipt(record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """The receipt card: its suggestion, who answered it, and boxes to tick; what came back is ticked."""
    return {**_of_suggestion(record.suggestion_number, node), "place": place_of(record), "code": None, "link": "",
            "attitude_boxes": boxes(P + "rating", record.attitude, record.division_id),
            "result_boxes": boxes(P + "rating", record.result, record.division_id)}


def with_link(address: str) -> dict[str, Any]:
    """What a receipt card carries beside when a link was just made for it: the address and its QR code."""
    return {"link": address, "code": qr(address, gettext("QR code of the link"))}


def of_letter(record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """Letters and slips: to whom, about which suggestion, in whose name."""
    place = place_of(record)
    head = str(setting(P + "supervision_letterhead", record.division_id) or "")
    return {**_of_suggestion(record.suggestion_number, node), "place": place,
            "unit": unit_names([record.department_id]).get(record.department_id, ""), "concerning": concerning(record.title),
            "letterhead": head or gettext("Office of the standing committee of the people's congress of %(place)s", place=place)}


def concerning(title: str) -> str:
    """The title of a letter from what the record is called, where that is not the title of a letter already."""
    bare = title.strip()
    if bare.startswith("关于") and bare.endswith("函"):
        return bare
    return gettext("Supervision letter: %(title)s", title=re.sub(r"^关于|的?督办[函单]?$", "", bare) or bare)


def of_inspection(record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """The record of an inspection: the questions of its kind, with boxes to tick or with what was answered."""
    given = record.answers or {}
    questions = []
    fields: dict[str, Any] = QUESTIONS[record.kind]().fields
    for name, one in fields.items():
        options = getattr(one, "options", None)
        choices = options() if callable(options) else []
        questions.append({"label": str(one.label), "text": _ticked(choices, given.get(name)) or str(given.get(name) or "")})
    return {**_of_suggestion(record.suggestion_number, node), "place": place_of(record), "questions": questions,
            "result_boxes": _ticked(RESULTS, record.result)}


def _ticked(choices: Iterable[tuple[str, Any]], chosen: str | None) -> str:
    return "　".join(box(label, key == chosen) for key, label in choices)


RECEIPT = s.Sheet((
    s.Title(("{{ place }}", _("Receipt card on the handling of a suggestion"))),
    s.Line((_("Card"), COLON, "{{ number }}"), (_("Round"), COLON, "{{ texts.round }}")),
    s.Table((28, 56, 28, 56), (
        s.facts((_("Number of the suggestion"), "{{ suggestion.number }}"), (_("Session"), "{{ session or '—' }}")),
        s.Row((s.head(_("Title")), s.Cell("{{ title }}", 3))),
        s.facts((_("Deputy"), "{{ texts.deputy }}"), (_("Answered by"), "{{ units|join('、') or '—' }}")),
        s.facts((_("Day of the answer"), "{{ suggestion.answered_on or '—' }}"),
                (_("Outcome class"), "{{ suggestion.outcome or '—' }}")),
        s.Row((s.head(_("Satisfaction with the attitude")), s.Cell("{{ attitude_boxes }}", 3)), tall=13),
        s.Row((s.head(_("Satisfaction with the result")), s.Cell("{{ result_boxes }}", 3)), tall=13),
        s.Row((s.head(_("Remarks")), s.Cell("{{ texts.text }}", 3, top=True)), tall=45, whole=False),
        s.Row((s.head(_("Signature")), s.Cell((s.Sign(_("Deputy (signature):"), DATED),), 3)), tall=18))),
    s.When("texts.due", (s.Text(_("Please give the card back by {{ texts.due }}. Without satisfaction with the result the "
                                  "suggestion is handled once more."), "note"),)),
    s.When("code", (s.Picture("code", 32),
                    s.Text(_("Scan to fill the card in without an account. The code is for you alone and for one card."),
                           "middle"),
                    s.Text("{{ link }}", "note")), (PRINTED,))))  # one code on a paper, or people scan the wrong one

LETTER = s.Sheet((
    s.Line("", "{{ texts.reference }}"),
    s.Title("{{ concerning }}"),
    s.Text(_("To {{ unit or '　　　　' }}:"), "to"),
    s.When("suggestion", (s.Text(_("Concerning suggestion {{ suggestion.number }} “{{ suggestion.title }}” "
                                   "({{ suggestion.deputy }})."), "body"),)),
    s.Body("texts.text"),
    s.When("texts.limit_on or texts.due", (
        s.Text(_("Please answer in writing by {{ texts.limit_on or texts.due }}: what was done, who answers for it, and when it "
                 "is finished."), "body", keep=True),)),
    s.Gap(2, keep=True),
    s.Signed("letterhead", "{{ texts.issued_on or printed }}"),
    s.When("texts.signed_by", (s.Text(_("(Signed by: {{ texts.signed_by }})"), "aside"),))), s.LETTER, "{{ letterhead }}")

SLIP = s.Sheet((
    s.Title(("{{ place }}", "{{ document.label }}")), NUMBERED,
    s.Table((28, 56, 28, 56), (
        s.facts((_("To unit"), "{{ unit }}"), (_("Reference number"), "{{ texts.reference or '—' }}")),
        s.facts((_("Cause"), "{{ texts.cause }}"), (_("Issued on"), "{{ texts.issued_on or '—' }}")),
        s.When("suggestion", (s.Row((s.head(_("Suggestion")), s.Cell("{{ suggestion.number }}　{{ suggestion.title }}", 3))),)),
        s.Row((s.head(_("Matter")), s.Cell("{{ title }}", 3))),
        s.Row((s.head(_("What is asked for")), s.Cell("{{ texts.text }}", 3, top=True)), tall=40, whole=False),
        s.facts((_("Answer by"), "{{ texts.limit_on or texts.due or '—' }}"), (_("Signed by"), "{{ texts.signed_by or '' }}")),
        s.Row((s.head(_("Answer of the unit")), s.Cell((
            s.Body("texts.answer", "plain"),
            s.When("texts.measures", (s.Text((_("Measures"), COLON, "{{ texts.measures }}")),)),
            s.Sign(_("Head of the unit (signature, seal):"), DATED)), 3, top=True)), tall=45, whole=False),
        s.Row((s.head(_("Assessment")), s.Cell((s.Text("{{ texts.assessment }}"),
                                               s.Sign(_("Supervised by (signature):"), DATED)), 3)), tall=22))),
    PRINTED))

INSPECTION = s.Sheet((
    s.Title(("{{ place }}", "{{ document.label }}")), NUMBERED,
    s.Table((28, 56, 28, 56), (
        s.facts((_("Kind of inspection"), "{{ texts.kind }}"), (_("Form of the inspection"), "{{ texts.form }}")),
        s.Row((s.head(_("Suggestion")), s.Cell("{{ suggestion.number }}　{{ suggestion.title }}", 3))),
        s.facts((_("Inspected unit"), "{{ texts.unit or units|join('、') }}"),
                (_("Planned for"), "{{ texts.planned_on or texts.due }}")),
        s.Row(s.facts((_("Inspected on"), "{{ texts.inspected_on or '' }}"),
                      (_("Inspected by"), "{{ texts.inspected_by or '' }}")).cells, tall=9),
        s.Row((s.head(_("Who was asked")), s.Cell("{{ texts.asked or '' }}", 3)), tall=9))),
    s.When("questions", (
        s.Heading(_("Questions")),
        s.Table((12, 82, 74), (s.heads(_("No."), _("Question"), _("Answer")),
                                s.Each("one in questions", (s.Row((
                                    s.Cell("{{ loop.index }}", align="middle"), s.Cell("{{ one.label }}"),
                                    s.Cell("{{ one.text }}")), tall=9),)))))),
    s.Heading(_("Finding")),
    s.Table((28, 140), (
        s.Row((s.head(_("What was found")), s.Cell("{{ texts.found or '' }}", top=True)), tall=36, whole=False),
        s.Row((s.head(_("Evidence")), s.Cell("{{ texts.evidence or '' }}", top=True)), tall=24, whole=False),
        s.Row((s.head(_("Result of the inspection")), s.Cell("{{ result_boxes }}")), tall=9),
        s.Row((s.head(_("Signatures")), s.Cell((s.Sign(_("Inspected by (signature):"), DATED), s.Sign(
            _("Unit (signature):"), DATED)))), tall=26))),
    PRINTED))

RECEIPT_CARD = Document(f"{P}receipt_card", f"{P}receipt", _("Receipt card"), sheet=RECEIPT, context=of_receipt)

DOCUMENTS = (
    RECEIPT_CARD,
    Document(f"{P}supervision_letter", f"{P}letter", _("Supervision letter"), sheet=LETTER, context=of_letter,
             when=lambda letter: letter.kind == "letter"),
    Document(f"{P}supervision_slip", f"{P}letter", _("Supervision slip"), sheet=SLIP, context=of_letter,
             when=lambda letter: letter.kind == "slip"),
    Document(f"{P}inspection_record", f"{P}inspection", _("Record of an inspection"), sheet=INSPECTION, context=of_inspection),
)
