"""Checkpoints and configurations of training from anybody."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.case import REFUSED, Case
from tests.fuzz.material import ODD_KINDS, hostile_toml, mutate, odd_file, rounds
from tests.fuzz.sandbox import REPOSITORY

_EXPORT = ("export", "{}", "-o", "out")
# To import PyTorch takes seconds and memory by itself.
_LIMIT_S, _LIMIT_BYTES = 40.0, 1_500 << 20
_PICKLE = (
    b"\x80\x04\x95\x22\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94"
    b"\x8c\x0ctouch PWNED!\x94\x85\x94R\x94."
)


def _case(kind: str, name: str, content: bytes, command: tuple[str, ...] = _EXPORT) -> Case:
    def build(work: Path) -> None:
        (work / name).write_bytes(content)

    arguments = tuple(word.replace("{}", name) for word in command)
    return Case(
        f"checkpoints/{kind}",
        build,
        arguments,
        REFUSED,
        time_limit_s=_LIMIT_S,
        memory_limit_bytes=_LIMIT_BYTES,
    )


def _header(rng: random.Random) -> Case:
    """A safetensors header that claims what is not there."""
    entry = {
        "dtype": rng.choice(("F32", "F64", "X", "", "BF16")),
        "shape": rng.choice(([2**31, 2**31], [-1], [0], [1] * 1_000, [3, 3], "x")),
        "data_offsets": rng.choice(([0, 2**62], [-4, 4], [0, 36], [8, 0], [])),
    }
    text = json.dumps({rng.choice(("a", "\x1b[2J", "x" * 10_000)): entry}).encode()
    length = rng.choice((len(text), 2**62, 0, 2**31))
    return _case("header", "a.safetensors", struct.pack("<Q", length) + text + bytes(64))


def _archive(rng: random.Random) -> Case:
    """An archive as PyTorch writes it, with a program, a bomb or a way out in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        name = rng.choice(("archive/data.pkl", "../../outside/x", "/etc/x", "archive/data/0"))
        archive.writestr(name, rng.choice((_PICKLE, bytes(300 << 20), b"")))
        archive.writestr("archive/version", "3")
    return _case("archive", rng.choice(("a.params", "a.pt", "a.safetensors")), file.getvalue())


def _pickle(rng: random.Random) -> Case:
    content = rng.choice((_PICKLE, b"cos\nsystem\n(S'touch PWNED'\ntR.", rng.randbytes(5_000)))
    return _case("pickle", rng.choice(("a.params", "a.pt", "a.safetensors")), content)


def _odd_file(rng: random.Random) -> Case:
    kind = rng.choice(ODD_KINDS)
    plain = _case(f"is-{kind}", rng.choice(("a.params", "a.safetensors")), b"")

    def build(work: Path) -> None:
        odd_file(work / plain.arguments[1], kind)

    return Case(
        plain.kind, build, plain.arguments, REFUSED, time_limit_s=_LIMIT_S,
        memory_limit_bytes=_LIMIT_BYTES,
    )  # fmt: skip


def _configuration(rng: random.Random) -> Case:
    text = (REPOSITORY / "training" / "configs" / "smoke.toml").read_text("utf-8")
    content = hostile_toml(text, rng).encode("utf-8", "surrogatepass")
    if rng.random() < 0.3:
        content = mutate(text.encode(), rng, 3)
    command = ("train", "{}", "data.folder=none", "-o", "out")
    return _case("configuration", "c.toml", content, command)


def _override(rng: random.Random) -> Case:
    keys = ("a." * 40_000 + "b", "optimiser.learning_rate", "run.seed", "data.folder", "x")
    key = rng.choice(keys)
    value = rng.choice(("9" * 100_000, "nan", "1e999", "[" * 5_000, str(2**70), "", "\x1b[2J"))
    command = ("train", "smoke", f"{key}={value}", "-o", "out")
    return _case("override", "unused", b"", command)


_KINDS = (_header, _archive, _pickle, _odd_file, _configuration, _override)


def cases(seed: int) -> Iterator[Case]:
    """Checkpoints and configurations that are not what a training wrote."""
    return rounds(seed, _KINDS)
