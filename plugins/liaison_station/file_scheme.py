"""Schemes of scoring as data. The rules of 2026 (国办函〔2026〕12号, domain §9) forbid points without a legal basis, so a scheme
scores nothing before its basis and its end are recorded, nor outside these days. Points are for deeds, never for logins or time.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from grid321.core.api import Entity, Node, Refused, format_day, local_day, snapshot
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .file_causes import KINDS, P
from .file_models import Scheme
from .file_schemas import SchemeSchema

MOST_POINTS, MOST_ITEMS = Decimal(1000), 40


@dataclass(frozen=True)
class Item:
    """Points of each deed of a kind, and the most that count."""

    kind: str
    points: Decimal
    cap: Decimal


def items_of(text: str) -> list[Item]:
    """The items of a scheme, one in a line: key of the kind, points, cap. Raises ``ValueError`` with the words for the person."""
    found: dict[str, Item] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        parts = line.split()
        if not parts:
            continue
        try:
            kind, points, cap = parts[0], *(Decimal(part) for part in parts[1:])
        except (InvalidOperation, ValueError):
            raise ValueError(_("Line %(line)s: write a kind, its points and the most that count.", line=number)) from None
        if kind in found:
            raise ValueError(_("Line %(line)s: %(kind)s is there twice.", line=number, kind=kind))
        if not all(one.is_finite() and 0 <= one <= MOST_POINTS for one in (points, cap)) or points > cap:
            raise ValueError(_("Line %(line)s: points are between 0 and %(most)s, and not more than the most that count.",
                               line=number, most=MOST_POINTS))
        found[kind] = Item(kind, points, cap)
    if not 1 <= len(found) <= MOST_ITEMS:
        raise ValueError(_("Write between 1 and %(most)s lines.", most=MOST_ITEMS))
    return list(found.values())


def check_scheme(data: dict[str, Any], record: Any, node: Node) -> dict[str, list[str]]:
    """Every line names a kind of deed; a basis and an end come together; the end is not before the beginning, nor past."""
    errors: dict[str, list[str]] = {}
    if "items" in data:
        known = snapshot().classes.labels(KINDS.key, node)
        try:
            unknown = [item.kind for item in items_of(data["items"]) if item.kind not in known]
            if unknown:
                errors["items"] = [_("%(kind)s is no kind of deed. Known are: %(known)s.", kind=unknown[0],
                                     known=", ".join(known))]
        except ValueError as problem:
            errors["items"] = [str(problem)]
    basis, first, last = (data.get(name, getattr(record, name, None)) for name in ("basis", "from_day", "to_day"))
    if basis and last is None:
        errors["to_day"] = [_("Enter the last day on which this basis holds. A basis without end is not accepted.")]
    if basis and first is None:
        errors["from_day"] = [_("Enter the first day on which this basis holds.")]
    if last is not None and not basis:
        errors["basis"] = [_("Name the document that orders the scoring, with its number.")]
    if first is not None and last is not None and last < first:
        errors["to_day"] = [_("The end is before the beginning.")]
    elif "to_day" in data and last is not None and last < local_day():
        errors["to_day"] = [_("This day is past: the basis does not hold any more.")]
    return errors


def why_off(scheme: Any, today: date) -> str:
    """Why nothing may be scored by a scheme today, in words; empty when it may."""
    if not scheme.basis or scheme.from_day is None or scheme.to_day is None:
        return _("This scheme is off: no legal basis with an end day is recorded.")
    if today < scheme.from_day:
        return _("This scheme is off: its legal basis holds from %(day)s.", day=format_day(scheme.from_day))
    if today > scheme.to_day:
        return _("This scheme is off: its legal basis held until %(day)s.", day=format_day(scheme.to_day))
    return ""


def score(scheme: Any, figures: Mapping[str, int]) -> Decimal:
    """The points of a year by its figures (number by kind of deed). Raises ``Refused`` while the scheme is off."""
    off = why_off(scheme, local_day())
    if off:
        raise Refused(off, scheme.title, _("Record the document that orders the scoring and its end."), code="scheme_off")
    return sum((min(item.points * figures.get(item.kind, 0), item.cap) for item in items_of(scheme.items)), Decimal(0))


SCHEME = Entity(
    f"{P}scheme", Scheme, SchemeSchema, _l("Schemes of scoring"), columns=("title", "division", "basis", "from_day", "to_day"),
    search=("title", "basis"), title="title", actions=("create", "edit", "delete", "export"), icon="sliders", menu=None,
    levels=("county", "town"), check=check_scheme,
    description=_l("Off until a legal basis and its end are recorded. Points are for deeds, never for logins or time."))
