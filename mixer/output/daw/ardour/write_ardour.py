"""Ardour: a session file (`.ardour`), XML as version 7 writes it, with audio where it lies.

Faders, balances, widths, the equaliser that comes with it, automation, folders as buses, mutes and
solos are native, and the rest is in the residual. Its file is in the folder of the mix, which
is then the session's; audio elsewhere is named by its whole path, as Ardour does.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from mixer.files.whole_file import refuse_existing, write_output
from mixer.output.daw.ardour.ardour_playlist import ArdourPlaylists
from mixer.output.daw.ardour.ardour_strip import (
    CLOCKS_PER_S,
    MASTER,
    ArdourStrips,
    clock,
)
from mixer.output.daw.daw_session import (
    DEFAULT_TEMPO_BPM,
    DawGroup,
    DawSession,
    DawTrack,
    in_order,
)
from mixer.version import __version__

_VERSION = "7002"
_OPTIONS = {
    "use-region-fades": "0",
    "use-transport-fades": "0",
    "auto-return": "0",
    "native-file-data-format": "FormatFloat",
    "native-file-header-format": "RF64_WAV",
}


def write_ardour(
    session: DawSession, path: Path, *, home: Path | None = None, overwrite: bool = False
) -> None:
    """Write a session; the same session gives the same bytes.

    Args:
        session: from `mixer.output.daw.wet_session` or `mixer.output.daw.editable`.
        path: of the file; it appears once it is whole.
        home: folder to which the file and what lies beside it are then moved; None if they stay.
        overwrite: replace a file that is there.

    Raises:
        OutputError: the file exists, a name cannot be written down, or the disk is full.
    """
    if not overwrite:
        refuse_existing([path])
    write_output(path, ardour_xml(session, path.parent, home))


def ardour_xml(session: DawSession, folder: Path, home: Path | None = None) -> bytes:
    """The session's XML, UTF-8."""
    writer = _Writer(session, folder, home)
    root = writer.root()
    ET.indent(root, " ")
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


class _Writer:
    def __init__(self, session: DawSession, folder: Path, home: Path | None) -> None:
        self._session, self._folder, self._home = session, folder, home
        self._ids = count(100)
        self._nodes = nodes = list(in_order(session))
        self._route_ids = {id(node): self._id() for node, _ in nodes}
        returns = {node.name: self._route_ids[id(node)] for node, _ in nodes
                   if isinstance(node, DawTrack) and node.is_return}  # fmt: skip
        self._strips = ArdourStrips(self._id, session.sample_rate, session.duration_s, returns)
        taken = {MASTER}
        self._names = {}
        for node, _ in nodes:
            name = node.name.replace(":", "-").replace("/", "-")
            while name in taken:
                name += " "
            taken.add(name)
            self._names[id(node)] = name

    def root(self) -> ET.Element:
        session = self._session
        root = ET.Element(
            "Session", {"version": _VERSION, "name": session.title,
                        "sample-rate": str(session.sample_rate), "session-range-is-free": "0"},
        )  # fmt: skip
        ET.SubElement(root, "ProgramVersion", {"created-with": f"mixer {__version__}"})
        config = ET.SubElement(root, "Config")
        for name, value in _OPTIONS.items():
            ET.SubElement(config, "Option", name=name, value=value)
        ET.SubElement(root, "Metadata")
        sources = ET.SubElement(root, "Sources")
        ET.SubElement(root, "Regions")
        self._locations(ET.SubElement(root, "Locations"))
        ET.SubElement(root, "Bundles")
        routes = ET.SubElement(root, "Routes")
        playlists = ArdourPlaylists(
            self._id, ET.SubElement(root, "Playlists"), sources, self._folder, self._home
        )
        self._master(routes)
        outputs = dict(self._outputs())
        for order, (node, _) in enumerate(self._nodes, 1):
            route = self._route(routes, node, order, outputs[id(node)])
            if isinstance(node, DawTrack) and not node.is_return:
                playlists.write(route, node)
        for name in ("UnusedPlaylists", "RouteGroups"):
            ET.SubElement(root, name)
        click = ET.SubElement(root, "Click")
        self._ports(click, "Click", "Output", ["system:playback_"])
        self._strips.amplifier(click, "gain", 1.0, ())
        self._tempo(ET.SubElement(root, "TempoMap", {"superclocks-per-second": str(CLOCKS_PER_S)}))
        root.set("id-counter", str(next(self._ids)))
        return root

    def _outputs(self) -> Iterator[tuple[int, str]]:
        """Destination of each route: the folder that it is in, or the master."""
        inside = [MASTER]
        for node, depth in self._nodes:
            del inside[depth + 1 :]
            yield id(node), inside[-1]
            if isinstance(node, DawGroup):
                inside.append(self._names[id(node)])

    def _master(self, routes: ET.Element) -> None:
        route = ET.SubElement(
            routes, "Route", {"version": _VERSION, "id": self._id(), "name": MASTER,
                              "default-type": "audio", "strict-io": "1", "active": "1"},
        )  # fmt: skip
        ET.SubElement(route, "PresentationInfo", order="0", flags="MasterOut,OrderSet", color="0")
        names = [self._names[key] for key, to in self._outputs() if to == MASTER]
        self._ports(route, MASTER, "Input", [f"{name}/audio_out" for name in names])
        self._ports(route, MASTER, "Output", ["system:playback_"])
        self._strips.faders(route, MASTER, 1.0, ())

    def _route(
        self, routes: ET.Element, node: DawTrack | DawGroup, order: int, output: str
    ) -> ET.Element:
        name, strip = self._names[id(node)], node.strip
        is_track = isinstance(node, DawTrack) and not node.is_return
        route = ET.SubElement(
            routes, "Route", {"version": _VERSION, "id": self._route_ids[id(node)], "name": name,
                              "default-type": "audio", "strict-io": "0", "active": "1"},
        )  # fmt: skip
        kind = "AudioTrack" if is_track else "AudioBus"
        color = "0" if node.color is None else str(int(node.color[1:] + "ff", 16))
        ET.SubElement(
            route, "PresentationInfo", order=str(order), flags=f"{kind},OrderSet", color=color
        )
        self._controllable(route, "solo", strip.soloed, {"self-solo": str(int(strip.soloed))})
        safe = node.is_solo_safe
        self._controllable(route, "solo-iso", safe, {"solo-isolated": str(int(safe))})
        feeds = [] if is_track else self._feeds(name)
        self._ports(route, name, "Input", feeds)
        self._ports(route, name, "Output", [f"{output}/audio_in"])
        ET.SubElement(
            route, "MuteMaster", {"mute-point": "PreFader,PostFader,Listen,Main",
                                  "muted": str(int(strip.muted))},
        )  # fmt: skip
        self._controllable(route, "mute", strip.muted, {})
        if node.notes:
            ET.SubElement(route, "Comment").text = "\n".join(node.notes)
        self._pannable(route, strip.pan)
        if is_track:
            route.set("mode", "Normal")
        self._strips.write(route, name, node)
        return route

    def _feeds(self, bus: str) -> list[str]:
        return [f"{self._names[key]}/audio_out" for key, to in self._outputs() if to == bus]

    def _ports(self, route: ET.Element, name: str, direction: str, others: list[str]) -> None:
        io = ET.SubElement(
            route, "IO", {"name": name, "id": self._id(), "direction": direction,
                          "default-type": "audio"},
        )  # fmt: skip
        way = "in" if direction == "Input" else "out"
        for channel in (1, 2):
            port = ET.SubElement(io, "Port", type="audio", name=f"{name}/audio_{way} {channel}")
            for other in others:
                # The machine's own ports are numbered without a space.
                place = f"{other}{channel}" if other.endswith("_") else f"{other} {channel}"
                ET.SubElement(port, "Connection", other=place)

    def _controllable(self, parent: ET.Element, name: str, on: bool, more: dict[str, str]) -> None:
        ET.SubElement(
            parent, "Controllable", {"name": name, "id": self._id(), "flags": "Toggle,RealTime",
                                     "value": str(int(on)), **more},
        )  # fmt: skip

    def _pannable(self, route: ET.Element, pan: float) -> None:
        pannable = ET.SubElement(route, "Pannable")
        place = repr(0.5 + 0.5 * pan)
        for name, value in (("pan-azimuth", place), ("pan-width", "1")):
            ET.SubElement(
                pannable, "Controllable", {"name": name, "id": self._id(), "flags": "",
                                           "value": value},
            )  # fmt: skip

    def _locations(self, locations: ET.Element) -> None:
        end = clock(self._session.duration_s)
        ET.SubElement(
            locations, "Location", {"id": self._id(), "name": "session", "start": "a0",
                                    "end": end, "flags": "IsSessionRange", "locked": "0"},
        )  # fmt: skip
        for marker in self._session.markers:
            at = clock(marker.time_s)
            ET.SubElement(
                locations, "Location", {"id": self._id(), "name": marker.name, "start": at,
                                        "end": at, "flags": "IsMark", "locked": "0"},
            )  # fmt: skip

    def _tempo(self, tempo_map: ET.Element) -> None:
        bpm = f"{self._session.tempo_bpm or DEFAULT_TEMPO_BPM:g}"
        place = {"sclock": "0", "quarters": "0:0", "bbt": "1|1|0"}
        ET.SubElement(
            ET.SubElement(tempo_map, "Tempos"), "Tempo",
            {"npm": bpm, "enpm": bpm, "note-type": "4", "type": "Tempo::Constant", "active": "1",
             "locked-to-meter": "0", "continuing": "0", "omega": "0", **place},
        )  # fmt: skip
        ET.SubElement(
            ET.SubElement(tempo_map, "Meters"), "Meter",
            {"note-value": "4", "divisions-per-bar": "4", **place},
        )  # fmt: skip
        ET.SubElement(tempo_map, "MusicTimes")

    def _id(self) -> str:
        return str(next(self._ids))
