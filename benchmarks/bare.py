"""The yardstick: the same reports served by Flask, peewee and Jinja and nothing else.

No plugins, no accounts, no permissions, no languages, no declarations: one list page, one detail page, one JSON list, one
JSON create. It reads the platform's own tables with their indexes (a copy of the same database) and is written to be
quick: names of divisions are kept in memory, rows are read as tuples, JSON is written by orjson, connections stay open,
and on SQLite writers queue on a lock file. Its create writes case, log, audit and rollups in one durable transaction.

    BARE_DATABASE=sqlite:////tmp/x/bare.db gunicorn --workers 2 --threads 4 'bare:create_app()'
"""
from __future__ import annotations

import datetime
import fcntl
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import peewee
from flask import Flask, Response, abort, render_template, request
from jinja2 import DictLoader
from playhouse.apsw_ext import APSWDatabase
from playhouse.pool import PooledPostgresqlDatabase

database = peewee.DatabaseProxy()
_local = threading.local()

STATES = {
    "reported": "Reported", "handling": "Handled by the village", "studied": "Before the two committees",
    "received": "With the town", "received_county": "With the county", "handed": "Handed to a department",
    "accepted": "Handled by the department", "answered": "Answered, to be rated", "again": "Handled again",
    "rated": "Rated, to be written off", "kept": "Kept in the bank", "closed": "Written off", "ended": "Closed, not solved",
    "withdrawn": "Withdrawn",
}
KINDS = {"social": "Social information", "ledger": "Ledger information"}
COLUMNS = {"county": "county_id", "town": "town_id", "village": "village_id", "grid": "grid_id"}


class Table(peewee.Model):
    """Base of the tables."""

    class Meta:
        database = database
        legacy_table_names = False


class Division(Table):
    """A division of the tree."""

    code = peewee.CharField()
    name = peewee.CharField()
    level = peewee.CharField()
    parent_id = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_division"


class Report(Table):
    """The platform's table of reports, with every column."""

    id = peewee.BigAutoField()
    uid = peewee.CharField()
    version = peewee.IntegerField(default=1)
    created_at = peewee.DateTimeField()
    updated_at = peewee.DateTimeField()
    created_by = peewee.BigIntegerField(null=True)
    division_id = peewee.BigIntegerField()
    province_id = peewee.BigIntegerField(null=True)
    city_id = peewee.BigIntegerField(null=True)
    county_id = peewee.BigIntegerField(null=True)
    town_id = peewee.BigIntegerField(null=True)
    village_id = peewee.BigIntegerField(null=True)
    grid_id = peewee.BigIntegerField(null=True)
    number = peewee.CharField()
    state = peewee.CharField()
    workflow_version = peewee.IntegerField(default=1)
    holder_id = peewee.BigIntegerField()
    department_id = peewee.BigIntegerField(null=True)
    reporter_id = peewee.BigIntegerField(null=True)
    due = peewee.DateField(null=True)
    closed_at = peewee.DateTimeField(null=True)
    outcome = peewee.CharField(null=True)
    client_id = peewee.CharField(null=True)
    kind = peewee.CharField()
    ledger_class = peewee.CharField(null=True)
    title = peewee.CharField()
    text = peewee.TextField()
    place = peewee.CharField(default="")
    lon = peewee.DoubleField(null=True)
    lat = peewee.DoubleField(null=True)
    coordinates = peewee.CharField(null=True)
    occurred_on = peewee.DateField()
    urgency = peewee.CharField(default="normal")
    reporter_phone = peewee.TextField(null=True)
    way = peewee.CharField(null=True)
    answer = peewee.TextField(null=True)
    rating = peewee.CharField(null=True)
    attitude = peewee.CharField(null=True)
    handled_again = peewee.BooleanField(default=False)
    holder_level = peewee.CharField(default="village")
    solved_level = peewee.CharField(null=True)

    class Meta:
        table_name = "grid_report"


class Entry(Table):
    """What happened to a report: the platform's ledger."""

    id = peewee.BigAutoField()
    at = peewee.DateTimeField()
    entity = peewee.CharField()
    record_id = peewee.BigIntegerField()
    step = peewee.CharField()
    from_state = peewee.CharField(null=True)
    to_state = peewee.CharField(null=True)
    version = peewee.IntegerField(default=0)
    account_id = peewee.BigIntegerField(null=True)
    division_id = peewee.BigIntegerField(null=True)
    facts = peewee.TextField(null=True)
    detail_hash = peewee.CharField(null=True)

    class Meta:
        table_name = "core_ledger"


class Log(Table):
    """The prototype's own log of steps."""

    at = peewee.DateTimeField()
    record_id = peewee.BigIntegerField(index=True)
    step = peewee.CharField()
    to_state = peewee.CharField()

    class Meta:
        table_name = "bare_log"


class Audit(Table):
    """The prototype's own audit."""

    at = peewee.DateTimeField()
    account_id = peewee.BigIntegerField(null=True)
    action = peewee.CharField()
    record_id = peewee.BigIntegerField(index=True)

    class Meta:
        table_name = "bare_audit"


class Rollup(Table):
    """The prototype's own counts: division × state."""

    division_id = peewee.BigIntegerField()
    state = peewee.CharField()
    n = peewee.BigIntegerField(default=0)

    class Meta:
        table_name = "bare_rollup"
        primary_key = peewee.CompositeKey("division_id", "state")


TEMPLATES = {
    "base.html": """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{% block title %}{% endblock %}</title>
<link rel="stylesheet" href="/static/app.css"></head>
<body><header><a href="/">Reports</a></header><main>{% block main %}{% endblock %}</main></body></html>""",
    "list.html": """{% extends "base.html" %}{% block title %}Reports{% endblock %}{% block main %}
<h1>Reports</h1>
<form method="get"><select name="state"><option value="">All</option>
{% for key, label in states.items() %}<option value="{{ key }}"{% if key == state %} selected{% endif %}>{{ label }}</option>
{% endfor %}</select><button>Show</button></form>
<table><thead><tr><th>Number</th><th>Title</th><th>Kind</th><th>Division</th><th>State</th><th>Due</th></tr></thead><tbody>
{% for id, number, title, kind, division, row_state, due in rows %}
<tr><td><a href="/report/{{ id }}">{{ number }}</a></td><td>{{ title }}</td><td>{{ kinds[kind] }}</td>
<td>{{ names.get(division, '') }}</td><td>{{ states[row_state] }}</td><td>{{ due or '' }}</td></tr>
{% endfor %}</tbody></table>
{% if after %}<a href="?state={{ state }}&amp;after={{ after }}">Next</a>{% endif %}{% endblock %}""",
    "detail.html": """{% extends "base.html" %}{% block title %}{{ report.title }}{% endblock %}{% block main %}
<h1>{{ report.title }}</h1><p>{{ report.number }} {{ states[report.state] }} {{ report.due or '' }}</p>
<dl>{% for label, value in facts %}<dt>{{ label }}</dt><dd>{{ '' if value is none else value }}</dd>{% endfor %}</dl>
<ol>{% for at, step, to_state in entries %}<li>{{ at }} {{ step }} {{ states.get(to_state, '') }}</li>{% endfor %}</ol>
{% endblock %}""",
}


class SqliteDatabase(APSWDatabase):
    """SQLite that stores days and moments as peewee's plain fields read them."""

    def _connect(self) -> Any:
        connection = super()._connect()
        connection.convert_binding = lambda _cursor, _number, value: str(value)
        return connection


def open_database(url: str) -> peewee.Database:
    """Bind the models to the database of that address, with the settings of a server that means to keep its data."""
    if url.startswith("sqlite"):
        pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "cache_size": -8192,
                   "temp_store": "memory", "busy_timeout": 10_000}
        found: peewee.Database = SqliteDatabase(url.removeprefix("sqlite:///"), pragmas=pragmas, lock_type="IMMEDIATE",
                                                timeout=10)
    else:
        found = PooledPostgresqlDatabase(url, prefer_psycopg3=True, max_connections=6, timeout=10)
    database.initialize(found)
    return found


def prepare(url: str) -> None:
    """Make the prototype's three tables in a copy of the platform's database."""
    open_database(url)
    database.create_tables([Log, Audit, Rollup])
    database.close()


@contextmanager
def durable() -> Iterator[None]:
    """One transaction; on SQLite the writers of all processes queue on a lock file first."""
    if isinstance(database.obj, peewee.PostgresqlDatabase):
        with database.atomic():
            yield
        return
    handle = getattr(_local, "gate", None)
    if handle is None:
        handle = _local.gate = os.open(f"{database.obj.database}.writer", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with database.atomic():
            yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def create_app(url: str | None = None) -> Flask:
    """The prototype on the database of the environment variable ``BARE_DATABASE``."""
    open_database(url or os.environ["BARE_DATABASE"])
    app = Flask("bare", static_folder=None)
    app.jinja_loader = DictLoader(TEMPLATES)
    with database.connection_context():
        rows = list(Division.select(Division.id, Division.code, Division.name, Division.level, Division.parent_id).tuples())
    if hasattr(database.obj, "close_all"):
        database.obj.close_all()  # nothing is open when the server forks
    divisions = {code: (key, level) for key, code, _name, level, _parent in rows}
    names = {key: name for key, _code, name, _level, _parent in rows}
    above = {key: parent for key, _code, _name, _level, parent in rows}
    levels = {key: level for key, _code, _name, level, _parent in rows}
    app.teardown_appcontext(_give_back)
    _pages(app, divisions, names)
    _json(app, divisions, above, levels)
    return app


def _give_back(_error: BaseException | None) -> None:
    if isinstance(database.obj, peewee.PostgresqlDatabase) and not database.is_closed():
        database.close()


def _below(divisions: dict[str, tuple[int, str]], code: str) -> Any:
    if code not in divisions:
        abort(404)
    key, level = divisions[code]
    return getattr(Report, COLUMNS[level]) == key


def _pages(app: Flask, divisions: dict[str, tuple[int, str]], names: dict[int, str]) -> None:
    columns = (Report.id, Report.number, Report.title, Report.kind, Report.division_id, Report.state, Report.due)
    shown = [name for name in Report._meta.sorted_field_names if name not in {"id", "uid", "version", "number", "title"}]

    @app.get("/d/<code>/reports")
    def list_page(code: str) -> str:
        query = Report.select(*columns).where(_below(divisions, code)).order_by(Report.id.desc()).limit(21)
        state = request.args.get("state", "")
        if state:
            query = query.where(Report.state == state)
        if "after" in request.args:
            query = query.where(Report.id < int(request.args["after"]))
        rows = list(query.tuples())
        return render_template("list.html", rows=rows[:20], states=STATES, kinds=KINDS, names=names, state=state,
                               after=rows[19][0] if len(rows) > 20 else None)

    @app.get("/report/<int:key>")
    def detail_page(key: int) -> str:
        report = Report.get_or_none(Report.id == key)
        if report is None:
            abort(404)
        entries = Entry.select(Entry.at, Entry.step, Entry.to_state).where(
            (Entry.entity == "grid.report") & (Entry.record_id == key)).order_by(Entry.id).tuples()
        return render_template("detail.html", report=report, states=STATES, entries=entries,
                               facts=[(name, getattr(report, name)) for name in shown])


def _json(app: Flask, divisions: dict[str, tuple[int, str]], above: dict[int, int | None], levels: dict[int, str]) -> None:
    @app.get("/api/d/<code>/reports")
    def json_list(code: str) -> Response:
        query = Report.select().where(_below(divisions, code)).order_by(Report.id.desc()).limit(100)
        return Response(orjson.dumps({"items": list(query.dicts())}), mimetype="application/json")

    @app.post("/api/d/<code>/reports")
    def json_create(code: str) -> Response:
        body = orjson.loads(request.get_data())
        if not isinstance(body, dict) or not isinstance(body.get("text"), str) or body.get("kind") not in KINDS:
            abort(422)
        if code not in divisions:
            abort(404)
        path, at = [], divisions[code][0]
        while at is not None:
            path.append(at)
            at = above[at]  # type: ignore[assignment]
        report = _create(body, path, {f"{levels[key]}_id": key for key in path})
        return Response(orjson.dumps({"id": report["id"], "number": report["number"], "state": report["state"]}), 201,
                        mimetype="application/json")


def _create(body: dict[str, Any], path: list[int], scope: dict[str, int]) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    uid = uuid.uuid4().hex
    row = {"uid": uid, "version": 1, "created_at": now, "updated_at": now, "created_by": 1, "division_id": path[0], **scope,
           "number": f"B-{uid[:20]}", "state": "reported", "workflow_version": 1, "holder_id": scope["village_id"],
           "reporter_id": 1, "due": now.date() + datetime.timedelta(days=1), "kind": body["kind"],
           "ledger_class": body.get("ledger_class"), "title": body["text"][:24], "text": body["text"],
           "place": body.get("place", ""), "occurred_on": now.date(), "urgency": "normal", "handled_again": False,
           "holder_level": "village"}
    with durable():
        row["id"] = Report.insert(row).execute()
        Log.insert(at=now, record_id=row["id"], step="create", to_state="reported").execute()
        Audit.insert(at=now, account_id=1, action="create", record_id=row["id"]).execute()
        # In the order of ids, or two writers would wait for each other's rows.
        (Rollup.insert_many([{"division_id": key, "state": "reported", "n": 1} for key in sorted(path)])
         .on_conflict(conflict_target=[Rollup.division_id, Rollup.state], update={Rollup.n: Rollup.n + 1}).execute())
    return row
