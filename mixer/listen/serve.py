"""The server that collects answers: files of the public folder, and one address for answers.

Everything is below `/t/TOKEN/`, so a link is all that a participant needs and all that opens
anything:

    GET /t/TOKEN/              the page and its files     200, 403 unknown token, 404 no such file
    GET /t/TOKEN/answers       what is kept               200, 204 nothing yet
    PUT /t/TOKEN/answers       keep this                  204 on disk, 409 newer ones are kept,
        (application/json)     411 no length, 413 too large, 415 other type, 422 no answers to
                               this test, 403 another participant's, 507 the disk is full

Files are looked up in a table made when the server starts: no path of a request meets the disk.

It stays on `http.server`, not on the studio's Starlette and uvicorn: it needs no extra to be
installed, and uvicorn would replace only what bounds connections, heads and bodies in time (137 of
the server's 579 lines), for which the studio adds a protocol class of its own.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mixer.errors import InputError, OutputError
from mixer.listen.answer_store import Store
from mixer.listen.connections import Connections
from mixer.listen.deadlines import Deadlines
from mixer.listen.design import PUBLIC_FOLDER, Design
from mixer.listen.public_folder import INDEX_FILE
from mixer.listen.request_handler import TYPES, Handler, PublicFile, ServerOfTest

# From the first byte of a request to the end of its head, and to its last; slower ones are cut off.
HEAD_LIMIT_S = 10.0
REQUEST_LIMIT_S = 20.0
_BACKLOG = 1024
_EVERY_ADDRESS = ("0.0.0.0", "::")


class ListeningServer(ServerOfTest):
    """A server of one test.

    Args:
        address: host and port; port 0 takes a free one.
        test_folder: what `mixer listen build` made.
        design: of the test.
        store: where answers go.
        tokens: participant to token.
        log: called with a line for each answer that was kept or refused.
        request_limit_s: how long a request may take to arrive.

    Raises:
        OutputError: the server cannot listen on the address.
    """

    daemon_threads = True
    request_queue_size = _BACKLOG

    def __init__(
        self,
        address: tuple[str, int],
        test_folder: Path,
        design: Design,
        store: Store,
        tokens: dict[str, str],
        log: Callable[[str], None] = lambda line: None,
        request_limit_s: float = REQUEST_LIMIT_S,
    ) -> None:
        self.design, self.store, self.log = design, store, log
        self.files = public_files(test_folder / PUBLIC_FOLDER)
        self.participants = {token: participant for participant, token in tokens.items()}
        self.request_limit_s = request_limit_s
        self.head_limit_s = min(HEAD_LIMIT_S, request_limit_s)
        self.deadlines = Deadlines()
        self.connections = Connections()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        try:
            super().__init__(address, Handler)
        except OSError as error:
            raise OutputError(
                f"cannot listen on {address[0]}:{address[1]}: {error.strerror or error}; "
                "choose another --host or --port"
            ) from None

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self.connections.admit(request, client_address[0]):
            self.shutdown_request(request)  # a thread a connection must end somewhere
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread could be started
            self.connections.leave(request)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.connections.leave(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; anything else is a line, not a traceback."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.log(f"request failed: {type(error).__name__}: {error}")

    def server_close(self) -> None:
        super().server_close()
        self.deadlines.stop()


def public_files(folder: Path) -> dict[str, PublicFile]:
    """The files that may be served, by the path below the token.

    Only those of known types that are in the folder, links that leave it left out.

    Raises:
        InputError: the folder does not have the page.
    """
    root = folder.resolve()
    found = {
        path.relative_to(folder).as_posix(): PublicFile.of(path.resolve())
        for path in sorted(folder.rglob("*"))
        if path.suffix in TYPES and path.is_file() and root in path.resolve().parents
    }
    if INDEX_FILE not in found:
        raise InputError(f"{folder}: no {INDEX_FILE} in it; build the test again")
    return found


def participant_link(base_url: str, token: str) -> str:
    """The address that a participant opens."""
    return f"{base_url.rstrip('/')}/t/{token}/"


def base_url(server: ListeningServer) -> str:
    """Address of a server; with this machine's name if it listens on every address."""
    name, port = str(server.server_address[0]), server.server_address[1]
    if name in _EVERY_ADDRESS:
        name = socket.gethostname()
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
