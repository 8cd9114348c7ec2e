"""A song folder for the commands: four stems, and a click that is not mixed."""

import pytest

from tests.signals import band


@pytest.fixture
def folder(write_song, rng):
    stems = {f"{name}.wav": audio for name, audio in band(rng, 2.0, 44_100).items()}
    return write_song({**stems, "click.wav": stems["drums.wav"]})
