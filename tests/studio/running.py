"""A small song and its server, for tests that open the page: fixtures for the room's conftest."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.studio.offline import stored

RATE_HZ = 44_100
SECONDS = 5.0
WAIT_S = 60.0


def write_stems(folder: Path) -> Path:
    """A song of four stems, each with a sound of its own, five seconds long."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(5)
    time_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    for stem, hz in (("vocals", 440.0), ("bass", 82.0), ("drums", 180.0), ("other", 660.0)):
        beat = np.exp(-8.0 * (time_s % 0.5)) if stem == "drums" else 0.6 + 0.4 * np.sin(3 * time_s)
        tone = 0.1 * np.sin(2 * np.pi * hz * time_s) + 0.05 * np.sin(4 * np.pi * hz * time_s)
        audio = beat * (tone + 0.02 * rng.standard_normal((2, time_s.size)))
        soundfile.write(folder / f"{stem}.wav", audio.T, RATE_HZ, subtype="FLOAT")
    return folder


def write_tracks(folder: Path) -> Path:
    """A song of five recordings, which a model of tracks mixes."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(6)
    time_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    names = ("Lead Vox", "Kick", "Snare", "Bass DI", "Piano")
    for place, name in enumerate(names):
        tone = np.sin(2 * np.pi * 70.0 * 1.7**place * time_s) + 0.3 * rng.standard_normal(
            time_s.size
        )
        audio = 0.1 * (0.6 + 0.4 * np.sin(3 * time_s + place)) * tone
        soundfile.write(folder / f"{name}.wav", audio.T, RATE_HZ, subtype="FLOAT")
    return folder


@dataclass(frozen=True)
class Running:
    """A studio that is served.

    Attributes:
        link: with its token.
        folder: of the song.
    """

    link: str
    folder: Path

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """JSON that the server answers; an error's too."""
        return json.loads(self.ask_bytes(path, method, body))

    def ask_bytes(self, path: str, method: str = "GET", body: Any = None) -> bytes:
        """The bytes of an answer; an error's too."""
        base, _, token = self.link.partition("/#")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(base + path, data, method=method)
        request.add_header("X-Mixer-Token", token)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            return bytes(error.read())

    @property
    def song(self) -> str:
        """Address of the one song."""
        return f"/api/songs/{self.ask('/api/songs')['songs'][0]['id']}"

    def state(self) -> Any:
        return self.ask(f"{self.song}/state")

    def wait_until_exact(self) -> Any:
        """The state once a render of it is there."""
        self.ask(f"{self.song}/open", "POST", {})
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            state = self.state()
            assert state["phase"] != "failed", state["problem"]
            if state["exact"] and state["exact"]["revision"] == state["revision"]:
                return state
            time.sleep(0.1)
        raise AssertionError(f"no exact render within {WAIT_S} s: {state['doing']}")

    def wait_for_job(self, job: str) -> Any:
        """A render that was asked for, once it has ended."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            row = next(row for row in self.state()["jobs"] if row["id"] == job)
            if row["state"] not in ("waiting", "running"):
                return row
            time.sleep(0.05)
        raise AssertionError(f"no end of the render within {WAIT_S} s: {row}")

    def samples_of(self, audio: Any) -> np.ndarray:
        """float32 (2, samples) of an audio, as the page gets it."""
        query = f"start=0&frames={audio['n_frames']}&version={audio['version']}"
        sent = self.ask_bytes(f"{self.song}/audio/{audio['id']}?{query}")
        return stored(sent, audio["full_scale"])


@pytest.fixture(scope="module")
def start_studio() -> Iterator[Callable[[Path, Path], Running]]:
    """Serve a song: `start_studio(folder, mixes)`."""
    pytest.importorskip("uvicorn", reason="the extra studio is not installed")
    from mixer.studio.songs import Studio
    from mixer.studio.studio_server import prepare

    ends = []

    def start(folder: Path, mixes: Path) -> Running:
        studio = Studio(folder, mixes)
        served = prepare(studio, 0)
        thread = threading.Thread(target=served.run, daemon=True)
        thread.start()

        def end() -> None:
            served.server.should_exit = True
            thread.join(10.0)
            studio.close()

        ends.append(end)
        return Running(served.link, folder)

    yield start
    for end in ends:
        end()


@pytest.fixture(scope="module")
def studio_of_tracks(
    start_studio: Callable[[Path, Path], Running], tmp_path_factory: pytest.TempPathFactory
) -> Running:
    """The song of recordings, served for the tests of one file."""
    root = tmp_path_factory.mktemp("studio")
    return start_studio(write_tracks(root / "Tracks"), root / "mixes")


@pytest.fixture(scope="module")
def studio(
    start_studio: Callable[[Path, Path], Running], tmp_path_factory: pytest.TempPathFactory
) -> Running:
    """The small song, served for the tests of one file."""
    root = tmp_path_factory.mktemp("studio")
    return start_studio(write_stems(root / "Small song"), root / "mixes")
