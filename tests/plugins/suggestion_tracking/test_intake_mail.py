"""A letter becomes a matter with its files, number and code; what is dangerous, huge or written by a machine does not."""

import io
import re
import zipfile
from datetime import timedelta
from email.message import EmailMessage

import pytest
from PIL import Image
from support import receivers
from support.imap_server import PASSWORD, USER, imap_server

from grid321.core import attachments, channel_setup, db, ledger, lookup, records, settings, worker
from grid321.core.channels import channels
from grid321.core.channels import intakes as ways
from grid321.core.registry import registry
from grid321.plugins.suggestion_tracking import intake_answers, intake_entity, intake_mail, intake_register
from grid321.plugins.suggestion_tracking.intake_models import Incoming
from grid321.plugins.suggestion_tracking.matter_models import Matter

from .matter_world import plugin_modules, world

__all__ = ["plugin_modules", "world"]


@pytest.fixture
def county(world):
    """The county, with this machine as its intranet."""
    for key, value in (("core.site_url", "https://grid.example.cn"), ("core.outgoing_private", "127.0.0.0/8")):
        settings.put(key, world.tree.county, value, source="test", valid_from=db.local_day())
    return world.tree.county


@pytest.fixture
def post(county, tmp_path):
    """A real mailbox of the county (IMAP) and a real mail server for its answers (SMTP)."""
    identity = receivers.identity(tmp_path)
    with imap_server(tmp_path / "imap") as inbox, receivers.mail_server(identity) as outbox:
        channel_setup.put(ways()["mailbox"], county, {
            "host": "127.0.0.1", "port": inbox.port, "security": "plain", "user": USER, "password": PASSWORD, "answer": True,
            "address": "letters@county.example.cn", "folder": "INBOX", "minutes": 1, "ca": ""}, [], active=True,
            language="zh", account_id=None)
        channel_setup.put(channels()["mail"], county, {
            "host": "localhost", "port": outbox.port, "security": "starttls", "sender": "grid@county.example.cn",
            "user": receivers.USER, "password": receivers.PASSWORD, "ca": identity.pem}, [], active=True, language="zh",
            account_id=None)
        inbox.outbox = outbox
        yield inbox


TEXT = "五里村村口的路灯坏了三盏，请修好。电话13891500017"


def letter(text=TEXT, sender="王建国 <wang@example.cn>", subject="路灯坏了", **headers):
    """A letter of a resident."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = sender, subject, f"<{db.new_uid()}@example.cn>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def attach(mail, name, body, kind="application/octet-stream"):
    """Add a file to a letter."""
    main, _slash, sub = kind.partition("/")
    mail.add_attachment(body, maintype=main, subtype=sub, filename=name)
    return mail


def picture():
    """A small JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "JPEG")
    return out.getvalue()


def taken(inbox, *letters):
    """Deliver letters, let the worker read them, return the rows of what arrived."""
    for mail in letters:
        inbox.put(mail.as_bytes() if isinstance(mail, EmailMessage) else mail)
    intake_mail.run()
    return list(Incoming.select().order_by(Incoming.id))


def test_a_letter_becomes_a_matter_with_its_picture_and_is_answered_with_number_and_code(post, world):
    [row] = taken(post, attach(letter(), "现场.jpg", picture(), "image/jpeg"))
    matter = Matter.get()
    entity = registry().entity("suggestion_tracking.matter")
    assert (row.state, row.matter_id, row.number, row.answer_state) == ("registered", matter.id, matter.number, "waiting")
    assert (matter.source, matter.title, matter.division_id) == ("email", "路灯坏了", world.tree.village.id)
    assert records.opened(entity, matter, "contact_name") == "王建国"
    assert records.opened(entity, matter, "contact_phone") == "13891500017"
    assert [file.name for file in attachments.of(entity, matter.id)] == ["现场.jpg"]
    assert intake_answers.run() == 1

    [sent] = post.outbox.taken
    body = sent.get_content()
    code = re.search(r"(?<![0-9-])([0-9A-Z]{4}-[0-9A-Z]{4})\s*$", body, re.MULTILINE).group(1)
    assert matter.number in body and lookup.find(matter.number, code, "test") == ("suggestion_tracking.matter", matter.id)
    assert post.outbox.recipients == ["wang@example.cn"] and sent["Auto-Submitted"] == "auto-replied"
    assert sent["In-Reply-To"] == records.opened(intake_entity.INCOMING, row, "message_ref")
    row = Incoming.get()
    assert (row.answer_state, row.answer) == ("sent", None)
    assert [entry.step for entry in ledger.LedgerEntry.select().where(ledger.LedgerEntry.record_id == matter.id)
            if entry.entity == entity.key] == ["create", "attach", "receipt_sent"]


def test_the_worker_does_all_of_it_by_itself(post, app):
    post.put(letter().as_bytes())
    worker.Worker(app).once()
    assert Matter.select().count() == 1 and len(post.outbox.taken) == 1


def test_the_same_letter_by_two_ways_is_one_matter_and_one_answer(post, tick):
    mail = letter()
    taken(post, mail)
    again = b"Received: from a list of addresses\r\n" + mail.as_bytes()
    tick(timedelta(minutes=2), sweep=False)
    taken(post, again)
    post.number_anew()
    tick(timedelta(minutes=2), sweep=False)
    assert len(taken(post)) == 1 and Matter.select().count() == 1
    while intake_answers.run():
        pass
    assert len(post.outbox.taken) == 1


@pytest.mark.parametrize(("headers", "reason"), [
    ({"Auto_Submitted": "auto-replied"}, "auto_reply"), ({"Precedence": "bulk"}, "bulk"), ({"Return_Path": "<>"}, "bounce"),
    ({"X_Grid321_Id": "1"}, "loop")])
def test_what_no_person_wrote_is_noted_and_not_answered(post, headers, reason):
    [row] = taken(post, letter(**headers))
    assert (row.state, row.reason, row.answer_state) == ("ignored", reason, "none") and Matter.select().count() == 0
    assert intake_answers.run() == 0 and "\\Flagged" not in post.flags()[0]


def test_a_letter_from_our_own_address_is_a_loop(post):
    rows = taken(post, letter(sender="letters@county.example.cn"), letter(sender="grid@county.example.cn"))
    assert [row.reason for row in rows] == ["loop", "loop"]


def macros():
    """A Word file with macros under a harmless name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"):
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(("name", "body"), [("photo.jpg", b"MZ\x90\x00" + b"x" * 100), ("a.exe", b"hello"), ("表.docx", macros()),
                                            ("x.pdf.js", b"steal()")])
def test_a_program_under_any_name_sets_the_whole_letter_aside(post, name, body):
    [row] = taken(post, attach(letter(), name, body))
    assert (row.state, row.reason) == ("aside", "dangerous") and Matter.select().count() == 0
    assert "\\Flagged" in post.flags()[0] and records.opened(intake_entity.INCOMING, row, "sender") == "wang@example.cn"
    assert not (attachments.folder()).exists() or not list(attachments.folder().rglob("*.*"))


def test_a_file_of_another_kind_is_left_out_and_named_in_the_answer(post):
    [row] = taken(post, attach(attach(letter(), "notes.txt", b"hello"), "broken.png", b"\x89PNG\r\n\x1a\nrubbish"))
    assert (row.state, row.refused_files) == ("registered", 2)
    intake_answers.run()
    assert "notes.txt、broken.png" in post.outbox.taken[0].get_content()


def test_a_huge_letter_and_an_empty_one_are_set_aside(post, monkeypatch):
    from grid321.core import intakes

    monkeypatch.setattr(intakes, "LETTER_BYTES", 2000)
    rows = taken(post, letter("字" * 3000), letter("", subject=""))
    assert [(row.state, row.reason) for row in rows] == [("aside", "too_large"), ("aside", "empty")]


def test_ten_thousand_signs_of_any_kind_are_cut_and_html_is_text(post):
    rows = taken(post, letter("😀" * 10_000), letter("<script>alert(1)</script>", subject="<b>x</b>"))
    first, second = Matter.select().order_by(Matter.id)
    assert all(row.state == "registered" for row in rows) and len(first.text) == 4000 and first.text.startswith("😀😀")
    assert (second.title, second.text) == ("<b>x</b>", "<script>alert(1)</script>")


def test_a_sender_who_floods_is_set_aside_after_twenty_and_answered_five_times(post):
    rows = taken(post, *(letter(f"第{number}件事") for number in range(22)))
    assert [row.state for row in rows] == ["registered"] * 20 + ["aside"] * 2 and rows[-1].reason == "too_many"
    assert sum(row.answer_state == "waiting" for row in rows) == 5


def test_what_a_plugin_refuses_is_set_aside_with_no_half_of_a_matter(post, monkeypatch):
    from grid321.core.errors import Refused

    def refuse(*_rest):
        raise Refused("no")

    monkeypatch.setattr(intake_register.lookup, "keep", refuse)
    [row] = taken(post, letter())
    assert (row.state, row.reason) == ("aside", "refused") and Matter.select().count() == 0


@pytest.mark.parametrize(("text", "place"), [
    ("五里镇五里村的路", "village"), ("五里镇和大同镇之间的路", "county"), ("大同镇的集市", "other_town"), ("路坏了", "county"),
    ("五里村与刘营村", "county"), ("五里镇大同村", "town")])
def test_a_letter_goes_to_the_place_that_it_names_in_full(post, world, text, place):
    taken(post, letter(text, subject="路"))
    assert Matter.get().division_id == getattr(world.tree, place).id


def test_an_answer_that_does_not_get_through_is_tried_again_and_given_up_without_a_trace_of_the_code(post, tick):
    taken(post, letter())
    post.outbox.answers = {"RCPT": "451 later"}
    for _try in range(intake_answers.MOST_TRIES - 1):
        assert intake_answers.run() == 0 and Incoming.get().answer_state == "waiting"
        assert intake_answers.run() == 0  # not due
        tick(intake_answers.PATIENCE + timedelta(seconds=1), sweep=False)
    assert intake_answers.run() == 1
    row = Incoming.get()
    assert (row.answer_state, row.answer, row.answer_tries) == ("failed", None, intake_answers.MOST_TRIES)


def test_where_the_plugin_is_off_letters_stay_untouched(post, world):
    from grid321.core import switches

    switches.turn("suggestion_tracking", world.tree.county, False)
    post.put(letter().as_bytes())
    assert intake_mail.run() == 0 and Incoming.select().count() == 0 and "\\Seen" not in post.flags()[0]


def test_nothing_personal_stands_in_clear_in_the_table_or_in_the_list(post, world, client_for):
    taken(post, letter(), letter(Precedence="bulk"))
    for row in Incoming.select().dicts():
        assert "wang@" not in str(row) and "路灯" not in str(row)
    page = client_for("suggestion_tracking.county_officer").get(f"/d/{world.tree.county.code}/suggestion_tracking/incoming/")
    text = page.get_data(as_text=True)
    assert page.status_code == 200 and "wang@" not in text and "群发" in text
