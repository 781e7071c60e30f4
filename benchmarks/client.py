"""The clients: each in a process of its own, one kept-alive connection, requests as raw bytes.

A general HTTP library would cost as much as the page it fetches; this one costs about 30 µs a request, so the servers
are what is measured. Run by ``run.py``; each process reads jobs from its standard input and answers on its output.

    job:    {"port": 8000, "requests": ["GET / HTTP/1.1\\r\\n…"], "seconds": 0.5}
    answer: {"count": 431, "seconds": 0.5003, "times": [µs, …], "cpu": 0.02, "statuses": {"200": 431}, "bytes": 10240}
"""
from __future__ import annotations

import json
import socket
import sys
import time
from typing import Any


class Connection:
    """A kept-alive connection that sends ready-made requests."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, int]:
        """Send a request, read the whole answer, return (status, bytes). Raises OSError when the server is gone."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        data = self.socket.recv(65536)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15:].split(b"\r\n", 1)[0]) if at >= 0 else 0
        wanted = end + 4 + length
        got = len(data)
        while got < wanted:
            got += len(self._more())
        if b"connection: close" in head:
            self.close()
        return int(data[9:12]), got

    def close(self) -> None:
        """End the connection; the next request opens another."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def _more(self) -> bytes:
        assert self.socket is not None
        data = self.socket.recv(65536)
        if not data:
            self.socket = None
            raise ConnectionError("the server closed the connection in the middle of an answer")
        return data


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Send the requests of a job in turn for some seconds, on a connection of its own (servers close idle ones)."""
    connection = Connection(job["port"])
    requests = [text.encode() for text in job["requests"]]
    times: list[int] = []
    statuses: dict[int, int] = {}
    size, number, cpu = 0, 0, time.process_time()
    start = time.perf_counter_ns()
    end = start + int(job["seconds"] * 1e9)
    before = start
    while before < end:
        status, size = connection.ask(requests[number % len(requests)])
        after = time.perf_counter_ns()
        times.append((after - before) // 1000)
        statuses[status] = statuses.get(status, 0) + 1
        before = after
        number += 1
    connection.close()
    return {"count": number, "seconds": (before - start) / 1e9, "times": times, "cpu": time.process_time() - cpu,
            "statuses": statuses, "bytes": size}


def main() -> int:
    """Answer jobs until the input ends."""
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
