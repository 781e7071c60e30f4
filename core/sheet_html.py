"""A `sheet` as the Jinja source of a page to print (classes: ``document.css``). Without inline styles, which the CSP forbids."""
from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from markupsafe import escape

from .sheet import (
    FOOT_CODE,
    FORM,
    LETTERHEAD_SIZES,
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

TAG = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
"""What is Jinja in the text of a sheet; the rest stands for itself."""
_PIXELS = 96 / 25.4


def source(sheet: Sheet) -> str:
    """The template of the page: what it says in the language in use, extending ``document.html``."""
    style = _style(sheet.page)
    link = f"""<link rel="stylesheet" href="{{{{ asset('core/{style}.css') }}}}">""" if style else ""
    title = next((part for part in sheet.parts if isinstance(part, Title)), None)
    place = sheet.parts.index(title) if title is not None else 0
    before, rest = sheet.parts[:place], sheet.parts[place + (title is not None):]
    mast = _letterhead(sheet.letterhead) if sheet.page.official else ""
    mast += _parts(before, sheet.page.inside)
    title_source = _text(title.text) if title is not None else ""
    return (f"{{% extends 'document.html' %}}{{% block head %}}{{{{ super() }}}}{link}{{% endblock %}}"
            f"{{% block sheet_class %}}{style and ' ' + style}{{% endblock %}}{{% block letterhead %}}{mast}{{% endblock %}}"
            f"{{% block sheet_title %}}{title_source}{{% endblock %}}"
            f"{{% block sheet %}}{_parts(rest, sheet.page.inside)}{{% endblock %}}")


def _style(page: Page) -> str:
    """The style sheet beside that of upright forms, empty for none."""
    if page.zoom > 1:
        return "board" if page.width > FORM.width else "poster"
    return "letter" if page.official else "wide" if page.width > page.height else ""


def _letterhead(name: Words) -> str:
    value = words(name).strip("{} ")
    sizes = " else ".join(f"'{size}' if {value}|length <= {most}" if most else f"'{size}'"
                          for size, most, _points in LETTERHEAD_SIZES)
    return f'<p class="letterhead {{{{ {sizes} }}}}">{_text(name)}</p>'


def _text(text: Words) -> str:
    # A line end right after a tag is eaten by the environment of pages (trim_blocks), one that is a value is not.
    return "".join(piece if TAG.fullmatch(piece) else str(escape(piece)).replace("\n", "{{ '\\n' }}")
                   for piece in TAG.split(words(text)))


def _parts(parts: Sequence[Any], width: float) -> str:
    return "\n".join(_part(part, width) for part in parts)


def _part(part: Any, width: float) -> str:
    match part:
        case Title(text):
            return f'<p class="form-title">{_text(text)}</p>'
        case Heading(text):
            return f'<h2 class="form-part">{_text(text)}</h2>'
        case Line(left, right):
            return f'<p class="form-line"><span>{_text(left)}</span><span>{_text(right)}</span></p>'
        case Text(text, style, keep):
            return f'<p class="sheet-text {style}{" keep" if keep else ""}">{_text(text)}</p>'
        case Body(value, style):
            return (f"{{% for line in ({value})|lines %}}<p class=\"sheet-text {style}\">{{{{ line }}}}</p>{{% endfor %}}")
        case Sign(label, day):
            return f'<p class="sign"><span class="name">{_text(label)}</span><span>{_text(day)}</span></p>'
        case Signed(office, day):
            long = f"{{{{ ' long' if ({office})|length > {SIGNED_LENGTH} }}}}"
            return (f'<p class="sheet-text signed keep{long}">{{{{ {office} }}}}</p>'
                    f'<p class="sheet-text signed-day">{_text(day)}</p>')
        case Foot(text):
            return (f'<div class="sheet-foot"><p class="sheet-text note">{_text(text)}</p>'
                    f'{_part(Picture("record_code", FOOT_CODE), width)}</div>')
        case Gap(lines, keep):
            return f'<p class="gap{" keep" if keep else ""}"></p>' * lines
        case Picture(value, size):
            side = round(size * _PIXELS)
            return (f"{{% if {value} %}}<img class=\"form-picture\" src=\"{{{{ ({value}).uri }}}}\" width=\"{side}\" "
                    f"height=\"{side}\" alt=\"{{{{ ({value}).label }}}}\">{{% endif %}}")
        case Break():
            return '<p class="new-page"></p>'
        case Table(widths, rows):
            columns = "".join(f'<col width="{100 * one / sum(widths):.2f}%">' for one in widths)
            first = rows[0] if rows and isinstance(rows[0], Row) and rows[0].head else None
            top = f"<thead>{_row(first, width)}</thead>" if first is not None else ""
            rest = rows[1:] if first is not None else rows
            return f'<table class="form"><colgroup>{columns}</colgroup>{top}<tbody>{_parts(rest, width)}</tbody></table>'
        case Row():
            return _row(part, width)
        case Each(loop, parts):
            return f"{{% for {loop} %}}{_parts(parts, width)}{{% endfor %}}"
        case When(test, parts, otherwise):
            other = f"{{% else %}}{_parts(otherwise, width)}" if otherwise else ""
            return f"{{% if {test} %}}{_parts(parts, width)}{other}{{% endif %}}"
    raise TypeError(f"not a part of a sheet: {part!r}")


def _row(row: Row, width: float) -> str:
    tall = f' height="{round(row.tall * _PIXELS)}"' if row.tall else ""
    whole = ' class="whole"' if row.whole else ""
    return f"<tr{whole}{tall}>{''.join(_cell(cell, row.head, width) for cell in row.cells)}</tr>"


def _cell(cell: Cell, column: bool, width: float) -> str:
    parts = cell.content
    inner = _text(parts) if is_words(parts) else _parts(parts, width)
    span = f' colspan="{cell.span}"' if cell.span > 1 else ""
    classes = " ".join(name for name in ("from-top" if cell.top else "", cell.align) if name)
    marked = f' class="{classes}"' if classes else ""
    if cell.head:
        return f'<th scope="{"col" if column else "row"}"{span}{marked}>{inner}</th>'
    return f'<td{span}{marked}><div class="text">{inner}</div></td>' if is_words(parts) else f"<td{span}{marked}>{inner}</td>"


def is_words(content: Any) -> bool:
    """True for one text, False for several parts."""
    return not (isinstance(content, tuple) and any(hasattr(one, "__dataclass_fields__") for one in content))
