"""`mixer mcp`: mixing as tools for agents, over the Model Context Protocol."""

from __future__ import annotations

from pathlib import Path

import click

from mixer.cli.extras import load_extra
from mixer.cli.paths import FilePath
from mixer.cli.session_song import DEFAULT_FOLDER


@click.command(name="mcp")
@click.option(
    "--allow",
    "folders",
    multiple=True,
    required=True,
    type=FilePath(exists=True, file_okay=False, path_type=Path),
    help="Folder that may be read and written; repeatable. Paths are relative to the first.",
)
def command(folders: tuple[Path, ...]) -> None:
    """Serve tools to an agent over stdin and stdout, until it disconnects.

    The tools are check, render, revise, variations, takes, compare, presets, preset and
    evaluate. They read and write only in the folders given by --allow, and load no plug-ins.
    """
    load_extra("mcp", "mcp")
    server = load_extra("mixer.mcp.tool_server", "mcp")
    from mixer.mcp.folders import Folders
    from mixer.mcp.tools import Tools

    server.serve(Tools(Folders(folders), DEFAULT_FOLDER))
