"""What the tests of synthetic songs share: FluidSynth and a SoundFont, where they are installed."""

import shutil
from pathlib import Path

import pytest

from mixer.errors import InputError
from training.synthesis.players.soundfont import USUAL_PLACES, find_soundfont


@pytest.fixture(scope="session")
def soundfont() -> Path:
    """The smallest SoundFont of the system; skips where songs cannot be played."""
    if shutil.which("fluidsynth") is None:
        pytest.skip("the program fluidsynth is not here")
    try:
        find_soundfont(None)
    except InputError:
        pytest.skip("no SoundFont is here")
    return min((Path(p) for p in USUAL_PLACES if Path(p).is_file()), key=lambda p: p.stat().st_size)
