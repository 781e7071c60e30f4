"""Days of a notice as people send them: lines typed or pasted, a workbook, a CSV file; and the file of a year to download.

A line is ``2027-01-01 至 2027-01-03 放假 元旦``: a day or a span, the kind, the name. A file has the columns day, kind, name
(日期, 类型, 名称) with one day in each row. Every wrong line is named; nothing is guessed.
"""
from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from . import xlsx
from .calendar import DAY_OFF_ROW, HOLIDAY_ROW, MAKE_UP_ROW, WORKDAY_ROW
from .calendar_edit import KINDS, Row
from .errors import BadRequest, Invalid
from .i18n import gettext as _

WORDS = {
    HOLIDAY_ROW: ("放假", "holiday", "休假", "节假日", "放假调休"),
    MAKE_UP_ROW: ("上班", "make_up", "make-up", "补班", "调休上班"),
    DAY_OFF_ROW: ("休息", "day_off", "本地休息", "本地放假"), WORKDAY_ROW: ("工作", "workday", "本地工作", "本地上班")}
"""Words for each kind; the first one is written, all are read."""

HEADS = {"day": ("day", "date", "日期"), "kind": ("kind", "type", "类型"), "name": ("name", "名称", "节日")}
LONGEST_SPAN, MOST_LINES = 31, 400
LIMITS = xlsx.Limits(bytes=2 << 20, inflated=32 << 20, rows=2000, columns=40, cells=80_000)
COLUMNS = (xlsx.Column("day", "日期", "day"), xlsx.Column("weekday", "星期"), xlsx.Column("kind", "类型"),
           xlsx.Column("name", "名称"), xlsx.Column("source", "依据"))

_DAY = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
_LINE = re.compile(rf"{_DAY}(?:\s*(?:至|到|~|～|—+|–|\.\.|to)\s*{_DAY})?[\s,，、;；:：]+([^\s,，、;；]+)(?:[\s,，、;；]+(.*))?")
_ONE = re.compile(_DAY)


def read_lines(text: str) -> list[Row]:
    """The days of typed lines; empty ones and those that begin with # are left out. Raises ``Invalid`` naming each wrong line."""
    rows: list[Row] = []
    errors: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if number > MOST_LINES:
            errors[number] = _("More than %(most)s lines are not read.", most=MOST_LINES)
            break
        try:
            rows += _line(line, number)
        except ValueError as error:
            errors[number] = str(error)
    _refuse(errors)
    return rows


def _line(line: str, number: int) -> Iterator[Row]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(_("Write a day or a span, the kind and the name, as in: 2027-01-01 至 2027-01-03 放假 元旦"))
    first = _date(found[1], found[2], found[3])
    last = _date(found[4], found[5], found[6]) if found[4] else first
    if not 0 <= (last - first).days < LONGEST_SPAN:
        raise ValueError(_("The span must go forward and have at most %(most)s days.", most=LONGEST_SPAN))
    kind = kind_of(found[7])
    return (Row(first + timedelta(days=n), kind, (found[8] or "").strip(), number) for n in range((last - first).days + 1))


def _date(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(_("There is no day %(day)s.", day=f"{year}-{month}-{day}")) from None


def kind_of(word: str) -> str:
    """The kind that a word stands for, in either language; the word itself when it stands for none."""
    word = word.strip()
    known = {name: kind for kind, names in WORDS.items() for name in names} | {str(label): kind for kind, label in KINDS.items()}
    return known.get(word.lower(), known.get(word, word))


def _refuse(errors: dict[int, str]) -> None:
    if errors:
        raise Invalid(_("The notice cannot be read. Nothing was changed."), errors={"days": [
            _("Line %(line)s: %(text)s", line=line, text=text) for line, text in sorted(errors.items())[:50]]})


def read_file(content: bytes, name: str) -> list[Row]:
    """The days of an .xlsx or .csv file. Raises what ``xlsx.read`` raises, and ``Invalid`` naming each wrong row."""
    cells = _csv(content) if name.lower().endswith(".csv") else xlsx.read(content, LIMITS)
    places = {"day": 0, "kind": 1, "name": 2}
    head = [str(cell or "").strip().rstrip("*").strip().lower() for cell in cells[0]] if cells else []
    named = {key: next((place for place, cell in enumerate(head) if cell in words), None) for key, words in HEADS.items()}
    start = 0
    if named["day"] is not None:
        start = 1
        places = {key: place if place is not None else -1 for key, place in named.items()}
        if places["kind"] < 0:
            raise Invalid(_("The notice cannot be read. Nothing was changed."), errors={"days": [
                _("The file has no column “%(name)s”.", name="类型 / kind")]})
    rows: list[Row] = []
    errors: dict[int, str] = {}
    for number, line in enumerate(cells[start:], start + 1):
        values = [line[place] if 0 <= place < len(line) else None for place in places.values()]
        if all(value in (None, "") for value in values) or str(values[0]).startswith("#") or values[0] == "day":
            continue
        try:
            rows.append(Row(_day_of(values[0]), kind_of(str(values[1] or "")), xlsx.plain(str(values[2] or "")).strip(), number))
        except ValueError as error:
            errors[number] = str(error)
    _refuse(errors)
    return rows


def _day_of(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = _ONE.fullmatch(str(value or "").strip())
    if found is None:
        raise ValueError(_("“%(text)s” is no day. Write it as 2027-01-01.", text=str(value or "")[:20]))
    return _date(*found.groups())


def _csv(content: bytes) -> list[list[Any]]:
    if len(content) > LIMITS.bytes:
        raise BadRequest(_("The file is too big for a calendar."), remedy=_("Send the days of one year."), code="too_large")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadRequest(_("The file is neither UTF-8 nor GB 18030 text."),
                         remedy=_("Save it again as CSV (UTF-8) or as .xlsx."), code="encoding")
    try:
        rows: list[list[Any]] = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error:
        raise BadRequest(_("The file is no CSV table."), remedy=_("Save it again as CSV (UTF-8) or as .xlsx."),
                         code="not_csv") from None
    if len(rows) > LIMITS.rows:
        raise BadRequest(_("The file has too many rows for a calendar."), remedy=_("Send the days of one year."),
                         code="too_many_rows")
    return rows


def to_lines(rows: Iterable[Row]) -> str:
    """Rows as lines that ``read_lines`` reads, equal neighbours as one span."""
    spans: list[list[Row]] = []
    for row in sorted(rows, key=lambda row: row.day):
        last = spans[-1][-1] if spans else None
        if last is not None and (last.kind, last.name) == (row.kind, row.name) and row.day - last.day == timedelta(days=1):
            spans[-1].append(row)
        else:
            spans.append([row])
    return "\n".join(" ".join(part for part in (
        span[0].day.isoformat() + (f" 至 {span[-1].day.isoformat()}" if len(span) > 1 else ""), WORDS[span[0].kind][0],
        span[0].name) if part) for span in spans)


def write_xlsx(rows: Iterable[tuple[Row, str]]) -> bytes:
    """A workbook of (row, source), which ``read_file`` reads back."""
    target = io.BytesIO()
    writer = xlsx.Writer(target, COLUMNS, "工作日历", keys=False)
    for row, source in rows:
        writer.row([row.day, "一二三四五六日"[row.day.weekday()], WORDS[row.kind][0], row.name, source])
    writer.close()
    return target.getvalue()


def write_csv(rows: Iterable[tuple[Row, str]]) -> bytes:
    """The same as CSV (UTF-8 with a mark, so that Excel reads it)."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([column.label for column in COLUMNS])
    for row, source in rows:
        writer.writerow([row.day.isoformat(), "一二三四五六日"[row.day.weekday()], WORDS[row.kind][0],
                         xlsx.neutralise(row.name), xlsx.neutralise(source)])
    return target.getvalue().encode("utf-8-sig")
