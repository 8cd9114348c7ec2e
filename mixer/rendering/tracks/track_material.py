"""Wet stems from single tracks: measure each, set the console, run strips and buses.

Tracks are read twice, one or two at a time: once to be measured, once through their strips into
their group. So memory holds the four groups and the current tracks, however many a song has.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import closing
from itertools import islice
from typing import TypeVar

from mixer.dsp.blocks import FloatArray
from mixer.dsp.long_audio import copy_of, memory_kept, parts_of, silence
from mixer.dsp.threads import Workers, available_threads
from mixer.network.track_mixer.features import TrackLevels, TrackListener
from mixer.network.track_mixer.track_settings import TrackSettings
from mixer.rendering.timing.forecast import bus_in_tracks
from mixer.rendering.tracks.group_sends import GroupSends
from mixer.rendering.tracks.kept_tracks import KeptTracks
from mixer.rendering.tracks.track_chain import TrackChain
from mixer.rendering.tracks.track_strip import run_bus
from mixer.rendering.tracks.tracks_to_mix import TracksToMix
from mixer.rendering.tracks.user_strip_chain import Handled, UserStripChain
from mixer.song.tracks import Track, track_blocks

# Told of a track and of the share done.
Tell = Callable[[str, float], None]
# Told of a bus's name, its input and its output.
OfBus = Callable[[str, FloatArray, FloatArray], None]
T = TypeVar("T")
R = TypeVar("R")


def listen_to_tracks(
    tracks: Sequence[Track], n_samples: int, sample_rate: int, threads: int | None, tell: Tell
) -> tuple[TrackLevels, ...]:
    """Measure the features of every track, block by block.

    Args:
        tracks: all of a song's.
        n_samples, sample_rate: of the mix.
        threads: tracks at once; None for as many as there are cores.
        tell: called with each track's name and the share done.

    Raises:
        InputError: a recording is damaged.
    """

    def one(track: Track) -> TrackLevels:
        listener = TrackListener(sample_rate, track.n_channels)
        for block in track_blocks(track, n_samples, sample_rate):
            listener.listen(block)
        return listener.finish()

    heard = []
    with closing(_in_order(one, tracks, threads)) as each:
        for track, levels in each:
            heard.append(levels)
            tell(track.name, len(heard) / len(tracks))
    return tuple(heard)


def mix_tracks(
    to_mix: TracksToMix,
    user: UserStripChain,
    *,
    keep: Callable[[str, FloatArray], None] | None,
    threads: int | None,
    tell: Tell,
    tap: OfBus | None = None,
    kept: KeptTracks | None = None,
) -> dict[str, FloatArray]:
    """Run every track through its strip and sends, and every group through its bus.

    Args:
        to_mix: the tracks, and how the model sets their strips and buses.
        user: the user's strips, applied after the model's.
        keep: called with each track as it is in its group, returns included, float32
            (2, n_samples), and its name.
        threads, tell: as for `listen_to_tracks`.
        tap: called with each group before and after its bus, unless the group was cached.
        kept: cache of an earlier mix: it changes no sample, and is not used with `keep`.

    Returns:
        Each group after its bus by stem, float32 (2, n_samples). Tracks are summed in order, so
        the result does not depend on the number of threads.

    Raises:
        InputError: a recording is damaged.
    """
    tracks, settings, n_samples = to_mix.tracks, to_mix.settings, to_mix.n_samples
    groups: dict[str, FloatArray] = {}
    kept = None if keep is not None else kept  # whoever wants every track gets every track made
    chain = TrackChain(to_mix, user, kept)
    stems = list(dict.fromkeys(track.stem for track in tracks))
    # The mix's own bus is still to come.
    bus = bus_in_tracks(len(tracks), threads, is_kept=kept is not None)
    n_done, n_all = 0.0, len(tracks) + bus * (len(stems) + 1)
    for stem in stems:
        own = [index for index, track in enumerate(tracks) if track.stem == stem]
        group = chain.find_group(stem, own)
        if group is None:
            sends, of_group = GroupSends(settings.space, to_mix.sample_rate), silence(2, n_samples)
            with memory_kept(), closing(_in_order(chain.run, own, threads)) as each:
                for n_run, (index, done) in enumerate(each, 1):
                    name, strip = tracks[index].name, settings.tracks[index]
                    tell(name, (n_done + n_run) / n_all)
                    _add(done, strip, of_group, sends)
                    if keep is not None:
                        keep(name, _alone(done, sends, strip, n_samples))
            sends.add_returns(of_group)
            group = _through_bus(stem, of_group, to_mix, tap)
            chain.keep_group(stem, own, group)
            tell(stem, (n_done + len(own) + bus) / n_all)
        groups[stem], n_done = group, n_done + len(own) + bus
    return groups


def _add(
    done: Handled | None, settings: TrackSettings, group: FloatArray, sends: GroupSends
) -> None:
    """Add a track to its group and to its sends, in place; one that is not heard adds nothing."""
    if done is None:
        return
    fed = sends.fed_by(settings, group.shape[1])
    has_more = done.with_returns is not done.audio
    for part in parts_of(group):
        if has_more:  # an echo may last where its track is silent
            group[:, part] += done.with_returns.part(part)
        if done.audio.is_silent(part):
            continue
        own = done.audio.part(part)
        if not has_more:
            group[:, part] += own
        for sent, level in fed:
            sent[:, part] += own * level


def _through_bus(
    stem: str, group: FloatArray, to_mix: TracksToMix, tap: OfBus | None
) -> FloatArray:
    """Run a group through its bus, in place."""
    before = None if tap is None else copy_of(group)
    run_bus(group, to_mix.sample_rate, to_mix.settings.groups[stem])
    if tap is not None and before is not None:
        tap(stem, before, group)
    return group


def _alone(
    done: Handled | None, sends: GroupSends, settings: TrackSettings, n_samples: int
) -> FloatArray:
    """A track as it is in its group, with the returns of its own sends."""
    if done is None:
        return silence(2, n_samples)
    full = done.with_returns.whole()
    sent = full if done.with_returns is done.audio else done.audio.whole()
    return sends.with_returns(full, sent, settings)


def _in_order(
    work: Callable[[T], R], items: Sequence[T], threads: int | None
) -> Generator[tuple[T, R], None, None]:
    """Items with their results, in order; no more are started or waiting than run at once."""
    at_once = threads or available_threads()
    rest = iter(items)
    with Workers(at_once, "tracks") as pool:
        under_way: list[tuple[T, Future[R]]] = [
            (item, pool.submit(work, item)) for item in islice(rest, at_once)
        ]
        while under_way:
            item, future = under_way.pop(0)
            result = future.result()
            under_way += [
                (following, pool.submit(work, following)) for following in islice(rest, 1)
            ]
            yield item, result
