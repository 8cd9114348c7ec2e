"""Descriptions of Slakh and MoisesDB say what their files play; others of these names do not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mixer.batch.inputs import hash_inputs, stat_inputs
from mixer.song.load import load_song
from mixer.song.song import Song
from tests.signals import sine

# Class, program, number and what each becomes.
SLAKH = {
    "S00": ("Piano", "Bright Acoustic Piano", 1, ("other", "keys")),
    "S01": ("Bass", "Electric Bass (pick)", 34, ("bass", "bass")),
    "S02": ("Guitar", "Overdriven Guitar", 29, ("other", "electric_guitar")),
    "S03": ("Synth Lead", "Lead 6 (voice)", 85, ("other", "lead_synth")),
    "S04": ("Synth Pad", "Pad 4 (choir)", 91, ("other", "pad")),
    "S05": ("Reed", "English Horn", 69, ("other", "woodwind")),
    "S06": ("Sound Effects", "Guitar Fret Noise", 120, ("other", "fx")),
    "S07": ("Drums", "Drums", 128, ("drums", "drum_stem")),
    "S08": ("Strings (continued)", "Choir Aahs", 52, ("vocals", "choir")),
    "S09": ("Percussive", "Taiko Drum", 116, ("drums", "percussion")),
}
# Stem and kind, and what they become; None is left out.
MOISESDB = {
    "0a": ("vocals", "lead female singer", ("vocals", "lead_vocal")),
    "0b": ("vocals", "background vocals", ("vocals", "backing_vocals")),
    "0c": ("bass", "tuba (bass of brass)", ("bass", "bass")),
    "0d": ("drums", "kick drum", ("drums", "kick")),
    "0e": ("drums", "full_acoustic_drumkit", ("drums", "drum_stem")),
    "0f": ("other_keys", "other sounds (hapischord, melotron etc)", ("other", "keys")),
    "1a": ("wind", "other wind", ("other", "woodwind")),
    "1b": ("guitar", "acoustic guitar", ("other", "acoustic_guitar")),
    "1c": ("percussion", "pitched percussion (mallets, glockenspiel, ...)", ("other", "keys")),
    "1d": ("other", "click track", None),
}


def slakh_text() -> str:
    lines = ["UUID: 1a81", "audio_dir: stems", "normalized: true", "stems:"]
    for name, (family, program, number, _) in SLAKH.items():
        lines += [
            f"  {name}:", "    audio_rendered: true", f"    inst_class: {family}",
            f"    is_drum: {str(family == 'Drums').lower()}",
            f"    midi_program_name: {program}", f"    program_num: {number}",
        ]  # fmt: skip
    return "\n".join([*lines, "target_peak: -1.0", ""])


def moisesdb_text() -> str:
    stems = [
        {"id": f"s{key}", "stemName": stem,
         "tracks": [{"id": key, "trackType": kind, "extension": "wav", "has_bleed": False}]}
        for key, (stem, kind, _) in MOISESDB.items()
    ]  # fmt: skip
    return json.dumps({"song": "A Song", "artist": "Some One", "genre": "rock", "stems": stems})


def tone(number: int) -> np.ndarray:
    return sine(100.0 + 37.0 * number, 0.3, 8_000, level=0.1)


@pytest.fixture
def slakh(tmp_path: Path, write_song) -> Path:
    folder = tmp_path / "Track00001"
    (folder / "stems").mkdir(parents=True)
    (folder / "metadata.yaml").write_text(slakh_text())
    write_song({f"{n}.flac": tone(i) for i, n in enumerate(SLAKH)}, 8_000, "PCM_16",
               f"{folder.name}/stems")  # fmt: skip
    mix = np.sum([tone(i) for i in range(len(SLAKH))], axis=0) / len(SLAKH)
    write_song({"mix.flac": mix}, 8_000, "PCM_16", folder.name)
    return folder


@pytest.fixture
def moisesdb(tmp_path: Path, write_song) -> Path:
    folder = tmp_path / "0f1e2d3c"
    folder.mkdir()
    (folder / "data.json").write_text(moisesdb_text())
    for i, (key, (stem, _, _)) in enumerate(MOISESDB.items()):
        write_song({f"{key}.wav": tone(i)}, 8_000, folder=f"{folder.name}/{stem}")
    return folder


def played(song: Song) -> dict[str, tuple[str | None, str]]:
    return {Path(r.file).stem: (r.stem, r.role) for r in song.recordings}


def test_slakh(slakh: Path) -> None:
    song = load_song(slakh, listen=False)
    assert played(song) == {name: said for name, (*_, said) in SLAKH.items()}
    assert {r.reason for r in song.recordings} >= {"metadata.yaml says Overdriven Guitar"}
    assert "mix.flac" in {r.file for r in song.left_out}


def test_the_folder_of_slakhs_stems_alone(slakh: Path) -> None:
    song = load_song(slakh / "stems", listen=False)
    assert played(song) == {name: said for name, (*_, said) in SLAKH.items()}
    (slakh / "stems").rename(slakh / "audio")
    assert {r.role for r in load_song(slakh / "audio", listen=False).recordings} == {"unknown"}


def test_moisesdb(moisesdb: Path) -> None:
    song = load_song(moisesdb, listen=False)
    assert played(song) == {k: said for k, (*_, said) in MOISESDB.items() if said is not None}
    left_out = {r.file: r.reason for r in song.left_out}
    assert left_out["other/1d.wav"] == "data.json says click track"


@pytest.mark.parametrize(
    "text",
    ["", "[1]", "{", '{"stems": {"vocals": "v.wav"}}', '{"stems": [3, {"tracks": [3, {}]}]}',
     '{"stems": [{"stemName": "vocals", "tracks": "0d"}]}', "[" * 5_000, " " * 300_000],
)  # fmt: skip
def test_other_json_says_nothing_and_harms_nothing(moisesdb: Path, text: str) -> None:
    (moisesdb / "data.json").write_text(text)
    song = load_song(moisesdb, listen=False)
    assert len(song.recordings) == len(MOISESDB)
    assert not [r for r in song.recordings if "says" in r.reason]
    assert not song.notes


@pytest.mark.parametrize(
    "text",
    ["", "- 1", "stems: [", "stems: {S00: 3, 4: {inst_class: Bass}}", "stems: &a [*a]",
     "stems: {S00: {instrument: piano}}", "stems: {S00: !!python/object/apply:os.getcwd []}"],
)  # fmt: skip
def test_other_yaml_says_nothing_and_harms_nothing(slakh: Path, text: str) -> None:
    (slakh / "metadata.yaml").write_text(text)
    song = load_song(slakh, listen=False)
    assert {r.role for r in song.recordings} == {"unknown"}
    assert not song.notes


def test_links_are_not_followed(slakh: Path) -> None:
    (slakh / "metadata.yaml").rename(slakh.parent / "metadata.yaml")
    (slakh / "metadata.yaml").symlink_to(slakh.parent / "metadata.yaml")
    for folder in (slakh, slakh / "stems"):
        assert {r.role for r in load_song(folder, listen=False).recordings} == {"unknown"}


def test_what_a_terminal_would_obey_is_escaped(moisesdb: Path) -> None:
    text = moisesdb_text().replace("kick drum", "kick drum\\u001b[2J")
    (moisesdb / "data.json").write_text(text)
    reasons = [r.reason for r in load_song(moisesdb, listen=False).recordings]
    assert "data.json says kick drum\\x1b[2J" in reasons


def test_song_toml_wins(moisesdb: Path) -> None:
    (moisesdb / "song.toml").write_text('[files."*0d.wav"]\nrole = "toms"\n')
    assert played(load_song(moisesdb, listen=False))["0d"] == ("drums", "toms")


@pytest.mark.parametrize("inner", ["", "stems"])
def test_a_batch_sees_that_a_description_has_changed(slakh: Path, inner: str) -> None:
    folder = slakh / inner
    before = hash_inputs(folder, stat_inputs(folder))
    text = slakh_text().replace("Bright Acoustic Piano", "Violin")
    (slakh / "metadata.yaml").write_text(text)
    assert hash_inputs(folder, stat_inputs(folder)) != before
