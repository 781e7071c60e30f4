"""Schemas, entity and workflow of the test plugin."""
from grid321.core.api import (
    Clock,
    DepartmentRef,
    DivisionRef,
    Entity,
    EntitySchema,
    Extension,
    Flag,
    LongText,
    State,
    Text,
    Transition,
    Workflow,
    from_department,
    hours,
    months,
    to_department,
    within,
)

from .models import Suggestion


class SuggestionSchema(EntitySchema):
    division = DivisionRef("Place", level=("village", "town", "county"))
    title = Text("Title", required=True, max=120)
    major = Flag("Broad or hard")


class Department(EntitySchema):
    department = DepartmentRef("Unit", required=True)


class Reason(EntitySchema):
    reason = LongText("Reason", required=True, max=400)


class Redo(EntitySchema):
    limit = Text("Limit", max=20)


def in_time_to_return(case, data, actor):
    return within(case, "return")


def major(case):
    return "core.clock_reply_major" if case.major else None


P = "replies."
BOTH = {"hand_over": "given", "receipt": "received"}
WITH_UNIT = ("given", "received", "accepted", "pause_asked")
REST = ("paused",)
LONGER = Extension(P + "extend", P + "approve_extension", months(6), "core.clock_reply_extended")


def limit(key, label, setting, overdue, **options):
    options.setdefault("until", WITH_UNIT)
    options.setdefault("pause", REST)
    options.setdefault("starts", BOTH)
    options.setdefault("voids", ("give_back",))
    return Clock(key, None, label, overdue, setting=f"core.clock_{setting}", **options)


AT_UNIT = (
    limit("return", "Return with reasons", "return", "mark", until=("given", "received"), pause=(), voids=()),
    limit("reply", "Reply", "reply", "supervise", extension=LONGER, remind=(-15, -3, 7), choose=major),
    limit("co_handler", "Opinion of the co-handling unit", "co_handler", "notify", ends=("co_opinion",)),
    limit("first_contact", "First contact with the deputy", "first_contact", "notify", ends=("contact",)),
    limit("feedback", "First feedback", "feedback", "notify", ends=("feed_back",)),
    *(limit(f"inspection_{number}", f"Inspection {number}", f"inspection_{number}", "send_up", starts={"hand_over": "given"},
            until=(*WITH_UNIT, "answered"), ends=(f"inspect_{number}",)) for number in (1, 2, 3)),
)

FLOW = Workflow(
    "replies.handling", "replies.suggestion", 1, numbers="JY", label="Handling of suggestions",
    states=(
        State("raised", "Raised", clocks=(
            Clock("assign", None, "Assignment", "send_up", setting="core.clock_assign"),
            Clock("seen", hours(24), "Seen by the office", "mark", "house rule"))),
        State("given", "Assigned", desk="department", clocks=AT_UNIT),
        State("received", "Received by the unit", desk="department"),
        State("accepted", "Handled by the unit", desk="department"),
        State("pause_asked", "Pause asked for"),
        State("paused", "Paused"),
        State("answered", "Answered", desk="reporter", clocks=(
            Clock("receipt", None, "Receipt card", "mark", setting="core.clock_receipt", remind=(-2,)),)),
        State("again", "Handled again", desk="department", clocks=(
            Clock("redo", None, "Second handling", "send_up", setting="core.clock_redo", rule="core.clock_redo_rule",
                  answer="limit"),
            Clock("co_handler_redo", None, "Co-handling unit, again", "notify", setting="core.clock_co_handler_redo"))),
        State("closed", "Closed", final=True, tone="ok"),
        State("withdrawn", "Withdrawn", final=True, tone="muted"),
    ),
    transitions=(
        Transition("assign", "raised", "given", "Assign", P + "assign", asks=(Department,), moves=to_department()),
        Transition("receive", "given", "received", "Sign the receipt", P + "work", by="department"),
        Transition("accept", ("given", "received"), "accepted", "Accept", P + "work", by="department"),
        Transition("give_back", ("given", "received"), "raised", "Return with reasons", P + "work", by="department",
                   asks=(Reason,), moves=from_department(), guard=in_time_to_return, tone="warn"),
        Transition("ask_pause", "accepted", "pause_asked", "Ask for a pause", P + "work", by="department", asks=(Reason,)),
        Transition("confirm_pause", "pause_asked", "paused", "Confirm the pause", P + "confirm_pause"),
        Transition("deny_pause", "pause_asked", "accepted", "Deny the pause", P + "confirm_pause"),
        Transition("resume", "paused", "accepted", "Go on", P + "confirm_pause"),
        Transition("co_opinion", "accepted", "accepted", "Opinion of the co-handling unit", P + "work", by="department"),
        Transition("contact", "accepted", "accepted", "Met the deputy", P + "work", by="department"),
        Transition("feed_back", "accepted", "accepted", "First feedback", P + "work", by="department"),
        Transition("inspect_1", "accepted", "accepted", "First inspection", P + "inspect"),
        Transition("inspect_2", "accepted", "accepted", "Second inspection", P + "inspect"),
        Transition("inspect_3", "answered", "answered", "Third inspection", P + "inspect"),
        Transition("reply", "accepted", "answered", "Reply", P + "work", by="department", tone="ok"),
        Transition("satisfied", "answered", "closed", "Satisfied", P + "rate", by="reporter", flow="solved"),
        Transition("redo", "answered", "again", "Not satisfied: handle again", P + "redo", asks=(Redo,), tone="warn"),
        Transition("answer_again", "again", "answered", "Answer again", P + "work", by="department"),
        Transition("withdraw", ("raised", "given", "received", "accepted"), "withdrawn", "Withdraw", P + "rate", by="reporter",
                   flow="withdrawn"),
    ))

SUGGESTION = Entity(
    "replies.suggestion", Suggestion, SuggestionSchema, "Suggestion", columns=("number", "title", "division", "state", "due"),
    filters=("state", "due"), search=("number", "title"), title="title", actions=("create", "edit"),
    levels=("village", "town", "county"))
