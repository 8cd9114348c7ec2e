"""What Ardour's fader cannot reach stands elsewhere, and automation is followed as Ardour does."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import soundfile

from mixer.console.settings import Gate
from mixer.network.track_mixer.track_settings import Compression
from mixer.output.daw.ardour.write_ardour import write_ardour
from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.output.daw.daw_session import DawClip, DawGroup, DawSession, DawTrack
from mixer.output.daw.strips import ace
from mixer.output.daw.strips.native import response_db, run_strip
from mixer.output.daw.strips.native_strip import EqBand, Strip, held_below
from mixer.output.daw.strips.standby import Echo, Room, Standby
from tests.output.daw.workstation import ARDOUR, ardours_null_dbfs, most_exact_play

RATE_HZ = 44_100


def gains(root: ET.Element, name: str) -> dict[str, float]:
    """Of a route its amplifiers by what controls them."""
    (route,) = [route for route in root.iter("Route") if route.get("name") == name]
    return {
        control.get("name"): float(control.get("value"))
        for amplifier in route.findall("Processor")
        for control in amplifier.findall("Controllable")
        if control.get("name") in ("gaincontrol", "trimcontrol")
    }


BANDS = (
    EqBand("high_pass", 90.0),
    EqBand("low_shelf", 150.0, 4.0, ace.SHELF_Q),
    *(EqBand("bell", 200.0 * 2.0**n, (-1.0) ** n * (1.0 + 0.37 * n), 0.6 + 0.3 * n)
      for n in range(6)),
    EqBand("high_shelf", 7_000.0, -3.3, ace.SHELF_Q),
)  # fmt: skip


@pytest.fixture(params=[0.5, 1.6])
def loud(request, tmp_path):
    """A soft recording, raised by 40 dB, in a folder whose automation goes to +25 dB and back."""
    width = request.param
    noise = 1e-4 * np.random.default_rng(0).standard_normal((RATE_HZ * 3, 2)).astype(np.float32)
    soundfile.write(tmp_path / "soft.wav", noise, RATE_HZ, subtype="FLOAT")
    clip = DawClip(tmp_path / "soft.wav", 2, len(noise), RATE_HZ)
    moving = ((0.3, 0.05), (0.31, 17.7), (0.5, 17.7), (0.9, 0.3), (2.0, 3.0), (2.02, 0.2))
    strip = Strip(gain_db=40.0, pan=0.3, width=width, bands=BANDS)
    track = DawTrack("Soft", None, (clip,), strip, "Folder")
    folder = DawGroup("Folder", strip=Strip(automation=moving))
    session = DawSession("loud", RATE_HZ, len(noise), None, (track,), (folder,))
    write_ardour(session, tmp_path / "loud.ardour")
    return session, noise.T, tmp_path / "loud.ardour"


def test_what_the_fader_cannot_reach_is_in_trim_and_region(loud) -> None:
    _, _, path = loud
    root = ET.parse(path).getroot()
    track, folder = gains(root, "Soft"), gains(root, "Folder")
    scale = sum(float(region.get("scale-amplitude")) for region in root.iter("Region"))
    assert track["trimcontrol"] == 10.0
    assert track["gaincontrol"] == pytest.approx(2.0)
    assert scale * 10.0 * 2.0 == pytest.approx(100.0)
    assert folder["trimcontrol"] * folder["gaincontrol"] == pytest.approx(1.0)
    points = [float(line.split()[1]) for line in root.find(".//events").text.splitlines()]
    assert max(points) == pytest.approx(2.0)
    assert max(points) * folder["trimcontrol"] == pytest.approx(17.7)


def test_a_folder_is_held_below_what_trim_and_fader_reach() -> None:
    most_db = DAW_FORMATS["ardour"].most_gain_db
    strip = held_below(Strip(gain_db=12.0, automation=((0.0, 1.0), (1.0, 16.0))), most_db)
    assert strip.gain_db == 12.0
    assert strip.automation[0] == (0.0, 1.0)
    assert 20.0 * np.log10(strip.automation[1][1]) == pytest.approx(most_db - 12.0)
    assert held_below(Strip(gain_db=12.0), DAW_FORMATS["reaper"].most_gain_db).gain_db == 12.0


def test_a_width_is_two_regions_one_through_the_other(loud) -> None:
    session, _, path = loud
    whole, exchanged = ET.parse(path).getroot().iter("Region")
    assert (whole.get("source-0"), whole.get("source-1")) == (
        exchanged.get("source-1"), exchanged.get("source-0")
    )  # fmt: skip
    scales = [float(region.get("scale-amplitude")) for region in (whole, exchanged)]
    width = (scales[0] - scales[1]) / (scales[0] + scales[1])
    assert width == pytest.approx(session.tracks[0].strip.width)
    assert whole.get("opaque") == exchanged.get("opaque") == "0"


def test_bands_fill_as_many_equalisers_as_they_need() -> None:
    one, two = ace.settings(BANDS, RATE_HZ)
    assert [one[f"filtog{name}"] for name in "l1234h"] == [1, 1, 1, 1, 1, 0]
    assert [two[f"filtog{name}"] for name in "l1234h"] == [0, 1, 1, 0, 0, 1]
    assert one["g2"] == pytest.approx(-1.37)
    assert one["bw1"] == pytest.approx(2.0 * math.asinh(0.5 / 0.6) / math.log(2.0))
    assert not list(ace.settings([EqBand("high_pass", 90.0), EqBand("notch", 50.0)], RATE_HZ))


def test_what_is_played_is_next_to_what_is_asked_for() -> None:
    hz = np.geomspace(30.0, 16_000.0, 50)
    asked = response_db(BANDS[1:], hz, RATE_HZ)
    np.testing.assert_allclose(
        response_db(ace.played(BANDS, RATE_HZ), hz, RATE_HZ), asked, atol=0.2
    )


@pytest.fixture
def sending(tmp_path):
    """A second of noise that sends to a room, which is not muted here, and to an echo."""
    noise = np.zeros((RATE_HZ * 4, 2), np.float32)
    noise[RATE_HZ : 2 * RATE_HZ] = 0.1 * np.random.default_rng(1).standard_normal((RATE_HZ, 1))
    soundfile.write(tmp_path / "noise.wav", noise, RATE_HZ, subtype="FLOAT")
    clip = DawClip(tmp_path / "noise.wav", 2, len(noise), RATE_HZ)
    standby = Standby((Gate(-50.0, 3.0, 2.0, 90.0),), (Compression(-20.0, 4.0, 5.0, 80.0),))
    track = DawTrack(
        "Voice", "#112233", (clip,), Strip(gain_db=-3.0, sends=(("Room", -6.0), ("Echo", -12.0))),
        standby=standby,
    )  # fmt: skip
    room = DawTrack("Room", "#112233", (), Strip(), device=Room(1.16, 10.0, 250.0, 7_000.0),
                    is_return=True)  # fmt: skip
    echo = DawTrack("Echo", "#112233", (), Strip(muted=True), is_return=True,
                    device=Echo(350.0, 0.3, 250.0, 7_000.0))  # fmt: skip
    session = DawSession("sends", RATE_HZ, len(noise), None, (track, room, echo))
    write_ardour(session, tmp_path / "sends.ardour")
    return noise.T, tmp_path / "sends.ardour"


def test_dynamics_stand_by_and_sends_go_to_returns_with_a_device(sending) -> None:
    root = ET.parse(sending[1]).getroot()
    routes = {route.get("name"): route for route in root.iter("Route")}
    plugins = {
        plugin.get("unique-id"): (
            plugin.get("active"),
            {port.get("symbol"): float(port.get("value")) for port in plugin.iter("Port")},
        )
        for plugin in root.iter("Processor")
        if plugin.get("type") == "lv2"
    }
    active, gate = plugins["urn:ardour:a-exp#stereo"]
    assert (active, gate["thr"], gate["rat"], gate["att"], gate["rel"]) == ("0", -50, 3, 2, 90)
    active, compressor = plugins["urn:ardour:a-comp#stereo"]
    assert (active, compressor["thr"], compressor["rat"]) == ("0", -20.0, 4.0)
    active, delay = plugins["urn:ardour:a-delay"]
    assert (active, delay["time"], delay["feedback"], delay["drywet"]) == ("1", 350, 30, 100)
    sends = [p for p in routes["Voice"].findall("Processor") if p.get("type") == "intsend"]
    levels = {
        send.get("target"): float(send.find("Controllable").get("value")) for send in sends
    }  # fmt: skip
    assert levels == pytest.approx(
        {routes["Room"].get("id"): 10 ** (-6 / 20), routes["Echo"].get("id"): 10 ** (-12 / 20)}
    )
    assert routes["Room"].find("Processor").get("type") == "intreturn"


@pytest.mark.skipif(ARDOUR is None, reason="Ardour is not installed")
def test_ardours_own_room_is_as_loud_as_it_was_sent_to(sending) -> None:
    noise, path = sending
    dry = np.float32(10 ** (-3 / 20)) * noise
    room = most_exact_play(path, lambda played: np.abs((played - dry)[:, :RATE_HZ]).max()) - dry
    assert np.abs(room[:, :RATE_HZ]).max() < 1e-6
    level_db = 10.0 * math.log10(np.square(room).sum() / np.square(dry).sum())
    assert level_db == pytest.approx(-6.0, abs=2.0)
    tail = [
        np.square(room[:, int(s * RATE_HZ) : int((s + 0.2) * RATE_HZ)]).sum() for s in (2.2, 2.8)
    ]
    assert 10.0 * math.log10(tail[0] / tail[1]) == pytest.approx(0.6 * 60.0 / 1.16, rel=0.3)


@pytest.mark.skipif(ARDOUR is None, reason="Ardour is not installed")
def test_ardour_plays_a_strip_as_the_residual_takes_it_to(loud) -> None:
    session, noise, path = loud
    devices = DAW_FORMATS["ardour"].devices
    wanted = run_strip(noise, RATE_HZ, session.tracks[0].strip, devices)
    wanted = run_strip(wanted, RATE_HZ, session.groups[0].strip, devices)
    assert np.abs(wanted).max() > 0.2
    assert ardours_null_dbfs(path, wanted) < -95.0
