"""Addresses are compiled late and are the same addresses."""
import pytest
from werkzeug.routing import Map, Rule

from grid321.core.url_rules import LazyRule

RULES = (("/", "home"), ("/d/<code>/grid/report/", "list"), ("/d/<code>/grid/report/<int:id>/why/<int:clock>", "why"),
         ("/static/<path:name>", "static"), ("/图/<name>", "chinese"))
VALUES = {"home": {}, "list": {"code": "610902104"}, "why": {"code": "安康", "id": 7, "clock": 9},
          "static": {"name": "a/b c.css"}, "chinese": {"name": "一/二"}}


def addresses(kind):
    """A bound map of ``RULES`` made of one class of rules."""
    return Map([kind(text, endpoint=name) for text, name in RULES]).bind("example.org")


@pytest.mark.parametrize("name", sorted(VALUES))
@pytest.mark.parametrize("more", [{}, {"q": "路灯", "page": 2}], ids=["plain", "query"])
def test_a_lazy_rule_builds_what_werkzeugs_rule_builds(name, more):
    late, usual = addresses(LazyRule), addresses(Rule)
    for _time in range(2):  # compiled at the first time, kept for the second
        assert late.build(name, {**VALUES[name], **more}) == usual.build(name, {**VALUES[name], **more})


def test_nothing_is_compiled_before_it_is_asked_for(monkeypatch):
    compiled = []
    real = Rule._compile_builder
    monkeypatch.setattr(Rule, "_compile_builder", lambda rule, more=True: compiled.append(rule.endpoint) or real(rule, more))
    found = addresses(LazyRule)
    assert compiled == []
    assert found.match("/d/610902104/grid/report/") == ("list", {"code": "610902104"}) and compiled == []
    found.build("list", {"code": "610902104"})
    assert set(compiled) == {"list"}


def test_every_address_of_the_platform_is_lazy(app):
    assert {type(rule) for rule in app.url_map.iter_rules()} == {LazyRule}
