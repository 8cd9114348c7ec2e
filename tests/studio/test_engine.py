"""The audio engine of the page against the strips of the product, sample by sample."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mixer
from mixer.console.desk import apply_console, apply_master_strip
from mixer.console.reverb import return_reverb, room_response
from mixer.console.settings import Console, Delay, Reverb
from mixer.meters.true_peak import true_peak_dbtp
from mixer.network.track_mixer.track_settings import SpaceSettings
from mixer.preset.merge import merge_strip
from mixer.rendering.tracks.group_sends import RoomReturns, echo_of
from tests.studio.offline import RATE_HZ, render_offline

pytestmark = pytest.mark.browser

ASSETS = Path(mixer.__file__).parent / "studio/assets"
SECONDS = 2.0
# -66 dB under the loudest sample, 16-bit integers included: far within the 0.1 dB that is promised.
WITHIN = 5e-4
STRIPS: dict[str, dict[str, Any]] = {
    "neutral": {},
    "fader": {"gain_db": -7.3},
    "pan": {"pan": -0.6},
    "width": {"width": 1.6},
    "mono": {"width": 0.0, "pan": 1.0},
    "high pass": {"high_pass": {"frequency_hz": 120.0, "slope_db_per_octave": 24}},
    "low pass": {"low_pass": {"frequency_hz": 6_000.0, "amount": 0.5}},
    "near half the rate": {"low_pass": {"frequency_hz": 22_000.0}},
    "bands": {
        "eq": [
            {"type": "peak", "frequency_hz": 400.0, "gain_db": -9.0, "q": 2.0},
            {"type": "low_shelf", "frequency_hz": 90.0, "gain_db": 5.0, "q": 0.7},
            {"type": "high_shelf", "frequency_hz": 9_000.0, "gain_db": -6.0, "q": 0.5},
            {"type": "notch", "frequency_hz": 1_000.0, "q": 8.0, "amount": 0.7},
        ]
    },
    "gate": {"gate": {"threshold_db": -15.0, "ratio": 4.0, "attack_ms": 2.0, "release_ms": 60.0}},
    "compressor": {
        "compressor": {
            "threshold_db": -24.0,
            "ratio": 3.0,
            "attack_ms": 5.0,
            "release_ms": 80.0,
            "make_up_db": 4.0,
            "amount": 0.8,
        }
    },
    "half of it all": {"amount": 0.5, "gain_db": 6.0, "pan": 0.4, "high_pass": {}},
    "moving": {"gain_db": [[0.2, -20.0], [1.2, 0.0]], "pan": [[0.0, -1.0], [1.5, 1.0]]},
}


def noise(seed: int, level: float = 0.1) -> np.ndarray:
    """float32 (2, samples), channels half alike."""
    rng = np.random.default_rng(seed)
    own = rng.standard_normal((2, round(SECONDS * RATE_HZ)))
    audio: np.ndarray = (level * (own + rng.standard_normal(own.shape[-1]))).astype(np.float32)
    return audio


@pytest.fixture
def base(serve, page) -> str:
    url: str = serve(ASSETS)
    page.goto(f"{url}/engine/")
    return url


_TRUE_PEAKS = """async ([bursts, base]) => {
  const { TruePeakMeter } = await import(`${base}/engine/true_peak.js`);
  return bursts.map((burst) => {
    const meter = new TruePeakMeter();
    meter.add(burst, burst, burst.length);
    return meter.take();
  });
}"""


def test_the_true_peak_of_bursts_is_that_of_the_render(page, base) -> None:
    """A peak between samples counts although those that come after it are soft."""
    rng = np.random.default_rng(0)
    time_s = (np.arange(200) - 100) / RATE_HZ
    bursts = [
        np.exp(-((time_s * RATE_HZ / 8) ** 2)) * np.sin(2 * np.pi * hz * time_s + phase)
        for hz, phase in zip(
            rng.uniform(2_000.0, 15_000.0, 200), rng.uniform(0.0, 2 * np.pi, 200), strict=True
        )
    ]
    read = page.evaluate(_TRUE_PEAKS, [[burst.tolist() for burst in bursts], base])
    exact_db = [true_peak_dbtp(burst[np.newaxis].astype(np.float32), RATE_HZ) for burst in bursts]
    assert 20 * np.log10(read) == pytest.approx(exact_db, abs=0.5)


def console(strips: dict[str, dict[str, Any]], **more: Any) -> Console:
    made = tuple((name, merge_strip([(("stem",), table)])) for name, table in strips.items())
    return Console(strips=made, **more)


def of_both_channels(reverb: Reverb) -> np.ndarray:
    """Response of the room to an impulse on the left, then on the right: float32 (4, taps)."""
    room = room_response(reverb, RATE_HZ)
    impulses = np.zeros((2, 2, room.shape[-1]), np.float32)
    impulses[0, 0, 0] = impulses[1, 1, 0] = 1.0
    returns = [return_reverb(impulse, room, reverb.width) for impulse in impulses]
    return np.concatenate(returns)


def assert_same(page_audio: np.ndarray, exact: np.ndarray) -> None:
    error = float(np.abs(page_audio - exact).max())
    assert error < WITHIN * float(np.abs(exact).max()), f"differs by {error}"


def test_every_strip_is_the_products_to_the_sample(page, base) -> None:
    """All strips in one song, a stem each, and each alone by what the others leave out."""
    for name, table in STRIPS.items():
        audio = noise(3)
        exact = apply_console({"vocals": audio}, RATE_HZ, console({"vocals": table})).stems
        hand = {"tracks": {"Lead": {"strip": table, "heard": True}}}
        heard = render_offline(page, base, {"Lead": ("vocals", audio)}, hand=hand)
        assert float(np.abs(exact["vocals"]).max()) > 0.01, name
        within = 3e-3 if name == "moving" else WITHIN  # set at every block, not at every sample
        error = float(np.abs(heard - exact["vocals"]).max() / np.abs(exact["vocals"]).max())
        assert error < within, f"{name}: differs by {error}"


def test_sends_mutes_groups_and_the_bus_are_the_products(page, base) -> None:
    stems = {"vocals": noise(1), "drums": noise(2), "bass": noise(4)}
    strips: dict[str, dict[str, Any]] = {
        "vocals": {"reverb_db": -9.0, "delay_db": -6.0, "gain_db": 2.0},
        "drums": {"reverb_db": -20.0, "width": 0.5, "eq": [{"gain_db": 4.0}]},
        "bass": {"mute": True},
    }
    master_table = {"width": 1.2, "gain_db": -3.0, "high_pass": {"frequency_hz": 30.0}}
    reverb = Reverb(decay_s=0.4, width=0.7)
    delay = Delay(beats=0.5, feedback=0.5, ping_pong=True)
    desk = console(strips, reverb=reverb, delay=delay)
    out = apply_console(stems, RATE_HZ, desk, tempo_bpm=140.0)
    mix = np.sum(list(out.stems.values()), axis=0, dtype=np.float32)
    exact, _ = apply_master_strip(mix, RATE_HZ, merge_strip([(("master",), master_table)]))
    heard = render_offline(
        page,
        base,
        {name: (name, audio) for name, audio in stems.items()},
        hand={
            "groups": {n: {"strip": s, "heard": not s.get("mute")} for n, s in strips.items()},
            "delay": {"beats": 0.5, "feedback": 0.5, "ping_pong": True},
            "tempo": 140.0,
        },
        master={"strip": master_table},
        responses={"reverb": of_both_channels(reverb)},
    )
    assert_same(heard, exact)


def test_what_tracks_send_passes_the_strip_of_their_stem(page, base) -> None:
    """Rooms that the model sends to come back into the stem: its fader and filters act on them."""
    track = noise(5)
    reverb = Reverb(decay_s=0.3)
    response = of_both_channels(reverb)
    sent = return_reverb(0.5 * track, room_response(reverb, RATE_HZ), 1.0)
    strip = {"gain_db": -4.0, "high_pass": {"frequency_hz": 200.0}}
    exact = apply_console({"vocals": track + sent}, RATE_HZ, console({"vocals": strip})).stems
    sends = {"tracks": {"Lead": {"sends": {"short_room": 20.0 * np.log10(0.5)}}}}
    heard = render_offline(
        page,
        base,
        {"Lead": ("vocals", track)},
        hand={**sends, "groups": {"vocals": {"strip": strip, "heard": True}}},
        responses={"short_room": response},
    )
    assert_same(heard, exact["vocals"])


def test_the_models_echo_is_the_renders_behind_its_groups_bus(page, base) -> None:
    """A bus that lowers by 6 dB half-way lowers echoes of what came before, too."""
    track, space = noise(6), SpaceSettings(echo_s=0.3, echo_feedback=0.4)
    sent = RoomReturns(space, RATE_HZ).come_back("echo", 0.5 * track)
    automation = np.where(np.arange(track.shape[-1] // 32) < 1_000, 65_535, 32_768).astype("<u2")
    places = 32 * np.arange(automation.size) + 15.5
    gains = np.interp(np.arange(track.shape[-1]), places, automation)
    heard = render_offline(
        page,
        base,
        {"Lead": ("vocals", track)},
        hand={
            "tracks": {"Lead": {"sends": {"echo": 20.0 * np.log10(0.5)}}},
            "echo": vars(echo_of(space)),
        },
        buses={
            "vocals": {
                "automation": automation.tobytes(),
                "compressor": {
                    "threshold_db": -20.0,
                    "ratio": 2.0,
                    "attack_ms": 30.0,
                    "release_ms": 200.0,
                },
            }
        },
    )
    assert_same(heard, (track + sent) * gains / 65_535)


def test_what_is_moved_while_it_plays_does_not_click_and_arrives(page, base) -> None:
    """A fader down by 20 dB and a band in the middle of a tone: no step beyond the tone's own."""
    time_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    tone = np.tile(np.sin(2 * np.pi * 110.0 * time_s), (2, 1)).astype(np.float32)
    moved = {"gain_db": -20.0, "eq": [{"type": "peak", "frequency_hz": 110.0, "gain_db": -6.0}]}
    hand = {"tracks": {"a": {"strip": moved, "heard": True}}}
    step = {"at_s": 1.0, "hand": hand}
    heard = render_offline(page, base, {"a": ("bass", tone)}, steps=[step])
    steepest = float(np.abs(np.diff(tone)).max())
    assert float(np.abs(np.diff(heard)).max()) < 3.0 * steepest
    end = heard[0, round(1.5 * RATE_HZ) :]
    assert 20.0 * np.log10(np.abs(end).max()) == pytest.approx(-26.0, abs=0.1)


def test_another_source_takes_over_at_the_same_sample_without_a_gap(page, base) -> None:
    """A and B are one tone at two levels: matched in gain, the switch is not to be heard."""
    time_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    tone = 0.25 * np.tile(np.sin(2 * np.pi * 220.0 * time_s), (2, 1)).astype(np.float32)
    step = {"at_s": 1.0, "desk": [{"type": "choose", "to": "take", "gain": 2.0}]}
    sources = {"take": 0.5 * tone}
    heard = render_offline(page, base, {"a": ("bass", tone)}, sources=sources, steps=[step])
    assert_same(heard, tone)


def test_a_loop_and_a_jump_are_kept_to_the_sample(page, base) -> None:
    # A sample's value is its place, as far as 16 bits tell.
    ramp = np.tile(np.arange(round(SECONDS * RATE_HZ)) / 1e5, (2, 1)).astype(np.float32)
    loop = [10_000, 30_000]
    steps = [
        {"at_s": 0.01, "desk": [{"type": "loop", "range": loop}]},
        {
            "at_s": 1.5,
            "desk": [{"type": "loop", "range": None}, {"type": "seek", "position": 50_000}],
        },
    ]
    heard = 1e5 * render_offline(page, base, {"a": ("bass", ramp)}, steps=steps)[0]
    for place in (20_000, 29_999):
        assert heard[place] == pytest.approx(place, abs=2.0)
    for place in (30_000, 40_000, 49_999, 50_000, 60_000):
        expected = loop[0] + (place - loop[0]) % (loop[1] - loop[0])
        assert heard[place] == pytest.approx(expected, abs=2.0)
    jumped = round(1.5 * RATE_HZ) + 4_000
    assert heard[jumped + 1_000] - heard[jumped] == pytest.approx(1_000.0, abs=4.0)
    late = heard[jumped] - 50_000
    assert 0 < 4_000 - late < 1_000  # a fade of a few milliseconds, then on from there


HOLD = """async ({ base, n_tracks, n_blocks }) => {
  const { Loader } = await import(`${base}/engine/loader.js`);
  const { BLOCK_SAMPLES } = await import(`${base}/engine/blocks.js`);
  const held = new Map(); // as the desk has it
  let most = 0;
  const tell = ({ type, key, index, samples }) => {
    if (type === "block") held.set(`${key} ${index}`, samples.byteLength);
    if (type === "drop") held.delete(`${key} ${index}`);
    most = Math.max(most, [...held.values()].reduce((sum, bytes) => sum + bytes, 0));
  };
  const fetched = async (id, start, frames) => new Int16Array(2 * frames);
  const loader = new Loader(tell, fetched, () => {});
  const ids = [...Array(n_tracks).keys()].map(String);
  const n_frames = n_blocks * BLOCK_SAMPLES;
  for (const id of ids) {
    loader.setAudio({ id, version: 1, n_frames, ready_frames: n_frames, full_scale: 1 });
  }
  loader.want(ids, []);
  const least = [];
  for (let block = 0; block < n_blocks; block += 1) {
    loader.at(block * BLOCK_SAMPLES, null);
    while (loader.busy) await new Promise((done) => setTimeout(done));
    const here = ids.every((id) => held.has(`${id}@1 ${block}`));
    const next = block + 1 === n_blocks || ids.every((id) => held.has(`${id}@1 ${block + 1}`));
    least.push(here && next);
  }
  return [most, loader.heldBytes, least];
}"""


@pytest.mark.parametrize(("n_tracks", "ahead"), [(4, 2), (38, 2), (60, 1)])
def test_what_the_desk_holds_is_bounded_however_many_tracks_play(
    page, base, n_tracks, ahead
) -> None:
    """The block at the playhead and those to come, within 32 MiB; what was played is freed."""
    arguments = {"base": base, "n_tracks": n_tracks, "n_blocks": 5}
    most, at_end, least = page.evaluate(HOLD, arguments)
    block_bytes = 4 * 65_536
    assert most == n_tracks * (1 + ahead) * block_bytes <= 32 * 2**20
    assert at_end == n_tracks * block_bytes
    assert all(least)
