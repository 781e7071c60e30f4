"""A home made under version 1 of the handling goes on under it, though its functions live in the core now."""

import json
from pathlib import Path

import pytest

from .conftest import ANSWER, SATISFIED

V1 = json.loads((Path(__file__).parent / "handling_v1.json").read_text(encoding="utf-8"))


@pytest.fixture
def old_home(world):
    """The home as it was left by the release before: version 1 stored and published, then migrated by this one."""
    from grid321.core import db, snapshot, versions
    from grid321.core.version_content import digest

    with db.transaction():
        versions.WorkflowVersion.delete().where(versions.WorkflowVersion.key == "grid.handling").execute()
        moment = db.now()
        versions.WorkflowVersion.create(key="grid.handling", version=1, entity="grid.report", content=V1, hash=digest(V1),
                                        state=versions.PUBLISHED, installed_at=moment, published_at=moment)
        snapshot.bump()
    added = versions.install()
    assert [(row.key, row.version, row.state) for row in added] == [("grid.handling", 2, versions.INSTALLED)]
    return world


def test_a_report_lives_its_whole_life_under_version_1(old_home):
    case = old_home.at_county()
    assert case.workflow_version == 1
    case = old_home.walk(case, ("county", "hand_over", old_home.hand(old_home.bureau)), ("bureau", "take_on"),
                         ("bureau", "answer", ANSWER), ("worker", "object", {"reason": "只修了一半。", "attitude": "not"}),
                         ("county", "answer_again", ANSWER), ("worker", "rate", SATISFIED), ("county", "write_off"))
    assert (case.state, case.solved_level, case.rating, case.workflow_version) == ("closed", "county", "satisfied", 1)


def test_version_2_has_the_rules_of_version_1_by_other_names(old_home):
    from grid321.core.version_content import content_of, differences
    from grid321.plugins.grid.workflow import HANDLING

    moved = [change for change in differences(V1, content_of(HANDLING))
             if change.field not in {"guard", "sets", "asks"}]
    assert moved == []


def test_new_reports_begin_under_version_2_when_it_is_published_and_old_ones_end_under_theirs(old_home):
    from grid321.core import version_publishing
    from grid321.core.actor import SYSTEM

    before = old_home.report()
    version_publishing.publish("grid.handling", 2, SYSTEM)
    assert old_home.report().workflow_version == 2
    after = old_home.walk(before, ("secretary", "solve_on_spot", ANSWER), ("worker", "rate", SATISFIED),
                          ("secretary", "write_off"))
    assert (after.state, after.workflow_version) == ("closed", 1)
