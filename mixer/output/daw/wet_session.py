"""A finished mix as a session: wet stems on tracks, dry originals muted beside them, the mix.

Wet stems are written with all that the mix did to them, so their faders stand at 0 dB and in the
middle, and with the residual their sum is the mix. Dry originals come at the gain that `song.toml`
gives them; they, and the mix for reference, are muted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mixer.errors import SettingsError
from mixer.output.daw.clips import clips_of, offset_notes
from mixer.output.daw.daw_session import (
    DawClip,
    DawSession,
    DawTrack,
    Names,
    openable,
    plain_markers,
    plain_name,
    track_color,
)
from mixer.output.daw.strips.native_strip import Strip
from mixer.output.names import FileRole
from mixer.output.recipe import OutputTable, Recipe
from mixer.rendering.mix import Mix
from mixer.song.recording import Recording
from mixer.song.song_file import Marker
from mixer.stems import MIX_COLOR, color_of

WET, DRY, REFERENCE = "Wet stems", "Dry originals", "Reference"
MUTED = Strip(muted=True)


def wet_session(mix: Mix, recipe: Recipe, markers: Sequence[Marker] = ()) -> DawSession:
    """Make a session of a mix that has been written with its wet stems.

    Args:
        mix: from `mixer.render`.
        recipe: what `write_mix` answered; tells where the files are.
        markers: from `song.toml`.

    Raises:
        SettingsError: the mix was written without wet stems.
    """
    names = Names()
    recordings, left_out = openable(mix.song.recordings)
    tracks = wet_tracks(mix, recipe, names)
    tracks += [_dry_track(recording, names, mix.song.colors) for recording in recordings]
    tracks.append(reference_track(mix, recipe, names))
    return DawSession(
        title=plain_name(mix.song.name),
        sample_rate=mix.sample_rate,
        n_samples=int(recipe["output"]["n_samples"]),
        tempo_bpm=mix.song.tempo_bpm,
        tracks=tuple(tracks),
        markers=plain_markers(markers),
        left_out=left_out,
    )


def wet_tracks(mix: Mix, recipe: Recipe, names: Names, *, muted: bool = False) -> list[DawTrack]:
    """The wet stems and the residual that a mix has been written with.

    Raises:
        SettingsError: it was written without.
    """
    paths = written_paths(recipe)
    wet = [name for name in paths if name != FileRole.MIX]
    if not wet:
        raise SettingsError(
            f"{paths[FileRole.MIX].name} has no wet stems to put on tracks; render it with stems"
        )
    strip = MUTED if muted else Strip()
    return [
        DawTrack(
            names.unique(f"{name} (wet)" if muted else name),
            color_of(name, mix.song.colors),
            (written_clip(mix, recipe["output"], paths[name]),),
            strip,
            WET,
        )
        for name in wet
    ]


def reference_track(mix: Mix, recipe: Recipe, names: Names) -> DawTrack:
    """The mix itself, muted, to compare with."""
    clip = written_clip(mix, recipe["output"], written_paths(recipe)[FileRole.MIX])
    return DawTrack(names.unique("mix"), MIX_COLOR, (clip,), MUTED, REFERENCE)


def written_paths(recipe: Recipe) -> dict[str, Path]:
    """The files of the mix and of its wet stems, by name."""
    return {name: Path(entry["path"]) for name, entry in recipe["output"]["files"].items()}


def written_clip(mix: Mix, output: OutputTable, path: Path) -> DawClip:
    """A file as long as the mix."""
    return DawClip(path, mix.audio.shape[0], int(output["n_samples"]), int(output["sample_rate"]))


def _dry_track(recording: Recording, names: Names, colors: Mapping[str, str]) -> DawTrack:
    return DawTrack(
        name=names.unique(f"{Path(recording.file).stem} (dry)"),
        color=track_color(recording.file, recording.stem or "", colors),
        clips=clips_of([recording]),
        strip=MUTED,
        group=DRY,
        notes=tuple(f"{words}: it is played as it is" for words in offset_notes([recording])),
    )
