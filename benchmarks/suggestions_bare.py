"""The bare pages beside which the pages of matters and suggestions are measured: Flask, peewee, Jinja, nothing else.

They have no accounts, permissions, languages, settings or themes. They are written to be quick: names and labels in memory, rows
as tuples, templates compiled once. And they show what the platform's pages show, from the same tables with the same indexes: the
desk its sections with counts, cases with link, state, number, place, due day and next step; the public list its search form,
its rows and links.
"""
from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

import peewee
from county import application
from flask import Flask, render_template, request
from jinja2 import DictLoader
from suggestions_fill import PLUGIN, PUBLICATION

from grid321.core import db
from grid321.core.access import actor_of
from grid321.core.accounts import Account
from grid321.core.demo.county import COUNTY
from grid321.core.desks import PER_DESK, Pile, piles
from grid321.core.registry import registry
from grid321.core.snapshot import current as snapshot
from grid321.core.tree import Node

SHOWN, COUNTED, PAGE = 28, 500, 20
SECTIONS = ("Overdue", "Due in the next three days", "To accept", "To answer")
ACCEPT = frozenset({"reported", "raised", "given", "handed", "received", "received_county"})

TEMPLATES = {
    "base.html": """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{ title }}</title>
<link rel="stylesheet" href="/static/app.css"></head>
<body><header><a href="/">{{ place }}</a></header>
<main><h1>{{ title }}</h1>{% block main %}{% endblock %}</main></body></html>""",
    "desk.html": """{% extends "base.html" %}{% block main %}
<ul>{% for name, rows, n in sections %}<li><h2>{{ name }}</h2><a href="#s{{ loop.index }}">{{ n }}</a></li>{% endfor %}</ul>
{% for name, rows, n in sections if rows %}<section><h2 id="s{{ loop.index }}">{{ name }} {{ n }}</h2><ul>
{% for url, label, number, title, state, where, due, late, step in rows %}
<li><a href="{{ url }}">{{ title }}</a><span>{{ state }}</span>
<span><span>{{ label }}</span><span>{{ number }}</span><span>{{ where }}</span>
{% if due %}<span>{{ due }}{% if late > 0 %}, {{ late }} days overdue{% endif %}</span>{% endif %}</span>
{% if step %}<a href="{{ url }}/do/{{ step[0] }}">{{ step[1] }}
<span class="hidden">: {{ number }} {{ title }}</span></a>{% endif %}</li>
{% endfor %}</ul></section>{% endfor %}{% endblock %}""",
    "list.html": """{% extends "base.html" %}{% block main %}
<form method="get"><label for="q">Words or number</label><input id="q" name="q" value="">
<select name="source"><option value="">All</option><option value="matter">Matter</option>
<option value="suggestion">Suggestion</option></select>
<select name="kind"><option value="">All</option>
{% for key, label in kinds.items() %}<option value="{{ key }}">{{ label }}</option>
{% endfor %}</select><button>Search</button></form>
<ul>{% for id, title, text, number, source, kind, outcome, division, day in rows %}
<li><h2><a href="/published/{{ id }}">{{ title }}</a></h2><p><span>{{ source }}</span> <span>{{ kinds[kind] }}</span>
<span>{{ names.get(division, '') }}</span> <span>{{ day }}</span> <span>{{ outcomes[outcome] }}</span></p>
<p>{{ text[:120] }}</p></li>{% endfor %}</ul>
{% if before %}<a href="?before={{ before }}">Next</a>{% endif %}{% endblock %}""",
}


def create_app() -> Flask:
    """``/desk/<who>`` for the officer and the clerk, ``/list``, which may be narrowed to a class.

    Names, labels and states are read once from the platform's configuration; a request needs nothing of the platform but its
    connection to the database.
    """
    app = Flask("bare", static_folder=None)
    app.jinja_loader = DictLoader(TEMPLATES)
    with application(os.environ["GRID321_DATABASE"], os.environ["GRID321_HOME"]).app_context():
        county = snapshot().tree.by_code(COUNTY)
        assert county is not None
        names = {node.id: node.name for node in snapshot().tree}
        _desks(app, county, names)
        _lists(app, county, names)
    app.teardown_appcontext(_give_back)
    db.close_thread()
    if db.is_postgres():
        db.database.obj.close_all()
    return app


def _give_back(_error: BaseException | None) -> None:
    if db.is_postgres() and not db.database.is_closed():
        db.database.close()


def _desks(app: Flask, county: Node, names: dict[int, str]) -> None:
    entities = [entity for entity in registry().entities.values() if entity.plugin == PLUGIN]
    known: dict[str, list[tuple[Any, ...]]] = {}
    for who in ("officer", "clerk"):
        actor = actor_of(Account.get(Account.username == who).id)
        # What a prototype has in its code: its tables, their states, labels and steps.
        known[who] = [_written_down(pile, actor) for pile in piles(entities, ("holder", "department"), county, actor)]

    @app.get("/desk/<who>")
    def desk(who: str) -> str:
        """The desk of the officer or the clerk."""
        today = date.today()
        found: list[list[Any]] = [[] for _section in SECTIONS]
        counts = [0] * len(SECTIONS)
        for pile, label, base, states, steps in known[who]:
            waiting = _waiting(pile)
            rows = list(waiting.where(pile.entity.model.due.is_null(False)).order_by(
                pile.entity.model.due, pile.entity.model.id).limit(PER_DESK).tuples())
            read: dict[str, int] = {}
            for key, title, number, state, day, division in rows:
                place = 0 if day < today else 1 if day <= today + timedelta(days=3) else 2 if state in ACCEPT else 3
                read[state] = read.get(state, 0) + 1
                counts[place] += 1
                found[place].append((day, key, base, label, number, title, states[state], division, steps.get(state)))
            if len(rows) == PER_DESK:
                part = waiting.limit(COUNTED).alias("part")
                for state, n in peewee.Select([part], [part.c.state, peewee.fn.count(peewee.SQL("*"))]).group_by(
                        part.c.state).bind(db.database).tuples():
                    counts[2 if state in ACCEPT else 3] += n - read.get(state, 0)
        sections = []
        for title, rows, n in zip(SECTIONS, found, counts, strict=True):
            rows.sort(key=lambda row: row[:2])
            sections.append((title, [(f"{base}{key}", label, number, name, state, names[division], day, (today - day).days, step)
                                     for day, key, base, label, number, name, state, division, step in rows[:SHOWN]], n))
        return render_template("desk.html", title="Desk", place=county.name, sections=sections)


def _waiting(pile: Pile) -> Any:
    """What waits on a desk."""
    model = pile.entity.model
    return model.select(model.id, model.title, model.number, model.state, model.due, model.division_id).where(
        getattr(model, pile.desk.column).in_(list(pile.desk.ids)) & model.state.in_(list(pile.desk.states))
        & model.bond.is_null())


def _written_down(pile: Pile, actor: Any) -> tuple[Any, ...]:
    """(what waits, label, address, label of each state, step of each state) of a desk."""
    workflow = pile.face.workflow
    assert workflow is not None
    return (pile, str(pile.entity.label), f"/{pile.entity.name}/",
            {state.key: str(state.label) for state in workflow.states},
            {state: (step["key"], step["label"]) for state, step in pile.steps(actor).items() if step})


def _lists(app: Flask, county: Node, names: dict[int, str]) -> None:
    classes, model = snapshot().classes, registry().entity(PUBLICATION).model
    kinds = classes.labels(f"{PLUGIN}.matter_class", county)
    outcomes = classes.labels(f"{PLUGIN}.outcome", county)

    @app.get("/list")
    def published() -> str:
        query = model.select(model.id, model.title, model.text, model.number, model.source, model.kind, model.outcome,
                             model.division_id, model.published_on).where(~model.hidden).order_by(model.id.desc())
        if request.args.get("kind"):
            query = query.where(model.kind == request.args["kind"])
        rows = list(query.limit(PAGE + 1).tuples())
        return render_template("list.html", title="Published", place=county.name, rows=rows[:PAGE], names=names, kinds=kinds,
                               outcomes=outcomes, before=rows[PAGE - 1][0] if len(rows) > PAGE else None)
