"""A plugin for tests beside ``matters``: a matter becomes a proposal (a case of another plugin), or a plain idea."""
import peewee

from grid321.core.api import (
    Case,
    Conversion,
    Counter,
    DivisionRef,
    Entity,
    EntitySchema,
    Grouping,
    LongText,
    Plugin,
    Role,
    Scoped,
    State,
    Text,
    Transition,
    Workflow,
    WorkflowExtension,
    case_indexes,
    hookimpl,
    scope_indexes,
)


class Proposal(Case):
    heading = peewee.CharField(max_length=40)
    reasons = peewee.TextField(default="")

    class Meta:
        table_name = "proposals_proposal"
        indexes = case_indexes()


class Idea(Scoped):
    heading = peewee.CharField(max_length=40)

    class Meta:
        table_name = "proposals_idea"
        indexes = scope_indexes()


class ProposalSchema(EntitySchema):
    division = DivisionRef("Place", level=("town", "county"))
    heading = Text("Heading", required=True, max=40)
    reasons = LongText("Reasons", max=2000)


class IdeaSchema(EntitySchema):
    heading = Text("Heading", required=True, max=40)


class Reply(EntitySchema):
    text = LongText("Reply", required=True, templates=True)


PROPOSAL = Entity("proposals.proposal", Proposal, ProposalSchema, "Proposal", columns=("number", "heading", "state"),
                  search=("heading",), title="heading", actions=("create", "edit"), levels=("town", "county"),
                  counters=(Counter("state"),), grouping=Grouping(alike=("heading", "reasons")))
IDEA = Entity("proposals.idea", Idea, IdeaSchema, "Idea", columns=("heading",), title="heading",
              actions=("create", "edit", "delete"))
FLOW = Workflow(
    "proposals.handling", "proposals.proposal", 1, numbers="PR", levels=("town", "county"),
    states=(State("raised", "Raised"), State("answered", "Answered"), State("done", "Done", final=True),
            State("withdrawn", "Withdrawn", final=True)),
    transitions=(Transition("answer", "raised", "answered", "Answer", "proposals.answer", asks=(Reply,)),
                 Transition("close", ("raised", "answered"), "done", "Close", "proposals.close", flow="solved"),
                 Transition("withdraw", "raised", "withdrawn", "Withdraw", "proposals.close", flow="withdrawn")))
TURNED = WorkflowExtension(
    "matters.handling", states=(State("turned", "Turned into something else", final=True, tone="muted"),),
    transitions=(Transition("propose", "open", "turned", "Turn into a proposal", "proposals.turn", flow="joined"),
                 Transition("muse", "open", "turned", "Turn into an idea", "proposals.turn", flow="joined")))


def reasons(case):
    return f"{case.number}\n{case.text}"


CONVERSIONS = [Conversion("matters.matter", "propose", "proposals.proposal", "Proposal",
                          {"heading": "title", "reasons": reasons}),
               Conversion("matters.matter", "muse", "proposals.idea", "Idea", {"heading": "title"})]
ALL = (*PROPOSAL.permissions, *IDEA.permissions, "proposals.answer", "proposals.close", "proposals.turn")

plugin = Plugin(key="proposals", label="Proposals", version="1.0.0", after=("matters",),
                roles=(Role("proposals.officer", "Officer", (*ALL, "matters.matter.view", "matters.matter.edit",
                                                             "matters.send_up", "matters.close", "matters.matter.group"),
                            levels=("town", "county")),))


@hookimpl
def grid321_entities():
    return [PROPOSAL, IDEA]


@hookimpl
def grid321_workflows():
    return [FLOW, TURNED, *CONVERSIONS]
