"""What a workstation plays of a session's file: parsed anew, by the formats' published formulas.

REAPER: balance takes from the far side, envelopes multiply the fader and are straight in amplitude,
ReaEQ's bands are R. Bristow-Johnson's filters with a bandwidth in octaves, folders sum.
"""

import base64
import math
import shutil
import struct
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import rpp
import scipy.signal
import soundfile
import soxr
import xmlschema

READ_IN_DAWPROJECT = {
    "bell": "bell", "lowShelf": "low shelf", "highShelf": "high shelf",
    "highPass": "high-pass", "lowPass": "low-pass", "notch": "notch",
}  # fmt: skip
REAEQ = {0: "low shelf", 1: "high shelf", 3: "low-pass", 4: "high-pass", 6: "notch", 8: "bell"}


def rbj(kind: str, omega: float, alpha: float, gain_db: float) -> np.ndarray:
    """One second-order section of the cookbook."""
    a, c = 10.0 ** (gain_db / 40.0), math.cos(omega)
    if kind == "bell":
        b = (1 + alpha * a, -2 * c, 1 - alpha * a)
        d = (1 + alpha / a, -2 * c, 1 - alpha / a)
    elif kind == "notch":
        b, d = (1, -2 * c, 1), (1 + alpha, -2 * c, 1 - alpha)
    elif kind in ("high-pass", "low-pass"):
        s = -1 if kind == "high-pass" else 1
        b = ((1 - s * c) / 2, s * (1 - s * c), (1 - s * c) / 2)
        d = (1 + alpha, -2 * c, 1 - alpha)
    elif kind == "low shelf":
        r = 2 * math.sqrt(a) * alpha
        b = (a * (a + 1 - (a - 1) * c + r), 2 * a * (a - 1 - (a + 1) * c),
             a * (a + 1 - (a - 1) * c - r))  # fmt: skip
        d = (a + 1 + (a - 1) * c + r, -2 * (a - 1 + (a + 1) * c), a + 1 + (a - 1) * c - r)
    else:
        r = 2 * math.sqrt(a) * alpha
        b = (a * (a + 1 + (a - 1) * c + r), -2 * a * (a - 1 + (a + 1) * c),
             a * (a + 1 + (a - 1) * c - r))  # fmt: skip
        d = (a + 1 - (a - 1) * c + r, 2 * (a - 1 - (a + 1) * c), a + 1 - (a - 1) * c - r)
    return np.array([*b, *d]) / d[0]


def by_octaves(kind: str, hz: float, gain_db: float, octaves: float, rate: int) -> np.ndarray:
    omega = 2 * math.pi * hz / rate
    alpha = math.sin(omega) * math.sinh(math.log(2) / 2 * octaves * omega / math.sin(omega))
    return rbj(kind, omega, alpha, gain_db)


def by_q(kind: str, hz: float, gain_db: float, q: float, rate: int) -> np.ndarray:
    omega = 2 * math.pi * hz / rate
    return rbj(kind, omega, math.sin(omega) / (2 * q), gain_db)


def read(path: Path, rate: int, n_samples: int, start_s: float, offset_s: float) -> np.ndarray:
    """A clip's file on the time line, (2, n_samples)."""
    audio, own = soundfile.read(path, always_2d=True, dtype="float32")
    if own != rate:
        audio = soxr.resample(audio, own, rate, "HQ")
    audio = audio[round(offset_s * rate) :].T
    audio = np.repeat(audio, 2, axis=0) if len(audio) == 1 else audio
    out = np.zeros((2, n_samples))
    at = round(start_s * rate)
    length = min(n_samples - at, audio.shape[1])
    out[:, at : at + length] = audio[:, :length]
    return out


def balance(pan: float) -> np.ndarray:
    return np.array([[min(1.0, 1.0 - pan)], [min(1.0, 1.0 + pan)]])


class Reaper:
    """A REAPER project, played."""

    def __init__(self, path: Path) -> None:
        self.folder = path.parent
        self.project = rpp.loads(path.read_text(encoding="utf-8"))
        self.rate = int(self.one(self.project, "SAMPLERATE")[0])
        assert self.one(self.project, "PANLAW") == ["1"]
        self.tracks = self.project.findall("TRACK")
        self.names = [self.one(track, "NAME")[0] for track in self.tracks]
        ends = [
            float(self.one(item, "POSITION")[0]) + float(self.one(item, "LENGTH")[0])
            for track in self.tracks
            for item in track.findall("ITEM")
        ]
        self.n_samples = round(max(ends) * self.rate)

    @staticmethod
    def one(element: rpp.Element, name: str) -> list[str]:
        (line,) = [line for line in element if isinstance(line, list) and line[0] == name]
        return line[1:]

    def play(self, *, without: tuple[str, ...] = ()) -> np.ndarray:
        """What the master's output is, (2, n_samples)."""
        total, at = self.level(0, without)
        assert at == len(self.tracks)
        return total

    def level(self, at: int, without: tuple[str, ...]) -> tuple[np.ndarray, int]:
        """Tracks of one folder, from a place to where it closes, and the place behind."""
        total = np.zeros((2, self.n_samples))
        while at < len(self.tracks):
            track, here = self.tracks[at], at
            kind, change = (int(v) for v in self.one(track, "ISBUS"))
            at += 1
            if kind == 1 and change == 1:
                sound, at = self.level(at, without)
                self.closing += 1
            else:
                sound = self.items(track)
                self.closing = change
            if self.names[here] not in without and self.is_heard(track):
                total += self.strip(track, sound)
            if self.closing < 0:
                return total, at
        return total, at

    closing = 0

    def is_heard(self, track: rpp.Element) -> bool:
        muted, soloed, _ = (int(v) for v in self.one(track, "MUTESOLO"))
        assert not soloed, "solo is not played here"
        return not muted

    def items(self, track: rpp.Element) -> np.ndarray:
        total = np.zeros((2, self.n_samples))
        for item in track.findall("ITEM"):
            (file,) = self.one(item.find("SOURCE"), "FILE")
            position, offset = (float(self.one(item, n)[0]) for n in ("POSITION", "SOFFS"))
            audio = read(self.folder / file, self.rate, self.n_samples, position, offset)
            modes = [line for line in item if isinstance(line, list) and line[0] == "CHANMODE"]
            if modes:
                assert modes[0][1] == "2"
                audio = np.repeat(audio.mean(axis=0, keepdims=True), 2, axis=0)
            trim, pan, gain = (float(v) for v in self.one(item, "VOLPAN")[:3])
            total += trim * gain * balance(pan) * audio
        return total

    def strip(self, track: rpp.Element, sound: np.ndarray) -> np.ndarray:
        bands = self.bands(track)
        if len(bands):
            sound = scipy.signal.sosfilt(bands, sound, axis=-1)
        envelope = track.find("VOLENV2")
        if envelope is not None:
            assert self.one(envelope, "ACT")[0] == "1"
            points = np.array([[float(v) for v in line[1:3]] for line in envelope
                               if isinstance(line, list) and line[0] == "PT"])  # fmt: skip
            seconds = np.arange(self.n_samples) / self.rate
            sound = sound * np.interp(seconds, points[:, 0], points[:, 1])
        gain, pan = (float(v) for v in self.one(track, "VOLPAN")[:2])
        return gain * balance(pan) * sound

    def bands(self, track: rpp.Element) -> np.ndarray:
        chain = track.find("FXCHAIN")
        if chain is None:
            return np.zeros((0, 6))
        plugin = chain.find("VST")
        assert plugin.attrib[0] == "VST: ReaEQ (Cockos)"
        header, *lines, _ = (line if isinstance(line, str) else line[0] for line in plugin)
        state = base64.b64decode("".join(lines))
        assert struct.unpack_from("<I", base64.b64decode(header), 48)[0] == len(state)
        version, count = struct.unpack_from("<ii", state)
        assert version == 33
        assert len(state) == 8 + 33 * count + 32
        rows = [struct.unpack_from("<iidddB", state, 8 + 33 * i) for i in range(count)]
        return np.array([
            by_octaves(REAEQ[kind], hz, 20 * math.log10(gain), octaves, self.rate)
            for kind, on, hz, gain, octaves, _ in rows if on
        ])  # fmt: skip

    def sends(self) -> dict[tuple[str, str], float]:
        """Level by the track that sends and the one that receives."""
        return {
            (self.names[int(line[1])], name): float(line[3])
            for name, track in zip(self.names, self.tracks, strict=True)
            for line in track
            if isinstance(line, list) and line[0] == "AUXRECV"
        }


SCHEMA = Path(__file__).parent / "schema"


def validate_dawproject(path: Path) -> None:
    """Refuse what does not fit the format's own schema (github.com/bitwig/dawproject, MIT)."""
    with zipfile.ZipFile(path) as archive:
        for name, schema in (("project", "Project.xsd"), ("metadata", "MetaData.xsd")):
            text = archive.read(f"{name}.xml").decode()
            xmlschema.XMLSchema10(str(SCHEMA / schema)).validate(text)


class DawProject:
    """A DAWproject, played; its audio lies outside or inside."""

    def __init__(self, path: Path, rate: int, n_samples: int, unpacked: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(unpacked)
            self.project = ET.fromstring(archive.read("project.xml"))
        self.folder, self.unpacked = path.parent, unpacked
        self.rate, self.n_samples = rate, n_samples
        lanes = self.project.find("Arrangement/Lanes")
        self.lanes = {lane.get("track"): lane for lane in lanes}

    def play(self, *, without: tuple[str, ...] = ()) -> np.ndarray:
        """What the master's output is, (2, n_samples)."""
        total = np.zeros((2, self.n_samples))
        for track in self.project.find("Structure"):
            if track.get("name") not in without:
                total += self.track(track, without)
        return total

    def track(self, track: ET.Element, without: tuple[str, ...]) -> np.ndarray:
        channel = track.find("Channel")
        sound = self.clips(self.lanes.get(track.get("id")))
        for child in track.findall("Track"):
            if child.get("name") not in without:
                sound += self.track(child, without)
        if channel.find("Mute").get("value") == "true":
            return np.zeros_like(sound)
        bands = [
            by_q(READ_IN_DAWPROJECT[band.get("type")],
                 *(float(band.find(n).get("value")) for n in ("Freq", "Gain", "Q")), self.rate)
            for band in channel.iterfind("Devices/Equalizer/Band")
        ]  # fmt: skip
        if bands:
            sound = scipy.signal.sosfilt(np.array(bands), sound, axis=-1)
        pan = 2.0 * float(channel.find("Pan").get("value")) - 1.0
        return self.volume(track, channel) * balance(pan) * sound

    def volume(self, track: ET.Element, channel: ET.Element) -> np.ndarray | float:
        lane = self.lanes.get(track.get("id"))
        points = None if lane is None else lane.find("Points")
        if points is None:
            return float(channel.find("Volume").get("value"))
        assert points.find("Target").get("parameter") == channel.find("Volume").get("id")
        pairs = np.array([[float(point.get(k)) for k in ("time", "value")]
                          for point in points.iterfind("RealPoint")])  # fmt: skip
        return np.interp(np.arange(self.n_samples) / self.rate, pairs[:, 0], pairs[:, 1])

    def clips(self, lane: ET.Element | None) -> np.ndarray:
        total = np.zeros((2, self.n_samples))
        for clip in lane.iterfind("Clips/Clip") if lane is not None else ():
            file = clip.find("Audio/File")
            root = self.folder if file.get("external") == "true" else self.unpacked
            total += read(root / file.get("path"), self.rate, self.n_samples,
                          float(clip.get("time")), float(clip.get("playStart")))  # fmt: skip
        return total


ARDOUR = next((p for p in map(shutil.which, ("ardour8-export", "ardour7-export")) if p), None)


def null_dbfs(audio: np.ndarray, reference: np.ndarray) -> float:
    """Peak of a difference, in dBFS."""
    return 20.0 * math.log10(max(float(np.abs(audio - reference).max()), 1e-12))


def played_by_ardour(session: Path, patience_s: float) -> np.ndarray | None:
    """What Ardour itself plays of a session without a screen, (2, samples); None where it fails."""
    target = session.with_name("played.wav")
    command = [ARDOUR, "-b", "float", "-o", str(target), str(session.parent), session.stem]
    for _ in range(3):  # its dummy engine sometimes crashes as it starts, or waits for ever
        try:
            subprocess.run(command, capture_output=True, check=True, timeout=patience_s)
        except subprocess.SubprocessError:
            continue
        return soundfile.read(target)[0].T
    return None


def most_exact_play(
    session: Path, difference: Callable[[np.ndarray], float], patience_s: float = 40.0
) -> np.ndarray | None:
    """What Ardour itself plays, (2, samples): of up to four plays the one that differs least.

    At times its dummy engine starts a track's blocks 16 samples early, two times in fifty beside
    other work. `difference` gives the peak (1.0 is full scale) by which a play is off. None where
    all of them fail.
    """
    plays = []
    for _ in range(4):
        audio = played_by_ardour(session, patience_s)
        if audio is None:
            continue
        plays.append((difference(audio), audio))
        if plays[-1][0] < 10.0 ** (-90.0 / 20.0):
            break
    return min(plays, key=lambda play: play[0])[1] if plays else None


def ardours_null_dbfs(session: Path, reference: np.ndarray, patience_s: float = 40.0) -> float:
    """Peak of what Ardour itself plays against a reference, in dBFS."""

    def difference(audio: np.ndarray) -> float:
        return float(np.abs(audio - reference).max())

    audio = most_exact_play(session, difference, patience_s)
    return math.inf if audio is None else null_dbfs(audio, reference)
