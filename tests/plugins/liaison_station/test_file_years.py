"""A deputy's year: confirmed by the deputy, checked for personal data, published as it stands, corrected only by reopening."""
from datetime import date

import pytest
from support.file_world import DAY, change, deeds, drained, opinion, reception, tell

from grid321.core import records
from grid321.core.errors import Conflict, Forbidden, Invalid, Refused
from grid321.plugins.liaison_station import file_check, file_life, file_rating, file_scheme, file_year
from grid321.plugins.liaison_station.file_models import Deed, Scheme, Voice, Year

ID = "610902199001011235"  # invented, with the right check character
FIRST = date(DAY.year, 1, 1)


@pytest.fixture
def year(world):
    """The year of a county deputy with a reception and an opinion."""
    tell(reception(world, zhang="came"), "reception")
    tell(opinion(world, name="王小梅", phone="13912345678"), "opinion")
    return records.create(world.entity("year"), {"deputy_id": world.deputies["zhang"].id, "year": DAY.year},
                          world.actors["county"], world.tree.county, flow=None)


def on_the_way(world, year, *steps):
    """Take steps as who takes them."""
    for step in steps:
        who = "zhang" if step == "confirm" else "county"
        year = world.step(who, year, step)
    return year


# ---------------------------------------------------------------- confirming

def test_the_deputys_confirmation_confirms_every_entry_of_the_year(world, year):
    done = on_the_way(world, year, "confirm")

    assert (done.state, done.confirmed_on is not None) == ("confirmed", True)
    assert {row.state for row in Deed.select()} == {"confirmed"}


def test_a_year_is_named_by_its_deputy_in_the_platforms_language_whoever_opens_it(world):
    from grid321.core.i18n import use_language

    with use_language("en"):
        made = records.create(world.entity("year"), {"deputy_id": world.deputies["chen"].id, "year": DAY.year},
                              world.actors["county"], world.tree.county, flow=None)

    assert made.title == f"{world.deputies['chen'].name}{DAY.year}年度履职档案"


def test_only_the_deputy_confirms_and_an_officer_enters_what_came_on_paper(world, year):
    assert "confirm" in world.possible("zhang", year) and "confirm" not in world.possible("county", year)
    with pytest.raises((Forbidden, Refused)):
        world.step("county", year, "confirm")

    done = world.step("county", year, "confirm_told", told_on=DAY.isoformat(), way="paper")

    assert (done.state, done.confirmed_on) == ("confirmed", DAY)


def test_a_year_with_an_open_objection_is_not_confirmed(world, year):
    file_life.object_to(Deed.select().order_by(Deed.id).first(), "那天我没有去", world.actors["zhang"])

    with pytest.raises(Refused) as refusal:
        world.step("zhang", year, "confirm")

    assert refusal.value.code == "objection_open" and world.fresh(year).state == "open"


def test_entries_of_a_checked_year_stay_until_it_is_opened_again(world, year):
    checked = on_the_way(world, year, "confirm", "check")
    deed = Deed.select().order_by(Deed.id).first()
    for work in (lambda: file_life.object_to(deed, "不对", world.actors["zhang"]),
                 lambda: file_life.answer(deed, {"verdict": "strike", "answer": "重复"}, world.actors["county"])):
        with pytest.raises(Conflict) as refusal:
            work()
        assert refusal.value.code == "year_fixed"

    world.step("county", checked, "reopen", reason="代表补充异议")
    file_life.object_to(Deed.get_by_id(deed.id), "不对", world.actors["zhang"])
    assert Deed.get_by_id(deed.id).state == "objected"


# ---------------------------------------------------------------- the check of personal data

@pytest.mark.parametrize(("report", "place"), [
    (f"一年来接待选民。\n帮助{ID}办理低保。", (2, 3)), ("请打13812345678找我。", (1, 3)),
    ("证号６１０９０２ 1990 0101 1235。", (1, 3)),
    ("老证号610902900101123。", (1, 4)),
    ("帮助王小梅解决了问题。", (1, 3)), ("电话13912345678的老人", (1, 3)), ("办公电话0915-3212345。", (1, 5))])
def test_a_year_with_personal_data_is_refused_with_the_place_and_nothing_is_changed(world, year, report, place):
    world.change(year, {"report": report}, "zhang")
    confirmed = on_the_way(world, year, "confirm")

    with pytest.raises(Refused) as refusal:
        world.step("county", confirmed, "check")

    told = str(refusal.value.title)
    assert refusal.value.code == "personal_data" and refusal.value.errors
    (found,) = file_check.finds(confirmed)
    assert (found.line, found.column) == place and str(found) in told
    assert not any(secret in told for secret in (ID, "13812345678", "王小梅", "13912345678", "12号", "3212345"))
    fresh = world.fresh(year)
    assert fresh.state == "confirmed" and fresh.published_on is None and fresh.checked_on is None


def test_a_find_is_shown_with_the_words_beside_it_and_covered_itself(world, year):
    world.change(year, {"report": f"为王小梅（{ID}）办理了低保手续。"}, "zhang")

    found = file_check.finds(world.fresh(year))

    assert [one.around for one in found] == ["为■■■（■■■■■■■…", "为■■■（■■■■■■■■■■■■■■■■■■）办理了低保手续…"]


def test_after_a_correction_the_check_runs_again_and_the_year_can_be_published(world, year):
    world.change(year, {"report": f"帮助{ID}办理低保。"}, "zhang")
    confirmed = on_the_way(world, year, "confirm")
    with pytest.raises(Refused):
        world.step("county", confirmed, "check")

    world.change(confirmed, {"report": "帮助一位居民办理低保。"}, "zhang")
    published = on_the_way(world, world.fresh(year), "check", "publish")

    assert published.state == "published" and published.checked_on is not None


def test_what_came_into_the_file_after_the_check_is_found_at_the_publication(world, year):
    checked = on_the_way(world, year, "confirm", "check")
    change(Deed.get(Deed.kind == "opinion"), title=f"为{ID}办理低保")

    with pytest.raises(Refused) as refusal:
        world.step("county", checked, "publish")

    fresh = world.fresh(year)
    assert refusal.value.code == "personal_data" and (fresh.state, fresh.items, fresh.figures) == ("checked", None, None)


def test_an_address_is_a_warning_that_an_officer_looks_at_and_gives_a_reason_for(world, year):
    world.change(year, {"report": "每月十五日在溪河路12号接待。"}, "zhang")
    confirmed = on_the_way(world, year, "confirm")
    with pytest.raises(Refused) as refusal:
        world.step("county", confirmed, "check")
    assert refusal.value.code == "addresses" and "溪河路■■■接待" in str(refusal.value.title)
    with pytest.raises(Invalid):
        world.step("county", confirmed, "check_seen", reason="")

    checked = world.step("county", confirmed, "check_seen", reason="这是联络站的地址")
    told = [entry["asked"] for entry in records.history(world.entity("year"), year.id) if "这是联络站的地址" in str(entry)]
    assert checked.state == "checked" and told
    assert world.step("county", checked, "publish").state == "published"


def test_no_officer_waves_a_number_through_as_an_address(world, year):
    world.change(year, {"report": f"在溪河路12号帮助{ID}。"}, "zhang")
    confirmed = on_the_way(world, year, "confirm")

    with pytest.raises(Refused) as refusal:
        world.step("county", confirmed, "check_seen", reason="没有问题")

    assert refusal.value.code == "personal_data" and world.fresh(year).state == "confirmed"
    assert "check_seen" not in world.possible("county", confirmed)


def test_the_title_of_an_entry_is_checked_too(world, year):
    change(Deed.get(Deed.kind == "opinion"), title=f"为{ID}办理低保")
    confirmed = on_the_way(world, year, "confirm")

    with pytest.raises(Refused):
        world.step("county", confirmed, "check")
    assert [find.text for find in file_check.finds(confirmed)] != []


def test_the_text_stays_once_it_was_checked(world, year):
    checked = on_the_way(world, year, "confirm", "check")

    with pytest.raises(Invalid) as refusal:
        world.change(checked, {"report": f"{ID}"}, "county")

    assert "report" in refusal.value.errors


# ---------------------------------------------------------------- publishing

def test_what_is_published_is_frozen_and_stays_when_the_file_changes(world, year):
    published = on_the_way(world, year, "confirm", "check", "publish")

    assert published.figures == {"reception": 1, "opinion": 1}
    assert [item[1:] for item in published.items] == [["reception", "五里镇人大代表中心联络站"], ["opinion", "溪河路路灯不亮"]]

    tell(reception(world, zhang="came", day=DAY.replace(day=20)), "reception")
    assert len(deeds(world, "zhang")) == 3 and world.fresh(year).figures == {"reception": 1, "opinion": 1}


def test_a_published_year_is_opened_again_with_a_reason_until_somebody_rated_it(world, year):
    published = on_the_way(world, year, "confirm", "check", "publish")
    opened = world.step("county", published, "reopen", reason="漏记一次活动")
    assert (opened.state, opened.figures, opened.published_on) == ("open", None, None)

    again = on_the_way(world, opened, "confirm", "check", "publish")
    (token,) = file_rating.make_links(again, 1, world.actors["county"], world.tree.county)
    file_rating.voice_by_link(token, "satisfied", world.tree.county)
    with pytest.raises(Refused) as refusal:
        world.step("county", again, "reopen", reason="再改一次")
    assert refusal.value.code == "rated"


def test_two_files_of_a_deputy_and_year_are_refused_and_so_is_a_year_without_mandate(world, year):
    for value, field in ((DAY.year, "year"), (2019, "year"), (2100, "year")):
        with pytest.raises(Invalid) as refusal:
            records.create(world.entity("year"), {"deputy_id": world.deputies["zhang"].id, "year": value},
                           world.actors["county"], world.tree.county, flow=None)
        assert field in refusal.value.errors


def test_the_files_of_a_year_are_opened_for_all_deputies_at_once(world, year):
    assert file_year.open_years(world.tree.county, DAY.year, world.actors["county"]) == len(world.deputies) - 1
    assert file_year.open_years(world.tree.county, DAY.year, world.actors["county"]) == 0
    assert Year.get(Year.deputy_id == world.deputies["zhao"].id).division_id == world.tree.town.id


# ---------------------------------------------------------------- rating by voters

@pytest.fixture
def published(world, year):
    """A year that is being rated."""
    return on_the_way(world, year, "confirm", "check", "publish")


def rows(year):
    """The sums of a year by way and answer, without the empty ones."""
    return {(row.way, row.answer): row.n for row in Voice.select().where(Voice.year_id == year.id) if row.n}


def test_a_link_is_for_one_voice(world, published):
    first, second = file_rating.make_links(published, 2, world.actors["county"], world.tree.county)
    file_rating.voice_by_link(first, "satisfied", world.tree.county)

    with pytest.raises(Refused) as refusal:
        file_rating.voice_by_link(first, "dissatisfied", world.tree.county)
    assert refusal.value.code == "link_used"
    file_rating.voice_by_link(second, "fair", world.tree.county)

    assert rows(published) == {("link", "satisfied"): 1, ("link", "fair"): 1}


def test_a_refused_answer_leaves_the_link_as_it_was(world, published):
    (token,) = file_rating.make_links(published, 1, world.actors["county"], world.tree.county)

    with pytest.raises(Invalid):
        file_rating.voice_by_link(token, "great", world.tree.county)
    file_rating.voice_by_link(token, "satisfied", world.tree.county)

    assert rows(published) == {("link", "satisfied"): 1}


def test_each_showing_of_the_tablet_takes_one_voice(world, published):
    token = file_rating.open_tablet(published, world.actors["county"], world.tree.county)
    ticket = file_rating.ticket(published)
    file_rating.voice_by_tablet(token, ticket, "satisfied", world.tree.county)
    with pytest.raises(Refused):
        file_rating.voice_by_tablet(token, ticket, "satisfied", world.tree.county)
    file_rating.voice_by_tablet(token, file_rating.ticket(published), "unsure", world.tree.county)
    assert rows(published) == {("tablet", "satisfied"): 1, ("tablet", "unsure"): 1}

    file_rating.close_tablet(published, world.actors["county"], world.tree.county)
    from grid321.core.errors import NotFound

    with pytest.raises(NotFound):
        file_rating.voice_by_tablet(token, file_rating.ticket(published), "fair", world.tree.county)


def test_paper_is_entered_in_all_and_entering_it_again_takes_its_place(world, published):
    for counts in ({"satisfied": 5, "fair": 0, "dissatisfied": 0, "unsure": 1}, {"satisfied": 7, "fair": 1, "dissatisfied": 0,
                                                                                  "unsure": 1}):
        file_rating.enter_paper(published, counts, world.actors["county"], world.tree.county)

    assert rows(published) == {("paper", "satisfied"): 7, ("paper", "fair"): 1, ("paper", "unsure"): 1}


def test_the_count_is_shown_after_the_end_and_no_voice_comes_later(world, published):
    (token, late) = file_rating.make_links(published, 2, world.actors["county"], world.tree.county)
    file_rating.voice_by_link(token, "satisfied", world.tree.county)
    file_rating.enter_paper(published, {"satisfied": 9, "fair": 2, "dissatisfied": 1, "unsure": 0}, world.actors["county"],
                            world.tree.county)
    assert file_rating.result(published)[0] is None

    rated = on_the_way(world, published, "end_rating")

    assert file_rating.result(rated) == ({"satisfied": 10, "fair": 2, "dissatisfied": 1, "unsure": 0}, "")
    from grid321.core.errors import NotFound

    with pytest.raises((Refused, NotFound)):
        file_rating.voice_by_link(late, "dissatisfied", world.tree.county)
    with pytest.raises(Refused):
        file_rating.enter_paper(rated, {"satisfied": 0, "fair": 0, "dissatisfied": 0, "unsure": 0}, world.actors["county"],
                                world.tree.county)
    assert on_the_way(world, rated, "file").state == "closed"


def test_few_voices_are_not_shown(world, published):
    world.set("rating_least", 3)
    file_rating.enter_paper(published, {"satisfied": 1, "fair": 0, "dissatisfied": 1, "unsure": 0}, world.actors["county"],
                            world.tree.county)

    rated = on_the_way(world, published, "end_rating")

    found, why = file_rating.result(rated)
    assert found is None and "2" in why and "3" in why


def test_nothing_tells_who_said_what_or_when(world, published):
    assert set(Voice._meta.fields) == {"id", "year_id", "way", "answer", "n"}
    from grid321.core.ledger import LedgerEntry

    (token,) = file_rating.make_links(published, 1, world.actors["county"], world.tree.county)
    file_rating.voice_by_link(token, "dissatisfied", world.tree.county)
    assert "dissatisfied" not in repr([row.__data__ for row in LedgerEntry.select()])


def test_links_are_made_only_while_the_year_is_rated(world, year):
    with pytest.raises(Refused):
        file_rating.make_links(year, 1, world.actors["county"], world.tree.county)


# ---------------------------------------------------------------- schemes of scoring

def test_a_scheme_scores_nothing_without_a_basis_and_an_end(world):
    scheme = world.make("scheme", {"title": "代表履职积分", "items": "reception 2 10\nopinion 1 5"})

    with pytest.raises(Refused) as refusal:
        file_scheme.score(scheme, {"reception": 3})
    assert refusal.value.code == "scheme_off"

    scheme = world.change(scheme, {"basis": "汉人大发〔2026〕3号", "from_day": FIRST.isoformat(), "to_day": "2099-12-31"})
    assert file_scheme.score(scheme, {"reception": 7, "opinion": 3}) == 13
    change(scheme, to_day=FIRST)
    with pytest.raises(Refused):
        file_scheme.score(Scheme.get(), {"reception": 1})


@pytest.mark.parametrize(("raw", "field"), [
    ({"items": "logins 1 10"}, "items"), ({"items": "reception"}, "items"), ({"items": "reception 5 2"}, "items"),
    ({"items": "reception 1 2\nreception 1 2"}, "items"), ({"items": "reception NaN 3"}, "items"), ({"items": "\n"}, "items"),
    ({"items": "reception 1 2", "basis": "某文件"}, "to_day"), ({"items": "reception 1 2", "to_day": "2099-01-01"}, "basis")])
def test_a_scheme_that_makes_no_sense_is_refused_at_its_field(world, raw, field):
    with pytest.raises(Invalid) as refusal:
        world.make("scheme", {"title": "积分", **raw})

    assert field in refusal.value.errors and Scheme.select().count() == 0


# ---------------------------------------------------------------- entered by hand

def test_an_officer_enters_what_no_plugin_knows_of_once(world, year):
    raw = {"deputy_id": world.deputies["zhang"].id, "day": DAY, "kind": "training", "title": "全省代表履职培训"}
    made = records.create(world.entity("deed"), dict(raw), world.actors["county"], world.tree.county)
    assert (made.person_id, made.year, made.state) == (world.people["zhang"].id, DAY.year, "noted")

    with pytest.raises(Invalid) as refusal:
        records.create(world.entity("deed"), dict(raw), world.actors["county"], world.tree.county)
    assert "title" in refusal.value.errors
    other = records.create(world.entity("deed"), {**raw, "deputy_id": world.deputies["zhao"].id}, world.actors["county"],
                           world.tree.county)
    assert other.division_id == world.tree.town.id, "it lies where the file of its deputy does"
    with pytest.raises(Invalid) as refusal:
        records.create(world.entity("deed"), {**raw, "division_id": world.tree.town.id, "title": "别处"}, world.actors["county"],
                       world.tree.county)
    assert "division" in refusal.value.errors
    drained()
