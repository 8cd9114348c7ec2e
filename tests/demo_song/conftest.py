"""The song is played once for all the tests that only listen."""

import numpy as np
import pytest

from tests.signals import demo_song


@pytest.fixture(scope="session")
def stems() -> dict[str, np.ndarray]:
    """Take 1 at 44.1 kHz; read only."""
    return demo_song()
