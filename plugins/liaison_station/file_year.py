"""How a deputy's year lives: open, confirmed by the deputy, checked for personal data, published, rated by voters, closed.

Deputies Law 2025, art. 58: what a deputy did is filed, made public to the voters and rated by them. What everybody reads is
frozen with the publication; a year that has to be corrected is opened again with a reason, as long as no voter has rated it.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from grid321.core.api import (
    DEFAULT_LANGUAGE,
    Actor,
    Clock,
    Node,
    Refusal,
    State,
    Transition,
    Workflow,
    accounts_of,
    days,
    gettext,
    local_day,
    records,
    registry,
    scoped,
    transaction,
    tree,
    use_language,
)
from grid321.core.api import lazy_gettext as _

from . import file_rating
from .deputy_models import Deputy
from .file_causes import P
from .file_check import clean, no_data, only_addresses
from .file_life import OPEN, alive, confirm_noted, machine
from .file_models import Year
from .file_rating import YEAR
from .file_schemas import Reason, Seen, Told

OWN, KEEP, PUBLISH = f"{P}file_own", f"{P}file_keep", f"{P}file_publish"


# ---------------------------------------------------------------- guards

def ready(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard of the confirmation: no objection waits for its answer."""
    if any(deed.state == "objected" for deed in alive(case.deputy_id, case.year)):
        return Refusal(_("An objection of the deputy is not answered yet."), "objection_open",
                       remedy=_("An officer answers it on the page of the entry."))
    return None


def own(case: Any, data: Any, actor: Actor) -> Refusal | None:
    """Guard: deputies confirm their own year and nobody else's.

    An account that is no recorded person's confirms what was opened for it: nobody else's person can be behind it.
    """
    mine = case.person_id == actor.person_id if actor.person_id is not None else case.reporter_id == actor.account_id is not None
    if not mine:
        return Refusal(_("This is another deputy’s year."), "not_yours", for_good=True)
    return ready(case, data, actor)


def unrated(case: Any, data: Any, actor: Any) -> Refusal | None:
    """Guard: a year that voters have begun to rate stays as they read it."""
    if case.state == "published" and file_rating.counted(case.id):
        return Refusal(_("Voters have rated this year already."), "rated", remedy=_("Correct it in the file of the next year."))
    return None


# ---------------------------------------------------------------- what the steps write and do

def confirmed(case: Any, data: Mapping[str, Any], actor: Any) -> dict[str, Any]:
    """Columns of the deputy's confirmation, of the day on which a deputy without account gave it."""
    return {"confirmed_on": data.get("told_on") or local_day()}


def confirm_deeds(case: Any, data: Any, actor: Actor) -> None:
    """After the confirmation: every deed that was noted is confirmed with it."""
    confirm_noted(alive(case.deputy_id, case.year), machine(actor))


def checked(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of a passed check."""
    return {"checked_on": local_day()}


def frozen(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of the publication: the figures and the items as they stand today."""
    deeds = alive(case.deputy_id, case.year)
    return {"published_on": local_day(), "figures": figures(deeds),
            "items": [[deed.day.isoformat(), deed.kind, deed.title] for deed in deeds]}


def figures(deeds: Iterable[Any]) -> dict[str, int]:
    """The number of deeds by kind; a kind without any is left out."""
    found: dict[str, int] = {}
    for deed in deeds:
        found[deed.kind] = found.get(deed.kind, 0) + 1
    return found


def begin_rating(case: Any, data: Any, actor: Any) -> None:
    """After the publication: the sums begin at nothing."""
    file_rating.begin(case.id)


def counted(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of the end of the rating: the sums, which nobody has seen until now."""
    return {"votes": file_rating.sums(case.id)}


def end_rating(case: Any, data: Any, actor: Any) -> None:
    """After the end of the rating: links and tablets take no voice any more."""
    file_rating.end_links(case)


def reopened(case: Any, data: Any, actor: Any) -> dict[str, Any]:
    """Columns of a year that is opened again: nothing is frozen or confirmed."""
    return {"confirmed_on": None, "checked_on": None, "published_on": None, "figures": None, "items": None}


LIFE = Workflow(
    f"{P}year_life", YEAR, 1, numbers="LZ", levels=(), label=_("Life of a deputy’s yearly file"),
    states=(
        State("open", _("Open, to be confirmed by the deputy"), desk="reporter"),
        State("confirmed", _("Confirmed, to be checked")),
        State("checked", _("Checked, to be published")),
        State("published", _("Published, rated by voters"), tone="ok", clocks=(
            Clock("rating", days(30), _("The rating by voters ends"), overdue="notify", setting=f"{P}rating_length",
                  source=_("A working default: the law names no length")),)),
        State("rated", _("Rated, to be filed")),
        State("closed", _("Filed"), final=True, tone="muted"),
    ),
    transitions=(
        Transition("confirm", "open", "confirmed", _("Confirm my year"), OWN, by="scope", guard=own, sets=confirmed,
                   after=confirm_deeds, tone="ok"),
        Transition("confirm_told", "open", "confirmed", _("Enter the deputy’s confirmation"), KEEP, by="scope", asks=(Told,),
                   guard=ready, sets=confirmed, after=confirm_deeds),
        Transition("check", "confirmed", "checked", _("Check for personal data"), PUBLISH, by="scope", guard=clean, sets=checked),
        Transition("check_seen", "confirmed", "checked", _("Checked: the addresses may stay"), PUBLISH, by="scope", asks=(Seen,),
                   guard=only_addresses, sets=checked),
        Transition("publish", "checked", "published", _("Publish to the voters"), PUBLISH, by="scope", guard=no_data, sets=frozen,
                   after=begin_rating, tone="ok"),
        Transition("end_rating", "published", "rated", _("End the rating"), PUBLISH, by="scope", sets=counted, after=end_rating),
        Transition("file", "rated", "closed", _("File the year"), PUBLISH, by="scope", flow="closed"),
        Transition("reopen", ("confirmed", "checked", "published"), "open", _("Open again"), PUBLISH, by="scope", asks=(Reason,),
                   guard=unrated, sets=reopened, after=end_rating, tone="warn"),
    ))


# ---------------------------------------------------------------- records

def check_year(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """A year lies where the deputy's file does, is one the mandate covers, and changes only until it is checked."""
    if record is not None:
        changed = [name for name in data if data[name] != getattr(record, name, None)]
        errors = {name.removesuffix("_id"): [gettext("The deputy and the year of a file stay.")] for name in changed
                  if name in {"deputy_id", "year"}}
        stays = gettext("This year is checked or published: its text stays. Open it again first.")
        return errors | {name: [stays] for name in changed if name in {"report", "reported_at"} and record.state not in OPEN}
    deputy = Deputy.get_or_none(Deputy.id == data.get("deputy_id"))
    if deputy is None:
        return {"deputy": [gettext("Choose a deputy.")]}
    errors = {}
    place, year = tree().get(deputy.division_id), data.get("year")
    if place is not None and place.id != node.id:
        errors["division"] = [gettext("This deputy’s file is kept at %(place)s: choose it.", place=place.name)]
    if year is not None and not (deputy.from_day.year <= year <= local_day().year and (
            deputy.to_day is None or year <= deputy.to_day.year)):
        errors["year"] = [gettext("The mandate of this deputy does not cover this year, or it has not begun.")]
    elif Year.select(Year.id).where((Year.deputy_id == deputy.id) & (Year.year == year)).exists():
        errors["year"] = [gettext("There is a file of this deputy and year already.")]
    with use_language(DEFAULT_LANGUAGE):  # it is stored: the same for every reader
        title = gettext("%(name)s, file of %(year)s", name=deputy.name, year=year)
    data |= {"person_id": deputy.person_id, "name": deputy.name, "title": title[:80],
             "reporter_id": accounts_of([deputy.person_id]).get(deputy.person_id)}  # it is on the deputy's start page
    return errors


def open_years(node: Node, year: int, actor: Actor) -> int:
    """Open the file of a year for every deputy below ``node`` who may be seen and has none; returns how many were opened.

    Deputies whose mandate does not cover the year are passed over. One transaction. Raises ``Forbidden`` as creating one does.
    """
    done = 0
    have = Year.select(Year.deputy_id).where(Year.year == year)
    with transaction():
        query = Deputy.select().where(Deputy.id.not_in(have)).order_by(Deputy.id)
        for deputy in scoped(query, registry().entity(f"{P}deputy"), "view", node, actor):
            place = tree().get(deputy.division_id)
            if place is None or not place.valid or deputy.from_day.year > year or (
                    deputy.to_day is not None and deputy.to_day.year < year):
                continue
            records.create(registry().entity(YEAR), {"deputy_id": deputy.id, "year": year}, actor, place, flow=None)
            done += 1
    return done
