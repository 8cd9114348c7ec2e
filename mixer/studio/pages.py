"""The page's own files, looked up in tables, so that no path from a request reaches the disk."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

INDEX_FILE = "index.html"
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
}
OWN = Path(__file__).resolve().parent / "assets"
SHARED = Path(__file__).resolve().parents[1] / "report" / "assets"


class PageFiles:
    """The files of the page, and those that it shares with the report, by their addresses."""

    def __init__(self) -> None:
        self._files = {f"assets/{name}": path for name, path in _files_in(OWN).items()}
        self._files |= {f"shared/{name}": path for name, path in _files_in(SHARED).items()}

    async def answer(self, request: Request) -> Response:
        """The file at an address; the page itself at `/`."""
        path = request.path_params["path"]
        file = self._files.get(path or f"assets/{INDEX_FILE}")
        if file is None:
            return PlainTextResponse("No such file.\n", 404)
        return FileResponse(file, media_type=TYPES[file.suffix])


def _files_in(folder: Path) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.suffix in TYPES and path.is_file() and folder in path.resolve().parents
    }
