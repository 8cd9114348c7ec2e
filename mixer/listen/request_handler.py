"""Answers to requests to the server of a test; the table is in `mixer.listen.serve`."""

from __future__ import annotations

import errno
import http.server
import os
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from mixer.errors import InputError, OutputError
from mixer.listen.answer_store import StaleError, Store
from mixer.listen.answers import MAX_ANSWERS_BYTES, parse_answers
from mixer.listen.connections import Connections
from mixer.listen.deadlines import Deadlines
from mixer.listen.design import Design
from mixer.listen.public_folder import INDEX_FILE, SESSION_FILE, session_script

ANSWERS_PATH = "answers"
# For each write: a participant's line may be slow, but not dead.
SEND_LIMIT_S = 30.0
_PATH = re.compile(r"/t/([A-Za-z0-9_-]{8,64})/(.*)", re.DOTALL)
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; media-src 'self' blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
# A sound never changes under its name, and a page has 60 MB of them.
_SOUND_CACHE, _NO_CACHE = "private, max-age=86400", "no-store"
_BLOCK_BYTES = 1 << 16
_MOST_DRAINED_BYTES = 16 << 20


class _RefusalError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass(frozen=True)
class PublicFile:
    """A file as it was when the server started; another one in its place is not served.

    Attributes:
        path: without links.
        device, inode: which file that is.
    """

    path: Path
    device: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> PublicFile:
        """The file that is there now."""
        status = path.stat()
        return cls(path, status.st_dev, status.st_ino)

    def open(self) -> BinaryIO:
        """The same file, for reading.

        Raises:
            OSError: the file was removed or replaced.
        """
        # Through no link, and without waiting for the other end of a pipe.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        opened = os.fdopen(os.open(self.path, flags | getattr(os, "O_BINARY", 0)), "rb")
        status = os.fstat(opened.fileno())
        if (status.st_dev, status.st_ino) != (self.device, self.inode):
            opened.close()
            raise FileNotFoundError(errno.ENOENT, "the file has been replaced", str(self.path))
        return opened


class ServerOfTest(http.server.ThreadingHTTPServer):
    """The server's side of a request; `mixer.listen.serve` fills it in.

    Attributes:
        design: of the test.
        store: store of the answers.
        log: called with a line for each answer that was kept or refused.
        files: what may be served, by the path below the token.
        participants: token to participant.
        request_limit_s: how long a request may take to arrive.
        head_limit_s: how long its head may take.
        deadlines: cut those that take longer.
        connections: those that are open.
    """

    design: Design
    store: Store
    log: Callable[[str], None]
    files: dict[str, PublicFile]
    participants: dict[str, str]
    request_limit_s: float
    head_limit_s: float
    deadlines: Deadlines
    connections: Connections


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request and closes the connection."""

    server: ServerOfTest
    server_version = "mixer"
    sys_version = ""
    timeout = SEND_LIMIT_S
    # of a body that was announced, and that nobody will read
    _unread_bytes = 0

    def setup(self) -> None:
        super().setup()
        self.server.deadlines.set(self.connection, self.server.head_limit_s)

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if not self.request_version.startswith("HTTP/1."):  # or none: that of 1991
            self.send_error(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
            return False
        rest_s = self.server.request_limit_s - self.server.head_limit_s
        self.server.deadlines.prolong(self.connection, rest_s)
        return True

    def finish(self) -> None:
        try:
            self._drain()
        finally:
            self.server.deadlines.clear(self.connection)
            super().finish()

    def _drain(self) -> None:
        """Let a refused body arrive: closing on it would destroy the answer on its way back."""
        if self._unread_bytes:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
        while self._unread_bytes > 0:
            block = self.rfile.read(min(_BLOCK_BYTES, self._unread_bytes))
            self._unread_bytes = self._unread_bytes - len(block) if block else 0

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_HEAD(self) -> None:
        self._answer(self._get)

    def do_PUT(self) -> None:
        self._answer(self._put)

    def do_POST(self) -> None:
        self._answer(self._refuse_method)

    def do_DELETE(self) -> None:
        self._answer(self._refuse_method)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Tokens are in the addresses: no address is ever logged."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer requests that the base class refuses (a bad request line, an unknown method)."""
        self.close_connection = True
        self.request_version = "HTTP/1.0"  # of a line that names none: the answer has a status
        self._send(HTTPStatus(code), f"{HTTPStatus(code).phrase}\n".encode())

    def _answer(self, action: Callable[[], None]) -> None:
        length = self.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and len(length) <= 12:
            self._unread_bytes = min(int(length), _MOST_DRAINED_BYTES)
        try:
            action()
        except _RefusalError as refusal:
            self._send(refusal.status, f"{refusal.text}\n".encode())
        except OutputError as error:
            self.server.log(str(error))
            self._send(
                HTTPStatus.INSUFFICIENT_STORAGE, b"These answers could not be kept; try again.\n"
            )

    def _route(self) -> tuple[str, str]:
        """Participant and path below the token."""
        match = _PATH.fullmatch(urlsplit(self.path).path)
        participant = self.server.participants.get(match.group(1)) if match else None
        if match is None or participant is None:
            raise _RefusalError(
                HTTPStatus.FORBIDDEN, "Open the link that you were given: this one is unknown."
            )
        self.server.connections.know(self.connection)
        return participant, unquote(match.group(2))

    def _get(self) -> None:
        participant, path = self._route()
        self.server.deadlines.clear(self.connection)
        if path == ANSWERS_PATH:
            kept = self.server.store.latest(participant)
            if kept is None:
                self._send(HTTPStatus.NO_CONTENT, b"")
            else:
                self._send(HTTPStatus.OK, kept.encode(), TYPES[".json"])
        elif path == SESSION_FILE:
            self._send(HTTPStatus.OK, session_script(participant, ANSWERS_PATH), TYPES[".js"])
        else:
            self._send_file(path or INDEX_FILE)

    def _send_file(self, path: str) -> None:
        file = self.server.files.get(path)
        if file is None:
            raise _RefusalError(HTTPStatus.NOT_FOUND, "No such file.")
        try:
            opened = file.open()
        except OSError:
            raise _RefusalError(HTTPStatus.NOT_FOUND, "This file no longer exists.") from None
        with opened:
            n_bytes = os.fstat(opened.fileno()).st_size
            cache = _SOUND_CACHE if path.startswith("sounds/") else _NO_CACHE
            self._head(HTTPStatus.OK, n_bytes, TYPES[file.path.suffix], cache)
            if self.command == "HEAD":
                return
            while block := opened.read(_BLOCK_BYTES):
                self.wfile.write(block)

    def _put(self) -> None:
        participant, path = self._route()
        if path != ANSWERS_PATH:
            raise self._method_refusal()
        answers = None
        try:
            answers = parse_answers(self._body(), self.server.design)
        except InputError as error:
            self.server.log(f"{participant}: refused: {error}")
            raise _RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
        if answers.participant != participant:
            raise _RefusalError(HTTPStatus.FORBIDDEN, "These are another participant's answers.")
        try:
            self.server.store.save(answers)
        except StaleError:
            raise _RefusalError(
                HTTPStatus.CONFLICT, "Newer answers are already stored; reload the page."
            ) from None
        if answers.complete:
            self.server.log(f"{participant}: complete")
        self._send(HTTPStatus.NO_CONTENT, b"")

    def _body(self) -> bytes:
        type_ = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if type_ != TYPES[".json"]:
            raise _RefusalError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Answers must be application/json."
            )
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            raise _RefusalError(
                HTTPStatus.LENGTH_REQUIRED, "State the length of the answers in bytes."
            )
        # Compared as text first: a number of a million digits is not worth converting.
        if len(length) > 12 or int(length) > MAX_ANSWERS_BYTES:
            raise _RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The answers are too large.")
        try:
            body = self.rfile.read(int(length))
        except TimeoutError:
            body = b""
        self._unread_bytes = 0
        self.server.deadlines.clear(self.connection)
        if len(body) != int(length):
            raise _RefusalError(HTTPStatus.REQUEST_TIMEOUT, "The answers arrived incomplete.")
        return body

    def _refuse_method(self) -> None:
        self._route()
        raise self._method_refusal()

    def _method_refusal(self) -> _RefusalError:
        return _RefusalError(
            HTTPStatus.METHOD_NOT_ALLOWED, "Use PUT for answers and GET for files."
        )

    def _send(self, status: HTTPStatus, body: bytes, type_: str = "text/plain") -> None:
        self._head(status, len(body), type_)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, n_bytes: int, type_: str, cache: str = _NO_CACHE) -> None:
        self.send_response(status)
        self.send_header("Content-Type", type_)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(n_bytes))
        self.send_header("Cache-Control", cache)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
