"""The process in which a plug-in runs: `python plugin_worker.py FOLDER`.

Reads the request and the audio from the folder, leaves the audio and an answer there. A plug-in
that crashes leaves no answer, and takes nothing else with it.
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

REQUEST, ANSWER = "request.json", "answer.json"
INPUT, OUTPUT = "input.f32", "output.f32"
_MOST_NAMES = 12


class RequestError(Exception):
    """The requested settings do not fit the plug-in."""


def serve(folder: Path, load: Callable[[str], Any]) -> None:
    """Answer one request.

    Args:
        folder: folder of the exchange.
        load: loads a plug-in from a path, as pedalboard's `load_plugin` does.
    """
    request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    error = None
    try:
        plugin = _load(request["path"], load)
        _set(plugin, request["preset"], request["parameters"])
        audio = np.fromfile(folder / INPUT, dtype=np.float32).reshape(request["shape"])
        out = _process(plugin, audio, request["sample_rate"])
        np.ascontiguousarray(out, dtype=np.float32).tofile(folder / OUTPUT)
    except RequestError as reason:
        error = str(reason)
    (folder / ANSWER).write_text(json.dumps({"error": error}), encoding="utf-8")


def _load(path: str, load: Callable[[str], Any]) -> Any:
    try:
        plugin = load(path)
    except (ImportError, RuntimeError, ValueError, OSError) as error:
        raise RequestError(f"cannot be loaded: {error}") from None
    if not getattr(plugin, "is_effect", True):
        raise RequestError("is an instrument, not an effect")
    return plugin


def _set(plugin: Any, preset: str | None, parameters: list[tuple[str, Any]]) -> None:
    if preset is not None:
        try:
            plugin.load_preset(preset)
        except (RuntimeError, ValueError, OSError) as error:
            raise RequestError(f"does not accept the preset {preset}: {error}") from None
    known = list(plugin.parameters)
    for name, value in parameters:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {_listed(known)}"
            raise RequestError(f"has no parameter {name!r}; {hint}")
        try:
            setattr(plugin, name, value)
        except (TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise RequestError(f"does not accept {value!r} for {name!r}: {error}") from None


def _process(plugin: Any, audio: np.ndarray, sample_rate: int) -> np.ndarray:
    try:
        # At once and from rest: so pedalboard takes the plug-in's latency out.
        out: np.ndarray = plugin.process(audio, sample_rate, reset=True)
    except (RuntimeError, ValueError) as error:
        raise RequestError(f"does not accept stereo at {sample_rate} Hz: {error}") from None
    return out


def _listed(names: list[str]) -> str:
    more = "" if len(names) <= _MOST_NAMES else f" and {len(names) - _MOST_NAMES} more"
    return ", ".join(names[:_MOST_NAMES]) + more


if __name__ == "__main__":
    import pedalboard  # not above: who hands the work over takes the names alone

    serve(Path(sys.argv[1]), pedalboard.load_plugin)
