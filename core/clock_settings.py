"""The settings of the clocks that every plugin shares: lengths, what starts them, what happens on a day off.

Their defaults are the default preset (``preset_files``); a county switches to another one or writes its own.
"""
from __future__ import annotations

from .entity import Setting
from .i18n import lazy_gettext as _
from .preset_files import PresetName, all_presets, default

PRESET = "core.clock_preset"
"""Which preset a place applied last; only ``preset_choice.apply`` writes it."""

INSPECTIONS = _("Three inspections (三督查): about 15 days, 2 months and 3 months from the hand-over")
_LABELS = {
    "core.clock_assign": _("Limit for assigning a suggestion"),
    "core.clock_return": _("Limit for returning it with reasons"),
    "core.clock_co_handler": _("Limit for the co-handling unit's opinion"),
    "core.clock_co_handler_redo": _("Limit for the co-handling unit when it is handled again"),
    "core.clock_first_contact": _("Limit for the first contact with the deputy"),
    "core.clock_reply": _("Limit for the reply"),
    "core.clock_reply_extended": _("Limit for the reply after an extension"),
    "core.clock_reply_major": _("Limit for the reply to a major matter"),
    "core.clock_feedback": _("Limit for the first feedback"),
    "core.clock_receipt": _("Limit for the deputy's receipt card"),
    "core.clock_redo": _("Limit for the second handling"),
}
_PRESET = default()


def _length(key: str) -> Setting:
    said = _PRESET.value(key)
    source = _PRESET.source if said else _("The default rules leave this open")
    return Setting(key, _LABELS[key], "length", said, source, optional=True)


SETTINGS = (
    *(_length(key) for key in _LABELS),
    Setting("core.clock_inspection_1", _("First inspection after"), "length", "15 d", INSPECTIONS, optional=True),
    Setting("core.clock_inspection_2", _("Second inspection after"), "length", "2 m", INSPECTIONS, optional=True),
    Setting("core.clock_inspection_3", _("Third inspection after"), "length", "3 m", INSPECTIONS, optional=True),
    Setting("core.clock_start", _("The limits of the handling unit run from"), "choice", _PRESET.value("core.clock_start"),
            _PRESET.source, choices=(("hand_over", _("the hand-over")), ("receipt", _("receipt by the unit"))), optional=True),
    Setting("core.clock_redo_rule", _("The limit of the second handling is set by"), "choice",
            _PRESET.value("core.clock_redo_rule"), _PRESET.source,
            choices=(("length", _("its length")), ("decision", _("a decision in each case")),
                     ("until_zero", _("nothing: it is followed until it is done"))), optional=True),
    Setting("core.clock_day_off", _("A limit in days or months that ends on a day off"), "choice", "next",
            _("Civil Code, article 203"),
            choices=(("next", _("moves to the next working day")), ("stay", _("stays on that day")),
                     ("previous", _("moves back to the working day before")))),
    Setting("core.receipt_parts", _("The receipt card asks for"), "choice", _PRESET.value("core.receipt_parts"),
            _("The default rules leave this open"),
            choices=(("result", _("the result")), ("attitude_result", _("attitude and result"))), optional=True),
    Setting(PRESET, _("Set of rules applied last"), "choice", _PRESET.key, _("Platform default"),
            choices=tuple((preset.key, PresetName(preset)) for preset in all_presets().values())),
)
