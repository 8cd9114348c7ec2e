"""The routes of the studio: each turns a request into a call of a session, and its result into an
answer.

`mixer.studio.messages` defines the requests and answers.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mixer.errors import InputError, MixerError, OutputError, SettingsError
from mixer.studio.bodies import BadBodyError, parse_object, read_fields
from mixer.studio.choices import choices
from mixer.studio.guard import TooLargeError
from mixer.studio.messages import MOST_FRAMES
from mixer.studio.messages.song_state import Event
from mixer.studio.open_song import GoneError, SongSession
from mixer.studio.pages import PageFiles
from mixer.studio.shared_state import ConflictError, NotReadyError
from mixer.studio.songs import Studio

_MOST_POINTS = 20_000
_EVENTS_WAITING, _KEEP_ALIVE_S = 1_000, 15.0
_SONG = "/api/songs/{song}"
Answer = Callable[[Request], Awaitable[Response]]


class _ProblemError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, *lines: str) -> None:
        super().__init__(*lines)
        self.status, self.lines = status, lines


def application(studio: Studio, pages: PageFiles) -> Starlette:
    """Build the application with all routes, unguarded: see `mixer.studio.guard`."""
    routes = Routes(studio)
    of_song: list[tuple[str, str, Answer]] = [
        ("POST", "/open", routes.state),
        ("GET", "/state", routes.state),
        ("PATCH", "/edits", routes.edit),
        ("POST", "/undo", routes.undo),
        ("POST", "/redo", routes.redo),
        ("POST", "/wish", routes.wish),
        ("POST", "/variations", routes.variations),
        ("POST", "/blend", routes.blend),
        ("GET", "/audio/{name}", routes.audio),
        ("GET", "/overview/{name}", routes.overview),
        ("GET", "/response/{name}", routes.response),
        ("GET", "/buses/{name}", routes.bus),
        ("POST", "/compare", routes.compare),
        ("POST", "/references", routes.reference),
        ("POST", "/save", routes.save),
        ("POST", "/render", routes.render),
        ("GET", "/jobs/{job}", routes.job),
        ("POST", "/jobs/{job}/cancel", routes.cancel),
        ("GET", "/jobs/{job}/files/{place:int}", routes.file),
        ("GET", "/takes", routes.takes),
    ]
    found = [Route(_SONG + path, _answered(answer), methods=[m]) for m, path, answer in of_song]
    found += [
        Route("/api/songs", _answered(routes.songs), methods=["GET"]),
        Route("/api/choices", _answered(routes.choices), methods=["GET"]),
        Route("/api/events", _answered(routes.events), methods=["GET"]),
        Route("/{path:path}", pages.answer, methods=["GET"]),
    ]
    return Starlette(routes=found)


def _answered(answer: Answer) -> Answer:
    """Wrap a route so that its errors are answered with a `Problem`."""

    async def guarded(request: Request) -> Response:
        try:
            return await answer(request)
        except _ProblemError as error:
            return _problem(error.status, *error.lines)
        except BadBodyError as error:
            return _problem(400, str(error))
        except TooLargeError:
            return _problem(413, "the body is larger than announced")
        except ConflictError:
            session = _session_of(request)
            lines = ["another page changed the song first; here is its current state"]
            state = await run_in_threadpool(session.state)
            return JSONResponse(
                {"error": lines[0], "lines": lines, "state": state}, status_code=409
            )
        except NotReadyError as error:
            return _problem(503, str(error) or "the song is still being read; wait a moment")
        except (SettingsError, InputError) as error:
            return _problem(422, *error.lines)
        except OutputError as error:
            return _problem(507, *error.lines)
        except MixerError as error:
            return _problem(500, *error.lines)

    return guarded


def _problem(status: int, *lines: str) -> Response:
    return JSONResponse({"error": "; ".join(lines), "lines": lines}, status_code=status)


def _session_of(request: Request) -> SongSession:
    studio: Studio = request.app.state.studio
    try:
        return studio.session(request.path_params["song"])
    except KeyError:
        raise _ProblemError(404, "unknown song; reload the page") from None


class Routes:
    """Handlers of requests for a studio's songs."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    async def songs(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._studio.songs))

    async def choices(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(choices))

    async def state(self, request: Request) -> Response:
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(session.state))

    async def edit(self, request: Request) -> Response:
        optional = {"gesture": str, "label": str}
        asked = await _fields(request, {"revision": int, "changes": dict}, optional)
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(lambda: session.edit(**asked)))

    async def undo(self, request: Request) -> Response:
        asked = await _fields(request, {"revision": int})
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(lambda: session.undo(**asked)))

    async def redo(self, request: Request) -> Response:
        asked = await _fields(request, {"revision": int})
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(lambda: session.redo(**asked)))

    async def wish(self, request: Request) -> Response:
        asked = await _fields(request, {"revision": int, "text": str})
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(lambda: session.wish(**asked)))

    async def variations(self, request: Request) -> Response:
        asked = await _fields(request, {"revision": int})
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(lambda: session.variations(**asked)))

    async def blend(self, request: Request) -> Response:
        asked = await _fields(request, {"revision": int, "parts": dict})
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(lambda: session.blend(**asked)))

    async def compare(self, request: Request) -> Response:
        asked = await _fields(request, {"source": str}, {"remove": bool})
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(lambda: session.compare(**asked)))

    async def reference(self, request: Request) -> Response:
        session = await self._session(request)
        name = request.query_params.get("name", "")
        data = await request.body()
        return JSONResponse(await run_in_threadpool(lambda: session.add_reference(name, data)))

    async def save(self, request: Request) -> Response:
        optional = {"name": str, "summary": str, "overwrite": bool}
        asked = await _fields(request, {"what": str}, optional)
        session, what = await self._session(request), asked.pop("what")
        if what == "song":
            return JSONResponse(await run_in_threadpool(session.save_song))
        if what != "preset" or "name" not in asked:
            raise SettingsError("what must be song, or preset with a name")
        return JSONResponse(await run_in_threadpool(lambda: session.save_preset(**asked)))

    async def render(self, request: Request) -> Response:
        asked = parse_object(await request.body())
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(lambda: session.render(asked)))

    async def job(self, request: Request) -> Response:
        session = await self._session(request)
        return JSONResponse(_found(lambda: session.job(request.path_params["job"])).as_json())

    async def cancel(self, request: Request) -> Response:
        session = await self._session(request)
        return JSONResponse(_found(lambda: session.cancel(request.path_params["job"])))

    async def file(self, request: Request) -> Response:
        session = await self._session(request)
        files: list[Path] = _found(lambda: session.job(request.path_params["job"])).files
        place = request.path_params["place"]
        if place >= len(files) or not files[place].is_file():
            raise _ProblemError(404, "unknown file of this render")
        return FileResponse(files[place], filename=files[place].name)

    async def takes(self, request: Request) -> Response:
        session = await self._session(request)
        return JSONResponse(await run_in_threadpool(session.takes))

    async def audio(self, request: Request) -> Response:
        session, name = await self._session(request), request.path_params["name"]
        start = _whole(request, "start", 0)
        n_frames = min(_whole(request, "frames", MOST_FRAMES), MOST_FRAMES)
        version = _whole(request, "version", -1)
        wanted = None if version < 0 else version
        try:
            data = await run_in_threadpool(lambda: session.audio(name, start, n_frames, wanted))
        except KeyError:
            raise _ProblemError(404, "unknown audio; reload the page") from None
        except IndexError:
            raise _ProblemError(416, "the position is beyond the song's end") from None
        except GoneError:
            raise _ProblemError(410, "these samples are no longer available") from None
        headers = {"X-Frames": str(len(data) // 4)}
        return Response(data, 200 if data else 202, headers, "application/octet-stream")

    async def overview(self, request: Request) -> Response:
        session, name = await self._session(request), request.path_params["name"]
        n_points = min(max(_whole(request, "points", 1_000), 1), _MOST_POINTS)
        found = await run_in_threadpool(lambda: _found(lambda: session.overview(name, n_points)))
        return JSONResponse(found)

    async def response(self, request: Request) -> Response:
        session, name = await self._session(request), request.path_params["name"]
        data = _found(lambda: session.response(name))
        return Response(data, media_type="application/octet-stream")

    async def bus(self, request: Request) -> Response:
        session, name = await self._session(request), request.path_params["name"]
        data = await run_in_threadpool(lambda: _found(lambda: session.bus(name)))
        return Response(data, media_type="application/octet-stream")

    async def events(self, request: Request) -> Response:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[Event | None] = asyncio.Queue(_EVENTS_WAITING)

        def put(event: Event) -> None:
            # A page that does not read loses its stream, reads the state again, and goes on.
            if waiting.full():
                while not waiting.empty():
                    waiting.get_nowait()
                waiting.put_nowait(None)
            else:
                waiting.put_nowait(event)

        def listener(event: Event) -> None:
            loop.call_soon_threadsafe(put, event)

        if not self._studio.listen(listener):
            raise _ProblemError(429, "too many pages are open; close one")

        async def stream() -> AsyncIterator[bytes]:
            try:
                yield b"retry: 1000\n\n"
                while True:
                    try:
                        event = await asyncio.wait_for(waiting.get(), _KEEP_ALIVE_S)
                    except TimeoutError:
                        yield b": still here\n\n"
                        continue
                    if event is None:
                        return
                    data = json.dumps(event)
                    yield f"event: {event['type']}\ndata: {data}\n\n".encode()
            finally:
                self._studio.stop_listening(listener)

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def _session(self, request: Request) -> SongSession:
        return await run_in_threadpool(lambda: _session_of(request))


async def _fields(
    request: Request, wanted: Mapping[str, type], optional: Mapping[str, type] | None = None
) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise _ProblemError(415, "the body must be application/json")
    return read_fields(parse_object(await request.body()), wanted, optional or {})


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise _ProblemError(400, f"{name} must be a whole number")
    return int(text)


def _found(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except KeyError:
        raise _ProblemError(404, "unknown name") from None
