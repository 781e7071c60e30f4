"""The description of the API is valid OpenAPI 3.1 and says what the routes do."""
import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from grid321.core import openapi


@pytest.fixture
def described(here, client_for):
    """Return the description as a program reads it."""
    response = client_for("matters.officer", here.tree.village).get("/api/v1/openapi.json")
    assert response.status_code == 200
    return response.get_json()


@pytest.mark.once
def test_the_description_is_valid_openapi_3_1(described):
    assert described["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(described).iter_errors()] == []


@pytest.mark.once
def test_every_api_route_of_an_entity_is_described_and_nothing_else(app, described):
    routes = set()
    for rule in app.url_map.iter_rules():
        _entity, _colon, name = rule.endpoint.partition(":")
        if not rule.rule.startswith("/api/v1/d/") or not name.startswith("api_"):
            continue
        path = re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule)
        routes |= {(path, method.lower()) for method in rule.methods - {"HEAD", "OPTIONS"}}
    steps = {("/api/v1/d/{code}/matters/matter/{id}/transitions/{key}", "post")}
    found = {(path, method) for path, methods in described["paths"].items() for method in methods
             if "/transitions/" not in path}
    assert found == routes - steps
    taken = {path.rpartition("/")[2] for path in described["paths"] if "/transitions/" in path}
    assert taken == {"send_up", "send_down", "hand_over", "answer", "give_back", "rate", "close", "explain", "withdraw"}


@pytest.mark.once
def test_an_operation_names_its_permission_its_headers_and_its_problems(described):
    path = described["paths"]["/api/v1/d/{code}/matters/note/{id}"]
    assert path["patch"]["x-permission"] == "matters.note.edit"
    assert {"409", "412", "415", "422", "428"} <= set(path["patch"]["responses"])
    assert {p.get("name") for p in path["patch"]["parameters"]} >= {"If-Match"}
    made = described["paths"]["/api/v1/d/{code}/matters/note"]["post"]
    assert {p.get("name") for p in made["parameters"]} >= {"Idempotency-Key"}
    written = described["components"]["schemas"]["matters_note_write"]
    assert written["required"] == ["code", "title"]
    assert written["additionalProperties"] is False


def test_an_answer_is_what_the_description_says(here, client_for, described):
    from jsonschema import Draft202012Validator
    browser = client_for("matters.officer", here.tree.village)
    base = f"/d/{here.tree.village.code}/matters/matter"
    record = browser.api("POST", base, {"title": "路灯", "phone": "13812345678", "kind": "light"}).get_json()
    schema = {**described["components"]["schemas"]["matters_matter"], "components": described["components"]}
    assert list(Draft202012Validator(schema).iter_errors(record)) == []
    assert set(record) == set(schema["properties"])
    listed = described["components"]["schemas"]["matters_matter-item"]
    assert set(browser.api("GET", base).get_json()["items"][0]) == set(listed["properties"])


def test_the_description_speaks_the_readers_language(here, client_for):
    browser = client_for("matters.officer", here.tree.village)
    english = browser.get("/api/v1/openapi.json", headers={"Accept-Language": "en"}).get_json()
    assert english["paths"]["/api/v1/d/{code}/matters/note"]["get"]["summary"].startswith("List")
    assert openapi.PROBLEMS


def test_people_can_read_it_with_a_line_to_copy_for_each_operation(here, client_for):
    browser = client_for("matters.officer", here.tree.village)
    page = browser.get("/api/", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert "curl" in page.text
    assert "Idempotency-Key" in page.text
    assert "/api/v1/d/{code}/matters/matter/{id}/transitions/send_up" in page.text
