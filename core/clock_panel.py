"""The clocks of a case in words, as its page and its print show them: name, last day, light, links and buttons."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from . import plain_rows
from .calendar import HOLIDAY, MAKE_UP, NEXT, PAUSED, PREVIOUS, STAY, WEEKEND
from .clock_explain import Shown, declared, now_ends, rested, shown
from .clock_extensions import may_ask, may_decide
from .clock_rows import Deadline
from .clock_rules import ENTRY
from .faces import Face
from .i18n import format_day, format_time, ngettext
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .tree import Node

LIGHTS = {
    "in_time": (_l("In time"), "ok"), "soon": (_l("Due soon"), "warn"), "today": (_l("Due today"), "warn"),
    "overdue": (_l("Overdue"), "bad"), "paused": (_l("Paused"), "info"), "met": (_l("Met"), "ok"),
    "met_late": (_l("Met late"), "warn"), "cancelled": (_l("Ended without effect"), "muted")}
"""Word and tone of each light of a clock."""

EVENTS = {ENTRY: _l("Entry into the state"), "hand_over": _l("Hand-over"), "receipt": _l("Receipt by the unit")}
DAY_OFF = {NEXT: _l("An end on a day off moves to the next working day."),
           PREVIOUS: _l("An end on a day off moves to the last working day before it."),
           STAY: _l("An end on a day off stays.")}
DAY_KINDS = {"counted": _l("working day"), WEEKEND: _l("weekend"), HOLIDAY: _l("holiday"), MAKE_UP: _l("make-up workday"),
             PAUSED: _l("paused")}
EXTENSIONS = {"asked": _l("An extension waits for a decision"), "granted": _l("Extended"),
              "refused": _l("An extension was refused")}


_OF_RECORD = "entity = ? AND record_id = ? ORDER BY id"


def of_case(face: Face, record: Any, node: Node, actor: Any = None) -> list[dict[str, Any]]:
    """The clocks of a case for its page; without ``actor`` for paper, which has no buttons. One query, two with extensions."""
    if face.workflow is None:
        return []
    found = plain_rows.read(Deadline, _OF_RECORD, (face.entity.key, record.id))
    if not found:
        return []
    known = declared(face.entity, record)
    here = face.url(node.code, record.id)
    return [_entry(one, record, here, actor) for one in shown(found, known)]


def _entry(one: Shown, record: Any, here: str, actor: Any) -> dict[str, Any]:
    row = one.row
    word, tone = LIGHTS[one.light]
    last = format_time(row.due_at) if row.due_at is not None else format_day(row.due)
    found = {
        "id": row.id, "key": row.clock, "label": str(one.clock.label) if one.clock else row.clock, "due": last, "day": row.due,
        "word": str(word), "tone": tone, "left": left_text(one), "provisional": row.provisional and one.open, "open": one.open,
        "url": f"{here}/why/{row.id}", "note": str(EXTENSIONS.get(row.extension, "")), "extend_url": "", "decide_url": "",
        "supervised": one.open and row.fired_at is not None and row.overdue == "supervise", "light": one.light}
    if one.light == "paused":
        found["due"] = _("stands still since %(day)s; if it went on today: %(end)s", day=format_day(row.paused_at),
                         end=format_day(now_ends(row)))
    if actor is not None and one.open:
        if may_ask(one.clock, row, record, actor):
            found["extend_url"] = f"{here}/extend/{row.id}"
        if may_decide(one.clock, row, record, actor):
            found["decide_url"] = f"{here}/extension/{row.id}"
    return found


def left_text(one: Shown) -> str:
    """How many days are left, in words; how late a clock that ran out is; how long one has rested."""
    if one.light == "paused":
        days = rested(one.row)
        return ngettext("rested for %(num)s day", "rested for %(num)s days", days)
    if one.light == "overdue":
        return ngettext("%(num)s day late", "%(num)s days late", max(1, -one.left))
    if not one.open or one.light == "today":
        return ""
    return ngettext("%(num)s day left", "%(num)s days left", one.left)


def first_due(clocks: Sequence[Mapping[str, Any]], due: date | None) -> Mapping[str, Any] | None:
    """The running clock that a case's own due date stands for."""
    return next((one for one in clocks if one["open"] and one["day"] == due and one["light"] != "paused"), None)
