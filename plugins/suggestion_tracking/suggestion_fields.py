"""The field by which a deputy is chosen: offered are those who hold a post of deputy, not everybody in the county."""
from __future__ import annotations

from typing import ClassVar

from grid321.core.api import PersonRef, current_frame, local_day, people, tree

DEPUTY_POSTS = {"county": "core_deputy_county", "town": "core_deputy_town"}
"""Level of a congress → the post of its deputies."""

MOST = 1000


def deputies_at(division_id: int) -> dict[int, str]:
    """The deputies of the congress of a county or town today: name by person id, in the order of their initials. One query."""
    node = tree().get(division_id)
    kind = DEPUTY_POSTS.get(node.level) if node is not None else None
    if kind is None:
        return {}
    day, person, post = local_day(), people.Person, people.Post
    rows = (person.select(person.id, person.name).join(post, on=(post.person_id == person.id)).where(
        (post.division_id == division_id) & (post.kind == kind) & (post.from_day <= day)
        & (post.to_day.is_null() | (post.to_day >= day))).order_by(person.initials, person.id).limit(MOST).tuples())
    return dict(rows)


class DeputyRef(PersonRef):
    """A person; offered are the deputies of the congress at which the form is filled in."""

    kind: ClassVar[str] = "person"

    def options(self) -> list[tuple[str, str]]:
        """The deputies of the congress of the division being looked at, at most 1,000."""
        return [(str(identifier), name) for identifier, name in deputies_at(current_frame().node.id).items()]


class LeadingDeputy(DeputyRef):
    """The deputy who leads a suggestion: the office chooses among all, a deputy is offered nobody else."""

    def options(self) -> list[tuple[str, str]]:
        """The deputies of the congress, or the present deputy alone."""
        actor = current_frame().actor
        found = super().options()
        if actor.system or actor.may("suggestion_tracking.register", current_frame().node):
            return found
        return [one for one in found if one[0] == str(actor.person_id)]
