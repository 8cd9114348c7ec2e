"""What counts as a song to learn from, what its mix is, and whose split it has."""

from pathlib import Path

import numpy as np
import pytest

from mixer.errors import InputError
from mixer.song.samples import read_stem
from tests.signals import sine
from tests.training.songs import RATE_HZ, tones, write_container, write_stems
from training.data.multitracks import find_multitracks, read_target
from training.data.musdb import VALIDATION_SONGS


def tone(duration_s: float = 0.5) -> np.ndarray:
    return np.repeat(sine(440.0, duration_s, RATE_HZ), 2, axis=0)


def test_the_official_lists_are_complete() -> None:
    # MUSDB18: 100 training songs, 86 to train on and 14 for validation
    assert len(VALIDATION_SONGS) == 14


def test_musdb_as_wav(tmp_path: Path) -> None:
    stems = {name: tone() for name in ("vocals", "bass", "drums", "other", "mixture")}
    write_stems(tmp_path / "train" / "A Classic Education - NightOwl", stems)
    write_stems(tmp_path / "train" / "Triviul - Angelsaint", stems)
    write_stems(tmp_path / "test" / "Al James - Schoolboy Facination", stems)
    found, left_out = find_multitracks([tmp_path])
    assert {m.name: m.split for m in found} == {
        "A Classic Education - NightOwl": "train",
        "Triviul - Angelsaint": "valid",
        "Al James - Schoolboy Facination": "test",
    }
    assert not left_out
    for multitrack in found:
        assert multitrack.target is not None
        assert multitrack.target.source.path.name == "mixture.wav"
        assert multitrack.song.stems == ("vocals", "bass", "drums", "other")


def test_musdb_as_stem_containers(tmp_path: Path) -> None:
    pytest.importorskip("av")
    parts = tones(0, 1.0)
    streams = [sum(parts.values()), *(parts[s] for s in ("drums", "bass", "other", "vocals"))]
    for name in ("train/Leaf - Summerghost", "train/Hollow Ground - Left Blind", "test/BKS - B"):
        write_container(tmp_path / f"{name}.stem.mp4", streams)
    found, _ = find_multitracks([tmp_path])
    assert {m.name: m.split for m in found} == {
        "Hollow Ground - Left Blind": "train",
        "Leaf - Summerghost": "valid",
        "BKS - B": "test",
    }
    target = read_target(found[0])
    assert target is not None
    # AAC is lossy; what each stream is shows in what is left when the right stem is subtracted
    inner = slice(4_096, 36_000)
    for stem, audio in parts.items():
        decoded = read_stem(found[0].song, stem, RATE_HZ)[:, inner]
        assert np.std(decoded - audio[:, inner]) < 0.05 * np.std(audio[:, inner])
    assert np.std(target[:, inner] - streams[0][:, inner]) < 0.05 * np.std(streams[0][:, inner])


def test_folders_of_songs_to_any_depth(tmp_path: Path) -> None:
    for name in ("one/a", "one/b", "two/deeper/c"):
        write_stems(tmp_path / name, {"drums": tone()})
    assert [m.name for m in find_multitracks([tmp_path])[0]] == ["a", "b", "c"]
    assert [m.name for m in find_multitracks([tmp_path / "one" / "b"])[0]] == ["b"]
    both = [tmp_path / "two", tmp_path / "one"]
    assert [m.name for m in find_multitracks(both)[0]] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("files", "target"),
    [
        (["drums", "Song - Full Mix"], "Song - Full Mix.wav"),
        (["drums", "mixture", "final mix"], "mixture.wav"),
        (["drums", "Rough Mix"], None),
        (["drums", "click", "ref"], None),
        (["drums"], None),
    ],
)
def test_the_mix_is_the_file_that_says_so(tmp_path: Path, files: list, target: str | None) -> None:
    write_stems(tmp_path / "song", dict.fromkeys(files, tone()))
    (found,), _ = find_multitracks([tmp_path])
    assert (found.target.file if found.target else None) == target
    assert find_multitracks([tmp_path], "sum")[0][0].target is None


def test_a_mix_ignored_by_hand_is_not_the_target(tmp_path: Path) -> None:
    folder = write_stems(tmp_path / "song", {"drums": tone(), "mixture": tone()})
    (folder / "song.toml").write_text('[files."mixture.wav"]\nignore = true\n')
    (found,), _ = find_multitracks([tmp_path])
    assert found.target is None


@pytest.mark.parametrize(
    ("files", "toml", "target", "says"),
    [
        ({"drums": 0.5}, "", "mixture", "none of its files is named mixture"),
        ({"mixture": 0.5}, "", "auto", "nothing to mix"),
        ({"drums": 0.5}, "dry = true", "auto", "its stems are dry and it has no mix"),
        (
            {"drums": 0.5, "mixture": 9.0},
            "",
            "auto",
            "mixture.wav lasts 9.0 s but the stems last 0.5 s",
        ),
        ({"drums": 0.5, "a mix": 0.5, "b mix": 0.5}, "", "auto", "are both named as the mix"),
    ],
)
def test_a_song_without_a_target_is_left_out(
    tmp_path: Path, files: dict[str, float], toml: str, target: str, says: str
) -> None:
    write_stems(tmp_path / "good", {"drums": tone(), "mixture": tone()})
    bad = write_stems(tmp_path / "bad", {name: tone(s) for name, s in files.items()})
    if toml:
        (bad / "song.toml").write_text(toml)
    found, (left_out,) = find_multitracks([tmp_path], target)
    assert [m.name for m in found] == ["good"]
    assert left_out.name == "bad"
    assert says in left_out.reason
    assert "\n" not in left_out.reason


def test_a_dry_song_with_its_mix_can_be_learnt_from(tmp_path: Path) -> None:
    folder = write_stems(tmp_path / "song", {"drums": tone(), "mixture": tone()})
    (folder / "song.toml").write_text("dry = true")
    (found,), _ = find_multitracks([tmp_path])
    assert found.song.dry
    assert [recording.file for recording in found.recordings] == ["drums.wav", "mixture.wav"]


def test_a_link_out_of_the_source_is_not_followed(tmp_path: Path) -> None:
    outside = write_stems(tmp_path / "outside" / "secret", {"drums": tone()})
    inside = tmp_path / "source"
    write_stems(inside / "good", {"drums": tone()})
    (inside / "link").symlink_to(outside)
    found, (left_out,) = find_multitracks([inside])
    assert [m.name for m in found] == ["good"]
    assert left_out.reason == "a link to outside the source; give its target instead"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder.mkdir(), "contains no songs"),
        (lambda folder: (folder / "notes").mkdir(parents=True), "contains no songs"),
        (lambda folder: None, "no such folder"),
        (lambda folder: folder.symlink_to(folder.name), "no such folder"),
        (lambda folder: write_stems(folder / "a", {"mixture": tone()}), "none of 1 songs"),
    ],
)
def test_a_source_without_songs_is_one_clear_line(tmp_path: Path, make, says: str) -> None:
    make(tmp_path / "source")
    with pytest.raises(InputError, match=says) as caught:
        find_multitracks([tmp_path / "source"])
    assert "\n" not in str(caught.value)


def test_mixed_rates_are_known(tmp_path: Path) -> None:
    folder = write_stems(tmp_path / "song", {"drums": tone()})
    write_stems(folder, {"vocals": np.repeat(sine(440.0, 0.5, 48_000), 2, axis=0)}, 48_000)
    (found,), _ = find_multitracks([tmp_path])
    assert found.sample_rates == (44_100, 48_000)
    assert found.n_samples == 22_050
