"""Fields that a plugin adds to another one's records are there where it is on, and nowhere else."""
import re

import pytest
from support import matters, region
from support.region.models import MatterPlace, NoteTag
from support.stock_sheets import workbook

from grid321.core import clock, export, ledger, migrate, records, switches, transfer
from grid321.core.actor import SYSTEM
from grid321.core.entity import EntityExtension
from grid321.core.errors import DeclarationError, Invalid
from grid321.core.jobs import Executor
from grid321.core.registry import registry
from grid321.core.transfer_tables import ImportBatch, all_rows, read_file


@pytest.fixture
def plugin_modules():
    """The application of these tests carries a region's plugin beside ``matters``."""
    return [matters, region]


@pytest.fixture
def place(here, switch_on):
    """Switch the region's plugin on for the village of the tests only."""
    switch_on("region", here.tree.village)
    return here.tree.village


@pytest.fixture
def api(here, client_for):
    """Return a caller on matters, as the officer of the whole county, at a division."""
    browser = client_for("matters.officer", here.tree.county)

    def call(method, at, rest="", json=None, **headers):
        return browser.api(method, f"/d/{at.code}/matters/matter{rest}", json, **headers)

    call.browser = browser
    return call


def stored():
    return list(MatterPlace.select().dicts())


def test_added_fields_are_written_with_the_record_and_read_back(api, place, here):
    office = records.create(registry().entity("core.department"), {"name": "国土所", "kind": "office"}, SYSTEM, place)
    made = api("POST", place, json={"title": "违建", "region__zone": "north", "region__storeys": 3, "region__office": office.id})
    assert made.status_code == 201, made.text
    record = made.get_json()
    assert (record["region__zone"], record["region__storeys"], record["region__office"]) == ("north", 3, office.id)
    assert (record["region__plot"], record["region__seen"]) == ("", False)
    assert api("GET", place, f"/{record['id']}").get_json() == record
    changed = api("PATCH", place, f"/{record['id']}", {"region__storeys": 4, "region__seen": True}, If_Match='"1"')
    assert changed.headers["ETag"] == '"2"'
    assert changed.get_json()["region__storeys"] == 4
    assert changed.get_json()["region__zone"] == "north"
    [row] = stored()
    assert (row["record_id"], row["storeys"], row["seen"], row["office_id"]) == (record["id"], 4, True, office.id)
    entry = ledger.LedgerEntry.get(ledger.LedgerEntry.step == "edit")
    assert entry.facts["changed"] == ["region__seen", "region__storeys"]
    assert records.history(here.entity, record["id"])[-1]["text"] == "Seen on the spot, Storeys"


def test_a_change_that_changes_nothing_leaves_the_version(api, place):
    record = api("POST", place, json={"title": "违建", "region__zone": "north"}).get_json()
    same = api("PATCH", place, f"/{record['id']}", {"region__zone": "north", "region__plot": None}, If_Match='"1"')
    assert same.headers["ETag"] == '"1"'


def test_elsewhere_they_are_unknown_and_invisible(api, place, here):
    other = here.tree.other_village
    refused = api("POST", other, json={"title": "违建", "region__zone": "north"})
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.get_json()["errors"]] == ["/region__zone"]
    record = api("POST", other, json={"title": "违建"}).get_json()
    assert not [name for name in record if name.startswith("region__")]
    assert api("PATCH", other, f"/{record['id']}", {"region__zone": "north"}, If_Match='"1"').status_code == 422
    page = api.browser.get(f"/d/{other.code}/matters/matter/new").text
    assert "region__" not in page
    assert stored() == []


def test_what_counts_is_the_division_of_the_record_not_that_of_the_address(api, place, here):
    county = here.tree.county
    made = api("POST", county, json={"title": "违建", "division": place.code, "region__zone": "south"})
    assert made.status_code == 201
    path = f"/{made.get_json()['id']}"
    assert api("GET", county, path).get_json()["region__zone"] == "south"
    assert api("PATCH", county, path, {"region__zone": "north"}, If_Match='"1"').status_code == 200
    town = here.tree.town.code
    assert api("POST", county, json={"title": "违建", "division": town, "region__zone": "south"}).status_code == 422
    with pytest.raises(Invalid):
        records.create(here.entity, {"title": "违建", "region__zone": "south"}, SYSTEM, here.tree.other_village)
    assert here.entity.model.select().count() == 1


def test_switched_off_they_are_kept_but_neither_shown_nor_written(api, place, here):
    record = api("POST", place, json={"title": "违建", "region__zone": "north"}).get_json()
    path = f"/{record['id']}"
    switches.turn("region", place, False)
    assert "region__zone" not in api("GET", place, path).get_json()
    assert api("PATCH", place, path, {"region__zone": "south"}, If_Match='"1"').status_code == 422
    assert api("PATCH", place, path, {"title": "违章建筑"}, If_Match='"1"').status_code == 200
    page = api.browser.get(f"/d/{place.code}/matters/matter{path}").text
    assert "North zone" not in page
    assert "Zone" not in page
    switches.turn("region", place, True)
    assert api("GET", place, path).get_json()["region__zone"] == "north"


def test_the_form_asks_for_them_and_the_page_shows_them(api, place, here):
    browser, base = api.browser, f"/d/{place.code}/matters/matter/"
    assert 'name="region__plot"' in browser.get(base + "new").text
    wrong = browser.post(base + "new", {"title": "违建", "region__storeys": "many", "region__plot": "A-17"})
    assert wrong.status_code == 422
    assert 'href="#f-region__storeys"' in wrong.text
    assert "A-17" in wrong.text
    sent = browser.post(base + "new", {"title": "违建", "region__zone": "north", "region__plot": "A-17", "region__storeys": "3"})
    assert sent.status_code == 303, sent.text
    page = browser.get(sent.location).text
    for shown in ("North zone", "A-17", "Storeys"):
        assert shown in page
    form = browser.get(sent.location + "/edit").text
    assert 'value="A-17"' in form
    changed = browser.post(sent.location + "/edit", {"title": "违建", "region__zone": "south", "region__plot": "A-17",
                                                     "region__storeys": "3", "_version": "1"})
    assert changed.status_code == 303
    assert "South zone" in browser.get(sent.location + "/print").text


def test_a_form_of_the_county_takes_empty_fields_for_a_place_without_them(api, place, here, switch_on):
    town = here.tree.town
    switch_on("region", town)
    switches.turn("region", here.tree.village, False)
    browser, base = api.browser, f"/d/{town.code}/matters/matter/"
    typed = {"title": "违建", "division": here.tree.village.code, "region__plot": "", "region__storeys": ""}
    assert browser.post(base + "new", typed).status_code == 303
    refused = browser.post(base + "new", {**typed, "region__plot": "A-17"})
    assert refused.status_code == 422
    assert "region__plot" in refused.text


def test_a_value_that_must_be_unique_is_refused_at_its_field_and_nothing_is_written(api, place, here):
    assert api("POST", place, json={"title": "一", "region__plot": "A-17"}).status_code == 201
    again = api("POST", place, json={"title": "二", "region__plot": "A-17"})
    assert again.status_code == 422
    assert [error["pointer"] for error in again.get_json()["errors"]] == ["/region__plot"]
    assert here.entity.model.select().count() == 1
    for number in (1, 2):
        made = api("POST", place, json={"title": "三", "region__plot": f"B-{number}"}).get_json()
        cleared = api("PATCH", place, f"/{made['id']}", {"region__plot": None}, If_Match='"1"')
        assert cleared.get_json()["region__plot"] == ""


def test_a_lost_race_writes_no_added_value(api, place):
    record = api("POST", place, json={"title": "违建", "region__zone": "north"}).get_json()
    api("PATCH", place, f"/{record['id']}", {"title": "违章"}, If_Match='"1"')
    assert api("PATCH", place, f"/{record['id']}", {"region__zone": "south"}, If_Match='"1"').status_code == 412
    assert stored()[0]["zone"] == "north"


def test_a_personal_one_is_sealed_masked_and_revealed_with_a_reason(api, place, here):
    record = api("POST", place, json={"title": "违建", "region__owner_phone": "13812345678"}).get_json()
    assert record["region__owner_phone"] == "138****5678"
    assert "13812345678" not in str(stored())
    page = f"/d/{place.code}/matters/matter/{record['id']}"
    assert "138****5678" in api.browser.get(page).text
    shown = api.browser.post(page + "/reveal", {"field": "region__owner_phone", "purpose": "to call the owner"})
    assert "13812345678" in shown.text
    form = api.browser.get(page + "/edit").text
    assert "13812345678" not in form
    kept = api.browser.post(page + "/edit", {"title": "违建", "_version": "1", "region__owner_phone": "", "region__plot": "C"})
    assert kept.status_code == 303
    assert api("GET", place, f"/{record['id']}").get_json()["region__owner_phone"] == "138****5678"


def test_an_export_has_them_and_importing_it_again_changes_nothing(here, place, raise_matter):
    raise_matter(by=here.county, region__zone="north", region__storeys=3, region__owner_phone="13812345678")
    raise_matter(by=here.county, at=here.tree.other_village)
    for node in (here.tree.county, place):
        file = export.ask(here.entity, {}, node, here.county, file_format="csv", purpose="a meeting", revealed=False)
        text = b"".join(read_file(file)).decode("utf-8-sig")
        assert "North zone" in text
        assert "138****5678" in text
    file = export.ask(here.entity, {}, here.tree.county, here.county, file_format="xlsx", purpose="a meeting", revealed=False)
    batch = transfer.start(here.entity, b"".join(read_file(file)), "x.xlsx", here.county, here.tree.county)
    assert batch.counts == {"same": 2}
    elsewhere = here.tree.other_village
    file = export.ask(here.entity, {}, elsewhere, here.county, file_format="csv", purpose="a meeting", revealed=False)
    assert "Zone" not in b"".join(read_file(file)).decode("utf-8-sig")


def imported(here, rows, head):
    """Import rows at the county and return the finished batch."""
    batch = transfer.start(here.entity, workbook(rows, head=head), "x.xlsx", here.county, here.tree.county)
    transfer.confirm(batch, here.county)
    Executor().run_due()
    return ImportBatch.get_by_id(batch.id)


def test_an_import_writes_changes_and_takes_them_back(here, place):
    head = ["number", "title", "kind", "division", "region__zone", "region__storeys"]
    imported(here, [["", "违建", "light", place.code, "north", 3]], head)
    matter = here.entity.model.get()
    assert (stored()[0]["zone"], stored()[0]["storeys"]) == ("north", 3)
    batch = imported(here, [[matter.number, "违建", "light", place.code, "south", 3]], head)
    assert [row["f"] for row in all_rows(batch)] == [["region__zone"]]
    assert stored()[0]["zone"] == "south"
    assert here.entity.model.get().version == 2
    transfer.undo(batch, here.county)
    Executor().run_due()
    assert [row["o"] for row in all_rows(ImportBatch.get_by_id(batch.id))] == ["undone"]
    assert stored()[0]["zone"] == "north"


def test_an_import_takes_a_value_only_for_a_division_where_the_plugin_is_on(here, place):
    head = ["number", "title", "kind", "division", "region__zone"]
    rows = [["", "一", "light", place.code, "north"], ["", "二", "light", here.tree.other_village.code, "north"],
            ["", "三", "light", here.tree.other_village.code, ""]]
    batch = transfer.start(here.entity, workbook(rows, head=head), "x.xlsx", here.county, here.tree.county)
    assert [row["k"] for row in all_rows(batch)] == ["new", "error", "new"]
    assert "region__zone" in list(all_rows(batch))[1]["e"]
    with pytest.raises(Invalid):
        transfer.start(here.entity, workbook(rows, head=head), "x.xlsx", here.county, here.tree.other_village)
    switches.turn("region", place, False)
    transfer.confirm(batch, here.county)
    Executor().run_due()
    assert [row.get("o") for row in all_rows(ImportBatch.get_by_id(batch.id))] == ["failed", None, "created"]
    assert stored() == []


def test_the_template_offers_them_where_they_are_in_use(here, place, client_for):
    from grid321.core import xlsx
    browser = client_for("matters.officer", here.tree.county)
    for node, offered in ((place, True), (here.tree.county, True), (here.tree.other_village, False)):
        content = browser.get(f"/d/{node.code}/matters/matter/import/template").data
        sheet = xlsx.read(content, xlsx.Limits(bytes=1 << 20, rows=10))
        assert ("region__zone" in sheet[1]) is offered


def test_a_page_costs_one_query_more_and_a_list_none(here, place, raise_matter, client_for, queries):
    record = raise_matter(by=here.county, region__zone="north")
    browser = client_for("matters.officer", place)
    base = f"/d/{place.code}/matters/matter/"

    def counted(path):
        browser.get(path)
        queries.clear()
        assert browser.get(path).status_code == 200
        return len(queries)

    on = counted(base), counted(f"{base}{record.id}")
    switches.turn("region", place, False)
    off = counted(base), counted(f"{base}{record.id}")
    assert (on[0] - off[0], on[1] - off[1]) == (0, 1)


def test_the_description_of_the_api_names_them_but_requires_none(here, place, api):
    from jsonschema import Draft202012Validator
    schemas = api.browser.get("/api/v1/openapi.json").get_json()["components"]["schemas"]
    for name in ("matters_matter_write", "matters_matter_patch"):
        assert "region" in schemas[name]["properties"]["region__zone"]["description"]
    assert schemas["matters_matter_write"]["required"] == ["title"]
    record = api("POST", place, json={"title": "违建", "region__zone": "north"}).get_json()
    assert list(Draft202012Validator(schemas["matters_matter"]).iter_errors(record)) == []
    assert set(record) == set(schemas["matters_matter"]["properties"])


def test_what_was_added_goes_with_the_record_even_when_the_plugin_is_off(here, place):
    record = records.create(here.note, {"code": "A1", "title": "记录", "region__tag": "urgent"}, SYSTEM, place)
    kept = records.create(here.note, {"code": "A2", "title": "记录", "region__tag": "slow"}, SYSTEM, place)
    switches.turn("region", place, False)
    records.delete(here.note, record.id, SYSTEM, None, place)
    assert [row.record_id for row in NoteTag.select()] == [kept.id]


def test_a_required_one_is_asked_where_the_plugin_is_on(here, place, client_for):
    browser = client_for("matters.officer", here.tree.county)
    for node, status in ((place, 422), (here.tree.other_village, 201)):
        made = browser.api("POST", f"/d/{node.code}/matters/note", {"code": node.code, "title": "记录"})
        assert made.status_code == status, made.text


def test_a_clock_of_the_region_runs_only_where_the_region_is_on(here, place, raise_matter):
    with_it = raise_matter(by=here.county)
    without = raise_matter(by=here.county, at=here.tree.other_village)
    assert [row.clock for row in clock.of("matters.matter", with_it.id)] == ["handle", "visit"]
    assert [row.clock for row in clock.of("matters.matter", without.id)] == ["handle"]
    assert with_it.due < without.due


def test_the_side_table_belongs_to_the_tables_of_its_plugin(app):
    assert MatterPlace in migrate.models_of("region")
    assert migrate.drift("region") == []


def test_a_mistake_in_an_extension_stops_the_start_with_its_name(app):
    from grid321.core import api
    from grid321.core.registry_checks import check_extension

    class Strange(api.EntitySchema):
        colour = api.Text("Colour")

    class Personal(api.EntitySchema):
        owner_phone = api.Phone("Phone", personal=True)

    known = registry().entities
    for entity, schema, words in (("matters.matter", Strange, "'colour'"), ("matters.note", Personal, "personal")):
        with pytest.raises(DeclarationError, match=re.escape(words)):
            check_extension("region", EntityExtension(entity, MatterPlace, schema), known)


def test_a_report_that_a_phone_sends_again_with_other_added_values_is_not_taken_for_the_same(api, place):
    typed = {"title": "违建", "client_id": "phone-1", "region__zone": "north", "region__owner_phone": "13812345678"}
    first = api("POST", place, json=typed)
    assert api("POST", place, json=typed).get_json()["id"] == first.get_json()["id"]
    assert api("POST", place, json={**typed, "region__zone": "south"}).status_code == 409
    assert len(stored()) == 1
