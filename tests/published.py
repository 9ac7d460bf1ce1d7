"""Published plans for tests: invented ones from a text that looks like them, facts of the real ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agsxl.documents.account import Reading
from agsxl.documents.document import Block, Document, Line, Place, Row
from agsxl.plan import Milestone
from tests.plans import ROOT

FACTS = Path(__file__).resolve().parent / "data" / "published"
REAL_PLANS = ROOT.parent / "shared" / "plans"


@dataclass(frozen=True)
class Shape:
    """An invented document, and what must be read in it: see the head of ``shapes.txt``."""

    name: str
    kind: str
    lines: tuple[str, ...]
    milestones: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    error: str = ""
    said: dict[str, list[str]] = field(default_factory=dict)


def shapes() -> list[Shape]:
    """The invented documents of ``shapes.txt``."""
    found = []
    text = (FACTS / "shapes.txt").read_text("utf-8")
    for name, kind, body in re.findall(
        r"^=== ([^\n]+) \((\w+)\)\n(.*?)(?=^=== |\Z)", text, re.M | re.S
    ):
        lines, expected = body.split("\n---\n")
        said: dict[str, list[str]] = {"says": [], "left": [], "error": []}
        milestones = []
        for line in filter(None, expected.split("\n")):
            word, _, rest = line.partition(": ")
            if word in said:
                said[word].append(rest)
            else:
                milestones.append(line)
        found.append(
            Shape(
                name, kind, tuple(lines.split("\n")), tuple(milestones),
                tuple(said["says"]), tuple(said["left"]), "".join(said["error"]),
            )
        )  # fmt: skip
    return found


def document_of(lines: Sequence[str], name: str = "plan", kind: str = "docx") -> Document:
    """The blocks of a document written as it looks (see the head of ``shapes.txt``)."""
    blocks: list[Block] = []
    table, page = 1, 1
    for number, line in enumerate(lines, 1):
        if line.startswith("=="):
            table += 1
        elif line.startswith("~page~"):
            page += 1
        elif line.strip():
            place = Place(page, number, f"page {page}, line {number}")
            blocks.append(_block(line, place, table if kind != "text" else 0))
    return Document(name, kind, tuple(blocks))


def _block(line: str, place: Place, table: int) -> Block:
    if "|" not in line:
        level = len(line) - len(line.lstrip("#"))
        return Line(line.lstrip("# ").replace("\\n", "\n"), place, level)
    cells = [
        cell.strip().replace("\\n", "\n")
        for cell in line.strip().removeprefix("|").rstrip("|").split("|")
    ]
    spans: list[int] = []
    for cell in cells:
        if cell == ">":
            spans[max(i for i, span in enumerate(spans) if span)] += 1
        spans.append(0 if cell == ">" else 1)
    return Row(
        tuple("" if cell in ("^", ">") else cell for cell in cells),
        place,
        tuple(spans) if 0 in spans else (),
        frozenset(i for i, cell in enumerate(cells) if cell == "^"),
        table,
    )


def as_line(milestone: Milestone) -> str:
    """A milestone as ``shapes.txt`` has it: whatever it holds, and nothing that it does not."""
    lead = milestone.smt_lead
    columns = {
        "theme": milestone.theme,
        "outcome": milestone.outcome,
        "source": milestone.source,
        "milestone": milestone.milestone,
        "lead": lead.raw,
        "post": lead.post if lead.post != lead.raw else "",
        "person": lead.person,
        "member_lead": milestone.member_lead,
        "timescale": milestone.timescale.raw,
        "status": milestone.status.raw,
        "revised": milestone.revised.raw,
        "comments": milestone.comments,
        "evidence": milestone.evidence,
        **milestone.extra,
    }
    texts = [f"{name}: {text}".replace("\n", "\\n") for name, text in columns.items() if text]
    return " | ".join([milestone.ref, *texts])


def left_over(reading: Reading) -> list[str]:
    """The lines that went nowhere, but for page numbers."""
    return [p.text for p in reading.pieces if p.use == "left over" and p.said != "page number"]


def facts(name: str) -> list[dict[str, str]]:
    """What the real document says, as somebody read it: one row a milestone."""
    lines = (FACTS / f"{name}.tsv").read_text("utf-8").rstrip("\n").split("\n")
    head = lines[0].split("\t")
    return [dict(zip(head, line.split("\t"), strict=True)) for line in lines[1:]]


def real_plan(name: str) -> Path:
    """The text of one of the five plans."""
    return next(REAL_PLANS.glob(f"{name}_*.txt"))
