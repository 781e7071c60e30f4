"""Plugins are guests: one that is broken is set aside and named, and the platform starts and serves all the same."""
from types import SimpleNamespace

import peewee
import pytest
from support import matters

from grid321.core.api import Case, Entity, EntitySchema, Plugin, Record, Role, Scoped, Text, Transition, hookimpl
from grid321.core.errors import DeclarationError


class PlainSchema(EntitySchema):
    title = Text("Title", required=True)


def table(name, base=Scoped, **columns):
    """A model class with that table name."""
    meta = type("Meta", (), {"table_name": name})
    return type("Made", (base,), {"title": peewee.CharField(default=""), **columns, "Meta": meta})


def module(key="bad", **parts):
    """A plugin module with a manifest and hook functions."""
    manifest = parts.pop("plugin", None) or Plugin(key, "Bad", "1.0.0")
    found = SimpleNamespace(plugin=manifest, __name__=key)
    for name, function in parts.items():
        function.__name__ = f"grid321_{name}"
        setattr(found, f"grid321_{name}", hookimpl(function))
    return found


def raising(error):
    def hook():
        raise error

    return hook


def giving(value):
    return lambda: value


def entity(**options):
    options.setdefault("model", table("bad_thing"))
    return Entity("bad.thing", schema=PlainSchema, label="Thing", title="title", **options)


class FlowModel(Case):
    title = peewee.CharField(default="")

    class Meta:
        table_name = "bad_thing"


def with_flow(flow):
    return module(entities=giving([entity(model=FlowModel)]), workflows=giving([flow]))


def broken_flow():
    from grid321.core.api import State, Workflow

    return Workflow("bad.flow", "bad.thing", 1, states=(State("a", "A"),), transitions=(
        Transition("go", "a", "nowhere", "Go", "bad.go"),))


def flow_with_clock(setting):
    from grid321.core.api import Clock, State, Workflow, days

    clock = Clock("look", days(3), "Look at it", "notify", "a rule", setting=setting)
    return Workflow("bad.flow", "bad.thing", 1, states=(State("a", "A", clocks=(clock,)), State("b", "B", final=True)),
                    transitions=(Transition("go", "a", "b", "Go", "bad.go", flow="solved"),))


BAD = {
    "import error": (ImportError("no module named xyz"), "cannot be imported"),
    "system exit at import": (SystemExit(3), "cannot be imported"),
    "no manifest": (SimpleNamespace(__name__="bad"), "no `plugin = Plugin"),
    "wrong key": (module(plugin=Plugin("other", "Other", "1.0.0")), "must be equal"),
    "wrong version": (module(plugin=Plugin("bad", "Bad", "one")), "not a version"),
    "future api": (module(plugin=Plugin("bad", "Bad", "1.0.0", api=">=9")), "speaks"),
    "missing requirement": (module(plugin=Plugin("bad", "Bad", "1.0.0", requires={"ghost": ">=1"})), "needs plugin ghost"),
    "raises at start-up": (module(entities=raising(ValueError("boom"))), "boom"),
    "exits at start-up": (module(entities=raising(SystemExit(1))), "SystemExit"),
    "not a list": (module(entities=giving(42)), "must return a list"),
    "not an entity": (module(entities=giving(["thing"])), "not an Entity"),
    "foreign table": (module(entities=giving([entity(model=table("core_person"))])), "must begin with 'bad_'"),
    "unknown column": (module(entities=giving([entity(columns=("title", "colour"))])), "colour"),
    "unscoped model": (module(entities=giving([entity(model=table("bad_thing", Record))])), "Scoped"),
    "unknown state": (with_flow(broken_flow()), "nowhere"),
    "unknown setting of a clock": (with_flow(flow_with_clock("bad.limt")), "unknown setting 'bad.limt'"),
    "unknown hook": (module(nonsense=giving([])), "there is no hook"),
    "wrong arguments": (module(panels=lambda colour: []), "hooks do not fit"),
    "unknown permission": (module(plugin=Plugin("bad", "Bad", "1.0.0", roles=(Role("bad.r", "R", ("core.nothing",)),))),
                           "core.nothing"),
    "grants what is not its own": (module(plugin=Plugin("bad", "Bad", "1.0.0", grants={"core.deputy": ("core.account.edit",)})),
                                   "is not a permission of this plugin"),
    "grants what it does not declare": (module(plugin=Plugin("bad", "Bad", "1.0.0", grants={"core.deputy": ("bad.see",)})),
                                        "bad.see"),
    "grants to a role that is not there": (module(plugin=Plugin(
        "bad", "Bad", "1.0.0", permissions=(("bad.see", "See"),), grants={"core.deputee": ("bad.see",)})),
        "there is no such role"),
}


@pytest.mark.parametrize("kind", sorted(BAD))
def test_a_broken_plugin_is_set_aside_and_the_platform_serves(kind, with_plugins, monkeypatch):
    from grid321.core import app as applications

    bad, word = BAD[kind]
    monkeypatch.setattr(applications, "_modules", lambda settings: [("bad", bad), ("matters", matters)])
    app = with_plugins(strict=False, TESTING=f"1 {kind}" and True, BODY_LIMIT=2_000_000 + sorted(BAD).index(kind))
    found = app.extensions["grid321"].plugins.all
    assert word in found["bad"].error
    assert found["matters"].ok
    assert app.test_client().get("/login").status_code == 200


def test_a_plugin_adds_its_permissions_to_roles_of_others_and_passes_over_those_that_are_not_installed(with_plugins, monkeypatch):
    from grid321.core import app as applications

    giver = module(plugin=Plugin("bad", "Giver", "1.0.0", permissions=(("bad.see", "See"),),
                                 grants={"core.deputy": ("bad.see",), "ghost.role": ("bad.see",)}))
    monkeypatch.setattr(applications, "_modules", lambda settings: [("bad", giver)])
    roles = with_plugins(strict=True, BODY_LIMIT=4_000_000).extensions["grid321"].registry.roles

    assert "bad.see" in roles["core.deputy"].permissions and "core.today.view" in roles["core.deputy"].permissions
    assert not any("bad.see" in role.permissions for key, role in roles.items() if key != "core.deputy")


@pytest.mark.parametrize("kind", ["raises at start-up", "unknown column", "unknown state", "unknown permission"])
def test_a_strict_start_stops_at_the_first_mistake(kind, with_plugins, monkeypatch):
    from grid321.core import app as applications

    monkeypatch.setattr(applications, "_modules", lambda settings: [("bad", BAD[kind][0])])
    with pytest.raises(DeclarationError, match="bad"):
        with_plugins(strict=True, BODY_LIMIT=3_000_000 + sorted(BAD).index(kind))


def test_plugins_that_need_each_other_in_a_circle_are_set_aside_with_the_circle_named():
    from grid321.core import core_plugin
    from grid321.core.plugins import Plugins

    one = module("one", plugin=Plugin("one", "One", "1.0.0", requires={"two": ""}))
    two = module("two", plugin=Plugin("two", "Two", "1.0.0", requires={"one": ""}))
    found = Plugins(core_plugin, [("one", one), ("two", two), ("matters", matters)])
    assert "circle" in found.all["one"].error or "needs" in found.all["one"].error
    assert [loaded.key for loaded in found.loaded()] == ["core", "matters"]


def test_dependencies_come_first_whatever_the_order_of_discovery():
    from grid321.core import core_plugin
    from grid321.core.plugins import Plugins

    late = module("aa", plugin=Plugin("aa", "A", "1.0.0", requires={"zz": ">=1"}))
    soft = module("bb", plugin=Plugin("bb", "B", "1.0.0", after=("cc", "not_installed")))
    base, other = module("zz", plugin=Plugin("zz", "Z", "1.2.0")), module("cc", plugin=Plugin("cc", "C", "1.0.0"))
    order = [p.key for p in Plugins(core_plugin, [("aa", late), ("bb", soft), ("cc", other), ("zz", base)]).loaded()]
    assert order[0] == "core"
    assert order.index("zz") < order.index("aa")
    assert order.index("cc") < order.index("bb")


def test_a_plugin_set_aside_takes_those_with_it_that_need_it():
    from grid321.core import core_plugin
    from grid321.core.plugins import Plugins

    base = module("zz", plugin=Plugin("zz", "Z", "1.0.0", api=">=9"))
    late = module("aa", plugin=Plugin("aa", "A", "1.0.0", requires={"zz": ""}))
    found = Plugins(core_plugin, [("aa", late), ("zz", base)])
    assert "needs plugin zz" in found.all["aa"].error


def test_the_allow_list_lets_in_by_name_and_by_hash():
    from grid321.core.allowlist import code_hash, permitted

    good = code_hash(matters)
    assert [n for n, _m in permitted([("matters", matters), ("bad", module())], ["matters"])] == ["matters"]
    assert permitted([("matters", matters)], [f"matters={good}"]) == [("matters", matters)]
    assert isinstance(permitted([("matters", matters)], ["matters=" + "0" * 64])[0][1], ImportError)
    assert permitted([("matters", matters)], None) == [("matters", matters)]
