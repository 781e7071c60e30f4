"""From what the deeds of a deputy come, as data: which record of which plugin, in which state, on which day, whose deed it is.

Records of other plugins are known here by the key of their entity and the names of their columns only. One that is not installed
has no records and brings no deeds.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grid321.core.api import ClassScheme
from grid321.core.api import lazy_gettext as _

P = "liaison_station."
S = "suggestion_tracking."

KINDS = ClassScheme(f"{P}deed", _("Kinds of deeds in a deputy’s file"), (
    ("reception", _("Received voters")),
    ("opinion", _("Heard a voter’s opinion")),
    ("activity", _("Took part in an activity")),
    ("contact", _("Kept contact with voters or deputies")),
    ("suggestion", _("Raised a suggestion")),
    ("signed", _("Signed a suggestion")),
    ("met", _("Met the unit that handles a suggestion")),
    ("rated", _("Rated the answer to a suggestion")),
    ("inspection", _("Took part in an inspection")),
    ("training", _("Was trained")),
    ("other", _("Other")),
), _("Deputies Law 2025, art. 58: the file of performance; the kinds are a working default that the county edits"))


@dataclass(frozen=True)
class Who:
    """Where the deputies of a record stand: in ``column`` of the record itself, of rows that hang on it, or of what it hangs on.

    ``rows`` is the entity of rows whose column ``link`` is the record's id; only rows with the values of ``where`` count.
    ``parent`` is the entity of the record that column ``link`` of the record names. ``holds`` says what the column holds: the
    id of a ``deputy`` (a mandate), of a ``person`` or of an ``account``.
    """

    column: str
    holds: str = "person"
    rows: str = ""
    parent: str = ""
    link: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cause:
    """A kind of record that is a deed of deputies while its state is one of ``states`` (empty: any) and none of ``unless``.

    ``needs`` are columns that must not be empty. ``day`` is the column of the day. ``title`` are columns of which the first that
    is not empty names the deed; ``named`` (entity, column here, column there) names it where they are all empty. A record that
    was made from one of ``came_from`` (a conversion) is no deed of its own: the first record is. ``kinds`` are other kinds
    of deed by the value of the column ``kind_of`` (an inspection among the activities).
    """

    kind: str
    entity: str
    who: Who
    day: str
    title: tuple[str, ...] = ()
    named: tuple[str, str, str] = ("", "", "")
    states: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    came_from: tuple[str, ...] = ()
    kind_of: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)


GONE = ("dropped", "withdrawn", "refused", "void", "called_off")
"""States in which a record says that what it is about did not take place, whichever workflow it has."""

CAUSES = (
    Cause("reception", f"{P}reception", Who("deputy_id", "deputy", rows=f"{P}duty", link="reception_id", where={"state": "came"}),
          day="day", title=("theme",), named=(f"{P}station", "station_id", "name"), states=("held",)),
    Cause("opinion", f"{P}opinion", Who("deputy_id", "deputy"), day="heard_on", title=("title",), unless=GONE),
    Cause("activity", f"{P}activity",
          Who("deputy_id", "deputy", rows=f"{P}attendance", link="activity_id", where={"came": True}),
          day="held_on", title=("title",), unless=GONE, needs=("held_on",), kind_of="kind",
          kinds={"inspection": "inspection", "unannounced": "inspection", "study": "training"}),
    Cause("contact", f"{P}talk", Who("deputy_id", "deputy"), day="day"),
    Cause("suggestion", f"{S}suggestion", Who("deputy_id"), day="raised_on", title=("title",), unless=GONE, needs=("raised_on",)),
    Cause("signed", f"{S}suggestion", Who("person_id", rows=f"{S}cosigner", link="suggestion_id"), day="raised_on",
          title=("title",), unless=GONE, needs=("raised_on",)),
    Cause("met", f"{S}contact", Who("deputy_id", parent=f"{S}suggestion", link="suggestion_id"), day="met_on",
          named=(f"{S}suggestion", "suggestion_id", "title")),
    Cause("rated", f"{S}receipt", Who("deputy_id"), day="returned_on", title=("title",), states=("returned",),
          needs=("returned_on",)),
    Cause("opinion", f"{S}matter", Who("deputy_id"), day="occurred_on", title=("title",), unless=GONE,
          came_from=(f"{P}opinion",)),
)
"""What happened in this plugin and in others that stands in a deputy's file. A secret ballot is none."""
