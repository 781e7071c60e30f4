"""What the reading of the permission matrix brought to light, and must stay mended."""

import pytest
from support.permission_ground import prepare

import grid321.plugins.grid
import grid321.plugins.suggestion_tracking
from grid321.core import access, links, signed_links
from grid321.core.errors import Forbidden
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser, actor_for, make_account

P = "suggestion_tracking."
MODULES = (grid321.plugins.grid, grid321.plugins.suggestion_tracking)

pytestmark = pytest.mark.once  # who may do what is no question of the database: the matrix asks it on both


@pytest.fixture
def ground(with_plugins):
    """A record of everything in two towns and in another county."""
    return prepare(with_plugins(*MODULES), MODULES)


def test_a_link_is_good_at_its_own_place_only_and_reads_elsewhere_like_a_forged_one(ground):
    nobody, own, beside = Browser(ground.app), ground.division("own", "town"), ground.division("sibling", "town")
    for word, name in (("vote", "token"), ("card", "token"), ("own", "token"), ("rate", "token")):
        token = ground.inner["own"][f"{P}{word}", name]
        here, there, forged = (nobody.get(f"/d/{code}/suggestion_tracking/{word}/{text}") for code, text in (
            (own.code, token), (beside.code, token), (beside.code, "A" * signed_links.LENGTH)))

        assert here.status_code == 200, word
        assert there.status_code == forged.status_code == 404, word
        assert there.text.replace(token, "A" * signed_links.LENGTH) == forged.text, word


def test_who_only_reads_adds_no_file_and_no_link_to_what_others_record(ground):
    town = ground.division("own", "town")
    account = make_account(f"{P}viewer", town)
    reader, actor = Browser.of_account(ground.app, account), actor_for(account)
    for name in ("contact", "cosigner", "sample", "counted", "smell", "appraisal_result"):
        entity = registry().entity(P + name)
        record = ground.records["own"][entity.key]
        assert access.fetch(entity, record, "view", town, actor).id == record

        answer = reader.api("POST", f"/d/{town.code}/suggestion_tracking/{name}/{record}/attachments")
        assert answer.status_code in {403, 405}, name
        with pytest.raises(Forbidden):
            links.remove(entity, record, ground.inner["own"][entity.key, "link_id"], actor, town)


def test_who_records_meetings_adds_files_to_them(ground):
    town = ground.division("own", "town")
    officer = Browser.logged_in(ground.app, f"{P}town_officer", town)
    record = ground.records["own"][f"{P}contact"]

    page = officer.get(f"/d/{town.code}/suggestion_tracking/contact/{record}")

    assert f"contact/{record}/attachment" in page.text
