"""What dry tracks have become is found in their mixture."""

from collections.abc import Sequence

import numpy as np
import pytest

from mixer.dsp.blocks import convolve
from mixer.network.track_mixer.features import listen_to
from training.data.wet_tracks import WetTracks, estimate_wet_tracks

RATE_HZ = 44_100
N_SAMPLES = 6 * RATE_HZ
BRIGHT = np.float32([0.0, 1.0, -0.6])
DULL = np.float32([0.3, 0.6, 0.3])


def hits(rng: np.random.Generator, period_s: float, n_channels: int = 1) -> np.ndarray:
    time_s = np.arange(N_SAMPLES) / RATE_HZ
    noise = 0.1 * rng.standard_normal((n_channels, N_SAMPLES))
    return np.asarray(noise * np.exp(-6.0 * (time_s % period_s)), np.float32)


def mixed(audio: np.ndarray, left: float, right: float, tone: np.ndarray) -> np.ndarray:
    stereo = np.float32([[left], [right]]) * np.repeat(audio, 3 - len(audio), axis=0)
    return convolve(stereo, tone, advance_samples=1)


def estimated(dry: Sequence[np.ndarray], wet: Sequence[np.ndarray]) -> WetTracks:
    return estimate_wet_tracks(dry, np.add.reduce(list(wet)), RATE_HZ)


def powers(audio: np.ndarray) -> np.ndarray:
    return listen_to(audio, RATE_HZ).powers


def test_levels_pans_and_filters_come_out(rng: np.random.Generator) -> None:
    """Seven tracks, mono and stereo; the softest is 20 dB below the mixture."""
    moves = ((1.0, 1.0, DULL), (0.5, 0.5, BRIGHT), (0.9, 0.2, BRIGHT), (0.2, 0.9, DULL),
             (-0.6, -0.6, BRIGHT), (0.3, 0.6, DULL), (0.12, 0.12, BRIGHT))  # fmt: skip
    dry = [hits(rng, 0.31 + 0.17 * i, 1 + (i == 5)) for i in range(len(moves))]
    wet = [mixed(audio, *move) for audio, move in zip(dry, moves, strict=True)]
    room = 0.003 * rng.standard_normal((2, N_SAMPLES)).astype(np.float32)
    found = estimated(dry, [*wet, room])
    assert found.is_known.all()
    assert found.explained == pytest.approx(1.0, abs=0.01)
    for own, audio in zip(found.powers, wet, strict=True):
        true = powers(audio)
        assert np.abs(10.0 * np.log10(own[:2].sum(1) / true[:2].sum(1))).max() < 0.1
        heard = true[:2] > 0.02 * true[:2].max()
        assert np.abs(10.0 * np.log10(own[:2][heard] / true[:2][heard])).max() < 1.0
        np.testing.assert_allclose(own[2], true[2], atol=0.02 * true[:2].max())


def test_two_tracks_that_are_nearly_alike_share_their_part(rng: np.random.Generator) -> None:
    """Two microphones in one place, with a little noise of their own: neither gets everything."""
    source, other = hits(rng, 0.3), hits(rng, 0.7)
    twins = [source + np.float32(1e-3) * hits(rng, 0.3) for _ in range(2)]
    room = 0.003 * rng.standard_normal((2, N_SAMPLES)).astype(np.float32)
    wet = [mixed(audio, 0.5, 0.5, DULL) for audio in (*twins, other)]
    found = estimated([*twins, other], [*wet, room])
    for own, audio in zip(found.powers, wet, strict=True):
        level_db = 10.0 * np.log10(own[:2].sum() / powers(audio)[:2].sum())
        assert abs(level_db) < 0.5


def test_a_track_that_was_not_mixed_is_unknown(rng: np.random.Generator) -> None:
    dry = [hits(rng, 0.31 + 0.17 * i) for i in range(4)]
    wet = [mixed(audio, 0.7, 0.4, DULL) for audio in dry[:3]]
    room = 0.01 * rng.standard_normal((2, N_SAMPLES)).astype(np.float32)
    assert estimated(dry, [*wet, room]).is_known.tolist() == [True, True, True, False]


def test_many_tracks_explain_nothing_of_another_song(rng: np.random.Generator) -> None:
    """Thirty filters would fit a part of anything in a few seconds, if it were not subtracted."""
    dry = [hits(rng, 0.31 + 0.01 * i) for i in range(30)]
    found = estimated(dry, [hits(rng, 0.4, 2)])
    assert found.explained < 0.15
    assert not found.is_known.any()
