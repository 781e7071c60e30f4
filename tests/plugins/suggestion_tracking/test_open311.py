"""Open311 GeoReport v2: the shapes of the published examples, in both formats; keys, errors, ranges, tokens; nothing private.

The names, their order and their types below are those of the standard's examples (wiki.open311.org/GeoReport_v2); the values
are our own.
"""
import io
from datetime import date, timedelta
from xml.etree import ElementTree as Xml

import pytest
from support.public_world import NAME, PHONE, TEXT, answered, counts, matter, raised, step

from grid321.core import access, accounts, lookup, records, settings, tokens
from grid321.core.actor import SYSTEM
from grid321.core.testing_browser import Browser, make_account
from grid321.plugins.suggestion_tracking.public_publish import PUBLICATION

BASE = "/d/610902/suggestion_tracking/open311/v2"
SERVICE = ("service_code", "service_name", "description", "metadata", "type", "keywords", "group")
ATTRIBUTE = ("variable", "code", "datatype", "required", "datatype_description", "order", "description", "values")
REQUEST = ("service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
           "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode",
           "lat", "long", "media_url")
CREATED = ("service_request_id", "service_notice", "account_id")
POST = {"jurisdiction_id": "610902", "service_code": "roads", "lat": "32.7654108", "long": "109.0212043",
        "address_string": "五里村村口小卖部", "email": "someone@example.cn", "device_id": "tt222111", "account_id": "123456",
        "first_name": "秀兰", "last_name": "赵", "phone": PHONE, "description": "村口的路塌了一个大坑，请修。",
        "media_url": "https://example.cn/pictures/hole.jpg", "attribute[division]": "610902104200", "attribute[publish]": "1"}


@pytest.fixture
def client(resident):
    """A program: no cookies, no page of this site."""
    return resident


@pytest.fixture
def key(here):
    """The API key of a program that may register matters in the county."""
    account = make_account("suggestion_tracking.registrar", here.county)
    accounts.grant(account.id, "core.staff", here.county)
    return tokens.create(access.actor_of(account.id), "市民热线", 30)


def publish(record, node, **values):
    """Release a wording of a matter."""
    return records.create(PUBLICATION, {
        "source": "matter", "number": record.number, "title": "路灯", "text": "村口三盏路灯不亮。",
        "result": "已全部更换。", **values}, SYSTEM, node)


def xml(answer):
    """The root of an XML answer, after its headers were looked at."""
    assert answer.content_type == "text/xml; charset=utf-8"
    assert answer.data.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    return Xml.fromstring(answer.data)


def json(answer):
    """The content of a JSON answer, after its headers were looked at."""
    assert answer.content_type == "application/json; charset=utf-8"
    return answer.json


def names(element):
    """The names of an element's children."""
    return tuple(child.tag for child in element)


def post(client, key, form="json", **changes):
    """Post a request as the published example does."""
    sent = {name: value for name, value in {"api_key": key, **POST, **changes}.items() if value is not None}
    return client.open(f"{BASE}/requests.{form}", method="POST", data=sent, headers={"Origin": "https://app.example.cn"})


# ---------------------------------------------------------------- services

def test_the_service_list_has_the_shape_of_the_example(client):
    root, listed = xml(client.get(f"{BASE}/services.xml?jurisdiction_id=610902")), json(client.get(f"{BASE}/services.json"))

    assert root.tag == "services" and {child.tag for child in root} == {"service"}
    assert {names(child) for child in root} == {SERVICE} and {tuple(item) for item in listed} == {SERVICE}
    assert [child.findtext("service_code") for child in root] == [item["service_code"] for item in listed]
    assert all(item["metadata"] is True and item["type"] == "realtime" for item in listed)
    assert root[0].findtext("metadata") == "true" and "roads" in [item["service_code"] for item in listed]


def test_the_service_definition_has_the_shape_of_the_example(client):
    root, told = xml(client.get(f"{BASE}/services/roads.xml")), json(client.get(f"{BASE}/services/roads.json"))

    assert root.tag == "service_definition" and names(root) == ("service_code", "attributes") == tuple(told)
    assert {child.tag for child in root.find("attributes")} == {"attribute"}
    assert {names(child) for child in root.find("attributes")} == {ATTRIBUTE}
    assert {tuple(one) for one in told["attributes"]} == {ATTRIBUTE}
    values = root.find("attributes/attribute/values")
    assert {child.tag for child in values} == {"value"} and {names(child) for child in values} == {("key", "name")}
    villages = {value["key"]: value["name"] for value in told["attributes"][0]["values"]}
    assert villages["610902104200"] == "五里村" and "610921100200" not in villages
    assert [one["order"] for one in told["attributes"]] == [1, 2]
    assert {one["datatype"] for one in told["attributes"]} == {"singlevaluelist"}


def test_discovery_names_this_endpoint_in_both_formats(client):
    told = json(client.get("/d/610902/suggestion_tracking/open311/discovery.json"))
    root = xml(client.get("/d/610902/suggestion_tracking/open311/discovery.xml"))

    endpoint = told["endpoints"][0]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert client.get(endpoint["url"].partition("localhost")[2] + "/services.xml").status_code == 200
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert [child.text for child in root.find("endpoints/endpoint/formats")] == endpoint["formats"]


# ---------------------------------------------------------------- posting

def test_a_request_posted_as_in_the_example_becomes_a_matter(client, key, here):
    answer = post(client, key)
    record = matter().model.get()
    told = json(answer)

    assert answer.status_code == 201 and [tuple(item) for item in told] == [CREATED]
    assert told[0]["service_request_id"] == record.uid and told[0]["account_id"] is None
    assert (record.kind, record.source, record.place) == ("roads", "web_api", "五里村村口小卖部")
    assert (record.lat, record.lon, record.coordinates) == (32.7654108, 109.0212043, "wgs84")
    assert record.division_id == here.village.id and record.publish and record.text.startswith("村口的路塌了")
    assert records.opened(matter(), record, "contact_name") == "赵 秀兰"
    assert records.opened(matter(), record, "contact_phone") == PHONE
    stored = str(record.__data__)
    assert "example.cn/pictures" in record.text
    assert not any(word in stored for word in ("someone@", "tt222111", "123456"))


def test_the_answer_in_xml_has_the_shape_of_the_example(client, key):
    root = xml(post(client, key, "xml"))

    assert root.tag == "service_requests" and names(root) == ("request",) and names(root[0]) == CREATED
    assert root[0].find("account_id").text is None


def test_the_person_can_look_the_matter_up_by_the_notice(client, key):
    notice = json(post(client, key))[0]["service_notice"]
    record = matter().model.get()
    code = next(word.strip("。.,，") for word in notice.replace("代码", " ").split() if word.strip("。.,，").count("-") == 1)

    assert record.number in notice
    assert lookup.find(record.number, code[:9], "x") == ("suggestion_tracking.matter", record.id)


def test_a_picture_may_be_sent_along(client, key):
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "JPEG")
    answer = post(client, key, media=(io.BytesIO(out.getvalue()), "坑.jpg"))
    refused = post(client, key, media=(io.BytesIO(b"MZ\x90\x00" * 20), "坑.jpg"))

    assert (answer.status_code, refused.status_code) == (201, 400)
    assert "坑.jpg" in json(refused)[0]["description"]


@pytest.mark.parametrize(("changes", "status", "word"), [
    ({"service_code": None}, 400, "service_code"), ({"service_code": "no-such"}, 404, "service_code"),
    ({"jurisdiction_id": "city.gov"}, 404, "jurisdiction_id"), ({"lat": None}, 400, "lat"), ({"long": "east"}, 400, "long"),
    ({"lat": "91"}, 400, "lat"), ({"lat": None, "long": None, "address_string": None}, 400, "address"),
    ({"description": None, "media_url": None}, 400, "description"), ({"description": "长" * 4001}, 400, "description"),
    ({"description": "😀" * 10_000}, 400, "description"), ({"phone": "12"}, 400, "phone"),
    ({"attribute[division]": "610921100200"}, 400, "division")])
def test_what_does_not_fit_is_refused_as_the_standard_says(client, key, changes, status, word):
    before = counts()
    told, root = post(client, key, "json", **changes), xml(post(client, key, "xml", **changes))
    errors = [{child.tag: child.text for child in error} for error in root]

    assert told.status_code == status and counts() == before
    assert root.tag == "errors" and {child.tag for child in root} == {"error"}
    for found in (json(told), errors):
        assert {tuple(error) for error in found} == {("code", "description")}
        assert int(found[0]["code"]) == status and any(word in error["description"] for error in found)


@pytest.mark.parametrize("wrong", [None, "", "xyz", "g321_" + "A" * 43, "'; DROP TABLE core_account; --", "链" * 20])
def test_without_a_valid_key_nothing_is_registered(client, here, wrong):
    before = counts()
    answer = post(client, wrong)

    assert answer.status_code == 403 and json(answer)[0]["code"] == 403 and counts() == before


def test_a_key_that_only_reads_or_belongs_elsewhere_registers_nothing(client, here):
    reader = make_account("suggestion_tracking.viewer", here.county)
    accounts.grant(reader.id, "core.staff", here.county)
    elsewhere = make_account("suggestion_tracking.registrar", here.other_county)
    accounts.grant(elsewhere.id, "core.staff", here.other_county)
    narrow = make_account("suggestion_tracking.registrar", here.county)
    accounts.grant(narrow.id, "core.staff", here.county)
    keys = [tokens.create(access.actor_of(reader.id), "a", 30), tokens.create(access.actor_of(elsewhere.id), "b", 30),
            tokens.create(access.actor_of(narrow.id), "c", 30, permissions=["suggestion_tracking.matter.view"]),
            tokens.create(access.actor_of(narrow.id), "d", 30, node=here.other_town)]
    before = counts()

    assert [post(client, one).status_code for one in keys] == [403] * 4 and counts() == before


def test_the_login_of_a_browser_is_not_looked_at(here, app):
    browser = Browser.of_account(app, make_account("suggestion_tracking.county_officer", here.county))
    before = counts()
    answer = browser.open(f"{BASE}/requests.json", method="POST", data=POST)

    assert answer.status_code == 403 and counts() == before, "a page of another site can do nothing in a person's name"


# ---------------------------------------------------------------- reading

def test_requests_have_the_shape_of_the_example_and_show_what_was_released(client, here):
    record = answered(here.village, text=f"{NAME}家门口，电话{PHONE}")
    publish(record, here.village)
    root, listed = xml(client.get(f"{BASE}/requests.xml")), json(client.get(f"{BASE}/requests.json"))

    assert root.tag == "service_requests" and names(root) == ("request",) and names(root[0]) == REQUEST
    assert [tuple(item) for item in listed] == [REQUEST]
    assert listed[0] == {
        **dict.fromkeys(REQUEST), "service_request_id": record.uid, "status": "open", "status_notes": "已全部更换。",
        "service_name": root[0].findtext("service_name"), "service_code": "roads", "description": "村口三盏路灯不亮。",
        "agency_responsible": "五里村", "requested_datetime": listed[0]["requested_datetime"],
        "updated_datetime": listed[0]["updated_datetime"], "expected_datetime": listed[0]["expected_datetime"],
        "address": "五里村", "address_id": "610902104200"}
    assert listed[0]["requested_datetime"].endswith("+08:00")
    assert NAME not in str(listed) and PHONE not in str(listed)


def test_what_was_not_released_is_in_no_list(client, here):
    record = answered(here.village)

    assert json(client.get(f"{BASE}/requests.json")) == []
    assert json(client.get(f"{BASE}/requests.json?service_request_id={record.uid}")) == []
    assert client.get(f"{BASE}/requests/{record.uid}.json").status_code == 404


def test_who_posted_a_request_sees_its_state_and_class_and_no_words(client, key):
    identity = json(post(client, key, **{"attribute[publish]": "0"}))[0]["service_request_id"]
    told = json(client.get(f"{BASE}/requests/{identity}.json"))[0]

    assert tuple(told) == REQUEST and (told["status"], told["service_code"]) == ("open", "roads")
    assert told["description"] is told["address"] is told["lat"] is told["long"] is None
    assert client.get(f"{BASE}/requests/{matter().model.get().number}.json").status_code == 404, "numbers can be guessed"


def test_one_request_is_a_list_of_one(client, here):
    record = answered(here.village)
    publish(record, here.village)
    root = xml(client.get(f"{BASE}/requests/{record.uid}.xml"))

    assert root.tag == "service_requests" and names(root) == ("request",) and names(root[0]) == REQUEST
    assert client.get(f"/d/610902105/suggestion_tracking/open311/v2/requests/{record.uid}.xml").status_code == 404


def test_requests_are_narrowed_by_class_state_time_and_id(client, here):
    light, pipe = answered(here.village), raised(here.village, kind="water")
    for record in (light, pipe):
        publish(record, here.village)
    step(pipe, "withdraw", reason="已经自己修好了。")
    day = matter().model.get_by_id(light.id).created_at.date()

    def found(query):
        return {row["service_code"] for row in json(client.get(f"{BASE}/requests.json?{query}"))}

    assert found("") == found("status=open,closed") == {"roads", "water"}
    assert found("status=open") == {"roads"} and found("status=closed") == {"water"}
    assert found("service_code=water") == {"water"} and found("service_code=water,roads") == {"water", "roads"}
    assert found(f"start_date={day - timedelta(days=2)}T00:00:00Z&end_date={day - timedelta(days=1)}T00:00:00Z") == set()
    assert found(f"start_date={day - timedelta(days=1)}T00:00:00%2B08:00") == {"roads", "water"}
    assert found(f"service_request_id={light.uid},{pipe.uid}&status=closed") == {"roads", "water"}, "ids override the rest"


@pytest.mark.parametrize("query", [
    "start_date=2026-01-01T00:00:00Z&end_date=2026-06-01T00:00:00Z", "start_date=2026-01-01", "start_date=yesterday",
    "end_date=2026-01-01T00:00:00Z&start_date=2026-01-02T00:00:00Z", "status=lost", "start_date=9999-12-31T23:59:59-12:00"])
def test_a_range_or_state_that_does_not_fit_is_an_error(client, query):
    answer = client.get(f"{BASE}/requests.json?{query}")

    assert answer.status_code == 400 and tuple(json(answer)[0]) == ("code", "description")


@pytest.mark.parametrize("query", ["", "unknown=1", "service_code=&status=&start_date=", "page=2&page_size=5"])
def test_empty_and_unknown_parameters_are_as_if_not_sent(client, query):
    assert json(client.get(f"{BASE}/requests.json?{query}")) == []


def test_other_formats_and_other_jurisdictions_are_not_there(client):
    assert client.get(f"{BASE}/services.yaml").status_code == 404
    assert client.get(f"{BASE}/services.json?jurisdiction_id=610921").status_code == 404
    assert client.get("/d/610921/suggestion_tracking/open311/v2/services.json").status_code == 404


# ---------------------------------------------------------------- tokens

def test_in_batch_a_token_leads_to_the_id_once_the_matter_was_taken_up(client, key, here):
    settings.put("suggestion_tracking.open311_type", here.county, "batch", source="test", valid_from=date(2026, 1, 1))
    told = json(post(client, key))[0]
    record = matter().model.get()
    before = json(client.get(f"{BASE}/tokens/{told['token']}.json"))
    step(record, "accept")
    after, root = json(client.get(f"{BASE}/tokens/{told['token']}.json")), xml(client.get(f"{BASE}/tokens/{told['token']}.xml"))

    assert "service_request_id" not in told and before == [{"token": told["token"]}]
    assert after == [{"service_request_id": record.uid, "token": told["token"]}]
    assert root.tag == "service_requests" and names(root[0]) == ("service_request_id", "token")
    assert {item["type"] for item in json(client.get(f"{BASE}/services.json"))} == {"batch"}


@pytest.mark.parametrize("token", ["12345", "A" * 22, "x" * 200])
def test_a_token_that_nobody_got_is_not_found(client, token):
    answer = client.get(f"{BASE}/tokens/{token}.xml")

    assert answer.status_code == 404 and xml(answer).tag == "errors"


def test_the_text_of_matters_is_never_markup(client, here):
    publish(answered(here.village), here.village, text="<b>灯</b> & \u2028 ]]>")

    assert xml(client.get(f"{BASE}/requests.xml"))[0].findtext("description") == "<b>灯</b> & \u2028 ]]>"
    assert TEXT not in client.get(f"{BASE}/requests.xml").text
