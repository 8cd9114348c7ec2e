"""The server of tools, by the protocol's own SDK: over stdin and stdout, one call at a time."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from mixer.errors import MixerError
from mixer.mcp.tools import Json, Tools
from mixer.rendering.progress import Progress
from mixer.version import __version__

# An answer that is longer says so, and names what was left out.
MOST_ANSWER_CHARACTERS = 60_000
_INSTRUCTIONS = (
    "Mixes songs from folders of stems or raw tracks. Paths are relative to the first allowed "
    "folder. Begin with check; render writes a mix and a recipe beside it; revise makes the next "
    "take of a recipe from wishes in plain words ('vocals up', 'less reverb on drums') or "
    "key=value; presets lists all there is to choose from."
)
Song = Annotated[str, Field(description="Folder of the song.")]
Mix = Annotated[str, Field(description="A mix, or its recipe NAME.mix.json.")]
Words = Annotated[list[str], Field(default_factory=list)]


class _CancelledError(Exception):
    """Nobody waits for the answer any more."""


def build_server(tools: Tools) -> MCPServer:
    """A server of tools, not yet running."""
    server = MCPServer("mixer", version=__version__, instructions=_INSTRUCTIONS, log_level="ERROR")
    calls = _Calls()

    @server.tool(description="How a song's files are understood, and what is wrong with them.")
    async def check(song: Song) -> str:
        return await calls.run(lambda progress: tools.check(song, progress))

    @server.tool(description="Presets, models, targets, wishes, roles and outputs to choose from.")
    async def presets() -> str:
        return await calls.run(lambda progress: tools.presets())

    @server.tool(description="Every number of a preset.")
    async def preset(name: str) -> str:
        return await calls.run(lambda progress: tools.preset(name))

    @server.tool(
        description="Mix a song. presets: names, the strongest last. sets: key=value, as "
        "vocals.gain_db=+1.5. settings: model, amount, dry, levels, platform, loudness_lufs, "
        "true_peak_dbtp, seed. outputs: format, bit_depth, stems, tracks, report, deliver, daw, "
        "daw_audio. output: a folder, or a file that ends like the format."
    )
    async def render(
        song: Song,
        presets: Words,
        sets: Words,
        settings: dict[str, Any] | None = None,
        outputs: dict[str, Any] | None = None,
        output: str = "",
        overwrite: bool = False,
    ) -> str:
        return await calls.run(
            lambda progress: tools.render(
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

    @server.tool(description="The next take of a mix: wishes in plain words, or key=value.")
    async def revise(mix: Mix, changes: list[str]) -> str:
        return await calls.run(lambda progress: tools.revise(mix, changes, progress))

    @server.tool(
        description="Other mixes of a song beside the first: n spread out, or by names as "
        "'brighter', or blends as 'first=0.6,brighter=0.4'."
    )
    async def variations(song: Song, names: Words, blends: Words, n: int = 0) -> str:
        return await calls.run(
            lambda progress: tools.variations(song, progress, n=n, names=names, blends=blends)
        )

    @server.tool(description="What differs between two mixes, B minus A.")
    async def compare(a: Mix, b: Mix, audio: bool = True) -> str:
        return await calls.run(lambda progress: tools.compare(a, b, audio=audio))

    @server.tool(description="How a mix measures against a reference mix of the same song.")
    async def evaluate(mix: str, reference: str) -> str:
        return await calls.run(lambda progress: tools.evaluate(mix, reference))

    return server


def serve(tools: Tools) -> None:
    """Serve over stdin and stdout until the other side hangs up."""
    build_server(tools).run("stdio")


class _Calls:
    """Calls in a thread, one after another: a render takes all cores and much memory."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(1)

    async def run(self, call: Callable[[Progress], Json]) -> str:
        """The answer as JSON; a call that nobody waits for any more ends at its next stage."""
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


def bounded_json(answer: Json) -> str:
    """JSON of an answer; the longest of its parts are left out where it would be too long."""
    answer = {key: _plain(part) for key, part in answer.items()}
    whole = json.dumps(answer, ensure_ascii=False)
    if len(whole) <= MOST_ANSWER_CHARACTERS:
        return whole
    sizes = {key: len(json.dumps(part)) for key, part in answer.items()}
    kept, left_out = dict(answer), list[str]()
    for key in sorted(sizes, key=lambda key: sizes[key], reverse=True):
        kept.pop(key)
        left_out.append(key)
        shorter = json.dumps({**kept, "left_out_as_too_long": left_out}, ensure_ascii=False)
        if len(shorter) <= MOST_ANSWER_CHARACTERS:
            break
    return shorter


def _plain(part: Any) -> Any:
    """What JSON can say of a part: what is not finite is null, as silence is elsewhere."""
    if isinstance(part, Mapping):
        return {str(key): _plain(inner) for key, inner in part.items()}
    if isinstance(part, list | tuple):
        return [_plain(inner) for inner in part]
    if isinstance(part, float) and not math.isfinite(part):
        return None
    return part if part is None or isinstance(part, str | bool | int | float) else str(part)
