"""A song's metadata says what its files play; a file that is none, or a trap, does no harm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixer.batch.inputs import hash_inputs, stat_inputs
from mixer.errors import InputError
from mixer.song.load import load_song
from mixer.song.metadata import read_metadata
from tests.signals import sine

NAME = "SomeOne_ASong"
FILE = f"{NAME}_METADATA.yaml"


def stem(number: int, instrument: str, raw: tuple[str, ...], component: str = "''") -> str:
    """One stem as MedleyDB writes it."""
    lines = [
        f"  S{number:02d}:",
        f"    component: {component}",
        f"    filename: {NAME}_STEM_{number:02d}.wav",
        f"    instrument: {instrument}",
        "    raw:",
    ]
    for place, played in enumerate(raw, 1):
        lines += [
            f"      R{place:02d}:",
            f"        filename: {NAME}_RAW_{number:02d}_{place:02d}.wav",
            f"        instrument: {played}",
        ]
    return "\n".join(lines) + "\n"


STEMS = (
    stem(1, "drum set", ("drum set", "kick drum", "snare drum")),
    stem(2, "electric bass", ("electric bass",), "bass"),
    stem(3, "male singer", ("male singer",), "melody"),
    stem(4, "vocalists", ("female singer", "female singer")),
    stem(5, "distorted electric guitar", ("distorted electric guitar",)),
    stem(6, "Unlabeled", ("Unlabeled",)),
)
TEXT = (
    f"album: 'It''s'\nartist: Some One\ncomposer:\n- Some One\nhas_bleed: 'no'\n"
    f"mix_filename: {NAME}_MIX.wav\nraw_dir: {NAME}_RAW\nstem_dir: {NAME}_STEMS\nstems:\n"
    f"{''.join(STEMS)}title: A Song\nversion: 1.2\nwebsite: []\n"
)


def told(text: str, tmp_path: Path) -> dict[str, tuple[str | None, str | None]]:
    path = tmp_path / FILE
    path.write_text(text)
    return {
        file.removeprefix(f"{NAME}_").removesuffix(".wav"): (found.stem, found.role)
        for file, found in read_metadata(path).told().items()
    }


def test_instruments_become_stems_and_roles(tmp_path: Path) -> None:
    assert told(TEXT, tmp_path) == {
        "STEM_01": ("drums", "drum_stem"),
        # A kit's microphone: which one, nobody says.
        "RAW_01_01": ("drums", "unknown"),
        "RAW_01_02": ("drums", "kick"),
        "RAW_01_03": ("drums", "snare"),
        "STEM_02": ("bass", "bass"),
        "RAW_02_01": ("bass", "bass"),
        "STEM_03": ("vocals", "lead_vocal"),
        "RAW_03_01": ("vocals", "lead_vocal"),
        "STEM_04": ("vocals", "backing_vocals"),
        "RAW_04_01": ("vocals", "backing_vocals"),
        "RAW_04_02": ("vocals", "backing_vocals"),
        "STEM_05": ("other", "electric_guitar"),
        "RAW_05_01": ("other", "electric_guitar"),
    }


def test_a_single_singer_leads_whatever_the_melody_is(tmp_path: Path) -> None:
    text = "stems:\n" + stem(1, "female singer", ("female singer",))
    assert told(text, tmp_path)["STEM_01"] == ("vocals", "lead_vocal")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("stems: [unclosed", "line 1: not valid YAML"),
        ("- a list", "lists no stems"),
        ("title: A Song\n", "lists no stems"),
        (f"stems: {'1:' * 90_000}1.5", "lists no stems"),
        ("stems: !!timestamp 9999999-01-01", "lists no stems"),
        (f"stems: {'9' * 190_000}", "lists no stems"),
        ("stems: {[a]: b}", "not valid YAML"),
        ("a: &a [x, x]\nb: [*a, *a]\nstems: {}\n", "refers to itself"),
        ("stems: " + "[" * 40 + "]" * 40, "nested too deep"),
        ("stems: !!python/object/apply:os.getcwd []\n", "lists no stems"),
        ("# " + "x" * 200_000, "larger than 200 kB"),
        ("stems: \x00", "not valid YAML"),
    ],
)
def test_anything_else_is_refused_in_one_line(text: str, what: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError, match=what) as refused:
        read_metadata(tmp_path / FILE)
    assert "\n" not in str(refused.value)


def test_a_table_of_the_wrong_kinds_says_nothing(tmp_path: Path) -> None:
    text = "stems:\n  S01: 7\n  S02: {filename: [3], instrument: {a: b}, raw: none}\n  3: {}\n"
    assert told(text, tmp_path) == {}


@pytest.fixture
def folder(tmp_path: Path, write_song) -> Path:
    """A song as in MedleyDB, whose raw recordings are more than its stems."""
    names = ("01_01", "01_02", "01_03", "02_01", "03_01", "04_01", "04_02", "05_01", "06_01")
    tones = [sine(100.0 + 70.0 * i, 0.3, 8_000, level=0.1) for i in range(len(names))]
    raw = {f"{NAME}_RAW_{n}.wav": tone for n, tone in zip(names, tones, strict=True)}
    wet = {f"{NAME}_STEM_{n:02d}.wav": tone for n, tone in enumerate(tones[:6], 1)}
    mix = {f"{NAME}_MIX.wav": np.sum(tones[:6], axis=0)}
    for inner, files in (("", mix), (f"{NAME}_RAW", raw), (f"{NAME}_STEMS", wet)):
        (tmp_path / NAME / inner).mkdir()
        write_song(files, folder=f"{NAME}/{inner}")
    (tmp_path / NAME / FILE).write_text(TEXT)
    return tmp_path / NAME


def test_the_recordings_are_mixed_as_what_they_play(folder: Path) -> None:
    song = load_song(folder, listen=False)
    parts = {Path(r.file).stem.removeprefix(f"{NAME}_"): (r.stem, r.role) for r in song.recordings}
    assert parts["RAW_01_02"] == ("drums", "kick")
    assert parts["RAW_04_02"] == ("vocals", "backing_vocals")
    assert parts["RAW_06_01"] == ("other", "unknown")
    assert len(parts) == 9
    reasons = {r.file: r.reason for r in song.recordings}
    assert reasons[f"{NAME}_RAW/{NAME}_RAW_01_02.wav"] == f"{FILE} says kick drum"
    left_out = {r.file: r.reason for r in song.left_out}
    assert left_out[FILE] == "instruments of this song's files"
    assert "of the song's parts: likely a mix" in left_out[f"{NAME}_MIX.wav"]


def test_song_toml_wins_over_metadata(folder: Path) -> None:
    (folder / "song.toml").write_text('[files."*_RAW_01_02.wav"]\nrole = "toms"\n')
    song = load_song(folder, listen=False)
    (kick,) = [r for r in song.recordings if "RAW_01_02" in r.file]
    assert (kick.stem, kick.role) == ("drums", "toms")


def test_metadata_that_cannot_be_read_is_a_remark(folder: Path) -> None:
    (folder / FILE).write_text("stems: [")
    song = load_song(folder, listen=False)
    assert len(song.recordings) == 9
    (note,) = song.notes
    assert note.startswith(f"{FILE}: line")
    assert note.endswith("by name and by sound")


def test_metadata_of_a_folder_within_a_folder_is_read(folder: Path) -> None:
    outer = folder.parent / "unpacked"
    outer.mkdir()
    folder.rename(outer / NAME)
    song = load_song(outer, listen=False)
    assert {r.role for r in song.recordings} >= {"kick", "snare", "bass", "lead_vocal"}


def test_a_link_to_metadata_elsewhere_is_not_followed(folder: Path) -> None:
    (folder / FILE).rename(folder.parent / FILE)
    (folder / FILE).symlink_to(folder.parent / FILE)
    song = load_song(folder, listen=False)
    assert not [r for r in song.recordings if "says" in r.reason]
    assert not song.notes


@pytest.mark.parametrize("parts", ["STEMS", "RAW"])
def test_a_folder_of_parts_is_told_by_the_metadata_beside_it(folder: Path, parts: str) -> None:
    inner = folder / f"{NAME}_{parts}"
    song = load_song(inner, listen=False)
    roles = {r.role for r in song.recordings}
    assert roles >= {"bass", "lead_vocal", "drum_stem" if parts == "STEMS" else "kick"}
    assert {r.reason for r in song.recordings} >= {f"../{FILE} says electric bass"}
    (folder / FILE).write_text("stems: [")
    (note,) = load_song(inner, listen=False).notes
    assert note.startswith(f"{FILE}: line")


def test_metadata_of_its_own_wins_over_that_beside_it(folder: Path) -> None:
    inner = folder / f"{NAME}_STEMS"
    (inner / FILE).write_text("stems:\n" + stem(2, "piano", ()))
    reasons = {r.reason for r in load_song(inner, listen=False).recordings if r.stem == "other"}
    assert f"{FILE} says piano" in reasons
    assert not any("../" in reason for reason in reasons)


def test_no_other_file_above_a_folder_is_read(folder: Path) -> None:
    others = folder / "Other_STEMS", folder / f"{NAME}_stems2", folder / "_STEMS"
    for other in others:
        (folder / f"{NAME}_STEMS").rename(other)
        song = load_song(other, listen=False)
        assert not [r for r in song.recordings if "says" in r.reason]
        other.rename(folder / f"{NAME}_STEMS")
    (folder / FILE).rename(folder.parent / FILE)
    (folder / FILE).symlink_to(folder.parent / FILE)
    song = load_song(folder / f"{NAME}_STEMS", listen=False)
    assert not [r for r in song.recordings if "says" in r.reason]


def test_a_song_file_above_is_not_read_but_told_of(folder: Path) -> None:
    (folder / "song.toml").write_text("dry = true\n")
    inner = folder / f"{NAME}_RAW"
    song = load_song(inner, listen=False)
    assert not song.dry
    (note,) = song.notes
    assert note.startswith(
        f"song.toml in the folder above is not read, as it is about all of '{NAME}'"
    )
    (inner / "song.toml").write_text("tempo_bpm = 100\n")
    assert not load_song(inner, listen=False).notes


def test_a_batch_sees_that_metadata_has_changed(folder: Path) -> None:
    inner = folder / f"{NAME}_RAW"
    listings = [stat_inputs(place) for place in (folder, inner)]
    hashes = [hash_inputs(p, was) for p, was in zip((folder, inner), listings, strict=True)]
    (folder / FILE).write_text(TEXT.replace("kick drum", "snare drum"))
    for place, listing, sha256 in zip((folder, inner), listings, hashes, strict=True):
        assert stat_inputs(place) != listing
        assert hash_inputs(place, stat_inputs(place)) != sha256
