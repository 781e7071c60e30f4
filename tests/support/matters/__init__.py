"""A small plugin for the core's own tests: matters that climb from the village to the county, with every kind of move."""
from grid321.core.api import ClassScheme, Plugin, PostKind, Role, Setting, hookimpl

from . import declarations

ALL = tuple(f"matters.{name}" for name in ("send_up", "send_down", "hand_over", "answer", "give_back", "rate", "close",
                                            "withdraw", "explain"))
OF_DEPARTMENTS = ("matters.answer", "matters.give_back")
FACES = tuple(f"matters.matter.{name}" for name in ("view", "create", "edit", "import", "export"))

plugin = Plugin(
    key="matters", label="Matters", version="1.0.0",
    roles=(Role("matters.officer", "Officer", (*FACES, *(key for key in ALL if key not in OF_DEPARTMENTS),
                                               "matters.matter.reveal", "matters.matter.group", "matters.note.view",
                                               "matters.note.create",
                                               "matters.note.edit", "matters.note.delete"),
                levels=("village", "town", "county")),
           Role("matters.clerk", "Clerk", ("matters.matter.view", "matters.answer", "matters.give_back"), department=True),
           Role("matters.reader", "Reader", ("matters.matter.view",)),
           Role("matters.resident", "Resident", ("matters.matter.view", "matters.matter.create", "matters.rate",
                                                 "matters.withdraw"))),
    posts=(PostKind("secretary", "Secretary", ("village",), role="matters.officer"),),
    settings=(Setting("matters.village_days", "Days of the village", "length", "7 d", "test"),),
    classes=(ClassScheme("matters.kind", "Kind", (("light", "Light"), ("road", "Road"), ("water", "Water"))),))


@hookimpl
def grid321_entities():
    return [declarations.MATTER, declarations.NOTE]


@hookimpl
def grid321_workflows():
    return [declarations.FLOW]
