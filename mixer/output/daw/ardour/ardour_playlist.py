"""The playlist of an Ardour track: sources, one for each channel of a file, and regions of them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

from mixer.output.daw.ardour.ardour_strip import clock, gain_of_regions
from mixer.output.daw.clips import is_pair
from mixer.output.daw.daw_session import DawClip, DawTrack
from mixer.output.daw.xml_names import refuse_name


class ArdourPlaylists:
    """Writes the playlists of one session."""

    def __init__(
        self,
        new_id: Callable[[], str],
        playlists: ET.Element,
        sources: ET.Element,
        folder: Path,
        home: Path | None,
    ) -> None:
        """Prepare.

        Args:
            new_id: gives ids, each once in the session.
            playlists, sources: where they are written.
            folder: in which the session is written.
            home: to which it is then moved with all that lies beside it; None if it stays.
        """
        self._id, self._playlists, self._all_sources = new_id, playlists, sources
        self._folder, self._home = folder, home

    def write(self, route: ET.Element, track: DawTrack) -> None:
        """A track's playlist, with its regions."""
        playlist = ET.SubElement(
            self._playlists, "Playlist", {"id": self._id(), "name": route.get("name", ""),
                                    "type": "audio", "orig-track-id": route.get("id", ""),
                                    "frozen": "0", "combine-ops": "0"},
        )  # fmt: skip
        route.set("audio-playlist", playlist.get("id", ""))
        pairs = [track.clips] if is_pair(track.clips) else [(clip,) for clip in track.clips]
        layers = count()
        for clips in pairs:
            ids = [i for clip in clips for i in self._sources(clip)][:2]
            for played, gain in _sides(ids, track.strip.width):
                self._region(playlist, track, clips[0], played, gain, next(layers))

    def _sources(self, clip: DawClip) -> list[str]:
        """A source for each channel of a file."""
        path = clip.path
        if self._home is not None and path.is_relative_to(self._folder.resolve()):
            path = self._home.resolve() / path.relative_to(self._folder.resolve())
        refuse_name(str(path))
        ids = []
        for channel in range(min(clip.channels, 2)):
            ids.append(self._id())
            ET.SubElement(
                self._all_sources, "Source", {"name": str(path), "type": "audio",
                                    "flags": "", "id": ids[-1], "channel": str(channel),
                                    "origin": "", "gain": "1"},
            )  # fmt: skip
        return ids

    def _region(
        self,
        playlist: ET.Element,
        track: DawTrack,
        clip: DawClip,
        ids: tuple[str, str],
        gain: float,
        layer: int,
    ) -> None:
        at = clock(clip.position_s)
        scale = clip.gain * gain * gain_of_regions(track)
        ET.SubElement(
            playlist, "Region",
            {"name": track.name, "id": self._id(), "type": "audio", "muted": "0", "opaque": "0",
             "locked": "0", "automatic": "0", "whole-file": "0", "external": "1",
             "start": clock(clip.offset_s), "length": f"{clock(clip.heard_s)}@{at}",
             "position": at, "channels": "2", "layering-index": str(layer),
             "source-0": ids[0], "source-1": ids[1], "master-source-0": ids[0],
             "master-source-1": ids[1], "scale-amplitude": repr(scale),
             "fade-in-active": "0", "fade-out-active": "0", "default-fade-in": "0",
             "default-fade-out": "0", "envelope-active": "0"},
        )  # fmt: skip


def _sides(ids: Sequence[str], width: float) -> Iterator[tuple[tuple[str, str], float]]:
    """Regions for left and right with their gains: the second has the sides exchanged."""
    if len(ids) == 1 or width == 1.0:
        yield (ids[0], ids[-1]), 1.0
        return
    yield (ids[0], ids[1]), 0.5 + 0.5 * width
    yield (ids[1], ids[0]), 0.5 - 0.5 * width
