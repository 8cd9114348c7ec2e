"""Songs on the desk: one of four stems, one of several tracks a stem, and a server of both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixer.audio import write_audio
from mixer.studio.messages.channel_state import Channel
from mixer.studio.messages.song_state import SongState
from mixer.studio.open_song import SongSession
from tests.signals import band

RATE = 44_100
EDITS: dict[str, Any] = {
    "vocals.gain_db": 2.0,
    "vocals.pan": -0.4,
    "vocals.eq": [{"type": "peak", "frequency_hz": 900.0, "gain_db": 5.0, "q": 1.2}],
    "drums.reverb_db": -12.0,
    "other.width": 0.3,
    "other.high_pass": {"frequency_hz": 200.0},
    "bass.mute": True,
}

Open = Callable[[Path], SongSession]


@pytest.fixture
def stem_song(tmp_path: Path) -> Path:
    """Four stems of three seconds."""
    return write_stems(tmp_path / "songs" / "stems")


@pytest.fixture
def track_song(tmp_path: Path) -> Path:
    """Two tracks in most stems, three seconds."""
    folder = tmp_path / "songs" / "tracks"
    names = {
        "01 Kick.wav": "drums",
        "02 Snare.wav": "drums",
        "03 Bass DI.wav": "bass",
        "04 Keys.wav": "other",
        "05 Pad.wav": "other",
        "06 Lead Vox.wav": "vocals",
    }
    for place, (name, stem) in enumerate(names.items()):
        audio = band(np.random.default_rng(place), 3.0, RATE, bpm=90.0 + 20.0 * place)[stem]
        write(folder / name, audio * (0.4 + 0.1 * place))
    return folder


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Open songs; they are closed at the end."""
    sessions: list[SongSession] = []

    def open_song(folder: Path) -> SongSession:
        sessions.append(SongSession("song", folder, tmp_path / "mixes", lambda event: None))
        return sessions[-1]

    yield open_song
    for session in sessions:
        session.close()


def write_stems(folder: Path) -> Path:
    for name, audio in band(np.random.default_rng(5), 3.0, RATE).items():
        write(folder / f"{name}.wav", audio)
    return folder


def write(path: Path, audio: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_audio(path, np.asarray(audio, np.float32), RATE, file_format="wav", bit_depth="32f")


def wait_for(done: Callable[[], Any], within_s: float = 120.0) -> Any:
    until = time.monotonic() + within_s
    while not (found := done()):
        assert time.monotonic() < until, "it did not come in time"
        time.sleep(0.02)
    return found


def settled(session: SongSession) -> SongState:
    """The state once the exact mix is that of its revision."""

    def look() -> SongState | None:
        state = session.state()
        assert state["problem"] is None, state["problem"]
        exact = state["exact"]
        return state if exact is not None and exact["revision"] == state["revision"] else None

    found = wait_for(look)
    assert isinstance(found, dict)
    return found  # type: ignore[return-value]


def samples_of(session: SongSession, audio: Any) -> np.ndarray:
    """What a page hears of an audio, float32 (2, frames)."""
    data = session.audio(audio["id"], 0, audio["n_frames"], audio["version"])
    integers = np.frombuffer(data, "<i2").reshape(-1, 2).T
    return (integers / 32_767.0 * audio["full_scale"]).astype(np.float32)


def channel(state: SongState, name: str) -> Channel:
    """A stem, or a track by its file."""
    for stem in state["stems"]:
        for one in (stem, *stem["tracks"]):
            if name in (one["id"], one["file"]):
                return one
    raise KeyError(name)


def mix_of(state: SongState) -> Any:
    return next(source for source in state["sources"] if source["id"] == "mix")["audio"]
