"""The residents' pages over REST: the same rules, the same answers, listed in OpenAPI."""
import pytest
from support.public_world import NAME, PHONE, TEXT, answered, counts, matter

from grid321.core import lookup, records
from grid321.core.actor import SYSTEM
from grid321.plugins.suggestion_tracking.public_publish import PUBLICATION

API = "/api/v1/d/610902104200/suggestion_tracking"


@pytest.fixture
def program(resident):
    """A program without account."""
    return resident


def post(program, path, body, **headers):
    """Send JSON as a program does: no cookie, no token."""
    return program.open(f"{API}/{path}", method="POST", json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_a_matter_raised_over_rest_is_looked_up_rated_and_published(program, here):
    made = post(program, "raise", {"text": TEXT, "contact_phone": PHONE, "contact_name": NAME, "publish": True})
    told = post(program, "lookup", {"number": made.json["number"], "code": made.json["code"]})

    assert made.status_code == 201 and told.status_code == 200
    assert told.json["state"] == "reported" and told.json["answer"] is None and not told.json["may_rate"]
    assert PHONE not in told.text and NAME not in told.text
    assert program.get(told.json["url"].partition("localhost")[2]).status_code == 200


def test_sent_again_with_the_same_key_it_is_one_matter(program):
    first, second = (post(program, "raise", {"text": TEXT}, Idempotency_Key="k-1") for _time in range(2))
    other = post(program, "raise", {"text": TEXT + "还有水管。"}, Idempotency_Key="k-1")

    assert {name: first.json[name] for name in ("number", "code")} == {name: second.json[name] for name in ("number", "code")}
    assert other.json["number"] != first.json["number"] and other.json["code"] != first.json["code"]
    assert matter().model.select().count() == 2


@pytest.mark.parametrize("body", [{}, {"text": "😀" * 10_000}, {"text": TEXT, "state": "closed"}, {"text": 5}, [TEXT],
                                  {"text": TEXT, "contact_phone": "1"}, {"text": TEXT, "division": "610921100200"}])
def test_what_does_not_fit_is_refused_with_the_field(program, body):
    before = counts()
    answer = post(program, "raise", body)

    assert answer.status_code == 422 and counts() == before and answer.json["errors"]


def test_wrong_and_absent_get_the_same_answer(program, here):
    case = answered(here.village)
    lookup.keep(lookup.new_code(), "suggestion_tracking.matter", case.id, case.number)
    answers = [post(program, "lookup", {"number": number, "code": "00000000"}) for number in (case.number, "WT-1-202611-0001")]

    assert answers[0].status_code == answers[1].status_code == 422 and answers[0].data == answers[1].data


def test_a_rating_by_link_is_recorded_once(program, here):
    from datetime import timedelta

    from grid321.core import signed_links

    case = answered(here.village)
    link = signed_links.create("suggestion_tracking.rate", "suggestion_tracking.matter", case.id, expires=timedelta(days=1))
    body = {"result": "satisfied", "attitude": "satisfied"}

    assert post(program, f"rate/{link}", body).status_code == 200
    assert post(program, f"rate/{link}", body).status_code == 410
    assert post(program, f"rate/{'A' * 22}", body).status_code == 404
    assert matter().model.get().rating == "satisfied"


def test_published_items_are_read_page_by_page(program, here):
    for _time in range(21):
        case = answered(here.village)
        records.create(PUBLICATION, {
            "source": "matter", "number": case.number, "title": "路灯", "text": "不亮。"}, SYSTEM, here.village)
    first = program.get(f"{API}/published?q=不亮").json
    second = program.get(f"{API}/published?before={first['next']}").json

    assert len(first["items"]) == 20 and len(second["items"]) == 1 and second["next"] is None
    assert program.get(f"{API}/published?page=2").status_code == 400
    assert TEXT not in str(first)


def test_the_operations_stand_in_openapi(here, client_for):
    paths = client_for("suggestion_tracking.county_officer", here.county).api("GET", "/openapi.json").json["paths"]
    own = {path.rpartition("/suggestion_tracking")[2]: set(found) for path, found in paths.items()}

    for path, method in (("/raise", "post"), ("/lookup", "post"), ("/rate/{token}", "post"), ("/published", "get")):
        assert method in own[path], path
