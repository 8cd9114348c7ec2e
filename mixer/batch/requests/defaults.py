"""Options of the command line for every row; a row's own cells override them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mixer.output.config import NOTHING_SAID, Config
from mixer.output.output_settings import MIX_ALONE, OutputSettings


@dataclass(frozen=True)
class Defaults:
    """Settings of rows whose cells are empty.

    Attributes:
        presets: names or files, the strongest last.
        sets: `key=value` of the desk; a row's strip columns win over them.
        wanted: format of the mix, and the files written with it.
        config: the user's own defaults, the weakest of all; how mixes are written, which depends on
            each row's format, is here also if the command line says it.
        allow_plugins: the manifest, and presets' files that are not the user's own, may load
            plug-ins. They are programs.
        settings: arguments of `RenderSettings`.
    """

    presets: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    wanted: OutputSettings = MIX_ALONE
    allow_plugins: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    config: Config = NOTHING_SAID


NO_DEFAULTS = Defaults()
