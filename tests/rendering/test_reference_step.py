"""The step of a render that moves it towards references."""

from __future__ import annotations

import soundfile

from mixer.rendering.pipeline import render
from mixer.rendering.settings import RenderSettings
from mixer.rendering.timing.progress import Stage
from mixer.song.load import load_song
from tests.reference.songs import another_song
from tests.signals import band


def test_the_steps_of_matching_with_a_reference_are_told(write_song, rng, tmp_path) -> None:
    folder = write_song({f"{n}.wav": a for n, a in band(rng, 6.0, 44_100).items()})
    reference = tmp_path / "reference.wav"
    soundfile.write(reference, another_song(6.0).T, 44_100)
    settings = RenderSettings(model="none", device="cpu", reference=(str(reference),))
    told: list[tuple[str, str, float]] = []
    render(load_song(folder), settings, progress=lambda *step: told.append(step))
    steps = {detail: share for stage, detail, share in told if stage == Stage.REFERENCE}
    names = ["measure", "solve", "move", "measure again"]
    assert [name for name in steps if name] == names
    shares = [steps[name] for name in names]
    assert shares == sorted(shares)
    assert shares[-1] > shares[0]
