"""The studio's server: what pages may ask, and what nobody may."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mixer.studio.server import MOST_CONNECTIONS, guarded, prepare
from mixer.studio.songs import Studio
from tests.studio.desk import wait_for, write_stems

TOKEN, PORT = "a-token-of-this-test", 8_801
HOME = f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    write_stems(folder / "First song")
    write_stems(folder / "second")
    (folder / "notes").mkdir()
    (folder / "notes" / "secret.txt").write_text("a secret")
    return folder


@pytest.fixture(scope="module")
def studio(songs: Path) -> Iterator[Studio]:
    studio = Studio(songs, songs.parent / "mixes")
    yield studio
    studio.close()


@pytest.fixture
def stranger(studio: Studio) -> TestClient:
    return TestClient(guarded(studio, TOKEN, PORT), base_url=HOME)


@pytest.fixture
def page(stranger: TestClient) -> TestClient:
    stranger.headers["X-Mixer-Token"] = TOKEN
    return stranger


def song_of(page: TestClient, name: str = "First song") -> str:
    rows = page.get("/api/songs").json()["songs"]
    return next(row["id"] for row in rows if row["name"] == name)


def ready(page: TestClient) -> tuple[str, dict[str, Any]]:
    """The address of a song that is read, and its state."""
    at = f"/api/songs/{song_of(page)}"

    def look() -> dict[str, Any] | None:
        state = page.get(f"{at}/state").json()
        assert state["problem"] is None
        return state if state["exact"] else None

    return at, wait_for(look)


def test_a_folder_of_songs_is_listed_and_opened_on_demand(page: TestClient) -> None:
    found = page.get("/api/songs").json()
    assert [row["name"] for row in found["songs"]] == ["First song", "second"]
    at, state = ready(page)
    assert state["sample_rate_hz"] == 44_100
    assert page.post(f"{at}/open").json()["id"] == state["id"]


def test_a_page_edits_undoes_and_meets_another_page(page: TestClient) -> None:
    at, state = ready(page)
    change = {"revision": state["revision"], "changes": {"vocals.gain_db": 1.5}}
    first = page.patch(f"{at}/edits", json=change | {"label": "voice up", "gesture": "g1"})
    assert first.status_code == 200
    assert first.json()["revision"] == state["revision"] + 1
    late = page.patch(f"{at}/edits", json=change)
    assert late.status_code == 409
    assert late.json()["state"]["can_undo"] == "voice up"
    undone = page.post(f"{at}/undo", json={"revision": first.json()["revision"]})
    assert undone.json()["can_redo"] == "voice up"


def test_audio_comes_in_ranges(page: TestClient) -> None:
    at, state = ready(page)
    audio = state["sources"][0]["audio"]
    query = {"start": 100, "frames": 1_000, "version": audio["version"]}
    answer = page.get(f"{at}/audio/mix", params=query)
    assert (answer.status_code, answer.headers["X-Frames"], len(answer.content)) == (
        200,
        "1000",
        4_000,
    )
    end = page.get(f"{at}/audio/mix", params={"start": audio["n_frames"] - 1})
    assert end.headers["X-Frames"] == "1"
    assert page.get(f"{at}/audio/mix", params={"start": audio["n_frames"]}).status_code == 416
    assert page.get(f"{at}/audio/mix", params={"version": 9_999}).status_code == 410
    assert page.get(f"{at}/audio/none").status_code == 404
    assert page.get(f"{at}/response/none").status_code == 404
    assert len(page.get(f"{at}/overview/mix", params={"points": 7}).json()["peaks"]) == 7


def test_choices_are_those_of_the_command_line(page: TestClient) -> None:
    found = page.get("/api/choices").json()
    assert "rock" in [preset["name"] for preset in found["presets"]]
    assert found["ranges"]["gain_db"] == [-60.0, 24.0]
    assert found["ranges"]["eq.q"] == [0.1, 30.0]
    assert "spotify" in [place["name"] for place in found["platforms"]]
    depths = {one["word"]: one["bit_depths"] for one in found["outputs"]["format"]}
    assert (depths["wav"], depths["flac"], depths["mp3"]) == (["24", "16", "32f"], ["24", "16"], [])
    assert {"word": "tv", "title": "TV"} in found["outputs"]["deliver"]
    assert {"word": "reaper", "title": "REAPER"} in found["outputs"]["daw"]


def test_a_render_is_downloaded(page: TestClient) -> None:
    at, _ = ready(page)
    job = page.post(f"{at}/render", json={"format": "flac", "report": True}).json()

    def done() -> dict[str, Any] | None:
        found = page.get(f"{at}/jobs/{job['id']}").json()
        assert found["state"] != "failed", found["problem"]
        return found if found["state"] == "done" else None

    found = wait_for(done)
    assert found["files"][0]["name"] == "First song.flac"
    by_link = TestClient(page.app, base_url=HOME)
    file = by_link.get(f"{at}/jobs/{job['id']}/files/0", params={"token": TOKEN})
    assert file.content[:4] == b"fLaC"
    assert "attachment" in file.headers["content-disposition"]
    assert page.get(f"{at}/jobs/{job['id']}/files/999").status_code == 404
    assert page.get(f"{at}/jobs/{job['id']}/files/-1").status_code == 404
    assert page.get(f"{at}/takes").json()["takes"][0]["file"] == "First song.flac"


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
    assets = Path(sys.modules["mixer.studio.server"].__file__ or "").parent / "assets"
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
def test_no_path_leads_out(page: TestClient, path: str) -> None:
    answer = page.get(path)
    assert answer.status_code == 404
    assert b"root:" not in answer.content
    assert b"secret" not in answer.content


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"\xff\xfe", 400),
        (b"[" * 200_000, 400),
        (b'{"revision": NaN, "changes": {}}', 400),
        (b'{"revision": 1, "revision": 2, "changes": {}}', 400),
        (b'{"revision": 1' + b"0" * 5_000 + b', "changes": {}}', 400),
        (b'{"changes": {}}', 422),
        (b'{"revision": "0", "changes": {}}', 422),
        (b'{"revision": true, "changes": {}}', 422),
        (b'{"revision": 0.0, "changes": {}}', 422),
        (b'{"revision": 0, "changes": []}', 422),
        (b'{"revision": 0, "changes": {}, "more": 1}', 422),
        (b'{"revision": -1, "changes": {}}', 409),
        (b'{"revision": 999999999999999999999, "changes": {}}', 409),
    ],
)
def test_bodies_that_are_not_edits(page: TestClient, body: bytes, status: int) -> None:
    at, before = ready(page)
    headers = {"Content-Type": "application/json"}
    answer = page.patch(f"{at}/edits", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert page.get(f"{at}/state").json()["revision"] == before["revision"]


@pytest.mark.parametrize(
    "changes",
    [
        {"vocals.gain_db": 1e999},
        {"vocals.gain_db": 25},
        {"vocals.gain_db": []},
        {"vocals.gain_db": [[0, 1], [0]]},
        {"vocals.gain_db": {"a": {"b": {}}}},
        {"vocals": "up"},
        {"no.such": 1},
        {"vocals.eq.99.gain_db": 1},
        {"tracks.'none of ours'.gain_db": 1},
        {"\x00": 1},
        {"vocals.plugins": [{"path": "/bin/sh"}]},
        {"settings.model": "../../models"},
        {"presets": ["../x"]},
    ],
)
def test_edits_that_cannot_be_change_nothing(page: TestClient, changes: dict[str, Any]) -> None:
    at, before = ready(page)
    body = json.dumps({"revision": before["revision"], "changes": changes})
    body = body.replace("Infinity", "1e999")
    headers = {"Content-Type": "application/json"}
    answer = page.patch(f"{at}/edits", content=body.encode(), headers=headers)
    assert answer.status_code == 422
    assert answer.json()["lines"]
    after = page.get(f"{at}/state").json()
    assert after["revision"] == before["revision"]
    assert [one["strip"] for one in after["stems"]] == [one["strip"] for one in before["stems"]]
    assert after["settings"] == before["settings"]


def test_bodies_are_bounded_and_typed(page: TestClient) -> None:
    at, _ = ready(page)
    huge = b'{"revision": 0, "changes": {"a": "' + b"x" * (2 << 20) + b'"}}'
    kind = {"Content-Type": "application/json"}
    assert page.patch(f"{at}/edits", content=huge, headers=kind).status_code == 413
    lies = kind | {"Content-Length": "9" * 1_000}
    assert page.patch(f"{at}/edits", content=b"{}", headers=lies).status_code == 413
    assert page.patch(f"{at}/edits", content=iter([b"{}"]), headers=kind).status_code == 411
    assert page.patch(f"{at}/edits", content=b"{}").status_code == 415
    assert page.put(f"{at}/edits", json={}).status_code == 405
    assert page.get(f"{at}/edits").status_code in (404, 405)
    assert page.post("/", content=b"x").status_code == 405


def test_more_than_was_announced_is_cut_off(page: TestClient, studio: Studio) -> None:
    at, _ = ready(page)
    body = b'{"revision": 0, "changes": {}}' + b" " * (2 << 20)
    lies = {"Content-Type": "application/json", "Content-Length": "20"}
    assert page.patch(f"{at}/edits", content=body, headers=lies).status_code == 413


@pytest.mark.parametrize(
    "query", ["start=-1", "start=1e3", "start=x", f"start={'9' * 40}", "frames=1.5"]
)
def test_ranges_are_whole_numbers(page: TestClient, query: str) -> None:
    at, _ = ready(page)
    assert page.get(f"{at}/audio/mix?{query}").status_code == 400


@pytest.fixture
def served(studio: Studio) -> Iterator[tuple[str, int]]:
    """A real server in a thread: its token and port."""
    server = prepare(studio, 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.server.started)
    yield server.link.partition("#")[2], server.socket.getsockname()[1]
    server.server.should_exit = True
    thread.join(20)


def test_events_tell_every_page(served: tuple[str, int], page: TestClient) -> None:
    import httpx

    token, port = served
    at, state = ready(page)
    seen: list[str] = []
    with httpx.stream(
        "GET", f"http://127.0.0.1:{port}/api/events?token={token}", timeout=60
    ) as got:
        lines = got.iter_lines()
        assert next(lines).startswith("retry")
        change = {"revision": state["revision"], "changes": {"bass.gain_db": -1.0}}
        assert page.patch(f"{at}/edits", json=change).status_code == 200
        for line in lines:
            if line.startswith("data:"):
                event = json.loads(line.removeprefix("data: "))
                seen.append(event["type"])
                if event["type"] == "exact" and event["revision"] == state["revision"] + 1:
                    break
    assert "state" in seen
    assert "audio" in seen


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


def test_the_command_prints_its_link_and_ends_cleanly(songs: Path, tmp_path: Path) -> None:
    words = ["studio", str(songs / "second"), "--no-open", "-o", str(tmp_path / "mixes")]
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


def test_a_port_that_is_taken_is_told(studio: Studio) -> None:
    from mixer.errors import OutputError

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OutputError, match="choose another --port"):
            prepare(studio, taken.getsockname()[1])


def test_a_missing_library_names_its_extra(songs: Path) -> None:
    code = (
        "import sys\nsys.modules['uvicorn'] = None\nfrom mixer.cli.main import run\n"
        f"sys.exit(run(['studio', {str(songs)!r}, '--no-open']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 3
    assert "[studio]" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
