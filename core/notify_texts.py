"""What notifications say: a text for each event, its kind, and what a county has put in its place.

A text holds names in braces (``{number}``) out of a short list; whatever else a matter is about cannot be filled in, so a text
that leaves the house is free of it. A county's own text is checked when it is typed.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import peewee
from babel.dates import format_date

from . import db
from .calendar import due_text
from .errors import Invalid, NotFound
from .i18n import LANGUAGES, LazyText, catalogue, current_language, use_language
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .tree import Node

LONGEST = 200
DIGEST = "digest"
GENERAL = "general"


@dataclass(frozen=True)
class Kind:
    """Several events that a reader switches on and off together. ``urgent``: may pass quiet hours by the county's setting."""

    key: str
    label: LazyText
    about: LazyText
    urgent: bool = False


KINDS: dict[str, Kind] = {kind.key: kind for kind in (
    Kind("arrived", _l("Arrived"), _l("A matter has come to you.")),
    Kind("changed", _l("Steps and comments"), _l("A matter of yours was changed, commented on or closed.")),
    Kind("due_soon", _l("Due soon"), _l("A time limit ends soon.")),
    Kind("overdue", _l("Overdue"), _l("A time limit has run out."), urgent=True),
    Kind("dates", _l("New dates"), _l("A due date was worked out anew.")),
    Kind("month", _l("Month end"), _l("The month is to be closed or was closed.")),
    Kind("job", _l("Background work"), _l("An import, an export or another job has ended.")),
    Kind(GENERAL, _l("Other"), _l("Whatever else a plugin tells.")))}


@dataclass(frozen=True)
class Name:
    """A name that may be filled in: how pages call it, and a value to show how it looks."""

    label: LazyText
    sample: Any


NAMES: dict[str, Name] = {
    "number": Name(_l("Number of the matter"), "ZB-2026-0153"), "entity": Name(_l("What it is"), ""),
    "state": Name(_l("Its state"), ""), "step": Name(_l("The step that was taken"), ""),
    "day": Name(_l("A day"), "2026-03-15"), "old_day": Name(_l("The day before the change"), "2026-03-13"),
    "month": Name(_l("A month"), "2026-03"), "count": Name(_l("How many"), 3), "clock": Name(_l("Name of the time limit"), ""),
    "job": Name(_l("Name of the job"), ""), "division": Name(_l("Name of the division"), ""),
    "plugin": Name(_l("Name of the plugin"), "")}
PARAMS = frozenset(NAMES)
"""What may be filled in. Entities, states, steps, clocks, jobs, plugins and divisions are stored as keys and shown by their
label, days and months as people write them."""


@dataclass(frozen=True)
class Text:
    """The built-in text of an event and the names it may use (``%(name)s`` in the catalogue, ``{name}`` for people)."""

    kind: str
    label: LazyText
    words: LazyText
    names: tuple[str, ...] = ("entity", "number")


_CASE = ("entity", "number", "state")
_CLOCK = ("entity", "number", "clock", "day", "count")
TEXTS: dict[str, Text] = {
    "case.arrived": Text("arrived", _l("A matter has arrived"), _l("%(entity)s %(number)s has come to you: %(state)s."), _CASE),
    "case.changed": Text("changed", _l("A step was taken"), _l("%(entity)s %(number)s: %(step)s. It is now: %(state)s."),
                         (*_CASE, "step")),
    "case.closed": Text("changed", _l("A matter was closed"), _l("%(entity)s %(number)s is closed: %(state)s."), _CASE),
    "case.joined": Text("changed", _l("A matter was put together with others"), _l(
        "%(entity)s %(number)s is handled together with other reports of the same matter. You are told of the answer."), _CASE),
    "case.commented": Text("changed", _l("A new comment"), _l("There is a new comment on %(entity)s %(number)s.")),
    "case.due_soon": Text("due_soon", _l("A time limit ends soon"), _l("%(entity)s %(number)s is due on %(day)s."),
                          (*_CASE, "day", "clock", "count")),
    "case.overdue": Text("overdue", _l("A time limit has run out"),
                         _l("%(entity)s %(number)s is overdue: it was due on %(day)s."), (*_CASE, "day", "clock", "count")),
    "clock.reminder": Text("due_soon", _l("Reminder of a time limit"), _l("%(entity)s %(number)s: “%(clock)s” ends on %(day)s."),
                           _CLOCK),
    "clock.late": Text("overdue", _l("Reminder of a time limit that has run out"),
                       _l("%(entity)s %(number)s is still open: “%(clock)s” ended on %(day)s."), (*_CASE, "day", "clock")),
    "clock.above": Text("overdue", _l("A matter below is overdue"),
                        _l("%(entity)s %(number)s below you is overdue: “%(clock)s” ended on %(day)s."), _CLOCK),
    "clock.supervise": Text("overdue", _l("A matter is to be supervised"),
                            _l("%(entity)s %(number)s is to be supervised: “%(clock)s” ended on %(day)s."), _CLOCK),
    "clock.extension_asked": Text("arrived", _l("More time is asked for"),
                                  _l("More time is asked for %(entity)s %(number)s: “%(clock)s” ends on %(day)s."), _CLOCK),
    "clock.extension_granted": Text("dates", _l("More time was granted"),
                                    _l("%(entity)s %(number)s has more time: “%(clock)s” now ends on %(day)s."), _CLOCK),
    "clock.extension_refused": Text("dates", _l("More time was refused"),
                                    _l("%(entity)s %(number)s gets no more time: “%(clock)s” ends on %(day)s."), _CLOCK),
    "clock.redated": Text("dates", _l("Dates were worked out anew"),
                          _l("%(count)s of your due dates were worked out anew. Open the list to see the old and the new ones."),
                          ("count",)),
    "job.done": Text("job", _l("A job is finished"), _l("“%(job)s” is finished."), ("job",)),
    "job.failed": Text("job", _l("A job failed"), _l("“%(job)s” failed. Open it to see why and to start it again."), ("job",)),
}
"""Text keys of the core. Another key is taken for the message itself, which its plugin's catalogue translates."""

_PLACE = re.compile(r"\{([^{}]*)\}")
_OLD_PLACE = re.compile(r"%\((\w+)\)s")
_AS_IT_IS = frozenset({"number", "count"})
_KEY = re.compile(r"[a-z][a-z0-9_.-]{0,79}")


class MessageText(db.Table):
    """A county's own words for one event in one language; they hold for the division and everything below it."""

    id = peewee.BigAutoField()
    text_key = peewee.CharField(max_length=80)
    language = peewee.CharField(max_length=5)
    division_id = peewee.BigIntegerField()
    words = peewee.CharField(max_length=LONGEST)
    changed_at = peewee.DateTimeField(default=db.now)
    changed_by = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_message_text"
        indexes = ((("text_key", "language", "division_id"), True),)


def kind_of(text_key: str) -> Kind:
    """The kind of an event; ``general`` for the messages of plugins."""
    found = TEXTS.get(text_key)
    return KINDS[found.kind if found is not None else GENERAL]


def default_words(text_key: str) -> str:
    """The built-in text with its names in braces, in the present language."""
    return _OLD_PLACE.sub(r"{\1}", str(TEXTS[text_key].words))


def own_words(text_key: str, node: Node | None) -> tuple[str, int] | None:
    """(text, division id) that a county put in place of the built-in one, in the present language; None without one."""
    if node is None:
        return None
    places = _own().get((text_key, current_language()))
    if places:
        for division_id in reversed(node.path):
            if division_id in places:
                return places[division_id], division_id
    return None


def _own() -> dict[tuple[str, str], dict[int, str]]:
    """Every own text, from this process's cache while the configuration is the same."""
    from . import snapshot
    from .registry import platform

    revision, cache = snapshot.current().revision, platform().cache
    kept = cache.get("message_texts")
    if kept is not None and kept[0] == revision and revision != -1:
        return kept[1]
    found: dict[tuple[str, str], dict[int, str]] = {}
    for key, language, place, words in MessageText.select(
            MessageText.text_key, MessageText.language, MessageText.division_id, MessageText.words).tuples():
        found.setdefault((key, language), {})[place] = words
    if not db.database.in_transaction():
        cache["message_texts"] = (revision, found)
    return found


# ---------------------------------------------------------------- filling in

def text_of(text_key: str, params: Mapping[str, Any], division_id: int | None = None) -> str:
    """The text of a notification in the present language, keys replaced by their labels."""
    from . import snapshot

    node = snapshot.current().tree.get(division_id) if division_id is not None else None
    if text_key in TEXTS:
        own = own_words(text_key, node)
        return fill(own[0] if own is not None else default_words(text_key), params)
    template = _(text_key)
    shown: dict[str, Any] = dict.fromkeys(PARAMS, "")
    shown.update({name: _label(name, value, params) for name, value in params.items()})
    try:
        return template % shown
    except (KeyError, ValueError, TypeError):
        return template


def text_for_outside(text_key: str, params: Mapping[str, Any], division_id: int | None = None) -> str:
    """The text as it may leave the house. A message of a plugin that no catalogue knows may have been put together from
    anything, so a general sentence takes its place."""
    if text_key in TEXTS or catalogue("zh").gettext(text_key) != text_key:
        return text_of(text_key, params, division_id)
    number = str(params.get("number", ""))
    return _("There is a new message about %(number)s.", number=number) if number else _("There is a new message for you.")


def fill(words: str, params: Mapping[str, Any]) -> str:
    """``words`` with the names in braces replaced; a name without a value leaves nothing. Values are not read again."""
    return _PLACE.sub(lambda place: _label(place.group(1), params.get(place.group(1), ""), params), words)


def _label(name: str, value: Any, params: Mapping[str, Any]) -> str:
    """A stored value as people read it. What should be a key and is none, is not shown: it could be anything."""
    from . import snapshot
    from .registry import registry

    if value in ("", None):
        return ""
    known = registry()
    flow = known.every_version_of(str(params.get("entity", "")))
    try:
        if name == "entity":
            return str(known.entities[value].label)
        if name == "state" and flow is not None:
            return str(flow.state(value).label)
        if name == "step" and flow is not None:
            return str(flow.transition(value).label)
        if name == "clock" and flow is not None:
            return str(flow.clocks()[value][1].label)
        if name == "job":
            return str(known.jobs[value].label)
        if name == "plugin":
            manifest = known.plugins.get(value)
            return str(manifest.label) if manifest is not None else ""
        if name == "division":
            node = snapshot.current().tree.by_code(value)
            return node.name if node is not None else ""
        if name in ("day", "old_day"):  # the last day of a time limit, so it may be provisional
            return due_text(date.fromisoformat(value))
        if name == "month":
            return _month(value)
    except (KeyError, ValueError, TypeError, AttributeError):
        pass
    if name in _AS_IT_IS or (isinstance(value, str) and _KEY.fullmatch(value)):
        return str(value)
    return ""


def _month(value: str) -> str:
    return format_month(date.fromisoformat(f"{value}-01"))


def format_month(day: date) -> str:
    """The month of a day as people write it: 2026年3月, March 2026."""
    return f"{day.year}年{day.month}月" if current_language() == "zh" else format_date(day, "MMMM y", locale="en")


# ---------------------------------------------------------------- a county's own words

def check_words(text_key: str, words: str) -> str:
    """The text as it is stored. Raises ``Invalid`` naming the name that is unknown, the brace that is alone, the length."""
    text = " ".join(words.split())
    allowed = TEXTS[text_key].names
    for name in _PLACE.findall(text):
        if name not in allowed:
            _refuse(_("{%(name)s} is no known name here. Known are: %(names)s.", name=name[:40],
                      names=", ".join(f"{{{one}}}" for one in allowed)))
    rest = _PLACE.sub("", text)
    if "{" in rest or "}" in rest:
        _refuse(_("A brace stands alone. Write names as in {number}."))
    if not text or len(text) > LONGEST:
        _refuse(_("Write a text of 1 to %(max)s characters.", max=LONGEST))
    if re.search(r"\d{7,}", text):
        _refuse(_("The text holds a long number. Texts go to everybody: write no telephone number or identity number into them."))
    return text


def _refuse(message: str) -> None:
    raise Invalid(_("The text was not saved."), message, errors={"words": [message]})


def put(text_key: str, language: str, node: Node, words: str, account_id: int | None) -> None:
    """Set a county's own text for a division and everything below it; an empty one goes back to what holds above.

    Raises ``NotFound`` for an unknown event or language, ``Invalid`` for a text that does not fit; changes nothing then.
    """
    from . import ledger, snapshot

    if text_key not in TEXTS or language not in LANGUAGES:
        raise NotFound(_("There is no such text."))
    text = check_words(text_key, words) if words.strip() else ""
    here = ((MessageText.text_key == text_key) & (MessageText.language == language)
            & (MessageText.division_id == node.id))
    with db.transaction():
        MessageText.delete().where(here).execute()
        if text:
            MessageText.create(text_key=text_key, language=language, division_id=node.id, words=text, changed_by=account_id)
        ledger.append("core.message_text", node.id, "set" if text else "reset", node=node, account_id=account_id,
                      facts={"key": text_key, "language": language}, detail={"words": text} if text else None)
        snapshot.bump()


def samples(text_key: str) -> dict[str, Any]:
    """Values to show how a text will look."""
    from .registry import registry

    known = registry()
    found: dict[str, Any] = {name: NAMES[name].sample for name in TEXTS[text_key].names}
    entity = next((key for key, flow in known.newest.items() if key in known.entities and flow.states), "")
    if entity:
        flow = known.newest[entity]
        found |= {"entity": entity, "state": flow.states[-1].key, "step": next((step.key for step in flow.transitions), ""),
                  "clock": next(iter(flow.clocks()), "")}
    found["job"] = next(iter(known.jobs), "")
    return found


def preview(text_key: str, language: str, words: str) -> str:
    """How a text looks with sample values."""
    with use_language(language):
        return fill(words, samples(text_key))
