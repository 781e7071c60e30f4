"""What in a text looks like personal data, and where: for whatever is about to be read by everybody.

Nothing here touches the database. The finds name line and column and never repeat what was found, so that the message of a
refusal can be shown, logged and translated without giving away what it keeps from the public.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from . import identity
from .i18n import lazy_gettext as _l

NUMBERS = ("mobile", "identity", "card", "mail")
"""What never stands in a published text."""
HOME = ("landline", "house")
"""What tells where somebody lives or is reached; a text about a place or an office may rightly hold it."""


@dataclass(frozen=True)
class Mark:
    """One find: its kind, what it looks like in words, and where it begins. Lines and columns count from 1."""

    kind: str
    what: Any
    line: int
    column: int
    length: int


def _identity(text: str) -> bool:
    try:
        identity.id_number(re.sub(r"[ \t.·-]", "", text))
    except ValueError:
        return False
    return True


def _old_identity(text: str) -> bool:
    """True for fifteen digits that begin with a region and hold a day, as the cards given out until 2004 had them."""
    digits = re.sub(r"\D", "", text)
    try:
        date(1900 + int(digits[6:8]), int(digits[8:10]), int(digits[10:12]))
    except ValueError:
        return False
    return digits[0] in "12345678"


def _luhn(text: str) -> bool:
    """True for the right check digit of a bank card (ISO/IEC 7812-1); groups of four years have one only by chance."""
    digits = [int(one) for one in reversed(re.sub(r"\D", "", text))]
    return sum(one if place % 2 == 0 else sum(divmod(2 * one, 10)) for place, one in enumerate(digits)) % 10 == 0


_COUNT = r"(?:\d{1,4}|[一二三四五六七八九十百]{1,5})"
_GAP = "[ .·-]"
"""What people write between the groups of a number; every dash is the short one by then."""
_SPOKEN = "〇零一二三四五六七八九"
_SHAPES: tuple[tuple[str, Any, re.Pattern[str], Callable[[str], bool] | None], ...] = (
    ("mobile", _l("a mobile telephone number"),
     re.compile(rf"(?<!\d)(?:\+?86{_GAP}?)?1[3-9]\d(?:{_GAP}?\d{{4}}){{2}}(?!\d)"
                rf"|(?<![\d.])1[3-9]\d{_GAP}\d{{3}}{_GAP}\d{{5}}(?!\d)"
                rf"|(?<!\d)(?<!\d[ -])1[ -][3-9](?:[ -]\d){{9}}(?![ -]?\d)"
                rf"|(?<![{_SPOKEN}])一[三四五六七八九][{_SPOKEN}]{{9}}(?![{_SPOKEN}十百千万])"), None),
    ("identity", _l("an identity number"),
     re.compile(rf"(?<!\d)(?:\d{{17}}[\dXx]|\d{{6}}{_GAP}\d{{8}}{_GAP}\d{{3}}[\dXx])(?![\dXx])"), _identity),
    ("identity", _l("an identity number"),  # in any groups, with no other digits beside it
     re.compile(r"(?<!\d)(?<!\d[ \t-])\d(?:[ \t-]{0,2}\d){16}[ \t-]{0,2}[\dXx](?![ \t-]?[\dXx])"), _identity),
    ("identity", _l("an identity number"), re.compile(r"(?<!\d)(?:\d{15}|\d{6}[ \t-]\d{6}[ \t-]\d{3})(?!\d)"), _old_identity),
    ("identity", _l("an identity number"), re.compile(r"(?<!\d)\d{17}[Xx](?![\dXx])"), None),
    ("card", _l("the number of a bank card"), re.compile(r"(?<!\d)\d{16,19}(?!\d)"), None),
    ("card", _l("the number of a bank card"), re.compile(r"(?<!\d)\d{4}(?:[ -]\d{4}){3}(?:[ -]?\d{1,3})?(?!\d)"), _luhn),
    ("mail", _l("an e-mail address"), re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), None),
    ("landline", _l("a telephone number"), re.compile(r"(?<!\d)(?:\(0\d{2,3}\)|0\d{2,3})[ -]?\d{3,4}[ -]?\d{4}(?!\d)"), None),
    ("house", _l("a house number"),
     re.compile(rf"(?<=[路街巷弄里道村组区苑院园寨湾]){_COUNT}(?:[-之]\d{{1,3}})?\s?号(?![线文令公楼])"
                rf"|{_COUNT}\s?(?:号楼|[幢栋座])\s?{_COUNT}\s?(?:单元|[层楼室户])"
                rf"|{_COUNT}\s?单元|(?<!\d)\d{{3,4}}\s?室"), None),
)


def marks(text: str | None, kinds: Iterable[str] = NUMBERS, names: Iterable[str] = ()) -> list[Mark]:
    """What in ``text`` looks like personal data of ``kinds``, or is one of ``names``, in the order of the text.

    ``names`` are texts that must not be there (names and telephone numbers of residents); one of a single character is passed
    over, because it would be found everywhere. Full-width digits and invisible characters hide nothing.
    """
    plain, origin = _plain(text or "")
    wanted, found = frozenset(kinds), []
    for kind, what, shape, fits in _SHAPES:
        if kind in wanted:
            found += [(one.start(), one.end(), kind, what) for one in shape.finditer(plain) if fits is None or fits(one[0])]
    for name in dict.fromkeys(_plain(one)[0].strip() for one in names):
        if len(name) > 1:
            found += [(one.start(), one.end(), "name", _l("the name or number of a resident"))
                      for one in re.finditer(re.escape(name), plain)]
    kept: list[Mark] = []
    last = 0
    for start, end, kind, what in sorted(found, key=lambda one: (one[0], -one[1])):
        if start >= last:  # an identity number holds what looks like other numbers
            kept.append(_at(text or "", origin[start], origin[end - 1] + 1, kind, what))
            last = end
    return kept


def _plain(text: str) -> tuple[str, list[int]]:
    """``text`` in compatibility form, every dash the short one, without invisible characters, and where each character stood."""
    plain: list[str] = []
    origin: list[int] = []
    for place, one in enumerate(text):
        if unicodedata.category(one) == "Cf":
            continue
        for part in unicodedata.normalize("NFKC", one):
            plain.append("-" if unicodedata.category(part) == "Pd" or part == "−" else part)
            origin.append(place)
    return "".join(plain), origin


def _at(text: str, start: int, end: int, kind: str, what: Any) -> Mark:
    line = text.count("\n", 0, start) + 1
    return Mark(kind, what, line, start - (text.rfind("\n", 0, start) + 1) + 1, end - start)
