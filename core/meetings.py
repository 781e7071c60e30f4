"""Records of meetings and what they allow: a case goes up, or to a department, only as a held meeting decided.

The two committees of a village, the presidium of a town and the directors' meeting of a county go through the cases of their
bank one by one (domain §6). A held record is never changed; a correction is a new record. Each decision is used once.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import peewee

from . import db, snapshot
from .entity import ClassScheme, Entity, Setting
from .errors import Refused
from .i18n import format_day
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .tree import Node
from .workflow import Transition

DRAFT, HELD = "draft", "held"
KEEP = "keep"
"""The decision that takes no step: the case stays in the bank."""

KINDS = ClassScheme("core.meeting_kind", _l("Kinds of meetings"), (
    ("village_committees", _l("Meeting of the two village committees")),
    ("town_presidium", _l("Meeting of the presidium of the town’s people’s congress")),
    ("county_directors", _l("Directors’ meeting of the county’s people’s congress")),
), _l("Published practice: village two committees, town presidium, county directors’ meeting [place]"))
LEVEL_OF_KIND = {"village_committees": "village", "town_presidium": "town", "county_directors": "county"}
"""The level of the kinds that are declared here; a kind that a county adds may meet at every level."""

SETTINGS = (
    Setting("core.meeting_gate", _l("Steps that need the record of a meeting"), "choice", "all",
            _l("Three levels, month by month: a matter goes up and is handed over only with the record of the meeting [place]"),
            choices=(("all", _l("Sending up and handing over")), ("up", _l("Only sending up")))),
    Setting("core.meeting_quorum", _l("How many members must be present at a meeting"), "choice", "half",
            _l("Common rule of committees: more than half of the members"),
            choices=(("half", _l("More than half")), ("two_thirds", _l("At least two thirds")), ("any", _l("Not checked")))),
    Setting("core.meeting_days", _l("Days for which the decisions of a meeting may be carried out"), "int", 45,
            _l("Platform default: the month and half of the next. No law fixes it."), minimum=1, maximum=400),
)


class Meeting(db.Scoped):
    """A meeting of a division, being prepared (``draft``) or held; ``corrects_id`` names the record that it replaces."""

    number = peewee.CharField(max_length=40, unique=True)
    kind = peewee.CharField(max_length=40)
    met_on = peewee.DateField(null=True)
    chair = peewee.CharField(max_length=40, default="")
    expected = peewee.IntegerField(null=True)
    present = peewee.IntegerField(null=True)
    attendees = peewee.TextField(default="")
    minutes = peewee.TextField(default="")
    status = peewee.CharField(max_length=10, default=DRAFT)
    held_at = peewee.DateTimeField(null=True)
    corrects_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_meeting"
        indexes = db.scope_indexes((("division_id", "status", "met_on"), False), (("corrects_id",), False))


class MeetingItem(db.Table):
    """A case on the agenda and what was decided: the key of a step, ``keep``, or empty while nothing is decided.

    ``used_entry`` is the ledger entry of the step that was taken with this decision.
    """

    id = peewee.BigAutoField()
    meeting_id = peewee.BigIntegerField()
    position = peewee.IntegerField(default=0)
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    decision = peewee.CharField(max_length=80, default="")
    department_id = peewee.BigIntegerField(null=True)
    limit_on = peewee.DateField(null=True)
    note = peewee.TextField(default="")
    used_entry = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_meeting_item"
        indexes = ((("meeting_id", "entity", "record_id"), True), (("entity", "record_id"), False))


@dataclass(frozen=True)
class Decision:
    """The last decision of a division's meetings about a case."""

    item_id: int
    meeting_id: int
    kind: str
    met_on: date
    decision: str
    department_id: int | None
    limit_on: date | None
    note: str
    used: bool


def needed(step: Transition, holder: Node) -> bool:
    """True when ``step`` of a case that ``holder`` holds needs the record of a meeting."""
    if not step.meeting:
        return False
    return step.moves.kind == "up" or snapshot.current().settings.get("core.meeting_gate", holder) == "all"


def last_decision(entity: Entity, record_id: int, holder: Node) -> Decision | None:
    """What the newest held meeting of ``holder`` decided about a case; corrected records do not count. One query."""
    newer = Meeting.alias()
    corrected = newer.select(newer.id).where((newer.corrects_id == Meeting.id) & (newer.status == HELD))
    row = (MeetingItem.select(MeetingItem.id, Meeting.id, Meeting.kind, Meeting.met_on, MeetingItem.decision,
                              MeetingItem.department_id, MeetingItem.limit_on, MeetingItem.note, MeetingItem.used_entry)
           .join(Meeting, on=(Meeting.id == MeetingItem.meeting_id))
           .where((MeetingItem.entity == entity.key) & (MeetingItem.record_id == record_id)
                  & (Meeting.division_id == holder.id) & (Meeting.status == HELD) & ~peewee.fn.EXISTS(corrected))
           .order_by(Meeting.met_on.desc(), Meeting.id.desc()).tuples().first())
    return Decision(*(*row[:8], row[8] is not None)) if row else None


def objection(step: Transition, decided: Decision | None, holder: Node) -> str:
    """Why ``decided`` does not allow ``step``, as a sentence; empty when it does."""
    if decided is None:
        return _("No held meeting of %(place)s has decided about it.", place=holder.name)
    day = format_day(decided.met_on)
    if decided.decision != step.key:
        return _("The meeting of %(day)s decided otherwise.", day=day)
    if decided.used:
        return _("The decision of the meeting of %(day)s was carried out already.", day=day)
    if not _counts(step, decided.kind):
        return _("The meeting of %(day)s was of another kind.", day=day)
    days = int(snapshot.current().settings.get("core.meeting_days", holder))
    if decided.met_on < db.local_day() - timedelta(days=days):
        return _("The meeting of %(day)s is more than %(days)s days ago.", day=day, days=days)
    return ""


def _counts(step: Transition, kind: str) -> bool:
    """A declared kind counts where the step names it; one that a county added counts as its own meeting everywhere."""
    return kind in step.meeting or kind not in LEVEL_OF_KIND


def allows(entity: Entity, step: Transition, record: Any, known: dict[int, Decision | None]) -> bool:
    """True when no meeting is needed for ``step``, or one decided it. ``known`` keeps the answer for one record."""
    holder = snapshot.current().tree.get(record.holder_id)
    if holder is None or not needed(step, holder):
        return True
    if record.id not in known:
        known[record.id] = last_decision(entity, record.id, holder)
    return not objection(step, known[record.id], holder)


def require(entity: Entity, step: Transition, record: Any, holder: Node, data: Mapping[str, Any]) -> Decision | None:
    """The decision that allows ``step`` now, None when none is needed. Raises ``Refused`` (code ``no_meeting``)."""
    if not needed(step, holder):
        return None
    decided = last_decision(entity, record.id, holder)
    why = objection(step, decided, holder)
    if not why and decided is not None and decided.department_id is not None and \
            data.get("department_id", decided.department_id) != decided.department_id:
        why = _("The meeting of %(day)s decided for another department.", day=format_day(decided.met_on))
    if why:
        raise Refused(_("The step “%(step)s” needs the record of a meeting.", step=step.label), why,
                      _("Put the matter on the agenda of the next meeting, hold it, then carry out its decisions."),
                      code="no_meeting", extra={"url": agenda_url(entity, record, holder)})
    return decided


def agenda_url(entity: Entity, record: Any, holder: Node) -> str:
    """The page of a case with the button that puts it on the agenda of the next meeting."""
    return f"/d/{holder.code}/{entity.plugin}/{entity.name}/{record.id}#agenda"


def use(decided: Decision, entry_id: int) -> None:
    """Mark a decision as carried out by a ledger entry, within the step's transaction. Raises ``Refused`` when it was."""
    done = (MeetingItem.update(used_entry=entry_id)
            .where((MeetingItem.id == decided.item_id) & MeetingItem.used_entry.is_null()).execute())
    if done != 1:
        raise Refused(_("The decision of the meeting of %(day)s was carried out already.", day=format_day(decided.met_on)),
                      remedy=_("Load the page again."), code="no_meeting")
