"""A deputy's year on paper and as a Word file: what the deputy reads out at the meeting of voters and hangs at the station.

Until the publication it shows what stands in the file today and says so; afterwards what was published, and nothing else.
"""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Document, Node, class_label, day_of, format_day, sheet
from grid321.core.api import lazy_gettext as _

from . import file_rating, file_year
from .deputy_models import Congress, Deputy
from .file_causes import KINDS, P
from .file_life import alive
from .file_rating import YEAR
from .file_schemas import ANSWERS

s = sheet

REPORT = s.Sheet((
    s.Title("{{ document.label }}"),
    s.Table((28, 56, 28, 56), (
        s.facts((_("Deputy"), "{{ texts.name }}"), (_("Year"), "{{ texts.year }}")),
        s.facts((_("Congress"), "{{ congress }}"), (_("Number"), "{{ number }}")),
        s.facts((_("Reported at"), "{{ texts.reported_at or '—' }}"), (_("Made public on"), "{{ published_on or '—' }}")))),
    s.When("not published_on", (s.Text(_("Draft: not checked and published yet."), "note"),)),
    s.Heading(_("In figures")),
    s.When("figures", (
        s.Table((84, 28), (s.heads(_("Kind"), _("Times")), s.Each("one in figures", (
            s.Row((s.Cell("{{ one.label }}"), s.Cell("{{ one.n }}", align="right"))),)))),),
        (s.Text(_("Nothing was noted in this year.")),)),
    s.When("report", (s.Heading(_("Report to the voters")), s.Body("report"))),
    s.When("entries", (
        s.Heading(_("Entry by entry")),
        s.Table((36, 40, 92), (s.heads(_("Day"), _("Kind"), _("What it was")), s.Each("one in entries", (
            s.Row((s.Cell("{{ one.day }}"), s.Cell("{{ one.kind }}"), s.Cell("{{ one.title }}"))),)))))),
    s.When("voices", (
        s.Heading(_("Rating by voters")),
        s.Table((84, 28), (s.heads(_("Answer"), _("Voices")), s.Each("one in voices", (
            s.Row((s.Cell("{{ one.label }}"), s.Cell("{{ one.n }}", align="right"))),)))))),
    s.Sign(_("Signature of the deputy")),
    s.Foot("{{ number }}")))


def values(record: Any, node: Node, actor: Actor) -> dict[str, Any]:
    """What the report shows: the frozen year once it is published, the file as it stands before. At most two queries."""
    place = record.division_id
    if record.published_on is not None:
        counts, entries = record.figures or {}, [(day_of(day), kind, title) for day, kind, title in record.items or ()]
    else:
        deeds = alive(record.deputy_id, record.year)
        counts, entries = file_year.figures(deeds), [(deed.day, deed.kind, deed.title) for deed in deeds]
    votes, _why = file_rating.result(record)
    congress = Congress.select(Congress.name).join(Deputy, on=(Deputy.congress_id == Congress.id)).where(
        Deputy.id == record.deputy_id).tuples().first()
    return {"congress": congress[0] if congress is not None else "", "report": record.report,
            "published_on": format_day(record.published_on) if record.published_on is not None else "",
            "figures": [{"label": class_label(KINDS.key, kind, place), "n": n} for kind, n in counts.items()],
            "entries": [{"day": format_day(day), "kind": class_label(KINDS.key, kind, place), "title": title}
                        for day, kind, title in entries],
            "voices": [{"label": str(label), "n": votes[code]} for code, label in ANSWERS] if votes is not None else []}


DOCUMENTS = (Document(f"{P}year_report", YEAR, _("A deputy’s yearly report to the voters"), sheet=REPORT, context=values),)
