"""Make workbook/sample-plan.xlsx from the tables beside this file, byte for byte the same each time.

    python workbook/sample/build.py [OUT.xlsx]

The tables are text, so that a change to the sample can be read. ``planned.tsv`` says which data
query each defect was put in for; the tests hold the rules to it. What a text cannot say is done
here: a date written dd/mm/yyyy in a date column becomes a date cell, #REF! an error, the Outcome of
B6 and B7 one merged cell, and two rows are hidden.
"""

from __future__ import annotations

import csv
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

HERE = Path(__file__).resolve().parent
DATES = ("Timescale", "Revised target date", "Baseline date", "Date completed", "From", "To")
HIDDEN = ("D9", "N2")
MERGED = ("B6", "B7", "Outcome")
EMPTY_COLUMN = "Verified by"
COLOURS_COLUMN = "RAG"  # beside Status, as many councils have it
COLOURS = {
    "Complete": "Blue",
    "On target": "Green",
    "Off target but recovery plans in place": "Amber",
    "Off target and no action yet agreed": "Red",
}
HEADING_ROW = 3  # counted from 0: the table starts below a title, as plans do
WIDTHS = {
    "Ref": 6, "Improvement Theme": 20, "Outcome": 28, "Source": 15, "Milestones": 38,
    "Officer or Member action": 11, "Timescale": 15, "Member Lead": 18, "SMT Lead": 22,
    "Status": 18, "Revised target date": 13, "Comments": 52, "Baseline date": 12,
    "Date completed": 12, "Revised date approved by": 20, "Evidence location": 32, "Verified by": 16, "RAG": 8,
    "Post": 34, "Person": 22, "Email": 38, "From": 12, "To": 12, "Deputy": 34, "Escalates to": 30,
    "Setting": 28, "Value": 48, "Reason": 70,
}  # fmt: skip


def rows_of(name: str) -> list[list[str]]:
    with (HERE / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [[cell.replace("\\n", "\n") for cell in row] for row in rows if any(row)]


class Sample:
    def __init__(self, path: Path) -> None:
        self.book = xlsxwriter.Workbook(
            str(path), {"strings_to_formulas": False, "strings_to_urls": False}
        )
        self.book.set_properties(
            {
                "title": "Annual Governance Statement improvement plan 2026/27",
                "company": "Wexcombe Borough Council",
                "created": datetime(2026, 9, 30),
            }
        )
        wrapped: dict[str, Any] = {
            "text_wrap": True,
            "valign": "top",
            "border": 1,
            "border_color": "#BFBFBF",
        }
        self.text = self.book.add_format(wrapped)
        self.day = self.book.add_format({**wrapped, "num_format": "dd/mm/yyyy", "align": "left"})
        self.head = self.book.add_format({**wrapped, "bold": True, "bg_color": "#D9E2EC"})
        self.title = self.book.add_format({"bold": True, "font_size": 14})

    def plan(self) -> None:
        heads, *rows = rows_of("plan")
        heads += [EMPTY_COLUMN, COLOURS_COLUMN]
        sheet = self.book.add_worksheet("Improvement plan 2026-27")
        sheet.write_string(0, 0, "Wexcombe Borough Council", self.title)
        sheet.write_string(1, 0, "Annual Governance Statement improvement plan 2026/27", self.title)
        self.headings(sheet, HEADING_ROW, heads)
        at = {}
        for number, row in enumerate(rows, HEADING_ROW + 1):
            row += [""] * (len(heads) - len(row))
            row[-1] = COLOURS.get(row[heads.index("Status")], "")
            at.setdefault(row[0], number)
            sheet.set_row(number, self.height(heads, row))
            for column, (head, cell) in enumerate(zip(heads, row, strict=True)):
                self.cell(sheet, number, column, head, cell)
        first, second, head = MERGED
        column = heads.index(head)
        sheet.merge_range(
            at[first],
            column,
            at[second],
            column,
            rows[at[first] - HEADING_ROW - 1][column],
            self.text,
        )
        for ref in HIDDEN:
            sheet.set_row(at[ref], 15, None, {"hidden": True})
        last = HEADING_ROW + len(rows)
        sheet.autofilter(HEADING_ROW, 0, last, len(heads) - 1)
        sheet.freeze_panes(HEADING_ROW + 1, 1)
        sheet.repeat_rows(HEADING_ROW)
        sheet.set_landscape()
        sheet.set_paper(8)  # A3
        sheet.fit_to_pages(1, 0)

    def beside(self, name: str, title: str) -> None:
        heads, *rows = rows_of(title.lower())
        sheet = self.book.add_worksheet(name)
        sheet.write_string(0, 0, title, self.title)
        self.headings(sheet, 1, heads)
        for number, row in enumerate(rows, 2):
            sheet.set_row(number, self.height(heads, row))
            for column, (head, cell) in enumerate(zip(heads, row, strict=False)):
                self.cell(sheet, number, column, head, cell)
        sheet.freeze_panes(2, 1)

    @staticmethod
    def height(heads: list[str], row: list[str]) -> float:
        """Room for the longest wrapped cell; LibreOffice does not fit rows by itself."""
        lines = [
            sum(-(-len(part) // max(WIDTHS[head] - 2, 4)) or 1 for part in cell.split("\n"))
            for head, cell in zip(heads, row, strict=False)
        ]
        return 15.0 * max(lines, default=1)

    def headings(self, sheet: Any, row: int, heads: list[str]) -> None:
        sheet.set_row(row, 45)
        for column, head in enumerate(heads):
            sheet.write_string(row, column, head, self.head)
            sheet.set_column(column, column, WIDTHS[head])

    def cell(self, sheet: Any, row: int, column: int, head: str, cell: str) -> None:
        if head in DATES and re.fullmatch(r"\d\d/\d\d/\d{4}", cell):
            sheet.write_datetime(row, column, datetime.strptime(cell, "%d/%m/%Y"), self.day)
        elif head in DATES and cell.isdigit():
            sheet.write_number(row, column, int(cell), self.text)
        elif head == "Value" and re.fullmatch(r"\d\d/\d\d/\d{4}", cell):
            sheet.write_datetime(row, column, datetime.strptime(cell, "%d/%m/%Y"), self.day)
        elif cell.startswith("#REF!"):
            sheet.write_formula(row, column, "=#REF!", self.text, "#REF!")
        elif cell:
            sheet.write_string(row, column, cell, self.text)
        else:
            sheet.write_blank(row, column, None, self.text)


def build(path: Path) -> None:
    sample = Sample(path)
    sample.plan()
    sample.beside("Posts", "Posts")
    sample.beside("Settings", "Settings")
    sample.book.close()


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "sample-plan.xlsx")
