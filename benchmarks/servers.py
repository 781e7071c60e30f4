"""Starts the two servers alike (gunicorn, 2 workers × 4 threads), reads what their workers use, and drives the clients."""
from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter as Bag
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

HERE = Path(__file__).resolve().parent
WORKERS, THREADS, CLIENTS = 2, 4, 4
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A gunicorn with two workers; a context manager that waits until it answers and ends it afterwards."""

    def __init__(self, name: str, application: str, environment: dict[str, str], probe: str, log: Path) -> None:
        self.name, self.application, self.probe, self.log = name, application, probe, log
        self.environment = {**os.environ, **environment}
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.started_in = 0.0

    def __enter__(self) -> Server:
        from grid321.core.commands.serve import gunicorn_options

        command = [sys.executable, "-m", "gunicorn", *gunicorn_options(f"127.0.0.1:{self.port}", WORKERS, THREADS),
                   self.application]
        started = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, cwd=HERE, stdout=log, stderr=log,
                                            start_new_session=True)
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() - started > 60:
                self.__exit__(None, None, None)
                raise RuntimeError(f"{self.name} does not start: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)
        self.started_in = time.monotonic() - started
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as link:
            link.sendall(f"GET {self.probe} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            return link.recv(12).startswith(b"HTTP/1.1 ")
        return False

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        assert self.process is not None
        main = self.process.pid
        return [int(word) for word in Path(f"/proc/{main}/task/{main}/children").read_text().split()]

    def cpu(self) -> float:
        """Seconds of processor time that the workers have used."""
        total = 0
        for worker in self.workers():
            parts = Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()
            total += int(parts[11]) + int(parts[12])
        return total / TICKS

    def memory(self) -> float:
        """Resident memory of the biggest worker in MB."""
        found = []
        for worker in self.workers():
            status = Path(f"/proc/{worker}/status").read_text()
            found.append(int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024)
        return max(found)


@dataclass
class Round:
    """What four clients measured in one slot."""

    rate: float
    cpu_ms: float
    client_cpu: float
    times: list[int] = field(default_factory=list)
    statuses: Bag[str] = field(default_factory=Bag)


class Clients:
    """Four client processes that stay for the whole run."""

    def __init__(self, count: int = CLIENTS) -> None:
        self.processes = [subprocess.Popen([sys.executable, str(HERE / "client.py")], stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, text=True) for _number in range(count)]

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)

    def run(self, server: Server, requests: list[list[str]], seconds: float) -> Round:
        """Let every client send its requests for some seconds. Raises RuntimeError for an answer that is not 200 or 201."""
        cpu = server.cpu()
        for number, process in enumerate(self.processes):
            assert process.stdin is not None
            job = {"port": server.port, "requests": requests[number % len(requests)], "seconds": seconds}
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
        answers: list[dict[str, Any]] = []
        for process in self.processes:
            assert process.stdout is not None
            answers.append(json.loads(process.stdout.readline()))
        count = sum(answer["count"] for answer in answers)
        statuses: Bag[str] = Bag()
        for answer in answers:
            statuses.update(answer["statuses"])
        wrong = {status: n for status, n in statuses.items() if status not in {"200", "201"}}
        if wrong:
            raise RuntimeError(f"{server.name} answered {wrong} to {requests[0][0][:200]!r}")
        return Round(sum(answer["count"] / answer["seconds"] for answer in answers), (server.cpu() - cpu) * 1000 / count,
                     sum(answer["cpu"] / answer["seconds"] for answer in answers) / len(answers),
                     [one for answer in answers for one in answer["times"]], statuses)


def request(path: str, headers: dict[str, str] | None = None, body: str | None = None) -> str:
    """The text of an HTTP/1.1 request on a kept-alive connection."""
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: 127.0.0.1",
             *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body.encode())}"]
    return "\r\n".join([*lines, "", body or ""])
