"""Languages: translated text, the language of a request, and dates and numbers as people write them.

English source strings are the message ids. Each owner (the core, each plugin) keeps its own catalogues in
``<owner>/translations/<language>/LC_MESSAGES/messages.mo``; they are merged once per language, the core's words
winning, so a string is found whoever declared it.

``lazy_gettext`` may be called at import time (labels of frozen declarations): it is translated each time it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal
from babel.support import Translations
from flask import Flask, g, request

LANGUAGES: dict[str, str] = {"zh": "中文", "en": "English"}
DEFAULT_LANGUAGE = "zh"
#: The value of <html lang>; screen readers and the choice of CJK glyphs depend on the region.
HTML_LANGUAGES = {"zh": "zh-CN", "en": "en"}
LANGUAGE_COOKIE = "grid321_lang"
TIME_ZONE = ZoneInfo("Asia/Shanghai")

_CORE = Path(__file__).parent / "translations"
_folders: dict[str, Path] = {"core": _CORE}
_merged: dict[str, Translations] = {}
_lock = Lock()
_language: ContextVar[str] = ContextVar("grid321_language", default=DEFAULT_LANGUAGE)


# ---------------------------------------------------------------- catalogues

def add_catalogue(owner: str, folder: Path) -> None:
    """Make the translations of `owner` known.

    `folder` is the owner's ``translations`` folder; a folder that does not exist is allowed (a plugin without
    text of its own). Adding the same folder again changes nothing.
    """
    with _lock:
        if _folders.get(owner) == folder:
            return
        _folders[owner] = folder
        _merged.clear()


def catalogue(language: str) -> Translations:
    """Return the merged translations of every owner for `language` (a key of LANGUAGES)."""
    found = _merged.get(language)
    if found is None:
        with _lock:
            merged = Translations()
            # The core comes last because a later catalogue overwrites an earlier one: a plugin must not be
            # able to reword the core's buttons.
            for owner in sorted(_folders, key=lambda name: (name == "core", name)):
                part = Translations.load(_folders[owner], [language])
                if isinstance(part, Translations):
                    merged.merge(part)
                    merged.plural = part.plural
            found = _merged[language] = merged
    return found


# ---------------------------------------------------------------- the language in use

def current_language() -> str:
    """Return the language text is translated to now: ``zh`` or ``en``."""
    return _language.get()


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Translate to `language` inside the block (commands, jobs, printed documents).

    Raises ValueError for a language that is not in LANGUAGES.
    """
    _known(language)
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def prefer(language: str | None) -> None:
    """Use the language an account has chosen, unless this browser has chosen one by cookie."""
    if language in LANGUAGES and request.cookies.get(LANGUAGE_COOKIE) not in LANGUAGES:
        _language.set(str(language))


def init_app(app: Flask) -> None:
    """Choose the language of each request and give templates ``_``, ``ngettext`` and the date formats."""
    app.before_request(_choose_language)
    app.teardown_request(_forget_language)
    app.jinja_env.globals.update(_=gettext, gettext=gettext, ngettext=ngettext)
    app.jinja_env.filters.update(day=format_day, time=format_time, number=format_number)


def _choose_language() -> None:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    wanted = chosen if chosen in LANGUAGES else _accepted(request.headers.get("Accept-Language", ""))
    g.language_before = _language.set(wanted)


def _forget_language(_error: BaseException | None) -> None:
    # A thread serves one reader after another; what runs in it between requests speaks the default language.
    before = g.pop("language_before", None)
    if before is not None:
        _language.reset(before)


@lru_cache(maxsize=256)
def _accepted(header: str) -> str:
    """Return the first of our languages in an Accept-Language header, Chinese when none is wanted."""
    wanted: list[tuple[float, int, str]] = []
    for position, item in enumerate(header[:500].split(",")):
        tag, _sep, quality = item.strip().partition(";q=")
        language = tag.split("-")[0].strip().lower()
        if language in LANGUAGES:
            try:
                wanted.append((-float(quality or 1), position, language))
            except ValueError:
                continue
    return min(wanted)[2] if wanted else DEFAULT_LANGUAGE


def _known(language: str) -> None:
    if language not in LANGUAGES:
        raise ValueError(f"unknown language {language!r}; known are {', '.join(LANGUAGES)}")


# ---------------------------------------------------------------- translating

def gettext(message: str, **params: object) -> str:
    """Translate `message`; with `params`, fill its ``%(name)s`` places. Without, a ``%`` stays as it is."""
    language = _language.get()
    text: str = (_merged.get(language) or catalogue(language)).gettext(message)
    return text % params if params else text


def ngettext(singular: str, plural: str, num: int, **params: object) -> str:
    """Translate a sentence that depends on a count; ``%(num)s`` is always available in it."""
    language = _language.get()
    text: str = (_merged.get(language) or catalogue(language)).ngettext(singular, plural, num)
    return text % {"num": num, **params}


class LazyText:
    """A string translated when it is shown, so that declarations at import time follow the reader's language.

    Compares and hashes by its message id, so that declarations stay comparable whatever the language.
    """

    __slots__ = ("message", "params")

    def __init__(self, message: str, params: dict[str, object] | None = None) -> None:
        self.message = message
        self.params = params or {}

    def __str__(self) -> str:
        return gettext(self.message, **self.params)

    def __repr__(self) -> str:
        return f"LazyText({self.message!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LazyText):
            return (self.message, self.params) == (other.message, other.params)
        return str(self) == other if isinstance(other, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.message)

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other)

    def __bool__(self) -> bool:
        return bool(self.message)

    def __len__(self) -> int:
        return len(str(self))

    def __contains__(self, part: str) -> bool:
        return part in str(self)

    def __add__(self, other: object) -> str:
        return str(self) + str(other)

    def __radd__(self, other: object) -> str:
        return str(other) + str(self)

    def __mod__(self, params: object) -> str:
        return str(str(self) % params)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __getattr__(self, name: str) -> Any:
        # Dunder look-ups (``__html__``, ``__json__``) must fail: this is not markup and not a plain str.
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(str(self), name)


def lazy_gettext(message: str, **params: object) -> LazyText:
    """Return `message` as text that is translated each time it is shown. Safe at import time."""
    return LazyText(message, params)


# ---------------------------------------------------------------- dates and numbers

def format_day(day: date | datetime | None) -> str:
    """Return a calendar day as 2026年3月15日 or 15 March 2026; an empty string for None.

    A datetime is taken as naive UTC and shown as the day it is in Shanghai.
    """
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = local_time(day).date()
    return _day(day, _language.get())


def format_time(moment: datetime | None) -> str:
    """Return a stored moment (naive UTC) as Shanghai time: 2026年3月15日 14:05; an empty string for None."""
    if moment is None:
        return ""
    local = local_time(moment)
    language = _language.get()
    between = " " if language == "zh" else ", "
    return f"{_day(local.date(), language)}{between}{local:%H:%M}"


def local_time(moment: datetime) -> datetime:
    """Return a stored moment (naive UTC, or aware) as an aware datetime in Asia/Shanghai."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(TIME_ZONE)


@lru_cache(maxsize=4096)
def _day(day: date, language: str) -> str:
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return format_date(day, "d MMMM y", locale="en")


def format_number(value: float | None, digits: int = 0) -> str:
    """Return a number with thousands separators and exactly `digits` decimals; an en dash for None."""
    if value is None:
        return "–"
    if digits == 0 and isinstance(value, int):
        return f"{value:,}"
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return format_decimal(value, pattern, locale=_language.get())
