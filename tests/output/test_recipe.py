"""What is written beside a mix is true, and writing is all or nothing."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

import mixer.output.recipe
from mixer import RenderSettings, load_song, render, write_mix
from mixer.errors import OutputError, SettingsError
from tests.signals import band


@pytest.fixture
def mix(write_song, rng):
    stems = {f"{name}.wav": audio for name, audio in band(rng, 2.0, 44_100).items()}
    stems["Rough Mix.wav"] = sum(stems.values())
    song = load_song(write_song(stems))
    return render(song, RenderSettings("none", loudness_lufs=-14.0), wet_stems=True)


def test_the_recipe_tells_inputs_settings_and_outputs(mix, tmp_path) -> None:
    write_mix(mix, tmp_path / "out" / "a.wav", bit_depth="32f")
    recipe = json.loads((tmp_path / "out" / "a.mix.json").read_text())
    (kick,) = [f for f in recipe["song"]["files"] if f["file"] == "drums.wav"]
    content = (mix.song.folder / "drums.wav").read_bytes()
    assert kick["sha256"] == hashlib.sha256(content).hexdigest()
    assert recipe["song"]["left_out"][0]["file"] == "Rough Mix.wav"
    assert recipe["settings"]["loudness_lufs"] == -14.0
    assert recipe["measurements"]["stems"]["bass"]["effects"].keys() >= {"eq", "compression"}
    for name, output in recipe["output"]["files"].items():
        content = Path(output["path"]).read_bytes()
        assert output["sha256"] == hashlib.sha256(content).hexdigest(), name


def test_files_of_stems_and_residual_sum_to_the_file_of_the_mix(mix, tmp_path) -> None:
    write_mix(mix, tmp_path / "a.wav", bit_depth="32f")
    audio = {p.stem: soundfile.read(p, dtype="float32")[0] for p in tmp_path.rglob("*.wav")
             if "song" not in p.parts}  # fmt: skip
    assert set(audio) == {"a", "vocals", "bass", "drums", "other", "residual"}
    total = audio.pop("a")
    assert np.abs(sum(audio.values()) - total).max() <= 1e-6


def test_the_noise_of_16_bit_files_adds_up_as_independent_noise_does(mix, tmp_path) -> None:
    # soft enough that nothing clips
    settings = replace(mix.settings, loudness_lufs=-30.0)
    mix = render(mix.song, settings, wet_stems=True)
    write_mix(mix, tmp_path / "a.wav", bit_depth="16")
    exact = {"a": mix.audio, **mix.wet_stems, "residual": mix.residual}
    errors = {
        path.stem: soundfile.read(path)[0].T * 2.0**15 - exact[path.stem] * 2.0**15
        for path in (tmp_path / "a.wav", *(tmp_path / "a.stems").iterdir())
    }
    together = np.corrcoef(np.stack([error.ravel() for error in errors.values()]))
    assert np.abs(together - np.eye(len(errors))).max() < 0.02
    total = sum(errors.values())
    # of each file a quarter of a step squared
    assert np.var(total) == pytest.approx(0.25 * len(errors), rel=0.05)


def test_two_renders_are_the_same_file(mix, tmp_path) -> None:
    again = render(mix.song, mix.settings, wet_stems=True)
    for bit_depth in ("16", "32f"):
        paths = [tmp_path / f"{name}{bit_depth}.wav" for name in "ab"]
        write_mix(mix, paths[0], bit_depth=bit_depth)
        write_mix(again, paths[1], bit_depth=bit_depth)
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_16_bit_files_are_dithered_by_the_seed_of_the_mix(mix, tmp_path) -> None:
    reseeded = replace(mix, plan=replace(mix.plan, settings=replace(mix.settings, seed=1)))
    write_mix(mix, tmp_path / "a.wav", bit_depth="16")
    write_mix(reseeded, tmp_path / "b.wav", bit_depth="16")
    one, other = (soundfile.read(tmp_path / f"{name}.wav", dtype="int16")[0] for name in "ab")
    apart = one.astype(int) - other
    assert 0 < np.abs(apart).max() <= 2


def test_nothing_is_overwritten_unasked(mix, tmp_path) -> None:
    (tmp_path / "a.stems").mkdir()
    (tmp_path / "a.stems" / "bass.wav").write_text("mine")
    with pytest.raises(OutputError, match=r"bass\.wav already exists"):
        write_mix(mix, tmp_path / "a.wav")
    assert not (tmp_path / "a.wav").exists()
    write_mix(mix, tmp_path / "a.wav", overwrite=True)
    assert soundfile.info(tmp_path / "a.stems" / "bass.wav").subtype == "PCM_24"


def test_impossible_encodings_are_refused_before_anything_is_written(mix, tmp_path) -> None:
    with pytest.raises(SettingsError, match="FLAC supports 16 or 24 bit"):
        write_mix(mix, tmp_path / "a.flac", file_format="flac", bit_depth="32f")
    with pytest.raises(SettingsError, match="not one of wav"):
        write_mix(mix, tmp_path / "a.xyz", file_format="xyz")
    assert not list(tmp_path.glob("a*"))


def test_a_recording_of_the_song_is_never_overwritten(mix, tmp_path) -> None:
    drums = mix.song.folder / "drums.wav"
    before = drums.read_bytes()
    (tmp_path / "link.wav").symlink_to(drums)
    os.link(drums, tmp_path / "hard.wav")
    for target in (drums, tmp_path / "link.wav", tmp_path / "hard.wav"):
        with pytest.raises(OutputError, match="is one of the recordings of the song"):
            write_mix(mix, target, overwrite=True)
    (tmp_path / "a.stems").mkdir()
    (tmp_path / "a.stems" / "bass.wav").symlink_to(drums)
    with pytest.raises(OutputError, match=r"bass\.wav is one of the recordings"):
        write_mix(mix, tmp_path / "a.wav", overwrite=True)
    assert drums.read_bytes() == before
    assert not (tmp_path / "a.wav").exists()


def test_inputs_are_hashed_before_anything_is_written(mix, tmp_path, monkeypatch) -> None:
    hashed: list[str] = []
    plain = mixer.output.recipe.hash_file

    def hash_and_note(path: Path) -> str:
        if "drums.wav" not in hashed:
            assert not list(tmp_path.rglob("a.wav"))
        hashed.append(path.name)
        return plain(path)

    monkeypatch.setattr("mixer.output.recipe.hash_file", hash_and_note)
    write_mix(mix, tmp_path / "a.wav")
    assert set(hashed) >= {"drums.wav", "bass.wav"}


def test_the_format_is_what_the_name_ends_in(mix, tmp_path) -> None:
    write_mix(mix, tmp_path / "a.FLAC")
    assert soundfile.info(tmp_path / "a.FLAC").format == "FLAC"
    assert soundfile.info(tmp_path / "a.stems" / "bass.flac").format == "FLAC"
    for name in ("b.aac", "b", ".wav"):
        with pytest.raises(SettingsError, match=r"\.wav, \.flac, \.mp3, \.ogg"):
            write_mix(mix, tmp_path / name)
    with pytest.raises(SettingsError, match=r"ends in \.flac"):
        write_mix(mix, tmp_path / "b.flac", file_format="wav")


def test_what_goes_beyond_full_scale_is_named_where_it_clips(mix, tmp_path) -> None:
    loud = replace(mix, wet_stems={n: 9 * a for n, a in mix.wet_stems.items()})
    peaks = {n: np.abs(a).max() for n, a in loud.wet_stems.items()}
    peaks["residual"] = np.abs(loud.residual).max()
    beyond = [name for name, peak in peaks.items() if peak > 1.0]
    assert beyond
    for bit_depth, expected in (("24", beyond), ("32f", [])):
        recipe = write_mix(loud, tmp_path / f"{bit_depth}.wav", bit_depth=bit_depth)
        assert recipe["output"]["clipped"] == expected
    # A lossy file has no bit depth, and what is beyond full scale is not in it.
    lossy = write_mix(loud, tmp_path / "a.ogg", file_format="ogg", bit_depth="32f")
    assert lossy["output"]["clipped"] == beyond
    mild = replace(mix, wet_stems={n: 0.01 * a for n, a in mix.wet_stems.items()})
    assert write_mix(mild, tmp_path / "mild.wav")["output"]["clipped"] == []


def test_stems_of_an_earlier_mix_do_not_stay(mix, tmp_path) -> None:
    write_mix(mix, tmp_path / "a.wav")
    folder = tmp_path / "a.stems"
    (folder / "mine.txt").write_text("mine")
    (folder / "vocals.wav").write_text("edited since")
    fewer = {n: a for n, a in mix.wet_stems.items() if n not in ("bass", "vocals")}
    write_mix(replace(mix, wet_stems=fewer), tmp_path / "a.wav", overwrite=True)
    left = {p.name for p in folder.iterdir()}
    assert left == {"drums.wav", "other.wav", "residual.wav", "mine.txt", "vocals.wav"}
    (folder / "mine.txt").unlink()
    (folder / "vocals.wav").unlink()
    write_mix(replace(mix, wet_stems={}), tmp_path / "a.wav", overwrite=True)
    assert not folder.exists()


def test_a_recipe_that_was_tampered_with_removes_nothing_elsewhere(mix, tmp_path) -> None:
    victim = tmp_path / "victim.wav"
    victim.write_text("keep")
    sha256 = hashlib.sha256(b"keep").hexdigest()
    (tmp_path / "a.stems").mkdir()
    for path in (str(victim), "../victim.wav", "..", 7):
        files = {"bass": {"path": path, "sha256": sha256}}
        (tmp_path / "a.mix.json").write_text(json.dumps({"output": {"files": files}}))
        write_mix(mix, tmp_path / "a.wav", overwrite=True)
    (tmp_path / "a.mix.json").write_text("[" * 100_000)
    write_mix(mix, tmp_path / "a.wav", overwrite=True)
    assert victim.read_text() == "keep"


def test_a_place_that_cannot_be_written_is_found_before_anything_is(mix, tmp_path) -> None:
    (tmp_path / "taken.stems").write_text("a file")
    places = [tmp_path / f"{'a' * 247}.wav", tmp_path / f"{'a' * 300}.wav", tmp_path / "taken.wav"]
    if Path("/proc/self").exists():
        places.append(Path("/proc/foo.wav"))
    for place in places:
        for overwrite in (False, True):
            with pytest.raises(OutputError, match="choose another --output"):
                write_mix(mix, place, overwrite=overwrite)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["song", "taken.stems"]
