"""Markdown as blocks: pipe tables, grid tables, headings, lists; HTML tables where it has them.

>>> text = "| Ref | Action |\\n|---|---|\\n| 1a | ~~Draft~~ Adopt<br>the code |"
>>> read_markdown(text, "plan.md").blocks[1].cells
('1a', '~~Draft~~ Adopt\\nthe code')

A line stays a line: what stands in the file in two lines is two blocks, so that each can be
accounted for by its number.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator

from agsxl.documents.document import Block, Document, Line, Place, Row
from agsxl.documents.html import html_blocks
from agsxl.documents.marks import tidy

_RULE = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?\s*)?\|?\s*")
_GRID_RULE = re.compile(r"\s*\+(?:[-=:]+\+)+\s*")
_PIPES = re.compile(r"\s*\|.*\|\s*")
_TABLE_BEGINS = re.compile(r"<table\b", re.I)
_TABLE_ENDS = re.compile(r"</table\s*>", re.I)
_ATX = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*")
_BULLET = re.compile(r"\s*[-*+]\s+(?=\S)")


def has_markdown_table(text: str) -> bool:
    """Whether a text holds a Markdown table: a row of headings with a rule below it."""
    lines = text.splitlines()
    return any(
        _GRID_RULE.fullmatch(line) or ("|" in line and "|" in above and _RULE.fullmatch(line))
        for above, line in itertools.pairwise(lines)
    )


def read_markdown(text: str, file: str) -> Document:
    """The document in a Markdown text."""
    return Document(file, "markdown", tuple(_blocks(text.splitlines())))


def _blocks(lines: list[str]) -> Iterator[Block]:
    tables = at = 0
    while at < len(lines):
        line = lines[at]
        if _TABLE_BEGINS.search(line):
            end = next(
                (i for i in range(at, len(lines)) if _TABLE_ENDS.search(lines[i])), len(lines) - 1
            )
            inner = html_blocks("\n".join(lines[at : end + 1]), tables=tables, line=at + 1)
            yield from inner
            tables = max([tables, *(b.table for b in inner if isinstance(b, Row))])
            at = end + 1
        elif _GRID_RULE.fullmatch(line):
            tables += 1
            end = at
            while end < len(lines) and re.match(r"\s*[+|]", lines[end]):
                end += 1
            yield from _grid_table(lines, at, end, tables)
            at = end
        elif "|" in line and at + 1 < len(lines) and _RULE.fullmatch(lines[at + 1]):
            tables += 1
            end = at
            while end < len(lines) and "|" in lines[end] and lines[end].strip():
                if end > at + 1 and end + 1 < len(lines) and _RULE.fullmatch(lines[end + 1]):
                    break  # the headings of the next table
                end += 1
            yield from _pipe_table(lines, at, end, tables, headed=True)
            at = end
        elif _PIPES.fullmatch(line) and line.count("|") > 2:
            tables += 1  # a table that was cut at its head
            end = at
            while end < len(lines) and _PIPES.fullmatch(lines[end]):
                if end + 1 < len(lines) and _RULE.fullmatch(lines[end + 1]):
                    break
                end += 1
            yield from _pipe_table(lines, at, end, tables, headed=False)
            at = end
        else:
            block = _line(line, at + 1)
            if block is not None:
                yield block
            at += 1


def _place(number: int, table: int) -> Place:
    return Place(0, number, f"line {number}", f"table {table}")


def _pipe_table(lines: list[str], at: int, end: int, table: int, *, headed: bool) -> Iterator[Row]:
    for number in range(at, end):
        if _RULE.fullmatch(lines[number]) and "-" in lines[number]:
            continue
        cells = tuple(inline(cell) for cell in _split(lines[number]))
        if any(cells):
            heading = headed and number == at
            yield Row(cells, _place(number + 1, table), table=table, heading=heading)


def _split(line: str) -> list[str]:
    """The cells of a row; a bar after a backslash, or in code, is text."""
    line = line.strip()
    cells, cell, code, at = [], "", False, 0
    while at < len(line):
        character = line[at]
        if character == "\\" and line[at + 1 : at + 2] == "|":
            cell += "|"
            at += 1
        elif character == "|" and not code:
            cells.append(cell)
            cell = ""
        else:
            if character == "`" and ("`" in line[at + 1 :] or code):
                code = not code
            cell += character
        at += 1
    cells.append(cell)
    if line.startswith("|"):
        cells = cells[1:]
    if cells and line.endswith("|") and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _grid_table(lines: list[str], at: int, end: int, table: int) -> Iterator[Row]:
    edges = [i for i, c in enumerate(lines[at]) if c == "+"]
    headed = any(_GRID_RULE.fullmatch(line) and "=" in line for line in lines[at:end])
    cells: list[list[str]] = [[] for _ in edges[1:]]
    first = at + 1
    for number in range(at + 1, end):
        line = lines[number]
        if _GRID_RULE.fullmatch(line):
            texts = tuple(inline("\n".join(cell)) for cell in cells)
            if any(texts):
                yield Row(texts, _place(first + 1, table), table=table, heading=headed)
            headed = headed and "=" not in line
            cells, first = [[] for _ in edges[1:]], number + 1
            continue
        for index, (left, right) in enumerate(itertools.pairwise(edges)):
            cells[index].append(line[left + 1 : right].strip(" |"))
    texts = tuple(inline("\n".join(cell)) for cell in cells)
    if any(texts):  # a table that was cut at its foot
        yield Row(texts, _place(first + 1, table), table=table)


def _line(line: str, number: int) -> Line | None:
    place = Place(0, number, f"line {number}")
    heading = _ATX.fullmatch(line)
    if heading:
        text = inline(heading[2])
        return Line(text, place, len(heading[1])) if text else None
    if re.fullmatch(r"\s*(?:[-*_=]\s*){3,}", line):  # a rule, or the underline of a heading
        return None
    if re.fullmatch(r"\s*(?:```|~~~).*", line):
        return None
    quoted = re.sub(r"^\s*(?:>\s?)+", "", line)
    text = inline(_BULLET.sub("• ", quoted, count=1))
    return Line(text, place) if text else None


_EMPHASIS = (
    re.compile(r"(?<![\\\w])(\*{1,3})(?=[^\s*])(.+?)(?<=[^\s\\*])\1"),
    re.compile(r"(?<!\*)(\*{2,3})(?=[^\s*])(.+?)(?<=[^\s\\*])\1"),
    re.compile(r"(?<![\\\w])(_{1,3})(?=[^\s_])(.+?)(?<=[^\s\\_])\1(?!\w)"),
    re.compile(r"(`+)(.+?)\1"),
)


def inline(text: str) -> str:
    """The text of a piece of Markdown, with struck and inserted text marked.

    >>> inline("**Done**, see [the report](https://example.org) &amp; <ins>more</ins>")
    'Done, see the report & <u>more</u>'
    """
    text = re.sub(r"<br\s*/?>|</(?:p|li|div)>", "\n", text, flags=re.I)
    text = re.sub(r"<li\b[^>]*>", "• ", text, flags=re.I)
    text = re.sub(
        r"<(?:del|s|strike)\b[^>]*>(.*?)</(?:del|s|strike)>", r"~~\1~~", text, flags=re.I | re.S
    )
    text = re.sub(r"<(?:ins|u)\b[^>]*>(.*?)</(?:ins|u)>", "\x01\\1\x02", text, flags=re.I | re.S)
    text = re.sub(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>", "", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^()\s]*(?:\([^()]*\))?[^()]*\)", r"\1", text)
    text = re.sub(r"<(https?://[^>\s]+)>", r"\1", text)
    for emphasis in _EMPHASIS:
        text = emphasis.sub(r"\2", text)
    text = re.sub(r"\\([\\`*_{}\[\]()#+\-.!|~<>])", r"\1", text)
    text = html.unescape(text).replace("\x01", "<u>").replace("\x02", "</u>")
    return tidy(text.replace("\t", " "))
