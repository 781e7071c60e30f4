"""Presets of clock rules at a place: what holds there now, what a preset would change, switching to one."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from . import audit, db, settings, snapshot
from .clock_settings import PRESET
from .entity import Setting
from .errors import Forbidden, NotFound
from .i18n import gettext as _
from .preset_files import KEYS, Preset, all_presets
from .tree import Node

EDIT = "core.setting.edit"


@dataclass(frozen=True)
class Difference:
    """One setting of a preset beside what holds at a place."""

    setting: Setting
    here: str | None
    source: str
    said: str | None

    @property
    def same(self) -> bool:
        """True when applying the preset would leave the value as it is."""
        return self.here == self.said


def preset(key: str) -> Preset:
    """The preset of that key. Raises ``NotFound`` naming those there are."""
    found = all_presets().get(key)
    if found is None:
        raise NotFound(_("There is no preset %(key)s.", key=key[:40]),
                       remedy=_("There are: %(keys)s.", keys=", ".join(all_presets())))
    return found


def chosen(node: Node, day: date | None = None) -> tuple[Preset | None, date | None, int | None]:
    """(the preset applied last at ``node`` or above, since when, division that did) on ``day``; the default one when none was."""
    value, _source, place, since = snapshot.current().settings.explain(PRESET, node, day)
    return all_presets().get(str(value)), since, place


def compare(found: Preset, node: Node, day: date | None = None) -> list[Difference]:
    """Every setting that a preset decides, with what holds at ``node`` on ``day`` (default today)."""
    known = snapshot.current().settings
    rows = []
    for key in KEYS:
        value, source, _place, _since = known.explain(key, node, day)
        rows.append(Difference(known.declared(key), None if value is None else str(value), source, found.value(key)))
    return rows


def apply(key: str, node: Node, actor: Any, valid_from: date) -> int:
    """Make a preset the rules of ``node`` and its subtree from a day on; returns how many values changed.

    Every setting of the table is written, those that the preset leaves open as "not set", each with the preset's source and
    a ledger entry, in one transaction. Running clocks keep their dates (``redating`` changes them on purpose). Raises
    ``NotFound`` for an unknown preset and ``Forbidden`` for who may not change settings here.
    """
    found = preset(key)
    if not actor.may(EDIT, node):
        raise Forbidden(_("You may not change settings at %(place)s.", place=node.name))
    silent = _("%(preset)s leaves this open", preset=found.zh)
    with db.transaction():
        changed = sum(not row.same for row in compare(found, node, valid_from))
        for name in KEYS:
            said = found.value(name)
            settings.put(name, node, said, source=found.source if said is not None else silent, valid_from=valid_from,
                         account_id=actor.account_id)
        settings.put(PRESET, node, found.key, source=found.source, valid_from=valid_from, account_id=actor.account_id)
        audit.event("setting", actor, {"key": PRESET, "value": found.key}, division_id=node.id)
    return changed
