"""The rates of suggestions: which letters of a counted row make the top and the bottom of each, and what is printed with it.

A row of ``Counted`` carries one letter for each thing that is true of it. A rate is the number of rows with all letters of
``top`` divided by the number of rows with all letters of ``bottom``; the letters of ``top`` contain those of ``bottom``, so no
rate is above 100 %. The page, REST, the appraisal and the tests read these declarations and nothing else.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from grid321.core.api import gettext, statistics
from grid321.core.api import lazy_gettext as _

COUNTS, ANSWERED, CLOSED, SOLVED, RATED, GOOD, MANNERS, GOOD_MANNERS, WISHED, MET, LIMITED, IN_TIME, DUE, KEPT = "nabsrgthwplidk"
"""n counts; a answered; b closed; s solved; r result rated; g good result; t attitude rated; h good attitude; w the deputy wishes
to be met; p met in every stage; l its limit tells; i answered in time; d promised day past or kept; k kept in time or later."""

LETTERS: Mapping[str, Any] = {
    COUNTS: _("counts"), ANSWERED: _("answered"), CLOSED: _("written off or closed"), SOLVED: _("counts as solved"),
    RATED: _("result rated"), GOOD: _("satisfied with the result"), MANNERS: _("attitude rated"),
    GOOD_MANNERS: _("satisfied with the attitude"), WISHED: _("wishes to be met"), MET: _("met in every stage"),
    LIMITED: _("the limit tells"), IN_TIME: _("in time"), DUE: _("promised day past"), KEPT: _("promise kept")}

LEFT_OUT: Mapping[str, Any] = {
    "reference": _("for reference only: needs no reply"), "withdrawn": _("withdrawn"), "refused": _("not filed"),
    "joined": _("carried by another"), "ended": _("given up by agreement")}

NO_OTHERS = _("Without suggestions that are withdrawn, not filed, carried by another, or for reference only")
CUTOFF = _("Handed over in the year; what happened up to today, by the database's clock")


@dataclass(frozen=True)
class Rate:
    """One rate: what it counts (``kind`` of rows of divisions; ``of_units`` those of units) and how it is explained."""

    key: str
    label: Any
    top: frozenset[str]
    bottom: frozenset[str]
    formula: Any
    exclusions: Any
    kind: str = "suggestion"
    of_units: str = "unit"

    def kind_for(self, units: bool) -> str:
        """The kind of rows that are counted: of units, or of the division as a whole."""
        return self.of_units if units else self.kind


def _rate(key: str, label: Any, top: str, bottom: str, formula: Any, exclusions: Any, **rest: str) -> Rate:
    return Rate(key, label, frozenset(bottom + top), frozenset(bottom), formula, exclusions, **rest)


RATES = (
    _rate("answered", _("Answered rate"), ANSWERED, COUNTS,
          _("Suggestions with a written reply ÷ suggestions handed over"), NO_OTHERS),
    _rate("in_time", _("In-time rate"), IN_TIME, COUNTS + LIMITED,
          _("Replies on or before the last day ÷ suggestions that are answered or whose last day is past"),
          _("Without suggestions that still have time, and those left out of the answered rate")),
    _rate("closed", _("Closed rate"), CLOSED, COUNTS,
          _("Suggestions closed, solved or not ÷ suggestions handed over"), NO_OTHERS),
    _rate("done", _("Done rate"), SOLVED, COUNTS + ANSWERED,
          _("Replies with an outcome class that counts as solved ÷ suggestions with a reply"),
          _("Without suggestions that have no reply. What was only explained is not solved.")),
    _rate("satisfied", _("Satisfied rate"), GOOD, COUNTS + RATED,
          _("Receipt cards “satisfied” or “basically satisfied” with the result ÷ receipt cards returned"),
          _("Without suggestions whose card is not returned; after a second handling the second card counts")),
    _rate("attitude", _("Satisfied with the attitude"), GOOD_MANNERS, COUNTS + MANNERS,
          _("Receipt cards “satisfied” or “basically satisfied” with the attitude ÷ receipt cards returned"),
          _("Without suggestions whose card is not returned; after a second handling the second card counts")),
    _rate("met", _("Met rate"), MET, COUNTS + ANSWERED + WISHED,
          _("Suggestions with a record of meeting the deputy before, during and after the handling ÷ suggestions with a reply"),
          _("Without suggestions that have no reply, and those whose deputy wished no meeting")),
    _rate("carried_out", _("Carried-out rate"), KEPT, DUE,
          _("Promises kept ÷ promises whose day is past or that are kept"),
          _("Without promises that still have time, and those given up by agreement"), kind="commitment", of_units="commitment"),
)
BY_KEY: Mapping[str, Rate] = {rate.key: rate for rate in RATES}


def counted(rate: Rate, bag: Mapping[str, int], minimum: int) -> statistics.Percentage:
    """The two numbers of a rate from ``bag`` (letters of a row → number of rows). ``minimum``: least bottom that is compared."""
    top = sum(n for marks, n in bag.items() if rate.top <= set(marks))
    bottom = sum(n for marks, n in bag.items() if rate.bottom <= set(marks))
    return statistics.Percentage(top, bottom, minimum)


def all_counted(bags: Mapping[str, Mapping[str, int]], minimum: int, *, units: bool = False) -> dict[str, statistics.Percentage]:
    """Every rate by key. ``bags`` gives, by kind of row, letters → number of rows."""
    return {rate.key: counted(rate, bags.get(rate.kind_for(units), {}), minimum) for rate in RATES}


def shown(found: statistics.Percentage) -> str:
    """A rate in figures: 58.06 %, or 3 of 4 where the bottom is too small to be compared, or a dash without any."""
    if found.value is None:
        return "–"
    if found.small:
        return gettext("%(top)s of %(bottom)s", top=found.top, bottom=found.bottom)
    return f"{found.value} %"


def brief(found: statistics.Percentage) -> str:
    """The same for a cell of a table: 58.06 %, or 3/4 where the bottom is too small to be compared."""
    if found.value is None:
        return "–"
    return f"{found.top}/{found.bottom}" if found.small else f"{found.value} %"


def rounding_note(found: statistics.Percentage) -> str:
    """What cutting after two decimals instead of rounding would print, where that differs; else an empty text.

    Published reports use both ways (domain §8), so a difference of one hundredth need not be a mistake.
    """
    if found.small or found.value == found.truncated:
        return ""
    return gettext("Cut after two decimals it would be %(value)s %%.", value=found.truncated)


def ranks(found: Mapping[int, statistics.Percentage]) -> dict[int, int]:
    """id → rank of those with enough counted, best first; equal values share a rank and the next one is left out (1, 1, 3).

    Values are compared as exact fractions, not as they are rounded.
    """
    exact = {key: (one.top, one.bottom) for key, one in found.items() if not one.small and one.bottom}
    return {key: 1 + sum(other_top * bottom > top * other_bottom for other_top, other_bottom in exact.values())
            for key, (top, bottom) in exact.items()}


def share(top: int, bottom: int, weight: int) -> int:
    """Hundredths of points for ``top`` of ``bottom`` when all of it is worth ``weight`` points; rounded half up.

    ``bottom`` must not be 0.
    """
    return int((Decimal(100 * weight * top) / bottom).quantize(Decimal(1), ROUND_HALF_UP))


def joined(bags: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Several bags as one."""
    found: dict[str, int] = {}
    for bag in bags:
        for marks, n in bag.items():
            found[marks] = found.get(marks, 0) + n
    return found
