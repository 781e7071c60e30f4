"""A plugin for the tests of import, export, jobs and events: things that villages keep, and people who keep them."""
import peewee

from grid321.core.api import (
    Choice,
    Counter,
    Day,
    DivisionRef,
    Entity,
    EntitySchema,
    Flag,
    Int,
    Job,
    LongText,
    Phone,
    Plugin,
    Role,
    Scoped,
    Text,
    hookimpl,
    scope_indexes,
)


class Thing(Scoped):
    code = peewee.CharField(max_length=20, unique=True)
    name = peewee.CharField(max_length=80)
    kind = peewee.CharField(max_length=20)
    amount = peewee.IntegerField(null=True)
    bought = peewee.DateField(null=True)
    sound = peewee.BooleanField(default=False)
    note = peewee.TextField(default="")
    phone = peewee.TextField(null=True)

    class Meta:
        table_name = "stock_thing"
        indexes = scope_indexes()


class ThingSchema(EntitySchema):
    code = Text("Code", required=True, max=20, pattern="[0-9A-Z-]{1,20}", pattern_help="Digits and capital letters.")
    name = Text("Name", required=True, max=80)
    kind = Choice("Kind", options=(("tool", "Tool"), ("book", "Book")), required=True)
    division = DivisionRef("Place", level=("village", "town"))
    amount = Int("Amount", min=0, max=1000)
    bought = Day("Bought on")
    sound = Flag("Sound")
    note = LongText("Note", max=30000)
    phone = Phone("Keeper's telephone")


class Remark(Scoped):
    text = peewee.CharField(max_length=200)

    class Meta:
        table_name = "stock_remark"
        indexes = scope_indexes()


class RemarkSchema(EntitySchema):
    text = Text("Text", required=True, max=200)


def check_thing(data, record, node):
    name = data.get("name", "")
    return {"name": ["A thing is not called nothing."]} if name == "nothing" else {}


ACTIONS = ("view", "create", "edit", "delete", "import", "export")
THING = Entity("stock.thing", Thing, ThingSchema, "Things", columns=("code", "name", "kind", "amount"), filters=("kind",),
               search=("name", "code"), import_key="code", personal=("phone",), title="name", counters=(Counter("kind"),),
               check=check_thing)
REMARK = Entity("stock.remark", Remark, RemarkSchema, "Remarks", columns=("text",), title="text")

seen: list = []
failing: dict = {}


def slow(context, args):
    """A job of ten steps; each writes one remark. ``fail_at`` raises in that step."""
    from grid321.core import records
    context.progress(context.cursor or 0, args["steps"])
    for number in range(context.cursor or 0, args["steps"]):
        with context.step(cursor=number + 1, done=number + 1):
            if failing.get("job") == number:
                raise RuntimeError("secret 13800000000")
            records.create(REMARK, {"text": f"step {number}"}, context.actor, context.node)
    return {"steps": args["steps"]}


plugin = Plugin(
    key="stock", label="Stock", version="1.0.0",
    roles=(Role("stock.keeper", "Keeper", tuple(f"stock.{name}.{action}" for name in ("thing", "remark") for action in ACTIONS)),
           Role("stock.revealer", "Revealer", (*(f"stock.thing.{action}" for action in ACTIONS), "stock.thing.reveal")),
           Role("stock.reader", "Reader", ("stock.thing.view", "stock.remark.view"))))


@hookimpl
def grid321_entities():
    return [THING, REMARK]


@hookimpl
def grid321_jobs():
    return [Job("stock.slow", "Ten steps", slow)]


@hookimpl
def grid321_changed(event):
    if failing.get("changed"):
        raise SystemExit("an observer that gives up")
    seen.append((event.entity, event.record_id, event.action))
