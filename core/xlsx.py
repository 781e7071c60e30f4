"""Workbooks: reading one that a stranger sent, writing one that a clerk opens in Excel. Knows nothing of entities.

A workbook is a zip of XML. Before the reader sees it, every part is inflated once with a counter, so that neither a
bomb nor a lying directory can fill the memory, and every cell address is looked at, because one cell at XFD1048576
would make a reader lay out seventeen thousand million cells.
"""
from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import IO, TYPE_CHECKING

from .errors import BadRequest, Invalid, Problem, TooLarge
from .i18n import gettext as _

if TYPE_CHECKING:
    import python_calamine

Cell = str | int | float | bool | date | datetime | time | timedelta | None

TEXT_KINDS = frozenset({"code", "id", "phone"})
"""Kinds of columns in which a number cell is refused: Excel keeps 15 digits and drops leading zeros."""

CELL_CHARACTERS = 32_767
"""Excel's limit for one cell."""

_GUARDED = re.compile(r"'*[ \u3000]*[=+\-@\t|%]")
_GUARDED_FIRST = re.compile(r"'*[ \u3000]*[=+\-@\t|%\r\n]")
_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]|$)")
_ADDRESS = re.compile(rb"<(?:[\w.-]+:)?(?:c|row)\s(?:[^<>]*?\s)?r\s*=\s*[\"']\s*([A-Za-z]{0,9})([0-9]{1,20})")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Limits:
    """What a workbook may be: bytes as sent, bytes inflated, parts, rows with data, columns, rows × columns, ratio."""

    bytes: int = 20 << 20
    inflated: int = 256 << 20
    parts: int = 500
    rows: int = 100_000
    columns: int = 200
    cells: int = 5_000_000
    ratio: int = 200


@dataclass(frozen=True)
class Column:
    """A column of a template or a result: ``key`` stands in the hidden row, ``label`` is what people read.

    ``kind``: text, code, id, phone, int, number, day, flag, choice. ``options`` are the labels a choice allows.
    """

    key: str
    label: str
    kind: str = "text"
    required: bool = False
    read_only: bool = False
    help: str = ""
    options: tuple[str, ...] = ()


def neutralise(text: str) -> str:
    """Put ``'`` before each physical line that a spreadsheet could take for a formula; ``plain`` takes it off again.

    Dangerous beginnings are ``= + - @ | %`` and tab, for the text as a whole also CR and LF (quality rules, section 3).
    Judged after NFKC too, so that the full-width ``＝`` counts as ``=``; leading spaces do not hide it. A line that
    begins with ``'`` and then a dangerous character gets one more ``'``, so that nothing is lost on the way back.
    """
    return _by_line(text, lambda line: "'" + line)


def plain(text: str) -> str:
    """Undo ``neutralise``: ``plain(neutralise(text)) == text`` for every text."""
    return _by_line(text, lambda line: line[1:] if line[0] == "'" else line)


def _by_line(text: str, change: Callable[[str], str]) -> str:
    if not text:
        return text
    lines = _LINE.findall(text)
    return "".join(change(line) if _is_guarded(line, position == 0) else line for position, line in enumerate(lines))


def _is_guarded(line: str, first: bool) -> bool:
    pattern = _GUARDED_FIRST if first else _GUARDED
    return bool(pattern.match(line) or (not line.isascii() and pattern.match(unicodedata.normalize("NFKC", line))))


def read(content: bytes, limits: Limits = Limits()) -> list[list[Cell]]:
    """The cells of the first visible sheet, row by row from row 1, trailing empty rows dropped.

    ``content`` is the file as it came. Formula cells give their stored value. Raises ``TooLarge`` for a file, an
    inflated size or a number of rows above ``limits``, ``BadRequest`` for what is not a workbook, ``Invalid`` for one
    without rows; each says what to do.
    """
    import python_calamine  # with xlsxwriter 4 MB and 40 ms of every process, and few read a workbook

    _guard(content, limits)
    try:
        with python_calamine.load_workbook(io.BytesIO(content)) as book:
            return _rows(book, limits)
    except python_calamine.PasswordError:
        raise _locked() from None
    except Problem:
        raise
    except BaseException as error:
        # The reader's own classes, whatever a broken part makes it raise, and the panics of its native code, which are
        # no ``Exception``.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise _damaged() from error
        raise


def _rows(book: python_calamine.CalamineWorkbook, limits: Limits) -> list[list[Cell]]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    visible = [sheet.name for sheet in book.sheets_metadata
               if sheet.visible == SheetVisibleEnum.Visible
               and sheet.typ == SheetTypeEnum.WorkSheet]
    if not visible:
        raise Invalid(_("The workbook has no visible sheet."),
                      remedy=_("Fill in the sheet of the template."), code="empty")
    sheet = book.get_sheet_by_name(visible[0])
    rows: list[list[Cell]] = []
    last = 0
    for row in sheet.to_python(skip_empty_area=False):
        rows.append(list(row))
        if any(cell not in ("", None) for cell in row):
            last = len(rows)
    del rows[last:]
    if not rows:
        raise Invalid(_("The sheet “%(name)s” is empty.", name=visible[0][:31]),
                      remedy=_("Fill in the sheet of the template."), code="empty")
    if len(rows) > limits.rows + 2:
        raise _too_many_rows(len(rows), limits)
    return rows


def look(content: bytes, limits: Limits) -> zipfile.ZipFile:
    """The archive of a file that may be a workbook, as far as a glance shows; nothing of it is unpacked.

    Raises ``TooLarge`` for a file above ``limits`` and ``BadRequest`` for what is no workbook, or a locked one.
    """
    if len(content) > limits.bytes:
        raise TooLarge(_("The file has %(size)s MB; up to %(limit)s MB are accepted.",
                         size=round(len(content) / 1e6, 1), limit=limits.bytes >> 20),
                       remedy=_("Split the file and import the parts one after the other."))
    if content.startswith(_OLE):
        raise _locked()
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError) as error:
        raise _not_a_workbook() from error
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise _not_a_workbook()
    if len(parts) > limits.parts or len(names) != len(parts):
        raise _damaged()
    return archive


def _guard(content: bytes, limits: Limits) -> None:
    archive = look(content, limits)
    total = 0
    for part in archive.infolist():
        total = _inflate(content, archive, part, total, limits)


def _inflate(content: bytes, archive: zipfile.ZipFile, part: zipfile.ZipInfo, total: int, limits: Limits) -> int:
    """Inflate one part without trusting its declared size; return the running total of all parts in bytes."""
    if part.flag_bits & 0x1:
        raise _locked()
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _damaged()
    start = part.header_offset
    header = content[start:start + 30]
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise _damaged()
    start += 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    packed = memoryview(content)[start:start + part.compress_size]
    if len(packed) < part.compress_size:
        raise _damaged()
    allowance = max(limits.ratio * part.compress_size, 1 << 20)
    size = 0
    scan = _AddressScan(limits) if part.filename.endswith(".xml") or "/worksheets/" in part.filename else None
    for piece in _pieces(packed, part.compress_type):
        size += len(piece)
        if total + size > limits.inflated or size > allowance:
            raise TooLarge(_("The file unpacks to far more than a list can be: it was not opened."),
                           remedy=_("Save the list again as .xlsx in Excel or WPS, without pictures and empty rows."),
                           code="zip_bomb")
        if scan is not None:
            scan.feed(piece)
    return total + size


def _pieces(packed: memoryview, method: int) -> Iterator[bytes]:
    if method == zipfile.ZIP_STORED:
        for start in range(0, len(packed), _CHUNK):
            yield bytes(packed[start:start + _CHUNK])
        return
    inflater = zlib.decompressobj(-15)
    data = bytes(packed)
    try:
        while data and not inflater.eof:
            yield inflater.decompress(data, _CHUNK)
            data = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise _damaged() from error


class _AddressScan:
    """Looks at the addresses of cells and rows as the XML streams by and refuses a far one."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.rest, self.first = limits, b"", True
        self.last_row = self.last_column = 0
        self.columns: set[bytes] = set()

    def feed(self, piece: bytes) -> None:
        if self.first and piece[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise _damaged()
        self.first = self.first and not piece
        data = self.rest + piece
        found = _ADDRESS.findall(data)
        self.last_row = max(self.last_row, *(int(digits) for digits in {pair[1] for pair in found}), 0)
        if self.last_row > self.limits.rows + 1000:
            raise _too_many_rows(min(self.last_row, 1 << 20), self.limits)
        for letters in {pair[0] for pair in found} - self.columns:
            self.columns.add(letters)
            self.last_column = max(self.last_column, _column_number(letters))
            if self.last_column > self.limits.columns:
                raise TooLarge(_("The sheet has a cell in column %(column)s; up to %(limit)s columns are read.",
                                 column=letters.decode().upper()[:9], limit=self.limits.columns),
                               remedy=_("Delete the columns that are not in the template."))
        if self.last_row * self.last_column > self.limits.cells:
            raise _too_many_rows(self.last_row, self.limits)
        cut = data.rfind(b"<")
        self.rest = data[cut:] if cut >= 0 else b""
        if len(self.rest) > 1 << 16:
            # A text of more than 64 KB in one tag is no cell; a long text after a tag is.
            if b">" not in self.rest:
                raise _damaged()
            self.rest = b""


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _too_many_rows(rows: int, limits: Limits) -> TooLarge:
    return TooLarge(_("The sheet reaches down to row %(rows)s; up to %(limit)s rows are read at once.",
                      rows=rows, limit=limits.rows),
                    remedy=_("Split the list, or delete formatted but empty rows below it."), code="too_many_rows")


def _not_a_workbook() -> BadRequest:
    return BadRequest(_("This file is not an .xlsx workbook."),
                      remedy=_("Download the template, fill it in and save it as “Excel workbook (.xlsx)”."),
                      code="not_xlsx")


def _locked() -> BadRequest:
    return BadRequest(_("This file has a password or is in the old .xls format; it cannot be read."),
                      remedy=_("Remove the password, save it as “Excel workbook (.xlsx)” and upload it again."),
                      code="locked")


def _damaged() -> BadRequest:
    return BadRequest(_("The workbook is damaged and cannot be read."),
                      remedy=_("Open it in Excel or WPS, save it under a new name and upload that file."),
                      code="damaged")


class Writer:
    """Writes one sheet row by row with constant memory; every text is neutralised and never a formula or a link.

    ``columns`` decide the formats: code, ID and phone columns are text cells through and through. With ``keys`` the
    second row carries the column keys, hidden. Call ``row`` for each record and ``close`` at the end.
    """

    def __init__(self, target: IO[bytes], columns: Sequence[Column], title: str, keys: bool = True) -> None:
        import xlsxwriter

        self.columns = tuple(columns)
        self.book = xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False,
                                                 "strings_to_urls": False, "strings_to_numbers": False})
        self.sheet = self.book.add_worksheet(_sheet_name(title))
        wrap = {"valign": "top"}
        self.head = self.book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.muted = self.book.add_format({"bold": True, "bottom": 1, "font_color": "#6b6b6b", "valign": "top"})
        self.text = self.book.add_format({"num_format": "@", **wrap})
        self.day = self.book.add_format({"num_format": "yyyy-mm-dd", **wrap})
        self.bad = self.book.add_format({"num_format": "@", "bg_color": "#f8d7da", "text_wrap": True, **wrap})
        self.next = 0
        for index, column in enumerate(self.columns):
            width = 24 if column.kind in {"text", "id"} else 16
            self.sheet.set_column(index, index, width, self.day if column.kind == "day" else self.text)
        self._header(keys)

    def _header(self, keys: bool) -> None:
        for index, column in enumerate(self.columns):
            label = f"{column.label} *" if column.required else column.label
            self.sheet.write_string(0, index, label, self.muted if column.read_only else self.head)
        self.next = 1
        if keys:
            self.sheet.set_row(1, None, None, {"hidden": True})
            for index, column in enumerate(self.columns):
                self.sheet.write_string(1, index, column.key)
            self.next = 2
        self.sheet.freeze_panes(self.next, 0)

    def row(self, cells: Sequence[Cell], bad: frozenset[int] = frozenset()) -> None:
        """Write one record; the cells at the positions ``bad`` are marked red."""
        for index, value in enumerate(cells):
            kind = self.columns[index].kind
            style = self.bad if index in bad else None
            if value is None or value == "":
                if style is not None:
                    self.sheet.write_blank(self.next, index, None, style)
            elif kind in {"int", "number"} and isinstance(value, (int, float)) and not isinstance(value, bool):
                self.sheet.write_number(self.next, index, value, style)
            elif isinstance(value, (date, datetime)) and value.year >= 1900:
                self.sheet.write_datetime(self.next, index, value, style or self.day)
            else:
                self.sheet.write_string(self.next, index, _fit(neutralise(shown(value))), style or self.text)
        self.next += 1

    def choices(self) -> None:
        """Add the sheet with the labels that choice columns accept, and let Excel offer them in the first rows."""
        from xlsxwriter.utility import xl_col_to_name

        listed = [(index, column) for index, column in enumerate(self.columns) if column.options]
        if not listed:
            return
        name = _("Choices")
        sheet = self.book.add_worksheet(_sheet_name(name))
        longest = max(len(column.options) for _index, column in listed)
        sheet.set_column(0, len(listed) - 1, 24, self.text)
        for line in range(longest + 1):
            for place, (_index, column) in enumerate(listed):
                if line == 0:
                    sheet.write_string(0, place, column.label, self.head)
                elif line <= len(column.options):
                    sheet.write_string(line, place, neutralise(column.options[line - 1]), self.text)
        for place, (index, column) in enumerate(listed):
            letter = xl_col_to_name(place)
            source = f"='{_sheet_name(name)}'!${letter}$2:${letter}${len(column.options) + 1}"
            self.sheet.data_validation(2, index, 5000, index,
                                       {"validate": "list", "source": source, "error_type": "warning"})

    def notes(self, title: str, lines: Iterable[tuple[str, str]]) -> None:
        """Add a sheet that explains: two columns of text."""
        sheet = self.book.add_worksheet(_sheet_name(title))
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 90)
        for line, (name, text) in enumerate(lines):
            sheet.write_string(line, 0, neutralise(name), self.head)
            sheet.write_string(line, 1, neutralise(text), self.text)

    def close(self) -> None:
        """Finish the file."""
        self.book.close()


def shown(value: Cell) -> str:
    """A cell's value as text: a whole float without its ``.0``, days in ISO form."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    return "" if value is None else str(value)


def _fit(text: str) -> str:
    if len(text) <= CELL_CHARACTERS:
        return text
    note = _("… (cut: a cell holds %(limit)s characters)", limit=CELL_CHARACTERS)
    return text[:CELL_CHARACTERS - len(note)] + note


def _sheet_name(title: str) -> str:
    name = re.sub(r"[\[\]:*?/\\'\x00-\x1f]", " ", title).strip()[:31]
    return name or "Sheet1"
