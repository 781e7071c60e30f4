"""Every route, for every role, inside and outside of what it reaches, is answered as people have approved.

The approved answers stand in ``permission_matrix.csv``; ``python tools/permission_matrix.py`` writes it anew when routes or
roles change, and its difference is then read line by line. Faults put in on purpose show that the walk notices them.
"""
import csv

import pytest
from support import permission_matrix as matrix

from grid321.core import access
from grid321.core.access import EVERYTHING, LOGIN, Mark

APPROVED = matrix.read()
ROLES = sorted({role for line in APPROVED.values() for role in line})
FOR_EVERYBODY = {"/login", "/logout", "/feedback", "/d/<code>/core/feedback", "/lang/<language>", "/theme/<theme_id>",
                 "/static/<path:filename>", "/health"}


@pytest.fixture
def plugin_modules():
    """The matrix is about the real thing: every installed plugin."""
    return matrix.plugins()


@pytest.fixture
def ground(app, plugin_modules):
    """The county that is walked."""
    return matrix.prepare(app, plugin_modules)


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_a_role_as_approved(ground, role):
    found = {role: matrix.walk(ground, role)}
    assert matrix.differences(found, APPROVED) == [], "read tools/permission_matrix.py"


def test_every_declared_role_has_been_approved(app):
    assert set(matrix.roles()) == set(ROLES)


# -- laws that hold whatever the file says ---------------------------------------------------------------------------

def lines():
    """(method, rule, role, answers by cell) of the whole file."""
    return [(*key, role, dict(zip(matrix.CELLS, cells, strict=True)))
            for key, line in APPROVED.items() for role, cells in line.items()]


OWN = {"/d/<code>/core/jobs", "/api/v1/d/<code>/core/jobs", "/api/v1/d/<code>/core/inbox", "/api/v1/d/<code>/core/inbox/read"}
"""What shows an account its own jobs and messages, wherever it asks."""


def test_nobody_passes_without_a_login_but_where_everybody_may():
    passed = {rule for _method, rule, role, cells in lines() if role == matrix.NOBODY and "open" in cells.values()}
    assert passed <= FOR_EVERYBODY


def test_an_account_without_a_role_reaches_no_record():
    reached = {rule for _method, rule, role, cells in lines() if role == matrix.NO_ROLE and "open" in cells.values()
               and "<code>" in rule}
    assert reached <= FOR_EVERYBODY | OWN


def test_nobody_reaches_beside_his_division():
    beside = {rule for _method, rule, _role, cells in lines() if "open" in (cells["sibling"], cells["other"])}
    assert beside <= FOR_EVERYBODY | OWN


def test_a_record_out_of_reach_is_answered_as_one_that_does_not_exist():
    assert [line for line in lines() if line[3]["stray"] != line[3]["absent"]] == []
    assert [line for line in lines() if line[3]["stray"] == "open"] == []


def test_every_role_can_do_something_and_no_role_everything():
    for role in set(ROLES) - {matrix.NOBODY, matrix.NO_ROLE}:
        own = [cells["own"] for _method, rule, name, cells in lines() if name == role and "<code>" in rule]
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
    monkeypatch.setattr(access, "inside", lambda *_arguments: EVERYTHING)
    with pytest.raises(AssertionError, match="tells who exists"):
        matrix.walk(ground, "core.county_admin", only=PERSON)


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
