"""The frame of every page that is one file: what it may do, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from mixer.report.markup import Html, element, joined
from mixer.version import __version__


def document(
    title: str,
    style: str,
    body: Html,
    *,
    script: str = "",
    allowed: Mapping[str, str] | None = None,
) -> str:
    """A whole HTML document.

    Args:
        title: of the window; a stranger's words are escaped.
        style: CSS, from `mixer.report.scripts.style`.
        body: what is shown.
        script: run at the end; empty for a page that runs none.
        allowed: directives of the content security policy beyond the strictest, as `media-src`.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        _policy(style, script, allowed or {}),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content=f"mixer {__version__}"),
        element("link", rel="icon", href="data:,"),
        element("title", title),
        element("style", Html(style)),
    )
    run = element("script", Html(script)) if script else None
    return (
        f"<!doctype html>\n{element('html', head, element('body', joined(body, run)), lang='en')}\n"
    )


def _policy(style: str, script: str, allowed: Mapping[str, str]) -> Html:
    """Only this style and this script run, and nothing is loaded but what is allowed."""
    rules = {
        "default-src": "'none'",
        "script-src": f"'sha256-{_digest(script)}'" if script else "'none'",
        "style-src": f"'sha256-{_digest(style)}'",
        "img-src": "data:",
        "media-src": "'none'",
        "connect-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        **allowed,
    }
    written = "; ".join(f"{rule} {sources}" for rule, sources in rules.items())
    # The rules' quotes must stay; nothing in them comes from a song.
    return Html(f'<meta http-equiv="Content-Security-Policy" content="{written}">')


def _digest(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")
