"""Tab-separated and comma-separated text as a grid of strings, with the line each row begins on."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from agsxl.errors import SourceError
from agsxl.grid import Grid, Value
from agsxl.layout.headings import column_of

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LONGEST = 1_000_000  # characters in one cell: csv refuses more than 131,072 unless told


def decode(data: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else Windows-1252.

    Excel on a council's laptop still saves "CSV" in Windows-1252; every byte means something there.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read_delimited(path: Path) -> Grid:
    """A CSV or tab-separated file as a grid; empty cells are None, everything else is text.

    The delimiter is the one that makes headings of a line: tab, comma, semicolon or bar. Raises
    SourceError for a file that is no text, and for a quotation mark that is never closed.
    """
    data = path.read_bytes()
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceError(
            f"{path.name} is neither a workbook nor text; open it in the program that made it and "
            "save it as .xlsx or .csv."
        )
    text = decode(data)
    delimiter = _delimiter(text)
    csv.field_size_limit(_LONGEST)
    # A tab-separated text taken from a document has quotation marks that quote nothing.
    plain = delimiter == "\t" and not quotes_cells(text)
    reader = csv.reader(
        io.StringIO(text, newline=""),  # not splitlines(): it also breaks at a form feed
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL,
        strict=True,  # a quotation mark that is never closed would swallow the rows below
    )
    rows: list[list[Value]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            rows.append([cell if cell.strip() else None for cell in row])
            lines.append(start)
            start = reader.line_num + 1
    except csv.Error as fault:
        raise SourceError(
            f"{path.name} cannot be read as a table from line {start} on ({fault}): look for a quotation "
            "mark there that is not closed."
        ) from None
    return Grid(path.stem, rows, lines=tuple(lines))


def delimiter_of(text: str) -> str:
    """The mark that makes three or more headings of a line of the text; "" where none does.

    >>> delimiter_of("Ref;Milestones;Timescale;Status")
    ';'
    """
    lines = [line for line in text[:60_000].splitlines()[:200] if line.strip()]
    best, most = "", 2
    for mark in ("\t", ";", ",", "|"):
        found = max((_headings(line, mark) for line in lines), default=0)
        if found > most:
            best, most = mark, found
    return best


def _delimiter(text: str) -> str:
    """The delimiter that makes the most headings of some line; else the one there is most of."""
    lines = [line for line in text[:60_000].splitlines()[:200] if line.strip()]
    best, most = ",", 1
    for mark in ("\t", ";", ",", "|"):
        found = max((_headings(line, mark) for line in lines), default=0)
        if found > most:
            best, most = mark, found
    if most > 1:
        return best
    return max("\t;,", key="\n".join(lines).count)


def _headings(line: str, mark: str) -> int:
    if mark not in line or len(line) > 5_000:
        return 0
    return sum(column_of(cell.strip(' "')) is not None for cell in line.split(mark))


def quotes_cells(text: str) -> bool:
    """Whether quotation marks enclose whole cells, as Excel's "Text (Tab delimited)" has them."""
    return '\t"' in text and text.count('\t"') <= text.count('"\t') + text.count(
        '"\n'
    ) + text.count('"\r')
