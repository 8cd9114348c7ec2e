"""Ardour: a session file (`.ardour`), XML as version 7 writes it, with audio where it lies.

Faders, balances, widths, the equaliser that comes with it, automation, folders as buses, mutes and
solos are native, and the rest is in the residual. Its file stands in the folder of the mix, which
is then the session's; audio elsewhere is named by its whole path, as Ardour does.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from mixer.dsp.blocks import db_to_gain
from mixer.errors import OutputError
from mixer.files.whole_file import refuse_existing, whole_file
from mixer.output.daw.ace_plugins import Plugin, plugins_of, return_gain_db
from mixer.output.daw.clips import is_pair
from mixer.output.daw.session import (
    DEFAULT_TEMPO_BPM,
    DawClip,
    DawGroup,
    DawSession,
    DawTrack,
    in_order,
)
from mixer.output.daw.strip import Points
from mixer.version import __version__

_VERSION = "7002"
# Ardour counts time in these a second.
_CLOCKS_PER_S = 282_240_000
_BALANCE = "http://ardour.org/plugin/panner_balance"
_MASTER = "Master"
# A fader and its automation end at +6 dB, a trim at +20 dB, whatever the file says.
_HIGHEST_FADER, _HIGHEST_TRIM = 2.0, 10.0
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
        session: from `mixer.output.daw.wet` or `mixer.output.daw.editable`.
        path: of the file; it appears once it is whole.
        home: folder to which the file and what lies beside it are then moved; None if they stay.
        overwrite: replace a file that is there.

    Raises:
        OutputError: the file exists, a name cannot be written down, or the disk is full.
    """
    if not overwrite:
        refuse_existing([path])
    try:
        text = ardour_xml(session, path.parent, home)
    except UnicodeEncodeError:
        raise OutputError(f"{path}: a file name that XML cannot hold; rename it") from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            partial.write_bytes(text)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from None


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
        self._returns = {node.name: self._route_ids[id(node)] for node, _ in nodes
                         if isinstance(node, DawTrack) and node.is_return}  # fmt: skip
        self._slots = count(1)
        taken = {_MASTER}
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
        playlists = ET.SubElement(root, "Playlists")
        self._master(routes)
        outputs = dict(self._outputs())
        for order, (node, _) in enumerate(self._nodes, 1):
            route = self._route(routes, node, order, outputs[id(node)])
            if isinstance(node, DawTrack) and not node.is_return:
                self._playlist(playlists, sources, route, node)
        for name in ("UnusedPlaylists", "RouteGroups"):
            ET.SubElement(root, name)
        click = ET.SubElement(root, "Click")
        self._ports(click, "Click", "Output", ["system:playback_"])
        self._amplifier(click, "gain", 1.0, ())
        self._tempo(ET.SubElement(root, "TempoMap", {"superclocks-per-second": str(_CLOCKS_PER_S)}))
        root.set("id-counter", str(next(self._ids)))
        return root

    def _outputs(self) -> Iterator[tuple[int, str]]:
        """What each route feeds: the folder that it lies in, or the master."""
        inside = [_MASTER]
        for node, depth in self._nodes:
            del inside[depth + 1 :]
            yield id(node), inside[-1]
            if isinstance(node, DawGroup):
                inside.append(self._names[id(node)])

    def _master(self, routes: ET.Element) -> None:
        route = ET.SubElement(
            routes, "Route", {"version": _VERSION, "id": self._id(), "name": _MASTER,
                              "default-type": "audio", "strict-io": "1", "active": "1"},
        )  # fmt: skip
        ET.SubElement(route, "PresentationInfo", order="0", flags="MasterOut,OrderSet", color="0")
        names = [self._names[key] for key, to in self._outputs() if to == _MASTER]
        self._ports(route, _MASTER, "Input", [f"{name}/audio_out" for name in names])
        self._ports(route, _MASTER, "Output", ["system:playback_"])
        self._strip(route, _MASTER, 1.0, ())

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
            for kind in ("diskwriter", "diskreader"):
                self._processor(route, kind, f"{kind}:{name}")
        gain_db = strip.gain_db
        if isinstance(node, DawTrack) and node.is_return:
            self._processor(route, "intreturn", "Return")
            gain_db += return_gain_db(node.device)
        for plugin in plugins_of(node, self._session.sample_rate):
            self._plugin(route, plugin)
        gain = float(db_to_gain(gain_db)) / _of_regions(node)
        self._strip(route, name, gain, strip.automation, strip.sends)
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

    def _strip(
        self,
        route: ET.Element,
        name: str,
        gain: float,
        points: Points,
        sends: Sequence[tuple[str, float]] = (),
    ) -> None:
        """The trim, the fader, whose automation stands for it, sends, and the balance."""
        # What the fader cannot reach stands in front of it.
        trim = min(max(1.0, _highest(gain, points) / _HIGHEST_FADER), _HIGHEST_TRIM)
        if trim > 1.0:
            self._amplifier(route, "trim", trim, ())
        self._amplifier(route, "gain", gain / trim, points)
        for to, level_db in sends:
            self._send(route, to, float(db_to_gain(level_db)))
        main = self._processor(route, "main-outs", name)
        main.attrib |= {"own-input": "1", "own-output": "0", "output": name, "role": "Main"}
        ET.SubElement(
            main, "PannerShell", {"bypassed": "0", "linked-to-route": "1",
                                  "user-panner": "" if name == _MASTER else _BALANCE},
        )  # fmt: skip
        self._processor(route, "meter", f"meter-{name}")

    def _send(self, route: ET.Element, to: str, gain: float) -> None:
        """To a return, behind the fader and with the balance."""
        send = self._processor(route, "intsend", to)
        send.attrib |= {"own-input": "1", "own-output": "1", "role": "Aux", "selfdestruct": "0",
                        "bitslot": str(next(self._slots)), "target": self._returns[to],
                        "allow-feedback": "0"}  # fmt: skip
        ET.SubElement(
            send, "PannerShell", {"bypassed": "0", "linked-to-route": "1",
                                  "user-panner": _BALANCE},
        )  # fmt: skip
        ET.SubElement(
            send, "Controllable", {"name": "gaincontrol", "id": self._id(),
                                   "flags": "GainLike,InlineControl", "value": repr(gain)},
        )  # fmt: skip

    def _amplifier(self, route: ET.Element, control: str, gain: float, points: Points) -> None:
        """The fader (gain), or the trim."""
        amp = self._processor(route, "amp" if control == "gain" else control, "Amp")
        if points:
            automation = ET.SubElement(amp, "Automation")
            lane = ET.SubElement(
                automation, "AutomationList",
                {"automation-id": "gain", "id": self._id(), "interpolation-style": "Linear",
                 "time-domain": "AudioTime", "state": "Play"},
            )  # fmt: skip
            # From end to end, since Ardour is not exact in blocks where automation begins or ends.
            (_, first), (end_s, last) = points[0], points[-1]
            whole = ((0.0, first), *points, (max(end_s, self._session.duration_s), last))
            ET.SubElement(lane, "events").text = "\n".join(
                f"{_clock(time_s)} {gain * factor!r}" for time_s, factor in whole
            )
        ET.SubElement(
            amp, "Controllable", {"name": f"{control}control", "id": self._id(),
                                  "flags": "GainLike", "value": repr(gain)},
        )  # fmt: skip

    def _processor(self, route: ET.Element, kind: str, name: str) -> ET.Element:
        return ET.SubElement(
            route, "Processor", {"id": self._id(), "name": name, "active": "1", "type": kind}
        )

    def _plugin(self, route: ET.Element, plugin: Plugin) -> None:
        element = self._processor(route, "lv2", plugin.name)
        element.attrib |= {"unique-id": plugin.uri, "count": str(plugin.instances),
                           "active": str(int(plugin.is_active))}  # fmt: skip
        state = ET.SubElement(element, "lv2")
        for symbol, value in plugin.ports.items():
            ET.SubElement(state, "Port", symbol=symbol, value=repr(float(value)))

    def _playlist(
        self, playlists: ET.Element, sources: ET.Element, route: ET.Element, track: DawTrack
    ) -> None:
        playlist = ET.SubElement(
            playlists, "Playlist", {"id": self._id(), "name": route.get("name", ""),
                                    "type": "audio", "orig-track-id": route.get("id", ""),
                                    "frozen": "0", "combine-ops": "0"},
        )  # fmt: skip
        route.set("audio-playlist", playlist.get("id", ""))
        pairs = [track.clips] if is_pair(track.clips) else [(clip,) for clip in track.clips]
        layers = count()
        for clips in pairs:
            ids = [i for clip in clips for i in self._sources(sources, clip)][:2]
            for played, gain in _sides(ids, track.strip.width):
                self._region(playlist, track, clips[0], played, gain, next(layers))

    def _sources(self, sources: ET.Element, clip: DawClip) -> list[str]:
        """A source for each channel of a file."""
        path = clip.path
        if self._home is not None and path.is_relative_to(self._folder.resolve()):
            path = self._home.resolve() / path.relative_to(self._folder.resolve())
        ids = []
        for channel in range(min(clip.channels, 2)):
            ids.append(self._id())
            ET.SubElement(
                sources, "Source", {"name": str(path).encode().decode(), "type": "audio",
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
        at = _clock(clip.position_s)
        scale = clip.gain * gain * _of_regions(track)
        ET.SubElement(
            playlist, "Region",
            {"name": track.name, "id": self._id(), "type": "audio", "muted": "0", "opaque": "0",
             "locked": "0", "automatic": "0", "whole-file": "0", "external": "1",
             "start": _clock(clip.offset_s), "length": f"{_clock(clip.heard_s)}@{at}",
             "position": at, "channels": "2", "layering-index": str(layer),
             "source-0": ids[0], "source-1": ids[1], "master-source-0": ids[0],
             "master-source-1": ids[1], "scale-amplitude": repr(scale),
             "fade-in-active": "0", "fade-out-active": "0", "default-fade-in": "0",
             "default-fade-out": "0", "envelope-active": "0"},
        )  # fmt: skip

    def _locations(self, locations: ET.Element) -> None:
        end = _clock(self._session.duration_s)
        ET.SubElement(
            locations, "Location", {"id": self._id(), "name": "session", "start": "a0",
                                    "end": end, "flags": "IsSessionRange", "locked": "0"},
        )  # fmt: skip
        for marker in self._session.markers:
            at = _clock(marker.time_s)
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


def _highest(gain: float, points: Points) -> float:
    """The largest factor that a fader and its automation reach."""
    return gain * max((factor for _, factor in points), default=1.0)


def _sides(ids: Sequence[str], width: float) -> Iterator[tuple[tuple[str, str], float]]:
    """What plays left and right, and how much of it: the second has the sides exchanged."""
    if len(ids) == 1 or width == 1.0:
        yield (ids[0], ids[-1]), 1.0
        return
    yield (ids[0], ids[1]), 0.5 + 0.5 * width
    yield (ids[1], ids[0]), 0.5 - 0.5 * width


def _of_regions(node: DawTrack | DawGroup) -> float:
    """What of a track's gain its regions have, since fader and trim together end before."""
    if isinstance(node, DawGroup):
        return 1.0
    highest = _highest(float(db_to_gain(node.strip.gain_db)), node.strip.automation)
    return max(1.0, highest / (_HIGHEST_FADER * _HIGHEST_TRIM))


def _clock(time_s: float) -> str:
    """A time as Ardour writes it, in whole samples of any usual rate."""
    return f"a{round(time_s * _CLOCKS_PER_S)}"
