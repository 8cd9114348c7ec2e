"""Learnt settings in an engineer's words."""

from __future__ import annotations

from mixer.learn.strip_moves import Keys, Move
from mixer.learn.user_edit import HAND_SENDS, ROOMS
from mixer.output.daw.strips.strip_words import hz_words, pan_words

_SENDS = {key: f"send to {name}" for name, key in (*HAND_SENDS.items(), *ROOMS.items())}
_TITLES = {
    "gain_db": "", "loudness_lufs": "loudness", "high_pass": "high-pass",
    "high_pass_hz": "high-pass", "low_pass": "low-pass", **_SENDS,
}  # fmt: skip
_IN_HZ = ("high_pass", "high_pass_hz", "low_pass")


def setting_words(move: Move) -> str:
    """ "+1.4 dB", "pan 30 L", "send to Room raised by 3.0 dB"."""
    key = move.keys[-1]
    if key == "mute":
        return "muted" if move.value else "no longer muted"
    title = _TITLES.get(key, key)
    if move.value is None:
        return f"{title} off"
    if move.by:
        return f"{title} {'raised' if move.value > 0.0 else 'lowered'} by {abs(move.value):.1f} dB"
    unit = " LUFS" if key == "loudness_lufs" else " dB" if key.endswith("_db") else ""
    return f"{title} {_number(move.keys, move.value)}{unit}".strip()


def spread_words(move: Move, values: list[float]) -> str:
    """Smallest and largest of several values, " (+0.9 to +2.1)"; empty for no number."""
    if move.keys[-1] == "mute" or move.value is None:
        return ""
    return f" ({' to '.join(_number(move.keys, value) for value in (min(values), max(values)))})"


def _number(keys: Keys, value: float) -> str:
    key = keys[-1]
    if key == "pan":
        return pan_words(value)
    if key == "width":
        return f"{100.0 * value:.0f} %"
    return hz_words(value) if key in _IN_HZ else f"{value:+.1f}"
