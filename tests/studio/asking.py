"""Fixtures that ask the studio's server: a page with the token, a stranger, a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mixer.studio.songs import Studio
from mixer.studio.studio_server import guarded, prepare
from tests.studio.desk import wait_for, write_stems

TOKEN, PORT = "a-token-of-this-test", 8_801
HOME = f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def served_songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    write_stems(folder / "First song")
    write_stems(folder / "second")
    (folder / "notes").mkdir()
    (folder / "notes" / "secret.txt").write_text("a secret")
    return folder


@pytest.fixture(scope="module")
def served_studio(served_songs: Path) -> Iterator[Studio]:
    studio = Studio(served_songs, served_songs.parent / "mixes")
    yield studio
    studio.close()


@pytest.fixture
def stranger(served_studio: Studio) -> TestClient:
    return TestClient(guarded(served_studio, TOKEN, PORT), base_url=HOME)


@pytest.fixture
def client(stranger: TestClient) -> TestClient:
    stranger.headers["X-Mixer-Token"] = TOKEN
    return stranger


@pytest.fixture
def served(served_studio: Studio) -> Iterator[tuple[str, int]]:
    """A real server in a thread: its token and port."""
    server = prepare(served_studio, 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.server.started)
    yield server.link.partition("#")[2], server.socket.getsockname()[1]
    server.server.should_exit = True
    thread.join(20)
