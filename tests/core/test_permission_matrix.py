"""Every route, for every role, inside and outside of what it reaches, is answered as people have approved.

The approved answers stand in ``permission_matrix.csv``; ``python tools/permission_matrix.py`` writes it anew when routes or
roles change, and its difference is then read line by line. Faults put in on purpose show that the walk notices them.
"""
import csv
import dataclasses

import pytest
from support import permission_matrix as matrix
from support.permission_ground import made_at

from grid321.core import access, attachments, scope
from grid321.core.access import LOGIN, Mark
from grid321.core.testing_apps import Apps

APPROVED = matrix.read()
ROLES = sorted({role for line in APPROVED.values() for role in line})
STATIONS = "/d/<code>/liaison_station"
RESIDENTS, OPEN311 = "/d/<code>/suggestion_tracking", "/d/<code>/suggestion_tracking/open311"
FOR_EVERYBODY = {
    "/login", "/logout", "/feedback", "/d/<code>/core/feedback", "/lang/<language>", "/theme/<theme_id>",
    "/static/<path:filename>", "/health",
    *(f"{RESIDENTS}/{rule}" for rule in (
        "public", "raise", "lookup", "published", "published/<rid:item_id>", "published.rss", "published.atom", "year",
        "own/<token>", "own/<token>/rate", "own/<token>/consent", "own/<token>/supplement", "own/<token>/withdraw",
        "rate/<token>", "card/<token>", "vote/<token>")),
    *(f"/api/v1{RESIDENTS}/{rule}" for rule in (
        "raise", "lookup", "published", "own/<token>/supplement", "own/<token>/withdraw", "rate/<token>")),
    *(f"{STATIONS}/{rule}" for rule in (
        "find", "notices", "performance", "performance/<rid:year_id>", "at/<plate>", "at/<plate>/plan", "at/<plate>/notices",
        "at/<plate>/calendar.ics", "calendar/<token>.ics", "rate/<token>", "voice/<token>", "tablet/<token>",
        "station-tablet/<token>", "station-tablet/<token>/<rid:year_id>", "invited/<token>")),
    *(f"/api/v1{STATIONS}/{rule}" for rule in ("find", "notices", "at/<plate>")),
    *(f"{OPEN311}/{rule}" for rule in (
        "discovery.<ending>", "v2/services.<ending>", "v2/services/<service_code>.<ending>", "v2/requests.<ending>",
        "v2/requests/<service_request_id>.<ending>", "v2/tokens/<token_id>.<ending>"))}
"""What needs no account: residents and deputies hold a link of 128 random bits, or number and code; the rest was published."""


@pytest.fixture(scope="module")
def ground(databases):
    """The county that is walked, with every installed plugin: made once, because each request is rolled back."""
    apps = Apps(databases)
    modules = matrix.plugins()
    yield matrix.prepare(apps.make(*modules), modules)
    apps.close()


@pytest.fixture
def app(ground):
    """The application that is walked."""
    return ground.app


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_a_role_as_approved(ground, role):
    found = {role: matrix.walk(ground, role)}
    assert matrix.differences(found, APPROVED) == [], "read tools/permission_matrix.py"


def test_every_declared_role_has_been_approved(app):
    assert set(matrix.roles()) == set(ROLES)


# -- laws that hold whatever the file says ---------------------------------------------------------------------------

LINES = [(*key, role, dict(zip(matrix.CELLS, cells, strict=True)))
         for key, line in APPROVED.items() for role, cells in line.items()]
"""(method, rule, role, answers by cell) of the whole file."""


OWN = {"/d/<code>/core/jobs", "/api/v1/d/<code>/core/jobs", "/api/v1/d/<code>/core/inbox", "/api/v1/d/<code>/core/inbox/read",
       *(f"{STATIONS}/{rule}" for rule in ("invitations", "my-duties", "my-duties/answer", "my-duties/wish", "come/<token>"))}
"""What shows an account its own jobs, messages, invitations and duties, wherever it asks."""


def test_nobody_passes_without_a_login_but_where_everybody_may():
    passed = {rule for _method, rule, role, cells in LINES if role == matrix.NOBODY and "open" in cells.values()}
    assert passed <= FOR_EVERYBODY


def test_an_account_without_a_role_reaches_no_record():
    reached = {rule for _method, rule, role, cells in LINES if role == matrix.NO_ROLE and "open" in cells.values()
               and "<code>" in rule}
    assert reached <= FOR_EVERYBODY | OWN


def test_nobody_reaches_beside_his_division():
    beside = {rule for _method, rule, _role, cells in LINES if "open" in (cells["sibling"], cells["other"])}
    assert beside <= FOR_EVERYBODY | OWN


def test_a_record_out_of_reach_is_answered_as_one_that_does_not_exist():
    lines = [line for line in LINES if line[1] not in matrix.EVERYWHERE]
    assert [line for line in lines if line[3]["stray"] != line[3]["absent"]] == []
    assert [line for line in lines if line[3]["stray"] == "open"] == []


def test_every_role_can_do_something_and_no_role_everything():
    for role in set(ROLES) - {matrix.NOBODY, matrix.NO_ROLE}:
        own = [cells["own"] for _method, rule, name, cells in LINES if name == role and "<code>" in rule]
        assert "open" in own
        assert "forbidden" in own


# -- faults put in on purpose ----------------------------------------------------------------------------------------

AUDIT, PERSON = "/d/<code>/core/audit", "/d/<code>/core/person/<rid:id>"


def test_a_permission_that_was_dropped_from_a_view_is_noticed(app, ground, monkeypatch):
    monkeypatch.setattr(app.view_functions["core:audit"], "_grid321_access", Mark(LOGIN))
    found = {"core.staff": matrix.walk(ground, "core.staff", only=AUDIT)}
    assert any(AUDIT in line for line in matrix.differences(found, {("GET", AUDIT): APPROVED["GET", AUDIT]}))


def test_a_view_that_was_opened_to_everybody_is_noticed(app, ground, monkeypatch):
    monkeypatch.setattr(app.view_functions["core:account_new"], "_grid321_access", Mark("public"))
    rule = "/d/<code>/core/accounts/new"
    found = {matrix.NOBODY: matrix.walk(ground, matrix.NOBODY, only=rule)}
    approved = {(method, rule): APPROVED[method, rule] for method in ("GET", "POST")}
    assert len([line for line in matrix.differences(found, approved) if rule in line]) == 2


def test_a_scope_that_was_forgotten_is_noticed(ground, monkeypatch):
    monkeypatch.setattr(scope, "inside", lambda *_arguments: scope.EVERYTHING)
    monkeypatch.setattr(access, "admits", lambda *_arguments: True)
    with pytest.raises(AssertionError, match="tells who exists"):
        matrix.walk(ground, "core.county_admin", only=PERSON)


def test_a_file_that_is_found_by_its_number_alone_is_noticed(ground, monkeypatch):
    real = attachments.get
    monkeypatch.setattr(attachments, "get", lambda entity, record_id, file_id: real(entity, _owner(file_id), file_id))
    with pytest.raises(AssertionError, match="tells who exists"):
        matrix.walk(ground, "core.county_admin", only=f"{PERSON}/attachment/<rid:file_id>")


def _owner(file_id):
    found = attachments.Attachment.get_or_none(attachments.Attachment.id == file_id)
    return found.record_id if found is not None else 0


def test_an_address_that_names_what_was_not_made_is_noticed(ground):
    rule = next(rule for _method, rule in matrix.routes(ground.app) if rule.rule == PERSON)
    assert made_at(ground, rule, "own") == {"id": ground.records["own"]["core.person"]}
    fewer = dataclasses.replace(ground, records={"own": {}}, asked={})
    with pytest.raises(LookupError):
        made_at(fewer, rule, "own")


def test_an_answer_that_tells_who_exists_is_noticed(ground, monkeypatch):
    real = access._absent
    monkeypatch.setattr(access, "_absent", lambda entity, node: real(entity, node) if not _exists() else _found(entity))
    with pytest.raises(AssertionError, match="tells who exists"):
        matrix.walk(ground, "core.county_admin", only=PERSON)


def _exists():
    from flask import request

    from grid321.core.people import Person

    return Person.select().where(Person.id == int(request.path.rpartition("/")[2])).exists()


def _found(entity):
    from grid321.core.errors import NotFound

    return NotFound(f"{entity.label}: this one belongs to somebody else")


def test_a_route_or_a_role_without_a_line_is_noticed():
    found = {role: {key: line[role] for key, line in APPROVED.items()} for role in ROLES}
    assert matrix.differences(found, APPROVED) == []
    fewer = {key: line for key, line in APPROVED.items() if key != ("GET", AUDIT)}
    assert len(matrix.differences(found, fewer)) == len(ROLES)
    unknown = {**APPROVED, ("GET", "/gone"): {}}
    assert matrix.differences(found, unknown) == ["GET /gone: there is no such route any more"]


def test_what_was_written_reads_back_the_same(tmp_path):
    found = {role: {key: line[role] for key, line in APPROVED.items()} for role in ROLES}
    path = tmp_path / "matrix.csv"
    matrix.write(found, path)
    assert matrix.read(path) == APPROVED
    with path.open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == list(matrix.HEAD)
