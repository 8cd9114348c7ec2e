"""Fixtures of the studio's tests: a real browser."""

from tests.browser import browser, open_page, page, serve, watch  # noqa: F401
