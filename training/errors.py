"""Errors of training runs, beside those of `mixer.errors`."""

from __future__ import annotations

from mixer.errors import MixerError


class TrainingError(MixerError):
    """A run cannot go on: its loss became NaN, or its data do not fit its network."""

    exit_code = 1
