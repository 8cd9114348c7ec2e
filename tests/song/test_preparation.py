"""Files at a foreign scale, files that decide for the song alone, silence that all end in."""

import numpy as np
import pytest
import soundfile

from mixer.errors import InputError
from mixer.song.inspection import inspect_song
from mixer.song.load import load_song
from mixer.song.preparation import CUT_FROM_S, KEPT_S, prepare_song
from mixer.song.samples import read_sum
from tests.signals import noise, sine

RATE_HZ = 44_100


@pytest.fixture
def stems(rng) -> dict[str, np.ndarray]:
    names = ("bass", "drums", "other", "vocals")
    return {f"{n}.wav": noise(rng, 3.0, RATE_HZ, 0.05 + 0.02 * i) for i, n in enumerate(names)}


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
@pytest.mark.parametrize("scale", [2.0**15, 2.0**23, 2.0**31])
def test_float_files_scaled_to_integers_come_back_to_full_scale(
    write_song, stems, scale, subtype
) -> None:
    plain = load_song(write_song(stems, subtype=subtype))
    alone = {**stems, "vocals.wav": stems["vocals.wav"] * np.float32(scale)}
    all_of_them = {name: audio * np.float32(scale) for name, audio in stems.items()}
    for files, n_scaled in ((alone, 1), (all_of_them, 4)):
        song, notes = prepare_song(
            load_song(write_song(files, subtype=subtype, folder=f"of{n_scaled}")), trim=True
        )
        assert [f"±{scale:.0f}" in note for note in notes] == [True] * n_scaled
        for one, other in zip(song.recordings, plain.recordings, strict=True):
            audio = read_sum([one], song.n_samples, RATE_HZ)
            # powers of two: nothing is rounded
            assert np.array_equal(audio, read_sum([other], song.n_samples, RATE_HZ))


def test_a_quiet_file_goes_by_the_scale_of_the_others(write_song, stems) -> None:
    files = {name: audio * np.float32(2.0**15) for name, audio in stems.items()}
    files["vocals.wav"] *= np.float32(0.001)  # a peak of about 10
    song, notes = prepare_song(load_song(write_song(files)), trim=True)
    assert len(notes) == 4
    assert {r.source.full_scale for r in song.recordings} == {2.0**15}


def test_whole_numbers_are_no_float_recording(write_song, stems) -> None:
    files = {**stems, "bass.wav": np.rint(stems["bass.wav"] * 100.0)}
    song, _ = prepare_song(load_song(write_song(files)), trim=True)
    assert [r.source.full_scale for r in song.recordings] == [2.0**15, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("bits", [24, 16])
def test_a_song_of_integers_at_their_lower_end_is_raised(write_song, stems, bits) -> None:
    plain = load_song(write_song(stems, subtype="FLOAT"))
    soft = {name: np.rint(a * 2.0 ** (bits - 1)) / 2.0**31 for name, a in stems.items()}
    song, notes = prepare_song(
        load_song(write_song(soft, subtype="PCM_32", folder="soft")), trim=True
    )
    words = f"{bits}-bit samples at the lower end of 32 bits, raised to full scale"
    assert notes == [f"{name}: {words}" for name in stems]
    for one, other in zip(song.recordings, plain.recordings, strict=True):
        audio = read_sum([one], song.n_samples, RATE_HZ)
        expected = read_sum([other], song.n_samples, RATE_HZ)
        assert np.abs(audio - expected).max() <= 2.0**-bits
    (first, *_) = inspect_song(song).files
    assert words in first.findings


def test_single_soft_recordings_are_left_soft(write_song, stems) -> None:
    soft = {name: audio * np.float32(2.0**-9) for name, audio in stems.items()}
    for n_soft in (1, 2, 3):
        files = {**stems, **dict(list(soft.items())[:n_soft])}
        song = load_song(write_song(files, subtype="PCM_32", folder=f"of{n_soft}"))
        assert prepare_song(song, trim=True)[1] == []
    tails = {name: audio * np.float32(1e-4) for name, audio in soft.items()}  # below -110 dBFS
    song = load_song(write_song(tails, subtype="PCM_32", folder="tails"))
    assert {r.source.full_scale for r in prepare_song(song, trim=True)[0].recordings} == {1.0}


def test_what_a_header_says_wrongly_is_told(write_song, stems) -> None:
    folder = write_song(stems, subtype="FLOAT")
    content = bytearray((folder / "bass.wav").read_bytes())
    content[20:22] = b"\1\0"  # integers
    (folder / "bass.wav").write_bytes(content)
    song, notes = prepare_song(load_song(folder), trim=True)
    words = "32-bit float samples, though its header says integers"
    assert notes == [f"bass.wav: {words}"]
    assert np.array_equal(
        read_sum([song.recordings[0]], song.n_samples, RATE_HZ), stems["bass.wav"]
    )
    (bass, *_) = inspect_song(song).files
    assert bass.findings == [words]


def test_a_scale_that_is_not_certain_is_one_clear_error(write_song, stems) -> None:
    files = {**stems, "bass.wav": stems["bass.wav"] / np.abs(stems["bass.wav"]).max() * 1e5}
    with pytest.raises(InputError, match=r"^bass\.wav: its peak is 1e\+05 times full scale"):
        prepare_song(load_song(write_song(files)), trim=True)


@pytest.mark.parametrize("gain_db", [0.0, 12.0, 40.0])
def test_float_above_full_scale_is_left_alone_and_not_called_clipped(
    write_song, stems, gain_db
) -> None:
    loud = {name: audio * np.float32(10 ** (gain_db / 20)) for name, audio in stems.items()}
    song = load_song(write_song(loud))
    assert prepare_song(song, trim=True) == (song, [])
    assert not any(file.findings for file in inspect_song(song).files)


def test_one_file_far_above_full_scale_and_the_others_is_named(write_song, stems) -> None:
    """A scale that is not certain: between what float reaches and what integers reach."""
    stems["bass.wav"] = stems["bass.wav"] / np.abs(stems["bass.wav"]).max() * np.float32(100.0)
    song = load_song(write_song(stems))
    (note,) = prepare_song(song, trim=True)[1]
    assert note.startswith("bass.wav: alone peaks 40 dB above full scale, 40 dB above the others")
    (file,) = [f for f in inspect_song(song).files if f.findings]
    assert file.file == "bass.wav"


def test_a_mix_at_exactly_full_scale_is_found(write_song, rng) -> None:
    stems = {f"{n}.wav": noise(rng, 6.0, RATE_HZ, 0.05) for n in ("bass", "drums", "vocals")}
    total = sum(gain * stem for gain, stem in zip((0.8, 1.0, 1.2), stems.values(), strict=True))
    total = np.tanh(8.0 * total)
    stems["Synth.wav"] = (total / np.abs(total).max()).astype(np.float32)
    files = {f.file: f for f in inspect_song(load_song(write_song(stems))).files}
    assert files["Synth.wav"].peak_dbfs == 0.0
    assert any("a mix of the other files" in f for f in files["Synth.wav"].findings)


def test_a_file_that_decides_the_length_or_the_rate_alone_is_named(write_song, stems) -> None:
    stems["drums.wav"] = sine(200.0, 9.0, RATE_HZ, level=0.1)
    folder = write_song(stems)
    soundfile.write(folder / "Gtr.wav", sine(300.0, 3.0, 96_000, level=0.1).T, 96_000)
    song = load_song(folder)
    _, notes = prepare_song(song, trim=True)
    assert notes == [
        "drums.wav: alone makes the song 9.0 s long; the others' median is 3.0 s",
        "Gtr.wav: alone raises the song to 96000 Hz; the others have at most 44100 Hz",
    ]
    found = {f.file: f.findings for f in inspect_song(song).files}
    assert any("alone makes the song" in text for text in found["drums.wav"])
    assert any("alone raises the song" in text for text in found["Gtr.wav"])


@pytest.mark.parametrize("silence_s", [CUT_FROM_S - 1.0, 20.0])
def test_silence_that_every_file_ends_in_is_cut(write_song, stems, silence_s) -> None:
    padding = np.zeros((2, int(silence_s * RATE_HZ)), np.float32)
    stems["drums.wav"] = np.concatenate([stems["drums.wav"].repeat(2, axis=0)[:2], padding], 1)
    song = load_song(write_song(stems))
    cut, notes = prepare_song(song, trim=True)
    if silence_s < CUT_FROM_S:
        assert cut.n_samples == song.n_samples
        return
    assert cut.duration_s == pytest.approx(3.0 + KEPT_S, abs=0.01)
    assert notes[-1].startswith("18.0 s of digital silence at the end of every file are cut")
    kept, _ = prepare_song(song, trim=False)
    assert kept.n_samples == song.n_samples


def test_one_file_that_sounds_to_the_end_keeps_the_song_whole(write_song, stems) -> None:
    stems["drums.wav"] = sine(200.0, 30.0, RATE_HZ, level=0.1)
    stems["drums.wav"][:, : 28 * RATE_HZ] = 0.0
    song = load_song(write_song(stems))
    assert prepare_song(song, trim=True)[0].n_samples == song.n_samples
