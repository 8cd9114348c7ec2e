"""What a network gets wrong in every song is taken away by the profile of its stems."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor
from torch.nn import functional

from mixer.audio import write_audio
from mixer.fxnorm.profile import Profile
from mixer.meters.stereo_spectrum import CURVE_BANDS_HZ
from mixer.stems import STEMS
from training.data.plan import PrepareSettings, plan_dataset
from training.data.prepare import prepare_dataset
from training.data.prepared_audio import read_dataset
from training.run import profile_fit
from training.run.profile_fit import StemError, curve_against, fit_profile, weighted_median

RATE_HZ = 44_100
N_BANDS = len(CURVE_BANDS_HZ)
BASS_DB = 3.0
DULL = (0.6, 0.4)  # a filter of two taps, on vocals


class Wrong:
    """A network that turns the bass up and dulls the vocals, in every song alike."""

    def wet_stems(self, stems: Tensor) -> Tensor:
        stems = stems.unflatten(1, (len(STEMS), 2))
        wet = stems / stems.square().mean((-2, -1), keepdim=True).sqrt() * 0.05
        wet[:, STEMS.index("bass")] *= 10.0 ** (BASS_DB / 20.0)
        vocals = functional.pad(wet[:, STEMS.index("vocals")], (1, 0))
        wet[:, STEMS.index("vocals")] = DULL[0] * vocals[..., 1:] + DULL[1] * vocals[..., :-1]
        return wet


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Profile, Profile]:
    """The profile of three songs of noise, their loudness alone normalised; and as it is fitted."""
    rng, root = np.random.default_rng(1), tmp_path_factory.mktemp("fit")
    for number in range(3):
        folder = root / "songs" / f"song{number}"
        for stem in STEMS:
            audio = 0.05 * rng.standard_normal((2, 2 * RATE_HZ))
            write_audio(folder / f"{stem}.flac", audio.astype(np.float32), RATE_HZ)
    settings = PrepareSettings(profile="musdb18", effects=("loudness",), split="hash")
    plan = plan_dataset([root / "songs"], root / "data", settings)
    songs = tuple(replace(song, split="train") for song in plan.songs)
    prepare_dataset(replace(plan, songs=songs), n_jobs=1)
    data = read_dataset(root / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profile_fit, "EXCERPT_S", 1.5)
        return data.profile, fit_profile(Wrong(), data, lambda song: 1.0)


def test_a_constant_error_of_spectrum_goes_into_the_profile(
    fitted: tuple[Profile, Profile],
) -> None:
    before, after = fitted
    hz = np.array([250.0, 1_000.0, 4_000.0, 8_000.0])
    lifted_db = 20.0 * np.log10(
        after.magnitude_at("vocals", hz) / before.magnitude_at("vocals", hz)
    )
    dulled_db = 20.0 * np.log10(np.abs(DULL[0] + DULL[1] * np.exp(-2j * np.pi * hz / RATE_HZ)))
    # Only the shape of a profile counts.
    np.testing.assert_allclose(np.diff(lifted_db), -np.diff(dulled_db), atol=0.5)
    for stem in ("drums", "other"):
        np.testing.assert_allclose(
            after.stem(stem).spectrum_db, before.stem(stem).spectrum_db, atol=0.8
        )


def test_a_constant_error_of_level_goes_into_the_loudness(
    fitted: tuple[Profile, Profile],
) -> None:
    before, after = fitted
    change_db = {
        stem: after.stem(stem).loudness_lufs - before.stem(stem).loudness_lufs for stem in STEMS
    }
    assert change_db["bass"] - change_db["drums"] == pytest.approx(-BASS_DB, abs=0.3)
    assert change_db["other"] - change_db["drums"] == pytest.approx(0.0, abs=0.2)
    # Nothing becomes louder than the profile had it.
    assert max(change_db.values()) == pytest.approx(0.0, abs=0.01)


def errors(level_db: float, n_heard: int, n_songs: int = 8) -> list[StemError]:
    """The first band is off by `level_db` in the songs in which it is heard at all."""
    found = []
    for song in range(n_songs):
        bands_db = np.zeros(N_BANDS)
        bands_db[:2] = level_db if song < n_heard else np.nan
        found.append(StemError(1.0, bands_db, 0.0))
    return found


def test_what_few_songs_lack_is_raised_by_less_than_what_all_lack() -> None:
    assert curve_against(errors(-8.0, n_heard=8))[0] == pytest.approx(8.0)
    assert curve_against(errors(-8.0, n_heard=2))[0] == pytest.approx(2.0)
    # What they have too much of is lowered in full, and nothing by more than 12 dB.
    assert curve_against(errors(8.0, n_heard=2))[0] == pytest.approx(-8.0)
    assert curve_against(errors(30.0, n_heard=8))[0] == pytest.approx(-12.0)


def test_half_of_the_weight_lies_below_the_median() -> None:
    values = np.array([5.0, 1.0, 3.0])
    assert weighted_median(values, np.array([1.0, 1.0, 1.0])) == 3.0
    assert weighted_median(values, np.array([1.0, 5.0, 1.0])) == 1.0
