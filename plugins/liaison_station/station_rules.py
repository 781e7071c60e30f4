"""The staffing rule of a station, computed and explained: what is there, what is missing, why, who may mend it.

The strict rule of the published sources is the default of the settings (``station_choices``); a county loosens it there with its
own source. Who is a deputy, chairs a congress or is a village's secretary is asked of the posts that the core keeps. Party
membership is asked of nobody: that a full Party member is among deputy head and liaison officers is confirmed for the station.
"""
from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from grid321.core.api import Node, NotFound, format_day, local_day, people, snapshot, tree
from grid321.core.api import gettext as _

from .station_choices import HEAD_RULES, KINDS, STAFF, P
from .station_models import Staff, Station

ROLE_LABELS = dict(STAFF)
DEPUTY_POST = "core_deputy_"
LIST_MARK = "、"

Objection = Callable[[Collection[int], date], Mapping[int, str]]

OBJECTIONS: list[Objection] = []
"""Called as (persons, day): why some of them do not count as heads on that day, by person, as the end of a sentence. The area of
deputies names those who are suspended."""


@dataclass(frozen=True)
class Finding:
    """One line of the staffing rule at a station on a day.

    ``there`` says what there is, ``missing`` what is wanted (empty when ``ok``), ``why`` the rule with its source, ``remedy`` who
    may mend it and how (empty when ``ok``).
    """

    key: str
    ok: bool
    label: str
    there: str
    missing: str
    why: str
    remedy: str


@dataclass(frozen=True)
class Staffed:
    """Whether a station meets the staffing rule, and a function that says it line by line: words cost more than the answer."""

    met: bool
    lines: Callable[[], list[Finding]]


def kinds(division_id: int | None = None) -> dict[str, str]:
    """The kinds of stations at a division in the present language: code → label, in order."""
    now = snapshot()
    return dict(now.classes.labels(KINDS.key, now.tree.get(division_id)))


def station_of(station_id: int) -> Station:
    """The station of that id, whoever asks. Raises ``NotFound``."""
    found: Station | None = Station.get_or_none(Station.id == station_id)
    if found is None:
        raise NotFound(_("There is no such station."))
    return found


def place_of(station: Any) -> Node:
    """The division at which a station stands. Raises ``NotFound`` for one that is gone."""
    found = tree().get(station.division_id)
    if found is None:
        raise NotFound(_("The division of this station no longer exists."))
    return found


def is_open(station: Any, day: date) -> bool:
    """True when a station works on a day: opened, not at rest, not closed."""
    rests = station.suspended_on is not None and station.suspended_on <= day
    return station.opened_on <= day and not rests and (station.closed_on is None or day < station.closed_on)


def staff_on(station_id: int, day: date) -> list[Staff]:
    """Who works at a station on a day, longest first."""
    return list(Staff.select().where(
        (Staff.station_id == station_id) & (Staff.from_day <= day) & (Staff.to_day.is_null() | (Staff.to_day >= day)))
        .order_by(Staff.from_day, Staff.id))


def head_of(station_id: int, day: date | None = None) -> people.Person | None:
    """The person who heads a station on a day (today), or None."""
    person_ids = [row.person_id for row in staff_on(station_id, day or local_day()) if row.role == "head"]
    found: people.Person | None = people.Person.get_or_none(people.Person.id == person_ids[0]) if person_ids else None
    return found


# ---------------------------------------------------------------- the rule

def ruled(key: str, place: Node, day: date | None = None) -> tuple[Any, str]:
    """The value of a setting of this plugin at a division on a day, and its source in words."""
    value, source, *_rest = snapshot().settings.explain(P + key, place, day)
    return value, str(source)


def value_of(key: str, place: Node, day: date, now: Any = None) -> Any:
    """The value of a setting of this plugin at a division on a day, for where nobody reads its source.

    Who asks thousands of times passes the snapshot ``now``.
    """
    return (now or snapshot()).settings.get(P + key, place, day)


def head_rule(station: Any, day: date) -> tuple[str, str]:
    """Who may head a station (a key of ``HEAD_RULES``) and the source of that; ``free`` where no rule holds."""
    place = place_of(station)
    setting = _head_setting(station, place, day)
    value, source = ruled(setting or "headed_kinds", place, day)
    return str(value) if setting else "free", source


def _head_setting(station: Any, place: Node, day: date) -> str:
    """The setting that says who may head a station; empty where no rule holds."""
    headed = station.kind in value_of("headed_kinds", place, day).split(",") and place.level in {"town", "village"}
    return f"head_{place.level}" if headed else ""


def why_not_head(person_id: int, station: Any, day: date) -> str:
    """Why a person may not head a station on a day, in one sentence; empty when nothing stands against it."""
    rule, source = head_rule(station, day)
    lacks = _lacking(people.posts_of(person_id, day), place_of(station), rule, day,
                     objections([person_id], day).get(person_id, "") if rule != "free" else "")
    if not lacks:
        return ""
    return _("The head of %(station)s is %(who)s, and on %(day)s %(lacks)s. Source: %(source)s.", station=station.name,
             who=str(HEAD_RULES[rule]), day=format_day(day), lacks=lacks, source=source.rstrip("。. "))


def objections(person_ids: Collection[int], day: date) -> dict[int, str]:
    """Why some of these persons do not count as heads on a day, by person: what all areas say. Empty for nobody."""
    return {person: why for ask in OBJECTIONS for person, why in ask(person_ids, day).items()} if person_ids else {}


def _lacking(held: Sequence[Any], place: Node, rule: str, day: date, against: str = "") -> str:
    """What somebody who holds the posts ``held`` lacks for a rule at a place, as the end of a sentence; empty for nothing.

    ``against`` is what stands against the person whichever the rule is, and then stands for the lack of a mandate.
    """
    missing = [against] if against else []
    if rule == "free":
        return against
    if not against and rule in {"secretary_deputy", "deputy"} and not any(post.kind.startswith(DEPUTY_POST) for post in held):
        missing.append(_("this person is no deputy"))
    if rule == "chair" and not _holds(held, "chair_posts", place, day):
        missing.append(_("this person does not chair the congress of %(place)s", place=place.name))
    if rule == "secretary_deputy" and not _holds(held, "secretary_posts", place, day):
        missing.append(_("this person is not the secretary of %(place)s", place=place.name))
    return LIST_MARK.join(missing)


def _holds(held: Sequence[Any], setting: str, place: Node, day: date) -> bool:
    """Whether one of the posts ``held`` is of the place and of a kind that a setting names."""
    wanted = value_of(setting, place, day).split(",")
    return any(post.kind in wanted and post.division_id == place.id for post in held)


def staffing(station_id: int, day: date | None = None) -> list[Finding]:
    """What the staffing rule finds at a station on a day (today), line by line; raises ``NotFound`` for no station.

    For a kind of station without staff of its own the one line says so. Four queries.
    """
    return staffing_of([station_of(station_id)], [station_id], day or local_day())[station_id]


def staffing_of(stations: Iterable[Any], ids: Any, day: date) -> dict[int, list[Finding]]:
    """``staffing`` for many stations by id, in four queries for all of them. ``ids`` are their ids, or the selection of them."""
    return {station_id: one.lines() for station_id, one in staffed_of(stations, ids, day).items()}


def staffed_of(stations: Iterable[Any], ids: Any, day: date) -> dict[int, Staffed]:
    """Whether many stations meet the rule, by id, in three queries. Lines of one or more ask once again: for all names."""
    staff: dict[int, list[Any]] = {}
    rows = Staff.select(Staff.station_id, Staff.person_id, Staff.role, Staff.from_day).where(
        Staff.station_id.in_(ids) & (Staff.from_day <= day) & (Staff.to_day.is_null() | (Staff.to_day >= day)))
    for row in rows.order_by(Staff.from_day, Staff.id).namedtuples():  # plain rows: thousands of records take a tenth of a second
        staff.setdefault(row.station_id, []).append(row)
    names = cache(lambda: names_of(row.person_id for rows in staff.values() for row in rows))
    heads = {row.person_id for rows in staff.values() for row in rows if row.role == "head"}
    held, against, now = _posts_of_heads(ids, day), objections(heads, day), snapshot()

    def one(station: Any) -> Staffed:
        there = staff.get(station.id, [])
        return Staffed(_met(station, there, held, against, day, now),
                       lambda: _findings(station, there, names(), held, against, day))
    return {station.id: one(station) for station in stations}


def _posts_of_heads(ids: Any, day: date) -> dict[int, list[Any]]:
    """Kind and division of the posts that the heads of some stations hold on a day, by person. One query, plain rows."""
    post, found = people.Post, dict[int, list[Any]]()
    heads = Staff.select(Staff.person_id).where(Staff.station_id.in_(ids) & (Staff.role == "head"))
    for row in post.select(post.person_id, post.kind, post.division_id).where(
            post.person_id.in_(heads) & (post.from_day <= day) & (post.to_day.is_null() | (post.to_day >= day))).namedtuples():
        found.setdefault(row.person_id, []).append(row)
    return found


def _met(station: Any, staff: Sequence[Any], held: Mapping[int, Sequence[Any]], against: Mapping[int, str], day: date,
         now: Any) -> bool:
    """Whether every line of ``_findings`` would be ``ok``, without a word of them."""
    place = place_of(station)
    if station.kind not in value_of("staffed_kinds", place, day, now).split(","):
        return True
    by_role = _by_role(staff)
    if any(_off(role, len(by_role[role]), place, day, now) for role in ROLE_LABELS):
        return False
    if value_of("staff_party", place, day, now) and _unconfirmed(station, [*by_role["deputy_head"], *by_role["liaison"]], day):
        return False
    setting = _head_setting(station, place, day)
    rule = str(value_of(setting, place, day)) if setting else "free"
    return not any(_lacking(held.get(row.person_id, ()), place, rule, day, against.get(row.person_id, ""))
                   for row in by_role["head"])


def _by_role(staff: Sequence[Any]) -> dict[str, list[Any]]:
    return {role: [row for row in staff if row.role == role] for role in ROLE_LABELS}


def _asked_for(role: str, place: Node, day: date, now: Any = None) -> tuple[int, int]:
    """How many of a post there should be, at least and at most."""
    least = value_of(f"staff_{role}", place, day, now)
    return least, max(least, value_of("staff_liaison_most", place, day, now)) if role == "liaison" else least


def _off(role: str, count: int, place: Node, day: date, now: Any = None) -> int:
    """By how many of a post there are too few (below 0) or too many."""
    least, most = _asked_for(role, place, day, now)
    return min(count - least, 0) or max(count - most, 0)


def _unconfirmed(station: Any, rows: Sequence[Any], day: date) -> str:
    """What stands against the confirmation of a Party member among ``rows``: nobody, never, since; empty for nothing."""
    confirmed, last = station.party_confirmed_on, max((row.from_day for row in rows), default=None)
    if last is None:
        return "nobody"
    if confirmed is None or confirmed > day:
        return "never"
    return "since" if confirmed < last else ""


def _findings(station: Any, staff: Sequence[Any], names: Mapping[int, str], held: Mapping[int, Sequence[Any]],
              against: Mapping[int, str], day: date) -> list[Finding]:
    """The lines of one station, from who works there, their names, the posts of its head and what stands against that one."""
    place = place_of(station)
    wanted, source = ruled("staffed_kinds", place, day)
    if station.kind not in wanted.split(","):
        label = kinds(place.id).get(station.kind, station.kind)
        return [Finding("kind", True, _("Staffing"), _("%(kind)s: no staff of its own is asked for", kind=label), "",
                        _because(_("the staffing rule does not hold for this kind"), source), "")]
    by_role = _by_role(staff)
    found = [_count(role, by_role[role], names, place, day) for role in ROLE_LABELS]
    found += [_qualified(row, names, station, held.get(row.person_id, ()), against.get(row.person_id, ""), day)
              for row in by_role["head"]]
    return [*found, *_party(station, [*by_role["deputy_head"], *by_role["liaison"]], place, day)]


def _count(role: str, rows: Sequence[Any], names: Mapping[int, str], place: Node, day: date) -> Finding:
    """How many there are of a post, against how many there should be."""
    source = ruled(f"staff_{role}", place, day)[1]
    least, most = _asked_for(role, place, day)
    off = _off(role, len(rows), place, day)
    missing = _("%(count)s too few", count=-off) if off < 0 else _("%(count)s too many", count=off) if off else ""
    asked = str(least) if most == least else f"{least}–{most}"
    rule = _("%(asked)s asked for", asked=asked)
    there = LIST_MARK.join(names.get(row.person_id, "?") for row in rows) or _("nobody")
    return Finding(role, not missing, str(ROLE_LABELS[role]), there, missing, _because(rule, source),
                   _remedy(place) if missing else "")


def _qualified(row: Any, names: Mapping[int, str], station: Any, held: Sequence[Any], against: str, day: date) -> Finding:
    """Whether who heads the station is whom the rule asks for, and may act as a deputy."""
    place = place_of(station)
    rule, source = head_rule(station, day)
    lacks = _lacking(held, place, rule, day, against)
    return Finding("head_is", not lacks, _("Who heads the station"), names.get(row.person_id, "?"), lacks,
                   _because(_("the head is %(who)s", who=str(HEAD_RULES[rule])), source),
                   _("%(who)s, who enters the missing post or another head.", who=_officers(place)) if lacks else "")


def _party(station: Any, rows: Sequence[Any], place: Node, day: date) -> list[Finding]:
    """Whether it is confirmed that a full Party member is among deputy head and officers, since the last of them came."""
    asked, source = ruled("staff_party", place, day)
    if not asked:
        return []
    confirmed, against = station.party_confirmed_on, _unconfirmed(station, rows, day)
    there = _("confirmed on %(day)s", day=format_day(confirmed)) if confirmed is not None else _("not confirmed")
    missing = ""
    if against == "nobody":
        missing = _("there is neither a deputy head nor a liaison officer")
    elif against == "never":
        missing = _("the confirmation")
    elif against == "since":
        missing = _("a new confirmation: somebody came on %(day)s", day=format_day(max(row.from_day for row in rows)))
    rule = _("at least one full Party member is among deputy head and liaison officers")
    return [Finding("party", not missing, _("Party member among them"), there, missing, _because(rule, source),
                    _("%(who)s, with the button “Confirm”.", who=_officers(place)) if missing else "")]


def _because(rule: str, source: str) -> str:
    return _("%(rule)s. Source: %(source)s.", rule=rule[:1].upper() + rule[1:], source=source.rstrip("。. "))


def _remedy(place: Node) -> str:
    return _("%(who)s, under “Staff”.", who=_officers(place))


def _officers(place: Node) -> str:
    """Who keeps the staff of a station at a division."""
    town, county = tree().at_level(place, "town"), tree().at_level(place, "county")
    above = (county or place).name
    if town is None:
        return _("The officer for stations of %(place)s", place=above)
    return _("The officer for stations of %(town)s or %(county)s", town=town.name, county=above)


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """The names of persons by id. One query."""
    person = people.Person
    return dict(person.select(person.id, person.name).where(person.id.in_(sorted(set(ids)) or [0])).tuples())
