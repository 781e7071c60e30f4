"""Double contact: committee members with deputies, deputies with voters, whose name and telephone are sealed."""
import pytest

from grid321.core import db, records
from grid321.core.errors import Conflict, Forbidden, Invalid, Refused
from grid321.core.ledger import LedgerDetail, LedgerEntry
from grid321.plugins.liaison_station.deputy_models import Contact, Deputy, Talk

NAME, PHONE = "石玉兰", "13800000009"


def contact(world, who="zhang", deputy="zhang", **changes):
    """A contact with a voter."""
    raw = {"deputy": world.deputies[deputy].id, "kind": "voter", "voter": NAME, "voter_phone": PHONE, "place": "五里村",
           "from_day": "2026-03-01", **changes}
    return world.make("contact", raw, who)


def test_a_deputy_keeps_contact_with_voters_whose_data_are_sealed_and_masked(world):
    row = contact(world)
    assert NAME not in str(row.__data__) and PHONE not in str(row.__data__) and row.division_id == world.tree.county.id
    assert records.opened(world.entity("contact"), row, "voter") == NAME
    page = world.browser("zhang").get(f"/d/{world.tree.county.code}/liaison_station/contact/{row.id}").text
    assert PHONE not in page and NAME not in page
    assert not any(text in str([*LedgerEntry.select().dicts(), *LedgerDetail.select().dicts()]) for text in (NAME, PHONE))


def test_a_deputy_sees_and_enters_the_own_contacts_only(world):
    row = contact(world)
    url = f"/d/{world.tree.county.code}/liaison_station/contact/{row.id}"
    assert world.browser("zhang").get(url).status_code == 200 and world.browser("county").get(url).status_code == 200
    assert world.browser("li").get(url).status_code == 404 and world.browser("liaison").get(url).status_code == 403
    with pytest.raises((Forbidden, Invalid)):
        contact(world, "li")
    assert contact(world, "county").deputy_id == world.deputies["zhang"].id


def test_only_a_committee_member_keeps_contact_with_deputies_while_the_rule_says_so(world):
    raw = {"deputy": world.deputies["zhang"].id, "kind": "deputy", "other": world.deputies["zhao"].id, "from_day": "2026-03-01"}
    with pytest.raises(Invalid) as refused:
        world.make("contact", raw)
    assert "deputy" in refused.value.errors
    Deputy.update(committee=True).where(Deputy.id == world.deputies["zhang"].id).execute()
    assert world.make("contact", raw).other_id == world.deputies["zhao"].id
    world.set("contact_committee", False)
    assert world.make("contact", {**raw, "deputy": world.deputies["chen"].id}).id


@pytest.mark.parametrize(("changes", "field"), [
    ({"voter": ""}, "voter"), ({"other": "li"}, "other"), ({"voter_phone": "12"}, "voter_phone"),
    ({"kind": "deputy", "other": "li"}, "voter"), ({"kind": "deputy", "voter": "", "voter_phone": ""}, "other"),
    ({"kind": "deputy", "voter": "", "voter_phone": "", "other": "zhang"}, "other"), ({"to_day": "2026-01-01"}, "to_day")])
def test_a_contact_that_does_not_fit_is_refused_at_its_field(world, changes, field):
    world.set("contact_committee", False)
    if "other" in changes:
        changes = {**changes, "other": world.deputies[changes["other"]].id}
    with pytest.raises(Invalid) as refused:
        contact(world, "county", **changes)
    assert field in refused.value.errors and Contact.select().count() == 0


def test_a_conversation_is_entered_while_contact_is_kept_and_the_contact_shows_the_last_one(world):
    row = contact(world)
    for day in ("2026-05-02", "2026-04-01"):
        assert world.make("talk", {"contact": row.id, "day": day, "way": "visit", "text": "了解灌溉情况。"}, "zhang").deputy_id
    assert str(world.fresh(row).last_on) == "2026-05-02" and Talk.select().count() == 2
    with pytest.raises(Invalid) as refused:
        world.make("talk", {"contact": row.id, "day": "2026-02-01", "way": "visit"}, "zhang")
    assert "day" in refused.value.errors
    with pytest.raises(Conflict):
        records.delete(world.entity("contact"), row.id, world.actors["county"], None, world.tree.county)


def test_contacts_end_with_the_mandate(world):
    row, today = contact(world), db.local_day()
    world.change(world.deputies["zhang"], {"status": "ended", "status_on": today.isoformat(), "status_reason": "resigned"})
    assert world.fresh(row).to_day == today


def test_a_mandate_with_which_another_deputy_keeps_contact_is_not_taken_back(world):
    world.set("contact_committee", False)
    made = world.make("deputy", {"person": world.people["zhao"].id, "level": "county", "district": world.districts["c1"].id})
    world.make("contact", {"deputy": world.deputies["zhang"].id, "kind": "deputy", "other": made.id, "from_day": "2026-03-01"})

    with pytest.raises(Refused) as refusal:
        records.delete(world.entity("deputy"), made.id, world.actors["county"], None, world.tree.county)

    assert refusal.value.code == "deputy_used" and world.fresh(made).id and Contact.get().other_id == made.id
