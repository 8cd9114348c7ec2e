"""Folders that people really have, made by the shared generators: what must become of each."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mixer.audio import probe, read_audio
from mixer.batch.requests.manifest import read_manifest
from mixer.errors import InputError
from mixer.song.folders.song_folders import find_song_folders
from mixer.song.inspection import inspect_song
from mixer.song.load import load_song
from mixer.song.preparation import at_full_scale
from mixer.song.samples import read_stem
from mixer.song.song import Song

pytestmark = [pytest.mark.slow, pytest.mark.shared]
Made = Callable[[str], Path]
_LOSSY_CONTAINERS = {
    *("ff_ogg", "ff_opus", "ff_m4a_frag"),
    *("file_ogg", "file_opus", "file_aac_m4a"),
}


@pytest.fixture
def made(shared: Path, tmp_path: Path) -> Made:
    """Run a generator; its tools may be absent."""

    def make(number: str) -> Path:
        (script,) = sorted((shared / "cases").glob(f"{number}_*.py"))
        needs = [tool for tool in ("ffmpeg", "sox", "flac") if f'"{tool}"' in script.read_text()]
        missing = [tool for tool in needs if shutil.which(tool) is None]
        if missing:
            pytest.skip(f"{', '.join(missing)} is not installed")
        subprocess.run([sys.executable, script, tmp_path], check=True, capture_output=True)
        return tmp_path

    return make


def mixed(song: Song) -> dict[str, str | None]:
    return {recording.file: recording.stem for recording in song.recordings}


def out(song: Song) -> set[str]:
    return {recording.file for recording in song.left_out}


def songs(root: Path) -> dict[str, Song]:
    """Each folder's song, every file of it in exactly one line."""
    found = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        with contextlib.suppress(InputError):
            song = load_song(folder, leave_out_faulty=True)
            lines = [r.file.partition("#")[0] for r in (*song.recordings, *song.left_out)]
            there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
            assert set(lines) == there
            assert len({r.file for r in (*song.recordings, *song.left_out)}) == len(lines)
            found[folder.name] = song
    return found


def test_complements_of_separators(made: Made) -> None:
    found = songs(made("01"))
    for name, song in found.items():
        stems = sorted(stem for stem in mixed(song).values() if stem is not None)
        if name == "four_plus_no":
            assert stems == ["bass", "drums", "other", "vocals"]
            assert out(song) == {"no_vocals.wav"}
        else:
            assert "other" in stems
            assert len(stems) == 2
    assert len(found) == 7


def test_printed_and_bounced_parts_are_parts(made: Made) -> None:
    for song in songs(made("02")).values():
        assert out(song) == set()


def test_refrains_are_sung(made: Made) -> None:
    for song in songs(made("03")).values():
        assert out(song) == set()
        refrains = [stem for file, stem in mixed(song).items() if "efrain" in file]
        assert set(refrains) == {"vocals"}


def test_containers_written_into_pipes_are_whole(made: Made) -> None:
    root = made("05")
    truth = np.load(root / "truth.npy").T
    for name, song in songs(root).items():
        if name == "ff_caf_alac":  # ffmpeg cannot write it into a pipe, and leaves 0 bytes
            assert [r.fault for r in song.left_out] == [
                "vocals.caf: the file is empty; export it again, or delete it"
            ]
            continue
        (recording,) = [r for r in song.recordings if r.file.startswith("vocals")]
        audio, _ = read_audio(recording.source.path)
        if "mp3" in name or name in _LOSSY_CONTAINERS:
            rate = recording.source.sample_rate
            assert audio.shape[1] / rate == pytest.approx(truth.shape[1] / 44_100, abs=0.06)
        else:
            np.testing.assert_array_equal(audio, truth.astype(np.float32))


def test_mp3_is_as_long_as_what_decodes(made: Made) -> None:
    av = pytest.importorskip("av")
    for name, song in songs(made("06")).items():
        source = song.recordings[-1].source
        with av.open(str(source.path)) as file:
            decoded = sum(frame.samples for frame in file.decode(audio=0))
        assert abs(source.n_samples - decoded) <= 2 * 1_152, name
        assert (source.fault is None) == (name != "with_xing_cut_tail") or source.remark


def test_no_file_is_unseen(made: Made) -> None:
    found = songs(made("08"))
    for name, song in found.items():
        if name.startswith("other_"):
            assert "vocals" in mixed(song).values()
    assert len(mixed(found["nested"])) == 6
    assert len(mixed(found["nested_only"])) == 4
    assert out(found["nested_song"]) == {"Song Mixdown.wav"}
    assert out(found["downloads"]) == {"Gtr.wav.part", "Lead Vox.wav.crdownload"}
    for name in ("no_extension", "sdii"):
        (left_out,) = found[name].left_out
        assert not left_out.certain


def test_time_references_lay_clips_out(made: Made) -> None:
    found = songs(made("10"))
    for name, song in found.items():
        starts = {r.file: r.start_s for r in song.recordings}
        late = 2.5 if name == "clips" else 0.0
        assert starts == {"Bass.wav": 0.0, "Drums.wav": 0.0, "Lead Vox.wav": late}
        assert song.starts_are_stated
        told = [text for f in inspect_song(song).files for text in f.findings]
        assert not any("misaligned" in text for text in told)


def test_sides_go_to_their_sides(made: Made) -> None:
    found = songs(made("11"))
    apart = {"midside", "mono_left_only", "not_a_pair", "four", "copies"}
    assert len(found) == 20
    for name in set(found) - apart:
        song = found[name]
        (stem,) = set(mixed(song).values()) - {"bass"}
        audio = read_stem(song, stem, song.sample_rate)[:, : song.sample_rate]
        spectrum = np.abs(np.fft.rfft(audio, axis=1))
        assert spectrum.argmax(axis=1).tolist() == [300, 500], name
    for name in ("four", "copies"):
        assert sum(r.side is not None for r in found[name].recordings) == 4
    assert {r.side for r in found["midside"].recordings} == {"mid", "side", None}
    (lone,) = [r for r in found["mono_left_only"].recordings if r.file == "OH L.wav"]
    assert "whose other side is missing" in lone.remarks[0]


def test_nothing_is_mixed_twice(made: Made) -> None:
    for name, song in songs(made("13")).items():
        assert len(mixed(song)) == 6, name
        assert all(r.reason for r in song.left_out)


def test_levels_of_any_scale(made: Made) -> None:
    root = made("16")
    found = songs(root)
    plain = {r.file: read_audio(r.source.path)[0] for r in found["plain"].recordings}
    for name in ("scale_32768_all", "scale_32768_one", "scale_8388608_one"):
        recordings, notes = at_full_scale(found[name].recordings)
        assert len(notes) == (4 if name.endswith("all") else 1)
        (gtr,) = [r for r in recordings if r.file == "Gtr.wav"]
        song = found[name]
        scaled = Song(song.name, song.folder, (gtr,), (), 44_100, gtr.source.n_samples)
        audio = read_stem(scaled, "other", 44_100)
        np.testing.assert_allclose(audio[0], plain["Gtr.wav"][0], atol=1e-6)
    for name in ("plus_12", "plus_40"):
        told = [text for f in inspect_song(found[name]).files for text in f.findings]
        assert not any("clipped" in text for text in told)
    for name in ("nan", "inf"):
        (gtr,) = [f for f in inspect_song(found[name]).files if f.file == "Gtr.wav"]
        assert "NaN or infinite samples" in gtr.findings[0]


def test_stem_containers_of_either_name(made: Made) -> None:
    root = made("19")
    for name in ("five_mp4", "five_m4a", "five_art_mp4", "five_alac", "upper"):
        song = load_song(root / name)
        assert sorted(mixed(song).values()) == ["bass", "drums", "other", "vocals"]
        assert len(out(song)) == 1
    for name in ("four_mp4", "six_mp4"):
        with pytest.raises(InputError, match=r"audio streams; a stem container has 5"):
            load_song(root / name)
    plain = load_song(root / "plain_two_streams")
    assert list(mixed(plain)) == ["Lead Vox.m4a"]
    assert out(plain) == {"Lead Vox.m4a#2"}


def test_a_files_own_name_is_that_file(made: Made) -> None:
    found = songs(made("23"))
    alternative = found["ignore_alt_take"]
    assert "Vox 2.wav" in mixed(alternative)
    assert "Vox [2].wav" in out(alternative)
    gains = {r.file: r.gain_db for r in found["tempo_in_name"].recordings}
    assert gains["Loop [120].wav"] == -12.0
    assert gains["Loop 1.wav"] == gains["Loop 2.wav"] == 0.0
    assert "Vox [old].wav" in out(found["only_bracket_key"])


def test_a_flac_of_unknown_length_is_a_song_like_another(made: Made) -> None:
    root = made("25")
    rows, mistakes = read_manifest(root / "manifest.csv")
    assert (len(rows), mistakes) == (4, [])
    (source,) = probe(root / "unknown" / "vocals.flac")
    assert source.n_samples == 8 * 44_100
    song = load_song(root / "unknown")
    assert song.duration_s == 8.0
    original, _ = read_audio(root / "one" / "vocals.wav")
    # libsndfile rounds for one of the two formats, and truncates for the other
    np.testing.assert_allclose(read_audio(source.path)[0], original, atol=1.01 / 2**15)


def test_a_tree_holds_songs_alone(made: Made) -> None:
    root = made("27")
    found = [path.relative_to(root).as_posix() for path in find_song_folders(root).songs]
    assert found == ["Album/Song1", "Album/Song2", "Album/Song3", "Album/Song4", "songA"]


def test_a_mix_at_exactly_full_scale_is_seen(made: Made) -> None:
    for song in songs(made("29")).values():
        assert out(song) == {"Song v7.wav"}
        assert song.left_out[0].reason == "a mix of the other files"
