"""Beside the plugin for matters and suggestions, the page behind a door plate leads to its public form."""
import pytest
from support.faces_ground import here, nobody

import grid321.plugins.liaison_station
import grid321.plugins.suggestion_tracking

__all__ = ["here", "nobody"]


@pytest.fixture
def plugin_modules():
    """Both plugins."""
    return [grid321.plugins.liaison_station, grid321.plugins.suggestion_tracking]


def test_where_matters_are_registered_the_plate_page_leads_to_the_form_of_the_place(here, nobody, switch_on):
    page = f"at/{here.stations['wuli_village'].plate}"
    assert "我要反映问题" not in nobody.get(page).text, "installed, but not on here"
    switch_on("suggestion_tracking", here.tree.county)

    text = nobody.get(page).text
    assert "我要反映问题" in text and 'href="/d/610902104200/suggestion_tracking/raise"' in text
    assert nobody.browser.get("/d/610902104200/suggestion_tracking/raise").status_code == 200
