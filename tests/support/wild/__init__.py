"""A plugin for the stateful tests: its cases live under whatever workflows the test has made up (``flows``)."""
from grid321.core.api import Plugin, Role, hookimpl

from . import declarations

flows = []
"""The workflows that are declared; a test changes them and starts the platform again."""

ACT = "wild.act"
plugin = Plugin(
    key="wild", label="Wild", version="1.0.0", permissions=((ACT, "Act"), ("wild.ask", "Ask"), ("wild.approve", "Approve")),
    roles=(Role("wild.officer", "Officer", ("wild.case.view", "wild.case.create", "wild.case.edit", ACT, "wild.approve"),
                levels=("village", "town", "county")),
           Role("wild.clerk", "Clerk", ("wild.case.view", ACT, "wild.ask"), department=True),
           Role("wild.resident", "Resident", ("wild.case.view", "wild.case.create", ACT))))


@hookimpl
def grid321_entities():
    return [declarations.CASE]


@hookimpl
def grid321_workflows():
    return list(flows)
