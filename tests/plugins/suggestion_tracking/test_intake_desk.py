"""What an officer does with a letter: opens the matter it became, or looks after what was set aside and says so, once."""
import pytest

from grid321.core import db, lookup
from grid321.core.ledger import LedgerEntry
from grid321.plugins.suggestion_tracking import intake_register
from grid321.plugins.suggestion_tracking.intake_models import Incoming

from .matter_world import plugin_modules, world

__all__ = ["plugin_modules", "world"]
pytestmark = pytest.mark.once
BASE = "/d/610902/suggestion_tracking/incoming"


@pytest.fixture
def aside(world):
    """A letter that holds a program."""
    with db.transaction():
        return intake_register.keep("email", "k1", world.tree.county, "aside", "dangerous", sender="王建国 <wang@example.cn>",
                                    subject="路灯坏了")


def officer(client_for, world, role="county_officer"):
    """A browser of somebody at the county."""
    return client_for(f"suggestion_tracking.{role}", world.tree.county)


def test_what_was_set_aside_says_what_to_do_and_is_looked_after_once(aside, world, client_for):
    clerk = officer(client_for, world)
    page = clerk.get(f"{BASE}/{aside.id}").text
    assert "登录邮箱查看" in page and "/suggestion_tracking/hotline" in page

    assert clerk.post(f"{BASE}/{aside.id}/done", data={}).status_code in {302, 303}
    assert clerk.post(f"{BASE}/{aside.id}/done", data={}).status_code == 409
    assert Incoming.get_by_id(aside.id).state == "done"
    noted = [entry.step for entry in LedgerEntry.select().where(
        (LedgerEntry.entity == "suggestion_tracking.incoming") & (LedgerEntry.record_id == aside.id)).order_by(LedgerEntry.id)]
    assert noted == ["create", "dealt_with"]
    page = clerk.get(f"{BASE}/{aside.id}").text
    assert "人工处理" in page and "/done" not in page


def test_who_may_not_see_who_wrote_does_not_say_that_it_was_looked_after(aside, world, client_for):
    assert officer(client_for, world, "viewer").post(f"{BASE}/{aside.id}/done", data={}).status_code in {403, 404}
    assert Incoming.get_by_id(aside.id).state == "aside"


def test_a_letter_that_became_a_matter_leads_to_it_and_its_matter_shows_no_key_of_a_machine(world, client_for):
    key = "f3" * 32
    matter = intake_register.register("email", key, world.tree.county, {"title": "路灯坏了", "text": "村口的路灯坏了三盏。"}, [],
                                      lookup.new_code(), lambda record: "", {"sender": "wang@example.cn"})
    letter = Incoming.get(Incoming.matter_id == matter.id)
    clerk = officer(client_for, world)

    assert f"/suggestion_tracking/matter/{matter.id}" in clerk.get(f"{BASE}/{letter.id}").text
    assert key not in clerk.get(f"/d/610902/suggestion_tracking/matter/{matter.id}").text
