"""PDFs for tests, made here letter by letter: no program is needed, and every place is known.

paper = Paper()
paper.table(["Ref", "Action"], [["1", "Train members"]], [40, 200], rules="grid")
paper.save(tmp_path / "plan.pdf")
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

# Helvetica's widths from the space on, in thousandths of the letter size (Adobe's metrics).
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778,
    722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278,
    278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_PITCH = 1.2  # from line to line, in letter sizes


def width_of(text: str, size: float) -> float:
    """How wide a text is in Helvetica."""
    return sum(_WIDTHS[ord(c) - 32] if 32 <= ord(c) < 127 else 556 for c in text) * size / 1000


def folded(text: str, room: float, size: float) -> list[str]:
    """The text in lines, folded between words as a word processor does; "\\n" is a line break."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and width_of(longer.replace("~", ""), size) > room:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines


class Paper:
    """Pages, filled from the top: lines of text, and tables that break over pages."""

    def __init__(self, width: float = 842, height: float = 595, size: float = 9) -> None:
        self.width, self.height, self.size = width, height, size
        self.margin = 36.0
        self.pages: list[list[str]] = []
        self.footer = ""
        self.leading = _PITCH
        self.break_page()

    def break_page(self) -> None:
        """Begin a new page; with a footer, if there is one ("#" is the page's number)."""
        self.pages.append([])
        self.y = self.margin
        if self.footer:
            text = self.footer.replace("#", str(len(self.pages)))
            self.put(self.width / 2 - 30, self.height - 24, text, 8)

    def put(self, x: float, y: float, text: str, size: float = 0.0) -> None:
        """A text whose letters begin at ``y`` from the top. What stands between ~ is struck out."""
        size = size or self.size
        for index, piece in enumerate(text.split("~")):
            if not piece:
                continue
            safe = piece.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            base = self.height - y - 0.75 * size
            self.draw(f"BT /F1 {size} Tf {x:.2f} {base:.2f} Td ({safe}) Tj ET")
            end = x + width_of(piece, size)
            if index % 2:
                self.line(x, y + 0.5 * size, end, y + 0.5 * size)
            x = end

    def draw(self, operators: str) -> None:
        """Any drawing, in PDF's own operators."""
        self.pages[-1].append(operators)

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A thin line."""
        h = self.height
        self.draw(f"0.6 w {x0:.2f} {h - y0:.2f} m {x1:.2f} {h - y1:.2f} l S")

    def shade(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """A grey box behind what is drawn on it later."""
        self.draw(f"0.85 g {x0:.2f} {self.height - y1:.2f} {x1 - x0:.2f} {y1 - y0:.2f} re f 0 g")

    def say(self, text: str, size: float = 0.0) -> None:
        """A paragraph across the page."""
        size = size or self.size
        for line in folded(text, self.width - 2 * self.margin, size):
            self._room(size * self.leading)
            self.put(self.margin, self.y, line, size)
            self.y += size * self.leading
        self.y += size * 0.5

    def _room(self, height: float) -> None:
        if self.y + height > self.height - self.margin - 10:
            self.break_page()

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str] | str],
        widths: Sequence[float],
        *,
        rules: str = "grid",
        pad: float = 4,
        gap: float = 3,
        set_at: str = "top",
        repeat: bool = True,
        breaks: bool = True,
        aligns: Sequence[str] = (),
    ) -> None:
        """A table. A row given as one text is a band across it.

        ``rules``: "grid", "rows", "columns", "heads" (shaded headings alone), "zebra", "inner" (a grid
        without a frame) or "none". ``gap`` is left above and below a row's text, ``pad`` beside it.
        ``set_at``: "top", "middle" or "foot". ``breaks``: rows may break over pages. ``aligns`` says
        for each column "left", "right" or "centre".
        """
        self._aligns = [*aligns] or ["left"] * len(widths)
        self._heads(heads, widths, rules, pad, gap)
        for number, row in enumerate(rows):
            cells = [row] if isinstance(row, str) else row
            sizes = [sum(widths)] if isinstance(row, str) else widths
            lines = [folded(c, w - 2 * pad, self.size) for c, w in zip(cells, sizes, strict=True)]
            pitch = self.size * self.leading
            while any(lines):
                most = max(map(len, lines))
                bottom = self.height - self.margin - 12
                room = int((bottom - self.y - 2 * gap) / pitch)
                if room < 1 or (not breaks and room < most):
                    self.break_page()
                    if repeat:
                        self._heads(heads, widths, rules, pad, gap)
                    continue
                part = [each[:room] for each in lines]
                lines = [each[room:] for each in lines]
                self._row(part, sizes, rules, pad, gap, set_at, shaded=bool(number % 2))

    def _heads(
        self, heads: Sequence[str], widths: Sequence[float], rules: str, pad: float, gap: float
    ) -> None:
        lines = [folded(h, w - 2 * pad, self.size) for h, w in zip(heads, widths, strict=True)]
        above = self.y
        if rules in ("heads", "zebra"):
            tall = max(map(len, lines)) * self.size * self.leading + 2 * gap
            x = self.margin
            for width in widths:
                self.shade(x, self.y, x + width, self.y + tall)
                x += width
        self._row(lines, widths, rules, pad, gap, "top", shaded=False)
        if rules in ("rows", "booktabs"):
            self.line(self.margin, above, self.margin + sum(widths), above)
        if rules == "booktabs":
            self.line(self.margin, self.y, self.margin + sum(widths), self.y)

    def _row(
        self,
        lines: Sequence[Sequence[str]],
        widths: Sequence[float],
        rules: str,
        pad: float,
        gap: float,
        set_at: str,
        *,
        shaded: bool,
    ) -> None:
        pitch = self.size * self.leading
        tall = max(map(len, lines)) * pitch + 2 * gap
        x, right, bottom = self.margin, self.margin + sum(widths), self.y + tall
        if rules == "zebra" and shaded:
            for index, width in enumerate(widths):
                left = self.margin + sum(widths[:index])
                self.shade(left, self.y, left + width, bottom)
        for index, (cell, width) in enumerate(zip(lines, widths, strict=True)):
            spare = tall - 2 * gap - len(cell) * pitch
            y = self.y + gap + {"top": 0, "middle": spare / 2, "foot": spare}[set_at]
            align = self._aligns[index] if len(widths) == len(self._aligns) else "left"
            for line in cell:
                spare_width = width - 2 * pad - width_of(line.replace("~", ""), self.size)
                indent = {"left": 0.0, "right": spare_width, "centre": spare_width / 2}[align]
                self.put(x + pad + indent, y, line)
                y += pitch
            inside = index or rules != "inner"
            if rules in ("grid", "columns", "inner") and inside:
                self.line(x, self.y, x, bottom)
            x += width
        if rules in ("grid", "columns"):
            self.line(right, self.y, right, bottom)
        if rules == "grid":
            self.line(self.margin, self.y, right, self.y)
        if rules in ("grid", "rows", "inner"):
            self.line(self.margin, bottom, right, bottom)
        self.y = bottom

    def save(self, path: Path, *, text: bool = True) -> Path:
        """Write the file; without ``text`` its pages are empty, and a picture stands on each."""
        objects: list[bytes] = []
        kids = " ".join(f"{5 + 2 * i} 0 R" for i in range(len(self.pages)))
        objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
        objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(self.pages)} >>".encode())
        objects.append(
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
        )
        objects.append(
            b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray "
            b"/BitsPerComponent 8 /Length 1 >>\nstream\n\x80\nendstream"
        )
        for index, drawn in enumerate(self.pages):
            shown = (
                "\n".join(drawn) if text else f"q {self.width} 0 0 {self.height} 0 0 cm /I1 Do Q"
            )
            data = zlib.compress(shown.encode("cp1252"))
            objects.append(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {self.width} {self.height}] /Resources "
                f"<< /Font << /F1 3 0 R >> /XObject << /I1 4 0 R >> >> /Contents {6 + 2 * index} 0 R >>".encode()
            )
            objects.append(
                f"<< /Length {len(data)} /Filter /FlateDecode >>\nstream\n".encode()
                + data
                + b"\nendstream"
            )
        out, places = b"%PDF-1.5\n", []
        for number, content in enumerate(objects, 1):
            places.append(len(out))
            out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
        table = "".join(f"{place:010} 00000 n \n" for place in places)
        start = len(out)
        out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n{table}".encode()
        out += f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
        path.write_bytes(out)
        return path
