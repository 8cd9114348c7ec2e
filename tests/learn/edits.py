"""Sessions as an engineer changes them: the same ten settings in each format's text."""

import base64
import math
import re
import struct
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

from tests.output.daw.workstation import Reaper


class Text:
    """A REAPER project's text, edited track by track."""

    def __init__(self, path: Path) -> None:
        self.path, self.text = path, path.read_text()

    def edit(self, name: str, change) -> None:
        start = self.text.index(f'    NAME "{name}"\n')
        end = self.text.find("\n  <TRACK", start)
        end = len(self.text) if end < 0 else end
        part = self.text[start:end]
        changed = change(part)
        assert changed != part
        self.text = self.text[:start] + changed + self.text[end:]

    def volpan(self, name: str, db: float = 0.0, pan: float | None = None) -> None:
        def change(part: str) -> str:
            words = re.search(r"^    VOLPAN (\S+) (\S+)", part, re.MULTILINE)
            gain = float(words[1]) * 10 ** (db / 20)
            new = f"    VOLPAN {gain:.12f} {words[2] if pan is None else pan}"
            return part.replace(words[0], new, 1)

        self.edit(name, change)

    def bands(self, name: str, change) -> None:
        """Change ReaEQ's bands: rows of kind, on, Hz, gain, octaves, flag."""

        def changed(part: str) -> str:
            block = re.search(r'<VST "VST: ReaEQ.*?\n((?:        \S+\n)+)', part)
            lines = block[1].split()
            state = base64.b64decode("".join(lines[1:-1]))
            count = struct.unpack_from("<ii", state)[1]
            rows = [list(struct.unpack_from("<iidddB", state, 8 + 33 * i)) for i in range(count)]
            rows = change(rows)
            new = struct.pack("<ii", 33, len(rows))
            new += b"".join(struct.pack("<iidddB", *row) for row in rows) + state[8 + 33 * count :]
            body = [lines[0], base64.b64encode(new).decode(), lines[-1]]
            return part.replace(block[1], "".join(f"        {line}\n" for line in body))

        self.edit(name, changed)

    def band(self, name: str, kind: int, hz: float, gain_db: float, octaves: float) -> None:
        """Add a band to ReaEQ."""
        row = [kind, 1, hz, 10 ** (gain_db / 20), octaves, 1]
        self.bands(name, lambda rows: [*rows, row])

    def send(self, name: str, to: str, db: float) -> None:
        """Turn a send that is there."""
        number = place_of(self.path, name)

        def louder(part: str) -> str:
            words = re.search(rf"AUXRECV {number} 0 (\S+)", part)
            return part.replace(words[0], f"AUXRECV {number} 0 {float(words[1]) * 10 ** (db / 20)}")

        self.edit(to, louder)

    def width(self, name: str, width: float) -> None:
        """Turn the width of a track that has one: it is there as a whole and as its middle."""

        def wider(part: str) -> str:
            gains = iter((width, 1.0 - width))
            return re.sub(r"(      VOLPAN 1 \S+) \S+", lambda m: f"{m[1]} {next(gains)}", part)

        self.edit(name, wider)

    def automate(self, name: str) -> None:
        line = "    <VOLENV2\n      ACT 1 -1\n      PT 0 1 0\n      PT 1 0.5 0\n    >\n"
        self.edit(name, lambda part: part.replace("    <ITEM", f"{line}    <ITEM", 1))

    def mute(self, name: str) -> None:
        self.edit(name, lambda part: part.replace("MUTESOLO 0", "MUTESOLO 1", 1))

    def write(self) -> None:
        self.path.write_text(self.text)


def place_of(path: Path, name: str) -> int:
    return Reaper(path).names.index(name)


def _edit_reaper(path: Path) -> None:
    """A fader up, one down, a pan, a band turned, one added, a mute, one undone, sends, a line."""
    text = Text(path)
    vox, kick = place_of(path, "Lead Vox"), place_of(path, "Kick")
    text.volpan("Lead Vox", db=2.0)
    text.volpan("Bass DI", db=-3.0)
    text.volpan("Kick", pan=-0.3)
    text.bands("Lead Vox", lambda rows: [
        [*row[:3], row[3] * 10 ** (-2 / 20), *row[4:]] if row[2] == 3000.0 else row for row in rows
    ])  # fmt: skip
    text.band("Synth", 8, 500.0, 4.0, 1.0)
    text.mute("Shaker")
    text.edit("Noise", lambda part: part.replace("MUTESOLO 1", "MUTESOLO 0", 1))
    text.send("Lead Vox", "Reverb", 4.0)
    own = f"    AUXRECV {vox}"
    new = f"    AUXRECV {kick} 0 0.25 0 0 0 0 0 0 -1:U 0 -1 ''\n{own}"
    text.edit("Reverb", lambda part: part.replace(own, new))
    text.automate("Git L")
    text.write()


class Project:
    """A DAWproject, edited channel by channel."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        self.root = ET.fromstring(self.parts["project.xml"])

    def track(self, name: str) -> ET.Element:
        return next(track for track in self.root.iter("Track") if track.get("name") == name)

    def channel(self, name: str) -> ET.Element:
        return self.track(name).find("Channel")

    def volume(self, name: str, db: float) -> None:
        _louder(self.channel(name).find("Volume"), db)

    def equaliser(self, name: str) -> ET.Element:
        return self.channel(name).find("Devices/Equalizer")

    def add_band(self, name: str, hz: float, gain_db: float, q: float) -> None:
        band = ET.SubElement(self.equaliser(name), "Band", type="bell")
        for key, unit, value in (("Freq", "hertz", hz), ("Gain", "decibel", gain_db),
                                 ("Q", "linear", q)):  # fmt: skip
            ET.SubElement(band, key, unit=unit, value=str(value))
        ET.SubElement(band, "Enabled", value="true")

    def sends(self, name: str) -> ET.Element:
        """The sends of a track, in front of its volume where there were none."""
        channel = self.channel(name)
        if channel.find("Sends") is None:
            place = [child.tag for child in channel].index("Volume")
            channel.insert(place, ET.Element("Sends"))
        return channel.find("Sends")

    def send(self, name: str, to: str) -> ET.Element:
        target = self.channel(to).get("id")
        return next(send for send in self.sends(name) if send.get("destination") == target)

    def add_send(self, name: str, to: str, level: float) -> None:
        send = ET.SubElement(self.sends(name), "Send", type="post")
        send.set("destination", self.channel(to).get("id"))
        ET.SubElement(send, "Volume", unit="linear", value=str(level))

    def mute(self, name: str, value: bool) -> None:
        mute = self.channel(name).find("Mute")
        assert mute.get("value") != str(value).lower()
        mute.set("value", str(value).lower())

    def automate(self, name: str, points: dict[float, float]) -> None:
        """Automation of a track that had none, as factors of its fader."""
        track, volume = self.track(name), self.channel(name).find("Volume")
        lanes = self.root.find("Arrangement/Lanes")
        own = [lane for lane in lanes if lane.get("track") == track.get("id")]
        lane = own[0] if own else ET.SubElement(lanes, "Lanes", track=track.get("id"))
        line = ET.SubElement(lane, "Points", unit="linear")
        ET.SubElement(line, "Target", parameter=volume.get("id"))
        for time_s, factor in points.items():
            value = str(float(volume.get("value")) * factor)
            ET.SubElement(line, "RealPoint", time=str(time_s), value=value)

    def write(self) -> None:
        self.parts["project.xml"] = ET.tostring(self.root)
        with zipfile.ZipFile(self.path, "w") as archive:
            for name, content in self.parts.items():
                archive.writestr(name, content)

    def in_decibels(self) -> None:
        """Write levels in the format's other unit, as some workstations do."""
        for level in self.root.iter("Volume"):
            level.set("unit", "decibel")
            _to_decibels(level)
        for line in self.root.iter("Points"):
            line.set("unit", "decibel")
            for point in line.iter("RealPoint"):
                _to_decibels(point)


def _to_decibels(level: ET.Element) -> None:
    level.set("value", str(20 * math.log10(max(float(level.get("value")), 1e-9))))


def _louder(parameter: ET.Element, db: float) -> None:
    parameter.set("value", str(float(parameter.get("value")) * 10 ** (db / 20)))


def _edit_dawproject(path: Path) -> None:
    _changed(path).write()


def _edit_in_decibels(path: Path) -> None:
    """The same ten, and every level in another unit."""
    project = _changed(path)
    project.in_decibels()
    project.write()


def _changed(path: Path) -> Project:
    """The same ten; the synth, which is upside down, is in the residual here and has no bands."""
    project = Project(path)
    project.volume("Lead Vox", 2.0)
    project.volume("Bass DI", -3.0)
    project.channel("Kick").find("Pan").set("value", str(0.5 + 0.5 * -0.3))
    (band,) = [
        band for band in project.equaliser("Lead Vox").iter("Band")
        if float(band.find("Freq").get("value")) == 3000.0
    ]  # fmt: skip
    gain = band.find("Gain")
    gain.set("value", str(float(gain.get("value")) - 2.0))
    project.add_band("Bass DI", 500.0, 4.0, 2**0.5)
    project.mute("Shaker", True)
    project.mute("Noise", False)
    _louder(project.send("Lead Vox", "Reverb").find("Volume"), 4.0)
    project.add_send("Kick", "Reverb", 0.25)
    project.automate("Git L", {0.0: 1.0, 1.0: 0.5})
    return project


# By what the test is called: the format, and the edits.
EDIT_TEN = {
    "REAPER": ("reaper", _edit_reaper),
    "DAWproject": ("dawproject", _edit_dawproject),
    "DAWproject in dB": ("dawproject", _edit_in_decibels),
}
