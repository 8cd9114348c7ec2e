"""The same recording more than once, by its name; entries of song.toml that mean one file."""

import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from mixer.song.file_patterns import files_meant, matches
from mixer.song.load import load_song
from tests.signals import sine

TONE, OTHER = sine(200.0, 0.2, 44_100), sine(300.0, 0.2, 44_100)


def tones(*names: str) -> dict[str, np.ndarray]:
    """A tone of its own for each file."""
    return {name: sine(150.0 + 37.0 * n, 0.2, 44_100) for n, name in enumerate(names)}


@pytest.mark.parametrize(
    "name",
    [
        "Kick copy", "Kick copy 2", "Kick (1)", "Kick - Copy", "Kick - Copy (2)", "Kick Kopie",
        "Copy of Kick", "Kick (Anna's conflicted copy 2024-05-01)", "Kickのコピー", "Kick 副本",
        "Kick копия", "Kick - Kopie (2)", "Kick copie", "Kick.Conflict",
        "Kick.sync-conflict-20240131-101500-ABCDEFG", "Kick_conflict-20240131-101500",
    ],
)  # fmt: skip
def test_a_copy_is_left_out_where_it_is_the_same_file(write_song, name: str) -> None:
    folder = write_song({"Kick.wav": TONE, "Bass.wav": OTHER})
    shutil.copy(folder / "Kick.wav", folder / f"{name}.wav")
    song = load_song(folder)
    assert [r.file for r in song.recordings] == ["Bass.wav", "Kick.wav"]
    assert [r.reason for r in song.left_out] == ["a copy of Kick.wav"]
    write_song({f"{name}.wav": sine(410.0, 0.2, 44_100)})
    (doubled,) = [r for r in load_song(folder).recordings if name in r.file]
    assert doubled.remarks == ("named as a copy of Kick.wav, which differs",)


def test_of_two_formats_the_better_is_mixed(write_song) -> None:
    folder = write_song(
        {"Kick.wav": TONE, "Kick.mp3": TONE, "Vox.flac": OTHER, "Vox.ogg": OTHER}, subtype=None
    )
    song = load_song(folder)
    assert [r.file for r in song.recordings] == ["Kick.wav", "Vox.flac"]
    assert {r.file for r in song.left_out} == {"Kick.mp3", "Vox.ogg"}


def test_takes_are_left_out_beside_their_comp_and_said_without_one(write_song) -> None:
    takes = [f"Lead Vox take {number}.wav" for number in (1, 2)]
    folder = write_song(tones("Lead Vox comp.wav", "Kick comp.wav", *takes))
    assert [r.file for r in load_song(folder).recordings] == ["Kick comp.wav", "Lead Vox comp.wav"]
    (folder / "Lead Vox comp.wav").unlink()
    remarks = {r.file: r.remarks for r in load_song(folder).recordings}
    assert remarks["Kick comp.wav"] == ()
    assert all("one of 2 takes" in remarks[name][0] for name in takes)


def test_files_that_are_called_nothing_but_takes_are_not_takes_of_each_other(write_song) -> None:
    song = load_song(write_song(tones("Take 1.wav", "Take 2.wav", "Kick.wav")))
    assert [(r.file, r.remarks) for r in song.recordings if r.file != "Kick.wav"] == [
        ("Take 1.wav", ()),
        ("Take 2.wav", ()),
    ]


def test_a_dry_signal_beside_the_processed_one_is_said(write_song) -> None:
    song = load_song(write_song(tones("Vox DRY.wav", "Vox.wav", "Gtr dry.wav")))
    assert {r.file for r in song.recordings if r.remarks} == {"Vox DRY.wav"}


def test_what_song_toml_puts_into_a_stem_is_never_left_out(write_song) -> None:
    folder = write_song(tones("Kick.wav", "Bass.wav"))
    shutil.copy(folder / "Kick.wav", folder / "Kick copy.wav")
    (folder / "Old").mkdir()
    shutil.copy(folder / "Bass.wav", folder / "Old" / "Vox.wav")
    (folder / "song.toml").write_text(
        '[files."Kick copy.wav"]\nstem = "drums"\n[files."Old/Vox.wav"]\nstem = "vocals"\n'
    )
    files = [r.file for r in load_song(folder).recordings]
    assert files == ["Bass.wav", "Kick copy.wav", "Kick.wav", "Old/Vox.wav"]


def test_a_sum_is_mixed_where_its_parts_are_ignored(write_song) -> None:
    folder = write_song(tones("Kick In.wav", "Kick Out.wav", "Kick SUM.wav"))
    assert [r.file for r in load_song(folder).recordings] == ["Kick In.wav", "Kick Out.wav"]
    (folder / "song.toml").write_text(
        '[files."Kick In.wav"]\nignore = true\n[files."Kick Out.wav"]\nignore = true\n'
    )
    assert [r.file for r in load_song(folder).recordings] == ["Kick SUM.wav"]


@pytest.mark.parametrize(
    ("pattern", "names", "meant"),
    [
        ("Vox [2].wav", ["Vox 2.wav", "Vox [2].wav"], ["Vox [2].wav"]),
        ("Loop [120].wav", ["Loop 1.wav", "Loop 2.wav", "Loop [120].wav"], ["Loop [120].wav"]),
        ("Vox [2]*", ["Vox 2.wav", "Vox [2].wav"], ["Vox [2].wav"]),
        ("What? Vox.wav", ["What? Vox.wav", "Whats Vox.wav"], ["What? Vox.wav"]),
        ("07_*.wav", ["07_a.wav", "08_a.wav", "07_b.wav"], ["07_a.wav", "07_b.wav"]),
        ("?ick.wav", ["Kick.wav", "Trick.wav"], ["Kick.wav"]),
        ("Kick.wav", ["Drums/Kick.wav", "Kick.wav"], ["Kick.wav"]),
        ("Kick*", ["Drums/Kick In.wav", "Snare.wav"], ["Drums/Kick In.wav"]),
        ("Drums/*", ["Drums/Kick In.wav", "Kick.wav"], ["Drums/Kick In.wav"]),
        ("vox.wav", ["Vox.wav"], []),
    ],
)
def test_an_entry_means_a_file_of_that_name_else_what_fits(
    pattern: str, names: list[str], meant: list[str]
) -> None:
    assert files_meant(pattern, names) == meant


def test_normal_forms_do_not_matter() -> None:
    composed, apart = (unicodedata.normalize(form, "Flöte ガ.wav") for form in ("NFC", "NFD"))
    assert composed != apart
    assert files_meant(apart, [composed]) == [composed]
    assert files_meant(composed, [apart]) == [apart]
    assert matches(unicodedata.normalize("NFD", "Flö*"), composed)


def test_no_pattern_can_hold_the_program_up() -> None:
    assert not matches("*a" * 60 + "*b", "a" * 250)


def test_settings_reach_the_file_that_they_name(write_song) -> None:
    folder = write_song(dict.fromkeys(("Vox 2.wav", "Vox [2].wav", "Flöte.wav"), TONE))
    (folder / "song.toml").write_text(
        '[files."Vox*"]\ngain_db = -3\n[files."Vox [2].wav"]\ngain_db = -6\n'
        '[files."Fl\u00f6te.wav"]\ngain_db = -9\n',
        encoding="utf-8",
    )
    gains = {r.file: r.gain_db for r in load_song(folder).recordings}
    assert gains == {"Vox 2.wav": -3.0, "Vox [2].wav": -6.0, "Flo\u0308te.wav": -9.0}
    assert Path(folder / "Flo\u0308te.wav").exists()
