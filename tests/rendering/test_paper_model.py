"""The paper's own kind of network, as it ships: the demo song through it is a mix, and its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song, render
from mixer.audio import write_audio
from mixer.meters.clicks import find_clicks
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.network.model import read_bundle
from mixer.rendering.choices.shipped import PAPER_MODEL
from mixer.rendering.mix import Mix
from tests.signals import demo_song

RATE_HZ = 44_100
# Third octaves would show single notes; octaves show what a broken network does.
OCTAVES_HZ = 62.5 * 2.0 ** np.arange(8)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "song"
    for stem, audio in demo_song().items():
        write_audio(folder / f"{stem}.wav", audio, RATE_HZ, bit_depth="32f")
    return folder


def mixed(folder: Path, model: str, amount: float = 1.0) -> Mix:
    settings = RenderSettings(
        model=model, amount=amount, sample_rate=RATE_HZ, loudness_lufs=None, true_peak_dbtp=None
    )
    return render(load_song(folder), settings, wet_stems=True)


@pytest.fixture(scope="module")
def mix(demo: Path) -> Mix:
    return mixed(demo, PAPER_MODEL)


def octave_levels_db(audio: np.ndarray) -> np.ndarray:
    power = np.abs(np.fft.rfft(audio.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(audio.shape[1], 1.0 / RATE_HZ)
    edges = np.searchsorted(hz, [*OCTAVES_HZ, 2.0 * OCTAVES_HZ[-1]])
    levels = 10.0 * np.log10(np.add.reduceat(power, edges)[:-1])
    return np.asarray(levels - 10.0 * np.log10(power.sum()))


def test_it_ships_with_what_it_was_judged_by() -> None:
    bundle = read_bundle(PAPER_MODEL)
    manifest = bundle.manifest
    assert manifest.kind == "fxnorm"
    assert manifest.learnt_to_mix
    assert manifest.effects == ("reverb", "eq", "compression", "balance", "loudness")
    assert manifest.has_faithful_wet_stems
    assert "seed 1" in manifest.provenance
    assert set(manifest.evaluation["groups"]) == {"synthetic", "real", "demo"}
    for loss in ("la", "lb"):
        assert {"epoch", "valid_loss"} <= set(manifest.evaluation["training"][loss][0])
    assert sum(path.stat().st_size for path in bundle.folder.iterdir()) < 15_000_000


@pytest.mark.slow
def test_the_demo_is_a_whole_mix(demo: Path, mix: Mix) -> None:
    audio = mix.audio
    assert np.isfinite(audio).all()
    assert audio.shape == (2, 30 * RATE_HZ)
    assert -40.0 < integrated_loudness_lufs(audio, RATE_HZ) < -8.0
    plain = mixed(demo, "none", amount=0.0)
    assert not find_clicks(audio, plain.wet_stems.values(), RATE_HZ).size
    # Every octave is there, as loud beside the others as in the plain sum within 12 dB.
    difference_db = octave_levels_db(audio) - octave_levels_db(plain.audio)
    assert np.abs(difference_db).max() < 12.0, difference_db.round(1)
    # What the console was given are the stems of that mix.
    total = np.add.reduce(list(mix.wet_stems.values()))
    np.testing.assert_allclose(np.tanh(total), audio, atol=1e-4)


@pytest.mark.slow
def test_each_stem_of_the_demo_is_heard(mix: Mix) -> None:
    whole_lufs = integrated_loudness_lufs(mix.audio, RATE_HZ)
    for stem, audio in mix.wet_stems.items():
        assert -20.0 < integrated_loudness_lufs(audio, RATE_HZ) - whole_lufs < 0.0, stem
