"""Letters in a mailbox of a real IMAP server are each taken once, whatever happens to the worker, the server or the network."""
import os
import signal
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from datetime import timedelta

import pytest
from support import receivers, stock
from support.imap_server import PASSWORD, USER, imap_server

from grid321.core import channel_setup, db, intakes, jobs, outgoing, settings, worker
from grid321.core.channels import imap
from grid321.core.channels import intakes as ways
from grid321.core.db import local_day
from grid321.core.errors import Invalid
from grid321.core.intakes import IntakeState, Taken
from grid321.core.outgoing import Failure


@pytest.fixture
def plugin_modules():
    """The application carries the core and ``stock``."""
    return [stock]


@pytest.fixture
def county(app, division_tree):
    """The county, with this machine as its intranet."""
    for key, value in (("core.site_url", "https://grid.example.cn"), ("core.outgoing_private", "127.0.0.0/8")):
        settings.put(key, division_tree.county, value, source="test", valid_from=local_day())
    return division_tree.county


@pytest.fixture
def mailbox(county, tmp_path):
    """A real mailbox, configured for the county without encryption."""
    with imap_server(tmp_path / "imap") as server:
        configure(county, server)
        yield server


def configure(county, server, **changes):
    """Configure the mailbox of a server for a county and switch it on."""
    values = {"host": "127.0.0.1", "port": server.port, "security": "plain", "user": USER, "password": PASSWORD,
              "address": "letters@county.example.cn", "folder": "INBOX", "minutes": 1, "answer": True, "ca": "", **changes}
    return channel_setup.put(ways()["mailbox"], county, values, [], active=True, language="zh", account_id=None)


def letter(number, text="路灯坏了", **headers):
    """A raw letter."""
    head = {"From": f"wang{number}@example.cn", "Subject": f"letter {number}", "Message-ID": f"<{number}@example.cn>", **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"{lines}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


class Book:
    """Remembers what was taken: in the database, by subject and text, so that a roll-back forgets it too."""

    def __init__(self):
        self.seen, self.flag, self.before = [], False, None

    def __call__(self, found, node):
        self.seen.append(found)
        if self.before is not None:
            self.before()
        return Taken(lambda: settings_note(found), flag=self.flag)

    def poll(self):
        return intakes.poll(self, lambda _node: True)


def settings_note(found):
    """Write a letter down in a table of the core, inside the transaction that counts it as taken."""
    from grid321.core.accounts import Account

    Account.create(username=f"l{found.number}-{db.new_uid()[:6]}", password="", division_id=1)
    return found


def taken():
    """How many letters were written down."""
    from grid321.core.accounts import Account

    return Account.select().where(Account.username.startswith("l")).count()


def later(tick, minutes=2):
    """Let the mailbox be due again."""
    tick(timedelta(minutes=minutes), sweep=False)


def test_each_letter_is_taken_once_and_marked_as_read(mailbox, tick):
    book = Book()
    mailbox.put(letter(1))
    mailbox.put(letter(2))
    assert book.poll() == 2 and taken() == 2
    assert [found.mail.subject for found in book.seen] == ["letter 1", "letter 2"]
    assert all("\\Seen" in flags and "\\Flagged" not in flags for flags in mailbox.flags())
    assert book.poll() == 0  # not due yet
    later(tick)
    book.flag = True
    mailbox.put(letter(3))
    assert book.poll() == 1 and taken() == 3 and "\\Flagged" in mailbox.flags()[2]
    state = IntakeState.get()
    assert (state.last_uid, state.failures, state.lease) == (3, 0, None)


def test_letters_that_somebody_read_before_are_left_alone_at_first_and_later_ones_are_taken_read_or_not(mailbox, tick):
    for number in (1, 2, 3):
        mailbox.put(letter(number))
    with mailbox.client() as person:
        person.select("INBOX")
        person.store("1,3", "+FLAGS", "\\Seen")
    book = Book()
    assert book.poll() == 1 and book.seen[0].mail.subject == "letter 2"
    mailbox.put(letter(4))
    with mailbox.client() as person:
        person.select("INBOX")
        person.store("4", "+FLAGS", "\\Seen")
    later(tick)
    assert book.poll() == 1 and book.seen[1].mail.subject == "letter 4"


def test_an_empty_mailbox_does_not_take_old_letters_later(mailbox, tick):
    mailbox.put(letter(1))
    with mailbox.client() as person:
        person.select("INBOX")
        person.store("1", "+FLAGS", "\\Seen")
    book = Book()
    assert book.poll() == 0
    later(tick)
    assert book.poll() == 0 and taken() == 0


KILLED = """
import os, signal
from grid321.core import intakes
from grid321.core.app import create_app
from grid321.core.channels import imap
from grid321.core.intakes import Taken
from grid321.core import db
from grid321.core.accounts import Account
import support.stock

app = create_app({{"DATABASE": {database!r}, "PLUGINS": [support.stock], "HOME": {home!r}, "TESTING": True}})
die = lambda *_rest, **_more: os.kill(os.getpid(), signal.SIGKILL)
with app.app_context():
    when = {when!r}
    if when == "before the mark":
        imap.Mailbox.mark = die
    def take(letter, node):
        if when == "after the fetch":
            die()
        def write():
            Account.create(username=f"l{{letter.number}}-{{db.new_uid()[:6]}}", password="", division_id=1)
            if when == "in the transaction":
                die()
        return Taken(write)
    intakes.poll(take, lambda node: True)
"""


@pytest.mark.parametrize(("when", "kept"), [("after the fetch", 0), ("in the transaction", 0), ("before the mark", 1)])
def test_a_worker_killed_at_any_moment_neither_loses_nor_doubles_a_letter(mailbox, tick, app, when, kept):
    mailbox.put(letter(1))
    mailbox.put(letter(2))
    address = db.database.obj.database
    url = address if "://" in address or "=" in address else f"sqlite:///{address}"
    db.close_thread()
    script = textwrap.dedent(KILLED).format(database=url, home=str(app.extensions["grid321"].config.home), when=when)
    ended = subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": "tests"}, capture_output=True,
                           text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert taken() == kept and "\\Seen" not in " ".join(mailbox.flags())
    book = Book()
    assert book.poll() == 0  # the dead worker's lease still holds
    later(tick, 4)
    assert book.poll() == 2 - kept and taken() == 2
    later(tick, 4)
    assert book.poll() == 0 and taken() == 2


def test_a_letter_that_ends_its_worker_three_times_is_set_aside_and_the_next_one_is_taken(mailbox, tick):
    mailbox.put(letter(1))
    mailbox.put(letter(2))
    book = Book()

    def burst():
        if book.seen[-1].mail is not None and book.seen[-1].mail.subject == "letter 1":
            raise MemoryError

    book.before = burst
    for minutes in (2, 4, 8):
        assert book.poll() == 0 and IntakeState.get().error == "interrupted"
        later(tick, minutes)
    assert book.poll() == 2
    assert [(found.problem, found.mail is None) for found in book.seen[-2:]] == [("gave_up", True), ("", False)]


def test_of_two_workers_one_reads_a_mailbox_and_one_that_lost_it_writes_nothing(mailbox, tick):
    mailbox.put(letter(1))
    book, second = Book(), Book()
    inner = []

    def other_worker():
        if not inner:
            inner.append(second.poll())  # while the lease holds: nothing
            tick(timedelta(minutes=4), sweep=False)  # this worker sleeps so long that its lease runs out
            inner.append(second.poll())

    book.before = other_worker
    assert book.poll() == 0 and inner == [0, 1] and taken() == 1


def test_after_the_server_numbers_anew_only_unread_letters_are_offered(mailbox, tick):
    mailbox.put(letter(1))
    book = Book()
    assert book.poll() == 1
    mailbox.number_anew()
    mailbox.put(letter(2))
    later(tick)
    assert book.poll() == 1 and book.seen[-1].mail.subject == "letter 2"


def test_a_letter_that_is_too_large_is_not_fetched_and_a_broken_one_says_so(mailbox, monkeypatch):
    monkeypatch.setattr(intakes, "LETTER_BYTES", 3000)
    mailbox.put(letter(1, "x" * 5000))
    mailbox.put(letter(2).replace(b"text/plain; charset=utf-8", b"multipart/encrypted; boundary=x"))
    fetched = []
    real = imap.Mailbox.fetch
    monkeypatch.setattr(imap.Mailbox, "fetch", lambda box, number: fetched.append(number) or real(box, number))
    book = Book()
    assert book.poll() == 2
    assert [found.problem for found in book.seen] == ["too_large", "encrypted"] and fetched == [2]


def test_a_long_queue_is_taken_in_portions(mailbox, monkeypatch):
    monkeypatch.setattr(imap, "MOST_AT_ONCE", 3)
    for number in range(7):
        mailbox.put(letter(number))
    book = Book()
    assert [book.poll() for _visit in range(4)] == [3, 3, 1, 0] and taken() == 7


@pytest.mark.parametrize(("changes", "reason"), [
    ({"password": "wrong one"}, "imap_login"), ({"folder": "Nowhere"}, "imap_folder"), ({"port": 1}, "connect")])
def test_a_mailbox_that_cannot_be_opened_rests_longer_each_time_and_says_why(mailbox, county, tick, changes, reason):
    configure(county, mailbox, **changes)
    book = Book()
    rests = []
    for _visit in range(3):
        assert book.poll() == 0
        state = IntakeState.get()
        assert state.error == reason and state.lease is None
        rests.append(state.next_at - db.now())
        tick(rests[-1] + timedelta(seconds=1), sweep=False)
    assert timedelta(seconds=30) < rests[0] < rests[1] < rests[2] <= intakes.LONGEST_REST
    configure(county, mailbox, port=mailbox.port)
    mailbox.put(letter(1))
    assert book.poll() == 1 and IntakeState.get().failures == 0


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mailbox_is_read_over_tls_when_its_certificate_is_trusted(county, tmp_path, security):
    identity = receivers.identity(tmp_path)
    (tmp_path / "server.pem").chmod(0o644)
    with imap_server(tmp_path / "imap", tmp_path / "server.pem") as server:
        port = server.tls_port if security == "tls" else server.port
        server.put(letter(1))
        configure(county, server, host="localhost", port=port, security=security, ca=identity.pem)
        book = Book()
        assert book.poll() == 1
        with pytest.raises(Failure) as caught, imap.opened(channel_setup.opened(
                configure(county, server, host="localhost", port=port, security=security, ca="", password=PASSWORD))):
            pass
        assert caught.value.reason == "certificate"


def test_an_address_of_the_intranet_needs_the_countys_word_and_a_plain_one_the_intranet(county, division_tree):
    @contextmanager
    def refused(field):
        with pytest.raises(Invalid) as caught:
            yield
        assert list(caught.value.errors) == [field]

    class Server:
        port = 143

    with refused("host"):
        configure(county, Server, host="10.1.2.3")
    settings.put("core.outgoing_private", county, "", source="test", valid_from=local_day())
    with refused("host"):
        configure(county, Server)
    setup = channel_setup.Setup({"host": "8.8.8.8", "port": 143, "security": "plain"}, {}, ())
    with pytest.raises(outgoing.Failure) as caught, imap.opened(setup):
        pass
    assert caught.value.reason == "plain"


def test_the_password_is_sealed_and_not_carried_to_another_server(mailbox, county):
    row = channel_setup.find("mailbox", county)
    assert PASSWORD not in str(row.values) + str(row.secrets)
    with pytest.raises(Invalid) as caught:
        configure(county, mailbox, port=993, password="")
    assert list(caught.value.errors) == ["password"]


def test_trying_a_mailbox_says_how_many_letters_wait_and_takes_none(mailbox, county):
    mailbox.put(letter(1))
    assert "1" in imap.look(channel_setup.opened(channel_setup.find("mailbox", county)))
    assert "\\Seen" not in mailbox.flags()[0] and IntakeState.select().count() == 0


def test_a_worker_does_standing_work_of_plugins_and_shows_when_it_ran(with_plugins):
    from types import SimpleNamespace

    from grid321.core.api import Plugin, Standing, hookimpl

    left = [2, 1]

    @hookimpl
    def grid321_jobs():
        return [Standing("guest.look", "Look", lambda: left.pop() if left else 0, 1.0)]

    app = with_plugins(SimpleNamespace(plugin=Plugin("guest", "Guest", "1.0.0"), __name__="guest", grid321_jobs=grid321_jobs))
    clerk = worker.Worker(app)
    clerk.once()
    task = next(task for task in clerk.house if task.name == "guest.look")
    assert left == [] and task.ran is not None and jobs.label("guest.look") == "guest.look"
