"""Settings are inherited down the tree, each with source and valid-from; classes are lists that a county edits."""
from datetime import date, timedelta

import pytest

from grid321.core import clock, db, settings, snapshot
from grid321.core.errors import Invalid, NotFound
from grid321.core.i18n import use_language

KEY = "matters.village_days"


def value(node, day=None):
    return snapshot.current().settings.get(KEY, node, day)


def test_a_county_overrides_the_default_and_a_town_the_county(app, division_tree):
    today = db.local_day()
    settings.put(KEY, division_tree.county, "5 d", source="县委办〔2026〕3号", valid_from=today)
    settings.put(KEY, division_tree.town, "3 wd", source="镇规定", valid_from=today)
    assert (value(division_tree.city), value(division_tree.other_village), value(division_tree.village)) == ("7 d", "5 d", "3 wd")
    assert snapshot.current().settings.explain(KEY, division_tree.village) == ("3 wd", "镇规定", division_tree.town.id, today)


def test_a_value_counts_from_its_day(app, division_tree):
    today = db.local_day()
    settings.put(KEY, division_tree.county, "5 d", source="县规定", valid_from=today + timedelta(days=10))
    assert value(division_tree.county) == "7 d"
    assert value(division_tree.county, today + timedelta(days=10)) == "5 d"


@pytest.mark.parametrize("bad", ["seven days", "-1 d", 5, None, "1 d\x00"])
def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(app, division_tree, bad):
    with pytest.raises(Invalid) as problem:
        settings.put(KEY, division_tree.county, bad, source="县规定", valid_from=date(2026, 1, 1))
    assert "value" in problem.value.errors
    assert value(division_tree.county) == "7 d"


def test_a_value_needs_a_source_and_a_declared_key(app, division_tree):
    with pytest.raises(Invalid) as problem:
        settings.put(KEY, division_tree.county, "5 d", source=" ", valid_from=date(2026, 1, 1))
    assert "source" in problem.value.errors
    with pytest.raises(NotFound):
        settings.put("matters.nothing", division_tree.county, "5 d", source="x", valid_from=date(2026, 1, 1))


@pytest.mark.parametrize(("key", "good", "bad"), [
    ("core.session_idle_minutes", ["45", 45], ["4", 481, "4.5", "四十", True, 10**400]),
    ("core.totp_required", [True, False], ["maybe", 2]),
    ("core.theme", ["elder"], ["neon"]),
])
def test_each_kind_of_setting_takes_what_fits(app, division_tree, key, good, bad):
    declared = snapshot.current().settings.declared(key)
    for item in good:
        assert settings.check_value(declared, item) is not None
    for item in bad:
        with pytest.raises(Invalid):
            settings.check_value(declared, item)


def test_a_running_clock_keeps_the_rule_it_was_made_under(here, raise_matter):
    before = raise_matter()
    settings.put(KEY, here.tree.county, "3 d", source="县规定", valid_from=db.local_day())
    after = raise_matter()
    lengths = [clock.of("matters.matter", m.id)[0].length for m in (before, after)]
    assert lengths == ["7 d", "3 d"]
    assert clock.of("matters.matter", after.id)[0].source == "县规定"


def test_a_county_renames_adds_and_retires_classes(app, division_tree):
    for row in ({"code": "light", "label_zh": "路灯照明", "position": 5},
                {"code": "noise", "label_zh": "噪声", "label_en": "Noise"},
                {"code": "road", "label_zh": "道路", "retired": True}):
        settings.ClassItem.create(scheme="matters.kind", division_id=division_tree.county.id, **row)
    snapshot.bump()
    classes = snapshot.current().classes
    with use_language("zh"):
        assert list(classes.labels("matters.kind", division_tree.village).items()) == [
            ("light", "路灯照明"), ("water", "Water"), ("noise", "噪声")]
        assert classes.label("matters.kind", "road", division_tree.village) == "道路"
        assert list(classes.labels("matters.kind", division_tree.other_county)) == ["light", "road", "water"]
    with use_language("en"):
        assert classes.label("matters.kind", "noise", division_tree.village) == "Noise"
    assert classes.label("matters.kind", "unheard", division_tree.village) == "unheard"
