"""Returns of a session: what a click in the middle brings back of each room."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mixer.console.settings import Console, Reverb, Strip
from mixer.network.track_mixer.track_settings import SpaceSettings
from mixer.output.daw.strips.returns import RETURN_NAMES, ROOMS, SessionReturns

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def returns() -> SessionReturns:
    console = Console(reverb=Reverb(decay_s=0.8, pre_delay_ms=40.0))
    song = SimpleNamespace(tempo_bpm=120.0)
    plan: Any = SimpleNamespace(console=console, mix_rate=RATE_HZ, song=song)
    return SessionReturns(plan, SpaceSettings())


@pytest.mark.parametrize("key", ROOMS)
def test_a_response_begins_after_its_pre_delay_and_ends_where_it_has_decayed(returns, key) -> None:
    name = RETURN_NAMES[key]
    room = returns.device(name)
    response = returns.impulse_response(name)
    n_before = round(1e-3 * room.pre_delay_ms * RATE_HZ)
    assert response.shape[1] >= n_before + room.decay_s * RATE_HZ
    energy = np.square(response, dtype=np.float64).sum(axis=0)
    assert energy[: n_before - 1].sum() < 1e-6 * energy.sum()
    early = energy[n_before : n_before + RATE_HZ // 50].mean()
    # Within the decay time a room falls by 60 dB.
    assert 10.0 * np.log10(energy[-RATE_HZ // 50 :].mean() / early) < -50.0


def test_sends_of_the_user_are_levels_and_those_that_move_are_at_their_mean(returns) -> None:
    strip = Strip(reverb_db=-12.0, delay_db=((0.0, -20.0), (1.0, -10.0)))
    assert returns.sends(None, strip) == (("Reverb", -12.0), ("Delay", -15.0))
    assert returns.sends(None, Strip(reverb_db=-12.0, amount=0.5)) == ()
    assert returns.sends(None, None) == ()
