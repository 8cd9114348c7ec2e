"""The server of tools, by the protocol's own SDK: over stdin and stdout, one call at a time."""

from __future__ import annotations

from mcp.server.mcpserver import MCPServer

from mixer.mcp.calls import DESCRIPTIONS, Calls
from mixer.mcp.tools import Tools
from mixer.version import __version__

_INSTRUCTIONS = (
    "Mixes songs from folders of stems or raw tracks. Paths are relative to the first allowed "
    "folder. Begin with check; render writes a mix and a recipe beside it; revise makes the next "
    "take of a recipe from requests in plain words ('vocals up', 'less reverb on drums') or "
    "key=value; presets lists everything to choose from."
)


def build_server(tools: Tools) -> MCPServer:
    """A server of tools, not yet running."""
    # Below that it prints tracebacks of requests that name nothing; they are answered anyway.
    server = MCPServer(
        "mixer", version=__version__, instructions=_INSTRUCTIONS, log_level="CRITICAL"
    )
    calls = Calls(tools)
    for name, description in DESCRIPTIONS.items():
        server.add_tool(getattr(calls, name), name=name, description=description)
    return server


def serve(tools: Tools) -> None:
    """Serve over stdin and stdout until the other side hangs up."""
    build_server(tools).run("stdio")
