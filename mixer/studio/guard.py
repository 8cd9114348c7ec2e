"""Checks before any answer: Host, Origin, token, and size of the body.

A page of another site in the same browser can send requests here, and that site can make its own
domain name resolve to this address (DNS rebinding); neither has the token, nor the right Host and
Origin.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mixer.studio.messages import TOKEN_HEADER

MOST_BODY_BYTES = 1 << 20
_API = "/api/"
_SAFE = ("GET", "HEAD")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


class TooLargeError(Exception):
    """A body is longer than announced."""


class Guard:
    """Pass only requests of our own page, and add security headers to the answers."""

    def __init__(
        self, app: ASGIApp, token: str, hosts: Iterable[str], large: dict[str, int]
    ) -> None:
        """Guard an application.

        Args:
            app: the guarded application.
            token: required in every request of `/api/`.
            hosts: allowed values of the Host header, ports included.
            large: largest body in bytes by suffix of the path, for paths with large bodies.
        """
        self._app, self._token = app, token.encode()
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._large = large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await _refuse(sending, *refusal)
            return
        await self._app(scope, self._bounded(scope, receive), sending)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        # A browser that says where a request comes from must say: from here.
        site = headers.get("sec-fetch-site", "same-origin")
        if headers.get("host", "") not in self._hosts:
            return 403, "this server answers only at its own address"
        if origin is not None and origin not in self._origins:
            return 403, "requests from pages of other sites are refused"
        if site not in ("same-origin", "none"):
            return 403, "requests from pages of other sites are refused"
        if not scope["path"].startswith(_API):
            return None if scope["method"] in _SAFE else (405, "files are served by GET only")
        if not self._shows_token(scope, headers):
            return 401, "the token is missing or wrong; open the link that the command printed"
        return None if scope["method"] in _SAFE else self._refused_body(scope, headers)

    def _shows_token(self, scope: Scope, headers: Headers) -> bool:
        shown = headers.get(TOKEN_HEADER)
        if shown is None:
            query = scope["query_string"].decode("latin-1")
            shown = (parse_qs(query, max_num_fields=20).get("token") or [""])[0]
        return secrets.compare_digest(shown.encode(errors="surrogateescape"), self._token)

    def _refused_body(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        length = headers.get("content-length", "")
        if "transfer-encoding" in headers or not (length.isascii() and length.isdigit()):
            return 411, "the request must state the length of its body in bytes"
        # The text comes first: a number of a million digits is not worth converting.
        if len(length) > 12 or int(length) > self._most_bytes(scope):
            return 413, f"the body is larger than {self._most_bytes(scope)} bytes"
        return None

    def _most_bytes(self, scope: Scope) -> int:
        ends = [most for end, most in self._large.items() if scope["path"].endswith(end)]
        return ends[0] if ends else MOST_BODY_BYTES

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        left = self._most_bytes(scope)

        async def receiving() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLargeError
            return message

        return receiving


async def _refuse(send: Send, status: int, text: str) -> None:
    body = json.dumps({"error": text, "lines": [text]}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    # The announced body is not read: the connection ends with the answer.
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
