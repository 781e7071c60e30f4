"""The forms of reports on paper and as Word files (网格信息办理单)."""
from __future__ import annotations

from grid321.core.api import Document, sheet
from grid321.core.api import lazy_gettext as _

s = sheet
DATED = _("Date: ____ / __ / __")
BETWEEN = _(": ")

SHEET = s.Sheet((
    s.Title("{{ document.label }}"),
    s.Line((_("Number"), BETWEEN, "{{ number }}"), (_("Present state"), BETWEEN, "{{ texts.state }}")),
    s.Table((28, 56, 28, 56), (
        s.facts((_("Village or community"), "{{ places.village }}"), (_("Grid"), "{{ places.grid or '—' }}")),
        s.facts((_("Reported by"), "{{ texts.reporter }}"), (_("Reported to the system on"), "{{ texts.created_at }}")),
        s.facts((_("Kind"), "{{ texts.kind }}{% if texts.ledger_class %} · {{ texts.ledger_class }}{% endif %}"),
                (_("Urgency"), "{{ texts.urgency }}")),
        s.facts((_("Place"), "{{ texts.place or '—' }}"), (_("When"), "{{ texts.occurred_on }}")),
        s.Row((s.head(_("Matter")), s.Cell("{{ title }}", 3))),
        s.Row((s.head(_("What was reported")), s.Cell((s.Text("{{ texts.text }}"), s.When("attachments", (
            s.Text((_("Attachments:"), " {{ attachments|map(attribute='name')|join('、') }}"), "note"),))), 3, top=True)),
            tall=20, whole=False))),
    s.Heading(_("Course of handling")),
    s.Table((47, 20, 28, 73), (
        s.heads(_("Time"), _("By"), _("Step taken"), _("Content")),
        s.Each("step in timeline|rejectattr('step', 'in', ['attach', 'detach', 'reveal'])", (s.Row((
            s.Cell("{{ step.at }}"), s.Cell("{{ step.who }}"), s.Cell("{{ step.label }}"), s.Cell((
                s.When("step.text", (s.Text("{{ step.text }}"),)),
                s.Each("pair in step.asked or []", (s.Text(("{{ pair[0] }}", BETWEEN, "{{ pair[1] }}")),)),
                s.When("not step.text and not step.asked", (s.Text("{{ step.to or '' }}"),))))), whole=False),)))),
    s.Heading(_("Answer")),
    s.Table((28, 56, 28, 56), (
        s.facts((_("Handled by"), "{{ texts.department or texts.holder }}"), (_("Way of handling"), "{{ texts.way or '—' }}")),
        s.Row((s.head(_("Answer")), s.Cell((
            s.Body("texts.answer", "plain"),
            s.When("texts.outcome", (s.Text((_("Outcome"), BETWEEN, "{{ texts.outcome }}")),)),
            s.Sign(_("Handled by (signature):"), DATED)), 3, top=True)), tall=20, whole=False),
        s.Row((s.head(_("Opinion of the person in charge")), s.Cell((s.Sign(_("In charge (signature, seal):"), DATED),), 3))),
        s.Row((s.head(_("Rating by the reporter")), s.Cell((
            s.Text((_("Result of the handling"), BETWEEN, "{{ texts.rating or '—' }}　　", _("Attitude"), BETWEEN,
                    "{{ texts.attitude or '—' }}")),
            s.Sign(_("Reporter (signature):"), DATED)), 3))))),
    s.Foot(_("Printed from the system on {{ printed }}; the record in the system decides. Scan the code to open it (with your "
             "account)."))))

SLIP = Document("grid.handling_slip", "grid.report", _("Handling slip of a grid report"), sheet=SHEET)
DOCUMENTS = (SLIP,)
