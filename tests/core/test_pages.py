"""The start page, the search box, the explanation of a date, the administrator's pages and the pages of errors."""
import datetime
import re

import pytest


@pytest.fixture
def admin(here, client_for):
    """Return a county administrator's browser and the address of the core's pages at the county."""
    return client_for("core.county_admin", here.tree.county), f"/d/{here.tree.county.code}/core/"


@pytest.fixture
def worker(here, app):
    """Return a browser of an account that is officer of the village and staff of the platform there."""
    from grid321.core import accounts
    from grid321.core.testing_browser import Browser, make_account

    account = make_account("matters.officer", here.tree.village)
    accounts.grant(account.id, "core.staff", here.tree.village)
    return Browser.of_account(app, account)


def test_a_visit_begins_at_the_division_of_the_role(here, worker, client_for):
    assert worker.get("/").location == f"/d/{here.tree.village.code}/"
    nobody = client_for(None, here.tree.village)
    assert nobody.get("/").status_code in {303, 404}


def test_the_start_page_shows_what_waits_by_urgency(app, here, worker, raise_matter, tick):
    from grid321.core.db import local_day
    from grid321.core.testing_browser import Browser

    raise_matter("早先的事", by=worker.actor)
    start = f"/d/{here.tree.village.code}/"
    page = worker.get(start)
    assert "早先的事" in page.text
    assert 'id="s-waiting"' in page.text
    assert 'id="s-overdue"' not in page.text
    tick(local_day() + datetime.timedelta(days=7), sweep=False)
    worker = Browser.of_account(app, worker.account)  # the old login has ended meanwhile
    assert 'id="s-due"' in worker.get(start).text
    tick(datetime.timedelta(days=5), sweep=False)
    worker = Browser.of_account(app, worker.account)
    raise_matter("刚来的事", by=worker.actor)
    page = worker.get(start).text
    assert page.index('id="s-overdue"') < page.index('id="s-waiting"') < page.index('id="s-new"')


def test_what_was_answered_waits_for_the_reporter_to_rate_it(here, worker, raise_matter, step):
    matter = raise_matter("路灯", by=worker.actor)
    matter = step(matter, "send_up", here.village, record="纪要")
    matter = step(matter, "hand_over", here.town, department_id=here.office.id)
    answered = step(matter, "answer", here.clerk, reason="已修")
    assert answered.state == "answered"
    assert 'id="s-rate"' in worker.get(f"/d/{here.tree.village.code}/").text


def test_matters_of_other_desks_are_not_on_mine(here, app, raise_matter):
    from grid321.core import accounts
    from grid321.core.testing_browser import Browser, make_account

    raise_matter("村里的事", by=here.village)
    account = make_account("matters.officer", here.tree.town)
    accounts.grant(account.id, "core.staff", here.tree.town)
    page = Browser.of_account(app, account).get(f"/d/{here.tree.town.code}/")
    assert 'id="s-waiting"' not in page.text
    assert "村里的事" in page.text  # among the new ones of the subtree


@pytest.mark.parametrize("text", ["路灯", "MT-", "zw", "5678", "五里", "610902104"])
def test_the_search_box_finds_by_number_name_initials_telephone_ending_and_place(here, admin, app, raise_matter, text):
    from grid321.core import accounts, records
    from grid321.core.actor import SYSTEM
    from grid321.core.registry import registry

    browser, base = admin
    accounts.grant(browser.account.id, "matters.officer", here.tree.county)
    raise_matter("路灯不亮", by=here.village)
    records.create(registry().entity("core.person"), {"name": "张伟", "phone": "13812345678"}, SYSTEM, here.tree.village)
    page = browser.get(f"{base}search?q={text}")
    assert page.status_code == 200
    assert {"路灯": "路灯不亮", "MT-": "MT-610902104", "zw": "张伟", "5678": "张伟", "五里": "五里村",
            "610902104": "五里镇"}[text] in page.text.replace("<mark>", "").replace("</mark>", "")


def test_the_search_box_shows_nothing_out_of_reach(here, worker, raise_matter):
    raise_matter("别处的事", by=here.county, at=here.tree.other_village)
    for code in (here.tree.village.code, here.tree.county.code):
        page = worker.get(f"/d/{code}/core/search?q=别处")
        assert "别处的事" not in page.text


@pytest.mark.parametrize("text", ["", "%25", "%00", "x" * 300, "%F0%9F%98%80", "'%20OR%201=1--"])
def test_the_search_box_survives_any_text(admin, text):
    browser, base = admin
    assert browser.get(f"{base}search?q={text}").status_code == 200


def test_a_due_date_is_explained_day_by_day(here, worker, raise_matter):
    from grid321.core.clock import Deadline

    matter = raise_matter(by=worker.actor)
    page = worker.get(f"/d/{here.tree.village.code}/matters/matter/{matter.id}").text
    address = re.search(r'href="([^"]*/why/\d+)"', page)[1]
    why = worker.get(address)
    assert why.status_code == 200
    row = Deadline.get(Deadline.record_id == matter.id)
    assert "Handling" in why.text
    assert why.text.count("<tr>") >= (row.due - row.started_on).days


def test_a_due_date_out_of_reach_is_not_explained(here, worker, raise_matter):
    from grid321.core.clock import Deadline

    own = raise_matter(by=worker.actor)
    other = raise_matter(by=here.county, at=here.tree.other_village)
    row = Deadline.get(Deadline.record_id == other.id)
    base = f"/d/{here.tree.village.code}/matters/matter"
    for address in (f"{base}/{other.id}/why/{row.id}", f"{base}/{own.id}/why/{row.id}", f"{base}/{own.id}/why/999"):
        assert worker.get(address).status_code == 404


def test_the_administrator_switches_a_plugin_off_after_a_warning_and_on_again(here, admin, worker):
    browser, base = admin
    matters = f"/d/{here.tree.village.code}/matters/matter/"
    assert "Matters" in browser.get(base + "switches").text
    assert browser.get(base + "switches/matters/off").status_code == 200
    assert worker.get(matters).status_code == 200
    assert browser.post(base + "switches", {"plugin": "matters", "on": "0"}).status_code == 303
    assert worker.get(matters).status_code == 404
    assert browser.post(base + "switches", {"plugin": "matters", "on": "1"}).status_code == 303
    assert worker.get(matters).status_code == 200
    for data in ({"plugin": "none", "on": "1"}, {"plugin": "core", "on": "0"}, {"plugin": "matters", "on": "x"}):
        assert browser.post(base + "switches", data).status_code in {400, 404}


def test_only_who_holds_the_right_above_switches(here, client_for):
    town_admin = client_for("core.county_admin", here.tree.town)
    county = f"/d/{here.tree.county.code}/core/switches"
    assert town_admin.post(county, {"plugin": "matters", "on": "0"}).status_code == 403
    assert town_admin.post(f"/d/{here.tree.town.code}/core/switches", {"plugin": "matters", "on": "0"}).status_code == 303


def test_the_installed_plugins_are_listed(admin):
    browser, base = admin
    page = browser.get(base + "plugins")
    assert "Matters" in page.text
    assert "1.0.0" in page.text


def test_a_setting_is_changed_from_a_day_on_with_its_source(here, admin):
    from grid321.core import snapshot

    browser, base = admin
    assert "matters.village_days" in browser.get(base + "settings").text
    path = base + "settings/matters.village_days"
    day = "2026-01-01"
    refused = browser.post(path, {"value": "soon", "source": "县政府令", "valid_from": day})
    assert refused.status_code == 422
    assert "soon" in refused.text
    assert browser.post(path, {"value": "3 d", "source": "", "valid_from": day}).status_code == 422
    assert browser.post(path, {"value": "3 d", "source": "县政府令", "valid_from": day}).status_code == 303
    assert "县政府令" in browser.get(base + "settings").text
    assert str(snapshot.current().settings.length("matters.village_days", here.tree.village)) == "3 d"
    assert browser.get(base + "settings/none").status_code == 404


@pytest.mark.parametrize(("key", "bad", "good"), [("core.session_idle_minutes", "1", "60"), ("core.totp_required", "maybe", "1"),
                                                  ("core.theme", "pink", "elder")])
def test_a_setting_takes_only_what_fits_its_kind(admin, key, bad, good):
    browser, base = admin
    rest = {"source": "test", "valid_from": "2026-01-01"}
    assert browser.post(f"{base}settings/{key}", {"value": bad, **rest}).status_code == 422
    assert browser.post(f"{base}settings/{key}", {"value": good, **rest}).status_code == 303


def test_a_county_changes_its_classes_and_old_records_keep_their_word(here, admin, raise_matter, client_for):
    browser, base = admin
    matter = raise_matter(by=here.village)
    item = {"label_zh": "路灯照明", "label_en": "Lamps", "position": "5"}
    assert browser.post(base + "classes/matters.kind/light", {**item, "retired": "1"}).status_code == 303
    assert browser.post(base + "classes/matters.kind/new", {**item, "label_zh": "桥梁", "code": "bridge"}).status_code == 303
    taken = browser.post(base + "classes/matters.kind/new", {**item, "code": "bridge"})
    assert taken.status_code == 409
    assert 'href="#f-code"' in taken.text
    assert browser.post(base + "classes/matters.kind/new", {**item, "code": "Ü"}).status_code == 422
    page = browser.get(base + "classes").text
    assert "桥梁" in page
    officer = client_for("matters.officer", here.tree.village)
    form = officer.get(f"/d/{here.tree.village.code}/matters/matter/new").text
    assert "桥梁" in form
    assert "路灯照明" not in form
    assert "路灯照明" in officer.get(f"/d/{here.tree.village.code}/matters/matter/{matter.id}").text


def test_the_ledger_shows_entries_of_the_subtree_and_the_anchor(here, admin, client_for, raise_matter):
    browser, base = admin
    raise_matter(by=here.county, at=here.tree.other_village)
    page = browser.get(base + "ledger").text
    assert "Matter 1" in page
    assert "登记" in page
    town = client_for("core.county_admin", here.tree.town)
    assert "Matter 1" not in town.get(f"/d/{here.tree.town.code}/core/ledger").text
    assert browser.get(base + "ledger?before=x").status_code == 400


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/d/999999/", 404), ("/api/v1/nothing", 404)])
def test_an_error_says_what_happened_and_what_to_do_in_both_languages(admin, path, status):
    browser, _base = admin
    texts = set()
    for language in ("zh", "en"):
        page = browser.get(path, headers={"Accept-Language": language})
        assert page.status_code == status
        if path.startswith("/api/"):
            assert page.mimetype == "application/problem+json"
            assert page.get_json()["remedy"]
            texts.add(page.get_json()["title"])
        else:
            texts.add(re.search(r"<h1>(.*?)</h1>", page.text)[1])
    assert len(texts) == 2


def test_a_fault_of_the_software_shows_a_number_and_nothing_else(app, admin, monkeypatch):
    browser, base = admin
    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("grid321.core.search_pages._shown", lambda *_args: 1 / 0)
    page = browser.get(base + "search?q=x")
    assert page.status_code == 500
    assert "ZeroDivision" not in page.text
    assert re.search(r"[0-9A-F]{8}", page.text)


def test_a_database_that_cannot_be_written_is_answered_with_503(app, admin, monkeypatch):
    import peewee

    def broken(*_args, **_options):
        raise peewee.OperationalError("database or disk is full")

    browser, base = admin
    monkeypatch.setattr("grid321.core.switches.turn", broken)
    page = browser.post(base + "switches", {"plugin": "matters", "on": "1"})
    assert page.status_code == 503
    assert page.headers["Retry-After"]


def test_a_plugin_with_many_pages_has_a_heading_of_its_own_in_the_menu(here, worker, app, monkeypatch):
    from grid321.core import i18n, menu

    def headings():
        with app.test_request_context(), i18n.use_language("zh"):
            built = menu.build(worker.actor, here.tree.village)
            return [(str(label), [item["label"] for item in items]) for label, items in built]

    few = headings()
    monkeypatch.setattr(menu, "_MANY", 1)
    many = headings()
    assert few[0][0] == "" and "台账与统计" not in [label for label, _items in few]
    assert [label for label, _items in many][:2] == ["", "Matters"] and many[0][1] == ["今天要做"]
    assert "台账与统计" in [label for label, _items in many]
    assert sorted(one for _label, items in few for one in items) == sorted(one for _label, items in many for one in items)


@pytest.mark.parametrize(("fold", "summary"), [("", "更多"), ("接待与值班", "接待与值班")], ids=["no name", "a name"])
def test_what_is_seldom_needed_is_folded_in_parts_that_the_plugin_names(here, worker, monkeypatch, fold, summary):
    from dataclasses import replace

    from grid321.core import menu
    from grid321.core.registry import platform, registry

    matters = replace(registry().entities["matters.matter"], menu="more", fold=fold)
    start = f"/d/{here.tree.village.code}/"
    monkeypatch.setattr(menu, "_entities", lambda _node: [matters])
    platform().cache.pop("menus", None)
    folded = worker.get(start + "matters/matter/").text.partition('<details class="more" open>')[2].partition("</details>")[0]
    other = worker.get(start).text
    platform().cache.pop("menus", None)
    assert f"{summary}</summary>" in folded and f'href="{start}matters/matter/" aria-current="page"' in folded
    assert '<details class="more">' in other and summary in other


def test_what_is_made_by_the_dozen_is_no_news(here, worker, raise_matter, monkeypatch):
    from dataclasses import replace

    from grid321.core import pages
    from grid321.core.registry import registry

    raise_matter("路灯", by=worker.actor)
    start = f"/d/{here.tree.village.code}/"
    assert 'id="s-new"' in worker.get(start).text
    quiet = replace(registry().entities["matters.matter"], news=False)
    monkeypatch.setattr(pages, "case_entities", lambda _node, _actor: [quiet])
    page = worker.get(start).text
    assert 'id="s-new"' not in page and "路灯" in page


def test_the_menu_has_what_the_actor_may_and_marks_the_present_page(here, worker, admin):
    page = worker.get(f"/d/{here.tree.village.code}/matters/matter/").text
    assert f'href="/d/{here.tree.village.code}/matters/matter/" aria-current="page"' in page
    assert "core/switches" not in page
    browser, base = admin
    assert "core/switches" in browser.get(base + "plugins").text
