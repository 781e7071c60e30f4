"""The entity of wild cases, and the functions that made-up workflows may name."""
from grid321.core.api import Counter, DepartmentRef, DivisionRef, Entity, EntitySchema, Refusal, Text

from .models import WildCase


class WildSchema(EntitySchema):
    division = DivisionRef("Place", level=("village", "town", "county"))
    title = Text("Title", required=True, max=120)
    kind = Text("Kind", max=40)


class Unit(EntitySchema):
    department = DepartmentRef("Department", required=True)


def not_stubborn(case, data, actor):
    """Guard: a stubborn case does not take this step."""
    return Refusal("It does not want to.", "stubborn") if case.title == "stubborn" else None


def only_fresh(case, data, actor):
    """Guard: a case takes such a step twice at most."""
    return Refusal("Twice is enough.", "touched") if case.touched >= 2 else None


def touched(case, data, actor):
    return {"touched": case.touched + 1}


def recoloured(case, data, actor):
    return {"kind": "red" if case.kind == "blue" else "blue"}


def as_answered(case, data):
    """How the balance books the end: what the answer says."""
    return "solved" if data.get("good") else "closed"


def no_storm(case, data, actor):
    """Guard of the region's extension."""
    return Refusal("Not in a storm.", "storm") if case.kind == "red" else None


GUARDS = (None, None, None, not_stubborn, only_fresh)
SETS = (None, None, touched, recoloured)

CASE = Entity("wild.case", WildCase, WildSchema, "Wild case", columns=("number", "title", "state"), filters=("state",),
              title="title", actions=("create", "edit"), levels=("village", "town", "county"),
              counters=(Counter("state"), Counter("kind"), Counter("kind,state")))
