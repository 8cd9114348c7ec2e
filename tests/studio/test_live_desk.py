"""The page's live desk, on its real server, plays what the render writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.studio.offline import render_offline
from tests.studio.on_page import opened
from tests.studio.running import Running

pytestmark = pytest.mark.browser


STEM_CHANGES: dict[str, Any] = {
    "vocals.gain_db": -4.0,
    "vocals.eq": [{"type": "peak", "frequency_hz": 900.0, "gain_db": 6.0, "q": 1.0}],
    "drums.pan": 0.4,
    "bass.width": 0.2,
    "other.reverb_db": -9.0,
    "other.high_pass": {"frequency_hz": 150.0},
    "vocals.delay_db": -12.0,
}
TRACK_CHANGES: dict[str, Any] = {
    'tracks."Lead Vox".gain_db': 3.0,
    'tracks."Kick".eq': [{"type": "low_shelf", "frequency_hz": 90.0, "gain_db": 4.0, "q": 0.7}],
    'tracks."Piano".reverb_db': -12.0,
    'tracks."Snare".mute': True,
    "vocals.gain_db": -1.5,
}


def test_the_live_desk_is_the_render_within_a_tenth_of_a_decibel(open_page, studio) -> None:
    """The samples that the page gets, through its desk, against those that the render wrote."""
    null_db, level_db = compared(open_page, studio, STEM_CHANGES)
    assert null_db < -60.0  # a hundredth of a decibel, and no sample early or late
    assert abs(level_db) < 0.1


def test_so_is_a_desk_of_tracks(open_page, studio_of_tracks) -> None:
    """Rooms come back into their groups, in front of the buses' compressors, as in the render."""
    null_db, level_db = compared(open_page, studio_of_tracks, TRACK_CHANGES)
    assert null_db < -60.0
    assert abs(level_db) < 0.1


def test_an_edit_of_tracks_moves_their_buses_before_it_is_rendered(
    open_page, studio_of_tracks
) -> None:
    """Faders that drive compressors by 7 dB: heard at once as the render will have it."""
    studio = studio_of_tracks
    loud = {
        'tracks."Kick".gain_db': 16.0,
        'tracks."Lead Vox".gain_db': 14.0,
        "vocals.gain_db": -3.0,
    }
    studio.wait_until_exact()
    # So low that the limiter, which the page leaves out here, has nothing to do.
    edit(studio, {"master.loudness_lufs": "none", "master.gain_db": -6.0})
    state = studio.wait_until_exact()
    given = played_from(studio, state)
    state = edit(studio, loud)
    page = opened(open_page, studio)
    heard, deaf = (
        render_offline(page, "/assets", **given, **hand_of(page, state, follows=follows))
        for follows in (True, False)
    )
    state = studio.wait_until_exact()
    exact = studio.samples_of(mix_of(state))
    edit(studio, dict.fromkeys((*loud, "master.loudness_lufs", "master.gain_db")))
    assert state["master"]["limited_db"] == pytest.approx(0.0, abs=1e-3)
    assert furthest_db(deaf, exact) > 3.0  # the compressors have something to do
    assert furthest_db(heard, exact) < 0.1


def furthest_db(heard: np.ndarray, exact: np.ndarray) -> float:
    """How far the levels of any tenth of a second lie apart."""
    levels = [
        10.0
        * np.log10(
            np.square(x[:, : x.shape[1] // 4_410 * 4_410]).reshape(2, -1, 4_410).mean((0, 2))
        )
        for x in (heard, exact)
    ]
    return float(np.abs(levels[0] - levels[1]).max())


def edit(studio: Running, changes: dict[str, Any]) -> Any:
    """The state with changes, before it is rendered."""
    body = {"revision": studio.state()["revision"], "changes": changes}
    answer = studio.ask(f"{studio.song}/edits", "PATCH", body)
    assert "lines" not in answer, answer
    return answer


def mix_of(state: Any) -> Any:
    return next(source for source in state["sources"] if source["id"] == "mix")["audio"]


def hand_of(page: Any, state: Any, *, follows: bool = False) -> dict[str, Any]:
    """The hand and the master as the page's engine plays a state, without its limiter."""
    hand, master = page.evaluate(
        """async ([state, follows]) => {
          const { heardStrips, stripsBefore } = await import("/assets/engine/state_hand.js");
          const before = follows ? stripsBefore(state) : null;
          const { hand, master } = heardStrips(state, { solo: new Set(), flat: new Set(), before });
          return [hand, { ...master, ceiling_dbtp: null }];
        }""",
        [state, follows],
    )
    return {"hand": hand, "master": master}


def played_from(studio: Running, state: Any) -> dict[str, Any]:
    """What the page's engine is given by the server to play a state."""
    song = studio.song
    return {
        "tracks": played_tracks(studio, state),
        "responses": {
            r["name"]: np.frombuffer(
                studio.ask_bytes(f"{song}/response/{r['name']}"), "<f4"
            ).reshape(4, -1)
            for r in state["returns"]
            if r["name"] not in ("delay", "echo")
        },
        "buses": {
            bus["id"]: {
                "automation": studio.ask_bytes(f"{song}/buses/{bus['id']}"),
                "compressor": bus["compressor"],
            }
            for bus in state["buses"]
        },
    }


def compared(open_page: Any, studio: Running, changes: dict[str, Any]) -> tuple[float, float]:
    """Changes played live against their render, in dB: the error, and how the levels differ."""
    studio.wait_until_exact()
    edit(studio, changes)
    page = opened(open_page, studio)
    state = studio.wait_until_exact()
    given = played_from(studio, state)
    heard = render_offline(page, "/assets", **given, **hand_of(page, state))
    exact = studio.samples_of(mix_of(state))
    assert state["master"]["limited_db"] == pytest.approx(0.0, abs=0.05)
    edit(studio, dict.fromkeys(changes))
    power = np.mean(exact**2)
    null_db = 10.0 * np.log10(np.mean((heard - exact) ** 2) / power)
    return float(null_db), float(10.0 * np.log10(np.mean(heard**2) / power))


def played_tracks(studio: Running, state: Any) -> dict[str, tuple[str, np.ndarray]]:
    """What the page plays: stems, or their tracks where there are samples of them."""
    played = {}
    for stem in state["stems"]:
        tracks = [track for track in stem["tracks"] if track["audio"] and track["live"]]
        if stem["audio"] and stem["audio"]["baked"]:
            tracks = []
        for channel in tracks or [stem]:
            played[channel["id"]] = (stem["id"], studio.samples_of(channel["audio"]))
    return played
