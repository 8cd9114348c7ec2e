"""What every render promises, for settings and strips drawn from their own shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mixer import RenderSettings, load_song, render
from mixer.audio.writing import write_audio
from mixer.errors import MixerError
from mixer.files.shape import Leaf, LeafKind, Rows, Shape, Table
from mixer.meters.true_peak import true_peak_dbtp
from mixer.normalisations import NORMALISATIONS
from mixer.preset.console_shape import CONSOLE
from mixer.preset.schema import read_console
from mixer.rendering.choices.level_words import WORDS
from mixer.rendering.settings import with_console
from mixer.song.song import Song
from mixer.stems import STEMS
from tests.signals import band

DURATION_S, RATE_HZ = 1.5, 44_100
# A plug-in needs a file; which stem ducks another is a name.
_ELSEWHERE = ("plugins", "by")
_RANDOM = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Any value that a key of this shape may have, a few keys of a table at a time."""
    if isinstance(shape, Table):
        fields = {k: values(v) for k, v in shape.fields.items() if k not in _ELSEWHERE}
        some = st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True)
        return some.flatmap(lambda keys: st.fixed_dictionaries({k: fields[k] for k in keys}))
    if isinstance(shape, Rows):
        return st.lists(values(shape.item), max_size=2)
    assert isinstance(shape, Leaf)
    if shape.kind is LeafKind.FLAG:
        return st.booleans()
    if shape.kind is LeafKind.CHOICE:
        return st.sampled_from(shape.choices)
    return st.floats(*shape.allowed)


CONSOLES = st.fixed_dictionaries(
    {},
    optional={
        name: values(CONSOLE.fields[name])
        for name in (*STEMS, "master", "reverb", "delay", "space")
    },
)
SETTINGS = st.fixed_dictionaries(
    {
        "model": st.sampled_from(("none", "default", "tracks", "levels")),
        "effects": st.none()
        | st.lists(st.sampled_from([e.name for e in NORMALISATIONS]), unique=True).map(tuple),
        "amount": st.floats(0.0, 1.0),
        "dry": st.none() | st.booleans(),
        "levels": st.sampled_from(WORDS),
        "seed": st.integers(0, 2**63 - 1),
        "sample_rate": st.sampled_from((None, 32_000, 48_000)),
        "loudness_lufs": st.none() | st.floats(-40.0, -8.0),
        "true_peak_dbtp": st.none() | st.floats(-20.0, 0.0),
    }
)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Song:
    folder = tmp_path_factory.mktemp("song")
    for name, audio in band(np.random.default_rng(5), DURATION_S, RATE_HZ).items():
        write_audio(folder / f"{name}.wav", audio, RATE_HZ)
    return load_song(folder)


@_RANDOM
@given(asked=SETTINGS, table=CONSOLES)
def test_any_render_is_finite_as_long_as_its_song_below_its_ceiling_and_the_same_again(
    song: Song, asked: dict[str, Any], table: dict[str, Any]
) -> None:
    try:
        drawn = with_console(RenderSettings(**asked), read_console(table, "drawn"))
        mix = render(song, drawn, threads=2)
    except MixerError:  # settings that contradict each other are refused
        assume(False)
    rate_hz = asked["sample_rate"] or RATE_HZ
    assert mix.sample_rate == rate_hz
    assert mix.audio.dtype == np.float32
    assert mix.audio.shape == (2, round(DURATION_S * rate_hz))
    assert np.isfinite(mix.audio).all()
    if drawn.true_peak_dbtp is not None and np.any(mix.audio):
        assert true_peak_dbtp(mix.audio, rate_hz) <= drawn.true_peak_dbtp + 1e-3
    assert np.array_equal(render(song, drawn, threads=1).audio, mix.audio)
