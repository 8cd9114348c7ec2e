"""A listening server for tests, and a client that sends it single requests."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mixer.listen.answer_store import Store
from mixer.listen.design import Design
from mixer.listen.serve import ListeningServer


class Client:
    """Sends single requests to a server."""

    def __init__(self, server: ListeningServer, tokens: dict[str, str]) -> None:
        self.server, self.tokens = server, tokens
        self.address = ("127.0.0.1", int(server.server_address[1]))

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        participant: str = "P001",
        **headers: str,
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        """Status, body and headers; `path` begins with / or is below the participant's token."""
        if not path.startswith("/"):
            path = f"/t/{self.tokens[participant]}/{path}"
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read(), reply.headers
        finally:
            connection.close()

    def put(self, answers: object, participant: str = "P001", **headers: str) -> int:
        body = answers if isinstance(answers, str | bytes) else json.dumps(answers)
        if isinstance(body, str):
            body = body.encode()
        headers = {"Content-Type": "application/json"} | headers
        return self.ask("PUT", "answers", body, participant, **headers)[0]

    def send_raw(self, data: bytes) -> bytes:
        """Bytes as they are; what comes back until the server closes."""
        with socket.create_connection(self.address, timeout=30) as connection:
            connection.sendall(data)
            received = b""
            while block := connection.recv(65_536):
                received += block
            return received


@pytest.fixture
def store(tmp_path: Path, design: Design) -> Iterator[Store]:
    opened = Store(tmp_path / "answers.sqlite", design.test_id)
    yield opened
    opened.close()


@pytest.fixture
def start(test_folder: Path, design: Design, store: Store) -> Iterator[Callable[..., Client]]:
    servers = []

    def run_one(n_participants: int = 2, **options) -> Client:
        tokens = store.invite(n_participants)
        server = ListeningServer(("127.0.0.1", 0), test_folder, design, store, tokens, **options)
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        servers.append((server, thread))
        return Client(server, tokens)

    yield run_one
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()
