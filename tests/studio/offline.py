"""The page's audio engine rendered by an OfflineAudioContext, for tests that compare samples."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.browser import FIREFOX

RATE_HZ = 44_100
_RENDER = """async ({ rate, n, tracks, sources, responses, buses, steps, base }) => {
  const { Graph } = await import(`${base}/engine/graph.js`);
  const { BLOCK_SAMPLES } = await import(`${base}/engine/blocks.js`);
  const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const context = new OfflineAudioContext({ numberOfChannels: 2, length: n, sampleRate: rate });
  const returns = [...Object.keys(responses), "delay", "echo"];
  const groups = [...new Set(tracks.map(({ stem }) => stem))];
  const graph = await Graph.make(context, n, groups, returns);
  graph.bus.connect(context.destination);
  const feed = (key, { audio, full_scale: fullScale }) => {
    const samples = new Int16Array(bytesOf(audio));
    const frames = samples.length / 2;
    graph.tellDesk({ type: "stream", key, n_samples: frames, full_scale: fullScale });
    for (let index = 0; index * BLOCK_SAMPLES < frames; index += 1) {
      const part = samples.slice(2 * index * BLOCK_SAMPLES, 2 * (index + 1) * BLOCK_SAMPLES);
      graph.tellDesk({ type: "block", key, index, samples: part });
    }
  };
  for (const { key, stem, ...audio } of tracks) {
    feed(key, audio);
    graph.tellDesk({ type: "track", key, group: stem, stream: key });
  }
  for (const { key, ...audio } of sources) {
    feed(key, audio);
    graph.tellDesk({ type: "source", key, stream: key });
  }
  for (const [name, text] of Object.entries(responses)) {
    graph.setResponse(name, new Float32Array(bytesOf(text)));
  }
  const ofBus = ([name, { automation, compressor }]) =>
    [name, { automation: new Uint16Array(bytesOf(automation)), compressor }];
  graph.setBuses(Object.fromEntries(Object.entries(buses).map(ofBus)));
  for (const { at_s: at, hand = null, desk = [], bus = [] } of steps) {
    const say = async () => {
      if (hand) graph.setHand(hand, at === 0);
      for (const message of desk) graph.tellDesk(message);
      for (const message of bus) graph.tellBus(message);
      await graph.sync();
    };
    if (at === 0) await say();
    else context.suspend(at).then(say).then(() => context.resume());
  }
  const rendered = await context.startRendering();
  const bytes = new Uint8Array(new Float32Array([
    ...rendered.getChannelData(0), ...rendered.getChannelData(1)]).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) {
    text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  }
  return btoa(text);
}"""


def encoded(array: np.ndarray, kind: str) -> str:
    """An array as the page decodes it."""
    return base64.b64encode(np.ascontiguousarray(array, dtype=kind).tobytes()).decode("ascii")


def stored(sent: bytes, full_scale: float) -> np.ndarray:
    """float32 (2, samples) of what the server sends."""
    integers = np.frombuffer(sent, "<i2").reshape(-1, 2).T
    audio: np.ndarray = (integers * (full_scale / 32_767)).astype(np.float32)
    return audio


def as_stream(audio: np.ndarray) -> dict[str, Any]:
    """float32 (2, samples) as the server sends it: 16-bit integers, left and right in turn."""
    full_scale = float(np.abs(audio).max())
    integers = np.rint(audio.T * (32_767 / full_scale))
    return {"audio": encoded(integers, "<i2"), "full_scale": full_scale}


def render_offline(
    page: Any,
    base: str,
    tracks: Mapping[str, tuple[str, np.ndarray]],
    *,
    hand: Mapping[str, Any] | None = None,
    master: Mapping[str, Any] | None = None,
    responses: Mapping[str, np.ndarray] | None = None,
    sources: Mapping[str, np.ndarray] | None = None,
    buses: Mapping[str, Mapping[str, Any]] | None = None,
    steps: list[dict[str, Any]] | None = None,
) -> np.ndarray:
    """What the page's engine plays from the song's beginning.

    Args:
        page: open at any address below `base`, where the page's assets are served.
        tracks: key to stem and audio, float32 (2, samples), all of one length.
        hand, master: as `Desk.setHand` and `Bus.set` take them.
        responses: by name of a return, float32 (4, taps): left to left, left to right, right to
            left, right to right.
        sources: what may be heard in place of the desk.
        buses: by group, and "master": "automation", bytes as the server sends them, and
            "compressor".
        steps: what happens later: "at_s", a "hand", and messages, lists "desk" and "bus".

    Returns:
        float32 (2, samples).
    """
    if steps and FIREFOX:
        pytest.skip("Firefox has no OfflineAudioContext.suspend: nothing can be moved on the way")
    n_samples = next(iter(tracks.values()))[1].shape[-1]
    first = {
        "at_s": 0,
        "hand": hand or {},
        "desk": [{"type": "play"}],
        "bus": [{"type": "master", "master": master or {}, "snap": True}],
    }
    text = page.evaluate(
        _RENDER,
        {
            "rate": RATE_HZ,
            "n": n_samples,
            "base": base,
            "tracks": [
                {"key": key, "stem": stem, **as_stream(audio)}
                for key, (stem, audio) in tracks.items()
            ],
            "sources": [{"key": key, **as_stream(audio)} for key, audio in (sources or {}).items()],
            "responses": {n: encoded(taps, "<f4") for n, taps in (responses or {}).items()},
            "buses": {
                name: {**bus, "automation": base64.b64encode(bus["automation"]).decode("ascii")}
                for name, bus in (buses or {}).items()
            },
            "steps": [first, *(steps or [])],
        },
    )
    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(2, n_samples)
