"""Fixtures of the studio's tests: a real browser."""

from tests.browser import browser, open_page, page, serve, watch  # noqa: F401
from tests.studio.desk import opened, stem_song, track_song  # noqa: F401
from tests.studio.running import start_studio, studio, studio_of_tracks  # noqa: F401
