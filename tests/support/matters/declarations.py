"""Schemas, entities and the workflow of the test plugin."""
from grid321.core.api import (
    Choice,
    Clock,
    Counter,
    Day,
    DepartmentRef,
    DivisionRef,
    Entity,
    EntitySchema,
    Grouping,
    Int,
    LongText,
    Phone,
    Refusal,
    State,
    Text,
    Transition,
    Workflow,
    days,
    down,
    from_department,
    to_department,
    up,
    working_days,
)

from .models import Matter, Note


class MatterSchema(EntitySchema):
    division = DivisionRef("Place", level=("village", "town", "county"))
    title = Text("Title", required=True, max=120)
    text = LongText("Text", max=2000)
    kind = Choice("Kind", scheme="matters.kind")
    phone = Phone("Phone", personal=True)


class NoteSchema(EntitySchema):
    division = DivisionRef("Place")
    code = Text("Code", required=True, max=20)
    title = Text("Title", required=True, max=120)
    amount = Int("Amount", min=0, max=1000)
    day = Day("Day")


class Meeting(EntitySchema):
    record = Text("Record of the meeting", required=True, max=200)


class Department(EntitySchema):
    department = DepartmentRef("Department", required=True)


class Reason(EntitySchema):
    reason = LongText("Reason", required=True, max=400)


class Rating(EntitySchema):
    rating = Choice("Rating", options=(("good", "Good"), ("bad", "Bad")), required=True)


def rated(case, data, actor):
    return {"rating": data["rating"]}


def with_reason(case, data, actor):
    if data and len(data.get("reason", "")) < 3:
        return Refusal("Say more.", field="reason", remedy="Write at least three characters.")
    return None


P = "matters."
FLOW = Workflow(
    "matters.handling", "matters.matter", 1, numbers="MT", label="Handling",
    states=(
        State("open", "Open", clocks=(Clock("handle", days(7), "Handling", "notify", "test", "matters.village_days"),)),
        State("given", "With the department", desk="department",
              clocks=(Clock("reply", working_days(15), "Reply", "notify", "test"),)),
        State("answered", "Answered", desk="reporter"),
        State("rated", "Rated"),
        State("closed", "Closed", final=True, tone="ok"),
        State("explained", "Explained only", final=True, tone="muted"),
        State("withdrawn", "Withdrawn", final=True, tone="muted"),
    ),
    transitions=(
        Transition("send_up", "open", "open", "Send up", P + "send_up", asks=(Meeting,), moves=up(1)),
        Transition("send_down", "open", "open", "Send down", P + "send_down", asks=(Reason,), moves=down(), guard=with_reason),
        Transition("hand_over", "open", "given", "Hand over", P + "hand_over", asks=(Department,), moves=to_department()),
        Transition("answer", "given", "answered", "Answer", P + "answer", by="department", asks=(Reason,)),
        Transition("give_back", "given", "open", "Give back", P + "give_back", by="department", asks=(Reason,),
                   moves=from_department()),
        Transition("rate", "answered", "rated", "Rate", P + "rate", by="reporter", asks=(Rating,), sets=rated,
                   in_group="own"),
        Transition("close", ("open", "rated"), "closed", "Close", P + "close", flow="solved", bulk=True),
        Transition("explain", "open", "explained", "Explain", P + "explain", flow="closed"),
        Transition("withdraw", "open", "withdrawn", "Withdraw", P + "withdraw", by="reporter", flow="withdrawn",
                   in_group="own"),
    ))

MATTER = Entity(
    "matters.matter", Matter, MatterSchema, "Matter", columns=("number", "title", "kind", "division", "state", "due"),
    filters=("kind", "state", "due"), search=("number", "title", "text"), import_key="number", personal=("phone",),
    title="title", actions=("create", "edit", "import", "export"), levels=("village", "town", "county"),
    counters=(Counter("state"), Counter("kind"), Counter("kind,state")), grouping=Grouping(alike=("title", "text")))
NOTE = Entity("matters.note", Note, NoteSchema, "Note", columns=("code", "title", "amount", "division"), filters=("day",),
              search=("code", "title"), sorts=("-id", "code", "amount"), import_key="code", title="title",
              actions=("create", "edit", "delete"))
