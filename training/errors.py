"""Errors of training runs, beside those of `mixer.errors`."""

from __future__ import annotations

from mixer.errors import MixerError


class TrainingError(MixerError):
    """A run cannot continue: the loss became NaN, or the data do not fit the network."""

    exit_code = 1
