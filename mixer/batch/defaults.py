"""What the command line says for every row; what a row's own cells say wins over it."""

from __future__ import annotations

from dataclasses import dataclass

from mixer.output.settings import MIX_ALONE, OutputSettings


@dataclass(frozen=True)
class Defaults:
    """For rows whose cells say nothing.

    Attributes:
        presets: names or files, the strongest last.
        sets: `key=value` of the desk; a row's strip columns win over them.
        wanted: how mixes are written, and what with them.
        allow_plugins: the manifest, and presets' files that are not the user's own, may load
            plug-ins. They are programs.
    """

    presets: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    wanted: OutputSettings = MIX_ALONE
    allow_plugins: bool = False


NO_DEFAULTS = Defaults()
