"""Printable forms of plugins: listed on a record's page, printed for who may see it, gone where their plugin is off."""
from types import SimpleNamespace

import pytest
from support import matters, region

from grid321.core import switches
from grid321.core.api import Document, Plugin, hookimpl
from grid321.core.errors import DeclarationError


@pytest.fixture
def plugin_modules():
    """The application of these tests carries a region's plugin that prints a form of matters."""
    return [matters, region]


@pytest.fixture
def slip(here, switch_on, raise_matter, client_for):
    """Return a matter, an officer's browser, its page and the address of its form."""
    switch_on("region", here.tree.village)
    record = raise_matter(by=here.county, phone="13812345678", region__zone="north")
    path = f"/d/{here.tree.village.code}/matters/matter/{record.id}"
    return SimpleNamespace(record=record, browser=client_for("matters.officer", here.tree.village), page=path,
                           form=f"{path}/form/slip")


def test_a_record_offers_its_forms_and_prints_them_with_personal_values_masked(slip, here):
    assert slip.form in slip.browser.get(slip.page).text
    printed = slip.browser.get(slip.form)
    assert printed.status_code == 200
    wanted = (slip.record.number, here.tree.village.name, "路灯不亮", "138****5678", "North zone", "Open", "Slip of the region")
    assert [text for text in wanted if text not in printed.text] == []
    assert "13812345678" not in printed.text
    assert "document.css" in printed.text


def test_a_form_is_gone_where_its_plugin_is_off(slip, here, client_for, raise_matter):
    switches.turn("region", here.tree.village, False)
    assert slip.browser.get(slip.form).status_code == 404
    assert "/form/" not in slip.browser.get(slip.page).text
    assert slip.browser.get(f"{slip.page}/form/other").status_code == 404


def test_a_form_shows_no_more_than_the_record(slip, here, client_for, app):
    from grid321.core.testing_browser import Browser

    other = client_for("matters.officer", here.tree.other_village)
    assert other.get(slip.form).status_code in {403, 404}
    assert client_for(None, here.tree.village).get(slip.form).status_code in {403, 404}
    assert Browser(app).get(slip.form).status_code in {302, 303}
    elsewhere = slip.form.replace(here.tree.village.code, here.tree.other_village.code)
    assert slip.browser.get(elsewhere).status_code in {403, 404}


def test_two_forms_of_one_name_for_the_same_records_stop_the_start(with_plugins):
    other = SimpleNamespace(plugin=Plugin("other", "Other", "1.0.0"), __name__="other")

    def documents():
        return [Document("other.slip", "matters.matter", "Another slip", "other/slip.html")]

    documents.__name__ = "grid321_documents"
    other.grid321_documents = hookimpl(documents)
    with pytest.raises(DeclarationError, match=r"region\.slip"):
        with_plugins(matters, region, other)
