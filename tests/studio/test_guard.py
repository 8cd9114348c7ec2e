"""What guards the studio's server: tokens, origins, paths, connections; its start and its end."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mixer.studio.songs import Studio
from mixer.studio.studio_server import MOST_CONNECTIONS, prepare
from tests.studio.asking import HOME, PORT, TOKEN
from tests.studio.desk import wait_for


def test_every_answer_binds_the_page(stranger: TestClient) -> None:
    for path in ("/", "/assets/studio.js", "/shared/axes.js", "/api/songs", "/none"):
        headers = stranger.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


def test_the_page_asks_nothing_of_elsewhere(stranger: TestClient) -> None:
    assert stranger.get("/").status_code == 200
    assets = Path(sys.modules["mixer.studio.studio_server"].__file__ or "").parent / "assets"
    for path in assets.rglob("*"):
        if path.suffix in (".js", ".css", ".html"):
            # An SVG's name space is a name, not an address.
            text = path.read_text().replace("http://www.w3.org/", "")
            assert not re.search(r"https?://|//[a-z]+\.[a-z]+/", text), path


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-Mixer-Token": ""}, 401),
        ({"X-Mixer-Token": "another"}, 401),
        ({"X-Mixer-Token": "\xff\xfe"}, 401),
        ({"X-Mixer-Token": TOKEN, "Host": "evil.example"}, 403),
        ({"X-Mixer-Token": TOKEN, "Host": "evil.example:8801"}, 403),
        ({"X-Mixer-Token": TOKEN, "Host": "127.0.0.1:1"}, 403),
        ({"X-Mixer-Token": TOKEN, "Host": ""}, 403),
        ({"X-Mixer-Token": TOKEN, "Origin": "http://evil.example"}, 403),
        ({"X-Mixer-Token": TOKEN, "Origin": "null"}, 403),
        ({"X-Mixer-Token": TOKEN, "Origin": "https://127.0.0.1:8801"}, 403),
        ({"X-Mixer-Token": TOKEN, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-Mixer-Token": TOKEN, "Origin": HOME, "Sec-Fetch-Site": "same-origin"}, 200),
        ({"X-Mixer-Token": TOKEN, "Host": f"localhost:{PORT}"}, 200),
    ],
)
def test_who_may_ask(stranger: TestClient, headers: dict[str, str], status: int) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    assert stranger.get("/api/songs", headers=encoded).status_code == status


@pytest.mark.parametrize("query", ["token=", "token=no", f"token=x&token={TOKEN}", "token=%00"])
def test_a_wrong_token_in_a_link_opens_nothing(stranger: TestClient, query: str) -> None:
    assert stranger.get(f"/api/songs?{query}").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/../../../etc/passwd",
        "/assets/../messages.py",
        "/assets/%2e%2e/messages.py",
        "/assets/..%2fmessages.py",
        "/shared/../../../../etc/passwd",
        "/assets//etc/passwd",
        "/messages.py",
        "/api/songs/..%2f..%2fnotes/state",
        "/api/songs/notes/state",
        "/api/songs/../../notes/secret.txt",
        "/api/songs/x/audio/..%2fmix",
    ],
)
def test_no_path_leads_out(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert b"root:" not in answer.content
    assert b"secret" not in answer.content


def test_connections_that_send_nothing_or_drip_keep_nobody_out(served: tuple[str, int]) -> None:
    import httpx

    token, port = served
    idle = []
    for _ in range(2 * MOST_CONNECTIONS):
        idle.append(socket.create_connection(("127.0.0.1", port)))
        idle[-1].sendall(b"GET / HTTP/1.1\r\nX: ")
    answer = httpx.get(
        f"http://127.0.0.1:{port}/api/songs", headers={"X-Mixer-Token": token}, timeout=20
    )
    assert answer.status_code == 200
    idle[0].settimeout(10)
    with contextlib.suppress(ConnectionError):
        assert idle[0].recv(100) == b""
    for one in idle:
        one.close()


def ask_for_page(port: int, then: bytes = b"") -> socket.socket:
    """A connection that has read a whole answer, and sent something more."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    answer = b""
    while b"</html>" not in answer:
        answer += connection.recv(65_536)
    connection.sendall(then)
    return connection


def test_a_half_request_after_a_whole_one_is_not_waited_for(
    served: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixer.studio.studio_server._HEAD_LIMIT_S", 0.5)
    _, port = served
    with ask_for_page(port, b"GET / HT") as half, ask_for_page(port) as idle:
        for letter in b"TP/1.1\r\nX":  # that it goes on does not help it
            with contextlib.suppress(OSError):
                half.sendall(bytes([letter]))
            time.sleep(0.1)
        with contextlib.suppress(ConnectionError):
            assert half.recv(100) == b""
        # Without a byte of a further request it is only kept alive.
        idle.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        assert idle.recv(100).startswith(b"HTTP/1.1 200")


def test_an_answer_that_nobody_reads_is_given_up(
    served: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixer.studio.studio_server._UNREAD_LIMIT_S", 0.5)
    _, port = served
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
        connection.connect(("127.0.0.1", port))
        connection.settimeout(20)
        asked = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        # More answers than the system holds in between.
        is_closed = False
        for _ in range(200):
            try:
                connection.sendall(asked * 200)
            except ConnectionError:
                is_closed = True
                break
            time.sleep(0.05)
        assert is_closed


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 50_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"\r\n" * 10_000,
    ],
)
def test_what_is_not_a_request_ends_the_connection(served: tuple[str, int], raw: bytes) -> None:
    _, port = served
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65_536)
        except OSError:
            answer = b""
    assert not answer.startswith(b"HTTP/1.1 200")


def test_the_command_prints_its_link_and_ends_cleanly(served_songs: Path, tmp_path: Path) -> None:
    words = ["studio", str(served_songs / "second"), "--no-open", "-o", str(tmp_path / "mixes")]
    process = subprocess.Popen(
        [sys.executable, "-m", "mixer", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    link = process.stdout.readline().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#[\w-]{32}", link)
    import httpx

    home, _, token = link.partition("/#")

    def listed() -> bool:
        try:
            answer = httpx.get(f"{home}/api/songs", headers={"X-Mixer-Token": token}, timeout=30)
        except httpx.ConnectError:
            return False
        return answer.status_code == 200

    wait_for(listed)
    song = httpx.get(f"{home}/api/songs", headers={"X-Mixer-Token": token}).json()["songs"][0]["id"]
    httpx.get(f"{home}/api/songs/{song}/state", headers={"X-Mixer-Token": token}, timeout=30)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode in (0, 130), err
    assert out == ""
    assert "Traceback" not in err
    assert "stopped" in err


def test_a_port_that_is_taken_is_told(served_studio: Studio) -> None:
    from mixer.errors import OutputError

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OutputError, match="choose another --port"):
            prepare(served_studio, taken.getsockname()[1])


def test_a_missing_library_names_its_extra(served_songs: Path) -> None:
    code = (
        "import sys\nsys.modules['uvicorn'] = None\nfrom mixer.cli.main import run\n"
        f"sys.exit(run(['studio', {str(served_songs)!r}, '--no-open']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 3
    assert "[studio]" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
