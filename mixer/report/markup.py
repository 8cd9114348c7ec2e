"""HTML from Python: everything is escaped unless it is markup already."""

from __future__ import annotations

import html
import json
import re
from typing import Any

LONGEST_TEXT = 300
_VOID = ("meta", "link", "br", "hr", "img", "input")
# Control characters, and those that turn the direction of the text around them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Html(str):
    """A text that is markup: `element` takes it as it is."""

    __slots__ = ()


def element(tag: str, /, *children: object, **attributes: str | bool | None) -> Html:
    """`<tag attributes>children</tag>`.

    Args:
        tag: of the element.
        children: `Html` as it is; anything else as text, escaped, cut at `LONGEST_TEXT`.
        attributes: an underscore stands for a hyphen and a last one is dropped (`class_`); True is
            an attribute without a value, False and None are left out.
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}"
        + ("" if value is True else f'="{text(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{joined(*children)}</{tag}>")


def joined(*children: object) -> Html:
    """Children one after the other; None is left out."""
    return Html(
        "".join(c if isinstance(c, Html) else text(str(c)) for c in children if c is not None)
    )


def text(value: str) -> Html:
    """A text, escaped for elements and quoted attributes alike."""
    return Html(html.escape(printable(value), quote=True))


def printable(value: str) -> str:
    """A text as a page shows it: cut at `LONGEST_TEXT`, nothing in it that turns what is around."""
    if len(value) > LONGEST_TEXT:
        value = value[: LONGEST_TEXT - 1] + "…"
    return _UNPRINTABLE.sub("\ufffd", value)


def name(value: str) -> Html:
    """A name that a stranger chose: set apart, so that its direction of writing stays its own."""
    return element("bdi", value)


def data_block(identifier: str, value: Any) -> Html:
    """JSON for the page's script. No `<`, `>` or `&` is left that could end the block."""
    content = json.dumps(value, allow_nan=False, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&":
        content = content.replace(sign, f"\\u{ord(sign):04x}")
    return element("script", Html(content), type="application/json", id=identifier)
