"""The page of the assistant, the same by REST, the job for long lists, and the contact card."""
from support.docx_reader import Docx

from grid321.core.jobs import Executor
from grid321.plugins.liaison_station import placement_assistant, placement_pages
from grid321.plugins.liaison_station.deputy_models import Deputy, Placement


def url(world, name, place="county"):
    """An address of the plugin."""
    return f"/d/{getattr(world.tree, place).code}/liaison_station/{name}"


def test_the_office_looks_at_the_list_applies_it_and_reads_what_became_of_it(world):
    Placement.delete().execute()
    office = world.browser("county")
    page = office.get(url(world, "placing")).text
    assert "张桂兰" in page and "李秀梅" in page and Placement.select().count() == 0
    mark = placement_assistant.propose(world.tree.county).mark
    done = office.post(url(world, "placing"), {"mark": mark})
    assert done.status_code == 200 and Placement.select().count() == 16
    again = office.post(url(world, "placing"), {"mark": mark})
    assert again.status_code == 409 and Placement.select().count() == 16


def test_a_long_list_is_applied_by_a_job_which_writes_what_was_shown(world, monkeypatch):
    Placement.delete().execute()
    monkeypatch.setattr(placement_pages, "MOST", 3)
    mark = placement_assistant.propose(world.tree.county).mark
    asked = world.browser("county").post(url(world, "placing"), {"mark": mark})
    assert asked.status_code == 303 and Placement.select().count() == 0
    Executor().run_due()
    assert Placement.select().count() == 16 and placement_assistant.propose(world.tree.county).rows == []


def test_by_rest_the_same_list_with_its_mark_the_figures_and_who_is_nowhere(world):
    Placement.delete().execute()
    office = world.browser("county")
    look = office.api("GET", url(world, "placing")).json
    assert look["now"] == {"placed": 0, "total": 12, "full": False} and len(look["items"]) == 16
    assert {row["why"] for row in look["nowhere"]} == {"several"}
    assert office.api("POST", url(world, "placing"), {"mark": look["mark"]}).json == {"placed": 16, "left": []}
    assert office.api("POST", url(world, "placing"), {"mark": look["mark"]}).status_code == 409


def test_only_who_places_deputies_here_sees_the_assistant(world):
    shut = (("liaison", "town"), ("viewer", "county"), ("zhang", "county"), ("town", "county"), ("town", "other_town"))
    for who, place in shut:
        assert world.browser(who).get(url(world, "placing", place)).status_code == 403, who
    assert world.browser("town").get(url(world, "placing", "town")).status_code == 200


def test_the_contact_card_says_what_the_deputy_wants_read_and_where_to_meet_him(world):
    zhang = world.deputies["zhang"]
    world.change(zhang, {"card_phone": "0915-3210000", "card_text": "每月十五日在联络站等您。", "phone": "13800000001"})
    card = world.browser("county").get(url(world, f"deputy/{zhang.id}/form/contact_card"))
    assert card.status_code == 200
    word = world.browser("county").get(url(world, f"deputy/{zhang.id}/form/contact_card.docx"))
    for text in (card.text, Docx(word.data).text):
        assert all(one in text for one in ("张桂兰", "0915-3210000", "每月十五日", "五里镇人大代表中心联络站", "五里选区"))
        assert "13800000001" not in text
    world.change(zhang, {"status": "ended", "status_on": "2026-03-01", "status_reason": "resigned"})
    assert world.browser("county").get(url(world, f"deputy/{zhang.id}/form/contact_card")).status_code == 404


def test_a_mandate_can_be_entered_and_changed_on_its_form(world):
    office = world.browser("county")
    sent = office.post(url(world, "deputy/new"), {"name": "黄春明", "level": "county", "district": str(world.districts["c1"].id),
                                                 "skills": "法律、调解", "status": "active"})
    assert sent.status_code == 303
    made = Deputy.get(Deputy.name == "黄春明")
    form = office.get(url(world, f"deputy/{made.id}/edit"))
    assert form.status_code == 200 and "法律、调解" in form.text
    page = office.get(url(world, f"deputy/{made.id}"))
    assert "法律、调解" in page.text and "五里选区" in page.text
