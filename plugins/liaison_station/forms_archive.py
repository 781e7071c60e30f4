"""The archive of a station (站点档案) as one document: what it is, who works there, papers, rooms, plan, receptions, activities,
opinions, money, ratings, the ten haves. Its reader finds in it what he or she may see in the system, and no more."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from grid321.core.api import Actor, Document, Node, class_label, format_day, gettext, local_day, registry, sheet
from grid321.core.api import lazy_gettext as _

from . import checks, placement, station_papers, station_rules
from . import forms_values as v
from .activity_models import Activity
from .checks_choices import HAVE, KLASSES, MODELS, SITING, P
from .checks_models import Rating
from .forms_values import DATED, ORDER, PRINTED
from .plan_choices import KINDS as RECEPTIONS
from .plan_fields import in_words
from .reception_models import Reception, Schedule
from .station_choices import CONDITIONS, MONEY, PAPERS
from .station_fields import yuan
from .station_figures import BY_KEY, Span, Table
from .station_models import Equipment, Money, Room, Staff, Station

s = sheet
COUNTED = ("held", "postponed", "late", "activities", "attendances", "visitors", "opinions", "settled", "passed", "unsolved",
           "open")
ROLES = dict(station_rules.ROLE_LABELS)


def _list(title: Any, name: str, widths: tuple[float, ...], heads: tuple[Any, ...], *cells: Any, empty: Any) -> Any:
    """A heading with a table of the rows ``name``; left out whole where its reader may not see any of that kind."""
    return s.When(f"{name} is not none", (
        s.Heading(title),
        s.Table((13, *widths), (
            s.heads(_("No."), *heads),
            s.Each(f"one in {name}", (s.Row((ORDER, *(s.Cell(text) for text in cells)), whole=False),)),
            s.When(f"not {name}", (s.Row((s.Cell(empty, len(widths) + 1, align="middle"),)),))))))


ARCHIVE = s.Sheet((
    s.Title(("{{ title }}\n", "{{ document.label }}")),
    s.Line(("{{ place }}"), (_("As of"), " {{ printed }}")),
    s.Heading(_("The station")),
    s.Table((28, 56, 28, 56), (
        s.facts((_("Kind"), "{{ texts.kind }}"), (_("Station above"), "{{ texts.parent or '—' }}")),
        s.Row((s.head(_("Address")), s.Cell("{{ texts.address or '—' }}", 3))),
        s.facts((_("Telephone"), "{{ texts.phone or '—' }}"), (_("Opening hours"), "{{ texts.hours or '—' }}")),
        s.facts((_("Station opened on"), "{{ texts.opened_on }}"), (_("Rooms shared with"), "{{ texts.host or '—' }}")),
        s.facts((_("Class"), "{{ texts.klass or '—' }}"), (_("Model station"), "{{ texts.model or '—' }}")),
        s.When("texts.about", (s.Row((s.head(_("About the station")), s.Cell("{{ texts.about }}", 3)), whole=False),)))),
    _list(_("Who works there"), "staff", (38, 50, 35, 34), (_("Post"), _("Name of the person"), _("From day"), _("To day")),
          "{{ one.role }}", "{{ one.name }}", "{{ one.since }}", "{{ one.until }}", empty=_("Nobody is entered.")),
    _list(_("The staffing rule"), "findings", (40, 46, 40, 31), (
        _("Item of the rule"), _("There"), _("Missing"), _("As the rule asks")),
          "{{ one.label }}", "{{ one.there }}", "{{ one.missing or '—' }}", "{{ one.ok }}", empty=_("No rule holds here.")),
    _list(_("Deputies who belong here"), "deputies", (34, 44, 79), (
        _("Deputy"), _("Level of the congress"), _("Electoral district, work and post")),
          "{{ one.name }}", "{{ one.level }}", "{{ one.district }}{% if one.district and one.job %}，{% endif %}{{ one.job }}",
          empty=_("No deputy belongs here.")),
    _list(_("Rooms"), "rooms", (60, 30, 67), (_("Room"), _("Seats"), _("Shared with")),
          "{{ one.name }}", "{{ one.seats }}", "{{ one.shared }}", empty=_("No room is entered.")),
    _list(_("Equipment"), "equipment", (75, 22, 30, 30), (_("Equipment"), _("Count"), _("Condition"), _("From day")),
          "{{ one.name }}", "{{ one.count }}", "{{ one.condition }}", "{{ one.since }}", empty=_("No equipment is entered.")),
    _list(_("Papers on the wall"), "papers", (36, 71, 20, 30), (_("Kind"), _("Title"), _("Edition"), _("In force from")),
          "{{ one.kind }}", "{{ one.title }}", "{{ one.edition }}", "{{ one.since }}", empty=_("No paper is in force.")),
    _list((_("Money"), " ({{ year }})"), "money", (24, 34, 44, 55), (
        _("Kind"), _("Amount (yuan)"), _("From whom"), _("For what")),
          "{{ one.kind }}", "{{ one.amount }}", "{{ one.source }}", "{{ one.purpose }}",
          empty=_("No amount is entered for this year.")),
    s.When("receptions is not none", (
        s.Heading((_("Receptions"), " ({{ year }})")),
        s.Each("rule in rules", (s.Text("{{ rule }}"),)),
        s.Table((13, 37, 29, 24, 43, 22), (
            s.heads(_("No."), _("Day"), _("Time"), _("Kind"), _("Deputies on duty"), _("State, voters")),
            s.Each("one in receptions", (s.Row((
                ORDER, s.Cell("{{ one.day }}"), s.Cell("{{ one.time }}"), s.Cell("{{ one.kind }}"), s.Cell("{{ one.people }}"),
                s.Cell("{{ one.state }}{% if one.voters %}，{{ one.voters }}{% endif %}")),),)),
            s.When("not receptions", (s.Row((s.Cell(_("No reception is planned in this year."), 6, align="middle"),)),)))))),
    _list((_("Activities"), " ({{ year }})"), "activities", (38, 36, 58, 25), (_("Day"), _("Kind"), _("Title"), _("State")),
          "{{ one.day }}", "{{ one.kind }}", "{{ one.title }}", "{{ one.state }}", empty=_("No activity in this year.")),
    s.When("figures", (
        s.Heading((_("In figures"), " ({{ year }})")),
        s.Table((64, 20, 64, 20), (
            s.Each("pair in figures", (s.Row((
                s.head("{{ pair[0].label }}"), s.Cell("{{ pair[0].n|number }}", align="right"),
                s.head("{{ pair[1].label }}"), s.Cell("{{ pair[1].n }}", align="right"))),)),)))),
    s.When("lists", (
        s.Each("list in lists", (
            s.Heading("{{ list.label }}（{{ list.count }}）"),
            s.Table((13, 44, 18, 93), (
                s.heads(_("No."), _("Item of the rule"), _("There"), _("Because")),
                s.Each("one in list.rows", (s.Row((
                    ORDER, s.Cell("{{ one.label }}"), s.Cell("{{ one.ok }}", align="middle"),
                    s.Cell("{{ one.because }}")),),)))))),)),
    _list(_("Ratings of the station"), "ratings", (20, 32, 42, 63), (
        _("Year"), _("Class"), _("Model station"), _("State, decided on")),
          "{{ one.year }}", "{{ one.klass }}", "{{ one.model }}", "{{ one.state }}{% if one.day %}，{{ one.day }}{% endif %}",
          empty=_("It was not rated yet.")),
    s.Sign(_("Station head (signature, seal):"), DATED),
    PRINTED))


def archive_values(record: Station, node: Node, actor: Actor) -> dict[str, Any]:
    """Everything that the archive of a station joins, for its reader; None for a part that he or she may not see."""
    today = local_day()
    first, last = date(today.year, 1, 1), date(today.year, 12, 31)
    place = station_rules.place_of(record)

    def part(name: str, model: Any, told: Callable[[Any], dict[str, Any]], *order: Any, where: Any = None) -> Any:
        """The rows of a table that belong to the station, as the archive tells them; None without the permission."""
        if not actor.may_on(f"{P}{name}.view", record):
            return None
        query = model.select().where(model.station_id == record.id)
        return [told(row) for row in v.rows_of(name, query if where is None else query.where(where), node, actor, *order)]

    names = station_rules.names_of(row.person_id for row in Staff.select(Staff.person_id).where(Staff.station_id == record.id))
    found = checks.look_at(record) if actor.may_on(f"{P}attested.view", record) else None
    rosters = v.rosters((row[0] for row in Reception.select(Reception.id).where(
        (Reception.station_id == record.id) & Reception.day.between(first, last)).tuples()), node, actor)
    return {
        "place": place.name, "year": today.year,
        "staff": part("staff", Staff, lambda row: {
            "role": str(ROLES.get(row.role, row.role)), "name": names.get(row.person_id, ""), "since": format_day(row.from_day),
            "until": format_day(row.to_day) or "—"}, Staff.to_day.is_null(False), Staff.from_day, Staff.id),
        "findings": [{"label": one.label, "there": one.there, "missing": one.missing,
                      "ok": gettext("yes") if one.ok else gettext("no")}
                     for one in station_rules.staffing(record.id)] if actor.may_on(f"{P}staff.view", record) else None,
        "deputies": v.told_deputies(placement.deputies_of(record.id)),
        "rooms": part("room", Room, lambda row: {"name": row.name, "seats": row.seats or "—", "shared": row.shared_with or "—"}),
        "equipment": part("equipment", Equipment, lambda row: {
            "name": row.name, "count": row.count, "condition": str(dict(CONDITIONS)[row.condition]),
            "since": format_day(row.since) or "—"}),
        "papers": [{"kind": class_label(PAPERS.key, row.kind, row.division_id), "title": row.title, "edition": row.edition,
                    "since": format_day(row.adopted_on)} for row in station_papers.in_force(record)]
        if actor.may_on(f"{P}paper.view", record) else None,
        "money": part("money", Money, lambda row: {
            "kind": str(dict(MONEY)[row.kind]), "amount": yuan(row.fen), "source": row.source, "purpose": row.purpose},
            where=Money.year == today.year),
        "rules": [f"{one.title}：{in_words(one.rrule)} {v.time_text(one)}" for one in Schedule.select().where(
            (Schedule.station_id == record.id) & (Schedule.from_day <= last) & (Schedule.to_day >= today))],
        "receptions": part("reception", Reception, lambda row: {
            "day": v.day_text(row.day), "time": v.time_text(row), "kind": str(dict(RECEPTIONS)[row.kind]), "voters": row.voters,
            "people": rosters.get(row.id, ""), "state": _state("reception", row.state)}, Reception.day, Reception.from_minute,
            where=Reception.day.between(first, last) & (Reception.state != "dropped")),
        "activities": part("activity", Activity, lambda row: {
            "day": v.day_text(row.held_on or row.day), "kind": class_label(f"{P}activity", row.kind, row.division_id),
            "title": row.title, "state": _state("activity", row.state)}, Activity.day, where=Activity.day.between(first, last)),
        "figures": _figures(record, place, Span(first, last)),
        "lists": None if found is None else [_checklist(found, scheme, label, record) for scheme, label in (
            (HAVE.key, HAVE.label), (SITING.key, SITING.label))],
        "ratings": part("rating", Rating, _rating, Rating.year.desc()),
    }


def _figures(record: Station, place: Node, span: Span) -> list[list[dict[str, Any]]]:
    """The station’s figures of the year, two beside each other."""
    found = next((line.amounts for line in Table(place, span, COUNTED).by_station() if line.station_id == record.id),
                 dict.fromkeys(COUNTED, 0))
    cells: list[dict[str, Any]] = [{"label": str(BY_KEY[key].label), "n": found[key]} for key in COUNTED]
    return [[*pair, {"label": "", "n": ""}][:2] for pair in (cells[at:at + 2] for at in range(0, len(cells), 2))]


def _checklist(found: checks.Checked, scheme: str, label: Any, record: Station) -> dict[str, Any]:
    words = checks.words(scheme, record.division_id)
    there, wanted = found.count(scheme)
    return {"label": str(label), "count": f"{there}/{wanted}", "rows": [
        {"label": words.get(item, item), "ok": gettext("yes") if one.ok else gettext("no"), "because": str(one.because)}
        for item, one in found.lists.get(scheme, {}).items()]}


def _rating(row: Rating) -> dict[str, Any]:
    return {"year": row.year, "klass": str(dict(KLASSES).get(row.klass or row.asked_klass, "")),
            "model": str(dict(MODELS).get(row.model or row.asked_model, "")), "state": _state("rating", row.state),
            "day": format_day(row.decided_on)}


def _state(name: str, key: str) -> str:
    flow = registry().workflow_of(f"{P}{name}")
    return next((str(state.label) for state in flow.states if state.key == key), key) if flow is not None else key


DOCUMENTS = (Document(f"{P}station_archive", f"{P}station", _("Station archive"), sheet=ARCHIVE, context=archive_values),)
