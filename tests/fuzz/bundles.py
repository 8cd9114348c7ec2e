"""Model bundles from anybody."""

from __future__ import annotations

import functools
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.case import Case
from tests.fuzz.material import ODD_KINDS, hostile_json, mutate, odd_file, rounds, write_song
from tests.fuzz.sandbox import REPOSITORY

_USES = (
    ("model", "info", "b"),
    ("model", "verify", "b"),
    ("render", "song", "--model", "b", "-o", "out/a.wav", "-q"),
    ("render", "song", "--model", "b", "--dry-run"),
)
# A stranger's graph runs in a process of its own, twice with a check.
_LIMIT_S = 40.0


@functools.cache
def _honest() -> dict[str, bytes]:
    folder = REPOSITORY / "mixer" / "models" / "default"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def _case(kind: str, files: dict[str, bytes], use: tuple[str, ...]) -> Case:
    def build(work: Path) -> None:
        write_song(work / "song")
        (work / "b").mkdir()
        for name, content in files.items():
            (work / "b" / name).write_bytes(content)

    return Case(f"bundles/{kind}", build, use, time_limit_s=_LIMIT_S)


def _manifest(rng: random.Random) -> Case:
    text = hostile_json(json.loads(_honest()["manifest.json"]), rng)
    files = {**_honest(), "manifest.json": text.encode("utf-8", "surrogatepass")}
    return _case("manifest", files, rng.choice(_USES))


def _mutated_manifest(rng: random.Random) -> Case:
    files = {**_honest(), "manifest.json": mutate(_honest()["manifest.json"], rng, 3)}
    return _case("mutated-manifest", files, rng.choice(_USES))


def _graph(rng: random.Random) -> Case:
    """A graph that was changed, with or without a manifest that says so."""
    files, name = _honest(), "controls.onnx"
    changed = mutate(files[name], rng, rng.choice((1, 5, 50)))
    manifest = files["manifest.json"]
    if rng.random() < 0.7:
        old, new = (hashlib.sha256(data).hexdigest().encode() for data in (files[name], changed))
        manifest = manifest.replace(old, new)
    return _case("graph", {**files, name: changed, "manifest.json": manifest}, rng.choice(_USES))


def _odd_file(rng: random.Random) -> Case:
    name, kind = rng.choice(list(_honest())), rng.choice(ODD_KINDS)
    plain = _case(f"is-{kind}", _honest(), rng.choice(_USES))

    def build(work: Path) -> None:
        plain.build(work)
        (work / "b" / name).unlink()
        odd_file(work / "b" / name, kind)

    return Case(plain.kind, build, plain.arguments, time_limit_s=_LIMIT_S)


def _incomplete(rng: random.Random) -> Case:
    files = dict(_honest())
    del files[rng.choice(list(files))]
    return _case("incomplete", files, rng.choice(_USES))


_KINDS = (_manifest, _graph, _odd_file, _manifest, _mutated_manifest, _incomplete)


def cases(seed: int) -> Iterator[Case]:
    """Bundles that are not what an export wrote."""
    return rounds(seed, _KINDS)
