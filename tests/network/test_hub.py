"""Bundles from the Hub, by a stub of it that is honest, careless or hostile."""

from __future__ import annotations

import hashlib
import json
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("huggingface_hub")

from mixer.cli.main import run
from mixer.errors import InputError, MixerError, ModelError, OutputError, SettingsError
from mixer.network.hub import Pulled, Reference, parse_reference, pull_bundle
from mixer.network.model import read_bundle

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REFERENCE = Reference("anna/mine", None)


@dataclass
class Stub:
    """A hub with one repository.

    Attributes:
        files: name to content, as the repository lists them.
        sent: name to what is sent in its place.
        listed: name to what the list says of it in place of the truth.
        asked: paths of the requests.
    """

    files: dict[str, bytes]
    sent: dict[str, bytes] = field(default_factory=dict)
    listed: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    elsewhere: str = ""
    endpoint: str = ""

    def sibling(self, name: str) -> dict[str, Any]:
        content = self.files[name]
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        found: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": blob}
        if name.endswith((".onnx", ".safetensors")):
            sha256 = hashlib.sha256(content).hexdigest()
            found["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 130}
        return found | self.listed.get(name, {})

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        self.asked.append(path)
        path = urllib.parse.unquote(path.partition("?")[0])
        if path in ("/api/models/anna/mine", "/api/models/anna/mine/revision/v1"):
            siblings = [self.sibling(name) for name in self.files]
            table = {"id": "anna/mine", "sha": COMMIT, "siblings": siblings}
            return 200, json.dumps(table).encode(), {"Content-Type": "application/json"}
        start = f"/anna/mine/resolve/{COMMIT}/"
        name = path.removeprefix(start)
        if path.startswith(start) and name in self.files:
            if self.elsewhere:
                return 302, b"", {"Location": f"{self.elsewhere}{path}"}
            return 200, self.sent.get(name, self.files[name]), {}
        return 404, b"", {}


def serve(stub: Stub) -> Iterator[Stub]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stub.headers.append(dict(self.headers))
            code, body, headers = stub.answer(self.path)
            self.send_response(code)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    stub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    yield stub
    server.shutdown()
    server.server_close()


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    folder = read_bundle("default").folder
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    yield from serve(Stub({**files, "README.md": b"# mine", ".gitattributes": b"*.onnx lfs"}))


def pull(stub: Stub, folder: Path, **options: Any) -> Pulled:
    return pull_bundle(REFERENCE, folder, endpoint=stub.endpoint, **options)


def change_manifest(stub: Stub, **values: Any) -> None:
    stub.files["manifest.json"] = json.dumps(
        json.loads(stub.files["manifest.json"]) | values
    ).encode()


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://[::1",
        "http://a..b/",
        "http://" + "a" * 300 + ".x",
        "http://\xe9.invalid/",
        "http://",
    ],
)
def test_an_address_that_is_none_is_one_line(stub: Stub, tmp_path: Path, elsewhere: str) -> None:
    stub.elsewhere = elsewhere
    with pytest.raises(InputError, match=r"manifest\.json cannot be fetched: ") as refusal:
        pull(stub, tmp_path / "b")
    assert "\n" not in str(refusal.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("elsewhere", "why"),
    [
        ("ftp://127.0.0.1:1/", "which is not a web address"),
        ("file:///etc/", "not allowed"),
        ("data:text/plain,", "not allowed"),
    ],
)
def test_only_web_addresses_are_followed(
    stub: Stub, tmp_path: Path, elsewhere: str, why: str
) -> None:
    stub.elsewhere = elsewhere
    with pytest.raises(InputError, match=why):
        pull(stub, tmp_path / "b")
    assert not list(tmp_path.iterdir())


def test_a_reference_in_words() -> None:
    assert parse_reference("hf:anna/mine") == Reference("anna/mine", None)
    assert parse_reference("hf:a.b/c_d@refs/pr/1") == Reference("a.b/c_d", "refs/pr/1")
    for text in ("anna/mine", "hf:mine", "hf:../..", "hf:a/b/c", "hf:a/../b", "hf:a/b@", "hf:"):
        with pytest.raises(SettingsError, match="is not a repository; give hf:OWNER/NAME"):
            parse_reference(text)


def test_a_bundle_comes_whole_and_checked(stub: Stub, tmp_path: Path) -> None:
    stub.files["best.safetensors"] = b"weights"
    pulled = pull(stub, tmp_path / "mine")
    shipped = read_bundle("default")
    assert pulled.bundle.sha256 == shipped.sha256
    assert pulled.commit == COMMIT
    assert pulled.checkpoints == ("best.safetensors",)
    # The bundle and the checkpoint, and nothing else of the repository.
    names = {path.name for path in shipped.folder.iterdir() if path.is_file()}
    assert {path.name for path in (tmp_path / "mine").iterdir()} == names | {"best.safetensors"}
    # Of one commit, whatever is pushed meanwhile.
    files = [path for path in stub.asked if "/resolve/" in path]
    assert files
    assert all(f"/resolve/{COMMIT}/" in path for path in files)
    with pytest.raises(OutputError, match="already exists"):
        pull(stub, tmp_path / "mine")
    assert pull(stub, tmp_path / "mine", overwrite=True).bundle.sha256 == shipped.sha256


def test_only_a_bundle_is_replaced(stub: Stub, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.txt").write_text("years")
    with pytest.raises(OutputError, match="is not a model bundle, so it is not replaced"):
        pull(stub, tmp_path / "thesis", overwrite=True)


def _larger(stub: Stub) -> None:
    stub.sent["controls.onnx"] = stub.files["controls.onnx"] + b"x" * 1_000_000


def _shorter(stub: Stub) -> None:
    stub.sent["controls.onnx"] = stub.files["controls.onnx"][:-1]


def _other(stub: Stub) -> None:
    content = bytearray(stub.files["controls.onnx"])
    content[1000] ^= 1
    stub.sent["controls.onnx"] = bytes(content)


def _other_profile(stub: Stub) -> None:
    stub.sent["profile.json"] = stub.files["profile.json"].replace(b"1", b"2")


def _not_the_manifest_s(stub: Stub) -> None:
    """As the hub says, but not as the bundle was exported."""
    stub.files["profile.json"] = stub.files["profile.json"].replace(b"1", b"2")


def _huge(stub: Stub) -> None:
    lfs = {"sha256": "0" * 64, "size": 600 << 20, "pointerSize": 130}
    stub.listed["controls.onnx"] = {"size": 600 << 20, "lfs": lfs}


def _huge_together(stub: Stub) -> None:
    for index in range(4):
        name = f"{index}.safetensors"
        stub.files[name] = b"x"
        lfs = {"sha256": "0" * 64, "size": 500 << 20, "pointerSize": 130}
        stub.listed[name] = {"size": 500 << 20, "lfs": lfs}


def _huge_manifest(stub: Stub) -> None:
    stub.listed["manifest.json"] = {"size": 1 << 30}


def _pickle(stub: Stub) -> None:
    graphs = {"controls": {"file": "controls.pt", "sha256": "0" * 64}}
    stub.files["controls.pt"] = b"\x80\x04"
    change_manifest(stub, graphs=graphs)


def _out_of_the_folder(stub: Stub) -> None:
    profile = {"file": "../profile.json", "sha256": "0" * 64}
    stub.files["../profile.json"] = stub.files["profile.json"]
    change_manifest(stub, profile=profile)


def _itself(stub: Stub) -> None:
    change_manifest(stub, profile={"file": "manifest.json", "sha256": "0" * 64})


def _missing(stub: Stub) -> None:
    del stub.files["check_mix.f32"]


def _no_bundle(stub: Stub) -> None:
    del stub.files["manifest.json"]


def _not_json(stub: Stub) -> None:
    stub.files["manifest.json"] = b"<html>"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_larger, "controls.onnx does not match the repository"),
        (_shorter, "controls.onnx does not match the repository"),
        (_other, "controls.onnx does not match the repository"),
        (_other_profile, "profile.json does not match the repository"),
        (_not_the_manifest_s, "its SHA-256 is not the manifest's"),
        (_huge, f"controls.onnx takes {600 << 20} bytes"),
        (_huge_together, f"more than {1 << 30}; refused"),
        (_huge_manifest, "manifest.json takes"),
        (_pickle, "controls.pt: not a .onnx file; refused"),
        (_out_of_the_folder, "plain file name inside the bundle"),
        (_itself, "plain file name inside the bundle"),
        (_missing, "check_mix.f32: named by the manifest, but not in the repository"),
        (_no_bundle, "holds no manifest.json, so it is not a model bundle"),
        (_not_json, "not valid JSON"),
    ],
)
def test_what_is_wrong_leaves_nothing(stub: Stub, tmp_path: Path, change, message: str) -> None:
    change(stub)
    with pytest.raises(ModelError) as refusal:
        pull(stub, tmp_path / "models" / "mine")
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert ".partial" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_names_beyond_the_folder_are_not_even_listed(stub: Stub, tmp_path: Path) -> None:
    """They would be asked for only by a manifest that names them, and none can."""
    evil = {"../evil.safetensors", "a/b.safetensors", "..\\evil.safetensors", "/etc/x.safetensors"}
    stub.files |= dict.fromkeys(evil, b"x")
    pull(stub, tmp_path / "in" / "mine")
    assert not [path for path in stub.asked if "evil" in path or "etc" in path]
    assert {path.name for path in tmp_path.iterdir()} == {"in"}


def test_what_a_render_would_refuse_is_refused(stub, tmp_path, monkeypatch, capsys) -> None:
    stub.files["profile.json"] = b"{}"
    change_manifest(
        stub, profile={"file": "profile.json", "sha256": hashlib.sha256(b"{}").hexdigest()}
    )
    monkeypatch.setenv("HF_ENDPOINT", stub.endpoint)
    assert run(["model", "pull", "hf:anna/mine", "-o", str(tmp_path / "mine")]) == 3
    assert "hf:anna/mine/profile.json" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_token_is_not_sent_on(stub: Stub, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    for other in serve(Stub(dict(stub.files))):
        stub.elsewhere = other.endpoint
        pull(stub, tmp_path / "mine")
        assert other.headers
        assert not [h for h in other.headers if "hf_secret" in json.dumps(h)]


@pytest.mark.parametrize("repository", ["hf:anna/none", "hf:anna/mine@v2"])
def test_what_is_not_there_is_one_line(stub, tmp_path, monkeypatch, capsys, repository) -> None:
    monkeypatch.setenv("HF_ENDPOINT", stub.endpoint)
    assert run(["model", "pull", repository, "-o", str(tmp_path / "mine")]) == 1
    said = capsys.readouterr()
    assert "cannot be read from the Hub: " in said.err
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_it_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MixerError, match="cannot be read from the Hub"):
        pull_bundle(REFERENCE, tmp_path / "mine", endpoint="http://127.0.0.1:9")


def test_the_command_fetches_what_renders(stub, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", stub.endpoint)
    assert run(["model", "pull", "hf:anna/mine@v1"]) == 0
    assert "mixer render SONG --model models/mine" in capsys.readouterr().out
    assert run(["model", "verify", "models/mine"]) == 0
    capsys.readouterr()
    assert run(["model", "pull", "hf:anna/mine", "-o", "b", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["name"], answer["commit"], answer["folder"]) == ("default", COMMIT, "b")
