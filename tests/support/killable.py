"""A site that is killed under load: gunicorn with two web processes, two workers, clients that ask again when nobody answered."""
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

from grid321.core import db

TESTS = Path(__file__).resolve().parents[1]
WEB, WORKERS = 2, 2
LEASE = 2.0
PATIENCE = 120.0


def address():
    """The bound database as other processes are told it."""
    name = db.database.obj.database
    return name if db.is_postgres() else f"sqlite:///{name}"


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(condition, what):
    """Wait until ``condition()`` is true and return it; how long does not matter, only that it comes."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"it never happened: {what}")


def children(pid):
    return [int(part) for part in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


class Site:
    """The processes of a site on the bound database. ``plugins`` are names of ``support``; ``folder`` takes its files."""

    def __init__(self, plugins, home, folder):
        self.plugins, self.home, self.folder, self.url, self.port = plugins, home, folder, address(), free_port()
        # As in service: what is acknowledged is durable, and the queue is the site's own.
        self.env = {key: value for key, value in os.environ.items() if key != "GRID321_UNSAFE_FAST"}
        self.env |= {"GRID321_QUEUE": f"sqlite:///{folder}/queue.db"}
        self.workers = []
        self.web = self.nursery = None

    def start(self):
        settings = {"DATABASE": self.url, "HOME": self.home}
        names = ", ".join(self.plugins)
        # The master reads the modules, so that a new web process need not; each makes its own application, as in service.
        (self.folder / "killable_modules.py").write_text(
            f"import sys\nsys.path.insert(0, {str(TESTS)!r})\nimport importlib\nfrom support import {names}\n"
            "from grid321.core.app import PAGES\nfor name in PAGES:\n    importlib.import_module('grid321.core.' + name)\n"
            "from grid321.core.gunicorn_hooks import *\n", encoding="utf8")
        (self.folder / "killable.py").write_text(
            f"import sys\nsys.path.insert(0, {str(TESTS)!r})\nfrom support import {names}\n"
            f"from grid321.core.app import create_app\napp = create_app({settings!r} | {{'PLUGINS': [{names}]}})\n",
            encoding="utf8")
        self.web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--workers", str(WEB), "--threads", "4",
             "--worker-class", "gthread", "--log-level", "critical", "--no-control-socket", "--pythonpath", str(self.folder),
             "--config", str(self.folder / "killable_modules.py"), "killable:app"], env=self.env)
        self.nursery = subprocess.Popen(
            [sys.executable, str(TESTS / "support" / "worker_nursery.py"), self.url, self.home, str(LEASE), *self.plugins],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.env)
        self.workers = [self.worker() for _number in range(WORKERS)]
        wait_for(self.answers, "the site answers")

    def worker(self):
        """Start one worker process; returns its number."""
        self.nursery.stdin.write("\n")
        self.nursery.stdin.flush()
        return int(self.nursery.stdout.readline())

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
                return b"200" in connection.recv(64)
        except OSError:
            return False

    def kill_web(self, choose):
        """SIGKILL one web process; gunicorn starts another."""
        os.kill(choose(children(self.web.pid)), signal.SIGKILL)

    def kill_worker(self, choose):
        """SIGKILL one worker and start another, as a service manager does."""
        number = choose(range(WORKERS))
        os.kill(self.workers[number], signal.SIGKILL)
        self.workers[number] = self.worker()

    def stop(self):
        """End everything in order; returns the exit codes of the workers that were alive."""
        self.web.terminate()
        codes = dict(map(int, line.split()) for line in self.nursery.communicate(timeout=60)[0].splitlines())
        self.web.wait(60)
        return [codes[worker] for worker in self.workers]

    def end(self):
        """End whatever still runs, at once."""
        for worker in self.workers if self.nursery.poll() is None else ():
            os.kill(worker, signal.SIGKILL)
        for process in (self.nursery, self.web):
            process.kill()
            process.wait()


class Client(threading.Thread):
    """Registers matters and brings them to their end; asks again with the same key until it has an answer."""

    STEPS = (("send_up", {"record": "会议纪要"}), ("send_up", {"record": "会议纪要"}), ("close", {}))

    def __init__(self, port, code, token, stop):
        super().__init__()
        self.port, self.code, self.token, self.stop = port, code, token, stop
        self.created, self.steps, self.repeated, self.wrong = {}, [], 0, []

    def run(self):
        base = f"/api/v1/d/{self.code}/matters/matter"
        while not self.stop.is_set():
            made = self.ask(base, {"title": "路灯不亮", "kind": "light"}, 201)
            if made is None:
                return
            self.created[made["id"]] = made["number"]
            version = made["version"]
            for key, body in self.STEPS:
                done = self.ask(f"{base}/{made['id']}/transitions/{key}", body, 200, version)
                if done is None:
                    return
                version = done["version"]
                self.steps.append((made["id"], key, version))

    def ask(self, path, body, expected, version=None):
        """One effect, however often it is asked for; None when the test ends without an answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
                   "Idempotency-Key": uuid.uuid4().hex} | ({"If-Match": f'"{version}"'} if version else {})
        tries = 0
        while not (self.stop.is_set() and tries):
            tries += 1
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                connection.request("POST", path, json.dumps(body), headers)
                answer = connection.getresponse()
                content = answer.read()
                if answer.status == 503:  # the database was away for a moment and said so
                    continue
                if answer.status != expected:
                    self.wrong.append((path, answer.status, content[:300]))
                    return None
                self.repeated += tries > 1
                return json.loads(content)
            except (OSError, http.client.HTTPException):
                continue
            finally:
                connection.close()
        return None


def moment(generator):
    """A short random wait, so that a kill falls anywhere in a step; what is tested does not depend on it."""
    time.sleep(generator.random() * 0.05)


def generator_of(seed):
    return random.Random(seed)
