"""The tools as the protocol calls them: typed arguments in, JSON out, one call at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from mixer.errors import MixerError
from mixer.mcp.bounded_answers import bounded_json
from mixer.mcp.tools import Json, Tools
from mixer.rendering.timing.progress import Progress

# Description of each tool for the agent; a method of `Calls` has the same name.
DESCRIPTIONS: Mapping[str, str] = {
    "check": "Show how a song's files are classified, and any problems.",
    "presets": "List the presets, models, targets, requests, roles and outputs to choose from.",
    "preset": "Show every number of a preset.",
    "render": "Mix a song. presets: names, the strongest last. sets: key=value, such "
    "as vocals.gain_db=+1.5. settings: model, amount, dry, levels, platform, loudness_lufs, "
    "true_peak_dbtp, seed. outputs: format, bit_depth, stems, tracks, report, deliver, daw, "
    "daw_audio. output: a folder, or a file that ends like the format. The answer has "
    "the model's settings in words.",
    "revise": "Make the next take of a mix, from requests in plain words or key=value.",
    "variations": "Make other mixes of a song: n spread out, or by name such as 'brighter', "
    "or blends such as 'first=0.6,brighter=0.4'.",
    "takes": "List the takes of a mix, with what was asked for and which settings changed.",
    "compare": "Show the differences between two mixes, B minus A.",
    "evaluate": "Measure a mix against a reference mix of the same song.",
}
Song = Annotated[str, Field(description="Folder of the song.")]
MixPath = Annotated[str, Field(description="A mix, or its recipe NAME.mix.json.")]
Words = Annotated[list[str], Field(default_factory=list)]


class _CancelledError(Exception):
    """Nobody waits for the answer any more."""


class Calls:
    """One method for each tool; calls run one at a time, as a render takes all cores."""

    def __init__(self, tools: Tools) -> None:
        """Prepare to call tools."""
        self._tools = tools
        self._limiter = anyio.CapacityLimiter(1)

    async def check(self, song: Song) -> str:
        return await self._run(lambda progress: self._tools.check(song, progress))

    async def presets(self) -> str:
        return await self._run(lambda progress: self._tools.presets())

    async def preset(self, name: str) -> str:
        return await self._run(lambda progress: self._tools.preset(name))

    async def render(
        self,
        song: Song,
        presets: Words,
        sets: Words,
        settings: dict[str, Any] | None = None,
        outputs: dict[str, Any] | None = None,
        output: str = "",
        overwrite: bool = False,
    ) -> str:
        return await self._run(
            lambda progress: self._tools.render(
                song,
                progress,
                presets=presets,
                sets=sets,
                settings=settings,
                outputs=outputs,
                output=output,
                overwrite=overwrite,
            )
        )

    async def revise(self, mix: MixPath, changes: list[str]) -> str:
        return await self._run(lambda progress: self._tools.revise(mix, changes, progress))

    async def variations(self, song: Song, names: Words, blends: Words, n: int = 0) -> str:
        return await self._run(
            lambda progress: self._tools.variations(song, progress, n=n, names=names, blends=blends)
        )

    async def takes(self, mix: MixPath) -> str:
        return await self._run(lambda progress: self._tools.takes(mix))

    async def compare(self, a: MixPath, b: MixPath, audio: bool = True) -> str:
        return await self._run(lambda progress: self._tools.compare(a, b, audio=audio))

    async def evaluate(self, mix: str, reference: str) -> str:
        return await self._run(lambda progress: self._tools.evaluate(mix, reference))

    async def _run(self, call: Callable[[Progress], Json]) -> str:
        """The answer as JSON; a call that nobody waits for any longer ends at its next stage."""
        gone = threading.Event()

        def progress(stage: str, detail: str, share: float) -> None:
            if gone.is_set():
                raise _CancelledError

        def work() -> str:
            try:
                return bounded_json(call(progress))
            except MixerError as error:
                raise ToolError("\n".join(error.lines)) from None

        try:
            return await anyio.to_thread.run_sync(
                work, abandon_on_cancel=True, limiter=self._limiter
            )
        finally:
            gone.set()
