"""Deputies by sheet: 2,000 at once from one file, errors by row, read back as exported, undone by batch."""
import pytest
from support.stock_sheets import workbook

from grid321.core import export, transfer
from grid321.core.errors import Forbidden
from grid321.core.jobs import Executor
from grid321.core.people import Person, Post
from grid321.core.transfer_tables import ImportBatch, all_rows, read_file
from grid321.plugins.liaison_station.deputy_models import Deputy

HEAD = ["uid", "division", "name", "phone", "id_number", "level", "district", "delegation", "committee", "job", "skills",
        "status"]
PHONE = "13800000007"


def row(name, level="县（市、区）人大", **changes):
    """A row as an office writes it."""
    raw = {"uid": "", "division": "610902", "name": name, "phone": "", "id_number": "", "level": level, "district": "五里选区",
           "delegation": "", "committee": "否", "job": "教师", "skills": "法律、农业", "status": "在任", **changes}
    return [raw[key] for key in HEAD]


def upload(world, rows, who="county", head=HEAD, kinds=None):
    """Check a sheet."""
    entity, node = world.entity("deputy"), world.tree.county
    return transfer.start(entity, workbook(rows, head=head, kinds=kinds), "代表名册.xlsx", world.actors[who], node)


def confirmed(world, batch):
    """Import the good rows of a batch."""
    transfer.confirm(batch, world.actors["county"])
    Executor().run_due()
    return ImportBatch.get_by_id(batch.id)


def town_row(name, town, district, **changes):
    """A row of a deputy to the congress of a town, in the county's sheet."""
    return row(name, "乡镇人大", division=town, district=district, **changes)


def test_a_sheet_brings_deputies_of_county_and_towns_with_their_people_and_posts(world):
    world.make("delegation", {"kind": "delegation", "level": "county", "name": "五里代表团"})
    batch = confirmed(world, upload(world, [
        row("黄春明", phone=PHONE, delegation="五里代表团", committee="是"),
        town_row("黄春明", "610902104", "五里村选区", phone=PHONE), town_row("余 青", "610902105", "大同镇/大同村选区"),
        row("雷鸣", "市人大", district="")]))
    assert batch.counts == {"new": 4, "created": 4}
    made = {(one.name, one.level): one for one in Deputy.select().where(Deputy.id > 12)}
    county, town = made["黄春明", "county"], made["黄春明", "town"]
    assert county.person_id == town.person_id and county.committee and county.skills == "law,farming"
    assert county.district_id == world.districts["c1"].id and town.division_id == world.tree.town.id
    assert made["余 青", "town"].district_id == world.districts["d1"].id
    assert sorted(post.kind for post in Post.select().where(Post.person_id == county.person_id)) == [
        "core_deputy_county", "core_deputy_town"]


def test_what_is_wrong_in_a_row_is_said_in_that_row_and_the_others_come_in(world):
    batch = upload(world, [
        row("黄春明"), row("张桂兰"), row("某甲", district="没有的选区"), row("某乙", "省人大", district=""),
        row("某丙", division="610902104"), row("某丁", id_number="610902198013010012"), row("某戊", phone="123"),
        row("某己", skills="飞行"), row("", job="无名"), row("某庚", district="五里村选区"), row("某辛", status="暂停执行职务")])
    rows = list(all_rows(batch))
    assert [entry["k"] for entry in rows] == ["new", *["error"] * 10]
    assert [sorted(entry["e"]) for entry in rows[1:]] == [
        ["name"], ["district"], ["congress"], ["division"], ["id_number"], ["phone"], ["skills"], ["name"], ["district"],
        ["status_on", "status_reason"]]
    assert Deputy.select().count() == 12
    assert confirmed(world, batch).counts["created"] == 1 and Deputy.select().count() == 13


def test_the_preview_hides_telephones_and_identity_numbers(world):
    batch = upload(world, [row("黄春明", phone=PHONE)])
    assert PHONE not in str(batch.opened("preview", batch.preview)) and "黄春明" in str(batch.opened("preview", batch.preview))
    page = world.browser("county").get(transfer.url(batch, world.tree.county)).text
    assert PHONE not in page and "黄春明" in page


def test_a_number_cell_for_a_telephone_is_refused_with_the_remedy(world):
    (found,) = all_rows(upload(world, [row("黄春明", phone=13800000007)], kinds={"phone": "int"}))
    assert found["k"] == "error" and list(found["e"]) == ["phone"]


def test_an_exported_list_is_read_back_without_a_change_and_a_changed_row_changes_one_deputy(world):
    county, office, entity = world.tree.county, world.actors["county"], world.entity("deputy")
    world.change(world.deputies["zhang"], {"skills": "法律", "job": "教师"})
    file = export.ask(entity, {}, county, office, file_format="xlsx", purpose="核对名册", revealed=False)
    batch = transfer.start(entity, b"".join(read_file(file)), "x.xlsx", office, county)
    assert batch.counts == {"same": 12}
    zhang = world.fresh(world.deputies["zhang"])
    head = ["uid", "name", "level", "job"]
    done = confirmed(world, upload(world, [[zhang.uid, "张桂兰", "县（市、区）人大", "校长"]], head=head))
    assert done.counts["updated"] == 1 and world.fresh(zhang).job == "校长"
    transfer.undo(done, office)
    Executor().run_due()
    assert world.fresh(zhang).job == "教师"


def test_an_import_is_undone_with_people_and_posts_but_not_who_was_placed_since(world):
    people, posts = Person.select().count(), Post.select().count()
    batch = confirmed(world, upload(world, [row("黄春明"), row("雷鸣")]))
    first = Deputy.get(Deputy.name == "黄春明")
    world.make("placement", {"deputy": first.id, "station": world.stations["wuli"].id, "from_day": "2026-03-01"})
    transfer.undo(batch, world.actors["county"])
    Executor().run_due()
    assert sorted(entry["o"] for entry in all_rows(ImportBatch.get_by_id(batch.id))) == ["left", "undone"]
    assert (Person.select().count(), Post.select().count(), Deputy.select().count()) == (people + 1, posts + 1, 13)


def test_who_may_not_enter_deputies_may_not_import_them(world):
    for who in ("liaison", "viewer", "zhang"):
        with pytest.raises(Forbidden):
            upload(world, [row("黄春明")], who)


def test_two_thousand_deputies_come_in_exactly_from_one_sheet(world):
    rows = [row(f"县代表{number:04d}", phone=f"138{number:08d}") for number in range(400)]
    rows += [town_row(f"镇代表{number:04d}", "610902104" if number % 2 else "610902105",
                      "五里村选区" if number % 2 else "大同村选区", phone=f"139{number:08d}") for number in range(1600)]
    batch = upload(world, rows)
    Executor().run_due()
    batch = ImportBatch.get_by_id(batch.id)
    assert batch.counts == {"new": 2000}
    done = confirmed(world, batch)
    assert done.counts["created"] == 2000 and Deputy.select().count() == 2012
    assert Post.select().where(Post.kind.startswith("core_deputy")).count() == 2012
