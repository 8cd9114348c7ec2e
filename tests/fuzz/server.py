"""Clients of the listening server from anywhere."""

from __future__ import annotations

import csv
import http.client
import json
import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.fuzz.case import INTERRUPTED, Case
from tests.fuzz.listening_test import design_of_test, lay_out_test
from tests.fuzz.material import hostile_json, rounds
from tests.listen.sample_answers import whole_answers

_READY_S, _ANSWER_S = 40.0, 20.0
# Works on the server at a port with a token; what was wrong, "" for nothing.
Attack = Callable[[int, str], str]


def _case(kind: str, attack: Attack) -> Case:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def build(work: Path) -> None:
        lay_out_test(work / "T")

    def meanwhile(work: Path, pid: int) -> str:
        token = _wait_for_token(work, port)
        if token is None:
            return "the server did not start"
        fault = attack(port, token)
        # Whatever came before, a participant is answered.
        status, _ = _ask(port, "GET", f"/t/{token}/design.js")
        answers = json.dumps({**whole_answers(design_of_test(), "P001"), "revision": 10**6})
        kept, _ = _ask(port, "PUT", f"/t/{token}/answers", answers.encode())
        if (status, kept) != (200, 204):
            fault = fault or f"a participant gets {status} and {kept}"
        return fault

    return Case(
        kind,
        build,
        ("listen", "serve", "T", "--port", str(port)),
        frozenset({0, INTERRUPTED}),
        may_write=(
            "T/links.csv",
            "T/answers.sqlite",
            "T/answers.sqlite-wal",
            "T/answers.sqlite-shm",
        ),
        keeps_some=True,
        meanwhile=meanwhile,
    )


def _wait_for_token(work: Path, port: int) -> str | None:
    until_s = time.monotonic() + _READY_S
    while time.monotonic() < until_s:
        try:
            with (work / "T" / "links.csv").open(newline="") as file:
                link = list(csv.reader(file))[1][1]
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
            return urlsplit(link).path.split("/")[2]
        except (OSError, IndexError):
            time.sleep(0.05)
    return None


def _ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        reply = connection.getresponse()
        return reply.status, reply.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def _send(port: int, data: bytes) -> bytes:
    received = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_S) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while block := connection.recv(65_536):
                received += block
    except OSError:
        pass
    return received


def _answers(rng: random.Random) -> Case:
    bodies = [
        hostile_json(whole_answers(design_of_test(), "P001"), rng).encode("utf-8", "surrogatepass")
        for _ in range(20)
    ]

    def attack(port: int, token: str) -> str:
        for body in bodies:
            status, _ = _ask(port, "PUT", f"/t/{token}/answers", body)
            if status not in (204, 403, 409, 413, 422):
                return f"answers get {status}"
        return ""

    return _case("server/answers", attack)


def _paths(rng: random.Random) -> Case:
    names = [
        "../key.json",
        "..%2fkey.json",
        "%2e%2e/key.json",
        "%252e%252e/key.json",
        "/etc/passwd",
        "key.json",
        "a\\..\\key.json",
        "design.js%00.html",
        "./././design.js/../../key.json",
        "x" * 60_000,
    ]
    rng.shuffle(names)

    def attack(port: int, token: str) -> str:
        for name in names:
            for prefix in (f"/t/{token}/", "/t/x/", "/", "//", f"/t/{token[:-1]}/"):
                answer = _send(port, f"GET {prefix}{name} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                if b"stimuli" in answer.partition(b"\r\n\r\n")[2] or b" 200 " in answer[:15]:
                    return f"{prefix}{name} is answered"
        return ""

    return _case("server/paths", attack)


def _lines(rng: random.Random) -> Case:
    requests = [
        b"GET / HTTP/0.9\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 1_000,
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5_000 + b"\r\n", rng.randbytes(2_000), b"GET",
        b"A" * 100_000,
        b"PUT / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc",
        b"GET / HTTP/1.1\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n",
        b"TRACE / HTTP/1.1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ]  # fmt: skip

    def attack(port: int, token: str) -> str:
        for request in requests:
            answer = _send(port, request)
            if answer and not answer.startswith(b"HTTP/1."):
                return f"{request[:20]!r} is answered without a status"
            if answer[9:10] not in (b"", b"4", b"5"):
                return f"{request[:20]!r} is answered with {answer[:20]!r}"
        return ""

    return _case("server/lines", attack)


def _crowd(rng: random.Random) -> Case:
    count, head = (
        rng.choice((100, 600)),
        rng.choice((b"", b"GET /t/", b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\n")),
    )

    def attack(port: int, token: str) -> str:
        crowd = []
        try:
            for _ in range(count):
                connection = socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_S)
                connection.sendall(head)
                crowd.append(connection)
            status, _ = _ask(port, "GET", f"/t/{token}/design.js")
            return "" if status == 200 else f"{count} silent connections shut a participant out"
        except OSError as error:
            return f"a connection of {count} gets {error}"
        finally:
            for connection in crowd:
                connection.close()

    return _case("server/crowd", attack)


_KINDS = (_answers, _paths, _lines, _crowd)


def cases(seed: int) -> Iterator[Case]:
    """Servers under hostile clients, which still serve a participant afterwards."""
    return rounds(seed, _KINDS)
