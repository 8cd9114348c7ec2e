"""What the command line says for every row; what a row's own cells say wins over it."""

from __future__ import annotations

from dataclasses import dataclass

from mixer.output.config import NOTHING_SAID, Config
from mixer.output.settings import MIX_ALONE, OutputSettings


@dataclass(frozen=True)
class Defaults:
    """For rows whose cells say nothing.

    Attributes:
        presets: names or files, the strongest last.
        sets: `key=value` of the desk; a row's strip columns win over them.
        wanted: how mixes are written, and what with them.
        config: the user's own defaults, the weakest of all.
        allow_plugins: the manifest, and presets' files that are not the user's own, may load
            plug-ins. They are programs.
    """

    presets: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    wanted: OutputSettings = MIX_ALONE
    allow_plugins: bool = False
    config: Config = NOTHING_SAID


NO_DEFAULTS = Defaults()
