"""The presets as they stand in ``core/presets/*.toml``: numbers of laws and places, data only.

A file names what its rule says; a setting that it does not name is open there, and stays without a value.
"""
from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from .i18n import current_language
from .workflow import parse_length

FOLDER = Path(__file__).parent / "presets"
LENGTHS = tuple(f"core.clock_{name}" for name in (
    "assign", "return", "co_handler", "co_handler_redo", "first_contact", "reply", "reply_extended", "reply_major", "feedback",
    "receipt", "redo"))
CHOICES: Mapping[str, tuple[str, ...]] = {
    "core.clock_start": ("hand_over", "receipt"), "core.clock_redo_rule": ("length", "decision", "until_zero"),
    "core.receipt_parts": ("result", "attitude_result")}
KEYS = (*LENGTHS, *CHOICES)
"""What a preset decides, in the order of the table it comes from. All of it is written when a preset is applied."""

_NAMES = frozenset({"zh", "en", "source", "since", "note_zh", "note_en", "default", "values"})


@dataclass(frozen=True)
class Preset:
    """One set of rules: ``values`` holds what it says; ``since`` is the day its source came into force, where that is known."""

    key: str
    zh: str
    en: str
    source: str
    since: date | None = None
    note_zh: str = ""
    note_en: str = ""
    default: bool = False
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Its name in the present language."""
        return self.zh if current_language() == "zh" else self.en

    @property
    def note(self) -> str:
        """What its reader should know, in the present language."""
        return self.note_zh if current_language() == "zh" else self.note_en

    def value(self, key: str) -> str | None:
        """What it says of a setting; None when it leaves that open."""
        return self.values.get(key)


class PresetName:
    """The name of a preset where a text is wanted that follows the reader's language."""

    __slots__ = ("_preset",)

    def __init__(self, preset: Preset) -> None:
        self._preset = preset

    def __str__(self) -> str:
        return self._preset.label


def read_preset(key: str, text: str) -> Preset:
    """The preset in a file. Raises ``ValueError`` that names what is wrong: unknown names, values that do not fit."""
    content: dict[str, Any] = tomllib.loads(text)
    unknown = sorted(set(content) - _NAMES)
    missing = [name for name in ("zh", "en", "source") if not isinstance(content.get(name), str) or not content[name].strip()]
    if unknown or missing:
        raise ValueError(f"preset {key}: " + ", ".join([f"unknown name {name}" for name in unknown]
                                                       + [f"{name} is missing" for name in missing]))
    values = content.pop("values", {})
    for name, value in values.items():
        if name in CHOICES and value in CHOICES[name]:
            continue
        if name not in LENGTHS:
            raise ValueError(f"preset {key}: {name} = {value!r} is no setting of a preset, or not one of its choices")
        if str(parse_length(value)) != value:
            raise ValueError(f"preset {key}: {name} = {value!r} is not written as a length is")
    return Preset(key, **content, values=dict(values))


@cache
def all_presets() -> Mapping[str, Preset]:
    """Every preset of this release by key, the default first. Raises ``ValueError`` for a broken file."""
    found = [read_preset(path.stem, path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))]
    return {preset.key: preset for preset in sorted(found, key=lambda preset: (not preset.default, preset.key))}


def default() -> Preset:
    """The preset whose values the settings have until a county chooses."""
    return next(preset for preset in all_presets().values() if preset.default)
