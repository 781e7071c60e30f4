"""A printable form as a list of parts. One description gives the page to print (`sheet_html`) and the Word file (`sheet_docx`).

Texts are Jinja: ``"{{ texts.number }}"`` stands for a value, everything else for itself; a lazily translated text becomes the
words of the language in use. Expressions of `Each` and `When` are Jinja expressions. Lengths are millimetres. What the values
hold is the business of the document (``entity.Document``): a sheet knows no record.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Words = Any
"""A str, a lazily translated text, or a tuple of both, which are joined."""


@dataclass(frozen=True)
class Page:
    """Paper: its size and margins in millimetres, and how the pages are numbered (``count``: page of pages, ``dash``: — 2 —).

    ``pitch``: points between two lines of a text laid on a grid of lines, 0 for tables and single lines. ``official``: the
    letter layout of GB/T 9704-2012 part 10, with letterhead, red double lines and no number on the first page. ``zoom``: how
    much larger than in a form the characters are, for what hangs on a wall.
    """

    width: float = 210
    height: float = 297
    top: float = 20
    right: float = 20
    bottom: float = 18
    left: float = 22
    numbers: str = "count"
    pitch: float = 0
    official: bool = False
    zoom: float = 1

    @property
    def inside(self) -> float:
        """Width between the margins."""
        return self.width - self.left - self.right


FORM = Page()
"""A4 upright, for tables and slips."""
WIDE = Page(width=297, height=210, top=20, right=18, bottom=16, left=18)
"""A4 lying, for ledgers and lists."""
BOARD = Page(width=297, height=420, top=20, right=22, bottom=18, left=22, zoom=1.6)
"""A3 upright with large characters, to hang up and read from two steps away. Printers that have no A3 make it smaller
(``board.css``)."""
NOTICE = Page(top=30, right=25, bottom=25, left=25, zoom=1.35)
"""A4 upright with large characters, for a notice at the door (``poster.css``)."""
LETTER = Page(top=37, right=26, bottom=35, left=28, numbers="dash", pitch=28.95, official=True)
"""GB/T 9704-2012: text area 156 × 225 mm, 22 lines a page; part 10: letter layout."""
FOOT_CODE = 16
"""Millimetres of the code of a record at the foot of its form: a telephone reads it from a hand's breadth."""
LETTERHEAD_SIZES = (("", 11, 36), ("long", 16, 26), ("longer", 0, 20))
"""How large a letterhead is: class of the page, most characters (0: any number), points."""
SIGNED_FROM = 71.3
"""Where the name of the office that signs a letter may begin: its middle is then that of a day that ends four characters from
the right."""
SIGNED_LENGTH = 15
"""Characters that fit there; a longer name ends at the right edge."""


@dataclass(frozen=True)
class Title:
    """The name of the form in the middle of the line."""

    text: Words


@dataclass(frozen=True)
class Heading:
    """A heading inside the form."""

    text: Words


@dataclass(frozen=True)
class Line:
    """One line with something at its left and its right end."""

    left: Words
    right: Words = ""


@dataclass(frozen=True)
class Text:
    """One paragraph. ``style``: plain, note (small), to (whom a letter speaks to), body (first line drawn in), aside (a remark
    below the day of a letter), right, middle.

    ``keep``: on the same page as the paragraph after it, so that a signature never stands alone.
    """

    text: Words
    style: str = "plain"
    keep: bool = False


@dataclass(frozen=True)
class Body:
    """A long text, one paragraph for each of its lines. ``value`` is a Jinja expression."""

    value: str
    style: str = "body"


@dataclass(frozen=True)
class Sign:
    """Room for a signature or a seal, and for the day."""

    label: Words
    day: Words = ""


@dataclass(frozen=True)
class Signed:
    """Who signs an official letter, and the day below: four characters from the right, with room for the seal over both.

    ``office`` is a Jinja expression.
    """

    office: str
    day: Words


@dataclass(frozen=True)
class Foot:
    """The last line of a form, and beside it the QR code of its record, for whoever enters what comes back on paper."""

    text: Words


@dataclass(frozen=True)
class Gap:
    """Empty lines. ``keep``: on the same page as what follows."""

    lines: int = 1
    keep: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture from a value made by ``documents.qr``; nothing where there is none."""

    value: str
    size: float = 28


@dataclass(frozen=True)
class Cell:
    """A cell: one text or several parts. ``head``: it names the others. ``align``: left, middle, right."""

    content: Any
    span: int = 1
    head: bool = False
    align: str = ""
    top: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table. ``tall``: least height. ``whole``: not torn apart by the end of a page. ``head``: again on each page."""

    cells: Sequence[Cell]
    tall: float = 0
    whole: bool = True
    head: bool = False


@dataclass(frozen=True)
class Table:
    """A table: the widths of its columns, and rows, or rows within `Each` and `When`."""

    widths: Sequence[float]
    rows: Sequence[Any]


@dataclass(frozen=True)
class Each:
    """The parts once for each item: ``Each("step in steps", …)``."""

    loop: str
    parts: Sequence[Any]


@dataclass(frozen=True)
class When:
    """The parts where the expression holds, else ``otherwise``."""

    test: str
    parts: Sequence[Any]
    otherwise: Sequence[Any] = ()


@dataclass(frozen=True)
class Break:
    """A new page."""


@dataclass(frozen=True)
class Sheet:
    """A form: its parts on a page. ``letterhead``: the name at the head of an official letter."""

    parts: Sequence[Any]
    page: Page = FORM
    letterhead: Words = ""


def has_foot(parts: Sequence[Any]) -> bool:
    """True where a `Foot` stands among the parts, so that the form needs the code of its record."""
    return any(isinstance(part, Foot) or has_foot((*getattr(part, "parts", ()), *getattr(part, "otherwise", ())))
               for part in parts)


def head(text: Words, span: int = 1) -> Cell:
    """A cell that names the cells beside or below it."""
    return Cell(text, span, head=True)


def facts(*pairs: tuple[Words, Words]) -> Row:
    """A row of names and values in turn, for tables with two columns per pair."""
    return Row(tuple(cell for name, value in pairs for cell in (head(name), Cell(value))))


def heads(*names: Words) -> Row:
    """The row that names the columns of a table, again on each page."""
    return Row(tuple(map(head, names)), head=True)


def words(text: Words) -> str:
    """The text in the language in use."""
    return "".join(map(words, text)) if isinstance(text, tuple) else str(text)
