"""Limits on connections: strangers are few, and never keep a participant out."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections import Counter

# A thread each.
MAX_CONNECTIONS = 512
# From one address; whoever has shown a token of the test does not count.
MAX_STRANGERS = 64
_LET_GO_S = 1.0


class Connections:
    """The open connections; where there are too many, the stranger that came first has to go.

    A stranger is whoever has not yet asked for anything with a token of the test: most of them send
    it with their first packet. So connections that send nothing, or nothing but a body that nobody
    reads, make room for those that come after them, however many there are.

    Args:
        most: largest number of open connections.
        most_strangers: largest number of these from one address without a token.
    """

    def __init__(self, most: int = MAX_CONNECTIONS, most_strangers: int = MAX_STRANGERS) -> None:
        self._most_strangers = most_strangers
        self._free = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._strangers: dict[socket.socket, str] = {}  # the oldest first
        self._of_address: Counter[str] = Counter()

    def admit(self, connection: socket.socket, host: str) -> bool:
        """Let a connection in, and the oldest stranger out if there is no room for it.

        Args:
            connection: just accepted.
            host: the other side's address.

        Returns:
            Whether there is room; `leave` is due only then.
        """
        address = _network_of(host)
        with self._lock:
            if self._of_address[address] >= self._most_strangers:
                self._drop(next(c for c, at in self._strangers.items() if at == address))
        if not self._free.acquire(blocking=False):
            with self._lock:
                if self._strangers:
                    self._drop(next(iter(self._strangers)))
            # Its thread ends as soon as it reads that there is nothing more.
            if not self._free.acquire(timeout=_LET_GO_S):
                return False
        with self._lock:
            self._strangers[connection] = address
            self._of_address[address] += 1
        return True

    def know(self, connection: socket.socket) -> None:
        """Note that a connection has shown a token: it stays until it is answered."""
        with self._lock:
            self._forget(connection)

    def leave(self, connection: socket.socket) -> None:
        """Note that a connection is closed."""
        with self._lock:
            self._forget(connection)
        self._free.release()

    def _drop(self, connection: socket.socket) -> None:
        self._forget(connection)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    def _forget(self, connection: socket.socket) -> None:
        address = self._strangers.pop(connection, None)
        if address is not None:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]


def _network_of(host: str) -> str:
    """The address of one household: an IPv4 address, or 64 bits of IPv6."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or f"{int(address) >> 64:x}::/64")
    return host
