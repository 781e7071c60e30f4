"""A real IMAP server on loopback: Dovecot, started as the user of the tests in a folder of its own, ended with the test."""
from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .receivers import HERE, free_port

DOVECOT = "/usr/sbin/dovecot"
USER, PASSWORD = "letters", "the mailbox's password"
FIRST_SECONDS = 20.0

CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = {here}
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
auth_failure_delay = 0
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail
mail_fsync = never
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
"""


@dataclass
class MailServer:
    """A running server with one mailbox. ``port`` takes plain connections and STARTTLS, ``tls_port`` TLS."""

    folder: Path
    port: int
    tls_port: int

    def put(self, raw: bytes, folder: str = "INBOX") -> None:
        """Deliver a letter, as another mail server would."""
        with self.client() as client:
            status, _data = client.append(folder, None, imaplib.Time2Internaldate(time.time()), raw)
            assert status == "OK"

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        """A mail program of a person, logged in."""
        client = imaplib.IMAP4(HERE, self.port, timeout=10)
        try:
            client.login(USER, PASSWORD)
            yield client
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()

    def flags(self) -> list[str]:
        """The flags of each letter in the inbox, in the order of arrival."""
        with self.client() as client:
            client.select("INBOX", readonly=True)
            _status, data = client.fetch("1:*", "(FLAGS)")
        return [line.decode().partition("FLAGS (")[2].rstrip(")") for line in data if line]

    def number_anew(self) -> None:
        """Make the server forget its numbers: UIDVALIDITY changes, as after a restore from a backup."""
        for path in (self.folder / "mail").glob("dovecot*"):
            path.unlink()


@contextmanager
def imap_server(folder: Path, pem: Path | None = None) -> Iterator[MailServer]:
    """Start Dovecot in ``folder`` with an empty mailbox. ``pem`` holds key and certificate for TLS."""
    root = os.geteuid() == 0
    uid, gid = (65534, 65534) if root else (os.geteuid(), os.getegid())
    me, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
    port, tls_port = free_port(), free_port()
    for name in ("run", "state", "mail", "home"):
        (folder / name).mkdir(parents=True)
    if root:  # Dovecot reads nobody's mail as root
        for name in ("mail", "home"):
            shutil.chown(folder / name, uid, gid)
        for above in (folder, *folder.parents):
            if above.stat().st_uid == 0 and not above.stat().st_mode & 0o001:
                above.chmod(above.stat().st_mode | 0o011)
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    (folder / "users").chmod(0o644)
    certificate = f"ssl_cert = <{pem}\nssl_key = <{pem}" if pem is not None else ""
    config = folder / "dovecot.conf"
    config.write_text(CONFIG.format(
        folder=folder, here=HERE, ssl="yes" if pem is not None else "no", certificate=certificate, port=port,
        tls_port=tls_port if pem is not None else 0,
        internal="dovecot" if root else me, group="dovecot" if root else group, login="dovenull" if root else me, uid=uid,
        gid=gid))
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    try:
        _wait(process, port, folder)
        yield MailServer(folder, port, tls_port)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # nothing of it is kept, and asking politely takes a second
        process.wait(10)


def _wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    until = time.monotonic() + FIRST_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection((HERE, port), 1) as sock:
            if sock.recv(10).startswith(b"* OK"):
                return
        time.sleep(0.05)
    log = folder / "log"
    raise RuntimeError(f"Dovecot did not start: {log.read_text()[-2000:] if log.exists() else 'no log'}")
