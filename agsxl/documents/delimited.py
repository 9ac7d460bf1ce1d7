"""Tab-separated and comma-separated text as a grid of strings, with the line each row begins on."""

from __future__ import annotations

import csv
from pathlib import Path

from agsxl.errors import SourceError
from agsxl.grid import Grid, Value

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

    The delimiter is the one that the most lines have the most of: tab, comma or semicolon. Raises
    SourceError for a file that is no text.
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
    plain = delimiter == "\t" and not _quotes_cells(text)
    reader = csv.reader(
        text.splitlines(keepends=True),
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL,
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
            f"{path.name}, line {start} cannot be read as a table: {fault}."
        ) from None
    return Grid(path.stem, rows, lines=tuple(lines))


def _delimiter(text: str) -> str:
    head = text[:20_000]
    counts = {mark: head.count(mark) for mark in ("\t", ";", ",")}
    if counts["\t"] * 3 >= max(counts.values()):
        return "\t" if counts["\t"] else ","
    return ";" if counts[";"] > counts[","] else ","


def _quotes_cells(text: str) -> bool:
    """Whether quotation marks enclose whole cells, as Excel's "Text (Tab delimited)" has them."""
    return '\t"' in text and text.count('\t"') <= text.count('"\t') + text.count(
        '"\n'
    ) + text.count('"\r')
