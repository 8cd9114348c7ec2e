"""The studio's server: what pages ask it, and bodies that it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from mixer.errors import InputError
from mixer.studio.songs import Studio
from tests.studio.asking import HOME, TOKEN
from tests.studio.desk import wait_for


def song_of(client: TestClient, name: str = "First song") -> str:
    rows = client.get("/api/songs").json()["songs"]
    return next(row["id"] for row in rows if row["name"] == name)


def ready(client: TestClient) -> tuple[str, dict[str, Any]]:
    """The address of a song that is read, and its state."""
    at = f"/api/songs/{song_of(client)}"

    def look() -> dict[str, Any] | None:
        state = client.get(f"{at}/state").json()
        assert state["problem"] is None
        return state if state["exact"] else None

    return at, wait_for(look)


def test_a_folder_of_songs_is_listed_and_opened_on_demand(client: TestClient) -> None:
    found = client.get("/api/songs").json()
    assert [row["name"] for row in found["songs"]] == ["First song", "second"]
    at, state = ready(client)
    assert state["sample_rate_hz"] == 44_100
    assert client.post(f"{at}/open").json()["id"] == state["id"]


def test_a_folder_with_nothing_to_mix_is_refused_with_what_is_in_it(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "My finished mix.wav", np.full((4_410, 2), 0.1), 44_100)
    with pytest.raises(InputError, match=r"nothing to mix; left out My finished mix\.wav"):
        Studio(tmp_path, tmp_path / "mixes")


def test_a_page_edits_undoes_and_meets_another_page(client: TestClient) -> None:
    at, state = ready(client)
    change = {"revision": state["revision"], "changes": {"vocals.gain_db": 1.5}}
    first = client.patch(f"{at}/edits", json=change | {"label": "voice up", "gesture": "g1"})
    assert first.status_code == 200
    assert first.json()["revision"] == state["revision"] + 1
    late = client.patch(f"{at}/edits", json=change)
    assert late.status_code == 409
    assert late.json()["state"]["can_undo"] == "voice up"
    undone = client.post(f"{at}/undo", json={"revision": first.json()["revision"]})
    assert undone.json()["can_redo"] == "voice up"


def test_audio_comes_in_ranges(client: TestClient) -> None:
    at, state = ready(client)
    audio = state["sources"][0]["audio"]
    query = {"start": 100, "frames": 1_000, "version": audio["version"]}
    answer = client.get(f"{at}/audio/mix", params=query)
    assert (answer.status_code, answer.headers["X-Frames"], len(answer.content)) == (
        200,
        "1000",
        4_000,
    )
    end = client.get(f"{at}/audio/mix", params={"start": audio["n_frames"] - 1})
    assert end.headers["X-Frames"] == "1"
    assert client.get(f"{at}/audio/mix", params={"start": audio["n_frames"]}).status_code == 416
    assert client.get(f"{at}/audio/mix", params={"version": 9_999}).status_code == 410
    assert client.get(f"{at}/audio/none").status_code == 404
    assert client.get(f"{at}/response/none").status_code == 404
    assert len(client.get(f"{at}/overview/mix", params={"points": 7}).json()["peaks"]) == 7


def test_choices_are_those_of_the_command_line(client: TestClient) -> None:
    found = client.get("/api/choices").json()
    assert "rock" in [preset["name"] for preset in found["presets"]]
    assert found["ranges"]["gain_db"] == [-60.0, 24.0]
    assert found["ranges"]["eq.q"] == [0.1, 30.0]
    assert "spotify" in [place["name"] for place in found["platforms"]]
    depths = {one["word"]: one["bit_depths"] for one in found["outputs"]["format"]}
    assert (depths["wav"], depths["flac"], depths["mp3"]) == (["24", "16", "32f"], ["24", "16"], [])
    assert {"word": "tv", "title": "TV"} in found["outputs"]["deliver"]
    assert {"word": "reaper", "title": "REAPER"} in found["outputs"]["daw"]


def test_a_render_is_downloaded(client: TestClient) -> None:
    at, _ = ready(client)
    job = client.post(f"{at}/render", json={"format": "flac", "report": True}).json()

    def done() -> dict[str, Any] | None:
        found = client.get(f"{at}/jobs/{job['id']}").json()
        assert found["state"] != "failed", found["problem"]
        return found if found["state"] == "done" else None

    found = wait_for(done)
    assert found["files"][0]["name"] == "First song.flac"
    by_link = TestClient(client.app, base_url=HOME)
    file = by_link.get(f"{at}/jobs/{job['id']}/files/0", params={"token": TOKEN})
    assert file.content[:4] == b"fLaC"
    assert "attachment" in file.headers["content-disposition"]
    assert client.get(f"{at}/jobs/{job['id']}/files/999").status_code == 404
    assert client.get(f"{at}/jobs/{job['id']}/files/-1").status_code == 404
    assert client.get(f"{at}/takes").json()["takes"][0]["file"] == "First song.flac"


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
def test_bodies_that_are_not_edits(client: TestClient, body: bytes, status: int) -> None:
    at, before = ready(client)
    headers = {"Content-Type": "application/json"}
    answer = client.patch(f"{at}/edits", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert client.get(f"{at}/state").json()["revision"] == before["revision"]


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
def test_edits_that_cannot_be_change_nothing(client: TestClient, changes: dict[str, Any]) -> None:
    at, before = ready(client)
    body = json.dumps({"revision": before["revision"], "changes": changes})
    body = body.replace("Infinity", "1e999")
    headers = {"Content-Type": "application/json"}
    answer = client.patch(f"{at}/edits", content=body.encode(), headers=headers)
    assert answer.status_code == 422
    assert answer.json()["lines"]
    after = client.get(f"{at}/state").json()
    assert after["revision"] == before["revision"]
    assert [one["strip"] for one in after["stems"]] == [one["strip"] for one in before["stems"]]
    assert after["settings"] == before["settings"]


def test_bodies_are_bounded_and_typed(client: TestClient) -> None:
    at, _ = ready(client)
    huge = b'{"revision": 0, "changes": {"a": "' + b"x" * (2 << 20) + b'"}}'
    kind = {"Content-Type": "application/json"}
    assert client.patch(f"{at}/edits", content=huge, headers=kind).status_code == 413
    lies = kind | {"Content-Length": "9" * 1_000}
    assert client.patch(f"{at}/edits", content=b"{}", headers=lies).status_code == 413
    assert client.patch(f"{at}/edits", content=iter([b"{}"]), headers=kind).status_code == 411
    assert client.patch(f"{at}/edits", content=b"{}").status_code == 415
    assert client.put(f"{at}/edits", json={}).status_code == 405
    assert client.get(f"{at}/edits").status_code in (404, 405)
    assert client.post("/", content=b"x").status_code == 405


def test_more_than_was_announced_is_cut_off(client: TestClient) -> None:
    at, _ = ready(client)
    body = b'{"revision": 0, "changes": {}}' + b" " * (2 << 20)
    lies = {"Content-Type": "application/json", "Content-Length": "20"}
    assert client.patch(f"{at}/edits", content=body, headers=lies).status_code == 413


@pytest.mark.parametrize(
    "query", ["start=-1", "start=1e3", "start=x", f"start={'9' * 40}", "frames=1.5"]
)
def test_ranges_are_whole_numbers(client: TestClient, query: str) -> None:
    at, _ = ready(client)
    assert client.get(f"{at}/audio/mix?{query}").status_code == 400


def test_events_tell_every_page(served: tuple[str, int], client: TestClient) -> None:
    import httpx

    token, port = served
    at, state = ready(client)
    seen: list[str] = []
    with httpx.stream(
        "GET", f"http://127.0.0.1:{port}/api/events?token={token}", timeout=60
    ) as got:
        lines = got.iter_lines()
        assert next(lines).startswith("retry")
        change = {"revision": state["revision"], "changes": {"bass.gain_db": -1.0}}
        assert client.patch(f"{at}/edits", json=change).status_code == 200
        for line in lines:
            if line.startswith("data:"):
                event = json.loads(line.removeprefix("data: "))
                seen.append(event["type"])
                if event["type"] == "exact" and event["revision"] == state["revision"] + 1:
                    break
    assert "state" in seen
    assert "audio" in seen
