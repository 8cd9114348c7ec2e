"""What Ardour's fader cannot reach stands elsewhere, and automation is followed as Ardour does."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import soundfile

from mixer.output.daw.ardour import write_ardour
from mixer.output.daw.formats import DAW_FORMATS
from mixer.output.daw.native import run_strip
from mixer.output.daw.session import DawClip, DawGroup, DawSession, DawTrack
from mixer.output.daw.strip import Strip, held_below
from tests.output.daw.workstation import ARDOUR, ardours_null_dbfs

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


@pytest.fixture
def loud(tmp_path):
    """A soft recording, raised by 40 dB, in a folder whose automation goes to +25 dB and back."""
    noise = 1e-4 * np.random.default_rng(0).standard_normal((RATE_HZ * 3, 2)).astype(np.float32)
    soundfile.write(tmp_path / "soft.wav", noise, RATE_HZ, subtype="FLOAT")
    clip = DawClip(tmp_path / "soft.wav", 2, len(noise), RATE_HZ)
    moving = ((0.3, 0.05), (0.31, 17.7), (0.5, 17.7), (0.9, 0.3), (2.0, 3.0), (2.02, 0.2))
    track = DawTrack("Soft", None, (clip,), Strip(gain_db=40.0, pan=0.3), "Folder")
    folder = DawGroup("Folder", strip=Strip(automation=moving))
    session = DawSession("loud", RATE_HZ, len(noise), None, (track,), (folder,))
    write_ardour(session, tmp_path / "loud.ardour")
    return session, noise.T, tmp_path / "loud.ardour"


def test_what_the_fader_cannot_reach_is_in_trim_and_region(loud) -> None:
    _, _, path = loud
    root = ET.parse(path).getroot()
    track, folder = gains(root, "Soft"), gains(root, "Folder")
    (region,) = root.iter("Region")
    scale = float(region.get("scale-amplitude"))
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


@pytest.mark.skipif(ARDOUR is None, reason="Ardour is not installed")
def test_ardour_follows_automation_as_the_residual_takes_it_to(loud) -> None:
    session, noise, path = loud
    devices = DAW_FORMATS["ardour"].devices
    wanted = run_strip(noise, RATE_HZ, session.tracks[0].strip, devices)
    wanted = run_strip(wanted, RATE_HZ, session.groups[0].strip, devices)
    assert np.abs(wanted).max() > 0.2
    assert ardours_null_dbfs(path, wanted) < -95.0
