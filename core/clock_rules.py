"""Clocks as data: how long, from which event, until when, where they rest, how they are extended, and what follows.

A clock is checked when the platform starts; a mistake names plugin, workflow, clock and key. Nothing of the core is imported
here: the calendar, the settings of a county and the rows of running clocks are elsewhere.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Label = Any
UNITS = ("working_day", "day", "month", "hour")
SHORT = {"working_day": "wd", "day": "d", "month": "m", "hour": "h"}
MOST = 10_000
CONSEQUENCES = ("notify", "mark", "send_up", "supervise")
START_EVENTS = ("hand_over", "receipt")
"""The events between which setting ``core.clock_start`` chooses, where a clock offers both."""

ENTRY = "entry"
"""The start event of a clock that offers no choice: the case enters its state."""

LATEST_REMINDER = 365
SUPERVISE = "core.clock.supervise"
"""The permission of who is told of, and sees, matters under supervision."""


@dataclass(frozen=True)
class Length:
    """How long a clock runs: ``number`` of ``unit``. Months end on the same day or the month's last (31 January + 1)."""

    number: int
    unit: str

    @property
    def mistake(self) -> str:
        """What is wrong with this length, empty when nothing is."""
        if self.unit not in UNITS:
            return f"unit {self.unit!r}: one of {', '.join(UNITS)}"
        if type(self.number) is not int or not 0 <= self.number <= MOST:
            return f"length {self.number}: a whole number from 0 to {MOST}"
        return ""

    @property
    def least_days(self) -> int:
        """Whole days that surely lie between start and end."""
        return {"hour": self.number // 24, "month": self.number * 28}.get(self.unit, self.number)

    def __str__(self) -> str:
        return f"{self.number} {SHORT[self.unit]}"


def parse_length(text: str) -> Length:
    """``"10 wd"`` → ten working days; units wd, d, m, h. Raises ``ValueError`` with the remedy for anything else."""
    number, _, unit = text.strip().partition(" ")
    units = {short: name for name, short in SHORT.items()}
    if not (number.isascii() and number.isdigit()) or unit not in units:
        raise ValueError(f"length {text!r}: write a number and wd, d, m or h, as in '10 wd'")
    found = Length(int(number), units[unit])
    if found.mistake:
        raise ValueError(found.mistake)
    return found


def working_days(number: int) -> Length:
    """A length in working days: the State Council's yearly notice with its make-up workdays decides which days count."""
    return Length(number, "working_day")


def days(number: int) -> Length:
    """A length in calendar days."""
    return Length(number, "day")


def months(number: int) -> Length:
    """A length in months."""
    return Length(number, "month")


def hours(number: int) -> Length:
    """A length in hours of real time: nights and days off count."""
    return Length(number, "hour")


@dataclass(frozen=True)
class Extension:
    """How a clock may be extended: who asks, who of the others approves, and how long it is then in all.

    ``length``, or the value of ``setting`` where it is declared and set, is the limit: the whole length counted from the
    original start. ``ask`` and ``approve`` are permissions; ``asked_by`` and ``approved_by`` say who, as ``by`` of a
    transition does. The account that asked never decides. ``times`` is how often it may be asked.
    ``guard(case) -> Refusal | None`` says what still stands against granting it (a consent that is missing);
    ``after(case, length, actor)`` is called when it was granted, in the same transaction, with the whole length as text.
    """

    ask: str
    approve: str
    length: Length | None = None
    setting: str | None = None
    asked_by: str = "department"
    approved_by: str = "holder"
    times: int = 1
    guard: Callable[[Any], Any] | None = None
    after: Callable[[Any, str, Any], None] | None = None


@dataclass(frozen=True)
class Clock:
    """A deadline of a case. It starts when its state is entered and is met when the case leaves the states of ``until``.

    ``setting`` names the setting whose value (kind ``length``) replaces ``length`` at the division of the case; a setting
    without a value starts no clock. ``choose(case) -> key`` may name another setting for a case (a major matter; the case has the
    columns that the step writes); where that one has no value, ``setting`` holds.
    ``starts`` offers several start events: event (``hand_over``, ``receipt``) → state that is entered or transition that is
    taken; setting ``core.clock_start`` chooses one. ``until`` lists the states in which it runs, by default its own;
    ``pause`` those in which it rests. ``ends`` names transitions that meet it although the case stays where it is,
    ``voids`` those that end it without effect (a returned case is no longer that unit's). ``remind`` are days before
    (negative) and after (positive) the last day. ``overdue`` is the consequence:

    ``mark``       it is shown as overdue;
    ``notify``     whoever has to act is told;
    ``send_up``    these and the level above are told, and the case stands in the list of that level;
    ``supervise``  these and the supervision posts of the holder's level and above are told, and the case is marked.

    ``rule`` names a choice setting: ``length`` (as above), ``decision`` (only the answer ``answer`` of the step's form sets
    the length, a date or a text such as "10 d"), ``until_zero`` (no clock). Without ``rule`` the answer wins where given.
    ``plugin`` is set by the platform on a clock of a ``WorkflowExtension``: it starts only where that plugin is on.
    """

    key: str
    length: Length | None
    label: Label
    overdue: str = ""
    source: Label = ""
    setting: str | None = None
    until: tuple[str, ...] = ()
    pause: tuple[str, ...] = ()
    plugin: str = ""
    starts: Mapping[str, str] = field(default_factory=dict)
    ends: tuple[str, ...] = ()
    voids: tuple[str, ...] = ()
    extension: Extension | None = None
    remind: tuple[int, ...] = ()
    rule: str | None = None
    answer: str = ""
    choose: Callable[[Any], str | None] | None = None


def settings_of(clock: Clock) -> Iterator[tuple[str, str]]:
    """(setting, the kind it must have) of every setting that a clock names."""
    if clock.setting:
        yield clock.setting, "length"
    if clock.extension is not None and clock.extension.setting:
        yield clock.extension.setting, "length"
    if clock.rule:
        yield clock.rule, "choice"


def mistakes(clock: Clock, home: str, states: Mapping[str, Any], steps: Mapping[str, Any], actors: tuple[str, ...]) -> list[str]:
    """What is wrong with a clock of state ``home``, one sentence each, naming the clock and the key.

    ``states`` and ``steps`` are the states and transitions of its workflow by key.
    """
    found = [*_length(clock), *_reminders(clock), *_extension(clock, actors), *_keys(clock, home, states, steps)]
    if clock.overdue not in CONSEQUENCES:
        found.append(f"has no consequence: overdue={clock.overdue!r} is not one of {', '.join(CONSEQUENCES)}")
    if states[home].final:
        found.append(f"starts in the final state {home!r}")
    return [f"clock {clock.key!r} {text}" for text in found]


def _length(clock: Clock) -> list[str]:
    found = [f"has a wrong length: {clock.length.mistake}"] if clock.length is not None and clock.length.mistake else []
    if clock.length is None and not (clock.setting or clock.answer or clock.choose):
        found.append("has no length: give length, setting or answer")
    if clock.rule and not clock.answer:
        found.append(f"follows the rule {clock.rule!r} but names no answer that decides: give answer")
    return found


def _reminders(clock: Clock) -> list[str]:
    found = []
    for day in clock.remind:
        if type(day) is not int or not -LATEST_REMINDER <= day <= LATEST_REMINDER:
            found.append(f"has the reminder {day!r}: whole days from -{LATEST_REMINDER} to {LATEST_REMINDER}")
        elif day < 0 and clock.length is not None and not clock.length.mistake and -day >= clock.length.least_days:
            found.append(f"reminds {-day} days before its end, which is outside its length of {clock.length}")
    if len(set(clock.remind)) != len(clock.remind) or 0 in clock.remind:
        found.append("has a reminder twice, or one of 0 days: name days before (-3) and after (3)")
    return found


def _extension(clock: Clock, actors: tuple[str, ...]) -> list[str]:
    rule, found = clock.extension, []
    if rule is None:
        return []
    if not rule.ask or not rule.approve:
        found.append("has an extension that nobody may ask for or approve: give ask and approve, two permissions")
    for who in (rule.asked_by, rule.approved_by):
        if who not in actors:
            found.append(f"has an extension by {who!r}: one of {', '.join(actors)}")
    if rule.length is None and not rule.setting:
        found.append("has an extension without a limit: give length or setting, the whole length from the start")
    elif rule.length is not None and rule.length.mistake:
        found.append(f"has an extension of a wrong length: {rule.length.mistake}")
    elif rule.length is not None and clock.length is not None and rule.length.unit == clock.length.unit \
            and rule.length.number <= clock.length.number:
        found.append(f"is extended to {rule.length}, which is no longer than its {clock.length}: the limit counts from the start")
    if rule.times < 1:
        found.append(f"may be extended {rule.times} times: at least once, or leave extension out")
    return found


def _keys(clock: Clock, home: str, states: Mapping[str, Any], steps: Mapping[str, Any]) -> list[str]:
    found = [f"names the unknown state {key!r}" for key in clock.until if key not in states]
    for key in clock.pause:
        if key not in states:
            found.append(f"names the unknown state {key!r} to pause in")
        elif states[key].final:
            found.append(f"pauses in the final state {key!r}: it would never go on")
        elif key in clock.until:
            found.append(f"both runs and pauses in the state {key!r}")
    found += [f"names the unknown transition {key!r}" for key in (*clock.ends, *clock.voids) if key not in steps]
    runs = {*(clock.until or (home,)), *clock.pause}
    for event, key in clock.starts.items():
        if event not in START_EVENTS:
            found.append(f"starts with the unknown event {event!r}: one of {', '.join(START_EVENTS)}")
        if key not in states and key not in steps:
            found.append(f"starts with {event!r} at {key!r}, which is neither a state nor a transition")
        elif (key if key in states else steps[key].target) not in runs:
            found.append(f"starts with {event!r} at {key!r} but does not run there: name the state in until")
    for step in steps.values():
        if step.target in clock.pause and step.automatic:
            found.append(f"would be paused by the automatic transition {step.key!r}: pausing is a person's decision")
    return found
