"""A `sheet` as a Word template: the values are still Jinja tags, so that a county can open it in Word and change it.

Whole paragraphs and rows are repeated or left out by ``{%p …%}`` and ``{%tr …%}``, as docxtpl reads them.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from .docx_parts import RED, package, twips
from .sheet import (
    FOOT_CODE,
    LETTERHEAD_SIZES,
    SIGNED_FROM,
    SIGNED_LENGTH,
    Body,
    Break,
    Cell,
    Each,
    Foot,
    Gap,
    Heading,
    Line,
    Page,
    Picture,
    Row,
    Sheet,
    Sign,
    Signed,
    Table,
    Text,
    Title,
    When,
    Words,
    words,
)
from .sheet_html import is_words

_HINT = '<w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr>'  # quotation marks and dashes as wide as in Chinese
_STYLES = {"plain": "Normal", "note": "Note", "to": "LetterTo", "body": "LetterBody", "aside": "LetterAside"}
_END = '<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/></w:pPr></w:p>'
_KEEP = "<w:keepNext/>"
_SIDES = ("top", "left", "bottom", "right")


def template(sheet: Sheet, title: str) -> bytes:
    """The .docx template of a sheet in the language in use. ``title`` becomes the title of the file."""
    page = sheet.page
    edges = _edges(sheet)
    return package(_parts(sheet.parts, page) + _section(page, edges), page, title, edges)


def run(text: Words, more: str = "") -> str:
    """A run of text. ``more``: properties of its own."""
    properties = f'<w:rPr><w:rFonts w:hint="eastAsia"/>{more}</w:rPr>'
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(words(text))}</w:t></w:r>'


def paragraph(inner: str, style: str = "Normal", more: str = "") -> str:
    """A paragraph of runs in a style. ``more``: properties of its own, in the order of the schema."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>{inner}</w:p>'


def _parts(parts: Sequence[Any], page: Page, normal: str = "Normal") -> str:
    made = ""
    for place, part in enumerate(parts):
        if isinstance(part, Table) and place and isinstance(parts[place - 1], Table):
            made += _END  # two tables that touch become one
        made += _part(part, page, normal)
    return made


def _part(part: Any, page: Page, normal: str) -> str:
    match part:
        case Title(text):
            return paragraph(run(text), "Title")
        case Heading(text):
            return paragraph(run(text), "Heading1")
        case Line(left, right):
            tab = f'<w:tabs><w:tab w:val="right" w:pos="{twips(page.inside)}"/></w:tabs>'
            end = f"<w:r><w:tab/></w:r>{run(right)}" if words(right) else ""
            return paragraph(run(left) + end, "FormLine", tab)
        case Text(text, style, keep):
            side = {"right": _side("right"), "middle": _side("center")}.get(style, "")
            own = normal if style in {"plain", "right", "middle"} else _STYLES[style]
            return paragraph(run(text), own, _KEEP + side if keep else side)
        case Body(value, style):
            inner = paragraph(run("{{ line }}"), normal if style == "plain" else _STYLES[style])
            return _around(f"for line in ({value})|lines", inner)
        case Sign(label, day):
            return paragraph(run((label, "　" * 4, day)), "Sign")
        case Signed(office, day):
            return _signed(office, day)
        case Foot(text):
            return _END + _foot(text, page)
        case Gap(lines, keep):
            return paragraph("", normal, _KEEP if keep else "") * lines
        case Picture(value, size):
            drawn = run(f"{{{{ ({value})|picture({size}) }}}}")
            return _around(f"if {value}", paragraph(drawn, normal, _side("center")))
        case Break():
            return paragraph('<w:r><w:br w:type="page"/></w:r>')
        case Table():
            return _table(part, page)
        case Each(loop, parts):
            return _around(f"for {loop}", _parts(parts, page, normal))
        case When(test, parts, otherwise):
            other = paragraph(run("{%p else %}")) + _parts(otherwise, page, normal) if otherwise else ""
            return _around(f"if {test}", _parts(parts, page, normal) + other)
    raise TypeError(f"not a part of a sheet: {part!r}")


def _signed(office: str, day: Words) -> str:
    """The day four characters from the right; the office above it, with the same middle as far as its length allows."""
    name = run(f"{{{{ {office} }}}}")
    middle = f'{_KEEP}<w:ind w:left="{twips(SIGNED_FROM)}"/>{_side("center")}'
    end = f'<w:ind w:rightChars="400" w:right="1280"/>{_side("right")}'
    return "".join((
        paragraph(run("{%p if " + f"({office})|length <= {SIGNED_LENGTH}" + " %}")), paragraph(name, "LetterTo", middle),
        paragraph(run("{%p else %}")), paragraph(name, "LetterTo", _KEEP + _side("right")),
        paragraph(run("{%p endif %}")), paragraph(run(day), "LetterTo", end)))


def _foot(text: Words, page: Page) -> str:
    """A table without lines: the note at the left, the code at the right."""
    code = Picture("record_code", FOOT_CODE)
    row = Row((Cell((Text(text, "note"),), top=True), Cell((code,))))
    return _table(Table((page.inside - 26, 26), (row,)), page, lines=False)


def _side(word: str) -> str:
    return f'<w:jc w:val="{word}"/>'


def _around(tag: str, inner: str) -> str:
    return f"{paragraph(run('{%p ' + tag + ' %}'))}{inner}{paragraph(run('{%p end' + tag.partition(' ')[0] + ' %}'))}"


# ---------------------------------------------------------------- tables

def _table(table: Table, page: Page, lines: bool = True) -> str:
    widths = [twips(one * page.inside / sum(table.widths)) for one in table.widths]
    drawn = "".join(f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="000000"/>' for side, size in (
        *((side, 10) for side in _SIDES), ("insideH", 4), ("insideV", 4)))
    edges = f"<w:tblBorders>{drawn}</w:tblBorders>" if lines else ""
    high = 55 if page.width <= page.height else 45  # room to write by hand in a form, closer in a ledger
    room = "".join(f'<w:{side} w:w="{size}" w:type="dxa"/>' for side, size in zip(_SIDES, (high, 90, high, 90), strict=True))
    columns = "".join(f'<w:gridCol w:w="{one}"/>' for one in widths)
    return (f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
            f'{edges}<w:tblLayout w:type="fixed"/>'
            f'<w:tblCellMar>{room}</w:tblCellMar></w:tblPr><w:tblGrid>{columns}</w:tblGrid>'
            f"{''.join(_rows(one, widths, page) for one in table.rows)}</w:tbl>")


def _rows(part: Any, widths: list[int], page: Page) -> str:
    match part:
        case Row(cells, tall, whole, first):
            height = f'<w:trHeight w:val="{twips(tall)}" w:hRule="atLeast"/>' if tall else ""
            inner, place = "", 0
            for cell in cells:
                inner += _cell(cell, sum(widths[place:place + cell.span]), page, first)
                place += cell.span
            return (f"<w:tr><w:trPr>{'<w:cantSplit/>' if whole else ''}{height}{'<w:tblHeader/>' if first else ''}</w:trPr>"
                    f"{inner}</w:tr>")
        case Each(loop, parts):
            return _tag_row(f"for {loop}") + "".join(_rows(one, widths, page) for one in parts) + _tag_row("endfor")
        case When(test, parts, otherwise):
            other = [_tag_row("else"), *(_rows(one, widths, page) for one in otherwise)] if otherwise else []
            return "".join((_tag_row(f"if {test}"), *(_rows(one, widths, page) for one in parts), *other, _tag_row("endif")))
    raise TypeError(f"not a row of a table: {part!r}")


def _tag_row(tag: str) -> str:
    return f"<w:tr><w:tc><w:tcPr/>{paragraph(run('{%tr ' + tag + ' %}'), 'TableText')}</w:tc></w:tr>"


def _cell(cell: Cell, width: int, page: Page, first: bool) -> str:
    style = "TableHead" if cell.head else "TableText"
    side = {"left": _side("left"), "middle": _side("center"), "right": _side("right")}.get(cell.align, "")
    if is_words(cell.content):
        inner = paragraph(run(cell.content), style, (_KEEP if first else "") + side)  # heads never stand alone at a page's end
    else:
        inner = _parts(cell.content, page, style)
        if isinstance(cell.content[-1], (Each, When, Body, Picture, Table)):
            inner += _END  # a cell must end with a paragraph whatever the tags leave
    span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
    place = "top" if cell.top else "center"
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}<w:vAlign w:val="{place}"/></w:tcPr>{inner}</w:tc>'


# ---------------------------------------------------------------- page, head and foot

def _section(page: Page, edges: dict[str, str]) -> str:
    """Paper, margins, the grid of lines, and which head and foot stands on which pages."""
    names = {"header1": ("header", "first"), "header2": ("header", "default"), "header3": ("header", "even"),
             "footer1": ("footer", "first"), "footer2": ("footer", "default"), "footer3": ("footer", "even")}
    shown = "".join(f'<w:{names[one][0]}Reference w:type="{names[one][1]}" r:id="{one}"/>' for one in edges)
    lying = ' w:orient="landscape"' if page.width > page.height else ""
    margins = "".join(f' w:{side}="{twips(getattr(page, side))}"' for side in ("top", "right", "bottom", "left"))
    grid = ""
    if page.pitch:
        grid = f'<w:docGrid w:type="lines" w:linePitch="{round(page.pitch * 20)}"/>'
    header, footer = (twips(30), twips(20)) if page.official else (twips(10), twips(10))
    return (f'<w:sectPr>{shown}<w:pgSz w:w="{twips(page.width)}" w:h="{twips(page.height)}"{lying}/>'
            f'<w:pgMar{margins} w:header="{header}" w:footer="{footer}" w:gutter="0"/>'
            f"{'<w:titlePg/>' if page.official else ''}{grid}</w:sectPr>")


def _field(code: str) -> str:
    return f'<w:fldSimple w:instr=" {code} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'


def _edges(sheet: Sheet) -> dict[str, str]:
    if not sheet.page.official:
        count = f'{run("– ")}{_field("PAGE")}{run(" / ")}{_field("NUMPAGES")}{run(" –")}'
        return {"footer2": paragraph(count, "Footer")}
    number = f'{run("— ")}{_field("PAGE")}{run(" —")}'
    # The number begins 7 mm below the text (35 mm from the edge): 20 mm foot, 5 mm of its own height, 3 mm below it.
    low = '<w:spacing w:before="0" w:after="170" w:line="240" w:lineRule="auto"/>'
    beside = [f'<w:ind w:{side}Chars="100" w:{side}="280"/>{_side(side)}' for side in ("right", "left")]
    return {"header1": _letterhead(sheet.letterhead), "header2": paragraph("", "Footer"), "header3": paragraph("", "Footer"),
            "footer1": _rule("bottom", "thinThickSmallGap", 0), "footer2": paragraph(number, "Footer", low + beside[0]),
            "footer3": paragraph(number, "Footer", low + beside[1])}


def _rule(side: str, kind: str, before: float) -> str:
    """A red double line of 170 mm: 7 mm beyond the text on each side."""
    border = f'<w:pBdr><w:{side} w:val="{kind}" w:sz="24" w:space="0" w:color="{RED}"/></w:pBdr>'
    space = f'<w:spacing w:before="{twips(before)}" w:after="0" w:line="20" w:lineRule="exact"/>'
    return paragraph("", "Normal", f'{border}{space}<w:ind w:left="-{twips(7)}" w:right="-{twips(7)}"/>')


def _letterhead(name: Words) -> str:
    """The name of the office in red, as large as its length allows, and 4 mm below it the red line (thick above, thin below)."""
    def line(size: int) -> str:
        return paragraph(run(name, f'<w:sz w:val="{size}"/>'), "Letterhead")

    value = words(name).strip("{} ")
    sizes = ""
    for place, (_name, most, points) in enumerate(LETTERHEAD_SIZES):
        tag = f"{'elif' if place else 'if'} {value}|length <= {most}" if most else "else"
        sizes += paragraph(run("{%p " + tag + " %}")) + line(2 * points)
    return sizes + paragraph(run("{%p endif %}")) + _rule("bottom", "thickThinSmallGap", 4)
