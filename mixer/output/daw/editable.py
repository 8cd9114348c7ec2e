"""A mix as a session that can be edited: dry recordings with native strips, and what is left.

Every strip is native (`mixer.output.daw.strips.native_strip`). A model of tracks set one for each
track, which is written as it was set; after a model of stems the recordings stand at their own
level in the folder of their stem, whose strip is fitted to what the network did to it. Buses are
fitted too.
Whatever the strips do not give exactly is in a residual outside of them, so that the untouched
session is the mix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mixer import audio as audio_io
from mixer.console.settings import MASTER
from mixer.console.settings import Strip as UserStrip
from mixer.dsp.blocks import FloatArray, as_stereo, db_to_gain
from mixer.network.track_mixer.track_settings import (
    BusTable,
    Compression,
    SpaceSettings,
    TrackSettings,
    track_settings,
)
from mixer.output.daw.clips import clips_of, is_pair, offset_notes
from mixer.output.daw.daw_formats import DawFormat, Device
from mixer.output.daw.daw_session import (
    DawClip,
    DawGroup,
    DawSession,
    DawTrack,
    Names,
    openable,
    plain_markers,
    plain_name,
    track_color,
)
from mixer.output.daw.strips.native import run_strip
from mixer.output.daw.strips.native_strip import Strip, held_below
from mixer.output.daw.strips.nearness import nearness
from mixer.output.daw.strips.returns import RETURN_NAMES, ROOMS, SessionReturns
from mixer.output.daw.strips.standby import Limiting, Standby, standby_of
from mixer.output.daw.strips.strip_fit import fit_strip, with_automation
from mixer.output.daw.strips.strip_of_track import moves, track_strip, user_bands
from mixer.output.daw.strips.strip_words import null_words, standby_lines, strip_lines
from mixer.output.daw.wet_session import reference_track, wet_tracks
from mixer.output.names import session_audio
from mixer.output.recipe import Recipe
from mixer.rendering.mix import Mix
from mixer.song.names.short_names import short_names
from mixer.song.tracks import Track, as_in_files, read_track, tracks_of
from mixer.stems import MIX_COLOR, RESIDUAL, STEMS, color_of

MIX_GROUP, RETURNS = "Mix", "Returns"
_RETURN_COLOR = "#b0a4c8"


def editable_session(
    mix: Mix, recipe: Recipe, mix_path: Path, daw: DawFormat, *, with_wet: bool = False
) -> DawSession:
    """Make a session, and write the audio that it needs beside the recordings.

    Args:
        mix: rendered with wet stems and, by a model of tracks, with wet tracks.
        recipe: what `write_mix` answered.
        mix_path: the mix's file; the residual and the returns go beside it.
        daw: the format that the session is for: what its devices lack is left to the residual.
        with_wet: the wet stems too, muted.

    Raises:
        InputError: a recording is damaged.
        OutputError: the disk is full or read-only.
    """
    return _Maker(mix, recipe, mix_path, daw).session(with_wet=with_wet)


@dataclass
class _Sum:
    """Everything that sounds in a group.

    Attributes:
        native: what the session's strips give, float32 (2, samples).
        exact: what stands there in the mix; None if it is not known.
        tracks: as they are in the session.
    """

    native: FloatArray
    exact: FloatArray | None = None
    tracks: list[DawTrack] = field(default_factory=list)


class _Maker:
    def __init__(self, mix: Mix, recipe: Recipe, mix_path: Path, daw: DawFormat) -> None:
        self._mix, self._recipe, self._mix_path, self._daw = mix, recipe, mix_path, daw
        self._devices = daw.devices
        self._rate, self._n_samples = mix.sample_rate, mix.audio.shape[1]
        self._record = record = mix.measurements["tracks"]
        self._tables = record.get("tracks", {}) if mix.settings.amount == 1.0 else {}
        space = SpaceSettings(**record["space"]) if record else SpaceSettings()
        self._returns = SessionReturns(mix.plan, space)
        self._sent: dict[str, FloatArray] = {}
        self._names = Names()
        self._short = short_names([track.name for track in tracks_of(mix.plan.song)])
        # The master's gain belongs to the mix's own strip: stems stand before it.
        gain_db = mix.measurements["master"]["gain_db"]
        self._master_gain = np.float32(db_to_gain(gain_db))
        kept, left_out = openable(mix.song.recordings)
        self._kept, self._left_out = {r.file for r in kept}, list(left_out)

    def session(self, *, with_wet: bool) -> DawSession:
        """Everything, in order."""
        mix = self._mix
        groups, tracks = list[DawGroup](), list[DawTrack]()
        native, exact = self._silence(), self._silence()
        for stem, own in self._by_stem():
            total = self._stem_sum(stem, own)
            group, sound = self._group(stem, total)
            groups.append(group)
            tracks += total.tracks
            if self._is_stem_heard(stem):
                native += sound
            if stem in mix.wet_stems:
                exact += self._wet_stem(stem)
        returned, sound = self._return_tracks()
        native += sound
        master, sound = self._bus(MIX_GROUP, MASTER, native, exact, mix.audio, MIX_COLOR, None)
        folder = DawGroup(RETURNS, _RETURN_COLOR, parent=MIX_GROUP, is_solo_safe=True)
        groups = [master, *groups, *([folder] if returned else [])]
        tracks += [*returned, self._residual(mix.audio - sound)]
        if with_wet:
            tracks += wet_tracks(mix, self._recipe, self._names, muted=True)
        tracks.append(reference_track(mix, self._recipe, self._names))
        return DawSession(
            title=plain_name(mix.song.name),
            sample_rate=self._rate,
            n_samples=self._n_samples,
            tempo_bpm=mix.song.tempo_bpm,
            tracks=tuple(tracks),
            groups=tuple(groups),
            markers=plain_markers(mix.song.markers),
            left_out=tuple(dict.fromkeys(self._left_out)),
            notes=tuple(self._remarks()),
        )

    def _by_stem(self) -> Iterator[tuple[str, list[Track]]]:
        """The song's tracks by stem; those without files of their own are in the residual."""
        tracks = tracks_of(self._mix.plan.song)
        for stem in STEMS:
            own = [track for track in tracks if track.stem == stem]
            if own:
                yield stem, own

    def _stem_sum(self, stem: str, tracks: list[Track]) -> _Sum:
        total = _Sum(self._silence(), self._silence() if self._mix.wet_tracks else None)
        for track in tracks:
            wet: FloatArray | None = self._mix.wet_tracks.get(track.name)
            if wet is not None and total.exact is not None:
                wet = np.asarray(wet / self._master_gain)
                total.exact += wet
            if not self._can_hold(track):
                self._left_out.append(track.name)
                continue
            made, sound = self._track(track, wet)
            total.tracks.append(made)
            if self._is_track_heard(track):
                total.native += sound
                self._send(made.strip, sound)
        return total

    def _can_hold(self, track: Track) -> bool:
        """Whether a track's files can be played by the session; else it stays in the residual."""
        if any(recording.file not in self._kept for recording in track.recordings):
            return False
        clips = clips_of(track.recordings)
        if Device.POLARITY not in self._devices and any(clip.gain < 0.0 for clip in clips):
            return False
        is_plain = is_pair(clips) or all(clip.pan == 0.0 for clip in clips)
        return Device.SIDES in self._devices or is_plain

    def _track(self, track: Track, wet: FloatArray | None) -> tuple[DawTrack, FloatArray]:
        """A track of the session, and how it sounds there; float32 (2, samples)."""
        dry = read_track(track, self._n_samples, self._rate)
        user = self._mix.plan.user.strips.get(track.name)
        notes = [f"{track.role.replace('_', ' ')}, {track.stem}"]
        table, standby = self._tables.get(track.name), standby_of(None, user)
        if table is not None:
            settings = track_settings(table["strip"])
            sends = self._returns.sends(settings, user)
            strip = track_strip(
                settings, user, self._rate, sends, fixed_shelves=Device.ACE_EQ in self._devices
            )
            if wet is not None and moves(settings, user) and np.any(wet):
                strip = self._moving(strip, dry, wet)
            standby = standby_of(settings.compression, user)
        elif wet is not None:
            strip = fit_strip(as_stereo(dry), wet, self._rate, self._devices)
        else:
            strip = track_strip(TrackSettings(), user, self._rate, ())
        if user is not None:
            strip = replace(strip, muted=user.mute, soloed=user.solo)
        sound = run_strip(dry, self._rate, strip, self._devices)
        near = None
        if wet is not None:
            near = nearness(sound + self._returns.all_back(strip.sends, sound), wet, self._rate)
        offsets = offset_notes(track.recordings)
        if offsets:
            # The files are played as they are; the residual subtracts the offset.
            as_played = read_track(as_in_files(track), self._n_samples, self._rate)
            sound = run_strip(as_played, self._rate, strip, self._devices)
        made = DawTrack(
            name=self._names.unique(self._short[track.name]),
            color=track_color(track.name, track.stem, self._mix.plan.song.colors),
            clips=clips_of(track.recordings),
            strip=strip,
            group=track.stem,
            source=track.name,
            role=track.role,
            standby=standby,
            near=near,
        )
        notes += standby_lines(standby)
        if wet is not None:
            notes.append(null_words(near))
        notes += [f"{words}: the residual removes it, as a high-pass would" for words in offsets]
        return replace(made, notes=(*strip_lines(strip), *notes)), sound

    def _moving(self, strip: Strip, dry: FloatArray, wet: FloatArray) -> Strip:
        """With the automation that follows a wet track, without the returns."""
        if strip.sends:
            sound = run_strip(dry, self._rate, strip, self._devices)
            wet = wet - self._returns.all_back(strip.sends, sound)
        return with_automation(strip, dry, wet, self._rate, self._devices)

    def _group(self, stem: str, total: _Sum) -> tuple[DawGroup, FloatArray]:
        """A stem's folder, and how it sounds."""
        asked = self._mix.plan.asked.strip(stem)
        before = total.native if total.exact is None else total.exact
        sends = self._returns.sends(None, asked)
        after = self._wet_stem(stem)
        color = color_of(stem, self._mix.plan.song.colors)
        group, sound = self._bus(stem, stem, total.native, before, after, color, MIX_GROUP)
        if sends and np.any(after):
            # The room's return is not the strip's: found once the strip is about known.
            dry = after - self._returns.all_back(sends, sound)
            group, sound = self._bus(stem, stem, total.native, before, dry, color, MIX_GROUP)
        strip = replace(group.strip, muted=asked.mute, soloed=asked.solo, sends=sends)
        if self._is_stem_heard(stem):
            self._send(strip, sound)
        near = nearness(sound + self._returns.all_back(sends, sound), after, self._rate)
        notes = (*strip_lines(strip), *standby_lines(group.standby), null_words(near))
        return replace(group, strip=strip, notes=notes, near=near), sound

    def _bus(
        self,
        name: str,
        stem: str,
        native: FloatArray,
        before: FloatArray,
        after: FloatArray,
        color: str,
        parent: str | None,
    ) -> tuple[DawGroup, FloatArray]:
        """A folder whose strip makes `after` of `before`, and what it makes of the session's."""
        user_console = self._mix.plan.console
        user = user_console.master if stem == MASTER else user_console.strip(stem)
        known = tuple(user_bands(user)) if user.amount == 1.0 else ()
        # A folder has no files, so it has no mid signal.
        strip = fit_strip(before, after, self._rate, self._devices - {Device.WIDTH}, known)
        strip = held_below(strip, self._daw.most_gain_db)
        sound = run_strip(native, self._rate, strip, self._devices)
        near = nearness(sound, after, self._rate)
        standby = self._bus_standby(stem, user)
        notes = (*strip_lines(strip), *standby_lines(standby), null_words(near))
        return DawGroup(name, color, strip, parent, stem, notes, standby, near=near), sound

    def _bus_standby(self, stem: str, user: UserStrip) -> Standby:
        """The dynamics of a bus, and the limiter after that of the mix."""
        buses: Mapping[str, BusTable] = {}
        if self._record and self._mix.settings.amount == 1.0:
            buses = {**self._record["groups"], MASTER: self._record["mix"]}
        table = buses.get(stem)
        standby = standby_of(None if table is None else Compression(**table["compression"]), user)
        ceiling_dbtp = self._mix.settings.true_peak_dbtp
        if stem != MASTER or ceiling_dbtp is None:
            return standby
        return replace(standby, limiter=Limiting(ceiling_dbtp))

    def _send(self, strip: Strip, sound: FloatArray) -> None:
        for name, level_db in strip.sends:
            if name not in self._sent:
                self._sent[name] = self._silence()
            self._sent[name] += sound * np.float32(db_to_gain(level_db))

    def _return_tracks(self) -> tuple[list[DawTrack], FloatArray]:
        """A muted bus and the audio of each return, and the sum of the returns."""
        tracks, total = list[DawTrack](), self._silence()
        for key, name in RETURN_NAMES.items():
            if name not in self._sent:
                continue
            words = self._returns.words(name)
            if key in ROOMS:
                response = self._returns.impulse_response(name)
                self._write(f"{key} impulse response", response, of_format=False)
            back = self._returns.come_back(name, self._sent.pop(name))
            total += back
            tracks.append(
                DawTrack(self._names.unique(name), _RETURN_COLOR, (), Strip(muted=True), RETURNS,
                         notes=(words, self._daw.return_words), is_return=True,
                         device=self._returns.device(name), is_solo_safe=True)
            )  # fmt: skip
            tracks.append(
                DawTrack(self._names.unique(f"{name} (audio)"), _RETURN_COLOR,
                         (self._write(key, back),), group=RETURNS, is_solo_safe=True,
                         notes=("the effect's output, as audio",))
            )  # fmt: skip
        return tracks, total

    def _residual(self, left: FloatArray) -> DawTrack:
        return DawTrack(
            self._names.unique(RESIDUAL),
            color_of(RESIDUAL, {}),
            (self._write(RESIDUAL, left),),
            notes=(
                "what the strips cannot reproduce: with it, the untouched session equals the mix",
            ),
            is_solo_safe=True,
        )

    def _write(self, key: str, audio: FloatArray, *, of_format: bool = True) -> DawClip:
        """Audio of the session's own, as a clip."""
        path = session_audio(self._mix_path, key, self._daw.name if of_format else None)
        audio_io.write_audio(
            path, audio, self._rate, file_format="wav", bit_depth="32f", overwrite=True
        )
        return DawClip(path.resolve(), 2, audio.shape[1], self._rate)

    def _wet_stem(self, stem: str) -> FloatArray:
        wet = self._mix.wet_stems
        return np.asarray(wet[stem] / self._master_gain) if stem in wet else self._silence()

    def _is_stem_heard(self, stem: str) -> bool:
        asked = self._mix.plan.asked
        if asked.strip(stem).mute:
            return False
        anywhere = any(strip.solo for _, strip in asked.strips)
        return not anywhere or asked.strip(stem).solo or self._has_soloed_tracks(stem)

    def _is_track_heard(self, track: Track) -> bool:
        return track.name not in self._mix.plan.user.not_heard

    def _has_soloed_tracks(self, stem: str) -> bool:
        strips = self._mix.plan.user.strips
        tracks = tracks_of(self._mix.plan.song)
        return any(t.stem == stem and t.name in strips and strips[t.name].solo for t in tracks)

    def _remarks(self) -> Iterator[str]:
        yield f"{plain_name(self._mix.song.name)}: dry recordings behind native strips, by mixer"
        yield "untouched, with the track residual, this session is the mix"
        if Device.EQ not in self._devices:
            yield "high-passes, low-passes and notches are in the residual"
        if Device.WIDTH not in self._devices:
            yield "widths are not a part of this format: they are in the residual"

    def _silence(self) -> FloatArray:
        return np.zeros((2, self._n_samples), np.float32)
