"""Connections are cut whose request does not arrive in time."""

from __future__ import annotations

import socket
import threading
import time


class Deadlines:
    """Cuts connections whose request has not arrived in time, however it drips."""

    def __init__(self) -> None:
        self._until: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def set(self, connection: socket.socket, limit_s: float) -> None:
        with self._lock:
            self._until[connection] = time.monotonic() + limit_s

    def prolong(self, connection: socket.socket, more_s: float) -> None:
        with self._lock:
            if connection in self._until:
                self._until[connection] += more_s

    def clear(self, connection: socket.socket) -> None:
        with self._lock:
            self._until.pop(connection, None)

    def stop(self) -> None:
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(0.25):
            now = time.monotonic()
            with self._lock:
                late = [connection for connection, until in self._until.items() if until < now]
                for connection in late:
                    del self._until[connection]
                    try:
                        connection.shutdown(socket.SHUT_RD)
                    except OSError:
                        continue  # it is gone already
