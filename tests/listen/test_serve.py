"""The server under friendly and hostile clients: nothing lost, nothing leaked, clear codes."""

import http.client
import json
import os
import shutil
import socket
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mixer.cli.main import run
from mixer.errors import InputError, OutputError
from mixer.listen.answers import MAX_ANSWERS_BYTES
from mixer.listen.connections import Connections
from mixer.listen.design import Design
from mixer.listen.serve import ListeningServer, base_url, participant_link, public_files
from mixer.listen.store import StaleError, Store, export_answers
from tests.listen.sample_answers import check_answers, whole_answers

N_PARTICIPANTS = 200


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


def test_a_link_opens_the_page_and_its_files(start, test_folder, design) -> None:
    client = start()
    status, body, headers = client.ask("GET", "")
    assert (status, body) == (200, (test_folder / "public/index.html").read_bytes())
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    sound = f"sounds/{design.pages[0].stimuli[0].sound}.js"
    assert "max-age" in client.ask("HEAD", sound)[2]["Cache-Control"]
    assert client.ask("GET", sound)[1] == (test_folder / "public" / sound).read_bytes()
    status, body, _ = client.ask("GET", "assets/session.js", participant="P002")
    assert (status, body) == (
        200,
        b'Listen.session = {"participant": "P002", "answers": "answers"};\n',
    )
    assert client.ask("HEAD", "design.js")[:2] == (200, b"")


def test_answers_are_kept_and_come_back(start, design, store, tmp_path) -> None:
    client = start()
    assert client.ask("GET", "answers")[0] == 204
    given = whole_answers(design, "P001")
    assert client.put(given) == 204
    status, body, headers = client.ask("GET", "answers")
    assert (status, json.loads(body)) == (200, given)
    assert headers["Cache-Control"] == "no-store"
    assert client.put(given) == 204  # sent twice: the first reply was lost on its way
    assert client.put({**given, "comment": "other"}) == 409
    assert client.put({**given, "revision": 2, "comment": "later"}) == 204
    assert client.put({**given, "revision": 1}) == 409
    assert json.loads(client.ask("GET", "answers")[1])["comment"] == "later"
    assert store.counts() == (1, 1)
    # On disk, and read by whoever opens the database beside the server.
    with sqlite3.connect(tmp_path / "answers.sqlite") as db:
        rows = db.execute("SELECT participant, revision, complete FROM answers").fetchall()
    assert rows == [("P001", 2, 1)]
    assert client.ask("GET", "answers", participant="P002")[0] == 204


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/key.json",
        "/public/index.html",
        "/answers.sqlite",
        "/t/",
        "/t/x/",
        "/t/wrong-token-wrong-token/",
        "/t/wrong-token-wrong-token/answers",
        "/t/%00%00%00%00%00%00%00%00/",
        "/t/" + "a" * 5000 + "/",
    ],
)
def test_without_a_token_nothing_opens(start, path: str) -> None:
    client = start()
    status, body, _ = client.ask("GET", path)
    assert status == 403
    assert b"key" not in body.replace(b"not known", b"")


@pytest.mark.parametrize(
    "path",
    [
        "key.json",
        "../key.json",
        "../../key.json",
        "..%2fkey.json",
        "%2e%2e/key.json",
        "..%5ckey.json",
        "assets/../../key.json",
        "sounds/../../key.json",
        "public/../../key.json",
        "//etc/passwd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "file:///etc/passwd",
        "answers.sqlite",
        "../answers.sqlite",
        "links.csv",
        "assets",
        "sounds/",
        ".",
        "..",
        "design.js%00.html",
        "nothing.js",
        "%ff%fe",
    ],
)
def test_no_path_leaves_the_public_folder(start, path: str) -> None:
    client = start()
    status, body, _ = client.ask("GET", f"/t/{client.tokens['P001']}/{path}")
    assert (status, body) == (404, b"There is no such file.\n")


def test_links_in_the_public_folder_do_not_lead_out(tmp_path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    (tmp_path / "key.json").write_text("{}")
    (public / "index.html").write_text("x")
    (public / "stolen.json").symlink_to(tmp_path / "key.json")
    (public / "notes.txt").write_text("x")
    assert list(public_files(public)) == ["index.html"]
    (public / "index.html").unlink()
    with pytest.raises(InputError, match="build the test again"):
        public_files(public)


def test_hostile_answers_get_clear_codes(start, design, store) -> None:
    client = start()
    given = whole_answers(design, "P001")
    assert client.put(b" " * (MAX_ANSWERS_BYTES + 1)) == 413
    assert client.put(b"x", **{"Content-Length": "9" * 400}) == 413
    assert client.put(b"no json") == 422
    assert client.put(b"[" * 100_000) == 422
    assert client.put([]) == 422
    assert client.put({**given, "complete": "yes"}) == 422
    assert client.put({**given, "test_id": "other"}) == 422
    assert client.put({**given, "participant": "P002"}) == 403
    assert client.put(given, **{"Content-Type": "text/plain"}) == 415
    assert client.put(given, **{"Content-Length": "-5"}) == 411
    assert client.ask("POST", "answers", b"{}")[0] == 405
    assert client.ask("DELETE", "answers")[0] == 405
    assert client.ask("PUT", "index.html", b"{}")[0] == 405
    assert client.ask("PUT", "/t/wrong-token-wrong-token/answers", b"{}")[0] == 403
    assert client.ask("PATCH", "answers")[0] == 501
    head = f"PUT /t/{client.tokens['P001']}/answers HTTP/1.1\r\nContent-Type: application/json\r\n"
    chunked = client.send_raw(f"{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode())
    assert b" 411 " in chunked.split(b"\r\n")[0]
    status, body, _ = client.ask(
        "PUT", "answers", b'{"format": "x"}', **{"Content-Type": "application/json"}
    )
    assert (status, body) == (422, b"answers: format must be mixer-listening-answers, not 'x'\n")
    assert store.counts() == (0, 0)


def test_hostile_bytes_get_an_answer_or_none(start) -> None:
    client = start()
    assert b" 400 " in client.send_raw(b"nonsense\r\n\r\n")[:20]
    assert b" 414 " in client.send_raw(b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n")[:20]
    many = b"".join(b"X-%d: y\r\n" % n for n in range(500))
    assert b" 431 " in client.send_raw(b"GET / HTTP/1.1\r\n" + many + b"\r\n")[:20]
    assert client.ask("GET", "")[0] == 200


def test_slow_clients_are_cut_and_stop_nobody(start) -> None:
    lines: list[str] = []
    client = start(request_limit_s=0.5, log=lines.append)
    head = f"PUT /t/{client.tokens['P001']}/answers HTTP/1.1\r\nContent-Type: application/json\r\n"
    silent = socket.create_connection(client.address, timeout=10)
    begun = socket.create_connection(client.address, timeout=10)
    begun.sendall(b"GET / HT")
    body = socket.create_connection(client.address, timeout=10)
    body.sendall(f"{head}Content-Length: 500\r\n\r\n".encode() + b"{")
    began = time.monotonic()
    try:
        assert client.ask("GET", "")[0] == 200
        # Dripping does not buy more time.
        while time.monotonic() - began < 2.0:
            try:
                body.send(b" ")
            except OSError:
                break
            time.sleep(0.1)
        assert b" 408 " in body.recv(100)
        assert silent.recv(10) == b""
        assert begun.recv(10) in (b"", b"HTTP/1.0 4")
    finally:
        for connection in (silent, begun, body):
            connection.close()
    assert lines == []


def test_200_participants_at_once_lose_nothing(start, design, store) -> None:
    client = start(N_PARTICIPANTS)
    codes: dict[str, list[int]] = {}
    gate = threading.Barrier(N_PARTICIPANTS)

    def take_part(participant: str, rating: int) -> None:
        given = whole_answers(design, participant, rating)
        gate.wait()
        codes[participant] = [
            client.put({**given, "revision": revision}, participant) for revision in (1, 2)
        ]

    threads = [
        threading.Thread(target=take_part, args=(name, number % 101))
        for number, name in enumerate(client.tokens)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert codes == {name: [204, 204] for name in client.tokens}
    kept = store.all()
    assert list(kept) == list(client.tokens)
    for number, (name, text) in enumerate(kept.items()):
        answers = check_answers(json.loads(text), design)
        assert (answers.participant, answers.revision) == (name, 2)
        given = {
            r for page in answers.pages.values() for m in page.ratings.values() for r in m.values()
        }
        assert given == {number % 101}


def test_a_full_disk_is_said_and_nothing_is_lost(start, design, store, monkeypatch) -> None:
    lines: list[str] = []
    client = start(log=lines.append)
    given = whole_answers(design, "P001")
    assert client.put(given) == 204
    store._db.execute("PRAGMA max_page_count=1")  # SQLite takes the least that it can
    long = {**given, "revision": 2, "comment": "x" * 3900}
    for page in long["pages"].values():
        page["comment"] = "y" * 3900
    assert client.put(long) == 507
    assert "full" in lines[-1]
    assert json.loads(client.ask("GET", "answers")[1])["revision"] == 1
    store._db.execute("PRAGMA max_page_count=100000")
    assert client.put(long) == 204


def test_the_store_knows_its_test(store, design, tmp_path) -> None:
    first = store.invite(2)
    assert list(first) == ["P001", "P002"]
    assert len(set(first.values())) == 2
    assert min(map(len, first.values())) >= 20
    # More participants later: the links that were given out stay.
    assert {name: store.invite(3)[name] for name in first} == first
    with pytest.raises(InputError, match="10000 at most"):
        store.invite(10_001)
    path = tmp_path / "answers.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(InputError, match="another test"):
        Store(path, "other")
    (tmp_path / "junk.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(OutputError, match="not a database"):
        Store(tmp_path / "junk.sqlite", design.test_id)


def test_older_answers_never_replace_newer_ones(store, design) -> None:
    given = {**whole_answers(design, "P001"), "revision": 5}
    store.save(check_answers(given, design))
    with pytest.raises(StaleError):
        store.save(check_answers({**given, "revision": 4}, design))
    assert json.loads(store.latest("P001") or "")["revision"] == 5


def test_answers_are_exported_a_file_each(store, design, tmp_path) -> None:
    given = whole_answers(design, "P001")
    store.save(check_answers(given, design))
    (path,) = export_answers(store, tmp_path / "out")
    assert path.name == "answers-P001.json"
    assert json.loads(path.read_text("utf-8")) == given
    with pytest.raises(OutputError, match="--overwrite"):
        export_answers(store, tmp_path / "out")


def test_links(start) -> None:
    client = start()
    base = base_url(client.server)
    assert base == f"http://127.0.0.1:{client.address[1]}"
    assert participant_link("https://x.example/y/", "TOKEN") == "https://x.example/y/t/TOKEN/"


def test_the_address_may_be_taken(start, test_folder, design, store) -> None:
    client = start()
    with pytest.raises(OutputError, match="choose another --host or --port"):
        ListeningServer(client.address, test_folder, design, store, {})


def test_the_command_refuses_what_is_no_test(tmp_path, test_folder, capsys) -> None:
    assert run(["listen", "serve", str(tmp_path)]) == 1
    assert "mixer listen build" in capsys.readouterr().err
    assert run(["listen", "serve", str(test_folder), "--export", str(tmp_path / "out")]) == 1
    assert "no answers were collected yet" in capsys.readouterr().err
    assert not os.path.exists(test_folder / "answers.sqlite")  # noqa: PTH110


def test_the_command_serves_until_it_is_stopped(
    short_folder, tmp_path, capsys, monkeypatch
) -> None:
    shutil.copytree(short_folder, tmp_path / "T")
    asked = []

    def ask_and_stop(server: ListeningServer) -> None:
        tokens = {name: token for token, name in server.participants.items()}
        asked.append(tokens)
        server.store.save(check_answers(whole_answers(server.design, "P002"), server.design))
        raise KeyboardInterrupt

    monkeypatch.setattr(ListeningServer, "serve_forever", ask_and_stop)
    command = ["listen", "serve", str(tmp_path / "T"), "--port", "0"]
    public = ["--public-url", "https://x.example/test"]
    assert run([*command, "--participants", "2", *public]) == 0
    output = capsys.readouterr()
    assert [line.split() for line in output.out.splitlines()] == [
        [name, f"https://x.example/test/t/{token}/"] for name, token in asked[0].items()
    ]
    assert "1 complete, 0 begun" in output.err
    links = tmp_path / "T/links.csv"
    assert stat.S_IMODE(links.stat().st_mode) == 0o600
    assert len(links.read_text().splitlines()) == 3
    # Served again: the same links.
    assert run([*command, "--participants", "1", *public, "-q"]) == 0
    assert asked[1] == asked[0]
    capsys.readouterr()
    assert run([*command, "--export", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "out/answers-P002.json")


@pytest.mark.parametrize("line", [b"GET {}\r\n\r\n", b"GET {} HTTP/0.9\r\n\r\n"])
def test_the_protocol_of_1991_is_not_answered(start, line: bytes) -> None:
    client = start()
    path = f"/t/{client.tokens['P001']}/".encode()
    answer = client.send_raw(line.replace(b"{}", path))
    assert answer.startswith(b"HTTP/1.0 505 ")
    assert b"<html" not in answer


@pytest.mark.parametrize("kind", ["link", "pipe", "file", "folder"])
def test_what_takes_a_files_place_while_it_runs_is_not_served(
    start, test_folder: Path, tmp_path: Path, kind: str
) -> None:
    client = start()
    assert client.ask("GET", "design.js")[0] == 200
    secret, file = tmp_path / "secret", test_folder / "public" / "design.js"
    secret.write_text("secret")
    file.rename(tmp_path / "kept")
    if kind == "link":
        file.symlink_to(secret)
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "file":
        file.write_text("secret")
    else:
        file.mkdir()
    try:
        assert client.ask("GET", "design.js")[:2] == (404, b"This file no longer exists.\n")
    finally:
        file.rmdir() if kind == "folder" else file.unlink()
        (tmp_path / "kept").rename(file)


def test_connections_that_say_nothing_keep_nobody_out(start, design) -> None:
    client = start()
    silent = [socket.create_connection(client.address, timeout=10) for _ in range(3 * 64)]
    try:
        silent[-1].sendall(b"GET /t/")
        for _ in range(3):
            assert client.ask("GET", "design.js")[0] == 200
        assert client.put(whole_answers(design, "P001")) == 204
        # The first ones had to go.
        assert silent[0].recv(1) == b""
    finally:
        for connection in silent:
            connection.close()


def test_strangers_make_room_and_participants_stay() -> None:
    ours, theirs = zip(*(socket.socketpair() for _ in range(5)), strict=True)
    connections = Connections(most=3, most_strangers=2)
    assert connections.admit(ours[0], "192.0.2.1")
    connections.know(ours[0])
    assert connections.admit(ours[1], "192.0.2.1")
    assert connections.admit(ours[2], "2001:db8::1")
    # Full: the oldest stranger is let go, and its place is taken once it has left.
    threading.Timer(0.1, connections.leave, [ours[1]]).start()
    assert connections.admit(ours[3], "2001:db8::2")
    assert theirs[1].recv(1) == b""
    for known in (ours[2], ours[3]):
        connections.know(known)
    assert not connections.admit(ours[4], "198.51.100.7")
    for connection in (*ours, *theirs):
        connection.close()
