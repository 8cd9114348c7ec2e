"""The song is played once for all the tests that only listen."""

import numpy as np
import pytest

from mixer.demo_song import compose_demo_song


@pytest.fixture(scope="session")
def stems() -> dict[str, np.ndarray]:
    """Take 1 at 44.1 kHz; read only."""
    stems = compose_demo_song()
    for stem in stems.values():
        stem.flags.writeable = False
    return stems
