"""Writing schedules, receptions, duties and wishes: each lives at the division of its station, a wish at that of its page."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grid321.core.api import Actor, Conflict, Invalid, Node, ancestor_columns, local_day, tree
from grid321.core.api import gettext as _

from .deputy_models import Deputy
from .placement import in_office
from .plan_roles import ALL_WISHES
from .reception_models import Reception, Wish


def home_of_duty(values: Mapping[str, Any]) -> int | None:
    """The division at which a duty lives: that of its reception."""
    row = Reception.select(Reception.division_id).where(Reception.id == values.get("reception_id")).tuples().first()
    return int(row[0]) if row else None


def create_wish(values: dict[str, Any], actor: Actor, node: Node) -> Wish:
    """A wish of the deputy that is named, or of the own person. Raises ``Invalid`` for another one's without the right to it."""
    deputy = Deputy.get_or_none(Deputy.id == values["deputy_id"]) if values.get("deputy_id") else own_mandate(actor)
    if deputy is None:
        raise Invalid(_("The wish was not saved."), errors={"deputy": [_("Choose the deputy whose wish it is.")]})
    if deputy.person_id != actor.person_id and not actor.system and not actor.may_within(ALL_WISHES, node):
        raise Invalid(_("The wish was not saved."), errors={"deputy": [_("Here you enter your own wishes only.")]})
    made: Wish = Wish.create(**{**values, "deputy_id": deputy.id, "person_id": deputy.person_id},
                             **ancestor_columns(tree(), node), created_by=actor.account_id)
    return made


def own_mandate(actor: Actor) -> Deputy | None:
    """The mandate in office of who acts; of several the first."""
    found: Deputy | None = Deputy.select().where(
        (Deputy.person_id == (actor.person_id or 0)) & in_office(local_day())).order_by(Deputy.id).first()
    return found


def delete_schedule(record: Any, actor: Actor, node: Node) -> None:
    """Take back a rule by which nothing was planned. Raises ``Conflict`` for another."""
    if Reception.select(Reception.id).where(Reception.schedule_id == record.id).exists():
        raise Conflict(_("Receptions were planned by this rule: it stays."), record.title,
                       _("Enter the last day on which it holds."), code="in_use")


def delete_duty(record: Any, actor: Actor, node: Node) -> None:
    """Take somebody off a roster. Raises ``Conflict`` once the day is past: then it is noted who was there."""
    if record.day < local_day() and not actor.system:
        raise Conflict(_("This day is past: the roster stays as it was."), remedy=_("Note whether the deputy was there."),
                       code="past")
