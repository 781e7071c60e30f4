"""Files: photos are drawn anew, documents recognised by content, nothing is served that a browser would run."""
import io
import zipfile

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage

from grid321.core import attachments
from grid321.core.errors import Invalid, TooLarge


def upload(body, name="x.jpg"):
    return FileStorage(io.BytesIO(body), filename=name)


def picture(kind="JPEG", size=(2400, 1200), mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size, (200, 30, 30) if mode == "RGB" else (200, 30, 30, 100)).save(out, kind, **options)
    return out.getvalue()


def office(part="word/document.xml", extra=(), content=b"<x/>"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, content)
        for name, body in extra:
            archive.writestr(name, body)
    return out.getvalue()


def photo_with_position():
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif, comment=b"hidden words")


@pytest.mark.once
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_becomes_a_new_picture_of_at_most_1600_pixels(app, kind):
    found = attachments.clean(upload(picture(kind), "照片.HEIC"))
    with Image.open(io.BytesIO(found.body)) as image:
        assert image.size == (1600, 800)
        assert image.mode == "RGB"
    assert found.name == ("照片.png" if kind == "PNG" else "照片.jpg")


@pytest.mark.once
def test_nothing_that_hides_in_a_photo_survives(app):
    found = attachments.clean(upload(photo_with_position()))
    assert b"CameraMaker" not in found.body
    assert b"hidden words" not in found.body
    with Image.open(io.BytesIO(found.body)) as image:
        assert dict(image.getexif()) == {}


@pytest.mark.once
def test_a_picture_with_holes_is_put_on_white(app):
    found = attachments.clean(upload(picture("PNG", (10, 10), "RGBA"), "a.png"))
    with Image.open(io.BytesIO(found.body)) as image:
        assert image.getpixel((5, 5))[1] > 100


@pytest.mark.once
@pytest.mark.parametrize(("body", "name", "kept"), [
    (b"%PDF-1.7\n...", "意见.doc", "意见.pdf"), (office(), "回复.zip", "回复.docx"),
    (office("xl/workbook.xml"), "台账.xlsx", "台账.xlsx"), (office(), "../../etc/passwd", "passwd.docx"),
    (office(), 'a"b<c>;d.docx', "abcd.docx")])
def test_a_document_is_named_after_what_it_is(app, body, name, kept):
    assert attachments.clean(upload(body, name)).name == kept


@pytest.mark.once
@pytest.mark.parametrize(("body", "name"), [
    (b"", "a.jpg"), (b"MZ\x90\x00" + b"x" * 100, "a.jpg"), (b"<svg onload=alert(1)>", "a.svg"), (b"GIF89a" + b"x" * 50, "a.gif"),
    (b"<html><script>", "a.pdf"), (picture()[:200], "a.jpg"), (b"PK\x03\x04broken", "a.docx"), (office("ppt/x.xml"), "a.pptx"),
    (office(extra=[("word/vbaProject.bin", b"x")]), "a.docx"), (office(extra=[("bomb", b"0" * 30_000_000)]), "a.xlsx"),
    (picture("BMP", (5, 5)), "a.bmp"), (picture("TIFF", (5, 5)), "a.tif")])
def test_anything_else_is_refused_with_the_kinds_that_are_accepted(app, body, name):
    with pytest.raises(Invalid) as problem:
        attachments.clean(upload(body, name))
    assert problem.value.errors["files"]
    assert problem.value.remedy


@pytest.mark.once
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(app, monkeypatch):
    monkeypatch.setattr(attachments, "MAX_PIXELS", 1000)
    with pytest.raises(Invalid):
        attachments.clean(upload(picture(size=(100, 100))))


@pytest.mark.once
def test_a_file_above_ten_megabytes_is_refused(app):
    with pytest.raises(TooLarge):
        attachments.clean(upload(b"%PDF-" + b"x" * attachments.MAX_BYTES, "a.pdf"))


@pytest.fixture
def matter(here, raise_matter, client_for):
    """Return a matter with an officer's browser and the address of its page."""
    browser = client_for("matters.officer", here.tree.village)
    record = raise_matter(by=browser.actor)
    return browser, record, f"/d/{here.tree.village.code}/matters/matter/{record.id}"


def test_a_file_is_added_listed_downloaded_and_removed(here, matter):
    browser, record, path = matter
    sent = browser.post(f"{path}/attachment", {"file": (io.BytesIO(picture()), "现场.jpg")}, content_type="multipart/form-data")
    assert sent.status_code == 303
    row = attachments.of(here.entity, record.id)[0]
    page = browser.get(path)
    assert "现场.jpg" in page.text
    got = browser.get(f"{path}/attachment/{row.id}")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.mimetype == "image/jpeg"
    assert len(got.data) == row.size
    assert browser.post(f"{path}/attachment/{row.id}/remove").status_code == 303
    assert browser.get(f"{path}/attachment/{row.id}").status_code == 404
    from grid321.core import records
    assert [entry["step"] for entry in records.history(here.entity, record.id)] == ["create", "attach", "detach"]


def test_a_file_is_reached_only_through_a_record_one_may_see(here, matter, client_for, raise_matter):
    browser, record, path = matter
    browser.post(f"{path}/attachment", {"file": (io.BytesIO(picture()), "a.jpg")}, content_type="multipart/form-data")
    row = attachments.of(here.entity, record.id)[0]
    stranger = client_for("matters.officer", here.tree.other_village)
    assert stranger.get(f"/d/{here.tree.county.code}/matters/matter/{record.id}/attachment/{row.id}").status_code == 404
    own = raise_matter(by=here.county, at=here.tree.other_village)
    assert stranger.get(f"/d/{here.tree.other_village.code}/matters/matter/{own.id}/attachment/{row.id}").status_code == 404
    reader = client_for("matters.reader", here.tree.county)
    assert reader.post(f"{path}/attachment/{row.id}/remove").status_code == 403


def test_only_who_may_edit_a_department_adds_a_file_to_it(here, client_for):
    def add(browser):
        return browser.post(f"/d/{here.tree.town.code}/core/department/{here.office.id}/attachment",
                            {"file": (io.BytesIO(picture()), "a.jpg")}, content_type="multipart/form-data").status_code

    reader = client_for("core.leader", here.tree.county)
    assert reader.get(f"/d/{here.tree.town.code}/core/department/{here.office.id}").status_code == 200
    assert add(reader) == 403
    assert add(client_for("core.county_admin", here.tree.county)) == 303


def test_a_file_of_a_closed_matter_stays(here, matter, step):
    browser, record, path = matter
    browser.post(f"{path}/attachment", {"file": (io.BytesIO(picture()), "a.jpg")}, content_type="multipart/form-data")
    row = attachments.of(here.entity, record.id)[0]
    step(here.entity.model.get_by_id(record.id), "close", here.village)
    assert f"{row.id}/remove" not in browser.get(path).text
    assert browser.post(f"{path}/attachment/{row.id}/remove").status_code == 409
    assert browser.get(f"{path}/attachment/{row.id}").status_code == 200


def test_the_same_bytes_are_stored_once_and_a_refused_file_leaves_nothing(here, matter):
    browser, record, path = matter
    for _turn in range(2):
        browser.post(f"{path}/attachment", {"file": (io.BytesIO(picture()), "a.jpg")}, content_type="multipart/form-data")
    rows = attachments.of(here.entity, record.id)
    assert len({row.sha256 for row in rows}) == 1
    assert attachments.path_of(rows[0].sha256).stat().st_size == rows[0].size
    bad = browser.post(f"{path}/attachment", {"file": (io.BytesIO(b"MZ"), "a.jpg")}, content_type="multipart/form-data")
    assert bad.status_code == 422
    assert len(attachments.of(here.entity, record.id)) == 2


def test_a_new_matter_comes_with_its_photos_or_not_at_all(here, client_for):
    browser = client_for("matters.officer", here.tree.village)
    path = f"/d/{here.tree.village.code}/matters/matter/new"

    def send(*files):
        return browser.post(path, {"title": "路灯", "kind": "light", "division": here.tree.village.code,
                                   "files": [(io.BytesIO(body), name) for body, name in files]},
                            content_type="multipart/form-data")

    refused = send((picture(), "a.jpg"), (b"MZ", "b.exe"))
    assert refused.status_code == 422
    assert "b.exe" in refused.text
    assert "路灯" in refused.text
    assert send(*[(picture(size=(5, 5)), "a.jpg")] * 4).status_code == 422
    assert here.entity.model.select().count() == 0
    made = send((picture(), "a.jpg"), (b"%PDF-1.4", "b.pdf"))
    assert made.status_code == 303
    assert [row.name for row in attachments.of(here.entity, here.entity.model.get().id)] == ["a.jpg", "b.pdf"]


def sent(browser, path, body=None, name="现场.jpg", part="file", key=None, **rest):
    """Send a file to the API as a program does, with a boundary of its own each time."""
    headers = {"X-CSRF-Token": browser.csrf, **({"Idempotency-Key": key} if key else {})}
    data = {part: (io.BytesIO(picture() if body is None else body), name), **rest}
    return browser.open(f"/api/v1{path}/attachments", method="POST", data=data, content_type="multipart/form-data",
                        headers=headers)


def test_a_program_adds_a_file_once_for_each_key(here, matter):
    browser, record, path = matter
    made = sent(browser, path, key="k-1")
    assert made.status_code == 201, made.text
    file = made.get_json()
    assert (file["name"], file["media_type"]) == ("现场.jpg", "image/jpeg")
    assert made.headers["Location"] == file["url"]
    again = sent(browser, path, key="k-1")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.get_json() == file
    assert sent(browser, path, body=b"%PDF-1.7 x", key="k-1").status_code == 409
    assert [row.id for row in attachments.of(here.entity, record.id)] == [file["id"]]
    assert browser.get(file["url"]).data == attachments.path_of(file["sha256"]).read_bytes()
    assert browser.open(f"/api/v1{path}/attachments").get_json()["items"] == [file]


@pytest.mark.parametrize(("given", "status"), [
    ({"body": b"MZ\x90"}, 422), ({"body": b""}, 422), ({"part": "files"}, 422), ({"note": "x"}, 422), ({"name": ""}, 422),
    ({"body": b"%PDF-" + b"x" * (10 << 20)}, 413), ({"body": b"%PDF-" + b"x" * (12 << 20)}, 413)])
def test_a_file_of_a_program_is_checked_like_that_of_a_page(here, matter, given, status):
    browser, record, path = matter
    refused = sent(browser, path, **given)
    assert refused.status_code == status, refused.text
    assert refused.mimetype == "application/problem+json"
    if status == 422:
        assert [error["pointer"] for error in refused.get_json()["errors"]] == ["/file"]
    assert attachments.of(here.entity, record.id) == []


def test_a_program_sends_no_file_as_json_and_none_to_a_record_out_of_reach(here, matter, client_for):
    browser, record, path = matter
    assert browser.api("POST", f"{path}/attachments", {"file": "x"}).status_code == 415
    stranger = client_for("matters.officer", here.tree.other_village)
    assert sent(stranger, path.replace(here.tree.village.code, here.tree.county.code)).status_code == 404
    no_token = browser.open(f"/api/v1{path}/attachments", method="POST", data={"file": (io.BytesIO(picture()), "a.jpg")},
                            content_type="multipart/form-data")
    assert no_token.status_code == 403
    assert attachments.of(here.entity, record.id) == []


@pytest.mark.parametrize("given", [{}, {"file": (b"MZ", "坏.jpg")}, {"file": (b"%PDF-" + b"x" * (10 << 20), "大.pdf")}])
def test_a_refused_file_shows_the_page_of_the_record_with_what_is_wrong(here, matter, given):
    browser, record, path = matter
    data = {name: (io.BytesIO(body), title) for name, (body, title) in given.items()}
    refused = browser.post(f"{path}/attachment", data, content_type="multipart/form-data")
    assert refused.status_code in {413, 422}
    assert 'href="#f-attachment"' in refused.text
    assert 'id="f-attachment-error"' in refused.text
    assert record.number in refused.text
    assert attachments.of(here.entity, record.id) == []
