"""Recipes of mixes from anybody."""

from __future__ import annotations

import functools
import json
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mixer import RenderSettings, load_song, render, write_mix
from tests.fuzz.case import USED_OR_REFUSED, Case
from tests.fuzz.material import ODD_KINDS, hostile_json, mutate, odd_file, rounds, write_song

_USES = (
    ("replay", "a.mix.json", "--check"),
    ("replay", "a.mix.json", "-o", "out", "-q"),
    ("compare", "a.mix.json", "b.mix.json"),
    ("compare", "a.mix.json", "b.mix.json", "--no-audio"),
)
_HERE = "/HERE"


@functools.cache
def _honest() -> tuple[Any, dict[str, bytes]]:
    """A recipe with its folder's path taken out, and every file beside it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        song = load_song(write_song(root / "song"))
        write_mix(render(song, RenderSettings(model="none"), wet_stems=True), root / "a.wav")
        text = (root / "a.mix.json").read_text("utf-8").replace(str(root), _HERE)
        files = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file()
        }
    return json.loads(text), files


def _lay_out(work: Path, recipe: bytes) -> None:
    honest, files = _honest()
    for name, content in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(content)
    here = str(work.resolve())
    (work / "b.mix.json").write_text(json.dumps(honest).replace(_HERE, here))
    (work / "a.mix.json").write_bytes(recipe.replace(_HERE.encode(), here.encode()))


def _case(kind: str, content: bytes, use: tuple[str, ...]) -> Case:
    # A mix that came out otherwise than recorded is kept for comparing, and the exit code says so.
    return Case(kind, lambda work: _lay_out(work, content), use, keeps_some=True)


def _value(rng: random.Random) -> Case:
    content = hostile_json(_honest()[0], rng).encode("utf-8", "surrogatepass")
    return _case("recipes/value", content, rng.choice(_USES))


def _mutated(rng: random.Random) -> Case:
    content = mutate(json.dumps(_honest()[0]).encode(), rng, 4)
    return _case("recipes/mutated", content, rng.choice(_USES))


def _elsewhere(rng: random.Random) -> Case:
    """Paths that lead out of the folder, in the places of a mix and of its stems."""
    recipe = json.loads(json.dumps(_honest()[0]))
    path = rng.choice(("/etc/passwd", "../outside/precious", "/dev/zero", "a.wav\0b", ""))
    files = recipe["output"]["files"]
    files[rng.choice(list(files))]["path"] = path
    content = json.dumps(recipe).encode()
    return _case("recipes/elsewhere", content, rng.choice(_USES))


def _odd_file(rng: random.Random) -> Case:
    kind = rng.choice(ODD_KINDS)

    def build(work: Path) -> None:
        _lay_out(work, b"{}")
        (work / "a.mix.json").unlink()
        odd_file(work / "a.mix.json", kind)

    return Case(f"recipes/is-{kind}", build, rng.choice(_USES), USED_OR_REFUSED)


def _song_gone(rng: random.Random) -> Case:
    what = rng.choice(("folder", "file", "changed"))

    def build(work: Path) -> None:
        _lay_out(work, json.dumps(_honest()[0]).encode())
        if what == "folder":
            shutil.rmtree(work / "song")
        elif what == "file":
            (work / "song" / "bass.wav").unlink()
        else:
            (work / "song" / "bass.wav").write_bytes(b"something else")

    use = rng.choice(_USES[:2])
    return Case(
        f"recipes/song-{what}", build, use, frozenset({1}), says="bass" * (what != "folder")
    )


_KINDS = (_value, _mutated, _value, _elsewhere, _odd_file, _value, _song_gone)


def cases(seed: int) -> Iterator[Case]:
    """Recipes that are not what a render wrote."""
    return rounds(seed, _KINDS)
