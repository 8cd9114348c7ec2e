"""Parts of a console that act, and where, judged by settings alone."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from mixer.console.settings import Console, Number, Strip


@dataclass(frozen=True)
class PreNetworkGain:
    """The parts of a strip that can act before the network.

    Attributes:
        mute, solo: as in the strip.
        gain_db: the fader, constant or automated.
        amount: of the strip, 0 to 1: blend of the fader with its input.
    """

    mute: bool = False
    solo: bool = False
    gain_db: Number = 0.0
    amount: Number = 1.0


def split_pre_network_gain(strip: Strip) -> tuple[PreNetworkGain, Strip]:
    """Split a strip into the part that can act before the network and the rest.

    Both together do what the strip does, as far as the network is linear. After it nothing else
    changes: thresholds of the rest's dynamics see the stem with its gain.

    Returns:
        The gains, and the strip without mute, solo and gain.
    """
    before = PreNetworkGain(strip.mute, strip.solo, strip.gain_db, strip.amount)
    return before, dataclasses.replace(strip, mute=False, solo=False, gain_db=0.0)


def split_console(console: Console) -> tuple[dict[str, PreNetworkGain], Console]:
    """`split_pre_network_gain` for every strip of a desk; the master stays whole."""
    pairs = {stem: split_pre_network_gain(strip) for stem, strip in console.strips}
    rest = tuple((stem, strip) for stem, (_, strip) in pairs.items())
    gains = {stem: before for stem, (before, _) in pairs.items() if before != PreNetworkGain()}
    return gains, dataclasses.replace(console, strips=rest)


def without_changes(console: Console) -> Console:
    """The console without its changes of a model's settings: only what acts on audio."""
    strips = [(stem, dataclasses.replace(strip, network=None)) for stem, strip in console.strips]
    return dataclasses.replace(
        console,
        strips=tuple((stem, strip) for stem, strip in strips if strip != Strip()),
        master=dataclasses.replace(console.master, network=None),
        space=None,
    )


def stems_needed(console: Console, stems: tuple[str, ...]) -> set[str]:
    """The stems of a song that a console changes, or whose level it follows.

    Args:
        console: the requested console.
        stems: names of the song's stems.
    """
    strips = {stem: console.strip(stem) for stem in stems}
    if any(strip.solo for strip in strips.values()):
        return set(stems)
    needed = {s for s, strip in strips.items() if strip != Strip() and not _is_bypassed(strip)}
    ducks = (strips[stem].duck for stem in needed)
    return needed | {duck.by for duck in ducks if duck is not None and duck.by in strips}


def is_neutral_console(console: Console) -> bool:
    """Whether a console changes neither a stem nor the bus, whatever its reverb and delay."""
    strips = [strip for _, strip in console.strips]
    return all(strip == Strip() or _is_bypassed(strip) for strip in (*strips, console.master))


def _is_bypassed(strip: Strip) -> bool:
    """Whether none of a strip is mixed in, and none of it sent."""
    return strip.amount == 0.0 and not strip.mute and not strip.solo
