"""The commonest instructions in plain words, and the settings that each of them moves.

This table is all there is: no model guesses what was meant. `mixer revise --words` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from mixer.roles import ROLE_NAMES, UNKNOWN
from mixer.stems import STEMS

MIX = "master"
# A part in people's words, to the strips that the word may stand for.
TARGETS: dict[str, tuple[str, ...]] = {
    **{name.replace("_", " "): (f"roles.{name}",) for name in ROLE_NAMES if name != UNKNOWN},
    "kick drum": ("roles.kick",), "bass drum": ("roles.kick",), "snare drum": ("roles.snare",),
    "hi hat": ("roles.hihat",), "hat": ("roles.hihat",),
    "guitar": ("roles.electric_guitar", "roles.acoustic_guitar"),
    "room mic": ("roles.room",), "piano": ("roles.keys",), "keyboard": ("roles.keys",),
    "synth": ("roles.lead_synth", "roles.pad", "roles.arp"),
    "horn": ("roles.brass",), "backing": ("roles.backing_vocals",),
    "lead voice": ("roles.lead_vocal",), "backing voice": ("roles.backing_vocals",),
    "vocal": ("vocals",), "voice": ("vocals",), "vox": ("vocals",), "singer": ("vocals",),
    "drum": ("drums",), "kit": ("drums",), "beat": ("drums",), "bass guitar": ("bass",),
    "rest": ("other",), "band": ("other",), "music": ("other",),
    **{stem: (stem,) for stem in STEMS},
    "mix": (MIX,), "song": (MIX,), "everything": (MIX,), "master": (MIX,),
}  # fmt: skip
# How much of a step; a number of dB says it exactly.
AMOUNTS = {
    "a little": 0.5, "a bit": 0.5, "a touch": 0.5, "a tad": 0.5, "slightly": 0.5,
    "much": 2.0, "a lot": 2.0,
}  # fmt: skip
# Words that change nothing about what is meant.
FILLERS = frozenset((
    "on", "in", "of", "the", "for", "to", "by", "make", "it", "please", "with", "a", "an", "my",
    "just", "some", "very", "is", "are", "be", "should", "sound", "sounds", "there", "turn",
    "bring", "put", "push", "pull", "pan", "move", "set", "get", "give", "can", "could", "you",
    "i", "want", "would", "like",
))  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One setting that an instruction moves.

    Attributes:
        key: within the target's strip.
        add: amount added to the setting, in its own unit.
        value: value that replaces the setting.
        of_model: only if the model has that setting, which it sets by itself.
        if_there: only if it is set already.
        otherwise: only where no step before it applied.
        not_on: targets for which it makes no sense.
    """

    key: str
    add: float = 0.0
    value: str = ""
    of_model: bool = False
    if_there: bool = False
    otherwise: bool = False
    not_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Band:
    """A band that an instruction adds to the equaliser, or moves if it is there already."""

    type: str
    frequency_hz: float
    add: float
    q: float = 0.7


@dataclass(frozen=True)
class Instruction:
    """One line of the table.

    Attributes:
        phrases: its wordings; the first is the one shown.
        does: what it does, for a person.
        steps: the settings that it moves.
        target: default target; "" is every stem.
    """

    phrases: tuple[str, ...]
    does: str
    steps: tuple[Step | Band, ...]
    target: str = MIX


def _reverb(add: float, otherwise: tuple[Step, ...] = ()) -> tuple[Step, ...]:
    room = Step("network.room_db", add, of_model=True)
    return (room, Step("reverb_db", add, if_there=True), *otherwise)


def _echo(add: float, otherwise: tuple[Step, ...] = ()) -> tuple[Step, ...]:
    echo = Step("network.echo_db", add, of_model=True)
    return (echo, Step("delay_db", add, if_there=True), *otherwise)


_DUCK = Step("duck", value='{by = "drums", amount_db = 2}', not_on=("drums", MIX))

INSTRUCTIONS = (
    Instruction(("up", "louder", "more", "too quiet"), "1.5 dB louder", (Step("gain_db", 1.5),)),
    Instruction(
        ("down", "quieter", "less", "too loud", "too much"),
        "1.5 dB quieter",
        (Step("gain_db", -1.5),),
    ),
    Instruction(
        ("brighter", "more treble", "more highs", "too dark", "too dull"),
        "2 dB more above 6 kHz",
        (Band("high_shelf", 6e3, 2.0),),
    ),
    Instruction(
        ("darker", "less treble", "less highs", "too bright"),
        "2 dB less above 6 kHz",
        (Band("high_shelf", 6e3, -2.0),),
    ),
    Instruction(
        ("warmer", "more warmth"),
        "1.5 dB more below 250 Hz, 1 dB less above 6 kHz",
        (Band("low_shelf", 250.0, 1.5), Band("high_shelf", 6e3, -1.0)),
    ),
    Instruction(("more air", "airier"), "2 dB more above 12 kHz", (Band("high_shelf", 12e3, 2.0),)),
    Instruction(("clearer", "more presence"), "2 dB more around 3 kHz", (Band("peak", 3e3, 2.0),)),
    Instruction(
        ("less harsh", "smoother", "too harsh"),
        "2 dB less around 3.5 kHz",
        (Band("peak", 3.5e3, -2.0, 1.0),),
    ),
    Instruction(
        ("less sibilant", "less sibilance", "de ess"),
        "a de-esser",
        (Step("de_esser", value="{}"),),
        "vocals",
    ),
    Instruction(
        ("less muddy", "cleaner", "too muddy"),
        "2 dB less around 300 Hz",
        (Band("peak", 300.0, -2.0),),
    ),
    Instruction(
        ("more low end", "more lows", "fuller", "too thin"),
        "2 dB more below 100 Hz",
        (Band("low_shelf", 100.0, 2.0),),
    ),
    Instruction(
        ("less low end", "less lows", "thinner", "less boomy", "too boomy"),
        "2 dB less below 100 Hz",
        (Band("low_shelf", 100.0, -2.0),),
    ),
    Instruction(("wider", "too narrow"), "side signal 20 % up", (Step("width", 0.2),)),
    Instruction(("narrower", "too wide"), "side signal 20 % down", (Step("width", -0.2),)),
    Instruction(("mono",), "no side signal", (Step("width", value="0"),)),
    Instruction(
        ("more left", "left", "further left"),
        "a fifth of the way to the left",
        (Step("pan", -0.2),),
    ),
    Instruction(
        ("more right", "right", "further right"),
        "a fifth of the way to the right",
        (Step("pan", 0.2),),
    ),
    Instruction(
        ("centre", "center", "central"),
        "in the middle",
        (
            Step("network.pan.set", value="0", of_model=True),
            Step("network.balance_db.set", value="0", of_model=True),
            Step("pan", value="0"),
        ),
        "",
    ),
    Instruction(
        ("more reverb", "more room", "wetter", "too dry"),
        "the model's room and the send 4 dB up; a send of -18 dB where there is neither",
        _reverb(4.0, (Step("reverb_db", value="-18", otherwise=True, not_on=(MIX,)),)),
        "",
    ),
    Instruction(
        ("less reverb", "less room", "drier", "too wet", "too much reverb"),
        "the model's room and the send 6 dB down",
        _reverb(-6.0),
        "",
    ),
    Instruction(
        ("no reverb", "without reverb", "dry"),
        "without the model's room and the send",
        (
            Step("network.room_db.scale", value="0", of_model=True),
            Step("reverb_db", value="none", if_there=True),
        ),
        "",
    ),
    Instruction(
        ("more echo", "more delay"),
        "the model's echo and the send 4 dB up; a send of -18 dB where there is neither",
        _echo(4.0, (Step("delay_db", value="-18", otherwise=True, not_on=(MIX,)),)),
        "",
    ),
    Instruction(
        ("less echo", "less delay"), "the model's echo and the send 6 dB down", _echo(-6.0), ""
    ),
    Instruction(
        ("no echo", "no delay", "without echo", "without delay"),
        "without the model's echo and the send",
        (
            Step("network.echo_db.scale", value="0", of_model=True),
            Step("delay_db", value="none", if_there=True),
        ),
        "",
    ),
    Instruction(
        ("closer", "more upfront", "in front", "forward"),
        "1 dB louder, room 4 dB down",
        (Step("gain_db", 1.0), *_reverb(-4.0)),
        "vocals",
    ),
    Instruction(
        ("further away", "further back", "back"),
        "1 dB quieter, room 3 dB up",
        (Step("gain_db", -1.0), *_reverb(3.0)),
        "vocals",
    ),
    Instruction(
        ("more punch", "punchier"),
        "transients 10 % sharper",
        (Step("network.shape", 0.1, of_model=True),),
        "drums",
    ),
    Instruction(
        ("less punch", "softer"),
        "transients 10 % softer",
        (Step("network.shape", -0.1, of_model=True),),
        "drums",
    ),
    Instruction(
        ("tighter",),
        "room 6 dB down, transients 5 % sharper, 2 dB down while the drums play",
        (*_reverb(-6.0), Step("network.shape", 0.05, of_model=True), _DUCK),
        "bass",
    ),
    Instruction(
        ("steadier", "more even", "more compression"),
        "a compressor of 2.5:1",
        (Step("compressor", value="{threshold_db = -24, ratio = 2.5}"),),
        "vocals",
    ),
    Instruction(("mute", "out"), "not heard", (Step("mute", value="true", not_on=(MIX,)),), ""),
    Instruction(
        ("unmute", "heard again"), "heard again", (Step("mute", value="false", not_on=(MIX,)),), ""
    ),
)
