"""Says how a printed number stands to the number that is counted: equal, rounded, truncated or contradictory.

Reports print shares with two decimals, and do not say how they got them. The counted share is kept as a fraction, so that
nothing is lost before it is compared. The words are those of domain §8.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

EQUAL, ROUNDED, TRUNCATED, CONTRADICTORY = "equal", "rounded", "truncated", "contradictory"


@dataclass(frozen=True)
class Compared:
    """One printed number beside the counted one. ``shown`` is what the platform prints, ``why`` explains a difference."""

    what: str
    printed: str
    shown: str
    verdict: str
    why: str = ""

    def line(self) -> str:
        """The row of the table in docs/dashboards.md."""
        return f"| {self.what} | {self.printed} | {self.shown} | {self.verdict} | {self.why} |"


def as_printed(counted: Fraction, places: int, rounding: str) -> Decimal:
    """``counted`` with ``places`` decimals, rounded as the mode of ``decimal`` says, without a detour over floats."""
    scale = 10 ** places
    whole, rest = divmod(counted.numerator * scale, counted.denominator)
    exact = Decimal(whole)
    if rest and (rounding == ROUND_UP or (rounding == ROUND_HALF_UP and 2 * rest >= counted.denominator)):
        exact += 1
    return exact / scale


def verdict_of(printed: str, counted: Fraction) -> str:
    """How the printed number stands to the counted one, which is not negative.

    Equal: exactly this number. Rounded: half up to the printed decimals, also where cutting gives the same. Truncated: cut
    after them, where rounding would give another. Contradictory: neither way leads there.
    """
    number = Decimal(printed)
    if Fraction(number) == counted:
        return EQUAL
    places = -int(number.as_tuple().exponent)
    if number == as_printed(counted, places, ROUND_HALF_UP):
        return ROUNDED
    return TRUNCATED if number == as_printed(counted, places, ROUND_DOWN) else CONTRADICTORY


def compared(what: str, printed: str, counted: Fraction | int, shown: str = "", why: str = "") -> Compared:
    """A printed number beside the counted one; ``shown`` defaults to the counted number as it is written."""
    exact = Fraction(counted)
    return Compared(what, printed, shown or str(exact), verdict_of(printed, exact), why)


def why_shares_differ(printed: dict[str, str], counted: dict[str, int]) -> dict[str, str]:
    """Why printed shares in per cent contradict the counts they come from: a sentence for each class that does.

    Shares that are rounded one by one seldom add up to 100. Whoever then moves one until they do prints a number that no
    rule of rounding gives.
    """
    total = sum(counted.values())
    exact = {name: Fraction(100 * n, total) for name, n in counted.items()}
    wrong = [name for name in printed if verdict_of(printed[name], exact[name]) == CONTRADICTORY]
    sum_printed = sum(map(Decimal, printed.values()), Decimal(0))
    sum_rounded = sum((as_printed(exact[name], 2, ROUND_HALF_UP) for name in printed), Decimal(0))
    found = {}
    for name in wrong:
        off = Decimal(printed[name]) - as_printed(exact[name], 2, ROUND_HALF_UP)
        if sum_printed == 100 and sum_rounded + off == 100:
            found[name] = (f"{counted[name]}/{total} is {float(exact[name]):.4f} %; moved by {off:+} so that the shares add up "
                           f"to 100.00, which rounded one by one they do not ({sum_rounded})")
        else:
            found[name] = f"{counted[name]}/{total} is {float(exact[name]):.4f} %"
    return found
