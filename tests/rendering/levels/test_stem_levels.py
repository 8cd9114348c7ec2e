"""Raw stems come to where engineers put them against each other, at the profile's level."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song
from mixer.fxnorm.chain import normalise_stem
from mixer.fxnorm.loudness import PADDING_SAMPLES
from mixer.meters.loudness import COOKBOOK_FILTER, integrated_loudness_lufs
from mixer.network.track_mixer.human import GROUP_LUFS
from mixer.rendering.levels.stem_levels import bring_to_usual_levels
from mixer.rendering.plans.planning import plan_render
from tests.signals import noise

RATE_HZ = 44_100


def brought(folder: Path, **settings: object) -> tuple[dict[str, float], object]:
    """Loudness of each stem of a song afterwards, and what its levels were taken for."""
    song = load_song(folder)
    plan = plan_render(song, RenderSettings(model="default", **settings))
    rng = np.random.default_rng(3)
    stems, measured = [], {}
    for stem in plan.stem_order:
        level = 0.0 if stem not in song.stems else 10.0 ** rng.uniform(-2.5, -1.0)
        audio = noise(rng, 3.0, RATE_HZ, level)
        own, measured[stem] = normalise_stem(audio, RATE_HZ, stem, plan.profile, ())
        stems.append(own)
    found = bring_to_usual_levels(plan, stems, measured, 1)
    loudness = {
        stem: integrated_loudness_lufs(audio, RATE_HZ, COOKBOOK_FILTER, PADDING_SAMPLES)
        for stem, audio in zip(plan.stem_order, stems, strict=True)
        if audio is not None and audio.any()
    }
    for stem, audio in zip(plan.stem_order, stems, strict=True):
        told = measured[stem]["after"]["loudness_lufs"]
        assert told is None or told == pytest.approx(
            integrated_loudness_lufs(audio, RATE_HZ), abs=1e-3
        )
    return loudness, found


@pytest.fixture
def folder(write_song, rng: np.random.Generator) -> Path:
    return write_song({f"{stem}.wav": noise(rng, 1.0, RATE_HZ) for stem in GROUP_LUFS})


def test_raw_stems_are_as_far_apart_as_in_human_mixes(folder: Path) -> None:
    loudness, found = brought(folder, levels="raw")
    assert found == {"taken_for": "raw", "reason": "as asked"}
    apart = {stem: lufs - GROUP_LUFS[stem] for stem, lufs in loudness.items()}
    assert np.ptp(list(apart.values())) < 0.1
    profile = plan_render(load_song(folder), RenderSettings(model="default")).profile
    levels_lufs = [stem.loudness_lufs for stem in profile.stems.values()]
    assert np.mean(list(loudness.values())) == pytest.approx(np.mean(levels_lufs), abs=0.1)


def test_without_voices_the_other_instruments_are_softer_and_nothing_louder(folder: Path) -> None:
    with_voices, _ = brought(folder, levels="raw")
    (folder / "vocals.wav").unlink()
    without, _ = brought(folder, levels="raw")
    moved = {stem: lufs - with_voices[stem] for stem, lufs in without.items()}
    assert moved == pytest.approx({"bass": 0.0, "drums": 0.0, "other": -2.0}, abs=0.1)


@pytest.mark.parametrize("settings", [{"levels": "rough"}, {"levels": "raw", "effects": ("eq",)}])
def test_levels_that_mean_something_or_were_asked_for_are_left(folder: Path, settings) -> None:
    loudness, found = brought(folder, **settings)
    assert np.ptp([lufs - GROUP_LUFS[stem] for stem, lufs in loudness.items()]) > 3.0
    assert (found is None) == ("effects" in settings)
