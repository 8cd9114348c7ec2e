"""Compose a song from a seed: written, played by each player in turn, and recorded dry.

`compose` lists the steps: sheet, parts, takes, recording. Every player has its own random
generator, so that a change to one leaves the others' takes unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixer.errors import SettingsError
from training.synthesis.band import Seat, fill_seats
from training.synthesis.bass_part import write_bass
from training.synthesis.choir import record_voices
from training.synthesis.drum_part import write_drums
from training.synthesis.drum_session import Recorded, record_kit, record_machine
from training.synthesis.genres import GENRES, Genre, genre_named
from training.synthesis.humanise import PlayedHit, PlayedNote, play_hits, play_notes
from training.synthesis.instruments import INSTRUMENTS
from training.synthesis.parts import write_part
from training.synthesis.players.amplifier import AMPS, amplify
from training.synthesis.players.drum_kits import (
    KITS,
    Kit,
    built_bank,
    cut_bank,
    sampled_part,
    strike,
)
from training.synthesis.players.others import play_noise, play_string, play_sub
from training.synthesis.players.soundfont import Part, find_soundfont, play_parts
from training.synthesis.players.synth import PATCHES, play_synth
from training.synthesis.recording import Desk
from training.synthesis.score import Hit, Note, Sheet
from training.synthesis.titles import make_title
from training.synthesis.tracks import ROLES, STEM_OF_ROLE, Multitrack, Track
from training.synthesis.writing import write_sheet

DURATION_RANGE_S = (15.0, 600.0)
SAMPLE_RATES_HZ = (22_050, 192_000)
_FADE_S = 0.4
# Machines and samplers are recorded through a cable.
_CABLED_ROLES = frozenset(("pad", "arp", "lead_synth", "fx"))


@dataclass(frozen=True)
class _Take:
    """A melodic player's take, before it is rendered."""

    seat: Seat
    notes: Sequence[PlayedNote]
    detune_cents: float
    rng: np.random.Generator


def compose(
    seed: int,
    *,
    genre: str | None = None,
    duration_s: float = 60.0,
    sample_rate: int = 44_100,
    soundfont: Path | None = None,
) -> Multitrack:
    """Compose, play and record a song: the same for the same arguments on the same machine.

    Args:
        seed: 0 or more; everything is drawn from it.
        genre: one of `training.synthesis.genres.GENRES`; None draws one.
        duration_s: length of every track in seconds, 15 to 600.
        sample_rate: in Hz, 22 050 to 192 000.
        soundfont: a General MIDI SoundFont; None looks in the usual places.

    Raises:
        SettingsError: an argument is out of range, or the genre is unknown.
        InputError: no SoundFont was found, or FluidSynth is not installed.
    """
    _check(seed, duration_s, sample_rate)
    font = find_soundfont(soundfont)
    name = genre or str(np.random.default_rng((seed, 1)).choice(list(GENRES)))
    style = genre_named(name)
    writer, hirer, drummer, bassist, players, singers, engineer = (
        np.random.default_rng((seed, 2)).spawn(7)
    )  # fmt: skip
    sheet = write_sheet(style, duration_s, writer)
    n_samples = round(duration_s * sample_rate)
    hits = write_drums(sheet, style.grooves, drummer)
    has_drums = bool(hirer.random() < style.drum_chance)
    kit = KITS[str(hirer.choice(style.kits))]
    seats = fill_seats(style, hirer)
    takes = [_bass_take(style, sheet, hits, hirer, bassist)]
    takes += _takes(seats, sheet, players)

    struck = play_hits(hits, sheet, drummer, tightness=0.1 if not kit.is_miked else 1.0)
    sounds, drums = _perform(
        takes, kit, struck if has_drums else [], font, n_samples, sample_rate, drummer
    )
    voices = record_voices(style, sheet, n_samples, sample_rate, singers)

    recorded = [*drums, *sounds, *voices]
    tracks = _on_disk(recorded, kit, sample_rate, engineer)
    return Multitrack(
        title=make_title(writer),
        genre=style.name,
        tempo_bpm=sheet.tempo_bpm,
        sections=_section_times(sheet, duration_s),
        sample_rate=sample_rate,
        tracks=tuple(tracks),
        seed=seed,
    )


def _check(seed: int, duration_s: float, sample_rate: int) -> None:
    if seed < 0:
        raise SettingsError(f"seed must be 0 or a positive whole number, not {seed}")
    low, high = DURATION_RANGE_S
    if not low <= duration_s <= high:
        raise SettingsError(f"duration must be {low:g} to {high:g} s, not {duration_s:g} s")
    if not SAMPLE_RATES_HZ[0] <= sample_rate <= SAMPLE_RATES_HZ[1]:
        raise SettingsError(
            f"sample rate must be {SAMPLE_RATES_HZ[0]} to {SAMPLE_RATES_HZ[1]} Hz, "
            f"not {sample_rate} Hz"
        )


def _bass_take(
    style: Genre,
    sheet: Sheet,
    hits: Sequence[Hit],
    hirer: np.random.Generator,
    rng: np.random.Generator,
) -> _Take:
    instrument = INSTRUMENTS[str(hirer.choice(style.basses))]
    notes = write_bass(sheet, style.bass_parts, instrument.range_midi, hits, rng)
    seat = Seat(instrument, instrument.label, ("held",), 0.0)
    return _Take(seat, _played(notes, seat, sheet, rng), float(rng.normal(0.0, 4.0)), rng)


def _takes(seats: Iterable[Seat], sheet: Sheet, rng: np.random.Generator) -> list[_Take]:
    """Play all takes; two takes of one part share the notes and nothing else."""
    takes: list[_Take] = []
    notes_of: dict[int, list[Note]] = {}
    for seat in seats:
        own = rng.spawn(1)[0]
        if seat.doubles is None or seat.doubles not in notes_of:
            range_midi = seat.instrument.range_midi
            notes = write_part(sheet, seat.parts, seat.from_energy, range_midi, own)
            notes_of[seat.number] = notes
        else:
            notes = notes_of[seat.doubles]
        if notes:
            played = _played(notes, seat, sheet, own)
            takes.append(_Take(seat, played, float(own.normal(0.0, 5.0)), own))
    return takes


def _played(
    notes: Sequence[Note], seat: Seat, sheet: Sheet, rng: np.random.Generator
) -> list[PlayedNote]:
    is_machine = seat.instrument.player in ("synth", "sub", "noise")
    return play_notes(notes, sheet, rng, tightness=0.15 if is_machine else 1.0)


def _perform(
    takes: Sequence[_Take],
    kit: Kit,
    hits: Sequence[PlayedHit],
    font: Path,
    n_samples: int,
    sample_rate: int,
    drummer: np.random.Generator,
) -> tuple[list[Recorded], list[Recorded]]:
    """Render every take and the drums; all SoundFont parts are played in one run."""
    length_s = n_samples / sample_rate
    sampled = [take for take in takes if take.seat.instrument.player == "soundfont"]
    parts = [
        Part(int(take.rng.choice(take.seat.instrument.programs)), take.notes, length_s,
             take.detune_cents)
        for take in sampled
    ]  # fmt: skip
    pieces = sorted({hit.piece for hit in hits})
    has_sampled_kit = bool(pieces) and kit.kind in ("soundfont", "sampled_machine")
    if has_sampled_kit:
        parts.append(sampled_part(kit, pieces, drummer))
    tape = play_parts(parts, font, sample_rate)
    drums: list[Recorded] = []
    if pieces:
        bank = (
            cut_bank(tape.pop(), pieces, sample_rate)
            if has_sampled_kit
            else built_bank(kit, pieces, drummer, sample_rate)
        )
        struck = strike(hits, bank, n_samples, sample_rate)
        drums = record_kit(struck, sample_rate, drummer) if kit.is_miked else record_machine(struck)
    on_tape = {id(take): sound for take, sound in zip(sampled, tape, strict=True)}
    sounds = [_sound(take, on_tape.get(id(take)), n_samples, sample_rate) for take in takes]
    return sounds, drums


def _sound(take: _Take, tape: np.ndarray | None, n_samples: int, sample_rate: int) -> Recorded:
    instrument, rng = take.seat.instrument, take.rng
    if tape is not None:
        audio = tape
    elif instrument.player == "synth":
        patch = PATCHES[str(rng.choice(instrument.patches))]
        audio = play_synth(
            take.notes, patch, n_samples, sample_rate, rng, is_stereo=instrument.is_stereo
        )
    else:
        player = {"string": play_string, "sub": play_sub, "noise": play_noise}[instrument.player]
        audio = player(take.notes, n_samples, sample_rate, rng)
    if not instrument.is_stereo and audio.ndim == 2:
        audio = audio.mean(axis=0)
    if instrument.amp:
        audio = amplify(audio, AMPS[instrument.amp], sample_rate, rng)
    return take.seat.track_name, instrument.role, audio, instrument.is_stereo


def _on_disk(
    recorded: Sequence[Recorded], kit: Kit, sample_rate: int, rng: np.random.Generator
) -> list[Track]:
    """Tracks in session order, with unique names and without silent ones."""
    desk = Desk(sample_rate, rng)
    n_fade = round(_FADE_S * sample_rate)
    fade = np.cos(np.linspace(0.0, 0.5 * np.pi, n_fade, dtype=np.float32)) ** 2
    used: Counter[str] = Counter()
    tracks = []
    for name, role, sound, is_stereo in sorted(recorded, key=lambda item: ROLES.index(item[1])):
        stem = STEM_OF_ROLE[role]
        is_cabled = role in _CABLED_ROLES or (stem == "drums" and not kit.is_miked)
        strip = name.removesuffix(" L").removesuffix(" R")
        audio = desk.record(sound, is_acoustic=not is_cabled, channel_strip=strip)
        if audio is None:
            continue
        audio[:, -n_fade:] *= fade
        used[name] += 1
        unique = name if used[name] == 1 else f"{name} {used[name]}"
        tracks.append(Track(unique, stem, role, audio, is_stereo))
    return tracks


def _section_times(sheet: Sheet, duration_s: float) -> tuple[tuple[str, float, float], ...]:
    starts_s = [sheet.seconds(sheet.bar(section.first_bar)) for section in sheet.sections]
    stops_s = [*starts_s[1:], duration_s]
    return tuple(
        (section.name, start_s, stop_s)
        for section, start_s, stop_s in zip(sheet.sections, starts_s, stops_s, strict=True)
    )
