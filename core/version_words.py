"""The differences between two versions of a workflow in the words of the people who decide about them."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import i18n
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .references import level_label
from .registry import registry
from .version_content import Change, plain
from .workflow import Workflow, parse_length

FIELDS: Mapping[str, Any] = {
    "source": _l("from the states"), "target": _l("leads to"), "permission": _l("permission"), "by": _l("who takes it"),
    "asks": _l("asks for"), "moves": _l("where the matter goes"), "guard": _l("condition"), "sets": _l("what it writes"),
    "automatic": _l("by itself"), "flow": _l("booked as"), "bulk": _l("for many at once"), "notify": _l("who is told"),
    "meeting": _l("needs a meeting of"), "final": _l("ends the matter"), "desk": _l("who has to act"), "length": _l("length"),
    "overdue": _l("when overdue"), "setting": _l("length set by"), "until": _l("runs in"), "pause": _l("rests in"),
    "starts": _l("starts with"), "ends": _l("met by the steps"), "voids": _l("ended by the steps"),
    "extension": _l("extension"), "remind": _l("reminders (days)"), "rule": _l("rule set by"), "answer": _l("length answered in"),
    "choose": _l("length chosen by"), "initial": _l("first state"), "numbers": _l("prefix of numbers"),
    "levels": _l("levels with a bank"), "entity": _l("kind of record"), "order of states": _l("order of the states"),
    "order of transitions": _l("order of the steps"), "order of clocks": _l("order of the clocks")}

VALUES: Mapping[str, Any] = {
    "holder": _l("who holds the matter"), "department": _l("the department"), "reporter": _l("who reported it"),
    "scope": _l("everybody above"), "mark": _l("shown as overdue"), "notify": _l("whoever has to act is told"),
    "send_up": _l("the level above is told"), "supervise": _l("put under supervision"), "solved": _l("solved"),
    "closed": _l("closed, not solved"), "withdrawn": _l("withdrawn")}

MOVES: Mapping[str, Any] = {
    "stay": _l("stays where it is"), "up": _l("up to the level above"), "down": _l("back down"),
    "to_department": _l("to a department"), "from_department": _l("back from the department")}

_STATES = frozenset({"source", "target", "until", "pause", "initial"})
_STEPS = frozenset({"ends", "voids"})
_SPOKEN = frozenset({"by", "desk", "overdue", "flow", "notify"})


class Words:
    """Speaks of the changes from one version of a workflow to another."""

    def __init__(self, old: Workflow, new: Workflow) -> None:
        """Take both versions: labels come from the new one, those of removed parts from the old one."""
        self.states = {state.key: state.label for flow in (old, new) for state in flow.states}
        self.steps = {step.key: step.label for flow in (old, new) for step in flow.transitions}
        self.clocks = {key: clock.label for flow in (old, new) for key, (_state, clock) in flow.clocks().items()}

    def sentence(self, change: Change) -> str:
        """One change as a sentence: what was added, removed, or changed from what to what."""
        if not change.field:
            return self._whole(change)
        where = self._part(change.path) or _("Workflow")
        field = str(FIELDS.get(change.field, change.field))
        if change.field.startswith("order of "):
            return _("%(part)s: %(field)s changed", part=where, field=field)
        if isinstance(change.before, list) and isinstance(change.after, list) and change.before and change.after:
            return _("%(part)s: %(field)s %(changes)s", part=where, field=field, changes=self._items(change))
        return _("%(part)s: %(field)s %(before)s → %(after)s", part=where, field=field,
                 before=self.value(change.field, change.before), after=self.value(change.field, change.after))

    def _items(self, change: Change) -> str:
        """What came to a list and what left it; long lists of states are not read twice to find the one that differs."""
        more = [f"+ {self.value(change.field, one)}" for one in change.after if one not in change.before]
        less = [f"− {self.value(change.field, one)}" for one in change.before if one not in change.after]
        return _(", ").join([*more, *less]) or _("in another order")

    def kind(self, change: Change) -> tuple[str, str]:
        """(added, removed or changed in words, its colour)."""
        if change.field:
            return _("changed"), "info"
        return (_("added"), "ok") if change.before is None else (_("removed"), "bad")

    def _whole(self, change: Change) -> str:
        kind, content = change.path[-1][0], change.after if change.before is None else change.before
        added, label = change.before is None, self._label(*change.path[-1])
        if kind == "state":
            return _("State “%(label)s” added", label=label) if added else _("State “%(label)s” removed", label=label)
        if kind == "clock":
            length = self.value("length", content.get("length"))
            state = self._label(*change.path[-2])
            text = (_l("Clock “%(label)s” (%(length)s) added in state “%(state)s”") if added
                    else _l("Clock “%(label)s” (%(length)s) removed from state “%(state)s”"))
            return str(text) % {"label": label, "length": length, "state": state}
        start, goal = self.value("source", content.get("source")), self.value("target", content.get("target"))
        return (_("Step “%(label)s” added: %(start)s → %(goal)s", label=label, start=start, goal=goal) if added
                else _("Step “%(label)s” removed: %(start)s → %(goal)s", label=label, start=start, goal=goal))

    def _part(self, path: tuple[tuple[str, str], ...]) -> str:
        words = {"state": _l("State “%(label)s”"), "transition": _l("Step “%(label)s”"), "clock": _l("Clock “%(label)s”")}
        return " › ".join(str(words[kind]) % {"label": self._label(kind, key)} for kind, key in path)

    def _label(self, kind: str, key: str) -> str:
        return str({"state": self.states, "transition": self.steps, "clock": self.clocks}[kind].get(key) or key)

    def value(self, field: str, value: Any) -> str:
        """A stored value of ``field`` in words; nothing is a dash."""
        if value in (None, "", [], {"map": []}):
            return _("none")
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, list):
            return _(", ").join(self.value(field, item) for item in value)
        if isinstance(value, str):
            return self._word(field, value)
        if isinstance(value, Mapping) and value.get("is") == "Length":
            return length_words(plain(value))
        if isinstance(value, Mapping) and value.get("is") == "Move":
            return str(MOVES.get(str(value.get("kind")), value.get("kind"))) + (f" ×{value['steps']}" if value.get("steps", 0) > 1
                                                                               else "")
        return plain(value).rpartition(":")[2] if isinstance(value, Mapping) and not value.get("is") else plain(value)

    def _word(self, field: str, value: str) -> str:
        if field in _STATES:
            return str(self.states.get(value, value))
        if field in _STEPS:
            return str(self.steps.get(value, value))
        if field == "permission":
            label = registry().permissions.get(value)
            return f"{label} ({value})" if label is not None and str(label) != value else value
        if field in {"setting", "rule"}:
            setting = registry().settings.get(value)
            return str(setting.label) if setting is not None else value
        if field == "levels":
            return level_label(value)
        return str(VALUES.get(value, value)) if field in _SPOKEN else value


def length_words(text: str) -> str:
    """A length such as ``10 wd`` in words."""
    try:
        length = parse_length(text)
    except ValueError:
        return text
    words = {"working_day": _("%(count)s working days", count=length.number), "day": _("%(count)s days", count=length.number),
             "month": _("%(count)s months", count=length.number), "hour": _("%(count)s hours", count=length.number)}
    return words[length.unit]


def lines(changes: list[Change], old: Workflow, new: Workflow, language: str | None = None) -> list[str]:
    """The changes as sentences in the present language, or in ``language``."""
    words = Words(old, new)
    if language is None:
        return [words.sentence(change) for change in changes]
    with i18n.use_language(language):
        return [words.sentence(change) for change in changes]
