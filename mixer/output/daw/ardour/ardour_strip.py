"""The processors of an Ardour route: plug-ins, trim, fader, sends, balance, in this order."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from itertools import count

from mixer.dsp.blocks import db_to_gain
from mixer.output.daw.ardour.ace_plugins import (
    Plugin,
    plugins_of,
    return_gain_db,
)
from mixer.output.daw.daw_session import DawGroup, DawTrack
from mixer.output.daw.strips.native_strip import Points

MASTER = "Master"
# Ardour counts time in these a second.
CLOCKS_PER_S = 282_240_000
_BALANCE = "http://ardour.org/plugin/panner_balance"
# A fader and its automation end at +6 dB, a trim at +20 dB, whatever the file says.
_HIGHEST_FADER, _HIGHEST_TRIM = 2.0, 10.0


class ArdourStrips:
    """Writes the processors of one session's routes."""

    def __init__(
        self,
        new_id: Callable[[], str],
        sample_rate: int,
        duration_s: float,
        returns: Mapping[str, str],
    ) -> None:
        """Prepare.

        Args:
            new_id: gives ids, each once in the session.
            sample_rate: in Hz.
            duration_s: of the session.
            returns: ids of routes by the name of the return.
        """
        self._id, self._rate, self._duration_s = new_id, sample_rate, duration_s
        self._returns = returns
        self._slots = count(1)

    def write(self, route: ET.Element, name: str, node: DawTrack | DawGroup) -> None:
        """Write all processors of a track, a folder or a return."""
        gain_db = node.strip.gain_db
        if isinstance(node, DawTrack) and node.is_return:
            self._processor(route, "intreturn", "Return")
            gain_db += return_gain_db(node.device)
        elif isinstance(node, DawTrack):
            for kind in ("diskwriter", "diskreader"):
                self._processor(route, kind, f"{kind}:{name}")
        for plugin in plugins_of(node, self._rate):
            self._plugin(route, plugin)
        gain = float(db_to_gain(gain_db)) / gain_of_regions(node)
        self.faders(route, name, gain, node.strip.automation, node.strip.sends)

    def faders(
        self,
        route: ET.Element,
        name: str,
        gain: float,
        points: Points,
        sends: Sequence[tuple[str, float]] = (),
    ) -> None:
        """The trim, the fader, whose automation stands for it, sends, and the balance."""
        # Gain beyond the fader's range is in front of it.
        trim = min(max(1.0, _highest(gain, points) / _HIGHEST_FADER), _HIGHEST_TRIM)
        if trim > 1.0:
            self.amplifier(route, "trim", trim, ())
        self.amplifier(route, "gain", gain / trim, points)
        for to, level_db in sends:
            self._send(route, to, float(db_to_gain(level_db)))
        main = self._processor(route, "main-outs", name)
        main.attrib |= {"own-input": "1", "own-output": "0", "output": name, "role": "Main"}
        ET.SubElement(
            main, "PannerShell", {"bypassed": "0", "linked-to-route": "1",
                                  "user-panner": "" if name == MASTER else _BALANCE},
        )  # fmt: skip
        self._processor(route, "meter", f"meter-{name}")

    def amplifier(self, route: ET.Element, control: str, gain: float, points: Points) -> None:
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
            whole = ((0.0, first), *points, (max(end_s, self._duration_s), last))
            ET.SubElement(lane, "events").text = "\n".join(
                f"{clock(time_s)} {gain * factor!r}" for time_s, factor in whole
            )
        ET.SubElement(
            amp, "Controllable", {"name": f"{control}control", "id": self._id(),
                                  "flags": "GainLike", "value": repr(gain)},
        )  # fmt: skip

    def _send(self, route: ET.Element, to: str, gain: float) -> None:
        """To a return, after the fader and with the balance."""
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


def _highest(gain: float, points: Points) -> float:
    """The largest factor that a fader and its automation reach."""
    return gain * max((factor for _, factor in points), default=1.0)


def gain_of_regions(node: DawTrack | DawGroup) -> float:
    """The part of a track's gain that exceeds trim and fader together, written into its regions."""
    if isinstance(node, DawGroup):
        return 1.0
    highest = _highest(float(db_to_gain(node.strip.gain_db)), node.strip.automation)
    return max(1.0, highest / (_HIGHEST_FADER * _HIGHEST_TRIM))


def clock(time_s: float) -> str:
    """A time as Ardour writes it, in whole samples of any usual rate."""
    return f"a{round(time_s * CLOCKS_PER_S)}"
