"""A small plugin for the tests of clocks, shaped like the handling of deputies' suggestions: every named clock of the field,
its length from the core's settings, with pauses, an extension by a second person, and every consequence."""
from grid321.core.api import Plugin, Role, hookimpl

from . import declarations

FACES = tuple(f"replies.suggestion.{name}" for name in ("view", "create", "edit"))
OFFICE = ("replies.assign", "replies.confirm_pause", "replies.inspect", "replies.redo", "replies.approve_extension")
UNIT = ("replies.work", "replies.extend")

plugin = Plugin(
    key="replies", label="Suggestions", version="1.0.0",
    roles=(Role("replies.office", "Office of the congress", (*FACES, *OFFICE), levels=("village", "town", "county")),
           Role("replies.unit", "Handling unit", ("replies.suggestion.view", *UNIT), department=True),
           Role("replies.both", "Unit whose head also approves", ("replies.suggestion.view", *UNIT, "replies.approve_extension"),
                department=True),
           Role("replies.deputy", "Deputy", ("replies.suggestion.view", "replies.suggestion.create", "replies.rate")),
           Role("replies.reader", "Reader", ("replies.suggestion.view",))))


@hookimpl
def grid321_entities():
    return [declarations.SUGGESTION]


@hookimpl
def grid321_workflows():
    return [declarations.FLOW]
