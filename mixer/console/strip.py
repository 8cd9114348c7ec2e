"""One stem's channel strip: its effects in the desk's order, over the whole stem.

Every effect works without latency, so a blend of any of them with its input does not comb.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from mixer.console.automation import Automation
from mixer.console.dynamics import duck
from mixer.console.plugin import RunPlugin, run_plugin
from mixer.console.processing import BLOCK_SAMPLES, Effect, EffectReport, blend, run_effect
from mixer.console.settings import EFFECT, STRIP_EFFECTS, Number, Plugin, Strip
from mixer.dsp.blocks import FloatArray, peak
from mixer.dsp.long_audio import copy_of, silence
from mixer.errors import PresetError
from mixer.stems import STEMS

# Reports of a strip's effects, by the name of their settings: an `EffectReport` (None for a duck
# whose key is not there), or a list of them if there may be several; "mute" is True.
StripEffects = Mapping[str, object]


def is_neutral(strip: Strip) -> bool:
    """Whether a strip without its sends leaves its stem unchanged, bit for bit."""
    if strip.mute:
        return False
    return _constant(strip.amount) == 0.0 or not any(True for _ in _stages(strip))


# 180 dB above full scale: what no console gives, and what sums and squares still hold.
LARGEST_PEAK = 1e9


def apply_strip(
    audio: FloatArray,
    sample_rate: int,
    strip: Strip,
    *,
    keys: Mapping[str, FloatArray] | None = None,
    stem: str = "stem",
    plugin_runner: RunPlugin = run_plugin,
    consume: bool = False,
) -> tuple[FloatArray, StripEffects]:
    """Run a stem through its strip, duck to gain; sends and solo are the desk's business.

    Args:
        audio: float32 `(2, samples)`; not changed, unless `consume` is set.
        sample_rate: Hz.
        strip: its settings; mute gives silence.
        keys: stem name to the audio that may trigger a duck, float32 `(channels, samples)` of the
            same length.
        stem: its name, for messages.
        plugin_runner: what runs a VST3, for tests.
        consume: the caller no longer needs the audio, so it may be overwritten and returned.

    Returns:
        float32 `(2, samples)` (the same array if the strip does nothing), and a report of each
        active effect, ready for JSON, in the strip's order.

    Raises:
        PresetError: a duck by a stem that is not another one of the song, a plug-in that does not
            accept its settings, or settings that raise the audio beyond `LARGEST_PEAK`.
        InputError: a plug-in that crashed, hung or answered with nonsense.
    """
    if audio.ndim != 2 or audio.shape[0] != 2:
        raise ValueError(f"a strip's audio must be stereo (2, samples), not {audio.shape}")
    if strip.mute:
        return silence(*audio.shape), {"mute": True}
    if is_neutral(strip):
        return audio, {}
    # A strip that is blended with its input reads that again at its end.
    own = consume and _constant(strip.amount) == 1.0
    out = audio if own else copy_of(audio)
    report: dict[str, Any] = {}
    for name, setting, amount in _stages(strip):
        share = Automation(amount, sample_rate)
        if isinstance(setting, Plugin):
            wet = plugin_runner(out, sample_rate, setting, stem=stem)
            _blend_into(out, wet, share, out=out)
            done: EffectReport | None = {"path": setting.path}
            _check_level(peak(out), name, stem)
        else:
            done = _run_stage(name, setting, out, sample_rate, share, keys or {}, stem)
        if isinstance(STRIP_EFFECTS[name].default, tuple):  # of its kind there may be several
            report.setdefault(name, []).append(done)
        else:
            report[name] = done
    _blend_into(audio, out, Automation(strip.amount, sample_rate), out=out)
    return out, report


def _run_stage(
    name: str,
    setting: Any,
    out: FloatArray,
    sample_rate: int,
    share: Automation,
    keys: Mapping[str, FloatArray],
    stem: str,
) -> EffectReport | None:
    """Run one of our own effects over a stem, in place, and report what it did."""
    effect = _effect(name, setting, sample_rate, keys, stem)
    if effect is None:
        return None
    # An overflow is reported below, once, and not by numpy.
    with np.errstate(over="ignore", invalid="ignore"):
        largest = run_effect(effect, out, share)
    _check_level(largest, name, stem)
    return effect.report()


def _check_level(largest: float, name: str, stem: str) -> None:
    if not largest <= LARGEST_PEAK:
        raise PresetError(
            f"{stem}.{name}: lifts the audio beyond 180 dB"
            " above full scale, where sums overflow; lower its gains"
        )


def _stages(strip: Strip) -> Iterator[tuple[str, Any, Number]]:
    """Name, setting and amount of every effect that would change anything, in order."""
    for name, field in STRIP_EFFECTS.items():
        setting = getattr(strip, name)
        for part in setting if isinstance(field.default, tuple) else (setting,):
            if dataclasses.is_dataclass(part):
                amount = getattr(part, "amount", 1.0)
                if _constant(amount) != 0.0:
                    yield name, part, amount
            elif part is not None and _constant(part) != field.default:
                yield name, part, 1.0


def _effect(
    name: str, setting: Any, sample_rate: int, keys: Mapping[str, FloatArray], stem: str
) -> Effect | None:
    """The effect of a stage, at rest; None for a duck whose key the song does not have."""
    if name == "duck":
        if setting.by == stem or setting.by not in (*STEMS, *keys):
            known = ", ".join(key for key in dict.fromkeys((*STEMS, *keys)) if key != stem)
            raise PresetError(
                f"{stem}.duck.by: {setting.by!r} is not another stem of the song; use {known}"
            )
        return duck(setting, keys[setting.by], sample_rate) if setting.by in keys else None
    module, _, function = STRIP_EFFECTS[name].metadata[EFFECT].partition(":")
    make = getattr(import_module(f"{__package__}.{module}"), function)
    effect: Effect = make(setting, sample_rate)
    return effect


def _blend_into(dry: FloatArray, wet: FloatArray, amount: Automation, out: FloatArray) -> None:
    """`blend` block by block; `out` may be `dry` or `wet`."""
    if amount.constant == 1.0 and out is wet:
        return
    for start in range(0, dry.shape[-1], BLOCK_SAMPLES):
        stop = min(start + BLOCK_SAMPLES, dry.shape[-1])
        part = slice(start, stop)
        out[:, part] = blend(dry[:, part], wet[:, part], amount.over(start, stop))


def _constant(number: Number) -> float | None:
    return Automation(number, 1).constant
