"""The bare pages beside which the public station finder is measured: Flask, peewee, Jinja, nothing else.

They have no permissions, languages, settings or themes, and are written to be quick: names in memory, rows as tuples. They show
what the finder shows, from the same tables with the same indexes: the search form, twenty stations with their place, distance,
next reception day and the names of who will be there; the map with a mark for each town.
"""
from __future__ import annotations

import math
import os
from datetime import date
from typing import Any

from county import application
from flask import Flask, render_template, request
from jinja2 import DictLoader
from peewee import Case, fn
from stations_fill import PLUGIN

from grid321.core import db
from grid321.core.demo.county import COUNTY
from grid321.core.registry import registry
from grid321.core.snapshot import current as snapshot

PAGE = 20
COMING = ("posted", "postponed")

TEMPLATE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Find</title>
<link rel="stylesheet" href="/static/app.css"></head>
<body><header><a href="/">{{ place }}</a></header>
<main><h1>Find a liaison station</h1>
<form method="get"><label for="q">Name</label><input id="q" name="q" value="">
<select name="near"><option value="">Anywhere</option>
{% for code, name in towns %}<option value="{{ code }}">{{ name }}</option>
{% endfor %}</select>
<select name="kind"><option value="">All</option>
{% for key, label in kinds.items() %}<option value="{{ key }}">{{ label }}</option>
{% endfor %}</select>
<select name="way"><option value="">All</option><option value="evening">Evening</option>
<option value="online">Online</option></select>
<button>Search</button></form>
<nav><a href="?view=list">List</a> <a href="?view=map">Map</a></nav>
{% if marks %}<div class="map" data-points="{{ marks }}"></div>
<ul>{% for name, n, code in counts %}<li><a href="?near={{ code }}">{{ name }}</a> {{ n }}</li>{% endfor %}</ul>{% endif %}
<ul>{% for plate, name, kind, where, address, far, day in rows %}
<li><a href="/at/{{ plate }}">{{ name }}</a>
<span><span>{{ kinds[kind] }}</span><span>{{ where }}</span>{% if far %}<span>{{ far }} km</span>{% endif %}
<span>{{ address }}</span></span>
{% if day %}<span><strong>{{ day[0] }} {{ day[1] }}</strong>{% if day[2] %} <span>Evening</span>{% endif %}
{% if day[3] %} <span>Online</span>{% endif %}</span><span>{{ day[4] }}</span>{% else %}<span>No day</span>{% endif %}</li>
{% endfor %}</ul>{% if more %}<a href="?page=2">Next</a>{% endif %}</main></body></html>"""


def create_app() -> Flask:
    """``/find``, which may be narrowed to a kind or ordered by the distance from a town, and may show the map."""
    app = Flask("bare", static_folder=None)
    app.jinja_loader = DictLoader({"find.html": TEMPLATE})
    with application(os.environ["GRID321_DATABASE"], os.environ["GRID321_HOME"]).app_context():
        tree, county = snapshot().tree, snapshot().tree.by_code(COUNTY)
        assert county is not None
        names = {node.id: " ".join(tree.get(one).name for one in node.path[len(county.path):])  # type: ignore[union-attr]
                 for node in tree.subtree(county)}
        towns = [(node.code, node.name, node.id) for node in tree.children(county)]
        kinds = snapshot().classes.labels(f"{PLUGIN}.kind", county)
        models = [registry().entity(f"{PLUGIN}.{name}").model for name in ("station", "reception", "duty", "deputy")]
    _find(app, county, names, towns, dict(kinds), models)
    app.teardown_appcontext(_give_back)
    db.close_thread()
    if db.is_postgres():
        db.database.obj.close_all()
    return app


def _give_back(_error: BaseException | None) -> None:
    if db.is_postgres() and not db.database.is_closed():
        db.database.close()


def _find(app: Flask, county: Any, names: dict[int, str], towns: list[tuple[str, str, int]], kinds: dict[str, str],
          models: list[Any]) -> None:
    station = models[0]
    ids = {code: town for code, _name, town in towns}

    @app.get("/find")
    def find() -> str:
        today, near, middle = date.today(), ids.get(request.args.get("near", "")), None
        open_ones = (station.county_id == county.id) & (station.opened_on <= today) & (
            station.closed_on.is_null() | (station.closed_on > today))
        query = station.select(station.id, station.division_id, station.town_id, station.name, station.kind, station.plate,
                               station.address, station.lat, station.lng).where(open_ones)
        if request.args.get("kind"):
            query = query.where(station.kind == request.args["kind"])
        if near:
            middle = station.select(fn.AVG(station.lat), fn.AVG(station.lng)).where(station.town_id == near).tuples().get()
            north, east = station.lat - middle[0], station.lng - middle[1]
            query = query.order_by(Case(None, ((station.division_id == near, 0), (station.town_id == near, 1)), 2),
                                   north * north + east * east * math.cos(math.radians(middle[0])) ** 2, station.id)
        else:
            query = query.order_by(station.id)
        rows = list(query.limit(PAGE + 1).tuples())
        days = _days([row[0] for row in rows[:PAGE]], today, models)
        shown = [(plate, name, kind, names[place], address, _far(middle, lat, lng) if middle and town != near else "",
                  days.get(key))
                 for key, place, town, name, kind, plate, address, lat, lng in rows[:PAGE]]
        marks, counts = _marks(station, open_ones, towns) if request.args.get("view") == "map" else ([], [])
        return render_template("find.html", place=county.name, towns=[one[:2] for one in towns], kinds=kinds, rows=shown,
                               more=len(rows) > PAGE, marks=marks, counts=counts)


def _days(stations: list[int], today: date, models: list[Any]) -> dict[int, tuple[Any, ...]]:
    """The next reception day of each station and the names on its roster."""
    _station, reception, duty, deputy = models
    rows = reception.select(reception.station_id, reception.id, reception.day, reception.from_minute, reception.to_minute,
                            reception.kind, reception.mode).where(
        reception.station_id.in_(stations) & fn.COALESCE(reception.state, "").in_(COMING) & (reception.day >= today)).order_by(
        reception.day, reception.from_minute, reception.id).tuples()
    found: dict[int, Any] = {}
    for row in rows:
        found.setdefault(row[0], row)
    names: dict[int, list[str]] = {}
    for key, name in duty.select(duty.reception_id, deputy.name).join(deputy, on=(deputy.id == duty.deputy_id)).where(
            duty.reception_id.in_([row[1] for row in found.values()])).order_by(deputy.name).tuples():
        names.setdefault(key, []).append(name)
    return {station: (day, f"{begin // 60:02d}:{begin % 60:02d}–{end // 60:02d}:{end % 60:02d}", kind == "evening",
                      mode != "offline", "、".join(names.get(key, ())))
            for station, (_one, key, day, begin, end, kind, mode) in found.items()}


def _marks(station: Any, condition: Any, towns: list[tuple[str, str, int]]) -> tuple[Any, Any]:
    """A point for each town with its number, counted by the database."""
    found = {row[0]: row[1:] for row in station.select(
        station.town_id, fn.COUNT(station.id), fn.AVG(station.lat), fn.AVG(station.lng), fn.MIN(station.lat),
        fn.MIN(station.lng), fn.MAX(station.lat), fn.MAX(station.lng)).where(condition).group_by(station.town_id).tuples()}
    here = [(code, name, found[town]) for code, name, town in towns if town in found]
    marks = [[row[1], row[2], name, row[0], *row[3:]] for _code, name, row in here]
    return marks, [(name, row[0], code) for code, name, row in here]


def _far(middle: Any, lat: float, lng: float) -> str:
    return f"{111.32 * math.hypot(lat - middle[0], (lng - middle[1]) * math.cos(math.radians(middle[0]))):.1f}"
