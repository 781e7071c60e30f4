"""Voters rate a deputy's year (选民测评): one voice for each signed link, on the tablet of a station, or on paper.

Only sums are kept: nothing tells who answered what, or when. They are shown after the rating has ended, and only when enough
voices came; fewer might tell who said what. Nobody is ranked by them.
"""
from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import peewee

from grid321.core.api import (
    SYSTEM,
    Actor,
    Entity,
    Invalid,
    Node,
    Refused,
    insert_filled,
    local_day,
    locked,
    records,
    registry,
    setting,
    signed_links,
    transaction,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .file_causes import P
from .file_models import Voice, Year
from .file_schemas import ANSWERS, YearSchema

YEAR = f"{P}year"
LINK, TABLET, TICKET = f"{P}voice", f"{P}voice_tablet", f"{P}voice_ticket"
CODES = tuple(code for code, _label in ANSWERS)
WAYS = ("link", "tablet", "paper")
STEPS = (("links_made", _l("Links for voters were made")), ("tablet_opened", _l("The tablet was opened for rating")),
         ("tablet_closed", _l("The tablet was closed")), ("paper_entered", _l("Paper slips were counted")))
TABLET_LENGTH, TICKET_LENGTH = timedelta(hours=12), timedelta(minutes=10)
MOST_OPEN = 2000
"""Links of one year that are given out and not used, at most."""

# Voices are noted in the ledger under a key of their own, so that hundreds do not bury the steps of the year. It has no pages and
# is no entity of the plugin.
VOICES = Entity(f"{P}voice", model=Year, schema=YearSchema, label=_l("Voices of voters"))


def begin(year_id: int) -> None:
    """Make the rows of a year, all nothing; inside the transaction of the publication. What an earlier one left goes."""
    Voice.delete().where(Voice.year_id == year_id).execute()
    insert_filled(Voice, [{"year_id": year_id, "way": way, "answer": code, "n": 0} for way in WAYS for code in CODES])


def counted(year_id: int) -> int:
    """How many voices came so far, in all ways."""
    return int(Voice.select(peewee.fn.COALESCE(peewee.fn.SUM(Voice.n), 0)).where(Voice.year_id == year_id).scalar())


def sums(year_id: int) -> dict[str, int]:
    """How often each answer was given. For the end of the rating only: nobody sees it before."""
    found = dict.fromkeys(CODES, 0)
    for code, n in Voice.select(Voice.answer, peewee.fn.SUM(Voice.n)).where(Voice.year_id == year_id).group_by(
            Voice.answer).tuples():
        found[code] = int(n)
    return found


def result(case: Any) -> tuple[dict[str, int] | None, str]:
    """(number by answer, "") of a rating that ended, or (None, why it is not shown)."""
    if case.votes is None:
        return None, _("The voices are counted when the rating has ended.")
    total, least = sum(case.votes.values()), int(setting(f"{P}rating_least", case.division_id))
    if total < least:
        return None, _("%(count)s voices came; at least %(least)s are needed to show them: fewer might tell who said what.",
                       count=total, least=least)
    return {code: int(case.votes.get(code, 0)) for code in CODES}, ""


# ---------------------------------------------------------------- giving out

def make_links(case: Any, count: int, actor: Actor, node: Node) -> list[str]:
    """Tokens of ``count`` links for one voice each; nobody can see them a second time.

    Raises ``Refused`` unless the year is published, ``Invalid`` for too many that are not used.
    """
    _open(case)
    waiting = signed_links.SignedLink.select().where(
        (signed_links.SignedLink.purpose == LINK) & (signed_links.SignedLink.entity == YEAR)
        & (signed_links.SignedLink.record_id == case.id) & signed_links.SignedLink.used_at.is_null()
        & signed_links.SignedLink.revoked_at.is_null()).count()
    if not 1 <= count <= MOST_OPEN - waiting:
        raise Invalid(_("No links were made."), errors={"count": [
            _("At most %(most)s links of a year may wait to be used; %(waiting)s do.", most=MOST_OPEN, waiting=waiting)]})
    ends = case.due if case.due is not None and case.due > local_day() else local_day()
    length = timedelta(days=(ends - local_day()).days + 1)
    with transaction():
        found = [signed_links.create(LINK, YEAR, case.id, expires=length) for _number in range(count)]
        records.note(registry().entity(YEAR), case, actor, node, "links_made", facts={"count": count})
    return found


def open_tablet(case: Any, actor: Actor, node: Node) -> str:
    """The token under which the tablet of a station takes voices for twelve hours; an earlier one ends. Raises ``Refused``."""
    _open(case)
    with transaction():
        signed_links.revoke(TABLET, YEAR, case.id)
        token = signed_links.create(TABLET, YEAR, case.id, expires=TABLET_LENGTH, once=False)
        records.note(registry().entity(YEAR), case, actor, node, "tablet_opened")
    return token


def close_tablet(case: Any, actor: Actor, node: Node) -> None:
    """End the tablet of a year: its page takes no voice any more."""
    with transaction():
        signed_links.revoke(TABLET, YEAR, case.id)
        signed_links.revoke(TICKET, YEAR, case.id)
        records.note(registry().entity(YEAR), case, actor, node, "tablet_closed")


def ticket(case: Any) -> str:
    """The token of one showing of the tablet's page: sent twice (a double tap, the way back) it counts once."""
    return signed_links.create(TICKET, YEAR, case.id, expires=TICKET_LENGTH)


def end_links(case: Any) -> None:
    """End every link, tablet and ticket of a year; inside the transaction of the step that ends the rating."""
    for purpose in (LINK, TABLET, TICKET):
        signed_links.revoke(purpose, YEAR, case.id)


# ---------------------------------------------------------------- voices

def year_of(link: Any, node: Node) -> Any:
    """The year of a link, at this address only. Raises ``NotFound`` elsewhere."""
    case = Year.get_or_none(Year.id == link.record_id) if link.entity == YEAR else None
    place = tree().get(case.division_id) if case is not None else None
    if case is None or place is None or not tree().covers(node, place):
        raise signed_links.invalid()
    return case


def voice_by_link(token: str, answer: str, node: Node) -> Any:
    """Take the voice of a link, which is used up with it; returns the year. When it is refused, the link stays as it was."""
    with transaction():
        case = year_of(signed_links.use(token, LINK), node)
        cast(case, "link", answer)
    return case


def voice_by_tablet(token: str, ticket_token: str, answer: str, node: Node) -> Any:
    """Take a voice on an open tablet, once for each showing of its page; returns the year."""
    with transaction():
        case = year_of(signed_links.find(token, TABLET), node)
        if year_of(signed_links.use(ticket_token, TICKET), node).id != case.id:
            raise signed_links.invalid()
        cast(case, "tablet", answer)
    return case


def enter_paper(case: Any, counts: Mapping[str, int], actor: Actor, node: Node) -> None:
    """Set what was counted on paper slips, in all. Raises ``Refused`` unless the year is published."""
    with transaction():
        _locked(case)
        for code in CODES:
            Voice.update(n=int(counts[code])).where(
                (Voice.year_id == case.id) & (Voice.way == "paper") & (Voice.answer == code)).execute()
        records.note(registry().entity(YEAR), case, actor, node, "paper_entered")


def check_answer(answer: str) -> None:
    """Raise ``Invalid`` for something that is none of the answers."""
    if answer not in CODES:
        raise Invalid(_("Your answer was not taken."), errors={"answer": [_("Choose one of the answers.")]})


def cast(case: Any, way: str, answer: str) -> None:
    """Add one voice to the sums of a year; inside the transaction that uses up what it came by. Raises ``Refused`` after the end.
    """
    check_answer(answer)
    place = tree().get(case.division_id)
    assert place is not None
    _locked(case)
    raised = peewee.Case(None, [((Voice.way == way) & (Voice.answer == answer), 1)], 0)
    Voice.update(n=Voice.n + raised).where(Voice.year_id == case.id).execute()
    records.note(VOICES, case, SYSTEM, place, "voice")


def _locked(case: Any) -> None:
    """Lock the year: voices follow one another, and none is counted after the end."""
    fresh = locked(Year.select().where(Year.id == case.id)).first()
    _open(fresh if fresh is not None else case)


def _open(case: Any) -> None:
    if case.state != "published":
        raise Refused(_("This year is not being rated."), getattr(case, "name", ""),
                      _("Voices are taken from its publication until the rating is ended."), code="not_open", status=410)
