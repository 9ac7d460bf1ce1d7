"""Documents of every kind for tests, written from the same blocks: Word, web page, Markdown, sheet, PDF.

    write_docx(document_of(["| Action | Lead |"]), tmp_path / "plan.docx")

Struck-out text (``~~``) and inserted text (``<u>``) become what each kind has for them: tracked changes
in Word, ``del`` and ``ins`` on the web. Merged cells are merged.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agsxl.documents.document import Block, Document, Line, Row
from tests.papers import Paper

_PIECES = re.compile(r"~~(?P<struck>.+?)~~|<u>(?P<new>.+?)</u>|(?P<plain>(?:(?!~~|<u>).)+)", re.S)


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """A text's pieces with how each is marked: "struck", "new" or "plain"."""
    for found in _PIECES.finditer(text):
        kind = str(found.lastgroup)
        yield found[kind], kind


def tables(document: Document) -> Iterator[Block | list[Row]]:
    """The lines of a document, and its tables as their rows."""
    rows: list[Row] = []
    for block in document.blocks:
        if isinstance(block, Row) and (
            not rows or (rows[-1].table, rows[-1].place.page) == (block.table, block.place.page)
        ):
            rows.append(block)
            continue
        if rows:
            yield rows
        rows = [block] if isinstance(block, Row) else []
        if isinstance(block, Line):
            yield block
    if rows:
        yield rows


# -- Word ----------------------------------------------------------------------------------------


def write_docx(document: Document, path: Path, *, ruled: bool = True) -> Path:
    """A Word document; without ``ruled`` its tables have no lines."""
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    word = docx.Document()
    section = word.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = Cm(1.5)
    for block in tables(document):
        if isinstance(block, list):
            _word_table(word, block, ruled)
        elif isinstance(block, Line):
            paragraph = word.add_heading("", block.level) if block.level else word.add_paragraph()
            add_text(paragraph, block.text)
    word.save(str(path))
    return path


def _word_table(word: Any, rows: list[Row], ruled: bool) -> None:
    width = max(len(row.cells) for row in rows)
    table = word.add_table(rows=len(rows), cols=width)
    if ruled:
        table.style = "Table Grid"
    for number, row in enumerate(rows):
        for index, text in enumerate(row.cells):
            if index in row.continued and number:
                continue
            cell = table.cell(number, index)
            for at, part in enumerate(text.split("\n")):
                add_text(cell.paragraphs[0] if not at else cell.add_paragraph(), part)
            span = row.spans[index] if row.spans else 1
            if span > 1:
                cell.merge(table.cell(number, index + span - 1))
    for index in range(width):
        top = 0
        for number, row in enumerate(rows):
            if index in row.continued:
                table.cell(top, index).merge(table.cell(number, index))
                for paragraph in table.cell(top, index).paragraphs[1:]:
                    if not paragraph.text:
                        paragraph._p.getparent().remove(paragraph._p)
            else:
                top = number
    word.add_paragraph("")


def add_text(paragraph: Any, text: str) -> None:
    """A paragraph's text, with tracked changes where it is marked."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for piece, kind in pieces(text):
        if kind == "plain":
            paragraph.add_run(piece)
            continue
        change = OxmlElement("w:del" if kind == "struck" else "w:ins")
        for name, value in (
            ("w:id", "1"),
            ("w:author", "A Clerk"),
            ("w:date", "2017-01-05T09:00:00Z"),
        ):
            change.set(qn(name), value)
        run, words = OxmlElement("w:r"), OxmlElement("w:delText" if kind == "struck" else "w:t")
        words.text = piece
        words.set(qn("xml:space"), "preserve")
        run.append(words)
        change.append(run)
        paragraph._p.append(change)


# -- the web and Markdown --------------------------------------------------------------------------


def write_html(document: Document, path: Path) -> Path:
    """A web page."""
    out = ["<!doctype html><html><head><meta charset=utf-8><title></title></head><body>"]
    for block in tables(document):
        if isinstance(block, Line):
            tag = f"h{block.level}" if block.level else "p"
            out.append(f"<{tag}>{_web_text(block.text)}</{tag}>")
        elif isinstance(block, list):
            out.append("<table border=1>")
            out += [_web_row(block, number) for number in range(len(block))]
            out.append("</table>")
    path.write_text("\n".join([*out, "</body></html>"]), "utf-8")
    return path


def _web_text(text: str) -> str:
    tags = {"struck": ("<del>", "</del>"), "new": ("<ins>", "</ins>"), "plain": ("", "")}
    marked = "".join(
        tags[kind][0] + html.escape(piece) + tags[kind][1] for piece, kind in pieces(text)
    )
    return marked.replace("\n", "<br>")


def _web_row(rows: list[Row], number: int) -> str:
    row, cells = rows[number], []
    for index, text in enumerate(row.cells):
        span = row.spans[index] if row.spans else 1
        if not span or (index in row.continued and number):
            continue
        down = 1
        while number + down < len(rows) and index in rows[number + down].continued:
            down += 1
        merged = f" colspan={span}" * (span > 1) + f" rowspan={down}" * (down > 1)
        cells.append(f"<td{merged}>{_web_text(text)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def write_markdown(document: Document, path: Path) -> Path:
    """A Markdown text. It has no merged cells."""
    out: list[str] = []
    for block in tables(document):
        if isinstance(block, Line):
            out += ["#" * block.level + " " * bool(block.level) + block.text, ""]
        elif isinstance(block, list):
            width = max(len(row.cells) for row in block)
            for number, row in enumerate(block):
                cells = [*row.cells, *[""] * (width - len(row.cells))]
                out.append(
                    "| "
                    + " | ".join(c.replace("|", "\\|").replace("\n", "<br>") for c in cells)
                    + " |"
                )
                if not number:
                    out.append("|---" * width + "|")
            out.append("")
    path.write_text("\n".join(out), "utf-8")
    return path


# -- sheets ----------------------------------------------------------------------------------------


def write_sheet(document: Document, path: Path) -> Path:
    """An .xlsx with everything on one sheet, one below the other."""
    import xlsxwriter

    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_numbers": False}
    )
    page, wrap = book.add_worksheet("Plan"), book.add_format({"text_wrap": True})
    at = 0
    for block in tables(document):
        rows = block if isinstance(block, list) else [block]
        first = at
        for row in rows:
            cells = row.cells if isinstance(row, Row) else (row.text,)
            for index, text in enumerate(cells):
                if text:
                    page.write_string(at, index, text, wrap)
            if isinstance(row, Row):
                for index, span in enumerate(row.spans):
                    if span > 1:
                        page.merge_range(at, index, at, index + span - 1, row.cells[index], wrap)
            at += 1
        if isinstance(block, list):
            for index in range(max(len(row.cells) for row in block)):
                top = 0
                for number, row in enumerate([*block, None]):
                    if row is None or index not in row.continued:
                        if number - top > 1:
                            text = block[top].cells[index]
                            page.merge_range(
                                first + top, index, first + number - 1, index, text, wrap
                            )
                        top = number
            at += 1
    book.close()
    return path


# -- PDF -------------------------------------------------------------------------------------------


def write_paper(document: Document, path: Path, *, rules: str = "grid") -> Path:
    """A PDF made letter by letter, for documents without merged cells but for bands."""
    paper = Paper()
    for block in tables(document):
        if isinstance(block, Line):
            paper.say(block.text, 13 if block.level else 0)
        elif isinstance(block, list):
            heads, *rows = block
            share = [
                max(*(min(len(c), 60) for c in column), 8)
                for column in zip(*(r.cells for r in block), strict=True)
            ]
            room = paper.width - 2 * paper.margin
            widths = [room * part / sum(share) for part in share]
            bands = [
                row.cells[0] if row.spans and row.spans[0] == len(row.cells) else row.cells
                for row in rows
            ]
            paper.table(
                heads.cells,
                [
                    b.replace("~~", "~")
                    if isinstance(b, str)
                    else [c.replace("~~", "~").replace("<u>", "").replace("</u>", "") for c in b]
                    for b in bands
                ],
                widths,
                rules=rules,
            )
            paper.y += 12
    return paper.save(path)


def office() -> str:
    """LibreOffice's program, if it is installed with what writes a Word document as a PDF; else ""."""
    found = shutil.which("soffice")
    if found is None:
        return ""
    return found if (Path(found).resolve().parent / "libswlo.so").exists() else ""


def by_office(sources: list[Path], kind: str, folder: Path) -> list[Path]:
    """Documents turned into another kind by LibreOffice, all in one go, with a profile of its own."""
    folder.mkdir(exist_ok=True)
    profile = (folder / "profile").as_uri()
    subprocess.run(
        [office(), f"-env:UserInstallation={profile}", "--headless", "--norestore", "--convert-to",
         kind, "--outdir", str(folder), *map(str, sources)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    ending = kind.partition(":")[0]
    return [folder / source.with_suffix(f".{ending}").name for source in sources]
