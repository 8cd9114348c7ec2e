"""The listening server under strangers: nothing leaks, nobody is kept out, and codes are clear."""

import os
import socket
import threading
import time
from pathlib import Path

import pytest

from mixer.errors import InputError
from mixer.listen.answers import MAX_ANSWERS_BYTES
from mixer.listen.connections import Connections
from mixer.listen.serve import public_files
from tests.listen.sample_answers import whole_answers


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/key.json",
        "/public/index.html",
        "/answers.sqlite",
        "/t/",
        "/t/x/",
        "/t/wrong-token-wrong-token/",
        "/t/wrong-token-wrong-token/answers",
        "/t/%00%00%00%00%00%00%00%00/",
        "/t/" + "a" * 5000 + "/",
    ],
)
def test_without_a_token_nothing_opens(start, path: str) -> None:
    client = start()
    status, body, _ = client.ask("GET", path)
    assert status == 403
    assert b"key" not in body.replace(b"not known", b"")


@pytest.mark.parametrize(
    "path",
    [
        "key.json",
        "../key.json",
        "../../key.json",
        "..%2fkey.json",
        "%2e%2e/key.json",
        "..%5ckey.json",
        "assets/../../key.json",
        "sounds/../../key.json",
        "public/../../key.json",
        "//etc/passwd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "file:///etc/passwd",
        "answers.sqlite",
        "../answers.sqlite",
        "links.csv",
        "assets",
        "sounds/",
        ".",
        "..",
        "design.js%00.html",
        "nothing.js",
        "%ff%fe",
    ],
)
def test_no_path_leaves_the_public_folder(start, path: str) -> None:
    client = start()
    status, body, _ = client.ask("GET", f"/t/{client.tokens['P001']}/{path}")
    assert (status, body) == (404, b"No such file.\n")


def test_links_in_the_public_folder_do_not_lead_out(tmp_path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    (tmp_path / "key.json").write_text("{}")
    (public / "index.html").write_text("x")
    (public / "stolen.json").symlink_to(tmp_path / "key.json")
    (public / "notes.txt").write_text("x")
    assert list(public_files(public)) == ["index.html"]
    (public / "index.html").unlink()
    with pytest.raises(InputError, match="build the test again"):
        public_files(public)


def test_hostile_answers_get_clear_codes(start, design, store) -> None:
    client = start()
    given = whole_answers(design, "P001")
    assert client.put(b" " * (MAX_ANSWERS_BYTES + 1)) == 413
    assert client.put(b"x", **{"Content-Length": "9" * 400}) == 413
    assert client.put(b"no json") == 422
    assert client.put(b"[" * 100_000) == 422
    assert client.put([]) == 422
    assert client.put({**given, "complete": "yes"}) == 422
    assert client.put({**given, "test_id": "other"}) == 422
    assert client.put({**given, "participant": "P002"}) == 403
    assert client.put(given, **{"Content-Type": "text/plain"}) == 415
    assert client.put(given, **{"Content-Length": "-5"}) == 411
    assert client.ask("POST", "answers", b"{}")[0] == 405
    assert client.ask("DELETE", "answers")[0] == 405
    assert client.ask("PUT", "index.html", b"{}")[0] == 405
    assert client.ask("PUT", "/t/wrong-token-wrong-token/answers", b"{}")[0] == 403
    assert client.ask("PATCH", "answers")[0] == 501
    head = f"PUT /t/{client.tokens['P001']}/answers HTTP/1.1\r\nContent-Type: application/json\r\n"
    chunked = client.send_raw(f"{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode())
    assert b" 411 " in chunked.split(b"\r\n")[0]
    status, body, _ = client.ask(
        "PUT", "answers", b'{"format": "x"}', **{"Content-Type": "application/json"}
    )
    assert (status, body) == (422, b"answers: format must be mixer-listening-answers, not 'x'\n")
    assert store.counts() == (0, 0)


def test_hostile_bytes_get_an_answer_or_none(start) -> None:
    client = start()
    assert b" 400 " in client.send_raw(b"nonsense\r\n\r\n")[:20]
    assert b" 414 " in client.send_raw(b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n")[:20]
    many = b"".join(b"X-%d: y\r\n" % n for n in range(500))
    assert b" 431 " in client.send_raw(b"GET / HTTP/1.1\r\n" + many + b"\r\n")[:20]
    assert client.ask("GET", "")[0] == 200


def test_slow_clients_are_cut_and_stop_nobody(start) -> None:
    lines: list[str] = []
    client = start(request_limit_s=0.5, log=lines.append)
    head = f"PUT /t/{client.tokens['P001']}/answers HTTP/1.1\r\nContent-Type: application/json\r\n"
    silent = socket.create_connection(client.address, timeout=10)
    begun = socket.create_connection(client.address, timeout=10)
    begun.sendall(b"GET / HT")
    body = socket.create_connection(client.address, timeout=10)
    body.sendall(f"{head}Content-Length: 500\r\n\r\n".encode() + b"{")
    began = time.monotonic()
    try:
        assert client.ask("GET", "")[0] == 200
        # Dripping does not buy more time.
        while time.monotonic() - began < 2.0:
            try:
                body.send(b" ")
            except OSError:
                break
            time.sleep(0.1)
        assert b" 408 " in body.recv(100)
        assert silent.recv(10) == b""
        assert begun.recv(10) in (b"", b"HTTP/1.0 4")
    finally:
        for connection in (silent, begun, body):
            connection.close()
    assert lines == []


@pytest.mark.parametrize("line", [b"GET {}\r\n\r\n", b"GET {} HTTP/0.9\r\n\r\n"])
def test_the_protocol_of_1991_is_not_answered(start, line: bytes) -> None:
    client = start()
    path = f"/t/{client.tokens['P001']}/".encode()
    answer = client.send_raw(line.replace(b"{}", path))
    assert answer.startswith(b"HTTP/1.0 505 ")
    assert b"<html" not in answer


@pytest.mark.parametrize("kind", ["link", "pipe", "file", "folder"])
def test_what_takes_a_files_place_while_it_runs_is_not_served(
    start, test_folder: Path, tmp_path: Path, kind: str
) -> None:
    client = start()
    assert client.ask("GET", "design.js")[0] == 200
    secret, file = tmp_path / "secret", test_folder / "public" / "design.js"
    secret.write_text("secret")
    file.rename(tmp_path / "kept")
    if kind == "link":
        file.symlink_to(secret)
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "file":
        file.write_text("secret")
    else:
        file.mkdir()
    try:
        assert client.ask("GET", "design.js")[:2] == (404, b"This file no longer exists.\n")
    finally:
        file.rmdir() if kind == "folder" else file.unlink()
        (tmp_path / "kept").rename(file)


def test_connections_that_say_nothing_keep_nobody_out(start, design) -> None:
    client = start()
    silent = [socket.create_connection(client.address, timeout=10) for _ in range(3 * 64)]
    try:
        silent[-1].sendall(b"GET /t/")
        for _ in range(3):
            assert client.ask("GET", "design.js")[0] == 200
        assert client.put(whole_answers(design, "P001")) == 204
        # The first ones had to go.
        assert silent[0].recv(1) == b""
    finally:
        for connection in silent:
            connection.close()


def test_strangers_make_room_and_participants_stay() -> None:
    ours, theirs = zip(*(socket.socketpair() for _ in range(5)), strict=True)
    connections = Connections(most=3, most_strangers=2)
    assert connections.admit(ours[0], "192.0.2.1")
    connections.know(ours[0])
    assert connections.admit(ours[1], "192.0.2.1")
    assert connections.admit(ours[2], "2001:db8::1")
    # Full: the oldest stranger is let go, and its place is taken once it has left.
    threading.Timer(0.1, connections.leave, [ours[1]]).start()
    assert connections.admit(ours[3], "2001:db8::2")
    assert theirs[1].recv(1) == b""
    for known in (ours[2], ours[3]):
        connections.know(known)
    assert not connections.admit(ours[4], "198.51.100.7")
    for connection in (*ours, *theirs):
        connection.close()
