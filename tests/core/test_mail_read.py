"""Letters are read as they are meant, whatever wrote them, and nothing in them runs, repeats for ever or fills the memory."""
import base64
import quopri
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid321.core import mail_read
from grid321.core.field_base import bad_character
from grid321.core.mail_read import Part, Unreadable, read

pytestmark = pytest.mark.once

TEXT = "村口的路灯坏了三盏，晚上看不见路。\n请修好。"


def letter(body=b"", **headers):
    """A raw letter with these headers."""
    head = {"From": "wang@example.cn", "Subject": "Street lamp", "Message_ID": "<1@example.cn>", **headers}
    lines = b"".join(name.replace("_", "-").encode() + b": " + (value if isinstance(value, bytes) else value.encode("ascii"))
                     + b"\r\n" for name, value in head.items() if value is not None)
    return lines + b"\r\n" + body


def encoded(text, charset, how):
    raw = text.encode(charset)
    return base64.encodebytes(raw) if how == "base64" else quopri.encodestring(raw) if how == "quoted-printable" else raw


@pytest.mark.parametrize("named", ["gb18030", "gb2312", "GBK", "utf-8", "\"gb2312\"", "x-unknown", None])
@pytest.mark.parametrize("how", ["base64", "quoted-printable", "8bit"])
def test_a_text_is_read_in_the_character_set_it_is_written_in(named, how):
    text = TEXT + ("𠮷䶮㛃镕" if named not in {"x-unknown", None} else "")
    charset = "utf-8" if named == "utf-8" else "gb18030"
    kind = "text/plain" + (f"; charset={named}" if named else "")
    mail = read(letter(encoded(text, charset, how), Content_Type=kind, Content_Transfer_Encoding=how))
    assert mail.text == text


@pytest.mark.parametrize("subject", [
    b"=?gb2312?B?" + base64.b64encode("路灯坏了".encode("gb2312")) + b"?=", "路灯坏了".encode("gb18030"), "路灯坏了".encode(),
    b"=?utf-8?q?=E8=B7=AF=E7=81=AF?= =?utf-8?q?=E5=9D=8F=E4=BA=86?="])
def test_a_subject_is_read_as_encoded_words_or_as_raw_bytes(subject):
    assert read(letter(b"x", Subject=subject)).subject == "路灯坏了"


def test_html_becomes_what_a_person_sees():
    html = ("<html><head><title>t</title><style>p{color:red}</style></head><body onload=alert(1)>"
            "<p>路灯&nbsp;坏了 &lt;三盏&gt;</p>"
            "<script>steal()</script><!-- hidden --><div>请<b>修</b>好<br>谢谢</div><img src=http://x/y.png></body></html>")
    mail = read(letter(html.encode(), Content_Type="text/html; charset=utf-8", Content_Transfer_Encoding="8bit"))
    assert mail.text == "路灯 坏了 <三盏>\n\n请修好\n谢谢"


def test_of_two_versions_the_plain_text_is_taken_and_a_logo_is_no_file():
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "王 <wang@example.cn>", "x"
    mail.set_content("纯文本")
    mail.add_alternative("<p>网页</p><img src='cid:logo'>", subtype="html")
    mail.get_payload()[1].add_related(b"\x89PNG small", "image", "png", cid="<logo>")
    mail.add_attachment(b"%PDF-1.4 " + b"x" * 20000, maintype="application", subtype="pdf", filename="证明.pdf")
    found = read(mail.as_bytes())
    assert found.text == "纯文本" and [file.name for file in found.files] == ["证明.pdf"]
    assert (found.sender, found.sender_name) == ("wang@example.cn", "王")


@pytest.mark.parametrize(("headers", "why"), [
    ({"Auto_Submitted": "auto-replied"}, "auto_reply"), ({"Auto_Submitted": "no"}, ""), ({"X_Autoreply": "yes"}, "auto_reply"),
    ({"Precedence": "bulk"}, "bulk"), ({"List_Id": "<list.example.cn>"}, "bulk"), ({"Return_Path": "<>"}, "bounce"),
    ({"Content_Type": "multipart/report; boundary=x"}, "bounce"), ({"From": "MAILER-DAEMON@example.cn"}, "robot"),
    ({"From": "no-reply@example.cn"}, "robot"), ({"From": "nonsense"}, "robot"), ({"X_Grid321_Id": "7"}, "loop"),
    ({"From": "Post@County.example.cn"}, "loop"), ({"From": "noreen@example.cn"}, "")])
def test_what_no_person_wrote_is_known(headers, why):
    assert read(letter(b"x", **headers), frozenset({"post@county.example.cn"})).automatic == why


def test_the_same_letter_has_the_same_key_whatever_way_it_came():
    first = read(b"Received: from a\r\n" + letter(b"x")).key
    assert first == read(b"Received: from b\r\nDelivered-To: z@y.cn\r\n" + letter(b"x")).key
    assert len({first, read(letter(b"x", From="li@example.cn")).key, read(letter(b"x", Message_ID="<2@example.cn>")).key,
                read(letter(b"x", Message_ID=None)).key, read(letter(b"y", Message_ID=None)).key}) == 5


@pytest.mark.parametrize(("raw", "reason"), [
    (letter(b"x", Content_Type="application/pkcs7-mime; smime-type=enveloped-data"), "encrypted"),
    (letter(b"x", Content_Type="multipart/encrypted; boundary=b"), "encrypted"),
    (letter(b"\r\n".join([b"--b\r\nContent-Type: application/pdf\r\n\r\nx"] * 150) + b"\r\n--b--",
            Content_Type="multipart/mixed; boundary=b"), "parts")])
def test_a_letter_that_cannot_be_read_says_why(raw, reason):
    with pytest.raises(Unreadable) as caught:
        read(raw)
    assert caught.value.reason == reason


def test_parts_within_parts_within_parts_end_somewhere():
    raw = b"x"
    for level in range(200):
        raw = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%s\r\n--b%d--" % (level, level, raw, level)
    with pytest.raises(Unreadable):
        read(raw)


@pytest.mark.parametrize(("name", "body", "runs"), [
    ("a.exe", b"hello", True), ("photo.jpg", b"MZ\x90\x00 program", True), ("a.jpg.exe ", b"x", True), ("a.ＥＸＥ", b"x", True),
    ("x", b"\x7fELF...", True), ("run.txt", b"#!/bin/sh\nrm", True), ("a.docm", b"x", True),
    ("a.docx", b"PK\x03\x04 word/vbaProject.bin", True), ("a.docx", b"PK\x03\x04 word/document.xml", False),
    ("a.jpg", b"\xff\xd8\xff", False), ("exe", b"x", False)])
def test_what_runs_is_known_by_what_it_holds_or_how_it_is_called(name, body, runs):
    assert Part(name, body).runs is runs


@given(st.binary(max_size=600), st.sampled_from([
    b"", b"Content-Type: text/html; charset=gb2312\r\n", b"Content-Type: multipart/mixed; boundary=a\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Subject: =?gb2312?B?\xff?=\r\n"]))
def test_any_bytes_are_read_or_refused_and_what_is_read_can_be_stored(raw, head):
    try:
        mail = read(head + raw)
    except Unreadable:
        return
    for text in (mail.text, mail.subject, mail.sender_name, mail.sender, *(file.name for file in mail.files)):
        assert bad_character(text, True) is None and "\r" not in text
    assert len(mail.key) == 64 and "\n" not in mail.subject + mail.sender_name + mail.sender


@given(st.text(max_size=400))
def test_a_tidy_text_stays_as_it_is(text):
    once = mail_read.tidy(text)
    assert mail_read.tidy(once) == once and bad_character(once, True) is None
