"""`inspect_song` finds what an engineer would want to know before mixing, and nothing else."""

import tracemalloc

import numpy as np
import pytest
import scipy.signal
import soundfile

from mixer.dsp.long_audio import parts_of
from mixer.song.file_listing import doubts
from mixer.song.inspection import inspect_song
from mixer.song.load import load_song
from tests.signals import band, noise, sine


def findings(folder) -> dict[str, list[str]]:
    song = load_song(folder, leave_out_faulty=True)
    return {f.file: f.findings for f in inspect_song(song).files}


def test_a_clean_song_has_no_findings(write_song, rng) -> None:
    stems = {f"{name}.wav": audio for name, audio in band(rng, 6.0, 44_100).items()}
    assert findings(write_song(stems)) == {
        # the rough bass is a mono source in a stereo file, and is told so
        **{name: [] for name in stems},
        "bass.wav": ["mono in a stereo file"],
    }


def test_levels_are_those_of_the_standard(write_song) -> None:
    # BS.1770: a 997 Hz sine at full scale on one channel reads -3.01 LUFS, on both 0.0
    tone = sine(997.0, 4.0, 48_000, level=10 ** (-20 / 20)).repeat(2, axis=0)
    (file,) = inspect_song(load_song(write_song({"bass.wav": tone}, sample_rate=48_000))).files
    assert file.loudness_lufs == pytest.approx(-20.0, abs=0.05)
    assert file.peak_dbfs == pytest.approx(-20.0, abs=0.01)


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (lambda x: x * 0.0, "silent: every sample is zero"),
        (lambda x: x * 1e-5, "silent: its peak is"),
        (lambda x: np.clip(x * 60.0, -1.0, 1.0), "clipped:"),
        (lambda x: np.stack([x[0], -x[0]]), "out of phase"),
        (lambda x: np.stack([x[0], x[0]]), "mono in a stereo file"),
        (lambda x: np.stack([x[0], 0 * x[0]]), "only its left channel"),
        (lambda x: x + np.float32(0.05), "DC offset of 5.0 %"),
        (lambda x: x[:, : x.shape[1] // 4], "far shorter than the rest"),
    ],
)
def test_each_fault_is_found_in_its_file_alone(write_song, rng, spoil, finding) -> None:
    stems = {n: noise(rng, 4.0, 44_100, 0.05) for n in ("bass.wav", "drums.wav", "other.wav")}
    stems["vocals.wav"] = spoil(noise(rng, 4.0, 44_100, 0.05)).astype(np.float32)
    found = findings(write_song(stems))
    assert any(f.startswith(finding) for f in found.pop("vocals.wav"))
    assert not any(found.values())


def test_a_bounce_among_the_tracks_is_found(write_song, rng) -> None:
    stems = {f"{n}.wav": a for n, a in band(rng, 5.0, 44_100).items()}
    bounce = sum(
        gain * stem for gain, stem in zip((0.8, 1.0, 1.2, 0.9), stems.values(), strict=True)
    )
    stems["Synth.wav"] = (np.tanh(1.5 * bounce) / 1.5).astype(np.float32)
    found = findings(write_song(stems))
    assert any(f.startswith("likely a mix of the other files") for f in found["Synth.wav"])
    assert not any("mix" in f for f in found["drums.wav"])


def test_render_doubts_a_mix_with_reverb_as_check_does(write_song, rng) -> None:
    stems = {f"{n}.wav": noise(rng, 5.0, 44_100, 0.05) for n in ("bass", "drums", "vocals")}
    decay = np.exp(-np.arange(22_050) / 8_000) * rng.standard_normal(22_050)
    decay[:1_000] = 0.0
    bounce = sum(stems.values())
    tail = scipy.signal.fftconvolve(bounce, decay[None], axes=1)[:, : bounce.shape[1]]
    wet = bounce + 0.42 * np.linalg.norm(bounce) / np.linalg.norm(tail) * tail
    folder = write_song({**stems, "Audio 7.wav": wet.astype(np.float32)})
    song = load_song(folder)
    said = {r.file: doubts(r) for r in song.recordings}
    assert "unrecognised file name" in said["Audio 7.wav"]
    assert "likely already a mix" in said["Audio 7.wav"]
    assert not any("mix" in text for name, text in said.items() if name != "Audio 7.wav")
    (told,) = [f for f in inspect_song(song).files if f.file == "Audio 7.wav"]
    assert told.findings[0] == said["Audio 7.wav"]
    assert not any("already a mix" in finding for finding in told.findings[1:])


def test_a_late_track_is_found_with_its_delay(write_song, rng) -> None:
    # onsets at irregular times, as far as a metronome would not give the delay away by itself
    n_samples, onsets_s = 44_100 * 20, np.cumsum(rng.uniform(0.2, 0.7, 40))
    strokes = np.zeros(n_samples, np.float32)
    for onset in (onsets_s[onsets_s < 18] * 44_100).astype(int):
        strokes[onset : onset + 4_000] += np.exp(-np.arange(4_000) / 600.0)
    drums, bass = (strokes * noise(rng, 20.0, 44_100, 0.2) for _ in range(2))
    late = np.roll(bass, 4_410, axis=1)
    assert not any(findings(write_song({"drums.wav": drums, "bass.wav": bass})).values())
    found = findings(write_song({"drums.wav": drums, "bass.wav": late}, folder="late"))
    assert found["bass.wav"] == ["likely misaligned: it fits the rest 100 ms earlier"]


def test_nan_and_unreadable_files_are_findings_not_errors(write_song, rng) -> None:
    folder = write_song({"bass.wav": noise(rng, 1.0, 44_100)})
    broken = noise(rng, 1.0, 44_100)
    broken[0, 100] = np.inf
    soundfile.write(folder / "drums.wav", broken.T, 44_100, subtype="FLOAT")
    soundfile.write(folder / "other.wav", np.full((4_410, 2), 1e30), 44_100, subtype="FLOAT")
    (folder / "vocals.wav").write_bytes(b"RIFF")
    found = findings(folder)
    assert found["drums.wav"][0].startswith("NaN or infinite samples at 0.002 s")
    assert found["other.wav"][0].startswith("its peak is 1e+30 times full scale, which is not")
    assert "cannot be read as audio" in found["vocals.wav"][0]


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("name", ["mdn_funk", "potassium", "rubidium", "trackswitch_demo"])
def test_real_songs_raise_no_false_alarms(shared, name) -> None:
    found = findings(shared / "audio" / "stems" / name)
    assert not any("mis" in f or "mix" in f for file in found.values() for f in file)


def test_runs_at_full_scale_count_whatever_part_of_a_long_file_they_are_in(write_song) -> None:
    """A long file is looked at in parts, whose borders runs may cross."""
    n_part = next(parts_of(np.zeros(1 << 20, np.float32))).stop
    audio = np.zeros((2, 3 * n_part + 100), np.float32)
    audio[0, n_part - 2 : n_part + 3] = 1.0  # across a border
    audio[0, 2 * n_part - 2 : 2 * n_part] = 1.0  # too short
    audio[1, n_part - 1 : 2 * n_part + 1] = -1.0  # a whole part, and a sample on both sides
    audio[1, -4:] = 1.0  # up to the end
    audio[0, 10_000:10_200] = 0.5  # not at full scale
    (file,) = inspect_song(load_song(write_song({"drums.wav": audio}, subtype="PCM_24"))).files
    n_clipped = 5 + (n_part + 2) + 4
    assert f"clipped: {n_clipped} samples in runs at full scale" in file.findings


def test_inspecting_takes_no_array_as_long_as_a_file(write_song, monkeypatch) -> None:
    """Beside what is kept in files when it is long."""
    audio = np.tile(sine(200.0, 1.0, 44_100), (1, 180))
    song = load_song(write_song({"vocals.wav": audio, "drums.wav": audio[:, ::-1]}), listen=False)
    monkeypatch.setattr("mixer.dsp.long_audio.MOST_IN_MEMORY", 0)
    monkeypatch.setattr("mixer.dsp.long_audio.LEAST_BYTES", 1 << 16)
    tracemalloc.start()
    try:
        inspect_song(song)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < audio.nbytes
