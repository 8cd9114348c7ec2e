"""A composed song moves towards a reference of itself with known offsets, aspect by aspect."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixer.reference.moves import MOST_EQ_DB, N_NODES, Moves, StemMoves
from mixer.reference.reference_figures import COMPARED, MixFigures, centred
from mixer.reference.sources import read_target
from mixer.rendering.mix import Mix
from mixer.rendering.pipeline import render
from mixer.rendering.settings import RenderSettings
from mixer.song.load import load_song
from tests.reference.songs import (
    Stems,
    all_stems,
    backwards,
    demo_stems,
    measure,
    moved,
    tilt,
    total,
    write,
    write_stems,
)


@pytest.fixture(scope="module")
def stems() -> Stems:
    return demo_stems()


@pytest.fixture(scope="module")
def folder(stems: Stems, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stems(tmp_path_factory.mktemp("demo") / "song", stems)


def mixed(folder: Path, *references: str) -> tuple[Mix, MixFigures]:
    """The plain sum of the recordings, moved towards references."""
    # The ceiling is off: a limiter is no part of what is matched.
    settings = RenderSettings(
        model="none", effects=(), true_peak_dbtp=None, reference=tuple(references)
    )
    mix = render(load_song(folder), settings, wet_stems=True)
    return mix, measure(dict(mix.wet_stems))


def tone_error_db(own: MixFigures, other: MixFigures) -> np.ndarray:
    return (centred(own.tone_db, COMPARED) - centred(other.tone_db, COMPARED))[COMPARED]


def width_error_db(own: MixFigures, other: MixFigures) -> np.ndarray:
    assert own.width_db is not None
    assert other.width_db is not None
    wide = COMPARED & (np.minimum(own.width_db, other.width_db) > -25.0)
    return (own.width_db - other.width_db)[wide]


def unchanged(own: MixFigures, before: MixFigures, *, except_for: str) -> None:
    """Every aspect but one is within 0.2 dB of what it was, tone and width in every band."""
    if except_for != "tone":
        assert np.abs(tone_error_db(own, before)).max() < 0.2
    if except_for != "width":
        assert np.abs(width_error_db(own, before)).max() < 0.2
    if except_for != "level":
        assert own.vocals_db == pytest.approx(before.vocals_db, abs=0.2)
    if except_for != "dynamics":
        assert own.range_lu == pytest.approx(before.range_lu, abs=0.2)
    if except_for != "loudness":
        assert own.loudness_lufs == pytest.approx(before.loudness_lufs, abs=0.2)


def test_a_tone_is_matched_within_a_db_in_third_octaves(
    stems: Stems, folder: Path, tmp_path: Path
) -> None:
    offset = Moves(all_stems(stems, tilt(4.0, -4.0)), width_db=(0.0,) * N_NODES)
    wanted = moved(stems, offset)
    reference = write(tmp_path / "darker.wav", backwards(total(wanted)))
    before = measure(stems)
    assert np.abs(tone_error_db(before, measure(wanted))).max() > 2.0
    _, after = mixed(folder, f"{reference}:tone")
    assert np.abs(tone_error_db(after, measure(wanted))).max() < 1.0
    unchanged(after, before, except_for="tone")


def test_half_an_amount_goes_half_of_the_way(stems: Stems, folder: Path, tmp_path: Path) -> None:
    wanted = moved(stems, Moves(all_stems(stems, tilt(4.0, -4.0))))
    reference = write(tmp_path / "darker.wav", backwards(total(wanted)))
    before = measure(stems)
    _, after = mixed(folder, f"{reference}:tone=0.5")
    apart = tone_error_db(measure(wanted), before)
    moved_db = tone_error_db(after, before)
    assert np.abs(moved_db - 0.5 * apart).max() < 0.5
    assert moved_db @ apart / (apart @ apart) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("width_db", [4.0, -4.0])
def test_width_is_matched_by_band_and_nothing_else_moves(
    stems: Stems, folder: Path, tmp_path: Path, width_db: float
) -> None:
    wanted = moved(stems, Moves(width_db=(width_db,) * N_NODES))
    reference = write(tmp_path / "wide.wav", backwards(total(wanted)))
    before = measure(stems)
    _, after = mixed(folder, f"{reference}:width")
    assert np.abs(width_error_db(after, measure(wanted))).mean() < 0.5
    unchanged(after, before, except_for="width")


def test_the_voice_is_brought_to_the_references_level(
    stems: Stems, folder: Path, tmp_path: Path
) -> None:
    louder = {**stems, "vocals": stems["vocals"] * np.float32(10 ** (3.0 / 20.0))}
    reference = write_stems(
        tmp_path / "stems", {name: backwards(audio) for name, audio in louder.items()}
    )
    before = measure(stems)
    _, after = mixed(folder, f"{reference}:level")
    goal = measure({name: backwards(audio) for name, audio in louder.items()})
    assert after.vocals_db == pytest.approx(goal.vocals_db, abs=0.1)
    unchanged(after, before, except_for="level")


def test_a_range_is_ridden_towards_the_references(
    stems: Stems, folder: Path, tmp_path: Path
) -> None:
    before = measure(stems)
    # Every third of so many seconds at two thirds of the amplitude, so that the range is wider.
    step = np.repeat([1.0, 0.65] * 3, total(stems).shape[1] // 6).astype(np.float32)
    louder = total(stems)[:, : step.size] * step
    reference = write(tmp_path / "dynamic.wav", backwards(louder))
    mix, after = mixed(folder, f"{reference}:dynamics")
    (row,) = mix.measurements["reference"]["rows"]
    assert row["aspect"] == "dynamics"
    apart_lu = row["reference_low"] - row["before"]
    assert apart_lu > 0.8
    assert row["after"] - row["before"] == pytest.approx(apart_lu, abs=0.35 * apart_lu)
    unchanged(after, before, except_for="dynamics")


def test_the_loudness_is_the_references(stems: Stems, folder: Path, tmp_path: Path) -> None:
    before = measure(stems)
    reference = write(tmp_path / "loud.wav", backwards(total(stems)) * np.float32(1.6))
    _, after = mixed(folder, f"{reference}:loudness")
    louder_lu = 20.0 * np.log10(1.6)
    assert after.loudness_lufs == pytest.approx(before.loudness_lufs + louder_lu, abs=0.1)
    unchanged(after, before, except_for="loudness")


def test_no_move_goes_beyond_its_bounds(stems: Stems, folder: Path, tmp_path: Path) -> None:
    far = Moves(all_stems(stems, tilt(6.0, -6.0)), width_db=(6.0,) * N_NODES)
    wanted = moved(moved(stems, far), far)  # 24 dB from end to end
    reference = write(tmp_path / "far.wav", backwards(total(wanted)))
    mix, _ = mixed(folder, str(reference))
    record = mix.measurements["reference"]
    for own in record["moves"]["stems"].values():
        assert np.abs(own["eq_db"]).max() <= MOST_EQ_DB
    assert np.abs(record["moves"]["width_db"]).max() <= MOST_EQ_DB
    assert any("is held at 6 dB" in line for line in record["cannot"])


def test_stems_are_matched_one_by_one_where_the_reference_has_them(
    stems: Stems, folder: Path, tmp_path: Path
) -> None:
    offset = Moves(
        {"drums": StemMoves(0.0, tilt(-3.0, 3.0)), "bass": StemMoves(2.0, tilt(0.0, 0.0))}
    )
    wanted = moved(stems, offset)
    reference = write_stems(
        tmp_path / "stems", {name: backwards(audio) for name, audio in wanted.items()}
    )
    _, after = mixed(folder, f"{reference}:tone,level")
    goal = measure(wanted)
    for name in ("drums", "bass"):
        level_db = after.stems[name].level_db - goal.stems[name].level_db
        assert abs(level_db) < 0.4, name
    plays = COMPARED & (goal.stems["drums"].tone_db > goal.stems["drums"].tone_db.max() - 30.0)
    apart = centred(after.stems["drums"].tone_db, plays) - centred(
        goal.stems["drums"].tone_db, plays
    )
    assert np.abs(apart[plays]).mean() < 0.5


def test_inside_the_spread_of_a_folder_nothing_is_moved(
    stems: Stems, folder: Path, tmp_path: Path
) -> None:
    several = tmp_path / "mixes"
    several.mkdir()
    for number, slope in enumerate((-3.0, 0.5, 3.0)):
        wanted = moved(stems, Moves(all_stems(stems, tilt(slope, -slope))))
        write(several / f"song {number}.wav", backwards(total(wanted)))
    before = measure(stems)
    mix, after = mixed(folder, f"{several}:tone")
    assert len(mix.measurements["reference"]["sources"]) == 3
    assert np.abs(tone_error_db(after, before)).max() < 0.3


def test_without_a_reference_nothing_is_recorded(folder: Path) -> None:
    mix, _ = mixed(folder)
    assert "reference" not in mix.measurements


@pytest.mark.parametrize("kind", ["file", "stems"])
def test_an_offset_in_a_reference_is_not_measured(kind: str, stems: Stems, tmp_path: Path) -> None:
    song = load_song(write_stems(tmp_path / "song", stems))
    figures = []
    for offset in (0.0, 0.08):
        own = {name: backwards(audio) + np.float32(offset) for name, audio in stems.items()}
        place = tmp_path / f"ref {offset}"
        if kind == "file":
            place.mkdir()
            write(place / "ref.wav", sum(own.values()) / 4)
        else:
            write_stems(place, own)
        (measured,) = read_target([str(place)], song).sources
        figures.append(measured.figures)
    clean, offset = figures
    assert offset.loudness_lufs == pytest.approx(clean.loudness_lufs, abs=0.02)
    assert offset.peak_to_loudness_db == pytest.approx(clean.peak_to_loudness_db, abs=0.1)
    assert offset.tone_db == pytest.approx(clean.tone_db, abs=0.1)
