"""The desk: every stem through its strip and its sends, mute and solo; the strip on the bus."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from mixer.console.plugin import RunPlugin, run_plugin
from mixer.console.sends import SendReports, Sends
from mixer.console.settings import MASTER, MASTER_LACKS, Console, Strip
from mixer.console.strip import StripEffects, apply_strip, is_neutral
from mixer.dsp.blocks import FloatArray
from mixer.dsp.long_audio import silence
from mixer.errors import PresetError
from mixer.meters.loudness import integrated_loudness_lufs


class StripReport(TypedDict):
    """Effects of a stem's strip; only `heard` if the stem is not heard.

    The loudness is present if the strip changed anything and it was requested; None means
    silence.
    """

    heard: bool
    effects: NotRequired[StripEffects]
    sends: NotRequired[SendReports]
    loudness_before_lufs: NotRequired[float | None]
    loudness_after_lufs: NotRequired[float | None]


class BusReport(TypedDict):
    """Effects of the bus's strip; as in `StripReport`."""

    effects: StripEffects
    loudness_before_lufs: NotRequired[float | None]
    loudness_after_lufs: NotRequired[float | None]


class DeskReport(TypedDict, total=False):
    """Effects of the whole console; `reverb` and `delay` hold their settings if something is sent.

    The desk works on stems alone: a render adds what the bus's strip did, and by how much it moved
    the mix to the desk's nominal level. It is empty if the desk is neutral.
    """

    stems: dict[str, StripReport]
    reverb: Mapping[str, object]
    delay: Mapping[str, object]
    master: BusReport
    staging_gain_db: float


@dataclass(frozen=True)
class ConsoleOutput:
    """Output of the console.

    Attributes:
        stems: name to float32 (2, samples), in the order they came in. Each has its strip and its
            own share of the reverb and the delay, so that their sum is the bus.
        report: ready for JSON: "stems" (heard, what each effect did, sends, loudness before and
            after; None means silence) and, where something is sent, "reverb" and "delay".
    """

    stems: dict[str, FloatArray]
    report: DeskReport


def apply_console(
    stems: Mapping[str, FloatArray],
    sample_rate: int,
    console: Console,
    *,
    tempo_bpm: float | None = None,
    reports_loudness: bool = True,
    progress: Callable[[str], None] | None = None,
    plugin_runner: RunPlugin = run_plugin,
    consume: Collection[str] = (),
) -> ConsoleOutput:
    """Run all stems of a song over the desk; the master strip is not applied here.

    Args:
        stems: name to float32 `(2, samples)`, all of one length; only `consume` are changed.
        sample_rate: Hz.
        console: its strips of stems that the song does not have are ignored.
        tempo_bpm: beats per minute, for a delay in beats; None if unknown.
        reports_loudness: whether to report the loudness before and after each strip.
        progress: called with each stem's name before it is processed.
        plugin_runner: what runs a VST3, for tests.
        consume: stems that the caller no longer needs, not even for a duck or a loudness; they may
            be overwritten and returned.

    Returns:
        The stems and a report. A stem whose strip is neutral is the same array.

    Raises:
        PresetError: a duck by a stem that is not another one of the song, an automated setting of
            the reverb or delay, or a plug-in that does not accept its settings.
        InputError: a plug-in that crashed, hung or answered with nonsense.
    """
    _refuse_different_lengths(stems)
    sends = Sends(console.reverb, console.delay, sample_rate, tempo_bpm)
    heard = heard_stems({stem: console.strip(stem) for stem in stems})
    out: dict[str, FloatArray] = {}
    report: DeskReport = {"stems": {}}
    for stem, audio in stems.items():
        if progress is not None:
            progress(stem)
        if stem not in heard:
            out[stem] = silence(*audio.shape)
            report["stems"][stem] = {"heard": False}
            continue
        out[stem], done = _through_strip(
            stem,
            stems,
            sample_rate,
            console.strip(stem),
            sends,
            plugin_runner,
            reports_loudness=reports_loudness,
            consume=stem in consume,
        )
        report["stems"][stem] = done
        if done["sends"]:
            shared = sends.report()
            report["reverb"], report["delay"] = shared["reverb"], shared["delay"]
    return ConsoleOutput(out, report)


def _through_strip(
    stem: str,
    stems: Mapping[str, FloatArray],
    sample_rate: int,
    strip: Strip,
    sends: Sends,
    plugin_runner: RunPlugin,
    *,
    reports_loudness: bool,
    consume: bool,
) -> tuple[FloatArray, StripReport]:
    """A stem that is heard, after its strip and with its returns, and what was done to it."""
    audio = stems[stem]
    done, effects = apply_strip(
        audio,
        sample_rate,
        strip,
        keys={name: key for name, key in stems.items() if name != stem},
        stem=stem,
        plugin_runner=plugin_runner,
        consume=consume,
    )
    done, sent = sends.add_returns(done, strip)
    report: StripReport = {"heard": True, "effects": effects, "sends": sent}
    if done is not audio and reports_loudness:
        report["loudness_before_lufs"] = _loudness_lufs(audio, sample_rate)
        report["loudness_after_lufs"] = _loudness_lufs(done, sample_rate)
    return done, report


def _refuse_different_lengths(stems: Mapping[str, FloatArray]) -> None:
    lengths = {audio.shape for audio in stems.values()}
    if len(lengths) > 1:
        raise ValueError(f"all stems of a song must have the same length, not {sorted(lengths)}")


def heard_stems(strips: Mapping[str, Strip]) -> set[str]:
    """The stems that are heard: the soloed ones if there are any, else all; never a muted one.

    Args:
        strips: of the stems that the song has.
    """
    soloed = {stem for stem, strip in strips.items() if strip.solo}
    return {stem for stem in soloed or strips if not strips[stem].mute}


def apply_master_strip(
    mix: FloatArray,
    sample_rate: int,
    strip: Strip,
    *,
    reports_loudness: bool = True,
    plugin_runner: RunPlugin = run_plugin,
    consume: bool = False,
) -> tuple[FloatArray, BusReport]:
    """Apply the bus's strip, before the loudness target and the true-peak ceiling.

    Args:
        mix: float32 `(2, samples)`; not changed, unless `consume` is set.
        sample_rate: Hz.
        strip: the console's master.
        reports_loudness: as in `apply_console`.
        plugin_runner: what runs a VST3, for tests.
        consume: as in `apply_strip`.

    Returns:
        The mix (the same array if the strip is neutral), and a report ready for JSON: "effects"
        and, where something changed, loudness before and after.

    Raises:
        PresetError: the strip has what does not apply to a bus: mute, solo, duck or a send.
        InputError: a plug-in that crashed, hung or answered with nonsense.
    """
    neutral = Strip()
    for name in MASTER_LACKS:
        if getattr(strip, name) != getattr(neutral, name):
            raise PresetError(
                f"{MASTER}.{name} does not apply to the bus; set it on a stem instead"
            )
    # Before: it may be consumed.
    reports_loudness = reports_loudness and not is_neutral(strip)
    before_lufs = _loudness_lufs(mix, sample_rate) if reports_loudness else None
    out, effects = apply_strip(
        mix, sample_rate, strip, stem=MASTER, plugin_runner=plugin_runner, consume=consume
    )
    report: BusReport = {"effects": effects}
    if reports_loudness:
        report["loudness_before_lufs"] = before_lufs
        report["loudness_after_lufs"] = _loudness_lufs(out, sample_rate)
    return out, report


def _loudness_lufs(audio: FloatArray, sample_rate: int) -> float | None:
    value = integrated_loudness_lufs(audio, sample_rate)
    return value if math.isfinite(value) else None
