"""The server under friendly and hostile clients: nothing lost, nothing leaked, clear codes."""

import json
import os
import shutil
import sqlite3
import stat
import threading

import pytest

from mixer.cli.main import run
from mixer.errors import InputError, OutputError
from mixer.listen.answer_store import StaleError, Store, export_answers
from mixer.listen.serve import ListeningServer, base_url, participant_link
from tests.listen.sample_answers import check_answers, whole_answers

N_PARTICIPANTS = 200


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
