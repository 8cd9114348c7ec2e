"""Recordings from anybody: damaged, lying, endless, or not recordings at all."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from tests.fuzz.case import DONE, FAILED, USED_OR_REFUSED, Case
from tests.fuzz.material import (
    NASTY_TEXTS,
    ODD_KINDS,
    RATE_HZ,
    audio_bytes,
    mutate,
    odd_file,
    rounds,
    write_song,
)

_FORMATS = {
    ".wav": ("WAV", None),
    ".flac": ("FLAC", None),
    ".ogg": ("OGG", "VORBIS"),
    ".opus": ("OGG", "OPUS"),
    ".mp3": ("MP3", None),
    ".aiff": ("AIFF", None),
    ".caf": ("CAF", None),
    ".au": ("AU", None),
    ".w64": ("W64", None),
    ".rf64": ("RF64", None),
}
_CHECK, _RENDER = ("check", "song"), ("render", "song", "--model", "none", "-o", "out/a.wav", "-q")


def _encoded(rng: random.Random) -> tuple[str, bytes]:
    suffix = rng.choice(list(_FORMATS))
    file_format, subtype = _FORMATS[suffix]
    if subtype == "OPUS":  # takes five rates, of which ours is none
        return ".ogg", audio_bytes("OGG", "VORBIS")
    return suffix.replace(".rf64", ".wav"), audio_bytes(file_format, subtype)


def _song(name: str, content: bytes, *, with_others: bool = True):
    def build(work: Path) -> None:
        folder = work / "song"
        if with_others:
            write_song(folder, ["bass"])
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)

    return build


def _mutated(rng: random.Random) -> Case:
    suffix, data = _encoded(rng)
    content = mutate(data, rng, rng.choice((1, 1, 3, 20)))
    return Case("audio/mutated", _song(f"drums{suffix}", content), _CHECK)


def _rendered(rng: random.Random) -> Case:
    suffix, data = _encoded(rng)
    content = mutate(data, rng, rng.choice((1, 3)))
    return Case("audio/mutated-render", _song(f"drums{suffix}", content), _RENDER)


def _cut(rng: random.Random) -> Case:
    suffix, data = _encoded(rng)
    content = data[: rng.randrange(len(data))]
    return Case("audio/cut-short", _song(f"drums{suffix}", content), _CHECK)


def _joined(rng: random.Random) -> Case:
    suffix, data = _encoded(rng)
    more = rng.choice((data, bytes(5_000), rng.randbytes(5_000), b"ID3\x04\0\0\x7f\x7f\x7f\x7f"))
    content = rng.choice((data + more, more + data))
    return Case("audio/joined", _song(f"drums{suffix}", content), _CHECK)


def _misnamed(rng: random.Random) -> Case:
    _, data = _encoded(rng)
    name = f"drums{rng.choice(list(_FORMATS))}"
    return Case("audio/misnamed", _song(name, data), _CHECK)


def _lying_header(rng: random.Random) -> Case:
    channels = rng.choice((0, 1, 2, 65_535, 1024))
    rate = rng.choice((0, 1, RATE_HZ, 768_000, 2**32 - 1))
    bits = rng.choice((0, 1, 8, 12, 16, 24, 64, 255))
    align = rng.choice((0, 1, channels * bits // 8 & 0xFFFF, 65_535))
    size = rng.choice((0, 1, 4_000, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFF000))
    form = struct.pack("<HHIIHH", rng.choice((1, 3, 17, 85, 0xFFFE, 9)), channels, rate,
                       min(rate * align, 2**32 - 1), align, bits)  # fmt: skip
    data = struct.pack("<4sI", b"data", size) + rng.randbytes(4_000)
    body = b"WAVE" + struct.pack("<4sI", b"fmt ", len(form)) + form + data
    whole = struct.pack("<4sI", b"RIFF", rng.choice((len(body), 0, 0xFFFFFFFF))) + body
    return Case("audio/lying-header", _song("drums.wav", whole), _CHECK)


def _many_chunks(rng: random.Random) -> Case:
    data = audio_bytes()
    size = rng.choice((0, 1, 0xFFFFFFF0))
    chunks = (
        struct.pack("<4sI", rng.choice((b"LIST", b"junk", b"\0\0\0\0", b"bext")), size) * 50_000
    )
    return Case("audio/many-chunks", _song("drums.wav", data[:12] + chunks + data[12:]), _CHECK)


def _tagged(rng: random.Random) -> Case:
    size = rng.choice((b"\x7f\x7f\x7f\x7f", b"\0\0\x10\0", b"\xff\xff\xff\xff"))
    tag = b"ID3\x04\0" + bytes([rng.randrange(256)]) + size + rng.randbytes(2_048)
    return Case("audio/tag", _song("drums.mp3", tag + audio_bytes("MP3")), _CHECK)


def _odd_file(rng: random.Random) -> Case:
    kind = rng.choice(ODD_KINDS)

    def build(work: Path) -> None:
        odd_file(write_song(work / "song", ["bass"]) / "drums.wav", kind)

    return Case(f"audio/is-{kind}", build, rng.choice((_CHECK, _RENDER)))


def _only_odd(rng: random.Random) -> Case:
    kind = rng.choice(("empty", "zeros", "text", "nowhere"))

    def build(work: Path) -> None:
        (work / "song").mkdir()
        odd_file(work / "song" / "drums.wav", kind)

    codes = frozenset({FAILED})
    return Case("audio/only-file", build, _CHECK, codes, says="drums.wav")


def _odd_samples(rng: random.Random) -> Case:
    value = rng.choice((np.nan, np.inf, 3e38, 1e-42, -np.inf, 1e10))

    def build(work: Path) -> None:
        folder = write_song(work / "song", ["bass"])
        audio = np.full((RATE_HZ // 4, 2), 0.1, np.float32)
        audio[100 : rng.choice((101, 5_000))] = value
        soundfile.write(folder / "drums.wav", audio, RATE_HZ, subtype="FLOAT")

    return Case("audio/odd-samples", build, _RENDER)


def _odd_shape(rng: random.Random) -> Case:
    n_samples = rng.choice((0, 1, 2, 3, 100))
    channels = rng.choice((1, 2, 3, 8, 64))
    rate = rng.choice((1, 100, 8_000, 44_100, 192_000, 655_350))

    def build(work: Path) -> None:
        (work / "song").mkdir()
        audio = np.full((n_samples, channels), 0.1, np.float32)
        soundfile.write(work / "song" / "drums.wav", audio, rate, subtype="PCM_16")

    return Case("audio/odd-shape", build, _RENDER)


def _odd_name(rng: random.Random) -> Case:
    text = rng.choice(NASTY_TEXTS).replace("/", "_").replace("\0", "")[:100]
    name = os.fsencode(text)[:200] + rng.choice((b"", b"\xff\xfe")) + b".wav"

    def build(work: Path) -> None:
        folder = write_song(work / "song", ["bass"])
        (folder / os.fsdecode(name)).write_bytes(audio_bytes())

    return Case("audio/odd-name", build, rng.choice((_CHECK, _RENDER)), frozenset({DONE, FAILED}))


def _many_files(rng: random.Random) -> Case:
    def build(work: Path) -> None:
        folder = write_song(work / "song", ["bass"])
        for number in range(400):
            (folder / f"take {number:03d}.txt").touch()
        for number in range(40):
            (folder / f"drums {number:02d}.wav").write_bytes(audio_bytes(seconds=0.05))

    return Case("audio/many-files", build, _CHECK)


def _deep_folder(rng: random.Random) -> Case:
    def build(work: Path) -> None:
        folder = write_song(work / "song", ["bass"])
        for _ in range(120):
            folder = folder / "deeper"
            folder.mkdir()
        (work / "song" / "round").symlink_to(work / "song")
        (folder / "drums.wav").write_bytes(audio_bytes())

    return Case("audio/deep-folder", build, _CHECK, USED_OR_REFUSED)


_KINDS = (
    _mutated, _rendered, _cut, _joined, _misnamed, _lying_header, _many_chunks, _tagged, _odd_file,
    _only_odd, _odd_samples, _odd_shape, _odd_name, _many_files, _deep_folder,
)  # fmt: skip


def cases(seed: int) -> Iterator[Case]:
    """Recordings that are not what they say."""
    return rounds(seed, _KINDS)
