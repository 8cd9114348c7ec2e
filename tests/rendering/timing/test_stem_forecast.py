"""What a stem's normalisation is foreseen to take: more is known with every step."""

from __future__ import annotations

import pytest

from mixer.fxnorm.chain import Step
from mixer.normalisations import DEFAULT_EFFECTS, EFFECTS
from mixer.rendering.timing.stem_forecast import StemForecast

STEPS = (
    Step("eq", 2),
    Step("compression", 2),
    Step("compression", 2, is_begun=True),
    Step("balance", 2),
    Step("loudness", 2),
)


def test_every_step_does_something_and_the_end_leaves_nothing() -> None:
    forecast = StemForecast(DEFAULT_EFFECTS)
    done_s = [forecast.done_s]
    for step in STEPS:
        forecast.at(step)
        done_s.append(forecast.done_s)
        assert forecast.left_s > 0.0
    forecast.end()
    assert forecast.left_s == 0.0
    done_s.append(forecast.done_s)
    assert done_s == sorted(set(done_s))


@pytest.mark.parametrize("keeps", [False, True])
def test_a_stem_that_goes_as_foreseen_has_done_what_was_foreseen(keeps) -> None:
    forecast = StemForecast(DEFAULT_EFFECTS, keeps=keeps)
    for step in STEPS:
        forecast.at(step)
        whole_s = forecast.done_s + forecast.left_s
    forecast.end()
    assert forecast.done_s == pytest.approx(whole_s)


def test_onsets_tell_whether_compression_will_take_long() -> None:
    left_s = []
    for n_compressed in (0, 1, 2):
        forecast = StemForecast(DEFAULT_EFFECTS)
        forecast.at(Step("eq", 2))
        forecast.at(Step("compression", 2))
        before_s = forecast.left_s
        forecast.at(Step("compression", n_compressed, is_begun=True))
        left_s.append(forecast.left_s)
    assert left_s[0] < before_s < left_s[2]
    assert left_s[2] - left_s[1] == pytest.approx(left_s[1] - left_s[0])


def test_a_stem_of_equal_channels_takes_less() -> None:
    mono, stereo = StemForecast(DEFAULT_EFFECTS), StemForecast(DEFAULT_EFFECTS)
    assert mono.left_s == stereo.left_s
    mono.at(Step("eq", 1))
    stereo.at(Step("eq", 2))
    assert mono.left_s < stereo.left_s


def test_each_effect_costs_something() -> None:
    without_s = StemForecast(()).left_s
    for effect in (*EFFECTS, "one that was not measured yet"):
        assert StemForecast((effect,)).left_s > without_s
    assert StemForecast((), [True]).left_s > without_s
    assert StemForecast((), keeps=True).left_s > without_s
    assert StemForecast((), [False] * 9).left_s > without_s
