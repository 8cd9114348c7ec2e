"""Available instruments: role, range, player and amplifier of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Instrument:
    """An instrument.

    Attributes:
        label: name of its track.
        role: one of `training.synthesis.tracks.ROLES`.
        player: "soundfont", "synth", "string", "sub" or "noise".
        range_midi: lowest and highest note of its parts.
        programs: General MIDI programs (0-127) to draw from, for a SoundFont.
        patches: names in `training.synthesis.players.synth.PATCHES`, for a synthesiser.
        amp: a key of `training.synthesis.players.amplifier.AMPS`, or "" for none.
        is_stereo: recorded with two microphones or from two outputs.
    """

    label: str
    role: str
    player: str
    range_midi: tuple[int, int]
    programs: tuple[int, ...] = ()
    patches: tuple[str, ...] = ()
    amp: str = ""
    is_stereo: bool = False


def _sampled(
    label: str,
    role: str,
    range_midi: tuple[int, int],
    *programs: int,
    amp: str = "",
    is_stereo: bool = False,
) -> Instrument:
    return Instrument(label, role, "soundfont", range_midi, programs, amp=amp, is_stereo=is_stereo)


def _synth(
    label: str, role: str, range_midi: tuple[int, int], *patches: str, is_stereo: bool = False
) -> Instrument:
    return Instrument(label, role, "synth", range_midi, patches=patches, is_stereo=is_stereo)


_GUITAR, _BASS, _KEYS = (40, 76), (28, 52), (48, 79)

INSTRUMENTS: dict[str, Instrument] = {
    "clean_guitar": _sampled("Gtr Clean", "electric_guitar", _GUITAR, 26, 27, amp="clean"),
    "muted_guitar": _sampled("Gtr Mute", "electric_guitar", _GUITAR, 28, amp="clean"),
    "crunch_guitar": _sampled("Gtr Crunch", "electric_guitar", _GUITAR, 27, 25, amp="crunch"),
    "high_gain_guitar": _sampled("Gtr Hi Gain", "electric_guitar", _GUITAR, 27, amp="high_gain"),
    "lead_guitar": _sampled("Gtr Solo", "electric_guitar", (52, 84), 27, amp="lead"),
    "acoustic_guitar": _sampled("Ac Gtr", "acoustic_guitar", _GUITAR, 25),
    "nylon_guitar": _sampled("Nylon Gtr", "acoustic_guitar", _GUITAR, 24),
    "banjo": _sampled("Banjo", "acoustic_guitar", (50, 79), 105),
    "mandolin": _sampled("Mando", "acoustic_guitar", (55, 86), 25),
    "piano": _sampled("Piano", "keys", _KEYS, 0, 1, is_stereo=True),
    "electric_piano": _sampled("Rhodes", "keys", _KEYS, 4, 5, is_stereo=True),
    "clavinet": _sampled("Clav", "keys", _KEYS, 7, amp="clean"),
    "accordion": _sampled("Accordion", "keys", (55, 84), 21),
    "rock_organ": _sampled("Organ", "organ", _KEYS, 18, 16, is_stereo=True),
    "drawbar_organ": _sampled("B3", "organ", _KEYS, 16, 17, is_stereo=True),
    "string_section": _sampled("Strings", "strings", (50, 84), 48, is_stereo=True),
    "slow_strings": _sampled("Strings Long", "strings", (50, 84), 49, is_stereo=True),
    "fiddle": _sampled("Fiddle", "strings", (57, 88), 40),
    "choir_pad": _sampled("Choir Pad", "pad", (52, 79), 52, 91, is_stereo=True),
    "brass_section": _sampled("Horns", "brass", (52, 81), 61, is_stereo=True),
    "sax": _sampled("Sax", "brass", (49, 80), 65, 66),
    "muted_trumpet": _sampled("Trumpet", "brass", (55, 82), 59, 56),
    "flute": _sampled("Flute", "lead_synth", (62, 91), 73),
    "bell_synth": _sampled("Bells", "lead_synth", (60, 88), 10, 11, 98, is_stereo=True),
    "warm_pad": _synth("Pad", "pad", (48, 79), "warm_pad", "glass_pad", is_stereo=True),
    "supersaw": _synth("Supersaw", "pad", (48, 79), "supersaw", is_stereo=True),
    "pluck_synth": _synth("Pluck", "arp", (55, 88), "pluck"),
    "saw_arp": _synth("Arp", "arp", (48, 84), "saw_arp", "square_arp"),
    "square_lead": _synth("Lead Synth", "lead_synth", (60, 88), "square_lead"),
    "saw_lead": _synth("Saw Lead", "lead_synth", (57, 88), "saw_lead"),
    "riser": Instrument("FX Riser", "fx", "noise", (40, 90), is_stereo=True),
    "finger_bass": _sampled("Bass DI", "bass", _BASS, 33, amp="bass_di"),
    "pick_bass": _sampled("Bass Pick", "bass", _BASS, 34, amp="bass_amp"),
    "fretless_bass": _sampled("Bass Fretless", "bass", _BASS, 35, amp="bass_di"),
    "slap_bass": _sampled("Bass Slap", "bass", _BASS, 36, 37, amp="bass_di"),
    "upright_bass": _sampled("Upright Bass", "bass", _BASS, 32),
    "driven_bass": _sampled("Bass Amp", "bass", _BASS, 34, amp="bass_driven"),
    "plucked_bass": Instrument("Bass DI", "bass", "string", _BASS, amp="bass_di"),
    "synth_bass": _synth("Synth Bass", "bass", (28, 52), "saw_bass", "square_bass"),
    "acid_bass": _synth("Synth Bass", "bass", (28, 52), "acid_bass"),
    "sub_bass": Instrument("808 Bass", "bass", "sub", (26, 43)),
}
