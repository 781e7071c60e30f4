"""What somebody would try who wants more than he was given, or who sends what nobody expects."""
import errno
import gc
import gzip
import io
import re
import zipfile

import pytest

from grid321.core import access, accounts, people, snapshot, tokens
from grid321.core.errors import Forbidden, Invalid


def hidden(page, name):
    """The value of a hidden input of a form."""
    return re.search(rf'name="{name}" value="([^"]*)"', page.text)[1]


# ---------------------------------------------------------------- tokens

def test_a_token_for_one_town_does_not_make_a_county_officer_the_officer_of_that_town(here, raise_matter, step):
    from grid321.core import engine

    matter = step(raise_matter(), "send_up", here.village, record="两委会议纪要")
    narrowed = here.county.limited(snapshot.current().tree, here.tree.town.id, None)
    assert matter.holder_id == here.tree.town.id
    assert [s.key for s in engine.possible(here.entity, matter, narrowed)] == [
        s.key for s in engine.possible(here.entity, matter, here.county)]
    with pytest.raises(Forbidden):
        step(matter, "hand_over", narrowed, department_id=here.office.id)


def test_a_token_for_one_town_still_decides_what_its_owner_holds_there(here, raise_matter, step):
    from grid321.core import engine

    matter = step(raise_matter(), "send_up", here.village, record="两委会议纪要")
    narrowed = here.town.limited(snapshot.current().tree, here.tree.town.id, None)
    assert "hand_over" in {s.key for s in engine.possible(here.entity, matter, narrowed)}


# ---------------------------------------------------------------- accounts

def test_nobody_makes_a_second_login_for_a_person_whose_posts_reach_beyond_him(here):
    person = people.create_person({"name": "王建国"}, access.SYSTEM, here.tree.town)
    people.appoint(person.id, "secretary", here.tree.village, access.SYSTEM)
    elsewhere = here.actor("core.county_admin", here.tree.other_town)
    with pytest.raises(Forbidden):
        accounts.create_account("wangjianguo2", "lange-worte-321", here.tree.other_town, elsewhere, person_id=person.id)
    above = here.actor("core.county_admin", here.tree.county)
    assert accounts.create_account("wangjianguo2", "lange-worte-321", here.tree.town, above, person_id=person.id).id


# ---------------------------------------------------------------- the same thing twice

def test_a_form_that_is_sent_twice_makes_one_record(here, client_for):
    browser, base = client_for("matters.officer", here.tree.village), f"/d/{here.tree.village.code}/matters/matter/"
    sent = {"title": "路灯不亮", "kind": "light", "client_id": hidden(browser.get(base + "new"), "client_id")}
    assert browser.post(base + "new", sent).location == browser.post(base + "new", sent).location
    assert here.entity.model.select().count() == 1


def test_a_form_that_comes_back_with_other_words_is_another_matter_and_loses_nothing(here, client_for):
    browser, base = client_for("matters.officer", here.tree.village), f"/d/{here.tree.village.code}/matters/matter/"
    sent = {"title": "路灯不亮", "kind": "light", "client_id": hidden(browser.get(base + "new"), "client_id")}
    first = browser.post(base + "new", sent).location
    second = browser.post(base + "new", {**sent, "title": "井盖丢失"}).location
    assert first != second
    assert "井盖丢失" in browser.get(second).text


def test_a_refused_form_keeps_its_mark(here, client_for):
    browser, base = client_for("matters.officer", here.tree.village), f"/d/{here.tree.village.code}/matters/matter/"
    mark = hidden(browser.get(base + "new"), "client_id")
    refused = browser.post(base + "new", {"title": "", "kind": "light", "client_id": mark})
    assert refused.status_code == 422
    assert hidden(refused, "client_id") == mark


def test_a_mark_of_a_program_that_comes_back_with_another_body_is_refused(here, client_for):
    browser, path = client_for("matters.officer", here.tree.village), f"/d/{here.tree.village.code}/matters/matter"
    first = browser.api("POST", path, {"title": "路灯不亮", "kind": "light", "client_id": "phone-1"})
    assert browser.api("POST", path, {"title": "路灯不亮", "kind": "light", "client_id": "phone-1"}).json == first.json
    other = browser.api("POST", path, {"title": "井盖丢失", "kind": "light", "client_id": "phone-1"})
    assert (other.status_code, other.json["code"]) == (409, "client_id_reused")
    assert here.entity.model.select().count() == 1


# ---------------------------------------------------------------- what nobody expects

@pytest.mark.once
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_of_divisions_that_is_damaged_inside_is_refused_in_words(method):
    from grid321.core.division_files import FILES, read_zip

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name in FILES:
            archive.writestr(name, "code,name\n" + "\n".join(f"{n},{n * n}" for n in range(900)))
    body = bytearray(packed.getvalue())
    start = body.index(b"villages.csv") + 40
    body[start:start + 200] = bytes(byte ^ 0x3C for byte in body[start:start + 200])
    with pytest.raises(Invalid) as refused:
        read_zip(bytes(body))
    assert refused.value.remedy


def test_a_compressed_body_is_named_as_such(here, client_for):
    browser = client_for("matters.officer", here.tree.village)
    answer = browser.open(f"/api/v1/d/{here.tree.village.code}/matters/matter", method="POST", data=gzip.compress(b"{}"),
                          headers={"Content-Type": "application/json", "Content-Encoding": "gzip", "X-CSRF-Token": browser.csrf})
    assert (answer.status_code, answer.json["detail"]) == (415, "Content-Encoding")


def test_a_body_in_chunks_above_the_limit_is_too_large_and_not_just_cut(here, client_for):
    browser = client_for("matters.officer", here.tree.village)
    body = b'{"title": "x", "kind": "light"}' + b" " * (3 << 20)
    answer = browser.open(f"/api/v1/d/{here.tree.village.code}/matters/matter", method="POST", input_stream=io.BytesIO(body),
                          headers={"Content-Type": "application/json", "X-CSRF-Token": browser.csrf},
                          environ_overrides={"wsgi.input_terminated": True})
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    assert here.entity.model.select().count() == 0


# ---------------------------------------------------------------- no room

@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS])
def test_a_file_that_finds_no_room_is_answered_with_503_and_leaves_nothing(here, client_for, raise_matter, monkeypatch, reason):
    from grid321.core import attachments

    def full(_file):
        raise OSError(reason, "no room")

    monkeypatch.setattr(attachments, "store", full)
    browser = client_for("matters.officer", here.tree.village)
    path = f"/d/{here.tree.village.code}/matters/matter/{raise_matter().id}"
    answer = browser.post(path + "/attachment", {"file": (io.BytesIO(b"%PDF-1.4"), "a.pdf")}, content_type="multipart/form-data")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert attachments.Attachment.select().count() == 0


# ---------------------------------------------------------------- what was decided stays

def test_a_closed_matter_is_not_rewritten(here, raise_matter, step, client_for):
    matter = step(raise_matter(by=here.village), "withdraw", here.village)
    browser, path = client_for("matters.officer", here.tree.village), f"/d/{here.tree.village.code}/matters/matter/{matter.id}"
    assert f"{path}/edit" not in browser.get(path).text
    assert browser.get(path + "/edit").status_code == 409
    answer = browser.api("PATCH", path, {"title": "别的事"}, If_Match=f'"{matter.version}"')
    assert (answer.status_code, answer.json["code"]) == (409, "closed")
    assert answer.json["remedy"]
    assert here.entity.model.get_by_id(matter.id).title == "路灯不亮"


# ---------------------------------------------------------------- numbers of persons

@pytest.mark.parametrize("purpose", ["核对 13987654321", "身份证１１０１０５１９４９１２３１００２Ｘ核对", "11010519491231002x?"])
def test_a_reason_that_holds_a_number_of_a_person_is_refused_because_the_log_keeps_it_for_ever(app, purpose):
    from grid321.core import audit

    with pytest.raises(Invalid) as refused:
        audit.check_purpose(purpose)
    assert refused.value.errors["purpose"] and refused.value.remedy
    for allowed in ("WL-610902104-202611-0001", "grid 610902104001001"):
        assert audit.check_purpose(allowed) == allowed


@pytest.mark.parametrize("text", ["13987654321", "139 8765 4321", "4321", "11010519491231002X", "11010519491231002x"])
def test_a_person_is_found_by_the_whole_number_or_the_last_digits_of_the_telephone(here, client_for, text):
    values = {"name": "欧阳䶮", "phone": "13987654321", "id_number": "11010519491231002X"}
    person = people.create_person(values, access.SYSTEM, here.tree.town)
    people.create_person({"name": "张三", "phone": "13987650000"}, access.SYSTEM, here.tree.town)
    found = client_for("core.county_admin", here.tree.town).api("GET", f"/d/{here.tree.town.code}/core/person?q={text}").json
    assert [item["id"] for item in found["items"]] == [person.id]


@pytest.mark.parametrize("text", ["%00", "a%00b", "%EF%BF%BE", "9" * 40])
@pytest.mark.parametrize("page", ["audit?who=", "audit?kind=", "accounts?q=", "accounts?after=", "search?q=", "divisions?q="])
def test_no_text_in_an_address_makes_the_server_fail(here, client_for, page, text):
    assert client_for("core.county_admin", here.tree.county).get(f"/d/610902/core/{page}{text}").status_code == 200


def test_a_value_that_the_database_cannot_take_is_a_bad_request(app, client_for, division_tree, monkeypatch):
    import peewee

    from grid321.core import audit

    def refuse(*_arguments, **_options):
        raise peewee.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")

    monkeypatch.setattr(audit, "entries", refuse)
    assert client_for("core.county_admin").get("/d/610902/core/audit").status_code == 400


def test_a_token_that_only_reads_leaves_no_comment_and_no_file(here, raise_matter, app):
    from grid321.core.testing_browser import Browser

    matter = raise_matter(by=here.village)
    owner = here.actor("core.staff", here.tree.village)
    accounts.grant(owner.account_id, "matters.officer", here.tree.village)
    token = tokens.create(access.actor_of(owner.account_id), "OA", 5, permissions=["matters.matter.view", "core.api.use"])
    path, sent = f"/api/v1/d/{here.tree.village.code}/matters/matter/{matter.id}", {"Authorization": f"Bearer {token}"}
    nobody = Browser(app)
    assert nobody.get(path, headers=sent).status_code == 200
    assert nobody.open(path + "/comments", method="POST", json={"text": "x"}, headers=sent).status_code == 403
    file = {"file": (io.BytesIO(b"%PDF-1.4"), "a.pdf")}
    assert nobody.open(path + "/attachments", method="POST", data=file, headers=sent).status_code == 403
    assert [entry["step"] for entry in nobody.get(path + "/history", headers=sent).json["items"]] == ["create"]


# ---------------------------------------------------------------- a refused request and the next one

def test_a_refused_request_does_not_keep_the_next_ones_of_its_thread_at_an_old_state(client_for, division_tree, monkeypatch):
    from grid321.core import audit, db
    from grid321.core.errors import Conflict

    def refuse(*_arguments, **_options):
        circle = [db.database.execute_sql("SELECT id FROM core_division")]
        circle.append(circle)
        circle[0].fetchone()
        raise Conflict("somebody else")

    monkeypatch.setattr(audit, "entries", refuse)
    browser = client_for("core.county_admin")
    gc.disable()
    try:
        assert browser.get("/d/610902/core/audit").status_code == 409
        if not db.is_postgres():
            assert db.database.connection().txn_state() == 0
    finally:
        gc.enable()
    assert browser.post("/me/preferences", {"locale": "en", "theme": ""}).status_code == 303
