"""A real browser for tests of pages that people open: fixtures to import in a room's conftest.

    from tests.browser import browser, open_page, page, serve, watch  # noqa: F401

Mark such tests with `pytest.mark.browser`. They run in Chromium, or in Firefox where $FIREFOX names
one, and skip where it or Playwright's Python package is not installed; nothing is downloaded. Every
page is watched: an error in the console, an exception in a script or a request to anywhere but this
machine fails the test at its end.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Playwright

FIREFOX = os.environ.get("FIREFOX", "")
EXECUTABLES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LAUNCH_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    # A request that a test should have caught finds nobody even so.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
# Sound without a gesture, and no calls home.
FIREFOX_PREFERENCES: dict[str, str | float | bool] = {
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
TIMEOUT_MS = 10_000
_LOCAL_URL = re.compile(
    r"(file|data|blob|about|chrome-error):|(https?|wss?)://(127\.0\.0\.1|localhost)[:/]"
)


def find_chromium() -> str | None:
    """Path of the browser: $CHROMIUM, else the first of `EXECUTABLES` on the path."""
    named = os.environ.get("CHROMIUM")
    candidates = ([named] if named else []) + list(EXECUTABLES)
    return next((path for name in candidates if (path := shutil.which(name))), None)


def launch_chromium(playwright: Playwright) -> Browser:
    """Start Chromium; the test is skipped where there is none."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("Chromium was not found; install it, or set $CHROMIUM to its path")
    return playwright.chromium.launch(executable_path=executable, args=list(LAUNCH_ARGUMENTS))


def launch_firefox(playwright: Playwright) -> Browser:
    """Start the Firefox of $FIREFOX as it comes from Mozilla or Debian.

    The test is skipped where that is none, or one that is too old for this Playwright: both speak
    WebDriver BiDi, which grows with each release.
    """
    executable = shutil.which(FIREFOX)
    if executable is None:
        pytest.skip(f"no Firefox at {FIREFOX}, which $FIREFOX names")
    started = playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=executable,
        firefox_user_prefs=FIREFOX_PREFERENCES,
    )
    try:
        started.new_context().close()
    except Exception as error:
        started.close()
        if "unknown command" not in str(error):
            raise
        pytest.skip(f"Firefox {started.version} is too old for this Playwright: {error}")
    return started


class Watch:
    """What went wrong on the pages of one test.

    Args:
        allowed: what a line may hold and be nothing bad.

    Attributes:
        errors: console errors and exceptions, a line each.
        requests: every address that a page asked for, in order.
    """

    def __init__(self, allowed: tuple[str, ...] = ()) -> None:
        self.allowed = allowed
        self.errors: list[str] = []
        self.requests: list[str] = []

    def follow(self, page: Page) -> None:
        """Listen to a page; call it before the page loads anything."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.errors.append(f"exception: {error}"))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))

    def _on_console(self, message: Any) -> None:
        if message.type == "error" and not any(part in message.text for part in self.allowed):
            place = message.location.get("url", "")
            self.errors.append(f"console: {message.text} ({place})")

    def check(self) -> None:
        """Fail where something went wrong."""
        assert not self.errors, "the page reported errors:\n" + "\n".join(self.errors)
        assert not self.strangers, f"the page asked for {self.strangers}"

    @property
    def strangers(self) -> list[str]:
        """Addresses that are not on this machine."""
        return [url for url in self.requests if not _LOCAL_URL.match(url)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser, started for the tests of one file.

    Not for longer: a process that a later test forks, and does not end, would hold Playwright's
    pipes open and let it wait for ever when it is stopped.
    """
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="the Python package playwright is not installed"
    )
    with sync_api.sync_playwright() as playwright:
        running = launch_firefox(playwright) if FIREFOX else launch_chromium(playwright)
        yield running
        running.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What the test's pages reported; at the end of the test it must be nothing bad.

    A test that expects an error takes it off `watch.errors` after asserting it.
    """
    seen = Watch()
    yield seen
    seen.check()


@pytest.fixture
def open_page(browser: Browser, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Open pages: `open_page(url=None, *, width=1280, height=900, dark=False, **context_options)`.

    Each has a context of its own (no storage shared), is watched and closed after the test.
    """
    with contextlib.ExitStack() as contexts:

        def open_one(
            url: str | None = None,
            *,
            width: int = 1280,
            height: int = 900,
            dark: bool = False,
            **options: Any,
        ) -> Page:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                **options,
            )
            contexts.callback(context.close)
            context.set_default_timeout(TIMEOUT_MS)
            context.on("page", watch.follow)  # pop-ups too
            opened = context.new_page()
            if url is not None:
                opened.goto(url)
            return opened

        yield open_one


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """An empty page, 1280 by 900, light."""
    return open_page()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: the test's output is for the test."""

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":  # asked for unasked; its absence is no error of a page
            self.send_response(204)
            self.end_headers()
            return
        super().do_GET()


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a folder as any web space would: `serve(folder)` returns `http://127.0.0.1:PORT`."""
    with contextlib.ExitStack() as servers:

        def start(folder: Path) -> str:
            handler = functools.partial(_QuietHandler, directory=str(folder))
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            servers.callback(server.server_close)
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            servers.callback(thread.join)
            servers.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_address[1]}"

        yield start


def file_url(path: Path) -> str:
    """The address of a file as a double click opens it."""
    return path.resolve().as_uri()


def has_horizontal_scroll(page: Page) -> bool:
    """Whether the page is wider than its window."""
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )


def double_click(target: Locator) -> None:
    """Click twice. Of Firefox, Playwright asks for two clicks apart: the event is sent as it is."""
    if FIREFOX:
        target.dispatch_event("dblclick")
    else:
        target.dblclick()


def wait_until(page: Page, expression: str, timeout_ms: int = TIMEOUT_MS) -> None:
    """Wait until a JavaScript expression is true.

    `page.wait_for_function` compiles its text in the page, which a content security policy without
    'unsafe-eval' refuses; this asks from outside.
    """
    for _ in range(timeout_ms // 20):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"not true within {timeout_ms} ms: {expression}")
