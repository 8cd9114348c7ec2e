"""Composed songs for the track mixer: played, mixed and measured in memory.

Most songs are only played dry, which takes 1 to 2 s each; for some, the simulated engineer's mix is
recorded too: every track after its channel, the engineer's decisions, and the stems before and
after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixer.files.spawning import without_current_folder
from mixer.network.track_mixer.features import TrackLevels, listen_to
from mixer.network.track_mixer.track_settings import HIGH_PASS_OFF_HZ, SEND_OFF_DB
from mixer.roles import FINISHED_STEM
from training.data.prepared_tracks import COMPOSED_FOLDER
from training.data.track_songs import DECISIONS, SongKind, SongTracks, make_song, write_song
from training.synthesis.compose import compose
from training.synthesis.engineer import engineer
from training.synthesis.tracks import Multitrack, Track

DURATION_S = 24.0
# Names of roles in the composer to those in the mixer.
_ROLE_OF = {"hat": "hihat"}
# Drums and bass are sent to the short room, as in the engineer's stems.
_SHORT_ROOM = ("drums", "bass")
_VALID_EVERY, _VALID_AT = 12, 7


def compose_songs(
    folder: Path,
    dry_seeds: Sequence[int],
    mixed_seeds: Sequence[int],
    genres: Sequence[str],
    *,
    n_jobs: int,
    say: Callable[[str], None],
) -> None:
    """Compose songs into a data set of tracks; existing ones are kept.

    Args:
        folder: folder of the data set (`training.data.prepared_tracks`).
        dry_seeds: seeds of songs that are only played; genres take turns by seed, and one song in
            twelve is used for validation.
        mixed_seeds: seeds of songs that the simulated engineer mixes too, distinct from the others.
        genres: names of the genres to compose in.
        n_jobs: number of processes.
        say: called with a message after every hundredth song.

    Raises:
        InputError: no SoundFont was found.
    """
    tasks, mixed = [], frozenset(mixed_seeds)
    for seed in (*dry_seeds, *mixed_seeds):
        split = "valid" if seed % _VALID_EVERY == _VALID_AT else "train"
        path = folder / COMPOSED_FOLDER / split / f"{seed:06d}.npz"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            tasks.append((path, seed, genres[seed % len(genres)], seed in mixed))
    with without_current_folder(), ProcessPoolExecutor(n_jobs, get_context("spawn")) as pool:
        pending = [pool.submit(_compose_one, *task) for task in tasks]
        for done, future in enumerate(as_completed(pending), 1):
            future.result()
            if done % 100 == 0:
                say(f"composed {done} of {len(tasks)}")


def _compose_one(path: Path, seed: int, genre: str, is_mixed: bool) -> None:
    multitrack = compose(seed, genre=genre, duration_s=DURATION_S)
    if not is_mixed:
        write_song(dry_song(multitrack), path)
        return
    tracks, stems = mixed_song(multitrack, seed)
    write_song(stems, path.with_name(f"{seed:06d}s.npz"))
    # Written last, because its existence marks the song as complete.
    write_song(tracks, path)


def dry_song(multitrack: Multitrack) -> SongTracks:
    """Measure a composed song without a mix."""
    tracks = multitrack.tracks
    return make_song(
        SongKind.COMPOSED,
        tuple(_role(track) for track in tracks),
        tuple(track.stem for track in tracks),
        [_heard(track, multitrack.sample_rate) for track in tracks],
        None,
        genre=multitrack.genre,
    )


def mixed_song(multitrack: Multitrack, seed: int) -> tuple[SongTracks, SongTracks]:
    """Measure a composed song mixed by the simulated engineer: its tracks, and its stems."""
    rate = multitrack.sample_rate
    wet: dict[str, TrackLevels] = {}
    mix = engineer(
        multitrack, seed, tell=lambda name, audio: wet.update({name: listen_to(audio, rate)})
    )
    decided = {about["name"]: about for about in mix.decisions["tracks"]}
    tracks = [track for track in multitrack.tracks if track.name in wet]
    of_tracks = make_song(
        SongKind.ENGINEERED,
        tuple(_role(track) for track in tracks),
        tuple(track.stem for track in tracks),
        [_heard(track, rate) for track in tracks],
        [wet[track.name] for track in tracks],
        np.stack([_decisions(decided[track.name], track) for track in tracks]),
        genre=multitrack.genre,
    )
    stems = tuple(mix.wet_stems)
    of_stems = make_song(
        SongKind.ENGINEERED_STEMS,
        tuple(FINISHED_STEM[stem] for stem in stems),
        stems,
        [listen_to(mix.dry_stems[stem], rate) for stem in stems],
        [listen_to(mix.wet_stems[stem], rate) for stem in stems],
        genre=multitrack.genre,
    )
    return of_tracks, of_stems


def _role(track: Track) -> str:
    return _ROLE_OF.get(track.role, track.role)


def _heard(track: Track, rate: int) -> TrackLevels:
    return listen_to(track.audio if track.is_stereo else track.audio[:1], rate)


def _decisions(decided: Mapping[str, Any], track: Track) -> NDArray[np.float32]:
    """The engineer's settings of a track as `DECISIONS`; unused effects are off."""
    reverb_db = _or(decided["reverb_db"], SEND_OFF_DB)
    is_short = track.stem in _SHORT_ROOM
    high_pass, compressor = decided["equaliser"]["high_pass"], decided["compressor"]
    found = {
        "spread": np.nan if track.is_stereo else abs(decided["pan"]),
        "widen_db": np.nan if track.is_stereo else _or(decided["side_db"], SEND_OFF_DB),
        "short_room_db": reverb_db if is_short else SEND_OFF_DB,
        "long_room_db": SEND_OFF_DB if is_short else reverb_db,
        "echo_db": _or(decided["echo_db"], SEND_OFF_DB),
        "reduction_db": decided["mean_reduction_db"],
        "ratio": compressor["ratio"] if compressor else 1.0,
        "high_pass_hz": max(high_pass["frequency_hz"], HIGH_PASS_OFF_HZ)
        if high_pass
        else HIGH_PASS_OFF_HZ,
    }
    return np.array([found[name] for name in DECISIONS], np.float32)


def _or(value: float | None, other: float) -> float:
    return other if value is None else float(value)
