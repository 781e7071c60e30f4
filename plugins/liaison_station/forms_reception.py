"""Forms of a reception day: the preview at the door (接待预告), the register (接待日登记表), the notice that it is put off."""
from __future__ import annotations

from typing import Any

from grid321.core.api import Actor, Document, Node, format_day, gettext, sheet
from grid321.core.api import lazy_gettext as _

from . import forms_values as v
from . import receptions, station_plates
from .day_choices import KINDS, RESULTS
from .day_models import Visit
from .forms_values import COLON
from .plan_choices import COMING, RECEPTION, P
from .postponing import notice_days
from .reception_models import Postponement, Reception

s = sheet

ENTERED_ONCE = s.Text(_("Each line is entered once: scan the code (with your account), or type the number {{ number }} under "
                        "“Enter a printed form”. A line that is entered already is shown there and not counted again. No state "
                        "secrets. Printed on {{ printed }}."), "note")

PREVIEW = s.Sheet((
    s.Title(("{{ station.name }}\n", "{{ document.label }}")),
    s.Table((36, 124), (
        s.Row((s.head(_("Day")), s.Cell("{{ day }}"))),
        s.Row((s.head(_("Time")), s.Cell("{{ time }}"))),
        s.Row((s.head(_("Place")), s.Cell("{{ where or '—' }}"))),
        s.Row((s.head(_("How voters are received")), s.Cell((
            s.Text("{{ texts.mode }}"), s.When("texts.link", (s.Text("{{ texts.link }}"),)))))),
        s.When("texts.theme", (s.Row((s.head(_("Theme of the reception")), s.Cell("{{ texts.theme }}"))),)),
        s.When("station.phone", (s.Row((s.head(_("Telephone")), s.Cell("{{ station.phone }}"))),)))),
    s.When("before", (s.Text(_("Put off from {{ before }}."), "plain"),)),
    s.Heading(_("Deputies who receive")),
    s.Table((40, 52, 68), (
        s.heads(_("Deputy"), _("Level of the congress"), _("Electoral district, work and post")),
        s.Each("one in deputies", (s.Row((
            s.Cell("{{ one.name }}", align="middle"), s.Cell("{{ one.level }}"),
            s.Cell("{{ one.district }}{% if one.district and one.job %}，{% endif %}{{ one.job }}"))),)),
        s.When("not deputies", (s.Row((s.Cell(_("Nobody is on the roster yet."), 3, align="middle"),)),)))),
    s.Gap(),
    s.Text(_("Everybody is welcome. Opinions, requests and suggestions are registered at once; the answer is told to who wishes "
             "for it."), "body"),
    s.Picture("code", 34),
    s.Text(_("Scan: the next reception days and who will be there"), "middle"),
    s.Signed("station.name", "{{ posted or printed }}")), s.NOTICE)

REGISTER = s.Sheet((
    s.Title("{{ station.name }}{{ document.label }}"),
    s.Line((_("Day"), COLON, "{{ day }}　{{ time }}"), (_("Number"), COLON, "{{ number }}")),
    s.Table((24, 66, 24, 52, 24, 43, 28), (
        s.Row((*s.facts((_("Place"), "{{ where or '—' }}"), (_("How voters are received"), "{{ texts.mode }}"),
                        (_("Theme of the reception"), "{{ texts.theme or '—' }}")).cells,
               s.Cell(_("Scan to enter"), align="middle"))),
        s.Row((s.head(_("Deputies on duty")), s.Cell("{{ duties|join('　') or '—' }}", 3),
               s.head(_("Liaison officer (signature)")), s.Cell(""), s.Cell((s.Picture("entry_code", 18),)))))),
    s.Table((11, 23, 31, 12, 84, 25, 47, 28), (
        s.heads(_("Line"), _("Name of the voter"), _("Telephone"), _("Persons in this line"),
                _("Opinions, requests and suggestions"), _("Deputy who heard it"), _("What became of it"),
                _("Number of the opinion, remarks")),
        s.Each("one in lines", (s.Row((
            s.Cell("{{ one.line }}", align="middle"), s.Cell("{{ one.name }}"), s.Cell("{{ one.phone }}"),
            s.Cell("{{ one.persons }}", align="middle"), s.Cell("{{ one.text }}"), s.Cell("{{ one.deputy }}"),
            s.Cell("{{ one.result }}{% if one.answer %}{{ colon }}{{ one.answer }}{% endif %}"),
            s.Cell("{{ one.opinion }}"))),)),
        s.Each("line in blank", (s.Row((
            s.Cell("{{ line }}", align="middle"), s.Cell(""), s.Cell(""), s.Cell(""), s.Cell(""), s.Cell(""),
            s.Cell("{{ to_tick }}"), s.Cell("")), tall=15),)),
        s.When("not lines and not blank", (s.Row((s.Cell(_("Nobody came on this day."), 8, align="middle"),)),)))),
    s.When("texts.summary", (s.Text((_("Summary of the reception"), COLON, "{{ texts.summary }}"), "plain"),)),
    s.When("lines", (s.Text(_("{{ lines|length }} lines, {{ persons }} voters. Names and telephone numbers are masked; who may "
                              "see them opens the line in the system."), "note"),)),
    s.When("blank", (ENTERED_ONCE,), (s.Text(_("Printed from the system on {{ printed }}; the record in the system decides."),
                                             "note"),))), s.WIDE)

PUT_OFF = s.Sheet((
    s.Title(("{{ station.name }}\n", _("Notice: the reception day is put off"))),
    s.Text(_("To all voters:"), "to"),
    s.Text(_("The reception of {{ before }} {{ time }} (place: {{ where or '—' }}) is put off to {{ after }}. Time and place "
             "stay the same."), "body"),
    s.When("reason", (s.Text((_("Reason"), COLON, "{{ reason }}"), "body"),)),
    s.When("deputies", (s.Text((
        _("Deputies who receive"), COLON, "{{ deputies|map(attribute='name')|join('、') }}"), "body"),)),
    s.When("late", (s.Text(_("This notice comes {{ days }} days ahead, later than the rule asks ({{ rule }} days). We ask your "
                             "pardon."), "body"),),
           (s.Text(_("This notice comes {{ days }} days ahead."), "body"),)),
    s.When("station.phone", (s.Text(_("Whoever cannot come then may call {{ station.phone }}."), "body"),)),
    s.Gap(2, keep=True),
    s.Signed("station.name", "{{ told }}"),
    s.Picture("code", 34),
    s.Text(_("Scan: the next reception days and who will be there"), "middle")), s.NOTICE)


# ---------------------------------------------------------------- values

def _common(record: Reception) -> dict[str, Any]:
    station = v.station_of(record)
    return {"station": v.station_values(station), "time": v.time_text(record),
            "where": record.place or (station.address if station is not None else ""), "colon": str(COLON)}


def _plate(record: Any) -> Any:
    station = v.station_of(record)
    if station is None:
        return None
    return v.code_of(station_plates.path(station), station.division_id,
                     gettext("QR code of the public page of %(name)s", name=station.name))


def preview_values(record: Reception, node: Node, actor: Actor) -> dict[str, Any]:
    """What hangs at the door before a reception: day, place and who will be there. No personal values."""
    return {**_common(record), "day": v.day_text(record.day), "before": v.day_text(record.first_day) if record.postponed else "",
            "deputies": v.told_deputies(receptions.on_duty([record.id]).get(record.id, ())), "code": _plate(record),
            "posted": format_day(record.posted_on)}


def register_values(record: Reception, node: Node, actor: Actor) -> dict[str, Any]:
    """The register of a day: its lines, and while the day is open the lines that nobody has entered yet, to be written on."""
    visits = v.rows_of("visit", Visit.select().where(Visit.reception_id == record.id), node, actor)
    open_day, wanted = record.state in COMING, v.line_count(record.division_id)
    on_paper = {one.paper_line for one in visits if one.paper_line is not None}
    lines = v.line_values(visits, dict(KINDS), dict(RESULTS))
    numbers = numbered(visits, wanted if open_day or on_paper else 0)
    shown = sorted(({**line, "line": numbers[visit.id]} for visit, line in zip(visits, lines, strict=True)),
                   key=lambda line: line["line"])
    roster = v.rosters([record.id], node, actor).get(record.id, "")
    return {**_common(record), "day": v.day_text(record.day), "lines": shown, "persons": sum(one.persons for one in visits),
            "blank": [number for number in range(1, wanted + 1) if number not in on_paper] if open_day else [],
            "to_tick": v.boxes((("answered", gettext("answered at once")), ("opinion", gettext("registered"))), None),
            "duties": [f"{name}________" if open_day else name for name in roster.split("、") if name],
            "entry_code": v.entry_code("day", record)}


def numbered(visits: list[Visit], after: int) -> dict[int, int]:
    """The number of each line: that of the paper; one that was entered at the desk follows the last one on paper, in order."""
    last = max([after, *(one.paper_line for one in visits if one.paper_line is not None)])
    found = {}
    for one in visits:
        if one.paper_line is None:
            last += 1
        found[one.id] = one.paper_line or last
    return found


def put_off_values(record: Postponement, node: Node, actor: Actor) -> dict[str, Any]:
    """The notice of a postponement: from when to when, how long ahead it was posted, why."""
    reception = Reception.get_by_id(record.reception_id)
    return {**_common(reception), "before": v.day_text(record.from_day), "after": v.day_text(record.to_day),
            "told": format_day(record.told_on), "days": record.days, "late": bool(record.late), "rule": notice_days(reception),
            "reason": record.reason, "code": _plate(record),
            "deputies": v.told_deputies(receptions.on_duty([reception.id]).get(reception.id, ()))
            if reception.day == record.to_day else []}


def last_put_off_values(record: Reception, node: Node, actor: Actor) -> dict[str, Any]:
    """The notice of the last postponement of a reception."""
    return put_off_values(_last(record), node, actor)


def _last(record: Reception) -> Postponement:
    found: Postponement = Postponement.select().where(Postponement.reception_id == record.id).order_by(
        Postponement.id.desc()).get()
    return found


def has_reception(record: Postponement) -> bool:
    """True for a postponement whose reception is there."""
    return Reception.select().where(Reception.id == record.reception_id).exists()


def was_put_off(record: Reception) -> bool:
    """True for a reception that was put off and takes place."""
    return record.postponed > 0 and record.state in (*COMING, "held") and Postponement.select().where(
        Postponement.reception_id == record.id).exists()


DOCUMENTS = (
    Document(f"{P}reception_preview", RECEPTION, _("Reception preview"), sheet=PREVIEW, context=preview_values,
             when=lambda record: record.state in COMING),
    Document(f"{P}day_register", RECEPTION, _("Register of a reception day"), sheet=REGISTER, context=register_values,
             when=lambda record: record.state in (*COMING, "held")),
    Document(f"{P}put_off", RECEPTION, _("Notice of a postponement"), sheet=PUT_OFF, context=last_put_off_values,
             when=was_put_off),
    Document(f"{P}postponement_notice", f"{P}postponement", _("Notice of a postponement"), sheet=PUT_OFF,
             context=put_off_values, when=has_reception),
)
