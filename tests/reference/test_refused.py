"""What is no use as a reference gets a line that says what is heard, and exit code 2."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.cli.main import run
from mixer.errors import SettingsError
from mixer.reference.sources import _song_of_stems, read_target
from mixer.reference.speech import speech_words
from mixer.song.load import load_song
from tests.reference.songs import another_song
from tests.signals import band

RATE_HZ = 44_100


@pytest.fixture
def song(tmp_path: Path, rng: np.random.Generator) -> Path:
    folder = tmp_path / "song"
    folder.mkdir()
    for stem, audio in band(rng, 8.0, RATE_HZ).items():
        soundfile.write(folder / f"{stem}.wav", audio.T, RATE_HZ, subtype="FLOAT")
    return folder


def talk(seconds: float = 20.0, rate: int = RATE_HZ) -> np.ndarray:
    """A voice that speaks: syllables of a gliding buzz and of noise, pauses between phrases."""
    rng = np.random.default_rng(4)
    parts, length = [], 0
    while length < seconds * rate:
        for _ in range(int(rng.integers(5, 10))):
            n = int(rate * rng.uniform(0.08, 0.2))
            time_s = np.arange(n) / rate
            pitch_hz = rng.uniform(105.0, 200.0) * (1.0 + rng.uniform(-1.5, 1.5) * time_s)
            phase = 2.0 * np.pi * np.cumsum(pitch_hz) / rate
            voiced = sum(np.sin(k * phase) / k * rng.uniform(0.1, 1.0) for k in range(1, 20))
            noise = np.diff(rng.normal(size=n + 1)) * 0.3
            sound = voiced if rng.random() < 0.7 else noise
            parts += [sound * np.hanning(n), np.zeros(int(rate * rng.uniform(0.01, 0.05)))]
        parts.append(np.zeros(int(rate * rng.uniform(0.3, 0.6))))
        length = sum(part.size for part in parts)
    return (0.1 * np.concatenate(parts))[np.newaxis].astype(np.float32)


def refusal(song: Path, reference: Path | str) -> str:
    with pytest.raises(SettingsError) as refused:
        read_target((str(reference),), load_song(song))
    (line,) = refused.value.lines
    return line


def write(path: Path, audio: np.ndarray) -> Path:
    soundfile.write(path, audio.T, RATE_HZ, subtype="FLOAT")
    return path


def noise(seconds: float, seed: int = 9) -> np.ndarray:
    shape = (2, round(seconds * RATE_HZ))
    return (0.1 * np.random.default_rng(seed).normal(size=shape)).astype(np.float32)


def test_silence_and_next_to_it(song: Path, tmp_path: Path) -> None:
    silent = write(tmp_path / "silent.wav", np.zeros((2, 6 * RATE_HZ), np.float32))
    assert "is silent" in refusal(song, silent)
    faint = write(tmp_path / "faint.wav", noise(6.0) * np.float32(1e-4))
    assert "practically silent" in refusal(song, faint)


def test_too_short(song: Path, tmp_path: Path) -> None:
    assert "2.0 s long; give 5 s or more" in refusal(song, write(tmp_path / "s.wav", noise(2.0)))


def test_speech_is_heard(song: Path, tmp_path: Path) -> None:
    line = refusal(song, write(tmp_path / "talk.wav", talk()))
    assert "sounds like speech" in line
    assert "pauses" in line


def test_music_is_not_heard_as_speech(shared: Path) -> None:
    for name in ("rubidium", "francium"):
        files = sorted((shared / "audio" / "stems" / name).glob("*.ogg"))
        parts = [soundfile.read(file, 40 * RATE_HZ, 30 * RATE_HZ)[0].T for file in files]
        mix = np.add.reduce(parts).astype(np.float32)
        assert speech_words(mix, RATE_HZ) is None, name


def test_stems_of_one_length_are_a_song_and_others_are_recordings(song: Path) -> None:
    found = _song_of_stems(song)
    assert found is not None
    write(song / "bass.wav", noise(7.3))  # of 8 s: more than nine tenths
    assert _song_of_stems(song) is not None
    write(song / "bass.wav", noise(7.1))
    assert _song_of_stems(song) is None


def test_the_songs_own_recordings_folder_and_mix(song: Path, tmp_path: Path) -> None:
    assert "is a recording of the song itself" in refusal(song, song / "drums.wav")
    assert "is the song's own folder" in refusal(song, song)
    parts = [soundfile.read(file)[0].T for file in sorted(song.glob("*.wav"))]
    mix = np.add.reduce([0.5 * parts[0], *parts[1:]]).astype(np.float32)
    # Late, in another balance, and driven: still the same song.
    late = np.tanh(2.0 * np.pad(mix, ((0, 0), (RATE_HZ, 0)))).astype(np.float32)
    assert "is a mix of this song itself" in refusal(song, write(tmp_path / "mix.wav", late))
    copy = shutil.copytree(song, tmp_path / "copy")
    assert "is a mix of this song itself" in refusal(song, copy)


def test_another_song_is_not_taken_for_the_song(song: Path, tmp_path: Path) -> None:
    mix = write(tmp_path / "other.wav", another_song(8.0))
    assert read_target((str(mix),), load_song(song)).tone_db is not None


def test_what_is_not_there_or_no_audio(song: Path, tmp_path: Path) -> None:
    assert "no such file or folder" in refusal(song, tmp_path / "gone.wav")
    text = tmp_path / "text.wav"
    text.write_text("not audio")
    assert refusal(song, text).startswith(f"reference {text}: cannot be read as audio")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no recordings in this folder" in refusal(song, empty)


def test_links_out_of_a_folder_are_not_followed(song: Path, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.wav", noise(6.0))
    folder = tmp_path / "mixes"
    folder.mkdir()
    (folder / "link.wav").symlink_to(outside)
    assert "no recordings in this folder" in refusal(song, folder)


def test_width_is_not_taken_from_mono(song: Path, tmp_path: Path) -> None:
    mono = write(tmp_path / "mono.wav", noise(6.0)[:1])
    assert "is mono, so it has no width" in refusal(song, f"{mono}:width")
    target = read_target((f"{mono}:tone,width",), load_song(song))
    assert target.width_db is None
    assert target.tone_db is not None
    assert any("is mono" in line for line in target.remarks)


def test_the_command_line_ends_with_2_and_one_line(
    song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = write(tmp_path / "silent.wav", np.zeros((2, 6 * RATE_HZ), np.float32))
    code = run(["render", str(song), "-o", str(tmp_path / "m.wav"), "--reference", str(silent)])
    assert code == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "silent" in line]
    assert len(lines) == 1
    assert not (tmp_path / "m.wav").exists()
