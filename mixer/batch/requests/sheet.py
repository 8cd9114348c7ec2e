"""The cells of a CSV file, in the dialects and encodings that spreadsheets and programs write."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from mixer.batch.requests.row_mistakes import ManifestError
from mixer.errors import InputError
from mixer.files.regular_file import read_regular
from mixer.files.wording import quote

MAX_BYTES = 256 << 20
MAX_ROWS = 1_000_000
_DELIMITERS = ",;\t"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: it begins with that one's mark
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
# A header begins with a letter, of which only one byte is not zero.
_WITHOUT_MARK: dict[tuple[bool, ...], str] = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_CSV_WORDS = {
    "unexpected end of data": "a quotation mark opens a cell that is never closed",
    "expected after": 'write a quotation mark inside a quoted cell twice, as ""',
    "field larger": f"a cell is longer than {csv.field_size_limit()} characters",
}
_LOOKED_AT_BYTES = 4_096
_END_OF_LINE = re.compile(r"\r\n|\r|\n")


def read_sheet(path: Path) -> list[tuple[int, list[str]]]:
    """Read the rows that are not empty, each with its number as in a spreadsheet, from 1.

    UTF-8, UTF-16 and UTF-32, with or without a byte order mark; commas, semicolons or tabs.

    Raises:
        ManifestError: the file is not CSV, is empty, too large, or in another encoding.
        InputError: the file cannot be read.
    """
    rows = list(_records(_decode(_read(path), path), path))
    if not rows:
        raise ManifestError(path, ["the manifest is empty; its first row names the columns"])
    return rows


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            what = f"larger than {MAX_BYTES >> 20} MiB, so not a manifest; split it"
            raise ManifestError(path, [what])
        content = read_regular(path)
    except OSError as error:
        raise InputError(f"{path}: the manifest cannot be read ({error.strerror})") from None
    if content.startswith(_WORKBOOKS):
        raise ManifestError(path, ["is a workbook, not CSV; save the sheet as CSV UTF-8"])
    return content


def _decode(content: bytes, path: Path) -> str:
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    if encoding is None:
        zeros = tuple(byte == 0 for byte in content[:4])
        encoding = _WITHOUT_MARK.get(zeros, "utf-8")
    try:
        # surrogateescape would let paths that are not UTF-8 through, but hide a wrong encoding.
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ManifestError(path, [_not_decoded(content, encoding, error.start)]) from None


def _not_decoded(content: bytes, encoding: str, place: int) -> str:
    """A line about the row in which the first byte lies that cannot be read."""
    before = content[:place].decode(encoding, errors="replace")
    try:
        row = max(1, sum(1 for _ in csv.reader(io.StringIO(before + "x", newline=""))))
    except csv.Error:
        row = len(_END_OF_LINE.split(before))
    if b"\0" in content[:_LOOKED_AT_BYTES] and encoding == "utf-8":
        return "is not text; give a CSV file, such as mixer batch init writes"
    if encoding not in ("utf-8", "utf-8-sig"):
        return f"row {row}: is truncated or damaged there; save the sheet again, as CSV UTF-8"
    line_from = max(content.rfind(b"\n", 0, place), content.rfind(b"\r", 0, place)) + 1
    line = re.split(rb"[\r\n]", content[line_from : line_from + 400])[0]
    guess = line.decode("cp1252", errors="replace")
    return (
        f"row {row}: byte {place} is not UTF-8 (in Windows-1252 the row would be {quote(guess)}); "
        "save the sheet as CSV UTF-8"
    )


def _records(content: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows with their spreadsheet numbers; blank ones are counted and left out."""
    first = _END_OF_LINE.search(content)
    if first is not None and content[: first.start()].strip().lower().startswith("sep="):
        content = content[first.end() :]  # Excel's own way to name the delimiter
    reader = csv.reader(
        io.StringIO(content, newline=""), delimiter=_delimiter(content), strict=True
    )
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if number > MAX_ROWS:
                raise ManifestError(path, [f"more than {MAX_ROWS} rows; split the manifest"])
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        known = next((text for words, text in _CSV_WORDS.items() if words in str(error)), error)
        what = f"row {number + 1}: is not CSV, near line {reader.line_num}: {known}"
        raise ManifestError(path, [what]) from None


def _delimiter(content: str) -> str:
    """The delimiter that the header has most of, outside of quotes."""
    start = content[:100_000].lstrip("\r\n")
    header = _END_OF_LINE.split(re.sub(r'"[^"]*"', "", start), maxsplit=1)[0]
    return max(_DELIMITERS, key=header.count)
