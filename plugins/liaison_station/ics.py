"""Writing calendars (RFC 5545): few lines of our own instead of a library of five megabytes that would write no more.

Moments stand in UTC, so that no time zone has to be described. Lines end in CRLF and are folded at 75 octets, never inside a
character; what people typed is escaped and free of control characters.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

PRODUCT = "-//grid321//liaison_station//ZH"
MIME = "text/calendar"
FOLD = 75
"""Octets of a line without its end (RFC 5545, 3.1)."""

AHEAD = timedelta(hours=8)
"""China is eight hours ahead of UTC, without daylight saving time since 1992."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. ``begin`` and ``end`` are naive local times in China, ``stamp`` the naive UTC moment of the last change.

    ``sequence`` grows when the time changes, so that calendars take the new one; ``cancelled`` ones are struck out there.
    """

    uid: str
    begin: datetime
    end: datetime
    stamp: datetime
    summary: str
    place: str = ""
    text: str = ""
    url: str = ""
    sequence: int = 0
    cancelled: bool = False


def at(day: date, minute: int) -> datetime:
    """The local time of a minute of a day; minute 1440 is midnight at its end."""
    return datetime(day.year, day.month, day.day) + timedelta(minutes=minute)


def calendar(name: str, entries: Iterable[Entry]) -> str:
    """A whole calendar as text."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
             f"X-WR-CALNAME:{escape(name)}", "X-WR-TIMEZONE:Asia/Shanghai", "REFRESH-INTERVAL;VALUE=DURATION:PT12H"]
    for entry in entries:
        lines += _event(entry)
    lines.append("END:VCALENDAR")
    return "".join(fold(line) + "\r\n" for line in lines)


def _event(entry: Entry) -> list[str]:
    lines = ["BEGIN:VEVENT", f"UID:{escape(entry.uid)}", f"DTSTAMP:{_utc(entry.stamp)}", f"DTSTART:{_utc(entry.begin - AHEAD)}",
             f"DTEND:{_utc(entry.end - AHEAD)}", f"SEQUENCE:{entry.sequence}", f"SUMMARY:{escape(entry.summary)}",
             f"STATUS:{'CANCELLED' if entry.cancelled else 'CONFIRMED'}"]
    lines += [f"{name}:{escape(value)}" for name, value in (("LOCATION", entry.place), ("DESCRIPTION", entry.text)) if value]
    if entry.url:
        lines.append(f"URL:{''.join(sign for sign in entry.url if sign.isprintable())}")
    return [*lines, "END:VEVENT"]


def _utc(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}Z"


def escape(text: str) -> str:
    """A TEXT value (3.3.11): backslash, semicolon, comma and line ends are escaped, other control characters left out."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "".join("\\n" if sign == "\n" else sign for sign in plain
                   if sign == "\n" or (sign >= " " and not "\x7f" <= sign <= "\x9f"))


def fold(line: str) -> str:
    """A line of at most 75 octets, or several: each further one begins with a blank, and no character is cut in two."""
    if len(line.encode()) <= FOLD:
        return line
    parts, length = [""], 0
    for sign in line:
        size = len(sign.encode())
        if length + size > FOLD:
            parts.append(" ")
            length = 1
        parts[-1] += sign
        length += size
    return "\r\n".join(parts)
