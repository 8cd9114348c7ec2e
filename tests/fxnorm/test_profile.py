"""Profiles: the packaged one, what is refused and how, averages, curves between the bands."""

import copy
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from mixer.errors import ModelError
from mixer.fxnorm.curves import spectrum_curve_db
from mixer.fxnorm.profile import (
    Profile,
    StemProfile,
    packaged_profiles,
    read_profile,
    write_profile,
)


def stem(loudness_lufs: float = -30.0, level_db: float = -6.0) -> StemProfile:
    return StemProfile(loudness_lufs, (-14.0, 1.0), (0.0, level_db, -12.0), (1.0, 0.9, 0.8))


def profile(**stems: StemProfile) -> Profile:
    return Profile((100.0, 1_000.0, 10_000.0), stems or {"vocals": stem()}, "made up")


def test_the_packaged_profile_has_the_published_figures() -> None:
    assert "musdb18" in packaged_profiles()
    musdb18 = read_profile("musdb18")
    assert set(musdb18.stems) == {"vocals", "bass", "drums", "other"}
    assert musdb18.stem("drums").loudness_lufs == -34.18
    assert musdb18.stem("bass").onset_peak_dbfs == (-13.13, 0.9)
    assert "arXiv 2208.11428" in musdb18.about
    assert len(musdb18.bands_hz) == 61


@pytest.mark.shared
def test_the_packaged_profile_is_the_shared_one(shared: Path) -> None:
    ours = read_profile("musdb18")
    assert ours.sha256 == read_profile(shared / "figures" / "musdb18_profile.json").sha256


def test_a_written_profile_reads_back_equal(tmp_path: Path) -> None:
    write_profile(profile(), tmp_path / "mine.json")
    assert read_profile(tmp_path / "mine.json") == profile()


def test_a_bound_of_boosts_is_written_where_it_bounds(tmp_path: Path) -> None:
    plain = profile(vocals=stem(), drums=stem())
    dull = dataclasses.replace(stem(), largest_boost_db=12.0)
    bound = profile(vocals=dull, drums=stem())
    assert bound.sha256 != plain.sha256
    write_profile(bound, tmp_path / "bound.json")
    assert read_profile(tmp_path / "bound.json") == bound
    written = json.loads((tmp_path / "bound.json").read_text())["stems"]
    assert written["vocals"]["largest_boost_db"] == 12.0
    assert "largest_boost_db" not in written["drums"]


def test_the_fingerprint_is_of_the_figures_alone() -> None:
    renamed = Profile(profile().bands_hz, profile().stems, "other words")
    assert renamed.sha256 == profile().sha256
    assert profile(vocals=stem(-30.1)).sha256 != profile().sha256


def content() -> dict:
    return {
        "bands_hz": [100.0, 1_000.0],
        "stems": {
            "vocals": {
                "loudness_lufs": -30.0,
                "onset_peak_dbfs": [-14.0, 1.0],
                "spectrum_db": [0.0, -6.0],
                "panning_phi": [1.0, 0.9],
            }
        },
    }


FAULTS = [
    (("stems", "vocals", "loudness_lufs"), None, "loudness_lufs"),
    (("stems", "vocals", "loudness_lufs"), "quiet", "must be a number from -100 to 0, not 'quiet'"),
    (("stems", "vocals", "loudness_lufs"), True, "must be a number .* not true"),
    (
        ("stems", "vocals", "loudness_lufs"),
        10**400,
        "must be a finite 64-bit number",
    ),
    (
        ("stems", "vocals", "loudness_lufs"),
        float("inf"),
        "must be a finite 64-bit number",
    ),
    (("stems", "vocals", "loudness_lufs"), -1e8, "from -100 to 0, not"),
    (("stems", "vocals", "loudness_lufs"), 0.1, "from -100 to 0, not"),
    (
        ("stems", "vocals", "spectrum_db"),
        [0.0],
        "must have 2 entries, one",
    ),
    (
        ("stems", "vocals", "spectrum_db"),
        [0.0, float("nan")],
        r"vocals\.spectrum_db\.1 must be a finite",
    ),
    (("stems", "vocals", "panning_phi"), [0.5, 1.5], r"panning_phi\.1 .* from 0 to 1, not 1\.5"),
    (("stems", "vocals", "spectrum_db"), [0.0, -201.0], r"spectrum_db\.1 .* from -200\.1 to 0\.1"),
    (("stems", "vocals", "spectrum_db"), [1.0, 0.0], r"spectrum_db\.0 .* from -200\.1 to 0\.1"),
    (
        ("stems", "vocals", "onset_peak_dbfs"),
        [-121.0, 1.0],
        "dbfs.0 must be .* from -120 to 0",
    ),
    (
        ("stems", "vocals", "onset_peak_dbfs"),
        [3.0, 1.0],
        "dbfs.0 must be .* from -120 to 0",
    ),
    (
        ("stems", "vocals", "onset_peak_dbfs"),
        [-14.0, 61.0],
        "dbfs.1 must be .* from 0 to 60",
    ),
    (
        ("stems", "vocals", "onset_peak_dbfs"),
        [-14.0, -1.0],
        "dbfs.1 must be .* from 0 to 60",
    ),
    (("stems",), {}, "stems must have 1 to 10000 entries, not 0"),
    (("stems",), [1], "stems must be a table"),
    (("stems", "vocals"), 3, "stems.vocals must be a table, not 3"),
    (("bands_hz",), [1_000.0, 100.0], "rising"),
    (("bands_hz",), [100.0, 1e8], "bands_hz.1 must be a number from 0.001 to 1000000"),
    (("bands_hz",), None, "bands_hz is missing"),
]


@pytest.mark.parametrize(("keys", "value", "says"), FAULTS)
def test_a_faulty_profile_is_refused_in_one_clear_line(
    tmp_path: Path, keys: tuple, value: object, says: str
) -> None:
    faulty = copy.deepcopy(content())
    inner = faulty
    for key in keys[:-1]:
        inner = inner[key]
    if value is None:
        del inner[keys[-1]]
    else:
        inner[keys[-1]] = value
    path = tmp_path / "faulty.json"
    path.write_text(json.dumps(faulty))
    with pytest.raises(ModelError, match=says) as caught:
        read_profile(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00\xff", "[" * 100_000, "9" * 5_000])
def test_what_is_no_profile_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "no.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ModelError):
        read_profile(path)


def test_unknown_names_say_what_there_is() -> None:
    with pytest.raises(ModelError, match="musdb18"):
        read_profile("musdb19")
    with pytest.raises(ModelError, match="vocals"):
        profile().stem("kazoo")


def test_curves_are_linear_in_octaves_and_held_or_falling_beyond() -> None:
    mine = profile()
    level_db = 20.0 * np.log10(mine.magnitude_at("vocals", [0.0, 50.0, 100.0, 316.228, 1_000.0]))
    np.testing.assert_allclose(level_db, [0.0, 0.0, 0.0, -3.0, -6.0], atol=1e-4)
    octave_above_db = 20.0 * np.log10(mine.magnitude_at("vocals", 20_000.0))
    assert octave_above_db == pytest.approx(-12.0 - 36.0)
    np.testing.assert_allclose(mine.phi_at("vocals", [0.0, 316.228, 40_000.0]), [1.0, 0.95, 0.8])


def test_the_bounds_themselves_are_figures(tmp_path: Path) -> None:
    for loudness_lufs, peaks_dbfs, low_db in [
        (-100.0, (-120.0, 60.0), -200.0),
        (0.0, (0.0, 0.0), 0.0),
    ]:
        bound = StemProfile(loudness_lufs, peaks_dbfs, (0.0, low_db, low_db), (1.0, 0.0, 0.0))
        write_profile(profile(vocals=bound), tmp_path / "bound.json")
        assert read_profile(tmp_path / "bound.json").stem("vocals") == bound


def test_rumble_below_20_hz_gives_no_figure_above_0_db() -> None:
    magnitude = np.ones(32_769)
    magnitude[40:46] = 1e4  # near 29 Hz, which mirrored at 0 Hz counts twice below 20 Hz
    curve_db = spectrum_curve_db(magnitude, "bass", 44_100, (10.0, 100.0, 1_000.0))
    assert max(curve_db) <= 0.0
