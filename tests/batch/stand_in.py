"""A work function that is quick: it copies the song's first file, and dies where a song says so.

A song's `behaviour.json` may ask for: `seconds` to take, `die` how many times (the deaths are
counted in a file beside it), `fail` with a message, `grow` by so many bytes while it runs, wait for
so much `company`.
"""

import hashlib
import json
import os
import signal
import time
from pathlib import Path

from mixer.batch.engines.order import Order, Outcome, StagedFile
from mixer.batch.engines.work import Report, WorkerContext
from mixer.batch.inputs import hash_inputs, stat_inputs
from mixer.batch.states import Ending, Phase

FILE = "drums.wav"
_PIECES = 4
_LONGEST_WAIT_S = 20.0


def copy_song(order: Order, context: WorkerContext, report: Report) -> Outcome:
    """As `mixer.batch.engines.work.render_song`, with the mix a function of the input's bytes."""
    song = Path(order.song)
    report("read", 0.0)
    try:
        listing = stat_inputs(song)
        sha256 = hash_inputs(song, listing)
        behaviour = _behaviour(song)
        content = expected_mix(song, dict(order.settings))
    except Exception as error:
        return Outcome(order.id, order.token, Ending.FAILED, str(error))
    if order.known_inputs == sha256:
        return Outcome(
            order.id, order.token, Ending.UNCHANGED, None, False, False, (), listing, sha256
        )
    if "fail" in behaviour:
        return Outcome(order.id, order.token, Ending.FAILED, behaviour["fail"])
    with context.compute:
        report("network", 0.5)
        _die(song, behaviour)
        time.sleep(behaviour.get("seconds", 0.02))
    figures = {"duration_s": 1.0, "loudness_lufs": -14.0, "true_peak_dbtp": -1.0}
    figures |= {"seconds": {"network": 0.02}, "premaster_lufs": behaviour.get("lufs", -20.0)}
    if order.phase == Phase.MEASURE:
        return Outcome(
            order.id, order.token, Ending.MEASURED, None, False, False, (), listing, sha256, figures
        )
    figures["loudness_lufs"] = order.loudness_lufs or -14.0
    files = _write(Path(order.staging), f"mix.{order.wanted.format}", content)
    return Outcome(
        order.id, order.token, Ending.DONE, None, False, False, files, listing, sha256, figures
    )


def expected_mix(song: Path, settings: dict) -> bytes:
    """The stand-in's mix of a song."""
    content = (song / FILE).read_bytes()
    asked = json.dumps(settings, sort_keys=True).encode()
    return content + hashlib.sha256(content + asked).digest() * 2048


def _write(staging: Path, name: str, content: bytes) -> tuple[StagedFile, ...]:
    """In pieces with pauses, so that a kill can hit the middle."""
    staging.mkdir(parents=True, exist_ok=True)
    size = len(content) // _PIECES + 1
    with (staging / name).open("wb") as file:
        for start in range(0, len(content), size):
            file.write(content[start : start + size])
            file.flush()
            time.sleep(0.002)
    (staging / "mix.mix.json").write_text("{}\n")
    return tuple(
        StagedFile(path, role, (staging / path).stat().st_size,
                   hashlib.sha256((staging / path).read_bytes()).hexdigest())
        for path, role in ((name, "mix"), ("mix.mix.json", "recipe"))
    )  # fmt: skip


def _behaviour(song: Path) -> dict:
    path = song / "behaviour.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _die(song: Path, behaviour: dict) -> None:
    deaths = song / "deaths"
    so_far = int(deaths.read_text()) if deaths.exists() else 0
    if so_far < behaviour.get("die", 0):
        deaths.write_text(str(so_far + 1))
        os.kill(os.getpid(), signal.SIGKILL)


def count_song(order: Order, context: WorkerContext, report: Report) -> Outcome:
    """As `copy_song`; how many run at once is written beside the songs.

    One that wants `company` goes on once so many others are there.
    """
    company = _behaviour(Path(order.song)).get("company", 0)
    folder = Path(order.song).parent / "running"
    folder.mkdir(exist_ok=True)
    with context.compute:
        mark = folder / order.token
        mark.touch()
        n_beside, until_s = 0, time.monotonic() + (_LONGEST_WAIT_S if company else 0.1)
        while time.monotonic() < until_s and not 0 < company < n_beside:
            n_beside = max(n_beside, len(list(folder.iterdir())))
            time.sleep(0.005)
        (Path(order.song) / "beside").write_text(str(n_beside))
        mark.unlink()
    return copy_song(order, context, report)
