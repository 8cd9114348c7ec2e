"""The studio's server: on the loopback interface, behind a token, with bounded connections."""

from __future__ import annotations

import asyncio
import secrets
import socket
from dataclasses import dataclass
from typing import Any, ClassVar

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from mixer.errors import OutputError
from mixer.studio.guard import Guard
from mixer.studio.mix_sources import MOST_REFERENCE_BYTES
from mixer.studio.pages import PageFiles
from mixer.studio.routes import application
from mixer.studio.songs import Studio

HOST = "127.0.0.1"
# More than a few pages ever have: a page has its stream of events and a few requests.
MOST_CONNECTIONS = 128
_MOST_HEAD_BYTES = 16 << 10
_HEAD_LIMIT_S, _KEEP_ALIVE_S, _CLOSE_S = 10.0, 30, 2
# An answer of which nothing was read for so long is given up.
_UNREAD_LIMIT_S = 60.0
_BACKLOG = 64
# Connections that have not requested anything yet.
_MOST_SILENT = 32


class _PatientForAWhile(H11Protocol):
    """A connection that is closed if the head of a request is not complete in time.

    The number of connections without a request is limited: the oldest is closed for a new one.
    """

    _silent: ClassVar[list[_PatientForAWhile]] = []

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._late: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._watch(is_late=True)
        silent = [one for one in self._silent if one.cycle is None and one.is_open]
        for one in silent[: max(0, len(silent) + 1 - _MOST_SILENT)]:
            one._end()
        self._silent[:] = [*silent[-(_MOST_SILENT - 1) :], self]

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch(is_late=bool(self.conn.trailing_data[0]))

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch(is_late=bool(self.conn.trailing_data[0]))

    def _watch(self, *, is_late: bool) -> None:
        """Start the clock with the first byte of a head; stop it with the last."""
        if self._is_between_requests and is_late:
            self._late = self._late or self.loop.call_later(_HEAD_LIMIT_S, self._end)
        elif self._late is not None:
            self._late.cancel()
            self._late = None

    @property
    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    @property
    def is_open(self) -> bool:
        return not self.transport.is_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._late, self._unread):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(_UNREAD_LIMIT_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def _end(self) -> None:
        if self._is_between_requests and not self.transport.is_closing():
            self.transport.close()


@dataclass(frozen=True)
class Served:
    """A server that is about to run.

    Attributes:
        link: address for the user's browser, with the token.
        server: runs until it is stopped.
        socket: that the server listens on.
    """

    link: str
    server: uvicorn.Server
    socket: socket.socket

    def run(self) -> None:
        """Serve until Ctrl-C."""
        asyncio.run(self.server.serve(sockets=[self.socket]))


def guarded(studio: Studio, token: str, port: int) -> ASGIApp:
    """The application with its guard.

    Args:
        studio: the songs.
        token: required in every request.
        port: of the server.
    """
    app = application(studio, PageFiles())
    app.state.studio = studio
    hosts = [f"{name}:{port}" for name in (HOST, "localhost")]
    return Guard(app, token, hosts, {"/references": MOST_REFERENCE_BYTES})


def prepare(studio: Studio, port: int) -> Served:
    """Bind a port and generate a token.

    Args:
        studio: the songs.
        port: 0 takes a free one.

    Raises:
        OutputError: the port cannot be bound.
    """
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot listen on {HOST}:{port}: {why}; choose another --port") from None
    port = listening.getsockname()[1]
    token = secrets.token_urlsafe(24)
    config = uvicorn.Config(
        guarded(studio, token, port),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        ws="none",
        lifespan="off",
        http=_PatientForAWhile,
        loop="asyncio",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_CLOSE_S,
        h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
        proxy_headers=False,
    )
    return Served(f"http://{HOST}:{port}/#{token}", uvicorn.Server(config), listening)
