"""What is written beside a mix is true, and writing is all or nothing."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import RenderSettings, load_song, render, write_mix
from mixer.errors import OutputError, PresetError
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


def test_two_renders_are_the_same_file(mix, tmp_path) -> None:
    again = render(mix.song, mix.settings, wet_stems=True)
    for bit_depth in ("16", "32f"):
        paths = [tmp_path / f"{name}{bit_depth}.wav" for name in "ab"]
        write_mix(mix, paths[0], bit_depth=bit_depth)
        write_mix(again, paths[1], bit_depth=bit_depth)
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_nothing_is_overwritten_unasked(mix, tmp_path) -> None:
    (tmp_path / "a.stems").mkdir()
    (tmp_path / "a.stems" / "bass.wav").write_text("mine")
    with pytest.raises(OutputError, match=r"bass\.wav exists already"):
        write_mix(mix, tmp_path / "a.wav")
    assert not (tmp_path / "a.wav").exists()
    write_mix(mix, tmp_path / "a.wav", overwrite=True)
    assert soundfile.info(tmp_path / "a.stems" / "bass.wav").subtype == "PCM_24"


def test_impossible_encodings_are_refused_before_anything_is_written(mix, tmp_path) -> None:
    with pytest.raises(PresetError, match="FLAC holds 16 or 24 bit"):
        write_mix(mix, tmp_path / "a.flac", file_format="flac", bit_depth="32f")
    with pytest.raises(PresetError, match="none of wav"):
        write_mix(mix, tmp_path / "a.xyz", file_format="xyz")
    assert not list(tmp_path.glob("a*"))
