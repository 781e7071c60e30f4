"""The API: strict in what it reads, one effect for one key, no lost updates, problems in words."""
import threading

import pytest

from grid321.core import db


@pytest.fixture
def api(here, client_for):
    """Return a caller ``api(method, rest, json, **headers)`` for an officer of the village, on matters."""
    browser = client_for("matters.officer", here.tree.village)

    def call(method, rest="", json=None, kind="matter", **headers):
        return browser.api(method, f"/d/{here.tree.village.code}/matters/{kind}{rest}", json, **headers)

    call.browser = browser
    return call


def problem(response, status, code=None):
    """Check that the answer is a problem+json of that status and return it."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    body = response.get_json()
    assert body["status"] == status
    assert body["title"]
    assert code is None or body["code"] == code
    return body


def test_a_record_is_created_read_changed_and_deleted(api):
    made = api("POST", kind="note", json={"code": "A1", "title": "记录", "amount": 5, "day": "2026-03-15"})
    assert made.status_code == 201
    record = made.get_json()
    assert (record["code"], record["amount"], record["day"], record["version"]) == ("A1", 5, "2026-03-15", 1)
    assert made.headers["Location"] == record["url"]
    read = api("GET", f"/{record['id']}", kind="note")
    assert read.get_json() == record
    assert api("GET", f"/{record['id']}", kind="note", If_None_Match=read.headers["ETag"]).status_code == 304
    changed = api("PATCH", f"/{record['id']}", {"amount": 7}, kind="note", If_Match=read.headers["ETag"])
    assert changed.get_json()["amount"] == 7
    assert changed.headers["ETag"] == '"2"'
    assert changed.get_json()["title"] == "记录"
    assert api("DELETE", f"/{record['id']}", kind="note", If_Match='"2"').status_code == 204
    problem(api("GET", f"/{record['id']}", kind="note"), 404, "not_found")


def test_a_change_must_name_the_version_that_was_read(api):
    record = api("POST", kind="note", json={"code": "A1", "title": "记录"}).get_json()
    path = f"/{record['id']}"
    problem(api("PATCH", path, {"title": "x"}, kind="note"), 428, "precondition_required")
    problem(api("PATCH", path, {"title": "x"}, kind="note", If_Match="*"), 400, "bad_etag")
    assert api("PATCH", path, {"title": "二"}, kind="note", If_Match='"1"').status_code == 200
    body = problem(api("PATCH", path, {"title": "三"}, kind="note", If_Match='"1"'), 412, "stale_version")
    assert body["version"] == 2
    assert api("GET", path, kind="note").get_json()["title"] == "二"
    problem(api("DELETE", path, kind="note", If_Match='"1"'), 412)


@pytest.mark.parametrize(("body", "status", "pointer"), [
    ({"title": 5}, 422, "/title"), ({"title": ""}, 422, "/title"), ({}, 422, "/title"),
    ({"title": "x", "a/b~c": 1}, 422, "/a~1b~0c"),
    ({"title": "x", "kind": "fire"}, 422, "/kind"), ({"title": "x", "division": "610921"}, 422, "/division"),
    ({"title": "x", "division": 5}, 422, "/division"), ([], 422, ""), ("text", 422, ""), (5, 422, ""),
    ({"title": "x", "phone": "1"}, 422, "/phone"), ({"title": "x", "client_id": {"a": 1}}, 422, "/client_id"),
    ({"title": "x", "state": "closed"}, 422, "/state"), ({"title": "x", "number": "A"}, 422, "/number")])
def test_a_body_of_the_wrong_kind_is_refused_with_its_place(api, body, status, pointer):
    answer = problem(api("POST", json=body), status)
    assert pointer in [error["pointer"] for error in answer["errors"]]
    assert api("GET").get_json()["items"] == []


@pytest.mark.parametrize(("raw", "kind", "status"), [
    (b"{", "application/json", 400), (b"", "application/json", 400), (b'{"title": NaN}', "application/json", 400),
    (b'{"title":"\\ud800"}', "application/json", 400), (b"\xff\xfe", "application/json", 400),
    (b"[" * 5000, "application/json", 400),
    (b"title=x", "application/x-www-form-urlencoded", 415), (b"{}", "text/plain", 415), (b"{}", None, 415),
    (b"{}", "application/json; charset=gbk", 415), (b"x" * 3_000_000, "application/json", 413)])
def test_what_is_not_json_is_refused(api, here, raw, kind, status):
    response = api.browser.open(f"/api/v1/d/{here.tree.village.code}/matters/matter", method="POST", data=raw, content_type=kind,
                                headers={"X-CSRF-Token": api.browser.csrf})
    problem(response, status)


def test_the_same_key_gives_one_effect_and_the_same_answer(api):
    first = api("POST", json={"title": "路灯"}, Idempotency_Key="k-1")
    again = api("POST", json={"title": "路灯"}, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(api("GET").get_json()["items"]) == 1
    problem(api("POST", json={"title": "水管"}, Idempotency_Key="k-1"), 409, "idempotency_key_reused")


def test_a_refused_request_may_be_corrected_under_the_same_key(api):
    problem(api("POST", json={"title": ""}, Idempotency_Key="k-2"), 422)
    assert api("POST", json={"title": "路灯"}, Idempotency_Key="k-2").status_code == 201


def test_keys_belong_to_an_account(api, here, client_for):
    other = client_for("matters.officer", here.tree.village)
    assert api("POST", json={"title": "一"}, Idempotency_Key="k").status_code == 201
    path = f"/d/{here.tree.village.code}/matters/matter"
    assert other.api("POST", path, {"title": "二"}, Idempotency_Key="k").status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 101])
def test_a_key_that_cannot_be_kept_is_refused(api, key):
    problem(api("POST", json={"title": "x"}, Idempotency_Key=key), 400)


def at_once(count, call):
    """Run ``call(number)`` in threads at once and return the results."""
    results = [None] * count
    barrier = threading.Barrier(count)

    def run(number):
        barrier.wait()
        try:
            results[number] = call(number)
        finally:
            db.close_thread()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def post(app, browser, path, json, **headers):
    """Send one request with a client of its own."""
    from grid321.core.testing_browser import Browser
    own = Browser.of_account(app, browser.account)
    return lambda _number: own.api("POST", path, json, **headers)


def test_copies_of_a_request_that_arrive_at_once_have_one_effect(app, api, here):
    path = f"/d/{here.tree.village.code}/matters/matter"
    calls = [post(app, api.browser, path, {"title": "路灯"}, Idempotency_Key="race") for _n in range(4)]
    answers = at_once(4, lambda number: calls[number](number))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert len(api("GET").get_json()["items"]) == 1


def test_of_several_who_take_a_step_at_once_one_wins_and_the_others_see_the_present_state(app, api, here):
    record = api("POST", json={"title": "路灯"}).get_json()
    path = f"/d/{here.tree.village.code}/matters/matter/{record['id']}/transitions/close"
    calls = [post(app, api.browser, path, {}, If_Match='"1"') for _n in range(4)]
    answers = at_once(4, lambda number: calls[number](number))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            assert problem(answer, 409)["state"] == "closed"


def test_steps_are_offered_with_what_they_ask_and_taken_with_it(api, here):
    record = api("POST", json={"title": "路灯"}).get_json()
    path = f"/{record['id']}/transitions"
    offered = api("GET", path).get_json()
    steps = {item["key"]: item for item in offered["items"]}
    assert "send_up" in steps
    assert "rate" not in steps
    assert steps["send_up"]["asks"]["required"] == ["record"]
    problem(api("POST", f"{path}/send_up", {}, If_Match='"1"'), 422)
    problem(api("POST", f"{path}/send_up", {"record": "x", "more": 1}, If_Match='"1"'), 422)
    problem(api("POST", f"{path}/send_up", {"record": "x"}), 428)
    problem(api("POST", f"{path}/fly", {}, If_Match='"1"'), 404)
    problem(api("POST", f"{path}/answer", {"reason": "x"}, If_Match='"1"'), 403)
    taken = api("POST", f"{path}/send_up", {"record": "会议纪要"}, If_Match='"1"', Idempotency_Key="s1")
    assert taken.get_json()["holder"] == here.tree.town.code
    again = api("POST", f"{path}/send_up", {"record": "会议纪要"}, If_Match='"1"', Idempotency_Key="s1")
    assert again.data == taken.data
    history = api("GET", f"/{record['id']}/history").get_json()["items"]
    assert [entry["step"] for entry in history] == ["create", "send_up"]


def test_a_list_is_walked_by_its_next_link_and_filtered_by_fields(api):
    for number in range(7):
        api("POST", kind="note", json={"code": f"N{number}", "title": "记录", "amount": number % 2})
    seen, rest = [], "?limit=3&fields=code,amount&sort=code"
    while rest:
        response = api("GET", rest, kind="note")
        page = response.get_json()
        seen += page["items"]
        assert ('rel="next"' in response.headers.get("Link", "")) == bool(page["next"])
        rest = page["next"].partition("/note")[2] if page["next"] else None
    assert [item["code"] for item in seen] == [f"N{number}" for number in range(7)]
    assert set(seen[0]) == {"id", "code", "amount", "url"}


@pytest.mark.parametrize("query", ["?colour=red", "?limit=0", "?limit=101", "?limit=1٢", "?after=x", "?fields=secret",
                                   "?sort=phone", "?state=flying", "?size=20", "?_csrf=1"])
def test_unknown_parameters_are_refused(api, query):
    problem(api("GET", query), 400)


def test_parameters_where_none_are_known_are_refused(api):
    record = api("POST", json={"title": "x"}).get_json()
    problem(api("GET", f"/{record['id']}?x=1"), 400)
    problem(api("POST", "?x=1", {"title": "x"}), 400)


@pytest.mark.parametrize("path", ["/0", "/-1", "/1٢", "/99999999999999999999", "/abc", "/1.0", "/7777"])
def test_a_path_that_names_no_record_is_not_found(api, path):
    problem(api("GET", path), 404)


def test_personal_values_leave_the_api_masked_and_lists_without_them(api):
    record = api("POST", json={"title": "路灯", "phone": "13812345678"}).get_json()
    assert record["phone"] == "138****5678"
    assert "phone" not in api("GET").get_json()["items"][0]
    assert b"12345678" not in api("GET", f"/{record['id']}").data


def test_nobody_and_the_wrong_role_are_refused_without_telling_what_exists(app, api, here, client_for):
    record = api("POST", json={"title": "路灯"}).get_json()
    stranger = client_for("matters.officer", here.tree.other_village)
    path = f"/d/{here.tree.county.code}/matters/matter"
    assert stranger.api("GET", path).get_json()["items"] == []
    real, absent = stranger.api("GET", f"{path}/{record['id']}"), stranger.api("GET", f"{path}/888")
    assert problem(real, 404) == problem(absent, 404)
    from grid321.core.testing_browser import Browser
    problem(Browser(app).api("GET", path), 401)
    reader = client_for("matters.reader", here.tree.county)
    problem(reader.api("POST", path, {"title": "x", "division": here.tree.village.code}), 403)


def test_a_changing_request_of_a_browser_needs_its_token(api, here):
    path = f"/d/{here.tree.village.code}/matters/matter"
    problem(api.browser.api("POST", path, {"title": "x"}, X_CSRF_Token="wrong"), 403, "csrf")


def test_an_api_token_reaches_what_it_was_made_for(app, here, client_for):
    from grid321.core import tokens
    from grid321.core.testing_browser import Browser
    owner = client_for("core.county_admin", here.tree.county)
    text = tokens.create(owner.actor, "test", days=1)
    nobody = Browser(app)
    path = "/api/v1/openapi.json"
    assert nobody.get(path, headers={"Authorization": f"Bearer {text}"}).status_code == 200
    problem(nobody.get(path, headers={"Authorization": "Bearer g321_wrong"}), 401)
    problem(nobody.get(path, headers={"Authorization": "Basic x"}), 401)


def test_where_the_plugin_is_off_the_api_does_not_exist(api, here, client_for, switch_on):
    from grid321.core import switches
    assert api("GET").status_code == 200
    switches.turn("matters", here.tree.village, False)
    problem(api("GET"), 404)
    problem(api("POST", json={"title": "x"}), 404)


def test_a_wrong_method_is_answered_with_the_right_ones(api):
    response = api("PUT", json={})
    problem(response, 405)
    assert "POST" in response.headers["Allow"]


def test_a_report_sent_again_from_a_phone_is_one_report(api):
    first = api("POST", json={"title": "路灯", "client_id": "phone-1"})
    again = api("POST", json={"title": "路灯", "client_id": "phone-1"})
    assert first.get_json()["id"] == again.get_json()["id"]


def test_comments_are_written_into_the_history(api):
    record = api("POST", json={"title": "路灯"}).get_json()
    assert api("POST", f"/{record['id']}/comments", {"text": "已联系"}).status_code == 201
    problem(api("POST", f"/{record['id']}/comments", {"text": ""}), 422)
    problem(api("POST", f"/{record['id']}/comments", {"words": "x"}), 422)
    assert [e["text"] for e in api("GET", f"/{record['id']}/history").get_json()["items"]][-1] == "已联系"
