"""What people do with a deed: the deputy confirms it or objects with a reason, an officer answers and corrects."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from grid321.core.api import (
    Actor,
    Conflict,
    Invalid,
    Node,
    NotFound,
    class_label,
    format_day,
    new_uid,
    records,
    registry,
    transaction,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .deputy_models import Deputy
from .file_causes import KINDS
from .file_deeds import DEED
from .file_models import Deed, Year

STEPS = (("deed_confirmed", _l("The deputy confirmed it")), ("deed_objected", _l("The deputy objected")),
         ("deed_kept", _l("Answered: it stays")), ("deed_corrected", _l("Corrected")), ("deed_struck", _l("Struck")))
OPEN = ("open", "confirmed")
"""States of a year in which its deeds may still change."""


def machine(actor: Actor) -> Actor:
    """The platform acting because of what ``actor`` did, whose right was looked at before: the ledger names the account."""
    return replace(actor, system=True)


def alive(deputy_id: int, year: int) -> list[Deed]:
    """The deeds of a deputy's year that stand, oldest first. One query."""
    return list(Deed.select().where((Deed.deputy_id == deputy_id) & (Deed.year == year) & (Deed.state != "struck")).order_by(
        Deed.day, Deed.id))


def confirm(deeds: Iterable[Deed], actor: Actor) -> int:
    """A deputy confirms deeds of the own file; those that wait for no confirmation are passed over. Returns how many.

    Raises ``NotFound`` for a deed of somebody else (nothing is confirmed then).
    """
    found = list(deeds)
    _own(found, actor)
    return confirm_noted(found, actor)


def confirm_noted(deeds: Iterable[Deed], actor: Actor) -> int:
    """Mark those of ``deeds`` that wait as confirmed, in one transaction; the caller has looked at the right to do so."""
    done = 0
    with transaction():
        for deed in deeds:
            if deed.state == "noted":
                _step(deed, {"state": "confirmed"}, actor, "deed_confirmed")
                done += 1
    return done


def object_to(deed: Deed, reason: str, actor: Actor) -> None:
    """A deputy objects to a deed of the own file.

    Raises ``NotFound`` for somebody else's deed, ``Conflict`` for a struck one and while the year is not open.
    """
    _own([deed], actor)
    _changeable(deed, ("noted", "confirmed", "corrected"))
    _step(deed, {"state": "objected", "objection": reason, "answer": ""}, actor, "deed_objected", reason)


def answer(deed: Deed, data: Mapping[str, Any], actor: Actor) -> None:
    """An officer answers an objection, or corrects or strikes a deed of the own accord: ``data`` as in ``Verdict``.

    Raises ``Invalid`` when nothing is corrected, or something although the deed stays; ``Conflict`` for a struck deed, one to
    which nobody objected and that is to stay, and while the year is not open.
    """
    verdict, said = data["verdict"], data["answer"]
    change = {name: data[name] for name in ("day", "kind", "title") if data.get(name) and data[name] != getattr(deed, name)}
    if verdict == "correct" and not change:
        raise Invalid(_("Nothing was corrected."), errors={"title": [_("Enter the right day, kind or title.")]})
    if verdict != "correct" and change:
        raise Invalid(_("The answer was not saved."), errors={
            next(iter(change)): [_("Choose “It is corrected as below”, or leave this empty.")]})
    _changeable(deed, ("objected",) if verdict == "keep" else ("noted", "confirmed", "objected", "corrected"))
    if "day" in change:
        change["year"] = change["day"].year
    state, step = {"keep": ("noted", "deed_kept"), "correct": ("corrected", "deed_corrected"),
                   "strike": ("struck", "deed_struck")}[verdict]
    _step(deed, {"state": state, "was": "", "answer": said, **change}, actor, step, said)


def _own(deeds: Iterable[Deed], actor: Actor) -> None:
    if any(actor.person_id is None or deed.person_id != actor.person_id for deed in deeds):
        raise NotFound(_("There is no such entry in your file."), remedy=_("Only your own entries are yours to confirm."))


def _changeable(deed: Deed, states: tuple[str, ...]) -> None:
    year = Year.get_or_none((Year.deputy_id == deed.deputy_id) & (Year.year == deed.year))
    if year is not None and year.state not in OPEN:
        raise Conflict(_("The year %(year)s of this file is checked or published.", year=deed.year), deed.title,
                       _("An officer opens it again with a reason; then entries can be changed."), code="year_fixed")
    if deed.state not in states:
        raise Conflict(_("This step is not possible now."), deed.title, _("Load the page again to see its present state."),
                       code="wrong_state")


def _step(deed: Deed, values: dict[str, Any], actor: Actor, step: str, text: str = "") -> None:
    entity, place = registry().entity(DEED), tree().get(deed.division_id)
    assert place is not None
    with transaction():
        records.update(entity, deed.id, values, machine(actor), deed.version, place)
        fresh = Deed.get_by_id(deed.id)
        records.note(entity, fresh, actor, place, step, text)
    deed.__data__.update(fresh.__data__)


# ---------------------------------------------------------------- entered by hand

def home_of(values: Mapping[str, Any]) -> int | None:
    """The division at which the file of a deputy is kept: new records of the file lie there."""
    row = Deputy.select(Deputy.division_id).where(Deputy.id == values.get("deputy_id")).tuples().first()
    return int(row[0]) if row is not None else None


def check_deed(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """What an officer enters lies where the deputy's file does, on a day of the mandate, and is not there already."""
    if record is not None or "key" in data:
        return {}  # the platform writes what follows a cause
    deputy = Deputy.get_or_none(Deputy.id == data.get("deputy_id"))
    if deputy is None:
        return {"deputy": [_("Choose a deputy.")]}
    errors: dict[str, list[str]] = {}
    place = tree().get(deputy.division_id)
    if place is not None and place.id != node.id:
        errors["division"] = [_("This deputy’s file is kept at %(place)s: choose it.", place=place.name)]
    day = data.get("day")
    if day is not None and (day < deputy.from_day or (deputy.to_day is not None and day > deputy.to_day)):
        errors["day"] = [_("The mandate of this deputy does not cover this day.")]
    year = Year.get_or_none((Year.deputy_id == deputy.id) & (Year.year == day.year)) if day is not None else None
    if year is not None and year.state not in OPEN:
        errors["day"] = [_("The year %(year)s of this file is checked or published. Open it again first.", year=year.year)]
    same = Deed.get_or_none((Deed.deputy_id == deputy.id) & (Deed.day == day) & (Deed.kind == data.get("kind"))
                            & (Deed.title == data.get("title")) & (Deed.state != "struck"))
    if same is not None:
        errors["title"] = [_("This stands in the file already: %(kind)s, %(day)s.", day=format_day(day),
                             kind=class_label(KINDS.key, same.kind, node.id))]
    if day is not None:
        data |= {"person_id": deputy.person_id, "year": day.year, "key": f"hand:{new_uid()}"}
    return errors
