"""Presets carry the numbers of laws and places as data; a county switches between them, with source and day."""
from datetime import date

import pytest

from grid321.core import db, ledger, preset_choice, settings, snapshot
from grid321.core.actor import SYSTEM
from grid321.core.errors import Forbidden, NotFound
from grid321.core.i18n import use_language
from grid321.core.ledger import LedgerEntry
from grid321.core.preset_files import KEYS, all_presets, default, read_preset

_ = None
NAMES = ("assign", "return", "co_handler", "co_handler_redo", "first_contact", "reply", "reply_extended", "reply_major",
         "feedback", "receipt", "redo")
# The table at the end of issue 3, one line each: assign, return, co-handler, its redo, first contact, reply, extended, major,
# feedback, receipt, redo | start, rule of the second handling, parts of the receipt card. None: the table is open there.
TABLE = {
    "deputies_law_2025": (_, _, _, _, _, "3 m", "6 m", _, _, _, _, "hand_over", _, _),
    "henan_2017": (_, "10 wd", "2 m", _, _, "3 m", "6 m", _, _, "10 wd", "1 m", "receipt", "length", _),
    "shandong_2017": ("5 d", "5 d", "1 m", _, _, "3 m", "6 m", _, _, _, "1 m", _, "length", "attitude_result"),
    "qingdao_2021": ("5 wd", "5 wd", "1 m", _, _, "3 m", "6 m", _, _, _, _, "hand_over", "decision", _),
    "chongqing_2017": ("10 wd", "10 wd", "30 wd", "5 wd", "20 wd", "3 m", "6 m", _, _, "20 wd", "2 m", "hand_over", "length", _),
    "beijing_2014": (_, _, _, _, _, "3 m", "6 m", _, _, "15 wd", "2 m", "hand_over", "length", _),
    "zhejiang_2016": (_, "10 d", "2 m", _, _, "3 m", "6 m", _, _, _, "1 m", "receipt", "length", _),
    "shanxi_13710": ("0 d", _, _, _, _, "7 d", _, "1 m", "3 d", _, _, "hand_over", "until_zero", _),
    "deputies_law_2025_henan_2017": (_, "10 wd", "2 m", _, _, "3 m", "6 m", _, _, "10 wd", "1 m", "hand_over", "length", _),
}


@pytest.mark.once
@pytest.mark.parametrize("key", TABLE)
def test_a_preset_carries_exactly_the_numbers_of_the_table(key):
    keys = (*(f"core.clock_{name}" for name in NAMES), "core.clock_start", "core.clock_redo_rule", "core.receipt_parts")
    assert set(keys) == set(KEYS)
    assert tuple(all_presets()[key].value(name) for name in keys) == TABLE[key]


@pytest.mark.once
def test_there_is_no_preset_beside_those_of_the_table_and_one_is_the_default():
    assert set(all_presets()) == set(TABLE)
    assert default().key == "deputies_law_2025_henan_2017"
    assert all(preset.source for preset in all_presets().values())


@pytest.mark.once
@pytest.mark.parametrize(("text", "message"), [
    ('zh = "甲"\nen = "A"\n', "source is missing"),
    ('zh = "甲"\nen = "A"\nsource = "x"\ncolour = "red"\n', "unknown name colour"),
    ('zh = "甲"\nen = "A"\nsource = "x"\n[values]\n"core.clock_reply" = "three months"\n', "three months"),
    ('zh = "甲"\nen = "A"\nsource = "x"\n[values]\n"core.clock_reply" = "-3 m"\n', "-3 m"),
    ('zh = "甲"\nen = "A"\nsource = "x"\n[values]\n"core.clock_other" = "3 m"\n', "core.clock_other"),
    ('zh = "甲"\nen = "A"\nsource = "x"\n[values]\n"core.clock_start" = "sunrise"\n', "sunrise"),
])
def test_a_preset_file_with_a_mistake_is_named(text, message):
    with pytest.raises(ValueError, match=message):
        read_preset("mine", text)


def test_the_settings_begin_with_the_default_preset(app, division_tree):
    known = snapshot.current().settings
    for key in KEYS:
        assert known.get(key, division_tree.village) == default().value(key)
    assert known.length("core.clock_assign", division_tree.village) is None
    assert str(known.length("core.clock_inspection_1")) == "15 d"


def test_a_county_switches_and_what_the_preset_leaves_open_has_no_value(app, division_tree):
    day = date(2026, 5, 1)
    before = LedgerEntry.select().count()
    preset_choice.apply("shandong_2017", division_tree.county, SYSTEM, day)
    known = snapshot.current().settings
    for key in KEYS:
        value, source, place, since = known.explain(key, division_tree.village, day)
        assert (value, place, since) == (all_presets()["shandong_2017"].value(key), division_tree.county.id, day)
        assert "山东" in source
        assert known.get(key, division_tree.village, date(2026, 4, 30)) == default().value(key), "from its day on"
        assert known.get(key, division_tree.other_county, day) == default().value(key), "there and nowhere else"
    assert preset_choice.chosen(division_tree.village, day)[0].key == "shandong_2017"
    assert preset_choice.chosen(division_tree.other_county, day)[0].key == default().key
    assert LedgerEntry.select().count() == before + len(KEYS) + 1
    assert ledger.verify() == []


def test_comparing_shows_what_would_change(app, division_tree):
    rows = {row.setting.key: row for row in preset_choice.compare(all_presets()["chongqing_2017"], division_tree.county)}
    assert (rows["core.clock_redo"].here, rows["core.clock_redo"].said, rows["core.clock_redo"].same) == ("1 m", "2 m", False)
    assert rows["core.clock_reply"].same
    preset_choice.apply("chongqing_2017", division_tree.county, SYSTEM, db.local_day())
    assert all(row.same for row in preset_choice.compare(all_presets()["chongqing_2017"], division_tree.county))


def test_an_unknown_preset_and_a_person_without_the_right_change_nothing(app, division_tree, make_account):
    from grid321.core import access

    clerk = access.actor_of(make_account("core.staff", division_tree.county).id)
    before = LedgerEntry.select().count()
    with pytest.raises(NotFound):
        preset_choice.apply("atlantis", division_tree.county, SYSTEM, date(2026, 5, 1))
    with pytest.raises(Forbidden):
        preset_choice.apply("shandong_2017", division_tree.county, clerk, date(2026, 5, 1))
    assert LedgerEntry.select().count() == before


def test_an_optional_setting_may_be_emptied_and_others_may_not(app, division_tree):
    settings.put("core.clock_reply", division_tree.county, "", source="县规定", valid_from=date(2026, 1, 1))
    assert snapshot.current().settings.get("core.clock_reply", division_tree.village) is None
    from grid321.core.errors import Invalid
    with pytest.raises(Invalid):
        settings.put("core.clock_day_off", division_tree.county, "", source="县规定", valid_from=date(2026, 1, 1))


def test_the_pages_compare_and_apply(app, division_tree, client_for):
    admin = client_for("core.county_admin", division_tree.county)
    base = f"/d/{division_tree.county.code}/core/presets"
    with use_language("zh"):
        assert "山东(2017)" in admin.get(base).text
        page = admin.get(f"{base}/shandong_2017")
        assert page.status_code == 200
        assert "未规定" in page.text
        refused = admin.post(f"{base}/shandong_2017", {"valid_from": "2026-13-01"})
        assert refused.status_code == 422
        assert "2026-13-01" in refused.text
        assert admin.post(f"{base}/shandong_2017", {"valid_from": "2026-05-01"}).status_code == 303
        assert preset_choice.chosen(division_tree.county, date(2026, 5, 2))[0].key == "shandong_2017"
        assert admin.get(f"{base}/atlantis").status_code == 404
    auditor = client_for("core.auditor", division_tree.county)
    assert auditor.get(f"{base}/shandong_2017").status_code == 200
    assert auditor.post(f"{base}/shandong_2017", {"valid_from": "2026-05-01"}).status_code == 403
    town = client_for("core.county_admin", division_tree.town)
    assert town.post(f"{base}/shandong_2017", {"valid_from": "2026-05-01"}).status_code == 403
