"""Fixtures of the studio's tests: a real browser, and clients of the server."""

from collections.abc import Iterator

import pytest

from tests.browser import Watch, browser, open_page, page, serve  # noqa: F401
from tests.studio.asking import (  # noqa: F401
    client,
    served,
    served_songs,
    served_studio,
    stranger,
)
from tests.studio.desk import opened, stem_song, track_song  # noqa: F401
from tests.studio.running import start_studio, studio, studio_of_tracks  # noqa: F401


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What the test's pages reported, as of `tests.browser.watch`.

    Samples that a newer render replaces while a page asks for them are answered by 410: the page
    then asks for the new ones, and the browser writes a line about it.
    """
    seen = Watch(allowed=("410 (Gone)",))
    yield seen
    seen.check()
