"""What was acknowledged survives: web processes are killed with SIGKILL under load, and nothing is lost, doubled or halved."""
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid

import pytest

KILLS = 6


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def served(app, here, division_tree, tmp_path):
    """Serve the test's own database with gunicorn, two processes; yield (port, API token, gunicorn's pid)."""
    from grid321.core import accounts, db, tokens
    from grid321.core.access import actor_of

    account = accounts.create_account("sender", None, division_tree.county, must_change_password=False)
    accounts.grant(account.id, "matters.resident", division_tree.county)
    accounts.grant(account.id, "core.api", division_tree.county)
    token = tokens.create(actor_of(account.id), "durability", 30)
    url = db.database.obj.database
    settings = {"DATABASE": url if db.is_postgres() else f"sqlite:///{url}", "HOME": str(app.extensions["grid321"].config.home)}
    (tmp_path / "killable.py").write_text(
        "import sys\nsys.path.insert(0, 'tests')\nfrom support import matters\nfrom grid321.core.app import create_app\n"
        f"app = create_app({settings!r} | {{'PLUGINS': [matters]}})\n", encoding="utf8")
    db.close_thread()
    port = free_port()
    env = {key: value for key, value in os.environ.items() if key != "GRID321_UNSAFE_FAST"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--worker-class",
         "gthread", "--log-level", "critical", "--no-control-socket", "--chdir", os.getcwd(), "--pythonpath", str(tmp_path),
         "killable:app"], env=env)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield port, token, process.pid
    process.terminate()
    process.wait(20)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(part) for part in file.read().split()]


def send(port, token, key):
    """POST one matter; returns its number, or None when the connection broke."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/api/v1/d/610902104200/matters/matter", json.dumps({"title": "路灯不亮", "kind": "light"}), {
            "Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 201, body
        return json.loads(body)["number"]
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def wait_for(answers, number):
    """Wait until so many requests were acknowledged: the next kill comes in the middle of the work."""
    deadline = time.monotonic() + 60
    while len(answers) < number and time.monotonic() < deadline:
        time.sleep(0.01)


def test_killing_web_processes_under_load_loses_and_doubles_nothing(served, here):
    port, token, pid = served
    acknowledged, stop = {}, threading.Event()

    def client():
        while not stop.is_set():
            key = uuid.uuid4().hex
            number = None
            while number is None and not stop.is_set():  # a client that got no answer asks again with the same key
                number = send(port, token, key)
            if number is not None:
                acknowledged[key] = number

    clients = [threading.Thread(target=client) for _ in range(4)]
    for thread in clients:
        thread.start()
    try:
        for number in range(1, KILLS + 1):
            wait_for(acknowledged, number * 5)
            os.kill(children(pid)[0], signal.SIGKILL)
        wait_for(acknowledged, (KILLS + 1) * 5)
    finally:
        stop.set()
        for thread in clients:
            thread.join(30)
    from grid321.core import verification

    stored = [row[0] for row in here.entity.model.select(here.entity.model.number).tuples()]
    assert len(acknowledged) >= (KILLS + 1) * 5
    assert len(stored) == len(set(stored))
    assert set(acknowledged.values()) <= set(stored)
    assert len(set(acknowledged.values())) == len(acknowledged)  # a repeated key gave its first answer
    assert len(stored) - len(acknowledged) <= len(clients)  # at most the one that each client was still waiting for
    assert list(verification.check_all()) == []
