"""What listening to a folder says of its files."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from mixer import audio as audio_io
from mixer.song.duplicates.content import Candidate, Heard, compare_recordings

RATE_HZ, SECONDS = 44_100, 6


@pytest.fixture
def parts(rng: np.random.Generator) -> dict[str, np.ndarray]:
    found = {}
    for n, name in enumerate(("Kick", "Bass", "Gtr", "Vox")):
        noise = rng.standard_normal(RATE_HZ * SECONDS)
        dark = np.convolve(noise, np.ones(4 * n + 1) / (4 * n + 1), "same")
        gate = np.repeat(rng.random(4 * SECONDS) > 0.3, RATE_HZ // 4)
        found[name] = 0.1 * dark * gate
    return found


def written(folder: Path, files: dict[str, np.ndarray]) -> list[Candidate]:
    candidates = []
    for name, audio in files.items():
        soundfile.write(folder / name, audio, RATE_HZ, subtype=None if "mp3" in name else "PCM_24")
        candidates.append(Candidate(name, audio_io.probe(folder / name)[0]))
    return candidates


def by_file(candidates: list[Candidate]) -> dict[str, Heard]:
    return {candidates[heard.index].file: heard for heard in compare_recordings(candidates)}


def test_a_copy_gives_way_to_the_original(tmp_path: Path, parts: dict[str, np.ndarray]) -> None:
    files = {f"{name}.wav": audio for name, audio in parts.items()}
    candidates = written(tmp_path, {"Kick (1).wav": parts["Kick"], **files})
    assert by_file(candidates) == {"Kick (1).wav": Heard(0, "the same as Kick.wav", True)}


def test_the_lossless_twin_stays(tmp_path: Path, parts: dict[str, np.ndarray]) -> None:
    files = {f"{name}.wav": audio for name, audio in parts.items()}
    candidates = written(tmp_path, {"Gtr.mp3": parts["Gtr"], **files})
    assert by_file(candidates)["Gtr.mp3"].reason == "the same as Gtr.wav"


def test_a_sum_and_a_mix_are_named(tmp_path: Path, parts: dict[str, np.ndarray]) -> None:
    files = {f"{name}.wav": audio for name, audio in parts.items()}
    files["Low.wav"] = parts["Kick"] + parts["Bass"]
    assert by_file(written(tmp_path, files)) == {
        "Low.wav": Heard(4, "the sum of Kick.wav, Bass.wav", True)
    }
    del files["Low.wav"]
    files["Song.wav"] = 0.5 * sum(parts.values())
    assert by_file(written(tmp_path, files))["Song.wav"].reason == "a mix of the other files"


def test_a_copy_that_starts_later_is_found_where_it_lies(
    tmp_path: Path, parts: dict[str, np.ndarray]
) -> None:
    whole = parts["Vox"].copy()
    whole[:RATE_HZ] = 0.0
    files = {"Vox.wav": whole, "Vox b.wav": whole[RATE_HZ:], "Gtr.wav": parts["Gtr"]}
    first, second, third = written(tmp_path, files)
    assert compare_recordings([first, second, third]) == []
    moved = Candidate(second.file, second.source, start_s=1.0)
    assert [heard.reason for heard in compare_recordings([first, moved, third])] == [
        "the same as Vox.wav"
    ]


@pytest.mark.parametrize("later_s", [0.1, -0.25, 0.48])
def test_a_copy_exported_with_another_start_is_told(
    tmp_path: Path, parts: dict[str, np.ndarray], later_s: float
) -> None:
    n_later = round(later_s * RATE_HZ)
    vox = parts["Vox"]
    moved = np.pad(vox, (n_later, 0)) if n_later > 0 else vox[-n_later:]
    files = {**{f"{name}.wav": audio for name, audio in parts.items()}, "Vox b.wav": moved}
    heard = by_file(written(tmp_path, files))
    assert set(heard) == {"Vox b.wav"}
    way = "later" if later_s > 0 else "earlier"
    told = f"likely the same as Vox.wav, {1000 * abs(later_s):.1f} ms {way}, but mixed"
    assert heard["Vox b.wav"].reason.startswith(told)
    assert not heard["Vox b.wav"].certain


def test_a_part_sung_twice_and_one_with_an_echo_are_recordings_of_their_own(
    tmp_path: Path, parts: dict[str, np.ndarray], rng: np.random.Generator
) -> None:
    vox = parts["Vox"]
    later = np.pad(vox, (round(0.1 * RATE_HZ), 0))[: len(vox)]
    twice = np.abs(later) * rng.standard_normal(len(vox))
    echo = 0.7 * vox + 0.7 * later
    files = {**{f"{name}.wav": audio for name, audio in parts.items()}}
    assert by_file(written(tmp_path, {**files, "Vox 2.wav": twice, "Vox 3.wav": echo})) == {}


def test_the_halves_of_a_pair_are_two(tmp_path: Path, parts: dict[str, np.ndarray]) -> None:
    left, right = written(tmp_path, {"OH L.wav": parts["Gtr"], "OH R.wav": parts["Gtr"]})
    halves = [
        Candidate(left.file, left.source, "left"),
        Candidate(right.file, right.source, "right"),
    ]
    assert compare_recordings(halves) == []


def test_a_file_that_cannot_be_read_is_passed_over(
    tmp_path: Path, parts: dict[str, np.ndarray]
) -> None:
    candidates = written(tmp_path, {"a.wav": parts["Kick"], "b.wav": parts["Bass"]})
    (tmp_path / "a.wav").unlink()
    assert compare_recordings(candidates) == []


def test_what_plays_once_between_the_excerpts_is_not_lost(tmp_path: Path) -> None:
    """A track that differs in a single hit is a track of its own, wherever the hit lies."""
    beat, hit = np.zeros(RATE_HZ * 20), np.hanning(RATE_HZ // 10)
    for at in range(0, 20 * RATE_HZ, RATE_HZ // 2):
        beat[at : at + hit.size] += 0.5 * hit * np.sin(np.arange(hit.size) * 0.1)
    assert len(compare_recordings(written(tmp_path, {"Kick.wav": beat, "Kick b.wav": beat}))) == 1
    for at in range(RATE_HZ // 4, 20 * RATE_HZ, RATE_HZ):
        own = beat.copy()
        own[at : at + hit.size] += 0.5 * hit * np.sin(np.arange(hit.size) * 0.3)
        found = compare_recordings(written(tmp_path, {"Kick.wav": beat, "Kick longer.wav": own}))
        assert not any(heard.certain for heard in found)


def test_a_name_is_believed_against_a_sum_that_is_not_exact(
    tmp_path: Path, parts: dict[str, np.ndarray]
) -> None:
    """A compressed bus may lie beside its parts on purpose; a file without a word for it not."""
    total = sum(parts.values())
    squeezed = np.tanh(3.0 * total) / 3.0
    files = {**{f"{name}.wav": audio for name, audio in parts.items()}, "Smash.wav": squeezed}
    candidates = written(tmp_path, files)
    (named,) = compare_recordings(candidates)
    assert named.reason.startswith("likely a mix of the other files (")
    assert not named.certain
    (unnamed,) = compare_recordings([*candidates[:4], replace(candidates[4], is_named=False)])
    assert unnamed == Heard(4, "a mix of the other files", True)


def test_a_side_signal_is_compared_as_it_is_mixed(
    tmp_path: Path, parts: dict[str, np.ndarray]
) -> None:
    """Right is mid less side: a stereo file beside its decoded M/S pair is their sum."""
    mid, side = parts["Gtr"], 0.5 * parts["Vox"]
    stereo = np.stack([mid + side, mid - side], axis=1)
    files = {"OH M.wav": mid, "OH S.wav": side, "OH.wav": stereo}
    one, two, three = written(tmp_path, files)
    found = compare_recordings([replace(one, side="mid"), replace(two, side="side"), three])
    assert [(heard.index, heard.certain) for heard in found] == [(2, True)]
    assert set(re.split(", ", found[0].reason.removeprefix("the sum of "))) == {
        "OH M.wav",
        "OH S.wav",
    }


def test_lossless_codecs_of_either_reader_are_lossless(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(100), RATE_HZ)
    source = audio_io.probe(tmp_path / "a.wav")[0]
    for encoding in ("PCM_16", "pcm_s16le", "wavpack", "flac", "alac"):
        assert not Candidate("a", replace(source, encoding=encoding)).is_lossy
    for encoding in ("VORBIS", "aac", "MPEG_LAYER_III"):
        assert Candidate("a", replace(source, encoding=encoding)).is_lossy


def test_a_copy_at_another_rate_is_a_copy(tmp_path: Path, parts: dict[str, np.ndarray]) -> None:
    files = {f"{name}.wav": audio for name, audio in parts.items()}
    candidates = written(tmp_path, files)
    for rate_hz in (22_050, 48_000, 96_000):
        other = tmp_path / "Gtr other.wav"
        resampled = soxr.resample(parts["Gtr"], RATE_HZ, rate_hz, "VHQ")
        soundfile.write(other, resampled, rate_hz, subtype="PCM_24")
        (heard,) = compare_recordings(
            [*candidates, Candidate(other.name, audio_io.probe(other)[0])]
        )
        assert heard == Heard(4, "the same as Gtr.wav", True)


def test_a_take_with_a_passage_of_its_own_is_not_lost(tmp_path: Path) -> None:
    """A comp that is silent for half a second of a take does not hold it, wherever that is."""
    rng = np.random.default_rng(4)
    one, two, bass = (0.1 * rng.standard_normal(12 * RATE_HZ) for _ in range(3))
    half = one.size // 2 + 1_234
    comp = np.concatenate([one[:half], two[half:]])
    files = {"Vox a.wav": one, "Vox b.wav": two, "Vox c.wav": comp, "Bass.wav": bass}
    takes = compare_recordings(written(tmp_path, files))
    assert [heard.reason for heard in takes if heard.certain] in (
        [],  # an excerpt may lie across the cut
        ["a take that Vox c.wav was cut from"] * 2,
    )
    assert [heard.index for heard in takes] == [0, 1]
    for at in range(half % RATE_HZ, 12 * RATE_HZ, 3 * RATE_HZ):
        silent = comp.copy()
        silent[at : at + RATE_HZ] = 0.0
        takes = compare_recordings(written(tmp_path, {**files, "Vox c.wav": silent}))
        assert not any(heard.certain for heard in takes)


@pytest.mark.parametrize("later_s", [0.2, 1.7, -0.9])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_unnamed_mix_is_found_wherever_it_starts(
    tmp_path: Path, parts: dict[str, np.ndarray], later_s: float, sign: float
) -> None:
    mix = sign * (0.9 * parts["Kick"] + 0.6 * parts["Bass"] + 0.8 * parts["Gtr"] + parts["Vox"])
    moved = round(abs(later_s) * RATE_HZ)
    mix = np.pad(mix, (moved, 0)) if later_s > 0 else mix[moved:]
    files = {f"{name}.wav": audio for name, audio in parts.items()}
    candidates = written(tmp_path, {**files, "Song.wav": 0.5 * mix})
    assert by_file(candidates) == {}
    candidates[-1] = replace(candidates[-1], is_named=False)
    heard = by_file(candidates)["Song.wav"]
    assert heard.certain
    assert heard.reason.startswith("a mix of the other files, ")
    away_ms = float(re.search(r", ([\d.]+) ms", heard.reason)[1])
    assert away_ms == pytest.approx(1000.0 * abs(later_s), abs=0.2)
    assert ("later" in heard.reason) == (later_s > 0)
    assert ("inverted" in heard.reason) == (sign < 0)


def test_a_limited_mix_whose_name_says_nothing_is_left_out(
    tmp_path: Path, parts: dict[str, np.ndarray]
) -> None:
    mix = sum(parts.values())
    mix = np.tanh(1.2 * mix / np.abs(mix).max())
    files = {f"{name}.wav": audio for name, audio in parts.items()}
    candidates = written(tmp_path, {**files, "Song.wav": mix})
    candidates[-1] = replace(candidates[-1], is_named=False)
    heard = by_file(candidates)["Song.wav"]
    assert (heard.certain, heard.reason) == (True, "a mix of the other files")


def test_a_sum_of_some_whose_name_says_nothing_must_hold_nothing_else(
    tmp_path: Path, parts: dict[str, np.ndarray], rng: np.random.Generator
) -> None:
    """What plays in it alone for half a second would be lost with it."""
    some = np.tanh(1.5 * (parts["Kick"] + parts["Bass"] + parts["Gtr"]))
    solo = some.copy()
    solo[-RATE_HZ // 2 :] = 0.1 * rng.standard_normal(RATE_HZ // 2)
    files = {f"{name}.wav": audio for name, audio in parts.items()}
    for audio, certain in ((some, True), (solo, False)):
        candidates = written(tmp_path, {**files, "Track 9.wav": audio})
        candidates[-1] = replace(candidates[-1], is_named=False)
        heard = by_file(candidates).get("Track 9.wav")
        assert (heard is not None and heard.certain) is certain
