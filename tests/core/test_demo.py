"""The demo county: real places, invented people, published numbers, the same each time."""
from datetime import date
from random import Random

import pytest

from grid321.core import accounts, counters, division_records, documents, identity, ledger, passwords, snapshot
from grid321.core.conformance.word_files import faults
from grid321.core.demo import county
from grid321.core.demo.names import Numbers, name
from grid321.core.errors import Conflict
from grid321.core.people import Department, Person, Post
from grid321.core.registry import registry
from grid321.core.testing_browser import Browser


@pytest.fixture
def plugin_modules():
    """The demo is made with the plugins that are installed."""
    return


def test_the_demo_has_hanbins_places_invented_people_and_the_published_numbers_and_passes_every_check(app):
    with app.test_request_context("/"):  # as the command does it
        made = county.load()
    now = snapshot.current()
    hanbin = now.tree.by_code("610902")
    assert (len(now.tree.children(hanbin)), len(now.tree.subtree(hanbin, "village"))) == (28, 529)
    assert len(made.towns) == 27
    assert Post.select().where(Post.kind == "grid_head").count() == 576
    assert Post.select().where(Post.kind == "grid_worker").count() == 1326
    assert Department.select().count() == len(county.BUREAUS) + 28 * len(county.OFFICES)
    assert now.switches.is_on("grid", now.tree.by_code("610902104"))
    assert not now.switches.is_on("grid", now.tree.by_code(county.OFF_TOWN))
    people = list(Person.select())
    assert len({person.id_number_blind for person in people}) == len(people)
    assert {"𠮷", "䶮", "㛃"} & {letter for person in people for letter in person.name}
    assert all(person.initials for person in people)
    everybody_logs_in(made)
    everything_adds_up(now.tree)
    every_form_opens_in_word(app, hanbin)
    with pytest.raises(Conflict):
        county.load()
    with pytest.raises(KeyError):
        made.node("999999")


def everybody_logs_in(made):
    """Each demo account has the one password and may do something."""
    assert {"admin", "leader", "worker", "village", "town", "office"} <= {one.username for one in made.accounts}
    for one in made.accounts:
        account = accounts.by_username(one.username)
        assert passwords.matches(county.PASSWORD, account.password_hash)
        assert not account.must_change_password
        assert accounts.held(account.id)


def every_form_opens_in_word(app, county):
    """Each form of the division, and each form of the newest record that has it, is a Word file in order."""
    browser = Browser.of_account(app, accounts.by_username("county"))
    papers = [one["file"] for one in browser.api("GET", f"/d/{county.code}/core/forms").json["items"]]
    for entity in registry().entities.values():
        for document in documents.declared(registry(), entity):
            newest = entity.model.select().order_by(entity.model.id.desc())
            record = next((one for one in newest if document.when is None or document.when(one)), None)
            assert record is not None, f"no record of the demo has {document.key}"
            papers.append(f"/api/v1/d/{county.code}/{entity.plugin}/{entity.name}/{record.id}/form/{document.name}.docx")
    answers = {paper: browser.get(paper) for paper in papers}
    assert {paper: answer.status_code for paper, answer in answers.items() if answer.status_code != 200} == {}
    assert {paper: wrong for paper, answer in answers.items() if (wrong := faults(answer.data))} == {}


def everything_adds_up(tree):
    """Records stand where the tree says, figures equal a recount, the ledger is whole."""
    assert division_records.misplaced(division_records.scoped_models(), tree) == []
    for entity in registry().entities.values():
        assert counters.recount(entity, tree) == []
    assert ledger.verify() == []


@pytest.mark.once
def test_an_interrupted_demo_leaves_an_empty_database(app, monkeypatch):
    monkeypatch.setattr(county, "_accounts", lambda context: 1 / 0)
    with app.test_request_context("/"), pytest.raises(ZeroDivisionError):
        county.load()
    assert county.is_empty()
    assert Person.select().count() == 0


@pytest.mark.once
def test_no_living_person_can_have_an_identity_number_of_the_demo():
    numbers = Numbers(Random(1))
    found = [numbers.id_number(gender) for gender in "fm" * 1000]
    assert len(set(found)) == 2000
    for number in found:
        assert identity.id_number(number) == number
        assert date(1870, 1, 1) <= date(int(number[6:10]), int(number[10:12]), int(number[12:14])) < date(1900, 1, 1)
    assert [int(number[16]) % 2 for number in found[:2]] == [0, 1]


@pytest.mark.once
def test_telephones_of_the_demo_are_well_formed_and_each_is_given_once():
    numbers = Numbers(Random(1))
    phones = [numbers.phone() for _number in range(5000)]
    assert len(set(phones)) == 5000
    assert all(identity.phone(phone) == phone and phone.startswith("154") for phone in phones)


@pytest.mark.once
def test_the_same_seed_makes_the_same_people():
    first, second = Random(5), Random(5)
    assert [name(first, "f") for _number in range(50)] == [name(second, "f") for _number in range(50)]
