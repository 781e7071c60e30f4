"""Nobody can point at what lies outside the division looked at or outside what was granted."""
import pytest

from grid321.core import records, schemas
from grid321.core.actor import SYSTEM
from grid321.core.errors import Invalid
from grid321.core.fields import AccountRef, DepartmentRef, DivisionRef, PersonRef, framed
from grid321.core.registry import registry
from grid321.core.schemas import EntitySchema


class Pointing(EntitySchema):
    division = DivisionRef("Division")
    village = DivisionRef("Village", level="village")
    person = PersonRef("Person")
    department = DepartmentRef("Department")
    own = DepartmentRef("Own department", own=True)
    account = AccountRef("Account")


def read(node, actor, **values):
    return schemas.load(Pointing, values, node=node, actor=actor)


def refused(node, actor, **values):
    with pytest.raises(Invalid) as problem:
        read(node, actor, **values)
    return next(iter(problem.value.errors))


@pytest.fixture
def people(here):
    """Return a person recorded in each of the two towns."""
    person = registry().entity("core.person")
    return [records.create(person, {"name": name}, SYSTEM, node).id
            for name, node in (("张伟", here.tree.village), ("李娜", here.tree.other_village))]


def test_a_division_is_named_by_its_code_and_stored_as_its_id(here):
    assert read(here.tree.town, here.town, division="610902104200") == {"division_id": here.tree.village.id}


@pytest.mark.parametrize("code", ["610902105", "610902", "610921", "999", "", "x y", "610902104200 ", 610902104200, ["6109"]])
def test_a_division_outside_is_refused_like_one_that_does_not_exist(here, code):
    assert refused(here.tree.town, here.town, division=code) == "division"


def test_a_division_inside_the_address_but_outside_the_grant_is_refused(here):
    assert refused(here.tree.county, here.village, division=here.tree.second_village.code) == "division"
    assert read(here.tree.county, here.village, division=here.tree.village.code)


def test_a_division_of_the_wrong_level_is_refused_with_the_level_that_is_right(here):
    assert refused(here.tree.county, here.county, village=here.tree.town.code) == "village"


def test_a_person_is_named_only_within_the_subtree_and_the_grant(here, people):
    near, far = people
    assert read(here.tree.town, here.town, person=near) == {"person_id": near}
    assert refused(here.tree.town, here.town, person=far) == "person"
    assert refused(here.tree.county, here.town, person=far) == "person"
    assert read(here.tree.county, here.county, person=far)
    for wrong in (0, -1, 2**63, 1.0, True, "1", 99_999):
        assert refused(here.tree.county, here.county, person=wrong) == "person"


def test_a_person_with_a_post_in_the_subtree_may_be_named_there(here, people):
    _near, far = people
    records.create(registry().entity("core.post"), {"person_id": far, "kind": "secretary", "division_id": here.tree.village.id,
                                                    "from_day": None}, SYSTEM, here.tree.village)
    with framed(here.tree.village, here.county):
        assert str(far) in [value for value, _label in PersonRef("x").options()]


def test_a_department_is_named_where_it_belongs(here):
    office = here.office.id
    assert read(here.tree.town, here.town, department=office, own=office) == {"department_id": office, "own_id": office}
    assert refused(here.tree.county, here.county, own=office) == "own"
    assert read(here.tree.county, here.county, department=office)
    assert refused(here.tree.other_town, here.county, department=office) == "department"


def test_an_account_is_named_within_the_subtree(here):
    assert read(here.tree.village, here.county, account=here.village.account_id)
    assert refused(here.tree.village, here.county, account=here.town.account_id) == "account"


def test_the_choices_of_a_form_are_those_that_would_be_accepted(here, people):
    schema = schemas.schema_of(Pointing)
    for node, actor in ((here.tree.town, here.town), (here.tree.county, here.village), (here.tree.county, here.county)):
        for name, field in schema.fields.items():
            with framed(node, actor):
                values = [value for value, _label in field.options()]
            for value in values:
                assert read(node, actor, **{name: value if isinstance(field, DivisionRef) else int(value)})
